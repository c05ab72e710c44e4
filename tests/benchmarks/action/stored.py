"""What the benchmark measured before: each part lies in a file of its own, so a run that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

Made = TypeVar("Made")
RECIPE = 2
"""Counted up when parts tell something else than before."""
MEGA = 1024
"""Kilobytes in a megabyte."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Parts in a folder."""

    folder: Path

    def part(self, name: str, made_with: Any, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """A part as it was measured before with the same, else measured now.

        Args:
            name: Of the part.
            made_with: All that it depends on, as JSON or with words for it.
            make: Measures it.
        """
        digest = hashlib.blake2b(json.dumps([RECIPE, made_with], sort_keys=True, default=str).encode(), digest_size=8)
        path = self.folder / f"{name}.json"
        if path.is_file():
            there = json.loads(path.read_text())
            if there["made_with"] == digest.hexdigest():
                told: dict[str, Any] = there["told"]
                return told
        told = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"made_with": digest.hexdigest(), "told": told}))
        new.replace(path)
        return told


@dataclass(frozen=True, slots=True)
class Cost:
    """What a piece of work took."""

    seconds: float
    """Of processor time, in one thread: what it takes on a free core, however busy this machine is."""
    memory_mb: float
    """The most that its process held."""


def apart(work: Callable[..., Made], *given: Any) -> tuple[Made, Cost]:
    """Do something in a process of its own, in one thread, and say what it took."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_costing, work, given).result()


def _costing(work: Callable[..., Made], given: tuple[Any, ...]) -> tuple[Made, Cost]:
    import torch

    torch.set_num_threads(1)
    begun = time.process_time()
    made = work(*given)
    return made, Cost(time.process_time() - begun, _most_memory())


def _most_memory() -> float:
    """Megabytes that this process held at most.

    Not of `getrusage`: there a child begins with the most that its parent held.
    """
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(kilobytes) / MEGA
