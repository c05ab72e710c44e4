"""One monotonic clock for everything, and where the other clocks lie on it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from statistics import median

SECOND = 1_000_000_000
"""Nanoseconds."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time since a demonstration began."""

    origin_ns: int
    """`time.monotonic_ns()` at time 0."""

    @classmethod
    def started(cls) -> Clock:
        """A clock whose time 0 is now."""
        return cls(time.monotonic_ns())

    def now_ns(self) -> int:
        """Nanoseconds since time 0."""
        return time.monotonic_ns() - self.origin_ns

    def since_origin(self, monotonic_ns: int) -> int:
        """A reading of `time.monotonic_ns()` as nanoseconds since time 0."""
        return monotonic_ns - self.origin_ns


def capture_time_ns(stamp_s: float, realtime_ns: int, monotonic_ns: int, oldest_ns: int = 2 * SECOND) -> int | None:
    """When a sound block was captured, on the monotonic clock.

    PortAudio does not say which clock its time stamps come from: through ALSA's PulseAudio plugin it is the
    realtime clock, elsewhere the monotonic one. Only one of them makes the block a little older than now.

    Args:
        stamp_s: The driver's time stamp in seconds; 0 where it gives none.
        realtime_ns: `time.time_ns()` when the block arrived.
        monotonic_ns: `time.monotonic_ns()` at the same moment.
        oldest_ns: A block that seems older than this was not stamped by that clock.

    Returns:
        Nanoseconds of `time.monotonic_ns()`, or None where the stamp fits neither clock.
    """
    stamp_ns = round(stamp_s * SECOND)
    for now_ns in (monotonic_ns, realtime_ns):
        age_ns = now_ns - stamp_ns
        if -SECOND // 20 <= age_ns <= oldest_ns:
            return monotonic_ns - age_ns
    return None


class StreamClock:
    """When each sample of a sound stream was captured, from time stamps that jitter.

    Every block's stamp implies when the stream's sample 0 was captured; the median of many is steady to a
    millisecond. Samples that the driver lost make the stream appear to have started later: that is how loss is
    noticed, because overflow flags never come. A sound card's own clock drifts the same way, slowly.
    """

    SETTLE_BLOCKS = 20
    WINDOW_BLOCKS = 50
    JUMP_BLOCKS = 3
    """So many stamps in a row beyond `JUMP_NS`, all to one side, are a loss and not jitter."""
    JUMP_NS = 40_000_000
    DRIFT_NS = 8_000_000

    def __init__(self, rate: int) -> None:
        """A clock for a stream of `rate` samples a second."""
        self.rate = rate
        self.lost_ns = 0
        """Sound that the driver lost so far."""
        self._implied: deque[int] = deque(maxlen=self.WINDOW_BLOCKS)
        self._start_ns: int | None = None

    @property
    def settled(self) -> bool:
        """Whether enough blocks were seen to tell times."""
        return self._start_ns is not None

    def observe(self, first_sample: int, captured_ns: int) -> None:
        """Note that the block which begins with sample number `first_sample` was captured at `captured_ns`."""
        self._implied.append(captured_ns - first_sample * SECOND // self.rate)
        if self._start_ns is None:
            if len(self._implied) >= self.SETTLE_BLOCKS:
                self._start_ns = round(median(self._implied))
            return
        latest = list(self._implied)[-self.JUMP_BLOCKS :]
        if all(implied - self._start_ns > self.JUMP_NS for implied in latest) or all(
            self._start_ns - implied > self.JUMP_NS for implied in latest
        ):
            self._implied.clear()
            self._implied.extend(latest)
            self._move(round(median(latest)))
        elif len(self._implied) == self.WINDOW_BLOCKS:
            middle = round(median(self._implied))
            if abs(middle - self._start_ns) > self.DRIFT_NS:
                self._start_ns = middle

    def _move(self, start_ns: int) -> None:
        assert self._start_ns is not None
        self.lost_ns += max(0, start_ns - self._start_ns)
        self._start_ns = start_ns

    def time_ns(self, sample: int) -> int:
        """When sample number `sample` was captured.

        Raises:
            ValueError: The clock has not settled yet.
        """
        if self._start_ns is None:
            raise ValueError("the stream's clock has not seen enough blocks to tell a time")
        return self._start_ns + sample * SECOND // self.rate
