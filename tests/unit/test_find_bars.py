"""Scroll bars side by side, sliders that are crowded, and fields that show what was chosen."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from encore_agent.find import Absent, Found
from encore_models.perception.candidates import candidates
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import Window, find, form

PAPER, EDGE, THUMB = (255, 255, 255), (190, 190, 190), (205, 205, 205)
HEIGHT = 480


def thumb(window: Window, left: int, top: int, bottom: int) -> None:
    """A thumb with an outline, 10 pixels wide."""
    cv2.rectangle(window.image, (left, top), (left + 9, bottom), THUMB, cv2.FILLED)
    cv2.rectangle(window.image, (left, top), (left + 9, bottom), EDGE, 1)


def reader(side: int, top: int = 60, width: int = 760) -> Window:
    """Pages in a side bar with a scroll bar right of them, and a page with one at the window's edge."""
    window = Window(np.full((HEIGHT, width, 3), 240, np.uint8))
    for number, text in enumerate(("File", "Edit", "View")):
        window.write(text, 20 + 90 * number, 12)
    cv2.rectangle(window.image, (8, top), (8 + side, HEIGHT - 8), PAPER, cv2.FILLED)
    cv2.rectangle(window.image, (8, top), (8 + side, HEIGHT - 8), EDGE, 1)
    bar = 8 + side - 22
    cv2.line(window.image, (bar, top), (bar, HEIGHT - 8), (225, 225, 225), 1)
    for number in range(3):
        left, high = 16, top + 8 + 130 * number
        cv2.rectangle(window.image, (left, high), (bar - 6, high + 124), (0, 0, 0), 1)
    thumb(window, bar + 6, top + 6, top + 360)
    cv2.rectangle(window.image, (side + 30, top), (width - 1, HEIGHT - 1), PAPER, cv2.FILLED)
    cv2.line(window.image, (width - 22, top), (width - 22, HEIGHT - 1), (225, 225, 225), 1)
    thumb(window, width - 16, top + 6, top + 90)
    return window.write("The harbour opens at six", side + 60, top + 40)


def test_the_side_of_a_picture_beside_it_makes_no_scroll_bar_of_its_own() -> None:
    found = [c.box for c in candidates(reader(140).image) if c.kind == "scroll bar" and c.box.left < 200]
    assert len(found) == 1
    assert found[0].overlap(Rect(126, 61, 22, 410)) > 0.7


@pytest.mark.parametrize(("side", "top"), [(140, 60), (140, 76), (176, 80)])
def test_of_two_scroll_bars_each_is_found_where_it_stands_now(side: int, top: int) -> None:
    shown, now = reader(140), reader(side, top)
    for point, bar in (
        (Point(137, 300), Rect(8 + side - 22, top, 22, HEIGHT - 8 - top)),
        (Point(749, 300), Rect(738, top, 22, HEIGHT - top)),
    ):
        assert describe_target(shown.scene, point).kind == "slider"
        found = find(shown, now, point)
        assert isinstance(found, Found), found
        assert bar.contains(found.point)


@pytest.mark.parametrize(("caption", "there"), [("Speed", True), ("Pitch", False)])
def test_a_slider_that_a_label_names_may_be_crowded(caption: str, there: bool) -> None:
    found = find(
        form().write("Speed", 190, 354).slider(260, 360, 400),
        form().write(caption, 190, 354).slider(260, 360, 130),
        Point(340, 360),
    )
    assert isinstance(found, Found) == there, found


def chooser(value: str, arrow: bool, left: int = 300) -> Window:
    """A field without a caption of its own that shows a value, with or without an arrow at its end."""
    window = form()
    for row, text in enumerate(("Theme", "Fonts", "Zoom", "Pages")):
        window.write(text, 600, 220 + 56 * row)
    box = Rect(left, 262, 220, 34)
    window.frame(box).write(value, box.left + 12, box.top + 11)
    if arrow:
        end = box.right - 18
        points = np.array([(end - 6, box.top + 14), (end + 6, box.top + 14), (end, box.top + 21)])
        cv2.fillPoly(window.image, [points], (60, 60, 60))
    return window


@pytest.mark.parametrize("arrow", [True, False])
def test_a_field_that_shows_what_was_chosen_may_show_another_choice(arrow: bool) -> None:
    found = find(chooser("Light", arrow), chooser("Dark", arrow), Point(380, 279))
    # Without an arrow it may ask for something else.
    assert isinstance(found, Found) == arrow, found


def test_an_empty_field_whose_grey_words_are_cut_off_is_known_by_what_is_left() -> None:
    def page(words: str, frame: bool) -> Window:
        window = form().write(words, 480, 256, ink=120)
        return window.frame(Rect(470, 248, 120, 30)) if frame else window

    found = find(page("Search...", True), page("Searc...", False), Point(560, 263))
    assert isinstance(found, Found), found
    assert abs(found.point.y - 262) < 14
    assert isinstance(find(page("Search...", True), page("Sendi...", False), Point(560, 263)), Absent)
