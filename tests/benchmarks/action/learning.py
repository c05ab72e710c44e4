"""How much demonstrations of one's own bring: from the rule alone against from the default, and what is forgotten."""

from __future__ import annotations

import resource
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from encore_models.training.action.evaluate import Figures, evaluate
from encore_models.training.action.finetune import Lesson, Tuning, fine_tune
from encore_models.training.action.model import ActionModel, torch_outputs
from encore_models.training.action.samples import Sample
from encore_models.training.action.stream import Listed
from encore_models.training.action.train import MODEL, train
from encore_models.training.action.trainer import TrainOptions
from tests.benchmarks.action.material import Material, by_episode

COUNTS = (1, 5, 20, 100)
"""Demonstrations."""
KEPT_BACK = 0.4
"""Of the episodes of validation, which stand for a user's own, to measure on."""
OLD = 20
"""Demonstrations that were learned before, beside which one is fine-tuned on new ones."""
FIVE = 5
"""New demonstrations whose fine-tuning is measured."""
CHECKED_EVERY = 4
"""Of the samples every fourth is kept back for the check."""
MEGA = 1024
"""Kilobytes in a megabyte."""


def curve(
    material: Material, default: ActionModel, start: dict[str, Tensor], options: TrainOptions, runs: Path
) -> list[dict[str, Any]]:
    """Success against the number of demonstrations: as many of validation as there are, measured on others of it.

    Args:
        material: With episodes of validation.
        default: What is fine-tuned.
        start: What training from scratch begins with.
        options: Of each run.
        runs: Folder of the runs.
    """
    own, held = _parted(material)
    points = []
    for count in (count for count in COUNTS if count <= len(own)):
        shown = [one for episode in own[:count] for one in episode]
        for way, weights in (("scratch", start), ("fine-tuned", default.state_dict())):
            run = runs / f"demonstrations-{way}-{count}"
            rate = options.learning_rate / (1 if way == "scratch" else 4)
            begun = time.monotonic()
            train(run, replace(options, learning_rate=rate), _listed(shown), default.config, weights)
            seconds = time.monotonic() - begun
            figures = _figures(ActionModel.from_pretrained(run / MODEL), held)
            points.append({"way": way, "demonstrations": count, **figures.as_metrics(), **_costs(run, seconds)})
    return points


def tuned(material: Material, default: ActionModel) -> dict[str, Any]:
    """What fine-tuning on one and on five of a user's own demonstrations does to these, and to others."""
    own, held = _parted(material)
    old = [one for episode in by_episode(material.test)[:OLD] for one in episode]
    others = [one for episode in by_episode(material.test)[OLD:] for one in episode] or old
    told: dict[str, Any] = {}
    for name, count in (("one", 1), ("five", FIVE)):
        shown = [one for episode in own[:count] for one in episode]
        result = fine_tune(default, _lesson(shown), _lesson(old), Tuning())
        told[name] = {
            "seconds": result.seconds,
            "taken": result.taken,
            "own_before": _figures(default, held).as_metrics(),
            "own_after": _figures(result.model, held).as_metrics(),
            "others_before": _figures(default, others).as_metrics(),
            "others_after": _figures(result.model, others).as_metrics(),
        }
    return told


def _parted(material: Material) -> tuple[list[list[Sample]], list[Sample]]:
    episodes = by_episode(material.validation)
    back = max(1, round(KEPT_BACK * len(episodes)))
    return episodes[:-back], [one for episode in episodes[-back:] for one in episode]


def _lesson(samples: list[Sample]) -> Lesson:
    """Every fourth sample is kept back."""
    learned = [one for number, one in enumerate(samples) if number % CHECKED_EVERY]
    return Lesson(learned, samples[::CHECKED_EVERY])


def _listed(samples: list[Sample]) -> Listed:
    return Listed(train=samples, validation=samples)


def _figures(model: ActionModel, samples: list[Sample]) -> Figures:
    return evaluate(lambda feeds: torch_outputs(model, feeds), samples, groups=())


def _costs(run: Path, seconds: float) -> dict[str, float]:
    size = (run / MODEL / "model.safetensors").stat().st_size
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGA
    return {"seconds": seconds, "megabytes": size / 1e6, "most_memory_mb": memory}
