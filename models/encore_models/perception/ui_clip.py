"""What a candidate looks like and what it would be called: UI-CLIP with numpy and onnxruntime.

`UiClip` is the `Clip` that Encore comes with. It also compares candidates with words, so that "press the heart" finds a
heart that was never shown.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encore_models.bundle import Bundle
from encore_models.perception.crops import Picture, content, cut_out, fit_icon, fit_strip, front_end, has_ink
from encore_models.perception.wording import text_ids
from encore_recorder.geometry import Rect

WEIGHTS = Path(__file__).parents[1] / "weights" / "ui_clip"
"""The trained weights that Encore comes with."""
TOWERS = {"icons": fit_icon, "strips": fit_strip}
"""The graphs that look at pictures, and what brings a crop to the size that each of them takes."""
AT_ONCE = 64
"""Crops that run together; more need memory and are not faster."""
SPAN = ("different_drawings_p95", "same_drawing_median")
"""Metrics of a bundle that say where different drawings end and the same drawing begins."""
USUAL_SPAN = (0.427, 0.947)
"""Of the weights that were exported before it was measured."""
LEAST_SPAN = 0.01

Vectors = NDArray[np.float32]


class UiClip:
    """The towers of UI-CLIP, ready to run; may be shared between threads.

    Most of a window stays as it was, so what was seen once is not looked at again while its pixels are the same.
    """

    def __init__(self, bundle: Bundle, threads: int = 1, remembered: int = 8192) -> None:
        """Open the graphs.

        Args:
            bundle: With the graphs `icons`, `strips` and `text`.
            threads: CPU threads of one call.
            remembered: Crops whose vectors are kept, less than a kilobyte each; 0 looks at everything anew.

        Raises:
            BundleBroken: It holds something else.
        """
        self._images = {name: bundle.session(name, threads) for name in TOWERS}
        self._text = bundle.session("text", threads)
        self.span = span_in(bundle)
        self.dimensions = int(self._text.get_outputs()[0].shape[1])
        self._remembered = remembered
        self._seen: OrderedDict[bytes, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int = 1, remembered: int = 8192) -> UiClip:
        """Open and verify the weights in `folder`.

        Raises:
            BundleMissing: There are none.
            BundleBroken: A file is missing or changed.
        """
        return cls(Bundle.open(folder), threads, remembered)

    def describe(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """What each box looks like: near for the same drawing under another theme, size or place.

        Args:
            image: uint8 BGR [height, width, 3].
            boxes: Ink of the candidates, in pixels of the picture.

        Returns:
            Unit vectors, float32 [n, 192]; zeros for a box without ink or outside of the picture.

        Raises:
            WrongPicture: `image` is not uint8 BGR.
        """
        return self._look(image, boxes, "instance")

    def meanings(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """What each box shows: near the `words` that name it. Otherwise as `describe`."""
        return self._look(image, boxes, "semantic")

    def forget(self) -> None:
        """Look at everything anew from now on."""
        with self._lock:
            self._seen.clear()

    def words(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of names or labels, float32 [n, 192]; zeros for a text without a letter or digit."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        ids = text_ids(texts)
        vectors: Vectors = self._text.run(["vectors"], {"ids": ids})[0]
        vectors[~ids.any(axis=(1, 2))] = 0
        return vectors

    def name(self, image: Picture, boxes: Sequence[Rect], texts: Sequence[str]) -> Vectors:
        """How well each text names each box.

        Returns:
            Cosines, float32 [boxes, texts]: compare them with each other, they are no probabilities.

        Raises:
            WrongPicture: `image` is not uint8 BGR.
        """
        return self.meanings(image, boxes) @ self.words(texts).T

    def _look(self, image: Picture, boxes: Sequence[Rect], head: str) -> Vectors:
        vectors = np.zeros((len(boxes), self.dimensions), np.float32)
        for name, (numbers, crops) in zip(TOWERS, cut_out(image, boxes), strict=True):
            keys = [content(crop, f"{name} {head}") for crop in crops]
            with self._lock:
                known = {key: self._seen[key] for key in keys if key in self._seen}
            new = {key: crop for key, crop in zip(keys, crops, strict=True) if key not in known}
            found = dict(zip(new, self._run(name, list(new.values()), head), strict=True))
            self._remember(found)
            for number, key in zip(numbers, keys, strict=True):
                vectors[number] = known[key] if key in known else found[key]
        return vectors

    def _run(self, tower: str, crops: Sequence[Picture], head: str) -> Vectors:
        """Vectors of crops of one tower, [n, d]."""
        session, fit = self._images[tower], TOWERS[tower]
        found = [np.zeros((0, self.dimensions), np.float32)]
        for start in range(0, len(crops), AT_ONCE):
            planes = front_end(np.stack([fit(crop) for crop in crops[start : start + AT_ONCE]]))
            found.append(session.run([head], {"planes": planes})[0] * has_ink(planes)[:, None])
        return np.concatenate(found)

    def _remember(self, found: Mapping[bytes, Vectors]) -> None:
        with self._lock:
            self._seen.update(found)
            while len(self._seen) > self._remembered:
                self._seen.popitem(last=False)


def span_in(bundle: Bundle) -> tuple[float, float]:
    """The cosine of looks at which different drawings end, and at which the same drawing begins."""
    low, high = (bundle.contents.metrics.get(name, usual) for name, usual in zip(SPAN, USUAL_SPAN, strict=True))
    # A CLIP that tells no drawings apart must not turn the two round.
    return low, max(high, low + LEAST_SPAN)
