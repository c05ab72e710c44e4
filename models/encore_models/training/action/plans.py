"""What happens in synthetic episodes: looks, tasks, moments and the right decision at each, before perception."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from encore_models.training.action.applications import Application, Layout, applications, layouts
from encore_models.training.action.canvas import TOOLKITS, Control
from encore_models.training.action.glyphs import Glyphs, glyphs
from encore_models.training.action.notices import draw_notices
from encore_models.training.action.samples import COVERED, GONE, OTHER, SPLITS, Split
from encore_models.training.action.screens import Look, Screen, View
from encore_models.training.action.tasks import Intent, Task, after, draw_task, draw_view, holds, next_step

HARD = ("loading", "toast", COVERED, GONE, "no effect", OTHER)
"""Hard moments that are put into runs; `already`, `repeated` and `slot` come about by themselves."""
HARD_COUNT = 3
"""Hard moments tried in an episode."""
SCALES = (1.0, 1.0, 1.25, 1.5, 1.75)


def split_of(number: int) -> Split:
    """The split of an episode: eight in ten are for training."""
    return SPLITS[max(0, number % 10 - 7)]


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in an episode, before anything is drawn."""

    number: int
    split: Split
    app: Application
    shown_view: View
    shown_look: Look
    shown: Task
    run_view: View
    run_look: Look
    run: Task


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a run."""

    view: View
    progress: tuple[int, ...]
    hard: str = ""


def draw_look(split: Split, drawings: Glyphs, layout: Layout, rng: np.random.Generator) -> Look:
    """Any look of a split in a layout; windows are smaller at larger scales, as displays have their limits."""
    scale = float(rng.choice(SCALES))
    return Look(
        TOOLKITS[int(rng.integers(len(TOOLKITS)))],
        bool(rng.random() < 0.5),
        tuple(int(value) for value in rng.integers(20, 230, 3)),  # type: ignore[arg-type]
        scale,
        drawings.fonts[int(rng.integers(len(drawings.fonts)))],
        str(rng.choice(sorted(drawings.sets))),
        layout,
        (int(rng.integers(860, 1180 if scale < 1.5 else 960)), int(rng.integers(560, 740 if scale < 1.5 else 620))),
        draw_notices(split, rng),
    )


def plan(number: int, seed: int, drawn_from: Callable[[Split], Glyphs] = glyphs) -> Plan:
    """Draw an episode; the same number and seed give the same one.

    Args:
        number: Of the episode; it decides the split.
        seed: Of all episodes.
        drawn_from: Icon sets and fonts of a split.
    """
    rng = np.random.default_rng([seed, number])
    split = split_of(number)
    drawings = drawn_from(split)
    app = applications(split)[int(rng.integers(len(applications(split))))]
    choices = layouts(split)
    layout = choices[int(rng.integers(len(choices)))]
    shown_look = draw_look(split, drawings, layout, rng)
    run_look = _changed(shown_look, draw_look(split, drawings, choices[int(rng.integers(len(choices)))], rng), rng)
    shown_view = draw_view(app, rng)
    shown = draw_task(app, shown_view, layout.navigation != "rail", rng)
    run_view, run = _run_of(app, shown, shown_view, rng)
    return Plan(number, split, app, shown_view, shown_look, shown, run_view, run_look, run)


def _changed(shown: Look, other: Look, rng: np.random.Generator) -> Look:
    """The look of another day; the theme, size and scale are others, at times the toolkit, font, icons and layout."""
    look = replace(shown, dark=other.dark, accent=other.accent, scale=other.scale, size=other.size)
    if rng.random() < 0.4:
        look = replace(look, font=other.font)
    if rng.random() < 0.25:
        look = replace(look, toolkit=other.toolkit)
    if rng.random() < 0.1:
        look = replace(look, icons=other.icons)
    # A label that was clicked must be there.
    if rng.random() < 0.3 and (other.layout.navigation != "rail" or shown.layout.navigation == "rail"):
        look = replace(look, layout=other.layout)
    return look


def _run_of(app: Application, shown: Task, view: View, rng: np.random.Generator) -> tuple[View, Task]:
    """Another day: other items in another order, at times something that is to be done is so already."""
    today = draw_view(app, rng)
    slotted = any(intent.slot for intent in shown.intents)
    fresh = [title for title in today.items if title not in today.marked]
    value = fresh[int(rng.integers(len(fresh)))] if slotted and rng.random() < 0.85 else shown.value
    others = [title for title in dict.fromkeys((*today.items[:8], *view.items)) if title != value][:11]
    others.insert(int(rng.integers(5)), value)
    run = shown.today(value)
    today = replace(today, items=tuple(others), marked=today.marked - {value}, on=_off(today.on, run))
    pages = [intent.name for intent in run.intents if intent.kind == "page"]
    if today.page in pages:
        today = replace(today, page=next(page.name for page in app.pages if page.name not in pages))
    if rng.random() < 0.35:
        for intent in run.intents:
            if intent.kind in ("page", "mark", "toggle", "type") and rng.random() < 0.6:
                today = after(intent, today)
    return today, run


def _off(on: frozenset[str], task: Task) -> frozenset[str]:
    return on - {intent.name for intent in task.intents if intent.kind == "toggle"}


def moments(episode: Plan, rng: np.random.Generator) -> list[Moment]:
    """Every moment of the run with a decision, the hard ones among them."""
    intents, view = episode.run.intents, episode.run_view
    progress = [0] * len(intents)
    found: list[Moment] = []
    while (step := next_step(intents, progress, view)) is not None:
        skipped = any(holds(i, view) and not done for i, done in zip(intents[:step], progress[:step], strict=True))
        found.append(Moment(view, tuple(progress), "already" if skipped else ""))
        progress[step], view = 1, after(intents[step], view)
    found.append(Moment(view, tuple(progress), "already" if 0 in progress else ""))
    hard = []
    for kind in rng.choice(HARD, HARD_COUNT, replace=False):
        fitting = [made for moment in found if (made := hardened(str(kind), moment, intents, rng)) is not None]
        if fitting:
            hard.append(fitting[0 if kind == OTHER else int(rng.integers(len(fitting)))])
    return found + hard


def hardened(kind: str, moment: Moment, intents: Sequence[Intent], rng: np.random.Generator) -> Moment | None:
    """A hard moment like an ordinary one; None where there is none of the kind."""
    view, progress = moment.view, moment.progress
    step = next_step(intents, progress, view)
    if step is None:
        return None
    intent = intents[step]
    inside = intent.kind in ("row", "mark")
    match kind:
        case "other command":
            return Moment(view, progress, kind)
        case "no effect":
            return Moment(view, (*progress[:step], 2, *progress[step + 1 :]), kind)
        case "covered" if not view.dialog:
            return Moment(replace(view, popup=True), progress, kind)
        case "loading" if inside or rng.random() < 0.2:
            return Moment(replace(view, loading=True), progress, kind)
        case "toast" if intent.key and intent.kind != "answer":
            # At times the note covers something else, and nothing is to be waited for.
            key = intent.key if rng.random() < 0.7 else str(rng.choice(["field", "slider", f"page:{view.page}"]))
            return Moment(replace(view, toast=key), progress, kind)
        case "gone" if inside:
            kept = [(t, m) for t, m in zip(view.items, view.makers, strict=True) if t != intent.name]
            items, makers = (tuple(column) for column in zip(*kept, strict=True))
            return Moment(replace(view, items=items, makers=makers, selected=""), progress, kind)
        case "gone" if intent.key and intent.kind != "answer":
            return Moment(replace(view, gone=view.gone | {intent.key}), progress, kind)
    return None


def decide(intents: Sequence[Intent], moment: Moment, screen: Screen) -> tuple[str, int, Control | None]:
    """The right decision: the state, the step (-1 for none), and the control to act on.

    Where something else asks for an answer, or the target is not there though the screen is at rest, a person is
    needed: stop. While a page loads, or a note that passes by covers the target: wait.
    """
    if moment.hard == OTHER or moment.view.popup:
        return "stop", -1, None
    step = next_step(intents, moment.progress, moment.view)
    if step is None:
        return "done", -1, None
    intent = intents[step]
    if not intent.key:
        return "step", step, None
    control = screen.control(intent.key, intent.part)
    if control is not None:
        return "step", step, control
    return ("wait" if moment.view.loading or moment.view.toast else "stop"), -1, None
