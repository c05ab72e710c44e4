"""Fine-tuning the action model to the user's own demonstrations, in a process of its own: torch never comes into ours.

What that process is killed by, or dies of, loses nothing: the model that is in use changes in one move, at the end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from encore_agent.errors import AgentError

MODULE = "encore_models.training.action.tune_own"
"""What runs in the other process."""
NEEDED = ("torch", "safetensors", "accelerate", "onnxscript")
"""Of the train extra, what it imports."""
PATIENCE_S = 5.0
"""How long it may take to end when it is asked to."""

Tell = Callable[[str, float], None]
Note = Callable[[str], None]


class NoTrainExtra(AgentError, ImportError):
    """What fine-tuning needs is not installed."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(
            f"the action model was not fine-tuned: {', '.join(missing)} is not installed. That is no loss for what was "
            "learned: one demonstration is enough to replay. To fine-tune: pip install -e '.[train]' in Encore's folder"
        )


class NotTuned(AgentError, RuntimeError):
    """Fine-tuning ended before its time; the model in use is the one of before."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}. The action model is the one of before")


class WaysDiffer(AgentError, ValueError):
    """Two macros of one command do different things, so only the person can tell which is right."""

    def __init__(self, text: str, command: str, ways: tuple[tuple[str, ...], ...]) -> None:
        self.command, self.ways = command, ways
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Tuned:
    """What fine-tuning came to."""

    taken: bool
    """Whether the tuned model is in use now."""
    why: str
    """Why not, for a person; empty where it is."""
    learned: tuple[str, ...]
    """Ids of the macros that were new."""
    steps: int
    seconds: float
    own: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Figures on what was kept back of the new demonstrations, before and after."""
    old: dict[str, tuple[float, float]] = field(default_factory=dict)
    """The same on older demonstrations."""
    loss: dict[str, tuple[float, float]] = field(default_factory=dict)
    """`own` and `old`: the loss on the same, before and after."""


@dataclass(frozen=True, slots=True)
class TuningPlaces:
    """Where everything lies."""

    library: Path
    target: Path
    """Folder of the user's own action model."""
    hearing: Path
    """Folder of the hearing models."""


def tune(
    places: TuningPlaces,
    tell: Tell,
    note: Note,
    stop: threading.Event,
    new: Sequence[str] = (),
    leave_out: Sequence[str] = (),
    command: Sequence[str] = (sys.executable, "-m", MODULE),
) -> Tuned:
    """Fine-tune, and wait for it.

    Args:
        places: Where everything lies.
        tell: Told what is done, 0 to 1.
        note: Told what the person should know.
        stop: Set it to end it.
        new: Macros to learn; none means all that were not learned before.
        leave_out: Macros that are not to be learned.
        command: Runs the training.

    Raises:
        NoTrainExtra: What it needs is not installed.
        WaysDiffer: Two macros of one command do different things.
        NotTuned: It was stopped, or could not be done.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing and MODULE in command:
        raise NoTrainExtra(missing)
    named = {"--library": places.library, "--target": places.target, "--hearing": places.hearing}
    options = [part for name, path in named.items() for part in (name, str(path))]
    options += [part for name in new for part in ("--new", name)]
    options += [part for name in leave_out for part in ("--leave-out", name)]
    errors: list[str] = []
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        watches = [
            threading.Thread(target=_end, args=(process, stop), name="encore-tuning-stop", daemon=True),
            threading.Thread(target=_drain, args=(process, errors), name="encore-tuning-errors", daemon=True),
        ]
        for watch in watches:
            watch.start()
        try:
            last = _follow(process, tell, note)
        finally:
            _kill(process)
            for watch in watches:
                watch.join()
    return _outcome(last, process.returncode, stop.is_set(), errors)


def _follow(process: subprocess.Popen[str], tell: Tell, note: Note) -> dict[str, Any]:
    """Hand on what it tells; gives the last word."""
    assert process.stdout is not None
    last: dict[str, Any] = {}
    for line in process.stdout:
        try:
            told = json.loads(line)
        except ValueError:
            continue  # a library printed something
        if not isinstance(told, dict):
            continue
        match told.get("event"):
            case "progress":
                tell(str(told["what"]), float(told["done"]))
            case "note":
                note(str(told["text"]))
            case "tuned" | "failed" | "contradiction":
                last = told
    process.wait()
    return last


def _end(process: subprocess.Popen[str], stop: threading.Event) -> None:
    while process.poll() is None:
        if stop.wait(0.1):
            _kill(process)


def _drain(process: subprocess.Popen[str], errors: list[str]) -> None:
    assert process.stderr is not None
    errors += [line.strip() for line in process.stderr if line.strip()]


def _kill(process: subprocess.Popen[str]) -> None:
    """End it with all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _outcome(last: dict[str, Any], code: int, stopped: bool, errors: Sequence[str]) -> Tuned:
    match last.get("event"):
        case "tuned":
            pairs = {
                name: {key: (before, after) for key, (before, after) in last.get(name, {}).items()}
                for name in ("own", "old", "loss")
            }
            learned = tuple(last["learned"])
            return Tuned(last["taken"], last["why"], learned, last["steps"], last["seconds"], **pairs)
        case "contradiction":
            ways = tuple(tuple(way) for way in last["ways"])
            raise WaysDiffer(str(last["text"]), str(last["command"]), ways)
        case "failed":
            raise NotTuned(str(last["text"]))
    if stopped:
        raise NotTuned("it was stopped")
    if code < 0:
        raise NotTuned(f"the training was ended by the system (signal {-code}), perhaps for want of memory")
    raise NotTuned(f"the training ended with {code}: {' '.join(errors[-1:]) or 'it said nothing'}")
