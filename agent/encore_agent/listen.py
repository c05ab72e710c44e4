"""Hands-free listening: microphone -> voice activity -> utterances, as the sound arrives.

One thread takes the sound and finds utterances, another hands them out, so that understanding a long sentence
never makes the microphone overflow.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from encore_agent.messages import Listener as Tell
from encore_agent.messages import Trouble
from encore_models.perception.speech import DetectorOptions, Utterance, UtteranceDetector
from encore_recorder.errors import RecorderError
from encore_recorder.sources.microphone import Microphone, SoundBlock

log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""How long an utterance that is being understood may keep `close` waiting."""


class LiveMicrophone(Protocol):
    """What listening needs of a microphone (see `encore_recorder.sources.microphone.Microphone`)."""

    name: str
    connected: bool

    @property
    def level(self) -> float:
        """Loudness now, 0 to 1."""

    def __enter__(self) -> LiveMicrophone:
        """Open it, or raise NoMicrophone."""

    def read(self, timeout_s: float = 0.2) -> SoundBlock | None:
        """The next block, or None where none came in time."""

    def close(self) -> None:
        """Close it. Idempotent."""


class Listener:
    """Listens from `start` to `close`, also across unplugging the microphone."""

    def __init__(
        self,
        on_utterance: Callable[[Utterance], None],
        tell: Tell,
        device: int | str | None = None,
        options: DetectorOptions | None = None,
        microphone: Callable[[int | str | None], LiveMicrophone] = Microphone,
    ) -> None:
        """A listener that does not listen yet.

        Args:
            on_utterance: Given every utterance, one at a time, on a thread of its own.
            tell: Told when the microphone is lost.
            device: Number or name of the microphone; None takes the system's default.
            options: When speech begins and ends.
            microphone: Makes the microphone.
        """
        self._on_utterance = on_utterance
        self._tell = tell
        self._microphone = microphone(device)
        self._detector = UtteranceDetector(options)
        self._muted = threading.Event()
        self._closed = threading.Event()
        self._utterances: queue.SimpleQueue[Utterance | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for work, name in ((self._hear, "encore-ears"), (self._hand_out, "encore-understand"))
        ]

    def start(self) -> None:
        """Open the microphone and listen.

        Raises:
            NoMicrophone: There is none, or it cannot be opened.
        """
        self._microphone.__enter__()
        for thread in self._threads:
            thread.start()

    @property
    def level(self) -> float:
        """Loudness now, 0 to 1; 0 while muted."""
        return 0.0 if self._muted.is_set() else self._microphone.level

    def mute(self, on: bool) -> None:
        """Hear nothing, or hear again; the microphone stays open."""
        (self._muted.set if on else self._muted.clear)()

    def close(self) -> None:
        """Stop listening and close the microphone. Idempotent."""
        self._closed.set()
        self._utterances.put(None)
        for thread in self._threads:
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(CLOSE_S)
        self._microphone.close()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # the thread's outermost loop: nobody above would see it
            log.exception("listening ended")
            self._tell(Trouble(f"listening ended: {error}. Turn it on again"))

    def _hear(self) -> None:
        connected = True
        while not self._closed.is_set():
            block = self._microphone.read()
            if self._microphone.connected != connected:
                connected = self._microphone.connected
                name = self._microphone.name
                self._tell(Trouble(f"the microphone {name} {'is back' if connected else 'is gone; plug it in again'}"))
            if block is None:
                continue
            if self._muted.is_set():
                self._detector.flush()
                continue
            for utterance in self._detector.feed(block.samples, block.time_ns):
                self._utterances.put(utterance)

    def _hand_out(self) -> None:
        while (utterance := self._utterances.get()) is not None and not self._closed.is_set():
            try:
                self._on_utterance(utterance)
            except (RecorderError, ValueError, OSError, RuntimeError, LookupError) as error:
                # One utterance that cannot be handled must not make Encore deaf.
                log.exception("an utterance could not be handled")
                self._tell(Trouble(str(error)))
