"""What a demonstration shows and says, worked out once and kept beside it, so that searching takes no time.

The screen is looked at twice a second, at the last picture of each half second, for that is the most settled one; of a
picture only what changed is looked at. A label costs about 15 ms to read, a drawing 1 ms: a minute of usual work takes
some ten seconds once. The file holds no pickle; it goes with the demonstration's folder when that is deleted.
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from encore_models.perception.candidates import Candidate, layout
from encore_models.perception.clip import Clip
from encore_models.perception.text import TextReader
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import VIDEO_FILE, Demonstration
from encore_recorder.geometry import Rect

log = logging.getLogger(__name__)

INDEX_FILE = "sights.npz"
VERSION = 1
EVERY_NS = SECOND // 2
MOST_PICTURES = 480
"""Of one demonstration; a longer one is looked at less often."""
MOST_LABELS = 6000
"""Read in one demonstration, about 90 s of work; what comes later is found by its drawings only."""
NOISE = 24
"""Grey levels by which a compressed picture may differ from itself."""
CHANGED_PART = 0.01
"""Of a box, from which it is looked at again."""
SAME = 0.9
"""Cosine of meanings from which a drawing is the one that stood there before."""
LARGEST_DRAWING = 160
"""Pixels; what is larger shows a photograph or a whole area."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A label or a drawing that stood at one place for a while."""

    box: Rect
    """Pixels of the recorded picture."""
    first_ns: int
    last_ns: int
    """When it was seen first and last."""
    text: str = ""
    """What it reads; empty for a drawing."""


@dataclass(frozen=True, slots=True)
class Sights:
    """Everything that was seen in a demonstration up to a time."""

    key: str
    """Of the recording and of the CLIP that saw it."""
    through_ns: int
    """Up to here it was looked at; -1 for not at all."""
    complete: bool
    labels: tuple[Sight, ...] = ()
    drawings: tuple[Sight, ...] = ()


_SIGHTS: TypeAdapter[Sights] = TypeAdapter(Sights)
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Index:
    """Sights, and what the drawings among them mean."""

    sights: Sights
    meanings: Vectors
    """Unit vectors [drawings, d]."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What whoever waits wants to be told, and how they say that they wait no longer."""

    progress: Callable[[str, float], None] = lambda what, done: None
    """What is looked at, and how much of it is done, 0 to 1."""
    skipped: Callable[[str, str], None] = lambda name, reason: None
    """A demonstration that cannot be searched, and why."""
    stop: threading.Event = field(default_factory=threading.Event)


def index_of(demonstration: Demonstration, clip: Clip, reader: TextReader, watch: Watch) -> Index:
    """The index of a demonstration: read, or made and kept; where it is stopped, as far as it came.

    Raises:
        BrokenDemonstration: The video is damaged.
    """
    key = _key(demonstration.path, clip)
    kept = read_index(demonstration.path, key)
    if kept is not None and kept.sights.complete:
        return kept
    start = kept or Index(Sights(key, -1, complete=False), np.zeros((0, clip.words(["a"]).shape[1]), np.float32))
    made = _Look(demonstration, clip, reader, start).through(watch)
    if made.sights.through_ns > start.sights.through_ns or made.sights.complete:
        write_index(demonstration.path, made)
    return made


def read_index(folder: Path, key: str) -> Index | None:
    """What was kept under that key, or None: it can be made again."""
    try:
        with np.load(io.BytesIO((folder / INDEX_FILE).read_bytes()), allow_pickle=False) as file:
            sights = _SIGHTS.validate_json(file["sights"].tobytes())
            meanings = file["meanings"].astype(np.float32)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s is made again, for it is damaged: %s", folder / INDEX_FILE, error)
        return None
    return Index(sights, meanings) if sights.key == key and len(meanings) == len(sights.drawings) else None


def write_index(folder: Path, index: Index) -> None:
    """Keep an index, whole or not at all; without room for it, searching works but takes its time again."""
    part = folder / (INDEX_FILE + ".part")
    sights = np.frombuffer(_SIGHTS.dump_json(index.sights), np.uint8)
    data = io.BytesIO()
    np.savez_compressed(data, sights=sights, meanings=index.meanings.astype(np.float16))
    try:
        part.write_bytes(data.getvalue())
        part.replace(folder / INDEX_FILE)
    except OSError as error:
        log.warning("could not keep %s: %s", folder / INDEX_FILE, error)


def _key(folder: Path, clip: Clip) -> str:
    video = (folder / VIDEO_FILE).stat()
    # Another CLIP, or the same one trained on, places the same word elsewhere.
    eye = hashlib.blake2b(clip.words(["play the next song"]).round(3).tobytes(), digest_size=8).hexdigest()
    return f"{VERSION}-{video.st_size}-{video.st_mtime_ns}-{eye}"


def settled_times(times_ns: Sequence[int], most: int = MOST_PICTURES) -> list[int]:
    """The last picture of each half second; of longer stretches, where there would be more than `most`."""
    if not times_ns:
        return []
    every = max(EVERY_NS, (times_ns[-1] - times_ns[0]) // most + 1)
    last = {(time - times_ns[0]) // every: time for time in times_ns}
    return sorted(last.values())


class _Look:
    """Goes through a demonstration and notes what comes and goes."""

    def __init__(self, demonstration: Demonstration, clip: Clip, reader: TextReader, start: Index) -> None:
        self._demonstration = demonstration
        self._clip = clip
        self._reader = reader
        self._start = start
        self._labels = list(start.sights.labels)
        self._drawings = list(start.sights.drawings)
        self._meanings = list(start.meanings)
        self._read_already = len(self._labels)
        self._standing: dict[Candidate, int] = {}
        """What the last picture showed: its place among labels or drawings."""
        self._gone: dict[Candidate, int] = {}
        """What it showed and this one shows no longer as it was."""
        self._before: NDArray[np.uint8] | None = None

    def through(self, watch: Watch) -> Index:
        """Look at every time that is left."""
        seen = self._start.sights.through_ns
        times = settled_times(self._demonstration.picture_times_ns)
        for number, time_ns in enumerate(times):
            if time_ns <= seen:
                continue
            if watch.stop.is_set():
                break
            watch.progress(self._demonstration.path.name, number / len(times))
            self._look(self._demonstration.frame_at(time_ns).image, time_ns)
            seen = time_ns
        done = Sights(self._start.sights.key, seen, seen >= times[-1], tuple(self._labels), tuple(self._drawings))
        dimensions = self._start.meanings.shape[1]
        return Index(done, np.array(self._meanings, np.float32).reshape(-1, dimensions))

    def _look(self, image: NDArray[np.uint8], time_ns: int) -> None:
        if self._before is None:
            changed = np.ones(image.shape[:2], bool)
        else:
            changed = cv2.absdiff(image, self._before).max(axis=2) > NOISE
        if not changed.any():
            self._go_on(time_ns)
            return
        self._before = image
        found = [c for c in layout(image).candidates if c.kind == "text" or _is_drawing(c)]
        same = {c for c in found if c in self._standing and _part(changed, c.box) < CHANGED_PART}
        self._gone = {c: number for c, number in self._standing.items() if c not in same}
        self._standing = {c: number for c, number in self._standing.items() if c in same}
        self._go_on(time_ns)
        self._read(image, [c for c in found if c.kind == "text" and c not in same], time_ns)
        self._see(image, [c for c in found if c.kind != "text" and c not in same], time_ns)

    def _go_on(self, time_ns: int) -> None:
        for candidate, number in self._standing.items():
            sights = self._labels if candidate.kind == "text" else self._drawings
            sights[number] = replace(sights[number], last_ns=time_ns)

    def _read(self, image: NDArray[np.uint8], labels: list[Candidate], time_ns: int) -> None:
        labels = labels[: max(0, MOST_LABELS - self._read_already)]
        self._read_already += len(labels)
        for label, text in zip(labels, self._reader.read(image, [label.box for label in labels]), strict=True):
            self._note(self._labels, label, Sight(label.box, time_ns, time_ns, text))

    def _see(self, image: NDArray[np.uint8], drawings: list[Candidate], time_ns: int) -> None:
        vectors = self._clip.meanings(image, [drawing.box for drawing in drawings])
        for drawing, vector in zip(drawings, vectors, strict=True):
            if self._note(self._drawings, drawing, Sight(drawing.box, time_ns, time_ns), vector):
                self._meanings.append(vector)

    def _note(
        self, sights: list[Sight], candidate: Candidate, sight: Sight, meaning: NDArray[np.float32] | None = None
    ) -> bool:
        """Add a sight, unless it only changed its colours, as under the pointer; whether it was added."""
        for before, number in self._gone.items():
            if before.kind != candidate.kind or not _same_place(before.box, candidate.box):
                continue
            if sights[number].text == sight.text if meaning is None else self._meanings[number] @ meaning >= SAME:
                sights[number] = replace(sights[number], last_ns=sight.last_ns)
                self._standing[candidate] = number
                return False
        self._standing[candidate] = len(sights)
        sights.append(sight)
        return True


def _is_drawing(candidate: Candidate) -> bool:
    """Whether a candidate could be called by what it shows; covers and fields show what they hold."""
    return candidate.kind == "icon" and max(candidate.box.width, candidate.box.height) < LARGEST_DRAWING


def _same_place(before: Rect, now: Rect) -> bool:
    return before.contains(now.center) and 0.8 <= now.height / before.height <= 1.25


def _part(changed: NDArray[np.bool_], box: Rect) -> float:
    """How much of a box changed, 0 to 1."""
    inside = changed[max(0, box.top) : box.bottom, max(0, box.left) : box.right]
    return float(inside.mean()) if inside.size else 1.0
