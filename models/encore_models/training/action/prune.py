"""Structured pruning: whole attention heads and feed-forward units that say the least are taken out."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

from encore_models.training.action.fusion import Attention, Block
from encore_models.training.action.model import ActionModel


@torch.no_grad()
def pruned(model: ActionModel, keep: float = 0.75) -> ActionModel:
    """A copy with fewer heads and feed-forward units; the trained model stays as it is.

    What a head or unit can say is the norm of what writes it times the norm of what reads it (a head: of its values and
    of its rows in the output).

    Args:
        model: Trained.
        keep: Share of each block's heads and units that stay; at least one of each does.

    Raises:
        ValueError: `keep` is no share.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"the share that stays lies above 0 and up to 1, not {keep}")
    smaller = copy.deepcopy(model).eval()
    for part in smaller.modules():
        if isinstance(part, Attention):
            _prune_heads(part, max(1, math.ceil(part.heads * keep - 1e-9)))
        elif isinstance(part, Block):
            _prune_units(part, max(1, math.ceil(part.widen.out_features * keep - 1e-9)))
    return smaller


def _prune_heads(attention: Attention, keep: int) -> None:
    heads, size = attention.heads, attention.size
    written = attention.value.weight.view(heads, -1).norm(dim=1)
    read = attention.out.weight.view(-1, heads, size).transpose(0, 1).flatten(1).norm(dim=1)
    best = (written * read).topk(keep).indices.sort().values
    rows = (best[:, None] * size + torch.arange(size, device=best.device)).flatten()
    for name in ("query", "key", "value"):
        setattr(attention, name, _linear(getattr(attention, name), rows=rows))
    attention.out = _linear(attention.out, columns=rows)
    attention.heads = keep


def _prune_units(block: Block, keep: int) -> None:
    said = block.widen.weight.norm(dim=1) * block.narrow.weight.norm(dim=0)
    best = said.topk(keep).indices.sort().values
    block.widen, block.narrow = _linear(block.widen, rows=best), _linear(block.narrow, columns=best)


def _linear(layer: nn.Linear, rows: Tensor | None = None, columns: Tensor | None = None) -> nn.Linear:
    """Some outputs or inputs of a layer."""
    weight = layer.weight if rows is None else layer.weight[rows]
    weight = weight if columns is None else weight[:, columns]
    smaller = nn.Linear(weight.shape[1], weight.shape[0])
    smaller.weight.copy_(weight)
    smaller.bias.copy_(layer.bias if rows is None else layer.bias[rows])
    return smaller
