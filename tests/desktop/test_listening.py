"""Speech in the virtual microphone is understood, or refused with a reason."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from demos.hands import Hands
from demos.stage import Stage
from encore_agent.listen import Listener
from encore_agent.messages import Accepted, AgentEvent, Rejected
from encore_agent.understand import Heard, Understander
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Voice
from encore_recorder.actions import PressKeys
from encore_recorder.geometry import Rect

PATIENCE_S = 30


def macro(macro_id: str, phrase: str) -> Macro:
    step = Step(PressKeys(("enter",)), WindowIdentity("player", "Player", Rect(0, 0, 1, 1)), "before.png")
    slots = tuple(map(Slot, Phrase(phrase).slots))
    return Macro(macro_id, macro_id, (Phrase(phrase),), slots, (step,), "2026-01-01T00:00:00+00:00", "d")


class Ears:
    """A listener and an understander at the stage's microphone."""

    def __init__(self, voice: Voice) -> None:
        self.understander = Understander(voice, [macro("play", "play {song}"), macro("next", "next track")])
        self.outcomes: queue.SimpleQueue[tuple[Accepted | Rejected, Heard]] = queue.SimpleQueue()
        self.told: list[AgentEvent] = []
        self.listener = Listener(self._understand, self.told.append)

    def _understand(self, utterance: Utterance) -> None:
        self.outcomes.put(self.understander.understand(utterance))

    def outcome(self) -> tuple[Accepted | Rejected, Heard]:
        return self.outcomes.get(timeout=PATIENCE_S)


@pytest.fixture
def ears(stage: Stage, voice: Voice) -> Iterator[Ears]:
    ears = Ears(voice)
    ears.listener.start()
    yield ears
    ears.listener.close()


@pytest.mark.parametrize("name", ["pico-us", "flite-slt"])
def test_a_spoken_command_is_accepted_with_its_slot(stage: Stage, ears: Ears, name: str) -> None:
    spoken = Hands(stage).say("Play Yesterday Once More", name)
    outcome, heard = ears.outcome()
    assert isinstance(outcome, Accepted), outcome
    assert outcome.command.macro_id == "play"
    assert outcome.command.slots == {"song": "yesterday once more"}
    assert outcome.understand_ms > 0
    # The times are those of `time.monotonic`, so that a replay knows when it was asked for.
    assert heard.utterance.start_ns / 1e9 == pytest.approx(spoken.began_s, abs=0.25)
    assert heard.utterance.end_ns / 1e9 == pytest.approx(spoken.ended_s, abs=0.25)
    screen = ["Yesterday", "Yesterday Once More", "Tomorrow"]
    assert ears.understander.choose_value(heard, "song", screen) == "Yesterday Once More"
    assert ears.understander.choose_value(heard, "song", ["Yesterday", "Tomorrow"]) is None


def test_speech_that_asks_for_nothing_is_refused_with_a_reason(stage: Stage, ears: Ears) -> None:
    Hands(stage).say("The weather is nice today", "flite-slt")
    outcome, _ = ears.outcome()
    assert outcome == Rejected(outcome.text, "no command sounds like it", outcome.nearest)
    assert "weather" in outcome.text.lower()


def test_two_commands_one_after_the_other(stage: Stage, ears: Ears) -> None:
    hands = Hands(stage)
    hands.say("Play Yesterday", "pico-us")
    hands.say("Next track", "pico-us")
    commands = [ears.outcome()[0] for _ in range(2)]
    assert all(isinstance(outcome, Accepted) for outcome in commands), commands
    assert [outcome.command.macro_id for outcome in commands if isinstance(outcome, Accepted)] == ["play", "next"]


def test_while_muted_nothing_is_heard(stage: Stage, ears: Ears) -> None:
    hands = Hands(stage)
    ears.listener.mute(True)
    hands.say("Play Yesterday", "pico-us")
    ears.listener.mute(False)
    hands.say("Next track", "pico-us")
    outcome, _ = ears.outcome()
    assert isinstance(outcome, Accepted), outcome
    assert outcome.command.macro_id == "next"
    assert ears.outcomes.empty()
    assert ears.told == []
