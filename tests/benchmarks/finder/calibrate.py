"""Fits how sure the finder may be, `agent/encore_agent/certainty.json`, on the development screens.

    python -m tests.benchmarks.finder.calibrate

Every place that the finder would judge is weighed without any threshold: on drawn screens and on real programs, for
things that are there and for all that are absent, replaced by look-alikes or covered. Whether a click there would be
right is known. Since wrong places are rare, each thing that is there is looked for a second time with itself left out:
what comes nearest then is what would be clicked if it were gone. And some pictures are covered by a piece of another
window, which hides things and brings others that look or read like them. What was weighed is kept, so that fitting anew
takes seconds: see `--again`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from copy import copy
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import cv2
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from encore_agent.certainty import FEATURES, FILE, Certainty, Fit, Kind, Model
from encore_agent.find import Finder
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Rect
from tests.benchmarks.finder import make_screens
from tests.benchmarks.finder.calibrate_covers import AGAIN, covered
from tests.benchmarks.finder.calibrate_fit import fit
from tests.benchmarks.finder.dataset import SHOWN, Query, Screen, queries, read_screens
from tests.benchmarks.finder.ours import Looker, eyes
from tests.benchmarks.finder.sampling import balanced, stratum
from tests.benchmarks.finder.score import judge

DRAWN: Mapping[str, tuple[int, int]] = {"rendered_dev": (0, 24), "rendered_dev_more": (7, 30)}
"""Folders of drawn screens, with the seed and the number of each; they are drawn where they are missing."""
FINDER = Path(__file__).parents[3] / "runs" / "finder"
CONSOLE = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class Example:
    """A place that was weighed, and whether a click there would have been right."""

    screen: str
    """Screens are held out whole: what is asked of one is alike."""
    query: str
    kind: Kind
    evidence: Mapping[str, float]
    right: bool
    there: bool
    """Whether the target was there at all; not if it was left out."""
    left_out: bool = False
    under: bool = False
    """Whether a piece of another window hid it."""


UNFITTED = Certainty(
    {
        kind: Model(0.0, dict.fromkeys(names, (0.0, 0.0)), 1.0, Fit(0, 0, 0.0, 0.0, 0.0))
        for kind, names in FEATURES.items()
    }
)
"""For weighing: what is fitted now may be by other measures."""
EXAMPLES: TypeAdapter[list[Example]] = TypeAdapter(list[Example])


def main(argv: Sequence[str] | None = None) -> int:
    """Weigh, fit, write and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FINDER, help="where the screens are kept")
    parser.add_argument("--queries", type=int, default=1600, help="of things that are there, in each dataset")
    parser.add_argument("--again", action="store_true", help="fit what was weighed before")
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(argv)
    kept = options.folder / "weighed.json"
    if not options.again:
        kept.write_bytes(EXAMPLES.dump_json(weigh_all(options.folder, options.queries, options.jobs)))
    models = fit_all(EXAMPLES.validate_json(kept.read_bytes()))
    options.out.write_text(json.dumps({"kinds": {k: asdict(m) for k, m in models.items()}}, indent=1) + "\n", "utf-8")
    show(models)
    return 0


def weigh_all(folder: Path, count: int, jobs: int) -> list[Example]:
    """What the finder weighs on the development screens, drawn and real; the final ones are never looked at."""
    examples: list[Example] = []
    for name, (seed, count_drawn) in DRAWN.items():
        if not read_screens(folder / name):
            make_screens.main(["--folder", str(folder / name), "--seed", str(seed), "--screens", str(count_drawn)])
    for place in (*(folder / name for name in DRAWN), folder / "programs"):
        screens = [screen for screen in read_screens(place) if screen.split == "dev"]
        asked = chosen([query for screen in screens for query in queries(screen)], count)
        with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
            waiting = [
                pool.submit(weigh, place, screen, [query for query in asked if query.screen.id == screen.id], screens)
                for screen in screens
            ]
            for number, done in enumerate(as_completed(waiting), start=1):
                examples += done.result()
                CONSOLE.print(f"{place.name}: {number} of {len(waiting)} screens")
    return sorted(examples, key=lambda example: (example.screen, example.query))


def chosen(asked: Sequence[Query], count: int) -> list[Query]:
    """Everything that is gone, for wrong clicks are rare, and a balanced part of what is there."""
    there = [query for query in asked if query.answer is not None]
    return balanced(there, count, stratum, seed=1) + [query for query in asked if query.answer is None]


def weigh(folder: Path, screen: Screen, asked: Sequence[Query], screens: Sequence[Screen]) -> list[Example]:
    """What the finder weighs on one screen, and on some of its pictures under pieces of the other ones."""
    cv2.setNumThreads(1)
    sight = eyes(1)
    looker, finder = Looker(folder, screen, sight), Finder(sight.reader, certainty=UNFITTED)
    examples = weigh_asked(looker, finder, screen, asked)
    for cover in covered(folder, screen, screens):
        now = sight.look(cover.image)
        for query in cover.gone:
            name = f"{query.picture} {query.shown.id} "
            for place in finder.weigh(looker.target(query.shown), looker.scene(SHOWN), now):
                # A title is known by itself, wherever it stands; the same song or file in a dialog is no other one.
                if place.kind in AGAIN:
                    examples.append(Example(screen.id, name, place.kind, place.evidence, False, False, under=True))
    return examples


def weigh_asked(looker: Looker, finder: Finder, screen: Screen, asked: Sequence[Query]) -> list[Example]:
    """What the finder weighs for some queries of a screen, and with the answers left out."""
    examples: list[Example] = []
    for query in asked:
        shown, now = looker.scene(SHOWN), looker.scene(query.picture)
        name = f"{query.picture} {query.shown.id} {query.said or ''}"
        target = looker.target(query.shown)
        for place in finder.weigh(target, shown, now, query.said):
            right, there = judge(query, place.point) == "hit", query.answer is not None
            examples.append(Example(screen.id, name, place.kind, place.evidence, right, there))
        # Which of two rows that read the same is meant is told by their order, which leaving one out destroys.
        if query.answer is None or query.shown.kind == "blank" or query.shown.row:
            continue
        for place in finder.weigh(target, shown, without(now, query.answer.box), query.said):
            if place.kind != "unchanged" and judge(query, place.point) == "wrong":
                examples.append(Example(screen.id, name, place.kind, place.evidence, False, False, left_out=True))
    return examples


def without(scene: Scene, box: Rect) -> Scene:
    """The same picture without the candidates in a box."""
    keep = [number for number, c in enumerate(scene.candidates) if not box.contains(c.box.center)]
    candidates = tuple(scene.candidates[number] for number in keep)
    rest = copy(scene)
    # What was worked out from all candidates is worked out anew from these; pixels and descriptors stay.
    for name, value in vars(type(scene)).items():
        if isinstance(value, cached_property):
            rest.__dict__.pop(name, None)
    rest.__dict__.update(
        layout=replace(scene.layout, candidates=candidates), descriptors=scene.descriptors[keep],
        _rows={}, _pitches={}, _like={},
    )  # fmt: skip
    return rest


def fit_all(examples: Sequence[Example]) -> dict[Kind, Model]:
    """A model for each kind."""
    models: dict[Kind, Model] = {}
    for kind, names in FEATURES.items():
        own = [example for example in examples if example.kind == kind]
        if kind == "field":
            own += [typed_in(example) for example in own if example.right and example.evidence["caption"] > 0]
        evidence = [[example.evidence[name] for name in names] for example in own]
        models[kind] = fit(names, evidence, [e.right for e in own], [e.screen for e in own], [e.under for e in own])
        wrong = Counter(_how(e) for e in own if not e.right)
        CONSOLE.print(f"{kind}: wrong places {dict(wrong)}")
    return models


def typed_in(example: Example) -> Example:
    """The same field with something typed into it, which hides the words that it is known by.

    On the screens nothing is typed; on anybody's desktop a field mostly holds what was searched last.
    """
    return replace(example, evidence={**example.evidence, "caption": 0.0})


def _how(example: Example) -> str:
    """How it comes that a place is wrong."""
    if example.left_out or example.under:
        return "left out" if example.left_out else "under another window"
    return "there" if example.there else "gone"


def show(models: Mapping[Kind, Model]) -> None:
    """Print what the fits came to."""
    drawing = Table(title="cross-validated by screen", title_justify="left")
    columns = ("kind", "weighed", "right", "log loss", "calibration error", "highest wrong", "acts from")
    for column in columns:
        drawing.add_column(column, justify="left" if column == "kind" else "right")
    for kind, model in models.items():
        one = model.fit
        figures = (one.log_loss, one.calibration_error, one.highest_wrong, model.enough)
        drawing.add_row(kind, str(one.weighed), str(one.right), *(f"{figure:.4f}" for figure in figures))
    CONSOLE.print(drawing)


if __name__ == "__main__":
    raise SystemExit(main())
