"""Whether what a row says is what was asked for: "Yesterday" is not "Yesterday Once More"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import IntEnum

from encore_models.perception.text import unconfused

UNDERLINED = str.maketrans({"F": "E", "T": "I", "Q": "O"})
"""Capitals that a reader takes for others where a line below marks the key that chooses them."""
DECORATION = re.compile(
    r"\s*(?:[-–—]\s+|[(\[])\s*"
    r"(?:(?:feat\.?|ft\.?|with)\s.*|(?:(?:\d{4}|remaster(?:ed)?|mono|stereo|album|single|original|version|mix)[\s/]*)+)[)\]]?\s*$",
    re.IGNORECASE,
)
"""What catalogues append to a title without making it another song; "live" and "remix" do make it another one."""
ELISION = re.compile(r"\s*(?:…|\.{2,}|[(\[]\s*\.?)$|\s+\.$")
"""Where a text was cut off; of "(…" a reader may leave the bracket alone, and of dots after a blank a single one."""
DRAWN = re.compile(r"^[^\x00-\u024f\u2010-\u205f]\s*(?=[A-Za-z\u00c0-\u024f]{3})|^[©®]\s+")
"""A drawing beside a label that was read as a sign, or as a letter of another script than the label's."""
FIRST_SIGN = 0x2E80
"""The first character of the scripts that write words with signs."""
ELIDED_PART = 0.75
"""Share of the title that must be left of it when the rest is cut off."""
LEAST_CUT = 2
"""Letters that must be cut off; the sign for it is as wide, so nothing is gained by cutting off less."""
LEAST_LEFT = 3
"""Letters that must be left of a label which is known by its place as well."""


class Match(IntEnum):
    """How well a text matches; better is larger."""

    NONE = 0
    SHORTENED = 1
    """Cut off with an ellipsis; what is left agrees."""
    DECORATED = 2
    """The same title with "(Remastered 2009)" or the like after it."""
    READ_ALIKE = 3
    """The same but for letters that a reader confuses, such as l and 1."""
    EXACT = 4
    """The same but for case, accents and punctuation."""

    @property
    def words(self) -> str:
        """For a person."""
        return {
            Match.NONE: "not the same",
            Match.SHORTENED: "cut off, the rest agrees",
            Match.DECORATED: "the same but for what the catalogue appends",
            Match.READ_ALIKE: "the same but for letters that look alike",
            Match.EXACT: "exactly",
        }[self]


def match(wanted: str, read: str) -> Match:
    """How the text read from the screen matches what is wanted; words more or less never match."""
    bare, other = (DRAWN.sub("", text) for text in (wanted, read))
    if (bare, other) != (wanted, read):
        return min(match(bare, other), Match.READ_ALIKE)
    want, have = plain(wanted), plain(read)
    if not want or not have:
        same = bool(wanted.strip()) and wanted.strip().casefold() == read.strip().casefold()
        return Match.EXACT if same else Match.NONE
    if elided := ELISION.search(wanted):
        # The shown title was cut off itself: what is left of both must agree.
        left, other = plain(wanted[: elided.start()]), plain(ELISION.sub("", read))
        if left == other:
            return Match.READ_ALIKE
        if not ELISION.search(read) and len(other) < len(left) + LEAST_CUT:
            return Match.NONE  # it is whole, and shorter than what was left of the other one
        short, long = sorted((left, other), key=len)
        return Match.SHORTENED if long.startswith(short) and len(short) >= ELIDED_PART * len(long) else Match.NONE
    if elided := ELISION.search(read):
        left = plain(read[: elided.start()])
        if left == want and wanted.endswith("."):
            return Match.READ_ALIKE  # of the dots one alone was read
        enough = ELIDED_PART * len(want) <= len(left) <= len(want) - LEAST_CUT
        return Match.SHORTENED if enough and want.startswith(left) else Match.NONE
    if want == have:
        return Match.EXACT
    if unconfused(want) == unconfused(have) or _underlined(wanted) == _underlined(read):
        return Match.READ_ALIKE
    bare = DECORATION.sub("", read)
    if bare != read and plain(bare) == want:
        return Match.DECORATED
    return Match.NONE


def begins_alike(wanted: str, read: str) -> bool:
    """Whether one of two texts was cut off, and all that is left of it begins the other: "Bit de…" of "Bit depth"."""
    whole, left = (wanted, read) if ELISION.search(read) else (read, wanted)
    begin = plain(ELISION.sub("", left))
    return (
        ELISION.search(left) is not None
        and len(begin) >= LEAST_LEFT
        and plain(ELISION.sub("", whole)).startswith(begin)
    )


def best_matches(wanted: str, texts: Sequence[str]) -> tuple[Match, list[int]]:
    """The best kind of match among the texts and the places of those that have it; none gives an empty list."""
    matches = [match(wanted, text) for text in texts]
    best = max(matches, default=Match.NONE)
    return best, [index for index, found in enumerate(matches) if found == best and best != Match.NONE]


def is_written(text: str) -> bool:
    """Whether a text has a letter or digit of an alphabet; readers make those of other scripts out of drawings."""
    return any(letter.isalnum() and ord(letter) < FIRST_SIGN for letter in text)


def plain(text: str) -> str:
    """Letters and digits only, lower case, without accents; blanks go too, since readers lose them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    return "".join(letter for letter in decomposed if letter.isalnum())


def _underlined(text: str) -> str:
    return unconfused(plain(text.translate(UNDERLINED)))
