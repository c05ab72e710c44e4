"""Samples of real demonstrations.

What was shown is taken as a run of itself: before each step its own screen, with all steps before it done. Variations
of it (theme, scale, crop, other sounds) are runs on other days.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from encore_models.macro import Step, fill
from encore_models.perception.clip import Clip
from encore_models.perception.mel import RATE
from encore_models.perception.screen import CELL_GAP, Scene
from encore_models.perception.text import TextReader
from encore_models.perception.voice import SHORT_SECONDS
from encore_models.training.action.aligned import Shown
from encore_models.training.action.augment import (
    Picture,
    Varied,
    cropped,
    other_theme,
    recorded,
    scaled,
    shifted,
    varied_sound,
)
from encore_models.training.action.observe import Seen, Words, candidate_in, known, observe, place
from encore_models.training.action.samples import ACTIONS, ARGUMENTS, MOST_FRAMES, PLACE_WIDTH, STATES, Half, Sample
from encore_models.training.action.voices import SILENT
from encore_models.training.voice_data import Encode
from encore_models.training.voice_sounds import Samples
from encore_recorder.actions import Drag, Scroll, TypeText
from encore_recorder.geometry import Point

KINDS_OF_ACTION = dict(
    zip(("click", "double_click", "drag", "scroll", "type_text", "press_keys"), ACTIONS, strict=True)
)
ZOOMS = (0.8, 1.0, 1.25, 1.5)
"""Scales of the displays of other days, against the recorded one."""
SHIFT = 8
"""Pixels by which what is in a window moves."""


class Demonstrations:
    """Makes samples of what was shown. Not safe for threads."""

    def __init__(self, clip: Clip, reader: TextReader, encode: Encode) -> None:
        """Nothing is looked at yet.

        Args:
            clip: Describes candidates and words.
            reader: Reads their text.
            encode: Sound to Whisper's frames at 25 Hz.
        """
        self._clip, self._reader, self._encode = clip, reader, encode
        self._words = Words(clip)

    def samples(self, shown: Shown, varied: int = 0, seed: int = 0) -> Iterator[Sample]:
        """One sample a step, and one for the end; then as many again for each variation.

        A step whose target perception does not propose on a varied picture gives none.
        """
        rng = np.random.default_rng(seed)
        steps, screens = self._steps(shown)
        yield from self._run(shown, steps, screens, shown.sound, 1.0, None, 0)
        for number in range(1, varied + 1):
            sound = varied_sound(shown.sound, rng) if len(shown.sound) else shown.sound
            yield from self._run(shown, steps, screens, sound, float(rng.choice(ZOOMS)), rng, number)

    def _run(
        self,
        shown: Shown,
        steps: dict[str, Any],
        screens: list[Seen],
        sound: Samples,
        zoom: float,
        rng: np.random.Generator | None,
        number: int,
    ) -> Iterator[Sample]:
        """A run of what was shown; as it was, without a generator."""
        macro, utterance = shown.learning.macro, self._heard(sound)
        dark = rng is not None and bool(rng.random() < 0.5)
        meta = {
            "episode": f"{shown.path.name}-{number}",
            "application": macro.steps[0].window.app_class,
            **dict.fromkeys(("toolkit", "layout", "icons", "font", "hard"), ""),
            "voice": "own" if len(sound) else "",
            "split": shown.split,
        }
        for place_, step in enumerate((*macro.steps, None)):
            changed = _varied(shown, step, dark, zoom, rng)
            scene = Scene(changed.image, self._reader, self._clip)
            seen = observe(scene, self._words)
            candidate = -1 if step is None else _found(scene, seen, changed, step)
            if candidate < 0 and step is not None and step.target is not None:
                continue
            yield Sample(
                utterance=utterance,
                candidates=seen.candidates,
                candidate_texts=seen.texts,
                candidate_places=seen.places,
                candidate_alike=seen.alike,
                candidate_known=known(seen, screens),
                **steps,
                progress=np.array([other < place_ for other in range(len(macro.steps))], np.int8),
                state=STATES.index("done" if step is None else "step"),
                step=-1 if step is None else place_,
                candidate=candidate,
                argument=0 if step is None else ARGUMENTS.index(argument_of(step)),
                meta=dict(meta),
            )

    def _heard(self, sound: Samples) -> Half:
        if not len(sound):
            return SILENT
        return self._encode(sound[: round(SHORT_SECONDS * RATE)]).astype(np.float16)[:MOST_FRAMES]

    def _steps(self, shown: Shown) -> tuple[dict[str, Any], list[Seen]]:
        """The demonstration's side of all its samples, and its screens, the last one too."""
        macro = shown.learning.macro
        values = {slot.name: slot.values[0] for slot in macro.slots if slot.values}
        looks, effects = (np.zeros((len(macro.steps), self._words.width), np.float16) for _ in range(2))
        places = np.zeros((len(macro.steps), PLACE_WIDTH), np.float32)
        texts = []
        pictures = [shown.learning.pictures[step.before] for step in macro.steps] + [shown.last]
        scenes = [Scene(picture, self._reader, self._clip) for picture in pictures]
        for number, (step, scene, later) in enumerate(zip(macro.steps, scenes[:-1], pictures[1:], strict=True)):
            texts.append(text_of(step, values))
            if step.target is not None:
                (looks[number],) = self._clip.describe(scene.image, [step.target.box])
                # What came of it is seen where the next step begins, if the window is still the same.
                if later.shape == scene.image.shape:
                    (effects[number],) = self._clip.describe(later, [step.target.box])
                kind = "text" if step.target.kind == "row" else step.target.kind
                places[number] = place(step.target.box, kind, scene.rect)
        return {
            "shown_utterance": self._heard(shown.sound),
            "steps": looks,
            "step_effects": effects,
            "step_texts": self._words.of(texts),
            "step_places": places,
            "step_actions": np.array([ACTIONS.index(KINDS_OF_ACTION[s.action.kind]) for s in macro.steps], np.int8),
            "step_arguments": np.array([ARGUMENTS.index(argument_of(s)) for s in macro.steps], np.int8),
        }, [observe(scene, self._words) for scene in scenes]


def _varied(shown: Shown, step: Step | None, dark: bool, zoom: float, rng: np.random.Generator | None) -> Varied:
    """The window before a step, or at the end: as it was, or on another day."""
    image: Picture = shown.last if step is None else shown.learning.pictures[step.before]
    if rng is None:
        return Varied(image)
    image = recorded(other_theme(image) if dark else image, rng)
    target = None if step is None else step.target
    cut = cropped(image, target.box.grown(24), rng) if target is not None else Varied(image)
    # No further than the margin that the crop left round the target.
    dx, dy = (int(value) for value in rng.integers(-SHIFT, SHIFT + 1, 2))
    moved = cut.then(shifted(cut.image, dx, dy))
    return moved.then(scaled(moved.image, zoom))


def _found(scene: Scene, seen: Seen, changed: Varied, step: Step) -> int:
    """Number of the candidate that is the step's target; -1 where it has none, or none was proposed."""
    if step.target is None:
        return -1
    box, offset = step.target.box, step.target.offset
    at = changed.point(Point(box.center.x + offset.x, box.center.y + offset.y))
    candidate = candidate_in(scene, changed.box(box), at)
    return seen.place_of(candidate) if candidate is not None else -1


def argument_of(step: Step) -> str:
    """What a step needs besides its place, as in `ARGUMENTS`."""
    if step.slots:
        return "slot"
    return "literal" if isinstance(step.action, TypeText) else "none"


def text_of(step: Step, values: dict[str, str]) -> str:
    """What a step's target says or what is typed; of a slot the value."""
    if isinstance(step.action, TypeText):
        return fill(step.action.text, values)
    target = step.target
    if target is None or isinstance(step.action, Drag | Scroll):
        return ""
    if target.template is not None:
        return fill(target.template, values)
    # Of a row only its first cell is its name.
    return target.text or target.row_text.split(CELL_GAP)[0]
