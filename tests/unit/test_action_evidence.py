"""What the action model is told: how alike utterances are, what a step made come and go, and what of it is there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from encore_models.perception.action_evidence import EFFECT_WIDTH, SPOKEN_WIDTH, effect_of, effects_on, spoken_alike
from encore_models.perception.prints import VoicePrint, shipped_scale

TEXT, ICON, FIELD = 5, 4, 6
WIDTH = 8


@dataclass
class Page:
    candidates: np.ndarray
    texts: np.ndarray
    places: np.ndarray


def page(*things: tuple[int, int, tuple[float, float, float], int]) -> Page:
    """Of (look, text, (x, y, height), kind): numbers of looks and texts, -1 for no text."""
    every = np.eye(WIDTH, dtype=np.float16)
    places = np.zeros((len(things), 8), np.float32)
    for row, (_, _, (x, y, height), kind) in enumerate(things):
        places[row, :4], places[row, kind] = (x, y, 0.1, height), 1
    return Page(
        np.array([every[look] for look, *_ in things]).reshape(-1, WIDTH),
        np.array([every[text] if text >= 0 else every[0] * 0 for _, text, *_ in things]).reshape(-1, WIDTH),
        places,
    )


LABEL = (1, 1, (0.1, 0.3, 0.02), TEXT)
TITLE = (1, 1, (0.4, 0.1, 0.04), TEXT)
OLD_TITLE = (2, 2, (0.4, 0.1, 0.04), TEXT)
HEART = (3, -1, (0.8, 0.5, 0.03), ICON)
LIT_HEART = (4, -1, (0.8, 0.5, 0.03), ICON)


def test_what_came_and_went_is_told_by_its_place() -> None:
    effect = effect_of(page(LABEL, OLD_TITLE, HEART), page(LABEL, TITLE, HEART))
    assert len(effect.came.places) == len(effect.went.places) == 1
    # The label says the same as the new title, but was there before.
    np.testing.assert_allclose(effect.came.places[0, :2], TITLE[2][:2])
    assert effect.went.texts[0].argmax() == 2


def test_a_drawing_that_changed_came_and_went() -> None:
    effect = effect_of(page(HEART), page(LIT_HEART))
    assert (effect.came.looks[0].argmax(), effect.went.looks[0].argmax()) == (4, 3)
    nothing = effect_of(page(HEART, LABEL), page(HEART, LABEL))
    assert len(nothing.came.places) == len(nothing.went.places) == 0


def test_what_is_there_is_found_and_counts_less_elsewhere() -> None:
    effect = effect_of(page(LABEL, OLD_TITLE), page(LABEL, TITLE))
    there, before = effects_on(page(LABEL, TITLE), [effect]), effects_on(page(LABEL, OLD_TITLE), [effect])
    assert there.shape == (1, EFFECT_WIDTH)
    np.testing.assert_allclose(there[0, :3], [1, 1, 1], atol=1e-3)
    # The label reads like the title, wherever that is not asked.
    assert before[0, 2] > 0.99
    assert before[0, 1] < 0.5
    np.testing.assert_allclose(before[0, 3:], [1, 1, 1], atol=1e-3)
    assert there[0, 5] < 0.1


def test_nothing_came_and_nothing_to_look_at() -> None:
    same = effect_of(page(LABEL), page(LABEL))
    assert not effects_on(page(LABEL), [same]).any()
    effect = effect_of(page(LABEL), page(LABEL, HEART))
    assert effects_on(page(), [effect])[0].tolist() == [1, 0, 0, 0, 0, 0]
    assert effects_on(page(LABEL), []).shape == (0, EFFECT_WIDTH)


def test_todays_values_stand_for_those_that_were_shown() -> None:
    before, after = page(LABEL), page(LABEL, OLD_TITLE)
    today = np.eye(WIDTH, dtype=np.float16)[[1, 5]]
    effect = effect_of(before, after, today)
    assert effect.came.texts[0].argmax() == 5


def spoken(rng: np.random.Generator, frames: int) -> VoicePrint:
    features = rng.normal(size=(frames, 48)).astype(np.float32)
    embedding = rng.normal(size=128).astype(np.float32)
    return VoicePrint(
        rng.normal(size=(frames, 384)).astype(np.float32),
        embedding / np.linalg.norm(embedding),
        frames / 25,
        features,
        shipped_scale().head,
    )


def test_utterances_are_compared_as_a_whole_and_in_parts() -> None:
    rng = np.random.default_rng(1)
    one, other = spoken(rng, 40), spoken(rng, 50)
    same, different = spoken_alike(one, one), spoken_alike(one, other)
    assert same.shape == (SPOKEN_WIDTH,)
    assert same[0] == 1
    np.testing.assert_allclose(same[2], 1, atol=1e-5)
    assert same[3] > 0.95
    assert all(same[column] > different[column] for column in (1, 2, 3, 4))
    assert same[5] == 0
    assert different[5] < 0
    # Half of the words are others: the parts that are the same are found still.
    half = replace(other, features=np.concatenate([one.features[:25], other.features[25:]]))
    assert different[4] < spoken_alike(one, half)[4] < same[4]


def test_silence_is_not_compared() -> None:
    rng = np.random.default_rng(2)
    silent = replace(spoken(rng, 5), features=np.zeros((0, 48), np.float32))
    assert not spoken_alike(silent, spoken(rng, 5)).any()
    assert not spoken_alike(spoken(rng, 5), silent).any()
