"""Voice prints: what is kept of an utterance so that it is known again when another voice says it in noise.

A print holds Whisper's frames of the speech, which no sound can be made from, and what the voice head makes of them: a
vector a frame and one for the whole. Two prints are compared by dynamic time warping over the former and the cosine of
the latter, brought to one scale. Nothing is decoded into words.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from dtaidistance import dtw_ndim
from numpy.typing import NDArray

from encore_models.bundle import Bundle
from encore_models.errors import BrokenPrint, BundleBroken, OtherHead, WrongFrames
from encore_models.perception.voice import FRAMES_A_SECOND, Encoded

WEIGHTS = Path(__file__).parents[1] / "weights" / "voice_head"
"""The trained head that Encore comes with."""
FORMAT = 1
"""Of a print's file."""
UNLIKE = -1.0
"""Likeness of what cannot be the same words, for example silence."""
_POOLED = 2
"""Whisper's frames in one of a print."""
_HALF = 65_000
"""About the largest number in half precision."""
_SLOWEST = 3
"""How many times longer the same words may be."""
_BAND = 8
"""Frames by which one may run ahead of the other, beyond the difference of their lengths; more changes no decision."""
_LOOSE = 2
"""Frames at either end that the comparison may leave out, since nobody finds the ends of speech exactly."""
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
    """float32 [T, F]: every frame as the head sees it; longer where it tells more."""
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
        self.scale = scale_in(bundle)
        self._head, self._gate = (bundle.session(name, threads) for name in ("head", "gate"))
        graph = bundle.contents.graphs["head"]
        self.width, self._feature, self._embedding = (
            int(shape[-1]) for shape in (graph.inputs["frames"], *(graph.outputs[n] for n in ("features", "embedding")))
        )
        self._hears_with = bundle.contents.settings.get("hears_with")

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int = 1) -> Printer:
        """Open and verify the head in `folder`.

        Raises:
            BundleMissing: There is none.
            BundleBroken: A file is missing or changed, or it is no voice head.
        """
        return cls(Bundle.open(folder), threads)

    def fits(self, hearing: Bundle) -> bool:
        """Whether the head was trained on the frames of this Whisper; with any other, its prints mean nothing."""
        return hearing.contents.name == self._hears_with

    def printed(self, encoded: Encoded) -> VoicePrint:
        """The print of an utterance; one without speech is unlike every other.

        Raises:
            WrongFrames: They come from another Whisper than the head was trained on, or are not finite.
        """
        if encoded.frames.ndim != 2 or encoded.frames.shape[1] != self.width:
            raise WrongFrames(f"these are {list(encoded.frames.shape)}, the head takes [T, {self.width}]")
        if not np.isfinite(encoded.frames).all():
            raise WrongFrames("some of these are not finite")
        return self.printed_of(pooled_frames(encoded.frames, encoded.seconds))

    def printed_of(self, frames: Array) -> VoicePrint:
        """The print of frames with silence around the speech.

        Args:
            frames: As `pooled_frames` gives them.
        """
        (speech,) = self._gate.run(["speech"], {"frames": frames})
        begin, end = spoken_part(speech)
        return self.described(frames[begin:end])

    def described(self, speech: Array) -> VoicePrint:
        """The print of frames that are all speech; also of those of a print that another head made.

        Args:
            speech: float32 [T, 384], 25 a second.
        """
        seconds = len(speech) / PRINT_FRAMES_A_SECOND
        if not len(speech):
            nothing = np.zeros(self._embedding, np.float32)
            return VoicePrint(speech, nothing, seconds, np.zeros((0, self._feature), np.float32), self.scale.head)
        frames = speech - speech.mean(0)
        features, embedding = self._head.run(["features", "embedding"], {"frames": frames})
        return VoicePrint(frames, embedding, seconds, features, self.scale.head)


def pooled_frames(frames: Array, seconds: float) -> Array:
    """Whisper's frames of what was heard, 25 a second, without the window's padding: [T, 384], T at least 1."""
    heard = max(1, round(seconds * PRINT_FRAMES_A_SECOND))
    whole = frames[: len(frames) // _POOLED * _POOLED]
    pooled: Array = whole.reshape(-1, _POOLED, whole.shape[1]).mean(1)
    return pooled[:heard]


def spoken_part(speech: Array) -> tuple[int, int]:
    """First frame of speech, and the one after the last.

    Args:
        speech: Probability of each frame [T]; a single frame above one half is a click.

    Returns:
        (0, 0) where nobody speaks.
    """
    sure = speech >= 0.5
    lasting = np.flatnonzero(sure[:-1] & sure[1:])
    return (int(lasting[0]), int(lasting[-1]) + 2) if len(lasting) else (0, 0)


def likeness(said: VoicePrint, enrolled: Sequence[VoicePrint], scale: Scale | None = None) -> Array:
    """How like what was said is to each enrolled print.

    Args:
        said: What was heard now.
        enrolled: Prints of commands.
        scale: Of the head that made them all; None takes that of Encore's own head.

    Returns:
        float32 [n]: typically 0.55 for the same words by another voice and -0.14 for the nearest of thirty other
        commands; about 1 for the same voice in the same room, and never below `UNLIKE`.

    Raises:
        OtherHead: A print was made by another head than the scale.
    """
    scale = scale or shipped_scale()
    for print_ in (said, *enrolled):
        if print_.head and print_.head != scale.head:
            raise OtherHead(print_.head, scale.head)
    found = np.full(len(enrolled), UNLIKE, np.float32)
    ours = np.ascontiguousarray(said.features, np.float64)
    for index, print_ in enumerate(enrolled):
        if _comparable(len(ours), len(print_.features)):
            distance, cosine = compared(said, print_, ours)
            found[index] = scale.offset + scale.whole * cosine - scale.warped * distance
    return np.maximum(found, UNLIKE)


def compared(one: VoicePrint, other: VoicePrint, features: NDArray[np.float64] | None = None) -> tuple[float, float]:
    """Their distance in time, from 0, and the cosine of their embeddings.

    Args:
        one: With speech in it.
        other: The same.
        features: Those of `one` in double precision, where they are at hand.
    """
    ours = one.features.astype(np.float64) if features is None else features
    theirs = other.features.astype(np.float64)
    band = abs(len(ours) - len(theirs)) + _BAND
    loose = min(_LOOSE, min(len(ours), len(theirs)) // 4)
    total = dtw_ndim.distance(ours, theirs, window=band, psi=loose, use_c=True) ** 2
    return total / (len(ours) + len(theirs)), float(one.embedding @ other.embedding)


def _comparable(one: int, other: int) -> bool:
    """Whether two lengths can be the same words; nobody speaks three times as slowly."""
    return 0 < max(one, other) <= _SLOWEST * min(one, other)


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
            frames=np.clip(print.frames, -_HALF, _HALF).astype(np.float16),
            features=print.features.astype(np.float16),
            embedding=print.embedding,
            seconds=np.float64(print.seconds),
            head=np.str_(print.head),
        )
    new.replace(path)


def read_print(path: Path, printer: Printer | None = None) -> VoicePrint:
    """Read what `write_print` wrote; what an older head made of it is made anew.

    Args:
        path: The file.
        printer: With the head in use; None stands for Encore's own.

    Raises:
        BrokenPrint: There is none, or it is damaged.
    """
    try:
        print_ = _stored(path)
    except BrokenPrint:
        raise
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise BrokenPrint(path, str(error)) from error
    head = printer.scale.head if printer else shipped_scale().head
    if not print_.head or print_.head == head:
        return print_
    printer = printer or _shipped_printer()
    return printer.described(print_.frames) if print_.frames.shape[1] == printer.width else print_


def _stored(path: Path) -> VoicePrint:
    # numpy would leave a damaged file open.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        if int(stored["format"]) != FORMAT:
            raise BrokenPrint(path, f"it has format {int(stored['format'])}, this Encore reads format {FORMAT}")
        frames, embedding, features = (stored[name].astype(np.float32) for name in ("frames", "embedding", "features"))
        seconds, head = float(stored["seconds"]), str(stored["head"])
    if (frames.ndim, embedding.ndim, features.ndim) != (2, 1, 2):
        raise BrokenPrint(path, "its arrays have other shapes")
    if not all(np.isfinite(array).all() for array in (frames, embedding, features, seconds)):
        raise BrokenPrint(path, "some of its numbers are not finite")
    return VoicePrint(frames, embedding, seconds, features, head)


@cache
def _shipped_printer() -> Printer:
    return Printer.load()
