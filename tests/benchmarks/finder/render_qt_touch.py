"""The pointer on a widget: push buttons and sliders look where it is, and being told that it is there is not enough."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QHoverEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QPushButton, QSlider, QStyle, QStyleOptionSlider, QWidget

from tests.benchmarks.finder.dataset import State


def touch(widget: QWidget, state: State) -> None:
    """Move the pointer onto a push button or a slider's handle, once it has its place; a pressed handle is held."""
    if not isinstance(widget, QPushButton | QSlider):
        return
    place = QPointF((_handle(widget) if isinstance(widget, QSlider) else widget.rect()).center())
    there = widget.mapToGlobal(place)
    none, left, keys = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QHoverEvent(QEvent.Type.HoverMove, place, there, QPointF(-1, -1)))
    QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseMove, place, there, none, none, keys))
    if state == "pressed" and isinstance(widget, QSlider):
        QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseButtonPress, place, there, left, left, keys))


def _handle(slider: QSlider) -> QRect:
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = QStyle.SubControl.SC_SliderHandle
    return slider.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, handle, slider)
