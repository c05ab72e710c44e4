"""Samples of real demonstrations.

What was shown is taken as a run of itself: before each step its own screen, with all steps before it done. Variations
of it (theme, scale, crop, other sounds) are runs on other days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from encore_models.demonstrated import argument_of, shown_values, steps_shown, steps_today
from encore_models.macro import Step
from encore_models.perception.clip import Clip
from encore_models.perception.mel import RATE
from encore_models.perception.prints import Printer
from encore_models.perception.screen import Scene
from encore_models.perception.situation import (
    ARGUMENTS,
    MOST_FRAMES,
    NOTHING_SAID,
    STATES,
    Seen,
    Spoken,
    StepsShown,
    Words,
    candidate_in,
    observe,
)
from encore_models.perception.text import TextLine, TextReader
from encore_models.perception.voice import SHORT_SECONDS
from encore_models.training.action.aligned import Shown
from encore_models.training.action.augment import (
    Picture,
    Varied,
    covered,
    cropped,
    other_theme,
    recorded,
    scaled,
    shifted,
    varied_sound,
)
from encore_models.training.action.samples import Sample
from encore_models.training.voice_data import Encode
from encore_models.training.voice_sounds import Samples
from encore_recorder.geometry import Point, Rect

ZOOMS = (0.8, 1.0, 1.25, 1.5)
"""Scales of the displays of other days, against the recorded one."""
SAME_LABEL = 0.4
"""Overlap from which a label of a varied picture is that of the original."""
SHIFT = 8
"""Pixels by which what is in a window moves."""
OCCLUDED = 0.3
"""Share of the varied screens with something over them, beside the target."""


class Demonstrations:
    """Makes samples of what was shown. Not safe for threads."""

    def __init__(self, clip: Clip, reader: TextReader, encode: Encode, printer: Printer | None = None) -> None:
        """Nothing is looked at yet.

        Args:
            clip: Describes candidates and words.
            reader: Reads their text.
            encode: Sound to Whisper's frames at 25 Hz.
            printer: Makes voice prints of these; None leaves out how alike utterances are.
        """
        self.clip, self._reader, self._encode, self._printer = clip, reader, encode, printer
        self._words = Words(clip)

    def samples(self, shown: Shown, varied: int = 0, seed: int = 0, others: Sequence[Samples] = ()) -> Iterator[Sample]:
        """One sample a step, and one for the end; then as many again for each variation.

        A step whose target perception does not propose on a varied picture gives none.

        Args:
            shown: The demonstration.
            varied: How many variations.
            seed: Of what is varied.
            others: Sounds of other commands: each run is asked for them, too, and must not begin.
        """
        rng = np.random.default_rng(seed)
        scenes = self._scenes(shown)
        steps = self._steps(shown, scenes)
        yield from self._run(shown, scenes, steps, shown.sound, others, 1.0, None, 0)
        for number in range(1, varied + 1):
            sound, *wrong = (varied_sound(one, rng) if len(one) else one for one in (shown.sound, *others))
            yield from self._run(shown, scenes, steps, sound, wrong, float(rng.choice(ZOOMS)), rng, number)

    def _run(
        self,
        shown: Shown,
        scenes: Sequence[Scene],
        steps: StepsShown,
        sound: Samples,
        others: Sequence[Samples],
        zoom: float,
        rng: np.random.Generator | None,
        number: int,
    ) -> Iterator[Sample]:
        """A run of what was shown; as it was, without a generator."""
        macro = shown.learning.macro
        today = steps_today(steps, macro, shown_values(macro), self._heard(sound), self._words)
        dark = rng is not None and bool(rng.random() < 0.5)
        meta = {
            "episode": f"{shown.path.name}-{number}",
            "application": macro.steps[0].window.app_class,
            **dict.fromkeys(("toolkit", "layout", "icons", "font", "hard"), ""),
            "voice": "own" if len(sound) else "",
            "split": shown.split,
        }
        for place, (step, original) in enumerate(zip((*macro.steps, None), scenes, strict=True)):
            changed = _varied(original.image, step, dark, zoom, rng)
            scene = original if rng is None else Scene(changed.image, Carried(original, changed), self.clip)
            seen = observe(scene, self._words)
            candidate = -1 if step is None else _found(scene, seen, changed, step, original)
            if candidate < 0 and step is not None and step.target is not None:
                continue
            done = [int(other < place) for other in range(len(macro.steps))]
            yield Sample(
                **today.asked(seen, done).arrays(),
                state=STATES.index("done" if step is None else "step"),
                step=-1 if step is None else place,
                candidate=candidate,
                argument=0 if step is None else ARGUMENTS.index(argument_of(step)),
                meta=dict(meta),
            )
            for other in others if place == 0 else ():
                wrong = steps_today(steps, macro, shown_values(macro), self._heard(other), self._words)
                stopped = {**meta, "hard": "other command"}
                yield Sample(**wrong.asked(seen, done).arrays(), state=STATES.index("stop"), meta=stopped)

    def _heard(self, sound: Samples) -> Spoken:
        if not len(sound):
            return NOTHING_SAID
        frames = self._encode(sound[: round(SHORT_SECONDS * RATE)])
        printed = self._printer.printed_of(frames) if self._printer is not None else None
        return Spoken(frames.astype(np.float16)[:MOST_FRAMES], printed)

    def _scenes(self, shown: Shown) -> list[Scene]:
        """The screens before the steps, and at the end."""
        scenes = []
        for step in shown.learning.macro.steps:
            scene = Scene(shown.learning.pictures[step.before], self._reader, self.clip)
            scene.recall(shown.texts.get(step.before, {}))
            scenes.append(scene)
        return [*scenes, Scene(shown.last, self._reader, self.clip)]

    def _steps(self, shown: Shown, scenes: Sequence[Scene]) -> StepsShown:
        """The demonstration's side of all its samples."""
        spoken = self._heard(shown.sound)
        return steps_shown(shown.learning.macro, scenes[:-1], scenes[-1], self.clip, self._words, spoken)


class Carried:
    """A `TextReader` for a varied picture: what was read on the original, where it has come to lie."""

    def __init__(self, original: Scene, changed: Varied) -> None:
        """All of the original that counts was read before."""
        lines = [TextLine(text, changed.box(box), 1.0) for box, text in original.known_texts.items() if text]
        over = changed.covered
        self._lines = [line for line in lines if over is None or over.intersection(line.box) is None]

    def read(self, image: Picture, boxes: Sequence[Rect]) -> list[str]:
        """See `TextReader.read`."""
        return [" ".join(line.text for line in self._lines if _covers(box, line.box)) for box in boxes]

    def read_page(self, image: Picture) -> list[TextLine]:
        """See `TextReader.read_page`."""
        return list(self._lines)

    def recall(self, image: Picture, texts: Mapping[Rect, str]) -> None:
        """Nothing is kept."""


def _covers(box: Rect, line: Rect) -> bool:
    return box.contains(line.center) or box.overlap(line) >= SAME_LABEL


def _varied(image: Picture, step: Step | None, dark: bool, zoom: float, rng: np.random.Generator | None) -> Varied:
    """A window as it was, or on another day."""
    if rng is None:
        return Varied(image)
    image = recorded(other_theme(image) if dark else image, rng)
    target = None if step is None else step.target
    cut = cropped(image, target.box.grown(24), rng) if target is not None else Varied(image)
    # No further than the margin that the crop left round the target.
    dx, dy = (int(value) for value in rng.integers(-SHIFT, SHIFT + 1, 2))
    moved = cut.then(shifted(cut.image, dx, dy))
    zoomed = moved.then(scaled(moved.image, zoom))
    # What is seen at the end may be all that tells of it, so it stays as it is.
    if target is None or rng.random() >= OCCLUDED:
        return zoomed
    return zoomed.then(covered(zoomed.image, [zoomed.box(target.box)], rng))


def _found(scene: Scene, seen: Seen, changed: Varied, step: Step, shown: Scene) -> int:
    """Number of the candidate that is the step's target; -1 where it has none, or none was proposed."""
    if step.target is None:
        return -1
    box, offset = step.target.box, step.target.offset
    at = changed.point(Point(box.center.x + offset.x, box.center.y + offset.y))
    candidate = candidate_in(scene, changed.box(shown.whole_of(box)), at)
    return seen.place_of(candidate) if candidate is not None else -1
