"""Fit what the decision makes of the sound of a phrase, on what was measured of the development split.

One command does it: `make bench-hearing ARGS='--split dev --calibrate'`. It takes the trials of commands, siblings,
other wordings and talk, and of English speech that asks for nothing, and writes `encore_agent.fitted`. As trials tell
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
from encore_models.phrases import words_of

SIBLINGS = 0.01
"""Share of the siblings that may come as high as what fires."""
MARGIN = 0.02
"""Likeness between the threshold and what it keeps out."""
SPARE_NATS = 0.4
"""Between what may fire without a print and the speech that came nearest to it."""
_STEPS = 40
_RIDGE = 0.3

Array = NDArray[np.float64]
Trials = Sequence[Mapping[str, Any]]
TEMPLATE = Template('''\
"""What the decision makes of the sound of a phrase; written by `make bench-hearing ARGS='--split dev --calibrate'`."""

PER_LOSS = $per_loss
"""Likeness that each nat is worth which tokens of the phrase lose by the sound."""
PER_REGRET = $per_regret
"""Likeness that each nat is worth by which other tokens were likelier: that much of the losses is the noise's."""
BASE = $base
"""Likeness that a phrase is given besides, so that commands fire from `decide.ACCEPT`."""
ALONE = $alone
"""Nats that a phrase may lose and still fire where there is no print."""
''')


@dataclass(frozen=True, slots=True)
class Fitted:
    """See `encore_agent.fitted`."""

    per_loss: float
    per_regret: float
    base: float
    alone: float
    missed: float
    """Share of the commands said where siblings are that stay below; for the log."""

    def write(self, path: Path) -> None:
        """Write the module."""
        names = ("per_loss", "per_regret", "base", "alone")
        path.write_text(TEMPLATE.substitute({name: round(getattr(self, name), 3) for name in names}), "utf-8")


def fitted(trials: Trials) -> Fitted:
    """Weights and thresholds.

    Args:
        trials: Of the parts `commands`, `siblings`, `paraphrases`, `talk` and `speech`.

    Raises:
        ValueError: They hold no commands, or no siblings.
    """
    printed = [trial for trial in trials if None not in _scores(trial)]
    siblings = [trial for trial in printed if trial["kind"] == "sibling"]
    own = [trial for trial in printed if _right(trial)]
    if not siblings or not own:
        raise ValueError("fitting needs commands and their siblings, with prints")
    scores = np.array([_scores(trial) for trial in printed], float)
    right = np.array([_right(trial) for trial in printed], float)
    weights = _regression(scores, right)
    per_loss, per_regret = (float(weight / weights[0]) for weight in weights[1:3])

    def summed(listed: Trials) -> Array:
        rows = np.array([_scores(trial) for trial in listed], float)
        total: Array = rows @ np.array([1.0, per_loss, per_regret])
        return total

    highest = [float(np.sort(summed(siblings))[::-1][math.floor(SIBLINGS * len(siblings))])]
    others = [trial for trial in printed if trial["wanted"] is None and trial["kind"] != "sibling"]
    # Short commands ask for more likeness anyway, because of such speech.
    others = [trial for trial in others if len("".join(words_of(trial["first"]))) > SHORT_LETTERS]
    highest += list(summed(others)) if others else []
    threshold = max(highest) + MARGIN
    missed = float((summed(own) < threshold).mean())
    return Fitted(per_loss, per_regret, -threshold, _alone(trials), missed)


def _alone(trials: Trials) -> float:
    """What a phrase may lose where there is no print: less than speech that does not ask for it."""
    lost = [
        -trial["evidence"]["losses"]
        for trial in trials
        if trial["evidence"]["losses"] is not None and trial["evidence"]["likeness"] is None and trial["wanted"] is None
    ]
    return max(0.0, min(lost, default=SPARE_NATS) - SPARE_NATS)


def _scores(trial: Mapping[str, Any]) -> tuple[float | None, ...]:
    return tuple(trial["evidence"][name] for name in ("likeness", "losses", "regret"))


def _right(trial: Mapping[str, Any]) -> bool:
    return trial["wanted"] is not None and trial["first"] == trial["wanted"]


def _regression(scores: Array, right: Array) -> Array:
    """Weights of the columns, and the offset: logistic, where both kinds count the same together."""
    rows = np.c_[scores, np.ones(len(scores))]
    worth = np.where(right, 0.5 / right.sum(), 0.5 / (1 - right).sum()) * len(right)
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (worth * (likely - right)) + _RIDGE * weights
        bend = (rows * (worth * likely * (1 - likely))[:, None]).T @ rows + _RIDGE * np.eye(len(weights))
        weights = weights - np.linalg.solve(bend, slope)
    return weights
