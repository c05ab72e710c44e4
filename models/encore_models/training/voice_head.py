"""The voice head: a small network on Whisper's frozen frames that tells what was said from who said it.

It gives one vector for every frame, compared in time by DTW, and one for the whole utterance, compared at once. Both
lie near each other for the same words by another voice, in noise or at another speed, and apart for other words,
however many of them are shared.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - as everyone calls it
from torch import Tensor, nn

LEAST_WEIGHT = 0.5
"""Of a frame; the most is one more."""


@dataclass(frozen=True, slots=True)
class VoiceHeadConfig:
    """Sizes."""

    frame: int = 384
    """Of one of Whisper's frames."""
    width: int = 128
    layers: int = 2
    heads: int = 4
    inner: int = 256
    reach: int = 5
    """Frames under one convolution."""
    feature: int = 48
    """Of one frame's vector."""
    embedding: int = 128
    gate: int = 24
    """Width of the small network that finds the speech."""
    dropout: float = 0.1


class Layer(nn.Module):
    """A look at the neighbours, one at the whole utterance, and a thought."""

    def __init__(self, config: VoiceHeadConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.near = nn.Conv1d(width, width, config.reach, padding=config.reach // 2, groups=width)
        self.mix = nn.Linear(width, width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, config.inner), nn.GELU(), nn.Linear(config.inner, width))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """[B, T, W] and True where there is speech [B, T] -> [B, T, W]."""
        kept = mask.unsqueeze(-1).to(x.dtype)
        near = self.near((self.norms[0](x) * kept).transpose(1, 2)).transpose(1, 2)
        x = x + self.dropout(self.mix(F.gelu(near)))
        q, k, v = self.qkv(self.norms[1](x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5
        weights = scores.masked_fill(~mask[:, None, None], -1e4).softmax(-1)
        x = x + self.dropout(self.out((weights @ v).transpose(1, 2).flatten(2)))
        return x + self.dropout(self.think(self.norms[2](x)))


class VoiceHead(nn.Module):
    """Frames of speech -> a vector a frame and one for all."""

    def __init__(self, config: VoiceHeadConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or VoiceHeadConfig()
        self.norm = nn.LayerNorm(config.frame)
        self.begin = nn.Linear(config.frame, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.end = nn.LayerNorm(config.width)
        self.feature = nn.Linear(config.width, config.feature)
        self.weight = nn.Linear(config.width, 1)
        self.look = nn.Linear(config.width, config.heads)
        self.embed = nn.Linear(config.heads * config.width, config.embedding)

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Describe utterances.

        Args:
            frames: float32 [B, T, 384], 25 a second, centred.
            mask: bool [B, T], True where there is speech.

        Returns:
            Vectors of the frames [B, T, F], longer where a frame tells more; unit vectors of the utterances [B, E].
        """
        x = self.begin(self.norm(frames))
        for layer in self.layers:
            x = layer(x, mask)
        x = self.end(x)
        weights = self.look(x).masked_fill(~mask.unsqueeze(-1), -1e4).softmax(1)
        pooled = (weights.transpose(1, 2) @ x).flatten(1)
        features = F.normalize(self.feature(x), dim=-1) * (LEAST_WEIGHT + self.weight(x).sigmoid())
        return features, F.normalize(self.embed(pooled), dim=-1)


class OneUtterance(nn.Module):
    """The head as it is exported: a single utterance, all of it speech."""

    def __init__(self, head: VoiceHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """[T, 384] -> [T, F], [E]."""
        mask = torch.ones_like(frames[None, :, 0], dtype=torch.bool)
        features, embedding = self.head(frames[None], mask)
        return features[0], embedding[0]


class SpeechGate(nn.Module):
    """Tells for every frame whether somebody speaks, also in noise."""

    def __init__(self, config: VoiceHeadConfig | None = None) -> None:
        super().__init__()
        config = config or VoiceHeadConfig()
        self.norm = nn.LayerNorm(config.frame)
        around = config.reach // 2
        self.look = nn.Conv1d(config.frame, config.gate, config.reach, padding=around)
        self.tell = nn.Conv1d(config.gate, 1, config.reach, padding=around)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames as the encoder gives them, at 25 Hz [B, T, 384] -> logits [B, T]."""
        return self.tell(F.gelu(self.look(self.norm(frames).transpose(1, 2))))[:, 0]


class OneGate(nn.Module):
    """The gate as it is exported."""

    def __init__(self, gate: SpeechGate) -> None:
        super().__init__()
        self.gate = gate

    def forward(self, frames: Tensor) -> Tensor:
        """[T, 384] -> probabilities [T]."""
        return self.gate(frames[None])[0].sigmoid()


def warped(a: Tensor, a_lengths: Tensor, b: Tensor, b_lengths: Tensor) -> Tensor:
    """Distances of pairs of utterances by dynamic time warping, with gradients along the best path.

    Squared Euclidean distances of frames, summed along the cheapest way through both, over the sum of their lengths;
    what `encore_models.perception.prints` computes, without the ends that may be left out there.

    Args:
        a: Vectors of frames [N, A, F].
        a_lengths: How many of them are speech [N].
        b: [N, B, F].
        b_lengths: [N].

    Returns:
        [N].
    """
    far = 1e4
    count, rows, columns = len(a), a.shape[1], b.shape[1]
    cost = (a.square().sum(-1)[:, :, None] + b.square().sum(-1)[:, None] - 2 * a @ b.transpose(1, 2)).clamp(min=0)
    # Row i moves right by i, so that a column holds what was a diagonal, whose cells do not depend on each other.
    diagonals = rows + columns - 1
    slanted = F.pad(cost, (0, rows), value=far).flatten(1)[:, : rows * diagonals].view(count, rows, diagonals)
    before = cost.new_full((count, rows), far)
    last = F.pad(slanted[:, :1, 0], (0, rows - 1), value=far)
    kept = [last]
    for k in range(1, diagonals):
        above, corner = (F.pad(line[:, :-1], (1, 0), value=far) for line in (last, before))
        before, last = last, slanted[:, :, k] + torch.minimum(torch.minimum(last, above), corner)
        kept.append(last)
    ends = torch.stack(kept)[a_lengths + b_lengths - 2, torch.arange(count), a_lengths - 1]
    return ends / (a_lengths + b_lengths)
