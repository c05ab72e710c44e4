"""How well voice prints tell commands apart, on development voices and sentences that were never trained on.

Every command is enrolled with one clean utterance and asked for by the other speakers, at other speeds, clean and with
noise, babble or music under it. A query is let in where its best likeness to any enrolled command is high enough; it is
missed where that is not so or where another command is nearer. The threshold lets in 1 % of the impostors: commands
that share words with the enrolled ones (siblings), or sentences from elsewhere (far).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.mel import RATE
from encore_models.perception.prints import VoicePrint
from encore_models.training.voice_data import Encode, Heard, heard_of
from encore_models.training.voice_sentences import DEVELOPMENT_PAIRS
from encore_models.training.voice_sounds import DEVELOPMENT, DISTURBANCES, Disturbance, Samples, disturbed, say

LEVELS_DB = (None, 20.0, 10.0, 5.0)
"""Of what is under the queries; None is clean."""
FAR_SHARE = 0.01
"""Of the impostors that a threshold lets in."""

Print = Callable[[Heard], VoicePrint]
Likeness = Callable[[VoicePrint, Sequence[VoicePrint]], NDArray[np.float32]]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Query:
    """One utterance of a development speaker."""

    heard: Heard
    speaker: str
    text: int
    """Which of the thirty commands; -1 for a sentence from elsewhere."""
    level: float | None
    kind: Disturbance


@dataclass(frozen=True, slots=True)
class Development:
    """What is said in development."""

    enrolments: dict[str, list[Heard]]
    """Of each speaker, the thirty commands: the first of all pairs, then the second of all."""
    queries: list[Query]


def texts() -> list[str]:
    """The thirty commands: the first of all pairs, then the second of all."""
    return [pair[side] for side in (0, 1) for pair in DEVELOPMENT_PAIRS]


def develop(encode: Encode, far: Sequence[str], seed: int = 3) -> Development:
    """Say everything.

    Args:
        encode: Samples to frames.
        far: Sentences from elsewhere.
        seed: Of speeds, and of what is under the speech.

    Raises:
        SpeakerFailed: A speech program is missing.
    """
    rng = np.random.default_rng(seed)
    talk = [say(text, speaker) for speaker in DEVELOPMENT for text in far[:8]]
    enrolments, queries = {}, []
    for speaker in DEVELOPMENT:
        name = speaker.name
        enrolments[name] = [_heard(say(text, speaker), None, "clean", talk, encode, rng) for text in texts()]
        for number, text in [*enumerate(texts()), *((-1, text) for text in far)]:
            for level in LEVELS_DB if number >= 0 else LEVELS_DB[::2]:
                kind = "clean" if level is None else DISTURBANCES[int(rng.integers(1, len(DISTURBANCES)))]
                speech = say(text, speaker, float(rng.uniform(0.85, 1.2)))
                queries.append(Query(_heard(speech, level, kind, talk, encode, rng), name, number, level, kind))
    return Development(enrolments, queries)


def _heard(
    speech: Samples,
    level: float | None,
    kind: Disturbance,
    talk: Sequence[Samples],
    encode: Encode,
    rng: np.random.Generator,
) -> Heard:
    before, after = (int(rng.uniform(0.1, 0.35) * RATE) for _ in range(2))
    sound = disturbed(np.pad(speech, (before, after)), kind, level or 0.0, talk, rng)
    sound = sound * np.float32(0.5) + rng.standard_normal(len(sound)).astype(np.float32) * np.float32(1e-4)
    return heard_of(sound, before, before + len(speech), encode)


@dataclass(frozen=True, slots=True)
class Trials:
    """Every query against every other speaker's thirty enrolments."""

    scores: Scores
    """[N, 30]"""
    queries: list[Query]
    """[N]"""
    enrolled_by: list[str]
    """[N]"""


def trials(development: Development, printed: Print, likeness: Likeness, same_voice: bool = False) -> Trials:
    """Compare every query with the enrolments of the other speakers, or with those of the same one."""
    enrolled = {name: [printed(heard) for heard in said] for name, said in development.enrolments.items()}
    scores, queries, by = [], [], []
    for query in development.queries:
        said = printed(query.heard)
        for name, prints in enrolled.items():
            if (name == query.speaker) == same_voice:
                scores.append(likeness(said, prints))
                queries.append(query)
                by.append(name)
    return Trials(np.array(scores), queries, by)


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of trials, 0 to 1."""

    top1: float
    """The right one of thirty is nearest."""
    equal_error: float
    """Every query against every command: as many misses as false accepts."""
    miss_far: float
    """At 1 % false accepts of sentences from elsewhere."""
    miss_siblings: float
    """At 1 % false accepts of siblings; fifteen commands enrolled, the other fifteen said."""
    top1_by: dict[str, float]
    """By level and by speaker of the query."""
    miss_siblings_by: dict[str, float]


def measure(done: Trials) -> Figures:
    """All figures of some trials."""
    half = len(DEVELOPMENT_PAIRS)
    text = np.array([query.text for query in done.queries])
    asked = np.flatnonzero(text >= 0)
    right = done.scores.argmax(1)[asked] == text[asked]
    own, best = _of_either_half(done.scores, text, half)
    impostors = np.concatenate([_rivals(done.scores, text, half), best[text < 0]])
    siblings = len(asked)
    miss_siblings = own < np.quantile(impostors[:siblings], 1 - FAR_SHARE)
    miss_far = own < np.quantile(impostors[siblings:], 1 - FAR_SHARE)
    groups: dict[str, list[int]] = defaultdict(list)
    for row, number in enumerate(asked):
        query = done.queries[number]
        groups[f"{query.level:.0f} dB" if query.level else "clean"].append(row)
        groups[query.speaker].append(row)
    hits = done.scores[asked, text[asked]]
    others = done.scores[asked][np.arange(2 * half) != text[asked, None]]
    return Figures(
        float(right.mean()),
        equal_error(hits, others),
        float(miss_far.mean()),
        float(miss_siblings.mean()),
        {name: float(right[rows].mean()) for name, rows in groups.items()},
        {name: float(miss_siblings[rows].mean()) for name, rows in groups.items()},
    )


def _of_either_half(scores: Scores, text: NDArray[np.int64], half: int) -> tuple[Scores, Scores]:
    """With only the command's own half enrolled: likeness of the right one, or nothing where another is nearer.

    Returns:
        That of the queries that say a command; and of all queries the best likeness to the first half.
    """
    asked = np.flatnonzero(text >= 0)
    own = scores[asked, text[asked]].copy()
    for row, number in enumerate(asked):
        side = slice(0, half) if text[number] < half else slice(half, None)
        if scores[number, side].max() > own[row]:
            own[row] = -np.inf
    return own, scores[:, :half].max(1)


def _rivals(scores: Scores, text: NDArray[np.int64], half: int) -> Scores:
    """With only the other half enrolled: the best likeness of each command, which nobody enrolled."""
    asked = np.flatnonzero(text >= 0)
    first = (text[asked] < half)[:, None]
    return np.where(first, scores[asked, half:], scores[asked, :half]).max(1)


def equal_error(hits: Scores, others: Scores) -> float:
    """Where as large a share of `hits` lies below a threshold as of `others` above it."""
    thresholds = np.quantile(np.concatenate([hits, others]), np.linspace(0, 1, 2001))
    missed = np.searchsorted(np.sort(hits), thresholds) / len(hits)
    let_in = 1 - np.searchsorted(np.sort(others), thresholds) / len(others)
    nearest = int(np.abs(missed - let_in).argmin())
    return float((missed[nearest] + let_in[nearest]) / 2)
