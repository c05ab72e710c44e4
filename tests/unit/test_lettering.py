"""Words on pictures: in any script that the typeface has, and never over the edge."""

from __future__ import annotations

import numpy as np
import pytest

from encore_agent.findings import Absent, draw_trace
from encore_agent.lettering import width_of, write

SIDE = 60


def written(text: str, at: tuple[int, int] = (4, 40)) -> np.ndarray:
    picture = np.full((SIDE, 4 * SIDE, 3), 255, np.uint8)
    write(picture, text, at, 13, (0, 0, 200))
    return picture


def test_letters_have_their_colour_and_stand_where_they_are_asked_for() -> None:
    picture = written("Save")
    rows, columns = np.nonzero((picture != 255).any(axis=2))
    assert 4 <= columns.min() <= 8
    assert 4 + width_of("Save", 13) - 3 <= columns.max() <= 4 + width_of("Save", 13) + 1
    assert rows.min() >= 28
    assert rows.max() <= 41
    assert (picture[..., 2] >= picture[..., 1]).all()  # red in BGR


@pytest.mark.parametrize(("one", "other"), [("Für", "F?r"), ("Für", "Fur"), ("Elise ♥", "Elise ?")])
def test_accents_and_signs_are_not_question_marks(one: str, other: str) -> None:
    assert (written(one) != written(other)).any()


@pytest.mark.parametrize("at", [(-500, 40), (900, 40), (4, -90), (4, 900), (-8, 40), (230, 3), (230, 62)])
def test_what_lies_outside_is_cut_off(at: tuple[int, int]) -> None:
    assert written("Save as", at).shape == (SIDE, 4 * SIDE, 3)


def test_nothing_is_written_for_nothing() -> None:
    assert (written("") == 255).all()


def test_the_reason_below_a_decision_can_be_read_in_any_language() -> None:
    image = np.full((100, 300, 3), 200, np.uint8)
    traces = [draw_trace(image, Absent(f"no row reads {title!r}")) for title in ("Für Elise", "F?r Elise")]
    assert traces[0].shape == traces[1].shape
    assert (traces[0] != traces[1]).any()
