"""The six actions: what a person does, as all four parts of Encore name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from encore_recorder.events import Button, ElementSeen, Window
from encore_recorder.geometry import Point


@dataclass(frozen=True, slots=True)
class Click:
    """One press and release in place."""

    position: Point
    button: Button = "left"
    modifiers: tuple[str, ...] = ()
    """Keys held meanwhile, pyautogui's names."""
    kind: Literal["click"] = "click"


@dataclass(frozen=True, slots=True)
class DoubleClick:
    """Two clicks of the left button in quick succession."""

    position: Point
    modifiers: tuple[str, ...] = ()
    kind: Literal["double_click"] = "double_click"


@dataclass(frozen=True, slots=True)
class Drag:
    """Press at `position`, move, release at `end`."""

    position: Point
    end: Point
    button: Button = "left"
    modifiers: tuple[str, ...] = ()
    kind: Literal["drag"] = "drag"


@dataclass(frozen=True, slots=True)
class Scroll:
    """Turn the wheel over a place; positive `dy` is up, in notches."""

    position: Point
    dx: int
    dy: int
    modifiers: tuple[str, ...] = ()
    kind: Literal["scroll"] = "scroll"


@dataclass(frozen=True, slots=True)
class TypeText:
    """Text as it ended up, corrections applied."""

    text: str
    kind: Literal["type_text"] = "type_text"


@dataclass(frozen=True, slots=True)
class PressKeys:
    """One chord: modifiers first, pyautogui's names, for example ("ctrl", "f")."""

    keys: tuple[str, ...]
    kind: Literal["press_keys"] = "press_keys"

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("a key press needs at least one key")


Action = Annotated[
    Click | DoubleClick | Drag | Scroll | TypeText | PressKeys,
    Field(discriminator="kind"),
]
PointerAction = Click | DoubleClick | Drag | Scroll


@dataclass(frozen=True, slots=True)
class RecordedAction:
    """An action with the stretch of the recording in which it happened."""

    action: Action
    start_ns: int
    """First press, on the demonstration's clock."""
    end_ns: int
    """Last release."""
    window: Window
    """The window it went to, as it was at `start_ns`."""
    element: ElementSeen | None = None
    """What the program said was pressed; None of keys, and where it said nothing."""

    def __post_init__(self) -> None:
        if self.end_ns < self.start_ns:
            raise ValueError(f"an action cannot end ({self.end_ns} ns) before it starts ({self.start_ns} ns)")
