"""Texts as the text tower reads them: words of hashed character n-grams.

No vocabulary is needed, a word never seen still shares its pieces with known ones ("playlists", "playlist"), and
the table stays small.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

WORDS, PIECES = 8, 16
"""Words of a text and pieces of a word that are read; the rest is cut."""
BUCKETS = 16384
"""Rows of the embedding table; row 0 stands for nothing."""

_WORDS = re.compile(r"[^\W_]+", re.UNICODE)


def pieces_of(word: str) -> list[str]:
    """The word itself and its character n-grams of 3 and 4, with marks for both ends."""
    marked = f"<{word}>"
    grams = [marked[i : i + n] for n in (3, 4) for i in range(len(marked) - n + 1)]
    return [f"={word}", *dict.fromkeys(grams)][:PIECES]


@lru_cache(maxsize=65536)
def _word_ids(word: str) -> tuple[int, ...]:
    return tuple(1 + zlib.crc32(piece.encode()) % (BUCKETS - 1) for piece in pieces_of(word))


def text_ids(texts: Sequence[str]) -> NDArray[np.int64]:
    """Rows of the embedding table.

    Returns:
        int64 [n, 8, 16]: text, word, piece; 0 where there is none. A text without any letter or digit is all 0.
    """
    ids = np.zeros((len(texts), WORDS, PIECES), np.int64)
    for row, text in enumerate(texts):
        for column, word in enumerate(_WORDS.findall(text.lower())[:WORDS]):
            pieces = _word_ids(word)
            ids[row, column, : len(pieces)] = pieces
    return ids
