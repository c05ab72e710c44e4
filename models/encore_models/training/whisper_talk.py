"""What Whisper's adapter is trained on: sentences of every kind, said by training speakers and kept on disk as sound.

Commands come from the voice head's sentences. Requests for made-up titles and talk draw on the whole words of Whisper's
own vocabulary, so that the adapter learns sounds, not a few commands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from encore_models.perception.mel import RATE
from encore_models.perception.voice import SHORT_SECONDS
from encore_models.training.voice_sentences import HELD_OUT, PEOPLE, plain, sentences
from encore_models.training.voice_sounds import Samples, draw_speaker, say

Kind = Literal["command", "title", "talk"]
SHARES: dict[Kind, float] = {"command": 0.35, "title": 0.35, "talk": 0.3}
PART = 100
"""Utterances in a file."""
LONGEST_S = SHORT_SECONDS - 0.2
"""Of speech; of what is longer, the text would not be all in the window."""
COMMON = (300, 12_000)
"""Tokens of the vocabulary, which is ordered by how common they are, whose words are said."""

TITLES = ("{0}", "the {0}", "{0} {1}", "{0} {1}", "the {0} {1}", "{0} of the {1}", "{0} {1} {2}", "my {0} and the {1}")
REQUESTS = (
    "play {title}", "play {title}", "play {title} by {person}", "please play {title}", "play {title} please",
    "play the song {title}", "put on {title}", "I want to hear {title}", "find {title}", "look for {title}",
    "search for {title}", "write {title}", "add {title}", "open {title}", "{title}",
)  # fmt: skip
TALK = (
    "{person} said the {0} was {1}", "we never had a {0} like this", "I think that {0} and {1} are the same",
    "there is no {0} in the {1}", "he told me about {0}, {1} and {2}", "did you see the {0} {1}",
    "after that she went {0} with {person}", "the {0} of {person} is {1} again", "well, it is {0}, not {1}",
    "they will {0} the {1} next week", "why would anyone {0} a {1}", "it took {0} {1} to get there",
)  # fmt: skip


def draw_text(kind: Kind, commands: Sequence[str], words: Sequence[str], rng: np.random.Generator) -> str:
    """A sentence of a kind; none that is held out."""
    while True:
        if kind == "command":
            text = commands[int(rng.integers(len(commands)))]
        else:
            text = _filled(TALK if kind == "talk" else REQUESTS, words, rng)
        if not held_out(text):
            return text


MEASURED = ("turn the page",)
"""A title that the benchmark asks for, and that the patterns would make."""
_HELD_OUT = tuple(f" {plain(text)} " for text in (*HELD_OUT, *MEASURED))


def held_out(text: str) -> bool:
    """Whether a sentence holds one that is never trained on."""
    spaced = f" {plain(text)} "
    return any(known in spaced for known in _HELD_OUT)


def _filled(patterns: Sequence[str], words: Sequence[str], rng: np.random.Generator) -> str:
    drawn = [words[int(place)] for place in rng.integers(len(words), size=3)]
    title = str(rng.choice(TITLES)).format(*drawn)
    return str(rng.choice(patterns)).format(*drawn, title=title, person=str(rng.choice(PEOPLE)))


def words_of_vocabulary(tokenizer: bytes) -> list[str]:
    """The common whole words of a tokenizer.json: what follows a blank and has only small letters."""
    vocabulary: dict[str, int] = json.loads(tokenizer)["model"]["vocab"]
    spelt = {token[1:]: number for token, number in vocabulary.items() if re.fullmatch("\u0120[a-z]{4,}", token)}
    return sorted(
        word for word, number in spelt.items() if COMMON[0] <= number < COMMON[1] and re.search("[aeiouy]", word)
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance in clean air."""

    text: str
    """As Whisper would write it."""
    speech: Samples
    """Mono at 16 kHz, full scale, without silence at either end."""


def render(folder: Path, count: int, words: Sequence[str], seed: int, progress: Callable[[str, float], None]) -> None:
    """Say `count` sentences; files that are there already are kept, so the other arguments must be as they were.

    Raises:
        SpeakerFailed: A speech program is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    commands = [text for family in sentences(600, 200, seed) for text in family]
    for first in range(0, count, PART):
        path = folder / f"part-{first // PART:04d}.npz"
        if not path.is_file():
            _store(path, list(_said(PART, commands, words, np.random.default_rng([seed, first]))))
        progress("rendering speech", min(1.0, (first + PART) / count))


def _said(count: int, commands: Sequence[str], words: Sequence[str], rng: np.random.Generator) -> Iterator[Said]:
    while count:
        kind: Kind = rng.choice(get_args(Kind), p=[SHARES[each] for each in get_args(Kind)])
        text = draw_text(kind, commands, words, rng)
        speech = say(text, draw_speaker(rng), float(rng.uniform(0.85, 1.3)))
        if len(speech) <= LONGEST_S * RATE:
            count -= 1
            yield Said(text[0].upper() + text[1:] + ".", speech)


def _store(path: Path, said: Sequence[Said]) -> None:
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        np.savez(
            file,
            sound=np.concatenate([(32767 * one.speech).astype(np.int16) for one in said]),
            lengths=np.array([len(one.speech) for one in said]),
            texts=np.array([one.text for one in said]),
        )
    new.replace(path)


def read(folder: Path) -> list[Said]:
    """What `render` kept, without sentences that have been held out since."""
    found: list[Said] = []
    for path in sorted(folder.glob("part-*.npz")):
        with np.load(path, allow_pickle=False) as stored:
            sounds = np.split(stored["sound"].astype(np.float32) / 32767, np.cumsum(stored["lengths"])[:-1])
            found += [Said(str(text), sound) for text, sound in zip(stored["texts"], sounds, strict=True)]
    return [one for one in found if not held_out(one.text)]
