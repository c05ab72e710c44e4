"""Bars with something to drag along them: sliders with their handles, scroll bars, across and upright.

Everything is written for bars that lie; an upright one is looked at lying on its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from encore_models.perception.crops import median
from encore_models.perception.edges import differing, drawn_along
from encore_recorder.geometry import Rect

HANDLE = (9, 56)
"""Pixels of height of a slider's handle."""
TRACK = 48
"""Pixels of width of the shortest slider."""
THICK_TRACK = 26
"""Pixels of height of a track's outline at 150 %."""
HIDDEN = 2.5
"""Times its height that a handle takes of a track which it parts, where it is not made out itself."""
LONGEST_TRACK = 2000
LEVEL = 3
"""Pixels by which the middles of a handle and its track may differ."""
FAINT = 6
"""Grey levels between a bar and what is beside it."""
LANE = (6, 32)
"""Pixels between the two lines that a scroll bar lies between, 100 to 175 %."""
SHORTEST_LANE = 90
THUMB = 12
"""Pixels of length of the shortest thumb of a scroll bar, without its round ends."""
ARROW = 2.0
"""Times its thickness that an arrow may take up of each end of a scroll bar."""
LONE = (5, 24)
"""Pixels across of a thumb without anything drawn around it."""
LONGEST_DASH = 120
"""Pixels of the shortest way of such a thumb."""
SCROLLS = 1.5
"""Times the length of a thumb that its way must have, else there is nothing to scroll and it is as long as its bar."""
FULL = (8, 18)
"""Pixels across of such a one: thinner ones part a page, thicker ones are rows of a list."""
MERGED = 3
"""Pixels by which lines reach into what they run along, for the flanks of a thin line are one; its own are within."""
SMOOTH = 0.85
"""Share of the columns of a track that are as the one before."""
LEAST_ARROW = 20
"""Pixels of it, where lines leave little of the thickness."""
LOUD = 0.15
"""Share of a bar's thickness from which something changes there, along the bar."""
LETTER = 8
"""Pixels between two strokes of what is written."""
QUIET = 0.8
"""Share of a scroll bar along which nothing changes."""


def turned(box: Rect) -> Rect:
    """The box on the picture whose rows are this one's columns."""
    return Rect(box.top, box.left, box.height, box.width)


def draggable(
    lying: Sequence[Rect], upright: Sequence[Rect], parts: Sequence[Rect], weak: MatLike, image: NDArray[np.uint8]
) -> tuple[list[Rect], list[Rect], list[Rect]]:
    """Sliders in one piece, scroll bars, and scroll bars of which only the thumb is drawn.

    Args:
        lying: Straight lines along rows.
        upright: Straight lines along columns.
        parts: Connected ink.
        weak: That ink, 0 or 1, [height, width].
        image: BGR [height, width, 3].
    """
    on_its_side, columns = image.transpose(1, 0, 2), [turned(line) for line in upright]
    parts_turned = [turned(part) for part in parts if part.height >= 2 * THUMB]
    bars = scroll_bars(lying, image) + [turned(bar) for bar in scroll_bars(columns, on_its_side)]
    grips = gripped(parts, weak) + [turned(grip) for grip in gripped(parts_turned, weak.T)]
    grips = [grip for grip in grips if not any(grip.overlap(bar) > 0 for bar in bars)]
    lone = [turned(bar) for bar in lone_thumbs(parts_turned, columns, weak.T, on_its_side)]
    # Thinner ones that lie part a page.
    lone += lone_thumbs([part for part in parts if part.height >= FULL[0]], lying, weak, image)
    # What a thumb reaches out of is none.
    bars = [bar for bar in bars if all(bar.overlap(one) == 0 or _holds(bar, one) for one in lone)]
    return grips, bars, [bar for bar in lone if not any(bar.overlap(other) > 0 for other in (*bars, *grips))]


def _holds(bar: Rect, thumb: Rect) -> bool:
    return bar.grown(thumb.height).intersection(thumb) == thumb


# Sliders


def gripped(parts: Sequence[Rect], weak: MatLike) -> list[Rect]:
    """Tracks in one piece with their handles, wherever these stand."""
    return [
        box
        for box in parts
        if TRACK <= box.width <= LONGEST_TRACK
        and HANDLE[0] <= box.height <= HANDLE[1]
        and box.width >= 2.5 * box.height
        and _has_grip(weak[box.top : box.bottom, box.left : box.right])
    ]


def _has_grip(drawing: MatLike) -> bool:
    """Whether the columns of a drawing are as high as a track but for some side by side that are a handle."""
    if drawn_along(drawing, 0) < 0.99:
        return False
    drawn = drawing > 0
    first, last = drawn.argmax(axis=0), drawn.shape[0] - 1 - drawn[::-1].argmax(axis=0)
    height, middle = last - first + 1, (first + last) / 2
    track = float(median(height, axis=0))
    thick = np.flatnonzero(height > track + 3)
    if track > THICK_TRACK or not len(thick) or len(thick) != thick[-1] - thick[0] + 1:
        return False
    handle, thin = int(height.max()), height <= track + 1
    level = np.abs(middle[thin] - np.median(middle[thin])).max() <= 1.5
    # Letters of one height with one that is higher have strokes; a track is the same all along.
    along = (drawn[:, 1:] == drawn[:, :-1]).all(axis=0)[thin[1:] & thin[:-1]]
    if not len(along) or float(along.mean()) < SMOOTH:
        return False
    centred = abs(float(np.median(middle[thick])) - float(np.median(middle[thin]))) <= 1.5 + 0.1 * handle
    return bool(level and centred and handle >= track + 4 and 0.35 * handle <= len(thick) <= 2.5 * handle)


def tracks(lines: Sequence[Rect], drawings: Sequence[Rect], image: NDArray[np.uint8]) -> list[Rect]:
    """Tracks with their handles: a line thick enough to take hold of, or one with a handle on it.

    Args:
        lines: Straight lines that lie.
        drawings: What could be a handle.
        image: BGR [height, width, 3].
    """
    handles = [box for box in drawings if 0.4 <= box.width / box.height <= 2.5 and 7 <= box.height <= 48]
    middles = np.array([box.center.y for box in handles])
    found: list[Rect] = []
    for line in sorted(
        (line for line in lines if line.height <= 16 and line.width <= LONGEST_TRACK), key=lambda b: b.left
    ):
        level = [handles[place] for place in np.flatnonzero(np.abs(middles - line.center.y) <= LEVEL)]
        handle = next((box for box in level if _is_on(box, line)), None)
        if handle is None and (line.height < 6 or not _ends(line, image)):
            continue
        whole = line if handle is None else _hull(line, handle)
        # The handle parts its track in two.
        reach = HIDDEN * line.height if handle is None else 0
        before = next((t for t in found if _level(t, whole) and whole.left <= t.right + reach), None)
        if before is not None:
            found.remove(before)
            whole = _hull(before, whole)
        found.append(whole)
    return found


def _hull(a: Rect, b: Rect) -> Rect:
    left, top = min(a.left, b.left), min(a.top, b.top)
    return Rect(left, top, max(a.right, b.right) - left, max(a.bottom, b.bottom) - top)


def _ends(bar: Rect, image: NDArray[np.uint8]) -> bool:
    """Whether a bar ends on both sides, and is not the gap between two panels."""
    row, reach = image[bar.center.y].astype(np.int16), bar.height
    if bar.left < reach or bar.right + reach > image.shape[1]:
        return False
    before = np.abs(row[bar.left - reach] - row[bar.left + reach]).max()
    after = np.abs(row[bar.right + reach - 1] - row[bar.right - 1 - reach]).max()
    return bool(min(before, after) > FAINT)


def _is_on(handle: Rect, track: Rect) -> bool:
    return track.left - handle.width <= handle.center.x <= track.right + handle.width


def _level(a: Rect, b: Rect) -> bool:
    return abs(a.center.y - b.center.y) <= LEVEL


# Scroll bars


def scroll_bars(lines: Sequence[Rect], image: NDArray[np.uint8]) -> list[Rect]:
    """Lanes between two lines, or a line and the lower edge of the picture, with nothing in them but a thumb.

    Args:
        lines: Straight lines that lie.
        image: BGR [height, width, 3].
    """
    height, width = image.shape[:2]
    by_top = [*_joined(lines), Rect(0, height, width, 1)]
    lanes: list[Rect] = []
    for number, upper in enumerate(by_top):
        for lower in by_top[number + 1 :]:
            if lower.top - upper.bottom > LANE[1]:
                break
            lanes += [lane] if (lane := _lane(upper, lower)) is not None else []
    found: list[Rect] = []
    # The side of a picture beside it makes a bar, too, as long as the picture is.
    for lane in sorted(lanes, key=lambda lane: -lane.width):
        if not any(bar.overlap(lane) > 0 for bar in found) and _has_thumb(lane, image):
            found.append(lane)
    return found


def _joined(lines: Sequence[Rect]) -> list[Rect]:
    """The lines from top to bottom, those as one that go on in each other: a thumb's outline breaks its bar's edge."""
    joined: list[Rect] = []
    for line in sorted(lines, key=lambda line: (line.top, line.left)):
        before = joined[-1] if joined else None
        if before is not None and before.top == line.top and 0 <= line.left - before.right <= MERGED:
            joined[-1] = _hull(before, line)
        else:
            joined.append(line)
    return joined


def _lane(upper: Rect, lower: Rect) -> Rect | None:
    """What is between two lines, as far as both run."""
    left, right = max(upper.left, lower.left), min(upper.right, lower.right)
    top, bottom = upper.bottom, lower.top
    if not LANE[0] <= bottom - top <= LANE[1] or right - left < max(SHORTEST_LANE, 2.5 * (bottom - top)):
        return None
    return Rect(left, top, right - left, bottom - top)


def _has_thumb(lane: Rect, image: NDArray[np.uint8]) -> bool:
    """Whether a lane is of one colour but for one piece of it, bar the arrows at its ends."""
    inset = max(1, lane.height // 6)
    inside = image[lane.top + inset : lane.bottom - inset, lane.left : lane.right]
    change = differing(inside[:, 1:], inside[:, :-1]) > FAINT
    loud = change.mean(axis=0) > LOUD
    places = np.flatnonzero(loud)
    if len(places) > (1 - QUIET) * len(loud) or _has_words(places, 1.6 * lane.height + 6):
        return False
    borders = [0, *places.tolist(), len(loud)]
    pieces = [(first, last) for first, last in pairwise(borders) if last - first > THUMB]
    arrow = max(LEAST_ARROW, round(ARROW * lane.height))
    between = [(first, last) for first, last in pieces if last > arrow and first < len(loud) - arrow]
    # Something else that stands in the lane takes more than a thumb's end.
    gap = 0.6 * lane.height + 4
    middle = inside[inside.shape[0] // 2].astype(np.int16)
    # Lines may go on past the end, round the corner between two scroll bars.
    first, last = arrow + gap, len(loud) - 2 * arrow
    return any(
        _is_thumb(some, middle, gap) and some[0][0] <= first and some[-1][1] >= last for some in (pieces, between)
    )


def _has_words(places: NDArray[np.intp], longest: float) -> bool:
    """Whether what changes along a lane goes on for longer than an arrow."""
    runs = np.split(places, np.flatnonzero(np.diff(places) > LETTER) + 1)
    return any(len(run) and run[-1] - run[0] > longest for run in runs)


def _is_thumb(pieces: Sequence[tuple[int, int]], middle: NDArray[np.int16], gap: float) -> bool:
    """Whether one of two or three pieces of a lane is the thumb, and the others are one colour.

    Args:
        pieces: From where to where of the lane nothing changes.
        middle: The lane's middle, BGR [length, 3].
        gap: Pixels of the widest end of a thumb.
    """
    if not 2 <= len(pieces) <= 3 or any(two[0] - one[1] > gap for one, two in pairwise(pieces)):
        return False
    colours = [np.median(middle[first + 2 : last - 1], axis=0) for first, last in pieces]
    apart = min(float(np.abs(one - other).max()) for one, other in pairwise(colours))
    return apart > FAINT and (len(pieces) == 2 or float(np.abs(colours[0] - colours[2]).max()) <= FAINT)


def lone_thumbs(parts: Sequence[Rect], lines: Sequence[Rect], weak: MatLike, image: NDArray[np.uint8]) -> list[Rect]:
    """Scroll bars of which only the thumb is drawn: as far as nothing else is on its way along an edge.

    Args:
        parts: Connected ink.
        lines: Straight lines that lie, one of which may be the edge.
        weak: That ink, 0 or 1, [height, width].
        image: BGR [height, width, 3].
    """
    thumbs = [part for part in parts if LONE[0] <= part.height <= LONE[1] and part.width >= 2.2 * part.height]
    thumbs = [part for part in thumbs if part.width >= 2 * THUMB and _is_pill(part, weak)]
    lanes = [lane for thumb in thumbs if (lane := _run(thumb, image)) is not None]
    return [lane for lane in lanes if _along_an_edge(lane, lines, image.shape[0])]


def _is_pill(part: Rect, weak: MatLike) -> bool:
    """Whether the long sides of a piece are straight, and nothing is in it."""
    round_end = part.height // 2
    inside = weak[part.top : part.bottom, part.left + round_end : part.right - round_end]
    row = inside.shape[0] // 2
    empty = part.height <= 6 or drawn_along(inside[row : row + 1], 0) <= 0.1
    return empty and all(drawn_along(side, 0) >= 0.95 for side in (inside[:2], inside[-2:]))


def _run(thumb: Rect, image: NDArray[np.uint8]) -> Rect | None:
    """The way of a thumb, or the thumb where it fills its bar."""
    way = _way(thumb, image)
    if way.width < SCROLLS * thumb.width:
        return thumb if FULL[0] <= thumb.height <= FULL[1] and thumb.width >= LONGEST_DASH else None
    return way if way.width >= LONGEST_DASH else None


def _way(thumb: Rect, image: NDArray[np.uint8]) -> Rect:
    """As far as a thumb can go to both sides."""
    strip = image[thumb.top : thumb.bottom]
    change = differing(strip[:, 1:], strip[:, :-1]).max(axis=0) > FAINT
    before = np.flatnonzero(change[: max(0, thumb.left - 2)])
    after = np.flatnonzero(change[thumb.right + 1 :])
    left = int(before[-1]) + 1 if len(before) else 0
    right = thumb.right + 1 + int(after[0]) if len(after) else image.shape[1]
    return Rect(left, thumb.top, right - left, thumb.height)


def _along_an_edge(lane: Rect, lines: Sequence[Rect], height: int) -> bool:
    reach = 1.5 * lane.height + 4
    return height - lane.bottom <= reach or any(
        min(line.right, lane.right) - max(line.left, lane.left) >= 0.8 * lane.width
        and (
            (-MERGED <= line.top - lane.bottom <= reach and line.bottom > lane.bottom + 1)
            or (-MERGED <= lane.top - line.bottom <= reach and line.top < lane.top - 1)
        )
        for line in lines
    )
