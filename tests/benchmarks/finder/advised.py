"""The finder with the action model beside it, as in a replay of one step that nobody asked for by voice.

The model learned from synthetic windows and those that the finder is developed on; here it looks at others.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from encore_agent.find import Absent, Found
from encore_agent.policy import Course, Modelled
from encore_agent.verdict import VerdictOptions, judged
from encore_models.macro import Macro, Phrase, Slot, Step, Target, WindowIdentity
from encore_models.perception.action import ActionModel
from encore_models.perception.clip import Clip
from encore_models.perception.screen import Scene
from encore_models.perception.situation import NOTHING_SAID
from encore_recorder.actions import Click
from tests.benchmarks.finder.dataset import Query

SLOT = "song"


class Adviser:
    """Puts the finder's evidence and the model's advice together, on the pictures of one screen."""

    def __init__(self, clip: Clip) -> None:
        """Load the weights.

        Args:
            clip: What the screens are looked at with.
        """
        self._policy = Modelled(ActionModel.load(threads=1), clip, lambda macro: NOTHING_SAID)
        self._courses: dict[tuple[str, str, bool], Course] = {}
        self._options = VerdictOptions()

    def judged(self, query: Query, target: Target, shown: Scene, now: Scene, found: Found | Absent) -> Found | Absent:
        """Where a replay would click, or why it would not; leaving the step out is no click."""
        if query.said is not None:
            target = replace(target, template="{" + SLOT + "}")
        step = Step(Click(query.shown.point), WindowIdentity("", "", shown.rect), "shown.png", target)
        course = self._course(query, step, shown)
        advice = course.advise(now, [0], {SLOT: query.said} if query.said is not None else {})
        verdict = judged(step, 0, found, advice, self._options)
        result = verdict.place or found
        return result if verdict.do == "act" else Absent(verdict.why)

    def _course(self, query: Query, step: Step, shown: Scene) -> Course:
        follows = query.said is not None
        key = query.screen.id, query.shown.id, follows
        if key not in self._courses:
            phrase, slots = ("do {" + SLOT + "}", (Slot(SLOT),)) if follows else ("do it", ())
            macro = Macro(" ".join(map(str, key)), "Do it", (Phrase(phrase),), slots, (step,), "", "")
            # What it keeps there is read but once.
            with tempfile.TemporaryDirectory() as folder:
                self._courses[key] = self._policy.begin(macro, Path(folder), lambda: [shown], NOTHING_SAID)
        return self._courses[key]
