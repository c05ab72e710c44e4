"""What of a program's word about itself its picture bears out, and what a window under a piece of another one asks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encore_recorder.geometry import Rect
from tests.benchmarks.finder.calibrate_covers import COVERS, covered
from tests.benchmarks.finder.dataset import SHOWN, Screen, State, Thing, write_screen
from tests.benchmarks.finder.program_bars import is_drawn
from tests.benchmarks.finder.sheet_truth import as_drawn

BAR = Rect(292, 0, 8, 200)


def page() -> np.ndarray:
    """Grey lines of text on white, up to the right edge."""
    picture = np.full((200, 300), 255, np.uint8)
    for top in range(10, 190, 24):
        picture[top : top + 14, 4:300:3] = 60
    return picture


def test_what_is_drawn_as_at_rest_is_at_rest() -> None:
    resting = np.full((60, 200, 3), 230, np.uint8)
    image = resting.copy()
    image[9, 10:40] = 0  # a ring around the first begins beside it
    image[30:34, 120:124] = 250
    boxes = [Rect(10, 10, 30, 20), Rect(60, 10, 30, 20), Rect(110, 25, 30, 20), Rect(0, 40, 20, 20)]
    states: tuple[State, ...] = ("focused", "hover", "pressed", "")
    things = [Thing(str(n), "icon", box, state=state) for n, (box, state) in enumerate(zip(boxes, states, strict=True))]
    assert [thing.state for thing in as_drawn(things, image, resting)] == ["focused", "", "pressed", ""]


@pytest.mark.parametrize("lying", [False, True])
def test_a_scroll_bar_is_to_be_seen_where_a_thumb_is(lying: bool) -> None:
    bare, thumb = page(), page()
    thumb[60:110, 294:298] = 150
    lane = page()
    lane[:, 292:] = 225
    bar = Rect(BAR.top, BAR.left, BAR.height, BAR.width) if lying else BAR
    seen = [is_drawn(np.ascontiguousarray(picture.T) if lying else picture, bar) for picture in (bare, thumb, lane)]
    assert seen == [False, True, True]


def test_what_a_piece_of_another_window_hides_is_gone(tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    screens = []
    for number in range(2):
        image = np.full((300, 400, 3), 230 - 60 * number, np.uint8)
        boxes = [Rect(10 + 65 * (n % 6), 10 + 48 * (n // 6), 30, 22) for n in range(36)]
        for box in boxes:
            image[box.top : box.bottom, box.left : box.right] = dice.integers(0, 255, 3)
        things = tuple(Thing(f"icon:{n}of{number}", "icon", box) for n, box in enumerate(boxes))
        screens.append(Screen(f"qt_dev_0{number}", "qt", "dev", {SHOWN: things, "same": things}))
        write_screen(tmp_path, screens[-1], {SHOWN: image, "same": image})
    first, again = (list(covered(tmp_path, screens[0], screens)) for _ in range(2))
    assert len(first) == min(COVERS, 2)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert one.gone == other.gone
        assert len(one.gone) > 2
        for query in one.gone:
            box = query.shown.box
            assert query.answer is None
            piece = one.image[box.top : box.bottom, box.left : box.right]
            assert (piece != 230).any() or piece.size == 0
    namesake = replace(screens[0], id="html_dev_07")
    assert list(covered(tmp_path, screens[0], [screens[0], namesake])) == []
