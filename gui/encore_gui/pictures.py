"""Where to crop a step's picture, and the marks that show the target and the place acted on."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from encore_models.macro import Step
from encore_recorder.actions import Drag, PressKeys, TypeText
from encore_recorder.geometry import Point, Rect

NARROWEST, WIDEST = 300, 560
"""Pixels of the picture that a crop shows across: enough around a small icon, still legible around a long row."""
MARK = QColor("#ff2d6f")
"""Pink is rare in programs; with a white rim it shows on light and on dark."""


def place_of(step: Step) -> Point | None:
    """Where the step's action goes, pixels of its picture; None for keys and text."""
    return None if isinstance(step.action, TypeText | PressKeys) else step.action.position


def crop_of(step: Step, size: tuple[int, int], aspect: float) -> Rect:
    """The part of the picture that shows the step best.

    Args:
        step: Whose picture it is.
        size: Width and height of the picture, pixels.
        aspect: Width by height of the place to show it in.

    Returns:
        Inside the picture; of that aspect where the picture is large enough. Typing and keys show everything.
    """
    place = place_of(step)
    width, height = size
    if place is None:
        return Rect(0, 0, width, height)
    box = step.target.box if step.target else Rect(place.x, place.y, 1, 1)
    wide = min(WIDEST, max(NARROWEST, round(box.width * 1.3), round(box.height * 1.6 * aspect)), width)
    tall = min(round(wide / aspect), height)
    wide = min(wide, max(1, round(tall * aspect)))
    # A box that does not fit is shown around the click instead of around its middle.
    x = box.center.x if box.width <= wide else place.x
    y = box.center.y if box.height <= tall else place.y
    left = min(max(0, x - wide // 2), width - wide)
    top = min(max(0, y - tall // 2), height - tall)
    return Rect(left, top, wide, tall)


def draw_marks(painter: QPainter, step: Step, crop: Rect, target: QRectF) -> None:
    """Draw the target's box and the place acted on.

    Args:
        painter: Draws on the widget.
        step: Whose marks.
        crop: The part of the picture that is shown.
        target: Where on the widget it is shown.
    """
    place = place_of(step)
    if place is None:
        return
    scale = target.width() / crop.width

    def on_widget(x: float, y: float) -> QPointF:
        return QPointF(target.left() + (x - crop.left) * scale, target.top() + (y - crop.top) * scale)

    painter.save()
    painter.setClipRect(target)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if step.target is not None:
        box = step.target.box.grown(3)
        _outlined(painter, QRectF(on_widget(box.left, box.top), on_widget(box.right, box.bottom)))
    if isinstance(step.action, Drag):
        end = on_widget(step.action.end.x, step.action.end.y)
        for colour, width in ((QColor(255, 255, 255, 230), 5.0), (MARK, 2.5)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(on_widget(place.x, place.y), end)
    _spot(painter, on_widget(place.x, place.y))
    painter.restore()


def _outlined(painter: QPainter, box: QRectF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(255, 255, 255, 230), 4.0), (MARK, 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawRoundedRect(box, 4, 4)


def _spot(painter: QPainter, at: QPointF) -> None:
    """A dot in a ring: where the pointer pressed."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(255, 255, 255, 230), 4.5), (MARK, 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(at, 9, 9)
    painter.setPen(QPen(QColor("white"), 1))
    painter.setBrush(MARK)
    painter.drawEllipse(at, 3.5, 3.5)
