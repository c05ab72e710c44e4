"""What media players play: MPRIS over the session bus (jeepney).

Source: https://specifications.freedesktop.org/mpris-spec/latest/
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from encore_recorder.events import PlaybackChanged
from encore_recorder.sources.worker import Worker

log = logging.getLogger(__name__)

PREFIX = "org.mpris.MediaPlayer2."
PROXIES = frozenset({"playerctld"})
"""Names that only repeat what another player says."""

Status = Literal["Playing", "Paused", "Stopped"]


@dataclass(frozen=True, slots=True)
class PlaybackState:
    """What one media player reports."""

    player: str
    """Bus name without `org.mpris.MediaPlayer2.`."""
    status: Status
    title: str
    artist: str


def players() -> list[PlaybackState]:
    """What every media player on the session bus reports now; nothing where there is no session bus."""
    try:
        with MediaPlayers() as bus:
            return bus.players()
    except OSError as error:
        log.info("no session bus, so no media players: %s", error)
        return []


class MediaPlayers:
    """A connection to the session bus; for one thread."""

    REPLY_TIMEOUT_S = 0.5
    """A player that hangs is left out."""

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            OSError: There is no session bus.
        """
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            raise ConnectionError("DBUS_SESSION_BUS_ADDRESS is not set")
        from jeepney.auth import AuthenticationError
        from jeepney.io.blocking import open_dbus_connection

        try:
            self._bus = open_dbus_connection("SESSION")
        except AuthenticationError as error:
            raise PermissionError(str(error)) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._bus.close()

    def players(self) -> list[PlaybackState]:
        """What every media player reports now, by name."""
        from jeepney import message_bus

        names = self._ask(message_bus.ListNames()) or ()
        found = sorted(name for name in names if name.startswith(PREFIX))
        states = [self._state(name) for name in found if name.removeprefix(PREFIX) not in PROXIES]
        return [state for state in states if state is not None]

    def wait_for_change(self, timeout_s: float) -> bool:
        """Wait until a player comes, goes, or says that something changed; False where none did."""
        if not self._signals:
            try:
                self._bus.recv_until_filtered(self._signals, timeout=timeout_s)
            except TimeoutError:
                return False
        self._signals.clear()
        return True

    def subscribe(self) -> None:
        """Have the bus tell about changes, for `wait_for_change`."""
        from jeepney import MatchRule, message_bus

        changed = MatchRule(
            type="signal",
            interface="org.freedesktop.DBus.Properties",
            member="PropertiesChanged",
            path="/org/mpris/MediaPlayer2",
        )
        came = MatchRule(type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged")
        came.add_arg_condition(0, PREFIX.rstrip("."), kind="namespace")
        for rule in (changed, came):
            self._ask(message_bus.AddMatch(rule))
        # One queue for both: which of them it was does not matter.
        handle = self._bus.filter(changed, bufsize=64)
        self._signals = handle.__enter__()
        self._bus.filter(came, queue=self._signals).__enter__()

    def _ask(self, message: Any) -> Any:
        """The first value of the reply, or None where there is none."""
        from jeepney import MessageType

        try:
            reply = self._bus.send_and_get_reply(message, timeout=self.REPLY_TIMEOUT_S)
        except TimeoutError:
            return None
        if reply.header.message_type is MessageType.error or not reply.body:
            return None
        return reply.body[0]

    def _state(self, name: str) -> PlaybackState | None:
        from jeepney import DBusAddress, Properties

        player = DBusAddress("/org/mpris/MediaPlayer2", bus_name=name, interface="org.mpris.MediaPlayer2.Player")
        answer = self._ask(Properties(player).get_all())
        return None if answer is None else read_state(name.removeprefix(PREFIX), answer)


def read_state(player: str, properties: Mapping[str, tuple[str, Any]]) -> PlaybackState | None:
    """The state from D-Bus properties, each a (signature, value); None where the player breaks the standard."""
    status = properties.get("PlaybackStatus", ("s", ""))[1]
    if status not in ("Playing", "Paused", "Stopped"):
        return None
    metadata = properties.get("Metadata", ("a{sv}", {}))[1]
    if not isinstance(metadata, Mapping):
        metadata = {}
    title = metadata.get("xesam:title", ("s", ""))[1]
    artists = metadata.get("xesam:artist", ("as", []))[1]
    if isinstance(artists, str):  # some players give one text instead of a list
        artists = [artists]
    return PlaybackState(player, cast(Status, status), str(title), ", ".join(str(artist) for artist in artists))


class PlaybackSource:
    """Hands on the state of every player at the beginning, and each change.

    Without a session bus it hands on nothing: a demonstration works without players.
    """

    SWEEP_S = 1.0
    """Players that do not announce their changes are asked so often."""
    STOP_S = 0.2

    def __init__(self, emit: Callable[[PlaybackChanged], None]) -> None:
        """A source that is not started yet.

        Args:
            emit: Gets every change; times are of `time.monotonic_ns()`.
        """
        self._emit = emit
        self._told: dict[str, PlaybackState] = {}
        self._bus = MediaPlayers()
        self._worker = Worker("encore-playback", self._run)
        self._connected = False

    def __enter__(self) -> Self:
        """Tell what plays now, and start."""
        try:
            self._bus.__enter__()
        except OSError as error:
            log.info("no session bus, so no media players: %s", error)
            return self
        self._connected = True
        self._bus.subscribe()
        self._tell()
        self._worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._connected:
            self._worker.stop()
            self._bus.__exit__()
            self._connected = False

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
        self._worker.check()

    def _run(self, stop: threading.Event) -> None:
        swept = time.monotonic()
        while not stop.is_set():
            try:
                if self._bus.wait_for_change(self.STOP_S) or time.monotonic() - swept > self.SWEEP_S:
                    swept = time.monotonic()
                    self._tell()
            except OSError as error:
                log.warning("the session bus went away, so media players are no longer followed: %s", error)
                return

    def _tell(self) -> None:
        now = {state.player: state for state in self._bus.players()}
        for gone in self._told.keys() - now.keys():
            now[gone] = PlaybackState(gone, "Stopped", "", "")
        for name, state in now.items():
            if self._told.get(name) != state:
                self._emit(PlaybackChanged(time.monotonic_ns(), name, state.status, state.title, state.artist))
        self._told = now
