"""Whether a graph computes what torch does, head by head, within tolerances that are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from encore_models.bundle import open_session
from encore_models.errors import ExportStrays
from encore_models.perception.action import OUTPUTS, softmax
from encore_models.training.action.evaluate import Outputs, feeds_of, onnx_decider
from encore_models.training.action.model import ActionModel, torch_outputs
from encore_models.training.action.samples import Sample, collate

FLOAT_TOLERANCE = {"state": 1e-3, "step": 1e-3, "candidate": 1e-3, "argument": 1e-3, "attention": 1e-4}
"""Largest difference between torch and float32 ONNX: of logits, and of shares of attention."""
INT8_TOLERANCE = {"state": 0.03, "step": 0.03, "candidate": 0.03, "argument": 0.03, "attention": 0.03}
"""Largest mean difference of probabilities between torch and int8 ONNX (half of the sum over what is chosen from)."""


def check_float(model: ActionModel, graph: Path, samples: Sequence[Sample]) -> dict[str, float]:
    """Largest difference of each head between torch and float32 ONNX.

    Raises:
        ExportStrays: One is above its tolerance.
    """
    feeds = feeds_of(collate(samples))
    ours, theirs = torch_outputs(model, feeds), onnx_decider(open_session(graph))(feeds)
    differences = {name: float(np.abs(ours[name] - theirs[name]).max()) for name in OUTPUTS}
    hold("float32", differences, FLOAT_TOLERANCE)
    return differences


def int8_differences(model: ActionModel, graph: Path, samples: Sequence[Sample]) -> dict[str, float]:
    """Mean difference of each head's probabilities between torch and int8 ONNX, 0 the same and 1 all different."""
    feeds = feeds_of(collate(samples))
    ours, theirs = torch_outputs(model, feeds), onnx_decider(open_session(graph))(feeds)
    return {name: float(np.abs(_shares(name, ours) - _shares(name, theirs)).sum(axis=1).mean() / 2) for name in OUTPUTS}


def check_int8(model: ActionModel, graph: Path, samples: Sequence[Sample]) -> dict[str, float]:
    """As `int8_differences`, held.

    Raises:
        ExportStrays: One is above its tolerance.
    """
    differences = int8_differences(model, graph, samples)
    hold("int8", differences, INT8_TOLERANCE)
    return differences


def _shares(name: str, outputs: Outputs) -> Any:
    return outputs[name] if name == "attention" else softmax(outputs[name])


def hold(what: str, differences: Mapping[str, float], tolerances: Mapping[str, float]) -> None:
    """Refuse a graph that strays.

    Raises:
        ExportStrays: A head differs by more than its tolerance.
    """
    for name, difference in differences.items():
        if not difference <= tolerances[name]:
            raise ExportStrays(f"{what} {name}", f"differs by {difference:.2g}, more than {tolerances[name]}")
