"""What programs say about their own controls: AT-SPI over plain D-Bus (jeepney).

Everything here is a hint. Many programs say nothing, some say it late, some place things wrongly; so nothing is raised,
what a program does not tell within the time is left out, and a program that hangs is not asked again for a while.

Source: https://gitlab.gnome.org/GNOME/at-spi2-core (xml/, atspi-constants.h)
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility_bus import Call, Ref, Wire, open_wire

log = logging.getLogger(__name__)

ROLES = {
    7: "check box", 8: "check menu item", 10: "column header", 11: "combo box", 23: "frame", 26: "icon",
    27: "image", 29: "label", 32: "list item", 33: "menu", 35: "menu item", 37: "page tab", 40: "password text",
    43: "push button", 44: "radio button", 45: "radio menu item", 48: "scroll bar", 51: "slider",
    52: "spin button", 56: "table cell", 57: "table column header", 58: "table row header", 61: "text",
    62: "toggle button", 79: "entry", 83: "heading", 88: "link", 90: "table row", 91: "tree item", 116: "static",
    129: "push button menu",
}  # fmt: skip
"""Names of the roles that a person acts on or reads, by AT-SPI's number."""
LABELS = frozenset({"label", "static", "heading", "image"})
"""Roles that are acted on only where they are not the face of a control around them."""
CONTROLS = frozenset(ROLES.values()) - LABELS - {"frame"}
ROWS = frozenset({"list item", "table row", "tree item", "table cell"})
"""Controls that may have controls of their own."""
FACED = CONTROLS - ROWS - {"page tab"}
"""Controls whose labels are their faces. GTK makes the page of a tab the tab's child."""

_PASSWORD, _PAGE = 40, 95
_ROW_ROLES = frozenset(number for number, role in ROLES.items() if role in ROWS)
_LISTS = frozenset({31, 55, 65, 66, 98})
"""Roles that may have very many children: list, table, tree, tree table, list box."""
_HOLDING = _LISTS | {20, 30, 39, 49, 68}
"""Roles that cut off what reaches out of them: lists, filler, layered pane, panel, scroll pane, viewport."""
_POPPING = frozenset({11, 16, 23, 33, 35, 41, 69})
"""Roles whose children may lie anywhere: combo box, dialog, frame, menu, menu item, pop-up menu, window."""
_EDITABLE, _ENABLED, _FOCUSABLE, _SENSITIVE, _SHOWING = 7, 8, 11, 24, 25
_EXPANDED = 10
_SCREEN = 0
"""Coordinates of the desktop, in AT-SPI's words."""
_ROOT = "/org/a11y/atspi/accessible/root"
_ACCESSIBLE = "org.a11y.atspi.Accessible"
_COMPONENT = "org.a11y.atspi.Component"
_PROPERTIES = "org.freedesktop.DBus.Properties"


@dataclass(frozen=True, slots=True)
class Element:
    """A control of a program, as the program describes it."""

    role: str
    """In AT-SPI's words, such as `push button`."""
    name: str
    """Its label or what a screen reader says; empty where the program does not tell."""
    box: Rect
    """In physical pixels of the desktop."""
    showing: bool = True
    """Whether it can be seen; what is scrolled out of its list or page cannot."""
    focusable: bool = False
    enabled: bool = True
    editable: bool = False
    password: bool = False
    """Whether what is typed there is secret."""
    row: str = ""
    """Name of the row it stands in."""
    path: tuple[int, ...] = ()
    """Which child it is, from the program down."""


@dataclass(frozen=True, slots=True)
class Node:
    """One object of a program's tree."""

    ref: Ref
    role: int
    """AT-SPI's number."""
    states: int
    """AT-SPI's bits."""
    name: str
    box: Rect
    """In physical pixels of the desktop."""
    path: tuple[int, ...]
    parent: int
    """Place of the parent in the list of nodes, -1 for windows."""

    def has(self, state: int) -> bool:
        """Whether it is in a state, by AT-SPI's number."""
        return bool(self.states >> state & 1)


@dataclass(frozen=True, slots=True)
class Mapping:
    """From places as a program reports them to pixels of the desktop."""

    factor: float
    reported: Point
    """A corner of a window as it is reported."""
    real: Point
    """The same corner on the desktop."""

    def there(self, box: Rect) -> Rect:
        """A reported box on the desktop."""
        left, top = self._x(box.left), self._y(box.top)
        return Rect(left, top, self._x(box.right) - left, self._y(box.bottom) - top)

    def back(self, point: Point) -> Point:
        """A place of the desktop as the program calls it."""
        return Point(
            self.reported.x + round((point.x - self.real.x) / self.factor),
            self.reported.y + round((point.y - self.real.y) / self.factor),
        )

    def _x(self, x: int) -> int:
        return self.real.x + round((x - self.reported.x) * self.factor)

    def _y(self, y: int) -> int:
        return self.real.y + round((y - self.reported.y) * self.factor)


AS_REPORTED = Mapping(1.0, Point(0, 0), Point(0, 0))


class Accessibility:
    """What programs tell over the accessibility bus; for one thread.

    Where there is no such bus, programs simply offer nothing.
    """

    RETRY_S = 5.0
    """A bus that was not there, or a program that hung, is asked again after so long."""
    MOST = 2000
    """Objects looked at in one go."""
    MOST_CHILDREN = 300
    """A list with more is only looked at where it shows."""
    SAMPLE_PX = (80, 10)
    """How far apart, in x and y, such a list is looked at."""

    def __init__(self, wire: Wire | None = None) -> None:
        """Connects when first asked.

        Args:
            wire: Carries the questions; None is the session's accessibility bus.
        """
        self._wire = wire
        self._retry = 0.0
        self._hung: dict[str, float] = {}
        self._apps: dict[int, Ref] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the bus. Idempotent."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None
        self._apps.clear()

    def elements(self, pid: int, within: Rect, limit_s: float = 0.15) -> list[Element]:
        """What a person could act on in a program's windows, from the outside in.

        Args:
            pid: The program's process.
            within: One of its windows, in physical pixels of the desktop; what lies outside is left out. Programs that
                report places without their scale factor are corrected by it.
            limit_s: After so long, what was heard by then is given.
        """
        return acted_on(self.nodes(pid, within, limit_s))

    def at(self, pid: int, point: Point, within: Rect, limit_s: float = 0.15) -> Element | None:
        """The smallest control at a place, or None where the program tells of none.

        Args:
            pid: The program's process.
            point: In physical pixels of the desktop.
            within: The program's window there; see `elements`.
            limit_s: How long the program may take.
        """
        spot = Rect(point.x, point.y, 1, 1)
        here = [e for e in acted_on(self._nodes(pid, within, spot, limit_s)) if e.showing and e.box.contains(point)]
        return min(here, key=lambda e: e.box.area, default=None)

    def nodes(self, pid: int, within: Rect, limit_s: float = 0.15) -> list[Node]:
        """All objects that show within a rectangle, parents first; see `elements`."""
        return self._nodes(pid, within, within, limit_s)

    def _nodes(self, pid: int, window: Rect, area: Rect, limit_s: float) -> list[Node]:
        deadline = time.monotonic() + limit_s
        try:
            wire = self._connected(deadline)
            app = self._app(wire, pid, deadline) if wire else None
            if wire is None or app is None or self._hung.get(app.bus_name, 0.0) > time.monotonic():
                return []
            found = _Walk(wire, window, area, deadline, self).nodes(app)
        except OSError as error:
            log.info("the accessibility bus went away: %s", error)
            self.close()
            return []
        if not found:
            self._apps.pop(pid, None)
            if time.monotonic() >= deadline:
                self._hung[app.bus_name] = time.monotonic() + self.RETRY_S
        return found

    def _connected(self, deadline: float) -> Wire | None:
        if self._wire is None and time.monotonic() >= self._retry:
            try:
                self._wire = open_wire(deadline)
            except OSError as error:
                log.info("no accessibility bus: %s", error)
                self._retry = time.monotonic() + self.RETRY_S
        return self._wire

    def _app(self, wire: Wire, pid: int, deadline: float) -> Ref | None:
        """The root object of a process, or None where it offers none."""
        if pid not in self._apps:
            registry = Ref("org.a11y.atspi.Registry", _ROOT)
            refs = _refs(wire.ask([Call(registry, _ACCESSIBLE, "GetChildren")], deadline)[0])
            bus = Ref("org.freedesktop.DBus", "/org/freedesktop/DBus")
            ask = [Call(bus, bus.bus_name, "GetConnectionUnixProcessID", "s", (ref.bus_name,)) for ref in refs]
            self._apps = {
                owner: ref for ref, owner in zip(refs, wire.ask(ask, deadline), strict=True) if isinstance(owner, int)
            }
        return self._apps.get(pid)


class _Walk:
    """One look at a program's tree, level by level: all questions about a level are asked at once."""

    def __init__(self, wire: Wire, window: Rect, area: Rect, deadline: float, limits: Accessibility) -> None:
        self._wire = wire
        self._window = window
        self._area = area
        self._deadline = deadline
        self._limits = limits
        self._mapping = AS_REPORTED
        self._pages: dict[Ref, Mapping] = {}
        """How places in a page are reported, where otherwise than in the window."""
        self._found: list[Node] = []

    def nodes(self, app: Ref) -> list[Node]:
        windows = self._wire.ask([Call(app, _ACCESSIBLE, "GetChildren")], self._deadline)[0]
        level = self._described([(ref, (place,), -1) for place, ref in enumerate(_refs(windows))])
        self._mapping = scale_of([node.box for node in level], self._window)
        level = [replace(node, box=self._mapping.there(node.box)) for node in level]
        while level and len(self._found) < self._limits.MOST:
            level = [node for node in map(self._placed, level) if self._shows(node)]
            start = len(self._found)
            self._found += level
            level = self._described(self._below(level, start)[: self._limits.MOST])
        return self._named(self._found)

    def _placed(self, node: Node) -> Node:
        """The node where it is: under a scale factor Chromium reports its pages, unlike all else, in real pixels."""
        if node.role != _PAGE or node.parent < 0 or self._mapping == AS_REPORTED:
            return node
        reported = Mapping(1.0 / self._mapping.factor, self._mapping.real, self._mapping.reported).there(node.box)
        view = self._found[node.parent].box
        if abs(reported.width - view.width) > 4 or abs(reported.height - view.height) > 4:
            return node
        self._pages[node.ref] = AS_REPORTED
        return replace(node, box=reported)

    def _mapping_below(self, place: int) -> Mapping:
        """How places are reported by a node's children."""
        while place >= 0:
            node = self._found[place]
            if node.ref in self._pages:
                return self._pages[node.ref]
            place = node.parent
        return self._mapping

    def _shows(self, node: Node) -> bool:
        if not node.has(_SHOWING):
            return False
        if node.role in _ROW_ROLES and self._in_closed_box(node):
            return False  # Qt 5 says that the choices of a closed combo box show, at the window's corner
        # Containers without a place of their own may still have children that show.
        return node.box.area == 0 or node.box.intersection(self._area) is not None

    def _in_closed_box(self, node: Node) -> bool:
        while node.parent >= 0:
            node = self._found[node.parent]
            if ROLES.get(node.role) == "combo box":
                return not node.has(_EXPANDED)
        return False

    def _described(self, level: Sequence[tuple[Ref, tuple[int, ...], int]]) -> list[Node]:
        calls: list[Call] = []
        for ref, _, _ in level:
            calls += [
                Call(ref, _ACCESSIBLE, "GetRole"),
                Call(ref, _ACCESSIBLE, "GetState"),
                Call(ref, _PROPERTIES, "Get", "ss", (_ACCESSIBLE, "Name")),
                Call(ref, _COMPONENT, "GetExtents", "u", (_SCREEN,)),
            ]
        answers = self._wire.ask(calls, self._deadline)
        nodes = []
        for (ref, path, parent), place in zip(level, range(0, len(answers), 4), strict=True):
            role, states, name, extents = answers[place : place + 4]
            if isinstance(role, int) and isinstance(states, list):
                bits = sum(word << 32 * number for number, word in enumerate(states))
                box = self._mapping_below(parent).there(_box(extents))
                nodes.append(Node(ref, role, bits, _text(name), box, path, parent))
        return nodes

    def _below(self, level: Sequence[Node], start: int) -> list[tuple[Ref, tuple[int, ...], int]]:
        """Children of a level: where each is, the way to it, and its parent's place."""
        lists = [node for node in level if node.role in _LISTS]
        ask = [Call(node.ref, _PROPERTIES, "Get", "ss", (_ACCESSIBLE, "ChildCount")) for node in lists]
        counts = [_value(answer) for answer in self._wire.ask(ask, self._deadline)]
        most = self._limits.MOST_CHILDREN
        long = {node.ref for node, count in zip(lists, counts, strict=True) if isinstance(count, int) and count > most}
        short = [node.ref for node in level if node.ref not in long]
        children = self._wire.ask([Call(ref, _ACCESSIBLE, "GetChildren") for ref in short], self._deadline)
        refs = {ref: _refs(answer) for ref, answer in zip(short, children, strict=True)}
        refs |= {node.ref: self._seen(start + k, node) for k, node in enumerate(level) if node.ref in long}
        return [
            (ref, (*node.path, place), start + offset)
            for offset, node in enumerate(level)
            for place, ref in enumerate(refs[node.ref])
        ]

    def _seen(self, place: int, node: Node) -> list[Ref]:
        """Children of a long list that show, found by looking at many places of it."""
        area = node.box.intersection(self._area)
        if area is None:
            return []
        mapping = self._mapping_below(place)
        across, down = self._limits.SAMPLE_PX
        places = [
            mapping.back(Point(x, y))
            for y in range(area.top + down // 2, area.bottom, down)
            for x in range(area.left + down // 2, area.right, across)
        ]
        ask = [Call(node.ref, _COMPONENT, "GetAccessibleAtPoint", "iiu", (*_xy(p), _SCREEN)) for p in places]
        answers = self._wire.ask(ask, self._deadline)
        return list(dict.fromkeys(ref for answer in answers for ref in _refs([answer]) if ref != node.ref))

    def _named(self, found: list[Node]) -> list[Node]:
        """The nodes, with what a tooltip says where a control has no name."""
        mute = [place for place, node in enumerate(found) if not node.name and ROLES.get(node.role) in CONTROLS]
        ask = [Call(found[place].ref, _PROPERTIES, "Get", "ss", (_ACCESSIBLE, "Description")) for place in mute]
        for place, answer in zip(mute, self._wire.ask(ask, self._deadline), strict=True):
            found[place] = replace(found[place], name=_text(answer))
        return found


FACTORS = (1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0)
FRAME_PX = 64
"""What a title bar, borders and shadows add to a window at most."""


def scale_of(windows: Iterable[Rect], real: Rect) -> Mapping:
    """How a program reports places, from its windows as it reports them and one of them as it is.

    Qt 5 and GTK under a scale factor report places without it.
    """
    windows = list(windows)
    if any(_fits(box, real, 1.0, FRAME_PX) for box in windows):
        return AS_REPORTED
    for factor in FACTORS:
        for box in windows:
            if _fits(box, real, factor, 2.0 * factor):
                return Mapping(factor, Point(box.left, box.top), Point(real.left, real.top))
    return AS_REPORTED


def _fits(box: Rect, real: Rect, factor: float, more: float) -> bool:
    """Whether a window drawn `factor` times larger is as large as `real`, or up to `more` pixels larger."""
    return all(-2 * factor <= a * factor - b <= more for a, b in ((box.width, real.width), (box.height, real.height)))


def acted_on(nodes: Sequence[Node]) -> list[Element]:
    """Those of a tree that a person could act on. Faces of controls, such as a button's label, are left out."""
    rows = _rows(nodes)
    found = []
    for place, node in enumerate(nodes):
        role = ROLES.get(node.role, "")
        if node.box.area == 0 or not (role in CONTROLS or (role in LABELS and not _is_face(nodes, node))):
            continue
        found.append(
            Element(
                role,
                node.name,
                node.box,
                showing=node.has(_SHOWING) and not _is_cut_off(nodes, node),
                focusable=node.has(_FOCUSABLE),
                enabled=node.has(_ENABLED) or node.has(_SENSITIVE),
                editable=node.has(_EDITABLE),
                password=node.role == _PASSWORD,
                row=rows.get(place, ""),
                path=node.path,
            )
        )
    return found


def _is_cut_off(nodes: Sequence[Node], node: Node) -> bool:
    """Whether its middle lies outside of what it is in, as of things that are scrolled away."""
    middle = node.box.center
    while node.parent >= 0:
        node = nodes[node.parent]
        if node.role in _POPPING:
            return False
        if node.role in _HOLDING and node.box.area and not node.box.contains(middle):
            return True
    return False


def _is_face(nodes: Sequence[Node], node: Node) -> bool:
    while node.parent >= 0:
        node = nodes[node.parent]
        if ROLES.get(node.role) in FACED:
            return True
    return False


def _rows(nodes: Sequence[Node]) -> dict[int, str]:
    """Name of the row that each node stands in, by the node's place.

    A row is named by itself, else by the first named cell of the same height among its parent's, which is what lists
    of GTK and Qt offer.
    """
    lines: dict[tuple[int, int], str] = {}
    for node in nodes:
        if ROLES.get(node.role) in ROWS and node.name:
            lines.setdefault((node.parent, node.box.top), node.name)
    named: dict[int, str] = {}
    for place, node in enumerate(nodes):
        if ROLES.get(node.role) in ROWS:
            name = lines.get((node.parent, node.box.top), "")
            named[place] = named.get(node.parent, "") or name
        elif node.parent in named:
            named[place] = named[node.parent]
    # A row without a name of its own goes by what it contains.
    for place, node in enumerate(nodes):
        if node.name and not named.get(place) and node.parent in named:
            named[place] = named[node.parent] = named[node.parent] or node.name
    return {place: name for place, name in named.items() if name}


def _refs(answer: Any) -> list[Ref]:
    """References of a list of (bus name, path) without those to nothing."""
    if not isinstance(answer, list):
        return []
    pairs = [pair for pair in answer if isinstance(pair, tuple) and len(pair) == 2]
    return [Ref(*pair) for pair in pairs if pair[0] and not pair[1].endswith("/null")]


def _value(answer: Any) -> Any:
    """What a property holds: D-Bus gives (signature, value)."""
    return answer[1] if isinstance(answer, tuple) and len(answer) == 2 else None


def _text(answer: Any) -> str:
    value = _value(answer)
    return value.strip() if isinstance(value, str) else ""


def _box(answer: Any) -> Rect:
    if not isinstance(answer, tuple) or len(answer) != 4:
        return Rect(0, 0, 0, 0)
    left, top, width, height = answer
    return Rect(left, top, max(0, width), max(0, height))


def _xy(point: Point) -> tuple[int, int]:
    return point.x, point.y
