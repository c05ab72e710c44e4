"""Run a macro with typed values: a field a slot, Run and Stop, and what came of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from encore_agent.messages import Finished, Halted
from encore_gui.icons import glyph
from encore_gui.layouts import in_column, in_row
from encore_gui.state import EpisodeProgress
from encore_gui.theme import SPACE
from encore_gui.words import slot_title
from encore_models.macro import Macro


class Banner(QFrame):
    """A line with a coloured edge; with a button where there is a picture to show."""

    picture_requested = Signal(object)
    """Path of the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self._text = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton(glyph("image-outline"), "Show what Encore saw")
        self._button.clicked.connect(lambda: self.picture_requested.emit(self._picture))
        self._picture: Path | None = None
        row = in_row(self, spacing=2 * SPACE, margins=(SPACE + 4, SPACE, SPACE, SPACE))
        row.addWidget(self._text, 1)
        row.addWidget(self._button)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def say(self, text: str, tone: str = "", picture: Path | None = None) -> None:
        """Show `text`; `tone` is `good`, `warning`, `danger` or nothing. Empty text hides the banner."""
        self._text.setText(text)
        self._picture = picture
        self._button.setVisible(picture is not None)
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().polish(self)
        self.setVisible(bool(text))


class ReplayBox(QFrame):
    """The card to run a macro from."""

    run_requested = Signal(dict)
    """Slot values."""
    stop_requested = Signal()
    picture_requested = Signal(object)
    """Path of the picture that a halted run left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self._fields: dict[str, QComboBox] = {}
        self._form = QFormLayout(horizontalSpacing=2 * SPACE, verticalSpacing=SPACE)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._run = QPushButton(glyph("play", "on_accent"), "Run")
        self._run.setProperty("role", "primary")
        self._run.setToolTip("Carry out the steps on the screen now (Ctrl+Enter)")
        self._run.setShortcut("Ctrl+Return")
        self._run.clicked.connect(self._ask_to_run)
        self._stop = QPushButton(glyph("stop", "danger"), "Stop")
        self._stop.setToolTip("Stop before the next action; moving the mouse stops it too")
        self._stop.clicked.connect(self.stop_requested)
        self.banner = Banner()
        self.banner.picture_requested.connect(self.picture_requested)

        row = in_row(spacing=2 * SPACE)
        row.addLayout(self._form, 1)
        row.addWidget(self._run, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._stop, 0, Qt.AlignmentFlag.AlignTop)
        layout = in_column(self, spacing=SPACE + 4, margins=(2 * SPACE, SPACE + 4, SPACE + 4, SPACE + 4))
        layout.addLayout(row)
        layout.addWidget(self.banner)
        self.show_episode(None, busy=False)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields."""
        return {name: field.currentText().strip() for name, field in self._fields.items()}

    def show_macro(self, macro: Macro) -> None:
        """Offer a field for each slot; what was typed stays where a slot of that name stays."""
        typed = self.values
        while self._form.rowCount():
            self._form.removeRow(0)
        self._fields = {}
        for slot in macro.slots:
            field = QComboBox(editable=True, insertPolicy=QComboBox.InsertPolicy.NoInsert)
            field.addItems(list(slot.values))
            field.setCurrentText(typed.get(slot.name, ""))
            field.setMinimumContentsLength(12)
            field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            field.setAccessibleName(slot_title(slot.name))
            line = field.lineEdit()
            assert line is not None
            line.setPlaceholderText(f"for example {slot.values[0]}" if slot.values else "what would you say here?")
            line.textChanged.connect(self._enable)
            label = QLabel(f"&{slot_title(slot.name)}")
            label.setBuddy(field)
            self._form.addRow(label, field)
            self._fields[slot.name] = field
        if not macro.slots:
            self._form.addRow(QLabel("This macro has nothing to fill in.", wordWrap=True))
        self._enable()

    def show_episode(self, episode: EpisodeProgress | None, busy: bool) -> None:
        """Show how the latest run of this macro goes or went.

        Args:
            episode: None where there was none.
            busy: Whether any macro runs now.
        """
        self._busy = busy
        running = episode is not None and episode.outcome is None
        self._run.setVisible(not running)
        self._stop.setVisible(running)
        self._enable()
        match episode.outcome if episode else None:
            case Finished(verified_by=verified, total_ms=total):
                seen = f"verified by {verified}" if verified else "not verified: nothing outside the screen tells"
                self.banner.say(f"Done in {total / 1e3:.1f} s, {seen}", "good" if verified else "")
            case Halted(index=index, reason=reason, picture=picture):
                self.banner.say(f"Halted at step {index + 1}: {reason}", "danger", picture)
            case _:
                self.banner.say("Running. Keep your hands off the mouse; moving it stops the run." if running else "")

    def _enable(self) -> None:
        complete = all(self.values.values())
        self._run.setEnabled(complete and not self._busy)

    def _ask_to_run(self) -> None:
        self.run_requested.emit(self.values)
