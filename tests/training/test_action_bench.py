"""The benchmark of the action model, from training to table, on a task of no meaning."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDED = ("torch", "safetensors", "accelerate", "onnxscript", "tensorboard")
MISSING = [name for name in NEEDED if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.training.action.evaluate import Figures
from encore_models.training.action.model import ActionConfig
from encore_models.training.action.train import train
from tests.benchmarks.action.material import by_episode, quick_material
from tests.benchmarks.action.report import COLUMNS, write_report
from tests.benchmarks.action.rows import training_seconds, voice_spread
from tests.benchmarks.bench_action import QUICK, RULE, bench, combinations
from tests.training.action_task import FRAME, LOOK, TEXT

KEYS = (
    "next_step_accuracy target_hit_model target_hit_evidence wrong state_macro_f1 episode_success episode_false_done "
    "open_set_auroc decision_ms_int8 int8_loss_points int8_size_ratio fine_tune_seconds rows"
).split()

pytestmark = [
    # From inside of torch, its exporter, the runtime's quantisation and TensorBoard.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.mark.timeout(900)  # graphs are exported several times, some seconds each, more on a busy machine
def test_a_trial_tells_every_figure(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    sizes = ActionConfig(LOOK, TEXT, FRAME, width=32, heads=2)
    configs = dict(list(combinations(sizes).items())[:1])
    name = next(iter(configs))
    material = quick_material()
    told = bench(material, configs, QUICK, QUICK, tmp_path / "runs")
    assert set(KEYS) <= set(told)
    assert [row["name"] for row in told["rows"]] == [name, RULE]
    for row in told["rows"]:
        assert set(COLUMNS) <= set(row)
        assert 0 <= row["next_step_accuracy"] <= 1
    assert told["rows"][0]["int8_mb"] < told["rows"][0]["fp32_mb"]
    assert told["rows"][0]["training_seconds"] > told["rows"][1]["training_seconds"] == 0
    assert {row["variant"] for row in told["ledger"]} == {
        "fp32", "int8_dynamic", "int8_static", "pruned", "pruned_int8",
    }  # fmt: skip
    assert {(point["way"], point["demonstrations"]) for point in told["demonstrations"]} == {
        (way, count) for way in ("scratch", "fine-tuned") for count in (1, 5)
    }
    assert set(told["fine_tuning"]["five"]) >= {"own_before", "own_after", "others_before", "others_after", "taken"}
    write_report(tmp_path / "out" / "action.json", told)
    assert json.loads((tmp_path / "out" / "action.json").read_text()) == told
    table = (tmp_path / "out" / "action.md").read_text()
    assert table.count("| ui_clip+whisper+") == 1
    assert "pruned_int8" in table
    assert "<svg" in (tmp_path / "out" / "action.svg").read_text()
    # What is finished is not trained again; other options are another run.
    start = material.start(configs[name], QUICK.seed)
    assert train(tmp_path / "runs" / name, QUICK, material.corpus, configs[name], start).losses == ()
    with pytest.raises(ValueError, match="other options"):
        bench(material, configs, replace(QUICK, batch=4), QUICK, tmp_path / "runs")


def test_seconds_and_voices_are_counted(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    lines = [
        {"step": 20, "part": "train", "seconds_a_step": 0.5},
        {"step": 20, "part": "validation", "loss": 1.0},
        {"step": 30, "part": "train", "seconds_a_step": 1.0},
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert training_seconds(log) == 20

    def of(share: float, count: int) -> Figures:
        return Figures(count, share, None, None, None, None, None)

    voices = {"a": of(0.9, 30), "b": of(0.7, 30), "c": of(0.1, 3)}
    assert voice_spread(replace(of(0.8, 63), groups={"voice": voices})) == pytest.approx(0.2)
    assert voice_spread(of(0.8, 63)) is None


def test_a_demonstration_is_the_samples_of_one_episode() -> None:
    material = quick_material()
    assert [len(episode) for episode in by_episode(material.validation)] == [2] * 8
