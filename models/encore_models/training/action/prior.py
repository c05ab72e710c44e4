"""What the action model knows of words before training: those that tell of waiting, and of others' questions."""

from __future__ import annotations

import logging

import torch
from torch import Tensor

from encore_models.perception.clip import Clip
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.notices import KNOWN_ASKING, KNOWN_PASSING

log = logging.getLogger(__name__)


def beginning(config: ActionConfig, clip: Clip, seed: int) -> dict[str, Tensor]:
    """Weights to begin training with; without these words where the samples' texts are those of another clip.

    Args:
        config: Of the model.
        clip: Gives the vectors of words.
        seed: Of the random weights.
    """
    passing, asking = (torch.from_numpy(clip.words(words)) for words in (KNOWN_PASSING, KNOWN_ASKING))
    torch.manual_seed(seed)
    model = ActionModel(config)
    if passing.shape[1] == config.text:
        model.look_out_for(passing, asking)
    else:
        log.warning("texts have %d numbers, words of this clip %d: begun without", config.text, passing.shape[1])
    return model.state_dict()
