"""Lists and grids: what repeats from row to row, what belongs to one row, and what names a drawing in it.

A list is told by its pitch: its rows stand at equal distances, and what stands in a column of one row stands in the
same column of the next. So neither lines between the rows nor their height need to be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALIGNED = 4
"""Pixels by which edges of one column differ."""
NEARBY = 6
"""Rows above and below that are looked at."""
LOWEST = 14
"""Pixels of the lowest row."""
HIGHEST = 240
"""Pixels of the highest row; cards of a grid may be higher, and are told by their drawings."""
ALIKE_SIZE = 0.35
"""By how much the sizes of two cells of a column may differ."""
GROWN = 1.0
"""The same of labels of which some grew together with their drawings, which are higher."""
OCCUPIED = 0.8
"""Share of the rows between the first and the last one that must have the cell."""
EQUAL_STEPS = 0.2
"""Part of a distance by which a multiple of it may be off."""
FEW_ROWS = 3
"""Rows that say little: two equal distances may be an accident."""
DRAWING = 1.8
"""Times the height of a label that a drawing before it takes up, with the gap between them."""
CARD = (640, 440)
"""Pixels to the side, and up or down, within which a card's name lies."""
CARD_SLACK = 6
"""Pixels by which the same distance differs from card to card."""
EQUAL = 3
"""Drawings that must be equal for a label beside them to be no accident."""
OWN = 0.9
"""Of the distance to the next one below, within which a card and its name are apart."""
SOME = 4
"""Of those drawings, that are asked how many are named as they are."""
NAMED = 0.6
"""Share of equal drawings that must have a label at the same distance."""

NEARLY_FULL = 0.15
"""By how much a smaller pitch may be less trusted than the most trusted one."""

Indexes = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pitch:
    """The rows around one cell."""

    step: float
    """Pixels from row to row."""
    rows: tuple[int, ...]
    """Numbers of the rows that have the cell too, its own being 0."""

    @property
    def has_gaps(self) -> bool:
        """Whether rows between the first and the last one lack the cell."""
        return len(self.rows) < max(self.rows[-1], 0) - min(self.rows[0], 0)

    def is_multiple_of(self, step: float) -> bool:
        """Whether it is twice a distance, three times or more."""
        times = round(self.step / step)
        return times >= 2 and abs(times * step - self.step) <= EQUAL_STEPS * step


class Lists:
    """What repeats on one picture."""

    def __init__(self, boxes: NDArray[np.float32], text: NDArray[np.bool_], ink: NDArray[np.bool_]) -> None:
        """Nothing is worked out yet.

        Args:
            boxes: Left, top, width and height of all candidates, [n, 4].
            text: Which of them are labels, [n].
            ink: Which of them are ink that may stand in a row, [n]: no field, and nothing in one.
        """
        self._sides = np.stack([boxes[:, 0], boxes[:, 0] + boxes[:, 2], boxes[:, 0] + boxes[:, 2] / 2])
        """Left, right and middle, [3, n]."""
        self._sizes = np.maximum(boxes[:, 2:], 1)
        self._middle = boxes[:, 1] + boxes[:, 3] / 2
        self._text = text
        self._ink = ink
        self._named: dict[tuple[bytes, tuple[float, float]], int] = {}

    def pitch(self, cell: int) -> Pitch | None:
        """The pitch of the list that a candidate stands in; None where it stands in none, or in one of two rows."""
        pitch = self._pitch_in(self._aligned(cell), cell)
        if self._text[cell] and (pitch is None or len(pitch.rows) < FEW_ROWS or pitch.has_gaps):
            beside = self._pitch_in(self._begun(cell), cell)
            # Of labels that grew together with their drawings some stand at equal distances by accident.
            if beside is not None and len(beside.rows) >= max(FEW_ROWS, len(pitch.rows) + 1 if pitch else 0):
                pitch = beside
        if self._text[cell] and pitch is not None and pitch.step >= 2 * LOWEST:
            between = self._pitch_in(self._level(cell), cell, GROWN)
            # Where labels grew together with their drawings, those that did not may stand at twice the distance.
            if between is not None and len(between.rows) > len(pitch.rows) and pitch.is_multiple_of(between.step):
                return between
        if not self._text[cell] and pitch is not None and pitch.step >= 2 * LOWEST:
            return self._pitch_beside(cell, pitch)
        return pitch

    def _pitch_beside(self, cell: int, pitch: Pitch) -> Pitch:
        """The pitch of the labels on the line of a drawing, where the drawing's own is a multiple of it.

        Where something is on, drawings look otherwise, and those that do not may stand at twice the distance; then
        other drawings stand in their column between them.
        """
        level = np.flatnonzero((np.abs(self._middle - self._middle[cell]) <= ALIGNED) & self._text & self._ink)
        beside = (self.pitch(int(label)) for label in level)
        finer = (p for p in beside if p is not None and len(p.rows) > len(pitch.rows) and pitch.is_multiple_of(p.step))
        best = max(finer, key=lambda p: len(p.rows), default=None)
        if best is None:
            return pitch
        column = self._ink & ~self._text & (np.abs(self._sides[2] - self._sides[2, cell]) <= ALIGNED)
        rows = np.rint((self._middle[column] - self._middle[cell]) / best.step).astype(int)
        return best if np.isin(rows[rows % round(pitch.step / best.step) != 0], best.rows).any() else pitch

    def _pitch_in(self, column: NDArray[np.bool_], cell: int, differing: float = ALIKE_SIZE) -> Pitch | None:
        """The pitch of a candidate in its column, [n], with those whose sizes differ from its own by so much."""
        ratio = np.abs(self._sizes / self._sizes[cell] - 1) <= differing
        fits = ratio[:, 1] & (ratio[:, 0] | self._text[cell])
        column = column & fits & self._ink & (self._text == self._text[cell])
        away = self._middle[column] - self._middle[cell]
        away = away[np.abs(away) >= max(LOWEST, 1.1 * self._sizes[cell, 1])]
        slack = max(3.0, 0.2 * float(self._sizes[cell, 1]))
        steps = np.unique(np.abs(away))
        found = _rows(steps[steps <= HIGHEST], away, slack)
        # Every other row is full as well: one row that was not made out must not double the pitch, nor two equal
        # distances by accident outdo it, so a step is trusted as far as rows speak for it.
        trust = [share * len(pitch.rows) / (len(pitch.rows) + share) for share, pitch in found]
        least = max(trust, default=0.0) - NEARLY_FULL
        full = (p for (share, p), much in zip(found, trust, strict=True) if share >= OCCUPIED and much >= least)
        return next(full, None)

    def row(self, cell: int, pitch: Pitch) -> Indexes:
        """What stands in the row of a candidate, and in most of the rows around it too."""
        half = pitch.step / 2
        band = np.flatnonzero((np.abs(self._middle - self._middle[cell]) < half) & self._ink)
        offsets = np.array(pitch.rows) * pitch.step
        slack = max(3.0, 0.2 * float(self._sizes[cell, 1])) + 0.5 * np.abs(np.array(pitch.rows))
        kept = [other for other in band if other == cell or self._repeats(int(other), offsets, slack)]
        return np.asarray(kept, np.intp)

    def _repeats(self, cell: int, offsets: NDArray[np.float64], slack: NDArray[np.float64]) -> bool:
        grown = self._text[cell] and len(offsets) >= FEW_ROWS
        columns = [self._aligned(cell), *([self._begun(cell)] if grown else [])]
        return any(self._repeats_in(column, cell, offsets, slack) for column in columns)

    def _repeats_in(
        self, column: NDArray[np.bool_], cell: int, offsets: NDArray[np.float64], slack: NDArray[np.float64]
    ) -> bool:
        column = column & self._ink & (self._text == self._text[cell])
        away = self._middle[column] - self._middle[cell]
        there = (np.abs(away[None] - offsets[:, None]) <= slack[:, None]).any(axis=1)
        return bool(2 * np.count_nonzero(there) >= len(there))

    def _aligned(self, cell: int) -> NDArray[np.bool_]:
        """Which candidates share their left edge, right edge or middle; columns are one of the three."""
        return np.asarray((np.abs(self._sides - self._sides[:, [cell]]) <= ALIGNED).any(axis=0), np.bool_)

    def _begun(self, cell: int) -> NDArray[np.bool_]:
        """Which candidates begin where a label would that grew together with the drawing before it."""
        further = self._sides[0] - self._sides[0, cell]
        return np.asarray((further > 0) & (further <= DRAWING * self._sizes[cell, 1]), np.bool_)

    def _level(self, cell: int) -> NDArray[np.bool_]:
        """Which candidates begin where a label does that may have grown together with the drawing before, or not."""
        apart = np.abs(self._sides[0] - self._sides[0, cell])
        return np.asarray(apart <= DRAWING * np.maximum(self._sizes[:, 1], self._sizes[cell, 1]), np.bool_)

    def named_alike(self, cell: int, alike: Indexes, row: float | None = None) -> Sequence[int]:
        """Labels at the same distance from a drawing as from most drawings like it, the upper left first.

        Args:
            cell: The drawing.
            alike: All drawings like it, itself included.
            row: Pixels from one to the next below it, where they stand in a list.
        """
        labels = np.flatnonzero(self._text & self._ink)
        if len(alike) < EQUAL or not len(labels):
            return []
        least, reach = max(2, NAMED * len(alike)), (float(CARD[0]), float(CARD[1]))
        if row is not None:
            # What names some in their own rows names all there; the name of a card may lie further off.
            # Labels tell the pitch badly where they do not begin alike; the drawings themselves stand as the rows do.
            gaps = np.diff(np.sort(self._middle[alike[self._aligned(cell)[alike]]]))
            row = min(row, float(gaps[gaps >= LOWEST].min(initial=row)))
            beside = np.inf, row / 2
            reach = beside if self._most(alike, labels, beside) >= least else (CARD[0], OWN * row)
        counts = self._equal(cell, alike, labels, reach)
        most = int(counts.max(initial=0))
        # Where its own label was not made out, those of other rows stand at equal distances as well.
        if most < least or most < self._most(alike, labels, reach):
            return []
        chosen = labels[self._own(cell, alike, labels, np.flatnonzero(counts == most), reach)]
        left, centre = self._sides[0, chosen], self._sides[2, chosen]
        # Names begin at one place of their cards, or stand in the middle below their drawings.
        together = [np.abs(side[:, None] - side[None]) <= ALIGNED for side in (left, centre)]
        begins = np.where(together[0] | together[1], left[None], np.inf).min(axis=1, initial=np.inf)
        order = np.argsort(begins, kind="stable")
        chosen, begins = chosen[order], begins[order]
        column = np.cumsum(np.diff(begins, prepend=begins[:1]) > ALIGNED)
        # Of those in the middle above and below a drawing the nearest is its own: above is that of the card before.
        aside = {int(one) for one in column[np.abs(self._sides[2, chosen] - self._sides[2, cell]) > ALIGNED]}
        centred = np.array([int(one) not in aside for one in column], bool)
        down = np.where(centred, np.abs(self._middle[chosen] - self._middle[cell]), self._middle[chosen])
        return [int(label) for label in chosen[np.lexsort((down, column))]]

    def _own(self, cell: int, alike: Indexes, labels: Indexes, chosen: Indexes, reach: tuple[float, float]) -> Indexes:
        """Those of the chosen labels that no other card of the same line has nearer to the drawing.

        The names of cards side by side all stand at equal distances. Where the drawings of a column were not made out,
        that of the card before is as good as its own, unless something tells: its own is on the same side and nearer.
        One on either side may be it, so neither is; nor is one that fewer cards of the line have than have another
        one of it, for where each line has cards of its own width, only the name of the card before stands as far off in
        all of them.
        """
        level = alike[np.abs(self._middle[alike] - self._middle[cell]) <= CARD_SLACK]
        steps = np.abs(self._sides[2, level][:, None] - self._sides[2, level][None])
        steps = np.unique(steps[steps > CARD_SLACK])
        left, across = self._sides[0, labels], self._sides[2, labels] - self._sides[2, cell]
        line = np.abs(self._middle[labels][:, None] - self._middle[labels][None]) <= CARD_SLACK
        apart = np.abs(left[None] - left[:, None])
        # The first step that is not too short for each; there are too many to try all.
        steps = np.append(steps, np.inf)
        cards = line & (steps[np.searchsorted(steps, apart - CARD_SLACK)] <= apart + CARD_SLACK)
        same_side = np.sign(across)[:, None] == np.sign(across)[None]
        nearer = cards & same_side & (np.abs(across)[None] < np.abs(across)[:, None])
        here = self._equal(cell, level, labels, reach)
        nearer |= cards & (here[None] > here[:, None])
        left_over = chosen[~nearer[chosen].any(axis=1)]
        rivals = cards[np.ix_(left_over, left_over)].any(axis=1)
        return np.asarray(left_over[~rivals], np.intp)

    def _most(self, alike: Indexes, labels: Indexes, reach: tuple[float, float]) -> int:
        """How many of some drawings have a label at the same distance, at best."""
        key = alike.tobytes(), reach
        if key not in self._named:
            some = alike[:: max(1, len(alike) // SOME)]
            self._named[key] = max(int(self._equal(int(cell), alike, labels, reach).max(initial=0)) for cell in some)
        return self._named[key]

    def _equal(self, cell: int, alike: Indexes, labels: Indexes, reach: tuple[float, float]) -> Indexes:
        """How many of some drawings have a label where each stands to one of them, within a reach."""
        left, middle = self._sides[0, labels], self._middle[labels]
        down = middle - self._middle[cell]
        counts = np.zeros(len(labels), np.intp)
        # Names begin at the same place of each card, or stand in the middle below each drawing.
        for side in (left, self._sides[2, labels]):
            across = side - self._sides[2, cell]
            equal = np.zeros(len(labels), np.intp)
            for other in alike:
                x, y = self._sides[2, other] + across, self._middle[other] + down
                level = np.abs(middle[None] - y[:, None]) <= CARD_SLACK
                equal += (level & (np.abs(side[None] - x[:, None]) <= CARD_SLACK)).any(axis=1)
            equal[(np.abs(across) > reach[0]) | (np.abs(down) > reach[1])] = 0
            counts = np.maximum(counts, equal)
        return counts


def _rows(steps: NDArray[np.float32], away: NDArray[np.float32], slack: float) -> list[tuple[float, Pitch]]:
    """Which rows at each distance have a cell, and which share of those that could; none where there are less than two.

    Args:
        steps: Distances from one row to the next that are tried, [s].
        away: How far below the cell those like it stand, [n].
        slack: Pixels by which these differ.
    """
    numbers = np.rint(away / steps[:, None])
    next_rows = (np.abs(numbers) >= 1) & (np.abs(numbers) <= 2)
    next_rows &= np.abs(away - numbers * steps[:, None]) <= slack + 1
    # The middles of labels differ by their letters, so two rows tell the distance badly and four do well.
    counted = np.where(next_rows, numbers, 0)
    better = (away * counted).sum(axis=1) / np.maximum(1, (counted**2).sum(axis=1))
    steps = np.where(better == 0, steps, better)
    numbers = np.rint(away / steps[:, None])
    near = (np.abs(numbers) <= NEARBY) & (np.abs(away - numbers * steps[:, None]) <= slack + 0.5 * np.abs(numbers))
    found = []
    for step, its, there in zip(steps.tolist(), numbers, near, strict=True):
        rows = sorted({int(number) for number in its[there].tolist() if number})
        if len(rows) >= 2:
            # The cell's own row is between the first and the last one, and is no other row.
            between = max(rows[-1], 0) - min(rows[0], 0)
            found.append((len(rows) / between, Pitch(step, tuple(rows))))
    return found
