"""What comes of the action model's advice and the finder's evidence: act, look again, or leave a step out (pure).

A step is taken where the two agree, or where the evidence is certain and the model does not object. Where the finder
weighed a place and is not sure enough, the model's word for that very place may make up for it. The evidence may veto
the model, and never does the model invent a place: what is acted on is always one that the finder found evidence for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from encore_agent.find import Absent, Found
from encore_agent.findings import percent
from encore_agent.policy import Advice
from encore_models.demonstrated import argument_of
from encore_models.macro import Step
from encore_models.perception.action import already
from encore_recorder.actions import Click

SAME_PLACE = 0.3
"""Overlap from which the model's candidate and the finder's place are one."""
SWAYS = 0.95
"""The highest probability that the model's word for a place counts with."""
REACH = 4
"""Pixels beyond its ink that a candidate still is hit."""


@dataclass(frozen=True, slots=True)
class VerdictOptions:
    """How sure each side has to be, 0 to 1.

    `objection` and `despite` were settled with the weights that Encore comes with, the others with those before.
    """

    objection: float = 0.8
    """Probability of something else being asked for, or shown, from which nothing is done, whatever the evidence says.
    In validation episodes that is so for 87 of 94 windows that something covers, 78 of 88 other commands and 4 of 1,106
    steps that are due (from 0.9 on for 82, 74 and 2); on windows of drawn toolkits and real programs that nothing was
    learned from for 385 of 395 covered ones, and for 46 of 3,855 due steps (383 and 40), most of them qbittorrent's,
    all of whose labels are cut off. Where something is typed every stop counts: in validation episodes 18 of 27 windows
    that something covers are stopped for by it then instead of 5, and none of 263 such steps that are due."""
    missing: float = 0.99
    """Probability of the target not being there from which that may be what the model stops for: on windows of other
    toolkits it misses marks of rows that the finder has."""
    despite: float = 0.99
    """Of a place of the finder's that stands though the model misses the target and stops. On windows that it learned
    nothing from it misses 2 % of the targets that are there, and stops as surely as where something covers them (by
    .99 at 65 of 82, and at 363 of 370). The finder takes none of 553 things that are covered on development screens."""
    certain: float = 0.9
    """Of the finder's place being right, from which it needs nobody to agree: of 148 places on the development screens
    that it gave .9 to .99 all were."""
    nearly: float = 0.7
    """Of a place of the finder's that is not sure enough, from which the model may confirm it. In real programs, whose
    like those weights never saw, they point as surely at some places that only look right, such as the "Open" of a
    dialog in front of the tool bar's: the likeliest of these, among 474 targets that were gone, had .56 and .43. Of 8
    right places of .5 and more in validation episodes 7 have .7."""
    titled: float = 0.5
    """The same of a row that is called what was said: the only one of any list that reads so, though it is shown in
    another way, has about as much."""
    together: float = 0.9
    """Of both being right about such a place."""
    needless: float = 0.9
    """That the model says a step is not needed, from which it is left out if the screen shows its effect (with both, as
    none of 2,241 that were needed), or nothing that looks as its target did: so much it says of none of 4,653 that were
    needed, in validation episodes and on windows that it learned nothing from, of none of 1,729 at which a person is
    to look or to wait, and of 51 of 95 that were not needed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and why, in words."""

    do: Literal["act", "look", "skip"]
    why: str
    place: Found | None = None
    """Where to act, if both together are sure of a place that the finder alone is not."""


def judged(
    step: Step,
    index: int,
    found: Found | Absent | None,
    advice: Advice | None,
    options: VerdictOptions,
    on: Found | None = None,
) -> Verdict:
    """What to do about the step that is next by the demonstration's order.

    Args:
        step: The step.
        index: Its number, from 0.
        found: What the finder says of its target; None for typing and keys, which have none.
        advice: What the action model says; None where there is none.
        options: How sure to be.
        on: Where the target is shown as it was after the step; None where it is not.
    """
    evidence = _evidence(found) if on is None else f"it looks as it did after this step ({on.evidence})"
    if advice is None and on is not None:
        return Verdict("skip", evidence)
    # The model knows what is drawn, and takes an empty place for one whose target is gone.
    if advice is None or (step.target is not None and step.target.kind == "blank"):
        return Verdict("look" if isinstance(found, Absent) else "act", evidence)
    both = f"{evidence}; the action model says {spoken(advice)}"
    # Nothing is looked for where something is typed, so no evidence tells why the model would stop.
    objection = advice.probability("stop") if found is None else advice.objection
    if objection >= options.objection and not _found_after_all(found, advice, options):
        return Verdict("look", both)
    if on is not None:
        return Verdict("skip", both)
    if needless(step, index, found, advice, options):
        shows = "the screen shows its effect already" if already(advice.asked, index) else evidence
        return Verdict("skip", f"{shows}, and the action model says {spoken(advice)}")
    if isinstance(found, Absent):
        place = confirmed(step, index, found, advice, options)
        return Verdict("look" if place is None else "act", both, place)
    if agrees(step, index, found, advice):
        return Verdict("act", both)
    if changes_back(step, index, found, advice, options):
        return Verdict("look", both)
    certain = found is None or (found.probability or 0.0) >= options.certain
    return Verdict("act", f"{both}, but this is certain") if certain else Verdict("look", both)


def _found_after_all(found: Found | Absent | None, advice: Advice, options: VerdictOptions) -> bool:
    """Whether the finder surely has what the model misses."""
    surely = isinstance(found, Found) and (found.probability or 0.0) >= options.despite
    return surely and advice.absent >= options.missing


def agrees(step: Step, index: int, found: Found | None, advice: Advice) -> bool:
    """Whether the model says this step, at the finder's place, with its argument."""
    if not _says(step, index, advice):
        return False
    return found is None or _at(found, advice)


def confirmed(step: Step, index: int, absent: Absent, advice: Advice, options: VerdictOptions) -> Found | None:
    """The place that the finder is not sure enough of and the model points at, if both together are.

    The two look at different things, the finder at this window and the model at what it learned from others, so their
    odds are multiplied; however sure the model is, it counts no more than `SWAYS`.
    """
    if not _says(step, index, advice):
        return None
    said = step.target is not None and step.target.template is not None

    def likely(one: Found) -> bool:
        least = options.titled if said or one == absent.titled else options.nearly
        return (one.probability or 0.0) >= least

    there = [one for one in absent.nearly if _at(one, advice) and likely(one)]
    best = max(there, key=lambda one: one.probability or 0.0, default=None)
    if best is None:
        return None
    odds = _odds(best.probability or 0.0) * _odds(min(advice.sure, SWAYS))
    return replace(best, probability=odds / (1 + odds)) if odds >= _odds(options.together) else None


def _says(step: Step, index: int, advice: Advice) -> bool:
    """Whether the model says this step, with its argument."""
    return advice.state == "step" and advice.step == index and advice.argument == argument_of(step)


def _at(found: Found, advice: Advice) -> bool:
    """Whether the model points at the finder's place."""
    place = advice.place
    if place is None:
        return False
    return place.box.overlap(found.box) >= SAME_PLACE or place.box.grown(REACH).contains(found.point)


def _odds(probability: float) -> float:
    return probability / max(1e-9, 1 - probability)


def needless(step: Step, index: int, found: Found | Absent | None, advice: Advice, options: VerdictOptions) -> bool:
    """Whether a step can be left out: the model says so, and the screen looks as if it had been taken.

    It does where its effect is there; and where no place was weighed that may be its target, as switches that are on
    look otherwise. Only of clicks: a row that is chosen, or a field that has the focus, is acted on again without harm.
    """
    target = step.target
    if target is None or not isinstance(step.action, Click) or target.kind not in ("icon", "text", "row_icon"):
        return False
    if isinstance(found, Absent) and not found.nearly:
        return says_later(index, advice, options)
    if target.template is not None or target.look_alikes:
        return False
    return behind(index, advice, options)


def changes_back(step: Step, index: int, found: Found | None, advice: Advice, options: VerdictOptions) -> bool:
    """Whether a click may undo what was done already: many drawings are switches, labels and fields are not."""
    target = step.target
    switch = isinstance(step.action, Click) and target is not None and target.kind in ("icon", "row_icon")
    as_shown = found is not None and found.unchanged
    return switch and (behind(index, advice, options) or (not as_shown and says_later(index, advice, options)))


def behind(index: int, advice: Advice, options: VerdictOptions) -> bool:
    """Whether the model says that a later step is due, or all is done, and the screen shows the step's effect."""
    return says_later(index, advice, options) and already(advice.asked, index)


def says_later(index: int, advice: Advice, options: VerdictOptions) -> bool:
    """Whether the model says that a later step is due, or all is done."""
    later = float(advice.decision.steps[index + 1 :].sum())
    return advice.probability("step") * later + advice.probability("done") >= options.needless


def spoken(advice: Advice) -> str:
    """What the model says, in words: "step 2 (97 %) at “Search” (91 %)"."""
    state = percent(advice.probability(advice.state))
    if advice.state != "step":
        stuck = advice.state == "stop" and advice.objection < advice.probability("stop") / 2
        said = "all is done" if advice.state == "done" else "stop, its target not there" if stuck else advice.state
        return f"{said} ({state})"
    place = advice.place
    if not advice.asked.step_places[advice.step].any():
        where = ""
    elif place is None:
        where = f", its target not there ({percent(advice.absent)})"
    else:
        number = advice.seen.place_of(place)
        name = (
            f"“{said}”"
            if (said := advice.seen.said[number])
            else f"the {place.kind} at {place.box.center.x}, {place.box.center.y}"
        )
        where = f" at {name} ({percent(float(advice.decision.candidates[number]))})"
    return f"step {advice.step + 1} ({state}){where}"


def _evidence(found: Found | Absent | None) -> str:
    if found is None:
        return "keyboard"
    return found.evidence if isinstance(found, Found) else found.reason
