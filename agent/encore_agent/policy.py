"""What a replay asks at each look: which step now, where, with what; or wait, done, stop.

A policy advises and the finder's evidence may veto; where there is no action model, nobody advises and evidence decides
alone. `verdict.judged` puts the two together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from encore_agent.errors import AgentError, UnfitModel
from encore_models.bundle import Bundle
from encore_models.demonstrated import steps_shown, steps_today
from encore_models.errors import ModelsError
from encore_models.macro import Macro, Step
from encore_models.perception.action import ActionModel, Decision, contradicted
from encore_models.perception.candidates import Candidate
from encore_models.perception.clip import Clip
from encore_models.perception.labels import Labels
from encore_models.perception.screen import Scene
from encore_models.perception.situation import (
    ARGUMENTS,
    MOST_STEPS,
    NOTHING_SAID,
    STATES,
    Asked,
    Seen,
    Spoken,
    StepsShown,
    StepsToday,
    Words,
    lying_in,
    observe,
)
from encore_models.store import read_texts, write_texts

log = logging.getLogger(__name__)

SURELY_ABSENT = 0.999
"""The highest probability of a target being absent that is reckoned with."""


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What the action model says about a screen."""

    asked: Asked
    seen: Seen
    decision: Decision
    ruled_out: NDArray[np.bool_]
    """Candidates that evidence speaks against as the target of the step it says [candidates]."""
    milliseconds: float
    """That the model took, without looking."""

    @property
    def state(self) -> str:
        """The likeliest of step, wait, done and stop."""
        return STATES[int(self.decision.states.argmax())]

    def probability(self, state: str) -> float:
        """Of a state, 0 to 1."""
        return float(self.decision.states[STATES.index(state)])

    @property
    def objection(self) -> float:
        """See `objection_of`."""
        return objection_of(self.decision)

    @property
    def step(self) -> int:
        """The likeliest step, from 0."""
        return int(self.decision.steps.argmax())

    @property
    def sure(self) -> float:
        """Probability of all that it says of a step: that it is due, and is this one, at its place."""
        place = self.place
        # Parts of one thing share what the model gives to it.
        here = 0.0 if place is None else float(self.decision.candidates[:-1][self._at(place)].sum())
        return self.probability("step") * float(self.decision.steps.max(initial=0.0)) * here

    @property
    def argument(self) -> str:
        """The likeliest argument."""
        return ARGUMENTS[int(self.decision.arguments.argmax())]

    @property
    def place(self) -> Candidate | None:
        """The likeliest candidate that is not ruled out; None where none is likelier than that it is absent."""
        number, _ = self.ranked(1)[0] if len(self.seen.found) else (-1, 0.0)
        here = number >= 0 and not self.ruled_out[number]
        return self.seen.found[number] if here and self._of(number) > self.absent else None

    @property
    def absent(self) -> float:
        """Probability that the target is not there."""
        return float(self.decision.candidates[-1])

    def ranked(self, count: int) -> list[tuple[int, float]]:
        """Numbers of the likeliest candidates with their probabilities, those that are ruled out last."""
        allowed = np.where(self.ruled_out, self.decision.candidates[:-1] - 1.0, self.decision.candidates[:-1])
        return [(int(number), self._of(int(number))) for number in np.argsort(-allowed, kind="stable")[:count]]

    def _at(self, place: Candidate) -> NDArray[np.bool_]:
        allowed: NDArray[np.bool_] = lying_in(self.seen.places, self.seen.place_of(place)) & ~self.ruled_out
        return allowed

    def _of(self, number: int) -> float:
        return float(self.decision.candidates[number])


def objection_of(decision: Decision) -> float:
    """Probability of `stop` for another reason than that the target is missing, which evidence knows better.

    What stops for that is what would have been a step or a wait, as often as the target is not there.
    """
    step, wait, _, stop = (float(share) for share in decision.states)
    missing = min(float(decision.candidates[-1]), SURELY_ABSENT)
    stuck = step * missing / (1 - missing) - wait
    return max(0.0, stop - max(0.0, stuck))


class Course(Protocol):
    """A policy on one run."""

    def advise(self, now: Scene, progress: Sequence[int], values: Mapping[str, str]) -> Advice | None:
        """What to do on this screen; None where nobody knows better than the evidence.

        Args:
            now: The window as it is.
            progress: What came of each step so far: 0 not done, 1 done, 2 without effect.
            values: Of the slots, as far as they are spelt by now.
        """


class Policy(Protocol):
    """Advises replays."""

    def begin(self, macro: Macro, folder: Path, shown: Callable[[], Sequence[Scene]], spoken: Spoken) -> Course:
        """Advise a run.

        Args:
            macro: What is run.
            folder: The macro's; what was read on its pictures is kept there.
            shown: Gives the screens before its steps, as they were shown.
            spoken: What was said today.
        """


class OneShot:
    """No policy: one demonstration and the evidence are enough, or the replay halts."""

    def begin(self, macro: Macro, folder: Path, shown: Callable[[], Sequence[Scene]], spoken: Spoken) -> Course:
        """See `Policy`."""
        return self

    def advise(self, now: Scene, progress: Sequence[int], values: Mapping[str, str]) -> Advice | None:
        """Nothing; see `Course`."""
        return None


class Modelled:
    """The action model as a policy. For one run at a time."""

    def __init__(self, model: ActionModel, clip: Clip, spoken_when_shown: Callable[[Macro], Spoken]) -> None:
        """Nothing is looked at yet.

        Args:
            model: Decides.
            clip: Describes candidates and words; the one that the model was trained with.
            spoken_when_shown: Gives what was said in a macro's demonstration.

        Raises:
            UnfitModel: It was trained with another CLIP.
        """
        self._model, self._clip, self._spoken_when_shown = model, clip, spoken_when_shown
        self._words = Words(clip)
        self._looking = threading.Lock()
        """A new macro is looked at in the background, and may be asked for meanwhile."""
        if not model.fits(self._words.width, self._words.width):
            raise UnfitModel(self._words.width)
        self._shown: dict[tuple[str, tuple[Step, ...]], tuple[StepsShown, Labels]] = {}

    def begin(self, macro: Macro, folder: Path, shown: Callable[[], Sequence[Scene]], spoken: Spoken) -> Course:
        """See `Policy`; the demonstration of a macro is looked at once."""
        if len(macro.steps) > MOST_STEPS:
            return OneShot()  # more than the model takes
        key = macro.id, macro.steps
        with self._looking:
            steps, labels = self._shown[key] if key in self._shown else self._looked_at(macro, folder, shown())
            # Where nobody spoke today there is nothing to compare with, and the ears need not be woken.
            if spoken is not NOTHING_SAID and steps.spoken is NOTHING_SAID:
                steps = replace(steps, spoken=self._spoken_when_shown(macro))
            self._shown[key] = steps, labels
        return _Run(self._model, self._words, macro, steps, labels, spoken)

    def _looked_at(self, macro: Macro, folder: Path, scenes: Sequence[Scene]) -> tuple[StepsShown, Labels]:
        """The demonstration, and what its labels say; reading them takes seconds, so that is done once."""
        kept = read_texts(folder)
        for step, scene in zip(macro.steps, scenes, strict=True):
            scene.recall(kept.get(step.before, {}))
        steps = steps_shown(macro, scenes, None, self._clip, self._words, NOTHING_SAID)
        labels = Labels()
        for scene in scenes:
            labels.learn(scene)
        read = {step.before: dict(scene.known_texts) for step, scene in zip(macro.steps, scenes, strict=True)}
        if read != kept:
            try:
                write_texts(folder, read)
            except OSError as error:  # it is read again next time
                log.warning("what was read on the pictures of %s is not kept: %s", macro.id, error)
        return steps, labels


def open_policy(
    folders: Sequence[Path],
    clip: Callable[[], Clip],
    spoken_when_shown: Callable[[Macro], Spoken],
    tell: Callable[[str], None],
) -> Policy:
    """The action model of the first of these folders that holds one which can be used; where none does, one-shot.

    Args:
        folders: Where weights may lie, the ones to be preferred first.
        clip: Gives what `Modelled` describes with; asked only where there is a model.
        spoken_when_shown: See `Modelled`.
        tell: Told of each that cannot be used: made for another Encore, damaged, or trained with another CLIP.
    """
    for folder in folders:
        if Bundle.lies_in(folder):
            try:
                return Modelled(ActionModel.load(folder), clip(), spoken_when_shown)
            except (ModelsError, AgentError) as error:
                tell(str(error))
    return OneShot()


class _Run:
    """The action model on one run."""

    def __init__(
        self, model: ActionModel, words: Words, macro: Macro, shown: StepsShown, labels: Labels, spoken: Spoken
    ) -> None:
        self._model, self._words, self._macro, self._shown = model, words, macro, shown
        self._labels, self._spoken = labels, spoken
        self._today: tuple[dict[str, str], StepsToday] | None = None

    def advise(self, now: Scene, progress: Sequence[int], values: Mapping[str, str]) -> Advice:
        seen = observe(now, self._words, self._labels.reading(now))
        # What a slot holds may be spelt as the screen has it while the run is on its way.
        if self._today is None or self._today[0] != dict(values):
            self._today = dict(values), steps_today(self._shown, self._macro, values, self._spoken, self._words)
        asked = self._today[1].asked(seen, progress)
        begun = time.perf_counter()
        decision = self._model.decide(asked)
        taken = 1e3 * (time.perf_counter() - begun)
        against = contradicted(asked, int(decision.steps.argmax()))
        return Advice(asked, seen, decision, against, taken)
