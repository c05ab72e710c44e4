"""The composition root of the window: builds the parts, joins them, runs until the person quits."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from encore_agent.errors import AgentError
from encore_agent.hotkey import LISTEN, RECORD, STOP, Hotkey, Hotkeys, grab_all, open_hotkeys
from encore_agent.messages import (
    AgentEvent,
    Finished,
    Halted,
    Learned,
    RecordingStarted,
    Trouble,
)
from encore_agent.settings import Settings
from encore_gui.agent_port import Agent
from encore_gui.ask_prompt import AskPrompt
from encore_gui.bridge import Bridge
from encore_gui.commands import Commands
from encore_gui.heard_feedback import HeardFeedback
from encore_gui.hearing_commands import HearingCommands
from encore_gui.icons import mark
from encore_gui.instance import SingleInstance
from encore_gui.library_view import LibraryView
from encore_gui.notices import Notice, notice_of
from encore_gui.overlay import Overlay
from encore_gui.preferences import LISTEN_AT_START, SAY_WHAT_YOU_SEE, Option, Preferences
from encore_gui.record_panel import RecordPanel
from encore_gui.state import AgentState
from encore_gui.talk_key import TalkKey
from encore_gui.theme import Theme
from encore_gui.tray import Tray
from encore_gui.wake_dialog import WakeDialog
from encore_models.errors import ModelsError

NO_TRAY = (
    "This desktop shows no tray, so Encore lives in this window: closing it quits Encore. "
    "On GNOME, the AppIndicator extension brings a tray."
)


class Desk(QObject):
    """All of Encore that a person sees."""

    def __init__(self, agent: Agent, preferences: Preferences, open_keys: Callable[[], Hotkeys] = open_hotkeys) -> None:
        """Join the parts; nothing is shown before `start`.

        Args:
            agent: What everything follows and commands.
            preferences: What the person set in the window.
            open_keys: Opens the global hotkeys that are held for a while only.
        """
        super().__init__()
        self._agent = agent
        self._preferences = preferences
        self.bridge = Bridge(agent.subscribe, self)
        self.state = AgentState(agent, self.bridge, self)
        self.commands = Commands(agent, self.state, self)
        self.hearing = HearingCommands(agent, self.state, self)
        self.window = LibraryView(agent, self.bridge, self.state, self.commands, self.hearing, preferences)
        self.panel = RecordPanel(agent, self.state, self.commands)
        self.overlay = Overlay(self.bridge, self)
        self.prompt = AskPrompt(agent, self.bridge, self.state, open_keys)
        self.heard = HeardFeedback(self.bridge, self.state, preferences, self)
        self.talk_key = TalkKey(agent, self.state, open_keys, self)
        self.tray = Tray(agent.library, self.bridge, self.state, self.commands, self.hearing, preferences)
        if (place := preferences.window_place) is not None:
            self.window.restoreGeometry(place)
        self.bridge.told.connect(self._on_event)
        self.commands.open_requested.connect(self.window.bring_up)
        self.commands.quit_requested.connect(QGuiApplication.quit)
        self.tray.activated.connect(self.window.bring_up)
        self.tray.replay_requested.connect(self._replay)
        self.tray.notice_clicked.connect(self._open_notice)
        self.tray.appeared.connect(self._on_tray)
        self.heard.bubble.correct_requested.connect(self.window.correct)
        self.heard.bubble.activated.connect(self.window.show_heard)
        self.hearing.wake_requested.connect(self._enrol_wake)
        self.window.wake_requested.connect(self._enrol_wake)
        self.talk_key.refused.connect(lambda why: self.tell(Notice("The key to talk is not free", why, "warning")))
        self.window.closed.connect(self._on_window_closed)
        preferences.switched.connect(self._on_switched)

    def start(self, show_window: bool) -> None:
        """Show the tray; the window too where asked for, and where there is no tray."""
        self.tray.start()
        QGuiApplication.setQuitOnLastWindowClosed(not self.tray.available)
        if not self.tray.available:
            self.window.notice.say(NO_TRAY, "warning")
        if show_window or not self.tray.available:
            self.window.bring_up()
        if self._preferences[SAY_WHAT_YOU_SEE]:
            self._agent.set_saying(True)
        if self._preferences[LISTEN_AT_START]:
            self._agent.set_listening(True)

    def grab(self, hotkeys: Hotkeys) -> None:
        """Take the global hotkeys; those that are not to be had are told."""
        wanted: dict[Hotkey, Callable[[], None]] = {
            RECORD: lambda: self.bridge.post(self.commands.toggle_recording),
            LISTEN: lambda: self.bridge.post(self.commands.toggle_listening),
            # Straight to the agent: a stop must not wait for the window.
            STOP: self._agent.stop_episode,
        }
        for problem in grab_all(hotkeys, wanted):
            self.tell(Notice("A hotkey is not free", problem, "warning"))

    def tell(self, notice: Notice) -> None:
        """Show a notice in the tray, or in the window where there is no tray."""
        if self.tray.available:
            self.tray.tell(notice)
        else:
            self.window.notice.say(f"{notice.title}. {notice.text}", notice.tone)

    def close(self) -> None:
        """Take everything off the screen. The agent is its owner's to close."""
        self._preferences.window_place = self.window.saveGeometry()
        self.bridge.close()
        self.talk_key.close()
        self.overlay.clear()
        self.prompt.forget()
        self.heard.bubble.hide()
        self.window.search.close_pictures()
        self.tray.close()
        self.panel.hide()
        self.window.hide()

    def _on_event(self, event: AgentEvent) -> None:
        if isinstance(event, RecordingStarted):
            self.window.step_aside()
        if isinstance(event, Learned):
            self.window.macros.choose(event.macro_id)
            self.window.propose(event.macro_id)
        if isinstance(event, Learned | Finished | Halted | Trouble) and self.state.at_rest:
            self.window.come_back()
        if isinstance(event, Finished | Halted) and (self.window.isActiveWindow() or self.heard.bubble.isVisible()):
            return  # the page or the bubble says so already
        latest = self.state.latest
        notice = notice_of(event, latest.macro_id if latest else None)
        if notice is not None:
            self.tell(notice)

    def _enrol_wake(self) -> None:
        self.window.bring_up()
        WakeDialog(self._agent, self.bridge, self.state, self.window).open()

    def _replay(self, macro_id: str) -> None:
        """From the tray: at once where there is nothing to fill in, else the page with the fields opens."""
        try:
            macro = self._agent.library.macro(macro_id)
        except (AgentError, ModelsError) as error:
            self.tell(Notice("Encore has a problem", str(error), "danger"))
            return
        if macro.slots:
            self.window.show_macro(macro_id)
        else:
            self.window.run(macro_id, {})

    def _open_notice(self, notice: Notice) -> None:
        if notice.macro_id is not None:
            self.window.show_macro(notice.macro_id)
        else:
            self.window.show_history()

    def _on_switched(self, option: Option, on: bool) -> None:
        if option == SAY_WHAT_YOU_SEE:
            self._agent.set_saying(on)

    def _on_tray(self) -> None:
        QGuiApplication.setQuitOnLastWindowClosed(False)
        self.window.notice.say("")

    def _on_window_closed(self) -> None:
        if not self.tray.available:
            QGuiApplication.quit()


def run_window(settings: Settings, open_agent: Callable[[Settings], Agent], show_window: bool = True) -> int:
    """Run Encore with tray and window until the person quits.

    Args:
        settings: Handed to the agent.
        open_agent: Makes the agent, once it is sure that no other Encore runs.
        show_window: Whether the window opens at once, or only the tray.

    Returns:
        Exit status.
    """
    app = QApplication(sys.argv[:1])
    app.setApplicationName("encore")
    app.setApplicationDisplayName("Encore")
    app.setDesktopFileName("encore")
    app.setWindowIcon(mark())
    instance = SingleInstance(settings.root)
    if not instance.acquire():
        answered = instance.raise_other()
        print("encore runs already; its window is shown" if answered else "encore runs already, but does not answer")  # noqa: T201 - the answer to the person's command
        return 0 if answered else 1
    preferences = Preferences(settings.root / "window.ini")
    agent = open_agent(preferences.applied_to(settings))
    try:
        return _run(app, instance, agent, preferences, show_window)
    finally:
        agent.close()
        instance.close()


def _run(app: QApplication, instance: SingleInstance, agent: Agent, preferences: Preferences, show_window: bool) -> int:
    theme = Theme(app)
    desk = Desk(agent, preferences)
    instance.raise_requested.connect(desk.window.bring_up)
    hotkeys = open_hotkeys()
    unwatch = quit_on_signals(app)
    try:
        desk.start(show_window)
        desk.grab(hotkeys)
        return app.exec()
    finally:
        unwatch()
        hotkeys.close()
        desk.close()
        del theme


def quit_on_signals(app: QApplication) -> Callable[[], None]:
    """Quit on Ctrl-C and on `kill -TERM`: Qt's loop would not let Python see them.

    Returns:
        Puts everything back.
    """
    read, write = socket.socketpair()
    for end in (read, write):
        end.setblocking(False)
    before_fd = signal.set_wakeup_fd(write.fileno())
    before = {number: signal.signal(number, lambda *_: app.quit()) for number in (signal.SIGINT, signal.SIGTERM)}
    notifier = QSocketNotifier(read.fileno(), QSocketNotifier.Type.Read)
    # Being woken is enough: Python runs the handler as soon as any Python code runs.
    notifier.activated.connect(lambda: read.recv(64))

    def restore() -> None:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(before_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        read.close()
        write.close()

    return restore
