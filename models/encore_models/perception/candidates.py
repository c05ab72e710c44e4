"""Pixels to candidates: the places on a window picture that a person could act on.

A candidate is a box of ink (an icon, a label, a picture) or the frame of an input field, never a guess
between pixels. Long straight lines (frames, grids, edges of a selected row) are taken out of the edge mask
before ink is labelled, because ink that touches one would otherwise grow into half the window. Everything
works on the strength of edges, so colour and theme do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from encore_recorder.geometry import Rect

CandidateKind = Literal["icon", "text", "field", "slider", "picture"]

FRAMES = ("field", "slider")
"""What is typed into one, or where its handle stands, changes."""

INK = 24
"""Grey levels across an edge from which it is ink; grey text of both themes has 70 and more."""
STRONG = 90
"""Grey levels across an edge of a sign that must be read on a photograph."""
SIGN = (8, 48)
"""Pixels of height of such a sign."""
FAINT = 6
"""Grey levels across a long straight line; frames may be this faint."""
WALL_FAINT = 5
"""Grey levels between two panels."""
LINE = 64
"""Pixels from which a straight run is a line: longer than a stroke of a heading at 175 %."""
WALL = 96
"""Pixels from which a vertical line keeps apart what is left and right of it."""
SMALLEST = 3
LARGEST_INK = 96
"""Pixels of height; larger ink is a picture or decoration of the page."""
TEXT_HEIGHT = (6, 60)
TEXT_ASPECT = 1.7
BUTTON = (18, 96)
"""Pixels of height of a button's outline."""
STRAIGHT = 0.85
"""Share of an outline that straight edges make up."""
LEAST_ICON = 13
"""Pixels of height from which a squarish piece may be a drawing of its own; letters of 100 % are lower."""
WORD_ASPECT = 1.9
"""Width over height from which a piece is a word; wide drawings are below."""
FIELD_HEIGHT = (18, 90)
FIELD_WIDTH = 90
FIELD_ASPECT = 3.0
BLOCK = 28
"""Pixels from which a squarish piece of ink swallows what lies in it: a cover, a round button."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that could be a target."""

    box: Rect
    """Pixels of the picture."""
    kind: CandidateKind
    """By shape alone; what stands in a list is for `Scene` to say."""

    @property
    def frame(self) -> str:
        """Its kind, if it is known by its outline and its place, whatever is in it; empty for ink."""
        return self.kind if self.kind in FRAMES else ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a picture holds before anything is read or recognised."""

    candidates: tuple[Candidate, ...]
    """From top to bottom, then left to right."""
    walls: tuple[Rect, ...]
    """Long vertical lines, one or a few pixels wide: nothing right of one is in a row with what is left."""


def layout(image: NDArray[np.uint8]) -> Layout:
    """Find the candidates and the walls of a picture.

    Args:
        image: BGR [height, width, 3]; one that is too small for any ink holds nothing.
    """
    if min(image.shape[:2]) < SMALLEST:
        return Layout((), ())
    edges = _strongest(cv2.morphologyEx(image, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    faint = (edges > FAINT).astype(np.uint8)
    across, down = _lines(image, 0, FAINT, LINE), _lines(image, 1, FAINT, LINE)
    straight = cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8))
    ink = ((edges > INK) & (straight == 0)).astype(np.uint8)
    lines = _boxes(across)
    frames = _frames(lines, faint)
    for frame in frames:
        _erase_outline(ink, frame)

    boxes = _join(_without_buttons(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8))))
    boxes += [box for box in _boxes(straight) if _is_cover(box, straight)]
    found = [candidate for box in _outermost(boxes) if (candidate := _by_shape(box)) is not None]
    found += _signs(((edges > STRONG) & (straight == 0)).astype(np.uint8), found)
    fields = [frame for frame in frames if _is_field(frame, found) and not _is_marked_row(frame, frames, found)]
    found += _sliders([line for line in lines if not any(_inside(line, frame) for frame in frames)], found)
    found += [Candidate(frame, "field") for frame in fields]
    found.sort(key=lambda candidate: (candidate.box.top, candidate.box.left))
    walls = tuple(line for line in _boxes(_lines(image, 1, WALL_FAINT, WALL)) if line.width <= 12)
    return Layout(tuple(found), walls)


def candidates(image: NDArray[np.uint8]) -> list[Candidate]:
    """Only the candidates of `layout`."""
    return list(layout(image).candidates)


def _strongest(channels: MatLike) -> MatLike:
    """The largest of the three colours at each pixel; [height, width]."""
    blue, green, red = cv2.split(channels)
    return cv2.max(cv2.max(blue, green), red)


def _lines(image: MatLike, axis: int, levels: int, length: int) -> MatLike:
    """Where straight lines run, along rows (axis 0) or columns (axis 1); 0 or 1, [height, width].

    Args:
        image: BGR [height, width, 3].
        axis: Direction.
        levels: Grey levels that the step across the line must exceed.
        length: Pixels that it must run.

    Only the step across the line counts: the tops of a word's letters make a long run of edges, but between
    two letters nothing changes from above to below.
    """
    ahead, behind = (image[2:], image[:-2]) if axis == 0 else (image[:, 2:], image[:, :-2])
    step = np.zeros(image.shape[:2], np.uint8)
    inner = step[1:-1] if axis == 0 else step[:, 1:-1]
    inner[:] = _strongest(cv2.absdiff(ahead, behind)) > levels
    along, beside = ((1, length), (5, 1)) if axis == 0 else ((length, 1), (1, 5))
    # The two flanks of a thin line become one.
    runs = cv2.morphologyEx(step, cv2.MORPH_OPEN, np.ones(along, np.uint8))
    return cv2.morphologyEx(runs, cv2.MORPH_CLOSE, np.ones(beside, np.uint8))


def _boxes(mask: MatLike) -> list[Rect]:
    """The boxes of connected pixels."""
    return [box for box, _ in _outlines(mask)]


def _outlines(mask: MatLike) -> list[tuple[Rect, list[Rect]]]:
    """The boxes of connected pixels, each with the boxes of the holes in it."""
    contours, hierarchy = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    if hierarchy is None:
        return []
    # A quarter of the time that labelling every pixel takes. Outer contours have no parent, holes no child.
    boxes = [Rect(*(int(side) for side in cv2.boundingRect(contour))) for contour in contours]
    holes: dict[int, list[Rect]] = {}
    for box, (_, _, _, parent) in zip(boxes, hierarchy[0], strict=True):
        if parent >= 0:
            holes.setdefault(int(parent), []).append(box)
    return [
        (box, holes.get(number, []))
        for number, (box, (_, _, _, parent)) in enumerate(zip(boxes, hierarchy[0], strict=True))
        if parent < 0
    ]


# Ink


def _signs(ink: MatLike, found: Sequence[Candidate]) -> list[Candidate]:
    """Drawings and labels of strong contrast that have grown into something larger, as over a photograph."""
    sides = np.array([(c.box.left, c.box.top, c.box.right, c.box.bottom) for c in found], np.int32).reshape(-1, 4)
    signs = []
    for box in _join(_boxes(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 3), np.uint8)))):
        sign = _by_shape(box)
        if sign is None or sign.kind == "picture" or not SIGN[0] <= box.height <= SIGN[1] or box.width < SIGN[0]:
            continue
        x, y = box.center.x, box.center.y
        over = sides[(sides[:, 0] <= x) & (x < sides[:, 2]) & (sides[:, 1] <= y) & (y < sides[:, 3])]
        # Part of a line of text is as high as the line.
        if len(over) and (over[:, 3] - over[:, 1]).min() >= 1.4 * box.height and _smallest(over) > 2 * box.area:
            signs.append(sign)
    return signs


def _smallest(sides: NDArray[np.int32]) -> int:
    """Pixels of the smallest of the boxes, left, top, right and bottom [n, 4]."""
    return int(((sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])).min())


def _without_buttons(ink: MatLike) -> list[Rect]:
    """All connected ink but the outlines of buttons, so that what is clicked is the drawing or the label in them.

    Side by side they would grow together, and round a button the outline drowns the sign.
    """
    outlines = _outlines(ink)
    sides = np.array([(b.left, b.top, b.right, b.bottom) for b, _ in outlines], np.int32).reshape(-1, 4)
    return [
        box
        for box, holes in outlines
        if not any((sign := _within(hole, sides)) and _is_amid(sign, hole) for hole in holes)
        and not _is_bevel(box, sides, ink)
    ]


def _within(box: Rect, sides: NDArray[np.int32]) -> Rect | None:
    """What of the ink, as left, top, right and bottom [n, 4], stands inside of a box that may be a button's."""
    if not BUTTON[0] <= box.height <= BUTTON[1] or not 0.7 * box.height <= box.width <= 12 * box.height:
        return None
    begins, ends = (sides[:, :2] > (box.left, box.top)), (sides[:, 2:] < (box.right, box.bottom))
    inside = sides[begins.all(axis=1) & ends.all(axis=1)]
    if not len(inside):
        return None
    (left, top), (right, bottom) = inside[:, :2].min(axis=0), inside[:, 2:].max(axis=0)
    sign = Rect(int(left), int(top), int(right - left), int(bottom - top))
    return sign if min(sign.width, sign.height) >= 2 * SMALLEST else None


def _is_amid(sign: Rect, button: Rect) -> bool:
    """Whether the sign stands clear of the button's outline, in the middle of its height."""
    above, below = sign.top - button.top, button.bottom - sign.bottom
    beside = min(sign.left - button.left, button.right - sign.right)
    return min(above, below, beside) >= max(4.0, 0.1 * button.height) and abs(above - below) <= 0.3 * button.height


def _is_bevel(box: Rect, sides: NDArray[np.int32], ink: MatLike) -> bool:
    """Whether connected ink is the edges of one or more buttons that light and shadow leave open."""
    sign = _within(box, sides)
    if sign is None or not _is_amid(sign, box):
        return False
    edges = ink[box.top : box.bottom, box.left : box.right].copy()
    within = sides - (box.left, box.top, box.left, box.top)
    for left, top, right, bottom in within[
        ((within[:, :2] > 0) & (within[:, 2:] < (box.width, box.height))).all(axis=1)
    ]:
        edges[top:bottom, left:right] = 0
    straight = cv2.bitwise_or(
        *(cv2.morphologyEx(edges, cv2.MORPH_OPEN, np.ones(k, np.uint8)) for k in ((1, 12), (12, 1)))
    )
    return float(straight.sum()) >= STRAIGHT * float(edges.sum())


def _join(boxes: Iterable[Rect]) -> list[Rect]:
    """Put letters and words of one line together, dots over their letters, and the parts of one icon."""
    left_to_right = sorted((b for b in boxes if not _stroke(b)), key=lambda box: (box.left, box.top))
    while True:
        joined = _join_once(left_to_right)
        if len(joined) == len(left_to_right):
            return joined
        left_to_right = joined


def _stroke(box: Rect) -> bool:
    """A text cursor or what is left of a rounded frame."""
    return box.width <= 6 and box.height > 6 * box.width


def _join_once(boxes: Sequence[Rect]) -> list[Rect]:
    """One pass from left to right; the result is sorted in the same way."""
    done: list[Rect] = []
    open_boxes: list[Rect] = []
    for box in boxes:
        reach = [b for b in open_boxes if box.left - b.right <= LARGEST_INK]
        done += [b for b in open_boxes if box.left - b.right > LARGEST_INK]
        partner = next((b for b in reach if _belong(b, box)), None)
        if partner is not None:
            reach.remove(partner)
            box = _hull(partner, box)
        open_boxes = [*reach, box]
    return sorted(done + open_boxes, key=lambda box: (box.left, box.top))


def _belong(a: Rect, b: Rect) -> bool:
    """Whether two pieces of ink are one thing, by their gap against their size."""
    if max(a.height, b.height) > LARGEST_INK:
        return False
    gap_x = max(a.left, b.left) - min(a.right, b.right)
    gap_y = max(a.top, b.top) - min(a.bottom, b.bottom)
    low, high = sorted((a.height, b.height))
    if gap_y < 0 and -gap_y >= 0.5 * low:
        if high > TEXT_HEIGHT[1]:
            return False
        small = a if a.height == low else b
        if low < 0.45 * high and small.width <= 0.6 * high:
            return gap_x <= max(4.0, 0.25 * min(high, BLOCK))  # a dot, dash or comma after its word
        return gap_x <= _reach(a, b)
    if gap_x < 0 and 0 <= gap_y <= 0.35 * high and low <= 0.4 * high and high <= 48:
        small = a if a.height == low else b
        return small.width <= 0.6 * high  # the dot of an i, an accent
    hull = _hull(a, b)
    same_width = min(a.width, b.width) >= 0.6 * max(a.width, b.width) and -gap_x >= 0.6 * min(a.width, b.width)
    if not same_width or hull.width > 48 or gap_y < 0 or hull.height > 1.3 * hull.width:
        return False
    # The bars of a menu icon, thinner than letters; or two halves of a drawing, closer than lines of text.
    return (low <= 8 and gap_y <= 0.3 * hull.width) or (gap_y <= 2 and hull.height >= 0.75 * hull.width)


def _reach(a: Rect, b: Rect) -> float:
    """Pixels across which two pieces side by side are still one: letters and words of a line, strokes of a drawing."""
    short, tall = (a, b) if a.height <= b.height else (b, a)
    near = max(3.0, 0.22 * short.height)
    if tall.height < LEAST_ICON:
        # Small letters: nothing that is clicked is as small and stands as close.
        return max(4.0, 0.55 * short.height)
    word = max(a.width / a.height, b.width / b.height) >= WORD_ASPECT
    if not word:
        return near  # two drawings of a toolbar, or two letters of a heading
    squarish = tall.width < WORD_ASPECT * tall.height
    if squarish and tall.height > 1.2 * short.height:
        return 2.0  # a drawing beside its label
    return max(4.0, 0.5 * short.height) if tall.height <= 1.75 * short.height else near


def _hull(a: Rect, b: Rect) -> Rect:
    left, top = min(a.left, b.left), min(a.top, b.top)
    return Rect(left, top, max(a.right, b.right) - left, max(a.bottom, b.bottom) - top)


def _outermost(boxes: Sequence[Rect]) -> list[Rect]:
    """Drop what lies inside a squarish block: details of a cover, the drawing in a round button."""
    blocks = [b for b in boxes if BLOCK <= min(b.width, b.height) <= 2 * LINE and 0.6 <= b.width / b.height <= 1.7]
    return [
        box
        for box in boxes
        if not any(block is not box and block.area > box.area and _inside(box, block) for block in blocks)
    ]


def _inside(box: Rect, block: Rect) -> bool:
    shared = box.intersection(block)
    return shared is not None and shared.area >= 0.9 * box.area


def _by_shape(box: Rect) -> Candidate | None:
    if max(box.width, box.height) < 2 * SMALLEST or min(box.width, box.height) < SMALLEST:
        return None
    # Three dots are about three times as wide as high, and lower than any word as short.
    dots = box.height < 10 and box.width <= 3.3 * box.height
    if TEXT_HEIGHT[0] <= box.height <= TEXT_HEIGHT[1] and box.width >= TEXT_ASPECT * box.height and not dots:
        return Candidate(box, "text")
    if box.height <= LARGEST_INK and box.width <= 3 * LARGEST_INK:
        squarish = 0.75 <= box.width / box.height <= 1.35
        return Candidate(box, "picture" if squarish and min(box.width, box.height) >= 1.3 * BLOCK else "icon")
    return Candidate(box, "picture") if min(box.width, box.height) >= BLOCK else None


def _sliders(lines: Sequence[Rect], found: Sequence[Candidate]) -> list[Candidate]:
    """Tracks with their handles: a line thick enough to take hold of, or one with a handle on it."""
    tracks: list[Rect] = []
    for line in sorted((line for line in lines if line.height <= 16 and line.width <= 900), key=lambda b: b.left):
        handle = next((c.box for c in found if _is_handle(c.box, line)), None)
        if handle is None and line.height < 6:
            continue
        whole = line if handle is None else _hull(line, handle)
        # The handle parts its track in two.
        before = next((t for t in tracks if _level(t, whole) and whole.left <= t.right), None)
        if before is not None:
            tracks.remove(before)
            whole = _hull(before, whole)
        tracks.append(whole)
    return [Candidate(track, "slider") for track in tracks]


def _is_handle(box: Rect, track: Rect) -> bool:
    """Whether a drawing sits on a track like a handle."""
    squarish = 0.4 <= box.width / box.height <= 2.5 and 7 <= box.height <= 48
    return squarish and _level(box, track) and track.left - box.width <= box.center.x <= track.right + box.width


def _level(a: Rect, b: Rect) -> bool:
    return abs(a.center.y - b.center.y) <= 3


def _is_cover(outline: Rect, straight: MatLike) -> bool:
    """Whether lines close a square on all four sides, as round a picture."""
    if min(outline.width, outline.height) < LINE or max(outline.width, outline.height) > 320:
        return False
    if not 0.8 <= outline.width / outline.height <= 1.25:
        return False
    inside = straight[outline.top : outline.bottom, outline.left : outline.right]
    sides = (inside[:5].any(axis=0), inside[-5:].any(axis=0), inside[:, :5].any(axis=1), inside[:, -5:].any(axis=1))
    return all(float(side.mean()) >= 0.8 for side in sides)


# Fields


def _frames(lines: Sequence[Rect], faint: MatLike) -> list[Rect]:
    """Rectangles, square or rounded, made of a line above, one below, and edges at both sides."""
    frames: list[Rect] = []
    by_top = sorted((line for line in lines if line.width >= FIELD_WIDTH - FIELD_HEIGHT[1] // 2), key=lambda b: b.top)
    for index, upper in enumerate(by_top):
        for lower in by_top[index + 1 :]:
            height = lower.bottom - upper.top
            if height > FIELD_HEIGHT[1]:
                break
            if height < FIELD_HEIGHT[0] or not _same_span(upper, lower):
                continue
            if (frame := _closed(upper, lower, faint)) is not None:
                frames.append(frame)
                break
    return frames


def _same_span(upper: Rect, lower: Rect) -> bool:
    near = 0.05 * max(upper.width, lower.width) + 4
    return abs(upper.left - lower.left) <= near and abs(upper.right - lower.right) <= near


def _closed(upper: Rect, lower: Rect, faint: MatLike) -> Rect | None:
    """The frame that the two lines are part of, or None where a side is open."""
    top, height = upper.top, lower.bottom - upper.top
    left = _side(faint, top, height, min(upper.left, lower.left), -1)
    right = _side(faint, top, height, max(upper.right, lower.right) - 1, 1)
    if left is None or right is None or right - left < max(FIELD_WIDTH, FIELD_ASPECT * height):
        return None
    return Rect(left, top, right - left + 1, height)


def _side(faint: MatLike, top: int, height: int, end: int, outward: int) -> int | None:
    """The column where the frame ends near the end of its lines, or None.

    Rounded ends reach out by up to half of the height. An edge that goes on above or below is a panel's.
    """
    first, last = end - 4 * outward, end + (height // 2 + 4) * outward
    left, right = max(0, min(first, last)), max(0, max(first, last) + 1)
    inset = height // 6
    if not _upright(faint[top + inset : top + height - inset, left:right], 0.85):
        return None
    middle = faint[top + height // 3 : top + height - height // 3, left:right].mean(axis=0) >= 0.85
    columns = (left + np.flatnonzero(middle)).tolist()
    # The outermost edge that ends with the frame; a sign inside it lies further in.
    for column in columns if outward < 0 else reversed(columns):
        beside = slice(max(0, column - 2), column + 3)
        above = faint[max(0, top - 3 - height // 3) : max(0, top - 3), beside]
        below = faint[top + height + 3 : top + height + 3 + height // 3, beside]
        if not _upright(above, 0.9) and not _upright(below, 0.9):
            return int(column)
    return None


def _upright(strip: MatLike, share: float) -> bool:
    """Whether an edge runs down the strip, through at least this share of its rows."""
    return bool(strip.size) and float(strip.any(axis=1).mean()) >= share


def _erase_outline(ink: MatLike, frame: Rect) -> None:
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


def _is_field(frame: Rect, found: Sequence[Candidate]) -> bool:
    """Whether a frame holds what an input field holds: at most a sign, one text at the left, one more sign."""
    inside = sorted((c.box for c in found if _inside(c.box, frame)), key=lambda box: box.left)
    texts = [box for box in inside if box.width >= TEXT_ASPECT * box.height]
    if len(inside) > 4 or len(texts) > 2 or any(box.height > 0.75 * frame.height for box in inside):
        return False
    if not inside:
        return True
    before, after = inside[0].left - frame.left, frame.right - inside[-1].right
    # A button centres its label; a field begins at its left.
    return before <= 1.2 * frame.height and (before < 0.7 * after or len(inside) > 1)


def _is_marked_row(frame: Rect, frames: Sequence[Rect], found: Sequence[Candidate]) -> bool:
    """Whether a frame marks an entry of a list: what is in it stands in columns with entries that have no frame."""
    inside = sorted((c.box for c in found if _inside(c.box, frame)), key=lambda box: box.left)[:2]
    free = [c.box for c in found if not any(_inside(c.box, other) for other in frames)]
    columns = [{box.center.y // 6 for box in free if _in_column(box, cell)} for cell in inside]
    # Middles of one row may fall into neighbouring bins.
    return len(columns) == 2 and sum(bool({y - 1, y, y + 1} & columns[1]) for y in columns[0]) >= 2


def _in_column(box: Rect, cell: Rect) -> bool:
    edges = (box.left - cell.left, box.right - cell.right, box.center.x - cell.center.x)
    return min(abs(edge) for edge in edges) <= 4 and 0.5 <= box.height / max(1, cell.height) <= 2
