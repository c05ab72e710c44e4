"""What names a drawing of a list or card: its own title, also where it was acted on and looks like no other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from encore_recorder.geometry import Point
from tests.unit.test_find_kinds import Window

FIRST = ("Harbour Bakery", "Green Hotel", "Central Park", "Old Mill", "West Quay", "Lake View")
SECOND = ("Iron Knight", "Final Stranger", "Wild Planet", "Stolen Road", "Lonely Crown", "Night Express")
UNMARKED, MARKED = 1, 3


def named(window: Window, left: int, top: int) -> str:
    """What names the drawing whose corner is there."""
    scene = window.scene
    cell = next(c for c in scene.candidates if c.kind != "text" and c.box.grown(6).contains(Point(left + 10, top + 10)))
    name = scene.name_of(cell)
    return scene.texts([name])[0] if name is not None else ""


def lists(marked: int, wide: bool) -> tuple[Window, tuple[int, int], tuple[int, int]]:
    """Two lists side by side, and where the titles and the drawings of each begin; one row of the first is marked."""
    width = 1500 if wide else 760
    titles, drawings = (20, width // 2 + 20), (width // 2 - 60, width - 60)
    window = Window(np.full((480, width, 3), 245, np.uint8))
    for texts, left, right in zip((FIRST, SECOND), titles, drawings, strict=True):
        for row, text in enumerate(texts):
            acted = texts is FIRST and row == marked
            window.write(text, left, 64 + 50 * row).sign(right, 58 + 50 * row, MARKED if acted else UNMARKED)
    return window, titles, drawings


@pytest.mark.parametrize("wide", [False, True])
def test_drawings_of_lists_side_by_side_are_named_by_their_own_title(wide: bool) -> None:
    window, _, drawings = lists(marked=2, wide=wide)
    for texts, left in zip((FIRST, SECOND), drawings, strict=True):
        assert [named(window, left, 58 + 50 * row) for row in range(6)] == list(texts)


def test_a_drawing_on_a_card_that_was_acted_on_is_named_like_the_others() -> None:
    window = Window()
    for number, text in enumerate((*FIRST, *SECOND)):
        left, top = 20 + 180 * (number % 4), 60 + 130 * (number // 4)
        window.write(text, left, top).write("Crime", left, top + 24, size=0.4)
        window.sign(left + 140, top, MARKED if number in (5, 7) else UNMARKED)
    for number, text in enumerate((*FIRST, *SECOND)):
        assert named(window, 160 + 180 * (number % 4), 60 + 130 * (number // 4)) == text


@pytest.mark.parametrize("begin", range(20, 28))
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_card_is_named_by_its_first_line_though_the_second_one_begins_before_it(begin: int, before: int) -> None:
    window = Window()
    for number, text in enumerate(FIRST):
        left, top = begin + 240 * (number % 3), 60 + 200 * (number // 3)
        window.write(text, left, top).write("310 KB", left - before, top + 24, size=0.4).sign(left + 140, top - 30, 1)
    for number, text in enumerate(FIRST):
        assert named(window, begin + 140 + 240 * (number % 3), 30 + 200 * (number // 3)) == text


@pytest.mark.parametrize("missing", [(), (0,)])
@pytest.mark.parametrize("to_name", [140, -28])
def test_a_drawing_on_a_card_is_never_named_by_the_card_beside_it(missing: tuple[int, ...], to_name: int) -> None:
    window = Window()
    for number, text in enumerate(FIRST):
        column, row = number % 3, number // 3
        left, top = 60 + 240 * column, 60 + 200 * row
        window.write(text, left, top)
        # On a photograph a column of them may not be made out.
        if column not in missing:
            window.sign(left + to_name, top + 60, UNMARKED)
    for number, text in enumerate(FIRST):
        if number % 3 not in missing:
            name = named(window, 60 + to_name + 240 * (number % 3), 120 + 200 * (number // 3))
            # Before its name, and without the first column, that of the card before stands as near on the other side.
            assert name == ("" if missing and to_name < 0 else text)


@pytest.mark.parametrize("names", [FIRST, ("Boats", "Crew lists", "Old charts", "Tide tables", "Maps", "Letters")])
def test_names_in_the_middle_below_drawings_are_those_of_the_drawings_above_them(names: tuple[str, ...]) -> None:
    window = Window(np.full((720, 760, 3), 245, np.uint8))
    for number, text in enumerate((*names, *SECOND)):
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
        middle, top = 130 + 240 * (number % 3), 40 + 100 * (number // 3)
        window.sign(middle - 10, top, UNMARKED).write(text, middle - width // 2, top + 40)
    for number, text in enumerate((*names, *SECOND)):
        assert named(window, 120 + 240 * (number % 3), 40 + 100 * (number // 3)) == text


def test_a_drawing_on_one_of_a_line_of_wider_cards_is_not_named_by_the_card_behind_it() -> None:
    window = Window(np.full((480, 1100, 3), 245, np.uint8))
    for row, (count, pitch) in enumerate(((4, 240), (3, 320))):
        for number in range(count):
            text, left, top = (FIRST, SECOND)[row][number], 30 + pitch * number, 160 + 200 * row
            window.write(text, left, top)
            # From each to the title of the card behind it is as far in both lines. One was not made out.
            if (row, number) != (0, 1):
                window.sign(left + pitch - 60, top - 90, UNMARKED)
    assert named(window, 210, 70) in ("", FIRST[0])


def test_a_drawing_below_a_list_is_not_named_by_a_row_of_it() -> None:
    window = Window(np.full((560, 760, 3), 245, np.uint8))
    for row, text in enumerate(FIRST):
        window.write(text, 220, 64 + 60 * row).write(f"{row + 2}:45", 660, 64 + 60 * row)
        window.sign(600, 58 + 60 * row, UNMARKED)
    # From what is played to a title is as far as from the drawing of a row to the time of the row before.
    window.sign(160, 58 + 60 * len(FIRST), UNMARKED)
    assert named(window, 600, 58) == FIRST[0]
    assert named(window, 160, 58 + 60 * len(FIRST)) == ""


def test_drawings_beside_a_list_of_which_most_are_on_are_named_by_their_own_title() -> None:
    window = Window(np.full((320, 1000, 3), 245, np.uint8))
    for texts, title, drawing in ((FIRST, 28, 463), (SECOND, 516, 952)):
        for row, text in enumerate(texts):
            window.write(text, title, 104 + 34 * row, size=0.4).sign(drawing, 98 + 34 * row, UNMARKED)
    for row in range(4):  # those that are on have a ground
        cv2.circle(window.image, (473, 108 + 34 * row), 15, (40, 40, 40), cv2.FILLED, cv2.LINE_AA)
        cv2.circle(window.image, (473, 108 + 34 * row), 6, (230, 230, 230), 2, cv2.LINE_AA)
    assert [named(window, 952, 98 + 34 * row) for row in range(6)] == list(SECOND)
