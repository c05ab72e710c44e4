"""The stage's sound: a virtual microphone to speak into and speakers that can be heard.

A PulseAudio of the stage's own holds two null sinks: `speakers`, the default output, and `feed`, whose monitor is
the default input, `microphone`. Both need `norewinds=1`: without it the first block comes more than a second late and
speech is cut up.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from demos.errors import SoundFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPEAKERS = "speakers"
FEED = "feed"
MICROPHONE = "microphone"
RATE = 48_000
"""Frames a second of every device on the stage."""


def server_script(socket: Path) -> str:
    """The PulseAudio start-up script of a stage whose server listens at `socket`."""
    null_sink = "load-module module-null-sink norewinds=1 format=s16le"
    return "\n".join(
        [
            f"load-module module-native-protocol-unix auth-cookie-enabled=0 socket={socket}",
            f"{null_sink} sink_name={SPEAKERS} rate={RATE} channels=2 sink_properties=device.description=Speakers",
            f"{null_sink} sink_name={FEED} rate={RATE} channels=1 sink_properties=device.description=Feed",
            f"load-module module-remap-source source_name={MICROPHONE} master={FEED}.monitor"
            " source_properties=device.description=Microphone",
            f"set-default-sink {SPEAKERS}",
            f"set-default-source {MICROPHONE}",
            "",
        ]
    )


class Spawn(Protocol):
    """How programs are started on a stage."""

    def __call__(
        self, argv: Sequence[str], *, stdout: int | None = None, stderr: int | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `argv`; the program ends with the stage at the latest."""


@dataclass
class Playback:
    """A sound on its way into the microphone."""

    started_s: float
    """When its first frame was heard, `time.monotonic()`."""
    _process: subprocess.Popen[bytes] = field(repr=False)
    _chatter: _Drain = field(repr=False)

    def wait(self) -> None:
        """Block until the last frame was heard."""
        self._process.wait()
        self._chatter.finish()

    def stop(self) -> None:
        """Fall silent at once."""
        self._process.terminate()
        self.wait()


@dataclass
class SpeakerRecording:
    """What came out of the speakers; complete after the `with` block."""

    started_s: float
    """When the first frame was taken, `time.monotonic()`, good to about 50 ms."""
    rate: int = RATE
    pcm: bytes = b""

    @property
    def samples(self) -> NDArray[np.float32]:
        """Mono float32 [n] in -1..1 at `rate`."""
        import numpy as np

        return np.frombuffer(self.pcm, dtype="<f4").astype(np.float32)


class Sound:
    """Plays into the microphone and records the speakers of one stage."""

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn

    def play_into_microphone(self, wav: Path) -> Playback:
        """Start playing `wav` into the virtual microphone; returns once its first frame is heard.

        Raises:
            SoundFailed: the file cannot be read or the sound server refused it.
        """
        # A buffer of 200 ms: with 30 ms speech is cut up on a busy machine, and it begins no earlier.
        buffer = ["--latency-msec=200", "--process-time-msec=20"]
        process = self._spawn(["paplay", "--verbose", f"--device={FEED}", *buffer, str(wav)], stderr=subprocess.PIPE)
        assert process.stderr is not None
        said = b""
        while chunk := os.read(process.stderr.fileno(), 4096):
            said += chunk
            if b"Stream started" in said:
                # It goes on reporting the time; a full pipe would stop the sound.
                return Playback(time.monotonic(), process, _Drain(process.stderr))
        process.wait()
        process.stderr.close()
        raise SoundFailed(f"Playing {wav}", said.decode(errors="replace").strip())

    @contextmanager
    def recording_speakers(self) -> Iterator[SpeakerRecording]:
        """Record the speakers while the block runs."""
        process = self._spawn(
            ["parec", f"--device={SPEAKERS}.monitor", "--format=float32le", f"--rate={RATE}", "--channels=1",
             "--raw", "--latency-msec=20"],
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        first = os.read(process.stdout.fileno(), 65536)
        if not first:
            process.wait()
            process.stdout.close()
            raise SoundFailed("Recording the speakers", "parec ended at once")
        recording = SpeakerRecording(started_s=time.monotonic())
        rest = _Drain(process.stdout)
        try:
            yield recording
        finally:
            process.terminate()
            process.wait()
            pcm = first + rest.finish()
            recording.pcm = pcm[: len(pcm) // 4 * 4]


class _Drain:
    """Reads a pipe to its end in a thread, so that the writer never blocks."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._chunks: list[bytes] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while chunk := os.read(self._pipe.fileno(), 65536):
            self._chunks.append(chunk)

    def finish(self) -> bytes:
        """Everything read, once the writer has closed its end."""
        self._thread.join()
        self._pipe.close()
        return b"".join(self._chunks)
