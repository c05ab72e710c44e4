"""The bar along the lower edge: what plays, and the controls for it."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from demos.player.catalogue import Track
from demos.player.covers import cover
from demos.player.playback import Playback
from demos.player.queue import Repeat
from demos.player.rows import duration_text
from demos.player.theme import Theme, icon
from demos.player.widgets import IconButton, JumpSlider, named

BarOrder = Literal["standard", "mirrored", "grouped"]
"""standard: song, controls, volume. mirrored: the other way round. grouped: shuffle and repeat after next."""

_NEXT_REPEAT: dict[Repeat, Repeat] = {"none": "all", "all": "one", "one": "none"}
_ROUND = 36


class ElidedLabel(QLabel):
    """A label that never asks for room and ends in dots where it has too little."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._text = ""
        self.setMinimumWidth(10)

    def setText(self, text: str) -> None:  # noqa: N802, D102
        self._text = text
        self.setToolTip(text)
        self._fit()

    def resizeEvent(self, event: object) -> None:  # noqa: N802, D102
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802, D102
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 4, super().sizeHint().height())

    def _fit(self) -> None:
        super().setText(self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width()))


class NowPlayingBar(QFrame):
    """Song, transport controls, volume.

    Signals:
        queue_requested: Show what comes next.
    """

    queue_requested = Signal()

    def __init__(self, playback: Playback, theme: Theme, order: BarOrder) -> None:
        super().__init__()
        self.setObjectName("bar")
        self._playback, self._theme = playback, theme
        self._shown: Track | None = None
        self.setFixedHeight(84)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 14, 6)
        row.setSpacing(12)
        parts = [(self._song(), 4), (self._transport(order), 5), (self._extras(), 3)]
        for part, stretch in reversed(parts) if order == "mirrored" else parts:
            row.addWidget(part, stretch)
        playback.changed.connect(self._refresh)
        playback.ticked.connect(self._show_position)
        self._refresh()

    def _song(self) -> QWidget:
        part = QWidget()
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        self._cover = QLabel()
        self._cover.setFixedSize(56, 56)
        self._cover.setAccessibleName("Cover")
        self._title, self._artist = ElidedLabel("song"), ElidedLabel("dim")
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addStretch()
        words.addWidget(self._title)
        words.addWidget(self._artist)
        words.addStretch()
        self._heart = IconButton("Save to Liked Songs", "heart-outline", self._theme)
        self._heart.clicked.connect(self._toggle_like)
        row.addWidget(self._cover)
        row.addLayout(words, 1)
        row.addWidget(self._heart)
        return part

    def _transport(self, order: BarOrder) -> QWidget:
        playback, theme = self._playback, self._theme
        self._shuffle = IconButton("Shuffle", "shuffle-variant", theme)
        self._shuffle.setCheckable(True)
        self._shuffle.clicked.connect(playback.set_shuffle)
        self._previous = IconButton("Previous", "skip-previous", theme, glyph=26)
        self._previous.clicked.connect(playback.previous)
        self._play = IconButton("Play", "play", theme, side=_ROUND, glyph=24)
        self._play.setObjectName("playpause")
        self._play.clicked.connect(playback.toggle)
        self._next = IconButton("Next", "skip-next", theme, glyph=26)
        self._next.clicked.connect(playback.next)
        self._repeat = IconButton("Repeat", "repeat", theme)
        self._repeat.clicked.connect(lambda: playback.set_repeat(_NEXT_REPEAT[playback.queue.repeat]))

        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch()
        middle = [self._previous, self._play, self._next]
        for button in (
            [*middle, self._shuffle, self._repeat] if order == "grouped" else [self._shuffle, *middle, self._repeat]
        ):
            buttons.addWidget(button)
        buttons.addStretch()
        column.addLayout(buttons)

        progress = QHBoxLayout()
        progress.setSpacing(8)
        self._elapsed, self._length = named(QLabel("0:00"), "time"), named(QLabel("0:00"), "time")
        self._elapsed.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for label in (self._elapsed, self._length):
            label.setFixedWidth(36)
        self._progress = JumpSlider("Progress")
        self._progress.chosen.connect(self._seek_share)
        progress.addWidget(self._elapsed)
        progress.addWidget(self._progress, 1)
        progress.addWidget(self._length)
        column.addLayout(progress)
        return part

    def _extras(self) -> QWidget:
        part = QWidget()
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        queue = IconButton("Queue", "playlist-music", self._theme, glyph=22)
        queue.clicked.connect(self.queue_requested)
        self._mute = IconButton("Mute", "volume-high", self._theme, glyph=22)
        self._mute.clicked.connect(self._toggle_mute)
        self._before_mute = self._playback.volume or 0.5
        self._volume = JumpSlider("Volume")
        self._volume.setMaximumWidth(120)
        self._volume.setMinimumWidth(64)
        self._volume.chosen.connect(self._playback.set_volume)
        row.addStretch()
        row.addWidget(queue)
        row.addWidget(self._mute)
        row.addWidget(self._volume, 10)
        return part

    def _toggle_like(self) -> None:
        if self._playback.track is not None:
            self._playback.like(self._playback.track, not self._playback.liked(self._playback.track))

    def _toggle_mute(self) -> None:
        if self._playback.volume > 0:
            self._before_mute = self._playback.volume
            self._playback.set_volume(0.0)
        else:
            self._playback.set_volume(self._before_mute)

    def _seek_share(self, share: float) -> None:
        if self._playback.track is not None:
            self._playback.seek(share * self._playback.track.duration_s)

    def _show_position(self, position_s: float) -> None:
        track = self._playback.track
        if track is not None:
            self._progress.show_share(position_s / track.duration_s)
            self._elapsed.setText(duration_text(position_s))

    def _refresh(self) -> None:
        playback, theme = self._playback, self._theme
        track = playback.track
        if track != self._shown:
            self._show_track(track)
        for control in (self._previous, self._next, self._progress):
            control.setEnabled(track is not None)
        liked = track is not None and playback.liked(track)
        self._heart.setVisible(track is not None)
        self._heart.reshape("heart" if liked else "heart-outline", theme.accent if liked else None)
        self._heart.rename("Remove from Liked Songs" if liked else "Save to Liked Songs")
        self._play.setIcon(icon("pause" if playback.playing else "play", theme.panel))
        self._play.rename("Pause" if playback.playing else "Play")
        self._shuffle.setChecked(playback.queue.shuffle)
        repeat = playback.queue.repeat
        self._repeat.reshape("repeat-once" if repeat == "one" else "repeat", None if repeat == "none" else theme.accent)
        self._repeat.rename({"none": "Repeat", "all": "Repeat one", "one": "Do not repeat"}[repeat])
        self._volume.show_share(playback.volume)
        level = "off" if playback.volume == 0 else "medium" if playback.volume < 0.5 else "high"
        self._mute.reshape(f"volume-{level}")
        self._mute.rename("Unmute" if playback.volume == 0 else "Mute")

    def _show_track(self, track: Track | None) -> None:
        self._shown = track
        if track is None:
            return
        self._title.setText(track.title)
        self._artist.setText(track.artist)
        self._length.setText(duration_text(track.duration_s))
        self._cover.setPixmap(cover(f"{track.artist} {track.album}", 56, self.devicePixelRatioF()))
