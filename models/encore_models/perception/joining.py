"""Which pieces of ink are one thing: letters of a label, strokes of a drawing.

There are hundreds of pieces on a picture, and each is held against its neighbours, so all pairs are judged at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from encore_models.perception.sides import Mask, Sides, to_sides
from encore_recorder.geometry import Rect

Gaps = NDArray[np.float64]

LARGEST_INK = 96
"""Pixels of height; larger ink is a picture or decoration of the page."""
LARGEST_TEXT = 60
"""Pixels of height of what may stand in one line."""
BLOCK = 28
"""Pixels from which a squarish piece of ink swallows what lies in it: a cover, a round button."""
LEAST_ICON = 13
"""Pixels of height from which a squarish piece may be a drawing of its own; letters of 100 % are lower."""
WORD_ASPECT = 1.9
"""Width over height from which a piece is a word; wide drawings are below."""
SHORT_WORD = 1.4
"""Width over height from which a piece beside a word is rather a short word."""
THIN = 3
"""Pixels of the thinnest line that is drawn, with its edges."""
CAPITAL = 1.5
"""Height of a letter over that of an x; drawings beside a label are higher."""
BOX, SQUARE, STRAIGHT = (10, 26), (0.92, 1.45), 0.65
"""Pixels of height of a box to tick, its width over its height, and the share of each side that is drawn."""
ARROW, POINTED, FAR_OFF = (8, 30), (0.4, 0.85), 0.35
"""Pixels of height of an arrow before a label, its width over its height, and times its height to the label."""
FARTHEST = (48, 20)
"""Pixels across and down between pieces that may still be one thing."""


def join(boxes: Sequence[Rect], ink: MatLike) -> list[Rect]:
    """Put letters and words of one line together, dots over their letters, and the parts of one icon.

    Args:
        boxes: Of connected ink.
        ink: 0 or 1, [height, width], to tell a drawing beside a label from a letter.
    """
    sides = to_sides([box for box in boxes if not _stroke(box)])
    # Words first: a letter of a label below a drawing is as small as an accent.
    for lines in (True, False):
        new = np.ones(len(sides), bool)
        while new.any():
            order = np.argsort(sides[:, 1], kind="stable")
            sides, new = sides[order], new[order]
            one, other = _neighbours(sides)
            # What was not one thing before is none now.
            asked = new[one] | new[other]
            one, other = one[asked], other[asked]
            together = _belong(sides[one], sides[other], ink, lines)
            sides, new = _hulls(sides, one[together], other[together])
    sides = sides[np.lexsort((sides[:, 1], sides[:, 0]))]
    return [Rect(left, top, right - left, bottom - top) for left, top, right, bottom in sides.tolist()]


def unjoined(box: Rect, ink: MatLike) -> list[Rect]:
    """The drawings in ink that was taken for a label: two buttons that touch, or the arrow before the name of a folder.

    Args:
        box: Of ink that belongs together.
        ink: 0 or 1, [height, width].

    Returns:
        The parts from left to right; the box itself where it is one thing.
    """
    if BOX[0] <= box.height <= BOX[1] and 2 * SQUARE[0] <= box.width / box.height <= 2 * SQUARE[1]:
        drawn = np.pad(ink[box.top : box.bottom, box.left : box.right].any(axis=0), 1).astype(np.int8)
        ends = (np.flatnonzero(np.diff(drawn)) + box.left).reshape(-1, 2)
        halves = [Rect(left, box.top, right - left, box.height) for left, right in ends.tolist()]
        if len(halves) == 2 and all(_is_box(half, ink) for half in to_sides(halves)):
            return halves
    if ARROW[0] <= box.height <= ARROW[1] and box.width >= WORD_ASPECT * box.height:
        return _without_arrow(box, ink)
    return [box]


def _without_arrow(box: Rect, ink: MatLike) -> list[Rect]:
    """An arrow that stands before a label, further off than one word from the next, and the label."""
    inside = ink[box.top : box.bottom, box.left : box.left + 2 * box.height]
    across = np.flatnonzero(cv2.reduce(inside, 0, cv2.REDUCE_MAX))
    gaps = np.flatnonzero(np.diff(across) > 1)
    if not len(gaps):
        return [box]
    end, begin = int(across[gaps[0]]) + 1, int(across[gaps[0] + 1])
    if begin - end < FAR_OFF * box.height:
        return [box]
    down = np.flatnonzero(cv2.reduce(inside[:, :end], 1, cv2.REDUCE_MAX))
    arrow = inside[down[0] : down[-1] + 1, :end] > 0
    if not _is_arrow(arrow):
        return [box]
    first = Rect(box.left, box.top + int(down[0]), end, len(arrow))
    return [first, Rect(box.left + begin, box.top, box.width - begin, box.height)]


def _is_arrow(drawn: NDArray[np.bool_]) -> bool:
    """Whether a piece is a bracket that points to the right: open on its left, and with nothing beside its tip."""
    height, width = drawn.shape
    if not (height >= ARROW[0] and POINTED[0] <= width / height <= POINTED[1]):
        return False
    side, edge = max(1, width // 4), max(1, height // 4)
    open_left = not drawn[(height - 1) // 2 : height // 2 + 1, :side].any()
    pointed = not (drawn[:edge, -side:].any() or drawn[-edge:, -side:].any())
    return bool(open_left and pointed and drawn[edge:-edge, -side:].any())


def _stroke(box: Rect) -> bool:
    """A text cursor or what is left of a rounded frame."""
    # What is drawn has edges on both sides, so it is thicker than what is left of an edge that was taken out.
    return (box.width <= 6 and box.height > 6 * box.width) or (box.height < THIN and box.width > 6 * box.height)


def _neighbours(sides: Sides) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs that are near enough to be looked at; the pieces are sorted by their tops."""
    ends = np.searchsorted(sides[:, 1], sides[:, 3] + FARTHEST[1], side="right")
    # Nothing higher is joined, so it needs no neighbours.
    low = sides[:, 3] - sides[:, 1] <= LARGEST_INK
    counts = np.where(low, np.maximum(0, ends - np.arange(len(sides)) - 1), 0)
    one = np.repeat(np.arange(len(sides)), counts)
    before = np.cumsum(counts) - counts
    other = one + 1 + np.arange(len(one)) - np.repeat(before, counts)
    gap = np.maximum(sides[one, 0], sides[other, 0]) - np.minimum(sides[one, 2], sides[other, 2])
    near = (gap <= FARTHEST[0]) & low[other]
    return one[near], other[near]


def _hulls(sides: Sides, one: NDArray[np.int64], other: NDArray[np.int64]) -> tuple[Sides, Mask]:
    """The boxes round what the pairs chain together, and which of them are round more than one."""
    group = np.arange(len(sides))
    while True:
        least = np.minimum(group[one], group[other])
        following = group.copy()
        np.minimum.at(following, one, least)
        np.minimum.at(following, other, least)
        if (following == group).all():
            break
        group = following[following]
    first, group, many = np.unique(group, return_inverse=True, return_counts=True)
    hulls = sides[first].copy()
    np.minimum.at(hulls[:, :2], group, sides[:, :2])
    np.maximum.at(hulls[:, 2:], group, sides[:, 2:])
    return hulls, many > 1


def _belong(a: Sides, b: Sides, ink: MatLike, lines: bool) -> Mask:
    """Whether two pieces of ink are one thing, by their gap against their size; for each pair.

    Args:
        a: One piece of each pair.
        b: The other one.
        ink: 0 or 1, [height, width].
        lines: Only what stands side by side.
    """
    gap_x = np.maximum(a[:, 0], b[:, 0]) - np.minimum(a[:, 2], b[:, 2])
    gap_y = np.maximum(a[:, 1], b[:, 1]) - np.minimum(a[:, 3], b[:, 3])
    lower = a[:, 3] - a[:, 1] <= b[:, 3] - b[:, 1]
    short, tall = np.where(lower[:, None], a, b), np.where(lower[:, None], b, a)
    low, high = short[:, 3] - short[:, 1], tall[:, 3] - tall[:, 1]
    width = short[:, 2] - short[:, 0]
    beside = (gap_y < 0) & (-gap_y >= 0.5 * low)

    at_foot = np.abs(short[:, 3] - tall[:, 3]) <= 0.35 * high
    dot = (low < 0.45 * high) & (width <= np.where(at_foot, 1.3, 0.6) * high)
    # A blank stands before what says that a text was cut off; a short word beside a photograph is higher.
    on_foot = (np.abs(short[:, 3] - tall[:, 3]) <= np.maximum(1, 0.1 * high)) & (low <= 0.25 * high)
    after_a_word = np.maximum(4.0, np.where(on_foot, 0.4, 0.25) * np.minimum(high, BLOCK))
    in_line = beside & (high <= LARGEST_TEXT)
    in_line &= gap_x <= np.where(dot, after_a_word, _reach(short, tall))
    unsure = in_line & ~dot & (gap_x > 2)
    in_line[unsure] = [not _is_drawing(x, y, ink) for x, y in zip(a[unsure], b[unsure], strict=True)]

    # Beside a word only: drawings of a toolbar stand on one line as well.
    across, down = (np.stack((a[:, side + 2] - a[:, side], b[:, side + 2] - b[:, side])) for side in (0, 1))
    aspect = (across / down).max(axis=0)
    narrower_is_lower = np.where(across[0] <= across[1], down[0] <= down[1], down[1] <= down[0])
    word = (aspect >= WORD_ASPECT) | ((aspect >= SHORT_WORD) & narrower_is_lower)
    apart = word & beside & ~in_line & ~dot & (gap_x <= 0.45 * low) & (high >= LEAST_ICON) & (high <= 1.8 * low)
    in_line[apart] = [_on_one_line(x, y, ink) for x, y in zip(a[apart], b[apart], strict=True)]

    if lines:
        return in_line
    accent = ~beside & (gap_x < 0) & (gap_y >= 0) & (low <= 0.4 * high) & (high <= 48)
    accent &= gap_y <= np.maximum(3.0, 0.25 * high)
    # What is below a large drawing, or above it, is a label's.
    accent &= (high <= 36) | (tall[:, 2] - tall[:, 0] < 0.6 * high)
    accent &= width <= 0.6 * high
    # Below the foot of the letters on both sides of it.
    underscore = ~beside & at_foot & (gap_y >= 0) & (gap_y <= 0.15 * high) & (gap_x <= 2) & (low <= 0.3 * high)
    accent |= underscore & (width <= 1.2 * high) & (short[:, 3] >= tall[:, 3])
    return in_line | accent | (~beside & _stacked(a, b, gap_x, gap_y, low))


def _stacked(a: Sides, b: Sides, gap_x: NDArray[np.int32], gap_y: NDArray[np.int32], low: NDArray[np.int32]) -> Mask:
    """Whether pieces one above the other are one drawing."""
    widths = np.stack((a[:, 2] - a[:, 0], b[:, 2] - b[:, 0]))
    narrow, wide = widths.min(axis=0), widths.max(axis=0)
    width = np.maximum(a[:, 2], b[:, 2]) - np.minimum(a[:, 0], b[:, 0])
    height = np.maximum(a[:, 3], b[:, 3]) - np.minimum(a[:, 1], b[:, 1])
    alike = (narrow >= 0.6 * wide) & (-gap_x >= 0.6 * narrow) & (width <= 48) & (gap_y >= 0) & (height <= 1.3 * width)
    # Bars of a menu icon, thinner than letters; or two halves, closer than lines of text.
    bars, halves = (
        (low <= 8) & (gap_y <= 0.3 * width),
        (gap_y <= np.maximum(2.0, 0.1 * height)) & (height >= 0.75 * width),
    )
    # What is drawn on, such as the line below a pencil, may be shorter than the drawing.
    tall = np.maximum(a[:, 3] - a[:, 1], b[:, 3] - b[:, 1])
    ground = (low <= 0.25 * tall) & (narrow >= 0.4 * wide) & (-gap_x >= 0.6 * narrow) & (gap_y <= 0.2 * tall)
    ground &= (tall >= LEAST_ICON) & (width <= 48) & (height <= 1.3 * width) & (width <= 1.4 * tall)
    return np.asarray((alike & (bars | halves)) | ground, bool)


def _reach(short: Sides, tall: Sides) -> Gaps:
    """Pixels across which two pieces side by side are still one: letters and words of a line, strokes of a drawing."""
    low, high = short[:, 3] - short[:, 1], tall[:, 3] - tall[:, 1]
    aspects = (short[:, 2] - short[:, 0]) / low, (tall[:, 2] - tall[:, 0]) / high
    near = np.maximum(3.0, 0.22 * low)
    word = np.maximum(*aspects) >= WORD_ASPECT
    words = np.where(high <= 1.75 * low, np.maximum(4.0, 0.5 * low), near)
    # A drawing beside its label.
    beside_label = (aspects[1] < WORD_ASPECT) & (high > 1.2 * low)
    reach = np.where(word, np.where(beside_label, 2.0, words), near)
    # Small letters: nothing that is clicked is as small and stands as close.
    return np.asarray(np.where(high < LEAST_ICON, np.maximum(4.0, 0.55 * low), reach), float)


def _is_drawing(a: Sides, b: Sides, ink: MatLike) -> bool:
    """Whether one of two pieces is a drawing beside a label, though it is no higher than the label."""
    if _is_box(a, ink) or _is_box(b, ink):
        return True
    piece, word = (a, b) if a[2] - a[0] <= b[2] - b[0] else (b, a)
    (width, height), (length, line) = (piece[2:] - piece[:2]).tolist(), (word[2:] - word[:2]).tolist()
    if height < LEAST_ICON or not 0.6 * height <= width <= 1.5 * height or length < WORD_ASPECT * line:
        return False
    top, bottom = _band(word, ink)
    return bool(height > CAPITAL * (bottom - top))


def _is_box(piece: Sides, ink: MatLike) -> bool:
    """Whether a piece has four straight sides, as a box to tick or the buttons of a panel; no letter of a word has."""
    left, top, right, bottom = piece.tolist()
    if not (BOX[0] <= bottom - top <= BOX[1] and SQUARE[0] <= (right - left) / (bottom - top) <= SQUARE[1]):
        return False
    drawn = ink[top:bottom, left:right] > 0
    return all(_is_straight(side) for side in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]))


def _is_straight(side: NDArray[np.bool_]) -> bool:
    """Whether most of an outermost line is drawn, in one piece: that of "[3]" is in three."""
    places = np.flatnonzero(side)
    return len(places) >= STRAIGHT * len(side) and int(places[-1] - places[0]) == len(places) - 1


def _on_one_line(a: Sides, b: Sides, ink: MatLike) -> bool:
    """Whether the letters of a short word stand on the line of a longer one, though they reach above or below it."""
    (top, bottom), (above, below) = _band(a, ink), _band(b, ink)
    low, high = sorted((bottom - top, below - above))
    # A word of stems, such as "Full", is as high as its stems; drawings are less wide.
    wide = min((s[2] - s[0]) / (s[3] - s[1]) for s in (a, b)) >= SHORT_WORD
    return bool(abs(bottom - below) <= 1 and high <= (CAPITAL if wide else 1.25) * low + 1)


def _band(word: Sides, ink: MatLike) -> tuple[int, int]:
    """Where the letters without stems begin and end."""
    left, top, right, bottom = word.tolist()
    rows = cv2.reduce(ink[top:bottom, left:right], 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    dense = np.flatnonzero(rows >= 0.5 * rows.max())
    return top + int(dense[0]), top + int(dense[-1]) + 1
