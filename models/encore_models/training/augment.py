"""Pictures of icons and labels as screens show them: any theme, size and place, on any background.

A view is composed small, at the pixels it would have on a screen, and then cut and fitted by the very code that
cuts candidates at run time.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from encore_models.perception.crops import ICON_MARGIN, LEAST_MARGIN, STRIP_MARGIN, Picture, fit_icon, fit_strip

Mask = NDArray[np.uint8]
Colour = NDArray[np.float32]

ICON_INK = (9, 60)
"""Pixels of an icon's larger side on the screen, drawn evenly over the logarithm."""
FONT_SIZE = (9, 30)
"""Pixels."""
LEAST_CONTRAST = 45
"""Grey levels between ink and background."""


def icon_view(picture: Mask, box: Mask, rng: np.random.Generator) -> Picture:
    """An icon somewhere on a screen, cut and fitted: uint8 [48, 48, 3].

    Args:
        picture: Brightness and coverage, uint8 [2, 64, 64].
        box: Left, top, right and bottom of its ink.
        rng: Decides everything that varies.
    """
    left, top, right, bottom = (float(value) for value in box)
    larger = max(right - left, bottom - top)
    ink = float(np.exp(rng.uniform(*np.log(ICON_INK))))
    margin = max(LEAST_MARGIN, ICON_MARGIN * ink) * rng.uniform(0.6, 1.5)
    side = max(8, round(ink + 2 * margin))
    scale = ink / larger
    shift = rng.uniform(-0.5, 0.5, 2) * margin
    across = side / 2 + shift[0] - scale * (left + right) / 2
    down = side / 2 + shift[1] - scale * (top + bottom) / 2
    if scale < 0.6:  # linear sampling would skip pixels, so halve the picture first
        picture = np.stack([cv2.resize(p, (32, 32), interpolation=cv2.INTER_AREA) for p in picture])
        scale *= 2
    matrix = np.array([[scale, 0, across], [0, scale * rng.uniform(0.94, 1.06), down]], np.float32)
    bright, cover = (cv2.warpAffine(plane, matrix, (side, side)) for plane in picture)
    return fit_icon(_spoilt(_composed(np.asarray(bright), np.asarray(cover), rng), rng))


def label_view(text: str, font: Path, rng: np.random.Generator) -> Picture:
    """A line of text on a screen, cut and fitted: uint8 [24, 192, 3]."""
    cover = _written(text, font, int(rng.integers(*FONT_SIZE, endpoint=True)))
    height = cover.shape[0]
    margin = max(LEAST_MARGIN, STRIP_MARGIN * height)
    above, below, before, after = (max(1, round(margin * rng.uniform(0.5, 1.5))) for _ in range(4))
    cover = np.pad(cover, ((above, below), (before, after)))
    return fit_strip(_spoilt(_composed(np.zeros_like(cover), cover, rng), rng))


@lru_cache(maxsize=4096)
def _face(font: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font), size)


def _written(text: str, font: Path, size: int) -> Mask:
    """The coverage of a line of text, cut to its ink."""
    face = _face(font, size)
    left, top, right, bottom = (round(edge) for edge in face.getbbox(text))
    canvas = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(canvas).text((-left, -top), text, fill=255, font=face)
    return np.asarray(canvas, np.uint8)


def _composed(bright: Mask, cover: Mask, rng: np.random.Generator) -> Picture:
    """Ink over a background: uint8 [h, w, 3]."""
    height, width = cover.shape
    ground, ink = _theme(rng)
    canvas = _background(height, width, ground, rng)
    part = cover.astype(np.float32)[..., None] * np.float32(rng.uniform(0.75, 1) / 255)
    if bright.any():  # an icon of several colours: two inks, mixed by its brightness
        second = rng.uniform(0, 255, 3).astype(np.float32)
        ink = ink + (second - ink) * (bright.astype(np.float32)[..., None] / np.float32(255))
    return np.clip(canvas + (ink - canvas) * part, 0, 255).astype(np.uint8)


def _theme(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Colours of the background and of the ink."""
    while True:
        if rng.random() < 0.6:  # grey with a tint, light or dark
            light = float(rng.uniform(200, 255))
            dark = float(rng.uniform(0, 110))
            ground, ink = (light, dark) if rng.random() < 0.5 else (dark * 0.6, light)
            pair = np.array([[ground], [ink]]) + rng.normal(0, 8, (2, 3))
        else:
            pair = rng.uniform(0, 255, (2, 3))
        pair = np.clip(pair, 0, 255).astype(np.float32)
        if np.abs(pair[0] - pair[1]).max() >= LEAST_CONTRAST:
            return pair[0], pair[1]


def _background(height: int, width: int, ground: Colour, rng: np.random.Generator) -> NDArray[np.float32]:
    """A plain colour, a gradient, or something photographic; sometimes a hover plate or an edge."""
    canvas = np.empty((height, width, 3), np.float32)
    canvas[:] = ground
    kind = rng.random()
    if kind < 0.12:
        ramp = np.linspace(-1, 1, width if kind < 0.06 else height, dtype=np.float32)
        ramp = ramp[None, :, None] if kind < 0.06 else ramp[:, None, None]
        canvas += ramp * rng.uniform(-30, 30, 3).astype(np.float32)
    elif kind < 0.22:
        cells = rng.normal(0, rng.uniform(4, 22), (int(rng.integers(2, 6)), int(rng.integers(2, 6)), 3))
        canvas += cv2.resize(cells.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.2:
        _plate(canvas, rng)
    if rng.random() < 0.12:
        _edge(canvas, rng)
    return canvas


def _plate(canvas: NDArray[np.float32], rng: np.random.Generator) -> None:
    """A hovered or pressed control: a slightly different plate behind the ink."""
    height, width = canvas.shape[:2]
    colour = [float(value) for value in np.clip(canvas[0, 0] + rng.uniform(-40, 40), 0, 255)]
    if height == width and rng.random() < 0.5:
        cv2.circle(canvas, (width // 2, height // 2), round(width * rng.uniform(0.45, 0.7)), colour, -1, cv2.LINE_AA)
    else:
        inset = int(rng.integers(0, max(1, height // 12) + 1))
        cv2.rectangle(canvas, (inset, inset), (width - 1 - inset, height - 1 - inset), colour, -1)


def _edge(canvas: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Something of a neighbour along one side of the crop."""
    height, width = canvas.shape[:2]
    colour = rng.uniform(0, 255, 3).astype(np.float32)
    thick = int(rng.integers(1, max(2, min(height, width) // 12) + 1))
    begin, end = sorted(rng.integers(0, (width, height)))
    side = rng.integers(4)
    if side == 0:
        canvas[:thick, begin:] = colour
    elif side == 1:
        canvas[-thick:, :end] = colour
    elif side == 2:
        canvas[begin:, :thick] = colour
    else:
        canvas[:end, -thick:] = colour


def _spoilt(picture: Picture, rng: np.random.Generator) -> Picture:
    """Blur of a scaled surface and noise of a compressed recording, sometimes."""
    if rng.random() < 0.15:
        picture = np.asarray(cv2.GaussianBlur(picture, (3, 3), rng.uniform(0.4, 0.9)), np.uint8)
    if rng.random() < 0.15:
        noise = rng.normal(0, rng.uniform(1, 6), picture.shape[:2])
        picture = np.clip(picture + noise[..., None], 0, 255).astype(np.uint8)
    return picture
