"""Export the action model: `python -m encore_models.training.action.export --model runs/action/model --data DATA`.

Written in float32 and compared with torch; quantised to int8 in two ways, of which the one that loses less is shipped.
Where both lose more than is allowed, only the weights are rounded. Pruned too, to see what that would bring. The ledger
tells costs and losses. Beside the graph lies what tuning begins from: the weights themselves and some old samples.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import torch
import typer
from onnx import numpy_helper
from torch.export import Dim

from encore_models.bundle import Bundle, Contents, Graph, Shape, write_bundle
from encore_models.errors import ExportStrays
from encore_models.perception.action import (
    GRAPH,
    INPUTS,
    OUTPUTS,
    VERSION,
    WEIGHTS,
    WHOLE_NUMBERS,
    ActionModel,
)
from encore_models.training.action.card import Origin, model_card, origin_of
from encore_models.training.action.evaluate import Figures
from encore_models.training.action.ledger import Entry, measured
from encore_models.training.action.model import ActionModel as TrainedModel
from encore_models.training.action.model import Flat
from encore_models.training.action.parity import INT8_TOLERANCE, check_float, hold, int8_differences
from encore_models.training.action.prune import pruned
from encore_models.training.action.quantise import WAYS, quantise_dynamic
from encore_models.training.action.samples import Sample, read_shards
from encore_models.training.action.shipped import (
    CHECKED_EPISODES,
    chosen,
    read_weights,
    write_kept,
    write_weights,
)
from encore_models.training.action.trainer import CHECKPOINT
from encore_models.training.export_ui_clip import bare

LARGEST_LOSS = 0.005
"""Of any figure, by int8 against float32."""
CALIBRATION, CHECKED = 128, 128
"""Samples that the ranges of static int8 are read from, and that parity is checked on."""
LOOKED_THROUGH = 1500
"""Samples of training that kept ones are chosen from."""
OPTIONS = ("steps", "batch", "learning_rate", "warmup", "evaluate_every", "patience", "seed")
"""Of a run that the card tells."""
OPSET = 18
FILE = "action.onnx"
WAY = "int8"
"""Setting of a bundle: which of `WAYS` its graph was quantised in."""


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
    _turn_ahead(graph.graph)
    onnx.save(graph, target)
    return target


def _turn_ahead(graph: onnx.GraphProto) -> None:
    """Turn matrices here that the graph would turn each time: only what it multiplies with as it is becomes int8."""
    matrices = {one.name: one for one in graph.initializer if len(one.dims) == 2}
    for node in [one for one in graph.node if one.op_type == "Transpose" and one.input[0] in matrices]:
        value = numpy_helper.to_array(matrices[node.input[0]])
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value.T), node.output[0]))
        graph.node.remove(node)
    used = {name for node in graph.node for name in node.input}
    for matrix in [one for name, one in matrices.items() if name not in used]:
        graph.initializer.remove(matrix)


def export(
    model: TrainedModel,
    target: Path,
    calibration: Sequence[Sample],
    test: Sequence[Sample],
    origin: Origin,
    kept: Sequence[Sample] = (),
    keep: float = 0.75,
) -> Exported:
    """Write the int8 bundle with its model card, and say what every variant costs and loses.

    Args:
        model: Trained.
        target: Folder of the bundle; replaced.
        calibration: Samples of training or validation.
        test: Samples of the test split, which the ledger is measured on.
        origin: What the model has seen, for the card.
        kept: Samples that tuning must not forget.
        keep: Share of heads and units that stay in the pruned variant.

    Raises:
        ExportStrays: A graph does not compute what torch does, or int8 loses too much.
        BundleNotWritten: The disk did not take it.
    """
    checked = test[:CHECKED]
    with tempfile.TemporaryDirectory() as name:
        full = export_float(model, Path(name) / "fp32.onnx")
        check_float(model, full, checked)
        graphs, ledger = variants(model, full, calibration, test, keep)
        small = {way: int8_differences(model, graphs[way], checked) for way in WAYS if way in graphs}
        shipped = _loses_less(ledger, small)
        hold(shipped, small[shipped], INT8_TOLERANCE)
        if (lost := loss_of(ledger["fp32"].figures, ledger[shipped].figures)) > LARGEST_LOSS:
            raise ExportStrays(shipped, f"loses {100 * lost:.2f} points, more than {100 * LARGEST_LOSS}")

        metrics = {f"parity_{head}": round(value, 5) for head, value in small[shipped].items()}
        metrics |= ledger[shipped].as_metrics()
        card = model_card(model, ledger, shipped, origin)
        made = Exported(write_action(model, graphs[shipped], shipped, target, card, metrics, kept), ledger, shipped)
    ActionModel.load(target)  # what is shipped must open the way the agent opens it
    return made


def write_action(
    model: TrainedModel,
    graph: Path,
    way: str,
    target: Path,
    card: str = "",
    metrics: Mapping[str, float] | None = None,
    kept: Sequence[Sample] = (),
) -> Bundle:
    """Write a bundle: the graph, and what tuning begins from.

    Args:
        model: Trained.
        graph: Of it, in int8.
        way: How that was made, a name in `WAYS`.
        target: Folder of the bundle; replaced.
        card: What there is to read about it.
        metrics: Measured on the graph.
        kept: Samples that tuning must not forget.

    Raises:
        BundleNotWritten: The disk did not take it.
    """

    def fill(folder: Path) -> Contents:
        write_mapped(graph, folder)
        write_weights(model, folder)
        if kept:
            write_kept(kept, folder)
        if card:
            (folder / "README.md").write_text(card)
        return _contents(model, way, dict(metrics or {}))

    return write_bundle(target, fill)


def variants(
    model: TrainedModel, full: Path, calibration: Sequence[Sample], test: Sequence[Sample], keep: float
) -> tuple[dict[str, Path], dict[str, Entry]]:
    """All graphs, beside the one in float32, and what each costs and loses.

    Args:
        model: Trained.
        full: Its graph in float32.
        calibration: Samples of training or validation.
        test: Samples that the ledger is measured on.
        keep: Share of heads and units that stay in the pruned variant.
    """
    graphs = {"fp32": full}
    ledger = {"fp32": measured(full, test)}
    for way, quantise in WAYS.items():
        if way == "int8_weights" and min(losses(ledger).values()) <= LARGEST_LOSS:
            break
        graphs[way] = quantise(full, full.with_name(f"{way}.onnx"), calibration)
        ledger[way] = measured(graphs[way], test)
    graphs["pruned"] = export_float(pruned(model, keep), full.with_name("pruned.onnx"))
    graphs["pruned_int8"] = quantise_dynamic(graphs["pruned"], full.with_name("pruned_int8.onnx"))
    return graphs, ledger | {name: measured(graphs[name], test) for name in ("pruned", "pruned_int8")}


def losses(ledger: Mapping[str, Entry]) -> dict[str, float]:
    """How much each int8 variant of a ledger loses against float32."""
    return {way: loss_of(ledger["fp32"].figures, ledger[way].figures) for way in WAYS if way in ledger}


def write_mapped(source: Path, folder: Path) -> None:
    """The graph with its weights beside it, so that the runtime maps them instead of reading them."""
    onnx.save_model(
        onnx.load(source),
        folder / FILE,
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="action.weights",
        size_threshold=1024,
    )


def _loses_less(ledger: Mapping[str, Entry], differences: Mapping[str, Mapping[str, float]]) -> str:
    """Of the unpruned int8 variants; what figures do not tell apart, probabilities do."""
    lost = losses(ledger)
    return min(lost, key=lambda way: (lost[way], sum(differences[way].values())))


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


def _contents(model: TrainedModel, way: str, metrics: dict[str, float]) -> Contents:
    widths = _widths(model)
    inputs: dict[str, Shape] = {name: tuple(widths.get(str(a), a) for a in shape) for name, shape in INPUTS.items()}
    return Contents(
        name="action-int8",
        source="trained from scratch by the Encore maintainers; see README.md",
        licence="MIT",
        graphs={GRAPH: Graph(FILE, inputs, dict(OUTPUTS))},
        settings={"version": VERSION, "fusion": model.config.fusion, WAY: way},
        metrics=metrics,
    )


def trained_with(model: Path) -> str:
    """Options of the run that a model comes from, as its command takes them; nothing where its checkpoint is gone."""
    path = model.parent / CHECKPOINT
    if not path.is_file():
        return ""
    state = torch.load(path, map_location="cpu", weights_only=True)
    told = {name: state["options"][name] for name in OPTIONS} | {"fusion": state["config"]["fusion"]}
    told["width"] = state["config"]["width"]
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in told.items())


def main(
    model: Annotated[Path, typer.Option(help="What training wrote: config.json and model.safetensors.")],
    data: Annotated[Path, typer.Option(help="Folder of the shards.")],
    target: Annotated[Path, typer.Option(help="Folder of the bundle; replaced.")] = WEIGHTS,
    keep: Annotated[float, typer.Option(help="Share of heads and units that stay when pruned.")] = 0.75,
    ledger: Annotated[Path | None, typer.Option(help="JSON file for the ledger.")] = None,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 2,
) -> None:
    """Export a trained action model to int8 and write the bundle with its model card and ledger."""
    torch.set_num_threads(threads)
    calibration = list(itertools.islice(read_shards(data, "validation"), CALIBRATION))
    kept = [
        *chosen(itertools.islice(read_shards(data, "train"), LOOKED_THROUGH)),
        *chosen(itertools.islice(read_shards(data, "validation"), LOOKED_THROUGH), CHECKED_EPISODES),
    ]
    test = list(read_shards(data, "test"))
    made = export(read_weights(model), target, calibration, test, origin_of(data, trained_with(model)), kept, keep)
    if ledger is not None:
        ledger.write_text(json.dumps({name: asdict(entry) for name, entry in made.ledger.items()}, indent=2) + "\n")
    for name, entry in made.ledger.items():
        typer.echo(f"{name}{' (shipped)' if name == made.shipped else ''}: {entry.as_metrics()}")
    size = sum(file.bytes for file in made.bundle.manifest.files.values())
    typer.echo(f"{target}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    typer.run(main)
