"""One step of a macro: its number or how far it is, a sentence, and the picture with the place marked."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from encore_agent.describe import describe_step
from encore_gui.layouts import in_column, in_row
from encore_gui.state import StepProgress
from encore_gui.theme import SPACE, Colours, enlarge
from encore_gui.thumbnail import Thumbnail
from encore_gui.words import SlotLabel
from encore_models.macro import Step, Target
from encore_recorder.geometry import Rect


class StepBadge(QWidget):
    """The step's number; while and after a run a dot, a tick or a cross."""

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._number = number
        self._state = "waiting"
        self.setFixedSize(28, 28)

    def show_state(self, state: str) -> None:
        """Show `waiting`, `now`, `done` or `halted`."""
        self._state = state
        self.setAccessibleName(f"Step {self._number}, {state}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the circle and its sign; shape and colour both tell the state."""
        colours = Colours.now()
        colour = {"now": colours.accent, "done": colours.good, "halted": colours.danger}.get(self._state, colours.muted)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setPen(QPen(colour, 2 if self._state != "waiting" else 1))
        painter.drawEllipse(circle)
        sign = {"done": "✓", "halted": "✕"}.get(self._state, str(self._number))
        if self._state == "now":
            painter.setBrush(colour)
            painter.drawEllipse(circle)
            painter.setPen(colours.window)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, sign)
        painter.end()


class StepCard(QFrame):
    """A step as a card."""

    enlarge_requested = Signal(int)
    """Index of the step whose picture is to be shown large."""

    def __init__(self, index: int, step: Step, folder: Path, focus: Rect | None, parent: QWidget | None = None) -> None:
        """Show `step` of the macro in `folder`; `focus` is what it is about, see `focus_of`."""
        super().__init__(parent)
        self.setProperty("role", "card")
        self._step = step
        self._badge = StepBadge(index + 1)
        self._sentence = SlotLabel()
        self._sentence.setWordWrap(True)
        enlarge(self._sentence, 1.08)
        self._note = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._picture = Thumbnail(step, focus, folder / step.before)
        self._picture.clicked.connect(lambda: self.enlarge_requested.emit(index))

        words = in_column(spacing=SPACE // 2)
        words.addStretch(1)
        words.addWidget(self._sentence)
        words.addWidget(self._note)
        words.addStretch(1)
        row = in_row(self, spacing=2 * SPACE, margins=(2 * SPACE, SPACE + 4, SPACE + 4, SPACE + 4))
        row.addWidget(self._badge)
        row.addLayout(words, 1)
        row.addWidget(self._picture)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._picture.setAccessibleName(f"Picture of step {index + 1}: {describe_step(step)}")
        self.show_progress(None)

    def show_progress(self, progress: StepProgress | None) -> None:
        """Show how far the step is in a run; None for no run."""
        self._badge.show_state(progress.state if progress else "waiting")
        self._sentence.show_text(progress.sentence if progress else describe_step(self._step))
        self._show_note(
            progress.note if progress else self._about(), progress is not None and progress.state == "halted"
        )

    def _about(self) -> str:
        """What to know about the step besides what it does."""
        where = f"in {self._step.window.app_class}" if self._step.window.app_class else ""
        target = self._step.target
        alike = target.look_alikes if target else 0
        others = f"{alike} look-alike{'s' if alike != 1 else ''} on that screen" if alike else ""
        told = (
            " ".join(part for part in (target.role, f"“{target.name}”" if target.name else "") if part)
            if target
            else ""
        )
        return " · ".join(part for part in (where, f"the program calls it {told}" if told else "", others) if part)

    def _show_note(self, note: str, bad: bool) -> None:
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if self._note.property("role") != (role := "danger" if bad else "muted"):
            self._note.setProperty("role", role)
            self._note.style().polish(self._note)


def _told(target: Target | None) -> str:
    """What the program itself says the target is; empty where it says nothing."""
    if target is None or not (target.role or target.name):
        return ""
    name = f"“{target.name}”" if target.name else ""
    return f"the program calls it {' '.join(part for part in (target.role, name) if part)}"
