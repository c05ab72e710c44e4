"""What is usually said, as tokens: a decoder that is offered the rest of it need not look at each token by itself.

What it would have written anyway it writes; only how many tokens one pass of it settles depends on what is expected.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

LEAST_SHARE = 0.34
"""Of what begins as the transcript does, how much has to go on alike to be offered: a token in vain costs a tenth of a
pass, and one that comes true saves a whole one."""
MOST = 8
"""Tokens that are offered at once."""


class Expected:
    """Sequences of tokens, found by how they begin. Safe to share between threads."""

    def __init__(self, sequences: Iterable[Sequence[int]]) -> None:
        """Sort them; each is a whole transcript without its end."""
        self._sorted = sorted({tuple(one) for one in sequences})

    def after(self, said: Sequence[int]) -> tuple[int, ...]:
        """What probably follows the tokens that were written so far; empty where nothing is expected."""
        low, high = self._beginning(tuple(said), 0, len(self._sorted))
        all_of_them, offered = high - low, list(said)
        while len(offered) < len(said) + MOST and low < high:
            middle = self._sorted[(low + high) // 2]
            if len(middle) <= len(offered):
                break
            offered.append(middle[len(offered)])
            low, high = self._beginning(tuple(offered), low, high)
            if high - low < LEAST_SHARE * all_of_them:
                return tuple(offered[len(said) : -1])
        return tuple(offered[len(said) :])

    def _beginning(self, tokens: tuple[int, ...], low: int, high: int) -> tuple[int, int]:
        """From where to where the sequences between `low` and `high` begin with the tokens."""
        if not tokens:
            return low, high
        start = bisect_left(self._sorted, tokens, low, high)
        return start, bisect_left(self._sorted, (*tokens[:-1], tokens[-1] + 1), start, high)


UNEXPECTED = Expected(())
"""Nothing is expected."""
