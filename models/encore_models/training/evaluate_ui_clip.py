"""How well UI-CLIP names icons of sets it has never seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from encore_models.perception.crops import Picture, Planes, fit_icon, front_end
from encore_models.perception.wording import text_ids
from encore_models.training.augment import icon_view
from encore_models.training.batches import LabelBatches
from encore_models.training.icons import Icons
from encore_models.training.settle import SettledModel
from encore_models.training.ui_clip import UiClipModel

Vectors = NDArray[np.float32]

UI_CONCEPTS: dict[str, tuple[str, ...]] = {
    "play": ("play", "play arrow", "start playing"),
    "pause": ("pause",),
    "stop": ("stop", "player stop"),
    "next": ("skip forward", "skip next", "next track", "skip end"),
    "previous": ("skip back", "skip previous", "previous track", "skip start"),
    "shuffle": ("shuffle",),
    "repeat": ("repeat", "loop"),
    "volume": ("volume up", "volume high", "volume"),
    "mute": ("volume mute", "volume off", "mute"),
    "search": ("search", "magnifying glass", "magnify"),
    "heart": ("heart", "favorite", "like"),
    "home": ("home", "house"),
    "settings": ("settings", "gear", "cog"),
    "menu": ("menu", "hamburger menu", "list menu"),
    "close": ("close", "x", "cross"),
    "add": ("plus", "add"),
    "remove": ("minus", "subtract", "remove"),
    "delete": ("trash", "delete", "bin"),
    "edit": ("pencil", "edit", "pen"),
    "save": ("save", "floppy disk"),
    "folder": ("folder",),
    "file": ("file", "document"),
    "download": ("download",),
    "upload": ("upload",),
    "share": ("share",),
    "link": ("link", "chain"),
    "lock": ("lock", "locked"),
    "user": ("user", "person", "account"),
    "calendar": ("calendar", "date"),
    "star": ("star", "rating"),
}
"""Thirty things of everyday programs, with what else a person may call each."""

CONCEPT_NAMES: dict[str, tuple[str, ...]] = {
    "next": ("skip forward", "skip next", "skip end", "play skip forward"),
    "previous": ("skip back", "skip previous", "skip start", "play skip back", "skip previous"),
    "stop": ("stop", "player stop", "square"),
    "mute": ("volume mute", "volume off", "volume x", "mute", "volume slash", "speaker slash"),
    "volume": ("volume up", "volume", "volume high", "unmute", "speaker high"),
    "heart": ("heart",),
    "home": ("home", "home 1", "house"),
    "settings": ("settings", "gear", "cog", "settings 1", "settings 3", "cog one"),
    "close": ("close", "x", "x lg", "cross"),
    "add": ("plus", "add", "plus lg"),
    "remove": ("minus", "remove", "dash", "minimize", "subtract"),
    "delete": ("trash", "delete", "delete bin", "delete 2", "trash can"),
    "edit": ("pencil", "edit", "pen", "edit 1"),
    "save": ("floppy", "floppy disk", "save"),
    "menu": ("menu", "list", "three bars"),
    "user": ("user", "person", "account", "user 3"),
    "share": ("share", "share 1", "share forward"),
    "link": ("link", "link 1", "link 45deg"),
    "search": ("search", "magnifying glass"),
    "lock": ("lock", "lock closed"),
    "file": ("file", "file earmark", "document"),
}
"""The names under which test sets draw a concept, where they are not its own name; the first that a set has counts.

The order matters: some sets call other drawings "subtract" (a cut-out shape), "house" (a building) or "save" (a box).
"""


SCREEN = 170
"""Candidates of a usual screen."""
MOST_NAMES = 500
"""Names of a set that are looked at; enough for every query to meet others."""


@dataclass(frozen=True, slots=True)
class SetScores:
    """A figure for each test set, 0 to 1, and how many queries it is made of."""

    scores: dict[str, float]
    queries: dict[str, int]

    @property
    def mean(self) -> float:
        """Over the sets."""
        return round(float(np.mean(list(self.scores.values()))), 4) if self.scores else 0.0


def plain_view(picture: NDArray[np.uint8], box: NDArray[np.uint8]) -> Picture:
    """An icon in dark grey on white, cut as a candidate is."""
    left, top, right, bottom = (int(value) for value in box)
    bright, cover = picture.astype(np.float32)
    part = cover / 255
    grey = 245 * (1 - part) + (30 + bright * 0.8) * part
    side = round(max(right - left, bottom - top) * 1.3)
    canvas = np.full((side, side, 3), 245, np.uint8)
    x, y = (side - right + left) // 2, (side - bottom + top) // 2
    canvas[y : y + bottom - top, x : x + right - left] = grey[top:bottom, left:right, None].astype(np.uint8)
    return fit_icon(canvas)


@dataclass(frozen=True, slots=True)
class Towers:
    """Both towers, whatever runs them: torch or an exported graph."""

    picture: Callable[[Planes], tuple[Vectors, Vectors]]
    """The front end's [n, 5, h, w] -> semantic and instance unit vectors [n, d]."""
    text: Callable[[NDArray[np.int64]], Vectors]
    """Ids [n, 8, 16] -> unit vectors [n, d]."""

    def see(self, crops: Sequence[Picture]) -> tuple[Vectors, Vectors]:
        """Semantic and instance vectors of fitted icons: [n, d]."""
        parts = [self.picture(front_end(np.stack(crops[i : i + 256]))) for i in range(0, len(crops), 256)]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def read(self, texts: Sequence[str]) -> Vectors:
        """Vectors of texts: [n, d]."""
        return self.text(text_ids(texts))


def towers_of(model: UiClipModel | SettledModel) -> Towers:
    """A model in torch, put into evaluation mode for each call."""

    @torch.no_grad()
    def picture(planes: Planes) -> tuple[Vectors, Vectors]:
        semantic, instance = model.eval().image(torch.from_numpy(planes))
        return semantic.numpy(), instance.numpy()

    @torch.no_grad()
    def text(ids: NDArray[np.int64]) -> Vectors:
        found: Vectors = model.eval().text(torch.from_numpy(ids)).numpy()
        return found

    return Towers(picture, text)


def recall_at_1_of_100(towers: Towers, icons: Icons, queries: int = 500, seed: int = 0) -> SetScores:
    """Given the name of an icon, how often it is the nearest of 100 icons of its set.

    One drawing is taken for each different name, and the 99 others are drawn by chance.
    """
    rng = np.random.default_rng(seed)
    scores: dict[str, float] = {}
    asked: dict[str, int] = {}
    for name, numbers in _one_for_each_name(icons, rng).items():
        if len(numbers) < 100:
            continue
        numbers = sorted(rng.permutation(numbers)[:MOST_NAMES])
        pictures = towers.see([plain_view(icons.pictures[i], icons.boxes[i]) for i in numbers])[0]
        texts = towers.read([icons.names[i] for i in numbers])
        similar = texts @ pictures.T
        hits = 0
        chosen = rng.permutation(len(numbers))[:queries]
        for query in chosen:
            others = rng.choice(np.delete(np.arange(len(numbers)), query), 99, replace=False)
            hits += bool(similar[query, query] > similar[query, others].max())
        scores[name], asked[name] = hits / len(chosen), len(chosen)
    return SetScores(scores, asked)


def _one_for_each_name(icons: Icons, rng: np.random.Generator) -> dict[str, list[int]]:
    """Set to numbers of its icons, one for each name, in a stable order."""
    drawn: dict[str, dict[str, int]] = defaultdict(dict)
    for number in rng.permutation(len(icons)):
        drawn[icons.sets[number]].setdefault(icons.names[number], int(number))
    return {owner: [numbers[name] for name in sorted(numbers)] for owner, numbers in sorted(drawn.items())}


def ui_concepts_top1(towers: Towers, icons: Icons) -> SetScores:
    """How often the right one of the 30 concepts is nearest to its query, the mean vector of what it is called.

    For each set, every concept that the set draws is a candidate; plain and filled variants are all asked for.
    """
    labels = list(UI_CONCEPTS)
    queries = np.stack([towers.read(UI_CONCEPTS[label]).mean(axis=0) for label in labels])
    scores: dict[str, float] = {}
    asked: dict[str, int] = {}
    for owner in sorted(set(icons.sets)):
        found = concept_icons(icons, owner)
        wanted = [label for label in labels if label in found]
        if len(wanted) < 10:
            continue
        views = [plain_view(icons.pictures[found[label]], icons.boxes[found[label]]) for label in wanted]
        pictures, _ = towers.see(views)
        similar = queries[[labels.index(label) for label in wanted]] @ pictures.T
        hits = int((similar.argmax(axis=1) == np.arange(len(wanted))).sum())
        scores[owner], asked[owner] = hits / len(wanted), len(wanted)
    return SetScores(scores, asked)


def concept_icons(icons: Icons, owner: str) -> dict[str, int]:
    """For each concept that a set draws, the number of one drawing."""
    of_name: dict[str, int] = {}
    for number, (name, of_set) in enumerate(zip(icons.names, icons.sets, strict=True)):
        if of_set == owner:
            of_name.setdefault(name, number)
    found: dict[str, int] = {}
    for label in UI_CONCEPTS:
        names = CONCEPT_NAMES.get(label, (label,))
        drawn = [of_name[name] for name in names if name in of_name]
        if drawn:
            found[label] = drawn[0]
    return found


def same_drawing_top1(towers: Towers, icons: Icons, seed: int = 0) -> float:
    """How often the nearest of `SCREEN` icons in other themes, sizes and places is the same drawing.

    The nearest neighbour alone, without place, text or neighbours; twins of a set count as misses.
    """
    rng = np.random.default_rng(seed)
    hits: list[bool] = []
    for _ in range(6):
        numbers = rng.choice(len(icons), min(SCREEN, len(icons)), replace=False)
        shown, now = (
            towers.see([icon_view(icons.pictures[i], icons.boxes[i], rng) for i in numbers])[1] for _ in range(2)
        )
        hits += ((shown @ now.T).argmax(axis=1) == np.arange(len(numbers))).tolist()
    return round(float(np.mean(hits)), 4)


def same_label_top1(towers: Towers, labels: LabelBatches, seed: int = 0) -> float:
    """How often the nearest of `SCREEN` labels in other themes, sizes, places and often fonts says the same."""
    rng = np.random.default_rng(seed)
    hits: list[bool] = []
    for _ in range(6):
        planes = labels.draw(SCREEN, rng).planes
        parts = [towers.picture(planes[i : i + 64])[1] for i in range(0, len(planes), 64)]
        shown, now = np.split(np.concatenate(parts), 2)
        hits += ((shown @ now.T).argmax(axis=1) == np.arange(SCREEN)).tolist()
    return round(float(np.mean(hits)), 4)
