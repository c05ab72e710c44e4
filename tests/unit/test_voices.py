"""Synthetic voices that run in this process, and WAV files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos.errors import UnknownVoice
from demos.voices import PEAK, read_wav, speak, write_wav


def test_speech_is_trimmed_and_equally_loud():
    samples = speak("play yesterday", "pico-gb", rate=16_000)
    assert samples.dtype == np.float32
    assert 0.5 < len(samples) / 16_000 < 2.5
    assert np.abs(samples).max() == pytest.approx(PEAK)
    assert np.abs(samples[:160]).max() > 0.005, "starts with silence"


def test_rate_changes_the_number_of_samples_only():
    low, high = (speak("next song", "pico-us", rate=rate) for rate in (16_000, 48_000))
    assert len(high) == pytest.approx(3 * len(low), rel=0.01)


def test_speed_shortens():
    assert len(speak("play the blue moon", speed=1.4)) < 0.85 * len(speak("play the blue moon"))


def test_unknown_voice_is_named_with_the_known_ones():
    with pytest.raises(UnknownVoice, match=r"'siri'.*pico-us"):
        speak("hello", "siri")


def test_wav_keeps_the_samples(tmp_path: Path):
    samples = np.linspace(-1, 1, 1000, dtype=np.float32)
    again, rate = read_wav(write_wav(tmp_path / "ramp.wav", samples, 48_000))
    assert rate == 48_000
    np.testing.assert_allclose(again, samples, atol=1e-4)
