"""Other ways to find a thing again, asked the same as Encore's finder.

Each is given the picture that was shown and the click on it, as it would be when recording, and then the picture of
now. None of them can follow what was said, so they are not asked for rows by their title.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from encore_models.perception.text import TextLine, TextReader
from encore_recorder.geometry import Point, Rect
from tests.benchmarks.finder.dataset import SHOWN, Query, Screen, Thing, read_image
from tests.benchmarks.finder.score import Outcome, outcome

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Answer:
    """Where to click, None for nowhere, and what it took to find out."""

    point: Point | None
    ms: float


class Peer(Protocol):
    """A way to find things again on one screen at a time."""

    def show(self, shown: Image, things: Sequence[Thing]) -> None:
        """The picture of the recording, BGR [height, width, 3], and what is clicked on it; not timed."""

    def find(self, thing: Thing, now: Image) -> Answer:
        """Where that thing is on a picture of now."""


def ask(
    peers: Mapping[str, Peer], folder: Path, screen: Screen, asked: Sequence[Query]
) -> Iterator[dict[str, Outcome]]:
    """What came of each query of one screen, by peer, as the answers come."""
    things = list({query.shown.id: query.shown for query in asked}.values())
    for peer in peers.values():
        peer.show(read_image(folder, screen, SHOWN), things)
    # Picture by picture, so that what a peer keeps of the last one serves all of its queries.
    for query in sorted(asked, key=lambda query: query.picture):
        now = read_image(folder, screen, query.picture)
        answers = {name: peer.find(query.shown, now) for name, peer in peers.items()}
        yield {name: outcome(query, answer.point, answer.ms) for name, answer in answers.items()}


def timed(find: Callable[[], Point | None]) -> Answer:
    """An answer with the time it took."""
    began = time.perf_counter()
    point = find()
    return Answer(point, 1e3 * (time.perf_counter() - began))


class RecordedPlace:
    """Clicks where the click was, relative to the window."""

    def show(self, shown: Image, things: Sequence[Thing]) -> None:
        """Nothing is kept."""

    def find(self, thing: Thing, now: Image) -> Answer:
        """The same place, unless the window ends before it."""
        inside = thing.point.x < now.shape[1] and thing.point.y < now.shape[0]
        return Answer(thing.point if inside else None, 0.0)


LOCATE_CONFIDENCE = 0.9
NEEDLE = (300, 120)
"""Width and height up to which a control is cut out as the picture to look for."""
BLANK_NEEDLE = 48


class Locate:
    """`pyautogui.locate(needle, haystack, confidence=.9)`, which is PyScreeze's: the first place that matches."""

    def __init__(self) -> None:
        """Import it, which looks for programs that take screenshots."""
        import pyscreeze

        self._locate, self._nowhere = pyscreeze.locate, pyscreeze.ImageNotFoundException

    def show(self, shown: Image, things: Sequence[Thing]) -> None:
        """Cut the controls out, as a person does for a script."""
        self._needles = {thing.id: needle_box(thing, shown) for thing in things}
        self._shown = shown

    def find(self, thing: Thing, now: Image) -> Answer:
        """The place in the first match where the click was in the needle."""
        box = self._needles[thing.id]
        needle = self._shown[box.top : box.bottom, box.left : box.right]

        def locate() -> Point | None:
            try:
                match = self._locate(needle, now, confidence=LOCATE_CONFIDENCE)
            except self._nowhere:
                return None
            return thing.point.moved(int(match.left) - box.left, int(match.top) - box.top)

        fits = len(needle) <= len(now) and needle.shape[1] <= now.shape[1]
        return timed(locate) if fits else Answer(None, 0.0)


def needle_box(thing: Thing, shown: Image) -> Rect:
    """What is cut out for a thing: the control, of a large one what is around the click."""
    point = thing.point
    if thing.kind == "blank":
        around = Rect(point.x - BLANK_NEEDLE // 2, point.y - BLANK_NEEDLE // 2, BLANK_NEEDLE, BLANK_NEEDLE)
    else:
        window = Rect(point.x - NEEDLE[0] // 2, point.y - NEEDLE[1] // 2, *NEEDLE)
        around = thing.box.intersection(window) or thing.box
    inside = around.intersection(Rect(0, 0, shown.shape[1], shown.shape[0]))
    assert inside is not None  # the click is on the picture
    return inside


LEAST_INLIERS = 4
FEATURES = 5000
ORB_MARGIN = 16
ORB_RATIO = 0.8
ORB_SCALES = (0.4, 2.5)


class Orb:
    """ORB features around the click, matched and mapped by the similarity that at least four of them agree on.

    Source: Rublee, Rabaud, Konolige and Bradski, ORB: an efficient alternative to SIFT or SURF, ICCV 2011.
    """

    def __init__(self) -> None:
        self._orb = cv2.ORB_create(FEATURES, fastThreshold=10)  # type: ignore[attr-defined]
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING)

    def show(self, shown: Image, things: Sequence[Thing]) -> None:
        """Keep the features in and around each control."""
        places, descriptors = self._features(shown)
        self._known = {}
        for thing in things:
            box = needle_box(thing, shown).grown(ORB_MARGIN)
            inside = np.array([box.contains(Point(int(x), int(y))) for x, y in places], bool)
            self._known[thing.id] = (places[inside], descriptors[inside])

    def find(self, thing: Thing, now: Image) -> Answer:
        """Where the similarity puts the click."""
        return timed(lambda: self._mapped(thing, now))

    def _features(self, image: Image) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        points, descriptors = self._orb.detectAndCompute(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), None)
        if descriptors is None:
            return np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8)
        return np.array([point.pt for point in points], np.float32), descriptors

    def _mapped(self, thing: Thing, now: Image) -> Point | None:
        places, descriptors = self._known[thing.id]
        there, of_there = self._features(now)
        if len(places) < LEAST_INLIERS or len(there) < LEAST_INLIERS:
            return None
        pairs = [p for p in self._matcher.knnMatch(descriptors, of_there, k=2) if len(p) == 2]
        good = [best for best, second in pairs if best.distance < ORB_RATIO * second.distance]
        if len(good) < LEAST_INLIERS:
            return None
        source, goal = places[[m.queryIdx for m in good]], there[[m.trainIdx for m in good]]
        similarity, inliers = cv2.estimateAffinePartial2D(source, goal, ransacReprojThreshold=4)
        if similarity is None or int(inliers.sum()) < LEAST_INLIERS:
            return None
        scale = math.hypot(similarity[0, 0], similarity[1, 0])
        x, y = (similarity @ (thing.point.x, thing.point.y, 1)).tolist()
        inside = 0 <= x < now.shape[1] and 0 <= y < now.shape[0]
        return Point(int(x), int(y)) if inside and ORB_SCALES[0] <= scale <= ORB_SCALES[1] else None


SAME_TEXT = 85.0
"""Percent of likeness from which two lines of text are the same."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The line of text that a click is tied to."""

    line: TextLine
    offset: Point
    """From the middle of the line to the click."""


class OcrAnchor:
    """Reads the whole page; finds the text under the click, or the nearest text and the way from there."""

    def __init__(self, reader: TextReader) -> None:
        self._reader = reader
        self._last: tuple[bytes, list[TextLine], float] = (b"", [], 0.0)

    def show(self, shown: Image, things: Sequence[Thing]) -> None:
        """Tie each click to its line."""
        lines, _ = self._page(shown)
        self._anchors = {thing.id: anchor_of(thing, lines) for thing in things}

    def find(self, thing: Thing, now: Image) -> Answer:
        """The line that reads most like the recorded one, and from there the recorded way."""
        lines, page_ms = self._page(now)
        answer = timed(lambda: follow(self._anchors[thing.id], lines, now))
        return Answer(answer.point, answer.ms + page_ms)

    def _page(self, image: Image) -> tuple[list[TextLine], float]:
        """The lines of a picture and what reading cost; the last picture is kept, its cost is each query's."""
        key = image.tobytes()
        if key != self._last[0]:
            began = time.perf_counter()
            lines = self._reader.read_page(image)
            self._last = (key, lines, 1e3 * (time.perf_counter() - began))
        return self._last[1], self._last[2]


def anchor_of(thing: Thing, lines: Sequence[TextLine]) -> Anchor | None:
    """The line nearest to the click; None on a page without text."""
    point = thing.point
    line = min(lines, key=lambda line: _distance(line.box, point), default=None)
    if line is None:
        return None
    return Anchor(line, Point(point.x - line.box.center.x, point.y - line.box.center.y))


def follow(anchor: Anchor | None, lines: Sequence[TextLine], now: Image) -> Point | None:
    """From the line that reads the same, of several from the one nearest to where it was."""
    if anchor is None:
        return None
    scored = [(fuzz.ratio(anchor.line.text, line.text), line) for line in lines]
    best = max((score for score, _ in scored), default=0.0)
    if best < SAME_TEXT:
        return None
    was = anchor.line.box.center
    line = min((line for score, line in scored if score == best), key=lambda line: _distance(line.box, was))
    scale = line.box.height / max(1, anchor.line.box.height)
    middle = line.box.center
    point = Point(middle.x + round(anchor.offset.x * scale), middle.y + round(anchor.offset.y * scale))
    return point if Rect(0, 0, now.shape[1], now.shape[0]).contains(point) else None


def _distance(box: Rect, point: Point) -> float:
    across = max(box.left - point.x, 0, point.x - box.right + 1)
    down = max(box.top - point.y, 0, point.y - box.bottom + 1)
    return math.hypot(across, down)
