"""Drawings in rows where a search finds one or two, on cards that are wider than others, and heads above rows."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from encore_agent.find import Absent, Finder, Found
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import Window

TITLES = ("Silver Bridge", "Hidden River", "Golden Meadow", "Paper Lantern", "Neon Harbor", "Velvet Canyon")


def page(titles: Sequence[str], shift: int = 0, playing: str = "") -> Window:
    """Rows of a title and two signs each, and below them what is played, with one of the signs."""
    window = Window().write("Library", 20, 12).write("Radio", 120, 12)
    for row, title in enumerate(titles):
        top = 60 + 52 * row
        window.write(title, 60, top).sign(560 + shift, top - 4, 0).sign(640 + shift, top - 4, 1)
    if playing:
        window.write(playing, 60, 440).sign(200, 436, 0)
    return window


def find(shown: Window, now: Window, point: Point, said: str | None = None) -> Found | Absent:
    scene = shown.scene
    return Finder(now).find(describe_target(scene, point), scene, now.scene, said)


@pytest.mark.parametrize("said", ["Golden Meadow", "Crystal Compass"])
def test_the_sign_of_one_of_two_rows_is_that_of_the_title(said: str) -> None:
    point = Point(570, 62 + 52 * 2 + 4)
    assert describe_target(page(TITLES).scene, point).kind == "row_icon"
    for row, titles in enumerate(((said, "Burning Forest"), ("Burning Forest", said))):
        found = find(page(TITLES), page(titles, 10), point, said)
        assert isinstance(found, Found), found
        assert Rect(570, 50 + 52 * row, 24, 30).contains(found.point)


def test_a_title_that_is_not_listed_has_no_sign_though_it_is_played() -> None:
    point = Point(570, 62 + 52 * 2 + 4)
    now = page(("Burning Forest", "Frozen Avenue"), playing="Golden Meadow")
    assert isinstance(find(page(TITLES), now, point, "Golden Meadow"), Absent)


def cards(lines: Sequence[Sequence[tuple[str, int]]]) -> Window:
    """Lines of cards with their widths: a sign at the upper right corner, a title below."""
    window = Window(np.full((560, 760, 3), 245, np.uint8))
    for line, row in enumerate(lines):
        left, top = 30, 30 + 260 * line
        for title, width in row:
            cv2.rectangle(window.image, (left, top), (left + width, top + 230), (205, 205, 205), 1)
            window.sign(left + width - 30, top + 10, 1).write(title, left + 8, top + 200)
            left += width + 10
    return window


def test_the_title_of_the_next_card_is_not_the_name_of_a_wider_one() -> None:
    first = [(title, 220) for title in TITLES[:3]]
    scene = cards([first, [("Paper Lantern", 335), ("Neon Harbor", 335)]]).scene
    for left, title in ((30, "Silver Bridge"), (260, "Hidden River"), (490, "Golden Meadow")):
        cell = scene.at(Point(left + 200, 48))
        assert cell is not None
        name = scene.name_of(cell)
        assert name is not None
        assert scene.texts([name]) == [title]
    for right, title in ((365, "Paper Lantern"), (710, "Neon Harbor")):
        cell = scene.at(Point(right - 20, 308))
        assert cell is not None
        name = scene.name_of(cell)
        assert name is None or scene.texts([name]) == [title]


def table(focused: bool) -> Window:
    """A table whose heads stand as far above its first row as rows stand apart; that may have a dotted frame."""
    window = Window(np.full((480, 760, 3), 250, np.uint8))
    for number, text in enumerate(("File", "Edit", "View")):
        window.write(text, 20 + 90 * number, 12)
    for left, text in ((200, "Name"), (480, "Size"), (560, "Type"), (640, "Date Modified")):
        window.write(text, left, 107, 0.45, 120)
    for row, title in enumerate(TITLES):
        top = 135 + 28 * row
        window.sign(172, top - 4, 3)
        for left, text in ((200, title), (490, "4.0 KiB"), (560, "folder"), (640, "Today")):
            window.write(text, left, top, 0.45)
    if focused:
        box = Rect(168, 126, 590, 28)
        for x in range(box.left, box.right, 4):
            window.image[[box.top, box.bottom], x : x + 2] = 120
        for y in range(box.top, box.bottom, 4):
            window.image[y : y + 2, [box.left, box.right]] = 120
    return window


def test_the_head_of_a_column_is_not_named_by_the_row_below_it() -> None:
    shown, point = table(True), Point(690, 113)
    assert "Silver Bridge" in describe_target(shown.scene, point).row_text, "both are to be made out as one row"
    found = find(shown, table(False), point)
    assert isinstance(found, Found), found
    assert Rect(630, 100, 125, 24).contains(found.point)


def grid(titles: Sequence[str]) -> Window:
    """Cards in lines of three: a cover, a title and a sign on its line."""
    window = Window(np.full((560, 760, 3), 245, np.uint8)).write("Library", 20, 8)
    for place, title in enumerate(titles):
        left, top = 30 + 240 * (place % 3), 40 + 250 * (place // 3)
        cv2.rectangle(window.image, (left, top), (left + 220, top + 160), (60 + 20 * place, 90, 160), cv2.FILLED)
        window.write(title, left, top + 180).sign(left + 190, top + 176, 0)
    return window


def test_a_row_may_be_a_card_today_but_that_needs_another_witness() -> None:
    found = find(page(TITLES), grid(TITLES), Point(90, 64 + 52 * 2), "Golden Meadow")
    assert isinstance(found, Absent), found
    assert found.titled is not None
    assert found.titled in found.nearly
    assert Rect(510, 215, 130, 20).contains(found.titled.point)
    assert (found.titled.probability or 1.0) < 0.9


def test_a_title_that_is_there_twice_or_not_at_all_needs_more() -> None:
    for titles in ((*TITLES[:4], "Golden Meadow", TITLES[5]), (*TITLES[:2], *TITLES[3:])):
        found = find(page(TITLES), grid(titles), Point(90, 64 + 52 * 2), "Golden Meadow")
        assert isinstance(found, Absent), found
        assert found.titled is None


def columns(titles: Sequence[str], on: str = "") -> Window:
    """Rows in two columns; the sign of one may be on, and looks otherwise then."""
    window = Window().write("Results", 20, 12)
    for place, title in enumerate(titles):
        left, top = 40 + 360 * (place % 2), 60 + 52 * (place // 2)
        window.write(title, left, top)
        if title == on:
            cv2.rectangle(window.image, (left + 276, top - 8), (left + 308, top + 24), (30, 30, 30), cv2.FILLED)
            cv2.line(window.image, (left + 280, top + 8), (left + 304, top + 8), (250, 250, 250), 3)
        else:
            window.sign(left + 282, top - 4, 0)
    return window


def test_where_the_sign_of_a_row_is_on_that_of_the_row_beside_it_is_not_taken() -> None:
    shown = Window().write("Library", 20, 12)
    for row, title in enumerate(TITLES):
        shown.write(title, 60, 60 + 52 * row).sign(682, 56 + 52 * row, 0)
    for title in TITLES[::2]:
        found = find(shown, columns(TITLES, on=title), Point(692, 66), title)
        assert isinstance(found, Absent), (title, found)
