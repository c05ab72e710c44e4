"""Edges of whole planes are what OpenCV makes of all colours at once, and lines what it opens with lines."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from encore_models.perception.crops import median
from encore_models.perception.edges import differing, gradient, opened, steps

CHANCE = np.random.default_rng(0)


def picture(height: int, width: int) -> np.ndarray:
    return CHANCE.integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("length", [1, 5, 22, 64, 96])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_line_is_opened_as_by_morphology_also_where_it_meets_the_edge(length: int, axis: int) -> None:
    kernel = np.ones((length, 1) if axis == 0 else (1, length), np.uint8)
    for share in (0.5, 0.9, 0.97, 0.99):
        mask = (CHANCE.random((140, 130)) < share).astype(np.uint8)
        for piece in (mask, mask[:3], mask[:, :7], np.ascontiguousarray(mask.T)[10:]):
            assert np.array_equal(opened(piece, axis, length), cv2.morphologyEx(piece, cv2.MORPH_OPEN, kernel))


def test_the_colour_that_differs_most_tells_an_edge() -> None:
    image = picture(40, 50)
    planes = cv2.split(image)
    around = cv2.morphologyEx(image, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).max(axis=2)
    assert np.array_equal(gradient(planes), around)
    far = image.astype(np.int16)
    assert np.array_equal(steps(planes, 0)[1:-1], np.abs(far[2:] - far[:-2]).max(axis=2))
    assert np.array_equal(steps(planes, 1)[:, 1:-1], np.abs(far[:, 2:] - far[:, :-2]).max(axis=2))
    assert not steps(planes, 0)[[0, -1]].any()
    other = picture(40, 50)
    assert np.array_equal(differing(image, other), np.abs(far - other.astype(np.int16)).max(axis=2))


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_a_median_of_few_is_that_of_numpy(count: int) -> None:
    values = CHANCE.integers(0, 256, (4, count, 3), np.uint8)
    assert np.array_equal(median(values, axis=1), np.median(values, axis=1))
