"""Real demonstrations as samples: one clock, right targets, clear words about what cannot be used; inputs of towers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_models.perception.screen import Scene
from encore_models.perception.situation import STATES
from encore_models.perception.ui_clip import UiClip
from encore_models.training.action import demonstrations
from encore_models.training.action.aligned import (
    NothingToTrainOn,
    Shown,
    shown_in,
    split_of_application,
    spread,
    timeline,
)
from encore_models.training.action.augment import Varied
from encore_models.training.action.demonstrations import Demonstrations
from encore_models.training.action.inputs import clip_input, frame_input, mel_input, mfcc, spectrogram
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration, DemonstrationInfo, DemonstrationWriter
from encore_recorder.events import PointerButton, Window
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element
from tests.mute import Mute

MS = 1_000_000
WINDOW = Window("Player", "player", 7, Rect(20, 10, 480, 320), 1)
SIGNS = (Point(60, 50), Point(200, 120), Point(400, 250))
"""Middles of three drawings in the window."""
CLIP = UiClip.load()


def look(image: NDArray[np.uint8], elements: Sequence[Element] = ()) -> Scene:
    return Scene(image, Mute(), CLIP, elements)


def desktop(signs: int = 3) -> NDArray[np.uint8]:
    """A window with drawings: a triangle, a ring and a cross."""
    image = np.full((360, 640, 4), 90, np.uint8)
    cv2.rectangle(image, (20, 10), (499, 329), (250, 250, 250, 255), cv2.FILLED)
    places = [(20 + sign.x, 10 + sign.y) for sign in SIGNS[:signs]]
    ink = (20, 20, 20, 255)
    for number, (x, y) in enumerate(places):
        if number == 0:
            cv2.fillPoly(image, [np.array([(x - 12, y - 12), (x + 12, y), (x - 12, y + 12)], np.int32)], ink)
        elif number == 1:
            cv2.circle(image, (x, y), 12, ink, 3)
        else:
            cv2.line(image, (x - 12, y - 12), (x + 12, y + 12), ink, 4)
            cv2.line(image, (x - 12, y + 12), (x + 12, y - 12), ink, 4)
    return image


def recording(folder: Path, clicks: Sequence[Point], name: str = "demo-1") -> Demonstration:
    """Clicks at seconds 1, 2, ...; a drawing more comes to the screen half a second before each."""
    info = DemonstrationInfo(
        id=name,
        name="",
        started_utc="2026-01-01T00:00:00+00:00",
        state="recording",
        screen=Rect(0, 0, 640, 360),
        monitors=(Rect(0, 0, 640, 360),),
        clock_origin_ns=1,
        fps=15,
    )
    writer = DemonstrationWriter(folder / name, info)
    writer.picture(desktop(0), 0)
    for number, place in enumerate(clicks, 1):
        writer.picture(desktop(number), number * SECOND - 500 * MS)
        at = place.moved(WINDOW.rect.left, WINDOW.rect.top)
        writer.event(PointerButton(number * SECOND, at, "left", True, WINDOW))
        writer.event(PointerButton(number * SECOND + 80 * MS, at, "left", False))
    writer.close((len(clicks) + 1) * SECOND)
    return Demonstration.open(folder / name)


def encode(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ones((len(samples) // 640, 384), np.float32)


def shown(folder: Path, clicks: Sequence[Point] = SIGNS, name: str = "demo-1", **options: Any) -> Shown:
    settings: dict[str, Any] = {"phrase": "press all", "silent": True, **options}
    with recording(folder, clicks, name) as demonstration:
        return shown_in(demonstration, None, look, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return shown(tmp_path_factory.mktemp("three"))


def test_each_step_is_a_sample_and_so_is_the_end(three: Shown) -> None:
    samples = list(Demonstrations(CLIP, Mute(), encode).samples(three))
    assert [STATES[s.state] for s in samples] == ["step", "step", "step", "done"]
    assert [s.step for s in samples] == [0, 1, 2, -1]
    assert [s.progress.tolist() for s in samples] == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
    for one in samples[:3]:
        place = one.candidate_places[one.candidate]
        assert place[0] * 480 == pytest.approx(SIGNS[one.step].x, abs=3)
        assert place[1] * 320 == pytest.approx(SIGNS[one.step].y, abs=3)
        assert float(one.candidates[one.candidate].astype(np.float32) @ one.steps[one.step]) > 0.95
    # The drawings come one by one: a step sees what was there when it was taken.
    assert [len(s.candidates) for s in samples] == [1, 2, 3, 3]


def test_variations_keep_the_target(three: Shown) -> None:
    samples = list(Demonstrations(CLIP, Mute(), encode).samples(three, varied=4, seed=1))
    steps = [s for s in samples if s.step >= 0 and not s.meta["episode"].endswith("-0")]
    assert len(steps) >= 9
    assert {s.split for s in samples} == {three.split}
    right = [int(np.argmax(s.candidates.astype(np.float32) @ s.steps[s.step])) == s.candidate for s in steps]
    assert np.mean(right) >= 0.8


def test_a_varied_screen_has_another_theme_place_crop_and_size(three: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each alone: what else varies is switched off."""
    step = three.macro.steps[0]
    first, target = three.learning.pictures[step.before], step.target
    assert target is not None

    def varied(seed: int, dark: bool = False, zoom: float = 1.0) -> Varied:
        return demonstrations._varied(first, step, dark, zoom, np.random.default_rng(seed))

    monkeypatch.setattr(demonstrations, "recorded", lambda image, rng: image)
    monkeypatch.setattr(demonstrations, "OCCLUDED", 0.0)
    assert first.mean() > 128 > varied(1, dark=True).image.mean()
    assert varied(1).image.mean() > 128
    assert varied(1, zoom=1.5).image.shape[0] == round(1.5 * varied(1).image.shape[0])
    with monkeypatch.context() as alone:
        alone.setattr(demonstrations, "cropped", lambda image, keep, rng: Varied(image))
        moved = {(one.dx, one.dy) for one in map(varied, range(20))}
        assert len(moved) > 10
        assert {one.image.shape for one in map(varied, range(20))} == {first.shape}
    with monkeypatch.context() as alone:
        alone.setattr(demonstrations, "SHIFT", 0)
        cut = [varied(seed) for seed in range(20)]
        assert len({one.image.shape for one in cut}) > 10
        assert min(one.dx for one in cut) < 0
        for one in cut:
            assert one.image.shape[0] <= first.shape[0]
            box = one.box(target.box)
            there = one.image[box.top : box.bottom, box.left : box.right]
            whole = first[target.box.top : target.box.bottom, target.box.left : target.box.right]
            np.testing.assert_array_equal(there, whole)


def test_what_is_covered_is_neither_seen_nor_read(three: Shown) -> None:
    """A third of the varied screens have something over them, beside the target."""
    first = three.learning.pictures[three.macro.steps[0].before]
    target = three.macro.steps[0].target
    assert target is not None
    found = []
    for seed in range(30):
        changed = demonstrations._varied(first, three.macro.steps[0], False, 1.0, np.random.default_rng(seed))
        if changed.covered is None:
            continue
        found.append(changed.covered)
        assert changed.covered.intersection(changed.box(target.box)) is None
        assert (
            len(
                np.unique(
                    changed.image[changed.covered.center.y, changed.covered.left + 2 : changed.covered.right - 2],
                    axis=0,
                )
            )
            == 1
        )
    assert 3 <= len(found) <= 18
    scene = look(first)
    under, beside = Rect(10, 10, 40, 12), Rect(200, 200, 40, 12)
    scene.recall({under: "under", beside: "beside"})
    carried = demonstrations.Carried(scene, Varied(first, covered=Rect(0, 0, 60, 40)))
    assert carried.read(first, [under, beside]) == ["", "beside"]


def test_speech_comes_with_it(three: Shown) -> None:
    heard = replace(three, sound=np.full(16_000, 0.1, np.float32))
    samples = list(Demonstrations(CLIP, Mute(), encode).samples(heard))
    assert {s.utterance.shape for s in samples} == {(25, 384)}
    assert {s.meta["voice"] for s in samples} == {"own"}


@pytest.mark.parametrize(
    ("clicks", "options", "problem"),
    [
        ((), {}, "no click and no key"),
        (SIGNS[:1], {}, "1 step, and teaches nothing about what comes next"),
        (SIGNS, {"silent": False}, "nothing was said"),
        (SIGNS, {"phrase": None}, "nothing was said"),
        (SIGNS[:1] * 13, {}, "13 steps, more than 12"),
    ],
    ids=["empty", "one step", "without speech", "without speech and phrase", "too long"],
)
def test_what_cannot_be_used_says_why(
    tmp_path: Path, clicks: Sequence[Point], options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(NothingToTrainOn, match=problem):
        shown(tmp_path, clicks, **options)


def test_words_actions_and_pictures_are_on_one_clock(tmp_path: Path) -> None:
    with recording(tmp_path, SIGNS) as demonstration:
        line = timeline(demonstration, None)  # type: ignore[arg-type]  # nothing was said
    assert line.words == ()
    assert [h.action.start_ns for h in line.actions] == [SECOND, 2 * SECOND, 3 * SECOND]
    for number, happened in enumerate(line.actions, 1):
        assert happened.before_ns == pytest.approx(number * SECOND - 500 * MS, abs=MS)
        assert happened.after_ns >= happened.before_ns


def test_words_share_the_time_of_their_utterance() -> None:
    words = spread("play a symphony", 1000, 2600)
    assert [word.text for word in words] == ["play", "a", "symphony"]
    assert (words[0].start_ns, words[-1].end_ns) == (1000, 2600)
    assert all(one.end_ns == other.start_ns for one, other in pairwise(words))
    assert words[2].end_ns - words[2].start_ns > words[1].end_ns - words[1].start_ns
    assert spread("", 0, 10) == []


def test_an_application_is_always_in_the_same_split() -> None:
    names = [f"program-{n}" for n in range(200)]
    splits = [split_of_application(name) for name in names]
    assert splits == [split_of_application(name.upper()) for name in names]
    assert 0.7 < splits.count("train") / 200 < 0.9
    assert {"train", "validation", "test"} == set(splits)


def test_frames_are_resized_and_normalised() -> None:
    grey = np.full((300, 500, 3), 128, np.uint8)
    frame = frame_input(grey, 224)
    assert frame.shape == (3, 224, 224)
    assert frame[:, 5, 5] == pytest.approx([0.074, 0.205, 0.426], abs=0.01)
    assert clip_input([grey, grey], 4, 32).shape == (4, 3, 32, 32)
    with pytest.raises(ValueError, match="at least one frame"):
        clip_input([], 4, 32)


def test_sound_is_turned_into_what_towers_take() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    power = spectrogram(tone)
    assert power.shape[1] == 201
    assert abs(len(power) - 100) <= 1
    assert int(power[50].argmax()) == 25  # 1000 Hz in bins of 40
    assert mel_input(tone, 1.0).shape == (100, 80)
    cepstrum = mfcc(tone, 1.0)
    assert cepstrum.shape == (100, 13)
    # The first coefficient is the loudness, whatever the sound.
    assert mfcc(0.1 * tone, 1.0)[50, 0] < cepstrum[50, 0]
