"""From the end of speech to the decision, hands-free, and the memory of the process that listens."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from encore_agent.library import Library
from encore_models.perception.mel import RATE
from encore_models.store import create_macro
from tests.benchmarks.hearing.commands import commands, titles
from tests.benchmarks.hearing.ours import Ears, id_of
from tests.benchmarks.hearing.score import share_of, spread
from tests.benchmarks.hearing.sounds import AROUND_S, CLEAN, CONDITIONS, Condition
from tests.benchmarks.hearing.system import everything

ROOT = Path(__file__).parents[3]
_PLAYED = (CLEAN, CONDITIONS[2])
_COMMANDS = 16
_TITLES = 8


class ListeningFailed(RuntimeError):
    """The process that listens ended before it said what it measured."""


def measure_listening(ears: Ears, enroller: str, speaker: str, models: Path) -> dict[str, Any]:
    """Play commands and requests to the real ears, in real time.

    Args:
        ears: For the enrolments.
        enroller: Who taught the commands.
        speaker: Who says them now.
        models: Folder of prepared models.

    Raises:
        ListeningFailed: With what the process printed.
    """
    with tempfile.TemporaryDirectory(prefix="encore-bench-") as folder:
        root, sounds = Path(folder) / "library", Path(folder) / "sounds.npz"
        _fill(root, ears, enroller)
        np.savez(sounds, **_played(ears, speaker))
        command = [
            sys.executable,
            "-m",
            "tests.benchmarks.hearing.listening_worker",
            str(root),
            str(models),
            str(sounds),
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise ListeningFailed(f"the process that listens ended with {done.returncode}: {done.stderr[-2000:]}")
    found = json.loads(lines[-1])
    timed = [one for one in found["found"] if one["ms"] is not None]
    decided = [one for one in timed if one["outcome"] != "rejected"]
    return {
        "decision_ms": spread([one["ms"] for one in decided]),
        "commands_ms": spread([one["ms"] for one in decided if not one["name"].startswith("play ")]),
        "titles_ms": spread([one["ms"] for one in decided if one["name"].startswith("play ")]),
        "rejected_ms": spread([one["ms"] for one in timed if one["outcome"] == "rejected"]),
        "accepted": share_of(one["outcome"] == "accepted" for one in found["found"]).as_json(),
        "rss_mb": found["rss_mb"],
        "peak_rss_mb": found["peak_rss_mb"],
        "each": [f"{one['name']}: {one['outcome']} {one['ms']}" for one in found["found"]],
    }


def _fill(root: Path, ears: Ears, enroller: str) -> None:
    """A library with the macros, each enrolled once."""
    library = Library(root)
    picture = np.zeros((1, 1, 3), np.uint8)
    for macro in everything(ears):
        create_macro(macro, {step.before: picture for step in macro.steps}, library.macros_folder / macro.id)
    for macro in everything(ears):
        text = macro.phrases[0].text
        utterance = None if macro.slots else ears.booth.enrolled(text, enroller)
        if utterance is not None:
            library.enrolments.add(macro.id, ears.print_of(utterance), text, "demonstration")


def _played(ears: Ears, speaker: str) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """Sounds under `text|seconds to the end of the speech|condition`."""
    split = ears.booth.split
    texts = [text for text in commands(split)[:_COMMANDS] if id_of(text)]
    texts += [f"play {title.said}" for title in titles(split)[20 : 20 + _TITLES]]
    sounds = {}
    for place, text in enumerate(texts):
        condition: Condition = _PLAYED[place % len(_PLAYED)]
        sound = ears.booth.sound(text, speaker, condition)
        sounds[f"{text}|{len(sound) / RATE - AROUND_S}|{condition.name}"] = sound
    return sounds
