"""Listening: microphone -> utterances, as the sound arrives; hands-free, or while a key is held.

One thread takes the sound and cuts it into utterances; it alone touches the cutters, and whoever wants something of
them leaves it a job. Another thread hands the utterances out, so that understanding a long sentence never makes the
microphone overflow. An utterance that fell silent is handed out early, to be understood while the pause that ends it
goes by.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from encore_agent.messages import Listener as Tell
from encore_agent.messages import Trouble
from encore_agent.sound_check import SoundCheck
from encore_models.perception.speech import (
    DetectorOptions,
    HeldSpeech,
    SpeechCutter,
    SpeechProbability,
    Utterance,
    UtteranceDetector,
)
from encore_recorder.errors import RecorderError
from encore_recorder.sources.microphone import Microphone, SoundBlock

log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""How long an utterance that is being understood may keep `close` waiting."""
MOST_WAITING = 8
"""Utterances that may wait to be understood; the oldest is dropped then, since nobody wants it carried out so late."""
CANNOT_HANDLE = (RecorderError, ValueError, OSError, RuntimeError, LookupError, sqlite3.Error)
"""What may go wrong with one utterance without making Encore deaf."""

Foresee = Callable[[Utterance], int | None]
"""A pending utterance -> the silence, ms, that is to end it; None for the usual one."""


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
        foresee: Foresee | None = None,
        probability: SpeechProbability | None = None,
    ) -> None:
        """A listener that does not listen yet.

        Args:
            on_utterance: Given every utterance, one at a time, on a thread of its own.
            tell: Told when the microphone is lost, or its sound is of no use.
            device: Number or name of the microphone; None takes the system's default.
            options: When speech begins and ends.
            microphone: Makes the microphone.
            foresee: Given utterances that fell silent, on the thread of `on_utterance`. If no speech follows,
                `on_utterance` gets the same object once the pause is over.
            probability: The voice activity detector; None takes Silero's.
        """
        self._on_utterance = on_utterance
        self._tell = tell
        self._foresee = foresee
        self._microphone = microphone(device)
        self._hands_free = UtteranceDetector(options, probability)
        self._held = HeldSpeech(options, probability)
        self._cutter: SpeechCutter = self._hands_free
        self._pending: Utterance | None = None
        self._check = SoundCheck()
        self._connected = True
        self._muted = threading.Event()
        self._closed = threading.Event()
        self._jobs: queue.SimpleQueue[Callable[[], list[Utterance]]] = queue.SimpleQueue()
        self._waiting: queue.Queue[tuple[Utterance, bool] | None] = queue.Queue(MOST_WAITING)
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
    def name(self) -> str:
        """What the system calls the microphone, once started."""
        return self._microphone.name

    @property
    def level(self) -> float:
        """Loudness now, 0 to 1; 0 while muted."""
        return 0.0 if self._muted.is_set() else self._microphone.level

    def mute(self, on: bool) -> None:
        """Hear nothing, or hear again; the microphone stays open."""
        (self._muted.set if on else self._muted.clear)()
        self._jobs.put(self._forget)

    def hold_to_talk(self, on: bool) -> None:
        """Hear only what is said while a key is held, or everything."""
        self._jobs.put(partial(self._cut_with, self._held if on else self._hands_free))

    def push_to_talk(self, pressed: bool) -> None:
        """The key to talk went down or up; where it is not held to talk, that means nothing."""
        self._jobs.put(partial(self._push, pressed, time.monotonic_ns()))

    def close(self) -> None:
        """Stop listening and close the microphone. Idempotent."""
        self._closed.set()
        self._put(None)
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

    # On the thread that takes the sound

    def _hear(self) -> None:
        while not self._closed.is_set():
            block = self._microphone.read()
            ended = self._work_off()
            self._notice_connection()
            if block is not None and not self._muted.is_set():
                problem = self._check.take(block.samples)
                if problem is not None:
                    self._tell(Trouble(problem))
                ended += self._cutter.feed(block.samples, block.time_ns)
            elif self._held.released:
                ended += self._held.flush()  # the rest of it does not come any more
            self._hand_over(ended)

    def _notice_connection(self) -> None:
        if self._microphone.connected == self._connected:
            return
        self._connected = not self._connected
        self._forget()
        name = self._microphone.name
        gone = "gives no sound any more; plug it in again, or look for another program that holds it"
        self._tell(Trouble(f"the microphone {name} {'is back' if self._connected else gone}"))

    def _work_off(self) -> list[Utterance]:
        ended: list[Utterance] = []
        while not self._jobs.empty():
            ended += self._jobs.get()()
        return ended

    def _forget(self) -> list[Utterance]:
        """Half a command is none, so what was being said is dropped."""
        self._cutter.flush()
        return []

    def _cut_with(self, cutter: SpeechCutter) -> list[Utterance]:
        if cutter is not self._cutter:
            self._forget()
            self._cutter = cutter
        return []

    def _push(self, pressed: bool, time_ns: int) -> list[Utterance]:
        if self._cutter is not self._held or self._muted.is_set():
            return []
        return self._held.press(time_ns) if pressed else self._held.release(time_ns)

    def _settle(self, utterance: Utterance, pause_ms: int) -> list[Utterance]:
        return self._cutter.settle(pause_ms) if self._cutter.pending is utterance else []

    def _hand_over(self, ended: list[Utterance]) -> None:
        for utterance in ended:
            self._put((utterance, True))
        pending = self._cutter.pending
        if pending is not self._pending:
            self._pending = pending
            if pending is not None and self._foresee is not None:
                self._put((pending, False))

    def _put(self, item: tuple[Utterance, bool] | None) -> None:
        while True:
            try:
                return self._waiting.put_nowait(item)
            except queue.Full:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        try:
            self._waiting.get_nowait()
            log.warning("an utterance waited for so long to be understood that it was dropped")
        except queue.Empty:
            pass  # the other thread has just made room

    # On the thread that hands out

    def _hand_out(self) -> None:
        while (item := self._waiting.get()) is not None and not self._closed.is_set():
            utterance, ended = item
            try:
                if ended:
                    self._on_utterance(utterance)
                elif self._foresee is not None and utterance is self._pending:
                    pause_ms = self._foresee(utterance)
                    if pause_ms is not None:
                        self._jobs.put(partial(self._settle, utterance, pause_ms))
            except CANNOT_HANDLE as error:
                log.exception("an utterance could not be handled")
                self._tell(Trouble(str(error)))
