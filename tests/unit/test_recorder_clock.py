"""Where other clocks lie on the monotonic one."""

from __future__ import annotations

import random

import pytest

from encore_recorder.clock import SECOND, Clock, StreamClock, capture_time_ns

MS = 1_000_000
NOW, REALTIME = 5_000 * SECOND, 1_800_000_000 * SECOND


def test_a_recordings_clock_counts_from_its_origin():
    clock = Clock.started()
    assert 0 <= clock.now_ns() < SECOND
    assert clock.since_origin(clock.origin_ns + 7) == 7


@pytest.mark.parametrize("clock_ns", [NOW, REALTIME])
def test_a_stamp_of_either_clock_is_told(clock_ns: int):
    stamp_s = (clock_ns - 30 * MS) / SECOND
    captured = capture_time_ns(stamp_s, REALTIME, NOW)
    assert captured == pytest.approx(NOW - 30 * MS, abs=1000)


@pytest.mark.parametrize("stamp_s", [0.0, 4_000.0, 6_000.0, 1_800_000_100.0])
def test_a_stamp_that_fits_no_clock_is_refused(stamp_s: float):
    assert capture_time_ns(stamp_s, REALTIME, NOW) is None


def _feed(clock: StreamClock, blocks: int, start_ns: int, first: int = 0, jitter_ms: float = 0.0, rate: float = 16_000):
    chance = random.Random(1)
    for block in range(first, first + blocks):
        jitter = round(chance.uniform(-jitter_ms, jitter_ms) * MS)
        clock.observe(block * 320, start_ns + round(block * 320 * SECOND / rate) + jitter)


def test_the_start_is_the_median_of_jittering_stamps():
    clock = StreamClock(16_000)
    _feed(clock, 19, NOW, jitter_ms=10)
    assert not clock.settled
    with pytest.raises(ValueError, match="enough blocks"):
        clock.time_ns(0)
    _feed(clock, 60, NOW, first=19, jitter_ms=10)
    assert clock.time_ns(0) == pytest.approx(NOW, abs=6 * MS)
    assert clock.time_ns(16_000) - clock.time_ns(0) == SECOND
    assert clock.lost_ns == 0


def test_one_late_stamp_changes_nothing():
    clock = StreamClock(16_000)
    _feed(clock, 30, NOW)
    clock.observe(30 * 320, NOW + 600 * MS + 300 * MS)
    _feed(clock, 30, NOW, first=31)
    assert clock.time_ns(0) == NOW
    assert clock.lost_ns == 0


def test_lost_sound_shows_after_three_blocks():
    clock = StreamClock(16_000)
    _feed(clock, 30, NOW)
    _feed(clock, 2, NOW + 200 * MS, first=30)
    assert clock.time_ns(0) == NOW
    _feed(clock, 1, NOW + 200 * MS, first=32)
    assert clock.time_ns(0) == NOW + 200 * MS
    assert clock.lost_ns == 200 * MS


def test_drift_of_the_sound_card_is_followed_and_is_no_loss():
    clock = StreamClock(16_000)
    blocks, rate = 20_000, 16_000 * (1 - 100e-6)  # 400 s at 100 ppm: 40 ms
    _feed(clock, blocks, NOW, jitter_ms=4, rate=rate)
    end = blocks * 320
    assert clock.time_ns(end) == pytest.approx(NOW + end * SECOND / rate, abs=10 * MS)
    assert clock.lost_ns == 0
