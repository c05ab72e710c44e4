"""A small picture with what it is about marked; a click, Enter or Space asks for the large one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from encore_gui.pictures import crop_of, draw_marks, fitted, place_of
from encore_gui.theme import Colours
from encore_models.macro import Step
from encore_recorder.geometry import Rect

SIZE = QSize(232, 132)


class Thumbnail(QAbstractButton):
    """The part of a picture around what it is about."""

    def __init__(
        self, step: Step | None, focus: Rect | None, path: Path | None = None, parent: QWidget | None = None
    ) -> None:
        """Of a picture on disk, or of one that `show_image` brings later.

        Args:
            step: Whose marks to draw; None for none but the box.
            focus: The box it is about, pixels of the picture.
            path: The picture; it is read when it first comes into view.
            parent: Owner.
        """
        super().__init__(parent)
        self._step = step
        self._focus = focus
        self._path = path
        self._image: QImage | None = None
        self.setFixedSize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Show the whole picture")

    def show_image(self, image: QImage) -> None:
        """Show this picture; a null one says that there is none."""
        self._image = image
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter works as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw crop and marks."""
        if self._image is None and self._path is not None:
            self._image = QImage(str(self._path))
        colours = Colours.now()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        rounded = QPainterPath()
        rounded.addRoundedRect(frame, 6, 6)
        painter.fillPath(rounded, colours.window)
        if self._image is None or self._image.isNull():
            painter.setPen(colours.muted)
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, "…" if self._image is None else "no picture")
        else:
            painter.save()
            painter.setClipPath(rounded)
            self._paint_picture(painter, self._image, frame)
            painter.restore()
        marked = self.hasFocus() or self.underMouse()
        painter.setPen(QPen(colours.accent if marked else colours.line, 2 if marked else 1))
        painter.drawPath(rounded)
        painter.end()

    def _paint_picture(self, painter: QPainter, image: QImage, frame: QRectF) -> None:
        size = (image.width(), image.height())
        place = place_of(self._step) if self._step is not None else None
        crop = crop_of(self._focus, place, size, frame.width() / frame.height())
        shown = fitted(crop, frame)
        painter.drawImage(shown, image, QRectF(crop.left, crop.top, crop.width, crop.height))
        draw_marks(painter, self._step, self._focus, crop, shown)
