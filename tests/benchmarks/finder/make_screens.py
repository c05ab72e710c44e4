"""Draw a data set for the finder: `python -m tests.benchmarks.finder.make_screens --folder runs/finder/rendered`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from tests.benchmarks.finder import render_html, render_player, render_qt
from tests.benchmarks.finder.dataset import GONE, SHOWN, Screen, queries, write_screen
from tests.benchmarks.finder.icon_source import Split, typefaces
from tests.benchmarks.finder.sheet_changes import Series, series
from tests.benchmarks.finder.sheet_photos import COUNT, photos
from tests.benchmarks.finder.sheet_truth import Image, as_drawn, moved, things_of

TURNS = ("qt", "html", "qt", "html", "player")
"""The toolkits of the first, second, ... screen; the player shows fewer kinds of things than sheets do."""
TOGETHER = 6
"""Screens drawn by one start of a toolkit; their pictures are kept in memory until then."""


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the screens and say how many queries they hold."""
    flags = argparse.ArgumentParser(prog="make_screens", description="Draw screens with ground truth.")
    flags.add_argument("--folder", type=Path, required=True)
    flags.add_argument("--split", choices=get_args(Split), default="dev")
    flags.add_argument("--screens", type=int, default=24)
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument("--only", choices=sorted(set(TURNS)), action="append", help="may be repeated")
    chosen = flags.parse_args(argv)
    began, counts = time.monotonic(), Counter[tuple[str, str]]()
    for screen, images in make(
        chosen.split, chosen.screens, chosen.seed, [turn for turn in TURNS if not chosen.only or turn in chosen.only]
    ):
        write_screen(chosen.folder, screen, images)
        asked = list(queries(screen))
        counts.update((query.picture, query.shown.kind) for query in asked)
        print(f"{screen.id}: {len(asked)} queries", flush=True)  # noqa: T201
    _tell(counts, time.monotonic() - began)
    return 0


def make(split: Split, count: int, seed: int, turns: Sequence[str]) -> Iterator[tuple[Screen, Mapping[str, Image]]]:
    """Screens of a split, each turn from a toolkit."""
    faces = typefaces(split)
    with tempfile.TemporaryDirectory() as folder:
        pictures = photos(Path(folder), 0 if split == "dev" else COUNT)
        for toolkit in sorted(set(turns)):
            numbers = [n for n in range(count) if turns[n % len(turns)] == toolkit]
            if toolkit == "player":
                for screen, images in render_player.screens(split, len(numbers), seed, faces):
                    yield of_seed(screen, seed), images
                continue
            plans = [series(split, place, seed, toolkit, faces) for place, _ in enumerate(numbers)]
            for first in range(0, len(plans), TOGETHER):
                for screen, images in _drawn(toolkit, split, first, plans[first : first + TOGETHER], pictures):
                    yield of_seed(screen, seed), images


def of_seed(screen: Screen, seed: int) -> Screen:
    """The screen by a name of its own among those of all seeds."""
    return replace(screen, id=f"{screen.id}_{seed}") if seed else screen


def _drawn(
    toolkit: str, split: Split, offset: int, plans: Sequence[Series], pictures: Sequence[Path]
) -> Iterator[tuple[Screen, Mapping[str, Image]]]:
    """Draw several screens together, which saves starting a toolkit for each."""
    shots = [shot for plan in plans for shot in plan.shots]
    draw_all = render_html.draw_all if toolkit == "html" else render_qt.draw_all
    drawn = dict(draw_all(shots, pictures))
    first = 0
    for number, plan in enumerate(plans, offset):
        things, images = {}, {}
        for index, shot in enumerate(plan.shots, first):
            image, places = drawn.pop(index)
            listed = tuple(things_of(shot, places, plan.targets))
            if shot.picture == "moved":
                image, listed = moved(image, listed, plan.moved, number)
            elif shot.picture == "hover":
                listed = as_drawn(listed, image, images[SHOWN])
            things[shot.picture], images[shot.picture] = listed, image
        first += len(plan.shots)
        slots = {t.id: plan.slots[t.id] for t in things[SHOWN] if t.id in plan.slots}
        yield Screen(f"{toolkit}_{split}_{number:02}", toolkit, split, things, slots), images


def _tell(counts: Mapping[tuple[str, str], int], seconds: float) -> None:
    kinds = sorted({kind for _, kind in counts})
    print(f"{'':10}" + "".join(f"{kind:>10}" for kind in kinds))  # noqa: T201
    for picture in dict.fromkeys(picture for picture, _ in counts):
        print(f"{picture:10}" + "".join(f"{counts.get((picture, kind), 0):10}" for kind in kinds))  # noqa: T201
    gone = sum(count for (picture, _), count in counts.items() if picture in GONE)
    print(f"{sum(counts.values())} queries, {gone} of what is gone, {seconds:.0f} s")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
