"""Fine-tuning: what is new gets better, what is old is not forgotten, and what gets worse is not taken."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

MISSING = [name for name in ("torch", "safetensors", "accelerate", "onnxscript") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.bundle import open_session
from encore_models.training.action import finetune
from encore_models.training.action.errors import TooLarge, TrainingDiverged
from encore_models.training.action.export import export_float
from encore_models.training.action.finetune import Lesson, Tuning, fine_tune, loss_on
from encore_models.training.action.graft import grafted
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.parity import check_float
from tests.training.action_task import FRAME, LOOK, TEXT, samples

TUNING = Tuning(steps=40, batch=16)


@pytest.fixture
def model() -> ActionModel:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    return ActionModel(ActionConfig(LOOK, TEXT, FRAME, width=32, heads=2, dropout=0.0))


def lesson(seed: int, count: int = 24) -> Lesson:
    every = samples(count, seed)
    return Lesson(every[count // 4 :], every[: count // 4])


def test_new_samples_are_learned_and_old_ones_not_forgotten(model: ActionModel) -> None:
    own, old = lesson(seed=1), lesson(seed=2)
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    told: list[float] = []
    tuned = fine_tune(model, own, old, TUNING, watch=lambda what, done: told.append(done))
    assert tuned.taken
    assert (tuned.steps, tuned.batch) == (40, 16)
    assert tuned.own_loss[1] < tuned.own_loss[0]
    assert tuned.old_loss[1] < tuned.old_loss[0] * 1.02
    assert loss_on(tuned.model, old.checked) == pytest.approx(tuned.old_loss[1], rel=1e-4)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_what_gets_worse_is_not_taken(model: ActionModel) -> None:
    tuned = fine_tune(model, lesson(1, 8), lesson(2, 8), replace(TUNING, steps=15, learning_rate=3.0))
    assert not tuned.taken
    assert tuned.model is model


def test_it_goes_no_further_than_old_ones_allow(model: ActionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    own, old = lesson(1, 8), lesson(2, 8)
    # Own and old, before, and after the whole way, a half and a quarter of it.
    losses = iter([1.0, 1.0, 0.5, 1.5, 0.6, 1.2, 0.8, 1.01])
    monkeypatch.setattr(finetune, "loss_on", lambda *asked: next(losses))
    tuned = fine_tune(model, own, old, TUNING)
    assert (tuned.taken, tuned.share, tuned.own_loss, tuned.old_loss) == (True, 0.25, (1.0, 0.8), (1.0, 1.01))
    losses = iter([1.0, 1.0, 0.5, 0.9])
    whole = fine_tune(model, own, old, TUNING)
    assert whole.share == 1.0
    for first, quarter, end in zip(*(one.parameters() for one in (model, tuned.model, whole.model)), strict=True):
        torch.testing.assert_close(quarter, first + (end - first) / 4, atol=1e-6, rtol=1e-4)


def test_it_ends_in_time(model: ActionModel) -> None:
    ticks = iter(range(1000))
    tuned = fine_tune(model, lesson(1, 8), lesson(2, 8), replace(TUNING, seconds=5), lambda: next(ticks))
    assert tuned.steps == 5


def test_broken_samples_and_too_few_are_refused(model: ActionModel) -> None:
    own = lesson(1, 8)
    broken = Lesson([replace(one, steps=np.full_like(one.steps, np.nan)) for one in own.learned], own.checked)
    with pytest.raises(TrainingDiverged):
        fine_tune(model, broken, own, TUNING)
    with pytest.raises(ValueError, match=r"there are \[6, 2, 6, 0\]"):
        fine_tune(model, own, Lesson(own.learned, []), TUNING)


def test_where_memory_is_short_batches_get_smaller(model: ActionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = finetune.tensors_of

    def short(chosen: list) -> dict:
        if len(chosen) > 5:
            raise MemoryError
        return whole(chosen)

    monkeypatch.setattr(finetune, "tensors_of", short)
    said: list[str] = []
    tuned = fine_tune(model, lesson(1), lesson(2), replace(TUNING, steps=3), watch=lambda what, done: said.append(what))
    assert (tuned.steps, tuned.batch) == (3, 4)
    assert [what for what in said if what != "learning"] == [
        "out of memory: going on with 8 samples at a time",
        "out of memory: going on with 4 samples at a time",
    ]
    monkeypatch.setattr(finetune, "tensors_of", lambda chosen: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(TooLarge):
        fine_tune(model, lesson(1), lesson(2), TUNING)


def test_where_memory_is_short_fewer_are_checked_at_once(model: ActionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    own, old, still = lesson(1, 160), lesson(2, 160), replace(TUNING, steps=2)
    whole = fine_tune(model, own, old, still)
    forward = ActionModel.forward

    def small(self: ActionModel, batch: dict) -> object:
        if not self.training and len(batch["state"]) > 9:
            torch.empty(2**50)
        return forward(self, batch)

    monkeypatch.setattr(ActionModel, "forward", small)
    said: list[str] = []
    tuned = fine_tune(model, own, old, still, watch=lambda what, done: said.append(what))
    assert [what for what in said if what != "learning"] == [
        "out of memory: checking 16 samples at a time",
        "out of memory: checking 8 samples at a time",
    ]
    assert (*tuned.own_loss, *tuned.old_loss) == pytest.approx((*whole.own_loss, *whole.old_loss), rel=1e-4)
    monkeypatch.setattr(ActionModel, "forward", lambda self, batch: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(TooLarge, match="does not hold 1 sample"):
        fine_tune(model, own, old, still)


@pytest.mark.filterwarnings("ignore")  # the exporter's own
def test_new_weights_in_an_old_graph_compute_what_the_model_does(model: ActionModel, tmp_path: Path) -> None:
    # As after training: no two tensors are alike by chance.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    graph = export_float(model.eval(), tmp_path / "old.onnx")
    tuned = fine_tune(model, lesson(1), lesson(2), TUNING)
    made = grafted(graph, model, tuned.model, tmp_path / "new.onnx")
    assert made is not None
    check_float(tuned.model, made, samples(8, 3))
    open_session(made)
