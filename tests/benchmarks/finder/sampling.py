"""Which of all that could be asked is asked: the same amount of everything, and always the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from tests.benchmarks.finder.dataset import Query

LEAST_GONE = 300
"""Queries of what is absent, replaced or covered, as far as there are so many."""
GONE_SHARE = 0.25

T = TypeVar("T")


def choose(queries: Iterable[Query], count: int, seed: int = 0) -> list[Query]:
    """At most `count` queries, by toolkit, kind and picture in turn; of them gone a quarter.

    At least 300 are gone, as far as that leaves half for what is there.
    """
    everything = list(queries)
    there = [query for query in everything if query.answer is not None]
    gone = [query for query in everything if query.answer is None]
    asked = min(len(gone), max(LEAST_GONE, round(GONE_SHARE * count)), count // 2)
    chosen = balanced(gone, asked, stratum, seed)
    return balanced(there, count - len(chosen), stratum, seed) + chosen


def choose_for_peers(asked: Sequence[Query], count: int, seed: int = 0) -> list[Query]:
    """A part of what is asked, a quarter of it gone; without what follows speech, which no peer can."""
    there = [query for query in asked if query.said is None and query.answer is not None]
    gone = [query for query in asked if query.said is None and query.answer is None]
    chosen = balanced(gone, round(GONE_SHARE * count), stratum, seed)
    return balanced(there, count - len(chosen), stratum, seed) + chosen


def stratum(query: Query) -> tuple[str, str, str]:
    """What is asked equally often."""
    return query.screen.toolkit, query.shown.kind, query.picture


def balanced(items: Sequence[T], count: int, key: Callable[[T], Hashable], seed: int) -> list[T]:
    """One item of each group in turn, in an order that the seed decides, until there are `count` or none is left."""
    if count >= len(items):
        return list(items)
    dice = random.Random(seed)
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    for group in groups.values():
        dice.shuffle(group)
    chosen: list[T] = []
    while len(chosen) < count:
        left = [group for group in groups.values() if group]
        dice.shuffle(left)
        chosen += [group.pop() for group in left[: count - len(chosen)]]
    return chosen
