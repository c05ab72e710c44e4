"""`make bench-finder`: how often the finder clicks what was shown, what else it clicks, and what it costs.

Things of drawn screens and of real programs are looked for on pictures of the same windows in another place, size,
look or order, and where they are gone; other ways to find them are asked the same. See `dataset`, `score` and `peers`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from encore_models.perception.ui_clip import WEIGHTS
from tests.benchmarks.finder.dataset import Query, Screen, queries, read_screens
from tests.benchmarks.finder.ours import Measured, measure_screen, miss_name
from tests.benchmarks.finder.sampling import choose
from tests.benchmarks.finder.score import figures, table, upper_bound

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results" / "finder.json"
Split = Literal["dev", "final"]
CONSOLE = Console(highlight=False)
COLUMNS = (
    ("queries", "there"),
    ("hit", "hit"),
    ("wrong", "wrong"),
    ("wrong_clicks", "clicks"),
    ("false_hit_queries", "gone"),
    ("false_hits", "clicked"),
    ("ms", "ms"),
)
"""Figures, and what they are called in a table."""


@dataclass(slots=True)
class Dataset:
    """Screens, and what is asked of them."""

    folder: Path
    screens: list[Screen]
    asked: list[Query]
    measured: Measured = field(default_factory=Measured)

    def of(self, screen: Screen) -> list[Query]:
        """What is asked of one screen."""
        return [query for query in self.asked if query.screen.id == screen.id]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="make bench-finder", description=__doc__)
    parser.add_argument("--split", choices=("dev", "final"), default="final")
    parser.add_argument("--queries", type=int, default=1600, help="at most so many on drawn screens")
    parser.add_argument("--real-queries", type=int, default=1200, help="at most so many on real programs")
    parser.add_argument("--peers", default="all", help="all, none, or names with commas")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "finder", help="where the screens are kept")
    parser.add_argument("--misses", type=Path, help="a folder for pictures of what went wrong")
    parser.add_argument("--jobs", type=int, choices=(1, 2), default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    rendered = dataset(drawn(options.folder, options.split), options.split, options.queries, options.seed)
    real = dataset(captured(options.folder), options.split, options.real_queries, options.seed)
    results: dict[str, Any] = {"split": options.split, "seed": options.seed, "complete": True, "versions": versions()}
    try:
        for name, data in (("rendered", rendered), ("real", real)):
            measure(name, data, options.jobs, options.misses)
    except KeyboardInterrupt:
        results["complete"] = False
        CONSOLE.print("[yellow]stopped; what was measured is kept[/yellow]")
    results = headline(rendered.measured, real.measured) | weights() | results
    results |= {"rendered": tables(rendered.measured), "real": tables(real.measured, "programs")}
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    show(results)
    if options.misses:
        write_misses(options.misses, (rendered.measured, real.measured))
    CONSOLE.print(f"written to {options.results}")
    return 0 if results["complete"] else 130


def drawn(folder: Path, split: Split) -> Path:
    """The drawn screens of a split; made where they are missing."""
    place = folder / f"rendered_{split}"
    if not place.is_dir():
        run_module("make_screens", "--split", split, "--out", str(place))
    return place


def captured(folder: Path) -> Path:
    """The screens of real programs; captured where they are missing."""
    place = folder / "programs"
    if not place.is_dir():
        run_module("capture_programs", "--out", str(place))
    return place


def run_module(name: str, *arguments: str) -> None:
    """Make a dataset with the module that makes it.

    Raises:
        subprocess.CalledProcessError: It failed, and has said why.
    """
    CONSOLE.print(f"{name} ...")
    subprocess.run([sys.executable, "-m", f"tests.benchmarks.finder.{name}", *arguments], cwd=ROOT, check=True)


def dataset(folder: Path, split: Split, count: int, seed: int) -> Dataset:
    """The screens of a split, and what is asked of them."""
    screens = [screen for screen in read_screens(folder) if screen.split == split]
    return Dataset(folder, screens, choose((query for screen in screens for query in queries(screen)), count, seed))


def measure(name: str, data: Dataset, jobs: int, misses: Path | None) -> None:
    """Ask the finder everything, screen by screen; `data.measured` grows as answers come.

    Raises:
        KeyboardInterrupt: A person has seen enough.
    """
    if misses is not None:
        misses.mkdir(parents=True, exist_ok=True)
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _work_quietly, (2 // jobs,))
    with progress() as bar:
        task = bar.add_task(name, total=len(data.asked))
        try:
            waiting = {
                pool.submit(measure_screen, data.folder, screen, asked, 2 // jobs, misses): len(asked)
                for screen in data.screens
                if (asked := data.of(screen))
            }
            for done in as_completed(waiting):
                data.measured.add(done.result())
                bar.advance(task, waiting[done])
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _work_quietly(threads: int) -> None:
    """Leave an interrupt to the parent, which stops giving work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(threads)


def progress() -> Progress:
    """A bar for long work."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=CONSOLE)


def headline(rendered: Measured, real: Measured) -> dict[str, Any]:
    """The figures that the README quotes; shares from 0 to 1."""
    drawn_figures, real_figures = figures(rendered.outcomes), figures(real.outcomes)
    found: dict[str, Any] = {**drawn_figures}
    if there := int(drawn_figures.get("queries", 0)):
        found["wrong_upper95"] = round(upper_bound(int(drawn_figures["wrong_clicks"]), there), 5)
    hard = figures([o for o in rendered.outcomes if o.picture == "hard"])
    found["hit_hard"] = hard.get("hit")
    found["candidate_recall"] = share_recalled(rendered.recall)
    found["real_queries"] = real_figures.get("queries", 0)
    found["real_hit"], found["real_wrong"] = real_figures.get("hit"), real_figures.get("wrong")
    if gone := int(real_figures.get("false_hit_queries", 0)):
        found["real_absent_clicked"] = round(int(real_figures["false_hits"]) / gone, 4)
        found["real_absent_queries"] = gone
    found["real_recall"] = share_recalled(real.recall)
    return found


def share_recalled(recall: Counter[tuple[str, str, bool]]) -> float | None:
    """Things that a candidate stood for, of all; None where there was nothing."""
    total = recall.total()
    return round(sum(n for (_, _, stood), n in recall.items() if stood) / total, 4) if total else None


def tables(measured: Measured, toolkits: str = "toolkits") -> dict[str, Any]:
    """The same figures by what changed, by what is looked for, and by where it stands."""
    outcomes = measured.outcomes
    return {
        "all": figures(outcomes),
        "pictures": table(outcomes, lambda o: o.picture),
        "kinds": table(outcomes, lambda o: o.kind),
        toolkits: table(outcomes, lambda o: o.toolkit),
        "said": table(outcomes, lambda o: "by what was said" if o.said else "as shown"),
        "candidate_recall": {
            "things": measured.recall.total(),
            "kinds": recall_by(measured.recall, 1),
            toolkits: recall_by(measured.recall, 0),
        },
    }


def recall_by(recall: Counter[tuple[str, str, bool]], place: Literal[0, 1]) -> dict[str, float | None]:
    """Recall of each toolkit (0) or kind (1)."""
    names = sorted({key[place] for key in recall})
    return {
        name: share_recalled(Counter({key: n for key, n in recall.items() if key[place] == name})) for name in names
    }


def weights() -> dict[str, Any]:
    """What the committed weights weigh, and what their export measured on icon sets that they never saw."""
    manifest = json.loads((WEIGHTS / "manifest.json").read_text("utf-8"))
    metrics = manifest["contents"]["metrics"]
    size = sum(entry["bytes"] for name, entry in manifest["files"].items() if name.endswith(".onnx"))
    return {
        "icon_r1_of_100": metrics["icon_r1_of_100_int8"],
        "ui_concepts_top1": metrics["ui_concepts_top1_int8"],
        "weights_mb": round(size / 1e6, 2),
    }


def versions() -> dict[str, str]:
    """Of what the figures depend on."""
    packages = ("onnxruntime", "opencv-python-headless", "rapidocr", "numpy")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def write_misses(folder: Path, measured: Sequence[Measured]) -> None:
    """A line for each thing that went wrong, worst first."""
    (folder / "misses.txt").write_text("".join(f"{line}\n" for line in _miss_lines(measured)), encoding="utf-8")
    CONSOLE.print(f"misses are in {folder}")


def _miss_lines(measured: Sequence[Measured]) -> Iterator[str]:
    for verdict in ("wrong", "false hit", "missed"):
        for one in sorted((o for m in measured for o in m.outcomes if o.verdict == verdict), key=miss_name):
            said = f" said {one.said!r}" if one.said else ""
            place = f"{one.picture} of {one.screen}"
            yield f"{verdict} | {one.kind} {one.thing}{said} | {place} | {one.why} | {miss_name(one)}"
    for one in measured:
        yield from (f"no candidate | {line}" for line in one.missing)


def show(results: dict[str, Any]) -> None:
    """Print what was found."""
    for name, by in (("rendered", "toolkits"), ("real", "programs")):
        for group in ("pictures", "kinds", by):
            if rows := results[name][group]:
                CONSOLE.print(as_table(f"{name}, {group}", rows | {"all": results[name]["all"]}))
        CONSOLE.print(f"{name}, candidate recall: {json.dumps(results[name]['candidate_recall'])}")
    plain = {key: value for key, value in results.items() if isinstance(value, float | int | str | None)}
    CONSOLE.print_json(json.dumps(plain))


def as_table(title: str, rows: dict[str, dict[str, float | int]]) -> Table:
    """Figures with a line for each group."""
    drawing = Table(title=title, title_justify="left")
    drawing.add_column("")
    for _, heading in COLUMNS:
        drawing.add_column(heading, justify="right")
    for name, row in rows.items():
        drawing.add_row(name, *(_cell(key, row.get(key)) for key, _ in COLUMNS))
    return drawing


def _cell(key: str, value: float | int | None) -> str:
    if value is None:
        return ""
    return f"{100 * value:.1f} %" if key in ("hit", "wrong") else f"{value}"


if __name__ == "__main__":
    raise SystemExit(main())
