"""Cutting a stream of sound into utterances, with a detector that hears loudness."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.speech import DetectorOptions, Utterance, UtteranceDetector

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
    assert len(first.samples) / RATE == pytest.approx(0.8 + 0.256 + 0.288, abs=0.07)


def test_a_short_pause_does_not_cut_a_command() -> None:
    assert len(detect(sound((1, False), (0.4, True), (0.2, False), (0.4, True), (1, False)))) == 1


def test_a_cough_is_no_utterance() -> None:
    assert detect(sound((1, False), (0.1, True), (1, False))) == []


def test_talk_without_a_pause_is_cut() -> None:
    pieces = detect(sound((70, True)), block=16_000)
    assert [round(piece.seconds) for piece in pieces] == [30, 30, 11]
    assert max(len(piece.samples) for piece in pieces) <= 30 * RATE


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
