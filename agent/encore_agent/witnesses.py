"""Where a place is now by what stands around it: each thing that is there for sure tells where the place lies to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from encore_agent.context import LEFT_ALONE, Pair, settled
from encore_agent.evidence import Search, cut
from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Point, Rect

WITNESSES = 32
"""Nearest things of the shown picture that are asked where the place is."""
SAME = 0.9
"""Likeness from which a thing is the shown one."""
RESEMBLES = 0.75
"""Likeness from which a thing on the same ground may be it: there many must tell the same place."""
AHEAD = 0.06
"""By how much the likest thing must be ahead of the next for its word to count."""
NEAR = 120.0
"""Pixels at which a witness counts half; what stands further away moves on its own."""
MANY = 12
"""Witnesses that agree, from which more say no more."""
OFF = 12
"""Pixels by which the place that they tell may be off what stands there."""
AROUND, SURROUNDED = 3, 0.5
"""Pixels around what lies on a ground, and the share of what is that far away that belongs to the ground."""
REORDERED = 240
"""Pixels within which things stand that may change places."""
LIKES = 6
"""Things that look the same, from which none of them tells anything."""
RIVAL = 0.8
"""What speaks for another place, over what speaks for this one, from which nothing is told."""
LEAST = 3
"""Witnesses that must agree."""


def agreed(
    search: Search, point: Point, own: Rect | None = None, ground: NDArray[np.uint8] | None = None
) -> tuple[Point | None, dict[str, float]]:
    """Where the nearest witnesses say the place is, None where they differ, and the measures of their evidence.

    Args:
        search: With both pictures.
        point: On the shown one.
        own: What stands at the place itself, which is no witness; None where nothing does.
        ground: Mask of what the place lies on, on the shown picture: what lies on it as well moves with it, and is
            asked alone where there is enough of it.
    """
    heard = _heard(search, point, own, ground)
    votes, who, weights = heard.places, heard.who, heard.weights
    evidence = {"agreed": 0.0, "witnesses": 0.0, "seen": heard.seen, "page": 0.0}
    if min(len(votes), len(weights)) < LEAST:
        return None, evidence
    slack = _slack(search)
    apart, agree = _agreeing(heard, slack)
    support = agree @ weights
    best = int(np.argmax(support))
    rivals = support[apart[best] > 2 * slack]
    unsure = ground is not None and rivals.max(initial=0.0) >= RIVAL * support[best]
    if agree[best].sum() < LEAST or unsure:
        return None, evidence
    evidence["agreed"] = float(support[best] / weights.sum())
    evidence["witnesses"] = float(agree[best].sum()) / MANY
    near = apart[best] <= slack
    x, y = np.average(votes[near], axis=0, weights=weights[who][near])
    return Point(round(float(x)), round(float(y))), evidence


def told_places(search: Search, point: Point, ground: NDArray[np.uint8]) -> list[tuple[Point, float]]:
    """Where single witnesses say the place is, those that most agree with first, and which part of all does.

    Args:
        search: With both pictures.
        point: On the shown one.
        ground: As for `agreed`.
    """
    heard = _heard(search, point, None, ground)
    apart, agree = _agreeing(heard, _slack(search))
    parts = agree @ heard.weights / max(float(heard.weights.sum()), 1e-6)
    told: list[int] = []
    for number in np.argsort(-parts, kind="stable").tolist():
        if all(apart[number, other] > 2 * _slack(search) for other in told):
            told.append(number)
    return [(Point(*heard.places[number].round().astype(int).tolist()), float(parts[number])) for number in told]


def undisputed(search: Search, own: Rect, place: Rect, around: float) -> float:
    """As `settled`, less where those around the shown thing tell another place: under a dialog nothing else does.

    Args:
        search: With both pictures.
        own: The shown thing.
        place: Where it may be now.
        around: How well the neighbours of both agree.
    """
    much = settled(search.pair, own, around)
    if around >= LEFT_ALONE or not much:
        return much
    spot, evidence = agreed(search, own.center, own)
    if spot is None or place.grown(round(OFF * search.scale)).contains(spot):
        return much
    return much * (1 - evidence["agreed"])


def new_order(search: Search, cell: Candidate, found: Candidate) -> Literal["sorted", "replaced", ""]:
    """Whether a drawing has changed places with those beside it, as in a tool bar that was put in another order.

    What stood where it stands now stands elsewhere beside it, and what stands where it stood was beside it as well.
    Where its place is now is what any of those around it says: not all of a window moves together.

    Returns:
        `replaced` where what stood there is nowhere: another one was drawn in its place. Empty where nothing tells.
    """
    spots = {(int(x), int(y)) for x, y in _heard(search, cell.box.center, cell.box, None).places.round()}
    orders = {_order(search, cell, found, Point(*spot)) for spot in spots}
    return "sorted" if "sorted" in orders else "replaced" if "replaced" in orders else ""


def _order(search: Search, cell: Candidate, found: Candidate, spot: Point) -> Literal["sorted", "replaced", ""]:
    """The same, where the place of the shown one is known on the current picture."""
    shown, now, pair = search.shown, search.now, search.pair
    right, down = (found.box.center.x - spot.x) / search.scale, (found.box.center.y - spot.y) / search.scale
    before = _standing(shown, cell.box.center.moved(round(right), round(down)), cell.kind)
    after = _standing(now, spot, cell.kind)
    if before is None or after is None or before == cell or after == found:
        return ""
    gone_to, come_from = _the_same(pair, before), _the_same(pair.back, after)
    if gone_to is None:
        return "replaced"
    if gone_to == found or come_from in (None, cell):
        return ""
    around = _beside(gone_to.box, spot, search.scale) and _beside(come_from.box, cell.box.center, 1.0)
    return "sorted" if around else ""


def _standing(scene: Scene, place: Point, kind: str) -> Candidate | None:
    """What of a kind stands at a place."""
    there = [c for c in scene.candidates if c.kind == kind and c.box.grown(OFF // 2).contains(place)]
    return min(there, key=lambda c: abs(c.box.center.x - place.x) + abs(c.box.center.y - place.y), default=None)


def _the_same(pair: Pair, thing: Candidate) -> Candidate | None:
    """What a thing of one picture surely is on the other one."""
    index = pair.here.index(thing)
    likest = int(pair.looks[index].argmax())
    mutual = int(pair.looks[:, likest].argmax()) == index
    return pair.there.candidates[likest] if mutual and pair.looks[index, likest] >= SAME else None


def _beside(box: Rect, place: Point, scale: float) -> bool:
    return max(abs(box.center.x - place.x), abs(box.center.y - place.y)) <= REORDERED * scale


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    """What witnesses say."""

    places: NDArray[np.float32]
    """Where the place would be, [votes, 2]."""
    who: NDArray[np.intp]
    """Whose word each is, [votes]."""
    weights: NDArray[np.float32]
    """What the word of each witness counts, [witnesses]."""
    seen: float
    """Which part of all that were asked is there, 0 to 1."""


def _heard(search: Search, point: Point, own: Rect | None, ground: NDArray[np.uint8] | None) -> _Heard:
    """What the nearest things that are there say; on a ground shapes look alike, so each speaks for all its likes."""
    shown, now = search.shown, search.now
    if not shown.candidates or not now.candidates:
        return _Heard(np.zeros((0, 2), np.float32), np.zeros(0, np.intp), np.zeros(0, np.float32), 0.0)
    here, there, wanted = middles(shown.boxes), middles(now.boxes), np.array([point.x, point.y])
    away = np.hypot(*(here - wanted).T)
    asked = np.argsort(away, kind="stable")[:WITNESSES]
    if own is not None:
        asked = asked[[shown.candidates[int(index)].box.intersection(own) is None for index in asked]]
    likes = likes_of(search, asked, (SAME, 1) if ground is None else (RESEMBLES, LIKES))
    if ground is not None:
        with_it = np.array([lies_on(ground, shown.candidates[int(index)].box) for index in asked], bool)
        if (likes.any(axis=1) & with_it).sum() >= LEAST:
            asked, likes = asked[with_it], likes[with_it]
    weights = np.asarray(1 / (1 + (away[asked] / NEAR) ** 2), np.float32)
    heard = likes.any(axis=1)
    who, which = np.nonzero(likes[heard])
    votes = np.asarray(there[which] + search.scale * (wanted - here[asked[heard]][who]), np.float32)
    if ground is not None:  # what would lie outside of the window is no place
        inside = ((votes >= 0) & (votes < (now.rect.width, now.rect.height))).all(axis=1)
        votes, who = votes[inside], who[inside]
    return _Heard(votes, who, weights[heard], float(weights[heard].sum() / weights.sum()) if len(weights) else 0.0)


def _slack(search: Search) -> float:
    """Pixels by which two witnesses of one place may differ."""
    return 5 + 3 * search.scale


def _agreeing(heard: _Heard, slack: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """How far all votes are apart, [votes, votes], and who agrees with each, [votes, witnesses]."""
    apart = np.abs(heard.places[:, None] - heard.places[None]).max(axis=2)
    return apart, np.asarray((apart <= slack) @ np.eye(len(heard.weights))[heard.who] > 0)


def likes_of(search: Search, asked: NDArray[np.intp], enough: tuple[float, int]) -> NDArray[np.bool_]:
    """What of the current picture each of the asked things may be, [asked, candidates].

    Args:
        search: With both pictures.
        asked: Numbers of candidates of the shown one.
        enough: Likeness from which it may be it, and how many may be as like before nothing is known of it.
    """
    ratio = search.now.boxes[None, :, 2:] / (search.scale * np.maximum(1, search.shown.boxes[asked, None, 2:]))
    looks = np.where(((ratio > 0.7) & (ratio < 1.4)).all(axis=2), search.pair.looks[asked], -1)
    likes = (looks >= enough[0]) & (looks > looks.max(axis=1, keepdims=True) - AHEAD)
    return np.asarray(likes & (likes.sum(axis=1, keepdims=True) <= enough[1]), bool)


def lies_on(ground: NDArray[np.uint8], box: Rect) -> bool:
    """Whether a box is surrounded by a ground, given by its mask."""
    edge = rim(ground, box.grown(AROUND))
    return bool(edge.size) and float(np.mean(edge > 0)) >= SURROUNDED


def rim(image: NDArray[np.uint8], box: Rect) -> NDArray[np.uint8]:
    """The pixels along the edge of a box, as far as they are on the picture."""
    piece = cut(image, box)
    return np.concatenate([piece[0], piece[-1], piece[:, 0], piece[:, -1]]) if piece.size else piece


def middles(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of boxes given by left, top, width and height, [n, 2]."""
    return np.asarray(boxes[:, :2] + boxes[:, 2:] / 2, np.float32)
