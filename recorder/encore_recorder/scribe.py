"""What of all that the sources hand on is written, and when: pauses, forgetting, curtains (no device, no thread)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from threading import Event as Flag
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from encore_recorder.clock import SECOND, Clock
from encore_recorder.events import Event, PlaybackChanged, RecordingPaused, RecordingResumed, WindowChanged
from encore_recorder.geometry import Point
from encore_recorder.media import SOUND_RATE
from encore_recorder.privacy import Curtain, draw_curtains
from encore_recorder.sources.microphone import SoundBlock
from encore_recorder.sources.screen import Picture


@dataclass(frozen=True, slots=True)
class Pause:
    """Keep nothing from here on."""

    time_ns: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Keep things again from here on."""

    time_ns: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Remove the last seconds: those before the pause, where the recording is paused."""

    time_ns: int
    seconds: float
    done: Flag = field(default_factory=Flag, compare=False)
    """Set once nothing of them is left."""


Item = Picture | SoundBlock | Curtain | Event | Pause | Resume | Forget
"""Whatever reaches the scribe; all times are of `time.monotonic_ns()`."""

LINGER_NS = 3 * SECOND // 10
"""For which a window that has gone is still kept out of pictures: taking one takes a while, and so does asking for the
windows, and on a busy machine a hidden one may go between the two."""


class Writer(Protocol):
    """Where it is written (see `DemonstrationWriter`); times are of the recording's clock."""

    def event(self, event: Event) -> None:
        """Append an event."""

    def picture(self, bgra: NDArray[np.uint8], time_ns: int) -> None:
        """Write a picture."""

    def sound(self, samples: NDArray[np.float32], time_ns: int) -> None:
        """Write a block of sound."""

    def forget(self, start_ns: int) -> list[Event]:
        """Remove everything from `start_ns` on; returns the events that are left."""


class Scribe:
    """Takes items in about the order of their times and writes what may be kept."""

    def __init__(self, writer: Writer, clock: Clock, origin: Point) -> None:
        """A scribe at the beginning of a recording.

        Args:
            writer: Where it is written.
            clock: The recording's clock.
            origin: The pictures' top left pixel on the virtual desktop.
        """
        self._writer = writer
        self._clock = clock
        self._origin = origin
        self._closed: list[tuple[int, int | None]] = []
        """Spans of which nothing is kept, on the recording's clock; the end of a running pause is None."""
        self._pictures: deque[Picture] = deque()
        self._curtains: deque[Curtain] = deque()
        """Those of the last `LINGER_NS` and one from before."""
        self._current: dict[str, WindowChanged | PlaybackChanged] = {}
        """The focused window and each player's state as they are now, kept or not."""
        self._written: dict[str, WindowChanged | PlaybackChanged] = {}
        """The same as the events tell it."""

    @property
    def paused(self) -> bool:
        """Whether nothing is kept at the moment."""
        return bool(self._closed) and self._closed[-1][1] is None

    def take(self, item: Item) -> None:
        """Write an item, keep it for later, or drop it."""
        match item:
            case Picture():
                self._pictures.append(item)
            case Curtain():
                self._draw(item)
            case SoundBlock():
                start_ns = self._clock.since_origin(item.time_ns)
                if self._keeps(start_ns, start_ns + len(item.samples) * SECOND // SOUND_RATE):
                    self._writer.sound(item.samples, start_ns)
            case Pause():
                self._pause(self._clock.since_origin(item.time_ns))
            case Resume():
                self._resume(self._clock.since_origin(item.time_ns))
            case Forget():
                self._forget(self._clock.since_origin(item.time_ns), item.seconds)
                item.done.set()
            case _:
                self._event(replace(item, time_ns=self._clock.since_origin(item.time_ns)))

    def _keeps(self, start_ns: int, end_ns: int) -> bool:
        return not any(first < end_ns and (last is None or start_ns < last) for first, last in self._closed)

    def _draw(self, curtain: Curtain) -> None:
        """Write the pictures from before the curtain: a hidden window is in it, or in one of those before."""
        while self._pictures and self._pictures[0].time_ns <= curtain.time_ns:
            picture = self._pictures.popleft()
            time_ns = self._clock.since_origin(picture.time_ns)
            if self._keeps(time_ns, time_ns + 1):
                bgra = draw_curtains(picture.bgra, self._origin, (*self._curtains, curtain))
                self._writer.picture(bgra, time_ns)
        self._curtains.append(curtain)
        while len(self._curtains) > 1 and self._curtains[1].time_ns < curtain.time_ns - LINGER_NS:
            self._curtains.popleft()

    def _event(self, event: Event) -> None:
        if isinstance(event, WindowChanged | PlaybackChanged):
            self._current[_topic(event)] = event
        # What was so just before the recording began is part of it.
        event = replace(event, time_ns=max(0, event.time_ns))
        if self._keeps(event.time_ns, event.time_ns + 1):
            self._write(event)

    def _write(self, event: Event) -> None:
        self._writer.event(event)
        if isinstance(event, WindowChanged | PlaybackChanged):
            self._written[_topic(event)] = event

    def _pause(self, time_ns: int) -> None:
        if not self.paused:
            self._closed.append((time_ns, None))
            self._writer.event(RecordingPaused(time_ns))

    def _resume(self, time_ns: int) -> None:
        if self.paused:
            self._closed[-1] = (self._closed[-1][0], time_ns)
            self._tell_resumed(time_ns)

    def _forget(self, time_ns: int, seconds: float) -> None:
        end_ns = self._closed[-1][0] if self.paused else time_ns
        start_ns = max(0, end_ns - round(seconds * SECOND))
        self._closed.insert(0, (start_ns, end_ns))
        left = self._writer.forget(start_ns)
        self._written = {_topic(e): e for e in left if isinstance(e, WindowChanged | PlaybackChanged)}
        self._writer.event(RecordingPaused(start_ns))
        if not self.paused:
            self._tell_resumed(end_ns)

    def _tell_resumed(self, time_ns: int) -> None:
        """Say what changed meanwhile, so that nobody takes it for what it was before."""
        self._writer.event(RecordingResumed(time_ns))
        for topic, event in self._current.items():
            written = self._written.get(topic)
            if written is None or replace(written, time_ns=0) != replace(event, time_ns=0):
                self._write(replace(event, time_ns=time_ns))


def _topic(event: WindowChanged | PlaybackChanged) -> str:
    return event.player if isinstance(event, PlaybackChanged) else ""
