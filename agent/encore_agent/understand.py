"""Understand an utterance: which macro, with which slot values, or why none.

Three witnesses have to agree before anything fires: the words match a phrase, the decoder finds the phrase likely
when it is told it (which hallucinated words do not survive), and no other macro fits as well.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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

    def hear(self, samples: Samples) -> tuple[Encoded, Transcript]:
        """Encode an utterance and find its likeliest words."""

    def transcribe(self, encoded: Encoded, prefix: str) -> Transcript:
        """The likeliest words that begin with `prefix`."""

    def tokens(self, text: str) -> list[int]:
        """The text in the vocabulary's pieces."""

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
    led_behind: float = 5.0
    """How much less likely, log p of all tokens together, a transcript may be that was led by a phrase's first words.
    Measured on four synthetic voices: titles asked for are at most 4.8 behind; speech that asks for nothing is 6 to 27
    behind, recorded or synthetic, but a rhyme ("clay is used for ...") only 0 to 4."""
    led_phrases: int = 6
    """First words that are tried; each costs one more pass of the decoder."""
    choice_behind: tuple[float, float] = (3.5, 0.35)
    """How much less likely than what was transcribed a value may be that is known or stands on the screen: so much, and
    so much more for each of its letters; log p of all tokens together, so that a word too many or too few counts in
    full. What is misheard lies behind with every word, while a wrong short title lies nearer than a wrong long one."""
    choice_farthest: float = 10.0
    """The most of it. Speech that asks for nothing comes no nearer than 11 to any of 50 titles, mostly 20."""
    choice_margin: float = 1.5
    """How much likelier than the next one a value must be, all tokens together."""
    choice_letters: float = 0.5
    """Share of the letters heard that a value must have at least, and the other way round: few tokens are easily likely
    where the transcript is nonsense."""
    spelt_near: float = 75.0
    """Percent of likeness of the letters, at nearly the same length, from which a value may be farther behind if it
    leaves the next one clearly behind: a misheard title that stands alone."""
    spelt_behind: float = 16.0
    """How far such a value may be behind."""
    spelt_margin: float = 4.0
    """How much likelier than the next one such a value must be."""
    spelt_letters: int = 10
    """Shorter texts are no evidence of that kind: "covered" is like "Copper" and like "Clover"."""
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


def _letters(text: str) -> str:
    """Without blanks, case and punctuation: Whisper writes "yes today" where a title says "Yesterday"."""
    return "".join(words_of(text))


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
        letters = _letters(heard.transcript.text)
        filled = [
            (macro, Match(phrase, 0.0, {phrase.slots[0]: value}))
            for macro in self._macros
            for phrase in macro.phrases
            if len(phrase.slots) == 1
            for value in macro.slot(phrase.slots[0]).values
        ]
        likely = [pair for pair in filled if self._as_long(_letters(pair[1].spoken({})), letters)]
        likely.sort(key=lambda pair: fuzz.ratio(_letters(pair[1].spoken({})), letters), reverse=True)
        likely = likely[: self._options.shortlist]
        if not likely:
            return None
        totals = self._totals(heard, [match.spoken({}) for _, match in likely])
        values = [match.slots[match.phrase.slots[0]] for _, match in likely]
        place = self._clearly_best(totals, self._options.choice_margin)
        if place is None or totals[place] < heard.transcript.logprob - self._may_be_behind(values[place]):
            return None
        macro, match = likely[place]
        command = self._command(macro, match, math.exp(totals[place] / len(words_of(match.spoken({})))))
        return Accepted(heard.transcript.text, command, 0.0), replace(heard, match=match)

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
        near = process.extract(
            _letters(said),
            [_letters(words) for words, _ in distinct],
            scorer=fuzz.ratio,
            limit=self._options.shortlist,
        )
        shortlist = [distinct[index][1] for _, _, index in near]
        return self._likeliest(heard, slot, shortlist)

    def _likeliest(self, heard: Heard, slot: str, texts: Sequence[str]) -> str | None:
        assert heard.match is not None
        options, said = self._options, heard.match.slots[slot]
        texts = [text for text in texts if self._as_long(_letters(text), _letters(said))]
        if not texts:
            return None
        sentences = [heard.match.spoken({}), *(heard.match.spoken({slot: text}) for text in texts)]
        own, *totals = self._totals(heard, sentences)
        own = max(own, heard.transcript.logprob)
        place = self._clearly_best(totals, options.choice_margin)
        if place is None:
            return None
        text, behind = texts[place], own - totals[place]
        if behind <= self._may_be_behind(text):
            return text
        alone = self._clearly_best(totals, options.spelt_margin) is not None and behind <= options.spelt_behind
        return text if alone and self._spelt_alike(text, said) else None

    def _totals(self, heard: Heard, sentences: Sequence[str]) -> list[float]:
        """Log p of each sentence, all tokens together."""
        return [float(row.sum()) for row in self._hearing.token_logprobs(heard.encoded, sentences)]

    @staticmethod
    def _clearly_best(totals: Sequence[float], margin: float) -> int | None:
        """Place of the likeliest if it leaves the next one behind by the margin."""
        ranked = sorted(range(len(totals)), key=totals.__getitem__, reverse=True)
        clear = len(ranked) == 1 or totals[ranked[0]] - totals[ranked[1]] >= margin
        return ranked[0] if clear else None

    def _may_be_behind(self, value: str) -> float:
        base, each = self._options.choice_behind
        return min(self._options.choice_farthest, base + each * len(_letters(value)))

    def _as_long(self, one: str, other: str) -> bool:
        shorter, longer = sorted((len(one), len(other)))
        return shorter >= self._options.choice_letters * longer

    def _spelt_alike(self, text: str, said: str) -> bool:
        letters, heard = _letters(text), _letters(said)
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
        letters = _letters(heard.transcript.text)
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
