"""What the agent does, gathered from its events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from encore_agent.messages import (
    AgentEvent,
    EpisodeStarted,
    Finished,
    Halted,
    Learned,
    Progress,
    RecordingStopped,
    StepDone,
    StepStarted,
    Trouble,
)
from encore_gui.bridge import Bridge
from encore_gui.commands import Commands
from encore_gui.state import INTERRUPTED, Activity, AgentState, EpisodeProgress
from tests.gui_sample import FakeAgent

STARTED = EpisodeProgress("e1", "play-song", {"song": "Help!"})


def done(index: int) -> StepDone:
    return StepDone("e1", index, f"step {index}", None, "same picture", 30.0, 12.4, Path("seen.png"))


class TestEpisodeProgress:
    def test_a_step_is_now_then_done_with_its_evidence(self) -> None:
        now = STARTED.after(StepStarted("e1", 0, "step 0"))
        assert [step.state for step in now.steps] == ["now"]
        (step,) = now.after(done(0)).steps
        assert (step.state, step.note, step.picture) == ("done", "same picture · 42 ms", Path("seen.png"))

    def test_a_halt_marks_the_step_that_was_under_way(self) -> None:
        under_way = STARTED.after(StepStarted("e1", 0, "step 0")).after(done(0)).after(StepStarted("e1", 1, "step 1"))
        halted = under_way.after(Halted("e1", 1, "not there", Path("halted.png")))
        assert [step.state for step in halted.steps] == ["done", "halted"]
        assert halted.steps[1].note == "not there"
        assert isinstance(halted.outcome, Halted)

    def test_a_halt_after_the_last_step_leaves_the_steps_done(self) -> None:
        all_done = STARTED.after(StepStarted("e1", 0, "step 0")).after(done(0))
        halted = all_done.after(Halted("e1", 1, "nothing plays"))
        assert [step.state for step in halted.steps] == ["done"]

    @pytest.mark.parametrize("event", [StepStarted("other", 0, "x"), Finished("other", None, 1.0)])
    def test_other_episodes_change_nothing(self, event: StepStarted | Finished) -> None:
        assert STARTED.after(event) is STARTED

    def test_nothing_follows_the_outcome(self) -> None:
        finished = STARTED.after(Finished("e1", None, 900.0))
        assert finished.after(StepStarted("e1", 0, "late")) is finished


@pytest.fixture
def state(qtbot: QtBot, agent: FakeAgent) -> Iterator[AgentState]:
    bridge = Bridge(agent.subscribe)
    state = AgentState(agent, bridge)
    yield state
    bridge.close()


def tell(qtbot: QtBot, agent: FakeAgent, state: AgentState, *events: AgentEvent) -> None:
    """Tell events and wait until the last one was taken in."""
    for event in events:
        with qtbot.waitSignal(state.changed):
            agent.tell(event)


def test_recording_pause_learning_and_back(qtbot: QtBot, agent: FakeAgent, state: AgentState) -> None:
    commands = Commands(agent, state)
    seen = [state.activity]
    with qtbot.waitSignal(state.changed):
        commands.toggle_recording()
    seen.append(state.activity)
    with qtbot.waitSignal(state.changed):
        commands.toggle_pause()
    seen.append(state.activity)
    with qtbot.waitSignal(state.changed):
        commands.toggle_pause()
    seen.append(state.activity)
    commands.toggle_recording()
    seen.append(state.activity)
    tell(qtbot, agent, state, RecordingStopped("d9", Path()), Progress("reading", 0.5))
    assert state.progress == Progress("reading", 0.5)
    tell(qtbot, agent, state, Learned("play-song", "Play", ("play {song}",), 3))
    seen.append(state.activity)
    assert seen == [
        Activity.IDLE,
        Activity.RECORDING,
        Activity.PAUSED,
        Activity.RECORDING,
        Activity.LEARNING,
        Activity.IDLE,
    ]
    assert state.progress is None
    asked = [name for name, *_ in agent.asked]
    assert asked == ["start_recording", "pause_recording", "pause_recording", "stop_recording"]


def test_nothing_to_learn_ends_learning(qtbot: QtBot, agent: FakeAgent, state: AgentState) -> None:
    state.recording_ends()
    tell(qtbot, agent, state, Trouble("nothing could be learned"))
    assert state.activity is Activity.IDLE


def test_running_wins_over_listening(qtbot: QtBot, agent: FakeAgent, state: AgentState) -> None:
    agent.listening = agent.running = True
    assert state.activity is Activity.LISTENING
    tell(qtbot, agent, state, EpisodeStarted("e1", "play-song", {}))
    assert state.activity is Activity.RUNNING
    tell(qtbot, agent, state, Finished("e1", None, 5.0))
    assert state.activity is Activity.LISTENING


def test_episodes_are_kept_by_macro(qtbot: QtBot, agent: FakeAgent, state: AgentState) -> None:
    moved: list[str] = []
    state.episode_changed.connect(moved.append)
    agent.running = True
    tell(qtbot, agent, state, EpisodeStarted("e1", "play-song", {}), Finished("e1", None, 5.0))
    tell(qtbot, agent, state, EpisodeStarted("e2", "pause", {}))
    assert moved == ["play-song", "play-song", "pause"]
    first, second = state.episode("play-song"), state.episode("pause")
    assert first is not None
    assert first.outcome == Finished("e1", None, 5.0)
    assert second is state.running is state.latest


def test_a_run_that_dies_without_a_word_is_not_waited_for(
    qtbot: QtBot, agent: FakeAgent, state: AgentState, monkeypatch: pytest.MonkeyPatch
) -> None:
    state._check.setInterval(10)
    agent.running = True
    tell(qtbot, agent, state, EpisodeStarted("e1", "play-song", {}), StepStarted("e1", 0, "step 0"))
    with qtbot.waitSignal(state.changed):
        agent.running = False
    assert state.activity is Activity.IDLE
    episode = state.episode("play-song")
    assert episode is not None
    assert isinstance(episode.outcome, Halted)
    assert episode.outcome.reason == INTERRUPTED
