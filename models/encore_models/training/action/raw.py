"""What lies behind the vectors of samples: pictures of the places, the last screens, the sound and its words.

Samples hold vectors only. Towers other than ours need what these were made from, so the same episodes are made once
more, while what is described, and what is said, is kept by the vectors that came of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_models.perception.action_evidence import SPELT, Fit
from encore_models.perception.clip import Clip
from encore_models.perception.situation import Half
from encore_models.perception.ui_clip import Vectors
from encore_models.training.action.augment import Picture
from encore_models.training.action.episodes import Episodes
from encore_models.training.action.plans import HARD
from encore_models.training.action.samples import Sample
from encore_models.training.voice_sounds import Samples, Speaker
from encore_recorder.geometry import Rect

MARGIN = 3
"""Pixels around a place that its picture shows."""
SCREEN = 128
"""Pixels of the side of a kept screen."""
SCREENS = 4
"""The last ones that are kept with a sample."""

Pictures = NDArray[np.uint8]


class Says(Protocol):
    """Says commands, and gives the sound itself too."""

    def frames(self, text: str, speaker: Speaker, seed: int) -> Half:
        """What Whisper's encoder hears, [T, 384] at 25 Hz."""

    def sound(self, text: str, speaker: Speaker, seed: int) -> Samples:
        """The speech of it, float32 at 16 kHz."""

    def fit(self, text: str, speaker: Speaker, seed: int, phrase: str) -> Fit:
        """How well a phrase fits what is heard of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """A sample with what its vectors were made from."""

    sample: Sample
    candidates: Pictures
    """[N, side, side, 3] BGR."""
    steps: Pictures
    """[S, side, side, 3] BGR; zeros for typing and keys."""
    step_effects: Pictures
    screens: tuple[Picture, ...]
    """The last ones of the run until then, the present one at the end."""
    utterance: Samples
    """Empty where nothing was said."""
    shown_utterance: Samples
    words: str
    """What is said today; empty where nothing is."""


class Seeing:
    """A CLIP that keeps a picture of whatever it describes."""

    def __init__(self, clip: Clip, side: int) -> None:
        """Nothing is seen yet.

        Args:
            clip: Describes.
            side: Pixels of the pictures that are kept.
        """
        self.span = clip.span
        self._clip, self._side = clip, side
        self.places: dict[bytes, Pictures] = {}
        """By the half-precision vector of a place."""
        self._screens: dict[bytes, tuple[Picture, set[bytes]]] = {}
        """Small, with the vectors of all places that were looked at on each; by their pixels."""

    def describe(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """See `Clip`."""
        vectors = self._clip.describe(image, boxes)
        pixels = hashlib.blake2b(image.tobytes(), digest_size=16).digest()
        if pixels not in self._screens:
            self._screens[pixels] = _small(image), set()
        for vector, box in zip(vectors.astype(np.float16), boxes, strict=True):
            self.places[vector.tobytes()] = _cut(image, box, self._side)
            self._screens[pixels][1].add(vector.tobytes())
        return vectors

    def meanings(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """See `Clip`."""
        return self._clip.meanings(image, boxes)

    def words(self, texts: Sequence[str]) -> Vectors:
        """See `Clip`."""
        return self._clip.words(texts)

    def name(self, image: Picture, boxes: Sequence[Rect], texts: Sequence[str]) -> Vectors:
        """See `Clip`."""
        return self._clip.name(image, boxes, texts)

    def forget(self) -> None:
        """As if nothing had been seen."""
        self.places.clear()
        self._screens.clear()

    def screen(self, candidates: Half) -> Picture:
        """The screen whose places have these vectors [n, width]; the last one of several.

        Raises:
            ValueError: None was seen that has all of them.
        """
        wanted = {vector.tobytes() for vector in candidates}
        having = [(small, places) for small, places in reversed(self._screens.values()) if places >= wanted]
        return min(having, key=lambda one: len(one[1]))[0]

    def pictures(self, vectors: Half) -> Pictures:
        """Of the places with these vectors [n, side, side, 3]; black where there is none."""
        nothing = np.zeros((self._side, self._side, 3), np.uint8)
        found = [self.places.get(vector.tobytes(), nothing) if vector.any() else nothing for vector in vectors]
        return np.array(found, np.uint8).reshape(-1, self._side, self._side, 3)


class Hearing:
    """A voice that keeps the sound and the words of whatever it says."""

    def __init__(self, spoken: Says) -> None:
        """Nothing is said yet."""
        self._spoken = spoken
        self.said: dict[bytes, tuple[Samples, str]] = {}
        """Sound and words by the frames."""

    def frames(self, text: str, speaker: Speaker, seed: int) -> Half:
        """See `Says`."""
        frames = self._spoken.frames(text, speaker, seed)
        if frames.tobytes() not in self.said:
            self.said[frames.tobytes()] = self._spoken.sound(text, speaker, seed), text
        return frames

    def fit(self, text: str, speaker: Speaker, seed: int, phrase: str) -> Fit:
        """See `Says`."""
        return self._spoken.fit(text, speaker, seed, phrase)

    def of(self, frames: Half) -> tuple[Samples, str]:
        """Sound and words; nothing where nothing was said."""
        return self.said.get(frames.tobytes(), (np.zeros(0, np.float32), ""))


def raw_samples(episodes: Episodes, seeing: Seeing, hearing: Hearing, numbers: Iterable[int]) -> Iterator[Raw]:
    """Samples of episodes with what they were made from, in the order of the run.

    Args:
        episodes: Made with the two others.
        seeing: Its clip.
        hearing: Its voice.
        numbers: Of the episodes.
    """
    for number in numbers:
        seeing.forget()
        hearing.said.clear()
        plain: dict[int, Picture] = {}
        for sample in episodes.samples(number):
            screen = seeing.screen(sample.candidates)
            # Hard moments come last, but stand beside the plain one with as much done: what was seen before them is
            # what was seen while less had been tried.
            tried = int(np.count_nonzero(sample.progress))
            last = [*(plain[before] for before in sorted(plain) if before < tried), screen]
            if sample.meta["hard"] not in HARD:
                plain[tried] = screen
            sound, words = hearing.of(sample.utterance)
            yield Raw(
                sample,
                seeing.pictures(sample.candidates),
                seeing.pictures(sample.steps),
                seeing.pictures(sample.step_effects),
                tuple(last[-SCREENS:]),
                sound,
                hearing.of(sample.shown_utterance)[0],
                words,
            )


def bare(sample: Sample) -> Sample:
    """A sample without what our own towers already compared, so that others start from the same.

    How names are spelt is no tower's matter and stays.
    """
    matches = sample.step_matches.copy()
    matches[..., SPELT + 1 :] = 0
    return replace(
        sample,
        spoken_alike=np.zeros_like(sample.spoken_alike),
        step_matches=matches,
        step_seen=np.zeros_like(sample.step_seen),
        candidate_known=np.zeros_like(sample.candidate_known),
    )


def _cut(image: Picture, box: Rect, side: int) -> Pictures:
    whole = Rect(0, 0, image.shape[1], image.shape[0])
    inside = box.grown(MARGIN).intersection(whole)
    if inside is None:
        return np.zeros((side, side, 3), np.uint8)
    part = image[inside.top : inside.bottom, inside.left : inside.right]
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _small(image: Picture) -> Picture:
    return np.asarray(cv2.resize(image, (SCREEN, SCREEN), interpolation=cv2.INTER_AREA), np.uint8)
