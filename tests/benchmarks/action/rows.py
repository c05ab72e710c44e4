"""One combination of the action model, trained and measured: a row of the table."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from encore_models.perception.situation import STATES
from encore_models.training.action.closed_loop import Played, play_all, telling
from encore_models.training.action.evaluate import Decider, Figures, evaluate
from encore_models.training.action.export import export_float, loss_of, quantise_dynamic, quantise_static
from encore_models.training.action.ledger import Entry, measured
from encore_models.training.action.log import LOG
from encore_models.training.action.model import ActionModel, torch_outputs
from encore_models.training.action.prune import pruned
from encore_models.training.action.samples import Sample
from tests.benchmarks.action.material import Material

SPREAD_FROM = 20
"""Samples of a voice from which its share is counted in the spread over voices."""
CALIBRATION = 64
"""Samples of validation that the ranges of static int8 are read from."""
KEEP = 0.75
"""Share of heads and units that stay when pruned."""


@dataclass(frozen=True, slots=True)
class Row:
    """One combination, measured on the test split."""

    name: str
    screen: str
    voice: str
    fusion: str
    figures: Figures
    """By groups."""
    hit_with_evidence: float | None
    played: Played | None
    """In closed loop with evidence; None where it was not played."""
    parameters: int
    training_seconds: float
    ledger: dict[str, Entry] = field(default_factory=dict)
    """What each variant costs and how good it is; the int8 one that loses less stands for int8."""

    def told(self) -> dict[str, Any]:
        """As a row of the table; what was not measured is None."""
        figures, played = self.figures, self.played
        full, small = self.ledger.get("fp32"), self.ledger.get(self.int8)
        return {
            "name": self.name,
            "screen": self.screen,
            "voice": self.voice,
            "fusion": self.fusion,
            "next_step_accuracy": figures.next_step_accuracy,
            "state_macro_f1": figures.state_macro_f1,
            "open_set_auroc": figures.open_set_auroc,
            "target_hit_model": figures.target_hit,
            "target_hit_evidence": self.hit_with_evidence,
            "wrong_target": figures.wrong_target,
            "episode_success": played.success if played else None,
            "episode_false_done": played.false_done if played else None,
            "wrong": played.wrong if played else None,
            "episodes": played.episodes if played else 0,
            "voice_spread": voice_spread(figures),
            "parameters": self.parameters,
            "fp32_mb": full.megabytes if full else None,
            "int8_mb": small.megabytes if small else None,
            "fp32_ms": full.milliseconds if full else None,
            "int8_ms": small.milliseconds if small else None,
            "int8_loss_points": 100 * loss_of(full.figures, small.figures) if full and small else None,
            "training_seconds": self.training_seconds,
        }

    @property
    def int8(self) -> str:
        """The int8 variant that loses less; empty where there is none."""
        ways = [name for name in self.ledger if name.startswith("int8")]
        return min(ways, key=lambda name: loss_of(self.ledger["fp32"].figures, self.ledger[name].figures), default="")


def measure(
    name: str,
    model: ActionModel,
    seconds: float,
    material: Material,
    play: bool,
    variants: Literal["no", "int8", "all"],
) -> Row:
    """All figures of a model.

    Args:
        name: Of the row.
        model: Trained.
        seconds: That its training took.
        material: What it is measured on.
        play: Whether it plays the episodes too.
        variants: Of the ledger: none, float32 and int8, or static int8 and the pruned ones too.
    """

    def decide(feeds: dict[str, Any]) -> dict[str, Any]:
        return torch_outputs(model, feeds)

    played = None
    if play and material.world is not None:
        played = play_all(telling(decide, evidence=True), material.world, material.numbers)
    return Row(
        name,
        "ui_clip",
        "whisper",
        model.config.fusion,
        evaluate(decide, material.test),
        hit_with_evidence(decide, material.test),
        played,
        sum(parameter.numel() for parameter in model.parameters()),
        seconds,
        {} if variants == "no" else _ledger(model, material, variants == "all"),
    )


def _ledger(model: ActionModel, material: Material, whole: bool) -> dict[str, Entry]:
    with tempfile.TemporaryDirectory(prefix="encore-bench-") as scratch:
        folder = Path(scratch)
        graphs = {"fp32": export_float(model, folder / "fp32.onnx")}
        graphs["int8_dynamic"] = quantise_dynamic(graphs["fp32"], folder / "int8.onnx")
        if whole:
            some = material.validation[:CALIBRATION]
            graphs["int8_static"] = quantise_static(graphs["fp32"], folder / "static.onnx", some)
            graphs["pruned"] = export_float(pruned(model, KEEP), folder / "pruned.onnx")
            graphs["pruned_int8"] = quantise_dynamic(graphs["pruned"], folder / "pruned-int8.onnx")
        return {name: measured(graph, material.test) for name, graph in graphs.items()}


def hit_with_evidence(decide: Decider, samples: Sequence[Sample]) -> float | None:
    """Share of the targets that are on the screen which are hit, evidence passing over some candidates."""
    tell = telling(decide, evidence=True)
    asked = [one for one in samples if STATES[one.state] == "step" and one.candidate >= 0]
    hits = [(told.step, told.candidate) == (one.step, one.candidate) for one in asked for told in (tell(one),)]
    return sum(hits) / len(hits) if hits else None


def voice_spread(figures: Figures) -> float | None:
    """Next-step accuracy of the voice that is understood best less that of the worst; None for fewer than two."""
    voices = figures.groups.get("voice", {}).values()
    shares = [one.next_step_accuracy for one in voices if one.samples >= SPREAD_FROM and one.next_step_accuracy]
    return max(shares) - min(shares) if len(shares) > 1 else None


def training_seconds(log: Path) -> float:
    """Seconds that the steps of a run took, evaluations left out."""
    entries = [entry for entry in map(json.loads, log.read_text().splitlines()) if entry.get("part") == "train"]
    starts = [0, *(entry["step"] for entry in entries)]
    return float(sum(e["seconds_a_step"] * (e["step"] - begun) for begun, e in zip(starts, entries, strict=False)))


def log_of(run: Path) -> Path:
    """The log of a run."""
    return run / LOG
