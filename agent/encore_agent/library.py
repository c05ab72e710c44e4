"""Macros, demonstrations and history on disk, under the user's data folder.

Folders hold what was recorded and learned; one SQLite file indexes what was heard and done. Deleting moves
a folder into `trash/`, so a slip of the finger loses nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from encore_agent.data_folder import make_root, open_history
from encore_agent.decide import phrase_notes
from encore_agent.enrolments import Enrolments
from encore_agent.errors import UnknownMacro, UnknownSlot
from encore_agent.heard_log import HeardEntry, HeardLog
from encore_agent.messages import Accepted, Asked, EpisodeReport, Finished, Rejected
from encore_agent.titles import plain
from encore_models.learn import Learning
from encore_models.macro import Macro, Phrase, Slot
from encore_models.perception.prints import VoicePrint
from encore_models.perception.speech import Samples
from encore_models.store import MACRO_FILE, create_macro, read_macro, write_macro
from encore_recorder.demonstration import Demonstration

ACTION_MODEL = "action_model"
"""Name of the folder with the user's own action model."""
MOST_USED = 1000
"""Values that are remembered of a slot's runs."""


@dataclass(frozen=True, slots=True)
class EpisodeEntry:
    """One run of a macro in the history."""

    id: str
    time_utc: str
    macro_id: str
    slots: dict[str, str]
    outcome: str
    """`verified`, `done` (not verified) or `halted`."""
    detail: str
    steps_done: int
    total_ms: float
    timings_ms: dict[str, float]
    folder: Path
    """Pictures of its steps."""


class Library:
    """Everything Encore keeps. Safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        """Open the library at `root`, made with mode 0700 where it does not exist yet.

        Raises:
            UnusableLibrary: It is no folder, cannot be written to, or its history is damaged.
        """
        self.root = root
        self._lock = threading.Lock()
        folders = self.macros_folder, self.demonstrations_folder, self.episodes_folder, self.trash_folder
        make_root(root, folders)
        self._database = open_history(root)
        self.heard_log = HeardLog(self._transaction, root / "history" / "heard")
        self.enrolments = Enrolments(self.macros_folder, self.heard_log.background)

    @property
    def macros_folder(self) -> Path:
        """One folder a macro."""
        return self.root / "macros"

    @property
    def demonstrations_folder(self) -> Path:
        """One folder a demonstration."""
        return self.root / "demonstrations"

    @property
    def episodes_folder(self) -> Path:
        """One folder of pictures an episode."""
        return self.root / "episodes"

    @property
    def trash_folder(self) -> Path:
        """Where deleted macros and demonstrations go."""
        return self.root / "trash"

    @property
    def action_model_folder(self) -> Path:
        """The action model as it was tuned to the user's own demonstrations; not there before it was."""
        return self.root / ACTION_MODEL

    def close(self) -> None:
        """Close the database. May be called twice."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._database:
            yield self._database

    # Macros

    def macros(self) -> list[Macro]:
        """All readable macros, oldest first; `broken_macros` names the others."""
        return [macro for _, macro in self._read_all() if isinstance(macro, Macro)]

    def broken_macros(self) -> list[tuple[Path, str]]:
        """Folders that hold no readable macro, with what is wrong."""
        return [(folder, str(error)) for folder, error in self._read_all() if isinstance(error, Exception)]

    def _read_all(self) -> list[tuple[Path, Macro | Exception]]:
        found: list[tuple[Path, Macro | Exception]] = []
        for folder in sorted(self.macros_folder.iterdir()):
            if folder.name.startswith("."):
                continue
            try:
                found.append((folder, read_macro(folder)))
            except (ValueError, OSError) as error:
                found.append((folder, error))
        return sorted(found, key=lambda pair: pair[1].created_utc if isinstance(pair[1], Macro) else "")

    def folder(self, macro_id: str) -> Path:
        """The folder of that macro.

        Raises:
            UnknownMacro: There is none.
        """
        folder = self.macros_folder / macro_id
        if not re.fullmatch(r"[a-z0-9-]+", macro_id) or not folder.is_dir():
            raise UnknownMacro(macro_id, [macro.id for macro in self.macros()])
        return folder

    def macro(self, macro_id: str) -> Macro:
        """The macro of that id.

        Raises:
            UnknownMacro: There is none.
            BrokenMacro: Its folder cannot be read.
        """
        return read_macro(self.folder(macro_id))

    def new_macro_id(self, name: str) -> str:
        """A free id that reads like `name`."""
        base = "-".join(re.findall(r"[a-z0-9]+", name.lower())) or "macro"
        taken = {folder.name for folder in self.macros_folder.iterdir()}
        return next(i for n in range(1, 10_000) if (i := base if n == 1 else f"{base}-{n}") not in taken)

    def add(self, learning: Learning) -> tuple[str, ...]:
        """Keep what was learned: the macro, its pictures, and how the person said its command.

        Returns:
            What the person should know or check, in words.

        Raises:
            FileExistsError: A macro of that id is there already.
            OSError: It could not be written.
        """
        macro = learning.macro
        create_macro(macro, learning.pictures, self.macros_folder / macro.id)
        notes = (*learning.notes, *phrase_notes(macro, self.macros()))
        if learning.printed is not None:
            self.enrolments.add(macro.id, learning.printed, learning.heard, "demonstration")
        return notes

    def save(self, macro: Macro) -> None:
        """Write the changed macro in place of the old one.

        Raises:
            UnknownMacro: It is not in the library.
        """
        write_macro(macro, self.folder(macro.id))

    def rename(self, macro_id: str, name: str) -> Macro:
        """Give the macro another name; its id and phrases stay.

        Raises:
            UnknownMacro: There is none.
            ValueError: The name is empty.
        """
        if not name.strip():
            raise ValueError("a macro needs a name")
        macro = replace(self.macro(macro_id), name=name.strip())
        self.save(macro)
        return macro

    def add_slot_values(self, macro_id: str, slot_name: str, values: list[str]) -> Macro:
        """Tell Encore values that a slot may take, for example the titles of a play list.

        Raises:
            UnknownMacro: There is no such macro.
            UnknownSlot: The macro has no such slot.
        """
        macro = self.macro(macro_id)
        known = [slot.name for slot in macro.slots]
        if slot_name not in known:
            raise UnknownSlot(macro_id, slot_name, known)
        old = macro.slot(slot_name)
        merged = tuple(dict.fromkeys((*old.values, *(v.strip() for v in values if v.strip()))))
        used = tuple(value for value in old.used if value not in merged)
        slots = tuple(Slot(slot.name, merged, used) if slot is old else slot for slot in macro.slots)
        macro = replace(macro, slots=slots)
        self.save(macro)
        return macro

    def note_used(self, macro_id: str, values: Mapping[str, str]) -> bool:
        """Remember the values of a run that went well; the oldest are forgotten above `MOST_USED`.

        Returns:
            Whether one of them is new.

        Raises:
            UnknownMacro: There is no such macro.
        """
        macro = self.macro(macro_id)
        slots = tuple(_with_used(slot, values.get(slot.name, "").strip()) for slot in macro.slots)
        if slots != macro.slots:
            self.save(replace(macro, slots=slots))
        return slots != macro.slots

    def add_phrase(self, macro_id: str, text: str) -> Macro:
        """Add another wording of the command.

        Raises:
            UnknownMacro: There is no such macro.
            ValueError: The phrase holds no word, or a slot that the macro does not have.
        """
        macro = self.macro(macro_id)
        phrases = tuple(dict.fromkeys((*macro.phrases, Phrase(text.strip()))))
        macro = replace(macro, phrases=phrases)
        self.save(macro)
        return macro

    def stamp(self) -> frozenset[tuple[str, int]]:
        """Changes whenever a macro comes, goes or is written, by whatever process; quick."""
        with os.scandir(self.macros_folder) as folders:
            return frozenset((folder.name, _written_ns(Path(folder.path))) for folder in folders)

    def delete(self, macro_id: str) -> Path:
        """Move the macro to the trash and return where it lies now.

        Raises:
            UnknownMacro: There is none.
        """
        folder = self.folder(macro_id)
        there = self.trash_folder / f"{macro_id}-{_stamp()}"
        shutil.move(folder, there)
        self.enrolments.recalibrate()
        return there

    # Demonstrations

    def new_demonstration_folder(self) -> Path:
        """A folder name for a recording that starts now; the recorder makes it."""
        return self.demonstrations_folder / _stamp()

    def demonstrations(self) -> list[Path]:
        """Folders of all demonstrations, oldest first."""
        return sorted(folder for folder in self.demonstrations_folder.iterdir() if folder.is_dir())

    def demonstration(self, demonstration_id: str) -> Demonstration:
        """Open the demonstration of that id.

        Raises:
            BrokenDemonstration: It is not there or cannot be read.
        """
        return Demonstration.open(self.demonstrations_folder / demonstration_id)

    # History

    def note_heard(
        self, outcome: Accepted | Asked | Rejected, printed: VoicePrint | None = None, sound: Samples | None = None
    ) -> int | None:
        """Keep what was heard and what came of it, see `HeardLog.note`."""
        return self.heard_log.note(outcome, printed, sound)

    def note_episode(self, report: EpisodeReport) -> None:
        """Keep how a run went."""
        outcome = report.outcome
        if isinstance(outcome, Finished):
            kind, detail, total = (
                ("verified" if outcome.verified_by else "done"),
                outcome.verified_by or "",
                outcome.total_ms,
            )
        else:
            kind, detail, total = "halted", outcome.reason, sum(s.find_ms + s.act_ms for s in report.steps)
        with self._transaction() as database:
            database.execute(
                "INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    report.episode_id,
                    _now(),
                    report.macro_id,
                    json.dumps(report.slots),
                    kind,
                    detail,
                    len(report.steps),
                    total,
                    json.dumps(report.timings_ms),
                    str(self.episodes_folder / report.episode_id),
                ),
            )

    def new_episode_folder(self) -> Path:
        """Make the folder for the pictures of an episode that starts now; its name is the episode's id."""
        folder = self.episodes_folder / _stamp()
        folder.mkdir()
        return folder

    def heard(self, limit: int = 100) -> list[HeardEntry]:
        """What was heard, newest first."""
        return self.heard_log.entries(limit)

    def episodes(self, limit: int = 100) -> list[EpisodeEntry]:
        """What was run, newest first."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT id, time_utc, macro_id, slots, outcome, detail, steps_done, total_ms, timings_ms, folder "
                "FROM episodes ORDER BY time_utc DESC, id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [
            EpisodeEntry(i, t, m, json.loads(s), o, d, n, total, json.loads(timings), Path(folder))
            for i, t, m, s, o, d, n, total, timings, folder in rows
        ]


def _with_used(slot: Slot, value: str) -> Slot:
    """The slot; with the value where that is another one than those known."""
    if not value or plain(value) in map(plain, slot.known):
        return slot
    return replace(slot, used=(*slot.used, value)[-MOST_USED:])


def _written_ns(folder: Path) -> int:
    """When the macro in the folder was written; 0 where none is there."""
    try:
        return (folder / MACRO_FILE).stat().st_mtime_ns
    except OSError:
        return 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _stamp() -> str:
    """Sortable, unique to the microsecond."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
