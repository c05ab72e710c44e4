"""What training makes smaller: how surprised each head of the action model is by what was right."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from encore_models.perception.situation import STATES
from encore_models.training.action.compare import Batch
from encore_models.training.action.model import Heads


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

    A step and its argument are asked for where one is due. A candidate is asked for there too, and "absent" where the
    target of a step is missing: that is what waiting, and stopping for it, are read from.
    """
    due, missing = batch["state"] == STATES.index("step"), batch["missing"].bool()
    absent = heads.candidate.shape[1] - 1
    wanted = (
        (heads.state, batch["state"], torch.ones_like(due)),
        (heads.step, batch["step"], due),
        (heads.candidate, torch.where(batch["candidate"] < 0, absent, batch["candidate"]), due | missing),
        (heads.argument, batch["argument"], due),
    )
    sums = [
        functional.cross_entropy(logits.float(), torch.where(asked, label, -100), ignore_index=-100, reduction="sum")
        for logits, label, asked in wanted
    ]
    right = [((logits.argmax(dim=1) == label) & asked).sum() for logits, label, asked in wanted]
    counts = [asked.sum() for _, _, asked in wanted]
    return Losses(torch.stack(sums), torch.stack(counts).float(), torch.stack(right).float())
