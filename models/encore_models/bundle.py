"""A bundle: a folder of models with a manifest that says what they are, and checksums that prove it.

`manifest.json` names every file with its size and SHA-256, the graphs with the shapes of what goes in and
comes out, where the weights came from, their licence, and what was measured when the bundle was made.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError
from threadpoolctl import threadpool_limits

from encore_models.errors import BundleBroken, BundleMissing, BundleNotWritten

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

FORMAT_VERSION = 1
MANIFEST = "manifest.json"

Shape = tuple[int | str, ...]
"""Sizes of a tensor's axes; a name where the size is free."""


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a bundle."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Graph:
    """What an ONNX graph takes and gives."""

    file: str
    inputs: dict[str, Shape]
    outputs: dict[str, Shape]


@dataclass(frozen=True, slots=True)
class Contents:
    """What whoever fills a bundle knows about it."""

    name: str
    """Of the model, for example `whisper-tiny.en-int8`."""
    source: str
    """Where the weights came from, with the version."""
    licence: str
    graphs: dict[str, Graph]
    settings: dict[str, list[int] | list[float] | int | str] = field(default_factory=dict)
    """What running the graphs needs besides them."""
    metrics: dict[str, float] = field(default_factory=dict)
    """Measured when the bundle was made."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of `manifest.json`."""

    format_version: int
    created_utc: str
    contents: Contents
    files: dict[str, BundleFile]


MANIFESTS: TypeAdapter[Manifest] = TypeAdapter(Manifest)
"""The one codec of `manifest.json`."""


class Bundle:
    """An opened bundle: every file was there and unchanged."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """Use `Bundle.open`, which checks the files."""
        self.folder = folder
        self.manifest = manifest

    @staticmethod
    def lies_in(folder: Path) -> bool:
        """Whether there is a bundle in the folder, verified or not; an exchange that was cut short is taken back."""
        _take_back(folder)
        return (folder / MANIFEST).is_file()

    @classmethod
    def open(cls, folder: Path) -> Bundle:
        """Open and verify a bundle.

        Raises:
            BundleMissing: There is none in the folder.
            BundleBroken: The manifest is not understood, or a file is missing or changed.
        """
        if not cls.lies_in(folder):
            raise BundleMissing(folder)
        try:
            manifest = MANIFESTS.validate_json((folder / MANIFEST).read_bytes())
        except ValidationError as error:
            raise BundleBroken(folder, f"{MANIFEST} is not valid ({error.error_count()} faults)") from error
        if manifest.format_version != FORMAT_VERSION:
            problem = f"it has format {manifest.format_version}, this Encore reads format {FORMAT_VERSION}"
            raise BundleBroken(folder, problem)
        for name, expected in manifest.files.items():
            _verify(folder, name, expected)
        return cls(folder, manifest)

    @property
    def contents(self) -> Contents:
        """What the bundle holds."""
        return self.manifest.contents

    def path(self, name: str) -> Path:
        """Where a file of the bundle lies.

        Raises:
            BundleBroken: The manifest names no such file.
        """
        if name not in self.manifest.files:
            raise BundleBroken(self.folder, f"it has no file {name}")
        return self.folder / name

    def session(self, graph: str, threads: int = 1, arena: bool = True, packed: bool = True) -> InferenceSession:
        """A session that runs a graph on the CPU.

        Weights lie outside of the graph's file, so the runtime maps them instead of reading them, and copies those that
        it packs anew. Threads do not spin while they wait: a listening program must leave the cores to others.

        Args:
            graph: Its name.
            threads: Of one run.
            arena: Keep the memory of the largest run for later ones; without, it goes back after each.
            packed: Copy matrices as it multiplies fastest; without, all weights stay mapped.

        Raises:
            BundleBroken: The manifest names no such graph.
        """
        if graph not in self.contents.graphs:
            raise BundleBroken(self.folder, f"it has no graph {graph}")
        return open_session(self.path(self.contents.graphs[graph].file), threads, arena, packed)


def open_session(model: Path | bytes, threads: int = 1, arena: bool = True, packed: bool = True) -> InferenceSession:
    """A quiet CPU session of an ONNX file, or of a whole model in memory."""
    import onnxruntime

    _calm_blas()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = arena
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.disable_prepacking", "0" if packed else "1")
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


@cache
def _calm_blas() -> None:
    """Let numpy's matrix products, which are small here, run on one thread for as long as this process lives.

    The others of its own threads stay awake for a while after each and take the cores from the sessions: a look for
    something on the screen took a fifth to a quarter longer.
    """
    threadpool_limits(1, user_api="blas")


def write_bundle(folder: Path, fill: Callable[[Path], Contents]) -> Bundle:
    """Make a bundle so that `folder` holds either all of it or what it held before.

    A process that is killed in the one moment between the two leaves no folder, and the next to open it takes back what
    it held before.

    Args:
        folder: Where it belongs; an older bundle there is replaced.
        fill: Writes the files into the empty folder it is given, and says what they are.

    Raises:
        BundleNotWritten: The disk is full, or the folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as name:
            made = Path(name) / "new"
            made.mkdir(mode=0o700)
            contents = fill(made)
            files = {path.name: _describe(path) for path in sorted(made.iterdir())}
            created = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = Manifest(FORMAT_VERSION, created, contents, files)
            (made / MANIFEST).write_bytes(MANIFESTS.dump_json(manifest, indent=2))
            _replace(folder, made)
    except OSError as error:
        raise BundleNotWritten(folder, error) from error
    return Bundle(folder, manifest)


def _replace(folder: Path, made: Path) -> None:
    """Put `made` in the place of `folder`, which lies aside meanwhile."""
    _take_back(folder)
    aside = _aside(folder)
    shutil.rmtree(aside, ignore_errors=True)  # the folder is there, so it is what an older exchange did not get to
    try:
        if folder.exists():
            folder.rename(aside)
        made.rename(folder)
    finally:
        _take_back(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _aside(folder: Path) -> Path:
    """Where a folder lies while another takes its place: always the same, so that it is found again."""
    return folder.with_name(f".{folder.name}.old")


def _take_back(folder: Path) -> None:
    """Where an exchange was cut short, put back what was there; if that fails, none is there."""
    if not folder.exists():
        with suppress(OSError):
            _aside(folder).rename(folder)


def _describe(path: Path) -> BundleFile:
    return BundleFile(path.stat().st_size, file_sha256(path))


def _verify(folder: Path, name: str, expected: BundleFile) -> None:
    path = folder / name
    if Path(name).name != name:
        raise BundleBroken(folder, f"the manifest names a file outside of the folder ({name})")
    if not path.is_file():
        raise BundleBroken(folder, f"{name} is missing")
    if (size := path.stat().st_size) != expected.bytes:
        raise BundleBroken(folder, f"{name} has {size} bytes instead of {expected.bytes}")
    if file_sha256(path) != expected.sha256:
        raise BundleBroken(folder, f"{name} has changed since it was made")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
