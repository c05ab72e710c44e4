"""Towers: what turns pictures and sound into the vectors that the action model takes, one interface for all.

Ours are UI-CLIP and Whisper, whose vectors lie in the samples; every other tower is made here by its name, small and
with random weights, or from a checkpoint of `transformers` where one is named. A tower is trained with the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from encore_models.training.action.augment import Picture
from encore_models.training.action.compare import Batch
from encore_models.training.action.inputs import COEFFICIENTS, clip_input
from encore_models.training.action.model import ActionModel, Heads

Sense = Literal["places", "film", "sound"]
"""What a tower sees or hears: a picture of each place, the last frames of the window, what was said."""
MEL = 80
FLOW = 2
"""Channels of optical flow, beside red, green and blue."""
RATE_OUT = 25
"""Frames a second that every voice tower gives, as Whisper's encoder does here."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large towers made from scratch are."""

    hidden: int = 128
    layers: int = 4
    heads: int = 4
    side: int = 64
    """Of pictures, in pixels."""
    patch: int = 8
    frames: int = 4
    """Of a film."""


class CheckpointOfAnother(ValueError):
    """A tower has no checkpoints to begin from."""

    def __init__(self, tower: str, source: str) -> None:
        super().__init__(f"the tower {tower!r} is trained from scratch; {source} cannot be its checkpoint")


class Tower(nn.Module):
    """Vectors of a given length from one kind of input."""

    def __init__(self, body: nn.Module, inside: int, width: int, read: Callable[[nn.Module, Tensor], Tensor]) -> None:
        """Put a tower together.

        Args:
            body: The network.
            inside: Length of the vectors that it gives.
            width: Length of those that are wanted.
            read: Gives the body's vectors of an input: [n, inside], or of a film or sound [n, tokens, inside].
        """
        super().__init__()
        self.body, self.out = body, nn.Linear(inside, width)
        self._read = read

    def forward(self, x: Tensor) -> Tensor:
        """[n, ...] -> [n, width], or [n, tokens, width]."""
        vectors: Tensor = self.out(self._read(self.body, x))
        return vectors


class Residual(nn.Module):
    """Two convolutions and the way around them; half the side where channels grow."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        step = 1 if inside == outside else 2
        self.first = nn.Conv2d(inside, outside, 3, step, 1)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1)
        self.around = nn.Conv2d(inside, outside, 1, step)
        self.norms = nn.ModuleList(nn.GroupNorm(4, outside) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """[n, inside, h, w] -> [n, outside, h or h / 2, w or w / 2]."""
        inner = self.norms[1](self.second(torch.relu(self.norms[0](self.first(x)))))
        both: Tensor = torch.relu(inner + self.around(x))
        return both


def _cnn(width: int, size: Size, source: str | None) -> Tower:
    """A small ResNet (He et al. 2015) from scratch."""
    if source:
        raise CheckpointOfAnother("cnn", source)
    channels = [3] + [max(4, size.hidden // part // 4 * 4) for part in (4, 2, 1)]
    blocks = [Residual(a, b) for a, b in pairwise(channels)]
    return Tower(nn.Sequential(*blocks), channels[-1], width, lambda body, x: body(x).mean(dim=(2, 3)))


def _resnet(width: int, size: Size, source: str | None) -> Tower:
    from transformers import ResNetConfig, ResNetModel

    hidden = [max(8, size.hidden // part) for part in (8, 4, 2, 1)]
    config = ResNetConfig(embedding_size=hidden[0], hidden_sizes=hidden, depths=[1] * 4, layer_type="basic")
    body = ResNetModel.from_pretrained(source) if source else ResNetModel(config)
    return Tower(body, body.config.hidden_sizes[-1], width, lambda body, x: body(x).pooler_output.flatten(1))


def _vit(width: int, size: Size, source: str | None) -> Tower:
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(**_transformer(size), image_size=size.side, patch_size=size.patch)
    body = ViTModel.from_pretrained(source) if source else ViTModel(config, add_pooling_layer=False)
    return Tower(body, body.config.hidden_size, width, lambda body, x: body(x).last_hidden_state[:, 0])


def _clip(width: int, size: Size, source: str | None) -> Tower:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(**_transformer(size), image_size=size.side, patch_size=size.patch)
    body = CLIPVisionModel.from_pretrained(source) if source else CLIPVisionModel(config)
    return Tower(body, body.config.hidden_size, width, lambda body, x: body(x).pooler_output)


def _video_mae(width: int, size: Size, source: str | None) -> Tower:
    from transformers import VideoMAEConfig, VideoMAEModel

    config = VideoMAEConfig(
        **_transformer(size), image_size=size.side, patch_size=2 * size.patch, num_frames=size.frames, tubelet_size=2,
        num_channels=3 + FLOW,
    )  # fmt: skip
    return _watching(VideoMAEModel.from_pretrained(source) if source else VideoMAEModel(config), width)


def _vivit(width: int, size: Size, source: str | None) -> Tower:
    from transformers import VivitConfig, VivitModel

    patch = 2 * size.patch
    config = VivitConfig(
        **_transformer(size), image_size=size.side, num_frames=size.frames, tubelet_size=[2, patch, patch],
        num_channels=3 + FLOW,
    )  # fmt: skip
    return _watching(
        VivitModel.from_pretrained(source) if source else VivitModel(config, add_pooling_layer=False), width
    )


def _watching(body: Any, width: int) -> Tower:
    """A video transformer; from scratch it sees optical flow too, as two more channels."""
    seen = body.config.num_channels
    return Tower(body, body.config.hidden_size, width, lambda body, x: body(x[:, :, :seen]).last_hidden_state)


def _wav2vec2(width: int, size: Size, source: str | None) -> Tower:
    """Wav2Vec 2.0 on the samples themselves: 50 frames a second, two of which are taken together."""
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    config = Wav2Vec2Config(
        **_transformer(size), conv_dim=(size.hidden // 2,) * 7, num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4, apply_spec_augment=False,
    )  # fmt: skip
    body = Wav2Vec2Model.from_pretrained(source) if source else Wav2Vec2Model(config)

    def read(body: nn.Module, x: Tensor) -> Tensor:
        hidden = body(x).last_hidden_state
        pairs: Tensor = nn.functional.avg_pool1d(hidden.transpose(1, 2), 2, ceil_mode=True).transpose(1, 2)
        return pairs

    return Tower(body, body.config.hidden_size, width, read)


def _spectral(bands: int, name: str) -> Callable[[int, Size, str | None], Tower]:
    """Convolutions over log-mel or MFCC of 100 frames a second, a quarter of which come out."""

    def make(width: int, size: Size, source: str | None) -> Tower:
        if source:
            raise CheckpointOfAnother(name, source)
        layers: list[nn.Module] = []
        for inside, step in ((bands, 2), (size.hidden, 2), *((size.hidden, 1),) * (size.layers - 2)):
            layers += [nn.Conv1d(inside, size.hidden, 5, step, 2), nn.GroupNorm(4, size.hidden), nn.GELU()]
        body = nn.Sequential(*layers)
        return Tower(body, size.hidden, width, lambda body, x: body(x.transpose(1, 2)).transpose(1, 2))

    return make


def _transformer(size: Size) -> dict[str, Any]:
    return {
        "hidden_size": size.hidden,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "intermediate_size": 4 * size.hidden,
    }


@dataclass(frozen=True, slots=True)
class Kind:
    """A tower that can be chosen."""

    sense: Sense
    make: Callable[[int, Size, str | None], Tower]
    feed: str
    """What it takes: `picture` [3, side, side], `film` [frames, 3 + 2, side, side], `waveform` [samples] at 16 kHz,
    `log-mel` [T, 80] or `mfcc` [T, 13] at 100 a second."""


TOWERS: dict[str, Kind] = {
    "clip": Kind("places", _clip, "picture"),
    "vit": Kind("places", _vit, "picture"),
    "resnet": Kind("places", _resnet, "picture"),
    "cnn": Kind("places", _cnn, "picture"),
    "videomae": Kind("film", _video_mae, "film"),
    "vivit": Kind("film", _vivit, "film"),
    "wav2vec2": Kind("sound", _wav2vec2, "waveform"),
    "cnn-mel": Kind("sound", _spectral(MEL, "cnn-mel"), "log-mel"),
    "cnn-mfcc": Kind("sound", _spectral(COEFFICIENTS, "cnn-mfcc"), "mfcc"),
}
"""By name; `ui_clip` and `whisper` need none, for their vectors lie in the samples."""


def tower(name: str, width: int, size: Size | None = None, source: str | None = None) -> Tower:
    """A tower.

    Args:
        name: In `TOWERS`.
        width: Length of its vectors.
        size: Of one from scratch.
        source: Folder or name of a checkpoint for `transformers`; None begins with random weights.

    Raises:
        ValueError: There is no such tower, or it takes no checkpoint.
    """
    if name not in TOWERS:
        raise ValueError(f"there is no tower {name!r}; there are ui_clip, whisper, {', '.join(TOWERS)}")
    return TOWERS[name].make(width, size or Size(), source)


class Towered(nn.Module):
    """The action model with towers before it, trained as one.

    A batch holds, besides all that the action model takes, the raw inputs of the towers: `candidates_seen`,
    `steps_seen` and `step_effects_seen` [n, rows, 3, side, side]; `film_seen` [n, frames, 5, side, side];
    `utterance_heard` and `shown_utterance_heard` [n, ...] as the voice tower takes them.
    """

    PLACES = ("candidates", "steps", "step_effects")
    SOUNDS = ("utterance", "shown_utterance")

    def __init__(
        self, model: ActionModel, places: Tower | None = None, film: Tower | None = None, sound: Tower | None = None
    ) -> None:
        """Put towers before a model.

        Args:
            model: Its widths are those of the towers' vectors.
            places: Instead of UI-CLIP.
            film: Besides what sees places.
            sound: Instead of Whisper.
        """
        super().__init__()
        self.model, self.places, self.film, self.sound = model, places, film, sound

    def forward(self, batch: Batch) -> Heads:
        """As `ActionModel`."""
        fed = dict(batch)
        if self.places is not None:
            for name in self.PLACES:
                rows = batch[f"{name}_seen"]
                there = rows.flatten(2).abs().sum(dim=-1, keepdim=True) > 0
                looks = self.places(rows.flatten(0, 1)).unflatten(0, rows.shape[:2])
                fed[name] = looks * there  # nothing, as the target of typing, stays nothing
        if self.film is not None:
            fed["film"] = self.film(batch["film_seen"])
        if self.sound is not None:
            for name in self.SOUNDS:
                fed[name] = _fitted(self.sound(batch[f"{name}_heard"]), batch[f"{name}_mask"].shape[1])
        heads: Heads = self.model(fed)
        return heads


def _fitted(frames: Tensor, length: int) -> Tensor:
    """As many frames as the masks are long: towers round at the end in their own ways."""
    return nn.functional.pad(frames, (0, 0, 0, max(0, length - frames.shape[1])))[:, :length]


def film_input(images: list[Picture], count: int, side: int) -> NDArray[np.float32]:
    """The last frames with what moved in them: float32 [count, 5, side, side].

    The fourth and fifth channel are the optical flow from the frame before (Farneback 2003), in shares of the side;
    nothing moved into the first.

    Raises:
        ValueError: There is no frame.
    """
    frames = clip_input(images, count, side)
    chosen = [images[0]] * max(0, count - len(images)) + images[-count:]
    greys = [cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (side, side)) for image in chosen]
    flow = np.zeros((count, FLOW, side, side), np.float32)
    for place in range(1, count):
        start = np.zeros((side, side, FLOW), np.float32)
        moved = cv2.calcOpticalFlowFarneback(greys[place - 1], greys[place], start, 0.5, 3, 15, 3, 5, 1.2, 0)
        flow[place] = np.asarray(moved).transpose(2, 0, 1) / side
    return np.concatenate([frames, flow], axis=1)
