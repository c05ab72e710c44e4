"""Small widgets that the player's parts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget

from demos.player.covers import cover
from demos.player.theme import Theme, font, icon

_Widget = TypeVar("_Widget", bound=QWidget)


def named(widget: _Widget, name: str) -> _Widget:
    """Give a widget the name by which the style sheet knows it."""
    widget.setObjectName(name)
    return widget


class IconButton(QToolButton):
    """A button that shows one icon and says its name to assistive technology."""

    def __init__(self, name: str, shape: str, theme: Theme, *, side: int = 32, glyph: int = 20) -> None:
        super().__init__()
        self._theme = theme
        self.setFixedSize(side, side)
        self.setIconSize(QSize(glyph, glyph))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.rename(name)
        self.reshape(shape)

    def rename(self, name: str) -> None:
        """Say another name, for example Pause instead of Play."""
        self.setAccessibleName(name)
        self.setToolTip(name)

    def reshape(self, shape: str, color: str | None = None) -> None:
        """Show another icon."""
        theme = self._theme
        self.setIcon(icon(shape, color or theme.dim, checked_color=theme.accent, disabled_color=theme.line))


class JumpSlider(QSlider):
    """A slider whose handle comes to where one clicks.

    Signals:
        chosen: The person put it there; 0..1. Not emitted when the program moves it.
    """

    chosen = Signal(float)
    _STEPS = 1000

    def __init__(self, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(0, self._STEPS)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._held = False

    def show_share(self, share: float) -> None:
        """Move the handle, unless the person holds it."""
        if not self._held:
            self.setValue(round(share * self._STEPS))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        if self._held:
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        if self._held:
            self._follow(event)
            self._held = False
            self.chosen.emit(self.value() / self._STEPS)

    def _follow(self, event: QMouseEvent) -> None:
        share = event.position().x() / max(1, self.width() - 1)
        self.setValue(round(min(max(share, 0.0), 1.0) * self._STEPS))


class Tile(QAbstractButton):
    """A cover with a name: beside it in a flat tile, under it in a tall one."""

    def __init__(self, name: str, detail: str, art: str, theme: Theme, *, tall: bool) -> None:
        super().__init__()
        self._detail, self._art, self._theme, self._tall = detail, art, theme, tall
        self.setText(name)
        self.setAccessibleName(name)
        self.setMinimumWidth(120)
        self.setFixedHeight(196 if tall else 52)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse() or not self._tall:
            painter.setBrush(self._theme.color("selected" if self.underMouse() else "raised"))
            painter.drawRoundedRect(self.rect(), 6, 6)
        ratio = self.devicePixelRatioF()
        if self._tall:
            side = 136
            left = (self.width() - side) // 2
            painter.drawPixmap(left, 8, cover(self._art, side, ratio, radius=6))
            self._write(painter, QRect(left, 148, side, 22), self.text(), 14, "text")
            self._write(painter, QRect(left, 168, side, 20), self._detail, 12, "dim")
        else:
            painter.drawPixmap(0, 0, cover(self._art, 52, ratio, radius=6))
            self._write(painter, QRect(64, 0, self.width() - 72, 52), self.text(), 14, "text")

    def _write(self, painter: QPainter, box: QRect, text: str, size: int, color: str) -> None:
        chosen = font(size, bold=color == "text")
        painter.setFont(chosen)
        painter.setPen(self._theme.color(color))
        elided = QFontMetrics(chosen).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)


class GenreTile(QAbstractButton):
    """A coloured field with a word in its corner."""

    def __init__(self, name: str, hue: float) -> None:
        super().__init__()
        self._color = QColor.fromHsvF(hue, 0.62, 0.62)
        self.setText(name)
        self.setAccessibleName(name)
        self.setFixedHeight(84)
        self.setMinimumWidth(120)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._color.lighter(112) if self.underMouse() else self._color)
        painter.drawRoundedRect(self.rect(), 8, 8)
        painter.setPen(QColor("white"))
        painter.setFont(font(16, bold=True))
        painter.drawText(self.rect().adjusted(14, 12, -8, -8), Qt.AlignmentFlag.AlignLeft, self.text())


class Flow(QWidget):
    """Equal tiles in as many columns as fit."""

    def __init__(self, tiles: Sequence[QWidget], least_width: int) -> None:
        super().__init__()
        self._tiles, self._least_width = tiles, least_width
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(10)
        self._columns = 0

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        columns = max(1, (self.width() + 10) // (self._least_width + 10))
        if columns == self._columns:
            return
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 0)
        self._columns = columns
        for number, tile in enumerate(self._tiles):
            self._grid.addWidget(tile, number // columns, number % columns)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)


class Skeleton(QWidget):
    """Grey bars where rows will be."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName("Loading")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for row in range(self.height() // 56):
            top = 56 * row
            color = self._theme.color("raised")
            color.setAlphaF(max(0.2, 1 - 0.12 * row))
            painter.setBrush(color)
            painter.drawRoundedRect(48, top + 8, 40, 40, 4, 4)
            painter.drawRoundedRect(104, top + 14, 150 + 37 * (row * 5 % 4), 11, 5, 5)
            painter.drawRoundedRect(104, top + 33, 90 + 29 * (row * 3 % 4), 9, 4, 4)


class Message(QWidget):
    """A heading and a line in the middle of an otherwise empty place."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        self._heading, self._line = named(QLabel(), "heading"), named(QLabel(), "dim")
        column.addStretch(2)
        for label in (self._heading, self._line):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            column.addWidget(label)
        column.addStretch(3)

    def show_text(self, heading: str, line: str) -> None:
        """Say something else."""
        self._heading.setText(heading)
        self._line.setText(line)
