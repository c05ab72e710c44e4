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
from tests.benchmarks.action.material import by_episode, quick_material
from tests.benchmarks.action.report import COLUMNS, write_report
from tests.benchmarks.action.rows import episodes_right, voice_spread
from tests.benchmarks.action.stored import Stored, apart
from tests.benchmarks.bench_action import DEFAULT, QUICK, RULE, Budget, bench, combinations
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
    material, budget = quick_material(), Budget(QUICK, QUICK)
    told = bench(material, configs, budget, tmp_path / "runs", "a trial")
    assert set(KEYS) <= set(told)
    assert [row["name"] for row in told["rows"]] == [DEFAULT, name, RULE]
    default, trained, rule = told["rows"]
    for row in told["rows"]:
        assert set(COLUMNS) <= set(row)
        assert 0 <= row["next_step_accuracy"] <= 1
    assert trained["int8_mb"] < trained["fp32_mb"]
    assert trained["training_seconds"] > rule["training_seconds"] == 0
    assert default["next_step_accuracy"] == trained["next_step_accuracy"]  # nothing else lies there
    assert {row["variant"] for row in told["ledger"]} >= {
        "fp32", "int8_dynamic", "int8_static", "pruned", "pruned_int8",
    }  # fmt: skip
    assert {(point["way"], point["demonstrations"]) for point in told["demonstrations"]} == {
        (way, count) for way in ("from scratch", "fine-tuned") for count in (1, 5)
    }
    assert all(point["seconds"] > 0 and point["most_memory_mb"] > 100 for point in told["demonstrations"])
    for place in ("own", "others", "old"):
        assert set(told["fine_tuning"]["five"][place]) == {"before", "after"}
    write_report(tmp_path / "out" / "action.json", told)
    assert json.loads((tmp_path / "out" / "action.json").read_text()) == told
    table = (tmp_path / "out" / "action.md").read_text()
    assert table.count("| ui_clip+whisper+") == 1
    assert "pruned_int8" in table
    assert "<svg" in (tmp_path / "out" / "action.svg").read_text()
    # What is finished is not done again; other options are another run.
    assert bench(material, configs, budget, tmp_path / "runs", "a trial") == told
    with pytest.raises(ValueError, match="other options"):
        bench(material, configs, replace(budget, options=replace(QUICK, batch=4)), tmp_path / "runs", "a trial")


def test_what_was_measured_is_kept_until_what_it_depends_on_changes(tmp_path: Path) -> None:
    stored, made = Stored(tmp_path), list[int]()

    def make() -> dict[str, int]:
        made.append(len(made))
        return {"made": len(made)}

    assert stored.part("a/row", ["this"], make) == stored.part("a/row", ["this"], make) == {"made": 1}
    assert stored.part("a/row", ["that"], make) == {"made": 2}
    assert stored.part("another", ["that"], make) == {"made": 3}


def test_work_apart_says_what_it_took() -> None:
    total, cost = apart(sum, range(3_000_000))
    assert total == sum(range(3_000_000))
    assert cost.seconds > 0
    assert cost.memory_mb > 50


def test_voices_and_episodes_are_counted() -> None:
    def of(share: float, count: int, **more: float) -> Figures:
        return replace(Figures(count, share, None, None, None, None, None, None), **more)

    voices = {"a": of(0.9, 30), "b": of(0.7, 30), "c": of(0.1, 3)}
    assert voice_spread(replace(of(0.8, 63), groups={"voice": voices})) == pytest.approx(0.2)
    assert voice_spread(of(0.8, 63)) is None
    episodes = {"1": of(1.0, 4), "2": of(0.9, 4), "3": of(1.0, 4, target_hit=0.5), "4": of(1.0, 4, target_hit=1.0)}
    assert episodes_right(replace(of(0.9, 16), groups={"episode": episodes})) == 0.5
    assert episodes_right(of(0.9, 16)) is None


def test_a_demonstration_is_the_samples_of_one_episode() -> None:
    material = quick_material()
    assert [len(episode) for episode in by_episode(material.validation)] == [2] * 8
