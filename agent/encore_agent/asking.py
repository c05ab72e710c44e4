"""A question that waits for its answer: "did you mean ...?" (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from encore_agent.messages import Asked, Command
from encore_agent.replay import Choose
from encore_agent.say import Cancel, Number, reply_in
from encore_models.phrases import words_of

YES = frozenset({"yes", "yeah", "yep", "yup", "yes please", "ok", "okay", "sure", "right", "that is right", "do it"})
NO = frozenset({"no", "nope", "nah", "no thanks", "no thank you", "none", "neither", "nothing"})

SAYABLE = ("Yes.", "No.", "Cancel.", "One.", "Two.", "Three.")
"""Replies whose sound is looked for where the words are no reply: "No" is heard as "Nail", "Cancel" as "Council"."""
LEAST = -2.0
"""Mean log p a token from which one of them was said. Said at 5 dB of noise they reach -2.4 to -0.4, and short commands
that are said instead -2.5 at most."""
APART = 1.0
"""How much likelier it must be than any that means something else."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said to a question."""

    command: Command | None
    """None means no."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What was asked, and what was heard before it was."""

    asked: Asked
    choose: Choose
    """Picks among texts on the screen by what was heard before it was asked."""
    until_ns: int
    """`time.monotonic_ns` to which speech is taken for an answer; a click may come later."""

    def open_at(self, time_ns: int) -> bool:
        """Whether speech of that time may answer it."""
        return time_ns < self.until_ns

    def reply_in(self, text: str) -> Reply | None:
        """The answer that these words give, or None where they are about something else."""
        words = " ".join(words_of(text))
        if words in YES:
            return Reply(self.asked.commands[0])
        if words in NO:
            return Reply(None)
        match reply_in(text):
            case Cancel():
                return Reply(None)
            case Number(number=number) if 1 <= number <= len(self.asked.commands):
                return Reply(self.asked.commands[number - 1])
        return None

    def reply_by_sound(self, log_ps: Mapping[str, float]) -> Reply | None:
        """The answer that was said by its sound, or None where none was said clearly.

        Args:
            log_ps: Mean log p a token of each of `SAYABLE`.
        """
        ranked = sorted(((log_p, text) for text, log_p in log_ps.items()), reverse=True)
        best, text = ranked[0]
        reply = self.reply_in(text)
        others = [log_p for log_p, other in ranked if self.reply_in(other) != reply]
        clear = best >= LEAST and best - max(others, default=-float("inf")) >= APART
        return reply if clear else None
