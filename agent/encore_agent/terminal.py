"""What every command of the command line shares: options, one clear line for what is wrong, and events as text."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column

from encore_agent.errors import AgentError
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Asked,
    ChoicesShown,
    Clicked,
    Finished,
    Halted,
    Learned,
    MicrophoneChanged,
    ModeChanged,
    Muted,
    Rejected,
    StepDone,
    Trouble,
)
from encore_agent.service import Service, open_service
from encore_agent.settings import TINY_EN, Settings
from encore_models.errors import ModelsError
from encore_models.perception.clip import OURS
from encore_recorder.errors import RecorderError

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
WhisperName = Annotated[
    str,
    typer.Option("--whisper", envvar="ENCORE_WHISPER", help="Another Whisper that hears: its name, folder or file."),
]
Language = Annotated[
    str | None,
    typer.Option("--language", envvar="ENCORE_LANGUAGE", help="What is spoken to a multilingual Whisper, e.g. de."),
]
KeepSound = Annotated[
    bool,
    typer.Option("--keep-rejected-audio", help="Keep the sound of speech that started nothing in the heard log."),
]
MacroId = Annotated[str, typer.Argument(help="Id of a macro, see `encore macros`.")]


def local_time(time_utc: str) -> str:
    """A time as it is kept, as a clock on the wall showed it."""
    try:
        return datetime.fromisoformat(time_utc).astimezone().strftime("%d %b %Y %H:%M:%S")
    except ValueError:  # written by hand
        return time_utc


def folded(header: str) -> Column:
    """A column of a table that breaks what is too long, and cuts nothing off."""
    return Column(header, overflow="fold")


def counted(number: int, thing: str) -> str:
    """A number of things: "1 known value", "3 known values"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


@contextmanager
def clear_errors() -> Iterator[None]:
    """One line and a non-zero exit for everything that Encore or the machine refuses."""
    try:
        yield
    except (AgentError, ModelsError, RecorderError, OSError, ValueError, KeyError) as error:
        problems.print("[red]encore:[/red]", escape(str(error)), soft_wrap=True)
        raise typer.Exit(1) from error


@contextmanager
def running_service(
    data: Path | None, clip: str = OURS, whisper: str = TINY_EN, language: str | None = None
) -> Iterator[Service]:
    """The service over a library, which prints what it tells; closed at the end."""
    with service_of(Settings.default(data, clip, whisper, language)) as service:
        yield service


@contextmanager
def service_of(settings: Settings) -> Iterator[Service]:
    """The same with settings of one's own."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    with clear_errors():
        service = open_service(settings)
        try:
            service.subscribe(print_event)
            yield service
        finally:
            service.close()


def ended_by_signal() -> threading.Event:
    """Set by Ctrl-C or `kill -TERM`."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    return done


def print_event(event: AgentEvent) -> None:
    """An event as a line or a few; many are told without a word."""
    match event:
        case Accepted(text=text, command=command, understand_ms=ms):
            values = ", ".join(f"{k} = {v}" for k, v in command.slots.items())
            out.print(f"[green]heard[/green] “{escape(text)}” → {command.macro_id} {escape(values)} ({ms:.0f} ms)")
        case Rejected(text=text, reason=reason):
            out.print(f"[yellow]heard[/yellow] “{escape(text)}”: {escape(reason)}")
        case Asked() | Clicked() | ChoicesShown():
            _print_choices(event)
        case StepDone(index=index, description=description, evidence=evidence):
            out.print(f"  {index + 1}. {escape(description)} [dim]({escape(evidence)})[/dim]")
        case Halted(index=index, reason=reason, picture=picture):
            out.print(f"[red]halted[/red] at step {index + 1}: {escape(reason)}")
            if picture:
                out.print(f"  see {picture}")
        case Finished(verified_by=verified, total_ms=ms):
            out.print(f"[green]done[/green] in {ms / 1e3:.1f} s, {escape(verified or 'not verified')}")
        case Learned(macro_id=macro_id, phrases=phrases, steps=steps, notes=notes):
            out.print(f"[green]learned[/green] {macro_id}: say “{escape(phrases[0])}” ({counted(steps, 'step')})")
            for note in notes:
                out.print(f"  {escape(note)}")
        case Trouble(message=message):
            problems.print("[red]encore:[/red]", escape(message), soft_wrap=True)
        case MicrophoneChanged() | Muted() | ModeChanged():
            _print_listening(event)


def _print_listening(event: MicrophoneChanged | Muted | ModeChanged) -> None:
    match event:
        case MicrophoneChanged(name=name):
            out.print(f"the microphone is {escape(name)}")
        case Muted(on=on):
            out.print("muted" if on else "no longer muted")
        case ModeChanged(mode=mode):
            out.print(f"listening {mode.replace('_', ' ')}")


def _print_choices(event: Asked | Clicked | ChoicesShown) -> None:
    match event:
        case Clicked(text=text, description=description, evidence=evidence):
            out.print(f"[green]heard[/green] “{escape(text)}”: {escape(f'{description} ({evidence})')}")
        case ChoicesShown(text=text, reason=reason, choices=choices):
            out.print(f"[yellow]heard[/yellow] “{escape(text)}”: {escape(reason)} say the number")
            for choice in choices:
                out.print(escape(f"  {choice.number}. {choice.name} at ({choice.rect.left}, {choice.rect.top})"))
        case Asked(text=text, reason=reason, commands=commands):
            out.print(f"[yellow]heard[/yellow] “{escape(text)}”: {escape(reason)}; did you mean ...?")
            for number, command in enumerate(commands, start=1):
                values = ", ".join(f"{k} = {v}" for k, v in command.slots.items())
                out.print(escape(f"  {number}. {command.macro_id} {values}".rstrip()))
            out.print("  say or type yes, no or a number")
