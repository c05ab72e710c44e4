"""The wake phrase, learned from a synthetic voice and heard in its speech with the real models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from demos.voices import speak
from encore_agent.messages import AgentEvent, Progress, Trouble
from encore_agent.say_hearing import HeardOnce
from encore_agent.wake import FollowUp, NotCalled, WakePhrase, Waker
from encore_models.perception.mel import RATE
from encore_models.perception.prints import Printer
from encore_models.perception.speech import Utterance, utterances_of
from encore_models.perception.voice import Voice

SECOND = 1_000_000_000


def said(text: str, voice: str = "pico-us", speed: float = 1.0) -> Utterance:
    """The one utterance that is cut out of the speech, with a little noise around it."""
    quiet = np.zeros(RATE // 2, np.float32)
    sound = np.concatenate([quiet, speak(text, voice, rate=RATE, speed=speed), quiet])
    sound += np.random.default_rng(0).normal(0, 5e-4, len(sound)).astype(np.float32)
    [utterance] = utterances_of(sound)
    return utterance


def at(second: int, utterance: Utterance) -> Utterance:
    """The same, said at another time."""
    length_ns = utterance.end_ns - utterance.start_ns
    return replace(utterance, start_ns=second * SECOND, end_ns=second * SECOND + length_ns)


class Ears:
    """A waker in a folder of its own, and everything it tells."""

    def __init__(self, folder: Path, voice: Voice, printer: Printer | None) -> None:
        self.told: list[AgentEvent] = []
        self.voice = voice
        self.waker = Waker(folder, self.told.append)
        self.waker.use(HeardOnce(voice), printer)

    def learn(self, text: str = "computer") -> None:
        self.waker.enrol()
        for speed in (0.95, 1.0, 1.06):
            self.waker.take(said(text, speed=speed))

    def words(self, utterance: Utterance) -> str:
        command = self.waker.called(utterance)
        assert isinstance(command, Utterance)
        return self.voice.hear(command.samples)[1].text.lower().strip(" .!,")


@pytest.fixture(scope="module")
def printer() -> Printer:
    return Printer.load()


@pytest.fixture
def ears(tmp_path: Path, voice: Voice, printer: Printer) -> Ears:
    return Ears(tmp_path / "wake", voice, printer)


def test_it_is_learned_from_three_utterances_and_survives_a_restart(ears: Ears, voice: Voice, tmp_path: Path) -> None:
    assert ears.waker.phrase is None
    ears.waker.enrol()
    for number in range(3):
        assert ears.waker.enrolling
        ears.waker.take(said("computer", speed=0.95 + 0.05 * number))
    assert not ears.waker.enrolling
    assert ears.waker.phrase == "computer"
    steps = [event for event in ears.told if isinstance(event, Progress)]
    assert [step.done for step in steps] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert Waker(tmp_path / "wake", print).phrase == "computer"
    assert len(WakePhrase.read(tmp_path / "wake").prints) == 3


def test_what_follows_it_is_the_command(ears: Ears) -> None:
    ears.learn()
    utterance = said("computer, play yesterday")
    assert ears.words(utterance) == "play yesterday"
    command = ears.waker.called(utterance)
    assert isinstance(command, Utterance)
    assert command.end_ns == utterance.end_ns
    assert utterance.start_ns < command.start_ns < utterance.end_ns


def test_speech_without_it_is_not_meant(ears: Ears) -> None:
    ears.learn()
    for text in ("play yesterday once more", "the weather is nice today", "next track"):
        assert isinstance(ears.waker.called(said(text)), NotCalled)


def test_said_alone_it_opens_the_ear_for_one_command(ears: Ears) -> None:
    ears.learn()
    command = said("next track")
    follow_up = ears.waker.called(at(10, said("computer", speed=1.03)))
    assert isinstance(follow_up, FollowUp)
    assert isinstance(ears.waker.called(at(12, command)), NotCalled)  # nobody has acted on it yet
    ears.waker.awoken(follow_up)
    assert isinstance(ears.waker.called(at(12, command)), Utterance)
    assert isinstance(ears.waker.called(at(30, command)), NotCalled)
    ears.waker.done()
    assert isinstance(ears.waker.called(at(13, command)), NotCalled)


def test_without_a_voice_head_the_words_decide(voice: Voice, tmp_path: Path) -> None:
    ears = Ears(tmp_path / "wake", voice, None)
    ears.learn()
    assert ears.words(said("computer, turn the volume down")) == "turn the volume down"
    assert isinstance(ears.waker.called(said("the weather is nice today")), NotCalled)
    assert isinstance(ears.waker.called(said("computer")), FollowUp)


def test_other_words_while_it_is_learned_do_not_count(ears: Ears) -> None:
    ears.waker.enrol()
    ears.waker.take(said("computer"))
    ears.waker.take(said("the weather is nice"))
    assert "sounded different" in next(event for event in ears.told if isinstance(event, Trouble)).message
    assert ears.told[-1] == Progress("say your wake phrase (2 of 3)", 1 / 3)
    assert ears.waker.phrase is None


def test_a_long_sentence_is_no_wake_phrase(ears: Ears) -> None:
    ears.waker.enrol()
    ears.waker.take(said("please play the song that I listened to yesterday evening in the kitchen"))
    assert any(isinstance(event, Trouble) and "too long" in event.message for event in ears.told)
    assert ears.waker.enrolling


def test_giving_up_keeps_the_old_one_and_forgetting_leaves_nothing(ears: Ears, tmp_path: Path) -> None:
    ears.learn()
    ears.waker.enrol()
    ears.waker.take(said("okay robot"))
    ears.waker.stop_enrolling()
    assert ears.waker.phrase == "computer"
    ears.waker.forget()
    assert ears.waker.phrase is None
    assert not (tmp_path / "wake").exists()
    assert isinstance(ears.waker.called(said("computer")), NotCalled)


@pytest.mark.parametrize("damage", ["wake.json", "1.npz"])
def test_a_damaged_one_has_to_be_learned_again(
    ears: Ears, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    ears.learn()
    (tmp_path / "wake" / damage).write_bytes(b"{]")
    assert Waker(tmp_path / "wake", print).phrase is None
    assert "learn it again" in caplog.text
