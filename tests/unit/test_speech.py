"""Cutting a stream of sound into utterances, with a detector that hears loudness."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.speech import DetectorOptions, HeldSpeech, Utterance, UtteranceDetector

RATE = 16_000
MS = 1_000_000


def loudness(chunk: np.ndarray) -> float:
    return float(np.abs(chunk).mean() > 0.1)


def sound(*spans: tuple[float, bool]) -> np.ndarray:
    """Seconds of speech (True) or silence, one after the other."""
    return np.concatenate([np.full(round(s * RATE), 0.5 if loud else 0.0, np.float32) for s, loud in spans])


def detect(samples: np.ndarray, block: int = 320, options: DetectorOptions | None = None) -> list[Utterance]:
    detector = UtteranceDetector(options, loudness)
    found = []
    for first in range(0, len(samples), block):
        found += detector.feed(samples[first : first + block], first * 1_000_000_000 // RATE)
    return found + detector.flush()


@pytest.mark.parametrize("block", [160, 320, 512, 4000, 100_000])
def test_speech_between_pauses_is_an_utterance_whatever_the_block(block: int) -> None:
    first, second = detect(sound((1, False), (0.8, True), (1, False), (0.5, True), (1, False)), block)
    assert first.start_ns == pytest.approx(1000 * MS, abs=33 * MS)
    assert first.end_ns == pytest.approx(1800 * MS, abs=33 * MS)
    assert second.start_ns == pytest.approx(2800 * MS, abs=33 * MS)
    assert first.seconds == pytest.approx(0.8, abs=0.04)
    # Silence before and after is in the samples.
    assert len(first.samples) / RATE == pytest.approx(0.8 + 0.256 + 0.096, abs=0.07)
    assert first.whole


def test_a_short_pause_does_not_cut_a_command() -> None:
    assert len(detect(sound((1, False), (0.4, True), (0.2, False), (0.4, True), (1, False)))) == 1


def test_a_cough_is_no_utterance() -> None:
    assert detect(sound((1, False), (0.1, True), (1, False))) == []


def test_talk_without_a_pause_is_cut() -> None:
    pieces = detect(sound((70, True)), block=16_000)
    assert [round(piece.seconds) for piece in pieces] == [30, 30, 11]
    assert max(len(piece.samples) for piece in pieces) <= 30 * RATE
    # What is left after a cut is a piece as well, and the next thing said is whole again.
    assert [piece.whole for piece in pieces] == [False, False, False]
    assert [one.whole for one in detect(sound((40, True), (1, False), (1, True), (1, False)))] == [False, False, True]


def test_a_gap_in_the_sound_ends_what_was_said() -> None:
    detector = UtteranceDetector(probability=loudness)
    detector.feed(sound((0.2, False), (0.5, True)), 0)
    assert detector.speaking
    [cut] = detector.feed(sound((0.5, True)), 9_000 * MS)
    assert cut.end_ns == pytest.approx(700 * MS, abs=33 * MS)
    [after] = detector.flush()
    assert after.start_ns == pytest.approx(9_000 * MS, abs=33 * MS)


def test_silence_and_nothing_are_nothing() -> None:
    assert detect(sound((3, False))) == []
    assert UtteranceDetector(probability=loudness).flush() == []


class Stream:
    """A stream that goes on, in blocks of 20 ms."""

    def __init__(self, cutter: UtteranceDetector | HeldSpeech) -> None:
        self.cutter = cutter
        self.now_ns = 0

    def hear(self, seconds: float, loud: bool) -> list[Utterance]:
        ended = []
        for _ in range(round(seconds * 50)):
            ended += self.cutter.feed(np.full(320, 0.5 if loud else 0.0, np.float32), self.now_ns)
            self.now_ns += 20 * MS
        return ended


def test_what_fell_silent_is_pending_and_then_the_utterance_itself() -> None:
    stream = Stream(UtteranceDetector(probability=loudness))
    stream.hear(1, False)
    assert stream.hear(0.6, True) == []
    assert stream.cutter.pending is None
    assert stream.hear(0.14, False) == []
    pending = stream.cutter.pending
    assert pending is not None
    assert pending.end_ns == pytest.approx(1600 * MS, abs=33 * MS)
    [ended] = stream.hear(0.3, False)
    assert ended is pending
    assert stream.cutter.pending is None


def test_speech_that_goes_on_takes_back_what_was_pending() -> None:
    stream = Stream(UtteranceDetector(probability=loudness))
    stream.hear(0.5, True)
    stream.hear(0.16, False)
    first = stream.cutter.pending
    stream.hear(0.3, True)
    assert first is not None
    assert stream.cutter.pending is None
    [ended] = stream.hear(0.6, False)
    assert ended is not first
    assert ended.seconds == pytest.approx(0.96, abs=0.04)


def test_what_is_pending_may_end_at_once() -> None:
    stream = Stream(UtteranceDetector(probability=loudness))
    stream.hear(0.5, True)
    stream.hear(0.16, False)
    pending = stream.cutter.pending
    assert stream.cutter.settle(0) == [pending]
    assert stream.cutter.settle(0) == []
    assert stream.hear(1, False) == []
    # The next one waits for its own pause again.
    stream.hear(0.5, True)
    assert stream.hear(0.2, False) == []
    assert len(stream.hear(0.2, False)) == 1


def test_what_is_pending_may_wait_for_longer() -> None:
    stream = Stream(UtteranceDetector(probability=loudness))
    stream.hear(0.5, True)
    stream.hear(0.16, False)
    assert stream.cutter.settle(800) == []
    assert stream.hear(0.5, False) == []
    stream.hear(0.5, True)
    # Speech went on, so the usual pause ends it.
    [ended] = stream.hear(0.4, False)
    assert ended.seconds == pytest.approx(1.66, abs=0.05)


def test_a_hold_is_one_utterance_whatever_the_pauses() -> None:
    stream = Stream(HeldSpeech(probability=loudness))
    assert stream.hear(2, True) == []  # nobody holds the key
    stream.hear(1, False)
    assert stream.cutter.press(stream.now_ns) == []
    assert stream.hear(0.4, False) + stream.hear(0.5, True) + stream.hear(1.5, False) + stream.hear(0.5, True) == []
    assert stream.cutter.release(stream.now_ns) == []
    assert stream.cutter.released
    [held] = stream.hear(0.12, False)
    # The silence before and after is left out.
    assert held.start_ns == pytest.approx(3400 * MS, abs=33 * MS)
    assert held.seconds == pytest.approx(2.5, abs=0.04)
    assert stream.hear(1, True) == []


def test_what_is_said_while_the_key_goes_down_is_heard() -> None:
    stream = Stream(HeldSpeech(probability=loudness))
    stream.hear(1, False)
    stream.hear(0.1, True)
    stream.cutter.press(stream.now_ns)
    stream.hear(0.4, True)
    stream.cutter.release(stream.now_ns)
    [held] = stream.hear(0.12, False)
    assert held.start_ns == pytest.approx(1000 * MS, abs=33 * MS)


def test_a_whisper_that_is_no_voice_is_handed_on_whole_and_dead_silence_is_not() -> None:
    stream = Stream(HeldSpeech(probability=lambda chunk: 0.0))
    stream.cutter.press(stream.now_ns)
    stream.hear(1, True)
    stream.cutter.release(stream.now_ns)
    [held] = stream.hear(0.12, False)
    assert held.seconds == pytest.approx(1.12, abs=0.04)
    stream.hear(1, False)
    stream.cutter.press(stream.now_ns)
    stream.hear(1, False)
    stream.cutter.release(stream.now_ns)
    assert stream.hear(0.2, False) == []
    assert not stream.cutter.released


def test_what_is_pending_while_the_key_is_held_is_what_its_release_gives() -> None:
    stream = Stream(HeldSpeech(probability=loudness))
    stream.cutter.press(stream.now_ns)
    stream.hear(0.6, True)
    stream.hear(0.5, False)
    pending = stream.cutter.pending
    assert pending is not None
    assert stream.cutter.settle(0) == []  # only the key ends it
    stream.cutter.release(stream.now_ns)
    assert stream.hear(0.12, False) == [pending]


def test_a_key_that_is_held_for_ever_does_not_fill_the_memory() -> None:
    cutter = HeldSpeech(probability=loudness)
    stream = Stream(cutter)
    cutter.press(stream.now_ns)
    pieces = stream.hear(65, True)
    assert [piece.whole for piece in pieces] == [False, False]
    assert sum(len(block) for block, _ in cutter._sound) <= 30 * RATE


def test_a_release_without_more_sound_is_ended_by_flush() -> None:
    stream = Stream(HeldSpeech(probability=loudness))
    stream.cutter.press(stream.now_ns)
    stream.hear(0.6, True)
    stream.cutter.release(stream.now_ns)
    [held] = stream.cutter.flush()
    assert held.seconds == pytest.approx(0.6, abs=0.04)
    assert stream.cutter.flush() == []
