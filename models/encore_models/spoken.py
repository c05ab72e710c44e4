"""How written names are said: numbers, brackets, accents, "&" and "feat." (pure text)."""

from __future__ import annotations

import re
import unicodedata

from encore_models.phrases import words_of

ARTICLES = ("the", "a", "an")
MOST_FORMS = 10
"""Ways to say one name that are looked for."""

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: number for number, word in enumerate(_UNITS)} | {word: 20 + 10 * i for i, word in enumerate(_TENS)}
_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]")
_GUESTS = re.compile(r"\s*[(\[]?\b(?:feat|ft|featuring)\b\.?\s.*$", re.IGNORECASE)
_EDITION = re.compile(
    r"\s+[-–—]\s+(?:\d{4}\s+)?(?:remaster|live|mono|stereo|single|radio|acoustic|deluxe|edit)\w*\b.*$", re.IGNORECASE
)
_PARTED = re.compile(r"\t+|\s+[-–—]\s+")


def spelt_out(number: int) -> str:
    """A number from 0 to 9,999 in words; others stay digits."""
    if not 0 <= number < 10_000:
        return str(number)
    if number < 20:
        return _UNITS[number]
    if number < 100:
        tens, unit = divmod(number, 10)
        return _TENS[tens - 2] + (f" {_UNITS[unit]}" if unit else "")
    if 1100 <= number < 2000 or 2010 <= number < 2100:  # as years are said
        century, year = divmod(number, 100)
        if year == 0:
            return f"{spelt_out(century)} hundred"
        return f"{spelt_out(century)} {'oh ' if year < 10 else ''}{spelt_out(year)}"
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    whole, rest = divmod(number, size)
    return f"{_UNITS[whole]} {name}" + (f" {spelt_out(rest)}" if rest else "")


def canonical(text: str) -> str:
    """Letters and digits that two ways to write one name have in common; "" where there are none.

    "The Twenty-One & Co." and "21 and co" are the same.
    """
    words = words_of(_plain(text).replace("&", " and "))
    if len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return "".join(_in_digits(words)).replace("'", "").replace("’", "")


def spoken_forms(name: str) -> tuple[str, ...]:
    """The ways to say a name, as Whisper would write them; the likeliest first, none twice.

    Brackets, guests and editions may be left out; "Title - Artist" may be said as the title alone or with "by".
    """
    name = re.sub(r"(?<=\d):(?=\d)", " ", name.strip())
    bare = _BRACKETS.sub("", _EDITION.sub("", _GUESTS.sub("", name))).strip()
    whole = re.sub(r"[()\[\]]", "", _GUESTS.sub("", name)).strip()
    names = [bare, whole]
    parts = [part.strip() for part in _PARTED.split(bare) if part.strip()]
    if len(parts) == 2:
        names = [*parts, f"{parts[0]} by {parts[1]}", f"{parts[1]} by {parts[0]}"]
    forms = [form for one in names for form in _written(one)]
    distinct = dict.fromkeys(form for form in forms if words_of(form))
    return tuple(distinct)[:MOST_FORMS]


def _written(name: str) -> list[str]:
    name = name.replace("&", "and").rstrip(" .!?,")
    numbers = re.sub(r"\d+", lambda match: spelt_out(int(match[0])), name)
    forms = [name, name.lower(), _plain(name), _plain(name).lower(), numbers, numbers.lower()]
    first, _, rest = name.partition(" ")
    return [*forms, rest, rest.lower()] if rest and first.lower() in ARTICLES else forms


def _plain(text: str) -> str:
    """Without accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _in_digits(words: list[str]) -> list[str]:
    """Runs of number words as digits: "nineteen seventy nine" is 1979, "two thousand" 2000."""
    result: list[str] = []
    total: int | None = None
    for index, word in enumerate(words):
        value = _VALUES.get(word)
        if value is not None:
            total = value if total is None else _joined(total, value)
        elif word in ("hundred", "thousand") and total is not None:
            total = _multiplied(total, 100 if word == "hundred" else 1000)
        elif word == "oh" and total is not None and index + 1 < len(words) and words[index + 1] in _VALUES:
            continue
        else:
            if total is not None:
                result.append(str(total))
            result.append(word)
            total = None
    return result if total is None else [*result, str(total)]


def _joined(total: int, value: int) -> int:
    """What two number words after each other mean."""
    for size in (1000, 100, 10):
        if total % size == 0 and total and value < size:
            return total + value
    return total * 100 + value


def _multiplied(total: int, by: int) -> int:
    whole, last = divmod(total, 1000) if by == 100 and total >= 1000 else (0, total)
    return whole * 1000 + last * by
