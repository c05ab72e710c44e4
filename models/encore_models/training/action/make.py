"""Make synthetic episodes: `python -m encore_models.training.action.make --out FOLDER --episodes N --seed S`.

Shards that are there are kept, so a run that was stopped goes on where it was. Ctrl-C ends it between two episodes; a
shard is written whole or not at all. Several processes, on one machine or many with a shared folder, make one set
together, each with its own `--share`: 1/2 and 2/2.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from encore_models.errors import ModelsError
from encore_models.training.action.episodes import Episodes
from encore_models.training.action.plans import split_of
from encore_models.training.action.samples import SPLITS, Sample, shard_path, write_shard

A_SHARD = 20
"""Episodes in a file."""
ABOUT = "about.json"
VERSION = 11
"""Counted up when the same seed gives other episodes."""

Progress = Callable[[str, float], None]
Source = Callable[[int], Iterator[Sample]]
"""The samples of an episode by its number."""


class OtherSamples(ModelsError, ValueError):
    """A folder holds samples that were made otherwise."""

    def __init__(self, folder: Path, there: dict[str, int], wanted: dict[str, int]) -> None:
        super().__init__(f"{folder} holds samples made with {there}, not {wanted}. Take another folder, or delete it")


@dataclass(frozen=True, slots=True)
class Made:
    """What a run made."""

    shards: int
    samples: int
    seconds: float
    kept: int
    """Shards that were there before."""


def make(
    folder: Path,
    episodes: int,
    seed: int,
    source: Source,
    tell: Progress,
    a_shard: int = A_SHARD,
    share: tuple[int, int] = (1, 1),
) -> Made:
    """Make all shards that are not there yet.

    Args:
        folder: Where.
        episodes: How many, of all splits together.
        seed: Of everything.
        source: Gives the samples of an episode.
        tell: Told what is done, 0 to 1.
        a_shard: Episodes in a file.
        share: Which share of the shards is made, from 1, and how many shares there are.

    Raises:
        OtherSamples: The folder holds samples of another seed or version.
    """
    _claim(folder, {"version": VERSION, "seed": seed, "episodes_in_a_shard": a_shard})
    begun, shards, samples, kept = time.monotonic(), 0, 0, 0
    planned = plan_shards(folder, episodes, a_shard)[share[0] - 1 :: share[1]]
    for place, (path, numbers) in enumerate(planned):
        if path.is_file():
            kept += 1
            continue
        found: list[Sample] = []
        for row, number in enumerate(numbers):
            tell(f"{path.name}, {samples + len(found)} samples", (place + row / len(numbers)) / len(planned))
            found += source(number)
        if found:
            write_shard(path, found)
            shards, samples = shards + 1, samples + len(found)
    tell("made", 1.0)
    return Made(shards, samples, time.monotonic() - begun, kept)


def plan_shards(folder: Path, episodes: int, a_shard: int) -> list[tuple[Path, list[int]]]:
    """Each shard with the numbers of its episodes; the first ones hold something of every split."""
    shards: list[tuple[float, Path, list[int]]] = []
    for split in SPLITS:
        numbers = [number for number in range(episodes) if split_of(number) == split]
        for n, first in enumerate(range(0, len(numbers), a_shard)):
            part = numbers[first : first + a_shard]
            # A part that is not full would be another one with more episodes.
            whole = len(part) == a_shard
            path = shard_path(folder, split, n) if whole else _part(folder, split, n, len(part))
            shards.append((n * a_shard / max(1, len(numbers)), path, part))
    return [(path, part) for _, path, part in sorted(shards, key=lambda shard: shard[0])]


def _part(folder: Path, split: str, number: int, length: int) -> Path:
    """The file of a shard that is not full; a longer one takes its place."""
    return folder / f"{split}-{number:05d}-{length}.npz"


def _claim(folder: Path, wanted: dict[str, int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ABOUT
    if path.is_file():
        there = json.loads(path.read_text())
        if there != wanted:
            raise OtherSamples(folder, there, wanted)
    else:
        path.write_text(json.dumps(wanted))


def _share(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r} is no share, such as 1/2")
    return int(number), int(count)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    from encore_models.perception.ui_clip import UiClip
    from encore_models.training.action.voices import Spoken
    from encore_models.whisper.prepare import prepare_hearing

    parser = argparse.ArgumentParser(prog="encore_models.training.action.make", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the shards")
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=_share, default=(1, 1), metavar="K/N", help="make only the Kth of N shares")
    parser.add_argument("--hearing", type=Path, default=user_cache_path("encore") / "models" / "whisper-tiny.en")
    options = parser.parse_args(arguments)
    if options.episodes < 1 or options.seed < 0:
        parser.error("--episodes is at least 1, --seed at least 0")
    told = Console(stderr=True)
    try:
        spoken = Spoken.with_whisper(prepare_hearing(options.hearing))
        episodes = Episodes(UiClip.load(), spoken, options.seed)
        with Bar(console=told) as bar:
            task = bar.add_task("making episodes", total=1.0)
            made = make(
                options.out,
                options.episodes,
                options.seed,
                episodes.samples,
                lambda what, done: bar.update(task, description=what, completed=done),
                share=options.share,
            )
    except KeyboardInterrupt:
        told.print("Stopped; what is in whole shards is kept. The same command goes on.")
        return 130
    except (ModelsError, OSError) as error:
        told.print(str(error))
        return 1
    each = made.seconds / max(1, made.samples)
    told.print(
        f"{made.shards} shards with {made.samples} samples in {options.out}, {made.kept} kept; "
        f"{each:.2f} s a sample, {episodes.missed} left out for want of a candidate"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
