"""Export UI-CLIP to int8 ONNX: `python -m encore_models.training.export_ui_clip --model runs/ui_clip/model`.

The image tower is settled for icons and for strips, so it becomes two graphs; the text tower is the third. Each is
written in float32, compared with torch, quantised to int8 and compared again; a graph that strays further than the
tolerances below is not written. The bundle also carries the model card.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import torch
import typer
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn
from torch.export import Dim

from encore_models.bundle import Bundle, Contents, Graph, Shape, open_session, write_bundle
from encore_models.errors import ExportStrays
from encore_models.perception.crops import CHANNELS, ICON, STRIP, Planes, front_end
from encore_models.perception.ui_clip import SPAN, WEIGHTS
from encore_models.perception.wording import PIECES, WORDS
from encore_models.training.batches import IconBatches, LabelBatches
from encore_models.training.card import Figures, model_card
from encore_models.training.evaluate_ui_clip import (
    Towers,
    recall_at_1_of_100,
    same_drawing_top1,
    same_label_top1,
    towers_of,
    ui_concepts_top1,
)
from encore_models.training.icons import Icons, open_icons
from encore_models.training.settle import SettledModel, settle
from encore_models.training.span import span_of
from encore_models.training.train_ui_clip import label_batches
from encore_models.training.ui_clip import UiClipModel

FLOAT_TOLERANCE = 1e-3
"""Largest difference of any number between torch and float32 ONNX."""
LEAST_COSINE = 0.98
"""Between the vectors of int8 ONNX and of torch: mean over the pictures or texts of the check."""
CALIBRATION = 256
"""Icons, and as many labels, that the ranges of int8 are read from; others are used for the check."""
OPSET = 18
SHAPES = {"icons": ICON, "strips": STRIP}
"""Graphs of the image tower, and the height and width that each sees."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Samples:
    """Pictures and texts to calibrate with, or to check with."""

    planes: dict[str, Planes]
    """Of `icons` and of `strips`."""
    ids: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Graphs:
    """Where the three exported graphs lie."""

    icons: Path
    strips: Path
    text: Path

    def of(self, shape: str) -> Path:
        """The image tower's graph of that shape."""
        return {"icons": self.icons, "strips": self.strips}[shape]


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Some pictures at a time."""

    def __init__(self, planes: Planes) -> None:
        self._left = iter([planes[i : i + 32] for i in range(0, len(planes), 32)])

    def get_next(self) -> dict[str, Planes] | None:
        """Feeds of the next run."""
        planes = next(self._left, None)
        return None if planes is None else {"planes": planes}


def samples_of(icons: Icons, seed: int, count: int = CALIBRATION) -> Samples:
    """Augmented pictures: `count` of icons and as many of labels."""
    rng = np.random.default_rng(seed)
    batches = IconBatches(icons)
    some, labels = batches.draw(count // 2, rng), label_batches(batches).draw(count // 2, rng)
    return Samples({"icons": some.planes, "strips": labels.planes}, np.concatenate([some.ids, labels.ids]))


def export_float(model: SettledModel, folder: Path) -> Graphs:
    """Write the three graphs in float32; how many pictures or texts they take stays free."""
    graphs = Graphs(folder / "icons.onnx", folder / "strips.onnx", folder / "text.onnx")
    for shape, size in SHAPES.items():
        tower, example = getattr(model.image, shape), torch.zeros(3, CHANNELS, *size)
        _to_onnx(tower, example, graphs.of(shape), ["semantic", "instance"], {"planes": {0: Dim.DYNAMIC}})
    ids = torch.ones(3, WORDS, PIECES, dtype=torch.int64)
    _to_onnx(model.text, ids, graphs.text, ["vectors"], {"ids": {0: Dim.DYNAMIC}})
    return graphs


def quantise(graphs: Graphs, samples: Samples) -> Graphs:
    """Write the int8 graphs beside the float32 ones."""
    small = Graphs(*(path.with_suffix(".int8.onnx") for path in (graphs.icons, graphs.strips, graphs.text)))
    for shape in SHAPES:
        quantise_image(graphs.of(shape), small.of(shape), samples.planes[shape])
    quantise_text(graphs.text, small.text)
    return small


def _to_onnx(tower: nn.Module, example: Tensor, path: Path, outputs: list[str], free: dict[str, Any]) -> None:
    torch.onnx.export(
        tower.eval(),
        (example,),
        path,
        input_names=list(free),
        output_names=outputs,
        dynamic_shapes=free,
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )


def quantise_image(source: Path, target: Path, planes: Planes) -> None:
    """Int8 weights for each channel and uint8 activations; a convolution then runs in VNNI."""
    ready = source.with_suffix(".ready.onnx")
    quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
    quantize_static(
        str(ready),
        str(target),
        _Calibration(planes),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Add", "Relu"],
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=True,
        # With signed weights this keeps sums inside 16 bits on machines without VNNI.
        reduce_range=False,
    )


def quantise_text(source: Path, target: Path) -> None:
    """Int8 matrices and table of pieces; activations are measured while it runs."""
    quantize_dynamic(
        str(source),
        str(target),
        op_types_to_quantize=["MatMul", "Gather"],
        weight_type=QuantType.QInt8,
        per_channel=True,
    )


def run_image(path: Path, planes: Planes) -> tuple[Vectors, Vectors]:
    """Semantic and instance vectors of an ONNX image tower."""
    semantic, instance = open_session(path).run(["semantic", "instance"], {"planes": planes})
    return semantic, instance


def run_text(path: Path, ids: NDArray[np.int64]) -> Vectors:
    """Vectors of an ONNX text tower."""
    vectors: Vectors = open_session(path).run(["vectors"], {"ids": ids})[0]
    return vectors


def onnx_towers(graphs: Graphs) -> Towers:
    """Exported graphs in the shape that the figures are measured with."""
    pictures = {size: open_session(graphs.of(shape)) for shape, size in SHAPES.items()}
    texts = open_session(graphs.text)
    return Towers(
        lambda planes: tuple(pictures[planes.shape[2:]].run(["semantic", "instance"], {"planes": planes})),
        lambda ids: texts.run(["vectors"], {"ids": ids})[0],
    )


@torch.no_grad()
def check_float(model: SettledModel, graphs: Graphs, samples: Samples) -> None:
    """Compare torch with float32 ONNX.

    Raises:
        ExportStrays: A number differs by more than the tolerance.
    """
    model.eval()
    for shape, planes in samples.planes.items():
        both = zip(model.image(torch.from_numpy(planes)), run_image(graphs.of(shape), planes), strict=True)
        for head, (ours, theirs) in zip(("semantic", "instance"), both, strict=True):
            _hold(f"float32 {head} of {shape}", float(np.abs(ours.numpy() - theirs).max()))
    ours = model.text(torch.from_numpy(samples.ids)).numpy()
    _hold("float32 text", float(np.abs(ours - run_text(graphs.text, samples.ids)).max()))


def _hold(what: str, difference: float) -> None:
    if difference > FLOAT_TOLERANCE:
        raise ExportStrays(what, f"differs by {difference:.2g}, more than {FLOAT_TOLERANCE}")


@torch.no_grad()
def int8_cosines(model: SettledModel, graphs: Graphs, samples: Samples) -> dict[str, float]:
    """Mean cosines between int8 ONNX and torch.

    Raises:
        ExportStrays: One is below `LEAST_COSINE`.
    """
    model.eval()
    cosines: dict[str, float] = {}
    for shape, planes in samples.planes.items():
        both = zip(model.image(torch.from_numpy(planes)), run_image(graphs.of(shape), planes), strict=True)
        for head, (ours, theirs) in zip(("semantic", "instance"), both, strict=True):
            cosines[f"int8_cosine_{head}_{shape}"] = float((ours.numpy() * theirs).sum(axis=1).mean())
    ours = model.text(torch.from_numpy(samples.ids)).numpy()
    cosines["int8_cosine_text"] = float((ours * run_text(graphs.text, samples.ids)).sum(axis=1).mean())
    for name, cosine in cosines.items():
        if cosine < LEAST_COSINE:
            raise ExportStrays(name, f"is {cosine:.4f}, below {LEAST_COSINE}")
    return {name: round(cosine, 5) for name, cosine in cosines.items()}


def export(trained: UiClipModel, target: Path, train: Icons, test: Icons, images_seen: int) -> Bundle:
    """Settle the model and write its int8 bundle with the model card.

    Raises:
        ExportStrays: An exported graph does not compute what torch does.
        BundleNotWritten: The disk did not take it.
    """
    batches = IconBatches(train)
    model = settle(trained, batches, label_batches(batches))
    check, calibration = samples_of(train, seed=1), samples_of(train, seed=2)
    with tempfile.TemporaryDirectory() as name:
        full = export_float(model, Path(name))
        check_float(model, full, check)
        small = quantise(full, calibration)
        cosines = int8_cosines(model, small, check)
        towers = onnx_towers(small)
        figures = _figures(towers_of(model), towers, test, label_batches(IconBatches(test)), images_seen)
        span = dict(zip(SPAN, span_of(lambda crops: towers.picture(front_end(np.stack(crops)))[1]), strict=True))

        def fill(folder: Path) -> Contents:
            for source in (small.icons, small.strips, small.text):
                onnx.save(bare(onnx.load(source)), folder / source.name)
            (folder / "README.md").write_text(model_card(figures, cosines))
            return _contents(model, cosines | figures.as_metrics() | span)

        return write_bundle(target, fill)


def bare(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Without the notes that the exporter leaves: lines of source code and folders of the machine it ran on."""
    del graph.metadata_props[:], graph.graph.metadata_props[:]
    graph.doc_string = graph.graph.doc_string = ""
    for part in (
        graph.graph.node,
        graph.graph.value_info,
        graph.graph.input,
        graph.graph.output,
        graph.graph.initializer,
    ):
        for item in part:
            del item.metadata_props[:]
            item.doc_string = ""
    return graph


def _figures(full: Towers, small: Towers, test: Icons, labels: LabelBatches, images_seen: int) -> Figures:
    return Figures(
        images_seen,
        recall_at_1_of_100(full, test),
        recall_at_1_of_100(small, test),
        ui_concepts_top1(full, test),
        ui_concepts_top1(small, test),
        same_drawing_top1(full, test),
        same_drawing_top1(small, test),
        same_label_top1(full, labels),
        same_label_top1(small, labels),
    )


def _contents(model: SettledModel, metrics: dict[str, float]) -> Contents:
    size = model.config.embedding
    heads: dict[str, Shape] = {"semantic": ("n", size), "instance": ("n", size)}
    images = {
        shape: Graph(f"{shape}.int8.onnx", {"planes": ("n", CHANNELS, *size)}, heads) for shape, size in SHAPES.items()
    }
    return Contents(
        name="ui-clip-int8",
        source="trained from scratch by the Encore maintainers; see README.md",
        licence="MIT",
        graphs={
            **images,
            "text": Graph("text.int8.onnx", {"ids": ("n", WORDS, PIECES)}, {"vectors": ("n", size)}),
        },
        settings={"icon": list(ICON), "strip": list(STRIP)},
        metrics=metrics,
    )


def main(
    model: Annotated[Path, typer.Option(help="What training wrote: config.json and model.safetensors.")],
    images_seen: Annotated[int, typer.Option(help="Pictures that it was trained on, for the model card.")],
    target: Annotated[Path, typer.Option(help="Folder of the bundle; replaced.")] = WEIGHTS,
    icons: Annotated[Path | None, typer.Option(help="Where rendered icons are kept.")] = None,
) -> None:
    """Export a trained UI-CLIP to int8 and write the bundle with its model card."""
    made = export(
        UiClipModel.from_pretrained(model), target, open_icons("train", icons), open_icons("test", icons), images_seen
    )
    for name, value in made.contents.metrics.items():
        typer.echo(f"{name}: {value}")


if __name__ == "__main__":
    typer.run(main)
