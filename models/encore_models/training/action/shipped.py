"""What is shipped beside the graph, so that tuning can begin from it: the weights in 8 bits, and some old samples.

A graph cannot be trained, so the weights lie in the bundle once more. Large matrices are kept as the int8 graph has
them, a scale a row; all else stays in float32, for it is little and much hangs on it. The samples are what tuning
checks by that a model still waits and stops, which no demonstration of a user shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from encore_models.training.action.model import CONFIGS, ActionModel
from encore_models.training.action.samples import Sample, read_shard, write_shard

CONFIG, NUMBERS, KEPT = "config.json", "model.safetensors", "kept.npz"
"""Sizes of the model, its weights, and samples of what it was trained on."""
LARGE = 2048
"""Numbers from which a matrix is kept in 8 bits."""
SCALE = ".scale"
"""Added to the name of a matrix for the name of its scales."""
MOST = 127
KEPT_EPISODES, CHECKED_EPISODES = 5, 10
"""Of training, to be rehearsed, and of applications that the model never saw, to tell what is forgotten."""
KEPT_BITS = 4
"""Of the ten of a half-precision number's mantissa that stay in kept samples: the rest is noise that does not pack."""


def write_weights(model: ActionModel, folder: Path) -> None:
    """Write `config.json` and `model.safetensors`, of which large matrices are in 8 bits."""
    numbers: dict[str, Tensor] = {}
    for name, value in model.state_dict().items():
        if value.ndim == 2 and value.numel() >= LARGE:
            scale = value.abs().amax(dim=1).clamp(min=1e-12) / MOST
            numbers[name + SCALE] = scale
            numbers[name] = (value / scale[:, None]).round().to(torch.int8)
        else:
            numbers[name] = value.contiguous()
    (folder / CONFIG).write_bytes(CONFIGS.dump_json(model.config, indent=2) + b"\n")
    save_file(numbers, folder / NUMBERS)


def read_weights(folder: Path) -> ActionModel:
    """The model in a folder, written by `write_weights` or by training itself."""
    numbers = load_file(folder / NUMBERS)
    model = ActionModel(CONFIGS.validate_json((folder / CONFIG).read_bytes()))
    scales = {name: numbers.pop(name + SCALE) for name in list(numbers) if name + SCALE in numbers}
    model.load_state_dict({
        name: value.float() * scales[name][:, None] if name in scales else value for name, value in numbers.items()
    })  # fmt: skip
    return model.eval()


def read_kept(folder: Path) -> list[Sample]:
    """The samples beside a model; none where there are none."""
    path = folder / KEPT
    return read_shard(path) if path.is_file() else []


def write_kept(samples: Sequence[Sample], folder: Path) -> None:
    """Write samples small: their numbers rounded, and all of it packed."""
    path = write_shard(folder / KEPT, [_smaller(one) for one in samples])
    with np.load(path, allow_pickle=False) as stored:
        columns = {name: stored[name] for name in stored.files}
    np.savez_compressed(path, **columns)  # type: ignore[arg-type]  # its stubs take the columns for its own options


def chosen(samples: Iterable[Sample], episodes: int = KEPT_EPISODES) -> list[Sample]:
    """Of the episodes in which the most different things are hard, one moment of each.

    Args:
        samples: Of training; those of one episode together.
        episodes: How many are taken.
    """
    found: dict[str, dict[str, Sample]] = {}
    for one in samples:
        # What is right without anything hard differs too: to act, and to be done.
        found.setdefault(one.meta.get("episode", ""), {}).setdefault(f"{one.meta.get('hard', '')} {one.state}", one)
    seen: dict[str, int] = {}
    taken: list[Sample] = []
    for _ in range(min(episodes, len(found))):
        # What was taken least often counts most.
        name = max(found, key=lambda episode: sum(1 / (1 + seen.get(kind, 0)) ** 2 for kind in found[episode]))
        for kind, one in found.pop(name).items():
            seen[kind] = seen.get(kind, 0) + 1
            taken.append(one)
    return taken


def _smaller(sample: Sample) -> Sample:
    """A sample with rounded numbers."""
    arrays = {field.name: getattr(sample, field.name) for field in fields(sample)}
    rounded: dict[str, Any] = {
        name: _rounded(value)
        for name, value in arrays.items()
        if isinstance(value, np.ndarray) and value.dtype == np.float16
    }
    return replace(sample, **rounded)


def _rounded(value: NDArray[np.float16]) -> NDArray[np.float16]:
    """The nearest numbers of a shorter mantissa."""
    low = 10 - KEPT_BITS
    bits = value.view(np.uint16).astype(np.uint32) + (1 << (low - 1))
    return np.asarray((bits >> low << low).astype(np.uint16).view(np.float16))
