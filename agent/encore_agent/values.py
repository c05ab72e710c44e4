"""Resolve the value of a slot: which of the values that are known, or stand on the screen, was said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from encore_models.perception.expected import UNEXPECTED, Expected
from encore_models.perception.guided import Decoding, Guide
from encore_models.perception.prints import VoicePrint
from encore_models.perception.speech import Samples, Utterance
from encore_models.perception.voice import Encoded, Transcript
from encore_models.phrases import Match, without_fillers, words_of
from encore_models.spoken import canonical, spoken_forms

AFTER = "by"
"""May follow a title: "play Hey Jude by the Beatles"."""
WHOLE = 88.0
"""Percent of likeness of the letters from which a value was said as a whole."""
MORE = 3
"""Letters after it from which more was said."""


class Hearing(Decoding, Protocol):
    """What understanding needs of the voice model (see `encore_models.perception.voice.Voice`)."""

    def encode(self, samples: Samples) -> Encoded:
        """Encode an utterance."""

    def hear(
        self, samples: Samples, encoded: Encoded | None = None, expected: Expected = UNEXPECTED
    ) -> tuple[Encoded, Transcript]:
        """Encode an utterance, where that is not done yet, and find its likeliest words; what is expected is quick."""

    def transcribe(self, encoded: Encoded, prefix: str) -> Transcript:
        """The likeliest words that begin with `prefix`."""

    def token_logprobs(self, encoded: Encoded, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Log p of each token of each text and of the end after it."""


@dataclass(frozen=True, slots=True)
class ValueOptions:
    """How sure Encore wants to be of a value. Nats are natural logarithms.

    Settled on three synthetic voices, clean and at 10 and 5 dB, with 250 titles that hold what was said or do not.
    """

    letters: float = 6.0
    """Nats that full likeness to the transcript's letters is worth beside what the decoder says."""
    margin: float = 0.05
    """Sureness that each nat before the next value gives."""
    most_margin: float = 8.0
    """Nats before the next value beyond which it makes no difference."""
    accept: float = 0.85
    """Sureness, nats a token, from which a value was said, whatever the words around it."""
    accept_after: float = 0.6
    """The same where the words before it were heard word by word, so that some value was said."""
    ask: float = 0.2
    """Sureness from which it is asked about."""
    apart: float = 0.4
    """Nats to the next value below which it is not chosen: two that sound the same."""
    twins: float = 84.0
    """Percent of likeness of the letters from which two values are twins: "Half the World Away" and "... a World"."""
    twins_apart: float = 5.0
    """Nats to a twin below which a value is not chosen."""
    lost: float = 1.0
    """Nats by which the sound may speak against a value where what was said need not be one of them: a text that shares
    its other words is likely still. Settled on three synthetic voices. Texts on the screen: right ones 77 -> 69, wrong
    ones 62 -> 5, of those 4 that sound the same ("Summer Winds" and "Summer Wind"). Values that were used, eight with
    the three that are written most like what was said: right ones 353 -> 304, wrong ones 159 -> 29."""
    lost_listed: float = 4.0
    """The same where the values are a list, which should hold what was said, unless one word of it differs: that is
    another title, and a title of which more was misheard is what a list is for. Settled on the same voices with lists
    of 320 and 500 titles: right ones that are in the list 219 -> 210, wrong ones for titles that are not 104 -> 47."""
    against: float = 4.0
    """Nats from which it speaks so much against it that words that were heard well mean what they say: it is not asked
    about. Settled with `lost`: of those that would be asked about, 14 were right and 264 wrong."""
    kept: int = 4
    """Values most like the transcript that are followed however unlikely they begin."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """An utterance as it was heard; kept while its macro runs."""

    utterance: Utterance
    encoded: Encoded
    transcript: Transcript
    match: Match | None = None
    """How it was understood, once it was."""
    print: VoicePrint | None = None
    """What is kept of it where prints are made."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value that may have been said."""

    value: str
    sure: float
    """How much likelier the sound makes it, nats a token, and how far ahead of the next value it is."""
    apart: float
    """Nats to the next value, less what those ask for that are written much like it."""
    log_p: float
    """Of its tokens and the end, together."""
    tokens: int
    losses: float
    """Of its tokens against which the sound speaks, together, nats, at most 0."""
    another_word: bool
    """Just one word of it differs from the words that were transcribed."""


class Known:
    """The values of one slot, ready to be found in sound."""

    def __init__(self, decoder: Decoding, values: tuple[str, ...], before: str, options: ValueOptions) -> None:
        """Write them in all the ways they may be said.

        Args:
            decoder: Whisper's.
            values: As the person knows them.
            before: What is usually said before them.
            options: How sure to be.
        """
        self._options = options
        forms = {value: spoken_forms(value) for value in values}
        self.values = tuple(value for value in forms if forms[value])
        self._same: dict[str, set[int]] = {}
        self._letters: list[tuple[str, ...]] = []
        self._words = [[words_of(form) for form in forms[value]] for value in self.values]
        for index, value in enumerate(self.values):
            for form in (value, *forms[value]):
                self._same.setdefault(canonical(form), set()).add(index)
            self._letters.append(tuple(dict.fromkeys(letters_of(form) for form in forms[value])))
        self._flat = [letters for one in self._letters for letters in one]
        self._owner = [index for index, one in enumerate(self._letters) for _ in one]
        self._guide = Guide(decoder, [forms[value] for value in self.values], before)

    def prepare(self, cancelled: Callable[[], bool]) -> None:
        """Compute what can be known of the values before anything is said; see `Guide.prepare`."""
        self._guide.prepare(cancelled)

    def written(self, said: str) -> str | None:
        """The value that is written just as it was heard, or None where that is none or more than one."""
        ways = [said]
        if f" {AFTER} " in said:
            ways.append(said.rpartition(f" {AFTER} ")[0])
        for way in ways:
            same = self._same.get(canonical(way), set())
            if len(same) == 1:
                return self.values[next(iter(same))]
            if same:
                exact = [i for i in same if canonical(self.values[i]) == canonical(way)]
                return self.values[exact[0]] if len(exact) == 1 else None
        return None

    def said(self, encoded: Encoded, before: str, said: str, after: str = "") -> list[Chosen]:
        """The values that fit what was heard, likeliest first.

        Args:
            encoded: The utterance.
            before: Words before the slot.
            said: What the transcript has in the slot, as far as it is known.
            after: Words after the slot.
        """
        options = self._options
        head = letters_of(before)
        ways_said = [words_of(way) for way in {said, said.partition(f" {AFTER} ")[0]}]
        whole = [head + "".join(way) for way in ways_said]
        near = {
            self._owner[place]
            for way in whole
            for _, _, place in process.extract(
                way.removeprefix(head), self._flat, scorer=fuzz.ratio, limit=options.kept
            )
        }
        spelt = self._guide.spell(encoded, before, after or AFTER, sorted(near))
        scored = []
        for one in spelt:
            ways = (head + letters for letters in self._letters[one.index])
            like = max(fuzz.ratio(form, way) for form in ways for way in whole)
            scored.append((one.gain + options.letters * like / 100, one))
        scored.sort(key=lambda pair: -pair[0])
        chosen = []
        for place, (score, one) in enumerate(scored):
            apart = score - scored[place + 1][0] if place + 1 < len(scored) else np.inf
            sure = one.gain / one.tokens + options.margin * min(apart, options.most_margin)
            for other_score, other in scored[place + 1 : place + 1 + options.kept]:
                if self._twins(one.index, other.index):
                    apart = min(apart, score - other_score - options.twins_apart)
            if any(_goes_on(said, letters) for letters in self._letters[one.index]):
                # More was said than this, by the words; where the sound says so too, that is not even asked about.
                sure = min(sure, options.ask if one.losses >= -options.lost else 0.0)
            another = any(another_word(form, way) for form in self._words[one.index] for way in ways_said)
            chosen.append(Chosen(self.values[one.index], sure, apart, one.log_p, one.tokens, one.losses, another))
        return chosen

    def _twins(self, one: int, other: int) -> bool:
        return fuzz.ratio(self._letters[one][0], self._letters[other][0]) >= self._options.twins


class Values:
    """Finds values; lists that were used are kept ready. For one thread at a time; another may make a list ready."""

    def __init__(self, decoder: Decoding, options: ValueOptions | None = None) -> None:
        """Nothing is computed yet."""
        self.options = options or ValueOptions()
        self.known = lru_cache(maxsize=16)(self._known)
        """The list of values with what is usually said before them, ready to be searched."""
        self._decoder = decoder

    def _known(self, values: tuple[str, ...], before: str) -> Known:
        return Known(self._decoder, values, before, self.options)

    def clear(self, chosen: Sequence[Chosen], listed: bool, after_words: bool = False) -> bool:
        """Whether the first one was said beyond doubt.

        Args:
            chosen: From `Known.said`.
            listed: Whether they are a list that should hold what was said.
            after_words: Whether the words before it were heard word by word.
        """
        if not chosen:
            return False
        best, options = chosen[0], self.options
        sure = best.sure >= (options.accept_after if after_words else options.accept)
        lost = options.lost_listed if listed and not best.another_word else options.lost
        return sure and best.apart >= options.apart and best.losses >= -lost

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
        before, said, after = heard.match.around(slot)
        known = self.known(tuple(dict.fromkeys(texts)), before)
        written = known.written(said)
        if written is not None or not known.values:
            return written
        chosen = known.said(heard.encoded, before, said, after)
        return chosen[0].value if self.clear(chosen, listed=False) else None


def _goes_on(said: str, letters: str) -> bool:
    """Whether more was said than the value: with "Yesterday Once More" nobody asks for "Yesterday"."""
    words = words_of(said)
    start, end = without_fillers(words)
    words = words[start:end]
    if AFTER in words[1:]:
        words = words[: words.index(AFTER, 1)]
    return any(
        len("".join(words[size:])) >= MORE and fuzz.ratio("".join(words[:size]), letters) >= WHOLE
        for size in range(1, len(words))
    )


def another_word(wanted: Sequence[str], heard: Sequence[str]) -> bool:
    """Whether just one word was heard as another one, of several."""
    return len(wanted) == len(heard) > 1 and sum(a != b for a, b in zip(wanted, heard, strict=True)) == 1


def letters_of(text: str) -> str:
    """Without blanks, case and punctuation: Whisper writes "yes today" where a title says "Yesterday"."""
    return "".join(words_of(text))
