"""What demonstrations of one command do, and whether they do the same.

Compared is what another day's recording shares: what is done, and what it is done to, by its name, its text, or its
looks. A letter that was misread or another theme makes no other way.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from encore_models.errors import BrokenMacro, ModelsError
from encore_models.macro import SLOT_PATTERN, Macro, Step, Target
from encore_models.perception.clip import Clip
from encore_models.phrases import words_of
from encore_recorder.actions import Action, PressKeys, Scroll, TypeText

SPELT = 80.0
"""Percent of likeness from which two texts are the same one, read twice."""
LOOKS = 0.5
"""Likeness from which two drawings may be the same one: half of the way from different drawings to the same."""
CHANGING = frozenset({"field", "slider", "blank"})
"""Kinds of target whose text and looks are not their own."""
WORDED = frozenset({"text", "row"})
"""Kinds of target that their text identifies."""


class Contradiction(ModelsError, ValueError):
    """Demonstrations of one command do different things."""

    def __init__(self, command: str, ones: Sequence[str], others: Sequence[str]) -> None:
        self.command, self.ways = command, (tuple(ones), tuple(others))
        super().__init__(
            f"“{command}” was shown in different ways: {', '.join(ones)} against {', '.join(others)}. "
            "Which one is right? Delete the others, or give them another command"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """What was learned for a command, and the screens that it was shown on."""

    name: str
    """What a person knows it by."""
    macro: Macro
    picture: Callable[[str], NDArray[np.uint8]]
    """The window before a step, BGR [height, width, 3], by the name that the step gives; may raise `BrokenMacro`."""


def check_consistent(ways: Sequence[Way], clip: Callable[[], Clip]) -> None:
    """That demonstrations of one command do the same.

    Args:
        ways: All there are.
        clip: Gives what compares looks; asked only where something has no text.

    Raises:
        Contradiction: They differ in their actions, or in what these act on.
    """
    for way in ways:
        if differing := against(way, ways, clip):
            alike = [one.name for one in ways if one is way or (_common(way, one) and one not in differing)]
            others = [one.name for one in differing if _same(differing[0], one, clip)]
            raise Contradiction(_common(way, differing[0]), alike, others)


def against(way: Way, ways: Sequence[Way], clip: Callable[[], Clip]) -> list[Way]:
    """Those of other ways that are called by the same command and do something else."""
    return [other for other in ways if other is not way and _common(way, other) and not _same(way, other, clip)]


def same_command(one: Macro, other: Macro) -> str:
    """The first phrase of one that the other has, too; empty where none is. Slots may have other names."""
    others = {_heard(phrase.text) for phrase in other.phrases}
    return next((phrase.text for phrase in one.phrases if _heard(phrase.text) in others), "")


def _common(one: Way, other: Way) -> str:
    return same_command(one.macro, other.macro)


def _heard(phrase: str) -> tuple[str, ...]:
    """Words of a phrase, between its slots."""
    return tuple(" ".join(words_of(part)) for part in _plain(phrase).split("{}"))


def _plain(text: str) -> str:
    """Lower case, of each sign its simplest form, slots without their names."""
    return unicodedata.normalize("NFKC", SLOT_PATTERN.sub("{}", text)).casefold()


def _same(one: Way, other: Way, clip: Callable[[], Clip]) -> bool:
    first, second = one.macro.steps, other.macro.steps
    if one is other:
        return True
    if [_deed(step.action) for step in first] != [_deed(step.action) for step in second]:
        return False
    # Looks cost most, so they are compared last.
    pairs = list(zip(first, second, strict=True))
    told = [(a, b, _told_alike(a.target, b.target)) for a, b in pairs]
    if any(alike is False for _, _, alike in told):
        return False
    return all(alike or _looks_alike(one, a, other, b, clip) for a, b, alike in told)


def _deed(action: Action) -> tuple[object, ...]:
    """What is done, wherever."""
    match action:
        case TypeText(text=text):
            return action.kind, SLOT_PATTERN.sub("{}", text)
        case PressKeys(keys=keys):
            return action.kind, keys
        case Scroll(dx=dx, dy=dy, modifiers=modifiers):
            return action.kind, int(np.sign(dx)), int(np.sign(dy)), modifiers
        case _:
            return action.kind, getattr(action, "button", "left"), action.modifiers


def _told_alike(one: Target | None, other: Target | None) -> bool | None:
    """Whether two targets are the same by all that can be read; None where only their looks can tell."""
    if one is None or other is None:
        return one is other
    if _plain(one.template or "") != _plain(other.template or ""):
        return False
    if one.name and other.name:
        return _reads_alike(one.name, other.name)
    if {one.kind, other.kind} & CHANGING:
        return one.kind == other.kind
    # A drawing is told from its like by the row that it stands in.
    texts = (one.template, other.template), (one.text, other.text), (one.row_text, other.row_text)
    read = next(((a, b) for a, b in texts if a and b), None)
    if read is not None and not _reads_alike(*read):
        return False
    return True if read is not None and one.kind == other.kind and one.kind in WORDED else None


def _reads_alike(one: str, other: str) -> bool:
    """Whether two texts may be the same one, read twice; another number is another text."""
    first, second = (_plain(text).strip() for text in (one, other))
    numbers = re.findall(r"\d+", first) == re.findall(r"\d+", second)
    return numbers and fuzz.ratio(first, second) >= SPELT


def _looks_alike(one: Way, a: Step, other: Way, b: Step, clip: Callable[[], Clip]) -> bool:
    """Whether two drawings may be the same one; what cannot be seen is not said to differ."""
    assert a.target is not None  # else it was told
    assert b.target is not None
    try:
        pictures = one.picture(a.before), other.picture(b.before)
    except BrokenMacro:
        return True
    look = clip()
    first, second = (look.describe(p, [t.box])[0] for p, t in zip(pictures, (a.target, b.target), strict=True))
    if not (first.any() and second.any()):
        return True
    different, same = look.span
    return (float(first @ second) - different) / (same - different) >= LOOKS
