"""The action model that Encore comes with: small, whole, with a card, and right about what it was trained on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from encore_models.bundle import Bundle
from encore_models.errors import BundleBroken
from encore_models.perception.action import WEIGHTS, ActionModel
from encore_models.perception.situation import STATES
from encore_models.training.action.samples import Sample, read_shard

MOST_BYTES = 6_000_000
KEPT = WEIGHTS / "kept.npz"


@pytest.fixture(scope="module")
def kept() -> list[Sample]:
    return read_shard(KEPT)


def test_it_is_small_and_tells_where_it_comes_from() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < MOST_BYTES
    contents = Bundle.open(WEIGHTS).contents
    assert contents.licence == "MIT"
    assert contents.metrics["next_step_accuracy"] > 0.9
    card = (WEIGHTS / "README.md").read_text()
    for word in ("Licence: MIT", "espeak-ng", "encore_models.training.action.make", "(this one)"):
        assert word in card
    assert b"/home" not in (WEIGHTS / "action.onnx").read_bytes()


def test_it_is_right_about_the_samples_it_comes_with(kept: list[Sample]) -> None:
    model = ActionModel.load()
    decided = [model.decide(one) for one in kept]
    right = [int(told.states.argmax()) == one.state for told, one in zip(decided, kept, strict=True)]
    assert np.mean(right) >= 0.85
    acted = [(told, one) for told, one in zip(decided, kept, strict=True) if STATES[one.state] == "step"]
    assert np.mean([int(told.steps.argmax()) == one.step for told, one in acted]) >= 0.85


def test_what_was_changed_is_refused(tmp_path: Path) -> None:
    broken = Path(shutil.copytree(WEIGHTS, tmp_path / "broken"))
    weights = bytearray((broken / "action.weights").read_bytes())
    weights[len(weights) // 2] ^= 1
    (broken / "action.weights").write_bytes(weights)
    with pytest.raises(BundleBroken, match=r"action\.weights has changed"):
        ActionModel.load(broken)
