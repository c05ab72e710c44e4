"""An int8 graph made float32 again, so that it can be given other weights.

Undone is what the runtime's own quantisation does: matrices that are multiplied with in whole numbers, and activations
that are rounded on the way. What was rounded stays as it was rounded, until other weights take its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Floats = NDArray[np.float32]


@dataclass(slots=True, eq=False)
class Opened:
    """A graph on its way back to float32."""

    graph: onnx.GraphProto
    rounded: dict[str, Floats] = field(default_factory=dict)
    """By how much each number of a matrix or bias, by its name, may be off what it was before it was rounded."""

    def constants(self) -> dict[str, onnx.TensorProto]:
        """What is stored in the graph, by name."""
        return {one.name: one for one in self.graph.initializer}

    def store(self, name: str, whole: NDArray[np.generic], scale: Floats, axis: int) -> None:
        """A constant in float32 in the place of one in whole numbers.

        Args:
            name: Of the new one.
            whole: The whole numbers, less their zero point.
            scale: One, or one for each place along `axis`.
            axis: Which the scales belong to.
        """
        shape = [1] * whole.ndim
        if scale.size > 1:
            shape[axis] = scale.size
        each = np.broadcast_to(scale.reshape(shape), whole.shape)
        value = np.asarray(whole.astype(np.float32) * each, np.float32)
        self.graph.initializer.append(numpy_helper.from_array(value, name))
        # Nothing at all was rounded where a whole channel is nothing, whatever its scale says.
        others = tuple(other for other in range(whole.ndim) if other != axis or scale.size == 1)
        self.rounded[name] = np.asarray(each * whole.astype(bool).any(axis=others, keepdims=True), np.float32)


def opened(graph: onnx.GraphProto) -> Mapping[str, Floats]:
    """Make a graph float32, in place; one that is so already stays as it is.

    Args:
        graph: Quantised by `quantize_static` or `quantize_dynamic`, or with rounded weights alone.

    Returns:
        By how much each number that had been rounded may be off, by the name of the constant that holds it now.
    """
    made = Opened(graph)
    _open_rounded(made)
    _open_multiplied(made)
    _drop_unused(graph)
    return made.rounded


def _open_rounded(made: Opened) -> None:
    """Constants and activations that are rounded and made float32 again before they are used."""
    constants = made.constants()
    produced = {name: node for node in made.graph.node for name in node.output}
    for node in [one for one in made.graph.node if one.op_type == "DequantizeLinear"]:
        source, output = node.input[0], node.output[0]
        if source in constants:
            whole, scale = (numpy_helper.to_array(constants[name]) for name in node.input[:2])
            zero = numpy_helper.to_array(constants[node.input[2]]) if len(node.input) > 2 else np.zeros(1, whole.dtype)
            axis = next((one.i for one in node.attribute if one.name == "axis"), 1)
            less = zero.astype(np.int64).reshape(-1)
            if less.any():
                continue  # not one of ours: they lie around zero
            made.store(output, whole, np.asarray(scale, np.float32), axis if whole.ndim > 1 else 0)
            made.graph.node.remove(node)
        elif source in produced and produced[source].op_type == "QuantizeLinear":
            node.CopyFrom(helper.make_node("Identity", [produced[source].input[0]], [output], node.name))


def _open_multiplied(made: Opened) -> None:
    """Products in whole numbers, whose result is made float32 by two scales: of what comes in, and of the matrix."""
    constants = made.constants()
    produced = {name: node for node in made.graph.node for name in node.output}
    users = {name: node for node in made.graph.node for name in node.input}
    for product in [one for one in made.graph.node if one.op_type == "MatMulInteger"]:
        whole, last = product.input[1], users[users[product.output[0]].output[0]]
        both = next(name for name in last.input if name in produced and produced[name].op_type == "Mul")
        scale = next((name for name in produced[both].input if name in constants), None)
        if whole not in constants or scale is None or last.op_type != "Mul":
            continue
        name, values = f"{whole}_float", numpy_helper.to_array(constants[whole])
        made.store(name, values, np.asarray(numpy_helper.to_array(constants[scale]), np.float32), 1)
        inside = produced[product.input[0]].input[0]
        last.CopyFrom(helper.make_node("MatMul", [inside, name], list(last.output), last.name))


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Take out what nothing is made of any more."""
    while True:
        used = {name for node in graph.node for name in node.input} | {one.name for one in graph.output}
        idle = [node for node in graph.node if not used & set(node.output)]
        if not idle:
            break
        for node in idle:
            graph.node.remove(node)
    for one in [one for one in graph.initializer if one.name not in used]:
        graph.initializer.remove(one)
    del graph.value_info[:]
