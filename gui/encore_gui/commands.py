"""What a person can tell the agent, as actions that tray, window and hotkeys share."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from encore_agent.hotkey import LISTEN, RECORD, STOP, Hotkey
from encore_gui.agent_port import Agent
from encore_gui.icons import glyph
from encore_gui.state import Activity, AgentState


class Commands(QObject):
    """Actions whose texts and checks follow the agent."""

    open_requested = Signal()
    quit_requested = Signal()

    def __init__(self, agent: Agent, state: AgentState, parent: QObject | None = None) -> None:
        """Act on `agent`, and follow `state`."""
        super().__init__(parent)
        self._agent = agent
        self._state = state
        self.record = self._action("record", "danger", self.toggle_recording, RECORD)
        self.pause = self._action("pause", "text", self.toggle_pause)
        self.listen = self._action("microphone-outline", "text", self.toggle_listening, LISTEN)
        self.listen.setCheckable(True)
        self.stop = self._action("stop", "danger", agent.stop_episode, STOP)
        self.stop.setText("Stop the macro")
        self.open = self._action("playlist-play", "text", self.open_requested.emit)
        self.open.setText("Open Encore")
        self.quit = self._action("exit-to-app", "text", self.quit_requested.emit)
        self.quit.setText("Quit Encore")
        self.quit.setShortcut(QKeySequence("Ctrl+Q"))
        state.changed.connect(self.refresh)
        self.refresh()

    def toggle_recording(self) -> None:
        """Start a recording, or end the one that runs."""
        if self._agent.recording:
            self._agent.stop_recording()
            self._state.recording_ends()
        else:
            self._agent.start_recording()
        self.refresh()

    def toggle_pause(self) -> None:
        """Pause the recording, or go on with it."""
        if self._agent.recording:
            self._agent.pause_recording(self._state.activity is not Activity.PAUSED)

    def toggle_listening(self) -> None:
        """Listen for commands, or no longer."""
        self._agent.set_listening(not self._agent.listening)
        # It is on when the agent says so, not when it was asked for.
        self.refresh()

    def refresh(self) -> None:
        """Show what the agent does now."""
        recording, activity = self._agent.recording, self._state.activity
        self.record.setText("Stop recording" if recording else "Record a demonstration")
        self.record.setIcon(glyph("stop" if recording else "record", "danger"))
        self.record.setEnabled(activity is not Activity.RUNNING)
        self.pause.setVisible(recording)
        self.pause.setText("Go on recording" if activity is Activity.PAUSED else "Pause recording")
        self.pause.setIcon(glyph("record" if activity is Activity.PAUSED else "pause"))
        self.listen.setText("Listen for commands")
        self.listen.setChecked(self._agent.listening)
        self.listen.setEnabled(not recording)
        self.stop.setVisible(activity is Activity.RUNNING)

    def _action(self, icon: str, colour: str, slot: Callable[[], None], hotkey: Hotkey | None = None) -> QAction:
        action = QAction(glyph(icon, colour), "", self)
        action.triggered.connect(lambda: slot())
        if hotkey is not None:
            action.setShortcut(QKeySequence(str(hotkey)))
        return action
