"""What training makes smaller: how surprised each head of the action model is by what was right."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from encore_models.perception.situation import STATES
from encore_models.training.action.compare import Batch
from encore_models.training.action.model import Heads
from encore_models.training.action.outcome import NEVER


class Losses(NamedTuple):
    """Sums over situations, by head, and of how many situations each is the sum."""

    sums: Tensor
    """[4]: state, step, candidate, argument."""
    counts: Tensor
    """[4]."""
    right: Tensor
    """How many of them are right [4]."""


def losses_of(heads: Heads, batch: Batch) -> Losses:
    """Cross-entropy of each head, summed so that parts of a batch add up.

    A step and its argument are asked for where one is due. A candidate is asked for there too, any of those that lie in
    the target, and "absent" where the target of a step is missing: that is what waiting, and stopping for it, are read
    from.
    """
    due, missing = batch["state"] == STATES.index("step"), batch["missing"].bool()
    hits = torch.cat([batch["hits"] > 0, (batch["candidate"] < 0)[:, None]], dim=1)
    wanted = (
        (heads.state, _one_of(heads.state, batch["state"]), torch.ones_like(due)),
        (heads.step, _one_of(heads.step, batch["step"]), due),
        (heads.candidate, hits, due | missing),
        (heads.argument, _one_of(heads.argument, batch["argument"]), due),
    )
    sums = [(_surprise(logits.float(), right) * asked).sum() for logits, right, asked in wanted]
    found = [right.gather(1, logits.argmax(dim=1)[:, None])[:, 0] for logits, right, _ in wanted]
    counts = [asked.sum() for _, _, asked in wanted]
    rights = [(one & asked).sum() for one, (_, _, asked) in zip(found, wanted, strict=True)]
    return Losses(torch.stack(sums), torch.stack(counts).float(), torch.stack(rights).float())


def _one_of(logits: Tensor, label: Tensor) -> Tensor:
    """The right one alone [n, classes]; none where the label is -1."""
    return torch.arange(logits.shape[1], device=logits.device)[None] == label[:, None]


def _surprise(logits: Tensor, right: Tensor) -> Tensor:
    """Negative logarithm of the probability that is given to all that is right together [n]; 0 where nothing is."""
    shares = logits.log_softmax(dim=1)
    together = shares.masked_fill(~right, NEVER).logsumexp(dim=1)
    return torch.where(right.any(dim=1), -together, 0.0)
