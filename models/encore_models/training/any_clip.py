"""Any CLIP of `transformers` in the place of UI-CLIP, to compare them or to bring one's own.

`clip_of("ui-clip")` gives Encore's own; any other name or folder is loaded with `transformers`, so it needs the train
extra. Both have the methods of `Clip`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from encore_models.errors import ClipMissing
from encore_models.perception.crops import LEAST_INK, Picture, border_of, check_picture, cut
from encore_models.perception.ui_clip import UiClip
from encore_recorder.geometry import Rect

OURS = "ui-clip"
Vectors = NDArray[np.float32]


class Clip(Protocol):
    """Sees candidates and reads words; see `UiClip` for what each method promises."""

    def describe(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """What each box looks like: unit vectors [n, d]."""

    def words(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of names or labels: [n, d]."""

    def name(self, image: Picture, boxes: Sequence[Rect], texts: Sequence[str]) -> Vectors:
        """How well each text names each box: cosines [boxes, texts]."""


def clip_of(name: str) -> Clip:
    """The CLIP of a name: `ui-clip`, or a checkpoint of `transformers` by its name or folder.

    Raises:
        ClipMissing: There is no such checkpoint, or `transformers` cannot read it.
    """
    return UiClip.load() if name == OURS else TransformersClip(name)


class TransformersClip:
    """A CLIP of `transformers`: one image head, which serves for looks and for meaning."""

    def __init__(self, name: str | Path) -> None:
        """Load a checkpoint.

        Raises:
            ClipMissing: There is no such checkpoint, or `transformers` cannot read it.
        """
        from transformers import AutoModel, AutoProcessor

        try:
            self._model: Any = AutoModel.from_pretrained(name).eval()
            self._processor: Any = AutoProcessor.from_pretrained(name)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise ClipMissing(str(name), str(error)) from error
        if not hasattr(self._model, "get_image_features"):
            raise ClipMissing(str(name), f"a {type(self._model).__name__} has no image and text features")
        self.dimensions = self.words(["size"]).shape[1]

    def describe(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """See `UiClip.describe`."""
        check_picture(image)
        vectors = np.zeros((len(boxes), self.dimensions), np.float32)
        frame = Rect(0, 0, image.shape[1], image.shape[0])
        there = [number for number, box in enumerate(boxes) if box.intersection(frame) is not None]
        crops = {number: cut(image, boxes[number]) for number in there}
        inked = [number for number in there if int(np.ptp(crops[number], axis=(0, 1)).max()) >= LEAST_INK]
        if inked:
            pictures = [_squared(crops[number])[..., ::-1] for number in inked]
            vectors[inked] = self._features("image", images=pictures)
        return vectors

    def words(self, texts: Sequence[str]) -> Vectors:
        """See `UiClip.words`."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        return self._features("text", text=list(texts), padding=True, truncation=True)

    def name(self, image: Picture, boxes: Sequence[Rect], texts: Sequence[str]) -> Vectors:
        """See `UiClip.name`."""
        return self.describe(image, boxes) @ self.words(texts).T

    def _features(self, kind: str, **inputs: Any) -> Vectors:
        import torch

        with torch.no_grad():
            ready = self._processor(**inputs, return_tensors="pt")
            found = getattr(self._model, f"get_{kind}_features")(**ready)
        # From transformers 5 on the features come inside of an output.
        tensor = getattr(found, "pooler_output", found)
        vectors: Vectors = torch.nn.functional.normalize(tensor.float(), dim=-1).numpy()
        return vectors


def _squared(crop: Picture) -> Picture:
    """A crop in the middle of a square of its background: processors cut off what is not square."""
    height, width = crop.shape[:2]
    side = max(height, width)
    square = np.empty((side, side, 3), np.uint8)
    square[:] = np.median(border_of(crop[None])[0], axis=0)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = crop
    return square
