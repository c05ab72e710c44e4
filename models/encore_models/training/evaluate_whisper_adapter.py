"""What the adapter changes for development voices: words, how well the right ones fit, and the frames themselves.

Commands that were never trained on, and talk, are said clean and with noise, babble or music under them, and heard by
Whisper as it came and by the adapted one, both in int8 over the window that is in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from encore_models.perception.mel import RATE
from encore_models.perception.voice import SHORT_SECONDS, Voice
from encore_models.training.voice_sentences import DEVELOPMENT_PAIRS, FAR, plain
from encore_models.training.voice_sounds import DEVELOPMENT, DISTURBANCES, Samples, Speaker, disturbed, say

LEVELS_DB = (None, 20.0, 10.0, 5.0)
"""Of what is under the speech; None is clean."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance of a development speaker."""

    text: str
    level: float | None
    clean: Samples
    spoiled: Samples


@dataclass(frozen=True, slots=True)
class Heard:
    """What one Whisper makes of all utterances at one level."""

    word_errors: float
    """Share of the words that are wrong, missing or too many."""
    log_p: float
    """Mean over the utterances: of a token of the right words."""
    likeness: float
    """Mean cosine of the frames to those of the original and the clean sound."""


def spoken(every: int = 4, seed: int = 5) -> list[Spoken]:
    """Every `every`-th sentence by every development speaker at every level.

    Raises:
        SpeakerFailed: A speech program is missing.
    """
    rng = np.random.default_rng(seed)
    texts = [*(text for pair in DEVELOPMENT_PAIRS for text in pair), *FAR][::every]
    talk = [say(text, speaker) for speaker in DEVELOPMENT for text in FAR[:8]]
    return [
        _spoken(text, speaker, talk, level, rng) for speaker in DEVELOPMENT for text in texts for level in LEVELS_DB
    ]


def _spoken(
    text: str, speaker: Speaker, talk: Sequence[Samples], level: float | None, rng: np.random.Generator
) -> Spoken:
    speech = say(text, speaker, float(rng.uniform(0.9, 1.15)))[: round((SHORT_SECONDS - 0.6) * RATE)]
    clean = np.pad(speech, [int(rng.uniform(0.1, 0.3) * RATE) for _ in range(2)])
    kind = "clean" if level is None else DISTURBANCES[int(rng.integers(1, len(DISTURBANCES)))]
    sides = (clean, disturbed(clean, kind, level or 0.0, talk, rng))
    hiss = rng.standard_normal(len(clean)).astype(np.float32) * np.float32(1e-4)
    return Spoken(text[0].upper() + text[1:] + ".", level, *(side * np.float32(0.5) + hiss for side in sides))


def measure(voice: Voice, original: Voice, said: Sequence[Spoken]) -> dict[str, Heard]:
    """What a Whisper makes of the utterances, by level.

    Args:
        voice: The Whisper.
        original: The one whose frames of the clean sound are right.
        said: By development speakers.
    """
    found: dict[str, list[tuple[int, int, float, float]]] = {}
    for one in said:
        encoded = voice.encode(one.spoiled)
        right = plain(one.text).split()
        errors = Levenshtein.distance(plain(voice.transcribe(encoded).text).split(), right)
        speech = slice(int(len(one.clean) / RATE * len(encoded.frames) / SHORT_SECONDS))
        a, b = encoded.frames[speech], original.encode(one.clean).frames[speech]
        cosine = (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
        (log_p,) = voice.score(encoded, [one.text])
        name = "clean" if one.level is None else f"{one.level:.0f} dB"
        found.setdefault(name, []).append((errors, len(right), log_p, float(cosine.mean())))
    return {
        name: Heard(sum(row[0] for row in rows) / sum(row[1] for row in rows), *np.mean(rows, axis=0)[2:].tolist())
        for name, rows in found.items()
    }
