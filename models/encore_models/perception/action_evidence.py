"""What the action model is told instead of having to learn it: likeness of two utterances, and effects on a screen.

The running program and training look through the same functions, so what the model learned on is what it meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.prints import UNLIKE, VoicePrint, likeness

SPOKEN_WIDTH = 6
"""Numbers that say how alike two utterances are."""
EFFECT_WIDTH = 6
"""Numbers that say what of a step's effect is on the screen."""
BESIDE = (-1, 0, 1)
"""Frames before and after that are compared together with one: an eighth of a second."""
NEAR = 0.02
"""Share of the window that what stays in its place may move between two pictures of it."""
SAME = 0.8
"""Cosine from which two places say, or look, the same; letters may be misread."""
FAR_COUNTS = 1.0
"""Cosine that a whole window between two places counts for."""
SIZE_COUNTS = 0.5
"""Cosine that a height e times the other counts for."""
LEAST_SIDE = 0.004
"""Share of the window: the least height that is compared."""

Floats = NDArray[np.float32]


class Places(Protocol):
    """What is on a screen; `Seen` of the training is one."""

    @property
    def candidates(self) -> NDArray[Any]:
        """Looks [n, D]."""

    @property
    def texts(self) -> NDArray[Any]:
        """Vectors of what they read [n, E]; zeros where nothing."""

    @property
    def places(self) -> NDArray[Any]:
        """Centre, size and kind [n, 8]."""


@dataclass(frozen=True, slots=True, eq=False)
class Things:
    """Some of what is on a screen."""

    looks: Floats
    texts: Floats
    places: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What a step made come and go, as it was shown."""

    came: Things
    went: Things


def spoken_alike(said: VoicePrint, shown: VoicePrint) -> Floats:
    """How alike what is said today and what was said when it was shown are.

    Returns:
        float32 [6]: 1 where both hold speech, likeness of the prints, cosine of the embeddings, how well the frames of
        today have their like in those of the other and the other way round (a slot's value has none, which the whole
        would suffer from), logarithm of how much longer today is. All zeros where nobody speaks.
    """
    if not len(said.features) or not len(shown.features):
        return np.zeros(SPOKEN_WIDTH, np.float32)
    (alike,) = likeness(said, [shown])
    found = _beside(_units(said.features) @ _units(shown.features).T)
    longer = log(len(said.features) / len(shown.features))
    cosine = float(said.embedding @ shown.embedding)
    forth, back = float(found.max(axis=1).mean()), float(found.max(axis=0).mean())
    return np.array([1, max(UNLIKE, float(alike)), cosine, forth, back, longer], np.float32)


def _beside(found: Floats) -> Floats:
    """Each likeness with those of the frames before and after it, as both go on."""
    most = max(BESIDE)
    rows, columns = found.shape
    padded = np.pad(found, most)
    parts = [padded[most + by : most + by + rows, most + by : most + by + columns] for by in BESIDE]
    mean: Floats = np.mean(parts, axis=0, dtype=np.float32)
    return mean


def effect_of(before: Places, after: Places, texts: NDArray[Any] | None = None) -> Effect:
    """What came and what went from one picture of a window to the next.

    Args:
        before: Before a step.
        after: After it.
        texts: What the places after it read with today's values in the place of those that were shown; None where
            nothing differs.
    """
    one, other = _cosines(before.texts, after.texts), _cosines(before.candidates, after.candidates)
    apart = np.abs(np.asarray(before.places)[:, None, :2] - np.asarray(after.places)[None, :, :2]).max(axis=-1)
    speaking = _there(before.texts)[:, None] | _there(after.texts)[None]
    drawn = ~(_worded(before.places)[:, None] | _worded(after.places)[None])
    stayed = (apart < NEAR) & (~speaking | (one >= SAME)) & (~drawn | (other >= SAME))
    came, went = ~stayed.any(axis=0), ~stayed.any(axis=1)
    said = after.texts if texts is None else texts
    return Effect(
        Things(_single(after.candidates)[came], _single(said)[came], _single(after.places)[came]),
        Things(_single(before.candidates)[went], _single(before.texts)[went], _single(before.places)[went]),
    )


def effects_on(screen: Places, effects: Sequence[Effect]) -> Floats:
    """What of the effects of steps is on a screen.

    Returns:
        float32 [steps, 6]: for what came, then for what went: 1 where anything did, the mean over its parts of the
        best cosine with anything that is there now, less for what is elsewhere or of another size, and the same
        wherever it is.
    """
    rows = [[*_found(effect.came, screen), *_found(effect.went, screen)] for effect in effects]
    return np.array(rows, np.float32).reshape(-1, EFFECT_WIDTH)


def _found(things: Things, screen: Places) -> tuple[float, float, float]:
    if not len(things.places) or not len(screen.places):
        return float(len(things.places) > 0), 0.0, 0.0
    texts, looks = _cosines(things.texts, screen.texts), _cosines(things.looks, screen.candidates)
    worded = _worded(things.places)[:, None]
    said = _there(things.texts)[:, None]
    alike = np.where(said, texts, 1.0) * np.where(worded & said, 1.0, looks)
    alike = np.where(worded == _worded(screen.places)[None], alike, 0.0)
    there, now = things.places[:, None], _single(screen.places)[None]
    far = np.hypot(there[..., 0] - now[..., 0], there[..., 1] - now[..., 1])
    size = np.abs(np.log(np.maximum(there[..., 3], LEAST_SIDE) / np.maximum(now[..., 3], LEAST_SIDE)))
    near = alike - FAR_COUNTS * far - SIZE_COUNTS * size
    return 1.0, float(near.max(axis=1).clip(-1).mean()), float(alike.max(axis=1).mean())


def _worded(places: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether places are told by what they say: texts and fields."""
    worded: NDArray[np.bool_] = np.any(_single(places)[:, 5:7], axis=1)
    return worded


def _there(vectors: NDArray[Any]) -> NDArray[np.bool_]:
    there: NDArray[np.bool_] = np.any(_single(vectors), axis=1)
    return there


def _single(values: NDArray[Any]) -> Floats:
    return np.asarray(values, np.float32)


def _units(rows: NDArray[Any]) -> Floats:
    wide = _single(rows)
    units: Floats = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-6)
    return units


def _cosines(ones: NDArray[Any], others: NDArray[Any]) -> Floats:
    cosines: Floats = _units(ones) @ _units(others).T
    return cosines
