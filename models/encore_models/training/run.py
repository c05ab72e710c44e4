"""A run of a training: its checkpoints, its log, and going on exactly where it was stopped."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import typer
from torch import nn

CHECKPOINT, LOG = "checkpoint.pt", "log.jsonl"
NOTED = 20
"""Steps between two lines of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What every run is told; each training has defaults of its own."""

    steps: int
    learning_rate: float
    """At its highest."""
    weight_decay: float
    warmup: int
    """Steps in which the learning rate rises."""
    seed: int = 7
    threads: int = 1
    checkpoint_minutes: float


class Trainer(ABC):
    """Modules on their way: everything that a checkpoint holds, and the step that moves it."""

    def __init__(self, options: RunOptions, modules: Mapping[str, nn.Module]) -> None:
        """At the beginning; what is random in the modules was drawn already.

        Args:
            options: Of the run.
            modules: All that learns, by the names in the checkpoint.
        """
        self.step = 0
        self._modules = dict(modules)
        learning = [parameter for module in self._modules.values() for parameter in module.parameters()]
        decayed = [parameter for parameter in learning if parameter.ndim >= 2]
        others = [parameter for parameter in learning if parameter.ndim < 2]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
            lr=options.learning_rate,
            betas=(0.9, 0.98),
        )

    @abstractmethod
    def advance(self) -> dict[str, float]:
        """One step on one batch; the losses by name. All that is random in it comes from the seed and the step."""

    def save(self, folder: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        state: dict[str, Any] = {name: module.state_dict() for name, module in self._modules.items()}
        state |= {"step": self.step, "optimiser": self.optimiser.state_dict()}
        torch.save(state, folder / f"{CHECKPOINT}.new")
        (folder / f"{CHECKPOINT}.new").replace(folder / CHECKPOINT)

    def resume(self, folder: Path) -> None:
        """Go on from a checkpoint."""
        state: dict[str, Any] = torch.load(folder / CHECKPOINT, weights_only=True)
        self.step = state["step"]
        self.optimiser.load_state_dict(state["optimiser"])
        for name, module in self._modules.items():
            module.load_state_dict(state[name])


def run(
    folder: Path, trainer: Trainer, options: RunOptions, measure: Callable[[], Mapping[str, float]] | None = None
) -> None:
    """Begin, or go on with, a training until its last step; options, checkpoint and log lie in `folder`.

    Args:
        folder: Of this run; is made.
        trainer: At its beginning.
        options: The same that the trainer has.
        measure: What is logged with every checkpoint.
    """
    torch.set_num_threads(options.threads)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / CHECKPOINT).is_file():
        trainer.resume(folder)
    (folder / "options.json").write_text(json.dumps(asdict(options), indent=2) + "\n")
    seen, begun, saved = 0, time.monotonic(), time.monotonic()
    while trainer.step < options.steps:
        losses = trainer.advance()
        seen += 1
        if trainer.step % NOTED == 0:
            entry = {"step": trainer.step} | {name: round(loss, 4) for name, loss in losses.items()}
            _note(folder, entry | {"seconds_a_step": round((time.monotonic() - begun) / seen, 2)})
        if time.monotonic() - saved > options.checkpoint_minutes * 60 or trainer.step == options.steps:
            trainer.save(folder)
            if measure is not None:
                _note(folder, {"step": trainer.step, **measure()})
            saved = time.monotonic()


def _note(folder: Path, entry: Mapping[str, float]) -> None:
    with (folder / LOG).open("a") as log:
        log.write(json.dumps(entry) + "\n")
    typer.echo(", ".join(f"{name} {value}" for name, value in entry.items()))
