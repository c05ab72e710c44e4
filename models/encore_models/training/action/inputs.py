"""Pictures and sounds as towers other than ours take them: resized and normalised frames, mel, spectrogram, MFCC."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_models.perception.mel import RATE, WINDOW, log_mel
from encore_models.training.action.augment import Picture
from encore_models.training.voice_sounds import Samples

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of red, green and blue, by which most vision towers were trained."""
HOP = RATE // 100
COEFFICIENTS = 13
"""Of MFCC, as is usual."""

Array = NDArray[np.float32]


def frame_input(image: Picture, side: int, normal: tuple[tuple[float, ...], tuple[float, ...]] = IMAGENET) -> Array:
    """A frame as a vision tower takes it: float32 [3, side, side], red, green, blue, normalised.

    The whole window is kept; its shape is not.

    Args:
        image: BGR [height, width, 3].
        side: Pixels.
        normal: Mean and deviation of each colour, of 1.
    """
    how = cv2.INTER_AREA if max(image.shape[:2]) > side else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(image, (side, side), interpolation=how))[..., ::-1].astype(np.float32) / 255
    mean, deviation = (np.asarray(values, np.float32) for values in normal)
    return np.ascontiguousarray(((small - mean) / deviation).transpose(2, 0, 1), np.float32)


def clip_input(images: list[Picture], count: int, side: int) -> Array:
    """The last frames as a video tower takes them: float32 [count, 3, side, side], the first one repeated where few.

    Raises:
        ValueError: There is no frame.
    """
    if not images:
        raise ValueError("a clip needs at least one frame")
    chosen = [images[0]] * max(0, count - len(images)) + images[-count:]
    return np.stack([frame_input(image, side) for image in chosen])


def spectrogram(samples: Samples) -> Array:
    """Log power of a sound: float32 [T, 201], 100 a second.

    Args:
        samples: float32 mono at 16 kHz.
    """
    padded = np.pad(samples, (WINDOW // 2, WINDOW // 2 + (-len(samples)) % HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW + 1)[:-1])) ** 2
    return np.asarray(np.log10(np.maximum(power, 1e-10)), np.float32)


def mel_input(samples: Samples, seconds: float) -> Array:
    """Log-mel as Whisper takes it: float32 [T, 80], 100 a second."""
    return np.ascontiguousarray(log_mel(samples, seconds)[0].T)


def mfcc(samples: Samples, seconds: float) -> Array:
    """Mel-frequency cepstrum: float32 [T, 13], 100 a second.

    The cosine transform of log-mel (Davis and Mermelstein, 1980).
    """
    mel = mel_input(samples, seconds)
    return np.asarray(mel @ _cosines(mel.shape[1]), np.float32)


@cache
def _cosines(bands: int) -> NDArray[np.float64]:
    """Orthonormal DCT-II, [bands, 13]."""
    places = np.arange(bands)[:, None] + 0.5
    waves = np.cos(np.pi / bands * places * np.arange(COEFFICIENTS)) * np.sqrt(2 / bands)
    waves[:, 0] /= np.sqrt(2)
    return np.asarray(waves)
