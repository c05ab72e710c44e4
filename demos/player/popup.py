"""Something that comes in between: a card over the middle of the window, until it is dismissed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGraphicsDropShadowEffect, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from demos.player.widgets import named


class Popup(QWidget):
    """Covers its parent and swallows every click beside its button."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        card = named(QFrame(), "card")
        card.setFixedWidth(400)
        shadow = QGraphicsDropShadowEffect(card)
        shadow.setBlurRadius(40)
        shadow.setOffset(0, 8)
        shadow.setColor(QColor(0, 0, 0, 140))
        card.setGraphicsEffect(shadow)
        inner = QVBoxLayout(card)
        inner.setContentsMargins(28, 26, 28, 24)
        inner.setSpacing(12)
        text = QLabel("Playlists can now be made together with friends. Share a link, and everybody can add songs.")
        text.setWordWrap(True)
        button = named(QPushButton("Not now"), "primary")
        button.setAccessibleName("Not now")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(button)
        inner.addWidget(named(QLabel("Listen together"), "heading"))
        inner.addWidget(text)
        inner.addSpacing(6)
        inner.addLayout(row)
        outer = QVBoxLayout(self)
        outer.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        parent.installEventFilter(self)
        self.setGeometry(parent.rect())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        button.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802, D102
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, D102
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 130))
