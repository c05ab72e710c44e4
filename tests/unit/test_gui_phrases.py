"""What to say for a macro: wordings to confirm, and what makes it easy to mistake."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from encore_agent.errors import UnknownMacro
from encore_agent.messages import Learned
from encore_gui.library_view import LibraryView
from encore_gui.phrases_box import PhrasesBox
from tests.gui_sample import FakeAgent, play_macro
from tests.unit.test_gui_window import window_over


@pytest.fixture
def window(agent: FakeAgent, qtbot: QtBot) -> Iterator[LibraryView]:
    window, bridge = window_over(agent, qtbot)
    yield window
    bridge.close()


def test_other_wordings_unfold_unticked_and_only_those_that_are_new(window: LibraryView, agent: FakeAgent) -> None:
    box = window.review.phrases
    assert not box.proposals.isVisible()
    box.more.click()
    assert agent.asked == [("proposals", "play-song")]
    texts = [check.text() for check in box.proposals.checks]
    assert "could you play {song}" in texts
    assert "play {song}" not in texts
    assert not any(check.isChecked() for check in box.proposals.checks)
    assert not box.proposals.add.isEnabled()


def test_what_is_ticked_and_typed_is_added(window: LibraryView, agent: FakeAgent, qtbot: QtBot) -> None:
    box = window.review.phrases
    box.more.click()
    box.proposals.checks[0].setChecked(True)
    assert box.proposals.add.text() == "Add"
    box.proposals.own.setText(" spin {song} ")
    assert box.proposals.add.text() == "Add 2"
    qtbot.mouseClick(box.proposals.add, Qt.MouseButton.LeftButton)
    assert agent.asked[1:] == [
        ("add_phrase", "play-song", "could you play {song}"),
        ("add_phrase", "play-song", "spin {song}"),
    ]
    assert not box.proposals.isVisible()
    qtbot.waitUntil(lambda: window.review.macro is not None and len(window.review.macro.phrases) == 5)


def test_a_wording_that_cannot_be_is_told(window: LibraryView, agent: FakeAgent) -> None:
    window.review.phrases.more.click()
    window.review.phrases.proposals.own.setText("play {album}")
    window.review.phrases.proposals.add.click()
    assert "album" in window.notice.text
    assert len(agent.library.macro("play-song").phrases) == 3


def test_another_macro_folds_them(window: LibraryView) -> None:
    window.review.phrases.more.click()
    window.macros.choose("pause")
    assert not window.review.phrases.proposals.isVisible()
    assert window.review.phrases.more.isVisible()


def test_they_are_offered_for_what_was_just_learned(window: LibraryView, agent: FakeAgent) -> None:
    window.macros.choose("play-song")
    window.propose("play-song")
    assert window.review.phrases.proposals.isVisible()
    window.propose("pause")
    assert agent.asked == [("proposals", "play-song")]


def test_a_macro_that_is_gone_has_none(window: LibraryView, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(macro_id: str) -> tuple[str, ...]:
        raise UnknownMacro(macro_id, [])

    monkeypatch.setattr(agent, "proposals", gone)
    window.review.phrases.more.click()
    assert "play-song" in window.notice.text
    assert not window.review.phrases.proposals.isVisible()


def test_warnings_stand_by_the_phrases(qtbot: QtBot) -> None:
    box = PhrasesBox()
    qtbot.addWidget(box)
    box.show_macro(play_macro())
    box.show()
    box.show_voice((), ())
    assert not box._known.isVisible()
    box.show_voice(("“play”, demonstration", "“play”, confirmed"), ("it is near the phrase of “Pause”",))

    def shown() -> list[str]:
        return [label.text() for label in box.findChildren(QLabel) if label.isVisible()]

    qtbot.waitUntil(lambda: "It is near the phrase of “Pause”." in shown())
    assert "Encore has heard you say it 2 times, and learns more each time it works." in shown()
    box.show_voice(("“play”, demonstration", "“play”, confirmed"), ())
    qtbot.waitUntil(lambda: "It is near the phrase of “Pause”." not in shown())


def test_learned_offers_wordings_in_the_whole_window(agent: FakeAgent, qtbot: QtBot) -> None:
    from encore_gui.app import Desk
    from encore_gui.preferences import Preferences

    desk = Desk(agent, Preferences(agent.library.root / "window.ini"))
    for widget in (desk.window, desk.panel):
        qtbot.addWidget(widget)
    agent.tell(Learned("play-song", "Play a song", ("play {song}",), 3))
    qtbot.waitUntil(lambda: ("proposals", "play-song") in agent.asked)
    desk.close()


def test_the_other_wordings_stay_in_view(window: LibraryView) -> None:
    box = window.review.phrases
    box.more.setFocus()
    box.more.click()
    assert window.focusWidget() is box.proposals.checks[0]
