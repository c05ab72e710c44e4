"""Draw a data set for the finder: `python -m tests.benchmarks.finder.make_screens --folder runs/finder/rendered`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Rect
from tests.benchmarks.finder import render_html, render_qt
from tests.benchmarks.finder.dataset import GONE, SHOWN, Screen, Thing, queries, write_screen
from tests.benchmarks.finder.icon_source import Split, typefaces
from tests.benchmarks.finder.sheet import INNER, Drawn, Part, walk
from tests.benchmarks.finder.sheet_changes import DIALOG, Series, series
from tests.benchmarks.finder.sheet_photos import COUNT, photos

Image = NDArray[np.uint8]

WHOLE = 0.85
"""Share of a control that must be in sight for it to be asked for."""
TOOLKITS = ("qt", "html", "player")


def main(argv: Sequence[str] | None = None) -> int:
    """Draw the screens and say how many queries they hold."""
    flags = argparse.ArgumentParser(prog="make_screens", description="Draw screens with ground truth.")
    flags.add_argument("--folder", type=Path, required=True)
    flags.add_argument("--split", choices=get_args(Split), default="dev")
    flags.add_argument("--screens", type=int, default=24)
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument("--only", choices=TOOLKITS, action="append", help="may be repeated")
    chosen = flags.parse_args(argv)
    began, counts = time.monotonic(), Counter[tuple[str, str]]()
    for screen, images in make(chosen.split, chosen.screens, chosen.seed, chosen.only or TOOLKITS):
        write_screen(chosen.folder, screen, images)
        asked = list(queries(screen))
        counts.update((query.picture, query.shown.kind) for query in asked)
        print(f"{screen.id}: {len(asked)} queries", flush=True)  # noqa: T201
    _tell(counts, time.monotonic() - began)
    return 0


def make(
    split: Split, count: int, seed: int, toolkits: Sequence[str]
) -> Iterator[tuple[Screen, Mapping[str, Image]]]:
    """Screens of a split, in turns from the toolkits."""
    faces = typefaces(split)
    with tempfile.TemporaryDirectory() as folder:
        pictures = photos(Path(folder), 0 if split == "dev" else COUNT)
        for toolkit in toolkits:
            numbers = [n for n in range(count) if toolkits[n % len(toolkits)] == toolkit]
            plans = [series(split, place, seed, toolkit, faces) for place, _ in enumerate(numbers)]
            yield from _drawn(toolkit, split, plans, pictures)


def _drawn(
    toolkit: str, split: Split, plans: Sequence[Series], pictures: Sequence[Path]
) -> Iterator[tuple[Screen, Mapping[str, Image]]]:
    """Draw several screens together, which saves starting a toolkit for each."""
    shots = [shot for plan in plans for shot in plan.shots]
    draw_all = render_html.draw_all if toolkit == "html" else render_qt.draw_all
    drawn = dict(draw_all(shots, pictures))
    first = 0
    for number, plan in enumerate(plans):
        things, images = {}, {}
        for index, shot in enumerate(plan.shots, first):
            image, places = drawn.pop(index)
            if shot.picture == "moved":
                image, places = _moved(image, places, plan.moved, number)
            listed = [part for part in walk(shot.root) if part.id and part.kind]
            things[shot.picture] = tuple(_things(shot.picture, listed, places, plan.targets))
            images[shot.picture] = image
        first += len(plan.shots)
        slots = {t.id: plan.slots[t.id] for t in things[SHOWN] if t.id in plan.slots}
        yield Screen(f"{toolkit}_{split}_{number:02}", toolkit, split, things, slots), images


def _things(
    picture: str, parts: Sequence[Part], places: Mapping[str, Drawn], targets: Sequence[str]
) -> Iterator[Thing]:
    """What the data set says of a picture's parts."""
    dialog = places.get(DIALOG)
    cover = Rect(dialog.left, dialog.top, dialog.width, dialog.height) if dialog else None
    for part in parts:
        place = places.get(part.id)
        if part.kind is None or place is None or min(place.width, place.height) < 3:
            continue
        # What is cut off is asked for nowhere; where things are gone, it must not count as one that is gone.
        if place.seen < WHOLE and picture not in GONE:
            continue
        box, title = Rect(place.left, place.top, place.width, place.height), None
        if part.kind == "row":
            controls = [places[p.id] for p in parts if p.kind == "row_icon" and p.row == part.row and p.id in places]
            box = _without(box, controls)
            title = _title(part.row, places, box)
        yield Thing(
            part.id,
            part.kind,
            box,
            text=part.text,
            row=part.row,
            name=part.icon.replace("-", " ") if part.kind in ("icon", "row_icon") else part.text,
            click=title.center if title else None,
            covered=cover is not None and not part.id.startswith("dialog") and _hides(cover, box, title),
            query=part.id in targets,
        )


def _without(box: Rect, controls: Sequence[Drawn]) -> Rect:
    """The largest part of a row's box in which none of its controls is."""
    for control in controls:
        hole = Rect(control.left, control.top, control.width, control.height).intersection(box)
        if hole is not None:
            box = max(
                Rect(box.left, box.top, hole.left - box.left, box.height),
                Rect(hole.right, box.top, box.right - hole.right, box.height),
                Rect(box.left, box.top, box.width, hole.top - box.top),
                Rect(box.left, hole.bottom, box.width, box.bottom - hole.bottom),
                key=lambda rest: rest.area,
            )
    return box


def _title(row: str, places: Mapping[str, Drawn], box: Rect) -> Rect | None:
    """Where a row's title is written; people click its middle."""
    title = places.get(f"{INNER}title:{row}")
    if title is None:
        return None
    # Labels are as wide as their column; letters are less than half as wide as a line is high.
    return Rect(title.left, title.top, min(title.width, round(0.42 * title.height * len(row))), title.height).intersection(box)


def _hides(cover: Rect, box: Rect, title: Rect | None) -> bool:
    """Whether nothing is left to see of a control, or the title of a row, without which it cannot be told."""
    shown = title or box
    hidden = shown.intersection(cover)
    return hidden is not None and hidden.area >= (1.0 if title else 0.9) * shown.area


def _moved(
    image: Image, places: Mapping[str, Drawn], by: tuple[int, int, int, int], number: int
) -> tuple[Image, dict[str, Drawn]]:
    """The window at another place of a larger picture, over a desktop."""
    left, top, right, bottom = by
    height, width = image.shape[:2]
    desktop = np.zeros((top + height + bottom, left + width + right, 3), np.uint8)
    shade = np.linspace(0.5, 1.0, desktop.shape[1])[None, :, None]
    desktop[:] = np.array([(90, 60, 40), (60, 90, 60), (40, 40, 70), (110, 110, 110)][number % 4]) * shade
    desktop[top : top + height, left : left + width] = image
    cv2.rectangle(desktop, (left - 1, top - 1), (left + width, top + height), (30, 30, 30), 1)
    places = {
        name: Drawn(place.left + left, place.top + top, place.width, place.height, place.seen)
        for name, place in places.items()
    }
    return desktop, places


def _tell(counts: Mapping[tuple[str, str], int], seconds: float) -> None:
    kinds = sorted({kind for _, kind in counts})
    print(f"{'':10}" + "".join(f"{kind:>10}" for kind in kinds))  # noqa: T201
    for picture in dict.fromkeys(picture for picture, _ in counts):
        print(f"{picture:10}" + "".join(f"{counts.get((picture, kind), 0):10}" for kind in kinds))  # noqa: T201
    gone = sum(count for (picture, _), count in counts.items() if picture in GONE)
    print(f"{sum(counts.values())} queries, {gone} of what is gone, {seconds:.0f} s")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
