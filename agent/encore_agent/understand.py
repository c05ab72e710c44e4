"""Understand an utterance: which macro, with which slot values, or why none.

Three witnesses have to agree before anything fires: the words match a phrase, the decoder finds the phrase likely
when it is told it (which hallucinated words do not survive), and no other macro fits as well.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from encore_agent.messages import Accepted, Command, Rejected
from encore_agent.values import Heard, UnderstandingOptions, Values, letters_of
from encore_agent.values import Hearing as Hearing
from encore_models.macro import SLOT_PATTERN, Macro
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Transcript
from encore_models.phrases import Match, best_match, words_of

Ranking = list[tuple[Macro, Match]]
"""Each macro that can be meant with its best match, best first."""


class Understander:
    """Understands utterances in terms of the macros there are."""

    def __init__(self, hearing: Hearing, macros: Iterable[Macro], options: UnderstandingOptions | None = None) -> None:
        """Nothing is computed yet."""
        self._hearing = hearing
        self._options = options or UnderstandingOptions()
        self._values = Values(hearing, self._options)
        self._macros = list(macros)

    def set_macros(self, macros: Iterable[Macro]) -> None:
        """Use these macros from now on."""
        self._macros = list(macros)

    def hear(self, utterance: Utterance) -> Heard:
        """The words of an utterance, without asking what they mean."""
        return Heard(utterance, *self._hearing.hear(utterance.samples))

    def understand(self, utterance: Utterance) -> tuple[Accepted | Rejected, Heard]:
        """What the utterance asks for, or why nothing; and what was heard, for `choose_value`."""
        began = time.perf_counter()
        heard = self.hear(utterance)
        if not words_of(heard.transcript.text):
            return Rejected(heard.transcript.text, "no words were heard"), heard
        if not self._macros:
            return Rejected(heard.transcript.text, "there is no macro yet; record one first"), heard
        outcome, decided = self._decide(heard)
        if isinstance(outcome, Rejected):
            known = self._by_known_values(heard)
            if known is None:
                return outcome, decided
            outcome, decided = known
        return replace(outcome, understand_ms=1e3 * (time.perf_counter() - began)), decided

    def _decide(self, heard: Heard) -> tuple[Accepted | Rejected, Heard]:
        """Accept or reject by the words of the transcript."""
        ranked = self._rank(heard.transcript.text)
        if not ranked or ranked[0][1].likeness < self._options.words:
            heard, ranked = self._led(heard, ranked)
        text = heard.transcript.text
        if not ranked or ranked[0][1].likeness < self._options.near_words:
            nearest = self._command(*ranked[0], 0.0) if ranked else None
            return Rejected(text, "no command sounds like it", nearest), heard
        (macro, match), others = ranked[0], ranked[1:]
        rival = next((other for other, m in others if self._rivals(match, m)), None)
        if rival is not None:
            reason = f"it could be “{macro.phrases[0].text}” or “{rival.phrases[0].text}”"
            return Rejected(text, reason, self._command(macro, match, 0.0)), heard
        log_p = self._log_p(heard, match)
        command = self._command(macro, match, math.exp(log_p))
        doubt = self._doubt(heard, match, log_p)
        if doubt is not None:
            return Rejected(text, doubt, command), heard
        heard = replace(heard, match=match)
        resolved = {name: self._known_value(heard, macro, name) or value for name, value in match.slots.items()}
        return Accepted(text, Command(macro.id, resolved, command.confidence), 0.0), heard

    def _by_known_values(self, heard: Heard) -> tuple[Accepted, Heard] | None:
        """The command with a known value that was said, whatever the transcript made of it."""
        letters = letters_of(heard.transcript.text)
        filled = [
            (macro, Match(phrase, 0.0, {phrase.slots[0]: value}))
            for macro in self._macros
            for phrase in macro.phrases
            if len(phrase.slots) == 1
            for value in macro.slot(phrase.slots[0]).values
        ]
        likely = [pair for pair in filled if self._values.as_long(letters_of(pair[1].spoken({})), letters)]
        likely.sort(key=lambda pair: fuzz.ratio(letters_of(pair[1].spoken({})), letters), reverse=True)
        likely = likely[: self._options.shortlist]
        if not likely:
            return None
        totals = self._values.totals(heard, [match.spoken({}) for _, match in likely])
        values = [match.slots[match.phrase.slots[0]] for _, match in likely]
        place = self._values.clearly_best(totals, self._options.choice_margin)
        if place is None or totals[place] < heard.transcript.logprob - self._values.may_be_behind(values[place]):
            return None
        macro, match = likely[place]
        command = self._command(macro, match, math.exp(totals[place] / len(words_of(match.spoken({})))))
        return Accepted(heard.transcript.text, command, 0.0), replace(heard, match=match)

    def choose_value(self, heard: Heard, slot: str, texts: Sequence[str]) -> str | None:
        """Which of the texts was said in the slot; see `Values.choose`."""
        return self._values.choose(heard, slot, texts)

    def _known_value(self, heard: Heard, macro: Macro, name: str) -> str | None:
        return self.choose_value(heard, name, macro.slot(name).values)

    def _led(self, heard: Heard, ranked: Ranking) -> tuple[Heard, Ranking]:
        """The utterance heard again in the light of the phrases' first words, where that is nearly as likely."""
        first_words = dict.fromkeys(
            SLOT_PATTERN.split(phrase.text)[0].strip() for macro in self._macros for phrase in macro.phrases
        )
        letters = letters_of(heard.transcript.text)
        nearest = sorted(
            filter(None, first_words), key=lambda words: -fuzz.partial_ratio(words, letters[: len(words) + 1])
        )
        for words in nearest[: self._options.led_phrases]:
            for led in self._led_by(heard, f"{words[:1].upper()}{words[1:]}"):
                again = self._rank(led.text)
                if again and (not ranked or again[0][1].likeness > ranked[0][1].likeness):
                    heard, ranked = replace(heard, transcript=led), again
        return heard, ranked

    def _led_by(self, heard: Heard, words: str) -> Iterator[Transcript]:
        """What was said if it begins with these words, as far as that is likely enough."""
        least = heard.transcript.logprob - self._options.led_behind
        text = self._taken_apart(heard.transcript.text, words)
        if text is not None:
            (row,) = self._hearing.token_logprobs(heard.encoded, [text])
            if row.sum() >= least:
                yield Transcript(text, float(row.mean()), len(row))
        led = self._hearing.transcribe(heard.encoded, words)
        if led.logprob >= least:
            yield led

    def _taken_apart(self, text: str, words: str) -> str | None:
        """The text with a blank after `words`: Whisper writes "Playfast car" where "play Fast Car" was said.

        None where it does not begin so, or with a real word such as "playback": those are one token.
        """
        match = re.match(rf"({re.escape(words)})(\w+)(.*?)\W*$", text, re.IGNORECASE)
        if match is None:
            return None
        whole = match[1] + match[2]
        if any(len(self._hearing.tokens(word)) == 1 for word in (whole.lower(), whole.capitalize())):
            return None
        return f"{words} {match[2]}{match[3]}."

    def _rank(self, text: str) -> Ranking:
        """Each macro with its best phrase, best first."""
        ranked = []
        for macro in self._macros:
            matches = [match for phrase in macro.phrases if (match := best_match(phrase, text)) is not None]
            if matches:
                ranked.append((macro, max(matches, key=lambda match: match.likeness)))
        # Of equal likeness the phrase with more words of its own is meant: "play next" before "play {song}".
        return sorted(ranked, key=lambda pair: (pair[1].likeness, -len("".join(pair[1].slots.values()))), reverse=True)

    def _rivals(self, match: Match, other: Match) -> bool:
        """Whether the other match is as good; one with more words in its slots is less specific, so it is not."""
        as_specific = len("".join(other.slots.values())) <= len("".join(match.slots.values()))
        return as_specific and other.likeness > match.likeness - self._options.clear

    def _log_p(self, heard: Heard, match: Match) -> float:
        """Mean log p a token of the phrase; as it was transcribed where that is the phrase word by word."""
        told = float(self._hearing.token_logprobs(heard.encoded, [match.spoken({})])[0].mean())
        return max(told, heard.transcript.mean_logprob) if match.likeness >= self._options.words else told

    def _doubt(self, heard: Heard, match: Match, log_p: float) -> str | None:
        options = self._options
        if log_p < options.floor:
            return f"it did not sound like “{match.phrase.text}”"
        if match.likeness < options.words and log_p < heard.transcript.mean_logprob - options.behind:
            return f"it sounded only a little like “{match.phrase.text}”"
        return None

    @staticmethod
    def _command(macro: Macro, match: Match, confidence: float) -> Command:
        return Command(macro.id, dict(match.slots), min(1.0, confidence))
