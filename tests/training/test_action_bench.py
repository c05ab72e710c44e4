"""The benchmark of the action model, from training to table, on a task of no meaning."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

NEEDED = ("torch", "safetensors", "accelerate", "onnxscript", "tensorboard")
MISSING = [name for name in NEEDED if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import numpy as np
import torch

from encore_models.perception.situation import ACTIONS
from encore_models.training.action.evaluate import Figures
from encore_models.training.action.model import ActionConfig
from encore_models.training.action.plans import moments, plan
from encore_models.training.action.tasks import next_step
from tests.benchmarks.action.frozen import LOOKS, TEXTS, VOICE, with_frozen
from tests.benchmarks.action.learning import BY_DEFAULT, BY_RULE, COUNTS, DRAWN, steps_for
from tests.benchmarks.action.material import by_episode, passed_over, quick_material
from tests.benchmarks.action.report import COLUMNS, write_report
from tests.benchmarks.action.rows import episodes_right, voice_groups, voice_spread
from tests.benchmarks.action.stored import Stored, apart
from tests.benchmarks.action.told import fusions_of, seconds_in
from tests.benchmarks.bench_action import DEFAULT, QUICK, RULE, Budget, bench, combinations
from tests.training.action_task import FRAME, LOOK, TEXT
from tests.unit.action_drawings import drawings_in

KEYS = (
    "next_step_accuracy target_hit_model target_hit_evidence wrong wrong_target state_macro_f1 episode_success "
    "episode_false_done open_set_auroc decision_ms_int8 int8_loss_points int8_size_ratio fine_tune_seconds rows "
    "default_fusion best_fusion tied_within_noise definitions"
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
    told = bench(material, configs, budget, tmp_path / "runs", "a trial", seconds=12.5)
    assert set(KEYS) <= set(told)
    assert [row["name"] for row in told["rows"]] == [DEFAULT, name, RULE]
    default, trained, rule = told["rows"]
    for row in told["rows"]:
        assert set(COLUMNS) <= set(row)
        assert 0 <= row["next_step_accuracy"] <= 1
    assert trained["int8_mb"] < trained["fp32_mb"]
    assert trained["training_seconds"] > rule["training_seconds"] == 0
    assert default["training_seconds"] == 12.5
    assert told["default_fusion"] == told["best_fusion"] == trained["fusion"]
    assert told["tied_within_noise"]
    assert default["next_step_accuracy"] == trained["next_step_accuracy"]  # nothing else lies there
    assert {row["variant"] for row in told["ledger"]} >= {
        "fp32", "int8_dynamic", "int8_static", "pruned", "pruned_int8",
    }  # fmt: skip
    assert {(point["way"], point["demonstrations"]) for point in told["demonstrations"]} == {
        (way, count) for way in (DRAWN, BY_RULE, BY_DEFAULT) for count in (0, 1, 5)
    }
    assert len({point["samples"] for point in told["demonstrations"]}) == 1  # all are measured on the same
    for point in told["demonstrations"]:
        assert point["demonstrations"] == 0 or (point["seconds"] > 0 and point["most_memory_mb"] > 100)
        assert point["chosen_step"] <= point["steps"] <= QUICK.steps + 1
    nothing_learned = {point["way"]: point for point in told["demonstrations"] if point["demonstrations"] == 0}
    assert nothing_learned[DRAWN]["steps"] == 0
    assert nothing_learned[DRAWN]["next_step_accuracy"] < nothing_learned[BY_RULE]["next_step_accuracy"]
    for place in ("own", "others", "old"):
        assert set(told["fine_tuning"]["five"][place]) == {"before", "after"}
    write_report(tmp_path / "out" / "action.json", told)
    assert json.loads((tmp_path / "out" / "action.json").read_text()) == told
    table = (tmp_path / "out" / "action.md").read_text()
    assert table.count("| ui_clip+whisper+") == 1
    assert "pruned_int8" in table
    assert "<svg" in (tmp_path / "out" / "action.svg").read_text()
    # What is finished is not done again; other options are another run.
    assert bench(material, configs, budget, tmp_path / "runs", "a trial", seconds=12.5) == told
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


def test_memory_is_that_of_the_work_and_not_of_what_began_it() -> None:
    begin = (
        "from tests.benchmarks.action.stored import apart\n"
        "held = b'1' * (1 << 30)\n"
        "del held\n"
        "for amount in (1, 1 << 29): print(apart(eval, f\"len(b'1' * {amount})\")[1].memory_mb)\n"
    )
    told = subprocess.run([sys.executable, "-c", begin], capture_output=True, text=True, check=True)
    little, much = map(float, told.stdout.split())
    assert little < 900
    assert much > little + 400


def test_voices_and_episodes_are_counted() -> None:
    def of(share: float, count: int, **more: float) -> Figures:
        return replace(Figures(count, share, None, None, None, None, None, None), **more)

    voices = {"a": of(0.9, 30), "b": of(0.7, 30), "c": of(0.1, 3)}
    assert voice_spread(replace(of(0.8, 63), groups={"voice": voices})) == pytest.approx(0.2)
    assert voice_spread(of(0.8, 63)) is None
    alike = {"espeak-m3": of(0.9, 30), "espeak-f4": of(0.5, 10), "pico-us": of(0.7, 40)}  # two of formants
    assert voice_groups(replace(of(0.8, 80), groups={"voice": alike})) == {
        "formant": (40, pytest.approx(0.8)), "pico": (40, pytest.approx(0.7)),
    }  # fmt: skip
    assert voice_spread(replace(of(0.8, 80), groups={"voice": alike})) == pytest.approx(0.1)
    episodes = {"1": of(1.0, 4), "2": of(0.9, 4), "3": of(1.0, 4, target_hit=0.5), "4": of(1.0, 4, target_hit=1.0)}
    assert episodes_right(replace(of(0.9, 16), groups={"episode": episodes})) is None  # too few of them
    more = {f"{name}-{number}": one for name, one in episodes.items() for number in range(5)}
    assert episodes_right(replace(of(0.9, 80), groups={"episode": more})) == 0.5
    assert episodes_right(of(0.9, 16)) is None


def test_fusions_that_chance_tells_apart_are_tied() -> None:
    def row(fusion: str, share: float) -> dict[str, Any]:
        return {"fusion": fusion, "next_step_accuracy": share, "target_hit_model": share, "samples": 1700}

    told = fusions_of(row("cross", 0.96), [row("cross", 0.928), row("late", 0.93)])
    assert (told["default_fusion"], told["best_fusion"]) == ("cross", "late")
    assert told["best_fusion_ahead_points"] == pytest.approx(0.2)
    assert told["noise_points"] == pytest.approx(1.73, abs=0.01)
    assert told["tied_within_noise"]
    assert not fusions_of(row("cross", 0.96), [row("cross", 0.90), row("late", 0.93)])["tied_within_noise"]
    assert fusions_of(row("cross", 0.96), [row("late", 0.93)])["tied_within_noise"] is None


def test_rows_count_the_towers_that_they_stand_behind() -> None:
    frozen = {
        name: {"parameters": number, "megabytes": number / 10, "milliseconds": 2.0 * number}
        for name, number in ((LOOKS, 100), (TEXTS, 10), (VOICE, 1))
    }
    own = {"parameters": 1000, "int8_mb": 1.0, "int8_ms": 3.0}
    ours = with_frozen({**own, "screen": "ui_clip", "voice": "whisper"}, frozen)
    assert (ours["frozen_parameters"], ours["whole_parameters"]) == (111, 1111)
    assert (ours["whole_megabytes"], ours["whole_milliseconds"]) == (pytest.approx(12.1), 225.0)
    assert with_frozen({**own, "screen": "cnn", "voice": "whisper"}, frozen)["whole_parameters"] == 1011
    assert with_frozen({**own, "screen": "ui_clip+vivit", "voice": "whisper"}, frozen)["whole_parameters"] == 1111
    assert with_frozen({**own, "screen": "ui_clip", "voice": "cnn-mel"}, frozen)["whole_parameters"] == 1110
    unknown = with_frozen({**own, "int8_mb": None, "screen": "ui_clip", "voice": "whisper"}, frozen)
    assert unknown["whole_megabytes"] is None
    assert with_frozen({**own, "screen": "cnn", "voice": "whisper"}, {})["whole_parameters"] is None


def test_the_log_of_a_run_tells_how_long_it_took(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    entries = [
        {"step": 20, "part": "train", "seconds_a_step": 0.5}, {"step": 20, "part": "validation", "loss": 1.0},
        {"step": 25, "part": "train", "seconds_a_step": 2.0},
    ]  # fmt: skip
    log.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    assert seconds_in(log) == 20.0
    log.write_text(json.dumps(entries[1]) + "\n")
    with pytest.raises(ValueError, match="no training"):
        seconds_in(log)


def test_more_demonstrations_take_more_steps() -> None:
    steps = [steps_for(count, 60) for count in (0, *COUNTS)]
    assert steps[0] == 0
    assert steps[1] >= 60
    assert sorted(set(steps)) == steps
    assert sum(steps) < 10 * 60


def test_moments_that_pass_over_a_toggle_are_known_by_their_episode(tmp_path: Path) -> None:
    drawn_from, found = drawings_in(tmp_path), 0
    for number in range(60):
        episode = plan(number, 5, drawn_from)
        intents = episode.run.intents
        for moment in moments(episode, np.random.default_rng(number)):
            step = next_step(intents, moment.progress, moment.view)
            sample: Any = SimpleNamespace(
                meta={"episode": f"5-{number}", "hard": moment.hard},
                step=-1 if step is None else step,
                progress=np.array(moment.progress),
                step_actions=np.array([ACTIONS.index(one.action) for one in intents]),
            )
            passed = passed_over(sample, drawn_from)
            assert bool(passed) == (moment.hard == "already")
            on = {one.name for one in intents if one.kind == "toggle"} & episode.run_view.on
            if moment.hard == "already" and step is None:
                assert ("toggle" in passed) == bool(on)
                found += bool(on)
    assert found
    sample.meta["hard"] = "already"
    sample.step_actions = sample.step_actions[:-1]
    with pytest.raises(ValueError, match="make the samples again"):
        passed_over(sample, drawn_from)


def test_a_demonstration_is_the_samples_of_one_episode() -> None:
    material = quick_material()
    assert [len(episode) for episode in by_episode(material.validation)] == [2] * 8
