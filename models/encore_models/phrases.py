"""Match the words of an utterance against phrases with slots (pure text)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from encore_models.macro import SLOT_PATTERN, Phrase, fill

FILLERS = (
    "please",
    "uh",
    "um",
    "er",
    "okay",
    "ok",
    "so",
    "now",
    "hey",
    "can you",
    "could you",
    "would you",
    "will you",
)
"""What people say around a command without meaning it."""
NEAR = 60.0
"""Percent of likeness below which a literal part does not match at all."""
MOST_WORDS = 24
"""Longer speech is no command; it would also take long to match."""


@dataclass(frozen=True, slots=True)
class Match:
    """How an utterance fits a phrase."""

    phrase: Phrase
    likeness: float
    """0 to 100: of the literal parts, weighted by their letters. 100 means word by word."""
    slots: dict[str, str]
    """What was heard in each slot, lower case, without punctuation."""
    before: str = ""
    """Fillers in front of it."""
    after: str = ""
    """Fillers behind it."""

    def spoken(self, values: dict[str, str]) -> str:
        """The whole utterance as Whisper would write it, with other values in some slots."""
        text = " ".join(filter(None, (self.before, fill(self.phrase.text, self.slots | values), self.after)))
        return f"{text[:1].upper()}{text[1:]}."

    def around(self, slot: str) -> tuple[str, str, str]:
        """The words before a slot's value, the value, and the words after it, as Whisper would write them."""
        start, _, end = self.phrase.text.partition("{" + slot + "}")
        before = " ".join(filter(None, (self.before, fill(start, self.slots).strip())))
        after = " ".join(filter(None, (fill(end, self.slots).strip(), self.after)))
        return f"{before[:1].upper()}{before[1:]}", self.slots[slot], after


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation; apostrophes inside a word stay."""
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())


def without_fillers(words: Sequence[str]) -> tuple[int, int]:
    """The words less the fillers at both ends, as [start, end); at least one word is left."""
    fillers = sorted((filler.split() for filler in FILLERS), key=len, reverse=True)
    start, end = 0, len(words)
    trimmed = True
    while trimmed:
        trimmed = False
        for filler in fillers:
            size = len(filler)
            if end - start > size and list(words[start : start + size]) == filler:
                start, trimmed = start + size, True
            if end - start > size and list(words[end - size : end]) == filler:
                end, trimmed = end - size, True
    return start, end


def best_match(phrase: Phrase, text: str) -> Match | None:
    """The best way in which `text` can be this phrase, or None where it cannot.

    Fillers around it are tried both as fillers and as part of a slot's value: "play please please me".
    """
    words = words_of(text)
    if not words or len(words) > MOST_WORDS:
        return None
    parts = _parts(phrase)
    letters = sum(len("".join(part)) for part in parts if isinstance(part, list))
    matches = [
        Match(phrase, likeness / letters, slots, " ".join(words[:start]), " ".join(words[end:]))
        for start, end in {(0, len(words)), without_fillers(words)}
        for likeness, slots in _align(parts, words[start:end])
    ]
    # Among equals the shorter slots win: that is the way without fillers.
    return max(matches, key=lambda match: (match.likeness, -sum(map(len, match.slots.values()))), default=None)


def _parts(phrase: Phrase) -> list[list[str] | str]:
    """Literal runs of words as lists, slots as their names."""
    parts: list[list[str] | str] = []
    for index, piece in enumerate(SLOT_PATTERN.split(phrase.text)):
        if index % 2:
            parts.append(piece)
        elif words := words_of(piece):
            parts.append(words)
    return parts


def _align(parts: Sequence[list[str] | str], words: list[str]) -> Iterator[tuple[float, dict[str, str]]]:
    """All ways to cut `words` along `parts`: likeness times letters, summed, and the slots' values."""
    if not parts:
        if not words:
            yield 0.0, {}
        return
    first, rest = parts[0], parts[1:]
    if isinstance(first, str):
        for size in range(1, len(words) + 1):
            for likeness, slots in _align(rest, words[size:]):
                yield likeness, {first: " ".join(words[:size]), **slots}
        return
    target = "".join(first)
    for size in range(max(1, len(first) - 1), len(first) + 2):
        if size > len(words):
            return
        near = fuzz.ratio("".join(words[:size]), target)
        if near < NEAR:
            continue
        for likeness, slots in _align(rest, words[size:]):
            yield likeness + near * len(target), slots
