"""The player on D-Bus: MPRIS 2.2 for everybody, and where its controls are for tests.

The bus lives in a thread of its own. Wishes go to the window's thread as signals; the state comes over as snapshots.
https://specifications.freedesktop.org/mpris-spec/latest/
"""
# No `from __future__ import annotations`: dbus-fast reads the annotations at run time.

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Annotated, Any

from dbus_fast import BusType, NameFlag, PropertyAccess, RequestNameReply, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import (
    DBusBool,
    DBusDict,
    DBusDouble,
    DBusInt64,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
)
from dbus_fast.errors import DBusError
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal
from PySide6.QtCore import QObject, Qt, Signal, Slot

from demos.player.playback import Playback, Snapshot
from demos.player.queue import Repeat

BUS_NAME = "org.mpris.MediaPlayer2.encore_player"
IDENTITY = "Encore Player"
TRUTH_INTERFACE = "org.encore.DemoPlayer"
PATH = "/org/mpris/MediaPlayer2"

Boxes = dict[str, tuple[int, int, int, int]]
"""Name of a control to left, top, width, height in pixels of the screen."""

_LOOPS: dict[Repeat, str] = {"none": "None", "one": "Track", "all": "Playlist"}
_REPEATS: dict[str, Repeat] = {loop: repeat for repeat, loop in _LOOPS.items()}
_StringList = Annotated[list[str], DBusSignature("as")]
_BoxDict = Annotated[dict[str, list[int]], DBusSignature("a{s(iiii)}")]
_READ = PropertyAccess.READ
_log = logging.getLogger(__name__)


class Wishes(QObject):
    """Carries calls from the bus to the window's thread.

    Signals:
        wished: A function to call there.
    """

    wished = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        # A slot of this object, not a lambda: Qt would call a lambda in the thread of the bus.
        self.wished.connect(self._grant, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _grant(self, wish: Callable[[], object]) -> None:
        wish()

    def put(self, wish: Callable[[], object]) -> None:
        """Have something done soon."""
        self.wished.emit(wish)

    def ask(self, question: Callable[[], Any]) -> "Future[Any]":
        """Have something answered soon."""
        answer: Future[Any] = Future()
        self.put(lambda: answer.set_result(question()))
        return answer


class RootInterface(ServiceInterface):
    """org.mpris.MediaPlayer2: the program."""

    def __init__(self, raise_: Callable[[], object], quit_: Callable[[], object]) -> None:
        super().__init__("org.mpris.MediaPlayer2")
        self._raise, self._quit = raise_, quit_

    @dbus_method()
    def Raise(self) -> None:  # noqa: D102, N802
        self._raise()

    @dbus_method()
    def Quit(self) -> None:  # noqa: D102, N802
        self._quit()

    @dbus_property(_READ)
    def CanQuit(self) -> DBusBool:  # noqa: D102, N802
        return True

    @dbus_property(_READ)
    def CanRaise(self) -> DBusBool:  # noqa: D102, N802
        return True

    @dbus_property(_READ)
    def HasTrackList(self) -> DBusBool:  # noqa: D102, N802
        return False

    @dbus_property(_READ)
    def Identity(self) -> DBusStr:  # noqa: D102, N802
        return IDENTITY

    @dbus_property(_READ)
    def DesktopEntry(self) -> DBusStr:  # noqa: D102, N802
        return "encore-player"

    @dbus_property(_READ)
    def SupportedUriSchemes(self) -> _StringList:  # noqa: D102, N802
        return []

    @dbus_property(_READ)
    def SupportedMimeTypes(self) -> _StringList:  # noqa: D102, N802
        return []


class PlayerInterface(ServiceInterface):
    """org.mpris.MediaPlayer2.Player: what plays."""

    def __init__(self, playback: Playback, put: Callable[[Callable[[], object]], None]) -> None:
        super().__init__("org.mpris.MediaPlayer2.Player")
        self._playback, self._put = playback, put
        self._state = playback.snapshot()

    def update(self, state: Snapshot) -> None:
        """Take over a newer state and tell the bus what changed."""
        before, self._state = self._told(), state
        changed = {name: value for name, value in self._told().items() if before[name] != value}
        if changed:
            self.emit_properties_changed(changed)

    def _told(self) -> dict[str, Any]:
        names = ("PlaybackStatus", "Metadata", "Volume", "Shuffle", "LoopStatus", "CanPlay", "CanPause", "CanSeek")
        return {name: getattr(self, name) for name in names}

    @dbus_method()
    def Play(self) -> None:  # noqa: D102, N802
        self._put(self._playback.resume)

    @dbus_method()
    def Pause(self) -> None:  # noqa: D102, N802
        self._put(self._playback.pause)

    @dbus_method()
    def PlayPause(self) -> None:  # noqa: D102, N802
        self._put(self._playback.toggle)

    @dbus_method()
    def Stop(self) -> None:  # noqa: D102, N802
        self._put(self._playback.stop)

    @dbus_method()
    def Next(self) -> None:  # noqa: D102, N802
        self._put(self._playback.next)

    @dbus_method()
    def Previous(self) -> None:  # noqa: D102, N802
        self._put(self._playback.previous)

    @dbus_method()
    def Seek(self, offset: DBusInt64) -> None:  # noqa: D102, N802
        position_s = (self._position_us() + offset) / 1e6
        self._put(lambda: self._playback.seek(position_s))

    @dbus_method()
    def SetPosition(self, track: DBusObjectPath, position: DBusInt64) -> None:  # noqa: D102, N802
        if track == self._track_path():
            self._put(lambda: self._playback.seek(position / 1e6))

    @dbus_method()
    def OpenUri(self, uri: DBusStr) -> None:  # noqa: D102, N802
        raise DBusError("org.freedesktop.DBus.Error.NotSupported", "this player opens no addresses")

    @dbus_signal()
    def Seeked(self, position: DBusInt64) -> DBusInt64:  # noqa: D102, N802
        return position

    @dbus_property(_READ)
    def PlaybackStatus(self) -> DBusStr:  # noqa: D102, N802
        return self._state.status

    @dbus_property()
    def LoopStatus(self) -> DBusStr:  # noqa: D102, N802
        return _LOOPS[self._state.repeat]

    @LoopStatus.setter
    def set_loop_status(self, value: DBusStr) -> None:  # noqa: D102
        repeat = _REPEATS.get(value)
        if repeat is None:
            raise DBusError("org.freedesktop.DBus.Error.InvalidArgs", f"LoopStatus is None, Track or Playlist: {value}")
        self._put(lambda: self._playback.set_repeat(repeat))

    @dbus_property()
    def Shuffle(self) -> DBusBool:  # noqa: D102, N802
        return self._state.shuffle

    @Shuffle.setter
    def set_shuffle(self, value: DBusBool) -> None:  # noqa: D102
        self._put(lambda: self._playback.set_shuffle(value))

    @dbus_property()
    def Volume(self) -> DBusDouble:  # noqa: D102, N802
        return self._state.volume

    @Volume.setter
    def set_volume(self, value: DBusDouble) -> None:  # noqa: D102
        self._put(lambda: self._playback.set_volume(value))

    @dbus_property()
    def Rate(self) -> DBusDouble:  # noqa: D102, N802
        return 1.0

    @Rate.setter
    def set_rate(self, value: DBusDouble) -> None:
        """The rate is always 1; MPRIS wants other values ignored."""

    @dbus_property(_READ)
    def MinimumRate(self) -> DBusDouble:  # noqa: D102, N802
        return 1.0

    @dbus_property(_READ)
    def MaximumRate(self) -> DBusDouble:  # noqa: D102, N802
        return 1.0

    @dbus_property(_READ)
    def Position(self) -> DBusInt64:  # noqa: D102, N802
        return self._position_us()

    @dbus_property(_READ)
    def Metadata(self) -> DBusDict:  # noqa: D102, N802
        track = self._state.track
        if track is None:
            return {"mpris:trackid": Variant("o", self._track_path())}
        return {
            "mpris:trackid": Variant("o", self._track_path()),
            "mpris:length": Variant("x", track.duration_s * 1_000_000),
            "xesam:title": Variant("s", track.title),
            "xesam:artist": Variant("as", [track.artist]),
            "xesam:album": Variant("s", track.album),
        }

    @dbus_property(_READ)
    def CanGoNext(self) -> DBusBool:  # noqa: D102, N802
        return True

    @dbus_property(_READ)
    def CanGoPrevious(self) -> DBusBool:  # noqa: D102, N802
        return True

    @dbus_property(_READ)
    def CanPlay(self) -> DBusBool:  # noqa: D102, N802
        return True

    @dbus_property(_READ)
    def CanPause(self) -> DBusBool:  # noqa: D102, N802
        return self._state.track is not None

    @dbus_property(_READ)
    def CanSeek(self) -> DBusBool:  # noqa: D102, N802
        return self._state.track is not None

    @dbus_property(_READ)
    def CanControl(self) -> DBusBool:  # noqa: D102, N802
        return True

    def _track_path(self) -> str:
        track = self._state.track
        return f"/org/encore/track/{track.index}" if track else "/org/mpris/MediaPlayer2/TrackList/NoTrack"

    def _position_us(self) -> int:
        state = self._state
        elapsed = time.monotonic() - state.taken_s if state.status == "Playing" else 0.0
        return round((state.position_s + elapsed) * 1e6)


class TruthInterface(ServiceInterface):
    """org.encore.DemoPlayer: what is really on the screen, so that tests can judge what others find there."""

    def __init__(self, boxes: Callable[[], "Future[Boxes]"]) -> None:
        super().__init__(TRUTH_INTERFACE)
        self._boxes = boxes

    @dbus_method()
    async def Boxes(self) -> _BoxDict:  # noqa: D102, N802
        boxes = await asyncio.wrap_future(self._boxes())
        return {name: list(box) for name, box in boxes.items()}


class Bus:
    """The player's place on the session bus.

    Args:
        playback: What is told and controlled.
        wishes: The way to the window's thread.
        raise_window: Bring the window to the front.
        quit_player: End the program.
        boxes: Where the visible controls are; called in the window's thread.
    """

    def __init__(
        self,
        playback: Playback,
        wishes: Wishes,
        *,
        raise_window: Callable[[], object],
        quit_player: Callable[[], object],
        boxes: Callable[[], Boxes],
    ) -> None:
        self._playback = playback
        self._root = RootInterface(lambda: wishes.put(raise_window), lambda: wishes.put(quit_player))
        self._player = PlayerInterface(playback, wishes.put)
        self._truth = TruthInterface(lambda: wishes.ask(boxes))
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mpris", daemon=True)
        playback.changed.connect(self._tell)
        playback.sought.connect(self._tell_jump)

    def start(self) -> None:
        """Connect in the background; without a bus the player goes on without."""
        self._thread.start()

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._player.update, self._playback.snapshot())

    def _tell_jump(self, position_s: float) -> None:
        self._tell()
        self._loop.call_soon_threadsafe(self._player.Seeked, round(position_s * 1e6))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except (OSError, ValueError, DBusError):
            _log.warning("no D-Bus session: other programs cannot see what plays", exc_info=True)

    async def _serve(self) -> None:
        bus = await MessageBus(bus_type=BusType.SESSION).connect()
        for interface in (self._root, self._player, self._truth):
            bus.export(PATH, interface)
        reply = await bus.request_name(BUS_NAME, NameFlag.DO_NOT_QUEUE)
        if reply is not RequestNameReply.PRIMARY_OWNER:
            await bus.request_name(f"{BUS_NAME}.instance{os.getpid()}")
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
