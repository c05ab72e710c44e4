"""The key that is held to talk: it is taken from other programs only in that mode."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from encore_agent.errors import AgentError
from encore_agent.hotkey import Hotkeys, grab_talk_key
from encore_gui.agent_port import Agent
from encore_gui.state import AgentState
from encore_recorder.errors import RecorderError


class TalkKey(QObject):
    """Holds the key while the agent listens in the mode for it."""

    refused = Signal(str)
    """Why the key cannot be had, for a person."""

    def __init__(
        self, agent: Agent, state: AgentState, open_keys: Callable[[], Hotkeys], parent: QObject | None = None
    ) -> None:
        """Follow `state`; `open_keys` opens global hotkeys."""
        super().__init__(parent)
        self._agent = agent
        self._open_keys = open_keys
        self._keys: Hotkeys | None = None
        self._tried = False
        """Whether it was asked for since it is wanted, so that it is not refused again and again."""
        state.changed.connect(self._follow)

    def close(self) -> None:
        """Give the key back. Idempotent."""
        keys, self._keys = self._keys, None
        self._tried = False
        if keys is not None:
            keys.close()

    def _follow(self) -> None:
        if not (self._agent.listening and self._agent.mode == "push_to_talk"):
            self.close()
        elif not self._tried:
            self._tried = True
            problem = self._grab()
            if problem is not None:
                self.refused.emit(problem)

    def _grab(self) -> str | None:
        try:
            self._keys = self._open_keys()
        except (AgentError, RecorderError) as problem:
            return str(problem)
        # Straight to the agent, on the keys' own thread: what is said at once must not wait for the window.
        return grab_talk_key(self._keys, self._agent.settings.choices.talk_key, self._agent.push_to_talk)
