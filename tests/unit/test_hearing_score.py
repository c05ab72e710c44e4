"""The hearing benchmark's arithmetic and its lists."""

from __future__ import annotations

import math

import pytest

from tests.benchmarks.hearing.commands import Split, commands, everything_said, requests, spoken, titles
from tests.benchmarks.hearing.score import Rate, Share, auroc, by_group, missed_at, share_of, spread, threshold_at

TUNED_ON = tuple(
    "Yesterday|Yesterday Once More|Hey Jude|Let It Be|Bohemian Rhapsody|Hotel California|Imagine|Dancing Queen|"
    "Billie Jean|Thriller|Like a Rolling Stone|Smells Like Teen Spirit|Wonderwall|Creep|Karma Police|Paranoid Android|"
    "Rolling in the Deep|Someone Like You|Hello|Skyfall|Shape of You|Perfect|Blinding Lights|Levitating|Bad Guy|"
    "Ocean Eyes|Take On Me|Africa|Rosanna|Every Breath You Take|Roxanne|Purple Rain|When Doves Cry|"
    "Sweet Child O' Mine|November Rain|Nothing Else Matters|Enter Sandman|Stairway to Heaven|Kashmir|Black Dog|"
    "Comfortably Numb|Wish You Were Here|Time|Money|Heroes|Space Oddity|Life on Mars|Clair de Lune|Moonlight Sonata|"
    "Take Five".split("|")
)
"""Titles that thresholds were chosen on before there was this benchmark."""


def letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Newcombe, Two-Sided Confidence Intervals for the Single Proportion, 1998, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_the_literature(count: int, of: int, low: float, high: float) -> None:
    assert Share(count, of).interval == pytest.approx((low, high), abs=6e-5)


def test_shares_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        Share(3, 2)
    assert Share(0, 0).value is None
    assert Share(0, 0).as_json() == {"of": 0}


@pytest.mark.parametrize(
    ("events", "low", "high"),
    # Garwood's exact limits, as in every table of them.
    [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (5, 1.6235, 11.6683), (20, 12.2165, 30.8884)],
)
def test_poisson_intervals_are_exact(events: int, low: float, high: float) -> None:
    assert Rate(events, 1.0).interval == pytest.approx((low, high), abs=2e-4)
    assert Rate(events, 10.0).interval == pytest.approx((low / 10, high / 10), abs=2e-5)


def test_no_event_in_37_hours_is_what_a_tenth_an_hour_takes() -> None:
    assert Rate(0, 37.0).interval[1] < 0.1 < Rate(0, 36.0).interval[1]


def test_a_threshold_lets_through_no_more_than_it_may() -> None:
    impostors = [float(score) for score in range(100)]
    for share, let_through in ((0.01, 1), (0.0, 0), (0.05, 5)):
        threshold = threshold_at(impostors, share)
        assert sum(score >= threshold for score in impostors) == let_through
    tied = threshold_at([1.0] * 100, 0.01)
    assert not any(score >= tied for score in [1.0] * 100)
    with pytest.raises(ValueError, match="impostors"):
        threshold_at([], 0.01)


def test_what_was_never_the_best_is_missed_at_any_threshold() -> None:
    assert missed_at([0.5, 1.5, -math.inf], -math.inf) == Share(1, 3)
    assert missed_at([0.5, 1.5, -math.inf], 1.0) == Share(2, 3)


def test_auroc() -> None:
    assert auroc([2.0, 3.0], [0.0, 1.0]) == 1.0
    assert auroc([0.0], [1.0, 2.0]) == 0.0
    assert auroc([1.0], [1.0, 0.0]) == 0.75


def test_groups_and_spreads() -> None:
    rows = [("a", True), ("a", False), ("b", True)]
    table = by_group(rows, lambda row: row[0], lambda row: row[1])
    assert [(name, table[name]["share"], table[name]["of"]) for name in table] == [("a", 0.5, 2), ("b", 1.0, 1)]
    assert spread([3.0, 1.0, 2.0]) == {"p50": 2.0, "p90": 3.0, "worst": 3.0, "of": 3}
    assert spread([]) == {}
    assert share_of([]).value is None


def test_development_and_final_run_say_nothing_in_common() -> None:
    dev, final = ({letters(text) for text in everything_said(split)} for split in ("dev", "final"))
    assert not dev & final
    assert not final & {letters(title) for title in TUNED_ON}


@pytest.mark.parametrize("split", ["dev", "final"])
def test_the_lists_are_as_long_as_they_claim(split: Split) -> None:
    assert len(set(commands(split))) == 30
    assert all(set(one.text.split()) & set(one.sibling.split()) for one in spoken(split))
    assert len({letters(title.text) for title in titles(split)}) == 500
    asked = requests(split, 50)
    assert [request.title for request in asked] == list(titles(split)[:50])
    assert {request.wording for request in asked} == {"plain", "by", "filler"}
    assert len(requests(split, 500)) == 100
