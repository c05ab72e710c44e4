"""Make `models/encore_models/whisper/speech.npz` with synthetic voices (needs the `demo` extra)."""

from __future__ import annotations

import numpy as np

from demos.voices import speak
from encore_models.whisper.speech import FILE

SAID = {
    "Play yesterday once more.": ("pico-gb", 1.0),
    "Open the second window and close it.": ("pico-us", 1.1),
    "Turn the volume down.": ("pico-us", 1.0),
}


def main() -> None:
    clips = {text: speak(text, voice, rate=16_000, speed=speed) for text, (voice, speed) in SAID.items()}
    np.savez_compressed(FILE, **{text: np.rint(clip * 32767).astype(np.int16) for text, clip in clips.items()})


if __name__ == "__main__":
    main()
