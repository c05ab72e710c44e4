"""The scripted hand's way of moving."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.hands import pointer_path

_place = st.tuples(st.integers(0, 3000), st.integers(0, 2000))


@given(start=_place, end=_place, seed=st.integers(0, 99))
def test_ends_exactly_and_never_strays_far(start, end, seed):
    path = pointer_path(start, end, random.Random(seed))
    assert path[-1] == end
    length = math.dist(start, end)
    for x, y in path:
        assert math.dist(start, (x, y)) <= 1.25 * length + 2


def test_starts_and_ends_slowly():
    path = pointer_path((0, 0), (1000, 0), random.Random(1))
    steps = [math.dist(a, b) for a, b in itertools.pairwise(path)]
    middle = len(steps) // 2
    assert steps[0] < steps[middle] / 4 > steps[-1]


def test_same_seed_same_way_and_other_seed_another():
    ways = [pointer_path((0, 0), (800, 500), random.Random(seed)) for seed in (3, 3, 4)]
    assert ways[0] == ways[1] != ways[2]


@pytest.mark.parametrize("place", [(0, 0), (12, 7)])
def test_staying_put_is_one_point(place):
    assert pointer_path(place, place, random.Random(0)) == [place]
