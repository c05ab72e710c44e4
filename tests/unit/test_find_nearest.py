"""What is called absent comes with what was nearest, whatever it was looked for by."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from encore_agent.find import Absent, Finder
from encore_models.macro import Target
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import SHAPES, Window, drawing, find, form, table, tools


def nearest_of(shown: Window, now: Window, target: Target, text: str | None = None) -> Absent:
    absent = Finder(now).find(target, shown.scene, now.scene, text)
    assert isinstance(absent, Absent), absent
    assert absent.look_alikes
    assert [near.score for near in absent.look_alikes] == sorted((n.score for n in absent.look_alikes), reverse=True)
    assert all(0 <= near.score <= 1 for near in absent.look_alikes)
    assert all(now.scene.rect.intersection(near.box) == near.box for near in absent.look_alikes)
    return absent


@pytest.mark.parametrize("kind", ["icon", "text", "field", "slider", "row", "row_icon"])
def test_where_it_cannot_be_made_out_in_the_recording(kind: str) -> None:
    target = Target(kind, Rect(150, 252, 8, 8), Point(0, 0), text="Play", row_text="Play  it")  # type: ignore[arg-type]
    reason = nearest_of(tools((0, 1, 3)), form(), target).reason
    assert ("has no text to know it by" if kind.startswith("row") else "cannot be made out") in reason


def test_of_drawings_those_that_look_little_like_it() -> None:
    shown, now = tools((0, 1, 3, 4)), form()
    now.image[:40, 500:720] = 245
    cv2.putText(now.image, "&", (300, 300), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (30, 30, 30), 2, cv2.LINE_AA)
    absent = nearest_of(shown, now, describe_target(shown.scene, Point(158, 259)))
    assert "nothing on the screen looks like it" in absent.reason
    assert absent.look_alikes[0].score < 0.5


def test_of_labels_though_none_is_of_its_size() -> None:
    shown, now = form(), Window().write("Volume", 40, 96, 3.0)
    assert "'Volume'" in nearest_of(shown, now, describe_target(shown.scene, Point(60, 101))).reason


def test_of_fields_where_there_is_none() -> None:
    shown, now = form(), tools((0, 1, 3, 4))
    assert "no field" in nearest_of(shown, now, describe_target(shown.scene, Point(300, 103))).reason


@pytest.mark.parametrize("text", [None, "Choir Vocal"])
def test_of_rows_where_there_is_no_list(text: str | None) -> None:
    shown, now = table(), form()
    assert "no list" in nearest_of(shown, now, describe_target(shown.scene, Point(110, 186)), text).reason


def covered(now: Window) -> None:
    cv2.rectangle(now.image, (230, 170), (420, 290), (255, 255, 255), cv2.FILLED)
    cv2.rectangle(now.image, (230, 170), (420, 290), (190, 190, 190), 1)


def taken(now: Window) -> None:
    now.sign(300, 210, 2)


def apart(now: Window) -> None:
    now.image[60:440, 140:560] = np.roll(now.image[60:440, 140:560], 190, axis=1)
    now.image[100:180] = np.roll(now.image[100:180], 60, axis=1)


@pytest.mark.parametrize(
    ("change", "why"), [(covered, "covered"), (taken, "something stands there"), (apart, "moved apart")]
)
def test_of_an_empty_place_where_what_stands_around_it_tells_that_it_is(
    change: Callable[[Window], None], why: str
) -> None:
    shown, now = drawing(SHAPES), drawing(SHAPES)
    change(now)
    absent = find(shown, now, Point(310, 220))
    assert isinstance(absent, Absent), absent
    assert why in absent.reason
    assert absent.look_alikes
    if change is not apart:
        assert absent.look_alikes[0].box.grown(4).contains(Point(310, 220))
