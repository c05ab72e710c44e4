"""Which events are worth a notice, and what it says (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from encore_agent.messages import AgentEvent, Finished, Halted, Learned, Trouble
from encore_gui.words import sentence


@dataclass(frozen=True, slots=True)
class Notice:
    """A balloon."""

    title: str
    text: str
    tone: Literal["", "good", "warning", "danger"] = ""
    macro_id: str | None = None
    """Macro to show when the person clicks on it; None opens the history."""


def notice_of(event: AgentEvent, ran: str | None = None) -> Notice | None:
    """The notice for an event, or None where it needs none.

    Args:
        event: What was told.
        ran: Id of the macro that ran last.
    """
    match event:
        case Learned():
            say = " or ".join(f"“{phrase}”" for phrase in event.phrases[:2])
            text = "\n".join((f"Say {say}.", *event.notes))
            return Notice(f"Learned {event.name}", text, "good", event.macro_id)
        case Halted(index=index, reason=reason):
            return Notice(f"Halted at step {index + 1}", sentence(reason), "warning", ran)
        case Finished(verified_by=None):
            return Notice(
                "Done, not verified", "All steps were carried out; nothing outside the screen tells more.", macro_id=ran
            )
        case Trouble(message=message):
            return Notice("Encore has a problem", sentence(message), "danger")
    return None
