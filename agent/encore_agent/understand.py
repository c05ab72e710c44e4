"""Understand an utterance: which macro, with which slot values, or what to ask, or why none.

The witnesses are heard in the order of what they cost. A voice print alone settles a command without a slot, once its
phrase is scored under the decoder; otherwise the words are transcribed, and what they can mean is looked for. All that
speaks for a macro goes into `Evidence`, and `decide` makes of it what happens.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from encore_agent.decide import IN_DOUBT, UNCALIBRATED, Calibration, Decision, Enrolled, decide, sureness
from encore_agent.guard import destructive_macro
from encore_agent.meaning import Meaning, UnderstandingOptions
from encore_agent.meanings import Meanings
from encore_agent.messages import Accepted, Asked, Command, Rejected
from encore_agent.values import Heard, Hearing, Values
from encore_models.learn import Printing
from encore_models.macro import Macro
from encore_models.perception.prints import VoicePrint, likeness
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Encoded, Transcript
from encore_models.phrases import words_of

Outcome = Accepted | Asked | Rejected
Plausible = Callable[[Macro], float | None]
"""0 to 1, how likely the screen shows a macro's first step; None where that is unknown."""

MOST_ASKED = 3
"""Commands in one question."""
SAME_WORDS = 2.0
"""Nats by which no other word may be likelier where a print and its phrase settle the command by themselves."""
SOUNDING = 2
"""Macros likest to the print whose phrases are scored whatever the words are."""


@dataclass(frozen=True, slots=True)
class _Likeness:
    """What the print says of a macro."""

    own: float
    rival: float | None
    """Of the nearest print of anything else; None where there is none."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A meaning, and what is to come of it."""

    meaning: Meaning
    decision: Decision
    sureness: float

    @property
    def settles(self) -> bool:
        """Whether nothing else need be looked at: the decoder itself would write about the same words."""
        regret = self.meaning.evidence.regret
        return self.decision.verdict == "accept" and regret is not None and regret <= SAME_WORDS

    @property
    def commands(self) -> tuple[Command, ...]:
        """What it asks for, in each of the ways that are in doubt."""
        macro, match, others = self.meaning.macro, self.meaning.match, self.meaning.others
        confidence = math.exp(min(0.0, self.meaning.evidence.log_p or 0.0))
        ways = [{match.phrase.slots[0]: value} for value in others] or [{}]
        return tuple(Command(macro.id, match.slots | way, confidence) for way in ways)


class Understander:
    """Understands utterances in terms of the macros there are. For one thread, but for `choose_value`."""

    def __init__(
        self,
        hearing: Hearing,
        macros: Iterable[Macro],
        options: UnderstandingOptions | None = None,
        enrolled: Callable[[str], Enrolled] | None = None,
        printer: Printing | None = None,
    ) -> None:
        """Nothing is computed yet.

        Args:
            hearing: The voice model.
            macros: What can be asked for.
            options: How sure to be.
            enrolled: What is known of how a macro's command sounds, by its id; None understands by words alone.
            printer: Makes voice prints; None understands by words alone.
        """
        self._hearing = hearing
        self._enrolled = enrolled
        self._printer = printer
        options = options or UnderstandingOptions()
        self._meanings = Meanings(hearing, options)
        # Apart from the lists that are listened for: those are in use while a macro runs.
        self._choosing = Values(hearing, options.values)
        self.set_macros(macros)

    @property
    def macros(self) -> list[Macro]:
        """Those that can be asked for now."""
        return self._macros

    def set_macros(self, macros: Iterable[Macro]) -> None:
        """Use these macros from now on."""
        self._macros = list(macros)
        self._meanings.use(self._macros)

    def prepare(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Compute ahead what the next utterances need: what is known of phrases and values before anything is said.

        May run on a thread of its own while others understand; those wait for a few milliseconds of it at most.

        Args:
            cancelled: Asked every few milliseconds.
        """

        def wordings(macro: Macro) -> Sequence[str]:
            return self._enrolled(macro.id).wordings if self._enrolled is not None else ()

        self._meanings.led.prepare(wordings, cancelled)

    def hear(self, utterance: Utterance) -> Heard:
        """The words of an utterance, without asking what they mean."""
        return Heard(utterance, *self._hearing.hear(utterance.samples))

    def fit(self, heard: Heard, texts: Sequence[str]) -> dict[str, float]:
        """Mean log p a token of each text, with a capital or without."""
        spelt = [text for one in texts for text in (one, one.lower())]
        scores = [float(row.mean()) for row in self._hearing.token_logprobs(heard.encoded, spelt)]
        return {text: max(scores[2 * place : 2 * place + 2]) for place, text in enumerate(texts)}

    def choose_value(self, heard: Heard, slot: str, texts: Sequence[str]) -> str | None:
        """Which of the texts was said in the slot; see `Values.choose`. For the one thread that runs macros."""
        return self._choosing.choose(heard, slot, texts)

    def understand(
        self,
        utterance: Utterance,
        hands_free: bool = True,
        plausible: Plausible | None = None,
    ) -> tuple[Outcome, Heard]:
        """What the utterance asks for.

        Args:
            utterance: As it was cut out.
            hands_free: Whether nobody held a key to speak.
            plausible: What the screen says of a macro.

        Returns:
            What to do, ask or say; and what was heard, for `choose_value`.
        """
        began = time.perf_counter()
        encoded, said, sounding = None, None, None
        likes: dict[str, _Likeness] = {}
        if self._printer is not None and self._enrolled is not None:
            encoded = self._hearing.encode(utterance.samples)
            said = self._printer.printed(encoded)
            likes = self._likes(said)
        weigh = _Weigher(self._enrolled, likes, hands_free, plausible)
        if encoded is not None:
            sounding = self._sounding(encoded, likes, weigh)
            if sounding is not None and (sure := weigh(sounding)).settles:
                heard = _as_said(utterance, encoded, said, sounding)
                return _outcome([sure], heard, began), heard
        expected = self._meanings.led.expected
        heard = Heard(utterance, *self._hearing.hear(utterance.samples, encoded, expected), print=said)
        if not self._macros:
            return Rejected(heard.transcript.text, "there is no macro yet; record one first"), heard
        if not words_of(heard.transcript.text) and not likes:
            return Rejected(heard.transcript.text, "no words were heard"), heard
        weighed = self._weighed(heard, likes, weigh, sounding)
        outcome = _outcome(weighed, heard, began)
        if isinstance(outcome, Accepted):
            heard = replace(heard, match=weighed[0].meaning.match)
        return outcome, heard

    def _likes(self, said: VoicePrint) -> dict[str, _Likeness]:
        """What the print says of each macro that has enrolments."""
        assert self._enrolled is not None
        known = {macro.id: self._enrolled(macro.id) for macro in self._macros}
        own = {id_: float(likeness(said, one.prints).max()) for id_, one in known.items() if one.prints}
        likes = {}
        for id_, like in own.items():
            others = [value for other, value in own.items() if other != id_]
            others += [float(value) for value in likeness(said, known[id_].impostors)]
            likes[id_] = _Likeness(like, max(others, default=None))
        return likes

    def _sounding(self, encoded: Encoded, likes: dict[str, _Likeness], weigh: _Weigher) -> Meaning | None:
        """The command that the print is likest to, with its phrase's sound; None where that cannot settle anything."""
        known = [macro for macro in self._macros if macro.id in likes]
        nearest = max(known, key=lambda macro: likes[macro.id].own, default=None)
        if nearest is None or nearest.slots or not weigh.worth_scoring(nearest):
            return None
        assert self._enrolled is not None
        return self._meanings.led.sounding(encoded, nearest, self._enrolled(nearest.id).wordings)

    def _weighed(
        self,
        heard: Heard,
        likes: dict[str, _Likeness],
        weigh: _Weigher,
        sounding: Meaning | None,
    ) -> list[_Weighed]:
        """Everything that may be meant, surest first."""
        nearest = sorted(likes, key=lambda id_: -likes[id_].own)[:SOUNDING]
        meanings = self._meanings.of(heard, nearest)
        if sounding is not None and self._enrolled is not None:
            wordings = self._enrolled(sounding.macro.id).wordings
            meanings.append(self._meanings.led.read(sounding, heard.transcript, wordings))
        weighed = sorted(map(weigh, meanings), key=lambda one: one.sureness, reverse=True)
        best = weighed[0] if weighed else None
        if best is None or best.decision.verdict != "accept":
            return weighed
        rivals = [one for one in weighed if self._meanings.rivals(best.meaning, one.meaning)]
        if not rivals or (best.meaning.macro.id in likes and likes[best.meaning.macro.id].own > 0.5):
            return weighed
        first, second = best.meaning.macro.phrases[0].text, rivals[0].meaning.macro.phrases[0].text
        doubt = Decision("ask", f"it could be “{first}” or “{second}”")
        return [replace(best, decision=doubt), *rivals]


class _Weigher:
    """Weighs a meaning with what the print says of its macro."""

    def __init__(
        self,
        enrolled: Callable[[str], Enrolled] | None,
        likes: dict[str, _Likeness],
        hands_free: bool,
        plausible: Plausible | None,
    ) -> None:
        self._enrolled, self._likes = enrolled, likes
        self._hands_free, self._plausible = hands_free, plausible

    def __call__(self, meaning: Meaning) -> _Weighed:
        macro, like = meaning.macro, self._likes.get(meaning.macro.id)
        if like is not None and not macro.slots:
            # Another wording than the one that was enrolled is like no print, which says nothing against it.
            worded = meaning.match.phrase is not macro.phrases[0] and like.own < 0.0
            own = None if worded else like.own
            meaning = replace(meaning, evidence=replace(meaning.evidence, likeness=own, rival_likeness=like.rival))
        decision = decide(
            macro,
            meaning.evidence,
            self._calibrated(macro),
            destructive_macro(macro) is not None,
            self._plausible(macro) if self._plausible is not None else None,
            self._hands_free,
        )
        sure = sureness(meaning.evidence, self._calibrated(macro), self._hands_free)
        if meaning.doubt and decision.verdict == "accept" and (self._hands_free or meaning.others):
            decision = replace(decision, verdict="ask", reason=meaning.doubt)
            sure = min(sure, IN_DOUBT)
        return _Weighed(meaning, decision, sure)

    def worth_scoring(self, macro: Macro) -> bool:
        """Whether the print alone may settle it."""
        like = self._likes[macro.id]
        return like.own >= self._calibrated(macro).accept and (like.rival is None or like.own > like.rival)

    def _calibrated(self, macro: Macro) -> Calibration:
        return self._enrolled(macro.id).calibration if self._enrolled is not None else UNCALIBRATED


def _as_said(utterance: Utterance, encoded: Encoded, said: VoicePrint | None, meaning: Meaning) -> Heard:
    """What was heard where nothing was transcribed: the phrase itself."""
    log_p = meaning.evidence.log_p or 0.0
    return Heard(utterance, encoded, Transcript(meaning.match.phrase.text, log_p), meaning.match, said)


def _outcome(weighed: Sequence[_Weighed], heard: Heard, began: float) -> Outcome:
    """What comes of what was weighed, surest first."""
    text = heard.transcript.text
    if not weighed:
        return Rejected(text, "no command sounds like it")
    best = weighed[0]
    evidence, reason = best.meaning.evidence, best.decision.reason
    if best.decision.verdict == "accept":
        took = 1e3 * (time.perf_counter() - began)
        return Accepted(text, best.commands[0], took, evidence, reason=reason)
    if best.decision.verdict == "reject":
        return Rejected(text, reason, best.commands[0], replace(evidence, path="none"))
    asked = [command for one in weighed if one.decision.verdict != "reject" for command in one.commands]
    distinct: dict[tuple[str, tuple[tuple[str, str], ...]], Command] = {}
    for command in asked:
        distinct.setdefault((command.macro_id, tuple(command.slots.items())), command)
    return Asked(text, reason, tuple(distinct.values())[:MOST_ASKED], evidence=evidence)
