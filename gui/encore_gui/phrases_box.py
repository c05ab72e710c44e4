"""What to say for a macro: its phrases, other wordings to confirm, and what makes it easy to mistake."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QLineEdit, QPushButton, QSizePolicy, QWidget

from encore_gui.icons import glyph
from encore_gui.layouts import FlowLayout, clear, in_column, in_row
from encore_gui.theme import SPACE, enlarge
from encore_gui.words import SlotLabel, sentence
from encore_models.macro import Macro


class PhrasesBox(QWidget):
    """Phrases as chips; the other wordings unfold below them."""

    proposals_requested = Signal(str)
    """Id of a macro whose other wordings are to be shown, see `show_proposals`."""
    add_requested = Signal(str, list)
    """Id of the macro and the wordings to add."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty, until `show_macro`."""
        super().__init__(parent)
        self._macro: Macro | None = None
        chips = QWidget()
        self._chips = FlowLayout(chips, SPACE)
        self.more = QPushButton("Other ways to say it …")
        self.more.setProperty("role", "link")
        self.more.setToolTip("Add wordings that start this macro too")
        self.more.clicked.connect(self._ask_for_proposals)
        self._known = QLabel(wordWrap=True)
        self._known.setProperty("role", "muted")
        notes = QWidget()
        self._notes = in_column(notes, spacing=SPACE // 2)
        self.proposals = Proposals()
        self.proposals.hide()
        self.proposals.chosen.connect(self._on_chosen)
        layout = in_column(self, spacing=SPACE)
        layout.addWidget(chips)
        layout.addWidget(self._known)
        layout.addWidget(notes)
        layout.addWidget(self.proposals)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def show_macro(self, macro: Macro) -> None:
        """Show its phrases."""
        if self._macro is None or self._macro.id != macro.id:
            self.fold()
        self._macro = macro
        clear(self._chips)
        for phrase in macro.phrases:
            chip = SlotLabel(f"“{phrase.text}”")
            chip.setProperty("role", "chip")
            enlarge(chip, 1.1)
            self._chips.addWidget(chip)

    def show_voice(self, said: Sequence[str], notes: Sequence[str]) -> None:
        """Show how well the person's own voice is known.

        Args:
            said: What was heard of it from this person, each in a line.
            notes: What makes it easy to mistake.
        """
        times = "once" if len(said) == 1 else f"{len(said)} times"
        self._known.setText(f"Encore has heard you say it {times}, and learns more each time it works.")
        self._known.setToolTip("\n".join(said))
        self._known.setVisible(bool(said))
        clear(self._notes)
        for note in notes:
            self._notes.addWidget(_Warning(note))

    def show_proposals(self, proposals: Sequence[str]) -> None:
        """Unfold, with these wordings to choose from."""
        assert self._macro is not None
        known = {phrase.text for phrase in self._macro.phrases}
        self.proposals.show_proposals([text for text in proposals if text not in known])
        self.proposals.show()
        if self.more.hasFocus():  # hidden, it would hand the focus on to what comes after, which scrolls into view
            (*self.proposals.checks, self.proposals.own)[0].setFocus()
        self.more.hide()

    def fold(self) -> None:
        """Hide the other wordings."""
        self.proposals.hide()
        self.more.show()

    def _ask_for_proposals(self) -> None:
        if self._macro is not None:
            self.proposals_requested.emit(self._macro.id)

    def _on_chosen(self, texts: list[str]) -> None:
        self.fold()
        if texts and self._macro is not None:
            self.add_requested.emit(self._macro.id, texts)


class Proposals(QFrame):
    """A check list of wordings, and a field for the person's own."""

    chosen = Signal(list)
    """The wordings to add; empty where the person wants none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty, until `show_proposals`."""
        super().__init__(parent)
        self.setProperty("role", "card")
        self.checks: list[QCheckBox] = []
        self._title = QLabel("Tick what you would say, too", wordWrap=True)
        enlarge(self._title, 1.05, bold=True)
        list_of_checks = QWidget()
        self._list = in_column(list_of_checks, spacing=SPACE - 2)
        self.own = QLineEdit(placeholderText="Another way to say it")
        self.own.setTextMargins(SPACE // 2, 0, SPACE // 2, 0)
        self.own.setAccessibleName("Another way to say it")
        self.own.textChanged.connect(self._enable)
        self.own.returnPressed.connect(self._add)
        self.add = QPushButton("Add")
        self.add.setProperty("role", "primary")
        self.add.clicked.connect(self._add)
        skip = QPushButton("Not now")
        skip.clicked.connect(lambda: self.chosen.emit([]))
        self.own.setMinimumHeight(self.add.sizeHint().height())
        row = in_row(spacing=SPACE)
        row.addWidget(self.own, 1)
        row.addWidget(self.add)
        row.addWidget(skip)
        layout = in_column(self, spacing=SPACE, margins=(2 * SPACE, SPACE + 4, SPACE + 4, SPACE + 4))
        layout.addWidget(self._title)
        layout.addWidget(list_of_checks)
        layout.addLayout(row)

    def show_proposals(self, proposals: Sequence[str]) -> None:
        """Offer these; none is ticked, since the person has to want it."""
        clear(self._list)
        self.checks = [QCheckBox(text.replace("&", "&&")) for text in proposals]
        for check, text in zip(self.checks, proposals, strict=True):
            check.setProperty("phrase", text)
            check.toggled.connect(self._enable)
            self._list.addWidget(check)
        self._title.setText("Tick what you would say, too" if proposals else "Add another way to say it")
        self.own.clear()
        self._enable()

    @property
    def texts(self) -> list[str]:
        """What is ticked and typed."""
        ticked = [str(check.property("phrase")) for check in self.checks if check.isChecked()]
        own = self.own.text().strip()
        return [*ticked, *([own] if own else [])]

    def _enable(self) -> None:
        count = len(self.texts)
        self.add.setEnabled(count > 0)
        self.add.setText(f"Add {count}" if count > 1 else "Add")

    def _add(self) -> None:
        if self.texts:
            self.chosen.emit(self.texts)


class _Warning(QWidget):
    """A sign and a sentence."""

    def __init__(self, text: str) -> None:
        super().__init__()
        sign = QLabel()
        sign.setPixmap(glyph("alert-outline", "warning").pixmap(QSize(18, 18), self.devicePixelRatioF()))
        words = QLabel(sentence(text), wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = in_row(self, spacing=SPACE)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)
