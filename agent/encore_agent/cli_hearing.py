"""The commands that have to do with hearing: listen, the heard log and its corrections, phrases, the wake phrase."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from encore_agent import corrections
from encore_agent.answers import Answers, typed_lines
from encore_agent.describe import describe_evidence
from encore_agent.heard_log import HeardEntry
from encore_agent.hotkey import Hotkey, grab_talk_key, open_hotkeys
from encore_agent.library import Library
from encore_agent.messages import AgentEvent, Mode, Progress
from encore_agent.settings import TINY_EN, Settings
from encore_agent.terminal import (
    ClipName,
    DataFolder,
    KeepSound,
    Language,
    MacroId,
    WhisperName,
    ended_by_signal,
    folded,
    local_time,
    out,
    running_service,
    service_of,
)
from encore_models.perception.clip import OURS

ModeName = Literal["hands-free", "push-to-talk", "wake"]
MODES: dict[ModeName, Mode] = {"hands-free": "hands_free", "push-to-talk": "push_to_talk", "wake": "wake"}


def listen(
    data: DataFolder = None,
    clip: ClipName = OURS,
    whisper: WhisperName = TINY_EN,
    language: Language = None,
    keep_rejected_audio: KeepSound = False,
    mode: Annotated[
        ModeName | None, typer.Option(help="When speech is taken for a command; default: as in the window.")
    ] = None,
    microphone: Annotated[str | None, typer.Option(help="One of `encore microphones`.")] = None,
    say_what_you_see: Annotated[
        bool, typer.Option("--say-what-you-see", help='Also "click shuffle", "press the heart", "show numbers".')
    ] = False,
) -> None:
    """Listen for commands until Ctrl-C, without the tray; questions are answered with y, n or a number."""
    settings = Settings.default(data, clip, whisper, language, keep_rejected_audio)
    choices = settings.choices
    choices = replace(choices, mode=MODES[mode] if mode else choices.mode, microphone=microphone or choices.microphone)
    with service_of(replace(settings, choices=choices)) as service, ExitStack() as held:
        if choices.mode == "wake" and service.wake_phrase is None:
            raise ValueError("there is no wake phrase yet; run: encore wake --enrol")
        if choices.mode == "push_to_talk":
            refused = grab_talk_key(held.enter_context(open_hotkeys()), choices.talk_key, service.push_to_talk)
            if refused is not None:
                raise ValueError(refused)
        service.set_saying(say_what_you_see)
        answers = Answers(service.answer)
        service.subscribe(answers.note)
        done = ended_by_signal()
        service.listen_now()
        hint = f"hold {Hotkey.parse(choices.talk_key)} and speak; " if choices.mode == "push_to_talk" else ""
        out.print(f"listening; {hint}Ctrl-C ends it")
        for line in typed_lines(done):
            problem = answers.take(line)
            if problem:
                out.print(problem)


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
    if with_words and missed is None:
        raise typer.BadParameter("it goes with --missed ID MACRO", param_hint="--with-words")
    with running_service(data) as service:
        library = service.library
        if missed is not None:
            corrections.missed(library, *missed, as_phrase=with_words)
            out.print(f"learned: utterance {missed[0]} means {missed[1]}")
        if false is not None:
            corrections.false_fire(library, false)
            out.print(f"learned: utterance {false} did not mean {library.heard_log.entry(false).macro_id}")
        if undo is not None:
            learned = library.heard_log.entry(undo).correction
            corrections.undo(library, undo)
            out.print(f"{'forgot what' if learned else 'nothing'} was learned from utterance {undo}")
        if delete is not None:
            library.heard_log.delete(delete)
            out.print(f"forgot utterance {delete}")
        if (missed, false, undo, delete) == (None, None, None, None):
            _print_log(library, library.heard(limit), as_json)


def _print_log(library: Library, entries: Sequence[HeardEntry], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries], indent=1))
        return
    if not entries:
        out.print("nothing was heard yet; say something to: encore listen")
        return
    table = Table(*map(folded, ("id", "time", "heard", "verdict", "macro", "scores", "why")))
    for entry in entries:
        verdict = " ".join(filter(None, (entry.verdict, entry.answer, entry.correction.replace("_", " "))))
        slots = ", ".join(f"{k} = {v}" for k, v in entry.slots.items())
        sound = library.heard_log.sound_of(entry.id)
        why = "\n".join(filter(None, (entry.reason, f"sound: {sound}" if sound else "")))
        cells = (entry.text, verdict, f"{entry.macro_id or ''} {slots}".strip(), describe_evidence(entry.evidence), why)
        table.add_row(str(entry.id), local_time(entry.time_utc), *map(escape, cells))
    out.print(table)


def phrase(
    macro_id: MacroId,
    text: Annotated[str, typer.Argument(help='Another wording, e.g. "put on {song}".')],
    data: DataFolder = None,
) -> None:
    """Add another wording of a macro's command."""
    with running_service(data) as service:
        service.add_phrase(macro_id, text)
        _print_phrases(service.library, macro_id)


def _print_phrases(library: Library, macro_id: str) -> None:
    for said in library.macro(macro_id).phrases:
        out.print(escape(f"say “{said.text}”"))


def phrases(
    macro_id: MacroId,
    data: DataFolder = None,
    propose: Annotated[bool, typer.Option("--propose", help="Also other wordings that Encore proposes.")] = False,
    add: Annotated[
        list[int] | None, typer.Option(min=1, metavar="NUMBER", help="Add that proposal; may be given several times.")
    ] = None,
) -> None:
    """List the wordings of a macro's command; propose others, to be added only where you say so."""
    with running_service(data) as service:
        if add:
            proposals = service.proposals(macro_id)
            if max(add) > len(proposals):
                raise ValueError(f"there is no proposal {max(add)}; there are {len(proposals)}, see --propose")
            for number in add:
                service.add_phrase(macro_id, proposals[number - 1])
        _print_phrases(service.library, macro_id)
        if propose:
            for number, text in enumerate(service.proposals(macro_id), start=1):
                out.print(escape(f"  {number}. “{text}”? add it with --add {number}"))


def microphones(data: DataFolder = None) -> None:
    """List the microphones that are there; the chosen one is marked."""
    with running_service(data) as service:
        names = service.microphones()
        for name in names:
            out.print(escape(f"{'*' if name == service.microphone else ' '} {name}"))
        if not names:
            out.print("there is no microphone; plug one in")
        elif service.microphone is None:
            out.print("none is chosen, so the system's own is used; choose with: encore listen --microphone NAME")


def wake(
    data: DataFolder = None,
    enrol: Annotated[bool, typer.Option("--enrol", help="Say it three times; it is learned from your voice.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Forget it.")] = False,
) -> None:
    """The wake phrase: what you say before a command in the mode `wake`."""
    with running_service(data) as service:
        if forget:
            service.forget_wake()
        if enrol:
            done = ended_by_signal()
            service.listen_now()
            # Only now: getting the hearing model ready is told as progress, too.
            service.subscribe(lambda event: _enrolling(event, done))
            service.enrol_wake()
            done.wait()
        phrase = service.wake_phrase
        out.print(escape(f"the wake phrase is “{phrase}”") if phrase else "there is no wake phrase")
        if enrol and phrase is None:
            raise typer.Exit(1)


def _enrolling(event: AgentEvent, done: threading.Event) -> None:
    if isinstance(event, Progress):
        if event.done >= 1.0:
            done.set()
        else:
            out.print(escape(f"{event.what}; Ctrl-C gives up"))


COMMANDS: tuple[Callable[..., None], ...] = (listen, heard, phrase, phrases, microphones, wake)
