"""What labels say, known again by their pixels: reading all of a window takes a second, and most of it was shown.

A label that stands today as it was shown is not read again; what is new and stands by itself is, for that is what asks
for an answer or tells what is going on. Rows of lists come and go: of those only what the finder read is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Rect

SLACK = 2
"""Pixels by which a label's box may differ, and its ink move in it: recordings are compressed."""
SAME = 0.9
"""Correlation from which a piece of a label shows the same letters."""
LEAST_CONTRAST = 8.0
"""Deviation of grey levels below which a piece shows nothing that could differ."""
MOST_OF_A_SIZE = 64
"""Labels of one size that are kept."""

Read = Callable[[Sequence[Candidate]], list[str]]
"""What candidates say; empty where nothing is legible, or it was not worth reading."""
Strip = NDArray[np.uint8]


class Labels:
    """Labels of the screens that were shown, with what they say."""

    def __init__(self) -> None:
        """None is known yet."""
        self._known: dict[tuple[int, int], list[tuple[Strip, str]]] = {}

    def learn(self, scene: Scene) -> None:
        """Keep every label of a screen that was read."""
        grey = _grey(scene)
        for box, text in scene.known_texts.items():
            kept = self._known.setdefault((box.width, box.height), [])
            if len(kept) < MOST_OF_A_SIZE and self._same(_cut(grey, box.grown(SLACK)), box) != text:
                kept.append((_cut(grey, box), text))

    def reading(self, scene: Scene) -> Read:
        """Reads a screen: what was shown from memory, the rest from its pixels, unless it stands in a list."""
        grey = _grey(scene)
        found: dict[Rect, str] = {}

        def read(candidates: Sequence[Candidate]) -> list[str]:
            unknown = []
            for candidate in candidates:
                box = candidate.box
                if box in found or box in scene.known_texts:
                    continue
                said = self._same(_cut(grey, box.grown(SLACK)), box)
                if said is not None:
                    found[box] = said
                elif scene.is_listed(candidate):
                    found[box] = ""
                else:
                    unknown.append(candidate)
            scene.texts(unknown)
            return [scene.known_texts.get(c.box) or found.get(c.box, "") for c in candidates]

        return read

    def _same(self, strip: Strip, box: Rect) -> str | None:
        """What the label says that looks the same; None where none does."""
        for width in range(box.width - SLACK, box.width + SLACK + 1):
            for height in range(box.height - SLACK, box.height + SLACK + 1):
                for shown, text in self._known.get((width, height), ()):
                    if _shows(strip, shown):
                        return text
        return None


def _shows(strip: Strip, shown: Strip) -> bool:
    """Whether a strip with some margin shows a label, letter for letter."""
    height, width = shown.shape
    if height > strip.shape[0] or width > strip.shape[1]:
        return False
    match = cv2.matchTemplate(strip, shown, cv2.TM_CCOEFF_NORMED)
    _, best, _, (left, top) = cv2.minMaxLoc(match)
    if not best >= SAME:
        return False
    here = strip[top : top + height, left : left + width].astype(np.float32)
    # "Contrast" and "Contract" differ in a piece of two letters only.
    piece = 2 * height
    return all(
        _alike(here[:, at : at + piece], shown[:, at : at + piece].astype(np.float32))
        for at in range(0, max(1, width - height), height)
    )


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    ours, theirs = one - one.mean(), other - other.mean()
    if min(ours.std(), theirs.std()) < LEAST_CONTRAST:
        return float(max(ours.std(), theirs.std())) < 2 * LEAST_CONTRAST
    return float((ours * theirs).mean() / (ours.std() * theirs.std())) >= SAME


def _grey(scene: Scene) -> Strip:
    return np.asarray(cv2.cvtColor(scene.image, cv2.COLOR_BGR2GRAY), np.uint8)


def _cut(grey: Strip, box: Rect) -> Strip:
    return grey[max(0, box.top) : max(0, box.bottom), max(0, box.left) : max(0, box.right)]
