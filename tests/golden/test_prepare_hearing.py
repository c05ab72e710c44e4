"""Preparing the hearing: once, wholly, and again only where something is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from encore_models.bundle import Bundle
from encore_models.errors import UnfitProcessor
from encore_models.perception.voice import TAIL_FILE
from encore_models.whisper import prepare
from encore_models.whisper.prepare import prepare_hearing


def test_a_good_bundle_is_kept(hearing_bundle: Bundle):
    told: list[float] = []
    again = prepare_hearing(hearing_bundle.folder, lambda what, done: told.append(done))
    assert again.manifest == hearing_bundle.manifest
    assert told == [0.0, 1.0]


def test_what_is_in_the_bundle(hearing_bundle: Bundle):
    contents = hearing_bundle.contents
    assert set(contents.graphs) == {"encoder", "cross", "decoder"}
    assert contents.graphs["encoder"].inputs == {"mel": (1, 80, "2T")}
    assert contents.graphs["decoder"].outputs["following"] == ("B", 51864)
    assert contents.licence.startswith("MIT")
    assert contents.metrics["encoder_cosine_int8_float32"] > 0.98
    assert np.load(hearing_bundle.path(TAIL_FILE), allow_pickle=False).shape == (100, 384)
    # The tied embedding is stored once, in int8.
    assert sum(file.bytes for file in hearing_bundle.manifest.files.values()) < 50e6


def test_a_damaged_or_outdated_bundle_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "hearing"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    told: list[float] = []
    made = prepare_hearing(folder, lambda what, done: told.append(done))
    assert told == sorted(told)
    assert len(told) > 5
    assert Bundle.open(folder).manifest == made.manifest

    # One of another recipe is not kept, and one that fails on this machine does not replace it.
    monkeypatch.setattr(prepare, "RECIPE", made.contents.settings["recipe"] + 1)
    monkeypatch.setattr(prepare, "_LEAST_LIKENESS", 1.1)
    with pytest.raises(UnfitProcessor, match="report your processor"):
        prepare_hearing(folder)
    assert Bundle.open(folder).manifest == made.manifest
    assert [path.name for path in tmp_path.iterdir()] == ["hearing"]
