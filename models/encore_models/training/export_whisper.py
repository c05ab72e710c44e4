"""Export any Whisper for Encore: `python -m encore_models.training.export_whisper NAME|FOLDER|FILE.pt`.

Written is the same bundle as for tiny.en, through the same code: only the names of the weights are translated. The
running agent then needs neither torch nor transformers. Spectrogram, frames, likelihoods and transcripts are compared
with the original in float32; what came of it stands in the manifest and, clip by clip, in `parity.json`.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import platformdirs
import typer
from tokenizers import Tokenizer

from encore_models.bundle import Bundle, Contents, write_bundle
from encore_models.errors import BundleNotWritten, ModelsError
from encore_models.perception.mel import log_mel
from encore_models.perception.voice import LONG_SECONDS, Voice
from encore_models.phrases import words_of
from encore_models.training.whisper_checkpoints import Checkpoint, Original, load
from encore_models.whisper.checkpoint import hearing_folder
from encore_models.whisper.errors import WhisperMissing, WhisperStrays
from encore_models.whisper.graphs import Precision
from encore_models.whisper.prepare import write_whisper
from encore_models.whisper.speech import spoken
from encore_models.whisper.weights import NAME, Array, Vocabulary, encoder_identity

PARITY = "parity.json"
SPECTROGRAM_TOLERANCE = 2e-3
FRAME_COSINE = 0.9999
"""Least of any frame, float32 graphs to the original."""
LOG_P_TOLERANCE = 0.02
"""Of a token, float32 graphs to the original."""
LEAST_COSINE = 0.95
"""Mean of the frames, int8 graphs to the original, from which on they are taken."""
MOST_TOKENS = 40
"""Of a transcript of the original."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip's part of the report; log p is the mean over the tokens of what is said."""

    said: str
    original: str
    exported: str
    original_log_p: float
    exported_log_p: float


def export(name: str, folder: Path, small: bool = True) -> Bundle:
    """Write the bundle of a checkpoint.

    Args:
        name: Of the checkpoint, its folder or its .pt file.
        folder: Of the bundle; replaced.
        small: Int8; else float32, four times as large.

    Raises:
        WhisperMissing: There is no such checkpoint, or it is no Whisper.
        WhisperStrays: A graph does not compute what the original does.
        BundleNotWritten: The disk did not take it.
    """
    checkpoint = _own_name(load(name))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as work:
            return _export(checkpoint, folder, Path(work), small)
    except OSError as error:
        if isinstance(error, BundleNotWritten):
            raise
        raise BundleNotWritten(folder, error) from error


def _own_name(checkpoint: Checkpoint) -> Checkpoint:
    """Under a name that is not that of Encore's own: voice prints are made with an encoder of that name only."""
    files = checkpoint.files
    if files.name != NAME:
        return checkpoint
    return replace(checkpoint, files=replace(files, name=f"{NAME}-{encoder_identity(files.weights)}"))


def _export(checkpoint: Checkpoint, folder: Path, work: Path, small: bool) -> Bundle:
    def tried(precision: Precision) -> Bundle:
        return write_bundle(work / precision, lambda made: write_whisper(made, checkpoint.files, precision, work))

    metrics = {"spectrogram_difference": _spectrogram(checkpoint)}
    made = tried("float32")
    found, clips = compare(checkpoint, made, "float32")
    metrics |= found
    _check_exact(checkpoint.files.name, metrics)
    if small:
        shutil.rmtree(made.folder)
        made = tried("int8")
        found, clips = compare(checkpoint, made, "int8")
        metrics |= found
        if metrics["int8_cosine_frames"] < LEAST_COSINE:
            problem = f"has frames that are only {metrics['int8_cosine_frames']:.3f} like the original's"
            raise WhisperStrays(f"{checkpoint.files.name} in int8", problem, "Try --float32")

    def fill(target: Path) -> Contents:
        for file in made.manifest.files:
            shutil.move(made.folder / file, target / file)
        (target / PARITY).write_text(json.dumps([asdict(clip) for clip in clips], indent=2, ensure_ascii=False) + "\n")
        return replace(made.contents, metrics=metrics)

    return write_bundle(folder, fill)


def _spectrogram(checkpoint: Checkpoint) -> float:
    """How far Encore's spectrogram is from the checkpoint's own, at most."""
    clips = list(spoken().values())
    theirs = [checkpoint.original.mel(clip) for clip in clips]
    found = max(
        float(np.abs(mel - log_mel(clip, LONG_SECONDS, mel.shape[1])).max())
        for clip, mel in zip(clips, theirs, strict=True)
    )
    if found > SPECTROGRAM_TOLERANCE:
        raise WhisperMissing(checkpoint.files.name, f"its spectrogram is not Whisper's (differs by {found:.2g})")
    return found


def _check_exact(name: str, metrics: dict[str, float]) -> None:
    cosine, log_p = metrics["float32_cosine_frames_least"], metrics["float32_difference_log_p"]
    if not (cosine >= FRAME_COSINE and log_p <= LOG_P_TOLERANCE):
        problem = f"strays from the original: frames {cosine:.5f} alike, log p {log_p:.2g} apart"
        raise WhisperStrays(name, problem, "Please report the checkpoint")


def compare(checkpoint: Checkpoint, bundle: Bundle, prefix: str) -> tuple[dict[str, float], list[Clip]]:
    """The exported graphs against the original, both over the window of 30 s; transcripts as Encore hears them."""
    vocabulary, original = checkpoint.files.vocabulary, checkpoint.original
    language = next((code for code, token in vocabulary.languages.items() if token == vocabulary.start[1]), None)
    voice = Voice(bundle, language=language)
    cosines, apart, clips = [], [], []
    for said, samples in spoken().items():
        frames = original.frames(log_mel(samples, LONG_SECONDS, original.mel(samples).shape[1]))
        encoded = voice.encode(samples, full=True)
        cosines.append(_cosines(frames[0], encoded.frames))
        ids = voice.tokens(said)
        theirs = _told(original, frames, vocabulary, ids)
        (ours,) = voice.token_logprobs(encoded, [said])
        apart.append(np.abs(theirs - ours))
        heard = Tokenizer.from_str(vocabulary.tokenizer.decode()).decode(_greedy(original, frames, vocabulary)).strip()
        means = float(theirs.mean()), float(ours.mean())
        clips.append(Clip(said, heard, voice.hear(samples)[1].text, *(round(mean, 4) for mean in means)))
    return {
        f"{prefix}_cosine_frames": round(float(np.concatenate(cosines).mean()), 6),
        f"{prefix}_cosine_frames_least": round(float(np.concatenate(cosines).min()), 6),
        f"{prefix}_difference_log_p": round(float(np.concatenate(apart).max()), 6),
        f"{prefix}_difference_mean_log_p": max(abs(clip.original_log_p - clip.exported_log_p) for clip in clips),
        f"{prefix}_transcripts_same": sum(words_of(clip.original) == words_of(clip.exported) for clip in clips)
        / len(clips),
    }, clips


def _cosines(a: Array, b: Array) -> Array:
    return np.asarray((a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)))


def _told(original: Original, frames: Array, vocabulary: Vocabulary, ids: list[int]) -> Array:
    """Log p of each token of a text, and of the end after it."""
    tokens = [*vocabulary.start, *ids]
    logits = original.logits(frames, tokens)[len(vocabulary.start) - 1 :].astype(np.float64)
    peak = logits.max(-1, keepdims=True)
    log_p = logits - peak - np.log(np.exp(logits - peak).sum(-1, keepdims=True))
    return np.asarray(log_p[np.arange(len(ids) + 1), [*ids, vocabulary.end]], np.float32)


def _greedy(original: Original, frames: Array, vocabulary: Vocabulary) -> list[int]:
    """The likeliest tokens."""
    said: list[int] = []
    while len(said) < MOST_TOKENS:
        row = original.logits(frames, [*vocabulary.start, *said])[-1].copy()
        row[list(vocabulary.suppressed)] = -np.inf
        if not said:
            row[list(vocabulary.suppressed_first)] = -np.inf
        best = int(row.argmax())
        if best == vocabulary.end:
            break
        said.append(best)
    return said


def main(
    name: Annotated[str, typer.Argument(help="Name of a Whisper, its folder, or its .pt file.")],
    folder: Annotated[Path | None, typer.Option(help="Folder of the bundle; by default in the user's cache.")] = None,
    float32: Annotated[bool, typer.Option("--float32", help="Leave the numbers as they are: larger, exact.")] = False,
) -> None:
    """Export a Whisper of transformers or openai-whisper, so that `encore --whisper` can run it without torch."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    models = platformdirs.user_cache_path("encore", appauthor=False) / "models"
    try:
        made = export(name, folder or hearing_folder(name, models), small=not float32)
    except WhisperMissing as error:
        typer.echo(error.problem, err=True)
        raise typer.Exit(1) from error
    except ModelsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"written to {made.folder}")
    for key, value in made.contents.metrics.items():
        typer.echo(f"{key}: {value:.6g}")
    for clip in json.loads(made.path(PARITY).read_text()):
        typer.echo(f"said {clip['said']!r}: original {clip['original']!r}, exported {clip['exported']!r}")


if __name__ == "__main__":
    typer.run(main)
