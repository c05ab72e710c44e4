"""Recording demonstrations, in the background: opening and closing devices takes a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from encore_agent.background import Background
from encore_agent.library import Library
from encore_agent.messages import Listener as Tell
from encore_agent.messages import RecordingPaused, RecordingStarted, RecordingStopped
from encore_recorder.demonstration import Demonstration
from encore_recorder.recorder import Recorder, RecorderOptions


class Recordings:
    """Records one demonstration at a time. Safe to use from several threads; events come in the order of the calls."""

    def __init__(self, library: Library, options: Callable[[], RecorderOptions], tell: Tell) -> None:
        """Nothing is recorded yet.

        Args:
            library: Where demonstrations are kept.
            options: How the next one is recorded.
            tell: Told when a recording begins, pauses and ends.
        """
        self._library = library
        self._options = options
        self._tell = tell
        self._background = Background("encore-record", tell)
        self._lock = threading.Lock()
        self._wanted = False
        self._wishes = 0
        self._recorder: Recorder | None = None
        self._since_s = 0.0

    @property
    def active(self) -> bool:
        """Whether a demonstration is being recorded, or about to be."""
        return self._wanted

    @property
    def seconds(self) -> float:
        """Since the recording began; 0 where none runs."""
        return time.monotonic() - self._since_s if self._recorder is not None else 0.0

    @property
    def level(self) -> float:
        """Loudness of the recording's microphone, 0 to 1."""
        recorder = self._recorder
        return recorder.level if recorder is not None else 0.0

    def start(self, make_ready: Callable[[], None], failed: Callable[[], None]) -> None:
        """Begin a demonstration, where none is recorded yet.

        Args:
            make_ready: Called first, on the recording's thread.
            failed: Called there if nothing can be recorded; what went wrong is told.
        """
        with self._lock:
            if self._wanted:
                return
            self._wanted = True
            self._wishes += 1
            self._background.do(self._start, self._wishes, make_ready, failed)

    def pause(self, on: bool) -> None:
        """Keep nothing from now on, or go on."""
        self._background.do(self._pause, on)

    def stop(self, after: Callable[[Demonstration | None], None]) -> None:
        """End the demonstration.

        Args:
            after: Given it, still open, on the recording's thread; None where what was recorded cannot be read.
        """
        with self._lock:
            if self._wanted:
                self._wanted = False
                self._background.do(self._stop, after)

    def now(self, done: threading.Event, seconds: float | None, started: Callable[[], None]) -> Demonstration:
        """Record on the caller's thread until `done` is set or the time is over.

        Raises:
            RecorderError: It cannot be recorded; what was recorded before the error is kept.
        """
        recorder = self._new_recorder()
        recorder.start()
        started()
        done.wait(seconds)
        return recorder.stop()

    def close(self) -> None:
        """End and keep a recording that runs. Idempotent."""
        self.stop(_let_go)
        self._background.finish()

    def _new_recorder(self) -> Recorder:
        return Recorder(self._library.new_demonstration_folder(), self._options())

    def _start(self, wish: int, make_ready: Callable[[], None], failed: Callable[[], None]) -> None:
        make_ready()
        recorder = self._new_recorder()
        try:
            recorder.start()
        except (OSError, RuntimeError):
            with self._lock:
                self._wanted = self._wanted and self._wishes != wish
            failed()
            raise
        self._recorder, self._since_s = recorder, time.monotonic()
        self._tell(RecordingStarted(recorder.folder.name))

    def _pause(self, on: bool) -> None:
        if self._recorder is not None:
            (self._recorder.pause if on else self._recorder.resume)()
            self._tell(RecordingPaused(on))

    def _stop(self, after: Callable[[Demonstration | None], None]) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is None:
            return  # it never began, which was told
        try:
            demonstration = recorder.stop()
        except (OSError, RuntimeError, ValueError):
            after(None)
            raise
        self._tell(RecordingStopped(demonstration.info.id, demonstration.path))
        after(demonstration)


def _let_go(demonstration: Demonstration | None) -> None:
    if demonstration is not None:
        demonstration.close()
