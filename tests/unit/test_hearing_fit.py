"""Fitting the decision: on trials that are made up, so that what comes out is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import encore_agent.fitted
from tests.benchmarks.hearing.fit import MARGIN, SPARE_NATS, Fitted, fitted


def trial(kind: str, likeness: float | None, losses: float, regret: float, right: bool = False) -> dict[str, Any]:
    evidence = {"likeness": likeness, "losses": losses, "regret": regret}
    return {"kind": kind, "wanted": "open" if right else None, "first": "open", "evidence": evidence}


def trials() -> list[dict[str, Any]]:
    """Noise takes much of either kind, siblings lose by one word."""
    chance = np.random.default_rng(1)
    made = []
    for _ in range(200):
        noise = float(chance.uniform(0, 8))
        made.append(trial("command", 0.7 - 0.05 * noise, -0.5 * noise, 2 * noise, right=True))
        made.append(trial("sibling", 0.2 - 0.05 * noise, -4.0 - 0.5 * noise, 5 + 2 * noise))
    return [*made, trial("no command", None, -3.0, 6.0), trial("no command", -0.5, -9.0, 20.0)]


def test_losses_speak_against_a_phrase_and_siblings_stay_below() -> None:
    found = fitted(trials())
    assert found.per_loss > 0.0
    assert found.missed <= 0.05
    siblings = [one["evidence"] for one in trials() if one["kind"] == "sibling"]
    sums = [e["likeness"] + found.per_loss * e["losses"] + found.per_regret * e["regret"] for e in siblings]
    assert sum(value + found.base >= 0.0 for value in sums) <= 2


def test_what_no_print_knows_fires_only_if_it_loses_less_than_other_speech() -> None:
    assert fitted(trials()).alone == pytest.approx(3.0 - SPARE_NATS)


def test_speech_that_asks_for_nothing_stays_below_by_the_margin() -> None:
    loud = trial("no command", 0.9, 0.0, 0.0) | {"first": "open-the-calendar"}
    assert fitted([*trials(), loud]).base == pytest.approx(-0.9 - MARGIN)


def test_without_siblings_nothing_is_fitted() -> None:
    with pytest.raises(ValueError, match="siblings"):
        fitted([trial("command", 0.7, 0.0, 0.0, right=True)])


def test_what_is_written_is_the_module_that_the_decision_reads(tmp_path) -> None:
    module = encore_agent.fitted
    path = tmp_path / "fitted.py"
    Fitted(module.PER_LOSS, module.PER_REGRET, module.BASE, module.ALONE, 0.0).write(path)
    assert path.read_text("utf-8") == Path(module.__file__).read_text("utf-8")
