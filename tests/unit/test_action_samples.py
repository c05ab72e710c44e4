"""Samples of the action model: what makes one, batches, shards on disk, and their way to Hugging Face and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encore_models.perception import situation
from encore_models.perception.action import INPUTS
from encore_models.perception.action_evidence import MATCH_WIDTH
from encore_models.perception.effects import EFFECT_WIDTH
from encore_models.perception.situation import STATES
from encore_models.training.action.samples import (
    FORMAT_VERSION,
    LABELS,
    BadSample,
    NoSamples,
    Sample,
    ShardBroken,
    collate,
    read_shard,
    read_shards,
    shard_path,
    write_shard,
    write_shards,
)

ARRAYS = (
    "utterance shown_utterance spoken_alike candidates candidate_texts candidate_places candidate_alike "
    "candidate_known candidate_out steps step_texts step_effects step_matches step_seen step_places "
    "step_actions step_arguments progress"
).split()


def sample(seed: int = 0, frames: int = 5, candidates: int = 7, steps: int = 3, split: str = "train") -> Sample:
    rng = np.random.default_rng(seed)

    def half(*shape: int) -> Any:
        return rng.standard_normal(shape).astype(np.float16)

    return Sample(
        utterance=half(frames, 384),
        shown_utterance=half(frames + 1, 384),
        spoken_alike=rng.random(9, np.float32),
        candidates=half(candidates, 16),
        candidate_texts=half(candidates, 12),
        candidate_places=rng.random((candidates, 8), np.float32),
        candidate_alike=rng.integers(1, 5, candidates).astype(np.int16),
        candidate_known=half(candidates, 2),
        candidate_out=rng.random(candidates, np.float32),
        steps=half(steps, 16),
        step_texts=half(steps, 12),
        step_effects=half(steps, 16),
        step_matches=half(steps, candidates, MATCH_WIDTH),
        step_seen=half(steps, EFFECT_WIDTH),
        step_places=rng.random((steps, 8), np.float32),
        step_actions=rng.integers(0, 6, steps).astype(np.int8),
        step_arguments=rng.integers(0, 3, steps).astype(np.int8),
        progress=np.zeros(steps, np.int8),
        state=STATES.index("step"),
        step=steps - 1,
        candidate=candidates - 1,
        argument=1,
        meta={"episode": f"e{seed}", "split": split},
    )


def same(one: Sample, other: Sample) -> bool:
    arrays = all(
        getattr(one, name).dtype == getattr(other, name).dtype
        and np.array_equal(getattr(one, name), getattr(other, name))
        for name in ARRAYS
    )
    return arrays and all(getattr(one, name) == getattr(other, name) for name in (*LABELS, "meta"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"candidate": 7}, "candidate 7 of 7"),
        ({"step": 3}, "step 3 of 3"),
        ({"step": -1}, "step -1 of 3 in state 'step'"),
        ({"state": STATES.index("done")}, "step 2 of 3 in state 'done'"),
        ({"state": 9}, "state 9"),
        ({"progress": np.zeros(2, np.int8)}, "3 steps, but"),
        ({"candidate_alike": np.zeros(2, np.int16)}, "7 candidates, but"),
        ({"step_matches": np.zeros((3, 2, 2), np.float16)}, "its matches are"),
        ({"utterance": np.zeros((101, 384), np.float16)}, "utterance"),
    ],
)
def test_what_contradicts_itself_is_no_sample(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadSample, match=problem):
        replace(sample(), **change)


def test_a_demonstration_of_thirteen_steps_is_no_sample() -> None:
    with pytest.raises(BadSample, match="13 steps"):
        sample(steps=13)


def test_a_batch_is_padded_and_masked() -> None:
    long, silent = sample(1), sample(2, frames=0, candidates=2, steps=1)
    batch = collate([long, silent])
    assert batch["utterance"].shape == (2, 5, 384)
    assert batch["candidates"].shape == (2, 7, 16)
    assert batch["step_places"].shape == (2, 3, 8)
    assert batch["step_matches"].shape == (2, 3, 7, MATCH_WIDTH)
    np.testing.assert_array_equal(batch["step_matches"][1, :1, :2], silent.step_matches)
    assert batch["utterance_mask"].sum(axis=1).tolist() == [5, 0]
    assert batch["candidate_mask"].sum(axis=1).tolist() == [7, 2]
    assert batch["step_mask"].sum(axis=1).tolist() == [3, 1]
    assert not batch["candidates"][1, 2:].any()
    np.testing.assert_array_equal(batch["candidates"][1, :2], silent.candidates)
    assert batch["candidate"].tolist() == [6, 1]


def test_a_batch_tells_all_that_a_click_would_be_right_on() -> None:
    one, typing = sample(1), replace(sample(2, candidates=4), candidate=-1)
    one.candidate_places[:, :4] = 0.1, 0.1, 0.05, 0.05
    one.candidate_places[2, :4] = one.candidate_places[6, :4] = 0.7, 0.7, 0.2, 0.1
    one.candidate_places[3, :4] = 0.79, 0.66, 0.01, 0.01
    hits = collate([one, typing])["hits"]
    assert hits.tolist() == [[False, False, True, True, False, False, True], [False] * 7]


def test_a_batch_of_silence_still_has_a_frame_to_attend_to() -> None:
    assert collate([sample(frames=0)])["utterance"].shape == (1, 1, 384)


def test_no_batch_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        collate([])


def test_a_shard_gives_back_what_was_written(tmp_path: Path) -> None:
    written = [sample(1), sample(2, frames=0), sample(3, candidates=0, steps=12)]
    path = write_shard(tmp_path / "train-00000.npz", written)
    assert all(same(one, other) for one, other in zip(written, read_shard(path), strict=True))


def test_what_samples_share_is_stored_once(tmp_path: Path) -> None:
    one = sample(candidates=100)
    alone = write_shard(tmp_path / "a.npz", [one]).stat().st_size
    ten = write_shard(tmp_path / "b.npz", [replace(one, candidate=n) for n in range(10)]).stat().st_size
    assert ten < 1.2 * alone
    assert [read.candidate for read in read_shard(tmp_path / "b.npz")] == list(range(10))


def test_shards_follow_the_split_and_stream(tmp_path: Path) -> None:
    samples = [sample(n, split=("train", "train", "test")[n % 3]) for n in range(9)]
    write_shards(tmp_path, samples, a_shard=4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test-00000.npz", "train-00000.npz", "train-00001.npz"]
    assert [s.meta["episode"] for s in read_shards(tmp_path, "test")] == ["e2", "e5", "e8"]
    # The second shard is not opened before the first one is used up.
    shard_path(tmp_path, "train", 1).write_bytes(b"broken")
    stream = read_shards(tmp_path, "train")
    assert [next(stream).meta["episode"] for _ in range(4)] == ["e0", "e1", "e3", "e4"]
    with pytest.raises(ShardBroken, match="train-00001"):
        next(stream)


def test_shuffled_shards_hold_the_same(tmp_path: Path) -> None:
    write_shards(tmp_path, [sample(n) for n in range(20)], a_shard=5)
    shuffled = [s.meta["episode"] for s in read_shards(tmp_path, "train", np.random.default_rng(1))]
    assert shuffled != [f"e{n}" for n in range(20)]
    assert sorted(shuffled) == sorted(f"e{n}" for n in range(20))


def test_a_sample_without_a_split_has_no_shard(tmp_path: Path) -> None:
    with pytest.raises(BadSample, match="split"):
        write_shards(tmp_path, [replace(sample(), meta={})])


def test_what_is_no_shard_says_so(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "train-00000.npz", [sample()])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ShardBroken, match="Delete it"):
        read_shard(path)
    np.savez(path, something=np.zeros(3))
    with pytest.raises(ShardBroken, match="about"):
        read_shard(path)


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "train-00000.npz"
    np.savez(path, about=np.array([{}], object))
    with pytest.raises(ShardBroken, match="allow_pickle"):
        read_shard(path)


@pytest.mark.parametrize("by", [-1, 1])
def test_a_shard_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: int) -> None:
    monkeypatch.setattr("encore_models.training.action.samples.FORMAT_VERSION", FORMAT_VERSION + by)
    path = write_shard(tmp_path / "train-00000.npz", [sample()])
    monkeypatch.undo()
    with pytest.raises(ShardBroken, match=f"version {FORMAT_VERSION + by}.*make it again"):
        read_shard(path)


def test_an_interruption_leaves_no_half_of_a_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(file: Any, **columns: Any) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_shard(tmp_path / "train-00000.npz", [sample()])
    assert list(tmp_path.iterdir()) == []


def test_no_shards_say_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(NoSamples, match=r"action\.make --out"):
        next(read_shards(tmp_path, "train"))


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    from encore_models.training.action import exchange

    yield exchange
    datasets.enable_progress_bars()


def test_samples_go_to_hugging_face_datasets_and_back(tmp_path: Path, exchange: Any) -> None:
    samples = [sample(1), sample(2, frames=0), replace(sample(3, candidates=0), candidate=-1), sample(4, split="test")]
    write_shards(tmp_path / "shards", samples)
    exchange.write_datasets(tmp_path / "shards", tmp_path / "hugging")
    back = [
        *exchange.read_datasets(tmp_path / "hugging", "train"),
        *exchange.read_datasets(tmp_path / "hugging", "test"),
    ]
    assert all(same(one, other) for one, other in zip(samples, back, strict=True))
    with pytest.raises(NoSamples, match="validation"):
        next(exchange.read_datasets(tmp_path / "hugging", "validation"))
    with pytest.raises(FileExistsError, match="not empty"):
        exchange.write_datasets(tmp_path / "shards", tmp_path / "hugging")


def test_samples_of_own_demonstrations_go_there_and_back(tmp_path: Path, exchange: Any) -> None:
    own = [sample(1), sample(2, split="validation")]
    for number, one in enumerate(own):
        write_shard(tmp_path / "samples" / f"macro-{number}@0a1b2c.npz", [one])
    exchange.main(exchange.Way.WRITE, tmp_path / "samples", tmp_path / "hugging")
    exchange.main(exchange.Way.READ, tmp_path / "hugging", tmp_path / "shards")
    back = [one for split in ("train", "validation") for one in read_shards(tmp_path / "shards", split)]
    assert all(same(one, other) for one, other in zip(own, back, strict=True))


def test_samples_hold_what_the_running_program_asks() -> None:
    asked = {field.name for field in fields(situation.Asked)}
    assert asked < {field.name for field in fields(Sample)}
    assert {name for name in INPUTS if not name.endswith("_mask")} <= asked
