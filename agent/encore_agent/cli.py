"""The command line: `encore --help` shows what there is."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from encore_agent import cli_hearing, cli_learn
from encore_agent.decide import phrase_notes
from encore_agent.describe import describe_enrolment, describe_step
from encore_agent.doctor import examine
from encore_agent.library import Library
from encore_agent.messages import AgentEvent, EpisodeReport, Halted
from encore_agent.messages import Progress as ProgressMade
from encore_agent.settings import TINY_EN, Settings
from encore_agent.sights import Watch
from encore_agent.terminal import (
    ClipName,
    DataFolder,
    Language,
    MacroId,
    WhisperName,
    clear_errors,
    counted,
    ended_by_signal,
    folded,
    local_time,
    out,
    problems,
    running_service,
)
from encore_models.macro import Macro
from encore_models.perception.clip import OURS
from encore_recorder.clock import SECOND

app = typer.Typer(
    help="Show it once, say it, it happens.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (cli_learn.learn, *cli_hearing.COMMANDS):
    app.command()(command)


@app.command()
def setup(data: DataFolder = None, whisper: WhisperName = TINY_EN, language: Language = None) -> None:
    """Prepare the hearing model: once, a few seconds, offline ever after."""
    with (
        running_service(data, whisper=whisper, language=language) as service,
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
    # Device libraries print warnings of their own; the answer alone goes to standard output.
    with clear_errors(), redirect_stdout(sys.stderr):
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
    whisper: WhisperName = TINY_EN,
    language: Language = None,
    seconds: Annotated[float | None, typer.Option(min=0.5, help="Stop by itself after so long.")] = None,
    phrase: Annotated[str | None, typer.Option(help='The command, e.g. "play {song}"; default: what you say.')] = None,
    learn: Annotated[bool, typer.Option(help="Learn a macro from it at once.")] = True,
) -> None:
    """Record a demonstration; Ctrl-C or `kill -TERM` ends it. Say the command while you show it."""
    with running_service(data, clip, whisper, language) as service:
        done = ended_by_signal()
        with service.record_now(done, seconds, lambda: out.print("recording; Ctrl-C stops", style="red")) as recorded:
            out.print(f"recorded {recorded.duration_ns / 1e9:.1f} s in {recorded.path}")
            if learn:
                cli_learn.settled(service, service.learn(recorded, phrase).id)


@app.command()
def macros(data: DataFolder = None) -> None:
    """List what was learned."""
    with running_service(data) as service:
        table = Table(*map(folded, ("id", "say", "steps", "learned")))
        for macro in service.library.macros():
            say = escape("\n".join(phrase.text for phrase in macro.phrases))
            table.add_row(macro.id, say, str(len(macro.steps)), local_time(macro.created_utc))
        out.print(table if table.row_count else "nothing is learned yet; show something with: encore record")
        for _, problem in service.library.broken_macros():
            problems.print(escape(problem), style="yellow", soft_wrap=True)


@app.command()
def show(macro_id: MacroId, data: DataFolder = None) -> None:
    """Show a macro's phrases, slots and steps, and what is known of how you say it."""
    with running_service(data) as service:
        macro = service.library.macro(macro_id)
        out.print(f"[bold]{escape(macro.name)}[/bold]")
        for phrase in macro.phrases:
            out.print(escape(f"  say “{phrase.text}”"))
        _show_enrolments(service.library, macro)
        for slot in macro.slots:
            out.print(f"  {slot.name}: {counted(len(slot.values), 'known value')}")
        for number, step in enumerate(macro.steps, start=1):
            out.print(escape(f"  {number}. {describe_step(step)}"))


def _show_enrolments(library: Library, macro: Macro) -> None:
    kept = library.enrolments
    for enrolment in kept.listed(macro.id):
        out.print(escape(f"  heard {describe_enrolment(enrolment)}"))
    for impostor in kept.impostors(macro.id):
        out.print(escape(f"  not meant: {describe_enrolment(impostor)}"))
    calibration = kept.enrolled(macro.id).calibration
    if kept.listed(macro.id):
        out.print(f"  fires from a likeness of {calibration.accept:.2f}, asks from {calibration.ask:.2f}")
    for note in (*phrase_notes(macro, library.macros()), *calibration.notes, *kept.problems(macro.id)):
        out.print(escape(f"  note: {note}"), style="yellow", soft_wrap=True)


@app.command()
def rename(macro_id: MacroId, name: Annotated[str, typer.Argument()], data: DataFolder = None) -> None:
    """Give a macro another name."""
    with running_service(data) as service:
        service.rename(macro_id, name)


@app.command()
def delete(macro_id: MacroId, data: DataFolder = None) -> None:
    """Move a macro to the trash."""
    with running_service(data) as service:
        service.delete(macro_id)
        out.print(f"{macro_id} lies in the trash: {service.library.trash_folder}")


@app.command()
def values(
    macro_id: MacroId,
    slot: Annotated[str, typer.Argument(help="Name of the slot, e.g. song.")],
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="UTF-8, one value a line; - reads standard input.")],
    data: DataFolder = None,
) -> None:
    """Tell Encore values that a slot may take, for example the titles of your playlists."""
    with running_service(data) as service:
        macro = service.add_slot_values(macro_id, slot, _lines(file.read(), getattr(file, "name", "the input")))
        out.print(f"{slot} has {counted(len(macro.slot(slot).values), 'known value')}")


@app.command()
def run(
    macro_id: MacroId,
    slots: Annotated[list[str] | None, typer.Argument(help="Slot values: song=Yesterday")] = None,
    data: DataFolder = None,
    clip: ClipName = OURS,
    yes: Annotated[bool, typer.Option("--yes", help="Run it even if it deletes, sends or buys something.")] = False,
) -> None:
    """Run a macro with typed slot values."""
    with running_service(data, clip=clip) as service:
        given = dict(_slot_value(text) for text in slots or [])
        signal.signal(signal.SIGINT, lambda *_: service.stop_episode())
        report = service.run_now(macro_id, given, confirmed=yes)
        _exit_by(report)


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
        running_service(data, clip=clip) as service,
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
        recorded = service.library.demonstrations()
    if as_json:
        typer.echo(json.dumps([asdict(moment) for moment in moments], indent=1))
        return
    table = Table(*map(folded, ("demonstration", "time", "why", "score")))
    for moment in moments:
        minutes, seconds = divmod(moment.time_ns // SECOND, 60)
        table.add_row(moment.demonstration, f"{minutes:02d}:{seconds:02d}", escape(moment.why), f"{moment.score:.2f}")
    if moments:
        out.print(table)
    elif not recorded:
        out.print("nothing is recorded yet; see: encore record")
    elif not watch.stop.is_set():
        out.print(f"nothing shows “{escape(text)}”")
    if watch.stop.is_set():
        problems.print("stopped; ask again to look through the rest", style="yellow")


@app.command()
def history(data: DataFolder = None, limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """What was heard and what was done, newest first."""
    with running_service(data) as service:
        heard = Table(*map(folded, ("time", "heard", "what came of it")))
        for entry in service.library.heard(limit):
            came = entry.macro_id or "" if entry.accepted else entry.reason
            heard.add_row(local_time(entry.time_utc), escape(entry.text), escape(came))
        episodes = Table(*map(folded, ("time", "macro", "slots", "outcome", "steps", "seconds")))
        for run_entry in service.library.episodes(limit):
            filled = ", ".join(f"{k}={v}" for k, v in run_entry.slots.items())
            outcome = f"{run_entry.outcome}: {run_entry.detail}".rstrip(": ")
            seconds = f"{run_entry.total_ms / 1e3:.1f}"
            cells = (local_time(run_entry.time_utc), run_entry.macro_id, escape(filled), escape(outcome))
            episodes.add_row(*cells, str(run_entry.steps_done), seconds)
        for table, nothing in ((heard, "nothing was heard yet"), (episodes, "nothing was run yet")):
            out.print(table if table.row_count else nothing)


def _lines(content: bytes, name: str) -> list[str]:
    """The lines of a file of titles, whatever editor wrote it."""
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is no UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from error


def _slot_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"write a slot's value as NAME=VALUE, not {text!r}")
    return name, value


def _exit_by(report: EpisodeReport) -> None:
    if isinstance(report.outcome, Halted):
        raise typer.Exit(1)
