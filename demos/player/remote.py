"""A running player as seen from a test: start it, ask what plays and where things are, end it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, MessageType, Properties, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import Message

from demos.errors import PlayerFailed
from demos.stage import Stage, end

BUS_NAME = "org.mpris.MediaPlayer2.encore_player"
PATH = "/org/mpris/MediaPlayer2"
_PLAYER = "org.mpris.MediaPlayer2.Player"
_TRUTH = "org.encore.DemoPlayer"


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the screen in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def center(self) -> tuple[int, int]:
        """Where one would click."""
        return self.left + self.width // 2, self.top + self.height // 2


class RemotePlayer:
    """A player on a stage, ended with the `with` block.

    Args:
        stage: Where it runs.
        flags: As for `python -m demos.player`.
        env: Variables beside the stage's own.
        ready_timeout_s: How long it may take to come up.

    Raises:
        PlayerFailed: it ended or did not answer in time.
    """

    def __init__(
        self, stage: Stage, *flags: str, env: Mapping[str, str] | None = None, ready_timeout_s: float = 30.0
    ) -> None:
        self._stage = stage
        self.process: subprocess.Popen[bytes] = stage.spawn([sys.executable, "-m", "demos.player", *flags], env=env)
        self._connection: DBusConnection = open_dbus_connection(stage.env["DBUS_SESSION_BUS_ADDRESS"])
        self._name = ""
        try:
            self.wait_until(self._on_bus, ready_timeout_s, "on the bus")
            self.wait_until(lambda: "window" in self.boxes() or "Not now" in self.boxes(), ready_timeout_s, "shown")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> RemotePlayer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the player. Idempotent."""
        self._connection.close()
        end(self.process)

    def boxes(self) -> dict[str, Box]:
        """Everything that can be clicked now, see `demos.player.truth`."""
        (boxes,) = self._call(new_method_call(self._address(_TRUTH), "Boxes"))
        return {name: Box(*sides) for name, sides in boxes.items()}

    def box(self, name: str, timeout_s: float = 5.0) -> Box:
        """One of `boxes`, as soon as it is there.

        Raises:
            PlayerFailed: it did not appear in time.
        """
        self.wait_until(lambda: name in self.boxes(), timeout_s, f"showing {name!r}")
        return self.boxes()[name]

    @property
    def status(self) -> str:
        """Playing, Paused or Stopped."""
        return str(self._property("PlaybackStatus"))

    @property
    def title(self) -> str:
        """Title of the current track, empty where there is none."""
        return str(self._property("Metadata").get("xesam:title", ("s", ""))[1])

    @property
    def volume(self) -> float:
        """Loudness, 0..1."""
        return float(self._property("Volume"))

    @property
    def shuffle(self) -> bool:
        """Whether the order is random."""
        return bool(self._property("Shuffle"))

    def wait_until_playing(self, title: str, timeout_s: float = 5.0) -> None:
        """Wait for a track to play.

        Raises:
            PlayerFailed: another one plays after that time, or none.
        """
        self.wait_until(lambda: (self.title, self.status) == (title, "Playing"), timeout_s, f"playing {title!r}")

    def wait_until(self, condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait for a condition.

        Raises:
            PlayerFailed: it did not come true in time; `what` says what was waited for.
        """
        deadline = time.monotonic() + timeout_s
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise PlayerFailed(what, timeout_s, self.process.poll(), self._stage.log_of(self.process))
            time.sleep(0.03)

    # --------------------------------------------------------------------------------------------------------------

    def _address(self, interface: str) -> DBusAddress:
        return DBusAddress(PATH, bus_name=self._name, interface=interface)

    def _on_bus(self) -> bool:
        """A second player on the same stage has its process id in its name."""
        for name in (BUS_NAME, f"{BUS_NAME}.instance{self.process.pid}"):
            reply = self._connection.send_and_get_reply(message_bus.GetConnectionUnixProcessID(name))
            if reply.header.message_type is MessageType.method_return and reply.body == (self.process.pid,):
                self._name = name
                return True
        return False

    def _property(self, name: str) -> Any:
        (value,) = self._call(Properties(self._address(_PLAYER)).get(name))
        return value[1]

    def _call(self, message: Message) -> tuple[Any, ...]:
        reply = self._connection.send_and_get_reply(message, timeout=5)
        if reply.header.message_type is MessageType.error:
            raise PlayerFailed("answering", 5, self.process.poll(), str(reply.body))
        return tuple(reply.body)
