"""What the middle of the window can show: home, library, search, and any list of tracks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from demos.player.catalogue import Playlist, Track
from demos.player.covers import cover
from demos.player.playback import Playback
from demos.player.rows import TrackList
from demos.player.theme import Theme, icon
from demos.player.widgets import Flow, GenreTile, IconButton, Message, Skeleton, Tile, named

SEARCH_DELAY_MS = 180
"""From the last key to the results, as if a server answered."""

_GENRES = ("Folk", "Jazz", "Electronic", "Soul", "Indie", "Classical", "Ambient", "Blues", "Focus", "Party")


class LoadingList(QStackedWidget):
    """Tracks that take a moment to come: grey bars, then rows, or a message where there are none.

    Signals:
        menu_requested: Track, and where on the screen.
    """

    menu_requested = Signal(object, QPoint)

    def __init__(self, theme: Theme, playback: Playback, name: str) -> None:
        super().__init__()
        self._playback = playback
        self.rows = TrackList(theme, playback, name)
        self.rows.play_requested.connect(lambda row: playback.start(self.rows.tracks.tracks, row))
        self.rows.menu_requested.connect(self.menu_requested)
        self._skeleton, self._message = Skeleton(theme), Message()
        for page in (self.rows, self._skeleton, self._message):
            self.addWidget(page)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._arrived)
        self._fetch: Callable[[], Sequence[Track]] = tuple
        self._nothing = ("", "")

    def load(self, fetch: Callable[[], Sequence[Track]], delay_ms: int, nothing: tuple[str, str]) -> None:
        """Show what `fetch` gives after a while; `nothing` is heading and line for an empty result."""
        self._fetch, self._nothing = fetch, nothing
        if delay_ms > 0:
            self.setCurrentWidget(self._skeleton)
            self._timer.start(delay_ms)
        else:
            self._arrived()

    def cancel(self) -> None:
        """Forget what was on its way."""
        self._timer.stop()

    def _arrived(self) -> None:
        tracks = self._fetch()
        self.rows.tracks.show(tracks)
        self.rows.scrollToTop()
        self._message.show_text(*self._nothing)
        self.setCurrentWidget(self.rows if tracks else self._message)


class TrackPage(QWidget):
    """A list with a name: a playlist, an album, an artist or the queue."""

    def __init__(self, theme: Theme, playback: Playback, slow_ms: int) -> None:
        super().__init__()
        self._playback, self._slow_ms = playback, slow_ms
        self.list = LoadingList(theme, playback, "Tracks")
        self._cover = QLabel()
        self._cover.setFixedSize(88, 88)
        self._kind, self._name, self._detail = (named(QLabel(), name) for name in ("dim", "title", "dim"))
        self._play = IconButton("Play this list", "play", theme, side=44, glyph=28)
        self._play.setObjectName("playlist_play")
        self._play.setIcon(icon("play", theme.on_accent))
        self._play.clicked.connect(lambda: playback.start(self.list.rows.tracks.tracks))
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 6, 0)
        column.setSpacing(12)
        column.addLayout(self._header())
        column.addWidget(self.list, 1)

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 14, 0)
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch()
        for label in (self._kind, self._name, self._detail):
            words.addWidget(label)
        words.addStretch()
        row.addWidget(self._cover)
        row.addLayout(words, 1)
        row.addWidget(self._play)
        return row

    def show_list(self, kind: str, playlist: Playlist, art: str) -> None:
        """Show a list, after the loading time of a slow player."""
        self._kind.setText(kind)
        self._name.setText(playlist.name)
        minutes = sum(track.duration_s for track in playlist.tracks) // 60
        self._detail.setText(f"{len(playlist.tracks)} songs, {minutes} min")
        self._play.setVisible(bool(playlist.tracks))
        self._cover.setPixmap(cover(art, 88, self.devicePixelRatioF(), radius=6))
        self.list.load(lambda: playlist.tracks, self._slow_ms, ("Nothing here yet", "Add songs from their menu."))


class SearchPage(QStackedWidget):
    """Results while there is a query, things to browse otherwise.

    Signals:
        genre_chosen: Name of a genre.
    """

    genre_chosen = Signal(str)

    def __init__(self, theme: Theme, playback: Playback, slow_ms: int) -> None:
        super().__init__()
        self._playback = playback
        self._delay_ms = SEARCH_DELAY_MS + slow_ms
        self._query = ""
        self.list = LoadingList(theme, playback, "Search results")
        self._browse = self._browse_page()
        self._results = QWidget()
        column = QVBoxLayout(self._results)
        column.setContentsMargins(14, 10, 6, 0)
        column.addWidget(named(QLabel("Songs"), "heading"))
        column.addWidget(self.list, 1)
        self.addWidget(self._browse)
        self.addWidget(self._results)

    def search(self, query: str) -> None:
        """Look for something; an empty query shows what there is to browse."""
        query = query.strip()
        if query == self._query:
            return
        self._query = query
        if not query:
            self.list.cancel()
            self.setCurrentWidget(self._browse)
            return
        self.setCurrentWidget(self._results)
        nothing = (f"No results found for \u201c{query}\u201d", "Check the spelling, or use fewer or other words.")
        self.list.load(lambda: self._playback.catalogue.search(query), self._delay_ms, nothing)

    def _browse_page(self) -> QWidget:
        tiles = []
        for number, genre in enumerate(_GENRES):
            tile = GenreTile(genre, number / len(_GENRES))
            tile.clicked.connect(lambda _=False, genre=genre: self.genre_chosen.emit(genre))
            tiles.append(tile)
        return scrolled(heading("Browse all"), Flow(tiles, 170))


class TilePage(QWidget):
    """Home and library: shelves of covers.

    Signals:
        chosen: The playlist or album whose tile was clicked.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_shelves(self, shelves: Sequence[tuple[str, Sequence[Playlist], bool]]) -> None:
        """Fill the page: name, lists and whether they are tall tiles, for each shelf."""
        while item := self._column.takeAt(0):
            if (old := item.widget()) is not None:
                old.deleteLater()
        parts = []
        for name, lists, tall in shelves:
            parts += [heading(name), Flow([self._tile(entry, tall) for entry in lists], 152 if tall else 210)]
        self._column.addWidget(scrolled(*parts))

    def _tile(self, entry: Playlist, tall: bool) -> Tile:
        detail = entry.tracks[0].artist if tall and entry.tracks else f"{len(entry.tracks)} songs"
        tile = Tile(entry.name, detail, art_of(entry, album=tall), self._theme, tall=tall)
        tile.clicked.connect(lambda: self.chosen.emit(entry))
        return tile


def art_of(entry: Playlist, *, album: bool) -> str:
    """The name under which a list's cover is painted."""
    return f"{entry.tracks[0].artist} {entry.name}" if album and entry.tracks else entry.name


def heading(text: str) -> QLabel:
    """The name of a shelf."""
    return named(QLabel(text), "heading")


def scrolled(*parts: QWidget) -> QScrollArea:
    """Widgets in a column that scrolls."""
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(18, 12, 18, 18)
    column.setSpacing(12)
    for part in parts:
        column.addWidget(part)
    column.addStretch()
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area
