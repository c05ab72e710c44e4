"""Batches of two views of many things: icons and what they are called, or labels and what they say."""

from __future__ import annotations

import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.crops import Planes, front_end
from encore_models.perception.wording import text_ids
from encore_models.training.augment import icon_view, label_view
from encore_models.training.icons import Icons

OTHER_NAME = 0.35
"""How often an icon with aliases or tags is called by one of them."""
OTHER_DRAWING = 0.6
"""How often the second view is another set's drawing of the same meaning."""
DECORATED = 0.1
"""How often a name is said with what it is: "the play button"."""
VOCABULARY = 2048
"""Words of names that are learned directly, the most frequent ones."""


SYMBOL_FONTS = frozenset({"D050000L", "StandardSymbolsPS"})
"""Fonts that claim English and draw ornaments."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Two views of n things."""

    planes: Planes
    """First views, then second ones: float32 [2n, 5, h, w]."""
    ids: NDArray[np.int64]
    """[n, 8, 16]."""
    meaning: NDArray[np.int64]
    """[n]; things that are called the same share a number."""
    same_drawing: NDArray[np.bool_]
    """[n]."""
    words: NDArray[np.float32]
    """[n, vocabulary]; rows add up to 1, or to 0."""


class IconBatches:
    """Draws batches of icons; which ones depends on the generator only."""

    def __init__(self, icons: Icons) -> None:
        self.icons = icons
        by_name: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, (name, owner) in enumerate(zip(icons.names, icons.sets, strict=True)):
            by_name[name][owner].append(number)
        self._by_name = by_name
        self.names = sorted(by_name)
        # A name that many sets draw is one that screens show often; a name of one set still teaches its words.
        weights = np.array([len(by_name[name]) if len(by_name[name]) > 1 else 0.5 for name in self.names])
        self._chances = weights / weights.sum()
        counts = Counter(word for name in self.names for word in name.split() for _ in by_name[name])
        self.words = {word: number for number, (word, _) in enumerate(counts.most_common(VOCABULARY))}

    def draw(self, count: int, rng: np.random.Generator) -> Batch:
        """`count` different names, each with two views."""
        chosen = [self.names[i] for i in rng.choice(len(self.names), count, replace=False, p=self._chances)]
        first = [self._drawing(name, rng) for name in chosen]
        second = [self._partner(name, number, rng) for name, number in zip(chosen, first, strict=True)]
        crops = [icon_view(self.icons.pictures[i], self.icons.boxes[i], rng) for i in first + second]
        texts = [self._called(number, rng) for number in first]
        return Batch(
            front_end(np.stack(crops)),
            text_ids(texts),
            _merged(chosen, texts),
            np.array([a == b for a, b in zip(first, second, strict=True)]),
            self._word_parts(chosen),
        )

    def _drawing(self, name: str, rng: np.random.Generator) -> int:
        sets = list(self._by_name[name].values())
        of_set = sets[rng.integers(len(sets))]
        return of_set[rng.integers(len(of_set))]

    def _partner(self, name: str, number: int, rng: np.random.Generator) -> int:
        sets = [numbers for owner, numbers in self._by_name[name].items() if owner != self.icons.sets[number]]
        if not sets or rng.random() >= OTHER_DRAWING:
            return number
        of_set = sets[rng.integers(len(sets))]
        return of_set[rng.integers(len(of_set))]

    def _called(self, number: int, rng: np.random.Generator) -> str:
        name, others = self.icons.names[number], self.icons.other_names[number]
        if others and rng.random() < OTHER_NAME:
            name = others[rng.integers(len(others))]
        if rng.random() < DECORATED:
            pattern = ("the {}", "{} icon", "{} button", "the {} button")[rng.integers(4)]
            return pattern.format(name)
        return name

    def _word_parts(self, names: list[str]) -> NDArray[np.float32]:
        parts = np.zeros((len(names), len(self.words)), np.float32)
        for row, name in enumerate(names):
            known = sorted({self.words[word] for word in name.split() if word in self.words})
            parts[row, known] = 1 / max(1, len(known))
        return parts


def _merged(names: list[str], texts: list[str]) -> NDArray[np.int64]:
    """One number for each meaning: a text that is said of two names in the batch makes them one."""
    number_of: dict[str, int] = {}
    meaning = np.arange(len(names))
    for row, pair in enumerate(zip(names, texts, strict=True)):
        for word in pair:
            meaning[row] = min(meaning[row], number_of.get(word, row))
        for word in pair:
            number_of.setdefault(word, int(meaning[row]))
    return meaning.astype(np.int64)


@dataclass(frozen=True, slots=True)
class LabelBatches:
    """Draws batches of labels as programs show them."""

    phrases: tuple[str, ...]
    fonts: tuple[Path, ...]
    vocabulary: int

    def draw(self, count: int, rng: np.random.Generator) -> Batch:
        """`count` different labels, each in two views, the second one often in another font."""
        texts: list[str] = []
        while len(texts) < count:
            text = self._label(rng)
            if text not in texts:
                texts.append(text)
        first = rng.integers(len(self.fonts), size=count)
        second = np.where(rng.random(count) < 0.5, first, rng.integers(len(self.fonts), size=count))
        views = [(text, font) for fonts in (first, second) for text, font in zip(texts, fonts, strict=True)]
        crops = [label_view(text, self.fonts[font], rng) for text, font in views]
        return Batch(
            front_end(np.stack(crops)),
            text_ids(texts),
            np.unique([text.lower() for text in texts], return_inverse=True)[1].astype(np.int64),
            np.ones(count, np.bool_),  # a label in another font is still the same label
            np.zeros((count, self.vocabulary), np.float32),
        )

    def _label(self, rng: np.random.Generator) -> str:
        kind = rng.random()
        if kind < 0.06:
            return f"{rng.integers(0, 60)}:{rng.integers(0, 60):02d}"
        if kind < 0.12:
            return str(rng.integers(0, 10 ** int(rng.integers(1, 6))))
        text = self.phrases[rng.integers(len(self.phrases))]
        if kind < 0.4:
            text += " " + self.phrases[rng.integers(len(self.phrases))]
        elif kind < 0.5:
            text += f" {rng.integers(0, 100)}"
        style = rng.random()
        text = text[:28].strip()
        return (
            text.title()
            if style < 0.45
            else text.capitalize()
            if style < 0.75
            else text.upper()
            if style < 0.85
            else text
        )


def installed_fonts() -> tuple[Path, ...]:
    """Fonts of this machine that write English, one file each, in a fixed order."""
    listed = subprocess.run(
        ["fc-list", ":lang=en:scalable=true", "file"], check=True, capture_output=True, text=True
    ).stdout
    paths = sorted(Path(line.split(":")[0]) for line in listed.splitlines())
    return tuple(path for path in paths if path.suffix in {".ttf", ".otf"} and path.stem not in SYMBOL_FONTS)
