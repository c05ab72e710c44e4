"""Notes that pass by and boxes that ask, told by how what is new stands on a screen, whatever they say.

Such moments are too rare among all that a model is trained on, so what tells them is fitted to them alone before, in a
minute, and left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import torch
from torch import Tensor, nn
from torch.nn import functional

from encore_models.perception.situation import MOST_CANDIDATES, PLACE_WIDTH, STATES
from encore_models.training.action.compare import ALONE, Batch, alike_of, alone, there
from encore_models.training.action.outcome import NEVER
from encore_models.training.action.samples import COVERED, OTHER, Sample
from encore_models.training.action.stream import tensors_of

HIDDEN, TOLD = 32, 16
SEEN = PLACE_WIDTH + 5 + ALONE
"""Figures of a candidate that say nothing of what it shows or reads."""
STEPS, BATCH, RATE, WARMUP = 6000, 64, 3e-3, 0.01
"""Of the fit: moments in a step, the learning rate at its height, and the share of steps in which it rises."""
MOST = 30_000
"""Moments that are kept in memory for it, the first ones of training."""


class Notes(nn.Module):
    """Two logits of a screen: that a box asks for an answer first, and that what is missing comes by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.each = nn.Sequential(nn.Linear(SEEN, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, TOLD))
        self.all = nn.Sequential(nn.Linear(2 * TOLD, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, 2))
        for silent in self.all[2].parameters():
            nn.init.zeros_(silent)  # says nothing before it is fitted

    def forward(self, figures: Tensor, mask: Tensor) -> Tensor:
        """Figures of candidates [n, candidates, SEEN], 1 where there is one [n, candidates] -> logits [n, 2]."""
        told: Tensor = self.all(pooled(self.each(figures), mask))
        return told


def figures_of(batch: Batch) -> Tensor:
    """What is looked at of each candidate [n, candidates, SEEN].

    Its place and kind, how well the demonstration's screens knew it, whether it says anything, how many look like it,
    how much it stands out, and how it stands among the others.
    """
    says = there(batch["candidate_texts"])[..., None]
    own = torch.stack([alike_of(batch), batch["candidate_out"]], dim=-1)
    return torch.cat([batch["candidate_places"], batch["candidate_known"], says, own, alone(batch)], dim=-1)


def pooled(told: Tensor, mask: Tensor) -> Tensor:
    """The mean and the most over all candidates: [n, candidates, width], [n, candidates] -> [n, 2 * width]."""
    mean = (told * mask[..., None]).sum(dim=1) / mask.sum(dim=1).clamp(min=1)[:, None]
    most = (told + NEVER * (1 - mask)[..., None]).amax(dim=1).clamp(min=-10)
    return torch.cat([mean, most], dim=1)


def fit_notes(notes: Notes, samples: Iterable[Sample], bias: float, seed: int, steps: int = STEPS) -> float:
    """Teach it which screens hold a box that asks, and of those without the target which are to be waited for.

    Args:
        notes: Is changed; learns nothing more afterwards.
        samples: Of training; the first `MOST` are looked at.
        bias: Added to its logits where they are used.
        seed: Of the order.
        steps: Of the fit.

    Returns:
        The loss of the last step.
    """
    kept = _Moments(samples)
    notes.requires_grad_(True)
    order = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(notes.parameters(), RATE)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps, pct_start=WARMUP)
    last = float("nan")
    for _ in range(steps):
        chosen = torch.randint(len(kept.labels), (BATCH,), generator=order)
        figures, mask = kept.figures[chosen].float(), kept.mask[chosen]
        most = max(1, int(mask.sum(dim=1).max()))
        logits = notes(figures[:, :most], mask[:, :most]) + bias
        each = functional.binary_cross_entropy_with_logits(logits, kept.labels[chosen], reduction="none")
        loss = (each * kept.counts[chosen]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
        last = float(loss.detach())
    notes.requires_grad_(False)
    return last


class _Moments:
    """What is looked at in each of many moments, and what it is."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        figures, masks, labels, counts = [], [], [], []
        left = islice(samples, MOST)
        while some := list(islice(left, BATCH)):
            batch = tensors_of(some)
            mask = batch["candidate_mask"]
            more = (0, MOST_CANDIDATES - mask.shape[1])
            figures.append(functional.pad(figures_of(batch), (0, 0, *more)).half())
            masks.append(functional.pad(mask, more))
            labels += [[float(_hard(one) == COVERED), float(STATES[one.state] == "wait")] for one in some]
            counts += [[1.0, float(_missing(one))] for one in some]
        self.figures, self.mask = torch.cat(figures), torch.cat(masks)
        self.labels, self.counts = torch.tensor(labels), torch.tensor(counts)


def _hard(sample: Sample) -> str:
    return sample.meta.get("hard", "")


def _missing(sample: Sample) -> bool:
    """Whether what is due is not there."""
    return STATES[sample.state] == "wait" or (STATES[sample.state] == "stop" and _hard(sample) != OTHER)
