"""The demonstration's own utterance is the first enrolment, unless it is not what the command is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from encore_agent.library import Library
from encore_models import learn as learning_module
from encore_models.learn import Learning, learn, says
from encore_models.macro import Phrase
from encore_models.perception.prints import VoicePrint
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Encoded, Transcript
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration, DemonstrationInfo, DemonstrationWriter
from encore_recorder.events import KeyChanged, Window, WindowChanged
from encore_recorder.geometry import Rect

WINDOW = Window("Player", "player", 7, Rect(0, 0, 320, 200), 1)
NOTHING = np.zeros(1, np.float32)
ENCODED = Encoded(NOTHING, NOTHING, NOTHING, 1.0)
PRINT = VoicePrint(
    np.ones((25, 384), np.float32), np.eye(1, 8, dtype=np.float32)[0], 1.0, np.eye(25, 48, dtype=np.float32)
)


class FakeVoice:
    """Hears the same words whatever is said."""

    def __init__(self, text: str) -> None:
        self.text = text

    def hear(self, samples: NDArray[np.float32]) -> tuple[Encoded, Transcript]:
        return ENCODED, Transcript(self.text, -0.2, 4)


class FakePrinter:
    """Makes the same print of whatever was said."""

    def printed(self, encoded: Encoded) -> VoicePrint:
        assert encoded is ENCODED
        return PRINT


@pytest.fixture
def demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demonstration]:
    """Somebody speaks, then presses a chord."""
    info = DemonstrationInfo(
        "demo-1", "", "2026-01-01T00:00:00+00:00", "recording", WINDOW.rect, (WINDOW.rect,), clock_origin_ns=1, fps=15
    )
    writer = DemonstrationWriter(tmp_path / "demo-1", info)
    writer.picture(np.full((200, 320, 4), 90, np.uint8), 0)
    writer.event(WindowChanged(0, WINDOW))
    for time_ns, key, down in ((10, "ctrl", True), (11, "right", True), (12, "right", False), (13, "ctrl", False)):
        writer.event(KeyChanged(time_ns * SECOND // 10, key, down))
    writer.close(3 * SECOND)
    said = Utterance(np.zeros(16_000, np.float32), 0, SECOND)
    monkeypatch.setattr(learning_module, "utterances_of", lambda sound: [said])
    with Demonstration.open(tmp_path / "demo-1") as opened:
        yield opened


def learned(demonstration: Demonstration, heard: str, phrase: str | None = None, **options: Any) -> Learning:
    look: Any = None  # keys have no target that would be looked at
    voice: Any = FakeVoice(heard)
    return learn(demonstration, voice, look, lambda name: "next-track", phrase, **options)


def test_what_was_said_is_the_first_enrolment(demonstration: Demonstration, tmp_path: Path) -> None:
    library = Library(tmp_path / "encore")
    try:
        learning = learned(demonstration, "Next track.", printer=FakePrinter())
        assert learning.printed is PRINT
        notes = library.add(learning)
        assert any("is short" in note for note in notes)
        (first,) = library.enrolments.listed("next-track")
        assert (first.phrase, first.source) == ("Next track.", "demonstration")
        assert len(library.enrolments.enrolled("next-track").prints) == 1
    finally:
        library.close()


def test_without_a_printer_words_decide_as_before(demonstration: Demonstration, tmp_path: Path) -> None:
    library = Library(tmp_path / "encore")
    try:
        library.add(learned(demonstration, "Next track."))
        assert library.enrolments.listed("next-track") == ()
        assert not (library.folder("next-track") / "enrolments.json").exists()
    finally:
        library.close()


def test_a_given_phrase_that_was_said_is_enrolled(demonstration: Demonstration) -> None:
    assert learned(demonstration, "Next track, please.", "next track", printer=FakePrinter()).printed is PRINT


def test_chatter_is_not_enrolled_for_a_given_phrase(demonstration: Demonstration) -> None:
    learning = learned(demonstration, "Now watch this.", "next track", printer=FakePrinter())
    assert learning.printed is None
    assert any("does not know yet how you say it" in note for note in learning.notes)


@pytest.mark.parametrize(
    ("heard", "phrase", "said"),
    [
        ("Play Yesterday.", "play {song}", True),
        ("Please play yesterday", "play {song}", True),
        ("What a day.", "play {song}", False),
        ("Next rack", "next track", True),
        ("", "next track", False),
    ],
)
def test_words_are_the_phrase_or_not(heard: str, phrase: str, said: bool) -> None:
    assert says(heard, Phrase(phrase)) is said
