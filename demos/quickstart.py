"""`make demo`: the main job on real input, from the demonstration to the song that plays.

A scripted person records "play Yesterday" on a private desktop. Encore learns it. Another voice asks for a
different song. Encore hears it through the microphone, finds its way in the player's window, and the right song
plays: by MPRIS, and by the tone on the speakers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from demos.errors import DemoError
from demos.hands import Hands
from demos.player.remote import RemotePlayer
from demos.rehearsal import Asked, Rehearsal, encore_on
from demos.report import table, write_report
from demos.stage import Stage, StageOptions
from encore_agent.messages import Rejected
from encore_agent.settings import Settings
from encore_models.errors import ModelsError
from encore_recorder.errors import RecorderError

SHOWN = "Yesterday"
SHOWN_BY = "pico-us"
ASKED_BY = "flite-slt"
SPEEDS = (1.0, 0.85, 0.75)
"""Pace of the request, try by try."""
PATIENCE_S = 90.0
"""How long a request may take on a machine that is busy with other things."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demonstration; 0 when the right song plays."""
    options = _parser().parse_args(argv)
    console = Console(stderr=options.json, highlight=False)
    if options.own_display and not os.environ.get("DISPLAY"):
        console.print("[red]demo:[/red] there is no display of your own here (DISPLAY is not set)")
        return 1
    stage_options = StageOptions(display=os.environ["DISPLAY"] if options.own_display else None)
    models = Settings.default().models
    try:
        # Device libraries print warnings of their own; with --json the answer alone goes to standard output.
        quiet = redirect_stdout(sys.stderr) if options.json else nullcontext()
        with quiet, Stage(stage_options) as stage, stage.applied():
            done = _perform(stage, models, options, console)
    except (DemoError, RecorderError, ModelsError, OSError) as error:
        console.print(f"[red]demo:[/red] {error}")
        return 1
    _tell(done, options.json, console)
    return 0 if done.asked.right else 1


@dataclass(frozen=True, slots=True)
class Performed:
    """One demonstration."""

    asked: Asked
    tries: int
    """How often it was said until it was understood."""
    report: Path


def _perform(stage: Stage, models: Path, options: argparse.Namespace, console: Console) -> Performed:
    hands = Hands(stage, seed=options.seed)
    with encore_on(stage, models) as service, RemotePlayer(stage) as player:
        rehearsal = Rehearsal(stage, service, player, hands)
        console.print("preparing the hearing model (once)")
        service.prepare()
        console.print(f"1. a person says “Play {SHOWN}” and does it; Encore records")
        learned = rehearsal.show(SHOWN, SHOWN_BY)
        console.print(f"2. Encore learned “{learned.phrases[0]}” ({learned.steps} steps)")
        rehearsal.hush()
        rehearsal.tell_titles(learned)
        console.print(f"   and was given the {len(rehearsal.tracks)} titles of the person's library")
        rehearsal.listen()
        song = options.song or random.Random(options.seed).choice(
            sorted({track.title for track in rehearsal.tracks} - {SHOWN})
        )
        for tries in range(1, len(SPEEDS) + 1):
            console.print(f"3. another voice says “Play {song}”")
            asked = rehearsal.ask(song, ASKED_BY, speed=SPEEDS[tries - 1], patience_s=PATIENCE_S)
            if not isinstance(asked.outcome, Rejected):
                break
            # As a person would: what was not understood is said again, a little slower.
            console.print(f"   not understood: {asked.outcome.reason}")
        macro = service.library.macro(learned.macro_id)
        report = options.report or Path(tempfile.gettempdir()) / "encore-demo.html"
        write_report(report, macro, asked, stage.screenshot(stage.folder / "end.png"))
    return Performed(asked, tries, report)


def _tell(done: Performed, as_json: bool, console: Console) -> None:
    asked, report = done.asked, done.report
    outcome = asked.outcome
    if as_json:
        result = {
            "song_asked": asked.song,
            "song_playing": asked.song_playing,
            "song_heard_on_speakers": asked.song_heard,
            "verified_by": getattr(outcome, "verified_by", None),
            "heard": asked.accepted.text if asked.accepted else None,
            "slots": asked.accepted.command.slots if asked.accepted else {},
            "first_action_ms": asked.first_action_ms,
            "total_ms": asked.playing_ms,
            "steps": len(asked.steps),
            "tries": done.tries,
            "report": str(report),
        }
        sys.stdout.write(json.dumps(result) + "\n")
        return
    summary = Table(show_header=False)
    for name, value in table(asked):
        summary.add_row(name, value)
    console.print(summary)
    console.print(f"[green]the right song plays[/green], report: {report}" if asked.right else f"report: {report}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--own-display", action="store_true", help="on your own display instead of a private one")
    parser.add_argument("--song", help="ask for this song of the player's catalogue instead of a random one")
    parser.add_argument("--seed", type=int, default=3, help="another seed, another song and other small movements")
    parser.add_argument("--report", type=Path, help="where to write the HTML report")
    return parser


if __name__ == "__main__":
    sys.exit(main())
