"""Whisper as three ONNX graphs, built from its weights with onnx's own helpers.

    encoder  mel [1, M, 2T] -> frames [1, T, D]; T is free, positions are cut to it
    cross    frames [1, S, D] -> keys [L, 1, H, D/H, S], values [L, 1, H, S, D/H] for the decoder's cross-attention
    decoder  tokens, targets [B, N], past [2L, B, H, P, D/H], keys_0 ... keys_L-1, values_0 ... values_L-1
             -> following [B, N, V]: log p of each token after each one, logprobs [B, N]: log p of the targets,
                present [2L, B, H, P+N, D/H]

Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision, https://arxiv.org/abs/2212.04356

In int8, every matrix is stored once with a scale for each of its outputs, and inputs are quantised as they
come; convolutions, norms and attention stay in float32. The token embedding is also the output matrix, so
both read the same int8 tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from encore_models.bundle import Shape
from encore_models.whisper.weights import Weights

Precision = Literal["float32", "int8"]

OPSET = 20
PARTS = ("encoder", "decoder")
PROJECTION = "decoder/projection/weight"
"""The output matrix; in nearly every Whisper it is the token embedding."""

_FLOAT, _INT = TensorProto.FLOAT, TensorProto.INT64


@dataclass(frozen=True, slots=True)
class Sizes:
    """What tells one Whisper from another."""

    width: int
    """Of a frame and of a token: D."""
    encoder_layers: int
    layers: int
    """Of the decoder, which is much shallower in distilled ones: L."""
    encoder_heads: int
    heads: int
    """Of the decoder: H."""
    mels: int
    """Bands of the spectrogram: M."""
    vocabulary: int

    @property
    def head(self) -> int:
        """Width of one of the decoder's heads."""
        return self.width // self.heads

    @classmethod
    def of(cls, weights: Weights) -> Sizes:
        """Read from the shapes of the weights."""
        width, mels, _ = weights["encoder/conv1/weight"].shape
        encoder_layers, layers = (
            sum(name.startswith(part) and name.endswith("ffn/linear_0/weight") for name in weights) for part in PARTS
        )
        encoder_heads, heads = (int(weights[f"{part}/num_heads"]) for part in PARTS)
        return cls(width, encoder_layers, layers, encoder_heads, heads, mels, len(weights["decoder/embeddings/weight"]))


def quantise(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric int8 with a scale for each output.

    Args:
        weight: [out, in].

    Returns:
        int8 [in, out] and scales [out].
    """
    scale = np.maximum(np.abs(weight).max(axis=1) / 127, 1e-12).astype(np.float32)
    return np.ascontiguousarray(np.rint(weight / scale[:, None]).astype(np.int8).T), scale


class _Builder:
    """Collects nodes and weights of one graph."""

    def __init__(self, name: str, weights: Weights, precision: Precision) -> None:
        self.name, self.weights, self.precision = name, weights, precision
        self.sizes = Sizes.of(weights)
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """A stored tensor; the same name is stored once."""
        if name not in self._tensors:
            self._tensors[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def ints(self, *values: int) -> str:
        """A 1-d constant of int64."""
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def scalar(self, value: int) -> str:
        """A constant of int64 without axes."""
        return self.constant(f"scalar_{value}", np.array(value, np.int64))

    def weight(self, name: str) -> str:
        """A variable as it is, in float32."""
        return self.constant(name, self.weights[name])

    def op(self, kind: str, *inputs: str, named: str | None = None, **attributes: Any) -> str:
        """Add a node with one output; gives the output's name."""
        return self.ops(kind, *inputs, named=(named,) if named else None, **attributes)[0]

    def ops(
        self, kind: str, *inputs: str, count: int = 1, named: Sequence[str] | None = None, **attributes: Any
    ) -> list[str]:
        """Add a node with `count` outputs."""
        base = f"{kind}_{len(self._nodes)}"
        outputs = list(named or [f"{base}_{i}" for i in range(count)])
        self._nodes.append(helper.make_node(kind, inputs, outputs, name=base, **attributes))
        return outputs

    def axis(self, tensor: str, axis: int) -> str:
        """Size of an axis, as a 1-d tensor of one element."""
        return self.op("Shape", tensor, start=axis, end=axis + 1)

    def linear(self, x: str, name: str) -> str:
        """Multiply x [..., in] by the matrix `name` and add its bias: [..., out]."""
        x = self.product(x, f"{name}/weight")
        return self.op("Add", x, self.weight(f"{name}/bias"))

    def product(self, x: str, name: str) -> str:
        """Multiply x [..., in] by a stored matrix [out, in]: [..., out]."""
        matrix = self.weights[name]
        if self.precision == "float32":
            return self.op("MatMul", x, self.constant(f"{name}/columns", matrix.T))
        stored, scale = self.quantised(name)
        x, x_scale, x_zero = self.ops("DynamicQuantizeLinear", x, count=3)
        whole = self.op("MatMulInteger", x, stored, x_zero)
        return self.op("Mul", self.op("Cast", whole, to=_FLOAT), self.op("Mul", x_scale, scale))

    def quantised(self, name: str) -> tuple[str, str]:
        """The int8 matrix [in, out] and its scales [out]."""
        if f"{name}/int8" not in self._tensors:
            stored, scale = quantise(self.weights[name])
            self.constant(f"{name}/int8", stored)
            self.constant(f"{name}/scale", scale)
        return f"{name}/int8", f"{name}/scale"

    def columns(self, name: str, indices: str) -> str:
        """Rows of a matrix [out, in] picked by indices [B, N]: [B, N, in]."""
        if self.precision == "float32":
            return self.op(
                "Transpose",
                self.op("Gather", self.constant(f"{name}/columns", self.weights[name].T), indices, axis=1),
                perm=(1, 2, 0),
            )
        stored, scale = self.quantised(name)
        picked = self.op("Cast", self.op("Gather", stored, indices, axis=1), to=_FLOAT)
        picked = self.op("Mul", picked, self.op("Gather", scale, indices))
        return self.op("Transpose", picked, perm=(1, 2, 0))

    def norm(self, x: str, name: str, named: str | None = None) -> str:
        """Layer norm over the last axis."""
        gain, shift = self.weight(f"{name}/gamma"), self.weight(f"{name}/beta")
        return self.op("LayerNormalization", x, gain, shift, axis=-1, epsilon=1e-5, named=named)

    def heads(self, x: str, heads: int) -> str:
        """[B, N, D] to [B, H, N, D/H]."""
        split = self.op("Reshape", x, self.ints(0, 0, heads, self.sizes.width // heads))
        return self.op("Transpose", split, perm=(0, 2, 1, 3))

    def attend(self, query: str, heads: int, keys: str, values: str, mask: str | None = None) -> str:
        """Attention of [B, N, D] over keys [., H, D/H, S] and values [., H, S, D/H]: [B, N, D]."""
        scale = self.constant("attention_scale", np.array((self.sizes.width // heads) ** -0.5, np.float32))
        scores = self.op("MatMul", self.op("Mul", self.heads(query, heads), scale), keys)
        if mask is not None:
            scores = self.op("Add", scores, mask)
        mixed = self.op("MatMul", self.op("Softmax", scores, axis=-1), values)
        joined = self.op("Transpose", mixed, perm=(0, 2, 1, 3))
        return self.op("Reshape", joined, self.ints(0, 0, self.sizes.width))

    def feed_forward(self, x: str, name: str) -> str:
        """The residual block of two matrices with a GELU between."""
        hidden = self.op("Gelu", self.linear(self.norm(x, f"{name}/layer_norm"), f"{name}/linear_0"))
        return self.op("Add", x, self.linear(hidden, f"{name}/linear_1"))

    def finish(self, inputs: dict[str, tuple[int, Shape]], outputs: dict[str, tuple[int, Shape]]) -> onnx.ModelProto:
        """The model; whoever saves it checks it."""
        graph = helper.make_graph(
            self._nodes,
            self.name,
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in outputs.items()],
            [],
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=9, producer_name="encore")
        # One by one: large ones have gigabytes, and every way to add a tensor copies it.
        for name in list(self._tensors):
            model.graph.initializer.append(self._tensors.pop(name))
        return model


def encoder(weights: Weights, precision: Precision) -> onnx.ModelProto:
    """Log-mel to frames."""
    b = _Builder("whisper_encoder", weights, precision)
    x = "mel"
    for name, stride in (("conv1", 1), ("conv2", 2)):
        kernel, bias = b.weight(f"encoder/{name}/weight"), b.weight(f"encoder/{name}/bias")
        x = b.op("Gelu", b.op("Conv", x, kernel, bias, kernel_shape=(3,), pads=(1, 1), strides=(stride,)))
    x = b.op("Transpose", x, perm=(0, 2, 1))
    positions = b.op("Slice", b.weight("encoder/position_encodings/encodings"), b.ints(0), b.axis(x, 1), b.ints(0))
    x = b.op("Add", x, positions)
    heads = b.sizes.encoder_heads
    for layer in range(b.sizes.encoder_layers):
        name = f"encoder/layer_{layer}"
        normed = b.norm(x, f"{name}/self_attention/layer_norm")
        query, key, value = b.ops(
            "Split", b.linear(normed, f"{name}/self_attention/linear_0"), count=3, axis=2, num_outputs=3
        )
        keys = b.op("Transpose", b.heads(key, heads), perm=(0, 1, 3, 2))
        mixed = b.attend(query, heads, keys, b.heads(value, heads))
        x = b.op("Add", x, b.linear(mixed, f"{name}/self_attention/linear_1"))
        x = b.feed_forward(x, f"{name}/ffn")
    b.norm(x, "encoder/layer_norm", named="frames")
    s = b.sizes
    return b.finish({"mel": (_FLOAT, (1, s.mels, "2T"))}, {"frames": (_FLOAT, (1, "T", s.width))})


def cross(weights: Weights, precision: Precision) -> onnx.ModelProto:
    """Frames to what every layer of the decoder attends to."""
    b = _Builder("whisper_cross", weights, precision)
    keys, values = [], []
    for layer in range(b.sizes.layers):
        both = b.linear("frames", f"decoder/layer_{layer}/attention/linear_1")
        key, value = b.ops("Split", both, count=2, axis=2, num_outputs=2)
        key = b.op("Transpose", b.heads(key, b.sizes.heads), perm=(0, 1, 3, 2))
        keys.append(b.op("Unsqueeze", key, b.ints(0)))
        values.append(b.op("Unsqueeze", b.heads(value, b.sizes.heads), b.ints(0)))
    b.op("Concat", *keys, axis=0, named="keys")
    b.op("Concat", *values, axis=0, named="values")
    s = b.sizes
    return b.finish(
        {"frames": (_FLOAT, (1, "S", s.width))},
        {
            "keys": (_FLOAT, (s.layers, 1, s.heads, s.head, "S")),
            "values": (_FLOAT, (s.layers, 1, s.heads, "S", s.head)),
        },
    )


def decoder(weights: Weights, precision: Precision) -> onnx.ModelProto:
    """Tokens after those in `past`, to what comes next and to how likely given targets are.

    The tokens of all texts are rows of one [1, B*N, D], apart only where they look back at their own: the runtime
    multiplies a batch of single rows one by one, which takes twice as long.
    """
    b = _Builder("whisper_decoder", weights, precision)
    s = b.sizes
    embedding = "decoder/embeddings/weight"
    tied = weights.get(PROJECTION, weights[embedding]) is weights[embedding]
    before = b.axis("past", 3)
    after = b.op("Add", before, b.axis("tokens", 1))
    positions = b.op("Slice", b.weight("decoder/position_encodings/encodings"), before, after, b.ints(0))
    x = b.op("Add", b.columns(embedding, "tokens"), positions)
    apart = b.op("Concat", b.op("Shape", "tokens"), b.ints(s.width), axis=0)
    x = b.op("Reshape", x, b.ints(1, -1, s.width))
    mask = _causal_mask(b, before, after)
    present: list[str] = []
    for layer in range(s.layers):
        name = f"decoder/layer_{layer}"
        x = _self_attention(b, x, layer, apart, mask, present)
        # All texts hear the same.
        query = b.linear(b.norm(x, f"{name}/attention/layer_norm"), f"{name}/attention/linear_0")
        mixed = b.attend(query, s.heads, f"keys_{layer}", f"values_{layer}")
        x = b.op("Add", x, b.linear(mixed, f"{name}/attention/linear_2"))
        x = b.feed_forward(x, f"{name}/ffn")
    b.op("Concat", *present, axis=0, named="present")
    logits = b.product(b.norm(x, "decoder/layer_norm"), embedding if tied else PROJECTION)
    # Six times as fast as ReduceLogSumExp, which is not vectorised.
    log_p = b.op("LogSoftmax", logits, axis=-1)
    together = b.op("Concat", b.op("Shape", "tokens"), b.ints(s.vocabulary), axis=0)
    following = b.op("Reshape", log_p, together, named="following")
    chosen = b.op("GatherElements", following, b.op("Unsqueeze", "targets", b.ints(2)), axis=2)
    b.op("Squeeze", chosen, b.ints(2), named="logprobs")
    return b.finish(
        {
            "tokens": (_INT, ("B", "N")),
            "targets": (_INT, ("B", "N")),
            "past": (_FLOAT, (2 * s.layers, "B", s.heads, "P", s.head)),
            # Layers apart, since to part them would copy megabytes at each token.
            **{f"keys_{layer}": (_FLOAT, (1, s.heads, s.head, "S")) for layer in range(s.layers)},
            **{f"values_{layer}": (_FLOAT, (1, s.heads, "S", s.head)) for layer in range(s.layers)},
        },
        {
            "following": (_FLOAT, ("B", "N", s.vocabulary)),
            "logprobs": (_FLOAT, ("B", "N")),
            "present": (_FLOAT, (2 * s.layers, "B", s.heads, "P+N", s.head)),
        },
    )


def _causal_mask(b: _Builder, before: str, after: str) -> str:
    """[N, P+N]: nothing where a token looks back, very negative where it would look ahead."""
    start, end = b.op("Squeeze", before), b.op("Squeeze", after)
    one = b.scalar(1)
    rows = b.op("Unsqueeze", b.op("Range", start, end, one), b.ints(1))
    columns = b.op("Unsqueeze", b.op("Range", b.scalar(0), end, one), b.ints(0))
    closed = b.constant("closed", np.array(-1e9, np.float32))
    opened = b.constant("opened", np.array(0, np.float32))
    return b.op("Where", b.op("Greater", columns, rows), closed, opened)


def _self_attention(b: _Builder, x: str, layer: int, apart: str, mask: str, present: list[str]) -> str:
    """Each text's tokens look back at its own; x [1, B*N, D], apart [B, N, D]."""
    name, heads = f"decoder/layer_{layer}/self_attention", b.sizes.heads
    qkv = b.linear(b.norm(x, f"{name}/layer_norm"), f"{name}/linear_0")
    query, *new = b.ops("Split", qkv, count=3, axis=2, num_outputs=3)
    grown = []
    for offset, part in enumerate(new):
        past = b.op("Gather", "past", b.scalar(2 * layer + offset), axis=0)
        grown.append(b.op("Concat", past, b.heads(b.op("Reshape", part, apart), heads), axis=2))
        present.append(b.op("Unsqueeze", grown[-1], b.ints(0)))
    keys = b.op("Transpose", grown[0], perm=(0, 1, 3, 2))
    mixed = b.attend(b.op("Reshape", query, apart), heads, keys, grown[1], mask)
    return b.op("Add", x, b.linear(b.op("Reshape", mixed, b.ints(1, -1, b.sizes.width)), f"{name}/linear_1"))
