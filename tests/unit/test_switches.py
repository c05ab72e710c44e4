"""What a click switches, and whether it is on already, on small drawn windows."""

from __future__ import annotations

import cv2
import pytest

from encore_agent.find import Finder, Found
from encore_agent.switches import Switch, on_already
from encore_models.perception.switches import switched
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import Window

PRESSED = Point(210, 70)


def bar(*on: int, left: int = 80, top: int = 60, page: str = "Library", over: int | None = None) -> Window:
    """Five signs in a bar over a page; those that are on are filled, the one that the pointer is over has a ground."""
    window = Window().write(page, 40, 140).write("Silver Bridge", 40, 200).write("Hidden River", 40, 250)
    for place in range(5):
        x = left + 60 * place
        if place == over:
            cv2.rectangle(window.image, (x - 8, top - 8), (x + 28, top + 28), (210, 210, 210), cv2.FILLED)
        window.sign(x, top, place)
        if place in on:
            cv2.rectangle(window.image, (x - 6, top - 6), (x + 26, top + 26), (60, 120, 40), cv2.FILLED)
            cv2.circle(window.image, (x + 10, top + 10), 5, (250, 250, 250), cv2.FILLED, cv2.LINE_AA)
            cv2.line(window.image, (x, top + 20), (x + 20, top), (250, 250, 250), 2, cv2.LINE_AA)
    return window


def switch(before: Window, after: Window, point: Point = PRESSED) -> Switch | None:
    target = describe_target(before.scene, point)
    on = switched(target, before.scene, after.scene)
    return None if on is None else Switch(target, before.scene, on, after.scene)


def already(now: Window) -> Found | None:
    known, finder = switch(bar(), bar(2)), Finder(now)
    assert known is not None
    return on_already(finder, known, now.scene, None, finder.find(known.target, known.before, now.scene))


def test_a_click_that_changes_its_target_alone_is_a_switch() -> None:
    assert switch(bar(), bar(2)) is not None
    assert switch(bar(4), bar(2, 4)) is not None


def test_what_does_more_or_nothing_is_none() -> None:
    before, after = bar(), bar(2)
    assert switch(before, bar()) is None
    page = bar(2)
    cv2.rectangle(page.image, (20, 130), (740, 300), (90, 90, 90), cv2.FILLED)
    assert switch(before, page) is None
    assert switch(before, Window(after.image[:400].copy(), after.labels)) is None
    renamed = bar().write("XX", 40, 200)
    assert switch(before, renamed, Point(80, 206)) is None


def test_a_button_that_the_pointer_leaves_is_none() -> None:
    assert switch(bar(over=2), bar()) is None
    assert switch(bar(), bar(over=2)) is None


@pytest.mark.parametrize("now", [bar(2), bar(2, left=300, top=380), bar(0, 2), bar(2, page="Results")])
def test_what_is_on_is_told_wherever_it_stands(now: Window) -> None:
    found = already(now)
    assert found is not None
    assert any(place.contains(found.point) for place in (Rect(194, 54, 32, 32), Rect(414, 374, 32, 32)))


@pytest.mark.parametrize("now", [bar(), bar(left=300, top=380), bar(0), bar(4), bar(over=2)])
def test_what_is_off_is_not_told_for_on(now: Window) -> None:
    assert already(now) is None


def test_the_like_of_it_that_is_on_is_another_one() -> None:
    def pair(*on: int) -> Window:
        window = Window().write("Left", 60, 30).write("Right", 460, 30)
        for place, x in enumerate((80, 480)):
            filled = place in on
            cv2.circle(window.image, (x, 80), 10, (30, 30, 30), cv2.FILLED if filled else 2, cv2.LINE_AA)
        return window

    known, now = switch(pair(), pair(0), Point(80, 80)), pair(1)
    assert known is not None
    found = Finder(now).find(known.target, known.before, now.scene)
    assert on_already(Finder(now), known, now.scene, None, found) is None
