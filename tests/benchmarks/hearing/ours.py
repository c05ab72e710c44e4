"""Encore as it is asked in the benchmark: its own Understander, with one enrolment of each command."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from encore_agent.decide import Enrolled, calibrate, sureness
from encore_agent.guard import destructive_macro
from encore_agent.messages import Accepted, Asked, Command, Evidence, Rejected
from encore_agent.pauses import pause_after
from encore_agent.understand import Understander
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.prints import Printer, VoicePrint
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Voice
from encore_models.phrases import words_of
from encore_recorder.actions import PressKeys
from encore_recorder.geometry import Rect
from tests.benchmarks.hearing.commands import Spoken
from tests.benchmarks.hearing.sounds import Booth

PLAY = "play"
"""The macro with a slot."""
Outcome = Accepted | Asked | Rejected
Verdict = Literal["accepted", "asked", "rejected", "not heard"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing said to Encore, and what came of it."""

    kind: str
    """What was said: a command, a sibling, another wording, a title, talk; of an unknown title: what is known."""
    enroller: str
    """Whose voice the commands were learned from."""
    speaker: str
    condition: str
    said: str
    wanted: str | None
    """Id of the macro that is meant; None where none is."""
    value: str | None
    """Of the slot that is meant."""
    verdict: Verdict
    first: str | None
    """Id of the macro that fired, is asked about first, or came nearest."""
    first_value: str | None
    always_asked: bool
    """The first macro is destructive: asking is all that it may do."""
    evidence: Evidence
    sure: float
    """How sure the decision was of the first macro: from 1 it fires; -inf where there is none."""
    heard: str
    reason: str
    ms: float

    @property
    def first_right(self) -> bool:
        """Whether the first choice is what was meant, whatever came of it."""
        same_value = self.value is None or words_of(self.first_value or "") == words_of(self.value)
        return self.wanted is not None and self.first == self.wanted and same_value

    @property
    def fired_right(self) -> bool:
        """Whether it did what was meant; a destructive command is asked about, since it always is."""
        fired = self.verdict == "accepted" or (self.verdict == "asked" and self.always_asked)
        return fired and self.first_right

    @property
    def fired_wrong(self) -> bool:
        """Whether something fired that was not meant."""
        return self.verdict == "accepted" and not self.first_right


def trial_of(row: Mapping[str, Any]) -> Trial:
    """A trial as it was kept."""
    return Trial(**{**row, "evidence": Evidence(**row["evidence"])})


def id_of(text: str) -> str:
    """Of the macro for a command."""
    return re.sub(r"\W+", "-", text.lower()).strip("-")


def macro(macro_id: str, phrases: Sequence[str], values: Sequence[str] = (), used: Sequence[str] = ()) -> Macro:
    """A command that does next to nothing."""
    window = WindowIdentity("player", "Player", Rect(0, 0, 1, 1))
    slots = tuple(Slot(name, tuple(values), tuple(used)) for name in Phrase(phrases[0]).slots)
    steps = (Step(PressKeys(("enter",)), window, "steps/01-before.png"),)
    wordings = tuple(Phrase(text) for text in phrases)
    return Macro(macro_id, macro_id, wordings, slots, steps, "2026-01-01T00:00:00+00:00", "none")


def command_macros(listed: Iterable[str]) -> list[Macro]:
    """One macro a command, by its own words only."""
    return [macro(id_of(text), [text]) for text in listed]


def worded_macros(spoken: Iterable[Spoken]) -> list[Macro]:
    """One macro a command, with the wordings that the user confirmed; siblings by their own words."""
    listed = list(spoken)
    worded = [macro(id_of(one.text), [one.text, *one.registered]) for one in listed]
    return [*worded, *command_macros(one.sibling for one in listed)]


def play_macro(titles: Sequence[str], used: Sequence[str] = ()) -> Macro:
    """`play {song}` with these titles known, and others that were played before."""
    return macro(PLAY, ["play {song}"], titles, used)


@dataclass(slots=True)
class Ears:
    """The models, and what is known of how commands sound."""

    voice: Voice
    printer: Printer
    booth: Booth

    def print_of(self, utterance: Utterance) -> VoicePrint:
        """What is kept of an utterance."""
        return self.printer.printed(self.voice.encode(utterance.samples))

    def enrolled(self, enroller: str, macros: Sequence[Macro]) -> dict[str, Enrolled]:
        """One enrolment of each macro without a slot, said in its first words, calibrated on the others."""
        prints = {
            one.id: self.print_of(utterance)
            for one in macros
            if not one.slots and (utterance := self.booth.enrolled(one.phrases[0].text, enroller)) is not None
        }
        return {
            macro_id: Enrolled((own,), (), calibrate([own], [p for other, p in prints.items() if other != macro_id]))
            for macro_id, own in prints.items()
        }

    def taught(self, enroller: str, macros: Sequence[Macro]) -> Taught:
        """Encore after one user taught it these macros."""
        known = self.enrolled(enroller, macros)

        def enrolled(macro_id: str) -> Enrolled:
            return known.get(macro_id, Enrolled())

        understander = Understander(self.voice, macros, enrolled=enrolled, printer=self.printer)
        return Taught(understander, tuple(macros), enroller, enrolled)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be said to Encore."""

    kind: str
    speaker: str
    condition: str
    said: str
    utterance: Utterance | None
    wanted: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Taught:
    """Encore as one user taught it."""

    understander: Understander
    macros: tuple[Macro, ...]
    enroller: str
    enrolled: Callable[[str], Enrolled]

    def answer(self, question: Question) -> Trial:
        """What Encore makes of it, hands-free."""
        return self.think(question)[0]

    def pause_after(self, outcome: Outcome) -> int | None:
        """The silence, ms, that is to end what was said; None for the usual one."""
        return pause_after(outcome, self.macros)

    def think(self, question: Question) -> tuple[Trial, Outcome]:
        """The same, and the outcome itself."""
        began = time.perf_counter()
        if question.utterance is None:
            outcome: Outcome = Rejected("", "voice activity found nothing")
        else:
            outcome, _ = self.understander.understand(question.utterance)
        ms = 1e3 * (time.perf_counter() - began)
        verdict, command = _verdict(outcome)
        first = next((one for one in self.macros if command is not None and one.id == command.macro_id), None)
        sure = sureness(outcome.evidence, self.enrolled(first.id).calibration) if first else -math.inf
        trial = Trial(
            kind=question.kind,
            enroller=self.enroller,
            speaker=question.speaker,
            condition=question.condition,
            said=question.said,
            wanted=question.wanted,
            value=question.value,
            verdict="not heard" if question.utterance is None else verdict,
            first=first.id if first else None,
            first_value=next(iter(command.slots.values()), None) if command else None,
            always_asked=first is not None and destructive_macro(first) is not None,
            evidence=outcome.evidence,
            sure=sure,
            heard=outcome.text,
            reason=outcome.reason,
            ms=ms,
        )
        return trial, outcome


def _verdict(outcome: Outcome) -> tuple[Verdict, Command | None]:
    if isinstance(outcome, Accepted):
        return "accepted", outcome.command
    if isinstance(outcome, Asked):
        return "asked", outcome.commands[0]
    return "rejected", outcome.nearest
