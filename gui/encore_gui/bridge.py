"""The one bridge from the agent's threads to the thread that owns the windows."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from encore_agent.messages import AgentEvent, Listener


class Bridge(QObject):
    """Hands agent events, and jobs of other threads, to the thread it was made on, in order."""

    told = Signal(object)
    """An `AgentEvent`, emitted on the bridge's own thread."""

    _event_crossed = Signal(object)
    _job_crossed = Signal(object)

    def __init__(self, subscribe: Callable[[Listener], Callable[[], None]], parent: QObject | None = None) -> None:
        """Subscribe to an agent.

        Args:
            subscribe: The agent's `subscribe`.
            parent: Owner.
        """
        super().__init__(parent)
        self._lock = threading.Lock()
        self._closed = False
        # Queued always: an event told by a call from the window's own thread keeps its place in the order.
        self._event_crossed.connect(self._hand_on, Qt.ConnectionType.QueuedConnection)
        self._job_crossed.connect(self._run, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = subscribe(self._cross)

    def post(self, job: Callable[[], None]) -> None:
        """Run `job` soon on the bridge's thread; for threads that know nothing of Qt."""
        with self._lock:
            if not self._closed:
                self._job_crossed.emit(job)

    def close(self) -> None:
        """Let nothing across any more. Idempotent."""
        self._unsubscribe()
        with self._lock:
            self._closed = True

    def _cross(self, event: AgentEvent) -> None:
        # The lock keeps a late thread from touching signals of a bridge that Qt has deleted.
        with self._lock:
            if not self._closed:
                self._event_crossed.emit(event)

    @Slot(object)
    def _hand_on(self, event: AgentEvent) -> None:
        if not self._closed:
            self.told.emit(event)

    @Slot(object)
    def _run(self, job: Callable[[], None]) -> None:
        if not self._closed:
            job()
