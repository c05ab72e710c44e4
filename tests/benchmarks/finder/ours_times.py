"""What a search costs: one at a time, two threads, on pictures and texts that were never seen before."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_agent.find import Finder
from encore_models.macro import Target
from encore_models.perception.clip import OURS, open_clip
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from tests.benchmarks.finder.dataset import SHOWN, Query, Screen, queries, read_image
from tests.benchmarks.finder.ours import MODELS, Eyes
from tests.benchmarks.finder.sampling import balanced

Image = NDArray[np.uint8]
Times = dict[str, float | None]
"""Milliseconds by name, None where there were too few searches, and their number."""
SIZES = ((1280, 800), (1920, 1080))
COUNT = 32
"""Searches of each sort, where the screens have so many; their median is the figure."""
PICTURES = 64
"""Those nearest to a size, of whose queries some are searched."""
LEAST = 16
"""Searches below which there is no figure."""
THREADS = 2
LISTED = ("row", "row_icon")
"""Kinds that the fast path is not for: an unchanged row may be another entry."""


class Stopwatch:
    """Times searches on one dataset; what was shown is known beforehand, as in a replay."""

    def __init__(self, folder: Path, clip: str = OURS) -> None:
        """Load the weights and the text models."""
        self._folder, self._clip = folder, clip
        self._eyes = Eyes(THREADS, remembered=0, clip=clip)
        self._finder = Finder(self._eyes.reader)
        cv2.setNumThreads(THREADS)

    def in_list(self, query: Query) -> bool:
        """Whether what is searched is seen as part of a list; those never take the fast path."""
        return self._shown(query)[1].kind in LISTED

    def _shown(self, query: Query) -> tuple[Scene, Target]:
        shown = self._eyes.look(read_image(self._folder, query.screen, SHOWN))
        return shown, describe_target(shown, query.shown.point)

    def search(self, query: Query, size: tuple[int, int] | None = None) -> dict[str, float]:
        """Milliseconds of the whole search, in a replay, and on another scene those of its first two stages.

        Args:
            query: What is searched.
            size: Width and height that the picture is brought to; None leaves it.
        """
        image = read_image(self._folder, query.screen, query.picture)
        image = image if size is None else fitted(image, size)
        shown, target = self._shown(query)
        warm = self._eyes.look(image)
        began = time.perf_counter()
        _ = warm.layout
        laid_out = time.perf_counter()
        _ = warm.descriptors
        described = time.perf_counter()
        self._finder.find(target, shown, warm, query.said)
        now = self._eyes.look(image)
        start = time.perf_counter()
        self._finder.find(target, shown, now, query.said)
        whole = time.perf_counter() - start
        return {
            "ms": 1e3 * whole,
            "seen_ms": 1e3 * self._seen_s(query, image, target),
            "candidates_ms": 1e3 * (laid_out - began),
            "looks_ms": 1e3 * (described - laid_out),
        }

    def _seen_s(self, query: Query, image: Image, target: Target) -> float:
        """Seconds of the search in a replay, which remembers how what was shown looks; texts are read anew."""
        clip = open_clip(self._clip, MODELS, THREADS)
        shown, now = (
            Scene(picture, self._eyes.reader, clip)
            for picture in (read_image(self._folder, query.screen, SHOWN), image)
        )
        self._finder.find(target, shown, shown, query.said)  # reads what is read of it
        _ = shown.descriptors
        start = time.perf_counter()
        self._finder.find(target, shown, now, query.said)
        return time.perf_counter() - start


def fitted(image: Image, size: tuple[int, int]) -> Image:
    """The picture at exactly this width and height: cut off, or continued by its mirror image, so as full as it was."""
    cut = image[: size[1], : size[0]]
    below, beside = size[1] - cut.shape[0], size[0] - cut.shape[1]
    return np.asarray(cv2.copyMakeBorder(cut, 0, below, 0, beside, cv2.BORDER_REFLECT), np.uint8)


def measure_times(folder: Path, screens: Sequence[Screen], seed: int = 0, clip: str = OURS) -> dict[str, Times]:
    """Medians of the fast path on unchanged pictures, and of full searches at each size.

    They are drawn from all that can be asked of the screens, so that a short run has as many as a long one.
    """
    watch = Stopwatch(folder, clip)
    everything = [query for screen in screens for query in queries(screen)]
    same = [q for q in everything if q.picture == "same" and q.shown.kind not in LISTED and not q.said]
    changed = [q for q in everything if q.picture != "same" and q.shown.kind != "blank"]
    if changed:
        watch.search(changed[0])  # the first one loads the text models
    fast = [query for query in balanced(same, 4 * COUNT, _kind, seed) if not watch.in_list(query)]
    found = {"fast": medians([watch.search(query) for query in balanced(fast, COUNT, _kind, seed)])}
    for size in SIZES:
        like = balanced(of_size(folder, changed, size), COUNT, _kind, seed)
        found[f"full_{size[0]}"] = medians([watch.search(query, size) for query in like])
    return found


def _kind(query: Query) -> str:
    return query.shown.kind


def of_size(folder: Path, asked: Sequence[Query], size: tuple[int, int]) -> list[Query]:
    """What is asked of the pictures whose area is nearest to that of the size."""

    def place(query: Query) -> Path:
        return folder / query.screen.id / f"{query.picture}.png"

    def unlike(path: Path) -> float:
        width, height = png_size(path)
        return abs(math.log(width * height / (size[0] * size[1])))

    nearest = set(sorted({place(query) for query in asked}, key=lambda path: (unlike(path), path))[:PICTURES])
    return [query for query in asked if place(query) in nearest]


def png_size(path: Path) -> tuple[int, int]:
    """Width and height from a PNG's header."""
    with path.open("rb") as file:
        head = file.read(24)
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def medians(searches: Sequence[dict[str, float]]) -> Times:
    """Of each time of the searches, and how many there were; of fewer than 16 nothing is said."""
    if len(searches) < LEAST:
        return {"ms": None, "searches": len(searches)}
    columns = {name: sorted(search[name] for search in searches) for name in searches[0]}
    whole = columns["ms"]
    return {
        **{name: round(statistics.median(values), 2) for name, values in columns.items()},
        "p95_ms": round(whole[int(0.95 * (len(whole) - 1))], 2),
        "searches": len(whole),
    }
