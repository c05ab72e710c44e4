"""The heard log: every utterance, why it fired or did not, and one click to say what it was."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from encore_agent.heard_log import HeardEntry
from encore_agent.library import Library
from encore_gui.evidence_bars import EvidenceBars
from encore_gui.heard_words import bars_of, decided_by, outcome_of
from encore_gui.icons import glyph, icon_button
from encore_gui.layouts import in_column, in_row
from encore_gui.tables import entry_table, fill_row
from encore_gui.theme import SPACE, enlarge
from encore_gui.words import local_time, sentence, shortened

KEPT = "Voice prints of the newest are kept to learn from; no sound can be made from them."
SOUND_KEPT = "The sound of speech that started nothing is kept too: you turned that on."
COLUMNS = ("When", "Heard", "What came of it")


class HeardView(QWidget):
    """A table, and all that is known of the chosen utterance below it."""

    correct_requested = Signal(int, object)
    """Id of an entry, and the id of the macro that it meant; None for nothing at all."""
    undo_requested = Signal(int)
    """Id of an entry whose correction is to be taken back."""

    def __init__(self, library: Library, keeps_sound: bool, parent: QWidget | None = None) -> None:
        """The log of `library`; it is read at `refresh`."""
        super().__init__(parent)
        self._library = library
        self._entries: list[HeardEntry] = []
        self._meant: dict[int, str] = {}
        self.table = entry_table("Heard", COLUMNS, stretch=(1, 2))
        self.table.currentCellChanged.connect(lambda *_: self._show_current())
        self.card = HeardCard()
        self.card.correct_requested.connect(self.correct_requested)
        self.card.undo_requested.connect(self.undo_requested)
        self.card.forget_requested.connect(self._forget)
        self._empty = QLabel("Nothing was heard yet. What you say while Encore listens is listed here.")
        self._empty.setProperty("role", "muted")
        note = QLabel(f"{KEPT} {SOUND_KEPT}" if keeps_sound else f"{KEPT} Sound is not kept.", wordWrap=True)
        note.setProperty("role", "muted")
        layout = in_column(self, spacing=SPACE + 4, margins=(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE))
        layout.addWidget(self._empty)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.card)
        layout.addWidget(note)

    def refresh(self) -> None:
        """Read the log again; the chosen utterance stays chosen."""
        before = self.current
        names = {macro.id: macro.name for macro in self._library.macros()}
        self._entries = self._library.heard()
        self.card.show_names(names)
        self._meant = self._learned_for(names)
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._entries))
        for row, entry in enumerate(self._entries):
            outcome = outcome_of(entry, names, self._meant.get(entry.id))
            cells = fill_row(self.table, row, [local_time(entry.time_utc), entry.text or "(no words)", outcome.text])
            cells[2].setIcon(glyph(outcome.icon, outcome.colour))
        ids = [entry.id for entry in self._entries]
        if ids:
            self.table.selectRow(ids.index(before.id) if before is not None and before.id in ids else 0)
        self.table.blockSignals(False)
        self._empty.setVisible(not ids)
        self.table.setVisible(bool(ids))
        self._show_current()

    def _learned_for(self, names: dict[str, str]) -> dict[int, str]:
        """The macro that each corrected utterance was learned for."""
        listed = self._library.enrolments.listed
        return {one.heard_id: macro_id for macro_id in names for one in listed(macro_id) if one.heard_id is not None}

    @property
    def current(self) -> HeardEntry | None:
        """The chosen utterance."""
        row = self.table.currentRow()
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def choose(self, heard_id: int) -> None:
        """Choose an utterance; nothing happens where it is not in the list."""
        for row, entry in enumerate(self._entries):
            if entry.id == heard_id:
                self.table.selectRow(row)

    def _show_current(self) -> None:
        self.card.setVisible(self.current is not None)
        if self.current is not None:
            heard_id = self.current.id
            self.card.show_entry(self.current, self._meant.get(heard_id), self._library.heard_log.sound_of(heard_id))

    def _forget(self, heard_id: int) -> None:
        self._library.heard_log.delete(heard_id)
        self.refresh()


class HeardCard(QFrame):
    """One utterance: words, what came of it and why, its scores, and what it was instead."""

    correct_requested = Signal(int, object)
    undo_requested = Signal(int)
    forget_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty, until `show_entry`."""
        super().__init__(parent)
        self._names: dict[str, str] = {}
        self._entry: HeardEntry | None = None
        self._sound: Path | None = None
        self.setProperty("role", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        enlarge(self.words, 1.15, bold=True)
        self.outcome = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.why = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.why.setProperty("role", "muted")
        self.bars = EvidenceBars()
        self.bars.setFixedWidth(360)
        self.meant = QToolButton()
        self.meant.setProperty("role", "button")
        self.meant.setToolTip("Learn that this was the command: it is recognised next time")
        self.meant.setMenu(QMenu(self.meant))
        self.meant.clicked.connect(self._on_meant)
        self.not_meant = QPushButton(glyph("close"), "This was not meant")
        self.not_meant.setToolTip("Learn that this was no command: the like does not start it again")
        self.not_meant.clicked.connect(lambda: self._correct(None))
        self.undo = QPushButton(glyph("undo"), "Undo")
        self.undo.setToolTip("Forget again what was learned from this")
        self.undo.clicked.connect(self._on_undo)
        self.listen = icon_button("play-circle-outline", "Listen to it")
        self.listen.clicked.connect(self._on_listen)
        self.forget = icon_button("delete-outline", "Forget this utterance and its voice print", "danger")
        self.forget.clicked.connect(lambda: self._entry and self.forget_requested.emit(self._entry.id))
        buttons = in_row(spacing=SPACE)
        for button in (self.meant, self.not_meant, self.undo, self.listen, self.forget):
            buttons.addWidget(button)
        buttons.addStretch(1)
        left = in_column(spacing=SPACE // 2)
        for label in (self.words, self.outcome, self.why):
            left.addWidget(label)
        left.addSpacing(SPACE // 2)
        left.addLayout(buttons)
        left.addStretch(1)
        row = in_row(self, spacing=3 * SPACE, margins=(2 * SPACE, SPACE + 4, 2 * SPACE, SPACE + 4))
        row.addLayout(left, 1)
        row.addWidget(self.bars, 0, Qt.AlignmentFlag.AlignTop)

    def show_names(self, names: dict[str, str]) -> None:
        """Offer these macros, by their ids."""
        self._names = names
        menu = self.meant.menu()
        menu.clear()
        for macro_id, name in names.items():
            menu.addAction(name.replace("&", "&&")).triggered.connect(partial(self._on_chosen, macro_id))

    def show_entry(self, entry: HeardEntry, meant: str | None = None, sound: Path | None = None) -> None:
        """Show one utterance.

        Args:
            entry: Of the log.
            meant: Id of the macro that it was learned for.
            sound: A WAV file, where the sound was kept.
        """
        self._entry, self._sound = entry, sound
        outcome = outcome_of(entry, self._names, meant)
        self.words.setText(f"“{shortened(entry.text, 240)}”" if entry.text else "(no words)")
        self.words.setToolTip(entry.text)
        self.outcome.setText(outcome.text)
        reason = sentence(entry.reason) if entry.reason else ""
        self.why.setText(" ".join(part for part in (reason, decided_by(entry.evidence)) if part))
        self.why.setVisible(bool(self.why.text()))
        bars = bars_of(entry.evidence)
        self.bars.show_bars(bars)
        self.bars.setVisible(bool(bars))
        corrected = entry.correction in ("missed", "false_fire")
        self.undo.setVisible(corrected)
        self.listen.setVisible(sound is not None)
        self.not_meant.setVisible(entry.accepted and not corrected)
        self.meant.setVisible(not corrected and bool(self._names))
        self._offer(entry)

    def _offer(self, entry: HeardEntry) -> None:
        """One click for what it came nearest to; the others behind the arrow."""
        nearest = self._names.get(entry.macro_id or "") if not entry.accepted else None
        one = nearest is not None
        mode = QToolButton.ToolButtonPopupMode
        self.meant.setPopupMode(mode.MenuButtonPopup if one else mode.InstantPopup)
        text = f"It meant “{nearest}”" if one else "It meant something else" if entry.accepted else "It meant"
        self.meant.setText(text.replace("&", "&&"))

    def _on_meant(self) -> None:
        if self._entry is not None and not self._entry.accepted and self._entry.macro_id in self._names:
            self._correct(self._entry.macro_id)

    def _on_chosen(self, macro_id: str, *_: object) -> None:
        self._correct(macro_id)

    def _correct(self, macro_id: str | None) -> None:
        if self._entry is not None:
            self.correct_requested.emit(self._entry.id, macro_id)

    def _on_undo(self) -> None:
        if self._entry is not None:
            self.undo_requested.emit(self._entry.id)

    def _on_listen(self) -> None:
        if self._sound is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._sound)))
