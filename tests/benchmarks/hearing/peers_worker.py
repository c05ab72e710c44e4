"""Runs in the peers' own environment: transcribes sounds for `peers`, one JSON line a sound.

Nothing of Encore is imported here. Each line of the input is the path of float32 samples at 16 kHz; each line of the
output is what was transcribed and the milliseconds it took.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def openai_whisper(weights: str, threads: int) -> Callable[[Any], str]:
    """tiny.en in float32, from tensors in openai-whisper's own names."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.set_num_threads(threads)
    model = Whisper(ModelDimensions(80, 1500, 384, 6, 4, 51864, 448, 384, 6, 4))
    with np.load(weights) as tensors:
        state = {name: torch.from_numpy(tensors[name]) for name in tensors.files}
    problems = model.load_state_dict(state, strict=False)
    # The mask of the decoder is made, not loaded.
    if problems.unexpected_keys or set(problems.missing_keys) - {"decoder.mask"}:
        raise ValueError(f"the weights do not fit: {problems}")
    model.eval()

    def transcribe(samples: Any) -> str:
        options = {"language": "en", "fp16": False, "temperature": 0.0, "without_timestamps": True}
        return str(model.transcribe(samples, condition_on_previous_text=False, **options)["text"])

    return transcribe


def faster_whisper(folder: str, threads: int) -> Callable[[Any], str]:
    """tiny.en in int8, greedy."""
    from faster_whisper import WhisperModel

    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads)

    def transcribe(samples: Any) -> str:
        options = {"language": "en", "beam_size": 1, "temperature": 0.0, "without_timestamps": True}
        segments, _ = model.transcribe(samples, condition_on_previous_text=False, **options)
        return "".join(segment.text for segment in segments)

    return transcribe


def main() -> None:
    """Answer until the input ends."""
    name, weights, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    transcribe = {"openai-whisper": openai_whisper, "faster-whisper": faster_whisper}[name](weights, threads)
    transcribe(np.zeros(16_000, np.float32))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        samples = np.load(line.strip())
        began = time.perf_counter()
        text = transcribe(samples)
        ms = 1e3 * (time.perf_counter() - began)
        sys.stdout.write(json.dumps({"text": text.strip(), "ms": ms}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
