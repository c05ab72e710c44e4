"""The scores of an utterance as bars, each with its name and what it means."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from encore_gui.heard_words import Bar
from encore_gui.theme import SPACE, Colours


class EvidenceBars(QWidget):
    """A row a score."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """No row, until `show_bars`."""
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACE + 4)
        self._grid.setVerticalSpacing(SPACE - 2)
        self._grid.setColumnStretch(1, 1)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Show these."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for row, bar in enumerate(bars):
            name = QLabel(bar.name)
            value = QLabel(bar.value)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setMinimumWidth(value.fontMetrics().horizontalAdvance("−100 %"))
            drawn = _Drawn(bar)
            for column, widget in enumerate((name, drawn, value)):
                widget.setToolTip(bar.tip)
                self._grid.addWidget(widget, row, column)


class _Drawn(QWidget):
    """The bar alone."""

    def __init__(self, bar: Bar) -> None:
        super().__init__()
        self._bar = bar
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{bar.name}: {bar.value}")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(140, 8)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        colours = Colours.now()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        painter.setBrush(colours.line)
        painter.drawRoundedRect(whole, 4, 4)
        painter.setBrush(colours.accent if self._bar.good else colours.warning)
        if self._bar.share > 0:
            filled = QRectF(whole.topLeft(), whole.size())
            filled.setWidth(max(whole.height(), whole.width() * self._bar.share))
            painter.drawRoundedRect(filled, 4, 4)
        painter.end()
