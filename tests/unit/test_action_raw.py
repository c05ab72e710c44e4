"""What lies behind samples: the same samples come out, each with the pictures, screens and sounds of its own."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.episodes import Episodes
from encore_models.training.action.plans import HARD
from encore_models.training.action.raw import SCREEN, SCREENS, Hearing, Raw, Seeing, bare, raw_samples
from encore_models.training.action.samples import Sample
from encore_models.training.voice_sounds import Samples, Speaker
from tests.unit.action_drawings import Tones, drawings_in

SIDE = 24


class Sounds(Tones):
    def sound(self, text: str, speaker: Speaker, seed: int) -> Samples:
        return np.full(160 * len(text), 0.1, np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Sample], list[Raw]]:
    drawn_from = drawings_in(tmp_path_factory.mktemp("icons"))
    clip = UiClip.load()
    seeing, hearing = Seeing(clip, SIDE), Hearing(Sounds())
    plain = Episodes(clip, Sounds(), 3, drawn_from)
    kept = Episodes(seeing, hearing, 3, drawn_from)
    return list(plain.samples(8)), list(raw_samples(kept, seeing, hearing, [8]))


def test_the_samples_are_those_that_were_made_before(made: tuple[list[Sample], list[Raw]]) -> None:
    samples, raws = made
    assert len(samples) == len(raws) > 4
    for sample, raw in zip(samples, raws, strict=True):
        np.testing.assert_array_equal(raw.sample.candidates, sample.candidates)
        assert (raw.sample.state, raw.sample.step, raw.sample.candidate) == (
            sample.state,
            sample.step,
            sample.candidate,
        )


def test_each_place_has_its_picture_and_typing_has_none(made: tuple[list[Sample], list[Raw]]) -> None:
    for raw in made[1]:
        assert raw.candidates.shape == (len(raw.sample.candidates), SIDE, SIDE, 3)
        seen = raw.sample.candidates.any(axis=1)
        assert all(picture.any() for picture in raw.candidates[seen])
        aimed = raw.sample.steps.any(axis=1)
        assert [bool(picture.any()) for picture in raw.steps] == aimed.tolist()
        assert raw.step_effects.shape == raw.steps.shape


def test_screens_and_sounds_are_those_of_the_moment(made: tuple[list[Sample], list[Raw]]) -> None:
    raws = made[1]
    assert [len(raw.screens) for raw in raws[:3]] == [1, 2, 3]
    assert all(raw.screens[-1].shape == (SCREEN, SCREEN, 3) for raw in raws)
    for raw in raws:
        assert len(raw.utterance) == 160 * len(raw.sample.utterance)
        assert len(raw.words) == len(raw.sample.utterance)
        assert len(raw.shown_utterance) == 160 * len(raw.sample.shown_utterance)


def test_the_film_of_a_hard_moment_is_what_was_seen_before_it(made: tuple[list[Sample], list[Raw]]) -> None:
    plain = [raw for raw in made[1] if raw.sample.meta["hard"] not in HARD]
    hard = made[1][len(plain) :]
    assert {raw.sample.meta["hard"] for raw in hard} <= {*HARD}
    assert [np.count_nonzero(raw.sample.progress) for raw in plain] == list(range(len(plain)))  # none was missed
    early = 0
    for raw in hard:
        tried = np.count_nonzero(raw.sample.progress)
        before = [one.screens[-1] for one in plain[:tried]][1 - SCREENS :]
        assert len(raw.screens) == len(before) + 1
        assert all(ours is theirs for ours, theirs in zip(raw.screens, before, strict=False))
        early += tried < len(plain) - 1
    assert early, "nothing comes before the end"


def test_what_was_compared_beforehand_can_be_left_out(made: tuple[list[Sample], list[Raw]]) -> None:
    one = bare(made[0][0])
    assert not one.step_seen.any()
    assert not one.candidate_known.any()
    assert not one.spoken_alike.any()
    assert not one.step_matches[..., 1:].any()
    np.testing.assert_array_equal(one.step_matches[..., 0], made[0][0].step_matches[..., 0])
    np.testing.assert_array_equal(one.candidates, made[0][0].candidates)
