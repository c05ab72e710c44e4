"""Wait until a window has settled: nothing changes any more but what moves by itself.

The picture is shrunk to 320 x 200 grey and compared in 16 x 10 tiles. A tile that keeps changing through the whole wait
(a progress bar, a blinking cursor, an equaliser) animates by itself and no longer counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.frame import Frame

SMALL = (320, 200)
TILES = (16, 10)
CHANGED = 8
"""Grey levels between two small pictures from which a tile has changed."""
RESTLESS_NS = 800_000_000
"""A tile that still changes so long after its first change animates by itself; a fade or a slide is over by then."""


@dataclass
class Settling:
    """Watches pictures of one window and tells how long it has been quiet.

    Times are nanoseconds of any one clock.
    """

    _before: NDArray[np.uint8] | None = None
    _first_change_ns: NDArray[np.int64] = field(default_factory=lambda: np.full((TILES[1], TILES[0]), -1, np.int64))
    _last_change_ns: int | None = None

    def quiet_ns(self, image: NDArray[np.uint8], time_ns: int) -> int:
        """How long nothing but restless tiles has changed, as of this picture.

        Args:
            image: BGR [height, width, 3]; another size than before counts as a change of everything.
            time_ns: When it was taken.
        """
        grey = cv2.cvtColor(cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        small = np.asarray(grey, np.uint8)
        if self._before is None or self._last_change_ns is None:
            self._before, self._last_change_ns = small, time_ns
        elif (changed := changed_tiles(self._before, small)).any():
            self._first_change_ns[changed & (self._first_change_ns < 0)] = time_ns
            if (changed & (time_ns - self._first_change_ns < RESTLESS_NS)).any():
                self._last_change_ns = time_ns
            # Only now: a slow fade is told by what it adds up to, not from one picture to the next.
            self._before = small
        return time_ns - self._last_change_ns


def changed_tiles(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which tiles [10, 16] differ between two small grey pictures [200, 320]."""
    difference = cv2.absdiff(before, after)
    width, height = SMALL[0] // TILES[0], SMALL[1] // TILES[1]
    tiles = difference.reshape(TILES[1], height, TILES[0], width).max(axis=(1, 3))
    return np.asarray(tiles > CHANGED, np.bool_)


def settled(
    grab: Callable[[], Frame],
    quiet_s: float = 0.2,
    ceiling_s: float = 2.5,
    every_s: float = 0.03,
    wait: Callable[[float], None] = time.sleep,
) -> Frame:
    """Grab until the window is quiet, and return its last picture.

    Args:
        grab: Takes the window's picture; its frames carry the time.
        quiet_s: How long nothing may change.
        ceiling_s: After so long the last picture is returned as it is: a film never settles.
        every_s: Pause between two pictures.
        wait: Sleeps; may raise to end the waiting.
    """
    settling = Settling()
    frame = grab()
    began_ns = frame.time_ns
    while settling.quiet_ns(frame.image, frame.time_ns) < quiet_s * 1e9:
        if frame.time_ns - began_ns > ceiling_s * 1e9:
            break
        wait(every_s)
        frame = grab()
    return frame
