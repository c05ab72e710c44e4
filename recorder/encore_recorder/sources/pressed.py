"""What is under the pointer when it is pressed, as the program itself tells it (AT-SPI)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol, Self

from encore_recorder.events import ElementSeen, PointerButton
from encore_recorder.geometry import Point, Rect
from encore_recorder.privacy import PrivacyRules
from encore_recorder.sources.accessibility import Element
from encore_recorder.sources.window import WindowSystem
from encore_recorder.sources.worker import Worker


class Telling(Protocol):
    """What is asked of programs (see `Accessibility`); it raises nothing."""

    def at(self, pid: int, point: Point, within: Rect, limit_s: float = 0.15) -> Element | None:
        """The smallest control at a place, or None where the program tells of none."""

    def close(self) -> None:
        """Let go of the bus."""


class PressedSource:
    """Asks, on a thread of its own, which element was pressed, and hands on an `ElementSeen` of the press's time.

    Neither input nor pictures wait for it: a program that is slow, hangs or tells nothing costs only its own hint.
    """

    LIMIT_S = 0.15
    """How long a program may take."""
    LATE_NS = 500_000_000
    """A press that has waited longer for its turn is not asked about: what is there now is what the press did."""
    CONNECT_S = 1.0
    """How long the bus may take to start, before anything is pressed."""
    MOST_NAME = 200
    """Letters of a name; some programs give the whole document."""

    def __init__(
        self,
        programs: Telling,
        windows: WindowSystem,
        rules: PrivacyRules,
        own_pids: frozenset[int],
        emit: Callable[[ElementSeen], None],
    ) -> None:
        """A source that is not started yet.

        Args:
            programs: Asked what they show; closed at the end.
            windows: The desktop's windows.
            rules: What is private.
            own_pids: Processes of Encore's own, which are not asked.
            emit: Gets what was seen, with times of `time.monotonic_ns()`.
        """
        self._programs = programs
        self._windows = windows
        self._rules = rules
        self._own = own_pids
        self._emit = emit
        self._presses: SimpleQueue[PointerButton | None] = SimpleQueue()
        self._worker = Worker("encore-pressed", self._run)

    def __enter__(self) -> Self:
        """Start."""
        self._worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._presses.put(None)
        self._worker.stop()

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
        self._worker.check()

    def take(self, press: PointerButton) -> None:
        """Ask about a press that may be kept; returns at once. Releases and the bare desktop are not asked about."""
        if press.pressed and press.window is not None and press.window.pid not in {None, *self._own}:
            self._presses.put(press)

    def _run(self, stop: threading.Event) -> None:
        try:
            # Nobody has process 0: this only finds the bus, and which programs there are.
            self._programs.at(0, Point(0, 0), Rect(0, 0, 1, 1), self.CONNECT_S)
            while (press := self._presses.get()) is not None:
                if time.monotonic_ns() - press.time_ns <= self.LATE_NS:
                    self._ask(press)
        finally:
            self._programs.close()

    def _ask(self, press: PointerButton) -> None:
        window = press.window
        assert window is not None  # by `take`
        assert window.pid is not None
        element = self._programs.at(window.pid, press.position, window.rect, self.LIMIT_S)
        took_ns = max(0, time.monotonic_ns() - press.time_ns)
        if element is None or not element.box.contains(press.position):
            return
        now = self._windows.at(press.position)
        if now is None or now.handle != window.handle or self._rules.hides(now):
            return  # it may tell of what has come over the window since, a private one perhaps
        name = "" if element.password else element.name[: self.MOST_NAME]
        self._emit(ElementSeen(press.time_ns, element.role, name, element.box, took_ns))
