"""Icons: glyphs in the palette's colours of the moment, and Encore's own mark drawn for the tray."""

from __future__ import annotations

from functools import cache

import qtawesome
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QToolButton

from encore_gui.state import Activity
from encore_gui.theme import Colours

_SET = "mdi6"
_SIZES = (16, 22, 24, 32, 48, 64, 128)

_GROUND = {
    Activity.IDLE: "#5b6472",
    Activity.LISTENING: "#2563c9",
    Activity.MUTED: "#3f5878",
    Activity.RECORDING: "#d3242f",
    Activity.PAUSED: "#b45f06",
    Activity.LEARNING: "#7a3fc4",
    Activity.RUNNING: "#18804b",
}


class _GlyphEngine(QIconEngine):
    """Paints one character of the icon font; the colour is read at each painting, so it follows the theme."""

    def __init__(self, character: str, colour: str) -> None:
        super().__init__()
        self._character = character
        self._colour = colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colours = Colours.now()
        colour: QColor = getattr(colours, self._colour)
        if mode == QIcon.Mode.Disabled:
            colour = colours.muted
        painter.save()
        painter.setPen(colour)
        painter.setFont(qtawesome.font(_SET, round(rect.height() * 0.92)))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._character)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture

    def clone(self) -> QIconEngine:
        return _GlyphEngine(self._character, self._colour)


def glyph(name: str, colour: str = "text") -> QIcon:
    """An icon of the Material Design set.

    Args:
        name: As https://pictogrammers.com/library/mdi/ lists it.
        colour: A field of `Colours`.
    """
    return QIcon(_GlyphEngine(qtawesome.charmap(f"{_SET}.{name}"), colour))


def icon_button(name: str, tip: str, colour: str = "text") -> QToolButton:
    """A flat button that is only an icon; `tip` names it for everyone."""
    button = QToolButton()
    button.setIcon(glyph(name, colour))
    button.setIconSize(QSize(20, 20))
    button.setAutoRaise(True)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button


@cache
def mark(activity: Activity = Activity.IDLE) -> QIcon:
    """Encore's mark in the colour and with the sign of what it does; legible on light and dark panels."""
    icon = QIcon()
    for size in _SIZES:
        icon.addPixmap(_mark_pixmap(size, activity))
    return icon


def _mark_pixmap(size: int, activity: Activity) -> QPixmap:
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(size / 32, size / 32)
    painter.setPen(QPen(QColor(255, 255, 255, 90), 1))
    painter.setBrush(QColor(_GROUND[activity]))
    painter.drawRoundedRect(QRectF(1, 1, 30, 30), 8, 8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("white"))
    _SIGNS.get(activity, _repeat_sign)(painter)
    painter.end()
    return picture


def _repeat_sign(painter: QPainter) -> None:
    """The end repeat of sheet music: play it again."""
    painter.drawEllipse(QPointF(9.5, 12.5), 2.2, 2.2)
    painter.drawEllipse(QPointF(9.5, 19.5), 2.2, 2.2)
    painter.drawRect(QRectF(14.5, 7, 2.2, 18))
    painter.drawRect(QRectF(19, 7, 4.6, 18))


def _microphone(painter: QPainter) -> None:
    painter.drawRoundedRect(QRectF(12.5, 6, 7, 12), 3.5, 3.5)
    stand = QPainterPath()
    stand.moveTo(9, 15)
    stand.arcTo(QRectF(9, 8, 14, 14), 180, 180)
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor("white"), 2))
    painter.drawPath(stand)
    painter.drawLine(QPointF(16, 22), QPointF(16, 26))
    painter.restore()


def _muted_microphone(painter: QPainter) -> None:
    _microphone(painter)
    for colour, width in ((QColor(_GROUND[Activity.MUTED]), 6), (QColor("white"), 2.4)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(7.5, 7.5), QPointF(24.5, 24.5))


def _dot(painter: QPainter) -> None:
    painter.drawEllipse(QPointF(16, 16), 7, 7)


def _bars(painter: QPainter) -> None:
    painter.drawRect(QRectF(9.5, 9, 4.5, 14))
    painter.drawRect(QRectF(18, 9, 4.5, 14))


def _triangle(painter: QPainter) -> None:
    painter.drawPolygon(QPolygonF([QPointF(11, 7.5), QPointF(24, 16), QPointF(11, 24.5)]))


def _dots(painter: QPainter) -> None:
    for x in (8.5, 16, 23.5):
        painter.drawEllipse(QPointF(x, 16), 2.6, 2.6)


_SIGNS = {
    Activity.LISTENING: _microphone,
    Activity.MUTED: _muted_microphone,
    Activity.RECORDING: _dot,
    Activity.PAUSED: _bars,
    Activity.LEARNING: _dots,
    Activity.RUNNING: _triangle,
}
