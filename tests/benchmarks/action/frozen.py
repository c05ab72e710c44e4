"""What the towers cost that nothing here trains: UI-CLIP for looks and for texts, and the encoder of Whisper.

Samples hold their vectors, so no network of a row runs them; a decision needs them all the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx

from encore_models.bundle import Bundle
from encore_models.perception.mel import RATE, log_mel
from encore_models.perception.ui_clip import WEIGHTS, UiClip
from encore_models.perception.voice import SHORT_SECONDS
from encore_models.training.action.ledger import THREADS, TRIES
from encore_models.training.action.samples import Sample
from encore_recorder.geometry import Rect

LOOKS, TEXTS, VOICE = "UI-CLIP, looks", "UI-CLIP, texts", "Whisper, encoder"
WINDOW = 1000, 640
"""Pixels of the window that is looked at."""
LABEL = "Recent items"
"""As long as most labels."""
MADE_FOR_QUANTISING = ("_scale", "_zero_point")
"""Ends of names of numbers that were not learned."""


def frozen_towers(hearing: Bundle, samples: Sequence[Sample]) -> dict[str, dict[str, float]]:
    """Parameters, megabytes as they are shipped (8 bits), and milliseconds for one decision, each by the tower's name.

    Nothing is remembered: all places of the screen and of the demonstration's steps are looked at, all labels read in,
    and both utterances heard, as the trained towers do.

    Args:
        hearing: Prepared.
        samples: Of which one with a middling number of candidates is taken.
    """
    one = sorted(samples, key=lambda sample: len(sample.candidates))[len(samples) // 2]
    clip, bundle = UiClip.load(threads=THREADS, remembered=0), Bundle.open(WEIGHTS)
    image = np.random.default_rng(1).integers(0, 255, (*WINDOW[::-1], 3)).astype(np.uint8)
    boxes = [_box(place) for place in (*one.candidate_places, *one.step_places, *one.step_places)]
    texts = [LABEL] * int(one.candidate_texts.any(axis=1).sum() + one.step_texts.any(axis=1).sum())
    ears = hearing.session("encoder", THREADS)
    sound = np.random.default_rng(2).normal(size=round(SHORT_SECONDS * RATE)).astype(np.float32) / 10

    def hear() -> None:
        for _ in ("today", "when it was shown"):
            ears.run(["frames"], {"mel": log_mel(sound, SHORT_SECONDS)})

    return {
        LOOKS: _cost(bundle, ("icons", "strips"), lambda: clip.describe(image, boxes)),
        TEXTS: _cost(bundle, ("text",), lambda: clip.words(texts)),
        VOICE: _cost(hearing, ("encoder",), hear),
    }


def with_frozen(row: Mapping[str, Any], frozen: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """A row with what the towers cost that it stands behind, and all of it together, its own network in 8 bits."""
    names = [TEXTS, *([LOOKS] if "ui_clip" in row["screen"] else []), *([VOICE] if row["voice"] == "whisper" else [])]
    costs = {
        key: sum(frozen[name][key] for name in names) if frozen else None
        for key in ("parameters", "megabytes", "milliseconds")
    }
    own = dict(zip(costs, (row["parameters"], row["int8_mb"], row["int8_ms"]), strict=True))
    whole = {key: None if None in (own[key], costs[key]) else own[key] + costs[key] for key in costs}
    return {
        **row,
        "frozen": names,
        **{f"frozen_{key}": value for key, value in costs.items()},
        **{f"whole_{key}": value for key, value in whole.items()},
    }


def _box(place: np.ndarray[Any, Any]) -> Rect:
    """In pixels of the window; a place is given by its middle and sides in shares of it."""
    middle, sides = place[:2] * WINDOW, np.maximum(place[2:4] * WINDOW, 1)
    left, top = (int(value) for value in middle - sides / 2)
    return Rect(left, top, *(math.ceil(side) for side in sides))


def _cost(bundle: Bundle, graphs: Sequence[str], work: Callable[[], object]) -> dict[str, float]:
    files = [bundle.path(bundle.contents.graphs[name].file) for name in graphs]
    taken = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return {
        "parameters": sum(_parameters(onnx.load(path, load_external_data=False)) for path in files),
        "megabytes": sum(part.stat().st_size for path in files for part in path.parent.glob(f"{path.stem}.*")) / 1e6,
        "milliseconds": min(taken),
    }


def _parameters(graph: onnx.ModelProto) -> int:
    kinds = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.INT8, onnx.TensorProto.UINT8}
    weights = (one for one in graph.graph.initializer if not one.name.endswith(MADE_FOR_QUANTISING))
    return sum(math.prod(one.dims) for one in weights if one.data_type in kinds)
