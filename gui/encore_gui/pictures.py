"""Where to crop a step's picture, and the marks that show the target and the place acted on."""

from __future__ import annotations

from collections.abc import Sequence

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


def focus_of(steps: Sequence[Step], index: int) -> Rect | None:
    """The box that a step is about: its target's; for typing, the field that was clicked last.

    Returns:
        Pixels of the step's picture; None where nothing tells.
    """
    step = steps[index]
    if step.target is not None:
        return step.target.box
    if not isinstance(step.action, TypeText):
        return None
    for earlier in reversed(steps[:index]):
        if earlier.window.app_class != step.window.app_class:
            return None
        if earlier.target is not None:
            return earlier.target.box if earlier.target.kind == "field" else None
    return None


def crop_of(box: Rect | None, place: Point | None, size: tuple[int, int], aspect: float) -> Rect:
    """The part of a step's picture that shows best what it is about.

    Args:
        box: What `focus_of` gave.
        place: What `place_of` gave.
        size: Width and height of the picture, pixels.
        aspect: Width by height of the place to show it in.

    Returns:
        Inside the picture; of that aspect where the picture is large enough. All of it where nothing is known.
    """
    width, height = size
    if box is None:
        if place is None:
            return Rect(0, 0, width, height)
        box = Rect(place.x, place.y, 1, 1)
    place = place or box.center
    wide = min(WIDEST, max(NARROWEST, round(box.width * 1.3), round(box.height * 1.6 * aspect)), width)
    tall = min(round(wide / aspect), height)
    wide = min(wide, max(1, round(tall * aspect)))
    # A box that does not fit is shown around the click instead of around its middle.
    x = box.center.x if box.width <= wide else place.x
    y = box.center.y if box.height <= tall else place.y
    left = min(max(0, x - wide // 2), width - wide)
    top = min(max(0, y - tall // 2), height - tall)
    return Rect(left, top, wide, tall)


def fitted(crop: Rect, frame: QRectF) -> QRectF:
    """The largest place of the crop's shape in the middle of `frame`."""
    scale = min(frame.width() / crop.width, frame.height() / crop.height)
    width, height = crop.width * scale, crop.height * scale
    return QRectF(frame.center().x() - width / 2, frame.center().y() - height / 2, width, height)


def draw_marks(painter: QPainter, step: Step | None, focus: Rect | None, crop: Rect, target: QRectF) -> None:
    """Draw the box that the step is about and the place acted on.

    Args:
        painter: Draws on the widget.
        step: Whose marks; None draws the box alone.
        focus: What `focus_of` gave.
        crop: The part of the picture that is shown.
        target: Where on the widget it is shown.
    """
    place = place_of(step) if step is not None else None
    scale = target.width() / crop.width

    def on_widget(x: float, y: float) -> QPointF:
        return QPointF(target.left() + (x - crop.left) * scale, target.top() + (y - crop.top) * scale)

    painter.save()
    painter.setClipRect(target)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if focus is not None:
        box = focus.grown(3)
        _outlined(painter, QRectF(on_widget(box.left, box.top), on_widget(box.right, box.bottom)))
    if step is not None and isinstance(step.action, Drag) and place is not None:
        end = on_widget(step.action.end.x, step.action.end.y)
        for colour, width in ((QColor(255, 255, 255, 230), 5.0), (MARK, 2.5)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(on_widget(place.x, place.y), end)
    if place is not None:
        _spot(painter, on_widget(place.x, place.y))
    painter.restore()


def _outlined(painter: QPainter, box: QRectF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(255, 255, 255, 230), 4.0), (MARK, 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawRoundedRect(box, 4, 4)


def _spot(painter: QPainter, at: QPointF) -> None:
    """A ring with a small dot, so that what is under it can still be seen: where the pointer pressed."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width in ((QColor(255, 255, 255, 200), 3.5), (MARK, 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(at, 7, 7)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(MARK)
    painter.drawEllipse(at, 1.8, 1.8)
