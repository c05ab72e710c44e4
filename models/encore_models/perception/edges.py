"""How much each pixel differs from those beside it, and where straight lines run.

Every picture is looked at so before anything else is known about it, so all of it works on whole planes: a colour at a
time, and a long line by doubling what is known of shorter ones. OpenCV takes several times as long for three colours at
once, or for each pixel of a long line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from cv2.typing import MatLike


def strongest(planes: Sequence[MatLike]) -> MatLike:
    """The largest of the three colours at each pixel; [height, width] as each of them."""
    blue, green, red = planes
    return cv2.max(cv2.max(blue, green), red)


def differing(one: MatLike, other: MatLike) -> MatLike:
    """Grey levels between two pictures of one size, BGR, in the colour that differs most; [height, width]."""
    return strongest(cv2.split(cv2.absdiff(one, other)))


def gradient(planes: Sequence[MatLike]) -> MatLike:
    """Grey levels within a pixel of each pixel; [height, width].

    Args:
        planes: Blue, green and red, [height, width] each.
    """
    around = np.ones((3, 3), np.uint8)
    return strongest([cv2.morphologyEx(plane, cv2.MORPH_GRADIENT, around) for plane in planes])


def steps(planes: Sequence[MatLike], axis: int) -> MatLike:
    """Grey levels from before to after each pixel, down (axis 0) or across (axis 1); [height, width].

    Args:
        planes: Blue, green and red, [height, width] each.
        axis: Direction.
    """
    step = np.zeros(planes[0].shape, np.uint8)
    inner = step[1:-1] if axis == 0 else step[:, 1:-1]
    ahead, behind = (slice(2, None), slice(None, -2)) if axis == 0 else (np.s_[:, 2:], np.s_[:, :-2])
    inner[:] = strongest([cv2.absdiff(plane[ahead], plane[behind]) for plane in planes])
    return step


def over(levels: MatLike, threshold: int) -> MatLike:
    """Where there is more, 0 or 1."""
    return cv2.threshold(levels, threshold, 1, cv2.THRESH_BINARY)[1]


def straight_runs(steps: MatLike, axis: int, levels: int, length: int) -> MatLike:
    """Where straight lines run, along rows (axis 0) or columns (axis 1); 0 or 1, [height, width].

    Args:
        steps: Across the lines, of `steps`.
        axis: Direction.
        levels: Grey levels that the step across the line must exceed.
        length: Pixels that it must run.

    Only the step across the line counts: the tops of a word's letters make a long run of edges, but between
    two letters nothing changes from above to below.
    """
    # The two flanks of a thin line become one, while a field's frame stays apart from the panel's line below it.
    return closed(opened(over(steps, levels), 1 - axis, length), axis)


def drawn_along(strip: MatLike, axis: int) -> float:
    """The share of a strip's columns (axis 0) or rows (axis 1) in which anything is drawn, 0 to 1."""
    length = strip.shape[1 - axis]
    return cv2.countNonZero(cv2.reduce(strip, axis, cv2.REDUCE_MAX)) / length if strip.size else 0.0


def closed(mask: MatLike, axis: int = 1) -> MatLike:
    """What is drawn, without gaps of a pixel down (axis 0) or across (axis 1), as between smooth strokes."""
    return cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 1) if axis == 0 else (1, 3), np.uint8))


def opened(mask: MatLike, axis: int, length: int) -> MatLike:
    """What runs on for so many pixels down (axis 0) or across (axis 1), as morphology opens with a line.

    What reaches the edge of the picture may be shorter.
    """
    if axis == 1:
        return cv2.transpose(opened(cv2.transpose(mask), 0, length))
    before, after = length // 2, length - 1 - length // 2
    border = (before, after, 0, 0)
    # Eight columns in a byte are compared at once.
    columns = np.packbits(mask.astype(np.uint8, copy=False), axis=1)
    held = _along(cv2.copyMakeBorder(columns, *border, cv2.BORDER_CONSTANT, value=255), length, cv2.bitwise_and)
    runs = _along(cv2.copyMakeBorder(held, *border, cv2.BORDER_CONSTANT, value=0), length, cv2.bitwise_or)
    return np.unpackbits(np.asarray(runs, np.uint8), axis=1, count=mask.shape[1])


def _along(rows: MatLike, length: int, of: Callable[[MatLike, MatLike], MatLike]) -> MatLike:
    """What all, or any, of so many rows that follow each other have; fewer rows by as many less one."""
    reach = 1
    while reach < length:
        step = min(reach, length - reach)
        rows = of(rows[:-step], rows[step:])
        reach += step
    return rows
