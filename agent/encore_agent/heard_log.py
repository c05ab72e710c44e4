"""The heard log: every utterance with its scores, what came of it, and why.

One row of the library's database an utterance. The voice prints of the newest ones lie beside it, so that a miss can
be turned into an enrolment and a false fire into an impostor; no sound can be made from them. Sound itself is kept
only where the person turned that on, and goes with its row.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import wave
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from encore_agent.errors import PrintGone, UnknownUtterance
from encore_agent.messages import NO_EVIDENCE, Accepted, Asked, Command, Evidence, Rejected
from encore_models.errors import ModelsError
from encore_models.perception.mel import RATE
from encore_models.perception.prints import VoicePrint, read_print, write_print
from encore_models.perception.speech import Samples

log = logging.getLogger(__name__)

Verdict = Literal["accepted", "asked", "rejected"]
Answer = Literal["", "yes", "no"]
"""What the person said to "did you mean ...?"; empty where it was not asked or not answered."""
Correction = Literal["", "missed", "false_fire", "confirmed"]
"""What it turned out to be; empty where nobody and nothing has told."""
Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]

KEPT = 200
"""Utterances whose prints, and sounds where they are kept, lie on disk; about 8 MB of prints."""

_TABLE = """
CREATE TABLE IF NOT EXISTS heard (
    id INTEGER PRIMARY KEY, time_utc TEXT NOT NULL, text TEXT NOT NULL, accepted INTEGER NOT NULL,
    macro_id TEXT, slots TEXT NOT NULL DEFAULT '{}', confidence REAL, reason TEXT NOT NULL DEFAULT '')
"""
_ADDED = {
    "verdict": "TEXT NOT NULL DEFAULT ''",
    "evidence": "TEXT NOT NULL DEFAULT '{}'",
    "answer": "TEXT NOT NULL DEFAULT ''",
    "correction": "TEXT NOT NULL DEFAULT ''",
}
"""Columns that the first libraries did not have."""
_COLUMNS = "id, time_utc, text, macro_id, slots, confidence, reason, verdict, evidence, answer, correction"


@dataclass(frozen=True, slots=True)
class HeardEntry:
    """One utterance in the log."""

    id: int
    time_utc: str
    """ISO 8601."""
    text: str
    """The words as heard; empty where none were, or none were needed."""
    verdict: Verdict
    macro_id: str | None
    """What fired, or what it came nearest to; None where it came near nothing."""
    slots: dict[str, str] = field(default_factory=dict)
    confidence: float | None = None
    """0 to 1; None where nothing came near."""
    reason: str = ""
    """Why it fired or did not, for a person."""
    evidence: Evidence = NO_EVIDENCE
    answer: Answer = ""
    correction: Correction = ""

    @property
    def accepted(self) -> bool:
        """Whether its macro was started, at once or after a yes."""
        return self.verdict == "accepted" or self.answer == "yes"


class HeardLog:
    """What was heard. Safe to use from several threads."""

    def __init__(self, transaction: Transaction, folder: Path) -> None:
        """The log of a library.

        Args:
            transaction: Locks the database, and commits at its end.
            folder: For prints and sounds; made where it is not there.
        """
        self._transaction = transaction
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with transaction() as database:
            _migrate(database)

    def note(
        self,
        outcome: Accepted | Asked | Rejected,
        printed: VoicePrint | None = None,
        sound: Samples | None = None,
    ) -> int | None:
        """Keep what was heard and what came of it.

        Args:
            outcome: What the utterance was taken for.
            printed: Its voice print; None where none was made. One without speech is not kept.
            sound: float32 mono [n] at 16 kHz, where the person wants the sound kept; else None.

        Returns:
            The id of its entry, None where the disk did not take it; without its print and sound where it did not
            take those.
        """
        command, verdict = _told(outcome)
        row = (
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            outcome.text,
            verdict == "accepted",
            command.macro_id if command else None,
            json.dumps(command.slots if command else {}),
            command.confidence if command else None,
            outcome.reason,
            verdict,
            json.dumps(asdict(outcome.evidence)),
        )
        heard_id: int | None = None
        try:
            with self._transaction() as database:
                added = database.execute(
                    "INSERT INTO heard "
                    "(time_utc, text, accepted, macro_id, slots, confidence, reason, verdict, evidence) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
                heard_id = int(added.lastrowid or 0)
            if printed is not None and len(printed.frames):
                write_print(self._print(heard_id), printed)
            if sound is not None:
                _write_sound(self._sound(heard_id), sound)
            self._forget_oldest()
        except (OSError, sqlite3.Error) as problem:
            # Nothing can be learned from it then, which is no reason not to act on it.
            log.warning("what was heard could not be kept in %s: %s", self._folder, problem)
        return heard_id

    def entries(self, limit: int = 100) -> list[HeardEntry]:
        """What was heard, newest first."""
        with self._transaction() as database:
            rows = database.execute(f"SELECT {_COLUMNS} FROM heard ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
        return [_entry(row) for row in rows]

    def entry(self, heard_id: int) -> HeardEntry:
        """The utterance of that id.

        Raises:
            UnknownUtterance: There is none.
        """
        with self._transaction() as database:
            row = database.execute(f"SELECT {_COLUMNS} FROM heard WHERE id = ?", (heard_id,)).fetchone()
        if row is None:
            raise UnknownUtterance(heard_id)
        return _entry(row)

    def print_of(self, heard_id: int) -> VoicePrint:
        """The voice print of an utterance.

        Raises:
            PrintGone: It was never made, is too old to be kept, or its file is damaged.
        """
        path = self._print(heard_id)
        if not path.is_file():
            raise PrintGone(heard_id, KEPT)
        try:
            return read_print(path)
        except ModelsError as error:
            raise PrintGone(heard_id, KEPT) from error

    def sound_of(self, heard_id: int) -> Path | None:
        """The sound of an utterance as a WAV file; None where it was not kept."""
        path = self._sound(heard_id)
        return path if path.is_file() else None

    def background(self, limit: int = 50) -> list[VoicePrint]:
        """Prints of the newest speech that asked for nothing: what this person's room sounds like.

        A rejected utterance may have been a command all the same, so what came near to one is left out.
        """
        found: list[VoicePrint] = []
        for entry in self.entries(KEPT):
            if len(found) == limit:
                break
            if entry.verdict != "rejected" or entry.correction or entry.macro_id is not None:
                continue
            try:
                found.append(self.print_of(entry.id))
            except PrintGone:
                continue
        return found

    def answered(self, heard_id: int, chosen: Command | None) -> None:
        """Keep what the person said to "did you mean ...?"; None means no."""
        with self._transaction() as database:
            if chosen is None:
                database.execute("UPDATE heard SET answer = 'no' WHERE id = ?", (heard_id,))
                return
            database.execute(
                "UPDATE heard SET answer = 'yes', macro_id = ?, slots = ?, confidence = ? WHERE id = ?",
                (chosen.macro_id, json.dumps(chosen.slots), chosen.confidence, heard_id),
            )

    def corrected(self, heard_id: int, correction: Correction) -> None:
        """Keep what the utterance turned out to be."""
        with self._transaction() as database:
            database.execute("UPDATE heard SET correction = ? WHERE id = ?", (correction, heard_id))

    def delete(self, heard_id: int) -> None:
        """Delete an entry with its print and its sound.

        Raises:
            UnknownUtterance: There is none.
        """
        self.entry(heard_id)
        with self._transaction() as database:
            database.execute("DELETE FROM heard WHERE id = ?", (heard_id,))
        self._forget(heard_id)

    def _print(self, heard_id: int) -> Path:
        return self._folder / f"{heard_id}.npz"

    def _sound(self, heard_id: int) -> Path:
        return self._folder / f"{heard_id}.wav"

    def _forget(self, heard_id: int) -> None:
        self._print(heard_id).unlink(missing_ok=True)
        self._sound(heard_id).unlink(missing_ok=True)

    def _forget_oldest(self) -> None:
        kept = {int(path.stem) for path in self._folder.iterdir() if path.stem.isdecimal()}
        for heard_id in sorted(kept, reverse=True)[KEPT:]:
            self._forget(heard_id)


def _migrate(database: sqlite3.Connection) -> None:
    """Make the table, or give an older one the columns that it lacks."""
    database.execute(_TABLE)
    there = {row[1] for row in database.execute("PRAGMA table_info(heard)")}
    for name, kind in _ADDED.items():
        if name not in there:
            database.execute(f"ALTER TABLE heard ADD COLUMN {name} {kind}")
    database.execute(
        "UPDATE heard SET verdict = CASE accepted WHEN 1 THEN 'accepted' ELSE 'rejected' END WHERE verdict = ''"
    )


def _told(outcome: Accepted | Asked | Rejected) -> tuple[Command | None, Verdict]:
    match outcome:
        case Accepted(command=command):
            return command, "accepted"
        case Asked(commands=commands):
            return commands[0], "asked"
        case Rejected(nearest=nearest):
            return nearest, "rejected"


def _entry(
    row: tuple[int, str, str, str | None, str, float | None, str, Verdict, str, Answer, Correction],
) -> HeardEntry:
    heard_id, time_utc, text, macro_id, slots, confidence, reason, verdict, evidence, answer, correction = row
    return HeardEntry(
        id=heard_id,
        time_utc=time_utc,
        text=text,
        verdict=verdict,
        macro_id=macro_id,
        slots=json.loads(slots),
        confidence=confidence,
        reason=reason,
        evidence=_evidence_in(evidence),
        answer=answer,
        correction=correction,
    )


def _evidence_in(text: str) -> Evidence:
    """As it was noted; scores that this Encore no longer computes are left out."""
    known = {field.name for field in fields(Evidence)}
    return Evidence(**{name: value for name, value in json.loads(text).items() if name in known})


def _write_sound(path: Path, sound: Samples) -> None:
    pcm = (np.clip(sound, -1.0, 1.0) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm.tobytes())
