"""What stands out among its like: another ground, another colour, whatever the theme."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.candidates import Candidate
from encore_models.perception.standing_out import standing_out
from encore_recorder.geometry import Rect

ROWS = [Rect(20, 20 + 40 * row, 60, 16) for row in range(5)]


def window(ground: int, ink: int) -> np.ndarray:
    """Labels, one under the other: bars of ink on a ground."""
    image = np.full((240, 320, 3), ground, np.uint8)
    for box in ROWS:
        image[box.top : box.bottom : 2, box.left : box.right] = ink
    return image


def of_kind(kind: str, boxes: list[Rect] = ROWS) -> list[Candidate]:
    return [Candidate(box, kind) for box in boxes]  # type: ignore[arg-type]


@pytest.mark.parametrize(("ground", "ink"), [(240, 20), (30, 220)])
def test_one_on_another_ground_stands_out_in_any_theme(ground: int, ink: int) -> None:
    image = window(ground, ink)
    assert not standing_out(image, of_kind("text")).any()
    chosen = ROWS[3].grown(8)
    image[chosen.top : chosen.bottom, chosen.left : chosen.right] = (200, 120, 40)
    out = standing_out(image, of_kind("text"))
    assert out[3] > 0.3
    assert not np.delete(out, 3).any()


def test_a_drawing_in_another_colour_stands_out_and_a_label_does_not() -> None:
    image = window(240, 60)
    heart = ROWS[1]
    image[heart.top : heart.bottom, heart.left : heart.right] = (40, 40, 230)
    assert standing_out(image, of_kind("icon")).argmax() == 1
    # Words are written in many colours, as links and what is told small; that tells nothing.
    assert not standing_out(image, of_kind("text")).any()


def test_only_its_like_is_compared() -> None:
    image = window(240, 20)
    image[:40] = 100
    kinds = of_kind("icon", ROWS[:1]) + of_kind("text", ROWS[1:])
    assert not standing_out(image, kinds).any()
    assert not standing_out(image, kinds[:3]).any(), "two are too few to tell which of them is the usual one"


def test_at_the_edges_and_of_nothing() -> None:
    image = window(240, 20)
    corners = [Rect(0, 0, 320, 240), Rect(300, 220, 40, 40), Rect(-5, -5, 10, 10), Rect(0, 100, 1, 1)]
    out = standing_out(image, of_kind("icon", corners))
    assert out.shape == (4,)
    assert np.isfinite(out).all()
    assert standing_out(image, []).shape == (0,)
