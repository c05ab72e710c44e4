"""Compute ahead what the next utterance would have to wait for, in the background and never in its way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from encore_agent.background import Background
from encore_agent.messages import Listener as Tell

REST_S = 0.002
"""After each pass, so that whoever listens comes first; a pass takes about twice as long."""
Cancelled = Callable[[], bool]


class Ahead:
    """A thread for work that is out of date as soon as there is newer one."""

    def __init__(self, tell: Tell) -> None:
        """Nothing is begun yet.

        Args:
            tell: Told what goes wrong.
        """
        self._tell = tell
        self._lock = threading.Lock()
        self._background: Background | None = None
        self._dropped = threading.Event()

    def begin(self, work: Callable[[Cancelled], None]) -> None:
        """Begin this work, and drop what was begun before.

        Args:
            work: Asks often whether it is dropped, and ends then.
        """
        dropped = threading.Event()

        def rested() -> bool:
            time.sleep(REST_S)
            return dropped.is_set()

        with self._lock:
            self._dropped.set()
            self._dropped = dropped
            self._background = self._background or Background("encore-ahead", self._tell)
            self._background.do(work, rested)

    def stop(self) -> None:
        """Drop everything; returns once the thread has ended."""
        with self._lock:
            self._dropped.set()
            background, self._background = self._background, None
        if background is not None:
            background.shutdown()
