"""The main window: macros on the left, the chosen one on the right; what was heard, run and recorded behind tabs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QWidget,
)

from encore_agent.decide import phrase_notes
from encore_agent.describe import describe_enrolment
from encore_agent.errors import AgentError
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Asked,
    EpisodeStarted,
    Finished,
    Halted,
    HeardChanged,
    LibraryChanged,
    Rejected,
)
from encore_gui.agent_port import Agent
from encore_gui.bridge import Bridge
from encore_gui.commands import Commands
from encore_gui.first_steps import FirstSteps
from encore_gui.header import Header
from encore_gui.heard_view import HeardView
from encore_gui.hearing_commands import HearingCommands
from encore_gui.history_view import HistoryView
from encore_gui.icons import glyph, mark
from encore_gui.layouts import in_column
from encore_gui.macro_list import MacroList
from encore_gui.macro_review import MacroReview
from encore_gui.preferences import Preferences
from encore_gui.replay_box import Banner
from encore_gui.screen_room import room_for_window
from encore_gui.search_view import SearchView
from encore_gui.settings_view import SettingsView
from encore_gui.state import AgentState
from encore_gui.words import sentence
from encore_models.errors import ModelsError
from encore_models.macro import Macro

NATURAL, MINIMUM = QSize(1040, 740), QSize(800, 440)
"""Sizes where the screen has room for them, logical pixels."""
ASIDE_MS = 300
"""How long a window manager may take to minimise the window before the macro looks at the screen."""


class LibraryView(QMainWindow):
    """Everything that was learned, heard and done."""

    closed = Signal()
    """The person closed the window."""

    wake_requested = Signal()
    """The wake phrase is to be learned."""

    def __init__(
        self,
        agent: Agent,
        bridge: Bridge,
        state: AgentState,
        commands: Commands,
        hearing: HearingCommands,
        preferences: Preferences,
    ) -> None:
        """A hidden window over the agent's library."""
        super().__init__()
        self._agent = agent
        self._state = state
        self._commands = commands
        self._stepped_aside = False
        self.setWindowTitle("Encore")
        self.setWindowIcon(mark())
        room = room_for_window()
        self.setMinimumSize(MINIMUM.boundedTo(room))
        self.resize(NATURAL.boundedTo(room))

        self.notice = Banner()
        self.notice.say("")
        self.macros = MacroList()
        self.review = MacroReview()
        self.header = Header(agent, state, commands, hearing)
        self.heard = HeardView(agent.library, agent.settings.keep_rejected_audio)
        self.history = HistoryView(agent.library)
        self.search = SearchView(agent, bridge)
        self.settings = SettingsView(agent, state, hearing, preferences)
        self.tabs = QTabWidget(documentMode=True)
        self._lay_out()
        self._connect()
        self._add_shortcuts()
        bridge.told.connect(self._on_event)
        state.episode_changed.connect(self._follow_episode)
        self.reload()
        self.macros.list.setFocus()

    # Parts

    def _lay_out(self) -> None:
        for page, icon, name in (
            (self._macros_page(), "playlist-play", "Macros"),
            (self.heard, "ear-hearing", "Heard"),
            (self.history, "history", "Runs"),
            (self.search, "magnify", "Search"),
            (self.settings, "cog-outline", "Settings"),
        ):
            self.tabs.addTab(page, glyph(icon), name)
        self.tabs.currentChanged.connect(self._refresh_page)
        middle = QWidget()
        layout = in_column(middle, spacing=0, margins=(0, 0, 0, 0))
        layout.addWidget(self.header)
        layout.addWidget(self.notice)
        layout.addWidget(self.tabs, 1)
        self.setCentralWidget(middle)

    def _connect(self) -> None:
        self.macros.chosen.connect(self._show_macro)
        self.macros.delete_requested.connect(self.ask_to_delete)
        self.review.delete_requested.connect(self.ask_to_delete)
        self.review.rename_requested.connect(self._rename)
        self.review.run_requested.connect(self.run)
        self.review.stop_requested.connect(self._agent.stop_episode)
        self.review.phrases.proposals_requested.connect(self.propose)
        self.review.phrases.add_requested.connect(self._add_phrases)
        self.heard.correct_requested.connect(self.correct)
        self.heard.undo_requested.connect(self.undo)
        self.settings.wake_requested.connect(self.wake_requested)

    def _macros_page(self) -> QWidget:
        split = QSplitter(childrenCollapsible=False)
        split.addWidget(self.macros)
        split.addWidget(self.review)
        split.setSizes([270, 770])
        split.setStretchFactor(1, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(split)
        self.pages.addWidget(FirstSteps(self._commands.record))
        return self.pages

    def _add_shortcuts(self) -> None:
        jobs: tuple[tuple[str, Callable[[], object]], ...] = (
            *((f"Ctrl+{n + 1}", partial(self.tabs.setCurrentIndex, n)) for n in range(self.tabs.count())),
            ("Ctrl+F", self._show_search),
            ("F2", lambda: self.review.name.setFocus(Qt.FocusReason.ShortcutFocusReason)),
            ("Ctrl+W", self.close),
        )
        for keys, job in jobs:
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
        """Bring the window up with what was run."""
        self.tabs.setCurrentWidget(self.history)
        self.bring_up()

    def show_heard(self, heard_id: int | None = None) -> None:
        """Bring the window up with what was heard, and choose this utterance."""
        self.tabs.setCurrentWidget(self.heard)
        self.bring_up()
        if heard_id is not None:
            self.heard.choose(heard_id)

    def _show_search(self) -> None:
        self.tabs.setCurrentWidget(self.search)
        self.search.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.field.selectAll()

    def bring_up(self) -> None:
        """Show the window in front, minimised or not."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def _show_macro(self, macro_id: str) -> None:
        try:
            self.review.show_macro(self._agent.library.macro(macro_id), self._agent.library.folder(macro_id))
            self._show_voice(macro_id)
        except (AgentError, ModelsError) as error:
            self.notice.say(str(error), "danger")
        self._follow_episode(macro_id)

    def _show_voice(self, macro_id: str) -> None:
        library = self._agent.library
        kept = library.enrolments
        calibration = kept.enrolled(macro_id).calibration
        notes = (
            *phrase_notes(library.macro(macro_id), library.macros()),
            *calibration.notes,
            *kept.problems(macro_id),
        )
        self.review.phrases.show_voice([describe_enrolment(one) for one in kept.listed(macro_id)], notes)

    def _refresh_page(self) -> None:
        page = self.tabs.currentWidget()
        if self.isVisible() and page in (self.heard, self.history):
            (self.heard if page is self.heard else self.history).refresh()

    def _follow_episode(self, macro_id: str) -> None:
        if macro_id == self.macros.current:
            self.review.show_episode(self._state.episode(macro_id), self._state.running is not None)

    def _on_event(self, event: AgentEvent) -> None:
        if isinstance(event, LibraryChanged):
            self.reload()
        if isinstance(event, EpisodeStarted | Finished | Halted) and self.macros.current is not None:
            self._follow_episode(self.macros.current)
        if isinstance(event, HeardChanged) and self.macros.current is not None:
            self._try(partial(self._show_voice, self.macros.current))
        if isinstance(event, Finished | Halted | Accepted | Asked | Rejected | HeardChanged):
            self._refresh_page()

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

    def propose(self, macro_id: str) -> None:
        """Show other wordings of the macro that is shown, for the person to confirm."""
        if macro_id == self.macros.current:
            self._try(lambda: self.review.phrases.show_proposals(self._agent.proposals(macro_id)))

    def correct(self, heard_id: int, macro_id: str | None) -> None:
        """Learn what an utterance meant; None: nothing at all."""
        if macro_id is None:
            self._try(partial(self._agent.false_fire, heard_id))
        else:
            self._try(partial(self._agent.missed, heard_id, macro_id))

    def undo(self, heard_id: int) -> None:
        """Forget again what was learned from an utterance."""
        self._try(partial(self._agent.undo_correction, heard_id))

    def _add_phrases(self, macro_id: str, texts: list[str]) -> None:
        for text in texts:
            self._try(partial(self._agent.add_phrase, macro_id, text))

    def _try(self, job: Callable[[], None]) -> None:
        """Do something that is the person's to put right where it cannot be done."""
        try:
            job()
        except (AgentError, ModelsError, OSError, ValueError) as error:
            self.notice.say(sentence(str(error)), "danger")

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
        self._try(partial(self._agent.delete, macro_id))

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
        self._refresh_page()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Tell that the person closed it; the tray stays."""
        super().closeEvent(event)
        self.closed.emit()


def _at_home(path: Path) -> str:
    """The path as people write it, from `~`."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
