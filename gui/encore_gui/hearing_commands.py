"""What a person can set about listening, as actions that tray and window share: when, with what, and mute."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from encore_agent.hotkey import Hotkey
from encore_agent.messages import Mode
from encore_gui.agent_port import Agent
from encore_gui.icons import glyph
from encore_gui.state import AgentState

MODES: dict[Mode, tuple[str, str]] = {
    "hands_free": ("Hands-free", "Everything that is said may be a command"),
    "push_to_talk": ("Push to talk", "Only what is said while the key is held may be a command"),
    "wake": ("Wake phrase", "Only what is said after the wake phrase may be a command"),
}
"""Name and meaning."""
SYSTEM_MICROPHONE = "The system's microphone"


class HearingCommands(QObject):
    """Actions whose checks follow the agent."""

    wake_requested = Signal()
    """The wake phrase was chosen, but the agent does not know one yet."""

    def __init__(self, agent: Agent, state: AgentState, parent: QObject | None = None) -> None:
        """Act on `agent`, and follow `state`."""
        super().__init__(parent)
        self._agent = agent
        self.mute = QAction(glyph("microphone-off"), "Mute", self, checkable=True)
        self.mute.setToolTip("Hear nothing until this is switched off again")
        self.mute.triggered.connect(agent.mute)
        self.modes: dict[Mode, QAction] = {}
        group = QActionGroup(self)
        for mode, (name, meaning) in MODES.items():
            action = QAction(name, group, checkable=True)
            action.setToolTip(meaning)
            action.triggered.connect(partial(self.choose_mode, mode))
            self.modes[mode] = action
        self.talk_key = str(Hotkey.parse(agent.settings.choices.talk_key))
        """To be held in push to talk, for a person."""
        state.changed.connect(self.refresh)
        self.refresh()

    def choose_mode(self, mode: Mode, *_: object) -> None:
        """Listen that way from now on; without a wake phrase, ask for one instead."""
        if mode == "wake" and self._agent.wake_phrase is None:
            self.wake_requested.emit()
        else:
            self._agent.set_mode(mode)
        self.refresh()

    def refresh(self) -> None:
        """Show what the agent does now."""
        for mode, action in self.modes.items():
            action.setChecked(mode == self._agent.mode)
        self.mute.setChecked(self._agent.muted)

    def fill(self, menu: QMenu) -> None:
        """Put modes, microphones and mute into a menu."""
        menu.setToolTipsVisible(True)
        menu.addActions(list(self.modes.values()))
        menu.addSeparator()
        microphones = menu.addMenu(glyph("microphone-settings"), "Microphone")
        # The devices of the moment: they come and go.
        microphones.aboutToShow.connect(partial(self._show_microphones, microphones))
        menu.addAction(self.mute)

    def _show_microphones(self, menu: QMenu) -> None:
        menu.clear()
        group = QActionGroup(menu)
        for name, text in microphone_choices(self._agent):
            action = QAction(text, group, checkable=True, checked=name == self._agent.microphone)
            action.triggered.connect(partial(self._choose_microphone, name))
            menu.addAction(action)

    def _choose_microphone(self, name: str | None, *_: object) -> None:
        self._agent.set_microphone(name)


def microphone_choices(agent: Agent) -> list[tuple[str | None, str]]:
    """Every microphone there is, with its text; a chosen one that is unplugged stays in the list."""
    try:
        names = agent.microphones()
    except OSError:  # no sound library; that it cannot listen is told when it is to
        names = []
    chosen = agent.microphone
    missing = [(chosen, f"{chosen} (not connected)")] if chosen is not None and chosen not in names else []
    return [(None, SYSTEM_MICROPHONE), *((name, name) for name in names), *missing]
