"""What a recording notes down beside picture and sound: one frozen dataclass an event.

Every event carries `time_ns`: nanoseconds on the monotonic clock since the demonstration began.
Positions are physical pixels of the virtual desktop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from encore_recorder.geometry import Point, Rect

Button = Literal["left", "middle", "right", "back", "forward"]


@dataclass(frozen=True, slots=True)
class Window:
    """A top-level window as the window manager tells it."""

    title: str
    app_class: str
    """What the program calls itself (second part of WM_CLASS); it stays when the title follows the song."""
    pid: int | None
    """Process, or None where the program does not say."""
    rect: Rect
    """Client area without the frame, physical pixels."""
    handle: int = 0
    """The window system's number for it while it is open; 0 where nobody knows."""


@dataclass(frozen=True, slots=True)
class PointerMoved:
    """The pointer went to a place."""

    time_ns: int
    position: Point
    kind: Literal["pointer_moved"] = "pointer_moved"


@dataclass(frozen=True, slots=True)
class PointerButton:
    """A mouse button went down or up."""

    time_ns: int
    position: Point
    button: Button
    pressed: bool
    window: Window | None = None
    """What the pointer was over, as it was just after the press; None of releases, and where nobody knows."""
    kind: Literal["pointer_button"] = "pointer_button"


@dataclass(frozen=True, slots=True)
class PointerScrolled:
    """The wheel turned; positive `dy` is up, positive `dx` is right, in notches."""

    time_ns: int
    position: Point
    dx: int
    dy: int
    window: Window | None = None
    """What the pointer was over; None where nobody knows."""
    kind: Literal["pointer_scrolled"] = "pointer_scrolled"


@dataclass(frozen=True, slots=True)
class KeyChanged:
    """A key went down or up."""

    time_ns: int
    key: str
    """pyautogui's name where it has one ("enter", "ctrl", "f5"), else the character itself."""
    pressed: bool
    text: str | None = None
    """The character that the key types on its own; None for keys that type nothing, empty for dead keys.

    U+FFFD stands for a character that the keyboard layout does not know (typed by a program through a borrowed key).
    """
    kind: Literal["key_changed"] = "key_changed"


@dataclass(frozen=True, slots=True)
class WindowChanged:
    """Another window has the focus, or the focused one moved, was resized or got a new title."""

    time_ns: int
    window: Window
    kind: Literal["window_changed"] = "window_changed"


@dataclass(frozen=True, slots=True)
class ElementSeen:
    """What the program says is at the place of a press (AT-SPI); only of programs that tell."""

    time_ns: int
    """That of the press."""
    role: str
    """In AT-SPI's words, such as `push button`."""
    name: str
    """Its label or what a screen reader says; empty where the program tells none, and of password fields."""
    box: Rect
    took_ns: int = 0
    """How long after the press the program had answered; what came after the release may be what the click did."""
    kind: Literal["element_seen"] = "element_seen"


@dataclass(frozen=True, slots=True)
class PlaybackChanged:
    """A media player on the session bus (MPRIS) reports another track or state.

    Source: https://specifications.freedesktop.org/mpris-spec/latest/
    """

    time_ns: int
    player: str
    """Bus name without `org.mpris.MediaPlayer2.`, for example `spotify`."""
    status: Literal["Playing", "Paused", "Stopped"]
    title: str
    artist: str
    kind: Literal["playback_changed"] = "playback_changed"


@dataclass(frozen=True, slots=True)
class RecordingPaused:
    """From here nothing is kept, until the next `RecordingResumed`."""

    time_ns: int
    kind: Literal["recording_paused"] = "recording_paused"


@dataclass(frozen=True, slots=True)
class RecordingResumed:
    """Events, picture and sound are kept again."""

    time_ns: int
    kind: Literal["recording_resumed"] = "recording_resumed"


Event = Annotated[
    PointerMoved
    | PointerButton
    | PointerScrolled
    | KeyChanged
    | WindowChanged
    | ElementSeen
    | PlaybackChanged
    | RecordingPaused
    | RecordingResumed,
    Field(discriminator="kind"),
]

EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
"""The one codec of `events.jsonl`: `EVENTS.dump_json(event)` and `EVENTS.validate_json(line)`."""
