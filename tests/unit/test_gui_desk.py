"""Tray, record panel, notices, preferences and the guard against a second start, joined as the app joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from encore_agent.errors import UnusableLibrary
from encore_agent.hotkey import RECORD, STOP, Hotkey, HotkeyTaken
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Command,
    EpisodeStarted,
    Finished,
    Halted,
    Learned,
    Progress,
    RecordingStopped,
    Rejected,
    Trouble,
)
from encore_gui.app import NO_TRAY, Desk
from encore_gui.instance import SingleInstance
from encore_gui.notices import Notice, notice_of
from encore_gui.preferences import LISTEN_AT_START, TELL_REJECTED, Preferences
from encore_gui.state import Activity
from tests.gui_sample import FakeAgent

LEARNED = Learned("pause", "Pause the music", ("pause the music", "be quiet"), 1, ("Check step 1.",))


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "window.ini")


@pytest.fixture
def desk(agent: FakeAgent, preferences: Preferences, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """With a tray, which `offscreen` has none of."""
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))
    desk = Desk(agent, preferences)
    qtbot.addWidget(desk.window)
    qtbot.addWidget(desk.panel)
    yield desk
    desk.close()


@pytest.fixture
def notices(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[Notice]:
    told: list[Notice] = []
    monkeypatch.setattr(desk.tray, "tell", told.append)
    return told


def actions(desk: Desk) -> dict[str, QAction]:
    return {action.text(): action for action in desk.tray.menu.actions() if action.isVisible() and action.text()}


class TestNotices:
    @pytest.mark.parametrize(
        ("event", "notice"),
        [
            (
                LEARNED,
                Notice(
                    "Learned Pause the music", "Say “pause the music” or “be quiet”.\nCheck step 1.", "good", "pause"
                ),
            ),
            (Rejected("pay the bill", "no macro has words like these"), None),
            (Halted("e", 1, "not there"), Notice("Halted at step 2", "Not there.", "warning", "ran")),
            (Trouble("no microphone!"), Notice("Encore has a problem", "No microphone!", "danger")),
            (Finished("e", "MPRIS: Help! is Playing", 1.0), None),
            (Accepted("play help", Command("play-song", {}, 1.0), 1.0), None),
        ],
    )
    def test_what_is_told(self, event: AgentEvent, notice: Notice | None) -> None:
        assert notice_of(event, "ran") == notice

    def test_done_but_not_verified_says_so(self) -> None:
        notice = notice_of(Finished("e", None, 1.0), "ran")
        assert notice is not None
        assert notice.title == "Done, not verified"


class TestTray:
    def test_the_menu_follows_what_the_agent_does(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        assert list(actions(desk)) == [
            "Record a demonstration",
            "Listen for commands",
            "How to listen",
            "Replay",
            "Open Encore",
            "Settings",
            "Quit Encore",
        ]
        assert actions(desk)["Record a demonstration"].shortcut().toString() == "Ctrl+Alt+R"
        actions(desk)["Record a demonstration"].trigger()
        qtbot.waitUntil(lambda: desk.state.activity is Activity.RECORDING)
        assert {"Stop recording", "Pause recording"} <= set(actions(desk))
        assert not desk.commands.listen.isEnabled()
        agent.stop_recording()
        agent.running = True
        agent.tell(EpisodeStarted("e1", "pause", {}))
        qtbot.waitUntil(lambda: "Stop the macro" in actions(desk))
        actions(desk)["Stop the macro"].trigger()
        assert agent.asked[-1] == ("stop_episode",)

    def test_listening_is_checked_when_the_agent_says_so(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        actions(desk)["Listen for commands"].trigger()
        qtbot.waitUntil(lambda: desk.state.activity is Activity.LISTENING)
        assert desk.commands.listen.isChecked()

    def test_listening_that_fails_is_not_checked(
        self, desk: Desk, agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(agent, "set_listening", lambda on: None)
        desk.commands.listen.trigger()
        assert not desk.commands.listen.isChecked()

    def test_recent_macros_are_those_that_ran_then_the_newest(self, desk: Desk, agent: FakeAgent) -> None:
        names = [action.text() for action in desk.tray._recent.actions()]
        assert names == [
            "Play a song …",
            "Put the song that plays into a playlist whose name is rather long …",
            "Pause the music",
        ]

    def test_replaying_from_the_tray(self, desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
        with_slot, _, without = desk.tray._recent.actions()
        without.trigger()
        qtbot.waitUntil(lambda: agent.asked == [("run", "pause", {})])
        with_slot.trigger()
        assert desk.window.isVisible()
        assert desk.window.macros.current == "play-song"

    def test_switches_are_kept(self, desk: Desk, preferences: Preferences, tmp_path: Path) -> None:
        (settings,) = (a.menu() for a in desk.tray.menu.actions() if a.text() == "Settings")
        (switch,) = (a for a in settings.actions() if a.text() == TELL_REJECTED.text)
        assert switch.isChecked()
        switch.trigger()
        assert not preferences[TELL_REJECTED]
        preferences._settings.sync()
        assert not Preferences(tmp_path / "window.ini")[TELL_REJECTED]

    def test_a_click_on_a_notice_opens_what_it_is_about(self, desk: Desk, qtbot: QtBot) -> None:
        desk.tray.notice_clicked.emit(Notice("Learned", "", macro_id="pause"))
        assert desk.window.macros.current == "pause"
        assert desk.window.isVisible()
        desk.tray.notice_clicked.emit(Notice("Heard", ""))
        assert desk.window.tabs.currentWidget() is desk.window.history

    def test_without_a_tray_the_window_opens_and_says_so_until_one_appears(
        self, agent: FakeAgent, preferences: Preferences, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = [False]
        monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: there[0]))
        desk = Desk(agent, preferences)
        qtbot.addWidget(desk.window)
        qtbot.addWidget(desk.panel)
        desk.tray._watch.setInterval(10)
        desk.start(show_window=False)
        assert desk.window.isVisible()
        assert desk.window.notice.text == NO_TRAY
        assert QApplication.quitOnLastWindowClosed()
        desk.tell(Notice("Heard “x”", "No."))
        assert desk.window.notice.text == "Heard “x”. No."
        there[0] = True
        qtbot.waitUntil(lambda: not QApplication.quitOnLastWindowClosed())
        assert desk.window.notice.text == ""
        desk.close()

    def test_with_a_tray_only_the_tray_comes_up(self, desk: Desk, agent: FakeAgent) -> None:
        desk.start(show_window=False)
        assert not desk.window.isVisible()
        assert desk.tray.icon.isVisible()
        assert ("set_listening", True) not in agent.asked

    def test_listening_at_start_is_opt_in(self, desk: Desk, agent: FakeAgent, preferences: Preferences) -> None:
        preferences.set(LISTEN_AT_START, True)
        desk.start(show_window=False)
        assert agent.asked == [("set_listening", True)]


class TestRecordPanel:
    def test_it_comes_with_the_recording_and_goes_with_the_macro(
        self, desk: Desk, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        assert not desk.panel.isVisible()
        desk.commands.toggle_recording()
        agent.recording_seconds = 75.0
        qtbot.waitUntil(lambda: desk.panel.isVisible() and desk.panel.time_text == "1:15")
        desk.panel.pause.click()
        qtbot.waitUntil(lambda: desk.panel.pause.text() == "Go on")
        assert agent.asked[-1] == ("pause_recording", True)
        desk.panel.stop.click()
        assert agent.asked[-1] == ("stop_recording",)
        assert desk.panel.time_text == "Learning"
        assert not desk.panel.stop.isVisible()
        agent.tell(RecordingStopped("d9", Path()), Progress("reading the texts", 0.25))
        qtbot.waitUntil(lambda: desk.panel._learning.value() == 25)
        agent.tell(LEARNED)
        qtbot.waitUntil(lambda: not desk.panel.isVisible())

    def test_it_does_not_take_the_keyboard(self, desk: Desk) -> None:
        from PySide6.QtCore import Qt

        assert desk.panel.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
        assert desk.panel.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)

    def test_an_open_window_steps_aside_and_comes_back_with_the_macro(
        self, desk: Desk, agent: FakeAgent, notices: list[Notice], qtbot: QtBot
    ) -> None:
        desk.start(show_window=True)
        desk.commands.toggle_recording()
        qtbot.waitUntil(desk.window.isMinimized)
        desk.commands.toggle_recording()
        agent.tell(RecordingStopped("d9", Path()))
        agent.tell(LEARNED)
        qtbot.waitUntil(lambda: not desk.window.isMinimized())
        assert desk.window.macros.current == "pause"

    def test_a_hidden_window_stays_hidden(
        self, desk: Desk, agent: FakeAgent, notices: list[Notice], qtbot: QtBot
    ) -> None:
        desk.commands.toggle_recording()
        desk.commands.toggle_recording()
        agent.tell(RecordingStopped("d9", Path()), LEARNED)
        qtbot.waitUntil(lambda: len(notices) == 1)
        assert not desk.window.isVisible()


class FakeHotkeys:
    def __init__(self, taken: Hotkey | None = None) -> None:
        self.pressed: dict[Hotkey, Callable[[], None]] = {}
        self._taken = taken

    def grab(self, hotkey: Hotkey, pressed: Callable[[], None], released: Callable[[], None] | None = None) -> None:
        if hotkey == self._taken:
            raise HotkeyTaken(hotkey)
        self.pressed[hotkey] = pressed

    def close(self) -> None:
        pass

    def __enter__(self) -> FakeHotkeys:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_hotkeys_record_and_stop(desk: Desk, agent: FakeAgent, qtbot: QtBot) -> None:
    hotkeys = FakeHotkeys()
    desk.grab(hotkeys)
    hotkeys.pressed[STOP]()
    assert agent.asked == [("stop_episode",)]
    hotkeys.pressed[RECORD]()
    qtbot.waitUntil(lambda: agent.recording)


def test_a_hotkey_that_is_not_free_is_told_and_the_others_work(desk: Desk, notices: list[Notice]) -> None:
    hotkeys = FakeHotkeys(taken=RECORD)
    desk.grab(hotkeys)
    assert [notice.text for notice in notices] == [str(HotkeyTaken(RECORD))]
    assert STOP in hotkeys.pressed


def test_the_windows_place_is_kept(desk: Desk, preferences: Preferences) -> None:
    desk.window.resize(900, 600)
    desk.close()
    assert preferences.window_place == desk.window.saveGeometry()


class TestSingleInstance:
    @pytest.fixture
    def runtime(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "run"
        folder.mkdir(mode=0o700)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))

    @pytest.mark.usefixtures("runtime")
    def test_a_second_start_raises_the_first(self, tmp_path: Path, qtbot: QtBot) -> None:
        first, second = SingleInstance(tmp_path / "lib"), SingleInstance(tmp_path / "lib")
        assert first.acquire()
        assert not second.acquire()
        with qtbot.waitSignal(first.raise_requested):
            assert second.raise_other()
        first.close()
        assert second.acquire()
        second.close()

    @pytest.mark.usefixtures("runtime")
    def test_another_library_is_another_encore(self, tmp_path: Path, qtbot: QtBot) -> None:
        first, second = SingleInstance(tmp_path / "a"), SingleInstance(tmp_path / "b")
        assert first.acquire()
        assert second.acquire()
        first.close()
        second.close()

    @pytest.mark.usefixtures("runtime")
    def test_one_that_does_not_answer_is_told(self, tmp_path: Path, qtbot: QtBot) -> None:
        assert not SingleInstance(tmp_path / "lib").raise_other()

    @pytest.mark.usefixtures("runtime")
    def test_a_folder_that_takes_no_lock_is_not_taken_for_another_encore(self, tmp_path: Path, qtbot: QtBot) -> None:
        instance = SingleInstance(tmp_path / "lib")
        (tmp_path / "lib").rmdir()
        with pytest.raises(UnusableLibrary, match="no lock can be made in it"):
            instance.acquire()
