"""Synthetic voices in clean air, noise, music and babble, as the utterances that voice activity cuts out of it."""

from __future__ import annotations

import hashlib
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demos.voices import VOICES, speak
from encore_models.perception.mel import RATE
from encore_models.perception.speech import DetectorOptions, Utterance, utterances_of
from tests.benchmarks.hearing.commands import Split, talk
from tests.benchmarks.hearing.corpora import SOURCES, fetched, sounds_of

Samples = NDArray[np.float32]

SPEAKERS: dict[Split, tuple[str, ...]] = {
    "dev": ("pico-gb", "flite-rms", "espeak-m7"),
    "final": ("pico-us", "flite-slt", "espeak-m3", "espeak-f4", "festival-ked"),
}
"""No voice speaks in both, and none of the final ones in what Encore's models are trained on."""
GROUPS = {
    "pico-us": ("pico", "female", "American"),
    "pico-gb": ("pico", "female", "British"),
    "flite-slt": ("flite", "female", "American"),
    "flite-rms": ("flite", "male", "American"),
    "espeak-m3": ("espeak", "male", "American"),
    "espeak-m7": ("espeak", "male", "American"),
    "espeak-f4": ("espeak", "female", "British"),
    "festival-ked": ("festival", "male", "American"),
}
"""Program, timbre and accent of a voice, for the figures of each group."""
BABBLERS = ("flite-awb", "flite-kal", "espeak-f2", "espeak-scot")
"""Voices that talk in the background and nowhere else."""
DEBIAN_PACKAGES = ("festival", "festvox-kdlpc16k")
"""For the voice of Festival, on top of what the demonstrations need."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What is heard behind the voice."""

    name: str
    behind: str
    """`nothing`, `noise`, `music` or `babble`."""
    snr_db: float = np.inf
    """Of the speech's mean power to that of what is behind it."""


CLEAN = Condition("clean", "nothing")
CONDITIONS = (
    CLEAN,
    Condition("noise 20 dB", "noise", 20),
    Condition("noise 10 dB", "noise", 10),
    Condition("noise 5 dB", "noise", 5),
    Condition("music 10 dB", "music", 10),
    Condition("babble 10 dB", "babble", 10),
)
TO_5_DB = CONDITIONS[:4]
"""Clean to 5 dB of noise, as the facts were measured."""
TO_10_DB = CONDITIONS[:3]

AROUND_S = 0.6
"""Of background before and after the speech, so that voice activity has to find it."""
_SPEEDS = (0.93, 1.08)
"""Nobody says a thing twice alike: how fast a command is said after its enrolment at pace 1."""


def speakers(split: Split) -> tuple[str, ...]:
    """The voices of a split that this machine has."""
    missing = {"festival"} if shutil.which("text2wave") is None else set()
    return tuple(name for name in SPEAKERS[split] if VOICES[name].engine not in missing)


@dataclass(frozen=True, slots=True)
class Booth:
    """Where sounds are made, and kept for the next run."""

    folder: Path
    """For what is kept."""
    corpora: Path
    """Unpacked packages, for music."""
    split: Split

    def enrolled(self, text: str, voice: str) -> Utterance | None:
        """A command as it is said to be learned: in clean air, at the voice's pace."""
        return self.said(text, voice, CLEAN, 1.0)

    def said(self, text: str, voice: str, condition: Condition, speed: float | None = None) -> Utterance | None:
        """What voice activity cuts out; None where it finds nothing.

        Args:
            text: Words.
            voice: Who says them.
            condition: What is behind it.
            speed: 1 is the voice's pace; None takes one of two others, always the same one for the same text.
        """
        pace = _SPEEDS[_seed(text, voice) % 2] if speed is None else speed
        known = f"{self.split}|{text}|{voice}|{condition}|{pace}|{DetectorOptions()}"
        path = self.folder / voice / f"{hashlib.sha1(known.encode()).hexdigest()[:20]}.npz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            cut = self._cut(self.sound(text, voice, condition, pace))
            samples = np.zeros(0, np.float32) if cut is None else cut.samples
            times = (0, 0) if cut is None else (cut.start_ns, cut.end_ns)
            np.savez(path, samples=(samples * 32768).astype(np.int16), times=np.array(times))
        with np.load(path) as kept:
            samples, (start, end) = kept["samples"].astype(np.float32) / 32768, map(int, kept["times"])
        return Utterance(samples, start, end) if len(samples) else None

    def sound(self, text: str, voice: str, condition: Condition, speed: float = 1.0) -> Samples:
        """The whole sound with the background around the speech, float32 at 16 kHz."""
        speech = self._spoken(text, voice, speed)
        chance = np.random.default_rng(_seed(text, voice, condition.name))
        around = round(AROUND_S * RATE)
        whole = np.pad(speech, around)
        room = chance.normal(0, 3e-4, len(whole)).astype(np.float32)
        if condition.behind == "nothing":
            return whole + room
        behind = self._behind(condition.behind, chance, len(whole))
        gain = np.sqrt(np.mean(speech**2) / np.mean(behind**2)) * 10 ** (-condition.snr_db / 20)
        mixed = whole + room + np.float32(gain) * behind
        return np.asarray(mixed * min(1.0, 0.95 / float(np.abs(mixed).max())), np.float32)

    @staticmethod
    def _cut(sound: Samples) -> Utterance | None:
        """The longest utterance, as the one that was meant."""
        kept = (np.round(sound * 32768) / 32768).astype(np.float32)
        return max(utterances_of(kept), key=lambda utterance: utterance.seconds, default=None)

    def _spoken(self, text: str, voice: str, speed: float) -> Samples:
        path = self.folder / voice / f"{hashlib.sha1(f'{text}|{speed}'.encode()).hexdigest()[:20]}.npy"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, (speak(text, voice, rate=RATE, speed=speed) * 32767).astype(np.int16))
        return np.asarray(np.load(path), np.float32) / 32768

    def _behind(self, kind: str, chance: np.random.Generator, length: int) -> Samples:
        if kind == "noise":
            return _NOISES[int(chance.integers(len(_NOISES)))](chance, length)
        long = music(self.corpora, self.split) if kind == "music" else self._babble()
        start = int(chance.integers(len(long) - length))
        return long[start : start + length]

    def _babble(self) -> Samples:
        """Four voices that talk at once, 30 s; they say what asks for nothing."""
        return _babble(self)


@cache
def _babble(booth: Booth) -> Samples:
    mixed = np.zeros(30 * RATE, np.float32)
    for place, voice in enumerate(BABBLERS):
        sentences = talk(booth.split)[place * 5 : place * 5 + 5]
        said = np.concatenate([booth._spoken(text, voice, 1.0) for text in sentences])
        mixed += np.roll(np.resize(said, len(mixed)), place * RATE)
    return mixed


@cache
def music(corpora: Path, split: Split) -> Samples:
    """Two minutes of a soundtrack of that split; chords of our own where none can be had."""
    for source in SOURCES:
        if source.split == split and source.kind == "music" and (place := fetched(source, corpora)) is not None:
            parts: list[Samples] = []
            for _, sound in sounds_of(source, place):
                parts.append(sound[10 * RATE : 40 * RATE])
                if sum(map(len, parts)) >= 120 * RATE:
                    break
            return np.concatenate(parts)
    time_s = np.arange(120 * RATE) / RATE
    chord = sum((np.sin(2 * np.pi * hz * time_s) for hz in (220.0, 277.2, 329.6, 440.0)), np.zeros(len(time_s)))
    return np.asarray(0.1 * chord * (0.6 + 0.4 * np.sin(2 * np.pi * time_s)), np.float32)


def white(chance: np.random.Generator, length: int) -> Samples:
    """Equal power at all frequencies."""
    return chance.normal(0, 1, length).astype(np.float32)


def pink(chance: np.random.Generator, length: int) -> Samples:
    """Power that falls with the frequency, as most noise outdoors."""
    spectrum = np.fft.rfft(chance.normal(0, 1, length))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(length, 1 / RATE), 20.0))
    return np.asarray(np.fft.irfft(spectrum, length), np.float32)


def office(chance: np.random.Generator, length: int) -> Samples:
    """A fan, the mains' hum and somebody's keyboard."""
    time_s = np.arange(length) / RATE
    fan = pink(chance, length)
    hum = 0.3 * fan.std() * (np.sin(2 * np.pi * 50 * time_s) + 0.5 * np.sin(2 * np.pi * 150 * time_s))
    keys = np.zeros(length)
    click = np.exp(-np.arange(400) / 60)
    for start in chance.integers(0, max(1, length - 400), size=max(1, 6 * length // RATE)):
        keys[start : start + 400] += 4 * fan.std() * click * chance.normal(0, 1, 400)
    return np.asarray(fan + hum + keys, np.float32)


_NOISES: tuple[Callable[[np.random.Generator, int], Samples], ...] = (white, pink, office)


def _seed(*parts: str) -> int:
    return zlib.crc32("|".join(parts).encode())
