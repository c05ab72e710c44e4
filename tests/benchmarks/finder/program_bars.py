"""Scroll bars that a program tells of: many are drawn under the pointer only, and what is not drawn cannot be found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Rect
from tests.benchmarks.finder.dataset import Thing

Picture = NDArray[np.uint8]

SCROLL_BAR = "scroll bar"
"""The role, with which the ids of such things begin."""
BESIDE, DIFFERS, THUMB = 3, 6, 30
"""Pixels from a scroll bar to what it lies beside, grey levels between them, and pixels of the shortest thumb."""
ABOVE = 2
"""Levels of the tree from a scroll bar to what scrolls."""
THICK = 40
"""Pixels across from which it is a small picture of the page, which is always drawn."""


def drawn(found: Sequence[Thing], picture: Picture) -> tuple[Thing, ...]:
    """The things but scroll bars that a picture, BGR, does not show."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    return tuple(t for t in found if t.covered or not t.id.startswith(f"{SCROLL_BAR}:") or is_drawn(grey, t.box))


def named(found: Sequence[Thing]) -> tuple[Thing, ...]:
    """The things with ids of nameless scroll bars by what they are in: their own places in the tree change.

    A second bar that is there only on a smaller window would else take the id of the first one.
    """
    ids = [_own_name(thing) for thing in found]
    count = Counter(ids)
    return tuple(replace(thing, id=own) if count[own] == 1 else thing for thing, own in zip(found, ids, strict=True))


def _own_name(thing: Thing) -> str:
    role, _, path = thing.id.partition(":@")
    if role != SCROLL_BAR or not path:
        return thing.id
    lies = "lying" if thing.box.width >= thing.box.height else "upright"
    return f"{role}:{lies}@{'.'.join(path.split('.')[:-ABOVE])}"


def is_drawn(grey: Picture, bar: Rect) -> bool:
    """Whether a scroll bar is to be seen: a thumb's length of it differs from what it lies beside.

    Args:
        grey: The picture, [height, width].
        bar: Where the program says that the bar is.
    """
    picture, box = (grey, bar) if bar.height >= bar.width else (grey.T, Rect(bar.top, bar.left, bar.height, bar.width))
    beside = box.left - BESIDE if box.left >= BESIDE else box.right + BESIDE - 1
    if box.width >= THICK or not 0 <= beside < picture.shape[1]:
        return True
    rows = picture[box.top : box.bottom].astype(np.int16)
    # The outermost column may be the edge of what scrolls.
    apart = np.abs(rows[:, box.left + 1 : box.right - 1] - rows[:, [beside]]) > DIFFERS
    runs = np.flatnonzero(np.diff(np.concatenate([[False], apart.any(axis=1), [False]]).astype(np.int8)))
    return bool(len(runs)) and int((runs[1::2] - runs[::2]).max()) >= THUMB
