"""Sounds to train the voice head with: synthetic speakers, and what spoils their speech.

The speakers are programs: espeak-ng with its variants and accents, flite, and Hibari (a small neural one of the `train`
extra); Pico, one of flite and one of espeak-ng are for development alone. Tests and benchmarks use still others.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from encore_models.errors import SpeakerFailed
from encore_models.perception.mel import RATE

Samples = NDArray[np.float32]
"""Mono at 16 kHz, [n]."""

Disturbance = Literal["clean", "noise", "babble", "music"]
DISTURBANCES: tuple[Disturbance, ...] = ("clean", "noise", "babble", "music")

_ACCENTS = "en-us en-us en-us en-gb en-gb en-gb-x-rp en-gb-scotland en-gb-x-gbclan en-gb-x-gbcwmd en-us-nyc en-029"
_VARIANTS = (
    "m1 m2 m4 m5 m6 m8 f1 f2 f3 f5 Alex Alicia Andrea Andy Annie Denis Diogo Gene Gene2 Henrique Hugo Jacky Lee "
    "Marco Mario Michael Mike Nguyen Storm adam anika antonio aunty belinda benjamin boris caleb croak david ed edward "
    "edward2 grandma grandpa gustave iven iven2 iven3 iven4 john kaukovalta klatt klatt2 klatt3 klatt4 linda marcelo "
    "max michel miguel norbert pablo paul pedro quincy rob robert sandro shelby steph steph2 steph3 travis victor zac"
)
_LONGEST_S = 60


@dataclass(frozen=True, slots=True)
class Speaker:
    """One timbre of one program."""

    name: str
    engine: Literal["espeak", "flite", "pico", "hibari"]
    model: str
    """The program's own name for it."""
    group: Literal["formant", "diphone", "unit selection", "neural", "pico"]
    """How it makes sound; voices of a group are more like each other."""


def _training_speakers() -> tuple[Speaker, ...]:
    accents = _ACCENTS.split()
    formant = [
        Speaker(f"espeak-{accent}+{variant}", "espeak", f"{accent}+{variant}", "formant")
        for number, variant in enumerate(_VARIANTS.split())
        for accent in (accents[number % len(accents)], accents[(7 * number + 3) % len(accents)])
    ]
    others = [
        Speaker("flite-kal", "flite", "kal16", "diphone"),
        Speaker("flite-awb", "flite", "awb", "unit selection"),
        Speaker("hibari-heart", "hibari", "heart", "neural"),
    ]
    return (*dict.fromkeys(formant), *others)


TRAINING = _training_speakers()
DEVELOPMENT = (
    Speaker("pico-gb", "pico", "en-GB", "pico"),
    Speaker("flite-rms", "flite", "rms", "unit selection"),
    Speaker("espeak-m7", "espeak", "en-us+m7", "formant"),
)
"""Thresholds and weights are settled on these; nothing is trained on them."""


def draw_speaker(rng: np.random.Generator) -> Speaker:
    """A training speaker; half of the time one whose speech is not made of formants."""
    few = [speaker for speaker in TRAINING if speaker.group != "formant"]
    if rng.random() < 0.5:
        # Twice the one that sounds most like a person.
        return [*few, few[-1]][int(rng.integers(len(few) + 1))]
    return TRAINING[int(rng.integers(len(TRAINING) - len(few)))]


def say(text: str, speaker: Speaker, speed: float = 1.0) -> Samples:
    """Render `text`, at full scale and without silence at either end.

    Raises:
        SpeakerFailed: The program is missing, failed or gave silence.
    """
    try:
        samples, rate = _ENGINES[speaker.engine](text, speaker.model, speed)
    except (OSError, subprocess.SubprocessError, ImportError, EOFError, wave.Error) as error:
        raise SpeakerFailed(speaker.name, text, str(error)) from error
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max(initial=0.0))
    if not len(loud):
        raise SpeakerFailed(speaker.name, text, "it gave only silence")
    spoken = soxr.resample(samples[loud[0] : loud[-1] + 1], rate, RATE)
    return np.asarray(spoken / np.abs(spoken).max(), np.float32)


def _espeak(text: str, model: str, speed: float) -> tuple[Samples, int]:
    command = ["espeak-ng", "-v", model, "-s", str(round(165 * speed)), "--stdout", text]
    done = subprocess.run(command, capture_output=True, timeout=_LONGEST_S, check=True)
    with wave.open(io.BytesIO(done.stdout)) as file:
        # The length in the header is made up, since the program writes as it speaks.
        return _pcm(done.stdout[44:]), file.getframerate()


def _flite(text: str, model: str, speed: float) -> tuple[Samples, int]:
    with tempfile.TemporaryDirectory(prefix="encore-speech-") as folder:
        path = Path(folder) / "speech.wav"
        command = ["flite", "-voice", model, "--setf", f"duration_stretch={1 / speed:.3f}", "-t", text, "-o", str(path)]
        subprocess.run(command, capture_output=True, timeout=_LONGEST_S, check=True)
        with wave.open(str(path)) as file:
            return _pcm(file.readframes(file.getnframes())), file.getframerate()


def _pico(text: str, model: str, speed: float) -> tuple[Samples, int]:
    import py_nanotts

    return _pcm(py_nanotts.NanoTTS().speak(text, voice=model, speed=speed)), RATE


@cache
def _neural(model: str) -> Any:
    from hibari import Hibari

    return Hibari(voice=model)


def _hibari(text: str, model: str, speed: float) -> tuple[Samples, int]:
    # It reads a bare fragment more naturally as a sentence.
    return np.asarray(_neural(model)(f"{text.capitalize()}.", speed=speed), np.float32), 24_000


_ENGINES = {"espeak": _espeak, "flite": _flite, "pico": _pico, "hibari": _hibari}


def _pcm(data: bytes) -> Samples:
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768)


def another_throat(samples: Samples, factor: float) -> Samples:
    """The speech with pitch and formants higher by `factor`, and as much faster."""
    return np.asarray(soxr.resample(samples, RATE, RATE / factor), np.float32)


def echoed(samples: Samples, rng: np.random.Generator) -> Samples:
    """The speech as a microphone hears it across a room: noise that decays for 0.1 to 0.5 s."""
    decay = rng.uniform(0.1, 0.5)
    times = np.arange(int(decay * RATE)) / RATE
    response = rng.standard_normal(len(times)) * np.exp(-6.9 * times / decay)
    response *= rng.uniform(0.2, 0.8) / np.sqrt((response**2).sum())
    response[0] += 1
    return np.asarray(_filtered(samples, response)[: len(samples)], np.float32)


def another_microphone(samples: Samples, rng: np.random.Generator) -> Samples:
    """The sound with a smooth random curve of up to 8 dB laid over its spectrum."""
    spectrum = np.fft.rfft(samples)
    knots = rng.uniform(-8, 8, 6)
    curve = np.interp(np.linspace(0, 1, len(spectrum)) ** 0.5, np.linspace(0, 1, 6), knots)
    return np.asarray(np.fft.irfft(spectrum * 10 ** (curve / 20), len(samples)), np.float32)


def disturbed(
    samples: Samples, kind: Disturbance, snr_db: float, talk: Sequence[Samples], rng: np.random.Generator
) -> Samples:
    """The sound with something else under it.

    Args:
        samples: With silence around the speech.
        kind: What the other sound is.
        snr_db: How much louder the speech is, both measured over their whole length without silence.
        talk: Speech that babble is made of.
        rng: Where chance comes from.
    """
    if kind == "clean":
        return samples
    if kind == "noise":
        other = coloured_noise(len(samples), rng)
    elif kind == "babble":
        other = _babble(len(samples), talk, rng)
    else:
        other = _music(len(samples), rng)
    loud = samples[np.abs(samples) > 0.02 * np.abs(samples).max(initial=0.0)]
    ratio = np.sqrt((loud**2).mean() / max(float((other**2).mean()), 1e-9)) * 10 ** (-snr_db / 20)
    mixed = samples + other * np.float32(ratio)
    return np.asarray(mixed / max(1.0, float(np.abs(mixed).max())), np.float32)


def coloured_noise(length: int, rng: np.random.Generator) -> Samples:
    """White to brown noise."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum *= np.maximum(np.arange(len(spectrum)), 20 * length / RATE) ** -rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, length)
    return np.asarray(noise / noise.std(), np.float32)


def no_speech(rng: np.random.Generator) -> Samples:
    """A sound of 0.2 to 3 s in which nobody speaks: silence, hiss, noise, music, a tone or clicks."""
    length = int(rng.uniform(0.2, 3) * RATE)
    kind, loudness = int(rng.integers(6)), 10 ** rng.uniform(-2, -0.2)
    if kind == 0:
        return np.zeros(length, np.float32)
    sound: Samples
    if kind == 1:
        sound = _music(length, rng) / np.float32(4)
    elif kind == 2:
        sound = np.sin(np.arange(length) * rng.uniform(0.02, 1.5)).astype(np.float32)
    elif kind == 3:
        sound = np.zeros(length, np.float32)
        for start in rng.integers(length - 100, size=int(rng.integers(1, 5))):
            sound[start : start + int(rng.integers(2, 100))] = 1
    else:
        sound = coloured_noise(length, rng) * np.float32(0.25 if kind == 4 else 0.003)
    hiss = rng.standard_normal(length) * 10 ** rng.uniform(-6, -3.5)
    return np.asarray(np.clip(sound * loudness + hiss, -1, 1), np.float32)


def _babble(length: int, talk: Sequence[Samples], rng: np.random.Generator) -> Samples:
    mixed = np.zeros(length, np.float32)
    for _ in range(int(rng.integers(4, 9))):
        voice = talk[int(rng.integers(len(talk)))]
        repeated = np.resize(voice, length + len(voice))
        start = int(rng.integers(len(voice)))
        mixed += repeated[start : start + length] / np.sqrt((voice**2).mean())
    return mixed


def _music(length: int, rng: np.random.Generator) -> Samples:
    """Chords of decaying overtones, and a beat."""
    mixed = np.zeros(length)
    beat = int(rng.uniform(0.2, 0.5) * RATE)
    root = rng.uniform(80, 300)
    for start in range(-int(rng.integers(beat)), length, beat):
        times = np.arange(min(4 * beat, length - start)) / RATE
        note = np.zeros(len(times))
        for half_steps in rng.choice([0, 3, 4, 5, 7, 9, 12, 16], 3, replace=False):
            pitch = root * 2 ** (half_steps / 12)
            for overtone in range(1, 8):
                note += np.sin(2 * np.pi * (overtone * pitch * times + rng.random())) / overtone**1.3
        note *= np.exp(-times * rng.uniform(2, 8))
        if rng.random() < 0.6:
            note += 2 * rng.standard_normal(len(times)) * np.exp(-times * 40)
        first = max(0, -start)
        mixed[max(0, start) : start + len(times)] += note[first:]
    return np.asarray(mixed / max(mixed.std(), 1e-9), np.float32)


def _filtered(samples: Samples, response: NDArray[np.float64]) -> NDArray[np.float64]:
    size = len(samples) + len(response) - 1
    return np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
