"""What is wrong with a microphone's sound, told once and not with every block."""

from __future__ import annotations

import numpy as np

from encore_models.perception.mel import RATE
from encore_models.perception.speech import Samples

TOO_LOUD = "the microphone is so loud that it is cut off; turn it down in the system's sound settings"
ONLY_ZEROS = (
    "the microphone has given nothing but digital silence for {:.0f} s; look for a switch on it, for another program "
    "that holds it, and whether it is muted in the system's sound settings"
)


class SoundCheck:
    """Notices sound that is cut off, and a microphone that gives nothing at all. For one thread."""

    FULL = 0.99
    """Share of full scale from which a sample is cut off."""
    SHARE = 0.02
    """Share of a block's samples that makes it a loud one; clean speech reaches full scale with single samples."""
    LOUD_BLOCKS = 10
    FORGET = 0.02
    """How much of a loud block each other block makes up for."""
    ZEROS_S = 30.0
    GATED_S = 0.5
    """Zeros for so long between sounds: the microphone, or what cleans its sound, lets only speech through."""

    def __init__(self) -> None:
        """Nothing was heard yet."""
        self._loud = 0.0
        self._zeros_s = 0.0
        self._gated = False
        self._told: set[str] = set()

    def take(self, samples: Samples) -> str | None:
        """What is wrong as of these samples [n] at 16 kHz, told once.

        Being too loud is told again where it was mended and came back. Zeros say nothing of a microphone that lets only
        speech through.
        """
        loud = bool(len(samples)) and float((np.abs(samples) >= self.FULL).mean()) >= self.SHARE
        self._loud = min(self._loud + 1, self.LOUD_BLOCKS) if loud else max(0.0, self._loud - self.FORGET)
        if samples.any():
            self._gated = self._gated or self._zeros_s >= self.GATED_S
            self._zeros_s = 0.0
        else:
            self._zeros_s += len(samples) / RATE
        if self._loud == 0.0:
            self._told.discard(TOO_LOUD)
        if self._loud >= self.LOUD_BLOCKS:
            return self._once(TOO_LOUD)
        if self._zeros_s >= self.ZEROS_S and not self._gated:
            return self._once(ONLY_ZEROS.format(self.ZEROS_S))
        return None

    def _once(self, problem: str) -> str | None:
        if problem in self._told:
            return None
        self._told.add(problem)
        return problem
