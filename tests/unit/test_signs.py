"""A drawing of another icon set: the same place and meaning, told by a CLIP that is made up."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_agent.certainty import Certainty
from encore_agent.evidence import Search
from encore_agent.findings import Absent, FindOptions, Found
from encore_agent.signs import find_sign
from encore_agent.single import _same_under_pointer, find_icon
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from encore_models.perception.text import TextLine
from encore_recorder.geometry import Point, Rect

Vectors = NDArray[np.float32]
PLACES = (60, 110, 160, 210, 260)
"""Where the drawings of the tool bar begin."""
LIKE_THE_THIRD = 31
"""What looks a little like the third drawing."""
ROW = (310, 360)
"""Where more of them do."""


class Told:
    """Knows drawings by the order they stand in: what each looks like, and what each means."""

    span = (0.0, 1.0)

    def __init__(self, looks: Sequence[int], meanings: Sequence[int], places: Sequence[int]) -> None:
        self._looks, self._meanings, self._places = looks, meanings, places

    def describe(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
        return self._vectors(self._looks, boxes)

    def meanings(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
        return self._vectors(self._meanings, boxes)

    def words(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 32), np.float32)

    def name(self, image: NDArray[np.uint8], boxes: Sequence[Rect], texts: Sequence[str]) -> Vectors:
        return np.zeros((len(boxes), len(texts)), np.float32)

    def _vectors(self, numbers: Sequence[int], boxes: Sequence[Rect]) -> Vectors:
        places = self._places
        order = [min(range(len(places)), key=lambda n: abs(places[n] - box.left)) for box in boxes]
        vectors = np.eye(32, dtype=np.float32)
        vectors[LIKE_THE_THIRD] = 0.6 * vectors[2] + 0.8 * vectors[20]
        return vectors[[numbers[n] for n in order]].reshape(-1, 32)


class Blind:
    """Reads nothing."""

    def read(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> list[str]:
        return ["" for _ in boxes]

    def read_page(self, image: NDArray[np.uint8]) -> list[TextLine]:
        return []


def bar(looks: Sequence[int], meanings: Sequence[int], places: Sequence[int] = PLACES) -> Scene:
    image = np.full((300, 500, 3), 240, np.uint8)
    for left in places:
        cv2.rectangle(image, (left, 20), (left + 19, 39), (40, 40, 40), 2)
    return Scene(image, Blind(), Told(looks, meanings, places))


SHOWN = ((0, 1, 2, 3, 4), (0, 1, 2, 3, 4))


@pytest.mark.parametrize(
    ("looks", "meanings", "there"),
    [
        ((10, 11, 12, 13, 14), (0, 1, 2, 3, 4), True),
        ((10, 11, 12, 13, 14), (0, 1, 9, 3, 4), False),
        ((10, 11, 12, 13, 14), (0, 2, 1, 3, 4), False),
        ((0, 1, 12, 3, 4), (0, 1, 2, 3, 4), False),
        ((10, 11, 12, 3, 4), (0, 1, 2, 3, 4), False),
        ((10, 2, 12, 13, 14), (0, 1, 2, 3, 4), False),
        ((10, 11, 12, 13, 14), (0, 2, 2, 3, 4), False),
    ],
    ids=[
        "another set",
        "another meaning",
        "changed places",
        "only this one",
        "half of them",
        "moved",
        "two that mean it",
    ],
)
def test_a_drawing_of_another_set_is_known_by_its_place_and_meaning(
    looks: tuple[int, ...], meanings: tuple[int, ...], there: bool
) -> None:
    shown, now = bar(*SHOWN), bar(looks, meanings)
    target = describe_target(shown, Point(170, 30))
    search = Search(target, shown, now, FindOptions(), Certainty.shipped())
    assert search.cell is not None
    found = find_sign(search, search.cell)
    assert isinstance(found, Found) == there
    if isinstance(found, Found):
        assert Rect(158, 18, 24, 24).contains(found.point)


@pytest.mark.parametrize(("same", "there"), [(True, True), (False, False)])
def test_what_covers_a_window_changes_its_labels_too_and_another_set_of_drawings_does_not(
    same: bool, there: bool
) -> None:
    def labelled(looks: Sequence[int], words: Sequence[int]) -> Scene:
        image = bar(looks, looks).image
        places = (310, 350, 390, 430)
        for number, left in enumerate(places):
            cv2.rectangle(image, (left, 80 + 40 * number), (left + 60, 91 + 40 * number), (40, 40, 40), 2)
        return Scene(image, Blind(), Told((*looks, *words), tuple(range(9)), (*PLACES, *places)))

    shown = labelled(SHOWN[0], (15, 16, 17, 18))
    now = labelled((10, 11, 12, 13, 14), (15, 16, 17, 18) if same else (25, 26, 27, 28))
    search = Search(describe_target(shown, Point(170, 30)), shown, now, FindOptions(), Certainty.shipped())
    assert search.cell is not None
    assert isinstance(find_sign(search, search.cell), Found) == there


def test_a_drawing_that_changed_on_every_row_is_one_change() -> None:
    shown, now = ((0, 1, 2, 3, 3, 3, 3), (0, 1, 12, 13, 13, 13, 13))
    scenes = [bar(looks, (0, 1, 2, 3, 4, 5, 6), PLACES + ROW) for looks in (shown, now)]
    target = describe_target(scenes[0], Point(170, 30))
    search = Search(target, scenes[0], scenes[1], FindOptions(), Certainty.shipped())
    assert search.cell is not None
    assert find_sign(search, search.cell) is None


@pytest.mark.parametrize(
    ("looks", "another"),
    [((0, 1, LIKE_THE_THIRD, 3, 4), True), ((10, 11, LIKE_THE_THIRD, 13, 4), False)],
    ids=["only this one", "most of them"],
)
def test_a_drawing_that_alone_looks_otherwise_is_another_sign(looks: tuple[int, ...], another: bool) -> None:
    shown, now = bar(*SHOWN), bar(looks, (5, 6, 7, 8, 9))
    search = Search(describe_target(shown, Point(170, 30)), shown, now, FindOptions(), Certainty.shipped())
    found = find_icon(search)
    assert (isinstance(found, Absent) and "another sign" in found.reason) == another, found


@pytest.mark.parametrize(("under", "same"), [(2, True), (LIKE_THE_THIRD, False)])
def test_signs_that_grew_together_are_the_same_where_the_one_under_the_pointer_is(under: int, same: bool) -> None:
    image = np.full((300, 500, 3), 240, np.uint8)
    for left in (60, 84, 108):
        cv2.rectangle(image, (left, 20), (left + 19, 39), (40, 40, 40), 2)
    cv2.line(image, (70, 30), (110, 30), (40, 40, 40), 2)
    shown, now = (Scene(image, Blind(), Told((0, part), (0, 1), (60, 110))) for part in (2, under))
    search = Search(describe_target(shown, Point(120, 30)), shown, now, FindOptions(), Certainty.shipped())
    assert search.cell is not None
    assert _same_under_pointer(search, search.cell, now.candidates[0]) == same
