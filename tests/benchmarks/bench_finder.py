"""`make bench-finder`: how often the finder clicks what was shown, what else it clicks, and what it costs.

Things of drawn screens and of real programs are looked for on pictures of the same windows in another place, size,
look or order, and where they are gone; other ways to find them are asked the same. See `dataset`, `score` and `peers`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from encore_models.perception.clip import OURS
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import WEIGHTS
from tests.benchmarks.finder.dataset import ProgramSplit, Query, Screen, queries, read_screens, without_unchanged
from tests.benchmarks.finder.openadapt_peer import OpenAdapt, install
from tests.benchmarks.finder.ours import Encore, Measured, measure_screen
from tests.benchmarks.finder.ours_times import Times, measure_times
from tests.benchmarks.finder.peers import Locate, OcrAnchor, Orb, Peer, RecordedPlace, ask
from tests.benchmarks.finder.sampling import choose, choose_for_peers
from tests.benchmarks.finder.score import Outcome, Verdict
from tests.benchmarks.finder.score_report import (
    DEFINITIONS,
    headline,
    headline_times,
    miss_lines,
    recall_tables,
    show,
    tables,
    written,
)

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
Split = Literal["dev", "final"]
SCREENS: dict[Split, int] = {"dev": 24, "final": 30}
"""That are drawn of each split."""
CONSOLE = Console(highlight=False)
PEERS = {
    "recorded coordinates": "the same place in the window",
    "pyautogui locate": "pyscreeze.locate(control, picture, confidence=.9), first match, control at most 300 x 120",
    "ORB": "features in and around the control, a similarity with at least 4 inliers",
    "OCR anchor": "all text of the page by RapidOCR with Encore's settings, which read a page faster than its own do; "
    "the recorded line from 85 % of likeness, and the way from there",
    "OCR anchor as it comes": "the same, by RapidOCR with its own settings",
    "openadapt-flow": "2.4.0: Recorder.click, compile_recording, runtime.resolver.resolve with openadapt_flow.vision; "
    "no structural rung and no grounder, since there are only pixels; a refusal is no click",
}
"""Those that can be asked, and how they are."""


@dataclass(slots=True)
class Dataset:
    """Screens, and what is asked of them."""

    folder: Path
    screens: list[Screen]
    asked: list[Query]
    unchanged: list[str] = field(default_factory=list)
    """Screens and their pictures that are not asked of, as nothing changed on them."""
    measured: Measured = field(default_factory=Measured)
    peers: dict[str, list[Outcome]] = field(default_factory=dict)

    def of(self, screen: Screen) -> list[Query]:
        """What is asked of one screen."""
        return [query for query in self.asked if query.screen.id == screen.id]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="make bench-finder", description=__doc__)
    parser.add_argument("--split", choices=("dev", "final"), default="final")
    parser.add_argument("--queries", type=int, default=1600, help="at most so many on drawn screens")
    parser.add_argument("--real-queries", type=int, default=1200, help="at most so many on real programs")
    parser.add_argument("--peers", type=peer_names, default=tuple(PEERS), help="all, none, or names with commas")
    parser.add_argument("--peer-queries", type=int, default=260, help="the peers' part of the queries, in each dataset")
    parser.add_argument("--peer-threads", type=int, choices=(1, 2), default=2, help="for Encore and for reading a page")
    parser.add_argument("--results", type=Path, help="default: finder.json, or a name that says what is otherwise")
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "finder", help="where the screens are kept")
    parser.add_argument("--misses", type=Path, help="a folder for pictures of what went wrong")
    parser.add_argument("--no-times", action="store_true", help="do not time single searches")
    parser.add_argument("--jobs", type=int, choices=(1, 2), default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--clip", default=OURS, help="see with another CLIP: a checkpoint of transformers, or its name")
    parser.add_argument(
        "--advised", action="store_true", help="with the action model's advice, as in a replay: no peers, no times"
    )
    options = parser.parse_args(argv)
    results_at: Path = options.results or default_results(options.advised, options.split, options.clip)
    if options.advised:
        options.peers, options.no_times = (), True
    if options.misses:
        empty(options.misses)
    rendered = dataset(drawn(options.folder, options.split), options.split, options.queries, options.seed)
    programs = captured(options.folder)
    real = dataset(programs, options.split, options.real_queries, options.seed)
    parts = {"rendered": rendered, "real": real}
    if options.split == "final":
        parts["fresh"] = dataset(programs, "fresh", options.real_queries, options.seed)
    complete, times = True, dict[str, Times]()
    try:
        for name, data in parts.items():
            measure(name, data, options)
        if not options.no_times:
            times = measure_times(rendered.folder, rendered.screens, options.seed, options.clip)
        if options.peers:
            venv = options.folder / "openadapt-venv"
            for name, data in (("rendered", rendered), ("real", real)):
                asked = choose_for_peers(data.asked, options.peer_queries, options.seed)
                with ExitStack() as stack:
                    peers = start(options.peers, venv, stack, options.clip, options.peer_threads)
                    compare(name, data, asked, peers)
    except KeyboardInterrupt:
        complete = False
        CONSOLE.print("[yellow]stopped; what was measured is kept[/yellow]")
    run = {"split": options.split, "seed": options.seed, "clip": options.clip, "advised": options.advised}
    run |= {"peer_threads": options.peer_threads} if options.peers else {}
    results = summary(parts, times, run | {"complete": complete})
    results_at.parent.mkdir(parents=True, exist_ok=True)
    results_at.write_text(written(results) + "\n", encoding="utf-8")
    show(results, CONSOLE)
    if options.misses:
        write_misses(options.misses, [data.measured for data in parts.values()])
    CONSOLE.print(f"written to {results_at}")
    return 0 if complete else 130


def default_results(advised: bool, split: Split, clip: str) -> Path:
    """Where the figures go: the README's come from Encore's own weights and the final split alone."""
    others = ["advised"] * advised + [split] * (split != "final") + [clip] * (clip != OURS)
    name = "_".join(["finder", *others])
    return RESULTS / f"{re.sub(r'[^A-Za-z0-9.]+', '_', name)}.json"


def summary(parts: Mapping[str, Dataset], times: Mapping[str, Times], run: Mapping[str, Any]) -> dict[str, Any]:
    """All that is written of a run.

    Args:
        parts: What was measured: `rendered`, `real`, and of the final split `fresh`.
        times: Of single searches.
        run: What it was told, and whether it came to its end.
    """
    rendered = parts["rendered"]
    results = headline(rendered.measured, parts["real"].measured) | headline_times(times)
    results |= {**run, "versions": versions()}
    if run["clip"] == OURS:
        results |= weights()
    for name, data in parts.items():
        by = "toolkits" if data is rendered else "programs"
        results[name] = tables(data.measured.outcomes, by)
        results[name]["unchanged"] = data.unchanged
        results[name]["candidate_recall"] = recall_tables(data.measured.recall, by)
        results[name]["peers"] = {peer: tables(outcomes, by) for peer, outcomes in data.peers.items()}
    results |= {"times": times, "peers": PEERS, "definitions": DEFINITIONS}
    return results


def drawn(folder: Path, split: Split) -> Path:
    """The drawn screens of a split; drawn where they are missing."""
    place = folder / f"rendered_{split}"
    if not read_screens(place):
        make("make_screens", place, "--split", split, "--screens", str(SCREENS[split]))
    return place


def captured(folder: Path) -> Path:
    """The screens of real programs; captured where they are missing."""
    place = folder / "programs"
    if not read_screens(place):
        make("capture_programs", place)
    return place


def make(name: str, folder: Path, *arguments: str) -> None:
    """Make a dataset; what cannot be made on this machine, which its module explains, has no figures."""
    CONSOLE.print(f"{name}: {folder}")
    command = [sys.executable, "-m", f"tests.benchmarks.finder.{name}", "--folder", str(folder), *arguments]
    if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
        CONSOLE.print(f"[red]{name} ended with {code}; only what it has made is measured[/red]")


def dataset(folder: Path, split: ProgramSplit, count: int, seed: int) -> Dataset:
    """The screens of a split, and what is asked of them."""
    whole = [screen for screen in read_screens(folder) if screen.split == split]
    screens = [without_unchanged(folder, screen) for screen in whole]
    asked = choose((query for screen in screens for query in queries(screen)), count, seed)
    pairs = zip(whole, screens, strict=True)
    unchanged = [f"{old.id} {name}" for old, new in pairs for name in old.pictures if name not in new.pictures]
    return Dataset(folder, screens, asked, unchanged)


def measure(name: str, data: Dataset, options: argparse.Namespace) -> None:
    """Ask the finder everything, screen by screen; `data.measured` grows as answers come.

    Raises:
        KeyboardInterrupt: A person has seen enough.
    """
    threads = 2 // options.jobs
    how = threads, options.misses, options.clip, options.advised
    pool = ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn"), _work_quietly, (threads,))
    with progress() as bar:
        task = bar.add_task(name, total=len(data.asked))
        try:
            waiting = {
                pool.submit(measure_screen, data.folder, screen, asked, *how): len(asked)
                for screen in data.screens
                if (asked := data.of(screen))
            }
            for done in as_completed(waiting):
                data.measured.add(done.result())
                bar.advance(task, waiting[done])
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def compare(name: str, data: Dataset, asked: Sequence[Query], peers: Mapping[str, Peer]) -> None:
    """Ask the peers a part of the queries; `data.peers` grows as answers come.

    One at a time, so that they may be compared in what they cost.

    Raises:
        KeyboardInterrupt: A person has seen enough.
    """
    with progress() as bar:
        task = bar.add_task(f"{name}, peers", total=len(asked))
        data.peers.update({name: [] for name in peers})
        for screen in data.screens:
            of_screen = [query for query in asked if query.screen.id == screen.id]
            if not of_screen:
                continue
            for outcomes in ask(peers, data.folder, screen, of_screen):
                for peer, one in outcomes.items():
                    data.peers[peer].append(one)
                bar.advance(task)


def start(names: Sequence[str], venv: Path, stack: ExitStack, clip: str, threads: int) -> dict[str, Peer]:
    """Encore, and the peers of these names, ready; the stack ends them."""
    cv2.setNumThreads(threads)
    makers: dict[str, Callable[[], Peer]] = {
        "encore": lambda: Encore(threads, clip),
        "recorded coordinates": RecordedPlace,
        "pyautogui locate": Locate,
        "ORB": Orb,
        "OCR anchor": lambda: OcrAnchor(RapidOcrReader(threads, remembered=0)),
        "OCR anchor as it comes": lambda: OcrAnchor(RapidOcrReader(threads, remembered=0, settings={})),
        "openadapt-flow": lambda: stack.enter_context(closing(OpenAdapt(install(venv)))),
    }
    return {name: makers[name]() for name in ("encore", *names)}


def peer_names(text: str) -> tuple[str, ...]:
    """Peers from the command line.

    Raises:
        argparse.ArgumentTypeError: There is no such peer.
    """
    if text in ("all", "none"):
        return tuple(PEERS) if text == "all" else ()
    names = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in names if name not in PEERS]:
        raise argparse.ArgumentTypeError(f"there is no peer {unknown[0]!r}; there are {', '.join(PEERS)}")
    return names


def _work_quietly(threads: int) -> None:
    """Leave an interrupt to the parent, which stops giving work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(threads)


def progress() -> Progress:
    """A bar for long work."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=CONSOLE)


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


def empty(folder: Path) -> None:
    """A folder without the misses of another run."""
    folder.mkdir(parents=True, exist_ok=True)
    for verdict in get_args(Verdict):
        for old in folder.glob(f"{verdict.replace(' ', '_')}-*.png"):
            old.unlink()


def write_misses(folder: Path, measured: Sequence[Measured]) -> None:
    """The words to the pictures of what went wrong."""
    (folder / "misses.txt").write_text("".join(f"{line}\n" for line in miss_lines(measured)), encoding="utf-8")
    CONSOLE.print(f"misses are in {folder}")


if __name__ == "__main__":
    raise SystemExit(main())
