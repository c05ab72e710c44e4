"""Prepare the hearing: from the installed weights to a bundle of int8 graphs, in seconds and offline."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from encore_models.bundle import Bundle, Contents, Graph, Shape, open_session, write_bundle
from encore_models.errors import BundleBroken, BundleMissing, UnfitProcessor
from encore_models.perception.mel import log_mel
from encore_models.perception.voice import RECIPE, SHORT_SECONDS, TAIL_FILE, TOKENIZER_FILE
from encore_models.whisper import graphs
from encore_models.whisper.adapter import WEIGHTS, adapted
from encore_models.whisper.tail import Array, babble, padding_tail
from encore_models.whisper.weights import WhisperFiles, encoder_identity, read_whisper

log = logging.getLogger(__name__)

Progress = Callable[[str, float], None]


EXACT = "exact.onnx"
"""The encoder in float32, kept only while a bundle is made."""

_BUILDERS = {"encoder": graphs.encoder, "cross": graphs.cross, "decoder": graphs.decoder}
_OUTSIDE_FROM = 1024
"""Bytes from which a tensor lies beside the graph, where the runtime can map it."""
_THREADS = 2
_LEAST_LIKENESS = 0.98
"""Of int8 frames to float32 ones; below it, this processor's int8 arithmetic cannot be trusted."""


def prepare_hearing(
    folder: Path, progress: Progress = lambda what, done: None, adapter: Path | None = WEIGHTS
) -> Bundle:
    """Make the bundle of the hearing, or keep the one that is there, whole and current.

    Args:
        folder: Where it belongs.
        progress: Told what is done, 0 to 1.
        adapter: Folder of the changes that make the encoder hear through noise; None leaves it as OpenAI made it.

    Raises:
        BundleMissing: There is no adapter in its folder.
        BundleBroken: The adapter is damaged, or is for another encoder.
        WeightsMissing: The package with the weights is not installed.
        WeightsChanged: Its files are not those this version was built for.
        UnfitProcessor: The int8 graphs do not compute what they should on this machine.
        BundleNotWritten: The disk is full, or the folder cannot be written.
    """
    progress("checking the hearing models", 0.0)
    changes = None if adapter is None else Bundle.open(adapter)
    bundle = kept(folder)
    if bundle is None or bundle.contents.settings.get("adapter", "") != _name_of(changes):
        progress("reading the Whisper weights", 0.05)
        files = read_whisper() if changes is None else adapted(read_whisper(), changes)
        bundle = write_bundle(folder, lambda made: _fill(made, files, _name_of(changes), progress))
    progress("the hearing models are ready", 1.0)
    return bundle


def _name_of(adapter: Bundle | None) -> str:
    return "" if adapter is None else adapter.contents.name


def kept(folder: Path) -> Bundle | None:
    """The bundle that is there, where it is whole and of the present recipe."""
    try:
        bundle = Bundle.open(folder)
    except BundleMissing:
        return None
    except BundleBroken as error:
        log.warning("making the hearing models again: %s", error)
        return None
    return bundle if bundle.contents.settings.get("recipe") == RECIPE else None


def _fill(made: Path, files: WhisperFiles, adapter: str, progress: Progress) -> Contents:
    """Write the bundle of tiny.en into the folder, and check the processor."""
    with tempfile.TemporaryDirectory(dir=made.parent) as work:
        contents = write_whisper(made, files, "int8", Path(work), progress)
        progress("comparing int8 with float32", 0.95)
        likeness = _likeness(encoder_of(Path(work) / EXACT), encoder_of(made / "encoder.onnx"))
    if likeness < _LEAST_LIKENESS:
        raise UnfitProcessor(likeness)
    settings = contents.settings | {"adapter": adapter}
    return replace(contents, settings=settings, metrics={"encoder_cosine_int8_float32": round(likeness, 5)})


def write_whisper(
    made: Path,
    files: WhisperFiles,
    precision: graphs.Precision,
    work: Path,
    progress: Progress = lambda what, done: None,
) -> Contents:
    """Write the graphs, the tokenizer and the tail of any Whisper into a folder.

    Args:
        made: The folder.
        files: The Whisper.
        precision: Of the graphs.
        work: Gets the encoder in float32, `EXACT`, and the tail; what another call left there is used.
        progress: Told what is done, 0 to 1.
    """
    described = {}
    for index, (name, build) in enumerate(_BUILDERS.items()):
        progress(f"writing the {name}", 0.15 + 0.1 * index)
        described[name] = _save(build(files.weights, precision), made / f"{name}.onnx")
    (made / TOKENIZER_FILE).write_bytes(files.vocabulary.tokenizer)
    progress("listening to silence", 0.6)
    if not (work / TAIL_FILE).exists():
        _save(graphs.encoder(files.weights, "float32"), work / EXACT)
        mels = graphs.Sizes.of(files.weights).mels
        np.save(work / TAIL_FILE, padding_tail(encoder_of(work / EXACT), mels), allow_pickle=False)
    shutil.copyfile(work / TAIL_FILE, made / TAIL_FILE)
    return Contents(
        name=f"{files.name}-{precision}",
        source=files.source,
        licence=files.licence,
        graphs=described,
        settings=_settings(files),
    )


def _settings(files: WhisperFiles) -> dict[str, list[int] | list[float] | int | str]:
    vocabulary = files.vocabulary
    return {
        "recipe": RECIPE,
        "encoder": encoder_identity(files.weights),
        "start": list(vocabulary.start),
        "end": vocabulary.end,
        "suppressed": list(vocabulary.suppressed),
        "suppressed_first": list(vocabulary.suppressed_first),
        "languages": " ".join(vocabulary.languages),
        "language_tokens": list(vocabulary.languages.values()),
    }


def _save(model: onnx.ModelProto, path: Path) -> Graph:
    """Write a graph with its weights beside it, where the runtime can map them."""
    graph = Graph(path.name, _shapes(model.graph.input), _shapes(model.graph.output))
    onnx.save_model(
        model,
        path,
        save_as_external_data=True,
        location=f"{path.stem}.weights",
        size_threshold=_OUTSIDE_FROM,
    )
    onnx.checker.check_model(str(path))
    return graph


def _shapes(values: Iterable[onnx.ValueInfoProto]) -> dict[str, Shape]:
    return {
        value.name: tuple(axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim)
        for value in values
    }


def encoder_of(graph: Path) -> Callable[[Array], Array]:
    """Runs an encoder's graph: mel [1, M, 2T] -> frames [1, T, D]."""
    session = open_session(graph, _THREADS)

    def encode(mel: Array) -> Array:
        frames: Array = session.run(["frames"], {"mel": mel})[0]
        return frames

    return encode


def _likeness(one: Callable[[Array], Array], other: Callable[[Array], Array]) -> float:
    """Mean cosine of two encoders' frames over a sound that is like speech."""
    mel = log_mel(babble(3), SHORT_SECONDS)
    a, b = one(mel)[0], other(mel)[0]
    return float(((a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))).mean())
