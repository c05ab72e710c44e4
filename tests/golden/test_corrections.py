"""A miss that is put right is understood from then on, whoever says it; what sounds alike is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from demos.voices import speak
from encore_agent.corrections import confirmed, false_fire, missed
from encore_agent.heard_log import HeardEntry
from encore_agent.library import Library
from encore_agent.understand import Understander
from encore_models.macro import Macro, Phrase, Step, WindowIdentity
from encore_models.perception.prints import Printer
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Voice
from encore_models.store import create_macro
from encore_recorder.actions import PressKeys
from encore_recorder.geometry import Rect

RATE = 16_000
Say = Callable[..., HeardEntry]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = Library(tmp_path / "encore")
    window = WindowIdentity("player", "Player", Rect(0, 0, 8, 8))
    for macro_id, phrase in (("next", "next track"), ("lyrics", "show the lyrics")):
        step = Step(PressKeys(("ctrl", "right")), window, "steps/01.png")
        macro = Macro(macro_id, macro_id, (Phrase(phrase),), (), (step,), "2026", "d")
        create_macro(macro, {step.before: np.zeros((8, 8, 3), np.uint8)}, library.macros_folder / macro_id)
    yield library
    library.close()


@pytest.fixture
def say(library: Library, voice: Voice) -> Say:
    """Says something and gives its entry of the heard log."""
    understander = Understander(voice, library.macros(), enrolled=library.enrolments.enrolled, printer=Printer.load())

    def said(text: str, name: str = "pico-us") -> HeardEntry:
        silence = np.zeros(RATE // 4, np.float32)
        sound = np.concatenate([silence, speak(text, name, rate=RATE).astype(np.float32), silence])
        outcome, heard = understander.understand(Utterance(sound, 0, len(sound) * 1_000_000_000 // RATE))
        return library.heard_log.entry(library.note_heard(outcome, heard.print))

    return said


def test_a_corrected_miss_fires_in_any_voice(library: Library, say: Say) -> None:
    miss = say("skip this one please")
    assert miss.verdict == "rejected"
    missed(library, miss.id, "next")
    for name in ("pico-us", "flite-slt", "espeak-m3"):
        entry = say("skip this one please", name)
        assert (entry.verdict, entry.macro_id) == ("accepted", "next"), entry
        assert entry.evidence.path == "voice"
    for other in ("slip this on please", "skip this page please", "what a lovely day"):
        assert say(other).verdict != "accepted"
    assert library.macro("next").phrases == (Phrase("next track"),)


def test_a_confirmed_use_makes_the_print_decide(library: Library, say: Say) -> None:
    by_words = say("show the lyrics")
    assert (by_words.verdict, by_words.evidence.path) == ("accepted", "words")
    assert confirmed(library, by_words.id)
    by_print = say("show the lyrics", "flite-rms")
    assert (by_print.verdict, by_print.macro_id, by_print.evidence.path) == ("accepted", "lyrics", "voice")
    assert say("show the pictures", "flite-rms").verdict != "accepted"


def test_a_corrected_false_fire_fires_no_more(library: Library, say: Say) -> None:
    missed(library, say("put it on pause").id, "next")
    wrong = say("put it on pause")
    assert wrong.verdict == "accepted"
    false_fire(library, wrong.id)
    assert say("put it on pause").verdict != "accepted"
