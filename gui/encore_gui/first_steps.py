"""The page of an empty library: how to begin."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from encore_agent.hotkey import RECORD
from encore_gui.icons import glyph, mark
from encore_gui.layouts import in_column, in_row
from encore_gui.theme import SPACE, enlarge

STEPS = (
    "<ol style='line-height:150%'>"
    f"<li>Press <b>Record a demonstration</b>, or {RECORD} anywhere.</li>"
    "<li>Say the command you want, for example “play Yesterday”, and show it once with mouse and keys.</li>"
    f"<li>Press <b>Stop</b> in the small panel, or {RECORD} again.</li>"
    "</ol>"
    "<p>Encore learns the steps and what may vary. You can look them over here, then say the command.</p>"
    "<p>Screen and sound are recorded until you stop; nothing leaves this machine.</p>"
)


class FirstSteps(QWidget):
    """Three steps, and the button for the first."""

    def __init__(self, record: QAction, parent: QWidget | None = None) -> None:
        """`record` starts a recording."""
        super().__init__(parent)
        sign = QLabel()
        sign.setPixmap(mark().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        title = QLabel("Record your first macro")
        enlarge(title, 1.7, bold=True)
        steps = QLabel(STEPS, wordWrap=True)
        button = QPushButton(glyph("record", "on_accent"), "Record a demonstration")
        button.setProperty("role", "primary")
        button.clicked.connect(record.trigger)
        # Of a fixed width, since the height of text that wraps depends on it.
        middle = QWidget()
        middle.setFixedWidth(520)
        content = in_column(middle, spacing=2 * SPACE)
        for widget in (sign, title):
            content.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        content.addWidget(steps)
        content.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        across = in_row()
        across.addStretch(1)
        across.addWidget(middle)
        across.addStretch(1)
        layout = in_column(self)
        layout.addStretch(2)
        layout.addLayout(across)
        layout.addStretch(3)
