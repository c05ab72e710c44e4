"""Any CLIP in the place of UI-CLIP: what one can do, and the exported ones, with numpy, onnxruntime and tokenizers.

`open_clip("ui-clip")` gives Encore's own. Any other name is a checkpoint of `transformers`, exported once by
`encore_models.training.export_clip`; running what was exported needs neither torch nor transformers.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from encore_models.bundle import MANIFEST, Bundle
from encore_models.errors import BundleBroken, ClipMissing
from encore_models.perception.crops import LEAST_INK, Picture, border_of, check_picture, cut
from encore_models.perception.ui_clip import UiClip, Vectors, span_in
from encore_recorder.geometry import Rect

OURS = "ui-clip"
"""The name of Encore's own."""
EXPORT = "encore_models.training.export_clip"
"""The module that exports a checkpoint."""
TOKENIZER = "tokenizer.json"
RESAMPLING = {
    "nearest": cv2.INTER_NEAREST,
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
    "lanczos": cv2.INTER_LANCZOS4,
}
"""Ways to enlarge a crop; every one of them shrinks by areas."""
AT_ONCE = 16
"""Crops that run together; these towers are larger than ours."""


class Clip(Protocol):
    """Sees candidates and reads words; see `UiClip` for what each method promises."""

    span: tuple[float, float]
    """The cosine of looks at which different drawings end, and at which the same drawing begins."""

    def describe(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """What each box looks like: unit vectors [n, d]."""

    def meanings(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """What each box shows: unit vectors [n, d], near the `words` that name it."""

    def words(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of names or labels: [n, d]."""

    def name(self, image: Picture, boxes: Sequence[Rect], texts: Sequence[str]) -> Vectors:
        """How well each text names each box: cosines [boxes, texts]."""


class ExportedClip:
    """A CLIP of `transformers`, exported: one image head, which serves for looks and for meaning."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Open the graphs.

        Args:
            bundle: What `encore_models.training.export_clip` wrote.
            threads: CPU threads of one call.

        Raises:
            BundleBroken: It holds something else.
        """
        settings = bundle.contents.settings
        if not {"size", "mean", "std", "resample"} <= set(settings) or settings["resample"] not in RESAMPLING:
            raise BundleBroken(bundle.folder, f"it holds {bundle.contents.name}, which is no exported CLIP")
        self._size = int(np.asarray(settings["size"]))
        self._mean, self._std = (np.asarray(settings[key], np.float32) for key in ("mean", "std"))
        self._enlarging = RESAMPLING[str(settings["resample"])]
        self._image, self._text = (bundle.session(graph, threads) for graph in ("image", "text"))
        self._tokenizer = Tokenizer.from_file(str(bundle.path(TOKENIZER)))
        self.dimensions = int(self._text.get_outputs()[0].shape[1])
        self.span = span_in(bundle)

    def describe(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """See `UiClip.describe`."""
        check_picture(image)
        vectors = np.zeros((len(boxes), self.dimensions), np.float32)
        frame = Rect(0, 0, image.shape[1], image.shape[0])
        there = [number for number, box in enumerate(boxes) if box.intersection(frame) is not None]
        crops = {number: cut(image, boxes[number]) for number in there}
        inked = [number for number in there if int(np.ptp(crops[number], axis=(0, 1)).max()) >= LEAST_INK]
        if inked:
            vectors[inked] = self.look([crops[number] for number in inked])
        return vectors

    def meanings(self, image: Picture, boxes: Sequence[Rect]) -> Vectors:
        """See `UiClip.meanings`."""
        return self.describe(image, boxes)

    def words(self, texts: Sequence[str]) -> Vectors:
        """See `UiClip.words`."""
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        read = self._tokenizer.encode_batch(list(texts))
        feeds = {
            "ids": np.array([each.ids for each in read], np.int64),
            "mask": np.array([each.attention_mask for each in read], np.int64),
        }
        taken = {each.name for each in self._text.get_inputs()}
        vectors: Vectors = self._text.run(["vectors"], {name: feeds[name] for name in feeds if name in taken})[0]
        vectors[[not any(letter.isalnum() for letter in text) for text in texts]] = 0
        return vectors

    def name(self, image: Picture, boxes: Sequence[Rect], texts: Sequence[str]) -> Vectors:
        """See `UiClip.name`."""
        return self.meanings(image, boxes) @ self.words(texts).T

    def look(self, crops: Sequence[Picture]) -> Vectors:
        """What crops with their margin look like: unit vectors [n, d].

        Args:
            crops: uint8 BGR [height, width, 3] each; at least one.
        """
        parts = [
            self._image.run(["vectors"], {"pixels": self._prepared(crops[start : start + AT_ONCE])})[0]
            for start in range(0, len(crops), AT_ONCE)
        ]
        return np.concatenate(parts)

    def _prepared(self, crops: Sequence[Picture]) -> NDArray[np.float32]:
        """Float32 [n, 3, size, size], red, green, blue, as the checkpoint's own preprocessing makes it."""
        pixels = np.stack([self._sized(squared(crop)) for crop in crops])[..., ::-1].astype(np.float32) / 255
        return np.ascontiguousarray(((pixels - self._mean) / self._std).transpose(0, 3, 1, 2), np.float32)

    def _sized(self, crop: Picture) -> Picture:
        how = cv2.INTER_AREA if len(crop) > self._size else self._enlarging
        return np.asarray(cv2.resize(crop, (self._size, self._size), interpolation=how), np.uint8)


def squared(crop: Picture) -> Picture:
    """Filled up to a square with its background: what most CLIPs keep of a wide picture is its middle."""
    height, width = crop.shape[:2]
    side = max(height, width)
    square = np.empty((side, side, 3), np.uint8)
    square[:] = np.median(border_of(crop[None])[0], axis=0)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = crop
    return square


def exported_folder(name: str, models: Path) -> Path:
    """Where the export of a checkpoint belongs; another place once the files of a local one have changed.

    Args:
        name: Of a checkpoint, or its folder.
        models: The folder of all prepared models.
    """
    checkpoint = Path(name)
    if not checkpoint.is_dir():
        return models / "clip" / name.strip("/").replace("/", "--")
    files = sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in checkpoint.iterdir())
    state = hashlib.blake2b(repr((checkpoint.resolve(), files)).encode(), digest_size=5).hexdigest()
    return models / "clip" / f"{checkpoint.resolve().name}-{state}"


def open_clip(name: str, models: Path, threads: int = 1) -> Clip:
    """The CLIP of a name; a checkpoint that was not exported yet is exported now, where torch is installed.

    Args:
        name: `ui-clip`, the folder of an exported CLIP, or a checkpoint of `transformers` by its name or folder.
        models: The folder of all prepared models.
        threads: CPU threads of one call.

    Raises:
        ClipMissing: There is no such checkpoint, or it cannot be exported.
        BundleBroken: What was exported is damaged or something else.
    """
    if name == OURS:
        return UiClip.load(threads=threads)
    if not name.strip():
        raise ClipMissing(repr(name), "it has no name")
    folder = Path(name) if (Path(name) / MANIFEST).is_file() else exported_folder(name, models)
    if not (folder / MANIFEST).is_file():
        _export(name, folder)
    return ExportedClip(Bundle.open(folder), threads)


def _export(name: str, folder: Path) -> None:
    """Export in a process of its own, so that torch never comes into this one."""
    command = [sys.executable, "-m", EXPORT, name, "--folder", str(folder)]
    if any(find_spec(needed) is None for needed in ("torch", "transformers", "onnxscript")):
        advice = (
            f"Install the train extra (pip install -e '.[train]' in Encore's folder) and run: python -m {EXPORT} {name}"
        )
        raise ClipMissing(name, "it must be exported once, and that needs torch and transformers", advice)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        raise ClipMissing(name, " ".join(last) or f"its export ended with {done.returncode}")
