"""The player's window: puts the parts together and leads from page to page."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from demos.player.bar import BarOrder, NowPlayingBar
from demos.player.catalogue import Playlist, Track
from demos.player.pages import SearchPage, TilePage, TrackPage, art_of
from demos.player.playback import Playback
from demos.player.popup import Popup
from demos.player.sidebar import Sidebar, SidebarPlace
from demos.player.theme import Theme, icon, style_sheet
from demos.player.widgets import IconButton, named

NAME = "Encore Player"
PLACEHOLDER = "What do you want to play?"
_NOTICE_MS = 3500


@dataclass(frozen=True, slots=True)
class Look:
    """How the window is arranged."""

    theme: Theme
    sidebar: SidebarPlace = "left"
    bar: BarOrder = "standard"
    slow_ms: int = 0
    """How much longer everything takes to load."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page one can be on."""

    kind: Literal["Home", "Search", "Your Library", "Playlist", "Album", "Artist", "Genre", "Queue"]
    name: str = ""
    artist: str = ""
    """Of an album."""


_PLACES = {"Home": Place("Home"), "Search": Place("Search"), "Your Library": Place("Your Library")}


class PlayerWindow(QMainWindow):
    """Search box above, sidebar, page, now-playing bar."""

    def __init__(self, playback: Playback, look: Look) -> None:
        super().__init__()
        self._playback, self._look = playback, look
        self._here = Place("Home")
        self._back: list[Place] = []
        self._forth: list[Place] = []
        self._build()
        self._connect()
        self.setStyleSheet(style_sheet(look.theme))
        self.setWindowIcon(icon("music-circle", look.theme.accent))
        self.setMinimumSize(560, 360)
        self._show(self._here)
        self._retitle()

    # Building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme, playback = self._look.theme, self._playback
        names = tuple(playlist.name for playlist in playback.playlists())
        collapsed = self._look.sidebar == "collapsed"
        self._sidebar = Sidebar(names, theme, collapsed=collapsed, ratio=self.devicePixelRatioF())
        self._home, self._library = TilePage(theme), TilePage(theme)
        self.search_page = SearchPage(theme, playback, self._look.slow_ms)
        self._tracks = TrackPage(theme, playback, self._look.slow_ms)
        self._pages = named(QStackedWidget(), "panel")
        for page in (self._home, self._library, self.search_page, self._tracks):
            self._pages.addWidget(page)
        self._bar = NowPlayingBar(playback, theme, self._look.bar)
        self._trouble = named(QLabel(), "notice")
        self._trouble.hide()

        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addLayout(self._top_row())
        middle.addWidget(self._trouble)
        middle.addWidget(self._pages, 1)
        across = QHBoxLayout()
        across.setContentsMargins(8, 8, 8, 8)
        across.setSpacing(8)
        across.addLayout(middle, 1)
        across.insertWidget(1 if self._look.sidebar == "right" else 0, self._sidebar)
        self._root = root = named(QWidget(), "root")
        column = QVBoxLayout(root)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(across, 1)
        column.addWidget(self._bar)
        self.setCentralWidget(root)

        self._toast = named(QLabel(root), "notice")
        self._toast.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._toast.hide()
        self._toast_timer = QTimer(self, singleShot=True, interval=_NOTICE_MS)
        self._toast_timer.timeout.connect(self._toast.hide)

    def _top_row(self) -> QHBoxLayout:
        theme = self._look.theme
        self._back_button = IconButton("Go back", "chevron-left", theme, glyph=26)
        self._forth_button = IconButton("Go forward", "chevron-right", theme, glyph=26)
        self._search = named(QLineEdit(), "search")
        self._search.setPlaceholderText(PLACEHOLDER)
        self._search.setAccessibleName("Search field")
        self._search.setMaximumWidth(460)
        self._search.addAction(icon("magnify", theme.dim), QLineEdit.ActionPosition.LeadingPosition)
        self._clear = self._search.addAction(icon("close", theme.dim), QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setToolTip("Clear the search")
        self._clear.setVisible(False)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._back_button)
        row.addWidget(self._forth_button)
        row.addStretch(1)
        row.addWidget(self._search, 8)
        row.addStretch(2)
        return row

    def _connect(self) -> None:
        playback = self._playback
        self._sidebar.chosen.connect(self._go_by_name)
        self._home.chosen.connect(self._open)
        self._library.chosen.connect(self._open)
        self.search_page.genre_chosen.connect(lambda genre: self.go(Place("Genre", genre)))
        self._search.textChanged.connect(self._searched)
        self._clear.triggered.connect(self._search.clear)
        self._back_button.clicked.connect(self._go_back)
        self._forth_button.clicked.connect(self._go_forth)
        self._bar.queue_requested.connect(lambda: self.go(Place("Queue")))
        for rows in (self.search_page.list, self._tracks.list):
            rows.menu_requested.connect(self._show_menu)
        playback.changed.connect(self._retitle)
        playback.changed.connect(self._refresh_queue)
        playback.listed.connect(self._relisted)
        playback.noticed.connect(self._show_toast)
        playback.troubled.connect(self._show_trouble)
        shortcuts = {
            "Ctrl+K": self._focus_search,
            "Ctrl+L": self._focus_search,
            "Space": playback.toggle,
            "Ctrl+Right": playback.next,
            "Ctrl+Left": playback.previous,
        }
        for keys, wish in shortcuts.items():
            QShortcut(QKeySequence(keys), self).activated.connect(wish)

    # Going from page to page --------------------------------------------------------------------------------------

    def go(self, place: Place) -> None:
        """Lead to a page; "back" returns to this one."""
        if place != self._here:
            self._back.append(self._here)
            self._forth.clear()
            self._show(place)

    def _go_back(self) -> None:
        if self._back:
            self._forth.append(self._here)
            self._show(self._back.pop())

    def _go_forth(self) -> None:
        if self._forth:
            self._back.append(self._here)
            self._show(self._forth.pop())

    def _go_by_name(self, name: str) -> None:
        self.go(_PLACES.get(name) or Place("Playlist", name))
        if name == "Search":
            self._focus_search()

    def _open(self, entry: Playlist) -> None:
        if any(playlist.name == entry.name for playlist in self._playback.playlists()):
            self.go(Place("Playlist", entry.name))
        else:
            self.go(Place("Album", entry.name, entry.tracks[0].artist))

    def _show(self, place: Place) -> None:
        self._here = place
        self._back_button.setEnabled(bool(self._back))
        self._forth_button.setEnabled(bool(self._forth))
        self._sidebar.mark(place.name if place.kind == "Playlist" else place.kind)
        playlists = self._playback.playlists()
        if place.kind == "Home":
            albums = self._playback.catalogue.albums
            self._home.show_shelves([("Good evening", playlists[:6], False), ("Albums for you", albums[:12], True)])
            self._pages.setCurrentWidget(self._home)
        elif place.kind == "Your Library":
            self._library.show_shelves([("Your Library", playlists, False)])
            self._pages.setCurrentWidget(self._library)
        elif place.kind == "Search":
            self._pages.setCurrentWidget(self.search_page)
        else:
            playlist = self._list_of(place)
            self._tracks.show_list(place.kind, playlist, art_of(playlist, album=place.kind == "Album"))
            self._pages.setCurrentWidget(self._tracks)

    def _list_of(self, place: Place) -> Playlist:
        catalogue = self._playback.catalogue
        if place.kind == "Playlist":
            return self._playback.playlist(place.name)
        if place.kind == "Album":
            return Playlist(place.name, catalogue.on_album(place.artist, place.name))
        if place.kind == "Artist":
            return Playlist(place.name, catalogue.by_artist(place.name))
        if place.kind == "Genre":
            return Playlist(place.name, tuple(random.Random(place.name).sample(catalogue.tracks, 20)))
        return Playlist("Queue", tuple(self._playback.queue.coming()[:50]))

    def _searched(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        self.go(Place("Search"))
        self.search_page.search(text)

    def _focus_search(self) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    # Following the playback ---------------------------------------------------------------------------------------

    def _retitle(self) -> None:
        track = self._playback.track
        self.setWindowTitle(f"{track.artist} - {track.title}" if track and self._playback.playing else NAME)

    def _refresh_queue(self) -> None:
        if self._here.kind == "Queue":
            self._show(self._here)

    def _relisted(self, name: str) -> None:
        if self._here == Place("Playlist", name):
            self._show(self._here)

    def _show_menu(self, track: Track, where: QPoint) -> None:
        playback = self._playback
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Play", lambda: playback.start([track]))
        menu.addAction("Add to queue", lambda: playback.enqueue(track))
        submenu = menu.addMenu("Add to playlist")
        for playlist in playback.playlists()[1:]:
            submenu.addAction(playlist.name, partial(playback.add_to_playlist, playlist.name, track))
        menu.addSeparator()
        liked = playback.liked(track)
        menu.addAction(
            "Remove from Liked Songs" if liked else "Save to Liked Songs", lambda: playback.like(track, not liked)
        )
        menu.addAction("Go to artist", lambda: self.go(Place("Artist", track.artist)))
        menu.addAction("Go to album", lambda: self.go(Place("Album", track.album, track.artist)))
        menu.popup(where)

    # Notices ------------------------------------------------------------------------------------------------------

    def _show_trouble(self, text: str) -> None:
        self._trouble.setText(text)
        self._trouble.setAccessibleName(text)
        self._trouble.setVisible(bool(text))

    def _show_toast(self, text: str) -> None:
        self._toast.setText(text)
        self._toast.adjustSize()
        self._place_toast()
        self._toast.show()
        self._toast.raise_()
        self._toast_timer.start()

    def _place_toast(self) -> None:
        room = self._root.size()
        self._toast.move((room.width() - self._toast.width()) // 2, room.height() - self._bar.height() - 52)

    def interrupt(self) -> None:
        """Let a pop-up come in between."""
        popup = Popup(self._root)
        popup.show()
        popup.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802, D102
        super().resizeEvent(event)
        self._place_toast()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802, D102
        self._playback.close()
        super().closeEvent(event)
