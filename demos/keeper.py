"""The stage's keeper: clears the private desktop away when its owner is gone.

Started by `demos.stage` as a process of its own before anything else, with the standard library only. It
waits until the owner closes the pipe (an orderly stop) or dies in whatever way, kill -9 included, then ends every
process that carries the stage's mark in its environment and removes the stage's folder. The mark is inherited, so
grandchildren and services that D-Bus activated are found as well; nothing has to be registered.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import sys
import time
from pathlib import Path

MARK = "ENCORE_STAGE"
"""Environment variable that every process on a stage inherits; its value is the stage's folder."""

PATIENCE_S = 3.0
"""How long a process may take to end by itself before it is killed."""


def marked(folder: str) -> list[int]:
    """Process ids that belong to the stage in `folder`. Zombies have no environment and do not count."""
    needle = f"{MARK}={folder}\0".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # ended meanwhile, or another user's
        if needle in environment + b"\0":
            found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def sweep(folder: str) -> None:
    """End what is left on the stage, politely first, and remove its folder."""
    deadline = time.monotonic() + PATIENCE_S
    _signal_all(marked(folder), signal.SIGTERM)
    while pids := marked(folder):
        if time.monotonic() > deadline:
            _signal_all(pids, signal.SIGKILL)
        time.sleep(0.02)
    shutil.rmtree(folder, ignore_errors=True)


def _wait_for_end(owner: int) -> None:
    try:
        owner_fd = os.pidfd_open(owner)
    except ProcessLookupError:
        return
    print("ready", flush=True)  # noqa: T201 - the owner waits for this line
    # A forked child of the owner would hold the pipe open; the pidfd does not care.
    select.select([sys.stdin, owner_fd], [], [])


def main() -> None:
    """Keep the stage `argv[1]` of the process `argv[2]`."""
    # Ctrl+C in a terminal and closing it are the owner's business.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    folder, owner = sys.argv[1], int(sys.argv[2])
    _wait_for_end(owner)
    sweep(folder)


if __name__ == "__main__":
    main()
