"""From what a program says about itself to the things of a picture, keeping only what the picture bears out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import LABELS, ROLES, ROWS, Node
from tests.benchmarks.finder.dataset import Kind, Thing
from tests.benchmarks.finder.program_bars import SCROLL_BAR, is_drawn, named

Picture = NDArray[np.uint8]

FIELDS = frozenset({"entry", "password text", "spin button", "combo box"})
SLIDERS = frozenset({"slider", SCROLL_BAR})
READ = frozenset(
    {"menu", "menu item", "page tab", "link", "label", "heading", "static", "column header", "table column header"}
)
BUTTONS = frozenset({"push button", "toggle button", "radio button", "check box", "push button menu", "image", "icon"})
ROW_LIKE = ROWS | {"icon"}
"""Things of a list or of an icon view."""
FACED = (BUTTONS | FIELDS | READ) - LABELS - {"page tab"} | {"heading"}
"""Controls whose labels are their faces. The page of a tab is its child in GTK, so a page tab has none."""
CLIPS = frozenset({23, 31, 49, 55, 65, 66, 68, 69, 82, 95, 98})
"""Roles that show only what lies within them; others, such as page tabs, may report a smaller place."""
TREES = frozenset({55, 65, 66})
TOOL_BAR, CELL = 63, 56
GRID_PX = 60
"""A cell at least so high is one of a grid of icons."""
INK = 6.0
"""Standard deviation of grey within a box below which nothing is drawn there."""
CANVAS_PX = 120
"""A multi-line text at least so high is a canvas."""
KIND_LIMITS = {"blank": 1, "slider": 3}
"""Most that are looked for of a kind in one program."""
SHARE = 0.6
"""Of a control, what has to be within what it scrolls in."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A node with what of it is to be seen, in pixels of the picture."""

    node: Node
    role: str
    box: Rect
    kind: Kind
    row: str
    reads: str
    """What is written on it."""
    list: int
    """Place of the list it is in, for rows."""
    place: int


def things(nodes: Sequence[Node], window: Rect, picture: Picture) -> list[Thing]:
    """What stands on a picture of a window. Things that cannot be told apart by name and place are left out."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    boxes = _visible(nodes, window)
    boxes = [_whole_line(nodes, place, boxes) for place in range(len(nodes))]
    rows = _row_names(nodes)
    seen = []
    for place, (node, box) in enumerate(zip(nodes, boxes, strict=True)):
        if box is None:
            continue
        here = box.moved(-window.left, -window.top)
        role = ROLES.get(node.role, "")
        kind = _kind(nodes, place, role, here, window)
        if role == SCROLL_BAR and not is_drawn(grey, here):
            continue  # many are drawn under the pointer only
        if kind is not None and min(here.width, here.height) >= 6 and (kind == "blank" or _ink(grey, here) >= INK):
            row = rows.get(place, "")
            reads = {"row": row, "text": _face(nodes, place) or node.name}.get(kind, "")
            seen.append(Seen(node, role, here, kind, row, reads, _list_of(nodes, place), place))
    return list(named(_identified(_lines(seen), grey)))


def _visible(nodes: Sequence[Node], window: Rect) -> list[Rect | None]:
    """What of each node its ancestors and the window let show, or None where that is too little."""
    clips: list[Rect] = []
    boxes: list[Rect | None] = []
    for node in nodes:
        outer = clips[node.parent] if node.parent >= 0 else window
        inner = node.box.intersection(outer)
        clips.append((inner or Rect(outer.left, outer.top, 0, 0)) if node.role in CLIPS and node.box.area else outer)
        boxes.append(inner if inner is not None and _enough(inner, node) else None)
    return boxes


def _enough(inner: Rect, node: Node) -> bool:
    if ROLES.get(node.role) in ROWS:  # columns may be wider than what they scroll in
        return inner.height >= SHARE * node.box.height
    return node.box.area > 0 and inner.area >= SHARE * node.box.area


def _ancestors(nodes: Sequence[Node], place: int) -> Iterable[Node]:
    while (place := nodes[place].parent) >= 0:
        yield nodes[place]


def _in_grid(node: Node) -> bool:
    """Whether a cell is one of a grid of icons, which has no lines."""
    return node.role == CELL and node.box.height >= GRID_PX


def _whole_line(nodes: Sequence[Node], place: int, boxes: Sequence[Rect | None]) -> Rect | None:
    """A cell of a tree stands for its line from edge to edge: GTK reports inner cells too far right."""
    box = boxes[place]
    if box is None or ROLES.get(nodes[place].role) != "table cell" or _in_grid(nodes[place]):
        return box
    for outer in _places_above(nodes, place):
        table = boxes[outer]
        if nodes[outer].role in TREES and table is not None:
            return Rect(table.left, box.top, table.width, box.height)
    return box


def _kind(nodes: Sequence[Node], place: int, role: str, box: Rect, window: Rect) -> Kind | None:
    node = nodes[place]
    above = list(_ancestors(nodes, place))
    roles = {ROLES.get(outer.role, "") for outer in above}
    if role in LABELS and roles & FACED:
        return None  # the face of the control around it
    if role == "text":
        return "blank" if box.height >= CANVAS_PX else "field"
    if role in FIELDS:
        return None if roles & FIELDS else "field"
    if role in SLIDERS:
        return "slider"
    if role in ROWS or (role == "icon" and node.name and _one_of_many(nodes, node)):
        return None if roles & FIELDS else "row"
    if role in ("page tab", "link") and box.width <= 1.3 * box.height and len(node.name) > 4:
        return "icon"
    if role in READ:
        return _in_row(node, roles, "text") if node.name else None
    if role in BUTTONS:
        if role == "image" and not node.name:
            return None
        kind: Kind = "text" if _has_text(nodes, place, box, above) else "icon"
        return _in_row(node, roles, kind)
    return None


def _one_of_many(nodes: Sequence[Node], node: Node) -> bool:
    """Whether an icon is one of an icon view's."""
    return sum(other.parent == node.parent and other.role == node.role for other in nodes) > 1


def _in_row(node: Node, roles: set[str], kind: Kind) -> Kind | None:
    if not roles & ROWS:
        return kind
    # What a row reads is the row itself.
    return "row_icon" if ROLES.get(node.role) in BUTTONS - {"image", "icon"} else None


def _face(nodes: Sequence[Node], place: int) -> str:
    """What is written on a button, where the program offers it as a label of its own."""
    return next(
        (
            node.name
            for child, node in enumerate(nodes)
            if node.name and ROLES.get(node.role) in ("label", "static") and place in _places_above(nodes, child)
        ),
        "",
    )


def _has_text(nodes: Sequence[Node], place: int, box: Rect, above: Sequence[Node]) -> bool:
    """Whether a button's name is written on it."""
    name, face = nodes[place].name, _face(nodes, place)
    if face:
        return box.width > 1.3 * box.height or len(face) <= 4
    if not name or box.width > 3 * box.height:
        return bool(name)
    if box.width <= 1.3 * box.height and len(name) > 2:
        return False
    if any(outer.role == TOOL_BAR for outer in above):  # wider ones have their name beside the icon
        return box.width > 1.9 * box.height
    return len(name) * 0.22 * min(box.height, 30) + 4 <= box.width


def _row_names(nodes: Sequence[Node]) -> dict[int, str]:
    """Title of the row that each node stands in: the leftmost name on the line of its list, else the first in it."""
    lists = [_list_of(nodes, place) for place in range(len(nodes))]
    titles: dict[tuple[int, int], tuple[int, str]] = {}
    for place, node in enumerate(nodes):
        if node.name and ROLES.get(node.role) in ROW_LIKE and node.box.width > 0:
            line = lists[place], node.box.top
            titles[line] = min(titles.get(line, (node.box.left, node.name)), (node.box.left, node.name))
    inner: dict[int, str] = {}
    for place, node in enumerate(nodes):
        if node.name and ROLES.get(node.role) not in ROW_LIKE:
            for outer in _places_above(nodes, place):
                inner.setdefault(outer, node.name)
    names: dict[int, str] = {}
    for place, node in enumerate(nodes):
        if ROLES.get(node.role) == "icon" or _in_grid(node):
            names[place] = node.name
        elif ROLES.get(node.role) in ROWS:
            title = titles.get((lists[place], node.box.top), (0, ""))[1]
            names[place] = names.get(node.parent, "") or title or inner.get(place, "")
        elif node.parent in names:
            names[place] = names[node.parent]
    return names


def _list_of(nodes: Sequence[Node], place: int) -> int:
    """The nearest node around a row and its cells that is none of them."""
    while place >= 0 and ROLES.get(nodes[place].role) in ROW_LIKE:
        place = nodes[place].parent
    return place


def _places_above(nodes: Sequence[Node], place: int) -> Iterable[int]:
    while (place := nodes[place].parent) >= 0:
        yield place


def _lines(seen: Sequence[Seen]) -> list[Seen]:
    """Cells of one line as one row: a click on any of them chooses it. Rows around other rows are left out."""
    parents = {one.node.parent for one in seen if one.kind == "row"}
    lines: dict[tuple[int, int, int, str], list[Seen]] = defaultdict(list)
    rest = []
    for one in seen:
        if one.kind != "row":
            rest.append(one)
        elif one.row and (one.place not in parents or one.role == "table cell"):
            line = one.box.left if _in_grid(one.node) else -1
            lines[one.list, one.box.top, line, one.row].append(one)
    for cells in lines.values():
        left, right = min(c.box.left for c in cells), max(c.box.right for c in cells)
        top, bottom = min(c.box.top for c in cells), max(c.box.bottom for c in cells)
        rest.append(replace(cells[0], box=Rect(left, top, right - left, bottom - top)))
    return rest


def _identified(seen: Sequence[Seen], grey: Picture) -> list[Thing]:
    """The things with ids of what they are and read, else of where they are in the tree; ambiguous ones left out."""
    short = Counter(_key(one) for one in seen)
    boxes = Counter((one.box, one.kind) for one in seen)
    found = []
    for one in seen:
        key = _key(one)
        if short[key] > 1 or not (one.node.name or one.row):
            if one.kind == "row":
                continue
            key = f"{key}@{'.'.join(map(str, one.node.path))}"
        if boxes[one.box, one.kind] > 1 and not one.node.name:
            continue
        text = one.reads
        name = "" if text else one.node.name
        click = _empty_place(grey, one.box) if one.kind == "blank" else _inked_place(grey, one.box)
        if one.kind == "blank" and click is None:
            continue
        found.append(Thing(key, one.kind, one.box, text=text, row=one.row, name=name, click=click))
    return found


def _key(one: Seen) -> str:
    name = one.row if one.kind == "row" else one.node.name
    parts = [one.role, re.sub(r"\s+", " ", name)[:60]]
    return ":".join([*parts, one.row] if one.kind == "row_icon" else parts)


def _ink(grey: Picture, box: Rect) -> float:
    return float(grey[box.top : box.bottom, box.left : box.right].std())


def _empty_place(grey: Picture, box: Rect) -> Point | None:
    """A place of a canvas with nothing drawn around it, low in the middle first."""
    reach = 20
    for share in (0.75, 0.6, 0.45, 0.9):
        for across in (0.5, 0.7, 0.3, 0.85):
            x, y = round(box.left + across * box.width), round(box.top + share * box.height)
            patch = grey[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
            if patch.size and float(patch.std()) < 1.0:
                return Point(x, y)
    return None


def _inked_place(grey: Picture, box: Rect) -> Point | None:
    """Where a person clicks on something whose middle is empty: what is drawn in it. None where the middle is right."""
    patch = grey[box.top : box.bottom, box.left : box.right].astype(np.int16)
    inner = patch[2:-2, 3:-3]
    if inner.size == 0 or inner.shape[1] < 24:
        return None
    drawn = np.flatnonzero((np.abs(np.diff(inner, axis=0)) > 40).any(axis=0))
    middle = inner.shape[1] // 2
    if drawn.size == 0 or np.any(np.abs(drawn - middle) < 8):
        return None
    return Point(box.left + 3 + int(np.median(drawn)), box.center.y)


def without(found: Sequence[Thing], patterns: Mapping[str, str]) -> list[Thing]:
    """The things whose id fits none of the patterns."""
    return [thing for thing in found if not any(re.search(pattern, thing.id) for pattern in patterns)]


def covered(found: Sequence[Thing], over: Sequence[Rect]) -> list[Thing]:
    """The same things, those marked of which nearly nothing is left to be seen below `over`."""
    marked = []
    for thing in found:
        hidden = max((_shared(thing.box, rect) for rect in over), default=0.0)
        marked.append(replace(thing, covered=hidden >= 0.9))
    return marked


def best_cover(boxes: Sequence[Rect], dialog: Rect, window: Rect, screen: tuple[int, int]) -> Point:
    """Where on the screen a dialog covers most of a window's boxes, but not all of the window where it can."""
    places = [
        Point(x, y)
        for y in range(max(0, window.top - 10), max(1, min(window.bottom, screen[1] - dialog.height + 1)), 15)
        for x in range(max(0, window.left - 10), max(1, min(window.right, screen[0] - dialog.width + 1)), 15)
    ] or [Point(window.left, window.top)]

    def hidden(place: Point) -> int:
        over = Rect(place.x - window.left, place.y - window.top, dialog.width, dialog.height)
        return sum(_shared(box, over) >= 0.9 for box in boxes)

    return max(places, key=hidden)


def _shared(box: Rect, over: Rect) -> float:
    both = box.intersection(over)
    return both.area / box.area if both else 0.0


def still_there(shown: Sequence[Thing], shown_picture: Picture, now: Sequence[Thing], picture: Picture) -> list[Thing]:
    """Things that a program no longer lists by their id though something that looks or reads the same is to be seen.

    They cannot be asked for as gone.
    """
    ids = {thing.id for thing in now}
    words = {(thing.text or thing.name).casefold() for thing in now} - {""}
    found = []
    for thing in shown:
        if thing.id in ids:
            continue
        if (thing.text or thing.name).casefold() in words or _drawn(thing.box, shown_picture, picture):
            found.append(replace(thing, click=None, query=False))
    return found


def _drawn(box: Rect, shown: Picture, picture: Picture) -> bool:
    patch = shown[box.top : box.bottom, box.left : box.right]
    if patch.shape[0] > picture.shape[0] or patch.shape[1] > picture.shape[1]:
        return False
    return float(cv2.matchTemplate(picture, patch, cv2.TM_CCOEFF_NORMED).max()) > 0.92


def asked(shown: Sequence[Thing], elsewhere: Counter[str], most: int) -> set[str]:
    """Ids of at most so many things to look for, of every kind in turn, those first that are on most pictures."""
    kinds: dict[str, list[Thing]] = defaultdict(list)
    for thing in sorted(shown, key=lambda t: (-elsewhere[t.id], t.id)):
        if elsewhere[thing.id]:
            kinds[thing.kind].append(thing)
    chosen: list[str] = []
    counts: Counter[str] = Counter()
    while any(kinds.values()) and len(chosen) < most:
        for kind, waiting in kinds.items():
            if waiting and counts[kind] >= KIND_LIMITS.get(kind, most):
                waiting.clear()
            if waiting and len(chosen) < most:
                counts[kind] += 1
                chosen.append(waiting.pop(0).id)
    return set(chosen)
