"""The accessibility reader against a bus written by hand."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from encore_recorder.geometry import Point, Rect
from encore_recorder.sources import accessibility
from encore_recorder.sources.accessibility import Accessibility, Call, Element

FRAME, PANEL, BUTTON, LABEL, TABLE, CELL, COMBO, LIST_ITEM, PASSWORD, TAB, PAGE = (
    23, 39, 43, 29, 55, 56, 11, 32, 40, 37, 95,
)  # fmt: skip
SHOWING, FOCUSABLE, SENSITIVE, EXPANDED = 1 << 25, 1 << 11, 1 << 24, 1 << 10
WINDOW = Rect(100, 50, 400, 300)
PID = 77


@dataclass
class Thing:
    role: int
    name: str = ""
    box: tuple[int, int, int, int] = (100, 50, 400, 300)
    states: int = SHOWING
    children: list[Thing] = field(default_factory=list)
    tooltip: str = ""


class Bus:
    """Answers as a program with such windows does."""

    def __init__(self, *windows: Thing, answers_within_s: float = 0.0) -> None:
        self.app = Thing(75, "app", children=list(windows))
        self.slow_s = answers_within_s
        self.asked: list[str] = []
        self.closed = False
        self.gone = False
        self._things: dict[str, Thing] = {}
        self._paths: dict[int, str] = {}
        self._learn(self.app, "/root")

    def ask(self, calls: Sequence[Call], deadline: float) -> list[Any]:
        if self.gone:
            raise ConnectionResetError("the bus ended")
        self.asked += [call.member for call in calls]
        return [self._answer(call, deadline) for call in calls]

    def close(self) -> None:
        self.closed = True

    def _learn(self, thing: Thing, path: str) -> None:
        self._things[path] = thing
        self._paths[id(thing)] = path
        for number, child in enumerate(thing.children):
            self._learn(child, f"{path}/{number}")

    def _answer(self, call: Call, deadline: float) -> Any:
        if call.to.bus_name == "org.a11y.atspi.Registry":
            return [(":1.7", "/root"), (":1.8", "/org/a11y/atspi/null")]
        if call.member == "GetConnectionUnixProcessID":
            return PID
        if self.slow_s:
            time.sleep(max(0.0, min(self.slow_s, deadline - time.monotonic())))
            return None
        thing = self._things[call.to.path]
        own: Mapping[str, Any] = {
            "GetRole": thing.role,
            "GetState": [thing.states, 0],
            "GetExtents": thing.box,
            "GetChildren": [(":1.7", self._paths[id(child)]) for child in thing.children],
        }
        if call.member == "Get":
            values = {"Name": ("s", thing.name), "Description": ("s", thing.tooltip)}
            return {**values, "ChildCount": ("i", len(thing.children))}[call.body[1]]
        if call.member == "GetAccessibleAtPoint":
            return self._at(thing, call.body[0], call.body[1])
        return own[call.member]

    def _at(self, thing: Thing, x: int, y: int) -> tuple[str, str]:
        for child in thing.children:
            left, top, width, height = child.box
            if left <= x < left + width and top <= y < top + height:
                return ":1.7", self._paths[id(child)]
        return "", "/org/a11y/atspi/null"


def read(*windows: Thing, within: Rect = WINDOW) -> list[Element]:
    return Accessibility(Bus(*windows)).elements(PID, within, 5.0)


def button(name: str, box: tuple[int, int, int, int] = (110, 60, 40, 20), **more: Any) -> Thing:
    return Thing(BUTTON, name, box, **more)


def test_controls_are_told_with_place_name_and_states() -> None:
    pressed = button("Play", states=SHOWING | FOCUSABLE | SENSITIVE)
    secret = Thing(PASSWORD, "Key", (110, 100, 80, 20))
    found = read(Thing(FRAME, "Player", children=[Thing(PANEL, children=[pressed, secret])]))
    assert [(e.role, e.name, e.box, e.path) for e in found] == [
        ("push button", "Play", Rect(110, 60, 40, 20), (0, 0, 0)),
        ("password text", "Key", Rect(110, 100, 80, 20), (0, 0, 1)),
    ]
    assert (found[0].focusable, found[0].enabled, found[0].password) == (True, True, False)
    assert (found[1].focusable, found[1].enabled, found[1].password) == (False, False, True)


def test_a_button_without_a_name_is_called_by_its_tooltip() -> None:
    assert [e.name for e in read(Thing(FRAME, children=[button("", tooltip="Shuffle")]))] == ["Shuffle"]


def test_what_does_not_show_or_lies_outside_is_left_out_with_all_that_is_in_it() -> None:
    hidden = Thing(PANEL, states=0, children=[button("Hidden")])
    outside = Thing(PANEL, box=(600, 50, 50, 50), children=[button("Outside", (600, 60, 40, 20))])
    placeless = Thing(PANEL, box=(0, 0, 0, 0), children=[button("There")])
    assert [e.name for e in read(Thing(FRAME, children=[hidden, outside, placeless]))] == ["There"]


def test_a_label_is_the_face_of_a_button_but_not_of_the_page_of_a_tab() -> None:
    face = button("Save", children=[Thing(LABEL, "Save", (112, 62, 30, 16))])
    page = Thing(TAB, "General", (100, 90, 60, 20), children=[Thing(LABEL, "Volume", (110, 130, 60, 16))])
    assert [e.name for e in read(Thing(FRAME, children=[face, page]))] == ["Save", "General", "Volume"]


def test_what_stands_in_a_row_knows_the_row() -> None:
    cells = [
        Thing(CELL, "", (100, 80, 20, 20), children=[button("Like", (102, 82, 16, 16))]),
        Thing(CELL, "Low tide", (120, 80, 80, 20)),
        Thing(CELL, "", (100, 100, 20, 20)),
        Thing(CELL, "Storm", (120, 100, 80, 20)),
    ]
    found = read(Thing(FRAME, children=[Thing(TABLE, children=cells)]))
    assert [(e.name, e.row) for e in found if e.name] == [
        ("Low tide", "Low tide"), ("Storm", "Storm"), ("Like", "Low tide"),
    ]  # fmt: skip


@pytest.mark.parametrize(("states", "names"), [(SHOWING, ["Size"]), (SHOWING | EXPANDED, ["Size", "12"])])
def test_choices_of_a_combo_box_show_where_it_is_open(states: int, names: list[str]) -> None:
    choices = Thing(98, children=[Thing(LIST_ITEM, "12")])
    assert [
        e.name for e in read(Thing(FRAME, children=[Thing(COMBO, "Size", states=states, children=[choices])]))
    ] == names


def test_places_without_the_scale_factor_are_scaled() -> None:
    window = Thing(FRAME, box=(40, 20, 400, 300), children=[button("Go", (50, 30, 20, 20))])
    (found,) = read(window, within=Rect(60, 30, 600, 450))
    assert found.box == Rect(75, 45, 30, 30)


def test_a_title_bar_in_the_reported_window_is_no_scale() -> None:
    window = Thing(FRAME, box=(99, 28, 402, 323), children=[button("Go")])
    assert read(window)[0].box == Rect(110, 60, 40, 20)


def test_a_page_may_be_reported_in_real_pixels_inside_a_window_that_is_not() -> None:
    link = Thing(88, "Home", (180, 150, 60, 30))
    page = Thing(PAGE, box=(60, 90, 600, 390), children=[link])
    view = Thing(PANEL, box=(40, 60, 400, 260), children=[page, button("Reload", (50, 30, 20, 20))])
    found = read(Thing(FRAME, box=(40, 20, 400, 300), children=[view]), within=Rect(60, 30, 600, 450))
    assert {e.name: e.box for e in found} == {"Home": Rect(180, 150, 60, 30), "Reload": Rect(75, 45, 30, 30)}


def test_of_a_very_long_list_what_shows_is_found_without_reading_it_all() -> None:
    rows = [Thing(LIST_ITEM, str(n), (100, 50 + 20 * n, 400, 20), states=SHOWING if n < 15 else 0) for n in range(5000)]
    bus = Bus(Thing(FRAME, children=[Thing(31, children=rows)]))
    found = Accessibility(bus).elements(PID, WINDOW, 5.0)
    assert [e.name for e in found] == [str(n) for n in range(15)]
    assert len(bus.asked) < 600


def test_the_smallest_control_at_a_place_is_told() -> None:
    row = Thing(LIST_ITEM, "Storm", (100, 80, 400, 40), children=[button("Like", (450, 85, 30, 30))])
    access = Accessibility(Bus(Thing(FRAME, children=[Thing(31, children=[row])])))
    assert [e and e.name for e in (access.at(PID, Point(x, 100), WINDOW, 5.0) for x in (460, 200))] == ["Like", "Storm"]
    assert access.at(PID, Point(300, 300), WINDOW, 5.0) is None


def test_a_program_that_hangs_costs_its_time_once() -> None:
    access = Accessibility(Bus(Thing(FRAME), answers_within_s=10.0))
    started = time.monotonic()
    assert access.elements(PID, WINDOW, 0.1) == []
    assert time.monotonic() - started < 0.5
    started = time.monotonic()
    assert access.elements(PID, WINDOW, 0.1) == []
    assert time.monotonic() - started < 0.05


def test_a_program_that_is_not_on_the_bus_offers_nothing() -> None:
    assert Accessibility(Bus(Thing(FRAME, children=[button("Go")]))).elements(PID + 1, WINDOW) == []


def test_a_bus_that_goes_away_offers_nothing_and_is_let_go() -> None:
    bus = Bus(Thing(FRAME, children=[button("Go")]))
    bus.gone = True
    assert Accessibility(bus).elements(PID, WINDOW) == []
    assert bus.closed


def test_without_a_bus_nothing_is_offered_and_it_is_not_asked_for_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def refuse(deadline: float) -> accessibility.Wire:
        tried.append(deadline)
        raise ConnectionError("no bus")

    monkeypatch.setattr(accessibility, "open_wire", refuse)
    with Accessibility() as access:
        assert access.elements(PID, WINDOW) == []
        assert access.at(PID, Point(110, 60), WINDOW) is None
    assert len(tried) == 1


def test_there_is_no_bus_without_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    with pytest.raises(OSError, match="DBUS_SESSION_BUS_ADDRESS"):
        accessibility.open_wire(time.monotonic() + 1)


def test_answers_that_break_the_protocol_are_left_out() -> None:
    broken = Thing(BUTTON, "Odd", box=(1, 2, 3))  # type: ignore[arg-type]
    nameless = Thing(BUTTON, 7, (110, 60, 40, 20))  # type: ignore[arg-type]
    assert [(e.name, e.box) for e in read(Thing(FRAME, children=[broken, nameless]))] == [("", Rect(110, 60, 40, 20))]


def test_closing_twice_is_fine() -> None:
    bus = Bus()
    access = Accessibility(bus)
    access.close()
    access.close()
    assert bus.closed


def test_what_is_scrolled_out_of_its_list_is_not_seen() -> None:
    away, bar = button("Cards", (110, 300, 60, 60)), button("Next", (130, 310, 20, 20))
    seen = button("Cards", (110, 60, 60, 60))
    long = Thing(PANEL, box=(100, 50, 400, 900), children=[seen, away])
    frame = Thing(FRAME, children=[Thing(PANEL, box=(100, 50, 400, 200), children=[long]), bar])
    assert [(e.name, e.showing) for e in read(frame)] == [("Next", True), ("Cards", True), ("Cards", False)]
    access = Accessibility(Bus(frame))
    assert access.at(PID, Point(115, 305), WINDOW) is None
    found = access.at(PID, Point(140, 320), WINDOW)
    assert found is not None
    assert found.name == "Next"


def test_what_pops_up_may_reach_out_of_where_it_belongs() -> None:
    entry = Thing(LIST_ITEM, "Large", (110, 200, 80, 20))
    combo = Thing(COMBO, "Size", (110, 60, 80, 20), states=SHOWING | EXPANDED, children=[entry])
    bar = Thing(PANEL, box=(100, 50, 400, 40), children=[combo])
    assert [(e.name, e.showing) for e in read(Thing(FRAME, children=[bar]))] == [("Size", True), ("Large", True)]
