"""Exporting the action model: each head computes what torch does, and what strays or loses too much is not written."""

from __future__ import annotations

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
from encore_models.training.action import export
from encore_models.training.action.evaluate import evaluate, onnx_decider, opened
from encore_models.training.action.ledger import Entry, measured
from encore_models.training.action.model import ActionConfig, torch_outputs
from encore_models.training.action.model import ActionModel as TrainedModel
from encore_models.training.action.samples import Sample
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
    differences = export.check_float(model, graph, some)
    assert set(differences) == set(OUTPUTS)
    session = open_session(graph)
    for one in some[:8]:
        fed = feeds(one)
        ours, theirs = torch_outputs(model, fed), onnx_decider(session)(fed)
        for head, tolerance in export.FLOAT_TOLERANCE.items():
            np.testing.assert_allclose(theirs[head], ours[head], atol=tolerance)
    lone = replace(
        some[0], steps=some[0].steps[:1], step_texts=some[0].step_texts[:1], step_places=some[0].step_places[:1],
        step_effects=some[0].step_effects[:1], step_seen=some[0].step_seen[:1],
        step_actions=some[0].step_actions[:1], step_arguments=some[0].step_arguments[:1],
        progress=some[0].progress[:1], utterance=some[0].utterance[:0], state=1, step=-1,
    )  # fmt: skip
    assert onnx_decider(session)(feeds(lone))["step"].shape == (1, 1)


def test_what_is_all_but_impossible_stays_finite(model: TrainedModel, graph: Path, some: list[Sample]) -> None:
    # The effect of no step is there by far: the runtime's sigmoid of that is 0, and its logarithm was not finite.
    gone = np.array([1, -1, 0, 1, 1, 1], np.float16) * 8
    far = [replace(one, step_seen=np.tile(gone, (len(one.steps), 1))) for one in some]
    differences = export.check_float(model, graph, far)
    assert all(np.isfinite(value) for value in differences.values())


def test_an_export_of_other_weights_is_noticed(graph: Path, some: list[Sample]) -> None:
    torch.manual_seed(2)
    with pytest.raises(ExportStrays, match="float32 state differs"):
        export.check_float(TrainedModel(TINY).eval(), graph, some)


def test_both_int8_keep_each_head_within_its_tolerance(
    model: TrainedModel, graph: Path, some: list[Sample], tmp_path: Path
) -> None:
    dynamic = export.quantise_dynamic(graph, tmp_path / "dynamic.onnx")
    static = export.quantise_static(graph, tmp_path / "static.onnx", some)
    for path, kind in ((dynamic, "DynamicQuantizeLinear"), (static, "QuantizeLinear")):
        assert any(node.op_type == kind for node in onnx.load(path).graph.node)
        assert path.stat().st_size < graph.stat().st_size
        differences = export.check_int8(model, path, samples(20, seed=2))
        assert 0 < max(differences.values()) <= max(export.INT8_TOLERANCE.values())
    torch.manual_seed(2)
    other = TrainedModel(TINY).eval()
    for _ in range(100):  # far from the rule that all models begin with
        nudged(other)
    with pytest.raises(ExportStrays, match="int8"):
        export.check_int8(other, dynamic, some)


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
    made = export.export(model, tmp_path / "action", some, some, "nothing at all")
    assert set(made.ledger) == {"fp32", "int8_dynamic", "int8_static", "pruned", "pruned_int8"}
    assert made.shipped in {"int8_dynamic", "int8_static"}
    card = (tmp_path / "action" / "README.md").read_text()
    assert f"{made.shipped} (this one)" in card
    assert "nothing at all" in card
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
        export.export(model, tmp_path / "action", some, some, "nothing")
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
