"""From the name of an icon to what a person would call it.

Icon sets spell the same thing in many ways: `play-outline`, `baseline-play-arrow`, `play-20-filled`. What says how
it is drawn is taken off; what says what is drawn stays.
"""

from __future__ import annotations

import re

STYLES = frozenset(
    """
    outline outlined line linear fill filled solid regular light thin bold duotone twotone sharp rounded round
    bulk broken remix flat remixed o alt
    """.split()
)
"""Words at the end of a name that say how an icon is drawn."""

STYLE_PREFIXES = frozenset("baseline outline round sharp twotone".split())
"""The same at the beginning, in sets that put it there."""

ICON_SIZES = frozenset("10 11 12 14 15 16 20 24 28 32 48".split())
"""Numbers at the end of a name that are the pixels it is drawn for."""

MAX_WORDS = 6
"""Longer descriptions are cut; the text tower reads no more than 8."""

_WORDS = re.compile(r"[^\W_]+", re.UNICODE)


def words_of(name: str) -> list[str]:
    """The lower-case words of a name or tag, split at everything that is no letter or digit."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return _WORDS.findall(spaced.lower())


def spoken_name(name: str, prefixed: bool = False) -> str:
    """What is drawn, in words.

    Args:
        name: As the set spells it, for example `skip-next-20-filled`.
        prefixed: Whether the set names the style first (`baseline-skip-next`).
    """
    words = words_of(name)
    if prefixed and len(words) > 1 and words[0] in STYLE_PREFIXES:
        words = words[2:] if words[:2] == ["two", "tone"] and len(words) > 2 else words[1:]
    while len(words) > 1 and (words[-1] in STYLES or words[-1] in ICON_SIZES):
        words.pop()
    return " ".join(words[:MAX_WORDS])
