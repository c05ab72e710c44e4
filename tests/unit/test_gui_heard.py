"""The heard log as a page: what came of each utterance, why, and one click to put it right."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot

from encore_agent import corrections
from encore_agent.heard_log import HeardEntry
from encore_agent.messages import NO_EVIDENCE, Command, Evidence, HeardChanged, Rejected
from encore_gui.heard_view import HeardView
from encore_gui.heard_words import bars_of, decided_by, outcome_of
from encore_gui.library_view import LibraryView
from encore_models.perception.prints import VoicePrint
from tests.gui_sample import FAR, SURE, FakeAgent
from tests.unit.test_gui_window import window_over

NAMES = {"play-song": "Play a song"}
FIRED = HeardEntry(1, "", "play help", "accepted", "play-song", {"song": "Help!"}, 0.9)


class TestOutcome:
    @pytest.mark.parametrize(
        ("entry", "text"),
        [
            (FIRED, "Play a song: Help!"),
            (replace(FIRED, macro_id="gone", slots={}), "gone"),
            (replace(FIRED, verdict="rejected"), "Not taken for a command"),
            (replace(FIRED, verdict="asked"), "Asked: Play a song: Help!? (not answered)"),
            (replace(FIRED, verdict="asked", answer="no"), "Asked: Play a song: Help!? (you said no)"),
            (replace(FIRED, verdict="asked", answer="yes"), "Play a song: Help! (after a question)"),
            (replace(FIRED, correction="false_fire"), "Learned: it did not mean Play a song: Help!"),
            (replace(FIRED, correction="confirmed"), "Play a song: Help!"),
            (replace(FIRED, macro_id="pause", correction="missed"), "Learned: it meant another command"),
        ],
    )
    def test_in_words(self, entry: HeardEntry, text: str) -> None:
        assert outcome_of(entry, NAMES).text == text

    def test_what_it_was_learned_for_is_not_what_it_came_nearest_to(self) -> None:
        missed = replace(FIRED, macro_id="pause", correction="missed")
        assert outcome_of(missed, NAMES, "play-song").text == "Learned: it meant Play a song"


class TestBars:
    def test_only_what_was_scored_has_a_bar(self) -> None:
        assert bars_of(NO_EVIDENCE) == []
        assert decided_by(NO_EVIDENCE) == ""
        assert [bar.name for bar in bars_of(Evidence(words=97.0))] == ["Words agree"]
        assert len(bars_of(SURE)) == 5

    def test_likeness_keeps_its_scale_and_the_bar_its_ends(self) -> None:
        low, high = bars_of(Evidence(likeness=-0.4))[0], bars_of(Evidence(likeness=1.3))[0]
        assert (low.share, low.value) == (0.0, "-40 %")
        assert (high.share, high.value) == (1.0, "130 %")

    def test_log_p_is_shown_as_a_share_and_kept_in_the_tip(self) -> None:
        (bar,) = bars_of(Evidence(log_p=-0.5))
        assert bar.share == pytest.approx(math.exp(-0.5))
        assert bar.value == "61 %"
        assert "-0.50" in bar.tip

    def test_a_known_value_fits_more_and_more(self) -> None:
        shares = [bars_of(Evidence(value=value))[0].share for value in (-0.3, 0.0, 0.5, 2.0)]
        assert shares[0] == shares[1] == 0.0
        assert 0 < shares[2] < shares[3] < 1

    def test_a_rival_speaks_against(self) -> None:
        assert [bar.good for bar in bars_of(Evidence(likeness=0.5, rival_likeness=0.5))] == [True, False]


@pytest.fixture
def window(agent: FakeAgent, qtbot: QtBot) -> Iterator[LibraryView]:
    window, bridge = window_over(agent, qtbot)
    window.tabs.setCurrentWidget(window.heard)
    yield window
    bridge.close()


def choose(view: HeardView, text: str) -> None:
    row = next(n for n in range(view.table.rowCount()) if view.table.item(n, 1).text() == text)
    view.table.selectRow(row)


def test_newest_first_with_what_came_of_it(window: LibraryView) -> None:
    table = window.heard.table
    assert [table.item(row, 1).text() for row in range(4)] == [
        "(no words)",
        "pay the bill",
        "paws the music",
        "play let it be",
    ]
    assert table.item(3, 2).text() == "Play a song: Let It Be"


def test_the_chosen_utterance_says_why(window: LibraryView) -> None:
    choose(window.heard, "pay the bill")
    card = window.heard.card
    assert card.words.text() == "“pay the bill”"
    assert card.why.text() == "No macro has words like these."
    labels = [label.text() for label in card.bars.findChildren(QLabel) if not label.isHidden()]
    assert labels[:2] == ["Sounds like the command", f"{100 * (FAR.likeness or 0):.0f} %"]


def test_one_click_turns_a_miss_into_what_was_meant_and_another_takes_it_back(
    window: LibraryView, agent: FakeAgent, qtbot: QtBot
) -> None:
    choose(window.heard, "pay the bill")
    entry, card = window.heard.current, window.heard.card
    assert entry is not None
    assert card.meant.text() == "It meant “Play a song”"
    assert not card.not_meant.isVisible()
    card.meant.click()
    assert agent.asked == [("missed", entry.id, "play-song")]
    qtbot.waitUntil(card.undo.isVisible)
    assert card.outcome.text() == "Learned: it meant another command"
    assert not card.meant.isVisible()
    card.undo.click()
    assert agent.asked[-1] == ("undo_correction", entry.id)
    qtbot.waitUntil(card.meant.isVisible)


def test_a_miss_may_have_meant_any_macro(window: LibraryView, agent: FakeAgent) -> None:
    choose(window.heard, "(no words)")
    entry, card = window.heard.current, window.heard.card
    assert entry is not None
    assert card.meant.popupMode() == QToolButton.ToolButtonPopupMode.InstantPopup
    names = [action.text() for action in card.meant.menu().actions()]
    assert names[:2] == ["Play a song", "Pause the music"]
    card.meant.menu().actions()[1].trigger()
    assert agent.asked == [("missed", entry.id, "pause")]


def test_one_click_says_that_nothing_was_meant(window: LibraryView, agent: FakeAgent, qtbot: QtBot) -> None:
    choose(window.heard, "play let it be")
    entry, card = window.heard.current, window.heard.card
    assert entry is not None
    card.not_meant.click()
    assert agent.asked == [("false_fire", entry.id)]
    qtbot.waitUntil(card.undo.isVisible)


def test_an_utterance_can_be_forgotten(window: LibraryView, agent: FakeAgent) -> None:
    choose(window.heard, "pay the bill")
    window.heard.card.forget.click()
    assert [entry.text for entry in agent.library.heard()] == ["", "paws the music", "play let it be"]
    assert window.heard.table.rowCount() == 3
    assert window.heard.current is not None


def test_sound_that_was_kept_can_be_listened_to(
    agent: FakeAgent, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = np.zeros(1600, np.float32)
    heard_id = agent.library.note_heard(Rejected("mumble", "not clear"), None, sound)
    window, bridge = window_over(agent, qtbot)
    window.tabs.setCurrentWidget(window.heard)
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    choose(window.heard, "mumble")
    window.heard.card.listen.click()
    assert opened == [str(agent.library.heard_log.sound_of(heard_id))]
    choose(window.heard, "pay the bill")
    assert not window.heard.card.listen.isVisible()
    bridge.close()


def test_what_cannot_be_learned_is_told(window: LibraryView, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(heard_id: int, macro_id: str) -> None:
        raise ValueError("its print is no longer kept")

    monkeypatch.setattr(agent, "missed", refuse)
    choose(window.heard, "pay the bill")
    window.heard.card.meant.click()
    assert window.notice.text == "Its print is no longer kept."


def test_what_is_heard_appears_while_the_page_is_open_and_the_choice_stays(
    window: LibraryView, agent: FakeAgent, qtbot: QtBot
) -> None:
    choose(window.heard, "pay the bill")
    outcome = Rejected("good morning", "no macro has words like these", Command("pause", {}, 0.1))
    agent.library.note_heard(outcome)
    agent.tell(outcome)
    qtbot.waitUntil(lambda: window.heard.table.item(0, 1).text() == "good morning")
    assert window.heard.current is not None
    assert window.heard.current.text == "pay the bill"


def test_a_correction_is_named_for_what_it_was_learned_for(agent: FakeAgent, qtbot: QtBot) -> None:
    """With what really learns, instead of the agent that only notes."""
    rng = np.random.default_rng(1)
    steps, whole = rng.normal(size=(40, 8)).astype(np.float32), rng.normal(size=128).astype(np.float32)
    steps, whole = steps / np.linalg.norm(steps, axis=1, keepdims=True), whole / np.linalg.norm(whole)
    said = VoicePrint(np.zeros((40, 384), np.float32), whole, 1.6, steps)
    outcome = Rejected("hush", "no macro has words like these", Command("play-song", {"song": "hush"}, 0.2))
    heard_id = agent.library.note_heard(outcome, said)
    corrections.missed(agent.library, heard_id, "pause")
    window, bridge = window_over(agent, qtbot)
    window.tabs.setCurrentWidget(window.heard)
    choose(window.heard, "hush")
    assert window.heard.card.outcome.text() == "Learned: it meant Pause the music"
    corrections.undo(agent.library, heard_id)
    agent.tell(HeardChanged())
    qtbot.waitUntil(lambda: window.heard.card.outcome.text() == "Not taken for a command")
    bridge.close()
