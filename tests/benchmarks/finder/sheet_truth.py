"""From what a renderer drew to what the data set says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Rect
from tests.benchmarks.finder.dataset import GONE, Thing
from tests.benchmarks.finder.sheet import INNER, Drawn, Part, Shot, walk
from tests.benchmarks.finder.sheet_changes import DIALOG

Image = NDArray[np.uint8]

WHOLE = 0.85
"""Share of a control that must be in sight for it to be asked for."""


def things_of(shot: Shot, places: Mapping[str, Drawn], targets: Sequence[str]) -> Iterator[Thing]:
    """What the data set says of a picture: everything in it that can be clicked.

    Args:
        shot: What was drawn.
        places: Where its parts came to stand.
        targets: Ids of what is looked for.
    """
    parts = [part for part in walk(shot.root) if part.id and part.kind]
    letter = 0.5 * shot.look.size * shot.percent / 100
    dialog = places.get(DIALOG)
    cover = Rect(dialog.left, dialog.top, dialog.width, dialog.height) if dialog else None
    for part in parts:
        place = places.get(part.id)
        if part.kind is None or place is None or min(place.width, place.height) < 3:
            continue
        # What is cut off is asked for nowhere; where things are gone, it must not count as one that is gone.
        if place.seen < WHOLE and shot.picture not in GONE:
            continue
        box, title = Rect(place.left, place.top, place.width, place.height), None
        if part.kind == "row":
            controls = [places[p.id] for p in parts if p.kind == "row_icon" and p.row == part.row and p.id in places]
            title = _title(part.row, places, box, letter)
            box = without(box, controls, title)
            title = title.intersection(box) if title else None
        yield Thing(
            part.id,
            part.kind,
            box,
            text=part.text,
            row=part.row,
            name=_name(part),
            click=title.center if title else None,
            covered=cover is not None and not part.id.startswith("dialog") and hides(cover, box, title),
            query=part.id in targets,
            state=part.state,
        )


def _name(part: Part) -> str:
    return part.icon.replace("-", " ") if part.kind in ("icon", "row_icon") else part.text


def without(box: Rect, controls: Sequence[Drawn], title: Rect | None = None) -> Rect:
    """The part of a row's box with most of its title, and the largest of those, in which none of its controls is."""

    def worth(rest: Rect) -> tuple[int, int]:
        titled = rest.intersection(title) if title else None
        return titled.area if titled else 0, rest.area if min(rest.width, rest.height) > 0 else 0

    for control in controls:
        hole = Rect(control.left, control.top, control.width, control.height).intersection(box)
        if hole is not None:
            box = max(
                Rect(box.left, box.top, hole.left - box.left, box.height),
                Rect(hole.right, box.top, box.right - hole.right, box.height),
                Rect(box.left, box.top, box.width, hole.top - box.top),
                Rect(box.left, hole.bottom, box.width, box.bottom - hole.bottom),
                key=worth,
            )
    return box


def _title(row: str, places: Mapping[str, Drawn], box: Rect, letter: float) -> Rect | None:
    """Where a row's title is written; people click its middle."""
    title = places.get(f"{INNER}title:{row}")
    if title is None:
        return None
    # Labels are as wide as their column.
    return Rect(title.left, title.top, min(title.width, round(letter * len(row))), title.height).intersection(box)


def hides(cover: Rect, box: Rect, title: Rect | None) -> bool:
    """Whether nothing is left to see of a control, or the title of a row, without which it cannot be told."""
    shown = title or box
    hidden = shown.intersection(cover)
    return hidden is not None and hidden.area >= (1.0 if title else 0.9) * shown.area


def as_drawn(things: Sequence[Thing], image: Image, resting: Image) -> tuple[Thing, ...]:
    """The things, those at rest that are drawn as they are at rest: not every toolkit has a look for every state.

    Args:
        things: What stands on `image`.
        image: BGR [height, width, 3].
        resting: The same window with everything at rest, the same size.
    """
    changed = (image != resting).any(axis=2)

    def differs(box: Rect) -> bool:
        around = box.grown(1)  # where a ring around it begins
        return bool(changed[max(0, around.top) : around.bottom, max(0, around.left) : around.right].any())

    return tuple(thing if differs(thing.box) else replace(thing, state="") for thing in things)


def moved(
    image: Image, things: Sequence[Thing], by: tuple[int, int, int, int], number: int
) -> tuple[Image, tuple[Thing, ...]]:
    """The window at another place of a larger picture, over a desktop.

    Args:
        image: BGR [height, width, 3].
        things: What stands on it.
        by: Left and top of the window, and room right of it and below, pixels.
        number: Chooses the desktop.
    """
    left, top, right, bottom = by
    height, width = image.shape[:2]
    desktop = np.zeros((top + height + bottom, left + width + right, 3), np.uint8)
    shade = np.linspace(0.5, 1.0, desktop.shape[1])[None, :, None]
    desktop[:] = np.array([(90, 60, 40), (60, 90, 60), (40, 40, 70), (110, 110, 110)][number % 4]) * shade
    desktop[top : top + height, left : left + width] = image
    cv2.rectangle(desktop, (left - 1, top - 1), (left + width, top + height), (30, 30, 30), 1)
    return desktop, tuple(
        replace(thing, box=thing.box.moved(left, top), click=thing.click.moved(left, top) if thing.click else None)
        for thing in things
    )
