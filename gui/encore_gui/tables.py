"""Tables of entries: read only, chosen by rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem


def entry_table(name: str, columns: Sequence[str], stretch: Sequence[int]) -> QTableWidget:
    """An empty table.

    Args:
        name: For a screen reader.
        columns: Headings.
        stretch: The columns that share what room there is.
    """
    table = QTableWidget(0, len(columns))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(columns))
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
    for column in stretch:
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return table


def fill_row(table: QTableWidget, row: int, texts: Sequence[str]) -> list[QTableWidgetItem]:
    """Put texts into a row, each with itself as its tooltip."""
    cells = [QTableWidgetItem(text) for text in texts]
    for column, cell in enumerate(cells):
        cell.setToolTip(cell.text())
        table.setItem(row, column, cell)
    return cells
