"""Several models play the same episodes in closed loop; what they see alike is drawn once."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from encore_models.training.action.closed_loop import Ending, Playable, Tell, play, played
from encore_models.training.action.episodes import Begun, Looked
from encore_models.training.action.plans import Moment
from encore_models.training.action.samples import Sample


class Once:
    """Draws what was not drawn yet; chance goes on as if it had been. See `Playable`."""

    def __init__(self, episodes: Playable) -> None:
        """Nothing is drawn yet."""
        self._episodes = episodes
        self._number = -1
        self._begun: Begun | None = None
        self._looked: dict[tuple[Moment, str], tuple[Looked, Any]] = {}
        self._sampled: dict[tuple[Moment, str], tuple[Sample | None, Any]] = {}

    def begin(self, number: int) -> Begun:
        """See `Playable`; only the last episode is kept."""
        if self._begun is None or number != self._number:
            self._begun, self._number = self._episodes.begin(number), number
            self._looked.clear()
            self._sampled.clear()
        return replace(self._begun, rng=copy.deepcopy(self._begun.rng))

    def look(self, begun: Begun, moment: Moment) -> Looked:
        """See `Playable`."""
        key = _key(begun, moment)
        if key not in self._looked:
            self._looked[key] = self._episodes.look(begun, moment), begun.rng.bit_generator.state
        looked, begun.rng.bit_generator.state = self._looked[key]
        return looked

    def sample(self, begun: Begun, moment: Moment, looked: Looked) -> Sample | None:
        """See `Playable`."""
        key = _key(begun, moment)
        if key not in self._sampled:
            self._sampled[key] = self._episodes.sample(begun, moment, looked), begun.rng.bit_generator.state
        sample, begun.rng.bit_generator.state = self._sampled[key]
        return sample


def _key(begun: Begun, moment: Moment) -> tuple[Moment, str]:
    return moment, repr(begun.rng.bit_generator.state)


def play_together(tells: Mapping[str, Tell], episodes: Playable, numbers: Sequence[int]) -> dict[str, dict[str, Any]]:
    """How the episodes end that each model plays, by the models' names; nothing where there are none.

    Args:
        tells: Decide, by name.
        episodes: Where they are played.
        numbers: Of the episodes.
    """
    once = Once(episodes)
    endings: dict[str, list[Ending]] = {name: [] for name in tells}
    for number in numbers:
        for name, tell in tells.items():
            endings[name].append(play(tell, once, number))
    return {name: _told(ended) for name, ended in endings.items()}


def _told(endings: Sequence[Ending]) -> dict[str, Any]:
    if not endings:
        return {}
    told = played(endings)
    outcomes = [ending.outcome for ending in endings]
    return {
        "episodes": told.episodes,
        "episode_success": told.success,
        "episode_false_done": told.false_done,
        "wrong": told.wrong,
        "endings": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
        "failed": {
            ending.number: f"{ending.outcome} ({ending.hard})" for ending in endings if ending.outcome != "success"
        },
    }
