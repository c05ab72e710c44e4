"""Finding an empty place, such as a spot on a canvas, by what stands around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from encore_agent.evidence import Search, cut
from encore_agent.findings import Absent, Found
from encore_agent.titles import Match, match
from encore_agent.wordings import same_wording
from encore_recorder.geometry import Point, Rect

WITNESSES = 32
"""Nearest things of the shown picture that are asked where the place is."""
SAME = 0.9
"""Likeness from which a thing is the shown one."""
AHEAD = 0.06
"""By how much the likest thing must be ahead of the next for its word to count."""
NEAR = 200.0
"""Pixels at which a witness counts half."""
AGREED = 0.7
"""Share of the witnesses' weight that must point to the same place."""
LEAST = 3
"""Witnesses that must agree."""
UNDER, CROWDED = 40, 60
"""Side in pixels of what was right under the pointer, and grey levels in it from which it was not empty."""
SHADE = 4
"""Grey levels up to which two places lie on the same."""
BEFORE = 400
"""Pixels to the left within which a label on the same level names an empty place, such as a field's."""
LARGE = 200
"""Pixels of height from which something is what the place lies on."""
ROUGH = 14
"""Grey levels within the place up to which it is empty."""
EMPTY = 36
"""Side in pixels of what must be as empty around the place as it was."""


def find_blank(search: Search) -> Found | Absent:
    """The spot that lies to its surroundings as the shown one did, if it is still empty."""
    target = search.target
    point = target.box.center.moved(target.offset.x, target.offset.y)
    votes, weights = _votes(search, point)
    if len(votes) < LEAST:
        return Absent("it was a click on an empty place, and too little of what stood around it is there")
    slack = 5 + 3 * search.scale
    agree = (np.abs(votes[:, None] - votes[None]) <= slack).all(axis=2)
    best = int(np.argmax(agree @ weights))
    share = float(weights[agree[best]].sum() / weights.sum())
    nearest_agrees = bool(agree[best][int(np.argmax(weights))])
    if share < AGREED or agree[best].sum() < LEAST or not nearest_agrees or _crowded(search.shown.image, point):
        return Absent("it was a click on an empty place, and what stood around it has moved apart")
    x, y = np.average(votes[agree[best]], axis=0, weights=weights[agree[best]])
    place = Point(round(float(x)), round(float(y)))
    if not search.now.rect.contains(place) or not _as_empty(search, point, place) or _renamed(search, point, place):
        return Absent("it was a click on an empty place, and something stands there now")
    box = Rect(place.x - target.box.width // 2, place.y - target.box.height // 2, target.box.width, target.box.height)
    evidence = f"an empty place, {share:.0%} of what stands around it agree"
    return search.found(box.intersection(search.now.rect) or box, evidence, share, point=place)


def _votes(search: Search, point: Point) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each witness says the place is, [n, 2], and how much its word counts, [n]."""
    shown, now = search.shown, search.now
    none = np.zeros((0, 2), np.float32), np.zeros(0, np.float32)
    if not shown.candidates or not now.candidates:
        return none
    here, there = _middles(shown.boxes), _middles(now.boxes)
    away = np.hypot(*(here - (point.x, point.y)).T)
    asked = np.argsort(away, kind="stable")[:WITNESSES]
    ratio = now.boxes[None, :, 2:] / (search.scale * np.maximum(1, shown.boxes[asked, None, 2:]))
    fits = ((ratio > 0.7) & (ratio < 1.4)).all(axis=2)
    looks = np.where(fits, search.pair.looks[asked], -1)
    order = np.sort(looks, axis=1)
    runner_up = order[:, -2] if looks.shape[1] > 1 else np.full(len(asked), -1)
    sure = (order[:, -1] >= SAME) & (order[:, -1] - runner_up >= AHEAD)
    if not sure.any():
        return none
    found = there[looks.argmax(axis=1)]
    votes = found + search.scale * (np.array([point.x, point.y]) - here[asked])
    return np.asarray(votes[sure], np.float32), np.asarray(1 / (1 + away[asked][sure] / NEAR), np.float32)


def _middles(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(boxes[:, :2] + boxes[:, 2:] / 2, np.float32)


def _as_empty(search: Search, point: Point, place: Point) -> bool:
    """Whether there is no more at the place than there was, such as the dots of a grid."""
    before, after = (
        cut(scene.image, Rect(spot.x - EMPTY // 2, spot.y - EMPTY // 2, EMPTY, EMPTY))
        for scene, spot in ((search.shown, point), (search.now, place))
    )
    inside = any(c.kind != "field" and c.box.contains(place) and c.box.height <= LARGE for c in search.now.candidates)
    if not before.size or not after.size or inside or _beneath_changed(search, point, place):
        return False
    return int(np.ptp(after, axis=(0, 1)).max()) <= ROUGH + 1.5 * int(np.ptp(before, axis=(0, 1)).max())


def _crowded(image: NDArray[np.uint8], point: Point) -> bool:
    """Whether something was under the pointer that was not made out: then nothing tells what it was."""
    piece = cut(image, Rect(point.x - UNDER // 2, point.y - UNDER // 2, UNDER, UNDER))
    return not piece.size or int(np.ptp(piece, axis=(0, 1)).max()) > CROWDED


def _beneath_changed(search: Search, point: Point, place: Point) -> bool:
    """Whether the place no longer lies on what its neighbours lie on, as where a dialog covers it."""
    colours = (
        _colour(search.shown.image, Rect(point.x - 4, point.y - 4, 9, 9)),
        _colour(search.now.image, Rect(place.x - 4, place.y - 4, 9, 9)),
    )
    shown, now = search.shown, search.now
    middles = _middles(shown.boxes)
    near = np.argsort(np.hypot(*(middles - (point.x, point.y)).T), kind="stable")[:WITNESSES]
    kept = lost = 0
    for index in near:
        likest = int(search.pair.looks[index].argmax())
        if search.pair.looks[index, likest] < SAME:
            continue
        around = [_colour(s.image, s.candidates[i].box.grown(3)) for s, i in ((shown, int(index)), (now, likest))]
        if float(np.abs(colours[0] - around[0]).max()) <= SHADE:
            alike = float(np.abs(colours[1] - around[1]).max()) <= SHADE
            kept, lost = kept + alike, lost + (not alike)
    return lost > kept


def _colour(image: NDArray[np.uint8], box: Rect) -> NDArray[np.float64]:
    """The middle colour along the edge of a box, BGR [3]."""
    piece = cut(image, box)
    if not piece.size:
        return np.zeros(3)
    rim = np.concatenate([piece[0], piece[-1], piece[:, 0], piece[:, -1]])
    return np.asarray(np.median(rim, axis=0), np.float64)


def _renamed(search: Search, point: Point, place: Point) -> bool:
    """Whether the label before the place reads otherwise now: the empty part of a field belongs to its words."""
    level = [c for c in search.shown.candidates if c.kind == "text" and _before(c.box, point)]
    label = max(level, key=lambda c: c.box.right, default=None)
    if label is None:
        return False
    left = place.x - search.scale * (point.x - label.box.left)
    middle = place.y - search.scale * (point.y - label.box.center.y)
    near = [c for c in search.now.candidates if c.kind == "text" and _before(c.box, place)]
    other = min(near, key=lambda c: abs(c.box.left - left) + abs(c.box.center.y - middle), default=None)
    if other is None:
        return True
    said, says = search.shown.texts([label])[0], search.now.texts([other])[0]
    return match(said, says) < Match.READ_ALIKE and not same_wording(said, says)


def _before(box: Rect, point: Point) -> bool:
    return box.top - 4 <= point.y < box.bottom + 4 and 0 <= point.x - box.right <= BEFORE
