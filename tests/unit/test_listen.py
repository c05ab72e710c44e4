"""Listening with a microphone made by hand."""

from __future__ import annotations

import queue
import threading
import time

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

    def __init__(self, tape: TapeMicrophone, on_utterance=None, foresee=None, probability=None) -> None:
        self.utterances: queue.SimpleQueue[Utterance] = queue.SimpleQueue()
        self.told: queue.SimpleQueue[AgentEvent] = queue.SimpleQueue()
        self.listener = Listener(
            on_utterance or self.utterances.put,
            self.told.put,
            microphone=lambda device: tape,
            foresee=foresee,
            probability=probability,
        )


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
    assert "gives no sound any more" in gone.message
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


# With a microphone that gives a block when the test says so


def loudness(chunk: np.ndarray) -> float:
    return float(np.abs(chunk).mean() > 0.05)


class SteppedMicrophone:
    """Gives one block of 20 ms for each that is put in."""

    name = "stepped"

    def __init__(self) -> None:
        self.connected = True
        self.level = 0.5
        self.now_ns = 0
        self.blocks: queue.Queue[SoundBlock | None] = queue.Queue()
        self.asked = queue.SimpleQueue()

    def __enter__(self) -> SteppedMicrophone:
        return self

    def read(self, timeout_s: float = 0.2) -> SoundBlock | None:
        self.asked.put(None)
        try:
            return self.blocks.get(timeout=0.01)
        except queue.Empty:
            return None

    def close(self) -> None:
        pass

    def hear(self, seconds: float, value: float) -> None:
        """Give sound of one value, and wait until it was taken."""
        for _ in range(round(seconds * 50)):
            self.blocks.put(SoundBlock(np.full(320, value, np.float32), self.now_ns))
            self.now_ns += 20_000_000
        self.settle()

    def settle(self) -> None:
        """Wait until everything was taken and worked off: the listener asks for more twice."""
        while not self.blocks.empty():
            self.asked.get(timeout=5)
        while not self.asked.empty():
            self.asked.get()
        for _ in range(2):
            self.asked.get(timeout=5)


@pytest.fixture
def stepped():
    microphone = SteppedMicrophone()
    listeners = []

    def start(**how) -> Ears:
        ears = Ears(microphone, probability=loudness, **how)
        listeners.append(ears.listener)
        ears.listener.start()
        return ears

    yield microphone, start
    for listener in listeners:
        listener.close()


def nothing_in(found: queue.SimpleQueue) -> bool:
    return found.empty()


def test_what_fell_silent_is_foreseen_and_then_handed_out_as_the_same(stepped) -> None:
    microphone, start = stepped
    foreseen: queue.SimpleQueue[Utterance] = queue.SimpleQueue()
    ears = start(foresee=foreseen.put)
    microphone.hear(0.5, 0.3)
    microphone.hear(0.16, 0.0)
    pending = foreseen.get(timeout=5)
    assert nothing_in(ears.utterances)
    microphone.hear(0.3, 0.0)
    assert ears.utterances.get(timeout=5) is pending


def test_what_is_foreseen_to_be_complete_ends_at_once(stepped) -> None:
    microphone, start = stepped
    ears = start(foresee=lambda utterance: 0)
    microphone.hear(0.5, 0.3)
    microphone.hear(0.16, 0.0)  # the usual pause is not over, and no more sound comes
    assert ears.utterances.get(timeout=5).seconds == pytest.approx(0.5, abs=0.04)


def test_what_is_foreseen_to_go_on_is_waited_for(stepped) -> None:
    microphone, start = stepped
    foreseen: queue.SimpleQueue[Utterance] = queue.SimpleQueue()

    def unfinished(utterance: Utterance) -> int:
        foreseen.put(utterance)
        return 800

    ears = start(foresee=unfinished)
    microphone.hear(0.5, 0.3)
    microphone.hear(0.16, 0.0)
    foreseen.get(timeout=5)
    microphone.settle()
    microphone.hear(0.5, 0.0)
    assert nothing_in(ears.utterances)
    microphone.hear(0.5, 0.3)
    microphone.hear(0.16, 0.0)
    foreseen.get(timeout=5)
    microphone.settle()
    microphone.hear(0.9, 0.0)
    assert ears.utterances.get(timeout=5).seconds == pytest.approx(1.66, abs=0.05)


def test_a_stale_forecast_ends_nothing(stepped) -> None:
    microphone, start = stepped
    asked, go_on = threading.Event(), threading.Event()

    def slow(utterance: Utterance) -> int:
        asked.set()
        assert go_on.wait(10)
        return 0

    ears = start(foresee=slow)
    microphone.hear(0.5, 0.3)
    microphone.hear(0.16, 0.0)
    assert asked.wait(5)
    microphone.hear(0.3, 0.3)  # the person speaks on
    go_on.set()
    microphone.settle()
    assert nothing_in(ears.utterances)
    microphone.hear(0.5, 0.0)
    assert ears.utterances.get(timeout=5).seconds == pytest.approx(0.96, abs=0.05)


def test_a_held_key_makes_one_utterance_and_nothing_else_is_heard(stepped) -> None:
    microphone, start = stepped
    ears = start()
    ears.listener.hold_to_talk(True)
    microphone.settle()
    microphone.hear(0.6, 0.3)
    microphone.hear(1, 0.0)
    # The key goes by the listener's clock, so the sound has to as well.
    microphone.now_ns = time.monotonic_ns()
    ears.listener.push_to_talk(True)
    microphone.settle()
    microphone.hear(0.4, 0.3)
    microphone.hear(0.6, 0.0)
    microphone.hear(0.4, 0.3)
    assert nothing_in(ears.utterances)
    ears.listener.push_to_talk(False)
    microphone.settle()
    microphone.hear(0.2, 0.0)
    assert ears.utterances.get(timeout=5).seconds == pytest.approx(1.4, abs=0.05)
    assert nothing_in(ears.utterances)


def test_a_key_that_is_let_go_while_no_sound_comes_still_ends_the_utterance(stepped) -> None:
    microphone, start = stepped
    ears = start()
    ears.listener.hold_to_talk(True)
    microphone.settle()
    microphone.now_ns = time.monotonic_ns()
    ears.listener.push_to_talk(True)
    microphone.settle()
    microphone.hear(0.4, 0.3)
    ears.listener.push_to_talk(False)
    assert ears.utterances.get(timeout=5).seconds == pytest.approx(0.4, abs=0.05)


def test_without_holding_the_key_means_nothing(stepped) -> None:
    microphone, start = stepped
    ears = start()
    ears.listener.push_to_talk(True)
    microphone.hear(0.5, 0.3)
    ears.listener.push_to_talk(False)
    microphone.hear(0.4, 0.0)
    assert ears.utterances.get(timeout=5).seconds == pytest.approx(0.5, abs=0.04)


def test_muting_in_the_middle_of_a_word_drops_it(stepped) -> None:
    microphone, start = stepped
    ears = start()
    microphone.hear(0.5, 0.3)
    ears.listener.mute(True)
    microphone.hear(0.5, 0.3)
    ears.listener.mute(False)
    microphone.hear(0.5, 0.0)
    microphone.hear(0.4, 0.3)
    microphone.hear(0.4, 0.0)
    assert ears.utterances.get(timeout=5).seconds == pytest.approx(0.4, abs=0.04)
    assert nothing_in(ears.utterances)


def test_losing_the_microphone_in_the_middle_of_a_command_drops_it(stepped) -> None:
    microphone, start = stepped
    ears = start()
    microphone.hear(0.5, 0.3)
    microphone.connected = False
    assert "gives no sound any more" in ears.told.get(timeout=5).message
    microphone.connected = True
    assert "is back" in ears.told.get(timeout=5).message
    microphone.hear(0.5, 0.0)
    microphone.hear(0.4, 0.3)
    microphone.hear(0.4, 0.0)
    assert ears.utterances.get(timeout=5).seconds == pytest.approx(0.4, abs=0.04)


def test_a_minute_of_talk_is_cut_and_what_comes_after_is_heard(stepped) -> None:
    microphone, start = stepped
    ears = start()
    microphone.hear(60, 0.3)
    microphone.hear(1, 0.0)
    microphone.hear(0.5, 0.3)
    microphone.hear(0.5, 0.0)
    whole = [ears.utterances.get(timeout=5).whole for _ in range(4)]
    assert whole == [False, False, False, True]


def test_sound_that_is_cut_off_is_told_once(stepped) -> None:
    microphone, start = stepped
    ears = start()
    microphone.hear(3, 1.0)
    microphone.hear(1, 0.0)
    microphone.hear(3, 1.0)
    assert "turn it down" in ears.told.get(timeout=5).message
    assert nothing_in(ears.told)


def test_sound_that_was_turned_down_and_is_cut_off_again_is_told_again(stepped) -> None:
    microphone, start = stepped
    ears = start()
    microphone.hear(3, 1.0)
    assert "turn it down" in ears.told.get(timeout=5).message
    microphone.hear(11, 0.3)
    microphone.hear(1, 1.0)
    assert "turn it down" in ears.told.get(timeout=5).message
    assert nothing_in(ears.told)


def test_a_microphone_that_gives_only_zeros_is_told_once(stepped) -> None:
    microphone, start = stepped
    ears = start()
    microphone.hear(29, 0.0)
    assert nothing_in(ears.told)
    microphone.hear(40, 0.0)
    assert "digital silence" in ears.told.get(timeout=5).message
    microphone.hear(1, 0.3)  # it only sends speech
    microphone.hear(40, 0.0)
    assert nothing_in(ears.told)


def test_a_microphone_that_lets_only_speech_through_is_not_complained_about(stepped) -> None:
    microphone, start = stepped
    ears = start()
    microphone.hear(2, 0.0)
    microphone.hear(1, 0.3)
    microphone.hear(60, 0.0)
    assert nothing_in(ears.told)


def test_a_switch_that_is_turned_off_later_is_told(stepped) -> None:
    microphone, start = stepped
    ears = start()
    microphone.hear(2, 0.001)
    microphone.hear(31, 0.0)
    assert "digital silence" in ears.told.get(timeout=5).message


def test_utterances_that_wait_too_long_are_dropped_and_not_piled_up(stepped) -> None:
    microphone, start = stepped
    taken: queue.SimpleQueue[Utterance] = queue.SimpleQueue()
    go_on = threading.Event()

    def slow(utterance: Utterance) -> None:
        taken.put(utterance)
        assert go_on.wait(20)

    start(on_utterance=slow)
    for _ in range(20):
        microphone.hear(0.4, 0.3)
        microphone.hear(0.4, 0.0)
    first = taken.get(timeout=5)
    go_on.set()
    rest = [taken.get(timeout=5) for _ in range(8)]
    microphone.settle()
    assert nothing_in(taken)
    assert first.start_ns < 1e9
    assert rest[-1].end_ns > 15e9  # the newest are kept
