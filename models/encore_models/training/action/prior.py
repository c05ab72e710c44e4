"""What the action model knows before training: words of waiting and of others' questions, and how these stand there."""

from __future__ import annotations

import logging

import numpy as np
import torch
from torch import Tensor

from encore_models.perception.clip import Clip
from encore_models.training.action.model import RARELY, ActionConfig, ActionModel
from encore_models.training.action.notes import fit_notes
from encore_models.training.action.notices import KNOWN_ASKING, KNOWN_PASSING
from encore_models.training.action.stream import Corpus

log = logging.getLogger(__name__)


def beginning(config: ActionConfig, clip: Clip, seed: int, corpus: Corpus | None = None) -> dict[str, Tensor]:
    """Weights to begin training with; without these words where the samples' texts are those of another clip.

    Args:
        config: Of the model.
        clip: Gives the vectors of words.
        seed: Of the random weights.
        corpus: Its samples of training tell how notes and questions stand on a screen, in a minute or two; without it
            the model begins without.
    """
    passing, asking = (torch.from_numpy(clip.words(words)) for words in (KNOWN_PASSING, KNOWN_ASKING))
    torch.manual_seed(seed)
    model = ActionModel(config)
    if passing.shape[1] == config.text:
        model.look_out_for(passing, asking)
    else:
        log.warning("texts have %d numbers, words of this clip %d: begun without", config.text, passing.shape[1])
    if corpus is not None:
        fit_notes(model.notes, corpus.stream("train", np.random.default_rng(seed)), -RARELY, seed)
    return model.state_dict()
