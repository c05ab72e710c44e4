"""Synthetic episodes as a replay goes through them: the action model advises, the finder's evidence may object.

In `closed_loop` the model is alone, and reads the truth with as many errors as OCR makes. Here the target of each step
is learned from the demonstration as a macro learns it, the finder and the model read the same pictures by OCR, and
`judged` says what comes of the finder's place and the model's advice. What the slot holds is taken as heard rightly,
and how alike the utterances are is known beforehand: hearing has a benchmark of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from encore_agent.find import Absent, Finder, Found
from encore_agent.policy import Advice
from encore_agent.switches import Switch, on_already
from encore_agent.verdict import Verdict, VerdictOptions, judged
from encore_models.demonstrated import steps_shown, steps_today
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity, fill
from encore_models.perception.action import ActionModel, contradicted
from encore_models.perception.clip import Clip
from encore_models.perception.labels import Labels
from encore_models.perception.screen import Scene
from encore_models.perception.situation import NOTHING_SAID, STATES, Spoken, StepsToday, Words, observe
from encore_models.perception.switches import switched
from encore_models.perception.target import describe_target
from encore_models.perception.text import TextReader
from encore_models.slots import bind_step
from encore_models.training.action.canvas import Control
from encore_models.training.action.closed_loop import PATIENCE, Ending, Playable, Told, World
from encore_models.training.action.episodes import Begun, Looked
from encore_models.training.action.samples import Sample
from encore_models.training.action.tasks import Intent
from encore_recorder.actions import Action, Click, DoubleClick, Drag, PressKeys, TypeText
from encore_recorder.geometry import Point, Rect

SLOT = "text"


@dataclass(slots=True)
class Replayed:
    """What came of some episodes."""

    endings: list[Ending]
    due: Counter[str]
    """Of the looks at which a step was due whose target was there: `hit`, `wrong`, or `looked` once more."""

    def figures(self) -> dict[str, Any]:
        """Shares 0 to 1, and counts."""
        outcomes = [ending.outcome for ending in self.endings]
        acted = self.due["hit"] + self.due["wrong"]
        # What is looked at in vain is looked at `PATIENCE` times more.
        missed = self.due["looked"] / (PATIENCE + 1)
        return {
            "episodes": len(outcomes),
            "success": outcomes.count("success") / len(outcomes),
            "false_done": outcomes.count("false done") / len(outcomes),
            "wrong": outcomes.count("wrong"),
            "target_hit": self.due["hit"] / (acted + missed),
            "endings": {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))},
            "failed": {
                str(one.number): f"{one.outcome} ({one.hard}): {one.said}"
                for one in self.endings
                if one.outcome != "success"
            },
        }


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """A demonstration as a macro keeps it."""

    steps: tuple[Step, ...]
    scenes: tuple[Scene, ...]
    today: StepsToday | None
    """As the model takes it; None where there is no model."""
    switches: tuple[Switch | None, ...]
    """What each step switches."""
    labels: Labels
    """That were read on its screens; what looks like one is not read again."""


class Replaying:
    """Goes through episodes as a replay does."""

    def __init__(
        self,
        episodes: Playable,
        clip: Clip,
        reader: TextReader,
        model: ActionModel | None,
        options: VerdictOptions | None = None,
    ) -> None:
        """Nothing is played yet.

        Args:
            episodes: Where it is played.
            clip: What screens are looked at with.
            reader: What they are read with.
            model: Advises; None leaves it to the evidence alone.
            options: How sure each side has to be.
        """
        self._episodes, self._clip, self._reader, self._model = episodes, clip, reader, model
        self._finder, self._options, self._words = Finder(reader), options or VerdictOptions(), Words(clip)
        self._due = Counter[str]()

    def play_all(self, numbers: Sequence[int]) -> Replayed:
        """Play episodes, and say how they end."""
        self._due = Counter()
        return Replayed([self._play(number) for number in numbers], self._due)

    def _play(self, number: int) -> Ending:
        begun = self._episodes.begin(number)
        shown, world = self._learned(begun), World(begun)
        index = looks = decisions = 0
        said = ""
        while True:
            decisions += 1
            moment = world.moment()
            looked = self._episodes.look(begun, moment)
            sample = self._episodes.sample(begun, moment, looked)
            if sample is None:
                return Ending(number, "unseen", decisions, world.hard, said)
            if index == len(shown.steps):
                ending = world.follow(Told("done", index - 1, -1), sample, looked) or "stalled"
                return Ending(number, ending, decisions, world.hard, said)
            found, verdict = self._judged(begun, shown, index, sample, looked)
            said = f"step {index + 1}: {verdict.do}, {verdict.why}"
            told = Told("step", index, -1, found.point if isinstance(found, Found) else None)
            if verdict.do == "look":
                looks += 1
                told = Told("stop" if looks > PATIENCE else "wait", index, -1)
            elif verdict.do == "skip" or world.repeats(told, looked):
                index, looks = index + 1, 0
                continue
            outcome = world.follow(told, sample, looked)
            self._count(sample, told, outcome)
            if outcome is not None:
                return Ending(number, outcome, decisions, world.hard, said)
            if told.state == "step":
                index, looks = index + 1, 0

    def _count(self, sample: Sample, told: Told, outcome: str | None) -> None:
        if STATES[sample.state] == "step" and sample.candidate >= 0:
            self._due["looked" if told.state != "step" else "wrong" if outcome == "wrong" else "hit"] += 1

    def _learned(self, begun: Begun) -> _Shown:
        """The demonstration's steps; targets are what was under the pointer, slots are bound as learning does."""
        task, screens = begun.plan.shown, begun.shown.screens[:-1]
        values = {SLOT: task.value} if any(intent.slot for intent in task.intents) else {}
        scenes = tuple(Scene(screen.image, self._reader, self._clip) for screen in screens)
        steps = []
        for intent, screen, scene in zip(task.intents, screens, scenes, strict=True):
            control = screen.control(intent.key, intent.part) if intent.key else None
            point = _grasped(control, begun) if control is not None else Point(0, 0)
            window = WindowIdentity("synthetic", begun.plan.app.name, Rect(0, 0, *scene.image.shape[1::-1]))
            target = describe_target(scene, point) if control is not None else None
            steps.append(bind_step(Step(_action(intent, point), window, "", target), values))
        afterwards = (*scenes[1:], Scene(begun.shown.screens[-1].image, self._reader, self._clip))
        switches = tuple(_switch(*one) for one in zip(steps, scenes, afterwards, strict=True))
        labels = Labels()
        if self._model is None:
            return _Shown(tuple(steps), scenes, None, switches, labels)
        today = self._today(begun, tuple(steps), scenes)
        for scene in scenes:
            labels.learn(scene)
        return _Shown(tuple(steps), scenes, today, switches, labels)

    def _today(self, begun: Begun, steps: tuple[Step, ...], scenes: Sequence[Scene]) -> StepsToday:
        """The demonstration as a run takes it, with today's value of the slot."""
        slot = Slot(SLOT, (begun.plan.shown.value,))
        macro = Macro("shown", "shown", (Phrase("what was shown"),), (slot,), steps, "", "")
        shown = steps_shown(macro, scenes, None, self._clip, self._words, Spoken(begun.shown.utterance))
        return steps_today(shown, macro, {SLOT: begun.plan.run.value}, NOTHING_SAID, self._words)

    def _judged(
        self, begun: Begun, shown: _Shown, index: int, sample: Sample, looked: Looked
    ) -> tuple[Found | Absent | None, Verdict]:
        """What a replay makes of a look at a step."""
        step, found, on = shown.steps[index], None, None
        now = Scene(looked.scene.image, self._reader, self._clip)
        if step.target is not None:
            template = step.target.template
            text = None if template is None else fill(template, {SLOT: begun.plan.run.value})
            found = self._finder.find(step.target, shown.scenes[index], now, text)
            if (switch := shown.switches[index]) is not None:
                on = on_already(self._finder, switch, now, text, found)
        advice = self._advice(shown, sample, now)
        verdict = judged(step, index, found, advice, self._options, on)
        return verdict.place or found, verdict

    def _advice(self, shown: _Shown, sample: Sample, now: Scene) -> Advice | None:
        """What the model says of what it reads itself; of the sample it takes what was said and done so far."""
        if self._model is None or shown.today is None:
            return None
        seen = observe(now, self._words, shown.labels.reading(now))
        today = replace(shown.today, utterance=sample.utterance, spoken_alike=sample.spoken_alike)
        asked = today.asked(seen, sample.progress.tolist())
        decision = self._model.decide(asked)
        against = contradicted(asked, int(decision.steps.argmax()))
        return Advice(asked, seen, decision, against, 0.0)


def _switch(step: Step, before: Scene, after: Scene) -> Switch | None:
    """What a step switches, as learning tells it; no pointer is drawn on these screens."""
    if step.target is None or not isinstance(step.action, Click):
        return None
    on = switched(step.target, before, after)
    return None if on is None else Switch(step.target, before, on, after)


def _grasped(control: Control, begun: Begun) -> Point:
    """Where a person presses: a slider is dragged by its handle."""
    middle = control.box.center
    if control.part != "slider":
        return middle
    return replace(middle, x=control.box.left + round(begun.plan.shown_view.level * control.box.width))


def _action(intent: Intent, point: Point) -> Action:
    """As a person did it."""
    match intent.action:
        case "type":
            return TypeText(intent.name)
        case "press":
            return PressKeys(("enter",))
        case "double_click":
            return DoubleClick(point)
        case "drag":
            return Drag(point, replace(point, x=point.x + 40))
        case _:
            return Click(point)
