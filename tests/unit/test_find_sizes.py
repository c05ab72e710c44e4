"""A window drawn larger or smaller than it was shown is looked at in the shown size, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from encore_agent.certainty import Certainty
from encore_agent.context import Pair
from encore_agent.find import Absent, Finder, Found
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element
from tests.unit.test_find_kinds import CLIP, Image, Window, form

LARGER = 1.5


@dataclass
class Legible(Window):
    """A window of which only what is drawn in the shown size can be read."""

    def read(self, image: Image, boxes: Sequence[Rect]) -> list[str]:
        legible = abs(image.shape[1] / self.image.shape[1] - 1) < 0.05
        return super().read(image, boxes) if legible else [""] * len(boxes)


def lettered(by: float = 1.0) -> Window:
    """Many labels; `by` so many times as large, where they stay."""
    window = Window()
    for number, text in enumerate(("Bass", "Treble", "Middle", "Volume", "Balance", "Reverb", "Echo")):
        window.write(text, 40, 40 + 55 * number, 0.5 * by).write(text.upper(), 400, 40 + 55 * number, 0.5 * by)
    return window


def resized(image: Image, by: float) -> Image:
    return np.asarray(cv2.resize(image, None, fx=by, fy=by, interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("by", [LARGER, 1 / 1.3])
def test_what_cannot_be_made_out_in_another_size_is_found_in_the_shown_one(by: float) -> None:
    window = Legible(form().image, form().labels)
    shown, now = window.scene, Scene(resized(window.image, by), window, CLIP)
    target = describe_target(shown, Point(635, 425))
    assert target.text == "Apply"
    found = Finder(window).find(target, shown, now)
    assert isinstance(found, Found), found
    assert Rect(620, 415, 50, 20).scaled(by).contains(found.point)
    assert found.box.overlap(target.box.scaled(by)) > 0.6
    assert Finder(window).still_there(found, now.image), "the pixels to look at again are not those of the window"
    away = now.image.copy()
    cv2.rectangle(away, (found.box.left, found.box.top), (found.box.right, found.box.bottom), (0, 0, 200), cv2.FILLED)
    assert not Finder(window).still_there(found, away)


def test_what_that_look_is_not_sure_of_is_kept_for_another_witness() -> None:
    window = Legible(form().image, form().labels)
    shown, now = window.scene, Scene(resized(window.image, LARGER), window, CLIP)
    unsure = Finder(window, certainty=Certainty.shipped().never())
    absent = unsure.find(describe_target(shown, Point(635, 425)), shown, now)
    assert isinstance(absent, Absent), absent
    assert any(Rect(620, 415, 50, 20).scaled(LARGER).contains(place.point) for place in absent.nearly)


def test_what_is_gone_is_in_no_size() -> None:
    window = Legible(form().image, form().labels)
    shown, gone = window.scene, resized(window.image, LARGER)
    gone[600:] = 245
    absent = Finder(window).find(describe_target(shown, Point(635, 425)), shown, Scene(gone, window, CLIP))
    assert isinstance(absent, Absent)


def test_a_window_in_the_shown_size_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    window = form()
    shown, now = window.scene, form(down=4)
    now.image[400:] = 245
    monkeypatch.setattr(Scene, "resized", lambda *_: pytest.fail("it is drawn in the same size"))
    assert isinstance(Finder(now).find(describe_target(shown, Point(635, 425)), shown, now.scene), Absent)


def test_no_picture_is_made_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Legible(form().image, form().labels)
    target = describe_target(window.scene, Point(635, 425))
    monkeypatch.setattr("encore_agent.find.LARGEST", window.scene.rect.area // 2)
    monkeypatch.setattr(Scene, "resized", lambda *_: pytest.fail("it was made"))
    now = Scene(resized(window.image, LARGER), window, CLIP)
    assert isinstance(Finder(window).find(target, window.scene, now), Absent)


@pytest.mark.parametrize("by", [1.0, 1.25])
def test_letters_may_be_larger_than_all_else(by: float) -> None:
    pair = Pair(lettered().scene, lettered(by).scene)
    assert pair.letters == pytest.approx(by, abs=0.06)
    few = Pair(Window().write("Bass", 40, 40).scene, Window().write("Bass", 40, 40, 0.5 * by).scene)
    assert few.letters == few.scale, "one label tells nothing"


def test_a_scene_in_another_size_keeps_what_the_program_tells() -> None:
    told = Element("push button", "Apply", Rect(100, 100, 60, 30))
    scene = Scene(Window().image, Window(), CLIP, [told])
    larger = scene.resized(2)
    assert larger.rect == Rect(0, 0, 1520, 960)
    assert [c.box for c in larger.candidates] == [Rect(200, 200, 120, 60)]
    assert scene.resized(2) is larger


def test_a_box_keeps_its_place_on_a_picture_of_another_size() -> None:
    assert Rect(10, 20, 30, 40).scaled(1.5) == Rect(15, 30, 45, 60)
    assert Rect(-10, 7, 1, 1).scaled(0.25) == Rect(-2, 2, 1, 1), "it is never less than a pixel"
