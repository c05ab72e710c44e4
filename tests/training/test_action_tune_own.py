"""`encore learn` in earnest: a library on disk, a process of its own, and a model that changes in one move or not."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import pytest

MISSING = [name for name in ("torch", "safetensors", "accelerate", "onnxscript") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_agent.tuning import NotTuned, Tuned, TuningPlaces, WaysDiffer, tune
from encore_models.bundle import Bundle, Contents, Graph, write_bundle
from encore_models.macro import Phrase
from encore_models.perception.action import GRAPH, INPUTS, OUTPUTS, VERSION, ActionModel
from encore_models.store import create_macro
from encore_models.training.action import tune_own
from encore_models.training.action.demonstrations import Demonstrations
from encore_models.training.action.export import export_float
from encore_models.training.action.lessons import kept_back
from encore_models.training.action.model import ActionConfig
from encore_models.training.action.model import ActionModel as TrainedModel
from encore_models.training.action.own import Library, all_recorded
from encore_models.training.action.quantise import quantise_dynamic
from encore_models.training.action.samples import Sample
from encore_models.training.action.shipped import read_kept, write_kept
from encore_models.training.action.tune_own import NoWeights, begin_with
from encore_recorder.geometry import Point
from tests.mute import Mute
from tests.unit.test_action_demonstrations import CLIP, SIGNS, encode, shown

WIDTHS = {"frame_width": 384, "look_width": 192, "text_width": 192}


def add(library: Path, name: str, phrase: str, clicks: Sequence[Point]) -> None:
    """A macro and the recording that it was learned from; nothing was said in it."""
    learning = shown(library / "demonstrations", clicks, f"demo-{name}", least_steps=1).learning
    macro = replace(learning.macro, id=name, phrases=(Phrase(phrase),), demonstration=f"demo-{name}")
    create_macro(macro, learning.pictures, library / "macros" / name)


def write_model(target: Path, scratch: Path) -> None:
    """An action model that knows little."""
    torch.manual_seed(3)
    torch.set_num_threads(1)
    model = TrainedModel(ActionConfig(width=32, heads=2, dropout=0.0)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    full = export_float(model, scratch / "fp32.onnx")
    inputs = {name: tuple(WIDTHS.get(str(axis), axis) for axis in shape) for name, shape in INPUTS.items()}

    def fill(made: Path) -> Contents:
        quantise_dynamic(full, made / "action.onnx")
        model.save_pretrained(made)
        return Contents(
            "action", "a test", "MIT", {GRAPH: Graph("action.onnx", inputs, dict(OUTPUTS))}, {"version": VERSION}
        )

    write_bundle(target, fill)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of two macros of three clicks and a model."""
    library = tmp_path_factory.mktemp("begun") / "library"
    (library / "macros").mkdir(parents=True)
    add(library, "press-all", "press all", SIGNS)
    add(library, "press-back", "press them back", SIGNS[::-1])
    with catch_warnings():  # the exporter's own, of which some come once a process
        simplefilter("ignore")
        write_model(library / "action_model", tmp_path_factory.mktemp("graph"))
    return library


class Learn:
    """Runs `tune` over a copy of the library."""

    def __init__(self, library: Path, hearing: Path) -> None:
        self.library, self.notes = library, list[str]()
        self.stop = threading.Event()
        self.progress: Callable[[str, float], None] = lambda *_: None
        self.places = TuningPlaces(library, library / "action_model", hearing)

    def __call__(self, *new: str, leave_out: Sequence[str] = ()) -> Tuned:
        return tune(self.places, self.progress, self.notes.append, self.stop, new, leave_out)

    @property
    def model(self) -> bytes:
        return (self.library / "action_model" / "manifest.json").read_bytes()


@pytest.fixture
def learn(begun: Path, tmp_path: Path, hearing_bundle: Bundle) -> Learn:
    return Learn(Path(shutil.copytree(begun, tmp_path / "library")), hearing_bundle.folder)


def test_a_new_demonstration_is_learned_beside_an_old_one(learn: Learn) -> None:
    before = learn.model
    tuned = learn("press-back")
    assert tuned.learned == ("press-back",)
    assert tuned.steps > 0
    assert tuned.loss["own"][1] < tuned.loss["own"][0]
    assert tuned.taken, tuned.why
    assert learn.model != before
    assert all(after >= was - 0.005 for was, after in tuned.old.values())
    ActionModel.load(learn.places.target)
    assert (learn.places.target / "action.weights").is_file()  # mapped, not read
    # Nothing was said in either; they are learned from their screens all the same.
    assert any("nothing was said in the recording of press-all" in note for note in learn.notes)
    with pytest.raises(NotTuned, match="no demonstration that it has not learned"):
        learn()


def test_of_several_new_demonstrations_a_whole_one_is_kept_back(
    learn: Learn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    add(learn.library, "press-again", "press them back", SIGNS[::-1])
    own, told = Library(learn.library), list[str]()

    def say(event: str, **what: Any) -> None:
        told.extend([what["text"]] if event == "note" else [])

    def lessons(*new: str) -> tune_own._Lessons:
        return tune_own._lessons(own, learn.places.target, new, (), lambda: Demonstrations(CLIP, Mute(), encode), say)

    def shown_in(samples: Sequence[Sample]) -> set[str]:
        return {one.meta["episode"].rsplit("-", 1)[0] for one in samples}

    single = lessons("press-back")
    assert shown_in(single.own.learned) == shown_in(single.own.checked) == {"press-back"}
    runs = [{one.meta["episode"] for one in part} for part in (single.own.learned, single.own.checked)]
    assert not runs[0] & runs[1], "a run is in both"
    assert not any("kept back" in note for note in told)
    several = lessons("press-back", "press-again")
    learned, checked = shown_in(several.own.learned), shown_in(several.own.checked)
    assert learned | checked == {"press-back", "press-again"}
    assert not learned & checked, "frames of one demonstration are in both"
    assert several.fresh == learned
    assert not checked & set(several.known), "what was not learned is taken for learned"
    assert any(f"{min(checked)} is kept back" in note for note in told)


def test_what_is_kept_back_is_best_of_a_command_that_another_shows(learn: Learn) -> None:
    add(learn.library, "press-new", "press them back", SIGNS[::-1])
    own = {one.path.name: one for one in all_recorded(Library(learn.library), (), pytest.fail)}
    for day, name in enumerate(("press-all", "press-back", "press-new"), start=1):
        own[name].macro = replace(own[name].macro, created_utc=f"2026-01-0{day}T00:00:00+00:00")
    assert kept_back(list(own.values())) == "press-back"
    assert kept_back([own["press-all"], own["press-new"]]) == "press-all"
    assert kept_back([own["press-all"]]) == ""


def test_macros_that_contradict_each_other_are_named(learn: Learn) -> None:
    add(learn.library, "press-other", "press all", SIGNS[1:])
    before = learn.model
    with pytest.raises(WaysDiffer, match="“press all” was shown in different ways") as caught:
        learn("press-other")
    assert caught.value.ways == (("press-all",), ("press-other",))
    assert learn.model == before


def test_what_cannot_be_learned_is_said_and_changes_nothing(learn: Learn) -> None:
    add(learn.library, "press-one", "press one", SIGNS[:1])
    before = learn.model
    with pytest.raises(NotTuned, match="none that it can learn from"):
        learn("press-one")
    assert any("it has 1 step, and teaches nothing" in note for note in learn.notes)
    shutil.rmtree(learn.library / "demonstrations" / "demo-press-all")
    with pytest.raises(NotTuned, match="this is the only demonstration"):
        learn("press-back")
    assert any("its recording cannot be read" in note for note in learn.notes)
    assert learn.model == before


def test_with_samples_of_the_first_training_one_demonstration_is_enough(learn: Learn, tmp_path: Path) -> None:
    shutil.rmtree(learn.library / "macros" / "press-all")
    with pytest.raises(NotTuned, match="this is the only demonstration"):
        learn("press-back")
    kept = list(Demonstrations(CLIP, Mute(), encode).samples(shown(tmp_path / "kept"), varied=2, seed=1))
    trained = [replace(one, meta={**one.meta, "split": "train"}) for one in kept]
    write_kept(trained, learn.places.target)
    with pytest.raises(NotTuned, match="no other could tell whether it forgets"):
        learn("press-back")
    kept = [*trained[::2], *(replace(one, meta={**one.meta, "split": "validation"}) for one in kept[1::2])]
    write_kept(kept, learn.places.target)
    tuned = learn("press-back")
    assert tuned.learned == ("press-back",)
    assert set(tuned.loss) == {"own", "old"}
    if tuned.taken:
        assert len(read_kept(learn.places.target)) == len(kept)


def test_a_model_of_another_version_is_not_begun_with(learn: Learn, tmp_path: Path) -> None:
    target = learn.places.target
    assert begin_with(target, tmp_path / "nothing") == target
    manifest = target / "manifest.json"
    manifest.write_text(manifest.read_text().replace(f'"version": {VERSION}', f'"version": {VERSION + 1}'))
    with pytest.raises(NoWeights, match="there is no action model"):
        begin_with(target, tmp_path / "nothing")


def test_stopping_it_changes_nothing(learn: Learn) -> None:
    before = learn.model
    learn.progress = lambda *_: learn.stop.set()  # as soon as anything is done
    with pytest.raises(NotTuned, match="it was stopped"):
        learn("press-back")
    assert learn.model == before
    ActionModel.load(learn.places.target)


def test_without_weights_to_begin_with_it_says_so(learn: Learn, tmp_path: Path) -> None:
    (learn.places.target / "model.safetensors").unlink()
    with pytest.raises(NoWeights, match="there is no action model"):
        begin_with(learn.places.target, tmp_path / "nothing")
