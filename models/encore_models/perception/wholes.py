"""Drawings that were found in parts only, each as a whole.

The outline of a drawing and that of a button look the same, so what is in an outline is a candidate, and a lid may
stand too far from its box to be joined. Who compares drawings across scales and themes needs the whole as well: which
parts there are hangs on both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from encore_models.perception.ink import SHELL
from encore_models.perception.sides import Sides, areas, shared, to_sides
from encore_recorder.geometry import Rect

INSIDE, SAME = 0.9, 0.7
"""Shares of pixels: of a part that lie in its whole; of both from which two boxes are one thing."""
SLIGHT, SMALLEST = 3, 10
"""Pixels between two pieces of the smallest drawing; its smaller side."""
APART, INTO = 0.15, 0.6
"""Shares of its height between two pieces, and of the lower piece by which they may reach into each other."""
ASIDE = 0.25
"""Share of its width by which the middles of two pieces differ."""
NARROW = 0.3
"""Share of its width that the narrower piece has at least."""
SQUARISH = (0.6, 1.5)
"""Width over height of what is drawn in two pieces."""


def wholes(drawn: Sequence[Rect], found: Sequence[Rect]) -> list[Rect]:
    """The drawings of which only parts are among what was found.

    Args:
        drawn: All connected ink, outlines of buttons included.
        found: The boxes of the candidates that are ink.

    Returns:
        Boxes as large as drawings are, none of which is nearly one that was found.
    """
    inner = to_sides(found)
    new = np.concatenate([_around(to_sides(drawn), inner), _stacked(inner)])
    both = shared(new, inner)
    same = both >= SAME * (areas(new)[:, None] + areas(inner) - both)
    once = np.unique(new[~same.any(axis=1)], axis=0)
    return [Rect(left, top, right - left, bottom - top) for left, top, right, bottom in once.tolist()]


def _around(drawn: Sides, found: Sides) -> Sides:
    """Connected ink that holds what was found in it, and shares it with nothing else."""
    size = drawn[:, 2:] - drawn[:, :2]
    drawn = drawn[(size.min(axis=1) >= SHELL[0]) & (size.max(axis=1) <= SHELL[1])]
    both, area = shared(drawn, found), areas(found)
    within = both >= INSIDE * area
    return np.asarray(drawn[within.any(axis=1) & ~((both > 0) & ~within).any(axis=1)], np.int32)


def _stacked(found: Sides) -> Sides:
    """Two pieces one above the other, or one in the mouth of the other: an arrow and its tray."""
    small = found[(found[:, 2:] - found[:, :2]).max(axis=1, initial=0) <= SHELL[1]]
    upper, lower = small[:, None], small[None]
    hull = np.concatenate([np.minimum(upper, lower)[..., :2], np.maximum(upper, lower)[..., 2:]], axis=2)
    width, height = np.moveaxis(hull[..., 2:] - hull[..., :2], -1, 0)
    narrow, low = np.moveaxis(np.minimum(*(piece[..., 2:] - piece[..., :2] for piece in (upper, lower))), -1, 0)
    gap = lower[..., 1] - upper[..., 3]
    aside = np.abs(upper[..., 0] + upper[..., 2] - lower[..., 0] - lower[..., 2]) / 2
    one = (gap >= -INTO * low) & (gap <= np.maximum(SLIGHT, APART * height))
    one &= (aside <= np.maximum(SLIGHT - 1, ASIDE * width)) & (narrow >= NARROW * width)
    one &= (width >= SQUARISH[0] * height) & (width <= SQUARISH[1] * height)
    one &= (np.minimum(width, height) >= SMALLEST) & (np.maximum(width, height) <= SHELL[1])
    return np.asarray(hull[one], np.int32)
