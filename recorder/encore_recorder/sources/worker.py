"""A thread that keeps its error for its owner."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Worker:
    """Runs a function until it is told to stop."""

    def __init__(self, name: str, run: Callable[[threading.Event], None]) -> None:
        """A worker that is not started yet.

        Args:
            name: Of the thread.
            run: Gets the event that tells it to return.
        """
        self._stop = threading.Event()
        self._run = run
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._outermost, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Tell it to return and wait for that. Idempotent."""
        self._stop.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                log.warning("%s has not ended within %g s", self._thread.name, timeout_s)

    @property
    def running(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_alive()

    def check(self) -> None:
        """Raise the error that ended the thread, if one did."""
        if self._error is not None:
            raise self._error

    def _outermost(self) -> None:
        try:
            self._run(self._stop)
        except Exception as error:  # the thread's outermost loop; the owner gets it from check()
            log.exception("%s ended with an error", self._thread.name)
            self._error = error
