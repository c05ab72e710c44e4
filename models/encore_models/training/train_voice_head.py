"""Train the voice head: `python -m encore_models.training.train_voice_head --folder runs/voice_head`.

First the speech is rendered and encoded, once (`voice_data`), then the head learns from the frames. The loop reads from
top to bottom. Everything random in a step comes from the seed and the step's number, so a run that was stopped goes on
exactly as if it had not been.

A step shows groups of sentences that share words, each sentence said by two speakers. The head learns to find the
sentence among all others by its embedding and among its siblings by warping in time, and to put both on one scale,
so that one threshold serves all commands.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it
import typer
from numpy.typing import NDArray
from platformdirs import user_cache_path
from torch import Tensor, nn

from encore_models.training.run import RunOptions, Trainer, run
from encore_models.training.voice_data import Heard, Spoken, encoder_of, read, render
from encore_models.training.voice_head import SpeechGate, VoiceHead, VoiceHeadConfig, warped
from encore_models.training.voice_sentences import sentences
from encore_models.whisper.prepare import prepare_hearing

WEIGHTS = "head.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions(RunOptions):
    """What one run is."""

    families: int = 600
    """Of sentences that share words."""
    near: int = 200
    """More families, whose words are spelt alike."""
    times: int = 4
    """By how many speakers each is said."""
    steps: int = 1500
    groups: int = 12
    """Families in a step."""
    siblings: int = 4
    """Sentences of a family, each said twice."""
    strangers: int = 4
    """Sentences of other families that each is also warped with."""
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    warmup: int = 50
    jitter: int = 3
    """Frames by which the ends of the speech are moved, since nobody finds them exactly."""
    checkpoint_minutes: float = 2


DEFAULTS = TrainOptions()


@dataclass(frozen=True, slots=True)
class Batch:
    """Sentences, each said twice: rows `2 i` and `2 i + 1` are the same sentence."""

    frames: Tensor
    """float32 [B, T, 384], centred."""
    lengths: Tensor
    """int64 [B]"""
    group: Tensor
    """int64 [B / 2]: the family of each sentence."""
    whole: Tensor
    """float32 [G, T', 384]: some of them with what is around the speech, and silence; not centred."""
    speech: Tensor
    """float32 [G, T']: 1 where there is speech, 0 where not, -1 behind the end."""


class Batches:
    """Draws batches."""

    def __init__(self, spoken: Spoken, options: TrainOptions) -> None:
        self._spoken = spoken
        self._options = options

    def draw(self, rng: np.random.Generator) -> Batch:
        """Families by chance, sentences of each, two utterances of each."""
        options = self._options
        said: list[Heard] = []
        group: list[int] = []
        for family in rng.choice(len(self._spoken.families), options.groups, replace=False):
            members = self._spoken.families[int(family)]
            for sentence in rng.choice(members, min(options.siblings, len(members)), replace=False):
                ways = self._spoken.heard[int(sentence)]
                said += [ways[int(way)] for way in rng.choice(len(ways), 2, replace=False)]
                group.append(int(family))
        cut = [self._cut(one, rng) for one in said]
        # The gate is small and learns from a few as well as from all.
        silence = self._spoken.silence
        listened = [*said[::4], *(silence[int(n)] for n in rng.integers(len(silence), size=len(said) // 12))]
        whole, lengths = _padded([one.frames.astype(np.float32) for one in listened])
        speech = torch.full(whole.shape[:2], -1.0)
        for row, one in enumerate(listened):
            speech[row, : lengths[row]] = 0
            speech[row, one.begin : one.end] = 1
        frames, lengths = _padded(cut)
        return Batch(frames, lengths, torch.tensor(group), whole, speech)

    def _cut(self, heard: Heard, rng: np.random.Generator) -> NDArray[np.float32]:
        """Its speech, cut as roughly as it will be, and centred."""
        jitter = self._options.jitter
        begin = max(0, heard.begin + int(rng.integers(-jitter, jitter // 2 + 1)))
        end = min(len(heard.frames), heard.end + int(rng.integers(-jitter // 2, jitter + 1)))
        speech = heard.frames[begin : max(end, begin + 2)].astype(np.float32)
        return speech - speech.mean(0)


def _padded(rows: list[NDArray[np.float32]]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(row) for row in rows])
    return nn.utils.rnn.pad_sequence([torch.from_numpy(row) for row in rows], batch_first=True), lengths


class Objective(nn.Module):
    """What the head is asked, and the scale it is asked on."""

    def __init__(self) -> None:
        super().__init__()
        self.sharpness = nn.Parameter(torch.tensor(math.log(14.0)))
        self.stiffness = nn.Parameter(torch.tensor(math.log(10.0)))
        self.fusion = nn.Parameter(torch.tensor([6.0, 6.0, 0.0]))
        """Of the cosine, of the distance, and the offset of their sum."""

    def forward(self, head: VoiceHead, batch: Batch, strangers: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """The losses of a batch, by name."""
        mask = torch.arange(batch.frames.shape[1]) < batch.lengths[:, None]
        features, embeddings = head(batch.frames, mask)
        cosines = embeddings[::2] @ embeddings[1::2].T
        count = len(cosines)
        right = torch.arange(count)
        scaled = cosines * self.sharpness.exp()
        whole = (F.cross_entropy(scaled, right) + F.cross_entropy(scaled.T, right)) / 2
        others = _others(batch.group, strangers, rng)
        first = right.repeat_interleave(others.shape[1])
        second = others.flatten()
        distances = warped(
            features[2 * first], batch.lengths[2 * first], features[2 * second + 1], batch.lengths[2 * second + 1]
        ).view(count, -1)
        in_time = F.cross_entropy(-distances * self.stiffness.exp(), torch.zeros_like(right))
        score = self.fusion[0] * cosines.gather(1, others) - self.fusion[1] * distances + self.fusion[2]
        target = torch.zeros_like(score)
        target[:, 0] = 1
        weight = torch.where(target > 0, others.shape[1] - 1.0, 1.0)
        scale = F.binary_cross_entropy_with_logits(score, target, weight) / 2
        return {"whole": whole, "in_time": in_time, "scale": scale}


def _others(group: Tensor, strangers: int, rng: np.random.Generator) -> Tensor:
    """Of each sentence: itself, its siblings, and some others; as many for each [N, K]."""
    numbers = np.arange(len(group))
    families = group.numpy()
    most = int(np.bincount(np.unique(families, return_inverse=True)[1]).max()) - 1 + strangers
    rows = []
    for number in numbers:
        alike = numbers[(families == families[number]) & (numbers != number)]
        far = rng.choice(numbers[families != families[number]], most - len(alike), replace=False)
        rows.append([number, *alike, *far])
    return torch.tensor(np.array(rows))


class HeadTrainer(Trainer):
    """A head on its way."""

    def __init__(self, options: TrainOptions, spoken: Spoken, config: VoiceHeadConfig) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.batches = Batches(spoken, options)
        self.parts = nn.ModuleDict({"head": VoiceHead(config), "gate": SpeechGate(config), "objective": Objective()})
        super().__init__(options, {"parts": self.parts})

    def advance(self) -> dict[str, float]:
        """One step on one batch; the losses by name."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        self.parts.train()
        rng = np.random.default_rng([self.options.seed, self.step])
        # Dropout too must not depend on where the run was stopped.
        torch.manual_seed(int(rng.integers(2**31)))
        batch = self.batches.draw(rng)
        losses = self.parts["objective"](self.parts["head"], batch, self.options.strangers, rng)
        told, known = self.parts["gate"](batch.whole), batch.speech >= 0
        losses["gate"] = F.binary_cross_entropy_with_logits(told[known], batch.speech[known])
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        nn.utils.clip_grad_norm_(self.parts.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        return {name: loss.item() for name, loss in losses.items()}


def learning_rate(options: RunOptions, step: int) -> float:
    """Rises in a line and falls as a cosine."""
    rise = (step + 1) / max(1, options.warmup)
    return options.learning_rate * min(1.0, rise) * (0.01 + 0.99 * (1 + math.cos(math.pi * step / options.steps)) / 2)


def train(folder: Path, options: TrainOptions, spoken: Spoken, config: VoiceHeadConfig | None = None) -> nn.ModuleDict:
    """Run, or go on with, a training; checkpoint, log and the finished weights lie in `folder`.

    Returns:
        The parts `head` and `gate`, among others.
    """
    trainer = HeadTrainer(options, spoken, config or VoiceHeadConfig())
    run(folder, trainer, options)
    torch.save({"config": asdict(trainer.parts["head"].config), "parts": trainer.parts.state_dict()}, folder / WEIGHTS)
    return trainer.parts


def main(
    folder: Annotated[Path, typer.Option(help="Speech, checkpoint, log and weights; goes on where it finds some.")],
    steps: Annotated[int, typer.Option(help="Length of the whole run.")] = DEFAULTS.steps,
    threads: Annotated[int, typer.Option(help="CPU threads; one is often the fastest on a busy machine.")] = 1,
    hearing: Annotated[Path | None, typer.Option(help="Where the prepared Whisper lies or belongs.")] = None,
) -> None:
    """Render and encode the speech, then train the voice head on it."""
    options = TrainOptions(steps=steps, threads=threads)
    encode = encoder_of(prepare_hearing(hearing or user_cache_path("encore") / "models" / "whisper-tiny.en"))
    families = sentences(options.families, options.near, options.seed)
    told = lambda what, done: typer.echo(f"{what}: {done:.0%}")  # noqa: E731 - too short for a function
    render(folder / "speech", families, options.times, encode, options.seed, told)
    train(folder, options, read(folder / "speech"))


if __name__ == "__main__":
    typer.run(main)
