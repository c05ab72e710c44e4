"""Where a place is now by what stands around it: each thing that is there for sure tells where the place lies to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from encore_agent.context import LEFT_ALONE, settled
from encore_agent.evidence import Search
from encore_recorder.geometry import Point, Rect

WITNESSES = 32
"""Nearest things of the shown picture that are asked where the place is."""
SAME = 0.9
"""Likeness from which a thing is the shown one."""
AHEAD = 0.06
"""By how much the likest thing must be ahead of the next for its word to count."""
NEAR = 120.0
"""Pixels at which a witness counts half; what stands further away moves on its own."""
MANY = 12
"""Witnesses that agree, from which more say no more."""
OFF = 12
"""Pixels by which the place that they tell may be off what stands there."""
LEAST = 3
"""Witnesses that must agree."""


def agreed(search: Search, point: Point, own: Rect | None = None) -> tuple[Point | None, dict[str, float]]:
    """Where the nearest witnesses say the place is, None where they differ, and the measures of their evidence.

    Args:
        search: With both pictures.
        point: On the shown one.
        own: What stands at the place itself, which is no witness; None where nothing does.
    """
    votes, weights, seen = _votes(search, point, own)
    evidence = {"agreed": 0.0, "witnesses": 0.0, "seen": seen, "page": 0.0}
    if len(votes) < LEAST:
        return None, evidence
    slack = 5 + 3 * search.scale
    # A canvas or a form moves as one, and what is around it otherwise.
    agree = (np.abs(votes - votes[int(np.argmax(weights))]) <= slack).all(axis=1)
    if agree.sum() < LEAST:
        return None, evidence
    evidence["agreed"] = float(weights[agree].sum() / weights.sum())
    evidence["witnesses"] = float(agree.sum()) / MANY
    x, y = np.average(votes[agree], axis=0, weights=weights[agree])
    return Point(round(float(x)), round(float(y))), evidence


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


def _votes(search: Search, point: Point, own: Rect | None) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Where each witness says the place is, [n, 2], how much its word counts, [n], and which part of all is there."""
    shown, now = search.shown, search.now
    none = np.zeros((0, 2), np.float32), np.zeros(0, np.float32), 0.0
    if not shown.candidates or not now.candidates:
        return none
    here, there = middles(shown.boxes), middles(now.boxes)
    away = np.hypot(*(here - (point.x, point.y)).T)
    asked = np.argsort(away, kind="stable")[:WITNESSES]
    if own is not None:
        asked = asked[[shown.candidates[int(index)].box.intersection(own) is None for index in asked]]
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
    weights = np.asarray(1 / (1 + (away[asked] / NEAR) ** 2), np.float32)
    return np.asarray(votes[sure], np.float32), weights[sure], float(weights[sure].sum() / weights.sum())


def middles(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of boxes given by left, top, width and height, [n, 2]."""
    return np.asarray(boxes[:, :2] + boxes[:, 2:] / 2, np.float32)
