"""What the action model is told: how alike utterances are, what a step made come and go, and what of it is there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from encore_models.perception.action_evidence import (
    BESIDE,
    LIT,
    MATCH_WIDTH,
    SPOKEN_WIDTH,
    Fit,
    matches_on,
    spoken_alike,
    words_alike,
)
from encore_models.perception.effects import EFFECT_WIDTH, effect_of, effects_on
from encore_models.perception.likeness import Things
from encore_models.perception.prints import VoicePrint, shipped_scale

TEXT, ICON, FIELD = 5, 4, 6
WORDS = ("Search", "Library", "Yesterday", "Volume", "Download", "Holiday")
WIDTH = 8


@dataclass
class Page:
    candidates: np.ndarray
    meanings: np.ndarray
    said: tuple[str, ...]
    places: np.ndarray
    out: np.ndarray


def page(*things: tuple[int, int, tuple[float, float, float], int]) -> Page:
    """Of (look, text, (x, y, height), kind): numbers of looks and texts, -1 for no text."""
    every = np.eye(WIDTH, dtype=np.float16)
    places = np.zeros((len(things), 8), np.float32)
    for row, (_, _, (x, y, height), kind) in enumerate(things):
        places[row, :4], places[row, kind] = (x, y, 0.1, height), 1
    return Page(
        np.array([every[look] for look, *_ in things]).reshape(-1, WIDTH),
        np.zeros((len(things), WIDTH), np.float16),
        tuple(WORDS[text] if text >= 0 else "" for _, text, *_ in things),
        places,
        np.zeros(len(things), np.float32),
    )


LABEL = (1, 1, (0.1, 0.3, 0.02), TEXT)
TITLE = (1, 1, (0.4, 0.1, 0.04), TEXT)
OLD_TITLE = (2, 2, (0.4, 0.1, 0.04), TEXT)
HEART = (3, -1, (0.8, 0.5, 0.03), ICON)
TWIN = (3, -1, (0.2, 0.5, 0.03), ICON)
LIT_HEART = (4, -1, (0.8, 0.5, 0.03), ICON)


def test_what_came_and_went_is_told_by_its_place() -> None:
    effect = effect_of(page(LABEL, OLD_TITLE, HEART), page(LABEL, TITLE, HEART))
    assert len(effect.came.places) == len(effect.went.places) == 1
    # The label says the same as the new title, but was there before.
    np.testing.assert_allclose(effect.came.places[0, :2], TITLE[2][:2])
    assert effect.went.said == (WORDS[2],)


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
    np.testing.assert_allclose(before[0, 3:6], [1, 1, 1], atol=1e-3)
    assert there[0, 5] < 0.4


def test_a_screen_of_another_day_is_told_by_what_differed() -> None:
    row, other_row = (5, 3, (0.4, 0.5, 0.02), TEXT), (6, 4, (0.4, 0.5, 0.02), TEXT)
    effect = effect_of(page(LABEL, OLD_TITLE), page(LABEL, TITLE, row))
    # Today's list holds something else, which was on neither screen.
    after, before = effects_on(page(LABEL, TITLE, other_row), [effect]), effects_on(page(LABEL, OLD_TITLE), [effect])
    came, went = slice(6, 8), slice(8, 10)
    assert after[0, came][0] > 0.5 > 0 >= after[0, went][0]
    assert before[0, went][0] > 0.5 > 0 >= before[0, came][0]
    # What stayed tells nothing, though a label says what the title does.
    assert (effects_on(page(LABEL), [effect])[0, 6:10] <= 0).all()


def test_a_text_that_moved_is_told_by_how_often_it_is_there() -> None:
    effect = effect_of(page(LABEL, OLD_TITLE), page(LABEL, TITLE))
    elsewhere = (5, 1, (0.8, 0.9, 0.02), TEXT)
    after, before = (effects_on(now, [effect])[0, 10:] for now in (page(LABEL, elsewhere), page(LABEL, OLD_TITLE)))
    assert after.tolist() == [1, 1], "its title twice, and no longer the old one"
    assert before.tolist() == [-1, -1]
    more = effects_on(page(LABEL, TITLE, elsewhere), [effect])[0, 10:]
    assert more.tolist() == [1, 1], "more than it came to is no more than all"
    drawn = effect_of(page(HEART), page(LIT_HEART))
    assert not effects_on(page(LABEL), [drawn])[0, 10:].any(), "drawings are not counted"


def test_nothing_came_and_nothing_to_look_at() -> None:
    same = effect_of(page(LABEL), page(LABEL))
    assert not effects_on(page(LABEL), [same]).any()
    effect = effect_of(page(LABEL), page(LABEL, HEART))
    assert effects_on(page(), [effect])[0].tolist() == [1] + [0] * (EFFECT_WIDTH - 1)
    assert effects_on(page(LABEL), []).shape == (0, EFFECT_WIDTH)


def test_todays_values_stand_for_those_that_were_shown() -> None:
    before, after = page(LABEL), page(LABEL, OLD_TITLE)
    effect = effect_of(before, after, lambda text: text.replace(WORDS[2], WORDS[5]))
    assert effect.came.said == (WORDS[5],)
    assert [one.text for one in effect.tally] == [WORDS[5]]


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


def test_words_are_compared_where_they_are_known() -> None:
    heard = spoken_alike(None, None, Fit(0.8, -1.5))
    assert heard[:-3].tolist() == [0] * (SPOKEN_WIDTH - 3)
    np.testing.assert_allclose(heard[-3:], [1, 0.8, 0.75])
    assert spoken_alike(None, None, Fit(0.0, -50.0))[-3:].tolist() == [1, 0, 0]
    assert not spoken_alike(None, None).any()
    assert words_alike("Play Yesterday.", "play yesterday") == 1
    assert words_alike("Go home.", "play yesterday") < 0.4


def targets(*things: tuple[int, int, tuple[float, float, float], int]) -> Things:
    shown = page(*things)
    return Things(shown.candidates.astype(np.float32), shown.said, shown.places)


def test_places_match_by_their_letters_and_drawings_by_what_they_mean() -> None:
    misread = page(TITLE, LABEL, HEART)
    misread.said = ("Librarv", "Volume", "")
    misread.meanings[2, 0] = 1
    means = np.eye(2, WIDTH)
    matches = matches_on(misread, targets(TITLE, HEART), means[::-1], [page(TITLE), page(HEART)])
    assert matches.shape == (2, 3, MATCH_WIDTH)
    assert matches[0, 0, 0] > 0.85
    assert matches[0, 1, 0] < 0.5
    assert not matches[1, :, 0].any(), "what says nothing is like no word"
    assert matches[1, 2, 1] == 1
    assert not matches[..., :2, 1].any()
    assert matches_on(page(), targets(TITLE), means[:1], [page(TITLE)]).shape == (1, 0, MATCH_WIDTH)


def test_letters_that_a_reader_confuses_are_the_same_in_short_labels_too() -> None:
    shown, misread = page(TITLE, LABEL), page(TITLE, LABEL)
    shown.said, misread.said = ("OK", "Item 1"), ("0K", "ltern l")
    asked = Things(shown.candidates.astype(np.float32), shown.said, shown.places)
    matches = matches_on(misread, asked, np.zeros((2, WIDTH)), [shown, shown])
    assert matches[0, 0, 0] == matches[1, 1, 0] == 1
    assert matches[0, 1, 0] < 0.5


def test_where_two_look_alike_the_one_that_is_left_may_be_the_other() -> None:
    shown = page(HEART, TWIN)
    both, left = (matches_on(now, targets(HEART), np.zeros((1, WIDTH)), [shown]) for now in (shown, page(TWIN)))
    assert both[0, 0, 2] > 0.3
    assert both[0, 1, 2] < -0.3
    assert left[0, 0, 2] < -0.3
    alone = matches_on(page(TWIN), targets(HEART), np.zeros((1, WIDTH)), [page(HEART)])
    assert alone[0, 0, 2] > 0, "it may have moved"
    typing = Things(np.zeros((1, WIDTH), np.float32), ("words",), np.zeros((1, 8), np.float32))
    assert not matches_on(shown, typing, np.zeros((1, WIDTH)), [shown])[..., 2].any()


def test_twins_are_told_by_what_stands_beside_them() -> None:
    # A column of others under each.
    columns = [(look, -1, (x, 0.55 + 0.05 * n, 0.03), ICON) for look, x in ((5, 0.8), (6, 0.2)) for n in range(5)]
    things = (HEART, TWIN, *columns)
    shown = page(*things)
    # Today they have changed sides, and stand higher, each with its column.
    moved = [(look, text, (1 - x, y - 0.3, height), kind) for look, text, (x, y, height), kind in things]
    matches = matches_on(page(*moved), targets(HEART), np.zeros((1, WIDTH)), [shown])[0, :, BESIDE]
    assert matches[0] == 1
    assert matches[1] == 0
    alone = matches_on(page(HEART), targets(HEART), np.zeros((1, WIDTH)), [shown])[0, :, BESIDE]
    assert alone.tolist() == [0], "nothing is beside it"


def test_what_a_step_made_stand_out_is_known_by_that() -> None:
    before, after, today = page(HEART, LABEL), page(LIT_HEART, LABEL), page(HEART, TWIN)
    after.out[0] = 0.6
    today.out[:] = 0.5, 0.0

    def lit(*shown: Page) -> list[float]:
        return matches_on(today, targets(HEART), np.zeros((1, WIDTH)), shown)[0, :, LIT].tolist()

    assert lit(before, after) == [1, -1], "one stands out as it did afterwards, the other as before"
    assert lit(after, before) == [-1, 1], "switched off"
    assert lit(before, before) == [0, 0], "the step did not change it"
    assert lit(before) == [0, 0], "what came of it is not known"
    assert lit(before, page(LABEL)) == [0, 0], "nothing is there any more"
