"""Search settings of the action model: `python -m encore_models.training.action.tune --data DATA --folder runs/tune`.

The study lies in the folder in one SQLite file; each process that is started on the same folder works on it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import optuna
import torch
import typer
from torch import Tensor

from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.errors import TrainingDiverged
from encore_models.training.action.fusion import FUSIONS
from encore_models.training.action.model import ActionConfig
from encore_models.training.action.prior import beginning
from encore_models.training.action.stream import Corpus, Shards
from encore_models.training.action.train import sizes_of, train
from encore_models.training.action.trainer import DEFAULTS, TrainOptions

STUDY = "action"
Start = Callable[[ActionConfig], dict[str, Tensor]]


@dataclass(frozen=True, slots=True)
class Space:
    """What is searched: a grid takes each value, a random search lies between the least and the largest rate."""

    learning_rate: tuple[float, ...] = (2e-4, 5e-4, 1e-3, 2e-3)
    width: tuple[int, ...] = (128, 256)
    dropout: tuple[float, ...] = (0.0, 0.1, 0.2)
    fusion: tuple[str, ...] = tuple(FUSIONS)


def tune(
    folder: Path,
    options: TrainOptions,
    corpus: Corpus,
    sizes: ActionConfig,
    space: Space,
    trials: int,
    kind: str = "random",
    start: Start | None = None,
    storage: str | None = None,
) -> optuna.Study:
    """Try settings; what is minimised is the best validation loss of a run. Runs that go badly are given up early.

    Args:
        folder: Of the study and of its runs; others may work on it at the same time.
        options: Of each run, but for what is searched.
        corpus: To train and validate on.
        sizes: How wide the samples are, and the model's other sizes.
        space: What is searched.
        trials: How many this process tries; a grid ends where all of it was tried.
        kind: `random` or `grid`.
        start: Gives weights to begin with; None begins with random ones.
        storage: Address of the database that others share; None keeps the study in a file of the folder.

    Raises:
        ValueError: There is no such kind of search.
    """
    folder.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=STUDY,
        storage=storage or f"sqlite:///{folder / 'study.db'}",
        load_if_exists=True,
        direction="minimize",
        sampler=_sampler(kind, space),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=options.steps // 3),
    )
    objective = _objective(folder, options, corpus, sizes, space, kind, start)
    study.optimize(objective, n_trials=trials, catch=(TrainingDiverged,))
    return study


def _sampler(kind: str, space: Space) -> optuna.samplers.BaseSampler:
    if kind == "grid":
        return optuna.samplers.GridSampler({name: list(values) for name, values in asdict(space).items()})
    if kind == "random":
        return optuna.samplers.RandomSampler()
    raise ValueError(f"there is no search {kind!r}; there are random and grid")


def _objective(
    folder: Path,
    options: TrainOptions,
    corpus: Corpus,
    sizes: ActionConfig,
    space: Space,
    kind: str,
    start: Start | None,
) -> Callable[[optuna.Trial], float]:
    def objective(trial: optuna.Trial) -> float:
        rates = space.learning_rate
        if kind == "grid":
            rate = trial.suggest_categorical("learning_rate", rates)
        else:
            rate = trial.suggest_float("learning_rate", min(rates), max(rates), log=True)
        config = replace(
            sizes,
            width=trial.suggest_categorical("width", space.width),
            dropout=trial.suggest_categorical("dropout", space.dropout),
            fusion=trial.suggest_categorical("fusion", space.fusion),
        )

        def watch(step: int, loss: float) -> bool:
            trial.report(loss, step)
            return trial.should_prune()

        run = folder / f"trial-{trial.number:04d}"
        begin = start(config) if start is not None else None
        result = train(run, replace(options, learning_rate=rate), corpus, config, begin, watch)
        if result.stopped_early and trial.should_prune():
            raise optuna.TrialPruned
        return result.best_loss

    return objective


def main(
    data: Annotated[Path, typer.Option(help="Folder of the shards.")],
    folder: Annotated[Path, typer.Option(help="Of the study; start more processes on it to search together.")],
    trials: Annotated[int, typer.Option(help="That this process tries.")] = 10,
    steps: Annotated[int, typer.Option(help="Of each run.")] = 1000,
    kind: Annotated[str, typer.Option(help="random or grid.")] = "random",
    storage: Annotated[
        str | None, typer.Option(help="Database that many machines share, as postgresql://...; else a file there.")
    ] = None,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
) -> None:
    """Search settings of the action model."""
    torch.set_num_threads(threads)
    corpus, options, clip = Shards(data), replace(DEFAULTS, steps=steps), UiClip.load()

    def start(config: ActionConfig) -> dict[str, Tensor]:
        return beginning(config, clip, options.seed)

    study = tune(folder, options, corpus, sizes_of(corpus), Space(), trials, kind, start, storage)
    typer.echo(f"best of {len(study.trials)}: loss {study.best_value:.4f} with {study.best_params}")


if __name__ == "__main__":
    typer.run(main)
