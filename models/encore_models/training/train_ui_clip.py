"""Train UI-CLIP: `python -m encore_models.training.train_ui_clip --folder runs/ui_clip`.

The loop reads from top to bottom. Everything random in a step comes from the seed and the step's number, so a run
that was stopped goes on exactly as if it had not been (same options, same icons, same fonts). The learning rate is
constant and falls towards the end, so a run may also be ended sooner by going on with fewer steps.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import typer
from torch import nn

from encore_models.training.batches import Batch, IconBatches, LabelBatches, installed_fonts
from encore_models.training.evaluate_ui_clip import recall_at_1_of_100, towers_of, ui_concepts_top1
from encore_models.training.icons import Icons, open_icons, prepare
from encore_models.training.ui_clip import Losses, Objective, UiClipConfig, UiClipModel

CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What one run is."""

    steps: int = 6000
    things: int = 192
    """Icons in a step; each is seen twice."""
    labels: int = 96
    """Labels in a step that shows labels; a strip has twice the pixels of an icon."""
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    warmup: int = 150
    """Steps in which the learning rate rises."""
    falling: float = 0.4
    """Part of the steps, at the end, in which it falls to nothing."""
    label_share: float = 0.2
    """Part of the steps that show labels instead of icons."""
    seed: int = 7
    threads: int = 1
    bfloat16: bool = True
    checkpoint_minutes: float = 4


DEFAULTS = TrainOptions()


class Trainer:
    """A model on its way: everything that a checkpoint holds, and the step that moves it."""

    def __init__(self, options: TrainOptions, icons: IconBatches, labels: LabelBatches, config: UiClipConfig) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.icons = icons
        self.labels = labels
        self.model = UiClipModel(config)
        self.objective = Objective(config, len(icons.words))
        self.step = 0
        both = nn.ModuleList([self.model, self.objective])
        decayed = [p for p in both.parameters() if p.ndim >= 2]
        others = [p for p in both.parameters() if p.ndim < 2]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=options.learning_rate,
            betas=(0.9, 0.98),
        )
        # The stubs of `Module.to` do not know this argument alone.
        self.model.image.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def advance(self) -> Losses:
        """One step on one batch."""
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
        return losses

    def _batch(self) -> Batch:
        rng = np.random.default_rng([self.options.seed, self.step])
        if rng.random() < self.options.label_share:
            return self.labels.draw(self.options.labels, rng)
        return self.icons.draw(self.options.things, rng)

    def save(self, folder: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            "step": self.step,
            "model": self.model.state_dict(),
            "objective": self.objective.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        torch.save(state, folder / f"{CHECKPOINT}.new")
        (folder / f"{CHECKPOINT}.new").replace(folder / CHECKPOINT)

    def resume(self, folder: Path) -> None:
        """Go on from a checkpoint."""
        state: dict[str, Any] = torch.load(folder / CHECKPOINT, weights_only=True)
        self.step = state["step"]
        self.model.load_state_dict(state["model"])
        self.objective.load_state_dict(state["objective"])
        self.optimiser.load_state_dict(state["optimiser"])


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
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    batches = IconBatches(icons)
    trainer = Trainer(options, batches, label_batches(batches), config or UiClipConfig())
    if (folder / CHECKPOINT).is_file():
        trainer.resume(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "options.json").write_text(json.dumps(asdict(options), indent=2) + "\n")
    seen, begun, saved = 0, time.monotonic(), time.monotonic()
    with (folder / LOG).open("a") as log:
        while trainer.step < options.steps:
            losses = trainer.advance()
            seen += 1
            if trainer.step % 20 == 0:
                _note(log, trainer.step, losses, (time.monotonic() - begun) / seen)
            if time.monotonic() - saved > options.checkpoint_minutes * 60 or trainer.step == options.steps:
                trainer.save(folder)
                towers = towers_of(trainer.model)
                measured = {"step": trainer.step, "r1_of_100": recall_at_1_of_100(towers, held_out).mean}
                measured["ui_concepts"] = ui_concepts_top1(towers, held_out).mean
                log.write(json.dumps(measured) + "\n")
                log.flush()
                saved = time.monotonic()
    trainer.model.save_pretrained(folder / "model")
    return trainer.model


def _note(log: Any, step: int, losses: Losses, seconds: float) -> None:
    entry = {
        "step": step,
        "clip": round(losses.clip.detach().item(), 4),
        "instance": round(losses.instance.detach().item(), 4),
        "words": round(losses.words.detach().item(), 4),
        "seconds_a_step": round(seconds, 2),
    }
    log.write(json.dumps(entry) + "\n")
    log.flush()
    typer.echo(f"step {step}: " + ", ".join(f"{k} {v}" for k, v in entry.items() if k != "step"))


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
