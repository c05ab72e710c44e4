"""Scroll bars and sliders on small drawn pictures, lying and upright, and what only looks like one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_models.perception.candidates import Candidate, candidates
from encore_models.perception.sliders import gripped, lone_thumbs, scroll_bars
from encore_recorder.geometry import Rect

Picture = NDArray[np.uint8]

PAPER, TROUGH, THUMB, EDGE, DARK = (255, 255, 255), (230, 230, 230), (250, 250, 250), (180, 180, 180), (40, 36, 32)


def paper(width: int = 500, height: int = 400) -> Picture:
    return np.full((height, width, 3), PAPER, np.uint8)


def scroll_bar(picture: Picture, bar: Rect, first: int, last: int) -> None:
    """A trough with an edge at both sides, a thumb from `first` to `last`, and an arrow at each end; upright."""
    left, right, end = bar.left, bar.right - 1, bar.bottom - 1
    cv2.rectangle(picture, (left, bar.top), (right, end), TROUGH, cv2.FILLED)
    cv2.rectangle(picture, (left, first), (right, last), THUMB, cv2.FILLED)
    for y in (bar.top, bar.top + bar.width, first, last, end - bar.width, end):
        cv2.line(picture, (left, y), (right, y), EDGE, 1)
    for x in (left, right):
        cv2.line(picture, (x, bar.top), (x, end), EDGE, 1)
    middle = bar.center.x
    for y, tip in ((bar.top + bar.width // 2, -2), (end - bar.width // 2, 2)):
        cv2.fillPoly(picture, [np.array([(middle - 3, y), (middle + 3, y), (middle, y + tip)])], DARK)


def write_lines(picture: Picture, left: int, top: int, count: int) -> None:
    for number in range(count):
        words = f"Line {number} of the night"
        cv2.putText(picture, words, (left, top + 20 * number), cv2.FONT_HERSHEY_SIMPLEX, 0.45, DARK, 1, cv2.LINE_AA)


def of_kind(found: list[Candidate], kind: str) -> list[Rect]:
    return [candidate.box for candidate in found if candidate.kind == kind]


def lying(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture.transpose(1, 0, 2))


@pytest.mark.parametrize("width", [12, 14, 18, 22])
@pytest.mark.parametrize("first", [0, 90, 200])
def test_a_scroll_bar_is_found_whole_wherever_its_thumb_is(width: int, first: int) -> None:
    picture, bar = paper(), Rect(440, 30, width, 330)
    begin = bar.top + width + first
    scroll_bar(picture, bar, begin, begin + 80)
    write_lines(picture, 30, 60, 14)
    (found,) = of_kind(candidates(picture), "scroll bar")
    assert found.overlap(bar) >= 0.6
    assert bar.contains(found.center)


def test_a_scroll_bar_that_lies_is_found_too() -> None:
    picture, bar = paper(), Rect(440, 30, 14, 330)
    scroll_bar(picture, bar, 120, 200)
    (found,) = of_kind(candidates(lying(picture)), "scroll bar")
    assert found.width > 8 * found.height
    assert 440 <= found.center.y < 454


def test_a_thumb_without_a_trough_is_found_at_the_edge_of_its_view() -> None:
    picture = paper()
    cv2.rectangle(picture, (484, 60), (491, 140), (120, 90, 60), cv2.FILLED)
    for y, grey in ((60, PAPER), (140, PAPER)):
        for x in (484, 491):
            picture[y, x] = grey
    write_lines(picture, 30, 60, 14)
    (found,) = of_kind(candidates(picture), "scroll bar")
    assert found.height > 300
    assert 480 <= found.left <= found.right <= 496


def pill(picture: Picture, box: Rect) -> None:
    """A piece of one colour with round ends, upright."""
    round_end = box.width // 2
    cv2.rectangle(picture, (box.left, box.top + round_end), (box.right - 1, box.bottom - round_end), DARK, cv2.FILLED)
    for y in (box.top + round_end, box.bottom - round_end):
        cv2.circle(picture, (box.left + round_end, y), round_end, DARK, cv2.FILLED)


@pytest.mark.parametrize("upright", [True, False])
def test_a_thumb_that_fills_its_trough_is_found(upright: bool) -> None:
    picture, thumb = paper(), Rect(486, 4, 8, 392)
    cv2.rectangle(picture, (482, 0), (499, 399), TROUGH, cv2.FILLED)
    pill(picture, thumb)
    write_lines(picture, 30, 60, 14)
    (found,) = of_kind(candidates(picture if upright else lying(picture)), "scroll bar")
    place = thumb if upright else Rect(thumb.top, thumb.left, thumb.height, thumb.width)
    assert found.overlap(place) >= 0.5


def test_an_edge_that_reaches_into_a_thumb_is_one_and_its_own_flanks_are_none() -> None:
    picture, thumb = paper(400, 120), Rect(40, 20, 100, 10)
    cv2.rectangle(picture, (40, 20), (139, 29), DARK, cv2.FILLED)
    outline = np.zeros(picture.shape[:2], np.uint8)
    cv2.rectangle(outline, (40, 20), (139, 29), 1, 2)
    edge, flank = Rect(0, 28, 400, 7), Rect(0, 28, 400, 2)
    (found,) = lone_thumbs([thumb], [edge], outline, picture)
    assert found.width > 300
    assert lone_thumbs([thumb], [flank], outline, picture) == []


def test_a_bar_whose_edge_is_broken_at_its_thumb_is_one() -> None:
    picture = paper(400, 60)
    cv2.rectangle(picture, (20, 30), (379, 43), TROUGH, cv2.FILLED)
    cv2.rectangle(picture, (120, 30), (200, 43), THUMB, cv2.FILLED)
    upper, lower = Rect(20, 28, 360, 2), [Rect(20, 44, 100, 2), Rect(122, 44, 258, 2)]
    (found,) = scroll_bars([upper, *lower], picture)
    assert found.overlap(Rect(20, 30, 360, 14)) >= 0.9
    apart = [Rect(20, 44, 100, 2), Rect(140, 44, 240, 2)]
    assert all(bar.width < 300 for bar in scroll_bars([upper, *apart], picture))


@pytest.mark.parametrize("handle", [4, 7])
def test_a_track_that_its_handle_parts_is_one_though_the_handle_is_as_dark_as_the_ground(handle: int) -> None:
    picture = np.full((240, 500, 3), DARK, np.uint8)
    cv2.rectangle(picture, (40, 117), (460, 120), (200, 120, 60), cv2.FILLED)
    cv2.circle(picture, (180, 118), handle, DARK, cv2.FILLED)
    (found,) = of_kind(candidates(picture), "slider")
    assert found.overlap(Rect(40, 117, 421, 4)) >= 0.6


def test_two_tracks_side_by_side_are_two() -> None:
    picture = np.full((240, 500, 3), DARK, np.uint8)
    for left in (40, 260):
        cv2.rectangle(picture, (left, 117), (left + 180, 120), (200, 120, 60), cv2.FILLED)
    assert len(of_kind(candidates(picture), "slider")) == 2


def test_a_gutter_and_a_column_of_numbers_are_no_scroll_bars() -> None:
    picture = paper()
    for x in (100, 112, 200, 226):
        cv2.line(picture, (x, 0), (x, 399), EDGE, 1)
    for number in range(19):
        at = (204, 20 + 20 * number)
        cv2.putText(picture, f"{number + 10}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, DARK, 1, cv2.LINE_AA)
    assert of_kind(candidates(picture), "scroll bar") == []


def test_a_field_with_grey_words_is_no_scroll_bar() -> None:
    picture = paper()
    cv2.rectangle(picture, (40, 40), (460, 62), EDGE, 1)
    cv2.putText(picture, "Search...", (46, 56), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (150, 150, 150), 1, cv2.LINE_AA)
    found = candidates(picture)
    assert of_kind(found, "scroll bar") == []
    assert len(of_kind(found, "field")) == 1


@pytest.mark.parametrize("value", [0.1, 0.5, 0.9])
def test_an_upright_slider_is_one_whole(value: float) -> None:
    picture = paper()
    at = round(60 + value * 140)
    cv2.rectangle(picture, (98, 60), (102, 200), (190, 190, 190), cv2.FILLED)
    cv2.circle(picture, (100, at), 8, (172, 148, 42), cv2.FILLED, cv2.LINE_AA)
    (found,) = of_kind(candidates(picture), "slider")
    assert found.overlap(Rect(92, 60, 17, 141)) >= 0.7


@pytest.mark.parametrize("size", [20, 28, 36, 42])
def test_a_ring_with_something_in_it_is_found_whole_at_every_scale(size: int) -> None:
    picture = paper(200, 160)
    middle, thick = (100, 80), max(2, size // 12)
    cv2.circle(picture, middle, size // 2, DARK, thick, cv2.LINE_AA)
    for end in ((100, 80 - size // 4), (100 + size // 5, 80 + size // 8)):
        cv2.line(picture, middle, end, DARK, thick)
    whole = Rect(100 - size // 2, 80 - size // 2, size, size).grown(thick)
    assert any(box.overlap(whole) >= 0.7 for box in of_kind(candidates(picture), "icon"))


def test_letters_of_one_height_with_a_higher_one_have_no_grip() -> None:
    drawn = np.zeros((24, 64), np.uint8)
    drawn[[6, 7, 16, 17], 2:62] = 1
    drawn[0:24, 30:40] = 1
    whole = Rect(2, 0, 60, 24)
    assert gripped([whole], drawn) == [whole]
    for number, left in enumerate(range(4, 60, 3)):  # strokes between the two lines
        drawn[6 : 12 + 3 * (number % 3), left] = 1
    assert gripped([whole], drawn) == []
