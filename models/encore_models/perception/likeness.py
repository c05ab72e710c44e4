"""How alike what is on two screens is: in looks, in letters, and in where it stands (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils

from encore_models.perception.text import unconfused

SAME = 0.8
"""Likeness from which two places say, or look, the same; letters may be misread."""
FAR_COUNTS = 1.0
"""Likeness that a whole window between two places counts for."""
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

    @property
    def out(self) -> NDArray[Any]:
        """How much each stands out among its like [n] (`standing_out`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Things:
    """Some of what is on a screen."""

    looks: Floats
    said: tuple[str, ...]
    places: Floats


def nearness(things: Things, screen: Places, far: float = FAR_COUNTS) -> Floats:
    """How alike places are in looks, words and position: [things, n]; `far` is what a whole window counts for."""
    spelt, looks = spelt_alike(things.said, screen.said), cosines(things.looks, screen.candidates)
    by_words = worded(things.places)[:, None] | worded(screen.places)[None]
    alike = np.where(saying(things.said)[:, None], np.where(by_words, spelt, (spelt + looks) / 2), looks)
    return np.asarray(alike - apart(things.places, screen.places, far), np.float32)


def spelt_alike(said: Sequence[str], others: Sequence[str]) -> Floats:
    """How alike texts are letter by letter: float32 [n, m], 0 to 1; 0 where one is empty.

    Vectors of texts are near for words that have little in common but their length; letters are not, and a letter that
    was misread changes little: of an "OK" that was read as "0K" it would change half, so what readers confuse is one.
    """
    spelt = np.zeros((len(said), len(others)), np.float32)
    if spelt.size:
        spelt = process.cdist(said, others, scorer=fuzz.ratio, processor=_plain, dtype=np.float32)
        spelt = np.asarray(spelt / 100, np.float32)
        # Two empty texts are alike to the last letter, and tell nothing.
        spelt[[not text for text in said]] = 0
        spelt[:, [not text for text in others]] = 0
    return spelt


def _plain(text: str) -> str:
    return unconfused(utils.default_process(text))


def apart(ones: NDArray[Any], others: NDArray[Any], far: float = FAR_COUNTS) -> Floats:
    """What distance and another height take from a likeness: [ones, others]."""
    there, now = single(ones)[:, None], single(others)[None]
    distance = np.hypot(there[..., 0] - now[..., 0], there[..., 1] - now[..., 1])
    size = np.abs(np.log(np.maximum(there[..., 3], LEAST_SIDE) / np.maximum(now[..., 3], LEAST_SIDE)))
    return np.asarray(far * distance + SIZE_COUNTS * size, np.float32)


def worded(places: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether places are told by what they say: texts and fields."""
    by_words: NDArray[np.bool_] = np.any(single(places)[:, 5:7], axis=1)
    return by_words


def things_of(places: Places, said: Sequence[str], which: NDArray[np.bool_]) -> Things:
    """Those of the places for which `which` holds; `said` is what all of them say."""
    chosen = tuple(text for text, there in zip(said, which, strict=True) if there)
    return Things(single(places.candidates)[which], chosen, single(places.places)[which])


def saying(said: Sequence[str]) -> NDArray[np.bool_]:
    """Whether each says anything."""
    return np.array([bool(text) for text in said], np.bool_)


def single(values: NDArray[Any]) -> Floats:
    """As float32."""
    return np.asarray(values, np.float32)


def units(rows: NDArray[Any]) -> Floats:
    """Rows of length 1; nothing stays nothing."""
    wide = single(rows)
    scaled: Floats = wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-6)
    return scaled


def cosines(ones: NDArray[Any], others: NDArray[Any]) -> Floats:
    """Of rows with rows [n, m]; 0 with nothing."""
    found: Floats = units(ones) @ units(others).T
    return found
