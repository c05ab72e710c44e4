"""A small panel above all windows while a demonstration is recorded and learned from."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QMouseEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QPushButton, QWidget

from encore_agent.hotkey import RECORD
from encore_gui.agent_port import Agent
from encore_gui.commands import Commands
from encore_gui.icons import glyph, mark
from encore_gui.layouts import in_column, in_row
from encore_gui.level_meter import LevelMeter
from encore_gui.screen_room import lower_right
from encore_gui.state import Activity, AgentState
from encore_gui.theme import SPACE, enlarge

REFRESH_MS = 60
_FLAGS = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    # The program that is being shown keeps the keyboard.
    | Qt.WindowType.WindowDoesNotAcceptFocus
)


def clock_text(seconds: float) -> str:
    """Elapsed time: `0:07`, `12:34`, `1:02:03`."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class RecordPanel(QFrame):
    """Shows itself with the recording and goes when the macro is learned."""

    def __init__(self, agent: Agent, state: AgentState, commands: Commands, parent: QWidget | None = None) -> None:
        """Follow `state`; the buttons are those of `commands`."""
        super().__init__(parent, _FLAGS)
        self._agent = agent
        self._state = state
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setWindowTitle("Encore is recording")

        self._sign = QLabel()
        self._time = QLabel("0:00")
        enlarge(self._time, 1.3, bold=True)
        # The panel must not wobble while the digits change.
        self._time.setMinimumWidth(self._time.fontMetrics().horizontalAdvance("00:00 "))
        self._meter = LevelMeter()
        self.pause = QPushButton()
        self.pause.clicked.connect(commands.toggle_pause)
        self.stop = QPushButton(glyph("stop", "on_accent"), "Stop")
        self.stop.setProperty("role", "primary")
        self.stop.setToolTip(f"Stop and learn from it ({RECORD})")
        self.stop.clicked.connect(commands.toggle_recording)
        self._hint = QLabel("Say the command while you show it.")
        self._hint.setProperty("role", "muted")
        self._learning = QProgressBar(maximum=100, textVisible=False)
        self._learning.setFixedHeight(6)

        row = in_row(spacing=SPACE + 4)
        for widget in (self._sign, self._time, self._meter):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.pause)
        row.addWidget(self.stop)
        layout = in_column(self, spacing=SPACE, margins=(2 * SPACE, SPACE + 4, SPACE + 4, SPACE + 4))
        layout.addLayout(row)
        layout.addWidget(self._hint)
        layout.addWidget(self._learning)

        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._tick)
        state.changed.connect(self._follow)
        self._follow()

    @property
    def time_text(self) -> str:
        """The elapsed time as shown."""
        return self._time.text()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """It can be dragged away from what it covers."""
        handle = self.windowHandle()
        if event.button() == Qt.MouseButton.LeftButton and handle is not None:
            handle.startSystemMove()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Read the level only while somebody sees it."""
        super().showEvent(event)
        self._timer.start()

    def _follow(self) -> None:
        activity = self._state.activity
        recording = activity in (Activity.RECORDING, Activity.PAUSED)
        learning = activity is Activity.LEARNING
        if not recording and not learning:
            self._timer.stop()
            self.hide()
            return
        self._sign.setPixmap(mark(activity).pixmap(QSize(22, 22), self.devicePixelRatioF()))
        paused = activity is Activity.PAUSED
        self.pause.setText("Go on" if paused else "Pause")
        self.pause.setIcon(glyph("record" if paused else "pause", "danger" if paused else "text"))
        self.pause.setToolTip("Keep screen, sound and input again" if paused else "Keep nothing until you go on")
        for widget in (self._meter, self.pause, self.stop):
            widget.setVisible(recording)
        progress = self._state.progress
        if learning:
            self._time.setText("Learning")
            self._hint.setText(progress.what.capitalize() if progress else "Learning from what you showed")
        else:
            self._hint.setText("Paused: nothing is kept." if paused else "Say the command while you show it.")
        self._learning.setVisible(learning)
        self._learning.setRange(0, 100 if progress else 0)
        self._learning.setValue(round(100 * progress.done) if progress else 0)
        # The panel keeps its width while it learns, so that it does not jump.
        self.setMinimumWidth(self.width() if learning else 0)
        self.adjustSize()
        if not self.isVisible():
            self.move(lower_right(self.size()))
            self.show()

    def _tick(self) -> None:
        if not self._agent.recording:
            return
        self._time.setText(clock_text(self._agent.recording_seconds))
        self._meter.show_level(0.0 if self._state.activity is Activity.PAUSED else self._agent.recording_level)
