"""Icon sets, fonts and voices that tests of synthetic episodes draw from, without what must be downloaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from encore_models.perception.action_evidence import Fit, words_alike
from encore_models.perception.situation import Half
from encore_models.training.action.glyphs import Glyphs, fonts, glyphs, needed_icons
from encore_models.training.action.samples import SPLITS, Split
from encore_models.training.icons import INDEX, PICTURES, SIZE
from encore_models.training.voice_sounds import Speaker


class Tones:
    """Says a command as frames that tell which it was."""

    def frames(self, text: str, speaker: Speaker, seed: int) -> Half:
        return np.full((len(text), 384), len(text) / 100, np.float16)

    def fit(self, text: str, speaker: Speaker, seed: int, phrase: str) -> Fit:
        return Fit(words_alike(text, phrase), -0.1 if text == phrase else -5.0)


def drawings_in(folder: Path) -> Callable[[Split], Glyphs]:
    """Icon sets as the cache holds them, with drawings of our own, and whatever fonts there are."""
    names = needed_icons()
    for part, sets in (("train", ("tabler", "lucide")), ("test", ("ri",))):
        pictures = np.zeros((len(sets) * len(names), 2, SIZE, SIZE), np.uint8)
        for number in range(len(pictures)):
            corners = np.random.default_rng(number).integers(6, 58, (5, 2)).astype(np.int32)
            cv2.polylines(pictures[number, 1], [corners], True, 255, 5, cv2.LINE_AA)
        (folder / part).mkdir()
        np.save(folder / part / PICTURES, pictures)
        index = {
            "sets": [owner for owner in sets for _ in names],
            "names": [name for _ in sets for name in names],
            "other_names": [[] for _ in pictures],
            "boxes": [[4, 4, 60, 60] for _ in pictures],
        }
        (folder / part / INDEX).write_text(json.dumps(index))
    written = next((path for split in SPLITS for path in _fonts(split)), None)
    if written is None:
        pytest.skip("no font of any split is installed")

    def drawings(split: Split) -> Glyphs:
        try:
            return glyphs(split, folder)
        except FileNotFoundError:  # no font of this split
            whole = glyphs("train", folder)
            return replace(whole, fonts=(written,))

    return drawings


def _fonts(split: Split) -> tuple[Path, ...]:
    try:
        return fonts(split)
    except FileNotFoundError:
        return ()
