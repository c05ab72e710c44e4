"""Export the action model: `python -m encore_models.training.action.export --model runs/action/model --data DATA`.

Written in float32 and compared with torch; quantised to int8 in two ways, of which the one that loses less is shipped
if it keeps within the tolerances below; pruned, to see what that would bring. The ledger tells costs and losses.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import onnx
import torch
import typer
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch.export import Dim

from encore_models.bundle import Bundle, Contents, Graph, Shape, open_session, write_bundle
from encore_models.errors import ExportStrays
from encore_models.perception.action import (
    GRAPH,
    INPUTS,
    OUTPUTS,
    VERSION,
    WEIGHTS,
    WHOLE_NUMBERS,
    ActionModel,
    Feeds,
    softmax,
)
from encore_models.training.action.card import model_card
from encore_models.training.action.evaluate import Figures, Outputs, feeds_of, onnx_decider
from encore_models.training.action.ledger import Entry, measured
from encore_models.training.action.model import ActionModel as TrainedModel
from encore_models.training.action.model import Flat, torch_outputs
from encore_models.training.action.prune import pruned
from encore_models.training.action.samples import Sample, collate, read_shards
from encore_models.training.export_ui_clip import bare

FLOAT_TOLERANCE = {"state": 1e-3, "step": 1e-3, "candidate": 1e-3, "argument": 1e-3, "attention": 1e-4}
"""Largest difference between torch and float32 ONNX: of logits, and of shares of attention."""
INT8_TOLERANCE = {"state": 0.03, "step": 0.03, "candidate": 0.03, "argument": 0.03, "attention": 0.03}
"""Largest mean difference of probabilities between torch and int8 ONNX (half of the sum over what is chosen from)."""
LARGEST_LOSS = 0.005
"""Of any figure, by int8 against float32."""
CALIBRATION, CHECKED = 128, 128
"""Samples that the ranges of static int8 are read from, and that parity is checked on."""
OPSET = 18
QUANTISED = ["MatMul", "Gemm"]


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Some samples at a time."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        groups = (samples[first : first + 16] for first in range(0, len(samples), 16))
        self._left = (feeds_of(collate(group)) for group in groups)

    def get_next(self) -> Feeds | None:
        """Feeds of the next run."""
        return next(self._left, None)


@dataclass(frozen=True, slots=True)
class Exported:
    """What `export` made."""

    bundle: Bundle
    ledger: dict[str, Entry]
    """By the name of a variant."""
    shipped: str
    """The variant in the bundle."""


def export_float(model: TrainedModel, target: Path) -> Path:
    """Write the graph in float32; how many situations, frames, candidates and steps it takes stays free."""
    free = {"n", "frames", "shown_frames", "candidates", "steps"}
    axes = tuple({at: Dim.DYNAMIC for at, name in enumerate(shape) if name in free} for shape in INPUTS.values())
    torch.onnx.export(
        Flat(model).eval(),
        tuple(_example(model.cpu()).values()),
        target,
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_shapes=(axes,),
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )
    graph = bare(onnx.load(target))
    # The exporter turns weights round after it noted their shapes; the runtime infers them again.
    del graph.graph.value_info[:]
    onnx.save(graph, target)
    return target


def quantise_dynamic(source: Path, target: Path) -> Path:
    """Int8 matrices for each channel; activations are measured while it runs."""
    quantize_dynamic(
        str(source), str(target), op_types_to_quantize=QUANTISED, weight_type=QuantType.QInt8, per_channel=True,
        extra_options={"MatMulConstBOnly": True},
    )  # fmt: skip
    return target


def quantise_static(source: Path, target: Path, samples: Sequence[Sample]) -> Path:
    """Int8 matrices for each channel and activations of ranges that were seen on samples."""
    ready = source.with_suffix(".ready.onnx")
    quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
    quantize_static(
        str(ready), str(target), _Calibration(samples), quant_format=QuantFormat.QDQ, op_types_to_quantize=QUANTISED,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True,
        extra_options={"MatMulConstBOnly": True},
    )  # fmt: skip
    return target


def check_float(model: TrainedModel, graph: Path, samples: Sequence[Sample]) -> dict[str, float]:
    """Largest difference of each head between torch and float32 ONNX.

    Raises:
        ExportStrays: One is above its tolerance.
    """
    feeds = feeds_of(collate(samples))
    ours, theirs = torch_outputs(model, feeds), onnx_decider(open_session(graph))(feeds)
    differences = {name: float(np.abs(ours[name] - theirs[name]).max()) for name in OUTPUTS}
    _hold("float32", differences, FLOAT_TOLERANCE)
    return differences


def int8_differences(model: TrainedModel, graph: Path, samples: Sequence[Sample]) -> dict[str, float]:
    """Mean difference of each head's probabilities between torch and int8 ONNX, 0 the same and 1 all different."""
    feeds = feeds_of(collate(samples))
    ours, theirs = torch_outputs(model, feeds), onnx_decider(open_session(graph))(feeds)
    return {name: float(np.abs(_shares(name, ours) - _shares(name, theirs)).sum(axis=1).mean() / 2) for name in OUTPUTS}


def check_int8(model: TrainedModel, graph: Path, samples: Sequence[Sample]) -> dict[str, float]:
    """As `int8_differences`, held.

    Raises:
        ExportStrays: One is above its tolerance.
    """
    differences = int8_differences(model, graph, samples)
    _hold("int8", differences, INT8_TOLERANCE)
    return differences


def _shares(name: str, outputs: Outputs) -> Any:
    return outputs[name] if name == "attention" else softmax(outputs[name])


def _hold(what: str, differences: dict[str, float], tolerances: dict[str, float]) -> None:
    for name, difference in differences.items():
        if not difference <= tolerances[name]:
            raise ExportStrays(f"{what} {name}", f"differs by {difference:.2g}, more than {tolerances[name]}")


def export(
    model: TrainedModel,
    target: Path,
    calibration: Sequence[Sample],
    test: Sequence[Sample],
    trained_on: str,
    keep: float = 0.75,
) -> Exported:
    """Write the int8 bundle with its model card, and say what every variant costs and loses.

    Args:
        model: Trained.
        target: Folder of the bundle; replaced.
        calibration: Samples of training or validation.
        test: Samples of the test split, which the ledger is measured on.
        trained_on: What the model has seen, for the card.
        keep: Share of heads and units that stay in the pruned variant.

    Raises:
        ExportStrays: A graph does not compute what torch does, or int8 loses too much.
        BundleNotWritten: The disk did not take it.
    """
    checked = test[:CHECKED]
    with tempfile.TemporaryDirectory() as name:
        graphs = _variants(model, Path(name), calibration, keep)
        check_float(model, graphs["fp32"], checked)
        ledger = {variant: measured(path, test) for variant, path in graphs.items()}
        small = {variant: int8_differences(model, graphs[variant], checked) for variant in graphs if "int8" in variant}
        shipped = _loses_less(ledger, small)
        _hold(shipped, small[shipped], INT8_TOLERANCE)
        if (lost := loss_of(ledger["fp32"].figures, ledger[shipped].figures)) > LARGEST_LOSS:
            raise ExportStrays(shipped, f"loses {100 * lost:.2f} points, more than {100 * LARGEST_LOSS}")

        def fill(folder: Path) -> Contents:
            _write_mapped(graphs[shipped], folder)
            (folder / "README.md").write_text(model_card(model.config, ledger, shipped, trained_on))
            metrics = {f"parity_{head}": round(value, 5) for head, value in small[shipped].items()}
            return _contents(model, metrics | ledger[shipped].as_metrics())

        made = Exported(write_bundle(target, fill), ledger, shipped)
    ActionModel.load(target)  # what is shipped must open the way the agent opens it
    return made


def _variants(model: TrainedModel, folder: Path, calibration: Sequence[Sample], keep: float) -> dict[str, Path]:
    full = export_float(model, folder / "fp32.onnx")
    fewer = export_float(pruned(model, keep), folder / "pruned.onnx")
    return {
        "fp32": full,
        "int8_dynamic": quantise_dynamic(full, folder / "int8_dynamic.onnx"),
        "int8_static": quantise_static(full, folder / "int8_static.onnx", calibration),
        "pruned": fewer,
        "pruned_int8": quantise_dynamic(fewer, folder / "pruned_int8.onnx"),
    }


def _write_mapped(source: Path, folder: Path) -> None:
    """The graph with its weights beside it, so that the runtime maps them instead of reading them."""
    onnx.save_model(
        onnx.load(source),
        folder / "action.onnx",
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="action.weights",
        size_threshold=1024,
    )


def _loses_less(ledger: dict[str, Entry], differences: dict[str, dict[str, float]]) -> str:
    """Of the two unpruned int8 variants; what figures do not tell apart, probabilities do."""
    return min(
        ("int8_dynamic", "int8_static"),
        key=lambda name: (loss_of(ledger["fp32"].figures, ledger[name].figures), sum(differences[name].values())),
    )


def loss_of(full: Figures, small: Figures) -> float:
    """The most that any figure got worse, as a share of 1; at least 0."""
    before, after = full.as_metrics(), small.as_metrics()
    worse = [(after[name] - before[name]) * (1 if name == "wrong_target" else -1) for name in before if name in after]
    return max(0.0, *worse)


def _example(model: TrainedModel) -> dict[str, torch.Tensor]:
    """Arrays of the right shapes: two situations, with several of everything."""
    sizes = _widths(model) | {"n": 2, "frames": 7, "shown_frames": 6, "candidates": 5, "steps": 3}
    shapes = {name: tuple(sizes.get(str(axis), axis) for axis in shape) for name, shape in INPUTS.items()}
    kinds = {name: torch.int64 if name in WHOLE_NUMBERS else torch.float32 for name in INPUTS}
    return {name: torch.ones(*(int(axis) for axis in shapes[name]), dtype=kinds[name]) for name in INPUTS}


def _widths(model: TrainedModel) -> dict[str, int]:
    config = model.config
    return {"frame_width": config.frame, "look_width": config.look, "text_width": config.text}


def _contents(model: TrainedModel, metrics: dict[str, float]) -> Contents:
    widths = _widths(model)
    inputs: dict[str, Shape] = {name: tuple(widths.get(str(a), a) for a in shape) for name, shape in INPUTS.items()}
    return Contents(
        name="action-int8",
        source="trained from scratch by the Encore maintainers; see README.md",
        licence="MIT",
        graphs={GRAPH: Graph("action.onnx", inputs, dict(OUTPUTS))},
        settings={"version": VERSION, "fusion": model.config.fusion},
        metrics=metrics,
    )


def main(
    model: Annotated[Path, typer.Option(help="What training wrote: config.json and model.safetensors.")],
    data: Annotated[Path, typer.Option(help="Folder of the shards.")],
    target: Annotated[Path, typer.Option(help="Folder of the bundle; replaced.")] = WEIGHTS,
    trained_on: Annotated[str, typer.Option(help="What it has seen, for the card.")] = "synthetic episodes",
    keep: Annotated[float, typer.Option(help="Share of heads and units that stay when pruned.")] = 0.75,
    ledger: Annotated[Path | None, typer.Option(help="JSON file for the ledger.")] = None,
) -> None:
    """Export a trained action model to int8 and write the bundle with its model card and ledger."""
    calibration = list(itertools.islice(read_shards(data, "validation"), CALIBRATION))
    test = list(read_shards(data, "test"))
    made = export(TrainedModel.from_pretrained(model), target, calibration, test, trained_on, keep)
    if ledger is not None:
        ledger.write_text(json.dumps({name: asdict(entry) for name, entry in made.ledger.items()}, indent=2) + "\n")
    for name, entry in made.ledger.items():
        typer.echo(f"{name}{' (shipped)' if name == made.shipped else ''}: {entry.as_metrics()}")


if __name__ == "__main__":
    typer.run(main)
