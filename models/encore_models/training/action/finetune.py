"""Fine-tuning on the user's own demonstrations, in a minute on a small machine, without forgetting the others.

Each batch is half of what is new and half of what was learned before. The tuned model takes the place of the old one
only if it is better on new samples it was not tuned on, and not worse on the old ones.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from encore_models.training.action.errors import TrainingDiverged
from encore_models.training.action.losses import losses_of
from encore_models.training.action.model import ActionModel
from encore_models.training.action.samples import Sample
from encore_models.training.action.stream import batches, tensors_of
from encore_models.training.action.trainer import WEIGHTS

CHECKED_EVERY = 4
"""Of the new samples every fourth is kept for the check."""
FORGOTTEN = 0.02
"""By so much of itself the loss on old samples may rise: noise of a few samples."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How it is done."""

    seconds: float = 50.0
    """When it ends at the latest; checks and export come on top."""
    steps: int = 150
    batch: int = 16
    """Half of it new."""
    learning_rate: float = 2e-4
    seed: int = 7


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """What came of it."""

    model: ActionModel
    """The tuned model, or the one before, if that is as good."""
    taken: bool
    steps: int
    seconds: float
    own_loss: tuple[float, float]
    """On new samples that were kept back, before and after."""
    old_loss: tuple[float, float]
    """On old samples, before and after."""


def fine_tune(
    model: ActionModel,
    own: Sequence[Sample],
    old: Sequence[Sample],
    tuning: Tuning | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Tuned:
    """Learn new demonstrations beside old ones.

    Args:
        model: Trained; it stays as it is.
        own: Samples of the new demonstrations and their variations, at least two.
        old: Samples of demonstrations that must not be forgotten.
        tuning: How.
        clock: Tells seconds.

    Raises:
        ValueError: There are fewer than two new samples, or no old ones.
        TrainingDiverged: A loss is not finite; nothing was taken.
    """
    if len(own) < 2 or not old:
        raise ValueError(f"{len(own)} new and {len(old)} old samples; at least 2 and 1 are needed")
    tuning, begun = tuning or Tuning(), clock()
    checked = own[::CHECKED_EVERY]
    learned = [one for number, one in enumerate(own) if number % CHECKED_EVERY]
    before = loss_on(model, checked), loss_on(model, old)
    tuned = copy.deepcopy(model)
    steps = _learn(tuned, learned, old, tuning, lambda: clock() - begun > tuning.seconds)
    after = loss_on(tuned, checked), loss_on(tuned, old)
    taken = after[0] < before[0] and after[1] <= before[1] * (1 + FORGOTTEN)
    kept = tuned if taken else model
    return Tuned(kept.eval(), taken, steps, clock() - begun, (before[0], after[0]), (before[1], after[1]))


def _learn(
    model: ActionModel, own: Sequence[Sample], old: Sequence[Sample], tuning: Tuning, late: Callable[[], bool]
) -> int:
    """Move the model; gives the number of steps."""
    torch.manual_seed(tuning.seed)
    rng = np.random.default_rng(tuning.seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=tuning.learning_rate, weight_decay=0.0)
    half = max(1, tuning.batch // 2)
    model.train()
    for step in range(tuning.steps):
        if late():
            return step
        chosen = [some[int(n)] for some in (own, old) for n in rng.integers(len(some), size=half)]
        batch = tensors_of(chosen)
        losses = losses_of(model(batch), batch)
        loss = (losses.sums * torch.tensor(WEIGHTS) / losses.counts.clamp(min=1)).sum()
        if not torch.isfinite(loss):
            raise TrainingDiverged(step, "the loss", None)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return tuning.steps


@torch.no_grad()
def loss_on(model: ActionModel, samples: Sequence[Sample], batch: int = 32) -> float:
    """The loss that training makes smaller, on some samples."""
    model.eval()
    sums = torch.zeros(2, len(WEIGHTS))
    for some in batches(samples, batch):
        losses = losses_of(model(some), some)
        sums += torch.stack([losses.sums, losses.counts])
    return float((sums[0] / sums[1].clamp(min=1) * torch.tensor(WEIGHTS)).sum())
