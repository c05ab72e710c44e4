"""What was learned: a macro with its phrases, slots and steps, and its folder on disk.

A macro folder holds `macro.json` (readable, diffable) and `steps/NN-before.png`, the target window as it
was when the step was shown. It opens without the demonstration it came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from encore_recorder.actions import Action, TypeText
from encore_recorder.geometry import Point, Rect

FORMAT_VERSION = 1

TargetKind = Literal["icon", "text", "row", "row_icon", "field", "slider", "blank"]
"""What a step acts on decides which evidence identifies it: a row by its text, an icon by its drawing."""

SLOT_PATTERN = re.compile(r"\{([a-z][a-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the command that varies."""

    name: str
    values: tuple[str, ...] = ()
    """Values known for it: shown in demonstrations, or given by the user as a list."""
    used: tuple[str, ...] = ()
    """Others that it had in runs that went well, oldest first. However many, they are no list: what is not among them
    may be meant as well."""

    def __post_init__(self) -> None:
        if not SLOT_PATTERN.fullmatch("{" + self.name + "}"):
            raise ValueError(f"a slot's name is lower case letters, digits and _, not {self.name!r}")

    @property
    def known(self) -> tuple[str, ...]:
        """All values that were ever given, shown or used."""
        return (*self.values, *self.used)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One wording of a command, slots in braces: `play {song}`."""

    text: str

    def __post_init__(self) -> None:
        if not SLOT_PATTERN.sub("", self.text).strip():
            raise ValueError(f"a phrase needs a word besides its slots, not {self.text!r}")

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of its slots, in order."""
        return tuple(SLOT_PATTERN.findall(self.text))


@dataclass(frozen=True, slots=True)
class WindowIdentity:
    """The window a step belongs to, in terms that survive a restart of its program."""

    app_class: str
    title: str
    """Title when shown; a hint only, since players put the song there."""
    rect: Rect
    """Client area when shown, physical pixels of the virtual desktop."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a pointer step acts on, in pixels of the step's window picture."""

    kind: TargetKind
    box: Rect
    """The ink of the candidate that was acted on."""
    offset: Point
    """From the box's centre to the place acted on."""
    text: str = ""
    """Text of the target itself as it was read; empty where it has none."""
    row_text: str = ""
    """All text of its row; what tells one heart from the next."""
    template: str | None = None
    """Slots in braces where the target follows what was said (`{song}`); None where it stays the same."""
    look_alikes: int = 0
    """Other candidates on the shown screen that look the same."""
    role: str = ""
    """What the program said it was, in AT-SPI's words such as `push button`; empty where it said nothing."""
    name: str = ""
    """What the program called it, with slots in braces; empty where it said nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """An action, what it acts on, and what the screen looked like."""

    action: Action
    """As shown; positions are pixels of the step's window picture. Typed text may hold slots in braces."""
    window: WindowIdentity
    before: str
    """The window's picture before the action, relative to the macro's folder."""
    target: Target | None = None
    """None for typing and key presses."""
    pause_ms: int = 0
    """From this step to the next one when it was shown; a replay waits for its screen at least as patiently."""
    replaces: bool = False
    """For typed text: the field held nothing else afterwards, so a replay replaces what stands in it."""
    after: str = ""
    """The window's picture when the click had changed its target and nothing else, as `before`; empty for all else."""
    on: Rect | None = None
    """The target's ink on that picture."""

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the slots this step depends on."""
        text = self.action.text if isinstance(self.action, TypeText) else ""
        return tuple(SLOT_PATTERN.findall(text + ((self.target and self.target.template) or "")))


@dataclass(frozen=True, slots=True)
class PlaybackEffect:
    """The macro makes a media player play: what MPRIS said at the end of the demonstration."""

    player: str
    """Bus name without `org.mpris.MediaPlayer2.`."""
    status: Literal["Playing", "Paused", "Stopped"]
    title: str
    """Expected title, slots in braces; empty where any will do."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One learned command."""

    id: str
    """Folder name: letters, digits and -."""
    name: str
    phrases: tuple[Phrase, ...]
    """The first one names the macro's command."""
    slots: tuple[Slot, ...]
    steps: tuple[Step, ...]
    created_utc: str
    """ISO 8601."""
    demonstration: str
    """Id of the demonstration it came from."""
    effect: PlaybackEffect | None = None
    """What the world shows when it worked; None where nothing outside the screen tells."""
    version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"macro {self.name!r} has no steps")
        if not self.phrases:
            raise ValueError(f"macro {self.name!r} has no phrase to say")
        known = {slot.name for slot in self.slots}
        used = {name for phrase in self.phrases for name in phrase.slots}
        used |= {name for step in self.steps for name in step.slots}
        if unknown := used - known:
            raise ValueError(f"macro {self.name!r} uses the slots {sorted(unknown)}, but has {sorted(known)}")

    def slot(self, name: str) -> Slot:
        """The slot of that name.

        Raises:
            KeyError: The macro has no such slot.
        """
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise KeyError(name)


def fill(template: str, values: dict[str, str]) -> str:
    """`template` with each slot in braces replaced by its value.

    Raises:
        KeyError: A slot of the template has no value.
    """
    return SLOT_PATTERN.sub(lambda match: values[match[1]], template)
