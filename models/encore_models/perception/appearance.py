"""What a candidate looks like, as a vector: the seam where a learned encoder takes the gradients' place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Rect

ICON = 36
"""Side of the square that an icon is scaled to, its proportions kept."""
STRIP = (12, 108)
"""Height and width that a label is scaled to; longer ones lose their end."""
WIDE = 2.0
"""From this width over height a box is seen as a strip."""
CELL = 6
ORIENTATIONS = 8


class Appearance(Protocol):
    """Turns candidates into vectors whose cosine says how alike they look."""

    def describe(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> NDArray[np.float32]:
        """Unit vectors [n, d], one a box; a box without any ink gives zeros.

        Args:
            image: BGR [height, width, 3].
            boxes: Ink of the candidates, inside of the picture.
        """


class GradientAppearance:
    """Histograms of oriented gradients over a crop without colour.

    The crop is first reduced to its distance from the background around it, so dark on light and light on
    dark, grey and green give the same picture; directions are taken without their sign.
    Source: Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005.
    """

    def describe(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> NDArray[np.float32]:
        """See `Appearance.describe`; d is 288."""
        vectors = np.zeros((len(boxes), (ICON // CELL) ** 2 * ORIENTATIONS), np.float32)
        wide = np.array([box.width > WIDE * box.height for box in boxes], bool)
        for is_wide, shape in ((False, (ICON, ICON)), (True, STRIP)):
            chosen = np.flatnonzero(wide == is_wide)
            if chosen.size:
                crops = np.stack([_normalised(image, boxes[int(index)], shape) for index in chosen])
                vectors[chosen] = _histograms(crops)
        return vectors


def _normalised(image: NDArray[np.uint8], box: Rect, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The box's distance from its background, 0 to 1, scaled into `shape` with its proportions kept."""
    height, width = image.shape[:2]
    inside = box.grown(max(1, box.height // 12)).intersection(Rect(0, 0, width, height))
    if inside is None:
        return np.zeros(shape, np.float32)
    crop = image[inside.top : inside.bottom, inside.left : inside.right].astype(np.int16)
    border = np.concatenate([crop[0], crop[-1], crop[:, 0], crop[:, -1]])
    ink = np.abs(crop - np.median(border, axis=0)).max(axis=2).astype(np.float32)
    ink /= max(32.0, float(ink.max()))

    # A strip is as high as its line and may lose its end, an icon fits as a whole.
    fits = (shape[0] / inside.height, shape[1] / inside.width)
    scale = fits[0] if shape == STRIP else min(fits)
    size = (max(1, round(inside.width * scale)), max(1, round(inside.height * scale)))
    scaled = cv2.resize(np.minimum(ink, 1.0), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    scaled = scaled[: shape[0], : shape[1]]
    placed = np.zeros(shape, np.float32)
    top = (shape[0] - scaled.shape[0]) // 2
    left = 0 if shape == STRIP else (shape[1] - scaled.shape[1]) // 2
    placed[top : top + scaled.shape[0], left : left + scaled.shape[1]] = scaled
    return placed


def _histograms(crops: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors [n, cells * orientations] of crops [n, height, width]."""
    padded = np.pad(crops, ((0, 0), (1, 1), (1, 1)))
    across = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    strength = np.hypot(across, down)
    angle = np.mod(np.arctan2(down, across) * np.float32(ORIENTATIONS / np.pi), ORIENTATIONS)
    rows, columns = _pooling(crops.shape[1]), _pooling(crops.shape[2])
    maps = []
    for orientation in range(ORIENTATIONS):
        # Each pixel votes for the two nearest directions, by nearness; the last one lies next to the first.
        away = np.abs(angle - orientation)
        vote = np.maximum(0, 1 - np.minimum(away, ORIENTATIONS - away))
        maps.append(rows @ (strength * vote) @ columns.T)
    # Square roots keep one strong edge from drowning the rest.
    vectors = np.sqrt(np.stack(maps, axis=1).reshape(len(crops), -1))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-6), np.float32)


def _pooling(length: int) -> NDArray[np.float32]:
    """Overlapping triangles [cells, length], so that a shift by a pixel changes little."""
    centres = (np.arange(length // CELL) + 0.5) * CELL - 0.5
    distance = np.abs(np.arange(length)[None, :] - centres[:, None])
    return np.asarray(np.maximum(0.0, 1.0 - distance / CELL), np.float32)
