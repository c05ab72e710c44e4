"""Synthetic episodes in closed loop: the model decides, the screen follows, until it ends, well or not.

What a model says about a moment is one thing; an episode succeeds only if every decision on its way was right. The
world is strict: a click beside the target, or on the target of a step that is not due, ends the episode as wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.action import contradicted, softmax
from encore_models.perception.situation import STATES
from encore_models.training.action.episodes import Begun, Looked
from encore_models.training.action.evaluate import Decider, feeds_of
from encore_models.training.action.plans import HARD, Moment, decide, hardened, split_of
from encore_models.training.action.samples import OTHER, Sample, Split, collate
from encore_models.training.action.tasks import IntentKind, after, holds, next_step
from encore_recorder.geometry import Point

SURELY_DONE = 0.8
"""Probability of all being done from which it is said. Of 201 validation moments that looked done the two that were not
had .58 and .67, and of the others all but one more than .8."""
Outcome = Literal["success", "wrong", "false done", "stopped", "stalled", "unseen"]
"""Ended rightly; acted on the wrong thing; said done too early; gave up where it need not; waited for ever; the target
was not among the candidates."""
PATIENCE = 3
"""Times in a row that it may wait, or not find its target."""
HARMLESS: frozenset[IntentKind] = frozenset({"page", "field", "type", "enter", "row"})
"""What can be done once more and changes nothing; a toggle or a mark would change back."""
HARD_SHARE = 0.5
"""Of the episodes, in which something goes on besides."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an episode ended."""

    number: int
    outcome: Outcome
    decisions: int
    hard: str
    """What was hard about it, as in `plans.HARD`; empty where nothing was."""
    said: str
    """The last that was decided."""


@dataclass(frozen=True, slots=True)
class Played:
    """Shares of the episodes that were played."""

    episodes: int
    success: float
    false_done: float
    wrong: int
    """Episodes, counted, in which something was acted on that should not be."""
    endings: tuple[Ending, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A decision."""

    state: str
    step: int
    candidate: int
    """-1 for absent."""
    point: Point | None = None
    """Where it acts, if that is not the middle of a candidate; pixels of the window."""


class Playable(Protocol):
    """Where episodes are played; `Episodes` is."""

    def begin(self, number: int) -> Begun:
        """Show an episode's task, and ask for it."""

    def look(self, begun: Begun, moment: Moment) -> Looked:
        """What is on the screen at a moment."""

    def sample(self, begun: Begun, moment: Moment, looked: Looked) -> Sample | None:
        """A moment with its label; None where perception did not propose the target."""


Tell = Callable[[Sample], Told]
"""Decides about one situation; its labels are not for reading."""


def telling(decider: Decider, evidence: bool = False) -> Tell:
    """What a model decides.

    Args:
        decider: The model.
        evidence: Whether candidates that evidence speaks against are passed over.

    Returns:
        The likeliest of each head, but that all is done only where that is sure.
    """

    def tell(sample: Sample) -> Told:
        outputs = decider(feeds_of(collate([sample])))
        step = int(outputs["step"][0].argmax())
        logits = outputs["candidate"][0].copy()
        absent = len(logits) - 1
        if evidence and len(sample.candidates):
            logits[:-1][contradicted(sample, step)] = -np.inf
        candidate = int(logits.argmax())
        return Told(_state(outputs["state"][0]), step, -1 if candidate == absent else candidate)

    return tell


def _state(logits: NDArray[Any]) -> str:
    """The likeliest state; where that is a doubtful end, a person is to look."""
    state = STATES[int(logits.argmax())]
    return "stop" if state == "done" and softmax(logits)[STATES.index("done")] < SURELY_DONE else state


def play_all(tell: Tell, episodes: Playable, numbers: Iterable[int]) -> Played:
    """Play episodes and count how they end.

    Raises:
        ValueError: There are none.
    """
    return played(play(tell, episodes, int(number)) for number in numbers)


def played(ended: Iterable[Ending]) -> Played:
    """Count how episodes ended.

    Raises:
        ValueError: There are none.
    """
    endings = tuple(ended)
    if not endings:
        raise ValueError("there is no episode to play")
    count = {name: sum(ending.outcome == name for ending in endings) for name in ("success", "false done", "wrong")}
    total = len(endings)
    return Played(total, count["success"] / total, count["false done"] / total, count["wrong"], endings)


def play(tell: Tell, episodes: Playable, number: int) -> Ending:
    """Play one episode to its end."""
    begun = episodes.begin(number)
    world = World(begun)
    most = 4 * len(begun.plan.run.intents) + 10
    for decisions in range(1, most):
        moment = world.moment()
        looked = episodes.look(begun, moment)
        sample = episodes.sample(begun, moment, looked)
        if sample is None:
            return Ending(number, "unseen", decisions, world.hard, "")
        told = tell(sample)
        outcome = world.follow(told, sample, looked)
        if outcome is not None:
            return Ending(number, outcome, decisions, world.hard, told.state)
    return Ending(number, "stalled", most, world.hard, "")


class World:
    """The application that an episode runs on, and what was done to it."""

    def __init__(self, begun: Begun) -> None:
        """As it is before the first step; chance draws what will be hard, and when."""
        self._intents = begun.plan.run.intents
        self._rng = begun.rng.spawn(1)[0]
        self._moment = Moment(begun.plan.run_view, (0,) * len(self._intents))
        self._kind = str(self._rng.choice(HARD)) if self._rng.random() < HARD_SHARE else ""
        if self._kind == OTHER and not len(begun.shown.utterance):
            self._kind = ""  # nothing tells what should have been said
        self._at = 0 if self._kind == OTHER else int(self._rng.integers(len(self._intents)))
        self._waited = 0
        self.hard = ""

    def moment(self) -> Moment:
        """As it is now; what is hard comes about once, where it fits."""
        step = next_step(self._intents, self._moment.progress, self._moment.view)
        if self._kind and not self.hard and step is not None and step >= self._at:
            made = hardened(self._kind, self._moment, self._intents, self._rng)
            if made is not None:
                self._moment, self.hard = made, self._kind
        return self._moment

    def follow(self, told: Told, sample: Sample, looked: Looked) -> Outcome | None:
        """What comes of a decision: how the episode ends, or None where it goes on."""
        right = STATES[sample.state]
        if told.state == "done":
            return "success" if right == "done" else "false done"
        if told.state == "stop":
            return "success" if right == "stop" else "stopped"
        nowhere = told.candidate < 0 and told.point is None
        blank = told.state == "step" and nowhere and bool(sample.step_places[told.step].any())
        if told.state == "wait" or blank:
            return self._wait()
        self._waited = 0
        if right != "step" or told.step != sample.step or not self._hit(told, sample, looked):
            return "wrong"
        self._act(told.step)
        return None

    def repeats(self, told: Told, looked: Looked) -> bool:
        """Take a step whose effect is there already; whether that was possible and changed nothing."""
        intents, view = self._intents, self._moment.view
        intent = intents[told.step]
        there = holds(intent, view) or (intent.kind == "field" and holds(intents[told.step + 1], view))
        if intent.kind not in HARMLESS or not there or view.popup or self._moment.hard == OTHER:
            return False
        control = looked.screen.control(intent.key, intent.part) if intent.key else None
        if intent.key and (control is None or told.point is None or not control.area.contains(told.point)):
            return False
        self._act(told.step)
        return True

    def _hit(self, told: Told, sample: Sample, looked: Looked) -> bool:
        """Whether it acts on the target; typing and keys have none."""
        if sample.candidate < 0 or (sample.candidate == told.candidate and told.point is None):
            return True
        _, _, control = decide(self._intents, self._moment, looked.screen)
        point = told.point or looked.seen.found[told.candidate].box.center
        return control is not None and control.area.contains(point)

    def _act(self, step: int) -> None:
        done = (*self._moment.progress[:step], 1, *self._moment.progress[step + 1 :])
        view = replace(after(self._intents[step], self._moment.view), toast="", loading=False)
        self._moment = Moment(view, done, self._lasting())

    def _wait(self) -> Outcome | None:
        """Time goes by: pages come and notes go."""
        self._waited += 1
        view = replace(self._moment.view, toast="", loading=False)
        self._moment = Moment(view, self._moment.progress, self._lasting())
        return "stalled" if self._waited > PATIENCE else None

    def _lasting(self) -> str:
        """Who asked for something else still does."""
        return self._moment.hard if self._moment.hard == OTHER else ""


def numbers_of(split: Split, count: int) -> Iterator[int]:
    """Numbers of the first episodes of a split."""
    return islice((number for number in itertools.count() if split_of(number) == split), count)
