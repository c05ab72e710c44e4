"""How much demonstrations of one's own bring: from scratch against from the default, and what is forgotten."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from encore_models.training.action.evaluate import Figures, evaluate
from encore_models.training.action.finetune import Lesson, Tuning, fine_tune
from encore_models.training.action.model import ActionConfig, ActionModel, torch_outputs
from encore_models.training.action.samples import Sample
from encore_models.training.action.shipped import CHECKED_EPISODES, chosen
from encore_models.training.action.stream import Listed
from encore_models.training.action.train import MODEL, train
from encore_models.training.action.trainer import TrainOptions
from tests.benchmarks.action.material import Material, by_episode
from tests.benchmarks.action.rows import EPISODE, episodes_right
from tests.benchmarks.action.stored import Stored, apart

COUNTS = (1, 5, 20, 100)
"""Demonstrations."""
KEPT_BACK = 1 / 3
"""Of the episodes that stand for a user's own, to measure on."""
FIVE = 5
"""New demonstrations whose fine-tuning is measured."""
CHECKED_EVERY = 4
"""Of the samples every fourth is kept back for the check."""
GENTLER = 4
"""By so much the learning rate of fine-tuning is lower than that of training."""
TUNINGS = {"one": 1, "five": FIVE}


def curve(
    material: Material,
    default: ActionModel,
    start: Mapping[str, Tensor],
    options: TrainOptions,
    stored: Stored,
    made_with: Any,
) -> list[dict[str, Any]]:
    """Success against the number of demonstrations: of applications that no training has seen.

    Args:
        material: Its episodes for testing stand for a user's own; some are learned, the others measured on.
        default: What is fine-tuned.
        start: What training from scratch begins with.
        options: Of each run.
        stored: Keeps the points.
        made_with: What they depend on besides.
    """
    own, held = _parted(by_episode(material.test))
    points = []
    for count in (count for count in COUNTS if count <= len(own)):
        shown = [one for episode in own[:count] for one in episode]
        for way, weights in (("from scratch", start), ("fine-tuned", default.state_dict())):
            rate = options.learning_rate / (1 if way == "from scratch" else GENTLER)
            how = replace(options, learning_rate=rate)
            name = f"demonstrations/{way.replace(' ', '-')}-{count}"

            folder = stored.folder / "runs" / name
            point = partial(_point, folder, how, shown, held, default.config, dict(weights))
            told = stored.part(name, [made_with, how], point)
            points.append({"way": way, "demonstrations": count, **told})
    return points


def _point(
    folder: Path,
    options: TrainOptions,
    shown: Sequence[Sample],
    held: Sequence[Sample],
    config: ActionConfig,
    weights: dict[str, Tensor],
) -> dict[str, Any]:
    (told, size), cost = apart(_learned, folder, options, shown, held, config, weights)
    return {**told, "seconds": cost.seconds, "most_memory_mb": cost.memory_mb, "megabytes": size / 1e6}


def _learned(
    folder: Path,
    options: TrainOptions,
    shown: Sequence[Sample],
    held: Sequence[Sample],
    config: ActionConfig,
    weights: dict[str, Tensor],
) -> tuple[dict[str, Any], int]:
    """Train on some demonstrations; how good that is on others, and how many bytes it takes."""
    train(folder, options, Listed(train=shown, validation=shown), config, weights)
    size = (folder / MODEL / "model.safetensors").stat().st_size
    return _told(_figures(ActionModel.from_pretrained(folder / MODEL), held)), size


def tuned(material: Material, default: ActionModel) -> dict[str, Any]:
    """What fine-tuning on one and on five demonstrations of an application does to it, to others, and to old ones."""
    every = by_episode(material.test)
    name, _ = Counter(episode[0].meta.get("application", "") for episode in every).most_common(1)[0]
    own, held = _parted([one for one in every if one[0].meta.get("application", "") == name])
    others = [one for one in material.test if one.meta.get("application", "") != name] or list(material.validation)
    old = list(material.old)
    counts = {"own_samples": len(held), "other_samples": len(others), "old_demonstrations": len(by_episode(old))}
    told: dict[str, Any] = {"application": name, **counts}
    for key, count in TUNINGS.items():
        shown = [one for episode in own[:count] for one in episode]
        # As long as it takes on a free core, however busy this machine is.
        beside = Lesson(old, chosen(material.validation, CHECKED_EPISODES))
        result = fine_tune(default, _lesson(shown), beside, Tuning(), time.process_time)
        places = {"own": held, "others": others, "old": old}
        before = {place: _told(_figures(default, some)) for place, some in places.items()}
        after = {place: _told(_figures(result.model, some)) for place, some in places.items()}
        told[key] = {
            "taken": result.taken,
            "steps": result.steps,
            "share": result.share,
            "learning_seconds": result.seconds,
            "loss": {"own": list(result.own_loss), "old": list(result.old_loss)},
            **{place: {"before": before[place], "after": after[place]} for place in places},
        }
    return told


def _parted(episodes: list[list[Sample]]) -> tuple[list[list[Sample]], list[Sample]]:
    back = max(1, round(KEPT_BACK * len(episodes)))
    return episodes[:-back], [one for episode in episodes[-back:] for one in episode]


def _lesson(samples: Sequence[Sample]) -> Lesson:
    """Every fourth sample is kept back."""
    learned = [one for number, one in enumerate(samples) if number % CHECKED_EVERY]
    return Lesson(learned, samples[::CHECKED_EVERY])


def _figures(model: ActionModel, samples: Sequence[Sample]) -> Figures:
    return evaluate(lambda feeds: torch_outputs(model, feeds), samples, (EPISODE,))


def _told(figures: Figures) -> dict[str, Any]:
    return {**figures.as_metrics(), "episodes_right": episodes_right(figures)}
