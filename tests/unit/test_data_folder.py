"""A data folder that cannot be used is refused in words that help, and doctor tells of it beside everything else."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from encore_agent import data_folder
from encore_agent.data_folder import HISTORY, make_root, open_history
from encore_agent.doctor import examine
from encore_agent.errors import UnusableLibrary
from encore_agent.library import Library
from encore_agent.settings import Settings


def refused(where: Path, match: str) -> None:
    with pytest.raises(UnusableLibrary, match=match):
        Library(where)


def test_it_is_made_for_nobody_else_to_read(tmp_path: Path) -> None:
    make_root(tmp_path / "new" / "data")
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "is no folder.*--data")
    refused(tmp_path / "file" / "below", "is no folder.*--data")


def test_what_may_not_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(self: Path, mode: int) -> None:
        raise OSError(30, "Read-only file system", str(self))

    monkeypatch.setattr(Path, "chmod", read_only)
    refused(tmp_path, "Read-only file system. Let yourself write there")


def test_a_damaged_history_says_which_file_to_move_away(tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_bytes(b"no database" * 100)
    refused(tmp_path, rf"{HISTORY} is damaged .*Move that file away")
    (tmp_path / HISTORY).rename(tmp_path / "away")
    Library(tmp_path).close()


def test_a_history_that_cannot_be_opened_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        Error, OperationalError, DatabaseError = sqlite3.Error, sqlite3.OperationalError, sqlite3.DatabaseError

        def connect(self, *_: object) -> sqlite3.Connection:
            raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(data_folder, "sqlite3", Closed())
    with pytest.raises(UnusableLibrary, match=r"unable to open database file\. Let yourself write there"):
        open_history(tmp_path)


@pytest.mark.parametrize("harm", ["file", "history"])
def test_doctor_tells_of_it_and_goes_on(tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    root = tmp_path / "data"
    if harm == "file":
        root.write_text("x")
    else:
        root.mkdir()
        (root / HISTORY).write_bytes(b"no database" * 100)
    findings = {finding.name: finding for finding in examine(Settings(root, tmp_path / "models"), {})}
    assert findings["library"].state == "problem"
    assert findings["data folder"].state == ("problem" if harm == "file" else "ok")
    assert "seeing model" in findings


def test_doctor_names_a_missing_display_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    findings = {finding.name: finding for finding in examine(Settings(tmp_path, tmp_path / "models"), {})}
    assert "DISPLAY must be set" in findings["display"].advice
    assert "openbox" not in findings["window manager"].advice
    assert "'DISPLAY'" not in findings["mouse and keyboard"].detail
