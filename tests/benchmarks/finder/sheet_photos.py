"""Pictures that look photographed: skies, hills, foliage, blurred lights and faces, all made of noise and shapes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

COUNT = 24
SIZE = (640, 400)
"""Width and height."""

Image = NDArray[np.float32]


def photos(folder: Path, offset: int) -> list[Path]:
    """Draw the photographs of a split as JPEG files; `offset` keeps the splits apart."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{offset + number}.jpg" for number in range(COUNT)]
    for number, path in enumerate(paths):
        if not path.is_file():
            cv2.imwrite(str(path), photo(offset + number), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return paths


def photo(seed: int) -> NDArray[np.uint8]:
    """One photograph, BGR [400, 640, 3]."""
    chance = np.random.default_rng(seed)
    makers = (_landscape, _lights, _portrait, _foliage)
    image = makers[seed % len(makers)](chance)
    image += chance.normal(0, 2.5, image.shape).astype(np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)


def _noise(chance: np.random.Generator, coarse: int = 3, octaves: int = 6) -> Image:
    """Fractal noise, 0 to 1, [height, width]."""
    width, height = SIZE
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = coarse * 2**octave
        grid = chance.random((max(2, cells * 5 // 8), cells)).astype(np.float32)
        total += cv2.resize(grid, SIZE, interpolation=cv2.INTER_CUBIC) / 2**octave
    low, high = float(total.min()), float(total.max())
    return (total - low) / (high - low)


def _blend(first: NDArray[np.float64], second: NDArray[np.float64], share: Image) -> Image:
    mixed = first * (1 - share[..., None]) + second * share[..., None]
    return np.asarray(mixed, np.float32)


def _colour(chance: np.random.Generator, low: float, high: float) -> NDArray[np.float64]:
    return chance.uniform(low, high, 3)


def _landscape(chance: np.random.Generator) -> Image:
    """Sky over layers of hills."""
    width, height = SIZE
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1)
    image = _blend(_colour(chance, 120, 255), _colour(chance, 160, 250), down)
    image += 60 * (_noise(chance) ** 2)[..., None]
    for layer in range(3):
        profile = _noise(chance, 2 + layer)[height // 2]
        line = (0.35 + 0.2 * layer + 0.3 * (profile - 0.5)) * height
        mask = (np.arange(height)[:, None] > line[None, :]).astype(np.float32)
        ground = _blend(_colour(chance, 10, 110), _colour(chance, 60, 190), _noise(chance, 6))
        image = image * (1 - mask[..., None]) + ground * mask[..., None]
    return image


def _lights(chance: np.random.Generator) -> Image:
    """Lights out of focus at night."""
    width, height = SIZE
    image = _blend(_colour(chance, 0, 40), _colour(chance, 20, 100), _noise(chance))
    for _ in range(40):
        spot = np.zeros_like(image)
        centre = int(chance.integers(width)), int(chance.integers(height))
        cv2.circle(spot, centre, int(chance.integers(4, 46)), chance.uniform(40, 220, 3).tolist(), -1, cv2.LINE_AA)
        image += spot * float(chance.uniform(0.2, 0.7))
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.6), np.float32)


def _portrait(chance: np.random.Generator) -> Image:
    """One or two heads before a blurred room."""
    width = SIZE[0]
    image = _blend(_colour(chance, 30, 160), _colour(chance, 90, 230), _noise(chance, 3, 3))
    for _ in range(int(chance.integers(1, 3))):
        x, y = int(chance.integers(150, width - 150)), int(chance.integers(150, 230))
        size = int(chance.integers(50, 90))
        skin = np.array([110, 150, 205]) * chance.uniform(0.4, 1.15)
        cv2.ellipse(image, (x, y + 3 * size), (2 * size, 2 * size), 0, 0, 360, _colour(chance, 10, 220).tolist(), -1)
        cv2.ellipse(image, (x, y - size // 4), (size, size + 14), 0, 0, 360, _colour(chance, 5, 90).tolist(), -1)
        cv2.ellipse(image, (x, y), (size * 4 // 5, size), 0, 0, 360, skin.tolist(), -1)
        for side in (-1, 1):
            cv2.ellipse(
                image, (x + side * size // 3, y - size // 6), (size // 8, size // 12), 0, 0, 360, (30, 25, 30), -1
            )
        cv2.ellipse(image, (x, y + size // 2), (size // 3, size // 10), 0, 0, 180, (70, 60, 150), -1)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), 2.2), np.float32)
    return image + 36 * (_noise(chance, 8)[..., None] - 0.5)


def _foliage(chance: np.random.Generator) -> Image:
    """Leaves, sharp and blurred."""
    width, height = SIZE
    image = _blend(_colour(chance, 10, 90), _colour(chance, 90, 200), _noise(chance, 5))
    for _ in range(220):
        centre = int(chance.integers(width)), int(chance.integers(height))
        axes = int(chance.integers(8, 42)), int(chance.integers(3, 14))
        tone = np.array([40, 130, 70]) * chance.uniform(0.3, 1.8) + chance.uniform(-30, 50, 3)
        cv2.ellipse(image, centre, axes, float(chance.uniform(0, 180)), 0, 360, tone.tolist(), -1, cv2.LINE_AA)
    return image * (0.6 + 0.6 * _noise(chance, 3)[..., None])
