"""What makes tiny.en hear through noise: low-rank changes to its encoder, added to its weights.

They are trained by `encore_models.training.train_whisper_adapter`; the model card lies beside them. Once they are
added, before the graphs are built, the encoder is as large and as fast as it was.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from encore_models.bundle import Bundle
from encore_models.errors import BundleBroken
from encore_models.whisper.weights import Array, WhisperFiles, encoder_identity

WEIGHTS = Path(__file__).parents[1] / "weights" / "whisper_adapter"
"""The adapter that Encore comes with; the voice prints' decision (`encore_agent.fitted`) is fitted to it."""
FILE = "adapter.npz"
DOWN, UP = "down", "up"
"""Kept in half precision of each changed matrix `name` [out, in]: `name/down` [rank, in] and `name/up` [out, rank]."""


def adapted(files: WhisperFiles, adapter: Bundle) -> WhisperFiles:
    """A Whisper with its encoder changed.

    Args:
        files: The Whisper that the adapter was trained for.
        adapter: The changes.

    Raises:
        BundleBroken: They are for another encoder, or no such changes.
    """
    encoder = encoder_identity(files.weights)
    if (meant := adapter.contents.settings.get("encoder")) != encoder:
        raise BundleBroken(adapter.folder, f"it changes the encoder {meant}, not {encoder}")
    try:
        changed = _changed(files, adapter.path(FILE))
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BundleBroken(adapter.folder, f"{FILE} does not fit the encoder ({error})") from error
    return replace(files, source=f"{files.source}, with {adapter.contents.name}", weights={**files.weights, **changed})


def _changed(files: WhisperFiles, path: Path) -> dict[str, Array]:
    changed = {}
    with np.load(path, allow_pickle=False) as stored:
        for key in stored.files:
            name, side = key.rsplit("/", 1)
            if side == DOWN:
                change = stored[f"{name}/{UP}"].astype(np.float32) @ stored[key].astype(np.float32)
                weight = files.weights[name]
                changed[name] = weight + change.reshape(weight.shape)
    return changed
