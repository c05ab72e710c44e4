"""What can be called by a name on a picture of a window: labels, drawings, fields, and how near a name is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from encore_agent.say import bare_name
from encore_agent.say_names import CONCEPTS, SHARED
from encore_agent.titles import Match, match
from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Rect

NOUNS = frozenset("button icon symbol link tab entry item menu control label image picture".split())
"""What a control is, said after what it is called."""
PHOTOGRAPH = 12.0
"""Levels by which the colours of a drawing, ink on one ground, lie off the line between the two."""


class Namer(Protocol):
    """Compares pictures with words (see `encore_models.perception.ui_clip.UiClip`)."""

    def meanings(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> NDArray[np.float32]:
        """Unit vectors [n, d] of what the boxes show."""

    def words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors [n, d] of names."""


@dataclass(frozen=True, slots=True)
class RankOptions:
    """How sure Encore wants to be before it clicks. Cosines, unless said otherwise."""

    clear: float = 0.72
    """Of a drawing with the name, plus its lead: from here it is what was said."""
    clear_lead: float = 0.03
    """By how much the name must be nearer to the drawing than what else the drawing could be called."""
    plausible: float = 0.50
    """As `clear`, but enough to ask about it."""
    margin: float = 0.12
    """By how much the best must leave the next one behind, both as `clear`."""
    synonym: float = 0.75
    """Of two names from which they mean the same."""
    fuzzy: float = 85.0
    """Percent of likeness from which a label is asked about."""
    most: int = 30
    """Options that a person is asked about."""


class Names:
    """What things are called, as vectors; worked out once."""

    def __init__(self, namer: Namer, options: RankOptions | None = None) -> None:
        """Nothing is worked out yet."""
        self.namer = namer
        self.options = options or RankOptions()

    @cached_property
    def concepts(self) -> NDArray[np.float32]:
        """A unit vector for each of `CONCEPTS`: the mean of its names, [concepts, d]."""
        return np.stack([self._mean(names) for names in CONCEPTS])

    def query(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The vector of a name, [d], and which concepts speak against it, [concepts]."""
        known = concept_of(name)
        if known is None:
            vector = self._mean([name])
            return vector, np.asarray(self.concepts @ vector < self.options.synonym)
        heads = {CONCEPTS[known][0]}.union(*(group for group in SHARED if CONCEPTS[known][0] in group))
        return self.concepts[known], np.array([names[0] not in heads for names in CONCEPTS])

    def _mean(self, names: Sequence[str]) -> NDArray[np.float32]:
        mean = self.namer.words(names).mean(axis=0)
        return np.asarray(mean / max(1e-6, float(np.linalg.norm(mean))), np.float32)


@dataclass(frozen=True)
class Sights:
    """The controls of one picture, as far as names go."""

    scene: Scene
    names: Names

    @cached_property
    def labels(self) -> list[tuple[Candidate, str]]:
        """What is written, with its text."""
        written = [c for c in self.scene.candidates if c.kind == "text"]
        pairs = zip(written, self.scene.texts(written), strict=True)
        return [(c, text) for c, text in pairs if any(letter.isalnum() for letter in text)]

    @cached_property
    def drawings(self) -> list[Candidate]:
        """What is drawn: no label, no field, no photograph."""
        written = {c for c, _ in self.labels}
        return [
            c
            for c in self.scene.candidates
            if c.kind not in ("field", "slider") and c not in written and not _photograph(self.scene, c.box)
        ]

    @cached_property
    def fields(self) -> list[Candidate]:
        """Input fields."""
        return [c for c in self.scene.candidates if c.kind == "field"]

    @cached_property
    def meanings(self) -> NDArray[np.float32]:
        """What each of the drawings shows, [drawings, d]."""
        return self.names.namer.meanings(self.scene.image, [c.box for c in self.drawings])

    @cached_property
    def likeness(self) -> NDArray[np.float32]:
        """Cosine of each drawing with each concept, [drawings, concepts]."""
        return np.asarray(self.meanings @ self.names.concepts.T, np.float32)

    def looks_like(self, drawing: int) -> str:
        """The concept nearest to a drawing."""
        return CONCEPTS[int(self.likeness[drawing].argmax())][0]

    def sayable(self) -> list[str]:
        """What may have been said: the labels, and every name of a drawing.

        Names of what is not there belong to it: who says one of them must not be taken to have said another.
        """
        return [text for _, text in self.labels] + [name for names in CONCEPTS for name in names]

    def knows(self, name: str) -> bool:
        """Whether it is a name of a drawing, or written on the picture."""
        written = any(match(name, bare_name(text)) >= Match.READ_ALIKE for _, text in self.labels)
        return written or concept_of(name) is not None


def concept_of(name: str) -> int | None:
    """Place in `CONCEPTS` of what is called `name`, or None."""
    for wanted in (name, name.removesuffix("s"), " ".join(w for w in name.split() if w not in NOUNS)):
        for index, names in enumerate(CONCEPTS):
            if wanted in names:
                return index
    return None


def _photograph(scene: Scene, box: Rect) -> bool:
    """Whether a box holds more colours than ink on one ground."""
    pixels = scene.image[max(0, box.top) : box.bottom, max(0, box.left) : box.right].reshape(-1, 3).astype(np.float32)
    if len(pixels) < 4:
        return False
    around = pixels - pixels.mean(axis=0)
    variances = np.linalg.eigvalsh(around.T @ around / len(around))
    return bool(np.sqrt(max(0.0, float(variances[1]))) > PHOTOGRAPH)
