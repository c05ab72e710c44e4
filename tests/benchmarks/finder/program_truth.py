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

Picture = NDArray[np.uint8]

FIELDS = frozenset({"entry", "password text", "spin button", "combo box"})
SLIDERS = frozenset({"slider", "scroll bar"})
READ = frozenset(
    {"menu", "menu item", "page tab", "link", "label", "heading", "static", "column header", "table column header"}
)
BUTTONS = frozenset({"push button", "toggle button", "radio button", "check box", "push button menu", "image", "icon"})
ROW_LIKE = ROWS | {"icon"}
"""Things of a list or of an icon view."""
TOOL_BAR = 63
MENU_BAR = 34
INK = 6.0
"""Standard deviation of grey within a box below which nothing is drawn there."""
CANVAS_PX = 120
"""A multi-line text at least so high is a canvas."""
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
    place: int


def things(nodes: Sequence[Node], window: Rect, picture: Picture) -> list[Thing]:
    """What stands on a picture of a window. Things that cannot be told apart by name and place are left out."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    boxes = _visible(nodes, window)
    rows = _row_names(nodes)
    seen = []
    for place, (node, box) in enumerate(zip(nodes, boxes, strict=True)):
        if box is None:
            continue
        here = box.moved(-window.left, -window.top)
        role = ROLES.get(node.role, "")
        kind = _kind(nodes, place, role, here, window)
        if kind is not None and min(here.width, here.height) >= 6 and (kind == "blank" or _ink(grey, here) >= INK):
            seen.append(Seen(node, role, here, kind, rows.get(place, ""), place))
    return _identified(_lines(seen), grey)


def _visible(nodes: Sequence[Node], window: Rect) -> list[Rect | None]:
    """What of each node its ancestors and the window let show, or None where that is too little."""
    clips: list[Rect] = []
    boxes: list[Rect | None] = []
    for node in nodes:
        outer = clips[node.parent] if node.parent >= 0 else window
        inner = node.box.intersection(outer) if node.box.area else outer
        clips.append(inner or Rect(outer.left, outer.top, 0, 0))
        enough = node.box.area > 0 and inner is not None and inner.area >= SHARE * node.box.area
        boxes.append(inner if enough else None)
    return boxes


def _ancestors(nodes: Sequence[Node], place: int) -> Iterable[Node]:
    while (place := nodes[place].parent) >= 0:
        yield nodes[place]


def _kind(nodes: Sequence[Node], place: int, role: str, box: Rect, window: Rect) -> Kind | None:
    node = nodes[place]
    above = list(_ancestors(nodes, place))
    roles = {ROLES.get(outer.role, "") for outer in above}
    if role in LABELS and roles & (BUTTONS | FIELDS | READ - LABELS):
        return None  # the face of the control around it
    if role == "text":
        return "blank" if box.height >= CANVAS_PX else "field"
    if role in FIELDS:
        return None if roles & FIELDS else "field"
    if role in SLIDERS:
        return "slider"
    if role in ROWS or (role == "icon" and node.name and box.height > 40):
        return "row"
    if role in READ:
        return _in_row(node, roles, "text") if node.name else None
    if role in BUTTONS:
        if role == "image" and not node.name:
            return None
        kind: Kind = "text" if _has_text(nodes, place, box, above) else "icon"
        return _in_row(node, roles, kind)
    return None


def _in_row(node: Node, roles: set[str], kind: Kind) -> Kind | None:
    if not roles & ROWS:
        return kind
    # What a row reads is the row itself.
    return "row_icon" if ROLES.get(node.role) in BUTTONS - {"image", "icon"} else None


def _has_text(nodes: Sequence[Node], place: int, box: Rect, above: Sequence[Node]) -> bool:
    """Whether a button's name is written on it."""
    name = nodes[place].name
    faces = [n for n in nodes if n.parent == place and ROLES.get(n.role) in ("label", "static") and n.name]
    if faces:
        return True
    if not name or box.width > 3 * box.height:
        return bool(name)
    in_bar = any(outer.role == TOOL_BAR for outer in above)
    return not in_bar and len(name) * 0.3 * min(box.height, 30) + 4 <= box.width and box.width >= 12


def _row_names(nodes: Sequence[Node]) -> dict[int, str]:
    """Title of the row that each node stands in: its own or the first name in it."""
    lines: dict[tuple[int, int], str] = {}
    for node in nodes:
        if ROLES.get(node.role) in ROW_LIKE and node.name:
            lines.setdefault((node.parent, node.box.top), node.name)
    inner: dict[int, str] = {}
    for place, node in enumerate(nodes):
        if node.name and ROLES.get(node.role) not in ROW_LIKE:
            for outer in _places_above(nodes, place):
                inner.setdefault(outer, node.name)
    names: dict[int, str] = {}
    for place, node in enumerate(nodes):
        if ROLES.get(node.role) in ROW_LIKE:
            own = node.name or lines.get((node.parent, node.box.top), "") or inner.get(place, "")
            names[place] = names.get(node.parent, "") or lines.get((node.parent, node.box.top), "") or own
        elif node.parent in names:
            names[place] = names[node.parent]
    return names


def _places_above(nodes: Sequence[Node], place: int) -> Iterable[int]:
    while (place := nodes[place].parent) >= 0:
        yield place


def _lines(seen: Sequence[Seen]) -> list[Seen]:
    """Cells of one line as one row: a click on any of them chooses it. Rows around other rows are left out."""
    parents = {outer for one in seen if one.kind == "row" for outer in [one.node.parent]}
    lines: dict[tuple[int, int, str], list[Seen]] = defaultdict(list)
    rest = []
    for one in seen:
        if one.kind != "row":
            rest.append(one)
        elif one.place not in parents and one.row:
            lines[one.node.parent, one.box.top, one.row].append(one)
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
        text = _reads(one)
        name = "" if text else one.node.name
        click = _empty_place(grey, one.box) if one.kind == "blank" else None
        if one.kind == "blank" and click is None:
            continue
        found.append(Thing(key, one.kind, one.box, text=text, row=one.row, name=name, click=click))
    return found


def _key(one: Seen) -> str:
    name = one.row if one.kind == "row" else one.node.name
    return ":".join(
        (one.kind, one.role, re.sub(r"\s+", " ", name)[:60], *([one.row] if one.kind == "row_icon" else []))
    )


def _reads(one: Seen) -> str:
    if one.kind == "row":
        return one.row
    return one.node.name if one.kind == "text" else ""


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
    limits = {"blank": 1, "slider": 3}
    while any(kinds.values()) and len(chosen) < most:
        for kind, waiting in kinds.items():
            if (
                waiting
                and len(chosen) < most
                and sum(c.startswith(f"{kind}:") for c in chosen) < limits.get(kind, most)
            ):
                chosen.append(waiting.pop(0).id)
            elif waiting and kind in limits:
                waiting.clear()
    return set(chosen)
