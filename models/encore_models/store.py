"""A macro's folder on disk: written beside and renamed, so it is never half there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from encore_models.errors import BrokenMacro
from encore_models.macro import FORMAT_VERSION, Macro
from encore_recorder.geometry import Rect

_CODEC: TypeAdapter[Macro] = TypeAdapter(Macro)
MACRO_FILE = "macro.json"
"""In a macro's folder: all of it but the pictures."""
_TEXTS_CODEC: TypeAdapter[dict[str, list[tuple[int, int, int, int, str]]]] = TypeAdapter(
    dict[str, list[tuple[int, int, int, int, str]]]
)
_TEXTS = "texts.json"


def read_macro(folder: Path) -> Macro:
    """The macro that lies in `folder`.

    Raises:
        BrokenMacro: `macro.json` or a step's picture is missing, damaged or of a newer version.
    """
    try:
        text = (folder / MACRO_FILE).read_bytes()
    except OSError as error:
        raise BrokenMacro(folder, f"{MACRO_FILE} cannot be read ({error.strerror})") from error
    try:
        macro = _CODEC.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BrokenMacro(folder, f"{MACRO_FILE} is damaged at {place}: {first['msg']}") from error
    if macro.version > FORMAT_VERSION:
        raise BrokenMacro(folder, f"it was written by a newer Encore (format {macro.version}, known {FORMAT_VERSION})")
    for picture in filter(None, (name for step in macro.steps for name in (step.before, step.after))):
        if not (folder / picture).is_file():
            raise BrokenMacro(folder, f"the picture {picture} is missing")
    return macro


def write_macro(macro: Macro, folder: Path) -> None:
    """Write `macro.json` of a folder that holds the pictures already, atomically."""
    write_atomically(folder / MACRO_FILE, _CODEC.dump_json(macro, indent=1) + b"\n")


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside and rename it, so that it is there whole or as it was.

    Raises:
        OSError: It could not be written.
    """
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def create_macro(macro: Macro, pictures: Mapping[str, NDArray[np.uint8]], folder: Path) -> None:
    """Write a new macro with its pictures; `folder` appears only when everything is in it.

    Args:
        macro: What was learned.
        pictures: BGR images [height, width, 3] under the names that the steps give.
        folder: Must not exist yet; its parent must.

    Raises:
        FileExistsError: `folder` is there already.
        OSError: It could not be written; nothing is left behind.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already; choose another id for the macro")
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, picture in pictures.items():
            path = beside / name
            path.parent.mkdir(exist_ok=True)
            if not cv2.imwrite(str(path), picture):
                raise OSError(f"the picture {path} could not be written; is the disk full?")
        write_macro(macro, beside)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def read_texts(folder: Path) -> dict[str, dict[Rect, str]]:
    """What was read on a macro's pictures, by picture and box; nothing where nothing was kept, or nothing readable."""
    try:
        kept = _TEXTS_CODEC.validate_json((folder / _TEXTS).read_bytes())
    except (OSError, ValidationError):
        return {}  # it is read again
    return {name: {Rect(*box): text for *box, text in rows} for name, rows in kept.items()}


def write_texts(folder: Path, texts: Mapping[str, Mapping[Rect, str]]) -> None:
    """Keep what was read on a macro's pictures, so that it need not be read again.

    Raises:
        OSError: It could not be written.
    """
    rows = {
        name: [(box.left, box.top, box.width, box.height, text) for box, text in found.items()]
        for name, found in texts.items()
    }
    write_atomically(folder / _TEXTS, _TEXTS_CODEC.dump_json(rows) + b"\n")


def read_picture(folder: Path, name: str) -> NDArray[np.uint8]:
    """A step's picture as BGR [height, width, 3].

    Raises:
        BrokenMacro: It is missing or not a picture.
    """
    picture = cv2.imread(str(folder / name), cv2.IMREAD_COLOR)
    if picture is None:
        raise BrokenMacro(folder, f"the picture {name} is missing or damaged")
    return np.asarray(picture, np.uint8)
