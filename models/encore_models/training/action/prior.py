"""What the action model knows of words before training: those that tell of waiting, and of others' questions."""

from __future__ import annotations

import torch
from torch import Tensor

from encore_models.perception.clip import Clip
from encore_models.training.action.model import ActionConfig, ActionModel

PASSING = ("Loading…", "Please wait…", "Saving your changes…", "In progress")
"""What programs write where something is still to come, or goes by itself."""
ASKING = ("Allow", "Later", "Not now", "Update available", "Sign in", "Your answer is needed first.")
"""What they write where somebody else asks for an answer first. Those of the synthetic episodes are among them."""


def beginning(config: ActionConfig, clip: Clip, seed: int) -> dict[str, Tensor]:
    """Weights to begin training with.

    Args:
        config: Of the model; its texts are those of the clip.
        clip: Gives the vectors of words.
        seed: Of the random weights.

    Raises:
        ValueError: The model takes texts of another length.
    """
    passing, asking = (torch.from_numpy(clip.words(words)) for words in (PASSING, ASKING))
    if passing.shape[1] != config.text:
        raise ValueError(f"the words have {passing.shape[1]} numbers, the model takes {config.text}")
    torch.manual_seed(seed)
    model = ActionModel(config)
    model.look_out_for(passing, asking)
    return model.state_dict()
