"""Rows of a list: which places of the current picture are rows like the one that was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rapidfuzz import fuzz, utils

from encore_agent.context import Pair
from encore_agent.evidence import Place, Search, nearest
from encore_agent.findings import LOST, Absent, Found, LookAlike, RowChoice
from encore_agent.labels import find_label, is_cut_off, on_label, on_other_words, only_label
from encore_agent.titles import Match, best_matches, match, plain
from encore_models.macro import Target
from encore_models.perception.candidates import Candidate
from encore_models.perception.names import title_of
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Point, Rect

LIKE = 0.56
"""Structure from which a label is taken for the same column of a row."""
SHORTEST = 2
"""Letters of a name that is told from what a reader makes of a drawing."""
LINES = 1.8
"""Times the lower one's height that the middles of a row's title and of the line below it are apart at most."""
MANY = 3
"""Drawings alike from which they are those of cards, or of rows, and no tools."""
OTHERWISE = 0.25
"""By how much two rows that read the same must differ in structure for one of them not to be the shown one."""
GROUP = 0.12
"""By how much a column may be less like the shown one than the best column and still be asked."""


def rows_like(pair: Pair, cell: Candidate) -> list[tuple[Candidate, float]]:
    """Labels of the current picture that stand in a row as `cell` stood in its row, from top to bottom.

    Their text plays no part: it is the order of labels and drawings beside them, their gaps and their size. A text in a
    field, a title in the player's bar and an entry of the side bar stand among other things than a result does. What
    names a card is in the place of what names another one.

    Returns:
        The labels and how alike the rows are, 0 to 1.
    """
    shown, now, scale = pair.here, pair.there, pair.scale
    if now.cards and cell in shown.cards.values():
        return [(name, 1.0) for name in now.cards.values()]
    row = shown.item_of(cell)
    scored = [
        (candidate, structure(row, cell, now.item_of(candidate), candidate, scale))
        for candidate in now.candidates
        if candidate.kind == "text"
        and now.field_of(candidate) is None
        and 0.5 * scale <= candidate.box.height / cell.box.height <= 2.0 * scale
    ]
    alike = [(candidate, score) for candidate, score in scored if score >= LIKE]
    best: dict[int, float] = {}
    for candidate, score in alike:
        column = _column(candidate, alike)
        best[column] = max(best.get(column, 0.0), score)
    top = max(best.values(), default=0.0)
    return [(c, score) for c, score in alike if best[_column(c, alike)] >= top - GROUP]


def structure(
    row: Sequence[Candidate], cell: Candidate, other_row: Sequence[Candidate], other: Candidate, scale: float
) -> float:
    """How alike two cells stand in their rows, 0 to 1.

    Args:
        row: The shown row, left to right, with `cell` in it.
        cell: The cell that was shown.
        other_row: A row of the current picture with `other` in it.
        other: The cell in question.
        scale: How much larger the current picture is drawn.
    """
    total = agreed = 0.0
    for left in (True, False):
        side, other_side = (_side(r, c, left) for r, c in ((row, cell), (other_row, other)))
        total += (len(side) + len(other_side)) / 2
        agreed += _in_order(side, cell.box, other_side, other.box, scale)
    # A label alone in its row has only itself to compare.
    return (1 + agreed) / (1 + total)


def _side(row: Sequence[Candidate], cell: Candidate, left: bool) -> list[Candidate]:
    """The cells on one side, nearest first; a second line of the same cell is on neither side."""
    box = cell.box
    if left:
        return sorted((c for c in row if c.box.right <= box.left + 2), key=lambda c: -c.box.right)
    return sorted((c for c in row if c.box.left >= box.right - 2), key=lambda c: c.box.left)


def _in_order(side: list[Candidate], box: Rect, other_side: list[Candidate], other: Rect, scale: float) -> float:
    """The best that cells can be paired without crossing, each pair worth up to 1."""
    best = np.zeros((len(side) + 1, len(other_side) + 1))
    for i, a in enumerate(side):
        for j, b in enumerate(other_side):
            pair = best[i, j] + _pair(a, box, b, other, scale)
            best[i + 1, j + 1] = max(pair, best[i, j + 1], best[i + 1, j])
    return float(best[-1, -1])


def _pair(a: Candidate, box: Rect, b: Candidate, other: Rect, scale: float) -> float:
    """How well two cells of two rows fit each other: what they are, then how far away they stand."""
    if (a.kind == "text") != (b.kind == "text"):
        # Short numbers and wide drawings, such as three dots, lie between the two.
        if max(a.box.width / a.box.height, b.box.width / b.box.height) > 4:
            return 0.0
        kind = 0.5
    else:
        kind = 1.0
    ratio = b.box.height / max(1, a.box.height) / scale
    if not 0.5 <= ratio <= 2.0:
        return 0.0
    # Columns begin at their left edge; what is right of the cell ends at its right edge in some.
    before, after = (a.box.left - box.left) * scale, b.box.left - other.left
    column = 1.0 if abs(before - after) <= 12 + 0.12 * abs(before) else 0.7
    # The title stands above the middle of its row, the artist below it.
    above, below = (a.box.center.y - box.center.y) * scale, b.box.center.y - other.center.y
    level = 1.0 if abs(above - below) <= 6 * max(1.0, scale) else 0.4
    return kind * column * level


def _column(candidate: Candidate, among: Sequence[tuple[Candidate, float]]) -> int:
    """The left edge of the leftmost label that is aligned with this one."""
    return min(c.box.left for c, _ in among if abs(c.box.left - candidate.box.left) <= 6)


# Choosing


def row_choices(search: Search) -> list[RowChoice]:
    """The rows that stand where the shown row stood, with what they are called."""
    labels = [label for cell in _naming_cells(search) for label, _ in rows_like(search.pair, cell)]
    return [
        RowChoice(text, label.box, search.place(label.box))
        for label, text in zip(labels, search.now.texts(labels), strict=True)
        if text
    ]


def find_titled(search: Search, wanted: str) -> Found | Absent:
    """The row or label that is called `wanted`, or the shown drawing in that row."""
    result: Found | Absent = LOST
    for cell in _naming_cells(search):
        named = _find_titled(search, wanted, cell)
        if isinstance(named, Found):
            return named
        result = named if result is LOST else result
    return result


def _find_titled(search: Search, wanted: str, cell: Candidate) -> Found | Absent:
    rows = rows_like(search.pair, cell)
    labels = [label for label, _ in rows]
    titles = search.now.texts(labels)
    kind, places = best_matches(wanted, titles)
    if not places:
        what = f"no row reads {wanted!r}" if rows else "there is no list like the one that was shown"
        return Absent(what, _titles_near(wanted, labels, titles))
    chosen, why = _one_of([rows[place] for place in places], search, cell)
    if chosen is None:
        near = _titles_near(wanted, labels, titles)
        return Absent(f"{len(places)} rows read {wanted!r}, and nothing tells which one is meant", near)
    label, columns = chosen
    title = search.now.texts([label])[0]
    if kind > Match.SHORTENED and is_cut_off(search.now, label):
        return Absent(f"a row reads {title!r}, and goes on", _titles_near(wanted, labels, titles))
    evidence = {"reads": kind / Match.EXACT, "columns": columns, "ahead": 1.0 if len(places) == 1 else 0.5}
    doubt = f"a row reads {title!r}, but stands otherwise than the shown one"
    why = f"row reads {title!r} ({kind.words}){why}, columns {columns:.2f}"
    place = Place(label.box, why, columns, point=on_other_words(search, label))
    return search.judged(place, "titled", evidence, doubt)


def weigh_elsewhere(search: Search, wanted: str) -> Found | None:
    """Weigh the only label of any list or card that reads `wanted`: a list of rows may be one of cards today.

    It is never acted on without another witness, for other lists than the shown one may hold the same title.
    """
    now = search.now
    titles, labels = _of_cards(now), [c for c in now.candidates if c.kind == "text" and now.field_of(c) is None]
    listed = [c for c in labels if c in titles or now.is_listed(c)]
    kind, places = best_matches(wanted, now.texts(listed))
    if len(places) != 1 or kind < Match.READ_ALIKE or is_cut_off(now, listed[places[0]]):
        return None
    label = listed[places[0]]
    why = f"{wanted!r} stands in a list, though not in the one shown"
    place = Place(label.box, why, 0.0, point=on_other_words(search, label))
    search.judged(place, "titled", {"reads": kind / Match.EXACT, "columns": 0.0, "ahead": 0.0}, "")
    return next((one.place for one in search.weighed if one.place.evidence == why), None)


def _of_cards(scene: Scene) -> set[Candidate]:
    """Labels that name one of many drawings alike, as on cards."""
    drawings = (c for c in scene.candidates if c.kind != "text" and not c.frame)
    names = (scene.name_of(c) for c in drawings if len(scene.alike(c)) >= MANY)
    return {name for name in names if name is not None}


def own_title(search: Search) -> str:
    """What the shown row or card is called, where its title itself was acted on; empty for all else."""
    target, cell, shown = search.target, search.cell, search.shown
    if cell is None or cell.kind != "text" or target.kind not in ("row", "text"):
        return ""
    if target.kind == "row":
        return target.text if _title_in(shown, cell) == cell else ""
    return target.text if cell in _of_cards(shown) else ""


def find_in_list(search: Search) -> Found | Absent:
    """The very row that was shown, wherever it stands now."""
    result: Found | Absent = Absent("the row that was clicked has no text to know it by")
    for cell in _naming_cells(search):
        result = _find_in_list(search, cell)
        # Where others read the same in its place, such as a date, the title tells.
        if isinstance(result, Found) or _called_so(search, cell) < 2:
            return result
    return result


def _titled_alike(search: Search, cell: Candidate, label: Candidate) -> bool:
    """Whether the title of a cell's row is in the row of a label; many rows end in "526 bytes, today".

    Anywhere in it: the heads of columns begin with another one where more of them are made out.
    """
    title = _title_in(search.shown, cell)
    if title is None or title == cell:
        return True
    (said,) = search.shown.texts([title])
    row = [c for c in search.now.item_of(label) if c.kind == "text"]
    return any(match(said, text) >= Match.READ_ALIKE for text in search.now.texts(row))


def _title_in(scene: Scene, cell: Candidate) -> Candidate | None:
    """What the row of a cell is called; parts of a photograph may have the shape of labels, but read nothing."""
    row = [c for c in scene.item_of(cell) if c.kind == "text" and _within_lines(c, cell)]
    return title_of(c for c, text in zip(row, scene.texts(row), strict=True) if text)


def _called_so(search: Search, cell: Candidate) -> int:
    """How many rows of the shown list read the same in the cell's place."""
    texts = search.shown.texts([label for label, _ in rows_like(Pair(search.shown, search.shown), cell)])
    return sum(match(search.shown.texts([cell])[0], text) >= Match.READ_ALIKE for text in texts)


def _find_in_list(search: Search, cell: Candidate) -> Found | Absent:
    title = search.shown.texts([cell])[0]
    if len(plain(title)) < 2:  # readers take drawings for single letters
        return Absent("the row that was clicked has no text to know it by")
    rows = rows_like(search.pair, cell)
    labels = [label for label, _ in rows]
    titles = search.now.texts(labels)
    near = _titles_near(title, labels, titles)
    named = [
        row
        for row, text in zip(rows, titles, strict=True)
        if match(title, text) >= Match.READ_ALIKE and _titled_alike(search, cell, row[0])
    ]
    if not named:  # a narrower column may have cut it off
        named = [row for row, text in zip(rows, titles, strict=True) if match(title, text) == Match.SHORTENED]
        named = named if len(named) == 1 else []
    if not named:
        return Absent(f"no row reads {title!r}" if rows else "there is no list like the one that was shown", near)
    likeness = row_likeness(search, named)
    order = np.argsort(likeness)[::-1]
    best = int(order[0])
    ahead = (likeness[best] - likeness[order[1]]) / 100 if len(named) > 1 else 1.0
    if ahead < search.options.same_row_margin and len(named) == _called_so(search, cell):
        # A heading and an entry below it may read the same, but do not stand in the same way.
        best, other = sorted(range(len(named)), key=lambda number: -named[number][1])[:2]
        ahead = named[best][1] - named[other][1] if named[best][1] - named[other][1] >= OTHERWISE else 0.0
    if ahead < search.options.same_row_margin:
        return Absent(f"{len(named)} rows read {title!r}, and nothing tells which one it is", near)
    label, columns = named[best]
    words = search.target.row_text, search.now.row_text(label)
    whole = fuzz.token_sort_ratio(*words, processor=utils.default_process) / 100
    if likeness[best] < 100 * search.options.same_row or whole < search.options.same_words:
        return Absent(f"a row reads {title!r}, but the rest of it differs from what was shown", near)
    if whole < search.options.same_twin and len(named) < _called_so(search, cell):
        return Absent(f"there were more rows that read {title!r}, and this may be another one", near)
    if is_cut_off(search.now, label) and not is_cut_off(search.shown, cell):
        return Absent(f"a row reads {title!r}, and goes on", near)
    evidence = {
        "reads": match(title, search.now.texts([label])[0]) / Match.EXACT,
        "rest": likeness[best] / 100,
        "whole": whole,
        "columns": columns,
        "ahead": 4 * ahead,
    }
    doubt = f"a row reads {title!r}, but stands otherwise than the shown one"
    point = on_label(search, cell, label)
    if isinstance(point, Absent):
        return replace(point, look_alikes=near)
    why = f"row reads {title!r}, all of it {likeness[best]:.0f} % as shown, columns {columns:.2f}"
    return search.judged(Place(label.box, why, columns, near, point), "row", evidence, doubt)


def find_by_name(search: Search) -> Found | Absent:
    """The label that was acted on, where it is the only one on either picture that reads so.

    In a larger font what stands in a row may part otherwise than it did, so that rows do not look alike. What else
    names the row tells nothing here: the heads of columns, and menus side by side, are rows as well.
    """
    cell = search.cell
    if cell is None or cell.kind != "text":
        return LOST
    (text,) = search.shown.texts([cell])
    asked = replace(search, target=Target("text", cell.box, search.target.offset, text))
    label = only_label(asked) if len(plain(text)) >= SHORTEST else None
    return find_label(asked) if label is not None and _titled_alike(search, cell, label) else LOST


def find_by_title(search: Search) -> Found | Absent:
    """The cell that reads as the shown one does in the row of the only label on either picture that is called so.

    In a larger font columns grow together, so that rows do not look alike.
    """
    cell = search.cell
    title = _title_in(search.shown, cell) if cell is not None and cell.kind == "text" else None
    if cell is None or title is None or title == cell:
        return LOST
    text, said = search.shown.texts([cell, title])
    asked = replace(search, target=Target("text", title.box, Point(0, 0), said))
    label = only_label(asked) if min(len(plain(said)), len(plain(text))) >= SHORTEST else None
    named = find_label(asked) if label is not None else LOST
    if label is None or not isinstance(named, Found) or named.box != label.box:
        return LOST
    level = [c for c in search.now.candidates if c.kind == "text" and _in_row(c, label, search.now)]
    begun = [c for c, read in zip(level, search.now.texts(level), strict=True) if _begins_with(read, text)]
    if len(begun) != 1:
        return LOST
    box, clicked = begun[0].box, search.target.box.center.moved(search.target.offset.x, search.target.offset.y)
    along = min(max(clicked.x - cell.box.left, 0), cell.box.width) * search.pair.letters
    point = Point(box.left + min(round(along), box.width - 1), box.center.y)
    return replace(search.moved(named, point, f"{text!r} in the row of {said!r}, {named.evidence}"), box=box)


def _begins_with(read: str, text: str) -> bool:
    """Whether the first words of a label are those of a cell: "15 B" does not begin "151 bytes"."""
    return match(text, " ".join(read.split()[: len(text.split())])) >= Match.READ_ALIKE


def _in_row(cell: Candidate, title: Candidate, scene: Scene) -> bool:
    level = abs(cell.box.center.y - title.box.center.y) <= title.box.height / 2
    return cell != title and level and not scene.walled(cell.box, title.box)


def _naming_cells(search: Search) -> list[Candidate]:
    """The labels that may name the shown row, the likeliest first.

    The label that was acted on, then the row's title, since a double click may hit the artist.
    """
    cell = search.cell
    if cell is None:
        return []
    title = _title_in(search.shown, cell) if search.target.kind == "row" else None
    names = title is not None and title != cell and _names(search.shown, title, cell)
    return [cell, title] if title is not None and names else [cell]


def _names(scene: Scene, title: Candidate, cell: Candidate) -> bool:
    """Whether a title may be that of a cell's row: on its line or the next, and no heading that reads the same."""
    return _within_lines(title, cell) and match(*scene.texts([title, cell])) < Match.READ_ALIKE


def _within_lines(one: Candidate, other: Candidate) -> bool:
    """Whether two labels stand on one line, or on one and the next."""
    return abs(one.box.center.y - other.box.center.y) <= LINES * min(one.box.height, other.box.height)


def _one_of(
    rows: Sequence[tuple[Candidate, float]], search: Search, cell: Candidate
) -> tuple[tuple[Candidate, float] | None, str]:
    """Which of the rows with the same title is meant, and why; None where nothing tells."""
    if len(rows) == 1:
        return rows[0], ""
    likeness = row_likeness(search, rows)
    order = np.argsort(likeness)[::-1]
    if likeness[order[0]] >= 90 and likeness[order[0]] - likeness[order[1]] >= 5:
        return rows[int(order[0])], ", the rest of the row as shown"
    column = [label for label, _ in rows_like(Pair(search.shown, search.shown), cell)]
    if column and min(column, key=lambda c: c.box.top).box.overlap(cell.box) > 0.5:
        return min(rows, key=lambda row: row[0].box.top), f", the first of {len(rows)}, as when it was shown"
    return None, ""


def row_likeness(search: Search, rows: Sequence[tuple[Candidate, float]]) -> list[float]:
    """Percent by which the text of each row agrees with the shown row's; the order of words plays no part."""
    return [
        fuzz.token_set_ratio(search.target.row_text, search.now.row_text(label), processor=utils.default_process)
        for label, _ in rows
    ]


def _titles_near(wanted: str, labels: Sequence[Candidate], titles: Sequence[str]) -> tuple[LookAlike, ...]:
    likeness = [fuzz.ratio(wanted, title, processor=utils.default_process) / 100 for title in titles]
    return nearest(labels, np.asarray(likeness, np.float32), titles)
