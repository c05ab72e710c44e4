"""The page of settings, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from encore_agent.settings import Settings
from encore_gui.bridge import Bridge
from encore_gui.hearing_commands import SYSTEM_MICROPHONE, HearingCommands
from encore_gui.preferences import KEEP_REJECTED_AUDIO, LISTEN_AT_START, Preferences
from encore_gui.settings_view import SettingsView
from encore_gui.state import AgentState
from tests.gui_sample import FakeAgent


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "window.ini")


def view_over(agent: FakeAgent, preferences: Preferences, qtbot: QtBot) -> tuple[SettingsView, Bridge]:
    bridge = Bridge(agent.subscribe)
    state = AgentState(agent, bridge, bridge)
    view = SettingsView(agent, state, HearingCommands(agent, state, bridge), preferences)
    qtbot.addWidget(view)
    view.show()
    return view, bridge


@pytest.fixture
def view(agent: FakeAgent, preferences: Preferences, qtbot: QtBot) -> Iterator[SettingsView]:
    view, bridge = view_over(agent, preferences, qtbot)
    yield view
    bridge.close()


def test_the_mode_is_the_agents(view: SettingsView, agent: FakeAgent) -> None:
    assert view.modes["hands_free"].isChecked()
    view.modes["push_to_talk"].click()
    assert agent.asked == [("set_mode", "push_to_talk")]


def test_the_wake_phrase_is_learned_before_it_is_waited_for(view: SettingsView, agent: FakeAgent, qtbot: QtBot) -> None:
    view.modes["wake"].click()
    assert agent.asked == []
    assert view.modes["hands_free"].isChecked()
    agent.wake_phrase = "hey encore"
    view.follow()
    assert "“hey encore”" in view._wake.text()
    view.modes["wake"].click()
    assert agent.asked == [("set_mode", "wake")]
    view.forget_wake.click()
    assert agent.asked[-1] == ("forget_wake",)
    assert not view.forget_wake.isVisible()


def test_microphones_follow_the_devices(view: SettingsView, agent: FakeAgent, qtbot: QtBot) -> None:
    assert view.microphones.count() == 3
    view.microphones.setCurrentIndex(2)
    view.microphones.activated.emit(2)
    assert agent.asked == [("set_microphone", "USB headset")]
    agent.plugged = ["Built-in microphone"]
    view._devices.setInterval(10)
    qtbot.waitUntil(lambda: view.microphones.currentText() == "USB headset (not connected)")
    agent.set_microphone(None)
    qtbot.waitUntil(lambda: view.microphones.currentText() == SYSTEM_MICROPHONE)


def test_without_a_sound_library_the_page_still_opens(
    agent: FakeAgent, preferences: Preferences, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> list[str]:
        raise OSError("PortAudio library not found")

    monkeypatch.setattr(agent, "microphones", none)
    view, bridge = view_over(agent, preferences, qtbot)
    assert view.microphones.currentText() == SYSTEM_MICROPHONE
    bridge.close()


def test_switches_of_page_and_tray_are_the_same(view: SettingsView, preferences: Preferences) -> None:
    (check,) = (c for c in view.findChildren(QCheckBox) if c.text() == LISTEN_AT_START.text)
    check.setChecked(True)
    assert preferences[LISTEN_AT_START]
    preferences.set(LISTEN_AT_START, False)
    assert not check.isChecked()


def test_rejected_sound_is_kept_only_where_it_was_turned_on(
    view: SettingsView, agent: FakeAgent, preferences: Preferences
) -> None:
    (check,) = (c for c in view.findChildren(QCheckBox) if c.text() == KEEP_REJECTED_AUDIO.text)
    assert not check.isChecked()
    assert not preferences.applied_to(agent.settings).keep_rejected_audio
    check.setChecked(True)
    assert preferences.applied_to(agent.settings).keep_rejected_audio


def test_an_english_whisper_has_no_language_to_choose(view: SettingsView) -> None:
    assert not view.languages.isEnabled()


def test_the_language_is_kept_for_the_next_start(
    agent: FakeAgent, preferences: Preferences, tmp_path: Path, qtbot: QtBot
) -> None:
    agent.settings = replace(agent.settings, whisper="base")
    view, bridge = view_over(agent, preferences, qtbot)
    assert view.languages.isEnabled()
    index = view.languages.findData("de")
    view.languages.setCurrentIndex(index)
    view.languages.activated.emit(index)
    preferences._settings.sync()
    again = Preferences(tmp_path / "window.ini")
    settings = Settings(tmp_path, tmp_path)
    assert again.applied_to(settings).language == "de"
    assert again.applied_to(replace(settings, language="fr")).language == "fr"
    bridge.close()
