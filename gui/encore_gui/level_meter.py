"""How loud the microphone is, as a row of bars."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from encore_gui.theme import Colours

BARS = 14
FALL = 0.82
"""Share of the level that stays from one reading to the next, so that a short peak can be seen."""
QUIETEST_DB = -50.0


def bars_lit(level: float) -> int:
    """How many bars a loudness of 0 to 1 lights; in decibels, as ears hear."""
    if level <= 0:
        return 0
    share = 1 - 20 * math.log10(min(level, 1.0)) / QUIETEST_DB
    return round(BARS * min(max(share, 0.0), 1.0))


class LevelMeter(QWidget):
    """Shows the level it was last told; it falls back slowly."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Microphone level")
        self.setToolTip("Microphone level")

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Fixed."""
        return QSize(BARS * 6 - 2, 18)

    @property
    def lit(self) -> int:
        """Bars that are lit."""
        return bars_lit(self._level)

    def show_level(self, level: float) -> None:
        """Show a loudness, 0 to 1."""
        before = self.lit
        self._level = max(level, self._level * FALL)
        if self.lit != before:
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the bars, the loudest ones in warning colours."""
        colours = Colours.now()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for bar in range(BARS):
            high = colours.danger if bar >= BARS - 1 else colours.warning if bar >= BARS - 3 else colours.good
            painter.setBrush(high if bar < self.lit else colours.line)
            painter.setPen(colours.window)
            painter.drawRoundedRect(QRectF(bar * 6 - 0.5, 0.5, 5, self.height() - 1), 1.5, 1.5)
        painter.end()
