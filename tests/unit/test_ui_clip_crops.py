"""The fixed front end: what it keeps, what it takes away, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from encore_models.errors import WrongPicture
from encore_models.perception.crops import (
    CHANNELS,
    ICON,
    STRIP,
    are_dots,
    cut,
    cut_out,
    fit_icon,
    fit_strip,
    front_end,
    has_ink,
    is_strip,
)
from encore_recorder.geometry import Rect


def screen(ground=(250, 250, 250), ink=(20, 20, 20), at=(40, 30)) -> tuple[np.ndarray, Rect]:
    """A hollow square with a notch, 20 pixels wide, on a plain screen."""
    picture = np.full((120, 200, 3), ground, np.uint8)
    x, y = at
    picture[y : y + 20, x : x + 20] = ink
    picture[y + 4 : y + 16, x + 4 : x + 16] = ground
    picture[y + 8 : y + 12, x + 16 : x + 20] = ground
    return picture, Rect(x, y, 20, 20)


def planes(picture: np.ndarray, box: Rect) -> np.ndarray:
    return front_end(fit_icon(cut(picture, box))[None])[0]


def test_colours_and_themes_leave_contrast_and_gradient_alone() -> None:
    black_on_white = planes(*screen())
    for ground, ink in (
        ((30, 30, 30), (240, 240, 240)),
        ((200, 60, 10), (10, 180, 220)),
        ((90, 90, 90), (160, 90, 90)),
    ):
        other = planes(*screen(ground, ink))
        np.testing.assert_allclose(other[:2], black_on_white[:2], atol=0.03)


def test_signed_grey_tells_dark_ink_from_bright() -> None:
    dark, bright = planes(*screen()), planes(*screen((20, 20, 20), (250, 250, 250)))
    assert dark[2].min() == pytest.approx(-1, abs=0.02)
    assert bright[2].max() == pytest.approx(1, abs=0.02)


def test_the_place_on_the_screen_does_not_matter() -> None:
    np.testing.assert_array_equal(planes(*screen(at=(40, 30))), planes(*screen(at=(117, 71))))


def test_weak_noise_is_not_stretched_to_ink() -> None:
    rng = np.random.default_rng(1)
    crop = (120 + rng.integers(-2, 3, (1, *ICON, 3))).astype(np.uint8)
    shown = front_end(crop)
    assert shown[0, 0].max() < 0.25
    assert not has_ink(shown)[0]
    assert has_ink(front_end(fit_icon(cut(*screen()))[None]))[0]


def test_beyond_the_edge_of_the_picture_its_last_pixels_repeat() -> None:
    picture, box = screen(at=(0, 0))
    crop = cut(picture, box)
    assert crop.shape == (26, 26, 3)
    np.testing.assert_array_equal(crop[0], crop[3])


@pytest.mark.parametrize(
    "box", [Rect(5, 5, 1, 1), Rect(0, 0, 200, 120), Rect(-500, -500, 5000, 5000), Rect(199, 119, 30, 2)]
)
def test_any_box_that_touches_the_picture_can_be_looked_at(box: Rect) -> None:
    (icons, crops), (strips, texts) = cut_out(screen()[0], [box])
    assert len(icons) + len(strips) == 1
    fitted = [*map(fit_icon, crops), *map(fit_strip, texts)]
    assert [crop.shape[:2] for crop in fitted] == [STRIP if is_strip(box) else ICON]


def test_boxes_off_the_picture_and_empty_ones_are_left_out() -> None:
    (icons, _), (strips, _) = cut_out(screen()[0], [Rect(500, 5, 10, 10), Rect(5, 5, 0, 9), Rect(1, 1, 9, 9)])
    assert (icons, strips) == ([2], [])


@pytest.mark.parametrize("shape", [(10, 10), (10, 10, 4), (0, 10, 3)])
def test_a_picture_without_three_colours_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(WrongPicture, match=r"uint8 \[height, width, 3\]"):
        list(cut_out(np.zeros(shape, np.uint8), []))


def test_a_picture_of_floats_is_refused() -> None:
    with pytest.raises(WrongPicture, match="float64"):
        cut(np.zeros((10, 10, 3)), Rect(1, 1, 4, 4))


def test_short_text_is_filled_up_with_its_background_and_long_text_squeezed() -> None:
    short = np.full((12, 30, 3), (10, 200, 90), np.uint8)
    strip = fit_strip(short)
    assert strip.shape == (*STRIP, 3)
    assert (strip == (10, 200, 90)).all()
    assert not has_ink(front_end(strip[None]))[0]
    assert fit_strip(np.zeros((10, 900, 3), np.uint8)).shape == (*STRIP, 3)


@given(st.integers(1, 3), st.integers(2, 60), st.integers(2, 200), st.integers(0, 2**32 - 1))
def test_the_front_end_is_finite_and_bounded(count: int, height: int, width: int, seed: int) -> None:
    crops = np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    shown = front_end(crops)
    assert shown.shape == (count, CHANNELS, height, width)
    assert shown.dtype == np.float32
    assert np.isfinite(shown).all()
    assert np.abs(shown).max() <= 1 + 1e-5


@pytest.mark.parametrize("size", [3, 4, 6, 9])
def test_three_dots_are_fitted_as_a_drawing_and_other_pieces_as_text(size: int) -> None:
    picture = np.full((60, 120, 3), 245, np.uint8)
    for number in range(3):
        picture[30 : 30 + size, 20 + 2 * size * number : 20 + 2 * size * number + size] = 30
    box = Rect(20, 30, 5 * size, size)
    assert are_dots(picture, box)
    (icons, _), (strips, _) = cut_out(picture, [box])
    assert (icons, strips) == ([0], [])
    picture[30 : 30 + size, 20 + 2 * size : 20 + 3 * size] = 245  # two are left
    assert not are_dots(picture, box)
