"""Encore's finder on the screens of the benchmark."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_agent.find import Absent, Finder, Found, draw_trace
from encore_models.macro import Target
from encore_models.perception.clip import OURS, open_clip
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_recorder.geometry import Point, Rect
from tests.benchmarks.finder.advised import Adviser
from tests.benchmarks.finder.dataset import SHOWN, Query, Screen, Thing, read_image
from tests.benchmarks.finder.peers import Answer, timed
from tests.benchmarks.finder.score import Outcome, outcome, recalled

Image = NDArray[np.uint8]

BLUE = (220, 120, 0)
MODELS = Path(__file__).parents[3] / "runs" / "models"
"""Where a CLIP of transformers is exported to."""
CROP = (480, 320)
"""Width and height of what a miss shows of the recording."""


class Eyes:
    """What pictures are looked at with: the same as the agent's."""

    def __init__(self, threads: int, remembered: int = 4096, clip: str = OURS) -> None:
        """Load the weights.

        Args:
            threads: CPU threads of one call.
            remembered: Strips whose text is kept, and crops whose looks are; 0 reads and looks at everything anew.
            clip: Encore's own or another one, see `open_clip`.
        """
        self.reader = RapidOcrReader(threads, remembered)
        ours = clip == OURS
        self.clip = UiClip.load(threads=threads, remembered=remembered) if ours else open_clip(clip, MODELS, threads)

    def look(self, image: Image) -> Scene:
        """A picture as the agent sees it."""
        return Scene(image, self.reader, self.clip)

    def know_only(self, scene: Scene) -> None:
        """Forget what was read and looked at, but for what a replay knows of a recorded picture before it begins."""
        self.reader.forget()
        if isinstance(self.clip, UiClip):  # others keep nothing
            self.clip.forget()
        scene.texts([candidate for candidate in scene.candidates if candidate.kind == "text"])
        scene.recall(dict(scene.known_texts))
        scene.looks_in([candidate.box for candidate in scene.candidates])


class Encore:
    """Encore's finder as the peers are asked: it knows the recorded picture, and saw nothing of any other before."""

    def __init__(self, threads: int = 2, clip: str = OURS) -> None:
        """Load the weights."""
        self._eyes = Eyes(threads, clip=clip)
        self._finder = Finder(self._eyes.reader)

    def show(self, shown: Image, things: Sequence[Thing]) -> None:
        """What a macro keeps."""
        self._shown = self._eyes.look(shown)
        self._targets = {thing.id: describe_target(self._shown, thing.point) for thing in things}

    def find(self, thing: Thing, now: Image) -> Answer:
        """Where a replay would click."""
        self._eyes.know_only(self._shown)
        return timed(lambda: self._search(thing, now))

    def _search(self, thing: Thing, now: Image) -> Point | None:
        found = self._finder.find(self._targets[thing.id], self._shown, self._eyes.look(now))
        return found.point if isinstance(found, Found) else None


@dataclass(slots=True)
class Measured:
    """What came of one screen."""

    outcomes: list[Outcome] = field(default_factory=list)
    recall: Counter[tuple[str, str, bool]] = field(default_factory=Counter)
    """Toolkit, kind, whether a candidate stood for the thing."""
    missing: list[str] = field(default_factory=list)
    """Things for which no candidate stood."""

    def add(self, other: Measured) -> None:
        """Take in what came of another screen."""
        self.outcomes += other.outcomes
        self.recall += other.recall
        self.missing += other.missing


class Looker:
    """Looks at the pictures of one screen, each once."""

    def __init__(self, folder: Path, screen: Screen, eyes: Eyes, shown: str = SHOWN) -> None:
        """Look at nothing yet; `shown` is the picture that was seen when it was demonstrated."""
        self._folder, self._screen, self._eyes, self._shown = folder, screen, eyes, shown
        self._scenes: dict[str, Scene] = {}
        self._targets: dict[str, Target] = {}

    def scene(self, picture: str) -> Scene:
        """A picture, seen before or now."""
        if picture not in self._scenes:
            name = self._shown if picture == SHOWN else picture
            self._scenes[picture] = self._eyes.look(read_image(self._folder, self._screen, name))
        return self._scenes[picture]

    def target(self, thing: Thing) -> Target:
        """What a click on a thing of the shown picture is kept as."""
        if thing.id not in self._targets:
            self._targets[thing.id] = describe_target(self.scene(SHOWN), thing.point)
        return self._targets[thing.id]


@cache
def eyes(threads: int, clip: str = OURS) -> Eyes:
    """One pair a process: loading takes as long as some queries."""
    return Eyes(threads, clip=clip)


def measure_screen(
    folder: Path,
    screen: Screen,
    asked: Sequence[Query],
    threads: int,
    misses: Path | None = None,
    clip: str = OURS,
    advised: bool = False,
) -> Measured:
    """Ask everything of one screen; what was seen of a picture is kept for its next query.

    Args:
        folder: The dataset's.
        screen: Its things count for the recall of candidates, asked or not.
        asked: Queries of this screen.
        threads: For reading.
        misses: Where to draw what went wrong.
        clip: What pictures are looked at with.
        advised: Whether the action model is asked as well, as in a replay.
    """
    sight = eyes(threads, clip)
    adviser = Adviser(sight.clip) if advised else None
    finder, looker, measured = Finder(sight.reader), Looker(folder, screen, sight), Measured()
    for picture, things in screen.pictures.items():
        _count_recall(looker, screen, picture, things, measured)
    for query in asked:
        target = looker.target(query.shown)
        shown, now = looker.scene(SHOWN), looker.scene(query.picture)
        began = time.perf_counter()
        found = finder.find(target, shown, now, query.said)
        ms = 1e3 * (time.perf_counter() - began)
        if isinstance(found, Absent):  # a replay's last look, which it takes before it halts
            found = finder.find(target, shown, now, query.said, thorough=True)
        if adviser is not None:
            found = adviser.judged(query, target, shown, now, found)
        click, sure = (found.point, found.probability) if isinstance(found, Found) else (None, None)
        one = outcome(query, click, ms, _why(target, found), sure)
        measured.outcomes.append(one)
        if misses is not None and one.verdict not in ("hit", "rightly absent"):
            _draw_miss(misses, query, one, shown.image, now.image, target, found)
    return measured


def _count_recall(looker: Looker, screen: Screen, picture: str, things: Iterable[Thing], measured: Measured) -> None:
    for thing in things:
        if thing.covered or thing.kind == "blank":
            continue
        stood = recalled(thing, looker.scene(picture).candidates)
        measured.recall[screen.toolkit, thing.kind, stood] += 1
        if not stood:
            measured.missing.append(f"{screen.id} {picture} {thing.kind} {thing.id} {thing.box}")


def _why(target: Target, found: Found | Absent) -> str:
    seen = f"seen as {target.kind}" + (f" {target.text!r}" if target.text else "")
    said = found.evidence if isinstance(found, Found) else found.reason
    sure = "" if found.probability is None else f"{found.probability:.4f}: "
    return f"{seen}; {sure}{said}"


def miss_name(one: Outcome) -> str:
    """Of the picture that shows it."""
    parts = (one.verdict, one.kind, one.picture, one.screen, one.thing, "said" if one.said else "")
    return "-".join("".join(c if c.isalnum() else "_" for c in part) for part in parts if part)[:120] + ".png"


def _draw_miss(
    folder: Path, query: Query, one: Outcome, shown: Image, now: Image, target: Target, found: Found | Absent
) -> None:
    """The place that was shown beside the decision; the truth is blue."""
    point = query.shown.point
    left = shown.copy()
    _frame(left, target.box, (40, 40, 230))
    _frame(left, query.shown.box, BLUE)
    cv2.drawMarker(left, (point.x, point.y), (200, 0, 200), cv2.MARKER_CROSS, 17, 2)
    around = Rect(point.x - CROP[0] // 2, point.y - CROP[1] // 2, *CROP)
    inside = around.intersection(Rect(0, 0, shown.shape[1], shown.shape[0]))
    assert inside is not None  # the point is inside
    crop = left[inside.top : inside.bottom, inside.left : inside.right]
    trace = draw_trace(now, found)
    if query.answer is not None:
        _frame(trace, query.answer.box, BLUE)
    height = max(len(crop), len(trace))
    sides = [
        cv2.copyMakeBorder(p, 0, height - len(p), 0, 6, cv2.BORDER_CONSTANT, value=(90, 90, 90)) for p in (crop, trace)
    ]
    cv2.imwrite(str(folder / miss_name(one)), np.hstack(sides))


def _frame(picture: Image, box: Rect, color: tuple[int, int, int]) -> None:
    cv2.rectangle(picture, (box.left, box.top), (box.right, box.bottom), color, 1)
