"""Pictures large: the steps of a macro with their marks, or what a run saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QToolButton, QWidget

from encore_gui.icons import icon_button
from encore_gui.layouts import in_column, in_row
from encore_gui.pictures import draw_marks, fitted
from encore_gui.theme import SPACE, Colours, enlarge
from encore_gui.words import SlotLabel
from encore_models.macro import Step
from encore_recorder.geometry import Rect


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A picture with what to say of it."""

    picture: Path | QImage
    caption: str
    step: Step | None = None
    """Whose marks to draw; None where the picture carries its own."""
    focus: Rect | None = None
    """The box it is about, pixels of the picture; see `focus_of`."""


class _Canvas(QWidget):
    """One picture, as large as fits, never larger than its pixels."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._exhibit: Exhibit | None = None
        self.setMinimumSize(320, 200)

    def show_exhibit(self, exhibit: Exhibit) -> None:
        self._image = exhibit.picture if isinstance(exhibit.picture, QImage) else QImage(str(exhibit.picture))
        self._exhibit = exhibit
        self.setAccessibleName(exhibit.caption)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        # A picture's pixels are the screen's, so on a scaled desktop it takes fewer logical ones.
        return self._image.size() / self.devicePixelRatioF() if not self._image.isNull() else QSize(640, 400)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect())
        if self._image.isNull():
            painter.setPen(Colours.now().muted)
            painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, "This picture is no longer there")
            painter.end()
            return
        natural = QSize(self.sizeHint())
        if natural.width() <= frame.width() and natural.height() <= frame.height():
            middle = frame.center()
            frame = QRectF(0, 0, natural.width(), natural.height())
            frame.moveCenter(middle)
        whole = Rect(0, 0, self._image.width(), self._image.height())
        shown = fitted(whole, frame)
        painter.drawImage(shown, self._image)
        if self._exhibit is not None:
            draw_marks(painter, self._exhibit.step, self._exhibit.focus, whole, shown)
        painter.end()


class PictureDialog(QDialog):
    """Leaf through pictures with the arrow keys; Esc closes."""

    def __init__(self, exhibits: Sequence[Exhibit], first: int = 0, parent: QWidget | None = None) -> None:
        """Show the picture at `first` of at least one."""
        super().__init__(parent)
        self._exhibits = list(exhibits)
        self._index = first
        self._canvas = _Canvas()
        self._caption = SlotLabel()
        self._caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._caption.setWordWrap(True)
        enlarge(self._caption, 1.1)
        self._back = self._button("chevron-left", "Previous picture (Left)", -1)
        self._forward = self._button("chevron-right", "Next picture (Right)", 1)
        foot = in_row(spacing=SPACE)
        foot.addWidget(self._back)
        foot.addWidget(self._caption, 1)
        foot.addWidget(self._forward)
        layout = in_column(self, spacing=SPACE, margins=(2 * SPACE, 2 * SPACE, 2 * SPACE, SPACE))
        layout.addWidget(self._canvas, 1)
        layout.addLayout(foot)
        self._show()
        self._fit()

    @property
    def index(self) -> int:
        """Which picture is shown."""
        return self._index

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Leaf with the arrow keys."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps:
            self._turn(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _button(self, icon: str, name: str, by: int) -> QToolButton:
        button = icon_button(icon, name)
        button.clicked.connect(lambda: self._turn(by))
        return button

    def _turn(self, by: int) -> None:
        self._index = min(max(0, self._index + by), len(self._exhibits) - 1)
        self._show()

    def _show(self) -> None:
        exhibit = self._exhibits[self._index]
        self._canvas.show_exhibit(exhibit)
        self._caption.show_text(exhibit.caption)
        self.setWindowTitle(f"Picture {self._index + 1} of {len(self._exhibits)}")
        self._back.setEnabled(self._index > 0)
        self._forward.setEnabled(self._index < len(self._exhibits) - 1)

    def _fit(self) -> None:
        screen = (self.parentWidget() or self).screen()
        largest = screen.availableSize() * 0.9
        self.resize(self.sizeHint().boundedTo(largest))
