"""How voice, screen and demonstration come together: four ways of about the same size, chosen by name."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class Tokens(NamedTuple):
    """One kind of tokens."""

    x: Tensor
    """[n, tokens, width]."""
    bias: Tensor
    """Added to the attention they get: 0, or very negative where there is none [n, 1, 1, tokens]."""


def mask_bias(mask: Tensor) -> Tensor:
    """A mask [n, tokens] (1 where there is something) as a bias [n, 1, 1, tokens]."""
    return (mask - 1)[:, None, None, :] * 1e4


def joined(*kinds: Tokens) -> Tokens:
    """All kinds one after the other."""
    return Tokens(torch.cat([kind.x for kind in kinds], dim=1), torch.cat([kind.bias for kind in kinds], dim=3))


class Attention(nn.Module):
    """Multi-head attention whose heads can be taken out one by one."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, memory: Tensor, bias: Tensor) -> Tensor:
        """Queries from x [n, tokens, width], keys and values from a memory [n, others, width]."""
        query, key, value = self._split(self.query(x)), self._split(self.key(memory)), self._split(self.value(memory))
        weights = (query @ key.transpose(-1, -2) * self.size**-0.5 + bias).softmax(dim=-1)
        mixed: Tensor = self.out((weights @ value).transpose(1, 2).flatten(2))
        return mixed

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, self.size)).transpose(1, 2)


class Block(nn.Module):
    """A pre-norm transformer block: attention to itself, to a memory where it has one, and a feed-forward."""

    def __init__(self, width: int, heads: int, dropout: float, crossed: bool = False) -> None:
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(width), Attention(width, heads)
        if crossed:
            self.cross_norm, self.memory_norm = nn.LayerNorm(width), nn.LayerNorm(width)
            self.cross = Attention(width, heads)
        self.forward_norm = nn.LayerNorm(width)
        self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tokens, memory: Tokens | None = None) -> Tokens:
        """Tokens in and out; those of the memory stay as they are."""
        x, bias = tokens
        normed = self.norm(x)
        x = x + self.dropout(self.attention(normed, normed, bias))
        if memory is not None:
            x = x + self.dropout(self.cross(self.cross_norm(x), self.memory_norm(memory.x), memory.bias))
        x = x + self.dropout(self.narrow(functional.gelu(self.widen(self.forward_norm(x)))))
        return Tokens(x, bias)


class Fusion(nn.Module):
    """Voice, screen, and question with demonstration in; the read question with steps, and the candidates out."""

    def forward(self, voice: Tokens, screen: Tokens, asked: Tokens) -> tuple[Tensor, Tensor]:
        """Tokens -> [n, 1 + steps, width] and [n, candidates, width]."""
        raise NotImplementedError


class Cross(Fusion):
    """Question and steps read from voice and screen by cross-attention; few tokens go through most layers."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.voice = Block(width, heads, dropout)
        self.screen = Block(width, heads, dropout)
        self.blocks = nn.ModuleList(Block(width, heads, dropout, crossed=True) for _ in range(3))

    def forward(self, voice: Tokens, screen: Tokens, asked: Tokens) -> tuple[Tensor, Tensor]:
        """See `Fusion`."""
        screen = self.screen(screen)
        memory = joined(self.voice(voice), screen)
        for block in self.blocks:
            asked = block(asked, memory)
        return asked.x, screen.x


class Single(Fusion):
    """All tokens in one stream, each attends to each (UNITER, Chen et al. 2020)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.kinds = nn.Parameter(torch.randn(3, width) * 0.02)
        self.blocks = nn.ModuleList(Block(width, heads, dropout) for _ in range(6))

    def forward(self, voice: Tokens, screen: Tokens, asked: Tokens) -> tuple[Tensor, Tensor]:
        """See `Fusion`."""
        kinds = zip((asked, screen, voice), self.kinds, strict=True)
        stream = joined(*(Tokens(tokens.x + kind, tokens.bias) for tokens, kind in kinds))
        for block in self.blocks:
            stream = block(stream)
        first, second = asked.x.shape[1], screen.x.shape[1]
        return stream.x[:, :first], stream.x[:, first : first + second]


class TwoStream(Fusion):
    """A stream of what is seen and one of what is heard; each attends to the other (ViLBERT, Lu et al. 2019)."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.seen = nn.ModuleList(Block(width, heads, dropout, crossed=True) for _ in range(2))
        self.heard = nn.ModuleList(Block(width, heads, dropout, crossed=True) for _ in range(2))
        self.last = Block(width, heads, dropout)

    def forward(self, voice: Tokens, screen: Tokens, asked: Tokens) -> tuple[Tensor, Tensor]:
        """See `Fusion`."""
        stream = joined(asked, screen)
        for seen, heard in zip(self.seen, self.heard, strict=True):
            stream, voice = seen(stream, voice), heard(voice, stream)
        x = self.last(stream).x
        return x[:, : asked.x.shape[1]], x[:, asked.x.shape[1] :]


class Late(Fusion):
    """Voice and screen are understood apart; the sum of the voice joins the question at the end."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.seen = nn.ModuleList(Block(width, heads, dropout) for _ in range(4))
        self.heard = nn.ModuleList(Block(width, heads, dropout) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.join = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, width))

    def forward(self, voice: Tokens, screen: Tokens, asked: Tokens) -> tuple[Tensor, Tensor]:
        """See `Fusion`."""
        stream = joined(asked, screen)
        for block in self.seen:
            stream = block(stream)
        for block in self.heard:
            voice = block(voice)
        there = (voice.bias[:, 0, 0] > -1).float()[..., None]
        heard = (self.norms[1](voice.x) * there).sum(dim=1, keepdim=True) / there.sum(dim=1, keepdim=True).clamp(min=1)
        read, screen_out = stream.x[:, : asked.x.shape[1]], stream.x[:, asked.x.shape[1] :]
        # Each step hears the voice too: with the question alone, which step is meant could not depend on it.
        joint = self.join(torch.cat([self.norms[0](read), heard.expand_as(read)], dim=-1))
        return read + joint, screen_out


FUSIONS: dict[str, type[Fusion]] = {"cross": Cross, "single": Single, "two_stream": TwoStream, "late": Late}
