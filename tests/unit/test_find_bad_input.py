"""Pictures that no honest screen gives: the answer is absent, never a crash or a click."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_agent.find import Absent, Finder
from encore_models.macro import Target, TargetKind
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from encore_models.perception.ui_clip import UiClip
from encore_recorder.geometry import Point, Rect
from tests.mute import Mute

Image = NDArray[np.uint8]
KINDS: tuple[TargetKind, ...] = ("icon", "text", "row", "row_icon", "field", "slider", "blank")

READER = Mute()
CLIP = UiClip.load()


def look(image: Image) -> Scene:
    return Scene(image, READER, CLIP)


def drawn(width: int = 640, height: int = 400) -> Image:
    image = np.full((height, width, 3), 250, np.uint8)
    cv2.circle(image, (100, 100), 12, (30, 30, 30), 2)
    cv2.rectangle(image, (200, 90), (222, 112), (30, 30, 30), 2)
    cv2.line(image, (300, 90), (322, 112), (30, 30, 30), 3)
    cv2.rectangle(image, (100, 200), (400, 230), (120, 120, 120), 1)
    return image


BLACK = np.zeros((400, 640, 3), np.uint8)
PICTURES = {
    "black": BLACK,
    "white": np.full_like(BLACK, 255),
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "one row": np.zeros((1, 640, 3), np.uint8),
    "one column": np.zeros((400, 1, 3), np.uint8),
    "noise": np.random.default_rng(1).integers(0, 256, (200, 320, 3), np.uint8),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_found_where_nothing_is(name: str, kind: TargetKind) -> None:
    shown = look(drawn())
    for text in (None, "Yesterday"):
        target = Target(kind, Rect(88, 88, 24, 24), Point(0, 0), text="Play", row_text="Play  it")
        assert isinstance(Finder(READER).find(target, shown, look(PICTURES[name]), text), Absent)


def test_a_black_screen_is_called_one() -> None:
    absent = Finder(READER).find(Target("icon", Rect(88, 88, 24, 24), Point(0, 0)), look(drawn()), look(BLACK))
    assert isinstance(absent, Absent)
    assert "locked" in absent.reason


@pytest.mark.parametrize("name", PICTURES)
def test_what_was_shown_on_such_a_picture_is_described_and_not_found_elsewhere(name: str) -> None:
    shown = look(PICTURES[name])
    target = describe_target(shown, Point(0, 0))
    found = Finder(READER).find(target, shown, look(drawn()), None)
    assert isinstance(found, Absent)


def test_a_very_large_screen() -> None:
    image = drawn(5120, 2880)
    shown = look(drawn())
    target = describe_target(shown, Point(211, 101))
    found = Finder(READER).find(target, shown, look(image))
    assert isinstance(found, Absent) or Rect(200, 90, 23, 23).contains(found.point)


def test_a_very_large_screen_that_is_full() -> None:
    line = np.full((20, 320, 3), 250, np.uint8)
    cv2.putText(line, "ill fill still until", (20, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (30, 30, 30), 1)
    image = np.ascontiguousarray(np.tile(line, (144, 16, 1)))
    texts = [c for c in look(image).candidates if c.kind == "text"]
    assert len(texts) == 144 * 16 * sum(c.kind == "text" for c in look(line).candidates)
    shown = look(drawn())
    cv2.rectangle(image, (2000, 1000), (2200, 1200), (250, 250, 250), cv2.FILLED)
    image[1050:1150, 2050:2150] = drawn()[50:150, 50:150]
    found = Finder(READER).find(describe_target(shown, Point(100, 100)), shown, look(image))
    assert isinstance(found, Absent) or Rect(2088, 1088, 25, 25).contains(found.point)


CHANGES = {
    "as it was": drawn(),
    "moved": np.roll(drawn(), (60, 110), axis=(0, 1)),
    "mirrored": np.ascontiguousarray(drawn()[:, ::-1]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "box", [Rect(111, 100, 1, 1), Rect(100, 100, 1, 1), Rect(0, 0, 640, 400), Rect(630, 390, 500, 500)]
)
@pytest.mark.parametrize("kind", KINDS)
def test_targets_of_odd_sizes(kind: TargetKind, box: Rect, change: str) -> None:
    found = Finder(READER).find(Target(kind, box, Point(0, 0), text="Play"), look(drawn()), look(CHANGES[change]))
    # None of them is one thing; where nothing at all has changed the very place that was clicked is right.
    assert isinstance(found, Absent) or (change == "as it was" and found.point == box.center), found
