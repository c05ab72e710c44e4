"""Batch-norm statistics of icons and of strips, each for itself.

While it learns, the image tower sees batches of icons and batches of strips in turn, and normalises each by its own
mean and spread; the running statistics, however, are those of both together, which fit neither. So after training
they are measured again, once on icons and once on strips, and the tower is exported twice.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from encore_models.perception.crops import STRIP, Planes
from encore_models.training.batches import IconBatches, LabelBatches
from encore_models.training.ui_clip import ImageTower, UiClipModel

BATCHES = 40
"""Batches that the statistics of each shape are measured on."""
SEED = 99


class ByShape(nn.Module):
    """One image tower with two sets of statistics; which one counts depends on the crops' shape."""

    def __init__(self, icons: ImageTower, strips: ImageTower) -> None:
        super().__init__()
        self.icons = icons
        self.strips = strips

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        """The front end's [n, 5, h, w] -> semantic and instance unit vectors."""
        tower = self.strips if tuple(planes.shape[2:]) == STRIP else self.icons
        found: tuple[Tensor, Tensor] = tower(planes)
        return found


class SettledModel(nn.Module):
    """Both towers as they are exported."""

    def __init__(self, model: UiClipModel, image: ByShape) -> None:
        super().__init__()
        self.config = model.config
        self.image = image
        self.text = model.text


def settle(model: UiClipModel, icons: IconBatches, labels: LabelBatches, batches: int = BATCHES) -> SettledModel:
    """Measure the statistics of icons and of strips, on batches as large as those of training."""
    rng = np.random.default_rng(SEED)
    of_icons = (icons.draw(min(192, len(icons.names)), rng).planes for _ in range(batches))
    of_strips = (labels.draw(96, rng).planes for _ in range(batches))
    image = ByShape(settled(model.image, of_icons), settled(model.image, of_strips))
    return SettledModel(model, image).eval()


@torch.no_grad()
def settled(tower: ImageTower, batches: Iterable[Planes]) -> ImageTower:
    """A copy of the tower whose statistics are the mean over these batches."""
    tower = copy.deepcopy(tower).train()
    for layer in tower.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # every batch counts the same
    for planes in batches:
        tower(torch.from_numpy(planes))
    return tower.eval()
