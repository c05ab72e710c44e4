"""Episodes as a replay goes through them: evidence acts, or it halts; and what does no harm is done again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from encore_models.perception.situation import STATES
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_models.training.action import voices
from encore_models.training.action.closed_loop import Told, World
from encore_models.training.action.episodes import Begun, Episodes, Looked
from encore_models.training.action.plans import Moment
from encore_models.training.action.samples import Sample
from encore_models.training.action.tasks import Intent, after
from encore_recorder.geometry import Point, Rect
from tests.benchmarks.action.replayed import Replaying
from tests.unit.action_drawings import Tones, drawings_in

CLIP = UiClip.load()


@pytest.fixture(scope="module")
def episodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Episodes]:
    """The same episodes everywhere: who speaks is drawn, and the `train` extra brings one more voice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(voices, "find_spec", lambda name: None)
        yield Episodes(CLIP, Tones(), 11, drawings_in(tmp_path_factory.mktemp("icons")))


class Plain:
    """Episodes in which nothing is hard, on the looks that were shown."""

    def __init__(self, episodes: Episodes) -> None:
        self.episodes = episodes

    def begin(self, number: int) -> Begun:
        begun = self.episodes.begin(number)
        plan = begun.plan
        same = replace(plan, run_view=plan.shown_view, run_look=plan.shown_look, run=plan.shown)
        return replace(begun, plan=same, shown=replace(begun.shown, utterance=begun.shown.utterance[:0]))

    def look(self, begun: Begun, moment: Moment) -> Looked:
        return self.episodes.look(
            begun, replace(moment, view=replace(moment.view, popup=False, toast="", loading=False))
        )

    def sample(self, begun: Begun, moment: Moment, looked: Looked) -> Sample | None:
        return self.episodes.sample(begun, replace(moment, hard=""), looked)


class Blind:
    """Reads nothing."""

    def read(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> list[str]:
        return [""] * len(boxes)

    def read_page(self, image: NDArray[np.uint8]) -> list[object]:
        return []


NUMBERS = (0, 1, 2, 3)


def test_where_nothing_changed_everything_is_found(episodes: Episodes) -> None:
    replayed = Replaying(Plain(episodes), CLIP, RapidOcrReader(1, 512), None).play_all(NUMBERS)
    assert replayed.due["wrong"] == 0
    assert replayed.due["hit"] >= 8
    assert [ending.outcome for ending in replayed.endings].count("success") >= 3


def test_what_cannot_be_found_is_given_up_not_guessed(episodes: Episodes) -> None:
    replayed = Replaying(episodes, CLIP, Blind(), None).play_all(NUMBERS)  # type: ignore[arg-type]
    assert {ending.outcome for ending in replayed.endings} <= {"stopped", "success", "wrong"}
    stopped = [ending for ending in replayed.endings if ending.outcome == "stopped"]
    assert stopped
    assert all(": look, " in ending.said for ending in stopped)


def world_of(begun: Begun, view_after: Intent | None) -> World:
    """The application once a step has had its effect, with nothing hard to come."""
    view = begun.plan.run_view if view_after is None else after(view_after, begun.plan.run_view)
    world = World(replace(begun, plan=replace(begun.plan, run_view=view)))
    world._kind = ""
    return world


def step_of(episodes: Episodes, kind: str) -> tuple[Begun, int]:
    for number in range(60):
        begun = episodes.begin(number)
        for place, intent in enumerate(begun.plan.run.intents):
            if intent.kind == kind:
                return begun, place
    raise AssertionError(f"no episode has a {kind}")


def on_target(episodes: Episodes, begun: Begun, world: World, step: int) -> tuple[Told, Looked]:
    looked = episodes.look(begun, world.moment())
    intent = begun.plan.run.intents[step]
    control = looked.screen.control(intent.key, intent.part)
    assert control is not None
    return Told("step", step, -1, control.box.center), looked


def test_a_page_that_is_open_can_be_opened_again(episodes: Episodes) -> None:
    begun, step = step_of(episodes, "page")
    world = world_of(begun, begun.plan.run.intents[step])
    told, looked = on_target(episodes, begun, world, step)
    assert world.repeats(told, looked)
    assert world.moment().progress[step] == 1
    # Not with a click beside it.
    assert not world_of(begun, begun.plan.run.intents[step]).repeats(replace(told, point=Point(1, 1)), looked)


def test_a_toggle_that_is_on_cannot(episodes: Episodes) -> None:
    begun, step = step_of(episodes, "toggle")
    world = world_of(begun, begun.plan.run.intents[step])
    told, looked = on_target(episodes, begun, world, step)
    assert not world.repeats(told, looked)
    sample = episodes.sample(begun, world.moment(), looked)
    assert sample is not None
    assert (STATES[sample.state], sample.step) != ("step", step)
    assert world.follow(told, sample, looked) == "wrong"


def test_a_point_is_judged_by_the_control_it_hits(episodes: Episodes) -> None:
    begun, _ = step_of(episodes, "page")
    world = world_of(begun, None)
    looked = episodes.look(begun, world.moment())
    sample = episodes.sample(begun, world.moment(), looked)
    assert sample is not None
    assert sample.candidate >= 0
    intent = begun.plan.run.intents[sample.step]
    control = looked.screen.control(intent.key, intent.part)
    assert control is not None
    assert world_of(begun, None).follow(Told("step", sample.step, -1, control.area.center), sample, looked) is None
    assert world_of(begun, None).follow(Told("step", sample.step, -1, Point(1, 1)), sample, looked) == "wrong"
