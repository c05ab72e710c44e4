"""Learn a macro from one demonstration: its command, slots, steps and effect.

The command is the utterance that leads into the first action. A typed text that was also spoken becomes a
slot, what was spoken around it the phrase; a clicked row that holds the slot's value is bound to the slot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, utils

from encore_models.errors import NothingToLearn
from encore_models.macro import (
    SLOT_PATTERN,
    Macro,
    Phrase,
    PlaybackEffect,
    Slot,
    Step,
    Target,
    WindowIdentity,
)
from encore_models.perception.prints import VoicePrint
from encore_models.perception.screen import Scene
from encore_models.perception.speech import Utterance, utterances_of
from encore_models.perception.switches import switched
from encore_models.perception.target import describe_target
from encore_models.perception.voice import Encoded, Voice
from encore_models.phrases import best_match
from encore_models.slots import SAME, bind_step, heard_phrase
from encore_recorder.actions import Action, Click, DoubleClick, Drag, RecordedAction, Scroll, TypeText
from encore_recorder.demonstration import Demonstration
from encore_recorder.events import PlaybackChanged, PointerButton, PointerMoved, PointerScrolled
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element

Progress = Callable[[str, float], None]

SAID = 75.0
"""Percent of likeness from which a given phrase counts as what was said; another one would enrol other words."""
LEAD_NS = 1_500_000_000
"""A command may begin this long after the first action did: people click while they speak."""
SETTLE_NS = 400_000_000
"""After a typed text the field shows it no later than this."""
AWAY = 32
"""Pixels from a drawing at which the pointer is elsewhere."""


class Look(Protocol):
    """Analyses the picture of a window."""

    def __call__(self, image: NDArray[np.uint8], elements: Sequence[Element] = ()) -> Scene:
        """The scene of a picture, BGR [height, width, 3], and of what the program tells, in pixels of the picture."""


class Printing(Protocol):
    """Makes voice prints (see `encore_models.perception.prints.Printer`)."""

    def printed(self, encoded: Encoded) -> VoicePrint:
        """The print of an utterance."""


@dataclass(frozen=True, slots=True)
class Learning:
    """A macro with the pictures that belong in its folder."""

    macro: Macro
    pictures: dict[str, NDArray[np.uint8]]
    """BGR [height, width, 3] by the names that the steps give."""
    heard: str
    """The words of the command's utterance, as Whisper heard them."""
    notes: tuple[str, ...]
    """What the person should know or check."""
    printed: VoicePrint | None = None
    """Of the command's utterance: the first enrolment. None where there is none, or the phrase was given and is not
    what was said."""


def learn(
    demonstration: Demonstration,
    voice: Voice,
    look: Look,
    macro_id: Callable[[str], str],
    phrase: str | None = None,
    progress: Progress = lambda what, done: None,
    printer: Printing | None = None,
) -> Learning:
    """Learn one macro.

    Args:
        demonstration: A complete or recovered demonstration.
        voice: Hears the command.
        look: Analyses a window picture.
        macro_id: Gives a free id for the macro's name.
        phrase: The command with slots in braces; None takes it from what was said.
        progress: Told what is done, 0 to 1.
        printer: Makes the first enrolment; None learns without one.

    Raises:
        NothingToLearn: There are no actions, or no command was spoken and none was given.
    """
    progress("reading the actions", 0.0)
    recorded = demonstration.actions()
    if not recorded:
        raise NothingToLearn(demonstration.path, "there is no click and no key in it", "Record it again.")
    progress("listening to the command", 0.1)
    heard, encoded = _command(demonstration, recorded[0].start_ns, voice)
    steps, pictures = _steps(demonstration, recorded, look, progress)
    command, slots, steps, notes = _bind(demonstration, heard, steps, phrase)
    macro = Macro(
        id=macro_id(SLOT_PATTERN.sub(r"\1", command.text)),
        name=command.text[:1].upper() + command.text[1:],
        phrases=(command,),
        slots=slots,
        steps=tuple(steps),
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        demonstration=demonstration.info.id,
        effect=_effect(demonstration, recorded[0].start_ns, slots),
    )
    printed = None
    if printer is not None and encoded is not None:
        if phrase is None or says(heard, command):
            printed = printer.printed(encoded)
        else:
            notes.append(f"What was said, “{heard}”, is not the phrase, so Encore does not know yet how you say it.")
    progress("learned", 1.0)
    return Learning(macro, pictures, heard, tuple(notes), printed)


# The command


def _command(demonstration: Demonstration, first_action_ns: int, voice: Voice) -> tuple[str, Encoded | None]:
    """The words that lead into the first action, and how they sound; empty and None where nothing was said."""
    utterance = leading_utterance(utterances_of(demonstration.sound()), first_action_ns)
    if utterance is None:
        return "", None
    encoded, transcript = voice.hear(utterance.samples)
    return transcript.text, encoded


def leading_utterance(utterances: Sequence[Utterance], first_action_ns: int) -> Utterance | None:
    """The last utterance that began before the first action (or just after it), else the first one at all."""
    before = [u for u in utterances if u.start_ns <= first_action_ns + LEAD_NS]
    return before[-1] if before else next(iter(utterances), None)


def says(heard: str, phrase: Phrase) -> bool:
    """Whether the words can be that phrase."""
    match = best_match(phrase, heard)
    return match is not None and match.likeness >= SAID


# The steps


def _steps(
    demonstration: Demonstration, recorded: Sequence[RecordedAction], look: Look, progress: Progress
) -> tuple[list[Step], dict[str, NDArray[np.uint8]]]:
    steps: list[Step] = []
    pictures: dict[str, NDArray[np.uint8]] = {}
    for index, now in enumerate(recorded):
        progress(f"looking at step {index + 1} of {len(recorded)}", 0.2 + 0.7 * index / len(recorded))
        name = f"steps/{index + 1:02d}-before.png"
        seen = _seen_part(demonstration, now)
        pictures[name] = _picture(demonstration, seen, now.start_ns)
        end_ns = recorded[index + 1].start_ns if index + 1 < len(recorded) else demonstration.duration_ns
        step = Step(
            action=_in_window(now, seen),
            window=WindowIdentity(now.window.app_class, now.window.title, now.window.rect),
            before=name,
            target=_target(now, seen, pictures[name], look),
            pause_ms=max(0, end_ns - now.end_ns) // 1_000_000,
        )
        if isinstance(now.action, TypeText) and steps and steps[-1].target is not None:
            after = _picture(demonstration, seen, min(now.end_ns + SETTLE_NS, end_ns))
            step = replace(step, replaces=_fills_field(now.action.text, steps[-1].target, look(after)))
        since_ns = recorded[index - 1].end_ns if index else 0
        if (switch := _switch(demonstration, now, step.target, seen, (since_ns, end_ns), look)) is not None:
            on, picture = switch
            step = replace(step, on=on, after=f"steps/{index + 1:02d}-after.png")
            pictures[step.after] = picture
        steps.append(step)
    return steps, pictures


def _switch(
    demonstration: Demonstration,
    now: RecordedAction,
    target: Target | None,
    seen: Rect,
    span_ns: tuple[int, int],
    look: Look,
) -> tuple[Rect, NDArray[np.uint8]] | None:
    """Where a click changed its target and nothing else: the target's ink after it, and the window's picture then.

    Both before and after the click the window is looked at while the pointer was elsewhere, last between the actions.
    """
    if target is None or not isinstance(now.action, Click):
        return None
    box = target.box.moved(seen.left, seen.top).grown(AWAY)
    rest_ns = _away(demonstration, box, (span_ns[0], now.start_ns))
    after_ns = _away(demonstration, box, (now.end_ns, span_ns[1]))
    if rest_ns is None or after_ns is None:
        return None
    picture = _picture(demonstration, seen, after_ns)
    on = switched(target, look(_picture(demonstration, seen, rest_ns)), look(picture))
    return None if on is None else (on, picture)


def _away(demonstration: Demonstration, box: Rect, span_ns: tuple[int, int]) -> int | None:
    """The last moment of a span at which the pointer was outside of a box; None where it never was, or nobody knows."""
    start_ns, end_ns = span_ns
    last, inside = None, True
    for event in demonstration.events():
        if event.time_ns >= end_ns:
            break
        if isinstance(event, PointerMoved | PointerButton | PointerScrolled):
            if not inside:
                last = event.time_ns - 1  # until this one it was where it had been
            inside = box.contains(event.position)
    last = end_ns if not inside else last
    return last if last is not None and last > start_ns else None


def _seen_part(demonstration: Demonstration, action: RecordedAction) -> Rect:
    """What of the action's window the recording shows, physical pixels of the desktop; a window may hang over an edge.

    Raises:
        NothingToLearn: Nothing of it.
    """
    seen = action.window.rect.intersection(demonstration.info.screen)
    if seen is None:
        raise NothingToLearn(
            demonstration.path,
            f"the window {action.window.title!r} lies outside of the recorded screen",
            "Record it again with the window on the recorded monitor.",
        )
    return seen


def _picture(demonstration: Demonstration, part: Rect, time_ns: int) -> NDArray[np.uint8]:
    """A part of the desktop at that time, BGR [height, width, 3]."""
    frame = demonstration.frame_at(time_ns)
    inside = part.moved(-frame.origin.x, -frame.origin.y)
    return frame.image[inside.top : inside.bottom, inside.left : inside.right].copy()


def _in_window(recorded: RecordedAction, seen: Rect) -> Action:
    """The action with its places as pixels of the window's picture."""
    action = recorded.action
    match action:
        case Drag():
            position, end = (place.moved(-seen.left, -seen.top) for place in (action.position, action.end))
            return replace(action, position=position, end=end)
        case Click() | DoubleClick() | Scroll():
            return replace(action, position=action.position.moved(-seen.left, -seen.top))
        case _:
            return action


def _target(recorded: RecordedAction, seen: Rect, picture: NDArray[np.uint8], look: Look) -> Target | None:
    action = _in_window(recorded, seen)
    if not isinstance(action, Click | DoubleClick | Drag | Scroll):
        return None
    place = Point(
        min(max(action.position.x, 0), seen.width - 1),
        min(max(action.position.y, 0), seen.height - 1),
    )
    told = recorded.element
    if told is None:
        return describe_target(look(picture), place)
    element = Element(told.role, told.name, told.box.moved(-seen.left, -seen.top))
    return replace(describe_target(look(picture, [element]), place), role=told.role, name=told.name)


def _fills_field(text: str, target: Target, after: Scene) -> bool:
    """Whether a one-line field holds nothing but the typed text afterwards."""
    if target.kind != "field":
        return False
    return fuzz.ratio(text, after.text_at(target.box), processor=utils.default_process) >= SAME


# Slots


def _bind(
    demonstration: Demonstration, heard: str, steps: list[Step], given: str | None
) -> tuple[Phrase, tuple[Slot, ...], list[Step], list[str]]:
    """Turn what was both said and done into slots."""
    notes: list[str] = []
    if not heard and not given:
        raise NothingToLearn(
            demonstration.path,
            "no command was spoken",
            'Name it yourself: encore learn DEMONSTRATION --phrase "play {song}".',
        )
    text, values = heard_phrase(heard, _shown_values(steps)) if given is None else given_phrase(given, steps)
    if not values:
        notes.append("Nothing typed or clicked was spoken, so this command does the same every time.")
    slots = tuple(Slot(name, (value,)) for name, value in values.items())
    return Phrase(text), slots, [bind_step(step, values) for step in steps], notes


def _shown_values(steps: Sequence[Step]) -> list[str]:
    """Texts that may vary: what was typed, then the rows that were clicked."""
    typed = [step.action.text for step in steps if isinstance(step.action, TypeText)]
    rows = [step.target.text for step in steps if step.target is not None and step.target.kind == "row"]
    return typed + rows


def given_phrase(given: str, steps: Sequence[Step]) -> tuple[str, dict[str, str]]:
    """The phrase as the user wrote it; its slots take the typed and clicked texts in order."""
    return given.strip(), dict(zip(SLOT_PATTERN.findall(given), dict.fromkeys(_shown_values(steps)), strict=False))


# The effect


def _effect(demonstration: Demonstration, first_action_ns: int, slots: Sequence[Slot]) -> PlaybackEffect | None:
    """What a media player said last, if it changed after the first action."""
    changes = [
        event
        for event in demonstration.events()
        if isinstance(event, PlaybackChanged) and event.time_ns >= first_action_ns
    ]
    if not changes:
        return None
    last = changes[-1]
    title = last.title
    for slot in slots:
        if any(fuzz.ratio(title, value, processor=utils.default_process) >= SAME for value in slot.values):
            title = "{" + slot.name + "}"
    return PlaybackEffect(last.player, last.status, title)
