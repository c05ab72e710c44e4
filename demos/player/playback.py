"""The player without its window: what plays, and every wish that can be put to it."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from demos.player.audio import Deck, open_output
from demos.player.catalogue import LIKED, Catalogue, Playlist, Track
from demos.player.queue import Queue, Repeat

_TICK_MS = 100
_RESTART_AFTER_S = 3.0
"""Further into a track than this, "previous" starts it again."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the world outside may know."""

    track: Track | None
    status: Literal["Playing", "Paused", "Stopped"]
    position_s: float
    taken_s: float
    """`time.monotonic()` of `position_s`."""
    volume: float
    shuffle: bool
    repeat: Repeat


class Playback(QObject):
    """Plays a catalogue. Lives in the window's thread.

    Signals:
        changed: Something that is shown changed, the position aside.
        ticked: The position moved on.
        sought: The position jumped; in seconds.
        noticed: There is something to tell the person in passing.
        troubled: Something is wrong for as long as it is not taken back with an empty text.
        listed: A playlist has other tracks now; its name.
    """

    changed = Signal()
    ticked = Signal(float)
    sought = Signal(float)
    noticed = Signal(str)
    troubled = Signal(str)
    listed = Signal(str)

    def __init__(self, catalogue: Catalogue, *, volume: float, seed: int) -> None:
        super().__init__()
        self.catalogue = catalogue
        self.queue = Queue(random.Random(seed))
        self._lists = {playlist.name: list(playlist.tracks) for playlist in catalogue.playlists}
        self._deck = Deck()
        self._deck.volume = volume
        self._output = open_output(self._deck)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def announce(self) -> None:
        """Tell what must be told at the start."""
        self.troubled.emit(self._output.notice or "")

    def close(self) -> None:
        """Let the sound device go."""
        self._timer.stop()
        self._output.close()

    # State --------------------------------------------------------------------------------------------------------

    @property
    def track(self) -> Track | None:
        """What is on, None before the first start."""
        return self.queue.current

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._deck.playing

    @property
    def volume(self) -> float:
        """Loudness, 0..1."""
        return self._deck.volume

    def snapshot(self) -> Snapshot:
        """The state as of now."""
        status: Literal["Playing", "Paused", "Stopped"] = "Playing" if self.playing else "Paused"
        return Snapshot(
            track=self.track,
            status=status if self.track else "Stopped",
            position_s=self._deck.position_s,
            taken_s=time.monotonic(),
            volume=self.volume,
            shuffle=self.queue.shuffle,
            repeat=self.queue.repeat,
        )

    # Wishes -------------------------------------------------------------------------------------------------------

    def start(self, tracks: Sequence[Track], index: int = 0) -> None:
        """Play a list from one of its tracks on."""
        if tracks:
            self._deck.load(self.queue.start(tracks, index))
            self.changed.emit()

    def resume(self) -> None:
        """Go on playing, or begin with the liked songs where nothing was started yet."""
        if self.track is None:
            self.start(self.playlist(LIKED).tracks)
        else:
            self._deck.resume()
            self.changed.emit()

    def pause(self) -> None:
        """Fall silent and stay in place."""
        self._deck.pause()
        self.changed.emit()

    def toggle(self) -> None:
        """Pause, or go on."""
        if self.playing:
            self.pause()
        else:
            self.resume()

    def stop(self) -> None:
        """Pause at the start of the track."""
        self._deck.pause()
        self.seek(0.0)
        self.changed.emit()

    def next(self) -> None:
        """Play the next track; at the end of the list stop."""
        self._put_on(self.queue.next())

    def previous(self) -> None:
        """Play the track before, or this one again from its start."""
        if self._deck.position_s > _RESTART_AFTER_S:
            self.seek(0.0)
        else:
            self._put_on(self.queue.previous())

    def seek(self, position_s: float) -> None:
        """Jump to a place in the track."""
        self._deck.seek(position_s)
        self.sought.emit(self._deck.position_s)
        self.ticked.emit(self._deck.position_s)

    def set_volume(self, volume: float) -> None:
        """Set the loudness, 0..1."""
        self._deck.volume = volume
        self.changed.emit()

    def set_shuffle(self, on: bool) -> None:
        """Play the list in random order, or in its own."""
        self.queue.shuffle = on
        self.changed.emit()

    def set_repeat(self, repeat: Repeat) -> None:
        """Choose what happens at the end."""
        self.queue.repeat = repeat
        self.changed.emit()

    def enqueue(self, track: Track) -> None:
        """Play a track after the current one."""
        self.queue.added.append(track)
        self.noticed.emit(f"Added to queue: {track.title}")
        self.changed.emit()

    # Playlists ----------------------------------------------------------------------------------------------------

    def playlists(self) -> tuple[Playlist, ...]:
        """Every playlist as it is now, the liked songs first."""
        return tuple(self.playlist(name) for name in self._lists)

    def playlist(self, name: str) -> Playlist:
        """One playlist as it is now."""
        return Playlist(name, tuple(self._lists[name]))

    def add_to_playlist(self, name: str, track: Track) -> None:
        """Append a track to a playlist that does not hold it yet."""
        if track not in self._lists[name]:
            self._lists[name].append(track)
            self.noticed.emit(f"Added to {name}: {track.title}")
            self._relisted(name)

    def liked(self, track: Track) -> bool:
        """Whether a track is among the liked songs."""
        return track in self._lists[LIKED]

    def like(self, track: Track, on: bool) -> None:
        """Put a track among the liked songs, or take it out."""
        if on and not self.liked(track):
            self._lists[LIKED].insert(0, track)
        elif not on and self.liked(track):
            self._lists[LIKED].remove(track)
        self._relisted(LIKED)

    # --------------------------------------------------------------------------------------------------------------

    def _relisted(self, name: str) -> None:
        self.listed.emit(name)
        self.changed.emit()

    def _put_on(self, track: Track | None) -> None:
        if track is None:
            self._deck.pause()
            self._deck.seek(0.0)
        else:
            self._deck.load(track)
        self.changed.emit()

    def _tick(self) -> None:
        if not self._output.alive():
            self._output.close()
            self._output = open_output(self._deck)
            self.announce()
        if self._deck.finished and self.track is not None:
            self._put_on(self.queue.next(by_itself=True))
        self.ticked.emit(self._deck.position_s)
