"""Models that play the same episodes together: each ends as it would alone, and what they share is drawn once."""

from __future__ import annotations

from collections import Counter

import pytest

from encore_models.perception.situation import STATES
from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.closed_loop import Told, play
from encore_models.training.action.episodes import Begun, Episodes, Looked
from encore_models.training.action.plans import Moment
from encore_models.training.action.samples import Sample
from tests.benchmarks.action.played import play_together
from tests.unit.action_drawings import Tones, drawings_in

NUMBERS = (2, 4, 5)


class Counted:
    """Episodes that count what is drawn."""

    def __init__(self, episodes: Episodes) -> None:
        self.episodes, self.drawn = episodes, Counter[str]()

    def begin(self, number: int) -> Begun:
        self.drawn["begun"] += 1
        return self.episodes.begin(number)

    def look(self, begun: Begun, moment: Moment) -> Looked:
        self.drawn["looked"] += 1
        return self.episodes.look(begun, moment)

    def sample(self, begun: Begun, moment: Moment, looked: Looked) -> Sample | None:
        self.drawn["sampled"] += 1
        return self.episodes.sample(begun, moment, looked)


@pytest.fixture(scope="module")
def episodes(tmp_path_factory: pytest.TempPathFactory) -> Episodes:
    return Episodes(UiClip.load(), Tones(), 11, drawings_in(tmp_path_factory.mktemp("icons")))


def right(one: Sample) -> Told:
    return Told(STATES[one.state], max(0, one.step), one.candidate)


def hasty(one: Sample) -> Told:
    """Right, but for being done as soon as something was."""
    return Told("done", 0, -1) if one.progress.any() else right(one)


def test_each_ends_as_it_would_alone(episodes: Episodes) -> None:
    counted = Counted(episodes)
    told = play_together({"right": right, "again": right, "hasty": hasty}, counted, NUMBERS)
    alone = [play(right, episodes, number).outcome for number in NUMBERS]
    assert told["right"] == told["again"]
    assert told["right"]["endings"] == dict(sorted(Counter(alone).items()))
    assert told["right"]["episodes"] == len(NUMBERS)
    assert told["hasty"]["episode_false_done"] == sum(
        play(hasty, episodes, number).outcome == "false done" for number in NUMBERS
    ) / len(NUMBERS)
    assert set(told["hasty"]["failed"]) <= set(NUMBERS)
    # What the three of them see alike was drawn once.
    assert counted.drawn["begun"] == len(NUMBERS)
    assert counted.drawn["looked"] == sum(play(right, episodes, number).decisions for number in NUMBERS)


def test_nothing_is_told_of_no_episodes(episodes: Episodes) -> None:
    assert play_together({"right": right}, episodes, ()) == {"right": {}}
