"""What a search for one target knows, and the measures that its evidence is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_agent.certainty import Certainty, Kind
from encore_agent.context import Pair
from encore_agent.findings import Absent, FindOptions, Found, LookAlike, Weighed
from encore_models.macro import Target
from encore_models.perception.candidates import FRAMES, Candidate
from encore_models.perception.screen import WORD, Scene
from encore_recorder.geometry import Point, Rect

PATCH = (96, 64)
"""Width and height of the piece around a place that is compared pixel by pixel."""
NEAREST = 3
"""Look-alikes that a result carries."""
UNDER = 15
"""Side in pixels of what is right under the pointer."""
AT_END = 2
"""Times its height from an end of a field within which a sign stands, which keeps its distance to that end."""
WRITTEN = 0.75
"""Part of its width from the left end up to which what stood in the left half of a field may stand."""
CLOSE = 4
"""Pixels around ink that are its own."""
ROUGH, TAKEN = 14, 40
"""Grey levels in what is under the pointer up to which nothing is there, and from which something is."""
AHEAD = 4.0
"""What a lead over the next best counts; a quarter is as good as more."""
FLAT = 3.0
"""Standard deviation in grey levels below which a patch shows nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that may be the target."""

    box: Rect
    """Pixels of the current picture."""
    why: str
    """For a person."""
    score: float
    """0 to 1."""
    near: tuple[LookAlike, ...] = ()
    """What else came near, best first."""
    point: Point | None = None
    """Where to act; None is where the shown target was acted on."""


@dataclass(frozen=True)
class Search:
    """One target, the picture it was shown on and the picture it is looked for on."""

    target: Target
    shown: Scene
    now: Scene
    options: FindOptions
    certainty: Certainty
    weighed: list[Weighed] = field(default_factory=list)
    """Every place that was judged so far."""
    told: frozenset[Candidate] = frozenset()
    """Labels of the current picture that a reading of the whole page tells to be read, whatever they look like."""

    @cached_property
    def cell(self) -> Candidate | None:
        """The candidate of the shown picture that was acted on; None where it cannot be made out again."""
        kind = self.target.kind
        fitting = [c for c in self.shown.candidates if c.frame == (kind if kind in FRAMES else "")]
        best = max(fitting, key=lambda c: c.box.overlap(self.target.box), default=None)
        return best if best is not None and best.box.overlap(self.target.box) >= 0.5 else None

    @cached_property
    def scale(self) -> float:
        """How much larger the current picture is drawn."""
        return self.pair.scale

    @cached_property
    def pair(self) -> Pair:
        """Both pictures."""
        return Pair(self.shown, self.now)

    @property
    def likest(self) -> tuple[LookAlike, ...]:
        """What looks most like the target, whatever its kind and size, best first: for the trace."""
        box, now = self.target.box.intersection(self.shown.rect), self.now
        if box is None or not now.candidates:
            return ()
        looks = now.likeness(now.descriptors @ self.shown.looks_in([box])[0])
        return nearest(now.candidates, np.asarray(np.clip(looks, 0, 1), np.float32))

    @property
    def is_sign(self) -> bool:
        """Whether the target is a drawing, and not wide enough to be a short word that was taken for one."""
        box = self.target.box
        return self.target.kind in ("icon", "row_icon") and box.width < WORD * box.height

    @property
    def beside_ink(self) -> bool:
        """Whether the click went to ink beside the candidate that was not made out, such as a slider of its row."""
        target = self.target
        point = target.box.center.moved(target.offset.x, target.offset.y)
        under = Rect(point.x - UNDER // 2, point.y - UNDER // 2, UNDER, UNDER)
        made_out = any(c.box.grown(2).intersection(under) for c in self.shown.candidates if not c.frame)
        return not made_out and _roughness(self.shown.image, point) > TAKEN

    def place(self, box: Rect) -> Point:
        """Where to act on a candidate that lies at `box` now."""
        target = self.target
        across = _moved(target.offset.x, target.box.width, box.width, self.scale)
        if target.kind == "field":
            across = _kept_at_end(across, target, box.width, self.scale)
        down = _moved(target.offset.y, target.box.height, box.height, self.scale)
        screen = self.now.rect
        x, y = box.center.x + across, box.center.y + down
        return Point(min(max(x, 0), screen.right - 1), min(max(y, 0), screen.bottom - 1))

    def judged(self, place: Place, kind: Kind, evidence: Mapping[str, float], doubt: str) -> Found | Absent:
        """The place, if it is sure enough that a click there is right.

        Args:
            place: Where, and why.
            kind: By what it is known.
            evidence: The measures of that kind, each 0 to 1.
            doubt: What to tell a person where it is not sure enough.
        """
        point = place.point or self.place(place.box)
        if place.point is None and self._taken(point):
            return Absent(f"something stands now where the click would go ({place.why})", place.near)
        probability = self.certainty.probability(kind, evidence)
        patch, around = self._seen_at(point)
        unchanged = kind == "unchanged"
        found = Found(place.box, point, place.why, place.score, patch, around, place.near, probability, unchanged)
        self.weighed.append(Weighed(kind, evidence, found, probability))
        if probability >= self.certainty.kinds[kind].enough:
            return found
        near = (LookAlike(place.box, probability), *place.near)
        return Absent(f"{doubt} ({place.why})", near[: NEAREST + 1], probability)

    def moved(self, found: Found, point: Point, evidence: str) -> Found:
        """The same finding with another place to act, which has its own patch to be looked at again."""
        patch, around = self._seen_at(point)
        return replace(found, point=point, evidence=evidence, patch=patch, patch_at=around)

    def _seen_at(self, point: Point) -> tuple[NDArray[np.uint8], Rect]:
        around = Rect(point.x - PATCH[0] // 2, point.y - PATCH[1] // 2, *PATCH).intersection(self.now.rect)
        assert around is not None  # the point is inside
        return cut(self.now.image, around).copy(), around

    def _taken(self, point: Point) -> bool:
        """Whether something stands at the place beside the ink that was empty when it was clicked."""
        target = self.target
        shown = target.box.center.moved(target.offset.x, target.offset.y)
        if target.box.grown(CLOSE).contains(shown):
            return False
        before, after = (_roughness(scene.image, p) for scene, p in ((self.shown, shown), (self.now, point)))
        return before <= ROUGH < TAKEN < after


def _roughness(image: NDArray[np.uint8], point: Point) -> int:
    """Grey levels between the darkest and the lightest of what is right under the pointer."""
    piece = cut(image, Rect(point.x - UNDER // 2, point.y - UNDER // 2, UNDER, UNDER))
    return int(np.ptp(piece, axis=(0, 1)).max()) if piece.size else 0


def _moved(offset: int, shown: int, now: int, scale: float) -> int:
    """An offset from the centre on another size: inside the ink in proportion, outside by its distance."""
    half = shown / 2
    if abs(offset) <= half:
        return round(offset * now / max(1, shown))
    beyond = (abs(offset) - half) * scale
    return round((now / 2 + beyond) * (1 if offset > 0 else -1))


def _kept_at_end(across: int, target: Target, width: int, scale: float) -> int:
    """The same for what stands at an end of a field, such as a sign: it keeps its distance to that end.

    What is written in a field, and what stands before that, begins at its left end.
    """
    end = target.box.width / 2 - abs(target.offset.x)
    if target.offset.x < 0 and AT_END * target.box.height < end and end * scale <= WRITTEN * width:
        return round(end * scale - width / 2)
    if not 0 <= end <= min(AT_END * target.box.height, target.box.width / 4):
        return across
    return round(max(0.0, width / 2 - end * scale)) * (1 if target.offset.x > 0 else -1)


def cut(image: NDArray[np.uint8], box: Rect) -> NDArray[np.uint8]:
    """The pixels of a box; less where it reaches over the picture's right or lower edge."""
    return image[max(0, box.top) : box.bottom, max(0, box.left) : box.right]


def correlation(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """How alike two pieces of the same size are, -1 to 1; two flat ones are alike if their colour is."""
    if a.shape != b.shape or not a.size:
        return -1.0
    if np.array_equal(a, b):
        return 1.0  # most of what is compared has not changed at all
    if min(contrast(a), contrast(b)) < FLAT:
        # Correlation says nothing about a piece without contrast.
        return 1.0 if float(cv2.absdiff(a, b).max()) <= 2 * FLAT else 0.0
    return float(cv2.matchTemplate(a, b, cv2.TM_CCOEFF_NORMED)[0, 0])


def contrast(piece: NDArray[np.uint8]) -> float:
    """Standard deviation in levels of the liveliest colour; 0 where there are no pixels."""
    return float(cv2.meanStdDev(piece)[1].max()) if piece.size else 0.0


def size_fits(a: Rect, b: Rect, scale: float) -> bool:
    """Whether `b` could be `a` drawn larger by `scale`."""
    ratios = (b.width / max(1, a.width) / scale, b.height / max(1, a.height) / scale)
    return all(0.6 <= ratio <= 1.65 for ratio in ratios) and 0.7 <= ratios[0] / ratios[1] <= 1.4


def rival_of(pool: Sequence[Candidate], scores: NDArray[np.float32]) -> float:
    """The best score of another place than the best one; 0 where there is none."""
    best = pool[int(np.argmax(scores))].box
    return max((float(s) for c, s in zip(pool, scores, strict=True) if c.box.overlap(best) < 0.3), default=0.0)


def lead(pool: Sequence[Candidate], scores: NDArray[np.float32], number: int) -> float:
    """By how much one of the pool is ahead of the best other place, -1 to 1."""
    own = pool[number].box
    others = (float(s) for c, s in zip(pool, scores, strict=True) if c.box.overlap(own) < 0.3)
    return float(scores[number]) - max(others, default=0.0)


def nearest(
    pool: Sequence[Candidate], scores: NDArray[np.float32], texts: Sequence[str] | None = None
) -> tuple[LookAlike, ...]:
    """The best of the pool, best first, for the trace."""
    order = [int(index) for index in np.argsort(-scores, kind="stable")[: NEAREST + 1]]
    return tuple(LookAlike(pool[i].box, float(scores[i]), texts[i] if texts else "") for i in order)
