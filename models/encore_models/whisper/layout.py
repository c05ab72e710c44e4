"""From the names that openai-whisper and transformers give a Whisper's weights to those the graphs are built from.

Both keep query, key and value apart, and give the key no bias; CTranslate2's layout, which the graphs read, stacks
them, and fills the key's bias with zeros.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from encore_models.whisper.graphs import PROJECTION
from encore_models.whisper.weights import Array, Weights

KEY = 1
"""Its place among a naming's projections."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How a library calls the parts of a Whisper."""

    root: str
    layers: str
    positions: str
    embeddings: str
    encoder_norm: str
    decoder_norm: str
    attention: str
    attention_norm: str
    cross: str
    cross_norm: str
    projections: tuple[str, str, str, str]
    """Query, key, value, output."""
    feed_forward: tuple[str, str]
    feed_forward_norm: str
    output: str = ""
    """The output matrix, where the library stores it apart from the embedding."""


OPENAI = Naming(
    root="",
    layers="blocks",
    positions="positional_embedding",
    embeddings="token_embedding.weight",
    encoder_norm="ln_post",
    decoder_norm="ln",
    attention="attn",
    attention_norm="attn_ln",
    cross="cross_attn",
    cross_norm="cross_attn_ln",
    projections=("query", "key", "value", "out"),
    feed_forward=("mlp.0", "mlp.2"),
    feed_forward_norm="mlp_ln",
)
TRANSFORMERS = Naming(
    root="model.",
    layers="layers",
    positions="embed_positions.weight",
    embeddings="embed_tokens.weight",
    encoder_norm="layer_norm",
    decoder_norm="layer_norm",
    attention="self_attn",
    attention_norm="self_attn_layer_norm",
    cross="encoder_attn",
    cross_norm="encoder_attn_layer_norm",
    projections=("q_proj", "k_proj", "v_proj", "out_proj"),
    feed_forward=("fc1", "fc2"),
    feed_forward_norm="final_layer_norm",
    output="proj_out.weight",
)


def translated(state: Mapping[str, Array], naming: Naming, heads: tuple[int, int]) -> Weights:
    """The weights under the names that `encore_models.whisper.graphs` reads.

    Args:
        state: float32 tensors by the library's names.
        naming: The library's.
        heads: Of the encoder's and of the decoder's attention.

    Raises:
        KeyError: A tensor is missing; the argument is its name.
    """
    return _Translator(state, naming).weights(heads)


class _Translator:
    """Fills `made` part by part."""

    def __init__(self, state: Mapping[str, Array], naming: Naming) -> None:
        self._state, self._naming = state, naming
        self._made: Weights = {}

    def weights(self, heads: tuple[int, int]) -> Weights:
        naming, made = self._naming, self._made
        for name in ("conv1", "conv2"):
            self._linear(f"encoder/{name}", f"{naming.root}encoder.{name}")
        embeddings = self._state[f"{naming.root}decoder.{naming.embeddings}"]
        made["decoder/embeddings/weight"] = embeddings
        output = self._state.get(naming.output, embeddings)
        made[PROJECTION] = embeddings if np.array_equal(output, embeddings) else output
        norms = (naming.encoder_norm, naming.decoder_norm)
        for part, norm, count in zip(("encoder", "decoder"), norms, heads, strict=True):
            theirs = f"{naming.root}{part}"
            made[f"{part}/num_heads"] = np.array(count, np.float32)
            made[f"{part}/position_encodings/encodings"] = self._state[f"{theirs}.{naming.positions}"]
            self._norm(f"{part}/layer_norm", f"{theirs}.{norm}")
            for layer in range(self._layers(theirs)):
                self._layer(f"{part}/layer_{layer}", f"{theirs}.{naming.layers}.{layer}", crossed=part == "decoder")
        return made

    def _layers(self, part: str) -> int:
        start = f"{part}.{self._naming.layers}."
        return len({name[len(start) :].split(".")[0] for name in self._state if name.startswith(start)})

    def _layer(self, ours: str, theirs: str, crossed: bool) -> None:
        naming = self._naming
        self._attention(f"{ours}/self_attention", f"{theirs}.{naming.attention}", ((0, 1, 2), (3,)))
        self._norm(f"{ours}/self_attention/layer_norm", f"{theirs}.{naming.attention_norm}")
        if crossed:
            self._attention(f"{ours}/attention", f"{theirs}.{naming.cross}", ((0,), (1, 2), (3,)))
            self._norm(f"{ours}/attention/layer_norm", f"{theirs}.{naming.cross_norm}")
        for number, name in enumerate(naming.feed_forward):
            self._linear(f"{ours}/ffn/linear_{number}", f"{theirs}.{name}")
        self._norm(f"{ours}/ffn/layer_norm", f"{theirs}.{naming.feed_forward_norm}")

    def _attention(self, ours: str, theirs: str, stacks: Sequence[Sequence[int]]) -> None:
        for number, stack in enumerate(stacks):
            names = [f"{theirs}.{self._naming.projections[place]}" for place in stack]
            weights = [self._state[f"{name}.weight"] for name in names]
            self._made[f"{ours}/linear_{number}/weight"] = np.concatenate(weights)
            self._made[f"{ours}/linear_{number}/bias"] = np.concatenate([self._bias(name) for name in names])

    def _bias(self, name: str) -> Array:
        if f"{name}.bias" not in self._state and name.endswith(self._naming.projections[KEY]):
            return np.zeros(len(self._state[f"{name}.weight"]), np.float32)
        return self._state[f"{name}.bias"]

    def _linear(self, ours: str, theirs: str) -> None:
        for kind in ("weight", "bias"):
            self._made[f"{ours}/{kind}"] = self._state[f"{theirs}.{kind}"]

    def _norm(self, ours: str, theirs: str) -> None:
        self._made[f"{ours}/gamma"] = self._state[f"{theirs}.weight"]
        self._made[f"{ours}/beta"] = self._state[f"{theirs}.bias"]
