"""What was run, newest first."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QTableWidgetItem, QWidget

from encore_agent.library import EpisodeEntry, Library
from encore_gui.icons import glyph
from encore_gui.layouts import in_column
from encore_gui.picture_dialog import Exhibit, PictureDialog
from encore_gui.tables import entry_table, fill_row
from encore_gui.theme import SPACE
from encore_gui.words import local_time

_OUTCOMES = {
    "verified": ("check-circle-outline", "good"),
    "done": ("check", "text"),
    "halted": ("alert-octagon-outline", "danger"),
}


class HistoryView(QWidget):
    """A table of runs."""

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        """The history of `library`; it is read at `refresh`."""
        super().__init__(parent)
        self._library = library
        self._episodes: list[EpisodeEntry] = []
        self.runs = entry_table("Runs", ["When", "Macro", "Values", "Outcome", "Seconds"], stretch=(3,))
        self.runs.itemActivated.connect(self._show_pictures)
        note = QLabel("Double-click a run to see its pictures.")
        note.setProperty("role", "muted")
        layout = in_column(self, spacing=SPACE + 4, margins=(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE))
        layout.addWidget(self.runs, 1)
        layout.addWidget(note)

    def refresh(self) -> None:
        """Read the history again."""
        names = {macro.id: macro.name for macro in self._library.macros()}
        self._episodes = self._library.episodes()
        self.runs.setRowCount(len(self._episodes))
        for row, entry in enumerate(self._episodes):
            values = ", ".join(entry.slots.values())
            outcome = f"{entry.outcome}: {entry.detail}" if entry.detail else entry.outcome
            seconds = f"{entry.total_ms / 1e3:.1f}"
            # The id of a macro that was deleted since.
            name = names.get(entry.macro_id, entry.macro_id)
            cells = fill_row(self.runs, row, [local_time(entry.time_utc), name, values, outcome, seconds])
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
