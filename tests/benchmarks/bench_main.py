"""`make bench-main`: the main job over and over, with other songs and voices, on an unchanged player.

One demonstration is recorded and learned, then 20 songs are asked for by 4 voices. A run is right when the song
that was asked for plays, by MPRIS and by its tone on the speakers; it is wrong when another song plays.
`--install` also measures what a fresh virtual environment without torch costs in time and space.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from demos.hands import Hands
from demos.player.remote import RemotePlayer
from demos.quickstart import SHOWN, SHOWN_BY
from demos.rehearsal import Asked, Rehearsal, encore_on
from demos.stage import Stage
from encore_agent.messages import Asked as Question
from encore_agent.messages import Finished, Halted, Rejected
from encore_agent.settings import Settings

VOICES = ("pico-us", "pico-gb", "flite-slt", "flite-rms")
SETTINGS = {"titles_given": True, "titles_unknown": False}
"""Whether Encore was given the titles of the person's library (`encore values`)."""
RUNS = 20
RESULTS = Path(__file__).parent / "results" / "main.json"
ROOT = Path(__file__).parents[2]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(prog="make bench-main", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="fewer are printed and not published")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=SETTINGS, help="measure one setting and print it as JSON")
    parser.add_argument("--install", action="store_true", help="also measure a fresh installation without torch")
    options = parser.parse_args(argv)
    if options.only:
        asked = rehearse(options.runs, options.seed, SETTINGS[options.only], Console(stderr=True, highlight=False))
        sys.stdout.write(json.dumps(summarise(asked)))
        return 0
    # What is not measured this time stays.
    figures: dict[str, object] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
    figures |= {name: _alone(name, options.runs, options.seed) for name in SETTINGS}
    if options.install:
        figures["install"] = measure_install()
    text = json.dumps(figures, indent=1) + "\n"
    sys.stdout.write(text)
    if options.runs >= RUNS:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text, encoding="utf-8")
        sys.stdout.write(f"written to {RESULTS.relative_to(ROOT)}\n")
    return 0


def _alone(setting: str, runs: int, seed: int) -> object:
    """One setting in a process of its own: a process keeps the display that it opened first."""
    command = [sys.executable, "-m", __spec__.name, "--only", setting, "--runs", str(runs), "--seed", str(seed)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    # python-xlib prints its warnings to the standard output; the figures are the last line.
    return json.loads(done.stdout.splitlines()[-1])


def rehearse(runs: int, seed: int, titles: bool, console: Console) -> list[Asked]:
    """Show once, then ask for `runs` different songs in turn by each voice.

    Args:
        runs: How many.
        seed: Chooses the songs.
        titles: Whether Encore is given the titles of the player's catalogue, as a person can with `encore values`.
        console: Told of each run.
    """
    models = Settings.default().models
    asked = []
    with Stage() as stage, stage.applied(), encore_on(stage, models) as service, RemotePlayer(stage) as player:
        rehearsal = Rehearsal(stage, service, player, Hands(stage, seed=seed))
        service.prepare()
        learned = rehearsal.show(SHOWN, SHOWN_BY)
        if titles:
            rehearsal.tell_titles(learned)
        rehearsal.listen()
        songs = random.Random(seed).sample(sorted({track.title for track in rehearsal.tracks} - {SHOWN}), runs)
        for number, song in enumerate(songs):
            rehearsal.hush()
            run = rehearsal.ask(song, VOICES[number % len(VOICES)])
            asked.append(run)
            verdict = "right" if run.right else "WRONG" if run.wrong else "not done"
            console.print(f"{number + 1:2}. {verdict:8} {run.voice:9} {run.said}  {_outcome(run)}")
    return asked


def summarise(asked: Sequence[Asked]) -> dict[str, object]:
    """The figures of the README, medians over the runs that were right."""
    right = [run for run in asked if run.right]
    first = [run.first_action_ms for run in right if run.first_action_ms is not None]
    playing = [run.playing_ms for run in right if run.playing_ms is not None]
    return {
        "runs_total": len(asked),
        "right": len(right),
        "wrong": sum(run.wrong for run in asked),
        "halted_or_rejected": sum(not run.right and not run.wrong for run in asked),
        "asked": sum(isinstance(run.outcome, Question) for run in asked),
        "first_action_ms_median": round(statistics.median(first)) if first else None,
        "playing_ms_median": round(statistics.median(playing)) if playing else None,
        "right_by_voice": {
            voice: f"{sum(run.right for run in asked if run.voice == voice)}/{sum(run.voice == voice for run in asked)}"
            for voice in VOICES
        },
        "runs": [
            {
                "song": run.song,
                "voice": run.voice,
                "heard": run.accepted.text if run.accepted else None,
                "playing": run.song_playing,
                "heard_on_speakers": run.song_heard,
                "first_action_ms": run.first_action_ms,
                "playing_ms": run.playing_ms,
                "outcome": _outcome(run),
            }
            for run in asked
        ],
    }


def _outcome(run: Asked) -> str:
    match run.outcome:
        case Finished(verified_by=verified):
            return verified or "done, not verified"
        case Question(reason=reason):
            return f"asked: {reason}"
        case Halted(reason=reason) | Rejected(reason=reason):
            return reason
        case other:
            return str(other)


def measure_install() -> dict[str, int]:
    """Time and size of `pip install .` in a fresh virtual environment."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        began = time.monotonic()
        subprocess.run([f"{folder}/bin/python", "-m", "pip", "install", "--quiet", str(ROOT)], check=True)
        seconds = time.monotonic() - began
        size = sum(path.lstat().st_size for path in Path(folder).rglob("*") if path.is_file())
        return {"seconds": round(seconds), "megabytes": round(size / 1e6)}


if __name__ == "__main__":
    sys.exit(main())
