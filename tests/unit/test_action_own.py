"""The user's macros as training data: made once, kept, and nothing dear is read again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encore_models.macro import Phrase
from encore_models.store import create_macro
from encore_models.training.action import own
from encore_models.training.action.aligned import NothingToTrainOn
from encore_models.training.action.demonstrations import Demonstrations
from encore_models.training.action.own import Library, Recorded, all_recorded, samples_of, shard_of
from tests.mute import Mute
from tests.unit.test_action_demonstrations import CLIP, SIGNS, encode, shown


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """With one macro of three clicks, in whose recording nothing was said."""
    found = Library(tmp_path / "library")
    (found.root / "macros").mkdir(parents=True)
    learning = shown(found.root / "demonstrations", SIGNS, "demo-press", least_steps=1).learning
    macro = replace(learning.macro, id="press", phrases=(Phrase("press all"),), demonstration="demo-press")
    create_macro(macro, learning.pictures, found.root / "macros" / "press")
    return found


def making() -> Demonstrations:
    return Demonstrations(CLIP, Mute(), encode)


def not_again() -> Demonstrations:
    raise AssertionError("samples that are there are made again")


def test_samples_are_made_once_and_the_recording_is_left_alone_then(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    (macro,) = all_recorded(library, (), pytest.fail)
    notes = list[str]()
    first = samples_of(library, macro, [], making, notes.append)
    assert notes == ["nothing was said in the recording of press: it is learned from its screens alone"]

    def heard(recorded: object) -> None:
        raise AssertionError("the recording is listened to again")

    def others() -> Iterator[np.ndarray]:  # type: ignore[type-arg]
        raise AssertionError("other commands are listened to")
        yield np.zeros(0, np.float32)

    monkeypatch.setattr(own, "spoken_command", heard)
    (macro,) = all_recorded(library, (), pytest.fail)
    again = samples_of(library, macro, others(), not_again, pytest.fail)
    assert [one.meta for one in again] == [one.meta for one in first]


def test_a_macro_that_was_changed_gives_other_samples_and_leaves_no_old_ones(library: Library) -> None:
    macro = Recorded(library, library.root / "macros" / "press")
    samples_of(library, macro, [], making, lambda text: None)
    before = shard_of(library, macro)
    path = macro.path / "macro.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps(told, indent=2))  # written otherwise
    changed = Recorded(library, macro.path)
    assert shard_of(library, changed) != before
    samples_of(library, changed, [], making, lambda text: None)
    assert [one.name for one in library.samples.iterdir()] == [shard_of(library, changed).name]


def test_a_recording_that_is_gone_is_told(library: Library) -> None:
    shutil.rmtree(library.root / "demonstrations" / "demo-press")
    notes = list[str]()
    assert all_recorded(library, (), notes.append) == []
    assert "its recording cannot be read" in notes[0]
    assert all_recorded(library, ["press"], pytest.fail) == []
    with pytest.raises(NothingToTrainOn):
        Recorded(library, library.root / "macros" / "press")
