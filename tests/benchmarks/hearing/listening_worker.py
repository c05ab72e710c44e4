"""Runs in a process of its own, as `encore listen` does: the real ears on a microphone that delivers in real time.

What is played is in `sounds.npz`, a command with a moment of silence on both sides each; what came of it, and how much
memory the process holds, is printed as one line of JSON.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import encore_agent.cli  # what the process of `encore listen` has loaded, too
import encore_agent.ears
import encore_agent.service
from encore_agent.deeds import Order
from encore_agent.ears import Ears
from encore_agent.library import Library
from encore_agent.listen import Listener
from encore_agent.messages import Accepted, Asked, Rejected
from encore_agent.senses import Senses
from encore_agent.settings import Settings
from encore_models.macro import Macro
from encore_models.perception.mel import RATE
from encore_recorder.sources.microphone import SoundBlock

BLOCK = RATE // 50
ANSWERED_WITHIN_S = 4.0
"""After the end of the speech."""


class PlayedMicrophone:
    """Delivers what is played, and room noise otherwise, 20 ms every 20 ms."""

    name = "played"
    connected = True
    level = 0.0

    def __init__(self, device: int | str | None, waiting: queue.SimpleQueue[NDArray[np.float32]]) -> None:
        self._waiting = waiting
        self._sound = np.zeros(0, np.float32)
        self._chance = np.random.default_rng(0)
        self._next_ns = time.monotonic_ns()
        self.begun: queue.SimpleQueue[int] = queue.SimpleQueue()
        """When the first sample of each played sound was captured."""

    def __enter__(self) -> PlayedMicrophone:
        self._next_ns = time.monotonic_ns()
        return self

    def read(self, timeout_s: float = 0.2) -> SoundBlock | None:
        """The next 20 ms, once they have gone by."""
        start_ns, self._next_ns = self._next_ns, self._next_ns + BLOCK * 1_000_000_000 // RATE
        time.sleep(max(0.0, (self._next_ns - time.monotonic_ns()) / 1e9))
        if not len(self._sound) and not self._waiting.empty():
            self._sound = self._waiting.get()
            self.begun.put(start_ns)
        block, self._sound = self._sound[:BLOCK], self._sound[BLOCK:]
        room = self._chance.normal(0, 3e-4, BLOCK).astype(np.float32)
        room[: len(block)] = block
        return SoundBlock(room, start_ns)

    def close(self) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class QuietDeeds:
    """Carries nothing out."""

    running: bool = False
    choosing: bool = False

    def plausible(self, macro: Macro) -> float | None:
        """The screen is unknown."""
        return None

    def start_episode(self, order: Order) -> None:
        """Nothing: only the decision is timed."""

    def start_saying(self, request: object) -> None:
        """Nothing."""

    def stop_episode(self) -> None:
        """Nothing."""


def main() -> None:
    """Play, wait, and print."""
    root, models, sounds = map(Path, sys.argv[1:4])
    waiting: queue.SimpleQueue[NDArray[np.float32]] = queue.SimpleQueue()
    decided: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
    made: list[PlayedMicrophone] = []

    def tell(event: object) -> None:
        if isinstance(event, Accepted | Asked | Rejected):
            decided.put((time.monotonic_ns(), type(event).__name__.lower()))

    def microphone(device: int | str | None) -> PlayedMicrophone:
        made.append(PlayedMicrophone(device, waiting))
        return made[-1]

    # Ears open the system's microphone; this is the one place where another can be put.
    ears_module: Any = encore_agent.ears
    ears_module.MicrophoneListener = partial(Listener, microphone=microphone)
    settings = Settings(root=root, models=models)
    senses = Senses(settings)
    ears = Ears(Library(root), QuietDeeds(), tell, settings)
    ears.start(senses.voice(), senses.printer())
    with np.load(sounds) as played:
        ends = {name: float(name.split("|")[1]) for name in played.files}
        found = [_play(name, played[name], ends[name], waiting, made[0], decided) for name in played.files]
    ears.close()
    sys.stdout.write(json.dumps({"found": found, **_memory(), "threads": threading.active_count()}) + "\n")


def _play(
    name: str,
    sound: NDArray[np.float32],
    end_s: float,
    waiting: queue.SimpleQueue[NDArray[np.float32]],
    microphone: PlayedMicrophone,
    decided: queue.SimpleQueue[tuple[int, str]],
) -> dict[str, Any]:
    _drain(decided.empty, decided.get)
    waiting.put(sound)
    ended_ns = microphone.begun.get() + round(end_s * 1e9)
    try:
        at_ns, outcome = decided.get(timeout=max(0.1, (ended_ns - time.monotonic_ns()) / 1e9 + ANSWERED_WITHIN_S))
    except queue.Empty:
        return {"name": name, "outcome": "nothing", "ms": None}
    time.sleep(max(0.0, (ended_ns - time.monotonic_ns()) / 1e9 + 1.0))
    return {"name": name, "outcome": outcome, "ms": (at_ns - ended_ns) / 1e6}


def _drain(empty: Callable[[], bool], get: Callable[[], object]) -> None:
    while not empty():
        get()


def _memory() -> dict[str, float]:
    """Resident megabytes, now and at most."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return {"rss_mb": round(kilobytes["VmRSS"] / 1024, 1), "peak_rss_mb": round(kilobytes["VmHWM"] / 1024, 1)}


if __name__ == "__main__":
    main()
