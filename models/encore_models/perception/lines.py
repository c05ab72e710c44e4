"""Lines of text that touch each other, put apart: the foot of a "y" on the head of a "t" makes two lines one piece."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike

from encore_recorder.geometry import Rect

HEIGHT = (16, 96)
"""Pixels of height of two lines that touch."""
LEAST_LINE = 7
"""Pixels of height of one of them."""
LEAST_ASPECT = 1.4
"""Width over height of both together; covers and round signs are less wide."""
SPARSE = 0.3
"""Ink where two lines touch over that of their densest rows: what hangs over are a few letters."""
EVEN = 2.2
"""How much higher one of two lines may be than the other."""


def apart(box: Rect, ink: MatLike) -> list[Rect]:
    """The lines in a box, from top to bottom; the box itself where it is one thing.

    Args:
        box: Of ink that belongs together.
        ink: 0 or 1, [height, width].
    """
    if not HEIGHT[0] <= box.height <= HEIGHT[1] or box.width < LEAST_ASPECT * box.height:
        return [box]
    inside = ink[box.top : box.bottom, box.left : box.right]
    rows = cv2.reduce(inside, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    first, last = max(LEAST_LINE, len(rows) // 4), len(rows) - max(LEAST_LINE, len(rows) // 4)
    if first >= last:
        return [box]
    least = int(rows[first:last].min())
    # In the middle of where the fewest letters hang over.
    lowest = np.flatnonzero(rows[first:last] == least) + first
    cut = int(lowest[len(lowest) // 2])
    above, below = rows[:cut].max(), rows[cut + 1 :].max()
    if least > SPARSE * min(above, below) or _is_framed(inside[cut]):
        return [box]
    lines = [_trimmed(box, ink, box.top, box.top + cut), _trimmed(box, ink, box.top + cut, box.bottom)]
    low, high = sorted(line.height for line in lines)
    if low < LEAST_LINE or high > EVEN * low or any(line.width < LEAST_ASPECT * line.height for line in lines):
        return [box]
    return [line for half in lines for line in apart(half, ink)]


def _is_framed(row: MatLike) -> bool:
    """Whether there is ink at both ends, as of a frame around what seem to be two lines."""
    return bool(np.any(row[:3]) and np.any(row[-3:]))


def _trimmed(box: Rect, ink: MatLike, top: int, bottom: int) -> Rect:
    """The ink of a box between two rows."""
    across, down = (np.flatnonzero(np.any(ink[top:bottom, box.left : box.right], axis=axis)) for axis in (0, 1))
    if not len(across):
        return Rect(box.left, top, 0, 0)
    left, right = box.left + int(across[0]), box.left + int(across[-1]) + 1
    return Rect(left, top + int(down[0]), right - left, int(down[-1]) + 1 - int(down[0]))
