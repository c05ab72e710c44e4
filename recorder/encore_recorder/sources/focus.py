"""Which window input goes to, and which of it must not be kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from encore_recorder.events import KeyChanged, PointerButton, PointerMoved, PointerScrolled, Window, WindowChanged
from encore_recorder.geometry import Rect
from encore_recorder.privacy import Curtain, PrivacyRules
from encore_recorder.sources.inputs import InputEvent
from encore_recorder.sources.window import WindowSystem
from encore_recorder.sources.worker import Worker

Watched = InputEvent | WindowChanged | Curtain


class FocusSource:
    """Stands between the input and the recording: adds windows, leaves out what is private.

    Hands on, with times of `time.monotonic_ns()`: the focused window at the beginning and whenever it changed, input
    with its window, and a `Curtain` every `POLL_S` at the latest.

    A key comes through the X server and a thread of its own, so by the time it is looked at, the window that it went to
    may have lost the focus. Therefore the keys of the first `LEAVING_NS` after a private window are not kept either.
    """

    POLL_S = 0.1
    HIDDEN_POLL_S = 0.025
    """While a private window has the focus: the sooner it is seen to be left, the fewer keys are lost behind it."""
    LEAVING_NS = 50_000_000

    def __init__(
        self, windows: WindowSystem, rules: PrivacyRules, desktop: Rect, emit: Callable[[Watched], None]
    ) -> None:
        """A source that is not started yet.

        Args:
            windows: The desktop's windows.
            rules: What is private.
            desktop: All monitors together; what is clicked where no window is.
            emit: Gets everything, from several threads.
        """
        self._windows = windows
        self._rules = rules
        self._desktop = Window("", "", None, desktop)
        self._emit = emit
        self._lock = threading.Lock()
        self._focus: Window | None = None
        self._left_ns: int | None = None
        """When a private window was last seen to have lost the focus; None where none ever did."""
        self._curtain = Curtain(0)
        self._left_out: set[str] = set()
        """Keys and buttons whose press was not kept, so their release is not either."""
        self.hidden_presses = 0
        """Presses that were not kept."""
        self._worker = Worker("encore-windows", self._run)

    def __enter__(self) -> Self:
        """Tell the focused window and start."""
        self._poll()
        self._worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._worker.running:
            self._worker.stop()
            self._poll()  # the last pictures wait for a curtain that is younger than they are

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
        self._worker.check()

    def take(self, event: InputEvent) -> None:
        """Hand on an input event, unless it is private."""
        with self._lock:
            match event:
                case PointerMoved():
                    if not self._curtain.covers(event.position):
                        self._emit(event)
                case PointerScrolled():
                    window = self._under(event)
                    if not self._rules.hides(window):
                        self._emit(replace(event, window=window))
                case PointerButton(pressed=True):
                    window = self._under(event)
                    if self._keeps(event, self._rules.hides(window)):
                        self._emit(replace(event, window=window))
                case KeyChanged(pressed=True):
                    self._look(event.time_ns)
                    if self._keeps(event, self._rules.hides(self._focus) or self._just_left(event.time_ns)):
                        self._emit(event)
                case PointerButton() | KeyChanged():
                    if _name(event) in self._left_out:
                        self._left_out.discard(_name(event))
                    else:
                        self._emit(event)

    def _just_left(self, time_ns: int) -> bool:
        return self._left_ns is not None and time_ns < self._left_ns + self.LEAVING_NS

    def _keeps(self, press: PointerButton | KeyChanged, hidden: bool) -> bool:
        """Note whether the press of a key or button is kept."""
        if not hidden:
            self._left_out.discard(_name(press))
            return True
        self._left_out.add(_name(press))
        self.hidden_presses += 1
        return False

    def _under(self, event: PointerButton | PointerScrolled) -> Window:
        return self._windows.at(event.position) or self._desktop

    def _look(self, time_ns: int) -> None:
        focus = self._windows.focused()
        if focus is None:
            focus = self._desktop
        if focus != self._focus:
            if self._rules.hides(self._focus) and not self._rules.hides(focus):
                self._left_ns = time_ns
            self._focus = focus
            self._emit(WindowChanged(time_ns, self._rules.censored(focus)))

    def _poll(self) -> None:
        with self._lock:
            # Stamped before the question, so that a picture which is older than the curtain is older than the answer.
            asked_ns = time.monotonic_ns()
            self._look(asked_ns)
            self._curtain = Curtain.over(asked_ns, self._windows.windows(), self._rules)
            self._emit(self._curtain)

    def _run(self, stop: threading.Event) -> None:
        while not stop.wait(self.HIDDEN_POLL_S if self._rules.hides(self._focus) else self.POLL_S):
            self._poll()


def _name(event: PointerButton | KeyChanged) -> str:
    return f"key {event.key}" if isinstance(event, KeyChanged) else f"button {event.button}"
