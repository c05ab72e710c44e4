"""Whether a switch is on already: a drawing that its click changes, and nothing else (see `perception.switches`).

How it looked after its click tells that, with the same evidence that finds any target. The action model is told as
much, but a mark that is on is often no more to it than a target that is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from encore_agent.find import Absent, Finder, Found
from encore_models.macro import Target
from encore_models.perception.screen import Scene
from encore_models.perception.switches import cosine
from encore_recorder.geometry import Point, Rect

SAME_LOOK, AHEAD = 0.7, 0.2
"""Cosines: from which what is found looks as it did after the click, and by how much more than as it did before."""
SURE = 0.9
"""Probability of the place."""
SAME_PLACE = 0.2
"""Overlap from which two finds are one place."""
LARGER = 4
"""Times its own area that the ground has at most that a switch stands on while it is on."""


@dataclass(frozen=True, slots=True, eq=False)
class Switch:
    """A drawing before its click and after it."""

    target: Target
    before: Scene
    on: Rect
    """Its ink, pixels of `after`."""
    after: Scene

    @property
    def boxes(self) -> list[Rect]:
        """Its ink on `after`, and the grounds around it: on another day they may be all that is made out."""
        around = (c.box for c in self.after.with_wholes if not c.frame)
        return [self.on, *(box for box in around if _holds(box, self.on))]

    def target_in(self, box: Rect) -> Target:
        """What is looked for, where one of `boxes` is what it looks like."""
        drawing = self.after.at(box.center)
        look_alikes = len(self.after.alike(drawing)) - 1 if drawing is not None else 0
        return replace(self.target, box=box, offset=Point(0, 0), look_alikes=look_alikes, role="", name="")


def on_already(
    finder: Finder, switch: Switch, now: Scene, text: str | None, found: Found | Absent | None
) -> Found | None:
    """The switch on today's screen, where that looks as if its click had been made; None where it does not.

    Args:
        finder: Finds it.
        switch: What was shown.
        now: Today's screen.
        text: As for `Finder.find`.
        found: What the finder says of the target as it was before its click.
    """
    return next((on for box in switch.boxes if (on := _on(finder, switch, box, now, text, found)) is not None), None)


def _on(
    finder: Finder, switch: Switch, box: Rect, now: Scene, text: str | None, found: Found | Absent | None
) -> Found | None:
    on = finder.find(switch.target_in(box), switch.after, now, text)
    if not isinstance(on, Found) or (on.probability or 0.0) < SURE:
        return None
    as_after = cosine(switch.after, box, now, on.box)
    if as_after < SAME_LOOK or as_after - cosine(switch.before, switch.target.box, now, on.box) < AHEAD:
        return None
    elsewhere = found if isinstance(found, Found) and found.box.overlap(on.box) < SAME_PLACE else None
    if elsewhere is not None and cosine(switch.before, switch.target.box, now, elsewhere.box) >= as_after:
        return None  # another one of its like is on
    return on


def _holds(around: Rect, box: Rect) -> bool:
    return around != box and around.intersection(box) == box and around.area <= LARGER * box.area
