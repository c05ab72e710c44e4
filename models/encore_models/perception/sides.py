"""Many boxes at once, as arrays of left, top, right and bottom [n, 4]."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Rect

Sides = NDArray[np.int32]
Mask = NDArray[np.bool_]


def to_sides(boxes: Sequence[Rect]) -> Sides:
    """Left, top, right and bottom of boxes [n, 4]."""
    return np.array([(b.left, b.top, b.right, b.bottom) for b in boxes], np.int32).reshape(-1, 4)


def areas(sides: Sides) -> Sides:
    """Pixels in each box, [n]."""
    return np.asarray((sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1]), np.int32)


def shared(boxes: Sides, others: Sides) -> Sides:
    """Pixels that each box shares with each other one, [boxes, others]."""
    spans = np.minimum(boxes[:, None, 2:], others[None, :, 2:]) - np.maximum(boxes[:, None, :2], others[None, :, :2])
    spans = np.maximum(0, spans)
    return np.asarray(spans[..., 0] * spans[..., 1], np.int32)


def held(boxes: Sequence[Rect], blocks: Sequence[Rect]) -> Mask:
    """Which boxes lie in which blocks with nearly all of their pixels, [boxes, blocks]."""
    sides = to_sides(boxes)
    both = shared(sides, to_sides(blocks))
    return np.asarray((both > 0) & (both >= 0.9 * areas(sides)[:, None]), np.bool_)


def outside(boxes: Sequence[Rect], blocks: Sequence[Rect]) -> list[Rect]:
    """The boxes that lie in none of the blocks."""
    return list(compress(boxes, ~np.any(held(boxes, blocks), axis=1)))
