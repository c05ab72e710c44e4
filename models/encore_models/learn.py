"""Learn a macro from one demonstration: its command, slots, steps and effect.

The command is the utterance that leads into the first action. A typed text that was also spoken becomes a
slot, what was spoken around it the phrase; a clicked row that holds the slot's value is bound to the slot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
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
from encore_models.perception.screen import Scene, describe_target
from encore_models.perception.speech import Utterance, utterances_of
from encore_models.perception.voice import Voice
from encore_models.phrases import words_of
from encore_recorder.actions import Action, Click, DoubleClick, Drag, PressKeys, RecordedAction, Scroll, TypeText
from encore_recorder.demonstration import Demonstration
from encore_recorder.events import PlaybackChanged
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element

Progress = Callable[[str, float], None]

SPOKEN = 72.0
"""Percent of likeness from which a typed text counts as spoken; Whisper misspells titles."""
SAME = 90.0
"""Percent of likeness from which a text on the screen counts as the slot's value."""
LEAD_NS = 1_500_000_000
"""A command may begin this long after the first action did: people click while they speak."""
SETTLE_NS = 400_000_000
"""After a typed text the field shows it no later than this."""

SLOT_NAMES = {
    "song": {"play", "song", "track", "listen", "hear", "queue"},
    "query": {"search", "find", "look", "google", "show"},
    "name": {"open", "call", "message", "start", "launch", "email"},
    "text": {"type", "write", "say", "note", "enter"},
}
"""What a slot is called after the words of its command; the user can rename it."""


class Look(Protocol):
    """Analyses the picture of a window."""

    def __call__(self, image: NDArray[np.uint8], elements: Sequence[Element] = ()) -> Scene:
        """The scene of a picture, BGR [height, width, 3], and of what the program tells, in pixels of the picture."""


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


def learn(
    demonstration: Demonstration,
    voice: Voice,
    look: Look,
    macro_id: Callable[[str], str],
    phrase: str | None = None,
    own_chords: Collection[frozenset[str]] = (),
    progress: Progress = lambda what, done: None,
) -> Learning:
    """Learn one macro.

    Args:
        demonstration: A complete or recovered demonstration.
        voice: Hears the command.
        look: Analyses a window picture.
        macro_id: Gives a free id for the macro's name.
        phrase: The command with slots in braces; None takes it from what was said.
        own_chords: Encore's own hotkeys; pressing one is no step.
        progress: Told what is done, 0 to 1.

    Raises:
        NothingToLearn: There are no actions, or no command was spoken and none was given.
    """
    progress("reading the actions", 0.0)
    recorded = [action for action in demonstration.actions() if not _is_own_chord(action, own_chords)]
    if not recorded:
        raise NothingToLearn(demonstration.path, "there is no click and no key in it", "Record it again.")
    progress("listening to the command", 0.1)
    heard = _command(demonstration, recorded[0].start_ns, voice)
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
    progress("learned", 1.0)
    return Learning(macro, pictures, heard, tuple(notes))


def _is_own_chord(recorded: RecordedAction, own_chords: Collection[frozenset[str]]) -> bool:
    return isinstance(recorded.action, PressKeys) and frozenset(recorded.action.keys) in own_chords


# The command


def _command(demonstration: Demonstration, first_action_ns: int, voice: Voice) -> str:
    """The words that lead into the first action; empty where nothing was said."""
    utterance = leading_utterance(utterances_of(demonstration.sound()), first_action_ns)
    return "" if utterance is None else voice.hear(utterance.samples)[1].text


def leading_utterance(utterances: Sequence[Utterance], first_action_ns: int) -> Utterance | None:
    """The last utterance that began before the first action (or just after it), else the first one at all."""
    before = [u for u in utterances if u.start_ns <= first_action_ns + LEAD_NS]
    return before[-1] if before else next(iter(utterances), None)


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
        steps.append(step)
    return steps, pictures


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


def heard_phrase(heard: str, shown: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The phrase and the slots' values in a command.

    Args:
        heard: The command as transcribed.
        shown: Texts typed or clicked in the demonstration; their spelling is the truth.

    Returns:
        The phrase in lower case with slots in braces, and a value for each slot.
    """
    words = words_of(heard)
    values: dict[str, str] = {}
    for text in dict.fromkeys(text.strip() for text in shown if text.strip()):
        span = spoken_span(words, text)
        if span is None:
            continue
        start, end = span
        name = _free_name(words[:start] + words[end:], values)
        values[name] = text
        words[start:end] = ["{" + name + "}"]
    if words and all(SLOT_PATTERN.fullmatch(word) for word in words):
        # A phrase needs a word of its own; the whole command stays as it was said and varies in nothing.
        return " ".join(words_of(heard)), {}
    return " ".join(words), values


def given_phrase(given: str, steps: Sequence[Step]) -> tuple[str, dict[str, str]]:
    """The phrase as the user wrote it; its slots take the typed and clicked texts in order."""
    return given.strip(), dict(zip(SLOT_PATTERN.findall(given), dict.fromkeys(_shown_values(steps)), strict=False))


def spoken_span(words: Sequence[str], typed: str) -> tuple[int, int] | None:
    """Where in the spoken words the typed text is, as [start, end), or None where it was not said."""
    target = "".join(words_of(typed))
    if not target:
        return None
    length = len(words_of(typed))
    best, where = SPOKEN, None
    for size in range(max(1, length - 2), length + 3):
        for start in range(len(words) - size + 1):
            span = words[start : start + size]
            if any(SLOT_PATTERN.fullmatch(word) for word in span):
                continue
            # Without blanks: Whisper writes "yes today" where "yesterday" was said.
            likeness = fuzz.ratio("".join(span), target)
            if likeness > best:
                best, where = likeness, (start, start + size)
    return where


def _free_name(around: Sequence[str], taken: dict[str, str]) -> str:
    base = next((name for name, cues in SLOT_NAMES.items() if cues & set(around)), "text")
    return next(name for n in range(1, 100) if (name := base if n == 1 else f"{base}_{n}") not in taken)


def bind_step(step: Step, values: dict[str, str]) -> Step:
    """The step with the slots it depends on put in place of their values."""
    for name, value in values.items():
        slot = "{" + name + "}"
        if isinstance(step.action, TypeText) and step.action.text.strip() == value:
            step = replace(step, action=replace(step.action, text=slot))
        target = step.target
        if target is not None and target.kind in {"row", "row_icon", "text"} and _holds(target, value):
            step = replace(step, target=replace(target, template=slot))
        if step.target is not None and step.target.name:
            step = replace(step, target=replace(step.target, name=_with_slot(step.target.name, value, slot)))
    return step


def _with_slot(name: str, value: str, slot: str) -> str:
    """What the program called the target, with the slot in place of its value: "Play Yesterday" -> "Play {song}"."""
    return re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", slot, name, flags=re.IGNORECASE)


def _holds(target: Target, value: str) -> bool:
    """Whether the target's own text, or a part of its row, is the value."""
    texts = [target.text] if target.kind == "text" else [target.text, *re.split(r"\s{2,}|[|·•\t]", target.row_text)]
    likeness = max(fuzz.ratio(text, value, processor=utils.default_process) for text in texts)
    return likeness >= SAME


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
