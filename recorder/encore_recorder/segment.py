"""Raw events -> actions: what the person meant by presses, releases and turns (pure)."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from encore_recorder.actions import Action, Click, DoubleClick, Drag, PressKeys, RecordedAction, Scroll, TypeText
from encore_recorder.events import (
    Button,
    ElementSeen,
    Event,
    KeyChanged,
    PointerButton,
    PointerScrolled,
    RecordingPaused,
    Window,
    WindowChanged,
)
from encore_recorder.geometry import Point, Rect

DOUBLE_CLICK_NS = 500_000_000
"""From press to press."""
DOUBLE_CLICK_PX = 5
DRAG_PX = 8
"""A release so far away from its press is no click."""
SCROLL_GAP_NS = 1_000_000_000
"""Turns of the wheel with longer pauses in between are two scrolls."""
SCROLL_PX = 20

NOWHERE = Window("", "", None, Rect(0, 0, 0, 0))
"""Where an action went of which nobody knows the window."""

MODIFIERS = {
    "ctrl": "ctrl", "ctrlleft": "ctrl", "ctrlright": "ctrl",
    "alt": "alt", "altleft": "alt", "altright": "alt",
    "shift": "shift", "shiftleft": "shift", "shiftright": "shift",
    "win": "win", "winleft": "win", "winright": "win",
}  # fmt: skip
"""Keys that are held while others are pressed, and the name under which an action holds them."""
_ORDER = ("ctrl", "alt", "shift", "win")
_SILENT = frozenset({"altgr", "capslock", "numlock", "scrolllock", "fn"})
"""Keys that only change what others type."""


def actions_of(
    events: Iterable[Event], own_pids: frozenset[int] = frozenset(), own_chords: Collection[tuple[str, ...]] = ()
) -> list[RecordedAction]:
    """What a person did, in the order of the first presses.

    Args:
        events: In the order of their times.
        own_pids: Processes of Encore's own; what was done in their windows is left out.
        own_chords: Encore's own hotkeys, as `PressKeys` holds them; pressing one is no action.
    """
    segmenter = _Segmenter(own_pids)
    for event in events:
        segmenter.take(event)
    segmenter.finish_typing()
    # A drag is known at its release only; keys may have been pressed meanwhile.
    own = {PressKeys(chord) for chord in own_chords}
    return sorted((done for done in segmenter.actions if done.action not in own), key=lambda done: done.start_ns)


@dataclass
class _Press:
    """A button that is held."""

    event: PointerButton
    window: Window
    modifiers: tuple[str, ...]
    element: ElementSeen | None = None

    def element_before(self, release_ns: int) -> ElementSeen | None:
        """What the program said was there, if it said so before the release: later the click may have changed it."""
        element = self.element
        in_time = element is not None and self.event.time_ns + element.took_ns <= release_ns
        return element if in_time else None


@dataclass
class _Typing:
    """Text on its way: a line of characters with a caret in it."""

    window: Window
    start_ns: int
    end_ns: int
    _characters: list[str] = field(default_factory=list)
    _caret: int = 0
    _moves: list[tuple[str, int]] = field(default_factory=list)
    """Caret keys whose purpose is not known yet: a correction follows, or they meant something else."""

    def insert(self, text: str) -> None:
        """Type at the caret."""
        self._moves.clear()
        self._characters[self._caret : self._caret] = text
        self._caret += len(text)

    def edit(self, key: str, time_ns: int, word: bool = False) -> bool:
        """Apply an editing key; False where it reaches beyond this text."""
        caret, length = self._caret, len(self._characters)
        match key:
            case "backspace" if caret > 0:
                self._delete(self._word_start() if word else caret - 1, caret)
            case "delete" if caret < length and not word:
                self._delete(caret, caret + 1)
            case "left" | "right" | "home" | "end" if not word:
                place = {"left": caret - 1, "right": caret + 1, "home": 0, "end": length}[key]
                if not 0 <= place <= length:
                    return False
                self._moves.append((key, time_ns))
                self._caret = place
            case _:
                return False
        return True

    def finished(self) -> list[RecordedAction]:
        """The text as it ended up, and the caret keys that corrected nothing."""
        text = "".join(self._characters)
        actions: list[Action] = []
        if text:
            # A space on its own is a button ("pause"), not a text.
            actions.append(PressKeys(("space",)) if text == " " else TypeText(text))
        recorded = [RecordedAction(action, self.start_ns, self.end_ns, self.window) for action in actions]
        for key, time_ns in self._moves:
            recorded.append(RecordedAction(PressKeys((key,)), time_ns, time_ns, self.window))
        return recorded

    def _delete(self, first: int, last: int) -> None:
        self._moves.clear()
        del self._characters[first:last]
        self._caret = first

    def _word_start(self) -> int:
        before = "".join(self._characters[: self._caret]).rstrip()
        return before.rfind(" ") + 1


class _Segmenter:
    """The state between two events."""

    def __init__(self, own_pids: frozenset[int]) -> None:
        self.actions: list[RecordedAction] = []
        self._own = own_pids
        self._focus = NOWHERE
        self._held: set[str] = set()
        self._presses: dict[Button, _Press] = {}
        self._typing: _Typing | None = None
        self._keys_down: dict[str, int] = {}
        """Keys of key presses that are still held, and the index of their action."""
        self._tapped_ns: int | None = None
        """When the win key went down, as long as nothing else was touched."""

    def take(self, event: Event) -> None:
        match event:
            case KeyChanged(pressed=True):
                self._key_pressed(event)
            case KeyChanged():
                self._key_released(event)
            case PointerButton(pressed=True):
                self._button_pressed(event)
            case PointerButton():
                self._button_released(event)
            case PointerScrolled():
                self._scrolled(event)
            case ElementSeen():
                self._element_seen(event)
            case WindowChanged():
                if not _same(self._focus, event.window):
                    self.finish_typing()
                self._focus = event.window
            case RecordingPaused():
                self.finish_typing()
                self._presses.clear()
                self._held.clear()
                self._keys_down.clear()
                self._tapped_ns = None
            case _:
                pass

    def finish_typing(self) -> None:
        """Whatever comes next does not belong to the text that is being typed."""
        if self._typing is not None:
            self.actions += self._typing.finished()
            self._typing = None

    # Keys

    def _key_pressed(self, event: KeyChanged) -> None:
        if event.key in MODIFIERS:
            modifier = MODIFIERS[event.key]
            self._held.add(modifier)
            self._tapped_ns = event.time_ns if modifier == "win" else None
            return
        self._tapped_ns = None
        if event.key in _SILENT or self._is_own(self._focus):
            return
        command = self._held & {"ctrl", "alt", "win"}
        if event.text is not None and not command:
            self._type(event, event.text)
        elif self._typing is None or not self._correct(event, command):
            self.finish_typing()
            self._press((*self._modifiers(), event.key), event)

    def _key_released(self, event: KeyChanged) -> None:
        modifier = MODIFIERS.get(event.key)
        if modifier is not None:
            self._held.discard(modifier)
            if modifier == "win" and self._tapped_ns is not None and not self._is_own(self._focus):
                self.finish_typing()
                self._add(PressKeys(("win",)), self._tapped_ns, event.time_ns, self._focus)
            self._tapped_ns = None
            return
        index = self._keys_down.pop(event.key, None)
        if index is not None:
            self.actions[index] = replace(self.actions[index], end_ns=event.time_ns)
        elif self._typing is not None:
            self._typing.end_ns = event.time_ns

    def _type(self, event: KeyChanged, text: str) -> None:
        if self._typing is None:
            self._typing = _Typing(self._focus, event.time_ns, event.time_ns)
        self._typing.insert(text)
        self._typing.end_ns = event.time_ns

    def _correct(self, event: KeyChanged, command: set[str]) -> bool:
        assert self._typing is not None
        if "shift" in self._held or command - {"ctrl"}:
            return False
        if not self._typing.edit(event.key, event.time_ns, word=bool(command)):
            return False
        self._typing.end_ns = event.time_ns
        return True

    def _press(self, keys: tuple[str, ...], event: KeyChanged) -> None:
        self._keys_down[event.key] = len(self.actions)
        self._add(PressKeys(keys), event.time_ns, event.time_ns, self._focus)

    # Pointer

    def _button_pressed(self, event: PointerButton) -> None:
        self._tapped_ns = None
        window = event.window or self._focus
        if not self._is_own(window):
            self.finish_typing()
            self._presses[event.button] = _Press(event, window, self._modifiers())

    def _element_seen(self, event: ElementSeen) -> None:
        for press in self._presses.values():
            if press.event.time_ns == event.time_ns:
                press.element = event

    def _button_released(self, event: PointerButton) -> None:
        if event.button not in self._presses:
            return
        held = self._presses.pop(event.button)
        press, window, modifiers = held.event, held.window, held.modifiers
        element = held.element_before(event.time_ns)
        if _distance(press.position, event.position) > DRAG_PX:
            drag = Drag(press.position, event.position, press.button, modifiers)
            self._add(drag, press.time_ns, event.time_ns, window, element)
            return
        click = Click(press.position, press.button, modifiers)
        first = self.actions[-1] if self.actions else None
        if first is not None and _doubles(first, click, press.time_ns, window):
            double = DoubleClick(click.position, modifiers)
            # Its element stays that of the first press, which had changed nothing yet.
            self.actions[-1] = replace(first, action=double, end_ns=event.time_ns)
        else:
            self._add(click, press.time_ns, event.time_ns, window, element)

    def _scrolled(self, event: PointerScrolled) -> None:
        self._tapped_ns = None
        window = event.window or self._focus
        if self._is_own(window):
            return
        self.finish_typing()
        turn = Scroll(event.position, event.dx, event.dy, self._modifiers())
        before = self.actions[-1] if self.actions else None
        if before is not None and _continues(before, turn, event.time_ns, window):
            assert isinstance(before.action, Scroll)
            whole = replace(before.action, dx=before.action.dx + turn.dx, dy=before.action.dy + turn.dy)
            self.actions[-1] = replace(before, action=whole, end_ns=event.time_ns)
        else:
            self._add(turn, event.time_ns, event.time_ns, window)

    def _add(
        self, action: Action, start_ns: int, end_ns: int, window: Window, element: ElementSeen | None = None
    ) -> None:
        self.actions.append(RecordedAction(action, start_ns, end_ns, window, element))

    def _modifiers(self) -> tuple[str, ...]:
        return tuple(name for name in _ORDER if name in self._held)

    def _is_own(self, window: Window) -> bool:
        return window.pid in self._own


def _same(first: Window, second: Window) -> bool:
    """Whether two sightings are of one window; its title and place may have changed."""
    if first.handle and second.handle:
        return first.handle == second.handle
    return (first.pid, first.app_class) == (second.pid, second.app_class)


def _distance(first: Point, second: Point) -> float:
    return math.hypot(first.x - second.x, first.y - second.y)


def _doubles(first: RecordedAction, click: Click, time_ns: int, window: Window) -> bool:
    """Whether `click` makes a double click of `first`."""
    action = first.action
    return (
        isinstance(action, Click)
        and action.button == click.button == "left"
        and action.modifiers == click.modifiers
        and time_ns - first.start_ns <= DOUBLE_CLICK_NS
        and _distance(action.position, click.position) <= DOUBLE_CLICK_PX
        and _same(first.window, window)
    )


def _continues(before: RecordedAction, turn: Scroll, time_ns: int, window: Window) -> bool:
    """Whether `turn` goes on with the scroll before it, the same way and in the same place."""
    action = before.action
    return (
        isinstance(action, Scroll)
        and action.modifiers == turn.modifiers
        and time_ns - before.end_ns <= SCROLL_GAP_NS
        and _distance(action.position, turn.position) <= SCROLL_PX
        and (_sign(action.dx), _sign(action.dy)) == (_sign(turn.dx), _sign(turn.dy))
        and _same(before.window, window)
    )


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
