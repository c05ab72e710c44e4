"""How sure the finder is: probabilities that grow with the evidence, and numbers that must make sense."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from encore_agent.certainty import FEATURES, FILE, Certainty, Kind, halves
from encore_agent.errors import BrokenCertainty
from encore_agent.findings import percent
from tests.benchmarks.finder.calibrate_fit import (
    LEAST,
    calibration_error,
    cross_validated,
    enough,
    fit,
    log_loss,
    solve,
)

KINDS: tuple[Kind, ...] = get_args(Kind)


def stored() -> dict[str, Any]:
    data = json.loads(FILE.read_text("utf-8"))
    assert isinstance(data, dict)
    return data


def written(folder: Path, data: object) -> Path:
    path = folder / "certainty.json"
    path.write_text(json.dumps(data), "utf-8")
    return path


def test_every_kind_is_there_and_was_fitted() -> None:
    certainty = Certainty.shipped()
    assert set(certainty.kinds) == set(KINDS) == set(FEATURES)
    for kind, model in certainty.kinds.items():
        assert model.fit.weighed > 0, kind
        assert model.enough > model.fit.highest_wrong, kind
        assert set(model.weights) == set(FEATURES[kind]), kind


@pytest.mark.parametrize("kind", KINDS)
def test_more_evidence_never_makes_less_sure(kind: Kind) -> None:
    certainty = Certainty.shipped()
    dice = np.random.default_rng(3)
    for _ in range(40):
        evidence = {name: float(dice.random()) for name in FEATURES[kind]}
        before = certainty.probability(kind, evidence)
        assert 0 <= before <= 1
        for name in evidence:
            more = evidence | {name: min(1.0, evidence[name] + float(dice.random()))}
            assert certainty.probability(kind, more) >= before


@pytest.mark.parametrize("kind", KINDS)
def test_all_evidence_is_enough_and_none_is_not(kind: Kind) -> None:
    model = Certainty.shipped().kinds[kind]
    assert model.probability(dict.fromkeys(FEATURES[kind], 1.0)) >= model.enough
    assert model.probability(dict.fromkeys(FEATURES[kind], 0.0)) < model.probability(dict.fromkeys(FEATURES[kind], 1.0))


def test_what_is_beyond_a_measure_counts_as_its_end() -> None:
    model = Certainty.shipped().kinds["icon"]
    full = dict.fromkeys(FEATURES["icon"], 1.0)
    assert model.probability(dict.fromkeys(full, 7.0)) == model.probability(full)
    assert halves(-1) == (0, 0)
    assert halves(0.25) == (0.5, 0)
    assert halves(0.75) == (1, 0.5)


def test_never_is_never_enough() -> None:
    never = Certainty.shipped().never()
    for kind, model in never.kinds.items():
        assert model.probability(dict.fromkeys(FEATURES[kind], 1.0)) < model.enough


def test_a_missing_or_damaged_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenCertainty, match=r"nowhere\.json .*Install Encore again"):
        Certainty.load(tmp_path / "nowhere.json")
    (tmp_path / "cut.json").write_bytes(FILE.read_bytes()[:200])
    with pytest.raises(BrokenCertainty):
        Certainty.load(tmp_path / "cut.json")


@pytest.mark.parametrize(
    ("part", "value", "trouble"),
    [
        ("bias", "much", "bias"),
        ("enough", 0.0, "no probability"),
        ("enough", 1.5, "no probability"),
        ("weights", {}, "is judged by"),
        ("weights", {name: [1.0, -0.1] for name in FEATURES["icon"]}, "negative weight"),
        ("weights", {name: [1.0, float("inf")] for name in FEATURES["icon"]}, "weight that is no number"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(tmp_path: Path, part: str, value: object, trouble: str) -> None:
    data = stored()
    data["kinds"]["icon"][part] = value
    with pytest.raises(BrokenCertainty, match=trouble):
        Certainty.load(written(tmp_path, data))


def test_a_missing_kind_is_refused(tmp_path: Path) -> None:
    data = stored()
    del data["kinds"]["slider"]
    with pytest.raises(BrokenCertainty, match="nothing is known of 'slider'"):
        Certainty.load(written(tmp_path, data))


def test_nearly_sure_is_told_from_sure() -> None:
    assert [percent(p) for p in (0.5, 0.973, 0.9996, 1.0)] == ["50 %", "97.3 %", "100 %", "100 %"]


def test_the_fit_finds_what_tells_and_ignores_what_speaks_against() -> None:
    dice = np.random.default_rng(1)
    tells, against = dice.random(600), dice.random(600)
    right = tells - 0.3 * against + 0.1 * dice.normal(size=600) > 0.35
    evidence = np.column_stack([tells, against]).tolist()
    groups = [str(number % 30) for number in range(600)]
    model = fit(("tells", "against"), evidence, right.tolist(), groups)
    assert sum(model.weights["tells"]) > 5
    assert model.weights["against"] == (0, 0)
    assert model.fit.calibration_error < 0.05
    assert model.enough > model.fit.highest_wrong


def test_what_is_held_out_plays_no_part() -> None:
    x = np.array([halves(measure) for measure in (0.1, 0.2, 0.8, 0.9, 0.0, 1.0)])
    y = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    groups = ["a", "a", "b", "b", "odd", "odd"]
    unseen = cross_validated(x, y, groups)
    assert unseen[5] > unseen[4]  # by the others, whose order its own would have turned around
    assert not solve(x[4:], y[4:])[1:].any()


def test_few_of_the_places_that_were_made_may_be_surer_than_what_is_enough() -> None:
    dice = np.random.default_rng(0)
    evidence = [[0.9 + 0.1 * dice.random()] for _ in range(200)] + [[0.3 * dice.random()] for _ in range(100)] + [[1.0]]
    right, groups = [True] * 200 + [False] * 101, [f"screen {n % 20}" for n in range(301)]
    strict, spared = (fit(["reads"], evidence, right, groups, made) for made in (None, [not one for one in right]))
    sure = strict.probability({"reads": 1.0})
    assert strict.weights == spared.weights
    assert strict.enough > sure > spared.enough >= LEAST


def test_figures_of_a_fit() -> None:
    y = np.array([1.0, 1.0, 0.0, 0.0])
    assert calibration_error(y, y) == 0
    assert calibration_error(1 - y, y) == 1
    assert log_loss(np.full(4, 0.5), y) == pytest.approx(np.log(2))
    assert 0.95 < enough(0.9) < 0.97
    assert enough(0.0) == LEAST
    assert enough(0.9999999) <= 1
