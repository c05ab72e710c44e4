"""Synthetic episodes: a task shown on one look of an application, run on another, and a sample at each moment.

Pictures are rendered, but what a sample holds comes from perception: candidates and descriptors of `Scene`, frames of
Whisper's encoder. Text alone is not read by OCR, which would take ten times as long as all else: `Reading` gives the
truth with as many errors as OCR makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.clip import Clip
from encore_models.perception.screen import Scene
from encore_models.training.action.applications import Application, Layout, applications, layouts
from encore_models.training.action.augment import Picture, occluded, recorded
from encore_models.training.action.canvas import TOOLKITS, Control
from encore_models.training.action.glyphs import Glyphs, glyphs
from encore_models.training.action.observe import Seen, Words, candidate_in, observe, place
from encore_models.training.action.reading import Reading, misread
from encore_models.training.action.samples import (
    ACTIONS,
    ARGUMENTS,
    PLACE_WIDTH,
    SPLITS,
    STATES,
    Half,
    Sample,
    Single,
    Split,
)
from encore_models.training.action.screens import Look, Screen, View, render
from encore_models.training.action.tasks import Intent, Task, after, draw_task, draw_view, holds, next_step
from encore_models.training.action.voices import SILENT, Spoken, draw_speaker
from encore_recorder.geometry import Rect

SILENT_SHARE = 0.1
"""Of the episodes are started by hand."""
HARD = ("loading", "toast", "covered", "gone", "no effect", "other command")
"""Hard moments that are put into runs; `already`, `repeated` and `slot` come about by themselves."""
HARD_COUNT = 3
"""Hard moments tried in an episode."""
POPUPS = ("Update available", "Allow notifications?", "Battery is low", "Rate this app", "Sign in again")
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


@dataclass(frozen=True, slots=True, eq=False)
class Demonstrated:
    """The steps' side of a sample."""

    looks: Half
    places: Single
    texts: tuple[str, ...]
    """What each target says; today's value, as heard, where it follows the slot."""


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
    )


def plan(number: int, seed: int) -> Plan:
    """Draw an episode; the same number and seed give the same one."""
    rng = np.random.default_rng([seed, number])
    split = split_of(number)
    drawings = glyphs(split)
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
        fitting = [made for moment in found if (made := _hard(str(kind), moment, intents, rng)) is not None]
        if fitting:
            hard.append(fitting[0 if kind == "other command" else int(rng.integers(len(fitting)))])
    return found + hard


def _hard(kind: str, moment: Moment, intents: Sequence[Intent], rng: np.random.Generator) -> Moment | None:
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
            return Moment(replace(view, popup=str(rng.choice(POPUPS))), progress, kind)
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


class Episodes:
    """Makes the samples of episodes. Not safe for threads."""

    def __init__(self, clip: Clip, spoken: Spoken, seed: int) -> None:
        """Nothing is drawn yet.

        Args:
            clip: Describes candidates and words.
            spoken: Says the commands.
            seed: Of everything.
        """
        self._clip, self._spoken, self._seed = clip, spoken, seed
        self._words = Words(clip)
        self.missed = 0
        """Samples left out because perception did not propose the target."""

    def samples(self, number: int) -> Iterator[Sample]:
        """All samples of an episode.

        Raises:
            SpeakerFailed: A speech program is missing.
            IconsMissing: The icons were not rendered yet.
        """
        episode = plan(number, self._seed)
        rng = np.random.default_rng([self._seed, number, 1])
        shown = self._demonstrated(episode, rng)
        speaker = draw_speaker(episode.split, rng)
        seed = int(rng.integers(1 << 30))
        silent = rng.random() < SILENT_SHARE
        said = SILENT if silent else self._spoken.frames(episode.run.said(episode.run.value), speaker, seed)
        meta = {
            "episode": f"{self._seed}-{number}",
            "application": episode.app.name,
            "toolkit": episode.run_look.toolkit.name,
            "layout": episode.run_look.layout.name,
            "icons": episode.run_look.icons,
            "font": episode.run_look.font.stem,
            "shown_layout": episode.shown_look.layout.name,
            "shown_icons": episode.shown_look.icons,
            "shown_font": episode.shown_look.font.stem,
            "voice": "" if silent else speaker.name,
            "split": episode.split,
        }
        seen: dict[View, tuple[Screen, Scene, Seen]] = {}
        for moment in moments(episode, rng):
            if moment.view not in seen:
                seen[moment.view] = self._look(episode, moment, rng)
            utterance, voice = said, meta["voice"]
            if moment.hard == "other command":
                other = self._other_command(episode, rng)
                utterance, voice = self._spoken.frames(other, speaker, seed), speaker.name
            sample = self._sample(episode, moment, *seen[moment.view], utterance, shown, {**meta, "voice": voice})
            if sample is not None:
                yield sample

    def _look(self, episode: Plan, moment: Moment, rng: np.random.Generator) -> tuple[Screen, Scene, Seen]:
        screen = render(episode.app, moment.view, episode.run_look, glyphs(episode.split))
        step = next_step(episode.run.intents, moment.progress, moment.view)
        intent = episode.run.intents[step] if step is not None else None
        keep = [c.box for c in screen.controls if intent is None or c.key == intent.key or "answer" in c.key]
        image = _spoilt(screen.image, keep, moment.view, rng)
        scene = Scene(image, Reading(screen.controls, int(rng.integers(1 << 30))), self._clip)
        return screen, scene, observe(scene, self._words)

    def _demonstrated(self, episode: Plan, rng: np.random.Generator) -> Demonstrated:
        looks: list[NDArray[np.float32]] = []
        places: list[list[float]] = []
        texts: list[str] = []
        view = episode.shown_view
        heard = misread(episode.run.value, rng, rate=0.06)
        for intent in episode.shown.intents:
            look, where, text = np.zeros(self._words.width, np.float32), [0.0] * PLACE_WIDTH, intent.name
            if intent.key:
                screen = render(episode.app, view, episode.shown_look, glyphs(episode.split))
                reading = Reading(screen.controls, int(rng.integers(1 << 30)))
                scene = Scene(screen.image, reading, self._clip)
                look, where, text = self._target(scene, screen.control(intent.key, intent.part), intent, reading)
            looks.append(look)
            places.append(where)
            texts.append(heard if intent.slot else text)
            view = after(intent, view)
        return Demonstrated(np.array(looks, np.float16), np.array(places, np.float32), tuple(texts))

    def _target(
        self, scene: Scene, control: Control | None, intent: Intent, reading: Reading
    ) -> tuple[NDArray[np.float32], list[float], str]:
        """What a step's target looks like, where it is and what it says."""
        if control is None:
            raise AssertionError(f"{intent.key} was to be shown, but is not there")
        candidate = candidate_in(scene, control.box, control.area.center)
        box, kind = (candidate.box, candidate.kind) if candidate is not None else (control.box, control.part)
        (look,) = self._clip.describe(scene.image, [box])
        text = intent.name if intent.kind == "mark" else ""
        if control.part in ("text", "field"):
            (text,) = reading.read(scene.image, [box])
        return look, place(box, kind, scene.rect), text

    def _other_command(self, episode: Plan, rng: np.random.Generator) -> str:
        while True:
            view = draw_view(episode.app, rng)
            other = draw_task(episode.app, view, True, rng)
            if other.command != episode.run.command and other.value != episode.run.value:
                return other.said(other.value)

    def _sample(
        self,
        episode: Plan,
        moment: Moment,
        screen: Screen,
        scene: Scene,
        seen: Seen,
        utterance: Half,
        shown: Demonstrated,
        meta: dict[str, str],
    ) -> Sample | None:
        """A sample with its label; None where perception did not propose the target."""
        intents = episode.run.intents
        state, step, control = decide(intents, moment, screen)
        candidate = -1
        if control is not None:
            found = candidate_in(scene, control.box, control.area.center)
            candidate = seen.place_of(found) if found is not None else -1
            if candidate < 0:
                self.missed += 1
                return None
        hard = moment.hard
        if step >= 0 and not hard:
            hard = "repeated" if intents[step].kind == "mark" else "slot" if intents[step].slot else ""
        return Sample(
            utterance=utterance,
            candidates=seen.candidates,
            candidate_texts=seen.texts,
            candidate_places=seen.places,
            candidate_alike=seen.alike,
            steps=shown.looks,
            step_texts=self._words.of(shown.texts),
            step_places=shown.places,
            step_actions=np.array([ACTIONS.index(i.action) for i in intents], np.int8),
            step_arguments=np.array([ARGUMENTS.index(i.argument) for i in intents], np.int8),
            progress=np.array(moment.progress, np.int8),
            state=STATES.index(state),
            step=step,
            candidate=candidate,
            argument=ARGUMENTS.index(intents[step].argument) if step >= 0 else 0,
            meta={**meta, "hard": hard},
        )


def decide(intents: Sequence[Intent], moment: Moment, screen: Screen) -> tuple[str, int, Control | None]:
    """The right decision: the state, the step (-1 for none), and the control to act on.

    Where something else asks for an answer, or the target is not there though the screen is at rest, a person is
    needed: stop. While a page loads, or a note that passes by covers the target: wait.
    """
    if moment.hard == "other command" or moment.view.popup:
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


def _spoilt(image: Picture, keep: Sequence[Rect], view: View, rng: np.random.Generator) -> Picture:
    """The picture as it may come in; nothing covers what the decision needs."""
    if rng.random() < 0.3:
        image = recorded(image, rng)
    if rng.random() < 0.15 and not (view.popup or view.loading or view.toast or view.gone):
        image = occluded(image, keep, rng)
    return image
