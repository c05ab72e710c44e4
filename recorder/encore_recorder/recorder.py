"""Record a demonstration: start, pause, resume, forget, stop."""

from __future__ import annotations

import errno
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Literal, Self

from encore_recorder.clock import SECOND, Clock
from encore_recorder.demonstration import Demonstration, DemonstrationInfo, DemonstrationWriter
from encore_recorder.errors import DiskFull, NotRecording
from encore_recorder.events import PointerButton
from encore_recorder.geometry import Point
from encore_recorder.privacy import PrivacyRules
from encore_recorder.scribe import Forget, Item, Pause, Resume, Scribe
from encore_recorder.sources import Source
from encore_recorder.sources.accessibility import Accessibility
from encore_recorder.sources.focus import FocusSource, Watched
from encore_recorder.sources.inputs import InputSource
from encore_recorder.sources.microphone import MicrophoneSource
from encore_recorder.sources.playback import PlaybackSource
from encore_recorder.sources.pressed import PressedSource
from encore_recorder.sources.screen import Screen, ScreenSource
from encore_recorder.sources.window import open_window_system
from encore_recorder.sources.worker import Worker

log = logging.getLogger(__name__)

State = Literal["new", "recording", "paused", "stopped"]


@dataclass(frozen=True, slots=True)
class RecorderOptions:
    """What is recorded, and how."""

    name: str = ""
    """For people."""
    fps: int = 15
    """Pictures a second at most; only changed ones are stored."""
    microphone: bool = True
    """Whether sound is recorded."""
    device: int | str | None = None
    """The microphone: number or (part of the) name; None means the system's default."""
    own_pids: frozenset[int] = frozenset()
    """Processes of Encore's own: what is done in their windows is not part of the demonstration."""
    own_chords: frozenset[tuple[str, ...]] = frozenset()
    """Encore's own hotkeys, as `PressKeys` holds them; pressing one is not part of it either."""
    privacy: PrivacyRules = field(default_factory=PrivacyRules)
    keep_free_bytes: int = 200 * 2**20
    """The recording stops before less is free on the disk, while there is room to finish the files."""

    def __post_init__(self) -> None:
        if not 1 <= self.fps <= 60:
            raise ValueError(f"a recording takes 1 to 60 pictures a second, not {self.fps}")


class Recorder:
    """Records one demonstration into one folder. Its methods may be called from any thread.

    with Recorder(folder) as recorder:
        ...
    demonstration = recorder.stop()
    """

    CHECK_S = 0.1
    """How often sources and disk space are looked after."""
    BEHIND = 60
    """Items that wait for the writer, from which pictures are left out."""
    FINISH_TIMEOUT_S = 60.0

    def __init__(self, folder: Path, options: RecorderOptions | None = None) -> None:
        """A recorder that has not started.

        Args:
            folder: Is made by `start`; must not hold anything.
            options: What is recorded, and how.
        """
        self.folder = folder
        self.options = options or RecorderOptions()
        self._state: State = "new"
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._worker = Worker("encore-recorder", self._record)
        self._stack = ExitStack()
        self._sources: list[Source] = []
        self._microphone: MicrophoneSource | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; an error of the recording is raised by `stop` or `check`, not here."""
        if self._state in ("recording", "paused"):
            self._wind_up()

    def start(self) -> None:
        """Begin to record; when this returns, nothing is missed.

        Raises:
            NotRecording: It was started before.
            NoDisplay: There is no X display.
            WaylandSession: The session cannot be recorded.
            NoWindowManager: Nobody tells which windows there are.
            NoMicrophone: A microphone was asked for, and there is none.
            DiskFull: There is too little room to begin.
            FileExistsError: The folder holds something already.
        """
        with self._lock:
            if self._state != "new":
                raise NotRecording("start", self._state)
            self._check_space()
            with ExitStack() as stack:
                self._open(stack)
                self._stack = stack.pop_all()
            self._worker.start()
            self._state = "recording"

    def pause(self) -> None:
        """Keep nothing until `resume`; the clock goes on.

        Raises:
            NotRecording: It does not record, or is paused.
        """
        with self._lock:
            self._require("pause", "recording")
            self._queue.put(Pause(time.monotonic_ns()))
            self._state = "paused"

    def resume(self) -> None:
        """Go on after `pause`.

        Raises:
            NotRecording: It is not paused.
        """
        with self._lock:
            self._require("resume", "paused")
            self._queue.put(Resume(time.monotonic_ns()))
            self._state = "recording"

    def forget(self, seconds: float) -> None:
        """Remove the last seconds from all files: events, picture and sound. Returns when they are gone.

        In a pause these are the seconds before it. The clock goes on, so a gap of silence and a standing picture is
        left.

        Raises:
            NotRecording: It does not record.
            ValueError: `seconds` is not positive.
            RecorderError: The recording ended with this error meanwhile.
        """
        if seconds <= 0:
            raise ValueError(f"only a time of more than 0 s can be forgotten, not {seconds} s")
        order = Forget(time.monotonic_ns(), seconds)
        with self._lock:
            self._require("forget", "recording", "paused")
            self._queue.put(order)
        while not order.done.wait(self.CHECK_S):
            self.check()
            if not self._worker.running and not order.done.is_set():
                raise NotRecording("forget", self.state)

    def stop(self) -> Demonstration:
        """End the recording; everything that was captured is written.

        Raises:
            NotRecording: It never started.
            Exception: What ended the recording before; what was recorded until then lies in `folder`.
        """
        if self._state == "new":
            raise NotRecording("stop", self._state)
        self._wind_up()
        self._worker.check()
        return Demonstration.open(self.folder)

    def check(self) -> None:
        """Raise the error that ended the recording, if one did; what was recorded until then lies in `folder`."""
        self._worker.check()

    @property
    def state(self) -> State:
        """What it is doing."""
        if self._state in ("recording", "paused") and not self._worker.running:
            return "stopped"
        return self._state

    @property
    def level(self) -> float:
        """Loudness of the microphone, 0 to 1; 0 where there is none."""
        return self._microphone.microphone.level if self._microphone is not None else 0.0

    @property
    def elapsed_ns(self) -> int:
        """Time since the recording began; 0 before."""
        return self._clock.now_ns() if self._state in ("recording", "paused") else 0

    def _require(self, wish: str, *states: State) -> None:
        self._worker.check()
        if self.state not in states:
            raise NotRecording(wish, self.state)

    def _open(self, stack: ExitStack) -> None:
        """Open all sources, then the files: a device that fails leaves nothing on the disk."""
        options, put = self.options, self._queue.put
        windows = open_window_system()
        stack.callback(windows.close)
        screen = stack.enter_context(Screen())
        if options.microphone:
            self._microphone = stack.enter_context(MicrophoneSource(options.device, put))
        self._clock = Clock.started()
        # The order matters at the end too: the last one begins, and the focus sees what the screen saw last.
        pressed = PressedSource(Accessibility(), windows, options.privacy, options.own_pids, put)
        stack.enter_context(pressed)

        def watched(item: Watched) -> None:
            put(item)
            if isinstance(item, PointerButton):
                pressed.take(item)

        self._focus = stack.enter_context(FocusSource(windows, options.privacy, screen.bounds, watched))
        self._pictures = ScreenSource(screen, options.fps, put, lambda: self._queue.qsize() > self.BEHIND)
        stack.enter_context(self._pictures)
        playback = stack.enter_context(PlaybackSource(put))
        inputs = stack.enter_context(InputSource(self._focus.take))
        self._sources = [self._focus, self._pictures, playback, inputs]
        if self._microphone is not None:
            self._sources.append(self._microphone)
        info = DemonstrationInfo(
            id=self.folder.name,
            name=options.name,
            started_utc=datetime.now(UTC).isoformat(timespec="milliseconds"),
            state="recording",
            screen=screen.bounds,
            monitors=screen.monitors,
            clock_origin_ns=self._clock.origin_ns,
            fps=options.fps,
            scale=windows.scale(),
            microphone=self._microphone.microphone.name if self._microphone is not None else None,
            own_pids=tuple(sorted(options.own_pids)),
            own_chords=tuple(sorted(options.own_chords)),
        )
        self._writer = DemonstrationWriter(self.folder, info)
        self._scribe = Scribe(self._writer, self._clock, Point(screen.bounds.left, screen.bounds.top))

    # The writer's thread

    def _record(self, stop: threading.Event) -> None:
        with self._full_disk_told():
            try:
                self._take_until(stop)
            finally:
                end_ns = self._clock.now_ns()
                try:
                    self._stack.close()
                finally:
                    self._finish(end_ns)

    def _take_until(self, stop: threading.Event) -> None:
        checked = 0.0
        while not stop.is_set():
            if time.monotonic() - checked > self.CHECK_S:
                checked = time.monotonic()
                self._check_space()
                for source in self._sources:
                    source.check()
            try:
                self._scribe.take(self._queue.get(timeout=self.CHECK_S))
            except Empty:
                continue

    def _finish(self, end_ns: int) -> None:
        """Write what is still queued and close the files, as far as that goes."""
        try:
            while True:
                self._scribe.take(self._queue.get_nowait())
        except Empty:
            pass
        finally:
            self._writer.close(end_ns, self._notes())

    def _notes(self) -> Iterator[str]:
        if self._microphone is not None and self._microphone.microphone.lost_ns:
            yield f"{self._microphone.microphone.lost_ns / SECOND:.2f} s of sound were lost and are silent"
        if self._pictures.left_out:
            yield f"{self._pictures.left_out} pictures were left out because the machine was too busy"
        if self._focus.hidden_presses:
            yield f"{self._focus.hidden_presses} presses in private windows were not kept"

    def _check_space(self) -> None:
        folder = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        free = shutil.disk_usage(folder).free
        if free < self.options.keep_free_bytes:
            raise DiskFull(self.folder, free)

    @contextmanager
    def _full_disk_told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT) and not isinstance(error, DiskFull):
                raise DiskFull(self.folder, shutil.disk_usage(self.folder).free) from error
            raise

    def _wind_up(self) -> None:
        self._worker.stop(self.FINISH_TIMEOUT_S)
        with self._lock:
            self._state = "stopped"
