"""One model of the table, measured on the test split."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from encore_models.perception.action import contradicted
from encore_models.perception.situation import STATES
from encore_models.training.action.evaluate import AT_ONCE, GROUPED, Decider, Figures, evaluate, feeds_of
from encore_models.training.action.export import export_float, loss_of, losses, variants
from encore_models.training.action.ledger import Entry, measured
from encore_models.training.action.model import ActionModel, torch_outputs
from encore_models.training.action.quantise import WAYS, quantise_dynamic
from encore_models.training.action.samples import Sample, collate
from encore_models.training.action.voices import TEST_SPEAKERS
from encore_models.training.voice_sounds import DEVELOPMENT, TRAINING

if TYPE_CHECKING:
    from tests.benchmarks.action.material import Material

SPREAD_FROM = 20
"""Samples of a group of voices from which its share is counted in the spread over the groups."""
EPISODES_FROM = 20
"""Episodes of which a share is told."""
GROUP_OF = {speaker.name: speaker.group for speaker in (*TRAINING, *DEVELOPMENT, *TEST_SPEAKERS)}
"""How a voice makes sound, by its name."""
TOGGLED = "already: a toggle"
"""Name of those of `already` in which a toggle is passed over that one more click would turn back."""
CALIBRATION = 128
"""Samples of validation that the ranges of static int8 are read from."""
KEEP = 0.75
"""Share of heads and units that stay when pruned."""
EPISODE, TEST_SPLIT = "episode", "the test split"
TOLD_APART = ("hard", "voice", "application")
"""Groups whose figures are told."""


def measure(
    name: str,
    model: ActionModel,
    seconds: float | None,
    material: Material,
    variants_of: Literal["none", "int8", "all"] = "int8",
) -> dict[str, Any]:
    """All figures of a model; what was not measured is None.

    Args:
        name: Of the row.
        model: Trained.
        seconds: That its training took; None where that is not known.
        material: What it is measured on.
        variants_of: Which variants are exported and measured.
    """

    def decide(feeds: dict[str, Any]) -> dict[str, Any]:
        return torch_outputs(model, feeds)

    figures = evaluate(decide, material.test, (*GROUPED, EPISODE))
    if material.toggled:
        figures.groups.setdefault("hard", {})[TOGGLED] = evaluate(decide, material.toggled, ())
    ledger = {} if variants_of == "none" else _ledger(model, material, variants_of == "all")
    return {
        **row_of(name, "ui_clip", "whisper", model.config.fusion, figures),
        "target_hit_evidence": hit_with_evidence(decide, material.test),
        "set": TEST_SPLIT,
        "parameters": count_of(model),
        **_costs(ledger),
        "training_seconds": seconds,
        "groups": {
            **{key: _told(figures.groups.get(key, {})) for key in TOLD_APART},
            "voice_group": [
                {"of": name, "samples": samples, "next_step_accuracy": share}
                for name, (samples, share) in voice_groups(figures).items()
            ],
        },
        "ledger": [{"variant": variant, **entry.as_metrics()} for variant, entry in ledger.items()],
    }


def row_of(name: str, screen: str, voice: str, fusion: str, figures: Figures) -> dict[str, Any]:
    """What every row tells."""
    return {
        "name": name,
        "screen": screen,
        "voice": voice,
        "fusion": fusion,
        "samples": figures.samples,
        "next_step_accuracy": figures.next_step_accuracy,
        "state_macro_f1": figures.state_macro_f1,
        "open_set_auroc": figures.open_set_auroc,
        "target_hit_model": figures.target_hit,
        "wrong_target": figures.wrong_target,
        "episodes_right": episodes_right(figures),
        "voice_spread": voice_spread(figures),
    }


def count_of(model: Any) -> int:
    """Numbers that are learned."""
    return sum(parameter.numel() for parameter in model.parameters())


def _ledger(model: ActionModel, material: Material, whole: bool) -> dict[str, Entry]:
    with tempfile.TemporaryDirectory(prefix="encore-bench-") as scratch:
        full = export_float(model, Path(scratch) / "fp32.onnx")
        if whole:
            return variants(model, full, material.validation[:CALIBRATION], material.test, KEEP)[1]
        graphs = {"fp32": full, "int8_dynamic": quantise_dynamic(full, full.with_name("int8.onnx"))}
        return {name: measured(graph, material.test) for name, graph in graphs.items()}


def _costs(ledger: Mapping[str, Entry]) -> dict[str, Any]:
    """Of float32, and of the int8 variant that loses less."""
    if not ledger:
        return dict.fromkeys(("int8_variant", "fp32_mb", "int8_mb", "fp32_ms", "int8_ms", "int8_loss_points"))
    way = int8_of(ledger)
    full, small = ledger["fp32"], ledger[way]
    return {
        "int8_variant": way,
        "fp32_mb": full.megabytes,
        "int8_mb": small.megabytes,
        "fp32_ms": full.milliseconds,
        "int8_ms": small.milliseconds,
        "int8_loss_points": 100 * loss_of(full.figures, small.figures),
    }


def int8_of(ledger: Mapping[str, Entry]) -> str:
    """The int8 variant that loses less; of those that lose as much, the first of `WAYS`."""
    lost = losses(ledger)
    return min(lost, key=lambda way: (lost[way], list(WAYS).index(way)))


def _told(groups: Mapping[str, Figures]) -> list[dict[str, Any]]:
    return [{"of": name, "samples": one.samples, **one.as_metrics()} for name, one in groups.items()]


def hit_with_evidence(decide: Decider, samples: Sequence[Sample]) -> float | None:
    """Share of the targets that are on the screen which are hit, evidence passing over some candidates."""
    asked = [one for one in samples if STATES[one.state] == "step" and one.candidate >= 0]
    hits = []
    for first in range(0, len(asked), AT_ONCE):
        some = asked[first : first + AT_ONCE]
        batch = collate(some)
        outputs = decide(feeds_of(batch))
        for row, one in enumerate(some):
            step, logits = int(outputs["step"][row].argmax()), outputs["candidate"][row].copy()
            logits[: len(one.candidates)][contradicted(one, step)] = -np.inf
            there = np.append(batch["hits"][row], False)
            hits.append(step == one.step and bool(there[logits.argmax()]))
    return sum(hits) / len(hits) if hits else None


def episodes_right(figures: Figures) -> float | None:
    """Share of the episodes of which every decision was right, each asked for with what came before it done.

    None for too few of them.
    """
    ones = figures.groups.get(EPISODE, {}).values()
    right = [one.next_step_accuracy == 1 and one.target_hit in (None, 1) and not one.wrong_target for one in ones]
    return sum(right) / len(right) if len(right) >= EPISODES_FROM else None


def voice_groups(figures: Figures) -> dict[str, tuple[int, float]]:
    """Samples and next-step accuracy of voices that make sound alike; one that is not known is a group by itself."""
    groups: dict[str, list[Figures]] = {}
    for name, one in figures.groups.get("voice", {}).items():
        groups.setdefault(GROUP_OF.get(name, name), []).append(one)
    counts = {name: sum(one.samples for one in some) for name, some in groups.items()}
    return {
        name: (counts[name], sum(one.samples * (one.next_step_accuracy or 0) for one in some) / counts[name])
        for name, some in groups.items()
    }


def voice_spread(figures: Figures) -> float | None:
    """Next-step accuracy of the group of voices understood best less that of the worst; None for fewer than two."""
    shares = [share for samples, share in voice_groups(figures).values() if samples >= SPREAD_FROM]
    return max(shares) - min(shares) if len(shares) > 1 else None
