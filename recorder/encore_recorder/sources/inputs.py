"""Mouse and keyboard of the whole desktop (pynput)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from encore_recorder.errors import NoDisplay
from encore_recorder.events import Button, KeyChanged, PointerButton, PointerMoved, PointerScrolled
from encore_recorder.geometry import Point
from encore_recorder.sources.display import open_display, require_x11
from encore_recorder.sources.keys import KeyReader, character_of

log = logging.getLogger(__name__)

InputEvent = PointerMoved | PointerButton | PointerScrolled | KeyChanged

MOVE_NS = 8_000_000
"""Pointer moves that follow another sooner are left out; presses carry their own place."""

BUTTONS: dict[str, Button] = {
    "left": "left", "middle": "middle", "right": "right", "button8": "back", "button9": "forward",
}  # fmt: skip
_READY_TIMEOUT_S = 5.0
_BEGIN_S = 0.03


class InputSource:
    """Hands on every press, release, move and turn of the wheel.

    Programs' own (synthetic) input comes along too: X11 does not mark it.
    """

    def __init__(self, emit: Callable[[InputEvent], None]) -> None:
        """A source that is not started yet.

        Args:
            emit: Gets every event on pynput's threads; times are of `time.monotonic_ns()`.
        """
        self._emit = emit
        self._listeners: list[Any] = []
        self._error: BaseException | None = None
        self._connection: _Connection | None = None
        self._moved_ns = 0
        self._closing = False

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            NoDisplay: There is none, or it does not tell about input.
            WaylandSession: It tells nobody.
        """
        display = require_x11()
        self._connection = _Connection()
        from pynput import keyboard, mouse

        self._keys = KeyReader(self._connection.level_3, self._connection.caps_lock())
        self._listeners = [
            mouse.Listener(on_move=self._moved, on_click=self._clicked, on_scroll=self._scrolled),
            keyboard.Listener(on_press=self._pressed, on_release=self._released),
        ]
        for listener in self._listeners:
            listener.start()
        for listener in self._listeners:
            if not _ready(listener):
                self.__exit__()
                raise NoDisplay(display, "it does not tell about mouse and keyboard (extension RECORD)")
        # pynput calls itself ready just before it asks the server to begin.
        time.sleep(_BEGIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        for listener in self._listeners:
            listener.stop()
            if self._connection is not None:
                self._connection.wake(listener)
        for listener in self._listeners:
            self._error = _error_of(listener) or self._error
        self._listeners = []
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
        for listener in self._listeners:
            if not listener.is_alive() and not self._closing:
                self._error = _error_of(listener) or NoDisplay(None, f"{type(listener).__module__} ended by itself")
        if self._error is not None:
            raise self._error

    # What pynput calls; an exception here ends the listener and comes back from its join().

    def _moved(self, x: int, y: int, *_: object) -> None:
        now_ns = time.monotonic_ns()
        if now_ns - self._moved_ns >= MOVE_NS:
            self._moved_ns = now_ns
            self._emit(PointerMoved(now_ns, Point(int(x), int(y))))

    def _clicked(self, x: int, y: int, button: Any, pressed: bool, *_: object) -> None:
        name = BUTTONS.get(button.name)
        if name is not None:
            self._emit(PointerButton(time.monotonic_ns(), Point(int(x), int(y)), name, bool(pressed)))

    def _scrolled(self, x: int, y: int, dx: int, dy: int, *_: object) -> None:
        self._emit(PointerScrolled(time.monotonic_ns(), Point(int(x), int(y)), int(dx), int(dy)))

    def _pressed(self, key: Any, *_: object) -> None:
        now_ns = time.monotonic_ns()
        name, text = self._keys.pressed(key)
        self._emit(KeyChanged(now_ns, name, True, text))

    def _released(self, key: Any, *_: object) -> None:
        now_ns = time.monotonic_ns()
        self._emit(KeyChanged(now_ns, self._keys.released(key), False))


class _Connection:
    """What the X server is asked for beside pynput."""

    _LEVEL_3_COLUMN = 4
    """First column of the core keyboard map that AltGr selects on a layout of one group; the next one adds shift."""

    def __init__(self) -> None:
        self._display = open_display()
        self._lock = threading.Lock()

    def close(self) -> None:
        self._display.close()

    def wake(self, listener: Any) -> None:
        """Have a stopped listener end now.

        pynput asks the server to end on the connection that its thread reads from, where python-xlib leaves the wish
        lying until the next event comes; the same wish on another connection is heard at once.
        """
        context = getattr(listener, "_context", None)
        if context is not None:
            self._display.record_disable_context(context)
            self._display.flush()

    def caps_lock(self) -> bool:
        """Whether caps lock is on."""
        return bool(self._display.get_keyboard_control().led_mask & 1)

    def level_3(self, keysym: int, shift: bool) -> str | None:
        """The character of the key that types `keysym`, with AltGr held."""
        with self._lock:
            keycode = self._display.keysym_to_keycode(keysym)
            if not keycode:
                return None
            found = self._display.keycode_to_keysym(keycode, self._LEVEL_3_COLUMN + shift)
        return character_of(found)


def _ready(listener: Any) -> bool:
    """Wait until a listener misses nothing; False where it cannot start."""
    waiter = threading.Thread(target=listener.wait, daemon=True)
    waiter.start()
    waiter.join(_READY_TIMEOUT_S)
    return not waiter.is_alive() and listener.is_alive()


def _error_of(listener: Any) -> BaseException | None:
    """What ended a listener; pynput hands it over in join()."""
    try:
        listener.join(2.0)
    except Exception as error:  # noqa: BLE001 - the thread's own error, whatever it is, goes to the owner
        return error
    return None
