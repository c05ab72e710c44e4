"""The action model in the loop: what it says is asked at each look, and nothing it says makes a click by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from encore_agent.act import DryRunActuator
from encore_agent.certainty import Certainty
from encore_agent.find import Finder
from encore_agent.messages import EpisodeReport, Finished, Halted
from encore_agent.policy import Modelled, OneShot, Policy, open_policy
from encore_agent.replay import Replayer, ReplayOptions, Request
from encore_models.macro import Macro
from encore_models.perception.action import VERSION, ActionModel
from encore_models.perception.situation import NOTHING_SAID, SILENT, Spoken
from encore_models.store import create_macro
from encore_recorder.geometry import Point
from tests.unit.action_bundle import write_by_hand
from tests.unit.test_replay import CIRCLE, CLICKED, CLIP, READER, Bench, Desktop, drawn, look, window_at

STEP, WAIT, DONE, STOP = ("4, 0, 0, 0", "0, 4, 0, 0", "0, 0, 4, 0", "0, 0, 0, 4")
LEFT, TOP = -1200, -140


def silent(macro: Macro) -> Spoken:
    return NOTHING_SAID


class Played:
    """A macro of two clicks, run under a policy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bench = Bench(folder, Desktop([window_at(LEFT, TOP)]))
        self.macro = self.bench.macro((CLICKED, CIRCLE))
        create_macro(self.macro, {step.before: drawn() for step in self.macro.steps}, folder / "macro")

    def run(self, policy: Policy, spoken: Spoken = NOTHING_SAID, certainty: Certainty | None = None) -> EpisodeReport:
        bench = self.bench
        bench.actuator = DryRunActuator()
        bench.stop.clear()
        episode = self.folder / "episode"
        episode.mkdir(exist_ok=True)
        options = ReplayOptions(patience_s=0.3, retry_s=0.02)
        finder = Finder(READER, certainty=certainty)
        replayer = Replayer(bench.desktop, bench.desktop, look, finder, bench.actuator, list, options, policy=policy)
        request = Request(self.macro, self.folder / "macro", {}, episode, spoken=spoken)
        return replayer.run(request, bench.events.append, bench.stop)

    @property
    def places(self) -> list[Point]:
        return [action.position for action in self.bench.actuator.performed]  # type: ignore[union-attr]


@pytest.fixture
def played(tmp_path: Path) -> Played:
    return Played(tmp_path)


def modelled(folder: Path, states: str = STEP) -> Modelled:
    bundle = write_by_hand(folder / "model", ", ".join(f"{float(one)}" for one in states.split(",")))
    return Modelled(ActionModel(bundle), CLIP, silent)


def test_model_and_evidence_together_click_where_the_evidence_says(played: Played, tmp_path: Path) -> None:
    alone = played.run(OneShot())
    places = played.places
    report = played.run(modelled(tmp_path))
    assert isinstance(alone.outcome, Finished)
    assert isinstance(report.outcome, Finished)
    assert played.places == places == [CLICKED.moved(LEFT, TOP), CIRCLE.moved(LEFT, TOP)]
    assert [step.evidence.partition("; ")[2][:26] for step in report.steps] == [
        "the action model says step",
        "the action model says step",
    ]
    assert "step 2" in report.steps[1].evidence


def test_the_report_shows_what_it_was_thinking(played: Played, tmp_path: Path) -> None:
    played.run(OneShot())
    plain = cv2.imread(str(tmp_path / "episode" / "01.png"))
    (first, _) = played.run(modelled(tmp_path)).steps
    assert first.picture is not None
    explained = cv2.imread(str(first.picture))
    # The strip below tells of states and of both steps; the places are drawn on the window.
    assert explained.shape[0] == plain.shape[0] + 12 + 20 * 4
    assert np.any(explained[: drawn().shape[0]] != plain[: drawn().shape[0]])


def test_a_sure_stop_halts_with_both_reasons(played: Played, tmp_path: Path) -> None:
    report = played.run(modelled(tmp_path, STOP))
    assert isinstance(report.outcome, Halted)
    assert played.places == []
    assert "nothing changed at its place" in report.outcome.reason
    assert "the action model says stop (95 %)" in report.outcome.reason
    assert report.outcome.picture is not None


@pytest.mark.parametrize("states", [WAIT, DONE], ids=["wait", "done"])
def test_certain_evidence_goes_on_whatever_else_the_model_says(played: Played, tmp_path: Path, states: str) -> None:
    assert isinstance(played.run(modelled(tmp_path, states)).outcome, Finished)
    assert len(played.places) == 2


def test_a_place_that_the_finder_alone_is_not_sure_of_is_clicked_where_the_model_says_the_same(
    played: Played, tmp_path: Path
) -> None:
    never = Certainty.shipped().never()
    assert isinstance(played.run(OneShot(), certainty=never).outcome, Halted)
    assert isinstance(played.run(modelled(tmp_path / "waits", WAIT), certainty=never).outcome, Halted)
    assert played.places == []
    report = played.run(modelled(tmp_path), certainty=never)
    assert isinstance(report.outcome, Finished)
    assert played.places == [CLICKED.moved(LEFT, TOP), CIRCLE.moved(LEFT, TOP)]


def test_what_is_not_there_is_not_clicked_though_the_model_points_at_something(played: Played, tmp_path: Path) -> None:
    played.bench.desktop.shown = [window_at(LEFT, TOP, drawn(cross=None))]
    report = played.run(modelled(tmp_path))
    assert isinstance(report.outcome, Halted)
    assert played.places == []
    assert "the action model says step 1" in report.outcome.reason


def test_what_was_said_when_it_was_shown_is_asked_for_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def spoken(macro: Macro) -> Spoken:
        asked.append(macro.id)
        return Spoken(np.ones((5, 384), np.float16))

    bundle = write_by_hand(tmp_path / "model")
    policy = Modelled(ActionModel(bundle), CLIP, spoken)
    played = Played(tmp_path)
    played.run(policy)
    assert asked == []  # nobody speaks today
    for _ in range(2):
        played.run(policy, Spoken(np.ones((7, 384), np.float16)))
    assert asked == ["click"]


def test_a_long_macro_goes_by_evidence_alone(played: Played, tmp_path: Path) -> None:
    long = played.bench.macro([CLICKED] * 13)
    course = modelled(tmp_path).begin(long, tmp_path, list, NOTHING_SAID)
    assert course.advise(look(drawn()), [0] * 13, {}) is None


def opened(*folders: Path, clip: Callable[[], object] = lambda: CLIP) -> tuple[Policy, list[str]]:
    told: list[str] = []
    return open_policy(folders, clip, silent, told.append), told  # type: ignore[arg-type]


def test_where_no_model_lies_there_is_none(tmp_path: Path) -> None:
    policy, told = opened(tmp_path / "own", tmp_path / "none")
    assert isinstance(policy, OneShot)
    assert not told


@pytest.mark.parametrize(("version", "why"), [(VERSION + 1, "Update Encore"), (VERSION - 1, "this Encore reads")])
def test_where_the_users_own_model_cannot_be_used_the_shipped_one_advises(
    tmp_path: Path, version: int, why: str
) -> None:
    write_by_hand(tmp_path / "shipped")
    assert isinstance(opened(tmp_path / "none", tmp_path / "shipped")[0], Modelled)
    write_by_hand(tmp_path / "own", version=version)
    policy, (told,) = opened(tmp_path / "own", tmp_path / "shipped")
    assert isinstance(policy, Modelled)
    assert why in told
    assert isinstance(opened(tmp_path / "own")[0], OneShot), "none is left"


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    write_by_hand(tmp_path / "own")
    (tmp_path / "own" / "action.onnx").write_bytes(b"")
    _, (told,) = opened(tmp_path / "own")
    assert "action.onnx has 0 bytes" in told


class Wide:
    """A CLIP of another width."""

    def words(self, texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), 512), np.float32)


def test_a_model_of_another_clip_is_refused(tmp_path: Path) -> None:
    write_by_hand(tmp_path / "own")
    _, (told,) = opened(tmp_path / "own", clip=Wide)
    assert "describes what it sees by 512 numbers" in told


def test_silence_has_no_frames() -> None:
    assert SILENT.shape == (0, 384)
    assert NOTHING_SAID.printed is None
