"""Compute ahead what the next utterance would have to wait for, in the background and never in its way."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from encore_agent.messages import Listener as Tell
from encore_agent.messages import Trouble

log = logging.getLogger(__name__)

REST_S = 0.002
"""After each pass, so that whoever listens comes first; a pass takes about twice as long."""
Cancelled = Callable[[], bool]


class Ahead:
    """A thread for work that is out of date as soon as there is newer one. Nothing waits for it, not even the end."""

    def __init__(self, tell: Tell) -> None:
        """Nothing is begun yet.

        Args:
            tell: Told what goes wrong.
        """
        self._tell = tell
        self._lock = threading.Lock()
        self._dropped = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, work: Callable[[Cancelled], None]) -> None:
        """Begin this work, and drop what was begun before.

        Args:
            work: Asks often whether it is dropped, and ends then.
        """
        with self._lock:
            self._dropped.set()
            self._dropped = threading.Event()
            done = (work, self._dropped, self._thread)
            self._thread = threading.Thread(target=self._do, args=done, name="encore-ahead", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Drop everything; returns once the thread has ended."""
        with self._lock:
            self._dropped.set()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _do(self, work: Callable[[Cancelled], None], dropped: threading.Event, before: threading.Thread | None) -> None:
        def rested() -> bool:
            time.sleep(REST_S)
            return dropped.is_set()

        if before is not None:
            before.join()
        try:
            work(rested)
        except Exception as error:  # the thread's outermost loop: nobody above would see it
            log.exception("what was to be computed ahead failed")
            self._tell(Trouble(f"known titles could not be gone through ahead: {error}"))
