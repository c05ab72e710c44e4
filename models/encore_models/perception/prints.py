"""Voice prints: what is kept of an utterance so that it is known again when another voice says it in noise.

A print holds Whisper's frames of the speech, which no sound can be made from, and what the voice head makes of them: a
vector a frame and one for the whole. Two prints are compared by dynamic time warping over the former and the cosine of
the latter, brought to one scale. Nothing is decoded into words.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from dtaidistance import dtw_ndim
from numpy.typing import NDArray

from encore_models.bundle import Bundle
from encore_models.errors import BrokenPrint, BundleBroken, OtherHead
from encore_models.perception.voice import FRAMES_A_SECOND, Encoded

WEIGHTS = Path(__file__).parents[1] / "weights" / "voice_head"
"""The trained head that Encore comes with."""
FORMAT = 1
"""Of a print's file."""
UNLIKE = -1.0
"""Likeness of what cannot be the same words, for example silence."""
_POOLED = 2
"""Whisper's frames in one of a print."""
PRINT_FRAMES_A_SECOND = FRAMES_A_SECOND // _POOLED

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class VoicePrint:
    """What is kept of one utterance; no sound can be made from it."""

    frames: Array
    """float32 [T, 384], 25 a second, of the speech only, with the mean of its frames taken off."""
    embedding: Array
    """float32 [E], unit length: the whole utterance."""
    seconds: float
    """Of speech."""
    features: Array = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """float32 [T, F], unit length: every frame as the head sees it."""
    head: str = ""
    """Name of the head that made the embedding and the features."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How the two comparisons make one likeness; settled on development voices, stored with the head."""

    head: str
    warped: float
    """Weight of the distance in time."""
    whole: float
    """Weight of the cosine of the embeddings."""
    offset: float


class Printer:
    """Makes prints out of encoded utterances. Safe to share between threads."""

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        """Open the head.

        Args:
            bundle: With the graph `head`.
            threads: CPU threads of one call.

        Raises:
            BundleBroken: It holds something else.
        """
        self._head = bundle.session("head", threads)
        self.scale = scale_in(bundle)

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int = 1) -> Printer:
        """Open and verify the head in `folder`.

        Raises:
            BundleMissing: There is none.
            BundleBroken: A file is missing or changed, or it is no voice head.
        """
        return cls(Bundle.open(folder), threads)

    def printed(self, encoded: Encoded) -> VoicePrint:
        """The print of an utterance; one without speech is unlike every other."""
        frames = pooled_frames(encoded.frames, encoded.seconds)
        frames = frames - frames.mean(0)
        features, embedding = self._head.run(["features", "embedding"], {"frames": frames})
        return VoicePrint(frames, embedding, encoded.seconds, features, self.scale.head)


def pooled_frames(frames: Array, seconds: float) -> Array:
    """Whisper's frames of what was heard, 25 a second, without the window's padding: [T, 384], T at least 1."""
    heard = max(1, round(seconds * PRINT_FRAMES_A_SECOND))
    whole = frames[: len(frames) // _POOLED * _POOLED]
    pooled: Array = whole.reshape(-1, _POOLED, whole.shape[1]).mean(1)
    return pooled[:heard]


def likeness(said: VoicePrint, enrolled: Sequence[VoicePrint], scale: Scale | None = None) -> Array:
    """How like what was said is to each enrolled print.

    Args:
        said: What was heard now.
        enrolled: Prints of commands.
        scale: Of the head that made them all; None takes that of Encore's own head.

    Returns:
        float32 [n]: 0 for typical other words, 1 for the typical same words by another voice.

    Raises:
        OtherHead: A print was made by another head than the scale.
    """
    scale = scale or shipped_scale()
    for print_ in (said, *enrolled):
        if print_.head and print_.head != scale.head:
            raise OtherHead(print_.head, scale.head)
    if not enrolled:
        return np.zeros(0, np.float32)
    distances = np.array([_warped(said, print_) for print_ in enrolled])
    cosines = np.stack([print_.embedding for print_ in enrolled]) @ said.embedding
    return np.asarray(scale.offset + scale.whole * cosines - scale.warped * distances, np.float32)


def _warped(one: VoicePrint, other: VoicePrint) -> float:
    a, b = (p.features if len(p.features) else p.frames for p in (one, other))
    distance = dtw_ndim.distance(a.astype(np.float64), b.astype(np.float64), use_c=True)
    return float(distance**2 / (len(a) + len(b)))


def scale_in(bundle: Bundle) -> Scale:
    """The scale that lies in a head's manifest.

    Raises:
        BundleBroken: It is no voice head.
    """
    settled = bundle.contents.settings.get("scale")
    if not isinstance(settled, list) or len(settled) != 3:
        raise BundleBroken(bundle.folder, f"it holds {bundle.contents.name}, which is no voice head")
    warped, whole, offset = map(float, settled)
    return Scale(bundle.contents.name, warped, whole, offset)


@cache
def shipped_scale() -> Scale:
    """That of the head that Encore comes with."""
    return scale_in(Bundle.open(WEIGHTS))


def write_print(path: Path, print: VoicePrint) -> None:
    """Keep a print in one file of about 40 kB, whole or not at all.

    Raises:
        OSError: The disk is full, or the folder cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        np.savez(
            file,
            format=np.int64(FORMAT),
            frames=print.frames.astype(np.float16),
            features=print.features.astype(np.float16),
            embedding=print.embedding,
            seconds=np.float64(print.seconds),
            head=np.str_(print.head),
        )
    new.replace(path)


def read_print(path: Path) -> VoicePrint:
    """Read what `write_print` wrote.

    Raises:
        BrokenPrint: There is none, or it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            if int(stored["format"]) != FORMAT:
                raise BrokenPrint(path, f"it has format {int(stored['format'])}, this Encore reads format {FORMAT}")
            return VoicePrint(
                stored["frames"].astype(np.float32),
                stored["embedding"].astype(np.float32),
                float(stored["seconds"]),
                stored["features"].astype(np.float32),
                str(stored["head"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, BrokenPrint):
            raise
        raise BrokenPrint(path, str(error)) from error
