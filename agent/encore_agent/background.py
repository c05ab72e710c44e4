"""Work in the background: one thread, one job after the other, and what goes wrong is told."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from encore_agent.errors import AgentError
from encore_agent.messages import Listener as Tell
from encore_agent.messages import Trouble
from encore_models.errors import ModelsError
from encore_recorder.errors import RecorderError

log = logging.getLogger(__name__)

EXPECTED = (AgentError, ModelsError, RecorderError, ValueError, OSError, RuntimeError)


class Background:
    """A thread that does jobs in the order in which they come."""

    def __init__(self, name: str, tell: Tell) -> None:
        """No thread runs yet.

        Args:
            name: Of the thread.
            tell: Told what goes wrong, as `Trouble`.
        """
        self._tell = tell
        self._pool = ThreadPoolExecutor(1, name)

    def do(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        """Do this after everything that was asked for before; the result is None where it failed."""
        return self._pool.submit(self._guarded, work, *args)

    def shutdown(self, wait: bool = True) -> None:
        """Take no more jobs; those that have not begun are dropped."""
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def finish(self) -> None:
        """Take no more jobs, and wait until all are done."""
        self._pool.shutdown(wait=True)

    def _guarded(self, work: Callable[..., Any], *args: Any) -> Any:
        try:
            return work(*args)
        except Exception as error:  # the thread's outermost loop: nobody above would see it
            if not isinstance(error, EXPECTED):
                log.exception("unexpected error in the background")
            self._tell(Trouble(str(error)))
            return None
