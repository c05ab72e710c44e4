"""A macro as the action model takes it: what was shown, step by step, and what was said with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from encore_models.learn import leading_utterance
from encore_models.macro import Macro, Step, Target, fill
from encore_models.perception.clip import Clip
from encore_models.perception.screen import CELL_GAP, Scene
from encore_models.perception.situation import (
    ACTIONS,
    ARGUMENTS,
    PLACE_WIDTH,
    Spoken,
    StepsShown,
    StepsToday,
    Words,
    observe,
    place,
)
from encore_models.perception.speech import Samples, utterances_of
from encore_recorder.actions import Drag, Scroll, TypeText
from encore_recorder.demonstration import Demonstration

KINDS_OF_ACTION = dict(
    zip(("click", "double_click", "drag", "scroll", "type_text", "press_keys"), ACTIONS, strict=True)
)
KINDS_OF_TARGET = {"row": "text", "row_icon": "icon"}
"""What the candidate of a target is by its shape; of the others it is what the target is called."""


def steps_shown(
    macro: Macro, scenes: Sequence[Scene], last: Scene | None, clip: Clip, words: Words, spoken: Spoken
) -> StepsShown:
    """What a demonstration holds for the model.

    Args:
        macro: What was learned from it.
        scenes: The screens before its steps, in their order.
        last: The screen at its end; None where that is not known.
        clip: Describes the targets, now and after their steps.
        words: Embeds what the screens say.
        spoken: What was said with it.
    """
    looks, meanings, effects = (np.zeros((len(macro.steps), words.width), np.float16) for _ in range(3))
    places = np.zeros((len(macro.steps), PLACE_WIDTH), np.float32)
    seen = [*scenes, last] if last is not None else list(scenes)
    for number, (step, scene) in enumerate(zip(macro.steps, scenes, strict=True)):
        if step.target is None:
            continue
        box, kind = step.target.box, _kind(step.target)
        if kind == "icon":
            box = scene.whole_of(box)
            (meanings[number],) = clip.meanings(scene.image, [box])
        (looks[number],) = clip.describe(scene.image, [box])
        later = seen[number + 1] if number + 1 < len(seen) else None
        # What came of it is seen where the next step begins, if the window is still the same.
        if later is not None and later.image.shape == scene.image.shape:
            (effects[number],) = clip.describe(later.image, [box])
        places[number] = place(box, kind, scene.rect)
    return StepsShown(
        spoken=spoken,
        looks=looks,
        effects=effects,
        meanings=meanings,
        places=places,
        actions=np.array([ACTIONS.index(KINDS_OF_ACTION[step.action.kind]) for step in macro.steps], np.int8),
        arguments=np.array([ARGUMENTS.index(argument_of(step)) for step in macro.steps], np.int8),
        screens=tuple(observe(scene, words) for scene in seen),
    )


def steps_today(shown: StepsShown, macro: Macro, values: Mapping[str, str], spoken: Spoken, words: Words) -> StepsToday:
    """The demonstration for a run with these values of its slots.

    Raises:
        KeyError: A slot has no value.
    """
    spelt = {slot.values[0].lower(): values[slot.name] for slot in macro.slots if slot.values and slot.name in values}
    return shown.today([text_of(step, values) for step in macro.steps], spelt, spoken, words)


def shown_values(macro: Macro) -> dict[str, str]:
    """What the slots held when it was shown."""
    return {slot.name: slot.values[0] for slot in macro.slots if slot.values}


def text_of(step: Step, values: Mapping[str, str]) -> str:
    """What a step's target says or what is typed; of a slot the value."""
    if isinstance(step.action, TypeText):
        return fill(step.action.text, dict(values))
    target = step.target
    if target is None or isinstance(step.action, Drag | Scroll):
        return ""
    if target.template is not None:
        return fill(target.template, dict(values))
    # Of a row only its first cell is its name.
    return target.text or target.row_text.split(CELL_GAP)[0]


def argument_of(step: Step) -> str:
    """What a step needs besides its place, as in `ARGUMENTS`."""
    if step.slots:
        return "slot"
    return "literal" if isinstance(step.action, TypeText) else "none"


def spoken_command(demonstration: Demonstration) -> Samples:
    """The sound of the command, float32 at 16 kHz; empty where nothing was said, or nothing was done."""
    actions = demonstration.actions()
    if not actions:
        return _nothing()
    utterance = leading_utterance(utterances_of(demonstration.sound()), actions[0].start_ns)
    return _nothing() if utterance is None else utterance.samples


def _nothing() -> NDArray[np.float32]:
    return np.zeros(0, np.float32)


def _kind(target: Target) -> str:
    return KINDS_OF_TARGET.get(target.kind, target.kind)
