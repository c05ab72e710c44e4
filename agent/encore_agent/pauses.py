"""How long to wait for more, by what an utterance is so far (pure).

A command that cannot go on needs no pause to end it; one that breaks off in the middle deserves a longer one, for the
person is thinking of the title.
"""

from __future__ import annotations

from collections.abc import Sequence

from encore_agent.messages import Accepted, Asked, Command, Rejected
from encore_models.macro import SLOT_PATTERN, Macro, Phrase
from encore_models.phrases import words_of

AT_ONCE_MS = 0
OPEN_MS = 800
"""Silence that ends a command which broke off."""


def pause_after(outcome: Accepted | Asked | Rejected, macros: Sequence[Macro]) -> int | None:
    """Silence, ms, that is to end an utterance which fell silent; None for the usual one.

    Args:
        outcome: What it would be taken for.
        macros: All that can be asked for.
    """
    words = words_of(outcome.text)
    if isinstance(outcome, Accepted) and _complete(outcome.command, macros):
        return AT_ONCE_MS
    if not isinstance(outcome, Accepted) and _breaks_off(words, macros):
        return OPEN_MS
    return None


def _complete(command: Command, macros: Sequence[Macro]) -> bool:
    """Whether nothing that could follow would make another command of it."""
    macro = next((macro for macro in macros if macro.id == command.macro_id), None)
    if macro is None:
        return False
    said = [_filled(phrase, command.slots) for phrase in macro.phrases if set(phrase.slots) == set(command.slots)]
    if not said or any(not _known(macro, name, value) for name, value in command.slots.items()):
        return False
    others = [
        phrase
        for other in macros
        for phrase in other.phrases
        if other is not macro or set(phrase.slots) != set(command.slots)
    ]
    return not any(_may_become(words, phrase) for words in said for phrase in others)


def _may_become(words: list[str], phrase: Phrase) -> bool:
    """Whether more words could make the phrase of these."""
    start = _own_start(phrase)
    return _goes_on(words, start) or (bool(phrase.slots) and words[: len(start)] == start)


def _known(macro: Macro, slot: str, value: str) -> bool:
    """Whether it is a known value of the slot, and no other known one begins with it."""
    words = words_of(value)
    known = [words_of(text) for text in macro.slot(slot).values]
    return words in known and not any(_goes_on(words, other) for other in known)


def _breaks_off(words: list[str], macros: Sequence[Macro]) -> bool:
    """Whether it is the beginning of a phrase, and the rest is missing."""
    return bool(words) and any(
        _goes_on(words, _own_start(phrase)) or (phrase.slots and words == _own_start(phrase))
        for macro in macros
        for phrase in macro.phrases
    )


def _goes_on(words: list[str], longer: list[str]) -> bool:
    return len(longer) > len(words) and longer[: len(words)] == words


def _own_start(phrase: Phrase) -> list[str]:
    """A phrase's own words before its first slot."""
    return words_of(SLOT_PATTERN.split(phrase.text)[0])


def _filled(phrase: Phrase, slots: dict[str, str]) -> list[str]:
    return words_of(SLOT_PATTERN.sub(lambda slot: slots.get(slot[1], ""), phrase.text))
