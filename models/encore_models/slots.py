"""Slots: what was both said and done, found in the words of a command and in its steps (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from encore_models.macro import SLOT_PATTERN, Step, Target
from encore_models.perception.likeness import spelt_alike
from encore_models.phrases import words_of
from encore_recorder.actions import TypeText

SPOKEN = 72.0
"""Percent of likeness from which a typed text counts as spoken; Whisper misspells titles."""
SAME = 90.0
"""Percent of likeness from which a text on the screen counts as the slot's value."""

SLOT_NAMES = {
    "song": {"play", "song", "track", "listen", "hear", "queue"},
    "query": {"search", "find", "look", "google", "show"},
    "name": {"open", "call", "message", "start", "launch", "email"},
    "text": {"type", "write", "say", "note", "enter"},
}
"""What a slot is called after the words of its command; the user can rename it."""


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
    # A reader takes "rn" for "m": that row would be pressed on every other day as well.
    return bool(100 * spelt_alike(texts, [value]).max() >= SAME)
