"""A table for choosing thresholds: what every witness says of everything in the development split."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from encore_models.macro import Phrase
from encore_models.perception.prints import VoicePrint, likeness
from encore_models.perception.speech import Utterance
from encore_models.phrases import best_match
from tests.benchmarks.hearing.commands import commands
from tests.benchmarks.hearing.ours import Ears
from tests.benchmarks.hearing.sounds import CONDITIONS
from tests.benchmarks.hearing.stream import Stream

ABOUT = (
    "said: place in `commands`, or the file of a stream. likeness: enroller -> to its enrolment of each command. "
    "words: percent, each command. log_p: mean log p a token, each command; of streams only of those that come near."
)
NEAR_LIKENESS = 0.2
NEAR_WORDS = 60.0


def write_table(
    ears: Ears, voices: Sequence[str], streams: Iterable[Stream], path: Path, told: Callable[[str], None]
) -> None:
    """Ask prints and words about everything, and write the answers as JSON.

    Args:
        ears: Of the development split.
        voices: Who speaks and enrols.
        streams: Sound without commands.
        path: Of the table.
        told: Told what is being done.
    """
    listed = commands(ears.booth.split)
    templates = {voice: [_enrolled(ears, text, voice) for text in listed] for voice in voices}
    rows: list[dict[str, Any]] = []
    for voice in voices:
        told(f"table: {voice}")
        for condition in CONDITIONS:
            for place, text in enumerate(listed):
                utterance = ears.booth.said(text, voice, condition)
                if utterance is not None:
                    about = {"said": place, "speaker": voice, "condition": condition.name}
                    rows.append(about | _witnesses(ears, utterance, listed, templates, every=True))
    for stream in streams:
        told(f"table: {stream.name}")
        for utterance in stream.utterances():
            if utterance.whole:
                about = {"said": stream.file_at(utterance.start_ns), "stream": stream.name}
                rows.append(about | _witnesses(ears, utterance, listed, templates, every=False))
    path.write_text(json.dumps({"about": ABOUT, "commands": listed, "rows": rows}), encoding="utf-8")


def _enrolled(ears: Ears, text: str, voice: str) -> VoicePrint:
    utterance = ears.booth.enrolled(text, voice)
    assert utterance is not None
    return ears.print_of(utterance)


def _witnesses(
    ears: Ears, utterance: Utterance, listed: Sequence[str], templates: dict[str, list[VoicePrint]], every: bool
) -> dict[str, Any]:
    encoded, heard = ears.voice.hear(utterance.samples)
    printed = ears.printer.printed(encoded)
    like = {voice: likeness(printed, known) for voice, known in templates.items()}
    words = [match.likeness if (match := best_match(Phrase(text), heard.text)) else 0.0 for text in listed]
    best = np.max(list(like.values()), axis=0)
    near = [i for i in range(len(listed)) if every or best[i] >= NEAR_LIKENESS or words[i] >= NEAR_WORDS]
    texts = [f"{listed[i][:1].upper()}{listed[i][1:]}." for i in near]
    scored = dict(zip(near, ears.voice.score(encoded, texts), strict=True))
    return {
        "seconds": round(utterance.seconds, 2),
        "heard": heard.text,
        "transcript_log_p": round(heard.mean_logprob, 3),
        "likeness": {voice: [round(float(value), 3) for value in values] for voice, values in like.items()},
        "words": [round(value, 1) for value in words],
        "log_p": {str(i): round(value, 3) for i, value in scored.items()},
    }
