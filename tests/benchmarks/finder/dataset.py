"""What the finder is measured on: pictures of windows, and what stands where on each of them.

A dataset is a folder of screens. A screen is a folder with `screen.json` and one PNG for each picture: `shown.png`, as
it was when the demonstration was recorded, and others on which the same things are looked for. A thing keeps its id on
all pictures of a screen; where it is not listed, it is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from encore_recorder.geometry import Point, Rect

Kind = Literal["icon", "text", "row", "row_icon", "field", "slider", "blank"]
"""What a thing is to the person who clicks it. A row and what stands in it belong to a list; a slider is a track with a
handle; blank is a place in a canvas where nothing is drawn."""

State = Literal["", "hover", "pressed", "focused"]
"""How a control is drawn while the pointer or the keyboard is on it; empty as it rests."""

ProgramSplit = Literal["dev", "final", "fresh"]
"""Thresholds are fitted on dev; the figures that count come from final. Fresh programs are measured beside those."""
SHOWN = "shown"
PRESENT = (
    "same",
    "moved",
    "resized",
    "reflow",
    "theme",
    "s125",
    "s150",
    "s175",
    "font",
    "renamed",
    "reordered",
    "hover",
)
"""Pictures on which one thing changed. `moved` is the window's content at another place of a larger picture."""
REFILLED, FEW = "refilled", "few"
"""Pictures on which lists show other things, as after another search, and among them what is asked for; and on which
they show a few of theirs only."""
TOGETHER = ("hard", "all")
"""`hard`: scale, theme, font and labels together; `all`: everything at once."""
GONE = ("absent", "lookalike", "covered")
"""Pictures on which things of the shown one are gone, replaced by others that look or read like them, or covered by
a dialog. What is not gone there is no query of these pictures."""
UNCHANGED = 0.0005
"""Share of a picture's pixels up to which nothing changed on it: in a window of 900 x 620 one icon of 16 pixels. A
caret that blinks is less; one renamed label, the least that is drawn on purpose, is more (from 0.08 %)."""


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can be clicked."""

    id: str
    kind: Kind
    box: Rect
    """Where a click is right: the whole control, in pixels of the picture."""
    text: str = ""
    """What it reads."""
    row: str = ""
    """Title of the row it is in, for rows and what stands in them."""
    name: str = ""
    """What it is called where it has no text: accessible name or the name of its icon."""
    click: Point | None = None
    """Where a person clicks; None is the middle."""
    covered: bool = False
    """Whether something lies over it."""
    query: bool = True
    """Whether it is looked for; False only counts for the recall of candidates."""
    state: State | None = None
    """How it is drawn; None where that is not known."""

    @property
    def point(self) -> Point:
        """Where a person clicks on it."""
        return self.click or self.box.center


@dataclass(frozen=True, slots=True)
class Screen:
    """One window in many states."""

    id: str
    toolkit: str
    """qt, html, player, or the program's name for a real one."""
    split: ProgramSplit
    pictures: Mapping[str, tuple[Thing, ...]]
    """What stands on each picture, by the picture's name (`shown`, one of the above)."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Ids of shown rows and row icons whose row is chosen by what was said, and the title that is asked for; looked for
    as well as the shown row. The answer is the thing of the same kind in the row of that title."""


@dataclass(frozen=True, slots=True)
class Query:
    """Find a thing of the shown picture on another one."""

    screen: Screen
    picture: str
    shown: Thing
    answer: Thing | None
    """None: it is not there, and any click is wrong."""
    said: str | None = None
    """The title that was asked for; None for what does not follow speech."""


SCREENS: TypeAdapter[Screen] = TypeAdapter(Screen)


def write_screen(folder: Path, screen: Screen, images: Mapping[str, NDArray[np.uint8]]) -> None:
    """Write a screen and its pictures, BGR [height, width, 3], into its folder below `folder`."""
    place = folder / screen.id
    place.mkdir(parents=True, exist_ok=True)
    for name, image in images.items():
        cv2.imwrite(str(place / f"{name}.png"), image, [cv2.IMWRITE_PNG_COMPRESSION, 2])
    (place / "screen.json").write_bytes(SCREENS.dump_json(screen, indent=1))


def read_screens(folder: Path) -> list[Screen]:
    """All screens of a dataset, by id."""
    return [SCREENS.validate_json(path.read_bytes()) for path in sorted(folder.glob("*/screen.json"))]


def read_image(folder: Path, screen: Screen, picture: str) -> NDArray[np.uint8]:
    """A picture of a screen, BGR [height, width, 3]."""
    image = cv2.imread(str(folder / screen.id / f"{picture}.png"))
    if image is None:
        raise FileNotFoundError(f"there is no picture {picture!r} of {screen.id} in {folder}")
    return np.asarray(image, np.uint8)


def without_unchanged(folder: Path, screen: Screen) -> Screen:
    """The screen without pictures on which the change is not to be seen: not every program follows every setting.

    Such a picture has practically the pixels of `same` or of `shown`. `same` itself and `moved` stay.
    """
    plain = {name: read_image(folder, screen, name) for name in (SHOWN, "same") if name in screen.pictures}

    def changed(picture: str) -> bool:
        if picture in (*plain, "moved"):
            return True
        image = read_image(folder, screen, picture)
        return all(differing(image, other) > UNCHANGED for other in plain.values())

    return replace(screen, pictures={name: things for name, things in screen.pictures.items() if changed(name)})


def differing(image: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Share of the pixels of two pictures [height, width, 3] that are not the same, 0 to 1; 1 where a size differs."""
    return float((image != other).any(axis=2).mean()) if image.shape == other.shape else 1.0


def queries(screen: Screen) -> Iterator[Query]:
    """Everything that can be asked of a screen."""
    shown = [thing for thing in screen.pictures[SHOWN] if thing.query and not thing.covered]
    for picture, things in screen.pictures.items():
        if picture == SHOWN:
            continue
        there = {thing.id: thing for thing in things}
        for thing in shown:
            now = there.get(thing.id)
            visible = now if now is not None and not now.covered else None
            if (visible is None) == (picture in GONE):
                yield Query(screen, picture, thing, visible)
            if (title := screen.slots.get(thing.id)) is not None:
                yield from _said(screen, picture, thing, title)


def _said(screen: Screen, picture: str, shown: Thing, title: str) -> Iterator[Query]:
    """The same thing in the row that was asked for, if that row can be told by its title."""
    same = [t for t in screen.pictures[picture] if t.row == title and _role(t) == _role(shown)]
    if len(same) > 1:
        return
    answer = same[0] if same and not same[0].covered else None
    if (answer is None) == (picture in GONE):
        yield Query(screen, picture, shown, answer, title)


def _role(thing: Thing) -> tuple[str, str]:
    """What it is in its row: ids of what stands in rows are `role:row`."""
    return thing.kind, thing.id.partition(":")[0]
