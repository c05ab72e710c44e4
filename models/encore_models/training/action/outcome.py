"""From how sure each part of a decision is to the decision: the tree that every run follows, in probabilities.

The next step is the first one after all that was done whose effect is not there yet; where none is left, all is done.
Whoever asks for something else, or is asked something else, stops. A step whose target is not there waits or stops.
All of it is differentiable, so that what is learned is only how sure to be of each part.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

NEVER = -1e4
"""Logit of what cannot be."""
LEAST = -30.0
"""Logarithm of the least probability that is told apart."""
TINY = 1e-6
"""Added to probabilities that may be none."""
DONE = 1
"""Of a step's progress."""


def log_sigmoid(x: Tensor) -> Tensor:
    """Logarithm of the sigmoid, in parts that no runtime rounds to the logarithm of nothing.

    The library's own is exported as `Log(Sigmoid(x))`, and the runtime's sigmoid is 0 from about -17 down.
    """
    return x.clamp(max=0) - (1 + (-x.abs()).exp()).log()


class NextStep(NamedTuple):
    """Which step is next, in logarithms."""

    steps: Tensor
    """Of each step being the next [n, steps]; `NEVER` where it cannot be, twice that where there is no step."""
    done: Tensor
    """Of none being left [n]."""
    left: Tensor
    """Of any being left [n]."""


def next_step(holds: Tensor, progress: Tensor, mask: Tensor, before: Tensor) -> NextStep:
    """Which step is next.

    Args:
        holds: Logits of each step's effect being there already [n, steps].
        progress: What came of each step [n, steps].
        mask: 1 where there is a step [n, steps].
        before: 1 where the row's step comes before the column's one [steps, steps].
    """
    done = (progress == DONE).float() * mask
    later = (done @ before.T).clamp(max=1)  # done after this one
    open_ = mask * (1 - done) * (1 - later)
    there = log_sigmoid(holds) * open_
    first = log_sigmoid(-holds) + there @ before
    steps = first * open_ + NEVER * (1 - open_) + NEVER * (1 - mask)
    return NextStep(steps, there.sum(dim=1).clamp(min=LEAST), torch.logsumexp(steps, dim=1).clamp(min=LEAST))


def states(
    following: NextStep, missing: Tensor, there: Tensor, other_said: Tensor, other_shown: Tensor, passing: Tensor
) -> Tensor:
    """Logarithms of the probabilities of step, wait, done and stop [n, 4].

    Args:
        following: Which step is next.
        missing: Probability that its target is not there [n].
        there: Probability that it is, or that none is needed; their sum is 1, but 1 less a number near it is no more
            than noise [n].
        other_said: Logit of something else being asked for [n].
        other_shown: Logit of somebody else asking for an answer first [n].
        passing: Logit of what keeps the target from being there going by itself [n].
    """
    nothing_said = log_sigmoid(-other_said)
    theirs = torch.logaddexp(log_sigmoid(other_said), nothing_said + log_sigmoid(other_shown))
    ours = nothing_said + log_sigmoid(-other_shown)
    due = ours + following.left
    without = due + (missing + TINY).log()
    wait, stuck = without + log_sigmoid(passing), without + log_sigmoid(-passing)
    step = due + (there + TINY).log()
    return torch.stack([step, wait, ours + following.done, torch.logaddexp(theirs, stuck)], dim=1)
