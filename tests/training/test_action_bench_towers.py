"""Rows of other towers, and of speech brought to texts, on a few samples with pictures and sounds of noise."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

NEEDED = ("torch", "safetensors", "accelerate", "transformers")
MISSING = [name for name in NEEDED if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.training.action.model import ActionConfig
from encore_models.training.action.raw import Raw
from encore_models.training.action.towers import TOWERS, Size
from tests.benchmarks.action import towers
from tests.benchmarks.action.material import Said, Senses
from tests.benchmarks.action.stored import Stored
from tests.benchmarks.action.towers import OURS, SMALL_SET, Small, aligned, compared, fed
from tests.training.action_task import FRAME, LOOK, TEXT, samples

TINY = Small(steps=2, batch=2, size=Size(hidden=32, layers=2, heads=2, side=32, patch=8, frames=4))
CONFIG = ActionConfig(LOOK, TEXT, FRAME, width=32, heads=2)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # of transformers' own
]


class Letters:
    """A clip that knows words by their letters."""

    def words(self, texts: list[str]) -> np.ndarray:
        vectors = np.stack([np.bincount([ord(letter) % TEXT for letter in text], minlength=TEXT) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def raws(count: int, seed: int) -> tuple[Raw, ...]:
    rng = np.random.default_rng(seed)

    def pictures(number: int) -> np.ndarray:
        return rng.integers(1, 255, (number, 32, 32, 3)).astype(np.uint8)

    return tuple(
        Raw(
            one,
            pictures(len(one.candidates)),
            pictures(len(one.steps)),
            pictures(len(one.steps)),
            tuple(pictures(2)),
            rng.normal(size=640 * len(one.utterance)).astype(np.float32),
            rng.normal(size=640 * len(one.shown_utterance)).astype(np.float32),
            f"words {number}",
        )
        for number, one in enumerate(samples(count, seed))
    )


def said(count: int, seed: int) -> Said:
    some = raws(count, seed)
    return Said(tuple(one.sample.utterance for one in some), tuple(one.words for one in some))


SENSES = Senses(lambda: (raws(4, 1), raws(6, 2)), lambda: (said(6, 4), said(4, 5)), Letters())  # type: ignore[arg-type]


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # of the exporter's own
def test_each_kind_of_tower_gives_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    chosen = ("cnn", "videomae", "cnn-mfcc", "wav2vec2")
    monkeypatch.setattr(towers, "TOWERS", {name: TOWERS[name] for name in chosen})
    told = list[str]()
    rows = compared(SENSES, CONFIG, TINY, Stored(tmp_path), "a trial", told.append)
    assert [row["name"] for row in rows] == told == [OURS, *chosen]
    assert {(row["screen"], row["voice"]) for row in rows} == {
        ("ui_clip", "whisper"), ("cnn", "whisper"), ("ui_clip+videomae", "whisper"), ("ui_clip", "cnn-mfcc"),
        ("ui_clip", "wav2vec2"),
    }  # fmt: skip
    for row in rows:
        assert row["samples"] == 6
        assert (row["steps"], row["learned_samples"], row["set"]) == (2, 4, SMALL_SET)
        assert (row["trained_tower"] is None) == (row["name"] == OURS)
        assert row["episodes_right"] is None  # of two or three episodes no share is told
        assert row["next_step_accuracy"] is not None
        assert row["training_seconds"] > 0
        assert row["fp32_ms"] > 0
        assert 0 < row["int8_mb"] < row["fp32_mb"]
    assert all(row["parameters"] > rows[0]["parameters"] for row in rows[1:])


def test_nothing_that_ours_compared_beforehand_is_told() -> None:
    batch = fed(raws(3, 3), "cnn-mel", TINY.size)
    assert not batch["spoken_alike"].any()
    assert not batch["candidate_known"].any()
    assert batch["utterance_heard"].shape[2] == 80


def test_speech_is_brought_to_texts_both_ways(tmp_path: Path) -> None:
    told = aligned(SENSES, 3, Stored(tmp_path), "a trial")
    assert [row["way"] for row in told] == ["clap", "sonar"]
    assert all(0 <= row["recall_at_1"] <= row["recall_at_5"] <= 1 for row in told)
    assert all((row["utterances"], row["among"]) == (6, 4) for row in told)
