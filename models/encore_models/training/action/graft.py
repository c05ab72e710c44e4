"""New weights in a graph that is there: exporting takes half a minute, and tuning changes nothing but numbers.

The exporter keeps each weight as it is, or turned; int8 rounds it. Which is which is told by the values themselves, so
the graph of the old weights is looked through with the old weights in hand. What cannot be told is to be exported anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from encore_models.training.action.compare import unit
from encore_models.training.action.model import ActionModel
from encore_models.training.action.unquantise import opened

Weights = Mapping[str, NDArray[np.float32]]
ROUNDED = 1.01
"""Of a step of 8 bits: weights that are kept in 8 bits themselves may lie a whole one off those of the graph."""
SAME = 1e-6
"""Difference up to which two numbers that were never rounded are one: some are computed before they are stored."""


def weights_of(model: ActionModel) -> Weights:
    """A model's numbers by their names, and those that the exporter makes of them beforehand."""
    found = {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}
    return found | {"cues, of length one": unit(model.cues.detach().cpu()).numpy()}


def grafted(graph: Path, old: ActionModel, new: ActionModel, target: Path) -> Path | None:
    """The graph in float32 with other weights; None where it cannot be told which number is which.

    Args:
        graph: Of the old model, in float32 or int8.
        old: What the graph was exported from.
        new: A model of the same config.
        target: Where the new graph is written.
    """
    loaded = onnx.load(graph)
    rounded = opened(loaded.graph)
    pairs = _by_shape(weights_of(old), weights_of(new))
    for initializer in loaded.graph.initializer:
        value = numpy_helper.to_array(initializer)
        if value.dtype != np.float32:
            continue
        off = ROUNDED * rounded[initializer.name] if initializer.name in rounded else SAME
        wanted = [after for before, after in pairs.get(value.shape, ()) if np.all(np.abs(before - value) <= off)]
        if any(not np.array_equal(one, wanted[0]) for one in wanted[1:]):
            return None
        if wanted:
            initializer.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(wanted[0]), initializer.name))
    onnx.save(loaded, target)
    return target


def _by_shape(
    old: Weights, new: Weights
) -> dict[tuple[int, ...], list[tuple[NDArray[np.float32], NDArray[np.float32]]]]:
    """Each old value with what takes its place, as they are and turned."""
    found: dict[tuple[int, ...], list[tuple[NDArray[np.float32], NDArray[np.float32]]]] = {}
    for name, value in old.items():
        for before, after in _ways(value, new[name]):
            found.setdefault(before.shape, []).append((before, after))
    return found


def _ways(
    value: NDArray[np.float32], other: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    yield value, other
    if value.ndim == 2:
        yield value.T, other.T
