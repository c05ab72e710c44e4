"""The folder that everything is kept in: made, opened, or refused in words that help."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from encore_agent.errors import UnusableLibrary

HISTORY = "history.sqlite"
ANOTHER = "Choose another one with --data or ENCORE_DATA"
LET_WRITE = "Let yourself write there, or choose another one with --data or ENCORE_DATA"
SCHEMA = """
CREATE TABLE IF NOT EXISTS episodes (
    id TEXT PRIMARY KEY, time_utc TEXT NOT NULL, macro_id TEXT NOT NULL, slots TEXT NOT NULL,
    outcome TEXT NOT NULL, detail TEXT NOT NULL, steps_done INTEGER NOT NULL, total_ms REAL NOT NULL,
    timings_ms TEXT NOT NULL, folder TEXT NOT NULL);
"""


def make_root(root: Path, folders: Sequence[Path] = ()) -> None:
    """Make the folder for nobody else to read, and folders in it.

    Raises:
        UnusableLibrary: It is no folder, or cannot be written to.
    """
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root.chmod(0o700)
        for folder in folders:
            folder.mkdir(exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise UnusableLibrary(root, f"{error.filename} is no folder", ANOTHER) from error
    except OSError as error:
        raise UnusableLibrary(root, error.strerror or str(error), LET_WRITE) from error


def open_history(root: Path) -> sqlite3.Connection:
    """What was heard and done, for several threads one at a time.

    Raises:
        UnusableLibrary: It is damaged, or cannot be written to.
    """
    path = root / HISTORY
    try:
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("PRAGMA journal_mode=WAL")
            database.executescript(SCHEMA)
        database = sqlite3.connect(path, check_same_thread=False)
        # A power cut may cost the last entries, never the file; each would wait for the disk before it is acted on.
        database.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.OperationalError as error:
        raise UnusableLibrary(root, f"{path}: {error}", LET_WRITE) from error
    except sqlite3.DatabaseError as error:
        advice = "Move that file away: a new one is begun, and macros and recordings do not lie in it"
        raise UnusableLibrary(root, f"{path} is damaged ({error})", advice) from error
    return database
