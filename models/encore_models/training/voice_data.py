"""What the voice head is trained on: utterances as Whisper's frozen encoder hears them, kept on disk.

The encoder never changes, so every utterance is rendered, disturbed and encoded once. A folder holds parts of a few
hundred utterances each; a run that was stopped goes on with the next part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encore_models.bundle import Bundle
from encore_models.perception.mel import RATE, log_mel
from encore_models.perception.prints import PRINT_FRAMES_A_SECOND, pooled_frames
from encore_models.perception.voice import SHORT_SECONDS
from encore_models.training.voice_sentences import HELD_OUT, plain
from encore_models.training.voice_sounds import (
    DISTURBANCES,
    Samples,
    another_microphone,
    another_throat,
    disturbed,
    draw_speaker,
    echoed,
    no_speech,
    say,
)

PART = 400
"""Utterances in a file."""
TALK = 24
"""Of the utterances before, that babble is made of."""
FAMILIES, SILENCE = "families.json", "silence.npz"
SILENCES = 300
"""Sounds in which nobody speaks."""

Frames = NDArray[np.float32]
Progress = Callable[[str, float], None]
Encode = Callable[[Samples], Frames]
"""float32 [n] at 16 kHz -> frames at 25 Hz, [T, 384]."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One utterance as it is kept."""

    frames: NDArray[np.float16]
    """[T, 384], 25 a second, with what is around the speech."""
    begin: int
    """First frame of speech."""
    end: int
    """The frame after the last one."""


def encoder_of(hearing: Bundle) -> Encode:
    """The frozen encoder of the hearing, over its window of 4 s."""
    session = hearing.session("encoder")

    def encode(samples: Samples) -> Frames:
        samples = samples[: round(SHORT_SECONDS * RATE)]
        (frames,) = session.run(["frames"], {"mel": log_mel(samples, SHORT_SECONDS)})
        return pooled_frames(frames[0], len(samples) / RATE)

    return encode


def spoiled(speech: Samples, talk: Sequence[Samples], rng: np.random.Generator) -> tuple[Samples, int, int]:
    """The speech as another person says it in another room; silence around it, and something under it.

    Returns:
        The samples, and where in them the speech begins and ends.
    """
    if rng.random() < 0.7:
        speech = another_throat(speech, float(rng.uniform(0.84, 1.2)))
    if rng.random() < 0.5:
        speech = another_microphone(speech, rng)
    speech = speech[: round((SHORT_SECONDS - 0.1) * RATE)]
    most = SHORT_SECONDS * RATE - len(speech)
    before = int(min(rng.uniform(0.02, 0.4) * RATE, most / 2))
    after = int(min(rng.uniform(0.05, 0.5) * RATE, most / 2))
    sound = np.pad(speech, (before, after))
    if rng.random() < 0.35:
        sound = echoed(sound, rng)
    kind = DISTURBANCES[int(rng.choice(len(DISTURBANCES), p=(0.3, 0.35, 0.2, 0.15)))]
    sound = disturbed(sound, kind, float(rng.uniform(3, 28)), talk, rng)
    # A microphone is never quite silent.
    loudness, hiss = 10 ** rng.uniform(-1.3, -0.1), 10 ** rng.uniform(-4.5, -3)
    heard = sound * loudness + rng.standard_normal(len(sound)) * hiss
    return np.asarray(heard, np.float32), before, before + len(speech)


def heard_of(samples: Samples, begin: int, end: int, encode: Encode) -> Heard:
    """What the encoder hears of sound with speech from sample `begin` to sample `end`."""
    frames = encode(samples).astype(np.float16)
    hop = RATE / PRINT_FRAMES_A_SECOND
    return Heard(frames, int(begin / hop), min(len(frames), int(np.ceil(end / hop))))


def render(
    folder: Path,
    families: Sequence[Sequence[str]],
    times: int,
    encode: Encode,
    seed: int,
    progress: Progress,
    part: int = PART,
) -> None:
    """Say every sentence `times` times by training speakers and keep what the encoder hears.

    Args:
        folder: Where; what is there already is kept, so the other arguments must be as they were.
        families: Sentences that share words.
        times: By how many speakers each is said.
        encode: Samples to frames.
        seed: Of chance.
        progress: Told how much is done.
        part: Utterances in a file.

    Raises:
        SpeakerFailed: A speech program is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / SILENCE).is_file():
        _render_silence(folder / SILENCE, encode, seed)
    (folder / FAMILIES).write_text(json.dumps(families))
    texts = [text for family in families for text in family]
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(texts)), times))
    for number, first in enumerate(range(0, len(order), part)):
        path = folder / f"part-{number:04d}.npz"
        if not path.is_file():
            _write(path, [(int(s), texts[s]) for s in order[first : first + part]], encode, [seed, number])
        progress("rendering speech", min(1.0, (first + part) / len(order)))


def _write(path: Path, said: Sequence[tuple[int, str]], encode: Encode, seed: Sequence[int]) -> None:
    rng = np.random.default_rng(seed)
    talk: list[Samples] = []
    heard = []
    for _, text in said:
        speech = say(text, draw_speaker(rng), float(rng.uniform(0.8, 1.3)))
        talk = [*talk[-TALK:], speech]
        heard.append(heard_of(*spoiled(speech, talk, rng), encode))
    _store(path, heard, [sentence for sentence, _ in said])


def _render_silence(path: Path, encode: Encode, seed: int) -> None:
    rng = np.random.default_rng([seed, 1])
    heard = [heard_of(no_speech(rng), 0, 0, encode) for _ in range(SILENCES)]
    _store(path, heard, [0] * len(heard))


def _store(path: Path, heard: Sequence[Heard], sentences: Sequence[int]) -> None:
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        np.savez(
            file,
            frames=np.concatenate([one.frames for one in heard]),
            lengths=np.array([len(one.frames) for one in heard]),
            begins=np.array([one.begin for one in heard]),
            ends=np.array([one.end for one in heard]),
            sentences=np.array(sentences),
        )
    new.replace(path)


def _stored(path: Path) -> list[tuple[int, Heard]]:
    with np.load(path, allow_pickle=False) as stored:
        cuts = np.cumsum(stored["lengths"])[:-1]
        rows = zip(stored["sentences"], np.split(stored["frames"], cuts), stored["begins"], stored["ends"], strict=True)
        return [(int(sentence), Heard(frames, int(begin), int(end))) for sentence, frames, begin, end in rows]


@dataclass(frozen=True, slots=True)
class Spoken:
    """All utterances of a folder."""

    families: list[list[int]]
    """Numbers of sentences that share words."""
    heard: list[list[Heard]]
    """Of each sentence, the ways it was said."""
    silence: list[Heard]
    """Sounds in which nobody speaks."""


def read(folder: Path) -> Spoken:
    """What `render` kept, without sentences that have been held out since."""
    families = json.loads((folder / FAMILIES).read_text())
    texts = [text for family in families for text in family]
    held_out = {plain(text) for text in HELD_OUT}
    heard: list[list[Heard]] = [[] for _ in texts]
    for path in sorted(folder.glob("part-*.npz")):
        for sentence, one in _stored(path):
            heard[sentence].append(one)
    numbers = iter(range(len(texts)))
    of_family = [[next(numbers) for _ in family] for family in families]
    usable = {n for n, text in enumerate(texts) if plain(text) not in held_out and len(heard[n]) >= 2}
    kept = [[n for n in family if n in usable] for family in of_family]
    silence = [one for _, one in _stored(folder / SILENCE)]
    return Spoken([family for family in kept if len(family) >= 2], heard, silence)
