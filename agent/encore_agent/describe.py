"""A step as a sentence for a person: "Double-click the row {song}", "Type {song}", "Press Ctrl+F"; scores in a line."""

from __future__ import annotations

from collections.abc import Mapping

from encore_agent.enrolments import Enrolment
from encore_agent.messages import Evidence
from encore_models.macro import SLOT_PATTERN, Step, Target
from encore_recorder.actions import Click, DoubleClick, Drag, PressKeys, Scroll, TypeText
from encore_recorder.geometry import Point

LONGEST_QUOTE = 60
"""Characters of screen or typed text that a sentence shows; more makes a list of steps unreadable."""

_BUTTONS = {
    "left": "Click",
    "middle": "Middle-click",
    "right": "Right-click",
    "back": "Click with the back button on",
    "forward": "Click with the forward button on",
}
_KEYS = {
    "ctrl": "Ctrl",
    "ctrlleft": "Ctrl",
    "ctrlright": "Ctrl",
    "alt": "Alt",
    "altleft": "Alt",
    "altright": "AltGr",
    "shift": "Shift",
    "shiftleft": "Shift",
    "shiftright": "Shift",
    "win": "Super",
    "winleft": "Super",
    "winright": "Super",
    "enter": "Enter",
    "return": "Enter",
    "esc": "Esc",
    "escape": "Esc",
    "pageup": "Page Up",
    "pgup": "Page Up",
    "pagedown": "Page Down",
    "pgdn": "Page Down",
    "del": "Delete",
    "space": "Space",
    " ": "Space",
}


def describe_step(step: Step, slots: Mapping[str, str] | None = None) -> str:
    """What the step does, as one sentence without a full stop.

    Args:
        step: A step of a macro.
        slots: Values to show in place of the slots; a slot without a value stays in braces.
    """
    action = step.action
    if isinstance(action, TypeText):
        return f"Type {_quoted(action.text, slots)}"
    if isinstance(action, PressKeys):
        return f"Press {describe_keys(action.keys)}"
    place = _place(step.target, step.window.app_class, slots)
    if isinstance(action, Click):
        return _with_modifiers(action.modifiers, _BUTTONS[action.button], place)
    if isinstance(action, DoubleClick):
        return _with_modifiers(action.modifiers, "Double-click", place)
    if isinstance(action, Scroll):
        return _with_modifiers(action.modifiers, f"Scroll {_scrolled(action)} over", place)
    return _with_modifiers(action.modifiers, "Drag", f"{place} {_way(action)}")


def describe_keys(keys: tuple[str, ...]) -> str:
    """A chord as menus write it: `Ctrl+Shift+F5`."""
    return "+".join(_KEYS.get(key) or (key.upper() if len(key) == 1 else key.capitalize()) for key in keys)


def describe_evidence(evidence: Evidence) -> str:
    """The scores in a line: `voice 0.92 (next best 0.31), words 100 %, log p -0.4 (transcript -0.3)`."""
    parts = []
    if evidence.likeness is not None:
        parts.append(f"voice {evidence.likeness:.2f}{_beside('next best', evidence.rival_likeness)}")
    if evidence.words is not None:
        parts.append(f"words {evidence.words:.0f} %")
    if evidence.log_p is not None:
        parts.append(f"log p {evidence.log_p:.2f}{_beside('transcript', evidence.transcript_log_p)}")
    if evidence.value is not None:
        parts.append(f"value {evidence.value:.2f}")
    return ", ".join(parts)


def _beside(what: str, value: float | None) -> str:
    return "" if value is None else f" ({what} {value:.2f})"


def describe_enrolment(enrolment: Enrolment) -> str:
    """What was said and where it is from: `“next track”, demonstration, 2026-11-21`."""
    said = f"“{enrolment.phrase}”" if enrolment.phrase else "(no words)"
    return ", ".join(filter(None, (said, enrolment.source, enrolment.date_utc[:10])))


def _with_modifiers(modifiers: tuple[str, ...], verb: str, place: str) -> str:
    if not modifiers:
        return f"{verb} {place}"
    return f"{describe_keys(modifiers)}+{verb[0].lower()}{verb[1:]} {place}"


def _place(target: Target | None, app_class: str, slots: Mapping[str, str] | None) -> str:
    """The target in words; its own text first, then its row's, since icons rarely have a name."""
    window = f"the window of {app_class}" if app_class else "the window"
    if target is None or target.kind == "blank":
        return f"an empty place in {window}"
    own = _quoted(target.template or target.text, slots)
    row = own if target.template else _quoted(target.row_text, slots)
    if target.kind == "row":
        return f"the row {own or row}".rstrip()
    if target.kind == "row_icon":
        return f"the icon in the row {row}" if row else "the icon in the row"
    if target.kind == "field":
        return f"the field {own}" if own else "the text field"
    if target.kind == "slider":
        return f"the slider in {window}"
    if target.kind == "icon":
        return f"the icon {own}" if own else f"the icon in {window}"
    return own or f"the text in {window}"


def _quoted(text: str, slots: Mapping[str, str] | None) -> str:
    """Text in quotes, slots filled in; a lone slot without a value stands bare. Empty stays empty."""
    values = slots or {}
    if (lone := SLOT_PATTERN.fullmatch(text)) and lone[1] not in values:
        return text
    filled = SLOT_PATTERN.sub(lambda match: values.get(match[1], match[0]), text)
    # A typed line break must stay visible, since it often submits.
    shown = " ".join(filled.replace("\n", " ⏎ ").split())
    if len(shown) > LONGEST_QUOTE:
        shown = shown[: LONGEST_QUOTE - 1].rstrip() + "…"
    return f"“{shown}”" if shown else ""


def _scrolled(action: Scroll) -> str:
    parts = []
    if action.dy:
        parts.append(f"{'up' if action.dy > 0 else 'down'} {_notches(action.dy)}")
    if action.dx:
        parts.append(f"{'right' if action.dx > 0 else 'left'} {_notches(action.dx)}")
    return " and ".join(parts) or "nowhere"


def _notches(count: int) -> str:
    return f"{abs(count)} notch{'es' if abs(count) != 1 else ''}"


def _way(action: Drag) -> str:
    way = Point(action.end.x - action.position.x, action.end.y - action.position.y)
    parts = []
    if way.x:
        parts.append(f"{abs(way.x)} px {'right' if way.x > 0 else 'left'}")
    if way.y:
        parts.append(f"{abs(way.y)} px {'down' if way.y > 0 else 'up'}")
    return " and ".join(parts) or "in place"
