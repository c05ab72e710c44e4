"""What a training run tells: a JSON log, TensorBoard, and a bar that moves. Only the main process tells anything."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

LOG, BOARD = "log.jsonl", "tensorboard"
EVERY = 20
"""Steps between entries of the training loss."""


class Journal:
    """Open while a run goes on."""

    def __init__(self, folder: Path, steps: int, done: int, telling: bool) -> None:
        """Go on with the journal of a run.

        Args:
            folder: Of the run.
            steps: Of the whole run.
            done: Steps that were taken before; entries of later ones belong to an interrupted session and go.
            telling: Whether this process tells anything.
        """
        self._folder, self._steps, self._done, self._telling = folder, steps, done, telling
        self._log: IO[str] | None = None
        self._board: Any = None
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._begun, self._sum, self._count = time.monotonic(), 0.0, 0

    def __enter__(self) -> Journal:
        if self._telling:
            from torch.utils.tensorboard import SummaryWriter

            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / LOG
            path.write_text("".join(entries_until(path, self._done)))
            self._log = path.open("a")
            self._board = SummaryWriter(str(self._folder / BOARD), purge_step=self._done + 1)
            columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
            self._bar = Progress(*columns)
            self._bar.start()
            self._task = self._bar.add_task("training", total=self._steps, completed=self._done)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._log and self._bar:
            self._log.close()
            self._board.close()
            self._bar.stop()

    def step(self, step: int, loss: float, rate: float) -> None:
        """A step was taken; the log gets the mean of several."""
        self._sum, self._count = self._sum + loss, self._count + 1
        if self._bar:
            self._bar.update(self._task, completed=step, description=f"loss {loss:.3f}")
        if self._count == EVERY or step == self._steps:
            seconds = (time.monotonic() - self._begun) / self._count
            figures = {"loss": self._sum / self._count, "learning_rate": rate, "seconds_a_step": seconds}
            self._tell(step, "train", figures)
            self._begun, self._sum, self._count = time.monotonic(), 0.0, 0

    def evaluation(self, step: int, figures: dict[str, float]) -> None:
        """Validation was measured."""
        self._tell(step, "validation", figures)
        if self._bar:
            told = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
            self._bar.console.print(f"step {step}: {told}")

    def note(self, step: int, what: dict[str, str]) -> None:
        """Something else happened."""
        if self._log:
            self._log.write(json.dumps({"step": step, **what}) + "\n")
            self._log.flush()

    def _tell(self, step: int, part: str, figures: dict[str, float]) -> None:
        if self._log:
            self._log.write(json.dumps({"step": step, "part": part, **figures}) + "\n")
            self._log.flush()
            for name, value in figures.items():
                self._board.add_scalar(f"{part}/{name}", value, step)


def entries_until(path: Path, step: int) -> list[str]:
    """Lines of a log up to a step; a line that was cut off in writing is left out."""
    if not path.is_file():
        return []
    return [
        line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n") and _step_in(line) <= step
    ]


def _step_in(line: str) -> int:
    return int(json.loads(line)["step"])
