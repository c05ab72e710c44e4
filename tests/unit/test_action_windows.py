"""Samples of the action model out of windows of the finder's development screens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import typer

from encore_models.perception.situation import STATES
from encore_models.training.action.samples import GONE, WINDOWS, read_shard
from encore_recorder.geometry import Rect
from tests.benchmarks.action.windows import check, looked, make, searched
from tests.benchmarks.finder.dataset import FEW, REFILLED, SHOWN, Screen, Thing, write_screen
from tests.unit.test_find_kinds import Window

LABELS = ("Library", "Radio", "Albums", "Artists", "Podcasts", "Settings")


def window(*labels: str) -> np.ndarray:
    drawn = Window()
    for row, text in enumerate(labels):
        drawn.write(text, 60, 60 + 50 * row)
    return drawn.sign(400, 80, 0).sign(460, 80, 1).sign(520, 80, 2).image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    things = tuple(Thing(text, "text", Rect(55, 55 + 50 * row, 90, 25), text) for row, text in enumerate(LABELS))
    pictures = {
        "shown": (window(*LABELS), things),
        "same": (window(*LABELS), things),
        "absent": (window("Library", "Genres", *LABELS[2:]), tuple(t for t in things if t.id != "Radio")),
    }
    for name, toolkit, split in (("one", "qt", "dev"), ("pcmanfm", "pcmanfm", "dev"), ("other", "qt", "final")):
        screen = Screen(name, toolkit, split, {picture: told for picture, (_, told) in pictures.items()})  # type: ignore[arg-type]
        write_screen(tmp_path / "set", screen, {picture: image for picture, (image, _) in pictures.items()})
    return tmp_path


def test_what_is_there_is_due_and_what_is_gone_is_stopped_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(folder / "set", folder / "data", "train")
    # What is held back is for validation whatever the set is for, and final screens are not looked at.
    names = {path.name for path in (folder / "data").iterdir()}
    assert names == {"train-windows-set-one.npz", "validation-windows-set-pcmanfm.npz"}
    samples = read_shard(folder / "data" / "train-windows-set-one.npz")
    assert {one.meta["episode"] for one in samples} == {f"{WINDOWS}set:one"}
    there = [one for one in samples if one.meta["layout"] == "same"]
    gone = [one for one in samples if one.meta["layout"] == "absent"]
    assert len(there) == len(LABELS)
    for one in there:
        assert (STATES[one.state], one.progress.sum()) == ("step", one.step)
        place, shown = one.candidate_places[one.candidate], one.step_places[one.step]
        np.testing.assert_allclose(place[:2], shown[:2], atol=0.01)
    (radio,) = gone
    assert (STATES[radio.state], radio.step, radio.candidate, radio.meta["hard"]) == ("stop", -1, -1, GONE)
    check(folder / "data", "train")
    told = capsys.readouterr().out
    assert f"drawn there: {len(LABELS)} samples" in told
    assert f"drawn {GONE}: 1 samples" in told


def test_a_sample_that_the_model_gets_right_is_told_so(folder: Path) -> None:
    class Says:
        def __init__(self, states: list[float], place: int) -> None:
            self.states, self.place = np.array(states, np.float32), place

        def decide(self, sample: object) -> object:
            count = len(sample.candidates)  # type: ignore[attr-defined]
            self.candidates = np.eye(count + 1, dtype=np.float32)[self.place]
            self.steps = np.eye(len(sample.steps), dtype=np.float32)[sample.step]  # type: ignore[attr-defined]
            return self

    make(folder / "set", folder / "data", "train")
    samples = read_shard(folder / "data" / "train-windows-set-one.npz")
    one = next(sample for sample in samples if sample.candidate >= 0)
    sure = looked(Says([1, 0, 0, 0], one.candidate), one)  # type: ignore[arg-type]
    assert (sure.right, sure.pointed, sure.objection) == (True, True, 0.0)
    stops = looked(Says([0, 0, 0, 1], one.candidate), one)  # type: ignore[arg-type]
    assert (stops.right, stops.pointed, stops.objection) == (False, False, 1.0)


TITLES = ("Silver Bridge", "Hidden River", "Golden Meadow", "Paper Lantern", "Neon Harbor", "Velvet Canyon")
OTHERS = ("Broken Compass", "Autumn Signal", "Copper Garden", "Frozen Avenue", "Lonely Mirror")


def rows(*titles: str) -> tuple[Thing, ...]:
    places = [Rect(55, 55 + 50 * row, 220, 25) for row in range(len(titles))]
    return tuple(Thing(f"row:{t}", "row", box, t, row=t) for t, box in zip(titles, places, strict=True))


def test_what_another_search_finds_is_learned_after_a_few_rows(tmp_path: Path) -> None:
    lists = {SHOWN: TITLES, "same": TITLES, FEW: TITLES[1:3], REFILLED: OTHERS}
    screen = Screen("one", "qt", "dev", {name: rows(*titles) for name, titles in lists.items()})
    write_screen(tmp_path / "set", screen, {name: window(*titles) for name, titles in lists.items()})
    asked = searched(screen)
    assert asked is not None
    assert asked.pictures[SHOWN] == screen.pictures[FEW]
    assert set(asked.slots) == {f"row:{title}" for title in TITLES[1:3]}
    assert set(asked.slots.values()) <= set(OTHERS)
    make(tmp_path / "set", tmp_path / "data", "train")
    samples = read_shard(tmp_path / "data" / "train-windows-set-one-few.npz")
    filled = [one for one in samples if one.meta["layout"] == REFILLED]
    assert {STATES[one.state] for one in filled} == {"step"}
    for one in filled:
        middle = one.candidate_places[one.candidate][1] * window().shape[0]
        assert OTHERS[round((middle - 67) / 50)] in asked.slots.values()


def test_a_window_without_lists_is_searched_for_nothing(folder: Path) -> None:
    assert searched(Screen("one", "qt", "dev", {SHOWN: ()})) is None


def test_a_set_without_development_screens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="no development screens"):
        make(tmp_path, tmp_path / "data")
    with pytest.raises(typer.BadParameter, match="neither train nor validation"):
        make(tmp_path, tmp_path / "data", "test")
