"""The heard log in words and bars: what came of an utterance, and why, for a person (pure)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from encore_agent.heard_log import HeardEntry
from encore_agent.messages import Evidence


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an utterance, in a few words."""

    text: str
    icon: str
    colour: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One score."""

    name: str
    share: float
    """0 to 1, how far the bar goes."""
    value: str
    tip: str
    good: bool = True
    """Whether more of it speaks for the command."""


_DECIDED = {
    "voice": "Decided by the sound of it: it was said as before.",
    "words": "Decided by the words.",
    "values": "Decided by the words, and by the values that are known.",
    "none": "",
}


def outcome_of(entry: HeardEntry, names: Mapping[str, str], meant: str | None = None) -> Outcome:
    """What came of an utterance.

    Args:
        entry: Of the log.
        names: Macros' names by their ids.
        meant: Id of the macro that a missed one was learned for; None where that is not known any more.
    """
    name = command_of(entry, names)
    match entry.correction:
        case "missed":
            what = names.get(meant, meant) if meant is not None else "another command"
            return Outcome(f"Learned: it meant {what}", "school-outline", "accent")
        case "false_fire":
            return Outcome(f"Learned: it did not mean {name}", "school-outline", "accent")
    if entry.verdict == "accepted":
        return Outcome(name, "check-circle", "good")
    if entry.verdict == "asked":
        if entry.answer == "yes":
            return Outcome(f"{name} (after a question)", "check-circle", "good")
        said = "you said no" if entry.answer == "no" else "not answered"
        return Outcome(f"Asked: {name}? ({said})", "help-circle", "warning")
    return Outcome("Not taken for a command", "minus-circle-outline", "muted")


def command_of(entry: HeardEntry, names: Mapping[str, str]) -> str:
    """The macro and its values; the macro's id where it was deleted since."""
    name = names.get(entry.macro_id or "", entry.macro_id or "nothing known")
    values = ", ".join(value for value in entry.slots.values() if value)
    return f"{name}: {values}" if values else name


def decided_by(evidence: Evidence) -> str:
    """What decided, as a sentence; empty where nothing was scored."""
    return _DECIDED[evidence.path]


def bars_of(evidence: Evidence) -> list[Bar]:
    """A bar for each score that was computed."""
    bars = []
    if evidence.likeness is not None:
        bars.append(
            Bar(
                "Sounds like the command",
                _share(evidence.likeness),
                _percent(evidence.likeness),
                "How much it sounds like the command as you said it before: 0 % is like any other speech, "
                "100 % like saying it again.",
            )
        )
    if evidence.rival_likeness is not None:
        bars.append(
            Bar(
                "Sounds like another one",
                _share(evidence.rival_likeness),
                _percent(evidence.rival_likeness),
                "How much it sounds like another command, or like something that was not meant.",
                good=False,
            )
        )
    if evidence.words is not None:
        bars.append(
            Bar(
                "Words agree",
                _share(evidence.words / 100),
                _percent(evidence.words / 100),
                "How far the words that were heard are those of the command.",
            )
        )
    if evidence.log_p is not None:
        bars.append(_sure("The command fits the sound", evidence.log_p, "the words of the command"))
    if evidence.transcript_log_p is not None:
        bars.append(_sure("Clearly spoken", evidence.transcript_log_p, "the words as they were heard"))
    if evidence.value is not None:
        share = 1 - math.exp(-max(0.0, evidence.value))
        tip = f"How clearly one of the values that are known was said. ({evidence.value:.2f} nats)"
        bars.append(Bar("A known value fits", share, _percent(share), tip))
    return bars


def _sure(name: str, log_p: float, what: str) -> Bar:
    share = math.exp(min(0.0, log_p))
    tip = f"How well the sound fits {what}, a piece of a word at a time. (Mean log p {log_p:.2f})"
    return Bar(name, share, _percent(share), tip)


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
