"""`encore learn`: a macro from a demonstration that is there already, and the action model from all of them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.prompt import Prompt

from encore_agent.contradictions import contradiction
from encore_agent.library import ACTION_MODEL
from encore_agent.service import Service
from encore_agent.settings import TINY_EN, Settings
from encore_agent.terminal import (
    ClipName,
    DataFolder,
    Language,
    WhisperName,
    clear_errors,
    ended_by_signal,
    out,
    problems,
    running_service,
)
from encore_agent.tuning import NoTrainExtra, Tuned, TuningPlaces, WaysDiffer, tune
from encore_models.perception.clip import OURS
from encore_models.ways import Contradiction
from encore_models.whisper.checkpoint import hearing_folder

FIGURES = {
    "next_step_accuracy": "next step right",
    "target_hit": "target hit",
    "state_macro_f1": "wait, done and stop told apart (F1)",
}


def learn(
    demonstration: Annotated[
        str | None, typer.Argument(help="Id of a demonstration: its folder's name; none only fine-tunes.")
    ] = None,
    data: DataFolder = None,
    clip: ClipName = OURS,
    whisper: WhisperName = TINY_EN,
    language: Language = None,
    phrase: Annotated[str | None, typer.Option(help='The command, e.g. "play {song}"; default: what you said.')] = None,
    fine_tune: Annotated[
        bool, typer.Option("--tune/--no-tune", help="Fine-tune the action model on your demonstrations.")
    ] = True,
) -> None:
    """Learn a macro from a demonstration, and fine-tune the action model on it beside your older ones.

    Fine-tuning takes up to a minute, needs the train extra, and may be left out: one demonstration is enough to replay.
    Ctrl-C ends it; the model changes only at the end, and only if it got better and forgot nothing.
    """
    learned: list[str] = []
    if demonstration is not None:
        with (
            running_service(data, clip, whisper, language) as service,
            service.library.demonstration(demonstration) as recorded,
        ):
            macro_id = service.learn(recorded, phrase).id
            if not settled(service, macro_id):
                return
            learned.append(macro_id)
    if not fine_tune:
        return
    if clip != OURS:
        out.print("the action model was not fine-tuned: it knows what things look like by ui-clip only", style="yellow")
        return
    with clear_errors():
        try:
            _tuned(Settings.default(data), learned)
        except NoTrainExtra as error:
            if demonstration is None:
                raise
            out.print(escape(str(error)), style="yellow", soft_wrap=True)


def _tuned(settings: Settings, learned: Sequence[str]) -> None:
    target = settings.root / ACTION_MODEL
    places = TuningPlaces(settings.root, target, hearing_folder(TINY_EN, settings.models))
    stop, left_out = ended_by_signal(), list[str]()
    while True:
        try:
            _report(_shown_tuning(places, stop, [name for name in learned if name not in left_out], left_out))
            return
        except WaysDiffer as error:
            left_out += _asked(error)


def _shown_tuning(places: TuningPlaces, stop: threading.Event, new: Sequence[str], left_out: Sequence[str]) -> Tuned:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=problems, transient=True) as bar:
        task = bar.add_task("fine-tuning", total=1.0)

        def tell(what: str, done: float) -> None:
            bar.update(task, description=escape(what), completed=done)

        def note(text: str) -> None:
            problems.print(escape(text), style="yellow", soft_wrap=True)

        return tune(places, tell, note, stop, new, left_out)


def settled(service: Service, macro_id: str) -> bool:
    """Where the command of a new macro was shown in another way before, ask which is right; the other is deleted.

    Without a person to ask all of them stay, for what was told when it was learned says so.

    Returns:
        Whether the macro is still there.
    """
    differ = contradiction(service.library, macro_id, lambda: service.senses.clip)
    if differ is None or not sys.stdin.isatty():
        return True
    wrong = _asked(differ, ("both",))
    for name in wrong:
        service.delete(name)
        out.print(escape(f"{name} is in the trash"))
    return macro_id not in wrong


def _asked(differ: WaysDiffer | Contradiction, others: Sequence[str] = ()) -> tuple[str, ...]:
    """Which of two ways is wrong; none for one of the other answers. Without a person to ask it is an error."""
    if not sys.stdin.isatty():
        raise differ
    out.print(escape(f"“{differ.command}” was shown in different ways:"))
    numbers = {str(number): way for number, way in enumerate(differ.ways, start=1)}
    for number, way in numbers.items():
        out.print(escape(f"  {number}. {', '.join(way)}"))
    right = Prompt.ask("Which one is right?", choices=[*numbers, *others], console=out)
    if right in others:
        return ()
    return tuple(name for number, way in numbers.items() if number != right for name in way)


def _report(tuned: Tuned) -> None:
    names = ", ".join(tuned.learned)
    if tuned.taken:
        out.print(escape(f"fine-tuned on {names} in {tuned.seconds:.0f} s; it is used from the next start on"))
    else:
        out.print(escape(f"the action model stays as it is: {tuned.why} ({tuned.seconds:.0f} s)"))
    for title, figures, loss in (
        ("new demonstrations", tuned.own, tuned.loss.get("own")),
        ("older ones", tuned.old, tuned.loss.get("old")),
    ):
        changes = [
            f"{words} {100 * figures[name][0]:.1f} → {100 * figures[name][1]:.1f} %"
            for name, words in FIGURES.items()
            if name in figures
        ]
        if loss is not None:
            changes.append(f"loss {loss[0]:.3f} → {loss[1]:.3f}")
        if changes:
            out.print(escape(f"  {title}, on what was kept back: {', '.join(changes)}"), soft_wrap=True)
