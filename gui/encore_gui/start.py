"""The `encore` command: the tray and the window where no sub-command is given, else the command line."""

from __future__ import annotations

import logging
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from encore_agent.cli import app
from encore_agent.service import open_service
from encore_agent.settings import TINY_EN, Settings
from encore_agent.terminal import ClipName, DataFolder, Language, WhisperName
from encore_models.perception.clip import OURS
from encore_recorder.errors import RecorderError
from encore_recorder.sources.display import open_display

__all__ = ["app"]


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"encore {version('encore')}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the version.")]


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    data: DataFolder = None,
    clip: ClipName = OURS,
    whisper: WhisperName = TINY_EN,
    language: Language = None,
    _: Version = False,
) -> None:
    """Show it once, say it, it happens. Without a command: the tray and the window."""
    command = context.invoked_subcommand
    if command is None:
        _run_window(data, clip, whisper, language, show_window=True)
    for option in ("data", "clip", "whisper", "language"):
        source = context.get_parameter_source(option)
        # Of the environment they reach every command; what is typed here would be lost on its way.
        if source is not None and source.name == "COMMANDLINE":
            typer.echo(f"encore: write --{option} after the command: encore {command} --{option} ...", err=True)
            raise typer.Exit(2)


@app.command()
def tray(
    data: DataFolder = None,
    clip: ClipName = OURS,
    whisper: WhisperName = TINY_EN,
    language: Language = None,
    window: Annotated[bool, typer.Option(help="Open the window too, instead of the tray only.")] = False,
) -> None:
    """Start the tray: record, listen, replay and look macros over."""
    _run_window(data, clip, whisper, language, window)


def _run_window(data: Path | None, clip: str, whisper: str, language: str | None, show_window: bool) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        # Qt ends the process where there is no display, without a word that helps.
        open_display().close()
        settings = Settings.default(data, clip, whisper, language)
        # Imported only now: no other command needs Qt.
        from encore_gui.app import run_window

        status = run_window(settings, open_service, show_window)
    except (RecorderError, OSError) as error:
        typer.echo(f"encore: {error}", err=True)
        raise typer.Exit(1) from error
    raise typer.Exit(status)
