"""Other towers than ours in the action model, all trained the same way on one small set of episodes made once more.

What our own towers compared beforehand is left out for all of them, and pictures, networks and runs are small: these
rows are to be compared with each other, not with those above.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from encore_models.perception.action import OUTPUTS
from encore_models.perception.clip import Clip
from encore_models.perception.mel import RATE
from encore_models.training.action.align import Aligning, Way, align, recall
from encore_models.training.action.errors import TrainingDiverged
from encore_models.training.action.evaluate import AT_ONCE, Figures, figures_of
from encore_models.training.action.inputs import frame_input, mel_input, mfcc
from encore_models.training.action.losses import losses_of
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.raw import Raw, bare
from encore_models.training.action.samples import FRAME_RATE
from encore_models.training.action.stream import tensors_of
from encore_models.training.action.towers import TOWERS, Size, Towered, film_input, tower
from encore_models.training.action.trainer import WEIGHTS

SMALL = Size(hidden=64, layers=2, heads=4, side=32, patch=8, frames=4)
OURS = "ui_clip+whisper (small)"
"""The row that the others are to be compared with."""
FILM = 64
"""Length of the tokens of a film."""
LEAST_SOUND = 0.1
"""Seconds that a sound tower is given at least."""


@dataclass(frozen=True, slots=True)
class Small:
    """How each of them is trained."""

    steps: int = 150
    batch: int = 8
    learning_rate: float = 1e-3
    seed: int = 7
    size: Size = SMALL


@dataclass(frozen=True, slots=True)
class TowerRow:
    """One of them, measured."""

    name: str
    screen: str
    voice: str
    figures: Figures
    parameters: int
    training_seconds: float
    milliseconds: float
    """Of one decision with its towers, in torch."""


def compared(train: Sequence[Raw], test: Sequence[Raw], config: ActionConfig, how: Small) -> list[TowerRow]:
    """Each tower in the place of ours, ours first.

    Args:
        train: Samples of the small set.
        test: Other ones, of the test split.
        config: Of the action model.
        how: How each is trained.

    Raises:
        TrainingDiverged: A loss is not finite.
    """
    return [_row(name, train, test, config, how) for name in (OURS, *TOWERS)]


def aligned(train: Sequence[Raw], test: Sequence[Raw], clip: Clip, steps: int) -> list[dict[str, Any]]:
    """Speech brought to texts by both ways: share of the utterances whose words are found among all of the test's."""
    ways: tuple[Way, ...] = ("clap", "sonar")
    told = []
    spoken, words = _utterances(train)
    others, theirs = _utterances(test)
    for way in ways:
        begun = time.monotonic()
        head = align(spoken, clip.words(words), Aligning(way=way, steps=steps))
        seconds = time.monotonic() - begun
        found = {f"recall_at_{of}": recall(head, others, clip.words(theirs), of) for of in (1, 5)}
        told.append({"way": way, "utterances": len(spoken), "among": len(others), **found, "training_seconds": seconds})
    return told


def _utterances(raws: Sequence[Raw]) -> tuple[list[NDArray[np.float16]], list[str]]:
    """Each utterance once, with its words."""
    once = {one.sample.utterance.tobytes(): one for one in raws if one.words}
    return [one.sample.utterance for one in once.values()], [one.words for one in once.values()]


def _row(name: str, train: Sequence[Raw], test: Sequence[Raw], config: ActionConfig, how: Small) -> TowerRow:
    network = _network(name, config, how)
    begun = time.monotonic()
    _learn(network, name, train, how)
    seconds = time.monotonic() - begun
    figures, milliseconds = _measured(network, name, test, how)
    sense = TOWERS[name].sense if name in TOWERS else ""
    screen = {"places": name, "film": f"ui_clip+{name}"}.get(sense, "ui_clip")
    voice = name if sense == "sound" else "whisper"
    count = sum(parameter.numel() for parameter in network.parameters())
    return TowerRow(name, screen, voice, figures, count, seconds, milliseconds)


def _network(name: str, config: ActionConfig, how: Small) -> Towered:
    torch.manual_seed(how.seed)
    if name not in TOWERS:
        return Towered(ActionModel(config))
    sense = TOWERS[name].sense
    widths = {"places": config.look, "film": FILM, "sound": config.frame}
    sizes = replace(config, film=FILM) if sense == "film" else config
    return Towered(ActionModel(sizes), **{sense: tower(name, widths[sense], how.size)})


def _learn(network: Towered, name: str, train: Sequence[Raw], how: Small) -> None:
    rng = np.random.default_rng(how.seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=how.learning_rate)
    network.train()
    for step in range(how.steps):
        batch = fed([train[int(n)] for n in rng.integers(len(train), size=how.batch)], name, how.size)
        losses = losses_of(network(batch), batch)
        loss = (losses.sums * torch.tensor(WEIGHTS) / losses.counts.clamp(min=1)).sum()
        if not torch.isfinite(loss):
            raise TrainingDiverged(step, "the loss", None)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()


@torch.no_grad()
def _measured(network: Towered, name: str, test: Sequence[Raw], how: Small) -> tuple[Figures, float]:
    network.eval()
    batches = []
    for first in range(0, len(test), AT_ONCE // 4):
        batch = fed(test[first : first + AT_ONCE // 4], name, how.size)
        outputs = dict(zip(OUTPUTS, (head.numpy() for head in network(batch)), strict=True))
        batches.append(({key: value.numpy() for key, value in batch.items()}, outputs))
    taken = []
    for one in test[:10]:
        begun = time.perf_counter()
        network(fed([one], name, how.size))
        taken.append(1000 * (time.perf_counter() - begun))
    return figures_of(batches, [one.sample.meta for one in test]), float(np.median(taken))


def fed(raws: Sequence[Raw], name: str, size: Size) -> dict[str, Tensor]:
    """A batch with what a tower takes; of ours, only the samples."""
    batch = tensors_of([bare(one.sample) for one in raws])
    if name not in TOWERS:
        return batch
    kind = TOWERS[name]
    if kind.feed == "picture":
        for part in Towered.PLACES:
            batch[f"{part}_seen"] = _seen([getattr(one, part) for one in raws], batch[part].shape[1], size.side)
    elif kind.feed == "film":
        films = [film_input(list(one.screens), size.frames, size.side) for one in raws]
        batch["film_seen"] = torch.from_numpy(np.stack(films))
    else:
        for part in Towered.SOUNDS:
            longest = batch[part].shape[1]
            batch[f"{part}_heard"] = _heard([getattr(one, part) for one in raws], longest, kind.feed)
    return batch


def _seen(pictures: Sequence[NDArray[np.uint8]], most: int, side: int) -> Tensor:
    """Pictures of places [n, most, 3, side, side]; zeros where there is none."""
    seen = np.zeros((len(pictures), most, 3, side, side), np.float32)
    for row, some in enumerate(pictures):
        for place, picture in enumerate(some):
            if picture.any():
                seen[row, place] = frame_input(picture, side)
    return torch.from_numpy(seen)


def _heard(sounds: Sequence[NDArray[np.float32]], frames: int, feed: str) -> Tensor:
    """Sounds of as many frames as those of Whisper, [n, samples] or [n, T, bands]."""
    seconds = max(frames / FRAME_RATE, LEAST_SOUND)
    length = round(seconds * RATE)
    padded = [np.pad(sound[:length], (0, max(0, length - len(sound)))).astype(np.float32) for sound in sounds]
    if feed == "waveform":
        return torch.from_numpy(np.stack(padded))
    made = [(mel_input if feed == "log-mel" else mfcc)(sound, seconds) for sound in padded]
    return torch.from_numpy(np.stack(made))
