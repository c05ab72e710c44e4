"""Where different drawings end and the same drawing begins, for any CLIP, on drawings made here.

Every CLIP spreads its cosines otherwise: what is the same drawing for one is any drawing for another. The finder asks
for this span instead of a fixed number. The drawings are made by chance, so that it can be measured without icons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_models.perception.crops import Picture
from encore_models.training.augment import icon_view

SIDE = 64
"""Pixels of a drawing, as `icon_view` takes it."""
DRAWINGS = 160
"""About as many as a screen shows."""
INK = (8, 56)
"""First and last pixel that may hold ink."""

Vectors = NDArray[np.float32]
Look = Callable[[Sequence[Picture]], Vectors]
"""Crops -> unit vectors [n, d]."""


def span_of(look: Look, count: int = DRAWINGS, seed: int = 11) -> tuple[float, float]:
    """The cosine of looks at which different drawings end, and at which the same drawing begins.

    Returns:
        The 95th percentile of cosines between different drawings, and the median of a drawing with itself under
        another theme, in another size and at another place.
    """
    rng = np.random.default_rng(seed)
    drawings = [drawing(rng) for _ in range(count)]
    shown, now = (look([icon_view(picture, box, rng) for picture, box in drawings]) for _ in range(2))
    cosines = shown @ now.T
    others = cosines[~np.eye(count, dtype=bool)]
    return round(float(np.percentile(others, 95)), 4), round(float(np.median(np.diag(cosines))), 4)


def drawing(rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Some strokes and shapes: brightness and coverage [2, 64, 64], and the box of its ink."""
    cover = np.zeros((SIDE, SIDE), np.uint8)
    while np.count_nonzero(cover) < 60:
        thick = int(rng.integers(3, 7))
        for _ in range(int(rng.integers(1, 4))):
            _add(cover, thick, rng)
    rows, columns = (np.flatnonzero((cover > 24).any(axis=axis)) for axis in (1, 0))
    box = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.uint8)
    return np.stack([np.zeros_like(cover), cover]), box


def _add(cover: NDArray[np.uint8], thick: int, rng: np.random.Generator) -> None:
    """One line, ring or disc, frame or box, triangle or arrow head."""
    points = [(int(x), int(y)) for x, y in rng.integers(*INK, (3, 2))]
    width = -1 if rng.random() < 0.35 else thick
    kind = rng.integers(4)
    if kind == 0:
        cv2.line(cover, points[0], points[1], 255, thick, cv2.LINE_AA)
    elif kind == 1:
        radius = int(rng.integers(5, 20))
        middle = (int(rng.integers(24, 40)), int(rng.integers(24, 40)))
        cv2.circle(cover, middle, radius, 255, width, cv2.LINE_AA)
    elif kind == 2:
        cv2.rectangle(cover, points[0], points[1], 255, width)
    elif width < 0:
        cv2.fillPoly(cover, [np.array(points, np.int32)], 255, cv2.LINE_AA)
    else:
        cv2.polylines(cover, [np.array(points, np.int32)], bool(rng.random() < 0.5), 255, thick, cv2.LINE_AA)
