"""The screen: grabbed at once for the agent, again and again for a recording (mss)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.clock import SECOND
from encore_recorder.errors import NoDisplay, ScreenLost
from encore_recorder.frame import Frame
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.display import require_x11
from encore_recorder.sources.worker import Worker

if TYPE_CHECKING:
    from mss import MSS


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The screen as the driver gives it."""

    time_ns: int
    """Just after it was read: nothing in it is younger."""
    bgra: NDArray[np.uint8]
    """[height, width, 4]; the fourth channel says nothing."""


class Screen:
    """All monitors as one desktop, without the mouse pointer. Safe to share between threads."""

    def __init__(self) -> None:
        """A screen that is not open yet."""
        self._mss: MSS | None = None

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            NoDisplay: There is none.
            WaylandSession: It cannot be seen.
        """
        display = require_x11()
        from mss import MSS
        from mss.exception import ScreenShotError

        try:
            self._mss = MSS(display=display)
            places = [Rect(m["left"], m["top"], m["width"], m["height"]) for m in self._mss.monitors]
        except ScreenShotError as error:
            raise NoDisplay(display, str(error)) from error
        self._bounds, self._monitors = places[0], tuple(places[1:])
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it. Idempotent."""
        if self._mss is not None:
            self._mss.close()
            self._mss = None

    def reopen(self) -> None:
        """See how the monitors lie now: one may have been plugged in or out. Takes some milliseconds.

        Raises:
            NoDisplay: There is no screen any more.
        """
        self.close()
        self.__enter__()

    @property
    def bounds(self) -> Rect:
        """All monitors together, as they were when it was opened."""
        return self._bounds

    @property
    def monitors(self) -> tuple[Rect, ...]:
        """Each monitor; at least one."""
        return self._monitors

    def grab(self, rect: Rect | None = None) -> Frame:
        """The screen as it is now; `time_ns` is `time.monotonic_ns()`.

        Args:
            rect: The part that is wanted, clipped to the desktop; None means everything.

        Raises:
            ValueError: Nothing of `rect` lies on the desktop.
            ScreenLost: The screen cannot be read.
        """
        wanted = self._bounds if rect is None else rect.intersection(self._bounds)
        if wanted is None:
            raise ValueError(f"nothing of {rect} lies on the desktop {self._bounds}")
        picture = self.read(wanted)
        image = np.asarray(cv2.cvtColor(picture.bgra, cv2.COLOR_BGRA2BGR), np.uint8)
        return Frame(image, picture.time_ns, Point(wanted.left, wanted.top))

    def read(self, rect: Rect) -> Picture:
        """A part of the desktop without conversion.

        Raises:
            ScreenLost: The screen cannot be read.
        """
        from mss.exception import ScreenShotError

        if self._mss is None:
            raise ScreenLost("it was closed")
        place = {"left": rect.left, "top": rect.top, "width": rect.width, "height": rect.height}
        try:
            shot = self._mss.grab(place)
        except ScreenShotError as error:
            raise ScreenLost(str(error)) from error
        return Picture(time.monotonic_ns(), np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4))


class ScreenSource:
    """Hands on a picture of the desktop `fps` times a second, the first one before `__enter__` returns."""

    def __init__(
        self, screen: Screen, fps: int, emit: Callable[[Picture], None], busy: Callable[[], bool] = lambda: False
    ) -> None:
        """A source that is not started yet.

        Args:
            screen: An open screen.
            fps: Pictures a second.
            emit: Gets every picture, times of `time.monotonic_ns()`.
            busy: Whether whoever gets them has fallen behind; then pictures are left out.
        """
        self.left_out = 0
        """Pictures that were not taken because nobody could take them in."""
        self._screen = screen
        self._period_ns = SECOND // fps
        self._emit = emit
        self._busy = busy
        self._worker = Worker("encore-screen", self._run)

    def __enter__(self) -> Self:
        """Hand on the first picture and start.

        Raises:
            ScreenLost: The screen cannot be read.
        """
        self._emit(self._screen.read(self._screen.bounds))
        self._worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.stop()

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
        self._worker.check()

    def _run(self, stop: threading.Event) -> None:
        due_ns = time.monotonic_ns() + self._period_ns
        while not stop.wait(max(0, due_ns - time.monotonic_ns()) / SECOND):
            if self._busy():
                self.left_out += 1
            else:
                self._emit(self._screen.read(self._screen.bounds))
            # Whoever wakes up late does not hurry to catch up.
            due_ns = max(due_ns + self._period_ns, time.monotonic_ns())
