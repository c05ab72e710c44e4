"""Many boxes at once say the same as one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from encore_models.perception.sides import areas, held, outside, shared, to_sides
from encore_recorder.geometry import Rect

BOXES = st.lists(
    st.builds(Rect, st.integers(-50, 50), st.integers(-50, 50), st.integers(0, 60), st.integers(0, 60)), max_size=6
)


@given(BOXES, BOXES)
def test_what_boxes_share_is_what_each_pair_shares(boxes: list[Rect], others: list[Rect]) -> None:
    sides = to_sides(boxes)
    assert areas(sides).tolist() == [box.area for box in boxes]
    both = [[box.intersection(other) for other in others] for box in boxes]
    expected = [[0 if one is None else one.area for one in row] for row in both]
    np.testing.assert_array_equal(shared(sides, to_sides(others)), np.reshape(expected, (len(boxes), len(others))))


def test_a_box_is_held_by_what_nearly_all_of_it_lies_in() -> None:
    block = Rect(0, 0, 100, 100)
    boxes = [Rect(10, 10, 20, 20), Rect(-1, 10, 20, 20), Rect(90, 10, 20, 20), Rect(200, 0, 5, 5)]
    assert held(boxes, [block]).ravel().tolist() == [True, True, False, False]
    assert outside(boxes, [block]) == boxes[2:]
    assert outside(boxes, []) == boxes
    assert outside([], [block]) == []
