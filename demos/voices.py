"""Synthetic voices: text to samples.

Free speech programs with clearly different timbres: Pico (in this process), flite and espeak-ng. Festival's voice is
there only where its packages are (`festival`, `festvox-kdlpc16k`); the demonstrations do not need it.
"""

from __future__ import annotations

import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from demos.errors import SpeechFailed, UnknownVoice

Samples = NDArray[np.float32]
"""Mono [n], -1..1."""

PEAK = 0.5
"""Every utterance is brought to this peak, so that voices are equally loud and never clip."""

_SILENCE = 0.02
"""What stays below this share of the peak at either end is cut off."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One timbre of one speech program."""

    name: str
    engine: Literal["pico", "flite", "espeak", "festival"]
    model: str
    """The program's own name for it."""


_ALL = (
    Voice("pico-us", "pico", "en-US"),
    Voice("pico-gb", "pico", "en-GB"),
    Voice("flite-slt", "flite", "slt"),
    Voice("flite-rms", "flite", "rms"),
    Voice("flite-awb", "flite", "awb"),
    Voice("flite-kal", "flite", "kal16"),
    Voice("espeak-m1", "espeak", "en-us+m1"),
    Voice("espeak-m3", "espeak", "en-us+m3"),
    Voice("espeak-m7", "espeak", "en-us+m7"),
    Voice("espeak-f2", "espeak", "en-us+f2"),
    Voice("espeak-f4", "espeak", "en-gb+f4"),
    Voice("espeak-scot", "espeak", "en-gb-scotland+m5"),
    Voice("festival-ked", "festival", "ked_diphone"),
)
VOICES = {voice.name: voice for voice in _ALL}
"""Every voice by its name."""


def voice_named(name: str) -> Voice:
    """The voice called `name`.

    Raises:
        UnknownVoice: with the names there are.
    """
    try:
        return VOICES[name]
    except KeyError:
        raise UnknownVoice(name, tuple(VOICES)) from None


def speak(text: str, voice: str = "pico-us", *, rate: int = 48_000, speed: float = 1.0) -> Samples:
    """Render `text` as speech without silence at either end.

    Args:
        text: English words.
        voice: A key of `VOICES`.
        rate: Samples a second of the result.
        speed: 1 is the voice's natural pace, 1.2 a fifth faster.

    Raises:
        UnknownVoice: there is no such voice.
        SpeechFailed: the program failed or gave silence.
    """
    chosen = voice_named(voice)
    if chosen.engine == "pico":
        samples, from_rate = _pico(text, chosen, speed)
    else:
        samples, from_rate = _program(text, chosen, speed)
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0.0:
        raise SpeechFailed(voice, text, "it gave only silence")
    loud = np.flatnonzero(np.abs(samples) > _SILENCE * peak)
    spoken = samples[loud[0] : loud[-1] + 1] * np.float32(PEAK / peak)
    if from_rate == rate:
        return spoken
    import soxr

    resampled: Samples = np.asarray(soxr.resample(spoken, from_rate, rate), np.float32)
    return np.clip(resampled, np.float32(-1.0), np.float32(1.0))


def _pico(text: str, voice: Voice, speed: float) -> tuple[Samples, int]:
    import py_nanotts

    pcm = py_nanotts.NanoTTS().speak(text, voice=voice.model, speed=speed)
    return np.frombuffer(pcm, dtype="<i2").astype(np.float32) / np.float32(32768), 16_000


def _program(text: str, voice: Voice, speed: float) -> tuple[Samples, int]:
    with tempfile.TemporaryDirectory(prefix="encore-speech-") as folder:
        wav = Path(folder) / "speech.wav"
        argv = [*_argv(text, voice, speed), str(wav)]
        told = text if voice.engine == "festival" else None
        try:
            done = subprocess.run(argv, input=told, capture_output=True, text=True, timeout=60, check=False)
        except FileNotFoundError as error:
            raise SpeechFailed(voice.name, text, f"{argv[0]} is not installed") from error
        if done.returncode != 0 or not wav.exists():
            raise SpeechFailed(voice.name, text, done.stderr.strip())
        return read_wav(wav)


def _argv(text: str, voice: Voice, speed: float) -> list[str]:
    """A command that speaks into the file named next; Festival's reads the text from its input."""
    if voice.engine == "flite":
        return ["flite", "-voice", voice.model, "--setf", f"duration_stretch={1 / speed:.3f}", "-t", text, "-o"]
    if voice.engine == "espeak":
        return ["espeak-ng", "-v", voice.model, "-s", str(round(165 * speed)), text, "-w"]
    settings = f"(begin (voice_{voice.model}) (Parameter.set 'Duration_Stretch {1 / speed:.3f}))"
    return ["text2wave", "-eval", settings, "-o"]


def read_wav(path: Path) -> tuple[Samples, int]:
    """First channel of a 16-bit WAV file as mono samples, and its rate."""
    with wave.open(str(path), "rb") as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return pcm[:: file.getnchannels()].astype(np.float32) / np.float32(32768), file.getframerate()


def write_wav(path: Path, samples: Samples, rate: int) -> Path:
    """Save mono samples as a 16-bit WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    return path
