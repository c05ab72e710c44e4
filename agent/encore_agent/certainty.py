"""How likely it is that a click at a place is right, by the evidence for it: one small model for each kind of target.

A model is a logistic function of a few measures, each 0 to 1 and the more the better, so none has a negative weight: no
evidence for a place may ever speak against it. The numbers in `certainty.json` are fitted on the development screens
of the finder's benchmark, cross-validated by screen (`python -m tests.benchmarks.finder.calibrate`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from encore_agent.errors import BrokenCertainty

Kind = Literal["unchanged", "icon", "sign", "text", "row", "titled", "row_icon", "field", "slider", "blank"]
"""By what a place is known: a drawing, one of another icon set by its place and meaning, a label, a row as it was
shown, a row, label or drawing by the title that was said or stands below it, a drawing by its row, a field or slider by
its caption, an empty place by what is around it. `unchanged` is what still shows the same pixels, of any kind."""

FEATURES: Mapping[Kind, tuple[str, ...]] = {
    "unchanged": ("patch", "ink"),
    "icon": ("looks", "neighbours", "stands", "ahead", "back", "alone", "settled", "together"),
    "sign": ("meaning", "ahead", "back", "stands", "changed"),
    "text": ("reads", "looks", "neighbours", "ahead", "alone", "settled", "together", "seen"),
    "row": ("reads", "rest", "whole", "columns", "ahead"),
    "titled": ("reads", "columns", "ahead"),
    "row_icon": ("reads", "looks", "ahead"),
    "field": ("frame", "sign", "caption", "place", "ahead", "back"),
    "slider": ("frame", "sign", "caption", "place", "ahead", "back"),
    "blank": ("agreed", "witnesses", "seen", "beneath", "page"),
}
"""The measures that each kind is judged by."""
FILE = Path(__file__).with_name("certainty.json")


def halves(measure: float) -> tuple[float, float]:
    """How much of its lower half a measure fills, and how much of its upper one, each 0 to 1."""
    return min(1.0, max(0.0, 2 * measure)), min(1.0, max(0.0, 2 * measure - 1))


@dataclass(frozen=True, slots=True)
class Fit:
    """What the fit came to, each figure on screens that the model had not seen (cross-validated)."""

    weighed: int
    """Places that were weighed."""
    right: int
    """Those at which a click would have been right."""
    log_loss: float
    calibration_error: float
    """Expected calibration error over ten bins of equal count."""
    highest_wrong: float
    """The largest probability of a place at which a click would have been wrong, 0 where there was none; also by the
    model that has seen it, and only by that one where all such places are of one screen."""


@dataclass(frozen=True, slots=True)
class Model:
    """One kind's logistic model."""

    bias: float
    weights: Mapping[str, tuple[float, float]]
    """Of the lower and of the upper half of each measure, none negative: most measures say much until they are good,
    and little from there on, or the other way round."""
    enough: float
    """Probability from which a place is acted on."""
    fit: Fit

    def probability(self, evidence: Mapping[str, float]) -> float:
        """That a click is right, 0 to 1; measures are clipped to 0 to 1."""
        total = self.bias
        for name, weights in self.weights.items():
            total += sum(weight * half for weight, half in zip(weights, halves(evidence[name]), strict=True))
        return 1 / (1 + math.exp(-min(60.0, max(-60.0, total))))


@dataclass(frozen=True, slots=True)
class Certainty:
    """The models of all kinds."""

    kinds: Mapping[Kind, Model]

    @classmethod
    def load(cls, path: Path = FILE) -> Certainty:
        """Read fitted numbers.

        Raises:
            BrokenCertainty: The file cannot be read, or a kind or measure is missing, unknown or makes no sense.
        """
        try:
            certainty = _CERTAINTY.validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise BrokenCertainty(path, str(error)) from error
        if trouble := _trouble(certainty):
            raise BrokenCertainty(path, trouble)
        return certainty

    @classmethod
    def shipped(cls) -> Certainty:
        """The numbers that come with the package, read once."""
        return _shipped()

    def never(self) -> Certainty:
        """The same, but nothing is ever enough: everything is weighed and nothing is acted on."""
        return Certainty({kind: replace(model, enough=math.inf) for kind, model in self.kinds.items()})

    def probability(self, kind: Kind, evidence: Mapping[str, float]) -> float:
        """That a click is right, 0 to 1."""
        return self.kinds[kind].probability(evidence)


_CERTAINTY: TypeAdapter[Certainty] = TypeAdapter(Certainty)


@cache
def _shipped() -> Certainty:
    return Certainty.load()


def _trouble(certainty: Certainty) -> str:
    """What is wrong with the numbers; empty if nothing is."""
    if missing := [kind for kind in get_args(Kind) if kind not in certainty.kinds]:
        return f"nothing is known of {missing[0]!r}"
    for kind, model in certainty.kinds.items():
        if set(model.weights) != set(FEATURES[kind]):
            return f"{kind!r} is judged by {sorted(model.weights)}, not by {sorted(FEATURES[kind])}"
        weights = [weight for both in model.weights.values() for weight in both]
        if not all(math.isfinite(weight) for weight in (model.bias, *weights)):
            return f"{kind!r} has a weight that is no number"
        if min(weights) < 0:
            return f"{kind!r} has a negative weight, so that evidence for a place speaks against it"
        if not 0 < model.enough <= 1:
            return f"{kind!r} acts from {model.enough}, which is no probability"
    return ""
