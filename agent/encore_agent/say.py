"""Say what you see: what an utterance asks for, as words (pure).

"Click shuffle", "double click Yesterday", "show numbers", and "three" while numbers are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.phrases import Match, without_fillers, words_of
from encore_recorder.actions import PressKeys
from encore_recorder.geometry import Rect

SayAction = Literal["click", "double click", "right click"]


@dataclass(frozen=True, slots=True)
class Say:
    """Act on the control of that name."""

    action: SayAction
    name: str
    """Lower case, without article."""

    def words(self) -> dict[str, str]:
        """For the history."""
        return {"action": self.action, "name": self.name}


@dataclass(frozen=True, slots=True)
class Number:
    """Act on the control with this number; numbers begin at 1."""

    number: int

    def words(self) -> dict[str, str]:
        """For the history."""
        return {"number": str(self.number)}


@dataclass(frozen=True, slots=True)
class ShowNumbers:
    """Number every control of the window."""

    def words(self) -> dict[str, str]:
        """For the history."""
        return {"action": "show numbers"}


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take the numbers away."""

    def words(self) -> dict[str, str]:
        """For the history."""
        return {"action": "cancel"}


Saying = Say | Number | ShowNumbers | Cancel

VERBS: dict[str, SayAction] = {
    "click": "click",
    "click on": "click",
    "press": "click",
    "tap": "click",
    "double click": "double click",
    "right click": "right click",
}
NUMBERS_WANTED = ("show numbers", "show me numbers", "show the numbers")
CANCELS = frozenset({"cancel", "never mind", "hide numbers", "hide the numbers", "none of them", "stop"})
ARTICLES = frozenset({"the", "a", "an", "my", "your", "this", "that", "on"})

BUILT_IN = Macro(
    id="say-what-you-see",
    name="Say what you see",
    phrases=tuple(Phrase(text) for text in (*(f"{verb} {{name}}" for verb in VERBS), *NUMBERS_WANTED)),
    slots=(Slot("name"),),
    # Never carried out as it stands: what is done follows the phrase. A macro has at least one step.
    steps=(Step(PressKeys(("esc",)), WindowIdentity("", "", Rect(0, 0, 0, 0)), ""),),
    created_utc="",
    demonstration="",
)
"""The built-in command in the form that `encore_agent.understand` knows: its words are heard as any macro's are."""

_UNITS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SOUNDS_LIKE = {"won": 1, "to": 2, "too": 2, "tree": 3, "free": 3, "for": 4, "fore": 4, "sex": 6, "ate": 8}
"""What is written for a number that was said alone."""


def asked_by(match: Match) -> Say | ShowNumbers:
    """What an utterance asks for that was understood as one of the built-in phrases."""
    if not match.slots:
        return ShowNumbers()
    verb = match.phrase.text.partition(" {")[0]
    return Say(VERBS[verb], bare_name(match.slots["name"]))


def begins_with_verb(text: str) -> bool:
    """Whether words say what to do with a control: "click heart", "double click Yesterday"."""
    words = words_of(text)
    return any(words[: len(verb)] == verb for verb in (words_of(verb) for verb in VERBS))


def reply_in(text: str) -> Number | Cancel | None:
    """The answer to numbers that are shown, or None where the text is something else."""
    words = words_of(text)
    if not words:
        return None
    start, end = without_fillers(words)
    words = words[start:end]
    if " ".join(words) in CANCELS:
        return Cancel()
    for lead in (["number"], ["click"], ["press"], ["take"], ["the"]):
        if len(words) > 1 and words[: len(lead)] == lead:
            words = words[len(lead) :]
    number = _number(words)
    return None if number is None else Number(number)


def bare_name(name: str) -> str:
    """The name without articles in front of it; at least one word is left."""
    words = words_of(name)
    while len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return " ".join(words)


def _number(words: list[str]) -> int | None:
    if len(words) == 1:
        word = words[0]
        if word.isdecimal():
            return int(word)
        if word in _SOUNDS_LIKE:
            return _SOUNDS_LIKE[word]
        if word in _UNITS:
            return 1 + _UNITS.index(word)
        return 10 * (2 + _TENS.index(word)) if word in _TENS else None
    if len(words) == 2 and words[0] in _TENS and words[1] in _UNITS[:9]:
        return 10 * (2 + _TENS.index(words[0])) + 1 + _UNITS.index(words[1])
    return None
