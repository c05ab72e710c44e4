"""Finding an empty place, such as a spot on a canvas, by what stands around it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_agent.evidence import NEAREST, Place, Search, cut
from encore_agent.findings import Absent, Found, LookAlike
from encore_agent.labels import find_label
from encore_agent.titles import Match, match
from encore_agent.witnesses import RESEMBLES, WITNESSES, agreed, lies_on, likes_of, middles, told_places
from encore_agent.wordings import same_wording
from encore_models.macro import Target
from encore_recorder.geometry import Point, Rect

UNDER, CROWDED = 40, 60
"""Side in pixels of what was right under the pointer, and grey levels in it from which it was not empty."""
SHADE = 4
"""Grey levels up to which two places lie on the same."""
BEFORE = 400
"""Pixels to the left within which a label on the same level names an empty place, such as a field's."""
LARGE = 200
"""Pixels of height from which something is what the place lies on."""
LEAST_SEEN = 0.2
"""Share of what stood around the place that must be there; else it is under something."""
FREE = 200
"""Pixels around a place, across and down, without anything, from which its page tells enough where it is."""
STEP = 4
"""Pixels by which that is made out."""
ROUGH = 14
"""Grey levels within the place up to which it is empty."""
NARROW, LONG, WIDER = 100, 3, 1.6
"""Pixels of width of a strip, times as long as it has to be, and times wider that it may be now."""
EMPTY = 36
"""Side in pixels of what must be as empty around the place as it was."""


def find_blank(search: Search) -> Found | Absent:
    """The spot that lies to its surroundings, or to the words before it, as the shown one did, if still empty."""
    target = search.target
    point = target.box.center.moved(target.offset.x, target.offset.y)
    result = _by_surroundings(search, point)
    if isinstance(result, Found):
        return result
    found = _by_words_before(search, point)
    return found or replace(result, look_alikes=result.look_alikes or _told(search, point))


def _told(search: Search, point: Point) -> tuple[LookAlike, ...]:
    """The places that most of what stood around it tells, for the trace."""
    if not search.shown.rect.contains(point):
        return ()
    width, height = search.target.box.width, search.target.box.height
    places = told_places(search, point, _page(search.shown.image, point)[1])
    boxes = [(Rect(p.x - width // 2, p.y - height // 2, width, height), part) for p, part in places]
    return tuple(LookAlike(box, part) for box, part in boxes if box.intersection(search.now.rect) == box)[:NEAREST]


def _by_surroundings(search: Search, point: Point) -> Found | Absent:
    """The spot that its surroundings tell, or the same part of the same large page."""
    target = search.target
    if _crowded(search.shown.image, point):
        return Absent("it was a click on what could not be made out, so nothing tells where it is now")
    spot, evidence = agreed(search, point, ground=_page(search.shown.image, point)[1])
    why = f"an empty place, {evidence['agreed']:.0%} of what stands around it agree"
    if spot is not None and evidence["seen"] < LEAST_SEEN:
        return Absent("it was a click on an empty place, and hardly anything of what stood around it is there")
    # What stands before a field names it; what stands beside a page or a canvas does not.
    renamed = spot is not None and _renamed(search, point, spot)
    if spot is None:
        spot, evidence["page"] = _same_page(search, point)
        why = f"an empty place on a page that lies as the shown one, {evidence['page']:.0%}"
    if spot is None:
        return Absent("it was a click on an empty place, and what stood around it has moved apart")
    if not search.now.rect.contains(spot) or not _as_empty(search, point, spot) or renamed:
        return Absent("it was a click on an empty place, and something stands there now")
    if not _as_narrow(search, point, spot):
        return Absent("it was a click on an empty strip, such as a bar at the edge, and there is none there now")
    evidence["beneath"] = _beneath(search, point, spot)
    if not evidence["beneath"]:
        return Absent("it was a click on an empty place, and what it lay on is covered there now")
    box = Rect(spot.x - target.box.width // 2, spot.y - target.box.height // 2, target.box.width, target.box.height)
    place = Place(box.intersection(search.now.rect) or box, why, evidence["agreed"] or evidence["page"], point=spot)
    return search.judged(place, "blank", evidence, "it was a click on an empty place, and too little around it agrees")


def _by_words_before(search: Search, point: Point) -> Found | None:
    """The empty part of a field without a frame: on one level with its words and on the same ground."""
    level = [c for c in search.shown.candidates if c.kind == "text" and _before(c.box, point)]
    label = max(level, key=lambda c: c.box.right, default=None)
    if label is None or not _level_ground(search.shown.image, label.box, point.x):
        return None
    (text,) = search.shown.texts([label])
    words = Target("text", label.box, Point(0, 0), text, look_alikes=len(search.shown.alike(label)) - 1)
    found = find_label(replace(search, target=words)) if text else None
    if not isinstance(found, Found):
        return None
    level = [c for c in search.now.candidates if _on_level(c.box, found.box) and c.box.left >= found.box.right]
    free = min((c.box.left for c in level), default=search.now.rect.right) - found.box.right
    beyond = min(round(search.scale * (point.x - label.box.right)), free // 2)
    down = round(search.scale * (point.y - label.box.center.y))
    spot = Point(found.box.right + beyond, found.box.center.y + down)
    if beyond < EMPTY // 2 or not _as_empty(search, point, spot):
        return None
    if not _level_ground(search.now.image, found.box, spot.x + EMPTY // 2):
        return None
    return search.moved(found, spot, f"the empty place beside it: {found.evidence}")


def _level_ground(image: NDArray[np.uint8], label: Rect, to: int) -> bool:
    """Whether nothing begins between a label and a place to its right."""
    piece = cut(image, Rect(label.right + 2, label.top, to - label.right - 2, label.height))
    return bool(piece.size) and int(np.ptp(piece, axis=(0, 1)).max()) <= ROUGH


def _on_level(box: Rect, other: Rect) -> bool:
    return box.top < other.bottom and other.top < box.bottom


def _same_page(search: Search, point: Point) -> tuple[Point | None, float]:
    """The same part of the page or canvas that the place is in, and how much of both pages is shared, 0 to 1.

    A page grows with its window, and what stands around it goes apart. Only a place far from everything on it is
    known by the page alone.
    """
    shown, now = search.shown, search.now
    free = _free_area(shown.image, point)
    if min(free.width, free.height) < FREE:
        return None, 0.0
    before, _ = _page(shown.image, point)
    across, down = now.rect.width / shown.rect.width, now.rect.height / shown.rect.height
    stretched = Rect(
        round(before.left * across), round(before.top * down), round(before.width * across), round(before.height * down)
    )
    best, page, ground = 0.0, None, None
    for x, y in ((0.5, 0.5), (0.5, 0.8), (0.8, 0.5), (0.8, 0.8), (0.2, 0.5)):
        seed = Point(stretched.left + round(x * stretched.width), stretched.top + round(y * stretched.height))
        if not now.rect.contains(seed):
            continue
        box, mask = _page(now.image, seed)
        if box.overlap(stretched) > best:
            best, page, ground = box.overlap(stretched), box, mask
    if page is None or ground is None:
        return None, 0.0
    wanted = (
        page.left + (point.x - before.left) * page.width / before.width,
        page.top + (point.y - before.top) * page.height / before.height,
    )
    empty = np.argwhere(cv2.distanceTransform(ground, cv2.DIST_C, 3) > EMPTY / 2 + 2)
    if not len(empty):
        return None, 0.0
    y, x = empty[int(np.argmin(np.hypot(*(empty - (wanted[1], wanted[0])).T)))]
    return Point(int(x), int(y)), best


def _page(image: NDArray[np.uint8], seed: Point) -> tuple[Rect, NDArray[np.uint8]]:
    """The box of what has the colour of a place and hangs together with it, and its mask, 255 [height, width]."""
    mask = np.zeros((image.shape[0] + 2, image.shape[1] + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (255 << 8)
    shade = (SHADE, SHADE, SHADE)
    _, _, _, box = cv2.floodFill(image.copy(), mask, (seed.x, seed.y), (0, 0, 0), shade, shade, flags)
    return Rect(*box), np.ascontiguousarray(mask[1:-1, 1:-1])


def _ground(image: NDArray[np.uint8], place: Point) -> NDArray[np.uint8]:
    """The mask of the page that a place lies on, 255 [height, width]; a dot of its grid may be right at the place."""
    around = Rect(place.x - EMPTY // 2, place.y - EMPTY // 2, EMPTY, EMPTY).intersection(
        Rect(0, 0, image.shape[1], image.shape[0])
    )
    if around is None:
        return _page(image, place)[1]
    piece = cut(image, around).astype(np.float32)
    off = np.abs(piece - np.median(piece, axis=(0, 1))).max(axis=2)
    row, column = np.unravel_index(int(off.argmin()), off.shape)
    return _page(image, Point(around.left + int(column), around.top + int(row)))[1]


def _free_area(image: NDArray[np.uint8], point: Point) -> Rect:
    """The rectangle of one colour that grows from a place to all sides alike."""
    colour = image[point.y, point.x].astype(np.int16)
    ink = cv2.inRange(image, np.maximum(0, colour - SHADE), np.minimum(255, colour + SHADE)) == 0
    sides, limits = [point.x, point.y, point.x + 1, point.y + 1], (0, 0, image.shape[1], image.shape[0])
    growing = [0, 1, 2, 3]
    while growing:
        for side in tuple(growing):
            wider = list(sides)
            wider[side] = max(0, sides[side] - STEP) if side < 2 else min(limits[side], sides[side] + STEP)
            if wider == sides or ink[wider[1] : wider[3], wider[0] : wider[2]].any():
                growing.remove(side)
            else:
                sides = wider
    return Rect(sides[0], sides[1], sides[2] - sides[0], sides[3] - sides[1])


def _as_empty(search: Search, point: Point, place: Point) -> bool:
    """Whether there is no more at the place than there was, such as the dots of a grid."""
    before, after = (
        cut(scene.image, Rect(spot.x - EMPTY // 2, spot.y - EMPTY // 2, EMPTY, EMPTY))
        for scene, spot in ((search.shown, point), (search.now, place))
    )
    inside = any(c.kind != "field" and c.box.contains(place) and c.box.height <= LARGE for c in search.now.candidates)
    if not before.size or not after.size or inside:
        return False
    return int(np.ptp(after, axis=(0, 1)).max()) <= ROUGH + 1.5 * int(np.ptp(before, axis=(0, 1)).max())


def _as_narrow(search: Search, point: Point, place: Point) -> bool:
    """Whether a place in a strip, such as a scroll bar or a margin, is in one that is about as narrow still."""
    area = _free_area(search.shown.image, point)
    short, long = sorted((area.width, area.height))
    if short > NARROW or long < LONG * short:
        return True
    now = _free_area(search.now.image, place)
    return (now.width if area.width == short else now.height) <= WIDER * search.scale * short


def _crowded(image: NDArray[np.uint8], point: Point) -> bool:
    """Whether something was under the pointer that was not made out: then nothing tells what it was."""
    piece = cut(image, Rect(point.x - UNDER // 2, point.y - UNDER // 2, UNDER, UNDER))
    return not piece.size or int(np.ptp(piece, axis=(0, 1)).max()) > CROWDED


def _beneath(search: Search, point: Point, place: Point) -> float:
    """How much of what lay on the same ground as the place, nearest first, still does, 0 to 1; 1 where nothing did.

    A dialog that covers the place may have the colour of the page, but where it begins the page ends, and what was on
    the page is under it. What else is there, such as tool bars, tells where the place is, and not what lies over it.
    """
    shown, now = search.shown, search.now
    before, after = _ground(shown.image, point), _ground(now.image, place)
    near = np.argsort(np.hypot(*(middles(shown.boxes) - (point.x, point.y)).T), kind="stable")[:WITNESSES]
    there = np.array([lies_on(before, shown.candidates[int(index)].box) for index in near], bool)
    if not there.any():
        return 1.0
    may_be = likes_of(search, near[there], (RESEMBLES, len(now.candidates)))
    still = np.array([lies_on(after, c.box) for c in now.candidates], bool)
    return float((may_be & still).any(axis=1).mean())


def _renamed(search: Search, point: Point, place: Point) -> bool:
    """Whether the label before the place reads otherwise now: the empty part of a field belongs to its words."""
    level = [c for c in search.shown.candidates if c.kind == "text" and _before(c.box, point)]
    label = max(level, key=lambda c: c.box.right, default=None)
    if label is None or not (said := search.shown.texts([label])[0]):
        return False
    left = place.x - search.scale * (point.x - label.box.left)
    middle = place.y - search.scale * (point.y - label.box.center.y)
    near = [c for c in search.now.candidates if c.kind == "text" and _before(c.box, place)]
    other = min(near, key=lambda c: abs(c.box.left - left) + abs(c.box.center.y - middle), default=None)
    if other is None:
        return True
    says = search.now.texts([other])[0]
    return match(said, says) < Match.READ_ALIKE and not same_wording(said, says)


def _before(box: Rect, point: Point) -> bool:
    return box.top - 4 <= point.y < box.bottom + 4 and 0 <= point.x - box.right <= BEFORE
