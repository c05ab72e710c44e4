"""Listening with a microphone made by hand."""

from __future__ import annotations

import queue
import threading

import numpy as np
import pytest

from demos.voices import speak
from encore_agent.listen import Listener
from encore_agent.messages import AgentEvent, Trouble
from encore_models.perception.speech import Utterance
from encore_recorder.errors import NoMicrophone
from encore_recorder.sources.microphone import SoundBlock

RATE = 16_000


class TapeMicrophone:
    """Plays a tape in blocks of 20 ms, then silence."""

    name = "tape"

    def __init__(self, tape: np.ndarray, unplug_at: int | None = None) -> None:
        self.tape = tape
        self.connected = True
        self.level = 0.5
        self.closed = False
        self.block = 0
        self.unplug_at = unplug_at

    def __enter__(self) -> TapeMicrophone:
        return self

    def read(self, timeout_s: float = 0.2) -> SoundBlock | None:
        first = self.block * 320
        self.block += 1
        if self.unplug_at is not None:
            self.connected = not self.unplug_at <= self.block < self.unplug_at + 5
            if not self.connected:
                return None
        if first >= len(self.tape) + 2 * RATE:
            threading.Event().wait(0.01)
            return None
        samples = np.zeros(320, np.float32)
        part = self.tape[first : first + 320]
        samples[: len(part)] = part
        return SoundBlock(samples, first * 1_000_000_000 // RATE)

    def close(self) -> None:
        self.closed = True


class Ears:
    """A listener on a tape, and everything it says."""

    def __init__(self, tape: TapeMicrophone, on_utterance=None) -> None:
        self.utterances: queue.SimpleQueue[Utterance] = queue.SimpleQueue()
        self.told: queue.SimpleQueue[AgentEvent] = queue.SimpleQueue()
        self.listener = Listener(on_utterance or self.utterances.put, self.told.put, microphone=lambda device: tape)


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    words = speak("play the song", "pico-us", rate=RATE)
    return np.concatenate([np.zeros(RATE // 2, np.float32), words, np.zeros(RATE, np.float32)])


def test_speech_becomes_an_utterance(speech: np.ndarray) -> None:
    microphone = TapeMicrophone(speech)
    ears = Ears(microphone)
    ears.listener.start()
    utterance = ears.utterances.get(timeout=20)
    ears.listener.close()
    ears.listener.close()
    assert utterance.start_ns == pytest.approx(0.5e9, abs=0.15e9)
    assert microphone.closed


def test_a_muted_listener_hears_nothing(speech: np.ndarray) -> None:
    microphone = TapeMicrophone(speech)
    ears = Ears(microphone)
    ears.listener.mute(True)
    ears.listener.start()
    with pytest.raises(queue.Empty):
        ears.utterances.get(timeout=1)
    ears.listener.close()
    assert ears.listener.level == 0


def test_a_lost_microphone_is_told_and_heard_again(speech: np.ndarray) -> None:
    ears = Ears(TapeMicrophone(speech, unplug_at=3))
    ears.listener.start()
    ears.utterances.get(timeout=20)
    ears.listener.close()
    gone, back = ears.told.get(timeout=1), ears.told.get(timeout=1)
    assert isinstance(gone, Trouble)
    assert "is gone" in gone.message
    assert isinstance(back, Trouble)
    assert "is back" in back.message


def test_an_utterance_that_fails_does_not_end_the_listening(speech: np.ndarray) -> None:
    calls: queue.SimpleQueue[int] = queue.SimpleQueue()

    def fail(utterance: Utterance) -> None:
        calls.put(1)
        raise ValueError("no such thing")

    ears = Ears(TapeMicrophone(np.concatenate([speech, speech])), fail)
    ears.listener.start()
    assert [calls.get(timeout=20), calls.get(timeout=20)] == [1, 1]
    ears.listener.close()
    assert ears.told.get(timeout=1) == Trouble("no such thing")


def test_without_a_microphone_starting_says_so() -> None:
    class Missing(TapeMicrophone):
        def __enter__(self) -> TapeMicrophone:
            raise NoMicrophone(None, "there is none")

    with pytest.raises(NoMicrophone, match="there is none"):
        Ears(Missing(np.zeros(1, np.float32))).listener.start()
