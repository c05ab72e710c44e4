"""What is kept of how the person says each command: voice prints in the macro's own folder.

`enrolments/*.npz` are the command as the person said it, `impostors/*.npz` speech that was taken for it and was not
meant; `enrolments.json` says where each came from and what the macro asks for since. Everything is written beside and
renamed. A macro without them is understood by its words, as it always was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from encore_agent.decide import ACCEPT, UNCALIBRATED, WIDTH, Calibration, Enrolled, Likeness, calibrate
from encore_models.errors import BrokenPrint
from encore_models.perception.prints import VoicePrint, likeness, read_print, shipped_scale, write_print
from encore_models.phrases import words_of
from encore_models.store import write_atomically

Source = Literal["demonstration", "confirmed", "corrected"]
"""Said while the command was shown, in a use that went well, or in a miss that the person put right."""

MOST = 8
"""Enrolments kept of a macro, the demonstration's among them; each costs a comparison an utterance."""
MOST_IMPOSTORS = 16
"""Impostors kept of a macro."""
OF_EACH = 3
"""Enrolments of another macro that calibration looks at."""

_FILE = "enrolments.json"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One print in a macro's folder."""

    file: str
    """Relative to the macro's folder."""
    phrase: str
    """What was said, as far as it is known."""
    source: Source
    date_utc: str
    """ISO 8601."""
    heard_id: int | None = None
    """Its entry in the heard log; None for a demonstration's."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What lies in `enrolments.json`."""

    enrolments: tuple[Enrolment, ...] = ()
    impostors: tuple[Enrolment, ...] = ()
    calibration: Calibration = UNCALIBRATED
    version: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A macro's folder as it was read."""

    stamp: int
    """Of `enrolments.json`, so that what another process writes is noticed."""
    kept: _Kept
    prints: Mapping[str, VoicePrint]
    problems: tuple[str, ...]
    stale: tuple[Path, ...] = ()
    """Prints that another voice head made."""

    def of(self, entries: Sequence[Enrolment]) -> tuple[VoicePrint, ...]:
        return tuple(self.prints[entry.file] for entry in entries if entry.file in self.prints)

    @property
    def enrolled(self) -> Enrolled:
        wordings: dict[str, str] = {}
        for entry in reversed(self.kept.enrolments):
            if entry.file in self.prints and words_of(entry.phrase):
                wordings.setdefault(" ".join(words_of(entry.phrase)), entry.phrase)
        return Enrolled(
            self.of(self.kept.enrolments),
            self.of(self.kept.impostors),
            self.kept.calibration,
            tuple(wordings.values()),
        )


_CODEC: TypeAdapter[_Kept] = TypeAdapter(_Kept)


class Enrolments:
    """The enrolments of all macros. Safe to use from several threads."""

    def __init__(
        self,
        root: Path,
        background: Callable[[], Sequence[VoicePrint]] = tuple,
        compare: Likeness = likeness,
    ) -> None:
        """Nothing is read yet.

        Args:
            root: Holds the macros' folders, each called by its macro's id.
            background: Prints of other speech, for calibration.
            compare: Likeness of one print to many.
        """
        self._root = root
        self._background = background
        self._compare = compare
        self._lock = threading.RLock()
        self._read: dict[str, _Read] = {}

    def enrolled(self, macro_id: str) -> Enrolled:
        """How the macro's command sounds; empty where nothing is kept of it, or there is no such macro."""
        return self._of(macro_id).enrolled

    def listed(self, macro_id: str) -> tuple[Enrolment, ...]:
        """Where the macro's enrolments came from, oldest first."""
        return self._of(macro_id).kept.enrolments

    def impostors(self, macro_id: str) -> tuple[Enrolment, ...]:
        """Where the macro's impostors came from, oldest first."""
        return self._of(macro_id).kept.impostors

    def problems(self, macro_id: str) -> tuple[str, ...]:
        """Prints that cannot be used, with the reason."""
        return self._of(macro_id).problems

    def add(
        self, macro_id: str, printed: VoicePrint, phrase: str, source: Source, heard_id: int | None = None
    ) -> Calibration:
        """Keep another enrolment and calibrate again; above `MOST` the one that tells least is dropped.

        Raises:
            KeyError: There is no such macro.
            OSError: The disk did not take it.
        """
        with self._lock:
            entry = self._write(macro_id, "enrolments", printed, phrase, source, heard_id)
            now = self._of(macro_id)
            entries = self._most_diverse((*now.kept.enrolments, entry), {**now.prints, entry.file: printed})
            self._keep(macro_id, replace(now.kept, enrolments=entries))
            self._note_alike(macro_id, printed)
            return self._calibrated(macro_id, self._background())

    def add_impostor(self, macro_id: str, printed: VoicePrint, phrase: str, heard_id: int | None = None) -> Calibration:
        """Keep speech that was taken for the macro and was not meant, and calibrate again.

        Raises:
            KeyError: There is no such macro.
            OSError: The disk did not take it.
        """
        with self._lock:
            entry = self._write(macro_id, "impostors", printed, phrase, "corrected", heard_id)
            kept = self._of(macro_id).kept
            self._keep(macro_id, replace(kept, impostors=(*kept.impostors, entry)[-MOST_IMPOSTORS:]))
            return self._calibrated(macro_id, self._background())

    def remove(self, macro_id: str, file: str) -> None:
        """Forget an enrolment or an impostor, and calibrate again.

        Raises:
            KeyError: There is no such macro.
        """
        with self._lock:
            self._drop(macro_id, lambda entry: entry.file == file)
            self.recalibrate()

    def forget(self, heard_id: int) -> None:
        """Forget all that was learned from an utterance, and calibrate again."""
        with self._lock:
            dropped = [self._drop(macro_id, lambda entry: entry.heard_id == heard_id) for macro_id in self._macros()]
            if any(dropped):
                self.recalibrate()

    def _drop(self, macro_id: str, which: Callable[[Enrolment], bool]) -> bool:
        before = self._of(macro_id).kept
        enrolments = tuple(entry for entry in before.enrolments if not which(entry))
        impostors = tuple(entry for entry in before.impostors if not which(entry))
        found = (enrolments, impostors) != (before.enrolments, before.impostors)
        if found:
            self._keep(macro_id, replace(before, enrolments=enrolments, impostors=impostors))
        return found

    def nearest(self, printed: VoicePrint) -> str | None:
        """The macro with the likest enrolment; None where there is no enrolment, or none is a bit like it."""
        best, where = ACCEPT - WIDTH, None
        for macro_id in self._macros():
            own = self.enrolled(macro_id).prints
            if own and (near := float(self._compare(printed, own).max())) > best:
                best, where = near, macro_id
        return where

    def renew(self, described: Callable[[NDArray[np.float32]], VoicePrint]) -> None:
        """Bring prints that another voice head made to the present one, once after an update; then calibrate again.

        Args:
            described: Makes a print of the frames of another one, see `Printer.described`.

        Raises:
            OSError: The disk did not take it.
        """
        with self._lock:
            stale = [path for macro_id in self._macros() for path in self._of(macro_id).stale]
            for path in stale:
                write_print(path, described(read_print(path).frames))
            if stale:
                self._read.clear()
                self.recalibrate()

    def recalibrate(self) -> None:
        """Calibrate every macro on what is there now; also after a macro is deleted."""
        with self._lock:
            background = self._background()
            for macro_id in self._macros():
                self._calibrated(macro_id, background)

    def _calibrated(self, macro_id: str, background: Sequence[VoicePrint]) -> Calibration:
        """Calibrate a macro on all that is there now."""
        now = self.enrolled(macro_id)
        others = [one for other in self._macros() if other != macro_id for one in self.enrolled(other).prints[:OF_EACH]]
        fresh = calibrate(now.prints, others, now.impostors, background, self._compare)
        if fresh != now.calibration:
            self._keep(macro_id, replace(self._of(macro_id).kept, calibration=fresh))
        return fresh

    def _note_alike(self, macro_id: str, printed: VoicePrint) -> None:
        """Note it of the other macros where they are like a new enrolment; all else of them is as it was."""
        for other in self._macros():
            now = self.enrolled(other)
            if other == macro_id or not now.prints:
                continue
            fresh = calibrate(now.prints, [printed], compare=self._compare)
            if not set(fresh.notes) <= set(now.calibration.notes):
                noted = replace(now.calibration, notes=fresh.notes)
                self._keep(other, replace(self._of(other).kept, calibration=noted))

    def _macros(self) -> list[str]:
        return sorted(f.name for f in self._root.iterdir() if f.is_dir() and not f.name.startswith("."))

    def _folder(self, macro_id: str) -> Path:
        folder = self._root / macro_id
        if not folder.is_dir():
            raise KeyError(macro_id)
        return folder

    def _of(self, macro_id: str) -> _Read:
        """What lies in the macro's folder; read again only where it has changed. Asked at each utterance, so quick."""
        with self._lock:
            folder = self._root / macro_id
            try:
                stamp = (folder / _FILE).stat().st_mtime_ns
            except FileNotFoundError:
                stamp = 0
            read = self._read.get(macro_id)
            if read is None or read.stamp != stamp:
                read = self._read[macro_id] = _read(folder, stamp)
            return read

    def _write(
        self, macro_id: str, kind: str, printed: VoicePrint, phrase: str, source: Source, heard_id: int | None
    ) -> Enrolment:
        """Put a print into the macro's folder under a free name."""
        folder = self._folder(macro_id) / kind
        folder.mkdir(exist_ok=True)
        number = 1 + max((int(path.stem) for path in folder.glob("*.npz") if path.stem.isdecimal()), default=0)
        file = f"{kind}/{number:04d}.npz"
        write_print(folder.parent / file, printed)
        return Enrolment(file, phrase, source, datetime.now(UTC).isoformat(timespec="seconds"), heard_id)

    def _keep(self, macro_id: str, kept: _Kept) -> None:
        """Write `enrolments.json`, then delete the prints that it no longer names."""
        folder = self._folder(macro_id)
        before = self._of(macro_id).kept
        write_atomically(folder / _FILE, _CODEC.dump_json(kept, indent=1) + b"\n")
        named = {entry.file for entry in (*kept.enrolments, *kept.impostors)}
        for entry in (*before.enrolments, *before.impostors):
            if entry.file not in named:
                (folder / entry.file).unlink(missing_ok=True)
        self._read.pop(macro_id, None)

    def _most_diverse(self, entries: tuple[Enrolment, ...], prints: Mapping[str, VoicePrint]) -> tuple[Enrolment, ...]:
        """At most `MOST` of them: again and again the one goes that is likest to another; a demonstration's stays."""
        while len(entries) > MOST:
            readable = [entry for entry in entries if entry.file in prints]
            loose = [entry for entry in readable if entry.source != "demonstration"]
            if not loose:
                return entries[-MOST:]

            def told_by_others(entry: Enrolment, readable: Sequence[Enrolment] = tuple(readable)) -> float:
                rest = [prints[other.file] for other in readable if other is not entry]
                return float(self._compare(prints[entry.file], rest).max())

            least = max(loose, key=told_by_others)
            entries = tuple(entry for entry in entries if entry is not least)
        return entries


def _read(folder: Path, stamp: int) -> _Read:
    """Everything in a macro's folder that can be used, and what cannot."""
    problems: list[str] = []
    kept = _Kept()
    if stamp:
        try:
            kept = _CODEC.validate_json((folder / _FILE).read_bytes())
        except (OSError, ValidationError):
            problems.append(f"{folder / _FILE} is damaged; the prints beside it are used as far as they can be read")
            kept = _Kept(_found(folder, "enrolments"), _found(folder, "impostors"))
    prints: dict[str, VoicePrint] = {}
    stale: list[Path] = []
    for entry in (*kept.enrolments, *kept.impostors):
        try:
            printed = read_print(folder / entry.file)
        except BrokenPrint as error:
            problems.append(str(error))
            continue
        if printed.head and printed.head != shipped_scale().head:
            problems.append(f"{folder / entry.file} was made by another voice head; it is of use again after listening")
            stale.append(folder / entry.file)
            continue
        prints[entry.file] = printed
    return _Read(stamp, kept, prints, tuple(problems), tuple(stale))


def _found(folder: Path, kind: str) -> tuple[Enrolment, ...]:
    """Prints of which nothing but their files is known any more."""
    return tuple(
        Enrolment(f"{kind}/{path.name}", "", "corrected", "") for path in sorted((folder / kind).glob("[0-9]*.npz"))
    )
