"""The action model as the agent runs it: a bundle in, probabilities out, and a refusal where it does not fit."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import pytest

from encore_models.bundle import Bundle, Contents, Graph, Shape, write_bundle
from encore_models.errors import BundleBroken, BundleMissing, BundleNewer
from encore_models.perception.action import GRAPH, INPUTS, OUTPUTS, VERSION, WEIGHTS, ActionModel, feeds, softmax
from encore_models.perception.action_evidence import MATCH_WIDTH
from encore_models.perception.effects import EFFECT_WIDTH

WIDTHS = {"frame_width": 4, "look_width": 3, "text_width": 2}
GRAPH_TEXT = """
<ir_version: 9, opset_import: ["" : 18]>
decide (
  float[n,frames,4] utterance, float[n,frames] utterance_mask,
  float[n,shown_frames,4] shown_utterance, float[n,shown_frames] shown_utterance_mask,
  float[n,9] spoken_alike,
  float[n,candidates,LOOK] candidates, float[n,candidates,2] candidate_texts, float[n,candidates,8] candidate_places,
  int64[n,candidates] candidate_alike, float[n,candidates,2] candidate_known,
  float[n,candidates] candidate_out, float[n,candidates] candidate_mask,
  float[n,steps,LOOK] steps, float[n,steps,2] step_texts, float[n,steps,LOOK] step_effects,
  float[n,steps,candidates,5] step_matches, float[n,steps,12] step_seen, float[n,steps,8] step_places,
  int64[n,steps] step_actions, int64[n,steps] step_arguments, int64[n,steps] progress, float[n,steps] step_mask
) => (float[n,4] state, float[n,steps] step, float[n,more] candidate, float[n,3] argument, float[n,steps] attention)
<float one = {1.0}, float deep = {-10000.0}, int64[1] last = {-1}, int64[1] middle = {1}, float[1,1] absent = {0.5},
 float[1,3] none = {2.0, 0.0, 0.0}>
{
  sums = ReduceSum <keepdims = 0> (candidates, last)
  gone = Sub (one, candidate_mask)
  hidden = Mul (gone, deep)
  shown = Add (sums, hidden)
  candidate = Concat <axis = 1> (shown, absent)
  totals = ReduceSum <keepdims = 0> (steps, last)
  unused = Sub (one, step_mask)
  below = Mul (unused, deep)
  step = Add (totals, below)
  attention = Softmax <axis = 1> (step)
  state = ReduceSum <keepdims = 0> (utterance, middle)
  argument = Identity (none)
}
"""
"""The largest sum of numbers is chosen, and the voice's columns are the states."""


@dataclass
class Moment:
    """Two candidates and one step, with the voice of the second state."""

    utterance: np.ndarray = field(default_factory=lambda: np.array([[0, 3, 0, 0], [0, 2, 0, 0]], np.float16))
    shown_utterance: np.ndarray = field(default_factory=lambda: np.ones((3, 4), np.float16))
    spoken_alike: np.ndarray = field(default_factory=lambda: np.zeros(9, np.float32))
    candidates: np.ndarray = field(default_factory=lambda: np.array([[1, 0, 0], [1, 1, 1]], np.float16))
    candidate_texts: np.ndarray = field(default_factory=lambda: np.zeros((2, 2), np.float16))
    candidate_places: np.ndarray = field(default_factory=lambda: np.zeros((2, 8), np.float32))
    candidate_alike: np.ndarray = field(default_factory=lambda: np.ones(2, np.int16))
    candidate_known: np.ndarray = field(default_factory=lambda: np.ones((2, 2), np.float16))
    candidate_out: np.ndarray = field(default_factory=lambda: np.zeros(2, np.float32))
    steps: np.ndarray = field(default_factory=lambda: np.array([[0, 0, 1]], np.float16))
    step_texts: np.ndarray = field(default_factory=lambda: np.zeros((1, 2), np.float16))
    step_effects: np.ndarray = field(default_factory=lambda: np.zeros((1, 3), np.float16))
    step_matches: np.ndarray = field(default_factory=lambda: np.zeros((1, 2, MATCH_WIDTH), np.float16))
    step_seen: np.ndarray = field(default_factory=lambda: np.zeros((1, EFFECT_WIDTH), np.float16))
    step_places: np.ndarray = field(default_factory=lambda: np.zeros((1, 8), np.float32))
    step_actions: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int8))
    step_arguments: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int8))
    progress: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int8))


def emptied(prefixes: tuple[str, ...]) -> Moment:
    moment = Moment()
    for name in vars(moment):
        if name.startswith(prefixes):
            setattr(moment, name, getattr(moment, name)[:0])
    return moment


def bundle(folder: Path, text: str = GRAPH_TEXT, look: int = 3, **settings: int | str) -> Bundle:
    widths = {**WIDTHS}
    inputs: dict[str, Shape] = {name: tuple(widths.get(str(a), a) for a in shape) for name, shape in INPUTS.items()}

    def fill(target: Path) -> Contents:
        onnx.save(onnx.parser.parse_model(text.replace("LOOK", str(look))), target / "action.onnx")
        graphs = {GRAPH: Graph("action.onnx", inputs, dict(OUTPUTS))}
        return Contents("action", "a test", "MIT", graphs, settings={"version": VERSION, **settings})

    return write_bundle(folder, fill)


def test_a_decision_is_probabilities(tmp_path: Path) -> None:
    bundle(tmp_path / "b")
    told = ActionModel.load(tmp_path / "b").decide(Moment())
    assert [len(part) for part in (told.states, told.steps, told.candidates, told.arguments, told.attention)] == [
        4, 1, 3, 3, 1,
    ]  # fmt: skip
    for part in (told.states, told.steps, told.candidates, told.arguments, told.attention):
        assert part.sum() == pytest.approx(1)
        assert part.dtype == np.float32
    assert told.states.argmax() == 1
    np.testing.assert_allclose(told.candidates, softmax(np.array([1, 3, 0.5])), rtol=1e-5)


def test_where_nothing_is_there_only_absent_is_left(tmp_path: Path) -> None:
    model = ActionModel(bundle(tmp_path / "b"))
    told = model.decide(emptied(("candidate",)))
    assert told.candidates.tolist() == [1]
    told = model.decide(emptied(("step", "progress")))
    assert (len(told.steps), len(told.attention)) == (0, 0)
    assert len(model.decide(emptied(("utterance",))).states) == 4


def test_a_row_of_nothing_is_masked() -> None:
    fed = feeds(emptied(("candidate", "utterance")))
    assert list(fed) == list(INPUTS)
    assert fed["candidates"].shape == (1, 1, 3)
    assert (fed["candidate_mask"].tolist(), fed["step_mask"].tolist()) == ([[0]], [[1]])
    assert {name for name, array in fed.items() if array.dtype == np.int64} == {
        "candidate_alike", "step_actions", "step_arguments", "progress",
    }  # fmt: skip
    assert {array.dtype for array in fed.values()} == {np.dtype(np.int64), np.dtype(np.float32)}


def test_arrays_that_do_not_fit_are_named(tmp_path: Path) -> None:
    model = ActionModel(bundle(tmp_path / "b"))
    wide = Moment(candidates=np.zeros((2, 5), np.float16))
    with pytest.raises(ValueError, match="candidates has 5 numbers a row; this action model was trained on 3"):
        model.decide(wide)
    with pytest.raises(ValueError, match="candidate_alike has 3 rows and candidates 2"):
        model.decide(Moment(candidate_alike=np.ones(3, np.int16)))


def test_a_newer_bundle_is_refused_with_what_to_do(tmp_path: Path) -> None:
    bundle(tmp_path / "b", version=VERSION + 1)
    with pytest.raises(BundleNewer, match=rf"has version {VERSION + 1}; this Encore knows .* {VERSION}. Update Encore"):
        ActionModel.load(tmp_path / "b")


@pytest.mark.parametrize(
    ("settings", "problem"),
    [({"version": 0}, "its action model has version 0"), ({"version": "one"}, "does not say which version")],
)
def test_another_bundle_is_refused(tmp_path: Path, settings: dict, problem: str) -> None:
    with pytest.raises(BundleBroken, match=problem):
        ActionModel(bundle(tmp_path / "b", **settings))


def test_a_graph_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleBroken, match=r"takes candidates \['n', 'candidates', 5\], its manifest says"):
        ActionModel(bundle(tmp_path / "b", look=5))
    text = GRAPH_TEXT.replace(" progress,", " outcome,")
    with pytest.raises(BundleBroken, match="does not take progress"):
        ActionModel(bundle(tmp_path / "b", text))
    flat = GRAPH_TEXT.replace("int64[n,steps] progress", "int64[n] progress")
    with pytest.raises(BundleBroken, match=r"takes progress \['n'\]"):
        ActionModel(bundle(tmp_path / "b", flat))
    text = GRAPH_TEXT.replace("float[n,3] argument, float[n,steps] attention", "float[n,steps] attention")
    with pytest.raises(BundleBroken, match="gives state, step, candidate, attention instead of"):
        ActionModel(bundle(tmp_path / "b", text))


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    bundle(tmp_path / "b")
    path = tmp_path / "b" / "action.onnx"
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BundleBroken, match="has changed since"):
        ActionModel.load(tmp_path / "b")
    path.unlink()
    with pytest.raises(BundleBroken, match="is missing"):
        ActionModel.load(tmp_path / "b")
    with pytest.raises(BundleMissing):
        ActionModel.load(tmp_path / "none")


def test_another_model_in_the_place_is_refused(tmp_path: Path) -> None:
    bundle(tmp_path / "b")
    manifest = tmp_path / "b" / "manifest.json"
    told = json.loads(manifest.read_text())
    told["contents"]["graphs"] = {}
    manifest.write_text(json.dumps(told))
    with pytest.raises(BundleBroken, match="no graph decide"):
        ActionModel.load(tmp_path / "b")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the system does not tell what is mapped")
def test_the_weights_stay_mapped(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(WEIGHTS, tmp_path / "b"))
    model = ActionModel.load(folder)
    assert model.fits(192, 192)
    size = (folder / "action.weights").stat().st_size
    pages: set[int] = set()
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, _, offset, _, _, *name = line.split(maxsplit=5)
        if name == [str(folder / "action.weights")]:
            start, end = (int(edge, 16) for edge in span.split("-"))
            pages.update(range(int(offset, 16), int(offset, 16) + end - start, 4096))
    assert len(pages) * 4096 >= size
