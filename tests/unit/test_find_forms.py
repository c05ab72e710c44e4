"""Forms: fields one right above the other, their captions, and the drawings in them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from encore_agent.find import Absent, Finder, Found
from encore_models.perception.candidates import candidates
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import Image, Window

CAPTIONS = ("Artist:", "Album artist:", "Comment:", "Composer:", "Orig artist:", "Copyright:", "URL:")
LEFT, TOP, WIDTH, HEIGHT, PITCH, ROUND = 260, 80, 320, 34, 36, 5
GREY = (160, 160, 160)


def rounded(image: Image, box: Rect) -> None:
    """The outline of a field with round corners."""
    left, top, right, bottom = box.left, box.top, box.right - 1, box.bottom - 1
    for x, y, turn in (
        (left + ROUND, top + ROUND, 180),
        (right - ROUND, top + ROUND, 270),
        (right - ROUND, bottom - ROUND, 0),
        (left + ROUND, bottom - ROUND, 90),
    ):
        cv2.ellipse(image, (x, y), (ROUND, ROUND), turn, 0, 90, GREY, 1)
    for y in (top, bottom):
        cv2.line(image, (left + ROUND, y), (right - ROUND, y), GREY, 1)
    for x in (left, right):
        cv2.line(image, (x, top + ROUND), (x, bottom - ROUND), GREY, 1)


def field(number: int) -> Rect:
    return Rect(LEFT, TOP + PITCH * number, WIDTH, HEIGHT)


def sign(number: int) -> Point:
    return Point(field(number).right - 25, field(number).center.y)


def form(captions: Sequence[str] = CAPTIONS) -> Window:
    """Fields one right above the other, each with a drawing at its end and a caption that ends before it."""
    window = Window(np.full((480, 760, 3), 250, np.uint8))
    for number, text in enumerate(("File", "Edit", "View")):
        window.write(text, 20 + 90 * number, 12)
    for number, text in enumerate(captions):
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
        rounded(window.image, field(number))
        window.write(text, LEFT - 3 - width, field(number).top + 12, 0.45)
        window.sign(sign(number).x - 10, sign(number).y - 9, 1)
    return window


def find(shown: Window, now: Window, point: Point) -> Found | Absent:
    scene = shown.scene
    return Finder(now).find(describe_target(scene, point), scene, now.scene)


def test_fields_right_above_each_other_are_fields_and_their_captions_whole() -> None:
    window = form()
    found = candidates(window.image)
    fields = [c.box for c in found if c.kind == "field"]
    assert len(fields) == len(CAPTIONS)
    assert all(box.overlap(field(number)) > 0.85 for number, box in enumerate(fields))
    labels = [c.box for c in found if c.kind == "text"]
    for box, text in window.labels:
        assert any(label.overlap(box) > 0.6 for label in labels), text


def test_entries_right_above_each_other_are_no_fields() -> None:
    window = Window(np.full((480, 760, 3), 250, np.uint8))
    for number, text in enumerate(CAPTIONS):
        rounded(window.image, field(number))
        window.write(text, LEFT + 10, field(number).top + 12, 0.45)
        window.sign(sign(number).x - 10, sign(number).y - 9, 1)
    assert not [c for c in candidates(window.image) if c.kind == "field"]


@pytest.mark.parametrize("number", range(1, len(CAPTIONS)))
def test_a_drawing_in_a_field_is_named_by_the_caption_of_the_field(number: int) -> None:
    shown = form()
    scene = shown.scene
    cell = next(c for c in scene.candidates if c.kind == "icon" and c.box.contains(sign(number)))
    name = scene.name_of(cell)
    assert name is not None
    assert scene.texts([name]) == [CAPTIONS[number]]


@pytest.mark.parametrize("number", [2, 4])
def test_a_drawing_goes_along_with_the_caption_of_its_field(number: int) -> None:
    moved = (*CAPTIONS[:2], *reversed(CAPTIONS[2:]))
    found = find(form(), form(moved), sign(number))
    assert isinstance(found, Found), found
    assert field(moved.index(CAPTIONS[number])).contains(found.point)
    gone = find(form(), form(("Year:", *moved[1:2], "Genre:", "Disc:", "Label:", "Rating:", "Key:")), sign(number))
    assert isinstance(gone, Absent), gone
