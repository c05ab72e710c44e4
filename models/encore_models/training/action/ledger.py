"""What a variant of the action model costs and how good it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from encore_models.bundle import open_session
from encore_models.perception.action import OUTPUTS, Feeds, feeds
from encore_models.training.action.evaluate import Figures, evaluate, onnx_decider
from encore_models.training.action.samples import Sample

RUNS, TRIES, THREADS = 40, 5, 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    figures: Figures
    megabytes: float
    """Of the graph's file, in millions of bytes."""
    milliseconds: float
    """Median time of one decision on two threads, where no other program comes between."""

    def as_metrics(self) -> dict[str, float]:
        """For a manifest."""
        rounded = {name: round(value, 5) for name, value in self.figures.as_metrics().items()}
        return rounded | {"megabytes": round(self.megabytes, 3), "milliseconds": round(self.milliseconds, 2)}


def measured(graph: Path, samples: Sequence[Sample]) -> Entry:
    """Run an ONNX graph on samples.

    Raises:
        ValueError: There are no samples.
    """
    if not samples:
        raise ValueError("a ledger is measured on at least one sample")
    session = open_session(graph, THREADS)
    figures = evaluate(onnx_decider(session), samples, groups=())
    return Entry(figures, graph.stat().st_size / 1e6, milliseconds(session, samples))


def milliseconds(session: Any, samples: Sequence[Sample]) -> float:
    """Median time of one decision, over samples as they come; of each the fastest of some runs."""
    return median(fastest(session, feeds(sample)) for sample in samples[:RUNS])


def fastest(session: Any, fed: Feeds) -> float:
    """Milliseconds that a graph takes, leaving out runs that other programs came between."""
    taken = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        session.run(list(OUTPUTS), fed)
        taken.append(1000 * (time.perf_counter() - begun))
    return min(taken)
