"""What the program says about a found place: it may object, never point anywhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from encore_agent.accessible import element_at, heeded, told_elements
from encore_agent.findings import Absent, Found, LookAlike
from encore_models.macro import Target
from encore_recorder.events import Window
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element

PLACE = Rect(100, 50, 24, 24)
NEAR = (LookAlike(Rect(0, 0, 5, 5), 0.4),)
FOUND = Found(PLACE, PLACE.center, "it looks the same", 0.9, np.zeros((4, 4, 3), np.uint8), PLACE, NEAR)
TARGET = Target("icon", Rect(10, 10, 24, 24), Point(0, 0), role="push button", name="Shuffle")


def element(name: str, role: str = "push button", box: Rect = PLACE, showing: bool = True) -> Element:
    return Element(role, name, box, showing=showing)


@pytest.mark.parametrize("name", ["Shuffle", "shuffle", "&Shuffle", "_Shuffle", "Shuffle...", "Shuffle (12)"])
def test_a_program_that_agrees_is_quoted(name: str) -> None:
    result = heeded(FOUND, TARGET, [element(name)])
    assert isinstance(result, Found)
    assert (result.box, result.point, result.score) == (FOUND.box, FOUND.point, FOUND.score)
    assert result.evidence == f"it looks the same; the program calls it {name!r} as well"


@pytest.mark.parametrize(
    ("called", "role"),
    [("Repeat", "push button"), ("Disable shuffle", "push button"), ("Shuffle off", "toggle button")],
)
def test_a_program_that_objects_is_believed(called: str, role: str) -> None:
    result = heeded(FOUND, TARGET, [element(called, role)])
    assert result == Absent(f"the program calls it {called!r}, not 'Shuffle'", NEAR)


@pytest.mark.parametrize(
    "elements",
    [
        [],
        [element("")],
        [element("...")],
        [element("Repeat", box=Rect(200, 50, 24, 24))],
        [element("Repeat", showing=False)],
        [element("Yesterday", "list item", Rect(0, 40, 400, 40))],  # told only in part: the row, but not what is in it
        [element("42 %", "slider")],
        [element("Yesterday", "label")],
    ],
    ids=["nothing", "no name", "signs only", "elsewhere", "hidden", "a row around it", "a slider", "a label"],
)
def test_a_program_that_says_nothing_to_the_point_changes_nothing(elements: list[Element]) -> None:
    assert heeded(FOUND, TARGET, elements) is FOUND


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"role": "", "name": ""},
        {"role": "entry", "name": "Search"},
        {"role": "list item", "name": "Yesterday"},
        {"role": "menu item"},
        {"template": "{song}"},
        {"name": "Play {song}"},
    ],
)
def test_targets_that_had_no_lasting_name_are_not_judged_by_one(changes: dict[str, str]) -> None:
    assert heeded(FOUND, replace(TARGET, **changes), [element("Repeat")]) is FOUND


def test_the_smallest_element_counts() -> None:
    around, inside = element("Player", "page tab", Rect(0, 0, 500, 400)), element("Shuffle")
    assert element_at(PLACE.center, [around, inside, element("x", box=Rect(0, 0, 1, 1))]) == inside
    assert isinstance(heeded(FOUND, TARGET, [around, inside]), Found)
    assert element_at(Point(999, 999), [around, inside]) is None


def test_what_is_absent_stays_absent() -> None:
    absent = Absent("nothing looks like it")
    assert heeded(absent, TARGET, [element("Shuffle", box=Rect(0, 0, 900, 900))]) == absent


def test_what_was_nearly_found_is_heeded_as_well() -> None:
    absent = Absent("not sure enough", nearly=(FOUND,))
    (kept,) = (one for one in [heeded(absent, TARGET, [element("Shuffle")])] if isinstance(one, Absent))
    assert [one.box for one in kept.nearly] == [FOUND.box]
    refused = heeded(absent, TARGET, [element("Repeat")])
    assert isinstance(refused, Absent)
    assert refused.nearly == ()


WINDOW = Window("Player", "player", 7, Rect(-800, 20, 640, 400))


def test_what_is_told_lies_in_the_picture() -> None:
    told = told_elements(lambda window: [element("Shuffle", box=window.rect)], WINDOW, Point(-800, 20))
    assert [e.box for e in told] == [Rect(0, 0, 640, 400)]


@pytest.mark.parametrize("error", [ConnectionResetError("gone"), ValueError("no rectangle"), TypeError("no number")])
def test_a_hint_that_cannot_be_read_is_none(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def broken(window: Window) -> list[Element]:
        raise error

    assert told_elements(broken, WINDOW, Point(0, 0)) == []
    assert "player" in caplog.text
