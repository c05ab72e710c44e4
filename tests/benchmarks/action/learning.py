"""How much demonstrations of one's own bring, from three beginnings, and what is forgotten.

Of the episodes for testing some are shown and the others measured on. Which of a run's checkpoints stays is chosen on
episodes of validation, of other applications still; where none is better there than the beginning, that stays.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor, nn

from encore_models.training.action.evaluate import Figures, evaluate
from encore_models.training.action.finetune import Lesson, Tuning, fine_tune, loss_on
from encore_models.training.action.model import ActionConfig, ActionModel, torch_outputs
from encore_models.training.action.samples import Sample
from encore_models.training.action.shipped import CHECKED_EPISODES, NUMBERS, chosen
from encore_models.training.action.stream import Listed
from encore_models.training.action.train import MODEL, train
from encore_models.training.action.trainer import TrainOptions
from tests.benchmarks.action.material import Material, by_episode
from tests.benchmarks.action.rows import EPISODE, episodes_right
from tests.benchmarks.action.stored import Stored, apart

COUNTS = (1, 5, 20, 100)
"""Demonstrations."""
DRAWN, BY_RULE, BY_DEFAULT = "from random weights", "from the rule, untrained", "from the default"
"""Where a run begins: all weights drawn, those of the fixed rule and its fitted regressions too; the rule, of which
training has corrected nothing yet; the model that Encore comes with."""
KEPT_BACK = 1 / 3
"""Of the episodes that stand for a user's own, to measure on."""
CHECKED = 20
"""Episodes of validation that a checkpoint is chosen on."""
AS_MANY_FOR = 40
"""Demonstrations for which as many steps are taken once more, so that all points together take some minutes."""
FIVE, CHECKED_OWN = 5, 5
"""New demonstrations whose fine-tuning is measured; further ones of the application that tell whether it is taken."""
GENTLER = 4
"""By so much the learning rate is lower that the default is trained with."""
TUNINGS = {"one": 1, "five": FIVE}


def curve(
    material: Material,
    default: ActionModel,
    options: TrainOptions,
    stored: Stored,
    made_with: Any,
) -> list[dict[str, Any]]:
    """Success against the number of demonstrations, from none on: of applications that no training has seen.

    Args:
        material: Its episodes for testing stand for a user's own; some are learned, the others measured on.
        default: One of the beginnings.
        options: Of a run on few demonstrations; more take more steps.
        stored: Keeps the points.
        made_with: What they depend on besides.
    """
    own, held = _parted(by_episode(material.test))
    checked = _together(by_episode(material.validation)[:CHECKED])
    begun = {
        DRAWN: drawn(default.config, options.seed),
        BY_RULE: material.start(default.config, options.seed),
        BY_DEFAULT: default.state_dict(),
    }
    points = []
    for count in (count for count in (0, *COUNTS) if count <= len(own)):
        for number, (way, weights) in enumerate(begun.items()):
            rate = options.learning_rate / (GENTLER if way == BY_DEFAULT else 1)
            how = replace(options, learning_rate=rate, steps=steps_for(count, options.steps))
            point = partial(_point, how, _together(own[:count]), checked, held, default.config, dict(weights))
            told = stored.part(f"demonstrations/{number}-{count}", [made_with, way, how], point)
            points.append({"way": way, "demonstrations": count, **told})
    return points


def steps_for(count: int, few: int) -> int:
    """Steps of a run on so many demonstrations.

    Args:
        count: Of the demonstrations.
        few: Steps for hardly any.
    """
    return round(few * (1 + count / AS_MANY_FOR)) if count else 0


def drawn(config: ActionConfig, seed: int) -> dict[str, Tensor]:
    """Weights of chance alone.

    What is built in and not learned stays: which cosines are compared, and that the first step comes first.
    """
    torch.manual_seed(seed)
    model = ActionModel(config)
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    return model.state_dict()


def _point(
    options: TrainOptions,
    shown: Sequence[Sample],
    checked: Sequence[Sample],
    held: Sequence[Sample],
    config: ActionConfig,
    weights: Mapping[str, Tensor],
) -> dict[str, Any]:
    """Train on some demonstrations, and say how good that is on others."""
    model = ActionModel(config)
    model.load_state_dict(weights)
    told: dict[str, Any] = {"steps": 0, "chosen_step": 0}
    if shown:
        with TemporaryDirectory(prefix="encore-bench-") as scratch:
            run = Path(scratch)
            corpus = Listed(train=shown, validation=checked)
            result, cost = apart(train, run, options, corpus, config, weights)
            if result.best_loss < loss_on(model, checked):
                model, told["chosen_step"] = ActionModel.from_pretrained(run / MODEL), result.best_step
            megabytes = (run / MODEL / NUMBERS).stat().st_size / 1e6
        told |= {
            "steps": result.steps,
            "seconds": cost.seconds,
            "most_memory_mb": cost.memory_mb,
            "megabytes": megabytes,
        }
    figures = _figures(model, held)
    return {"samples": figures.samples, **_told(figures), **told}


def tuned(material: Material, default: ActionModel) -> dict[str, Any]:
    """What fine-tuning on one and on five demonstrations of an application does to it, to others, and to old ones.

    Whether it is taken is told by episodes of that application that are neither learned nor measured on.
    """
    every = by_episode(material.test)
    name, _ = Counter(episode[0].meta.get("application", "") for episode in every).most_common(1)[0]
    own, held = _parted([one for one in every if one[0].meta.get("application", "") == name])
    others = [one for one in material.test if one.meta.get("application", "") != name] or list(material.validation)
    old, checked = list(material.old), _together(own[FIVE : FIVE + CHECKED_OWN])
    counts = {"own_samples": len(held), "other_samples": len(others), "old_demonstrations": len(by_episode(old))}
    told: dict[str, Any] = {"application": name, **counts}
    for key, count in TUNINGS.items():
        # As long as it takes on a free core, however busy this machine is.
        beside = Lesson(old, chosen(material.validation, CHECKED_EPISODES))
        result = fine_tune(default, Lesson(_together(own[:count]), checked), beside, Tuning(), time.process_time)
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
    return episodes[:-back], _together(episodes[-back:])


def _together(episodes: Sequence[Sequence[Sample]]) -> list[Sample]:
    return [one for episode in episodes for one in episode]


def _figures(model: ActionModel, samples: Sequence[Sample]) -> Figures:
    return evaluate(lambda feeds: torch_outputs(model, feeds), samples, (EPISODE,))


def _told(figures: Figures) -> dict[str, Any]:
    return {**figures.as_metrics(), "episodes_right": episodes_right(figures)}
