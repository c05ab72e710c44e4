"""Connected ink: what is a piece of a label or drawing, and what only the outline of a button around it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import cv2
import numpy as np
from cv2.typing import MatLike

from encore_models.perception.edges import closed
from encore_models.perception.joining import BLOCK, join
from encore_models.perception.sides import Mask, Sides, areas, shared, to_sides
from encore_recorder.geometry import Rect

MOST = 12_000
"""Pieces from which a picture is noise, with nothing to find; the fullest screens have a third of it."""
USUAL = 1920 * 1080
"""Pixels of a picture up to which that holds; larger ones show more."""
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
DOT = 10
"""Pixels of the largest dot of a grid."""
GRID = 6
"""Dots in a row and in a column from which they are a grid."""


def outlines(mask: MatLike) -> list[tuple[Rect, list[Rect]]]:
    """The boxes of connected pixels, each with the boxes of the holes in it."""
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None or len(contours) > MOST * times_usual(mask):
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
    if hierarchy is None or len(contours) > MOST * times_usual(mask):
        return []
    outer = np.flatnonzero(hierarchy[0][:, 3] < 0).tolist()
    return [Rect(*cv2.boundingRect(contours[number])) for number in outer]


def times_usual(mask: MatLike) -> float:
    """How many times as much a picture may show as a usual one; at least 1."""
    return max(1.0, float(mask.shape[0] * mask.shape[1]) / USUAL)


def pieces(ink: MatLike) -> tuple[list[Rect], list[Rect], list[Rect]]:
    """All connected ink but outlines of buttons and dots of a grid, so that what is clicked is the sign in them.

    Side by side outlines would grow together, and round a button the outline drowns the sign.

    Args:
        ink: 0 or 1, [height, width].

    Returns:
        The ink, all outlines, and those of them that may be drawings themselves: a disc with a cross, a clock with its
        hands.
    """
    rings = outlines(closed(ink))
    sides = to_sides([box for box, _ in rings])
    dots = _in_a_grid(sides, ink)
    found: list[Rect] = []
    outlined: list[Rect] = []
    shells: list[Rect] = []
    for (box, holes), dot in zip(rings, dots.tolist(), strict=True):
        full = [hole for hole in holes if (sign := _within(hole, sides)) and _is_amid(sign, hole, 4)]
        if full:
            # Where the sign touches one of two outlines that touch, the button stands for it.
            found += [hole for hole in holes if hole not in full and _is_square_button(hole)]
            outlined.append(box)
            shells += [box] if len(full) == 1 and _may_be_drawing(box, ink) else []
        elif not dot and not _is_bevel(box, sides, ink):
            found.append(box)
    return found, outlined, shells


def whole(parts: Sequence[Rect], shells: Sequence[Rect], ink: MatLike) -> list[Rect]:
    """The drawings that outlines make together with what is in and at them.

    Args:
        parts: All other ink.
        shells: The outlines, of `pieces`.
        ink: 0 or 1, [height, width].
    """
    if not shells:
        return []
    middles = to_sides([Rect(part.center.x, part.center.y, 1, 1) for part in parts])
    close = np.any(shared(middles, to_sides([shell.grown(SHELL[1] // 4) for shell in shells])), axis=1)
    drawings = join([*compress(parts, close), *shells], ink)
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
    alone = list(compress(tiny, _alone(to_sides(tiny), mask)))
    return alone if len(alone) <= GRID else []


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
        grid[dots] = _alone(sides[dots], ink)
    return grid if int(grid.sum()) >= GRID * GRID else np.zeros(len(sides), bool)


def _alone(dots: Sides, ink: MatLike) -> Mask:
    """Which dots have no other ink near them."""
    if not len(dots):
        return np.zeros(0, bool)
    sums = np.asarray(cv2.integral(ink), np.int32)  # one more row and column than the ink
    height, width = ink.shape[:2]
    around = np.clip(dots + np.array([-DOT, -DOT, DOT, DOT]), 0, (width, height, width, height))
    own, near = (
        sums[b[:, 3], b[:, 2]] - sums[b[:, 1], b[:, 2]] - sums[b[:, 3], b[:, 0]] + sums[b[:, 1], b[:, 0]]
        for b in (dots, around)
    )
    return np.asarray(own == near, bool)


def _within(box: Rect, sides: Sides) -> Rect | None:
    """What of the ink stands inside of a box that may be a button's."""
    if not BUTTON[0] <= box.height <= BUTTON[1] or not 0.7 * box.height <= box.width <= 12 * box.height:
        return None
    inside = sides[
        (sides[:, 0] > box.left) & (sides[:, 1] > box.top) & (sides[:, 2] < box.right) & (sides[:, 3] < box.bottom)
    ]
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


def outermost(boxes: Sequence[Rect]) -> list[Rect]:
    """Drop what lies inside a squarish block: details of a cover, the drawing in a round button."""
    blocks = [b for b in boxes if BLOCK <= min(b.width, b.height) <= 128 and 0.6 <= b.width / b.height <= 1.7]
    if not blocks:
        return list(boxes)
    sides, around = to_sides(boxes), to_sides(blocks)
    area = areas(sides)[:, None]
    inside = (areas(around) > area) & (shared(sides, around) >= 0.9 * area)
    return list(compress(boxes, ~np.any(inside, axis=1)))
