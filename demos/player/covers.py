"""Cover art, painted from the name of the album or playlist: gradients, light, shapes and grain."""

from __future__ import annotations

import math
import random
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPainterPath, QPixmap, QPolygonF, QRadialGradient

_SIDE = 192
"""Painted once at this size, then scaled down smoothly."""


def cover(name: str, side: int, ratio: float = 1.0, radius: int = 4) -> QPixmap:
    """The cover called `name`, always the same for the same name.

    Args:
        name: Album or playlist, with the artist.
        side: Logical pixels.
        ratio: Device pixels in a logical one.
        radius: Of the corners, logical pixels.
    """
    return _rounded(name, round(side * ratio), round(radius * ratio), ratio)


@cache
def _rounded(name: str, side: int, radius: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPainterPath()
    outline.addRoundedRect(QRectF(0, 0, side, side), radius, radius)
    painter.setClipPath(outline)
    scaled = _painted(name).scaled(
        side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    painter.drawImage(0, 0, scaled)
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


@cache
def _painted(name: str) -> QImage:
    chance = random.Random(name)
    image = QImage(_SIDE, _SIDE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    hue = chance.random()
    _sky(painter, chance, hue)
    chance.choice((_hills, _circles, _tower_blocks, _ribbons, _triangles, _sun_over_sea))(painter, chance, hue)
    _light_and_grain(painter, chance)
    painter.end()
    return image


def _tint(chance: random.Random, hue: float, low: float = 0.2, high: float = 0.9) -> QColor:
    spread = chance.choice((0.0, 0.04, -0.05, 0.45))
    return QColor.fromHsvF((hue + spread) % 1.0, chance.uniform(0.35, 0.85), chance.uniform(low, high))


def _sky(painter: QPainter, chance: random.Random, hue: float) -> None:
    angle = chance.uniform(0, 2 * math.pi)
    gradient = QLinearGradient(
        _SIDE * (0.5 - 0.6 * math.cos(angle)), _SIDE * (0.5 - 0.6 * math.sin(angle)),
        _SIDE * (0.5 + 0.6 * math.cos(angle)), _SIDE * (0.5 + 0.6 * math.sin(angle)),
    )  # fmt: skip
    gradient.setColorAt(0, _tint(chance, hue, 0.15, 0.5))
    gradient.setColorAt(0.6, _tint(chance, hue, 0.4, 0.8))
    gradient.setColorAt(1, _tint(chance, hue, 0.7, 1.0))
    painter.fillRect(0, 0, _SIDE, _SIDE, gradient)


def _hills(painter: QPainter, chance: random.Random, hue: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for layer in range(3):
        base = _SIDE * (0.45 + 0.18 * layer)
        phase, waves = chance.uniform(0, 6), chance.uniform(0.8, 2.2)
        points = [
            QPointF(x, base + 18 * math.sin(phase + waves * x * 2 * math.pi / _SIDE)) for x in range(0, _SIDE + 8, 8)
        ]
        painter.setBrush(QColor.fromHsvF((hue + 0.03 * layer) % 1, 0.6, 0.55 - 0.17 * layer))
        painter.drawPolygon(QPolygonF([QPointF(0, _SIDE), *points, QPointF(_SIDE + 8, _SIDE)]))


def _circles(painter: QPainter, chance: random.Random, hue: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for _ in range(chance.randint(3, 7)):
        color = _tint(chance, hue)
        color.setAlphaF(chance.uniform(0.35, 0.85))
        painter.setBrush(color)
        radius = chance.uniform(12, 62)
        painter.drawEllipse(QPointF(chance.uniform(0, _SIDE), chance.uniform(0, _SIDE)), radius, radius)


def _tower_blocks(painter: QPainter, chance: random.Random, hue: float) -> None:
    x = 0.0
    while x < _SIDE:
        width, height = chance.uniform(14, 36), chance.uniform(40, 140)
        painter.fillRect(
            QRectF(x, _SIDE - height, width, height), QColor.fromHsvF(hue, 0.45, chance.uniform(0.08, 0.3))
        )
        for row in range(int(height / 12)):
            if chance.random() < 0.5:
                lamp = QColor.fromHsvF(0.12, 0.5, 1.0, chance.uniform(0.4, 0.9))
                painter.fillRect(QRectF(x + chance.uniform(2, width - 6), _SIDE - height + 12 * row + 4, 4, 5), lamp)
        x += width + chance.uniform(0, 4)


def _ribbons(painter: QPainter, chance: random.Random, hue: float) -> None:
    painter.save()
    painter.translate(_SIDE / 2, _SIDE / 2)
    painter.rotate(chance.uniform(0, 180))
    y = float(-_SIDE)
    while y < _SIDE:
        height = chance.uniform(8, 40)
        if chance.random() < 0.6:
            painter.fillRect(QRectF(-_SIDE, y, 2 * _SIDE, height), _tint(chance, hue, 0.15, 1.0))
        y += height
    painter.restore()


def _triangles(painter: QPainter, chance: random.Random, hue: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    step = _SIDE // chance.choice((3, 4, 5)) + 1
    for x in range(0, _SIDE, step):
        for y in range(0, _SIDE, step):
            corners = [QPointF(x, y), QPointF(x + step, y), QPointF(x + step, y + step), QPointF(x, y + step)]
            corners.pop(chance.randrange(4))
            painter.setBrush(_tint(chance, hue))
            painter.drawPolygon(QPolygonF(corners))


def _sun_over_sea(painter: QPainter, chance: random.Random, hue: float) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    center = QPointF(chance.uniform(50, 142), chance.uniform(60, 105))
    painter.setBrush(QColor.fromHsvF((hue + 0.5) % 1, 0.35, 1.0))
    painter.drawEllipse(center, 38, 38)
    sea = QLinearGradient(0, 110, 0, _SIDE)
    sea.setColorAt(0, QColor.fromHsvF(hue, 0.7, 0.45))
    sea.setColorAt(1, QColor.fromHsvF(hue, 0.8, 0.12))
    painter.fillRect(0, 112, _SIDE, _SIDE, sea)
    for line in range(7):
        glint = QColor.fromHsvF((hue + 0.5) % 1, 0.2, 1.0, 0.5)
        painter.fillRect(QRectF(center.x() - 34 + 4 * line, 118 + 10 * line, 68 - 8 * line, 3), glint)


def _light_and_grain(painter: QPainter, chance: random.Random) -> None:
    shine = QRadialGradient(chance.uniform(0, _SIDE), chance.uniform(0, _SIDE / 2), _SIDE)
    shine.setColorAt(0, QColor(255, 255, 255, 70))
    shine.setColorAt(0.5, QColor(255, 255, 255, 0))
    shine.setColorAt(1, QColor(0, 0, 0, 110))
    painter.fillRect(0, 0, _SIDE, _SIDE, shine)
    for _ in range(900):
        shade = chance.choice((0, 255))
        painter.fillRect(
            chance.randrange(_SIDE), chance.randrange(_SIDE), 2, 2, QColor(shade, shade, shade, chance.randint(6, 26))
        )
