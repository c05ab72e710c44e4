"""The library keeps macros, history and, in its trash, what was deleted."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encore_agent.errors import UnknownMacro
from encore_agent.library import Library
from encore_agent.messages import Accepted, Command, EpisodeReport, Finished, Halted, Rejected, StepDone
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.store import create_macro, read_macro
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect


@pytest.fixture
def library(tmp_path: Path):
    library = Library(tmp_path / "encore")
    yield library
    library.close()


def add(library: Library, macro_id: str = "play-song", created: str = "2026-01-01") -> Macro:
    step = Step(TypeText("{song}"), WindowIdentity("player", "Player", Rect(0, 0, 8, 8)), "steps/01-before.png")
    macro = Macro(macro_id, macro_id, (Phrase("play {song}"),), (Slot("song", ("Yesterday",)),), (step,), created, "d")
    picture = np.zeros((8, 8, 3), np.uint8)
    create_macro(macro, {"steps/01-before.png": picture}, library.macros_folder / macro_id)
    return macro


def test_the_folder_is_for_the_user_alone(library: Library) -> None:
    assert stat.S_IMODE(library.root.stat().st_mode) == 0o700


def test_macros_come_oldest_first(library: Library) -> None:
    newer, older = add(library, "b", "2026-02-02"), add(library, "c", "2026-01-01")
    assert library.macros() == [older, newer]


def test_ids_are_free_and_readable(library: Library) -> None:
    assert library.new_macro_id("Play {song}!") == "play-song"
    add(library)
    assert library.new_macro_id("play song") == "play-song-2"
    assert library.new_macro_id("♫") == "macro"


@pytest.mark.parametrize("macro_id", ["nope", "../history", "", "."])
def test_an_unknown_macro_is_named(library: Library, macro_id: str) -> None:
    add(library)
    with pytest.raises(UnknownMacro, match="there are: play-song"):
        library.macro(macro_id)


def test_rename_phrase_and_values_are_kept(library: Library) -> None:
    add(library)
    library.rename("play-song", " Music ")
    library.add_phrase("play-song", "put on {song}")
    library.add_slot_values("play-song", "song", ["Yesterday", " Blue Moon ", ""])
    macro = library.macro("play-song")
    assert macro.name == "Music"
    assert macro.phrases == (Phrase("play {song}"), Phrase("put on {song}"))
    assert macro.slot("song").values == ("Yesterday", "Blue Moon")


def test_what_a_run_used_is_remembered_apart_from_lists(library: Library) -> None:
    add(library)
    library.add_slot_values("play-song", "song", ["Yesterday"])
    assert library.note_used("play-song", {"song": "Blue Moon"})
    assert not library.note_used("play-song", {"song": "blue moon"})
    assert not library.note_used("play-song", {"song": "Yesterday!"})
    assert not library.note_used("play-song", {"song": " "})
    slot = library.macro("play-song").slot("song")
    assert (slot.values, slot.used, slot.known) == (("Yesterday",), ("Blue Moon",), ("Yesterday", "Blue Moon"))
    library.add_slot_values("play-song", "song", ["Blue Moon"])
    assert library.macro("play-song").slot("song").known == ("Yesterday", "Blue Moon")


def test_the_oldest_used_values_are_forgotten(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encore_agent.library.MOST_USED", 2)
    add(library)
    for song in ("One", "Two", "Three"):
        library.note_used("play-song", {"song": song})
    assert library.macro("play-song").slot("song").used == ("Two", "Three")


def test_every_change_of_a_macro_changes_the_stamp(library: Library) -> None:
    stamps = [library.stamp()]
    add(library)
    stamps.append(library.stamp())
    assert library.stamp() == stamps[-1]
    library.add_slot_values("play-song", "song", ["Blue Moon"])
    stamps.append(library.stamp())
    library.delete("play-song")
    stamps.append(library.stamp())
    assert len(set(stamps)) == 3
    assert stamps[0] == stamps[3]


def test_a_bad_edit_changes_nothing(library: Library) -> None:
    before = add(library)
    with pytest.raises(ValueError, match="needs a name"):
        library.rename("play-song", "  ")
    with pytest.raises(ValueError, match="uses the slots"):
        library.add_phrase("play-song", "play {album}")
    with pytest.raises(KeyError):
        library.add_slot_values("play-song", "album", ["x"])
    assert library.macro("play-song") == before


def test_deleting_moves_to_the_trash(library: Library) -> None:
    macro = add(library)
    there = library.delete("play-song")
    assert library.macros() == []
    assert read_macro(there) == macro


def test_a_broken_macro_does_not_hide_the_others(library: Library) -> None:
    good = add(library)
    add(library, "broken")
    (library.macros_folder / "broken" / "macro.json").write_text("{")
    assert library.macros() == [good]
    [(folder, problem)] = library.broken_macros()
    assert folder.name == "broken"
    assert "damaged" in problem


def test_the_history_survives_a_restart(library: Library) -> None:
    command = Command("play-song", {"song": "Yesterday"}, 0.9)
    library.note_heard(Accepted("play yesterday", command, 80.0))
    library.note_heard(Rejected("what a day", "no command sounds like it"))
    step = StepDone("e1", 0, "Type", None, "", 10.0, 20.0)
    done = EpisodeReport("e1", "play-song", command.slots, (step,), Finished("e1", "MPRIS", 900.0), {"total": 900.0})
    library.note_episode(done)
    library.note_episode(replace(done, episode_id="e2", outcome=Halted("e2", 1, "the row is not there")))
    again = Library(library.root)
    try:
        assert [(h.text, h.accepted, h.macro_id, h.reason) for h in again.heard()] == [
            ("what a day", False, None, "no command sounds like it"),
            ("play yesterday", True, "play-song", ""),
        ]
        second, first = again.episodes()
        assert (first.outcome, first.detail, first.total_ms, first.timings_ms) == (
            "verified", "MPRIS", 900.0, {"total": 900.0},
        )  # fmt: skip
        assert (second.outcome, second.detail, second.total_ms) == ("halted", "the row is not there", 30.0)
    finally:
        again.close()


def test_every_episode_has_a_folder_of_its_own(library: Library) -> None:
    folders = {library.new_episode_folder() for _ in range(20)}
    assert len(folders) == 20
    assert all(folder.is_dir() for folder in folders)
