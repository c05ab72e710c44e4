"""Fine-tuning on the user's own demonstrations, in a minute on a small machine, without forgetting the others.

Each batch is half of what is new and half of what was learned before, all of it varied. A few demonstrations are soon
learned by heart, and what was known is lost for it; so the model goes only as far of its way as old demonstrations that
were not rehearsed do not suffer (Wortsman et al. 2022, https://arxiv.org/abs/2109.01903). It is worth taking only if it
is better on new samples it was not tuned on, and not worse on these.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from encore_models.training.action.errors import TooLarge, TrainingDiverged, memory_ended
from encore_models.training.action.losses import losses_of
from encore_models.training.action.model import ActionModel
from encore_models.training.action.samples import Sample
from encore_models.training.action.stream import batches, tensors_of
from encore_models.training.action.trainer import WEIGHTS
from encore_models.training.action.vary import varied

CHECKED_AT_ONCE = 32
"""Samples that a loss is worked out on at once."""
FORGOTTEN = 0.02
"""By so much of itself the loss on old samples may rise: noise of a few samples."""
PULL = 0.005
"""Share of its way from the old weights that the model is drawn back by each step: what no demonstration shows, such as
waiting, must stay as it was."""
SHARES = (1.0, 0.5, 0.25, 0.125)
"""Of the way from the old weights to the tuned ones that are tried, until nothing is forgotten."""

Watch = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Tuning:
    """How it is done."""

    seconds: float = 30.0
    """When learning ends at the latest; checks and export come on top."""
    steps: int = 100
    batch: int = 16
    """Half of it new."""
    learning_rate: float = 2e-4
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Lesson:
    """Samples of some demonstrations."""

    learned: Sequence[Sample]
    checked: Sequence[Sample]
    """Kept back; of old demonstrations best those that are not learned from at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """What came of it."""

    model: ActionModel
    """The tuned model, or the one before, if that is as good."""
    taken: bool
    steps: int
    batch: int
    """Samples in a step at the end; fewer than asked for where memory was short."""
    seconds: float
    share: float
    """Of the way to the weights that were learned."""
    own_loss: tuple[float, float]
    """On new samples that were kept back, before and after."""
    old_loss: tuple[float, float]
    """On old samples that were kept back, before and after."""


def fine_tune(
    model: ActionModel,
    own: Lesson,
    old: Lesson,
    tuning: Tuning | None = None,
    clock: Callable[[], float] = time.monotonic,
    watch: Watch = lambda what, done: None,
) -> Tuned:
    """Learn new demonstrations beside old ones.

    Args:
        model: Trained; it stays as it is.
        own: New demonstrations.
        old: Demonstrations that must not be forgotten.
        tuning: How.
        clock: Tells seconds.
        watch: Told what is done, 0 to 1, and when memory was short.

    Raises:
        ValueError: There is nothing to learn, or nothing to check with.
        TrainingDiverged: A loss is not finite; nothing was taken.
        TooLarge: Not even two samples at a time fit into memory, or a single one where it is only checked.
    """
    parts = (own.learned, own.checked, old.learned, old.checked)
    if not all(parts):
        counts = [len(part) for part in parts]
        raise ValueError(f"new samples, old ones, and some of each kept back are needed; there are {counts}")
    tuning, begun = tuning or Tuning(), clock()
    check = _Check(own.checked, old.checked, watch)
    before = check(model, 0.0)
    tuned, learning = copy.deepcopy(model), clock()
    steps, batch = _learn(tuned, own.learned, old.learned, tuning, lambda: clock() - learning > tuning.seconds, watch)
    for before_it, share in pairwise((1.0, *SHARES)):
        _go_back(tuned, model, share / before_it)
        after = check(tuned, 1.0)
        taken = after[0] < before[0] and after[1] <= before[1] * (1 + FORGOTTEN)
        if taken:
            break
    kept, losses = tuned if taken else model, ((before[0], after[0]), (before[1], after[1]))
    return Tuned(kept.eval(), taken, steps, batch, clock() - begun, share, *losses)


class _Check:
    """Losses on samples that were kept back, fewer of them at once where memory was short."""

    def __init__(self, own: Sequence[Sample], old: Sequence[Sample], watch: Watch) -> None:
        self._parts, self._watch = (own, old), watch
        self._batch = CHECKED_AT_ONCE

    def __call__(self, model: ActionModel, done: float) -> tuple[float, float]:
        """Of a model on new samples and on old ones, when so much of all was done."""
        own, old = (self._loss(model, some, done) for some in self._parts)
        return own, old

    def _loss(self, model: ActionModel, samples: Sequence[Sample], done: float) -> float:
        while True:
            try:
                return loss_on(model, samples, self._batch)
            except (RuntimeError, MemoryError) as error:
                if not memory_ended(error):
                    raise
                if self._batch == 1:
                    raise TooLarge(1) from error
            self._batch //= 2
            self._watch(f"out of memory: checking {self._batch} samples at a time", done)


@torch.no_grad()
def _go_back(tuned: ActionModel, model: ActionModel, share: float) -> None:
    """Leave a share of the way from a model's weights to the tuned ones."""
    for parameter, first in zip(tuned.parameters(), model.parameters(), strict=True):
        parameter.lerp_(first, 1 - share)


def _learn(
    model: ActionModel,
    own: Sequence[Sample],
    old: Sequence[Sample],
    tuning: Tuning,
    late: Callable[[], bool],
    watch: Watch,
) -> tuple[int, int]:
    """Move the model; gives the number of steps, and the samples in the last of them."""
    torch.manual_seed(tuning.seed)
    rng = np.random.default_rng(tuning.seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=tuning.learning_rate, weight_decay=0.0)
    begin = [parameter.detach().clone() for parameter in model.parameters()]
    half, step = max(1, tuning.batch // 2), 0
    model.train()
    while step < tuning.steps and not late():
        chosen = [varied(some[int(n)], rng) for some in (own, old) for n in rng.integers(len(some), size=half)]
        try:
            _step(model, optimiser, chosen, step)
        except (RuntimeError, MemoryError) as error:
            if not memory_ended(error):
                raise
            if half == 1:
                raise TooLarge(2) from error
            half //= 2
            watch(f"out of memory: going on with {2 * half} samples at a time", step / tuning.steps)
            continue
        with torch.no_grad():
            for parameter, first in zip(model.parameters(), begin, strict=True):
                parameter.lerp_(first, PULL)
        step += 1
        watch("learning", step / tuning.steps)
    return step, 2 * half


def _step(model: ActionModel, optimiser: torch.optim.Optimizer, chosen: Sequence[Sample], step: int) -> None:
    optimiser.zero_grad(set_to_none=True)
    batch = tensors_of(chosen)
    losses = losses_of(model(batch), batch)
    loss = (losses.sums * torch.tensor(WEIGHTS) / losses.counts.clamp(min=1)).sum()
    if not torch.isfinite(loss):
        raise TrainingDiverged(step, "the loss", None)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    if not torch.isfinite(norm):
        raise TrainingDiverged(step, "the gradient", None)
    optimiser.step()


@torch.no_grad()
def loss_on(model: ActionModel, samples: Sequence[Sample], batch: int = CHECKED_AT_ONCE) -> float:
    """The loss that training makes smaller, on some samples."""
    model.eval()
    sums = torch.zeros(2, len(WEIGHTS))
    for some in batches(samples, batch):
        losses = losses_of(model(some), some)
        sums += torch.stack([losses.sums, losses.counts])
    return float((sums[0] / sums[1].clamp(min=1) * torch.tensor(WEIGHTS)).sum())
