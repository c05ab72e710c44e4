"""Tracks as rows: model, painter and view.

A row shows its number, cover, title over artist, album, heart, duration and a button with three dots. The controls in a
row are painted, not widgets, as in most players.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from demos.player.catalogue import Track
from demos.player.covers import cover
from demos.player.playback import Playback
from demos.player.theme import Theme, font, icon

ROW_HEIGHT = 56
_ALBUM_FROM_WIDTH = 560
"""Narrower rows leave the album out."""

Index = QModelIndex | QPersistentModelIndex
TRACK_ROLE = int(Qt.ItemDataRole.UserRole)


def duration_text(seconds: float) -> str:
    """Minutes and seconds, for example "3:07"."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


@dataclass(frozen=True, slots=True)
class RowParts:
    """Where the parts of a row are, in the coordinates of the row's rectangle."""

    number: QRect
    cover: QRect
    title: QRect
    album: QRect
    """Empty where the row is too narrow for it."""
    heart: QRect
    duration: QRect
    more: QRect

    @staticmethod
    def of(row: QRect) -> RowParts:
        """Divide a row."""

        def box(left: int, width: int, height: int) -> QRect:
            return QRect(left, row.center().y() - height // 2 + 1, width, height)

        right = row.right() - 7
        more = box(right - 32, 32, 32)
        duration = box(more.left() - 56, 50, 20)
        heart = box(duration.left() - 40, 32, 32)
        left = row.left() + 104
        album_width = int((heart.left() - left) * 0.4) if row.width() >= _ALBUM_FROM_WIDTH else 0
        return RowParts(
            number=box(row.left() + 6, 36, 32),
            cover=box(row.left() + 48, 40, 40),
            title=QRect(left, row.top() + 8, heart.left() - left - album_width - 16, row.height() - 16),
            album=box(heart.left() - album_width - 8, album_width, 20),
            heart=heart,
            duration=duration,
            more=more,
        )

    def at(self, point: QPoint) -> str:
        """Name of the part under a point, empty between them."""
        return next((field.name for field in fields(self) if getattr(self, field.name).contains(point)), "")


class TrackModel(QAbstractListModel):
    """A list of tracks."""

    def __init__(self, playback: Playback, parent: QWidget) -> None:
        super().__init__(parent)
        self._tracks: tuple[Track, ...] = ()
        playback.changed.connect(self._repaint)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """What the rows show."""
        return self._tracks

    def show(self, tracks: Sequence[Track]) -> None:
        """Show other tracks."""
        self.beginResetModel()
        self._tracks = tuple(tracks)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802, D102 - Qt's signature
        return 0 if parent.isValid() else len(self._tracks)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        track = self._tracks[index.row()]
        if role == TRACK_ROLE:
            return track
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{track.title}, {track.artist}"
        return None

    def _repaint(self) -> None:
        if self._tracks:
            self.dataChanged.emit(self.index(0), self.index(len(self._tracks) - 1))


class RowPainter(QStyledItemDelegate):
    """Paints one row."""

    def __init__(self, theme: Theme, playback: Playback, view: TrackList) -> None:
        super().__init__(view)
        self._theme = theme
        self._playback = playback
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802, D102
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:  # noqa: D102
        track: Track = index.data(TRACK_ROLE)
        parts = RowParts.of(option.rect)
        state = option.state
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        selected = bool(state & QStyle.StateFlag.State_Selected)
        under = self._view.part_hovered if hovered else ""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("selected" if selected else "hover"))
            painter.drawRoundedRect(option.rect.adjusted(2, 1, -2, -1), 6, 6)
        self._paint_number(painter, parts.number, index.row() + 1, track, hovered)
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(parts.cover.topLeft(), cover(f"{track.artist} {track.album}", 40, ratio))
        self._paint_words(painter, parts, track)
        self._paint_controls(painter, parts, track, hovered or selected, under)
        painter.restore()

    def _paint_number(self, painter: QPainter, box: QRect, number: int, track: Track, hovered: bool) -> None:
        current = self._playback.track == track
        theme = self._theme
        if hovered or (current and self._playback.playing):
            name = "play" if hovered and not (current and self._playback.playing) else "pause"
            name = name if hovered else "volume-high"
            icon(name, theme.text if hovered else theme.accent).paint(painter, box.adjusted(8, 6, -8, -6))
        else:
            painter.setFont(font(13))
            painter.setPen(theme.color("accent" if current else "dim"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))

    def _paint_words(self, painter: QPainter, parts: RowParts, track: Track) -> None:
        half = parts.title.height() // 2
        upper = QRect(parts.title.left(), parts.title.top(), parts.title.width(), half)
        current = self._playback.track == track
        self._text(painter, upper, track.title, 14, "accent" if current else "text", bold=current)
        self._text(painter, upper.translated(0, half), track.artist, 12, "dim")
        self._text(painter, parts.album, track.album, 13, "dim")
        self._text(painter, parts.duration, duration_text(track.duration_s), 13, "dim", Qt.AlignmentFlag.AlignRight)

    def _text(
        self, painter: QPainter, box: QRect, text: str, size: int, color: str,
        side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft, *, bold: bool = False,
    ) -> None:  # fmt: skip
        if box.width() <= 0:
            return
        chosen = font(size, bold=bold)
        painter.setFont(chosen)
        painter.setPen(self._theme.color(color))
        elided = QFontMetrics(chosen).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, elided)

    def _paint_controls(self, painter: QPainter, parts: RowParts, track: Track, active: bool, under: str) -> None:
        theme = self._theme
        liked = self._playback.liked(track)
        heart = "heart" if liked else "heart-outline"
        heart_color = theme.accent if liked else theme.text if under == "heart" else theme.dim
        icon(heart, heart_color).paint(painter, parts.heart.adjusted(6, 6, -6, -6))
        more_color = theme.text if under == "more" or active else theme.dim
        icon("dots-horizontal", more_color).paint(painter, parts.more.adjusted(5, 5, -5, -5))


class TrackList(QListView):
    """A list of tracks that can be played, liked and asked for more.

    Signals:
        play_requested: Row number.
        menu_requested: Track, and where on the screen.
    """

    play_requested = Signal(int)
    menu_requested = Signal(object, QPoint)

    def __init__(self, theme: Theme, playback: Playback, name: str) -> None:
        super().__init__()
        self._playback = playback
        self.part_hovered = ""
        self.tracks = TrackModel(playback, self)
        self.setModel(self.tracks)
        self.setItemDelegate(RowPainter(theme, playback, self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalScrollBar().setSingleStep(ROW_HEIGHT // 2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)

    def part_at(self, point: QPoint) -> tuple[QModelIndex, str]:
        """Row and name of its part under a point of the viewport."""
        index = self.indexAt(point)
        return index, RowParts.of(self.visualRect(index)).at(point) if index.isValid() else ""

    def boxes(self) -> dict[str, QRect]:
        """Where the visible rows and their parts are, in the viewport's coordinates."""
        found = {}
        visible = self.viewport().rect()
        for row, track in enumerate(self.tracks.tracks):
            rect = self.visualRect(self.tracks.index(row))
            if visible.contains(rect.center()):
                found[f"row: {track.title}"] = rect.intersected(visible)
                parts = RowParts.of(rect)
                for part in ("title", "heart", "more"):
                    box: QRect = getattr(parts, part)
                    if visible.contains(box.center()):
                        found[f"{part}: {track.title}"] = box
        return found

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        _, part = self.part_at(event.position().toPoint())
        if part != self.part_hovered:
            self.part_hovered = part
            self.viewport().update()
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802, D102
        self.part_hovered = ""
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        super().mouseReleaseEvent(event)
        index, part = self.part_at(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        track: Track = index.data(TRACK_ROLE)
        actions: dict[str, Callable[[], object]] = {
            "heart": lambda: self._playback.like(track, not self._playback.liked(track)),
            "more": lambda: self.menu_requested.emit(track, event.globalPosition().toPoint()),
            "number": lambda: self._play_or_pause(index.row(), track),
        }
        if part in actions:
            actions[part]()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802, D102
        index, part = self.part_at(event.position().toPoint())
        plain_place = part not in ("heart", "more", "number")
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and plain_place:
            self.play_requested.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802, D102
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.play_requested.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def _play_or_pause(self, row: int, track: Track) -> None:
        if self._playback.track == track:
            self._playback.toggle()
        else:
            self.play_requested.emit(row)

    def _ask_menu(self, point: QPoint) -> None:
        index = self.indexAt(point)
        if index.isValid():
            self.menu_requested.emit(index.data(TRACK_ROLE), self.viewport().mapToGlobal(point))
