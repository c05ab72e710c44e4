"""Fitting the decision: on trials that are made up, so that what comes out is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import encore_agent.fitted
from encore_agent.messages import Evidence
from tests.benchmarks.hearing.fit import RATE, TAIL, Fitted, fitted, reached

HOURS = 5.0


def trial(
    kind: str,
    likeness: float | None,
    losses: float,
    right: bool = False,
    words: float | None = None,
    log_p: float = -2.0,
) -> dict[str, Any]:
    evidence = {"likeness": likeness, "losses": losses, "words": words, "transcript_log_p": -0.1, "log_p": log_p}
    return {"kind": kind, "wanted": "open" if right else None, "first": "open-the-calendar", "evidence": evidence} | (
        {"first": "open"} if right else {}
    )


def trials() -> list[dict[str, Any]]:
    """Noise takes much of either kind; of siblings other words are heard, too."""
    chance = np.random.default_rng(1)
    made = []
    for _ in range(200):
        noise = float(chance.uniform(0, 8))
        made.append(trial("command", 0.7 - 0.05 * noise, -0.2 * noise, right=True, log_p=-0.2 - 0.3 * noise))
        made.append(trial("sibling", 0.4 - 0.05 * noise, -1.0 - 0.3 * noise, words=75.0, log_p=-1.5 - 0.3 * noise))
    return [*made, trial("no command", None, -3.0), trial("no command", -0.5, -9.0, words=10.0, log_p=-4.0)]


def summed(found: Fitted, one: dict[str, Any]) -> float:
    evidence = Evidence(**one["evidence"])
    assert evidence.losses is not None
    assert evidence.log_p is not None
    fits = found.per_loss * evidence.losses + found.per_otherwise * evidence.otherwise
    fits += found.per_log_p * evidence.log_p
    return fits + (found.alone if evidence.likeness is None else evidence.likeness + found.base)


def test_losses_and_other_words_speak_against_a_phrase_and_siblings_stay_below() -> None:
    found = fitted(trials(), HOURS)
    assert found.per_loss > 0.0 > found.per_otherwise
    assert found.missed <= 0.05
    assert sum(summed(found, one) > 1e-9 for one in trials() if one["kind"] == "sibling") <= 2


def test_what_no_print_knows_fires_only_if_it_fits_better_than_other_speech() -> None:
    found = fitted(trials(), HOURS)
    (other,) = (one for one in trials() if one["evidence"]["likeness"] is None)
    assert summed(found, other) == pytest.approx(0.0)


def test_speech_that_asks_for_nothing_stays_below() -> None:
    loud = trial("no command", 0.9, 0.0)
    found = fitted([*trials(), loud], HOURS)
    assert summed(found, loud) <= 0.0


def test_speech_that_is_like_short_commands_concerns_those_alone() -> None:
    loud = trial("no command", 0.9, 0.0) | {"first": "go-back"}
    plain, found = fitted(trials(), HOURS), fitted([*trials(), loud], HOURS)
    assert summed(found, loud) > 0.0 >= summed(found, loud) - found.short - 1e-9
    assert found.short > plain.short


def test_the_tail_says_more_than_the_highest() -> None:
    scores = np.random.default_rng(0).exponential(0.5, 20_000)
    found = reached(scores, HOURS)
    promised = 0.5 * np.log(len(scores) / (HOURS * RATE))  # by the law that they are drawn from
    assert found >= scores.max()
    assert found == pytest.approx(promised, rel=0.15)
    assert reached(scores[: 50 * TAIL], HOURS / 50) == pytest.approx(promised, rel=0.3)
    assert reached(scores[:0], HOURS) == -np.inf


def test_without_siblings_nothing_is_fitted() -> None:
    with pytest.raises(ValueError, match="siblings"):
        fitted([trial("command", 0.7, 0.0, right=True)], HOURS)


def test_what_is_written_is_the_module_that_the_decision_reads(tmp_path) -> None:
    module = encore_agent.fitted
    path = tmp_path / "fitted.py"
    names = ("PER_LOSS", "PER_OTHERWISE", "PER_LOG_P", "BASE", "ALONE", "SHORT")
    Fitted(*(getattr(module, name) for name in names), 0.0).write(path)
    assert path.read_text("utf-8") == Path(module.__file__).read_text("utf-8")
