"""What was made out as one with its neighbour, or as something else, is not taken for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from encore_agent.find import Absent, Finder, Found
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import Image, Window, find, form

LEFT, TOP = 300, 300
SIGN = Rect(LEFT, TOP - 5, 20, 20)


@dataclass
class Whole(Window):
    """A window of which only whole words can be read."""

    def read(self, image: Image, boxes: Sequence[Rect]) -> list[str]:
        return [" ".join(t for place, t in self.labels if _in(box.grown(3), place)) for box in boxes]


def _in(box: Rect, place: Rect) -> bool:
    part = box.intersection(place)
    return part is not None and part.area >= 0.9 * place.area


def beside(gap: int, sign: int | None = 0, left: int = LEFT, label: str = "Brightness") -> Window:
    """A form with a sign right before a label, or without it."""
    drawn = form()
    window = Whole(drawn.image, drawn.labels)
    if sign is not None:
        window.sign(left, TOP - 5, sign)
    return window.write(label, left + 20 + gap, TOP)


@pytest.fixture
def merged() -> Window:
    window = beside(3)
    target = describe_target(window.scene, SIGN.center)
    assert (target.kind, target.text) == ("text", "Brightness"), "the sign is to be made out as one with its label"
    assert target.box.left <= LEFT
    return window


@pytest.mark.parametrize("left", [LEFT, LEFT + 80])
def test_a_sign_that_was_one_with_its_label_is_found_beside_it(merged: Window, left: int) -> None:
    found = find(merged, beside(10, left=left), SIGN.center)
    assert isinstance(found, Found), found
    assert Rect(left, TOP - 5, 20, 20).contains(found.point)


@pytest.mark.parametrize("sign", [None, 2])
def test_where_the_sign_is_gone_its_label_is_not_clicked(merged: Window, sign: int | None) -> None:
    found = find(merged, beside(10, sign), SIGN.center)
    assert isinstance(found, Absent), found
    assert "made out as one with a label" in found.reason


def test_the_letters_of_such_a_label_are_clicked(merged: Window) -> None:
    found = find(merged, beside(10), Point(LEFT + 70, TOP + 5))
    assert isinstance(found, Found), found
    assert found.point.x > LEFT + 30


@pytest.mark.parametrize(("today", "there"), [("Fit", True), ("Fin", False), ("Fit Live", False)])
def test_a_short_word_that_was_taken_for_a_drawing_is_read(today: str, there: bool) -> None:
    shown, now = beside(0, None, label="Fit"), beside(0, None, left=LEFT + 40, label="Fit")
    target = describe_target(shown.scene, Point(LEFT + 30, TOP + 5))
    assert target.kind == "icon"
    now.labels[-1] = (now.labels[-1][0], today)  # it looks the same
    found = Finder(now).find(target, shown.scene, now.scene)
    assert isinstance(found, Found) == there, found


def drawings(left: int, read: str, sign: int = 1) -> Window:
    """Two signs side by side that are made out as one, and what a reader makes of them."""
    window = form().sign(left, TOP, 3).sign(left + 23, TOP, sign).write("Ready", 40, 440)
    window.labels.append((Rect(left, TOP, 44, 20), read))
    return window


@pytest.mark.parametrize(
    ("shown", "today", "sign", "there"),
    [
        ("回冈", "回网", 1, True),
        ("回冈", "", 1, True),
        ("KS", "至", 1, True),
        ("KS", "KO", 1, False),
        ("回冈", "回", 2, False),
    ],
)
def test_signs_that_are_read_as_letters_of_another_script_are_known_by_their_looks(
    shown: str, today: str, sign: int, there: bool
) -> None:
    window = drawings(LEFT, shown)
    point = Point(LEFT + 33, TOP + 12)
    target = describe_target(window.scene, point)
    assert (target.kind, target.text) == ("text", shown), "they are to be made out as a label"
    found = find(window, drawings(LEFT + 60, today, sign), point)
    assert isinstance(found, Found) == there, found
    assert not isinstance(found, Found) or Rect(LEFT + 83, TOP, 20, 20).contains(found.point)


def test_a_drawing_of_no_row_is_not_the_title_that_was_said() -> None:
    window = form().sign(400, 300, 0)
    target = describe_target(window.scene, Point(410, 310))
    assert target.kind == "icon"
    found = Finder(window).find(target, window.scene, window.scene, "Opacity")
    assert isinstance(found, Absent), found
