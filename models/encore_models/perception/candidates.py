"""Pixels to candidates: the places on a window picture that a person could act on.

A candidate is a box of ink (an icon, a label, a picture) or the frame of an input field, never a guess
between pixels. Long straight lines (frames, grids, edges of a selected row) are taken out of the edge mask
before ink is labelled, because ink that touches one would otherwise grow into half the window. Everything
works on the strength of edges, so colour and theme do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Literal

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from encore_models.perception.crops import are_dots
from encore_models.perception.edges import closed, drawn_along, gradient, over, steps, straight_runs
from encore_models.perception.frames import cells, edges_across, erase_cell, erase_outline, field_frames, is_stacked
from encore_models.perception.ink import boxes, is_ring, outermost, pieces, points, times_usual, whole
from encore_models.perception.joining import BLOCK, LARGEST_INK, join, unjoined
from encore_models.perception.lines import apart
from encore_models.perception.sides import Mask, Sides, areas, held, outside, shared, to_sides
from encore_models.perception.sliders import draggable, tracks
from encore_models.perception.wholes import wholes
from encore_recorder.geometry import Rect

CandidateKind = Literal["icon", "text", "field", "slider", "scroll bar", "picture"]

FRAMES = ("field", "slider")
"""What is typed into one, or where its handle stands, changes."""

INK = 24
"""Grey levels across an edge from which it is ink; grey text of both themes has 70 and more."""
STRONG = 90
"""Grey levels across an edge of a sign that must be read on a photograph."""
SIGN = (8, 48)
"""Pixels of height of such a sign."""
SIGN_PART = 1.4
"""Height of what a sign has grown into over its own."""
WORD_PART = 2.0
"""The same for a wide sign in a label; letters without stems come to 1.75."""
WEAK = 10
"""Grey levels across an edge of a drawing that is greyed out, or of a slider's track."""
MANY = 40
"""Drawings of little contrast from which they are the texture of a photograph."""
FAINT = 6
"""Grey levels across a long straight line; frames may be this faint."""
WALL_FAINT = 5
"""Grey levels between two panels."""
LINE = 64
"""Pixels from which a straight run is a line: longer than a stroke of a heading at 175 %."""
WALL = 96
"""Pixels from which a vertical line keeps apart what is left and right of it."""
THICK = 12
"""Most pixels of its width."""
COVER = 320
"""Pixels of the longer side of a picture on a card."""
CAPTION = 5.0
"""Times its height before one of many fields that its caption ends."""
SLACK, LEAST_TABS = 4, 3
"""Pixels by which what stands in line differs, and tabs beside the marked one from which they are some."""
SMALLEST = 3
TEXT_HEIGHT = (6, 60)
TEXT_ASPECT = 1.7


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that could be a target."""

    box: Rect
    """Pixels of the picture."""
    kind: CandidateKind
    """By shape alone; what stands in a list is for `Scene` to say."""

    @property
    def frame(self) -> str:
        """What it is as a target, if it is known by its outline and place, whatever is in it; empty for ink."""
        return "slider" if self.kind == "scroll bar" else self.kind if self.kind in FRAMES else ""


@dataclass(frozen=True)
class Layout:
    """What a picture holds before anything is read or recognised."""

    candidates: tuple[Candidate, ...]
    """From top to bottom, then left to right."""
    steps: MatLike | None = field(default=None, repr=False, compare=False)
    """Grey levels from before to after each pixel, from left to right; [height, width]."""
    drawn: MatLike | None = field(default=None, repr=False, compare=False)
    """All connected ink, outlines of buttons included; 0 or 1, [height, width]."""

    # Not every search asks for these, so they are made out when one does.

    @cached_property
    def walls(self) -> tuple[Rect, ...]:
        """Long vertical lines, one or a few pixels wide: nothing right of one is in a row with what is left."""
        if self.steps is None:
            return ()
        return tuple(line for line in boxes(straight_runs(self.steps, 1, WALL_FAINT, WALL)) if line.width <= THICK)

    @cached_property
    def wholes(self) -> tuple[Candidate, ...]:
        """Drawings of which only parts are candidates; besides these, for who asks for them."""
        if self.drawn is None:
            return ()
        found = [candidate.box for candidate in self.candidates if not candidate.frame]
        return tuple(Candidate(box, "icon") for box in wholes(boxes(self.drawn), found))


def layout(image: NDArray[np.uint8]) -> Layout:
    """Find the candidates of a picture.

    Args:
        image: BGR [height, width, 3]; one that is too small for any ink holds nothing.
    """
    if min(image.shape[:2]) < SMALLEST:
        return Layout(())
    planes = cv2.split(image)
    edges = gradient(planes)
    faint = over(edges, FAINT)
    steps_down, steps_across = steps(planes, 0), steps(planes, 1)
    across, down = straight_runs(steps_down, 0, FAINT, LINE), straight_runs(steps_across, 1, FAINT, LINE)
    straight = cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8))
    ink = cv2.bitwise_and(over(edges, INK), 1 - straight)
    lines = boxes(across)
    frames = field_frames(edges_across(lines, across), faint)
    for frame in frames:
        erase_outline(ink, frame)
    drawn = closed(ink)
    for cell in cells(steps_across, faint, ink):
        if not is_ring(cell.box, ink):
            erase_cell(ink, cell)

    weak = over(edges, WEAK)
    faintly = boxes(weak)
    grips, bars, lone = draggable(lines, boxes(down), faintly, weak, image)
    # A field with an arrow at its end has two pieces too.
    bars = [bar for bar in bars if bar.height > bar.width or not any(_meet(bar, frame) for frame in frames)]
    parts, outlined, shells = pieces(ink)
    # Before labels are put together, for one may stand close to its slider.
    parts = outside(parts, (*grips, *bars))
    things = [part for box in join(parts, ink) for line in apart(box, ink) for part in unjoined(line, ink)]
    things += [box for box in boxes(straight) if _is_cover(box, straight)]
    found = [candidate for box in outermost(things) if (candidate := _by_shape(box)) is not None]
    found += [Candidate(box, "icon") for box in _new(whole(parts, shells, ink), found)]
    found += _signs(cv2.bitwise_and(over(edges, STRONG), 1 - straight), found, outlined)
    found += [Candidate(point, "icon") for point in points(faintly, weak)]
    found = [_as_drawn(candidate, faint, image) for candidate in found]
    found = list(compress(found, ~np.any(held([c.box for c in found], (*grips, *bars)), axis=1)))
    found += _disabled(faintly, weak, edges, straight, found)
    bars += lone
    fields = _fields(frames, [c.box for c in found])
    lines = [line for line in lines if not any(_meet(line, other) for other in (*frames, *grips, *bars))]
    sliders = grips + tracks(lines, outside([c.box for c in found], bars), image)
    found += [Candidate(slider, "slider") for slider in sliders] + [Candidate(bar, "scroll bar") for bar in bars]
    found += [Candidate(frame, "field") for frame in fields]
    found.sort(key=lambda candidate: (candidate.box.top, candidate.box.left))
    return Layout(tuple(found), steps_across, drawn)


def candidates(image: NDArray[np.uint8]) -> list[Candidate]:
    """Only the candidates of `layout`."""
    return list(layout(image).candidates)


# Ink


def _signs(ink: MatLike, found: Sequence[Candidate], outlined: Sequence[Rect]) -> list[Candidate]:
    """Drawings and labels of strong contrast that have grown into something larger, as over a photograph.

    Args:
        ink: Of strong contrast, 0 or 1, [height, width].
        found: What may be what they grew into.
        outlined: The same; of what is taken for an outline of buttons nothing but the signs in it was found.
    """
    large = [box for box in join(boxes(closed(ink)), ink) if SIGN[0] <= box.height <= SIGN[1] and box.width >= SIGN[0]]
    signs = [sign for box in large if (sign := _by_shape(box)) is not None and sign.kind != "picture"]
    sides = to_sides([*(candidate.box for candidate in found), *outlined])
    words = np.array([candidate.kind == "text" for candidate in found] + [False] * len(outlined), bool)
    own = to_sides([sign.box for sign in signs])
    x, y, low = (own[:, 0] + own[:, 2])[:, None] // 2, (own[:, 1] + own[:, 3])[:, None] // 2, own[:, 3] - own[:, 1]
    over = (sides[:, 0] <= x) & (x < sides[:, 2]) & (sides[:, 1] <= y) & (y < sides[:, 3])  # [signs, found]
    # Part of a line of text is as high as the line, or as high as an x in it.
    part = np.where(own[:, 2] - own[:, 0] >= TEXT_ASPECT * low, WORD_PART, SIGN_PART)
    times = np.where(words, part[:, None], SIGN_PART)
    higher = (sides[:, 3] - sides[:, 1] >= times * low[:, None]) & (areas(sides) > 2 * areas(own)[:, None])
    return list(compress(signs, np.any(over, axis=1) & np.all(higher | ~over, axis=1)))


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


def _as_drawn(candidate: Candidate, faint: MatLike, image: NDArray[np.uint8]) -> Candidate:
    """A small picture with open sides is a drawing at a large scale; three dots are one too, and no word."""
    box = candidate.box
    if candidate.kind == "text" and are_dots(image, box):
        return Candidate(box, "icon")
    if candidate.kind != "picture" or max(box.width, box.height) > 2 * BLOCK:
        return candidate
    return candidate if _along_sides(box, faint, 3) >= 0.7 else Candidate(box, "icon")


def _disabled(
    parts: Sequence[Rect], weak: MatLike, edges: MatLike, straight: MatLike, found: Sequence[Candidate]
) -> list[Candidate]:
    """Drawings of so little contrast that nothing of them is ink, as of what cannot be pressed now."""
    loud = cv2.bitwise_or(over(edges, INK), straight)
    alone = [
        box
        for box in parts
        if SIGN[0] <= box.height <= SIGN[1]
        and 4 <= box.width <= 2 * SIGN[1]
        and not cv2.countNonZero(loud[box.top : box.bottom, box.left : box.right])
    ]
    if len(alone) > MANY * times_usual(weak):
        return []  # a photograph
    drawings = [box for box in join(alone, weak) if min(box.width, box.height) >= SIGN[0]]
    shapes = [shape for box in drawings if (shape := _by_shape(box)) is not None]
    own = to_sides([shape.box for shape in shapes])
    taken = shared(own, to_sides([c.box for c in found])).max(axis=1, initial=0)
    return [shape for shape, much in zip(shapes, taken.tolist(), strict=True) if much < 0.5 * shape.box.area]


def _new(boxes: Sequence[Rect], found: Sequence[Candidate]) -> list[Rect]:
    """The boxes that are none of what was found."""
    own, others = to_sides(boxes), to_sides([c.box for c in found])
    both = shared(own, others)
    same = both >= 0.7 * (areas(own)[:, None] + areas(others) - both)
    return list(compress(boxes, ~np.any(same, axis=1)))


def _meet(box: Rect, other: Rect) -> bool:
    shared = box.intersection(other)
    return shared is not None and shared.area >= 0.5 * box.area


def _is_cover(outline: Rect, straight: MatLike) -> bool:
    """Whether lines close a square on all four sides, as round a picture."""
    if min(outline.width, outline.height) < LINE or max(outline.width, outline.height) > COVER:
        return False
    if not 0.8 <= outline.width / outline.height <= 1.25:
        return False
    return _along_sides(outline, straight, 5) >= 0.8


def _along_sides(box: Rect, mask: MatLike, thick: int) -> float:
    """Which share of each side of a box is drawn, 0 to 1, of the side that is drawn least."""
    inside = mask[box.top : box.bottom, box.left : box.right]
    lying, upright = (inside[:thick], inside[-thick:]), (inside[:, :thick], inside[:, -thick:])
    return min(drawn_along(side, axis) for axis, sides in enumerate((lying, upright)) for side in sides)


# Fields


def _fields(frames: Sequence[Rect], found: Sequence[Rect]) -> list[Rect]:
    """The frames that are input fields."""
    within = held(found, frames)
    free = list(compress(found, ~np.any(within, axis=1)))
    beside = to_sides(free)
    fields = []
    for number, frame in enumerate(frames):
        inside = sorted(compress(found, within[:, number]), key=lambda box: box.left)
        if (
            _is_field(frame, inside)
            and not _is_marked_row(inside[:2], beside)
            and not _is_marked_tab(inside, free)
            and not _is_item(frame, inside, frames, free)
            and (inside or not _is_on_cover(frame, found))
        ):
            fields.append(frame)
    return fields


def _is_field(frame: Rect, inside: Sequence[Rect]) -> bool:
    """Whether a frame holds what an input field holds: at most a sign, one text at the left, one more sign."""
    texts = [box for box in inside if _is_wide(box)]
    if len(inside) > 4 or len(texts) > 2 or any(box.height > 0.75 * frame.height for box in inside):
        return False
    if not inside:
        return True
    before, after = inside[0].left - frame.left, frame.right - inside[-1].right
    if not texts and frame.right - inside[0].left <= 1.5 * frame.height * len(inside):
        return True  # an empty one, with signs or an arrow at its end
    # A button centres its label; a field begins at its left.
    return before <= 1.2 * frame.height and (before < 0.5 * after or len(inside) > 1)


def _is_on_cover(frame: Rect, found: Sequence[Rect]) -> bool:
    """Whether a frame without anything in it is made of colours of a picture."""
    covers = (box for box in found if LINE <= min(box.width, box.height) <= max(box.width, box.height) <= COVER)
    return any(cover.intersection(frame) == frame for cover in covers)


def _is_item(frame: Rect, inside: Sequence[Rect], frames: Sequence[Rect], free: Sequence[Rect]) -> bool:
    """Whether a frame right above or below its like is an entry of a list: of a form each has a caption before it."""
    if not any(_is_wide(box) for box in inside):
        return False
    stacked = any(is_stacked(frame, other) for other in frames)
    return stacked and not any(
        0 <= frame.left - box.right <= CAPTION * frame.height and frame.top <= box.center.y < frame.bottom
        for box in free
        if _is_wide(box)  # drawings end the rows of a list beside it
    )


def _is_marked_row(cells: Sequence[Rect], free: Sides) -> bool:
    """Whether a frame marks an entry of a list: its first cells stand in columns with entries that have no frame."""
    middles = free[:, 1] + (free[:, 3] - free[:, 1]) // 2
    columns = [set((middles[_in_column(free, cell)] // 6).tolist()) for cell in cells]
    # Middles of one row may fall into neighbouring bins.
    return len(columns) == 2 and sum(bool({y - 1, y, y + 1} & columns[1]) for y in columns[0]) >= 3


def _is_marked_tab(inside: Sequence[Rect], free: Sequence[Rect]) -> bool:
    """Whether a frame marks one of several entries side by side: each is a sign and, as far beside it, its name."""
    if len(inside) != 2 or _is_wide(inside[0]) or not _is_wide(inside[1]):
        return False
    sign, name = inside
    level = [box for box in free if abs(box.center.y - name.center.y) <= SLACK]
    names = [box.left for box in level if _is_wide(box) and 0.5 <= box.height / name.height <= 2]
    signs = [box for box in level if not _is_wide(box) and 0.6 <= box.height / sign.height <= 1.7]
    gap = name.left - sign.center.x
    alike = (any(abs(left - box.center.x - gap) <= SLACK for left in names) for box in signs)
    return sum(alike) >= LEAST_TABS


def _in_column(others: Sides, cell: Rect) -> Mask:
    """Which of the others stand in a column with a cell."""
    left, top, right, bottom = others.T
    width, height, wide = right - left, bottom - top, _is_wide(cell)
    # Words begin or end together; among many of them some have the same middle by accident, as drawings do.
    ends = (left - cell.left, right - cell.right) if wide else (left + width // 2 - cell.center.x,)
    fits = ((width >= TEXT_ASPECT * height) == wide) & (2 * height >= cell.height) & (height <= 2 * cell.height)
    return np.asarray(fits & (np.abs(ends).min(axis=0) <= SLACK), bool)


def _is_wide(box: Rect) -> bool:
    return box.width >= TEXT_ASPECT * box.height
