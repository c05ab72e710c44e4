"""What an utterance can mean, and how sure Encore wants to be of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from encore_agent.messages import Evidence
from encore_agent.values import ValueOptions
from encore_models.macro import Macro, Phrase
from encore_models.phrases import Match


@dataclass(frozen=True, slots=True)
class UnderstandingOptions:
    """How sure Encore wants to be. Log p are natural logarithms, of all tokens together where nothing else is said."""

    clear: float = 5.0
    """Percent of likeness between the words of the best macro and those of the next one."""
    near_words: float = 70.0
    """Percent from which words may be a phrase."""
    floor: float = -2.5
    """Mean log p a token of a transcript below which nobody said it."""
    surely: float = -1.0
    """Mean log p a token from which what was transcribed is not scored once more."""
    weighed: int = 3
    """Macros that are weighed by their words."""
    led_head: float = 9.0
    """How unlikely the first words of a phrase may be for a value that is known to be looked for after them: noise
    makes "place" or "may" of "play"."""
    led_value: float = 14.0
    """How much less likely than the transcript all of it may then be."""
    led_behind: float = 5.0
    """How unlikely the first words may be, and how much less likely than the transcript all of it, for other words to
    be heard in their light. Speech that asks for nothing is 6 to 27 behind, a rhyme 0 to 4."""
    listed: int = 20
    """Values from which on a slot has a list: what is not in it is asked about where the phrase is easily rhymed, and
    not taken for the command where its first words were not heard word by word."""
    heads: int = 8
    """First words that are scored, those most like the transcript's."""
    named_letters: int = 10
    """A value with no fewer letters may be asked about where nothing but its name is said."""
    led: int = 2
    """First words that are tried; each costs a pass of the decoder."""
    short_letters: int = 6
    """A phrase with no more letters before its slot has to be heard word by word, or with a value that is known: every
    short word has its rhymes."""
    kept: int = 6
    """Phrases most like the transcript that are followed however unlikely they begin."""
    values: ValueOptions = field(default_factory=ValueOptions)


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """A macro that may be meant."""

    macro: Macro
    match: Match
    evidence: Evidence
    others: tuple[str, ...] = ()
    """Other values that its slot may have, where that is in doubt."""
    doubt: str = ""
    """Why it has to be asked about at least, hands-free; empty where it need not."""


def listed(macro: Macro, phrase: Phrase, options: UnderstandingOptions) -> bool:
    """Whether a slot of the phrase has a list of values."""
    return any(len(macro.slot(name).values) >= options.listed for name in phrase.slots)


def as_sentence(text: str) -> str:
    """With a capital, as a sentence begins."""
    return f"{text[:1].upper()}{text[1:]}"


def quoted(values: Sequence[str]) -> str:
    """For a person, who is to choose."""
    return " or ".join(f"“{value}”" for value in values)
