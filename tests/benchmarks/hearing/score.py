"""The hearing benchmark's arithmetic: shares, rates and thresholds with their uncertainty (pure)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

Row = TypeVar("Row")
SURE = 0.95
_Z = statistics.NormalDist().inv_cdf(1 - (1 - SURE) / 2)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.of:
            raise ValueError(f"{self.count} of {self.of} is no share")

    @property
    def value(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Within which the true share lies, 95 %.

        Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 1927.
        """
        if not self.of:
            return 0.0, 1.0
        share, squared = self.count / self.of, _Z**2 / self.of
        middle = (share + squared / 2) / (1 + squared)
        half = _Z / (1 + squared) * math.sqrt(share * (1 - share) / self.of + squared / (4 * self.of))
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        if self.value is None:
            return {"of": 0}
        low, high = self.interval
        return {"share": round(self.value, 4), "low": round(low, 4), "high": round(high, 4), "of": self.of}


def share_of(truths: Iterable[bool]) -> Share:
    """How many of them are true."""
    listed = list(truths)
    return Share(sum(listed), len(listed))


@dataclass(frozen=True, slots=True)
class Rate:
    """Events in so many hours."""

    events: int
    hours: float

    @property
    def value(self) -> float | None:
        """Events an hour; None of no time."""
        return self.events / self.hours if self.hours else None

    @property
    def interval(self) -> tuple[float, float]:
        """Within which the true rate lies, 95 %, exact for Poisson's law.

        Source: Garwood, Fiducial Limits for the Poisson Distribution, Biometrika 1936.
        """
        if not self.hours:
            return 0.0, math.inf
        tail = (1 - SURE) / 2
        low = _poisson_mean(self.events - 1, 1 - tail) if self.events else 0.0
        return low / self.hours, _poisson_mean(self.events, tail) / self.hours

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        if self.value is None:
            return {"events": self.events, "hours": 0.0}
        low, high = self.interval
        return {
            "an_hour": round(self.value, 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "events": self.events,
            "hours": round(self.hours, 2),
        }


def _poisson_mean(events: int, at_most: float) -> float:
    """The mean with which so many events or fewer have the probability `at_most`."""
    low, high = 0.0, 10.0 + 3 * events
    for _ in range(80):
        middle = (low + high) / 2
        if _probability_of_at_most(events, middle) > at_most:
            low = middle
        else:
            high = middle
    return low


def _probability_of_at_most(events: int, mean: float) -> float:
    if mean == 0.0:
        return 1.0
    return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(events + 1))


def threshold_at(impostors: Sequence[float], share: float) -> float:
    """The lowest threshold that at most this share of the impostors reaches.

    Raises:
        ValueError: There are no impostors.
    """
    if not impostors:
        raise ValueError("a threshold needs impostors")
    ordered = sorted(impostors, reverse=True)
    allowed = math.floor(share * len(ordered))
    # Just above the first that must not pass; ties below it cannot pass either.
    return math.nextafter(ordered[allowed], math.inf) if allowed < len(ordered) else -math.inf


def missed_at(genuine: Sequence[float], threshold: float) -> Share:
    """How many genuine trials stay below it; -inf is a miss at any threshold."""
    return share_of(score < threshold or score == -math.inf for score in genuine)


def auroc(genuine: Sequence[float], impostors: Sequence[float]) -> float:
    """Probability that a genuine trial scores higher than an impostor; ties count half.

    Raises:
        ValueError: One of both is empty.
    """
    if not genuine or not impostors:
        raise ValueError("AUROC needs both kinds of trials")
    ordered = np.sort(np.asarray(impostors, float))
    scores = np.asarray(genuine, float)
    below, up_to = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    return float((below + up_to).sum() / 2 / (len(scores) * len(ordered)))


def by_group(
    rows: Iterable[Row], group: Callable[[Row], str], right: Callable[[Row], bool]
) -> dict[str, dict[str, Any]]:
    """The share of each group."""
    groups: dict[str, list[bool]] = {}
    for row in rows:
        groups.setdefault(group(row), []).append(right(row))
    return {name: share_of(groups[name]).as_json() for name in sorted(groups)}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 90th percentile and worst; empty of nothing."""
    if not values:
        return {}
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 1),
        "p90": round(ordered[math.ceil(0.9 * len(ordered)) - 1], 1),
        "worst": round(ordered[-1], 1),
        "of": len(ordered),
    }
