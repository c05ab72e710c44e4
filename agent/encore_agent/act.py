"""Acting: one protocol, a backend through pyautogui, and a dry run that only notes what it would do."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from encore_agent.errors import CannotAct, PersonTookOver
from encore_recorder.actions import Action, Click, DoubleClick, Drag, PressKeys, Scroll, TypeText
from encore_recorder.geometry import Point

GLIDE_S = 0.12
"""The pointer travels rather than jumps: hover effects and tool tips behave as they do for a person."""

DOUBLE_CLICK_S = 0.05
"""Between the clicks of a double click. With none both may have the same time, in whole milliseconds as X gives it, and
Qt takes two presses at one time for two clicks."""


class Actuator(Protocol):
    """Carries out actions; positions are physical pixels of the virtual desktop."""

    def perform(self, action: Action) -> None:
        """Carry out one action and return when its last event was sent.

        Raises:
            PersonTookOver: The person pushed the pointer into a screen corner.
            CannotAct: The machine does not let Encore act, or lacks what the action needs.
        """

    def pointer(self) -> Point:
        """Where the pointer is."""


class TextEntry(Protocol):
    """One way to enter text, whatever the keyboard layout."""

    def enter(self, text: str) -> None:
        """Type `text` where the focus is.

        Raises:
            CannotAct: It could not be typed.
        """


class XdotoolText:
    """Typing through xdotool, which borrows a key code for characters that the layout lacks (X11)."""

    def __init__(self, delay_ms: int = 6) -> None:
        """Wait `delay_ms` between two characters."""
        self._delay_ms = delay_ms

    def enter(self, text: str) -> None:
        """Type `text`; see `TextEntry`."""
        # Without --clearmodifiers: it presses again what it found pressed, and a key that was let go meanwhile sticks.
        command = ["xdotool", "type", "--delay", str(self._delay_ms), "--file", "-"]
        try:
            subprocess.run(command, input=text.encode(), check=True, capture_output=True, timeout=10 + len(text))
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotAct(f"typing {text!r} through xdotool", str(error)) from error


class ClipboardText:
    """Typing through the clipboard and the paste chord; the clipboard's text is put back afterwards."""

    def __init__(self, gui: Any, paste: tuple[str, ...]) -> None:
        """Press `paste` through the pyautogui module `gui`."""
        self._gui = gui
        self._paste = paste

    def enter(self, text: str) -> None:
        """Type `text`; see `TextEntry`."""
        import pyperclip

        try:
            before = pyperclip.paste()
            pyperclip.copy(text)
        except pyperclip.PyperclipException as error:
            raise CannotAct("typing through the clipboard", f"{error}; install xclip or xdotool") from error
        self._gui.hotkey(*self._paste)
        time.sleep(0.2)  # the program fetches the clipboard after the key press, in its own time
        pyperclip.copy(before)


class PyAutoGuiActuator:
    """Mouse and keys through pyautogui, text through the layout-proof way that the machine offers."""

    def __init__(self, text_entry: TextEntry | None = None) -> None:
        """Connect to the display.

        Raises:
            CannotAct: There is no display to act on.
        """
        self._gui = _load_pyautogui()
        self._gui.PAUSE = 0
        self._gui.FAILSAFE = True
        self._text = text_entry or self._choose_text_entry()

    def _choose_text_entry(self) -> TextEntry:
        if shutil.which("xdotool"):
            return XdotoolText()
        return ClipboardText(self._gui, ("command" if sys.platform == "darwin" else "ctrl", "v"))

    def pointer(self) -> Point:
        """Where the pointer is."""
        x, y = self._gui.position()
        return Point(int(x), int(y))

    def perform(self, action: Action) -> None:
        """Carry out one action; see `Actuator`."""
        try:
            self._perform(action)
        except self._gui.FailSafeException as error:
            raise PersonTookOver("the pointer is in a corner of the screen") from error

    def _perform(self, action: Action) -> None:
        gui = self._gui
        match action:
            case TypeText(text=text):
                self._text.enter(text)
                return
            case PressKeys(keys=keys):
                gui.hotkey(*keys)
                return
            case _:
                gui.moveTo(action.position.x, action.position.y, duration=GLIDE_S, tween=gui.easeOutQuad)
        match action:
            case Click(button=button, modifiers=held):
                with gui.hold(list(held)):
                    gui.click(button=button)
            case DoubleClick(modifiers=held):
                with gui.hold(list(held)):
                    gui.doubleClick(interval=DOUBLE_CLICK_S)
            case Drag(end=end, button=button, modifiers=held):
                with gui.hold(list(held)):
                    gui.mouseDown(button=button)
                    gui.moveTo(end.x, end.y, duration=4 * GLIDE_S, tween=gui.easeInOutQuad)
                    gui.mouseUp(button=button)
            case Scroll(dx=dx, dy=dy, modifiers=held):
                with gui.hold(list(held)):
                    if dy:
                        gui.scroll(dy)
                    if dx:
                        gui.hscroll(dx)


@dataclass
class DryRunActuator:
    """Notes every action and moves nothing; for `--dry-run` and tests."""

    performed: list[Action] = field(default_factory=list)
    _pointer: Point = field(default_factory=lambda: Point(0, 0))

    def perform(self, action: Action) -> None:
        """Note the action."""
        self.performed.append(action)
        if not isinstance(action, TypeText | PressKeys):
            self._pointer = action.end if isinstance(action, Drag) else action.position

    def pointer(self) -> Point:
        """Where the pointer would be."""
        return self._pointer


@cache
def _load_pyautogui() -> Any:
    # pyautogui imports mouseinfo, which ends the whole process where tkinter is missing, and pyscreeze, which leaves
    # pipes open. Encore uses neither, and pyautogui does well without: None makes its guarded imports fail softly.
    for unused in ("mouseinfo", "pyscreeze"):
        sys.modules.setdefault(unused, None)  # type: ignore[arg-type]
    try:
        import pyautogui
    except Exception as error:
        # It looks DISPLAY up without asking whether it is there.
        cause = "DISPLAY is not set" if isinstance(error, KeyError) else str(error)
        raise CannotAct("opening the display", f"{cause}; Encore acts on X11") from error
    x11 = sys.modules.get("pyautogui._pyautogui_x11")
    if x11 is not None:  # it connects when it is imported, and never closes that
        atexit.register(_disconnect, x11._display)
    return pyautogui


def _disconnect(display: Any) -> None:
    from Xlib.error import ConnectionClosedError

    with suppress(ConnectionClosedError):  # the server may have ended before
        display.close()
