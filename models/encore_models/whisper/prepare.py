"""Prepare the hearing: from the installed weights to a bundle of int8 graphs, in seconds and offline."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import onnx

from encore_models.bundle import Bundle, Contents, Graph, Shape, open_session, write_bundle
from encore_models.errors import BundleBroken, BundleMissing, UnfitProcessor
from encore_models.perception.mel import log_mel
from encore_models.perception.voice import SHORT_SECONDS, TAIL_FILE, TOKENIZER_FILE
from encore_models.whisper import graphs
from encore_models.whisper.tail import Array, babble, padding_tail
from encore_models.whisper.weights import LICENCE, SOURCE, WhisperFiles, read_whisper

log = logging.getLogger(__name__)

Progress = Callable[[str, float], None]

RECIPE = 1
"""Counted up when the graphs change, so that a bundle made by an older Encore is made again."""
NAME = "whisper-tiny.en-int8"
START = 50257
"""Begins a transcript; in the English-only models nothing tells the language."""
NO_TIMESTAMPS = 50362
END = 50256

_BUILDERS = {"encoder": graphs.encoder, "cross": graphs.cross, "decoder": graphs.decoder}
_OUTSIDE_FROM = 1024
"""Bytes from which a tensor lies beside the graph, where the runtime can map it."""
_THREADS = 2
_LEAST_LIKENESS = 0.98
"""Of int8 frames to float32 ones; below it, this processor's int8 arithmetic cannot be trusted."""


def prepare_hearing(folder: Path, progress: Progress = lambda what, done: None) -> Bundle:
    """Make the bundle of the hearing, or keep the one that is there, whole and current.

    Args:
        folder: Where it belongs.
        progress: Told what is done, 0 to 1.

    Raises:
        WeightsMissing: The package with the weights is not installed.
        WeightsChanged: Its files are not those this version was built for.
        UnfitProcessor: The int8 graphs do not compute what they should on this machine.
        BundleNotWritten: The disk is full, or the folder cannot be written.
    """
    progress("checking the hearing models", 0.0)
    bundle = _kept(folder)
    if bundle is None:
        progress("reading the Whisper weights", 0.05)
        files = read_whisper()
        bundle = write_bundle(folder, lambda made: _fill(made, files, progress))
    progress("the hearing models are ready", 1.0)
    return bundle


def _kept(folder: Path) -> Bundle | None:
    try:
        bundle = Bundle.open(folder)
    except BundleMissing:
        return None
    except BundleBroken as error:
        log.warning("making the hearing models again: %s", error)
        return None
    return bundle if bundle.contents.settings.get("recipe") == RECIPE else None


def _fill(made: Path, files: WhisperFiles, progress: Progress) -> Contents:
    """Write the graphs, the tokenizer and the tail into the folder."""
    described = {}
    for index, (name, build) in enumerate(_BUILDERS.items()):
        progress(f"writing the {name}", 0.15 + 0.1 * index)
        model = build(files.weights, "int8")
        described[name] = _describe(name, model)
        onnx.save_model(
            model,
            made / f"{name}.onnx",
            save_as_external_data=True,
            location=f"{name}.weights",
            size_threshold=_OUTSIDE_FROM,
        )
    (made / TOKENIZER_FILE).write_bytes(files.tokenizer)
    exact = _encode_with(graphs.encoder(files.weights, "float32").SerializeToString())
    progress("listening to silence", 0.6)
    np.save(made / TAIL_FILE, padding_tail(exact), allow_pickle=False)
    progress("comparing int8 with float32", 0.95)
    likeness = _likeness(exact, _encode_with(made / "encoder.onnx"))
    if likeness < _LEAST_LIKENESS:
        raise UnfitProcessor(likeness)
    return Contents(
        name=NAME,
        source=SOURCE,
        licence=LICENCE,
        graphs=described,
        settings={
            "recipe": RECIPE,
            "start": [START, NO_TIMESTAMPS],
            "end": END,
            "suppressed": list(files.suppressed),
            "suppressed_first": list(files.suppressed_first),
        },
        metrics={"encoder_cosine_int8_float32": round(likeness, 5)},
    )


def _describe(name: str, model: onnx.ModelProto) -> Graph:
    return Graph(f"{name}.onnx", _shapes(model.graph.input), _shapes(model.graph.output))


def _shapes(values: Iterable[onnx.ValueInfoProto]) -> dict[str, Shape]:
    return {
        value.name: tuple(axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim)
        for value in values
    }


def _encode_with(model: Path | bytes) -> Callable[[Array], Array]:
    session = open_session(model, _THREADS)

    def encode(mel: Array) -> Array:
        frames: Array = session.run(["frames"], {"mel": mel})[0]
        return frames

    return encode


def _likeness(one: Callable[[Array], Array], other: Callable[[Array], Array]) -> float:
    """Mean cosine of two encoders' frames over a sound that is like speech."""
    mel = log_mel(babble(3), SHORT_SECONDS)
    a, b = one(mel)[0], other(mel)[0]
    return float(((a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))).mean())
