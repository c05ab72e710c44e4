"""New weights in an exported graph: exporting takes half a minute, and tuning changes nothing but numbers.

The exporter keeps each weight as it is, or turned. Which is which is told by the values themselves, so the graph of the
old weights is looked through with the old weights in hand. What cannot be told is exported anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from encore_models.training.action.export import export_float
from encore_models.training.action.model import ActionModel
from encore_models.training.action.shipped import read_weights

Weights = Mapping[str, NDArray[np.float32]]


def weights_of(model: ActionModel) -> Weights:
    """A model's numbers by their names."""
    return {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}


def identity_of(model: ActionModel) -> str:
    """A name for a model's numbers, and for all that they are used for."""
    digest = hashlib.blake2b(repr(model.config).encode(), digest_size=8)
    for name, value in sorted(weights_of(model).items()):
        digest.update(name.encode() + value.tobytes())
    return digest.hexdigest()


def graph_in(folder: Path, model: ActionModel) -> Path:
    """The float32 graph of a model, kept in a folder; exported where it is not there yet."""
    path = folder / f"graph-{identity_of(model)}.onnx"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        export_float(model, path.with_suffix(".new")).replace(path)
    return path


def export_from(model: Path, folder: Path) -> Path:
    """`graph_in` of the weights in a folder; for a process of its own."""
    return graph_in(folder, read_weights(model))


def grafted(graph: Path, old: ActionModel, new: ActionModel, target: Path) -> Path | None:
    """The graph with other weights; None where it cannot be told which number is which.

    Args:
        graph: Of the old model.
        old: What the graph was exported from.
        new: A model of the same config.
        target: Where the new graph is written.
    """
    loaded = onnx.load(graph)
    places = _places(weights_of(old), weights_of(new))
    for initializer in loaded.graph.initializer:
        value = numpy_helper.to_array(initializer)
        wanted = places.get(_content(value))
        if wanted is None:
            continue
        if any(not np.array_equal(one, wanted[0]) for one in wanted[1:]):
            return None
        initializer.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(wanted[0]), initializer.name))
    onnx.save(loaded, target)
    return target


def _places(old: Weights, new: Weights) -> dict[bytes, list[NDArray[np.float32]]]:
    """What takes the place of each old value, as it is and turned; several where old values are alike."""
    found: dict[bytes, list[NDArray[np.float32]]] = {}
    for name, value in old.items():
        found.setdefault(_content(value), []).append(new[name])
        if value.ndim == 2:
            found.setdefault(_content(value.T), []).append(new[name].T)
    return found


def _content(value: NDArray[np.float32]) -> bytes:
    digest = hashlib.blake2b(f"{value.shape}{value.dtype}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(value).tobytes())
    return digest.digest()
