"""Windows under a piece of another one, as under a dialog, which hides things and holds what looks or reads like them.

What a dialog says and shows is often what its window does: "Settings" over the menu Settings. So one of the labels and
one of the drawings that are hidden stand on the piece as well.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Rect
from tests.benchmarks.finder.dataset import GONE, SHOWN, Query, Screen, Thing, read_image

Image = NDArray[np.uint8]

COVERS = 5
"""Pictures of each screen that are covered."""
PART = (0.4, 0.7)
"""Of the width and height of the window that is covered, and at most of the other one."""
HEAD = 0.18
"""Of a window's height: menus and tool bars, which no dialog has."""
PLACES = 12
"""Places that are tried; the one that hides most is taken, above all of what stands on the piece again."""
HIDDEN = 0.9
"""Of a thing, from which it is gone."""
ELSEWHERE = 100
"""Pixels from its place to where it stands again: nothing would tell that what stands where it stood is another one."""
COMMON = 0.15
"""Share of what two screens show, from which one of them is no other window."""
BORDER = 2
"""Pixels."""
AGAIN = ("text", "icon")
"""Kinds of which one that is hidden stands on the piece."""
OWN, CLEAR = 3, 14
"""Pixels around its ink that are its own, and that are cleared on the piece."""


@dataclass(frozen=True, slots=True)
class Covered:
    """A picture with something over it."""

    image: Image
    """BGR [height, width, 3]."""
    gone: tuple[Query, ...]
    """What was shown, is asked for and is hidden now."""


def covered(folder: Path, screen: Screen, others: Sequence[Screen], seed: int = 0) -> Iterator[Covered]:
    """Pictures of a screen under pieces of other screens, always the same ones.

    Args:
        folder: The dataset's.
        screen: What is covered.
        others: What pieces are taken from; the screen itself and those that show much of the same are left out.
        seed: Decides which pictures, pieces and places.
    """
    dice = random.Random(f"{screen.id} {seed}")
    strangers = [other for other in others if not _alike(screen, other)]
    names = [name for name in screen.pictures if name not in GONE]
    asked = {thing.id: thing for thing in screen.pictures[SHOWN] if thing.query and not thing.covered}
    for name in dice.sample(names, min(COVERS, len(names))) if strangers else ():
        image = read_image(folder, screen, name)
        other = dice.choice(strangers)
        shown_there = dice.choice(sorted(other.pictures))
        piece = _piece(read_image(folder, other, shown_there), image.shape[:2], dice)
        there = [thing for thing in screen.pictures[name] if thing.id in asked]
        places = [_place(piece, image, dice) for _ in range(PLACES)]
        over = max(places, key=lambda place: sum(1 + 3 * (t.kind in AGAIN) for t in _hidden(there, place)))
        hidden = _hidden(there, over)
        _say_again(piece, over, image, hidden, dice)
        image[over.top : over.bottom, over.left : over.right] = piece
        # What does the same in another program is as good as right; that its window is another one, pixels do not tell.
        does = {_does(thing) for thing in other.pictures[shown_there] if thing.kind == "icon"}
        gone = (asked[thing.id] for thing in hidden if thing.kind != "icon" or _does(thing) not in does)
        yield Covered(image, tuple(Query(screen, f"{name} covered", thing, None) for thing in gone))


def _alike(screen: Screen, other: Screen) -> bool:
    """Whether two screens show much of the same, such as a program and itself drawn by another toolkit."""
    own, its = ({_called(thing) for thing in one.pictures[SHOWN]} for one in (screen, other))
    return len(own & its) > COMMON * min(len(own), len(its))


def _called(thing: Thing) -> str:
    return (thing.text or thing.name or thing.id).casefold()


def _does(thing: Thing) -> str:
    """What a control does: the last word of its id, such as of `now-previous` and `Previous`."""
    return re.split(r"\W+", thing.id.casefold())[-1]


def _piece(image: Image, window: tuple[int, ...], dice: random.Random) -> Image:
    """Part of a picture below its head, as large as a dialog of the window, with a border."""
    head = round(HEAD * image.shape[0])
    height, width = (
        min(limit, round(dice.uniform(*PART) * side))
        for limit, side in zip((image.shape[0] - head, image.shape[1]), window, strict=False)
    )
    top, left = head + dice.randint(0, image.shape[0] - head - height), dice.randint(0, image.shape[1] - width)
    piece = image[top : top + height, left : left + width].copy()
    cv2.rectangle(piece, (0, 0), (width - 1, height - 1), (128, 128, 128), BORDER)
    return piece


def _place(piece: Image, image: Image, dice: random.Random) -> Rect:
    height, width = piece.shape[:2]
    left, top = dice.randint(0, image.shape[1] - width), dice.randint(0, image.shape[0] - height)
    return Rect(left, top, width, height)


def _say_again(piece: Image, over: Rect, image: Image, hidden: Sequence[Thing], dice: random.Random) -> None:
    """Draw one hidden thing of each kind on the piece, on ground of its own colour."""
    taken: list[Rect] = []
    for kind in AGAIN:
        some = [thing.box.grown(OWN) for thing in hidden if thing.kind == kind]
        whole = Rect(0, 0, image.shape[1], image.shape[0])
        boxes = [box for box in some if box.intersection(whole) == box]
        box = dice.choice(boxes) if boxes else None
        if box is None or box.width + 2 * CLEAR >= piece.shape[1] or box.height + 2 * CLEAR >= piece.shape[0]:
            continue
        drawn = image[box.top : box.bottom, box.left : box.right].copy()
        place = _place(drawn, piece[2 * CLEAR :, 2 * CLEAR :], dice).moved(CLEAR, CLEAR)
        ground = place.grown(CLEAR)
        moved = over.left + place.left - box.left, over.top + place.top - box.top
        if max(map(abs, moved)) < ELSEWHERE or any(ground.intersection(other) for other in taken):
            continue
        rim = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
        piece[ground.top : ground.bottom, ground.left : ground.right] = np.median(rim, axis=0)
        piece[place.top : place.bottom, place.left : place.right] = drawn
        taken.append(ground)


def _hidden(things: Sequence[Thing], over: Rect) -> list[Thing]:
    shared = [(thing, thing.box.intersection(over)) for thing in things]
    return [thing for thing, both in shared if both is not None and both.area >= HIDDEN * thing.box.area]
