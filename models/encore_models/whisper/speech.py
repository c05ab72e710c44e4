"""Three spoken commands by synthetic voices, on which an exported Whisper is compared with its original.

They are made by `tests/golden/make_parity_speech.py`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from encore_models.whisper.weights import Array

FILE = Path(__file__).with_name("speech.npz")


def spoken() -> dict[str, Array]:
    """What is said, with its sound: float32 [n] at 16 kHz each."""
    with np.load(FILE, allow_pickle=False) as stored:
        return {text: stored[text].astype(np.float32) / 32768 for text in stored.files}
