"""Pure safety rules: what may never be acted on, and what needs a yes first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from encore_agent.errors import MissingSlot, UnknownSlot
from encore_models.macro import Macro, Step
from encore_recorder.actions import PressKeys
from encore_recorder.events import Window
from encore_recorder.geometry import Point, Rect

DESTRUCTIVE_WORDS = frozenset(
    "delete remove erase discard uninstall format reset unfollow unsubscribe overwrite buy pay purchase order "
    "checkout send submit publish post transfer empty wipe".split()
)
_ARRANGED = re.compile(
    r"\bin (?!(?:and|or|then|to|please|now) )(?:[a-z]+ )?order\b(?! (?:a|an|the|some|my|this|that|it)\b)"
)
"""The noun, as in "in random order"; "log in and order a pizza" holds the verb."""
DESTRUCTIVE_KEYS = frozenset({("delete",), ("shift", "delete"), ("alt", "f4"), ("ctrl", "w"), ("ctrl", "q")})

HAND_MOVED_PX = 6
"""A pointer this far from where Encore left it was moved by the person."""


def check_slots(macro: Macro, slots: Mapping[str, str]) -> None:
    """Let a run begin only with a value for every slot, and none for what is no slot.

    Raises:
        UnknownSlot: The macro has no slot of that name.
        MissingSlot: A slot of the macro has no value.
    """
    known = [slot.name for slot in macro.slots]
    for name in slots:
        if name not in known:
            raise UnknownSlot(macro.id, name, known)
    if missing := [name for name in known if not slots.get(name, "").strip()]:
        raise MissingSlot(macro.id, missing)


def destructive_step(step: Step) -> str | None:
    """Why the step needs a yes before it is carried out, or None where it does not."""
    if isinstance(step.action, PressKeys) and step.action.keys in DESTRUCTIVE_KEYS:
        return f"it presses {'+'.join(step.action.keys)}"
    # Only the control's own label counts: a song that is called "Delete" is not a button, and rows that follow
    # a slot hold content, not commands.
    if step.target is None or step.target.template is not None or step.target.kind == "row":
        return None
    return _reason(step.target.text)


def destructive_macro(macro: Macro) -> str | None:
    """Why the macro needs a yes before it runs, or None where it does not."""
    reasons: Iterable[str | None] = [
        *(_reason(phrase.text) for phrase in macro.phrases),
        *(destructive_step(step) for step in macro.steps),
    ]
    return next((reason for reason in reasons if reason), None)


def destructive_word(text: str) -> str | None:
    """The word of a phrase or label that says that something is lost, sent or paid; None where there is none."""
    words = set(re.findall(r"[a-z]+", _ARRANGED.sub("", text.lower()))) & DESTRUCTIVE_WORDS
    return min(words, default=None)


def _reason(text: str) -> str | None:
    word = destructive_word(text)
    return f"it says {word!r}" if word else None


def refuse_place(place: Point, window: Window, desktop: Rect, seen_there: Window | None) -> str | None:
    """Why a pointer action must not go to `place`, or None where it may.

    Args:
        place: Where to act, physical pixels of the virtual desktop.
        window: The window that the step belongs to.
        desktop: All monitors together.
        seen_there: The window that a person sees at that place; None for the bare desktop.
    """
    where = f"the place ({place.x}, {place.y})"
    if not desktop.contains(place):
        return f"{where} is outside of the screen"
    if not window.rect.contains(place):
        return f"{where} is outside of the step's window"
    if seen_there is None or (seen_there.app_class, seen_there.pid) != (window.app_class, window.pid):
        return f"{where} is covered by {seen_there.title if seen_there else 'something that is no window'!r}"
    return None


def hand_moved(left_at: Point | None, now: Point) -> bool:
    """Whether the person moved the pointer since Encore left it; False where Encore has not moved it yet."""
    if left_at is None:
        return False
    return max(abs(now.x - left_at.x), abs(now.y - left_at.y)) > HAND_MOVED_PX
