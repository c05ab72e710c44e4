"""A training on its way: the step that moves the action model, alone or among many processes.

Everything random in a step comes from the seed and the step's number, and the order of samples from the seed and the
pass, so a run that was stopped goes on exactly as if it had not been. Losses are summed over the whole batch, wherever
its parts are worked on, so neither the number of processes nor the number of parts changes what is learned.
"""

from __future__ import annotations

import math
import os
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import typer
from accelerate import Accelerator, DataLoaderConfiguration, skip_first_batches
from torch import Tensor, nn

from encore_models.perception.situation import STATES
from encore_models.training.action.compare import Batch
from encore_models.training.action.errors import OtherRun, TooLarge, TrainingDiverged, memory_ended
from encore_models.training.action.losses import losses_of
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.stream import Corpus, batches, endless, part_of

CHECKPOINT = "checkpoint.pt"
WEIGHTS = (1.0, 1.0, 1.0, 0.3)
"""Of the losses of state, step, candidate and argument."""
SHARES = ("right_states", "right_steps", "right_candidates", "right_arguments")
"""Names of what validation gives besides the loss."""


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What one run is."""

    steps: int = 6000
    batch: int = 64
    """Samples in a step, over all processes."""
    parts: int = 1
    """Parts that a process works through a batch in; gradients are accumulated over them."""
    learning_rate: float = 5e-4
    weight_decay: float = 0.05
    warmup: int = 200
    """Steps in which the learning rate rises."""
    clip: float = 1.0
    """Largest norm of a gradient."""
    evaluate_every: int = 200
    """Steps; a checkpoint is made then too."""
    patience: int = 10
    """Evaluations without a better validation loss after which training ends."""
    seed: int = 7


PRECISION = "ACCELERATE_MIXED_PRECISION"
"""What `accelerate launch` sets in the environment."""
PRECISIONS = ("no", "bf16")
"""Of float16 the losses would have to be scaled, which adding up gradients of parts and processes here does not do."""

DEFAULTS = TrainOptions()
FREE = ("steps", "parts", "patience")
"""Options that may change when a run goes on; `steps` bends the schedule from there."""


class Trainer:
    """A model on its way: everything that a checkpoint holds, and the step that moves it."""

    def __init__(
        self, options: TrainOptions, corpus: Corpus, config: ActionConfig, start: dict[str, Tensor] | None = None
    ) -> None:
        self.options, self.corpus = options, corpus
        self.accelerator = accelerator()
        torch.manual_seed(options.seed)
        model = ActionModel(config)
        if start is not None:
            model.load_state_dict(start)
        self.model: Any
        self.optimiser: Any
        self.model, self.optimiser = self.accelerator.prepare(model, _optimiser(model, options))
        self.parts = options.parts
        self._validated_in = 1
        """Parts of a batch in validation, where they must be more than in training."""
        self.step, self.best_loss, self.best_step = 0, math.inf, 0
        self._batches: Any = None

    @property
    def bare(self) -> ActionModel:
        """The model itself, without what spreads it."""
        model: ActionModel = self.accelerator.unwrap_model(self.model)
        return model

    def advance(self) -> float:
        """One step on one batch; gives its loss.

        Raises:
            TrainingDiverged: The loss or the gradient is not finite; the model is still that of before.
            TooLarge: Not even one sample fits into memory.
        """
        if self._batches is None:
            self._batches = iter(self._from_here())
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.options, self.step)
        batch = next(self._batches)
        # Only here, for a stream that is opened draws from the same source. Dropout must differ between processes,
        # and be the same when a step is taken again.
        torch.manual_seed(hash((self.options.seed, self.step, self.accelerator.process_index)))
        self.model.train()
        loss = self._gradient(batch)
        norm = nn.utils.clip_grad_norm_(self.bare.parameters(), self.options.clip)
        for what, value in (("the loss", loss), ("the gradient", float(norm))):
            if not math.isfinite(value):
                raise TrainingDiverged(self.step, what, None)
        self.optimiser.step()
        self.step += 1
        return loss

    def _from_here(self) -> Any:
        loader = self.accelerator.prepare(endless(self.corpus, self.options.seed, self.options.batch))
        return skip_first_batches(loader, self.step) if self.step else loader

    def _gradient(self, batch: Batch) -> float:
        """Gradients of the whole batch, over its parts and over all processes; smaller parts where memory ends."""
        counts = self.accelerator.reduce(_counts(batch), "sum").clamp(min=1)
        while True:
            self.optimiser.zero_grad(set_to_none=True)
            total, full = self._parts(batch, counts)
            # All processes must take the same way, or they would wait for each other for ever.
            if float(self.accelerator.reduce(torch.tensor(float(full), device=self.accelerator.device), "sum")) == 0:
                break
            rows = len(batch["state"])
            if self.parts >= rows:
                raise TooLarge(1)
            self.parts = min(2 * self.parts, rows)
            self.accelerator.print(f"out of memory: batches are now worked through in {self.parts} parts")
        if self.accelerator.num_processes > 1:
            self._share_gradients()
        return float(self.accelerator.reduce(total, "sum"))

    def _parts(self, batch: Batch, counts: Tensor) -> tuple[Tensor, bool]:
        """The loss of this process' share with its gradients, and whether memory ran out on the way."""
        total = torch.zeros((), device=self.accelerator.device)
        weights = torch.tensor(WEIGHTS, device=self.accelerator.device) / counts
        rows = len(batch["state"])
        size = math.ceil(rows / self.parts)
        # Gradients are added up here, once for a step, so that a process that runs out of memory can take its parts
        # again without the others being in the middle of an exchange with it.
        apart = self.accelerator.no_sync(self.model) if self.accelerator.num_processes > 1 else nullcontext()
        try:
            with apart:
                for first in range(0, rows, size):
                    part = part_of(batch, slice(first, first + size))
                    with self.accelerator.autocast():
                        heads = self.model(part)
                    loss = (losses_of(heads, part).sums * weights).sum()
                    self.accelerator.backward(loss)
                    total += loss.detach()
        except (RuntimeError, MemoryError) as error:
            if not memory_ended(error):
                raise
            self._free()
            return total, True
        return total, False

    def _free(self) -> None:
        """Give back what is kept for later."""
        if self.accelerator.device.type == "cuda":
            torch.cuda.empty_cache()

    def _share_gradients(self) -> None:
        """The sum over all processes, in one exchange."""
        parameters = [p for p in self.bare.parameters() if p.requires_grad]
        flat = torch.cat([(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters])
        summed = self.accelerator.reduce(flat, "sum")
        for parameter, grad in zip(parameters, summed.split([p.numel() for p in parameters]), strict=True):
            parameter.grad = grad.view_as(parameter)

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Loss, and shares of right states, steps, candidates and arguments where one is due, on validation.

        Raises:
            TooLarge: Not even one sample fits into memory.
        """
        self.model.eval()
        device = self.accelerator.device
        sums = torch.zeros(3, len(WEIGHTS), device=device)
        everything = batches(self.corpus.stream("validation", None), self.options.batch)
        for number, batch in enumerate(everything):
            # Each process takes its turn, so a batch is worked on once.
            if number % self.accelerator.num_processes != self.accelerator.process_index:
                continue
            sums += self._judged(batch)
        sums = self.accelerator.reduce(sums, "sum")
        means = sums[0] / sums[1].clamp(min=1)
        shares = (sums[2] / sums[1].clamp(min=1)).tolist()
        loss = float((means * torch.tensor(WEIGHTS, device=device)).sum())
        return {"loss": loss, **dict(zip(SHARES, shares, strict=True))}

    def _judged(self, batch: Batch) -> Tensor:
        """Losses, counts and how many are right [3, 4] of a batch; in smaller parts where memory ends."""
        rows = len(batch["state"])
        while True:
            parts = min(rows, max(self.parts, self._validated_in))
            size = math.ceil(rows / parts)
            sums = torch.zeros(3, len(WEIGHTS), device=self.accelerator.device)
            try:
                for first in range(0, rows, size):
                    part = part_of(batch, slice(first, first + size))
                    moved = {name: tensor.to(self.accelerator.device) for name, tensor in part.items()}
                    with self.accelerator.autocast():
                        heads = self.bare(moved)
                    sums += torch.stack(losses_of(heads, moved))
                return sums
            except (RuntimeError, MemoryError) as error:
                if not memory_ended(error):
                    raise
                if parts >= rows:
                    raise TooLarge(1) from error
            self._free()
            # No other process waits for this one before the end, so each goes its own way.
            self._validated_in = min(2 * parts, rows)
            typer.echo(f"out of memory: validation now works through batches in {self._validated_in} parts")

    def save(self, folder: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "options": asdict(self.options),
            "config": asdict(self.bare.config),
            "step": self.step,
            "best": (self.best_loss, self.best_step),
            "model": self.bare.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        if self.accelerator.is_main_process:
            folder.mkdir(parents=True, exist_ok=True)
            torch.save(state, folder / f"{CHECKPOINT}.new")
            (folder / f"{CHECKPOINT}.new").replace(folder / CHECKPOINT)
        self.accelerator.wait_for_everyone()

    def resume(self, folder: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            OtherRun: It was made with other options.
        """
        state: dict[str, Any] = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
        self._compare(folder, state)
        self.step = state["step"]
        self.best_loss, self.best_step = state["best"]
        self.bare.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self._batches = None

    def _compare(self, folder: Path, state: dict[str, Any]) -> None:
        now = asdict(self.bare.config) | {k: v for k, v in asdict(self.options).items() if k not in FREE}
        then = state["config"] | state["options"]
        if differences := [
            f"{name}: {then.get(name)}, now {value}" for name, value in now.items() if then.get(name) != value
        ]:
            raise OtherRun(folder, ", ".join(differences))


def accelerator() -> Accelerator:
    """On whatever this process was started for.

    Raises:
        ValueError: `accelerate launch` was told a precision that cannot be trained in here.
    """
    # Each process reads the stream and takes its share of each batch: no batch goes over the network.
    loading = DataLoaderConfiguration(split_batches=True, dispatch_batches=False, even_batches=False)
    return Accelerator(mixed_precision=precision(), dataloader_config=loading)


def precision() -> str:
    """As the launcher says; where there is none, bfloat16 if the device has it.

    Raises:
        ValueError: It says one that cannot be trained in here.
    """
    half = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    asked = os.environ.get(PRECISION, "bf16" if half else "no").lower()
    if asked not in PRECISIONS:
        raise ValueError(
            f"the action model is not trained in {asked}; take --mixed_precision {' or '.join(PRECISIONS)}"
        )
    return asked


def learning_rate(options: TrainOptions, step: int) -> float:
    """Rises over the warm-up, then falls as half a cosine to a hundredth."""
    if step < options.warmup:
        return options.learning_rate * (step + 1) / options.warmup
    way = min(1.0, (step - options.warmup) / max(1, options.steps - options.warmup))
    return options.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * way)) / 2)


def _optimiser(model: ActionModel, options: TrainOptions) -> torch.optim.Optimizer:
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=options.learning_rate,
        betas=(0.9, 0.98),
    )


def _counts(batch: Batch) -> Tensor:
    """How many samples each head is asked about: [4]."""
    due = (batch["state"] == STATES.index("step")).sum()
    everything = torch.tensor(len(batch["state"]), device=due.device)
    return torch.stack([everything, due, due + batch["missing"].sum(), due]).float()
