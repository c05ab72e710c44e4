"""The column at the side: where one can go, and the playlists."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from demos.player.covers import cover
from demos.player.theme import Theme, icon
from demos.player.widgets import named

SidebarPlace = Literal["left", "right", "collapsed"]
"""collapsed: at the left, icons only."""

_NAVIGATION = (
    ("Home", "home-outline", "home"),
    ("Search", "magnify", "magnify"),
    ("Your Library", "bookshelf", "bookshelf"),
)


class Sidebar(QFrame):
    """Home, Search, Your Library, then the playlists.

    Signals:
        chosen: "Home", "Search", "Your Library" or the name of a playlist.
    """

    chosen = Signal(str)

    def __init__(self, playlists: tuple[str, ...], theme: Theme, *, collapsed: bool, ratio: float) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._theme, self._collapsed = theme, collapsed
        self.setFixedWidth(68 if collapsed else 216)
        self._buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 10, 8, 8)
        column.setSpacing(2)
        for name, _, _ in _NAVIGATION:
            column.addWidget(self._button(name, "nav"))
        column.addSpacing(10)
        label = named(QLabel("" if collapsed else "  PLAYLISTS"), "section")
        label.setFixedHeight(24)
        column.addWidget(label)
        column.addWidget(self._lists(playlists, ratio), 1)

    def mark(self, name: str) -> None:
        """Show where the person is; an unknown name marks nothing."""
        for key, button in self._buttons.items():
            button.setChecked(key == name)
        for name_, outlined, filled in _NAVIGATION:
            here = name_ == name
            color = self._theme.text if here else self._theme.dim
            self._buttons[name_].setIcon(icon(filled if here else outlined, color))

    def _button(self, name: str, style: str) -> QToolButton:
        button = named(QToolButton(), style)
        button.setText(f"  {name}")
        button.setAccessibleName(name)
        button.setCheckable(True)
        button.setFixedHeight(42)
        button.setIconSize(QSize(24, 24))
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        if self._collapsed:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setStyleSheet("padding: 0;")
            button.setToolTip(name)
        button.clicked.connect(lambda: self.chosen.emit(name))
        self._buttons[name] = button
        return button

    def _lists(self, playlists: tuple[str, ...], ratio: float) -> QWidget:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for name in playlists:
            button = self._button(name, "playlist")
            button.setIconSize(QSize(32, 32))
            button.setIcon(cover(name, 32, ratio))
            column.addWidget(button)
        column.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if self._collapsed:
            area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        return area
