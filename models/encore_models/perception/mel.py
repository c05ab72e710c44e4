"""Whisper's log-mel spectrogram in numpy.

Source: `log_mel_spectrogram` of https://github.com/openai/whisper/blob/main/whisper/audio.py; the filters are
those of Slaney's Auditory Toolbox, as librosa makes them.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples a second."""
HOP = 160
"""Samples from one spectrum to the next: 10 ms."""
WINDOW = 400
"""Samples under one spectrum: 25 ms."""
MELS = 80
"""Bands; large Whispers from the third version on have 128."""

_LINEAR_HZ_PER_MEL = 200 / 3
_LOG_FROM_HZ = 1000.0
_LOG_STEP = np.log(6.4) / 27
_LOUDEST_MINUS = 8.0
"""What is quieter than the loudest value by this (in powers of ten) is cut off."""


def log_mel(samples: NDArray[np.float32], seconds: float, mels: int = MELS) -> NDArray[np.float32]:
    """The spectrogram of `samples`, padded with silence or cut to `seconds`.

    Args:
        samples: float32 mono at 16 kHz, [n].
        seconds: Length of the window.
        mels: Bands.

    Returns:
        float32 [1, mels, 100 * seconds].
    """
    length, edge = round(seconds * RATE), WINDOW // 2
    sound = np.zeros(length + 2 * edge, np.float64)
    sound[edge : edge + min(len(samples), length)] = samples[:length]
    sound[:edge], sound[-edge:] = sound[2 * edge : edge : -1], sound[-edge - 2 : -2 * edge - 2 : -1]
    framed = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[:length:HOP]
    spectrum = np.fft.rfft(framed * _hann(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = np.log10(np.maximum(_banded(power, mels), 1e-10)).T
    mel = (np.maximum(mel, mel.max() - _LOUDEST_MINUS) + 4) / 4
    return np.ascontiguousarray(mel[None], np.float32)


@cache
def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def _banded(power: NDArray[np.float64], mels: int) -> NDArray[np.float64]:
    """The power [T, 201] under each filter, [T, mels].

    Filters are nearly all zeros, so only what is not is summed. A product with the matrix takes no longer, but brings
    in BLAS with threads of its own, which on busy cores wait for each other ten times as long.
    """
    bins, weights, starts = _sparse_filters(mels)
    return np.asarray(np.add.reduceat(power[:, bins] * weights, starts, axis=1))


@cache
def _sparse_filters(mels: int) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
    """Bins of all filters, their weights, and where each filter begins among them."""
    filters = mel_filters(mels)
    # Among 128 bands some are so narrow that no bin lies in them.
    bins = [np.flatnonzero(row) if row.any() else np.zeros(1, np.intp) for row in filters]
    weights = [row[places] for row, places in zip(filters, bins, strict=True)]
    starts = np.cumsum([0, *map(len, bins[:-1])])
    return np.concatenate(bins), np.concatenate(weights), starts


@cache
def mel_filters(mels: int = MELS) -> NDArray[np.float64]:
    """Triangles of equal area on the mel scale, [mels, 201]."""
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    edges = _mel_to_hz(np.linspace(0, _hz_to_mel(RATE / 2), mels + 2))
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left))


def _hz_to_mel(hz: float) -> float:
    """For frequencies in the logarithmic part, from 1000 Hz."""
    return float(_LOG_FROM_HZ / _LINEAR_HZ_PER_MEL + np.log(hz / _LOG_FROM_HZ) / _LOG_STEP)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _LOG_FROM_HZ / _LINEAR_HZ_PER_MEL
    logarithmic = _LOG_FROM_HZ * np.exp(_LOG_STEP * (mel - knee))
    return np.where(mel < knee, mel * _LINEAR_HZ_PER_MEL, logarithmic)
