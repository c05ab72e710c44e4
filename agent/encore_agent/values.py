"""Resolve the value of a slot: which of the values that are known, or stand on the screen, was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from encore_models.perception.speech import Samples, Utterance
from encore_models.perception.voice import Encoded, Transcript
from encore_models.phrases import Match, words_of


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


def letters_of(text: str) -> str:
    """Without blanks, case and punctuation: Whisper writes "yes today" where a title says "Yesterday"."""
    return "".join(words_of(text))


class Values:
    """Chooses values by their sound."""

    def __init__(self, hearing: Hearing, options: UnderstandingOptions) -> None:
        """Nothing is computed yet."""
        self._hearing = hearing
        self._options = options

    def choose(self, heard: Heard, slot: str, texts: Sequence[str]) -> str | None:
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
            letters_of(said),
            [letters_of(words) for words, _ in distinct],
            scorer=fuzz.ratio,
            limit=self._options.shortlist,
        )
        shortlist = [distinct[index][1] for _, _, index in near]
        return self._likeliest(heard, slot, shortlist)

    def _likeliest(self, heard: Heard, slot: str, texts: Sequence[str]) -> str | None:
        assert heard.match is not None
        options, said = self._options, heard.match.slots[slot]
        texts = [text for text in texts if self.as_long(letters_of(text), letters_of(said))]
        if not texts:
            return None
        sentences = [heard.match.spoken({}), *(heard.match.spoken({slot: text}) for text in texts)]
        own, *totals = self.totals(heard, sentences)
        own = max(own, heard.transcript.logprob)
        place = self.clearly_best(totals, options.choice_margin)
        if place is None:
            return None
        text, behind = texts[place], own - totals[place]
        if behind <= self.may_be_behind(text):
            return text
        alone = self.clearly_best(totals, options.spelt_margin) is not None and behind <= options.spelt_behind
        return text if alone and self._spelt_alike(text, said) else None

    def totals(self, heard: Heard, sentences: Sequence[str]) -> list[float]:
        """Log p of each sentence, all tokens together."""
        return [float(row.sum()) for row in self._hearing.token_logprobs(heard.encoded, sentences)]

    @staticmethod
    def clearly_best(totals: Sequence[float], margin: float) -> int | None:
        """Place of the likeliest if it leaves the next one behind by the margin."""
        ranked = sorted(range(len(totals)), key=totals.__getitem__, reverse=True)
        clear = len(ranked) == 1 or totals[ranked[0]] - totals[ranked[1]] >= margin
        return ranked[0] if clear else None

    def may_be_behind(self, value: str) -> float:
        """How much less likely than what was transcribed the value may be, log p of all tokens."""
        base, each = self._options.choice_behind
        return min(self._options.choice_farthest, base + each * len(letters_of(value)))

    def as_long(self, one: str, other: str) -> bool:
        """Whether neither has many more letters than the other."""
        shorter, longer = sorted((len(one), len(other)))
        return shorter >= self._options.choice_letters * longer

    def _spelt_alike(self, text: str, said: str) -> bool:
        letters, heard = letters_of(text), letters_of(said)
        shorter, longer = sorted((len(letters), len(heard)))
        if shorter < self._options.spelt_letters or shorter < 0.8 * longer:
            return False
        return fuzz.ratio(letters, heard) >= self._options.spelt_near
