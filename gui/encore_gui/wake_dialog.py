"""Teach Encore the wake phrase: say it three times, and see how far it is."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget

from encore_agent.messages import AgentEvent, Progress, Trouble
from encore_agent.wake import WANTED
from encore_gui.agent_port import Agent
from encore_gui.bridge import Bridge
from encore_gui.layouts import in_column, in_row
from encore_gui.level_meter import LevelMeter
from encore_gui.record_panel import REFRESH_MS
from encore_gui.state import AgentState
from encore_gui.theme import SPACE, Colours, enlarge
from encore_gui.words import sentence

HOW = (
    "Choose two or three words that you say to nobody else, such as “hey Encore”, and say them {wanted} times, "
    "with a pause after each. Encore learns how they sound in your voice; no sound is kept."
)


class WakeDialog(QDialog):
    """Enrols from its first moment; closing it before the end ends that."""

    def __init__(self, agent: Agent, bridge: Bridge, state: AgentState, parent: QWidget | None = None) -> None:
        """Ask `agent` to learn; what comes of it arrives over `bridge`, and is told to `state` where it is given up."""
        super().__init__(parent)
        self._agent = agent
        self._state = state
        self._learned = False
        self._listened = agent.listening
        self.setWindowTitle("Wake phrase")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = QLabel("Teach Encore your wake phrase")
        enlarge(title, 1.3, bold=True)
        how = QLabel(HOW.format(wanted="three"), wordWrap=True)
        how.setProperty("role", "muted")
        self.said = _Said()
        self._meter = LevelMeter()
        self.status = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.status.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.status.setMinimumHeight(3 * self.status.fontMetrics().height())
        self.use = QPushButton("Listen for it from now on")
        self.use.setProperty("role", "primary")
        self.use.clicked.connect(self._use)
        self.use.hide()
        self.leave = QPushButton("Cancel")
        self.leave.clicked.connect(self.reject)
        buttons = in_row(spacing=SPACE)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.use)
        layout = in_column(self, spacing=2 * SPACE, margins=(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE))
        layout.addWidget(title)
        layout.addWidget(how)
        layout.addWidget(self.said, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._meter, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.status)
        layout.addLayout(buttons)
        self.setFixedWidth(460)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._read_level)
        self._timer.start()
        self.finished.connect(self._on_finished)
        bridge.told.connect(self._on_event)
        self._begin()

    def _begin(self) -> None:
        if self._agent.muted:
            self._agent.mute(False)
        self.status.setText("Say your wake phrase.")
        self._agent.enrol_wake()

    def _on_event(self, event: AgentEvent) -> None:
        if self._learned:
            return
        if isinstance(event, Trouble):
            self.status.setText(sentence(event.message))
        elif isinstance(event, Progress) and self._is_about_this(event):
            self.said.show_count(round(WANTED * event.done))
            self.status.setText(sentence(event.what))
            if event.done >= 1:
                self._show_learned()

    def _is_about_this(self, event: Progress) -> bool:
        return "wake phrase" in event.what

    def _show_learned(self) -> None:
        self._learned = True
        self._timer.stop()
        self._meter.hide()
        self.status.setText(f"Encore knows “{self._agent.wake_phrase}” now.")
        self.leave.setText("Close")
        self.use.setVisible(self._agent.mode != "wake")
        self.use.setDefault(True)

    def _use(self) -> None:
        self._agent.set_mode("wake")
        self._listened = True
        self.accept()

    def _read_level(self) -> None:
        self._meter.show_level(self._agent.listening_level)

    def _on_finished(self) -> None:
        """What was said so far is dropped; Encore listens no more where it had not listened before."""
        self._timer.stop()
        if not self._learned:
            self._agent.stop_enrolling_wake()
            self._state.work_ends()
        if not self._listened:
            self._agent.set_listening(False)


class _Said(QWidget):
    """A circle an utterance, ticked once it was heard."""

    SIDE, GAP = 34, 18

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.setFixedSize(QSize(WANTED * self.SIDE + (WANTED - 1) * self.GAP, self.SIDE))
        self.show_count(0)

    def show_count(self, count: int) -> None:
        self.count = count
        self.setAccessibleName(f"Heard {count} of {WANTED} times")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        colours = Colours.now()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number in range(WANTED):
            heard = number < self.count
            circle = self.rect().adjusted(2, 2, -2, -2)
            circle.setWidth(self.SIDE - 4)
            circle.translate(number * (self.SIDE + self.GAP), 0)
            colour = colours.good if heard else colours.accent if number == self.count else colours.muted
            painter.setPen(QPen(colour, 2))
            painter.drawEllipse(circle)
            painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, "✓" if heard else str(number + 1))
        painter.end()
