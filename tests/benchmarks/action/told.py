"""What the file of the action model's benchmark tells: the default's figures, all rows, and what each word means."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from encore_models.training.action.closed_loop import SURELY_DONE
from encore_models.training.action.ledger import RUNS, THREADS, TRIES
from tests.benchmarks.action.frozen import with_frozen
from tests.benchmarks.action.learning import BY_DEFAULT, BY_RULE, CHECKED, DRAWN
from tests.benchmarks.action.rows import EPISODES_FROM, SPREAD_FROM, TOGGLED

if TYPE_CHECKING:
    from encore_models.training.action.trainer import TrainOptions
    from tests.benchmarks.action.towers import Small

KEYS = (
    "next_step_accuracy target_hit_model target_hit_evidence wrong_target wrong state_macro_f1 episode_success "
    "episode_false_done open_set_auroc int8_loss_points"
).split()
"""Of the default's row, that the file tells at its top too."""
NOT_PLAYED = {"episodes": 0, "episode_success": None, "episode_false_done": None, "wrong": None}
NOT_MEASURED = {**NOT_PLAYED, "target_hit_evidence": None, "int8_loss_points": None}
"""Of the rows of other towers."""
SURE = 1.96
"""Deviations of a normal distribution that 95 % lie within."""
DEFINITIONS = {
    "next_step_accuracy": "Share of the decisions whose state is right, and the step too where one is due.",
    "target_hit_model": "Share of the targets on the screen that the model alone points at, with the right step.",
    "target_hit_evidence": "The same where evidence passes over candidates that it speaks against.",
    "wrong_target": "Share of the decisions that would act on another place than the right one, or where nothing is to "
    "be done.",
    "wrong": "Episodes played in closed loop, counted, that ended because something was acted on that should not be.",
    "episode_success, episode_false_done": "Shares of the episodes played in closed loop: with evidence, and all is "
    f"said to be done only from a probability of {SURELY_DONE} on; where it is less, a person is asked.",
    "episodes_right": "Share of the episodes of which every decision was right, each asked for with what came before "
    f"it done; left out for fewer than {EPISODES_FROM} episodes.",
    "voice_spread": "Next-step accuracy of the group of voices understood best less that of the worst. A group makes "
    f"sound in one way (formants, unit selection, ...); one of fewer than {SPREAD_FROM} decisions is left out.",
    "fp32_ms, int8_ms, decision_ms_int8": "Milliseconds of one decision of the row's own network, without looking and "
    f"hearing, on {THREADS} threads: of each situation the fastest of {TRIES} runs, of {RUNS} situations the median "
    "(of other towers, with the tower, one situation of middling size).",
    "parameters": "Of what is trained in the row; `frozen` names what is not, pretrained and used as it is shipped in "
    "8 bits. `frozen_...` are its costs, of one decision without anything remembered: all places of the screen and of "
    "the steps, all labels, both utterances. `whole_...` are both together, the row's own network in 8 bits.",
    "training_seconds": "Processor time of one thread; of the default the time of its run by the run's log, if given.",
    "already": "Something that is to be done is so already. Toggles that are on, and that one more click would turn "
    f"off, are part of it; `{TOGGLED}` tells of them alone.",
    "replayed": "The finder and the model look at the same drawn screens and read them by OCR, as a replay does; what "
    "the slot holds is taken as heard rightly.",
    "demonstrations": f"`{DRAWN}`: all that can be learned is drawn, the fixed order of steps and the cosines that are "
    f"compared stay. `{BY_RULE}`: the rule with its fitted regressions. `{BY_DEFAULT}`: the model that Encore comes "
    f"with. 0 demonstrations: the beginning itself. Checkpoints are chosen on {CHECKED} episodes of validation, of "
    "other applications than those learned and measured; `chosen_step` 0 is the beginning, where none was better. Each "
    "is one run, measured on `samples` decisions: some points more or less are chance.",
    "set": "What a row is measured on: rows of one set are to be compared with each other.",
    "tied_within_noise": "Whether the next-step accuracies of the best fusion and of the default's, trained alike, "
    "differ by no more than the 95 % interval of the difference of two shares of so many decisions (`noise_points`).",
}


def told_of(
    rows: list[dict[str, Any]],
    towers: Mapping[str, list[dict[str, Any]]],
    frozen: Mapping[str, Mapping[str, float]],
    measured: Mapping[str, Any],
    options: TrainOptions,
    small: Small,
) -> dict[str, Any]:
    """The file.

    Args:
        rows: The default, the fusions and the rule, in this order.
        towers: `towers` and `alignment`.
        frozen: Costs of the towers that nothing here trains.
        measured: `demonstrations`, `fine_tuning` and `replayed`.
        options: Of the fusions.
        small: Of the other towers.
    """
    default = rows[0]
    others = [{**NOT_MEASURED, **row} for row in towers["towers"]]
    return {
        "about": _about(default, options, others, small),
        "definitions": DEFINITIONS,
        **{key: default[key] for key in KEYS},
        "decision_ms_int8": default["int8_ms"],
        "decision_threads": THREADS,
        "int8_size_ratio": default["fp32_mb"] / default["int8_mb"],
        "fine_tune_seconds": measured["fine_tuning"]["beside"]["seconds"],
        **fusions_of(default, rows[1:-1]),
        "rows": [with_frozen(row, frozen) for row in (*rows, *others)],
        "frozen": frozen,
        "groups": default["groups"],
        "ledger": default["ledger"],
        **measured,
        "alignment": towers["alignment"],
    }


def fusions_of(default: Mapping[str, Any], trained: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The default's fusion, the best of those trained alike, and whether the two can be told apart.

    Args:
        default: The row of the default.
        trained: Those of the fusions.
    """
    best = max(trained, key=lambda row: (row["next_step_accuracy"], row["target_hit_model"]))
    same = [row for row in trained if row["fusion"] == default["fusion"]]
    told = {"default_fusion": default["fusion"], "best_fusion": best["fusion"]}
    if not same:
        return {**told, "best_fusion_ahead_points": None, "noise_points": None, "tied_within_noise": None}
    shares = [row["next_step_accuracy"] for row in (best, same[0])]
    noise = SURE * math.sqrt(sum(share * (1 - share) / best["samples"] for share in shares))
    ahead = shares[0] - shares[1]
    return {
        **told,
        "best_fusion_ahead_points": 100 * ahead,
        "noise_points": 100 * noise,
        "tied_within_noise": ahead <= noise,
    }


def seconds_in(log: Path) -> float:
    """Seconds that a training run took by its log (`log.Journal`), on the machine and beside whatever ran there.

    Raises:
        ValueError: There is no entry of training in it.
    """
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    steps = [(entry["step"], entry["seconds_a_step"]) for entry in entries if entry.get("part") == "train"]
    if not steps:
        raise ValueError(f"{log} tells of no training")
    before = [0, *(step for step, _ in steps)]
    return float(sum((step - first) * seconds for first, (step, seconds) in zip(before, steps, strict=False)))


def _about(default: Mapping[str, Any], options: TrainOptions, others: Sequence[Mapping[str, Any]], small: Small) -> str:
    told = [
        f"{default['samples']} decisions of the test split, whose applications, icons, fonts and voices no training "
        f"has seen; the default plays {default['episodes']} episodes in closed loop. UI-CLIP (looks and texts) and the "
        "encoder of Whisper tiny.en are pretrained and frozen in all of these rows; the action model begins with the "
        f"rule. Fusions: {options.steps} steps of {options.batch} samples each, so that all rows together take an hour "
        "of one core; the default was trained for longer."
    ]
    if others:
        one, size = others[0], small.size
        told.append(
            f"Other towers: each begins with random weights, {size.layers} layers of {size.hidden} with {size.heads} "
            f"heads, pictures of {size.side} pixels a side, films of {size.frames} frames with their optical flow, and "
            "is trained with the action model, which begins as the rule without words; the first row has no such "
            f"tower, but UI-CLIP and Whisper frozen. {small.steps} steps of {small.batch} samples out of "
            f"{one['learned_samples']} of {one['learned_episodes']} episodes; measured on {one['samples']} decisions "
            f"of {one['test_episodes']}, so differences of some points are chance. What ours compare beforehand is "
            "left out for all of them."
        )
    return " ".join(told)
