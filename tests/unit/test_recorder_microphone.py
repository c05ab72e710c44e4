"""Blocks of sound with their times."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from encore_recorder.clock import SECOND
from encore_recorder.sources.microphone import BlockTimer, SoundBlock, level_of

MS = 1_000_000
START = 77 * SECOND


def feed(timer: BlockTimer, samples: np.ndarray, rate: int, start_ns: int = START, first: int = 0) -> list[SoundBlock]:
    """Hand a stream over in blocks of 20 ms."""
    length = rate // 50
    blocks: list[SoundBlock] = []
    for offset in range(0, len(samples), length):
        blocks += timer.take(samples[offset : offset + length], start_ns + (first + offset) * SECOND // rate)
    return blocks


def test_nothing_is_lost_while_the_clock_settles():
    samples = np.random.default_rng(0).uniform(-1, 1, 16_000).astype(np.float32)
    timer = BlockTimer(16_000, 16_000)
    assert feed(timer, samples[: 19 * 320], 16_000) == []
    blocks = feed(timer, samples[19 * 320 :], 16_000, first=19 * 320)
    assert np.array_equal(np.concatenate([block.samples for block in blocks]), samples)
    assert [block.time_ns for block in blocks] == [START + i * 20 * MS for i in range(50)]


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_another_rate_is_resampled_in_place(rate: int):
    seconds = np.arange(2 * rate) / rate
    blocks = feed(BlockTimer(rate, 16_000), np.sin(2 * np.pi * 440 * seconds).astype(np.float32), rate)
    assert blocks[0].time_ns == START
    for block, after in pairwise(blocks):
        assert after.time_ns - block.time_ns == pytest.approx(len(block.samples) * SECOND / 16_000, abs=2)
    heard = np.concatenate([block.samples for block in blocks])
    expected = np.sin(2 * np.pi * 440 * np.arange(len(heard)) / 16_000)
    assert np.abs(heard - expected)[200:].max() < 0.01


def test_lost_sound_leaves_a_gap_in_the_times():
    timer = BlockTimer(16_000, 16_000)
    before = feed(timer, np.zeros(16_000, np.float32), 16_000)
    after = feed(timer, np.zeros(16_000, np.float32), 16_000, START + SECOND // 2, first=16_000)
    assert before[-1].time_ns == START + SECOND - 20 * MS
    assert after[-1].time_ns == START + 2 * SECOND + SECOND // 2 - 20 * MS
    assert timer.clock.lost_ns == SECOND // 2


def test_level_goes_from_silence_to_full_scale():
    assert level_of(np.zeros(320, np.float32)) == 0.0
    assert level_of(np.full(320, 1.0, np.float32)) == 1.0
    assert level_of(np.full(320, 10 ** (-30 / 20), np.float32)) == pytest.approx(0.5, abs=1e-3)
    assert level_of(np.empty(0, np.float32)) == 0.0
