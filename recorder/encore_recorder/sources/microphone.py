"""The microphone as blocks of sound with their times (sounddevice), for recordings and for listening."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from encore_recorder.clock import SECOND, StreamClock, capture_time_ns
from encore_recorder.errors import NoMicrophone
from encore_recorder.sources import portaudio
from encore_recorder.sources.microphones import names_seen, opening, routed
from encore_recorder.sources.worker import Worker

if TYPE_CHECKING:
    import soxr

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class SoundBlock:
    """A short stretch of sound."""

    samples: NDArray[np.float32]
    """[n], mono, -1 to 1."""
    time_ns: int
    """When the first sample was captured, `time.monotonic_ns()`."""


@dataclass(frozen=True, slots=True, eq=False)
class _Raw:
    """A block as the driver gave it."""

    samples: NDArray[np.float32]
    captured_ns: int


class BlockTimer:
    """Raw blocks of one stream -> blocks at the wanted rate with steady times.

    The first blocks are held back until the stream's clock has settled (0.4 s); nothing is lost.
    """

    def __init__(self, stream_rate: int, rate: int) -> None:
        """A timer for a stream that begins.

        Args:
            stream_rate: Samples a second as the driver gives them.
            rate: Samples a second that are wanted.
        """
        self.clock = StreamClock(stream_rate)
        self._rate = rate
        self._taken = 0
        self._made = 0
        self._held: list[NDArray[np.float32]] = []
        self._resampler: soxr.ResampleStream | None = None
        if stream_rate != rate:
            import soxr

            self._resampler = soxr.ResampleStream(stream_rate, rate, 1, dtype="float32")

    def take(self, samples: NDArray[np.float32], captured_ns: int) -> list[SoundBlock]:
        """The blocks that are ready now that `samples` [n], captured from `captured_ns` on, have come."""
        self.clock.observe(self._taken, captured_ns)
        self._taken += len(samples)
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples)
        if len(samples):
            self._held.append(samples)
        if not self.clock.settled:
            return []
        held, self._held = self._held, []
        return [self._timed(block) for block in held]

    def _timed(self, samples: NDArray[np.float32]) -> SoundBlock:
        time_ns = self.clock.time_ns(0) + self._made * SECOND // self._rate
        self._made += len(samples)
        return SoundBlock(samples, time_ns)


class Microphone:
    """A microphone that stays open, also across unplugging.

        with Microphone() as microphone:
            for block in microphone: ...

    Blocks are to be taken by one thread; `level` and `close` may be used from any.
    """

    BLOCK_NS = 20_000_000
    STALL_S = 1.5
    """Without a block for so long, the device is taken for lost."""
    RETRY_S = 1.0

    def __init__(self, device: int | str | None = None, rate: int = 16_000) -> None:
        """A microphone that is not open yet.

        Args:
            device: Number or name (a part is enough); None means the system's default.
            rate: Samples a second that are wanted; resampled where the device cannot give them.
        """
        self.device = device
        self.rate = rate
        self.name = ""
        """What the system calls it, once open."""
        self.connected = False
        """Whether sound comes in; False while it is unplugged."""
        self._lost_ns = 0
        self._raw: SimpleQueue[_Raw] = SimpleQueue()
        self._ready: deque[SoundBlock] = deque()
        self._stream: Any = None
        self._timer: BlockTimer | None = None
        self._heard_s = 0.0
        self._gone_s = 0.0
        self._level = 0.0
        self._closed = threading.Event()
        self._opening = threading.Lock()
        """Held while the stream is opened again or closed, which two threads may want at once."""

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            NoMicrophone: It is not there, or cannot be opened.
        """
        self._closed.clear()
        try:
            self._open()
        except NoMicrophone:
            # It, or the sound server, may have come after PortAudio had looked.
            if not portaudio.renew():
                raise
            self._open()
        self.connected = True
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it; whoever waits for a block gets none. Idempotent."""
        self._closed.set()
        with self._opening:
            self._shut()

    @property
    def level(self) -> float:
        """Loudness of the last block: 0 at -60 dB of full scale and below, 1 at full scale."""
        return self._level

    @property
    def lost_ns(self) -> int:
        """Sound that did not come, lost by the driver or unplugged; the times of the blocks leave a gap for it."""
        return self._lost_ns + (self._timer.clock.lost_ns if self._timer is not None else 0)

    def __iter__(self) -> Iterator[SoundBlock]:
        """Blocks as they come, until it is closed."""
        while not self._closed.is_set():
            block = self.read()
            if block is not None:
                yield block

    def read(self, timeout_s: float = 0.2) -> SoundBlock | None:
        """The next block, or None where none came in time or it was closed.

        A device that fell silent is opened again once a second; `connected` tells. Blocks that it gives then have
        later times, so a gap shows.
        """
        deadline = time.monotonic() + timeout_s
        while not self._ready and not self._closed.is_set():
            try:
                raw = self._raw.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                with self._opening:
                    if not self._closed.is_set():
                        self._reopen_if_lost()
                return None
            self._heard_s = time.monotonic()
            self.connected = True
            if self._timer is not None:
                self._ready += self._timer.take(raw.samples, raw.captured_ns)
        return self._ready.popleft() if self._ready else None

    def _open(self) -> None:
        try:
            with portaudio.held() as sounddevice:
                self._open_with(sounddevice)
        except OSError as error:  # the PortAudio library is not installed
            raise NoMicrophone(self.device, str(error)) from error

    def _open_with(self, sounddevice: Any) -> None:
        errors: list[str] = []
        try:
            how = opening(self.device, sounddevice)
            about = sounddevice.query_devices(how.device, "input")
        except (sounddevice.PortAudioError, ValueError) as error:
            raise NoMicrophone(self.device, str(error), names_seen(sounddevice)) from error
        native, channels = int(about["default_samplerate"]), int(about["max_input_channels"])
        for rate, count in dict.fromkeys([(self.rate, 1), (native, 1), (native, channels)]):
            try:
                with routed(how.source):
                    self._start(sounddevice, how.device, rate, count)
            except (sounddevice.PortAudioError, ValueError) as error:
                errors.append(str(error))
                continue
            self.name = how.name or str(about["name"])
            return
        raise NoMicrophone(self.device, errors[-1], names_seen(sounddevice))

    def _start(self, sounddevice: Any, device: int | str | None, rate: int, channels: int) -> None:
        self._raw = raw = SimpleQueue[_Raw]()  # what is left of an earlier stream belongs to its clock
        block = round(rate * self.BLOCK_NS / SECOND)

        def heard(data: NDArray[np.float32], frames: int, times: Any, status: object) -> None:
            now_ns, realtime_ns = time.monotonic_ns(), time.time_ns()
            captured_ns = capture_time_ns(times.inputBufferAdcTime, realtime_ns, now_ns)
            if captured_ns is None:
                captured_ns = now_ns - frames * SECOND // rate
            # The driver uses its buffer again, so it is copied.
            samples = data[:, 0].copy() if channels == 1 else data.mean(axis=1, dtype=np.float32)
            self._level = level_of(samples)
            raw.put(_Raw(samples, captured_ns))

        stream = sounddevice.InputStream(
            device=device, samplerate=rate, channels=channels, blocksize=block, latency=0.05,
            dtype="float32", callback=heard,
        )  # fmt: skip
        try:
            stream.start()
        except sounddevice.PortAudioError:
            stream.close()
            raise
        self._stream, self._timer = stream, BlockTimer(rate, self.rate)
        self._heard_s = time.monotonic()
        portaudio.use(self)

    def _shut(self) -> None:
        stream, self._stream = self._stream, None
        self.connected = False
        self._level = 0.0
        if stream is not None:
            import sounddevice

            try:
                stream.abort()
                stream.close()
            except sounddevice.PortAudioError as error:  # the device is gone already
                log.info("closing the microphone: %s", error)
            portaudio.leave(self)

    def _reopen_if_lost(self) -> None:
        since_s = time.monotonic() - self._heard_s
        if self._stream is not None and (self._stream.active and since_s < self.STALL_S):
            return
        if self._stream is None and since_s < self.RETRY_S:
            return
        if self._stream is not None:
            level = logging.WARNING if self.connected else logging.INFO
            log.log(level, "the microphone %r gives no sound", self.name)
            self._lost_ns = self.lost_ns
            self._timer = None
            self._gone_s = self._heard_s
            self._shut()
        self._heard_s = time.monotonic()
        try:
            portaudio.renew()
            self._open()
        except NoMicrophone as error:
            log.info("trying again: %s", error)
        else:
            self._lost_ns += round((time.monotonic() - self._gone_s) * SECOND)
            log.info("the microphone %r is open again", self.name)


class MicrophoneSource:
    """Hands on every block of a microphone."""

    DRAIN_NS = SECOND // 4

    def __init__(self, device: int | str | None, emit: Callable[[SoundBlock], None]) -> None:
        """A source that is not started yet.

        Args:
            device: See `Microphone`.
            emit: Gets every block at 16 kHz.
        """
        self.microphone = Microphone(device)
        self._emit = emit
        self._worker = Worker("encore-microphone", self._run)

    def __enter__(self) -> Self:
        """Open the microphone and start.

        Raises:
            NoMicrophone: It is not there, or cannot be opened.
        """
        self.microphone.__enter__()
        self._worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.stop()
        self.microphone.close()

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
        self._worker.check()

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            block = self.microphone.read()
            if block is not None:
                self._emit(block)
        # What was said until now is still on its way through the driver.
        end_ns = time.monotonic_ns()
        while time.monotonic_ns() - end_ns < self.DRAIN_NS:
            block = self.microphone.read(0.05)
            if block is not None:
                self._emit(block)
                if block.time_ns + self.microphone.BLOCK_NS >= end_ns:
                    return


def level_of(samples: NDArray[np.float32]) -> float:
    """Loudness of samples [n]: 0 at -60 dB of full scale (root mean square) and below, 1 at full scale."""
    power = float(np.dot(samples, samples)) / max(1, len(samples))
    return min(1.0, max(0.0, 1.0 + 10.0 * math.log10(power + 1e-12) / 60.0))
