"""A drawing of another icon set: the same place and meaning, told by a CLIP that is made up."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_agent.certainty import Certainty
from encore_agent.evidence import Search
from encore_agent.findings import FindOptions, Found
from encore_agent.signs import find_sign
from encore_models.perception.screen import Scene, describe_target
from encore_models.perception.text import TextLine
from encore_recorder.geometry import Point, Rect

Vectors = NDArray[np.float32]
PLACES = (60, 110, 160, 210, 260)
"""Where the drawings of the tool bar begin."""


class Told:
    """Knows drawings by the order they stand in: what each looks like, and what each means."""

    span = (0.0, 1.0)

    def __init__(self, looks: Sequence[int], meanings: Sequence[int]) -> None:
        self._looks, self._meanings = looks, meanings

    def describe(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
        return self._vectors(self._looks, boxes)

    def meanings(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
        return self._vectors(self._meanings, boxes)

    def words(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 32), np.float32)

    def name(self, image: NDArray[np.uint8], boxes: Sequence[Rect], texts: Sequence[str]) -> Vectors:
        return np.zeros((len(boxes), len(texts)), np.float32)

    def _vectors(self, numbers: Sequence[int], boxes: Sequence[Rect]) -> Vectors:
        order = [min(range(len(PLACES)), key=lambda n: abs(PLACES[n] - box.left)) for box in boxes]
        return np.eye(32, dtype=np.float32)[[numbers[n] for n in order]].reshape(-1, 32)


class Blind:
    """Reads nothing."""

    def read(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> list[str]:
        return ["" for _ in boxes]

    def read_page(self, image: NDArray[np.uint8]) -> list[TextLine]:
        return []


def bar(looks: Sequence[int], meanings: Sequence[int]) -> Scene:
    image = np.full((300, 500, 3), 240, np.uint8)
    for left in PLACES:
        cv2.rectangle(image, (left, 20), (left + 19, 39), (40, 40, 40), 2)
    return Scene(image, Blind(), Told(looks, meanings))


SHOWN = ((0, 1, 2, 3, 4), (0, 1, 2, 3, 4))


@pytest.mark.parametrize(
    ("looks", "meanings", "there"),
    [
        ((10, 11, 12, 13, 14), (0, 1, 2, 3, 4), True),
        ((10, 11, 12, 13, 14), (0, 1, 9, 3, 4), False),
        ((10, 11, 12, 13, 14), (0, 2, 1, 3, 4), False),
        ((0, 1, 12, 3, 4), (0, 1, 2, 3, 4), False),
        ((10, 2, 12, 13, 14), (0, 1, 2, 3, 4), False),
        ((10, 11, 12, 13, 14), (0, 2, 2, 3, 4), False),
    ],
    ids=["another set", "another meaning", "changed places", "only this one", "moved", "two that mean it"],
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
