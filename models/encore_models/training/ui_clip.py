"""UI-CLIP: a CLIP for user interfaces, small enough for one CPU core. The whole network is in this file.

An image tower sees one icon or one strip of text (after the fixed front end of `perception/crops.py`) and gives
two unit vectors: a semantic one, which lies near the text tower's vector of what the icon is called, and an
instance one, which lies near the same drawing under another theme, size or place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import TypeAdapter
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from encore_models.perception.crops import CHANNELS
from encore_models.perception.wording import BUCKETS, WORDS


@dataclass(frozen=True, slots=True)
class UiClipConfig:
    """Sizes of both towers."""

    widths: tuple[int, ...] = (24, 48, 96, 192)
    """Channels of the image tower's stages; each but the first halves the picture."""
    blocks: tuple[int, ...] = (1, 1, 2, 2)
    """Residual blocks in each stage."""
    pooled: int = 384
    """Features an icon is summed up in before the heads."""
    embedding: int = 192
    """Length of every vector that comes out."""
    buckets: int = BUCKETS
    """Rows of the table of character n-grams."""
    piece_width: int = 96
    text_width: int = 192
    text_layers: int = 4
    text_heads: int = 4

    def __post_init__(self) -> None:
        if len(self.widths) != len(self.blocks):
            raise ValueError(f"{len(self.widths)} widths do not fit {len(self.blocks)} numbers of blocks")


CONFIGS: TypeAdapter[UiClipConfig] = TypeAdapter(UiClipConfig)
"""The one codec of `config.json`."""


class Block(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2015)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outside)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outside)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inside != outside:
            self.shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))

    def forward(self, x: Tensor) -> Tensor:
        """[n, inside, h, w] -> [n, outside, h / stride, w / stride]."""
        y = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(self.second_norm(self.second(y)) + self.shortcut(x))


class ImageTower(nn.Module):
    """A small ResNet with two heads."""

    def __init__(self, config: UiClipConfig) -> None:
        super().__init__()
        width = config.widths[0]
        layers: list[nn.Module] = [nn.Conv2d(CHANNELS, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        for stage, (outside, count) in enumerate(zip(config.widths, config.blocks, strict=True)):
            for number in range(count):
                layers.append(Block(width, outside, 2 if stage > 0 and number == 0 else 1))
                width = outside
        layers += [nn.Conv2d(width, config.pooled, 1, bias=False), nn.BatchNorm2d(config.pooled), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.semantic = nn.Linear(config.pooled, config.embedding)
        self.instance = nn.Linear(config.pooled, config.embedding)

    def pool(self, planes: Tensor) -> Tensor:
        """The front end's [n, 5, h, w] -> features [n, pooled]."""
        pooled: Tensor = self.features(planes).mean(dim=(2, 3))
        return pooled

    def heads(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Features -> semantic and instance unit vectors, each [n, embedding]."""
        semantic = functional.normalize(self.semantic(pooled).float(), dim=-1)
        return semantic, functional.normalize(self.instance(pooled).float(), dim=-1)

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """The front end's [n, 5, h, w] -> semantic and instance unit vectors."""
        return self.heads(self.pool(planes))


class TextLayer(nn.Module):
    """Pre-norm self-attention and feed-forward."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.forward_norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 2 * width)
        self.narrow = nn.Linear(2 * width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Words [n, words, width] in and out; bias [n, 1, 1, words] is very negative where there is no word."""
        count, words, width = x.shape
        parts = self.query_key_value(self.attention_norm(x)).view(count, words, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        weights = query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5 + bias
        mixed = (weights.softmax(dim=-1) @ value).transpose(1, 2).reshape(count, words, width)
        x = x + self.attended(mixed)
        y: Tensor = self.narrow(functional.gelu(self.widen(self.forward_norm(x))))
        return x + y


class TextTower(nn.Module):
    """Words are sums of their pieces; a small transformer reads their order."""

    def __init__(self, config: UiClipConfig) -> None:
        super().__init__()
        self.pieces = nn.Embedding(config.buckets, config.piece_width, padding_idx=0)
        self.word = nn.Linear(config.piece_width, config.text_width)
        self.places = nn.Parameter(torch.randn(WORDS, config.text_width) * 0.02)
        self.layers = nn.ModuleList(TextLayer(config.text_width, config.text_heads) for _ in range(config.text_layers))
        self.norm = nn.LayerNorm(config.text_width)
        self.out = nn.Linear(config.text_width, config.embedding)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids of `text_ids`, int64 [n, 8, 16] -> unit vectors [n, embedding]."""
        there = (ids > 0).float()
        counts = there.sum(dim=2, keepdim=True)
        summed = (self.pieces(ids) * there[..., None]).sum(dim=2) / counts.clamp(min=1).sqrt()
        x = self.word(summed) + self.places
        words = (counts > 0).float()  # [n, words, 1]
        bias = (words.transpose(1, 2)[:, None] - 1) * 1e4
        for layer in self.layers:
            x = layer(x, bias)
        mean = (self.norm(x) * words).sum(dim=1) / words.sum(dim=1).clamp(min=1)
        return functional.normalize(self.out(mean).float(), dim=-1)


class UiClipModel(nn.Module):
    """Both towers."""

    def __init__(self, config: UiClipConfig | None = None) -> None:
        super().__init__()
        self.config = config or UiClipConfig()
        self.image = ImageTower(self.config)
        self.text = TextTower(self.config)

    def save_pretrained(self, folder: Path) -> None:
        """Write `config.json` and `model.safetensors`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_bytes(CONFIGS.dump_json(self.config, indent=2) + b"\n")
        save_file({name: value.contiguous() for name, value in self.state_dict().items()}, folder / "model.safetensors")

    @classmethod
    def from_pretrained(cls, folder: Path) -> UiClipModel:
        """Read what `save_pretrained` wrote."""
        model = cls(CONFIGS.validate_json((folder / "config.json").read_bytes()))
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model.eval()


@dataclass(frozen=True, slots=True)
class Losses:
    """Parts of one step's loss."""

    clip: Tensor
    """Pictures against the texts of the batch."""
    instance: Tensor
    """The two views of one drawing against all others."""
    words: Tensor
    """The words of an icon's name, read off its features."""

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.clip + 0.5 * self.instance + 0.5 * self.words


class Objective(nn.Module):
    """What only training needs: the temperature and a head that names words."""

    def __init__(self, config: UiClipConfig, vocabulary: int) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(2.66))  # 1 / 0.07
        self.words = nn.Linear(config.pooled, vocabulary)

    def forward(
        self, model: UiClipModel, planes: Tensor, ids: Tensor, meaning: Tensor, same_drawing: Tensor, words: Tensor
    ) -> Losses:
        """The losses of a batch of two views of n things.

        Args:
            model: Both towers.
            planes: Front end of the first views, then of the second: [2n, 5, h, w].
            ids: What each thing is called: int64 [n, 8, 16].
            meaning: Things of the same meaning share a number: int64 [n].
            same_drawing: Whether both views show one drawing (else two drawings of one meaning): bool [n].
            words: Words of each name as parts of 1, all 0 where none is known: float [n, vocabulary].
        """
        pooled = model.image.pool(planes)
        semantic, instance = model.image.heads(pooled)
        both = torch.cat([meaning, meaning])
        named, told = model.text(ids), self.words(pooled).float().log_softmax(dim=-1)
        twice = torch.cat([words, words])
        with torch.autocast("cpu", enabled=False):  # cosines times 100 need all digits of float32
            return Losses(
                clip_loss(semantic, named, both[:, None] == meaning[None, :], self.log_scale),
                instance_loss(instance, both, same_drawing),
                -(twice * told).sum() / twice.sum().clamp(min=1),
            )


def clip_loss(pictures: Tensor, texts: Tensor, belongs: Tensor, log_scale: Tensor) -> Tensor:
    """Symmetric contrastive loss (Radford et al. 2021) with several right answers.

    Args:
        pictures: Unit vectors [m, d].
        texts: Unit vectors [n, d].
        belongs: Whether a text names a picture: bool [m, n], at least one in each row and column.
        log_scale: Logarithm of the inverse temperature; held below 100.
    """
    logits = log_scale.clamp(max=4.6).exp() * pictures @ texts.T
    right = belongs.float()
    to_text = right / right.sum(dim=1, keepdim=True)
    to_picture = right / right.sum(dim=0, keepdim=True)
    loss = -(to_text * logits.log_softmax(dim=1)).sum(dim=1).mean()
    return (loss - (to_picture * logits.log_softmax(dim=0)).sum(dim=0).mean()) / 2


def instance_loss(views: Tensor, meaning: Tensor, same_drawing: Tensor, temperature: float = 0.1) -> Tensor:
    """SimCLR's loss (Chen et al. 2020) over drawings.

    Other drawings of the same meaning are left out: sets copy from each other, so they may be the same one.

    Args:
        views: Unit vectors, first views then second ones: [2n, d].
        meaning: int64 [2n].
        same_drawing: Which of the n pairs show one drawing, and so are pulled together: bool [n].
        temperature: Divides the cosines.
    """
    count = len(same_drawing)
    if not bool(same_drawing.any()):
        return views.sum() * 0
    logits = (views @ views.T / temperature).masked_fill(meaning[:, None] == meaning[None, :], -1e4)
    partner = torch.arange(2 * count).roll(count)
    rows = torch.arange(2 * count)
    positive = (views * views[partner]).sum(dim=1) / temperature
    logits[rows, partner] = positive
    wanted = torch.cat([same_drawing, same_drawing])
    return functional.cross_entropy(logits[wanted], partner[wanted])
