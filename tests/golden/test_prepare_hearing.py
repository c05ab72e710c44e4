"""Preparing the hearing: once, wholly, and again only where something is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from encore_models.bundle import Bundle
from encore_models.errors import UnfitProcessor
from encore_models.perception.mel import RATE
from encore_models.perception.voice import TAIL_FILE, Voice
from encore_models.whisper import prepare
from encore_models.whisper.adapter import WEIGHTS
from encore_models.whisper.prepare import prepare_hearing
from encore_models.whisper.speech import spoken


def test_a_good_bundle_is_kept(hearing_bundle: Bundle):
    told: list[float] = []
    again = prepare_hearing(hearing_bundle.folder, lambda what, done: told.append(done))
    assert again.manifest == hearing_bundle.manifest
    assert told == [0.0, 1.0]


def test_what_is_in_the_bundle(hearing_bundle: Bundle):
    contents = hearing_bundle.contents
    assert set(contents.graphs) == {"encoder", "cross", "decoder"}
    assert contents.graphs["encoder"].inputs == {"mel": (1, 80, "2T")}
    assert contents.graphs["decoder"].outputs["following"] == ("B", "N", 51864)
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


def test_the_adapter_can_be_left_out_and_taken_again(tmp_path: Path):
    adapter = Bundle.open(WEIGHTS).contents
    made = {name: prepare_hearing(tmp_path / "hearing", adapter=given) for name, given in SWITCHED.items()}
    settings = {name: bundle.contents.settings for name, bundle in made.items()}
    assert settings["original"]["encoder"] == adapter.settings["encoder"]
    assert settings["original"]["adapter"] == ""
    assert settings["adapted"]["adapter"] == adapter.name
    assert settings["adapted"]["encoder"] != settings["original"]["encoder"]
    again = prepare_hearing(tmp_path / "hearing", adapter=WEIGHTS)
    assert again.manifest == made["adapted"].manifest, "it was made for nothing"


SWITCHED = {"original": None, "adapted": WEIGHTS}


def test_the_adapted_encoder_hears_more_through_noise(tmp_path: Path):
    """Commands by synthetic voices in white noise as loud as they are, and in clean air."""
    rng = np.random.default_rng(0)
    original, adapted = (Voice(prepare_hearing(tmp_path / name, adapter=given)) for name, given in SWITCHED.items())
    noisy, clean = [], []
    for text, sound in spoken().items():
        noise = rng.normal(size=len(sound)) * np.sqrt((sound**2).mean())
        for gains, sides in (((0.3, 0.3), noisy), ((0.3, 0.0), clean)):
            heard = np.asarray(gains[0] * sound + gains[1] * noise, np.float32)[: 4 * RATE]
            sides.append([voice.score(voice.encode(heard), [text])[0] for voice in (original, adapted)])
    before, after = np.mean(noisy, axis=0)
    assert after > before + 0.2
    before, after = np.mean(clean, axis=0)
    assert after > before - 0.2
