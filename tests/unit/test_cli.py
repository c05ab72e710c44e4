"""The command line: plain answers, one clear line for what is wrong, and the exit status to go with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from encore_agent import cli
from encore_agent.cli import app
from encore_agent.doctor import Finding
from encore_agent.library import Library
from encore_agent.messages import Accepted, Asked, Command, Evidence, Moment, Rejected
from encore_agent.service import Service
from encore_agent.sights import Watch
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.prints import VoicePrint
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
    assert "song: 1 known value\n" in shown


def test_rename_phrase_values_and_delete(encore, tmp_path: Path) -> None:
    assert encore("rename", "play-song", "Music").exit_code == 0
    assert "say “put on {song}”" in encore("phrase", "play-song", "put on {song}").output
    assert "3 known values" in encore("values", "play-song", "song", "-", stdin="Blue Moon\nHey Jude\n\n").output
    text = json.loads((tmp_path / "macros/play-song/macro.json").read_text())
    assert text["name"] == "Music"
    assert [phrase["text"] for phrase in text["phrases"]] == ["play {song}", "put on {song}"]
    assert encore("delete", "play-song").exit_code == 0
    assert not (tmp_path / "macros/play-song").exists()
    assert len(list((tmp_path / "trash").iterdir())) == 1


def test_a_file_of_titles_may_come_from_any_editor(encore, tmp_path: Path) -> None:
    titles = tmp_path / "titles.txt"
    titles.write_bytes("\ufeffDéjà Vu\r\n\r\n  Blue Moon\r\nDéjà Vu\r\n".encode())
    assert "3 known values" in encore("values", "play-song", "song", str(titles)).output
    macro = json.loads((tmp_path / "macros/play-song/macro.json").read_text("utf-8"))
    assert macro["slots"][0]["values"] == ["Yesterday", "Déjà Vu", "Blue Moon"]


def test_a_file_that_is_no_text_adds_nothing(encore, tmp_path: Path) -> None:
    titles = tmp_path / "titles.txt"
    titles.write_bytes("Blue Moon\nDéjà Vu\n".encode("latin-1"))
    refused = encore("values", "play-song", "song", str(titles))
    assert refused.exit_code == 1
    assert "titles.txt" in refused.stderr
    assert "UTF-8" in refused.stderr
    assert "song: 1 known value\n" in encore("show", "play-song").output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "nope"], "there is no macro 'nope'; there are: play-song"),
        (["delete", "nope"], "there is no macro 'nope'"),
        (["values", "play-song", "sing", "-"], "macro 'play-song' has no slot 'sing'; it has: song"),
        (["run", "play-song", "song=Yesterday", "sing=x"], "has no slot 'sing'"),
        (["run", "play-song"], "needs a value for: song"),
        (["rename", "play-song", " "], "a macro needs a name"),
        (["phrase", "play-song", "{song}"], "needs a word"),
        (["learn", "nope"], "nope"),
        (["run", "play-song", "Yesterday"], "NAME=VALUE"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_status_1(encore, tmp_path: Path, arguments: list[str], told: str) -> None:
    result = encore(*arguments)
    assert result.exit_code == 1
    assert told in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert result.stdout == ""
    assert list((tmp_path / "episodes").iterdir()) == []


def test_a_new_library_says_what_to_do_first(tmp_path: Path) -> None:
    for command, told in (
        (["macros"], "nothing is learned yet; show something with: encore record"),
        (["heard"], "nothing was heard yet"),
        (["history"], "nothing was run yet"),
        (["search", "heart"], "nothing is recorded yet"),
    ):
        result = CliRunner().invoke(app, [*command, "--data", str(tmp_path)])
        assert result.exit_code == 0
        assert told in " ".join(result.stdout.split())


def test_a_search_that_was_stopped_does_not_say_that_nothing_is_there(
    encore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(service: Service, text: str, limit: int, watch: Watch) -> list[Moment]:
        watch.stop.set()
        return []

    (tmp_path / "demonstrations" / "d").mkdir(parents=True)
    monkeypatch.setattr(Service, "search_now", stopped)
    result = encore("search", "heart")
    assert "nothing shows" not in result.stdout
    assert "stopped" in result.stderr
    monkeypatch.setattr(Service, "search_now", lambda *_: [])
    assert "nothing shows “heart”" in encore("search", "heart").stdout


def test_answers_as_json_hold_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def checks(*_: object) -> Iterator[Finding]:
        sys.stdout.write("a warning of a device library")
        yield Finding("display", "ok", "1280 x 800 pixels")

    monkeypatch.setattr(cli, "examine", checks)
    result = CliRunner().invoke(app, ["doctor", "--json", "--data", str(tmp_path)])
    assert [finding["name"] for finding in json.loads(result.stdout)] == ["display"]
    assert "a warning" in result.stderr


@pytest.fixture
def heard(encore, tmp_path: Path) -> Path:
    """Three utterances in the log; the first one has a print."""
    library = Library(tmp_path)
    frames, whole = np.eye(30, 384, dtype=np.float32), np.eye(1, 128, dtype=np.float32)[0]
    printed = VoicePrint(frames, whole, 1.2, np.eye(30, 48, dtype=np.float32))
    play = Command("play-song", {"song": "Yesterday"}, 0.9)
    library.note_heard(Rejected("Put on yesterday.", "no command sounds like it"), printed)
    library.note_heard(Asked("play [b]esterday", "it sounded only a little like “play {song}”", (play,)))
    library.note_heard(Accepted("Play yesterday.", play, 80.0, Evidence(0.92, 0.31, 100.0, -0.4, -0.3, path="words")))
    library.close()
    return tmp_path


def test_the_heard_log_shows_scores_and_reasons(encore, heard: Path) -> None:
    told = json.loads(encore("heard", "--json").output)
    assert [(entry["id"], entry["verdict"], entry["macro_id"]) for entry in told] == [
        (3, "accepted", "play-song"),
        (2, "asked", "play-song"),
        (1, "rejected", None),
    ]
    assert told[0]["evidence"]["likeness"] == 0.92
    assert [entry["id"] for entry in json.loads(encore("heard", "--json", "--limit", "1").output)] == [3]
    table = " ".join(encore("heard").output.split())
    assert "rejected" in table
    assert "asked" in table


def test_a_narrow_terminal_breaks_what_is_long_and_cuts_nothing(encore, heard: Path) -> None:
    assert "…" not in encore("heard").output + encore("history").output + encore("macros").output


def test_an_option_that_goes_with_another_is_not_lost(encore, heard: Path) -> None:
    refused = encore("heard", "--with-words")
    assert refused.exit_code == 2
    assert "--missed ID MACRO" in refused.stderr


def test_a_miss_is_learned_from_and_taken_back(encore, heard: Path) -> None:
    told = encore("heard", "--missed", "1", "play-song", "--with-words")
    assert told.exit_code == 0, told.output
    shown = encore("show", "play-song").output
    assert "“Put on yesterday.”, corrected" in shown
    assert "say “put on yesterday”" in shown
    assert "fires from a likeness of" in shown
    assert json.loads(encore("heard", "--json").output)[2]["correction"] == "missed"
    assert "forgot what was learned from utterance 1" in encore("heard", "--undo", "1").output
    assert "nothing was learned from utterance 1" in encore("heard", "--undo", "1").output
    assert "corrected" not in encore("show", "play-song").output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--missed", "9", "play-song"], "nothing of the id 9 was heard"),
        (["--missed", "1", "nope"], "there is no macro 'nope'"),
        (["--missed", "2", "play-song"], "the voice print of utterance 2 is not there"),
        (["--false", "1"], "started no macro that there is"),
        (["--false", "3"], "the voice print of utterance 3 is not there"),
        (["--undo", "9"], "nothing of the id 9 was heard"),
    ],
)
def test_what_cannot_be_corrected_is_one_line(encore, heard: Path, arguments: list[str], told: str) -> None:
    result = encore("heard", *arguments)
    assert result.exit_code == 1
    assert told in " ".join(result.stderr.split())


def test_an_utterance_can_be_forgotten(encore, heard: Path) -> None:
    assert encore("heard", "--delete", "1").exit_code == 0
    assert [entry["id"] for entry in json.loads(encore("heard", "--json").output)] == [3, 2]
    assert list((heard / "history" / "heard").iterdir()) == []


def test_phrases_are_proposed_and_added_only_where_the_person_says_so(encore) -> None:
    def said() -> list[str]:
        return [line for line in encore("phrases", "play-song").output.splitlines() if line.startswith("say")]

    proposed = encore("phrases", "play-song", "--propose").output
    first = proposed.split("1. “")[1].split("”")[0]
    assert said() == ["say “play {song}”"]
    assert encore("phrases", "play-song", "--add", "1").exit_code == 0
    assert said() == ["say “play {song}”", f"say “{first}”"]
    refused = encore("phrases", "play-song", "--add", "1", "--add", "99")
    assert refused.exit_code == 1
    assert "there is no proposal 99" in refused.stderr
    assert len(said()) == 2


def test_the_mode_wake_needs_a_phrase(encore) -> None:
    assert "there is no wake phrase" in encore("wake").output
    refused = encore("listen", "--mode", "wake")
    assert refused.exit_code == 1
    assert "run: encore wake --enrol" in refused.stderr


def test_phrases_that_are_easily_mistaken_are_told(encore) -> None:
    encore("phrase", "play-song", "play")
    assert "“play” is short" in encore("show", "play-song").output


def test_an_empty_history_is_shown(encore) -> None:
    assert encore("history").exit_code == 0


def test_a_broken_macro_is_told_beside_the_others(encore, tmp_path: Path) -> None:
    (tmp_path / "macros" / "broken").mkdir()
    result = encore("macros")
    assert result.exit_code == 0
    assert "play {song}" in result.output
    assert "cannot be used" in " ".join(result.stderr.split())
