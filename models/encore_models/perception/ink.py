"""Connected ink, and which pieces of it are one thing: letters of a label, strokes of a drawing.

Boxes are arrays of left, top, right and bottom [n, 4]: there are hundreds of pieces on a picture, and each
is held against its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from encore_recorder.geometry import Rect

Sides = NDArray[np.int32]
Mask = NDArray[np.bool_]
Gaps = NDArray[np.float64]

MOST = 12_000
"""Pieces from which a picture is noise, with nothing to find; the fullest screens have a third of it."""
LARGEST_INK = 96
"""Pixels of height; larger ink is a picture or decoration of the page."""
LARGEST_TEXT = 60
"""Pixels of height of what may stand in one line."""
BLOCK = 28
"""Pixels from which a squarish piece of ink swallows what lies in it: a cover, a round button."""
BUTTON = (18, 96)
"""Pixels of height of a button's outline."""
SHELL = (14, 52)
"""Pixels to each side of a drawing that is an outline with something in it."""
CORNER = 10
"""Times smaller than a button are its corners, where its edges meet."""
ROUNDED = 0.88
"""Share of its height up to which the straight sides of a drawing reach."""
STRAIGHT = 0.85
"""Share of an outline that straight edges make up."""
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
FARTHEST = (48, 20)
"""Pixels across and down between pieces that may still be one thing."""
DOT = 10
"""Pixels of the largest dot of a grid."""
GRID = 6
"""Dots in a row and in a column from which they are a grid."""


def outlines(mask: MatLike) -> list[tuple[Rect, list[Rect]]]:
    """The boxes of connected pixels, each with the boxes of the holes in it."""
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None or len(contours) > MOST:
        return []
    # A quarter of the time that labelling every pixel takes. Outer contours have no parent, holes no child.
    boxes = [Rect(*cv2.boundingRect(contour)) for contour in contours]
    parents = hierarchy[0][:, 3].tolist()
    holes: dict[int, list[Rect]] = {}
    for box, parent in zip(boxes, parents, strict=True):
        if parent >= 0:
            holes.setdefault(parent, []).append(box)
    return [
        (box, holes.get(number, []))
        for number, (box, parent) in enumerate(zip(boxes, parents, strict=True))
        if parent < 0
    ]


def boxes(mask: MatLike) -> list[Rect]:
    """The boxes of connected pixels."""
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None or len(contours) > MOST:
        return []
    outer = np.flatnonzero(hierarchy[0][:, 3] < 0).tolist()
    return [Rect(*cv2.boundingRect(contours[number])) for number in outer]


def pieces(ink: MatLike) -> tuple[list[Rect], list[Rect]]:
    """All connected ink but outlines of buttons and dots of a grid, so that what is clicked is the sign in them.

    Side by side outlines would grow together, and round a button the outline drowns the sign.

    Args:
        ink: 0 or 1, [height, width].

    Returns:
        The ink, and those outlines that may be drawings themselves: a disc with a cross, a clock with its hands.
    """
    closed = outlines(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8)))
    sides = to_sides([box for box, _ in closed])
    dots = _in_a_grid(sides, ink)
    found: list[Rect] = []
    shells: list[Rect] = []
    for (box, holes), dot in zip(closed, dots.tolist(), strict=True):
        full = [hole for hole in holes if (sign := _within(hole, sides)) and _is_amid(sign, hole, 4)]
        if full:
            # Where the sign touches one of two outlines that touch, the button stands for it.
            found += [hole for hole in holes if hole not in full and _is_square_button(hole)]
            shells += [box] if len(full) == 1 and _may_be_drawing(box, ink) else []
        elif not dot and not _is_bevel(box, sides, ink):
            found.append(box)
    return found, shells


def whole(parts: Sequence[Rect], shells: Sequence[Rect], ink: MatLike) -> list[Rect]:
    """The drawings that outlines make together with what is in and at them.

    Args:
        parts: All other ink.
        shells: The outlines, of `pieces`.
        ink: 0 or 1, [height, width].
    """
    near = [part for part in parts if any(shell.grown(SHELL[1] // 4).contains(part.center) for shell in shells)]
    drawings = join([*near, *shells], ink) if shells else []
    return [
        box
        for box in drawings
        if max(box.width, box.height) <= SHELL[1] and any(box.contains(shell.center) for shell in shells)
    ]


def points(found: Sequence[Rect], mask: MatLike) -> list[Rect]:
    """Dots with nothing near them, smaller than anything else that is looked at: the decimal point of a calculator.

    Args:
        found: The boxes of connected pixels of the mask.
        mask: 0 or 1, [height, width].
    """
    tiny = [box for box in found if 3 <= min(box.width, box.height) <= max(box.width, box.height) <= 5]
    alone = [box for box in tiny if _is_alone([box.left, box.top, box.right, box.bottom], mask)]
    return alone if len(alone) <= GRID else []


def to_sides(boxes: Sequence[Rect]) -> Sides:
    """Left, top, right and bottom of boxes [n, 4]."""
    return np.array([(b.left, b.top, b.right, b.bottom) for b in boxes], np.int32).reshape(-1, 4)


# Outlines


def _in_a_grid(sides: Sides, ink: MatLike) -> Mask:
    """Which pieces are the dots of a canvas: tiny, alone, in rows and in columns."""
    grid = np.zeros(len(sides), bool)
    dots = np.flatnonzero((sides[:, 2:] - sides[:, :2]).max(axis=1, initial=0) <= DOT)
    middle = (sides[:, :2] + sides[:, 2:]) // 2
    for axis in (1, 0):
        _, line, count = np.unique(middle[dots, axis] // 3, return_inverse=True, return_counts=True)
        dots = dots[count[line] >= GRID]
    if len(dots) >= GRID * GRID:
        grid[dots] = [_is_alone(box, ink) for box in sides[dots].tolist()]
    return grid if int(grid.sum()) >= GRID * GRID else np.zeros(len(sides), bool)


def _is_alone(dot: list[int], ink: MatLike) -> bool:
    left, top, right, bottom = dot
    around = ink[max(0, top - DOT) : bottom + DOT, max(0, left - DOT) : right + DOT]
    return cv2.countNonZero(around) == cv2.countNonZero(ink[top:bottom, left:right])


def _within(box: Rect, sides: Sides) -> Rect | None:
    """What of the ink stands inside of a box that may be a button's."""
    if not BUTTON[0] <= box.height <= BUTTON[1] or not 0.7 * box.height <= box.width <= 12 * box.height:
        return None
    begins, ends = (sides[:, :2] > (box.left, box.top)), (sides[:, 2:] < (box.right, box.bottom))
    inside = sides[begins.all(axis=1) & ends.all(axis=1)]
    if not len(inside):
        return None
    (left, top), (right, bottom) = inside[:, :2].min(axis=0), inside[:, 2:].max(axis=0)
    sign = Rect(int(left), int(top), int(right - left), int(bottom - top))
    return sign if min(sign.width, sign.height) >= 6 else None


def _is_amid(sign: Rect, button: Rect, clear: float) -> bool:
    """Whether the sign stands clear of the button's outline by some pixels, in the middle of its height."""
    above, below = sign.top - button.top, button.bottom - sign.bottom
    beside = min(sign.left - button.left, button.right - sign.right)
    clear = max(clear, 0.1 * button.height)
    return min(above, below, beside) >= clear and abs(above - below) <= 0.3 * button.height


def _may_be_drawing(box: Rect, ink: MatLike) -> bool:
    """Whether an outline may be no button's: it is as small as a drawing, and has no corners."""
    if not SHELL[0] <= min(box.width, box.height) <= max(box.width, box.height) <= SHELL[1]:
        return False
    corner = max(2, min(box.width, box.height) // CORNER)
    inside = ink[box.top : box.bottom, box.left : box.right]
    left, right = inside[:, :corner], inside[:, -corner:]
    corners = (left[:corner], left[-corner:], right[:corner], right[-corner:])
    return sum(bool(piece.any()) for piece in corners) <= 2


def is_ring(sides: Rect, ink: MatLike) -> bool:
    """Whether what seem to be the straight sides of a button are those of a ring, as of a clock.

    Args:
        sides: From the left one to the right one.
        ink: 0 or 1, [height, width].
    """
    around = sides.grown(sides.height // 2).intersection(Rect(0, 0, ink.shape[1], ink.shape[0]))
    if around is None or sides.width > SHELL[1]:
        return False
    near = boxes(ink[around.top : around.bottom, around.left : around.right])
    rings = [box.moved(around.left, around.top) for box in near]
    # A button's sides are as high as it is.
    return any(
        ring.overlap(sides) >= 0.5 and sides.height <= ROUNDED * ring.height and _may_be_drawing(ring, ink)
        for ring in rings
    )


def _is_square_button(box: Rect) -> bool:
    return BUTTON[0] <= box.height <= BUTTON[1] / 2 and 0.8 <= box.width / box.height <= 1.25


def _is_bevel(box: Rect, sides: Sides, ink: MatLike) -> bool:
    """Whether connected ink is the edges of one or more buttons that light and shadow leave open."""
    sign = _within(box, sides)
    if sign is None or not _is_amid(sign, box, 2):
        return False
    edges = ink[box.top : box.bottom, box.left : box.right].copy()
    within = sides - (box.left, box.top, box.left, box.top)
    inside = ((within[:, :2] > 0) & (within[:, 2:] < (box.width, box.height))).all(axis=1)
    for left, top, right, bottom in within[inside]:
        edges[top:bottom, left:right] = 0
    straight = cv2.bitwise_or(
        *(cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones(kernel, np.uint8)) for kernel in ((1, 12), (12, 1)))
    )
    return float(straight.sum()) >= STRAIGHT * float(edges.sum())


# What belongs together


def join(boxes: Sequence[Rect], ink: MatLike) -> list[Rect]:
    """Put letters and words of one line together, dots over their letters, and the parts of one icon.

    Args:
        boxes: Of connected ink.
        ink: 0 or 1, [height, width], to tell a drawing beside a label from a letter.
    """
    sides = to_sides([box for box in boxes if not _stroke(box)])
    # Words first: a letter of a label below a drawing is as small as an accent.
    for lines in (True, False):
        while True:
            sides = sides[np.argsort(sides[:, 1], kind="stable")]
            one, other = _neighbours(sides)
            together = _belong(sides[one], sides[other], ink, lines)
            if not together.any():
                break
            sides = _hulls(sides, one[together], other[together])
    sides = sides[np.lexsort((sides[:, 1], sides[:, 0]))]
    return [Rect(left, top, right - left, bottom - top) for left, top, right, bottom in sides.tolist()]


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


def _hulls(sides: Sides, one: NDArray[np.int64], other: NDArray[np.int64]) -> Sides:
    """The boxes round what the pairs chain together."""
    group = np.arange(len(sides))
    while True:
        least = np.minimum(group[one], group[other])
        following = group.copy()
        np.minimum.at(following, one, least)
        np.minimum.at(following, other, least)
        if (following == group).all():
            break
        group = following[following]
    first, group = np.unique(group, return_inverse=True)
    hulls = sides[first].copy()
    np.minimum.at(hulls[:, :2], group, sides[:, :2])
    np.maximum.at(hulls[:, 2:], group, sides[:, 2:])
    return hulls


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
    piece, word = (a, b) if a[2] - a[0] <= b[2] - b[0] else (b, a)
    (width, height), (length, line) = (piece[2:] - piece[:2]).tolist(), (word[2:] - word[:2]).tolist()
    if height < LEAST_ICON or not 0.6 * height <= width <= 1.5 * height or length < WORD_ASPECT * line:
        return False
    top, bottom = _band(word, ink)
    return bool(height > CAPITAL * (bottom - top))


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


def outermost(boxes: Sequence[Rect]) -> list[Rect]:
    """Drop what lies inside a squarish block: details of a cover, the drawing in a round button."""
    blocks = [b for b in boxes if BLOCK <= min(b.width, b.height) <= 128 and 0.6 <= b.width / b.height <= 1.7]
    if not blocks:
        return list(boxes)
    sides, around = to_sides(boxes), to_sides(blocks)
    area = np.prod(sides[:, 2:] - sides[:, :2], axis=1)
    spans = np.minimum(sides[:, None, 2:], around[None, :, 2:]) - np.maximum(sides[:, None, :2], around[None, :, :2])
    shared = np.prod(np.maximum(0, spans), axis=2)
    larger = np.prod(around[:, 2:] - around[:, :2], axis=1)[None] > area[:, None]
    inside = (larger & (shared >= 0.9 * area[:, None])).any(axis=1)
    return [box for box, hidden in zip(boxes, inside.tolist(), strict=True) if not hidden]
