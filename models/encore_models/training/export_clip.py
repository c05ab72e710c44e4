"""Export any CLIP of transformers for Encore: `python -m encore_models.training.export_clip NAME|FOLDER`.

Written are an image and a text graph in int8, the tokenizer, and the numbers of the preprocessing. The running agent
then needs neither torch nor transformers. Both graphs are compared with torch, and the way from the picture to the
vector with the checkpoint's own preprocessing; what came of it stands in the manifest.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import platformdirs
import torch
import typer
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional
from transformers import AutoConfig, AutoModel, AutoProcessor

from encore_models.bundle import Bundle, Contents, Graph, open_session, write_bundle
from encore_models.errors import ClipMissing, ExportStrays, ModelsError
from encore_models.perception.clip import RESAMPLING, TOKENIZER, ExportedClip, exported_folder, squared
from encore_models.perception.crops import Picture
from encore_models.perception.ui_clip import SPAN
from encore_models.training.augment import icon_view
from encore_models.training.export_ui_clip import FLOAT_TOLERANCE, OPSET, Vectors, bare
from encore_models.training.span import drawing, span_of

LEAST_COSINE = 0.95
"""Mean cosine between torch in float32 and int8 ONNX, from which on the small graphs are taken."""
SAMPLES = 24
"""Drawings, and texts, of the check."""
TEXTS = ("play", "pause", "the search field", "close window", "heart", "next track", "new folder", "a")
FIXED_LENGTH = ("siglip", "siglip2")
"""Kinds of checkpoints whose text tower sees texts of one length, filled up, without a mask."""
RESAMPLE_NAMES = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers, which image processors keep."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A dual encoder of transformers with what it comes with."""

    name: str
    model: Any
    processor: Any

    @property
    def kind(self) -> str:
        """`clip`, `siglip`, ..."""
        return str(self.model.config.model_type)

    @property
    def text_length(self) -> int:
        """Most tokens of a text."""
        return int(self.model.config.text_config.max_position_embeddings)


class _Images(nn.Module):
    """Pixels [n, 3, size, size] -> unit vectors [n, d]."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        return _unit(self.model.get_image_features(pixel_values=pixels))


class _Texts(nn.Module):
    """Ids and mask [n, tokens] -> unit vectors [n, d]."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        return _unit(self.model.get_text_features(input_ids=ids, attention_mask=mask))


def _unit(found: Any) -> Tensor:
    # From transformers 5 on the features come inside of an output.
    return functional.normalize(getattr(found, "pooler_output", found).float(), dim=-1)


def load(name: str) -> Checkpoint:
    """Read a checkpoint by its name or folder.

    Raises:
        ClipMissing: There is no such checkpoint, or it is no CLIP.
    """
    try:
        # Nothing is built before the kind is known: some checkpoints are no models of two towers but very large.
        kind = AutoConfig.from_pretrained(name)
        if not (hasattr(kind, "text_config") and hasattr(kind, "vision_config")):
            raise ClipMissing(name, f"a checkpoint of the kind {kind.model_type} has no two towers")
        model = AutoModel.from_pretrained(name, attn_implementation="eager", dtype=torch.float32).eval()
        processor: Any = AutoProcessor.from_pretrained(name)  # type: ignore[no-untyped-call]
    except ClipMissing:
        raise
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ClipMissing(name, str(error).strip().splitlines()[0]) from error
    if not hasattr(model, "get_image_features") or not hasattr(model, "get_text_features"):
        raise ClipMissing(name, f"a {type(model).__name__} has no image and text features")
    if not hasattr(getattr(processor, "tokenizer", None), "backend_tokenizer"):
        raise ClipMissing(name, "its tokenizer is none of the package tokenizers")
    return Checkpoint(name, model, processor)


def preprocessing(checkpoint: Checkpoint) -> dict[str, list[int] | list[float] | int | str]:
    """Size, mean, spread and way of resizing that the checkpoint's pictures need.

    Raises:
        ClipMissing: Its preprocessing is of a kind that Encore does not know.
    """
    images = checkpoint.processor.image_processor
    size = int(checkpoint.model.config.vision_config.image_size)
    resample = RESAMPLE_NAMES.get(int(getattr(images, "resample", 3) or 0), "")
    mean, std = (list(getattr(images, key, None) or ()) for key in ("image_mean", "image_std"))
    if resample not in RESAMPLING or len(mean) != 3 or len(std) != 3:
        raise ClipMissing(checkpoint.name, f"its pictures are prepared by a {type(images).__name__}")
    return {"size": size, "mean": mean, "std": std, "resample": resample}


def write_tokenizer(checkpoint: Checkpoint, path: Path) -> None:
    """The tokenizer as one file that also says how texts are cut and filled up."""
    tokenizer = checkpoint.processor.tokenizer
    backend = tokenizer.backend_tokenizer
    backend.enable_truncation(checkpoint.text_length)
    padding = {"pad_id": int(tokenizer.pad_token_id or 0), "pad_token": tokenizer.pad_token or "<pad>"}
    fixed = checkpoint.text_length if checkpoint.kind in FIXED_LENGTH else None
    backend.enable_padding(length=fixed, **padding)
    backend.save(str(path))


def export(name: str, folder: Path, small: bool = True) -> Bundle:
    """Write the bundle of a checkpoint.

    Args:
        name: Of the checkpoint, or its folder.
        folder: Of the bundle; replaced.
        small: Int8; else float32, four times as large.

    Raises:
        ClipMissing: There is no such checkpoint, or it is no CLIP.
        ExportStrays: A graph does not compute what torch does.
        BundleNotWritten: The disk did not take it.
    """
    checkpoint = load(name)
    settings = preprocessing(checkpoint)
    with tempfile.TemporaryDirectory() as work:
        graphs = {key: Path(work) / f"{key}.onnx" for key in ("image", "text")}
        _to_onnx(checkpoint, int(np.asarray(settings["size"])), graphs)
        tokenizer = Path(work) / TOKENIZER
        write_tokenizer(checkpoint, tokenizer)

        def fill(target: Path, metrics: dict[str, float], chosen: dict[str, Path]) -> Contents:
            (target / TOKENIZER).write_bytes(tokenizer.read_bytes())
            for graph in chosen.values():
                onnx.save(bare(onnx.load(graph)), target / graph.name)
            return _contents(checkpoint, settings, chosen, metrics)

        # Measured through the very class that will run it, so the preprocessing is part of what is compared.
        full = ExportedClip(write_bundle(Path(work) / "full", lambda target: fill(target, {}, graphs)))
        metrics = _compared(checkpoint, full, "float32")
        if metrics["float32_difference_text"] > FLOAT_TOLERANCE:
            raise ExportStrays("float32 text", f"differs by {metrics['float32_difference_text']:.2g}")
        chosen = graphs
        if small:
            chosen = {key: graph.with_suffix(".int8.onnx") for key, graph in graphs.items()}
            for key, graph in graphs.items():
                _quantise(graph, chosen[key])
            tried = ExportedClip(write_bundle(Path(work) / "small", lambda target: fill(target, {}, chosen)))
            metrics |= _int8_metrics(checkpoint, full, tried)
        else:
            tried = full
        span = dict(zip(SPAN, span_of(tried.look), strict=True))
        return write_bundle(folder, lambda target: fill(target, metrics | span, chosen))


def _to_onnx(checkpoint: Checkpoint, size: int, graphs: dict[str, Path]) -> None:
    pixels = torch.zeros(2, 3, size, size)
    _write(_Images(checkpoint.model), {"pixels": pixels}, {"pixels": {0: Dim.DYNAMIC}}, graphs["image"])
    if checkpoint.kind in FIXED_LENGTH:
        ids = torch.ones(2, checkpoint.text_length, dtype=torch.int64)
        _write(_Texts(checkpoint.model), {"ids": ids}, {"ids": {0: Dim.DYNAMIC}}, graphs["text"])
        return
    feeds = {"ids": torch.ones(2, 6, dtype=torch.int64), "mask": torch.ones(2, 6, dtype=torch.int64)}
    free = {name: {0: Dim.DYNAMIC, 1: Dim.DYNAMIC} for name in feeds}
    _write(_Texts(checkpoint.model), feeds, free, graphs["text"])


def _write(module: nn.Module, feeds: dict[str, Tensor], free: dict[str, Any], path: Path) -> None:
    torch.onnx.export(
        module.eval(),
        (),
        path,
        kwargs=feeds,
        input_names=list(feeds),
        output_names=["vectors"],
        dynamic_shapes=free,
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )


def _quantise(source: Path, target: Path) -> None:
    graph = bare(onnx.load(source))
    del graph.graph.value_info[:]  # the exporter's sizes of products that the quantiser turns round
    onnx.save(graph, source)
    kinds = ["MatMul", "Gemm", "Gather"]
    quantize_dynamic(
        str(source), str(target), op_types_to_quantize=kinds, weight_type=QuantType.QInt8, per_channel=True
    )


def _drawings() -> list[Picture]:
    rng = np.random.default_rng(3)
    return [icon_view(*drawing(rng), rng) for _ in range(SAMPLES)]


@torch.no_grad()
def _compared(checkpoint: Checkpoint, clip: ExportedClip, prefix: str) -> dict[str, float]:
    """What ONNX and Encore's preprocessing give, against torch and the checkpoint's own preprocessing."""
    crops = _drawings()
    processor = checkpoint.processor
    pictures = [squared(crop)[..., ::-1].copy() for crop in crops]
    ready = processor.image_processor(images=pictures, return_tensors="pt")
    theirs = _Images(checkpoint.model)(ready["pixel_values"]).numpy()
    fixed = checkpoint.kind in FIXED_LENGTH
    read = processor.tokenizer(
        list(TEXTS),
        padding="max_length" if fixed else True,
        truncation=True,
        max_length=checkpoint.text_length,
        return_tensors="pt",
    )
    texts = _Texts(checkpoint.model)(read["input_ids"], None if fixed else read["attention_mask"]).numpy()
    return {
        f"{prefix}_cosine_picture": _cosine(theirs, clip.look(crops)),
        f"{prefix}_difference_text": float(np.abs(texts - clip.words(TEXTS)).max()),
    }


def _int8_metrics(checkpoint: Checkpoint, full: ExportedClip, small: ExportedClip) -> dict[str, float]:
    crops = _drawings()
    metrics = {
        "int8_cosine_image": _cosine(full.look(crops), small.look(crops)),
        "int8_cosine_text": _cosine(full.words(TEXTS), small.words(TEXTS)),
    }
    for key, cosine in metrics.items():
        if cosine < LEAST_COSINE:
            raise ExportStrays(f"{checkpoint.name} in int8", f"has {key} {cosine:.3f}; try --float32.")
    return metrics


def _cosine(ours: Vectors, theirs: NDArray[np.float32]) -> float:
    return round(float((ours * theirs).sum(axis=1).mean()), 5)


def _contents(
    checkpoint: Checkpoint,
    settings: dict[str, list[int] | list[float] | int | str],
    graphs: dict[str, Path],
    metrics: dict[str, float],
) -> Contents:
    size = int(np.asarray(settings["size"]))
    fixed = checkpoint.kind in FIXED_LENGTH
    texts = {"ids": ("n", checkpoint.text_length)} if fixed else {"ids": ("n", "tokens"), "mask": ("n", "tokens")}
    stated = open_session(graphs["image"]).get_outputs()[0].shape[1]
    config = checkpoint.model.config
    return Contents(
        name=f"{checkpoint.kind}-{'int8' if graphs['image'].name.endswith('.int8.onnx') else 'float32'}",
        source=Path(checkpoint.name).name if Path(checkpoint.name).is_dir() else checkpoint.name,
        licence=str(getattr(config, "license", None) or "not stated by the checkpoint; see where it came from"),
        graphs={
            "image": Graph(graphs["image"].name, {"pixels": ("n", 3, size, size)}, {"vectors": ("n", stated)}),
            "text": Graph(graphs["text"].name, dict(texts), {"vectors": ("n", stated)}),
        },
        settings=settings,
        metrics=metrics,
    )


def main(
    name: Annotated[str, typer.Argument(help="Name of a transformers checkpoint, or its folder.")],
    folder: Annotated[Path | None, typer.Option(help="Folder of the bundle; by default in the user's cache.")] = None,
    float32: Annotated[bool, typer.Option("--float32", help="Leave the numbers as they are: larger, exact.")] = False,
) -> None:
    """Export a CLIP of transformers, so that `encore --clip` can run it without torch."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    target = folder or exported_folder(name, platformdirs.user_cache_path("encore", appauthor=False) / "models")
    try:
        made = export(name, target, small=not float32)
    except ClipMissing as error:
        typer.echo(error.problem, err=True)
        raise typer.Exit(1) from error
    except ModelsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    typer.echo(f"written to {made.folder}")
    for key, value in made.contents.metrics.items():
        typer.echo(f"{key}: {value}")


if __name__ == "__main__":
    typer.run(main)
