"""What Encore heard and what came of it, in a small bubble that goes by itself and never takes the focus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QWidget

from encore_agent.messages import Accepted, AgentEvent, Clicked, Rejected
from encore_gui.icons import glyph
from encore_gui.layouts import in_column, in_row
from encore_gui.screen_room import ABOVE_ALL, lower_right
from encore_gui.theme import SPACE
from encore_gui.words import sentence, shortened

SHOWN_MS = 5000
WIDTH = 340
NEAR = 0.5
"""Confidence from which the bubble offers what it came nearest to; the heard log offers every macro."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the bubble says."""

    words: str
    came: str
    """What came of it, for a person."""
    icon: str
    colour: str
    correction: str = ""
    """What the button says; empty where nothing can be corrected."""
    macro_id: str | None = None
    """Of the button: what was meant; None says that nothing was."""
    heard_id: int | None = None


def heard_of(event: AgentEvent, meaning: Callable[[str, dict[str, str]], str]) -> Heard | None:
    """What to say of an event; None of those that nobody said anything for.

    Args:
        event: What was told.
        meaning: What a macro and its values are for a person, see `AgentState.meaning`.
    """
    match event:
        case Accepted(command=command):
            heard = Heard(shortened(event.text), meaning(command.macro_id, command.slots), "check-circle", "good")
            correction, macro_id = "This was not meant", None
        case Clicked():
            return Heard(shortened(event.text), event.description, "check-circle", "good")
        case Rejected() if event.text.strip():
            heard = Heard(shortened(event.text), sentence(event.reason), "minus-circle-outline", "muted")
            if event.nearest is None or event.nearest.confidence < NEAR:
                return replace(heard, heard_id=event.heard_id)
            macro_id = event.nearest.macro_id
            correction = f"It meant “{meaning(macro_id, {})}”"
        case _:
            return None
    if event.heard_id is None:
        return heard
    return replace(heard, correction=correction, macro_id=macro_id, heard_id=event.heard_id)


class HeardBubble(QFrame):
    """One utterance at a time."""

    correct_requested = Signal(int, object)
    """Id of the entry in the heard log, and the id of the macro that it meant; None for nothing at all."""
    activated = Signal(object)
    """The bubble was clicked beside its button; id of the entry in the heard log, None where it has none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Hidden until `show_heard`."""
        super().__init__(parent, ABOVE_ALL)
        self._heard: Heard | None = None
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setWindowTitle("Encore heard")
        self.setToolTip("Open what Encore heard")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._sign = QLabel()
        self._words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        font = self._words.font()
        font.setBold(True)
        self._words.setFont(font)
        self._came = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._came.setProperty("role", "muted")
        self.button = QPushButton()
        self.button.setProperty("role", "link")
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.clicked.connect(self._correct)
        words = in_column(spacing=SPACE // 2)
        for widget in (self._words, self._came):
            words.addWidget(widget)
        words.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        row = in_row(self, spacing=SPACE + 4, margins=(SPACE + 4, SPACE + 2, SPACE + 4, SPACE + 2))
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.setFixedWidth(WIDTH)
        self._timer = QTimer(self, interval=SHOWN_MS, singleShot=True)
        self._timer.timeout.connect(self.hide)

    @property
    def text(self) -> str:
        """What it says, on two lines."""
        return f"{self._words.text()}\n{self._came.text()}"

    def show_heard(self, heard: Heard) -> None:
        """Say it for some seconds."""
        self._heard = heard
        self._sign.setPixmap(glyph(heard.icon, heard.colour).pixmap(QSize(20, 20), self.devicePixelRatioF()))
        self._words.setText(f"“{heard.words}”" if heard.words else "Heard")
        self._came.setText(heard.came)
        self.button.setText(heard.correction)
        self.button.setVisible(bool(heard.correction))
        self.setAccessibleName(self.text)
        height = self.heightForWidth(WIDTH)
        self.setFixedHeight(max(height, self.minimumSizeHint().height()))
        self.move(lower_right(self.size()))
        self.show()
        self.raise_()
        self._timer.start()

    def _correct(self) -> None:
        if self._heard is not None and self._heard.heard_id is not None:
            self.hide()
            self.correct_requested.emit(self._heard.heard_id, self._heard.macro_id)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A click opens the heard log."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.hide()
            self.activated.emit(self._heard.heard_id if self._heard is not None else None)

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802 - Qt's name
        """It waits for the pointer that is on its way to the button."""
        super().enterEvent(event)
        self._timer.stop()

    def leaveEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """It goes after a while."""
        self._timer.start()
