"""Episodes in closed loop: a decider that is always right succeeds, and every kind of mistake ends as what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from encore_models.perception.action import contradicted
from encore_models.perception.action_evidence import MATCH_WIDTH
from encore_models.perception.situation import STATES
from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.closed_loop import Tell, Told, numbers_of, play, play_all, telling
from encore_models.training.action.episodes import Episodes
from encore_models.training.action.samples import Sample
from tests.unit.action_drawings import Tones, drawings_in
from tests.unit.test_action_samples import sample

NUMBERS = tuple(range(6))


@pytest.fixture(scope="module")
def episodes(tmp_path_factory: pytest.TempPathFactory) -> Episodes:
    return Episodes(UiClip.load(), Tones(), 11, drawings_in(tmp_path_factory.mktemp("icons")))


def right(one: Sample) -> Told:
    return Told(STATES[one.state], max(0, one.step), one.candidate)


def but(mistaken: Callable[[Sample, Told], Told]) -> Tell:
    return lambda one: mistaken(one, right(one))


def test_whoever_is_always_right_succeeds(episodes: Episodes) -> None:
    played = play_all(right, episodes, NUMBERS)
    outcomes = Counter(ending.outcome for ending in played.endings)
    assert set(outcomes) <= {"success", "unseen"}
    assert outcomes["success"] >= 5
    assert (played.false_done, played.wrong) == (0, 0)
    assert any(ending.hard for ending in played.endings)
    assert {ending.said for ending in played.endings if ending.outcome == "success"} <= {"done", "stop"}


def test_a_click_beside_the_target_is_wrong(episodes: Episodes) -> None:
    def beside(one: Sample, told: Told) -> Told:
        far = np.abs(one.candidate_places[:, :2] - one.candidate_places[told.candidate, :2]).sum(axis=1)
        return replace(told, candidate=int(far.argmax())) if told.candidate >= 0 else told

    played = play_all(but(beside), episodes, (2, 4))
    assert played.wrong == 2
    assert played.success == 0


def test_the_right_place_for_the_wrong_step_is_wrong(episodes: Episodes) -> None:
    def other(one: Sample, told: Told) -> Told:
        return replace(told, step=(told.step + 1) % len(one.steps)) if told.state == "step" else told

    assert play(but(other), episodes, 2).outcome == "wrong"


def test_done_before_the_end_is_told_apart(episodes: Episodes) -> None:
    ending = play(lambda one: Told("done", 0, -1), episodes, 2)
    assert (ending.outcome, ending.decisions, ending.said) == ("false done", 1, "done")
    assert play_all(lambda one: Told("done", 0, -1), episodes, (2,)).false_done == 1


def test_giving_up_and_waiting_for_ever_do_not_succeed(episodes: Episodes) -> None:
    assert play(lambda one: Told("stop", 0, -1), episodes, 2).outcome == "stopped"
    for told in (Told("wait", 0, -1), Told("step", 0, -1)):
        assert play(lambda one, told=told: told, episodes, 2).outcome == "stalled"  # type: ignore[misc]


def test_no_episodes_are_refused_and_splits_are_kept() -> None:
    with pytest.raises(ValueError, match="no episode"):
        play_all(right, None, ())  # type: ignore[arg-type]
    assert list(numbers_of("test", 3)) == [9, 19, 29]
    assert list(numbers_of("train", 3)) == [0, 1, 2]


def labelled(texts: list[list[float]], looks: list[list[float]], kind: int) -> Sample:
    """One step whose target reads and looks like the first axis, and candidates as given; letters are as alike."""
    one = sample(candidates=len(looks), steps=1)
    place = np.zeros((1, 8), np.float32)
    place[0, 4 + kind] = 1
    first = np.eye(16, dtype=np.float16)[:1]
    matches = np.zeros((1, len(looks), MATCH_WIDTH), np.float16)
    matches[0, :, 0] = [text[0] for text in texts]
    return replace(
        one,
        candidates=np.array([row + [0] * 14 for row in looks], np.float16),
        candidate_texts=np.array([row + [0] * 10 for row in texts], np.float16),
        steps=first,
        step_matches=matches,
        step_effects=np.zeros((1, 16), np.float16),
        step_texts=first[:, :12],
        step_places=place,
    )


def test_a_label_that_says_something_else_is_spoken_against() -> None:
    texts, looks = [[1, 0], [0.5, 0.9], [0, 0], [0.9, 0.5]], [[1.0, 0.0]] * 4
    for kind in (0, 1):  # drawings of rows have the names of these
        assert contradicted(labelled(texts, looks, kind), 0).tolist() == [False, True, False, False]
    assert not contradicted(labelled(texts, looks, kind=2), 0).any(), "what is typed in a field comes and goes"


def test_a_drawing_is_spoken_against_where_another_is_clearly_more_alike() -> None:
    some = [[0.0, 0.0]] * 3
    one = labelled(some, [[0.9, 0.1], [0.3, 0.9], [0.8, 0.5]], kind=0)
    assert contradicted(one, 0).tolist() == [False, True, False]
    # What the target looked like after its step is as good.
    after = np.zeros((1, 16), np.float16)
    after[0, 1] = 1
    assert contradicted(replace(one, step_effects=after), 0).tolist() == [False, False, False]
    assert not contradicted(labelled(some, [[0.2, 0.9]] * 3, kind=0), 0).any()


@pytest.mark.parametrize(("logit", "state"), [(1.0, "stop"), (3.0, "done")])
def test_a_doubtful_end_is_for_a_person_to_look_at(logit: float, state: str) -> None:
    def decider(feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
        rows = {"state": [[0.0, 0, logit, 0]], "step": [[0.0]], "candidate": [[0.0, 0.0, 1.0]]}
        return {name: np.array(row) for name, row in rows.items()}

    assert telling(decider)(labelled([[1, 0], [0, 1]], [[1, 0], [1, 0]], kind=1)).state == state


def test_evidence_passes_over_the_first_choice_and_invents_nothing() -> None:
    one = labelled([[1, 0], [0, 1]], [[1, 0], [1, 0]], kind=1)

    def decider(feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
        rows = {"state": [[9.0, 0, 0, 0]], "step": [[0.0]], "candidate": [[1.0, 2.0, 0.0]]}
        return {name: np.array(row) for name, row in rows.items()}

    assert telling(decider)(one) == Told("step", 0, 1)
    assert telling(decider, evidence=True)(one) == Told("step", 0, 0)
    other = labelled([[0, 1], [0, 1]], [[1, 0], [1, 0]], kind=1)
    assert telling(decider, evidence=True)(other) == Told("step", 0, -1)
