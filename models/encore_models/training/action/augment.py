"""Variations of pictures and of sound that leave the right decision as it was.

Theme, scale, layout and fonts of synthetic screens vary where they are rendered; these serve recorded pictures as well.
Sounds are spoiled by `encore_models.training.voice_data.spoiled` where they are rendered; `varied_sound` serves
recorded speech: speed, gain and noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import soxr
from numpy.typing import NDArray

from encore_models.perception.mel import RATE
from encore_models.training.voice_sounds import Samples, coloured_noise
from encore_recorder.geometry import Point, Rect

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Varied:
    """A picture that was scaled and moved, and how places on it moved along."""

    image: Picture
    scale: float = 1.0
    dx: int = 0
    dy: int = 0
    covered: Rect | None = None
    """Where something lies over it, on this picture."""

    def point(self, point: Point) -> Point:
        """Where a point of the original is now."""
        return Point(round(point.x * self.scale) + self.dx, round(point.y * self.scale) + self.dy)

    def box(self, box: Rect) -> Rect:
        """Where a box of the original is now."""
        left, top = round(box.left * self.scale) + self.dx, round(box.top * self.scale) + self.dy
        return Rect(left, top, max(1, round(box.width * self.scale)), max(1, round(box.height * self.scale)))

    def then(self, after: Varied) -> Varied:
        """Both, when `after` was made of this picture."""
        dx, dy = round(self.dx * after.scale) + after.dx, round(self.dy * after.scale) + after.dy
        return Varied(after.image, self.scale * after.scale, dx, dy, after.covered)


def scaled(image: Picture, scale: float) -> Varied:
    """As a display of another density shows it."""
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return Varied(np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=how), np.uint8), scale)


def shifted(image: Picture, dx: int, dy: int) -> Varied:
    """Moved, what leaves the picture cut off; the free edge repeats what was there."""
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    return Varied(np.ascontiguousarray(image[rows][:, columns]), 1.0, dx, dy)


def cropped(image: Picture, keep: Rect, rng: np.random.Generator, most: float = 0.12) -> Varied:
    """With up to `most` of each side cut off, but never a part of `keep`."""
    height, width = image.shape[:2]
    left = min(int(rng.uniform(0, most) * width), max(0, keep.left))
    top = min(int(rng.uniform(0, most) * height), max(0, keep.top))
    right = max(width - int(rng.uniform(0, most) * width), min(width, keep.right))
    bottom = max(height - int(rng.uniform(0, most) * height), min(height, keep.bottom))
    return Varied(np.ascontiguousarray(image[top:bottom, left:right]), 1.0, -left, -top)


def other_theme(image: Picture) -> Picture:
    """Light made dark and dark light; hues stay."""
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB)
    lab[..., 0] = 255 - lab[..., 0]
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR), np.uint8)


def occluded(image: Picture, keep: Sequence[Rect], rng: np.random.Generator) -> Picture:
    """With a small window of somebody else's over it, but never over what must be seen; unchanged where none fits."""
    return covered(image, keep, rng).image


def covered(image: Picture, keep: Sequence[Rect], rng: np.random.Generator) -> Varied:
    """As `occluded`, with where it lies."""
    height, width = image.shape[:2]
    for _ in range(8):
        size = int(rng.uniform(0.08, 0.22) * width), int(rng.uniform(0.06, 0.18) * height)
        box = Rect(int(rng.integers(max(1, width - size[0]))), int(rng.integers(max(1, height - size[1]))), *size)
        if all(box.intersection(kept.grown(12)) is None for kept in keep):
            picture = image.copy()
            colour = [int(value) for value in rng.integers(30, 226, 3)]
            cv2.rectangle(picture, (box.left, box.top), (box.right, box.bottom), colour, -1)
            cv2.rectangle(picture, (box.left, box.top), (box.right, box.bottom), (90, 90, 90), 1)
            return Varied(picture, covered=box)
    return Varied(image)


def recorded(image: Picture, rng: np.random.Generator) -> Picture:
    """As a recording may keep it: compressed, a little blurred, brighter or darker."""
    kind = rng.random()
    if kind < 0.4:
        quality = int(rng.integers(60, 95))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    if kind < 0.7:
        return np.asarray(cv2.GaussianBlur(image, (3, 3), float(rng.uniform(0.3, 0.6))), np.uint8)
    return np.asarray(cv2.convertScaleAbs(image, alpha=float(rng.uniform(0.88, 1.08)), beta=0), np.uint8)


def varied_sound(samples: Samples, rng: np.random.Generator) -> Samples:
    """Speech said faster or slower, nearer or further, with noise under it."""
    spoken = np.asarray(soxr.resample(samples, RATE, RATE / rng.uniform(0.92, 1.12)), np.float32)
    noise = coloured_noise(len(spoken), rng) * np.float32(np.sqrt((spoken**2).mean()) * 10 ** -rng.uniform(0.4, 1.5))
    return np.asarray(np.clip((spoken + noise) * 10 ** rng.uniform(-0.6, 0.1), -1, 1), np.float32)
