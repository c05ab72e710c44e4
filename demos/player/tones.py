"""How a track sounds, and which track a sound is.

Every track repeats an arpeggio of three sine tones. The three come from a pentatonic scale of 20 notes, so there are
1140 sets; a track's number picks one. A recording is identified by the three notes that hold its energy, wherever it
begins.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from demos.player.catalogue import Track

TONE_S = 0.24
"""Length of one tone; a recording needs three to be identified."""

LEVEL = 0.25
"""Peak of the samples at full volume."""

SCALE_HZ = tuple(220.0 * 2 ** ((12 * octave + step) / 12) for octave in range(4) for step in (0, 2, 4, 7, 9))

_SILENT_RMS = 1e-4
_DISTINCT = 3.0
"""The third strongest note must hold this many times the energy of the fourth,"""
_AUDIBLE = 0.01
"""and this share of that of the strongest."""


@cache
def _sets() -> tuple[tuple[float, ...], ...]:
    sets = list(itertools.combinations(SCALE_HZ, 3))
    # So that neighbours in the catalogue sound different.
    random.Random(1).shuffle(sets)
    return tuple(sets)


def pattern(track: Track) -> tuple[float, ...]:
    """The three frequencies of a track in Hz, in the order they are played."""
    sets = _sets()
    return sets[track.index % len(sets)]


def render(track: Track, start_s: float, frames: int, rate: int) -> NDArray[np.float32]:
    """A stretch of a track's sound, mono [frames], in -LEVEL..LEVEL.

    Any two adjoining stretches join without a click.
    """
    times = start_s + np.arange(frames) / rate
    frequencies = np.array(pattern(track))[(times / TONE_S).astype(np.int64) % 3]
    within = np.mod(times, TONE_S)
    # Each tone starts at phase 0 and swells and fades, so that changing the frequency makes no click.
    envelope = np.minimum(1.0, np.minimum(within, TONE_S - within) / 0.02)
    return (LEVEL * envelope * np.sin(2 * np.pi * frequencies * within)).astype(np.float32)


def identify(samples: NDArray[np.float32], rate: int, tracks: Iterable[Track]) -> Track | None:
    """Which of `tracks` a recording is.

    Args:
        samples: Mono [n], a second or more.
        rate: Samples a second.
        tracks: The candidates.

    Returns:
        The track; None where the recording is silent, holds another sound or none of the candidates.
    """
    if len(samples) < 3 * TONE_S * rate or np.sqrt(np.mean(np.square(samples))) < _SILENT_RMS:
        return None
    power = np.square(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))))
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    # A band reaches a third of the way to the next note: tones of a quarter second are several Hz wide.
    energies = np.array([power[np.abs(frequencies - note) < 0.035 * note].sum() for note in SCALE_HZ])
    order = np.argsort(energies)[::-1]
    first, third, fourth = energies[order[[0, 2, 3]]]
    if third < _DISTINCT * fourth or third < _AUDIBLE * first or energies.sum() < 0.5 * power.sum():
        return None
    heard = frozenset(SCALE_HZ[number] for number in order[:3])
    return next((track for track in tracks if frozenset(pattern(track)) == heard), None)
