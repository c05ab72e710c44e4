"""Exporting the action model: each head computes what torch does, and what strays or loses too much is not written."""

from __future__ import annotations

import copy
import re
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

MISSING = [name for name in ("torch", "safetensors", "accelerate", "onnxscript") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import onnx
import torch

from encore_models.bundle import open_session
from encore_models.errors import BundleBroken, ExportStrays
from encore_models.perception.action import OUTPUTS, ActionModel, feeds, softmax
from encore_models.training.action import export, parity, quantise
from encore_models.training.action.card import Origin, origin_of
from encore_models.training.action.evaluate import evaluate, onnx_decider, opened
from encore_models.training.action.graft import grafted
from encore_models.training.action.ledger import Entry, measured
from encore_models.training.action.model import ActionConfig, torch_outputs
from encore_models.training.action.model import ActionModel as TrainedModel
from encore_models.training.action.samples import Sample, write_shard, write_shards
from encore_models.training.action.shipped import chosen, read_kept, read_weights, write_kept, write_weights
from tests.training.action_task import FRAME, LOOK, TEXT, nudged, samples

TINY = ActionConfig(LOOK, TEXT, FRAME, width=32, heads=2, dropout=0.1)

pytestmark = [
    # From inside of torch's own exporter.
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    return nudged(TrainedModel(TINY).eval())


@pytest.fixture(scope="module")
def graph(model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export.export_float(model, tmp_path_factory.mktemp("graph") / "fp32.onnx")


@pytest.fixture(scope="module")
def some() -> list[Sample]:
    return samples(40, seed=1)


def test_float32_computes_what_torch_does_at_every_size(model: TrainedModel, graph: Path, some: list[Sample]) -> None:
    differences = parity.check_float(model, graph, some)
    assert set(differences) == set(OUTPUTS)
    session = open_session(graph)
    for one in some[:8]:
        fed = feeds(one)
        ours, theirs = torch_outputs(model, fed), onnx_decider(session)(fed)
        for head, tolerance in parity.FLOAT_TOLERANCE.items():
            np.testing.assert_allclose(theirs[head], ours[head], atol=tolerance)
    lone = replace(
        some[0], steps=some[0].steps[:1], step_texts=some[0].step_texts[:1], step_places=some[0].step_places[:1],
        step_effects=some[0].step_effects[:1], step_seen=some[0].step_seen[:1],
        step_matches=some[0].step_matches[:1],
        step_actions=some[0].step_actions[:1], step_arguments=some[0].step_arguments[:1],
        progress=some[0].progress[:1], utterance=some[0].utterance[:0], state=1, step=-1,
    )  # fmt: skip
    assert onnx_decider(session)(feeds(lone))["step"].shape == (1, 1)


def test_what_is_all_but_impossible_stays_finite(model: TrainedModel, graph: Path, some: list[Sample]) -> None:
    # The effect of no step is there by far: the runtime's sigmoid of that is 0, and its logarithm was not finite.
    gone = np.array([1, -1, 0, 1, 1, 1, -1, -1, 1, 1, -1, -1], np.float16) * 8
    far = [replace(one, step_seen=np.tile(gone, (len(one.steps), 1))) for one in some]
    differences = parity.check_float(model, graph, far)
    assert all(np.isfinite(value) for value in differences.values())


def test_an_export_of_other_weights_is_noticed(graph: Path, some: list[Sample]) -> None:
    torch.manual_seed(2)
    with pytest.raises(ExportStrays, match="float32 state differs"):
        parity.check_float(TrainedModel(TINY).eval(), graph, some)


def test_both_int8_keep_each_head_within_its_tolerance(
    model: TrainedModel, graph: Path, some: list[Sample], tmp_path: Path
) -> None:
    dynamic = quantise.quantise_dynamic(graph, tmp_path / "dynamic.onnx")
    static = quantise.quantise_static(graph, tmp_path / "static.onnx", some)
    weights = quantise.quantise_weights(graph, tmp_path / "weights.onnx")
    kinds = ("DynamicQuantizeLinear", "QuantizeLinear", "DequantizeLinear")
    for path, kind in zip((dynamic, static, weights), kinds, strict=True):
        assert any(node.op_type == kind for node in onnx.load(path).graph.node)
        assert path.stat().st_size < graph.stat().st_size
        differences = parity.check_int8(model, path, samples(20, seed=2))
        assert 0 < max(differences.values()) <= max(parity.INT8_TOLERANCE.values())
    torch.manual_seed(2)
    other = TrainedModel(TINY).eval()
    for _ in range(100):  # far from the rule that all models begin with
        nudged(other)
    with pytest.raises(ExportStrays, match="int8"):
        parity.check_int8(other, dynamic, some)


def test_rounding_the_weights_alone_changes_least(model: TrainedModel, graph: Path, some: list[Sample]) -> None:
    made = {way: make(graph, graph.with_name(f"{way}.onnx"), some) for way, make in quantise.WAYS.items()}
    strays = {way: sum(parity.int8_differences(model, path, some).values()) for way, path in made.items()}
    assert min(strays, key=lambda way: strays[way]) == "int8_weights"


@pytest.mark.parametrize("way", ["float32", *quantise.WAYS])
def test_new_weights_come_into_a_graph_that_is_there(
    model: TrainedModel, graph: Path, some: list[Sample], tmp_path: Path, way: str
) -> None:
    there = graph if way == "float32" else quantise.WAYS[way](graph, tmp_path / "there.onnx", some)
    other = nudged(copy.deepcopy(model))
    made = grafted(there, model, other, tmp_path / "made.onnx")
    assert made is not None
    parity.check_float(other, made, samples(20, seed=2))
    with pytest.raises(ExportStrays):
        parity.check_float(model, made, samples(20, seed=2))
    assert not {"MatMulInteger", "QuantizeLinear", "DynamicQuantizeLinear"} & {
        node.op_type for node in onnx.load(made).graph.node
    }


def test_weights_that_cannot_be_told_apart_are_left_to_the_exporter(
    model: TrainedModel, graph: Path, tmp_path: Path
) -> None:
    """Two layers that are alike in the old model and not in the new one: whose place is whose nobody knows."""
    alike, other = copy.deepcopy(model), nudged(copy.deepcopy(model))
    with torch.no_grad():
        for name in ("key", "query"):
            getattr(alike.fusion.voice.attention, name).weight.copy_(model.fusion.voice.attention.key.weight)
    assert grafted(graph, alike, other, tmp_path / "made.onnx") is None


def test_no_path_or_source_of_this_machine_is_in_the_graph(graph: Path) -> None:
    content = graph.read_bytes()
    assert b"encore_models" not in content
    assert b"/home" not in content
    assert b".py" not in content


def test_the_bundle_decides_as_torch_does(
    model: TrainedModel, graph: Path, some: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The exporter takes many seconds; here the pruned variant is the same graph again.
    monkeypatch.setattr(export, "export_float", lambda _, target: Path(shutil.copy(graph, target)))
    monkeypatch.setattr(export, "LARGEST_LOSS", 0.2)  # 40 samples of a model that knows nothing flip easily
    origin = Origin(
        {"train": 40}, {"episode": {"train": ("5-39",)}, "font": {"train": ("nothing at all",)}}, "--steps 7"
    )
    made = export.export(model, tmp_path / "action", some, some, origin, some[:3])
    assert set(made.ledger) >= {"fp32", "int8_dynamic", "int8_static", "pruned", "pruned_int8"}
    assert made.shipped in quantise.WAYS
    assert made.bundle.contents.settings[export.WAY] == made.shipped
    card = (tmp_path / "action" / "README.md").read_text()
    assert f"{made.shipped} (this one)" in card
    assert "nothing at all" in card
    assert "--episodes 40 --seed 5" in card
    assert "--folder runs/action --steps 7" in card
    assert len(read_kept(tmp_path / "action")) == 3
    begin = read_weights(tmp_path / "action")
    assert begin.config == model.config
    loaded = ActionModel.load(tmp_path / "action")
    for one in some[:5]:
        told, heads = loaded.decide(one), torch_outputs(model, feeds(one))
        np.testing.assert_allclose(told.states, softmax(heads["state"])[0], atol=0.06)
        np.testing.assert_allclose(told.candidates, softmax(heads["candidate"])[0], atol=0.06)
        np.testing.assert_allclose(told.attention, heads["attention"][0], atol=0.06)
    manifest = tmp_path / "action" / "manifest.json"
    manifest.write_text(re.sub(rf"\b{LOOK}\b(?=\s*\])", "7", manifest.read_text()))
    with pytest.raises(BundleBroken, match="its manifest says"):
        ActionModel.load(tmp_path / "action")


def test_int8_that_loses_too_much_is_not_written(
    model: TrainedModel, graph: Path, some: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = measured(graph, some)
    worse = replace(entry, figures=replace(entry.figures, target_hit=0.0, argument_accuracy=0.0))

    def ledger(path: Path, test: list[Sample]) -> Entry:
        return worse if "int8" in path.name else replace(entry, figures=replace(worse.figures, target_hit=0.5))

    monkeypatch.setattr(export, "export_float", lambda _, target: Path(shutil.copy(graph, target)))
    monkeypatch.setattr(export, "measured", ledger)
    with pytest.raises(ExportStrays, match=r"loses 50.00 points, more than 0.5"):
        export.export(model, tmp_path / "action", some, some, Origin())
    assert not (tmp_path / "action").exists()


def test_the_loss_is_that_of_the_worst_figure(graph: Path, some: list[Sample]) -> None:
    figures = evaluate(onnx_decider(open_session(graph)), some)
    base = replace(figures, target_hit=0.9, wrong_target=0.1, state_macro_f1=0.8)
    assert export.loss_of(base, base) == 0
    assert export.loss_of(base, replace(base, target_hit=0.95, wrong_target=0.05)) == 0
    assert export.loss_of(base, replace(base, state_macro_f1=0.7, target_hit=0.89)) == pytest.approx(0.1)
    assert export.loss_of(base, replace(base, wrong_target=0.3)) == pytest.approx(0.2)


def test_a_ledger_needs_samples(graph: Path) -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        measured(graph, [])


def test_a_trained_model_and_a_bundle_are_measured_alike(
    model: TrainedModel, some: list[Sample], tmp_path: Path
) -> None:
    model.save_pretrained(tmp_path / "model")
    figures = evaluate(opened(tmp_path / "model"), some)
    assert figures == evaluate(lambda fed: torch_outputs(model, fed), some)
    with pytest.raises(FileNotFoundError):
        opened(tmp_path / "nowhere")


def test_weights_are_kept_small_and_come_back(some: list[Sample], tmp_path: Path) -> None:
    torch.manual_seed(4)
    model = nudged(TrainedModel(replace(TINY, width=64)).eval())
    write_weights(model, tmp_path)
    model.save_pretrained(tmp_path / "whole")
    small, whole = tmp_path / "model.safetensors", tmp_path / "whole" / "model.safetensors"
    assert small.stat().st_size < whole.stat().st_size / 2.5
    for folder, tolerance in ((tmp_path / "whole", 0.0), (tmp_path, 0.1)):
        again = read_weights(folder)
        for fed in map(feeds, some[:8]):
            ours, theirs = torch_outputs(model, fed), torch_outputs(again, fed)
            np.testing.assert_allclose(softmax(theirs["state"]), softmax(ours["state"]), atol=tolerance)


def test_kept_samples_are_small_and_say_the_same(model: TrainedModel, some: list[Sample], tmp_path: Path) -> None:
    write_kept(some, tmp_path)
    write_shards(tmp_path / "whole", [replace(one, meta={**one.meta, "split": "train"}) for one in some])
    (whole,) = (tmp_path / "whole").glob("*.npz")
    assert (tmp_path / "kept.npz").stat().st_size < 0.7 * whole.stat().st_size
    kept = read_kept(tmp_path)
    assert [(one.state, one.step, one.candidate) for one in kept] == [(o.state, o.step, o.candidate) for o in some]
    before, after = (evaluate(lambda fed: torch_outputs(model, fed), ones, ()) for ones in (some, kept))
    assert after.next_step_accuracy == pytest.approx(before.next_step_accuracy, abs=0.05)
    assert read_kept(tmp_path / "whole") == []


def test_episodes_with_the_most_hard_moments_are_kept() -> None:
    def of(episode: str, *hard: str) -> list[Sample]:
        (one,) = samples(1, seed=1)  # what is right without anything hard is the same in all
        return [replace(one, meta={"episode": episode, "hard": kind}) for kind in hard]

    every = [
        *of("plain", "", "", ""),
        *of("toast", "toast", "toast", "gone"),
        *of("rich", "toast", "covered", "loading"),
    ]
    first = chosen(every, 1)
    assert {one.meta["episode"] for one in first} == {"rich"}
    assert {one.meta["hard"] for one in first} == {"toast", "covered", "loading"}
    assert {one.meta["episode"] for one in chosen(every, 9)} == {"plain", "toast", "rich"}


def test_the_card_tells_what_a_folder_of_samples_holds(some: list[Sample], tmp_path: Path) -> None:
    told = {"episode": "7-1", "application": "mail", "voice": "a voice"}
    for split in ("train", "validation", "test"):
        write_shards(tmp_path, [replace(one, meta={**told, "split": split}) for one in some[:4]])
    origin = origin_of(tmp_path)
    assert origin.samples == {"train": 4, "validation": 4, "test": 4}
    assert origin.made().endswith("--out DATA --episodes 2 --seed 7")
    assert "| train | 4 | 7-1 | mail | a voice |" in origin.told()
    assert origin.seen == "synthetic episodes alone"
    windows = {"train": ["windows:drawn:qt-1", "windows:real:geany"], "validation": ["windows:real:gnumeric"]}
    for split, names in windows.items():
        write_shard(tmp_path / f"{split}-windows.npz", [replace(some[0], meta={"episode": name}) for name in names])
    origin = origin_of(tmp_path)
    assert "windows" in origin.seen
    commands = origin.made().splitlines()
    assert len(commands) == 3
    made = "runs/finder/{} --out DATA --split train --voices DATA"
    for folder in ("drawn", "real"):
        assert any("windows make" in line and line.endswith(made.format(folder)) for line in commands)
