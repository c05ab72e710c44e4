"""The command line: `encore --help` shows what there is."""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from encore_agent.describe import describe_step
from encore_agent.doctor import examine
from encore_agent.errors import AgentError
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    ChoicesShown,
    Clicked,
    EpisodeReport,
    Finished,
    Halted,
    Learned,
    Rejected,
    StepDone,
    Trouble,
)
from encore_agent.messages import Progress as ProgressMade
from encore_agent.service import Service, open_service
from encore_agent.settings import Settings
from encore_agent.sights import Watch
from encore_models.errors import ModelsError
from encore_models.perception.clip import OURS
from encore_recorder.clock import SECOND
from encore_recorder.errors import RecorderError

app = typer.Typer(
    help="Show it once, say it, it happens.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False)
problems = Console(stderr=True, highlight=False)

DataFolder = Annotated[
    Path | None,
    typer.Option("--data", envvar="ENCORE_DATA", help="Library folder; by default the user's data folder."),
]
ClipName = Annotated[
    str,
    typer.Option("--clip", envvar="ENCORE_CLIP", help="Another CLIP of transformers that sees: its name or folder."),
]
MacroId = Annotated[str, typer.Argument(help="Id of a macro, see `encore macros`.")]


@contextmanager
def _clear_errors() -> Iterator[None]:
    """One line and a non-zero exit for everything that Encore or the machine refuses."""
    try:
        yield
    except (AgentError, ModelsError, RecorderError, OSError, ValueError, KeyError) as error:
        problems.print("[red]encore:[/red]", escape(str(error)), soft_wrap=True)
        raise typer.Exit(1) from error


@contextmanager
def _service(data: Path | None, show: bool = True, clip: str = OURS) -> Iterator[Service]:
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    with _clear_errors():
        service = open_service(Settings.default(data, clip))
        try:
            if show:
                service.subscribe(_print_event)
            yield service
        finally:
            service.close()


def _print_event(event: AgentEvent) -> None:
    match event:
        case Accepted(text=text, command=command, understand_ms=ms):
            values = ", ".join(f"{k} = {v}" for k, v in command.slots.items())
            out.print(f"[green]heard[/green] “{text}” → {command.macro_id} {values} ({ms:.0f} ms)")
        case Rejected(text=text, reason=reason):
            out.print(f"[yellow]heard[/yellow] “{text}”: {reason}")
        case Clicked() | ChoicesShown():
            _print_saying(event)
        case StepDone(index=index, description=description, evidence=evidence):
            out.print(f"  {index + 1}. {description} [dim]({evidence})[/dim]")
        case Halted(index=index, reason=reason, picture=picture):
            out.print(f"[red]halted[/red] at step {index + 1}: {reason}")
            if picture:
                out.print(f"  see {picture}")
        case Finished(verified_by=verified, total_ms=ms):
            out.print(f"[green]done[/green] in {ms / 1e3:.1f} s, {verified or 'not verified'}")
        case Learned(macro_id=macro_id, phrases=phrases, steps=steps, notes=notes):
            out.print(f"[green]learned[/green] {macro_id}: say “{phrases[0]}” ({steps} steps)")
            for note in notes:
                out.print(f"  {note}")
        case Trouble(message=message):
            problems.print("[red]encore:[/red]", escape(message), soft_wrap=True)


def _print_saying(event: Clicked | ChoicesShown) -> None:
    if isinstance(event, Clicked):
        out.print(f"[green]heard[/green] “{escape(event.text)}”: {escape(f'{event.description} ({event.evidence})')}")
        return
    out.print(f"[yellow]heard[/yellow] “{escape(event.text)}”: {escape(event.reason)} say the number")
    for choice in event.choices:
        out.print(escape(f"  {choice.number}. {choice.name} at ({choice.rect.left}, {choice.rect.top})"))


@app.command()
def setup(data: DataFolder = None) -> None:
    """Prepare the hearing model: once, a few seconds, offline ever after."""
    with (
        _service(data) as service,
        Progress(TextColumn("{task.description}"), BarColumn(), console=out) as bar,
    ):
        task = bar.add_task("hearing model", total=1.0)

        def show(event: AgentEvent) -> None:
            if isinstance(event, ProgressMade):
                bar.update(task, description=event.what, completed=event.done)

        service.subscribe(show)
        service.prepare()
        bar.update(task, description="ready", completed=1.0)


@app.command()
def doctor(
    data: DataFolder = None,
    clip: ClipName = OURS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check everything Encore needs, and say what to install or allow."""
    with _clear_errors():
        findings = list(examine(Settings.default(data, clip)))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        colours = {"ok": "green", "warning": "yellow", "problem": "red"}
        for finding in findings:
            out.print(
                f"[{colours[finding.state]}]{finding.state:8}[/] {finding.name}: {finding.detail}",
                soft_wrap=True,
            )
            if finding.advice:
                out.print(f"         → {finding.advice}", soft_wrap=True)
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(1)


@app.command()
def record(
    data: DataFolder = None,
    clip: ClipName = OURS,
    seconds: Annotated[float | None, typer.Option(min=0.5, help="Stop by itself after so long.")] = None,
    phrase: Annotated[str | None, typer.Option(help='The command, e.g. "play {song}"; default: what you say.')] = None,
    learn: Annotated[bool, typer.Option(help="Learn a macro from it at once.")] = True,
) -> None:
    """Record a demonstration; Ctrl-C or `kill -TERM` ends it. Say the command while you show it."""
    with _service(data, clip=clip) as service:
        done = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: done.set())
        with service.record_now(done, seconds, lambda: out.print("recording; Ctrl-C stops", style="red")) as recorded:
            out.print(f"recorded {recorded.duration_ns / 1e9:.1f} s in {recorded.path}")
            if learn:
                service.learn(recorded, phrase)


@app.command("learn")
def learn_again(
    demonstration: Annotated[str, typer.Argument(help="Id of a demonstration: its folder's name.")],
    data: DataFolder = None,
    clip: ClipName = OURS,
    phrase: Annotated[str | None, typer.Option(help='The command, e.g. "play {song}"; default: what you said.')] = None,
) -> None:
    """Learn a macro from a demonstration that is there already."""
    with _service(data, clip=clip) as service, service.library.demonstration(demonstration) as recorded:
        service.learn(recorded, phrase)


@app.command()
def macros(data: DataFolder = None) -> None:
    """List what was learned."""
    with _service(data) as service:
        table = Table("id", "say", "steps", "learned")
        for macro in service.library.macros():
            say = "\n".join(phrase.text for phrase in macro.phrases)
            table.add_row(macro.id, say, str(len(macro.steps)), macro.created_utc)
        out.print(table)
        for _, problem in service.library.broken_macros():
            problems.print(escape(problem), style="yellow", soft_wrap=True)


@app.command()
def show(macro_id: MacroId, data: DataFolder = None) -> None:
    """Show a macro's phrases, slots and steps."""
    with _service(data) as service:
        macro = service.library.macro(macro_id)
        out.print(f"[bold]{macro.name}[/bold]")
        for phrase in macro.phrases:
            out.print(f"  say “{phrase.text}”")
        for slot in macro.slots:
            out.print(f"  {slot.name}: {len(slot.values)} known values")
        for number, step in enumerate(macro.steps, start=1):
            out.print(f"  {number}. {describe_step(step)}")


@app.command()
def rename(macro_id: MacroId, name: Annotated[str, typer.Argument()], data: DataFolder = None) -> None:
    """Give a macro another name."""
    with _service(data) as service:
        service.rename(macro_id, name)


@app.command()
def delete(macro_id: MacroId, data: DataFolder = None) -> None:
    """Move a macro to the trash."""
    with _service(data) as service:
        out.print(f"{macro_id} lies in the trash: {service.library.trash_folder}")
        service.delete(macro_id)


@app.command()
def values(
    macro_id: MacroId,
    slot: Annotated[str, typer.Argument(help="Name of the slot, e.g. song.")],
    file: Annotated[typer.FileText, typer.Argument(help="One value a line; - reads standard input.")],
    data: DataFolder = None,
) -> None:
    """Tell Encore values that a slot may take, for example the titles of your playlists."""
    with _service(data) as service:
        macro = service.add_slot_values(macro_id, slot, file.read().splitlines())
        out.print(f"{slot} has {len(macro.slot(slot).values)} known values")


@app.command()
def phrase(
    macro_id: MacroId,
    text: Annotated[str, typer.Argument(help='Another wording, e.g. "put on {song}".')],
    data: DataFolder = None,
) -> None:
    """Add another wording of a macro's command."""
    with _service(data) as service:
        service.add_phrase(macro_id, text)


@app.command()
def run(
    macro_id: MacroId,
    slots: Annotated[list[str] | None, typer.Argument(help="Slot values: song=Yesterday")] = None,
    data: DataFolder = None,
    clip: ClipName = OURS,
    yes: Annotated[bool, typer.Option("--yes", help="Run it even if it deletes, sends or buys something.")] = False,
) -> None:
    """Run a macro with typed slot values."""
    with _service(data, clip=clip) as service:
        given = dict(_slot_value(text) for text in slots or [])
        signal.signal(signal.SIGINT, lambda *_: service.stop_episode())
        report = service.run_now(macro_id, given, confirmed=yes)
        _exit_by(report)


@app.command()
def listen(
    data: DataFolder = None,
    clip: ClipName = OURS,
    say_what_you_see: Annotated[
        bool, typer.Option("--say-what-you-see", help='Also "click shuffle", "press the heart", "show numbers".')
    ] = False,
) -> None:
    """Listen for commands until Ctrl-C, without the tray."""
    with _service(data, clip=clip) as service:
        service.set_saying(say_what_you_see)
        done = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: done.set())
        service.listen_now()
        out.print("listening; Ctrl-C ends it")
        done.wait()


@app.command("search")
def search_recordings(
    text: Annotated[str, typer.Argument(help='What is written or drawn there: "blue moon", heart.')],
    data: DataFolder = None,
    clip: ClipName = OURS,
    limit: Annotated[int, typer.Option(min=1, help="Most moments.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the moments of the demonstrations that show something; Ctrl-C ends it with what was found so far.

    Each demonstration is looked through once, some seconds a minute of recording; what was seen is kept beside it.
    """
    with (
        _service(data, clip=clip) as service,
        Progress(TextColumn("{task.description}"), BarColumn(), console=problems, transient=True) as bar,
    ):
        task = bar.add_task("", total=1.0, visible=False)
        watch = Watch(
            lambda name, done: bar.update(task, description=f"looking at {name}", completed=done, visible=True),
            lambda name, reason: problems.print(
                f"{name} is left out: {escape(reason)}", style="yellow", soft_wrap=True
            ),
        )
        signal.signal(signal.SIGINT, lambda *_: watch.stop.set())
        moments = service.search_now(text, limit, watch)
    if as_json:
        typer.echo(json.dumps([asdict(moment) for moment in moments], indent=1))
        return
    table = Table("demonstration", "time", "why", "score")
    for moment in moments:
        minutes, seconds = divmod(moment.time_ns // SECOND, 60)
        table.add_row(moment.demonstration, f"{minutes:02d}:{seconds:02d}", escape(moment.why), f"{moment.score:.2f}")
    out.print(table if moments else f"nothing shows “{escape(text)}”")
    if watch.stop.is_set():
        problems.print("stopped; ask again to look through the rest", style="yellow")


@app.command()
def history(data: DataFolder = None, limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """What was heard and what was done, newest first."""
    with _service(data) as service:
        heard = Table("time", "heard", "what came of it")
        for entry in service.library.heard(limit):
            heard.add_row(entry.time_utc, entry.text, entry.macro_id or "" if entry.accepted else entry.reason)
        episodes = Table("time", "macro", "slots", "outcome", "steps", "seconds")
        for run_entry in service.library.episodes(limit):
            filled = ", ".join(f"{k}={v}" for k, v in run_entry.slots.items())
            outcome = f"{run_entry.outcome}: {run_entry.detail}".rstrip(": ")
            seconds = f"{run_entry.total_ms / 1e3:.1f}"
            episodes.add_row(
                run_entry.time_utc, run_entry.macro_id, filled, outcome, str(run_entry.steps_done), seconds
            )
        out.print(heard, episodes)


def _slot_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"write a slot's value as NAME=VALUE, not {text!r}")
    return name, value


def _exit_by(report: EpisodeReport) -> None:
    if isinstance(report.outcome, Halted):
        raise typer.Exit(1)
