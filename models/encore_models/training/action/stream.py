"""Batches for training the action model, streamed from shards the same way whoever asks, wherever a run goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset

from encore_models.training.action.compare import Batch
from encore_models.training.action.samples import Sample, collate, read_shards
from encore_models.training.action.vary import varied


class Corpus(Protocol):
    """Where samples come from."""

    def stream(self, split: str, rng: np.random.Generator | None) -> Iterable[Sample]:
        """The samples of a split, shuffled by `rng`, in their own order without."""


class Shards:
    """Samples on disk, one shard in memory at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def stream(self, split: str, rng: np.random.Generator | None) -> Iterator[Sample]:
        """See `Corpus`."""
        return read_shards(self.folder, split, rng)


class Listed:
    """Samples in memory: a few demonstrations, or those of a test."""

    def __init__(self, **splits: Sequence[Sample]) -> None:
        self.splits = splits

    def stream(self, split: str, rng: np.random.Generator | None) -> Iterator[Sample]:
        """See `Corpus`."""
        samples = self.splits[split]
        order = range(len(samples)) if rng is None else rng.permutation(len(samples))
        return (samples[place] for place in order)


class Epochs(IterableDataset[Sample]):
    """Training samples without end; each pass has an order of its own, made from the seed."""

    def __init__(self, corpus: Corpus, seed: int) -> None:
        self.corpus, self.seed = corpus, seed

    def __iter__(self) -> Iterator[Sample]:
        """From the beginning, each time the same; each pass varies the samples in another way."""
        for epoch in count():
            rng = np.random.default_rng([self.seed, epoch, 1])
            stream = self.corpus.stream("train", np.random.default_rng([self.seed, epoch]))
            samples = (varied(sample, rng) for sample in stream)
            first = next(samples, None)
            if first is None:
                raise ValueError("there is nothing to train on")
            yield first
            yield from samples


def endless(corpus: Corpus, seed: int, batch: int) -> DataLoader[Sample]:
    """Batches without end, each of exactly `batch` samples."""
    return DataLoader(Epochs(corpus, seed), batch_size=batch, collate_fn=tensors_of, drop_last=True)


def batches(samples: Iterable[Sample], size: int) -> Iterator[Batch]:
    """Batches in order; the last may be smaller."""
    waiting: list[Sample] = []
    for sample in samples:
        waiting.append(sample)
        if len(waiting) == size:
            yield tensors_of(waiting)
            waiting = []
    if waiting:
        yield tensors_of(waiting)


def tensors_of(samples: Sequence[Sample]) -> Batch:
    """A batch in torch; masks are 0 and 1 in float32."""
    return {name: _tensor(array) for name, array in collate(samples).items()}


def part_of(batch: Batch, rows: slice) -> Batch:
    """Some rows of a batch."""
    return {name: tensor[rows] for name, tensor in batch.items()}


def _tensor(array: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(array.astype(np.float32) if array.dtype == bool else array)
