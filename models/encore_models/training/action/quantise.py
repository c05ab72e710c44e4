"""A graph in int8, in three ways; which of them loses least is for `export` to find out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from encore_models.perception.action import Feeds
from encore_models.training.action.evaluate import feeds_of
from encore_models.training.action.samples import Sample, collate
from encore_models.training.action.shipped import LARGE

QUANTISED = ["MatMul", "Gemm"]


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Some samples at a time."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        groups = (samples[first : first + 16] for first in range(0, len(samples), 16))
        self._left = (feeds_of(collate(group)) for group in groups)

    def get_next(self) -> Feeds | None:
        """Feeds of the next run."""
        return next(self._left, None)


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


def quantise_weights(source: Path, target: Path) -> Path:
    """Int8 matrices for each channel, made float32 again as they are used: nothing but the weights is rounded."""
    model = onnx.load(source)
    graph = model.graph
    columns = {node.input[1] for node in graph.node if node.op_type == "MatMul"}  # a column for each of what comes out
    opened: list[onnx.NodeProto] = []
    for matrix in [one for one in graph.initializer if len(one.dims) == 2 and np.prod(one.dims) >= LARGE]:
        value = numpy_helper.to_array(matrix)
        if value.dtype != np.float32:
            continue
        axis = int(matrix.name in columns)
        scale = (np.abs(value).max(axis=1 - axis) / 127).clip(min=1e-12)
        whole = np.round(value / np.expand_dims(scale, 1 - axis)).astype(np.int8)
        names = [f"{matrix.name}_{part}" for part in ("quantized", "scale", "zero_point")]
        parts = (whole, scale.astype(np.float32), np.zeros(len(scale), np.int8))
        graph.initializer.extend(numpy_helper.from_array(*part) for part in zip(parts, names, strict=True))
        opened.append(helper.make_node("DequantizeLinear", names, [matrix.name], axis=axis))
        graph.initializer.remove(matrix)
    nodes = [*opened, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, target)
    return target


WAYS: dict[str, Callable[[Path, Path, Sequence[Sample]], Path]] = {
    "int8_dynamic": lambda source, target, _: quantise_dynamic(source, target),
    "int8_static": quantise_static,
    "int8_weights": lambda source, target, _: quantise_weights(source, target),
}
"""How a graph becomes int8; the last one is asked where the others lose too much."""
