"""Any Whisper in the place of tiny.en.

`open_whisper("tiny.en")` gives the one that Encore comes with, its encoder adapted to noise, and "tiny.en-original" the
same as OpenAI made it. Any other name is a checkpoint of transformers or of openai-whisper,
exported once by `encore_models.training.export_whisper`; running what was exported needs neither.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from encore_models.bundle import MANIFEST, Bundle
from encore_models.perception.voice import Voice
from encore_models.whisper.adapter import WEIGHTS
from encore_models.whisper.errors import WhisperMissing
from encore_models.whisper.prepare import Progress, kept, prepare_hearing

TINY_EN = "tiny.en"
"""The name of the one that Encore comes with."""
COMES_WITH = {TINY_EN: WEIGHTS, "tiny.en-original": None}
"""The adapter of each Whisper that needs no export."""
EXPORT = "encore_models.training.export_whisper"
"""The module that exports a checkpoint."""
NEEDED = ("torch", "transformers", "whisper")
"""What it imports."""


def hearing_folder(name: str, models: Path) -> Path:
    """Where the bundle of a Whisper belongs; another place once the files of a local checkpoint have changed.

    Args:
        name: One of `COMES_WITH`, the folder of a bundle, or a checkpoint by its name, folder or file.
        models: The folder of all prepared models.
    """
    if name in COMES_WITH:
        return models / f"whisper-{name}"
    checkpoint = Path(name)
    if (checkpoint / MANIFEST).is_file():
        return checkpoint
    if not checkpoint.exists():
        return models / "whisper" / name.strip("/").replace("/", "--")
    listed = checkpoint.iterdir() if checkpoint.is_dir() else [checkpoint]
    files = sorted((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in listed)
    state = hashlib.blake2b(repr((checkpoint.resolve(), files)).encode(), digest_size=5).hexdigest()
    return models / "whisper" / f"{checkpoint.resolve().name}-{state}"


def open_whisper(
    name: str,
    models: Path,
    language: str | None = None,
    progress: Progress = lambda what, done: None,
    threads: int = 1,
) -> Voice:
    """The Whisper of a name; a checkpoint that was not exported yet is exported now, where torch is installed.

    Args:
        name: One of `COMES_WITH`, the folder of a bundle, or a checkpoint of transformers or openai-whisper by its
            name, folder or .pt file.
        models: The folder of all prepared models.
        language: Code of what is spoken, such as `de`; None has a multilingual Whisper find out each time.
        progress: Told what is done, 0 to 1.
        threads: CPU threads of one call.

    Raises:
        WhisperMissing: There is no such checkpoint, or it cannot be exported.
        LanguageMissing: It does not know the language.
        ModelsError: Its bundle is damaged, or tiny.en cannot be prepared.
    """
    if not name.strip():
        raise WhisperMissing(repr(name), "it has no name")
    folder = hearing_folder(name, models)
    if name in COMES_WITH:
        bundle = prepare_hearing(folder, progress, COMES_WITH[name])
    elif folder == Path(name):
        bundle = Bundle.open(folder)
    else:
        bundle = kept(folder) or _exported(name, folder, progress)
    return Voice(bundle, threads, language)


def _exported(name: str, folder: Path, progress: Progress) -> Bundle:
    """Export in a process of its own, so that torch never comes into this one."""
    if any(find_spec(needed) is None for needed in NEEDED):
        advice = (
            f"Install the train extra (pip install -e '.[train]' in Encore's folder) and run: python -m {EXPORT} {name}"
        )
        problem = "it must be exported once, and that needs torch, transformers and openai-whisper"
        raise WhisperMissing(name, problem, advice)
    progress(f"exporting {name}, once; this takes minutes", 0.1)
    command = [sys.executable, "-m", EXPORT, name, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        raise WhisperMissing(name, " ".join(last) or f"its export ended with {done.returncode}")
    progress(f"{name} is ready", 1.0)
    return Bundle.open(folder)
