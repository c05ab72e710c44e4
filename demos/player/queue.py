"""What plays next: a list that was started, shuffled or not, and what the person put in between."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from demos.player.catalogue import Track

Repeat = Literal["none", "all", "one"]


class Queue:
    """The order of play.

    Attributes:
        repeat: What happens at the end: of the list ("all" starts over) or of the track ("one").
        added: Tracks put into the queue by hand; they come before the rest of the list.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._list: list[Track] = []
        self._order: list[int] = []
        self._at = -1
        self._shuffle = False
        self._between: Track | None = None
        self.repeat: Repeat = "none"
        self.added: list[Track] = []

    @property
    def current(self) -> Track | None:
        """What plays, None before the first start."""
        if self._between is not None:
            return self._between
        return self._list[self._order[self._at]] if self._at >= 0 else None

    @property
    def shuffle(self) -> bool:
        """Whether the list is played in random order."""
        return self._shuffle

    @shuffle.setter
    def shuffle(self, on: bool) -> None:
        if on == self._shuffle:
            return
        self._shuffle = on
        if self._at >= 0:
            self._arrange(self._order[self._at])

    def start(self, tracks: Sequence[Track], index: int) -> Track:
        """Play a list from one of its tracks on."""
        self._list = list(tracks)
        self._between = None
        self._arrange(index)
        return self._list[index]

    def coming(self) -> list[Track]:
        """What will play after the current track, repetitions aside."""
        return self.added + [self._list[number] for number in self._order[self._at + 1 :]]

    def next(self, *, by_itself: bool = False) -> Track | None:
        """Go on to the next track.

        Args:
            by_itself: The track ran out, rather than the person asking; only then does "one" repeat it.

        Returns:
            The new current track; None at the end, where the current one stays.
        """
        if by_itself and self.repeat == "one":
            return self.current
        if self.added:
            self._between = self.added.pop(0)
            return self._between
        if self._at + 1 < len(self._order):
            self._at += 1
        elif self.repeat == "all" and self._order:
            self._at = 0
        else:
            return None
        self._between = None
        return self.current

    def previous(self) -> Track | None:
        """Go back by one; at the start of the list stay there. None where nothing was ever started."""
        if self._between is not None:
            self._between = None
        elif self._at > 0:
            self._at -= 1
        return self.current

    def _arrange(self, first: int) -> None:
        numbers = list(range(len(self._list)))
        if self._shuffle:
            numbers.remove(first)
            self._chance.shuffle(numbers)
            numbers.insert(0, first)
        self._order = numbers
        self._at = numbers.index(first)
