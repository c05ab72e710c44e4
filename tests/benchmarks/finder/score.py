"""What a click came to, and how many clicks of which kind came to what."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from encore_models.perception.candidates import Candidate
from encore_recorder.geometry import Point, Rect
from tests.benchmarks.finder.dataset import Query, State, Thing

Verdict = Literal["hit", "wrong", "missed", "false hit", "rightly absent"]
"""Of a thing that is there: clicked, something else clicked, called absent. Of one that is not: something clicked, or
called absent."""

BLANK_REACH = 12
"""Pixels at 100 % from the middle of an empty place within which a click is still right."""
ACTED_ON = 4
"""Times a thing's area that a candidate may have to stand for it."""
SURE = 0.95
BINS = 10
"""Of probabilities, as many clicks in each."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one query."""

    screen: str
    toolkit: str
    picture: str
    kind: str
    thing: str
    """Its id on the screen."""
    said: str | None
    verdict: Verdict
    ms: float
    why: str = ""
    """The finder's words, for whoever studies its misses."""
    probability: float | None = None
    """That the click is right, as the finder said; None for peers, and where nothing was clicked."""
    state: State | None = None
    """How the thing is drawn on the picture; None where that is not known or it is gone."""


def outcome(query: Query, click: Point | None, ms: float, why: str = "", probability: float | None = None) -> Outcome:
    """Judge a click, None where nothing was clicked."""
    screen, shown = query.screen, query.shown
    state = None if query.answer is None else query.answer.state
    return Outcome(
        screen.id, screen.toolkit, query.picture, shown.kind, shown.id, query.said, judge(query, click), ms, why,
        probability, state,
    )  # fmt: skip


def judge(query: Query, click: Point | None) -> Verdict:
    """What a click, in pixels of the query's picture, comes to."""
    if query.answer is None:
        return "rightly absent" if click is None else "false hit"
    if click is None:
        return "missed"
    return "hit" if _right(query.shown, query.answer, click) else "wrong"


def _right(shown: Thing, now: Thing, click: Point) -> bool:
    if now.box.contains(click):
        return True
    if now.kind != "blank":
        return False
    scale = max(1.0, math.sqrt(now.box.area / max(1, shown.box.area)))
    middle = now.box.center
    return math.dist((click.x, click.y), (middle.x, middle.y)) <= BLANK_REACH * scale


def recalled(thing: Thing, candidates: Iterable[Candidate]) -> bool:
    """Whether a candidate stands for the thing.

    Its centre lies in the thing's box, so that a click on it is right, and it is at most four times as large.
    """
    return any(thing.box.contains(c.box.center) and c.box.area <= ACTED_ON * thing.box.area for c in candidates)


def nearest_to(box: Rect, candidates: Iterable[Candidate]) -> Candidate | None:
    """The candidate that overlaps most."""
    return max(candidates, key=lambda c: c.box.overlap(box), default=None)


Figures = dict[str, float | int]


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """Shares of what was there and of what was not, each 0 to 1, with their counts."""
    count = Counter(o.verdict for o in outcomes)
    there = count["hit"] + count["wrong"] + count["missed"]
    gone = count["false hit"] + count["rightly absent"]
    found: Figures = {}
    if there:
        found |= {
            "queries": there,
            "hit": round(count["hit"] / there, 4),
            "wrong": round(count["wrong"] / there, 4),
            "wrong_clicks": count["wrong"],
        }
    if gone:
        found |= {"false_hit_queries": gone, "false_hits": count["false hit"]}
    if outcomes:
        found["ms"] = round(statistics.median(o.ms for o in outcomes), 1)
    return found


def promises(outcomes: Iterable[Outcome]) -> Figures:
    """How well the probabilities of clicks hold: what was promised, what came, and how far they are apart.

    The error is the expected calibration error over ten bins of equal count.
    """
    clicks = [(o.probability, o.verdict == "hit") for o in outcomes if o.probability is not None]
    if not clicks:
        return {"clicks": 0}
    clicks.sort()
    size = max(1, math.ceil(len(clicks) / BINS))
    bins = [clicks[start : start + size] for start in range(0, len(clicks), size)]
    apart = sum(abs(sum(p for p, _ in part) - sum(right for _, right in part)) for part in bins)
    return {
        "clicks": len(clicks),
        "promised": round(statistics.fmean(p for p, _ in clicks), 4),
        "right": round(statistics.fmean(right for _, right in clicks), 4),
        "calibration_error": round(apart / len(clicks), 4),
    }


def table(outcomes: Iterable[Outcome], key: Callable[[Outcome], str]) -> dict[str, Figures]:
    """The figures of each group."""
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(key(one), []).append(one)
    return {name: figures(groups[name]) for name in sorted(groups)}


def upper_bound(events: int, trials: int, sure: float = SURE) -> float:
    """The share that is not exceeded with this certainty (one-sided), though `events` of `trials` were seen.

    Source: Clopper and Pearson, The Use of Confidence or Fiducial Limits, Biometrika 1934.

    Raises:
        ValueError: There were fewer trials than events, or none.
    """
    if not 0 <= events <= trials or not trials:
        raise ValueError(f"{events} of {trials} is no share")
    if events == trials:
        return 1.0
    low, high = events / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(events, trials, middle) > 1 - sure:
            low = middle
        else:
            high = middle
    return high


def _at_most(events: int, trials: int, share: float) -> float:
    """Probability of so few events or fewer; `share` is inside of 0 and 1."""
    logs = (
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(share)
        + (trials - k) * math.log1p(-share)
        for k in range(events + 1)
    )
    return sum(math.exp(log) for log in logs)
