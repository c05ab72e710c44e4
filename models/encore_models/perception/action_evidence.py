"""What the action model is told instead of having to learn it: likeness of utterances, and of places and targets.

The running program and training look through the same functions, so what the model learned on is what it meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, utils

from encore_models.perception.likeness import (
    Floats,
    Places,
    Things,
    cosines,
    nearness,
    single,
    spelt_alike,
    things_of,
    units,
    worded,
)
from encore_models.perception.prints import UNLIKE, VoicePrint, likeness

SOUND_WIDTH, WORDS_WIDTH = 6, 3
"""Numbers that say how alike two utterances are, and how well the words fit."""
SPOKEN_WIDTH = SOUND_WIDTH + WORDS_WIDTH
MATCH_WIDTH = 5
"""Numbers that say how well a place matches a target."""
SPELT, MEANT, LEADS, BESIDE, LIT = range(MATCH_WIDTH)
"""Columns of these: letters, meaning, lead over what else was shown, what stands beside, whether it stands out."""
HERE = 0.01
"""Share of the window within which a place is the target's own."""
AROUND = 5
"""Others beside a place that are compared."""
BARELY = 0.5
"""Likeness of what stands beside two places that counts for nothing."""
LEAST_CHANGE, CLEARLY_OUT = 0.1, 0.4
"""Shares of the colours' range: by so much more or less has a target to stand out after its step for that to tell
anything; from which one stands out for certain, whatever the theme."""
LEAST_LOG_P = -6.0
"""Mean log p of a token below which words fit as badly as can be."""
FRAMES_BESIDE = (-1, 0, 1)
"""Frames before and after that are compared together with one: an eighth of a second."""


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
    found = _beside(units(said.features) @ units(shown.features).T)
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
        shown: The screens before the steps, as they were shown, and the one after the last where it is known.

    Returns:
        float16 [steps, n, 5]: how alike what they say is letter by letter, cosines of what they mean, and how much
        more a place is like the target than like anything else that was shown with it: where two controls have the
        same icon, the one that is left may be the other. Then how alike what stands beside it and beside the target
        is, and whether it stands out among its like as the target did before its step (-1) or after it (1), where the
        step changed that. 0 where there is nothing to compare.
    """
    spelt = spelt_alike(targets.said, screen.said)
    leads, beside, lit = (np.zeros_like(spelt) for _ in range(3))
    around = _neighbours(screen.places)
    for row, before in enumerate(shown[: len(leads)]):
        if targets.places[row].any() and len(screen.places):
            target = Things(targets.looks[row : row + 1], targets.said[row : row + 1], targets.places[row : row + 1])
            leads[row] = _lead(target, before, screen)
            beside[row] = _beside_alike(targets.places[row], before, screen, around)
            if row + 1 < len(shown):
                lit[row] = _lit(targets.places[row], before, shown[row + 1], screen)
    means = cosines(meanings, screen.meanings)
    return np.stack([spelt, means, leads, beside, lit], axis=-1).astype(np.float16)


def _neighbours(places: NDArray[Any]) -> NDArray[np.int64]:
    """The nearest others of each place, the nearest first [n, up to `AROUND`]."""
    centres = single(places)[:, :2]
    distances = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    # Two parts of one thing, as a label that was found in pieces, are not beside each other.
    distances[distances < HERE / 2] = np.inf
    nearest: NDArray[np.int64] = np.argsort(distances, axis=1, kind="stable")[:, : min(AROUND, max(0, len(places) - 1))]
    return nearest


def _beside_alike(target: Floats, shown: Places, screen: Places, around: NDArray[np.int64]) -> Floats:
    """How alike what stood beside a target and what stands beside each place are, 0 to 1 [n]."""
    distances = np.hypot(*(single(shown.places)[:, :2] - target[:2]).T)
    theirs = [n for n in np.argsort(distances, kind="stable") if distances[n] >= HERE / 2][:AROUND]
    if not theirs or not around.size:
        return np.zeros(len(screen.places), np.float32)
    said = [shown.said[n] for n in theirs]
    spelt, looks = spelt_alike(said, screen.said), cosines(single(shown.candidates)[theirs], screen.candidates)
    by_words = worded(shown.places)[theirs][:, None] | worded(screen.places)[None]
    alike = np.clip((np.where(by_words, spelt, looks) - BARELY) / (1 - BARELY), 0, 1)
    counts = np.array([1 / (1 + rank) for rank in range(len(theirs))], np.float32)
    best = alike[:, around].max(axis=2)  # of each neighbour then, among those of each place now
    return np.asarray(counts @ best / counts.sum(), np.float32)


def _lit(target: Floats, before: Places, after: Places, screen: Places) -> Floats:
    """Whether each place stands out as a target did before its step or as it did after it, -1 to 1 [n]."""
    then, now = _out_at(target, before), _out_at(target, after)
    if then is None or now is None or abs(now - then) < LEAST_CHANGE:
        return np.zeros(len(screen.places), np.float32)
    stands = 2 * np.clip(single(screen.out) / CLEARLY_OUT, 0, 1) - 1
    return np.asarray(stands if now > then else -stands, np.float32)


def _out_at(target: Floats, screen: Places) -> float | None:
    """How much what is at a target's place stands out; None where nothing is there."""
    places = single(screen.places)
    if not len(places):
        return None
    apart = np.abs(places[:, :2] - target[:2]).max(axis=1)
    nearest = int(apart.argmin())
    return float(screen.out[nearest]) if apart[nearest] < HERE else None


def _lead(target: Things, shown: Places, screen: Places) -> Floats:
    """By how much each place on a screen is more like the target than like what else was shown [n]."""
    own = nearness(target, screen)[0]
    apart = np.abs(single(shown.places)[:, :2] - target.places[:, :2]).max(axis=1, initial=0.0)
    others = things_of(shown, shown.said, apart > HERE)
    rival = nearness(others, screen).max(axis=0, initial=0.0)
    return np.asarray(np.clip(own - rival, -1, 1), np.float32)


def _beside(found: Floats) -> Floats:
    """Each likeness with those of the frames before and after it, as both go on."""
    most = max(FRAMES_BESIDE)
    rows, columns = found.shape
    padded = np.pad(found, most)
    parts = [padded[most + by : most + by + rows, most + by : most + by + columns] for by in FRAMES_BESIDE]
    mean: Floats = np.mean(parts, axis=0, dtype=np.float32)
    return mean
