"""openai-whisper and faster-whisper with the same weights, and fuzzy matching of what they transcribe."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process, utils

from encore_models.whisper.weights import PACKAGE, Weights, read_variables

REQUIREMENTS = (("torch==2.13.0",), ("openai-whisper==20250625", "faster-whisper==1.2.1"))
"""Installed in this order, so that the first one's CPU build is kept."""
PEERS = {
    "openai-whisper": "20250625, tiny.en, float32 on torch 2.13 CPU, greedy",
    "faster-whisper": "1.2.1, tiny.en, int8 on CTranslate2, greedy",
}
THREADS = 2
WORKER = Path(__file__).with_name("peers_worker.py")


class PeerMissing(RuntimeError):
    """A peer cannot be had on this machine."""


@dataclass(frozen=True, slots=True)
class Transcribed:
    """What a peer made of a sound."""

    text: str
    ms: float


class Peer:
    """A peer in a process of its own."""

    def __init__(self, name: str, python: Path, weights: Path, threads: int = THREADS) -> None:
        """Start it; it has transcribed once when this returns.

        Raises:
            PeerMissing: It does not start.
        """
        self.name = name
        self._sounds = tempfile.TemporaryDirectory(prefix="encore-peer-")
        command = [str(python), str(WORKER), name, str(weights), str(threads)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        if self._line() != "ready":
            self.__exit__(None, None, None)
            raise PeerMissing(f"{name} does not start; try: {' '.join(command)}")

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
        self._sounds.cleanup()

    def transcribe(self, samples: NDArray[np.float32]) -> Transcribed:
        """The words of an utterance.

        Raises:
            PeerMissing: It has ended.
        """
        path = Path(self._sounds.name) / "sound.npy"
        np.save(path, samples)
        assert self._process.stdin is not None
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        line = self._line()
        if not line:
            raise PeerMissing(f"{self.name} has ended")
        return Transcribed(**json.loads(line))

    def _line(self) -> str:
        """The next one that is the worker's: libraries may print, too."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(("ready", "{")):
                return line.strip()
        return ""


def install(venv: Path) -> Path:
    """The Python of the peers' environment, made where it is missing.

    Raises:
        PeerMissing: Its packages cannot be had.
    """
    python = venv / "bin" / "python"
    if (venv / "ready").exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    for packages in REQUIREMENTS:
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            raise PeerMissing(f"the packages of the peers cannot be installed: {' '.join(packages)}")
    (venv / "ready").touch()
    return python


def weights_for(name: str, folder: Path) -> Path:
    """Where a peer finds the weights that Encore uses, too."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PeerMissing(f"the package {PACKAGE} is not installed")
    model = Path(spec.origin).parent / "model"
    if name == "faster-whisper":
        return model
    path = folder / "openai-tiny.en.npz"
    if not path.exists():
        np.savez(path, **openai_state(read_variables(model / "model.bin")))
    return path


def openai_state(variables: Weights) -> Weights:
    """Tensors in openai-whisper's names out of CTranslate2's.

    Args:
        variables: As `read_variables` gives them: query, key and value stacked.
    """
    state: Weights = {}
    for name, tensor in variables.items():
        if not name.startswith(("encoder/", "decoder/")) or not tensor.shape or name == "decoder/projection/weight":
            continue
        for renamed, part in _renamed(name, tensor):
            if not renamed.endswith("key.bias"):
                state[renamed] = np.ascontiguousarray(part, np.float32)
    return state


_PARTS = {
    "self_attention": "attn",
    "attention": "cross_attn",
    "ffn/linear_0": "mlp.0",
    "ffn/linear_1": "mlp.2",
    "ffn/layer_norm": "mlp_ln",
    "position_encodings/encodings": "positional_embedding",
    "embeddings": "token_embedding",
}
_STACKED = {
    "attn": (("query", "key", "value"), ("out",)),
    "cross_attn": (("query",), ("key", "value"), ("out",)),
}


def _renamed(name: str, tensor: NDArray[np.float32]) -> list[tuple[str, NDArray[np.float32]]]:
    side, rest = name.split("/", 1)
    rest = re.sub(r"^layer_(\d+)/", r"blocks.\1.", rest)
    if rest.startswith("layer_norm/"):
        rest = rest.replace("layer_norm", "ln_post" if side == "encoder" else "ln")
    for theirs, ours in _PARTS.items():
        rest = re.sub(rf"(^|\.){theirs}(?=/|$)", rf"\g<1>{ours}", rest)
    rest = rest.replace("attn/layer_norm", "attn_ln").replace("/gamma", ".weight").replace("/beta", ".bias")
    linear = re.fullmatch(r"(.*?)(cross_attn|attn)/linear_(\d)/(weight|bias)", rest)
    if linear is None:
        return [(f"{side}.{rest.replace('/', '.')}", tensor)]
    before, kind, number, what = linear.groups()
    names = _STACKED[kind][int(number)]
    parts = np.split(tensor, len(names))
    return [(f"{side}.{before}{kind}.{one}.{what}", part) for one, part in zip(names, parts, strict=True)]


def nearest_phrase(text: str, phrases: dict[str, str]) -> tuple[str, float]:
    """The macro whose phrase is written most like the transcript, and the percent.

    Args:
        text: A transcript.
        phrases: Macro by phrase.
    """
    found = process.extractOne(text, list(phrases), scorer=fuzz.ratio, processor=utils.default_process)
    return ("", 0.0) if found is None else (phrases[found[0]], float(found[1]))


def nearest_title(text: str, titles: list[str]) -> str:
    """The title that is written most like what was asked to be played."""
    wish = re.sub(r"^\W*(?:(?:please|okay|um|hey|could you)\W+)*play\W+", "", text, flags=re.IGNORECASE)
    wish = re.sub(r"\W+(?:please|now)\W*$", "", wish, flags=re.IGNORECASE)
    shorter = re.sub(r"\s+by\s+.*$", "", wish)
    scored = [
        max(((fuzz.ratio(utils.default_process(said), utils.default_process(title))), title) for title in titles)
        for said in {wish, shorter}
    ]
    return max(scored)[1]
