"""The command line: plain answers, one clear line for what is wrong, and the exit status to go with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from encore_agent.cli import app
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.store import create_macro
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect

STEP = Step(TypeText("{song}"), WindowIdentity("player", "Player", Rect(0, 0, 8, 8)), "steps/01-before.png")


@pytest.fixture
def encore(tmp_path: Path):
    """Runs `encore ARGUMENTS --data ...` on a library with one macro."""
    macro = Macro(
        "play-song", "Play {song}", (Phrase("play {song}"),), (Slot("song", ("Yesterday",)),), (STEP,), "2026", "d"
    )
    (tmp_path / "macros").mkdir()
    create_macro(macro, {"steps/01-before.png": np.zeros((8, 8, 3), np.uint8)}, tmp_path / "macros" / "play-song")

    def run(*arguments: str, stdin: str = ""):
        return CliRunner().invoke(app, [*arguments, "--data", str(tmp_path)], input=stdin)

    return run


def test_macros_are_listed_and_shown(encore) -> None:
    assert "play {song}" in encore("macros").output
    shown = encore("show", "play-song").output
    assert "1. Type {song}" in shown
    assert "song: 1 known values" in shown


def test_rename_phrase_values_and_delete(encore, tmp_path: Path) -> None:
    assert encore("rename", "play-song", "Music").exit_code == 0
    assert encore("phrase", "play-song", "put on {song}").exit_code == 0
    assert "3 known values" in encore("values", "play-song", "song", "-", stdin="Blue Moon\nHey Jude\n\n").output
    text = json.loads((tmp_path / "macros/play-song/macro.json").read_text())
    assert text["name"] == "Music"
    assert [phrase["text"] for phrase in text["phrases"]] == ["play {song}", "put on {song}"]
    assert encore("delete", "play-song").exit_code == 0
    assert not (tmp_path / "macros/play-song").exists()
    assert len(list((tmp_path / "trash").iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "nope"], "there is no macro 'nope'; there are: play-song"),
        (["delete", "nope"], "there is no macro 'nope'"),
        (["rename", "play-song", " "], "a macro needs a name"),
        (["phrase", "play-song", "{song}"], "needs a word"),
        (["learn", "nope"], "nope"),
        (["run", "play-song", "Yesterday"], "NAME=VALUE"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_status_1(encore, arguments: list[str], told: str) -> None:
    result = encore(*arguments)
    assert result.exit_code == 1
    assert told in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


def test_an_empty_history_is_shown(encore) -> None:
    assert encore("history").exit_code == 0


def test_a_broken_macro_is_told_beside_the_others(encore, tmp_path: Path) -> None:
    (tmp_path / "macros" / "broken").mkdir()
    result = encore("macros")
    assert result.exit_code == 0
    assert "play {song}" in result.output
    assert "cannot be used" in " ".join(result.stderr.split())
