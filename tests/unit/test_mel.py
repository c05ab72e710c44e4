"""The spectrogram's shape and what lies in it."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.mel import RATE, log_mel, mel_filters


def tone(hz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize(("given", "window"), [(0.01, 4), (1, 4), (4, 4), (9, 4), (5, 30)])
def test_the_window_has_one_length_whatever_is_said(given: float, window: float):
    mel = log_mel(tone(440, given), window)
    assert mel.shape == (1, 80, 100 * window)
    assert mel.dtype == np.float32
    assert np.isfinite(mel).all()


def test_a_higher_tone_lies_in_a_higher_band():
    bands = [log_mel(tone(hz), 4)[0, :, 50].argmax() for hz in (200, 500, 1500, 4000)]
    assert bands == sorted(set(bands))


def test_louder_by_ten_is_higher_by_half():
    quiet, loud = (log_mel(gain * tone(440), 4).max() for gain in (0.1, 1.0))
    assert loud - quiet == pytest.approx(0.5, abs=1e-3)


def test_what_is_much_quieter_than_the_loudest_is_cut_off():
    mel = log_mel(tone(440), 4)
    assert mel.min() == pytest.approx(mel.max() - 2, abs=1e-5)


@pytest.mark.parametrize(("mels", "wide_from"), [(80, 45), (128, 90)])
def test_every_filter_is_a_triangle_of_the_same_area(mels: int, wide_from: int):
    filters = mel_filters(mels)
    assert filters.shape == (mels, 201)
    assert (filters >= 0).all()
    wide = filters[wide_from:].sum(axis=1) * RATE / 400
    np.testing.assert_allclose(wide, 1, atol=0.05)


def test_large_whispers_have_128_bands():
    mel = log_mel(tone(440), 4, mels=128)
    assert mel.shape == (1, 128, 400)
    assert mel[0, :, 50].argmax() > log_mel(tone(440), 4)[0, :, 50].argmax()


@pytest.mark.parametrize("mels", [80, 128])
def test_bands_are_those_of_the_filters(mels: int):
    """The product with the whole matrix, in float64, over a window that ends in speech."""
    samples = np.random.default_rng(1).normal(size=RATE).astype(np.float32) * 0.1
    padded = np.pad(samples.astype(np.float64), 200, mode="reflect")
    frames = np.stack([padded[at : at + 400] for at in range(0, RATE, 160)])
    power = np.abs(np.fft.rfft(frames * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)))) ** 2
    bands = np.log10(np.maximum(power @ mel_filters(mels).T, 1e-10)).T
    expected = (np.maximum(bands, bands.max() - 8) + 4) / 4
    np.testing.assert_allclose(log_mel(samples, 1, mels)[0], expected, atol=2e-5)
