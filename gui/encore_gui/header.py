"""The bar over the window's pages: what Encore does now, how it listens, and its two main buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QPushButton, QToolButton, QWidget

from encore_agent.hotkey import LISTEN, RECORD
from encore_gui.agent_port import Agent
from encore_gui.commands import Commands
from encore_gui.hearing_commands import MODES, HearingCommands
from encore_gui.icons import glyph, icon_button, mark
from encore_gui.layouts import in_row
from encore_gui.level_meter import LevelMeter
from encore_gui.record_panel import REFRESH_MS
from encore_gui.state import Activity, AgentState
from encore_gui.theme import SPACE, enlarge
from encore_gui.words import ElidedLabel

_DOING = {
    Activity.IDLE: "Ready",
    Activity.LISTENING: "Listening",
    Activity.MUTED: "Muted",
    Activity.RECORDING: "Recording",
    Activity.PAUSED: "Recording is paused",
    Activity.LEARNING: "Learning",
    Activity.RUNNING: "Running",
}


class Header(QFrame):
    """Follows the agent."""

    def __init__(
        self,
        agent: Agent,
        state: AgentState,
        commands: Commands,
        hearing: HearingCommands,
        parent: QWidget | None = None,
    ) -> None:
        """Over the pages of the window; the buttons are those of `commands` and `hearing`."""
        super().__init__(parent)
        self._agent = agent
        self._state = state
        self._commands = commands
        self._hearing = hearing
        self.setProperty("role", "header")
        self._sign = QLabel()
        self.doing = QLabel()
        enlarge(self.doing, 1.1, bold=True)
        self.meter = LevelMeter()
        self.mute = icon_button("microphone", "Mute")
        self.mute.clicked.connect(hearing.mute.trigger)
        self.detail = ElidedLabel()
        self.detail.setProperty("role", "muted")
        self.mode = QToolButton(popupMode=QToolButton.ToolButtonPopupMode.InstantPopup)
        self.mode.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.mode.setProperty("role", "button")
        menu = QMenu(self.mode)
        hearing.fill(menu)
        self.mode.setMenu(menu)
        self.listen = QPushButton()
        self.listen.setToolTip(f"Start macros by voice ({LISTEN})")
        self.listen.clicked.connect(commands.listen.trigger)
        self.record = QPushButton()
        self.record.setProperty("role", "primary")
        self.record.clicked.connect(commands.record.trigger)
        row = in_row(self, spacing=SPACE + 4, margins=(2 * SPACE, SPACE + 2, 2 * SPACE, SPACE + 2))
        for widget in (self._sign, self.doing, self.mute, self.meter):
            row.addWidget(widget)
        row.addWidget(self.detail, 1)
        for button in (self.mode, self.listen, self.record):
            row.addWidget(button)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._read_level)
        state.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show what the agent does now."""
        activity = self._state.activity
        self._sign.setPixmap(mark(activity).pixmap(QSize(24, 24), self.devicePixelRatioF()))
        self.doing.setText(_DOING[activity])
        self.detail.setText(self._detail(activity))
        listening = activity in (Activity.LISTENING, Activity.MUTED)
        muted = self._agent.muted
        self.meter.setVisible(listening)
        self.mute.setVisible(listening)
        self.mute.setIcon(glyph("microphone-off", "danger") if muted else glyph("microphone"))
        tip = "Hear again" if muted else "Mute: hear nothing for now"
        self.mute.setToolTip(tip)
        self.mute.setAccessibleName(tip)
        (self._timer.start if listening and self.isVisible() else self._timer.stop)()
        name, meaning = MODES[self._agent.mode]
        self.mode.setText(f"{name} ")
        self.mode.setToolTip(f"How Encore listens. {meaning}.")
        self.mode.setAccessibleName(f"How Encore listens: {name}")
        on = self._agent.listening
        self.listen.setText("Stop listening" if on else "Listen")
        self.listen.setIcon(glyph("ear-hearing-off" if on else "ear-hearing"))
        self.listen.setEnabled(self._commands.listen.isEnabled())
        recording = activity in (Activity.RECORDING, Activity.PAUSED)
        self.record.setText(self._commands.record.text())
        self.record.setIcon(glyph("stop" if recording else "record", "on_accent"))
        self.record.setToolTip(f"{self.record.text()} ({RECORD})")
        self.record.setEnabled(self._commands.record.isEnabled())

    def _detail(self, activity: Activity) -> str:
        """Long work that is under way; else how to be heard."""
        if self._state.progress is not None:
            return f"{self._state.progress.what} {100 * self._state.progress.done:.0f} %"
        if activity is not Activity.LISTENING:
            return self._state.run_text
        return {
            "hands_free": "Say a command",
            "push_to_talk": f"Hold {self._hearing.talk_key} and speak",
            "wake": f"Say “{self._agent.wake_phrase}”, then a command",
        }[self._agent.mode]

    def _read_level(self) -> None:
        self.meter.show_level(0.0 if self._agent.muted else self._agent.listening_level)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Read the level only while somebody sees it."""
        super().showEvent(event)
        self.follow()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Nobody sees the level."""
        super().hideEvent(event)
        self._timer.stop()
