"""What the action model was thinking, on pictures wide and narrow."""

from __future__ import annotations

import numpy as np
import pytest

from encore_agent.explain import LINE, draw_advice
from encore_agent.findings import wrapped
from tests.unit.test_verdict import advice

STEPS = ["click the drawing", "type a title"]


@pytest.mark.parametrize(("width", "most_lines"), [(1600, 1), (300, 5)])
def test_the_heading_takes_as_many_lines_as_it_needs(width: int, most_lines: int) -> None:
    picture = np.full((200, width, 3), 255, np.uint8)
    drawn = draw_advice(picture, advice(), STEPS)
    heading = (len(drawn) - len(picture) - 12) // LINE - 1 - len(STEPS)
    assert (heading > 1) == (most_lines > 1)
    assert heading <= most_lines
    # Right of the words there is a margin, so none reaches the edge.
    assert (drawn[len(picture) + 3 : len(picture) + 6 + LINE * heading, -2:] == 255).all()
    assert (picture == 255).all()


def test_words_are_put_in_as_many_lines_as_they_need() -> None:
    text = "one two three four five six seven"
    assert wrapped(text, 10_000) == [text]
    assert " ".join(wrapped(text, 80)) == text
    assert len(wrapped(text, 80)) > 2
