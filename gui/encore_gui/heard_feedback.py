"""Which utterances the bubble shows, and when: never while a macro looks at the screen."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Asked,
    ChoicesShown,
    EpisodeStarted,
    Finished,
    Halted,
    RecordingStarted,
    Rejected,
)
from encore_gui.bridge import Bridge
from encore_gui.heard_bubble import Heard, HeardBubble, heard_of
from encore_gui.preferences import TELL_HEARD, TELL_REJECTED, Option, Preferences
from encore_gui.state import AgentState
from encore_gui.words import sentence


class HeardFeedback(QObject):
    """Shows what was heard and came to nothing at once, and what started a macro when that has ended."""

    def __init__(
        self, bridge: Bridge, state: AgentState, preferences: Preferences, parent: QObject | None = None
    ) -> None:
        """Follow the events that come over `bridge`.

        Args:
            bridge: Brings them.
            state: Names the macros.
            preferences: Say what is to be shown.
            parent: Owner.
        """
        super().__init__(parent)
        self.bubble = HeardBubble()
        self._preferences = preferences
        self._state = state
        self._meant: dict[str, Heard] = {}
        """What was heard last, by each macro that it may start."""
        self._started: Heard | None = None
        """What started the macro that runs; None where nobody spoke."""
        bridge.told.connect(self._on_event)

    def _on_event(self, event: AgentEvent) -> None:
        match event:
            case Accepted() | Asked():
                commands = event.commands if isinstance(event, Asked) else (event.command,)
                accepted = (Accepted(event.text, command, 0.0, heard_id=event.heard_id) for command in commands)
                self._meant = {one.command.macro_id: told for one in accepted if (told := self._told(one))}
                self.bubble.hide()
            case EpisodeStarted(macro_id=macro_id):
                self._started, self._meant = self._meant.get(macro_id), {}
                self.bubble.hide()
            case ChoicesShown() | RecordingStarted():
                self.bubble.hide()
            case Finished() | Halted() if self._started is not None:
                self._show(_after(self._started, event))
                self._started = None
            case _:
                heard = self._told(event)
                if heard is not None:
                    self._meant = {}
                    self._show(heard, TELL_REJECTED if isinstance(event, Rejected) else TELL_HEARD)

    def _told(self, event: AgentEvent) -> Heard | None:
        return heard_of(event, self._state.meaning)

    def _show(self, heard: Heard, option: Option = TELL_HEARD) -> None:
        if self._preferences[option]:
            self.bubble.show_heard(heard)


def _after(heard: Heard, ended: Finished | Halted) -> Heard:
    """What was heard, with how its macro ended."""
    if isinstance(ended, Halted):
        came = f"{heard.came}\nHalted at step {ended.index + 1}: {sentence(ended.reason)}"
        return replace(heard, came=came, icon="alert-circle", colour="warning")
    return replace(heard, came=f"{heard.came} · done" if ended.verified_by else f"{heard.came} · done, not verified")
