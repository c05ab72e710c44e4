"""The real voice model, with what it already computed in another run read from disk.

What the encoder makes of a sound and what the greedy decoder makes of a frame sequence never changes, so hours of sound
are worked through once. Everything else, and whatever is timed, is computed anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np

from encore_models.bundle import Bundle
from encore_models.perception.expected import UNEXPECTED, Expected
from encore_models.perception.voice import Array, Encoded, Transcript, Voice


class _KeptEncoder:
    """An encoder's session that asks the disk first; frames are kept as float16."""

    def __init__(self, session: Any, folder: Path) -> None:
        self._session = session
        self._folder = folder

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def run(self, names: list[str], feed: dict[str, Array]) -> list[Array]:
        name = hashlib.sha1(feed["mel"].tobytes()).hexdigest()
        path = self._folder / name[:2] / f"{name}.npy"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            writing = path.with_suffix(f".{os.getpid()}.part")  # another process may hear the same sound
            with writing.open("wb") as file:
                np.save(file, self._session.run(names, feed)[0].astype(np.float16))
            writing.rename(path)
        return [np.load(path).astype(np.float32)]


class KeptVoice(Voice):
    """`Voice`, which remembers encodings and transcripts. For one thread."""

    def __init__(self, bundle: Bundle, folder: Path, threads: int = 1) -> None:
        """Open the model and what is kept of it.

        Args:
            bundle: The model.
            folder: What is kept; each encoder and decoder has a folder of its own there.
            threads: For each graph.
        """
        super().__init__(bundle, threads)
        files = {name: entry.sha256 for name, entry in bundle.manifest.files.items()}
        identity = hashlib.sha1(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
        place = folder / identity
        place.mkdir(parents=True, exist_ok=True)
        self._encoder = _KeptEncoder(self._encoder, place)
        self._known = sqlite3.connect(place / "transcripts.sqlite", isolation_level=None)
        self._known.execute("PRAGMA journal_mode=WAL")
        self._known.execute("CREATE TABLE IF NOT EXISTS said (key TEXT PRIMARY KEY, json TEXT)")

    def transcribe(
        self, encoded: Encoded, prefix: str = "", most_tokens: int | None = None, expected: Expected = UNEXPECTED
    ) -> Transcript:
        """See `Voice.transcribe`; what is expected makes no difference to what is found."""
        frames = hashlib.sha1(encoded.frames.tobytes()).hexdigest()
        key = f"{frames}|{encoded.seconds}|{prefix}|{most_tokens}"
        row = self._known.execute("SELECT json FROM said WHERE key = ?", (key,)).fetchone()
        if row is not None:
            return Transcript(**json.loads(row[0]))
        heard = super().transcribe(encoded, prefix, most_tokens, expected)
        known = {name: getattr(heard, name) for name in ("text", "mean_logprob", "tokens", "ended")}
        self._known.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", (key, json.dumps(known)))
        return heard
