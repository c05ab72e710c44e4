"""Whisper in torch under the names of `encore_models.whisper.weights`, with low-rank changes to its encoder.

Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, https://arxiv.org/abs/2106.09685.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it
from torch import Tensor, nn

from encore_models.whisper.weights import Weights

ADAPTED = re.compile(r"encoder/(conv\d|layer_\d+/(self_attention|ffn)/linear_\d)/weight")
"""The matrices that are changed; convolutions count as matrices of [out, in * kernel]."""


class Whisper(nn.Module):
    """Whisper, frozen."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        self.heads = int(weights["encoder/num_heads"]), int(weights["decoder/num_heads"])
        self.tensors = {name: torch.from_numpy(value) for name, value in weights.items() if value.ndim}
        layers = re.compile(r"(encoder|decoder)/layer_(\d+)/")
        found = {match.groups() for name in weights if (match := layers.match(name))}
        self.layers = tuple(sum(part == of for of, _ in found) for part in ("encoder", "decoder"))

    def encode(self, mel: Tensor, adapter: Adapter | None = None) -> Tensor:
        """Frames of a spectrogram.

        Args:
            mel: float32 [B, M, 2T].
            adapter: Changes of the encoder; None for Whisper as it came.

        Returns:
            [B, T, D].
        """
        w, x = self.tensors, mel
        linear = _linear if adapter is None else adapter
        for name, stride in (("encoder/conv1", 1), ("encoder/conv2", 2)):
            kernel = w[f"{name}/weight"] + (0 if adapter is None else adapter.change(f"{name}/weight"))
            x = F.gelu(F.conv1d(x, kernel, w[f"{name}/bias"], stride=stride, padding=1))
        x = x.transpose(1, 2)
        x = x + w["encoder/position_encodings/encodings"][: x.shape[1]]
        for layer in range(self.layers[0]):
            x = _self_attention(w, f"encoder/layer_{layer}", x, self.heads[0], linear)
            x = _feed_forward(w, f"encoder/layer_{layer}", x, linear)
        return _norm(w, "encoder/layer_norm", x)

    def read(self, frames: Tensor, tokens: Tensor) -> Tensor:
        """Log p of what follows each token.

        Args:
            frames: [B, S, D], with the tail of silence.
            tokens: int64 [B, N].

        Returns:
            [B, N, V].
        """
        w, heads = self.tensors, self.heads[1]
        x = w["decoder/embeddings/weight"][tokens] + w["decoder/position_encodings/encodings"][: tokens.shape[1]]
        for layer in range(self.layers[1]):
            name = f"decoder/layer_{layer}"
            x = _self_attention(w, name, x, heads, _linear, causal=True)
            query = _linear(w, f"{name}/attention/linear_0", _norm(w, f"{name}/attention/layer_norm", x))
            keys, values = _linear(w, f"{name}/attention/linear_1", frames).chunk(2, -1)
            x = x + _linear(w, f"{name}/attention/linear_2", _attended(query, keys, values, heads))
            x = _feed_forward(w, name, x, _linear)
        return F.linear(_norm(w, "decoder/layer_norm", x), w["decoder/embeddings/weight"]).log_softmax(-1)


Linear = Callable[[Mapping[str, Tensor], str, Tensor], Tensor]


def _linear(w: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return F.linear(x, w[f"{name}/weight"], w[f"{name}/bias"])


def _norm(w: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}/gamma"], w[f"{name}/beta"])


def _attended(query: Tensor, keys: Tensor, values: Tensor, heads: int, causal: bool = False) -> Tensor:
    q, k, v = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (query, keys, values))
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).flatten(2)


def _self_attention(
    w: Mapping[str, Tensor], layer: str, x: Tensor, heads: int, linear: Linear, causal: bool = False
) -> Tensor:
    name = f"{layer}/self_attention"
    query, keys, values = linear(w, f"{name}/linear_0", _norm(w, f"{name}/layer_norm", x)).chunk(3, -1)
    return x + linear(w, f"{name}/linear_1", _attended(query, keys, values, heads, causal))


def _feed_forward(w: Mapping[str, Tensor], layer: str, x: Tensor, linear: Linear) -> Tensor:
    hidden = F.gelu(linear(w, f"{layer}/ffn/linear_0", _norm(w, f"{layer}/ffn/layer_norm", x)))
    return x + linear(w, f"{layer}/ffn/linear_1", hidden)


class Adapter(nn.Module):
    """Two small matrices for each adapted one; at first their product is zero."""

    def __init__(self, whisper: Whisper, rank: int) -> None:
        super().__init__()
        self.shapes = {name: value.shape for name, value in whisper.tensors.items() if ADAPTED.fullmatch(name)}
        self.down, self.up = nn.ParameterDict(), nn.ParameterDict()
        for name, (outputs, *inputs) in self.shapes.items():
            width = math.prod(inputs)
            self.down[name] = nn.Parameter(torch.randn(rank, width) / math.sqrt(width))
            self.up[name] = nn.Parameter(torch.zeros(outputs, rank))

    def change(self, name: str) -> Tensor:
        """What is added to a weight."""
        return (self.up[name] @ self.down[name]).view(self.shapes[name])

    def forward(self, w: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
        """Multiply by a changed matrix and add its bias; the two small ones apart, which is faster."""
        key = f"{name}/weight"
        return _linear(w, name, x) + F.linear(F.linear(x, self.down[key]), self.up[key])
