"""The commands that have to do with hearing: listen, the heard log and its corrections, phrases."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from encore_agent import corrections
from encore_agent.describe import describe_evidence
from encore_agent.heard_log import HeardEntry
from encore_agent.library import Library
from encore_agent.settings import TINY_EN
from encore_agent.terminal import ClipName, DataFolder, KeepSound, Language, MacroId, WhisperName, out, running_service
from encore_models.perception.clip import OURS


def listen(
    data: DataFolder = None,
    clip: ClipName = OURS,
    whisper: WhisperName = TINY_EN,
    language: Language = None,
    keep_rejected_audio: KeepSound = False,
    say_what_you_see: Annotated[
        bool, typer.Option("--say-what-you-see", help='Also "click shuffle", "press the heart", "show numbers".')
    ] = False,
) -> None:
    """Listen for commands until Ctrl-C, without the tray."""
    with running_service(data, clip, whisper, language, keep_rejected_audio) as service:
        service.set_saying(say_what_you_see)
        done = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: done.set())
        service.listen_now()
        out.print("listening; Ctrl-C ends it")
        done.wait()


def heard(
    data: DataFolder = None,
    limit: Annotated[int, typer.Option(min=1, help="Most utterances.")] = 20,
    missed: Annotated[
        tuple[int, str] | None, typer.Option(metavar="ID MACRO", help="It meant that macro: learn from it.")
    ] = None,
    with_words: Annotated[
        bool, typer.Option("--with-words", help="With --missed: its words are another phrase, too.")
    ] = False,
    false: Annotated[int | None, typer.Option(metavar="ID", help="It was not meant: be wary of the like.")] = None,
    undo: Annotated[int | None, typer.Option(metavar="ID", help="Forget what was learned from it.")] = None,
    delete: Annotated[int | None, typer.Option(metavar="ID", help="Forget it, with all that was kept of it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What was heard, newest first, with its scores and why it fired or did not; and corrections of it."""
    with running_service(data) as service:
        library = service.library
        if missed is not None:
            corrections.missed(library, *missed, as_phrase=with_words)
            out.print(f"learned: utterance {missed[0]} means {missed[1]}")
        if false is not None:
            corrections.false_fire(library, false)
            out.print(f"learned: utterance {false} did not mean {library.heard_log.entry(false).macro_id}")
        if undo is not None:
            corrections.undo(library, undo)
            out.print(f"forgot what was learned from utterance {undo}")
        if delete is not None:
            library.heard_log.delete(delete)
            out.print(f"forgot utterance {delete}")
        if (missed, false, undo, delete) == (None, None, None, None):
            _print_log(library, library.heard(limit), as_json)


def _print_log(library: Library, entries: Sequence[HeardEntry], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries], indent=1))
        return
    table = Table("id", "time", "heard", "verdict", "macro", "scores", "why")
    for entry in entries:
        time = datetime.fromisoformat(entry.time_utc).astimezone().strftime("%d %b %H:%M:%S")
        verdict = " ".join(filter(None, (entry.verdict, entry.answer, entry.correction.replace("_", " "))))
        slots = ", ".join(f"{k} = {v}" for k, v in entry.slots.items())
        sound = library.heard_log.sound_of(entry.id)
        why = "\n".join(filter(None, (entry.reason, f"sound: {sound}" if sound else "")))
        cells = (entry.text, verdict, f"{entry.macro_id or ''} {slots}".strip(), describe_evidence(entry.evidence), why)
        table.add_row(str(entry.id), time, *map(escape, cells))
    out.print(table)


def phrase(
    macro_id: MacroId,
    text: Annotated[str, typer.Argument(help='Another wording, e.g. "put on {song}".')],
    data: DataFolder = None,
) -> None:
    """Add another wording of a macro's command."""
    with running_service(data) as service:
        service.add_phrase(macro_id, text)


COMMANDS: tuple[Callable[..., None], ...] = (listen, heard, phrase)
