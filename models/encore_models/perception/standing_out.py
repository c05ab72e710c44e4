"""How much what is on a screen stands out among its like.

What is on, chosen or set is drawn on another ground or in another colour than those beside it, whatever the theme.
Descriptors do not look at colours, for these are another day's matter; whether a thing has the colours of its like is
not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.candidates import Candidate

MARGIN = 3
"""Pixels between a thing and the ground that is looked at."""
A_SIDE, INSIDE = 6, 12
"""Points of the ground along each side of a box; points of each row and column inside of it."""
LIKE, FEWEST = 6, 2
"""Things of its kind that one is compared with, the nearest ones; how many there must be."""
INK = 0.25
"""Share of the points inside that are furthest from the ground, and taken for what is drawn."""


def standing_out(image: NDArray[np.uint8], candidates: Sequence[Candidate]) -> NDArray[np.float32]:
    """How far colours are from those of the nearest things of the same kind.

    Args:
        image: BGR [height, width, 3].
        candidates: Of that picture.

    Returns:
        float32 [n], 0 to 1: of the ground they stand on, and of drawings also of what is drawn, whichever is further;
        0 where there are no others to compare with.
    """
    if not candidates:
        return np.zeros(0, np.float32)
    boxes = np.array([(c.box.left, c.box.top, c.box.right, c.box.bottom) for c in candidates], np.float32)
    kinds = np.array([c.kind for c in candidates])
    ground = np.median(_at(image, _around(boxes)), axis=1)
    inside = _at(image, _within(boxes))
    apart = np.abs(inside - ground[:, None]).max(axis=-1)
    furthest = np.argsort(apart, axis=1)[:, -int(INK * apart.shape[1]) :]
    ink = np.median(np.take_along_axis(inside, furthest[..., None], axis=1), axis=1)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    distances = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    out = np.zeros(len(boxes), np.float32)
    for kind in set(kinds):
        (alike,) = np.nonzero(kinds == kind)
        if len(alike) <= FEWEST:
            continue
        nearest = alike[np.argsort(distances[np.ix_(alike, alike)], axis=1, kind="stable")[:, 1 : LIKE + 1]]
        far = _far(ground, alike, nearest)
        out[alike] = np.maximum(far, _far(ink, alike, nearest)) if kind == "icon" else far
    return out


def _far(colours: NDArray[np.float32], ones: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float32]:
    """How far colours [n, 3] of some are from the usual one of their others [ones, others], 0 to 1."""
    usual = np.median(colours[others], axis=1)
    far: NDArray[np.float32] = np.abs(colours[ones] - usual).max(axis=1) / 255
    return far


def _around(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points around boxes [n, points, 2]: x, y."""
    shares = (np.arange(A_SIDE) + 0.5) / A_SIDE
    (left, top), (right, bottom) = (boxes[:, :2] - MARGIN).T[..., None], (boxes[:, 2:] + MARGIN - 1).T[..., None]
    x, y = left + shares * (right - left), top + shares * (bottom - top)
    sides = [(x, top + 0 * x), (x, bottom + 0 * x), (left + 0 * y, y), (right + 0 * y, y)]
    return np.concatenate([np.stack(side, axis=-1) for side in sides], axis=1)


def _within(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points inside boxes [n, points, 2]: x, y."""
    shares = (np.arange(INSIDE) + 0.5) / INSIDE
    grid = np.stack(np.meshgrid(shares, shares), axis=-1).reshape(-1, 2)
    points: NDArray[np.float32] = boxes[:, None, :2] + grid[None] * (boxes[:, None, 2:] - boxes[:, None, :2])
    return points


def _at(image: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours at points [n, points, 3]; beyond the edge those at the edge."""
    height, width = image.shape[:2]
    x = np.clip(points[..., 0].astype(np.int64), 0, width - 1)
    y = np.clip(points[..., 1].astype(np.int64), 0, height - 1)
    return image[y, x].astype(np.float32)
