"""The list of macros: name and command, two lines each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeySequence, QPainter, QShortcut
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from encore_gui.layouts import in_column
from encore_gui.theme import SPACE, Colours
from encore_models.macro import Macro

_PHRASE = Qt.ItemDataRole.UserRole + 1


class _TwoLines(QStyledItemDelegate):
    """Name above, command below in a quieter colour."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        self.initStyleOption(option, index)
        name, option.text = option.text, ""
        widget = option.widget
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        inner: QRect = option.rect.adjusted(SPACE + 4, SPACE, -SPACE, -SPACE)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        colours = Colours.now()
        painter.save()
        for font, colour, text, place in (
            (bold, colours.text, name, Qt.AlignmentFlag.AlignTop),
            (option.font, colours.muted, index.data(_PHRASE), Qt.AlignmentFlag.AlignBottom),
        ):
            painter.setFont(font)
            painter.setPen(colour)
            elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, place | Qt.AlignmentFlag.AlignLeft, elided)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802 - Qt's name
        return QSize(0, 2 * option.fontMetrics.height() + 2 * SPACE + 4)


class MacroList(QWidget):
    """All macros; one is chosen where there is one."""

    chosen = Signal(str)
    """Id of the macro that is to be shown."""
    delete_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """An empty list."""
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setProperty("role", "side")
        self.list.setAccessibleName("Macros")
        self.list.setItemDelegate(_TwoLines(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._on_current)
        delete = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._on_delete)
        self._broken = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._broken.setProperty("role", "danger")
        self._broken.hide()
        layout = in_column(self, spacing=SPACE, margins=(SPACE, SPACE, SPACE, SPACE))
        layout.addWidget(self.list, 1)
        layout.addWidget(self._broken)

    @property
    def current(self) -> str | None:
        """Id of the chosen macro."""
        item = self.list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else None

    def show_macros(self, macros: Sequence[Macro]) -> None:
        """Show these; the chosen one stays chosen where it still is there, else its neighbour is."""
        before, row = self.current, self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        for macro in macros:
            phrase = f"“{macro.phrases[0].text}”"
            item = QListWidgetItem(macro.name)
            item.setData(Qt.ItemDataRole.UserRole, macro.id)
            item.setData(_PHRASE, phrase)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, f"say {phrase}")
            item.setToolTip(f"{macro.name}\nsay {phrase}")
            self.list.addItem(item)
        self.list.blockSignals(False)
        ids = [macro.id for macro in macros]
        if ids:
            self.list.setCurrentRow(ids.index(before) if before in ids else min(max(row, 0), len(ids) - 1))

    def show_broken(self, broken: Sequence[tuple[Path, str]]) -> None:
        """Say which folders hold no readable macro."""
        self._broken.setVisible(bool(broken))
        count = f"{len(broken)} macros" if len(broken) != 1 else "1 macro"
        self._broken.setText(f"{count} cannot be read; point here for why")
        self._broken.setToolTip("\n\n".join(problem for _, problem in broken))

    def choose(self, macro_id: str) -> None:
        """Choose a macro; nothing happens where it is not in the list."""
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == macro_id:
                self.list.setCurrentRow(row)

    def _on_current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def _on_delete(self) -> None:
        if self.current is not None:
            self.delete_requested.emit(self.current)
