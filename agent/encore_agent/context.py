"""Where a target stands among its neighbours: the evidence that tells two equal drawings apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene
from encore_models.perception.sides import to_sides
from encore_recorder.geometry import Rect

NEIGHBOURS = 26
SURELY = 0.95
"""Likeness from which two drawings that are each other's likest are the same."""
LEAST = 5
"""Things that must be the same on both pictures to tell their scale."""
LEAST_LABELS, AGREED = 3, 1.1
"""As many labels tell how much larger letters are drawn, if the widest and the narrowest agree up to so many times."""
SCALES = (0.5, 2.0)
"""How much smaller or larger the same window may be drawn: from 175 % to 100 % and the other way."""
OTHER_SIZE = 0.1
"""Logarithm of a scale from which things are looked for in the size that was shown as well."""
FAR = 60.0
"""Pixels from which a distance tells the scale."""
REACH = 120.0
"""Pixels at which a neighbour counts half; what is far away moves on its own when a window is resized."""
NEXT = 300
"""Pixels within which the next thing in a direction counts."""
LEAST_NEXT = 2
"""Directions in which something must stand."""
STRANGE = 0.14
"""Agreement of neighbours below which nothing of what stood around a place is there."""
CAME_TOO = 0.5
"""How many of the drawings around it must have come along then."""
COMPANY = 8
"""Drawings near a place that make its company."""
LEAST_COMPANY = 3
"""Fewer are none."""
ROOM = 1.5
"""Times as far as the farthest of them, and a neighbour's reach, within which they still are around it."""
PART_OF_IT = (0.1, 0.6)
"""Share of the company from which it tells anything that it is around a place, and that tells as much as all."""
SEEN, SEEN_SIZES = (0.6, 0.9), (0.6, 1.6)
"""Likeness from which a thing may be there and from which it surely is, and times its size that it may have."""
WITNESSES = 12
"""Things around a place that tell how much has moved."""
UNMOVED = 0.75
"""A quarter of them standing as they did is enough for a window that was not rearranged; a dialog hides many."""
MOVED_APART = (0.1, 0.4)
"""By how much less than theirs a place may agree with its neighbours, and from where on that tells against it."""
ANCHORED, BESIDE = 0.6, 0.8
"""What the distances to two edges of the window, and the next things around, count against all neighbours together."""
CORNER = 0.8
"""How well the distances to two edges must be kept to speak for a place among strangers."""
LEFT_ALONE = 0.6
"""Agreement from which nobody is asked."""
FREE = 0.8
"""What a neighbour of the same row counts that slid along it."""


def ramp(value: NDArray[np.float32] | np.float32, low: float, high: float) -> NDArray[np.float32]:
    """0 up to `low`, 1 from `high` on, a straight line between."""
    return np.asarray(np.clip((value - low) / (high - low), 0, 1), np.float32)


class Pair:
    """Two pictures of one window, and how what stands on them compares."""

    def __init__(self, here: Scene, there: Scene) -> None:
        """Nothing is compared yet."""
        self.here = here
        self.there = there

    @cached_property
    def looks(self) -> NDArray[np.float32]:
        """How alike each candidate of `here` and each of `there` look, see `Scene.likeness`: [n, m]."""
        return self.here.likeness(self.here.descriptors @ self.there.descriptors.T)

    @cached_property
    def back(self) -> Pair:
        """The way back."""
        pair = Pair(self.there, self.here)
        # Both are known already; the cache of a cached_property is the instance's dictionary.
        pair.__dict__.update(looks=self.looks.T, scale=1 / self.scale, back=self)
        return pair

    @cached_property
    def same(self) -> dict[int, int]:
        """What of `here` is surely what of `there`: each other's likest."""
        if min(self.looks.shape) == 0:
            return {}
        likest = self.looks.argmax(axis=1)
        numbers = np.arange(len(likest))
        sure = (self.looks.argmax(axis=0)[likest] == numbers) & (self.looks[numbers, likest] >= SURELY)
        return {int(number): int(likest[number]) for number in np.flatnonzero(sure)}

    @cached_property
    def scale(self) -> float:
        """How much larger `there` is drawn: the middle ratio of the sizes of what is surely the same."""
        if min(self.looks.shape) == 0:
            return 1.0
        if len(self.same) < LEAST:
            return self._text_scale()
        before, after = self.here.boxes[list(self.same)], self.there.boxes[list(self.same.values())]
        sizes = float(np.median(after[:, 2:].max(axis=1) / np.maximum(1, before[:, 2:].max(axis=1))))
        apart = _distances(before), _distances(after)
        far = (apart[0] > FAR) & (apart[0] < 4 * FAR)
        # Distances are measured finer than sizes, but they stretch with a window.
        ratios = apart[1][far] / apart[0][far]
        fine = ratios[np.abs(ratios / sizes - 1) <= 0.06]
        return float(np.clip(np.median(fine) if len(fine) >= 0.3 * max(1, len(ratios)) else sizes, *SCALES))

    def _text_scale(self) -> float:
        """By the median height of the labels, where hardly anything looks the same; 1 where there are too few."""
        heights = [[c.box.height for c in scene.candidates if c.kind == "text"] for scene in (self.here, self.there)]
        if min(len(h) for h in heights) < LEAST:
            return 1.0
        return float(np.clip(np.median(heights[1]) / np.median(heights[0]), *SCALES))

    @cached_property
    def letters(self) -> float:
        """How much larger the letters of `there` are: the middle ratio of widths of labels that are surely the same.

        Some programs draw only these larger. As `scale` where there are few.
        """
        labels = [
            (self.here.candidates[one].box.width, self.there.candidates[other].box.width)
            for one, other in self.same.items()
            if self.here.candidates[one].kind == self.there.candidates[other].kind == "text"
        ]
        times = sorted(after / before for before, after in labels)
        if len(times) < LEAST and (len(times) < LEAST_LABELS or times[-1] > AGREED * times[0]):
            return self.scale
        return float(np.clip(np.median(times), *SCALES))

    def looks_of(self, cell: Candidate, pool: Sequence[Candidate]) -> NDArray[np.float32]:
        """How alike a candidate of `here` and some of `there` look: [len(pool)]."""
        return self.looks[self.here.index(cell), [self.there.index(c) for c in pool]]


def _distances(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Between the middles of all pairs of boxes, [pairs]."""
    middles = boxes[:, :2] + boxes[:, 2:] / 2
    one, other = np.triu_indices(len(boxes), 1)
    return np.asarray(np.hypot(*(middles[one] - middles[other]).T), np.float32)


def anchored(pair: Pair, place: Rect, pool: Sequence[Rect]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How well each place of `pool` keeps its distance to an edge of the window, 0 to 1, [len(pool)] twice.

    Returns:
        Across: to the left edge, the right edge or the middle; down: to the upper or the lower edge.
    """
    old, new, scale = pair.here.rect, pair.there.rect, pair.scale
    left, top, right, bottom = to_sides(pool).T
    sideways = (
        left - scale * place.left,
        (new.width - right) - scale * (old.width - place.right),
        (left + (right - left) // 2 - new.width / 2) - scale * (place.center.x - old.width / 2),
    )
    upright = (top - scale * place.top, (new.height - bottom) - scale * (old.height - place.bottom))
    across, down = (np.abs(ways).min(axis=0).astype(np.float32) for ways in (sideways, upright))
    far = 32 * max(1.0, scale)
    return 1 - ramp(across, 8, far), 1 - ramp(down, 8, far)


def spanning(pair: Pair, place: Rect, pool: Sequence[Rect]) -> NDArray[np.float32]:
    """How well each place of `pool` keeps its distance to three edges of the window, 0 to 1, [len(pool)].

    What stretches with its window does, such as a scroll bar.
    """
    old, new, scale = pair.here.rect, pair.there.rect, pair.scale
    away = [
        sorted(
            (
                abs(box.left - scale * place.left),
                abs((new.width - box.right) - scale * (old.width - place.right)),
                abs(box.top - scale * place.top),
                abs((new.height - box.bottom) - scale * (old.height - place.bottom)),
            )
        )[2]
        for box in pool
    ]
    return 1 - ramp(np.asarray(away, np.float32), 8, 32 * max(1.0, scale))


def surroundings(
    pair: Pair, place: Rect, pool: Sequence[Rect], fine: Sequence[float] = (0.94, 1.0, 1.06)
) -> NDArray[np.float32]:
    """How well the neighbours of each place in `pool` agree with those of `place`, 0 to 1, [len(pool)].

    The constellation of the nearest candidates is laid over each place of the pool at the scale that its own
    size suggests. A neighbour counts if a candidate of its kind and looks is where it should be; one in the
    same row may slide along it.

    Args:
        pair: Both pictures.
        place: On `here`.
        pool: On `there`.
        fine: Scales that are tried, over what the size of a place suggests; the pair's own is always tried.
    """
    shown, now = pair.here, pair.there
    scores = np.zeros(len(pool), np.float32)
    neighbours, weights = _neighbours(shown, place)
    if not len(neighbours) or not now.candidates:
        return scores
    likeness = _likeness(pair, neighbours)
    anchors = _anchors(shown)[neighbours] - _anchor(place)
    level = np.abs(anchors[:, 1]) <= 0.6 * np.maximum(shown.boxes[neighbours, 3], place.height)
    stars = _anchors(now)
    for number, box in enumerate(pool):
        own, at = box.height / max(1, place.height), _anchor(box)
        same_side = np.sign(stars[:, 0] - at[0]) == np.sign(anchors[:, [0]])
        for scale in {pair.scale, *(float(np.clip(own * ratio, *SCALES)) for ratio in fine)}:
            across, down = (np.abs(stars[:, i] - at[i] - scale * anchors[:, [i]]) for i in (0, 1))
            slack = 5 + 0.05 * scale * np.hypot(anchors[:, 0], anchors[:, 1])[:, None]
            there = (across <= slack) & (down <= slack)
            slid = level[:, None] & same_side & (down <= 5) & (likeness >= 0.8)
            agreed = np.maximum(np.where(there, likeness, 0), np.where(slid, FREE * likeness, 0)).max(axis=1)
            scores[number] = max(scores[number], float(weights @ agreed))
    return scores


def standing(
    pair: Pair, place: Rect, pool: Sequence[Rect], around: NDArray[np.float32], corner_counts: float = CORNER
) -> NDArray[np.float32]:
    """How well each place of `pool` stands as `place` did, by whatever tells it best, 0 to 1, [len(pool)].

    Where a page brings new neighbours, what is next to it and the distance to the window's edges speak for a control,
    but less.

    Args:
        pair: Both pictures.
        place: On `here`.
        pool: On `there`.
        around: How well the neighbours of each agree, from `surroundings`.
        corner_counts: How well the distances to the edges must be kept to speak for a place among strangers.
    """
    across, down = anchored(pair, place, pool)
    corner = across * down
    corner = np.where((corner >= corner_counts) | (around >= STRANGE), corner, 0)
    return np.asarray(np.maximum.reduce((around, BESIDE * beside(pair, place, pool), ANCHORED * corner)), np.float32)


def settled(pair: Pair, place: Rect, around: float) -> float:
    """How far a place agrees with its neighbours as those around it agree with theirs, 0 to 1.

    Where a window was rearranged nothing agrees; where everything else stands as it did, what has moved is another
    thing that only looks or reads the same.

    Args:
        pair: Both pictures.
        place: Of the target, on `here`.
        around: How well its neighbours agree with those of the place in question.
    """
    if around >= LEFT_ALONE:
        return 1.0
    numbers = np.array(list(pair.same), np.intp)
    middles = pair.here.boxes[numbers, :2] + pair.here.boxes[numbers, 2:] / 2
    away = np.hypot(*(middles - (place.center.x, place.center.y)).T)
    near = numbers[np.argsort(away, kind="stable")]
    others = [number for number in near.tolist() if pair.here.candidates[number].box.overlap(place) < 0.3][:WITNESSES]
    if not others:
        return 0.0
    agree = [
        surroundings(pair, pair.here.candidates[one].box, [pair.there.candidates[pair.same[one]].box], ())[0]
        for one in others
    ]
    return float(1 - ramp(np.float32(np.quantile(agree, UNMOVED) - around), *MOVED_APART))


def _neighbours(scene: Scene, place: Rect) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The nearest candidates outside of the place and not around it, and their weights, which add up to 1."""
    left, top, width, height = scene.boxes.T
    shared = np.maximum(0, np.minimum(left + width, place.right) - np.maximum(left, place.left)) * np.maximum(
        0, np.minimum(top + height, place.bottom) - np.maximum(top, place.top)
    )
    apart = np.flatnonzero(shared < 0.5 * np.minimum(width * height, place.area))
    distance = _gaps(scene.boxes[apart], place)
    nearest = np.argsort(distance, kind="stable")[:NEIGHBOURS]
    weights = 1 / (1 + distance[nearest] / REACH)
    return apart[nearest], np.asarray(weights / max(float(weights.sum()), 1e-6), np.float32)


def _gaps(boxes: NDArray[np.float32], place: Rect) -> NDArray[np.float32]:
    """Pixels between each of the boxes and the place, 0 where they meet, [n]."""
    left, top, width, height = boxes.T
    across = np.maximum(0, np.maximum(left - place.right, place.left - left - width))
    down = np.maximum(0, np.maximum(top - place.bottom, place.top - top - height))
    return np.asarray(np.hypot(across, down), np.float32)


def _likeness(pair: Pair, neighbours: NDArray[np.intp]) -> NDArray[np.float32]:
    """How well each candidate of now could be each neighbour, 0 to 1, [neighbours, candidates]."""
    shown, now = pair.here, pair.there
    frames = [np.array([c.frame for c in scene.candidates]) for scene in (shown, now)]
    same_kind = frames[0][neighbours][:, None] == frames[1][None]
    ratio = now.boxes[None, :, 3] / np.maximum(1, shown.boxes[neighbours, 3][:, None])
    fitting = (ratio > 0.45) & (ratio < 2.2)
    looks = ramp(pair.looks[neighbours], 0.55, 0.95)
    # A frame looks like what stands in it, so only its being a frame counts.
    looks[frames[0][neighbours] != ""] = 1.0
    # A place that is taken by another drawing of the same size still says a little: rows get new texts.
    return np.asarray(same_kind * fitting * (0.25 + 0.75 * looks), np.float32)


def _anchors(scene: Scene) -> NDArray[np.float32]:
    """The point of each candidate that stays when its text changes: the middle of its left edge, [n, 2]."""
    return np.stack([scene.boxes[:, 0], scene.boxes[:, 1] + scene.boxes[:, 3] / 2], axis=1)


def _anchor(box: Rect) -> NDArray[np.float32]:
    return np.array([box.left, box.top + box.height / 2], np.float32)


def company(
    pair: Pair, place: Rect, pool: Sequence[Rect], kinds: Collection[str] = ("icon",), many: int = COMPANY
) -> NDArray[np.float32]:
    """How many of the drawings near `place` are near each place of `pool`, in whatever order, 0 to 1, [len(pool)].

    A tool bar that was sorted anew, or that another page carries along, keeps its drawings; a menu its labels. One of
    them says nothing: where there is back, there is forward.

    Args:
        pair: Both pictures.
        place: On `here`.
        pool: On `there`.
        kinds: Of candidates that are asked.
        many: How many are asked at most, the nearest ones.
    """
    drawings = [np.array([c.kind in kinds for c in scene.candidates], bool) for scene in (pair.here, pair.there)]
    scores = np.zeros(len(pool), np.float32)
    neighbours, weights = _neighbours(pair.here, place)
    kept = np.flatnonzero(drawings[0][neighbours])[:many]
    if len(kept) < LEAST_COMPANY:
        return scores
    neighbours, weights = neighbours[kept], weights[kept] / weights[kept].sum()
    reach = pair.scale * (ROOM * float(_gaps(pair.here.boxes[neighbours], place).max()) + REACH)
    for number, box in enumerate(pool):
        others, _ = _neighbours(pair.there, box)
        others = others[drawings[1][others] & (_gaps(pair.there.boxes[others], box) <= reach)]
        if len(others):
            same = ramp(pair.looks[np.ix_(neighbours, others)], 0.8, 0.95)
            # Labels that look the same are the same; drawings may be the arrows of a table and that of a tree.
            same = same.max(axis=1) if "text" in kinds else _one_to_one(same)
            first = int(np.argmax(weights * same))
            scores[number] = (weights @ same - weights[first] * same[first]) / (1 - weights[first])
    return scores


def _one_to_one(alike: NDArray[np.float32]) -> NDArray[np.float32]:
    """How like each is to what it is likest to, if no two are the same one, [n].

    Args:
        alike: Of n drawings and m others, 0 to 1, [n, m].
    """
    left, best = alike.copy(), np.zeros(len(alike), np.float32)
    for _ in range(min(alike.shape)):
        one, other = np.unravel_index(int(left.argmax()), left.shape)
        best[one] = max(0.0, float(left[one, other]))
        left[one], left[:, other] = -1, -1
    return best


def came_alone(around: float, together: float) -> bool:
    """Whether a drawing stands among strangers: the arrows of a dialog look like those of the window below.

    Args:
        around: Agreement of its neighbours.
        together: How many of the drawings around it came along, from `company` by `PART_OF_IT`.
    """
    return around < STRANGE and together < CAME_TOO


def seen(pair: Pair, place: Rect) -> float:
    """How much of what stood around a place is anywhere on the other picture, 0 to 1; a dialog hides most of it."""
    neighbours, weights = _neighbours(pair.here, place)
    if not len(neighbours) or not pair.there.candidates:
        return 0.0
    before = np.maximum(1, pair.here.boxes[neighbours, None, 2:])
    ratio = pair.there.boxes[None, :, 2:] / before / pair.scale
    fits = ((ratio > SEEN_SIZES[0]) & (ratio < SEEN_SIZES[1])).all(axis=2)
    likest = np.where(fits, pair.looks[neighbours], -1).max(axis=1)
    return float(weights @ ramp(np.asarray(likest, np.float32), *SEEN))


def beside(pair: Pair, place: Rect, pool: Sequence[Rect]) -> NDArray[np.float32]:
    """How well the next things to the left, right, above and below each place of `pool` are those of `place`, 0 to 1.

    Unlike distances, who stands next to whom stays when only the letters of a program grow, or when it reflows.
    """
    shown, now = pair.here, pair.there
    then = nexts(shown, place)
    asked = [direction for direction, index in enumerate(then) if index is not None]
    scores = np.zeros(len(pool), np.float32)
    if len(asked) < LEAST_NEXT or not now.candidates:
        return scores
    for number, box in enumerate(pool):
        others = nexts(now, box)
        same = [
            float(ramp(pair.looks[one, other], 0.55, 0.95))
            for one, other in ((then[d], others[d]) for d in asked)
            if one is not None and other is not None
        ]
        scores[number] = sum(same) / len(asked)
    return scores


def nexts(scene: Scene, place: Rect) -> list[int | None]:
    """The nearest candidate to the left, right, above and below that shares half of its extent with the place."""
    left, top, width, height = scene.boxes.T
    right, bottom = left + width, top + height
    level = np.minimum(bottom, place.bottom) - np.maximum(top, place.top) >= 0.5 * np.minimum(height, place.height)
    under = np.minimum(right, place.right) - np.maximum(left, place.left) >= 0.5 * np.minimum(width, place.width)
    gaps = (
        (place.left - right, level),
        (left - place.right, level),
        (place.top - bottom, under),
        (top - place.bottom, under),
    )
    found: list[int | None] = []
    for gap, fits in gaps:
        away = np.where(fits & (gap >= -2), gap, np.inf)
        nearest = int(np.argmin(away)) if away.size else 0
        found.append(nearest if away.size and away[nearest] <= NEXT else None)
    return found
