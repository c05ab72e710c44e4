"""A logistic model without negative weights, and how well its probabilities hold on screens that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from encore_agent.certainty import Fit, Model, halves

FOLDS = 10
RIDGE = 0.3
"""L2 penalty on the weights, for the whole sum of losses; the bias is free."""
STEPS = 4000
MARGIN = 1.0
"""By how much the log odds of what is acted on must exceed those of every wrong place."""
LEAST = 0.85
"""Probability below which nothing is acted on, however far below the wrong places were."""
SPARED = 0.02
"""Share of the wrong places that were made, which may be surer: some are as good as right by accident."""
BINS = 10
CERTAIN = 60.0

Array = NDArray[np.float64]


def fit(
    names: Sequence[str],
    evidence: Sequence[Sequence[float]],
    right: Sequence[bool],
    groups: Sequence[str],
    made: Sequence[bool] | None = None,
) -> Model:
    """The model of one kind.

    Args:
        names: Of the measures.
        evidence: Measures of each place, [n][names], 0 to 1.
        right: Whether a click there would be right, [n].
        groups: What is held out together, [n].
        made: Which places were made to be taken for right ones, [n]; a few of those may be surer than what is enough.
    """
    x = np.array([[half for measure in row for half in halves(measure)] for row in evidence], float)
    x, y = x.reshape(len(right), 2 * len(names)), np.array(right, float)
    unseen = cross_validated(x, y, groups)
    weights = solve(x, y)
    seen = sigmoid(x @ weights[1:] + weights[0])
    # The model that is used has seen everything, so the wrong places of either must stay below. Where all wrong ones
    # are of one screen, a model without it has seen none, and its probabilities of them say nothing.
    several = len({group for group, was in zip(groups, right, strict=True) if not was}) > 1
    surest = np.maximum(seen, unseen) if several else seen
    ours = np.zeros(len(y), bool) if made is None else np.array(made, bool)
    spared = int(SPARED * (ours & (y == 0)).sum())
    wrong = [*surest[(y == 0) & ~ours], *np.sort(surest[(y == 0) & ours])[: -spared or None]]
    highest = max((float(p) for p in wrong), default=0.0)
    pairs = [(round(float(a), 4), round(float(b), 4)) for a, b in weights[1:].reshape(-1, 2)]
    figures = Fit(
        weighed=len(y),
        right=int(y.sum()),
        log_loss=round(log_loss(unseen, y), 5),
        calibration_error=round(calibration_error(unseen, y), 5),
        highest_wrong=round(highest, 5),
    )
    return Model(round(float(weights[0]), 4), dict(zip(names, pairs, strict=True)), enough(highest), figures)


def enough(highest: float) -> float:
    """Probability from which to act, clear of the highest wrong one; rounded up."""
    odds = math.log(highest / (1 - highest)) + MARGIN if 0 < highest < 1 else 0.0
    return min(1.0, math.ceil(1e5 * max(LEAST, float(sigmoid(np.array(odds))))) / 1e5)


def cross_validated(x: Array, y: Array, groups: Sequence[str]) -> Array:
    """Probability of each place by a model that has seen nothing of its group, [n]."""
    order = {group: number % FOLDS for number, group in enumerate(sorted(set(groups)))}
    folds = np.array([order[group] for group in groups], int)
    unseen = np.zeros(len(y))
    for fold in set(folds.tolist()):
        weights = solve(x[folds != fold], y[folds != fold])
        unseen[folds == fold] = sigmoid(x[folds == fold] @ weights[1:] + weights[0])
    return unseen


def solve(x: Array, y: Array) -> Array:
    """Bias and weights of least loss, none of the weights negative, [1 + columns].

    Source: Beck and Teboulle, A Fast Iterative Shrinkage-Thresholding Algorithm, SIAM J. Imaging Sciences 2009.
    """
    # No evidence at all, and half of all, count as a wrong place each: where wrong ones are rare, or all held out, a
    # model would else be sure of everything.
    half = np.tile([1.0, 0.0], x.shape[1] // 2)
    full = np.column_stack([np.ones(len(x) + 2), np.vstack([x, np.zeros(x.shape[1]), half])])
    y = np.append(y, [0.0, 0.0])
    penalty = np.array([1e-3] + [RIDGE] * x.shape[1])
    step = 1 / (0.25 * float(np.linalg.norm(full, 2)) ** 2 + RIDGE)
    weights = ahead = np.zeros(full.shape[1])
    momentum = 1.0
    for _ in range(STEPS):
        slope = full.T @ (sigmoid(full @ ahead) - y) + penalty * ahead
        following = ahead - step * slope
        following[1:] = np.maximum(0, following[1:])
        momentum, before = (1 + math.sqrt(1 + 4 * momentum**2)) / 2, momentum
        ahead = following + (before - 1) / momentum * (following - weights)
        weights = following
    return weights


def sigmoid(odds: Array) -> Array:
    """Probability from log odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -CERTAIN, CERTAIN))), float)


def log_loss(probability: Array, y: Array) -> float:
    """Mean over places, in nats."""
    if not len(y):
        return 0.0
    p = np.clip(probability, 1e-9, 1 - 1e-9)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def calibration_error(probability: Array, y: Array) -> float:
    """Mean distance between what was promised and what came, over ten bins of equal count."""
    order = np.argsort(probability, kind="stable")
    bins = [part for part in np.array_split(order, BINS) if len(part)]
    apart = sum(len(part) * abs(float(probability[part].mean() - y[part].mean())) for part in bins)
    return apart / max(1, len(y))
