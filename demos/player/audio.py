"""The sound of the player: a deck that renders tones, and the device it plays on.

Without a sound device the deck runs on silently by the clock, so that the player can still be shown.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from demos.player.catalogue import Track
from demos.player.tones import render

RATE = 48_000
NO_SOUND = "No sound device found. Playing silently."


class Deck:
    """Where the needle is. Safe to use from several threads; the output's thread pulls, the window's pushes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._track: Track | None = None
        self._frame = 0
        self._playing = False
        self._volume = 0.8

    def load(self, track: Track) -> None:
        """Put a track on and play it from its start."""
        with self._lock:
            self._track, self._frame, self._playing = track, 0, True

    def resume(self) -> None:
        """Go on playing."""
        with self._lock:
            self._playing = self._track is not None

    def pause(self) -> None:
        """Fall silent and stay in place."""
        with self._lock:
            self._playing = False

    def seek(self, position_s: float) -> None:
        """Go to a place in the track."""
        with self._lock:
            if self._track is not None:
                self._frame = round(min(max(position_s, 0.0), self._track.duration_s) * RATE)

    @property
    def playing(self) -> bool:
        """Whether sound comes out."""
        return self._playing

    @property
    def position_s(self) -> float:
        """Place in the track."""
        return self._frame / RATE

    @property
    def finished(self) -> bool:
        """Whether the track ran to its end."""
        return self._track is not None and self._frame >= self._track.duration_s * RATE

    @property
    def volume(self) -> float:
        """Loudness, 0..1, as the person set it."""
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._volume = min(max(value, 0.0), 1.0)

    def pull(self, frames: int) -> NDArray[np.float32]:
        """The next stretch of sound, mono [frames]; silence where nothing plays."""
        with self._lock:
            if self._track is None or not self._playing:
                return np.zeros(frames, np.float32)
            samples = render(self._track, self.position_s, frames, RATE)
            self._frame += frames
            if self.finished:
                self._playing = False
        # Loudness is heard logarithmically: a square makes half the slider sound like half.
        return samples * np.float32(self._volume**2)


class Output(Protocol):
    """Pulls sound from a deck for as long as it lives."""

    notice: str | None
    """What the person should know, None if all is well."""

    def alive(self) -> bool:
        """Whether it still pulls."""

    def close(self) -> None:
        """Stop pulling."""


class Speakers:
    """The default sound device.

    Raises:
        OSError: PortAudio is not installed.
        sounddevice.PortAudioError: there is no device.
    """

    notice: str | None = None

    def __init__(self, deck: Deck) -> None:
        import sounddevice

        def fill(buffer: NDArray[np.float32], frames: int, at: Any, status: Any) -> None:
            buffer[:] = deck.pull(frames)[:, None]

        self._stream = sounddevice.OutputStream(
            samplerate=RATE, channels=2, dtype="float32", latency=0.08, callback=fill
        )
        self._stream.start()

    def alive(self) -> bool:
        """Whether the device still takes sound."""
        return bool(self._stream.active)

    def close(self) -> None:
        """Let the device go."""
        self._stream.close()


class Silence:
    """Moves the needle by the clock where there is no device."""

    notice: str | None = NO_SOUND

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="silence", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(0.05):
            now = time.monotonic()
            self._deck.pull(round((now - last) * RATE))
            last = now

    def alive(self) -> bool:
        """Always, until closed."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop the clock."""
        self._stop.set()
        self._thread.join()


def open_output(deck: Deck) -> Output:
    """The default sound device, or silence where there is none."""
    try:
        import sounddevice
    except OSError:  # PortAudio itself is missing
        return Silence(deck)
    try:
        return Speakers(deck)
    except sounddevice.PortAudioError:
        return Silence(deck)
