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
    length = round(seconds * RATE)
    sound = np.zeros(length, np.float64)
    sound[: len(samples)] = samples[:length]
    framed = np.lib.stride_tricks.sliding_window_view(np.pad(sound, WINDOW // 2, mode="reflect"), WINDOW)
    spectrum = np.fft.rfft(framed[:length:HOP] * _hann(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = np.log10(np.maximum(power @ mel_filters(mels).T, 1e-10)).T
    mel = (np.maximum(mel, mel.max() - _LOUDEST_MINUS) + 4) / 4
    return np.asarray(mel[None], np.float32)


@cache
def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


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
