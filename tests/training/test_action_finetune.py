"""Fine-tuning: what is new gets better, what is old is not forgotten, and what gets worse is not taken."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

MISSING = [name for name in ("torch", "safetensors", "accelerate") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.training.action.errors import TrainingDiverged
from encore_models.training.action.finetune import Tuning, fine_tune, loss_on
from encore_models.training.action.model import ActionConfig, ActionModel
from tests.training.action_task import FRAME, LOOK, TEXT, samples

TUNING = Tuning(steps=40, batch=16, learning_rate=2e-3)


@pytest.fixture
def model() -> ActionModel:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    return ActionModel(ActionConfig(LOOK, TEXT, FRAME, width=32, heads=2, dropout=0.0))


def test_new_samples_are_learned_and_old_ones_not_forgotten(model: ActionModel) -> None:
    own, old = samples(24, seed=1), samples(24, seed=2)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    tuned = fine_tune(model, own, old, TUNING)
    assert tuned.taken
    assert tuned.steps == 40
    assert tuned.own_loss[1] < tuned.own_loss[0]
    assert tuned.old_loss[1] < tuned.old_loss[0] * 1.02
    assert loss_on(tuned.model, old) == pytest.approx(tuned.old_loss[1], rel=1e-4)
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_what_gets_worse_is_not_taken(model: ActionModel) -> None:
    tuned = fine_tune(model, samples(8, seed=1), samples(8, seed=2), replace(TUNING, steps=15, learning_rate=3.0))
    assert not tuned.taken
    assert tuned.model is model


def test_it_ends_in_time(model: ActionModel) -> None:
    ticks = iter(range(1000))
    tuned = fine_tune(model, samples(8, seed=1), samples(8, seed=2), replace(TUNING, seconds=5), lambda: next(ticks))
    assert tuned.steps == 5


def test_broken_samples_and_too_few_are_refused(model: ActionModel) -> None:
    own = samples(8, seed=1)
    broken = [replace(one, steps=np.full_like(one.steps, np.nan)) for one in own]
    with pytest.raises(TrainingDiverged):
        fine_tune(model, broken, own, TUNING)
    with pytest.raises(ValueError, match="1 new and 8 old"):
        fine_tune(model, own[:1], own, TUNING)
