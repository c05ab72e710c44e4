"""What the action model is told instead of having to learn it: likeness of utterances and names, effects on a screen.

The running program and training look through the same functions, so what the model learned on is what it meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils

from encore_models.perception.prints import UNLIKE, VoicePrint, likeness

SOUND_WIDTH, WORDS_WIDTH = 6, 3
"""Numbers that say how alike two utterances are, and how well the words fit."""
SPOKEN_WIDTH = SOUND_WIDTH + WORDS_WIDTH
MATCH_WIDTH = 3
"""Numbers that say how well a place matches a target."""
SPELT, MEANT, LEADS = range(MATCH_WIDTH)
"""Columns of these: letters, meaning, lead over what else was shown."""
HERE = 0.01
"""Share of the window within which a place is the target's own."""
LEAST_LOG_P = -6.0
"""Mean log p of a token below which words fit as badly as can be."""
EFFECT_WIDTH = 10
"""Numbers that say what of a step's effect is on the screen."""
LEADING = 3
"""Places that tell a screen from another best, over which is averaged."""
BESIDE = (-1, 0, 1)
"""Frames before and after that are compared together with one: an eighth of a second."""
NEAR = 0.02
"""Share of the window that what stays in its place may move between two pictures of it."""
SAME = 0.8
"""Likeness from which two places say, or look, the same; letters may be misread."""
FAR_COUNTS = 1.0
"""Likeness that a whole window between two places counts for."""
MOVED_COUNTS = 4.0
"""The same where two screens are told apart: what lies elsewhere is something else. Of 597 steps of synthetic episodes
3.0 % were misjudged with it, 4.9 % with 1, 6.4 % by the likeness of what came and went alone; of 1,326 others hardly
fewer (5.9 and 6.0 %), but better ranked (ROC-AUC .92 and .88)."""
SIZE_COUNTS = 0.5
"""Likeness that a height e times the other counts for."""
LEAST_SIDE = 0.004
"""Share of the window: the least height that is compared."""

Floats = NDArray[np.float32]


class Places(Protocol):
    """What is on a screen; `situation.Seen` is one."""

    @property
    def said(self) -> Sequence[str]:
        """What each says; empty where nothing."""

    @property
    def candidates(self) -> NDArray[Any]:
        """Looks [n, D]."""

    @property
    def meanings(self) -> NDArray[Any]:
        """What drawings show, however they are drawn [n, E]; zeros for all else."""

    @property
    def places(self) -> NDArray[Any]:
        """Centre, size and kind [n, 8]."""


@dataclass(frozen=True, slots=True, eq=False)
class Things:
    """Some of what is on a screen."""

    looks: Floats
    said: tuple[str, ...]
    places: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What a step made come and go, as it was shown."""

    came: Things
    went: Things
    stayed: Things


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the phrase of a command, filled with today's values, fits what was said."""

    words: float
    """How alike the words that were heard are, 0 to 1."""
    log_p: float
    """Mean log p of its tokens when the decoder is told it; natural logarithm."""


def words_alike(heard: str, phrase: str) -> float:
    """How alike the words of an utterance and those of a phrase are, letter by letter, 0 to 1."""
    return fuzz.ratio(heard, phrase, processor=utils.default_process) / 100


def spoken_alike(said: VoicePrint | None, shown: VoicePrint | None, fit: Fit | None = None) -> Floats:
    """How alike what is said today and what was said when it was shown are, and how well today's words fit.

    Args:
        said: Today; None where nothing was said.
        shown: When it was shown; None where nothing was said.
        fit: Of today's words; None where they were not transcribed.

    Returns:
        float32 [9]: 1 where both hold speech, likeness of the prints, cosine of the embeddings, how well the frames of
        today have their like in those of the other and the other way round (a slot's value has none, which the whole
        would suffer from), logarithm of how much longer today is: zeros where one does not speak. Then 1 where the
        words are known, how alike they are, and their log p, 0 at the worst and 1 for certain; else zeros.
    """
    sound = _sound_alike(said, shown) if said is not None and shown is not None else [0.0] * SOUND_WIDTH
    words = (
        [0.0] * WORDS_WIDTH
        if fit is None
        else [1.0, fit.words, 1 - max(LEAST_LOG_P, min(0.0, fit.log_p)) / LEAST_LOG_P]
    )
    return np.array([*sound, *words], np.float32)


def _sound_alike(said: VoicePrint, shown: VoicePrint) -> list[float]:
    if not len(said.features) or not len(shown.features):
        return [0.0] * SOUND_WIDTH
    (alike,) = likeness(said, [shown])
    found = _beside(_units(said.features) @ _units(shown.features).T)
    longer = log(len(said.features) / len(shown.features))
    cosine = float(said.embedding @ shown.embedding)
    forth, back = float(found.max(axis=1).mean()), float(found.max(axis=0).mean())
    return [1.0, max(UNLIKE, float(alike)), cosine, forth, back, longer]


def matches_on(screen: Places, targets: Things, meanings: NDArray[Any], shown: Sequence[Places]) -> NDArray[np.float16]:
    """How well what is on a screen matches the targets of steps.

    Args:
        screen: As it is.
        targets: Of the steps, with today's values; a place of zeros where a step has none.
        meanings: Vectors of what the targets show, however it is drawn [steps, E]; zeros where that is not known.
        shown: The screens before the steps, as they were shown.

    Returns:
        float16 [steps, n, 3]: how alike what they say is letter by letter, cosines of what they mean, and how much
        more a place is like the target than like anything else that was shown with it: where two controls have the
        same icon, the one that is left may be the other. 0 where there is nothing to compare.
    """
    spelt = spelt_alike(targets.said, screen.said)
    leads = np.zeros_like(spelt)
    for row, before in enumerate(shown[: len(leads)]):
        if targets.places[row].any() and len(screen.places):
            target = Things(targets.looks[row : row + 1], targets.said[row : row + 1], targets.places[row : row + 1])
            leads[row] = _lead(target, before, screen)
    return np.stack([spelt, _cosines(meanings, screen.meanings), leads], axis=-1).astype(np.float16)


def _lead(target: Things, shown: Places, screen: Places) -> Floats:
    """By how much each place on a screen is more like the target than like what else was shown [n]."""
    own = _nearness(target, screen)[0]
    apart = np.abs(_single(shown.places)[:, :2] - target.places[:, :2]).max(axis=1, initial=0.0)
    others = _things(shown, shown.said, apart > HERE)
    rival = _nearness(others, screen).max(axis=0, initial=0.0)
    return np.asarray(np.clip(own - rival, -1, 1), np.float32)


def _nearness(things: Things, screen: Places, far: float = FAR_COUNTS) -> Floats:
    """How alike places are in looks, words and position: [things, n]; `far` is what a whole window counts for."""
    spelt, looks = spelt_alike(things.said, screen.said), _cosines(things.looks, screen.candidates)
    worded = _worded(things.places)[:, None] | _worded(screen.places)[None]
    alike = np.where(_any(things.said)[:, None], np.where(worded, spelt, (spelt + looks) / 2), looks)
    return np.asarray(alike - _apart(things.places, screen.places, far), np.float32)


def spelt_alike(said: Sequence[str], others: Sequence[str]) -> Floats:
    """How alike texts are letter by letter: float32 [n, m], 0 to 1; 0 where one is empty.

    Vectors of texts are near for words that have little in common but their length; letters are not, and a letter that
    was misread changes little.
    """
    spelt = np.zeros((len(said), len(others)), np.float32)
    if spelt.size:
        spelt = process.cdist(said, others, scorer=fuzz.ratio, processor=utils.default_process, dtype=np.float32)
        spelt = np.asarray(spelt / 100, np.float32)
        # Two empty texts are alike to the last letter, and tell nothing.
        spelt[[not text for text in said]] = 0
        spelt[:, [not text for text in others]] = 0
    return spelt


def _beside(found: Floats) -> Floats:
    """Each likeness with those of the frames before and after it, as both go on."""
    most = max(BESIDE)
    rows, columns = found.shape
    padded = np.pad(found, most)
    parts = [padded[most + by : most + by + rows, most + by : most + by + columns] for by in BESIDE]
    mean: Floats = np.mean(parts, axis=0, dtype=np.float32)
    return mean


def effect_of(before: Places, after: Places, said: Sequence[str] | None = None) -> Effect:
    """What came and what went from one picture of a window to the next.

    Args:
        before: Before a step.
        after: After it.
        said: What the places after it say with today's values in the place of those that were shown; None where
            nothing differs.
    """
    one, other = spelt_alike(before.said, after.said), _cosines(before.candidates, after.candidates)
    apart = np.abs(np.asarray(before.places)[:, None, :2] - np.asarray(after.places)[None, :, :2]).max(axis=-1)
    speaking = _any(before.said)[:, None] | _any(after.said)[None]
    drawn = ~(_worded(before.places)[:, None] | _worded(after.places)[None])
    stayed = (apart < NEAR) & (~speaking | (one >= SAME)) & (~drawn | (other >= SAME))
    came, went = ~stayed.any(axis=0), ~stayed.any(axis=1)
    today = after.said if said is None else said
    return Effect(_things(after, today, came), _things(before, before.said, went), _things(before, before.said, ~went))


def effects_on(screen: Places, effects: Sequence[Effect]) -> Floats:
    """What of the effects of steps is on a screen.

    Returns:
        float32 [steps, 10]: for what came, then for what went: 1 where anything did, the mean over its parts of the
        best likeness to anything that is there now, less for what is elsewhere or of another size, and the same
        wherever it is. Then for both, by how much a place of the screen is more like something of it than like
        anything else before or after the step: the most, and the mean of the three that are most so. Today's lists
        hold other things than those that came, but the title of the page is the same.
    """
    rows = [[*_found(effect.came, screen), *_found(effect.went, screen), *_led(effect, screen)] for effect in effects]
    return np.array(rows, np.float32).reshape(-1, EFFECT_WIDTH)


def _found(things: Things, screen: Places) -> tuple[float, float, float]:
    if not len(things.places) or not len(screen.places):
        return float(len(things.places) > 0), 0.0, 0.0
    texts, looks = spelt_alike(things.said, screen.said), _cosines(things.looks, screen.candidates)
    worded = _worded(things.places)[:, None]
    said = _any(things.said)[:, None]
    alike = np.where(said, texts, 1.0) * np.where(worded & said, 1.0, looks)
    alike = np.where(worded == _worded(screen.places)[None], alike, 0.0)
    near = alike - _apart(things.places, screen.places)
    return 1.0, float(near.max(axis=1).clip(-1).mean()), float(alike.max(axis=1).mean())


def _led(effect: Effect, screen: Places) -> tuple[float, float, float, float]:
    came, went, stayed = (
        _nearness(things, screen, MOVED_COUNTS).max(axis=0, initial=-1.0)
        for things in (effect.came, effect.went, effect.stayed)
    )
    return *_most(effect.came, came - np.maximum(went, stayed)), *_most(effect.went, went - np.maximum(came, stayed))


def _most(things: Things, leads: Floats) -> tuple[float, float]:
    if not len(things.places) or not len(leads):
        return 0.0, 0.0
    best = np.sort(np.clip(leads, -1, 1))[-LEADING:]
    return float(best[-1]), float(best.mean())


def _apart(ones: NDArray[Any], others: NDArray[Any], far: float = FAR_COUNTS) -> Floats:
    """What distance and another height take from a likeness: [ones, others]."""
    there, now = _single(ones)[:, None], _single(others)[None]
    distance = np.hypot(there[..., 0] - now[..., 0], there[..., 1] - now[..., 1])
    size = np.abs(np.log(np.maximum(there[..., 3], LEAST_SIDE) / np.maximum(now[..., 3], LEAST_SIDE)))
    return np.asarray(far * distance + SIZE_COUNTS * size, np.float32)


def _worded(places: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether places are told by what they say: texts and fields."""
    worded: NDArray[np.bool_] = np.any(_single(places)[:, 5:7], axis=1)
    return worded


def _things(places: Places, said: Sequence[str], which: NDArray[np.bool_]) -> Things:
    chosen = tuple(text for text, there in zip(said, which, strict=True) if there)
    return Things(_single(places.candidates)[which], chosen, _single(places.places)[which])


def _any(said: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([bool(text) for text in said], np.bool_)


def _single(values: NDArray[Any]) -> Floats:
    return np.asarray(values, np.float32)


def _units(rows: NDArray[Any]) -> Floats:
    wide = _single(rows)
    units: Floats = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-6)
    return units


def _cosines(ones: NDArray[Any], others: NDArray[Any]) -> Floats:
    cosines: Floats = _units(ones) @ _units(others).T
    return cosines
