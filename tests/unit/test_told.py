"""Controls that only the program tells of become candidates; what the pixels show stays as it is."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.candidates import Candidate, Layout
from encore_models.perception.told import with_told
from encore_recorder.geometry import Rect
from encore_recorder.sources.accessibility import Element

PICTURE = Rect(0, 0, 640, 400)
SEEN = (
    Candidate(Rect(100, 50, 20, 20), "icon"),
    Candidate(Rect(100, 200, 300, 30), "field"),
    Candidate(Rect(110, 210, 60, 12), "text"),
)
STEPS = np.zeros((PICTURE.height, PICTURE.width), np.uint8)
STEPS[:, 50:52] = 200
LAYOUT = Layout(SEEN, STEPS)


def added(*elements: Element) -> list[Candidate]:
    """What came to the candidates that the pixels show."""
    found = with_told(LAYOUT, elements, PICTURE)
    assert found.walls == LAYOUT.walls == (Rect(50, 0, 2, 400),)
    assert set(SEEN) <= set(found.candidates)
    assert list(found.candidates) == sorted(found.candidates, key=lambda c: (c.box.top, c.box.left))
    return [candidate for candidate in found.candidates if candidate not in SEEN]


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("push button", "icon"), ("toggle button", "icon"), ("check box", "icon"), ("label", "text"),
        ("menu item", "text"), ("link", "text"), ("entry", "field"), ("slider", "slider"), ("image", "picture"),
    ],
)  # fmt: skip
def test_a_control_that_no_pixel_shows_is_a_candidate_of_its_role(role: str, kind: str) -> None:
    box = Rect(500, 120, 40, 24)
    assert added(Element(role, "", box)) == [Candidate(box, kind)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "element",
    [
        Element("push button", "Play", Rect(94, 44, 32, 32)),
        Element("entry", "Search", Rect(98, 198, 304, 34)),
        Element("push button", "Play", Rect(100, 50, 20, 20)),
    ],
    ids=["ink in a button", "a field", "the same"],
)
def test_ink_in_a_control_stands_for_it(element: Element) -> None:
    assert added(element) == []


def test_a_large_thing_around_a_small_control_does_not_stand_for_it() -> None:
    clear = Rect(240, 205, 20, 20)  # in the middle of the field
    assert added(Element("push button", "Clear", clear)) == [Candidate(clear, "icon")]


@pytest.mark.parametrize(
    "element",
    [
        Element("list item", "Yesterday", Rect(500, 100, 100, 30)),
        Element("text", "all that was written", Rect(420, 100, 200, 200)),
        Element("scroll bar", "", Rect(620, 0, 10, 400)),
        Element("push button", "Play", Rect(500, 120, 40, 24), showing=False),
        Element("push button", "Play", Rect(700, 120, 40, 24)),
        Element("push button", "Play", Rect(500, 120, 2, 24)),
        Element("page tab", "all of it", Rect(60, 0, 580, 390)),
    ],
    ids=["row", "text", "scroll bar", "hidden", "outside", "too thin", "a panel"],
)
def test_what_is_no_place_to_act_on_is_left_out(element: Element) -> None:
    assert added(element) == []


def test_what_hangs_over_the_edge_is_cut_and_what_is_told_twice_is_once() -> None:
    over = Element("push button", "Play", Rect(620, 120, 40, 24))
    assert added(over, over) == [Candidate(Rect(620, 120, 20, 24), "icon")]


def test_nothing_told_changes_nothing() -> None:
    assert with_told(LAYOUT, [], PICTURE) is LAYOUT
