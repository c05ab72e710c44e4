"""Samples: what one decision of the action model is made of, how many make a batch, and how they lie on disk.

A moment of a run is one sample: what was said, what is on the screen, what was demonstrated, how far the run is, and
what the right decision was. Samples lie in shards, `SPLIT-NNNNN.npz`, plain arrays without pickle. Within a shard an
array that several samples share (the utterance of an episode, its steps, a screen) is kept once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from encore_models.errors import ModelsError
from encore_models.perception.action_evidence import MATCH_WIDTH, SPOKEN_WIDTH
from encore_models.perception.effects import EFFECT_WIDTH
from encore_models.perception.situation import (
    ARGUMENTS,
    MOST_CANDIDATES,
    MOST_FRAMES,
    MOST_STEPS,
    PLACE_WIDTH,
    STATES,
    Half,
    Single,
    lying_in,
)

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

WINDOWS = "windows:"
"""What the names of episodes begin with that are not synthetic: the folder of a set of windows, and one of these."""
FRAME_RATE = 25
"""Frames of an utterance in a second."""
FORMAT_VERSION = 7
"""Counted up when a sample holds something else; older ones are made again."""


class BadSample(ModelsError, ValueError):
    """A sample contradicts itself."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"this is no sample: {problem}")


class ShardBroken(ModelsError, ValueError):
    """A file of samples cannot be read."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path} holds no samples that can be read: {problem}. Delete it and make it again")


class NoSamples(ModelsError, FileNotFoundError):
    """There are no shards where they were looked for."""

    def __init__(self, folder: Path, split: str) -> None:
        super().__init__(
            f"there are no {split} shards in {folder}. Make some: "
            f"python -m encore_models.training.action.make --out {folder} --episodes 100"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One decision: all that it is made from, and what it should be."""

    utterance: Half
    """[T, 384] frames of Whisper's encoder at 25 Hz, T <= 100; no rows where nothing was said."""
    shown_utterance: Half
    """[T, 384] what was said when it was shown, in the same way; no rows where nothing was said."""
    spoken_alike: Single
    """[9] how alike the two utterances are, and how well the words fit (`action_evidence.spoken_alike`)."""
    candidates: Half
    """[N, D] what each place on the screen looks like (`Scene.descriptors`), N <= 192."""
    candidate_texts: Half
    """[N, E] the embedding of what each says; zeros where it says nothing."""
    candidate_places: Single
    """[N, 8] centre x, centre y, width, height as shares of the window, then the kind, one-hot (`KINDS`)."""
    candidate_alike: NDArray[np.int16]
    """[N] how many look the same on this screen, itself included."""
    candidate_known: Half
    """[N, 2] how alike the most alike place of the screens that were shown looks, and reads: cosines, 0 where these
    screens are not known. What is not part of the demonstration, as a pop-up, stands out by it."""
    candidate_out: Single
    """[N] how much each stands out among its like by its colours, 0 to 1 (`standing_out.standing_out`)."""
    steps: Half
    """[S, D] what the target of each demonstrated step looked like, 1 <= S <= 12; zeros for typing and keys."""
    step_texts: Half
    """[S, E] what the target says, or what is typed. Where it follows a slot it is the value said today, as it was
    heard: that is known before the run, and is the only thing that tells today's row from the shown one."""
    step_effects: Half
    """[S, D] what the target's place looked like after the step; zeros where that is not known. A candidate that looks
    like it rather than like the target before has had the step already."""
    step_matches: Half
    """[S, N, 5] how well each candidate matches each step's target (`action_evidence.matches_on`)."""
    step_seen: Half
    """[S, 12] what of each step's effect is on the screen (`effects.effects_on`)."""
    step_places: Single
    """[S, 8] as `candidate_places`; zeros for typing and keys."""
    step_actions: NDArray[np.int8]
    """[S] into `ACTIONS`."""
    step_arguments: NDArray[np.int8]
    """[S] into `ARGUMENTS`."""
    progress: NDArray[np.int8]
    """[S] into `PROGRESS`: what came of each step in this run so far."""
    state: int
    """Label, into `STATES`."""
    step: int = -1
    """Label: which step now; -1 unless the state is `step`."""
    candidate: int = -1
    """Label: where; -1 where it is absent, or nothing is to be pointed at."""
    argument: int = 0
    """Label, into `ARGUMENTS`."""
    meta: dict[str, str] = field(default_factory=dict)
    """Episode, application, toolkit, layout, icons, font, voice, hard case, split."""

    def __post_init__(self) -> None:
        count, shown = len(self.candidates), len(self.steps)
        _same_length(
            "candidates",
            count,
            self.candidate_texts,
            self.candidate_places,
            self.candidate_alike,
            self.candidate_known,
            self.candidate_out,
        )
        _same_length(
            "steps",
            shown,
            self.step_texts,
            self.step_effects,
            self.step_matches,
            self.step_seen,
            self.step_places,
            self.step_actions,
            self.step_arguments,
            self.progress,
        )
        for name in ("utterance", "shown_utterance"):
            shape = getattr(self, name).shape
            if len(shape) != 2 or shape[0] > MOST_FRAMES:
                raise BadSample(f"its {name.replace('_', ' ')} is {list(shape)}, not [up to {MOST_FRAMES}, width]")
        if count > MOST_CANDIDATES or not 1 <= shown <= MOST_STEPS:
            raise BadSample(f"it has {count} candidates and {shown} steps")
        if self.spoken_alike.shape != (SPOKEN_WIDTH,) or self.step_seen.shape[1] != EFFECT_WIDTH:
            raise BadSample(f"likeness has {SPOKEN_WIDTH} numbers, an effect {EFFECT_WIDTH}")
        if self.step_matches.shape != (shown, count, MATCH_WIDTH):
            raise BadSample(f"its matches are {self.step_matches.shape}, not {(shown, count, MATCH_WIDTH)}")
        if {self.candidate_places.shape[1], self.step_places.shape[1]} != {PLACE_WIDTH}:
            raise BadSample(f"a place has {PLACE_WIDTH} numbers")
        if not 0 <= self.state < len(STATES) or not 0 <= self.argument < len(ARGUMENTS):
            raise BadSample(f"state {self.state}, argument {self.argument}")
        if (self.step >= 0) != (STATES[self.state] == "step") or self.step >= shown:
            raise BadSample(f"step {self.step} of {shown} in state {STATES[self.state]!r}")
        if not -1 <= self.candidate < count:
            raise BadSample(f"candidate {self.candidate} of {count}")

    @property
    def split(self) -> str:
        """Which part of the data it belongs to; empty where nobody said."""
        return self.meta.get("split", "")

    @property
    def missing(self) -> bool:
        """Whether the target of the step that is due is not on the screen: it is waited for, or gone for good."""
        return STATES[self.state] == "wait" or (STATES[self.state] == "stop" and self.meta.get("hard") == GONE)


def _same_length(what: str, count: int, *columns: NDArray[Any]) -> None:
    lengths = [len(column) for column in columns]
    if set(lengths) != {count}:
        raise BadSample(f"{count} {what}, but {lengths} of what belongs to them")


_GROUPS: dict[str, tuple[str, ...]] = {
    "utterance": ("utterance",),
    "spoken": ("shown_utterance",),
    "alike": ("spoken_alike",),
    "screen": ("candidates", "candidate_texts", "candidate_places", "candidate_alike", "candidate_out"),
    "known": ("candidate_known",),
    "shown": ("steps", "step_texts", "step_effects", "step_places", "step_actions", "step_arguments"),
    "done": ("progress",),
    "effects": ("step_seen",),
    "named": ("step_matches",),
}
"""Arrays of a sample that are of one length; a group that samples share is stored once."""
MASKED = {
    "utterance": "utterance",
    "shown_utterance": "shown_utterance",
    "candidate": "candidates",
    "step": "steps",
}
"""Masks of a batch, without `_mask`, and an array of their length."""
MIXED = 8
"""Shards whose samples are shuffled together: those of one are a few episodes, which say the same again and again."""
LABELS = ("state", "step", "candidate", "argument")
GONE, OTHER, COVERED = "gone", "other command", "covered"
"""Hard cases: the target is not there today; another command was said than the one that was shown; a box lies over all
and asks for an answer."""


def collate(samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
    """A batch: every array padded with zeros to the longest, with masks that are True where something is.

    Returns:
        `utterance`, `shown_utterance` float32 [B, T, 384], `candidates` [B, N, D], `candidate_texts` [B, N, E],
        `candidate_places` [B, N, 8], `candidate_known` [B, N, 2], `candidate_out` [B, N], `candidate_alike` int64 [B,
        N], `steps`, `step_texts`, `step_effects`, `step_places` [B, S, ...], `step_actions`, `step_arguments`,
        `progress` int64 [B, S], `step_matches` [B, S, N, 5], `step_seen` [B, S, 12], `spoken_alike` [B, 9]; the masks
        `utterance_mask`, `shown_utterance_mask` [B, T], `candidate_mask` [B, N] and `step_mask` [B, S]; the labels
        int64 [B], a candidate of -1 meaning absent, `hits` [B, N] True for all that a click would be right on, and
        `missing` [B], where absent is the right answer. T, N and S are at least 1.

    Raises:
        ValueError: There are no samples.
    """
    if not samples:
        raise ValueError("a batch needs at least one sample")
    batch: dict[str, NDArray[Any]] = {}
    for name in (name for names in _GROUPS.values() for name in names):
        batch[name] = _padded([getattr(sample, name) for sample in samples])
    for mask, name in MASKED.items():
        lengths = np.array([len(getattr(sample, name)) for sample in samples])
        batch[f"{mask}_mask"] = np.arange(batch[name].shape[1]) < lengths[:, None]
    for label in LABELS:
        batch[label] = np.array([getattr(sample, label) for sample in samples], np.int64)
    batch["missing"] = np.array([sample.missing for sample in samples])
    batch["hits"] = np.zeros(batch["candidates"].shape[:2], np.bool_)
    for row, sample in zip(batch["hits"], samples, strict=True):
        if sample.candidate >= 0:
            row[: len(sample.candidates)] = lying_in(sample.candidate_places, sample.candidate)
    return batch


def _padded(rows: Sequence[NDArray[Any]]) -> NDArray[Any]:
    longest = [max(1, *sides) for sides in zip(*(row.shape for row in rows), (1,) * rows[0].ndim, strict=True)]
    kind = np.int64 if np.issubdtype(rows[0].dtype, np.integer) else np.float32
    padded = np.zeros((len(rows), *longest), kind)
    for place, row in zip(padded, rows, strict=True):
        place[tuple(slice(side) for side in row.shape)] = row
    return padded


# On disk


def shard_path(folder: Path, split: str, number: int) -> Path:
    """The file of a shard."""
    return folder / f"{split}-{number:05d}.npz"


def write_shard(path: Path, samples: Sequence[Sample]) -> Path:
    """Write samples into one file, beside it first: an interruption leaves no half of one.

    Raises:
        ValueError: There are no samples.
        OSError: The disk did not take them.
    """
    if not samples:
        raise ValueError(f"{path} would hold no samples")
    columns: dict[str, NDArray[Any]] = {}
    for group, names in _GROUPS.items():
        kept, which = _once([tuple(_rows(getattr(sample, name)) for name in names) for sample in samples])
        columns[f"{group}.which"] = which
        columns[f"{group}.lengths"] = np.array([len(arrays[0]) for arrays in kept], np.int64)
        for place, name in enumerate(names):
            columns[name] = np.concatenate([arrays[place] for arrays in kept])
    for label in LABELS:
        columns[label] = np.array([getattr(sample, label) for sample in samples], np.int16)
    told = {"version": FORMAT_VERSION, "meta": [sample.meta for sample in samples]}
    columns["about"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    try:
        with new.open("wb") as file:
            np.savez(file, **columns)  # type: ignore[arg-type]  # its stubs take the columns for its own options
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return path


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    """As rows that can be put under those of other samples: what is compared with candidates has as many columns."""
    return array.reshape(-1, array.shape[-1]) if array.ndim > 2 else array


def _once(groups: Sequence[tuple[NDArray[Any], ...]]) -> tuple[list[tuple[NDArray[Any], ...]], NDArray[np.int32]]:
    """The different ones among groups of arrays, and for each group which one it is."""
    kept: list[tuple[NDArray[Any], ...]] = []
    places: dict[bytes, int] = {}
    which = []
    for arrays in groups:
        content = hashlib.blake2b(b"".join(array.tobytes() for array in arrays), digest_size=16).digest()
        if content not in places:
            places[content] = len(kept)
            kept.append(arrays)
        which.append(places[content])
    return kept, np.array(which, np.int32)


def read_shard(path: Path) -> list[Sample]:
    """The samples of one file; those that share an array share its memory.

    Raises:
        ShardBroken: It is damaged, something else, or from a newer version.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            columns = {name: stored[name] for name in stored.files}
        about = json.loads(columns["about"].tobytes())
        if about["version"] != FORMAT_VERSION:
            raise ShardBroken(path, f"it is of version {about['version']}, this Encore reads {FORMAT_VERSION}")
        return _samples_in(columns, about["meta"])
    except ShardBroken:
        raise
    except (KeyError, ValueError, TypeError, OSError, EOFError, IndexError, BadZipFile) as error:
        raise ShardBroken(path, str(error) or type(error).__name__) from error


def _samples_in(columns: dict[str, NDArray[Any]], meta: Sequence[dict[str, str]]) -> list[Sample]:
    arrays: dict[str, list[NDArray[Any]]] = {}
    for group, names in _GROUPS.items():
        ends = np.cumsum(columns[f"{group}.lengths"])
        for name in names:
            parts = np.split(columns[name], ends[:-1])
            arrays[name] = [parts[place] for place in columns[f"{group}.which"]]
    samples = []
    for row, told in enumerate(meta):
        values: dict[str, Any] = {name: array[row] for name, array in arrays.items()}
        shape = len(values["steps"]), len(values["candidates"]), MATCH_WIDTH
        values["step_matches"] = values["step_matches"].reshape(shape)
        values |= {label: int(columns[label][row]) for label in LABELS}
        samples.append(Sample(**values, meta=dict(told)))
    return samples


def write_shards(folder: Path, samples: Iterable[Sample], a_shard: int = 256, first: int = 0) -> list[Path]:
    """Write samples into shards by their split, as they come; samples of one episode stay together in order.

    Args:
        folder: Where; existing shards of the same number are replaced.
        samples: Each with a split in its meta.
        a_shard: Samples in a file.
        first: Number of each split's first shard.

    Raises:
        BadSample: A sample has no split.
    """
    waiting: dict[str, list[Sample]] = {split: [] for split in SPLITS}
    numbers = dict.fromkeys(SPLITS, first)
    written: list[Path] = []

    def flush(split: Split) -> None:
        written.append(write_shard(shard_path(folder, split, numbers[split]), waiting[split]))
        numbers[split] += 1
        waiting[split] = []

    for sample in samples:
        if sample.split not in SPLITS:
            raise BadSample(f"its split is {sample.split!r}, not one of {', '.join(SPLITS)}")
        split = SPLITS[SPLITS.index(sample.split)]  # type: ignore[arg-type]
        waiting[split].append(sample)
        if len(waiting[split]) >= a_shard:
            flush(split)
    for split in SPLITS:
        if waiting[split]:
            flush(split)
    return written


def shards(folder: Path, split: str) -> list[Path]:
    """The shards of a split, in order.

    Raises:
        NoSamples: There are none.
    """
    found = sorted(folder.glob(f"{split}-*.npz"))
    if not found:
        raise NoSamples(folder, split)
    return found


def read_shards(folder: Path, split: str, rng: np.random.Generator | None = None) -> Iterator[Sample]:
    """Stream the samples of a split, one shard in memory at a time, `MIXED` where they are shuffled.

    Args:
        folder: Of the shards.
        split: `train`, `validation` or `test`.
        rng: Shuffles the shards and the samples of as many as are in memory; None keeps their order.

    Raises:
        NoSamples: There are none.
        ShardBroken: One cannot be read.
    """
    paths = shards(folder, split)
    if rng is None:
        for path in paths:
            yield from read_shard(path)
        return
    order = rng.permutation(len(paths))
    for begin in range(0, len(order), MIXED):
        samples = [sample for number in order[begin : begin + MIXED] for sample in read_shard(paths[number])]
        yield from (samples[place] for place in rng.permutation(len(samples)))
