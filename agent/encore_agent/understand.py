"""Understand an utterance: which macro, with which slot values, or why none.

Three witnesses have to agree before anything fires: the words match a phrase, the decoder finds the phrase likely
when it is told it (which hallucinated words do not survive), and no other macro fits as well.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from encore_agent.messages import Accepted, Command, Rejected
from encore_models.macro import SLOT_PATTERN, Macro
from encore_models.perception.speech import Samples, Utterance
from encore_models.perception.voice import Encoded, Transcript
from encore_models.phrases import Match, best_match, words_of

Ranking = list[tuple[Macro, Match]]
"""Each macro that can be meant with its best match, best first."""


class Hearing(Protocol):
    """What understanding needs of the voice model (see `encore_models.perception.voice.Voice`)."""

    def encode(self, samples: Samples) -> Encoded:
        """Encode an utterance."""

    def transcribe(self, encoded: Encoded, prefix: str = "") -> Transcript:
        """Its likeliest words, or the likeliest that begin with `prefix`."""

    def token_logprobs(self, encoded: Encoded, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Log p of each token of each text and of the end after it."""


@dataclass(frozen=True, slots=True)
class UnderstandingOptions:
    """How sure Encore wants to be. Log p are natural logarithms."""

    words: float = 100.0
    """Percent of likeness from which the phrase's own words count as said, without asking the decoder."""
    near_words: float = 70.0
    """Percent from which the decoder is asked."""
    floor: float = -2.5
    """Mean log p a token of the filled phrase below which nothing fires."""
    behind: float = 0.7
    """How much less likely, mean log p a token, than the transcript itself a near phrase may be."""
    led_behind: float = 3.5
    """How much less likely, log p of all tokens together, a transcript may be that was led by a phrase's first words.
    Measured on four synthetic voices: "Play Midnight City", heard as "Plain midnight city", is 2.5 behind, most titles
    are less; speech that asks for nothing is 9 to 17 behind, but a rhyme ("lay the table") only 2 to 3."""
    led_phrases: int = 6
    """First words that are tried; each costs one more pass of the decoder."""
    choice_behind: float = 4.0
    """How much less likely than what was transcribed a value may be that is known or stands on the screen; log p of
    all tokens together, so that a word too many or too few counts in full."""
    spelt_near: float = 75.0
    """Percent of likeness of the letters, at nearly the same length, from which a value may be four times as far behind
    if it leaves the next one as clearly behind: a misheard title that stands alone."""
    spelt_letters: int = 10
    """Shorter texts are no evidence of that kind: "covered" is like "Copper" and like "Clover"."""
    choice_margin: float = 1.0
    """How much likelier than the next one a value must be, all tokens together."""
    clear: float = 5.0
    """Percent of likeness between the best macro and the next one."""
    shortlist: int = 20
    """Values that the decoder is asked about."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """An utterance as it was heard; kept while its macro runs."""

    utterance: Utterance
    encoded: Encoded
    transcript: Transcript
    match: Match | None = None
    """How it was understood, once it was."""


class Understander:
    """Understands utterances in terms of the macros there are."""

    def __init__(self, hearing: Hearing, macros: Iterable[Macro], options: UnderstandingOptions | None = None) -> None:
        """Nothing is computed yet."""
        self._hearing = hearing
        self._options = options or UnderstandingOptions()
        self._macros = list(macros)

    def set_macros(self, macros: Iterable[Macro]) -> None:
        """Use these macros from now on."""
        self._macros = list(macros)

    def hear(self, utterance: Utterance) -> Heard:
        """The words of an utterance, without asking what they mean."""
        encoded = self._hearing.encode(utterance.samples)
        return Heard(utterance, encoded, self._hearing.transcribe(encoded))

    def understand(self, utterance: Utterance) -> tuple[Accepted | Rejected, Heard]:
        """What the utterance asks for, or why nothing; and what was heard, for `choose_value`."""
        began = time.perf_counter()
        heard = self.hear(utterance)
        text = heard.transcript.text
        if not words_of(text):
            return Rejected(text, "no words were heard"), heard
        if not self._macros:
            return Rejected(text, "there is no macro yet; record one first"), heard
        ranked = self._rank(text)
        if not ranked or ranked[0][1].likeness < self._options.words:
            heard, ranked = self._led(heard, ranked)
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
        heard = Heard(utterance, heard.encoded, heard.transcript, match)
        resolved = {name: self._known_value(heard, macro, name) or value for name, value in match.slots.items()}
        command = Command(macro.id, resolved, command.confidence)
        return Accepted(text, command, 1e3 * (time.perf_counter() - began)), heard

    def choose_value(self, heard: Heard, slot: str, texts: Sequence[str]) -> str | None:
        """Which of the texts was said in the slot.

        Args:
            heard: From an utterance that was understood.
            slot: Name of the slot.
            texts: For example the titles on the screen.

        Returns:
            One of `texts`, or None where none of them was said clearly enough.
        """
        if heard.match is None or slot not in heard.match.slots:
            return None
        said = heard.match.slots[slot]
        distinct = list({" ".join(words_of(text)): text for text in reversed(texts) if words_of(text)}.items())
        same = next((text for words, text in distinct if words == said), None)
        if same is not None:
            return same
        # Blanks are left out: Whisper writes "yes today" where a title says "Yesterday".
        near = process.extract(
            said.replace(" ", ""),
            [words.replace(" ", "") for words, _ in distinct],
            scorer=fuzz.ratio,
            limit=self._options.shortlist,
        )
        shortlist = [distinct[index][1] for _, _, index in near]
        return self._likeliest(heard, slot, shortlist)

    def _likeliest(self, heard: Heard, slot: str, texts: Sequence[str]) -> str | None:
        assert heard.match is not None
        if not texts:
            return None
        sentences = [heard.match.spoken({}), *(heard.match.spoken({slot: text}) for text in texts)]
        own, *totals = (float(row.sum()) for row in self._hearing.token_logprobs(heard.encoded, sentences))
        ranked = sorted(zip(totals, texts, strict=True), reverse=True)
        best, text = ranked[0]
        ahead = best - ranked[1][0] if len(ranked) > 1 else math.inf
        options = self._options
        if own - best <= options.choice_behind:
            return text if ahead >= options.choice_margin else None
        alone = own - best <= 4 * options.choice_behind and ahead >= options.choice_behind
        return text if alone and self._spelt_alike(text, heard.match.slots[slot]) else None

    def _spelt_alike(self, text: str, said: str) -> bool:
        letters, heard = "".join(words_of(text)), "".join(words_of(said))
        shorter, longer = sorted((len(letters), len(heard)))
        if shorter < self._options.spelt_letters or shorter < 0.8 * longer:
            return False
        return fuzz.ratio(letters, heard) >= self._options.spelt_near

    def _known_value(self, heard: Heard, macro: Macro, name: str) -> str | None:
        return self.choose_value(heard, name, macro.slot(name).values)

    def _led(self, heard: Heard, ranked: Ranking) -> tuple[Heard, Ranking]:
        """The utterance heard again in the light of the phrases' first words, where that is nearly as likely."""
        first_words = dict.fromkeys(
            SLOT_PATTERN.split(phrase.text)[0].strip() for macro in self._macros for phrase in macro.phrases
        )
        letters = "".join(words_of(heard.transcript.text))
        nearest = sorted(
            filter(None, first_words), key=lambda words: -fuzz.partial_ratio(words, letters[: len(words) + 1])
        )
        for words in nearest[: self._options.led_phrases]:
            led = self._hearing.transcribe(heard.encoded, f"{words[:1].upper()}{words[1:]}")
            if heard.transcript.logprob - led.logprob > self._options.led_behind:
                continue
            again = self._rank(led.text)
            if again and (not ranked or again[0][1].likeness > ranked[0][1].likeness):
                heard, ranked = Heard(heard.utterance, heard.encoded, led), again
        return heard, ranked

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
        return float(self._hearing.token_logprobs(heard.encoded, [match.spoken({})])[0].mean())

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
