"""Blocks of sound with their times."""

from __future__ import annotations

import time
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

import encore_recorder.sources.microphone as microphone_module
from encore_recorder.clock import SECOND
from encore_recorder.errors import NoMicrophone
from encore_recorder.sources.microphone import BlockTimer, Microphone, SoundBlock, level_of
from encore_recorder.sources.microphones import Opening

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


class FakePortAudio:
    """One device that offers one rate and so many channels."""

    class PortAudioError(Exception):
        """As PortAudio raises it."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate, self.channels = rate, channels
        self.callback = None
        self.active = True
        self.tried: list[tuple[int, int]] = []

    def query_devices(self, device: object = None, kind: str = "") -> dict[str, object]:
        return {"name": "USB", "default_samplerate": float(self.rate), "max_input_channels": self.channels}

    def InputStream(self, samplerate, channels, callback, **_):  # noqa: N802 - its name in sounddevice
        self.tried.append((samplerate, channels))
        if (samplerate, channels) != (self.rate, self.channels):
            raise self.PortAudioError("Invalid sample rate")
        self.callback = callback
        return self

    def start(self) -> None:
        """As a stream does."""


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 1), (48_000, 2), (96_000, 4)])
def test_a_rate_that_the_device_does_not_offer_is_made_of_its_own(
    rate: int, channels: int, monkeypatch: pytest.MonkeyPatch
):
    device = FakePortAudio(rate, channels)
    monkeypatch.setattr(microphone_module, "opening", lambda wanted, sounddevice: Opening(None, None, "USB"))
    monkeypatch.setattr(microphone_module.portaudio, "use", lambda user: None)
    microphone = Microphone()
    microphone._open_with(device)
    assert device.tried[-1] == (rate, channels)
    tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate).astype(np.float32)[:, None].repeat(channels, 1)
    block, began_s = rate // 50, time.monotonic() - 1.0
    for first in range(0, rate, block):
        captured = SimpleNamespace(inputBufferAdcTime=began_s + first / rate)
        device.callback(tone[first : first + block], block, captured, None)
    heard = []
    while (found := microphone.read(0.0)) is not None:
        heard.append(found.samples)
    samples = np.concatenate(heard)
    assert len(samples) == pytest.approx(16_000, rel=0.08)  # the filter holds a little back
    loudest = np.abs(np.fft.rfft(samples)).argmax() * 16_000 / len(samples)
    assert loudest == pytest.approx(440, abs=3)


def test_what_to_do_without_a_microphone_depends_on_whether_there_are_others():
    assert "Microphones seen: none. Plug one in" in str(NoMicrophone(None, "no device"))
    told = str(NoMicrophone("Blue Yeti", "no device", ["Built-in", "Headset"]))
    assert "'Blue Yeti' cannot be opened: no device. Microphones seen: Built-in; Headset. Choose one of these" in told
