"""The page of one macro: its name, what to say, its slots, a way to run it, its steps."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from encore_agent.describe import describe_step
from encore_gui.icons import icon_button
from encore_gui.layouts import FlowLayout, clear, in_column, in_row
from encore_gui.phrases_box import PhrasesBox
from encore_gui.picture_dialog import Exhibit, PictureDialog
from encore_gui.pictures import focus_of
from encore_gui.replay_box import ReplayBox
from encore_gui.state import EpisodeProgress
from encore_gui.step_card import StepCard
from encore_gui.theme import SPACE, enlarge
from encore_gui.words import SlotLabel, local_time, slot_title
from encore_models.macro import Macro

VALUES_SHOWN = 8
"""Known values of a slot shown as chips; the others are in the tooltip."""


class NameField(QLineEdit):
    """A title that can be written over: Enter or leaving it keeps the new name, Esc brings the old one back."""

    renamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self.setProperty("role", "title")
        self.setAccessibleName("Name of the macro")
        self.setToolTip("Click to rename (F2)")
        enlarge(self, 1.6, bold=True)
        self.editingFinished.connect(self._keep)

    def show_name(self, name: str) -> None:
        """Show a macro's name."""
        self._name = name
        self.setText(name)
        self.setCursorPosition(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Esc brings the old name back."""
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._name)
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Reached by key, all is selected, ready to be written over."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()

    def _keep(self) -> None:
        name = self.text().strip()
        if not name:
            self.setText(self._name)
        elif name != self._name:
            self._name = name
            self.renamed.emit(name)


class MacroReview(QScrollArea):
    """Shows one macro at a time."""

    rename_requested = Signal(str, str)
    """Id and new name."""
    delete_requested = Signal(str)
    run_requested = Signal(str, dict)
    """Id and slot values."""
    stop_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """An empty page, until `show_macro`."""
        super().__init__(parent)
        self.setProperty("role", "page")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._macro: Macro | None = None
        self._folder = Path()
        self._cards: list[StepCard] = []

        self.name = NameField()
        self.name.renamed.connect(self._on_renamed)
        self._facts = QLabel(wordWrap=True)
        self._facts.setProperty("role", "muted")
        delete = icon_button("delete-outline", "Delete this macro", "danger")
        delete.clicked.connect(self._on_delete)
        head = in_row(spacing=SPACE)
        head.addWidget(self.name, 1)
        head.addWidget(delete, 0, Qt.AlignmentFlag.AlignTop)

        self.phrases = PhrasesBox()
        self._slots = in_column(spacing=SPACE)
        self.replay = ReplayBox()
        self.replay.run_requested.connect(self._on_run)
        self.replay.stop_requested.connect(self.stop_requested)
        self.replay.picture_requested.connect(self._show_halt)
        self._steps = in_column(spacing=SPACE)

        page = QWidget()
        layout = in_column(page, spacing=SPACE, margins=(3 * SPACE, 2 * SPACE, 3 * SPACE, 3 * SPACE))
        layout.addLayout(head)
        layout.addWidget(self._facts)
        for title, content in (
            ("Say", self.phrases),
            ("Slots", self._slots),
            ("Replay", self.replay),
            ("Steps", self._steps),
        ):
            heading = section_title(title)
            layout.addSpacing(SPACE)
            layout.addWidget(heading)
            if isinstance(content, QWidget):
                layout.addWidget(content)
            else:
                layout.addLayout(content)
            if title == "Slots":
                self._slots_heading = heading
        layout.addStretch(1)
        self.setWidget(page)

    @property
    def macro(self) -> Macro | None:
        """What is shown."""
        return self._macro

    @property
    def cards(self) -> list[StepCard]:
        """One a step."""
        return list(self._cards)

    def show_macro(self, macro: Macro, folder: Path) -> None:
        """Show `macro`, whose pictures lie in `folder`."""
        if macro == self._macro:
            return
        fresh = self._macro is None or self._macro.id != macro.id
        self._macro, self._folder = macro, folder
        self.name.show_name(macro.name)
        self._facts.setText(self._facts_of(macro))
        self.phrases.show_macro(macro)
        self._show_slots(macro)
        self.replay.show_macro(macro)
        self._show_steps(macro)
        if fresh:
            self.verticalScrollBar().setValue(0)

    def show_episode(self, episode: EpisodeProgress | None, busy: bool) -> None:
        """Show how the latest run of this macro goes or went; `busy` while any macro runs."""
        self.replay.show_episode(episode, busy)
        steps = episode.steps if episode else ()
        for index, card in enumerate(self._cards):
            card.show_progress(steps[index] if index < len(steps) else None)
        if busy and 0 < len(steps) <= len(self._cards):
            self.ensureWidgetVisible(self._cards[len(steps) - 1], 0, 2 * SPACE)

    def enlarge(self, index: int) -> None:
        """Show the picture of a step large."""
        assert self._macro is not None
        exhibits = [
            Exhibit(
                self._folder / step.before,
                f"{number + 1}. {describe_step(step)}",
                step,
                focus_of(self._macro.steps, number),
            )
            for number, step in enumerate(self._macro.steps)
        ]
        self._open(PictureDialog(exhibits, index, self))

    def _facts_of(self, macro: Macro) -> str:
        count = f"{len(macro.steps)} step{'s' if len(macro.steps) != 1 else ''}"
        effect = (
            f"checked with {macro.effect.player} after each run" if macro.effect else "its effect cannot be checked"
        )
        return f"Learned {local_time(macro.created_utc)} · {count} · {effect}"

    def _show_slots(self, macro: Macro) -> None:
        clear(self._slots)
        self._slots_heading.setVisible(bool(macro.slots))
        for slot in macro.slots:
            line = QWidget()
            flow = FlowLayout(line, SPACE)
            name = SlotLabel("{" + slot.name + "}")
            name.setToolTip(slot_title(slot.name))
            name.setContentsMargins(0, 3, 0, 3)
            flow.addWidget(name)
            for value in slot.values[:VALUES_SHOWN]:
                flow.addWidget(_chip(value))
            if hidden := slot.values[VALUES_SHOWN:]:
                more = _chip(f"and {len(hidden)} more")
                more.setToolTip("\n".join(hidden[:40]))
                flow.addWidget(more)
            if not slot.values:
                flow.addWidget(_chip("no values known yet"))
            self._slots.addWidget(line)

    def _show_steps(self, macro: Macro) -> None:
        clear(self._steps)
        self._cards = [
            StepCard(index, step, self._folder, focus_of(macro.steps, index)) for index, step in enumerate(macro.steps)
        ]
        for card in self._cards:
            card.enlarge_requested.connect(self.enlarge)
            self._steps.addWidget(card)

    def _on_renamed(self, name: str) -> None:
        assert self._macro is not None
        self.rename_requested.emit(self._macro.id, name)

    def _on_delete(self) -> None:
        if self._macro is not None:
            self.delete_requested.emit(self._macro.id)

    def _on_run(self, values: dict[str, str]) -> None:
        assert self._macro is not None
        self.run_requested.emit(self._macro.id, values)

    def _show_halt(self, picture: Path) -> None:
        self._open(PictureDialog([Exhibit(picture, self.replay.banner.text)], 0, self))

    def _open(self, dialog: PictureDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


def section_title(text: str) -> QLabel:
    """The heading of a part of the page."""
    label = QLabel(text)
    enlarge(label, 1.15, bold=True)
    return label


def _chip(text: str) -> QLabel:
    chip = QLabel(text, textFormat=Qt.TextFormat.PlainText)
    chip.setProperty("role", "chip")
    chip.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return chip
