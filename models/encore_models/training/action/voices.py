"""The commands of synthetic episodes as Whisper's encoder hears them: synthetic voices, spoiled, kept on disk.

Speakers are kept apart by split: those the voice head was trained with for training, its development speakers for
validation, and voices that neither has heard for testing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from encore_models.bundle import Bundle
from encore_models.perception.action_evidence import Fit, words_alike
from encore_models.perception.mel import RATE
from encore_models.perception.situation import FRAME_WIDTH, MOST_FRAMES, Half
from encore_models.perception.voice import SHORT_SECONDS, Voice
from encore_models.training.action.samples import Split
from encore_models.training.voice_data import Encode, encoder_of, heard_of, spoiled
from encore_models.training.voice_sounds import DEVELOPMENT, TRAINING, Samples, Speaker, coloured_noise, say

TEST_SPEAKERS = (
    Speaker("pico-us", "pico", "en-US", "pico"),
    Speaker("flite-slt", "flite", "slt", "unit selection"),
    Speaker("espeak-m3", "espeak", "en-us+m3", "formant"),
    Speaker("espeak-f4", "espeak", "en-gb+f4", "formant"),
)
"""Of the test split alone."""
RECIPE = 1
"""Counted up when sounds are made in another way, so that what was kept before is not used."""
SILENT: Half = np.zeros((0, FRAME_WIDTH), np.float16)
"""The utterance of a run that was started by hand."""

Fits = Callable[[Samples, str], Fit]
"""How well a phrase fits what was said."""


def speakers(split: Split) -> tuple[Speaker, ...]:
    """The speakers of a split; neural ones only where they are installed."""
    if split == "validation":
        return DEVELOPMENT
    if split == "test":
        return TEST_SPEAKERS
    return tuple(s for s in TRAINING if s.engine != "hibari" or find_spec("hibari") is not None)


def draw_speaker(split: Split, rng: np.random.Generator) -> Speaker:
    """A speaker; every way of making sound is as likely as the others."""
    groups = sorted({speaker.group for speaker in speakers(split)})
    group = groups[int(rng.integers(len(groups)))]
    of_group = [speaker for speaker in speakers(split) if speaker.group == group]
    return of_group[int(rng.integers(len(of_group)))]


class Spoken:
    """Says commands and encodes them; what was said once is read from the disk."""

    def __init__(self, encode: Encode, fits: Fits, folder: Path | None = None, identity: str = "") -> None:
        """Nothing is said yet.

        Args:
            encode: Samples to frames at 25 Hz.
            fits: Transcribes samples and compares.
            folder: Where utterances are kept; None keeps them in the user's cache.
            identity: Of the encoder; frames of another one are never taken for its own.
        """
        self._encode, self._fits = encode, fits
        self._folder = folder or user_cache_path("encore") / "action" / "utterances"
        self._identity = identity

    @classmethod
    def with_whisper(cls, hearing: Bundle, folder: Path | None = None) -> Spoken:
        """With the encoder and the decoder of the hearing."""
        settings = hearing.contents.settings
        identity = f"{settings['encoder']}{settings.get('adapter', '')}"
        return cls(encoder_of(hearing), fits_of(Voice(hearing)), folder, identity)

    def frames(self, text: str, speaker: Speaker, seed: int) -> Half:
        """An utterance, [T, 384] at 25 Hz; speed, throat, room, noise and gain vary with the seed.

        Raises:
            SpeakerFailed: The program of the voice is missing, or it gave silence.
        """
        path = self._path(f"{RECIPE}|{self._identity}|{text}|{speaker.name}|{seed}", ".npy")
        if path.is_file():
            kept: Half = np.load(path, allow_pickle=False)
            return kept
        heard = heard_of(*self._said(text, speaker, seed), self._encode).frames[:MOST_FRAMES]
        new = _own(path)
        with new.open("wb") as file:
            np.save(file, heard)
        new.replace(path)
        return heard

    def fit(self, text: str, speaker: Speaker, seed: int, phrase: str) -> Fit:
        """How well a phrase fits the utterance of `text`.

        Raises:
            SpeakerFailed: The program of the voice is missing, or it gave silence.
        """
        path = self._path(f"{RECIPE}|{self._identity}|{text}|{speaker.name}|{seed}|{phrase}", ".json")
        if path.is_file():
            return Fit(*json.loads(path.read_text()))
        fit = self._fits(self.sound(text, speaker, seed), phrase)
        new = _own(path)
        new.write_text(json.dumps([fit.words, fit.log_p]))
        new.replace(path)
        return fit

    def _path(self, content: str, suffix: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / (hashlib.blake2b(content.encode(), digest_size=12).hexdigest() + suffix)

    def sound(self, text: str, speaker: Speaker, seed: int) -> Samples:
        """The speech of an utterance itself, float32 at 16 kHz.

        Raises:
            SpeakerFailed: The program of the voice is missing, or it gave silence.
        """
        sound, begin, end = self._said(text, speaker, seed)
        return sound[begin:end]

    def _said(self, text: str, speaker: Speaker, seed: int) -> tuple[Samples, int, int]:
        """Sound, and where in it the speech begins and ends."""
        rng = np.random.default_rng([seed, len(text)])
        speech = say(text, speaker, float(rng.uniform(0.9, 1.35)))
        most = round((SHORT_SECONDS - 0.3) * RATE)
        if len(speech) > most:  # faster, as people speak whom a window of 4 s is set for
            speech = say(text, speaker, 1.35 * len(speech) / most)
        return spoiled(speech, _babble(rng), rng)


def _own(path: Path) -> Path:
    """Beside a file, and no other process's: several make samples of the same utterances at a time."""
    return path.with_suffix(f".{os.getpid()}.new")


def fits_of(voice: Voice) -> Fits:
    """With the decoder of a voice, as a running Encore hears."""

    def fits(samples: Samples, phrase: str) -> Fit:
        encoded, heard = voice.hear(samples)
        (log_p,) = voice.score(encoded, [f"{phrase[:1].upper()}{phrase[1:]}."])
        return Fit(words_alike(heard.text, phrase), log_p)

    return fits


def _babble(rng: np.random.Generator) -> list[Samples]:
    """What stands for other people's talk: noise that swells and ebbs like syllables."""
    length = 2 * RATE
    swell = 0.5 + 0.5 * np.sin(np.arange(length) * rng.uniform(2, 5) * 2 * np.pi / RATE)
    return [np.asarray(coloured_noise(length, rng) * swell / 8, np.float32) for _ in range(3)]
