"""Drawings of several colours on another ground: their own pixels are what they were."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from encore_agent.colours import own_pixels
from encore_agent.find import Absent, Found
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import Image, Window, find

LIGHT, DARK = 240, 40
SIGNS = (0, 1, 2, 3)


def draw(image: Image, left: int, top: int, number: int) -> None:
    """A small picture: pale in a dark outline, with a spot of colour; on a dark ground no outline is seen."""
    shapes = (((2, 3), (22, 22)), ((6, 2), (18, 23)), ((2, 6), (23, 21)), ((9, 4), (23, 22)))
    spots = ((40, 120, 210), (190, 90, 30), (60, 170, 90), (150, 60, 160))
    (x, y), (right, bottom) = shapes[number % 4]
    cv2.rectangle(image, (left + x, top + y), (left + right, top + bottom), (25, 25, 25), cv2.FILLED)
    cv2.rectangle(image, (left + x + 4, top + y + 4), (left + right - 4, top + bottom - 4), (225, 225, 225), cv2.FILLED)
    at = left + x + 5, top + y + 5
    cv2.rectangle(image, at, (at[0] + 3, at[1] + 4), spots[number % 4], cv2.FILLED)


def bar(ground: int, signs: Sequence[int] = SIGNS, gap: int = 44, top: int = 60) -> Window:
    """A tool bar of coloured pictures on a ground, below some labels."""
    window = Window()
    window.image[:] = ground
    for number, text in enumerate(("File", "Edit", "View", "Help")):
        window.write(text, 20 + round(2 * gap * number), 12, ink=255 - ground)
    for place, number in enumerate(signs):
        draw(window.image, 20 + gap * place, top, number)
    return window.write("Apply", 620, 420, ink=255 - ground)


@pytest.mark.parametrize("number", SIGNS)
def test_a_coloured_drawing_is_found_on_another_ground(number: int) -> None:
    found = find(bar(LIGHT), bar(DARK, gap=52, top=66), Point(33 + 44 * number, 73))
    assert isinstance(found, Found), found
    assert Rect(20 + 52 * number, 66, 26, 26).contains(found.point)


def test_it_is_found_among_others_that_take_after_it_and_never_one_of_these() -> None:
    shown, now = bar(LIGHT), bar(DARK, gap=52, top=66)
    # The same with a sign on it, as "find and replace" beside "find".
    for window, left, top in ((shown, 400, 60), (now, 440, 66)):
        draw(window.image, left, top, 1)
        cv2.circle(window.image, (left + 20, top + 16), 5, (30, 220, 240), cv2.FILLED)
    found = find(shown, now, Point(33 + 44, 73))
    assert isinstance(found, Found), found
    assert Rect(72, 66, 26, 26).contains(found.point)
    now.image[66:92, 72:98] = DARK
    assert isinstance(find(shown, now, Point(33 + 44, 73)), Absent)


def test_what_has_other_pixels_is_another_drawing() -> None:
    gone = find(bar(LIGHT), bar(DARK, (0, 3, 2), gap=52, top=66), Point(33 + 44, 73))
    assert isinstance(gone, Absent) or "own pixels" not in gone.evidence, gone


def test_own_pixels_are_those_that_the_ground_has_not_without_the_outline() -> None:
    image = np.full((40, 40, 3), LIGHT, np.uint8)
    cv2.rectangle(image, (10, 10), (19, 19), (30, 90, 160), cv2.FILLED)
    own = own_pixels(image, Rect(8, 8, 14, 14))
    assert own.sum() == 64
    assert own[3:11, 3:11].all()
