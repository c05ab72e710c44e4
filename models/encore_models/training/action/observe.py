"""A screen as the action model sees it: what `Scene` finds, in the arrays of a sample.

Training and the running program look through the same function, so what the model learns on is what it will meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.candidates import Candidate
from encore_models.perception.clip import Clip
from encore_models.perception.screen import WORD, Scene
from encore_models.training.action.samples import KINDS, MOST_CANDIDATES, PLACE_WIDTH, Half, Single
from encore_recorder.geometry import Point, Rect

REPEATED = 3
"""Drawings that look the same from which each is told by the name of its row or card."""
WORDS_KEPT = 20_000
"""Embeddings of texts that are kept."""


class Words:
    """Embeddings of texts; screens say the same words again and again."""

    def __init__(self, clip: Clip) -> None:
        """Nothing is embedded yet."""
        self._clip = clip
        self._known: dict[str, Half] = {}
        self.width = int(clip.words(["a"]).shape[1])

    def of(self, texts: Sequence[str]) -> Half:
        """Float16 [n, E]; zeros for an empty text."""
        new = [text for text in dict.fromkeys(texts) if text and text not in self._known]
        if len(self._known) + len(new) > WORDS_KEPT:
            self._known.clear()
            new = [text for text in dict.fromkeys(texts) if text]
        if new:
            self._known.update(zip(new, self._clip.words(new).astype(np.float16), strict=True))
        nothing = np.zeros(self.width, np.float16)
        return np.array([self._known.get(text, nothing) for text in texts], np.float16).reshape(-1, self.width)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The candidates of a screen, in the order of `boxes`; see `Sample` for what the arrays hold."""

    found: tuple[Candidate, ...]
    candidates: Half
    texts: Half
    places: Single
    alike: NDArray[np.int16]

    def place_of(self, candidate: Candidate) -> int:
        """Its number, or -1 where it is not among these."""
        return self.found.index(candidate) if candidate in self.found else -1


def observe(scene: Scene, words: Words) -> Seen:
    """Look at a screen.

    Where there are more candidates than the model takes, those of the least area are left out.

    Args:
        scene: Its text is read, of labels and fields, and of what names drawings that repeat.
        words: Embeds what is read.
    """
    order = sorted(range(len(scene.candidates)), key=lambda n: -scene.candidates[n].box.area)[:MOST_CANDIDATES]
    numbers = sorted(order)
    found = tuple(scene.candidates[number] for number in numbers)
    alike = [len(scene.alike(candidate)) for candidate in found]
    texts = [said(scene, candidate, like) for candidate, like in zip(found, alike, strict=True)]
    return Seen(
        found,
        scene.descriptors[numbers].astype(np.float16),
        words.of(texts),
        np.array([place(candidate.box, candidate.kind, scene.rect) for candidate in found], np.float32).reshape(
            -1, PLACE_WIDTH
        ),
        np.array(alike, np.int16),
    )


def known(seen: Seen, shown: Sequence[Seen]) -> Half:
    """How alike the most alike place of the screens that were shown looks, and reads: cosines [n, 2].

    0 where there is none to compare with.
    """
    if not shown or not len(seen.found):
        return np.zeros((len(seen.found), 2), np.float16)
    looks = seen.candidates.astype(np.float32) @ np.concatenate([one.candidates for one in shown]).astype(np.float32).T
    texts = seen.texts.astype(np.float32) @ np.concatenate([one.texts for one in shown]).astype(np.float32).T
    return np.stack([cosines.max(axis=1, initial=0.0) for cosines in (looks, texts)], axis=1).astype(np.float16)


def said(scene: Scene, candidate: Candidate, alike: int) -> str:
    """What a candidate says; of a drawing that repeats, what names its row or card, for nothing else tells it."""
    if candidate.kind == "text":
        return scene.texts([candidate])[0]
    if candidate.kind == "field":
        return scene.text_at(candidate.box)
    if candidate.kind in ("icon", "picture") and alike >= REPEATED:
        title = scene.name_of(candidate)
        return scene.texts([title])[0] if title is not None else ""
    # A short word is no wider than many a drawing.
    short = candidate.kind == "icon" and candidate.box.width >= WORD * candidate.box.height
    return scene.texts([candidate])[0] if short else ""


def place(box: Rect, kind: str, window: Rect) -> list[float]:
    """A box as shares of its window, and its kind one-hot: 8 numbers."""
    kinds = [float(kind == name) for name in KINDS[:-1]]
    return [
        box.center.x / window.width,
        box.center.y / window.height,
        box.width / window.width,
        box.height / window.height,
        *kinds,
        float(not any(kinds)),
    ]


def candidate_in(scene: Scene, ink: Rect, point: Point) -> Candidate | None:
    """The candidate for something known to be at `ink`: the most overlapping one, else what a click there acts on."""
    best = max(scene.candidates, key=lambda c: c.box.overlap(ink), default=None)
    if best is not None and best.box.overlap(ink) >= 0.3:
        return best
    at = scene.at(point)
    return at if at is not None and at.box.grown(4).intersection(ink) is not None else None
