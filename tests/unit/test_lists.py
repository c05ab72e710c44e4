"""Rows by their pitch, cards by their drawings."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.lists import Lists

TEXT, DRAWING = True, False


def lists(*cells: tuple[int, int, int, int, bool]) -> Lists:
    """Left, top, width, height and whether it is a label."""
    boxes = np.array([cell[:4] for cell in cells], np.float32)
    text = np.array([cell[4] for cell in cells], bool)
    return Lists(boxes, text, np.ones(len(cells), bool))


def songs(rows: int, step: int, missing: tuple[int, ...] = ()) -> list[tuple[int, int, int, int, bool]]:
    """A title, an artist below it, a duration at the right and a heart in each row."""
    cells = []
    for row in range(rows):
        top = 100 + row * step
        if row not in missing:
            cells.append((60, top, 80 + 7 * row, 12 + row % 3, TEXT))
        cells += [(60, top + 18, 60 + 5 * row, 11, TEXT), (500 - row % 2, top + 9, 30, 10, TEXT)]
        cells.append((560, top + 5, 18, 18, DRAWING))
    return cells


@pytest.mark.parametrize("step", [40, 56, 97])
def test_the_pitch_of_a_list_is_that_of_its_rows_and_not_of_its_lines(step: int) -> None:
    cells = songs(7, step)
    found = lists(*cells)
    for index in range(12):
        pitch = found.pitch(index)
        assert pitch is not None
        assert abs(pitch.step - step) < 2


def test_a_row_that_was_not_made_out_does_not_double_the_pitch() -> None:
    cells = songs(9, 50, missing=(4,))
    pitch = lists(*cells).pitch(0)
    assert pitch is not None
    assert abs(pitch.step - 50) < 2


def test_a_label_that_grew_together_with_its_drawing_is_in_the_list_of_those_that_did_not() -> None:
    ends_alike = (2, 4, 8, 12, 14)  # by accident, at equal distances
    titles = [(60, 100 + 25 * row, 200 if row in ends_alike else 90 + 7 * row, 13, TEXT) for row in range(15)]
    titles[6] = (44, 100 + 25 * 6, 216, 13, TEXT)
    sizes = [(300, 101 + 25 * row, 40, 11, TEXT) for row in range(15)]
    found = lists(*titles, *sizes)
    pitch = found.pitch(6)
    assert pitch is not None
    assert abs(pitch.step - 25) < 2
    assert sorted(found.row(6, pitch)) == [6, 21]


def test_labels_of_which_every_other_grew_together_with_its_drawing_are_in_one_list() -> None:
    # The side bar of a file manager: a heading, entries further in, and another heading.
    bar = [(27, 112, 102, 14), (51, 135, 40, 11), (51, 156, 55, 16), (51, 181, 46, 11), (30, 200, 97, 20)]
    bar += [(50, 225, 36, 13), (27, 249, 64, 12), (51, 271, 56, 13)]
    found = lists(*((*cell, TEXT) for cell in bar))
    for index in (1, 2, 3, 4, 5):
        pitch = found.pitch(index)
        assert pitch is not None
        assert abs(pitch.step - 22.8) < 1
        assert list(found.row(index, pitch)) == [index]


def test_a_row_is_what_repeats_from_row_to_row() -> None:
    cells = songs(6, 56)
    stray = (300, 100 + 2 * 56 + 4, 40, 12, TEXT)
    found = lists(*cells, stray)
    heart = 2 * 4 + 3
    pitch = found.pitch(heart)
    assert pitch is not None
    assert sorted(found.row(heart, pitch)) == [8, 9, 10, 11]


def test_what_stands_alone_is_in_no_list() -> None:
    found = lists((10, 10, 20, 20, DRAWING), (100, 50, 60, 12, TEXT), (300, 220, 24, 24, DRAWING))
    assert [found.pitch(index) for index in range(3)] == [None, None, None]


def test_a_card_is_named_by_the_label_at_the_same_distance_from_each_heart() -> None:
    cells, hearts = [], []
    for row in range(2):
        for column in range(3):
            left, top = 50 + 300 * column, 60 + 330 * row
            hearts.append(len(cells))
            cells.append((left + 240, top + 10, 20, 20, DRAWING))
            cells += [(left, top + 260, 90 + 9 * column, 12, TEXT), (left, top + 280, 50, 11, TEXT)]
    found = lists(*cells)
    for heart in hearts:
        assert found.named_alike(heart, np.array(hearts))[0] == heart + 1


def test_two_equal_drawings_name_nothing() -> None:
    cells = [(50, 10, 20, 20, DRAWING), (80, 12, 60, 12, TEXT), (50, 60, 20, 20, DRAWING), (80, 62, 60, 12, TEXT)]
    assert list(lists(*cells).named_alike(0, np.array([0, 2]))) == []


def test_a_drawing_whose_title_was_not_made_out_has_no_name_rather_than_that_of_another_row() -> None:
    cells = [
        cell
        for row in range(9)
        for cell in songs(9, 50)[4 * row : 4 * row + 4]
        if cell[4] == DRAWING or row not in (2, 6)
    ]
    found = lists(*cells)
    hearts = np.array([number for number, cell in enumerate(cells) if cell[4] == DRAWING])
    assert [bool(found.named_alike(int(heart), hearts, 50.0)) for heart in hearts] == [
        row not in (2, 6) for row in range(9)
    ]
    assert all(cells[found.named_alike(int(heart), hearts, 50.0)[0]][0] == 60 for heart in hearts[[0, 4, 8]])


@pytest.mark.parametrize("on", [(0, 2), (1, 3), (2, 4, 6)])
def test_drawings_between_such_as_look_otherwise_are_in_the_list_of_their_titles(on: tuple[int, ...]) -> None:
    titles = [(60, 100 + 55 * row, 80 + 7 * row, 12, TEXT) for row in range(8)]
    hearts = [(500, 94 + 55 * row, 27, 24) if row in on else (504, 96 + 55 * row, 18, 20) for row in range(8)]
    found = lists(*titles, *((*heart, DRAWING) for heart in hearts))
    between = on[0] + 1
    pitch = found.pitch(8 + between)
    assert pitch is not None
    assert abs(pitch.step - 55) < 2
    assert list(found.row(8 + between, pitch)) == [between, 8 + between]
