"""The heard log: every utterance with its scores; libraries of the first version; and corrections that are learned."""

from __future__ import annotations

import sqlite3
import stat
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encore_agent.corrections import confirmed, false_fire, missed, undo
from encore_agent.errors import PrintGone, UnknownMacro, UnknownUtterance
from encore_agent.heard_log import KEPT
from encore_agent.library import Library
from encore_agent.messages import Accepted, Asked, Command, Evidence, Rejected
from encore_models.macro import Macro, Phrase, Step, WindowIdentity
from encore_models.perception.prints import VoicePrint
from encore_models.store import create_macro
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect

EVIDENCE = Evidence(0.9, 0.2, 80.0, -1.25, -0.5, path="voice")
NEXT = Command("next", {}, 0.9)
OLD_TABLE = """
CREATE TABLE heard (
    id INTEGER PRIMARY KEY, time_utc TEXT NOT NULL, text TEXT NOT NULL, accepted INTEGER NOT NULL,
    macro_id TEXT, slots TEXT NOT NULL DEFAULT '{}', confidence REAL, reason TEXT NOT NULL DEFAULT '');
INSERT INTO heard (time_utc, text, accepted, macro_id, slots, confidence, reason) VALUES
    ('2026-01-01', 'play yesterday', 1, 'play-song', '{"song": "Yesterday"}', 0.8, ''),
    ('2026-01-02', 'what a day', 0, NULL, '{}', NULL, 'no command sounds like it');
"""


def said(seed: int = 0, frames: int = 40) -> VoicePrint:
    """A print that is like no other one."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(frames, 8)).astype(np.float32)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    whole = rng.normal(size=128).astype(np.float32)
    return VoicePrint(np.zeros((frames, 384), np.float32), whole / np.linalg.norm(whole), frames / 25, steps)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path / "encore")
    for macro_id in ("next", "previous"):
        step = Step(TypeText("x"), WindowIdentity("p", "P", Rect(0, 0, 8, 8)), "steps/01.png")
        macro = Macro(macro_id, macro_id, (Phrase(f"{macro_id} track"),), (), (step,), "2026", "d")
        create_macro(macro, {"steps/01.png": np.zeros((8, 8, 3), np.uint8)}, library.macros_folder / macro_id)
    yield library
    library.close()


def files(library: Library) -> list[str]:
    return sorted(path.name for path in (library.root / "history" / "heard").iterdir())


def test_everything_that_was_scored_is_kept(library: Library) -> None:
    log = library.heard_log
    log.note(Rejected("hm", "no words were heard"))
    log.note(Asked("next rack", "it sounded only a little like “next track”", (NEXT,), evidence=EVIDENCE))
    log.note(Accepted("next track", NEXT, 80.0, EVIDENCE, reason="it sounds like your “next track”"))
    newest, asked, first = log.entries()
    assert (newest.verdict, newest.macro_id, newest.evidence, newest.accepted) == ("accepted", "next", EVIDENCE, True)
    assert newest.reason == "it sounds like your “next track”"
    assert (asked.verdict, asked.accepted, asked.answer) == ("asked", False, "")
    assert (first.verdict, first.macro_id, first.reason) == ("rejected", None, "no words were heard")
    assert [entry.id for entry in log.entries(1)] == [newest.id]


def test_a_library_of_the_first_version_is_read_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "history.sqlite") as database:
        database.executescript(OLD_TABLE)
    database.close()
    for _ in range(2):  # migrating twice changes nothing
        library = Library(tmp_path)
        second, first = library.heard()[-2:]
        assert (first.text, first.verdict, first.slots) == ("play yesterday", "accepted", {"song": "Yesterday"})
        assert (second.verdict, second.reason, second.evidence) == ("rejected", "no command sounds like it", Evidence())
        with pytest.raises(PrintGone, match="only those of the newest"):
            library.heard_log.print_of(first.id)
        library.close()
    library = Library(tmp_path)
    assert library.note_heard(Rejected("hm", "")) == 3
    library.close()


def test_an_answer_is_kept_with_what_was_chosen(library: Library) -> None:
    log = library.heard_log
    yes, no = (log.note(Asked("x track", "", (NEXT, Command("previous", {}, 0.5)))) for _ in range(2))
    log.answered(yes, Command("previous", {}, 0.5))
    log.answered(no, None)
    assert (log.entry(yes).answer, log.entry(yes).macro_id, log.entry(yes).accepted) == ("yes", "previous", True)
    assert (log.entry(no).answer, log.entry(no).accepted) == ("no", False)


def test_no_sound_is_kept_unless_it_is_handed_over(library: Library) -> None:
    library.note_heard(Rejected("hm", ""), said())
    assert files(library) == ["1.npz"]
    assert library.heard_log.sound_of(1) is None


def test_sound_that_was_asked_for_goes_with_its_row(library: Library) -> None:
    sound = np.array([0.0, 0.5, -2.0], np.float32)
    heard_id = library.note_heard(Rejected("hm", ""), said(), sound)
    path = library.heard_log.sound_of(heard_id)
    assert path is not None
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (16_000, 1)
        assert np.frombuffer(file.readframes(3), "<i2").tolist() == [0, 16383, -32767]
    library.heard_log.delete(heard_id)
    assert files(library) == []
    with pytest.raises(UnknownUtterance, match="nothing of the id 1 was heard"):
        library.heard_log.entry(heard_id)
    with pytest.raises(UnknownUtterance):
        library.heard_log.delete(heard_id)


def test_the_newest_prints_are_kept_and_all_rows(library: Library) -> None:
    tiny = replace(said(frames=1), frames=np.zeros((1, 1), np.float32))
    for _ in range(KEPT + 3):
        library.note_heard(Rejected("hm", ""), tiny)
    assert len(library.heard(10_000)) == KEPT + 3
    assert len(files(library)) == KEPT
    with pytest.raises(PrintGone):
        library.heard_log.print_of(3)
    assert library.heard_log.print_of(4).seconds == tiny.seconds


def test_a_disk_that_takes_no_print_takes_the_entry(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    (library.root / "history" / "heard").rmdir()
    heard_id = library.note_heard(Rejected("hm", ""), said())
    assert library.heard_log.entry(heard_id).text == "hm"
    assert "could not be kept" in caplog.text


def test_silence_is_nothing_to_learn_from(library: Library) -> None:
    heard_id = library.note_heard(Rejected("", "no words were heard"), said(frames=0))
    with pytest.raises(PrintGone):
        missed(library, heard_id, "next")


def test_a_damaged_print_is_as_good_as_none(library: Library) -> None:
    heard_id = library.note_heard(Rejected("hm", ""), said())
    (library.root / "history" / "heard" / f"{heard_id}.npz").write_bytes(b"")
    with pytest.raises(PrintGone):
        library.heard_log.print_of(heard_id)


def test_what_is_kept_is_for_the_user_alone(library: Library) -> None:
    assert stat.S_IMODE((library.root / "history" / "heard").stat().st_mode) == 0o700


def test_the_background_is_speech_that_came_near_nothing(library: Library) -> None:
    library.note_heard(Rejected("what a day", ""), said(1))
    library.note_heard(Rejected("next rack", "", NEXT), said(2))
    library.note_heard(Accepted("next track", NEXT, 1.0), said(3))
    library.note_heard(Rejected("older", ""))
    assert [one.embedding.tolist() for one in library.heard_log.background()] == [said(1).embedding.tolist()]


# Corrections


def enrolled(library: Library, macro_id: str) -> list[str]:
    return [e.source for e in library.enrolments.listed(macro_id)]


def test_a_miss_becomes_an_enrolment(library: Library) -> None:
    heard_id = library.note_heard(Rejected("Next rack.", "no command sounds like it"), said())
    missed(library, heard_id, "next")
    assert enrolled(library, "next") == ["corrected"]
    assert library.heard_log.entry(heard_id).correction == "missed"
    assert library.macro("next").phrases == (Phrase("next track"),)


def test_its_words_become_a_phrase_if_the_person_wishes(library: Library) -> None:
    heard_id = library.note_heard(Rejected("Skip this one.", ""), said())
    missed(library, heard_id, "next", as_phrase=True)
    assert library.macro("next").phrases == (Phrase("next track"), Phrase("skip this one"))


def test_the_wrong_macro_learns_from_a_miss_too(library: Library) -> None:
    heard_id = library.note_heard(Accepted("previous track", NEXT, 1.0), said())
    missed(library, heard_id, "previous")
    assert enrolled(library, "previous") == ["corrected"]
    assert len(library.enrolments.impostors("next")) == 1


def test_a_false_fire_becomes_an_impostor(library: Library) -> None:
    library.enrolments.add("next", said(5), "next track", "demonstration")
    heard_id = library.note_heard(Accepted("foxtrot", NEXT, 1.0), said())
    false_fire(library, heard_id)
    assert [e.heard_id for e in library.enrolments.impostors("next")] == [heard_id]
    assert library.heard_log.entry(heard_id).correction == "false_fire"


def test_a_confirmed_use_that_was_none_is_taken_back(library: Library) -> None:
    heard_id = library.note_heard(Accepted("foxtrot", NEXT, 1.0), said())
    assert confirmed(library, heard_id)
    false_fire(library, heard_id)
    assert enrolled(library, "next") == []
    assert len(library.enrolments.impostors("next")) == 1


def test_a_second_correction_replaces_the_first_and_undo_takes_it_back(library: Library) -> None:
    heard_id = library.note_heard(Rejected("next rack", ""), said())
    missed(library, heard_id, "next")
    missed(library, heard_id, "previous")
    assert (enrolled(library, "next"), enrolled(library, "previous")) == ([], ["corrected"])
    undo(library, heard_id)
    assert (enrolled(library, "next"), enrolled(library, "previous")) == ([], [])
    assert library.heard_log.entry(heard_id).correction == ""


def test_what_cannot_be_corrected_changes_nothing(library: Library) -> None:
    heard_id = library.note_heard(Rejected("hm", ""), said())
    with pytest.raises(UnknownMacro):
        missed(library, heard_id, "nope")
    with pytest.raises(ValueError, match="started no macro"):
        false_fire(library, heard_id)
    with pytest.raises(UnknownUtterance):
        missed(library, 99, "next")
    bare = library.note_heard(Accepted("next track", NEXT, 1.0))
    with pytest.raises(PrintGone):
        false_fire(library, bare)
    with pytest.raises(PrintGone):
        missed(library, bare, "previous", as_phrase=True)
    assert {entry.correction for entry in library.heard()} == {""}
    assert enrolled(library, "next") == enrolled(library, "previous") == []
    assert len(library.macro("previous").phrases) == 1


def test_a_confirmed_use_is_learned_from_once(library: Library) -> None:
    heard_id = library.note_heard(Accepted("next track", NEXT, 1.0), said())
    assert confirmed(library, heard_id)
    assert not confirmed(library, heard_id)
    assert enrolled(library, "next") == ["confirmed"]


def test_a_yes_confirms_what_was_chosen(library: Library) -> None:
    heard_id = library.note_heard(Asked("x track", "", (NEXT,)), said())
    assert not confirmed(library, heard_id)
    library.heard_log.answered(heard_id, Command("previous", {}, 0.4))
    assert confirmed(library, heard_id)
    assert enrolled(library, "previous") == ["confirmed"]


def test_what_sounds_like_another_macro_is_not_learned_by_itself(library: Library) -> None:
    library.enrolments.add("previous", said(0), "previous track", "demonstration")
    heard_id = library.note_heard(Accepted("next track", NEXT, 1.0), said(0))
    assert not confirmed(library, heard_id)
    assert enrolled(library, "next") == []


def test_without_a_print_nothing_is_learned(library: Library) -> None:
    assert not confirmed(library, library.note_heard(Accepted("next track", NEXT, 1.0)))
    assert not confirmed(library, library.note_heard(Accepted("gone", Command("gone", {}, 1.0), 1.0), said()))
