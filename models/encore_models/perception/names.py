"""What names a drawing: the title of its row in a list, or of the card that it lies on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from encore_models.perception.candidates import Candidate
from encore_models.perception.captions import caption_of
from encore_models.perception.lists import ALIGNED, CARD_SLACK, NEARBY
from encore_recorder.geometry import Point, Rect

if TYPE_CHECKING:
    from encore_models.perception.screen import Scene

GRID = 3
"""Pictures of one size side by side from which they are cards."""
ASKED = 3
"""Drawings that are asked how they are named, where one looks like no other."""


class Names:
    """Names what a scene shows."""

    def __init__(self, scene: Scene) -> None:
        """Nothing is looked at yet."""
        self._scene = scene
        self._known: dict[Candidate, Candidate | None] = {}
        self._own: dict[Candidate, Candidate | None] = {}
        self._told: dict[Candidate, Candidate | None] = {}

    def of(self, cell: Candidate) -> Candidate | None:
        """The label that names what a drawing belongs to: the title of its row or card; None where there is none."""
        if cell not in self._known:
            ways = self._own_name, self._name_like_others
            few = len(self._scene.alike(cell)) <= GRID
            names = (way(cell) for way in (*(ways[::-1] if few else ways), self._caption))
            self._known[cell] = next((n for n in names if n is not None and not self._is_of_another(n, cell)), None)
        return self._known[cell]

    def item_of(self, cell: Candidate) -> tuple[Candidate, ...]:
        """What of its row belongs to a cell: all from the title before it to the next one, where items stand so."""
        scene = self._scene
        row, pitch = scene.row_of(cell), scene.pitch_of(cell)
        if pitch is None:
            return row
        height = NEARBY * pitch.step
        titles = [c.box for c in self._side_by_side if abs(c.box.center.y - cell.box.center.y) <= height]
        # One drawing of a row may be made out otherwise, such as the one that is on: its column tells.
        starts = sorted(
            label.box.left
            for label in row
            if label.kind == "text" and any(abs(label.box.left - title.left) <= ALIGNED for title in titles)
        )
        if len(starts) < 2:
            return row
        begin = max((start for start in starts if start <= cell.box.left), default=starts[0])
        end = min((start for start in starts if start > begin), default=scene.rect.right)
        return tuple(c for c in row if begin <= c.box.left < end or c == cell)

    @cached_property
    def _side_by_side(self) -> frozenset[Candidate]:
        """The labels that name a drawing in a list as labels of another column name the like of it there."""
        scene = self._scene
        named = {c: self.of(c) for c in scene.candidates if c.kind == "icon" and scene.is_listed(c)}
        own = {c: name.box for c, name in named.items() if name is not None and _on_level(c.box, name.box)}

        def stands_apart(cell: Candidate, other: Candidate) -> bool:
            return not _in_one_column(cell, other) and _stands_alike(cell.box, own[cell], other.box, own[other])

        twice = (c for c in own if any(other in own and stands_apart(c, other) for other in scene.alike(c)))
        return frozenset(name for c in twice if (name := named[c]) is not None)

    def _own_name(self, cell: Candidate) -> Candidate | None:
        if cell not in self._own:
            self._own[cell] = self._find_own_name(cell)
        return self._own[cell]

    def _find_own_name(self, cell: Candidate) -> Candidate | None:
        scene = self._scene
        grid, alike = scene.in_grid(cell), self._like(cell)
        row = self._in_its_list(cell, scene.row_of(cell))
        if not grid and scene.pitch_of(cell) is not None and sum(c in alike for c in row) == 1:
            title = title_of(c for c in row if c != cell)
            if title is not None:
                return title
        name, pitch = self._told_name(cell), scene.pitch_of(cell)
        if name is None or (pitch is None and not self._as_others(cell, name, alike)):
            return self._name_of_card(cell)
        return name

    def _like(self, cell: Candidate) -> Iterable[Candidate]:
        """What looks like a drawing; over photographs, what is of its size."""
        return self._scene.of_its_size(cell) if self._scene.in_grid(cell) else self._scene.alike(cell)

    def _told_name(self, cell: Candidate) -> Candidate | None:
        """The label at the same distance from a drawing as from most drawings like it."""
        if cell not in self._told:
            scene = self._scene
            index, pitch = scene.index(cell), scene.pitch_of(cell)
            numbers = np.asarray(sorted({index, *(scene.index(c) for c in self._like(cell))}), np.intp)
            named = scene.lists.named_alike(index, numbers, None if pitch is None else pitch.step)
            self._told[cell] = scene.candidates[named[0]] if named else None
        return self._told[cell]

    def _as_others(self, cell: Candidate, name: Candidate, alike: Iterable[Candidate]) -> bool:
        """Whether what may name a drawing that stands in no list stands to it as the names of its like do to theirs.

        Below a list the same drawing may stand for what is played: any column of the list is at an equal distance then.
        Where the cards of a line are wider than those of another one, so is the name of the next card.
        """
        others = sorted((c for c in alike if c != cell), key=lambda c: c.box.top)
        listed = [c for c in others if self._scene.pitch_of(c) is not None][:ASKED]
        names = [(c, own) for c in listed if (own := self._own_name(c)) is not None]
        names = names or [(c, told) for c in others[:ASKED] if (told := self._told_name(c)) is not None]
        return not names or any(_stands_alike(cell.box, name.box, c.box, own.box) for c, own in names)

    def _name_like_others(self, cell: Candidate) -> Candidate | None:
        """What names one that was acted on, and looks like no other: what stands to it as the names of others do."""
        scene = self._scene
        in_line = [c for c in scene.candidates if c.kind == "icon" and c != cell and _in_line(c, cell)]
        others = max((scene.alike(c) for c in in_line), key=len, default=frozenset())
        middle = cell.box.center
        nearest = sorted((c for c in in_line if c in others), key=lambda c: _steps(c.box.center, middle))
        for other in nearest[:ASKED]:
            if len(others) < GRID or (name := self._own_name(other)) is None:
                continue
            left = middle.x + name.box.left - other.box.center.x
            line = middle.y + name.box.center.y - other.box.center.y
            for label in scene.candidates:
                beside = abs(label.box.left - left) <= ALIGNED and abs(label.box.center.y - line) <= ALIGNED
                if label.kind == "text" and beside:
                    return label
        return None

    def _is_of_another(self, name: Candidate, cell: Candidate) -> bool:
        """Whether a label is on the line of another drawing of the column, as captions of a form that end together."""
        others = (c for c in self._like(cell) if c != cell and _in_one_column(c, cell))
        return not _on_level(name.box, cell.box) and any(_on_level(c.box, name.box) for c in others)

    def _caption(self, cell: Candidate) -> Candidate | None:
        """What names the field that a drawing is in, where a form has many fields with such a drawing."""
        scene = self._scene
        field = scene.field_of(cell) if cell.kind == "icon" else None
        if field is None:
            return None
        column = [c for c in scene.alike(cell) if _in_one_column(c, cell) and scene.field_of(c) is not None]
        return caption_of(scene, field) if len(column) >= GRID else None

    def _in_its_list(self, cell: Candidate, row: Sequence[Candidate]) -> list[Candidate]:
        """What of a row belongs to the list that a drawing stands in: another list's column of it ends before that.

        Where one more list follows, its title is not that of what stands behind a title of its own. One that was acted
        on looks otherwise, so its column tells rather than it alone. A single drawing of its kind, such as that of what
        is played, is no other list's column.
        """
        scene = self._scene
        own = [c for c in scene.candidates if c.kind == cell.kind and _in_one_column(c, cell)]
        others = {other for c in own for other in scene.alike(c) if not _in_one_column(other, cell)}
        drawings = [c for c in scene.candidates if c.kind in ("icon", "picture")]
        columns = {c.box.center.x for c in others}
        full = {x for x in columns if 2 * sum(_has_beside(one, x, drawings) for one in own) >= len(own)}
        lists = [
            c.box for c in others if c.box.center.x in full and sum(_in_one_column(c, other) for other in others) > 1
        ]
        start = max((box.right for box in lists if box.right <= cell.box.left), default=0)
        row = [c for c in row if c.box.left >= start]
        before = [c for c in row if c.box.left <= cell.box.left]
        next_list = any(box.left >= cell.box.right for box in lists)
        return before if next_list and title_of(before) is not None else row

    def _name_of_card(self, cell: Candidate) -> Candidate | None:
        """The label that names the card a drawing lies on: over photographs no two drawings look equal, cards do."""
        around = (card for card in self.cards if card != cell and card.box.intersection(cell.box) == cell.box)
        card = min(around, key=lambda c: c.box.area, default=None)
        return self.cards[card] if card is not None and self.cards[card] != cell else None

    @cached_property
    def cards(self) -> dict[Candidate, Candidate]:
        """The cards of one size that hold a label at the same place, and that label, from top to bottom."""
        scene, named = self._scene, {}
        for card in (c for c in scene.candidates if c.kind == "picture"):
            cards = scene.of_its_size(card)
            if len(cards) < GRID:
                continue
            numbers = np.asarray(sorted(scene.index(c) for c in cards), np.intp)
            labels = (scene.candidates[i] for i in scene.lists.named_alike(scene.index(card), numbers))
            inside = (label for label in labels if card.box.intersection(label.box) == label.box)
            if (name := next(inside, None)) is not None:
                named[card] = name
        return named


def _stands_alike(drawing: Rect, name: Rect, other: Rect, its: Rect) -> bool:
    """Whether two names begin, or have their middle, at the same distance from their drawings."""
    down = abs((name.center.y - drawing.center.y) - (its.center.y - other.center.y))
    begin = abs((name.left - drawing.center.x) - (its.left - other.center.x))
    middle = abs((name.center.x - drawing.center.x) - (its.center.x - other.center.x))
    return max(down, min(begin, middle)) <= CARD_SLACK


def _in_one_column(a: Candidate, b: Candidate) -> bool:
    # Asked some hundred times a picture; a point for each middle takes longer than all else.
    one, other = a.box, b.box
    return abs(one.left + one.width // 2 - other.left - other.width // 2) <= ALIGNED


def _has_beside(cell: Candidate, column: int, drawings: Iterable[Candidate]) -> bool:
    """Whether a drawing stands level with a cell where a column is; those of several rows may have grown together."""
    place = Point(column, cell.box.center.y)
    return any(c.box.contains(place) for c in drawings)


def _in_line(a: Candidate, b: Candidate) -> bool:
    return _in_one_column(a, b) or abs(a.box.center.y - b.box.center.y) <= ALIGNED


def _on_level(a: Rect, b: Rect) -> bool:
    return a.top < b.bottom and b.top < a.bottom


def _steps(a: Point, b: Point) -> int:
    """Pixels from one to the other, along the columns and rows."""
    return abs(a.x - b.x) + abs(a.y - b.y)


def title_of(cells: Iterable[Candidate]) -> Candidate | None:
    """What a row is called: its first label, and of two lines that begin together the upper one."""
    texts = [cell for cell in cells if cell.kind == "text"]
    first = min((cell.box.left for cell in texts), default=0)
    begin = [cell for cell in texts if cell.box.left <= first + 2 * ALIGNED]
    return min(begin, key=lambda cell: cell.box.top, default=None)
