"""Train the action model: `python -m encore_models.training.action.train --data DATA --folder runs/action`.

The same command runs on one CPU or GPU, and behind `accelerate launch -m` on many. A run that was stopped goes on from
its checkpoint exactly as if it had not been.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.errors import TrainingDiverged
from encore_models.training.action.log import Journal
from encore_models.training.action.model import ActionConfig
from encore_models.training.action.prior import beginning
from encore_models.training.action.stream import Corpus, Shards
from encore_models.training.action.trainer import CHECKPOINT, DEFAULTS, Trainer, TrainOptions, learning_rate

MODEL = "model"


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    steps: int
    best_loss: float
    """On validation."""
    best_step: int
    stopped_early: bool
    losses: tuple[float, ...]
    """Of the steps of this session, in training."""


def train(
    folder: Path,
    options: TrainOptions,
    corpus: Corpus,
    config: ActionConfig | None = None,
    start: dict[str, Tensor] | None = None,
    watch: Callable[[int, float], bool] | None = None,
) -> Result:
    """Run, or go on with, a training; checkpoints, logs and the best model lie in `folder`.

    Args:
        folder: Of this run; where it holds a checkpoint, the run goes on from there.
        options: What the run is.
        corpus: Its samples.
        config: Sizes of the model.
        start: Weights to begin with instead of random ones.
        watch: Told each evaluation's step and loss; the run ends early where it answers True.

    Raises:
        TrainingDiverged: A loss or gradient is not finite. The last checkpoint and the best model are kept.
        OtherRun: The folder holds a checkpoint of a run with other options.
        TooLarge: Not even one sample at a time fits into memory.
    """
    trainer = Trainer(options, corpus, config or ActionConfig(), start)
    if (folder / CHECKPOINT).is_file():
        trainer.resume(folder)
    losses: list[float] = []
    stopped = False
    with Journal(folder, options.steps, trainer.step, trainer.accelerator.is_main_process) as journal:
        while trainer.step < options.steps and not stopped:
            try:
                losses.append(trainer.advance())
                journal.step(trainer.step, losses[-1], learning_rate(options, trainer.step - 1))
                if trainer.step % options.evaluate_every == 0 or trainer.step == options.steps:
                    stopped = _evaluate(trainer, folder, journal, watch)
            except TrainingDiverged as error:
                journal.note(trainer.step, {"diverged": str(error)})
                kept = folder / CHECKPOINT
                raise TrainingDiverged(error.step, error.what, kept if kept.is_file() else None) from error
    return Result(trainer.step, trainer.best_loss, trainer.best_step, stopped, tuple(losses))


def _evaluate(trainer: Trainer, folder: Path, journal: Journal, watch: Callable[[int, float], bool] | None) -> bool:
    """Measure, keep the model where it is the best so far, make a checkpoint; whether to stop.

    Raises:
        TrainingDiverged: The loss on validation is not finite; the checkpoint of before is kept.
    """
    measured = trainer.validate()
    if not math.isfinite(measured["loss"]):
        raise TrainingDiverged(trainer.step, "the loss on validation", None)
    journal.evaluation(trainer.step, measured)
    if measured["loss"] < trainer.best_loss:
        trainer.best_loss, trainer.best_step = measured["loss"], trainer.step
        if trainer.accelerator.is_main_process:
            trainer.bare.save_pretrained(folder / MODEL)
    trainer.save(folder)
    waited = (trainer.step - trainer.best_step) / trainer.options.evaluate_every
    return waited >= trainer.options.patience or (watch is not None and watch(trainer.step, measured["loss"]))


def main(
    data: Annotated[Path, typer.Option(help="Folder of the shards.")],
    folder: Annotated[Path, typer.Option(help="Checkpoints, logs and model; goes on where it finds a checkpoint.")],
    steps: Annotated[int, typer.Option(help="Length of the whole run.")] = DEFAULTS.steps,
    batch: Annotated[int, typer.Option(help="Samples in a step, over all processes.")] = DEFAULTS.batch,
    parts: Annotated[int, typer.Option(help="Parts that a process works through a batch in.")] = DEFAULTS.parts,
    rate: Annotated[float, typer.Option("--learning-rate", help="At its height.")] = DEFAULTS.learning_rate,
    warmup: Annotated[int, typer.Option(help="Steps in which the learning rate rises.")] = DEFAULTS.warmup,
    evaluate_every: Annotated[int, typer.Option(help="Steps between evaluations.")] = DEFAULTS.evaluate_every,
    patience: Annotated[int, typer.Option(help="Evaluations without progress before it ends.")] = DEFAULTS.patience,
    seed: Annotated[int, typer.Option(help="Of weights, order and dropout.")] = DEFAULTS.seed,
    fusion: Annotated[str, typer.Option(help="cross, single, two_stream or late.")] = "cross",
    width: Annotated[int, typer.Option(help="Of the transformer.")] = 128,
    dropout: Annotated[float, typer.Option(help="Share of features left out in training.")] = 0.1,
    threads: Annotated[int, typer.Option(help="CPU threads of each process.")] = 1,
) -> None:
    """Train the action model on shards of samples."""
    torch.set_num_threads(threads)
    corpus = Shards(data)
    sizes = sizes_of(corpus)
    options = replace(
        DEFAULTS,
        steps=steps,
        batch=batch,
        parts=parts,
        learning_rate=rate,
        warmup=warmup,
        evaluate_every=evaluate_every,
        patience=patience,
        seed=seed,
    )
    config = replace(sizes, fusion=fusion, width=width, dropout=dropout)
    taught = None
    if not (folder / CHECKPOINT).is_file():
        typer.echo("before the first step: how notes and questions stand on a screen (a minute or two)")
        taught = corpus
    result = train(folder, options, corpus, config, beginning(config, UiClip.load(), seed, taught))
    typer.echo(f"validation loss {result.best_loss:.4f} at step {result.best_step} of {result.steps}")


def sizes_of(corpus: Corpus) -> ActionConfig:
    """How wide the samples of a corpus are."""
    first = next(iter(corpus.stream("train", None)))
    widths = (first.candidates.shape[1], first.candidate_texts.shape[1], first.utterance.shape[1])
    return ActionConfig(*widths)


if __name__ == "__main__":
    typer.run(main)
