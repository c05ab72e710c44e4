"""What the ears can set off: the word between hearing and doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from encore_agent.replay import Choose
from encore_agent.say_session import Request as SayRequest
from encore_models.macro import Macro
from encore_models.perception.situation import NOTHING_SAID, Spoken


@dataclass(frozen=True, slots=True)
class Order:
    """A macro to run."""

    macro_id: str
    slots: dict[str, str]
    choose: Choose | None = None
    """Picks among texts on the screen by what was heard; None where the values were typed."""
    asked_ns: int | None = None
    """When the speech ended; None where nobody spoke."""
    confirmed: bool = False
    """The person said yes to it, or typed it."""
    heard_id: int | None = None
    """Entry of the heard log; None where nobody spoke."""
    spoken: Spoken = NOTHING_SAID
    """What was said, for the action model."""


class Deeds(Protocol):
    """What the ears can set off; each returns at once."""

    @property
    def running(self) -> bool:
        """Whether a macro runs."""

    @property
    def choosing(self) -> bool:
        """Whether numbered controls wait to be chosen."""

    def plausible(self, macro: Macro) -> float | None:
        """0 to 1, how likely the screen shows the macro's first step; None where that is unknown."""

    def start_episode(self, order: Order) -> None:
        """Run a macro that was asked for."""

    def start_saying(self, request: SayRequest) -> None:
        """Act on a control that was called by its name."""

    def stop_episode(self) -> None:
        """End the running macro before its next action."""
