"""Fit what the decision makes of the sound of a phrase, on what was measured of the development split.

One command does it: `make bench-hearing ARGS='--split dev --calibrate'`. It takes the trials of commands, siblings,
other wordings and talk, and of hours of sound that ask for nothing, and writes `encore_agent.fitted`. As trials tell
only of Encore's first choice, which the weights have a say in, it is run once more after a new voice head or encoder.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encore_agent.decide import SHORT_LETTERS
from encore_agent.messages import Evidence
from encore_models.phrases import words_of

SIBLINGS = 0.01
"""Share of the siblings that may come as high as what fires."""
RATE = 0.05
"""False accepts an hour that the tail of what was heard may promise; the few that come highest promise nothing."""
TAIL = 20
"""Trials that come highest, whose tail is taken for exponential."""
WORDINGS = ("registered", "unregistered")
"""Kinds of trials that say the command with other words than were enrolled."""
_STEPS = 40
_RIDGE = 0.3

Array = NDArray[np.float64]
Trials = Sequence[Mapping[str, Any]]
TEMPLATE = Template('''\
"""What the decision makes of the sound of a phrase; written by `make bench-hearing ARGS='--split dev --calibrate'`."""

PER_LOSS = $per_loss
"""Likeness that each nat is worth which tokens of the phrase lose by the sound."""
PER_OTHERWISE = $per_otherwise
"""Likeness that other words are worth, where the decoder is sure of them."""
PER_LOG_P = $per_log_p
"""Likeness that the mean log p of its tokens is worth."""
BASE = $base
"""Likeness that a phrase is given besides, so that commands fire from `decide.ACCEPT`."""
ALONE = $alone
"""The same where there is no print."""
SHORT = $short
"""How much more likeness a short command asks for."""
''')


@dataclass(frozen=True, slots=True)
class Fitted:
    """See `encore_agent.fitted`."""

    per_loss: float
    per_otherwise: float
    per_log_p: float
    base: float
    alone: float
    short: float
    missed: float
    """Share of the commands that stay below what long ones ask for; for the log."""

    def write(self, path: Path) -> None:
        """Write the module."""
        names = ("per_loss", "per_otherwise", "per_log_p", "base", "alone", "short")
        path.write_text(TEMPLATE.substitute({name: round(getattr(self, name), 3) for name in names}), "utf-8")


def fitted(trials: Trials, hours: float) -> Fitted:
    """Weights and thresholds.

    Args:
        trials: Of the parts `commands`, `siblings`, `talk` and `streams`.
        hours: Of the streams.

    Raises:
        ValueError: They hold no commands, or no siblings.
    """
    scored = [trial for trial in trials if trial["evidence"]["losses"] is not None]
    # Other wordings are like no print, and what was heard of them are other words.
    printed = [one for one in scored if one["evidence"]["likeness"] is not None and one["kind"] not in WORDINGS]
    siblings = [trial for trial in printed if trial["kind"] == "sibling"]
    own = [trial for trial in printed if _right(trial)]
    if not siblings or not own:
        raise ValueError("fitting needs commands and their siblings, with prints")
    weights = _regression(_scores(printed), np.array([_right(trial) for trial in printed], float))
    weights /= weights[0]

    def summed(listed: Trials) -> Array:
        total: Array = _scores(listed) @ weights
        return total

    others = [trial for trial in printed if _unasked(trial)]
    long, short = (summed([one for one in others if _is_short(one) == asked]) for asked in (False, True))
    sibling = float(np.sort(summed(siblings))[::-1][math.floor(SIBLINGS * len(siblings))])
    threshold = max(sibling, reached(long, hours))
    unprinted = [one for one in scored if _unasked(one) and one["evidence"]["likeness"] is None]
    alone = reached(_scores(unprinted)[:, 1:] @ weights[1:], hours) if unprinted else 0.0
    missed = float(np.mean([value < threshold for value in summed(own)]))
    short_asks = max(0.0, reached(short, hours) - threshold)
    return Fitted(*(float(weight) for weight in weights[1:]), -threshold, -alone, short_asks, missed)


def reached(scores: Array, hours: float) -> float:
    """What is reached `RATE` times an hour, if the tail of the scores is exponential; at least the highest one.

    Args:
        scores: Of everything that was heard: float64 [n].
        hours: In which it was heard.
    """
    if not len(scores):
        return -math.inf
    falling = np.sort(scores)[::-1]
    tail = falling[:TAIL]
    excess = float(np.mean(tail - tail[-1]))
    return max(float(falling[0]), float(tail[-1]) + excess * math.log(max(1.0, len(tail) / (hours * RATE))))


def _scores(trials: Trials) -> Array:
    """Likeness, losses, how surely other words were heard, and log p: float64 [n, 4]."""
    found = [Evidence(**trial["evidence"]) for trial in trials]
    return np.array([[one.likeness, one.losses, one.otherwise, one.log_p] for one in found], float).reshape(-1, 4)


def _is_short(trial: Mapping[str, Any]) -> bool:
    return len("".join(words_of(trial["first"]))) <= SHORT_LETTERS


def _unasked(trial: Mapping[str, Any]) -> bool:
    return trial["wanted"] is None and trial["kind"] != "sibling"


def _right(trial: Mapping[str, Any]) -> bool:
    return trial["wanted"] is not None and trial["first"] == trial["wanted"]


def _regression(scores: Array, right: Array) -> Array:
    """Weights of the columns: logistic, where both kinds count the same together."""
    rows = np.c_[scores, np.ones(len(scores))]
    worth = np.where(right, 0.5 / right.sum(), 0.5 / (1 - right).sum()) * len(right)
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (worth * (likely - right)) + _RIDGE * weights
        bend = (rows * (worth * likely * (1 - likely))[:, None]).T @ rows + _RIDGE * np.eye(len(weights))
        weights = weights - np.linalg.solve(bend, slope)
    return weights[:-1]
