"""Train Whisper's adapter: `python -m encore_models.training.train_whisper_adapter --folder runs/whisper_adapter`.

A teacher, Whisper as it came, hears an utterance in clean air; the student, Whisper with low-rank changes to its
encoder, hears the same utterance in noise, babble or music, across a room and through another microphone. The student
learns to give the teacher's frames, and frames from which the frozen decoder reads what it reads from the teacher's.

First the speech is rendered, once (`whisper_talk`). Everything random in a step comes from the seed and the step's
number, so a run that was stopped goes on exactly as if it had not been.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it
import typer
from tokenizers import Tokenizer
from torch import Tensor, nn

from encore_models.perception.mel import RATE, log_mel
from encore_models.perception.voice import FRAMES_A_SECOND, SHORT_SECONDS
from encore_models.training.run import RunOptions, Trainer, run
from encore_models.training.train_voice_head import learning_rate
from encore_models.training.voice_sounds import (
    DISTURBANCES,
    Samples,
    another_microphone,
    another_throat,
    disturbed,
    echoed,
    no_speech,
)
from encore_models.training.whisper_adapter import Adapter, Whisper
from encore_models.training.whisper_talk import Said, read, render, words_of_vocabulary
from encore_models.whisper.tail import padding_tail
from encore_models.whisper.weights import WhisperFiles, read_whisper

STEP_S = 0.2
"""Windows are a multiple of it."""
WEIGHTS = "adapter.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions(RunOptions):
    """What one run is."""

    utterances: int = 2000
    """Rendered once; each is heard many times, each time in another way."""
    steps: int = 330
    batch: int = 8
    """Utterances in a step."""
    rank: int = 16
    quietest_db: float = 0.0
    loudest_db: float = 25.0
    """How much louder the speech is than what is under it."""
    whole: float = 0.2
    """Share of steps with the window of 4 s, as it is in use; in others it ends soon after the speech, to save time."""
    silence: float = 0.05
    """Share of sounds in which nobody speaks; there the student is to hear what the teacher hears."""
    reading: float = 0.3
    """Weight of what the decoder reads."""
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warmup: int = 30
    checkpoint_minutes: float = 2


DEFAULTS = TrainOptions()


@dataclass(frozen=True, slots=True)
class Batch:
    """Utterances, each heard twice."""

    clean: Tensor
    """float32 [B, M, 2T]: spectrograms of what the teacher hears."""
    spoiled: Tensor
    """float32 [B, M, 2T]: of what the student hears."""
    weight: Tensor
    """float32 [B, T]: of each frame; little where the window is padded."""
    tokens: Tensor
    """int64 [B, N]: the start and the text."""
    read: Tensor
    """float32 [B, N]: 1 where the decoder's next token counts."""


class Batches:
    """Draws batches."""

    def __init__(self, said: Sequence[Said], files: WhisperFiles, options: TrainOptions) -> None:
        self._said, self._options = said, options
        self._start, self._end = files.vocabulary.start, files.vocabulary.end
        self._tokenizer = Tokenizer.from_str(files.vocabulary.tokenizer.decode())

    def draw(self, rng: np.random.Generator) -> Batch:
        """Utterances by chance, spoiled by chance."""
        talk = [self._said[int(place)].speech for place in rng.integers(len(self._said), size=12)]
        pairs, texts = [], []
        for place in self._alike(rng):
            if rng.random() < self._options.silence:
                sound = no_speech(rng)
                pairs.append((sound, sound))
                texts.append("")
            else:
                pairs.append(heard_twice(self._said[int(place)].speech, talk, self._options, rng))
                texts.append(self._said[int(place)].text)
        longest = math.ceil(max(len(sound) for sound, _ in pairs) / RATE / STEP_S) * STEP_S
        seconds = SHORT_SECONDS if rng.random() < self._options.whole else min(longest, SHORT_SECONDS)
        clean, spoiled = (
            torch.from_numpy(np.concatenate([log_mel(sound, seconds) for sound in side]))
            for side in zip(*pairs, strict=True)
        )
        frames = torch.arange(clean.shape[-1] // 2)
        ends = torch.tensor([len(sound) * FRAMES_A_SECOND / RATE for sound, _ in pairs])
        weight = torch.where(frames < ends[:, None], 1.0, 0.1)
        return Batch(clean, spoiled, weight, *self._texts(texts))

    def _alike(self, rng: np.random.Generator) -> list[int]:
        """Utterances of about the same length, so that little of the window is empty."""
        drawn = rng.integers(len(self._said), size=8 * self._options.batch)
        ordered = sorted(map(int, drawn), key=lambda place: len(self._said[place].speech))
        first = int(rng.integers(len(ordered) - self._options.batch + 1))
        return ordered[first : first + self._options.batch]

    def _texts(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Tokens [B, N], and where the decoder's next token counts; nowhere in the rows without a text."""
        spelt = [self._tokenizer.encode(" " + text, add_special_tokens=False).ids if text else [] for text in texts]
        first = len(self._start) - 1
        tokens = torch.full((len(texts), first + 1 + max(map(len, spelt))), self._end)
        counts = torch.zeros(tokens.shape)
        for row, ids in enumerate(spelt):
            tokens[row, : first + 1 + len(ids)] = torch.tensor([*self._start, *ids])
            counts[row, first : first + 1 + len(ids)] = float(bool(ids))
        return tokens, counts


def heard_twice(
    speech: Samples, talk: Sequence[Samples], options: TrainOptions, rng: np.random.Generator
) -> tuple[Samples, Samples]:
    """The same person says the same in clean air, and in another room with something under it; equally long."""
    if rng.random() < 0.6:
        speech = another_throat(speech, float(rng.uniform(0.87, 1.18)))
    speech = speech[: round((SHORT_SECONDS - 0.1) * RATE)]
    most = SHORT_SECONDS * RATE - len(speech)
    before, after = (int(min(rng.uniform(0.05, 0.5) * RATE, most / 2)) for _ in range(2))
    clean = np.pad(speech, (before, after))
    sound = another_microphone(clean, rng) if rng.random() < 0.4 else clean
    sound = echoed(sound, rng) if rng.random() < 0.25 else sound
    kind = DISTURBANCES[int(rng.choice(len(DISTURBANCES), p=(0.15, 0.5, 0.2, 0.15)))]
    sound = disturbed(sound, kind, float(rng.uniform(options.quietest_db, options.loudest_db)), talk, rng)
    # A microphone is never quite silent.
    gain, hiss = 10 ** rng.uniform(-1.3, -0.1), (10 ** rng.uniform(-4.5, low) for low in (-4, -3))
    return tuple(  # type: ignore[return-value]
        np.asarray(side * gain + rng.standard_normal(len(side)) * level, np.float32)
        for side, level in zip((clean, sound), hiss, strict=True)
    )


class Objective:
    """How far the student is from the teacher."""

    def __init__(self, whisper: Whisper, tail: Tensor) -> None:
        self._whisper, self._tail = whisper, tail

    def __call__(self, adapter: Adapter, batch: Batch) -> dict[str, Tensor]:
        """The losses by name."""
        with torch.no_grad():
            taught = self._whisper.encode(batch.clean)
            right = self._read(taught, batch)
        frames = self._whisper.encode(batch.spoiled, adapter)
        share = batch.weight / batch.weight.sum()
        # Commands are told apart by what frames do not have in common.
        mean = (taught * share[..., None]).sum((0, 1))
        turned = 1 - F.cosine_similarity(frames - mean, taught - mean, dim=-1)
        away = ((frames - taught) ** 2).sum(-1) / ((taught - mean) ** 2).sum(-1).mean()
        divergence = F.kl_div(self._read(frames, batch), right, reduction="none", log_target=True).sum(-1)
        return {
            "turned": (turned * share).sum(),
            "away": (away * share).sum(),
            "reading": (divergence * batch.read).sum() / batch.read.sum().clamp(min=1),
        }

    def _read(self, frames: Tensor, batch: Batch) -> Tensor:
        attended = torch.cat([frames, self._tail.expand(len(frames), -1, -1)], 1)
        return self._whisper.read(attended, batch.tokens)


class AdapterTrainer(Trainer):
    """An adapter on its way."""

    def __init__(self, options: TrainOptions, said: Sequence[Said], files: WhisperFiles) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.batches = Batches(said, files, options)
        whisper = Whisper(files.weights)
        tail = padding_tail(lambda mel: whisper.encode(torch.from_numpy(mel)).numpy())
        self.objective = Objective(whisper, torch.from_numpy(tail.astype(np.float32)))
        self.adapter = Adapter(whisper, options.rank)
        super().__init__(options, {"adapter": self.adapter})

    def advance(self) -> dict[str, float]:
        """One step on one batch; the losses by name."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        rng = np.random.default_rng([self.options.seed, self.step])
        losses = self.objective(self.adapter, self.batches.draw(rng))
        total = losses["turned"] + losses["away"] + self.options.reading * losses["reading"]
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.adapter.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return {name: loss.item() for name, loss in losses.items()}


def train(folder: Path, options: TrainOptions, said: Sequence[Said], files: WhisperFiles) -> Adapter:
    """Run, or go on with, a training; checkpoint, log and the finished weights lie in `folder`."""
    trainer = AdapterTrainer(options, said, files)
    run(folder, trainer, options)
    torch.save({"options": asdict(options), "adapter": trainer.adapter.state_dict()}, folder / WEIGHTS)
    return trainer.adapter


def main(
    folder: Annotated[Path, typer.Option(help="Speech, checkpoint, log and weights; goes on where it finds some.")],
    steps: Annotated[int, typer.Option(help="Length of the whole run.")] = DEFAULTS.steps,
    threads: Annotated[int, typer.Option(help="CPU threads; one is often the fastest on a busy machine.")] = 1,
) -> None:
    """Render the speech, then train the adapter on it."""
    options = TrainOptions(steps=steps, threads=threads)
    files = read_whisper()
    told = lambda what, done: typer.echo(f"{what}: {done:.0%}")  # noqa: E731 - too short for a function
    render(folder / "speech", options.utterances, words_of_vocabulary(files.vocabulary.tokenizer), options.seed, told)
    train(folder, options, read(folder / "speech"), files)


if __name__ == "__main__":
    typer.run(main)
