"""Controls drawn by code, so that tests of what is seen need no picture files."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Rect

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
LIGHT: tuple[Colour, Colour] = ((248, 248, 248), (40, 40, 40))
DARK: tuple[Colour, Colour] = ((34, 30, 28), (230, 230, 225))
GREEN: tuple[Colour, Colour] = ((90, 150, 30), (255, 255, 255))
"""Background and ink, blue, green, red."""


def _play(canvas: Picture) -> None:
    cv2.fillPoly(canvas, [_points((0.12, 0.05), (0.12, 0.95), (0.92, 0.5))], 255)


def _pause(canvas: Picture) -> None:
    for left in (0.12, 0.6):
        _box(canvas, left, 0.05, left + 0.28, 0.95)


def _stop(canvas: Picture) -> None:
    _box(canvas, 0.1, 0.1, 0.9, 0.9)


def _next(canvas: Picture) -> None:
    cv2.fillPoly(canvas, [_points((0.08, 0.08), (0.08, 0.92), (0.75, 0.5))], 255)
    _box(canvas, 0.78, 0.08, 0.92, 0.92)


def _previous(canvas: Picture) -> None:
    _next(canvas)
    canvas[:] = canvas[:, ::-1].copy()


def _plus(canvas: Picture) -> None:
    _box(canvas, 0.43, 0.06, 0.57, 0.94)
    _box(canvas, 0.06, 0.43, 0.94, 0.57)


def _close(canvas: Picture) -> None:
    for a, b in (((0.1, 0.1), (0.9, 0.9)), ((0.9, 0.1), (0.1, 0.9))):
        ends = _points(a, b)
        cv2.line(canvas, ends[0].tolist(), ends[1].tolist(), 255, 18)


def _menu(canvas: Picture) -> None:
    for top in (0.14, 0.45, 0.76):
        _box(canvas, 0.05, top, 0.95, top + 0.12)


def _search(canvas: Picture) -> None:
    side = canvas.shape[0]
    cv2.circle(canvas, (round(0.42 * side), round(0.42 * side)), round(0.3 * side), 255, 18)
    ends = _points((0.64, 0.64), (0.93, 0.93))
    cv2.line(canvas, ends[0].tolist(), ends[1].tolist(), 255, 20)


def _heart(canvas: Picture) -> None:
    side = canvas.shape[0]
    for x in (0.3, 0.7):
        cv2.circle(canvas, (round(x * side), round(0.33 * side)), round(0.22 * side), 255, -1)
    cv2.fillPoly(canvas, [_points((0.1, 0.44), (0.9, 0.44), (0.5, 0.92))], 255)


SIDE = 192
DRAWN: dict[str, Callable[[Picture], None]] = {
    "play": _play,
    "pause": _pause,
    "stop": _stop,
    "next": _next,
    "previous": _previous,
    "plus": _plus,
    "close": _close,
    "menu": _menu,
    "search": _search,
    "heart": _heart,
}


def _points(*places: tuple[float, float]) -> NDArray[np.int32]:
    return np.array([[round(x * SIDE), round(y * SIDE)] for x, y in places], np.int32)


def _box(canvas: Picture, left: float, top: float, right: float, bottom: float) -> None:
    a, b = _points((left, top), (right, bottom))
    canvas[a[1] : b[1], a[0] : b[0]] = 255


def toolbar(theme: tuple[Colour, Colour] = LIGHT, side: int = 24, gap: int = 40) -> tuple[Picture, list[Rect]]:
    """All drawn controls in a row, in the order of `DRAWN`, and the boxes of their ink."""
    ground, ink = (np.array(colour, np.float32) for colour in theme)
    picture = np.empty((side + 2 * gap, gap + len(DRAWN) * (side + gap), 3), np.float32)
    picture[:] = ground
    boxes = []
    for number, draw in enumerate(DRAWN.values()):
        canvas = np.zeros((SIDE, SIDE), np.uint8)
        draw(canvas)
        cover = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)[..., None] / 255
        left = gap + number * (side + gap)
        place = picture[gap : gap + side, left : left + side]
        place += (ink - place) * cover
        rows, columns = (np.flatnonzero((cover[..., 0] > 0.1).any(axis=axis)) for axis in (1, 0))
        boxes.append(Rect(left + int(columns[0]), gap + int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1))
    return picture.astype(np.uint8), boxes
