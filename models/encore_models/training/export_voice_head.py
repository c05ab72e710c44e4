"""Export the voice head: `python -m encore_models.training.export_voice_head --folder runs/voice_head`.

Both graphs are written with weights in half precision, which the runtime widens when it loads them, and compared with
torch. Then the development speakers talk: how the two comparisons of prints make one likeness is settled on them,
what they show is measured, and all of it goes into the bundle with the model card.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import onnx
import torch
import typer
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from platformdirs import user_cache_path
from torch import Tensor, nn

from encore_models.bundle import (
    FORMAT_VERSION,
    Bundle,
    BundleFile,
    Contents,
    Graph,
    Manifest,
    file_sha256,
    open_session,
    write_bundle,
)
from encore_models.errors import ExportStrays
from encore_models.perception.prints import WEIGHTS, Printer, Scale, VoicePrint, compared, likeness
from encore_models.training.evaluate_voice_head import Development, Figures, Print, develop, measure, trials
from encore_models.training.train_voice_head import WEIGHTS as TRAINED
from encore_models.training.voice_card import model_card
from encore_models.training.voice_data import Heard, encoder_of
from encore_models.training.voice_head import OneGate, OneUtterance, SpeechGate, VoiceHead, VoiceHeadConfig
from encore_models.training.voice_sentences import FAR
from encore_models.whisper.prepare import prepare_hearing

TOLERANCE = 4e-3
"""Largest difference of any number between torch and ONNX; the weights are rounded to half precision."""
OPSET = 18
_LARGE = 1024
"""Numbers of a tensor from which it is kept in half precision."""
EXAMPLE_FRAMES = 37
ANCHORS = (-0.14, 0.55)
"""Median likeness to the nearest wrong command of thirty, and to the right one by another voice. They stay when a head
is trained anew, so that thresholds which were settled with another head go on to hold."""
UNSETTLED = Scale("", 1.0, 1.0, 0.0)
HEARS_WITH = "whisper-tiny.en-int8"
"""Name of the bundle whose frames the head was trained on."""
COMMAND = "    python -m encore_models.training.train_voice_head --folder runs/voice_head"


def load_trained(path: Path) -> tuple[VoiceHead, SpeechGate]:
    """What `train_voice_head` wrote."""
    stored = torch.load(path, weights_only=True)
    config = VoiceHeadConfig(**stored["config"])
    parts = nn.ModuleDict({"head": VoiceHead(config), "gate": SpeechGate(config)})
    parts.load_state_dict({name: value for name, value in stored["parts"].items() if name[:4] in parts})
    return parts["head"].eval(), parts["gate"].eval()  # type: ignore[return-value]


def export(head: VoiceHead, gate: SpeechGate, folder: Path) -> dict[str, Graph]:
    """Write `head.onnx` and `gate.onnx` and compare them with torch.

    Raises:
        ExportStrays: A graph computes something else.
    """
    config = head.config
    frames: dict[str, tuple[int | str, ...]] = {"frames": ("t", config.frame)}
    told = {"features": ("t", config.feature), "embedding": (config.embedding,)}
    graphs: dict[str, tuple[nn.Module, Graph]] = {
        "head": (OneUtterance(head), Graph("head.onnx", frames, told)),
        "gate": (OneGate(gate), Graph("gate.onnx", frames, {"speech": ("t",)})),
    }
    for name, (module, graph) in graphs.items():
        _to_onnx(module.eval(), config.frame, folder / graph.file, list(graph.outputs))
        for length in (3, EXAMPLE_FRAMES, 725):
            _check(name, module, torch.randn(length, config.frame), folder / graph.file)
    return {name: graph for name, (_, graph) in graphs.items()}


def _to_onnx(module: nn.Module, width: int, path: Path, outputs: list[str]) -> None:
    torch.onnx.export(
        module,
        (torch.zeros(EXAMPLE_FRAMES, width),),
        path,
        input_names=["frames"],
        output_names=outputs,
        dynamic_shapes={"frames": {0: torch.export.Dim.DYNAMIC}},
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )
    model = onnx.load(path)
    for node in model.graph.node:
        # The exporter notes where in the source each node came from, which names folders of this machine.
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    halve(model)
    onnx.save(model, path)


def halve(model: onnx.ModelProto) -> None:
    """Keep large tensors in half precision, and widen them as the graph begins."""
    casts = []
    for tensor in list(model.graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _LARGE:
            continue
        wide, name = numpy_helper.to_array(tensor), tensor.name
        tensor.CopyFrom(numpy_helper.from_array(wide.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])


def _check(name: str, module: nn.Module, frames: Tensor, path: Path) -> None:
    with torch.inference_mode():
        expected = module(frames)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for ours, theirs in zip(open_session(path).run(None, {"frames": frames.numpy()}), expected, strict=True):
        if (difference := float(np.abs(ours - theirs.numpy()).max())) > TOLERANCE:
            raise ExportStrays(f"the {name} in ONNX", f"differs from torch by {difference:.2g}, over {TOLERANCE}")


def settled(development: Development, printed: Print, name: str) -> Scale:
    """The scale that tells right from wrong best, held by its `ANCHORS`.

    Args:
        development: What other voices say.
        printed: Makes prints, unscaled.
        name: Of the head.

    Raises:
        ExportStrays: The head tells nothing.
    """
    distances = trials(development, printed, lambda said, prints: _parts(said, prints, 0))
    cosines = trials(development, printed, lambda said, prints: _parts(said, prints, 1))
    text = np.array([query.text for query in distances.queries])
    asked = np.flatnonzero(text >= 0)
    parts = np.stack([distances.scores, cosines.scores], -1)[asked]
    own = np.zeros(parts.shape[:2], bool)
    own[np.arange(len(asked)), text[asked]] = True
    weights = _logistic(parts[own], parts[~own])
    scores = parts @ weights
    right = float(np.median(scores[own]))
    wrong = float(np.median(np.where(own, -np.inf, scores).max(1)))
    if not right > wrong:
        raise ExportStrays("the head", "likens wrong commands as much as the right one")
    stretch = (ANCHORS[1] - ANCHORS[0]) / (right - wrong)
    warped, whole = (weights * (-stretch, stretch)).tolist()
    return Scale(name, warped, whole, ANCHORS[0] - stretch * wrong)


def _parts(said: VoicePrint, prints: Sequence[VoicePrint], which: int) -> NDArray[np.float32]:
    # What has no speech is as far as can be.
    parts = [compared(said, one) if len(said.features) and len(one.features) else (2.0, -1.0) for one in prints]
    return np.array(parts, np.float32)[:, which]


def _logistic(right: NDArray[np.float32], wrong: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weights of distance and cosine that tell right pairs [n, 2] from wrong ones [m, 2]."""
    x = torch.from_numpy(np.concatenate([right, wrong]).astype(np.float64))
    y = torch.cat([torch.ones(len(right)), torch.zeros(len(wrong))]).double()
    balance = torch.where(y > 0, len(wrong) / len(right), 1.0)
    line = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([line], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        error = nn.functional.binary_cross_entropy_with_logits(x @ line[:2] + line[2], y, balance)
        error = error + 1e-4 * line[:2].square().sum()
        error.backward()
        return error

    optimiser.step(loss)
    return line[:2].detach().numpy()


def bundled(
    target: Path, head: VoiceHead, gate: SpeechGate, development: Development, command: str
) -> tuple[Bundle, dict[str, Figures]]:
    """Export, settle, measure, and write the bundle with its card.

    Args:
        target: Folder of the bundle.
        head: As trained.
        gate: The same.
        development: What is settled and measured on.
        command: How the weights came about, for the card.

    Returns:
        The bundle, and its figures with enrolments by other voices and by the same.

    Raises:
        ExportStrays: A graph computes something else than torch.
        BundleNotWritten: The disk is full, or the folder cannot be written.
    """
    found: dict[str, Figures] = {}

    def fill(folder: Path) -> Contents:
        graphs = export(head, gate, folder)
        name = f"voice-head-{file_sha256(folder / graphs['head'].file)[:12]}"
        contents = Contents(name, "trained by the Encore maintainers; see README.md", "MIT", graphs)
        contents = replace(contents, settings={"scale": list(astuple(UNSETTLED)[1:]), "hears_with": HEARS_WITH})
        printed = _remembered(Printer(Bundle(folder, Manifest(FORMAT_VERSION, "", contents, _files(folder)))))
        scale = settled(development, printed, name)

        def told(said: VoicePrint, prints: Sequence[VoicePrint]) -> NDArray[np.float32]:
            return likeness(said, prints, scale)

        found["other voices"] = others = measure(trials(development, printed, told))
        found["the same voice"] = measure(trials(development, printed, told, same_voice=True))
        (folder / "README.md").write_text(model_card(head, gate, found, command))
        metrics = {
            "top1_of_30": others.top1,
            "equal_error": others.equal_error,
            "miss_at_1pct_far": others.miss_far,
            "miss_at_1pct_siblings": others.miss_siblings,
        }
        return replace(
            contents,
            settings={**contents.settings, "scale": list(astuple(scale)[1:])},
            metrics={key: round(value, 4) for key, value in metrics.items()},
        )

    return write_bundle(target, fill), found


def _files(folder: Path) -> dict[str, BundleFile]:
    return {path.name: BundleFile(path.stat().st_size, file_sha256(path)) for path in folder.iterdir()}


def _remembered(printer: Printer) -> Print:
    """Makes each print once."""
    made: dict[int, VoicePrint] = {}

    def printed(heard: Heard) -> VoicePrint:
        if id(heard) not in made:
            frames = heard.frames.astype(np.float32)
            made[id(heard)] = printer.printed_of(frames)
        return made[id(heard)]

    return printed


def main(
    folder: Annotated[Path, typer.Option(help="Where `train_voice_head` left its weights.")],
    target: Annotated[Path, typer.Option(help="Where the bundle belongs.")] = WEIGHTS,
    hearing: Annotated[Path | None, typer.Option(help="Where the prepared Whisper lies or belongs.")] = None,
    command: Annotated[str, typer.Option(help="How the weights came about, for the card.")] = COMMAND,
) -> None:
    """Export the trained voice head, settle its scale and measure it on development voices."""
    encode = encoder_of(prepare_hearing(hearing or user_cache_path("encore") / "models" / "whisper-tiny.en"))
    head, gate = load_trained(folder / TRAINED)
    _, found = bundled(target, head, gate, develop(encode, FAR), command)
    for name, figures in found.items():
        typer.echo(f"{name}: {figures}")


if __name__ == "__main__":
    typer.run(main)
