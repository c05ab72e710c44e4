"""How Encore listens, in tray and window; what it heard, in the bubble; what it asks, in the prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from encore_agent.hotkey import Hotkey, HotkeyTaken
from encore_agent.messages import (
    Accepted,
    Asked,
    Clicked,
    Command,
    EpisodeStarted,
    Finished,
    Halted,
    Learned,
    ListeningChanged,
    Rejected,
    StepStarted,
)
from encore_gui.app import Desk
from encore_gui.ask_prompt import answer_key
from encore_gui.heard_bubble import Heard, heard_of
from encore_gui.hearing_commands import SYSTEM_MICROPHONE
from encore_gui.preferences import TELL_HEARD, TELL_REJECTED, Preferences
from encore_gui.state import Activity
from encore_gui.wake_dialog import WakeDialog
from encore_recorder.errors import NoDisplay
from encore_recorder.geometry import Rect
from tests.gui_sample import FakeAgent

REJECTED = Rejected("pay the bill", "no macro has words like these", Command("play-song", {}, 0.6), heard_id=7)
ACCEPTED = Accepted("play help", Command("play-song", {"song": "Help!"}, 1.0), 200.0, heard_id=8)
ASKED = Asked(
    "paws it",
    "it was not clear",
    (Command("pause", {}, 0.6), Command("play-song", {"song": "Pause"}, 0.4)),
    heard_id=9,
)
SURE_ENOUGH = Asked("pause", "it cannot be undone", (Command("pause", {}, 0.9),), seconds=0.4, heard_id=10)


class FakeKeys:
    """Global hotkeys that a test presses."""

    def __init__(self, taken: Hotkey | None = None) -> None:
        self.held: dict[Hotkey, tuple[Callable[[], None], Callable[[], None] | None]] = {}
        self.opened = 0
        self._taken = taken

    def open(self) -> FakeKeys:
        self.opened += 1
        return self

    def grab(self, hotkey: Hotkey, pressed: Callable[[], None], released: Callable[[], None] | None = None) -> None:
        if hotkey == self._taken:
            raise HotkeyTaken(hotkey)
        self.held[hotkey] = pressed, released

    def close(self) -> None:
        self.held.clear()

    def __enter__(self) -> FakeKeys:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture
def keys() -> FakeKeys:
    return FakeKeys()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "window.ini")


@pytest.fixture
def desk(
    agent: FakeAgent, preferences: Preferences, keys: FakeKeys, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))
    desk = Desk(agent, preferences, keys.open)
    for widget in (desk.window, desk.panel, desk.prompt, desk.heard.bubble):
        qtbot.addWidget(widget)
    yield desk
    desk.close()


def submenu(menu: QMenu, text: str) -> QMenu:
    found = next(action.menu() for action in menu.actions() if action.text() == text)
    assert isinstance(found, QMenu)
    return found


class TestHowToListen:
    def test_tray_and_window_follow_the_mode(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        menu = submenu(desk.tray.menu, "How to listen")
        (talk,) = (action for action in menu.actions() if action.text() == "Push to talk")
        talk.trigger()
        assert agent.asked == [("set_mode", "push_to_talk")]
        qtbot.waitUntil(lambda: desk.window.header.mode.text().strip() == "Push to talk")
        assert desk.window.settings.modes["push_to_talk"].isChecked()

    def test_the_microphones_are_those_of_the_moment(self, desk: Desk, agent: FakeAgent) -> None:
        menu = submenu(submenu(desk.tray.menu, "How to listen"), "Microphone")
        menu.aboutToShow.emit()
        assert [action.text() for action in menu.actions()] == [SYSTEM_MICROPHONE, *agent.plugged]
        menu.actions()[2].trigger()
        assert agent.asked == [("set_microphone", "USB headset")]
        agent.plugged.remove("USB headset")
        menu.aboutToShow.emit()
        (chosen,) = (action for action in menu.actions() if action.isChecked())
        assert chosen.text() == "USB headset (not connected)"

    def test_muted_shows_and_the_level_is_silent(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        desk.window.show()
        agent.listening_level = 0.5
        agent.set_listening(True)
        qtbot.waitUntil(lambda: desk.window.header.meter.lit > 3)
        desk.window.header.mute.click()
        assert agent.asked[-1] == ("mute", True)
        qtbot.waitUntil(lambda: desk.window.header.doing.text() == "Muted")
        assert desk.state.activity is Activity.MUTED
        assert "muted" in desk.tray.icon.toolTip()
        qtbot.waitUntil(lambda: desk.window.header.meter.lit == 0)
        desk.window.header.mute.click()
        assert agent.asked[-1] == ("mute", False)

    def test_the_header_says_how_to_be_heard(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.wake_phrase = "hey encore"
        agent.set_listening(True)
        qtbot.waitUntil(lambda: desk.window.header.doing.text() == "Listening")
        said = []
        for mode in ("hands_free", "push_to_talk", "wake"):
            agent.set_mode(mode)
            qtbot.waitUntil(lambda mode=mode: desk.window.settings.modes[mode].isChecked())
            said.append(desk.window.header.detail.text())
        assert said == ["Say a command", "Hold Ctrl+Alt+Space and speak", "Say “hey encore”, then a command"]

    def test_without_a_wake_phrase_it_is_asked_for_first(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        with qtbot.waitSignal(desk.hearing.wake_requested):
            desk.hearing.modes["wake"].trigger()
        assert agent.asked[-1] == ("enrol_wake",)
        dialog = desk.window.findChild(WakeDialog)
        assert dialog is not None
        dialog.reject()
        assert desk.hearing.modes["hands_free"].isChecked()


class TestTalkKey:
    TALK = Hotkey(("ctrl", "alt"), "space")

    def test_it_is_taken_only_while_it_is_listened_for(
        self, desk: Desk, agent: FakeAgent, keys: FakeKeys, qtbot: QtBot
    ) -> None:
        agent.set_mode("push_to_talk")
        qtbot.waitUntil(lambda: desk.hearing.modes["push_to_talk"].isChecked())
        assert keys.held == {}
        agent.set_listening(True)
        qtbot.waitUntil(lambda: self.TALK in keys.held)
        pressed, released = keys.held[self.TALK]
        assert released is not None
        pressed()
        released()
        assert agent.asked[-2:] == [("push_to_talk", True), ("push_to_talk", False)]
        agent.set_mode("hands_free")
        qtbot.waitUntil(lambda: keys.held == {})

    def test_a_key_that_is_not_free_is_told_once(
        self, agent: FakeAgent, preferences: Preferences, qtbot: QtBot
    ) -> None:
        keys = FakeKeys(taken=self.TALK)
        desk = Desk(agent, preferences, keys.open)
        for widget in (desk.window, desk.panel, desk.prompt, desk.heard.bubble):
            qtbot.addWidget(widget)
        told: list[str] = []
        desk.talk_key.refused.connect(told.append)
        agent.mode = "push_to_talk"
        agent.set_listening(True)
        agent.tell(ListeningChanged(True), ListeningChanged(True))
        qtbot.waitUntil(lambda: bool(told))
        qtbot.wait(20)
        assert told == [str(HotkeyTaken(self.TALK))]
        desk.close()


class TestBubble:
    def test_what_is_said_of_an_event(self) -> None:
        def meaning(macro_id: str, slots: dict[str, str]) -> str:
            return ": ".join(({"play-song": "Play a song"}[macro_id], *slots.values()))

        accepted = heard_of(ACCEPTED, meaning)
        assert accepted is not None
        assert (accepted.words, accepted.came) == ("play help", "Play a song: Help!")
        assert (accepted.correction, accepted.macro_id, accepted.heard_id) == ("This was not meant", None, 8)
        rejected = heard_of(REJECTED, meaning)
        assert rejected is not None
        assert (rejected.came, rejected.correction) == ("No macro has words like these.", "It meant “Play a song”")
        assert rejected.macro_id == "play-song"
        clicked = heard_of(Clicked("click play", "Click the button “Play”", Rect(0, 0, 1, 1), "", 1.0), meaning)
        assert clicked is not None
        assert clicked.correction == ""
        far = heard_of(replace(REJECTED, nearest=Command("play-song", {}, 0.2)), meaning)
        assert far is not None
        assert (far.correction, far.heard_id) == ("", 7)
        assert heard_of(Rejected(" ", "nobody spoke"), meaning) is None
        assert heard_of(Learned("x", "X", (), 1), meaning) is None

    def test_a_minute_of_talk_stays_small(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.tell(replace(REJECTED, text="so then we went to the sea and " * 40))
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        assert "…" in desk.heard.bubble.text
        assert desk.heard.bubble.height() < 200

    def test_it_comes_without_focus_and_goes_by_itself(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        desk.heard.bubble._timer.setInterval(30)
        agent.tell(REJECTED)
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        assert desk.heard.bubble.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
        assert desk.heard.bubble.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        qtbot.waitUntil(lambda: not desk.heard.bubble.isVisible())

    @pytest.mark.parametrize(
        ("ended", "came"),
        [
            (Finished("e", "MPRIS: Help! is Playing", 900.0), "Play a song: Help! · done"),
            (Finished("e", None, 900.0), "Play a song: Help! · done, not verified"),
            (Halted("e", 1, "not there"), "Play a song: Help!\nHalted at step 2: Not there."),
        ],
    )
    def test_it_is_never_there_while_a_macro_looks_at_the_screen(
        self, desk: Desk, agent: FakeAgent, qtbot: QtBot, ended: Finished | Halted, came: str
    ) -> None:
        agent.tell(REJECTED)
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        agent.running = True
        agent.tell(ACCEPTED, EpisodeStarted("e", "play-song", {"song": "Help!"}), StepStarted("e", 0, "Click"))
        qtbot.waitUntil(lambda: desk.state.activity is Activity.RUNNING)
        assert not desk.heard.bubble.isVisible()
        assert desk.window.header.detail.text() == "Play a song: Help!"
        assert desk.tray.icon.toolTip() == "Encore: running\nPlay a song: Help!"
        agent.tell(ended)
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        assert desk.heard.bubble.text == f"“play help”\n{came}"

    def test_a_yes_to_a_question_is_told_at_the_end_like_a_command(
        self, desk: Desk, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        agent.tell(ASKED, EpisodeStarted("e", "play-song", {"song": "Pause"}), Finished("e", None, 900.0))
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        assert desk.heard.bubble.text == "“paws it”\nPlay a song: Pause · done, not verified"
        assert desk.heard.bubble.button.text() == "This was not meant"

    def test_a_run_by_hand_is_not_put_down_to_what_was_heard_before(
        self, desk: Desk, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        agent.tell(ASKED, Rejected("paws it", "you said no", heard_id=9))
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        agent.tell(EpisodeStarted("e", "pause", {}), Finished("e", None, 1.0))
        qtbot.waitUntil(lambda: desk.state.latest is not None and desk.state.latest.outcome is not None)
        assert not desk.heard.bubble.isVisible()

    def test_one_word_of_a_halt_is_enough(
        self, desk: Desk, agent: FakeAgent, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[str] = []
        monkeypatch.setattr(desk.tray, "tell", lambda notice: told.append(notice.title))
        agent.tell(ACCEPTED, EpisodeStarted("e", "play-song", {}), Halted("e", 0, "not there"))
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        agent.tell(EpisodeStarted("e2", "pause", {}), Halted("e2", 0, "not there"))
        qtbot.waitUntil(lambda: told == ["Halted at step 1"])

    def test_a_run_that_nobody_spoke_for_shows_none(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.tell(EpisodeStarted("e", "pause", {}), Finished("e", None, 1.0))
        qtbot.waitUntil(lambda: desk.state.latest is not None and desk.state.latest.outcome is not None)
        assert not desk.heard.bubble.isVisible()

    def test_it_stays_while_the_pointer_is_on_it(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        desk.heard.bubble._timer.setInterval(40)
        agent.tell(REJECTED)
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        desk.heard.bubble.enterEvent(QEnterEvent(QPointF(), QPointF(), QPointF()))
        qtbot.wait(80)
        assert desk.heard.bubble.isVisible()
        desk.heard.bubble.leaveEvent(QEvent(QEvent.Type.Leave))
        qtbot.waitUntil(lambda: not desk.heard.bubble.isVisible())

    def test_its_button_puts_it_right(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.tell(REJECTED)
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        desk.heard.bubble.button.click()
        assert agent.asked == [("missed", 7, "play-song")]
        agent.tell(ACCEPTED, EpisodeStarted("e", "play-song", {}), Finished("e", None, 900.0))
        qtbot.waitUntil(lambda: "play help" in desk.heard.bubble.text)
        desk.heard.bubble.button.click()
        assert agent.asked[-1] == ("false_fire", 8)

    def test_a_click_beside_the_button_opens_the_heard_log_there(
        self, desk: Desk, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        entry = agent.library.heard()[2]
        agent.tell(replace(REJECTED, heard_id=entry.id))
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        qtbot.mouseClick(desk.heard.bubble, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
        assert desk.window.isVisible()
        assert desk.window.tabs.currentWidget() is desk.window.heard
        assert desk.window.heard.current == entry

    def test_both_kinds_can_be_switched_off(
        self, desk: Desk, agent: FakeAgent, preferences: Preferences, qtbot: QtBot
    ) -> None:
        preferences.set(TELL_REJECTED, False)
        agent.tell(REJECTED, ACCEPTED, EpisodeStarted("e", "play-song", {}), Finished("e", None, 900.0))
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        assert "play help" in desk.heard.bubble.text
        desk.heard.bubble.hide()
        preferences.set(TELL_HEARD, False)
        preferences.set(TELL_REJECTED, True)
        agent.tell(ACCEPTED, EpisodeStarted("e", "play-song", {}), Finished("e", None, 900.0), REJECTED)
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        assert "pay the bill" in desk.heard.bubble.text

    def test_markup_stays_plain(self, desk: Desk) -> None:
        desk.heard.bubble.show_heard(Heard("<b>x</b>", "<i>y</i>", "check", "good"))
        assert desk.heard.bubble.text == "“<b>x</b>”\n<i>y</i>"
        assert desk.heard.bubble._words.textFormat() == Qt.TextFormat.PlainText


class TestPrompt:
    def test_numbers_names_and_no_focus(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.tell(REJECTED, ASKED)
        qtbot.waitUntil(desk.prompt.isVisible)
        assert not desk.heard.bubble.isVisible()
        assert [button.text() for button in desk.prompt.choices] == [
            "1   Pause the music",
            "2   Play a song: Pause",
            "0   None of these",
        ]
        assert desk.prompt._reason.text() == "Heard “paws it”. It was not clear."
        assert desk.prompt._hint.text() == "Say the number or “none”, or press Ctrl+Alt+1 to 2 or 0."
        assert desk.prompt.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
        assert all(b.focusPolicy() == Qt.FocusPolicy.NoFocus for b in desk.prompt.choices)

    @pytest.mark.parametrize(("choice", "chosen"), [(0, ASKED.commands[0]), (1, ASKED.commands[1]), (2, None)])
    def test_a_click_answers(
        self, desk: Desk, agent: FakeAgent, qtbot: QtBot, choice: int, chosen: Command | None
    ) -> None:
        agent.tell(ASKED)
        qtbot.waitUntil(desk.prompt.isVisible)
        desk.prompt.choices[choice].click()
        assert agent.asked == [("answer", 9, chosen)]
        assert not desk.prompt.isVisible()

    def test_a_key_answers_and_the_keys_are_given_back(
        self, desk: Desk, agent: FakeAgent, keys: FakeKeys, qtbot: QtBot
    ) -> None:
        agent.tell(ASKED)
        qtbot.waitUntil(desk.prompt.isVisible)
        assert set(keys.held) == {answer_key(number) for number in (0, 1, 2)}
        keys.held[answer_key(2)][0]()
        qtbot.waitUntil(lambda: agent.asked == [("answer", 9, ASKED.commands[1])])
        assert keys.held == {}

    def test_one_choice_is_a_yes_or_no(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.tell(SURE_ENOUGH)
        qtbot.waitUntil(desk.prompt.isVisible)
        assert [button.text() for button in desk.prompt.choices] == ["1   Yes: Pause the music", "0   No"]
        assert "“yes” or “no”" in desk.prompt._hint.text()

    def test_it_goes_after_its_seconds_without_an_answer(
        self, desk: Desk, agent: FakeAgent, keys: FakeKeys, qtbot: QtBot
    ) -> None:
        agent.tell(SURE_ENOUGH)
        qtbot.waitUntil(desk.prompt.isVisible)
        qtbot.waitUntil(lambda: not desk.prompt.isVisible())
        assert keys.held == {}
        assert agent.asked == []

    @pytest.mark.parametrize(
        "event", [EpisodeStarted("e", "pause", {}), Rejected("paws it", "you said no", heard_id=9), ACCEPTED]
    )
    def test_it_goes_when_it_was_answered_by_voice(
        self, desk: Desk, agent: FakeAgent, qtbot: QtBot, event: EpisodeStarted | Rejected | Accepted
    ) -> None:
        agent.tell(ASKED)
        qtbot.waitUntil(desk.prompt.isVisible)
        agent.tell(event)
        qtbot.waitUntil(lambda: not desk.prompt.isVisible())

    def test_other_speech_leaves_the_question(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.tell(ASKED)
        qtbot.waitUntil(desk.prompt.isVisible)
        agent.tell(REJECTED)
        qtbot.waitUntil(desk.heard.bubble.isVisible)
        assert desk.prompt.isVisible()

    def test_without_keys_click_and_voice_are_left(
        self, agent: FakeAgent, preferences: Preferences, qtbot: QtBot
    ) -> None:
        def none() -> FakeKeys:
            raise NoDisplay("keys", "it is a test")

        desk = Desk(agent, preferences, none)
        for widget in (desk.window, desk.panel, desk.prompt, desk.heard.bubble):
            qtbot.addWidget(widget)
        agent.tell(ASKED)
        qtbot.waitUntil(desk.prompt.isVisible)
        assert desk.prompt._hint.text() == "Say the number or “none”."
        desk.close()

    def test_a_new_question_takes_the_place_of_the_old_one(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.tell(ASKED, SURE_ENOUGH)
        qtbot.waitUntil(lambda: len(desk.prompt.choices) == 2)
        shown = [child for child in desk.prompt.findChildren(QWidget) if child.property("role") == "choice"]
        assert len([child for child in shown if not child.isHidden()]) == 2
