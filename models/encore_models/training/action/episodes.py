"""Synthetic episodes: a task shown on one look of an application, run on another, and a sample at each moment.

Pictures are rendered, but what a sample holds comes from perception: candidates and descriptors of `Scene`, frames of
Whisper's encoder. Text alone is not read by OCR, which would take ten times as long as all else: `Reading` gives the
truth with as many errors as OCR makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from encore_models.perception.action_evidence import Fit, matches_on, spoken_alike
from encore_models.perception.clip import Clip
from encore_models.perception.effects import Effect, effects_on
from encore_models.perception.likeness import Things
from encore_models.perception.prints import Printer
from encore_models.perception.screen import Scene
from encore_models.perception.situation import (
    ACTIONS,
    ARGUMENTS,
    PLACE_WIDTH,
    STATES,
    Half,
    Seen,
    Single,
    Words,
    candidate_in,
    changed,
    known,
    observe,
    place,
)
from encore_models.training.action.augment import Picture, occluded, recorded
from encore_models.training.action.canvas import Control
from encore_models.training.action.glyphs import Glyphs, glyphs
from encore_models.training.action.plans import Moment, Plan, decide, moments, plan
from encore_models.training.action.reading import Reading, misread
from encore_models.training.action.samples import OTHER, Sample, Split
from encore_models.training.action.screens import Screen, View, render
from encore_models.training.action.tasks import Intent, after, draw_task, draw_view, next_step
from encore_models.training.action.voices import SILENT, draw_speaker
from encore_models.training.voice_sounds import Speaker
from encore_recorder.geometry import Rect

MISHEARD = 0.02
"""Share of the letters of a slot's value that are heard wrong."""
SILENT_SHARE = 0.1
"""Of the episodes are started by hand, and as many were shown without a word."""
OTHER_VOICE = 0.2
"""Of the episodes are asked for by somebody else than who showed them."""
SURE, UNWRITTEN = 0.5, 0.5
"""Likeness of prints from which a command may be known by its sound alone; share of these whose words are not known."""


class Speaks(Protocol):
    """Says commands; `voices.Spoken` does."""

    def frames(self, text: str, speaker: Speaker, seed: int) -> Half:
        """What Whisper's encoder hears of it, [T, 384] at 25 Hz."""

    def fit(self, text: str, speaker: Speaker, seed: int, phrase: str) -> Fit:
        """How well a phrase fits what is heard of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Demonstrated:
    """The steps' side of a sample."""

    looks: Half
    meanings: Half
    effects: Half
    places: Single
    heard: str
    """Today's value of the slot, as heard."""
    texts: tuple[str, ...]
    """What each target says; today's value, as heard, where it follows the slot."""
    seen: tuple[Seen, ...]
    """The screens before the steps, and at the end."""
    screens: tuple[Screen, ...]
    """The same, as they are drawn."""
    changes: tuple[Effect, ...]
    """What each step made come and go, with today's value."""
    utterance: Half


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """An episode that was shown and asked for."""

    plan: Plan
    shown: Demonstrated
    utterance: Half
    alike: Single
    """How alike it is to what was said when it was shown."""
    speaker: Speaker
    seed: int
    """Of how the speaker sounds today."""
    meta: dict[str, str]
    rng: np.random.Generator
    """Where chance comes from as it goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A screen as it is, and as it is seen."""

    screen: Screen
    scene: Scene
    seen: Seen


class Episodes:
    """Makes the samples of episodes. Not safe for threads."""

    def __init__(
        self,
        clip: Clip,
        spoken: Speaks,
        seed: int,
        drawn_from: Callable[[Split], Glyphs] = glyphs,
        printer: Printer | None = None,
    ) -> None:
        """Nothing is drawn yet.

        Args:
            clip: Describes candidates and words.
            spoken: Says the commands.
            seed: Of everything.
            drawn_from: Icon sets and fonts of a split.
            printer: Makes the prints that utterances are compared by; None takes the head that Encore comes with.
        """
        self._printer = printer or Printer.load()
        self._clip, self._spoken, self._seed, self._drawn_from = clip, spoken, seed, drawn_from
        self._words = Words(clip)
        self.missed = 0
        """Samples left out because perception did not propose the target."""

    def samples(self, number: int) -> Iterator[Sample]:
        """All samples of an episode.

        Raises:
            SpeakerFailed: A speech program is missing.
            IconsMissing: The icons were not rendered yet.
        """
        begun = self.begin(number)
        looks: dict[View, Looked] = {}
        for moment in moments(begun.plan, begun.rng):
            if moment.hard == OTHER and not len(begun.shown.utterance):
                continue  # nothing tells what should have been said
            if moment.view not in looks:
                looks[moment.view] = self.look(begun, moment)
            sample = self.sample(begun, moment, looks[moment.view])
            if sample is not None:
                yield sample
            else:
                self.missed += 1

    def begin(self, number: int) -> Begun:
        """Show an episode's task, and ask for it.

        Raises:
            SpeakerFailed: A speech program is missing.
            IconsMissing: The icons were not rendered yet.
        """
        episode = plan(number, self._seed, self._drawn_from)
        rng = np.random.default_rng([self._seed, number, 1])
        steps = self._demonstrated(episode, rng)
        speaker = draw_speaker(episode.split, rng)
        seed = int(rng.integers(1 << 30))
        shown = replace(steps, utterance=self._shown_utterance(episode, speaker, rng.spawn(1)[0]))
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
        text = "" if silent else episode.run.said(episode.run.value)
        alike = self._alike(episode, shown, said, text, speaker, seed)
        return Begun(episode, shown, said, alike, speaker, seed, meta, rng)

    def look(self, begun: Begun, moment: Moment) -> Looked:
        """What is on the screen at a moment."""
        episode, rng = begun.plan, begun.rng
        screen = render(episode.app, moment.view, episode.run_look, self._drawn_from(episode.split))
        step = next_step(episode.run.intents, moment.progress, moment.view)
        intent = episode.run.intents[step] if step is not None else None
        keep = [c.box for c in screen.controls if intent is None or c.key == intent.key or "answer" in c.key]
        image = _spoilt(screen.image, keep, moment.view, rng)
        scene = Scene(image, Reading(screen.controls, int(rng.integers(1 << 30))), self._clip)
        return Looked(screen, scene, observe(scene, self._words))

    def _alike(self, episode: Plan, shown: Demonstrated, said: Half, text: str, speaker: Speaker, seed: int) -> Single:
        """How alike `text`, as a speaker says it, and what was shown are."""
        today, then = (self._printer.described(one.astype(np.float32)) for one in (said, shown.utterance))
        alike = spoken_alike(today, then)
        by_sound = alike[1] >= SURE and np.random.default_rng([seed, 1]).random() < UNWRITTEN
        if not text or by_sound:
            return alike
        fit = self._spoken.fit(text, speaker, seed, episode.run.said(shown.heard))
        return spoken_alike(today, then, fit)

    def _shown_utterance(self, episode: Plan, speaker: Speaker, rng: np.random.Generator) -> Half:
        """What was said when it was shown, mostly by whom asks for it today."""
        if rng.random() < SILENT_SHARE:
            return SILENT
        by = draw_speaker(episode.split, rng) if rng.random() < OTHER_VOICE else speaker
        return self._spoken.frames(episode.shown.said(episode.shown.value), by, int(rng.integers(1 << 30)))

    def _demonstrated(self, episode: Plan, rng: np.random.Generator) -> Demonstrated:
        width = self._words.width
        looks, meanings, effects = (np.zeros((len(episode.shown.intents), width), np.float16) for _ in range(3))
        places = np.zeros((len(looks), PLACE_WIDTH), np.float32)
        texts: list[str] = []
        seen: list[Seen] = []
        before: list[Screen] = []
        view = episode.shown_view
        screens: dict[View, Screen] = {}

        def on(now: View) -> Screen:
            if now not in screens:
                screens[now] = render(episode.app, now, episode.shown_look, self._drawn_from(episode.split))
            return screens[now]

        heard = misread(episode.run.value, rng, MISHEARD)
        reads = int(rng.integers(1 << 30))  # what did not change is read as it was before
        for number, intent in enumerate(episode.shown.intents):
            text, screen = intent.name, on(view)
            before.append(screen)
            view = after(intent, view)
            reading = Reading(screen.controls, reads)
            scene = Scene(screen.image, reading, self._clip)
            seen.append(observe(scene, self._words))
            if intent.key:
                box, kind, text = self._target(scene, screen.control(intent.key, intent.part), intent, reading)
                (looks[number],) = self._clip.describe(scene.image, [box])
                if kind == "icon":
                    (meanings[number],) = self._clip.meanings(scene.image, [box])
                places[number] = place(box, kind, scene.rect)
                (effects[number],) = self._clip.describe(on(view).image, [box])
            texts.append(heard if intent.slot else text)
        last = on(view)
        seen.append(observe(Scene(last.image, Reading(last.controls, reads), self._clip), self._words))
        changes = changed(seen, {episode.shown.value.lower(): heard})
        return Demonstrated(
            looks, meanings, effects, places, heard, tuple(texts), tuple(seen), (*before, last), changes, SILENT
        )

    def _target(self, scene: Scene, control: Control | None, intent: Intent, reading: Reading) -> tuple[Rect, str, str]:
        """Where a step's target is, its kind, and what it says."""
        if control is None:
            raise AssertionError(f"{intent.key} was to be shown, but is not there")
        candidate = candidate_in(scene, control.box, control.area.center)
        box, kind = (candidate.box, candidate.kind) if candidate is not None else (control.box, control.part)
        text = intent.name if intent.kind == "mark" else ""
        if control.part in ("text", "field"):
            # A short word is found as a drawing, but what is written is known by its words.
            kind, (text,) = control.part, reading.read(scene.image, [box])
        return box, kind, text

    def _other_command(self, episode: Plan, rng: np.random.Generator) -> str:
        while True:
            view = draw_view(episode.app, rng)
            other = draw_task(episode.app, view, True, rng)
            if other.command != episode.run.command and other.value != episode.run.value:
                return other.said(other.value)

    def sample(self, begun: Begun, moment: Moment, looked: Looked) -> Sample | None:
        """A moment with its label; None where perception did not propose the target."""
        intents, shown, seen = begun.plan.run.intents, begun.shown, looked.seen
        state, step, control = decide(intents, moment, looked.screen)
        candidate = -1
        if control is not None:
            found = candidate_in(looked.scene, control.box, control.area.center)
            candidate = seen.place_of(found) if found is not None else -1
            if candidate < 0:
                return None
        utterance, voice, alike = begun.utterance, begun.meta["voice"], begun.alike
        if moment.hard == OTHER:
            other = self._other_command(begun.plan, begun.rng)
            utterance, voice = self._spoken.frames(other, begun.speaker, begun.seed), begun.speaker.name
            alike = self._alike(begun.plan, shown, utterance, other, begun.speaker, begun.seed)
        hard = moment.hard
        if step >= 0 and not hard:
            hard = "repeated" if intents[step].kind == "mark" else "slot" if intents[step].slot else ""
        return Sample(
            utterance=utterance,
            shown_utterance=shown.utterance,
            spoken_alike=alike,
            candidates=seen.candidates,
            candidate_texts=seen.texts,
            candidate_places=seen.places,
            candidate_alike=seen.alike,
            candidate_known=known(seen, shown.seen),
            candidate_out=seen.out,
            steps=shown.looks,
            step_texts=self._words.of(shown.texts),
            step_effects=shown.effects,
            step_matches=matches_on(
                seen, Things(shown.looks.astype(np.float32), shown.texts, shown.places), shown.meanings, shown.seen
            ),
            step_seen=effects_on(seen, shown.changes).astype(np.float16),
            step_places=shown.places,
            step_actions=np.array([ACTIONS.index(i.action) for i in intents], np.int8),
            step_arguments=np.array([ARGUMENTS.index(i.argument) for i in intents], np.int8),
            progress=np.array(moment.progress, np.int8),
            state=STATES.index(state),
            step=step,
            candidate=candidate,
            argument=ARGUMENTS.index(intents[step].argument) if step >= 0 else 0,
            meta={**begun.meta, "voice": voice, "hard": hard},
        )


def _spoilt(image: Picture, keep: Sequence[Rect], view: View, rng: np.random.Generator) -> Picture:
    """The picture as it may come in; nothing covers what the decision needs."""
    if rng.random() < 0.3:
        image = recorded(image, rng)
    if rng.random() < 0.15 and not (view.popup or view.loading or view.toast or view.gone):
        image = occluded(image, keep, rng)
    return image
