"""pynput's keys -> the names and characters of `KeyChanged` (pure)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SPECIAL = {
    "alt": "alt", "alt_l": "alt", "alt_r": "altright", "alt_gr": "altgr",
    "cmd": "win", "cmd_l": "win", "cmd_r": "winright",
    "ctrl": "ctrl", "ctrl_l": "ctrl", "ctrl_r": "ctrlright",
    "shift": "shift", "shift_l": "shift", "shift_r": "shiftright",
    "caps_lock": "capslock", "num_lock": "numlock", "scroll_lock": "scrolllock",
    "page_up": "pageup", "page_down": "pagedown", "print_screen": "printscreen", "menu": "apps",
    "media_play_pause": "playpause", "media_next": "nexttrack", "media_previous": "prevtrack",
    "media_volume_mute": "volumemute", "media_volume_down": "volumedown", "media_volume_up": "volumeup",
}  # fmt: skip
"""pynput's names that pyautogui calls otherwise; "altgr" is pyautogui's for nothing, it only helps to type."""

LEVEL_3_SHIFT = 0xFE03
"""X11's keysym ISO_Level3_Shift, the AltGr of most layouts."""

UNKNOWN_KEY = "<0>"
UNKNOWN_CHARACTER = "\N{REPLACEMENT CHARACTER}"

Level3 = Callable[[int, bool], str | None]
"""(keysym without AltGr, shift held) -> the character with AltGr held, or None."""


def character_of(keysym: int) -> str | None:
    """The character of an X11 keysym that stands for one; legacy alphabets (other than the euro's page) are left out.

    Source: X Window System Protocol, appendix A, keysym encoding.
    """
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF or 0x20A0 <= keysym <= 0x20AF:
        return chr(keysym)
    if 0x01000100 <= keysym <= 0x0110FFFF:
        return chr(keysym - 0x01000000)
    return None


class KeyReader:
    """Reads key after key: AltGr, caps lock and dead keys make later keys type something else."""

    def __init__(self, level_3: Level3 = lambda keysym, shift: None, caps_lock: bool = False) -> None:
        """A reader at the beginning of a recording.

        Args:
            level_3: Looks characters up that need AltGr; pynput takes the wrong column of the layout for them.
            caps_lock: Whether caps lock is on.
        """
        self._level_3 = level_3
        self._caps_lock = caps_lock
        self._held: set[str] = set()
        self._dead: Any = None

    def pressed(self, key: Any) -> tuple[str, str | None]:
        """A `pynput.keyboard.Key`, `KeyCode` or None went down: its name, and the character it types."""
        name, text = self._read(key)
        self._held.add(name)
        if name == "capslock":
            self._caps_lock = not self._caps_lock
        return name, text

    def released(self, key: Any) -> str:
        """The name of the key that went up."""
        name = _name(key, self._character(key))
        self._held.discard(name)
        return name

    def _read(self, key: Any) -> tuple[str, str | None]:
        character = self._character(key)
        name = _name(key, character)
        if getattr(key, "is_dead", False):
            self._dead = key
            return name, ""
        if name == "space":
            character = " "
        if name == UNKNOWN_KEY:
            character = UNKNOWN_CHARACTER
        if character is None:
            return name, None
        dead, self._dead = self._dead, None
        return name, character if dead is None else _joined(dead, character, key)

    def _character(self, key: Any) -> str | None:
        character: str | None = getattr(key, "char", None)
        if character is None:
            return None
        if "altgr" in self._held:
            character = self._level_3(key.vk or 0, bool(self._held & {"shift", "shiftright"})) or character
        elif self._caps_lock and len(character.swapcase()) == 1:
            character = character.swapcase()
        return character


def _name(key: Any, character: str | None) -> str:
    special: str | None = getattr(key, "name", None)
    if special is not None:
        return SPECIAL.get(special, special)
    if character is not None:
        return "space" if character == " " else character.lower()
    keysym = getattr(key, "vk", None) or 0
    return "altgr" if keysym == LEVEL_3_SHIFT else f"<{keysym}>"


def _joined(dead: Any, character: str, key: Any) -> str:
    """The character that a dead key and the next one make together, or both where they make none."""
    if character == " ":
        return str(dead.char)
    try:
        return str(dead.join(type(key).from_char(character)).char)
    except ValueError:
        return f"{dead.char}{character}"
