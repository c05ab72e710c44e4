"""Variations of samples stay samples, with the label that is right for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from encore_models.perception.situation import STATES
from encore_models.training.action import augment
from encore_models.training.action.augment import varied_sound
from encore_models.training.action.samples import collate
from encore_models.training.action.vary import mirrored, thinned, varied, without_target
from tests.unit.test_action_samples import sample


def test_a_mirror_changes_sides_and_nothing_else() -> None:
    typing = sample()
    typing.step_places[1] = 0
    seen = mirrored(typing)
    np.testing.assert_allclose(seen.candidate_places[:, 0] + typing.candidate_places[:, 0], 1)
    np.testing.assert_array_equal(seen.candidate_places[:, 1:], typing.candidate_places[:, 1:])
    assert not seen.step_places[1].any(), "typing has no place on either side"
    twice = mirrored(seen)
    np.testing.assert_allclose(twice.step_places, typing.step_places, atol=1e-6)
    assert (seen.candidate, seen.state) == (typing.candidate, typing.state)


def test_without_its_target_a_step_stops() -> None:
    due = sample(candidates=7)
    due.step_matches[:] = 0
    due.candidate_places[:, 1] = np.arange(7) / 10
    due.candidate_places[0, 1] = due.candidate_places[6, 1] + 0.01  # in the same row, of the same name
    due.candidate_places[1, 1] = due.candidate_places[6, 1]  # in the same row, with another name
    due.step_matches[due.step, [0, 2], 0] = 0.9
    gone = without_target(due)
    assert STATES[gone.state] == "stop"
    assert (gone.step, gone.candidate, gone.argument) == (-1, -1, 0)
    assert gone.missing
    assert collate([gone])["missing"].tolist() == [True]
    np.testing.assert_array_equal(gone.candidates, due.candidates[1:6])
    np.testing.assert_array_equal(gone.step_matches, due.step_matches[:, 1:6])


def test_a_target_stays_when_others_are_left_out() -> None:
    due = replace(sample(candidates=7), candidate=3)
    kept = np.array([False, True, False, False, False, False, True])
    thin = thinned(due, kept)
    assert thin.candidate == 1
    np.testing.assert_array_equal(thin.candidates, due.candidates[[1, 3, 6]])
    assert len(thinned(replace(due, candidate=-1), kept).candidates) == 2


def test_every_variation_is_a_sample_and_the_same_seed_gives_the_same() -> None:
    due, done = sample(1), replace(sample(2), state=STATES.index("done"), step=-1, candidate=-1)
    found = {varied(one, np.random.default_rng(seed)).state for seed in range(60) for one in (due, done)}
    assert found == {STATES.index(name) for name in ("step", "stop", "done")}
    one, other = (varied(due, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.candidate_places, other.candidate_places)


def test_a_sound_varies_in_speed_and_loudness_and_has_noise_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    tone = np.sin(np.arange(16_000) / 20).astype(np.float32) * np.float32(0.5)
    tone[8000:] = 0
    for seed in range(20):
        pause = varied_sound(tone, np.random.default_rng(seed))[-4000:]
        assert np.sqrt((pause**2).mean()) > 1e-3, "there is no noise in the pause"
    monkeypatch.setattr(augment, "coloured_noise", lambda length, rng: np.zeros(length, np.float32))
    heard = [varied_sound(tone, np.random.default_rng(seed)) for seed in range(20)]
    loudest = [float(np.abs(one).max()) for one in heard]
    assert min(loudest) < 0.25
    assert max(loudest) > 0.5
    assert min(map(len, heard)) < 15_500 < 16_500 < max(map(len, heard))
    assert max(np.abs(one[-4000:]).max() for one in heard) < 1e-3
