"""Texts that several windows show: slots in colour, names of slots, local times."""

from __future__ import annotations

import html
import textwrap

from PySide6.QtCore import QDateTime, QEvent, QLocale, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from encore_gui.theme import Colours
from encore_models.macro import SLOT_PATTERN


def slot_title(name: str) -> str:
    """A slot's name as a label: `song_title` becomes `Song title`."""
    return name.replace("_", " ").capitalize()


def local_time(utc: str) -> str:
    """An ISO 8601 time in the user's zone and wording; what cannot be read stays as it is."""
    moment = QDateTime.fromString(utc, Qt.DateFormat.ISODateWithMs)
    return QLocale().toString(moment.toLocalTime(), QLocale.FormatType.ShortFormat) if moment.isValid() else utc


def capitalised(text: str) -> str:
    """The text with a capital at its begin; the rest stays."""
    text = text.strip()
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text as a sentence: with a capital and a full stop."""
    text = capitalised(text)
    return text + ("" if text.endswith((".", "!", "?", "…")) else ".")


def shortened(text: str, letters: int = 120) -> str:
    """The text without white space around it; of a long one its begin, to the end of a word."""
    return textwrap.shorten(text, letters, placeholder=" …")


class ElidedLabel(QLabel):
    """A line of plain text that gives way: what does not fit ends in three dots, and is in the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Show nothing yet."""
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw as much as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        painter.end()
        self.setToolTip(self.text() if shown != self.text() else "")


class SlotLabel(QLabel):
    """Text whose slots in braces stand out; it follows the palette."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        """Show `text`, which is plain: nothing in it is markup."""
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.plain = ""
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show another text."""
        self.plain = text
        self.setAccessibleName(text)
        self._render()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Take the new palette's colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "plain"):
            self._render()

    def _render(self) -> None:
        accent = Colours.now().accent.name()
        marked = SLOT_PATTERN.sub(
            lambda match: f'<span style="color:{accent}; font-weight:600">{match[0]}</span>',
            html.escape(self.plain, quote=False),
        )
        if marked != self.text():
            self.setText(marked)
