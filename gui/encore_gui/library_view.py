"""The main window: macros on the left, the chosen one on the right, the history behind a tab."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QWidget,
)

from encore_agent.errors import AgentError
from encore_agent.hotkey import LISTEN, RECORD
from encore_agent.messages import AgentEvent, EpisodeStarted, Finished, Halted, LibraryChanged, Rejected
from encore_gui.agent_port import Agent
from encore_gui.bridge import Bridge
from encore_gui.commands import Commands
from encore_gui.history_view import HistoryView
from encore_gui.icons import glyph, mark
from encore_gui.layouts import in_column, in_row
from encore_gui.level_meter import LevelMeter
from encore_gui.macro_list import MacroList
from encore_gui.macro_review import MacroReview
from encore_gui.record_panel import REFRESH_MS
from encore_gui.replay_box import Banner
from encore_gui.state import Activity, AgentState
from encore_gui.theme import SPACE, enlarge
from encore_models.errors import ModelsError
from encore_models.macro import Macro

ASIDE_MS = 300
"""How long a window manager may take to minimise the window before the macro looks at the screen."""

_DOING = {
    Activity.IDLE: "Ready",
    Activity.LISTENING: "Listening for commands",
    Activity.RECORDING: "Recording",
    Activity.PAUSED: "Recording is paused",
    Activity.LEARNING: "Learning",
    Activity.RUNNING: "Running",
}


class LibraryView(QMainWindow):
    """Everything that was learned, heard and done."""

    closed = Signal()
    """The person closed the window."""

    def __init__(self, agent: Agent, bridge: Bridge, state: AgentState, commands: Commands) -> None:
        """A hidden window over the agent's library."""
        super().__init__()
        self._agent = agent
        self._state = state
        self._commands = commands
        self._stepped_aside = False
        self.setWindowTitle("Encore")
        self.setWindowIcon(mark())
        self.resize(1040, 740)
        self.setMinimumSize(680, 440)

        self.notice = Banner()
        self.notice.say("")
        self.macros = MacroList()
        self.review = MacroReview()
        self.history = HistoryView(agent.library)
        self.tabs = QTabWidget(documentMode=True)
        self.tabs.addTab(self._macros_page(), glyph("playlist-play"), "Macros")
        self.tabs.addTab(self.history, glyph("history"), "History")
        self.tabs.currentChanged.connect(self._refresh_history)
        middle = QWidget()
        layout = in_column(middle, spacing=0, margins=(0, 0, 0, 0))
        layout.addWidget(self._header())
        layout.addWidget(self.notice)
        layout.addWidget(self.tabs, 1)
        self.setCentralWidget(middle)

        self.macros.chosen.connect(self._show_macro)
        self.macros.delete_requested.connect(self.ask_to_delete)
        self.review.delete_requested.connect(self.ask_to_delete)
        self.review.rename_requested.connect(self._rename)
        self.review.run_requested.connect(self.run)
        self.review.stop_requested.connect(agent.stop_episode)
        self._level_timer = QTimer(self, interval=REFRESH_MS)
        self._level_timer.timeout.connect(lambda: self._meter.show_level(agent.listening_level))
        self._add_shortcuts()
        bridge.told.connect(self._on_event)
        state.changed.connect(self._follow)
        state.episode_changed.connect(self._follow_episode)
        self.reload()
        self._follow()
        self.macros.list.setFocus()

    # Parts

    def _header(self) -> QFrame:
        frame = QFrame()
        frame.setProperty("role", "header")
        self._sign = QLabel()
        self._doing = QLabel()
        enlarge(self._doing, 1.1, bold=True)
        self._detail = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._detail.setProperty("role", "muted")
        self._meter = LevelMeter()
        self._listen = QPushButton()
        self._listen.setToolTip(f"Start macros by voice ({LISTEN})")
        self._listen.clicked.connect(self._commands.listen.trigger)
        self._record = QPushButton()
        self._record.setProperty("role", "primary")
        self._record.clicked.connect(self._commands.record.trigger)
        row = in_row(frame, spacing=SPACE + 4, margins=(2 * SPACE, SPACE + 2, 2 * SPACE, SPACE + 2))
        for widget in (self._sign, self._doing, self._meter):
            row.addWidget(widget)
        row.addWidget(self._detail, 1)
        row.addWidget(self._listen)
        row.addWidget(self._record)
        return frame

    def _macros_page(self) -> QWidget:
        split = QSplitter(childrenCollapsible=False)
        split.addWidget(self.macros)
        split.addWidget(self.review)
        split.setSizes([270, 770])
        split.setStretchFactor(1, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(split)
        self.pages.addWidget(self._empty_page())
        return self.pages

    def _empty_page(self) -> QWidget:
        page = QWidget()
        sign = QLabel()
        sign.setPixmap(mark().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        title = QLabel("Record your first macro")
        enlarge(title, 1.7, bold=True)
        steps = QLabel(
            "<ol style='line-height:150%'>"
            f"<li>Press <b>Record a demonstration</b>, or {RECORD} anywhere.</li>"
            "<li>Say the command you want, for example “play Yesterday”, and show it once with mouse and keys.</li>"
            f"<li>Press <b>Stop</b> in the small panel, or {RECORD} again.</li>"
            "</ol>"
            "<p>Encore learns the steps and what may vary. You can look them over here, then say the command.</p>"
            "<p>Screen and sound are recorded until you stop; nothing leaves this machine.</p>",
            wordWrap=True,
        )
        button = QPushButton(glyph("record", "on_accent"), "Record a demonstration")
        button.setProperty("role", "primary")
        button.clicked.connect(self._commands.record.trigger)
        # Of a fixed width, since the height of text that wraps depends on it.
        middle = QWidget()
        middle.setFixedWidth(520)
        content = in_column(middle, spacing=2 * SPACE)
        for widget in (sign, title):
            content.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        content.addWidget(steps)
        content.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        across = in_row()
        across.addStretch(1)
        across.addWidget(middle)
        across.addStretch(1)
        layout = in_column(page)
        layout.addStretch(2)
        layout.addLayout(across)
        layout.addStretch(3)
        return page

    def _add_shortcuts(self) -> None:
        for keys, job in (
            ("Ctrl+1", lambda: self.tabs.setCurrentIndex(0)),
            ("Ctrl+2", lambda: self.tabs.setCurrentIndex(1)),
            ("F2", lambda: self.review.name.setFocus(Qt.FocusReason.ShortcutFocusReason)),
            ("Ctrl+W", self.close),
        ):
            QShortcut(QKeySequence(keys), self, job)
        for action in (self._commands.record, self._commands.listen, self._commands.stop, self._commands.quit):
            self.addAction(action)

    # Showing

    def reload(self) -> None:
        """Read the library again."""
        macros = self._agent.library.macros()
        self.macros.show_macros(macros)
        self.macros.show_broken(self._agent.library.broken_macros())
        self.pages.setCurrentIndex(0 if macros else 1)
        if self.macros.current is not None:
            self._show_macro(self.macros.current)

    def show_macro(self, macro_id: str) -> None:
        """Bring the window up with this macro."""
        self.tabs.setCurrentIndex(0)
        self.macros.choose(macro_id)
        self.bring_up()

    def show_history(self) -> None:
        """Bring the window up with the history."""
        self.tabs.setCurrentIndex(1)
        self.bring_up()

    def bring_up(self) -> None:
        """Show the window in front, minimised or not."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _show_macro(self, macro_id: str) -> None:
        try:
            self.review.show_macro(self._agent.library.macro(macro_id), self._agent.library.folder(macro_id))
        except (AgentError, ModelsError) as error:
            self.notice.say(str(error), "danger")
        self._follow_episode(macro_id)

    def _refresh_history(self) -> None:
        if self.tabs.currentIndex() == 1 and self.isVisible():
            self.history.refresh()

    def _follow(self) -> None:
        activity = self._state.activity
        self._sign.setPixmap(mark(activity).pixmap(QSize(24, 24), self.devicePixelRatioF()))
        self._doing.setText(_DOING[activity])
        progress = self._state.progress
        self._detail.setText(f"{progress.what} {100 * progress.done:.0f} %" if progress else "")
        self._meter.setVisible(activity is Activity.LISTENING)
        (self._level_timer.start if self._meter.isVisible() else self._level_timer.stop)()
        recording = activity in (Activity.RECORDING, Activity.PAUSED)
        on = self._agent.listening
        self._listen.setText("Stop listening" if on else "Listen for commands")
        self._listen.setIcon(glyph("microphone-off" if on else "microphone-outline"))
        self._listen.setEnabled(self._commands.listen.isEnabled())
        self._record.setText(self._commands.record.text())
        self._record.setIcon(glyph("stop" if recording else "record", "on_accent"))
        self._record.setToolTip(f"{self._record.text()} ({RECORD})")
        self._record.setEnabled(self._commands.record.isEnabled())

    def _follow_episode(self, macro_id: str) -> None:
        if macro_id == self.macros.current:
            self.review.show_episode(self._state.episode(macro_id), self._state.running is not None)

    def _on_event(self, event: AgentEvent) -> None:
        if isinstance(event, LibraryChanged):
            self.reload()
        if isinstance(event, EpisodeStarted | Finished | Halted) and self.macros.current is not None:
            self._follow_episode(self.macros.current)
        if isinstance(event, Finished | Halted | Rejected):
            self._refresh_history()

    # Doing

    def run(self, macro_id: str, slots: dict[str, str]) -> None:
        """Run a macro; where this window would be in the way, it steps aside first and comes back afterwards."""
        macro = self._agent.library.macro(macro_id)
        if self._covers(macro):
            self.step_aside()
            QTimer.singleShot(ASIDE_MS, self, lambda: self._agent.run(macro_id, slots))
        else:
            self._agent.run(macro_id, slots)

    def step_aside(self) -> None:
        """Minimise the window until `come_back`."""
        if self.isVisible() and not self.isMinimized():
            self._stepped_aside = True
            self.showMinimized()

    def come_back(self) -> None:
        """Show the window again if it had stepped aside."""
        if self._stepped_aside:
            self._stepped_aside = False
            self.bring_up()

    def _covers(self, macro: Macro) -> bool:
        """Whether this window lies over a place where the macro's windows were when it was shown."""
        scale, frame = self.devicePixelRatioF(), self.frameGeometry()
        for rect in {step.window.rect for step in macro.steps}:
            # Their place is in pixels, Qt's in logical ones.
            there = QRect(rect.left, rect.top, rect.width, rect.height)
            if QRect(frame.topLeft() * scale, frame.size() * scale).intersects(there):
                return True
        return False

    def ask_to_delete(self, macro_id: str) -> None:
        """Move a macro to the trash if the person agrees."""
        name = self._agent.library.macro(macro_id).name
        box = QMessageBox(QMessageBox.Icon.Question, "Delete a macro", f"Delete “{name}”?", parent=self)
        box.setInformativeText(f"It is moved to Encore's trash, {_at_home(self._agent.library.trash_folder)}.")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.buttonClicked.connect(lambda button: self._delete(macro_id) if button is delete else None)
        box.open()

    def _delete(self, macro_id: str) -> None:
        try:
            self._agent.delete(macro_id)
        except (AgentError, OSError) as error:
            self.notice.say(str(error), "danger")

    def _rename(self, macro_id: str, name: str) -> None:
        try:
            self._agent.rename(macro_id, name)
        except (AgentError, ModelsError, OSError, ValueError) as error:
            self.notice.say(f"The macro was not renamed: {error}", "danger")
            self.review.name.show_name(self._agent.library.macro(macro_id).name)

    # Qt

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Show what happened meanwhile."""
        super().showEvent(event)
        self._follow()
        self._refresh_history()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Nobody sees the level."""
        super().hideEvent(event)
        self._level_timer.stop()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Tell that the person closed it; the tray stays."""
        super().closeEvent(event)
        self.closed.emit()


def _at_home(path: Path) -> str:
    """The path as people write it, from `~`."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
