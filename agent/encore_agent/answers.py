"""Answers to "did you mean ...?" that are typed in a terminal."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable, Iterator

from encore_agent.messages import Accepted, AgentEvent, Asked, Command

YES = frozenset({"y", "yes"})
NO = frozenset({"n", "no"})
LOOK_S = 0.2
"""How often it is looked whether to end while nothing is typed."""


class Answers:
    """Holds the question that waits, and takes a typed line for its answer."""

    def __init__(self, answer: Callable[[int | None, Command | None], None]) -> None:
        """Nothing is asked yet.

        Args:
            answer: Told the heard id of the question, and the command that was meant or None; `Service.answer`.
        """
        self._answer = answer
        self._waiting: Asked | None = None

    def note(self, event: AgentEvent) -> None:
        """Hear of a question, or that something else was done meanwhile."""
        if isinstance(event, Asked):
            self._waiting = event
        elif isinstance(event, Accepted):
            self._waiting = None

    def take(self, line: str) -> str:
        """Take a typed line.

        Returns:
            What is wrong with it, for the person; empty where nothing is.
        """
        asked, said = self._waiting, line.strip().lower()
        if not said:
            return ""
        if asked is None:
            return "nothing is asked now"
        number = 1 if said in YES else int(said) if said.isdecimal() else None
        if said not in NO and (number is None or not 1 <= number <= len(asked.commands)):
            return f"answer y, n or a number from 1 to {len(asked.commands)}"
        self._waiting = None
        self._answer(asked.heard_id, None if number is None else asked.commands[number - 1])
        return ""


def typed_lines(done: threading.Event) -> Iterator[str]:
    """Lines as they are typed, until `done` is set; where nobody can type, none.

    A thread that waits in `readline` would keep the process from ending, so it is looked again and again.
    """
    typed = b""
    try:
        source = sys.stdin.fileno()
        while not done.is_set():
            if not select.select([source], [], [], LOOK_S)[0]:
                continue
            more = os.read(source, 1024)
            if not more:
                break
            *lines, typed = (typed + more).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
    except (OSError, ValueError, AttributeError):
        pass  # no standard input, or none that can be waited for
    done.wait()
