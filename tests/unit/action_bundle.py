"""An action model by hand: the first step that is not done, at the candidate that looks most like its target."""

from __future__ import annotations

from pathlib import Path

import onnx

from encore_models.bundle import Bundle, Contents, Graph, Shape, write_bundle
from encore_models.perception.action import GRAPH, INPUTS, OUTPUTS, VERSION, WHOLE_NUMBERS

WIDTHS = {"frame_width": 384, "look_width": 192, "text_width": 192}
BODY = """
{
  state = Constant <value = float[1,4] {STATES}> ()
  argument = Constant <value = float[1,3] {4.0, 0.0, 0.0}> ()
  absent = Constant <value = float[1,1] {14.0}> ()
  axis = Constant <value = int64[1] {1}> ()
  last = Constant <value = int64[1] {-1}> ()
  sharp = Constant <value = float {20.0}> ()
  later = Constant <value = int64 {1}> ()
  outcome = Cast <to = 1> (progress)
  gone = Mul (outcome, sharp)
  order = CumSum (step_mask, later)
  before = Add (gone, order)
  step = Neg (before)
  attention = Softmax <axis = 1> (step)
  share = Unsqueeze (attention, axis)
  target = MatMul (share, steps)
  column = Transpose <perm = [0, 2, 1]> (target)
  alike = MatMul (candidates, column)
  cosines = Squeeze (alike, last)
  pointed = Mul (cosines, sharp)
  candidate = Concat <axis = 1> (pointed, absent)
}
"""


def write_by_hand(folder: Path, states: str = "4.0, 0.0, 0.0, 0.0", **settings: int | str) -> Bundle:
    """Write the bundle; `states` are the logits of step, wait, done and stop, whatever is asked."""
    inputs: dict[str, Shape] = {name: tuple(WIDTHS.get(str(a), a) for a in shape) for name, shape in INPUTS.items()}

    def declared(name: str, shape: Shape) -> str:
        kind = "int64" if name in WHOLE_NUMBERS else "float"
        return f"{kind}[{','.join(map(str, shape))}] {name}"

    takes = ", ".join(declared(name, shape) for name, shape in inputs.items())
    gives = ", ".join(declared(name, shape) for name, shape in OUTPUTS.items())
    text = f'<ir_version: 9, opset_import: ["" : 18]>\ndecide ({takes}) => ({gives})' + BODY.replace("STATES", states)

    def fill(target: Path) -> Contents:
        onnx.save(onnx.parser.parse_model(text), target / "action.onnx")
        graphs = {GRAPH: Graph("action.onnx", inputs, dict(OUTPUTS))}
        return Contents("action", "a test", "MIT", graphs, settings={"version": VERSION, **settings})

    return write_bundle(folder, fill)
