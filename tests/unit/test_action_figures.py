"""Figures of the action model, against cases that are counted by hand; none of it needs torch."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.perception.action_evidence import MATCH_WIDTH
from encore_models.perception.effects import EFFECT_WIDTH
from encore_models.perception.situation import STATES
from encore_models.training.action.evaluate import auroc, evaluate, feeds_of, macro_f1
from encore_models.training.action.samples import Sample, collate

STEP, WAIT, DONE, STOP = range(4)


def sample(state: int, step: int = -1, candidate: int = -1, argument: int = 0, **meta: str) -> Sample:
    places = np.zeros((3, 8), np.float32)
    places[:, :4] = [(0.2, 0.5, 0.1, 0.1), (0.5, 0.5, 0.1, 0.1), (0.8, 0.5, 0.1, 0.1)]
    none = np.zeros(3, np.int8)
    some = np.zeros((3, 2), np.float16)
    return Sample(
        some, some, np.zeros(9, np.float32), some, some, places, np.ones(3, np.int16), some, np.zeros(3, np.float32),
        some, some, some,
        np.zeros((3, 3, MATCH_WIDTH), np.float16), np.zeros((3, EFFECT_WIDTH), np.float16), places, none, none,
        none, state, step, candidate, argument, meta,
    )  # fmt: skip


def decider(told: list[tuple[int, int, int, int]]):
    """Says (state, step, candidate, argument) of each sample; a candidate of -1 is "absent"."""
    rows = iter(told)

    def decide(feeds):
        some = [next(rows) for _ in range(len(feeds["step_mask"]))]
        columns = np.array(some)
        one = [np.eye(width)[columns[:, at]] for at, width in enumerate((4, 3, 4, 3))]
        return dict(zip(("state", "step", "candidate", "argument"), one, strict=True)) | {"attention": one[1]}

    return decide


def test_figures_are_counted_as_they_are_named() -> None:
    some = [
        sample(STEP, 0, 1, 2, voice="a"),
        sample(STEP, 1, 2, 1, voice="a"),
        sample(STEP, 2, -1, 0, voice="a"),  # typing: nothing to be pointed at
        sample(WAIT, voice="b"),
        sample(DONE, voice="b"),
        sample(STOP, voice="b"),
        sample(STOP, voice="c", hard="other command"),
    ]
    told = [
        (STEP, 0, 1, 2),  # all right
        (STEP, 1, 0, 1),  # the wrong candidate
        (STEP, 2, -1, 1),  # the wrong argument
        (STEP, 0, 0, 0),  # acts where it should wait
        (DONE, 0, 0, 0),
        (STOP, 0, -1, 0),
        (STOP, 0, -1, 0),
    ]
    assert STATES == ("step", "wait", "done", "stop")
    figures = evaluate(decider(told), some, groups=("voice",))
    assert figures.samples == 7
    assert figures.next_step_accuracy == pytest.approx(6 / 7)
    assert figures.target_hit == pytest.approx(1 / 2)
    assert figures.wrong_target == pytest.approx(2 / 7)
    assert figures.argument_accuracy == pytest.approx(2 / 3)
    assert figures.state_macro_f1 == pytest.approx((0 + 1 + 1) / 3)
    assert figures.stop_auroc == figures.open_set_auroc == 1
    by_voice = figures.groups["voice"]
    assert (by_voice["a"].samples, by_voice["b"].samples) == (3, 3)
    assert by_voice["a"].next_step_accuracy == 1
    assert by_voice["b"].target_hit is None
    assert by_voice["a"].state_macro_f1 is None
    assert by_voice["a"].stop_auroc is None
    assert by_voice["b"].stop_auroc == 1
    assert by_voice["b"].open_set_auroc is None, "no other command was said"
    assert "target_hit" not in by_voice["b"].as_metrics()


def test_nothing_to_measure_gives_no_figures() -> None:
    figures = evaluate(decider([]), [])
    assert (figures.samples, figures.next_step_accuracy, figures.as_metrics()) == (0, None, {})


def test_more_than_one_batch_is_measured_as_one() -> None:
    some = [sample(STEP, 0, number % 3) for number in range(150)]
    told = [(STEP, 0, number % 3 if number < 140 else (number + 1) % 3, 0) for number in range(150)]
    assert evaluate(decider(told), some).target_hit == pytest.approx(140 / 150)


def test_a_click_on_a_part_of_the_target_is_a_hit() -> None:
    some = [sample(STEP, 0, 1), sample(STEP, 0, 1), sample(STEP, 0, 0)]
    for one in some:
        one.candidate_places[0, :4] = 0.52, 0.48, 0.02, 0.02  # a drawing on the plate of the second
    told = [(STEP, 0, 0, 0), (STEP, 0, 2, 0), (STEP, 0, 1, 0)]
    figures = evaluate(decider(told), some)
    assert figures.target_hit == pytest.approx(1 / 3), "the middle of the plate is not on the drawing"
    assert figures.wrong_target == pytest.approx(2 / 3)


def test_macro_f1_is_the_mean_of_classes_that_occur() -> None:
    right, told = np.array([1, 1, 2, 0]), np.array([1, 2, 2, 0])
    assert macro_f1(right, told, (1, 2)) == pytest.approx((2 / 3 + 2 / 3) / 2)
    assert macro_f1(right, told, (1, 2, 3)) == pytest.approx(2 / 3)
    assert macro_f1(right, told, (3,)) is None


def test_auroc_counts_ties_as_half() -> None:
    scores, positive = np.array([0.1, 0.4, 0.4, 0.8]), np.array([False, False, True, True])
    assert auroc(scores, positive) == pytest.approx(3.5 / 4)
    assert auroc(-scores, positive) == pytest.approx(0.5 / 4)
    assert auroc(scores, np.ones(4, bool)) is None
    rng = np.random.default_rng(1)
    scores, positive = rng.integers(10, size=200), rng.random(200) < 0.3
    pairs = (scores[positive][:, None] > scores[~positive]) + 0.5 * (scores[positive][:, None] == scores[~positive])
    assert auroc(scores, positive) == pytest.approx(pairs.mean())


def test_feeds_have_the_kinds_that_the_graph_takes() -> None:
    fed = feeds_of(collate([sample(WAIT)]))
    assert {array.dtype.name for array in fed.values()} == {"float32", "int64"}
    assert fed["candidate_mask"].dtype == np.float32
