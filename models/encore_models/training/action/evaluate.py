"""How good an action model is: `python -m encore_models.training.action.evaluate --model FOLDER --data DATA`.

The figures are made with numpy alone, so they are the same for torch, float32 and int8.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from pydantic import TypeAdapter

from encore_models.bundle import MANIFEST, Bundle
from encore_models.perception.action import GRAPH, INPUTS, OUTPUTS, WHOLE_NUMBERS, Feeds, softmax
from encore_models.perception.situation import STATES
from encore_models.training.action.samples import OTHER, Sample, collate, read_shards

STEP, WAIT, DONE, STOP = (STATES.index(name) for name in ("step", "wait", "done", "stop"))
GROUPED = ("application", "toolkit", "layout", "icons", "font", "voice", "hard")
"""Keys of a sample's meta that figures are told apart by."""
AT_ONCE = 64

Outputs = dict[str, NDArray[Any]]
Decider = Callable[[Feeds], Outputs]
"""Feeds of n situations to the outputs of `OUTPUTS`."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of 1; None where no sample asked for it."""

    samples: int
    next_step_accuracy: float | None
    """State right, and the step too where one is due."""
    target_hit: float | None
    """Step right, and the middle of its candidate in the target, where a step is due that has one on the screen."""
    wrong_target: float | None
    """Decisions that would act on another place than the right one, or where nothing is to be done."""
    argument_accuracy: float | None
    """Where a step is due."""
    state_macro_f1: float | None
    """Mean over wait, done and stop, as far as they occur."""
    stop_auroc: float | None
    """How well `stop` is told from everything else by its probability."""
    open_set_auroc: float | None
    """How well another command than the one that was shown is told from that one by the probability of `stop`; what
    stops for another reason is left out."""
    groups: dict[str, dict[str, Figures]] = field(default_factory=dict)
    """The same by application, toolkit and so on."""

    def as_metrics(self) -> dict[str, float]:
        """The figures that there are, without the groups."""
        names = (name for name in self.__slots__ if name not in {"samples", "groups"})
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def evaluate(decide: Decider, samples: Iterable[Sample], groups: Iterable[str] = GROUPED) -> Figures:
    """Measure a decider on samples.

    Args:
        decide: A model, as `feeds_of` a batch to its outputs.
        samples: With labels; streamed.
        groups: Keys of meta to tell figures apart by.
    """
    metas: list[Mapping[str, str]] = []

    def batches() -> Iterator[tuple[Mapping[str, NDArray[Any]], Outputs]]:
        waiting = iter(samples)
        while some := list(islice(waiting, AT_ONCE)):
            metas.extend(sample.meta for sample in some)
            batch = collate(some)
            yield batch, decide(feeds_of(batch))

    return figures_of(batches(), metas, groups)


def figures_of(
    batches: Iterable[tuple[Mapping[str, NDArray[Any]], Outputs]],
    metas: Sequence[Mapping[str, str]],
    groups: Iterable[str] = GROUPED,
) -> Figures:
    """Figures of what was decided.

    Args:
        batches: Each with its labels, and what the model gave for it.
        metas: Of all samples, complete once the batches are used up.
        groups: Keys of meta to tell figures apart by.
    """
    rows: dict[str, list[Any]] = defaultdict(list)
    for batch, outputs in batches:
        for name, values in _rows(batch, outputs).items():
            rows[name].extend(values)
    columns = {name: np.array(values) for name, values in rows.items()}
    columns["other"] = np.array([meta.get("hard") == OTHER for meta in metas], np.bool_)
    apart: dict[str, dict[str, Figures]] = {}
    for key in groups:
        values = np.array([meta.get(key, "") for meta in metas])
        if names := sorted(set(values.tolist()) - {""}):
            apart[key] = {name: _figures({k: v[values == name] for k, v in columns.items()}) for name in names}
    return _figures(columns, apart)


def feeds_of(batch: Mapping[str, NDArray[Any]]) -> Feeds:
    """What the graph takes, out of a collated batch."""
    kinds = {name: np.int64 if name in WHOLE_NUMBERS else np.float32 for name in INPUTS}
    return {name: np.ascontiguousarray(batch[name].astype(kind)) for name, kind in kinds.items()}


def onnx_decider(session: Any) -> Decider:
    """An ONNX session as a decider."""
    return lambda feeds: dict(zip(OUTPUTS, session.run(list(OUTPUTS), feeds), strict=True))


def _rows(batch: Mapping[str, NDArray[Any]], outputs: Outputs) -> dict[str, NDArray[Any]]:
    """What is told, and what was right, for each situation; widths differ from batch to batch no more."""
    absent = outputs["candidate"].shape[1] - 1
    candidate = outputs["candidate"].argmax(axis=1)
    return {
        "state": batch["state"],
        "step": batch["step"],
        "candidate": batch["candidate"],
        "argument": batch["argument"],
        "told_state": outputs["state"].argmax(axis=1),
        "told_step": outputs["step"].argmax(axis=1),
        "told_candidate": np.where(candidate == absent, -1, candidate),
        "hit": np.where(candidate == absent, batch["candidate"] < 0, _at(batch["hits"] > 0, candidate)),
        "told_argument": outputs["argument"].argmax(axis=1),
        "stop": softmax(outputs["state"])[:, STOP],
    }


def _at(table: NDArray[np.bool_], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The entry of each row in its column; columns beyond the last count as it."""
    return table[np.arange(len(table)), np.minimum(columns, table.shape[1] - 1)]


def _figures(of: dict[str, NDArray[Any]], groups: dict[str, dict[str, Figures]] | None = None) -> Figures:
    if not len(of["other"]):
        return Figures(0, None, None, None, None, None, None, None)
    due = of["state"] == STEP
    right_state, right_step = of["told_state"] == of["state"], of["told_step"] == of["step"]
    right_candidate = of["hit"]
    acts = (of["told_state"] == STEP) & (of["told_candidate"] >= 0)
    pointed = due & (of["candidate"] >= 0)
    meant = of["other"] | (of["state"] != STOP)
    return Figures(
        len(due),
        _share(right_state & (right_step | ~due)),
        _share((right_step & right_candidate)[pointed]),
        _share(acts & ~(due & right_candidate)),
        _share((of["told_argument"] == of["argument"])[due]),
        macro_f1(of["state"], of["told_state"], (WAIT, DONE, STOP)),
        auroc(of["stop"], of["state"] == STOP),
        auroc(of["stop"][meant], of["other"][meant]),
        groups or {},
    )


def _share(right: NDArray[np.bool_]) -> float | None:
    return float(right.mean()) if len(right) else None


def macro_f1(right: NDArray[Any], told: NDArray[Any], classes: Iterable[int]) -> float | None:
    """Mean F1 over the classes that occur in what is right or told."""
    scores = []
    for number in classes:
        both = int(((right == number) & (told == number)).sum())
        either = int((right == number).sum() + (told == number).sum())
        if either:
            scores.append(2 * both / either)
    return float(np.mean(scores)) if scores else None


def auroc(scores: NDArray[Any], positive: NDArray[np.bool_]) -> float | None:
    """Probability that a positive has a higher score than a negative, a tie counting half (Mann and Whitney 1947)."""
    above, below = int(positive.sum()), int((~positive).sum())
    if not above or not below:
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[positive].sum() - above * (above + 1) / 2) / (above * below))


def opened(model: Path) -> Decider:
    """A bundle, or what training wrote (which needs torch), as a decider.

    Raises:
        BundleBroken: It is a bundle with a missing or changed file.
    """
    if (model / MANIFEST).is_file():
        return onnx_decider(Bundle.open(model).session(GRAPH, threads=2))
    from encore_models.training.action.model import ActionModel, torch_outputs

    trained = ActionModel.from_pretrained(model)
    return lambda feeds: torch_outputs(trained, feeds)


def main(
    model: Annotated[Path, typer.Option(help="A bundle, or the folder that training wrote the model to.")],
    data: Annotated[Path, typer.Option(help="Folder of the shards.")],
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
) -> None:
    """Measure an action model; prints JSON, with the figures of each application, toolkit, voice and so on."""
    figures = evaluate(opened(model), read_shards(data, split))
    typer.echo(TypeAdapter(Figures).dump_json(figures, indent=2).decode())


if __name__ == "__main__":
    typer.run(main)
