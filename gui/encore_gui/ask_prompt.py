"""“Did you mean ...?”: the choices with their numbers, above all windows, without ever taking the keyboard."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPropertyAnimation, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QPushButton, QWidget

from encore_agent.errors import AgentError
from encore_agent.hotkey import Hotkey, Hotkeys, grab_all
from encore_agent.messages import Accepted, AgentEvent, Asked, EpisodeStarted, RecordingStarted, Rejected
from encore_gui.agent_port import Agent
from encore_gui.bridge import Bridge
from encore_gui.icons import glyph
from encore_gui.layouts import clear, in_column, in_row
from encore_gui.screen_room import ABOVE_ALL, lower_right
from encore_gui.state import AgentState
from encore_gui.theme import SPACE, enlarge
from encore_gui.words import sentence, shortened
from encore_recorder.errors import RecorderError

log = logging.getLogger(__name__)

WIDTH = 400
TEXT = WIDTH - 9 * SPACE
"""Logical pixels for the text of a choice."""
NONE = 0
"""Number of "none of these"."""


def answer_key(number: int) -> Hotkey:
    """The chord that chooses a number while it is asked."""
    return Hotkey(("ctrl", "alt"), str(number))


class AskPrompt(QFrame):
    """One question at a time; it goes when it is answered, by click, key or voice, or when its seconds are over."""

    def __init__(
        self,
        agent: Agent,
        bridge: Bridge,
        state: AgentState,
        open_keys: Callable[[], Hotkeys],
        parent: QWidget | None = None,
    ) -> None:
        """Hidden until the agent asks.

        Args:
            agent: Asks, and is answered.
            bridge: Brings its events.
            state: Names the macros.
            open_keys: Opens global hotkeys; they are held only while it is asked.
            parent: Owner.
        """
        super().__init__(parent, ABOVE_ALL)
        self._agent = agent
        self._bridge = bridge
        self._meaning = state.meaning
        self._open_keys = open_keys
        self._keys: Hotkeys | None = None
        self._asked: Asked | None = None
        self.choices: list[QPushButton] = []
        """The commands in order, then none of them."""
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setWindowTitle("Encore asks")
        self._sign = QLabel()
        self._title = QLabel("Did you mean …?")
        enlarge(self._title, 1.1, bold=True)
        self._reason = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self._reason.setProperty("role", "muted")
        self._buttons = in_column(spacing=SPACE // 2)
        self._hint = QLabel(wordWrap=True)
        self._hint.setProperty("role", "muted")
        self._left = QProgressBar(maximum=1000, textVisible=False)
        self._left.setFixedHeight(3)
        self._left.setAccessibleName("Time left to answer")
        self._lay_out()
        self._timeout = QTimer(self, singleShot=True)
        self._timeout.timeout.connect(self.forget)
        self._shrinking = QPropertyAnimation(self._left, b"value", self)
        bridge.told.connect(self._on_event)

    def _lay_out(self) -> None:
        head = in_row(spacing=SPACE)
        head.addWidget(self._sign)
        head.addWidget(self._title, 1)
        layout = in_column(self, spacing=SPACE, margins=(2 * SPACE, SPACE + 4, 2 * SPACE, SPACE + 4))
        layout.addLayout(head)
        layout.addWidget(self._reason)
        layout.addLayout(self._buttons)
        layout.addWidget(self._hint)
        layout.addWidget(self._left)
        self.setFixedWidth(WIDTH)

    def ask(self, asked: Asked) -> None:
        """Show the question in place of the one before."""
        self.forget()
        self._asked = asked
        self._sign.setPixmap(glyph("help-circle", "accent").pixmap(QSize(22, 22), self.devicePixelRatioF()))
        heard = f"Heard “{shortened(asked.text)}”. " if asked.text.strip() else ""
        self._reason.setText(heard + sentence(asked.reason))
        clear(self._buttons)
        self.choices = [self._choice(number, text) for number, text in self._texts(asked)]
        for button in self.choices:
            self._buttons.addWidget(button)
        said = "“yes” or “no”" if len(asked.commands) == 1 else "the number or “none”"
        keys = f", or press {answer_key(1)}" + (f" to {len(asked.commands)}" if len(asked.commands) > 1 else "")
        self._hint.setText(f"Say {said}{f'{keys} or 0' if self._grab() else ''}.")
        self._place()
        self._timeout.start(round(1000 * asked.seconds))
        self._shrink(asked.seconds)

    def forget(self) -> None:
        """Take the question away unanswered. Idempotent."""
        self._timeout.stop()
        self._shrinking.stop()
        self._release()
        self._asked = None
        self.hide()

    def answer(self, number: int) -> None:
        """Choose a number of those that are shown; 0 for none of them."""
        asked = self._asked
        if asked is None or number > len(asked.commands):
            return
        # Off the screen first: the macro looks at what is there.
        self.forget()
        self._agent.answer(asked.heard_id, asked.commands[number - 1] if number != NONE else None)

    def _texts(self, asked: Asked) -> list[tuple[int, str]]:
        meant = [self._meaning(command.macro_id, command.slots) for command in asked.commands]
        if len(meant) == 1:
            return [(1, f"Yes: {meant[0]}"), (NONE, "No")]
        return [*enumerate(meant, start=1), (NONE, "None of these")]

    def _choice(self, number: int, text: str) -> QPushButton:
        button = QPushButton(self.fontMetrics().elidedText(f"{number}   {text}", Qt.TextElideMode.ElideRight, TEXT))
        button.setProperty("role", "choice")
        button.setAccessibleName(text)
        button.setToolTip(text)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(partial(self._on_clicked, number))
        return button

    def _on_clicked(self, number: int, *_: object) -> None:
        self.answer(number)

    def _place(self) -> None:
        self.setFixedHeight(max(self.heightForWidth(WIDTH), self.minimumSizeHint().height()))
        self.move(lower_right(self.size()))
        self.show()
        self.raise_()

    def _shrink(self, seconds: float) -> None:
        self._shrinking.setStartValue(self._left.maximum())
        self._shrinking.setEndValue(0)
        self._shrinking.setDuration(round(1000 * seconds))
        self._shrinking.start()

    def _grab(self) -> bool:
        """Hold the keys to answer with. False: none is to be had, so click and voice have to do."""
        assert self._asked is not None
        try:
            self._keys = self._open_keys()
        except (AgentError, RecorderError) as error:
            log.warning("a question cannot be answered by key: %s", error)
            return False
        numbers = range(len(self._asked.commands) + 1)
        problems = grab_all(
            self._keys,
            {answer_key(number): partial(self._bridge.post, partial(self.answer, number)) for number in numbers},
        )
        for problem in problems:
            log.warning("a question cannot be answered by this key: %s", problem)
        return not problems

    def _release(self) -> None:
        keys, self._keys = self._keys, None
        if keys is not None:
            keys.close()

    def _on_event(self, event: AgentEvent) -> None:
        if isinstance(event, Asked):
            self.ask(event)
        elif isinstance(event, Accepted | EpisodeStarted | RecordingStarted) or self._is_answer(event):
            self.forget()

    def _is_answer(self, event: AgentEvent) -> bool:
        """Whether it was answered with no, by voice."""
        return isinstance(event, Rejected) and self._asked is not None and event.heard_id == self._asked.heard_id
