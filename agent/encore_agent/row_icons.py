"""Finding a drawing in a row or on a card: by the title that names it, then by its looks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from encore_agent.evidence import Place, Search, nearest, size_fits
from encore_agent.findings import Absent, Found
from encore_agent.rows import LINES, row_likeness
from encore_agent.titles import Match, best_matches, match
from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene

READ_FIRST = 4
"""Labels that are read before all are."""
ON_LINE = (24, 8)
"""Pixels across and down by which the only such drawing on a title's line may be off its place: a scroll bar comes and
goes."""


def find_row_icon(search: Search, wanted: str | None) -> Found | Absent:
    """The shown drawing where the row or card is called `wanted`, or as it was when it was shown."""
    cell, shown, now = search.cell, search.shown, search.now
    name = shown.name_of(cell) if cell is not None else None
    if cell is None or name is None:
        return Absent("the row that was clicked has no text to know it by")
    title = wanted or shown.texts([name])[0]
    pool = [c for c in now.candidates if not c.frame and size_fits(cell.box, c.box, search.scale)]
    looks = search.pair.looks_of(cell, pool) if pool else np.zeros(0, np.float32)
    # The cover of a title that is said looks like no other.
    any_cover = wanted is not None and cell.kind == "picture"
    alike = [
        (c, float(look))
        for c, look in zip(pool, looks, strict=True)
        if look >= search.options.row_icon_least or (any_cover and c.kind == "picture")
    ]
    owners = [(c, look, owner) for c, look in alike if (owner := now.name_of(c)) is not None]
    labels = list(dict.fromkeys(owner for _, _, owner in owners))
    kind, labels = _called(title, now, labels)
    if not labels:
        sure = [(c, look) for c, look in alike if look >= search.options.row_icon_looks]
        found = _on_line_of_title(search, cell, name, title, sure)
        return found or Absent(f"no drawing like it belongs to {title!r}", nearest(pool, looks) if pool else ())
    if len(labels) > 1:
        labels = _same_rows(search, labels) if wanted is None else []
    if len(labels) != 1:
        return Absent(f"{title!r} is there more than once, and nothing tells which one is meant", nearest(pool, looks))
    cells = sorted(((c, look) for c, look, owner in owners if owner == labels[0]), key=lambda pair: -pair[1])
    chosen, look = cells[0]
    surely = [c for c, look in cells if look >= search.options.row_icon_looks]
    if len(surely) > 1:
        nth = _nth(search, cell, name, surely)
        if nth is None:
            return Absent(f"{title!r} has more than one drawing like it, and nothing tells which", nearest(pool, looks))
        chosen, look = next(pair for pair in cells if pair[0] == nth)
    ahead = min((look - other for c, other in cells if c != chosen), default=1.0) if not surely else 1.0
    if ahead < search.options.row_icon_margin:
        return Absent(f"{title!r} has two drawings that look a little like it", nearest(pool, looks))
    evidence = {"reads": kind / Match.EXACT, "looks": look, "ahead": 2 * ahead}
    doubt = f"what belongs to {title!r} does not look enough like it, or another drawing does as well"
    place = Place(chosen.box, f"belongs to {title!r} ({kind.words}), looks {look:.2f}", look)
    return search.judged(place, "row_icon", evidence, doubt)


def _on_line_of_title(
    search: Search, cell: Candidate, name: Candidate, title: str, alike: Sequence[tuple[Candidate, float]]
) -> Found | Absent | None:
    """The drawing that stands to the only label which reads so as the shown one stood to its own.

    Where a search finds one row or two, nothing repeats that would tell a list.

    Returns:
        None where there is no such drawing, or more than one.
    """
    now, scale = search.now, search.scale
    if _stands_apart(search.shown, name, cell):
        return None
    down = scale * (cell.box.center.y - name.box.center.y)

    def on_line(drawing: Candidate, label: Candidate) -> bool:
        slack = max(ON_LINE[1], label.box.height / 2)
        return abs(drawing.box.center.y - label.box.center.y - down) <= slack

    level = [c for c in now.candidates if c.kind == "text" and any(on_line(drawing, c) for drawing, _ in alike)]
    said = [c for c, text in zip(level, now.texts(level), strict=True) if match(title, text) >= Match.READ_ALIKE]
    beside = [one for one in alike if len(said) == 1 and on_line(one[0], said[0])]
    if len(beside) != 1:
        return None  # cards side by side have one each
    (label,), (chosen, look) = said, beside[0]
    if (owner := now.name_of(chosen)) not in (None, label) and on_line(chosen, owner):
        return None  # rows stand side by side, and it is the next one's
    begin = scale * (cell.box.center.x - name.box.left)
    end = now.rect.width - scale * (search.shown.rect.width - cell.box.center.x)
    middle = chosen.box.center.x
    if min(abs(middle - label.box.left - begin), abs(middle - end)) > ON_LINE[0]:
        return None
    evidence = {"reads": match(title, now.texts([label])[0]) / Match.EXACT, "looks": look, "ahead": 2.0}
    place = Place(chosen.box, f"on the line of {title!r}, looks {look:.2f}", look)
    return search.judged(place, "row_icon", evidence, f"what is on the line of {title!r} is not enough like it")


def _stands_apart(scene: Scene, name: Candidate, cell: Candidate) -> bool:
    """Whether a drawing is not on the line of its name or the next, as on a card."""
    return abs(name.box.center.y - cell.box.center.y) > LINES * max(name.box.height, cell.box.height)


def _called(title: str, scene: Scene, labels: Sequence[Candidate]) -> tuple[Match, list[Candidate]]:
    """Which labels say the title; the likest are read first, and the rest only if none of them does."""
    if not labels:
        return Match.NONE, []
    order = np.argsort(-scene.named(labels, [title])[:, 0], kind="stable")
    for part in (order[:READ_FIRST], order[READ_FIRST:]):
        some = [labels[int(i)] for i in part]
        kind, places = best_matches(title, scene.texts(some))
        if places and kind >= Match.DECORATED:
            return kind, [some[place] for place in places]
    kind, places = best_matches(title, scene.texts(labels))
    return kind, [labels[place] for place in places]


def _same_rows(search: Search, labels: Sequence[Candidate]) -> list[Candidate]:
    """Of rows with the same title the one whose other text is as shown, if one is clearly ahead."""
    likeness = row_likeness(search, [(label, 1.0) for label in labels])
    order = np.argsort(likeness)[::-1]
    clear = likeness[order[0]] >= 90 and likeness[order[0]] - likeness[order[1]] >= 5
    return [labels[int(order[0])]] if clear else []


def _nth(search: Search, cell: Candidate, name: Candidate, cells: Sequence[Candidate]) -> Candidate | None:
    """Of equal drawings in one row the one that stands in the same order from the left as the shown one."""
    before = sorted((c for c in search.shown.alike(cell) if search.shown.name_of(c) == name), key=lambda c: c.box.left)
    now = sorted(cells, key=lambda c: c.box.left)
    return now[before.index(cell)] if len(before) == len(now) and cell in before else None
