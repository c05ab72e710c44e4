"""Train UI-CLIP: `python -m encore_models.training.train_ui_clip --folder runs/ui_clip`.

The loop reads from top to bottom. Everything random in a step comes from the seed and the step's number, so a run
that was stopped goes on exactly as if it had not been (same options, same icons, same fonts). The learning rate is
constant and falls towards the end, so a run may also be ended sooner by going on with fewer steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from torch import nn

from encore_models.training.batches import Batch, IconBatches, LabelBatches, installed_fonts
from encore_models.training.evaluate_ui_clip import recall_at_1_of_100, towers_of, ui_concepts_top1
from encore_models.training.icons import Icons, open_icons, prepare
from encore_models.training.run import RunOptions, Trainer, run
from encore_models.training.ui_clip import Losses, Objective, UiClipConfig, UiClipModel


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions(RunOptions):
    """What one run is."""

    steps: int = 6000
    things: int = 192
    """Icons in a step; each is seen twice."""
    labels: int = 96
    """Labels in a step that shows labels; a strip has twice the pixels of an icon."""
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup: int = 150
    falling: float = 0.4
    """Part of the steps, at the end, in which it falls to nothing."""
    label_share: float = 0.2
    """Part of the steps that show labels instead of icons."""
    bfloat16: bool = True
    checkpoint_minutes: float = 4


DEFAULTS = TrainOptions()


class UiClipTrainer(Trainer):
    """A model on its way."""

    def __init__(self, options: TrainOptions, icons: IconBatches, labels: LabelBatches, config: UiClipConfig) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.icons = icons
        self.labels = labels
        self.model = UiClipModel(config)
        self.objective = Objective(config, len(icons.words))
        super().__init__(options, {"model": self.model, "objective": self.objective})
        # The stubs of `Module.to` do not know this argument alone.
        self.model.image.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def advance(self) -> dict[str, float]:
        """One step on one batch; the losses by name."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        self.model.train()
        batch = self._batch()
        planes = torch.from_numpy(batch.planes).to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.bfloat16):
            losses: Losses = self.objective(
                self.model,
                planes,
                torch.from_numpy(batch.ids),
                torch.from_numpy(batch.meaning),
                torch.from_numpy(batch.same_drawing),
                torch.from_numpy(batch.words),
            )
        self.optimiser.zero_grad(set_to_none=True)
        losses.total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimiser.step()
        self.step += 1
        return {
            "clip": losses.clip.detach().item(),
            "instance": losses.instance.detach().item(),
            "words": losses.words.detach().item(),
        }

    def _batch(self) -> Batch:
        rng = np.random.default_rng([self.options.seed, self.step])
        if rng.random() < self.options.label_share:
            return self.labels.draw(self.options.labels, rng)
        return self.icons.draw(self.options.things, rng)


def learning_rate(options: TrainOptions, step: int) -> float:
    """Rises, stays, and falls with the square root of the way left (Hägele et al. 2024)."""
    left = (options.steps - step) / max(1.0, options.falling * options.steps)
    rise = (step + 1) / max(1, options.warmup)
    return options.learning_rate * min(1.0, rise, 1 - math.sqrt(1 - min(1.0, max(0.0, left))))


def label_batches(icons: IconBatches) -> LabelBatches:
    """Labels made of the words of icons, in every font of this machine."""
    return LabelBatches(tuple(icons.names), installed_fonts(), len(icons.words))


def train(
    folder: Path, options: TrainOptions, icons: Icons, held_out: Icons, config: UiClipConfig | None = None
) -> UiClipModel:
    """Run, or go on with, a training; checkpoints, a log and the finished model lie in `folder`."""
    cv2.setNumThreads(options.threads)
    batches = IconBatches(icons)
    trainer = UiClipTrainer(options, batches, label_batches(batches), config or UiClipConfig())

    def measure() -> dict[str, float]:
        towers = towers_of(trainer.model)
        return {
            "r1_of_100": recall_at_1_of_100(towers, held_out).mean,
            "ui_concepts": ui_concepts_top1(towers, held_out).mean,
        }

    run(folder, trainer, options, measure)
    trainer.model.save_pretrained(folder / "model")
    return trainer.model


def main(
    folder: Annotated[Path, typer.Option(help="Checkpoints, log and model; goes on where it finds a checkpoint.")],
    steps: Annotated[int, typer.Option(help="Length of the whole run.")] = DEFAULTS.steps,
    threads: Annotated[int, typer.Option(help="CPU threads; one is often the fastest on a busy machine.")] = 1,
    icons: Annotated[Path | None, typer.Option(help="Where rendered icons are kept.")] = None,
) -> None:
    """Train UI-CLIP from scratch on the icon packages of npm."""
    prepare(icons)
    options = TrainOptions(steps=steps, threads=threads)
    train(folder, options, open_icons("train", icons), open_icons("test", icons))


if __name__ == "__main__":
    typer.run(main)
