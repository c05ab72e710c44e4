"""Training the action model: it learns, goes on exactly where it stopped, and stops where it must."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

MISSING = [name for name in ("torch", "safetensors", "accelerate", "tensorboard", "optuna") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.state import AcceleratorState

from encore_models.training.action import trainer as trainer_module
from encore_models.training.action.errors import OtherRun, TooLarge, TrainingDiverged
from encore_models.training.action.evaluate import evaluate
from encore_models.training.action.model import ActionConfig, ActionModel, torch_outputs
from encore_models.training.action.samples import Sample, write_shards
from encore_models.training.action.stream import Listed, Shards
from encore_models.training.action.train import MODEL, train
from encore_models.training.action.trainer import CHECKPOINT, Trainer, TrainOptions, learning_rate
from encore_models.training.action.tune import Space, tune
from tests.training.action_task import FRAME, LOOK, TEXT, samples

TINY = ActionConfig(LOOK, TEXT, FRAME, width=32, heads=2, dropout=0.1)
OPTIONS = TrainOptions(steps=12, batch=16, learning_rate=2e-3, warmup=4, evaluate_every=4)
ROOT = Path(__file__).parents[2]

pytestmark = [
    # From inside of torch and TensorBoard.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def corpus() -> Listed:
    return Listed(train=samples(40, seed=1), validation=samples(20, seed=2))


def entries(folder: Path, part: str) -> list[dict]:
    return [e for e in map(json.loads, (folder / "log.jsonl").read_text().splitlines()) if e.get("part") == part]


def test_a_small_task_is_learned(tmp_path: Path) -> None:
    """Whatever is never read - voice, looks, progress - cannot be learned to this height."""
    options = TrainOptions(steps=260, batch=64, learning_rate=2e-3, warmup=30, evaluate_every=65)
    learned = Listed(train=samples(3000, seed=3), validation=samples(100, seed=4))
    result = train(tmp_path, options, learned, replace(TINY, dropout=0.0))
    model = ActionModel.from_pretrained(tmp_path / MODEL)
    figures = evaluate(lambda feeds: torch_outputs(model, feeds), samples(300, seed=5))
    assert figures.next_step_accuracy > 0.95
    assert figures.target_hit > 0.95
    assert figures.state_macro_f1 > 0.95
    assert figures.stop_auroc > 0.99
    assert set(figures.groups["toolkit"]) == {"gtk", "qt"}
    assert result.best_loss == pytest.approx(min(e["loss"] for e in entries(tmp_path, "validation")))
    assert list((tmp_path / "tensorboard").iterdir())


def test_what_was_fitted_to_rare_moments_before_is_left_as_it_is(corpus: Listed, tmp_path: Path) -> None:
    torch.manual_seed(5)
    begun = {name: torch.randn_like(value) * 0.1 for name, value in ActionModel(TINY).state_dict().items()}
    train(tmp_path, replace(OPTIONS, steps=2, evaluate_every=1), corpus, TINY, begun)
    trained = ActionModel.from_pretrained(tmp_path / MODEL).state_dict()
    kept = {name for name, value in trained.items() if torch.equal(value, begun[name])}
    assert {name for name in trained if name.startswith("notes.")} <= kept
    assert "glance.0.weight" not in kept, "nothing was learned at all"


def test_a_run_that_was_stopped_goes_on_exactly(corpus: Listed, tmp_path: Path) -> None:
    whole = train(tmp_path / "whole", OPTIONS, corpus, TINY)
    steps: list[int] = []
    first = train(tmp_path / "parted", OPTIONS, corpus, TINY, watch=lambda step, _: not steps.append(step))
    assert (first.steps, first.stopped_early) == (4, True)
    second = train(tmp_path / "parted", OPTIONS, corpus, TINY)
    assert first.losses + second.losses == whole.losses  # bit for bit, dropout and order included
    weights = [torch.load(tmp_path / name / CHECKPOINT, weights_only=True)["model"] for name in ("whole", "parted")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert [e["loss"] for e in entries(tmp_path / "parted", "validation")] == [
        e["loss"] for e in entries(tmp_path / "whole", "validation")
    ]
    assert train(tmp_path / "parted", OPTIONS, corpus, TINY).losses == ()  # nothing is left to do


def test_other_options_do_not_go_on_with_a_run(corpus: Listed, tmp_path: Path) -> None:
    train(tmp_path, replace(OPTIONS, steps=4), corpus, TINY)
    with pytest.raises(OtherRun, match="batch: 16, now 8"):
        train(tmp_path, replace(OPTIONS, batch=8), corpus, TINY)
    with pytest.raises(OtherRun, match="fusion: cross, now late"):
        train(tmp_path, OPTIONS, corpus, replace(TINY, fusion="late"))


def test_parts_of_a_batch_accumulate_to_the_same(corpus: Listed, tmp_path: Path) -> None:
    still = replace(TINY, dropout=0.0)
    whole = train(tmp_path / "1", OPTIONS, corpus, still)
    parted = train(tmp_path / "5", replace(OPTIONS, parts=5), corpus, still)
    np.testing.assert_allclose(parted.losses, whole.losses, rtol=2e-4)


def test_out_of_memory_makes_the_parts_smaller(
    corpus: Listed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    still = replace(TINY, dropout=0.0)
    whole = train(tmp_path / "whole", OPTIONS, corpus, still)
    forward = ActionModel.forward

    def small(self: ActionModel, batch: dict) -> object:
        if self.training and len(batch["state"]) > 5:
            raise torch.OutOfMemoryError("out of memory")
        return forward(self, batch)

    monkeypatch.setattr(ActionModel, "forward", small)
    parted = train(tmp_path / "small", OPTIONS, corpus, still)
    np.testing.assert_allclose(parted.losses, whole.losses, rtol=2e-4)
    said = capsys.readouterr().out
    assert "in 2 parts" in said
    assert "in 4 parts" in said
    monkeypatch.setattr(ActionModel, "forward", lambda self, batch: (_ for _ in ()).throw(torch.OutOfMemoryError()))
    with pytest.raises(TooLarge, match="does not hold 1 sample"):
        train(tmp_path / "none", OPTIONS, corpus, still)


def test_out_of_memory_in_validation_makes_its_parts_smaller(
    corpus: Listed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Trainer(OPTIONS, corpus, TINY)
    expected = whole.validate()
    forward, sizes = ActionModel.forward, list[int]()

    def small(self: ActionModel, batch: dict) -> object:
        sizes.append(len(batch["state"]))
        if sizes[-1] > 5:
            raise torch.OutOfMemoryError("out of memory")
        return forward(self, batch)

    monkeypatch.setattr(ActionModel, "forward", small)
    assert whole.validate() == pytest.approx(expected, rel=1e-5)
    said = capsys.readouterr().out
    assert said.count("out of memory: validation now works through batches in 4 parts") == 1
    sizes.clear()
    whole.validate()
    assert max(sizes) <= 5, "what did not fit is tried again"
    halved = Trainer(replace(OPTIONS, parts=8), corpus, TINY)
    sizes.clear()
    assert halved.validate() == pytest.approx(expected, rel=1e-5)
    assert max(sizes) == 2, "as small as in training to begin with"
    monkeypatch.setattr(ActionModel, "forward", lambda self, batch: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(TooLarge, match="does not hold 1 sample"):
        whole.validate()
    monkeypatch.setattr(ActionModel, "forward", lambda self, batch: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="size"):
        whole.validate()


@pytest.fixture
def accelerate_anew() -> Iterator[None]:
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.usefixtures("accelerate_anew")
def test_the_launcher_says_in_which_precision_it_is_trained(corpus: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACCELERATE_MIXED_PRECISION", raising=False)
    for bf16 in (True, False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda bf16=bf16: bf16)
        assert trainer_module.precision() == ("bf16" if bf16 else "no")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "no")
    assert trainer_module.precision() == "no"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert Trainer(OPTIONS, corpus, TINY).accelerator.mixed_precision == "bf16"
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "fp16")
    with pytest.raises(ValueError, match="not trained in fp16; take --mixed_precision no or bf16"):
        trainer_module.accelerator()


def test_a_processor_without_memory_makes_the_parts_smaller_too(
    corpus: Listed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There torch has no error of its own for it."""
    forward = ActionModel.forward

    def large(self: ActionModel, batch: dict) -> object:
        if self.training and len(batch["state"]) > 8:
            torch.empty(2**50)
        return forward(self, batch)

    monkeypatch.setattr(ActionModel, "forward", large)
    result = train(tmp_path / "large", replace(OPTIONS, steps=4), corpus, TINY)
    assert len(result.losses) == 4
    assert "out of memory: batches are now worked through in 2 parts" in capsys.readouterr().out
    # Whatever else goes wrong is not taken for it.
    monkeypatch.setattr(ActionModel, "forward", lambda self, batch: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError, match="size"):
        train(tmp_path / "wrong", OPTIONS, corpus, TINY)


def test_a_validation_that_is_no_number_leaves_the_checkpoint(corpus: Listed, tmp_path: Path) -> None:
    train(tmp_path, replace(OPTIONS, steps=4), corpus, TINY)
    before = (tmp_path / CHECKPOINT).read_bytes()
    broken = [replace(one, utterance=one.utterance * np.float16(np.nan)) for one in corpus.splits["validation"]]
    with pytest.raises(TrainingDiverged, match=r"step 8: the loss on validation is not finite. The checkpoint"):
        train(tmp_path, OPTIONS, Listed(train=corpus.splits["train"], validation=broken), TINY)
    assert (tmp_path / CHECKPOINT).read_bytes() == before


def test_half_precision_learns_about_the_same(corpus: Listed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    still = replace(TINY, dropout=0.0)
    whole = train(tmp_path / "whole", OPTIONS, corpus, still)
    AcceleratorState._reset_state(reset_partial_state=True)
    loading = DataLoaderConfiguration(split_batches=True, dispatch_batches=False, even_batches=False)
    monkeypatch.setattr(
        trainer_module,
        "accelerator",
        lambda: Accelerator(mixed_precision="bf16", cpu=True, dataloader_config=loading),
    )
    try:
        half = train(tmp_path / "half", OPTIONS, corpus, still)
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)
    assert half.losses != whole.losses
    np.testing.assert_allclose(half.losses, whole.losses, rtol=0.1)
    kept = torch.load(tmp_path / "half" / CHECKPOINT, weights_only=True)["model"]
    assert {value.dtype for value in kept.values() if value.is_floating_point()} == {torch.float32}


def test_a_loss_that_is_no_number_stops_and_keeps_the_checkpoint(corpus: Listed, tmp_path: Path) -> None:
    train(tmp_path, replace(OPTIONS, steps=4), corpus, TINY)
    before = (tmp_path / CHECKPOINT).read_bytes(), (tmp_path / MODEL / "model.safetensors").read_bytes()
    broken = [replace(one, utterance=one.utterance * np.float16(np.nan)) for one in corpus.splits["train"]]
    with pytest.raises(TrainingDiverged, match=r"step 4: the loss is not finite. The checkpoint .* is whole"):
        train(tmp_path, OPTIONS, Listed(train=broken, validation=corpus.splits["validation"]), TINY)
    assert before == ((tmp_path / CHECKPOINT).read_bytes(), (tmp_path / MODEL / "model.safetensors").read_bytes())
    assert "diverged" in (tmp_path / "log.jsonl").read_text()
    assert len(train(tmp_path, OPTIONS, corpus, TINY).losses) == 8  # it goes on from there


def test_training_ends_early_and_keeps_the_best(corpus: Listed, tmp_path: Path) -> None:
    """With labels of chance there is nothing to learn, so validation soon gets worse."""
    rng = np.random.default_rng(1)
    noise = [replace(one, argument=int(rng.integers(3))) for one in corpus.splits["train"]]
    options = TrainOptions(steps=400, batch=16, learning_rate=3e-3, warmup=4, evaluate_every=10, patience=3)
    result = train(tmp_path, options, Listed(train=noise, validation=corpus.splits["validation"]), TINY)
    assert result.stopped_early
    assert result.steps == result.best_step + 30 < 400
    losses = {e["step"]: e["loss"] for e in entries(tmp_path, "validation")}
    assert min(losses, key=losses.__getitem__) == result.best_step
    best = Trainer(options, corpus, TINY, ActionModel.from_pretrained(tmp_path / MODEL).state_dict())
    assert best.validate()["loss"] == pytest.approx(losses[result.best_step], rel=1e-5)


def test_the_learning_rate_rises_and_falls() -> None:
    options = TrainOptions(steps=100, warmup=10, learning_rate=1.0)
    rates = [learning_rate(options, step) for step in range(101)]
    assert rates[:10] == pytest.approx(np.arange(1, 11) / 10)
    assert np.all(np.diff(rates[10:]) <= 0)
    assert rates[55] == pytest.approx(0.505)
    assert rates[100] == pytest.approx(0.01)


def shards(folder: Path, count: int) -> Path:
    def told(some: list[Sample], split: str) -> list[Sample]:
        return [replace(one, meta={**one.meta, "split": split}) for one in some]

    write_shards(folder, told(samples(count, 1), "train") + told(samples(24, 2), "validation"), a_shard=16)
    return folder


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    data = shards(tmp_path / "data", 64)
    still = ["--steps", "6", "--batch", "16", "--width", "32", "--dropout", "0", "--warmup", "2",
             "--evaluate-every", "3", "--data", str(data)]  # fmt: skip
    module = ["-m", "encore_models.training.action.train"]
    launch = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1",
              "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    runs = [("one", module), ("two", launch + module)]
    started = [
        subprocess.Popen(
            [sys.executable, *how, *still, "--folder", str(tmp_path / name)],
            env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for name, how in runs
    ]  # fmt: skip
    for process in started:
        said, _ = process.communicate(timeout=150)
        assert process.returncode == 0, said
    for part, tolerance in (("train", 1e-4), ("validation", 1e-4)):
        one, two = ([e["loss"] for e in entries(tmp_path / name, part)] for name in ("one", "two"))
        assert len(one) > 0
        np.testing.assert_allclose(two, one, rtol=tolerance)
    first, second = (torch.load(tmp_path / n / CHECKPOINT, weights_only=True) for n in ("one", "two"))
    for name, weight in first["model"].items():
        torch.testing.assert_close(weight, second["model"][name], atol=2e-4, rtol=1e-3)


def test_shards_are_streamed_in_an_order_that_the_seed_makes(tmp_path: Path) -> None:
    data = Shards(shards(tmp_path, 48))
    orders = []
    for seed in (1, 1, 2):
        epochs = iter(trainer_module.endless(data, seed, 8))
        orders.append([next(epochs)["utterance"].sum().item() for _ in range(12)])  # two passes
    assert orders[0] == orders[1] != orders[2]
    assert orders[0][:6] != orders[0][6:]


def test_a_search_tries_settings_and_is_joined_by_others(corpus: Listed, tmp_path: Path) -> None:
    options = replace(OPTIONS, steps=4)
    space = Space(learning_rate=(1e-5, 5e-3), width=(32,), dropout=(0.0,), fusion=("cross", "late"))
    first = tune(tmp_path, options, corpus, TINY, space, trials=2, kind="grid")
    assert len(first.trials) == 2
    # A second worker on the same storage adds to the same study.
    second = tune(tmp_path, options, corpus, TINY, space, trials=2, kind="grid")
    assert len(second.trials) == 4
    tried = {(t.params["learning_rate"], t.params["fusion"]) for t in second.trials}
    assert tried == {(rate, fusion) for rate in (1e-5, 5e-3) for fusion in ("cross", "late")}
    for trial in second.trials:
        logged = entries(tmp_path / f"trial-{trial.number:04d}", "validation")
        assert trial.value == pytest.approx(min(e["loss"] for e in logged))
    assert second.best_value == min(trial.value for trial in second.trials)
    (tmp_path / "shared").mkdir()
    begun: list[ActionConfig] = []
    storage = f"sqlite:///{tmp_path / 'shared' / 'of-all.db'}"

    def start(config: ActionConfig) -> dict[str, torch.Tensor]:
        begun.append(config)
        return ActionModel(config).state_dict()

    drawn = tune(tmp_path / "random", options, corpus, TINY, space, 1, "random", start, storage)
    assert 1e-5 <= drawn.best_params["learning_rate"] <= 5e-3
    assert [config.fusion for config in begun] == [drawn.best_params["fusion"]]
    # A worker that has a folder of its own, and shares the database alone.
    other = tune(tmp_path / "elsewhere", options, corpus, TINY, space, 1, "random", start, storage)
    assert len(other.trials) == 2
    with pytest.raises(ValueError, match="'clever'"):
        tune(tmp_path, options, corpus, TINY, space, trials=1, kind="clever")
