"""What comes of advice and evidence: agreement acts, doubt looks again, and no model ever invents a place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from encore_agent.find import Absent, Found
from encore_agent.policy import Advice
from encore_agent.verdict import VerdictOptions, judged, spoken
from encore_models.macro import Step, Target, WindowIdentity
from encore_models.perception.action import Decision
from encore_models.perception.candidates import Candidate
from encore_models.perception.situation import NOTHING_SAID, Asked, Seen, StepsShown, Words, place
from encore_recorder.actions import Click, TypeText
from encore_recorder.geometry import Point, Rect

BOXES = (Rect(10, 10, 20, 20), Rect(100, 10, 20, 20), Rect(10, 100, 60, 14))
WINDOW = WindowIdentity("player", "Player", Rect(0, 0, 400, 300))
TARGET = Target("icon", BOXES[0], Point(0, 0))
STEP = Step(Click(Point(20, 20)), WINDOW, "steps/01-before.png", TARGET)
OPTIONS = VerdictOptions()


class NoClip:
    """Gives vectors of nothing."""

    def words(self, texts: list[str]) -> np.ndarray:
        return np.zeros((len(texts), 4), np.float32)


def seen() -> Seen:
    kinds = ("icon", "icon", "text")
    found = tuple(Candidate(box, kind) for box, kind in zip(BOXES, kinds, strict=True))  # type: ignore[arg-type]
    places = np.array([place(box, kind, WINDOW.rect) for box, kind in zip(BOXES, kinds, strict=True)], np.float32)
    some, alike, out = np.ones((3, 4), np.float16), np.ones(3, np.int16), np.zeros(3, np.float32)
    return Seen(found, ("", "", "Search"), some, some, some, places, alike, out)


def asked(effect: tuple[float, ...] = (0, 0, 0, 0, 0, 0), told: tuple[float, float] = (0, 0)) -> Asked:
    some, screens = np.ones((2, 4), np.float16), (seen(),)
    number = np.zeros(2, np.int8)
    shown = StepsShown(NOTHING_SAID, some, some, some, np.ones((2, 8), np.float32), number, number, screens)
    today = shown.today(["", ""], {}, NOTHING_SAID, Words(NoClip()))  # type: ignore[arg-type]
    return replace(today.asked(seen(), [0, 0]), step_seen=np.array([(*effect, 0, 0, 0, 0, *told)] * 2, np.float16))


def advice(
    states: tuple[float, ...] = (0.97, 0.01, 0.01, 0.01),
    steps: tuple[float, ...] = (0.9, 0.1),
    candidates: tuple[float, ...] = (0.9, 0.05, 0.04, 0.01),
    arguments: tuple[float, ...] = (1.0, 0.0, 0.0),
    ruled_out: tuple[bool, ...] = (False, False, False),
    effect: tuple[float, ...] = (0, 0, 0, 0, 0, 0),
) -> Advice:
    parts = (np.array(part, np.float32) for part in (states, steps, candidates, arguments, steps))
    return Advice(asked(effect), seen(), Decision(*parts), np.array(ruled_out), 1.0)


def found(box: Rect = BOXES[0], probability: float = 0.85) -> Found:
    patch = np.zeros((2, 2, 3), np.uint8)
    return Found(box, box.center, "its drawing", 0.9, patch, box, probability=probability)


def test_without_advice_the_evidence_decides() -> None:
    assert judged(STEP, 0, found(probability=0.81), None, OPTIONS).do == "act"
    absent = judged(STEP, 0, Absent("not there"), None, OPTIONS)
    assert (absent.do, absent.why) == ("look", "not there")
    assert judged(replace(STEP, action=TypeText("a"), target=None), 0, None, None, OPTIONS).do == "act"


def test_where_both_agree_it_is_done() -> None:
    verdict = judged(STEP, 0, found(), advice(), OPTIONS)
    assert verdict.do == "act"
    assert verdict.why == "its drawing; the action model says step 1 (97.0 %) at the icon at 20, 20 (90 %)"


DOUBTS = {
    "another place": advice(candidates=(0.1, 0.85, 0.04, 0.01)),
    "no place": advice(candidates=(0.1, 0.1, 0.1, 0.7)),
    "another step": advice(steps=(0.2, 0.8)),
    "another argument": advice(arguments=(0.1, 0.0, 0.9)),
    "wait": advice(states=(0.1, 0.9, 0.0, 0.0)),
    "done": advice(states=(0.1, 0.0, 0.9, 0.0)),
    "stop, but not surely": advice(states=(0.35, 0.0, 0.0, 0.65)),
}


@pytest.mark.parametrize("said", DOUBTS.values(), ids=DOUBTS)
def test_where_they_differ_it_looks_again_unless_the_evidence_is_certain(said: Advice) -> None:
    doubtful = judged(STEP, 0, found(probability=0.85), said, OPTIONS)
    assert doubtful.do == "look"
    assert "its drawing" in doubtful.why
    assert "the action model says" in doubtful.why
    # A click on a drawing may take back what was done: see `test_what_may_change_back_is_not_clicked_again`.
    expected = "look" if said is DOUBTS["done"] else "act"
    assert judged(STEP, 0, found(probability=0.995), said, OPTIONS).do == expected
    assert judged(STEP, 0, replace(found(), probability=None), said, OPTIONS).do == "look"


def test_no_evidence_is_certain_enough_against_a_sure_stop() -> None:
    stop = advice(states=(0.02, 0.01, 0.01, 0.96))
    verdict = judged(STEP, 0, found(probability=1.0), stop, OPTIONS)
    assert verdict.do == "look"
    assert "stop (96.0 %)" in verdict.why
    assert judged(replace(STEP, action=TypeText("a"), target=None), 0, None, stop, OPTIONS).do == "look"


def test_what_the_evidence_does_not_find_is_never_acted_on() -> None:
    verdict = judged(STEP, 0, Absent("not there"), advice(), OPTIONS)
    assert verdict.do == "look"
    assert "not there; the action model says step 1" in verdict.why


CAME = (1, 0.97, 0.97, 1, 0.2, 0.3)
"""What came is there, and what went is gone."""


def nearly(probability: float, box: Rect = BOXES[0]) -> Absent:
    return Absent("not there", nearly=(found(BOXES[2], 0.7), found(box, probability)))


def test_two_witnesses_are_sure_of_a_place_that_the_finder_alone_is_not() -> None:
    said = advice(steps=(1.0, 0.0), candidates=(0.98, 0.01, 0.01, 0.0))
    verdict = judged(STEP, 0, nearly(0.7), said, OPTIONS)
    assert verdict.do == "act"
    assert verdict.place is not None
    assert verdict.place.box == BOXES[0]
    assert 0.9 < (verdict.place.probability or 0) < 0.98
    # A place that is hardly likelier right is not made up for, however sure the model is; nor is a model in doubt.
    assert judged(STEP, 0, nearly(0.69), advice((1, 0, 0, 0), (1, 0), (1, 0, 0, 0)), OPTIONS).do == "look"
    assert judged(STEP, 0, nearly(0.7), advice(candidates=(0.7, 0.1, 0.1, 0.1)), OPTIONS).do == "look"


def test_parts_of_one_thing_are_one_place() -> None:
    split = advice(steps=(1.0, 0.0), candidates=(0.49, 0.49, 0.01, 0.01))
    assert judged(STEP, 0, nearly(0.7), split, OPTIONS).do == "look"
    places = split.seen.places.copy()
    places[1, :2] = places[0, :2] + 0.01  # the second lies in the first now
    nested = replace(split, seen=replace(split.seen, places=places))
    assert nested.sure > 0.9 > split.sure
    assert judged(STEP, 0, nearly(0.7), nested, OPTIONS).do == "act"


def test_a_row_that_is_called_what_was_said_needs_less() -> None:
    said = replace(STEP, target=replace(TARGET, kind="row", template="{song}"))
    sure = advice((1, 0, 0, 0), (1, 0), (1, 0, 0, 0), arguments=(0, 0, 1))
    assert judged(said, 0, nearly(0.5), sure, OPTIONS).do == "act"
    assert judged(said, 0, nearly(0.49), sure, OPTIONS).do == "look"


def test_so_does_the_only_title_that_reads_as_the_row_that_was_shown() -> None:
    row = replace(STEP, target=replace(TARGET, kind="row"))
    sure, absent = advice((1, 0, 0, 0), (1, 0), (1, 0, 0, 0)), nearly(0.5)
    assert judged(row, 0, absent, sure, OPTIONS).do == "look"
    for one, do in zip(absent.nearly, ("look", "act"), strict=True):
        assert judged(row, 0, replace(absent, titled=one), sure, OPTIONS).do == do


@pytest.mark.parametrize("said", DOUBTS.values(), ids=DOUBTS)
def test_what_was_nearly_found_needs_the_model_to_say_that_very_place(said: Advice) -> None:
    verdict = judged(STEP, 0, nearly(0.79), said, OPTIONS)
    assert (verdict.do, verdict.place) == ("look", None)


def test_of_an_empty_place_the_evidence_decides_alone() -> None:
    stop = advice(states=(0.02, 0.01, 0.01, 0.96))
    empty = replace(STEP, target=replace(TARGET, kind="blank"))
    assert judged(empty, 0, found(probability=0.81), stop, OPTIONS).do == "act"
    assert judged(empty, 0, nearly(0.79), advice(), OPTIONS).do == "look"


def test_what_may_change_back_is_not_clicked_again() -> None:
    done = advice(steps=(0.02, 0.98), effect=CAME)
    heart = replace(STEP, target=replace(TARGET, kind="row_icon", template="{song}"))
    assert judged(heart, 0, found(probability=1.0), done, OPTIONS).do == "look"
    row = replace(STEP, target=replace(TARGET, kind="row", template="{song}"))
    assert judged(row, 0, found(probability=1.0), done, OPTIONS).do == "act"
    # Also where the screen shows no effect of it, which a switch hardly has; but not where the model is in doubt.
    assert judged(heart, 0, found(probability=1.0), advice(steps=(0.02, 0.98)), OPTIONS).do == "look"
    assert judged(heart, 0, found(probability=1.0), advice(steps=(0.12, 0.88)), OPTIONS).do == "act"
    # What looks to the pixel as it was shown was not done yet.
    as_shown = replace(found(probability=1.0), unchanged=True)
    assert judged(heart, 0, as_shown, advice(steps=(0.02, 0.98)), OPTIONS).do == "act"


@pytest.mark.parametrize("said", [None, advice(), *DOUBTS.values()], ids=["nothing", "this step", *DOUBTS])
def test_what_is_on_already_is_left_out(said: Advice | None) -> None:
    for result in (found(probability=0.995), Absent("not there")):
        verdict = judged(STEP, 0, result, said, OPTIONS, found())
        assert verdict.do == "skip"
        assert "it looks as it did after this step" in verdict.why


def test_what_is_on_already_is_looked_at_again_where_something_else_was_asked_for() -> None:
    stop = advice(states=(0.02, 0.01, 0.01, 0.96))
    assert judged(STEP, 0, found(probability=0.995), stop, OPTIONS, found()).do == "look"


def test_a_place_that_evidence_speaks_against_is_passed_over() -> None:
    said = advice(candidates=(0.5, 0.4, 0.05, 0.05), ruled_out=(True, False, False))
    assert said.place == seen().found[1]
    assert [number for number, _ in said.ranked(3)] == [1, 2, 0]
    assert judged(STEP, 0, found(), said, OPTIONS).do == "look"
    assert advice(ruled_out=(True, True, True)).place is None


def test_that_its_target_is_missing_stops_nothing_that_the_finder_found() -> None:
    missing = advice(states=(0.04, 0.0, 0.0, 0.96), candidates=(0.02, 0.01, 0.01, 0.96))
    assert missing.objection < 0.1
    certain = judged(STEP, 0, found(probability=1.0), missing, OPTIONS)
    assert certain.do == "act"
    assert certain.why.endswith("the action model says stop, its target not there (96.0 %), but this is certain")
    assert judged(STEP, 0, found(probability=0.85), missing, OPTIONS).do == "look"
    # Where it would have acted on a place that is there, it stops for something else.
    assert advice(states=(0.04, 0.0, 0.0, 0.96)).objection > 0.9


def test_who_is_sure_that_the_target_is_missing_objects_to_nothing_that_is_surely_found() -> None:
    missing = advice(states=(0.0, 0.0, 0.0, 1.0), candidates=(0.0, 0.0, 0.0, 1.0))
    assert missing.objection > 0.9
    assert judged(STEP, 0, found(probability=0.995), missing, OPTIONS).do == "act"
    assert judged(STEP, 0, found(probability=0.95), missing, OPTIONS).do == "look"
    assert judged(STEP, 0, nearly(0.79), missing, OPTIONS).do == "look"
    seen = advice(states=(0.0, 0.0, 0.0, 1.0), candidates=(0.1, 0.0, 0.0, 0.9))
    assert judged(STEP, 0, found(probability=1.0), seen, OPTIONS).do == "look"


def test_where_something_is_typed_every_stop_counts() -> None:
    typing = replace(STEP, action=TypeText("a"), target=None)
    stuck = advice(states=(0.04, 0.0, 0.0, 0.96), candidates=(0.02, 0.01, 0.01, 0.96))
    assert stuck.objection < 0.1
    assert judged(typing, 0, None, stuck, OPTIONS).do == "look"
    assert judged(typing, 0, None, advice(states=(0.3, 0.0, 0.0, 0.7)), OPTIONS).do == "act"


def test_typing_needs_no_place_and_is_certain_but_for_a_stop() -> None:
    typing = replace(STEP, action=TypeText("a"), target=None)
    assert judged(typing, 1, None, advice(steps=(0.1, 0.9), arguments=(0, 1, 0)), OPTIONS).do == "act"
    assert judged(typing, 1, None, advice(states=(0.1, 0.9, 0, 0)), OPTIONS).do == "act"


LATER = {"another step": advice(steps=(0.03, 0.97), effect=CAME), "done": advice((0, 0, 1, 0), effect=CAME)}


@pytest.mark.parametrize("said", LATER.values(), ids=LATER)
def test_a_step_whose_effect_is_there_is_left_out(said: Advice) -> None:
    assert judged(STEP, 0, found(probability=0.999), said, OPTIONS).do == "skip"
    # The screen has to show it.
    unseen = replace(said, asked=asked((1, 0.5, 0.5, 1, 0.9, 0.9)))
    assert judged(STEP, 0, found(probability=0.85), unseen, OPTIONS).do == "look"
    # Or its texts have to be there as often as then, wherever another layout has them.
    moved = replace(said, asked=asked((1, 0.5, 0.5, 1, 0.9, 0.9), (1, 1)))
    assert judged(STEP, 0, found(probability=0.85), moved, OPTIONS).do == "skip"
    half = replace(said, asked=asked((1, 0.5, 0.5, 1, 0.9, 0.9), (1, 0)))
    assert judged(STEP, 0, found(probability=0.85), half, OPTIONS).do == "look", "one came, but none went"
    # And it must do no harm.
    for target in (replace(TARGET, kind="row"), replace(TARGET, template="{song}"), replace(TARGET, look_alikes=1)):
        assert judged(replace(STEP, target=target), 0, found(), said, OPTIONS).do == "look"


def test_it_is_said_in_words() -> None:
    assert spoken(advice((0, 0.9, 0.1, 0))) == "wait (90 %)"
    assert spoken(advice((0, 0, 0.97, 0.03))) == "all is done (97.0 %)"
    assert spoken(advice(candidates=(0.1, 0.1, 0.8, 0))) == "step 1 (97.0 %) at “Search” (80 %)"
    assert spoken(advice(candidates=(0.1, 0.1, 0.1, 0.7))) == "step 1 (97.0 %), its target not there (70 %)"


@pytest.mark.parametrize("kind", ["icon", "text", "row_icon"])
def test_a_step_is_left_out_whose_target_looks_otherwise_now_that_it_is_done(kind: str) -> None:
    absent = Absent("nothing on the screen looks like it")
    later = advice(steps=(0.03, 0.97))
    target = replace(TARGET, kind=kind, template="{song}", look_alikes=3)  # type: ignore[arg-type]
    assert judged(replace(STEP, target=target), 0, absent, later, OPTIONS).do == "skip"
    # Not where the model is less sure, or something else asks for an answer; nor where it must be there to be typed in.
    assert judged(STEP, 0, absent, advice(steps=(0.15, 0.85)), OPTIONS).do == "look"
    assert judged(STEP, 0, absent, advice((0.05, 0, 0, 0.95), (0.03, 0.97)), OPTIONS).do == "look"
    field = replace(STEP, target=replace(TARGET, kind="field"))
    assert judged(field, 0, absent, later, OPTIONS).do == "look"
