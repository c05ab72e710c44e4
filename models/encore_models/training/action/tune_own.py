"""Tune the action model to the user's library: what `encore learn` runs, in a process of its own.

It tells what it does as JSON, one object a line; whatever ends it, the model that is in use stays whole. The tuned one
takes its place in one move, and only if it was not worse in any figure on what it was not tuned on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import torch
import typer

from encore_models.bundle import Bundle, Contents, open_session, write_bundle
from encore_models.errors import BrokenMacro, ExportStrays, ModelsError
from encore_models.perception.action import GRAPH, VERSION, WEIGHTS
from encore_models.perception.prints import Printer
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.aligned import NothingToTrainOn
from encore_models.training.action.demonstrations import Demonstrations
from encore_models.training.action.evaluate import Figures, evaluate, onnx_decider
from encore_models.training.action.export import FILE, WAY, export_float, write_mapped
from encore_models.training.action.finetune import Lesson, Tuned, Tuning, fine_tune
from encore_models.training.action.graft import grafted
from encore_models.training.action.lessons import kept_back, rehearsed, split, with_kept
from encore_models.training.action.model import ActionModel
from encore_models.training.action.own import Library, Recorded, all_recorded, samples_of
from encore_models.training.action.parity import int8_differences
from encore_models.training.action.quantise import WAYS
from encore_models.training.action.samples import Sample
from encore_models.training.action.shipped import KEPT, NUMBERS, read_kept, read_weights
from encore_models.training.voice_data import encoder_of
from encore_models.training.voice_sounds import Samples
from encore_models.ways import Contradiction, check_consistent, same_command
from encore_models.whisper.prepare import prepare_hearing

PARITY = 1e-3
"""Mean difference of probabilities between torch and the graph in float32."""
LEARNED = "learned"
"""Setting of a bundle: ids of the macros it was tuned to, with blanks between."""
COMPARED = ("next_step_accuracy", "target_hit", "state_macro_f1")
"""Figures that may not get worse."""
WORSE = 0.005
"""By which a figure on old demonstrations may fall: int8 rounds."""

CALIBRATION = 64
"""Samples that the ranges of static int8 are read from, and that the graph is checked on."""

LEARNED_BY, LEAST_LEARNING = 45.0, 10.0
"""Seconds after the begin when learning ends, on whatever machine; and what it is given at least."""

DEFAULTS = Tuning()
Say = Callable[..., None]
"""Tells an event: its name, and what belongs to it."""


class NoWeights(ModelsError, FileNotFoundError):
    """There is no action model that could be tuned."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"there is no action model in {folder} to begin with. Replays go by one demonstration and the evidence on "
            "the screen"
        )


class NothingNew(ModelsError, ValueError):
    """All demonstrations are known, or none can be learned."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"the action model stays as it is: {problem}")


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of the model in use and of the tuned one."""

    before: Figures
    after: Figures

    def told(self) -> dict[str, tuple[float, float]]:
        """What can be compared, before and after."""
        first, second = self.before.as_metrics(), self.after.as_metrics()
        return {name: (first[name], second[name]) for name in COMPARED if name in first and name in second}

    def worse(self, by: float) -> list[str]:
        """Names of figures that fell by more than so much."""
        return [name for name, (before, after) in self.told().items() if after < before - by]


def begin_with(target: Path, shipped: Path = WEIGHTS) -> Path:
    """The folder of the weights that are tuned on: the user's own, else those that Encore comes with.

    Raises:
        NoWeights: Neither has weights that can be trained.
        BundleBroken: A file is missing or changed.
    """
    for folder in (target, shipped):
        whole = Bundle.lies_in(folder) and (folder / NUMBERS).is_file()
        # One of the user's own may come from another version of Encore.
        if whole and Bundle.open(folder).contents.settings.get("version") == VERSION:
            return folder
    raise NoWeights(shipped)


def tune(
    library: Library,
    target: Path,
    new: Sequence[str],
    leave_out: Sequence[str],
    making: Callable[[], Demonstrations],
    say: Say,
    tuning: Tuning | None = None,
) -> bool:
    """Learn the demonstrations of a library.

    Args:
        library: The user's.
        target: Folder of the user's own model; it is the one in use where it is there.
        new: Ids of macros to learn; none means those that it has not learned.
        leave_out: Ids of macros that are not to be learned.
        making: Gives what makes samples.
        say: Told what is done, and in the end `tuned` with all figures.
        tuning: How.

    Returns:
        Whether the tuned model is in use now.

    Raises:
        NoWeights: There is no model to begin with.
        NothingNew: There is nothing to learn, or nothing to compare with.
        Contradiction: Two macros of one command do different things.
        TrainingDiverged: A loss is not finite.
        TooLarge: Memory does not hold two samples.
        ExportStrays: The exported graph does not compute what was trained.
        OSError: The disk is full.
    """
    begun = time.monotonic()
    folder = begin_with(target)
    lessons = _lessons(library, folder, new, leave_out, making, say)
    model = read_weights(folder)
    how = _in_time(tuning or DEFAULTS, time.monotonic() - begun)
    tuned = fine_tune(model, lessons.own, lessons.old, how, watch=lambda what, done: _watch(say, what, done))
    say("progress", what="checking what was learned and what was kept", done=0.8)
    measured, taken, why = _exchange(model, tuned, folder, target, lessons)
    losses = {"own": tuned.own_loss, "old": tuned.old_loss}
    figures = {name: one.told() for name, one in zip(("own", "old"), measured, strict=True)} if measured else {}
    seconds, learned = time.monotonic() - begun, sorted(lessons.fresh)
    say("tuned", taken=taken, why=why, learned=learned, steps=tuned.steps, seconds=seconds, loss=losses, **figures)
    return taken


def learned_by(folder: Path) -> frozenset[str]:
    """Ids of the macros that a model was tuned to."""
    return frozenset(str(Bundle.open(folder).contents.settings.get(LEARNED, "")).split())


def _fresh(recorded: Sequence[Recorded], new: Sequence[str], learned: frozenset[str]) -> set[str]:
    """Ids of the macros that are new; where all of them are, the latest, and the others are learned beside it."""
    names = {one.path.name for one in recorded}
    fresh = names & set(new) if new else names - learned
    if fresh == names and len(names) > 1:
        latest = max(recorded, key=lambda one: one.macro.created_utc)
        return {latest.path.name}
    return fresh


def _in_time(tuning: Tuning, taken: float) -> Tuning:
    """Less time to learn where it took long to look at the demonstrations, so that all of it stays within a minute."""
    return replace(tuning, seconds=min(tuning.seconds, max(LEAST_LEARNING, LEARNED_BY - taken)))


def _watch(say: Say, what: str, done: float) -> None:
    if what.startswith("out of memory"):
        say("note", text=what)
    say("progress", what=what, done=0.4 + 0.4 * done)


@dataclass(frozen=True, slots=True)
class _Lessons:
    """What is learned, and beside what."""

    own: Lesson
    old: Lesson
    fresh: frozenset[str]
    """Ids of the macros that are learned now."""
    known: tuple[str, ...]
    """Ids of all macros that the model has learned then."""


def _lessons(
    library: Library,
    folder: Path,
    new: Sequence[str],
    leave_out: Sequence[str],
    making: Callable[[], Demonstrations],
    say: Say,
) -> _Lessons:
    """Samples of new demonstrations, and of old ones.

    Raises:
        NothingNew: There is nothing to learn, or nothing to compare with.
        Contradiction: Two macros of one command do different things.
    """

    def note(text: str) -> None:
        say("note", text=text)

    recorded = all_recorded(library, leave_out, note)
    check_consistent([one.way for one in recorded], lambda: making().clip)
    known = learned_by(folder)
    fresh = _fresh(recorded, new, known)
    own_samples, old_samples = dict[str, list[Sample]](), dict[str, list[Sample]]()
    for number, one in enumerate(recorded):
        say("progress", what=f"looking at {one.path.name}", done=0.4 * number / len(recorded))
        try:
            samples = samples_of(library, one, _other_commands(one, recorded), making, note)
        except (NothingToTrainOn, BrokenMacro) as error:
            note(str(error))
            continue
        (own_samples if one.path.name in fresh else old_samples)[one.path.name] = samples
    back = kept_back([one for one in recorded if one.path.name in own_samples])
    if back:
        note(f"{back} is kept back, to check by it what is learned from the others; it is learned the next time")
    own, old = split(own_samples, back), rehearsed([*old_samples.values()])
    if not own.learned:
        raise NothingNew("there is no demonstration that it has not learned, or none that it can learn from")
    old = with_kept(old, read_kept(folder))
    if not old.learned or not old.checked:
        raise NothingNew(
            "this is the only demonstration, and no other could tell whether it forgets. It replays as shown; the next "
            "one is learned together with it"
        )
    learned = own_samples.keys() - {back}
    return _Lessons(own, old, frozenset(learned), tuple(sorted(known | learned | old_samples.keys())))


def _other_commands(one: Recorded, recorded: Sequence[Recorded]) -> Iterator[Samples]:
    """Sounds of other macros that ask for something else."""
    for other in recorded:
        if same_command(one.macro, other.macro):
            continue
        try:
            sound = other.sound
        except NothingToTrainOn:
            continue  # it was told, or is, where its own samples are made
        if len(sound):
            yield sound


def _small_graph(bundle: Bundle, old: ActionModel, new: ActionModel, checked: Sequence[Sample], scratch: Path) -> Path:
    """The tuned model in int8, in the way of the one before."""
    full = grafted(bundle.folder / bundle.contents.graphs[GRAPH].file, old, new, scratch / "fp32.onnx")
    if full is None or _strays(new, full, checked) > PARITY:
        full = export_float(new, scratch / "again.onnx")
        if (strays := _strays(new, full, checked)) > PARITY:
            raise ExportStrays("the tuned model", f"differs by {strays:.2g} from its graph, more than {PARITY}")
    way = str(bundle.contents.settings.get(WAY, "int8_dynamic"))
    return WAYS[way](full, scratch / FILE, checked)


def _strays(model: ActionModel, graph: Path, samples: Sequence[Sample]) -> float:
    """Mean difference of probabilities between torch and a graph, of the worst head."""
    return max(int8_differences(model, graph, samples).values())


def _why_not(tuned: Tuned) -> str:
    if not tuned.steps:
        return "there was no time to learn; try again when the machine is less busy"
    forgot = tuned.own_loss[1] < tuned.own_loss[0]
    return "it would forget older demonstrations" if forgot else "it is as good as it can be already"


def _exchange(
    model: ActionModel, tuned: Tuned, folder: Path, target: Path, lessons: _Lessons
) -> tuple[tuple[Measured, Measured] | None, bool, str]:
    """Put the tuned model into use if it is worth it; what was measured, whether, and why."""
    own, old = lessons.own.checked, lessons.old.checked
    if not tuned.taken:
        return None, False, _why_not(tuned)
    bundle = Bundle.open(folder)
    with TemporaryDirectory() as scratch:
        small = _small_graph(bundle, model, tuned.model, [*own, *old][:CALIBRATION], Path(scratch))
        deciders = onnx_decider(bundle.session(GRAPH)), onnx_decider(open_session(small))
        measured = tuple(Measured(*(evaluate(one, some, ()) for one in deciders)) for some in (own, old))
        if worse := [*measured[0].worse(0.0), *measured[1].worse(WORSE)]:
            return (measured[0], measured[1]), False, f"it got worse in {', '.join(dict.fromkeys(worse))}"

        def fill(made: Path) -> Contents:
            write_mapped(small, made)
            tuned.model.save_pretrained(made)
            if (folder / KEPT).is_file():
                (made / KEPT).write_bytes((folder / KEPT).read_bytes())
            was = bundle.contents
            graphs = {GRAPH: replace(was.graphs[GRAPH], file=FILE)}
            source = was.source if folder == target else f"{was.source}; tuned to the user's own demonstrations"
            settings = {**was.settings, LEARNED: " ".join(lessons.known)}
            return replace(was, graphs=graphs, source=source, settings=settings, metrics={})

        write_bundle(target, fill)
    return (measured[0], measured[1]), True, ""


def main(
    library: Annotated[Path, typer.Option(help="The library's folder.")],
    target: Annotated[Path, typer.Option(help="Folder of the user's own model.")],
    hearing: Annotated[Path, typer.Option(help="Folder of the hearing models.")],
    new: Annotated[list[str] | None, typer.Option(help="Macro to learn; all that are new without one.")] = None,
    leave_out: Annotated[list[str] | None, typer.Option(help="Macro that is not to be learned.")] = None,
    seconds: Annotated[float, typer.Option(help="When learning ends at the latest.")] = DEFAULTS.seconds,
    threads: Annotated[int, typer.Option(help="CPU threads; two wait for each other on a busy machine.")] = 1,
) -> None:
    """Tune the action model to the user's own demonstrations, telling JSON lines."""
    torch.set_num_threads(threads)

    @cache
    def making() -> Demonstrations:
        bundle, printer = prepare_hearing(hearing), Printer.load()
        reader = RapidOcrReader(threads=threads)
        prints = printer if printer.fits(bundle) else None
        return Demonstrations(UiClip.load(threads=threads), reader, encoder_of(bundle), prints)

    options = replace(DEFAULTS, seconds=seconds)
    try:
        tune(Library(library), target, new or (), leave_out or (), making, _say, options)
    except Contradiction as error:
        _say("contradiction", text=str(error), command=error.command, ways=error.ways)
        raise typer.Exit(1) from error
    except (ModelsError, OSError) as error:
        _say("failed", text=str(error))
        raise typer.Exit(1) from error


def _say(event: str, **told: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **told}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
