"""The tray icon: what Encore does, its menu, and notices."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from encore_agent.library import Library
from encore_agent.messages import AgentEvent, LibraryChanged
from encore_gui.bridge import Bridge
from encore_gui.commands import Commands
from encore_gui.hearing_commands import HearingCommands
from encore_gui.icons import glyph, mark
from encore_gui.notices import Notice
from encore_gui.preferences import Preferences
from encore_gui.state import Activity, AgentState
from encore_models.macro import Macro

RECENT = 6
WATCH_MS = 2000
"""How often a missing tray is looked for: at login, panels come up after programs."""
NOTICE_MS = 8000

_TIPS = {
    Activity.IDLE: "Encore",
    Activity.LISTENING: "Encore: listening for commands",
    Activity.MUTED: "Encore: listening, but muted",
    Activity.RECORDING: "Encore: recording",
    Activity.PAUSED: "Encore: recording is paused",
    Activity.LEARNING: "Encore: learning",
    Activity.RUNNING: "Encore: running",
}
_BALLOONS = {
    "warning": QSystemTrayIcon.MessageIcon.Warning,
    "danger": QSystemTrayIcon.MessageIcon.Critical,
}


class Tray(QObject):
    """An icon where the desktop has a tray; it appears by itself once one does."""

    replay_requested = Signal(str)
    """Id of a macro."""
    activated = Signal()
    """The icon was clicked."""
    notice_clicked = Signal(object)
    """The `Notice`."""
    appeared = Signal()
    """The desktop has a tray now."""

    def __init__(
        self,
        library: Library,
        bridge: Bridge,
        state: AgentState,
        commands: Commands,
        hearing: HearingCommands,
        preferences: Preferences,
    ) -> None:
        """Nothing is shown before `start`."""
        super().__init__()
        self._library = library
        self._state = state
        self._notice: Notice | None = None
        self.icon = QSystemTrayIcon(mark())
        self.menu = QMenu()
        self._recent = QMenu("Replay", self.menu)
        self._recent.setIcon(glyph("play"))
        self._fill_menu(commands, hearing, preferences)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        self.icon.messageClicked.connect(self._on_notice_clicked)
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self._look_for_tray)
        bridge.told.connect(self._on_event)
        state.changed.connect(self._follow)
        self._show_recent()
        self._follow()

    @property
    def available(self) -> bool:
        """Whether the desktop has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def start(self) -> None:
        """Show the icon, now or as soon as there is a tray."""
        if self.available:
            self.icon.show()
        else:
            self._watch.start()

    def close(self) -> None:
        """Take the icon away. Idempotent."""
        self._watch.stop()
        self.icon.hide()

    def tell(self, notice: Notice) -> None:
        """Show a balloon."""
        self._notice = notice
        kind = _BALLOONS.get(notice.tone)
        if kind is None:
            self.icon.showMessage(notice.title, notice.text, QIcon(mark(self._state.activity)), NOTICE_MS)
        else:
            self.icon.showMessage(notice.title, notice.text, kind, NOTICE_MS)

    def _fill_menu(self, commands: Commands, hearing: HearingCommands, preferences: Preferences) -> None:
        for action in (commands.record, commands.pause, commands.stop):
            self.menu.addAction(action)
        self.menu.addSeparator()
        self.menu.addAction(commands.listen)
        hearing.fill(self.menu.addMenu(glyph("ear-hearing"), "How to listen"))
        self.menu.addMenu(self._recent)
        self.menu.addSeparator()
        self.menu.addAction(commands.open)
        settings = self.menu.addMenu(glyph("cog-outline"), "Settings")
        for option in preferences.options:
            switch = QAction(option.text, settings, checkable=True, checked=preferences[option])
            switch.toggled.connect(lambda on, option=option: preferences.set(option, on))
            settings.addAction(switch)
        self.menu.addSeparator()
        self.menu.addAction(commands.quit)

    def _show_recent(self) -> None:
        """The macros that ran last, then the newest ones."""
        self._recent.clear()
        macros = {macro.id: macro for macro in self._library.macros()}
        ran = [entry.macro_id for entry in self._library.episodes(50)]
        order = dict.fromkeys([*ran, *reversed(macros)])
        for macro_id in [i for i in order if i in macros][:RECENT]:
            self._recent.addAction(self._replay_action(macros[macro_id]))
        self._recent.setEnabled(bool(macros))

    def _replay_action(self, macro: Macro) -> QAction:
        # A macro with slots opens the window, where its values are typed.
        name = macro.name.replace("&", "&&")
        action = QAction(f"{name} …" if macro.slots else name, self._recent)
        action.triggered.connect(lambda: self.replay_requested.emit(macro.id))
        return action

    def _follow(self) -> None:
        activity = self._state.activity
        self.icon.setIcon(mark(activity))
        progress = self._state.progress
        detail = f"{progress.what} {100 * progress.done:.0f} %" if progress else self._state.run_text
        self.icon.setToolTip(f"{_TIPS[activity]}\n{detail}" if detail else _TIPS[activity])
        self._recent.setEnabled(not self._recent.isEmpty() and self._state.at_rest)

    def _on_event(self, event: AgentEvent) -> None:
        if isinstance(event, LibraryChanged):
            self._show_recent()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.activated.emit()

    def _on_notice_clicked(self) -> None:
        if self._notice is not None:
            self.notice_clicked.emit(self._notice)

    def _look_for_tray(self) -> None:
        if self.available:
            self._watch.stop()
            self.icon.show()
            self.appeared.emit()
