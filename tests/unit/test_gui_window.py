"""The review window: what it shows of a library, and what it asks of the agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QScreen
from PySide6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from encore_agent.library import Library
from encore_agent.messages import EpisodeStarted, Finished, LibraryChanged, StepStarted
from encore_gui.bridge import Bridge
from encore_gui.commands import Commands
from encore_gui.hearing_commands import HearingCommands
from encore_gui.library_view import LibraryView
from encore_gui.picture_dialog import PictureDialog
from encore_gui.preferences import Preferences
from encore_gui.replay_box import ReplayBox
from encore_gui.state import AgentState
from tests.gui_sample import FakeAgent, add, pause_macro, play_macro


def window_over(agent: FakeAgent, qtbot: QtBot) -> tuple[LibraryView, Bridge]:
    bridge = Bridge(agent.subscribe)
    state = AgentState(agent, bridge, bridge)
    hearing = HearingCommands(agent, state, bridge)
    preferences = Preferences(agent.library.root / "window.ini")
    window = LibraryView(agent, bridge, state, Commands(agent, state, bridge), hearing, preferences)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    return window, bridge


@pytest.fixture
def window(agent: FakeAgent, qtbot: QtBot) -> Iterator[LibraryView]:
    window, bridge = window_over(agent, qtbot)
    yield window
    bridge.close()


@pytest.mark.parametrize(
    ("screen", "size"), [((1920, 1080), (1040, 740)), ((853, 500), (837, 460)), ((700, 400), (684, 360))]
)
def test_the_person_sees_all_of_the_window(
    agent: FakeAgent, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, screen: tuple[int, int], size: tuple[int, int]
) -> None:
    monkeypatch.setattr(QScreen, "availableGeometry", lambda _: QRect(0, 0, *screen))
    window, bridge = window_over(agent, qtbot)
    assert (window.width(), window.height()) == size
    bridge.close()


def sentences(window: LibraryView) -> list[str]:
    return [card._sentence.plain for card in window.review.cards]


def badges(window: LibraryView) -> list[str]:
    return [card._badge.accessibleName() for card in window.review.cards]


def texts(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if not label.isHidden())


class TestReview:
    def test_the_first_macro_is_shown_with_phrases_slots_and_steps(self, window: LibraryView) -> None:
        assert window.review.name.text() == "Play a song"
        assert sentences(window) == [
            "Click the field “What do you want to play?”",
            "Type {song}",
            "Double-click the row {song}",
        ]
        shown = texts(window.review)
        assert "Yesterday" in shown
        assert "and 4 more" in shown
        assert "put on" in shown

    def test_choosing_another_macro_shows_it(self, window: LibraryView) -> None:
        window.macros.choose("pause")
        assert window.review.name.text() == "Pause the music"
        assert len(window.review.cards) == 1
        assert not window.review._slots_heading.isVisible()

    def test_a_target_is_also_what_its_program_calls_it(self, window: LibraryView) -> None:
        window.macros.choose("pause")
        shown = texts(window.review.cards[0])
        assert "in Player · the program calls it push button “Pause” · 1 look-alike on that screen" in shown

    def test_a_macro_changed_on_disk_is_shown_anew_and_stays_chosen(
        self, window: LibraryView, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        window.macros.choose("pause")
        agent.library.rename("pause", "Silence")
        agent.tell(LibraryChanged())
        qtbot.waitUntil(lambda: window.review.name.text() == "Silence")
        assert window.macros.current == "pause"

    def test_a_broken_macro_is_counted_and_does_not_hide_the_others(
        self, window: LibraryView, agent: FakeAgent
    ) -> None:
        (agent.library.folder("pause") / "macro.json").write_text("{")
        window.reload()
        assert window.macros.list.count() == 2
        assert "1 macro cannot be read" in window.macros._broken.text()
        assert "damaged" in window.macros._broken.toolTip()

    def test_a_click_and_enter_show_a_picture_large(self, window: LibraryView, qtbot: QtBot) -> None:
        picture = window.review.cards[2]._picture
        qtbot.keyClick(picture, Qt.Key.Key_Return)
        dialog = window.findChild(PictureDialog)
        assert dialog is not None
        assert dialog.index == 2
        qtbot.keyClick(dialog, Qt.Key.Key_Left)
        qtbot.keyClick(dialog, Qt.Key.Key_Left)
        qtbot.keyClick(dialog, Qt.Key.Key_Left)
        assert dialog.index == 0
        assert dialog.windowTitle() == "Picture 1 of 3"
        dialog.close()


class TestRenaming:
    def test_enter_renames(self, window: LibraryView, agent: FakeAgent, qtbot: QtBot) -> None:
        window.review.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        window.review.name.setText("  Play music ")
        qtbot.keyClick(window.review.name, Qt.Key.Key_Return)
        assert agent.asked == [("rename", "play-song", "Play music")]
        qtbot.waitUntil(lambda: window.macros.list.item(0).text() == "Play music")
        assert agent.library.macro("play-song").name == "Play music"

    def test_esc_and_nothing_at_all_keep_the_name(self, window: LibraryView, agent: FakeAgent, qtbot: QtBot) -> None:
        name = window.review.name
        name.setText("Other")
        qtbot.keyClick(name, Qt.Key.Key_Escape)
        assert name.text() == "Play a song"
        name.setText("   ")
        qtbot.keyClick(name, Qt.Key.Key_Return)
        assert name.text() == "Play a song"
        assert agent.asked == []

    def test_a_name_half_written_is_not_given_to_the_macro_chosen_next(
        self, window: LibraryView, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        window.activateWindow()
        window.review.name.setFocus()
        qtbot.waitUntil(window.review.name.hasFocus)
        window.review.name.setText("Half")
        window.macros.list.setFocus()
        window.macros.choose("pause")
        assert agent.asked == [("rename", "play-song", "Half")]
        assert agent.library.macro("pause").name == "Pause the music"


class TestDeleting:
    def answer(self, window: LibraryView, qtbot: QtBot, text: str) -> None:
        box = window.findChild(QMessageBox)
        assert box is not None
        (button,) = (b for b in box.findChildren(QAbstractButton) if b.text().replace("&", "") == text)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def test_it_asks_and_moves_the_macro_to_the_trash(
        self, window: LibraryView, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        window.ask_to_delete("play-song")
        assert agent.asked == []
        self.answer(window, qtbot, "Delete")
        assert agent.asked == [("delete", "play-song")]
        qtbot.waitUntil(lambda: window.macros.list.count() == 2)
        assert window.review.name.text() == "Pause the music"
        assert [folder.name.startswith("play-song") for folder in agent.library.trash_folder.iterdir()] == [True]

    def test_cancel_keeps_it(self, window: LibraryView, agent: FakeAgent, qtbot: QtBot) -> None:
        window.ask_to_delete("play-song")
        self.answer(window, qtbot, "Cancel")
        assert agent.asked == []

    def test_after_the_last_one_the_empty_page_tells_how_to_record(
        self, window: LibraryView, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        for macro in agent.library.macros():
            agent.delete(macro.id)
        qtbot.waitUntil(lambda: window.pages.currentIndex() == 1)
        shown = texts(window.pages.currentWidget())
        assert "Record your first macro" in shown
        assert "Ctrl+Alt+R" in shown


class TestReplay:
    def run_button(self, box: ReplayBox) -> QPushButton:
        return box._run

    def fill(self, window: LibraryView, text: str) -> None:
        window.review.replay._fields["song"].setCurrentText(text)

    def test_run_waits_for_every_value(self, window: LibraryView) -> None:
        assert not window.review.replay._run.isEnabled()
        self.fill(window, "   ")
        assert not window.review.replay._run.isEnabled()
        self.fill(window, " Help! ")
        assert window.review.replay._run.isEnabled()
        assert window.review.replay.values == {"song": "Help!"}

    def test_the_window_steps_aside_where_it_covers_the_program(
        self, window: LibraryView, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        window.move(100, 100)
        self.fill(window, "Help!")
        qtbot.mouseClick(window.review.replay._run, Qt.MouseButton.LeftButton)
        assert window.isMinimized()
        qtbot.waitUntil(lambda: agent.asked == [("run", "play-song", {"song": "Help!"})])
        window.come_back()
        assert not window.isMinimized()

    def test_it_stays_where_it_covers_nothing(self, window: LibraryView, agent: FakeAgent, qtbot: QtBot) -> None:
        window.move(1400, 900)
        self.fill(window, "Help!")
        qtbot.mouseClick(window.review.replay._run, Qt.MouseButton.LeftButton)
        assert agent.asked == [("run", "play-song", {"song": "Help!"})]
        assert not window.isMinimized()

    def test_steps_tick_while_it_runs(self, window: LibraryView, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.running = True
        agent.tell(EpisodeStarted("e1", "play-song", {"song": "Help!"}), StepStarted("e1", 0, "Click the field"))
        qtbot.waitUntil(lambda: badges(window) == ["Step 1, now", "Step 2, waiting", "Step 3, waiting"])
        assert window.review.replay._stop.isVisible()
        assert not window.review.replay._run.isVisible()
        qtbot.mouseClick(window.review.replay._stop, Qt.MouseButton.LeftButton)
        assert agent.asked == [("stop_episode",)]

    def test_a_verified_run(self, window: LibraryView, agent: FakeAgent, qtbot: QtBot) -> None:
        agent.play_out(halt=False)
        qtbot.waitUntil(lambda: "verified by MPRIS" in window.review.replay.banner.text)
        assert badges(window) == ["Step 1, done", "Step 2, done", "Step 3, done"]
        assert "row text equal, looks 0.93 · 220 ms" in texts(window.review.cards[2])
        assert window.review.replay.banner.property("tone") == "good"

    def test_a_halted_run_tells_where_and_why_and_shows_the_picture(
        self, window: LibraryView, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        agent.play_out(halt=True)
        qtbot.waitUntil(lambda: badges(window) == ["Step 1, done", "Step 2, done", "Step 3, halted"])
        banner = window.review.replay.banner
        assert banner.text == "Halted at step 3: no row on the screen reads like it; nearest: “Yesterday”"
        assert "no row on the screen" in texts(window.review.cards[2])
        qtbot.mouseClick(banner._button, Qt.MouseButton.LeftButton)
        dialog = window.findChild(PictureDialog)
        assert dialog is not None
        assert not dialog._canvas._image.isNull()
        dialog.close()

    def test_an_unverified_run_does_not_claim_success(
        self, window: LibraryView, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        agent.tell(EpisodeStarted("e1", "play-song", {}), Finished("e1", None, 900.0))
        qtbot.waitUntil(lambda: "not verified" in window.review.replay.banner.text)
        assert window.review.replay.banner.property("tone") == ""

    def test_another_macros_run_keeps_this_one_from_starting(
        self, window: LibraryView, agent: FakeAgent, qtbot: QtBot
    ) -> None:
        self.fill(window, "Help!")
        agent.running = True
        agent.tell(EpisodeStarted("e2", "pause", {}))
        qtbot.waitUntil(lambda: not window.review.replay._run.isEnabled())
        assert badges(window)[0] == "Step 1, waiting"
        window.macros.choose("pause")
        assert window.review.replay._stop.isVisible()
        agent.tell(Finished("e2", None, 10.0))
        window.macros.choose("play-song")
        self.fill(window, "Help!")
        qtbot.waitUntil(window.review.replay._run.isEnabled)


class TestRuns:
    def test_newest_first(self, window: LibraryView) -> None:
        window.tabs.setCurrentWidget(window.history)
        runs = window.history.runs
        assert runs.item(0, 3).text().startswith("halted: Double-click the row “Yellow Submarine”")
        assert runs.item(1, 3).text() == "verified: MPRIS: Let It Be is Playing"

    def test_a_run_shows_its_pictures(self, window: LibraryView) -> None:
        window.tabs.setCurrentWidget(window.history)
        window.history.runs.itemActivated.emit(window.history.runs.item(0, 0))
        dialog = window.findChild(PictureDialog)
        assert dialog is not None
        assert dialog._caption.plain.startswith("Halted: ")
        dialog.close()


def test_an_empty_library_opens_on_how_to_begin(tmp_path: Path, qtbot: QtBot) -> None:
    agent = FakeAgent(Library(tmp_path / "empty"))
    window, bridge = window_over(agent, qtbot)
    assert window.pages.currentIndex() == 1
    add(agent.library, play_macro())
    agent.tell(LibraryChanged())
    qtbot.waitUntil(lambda: window.pages.currentIndex() == 0)
    assert window.review.name.text() == "Play a song"
    bridge.close()
    agent.close()


def test_whatever_takes_the_keyboard_has_a_name(window: LibraryView) -> None:
    """A screen reader says the accessible name, the text or the label's buddy; every widget needs one of them."""
    buddies = {label.buddy() for label in window.findChildren(QLabel)}
    named = [
        widget
        for widget in window.findChildren(QAbstractButton)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget not in buddies
    ]
    nameless = [w for w in named if not (w.accessibleName() or w.text()) and w.isVisible()]
    assert nameless == []


def test_a_markup_name_stays_plain(tmp_path: Path, qtbot: QtBot) -> None:
    agent = FakeAgent(Library(tmp_path / "markup"))
    macro = pause_macro()
    add(agent.library, macro)
    agent.library.rename("pause", "<b>bold</b> & {x}")
    window, bridge = window_over(agent, qtbot)
    assert window.macros.list.item(0).text() == "<b>bold</b> & {x}"
    assert window.review.name.text() == "<b>bold</b> & {x}"
    bridge.close()
    agent.close()
