"""What was heard and what was run, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from encore_agent.library import EpisodeEntry, HeardEntry, Library
from encore_gui.icons import glyph
from encore_gui.layouts import in_column
from encore_gui.macro_review import section_title
from encore_gui.picture_dialog import Exhibit, PictureDialog
from encore_gui.theme import SPACE
from encore_gui.words import local_time

_OUTCOMES = {
    "verified": ("check-circle-outline", "good"),
    "done": ("check", "text"),
    "halted": ("alert-octagon-outline", "danger"),
}


class HistoryView(QWidget):
    """Two tables."""

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        """The history of `library`; it is read at `refresh`."""
        super().__init__(parent)
        self._library = library
        self._episodes: list[EpisodeEntry] = []
        self.heard = _table("Heard", ["When", "Heard", "What came of it"], stretch=2)
        self.runs = _table("Runs", ["When", "Macro", "Values", "Outcome", "Seconds"], stretch=3)
        self.runs.setToolTip("Double-click a run to see its pictures")
        self.runs.itemActivated.connect(self._show_pictures)
        split = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        for title, table in (("Heard", self.heard), ("Runs", self.runs)):
            part = QWidget()
            layout = in_column(part, spacing=SPACE, margins=(0, SPACE, 0, SPACE))
            layout.addWidget(section_title(title))
            layout.addWidget(table)
            split.addWidget(part)
        note = QLabel("The sound of what was heard is not kept.")
        note.setProperty("role", "muted")
        layout = in_column(self, margins=(3 * SPACE, SPACE, 3 * SPACE, 2 * SPACE))
        layout.addWidget(split, 1)
        layout.addWidget(note)

    def refresh(self) -> None:
        """Read the history again."""
        names = {macro.id: macro.name for macro in self._library.macros()}
        self._show_heard(self._library.heard(), names)
        self._episodes = self._library.episodes()
        self._show_runs(names)

    def _show_heard(self, entries: Sequence[HeardEntry], names: dict[str, str]) -> None:
        self.heard.setRowCount(len(entries))
        for row, entry in enumerate(entries):
            outcome = _named(entry.macro_id, names) if entry.accepted else entry.reason
            cells = _fill(self.heard, row, [local_time(entry.time_utc), entry.text or "(no words)", outcome])
            cells[2].setIcon(glyph("check", "good") if entry.accepted else glyph("close", "muted"))

    def _show_runs(self, names: dict[str, str]) -> None:
        self.runs.setRowCount(len(self._episodes))
        for row, entry in enumerate(self._episodes):
            values = ", ".join(entry.slots.values())
            outcome = f"{entry.outcome}: {entry.detail}" if entry.detail else entry.outcome
            seconds = f"{entry.total_ms / 1e3:.1f}"
            texts = [local_time(entry.time_utc), _named(entry.macro_id, names), values, outcome, seconds]
            cells = _fill(self.runs, row, texts)
            cells[3].setIcon(glyph(*_OUTCOMES.get(entry.outcome, ("help", "muted"))))
            cells[4].setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _show_pictures(self, item: QTableWidgetItem) -> None:
        entry = self._episodes[item.row()]
        exhibits = [Exhibit(path, _caption(path, entry)) for path in sorted(entry.folder.glob("*.png"))]
        if not exhibits:
            exhibits = [Exhibit(entry.folder / "none", "This run left no pictures")]
        dialog = PictureDialog(exhibits, len(exhibits) - 1 if entry.outcome == "halted" else 0, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


def _caption(path: Path, entry: EpisodeEntry) -> str:
    return f"Halted: {entry.detail}" if path.stem == "halted" else f"Step {path.stem.lstrip('0')}"


def _named(macro_id: str | None, names: dict[str, str]) -> str:
    """A macro's name; its id where it was deleted since."""
    return names.get(macro_id or "", macro_id or "")


def _table(name: str, columns: list[str], stretch: int) -> QTableWidget:
    table = QTableWidget(0, len(columns))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(columns)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setWordWrap(False)
    # Tab leaves the table instead of walking through its cells.
    table.setTabKeyNavigation(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return table


def _fill(table: QTableWidget, row: int, texts: list[str]) -> list[QTableWidgetItem]:
    cells = [QTableWidgetItem(text) for text in texts]
    for column, cell in enumerate(cells):
        cell.setToolTip(cell.text())
        table.setItem(row, column, cell)
    return cells
