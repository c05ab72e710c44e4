"""Rectangles that straight lines make: frames of input fields, outlines of buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from cv2.typing import MatLike

from encore_models.perception.edges import closed, drawn_along, opened, over
from encore_models.perception.ink import boxes
from encore_recorder.geometry import Rect

FIELD_HEIGHT = (18, 90)
STRAIGHT = 0.85
"""Share of a frame's height, but for its corners, that a straight side takes up."""
FLAT = 48
"""Pixels of height of a frame up to which its round end is straight in its middle third."""
TWO_EDGES = 5
"""Pixels of height from which a straight line may be two."""
FIELD_WIDTH = 90
FIELD_ASPECT = 3.0
CELL = (22, 96)
"""Pixels of height of a button that straight edges close."""
EDGE = 10
"""Grey levels across such an edge."""
THICK = 5
"""Pixels of such an edge, with light and shadow."""
ROUND = 3
"""Pixels of its corners."""
ACROSS = 0.8
"""Share of its width from which ink runs from side to side."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A button of straight edges."""

    left: Rect
    right: Rect
    """Its sides, as thick as they are."""

    @property
    def box(self) -> Rect:
        """All of it, its edges included."""
        return Rect(self.left.left, self.top, self.right.right - self.left.left, self.bottom - self.top)

    @property
    def top(self) -> int:
        """Where its upper edge begins."""
        return min(self.left.top, self.right.top)

    @property
    def bottom(self) -> int:
        """Where its lower edge ends."""
        return max(self.left.bottom, self.right.bottom)

    @property
    def edge(self) -> int:
        """Pixels of its upper and lower edge; sides of neighbours may have become one."""
        return max(side.width if side.width <= THICK else (side.width + 1) // 2 for side in (self.left, self.right))


# Frames


def field_frames(lines: Sequence[Rect], faint: MatLike) -> list[Rect]:
    """Rectangles, square or rounded, made of a line above, one below, and edges at both sides."""
    frames: list[Rect] = []
    among: list[Rect] = []
    by_top = sorted((line for line in lines if line.width >= FIELD_WIDTH - FIELD_HEIGHT[1] // 2), key=lambda b: b.top)
    for index, upper in enumerate(by_top):
        for number, lower in enumerate(by_top[index + 1 :], index + 1):
            height = lower.bottom - upper.top
            if height > FIELD_HEIGHT[1]:
                break
            if height < FIELD_HEIGHT[0] or not _same_span(upper, lower):
                continue
            if (frame := _closed(upper, lower, faint)) is not None:
                frames.append(frame)
                break
            frame = _closed(upper, lower, faint, among_others=True)
            if frame is not None and not any(_divides(line, frame) for line in by_top[index + 1 : number]):
                among.append(frame)
                break
    alone = len(frames)
    frames = _apart([*frames, *among])
    stacked = [frame for frame in frames[alone:] if any(is_stacked(frame, other) for other in frames)]
    return sorted([*frames[:alone], *stacked], key=lambda frame: (frame.top, frame.left))


def edges_across(lines: Sequence[Rect], runs: MatLike) -> list[Rect]:
    """Straight lines; two of one where frames one above the other make one line, but are not as wide.

    Args:
        lines: The boxes of the runs.
        runs: 0 or 1, [height, width], of `straight_runs`.
    """
    found = []
    for line in lines:
        halves = [_spanned(half, runs) for half in _halves(line)]
        found += [line] if not halves or _same_span(*halves) else halves
    return found


def _halves(line: Rect) -> tuple[Rect, ...]:
    if line.height not in range(TWO_EDGES, 2 * TWO_EDGES):
        return ()
    half = line.height // 2
    return replace(line, height=half), Rect(line.left, line.bottom - half, line.width, half)


def _spanned(half: Rect, lines: MatLike) -> Rect:
    """As far as lines run in it."""
    columns = np.flatnonzero(lines[half.top : half.bottom, half.left : half.right].any(axis=0))
    return replace(half, left=half.left + int(columns[0]), width=int(columns[-1] - columns[0]) + 1)


def _apart(frames: Sequence[Rect]) -> list[Rect]:
    """Frames one above the other, each with its own part of the line between them."""
    trimmed = list(frames)
    for number, frame in enumerate(trimmed):
        for other, below in enumerate(trimmed):
            shared = frame.bottom - below.top
            if frame.top < below.top and 0 < shared < 2 * TWO_EDGES and _same_span(frame, below):
                trimmed[number] = frame = replace(frame, height=frame.height - (shared + 1) // 2)
                trimmed[other] = Rect(below.left, below.top + shared // 2, below.width, below.height - shared // 2)
    return trimmed


def is_stacked(frame: Rect, other: Rect) -> bool:
    """Whether two frames begin, or end, together, one right above the other."""
    gap = max(frame.top, other.top) - min(frame.bottom, other.bottom)
    aligned = min(abs(frame.left - other.left), abs(frame.right - other.right)) <= ROUND
    return frame != other and 0 <= gap <= TWO_EDGES and aligned


def _divides(line: Rect, frame: Rect) -> bool:
    """Whether what seems to be one frame is two of them, one above the other."""
    across = min(line.right, frame.right) - max(line.left, frame.left)
    return across >= frame.width / 2 and frame.top + ROUND <= line.top and line.bottom <= frame.bottom - ROUND


def _same_span(upper: Rect, lower: Rect) -> bool:
    near = 0.05 * max(upper.width, lower.width) + 4
    return abs(upper.left - lower.left) <= near and abs(upper.right - lower.right) <= near


def _closed(upper: Rect, lower: Rect, faint: MatLike, *, among_others: bool = False) -> Rect | None:
    """The frame that the two lines are part of, or None where a side is open.

    Args:
        upper: The line above.
        lower: The line below.
        faint: Where anything changes, 0 or 1, [height, width].
        among_others: There may be others right above and below it, if their round corners leave off between them.
    """
    top, height = upper.top, lower.bottom - upper.top
    left = _side(faint, top, height, min(upper.left, lower.left), -1, among_others)
    if left is None:
        return None
    right = _side(faint, top, height, max(upper.right, lower.right) - 1, 1, among_others)
    if right is None or right - left < max(FIELD_WIDTH, FIELD_ASPECT * height):
        return None
    return Rect(left, top, right - left + 1, height)


def _side(faint: MatLike, top: int, height: int, end: int, outward: int, among_others: bool) -> int | None:
    """The column where the frame ends near the end of its lines, or None.

    Rounded ends reach out by up to half of the height. An edge that goes on above or below is a panel's.
    """
    first, last = end - 4 * outward, end + (height // 2 + 4) * outward
    left, right = max(0, min(first, last)), max(0, max(first, last) + 1)
    inset = height // 6
    if drawn_along(faint[top + inset : top + height - inset, left:right], 1) < 0.85:
        return None
    strip = faint[top : top + height, left:right]
    if height > FLAT:
        strip = cv2.dilate(strip, np.ones((1, 3), np.uint8))
    middle = strip[height // 3 : height - height // 3].mean(axis=0) >= 0.85
    straight = strip[inset : height - inset].mean(axis=0) >= STRAIGHT
    columns = (left + np.flatnonzero(middle)).tolist()
    # The outermost edge that ends with the frame; a sign inside it lies further in. Only round ends are short, so that
    # beside a straight edge a short one is of a sign in the next frame.
    order = sorted(columns, key=lambda column: (not straight[column - left], outward * -column))
    for column in order:
        beside = slice(max(0, column - 2), column + 3)
        above = faint[max(0, top - 3 - height // 3) : max(0, top - 3), beside]
        below = faint[top + height + 3 : top + height + 3 + height // 3, beside]
        goes_on = any(
            drawn_along(part, 1) >= 0.9
            and not (among_others and not faint[max(0, y - ROUND) : y + ROUND, column].all())
            for part, y in ((above, top), (below, top + height))
        )
        if not goes_on and _reached(faint, top, height, sorted((end, column))):
            return int(column)
    return None


def _reached(faint: MatLike, top: int, height: int, columns: Sequence[int]) -> bool:
    """Whether round corners lead from the lines to the side, and it is not a drawing's beside the frame."""
    first, last = columns
    corners = (
        faint[max(0, top - 1) : top + height // 2, first:last],
        faint[top + height // 2 : top + height + 1, first:last],
    )
    return all(not corner.size or drawn_along(corner, 0) == 1 for corner in corners)


def erase_outline(ink: MatLike, frame: Rect) -> None:
    """Take the frame's rounded ends out of the ink, so that the text in it does not grow together with them."""
    inside = np.zeros((frame.height, frame.width), np.uint8)
    border = max(4, frame.height // 6)  # a field with the focus has a thick one
    radius = max(1, frame.height // 2 - border)
    middle = frame.height // 2
    for x in (middle, frame.width - 1 - middle):
        cv2.circle(inside, (x, middle), radius, 1, cv2.FILLED)
    inside[border:-border, middle : frame.width - middle] = 1
    within = ink[frame.top : frame.bottom, frame.left : frame.right]
    within[inside == 0] = 0


# Buttons


def cells(steps: MatLike, faint: MatLike, ink: MatLike) -> list[Cell]:
    """Buttons that straight edges close on all sides and that hold a sign.

    Light and shadow of buttons side by side touch each other and the signs.

    Args:
        steps: From left to right, of `steps`.
        faint: Where anything changes, 0 or 1, [height, width].
        ink: Where something is drawn, 0 or 1, [height, width].
    """
    upright = boxes(closed(opened(over(steps, EDGE), 0, CELL[0])))
    by_top: dict[int, list[Rect]] = {}
    for bar in sorted(upright, key=lambda b: b.left):
        if bar.height <= CELL[1] and bar.width <= 2 * THICK:
            by_top.setdefault(bar.top // 4, []).append(bar)
    found = []
    for row, bars in by_top.items():
        near = [bar for key in (row - 1, row, row + 1) for bar in by_top.get(key, ())]
        for left in bars:
            right = min((b for b in near if _faces(left, b)), key=lambda b: b.left, default=None)
            if right is not None and _holds_a_sign(cell := Cell(left, right), faint, ink):
                found.append(cell)
    return found


def _faces(left: Rect, right: Rect) -> bool:
    """Whether two bars may be the sides of one button."""
    alike = abs(left.top - right.top) <= 4 and abs(left.bottom - right.bottom) <= 4
    return alike and 0.7 * left.height <= right.right - left.left <= 6 * left.height


def _holds_a_sign(cell: Cell, faint: MatLike, ink: MatLike) -> bool:
    """Whether lines close the cell above and below, and a sign is in the middle of its height."""
    first, last = cell.left.right, cell.right.left
    for y in (cell.top, cell.bottom):
        band = faint[max(0, y - 3) : y + 3, first:last]
        if drawn_along(band, 0) < 0.95:
            return False
    held = ink[cell.top + cell.edge : cell.bottom - cell.edge, first:last].copy()
    for corner in (slice(0, ROUND), slice(-ROUND, None)) if min(held.shape) > 2 * ROUND else ():
        held[corner, :ROUND] = held[corner, -ROUND:] = 0
        # What is left of a thick edge runs from side to side.
        held[corner][held[corner].mean(axis=1) >= ACROSS] = 0
    inner = held[:, 1:-1]
    rows, columns = np.flatnonzero(inner.any(axis=1)), np.flatnonzero(inner.any(axis=0))
    if min(len(rows), len(columns)) < 3 or max(len(rows), len(columns)) < 6:
        return False
    height, width = inner.shape
    if max(np.count_nonzero(held[:, :2].all(axis=1)), np.count_nonzero(held[:, -2:].all(axis=1))) > 0.6 * height:
        return False  # the drawing is solid, and its own outline was taken for a button's
    high, wide = abs(rows[0] + rows[-1] + 1 - height), abs(columns[0] + columns[-1] + 1 - width)
    return bool(high <= 0.3 * height and (wide <= 0.3 * width or width > 2 * height))


def erase_cell(ink: MatLike, cell: Cell) -> None:
    """Take the edges of a button out of the ink, and its corners, which may be a little round."""
    first, last, edge = cell.left.right + 1, cell.right.left - 1, cell.edge
    left, right = max(0, cell.left.left - 1), cell.right.right + 1
    top, bottom = max(0, cell.top - ROUND), cell.bottom + ROUND
    ink[top : cell.top + edge, left:right] = 0
    ink[cell.bottom - edge : bottom, left:right] = 0
    ink[top:bottom, left:first] = 0
    ink[top:bottom, last:right] = 0
    for rows in (slice(top, cell.top + edge + ROUND), slice(cell.bottom - edge - ROUND, bottom)):
        ink[rows, first : first + ROUND] = 0
        ink[rows, last - ROUND : last] = 0
