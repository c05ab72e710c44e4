"""Speech brought into the space of texts: by contrast (CLAP) or by a teacher (SONAR), for retrieval.

A small head turns the frames of an utterance into one vector as long as those of the text tower. CLAP (Elizalde et al.
2022) pulls each utterance to its own text and away from the others of the batch; SONAR (Duquenne et al. 2023) makes it
the vector that the text tower, the teacher, gives to the words. The text tower stays as it is in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from encore_models.training.action.errors import TrainingDiverged

Way = Literal["clap", "sonar"]


@dataclass(frozen=True, slots=True)
class Aligning:
    """How it is done."""

    way: Way = "clap"
    steps: int = 500
    batch: int = 64
    learning_rate: float = 1e-3
    width: int = 128
    seed: int = 7


class SpeechHead(nn.Module):
    """Frames to one vector: attention pooling over a projection of the frames."""

    def __init__(self, frame: int, text: int, width: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.LayerNorm(frame), nn.Linear(frame, width), nn.GELU())
        self.beside = nn.Conv1d(width, width, 5, padding=2)
        self.weigh, self.out = nn.Linear(width, 1), nn.Linear(width, text)
        self.sharpness = nn.Parameter(torch.tensor(2.0))
        """Logarithm of what cosines are multiplied with in contrast."""

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """[n, frames, width], mask [n, frames] -> unit vectors [n, text]."""
        hidden = self.project(frames) * mask[..., None]
        hidden = hidden + functional.gelu(self.beside(hidden.transpose(1, 2)).transpose(1, 2))
        weights = (self.weigh(hidden)[..., 0] - (1 - mask) * 1e4).softmax(dim=1)
        return functional.normalize(self.out((weights[..., None] * hidden).sum(dim=1)), dim=1)


def align(
    utterances: Sequence[NDArray[np.float16]], texts: NDArray[np.float32], how: Aligning | None = None
) -> SpeechHead:
    """Train a head on utterances and the vectors of what they say.

    Args:
        utterances: Frames of each, [T, width].
        texts: Vectors of the text tower, [n, text]; the same text has the same vector.
        how: The way, and its options.

    Raises:
        ValueError: There are not as many texts as utterances, or there are fewer than two.
        TrainingDiverged: The loss is not finite.
    """
    if len(utterances) != len(texts) or len(texts) < 2:
        raise ValueError(f"{len(utterances)} utterances and {len(texts)} texts; as many are needed, at least two")
    how = how or Aligning()
    torch.manual_seed(how.seed)
    rng = np.random.default_rng(how.seed)
    wanted = functional.normalize(torch.from_numpy(np.asarray(texts, np.float32)), dim=1)
    head = SpeechHead(utterances[0].shape[1], texts.shape[1], how.width)
    optimiser = torch.optim.AdamW(head.parameters(), lr=how.learning_rate)
    for step in range(how.steps):
        chosen = rng.permutation(len(utterances))[: how.batch]
        spoken = head(*padded([utterances[n] for n in chosen]))
        loss = LOSSES[how.way](spoken, wanted[chosen], head.sharpness)
        if not torch.isfinite(loss):
            raise TrainingDiverged(step, "the loss", None)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return head.eval()


def contrast(spoken: Tensor, texts: Tensor, sharpness: Tensor) -> Tensor:
    """Symmetric cross-entropy over the batch; the same text said twice is right both times."""
    logits = sharpness.exp().clamp(max=100) * spoken @ texts.T
    same = (texts @ texts.T > 0.999).float()
    ways = (logits, same), (logits.T, same.T)
    losses = [functional.cross_entropy(some, right / right.sum(dim=1, keepdim=True)) for some, right in ways]
    return torch.stack(losses).mean()


def taught(spoken: Tensor, texts: Tensor, sharpness: Tensor) -> Tensor:
    """How far the vectors are from the teacher's: mean squared error."""
    return (spoken - texts).square().sum(dim=1).mean()


LOSSES = {"clap": contrast, "sonar": taught}


def padded(utterances: Sequence[NDArray[np.float16]]) -> tuple[Tensor, Tensor]:
    """Frames [n, longest, width] and their mask [n, longest]."""
    longest = max(1, *(len(one) for one in utterances))
    frames = np.zeros((len(utterances), longest, utterances[0].shape[1]), np.float32)
    mask = np.zeros((len(utterances), longest), np.float32)
    for row, one in enumerate(utterances):
        frames[row, : len(one)], mask[row, : len(one)] = one, 1
    return torch.from_numpy(frames), torch.from_numpy(mask)


@torch.no_grad()
def recall(
    head: SpeechHead, utterances: Sequence[NDArray[np.float16]], texts: NDArray[np.float32], of: int = 1
) -> float:
    """Share of the utterances whose own text is among the `of` nearest of all texts."""
    spoken = head(*padded(utterances))
    cosines = spoken @ functional.normalize(torch.from_numpy(np.asarray(texts, np.float32)), dim=1).T
    own = cosines.diagonal()[:, None]
    return float(((cosines > own + 1e-6).sum(dim=1) < of).float().mean())
