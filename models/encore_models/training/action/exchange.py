"""Samples to and from Hugging Face `datasets`: `python -m encore_models.training.action.exchange write FROM TO`.

`FROM` is a folder of shards, or of the samples that `encore learn` keeps in the library; `read` makes shards again.
What goes is what the model is trained on: vectors and labels. The pictures, the sound, the events and the words of a
demonstration do not; they stay in its own folder.

Not the LeRobot format: that keeps a picture, a state vector and an action vector of fixed width for each tick of a
clock, as robots have them. Here a decision falls where something happened, and chooses among as many candidates as
there are; an Arrow table keeps that as it is, streams, and opens everywhere.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from encore_models.errors import ModelsError
from encore_models.perception.action_evidence import MATCH_WIDTH
from encore_models.training.action.samples import LABELS, SPLITS, NoSamples, Sample, read_shard, write_shards

WIDE = {
    "utterance": "float16",
    "shown_utterance": "float16",
    "candidates": "float16",
    "candidate_texts": "float16",
    "candidate_places": "float32",
    "candidate_known": "float16",
    "steps": "float16",
    "step_texts": "float16",
    "step_effects": "float16",
    "step_seen": "float16",
    "step_places": "float32",
}
"""Arrays of two dimensions and what they hold."""
NARROW = {
    "spoken_alike": "float32",
    "candidate_alike": "int16",
    "candidate_out": "float32",
    "step_actions": "int8",
    "step_arguments": "int8",
    "progress": "int8",
    "step_matches": "float16",
}
"""Arrays of one dimension, or kept as such, and what they hold."""
MADE_OF = "@"
"""In the names of files that `encore learn` keeps the samples of a demonstration in (`own.shard_of`)."""


class Way(StrEnum):
    """Which way samples go."""

    WRITE = "write"
    READ = "read"


class DatasetsMissing(ModelsError, ImportError):
    """Hugging Face `datasets` is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "samples are exchanged through Hugging Face datasets: pip install -e '.[train]' in Encore's folder"
        )


def write_datasets(shards_folder: Path, folder: Path) -> Path:
    """Write all shards of a folder as a `DatasetDict`, one dataset a split, one shard in memory at a time.

    Args:
        shards_folder: Of the shards, or the folder `samples` of a user's library.
        folder: Where; it must not be there yet.

    Raises:
        DatasetsMissing: The library is not installed.
        NoSamples: There are no shards.
        FileExistsError: `folder` holds something already.
    """
    datasets = _library()
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; export into a new folder")
    there = _by_split(shards_folder)
    if not there:
        raise NoSamples(shards_folder, "train")
    with tempfile.TemporaryDirectory(prefix="encore-datasets-") as scratch:
        parts = {
            split: datasets.Dataset.from_generator(
                _rows,
                features=_features(datasets),
                cache_dir=scratch,
                gen_kwargs={"paths": [str(path) for path in paths], "splits": [split] * len(paths)},
            )
            for split, paths in there.items()
        }
        datasets.DatasetDict(parts).save_to_disk(str(folder))
    return folder


def read_datasets(folder: Path, split: str) -> Iterator[Sample]:
    """Read the samples of a split, one at a time; `write_shards` makes shards of them again.

    Raises:
        DatasetsMissing: The library is not installed.
        NoSamples: There is no such split.
    """
    datasets = _library()
    try:
        loaded = datasets.load_from_disk(str(folder))
    except FileNotFoundError as error:
        raise NoSamples(folder, split) from error
    if split not in loaded:
        raise NoSamples(folder, split)
    for row in loaded[split].with_format("numpy"):
        yield _sample(row)


def _library() -> Any:
    try:
        import datasets  # type: ignore[import-not-found]
    except ImportError as error:
        raise DatasetsMissing from error
    return datasets


def _by_split(folder: Path) -> dict[str, list[Path]]:
    """The files that hold something of each split; those of a user's own demonstrations do not tell by their name."""
    named: dict[str, list[Path]] = {split: sorted(folder.glob(f"{split}-*.npz")) for split in SPLITS}
    for path in sorted(folder.glob(f"*{MADE_OF}*.npz")):
        for split in {sample.split for sample in read_shard(path)} & set(SPLITS):
            named[split].append(path)
    return {split: paths for split, paths in named.items() if paths}


def _rows(paths: list[str], splits: list[str]) -> Iterator[dict[str, Any]]:
    for path, split in zip(paths, splits, strict=True):
        for sample in read_shard(Path(path)):
            if sample.split != split:
                continue
            row: dict[str, Any] = {name: getattr(sample, name) for name in WIDE}
            row |= {name: getattr(sample, name).reshape(-1) for name in NARROW}
            shape = {f"{name}_width": getattr(sample, name).shape[1] for name in WIDE}
            yield {
                **row,
                **shape,
                **{label: getattr(sample, label) for label in LABELS},
                "meta": json.dumps(sample.meta),
            }


def _features(datasets: Any) -> Any:
    columns = {
        **{name: datasets.List(datasets.List(datasets.Value(kind))) for name, kind in WIDE.items()},
        **{name: datasets.List(datasets.Value(kind)) for name, kind in NARROW.items()},
        **{f"{name}_width": datasets.Value("int32") for name in WIDE},
        **{label: datasets.Value("int16") for label in LABELS},
        "meta": datasets.Value("string"),
    }
    return datasets.Features(columns)


def _sample(row: dict[str, Any]) -> Sample:
    # An empty array has lost its width.
    values: dict[str, Any] = {
        name: np.asarray(row[name], kind).reshape(-1, int(row[f"{name}_width"])) for name, kind in WIDE.items()
    }
    values |= {name: np.asarray(row[name], kind).reshape(-1) for name, kind in NARROW.items()}
    shape = len(values["steps"]), len(values["candidates"]), MATCH_WIDTH
    values["step_matches"] = values["step_matches"].reshape(shape)
    values |= {label: int(row[label]) for label in LABELS}
    return Sample(**values, meta=json.loads(str(row["meta"])))


def main(
    way: Annotated[Way, typer.Argument(help="Shards written as a dataset, or a dataset read into shards.")],
    source: Annotated[Path, typer.Argument(help="Folder of what is there.")],
    target: Annotated[Path, typer.Argument(help="Folder of what is made.")],
) -> None:
    """Exchange samples with Hugging Face datasets."""
    if way is Way.WRITE:
        write_datasets(source, target)
    else:
        found = [split for split in SPLITS if (source / split).is_dir()] or ["train"]
        write_shards(target, (sample for split in found for sample in read_datasets(source, split)))
    typer.echo(str(target))


if __name__ == "__main__":
    typer.run(main)
