"""Global hotkeys: chords that reach Encore whatever has the focus, and that no other program sees.

On X11 each chord is grabbed (XGrabKey), which swallows it; listening along would leave it to the focused program too.
"""

from __future__ import annotations

import logging
import os
import queue
import re
import select
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol, Self

from encore_agent.describe import describe_keys
from encore_agent.errors import AgentError
from encore_recorder.sources.display import open_display

log = logging.getLogger(__name__)

MODIFIERS = ("ctrl", "alt", "shift", "win")

_KEYSYMS = {
    "escape": "Escape", "esc": "Escape", "enter": "Return", "return": "Return", "tab": "Tab", "space": "space",
    "backspace": "BackSpace", "delete": "Delete", "del": "Delete", "insert": "Insert", "home": "Home", "end": "End",
    "pageup": "Page_Up", "pagedown": "Page_Down", "up": "Up", "down": "Down", "left": "Left", "right": "Right",
    "pause": "Pause", "printscreen": "Print", "apps": "Menu",
}  # fmt: skip

_RECORDED = {"escape": "esc", "del": "delete"}
"""Keys that go by two names, and the one in a recording."""

ALONE = re.compile(r"f\d+|pause")
"""Keys that type nothing, so that they need no modifier."""


class UnknownHotkey(AgentError, ValueError):
    """A chord that cannot be read, or that the keyboard cannot type."""

    def __init__(self, chord: str, problem: str) -> None:
        super().__init__(f"the hotkey {chord!r} cannot be used: {problem}. Write it like ctrl+alt+r")


class HotkeyTaken(AgentError, RuntimeError):
    """Another program holds the chord already."""

    def __init__(self, hotkey: Hotkey) -> None:
        self.hotkey = hotkey
        super().__init__(f"another program holds {hotkey}; free it there, or choose another hotkey for Encore")


@dataclass(frozen=True, slots=True)
class Hotkey:
    """One chord: modifiers and a key, pyautogui's names."""

    modifiers: tuple[str, ...]
    """In the order of `MODIFIERS`; at least one, but for keys that type nothing."""
    key: str

    @classmethod
    def parse(cls, chord: str) -> Hotkey:
        """Read `ctrl+alt+r`.

        Raises:
            UnknownHotkey: It has no modifier, no key or several keys.
        """
        names = [name.strip().lower() for name in chord.split("+")]
        modifiers = tuple(name for name in MODIFIERS if name in names)
        keys = [name for name in names if name not in MODIFIERS]
        if len(keys) != 1 or not keys[0]:
            raise UnknownHotkey(chord, "it needs exactly one key besides its modifiers")
        if not modifiers and not ALONE.fullmatch(keys[0]):
            raise UnknownHotkey(chord, "it needs ctrl, alt, shift or win, or typing would set it off")
        return cls(modifiers, keys[0])

    @property
    def keys(self) -> tuple[str, ...]:
        """As a `PressKeys` action holds it: modifiers first."""
        return (*self.modifiers, _RECORDED.get(self.key, self.key))

    def __str__(self) -> str:
        return describe_keys(self.keys)


RECORD = Hotkey(("ctrl", "alt"), "r")
"""Starts and stops a recording."""
LISTEN = Hotkey(("ctrl", "alt"), "l")
"""Turns listening on and off."""
STOP = Hotkey(("ctrl", "alt"), "escape")
"""Stops the macro that runs."""


class Hotkeys(Protocol):
    """Global hotkeys of one desktop."""

    def grab(self, hotkey: Hotkey, pressed: Callable[[], None], released: Callable[[], None] | None = None) -> None:
        """Call `pressed` on each press from now on, on a thread of the hotkeys' own; repeats by holding do not count.

        Args:
            hotkey: The chord.
            pressed: Called when its key goes down.
            released: Called when its key goes up again, whatever became of the modifiers.

        Raises:
            HotkeyTaken: Another program holds it, or it is grabbed here already.
            UnknownHotkey: The keyboard has no such key.
        """

    def close(self) -> None:
        """Give all chords back. Idempotent."""

    def __enter__(self) -> Self:
        """Usable in a `with` block."""

    def __exit__(self, *_: object) -> None:
        """Give all chords back."""


def open_hotkeys() -> Hotkeys:
    """Hotkeys of this session's desktop.

    Raises:
        NoDisplay: There is none.
        WaylandSession: It lets no program grab keys.
    """
    return X11Hotkeys()


@dataclass(frozen=True, slots=True)
class _Grab:
    """What the X server was asked for."""

    codes: tuple[int, ...]
    mask: int
    places: tuple[tuple[int, int], ...]
    """(key code, modifiers) of each single grab: every code with every state of the lock keys."""
    pressed: Callable[[], None]
    released: Callable[[], None] | None


class X11Hotkeys:
    """Passive key grabs on the root window; one connection and one thread."""

    ANSWER_S = 5.0
    """How long the thread may take to answer; it only ever waits for the X server."""

    def __init__(self) -> None:
        """Connect and start the thread.

        Raises:
            NoDisplay: There is no X display.
            WaylandSession: It is a Wayland session.
        """
        display = open_display()
        from Xlib import XK, X, error

        self._x, self._xk, self._bad_access = X, XK, error.BadAccess
        self._catch = error.CatchError
        self._display = display
        self._root = display.screen().root
        self._grabs: dict[Hotkey, _Grab] = {}
        self._held: dict[int, _Grab] = {}
        """What each key set off that is down now."""
        self._jobs: queue.SimpleQueue[tuple[Callable[[], None], Future[None]]] = queue.SimpleQueue()
        self._wake_read, self._wake_write = os.pipe()
        self._closing = threading.Lock()
        self._closed = False
        self._locks = self._lock_masks()
        self._thread = threading.Thread(target=self._outermost, name="encore-hotkeys", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def grab(self, hotkey: Hotkey, pressed: Callable[[], None], released: Callable[[], None] | None = None) -> None:
        """See `Hotkeys.grab`."""
        if threading.current_thread() is self._thread:
            self._grab(hotkey, pressed, released)
        else:
            self._on_thread(lambda: self._grab(hotkey, pressed, released))

    def close(self) -> None:
        """Give all chords back and end the thread. Idempotent; may be called from a hotkey's own callback."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            os.write(self._wake_write, b"x")
        if threading.current_thread() is not self._thread:
            self._thread.join(self.ANSWER_S)

    def _on_thread(self, job: Callable[[], None]) -> None:
        answer: Future[None] = Future()
        with self._closing:
            if self._closed:
                raise RuntimeError("the hotkeys are closed")
            self._jobs.put((job, answer))
            os.write(self._wake_write, b"x")
        answer.result(self.ANSWER_S)

    # On the thread

    def _outermost(self) -> None:
        try:
            while not self._closed:
                self._handle_pending()
                select.select([self._display, self._wake_read], [], [])
                self._run_jobs()
        except Exception:  # the thread's outermost loop; without it the chords are simply free again
            log.exception("hotkeys ended with an error")
        finally:
            with self._closing:
                self._closed = True
                os.close(self._wake_read)
                os.close(self._wake_write)
            self._refuse_jobs()
            # Closing the connection gives every grab back.
            self._display.close()

    def _run_jobs(self) -> None:
        while not self._jobs.empty():
            if select.select([self._wake_read], [], [], 0)[0]:
                os.read(self._wake_read, 1)
            job, answer = self._jobs.get()
            try:
                job()
            except AgentError as refused:
                answer.set_exception(refused)
            else:
                answer.set_result(None)

    def _refuse_jobs(self) -> None:
        while not self._jobs.empty():
            self._jobs.get()[1].set_exception(RuntimeError("the hotkeys are closed"))

    def _handle_pending(self) -> None:
        while self._display.pending_events():
            event = self._display.next_event()
            if event.type == self._x.KeyPress:
                self._key_pressed(event)
            elif event.type == self._x.KeyRelease:
                self._key_released(event)
            elif event.type == self._x.MappingNotify:
                self._mapping_changed(event)

    def _key_pressed(self, event: Any) -> None:
        if event.detail in self._held:
            return  # it repeats
        state = event.state & ~self._lock_bits & 0xFF
        for grab in list(self._grabs.values()):
            if event.detail in grab.codes and state == grab.mask:
                self._held[event.detail] = grab
                self._call(grab.pressed)
                return

    def _key_released(self, event: Any) -> None:
        # A key that repeats is released and pressed in one go, so only one that is up now was let go.
        if event.detail in self._held and not self._is_down(event.detail):
            grab = self._held.pop(event.detail)
            if grab.released is not None:
                self._call(grab.released)

    def _is_down(self, code: int) -> bool:
        return bool(self._display.query_keymap()[code // 8] >> code % 8 & 1)

    def _call(self, told: Callable[[], None]) -> None:
        try:
            told()
        except Exception:  # the callback's owner is on no stack here; the other hotkeys must go on
            log.exception("a hotkey's callback failed")

    def _mapping_changed(self, event: Any) -> None:
        """Follow the keys to where another keyboard layout puts them."""
        self._display.refresh_keyboard_mapping(event)
        self._locks = self._lock_masks()
        for hotkey, old in list(self._grabs.items()):
            try:
                new = self._plan(hotkey, old.pressed, old.released)
            except UnknownHotkey:
                continue  # the layout lacks the key; the old place is better than none
            if new.places != old.places:
                self._ungrab(old)
                del self._grabs[hotkey]
                try:
                    self._grab(hotkey, old.pressed, old.released)
                except HotkeyTaken as taken:
                    log.warning("after a change of the keyboard layout: %s", taken)

    def _grab(self, hotkey: Hotkey, pressed: Callable[[], None], released: Callable[[], None] | None) -> None:
        if hotkey in self._grabs:
            raise HotkeyTaken(hotkey)
        grab = self._plan(hotkey, pressed, released)
        refused = self._catch(self._bad_access)
        for code, mask in grab.places:
            self._root.grab_key(code, mask, False, self._x.GrabModeAsync, self._x.GrabModeAsync, onerror=refused)
        self._display.sync()
        if refused.get_error():
            self._ungrab(grab)
            raise HotkeyTaken(hotkey)
        self._grabs[hotkey] = grab

    def _ungrab(self, grab: _Grab) -> None:
        for code, mask in grab.places:
            self._root.ungrab_key(code, mask)
        self._display.sync()

    def _plan(self, hotkey: Hotkey, pressed: Callable[[], None], released: Callable[[], None] | None) -> _Grab:
        codes, mask = self._codes(hotkey), self._mask(hotkey)
        places = tuple((code, mask | locks) for code in codes for locks in self._locks)
        return _Grab(codes, mask, places, pressed, released)

    def _codes(self, hotkey: Hotkey) -> tuple[int, ...]:
        key = hotkey.key
        name = _KEYSYMS.get(key) or (key.upper() if re.fullmatch(r"f\d+", key) else key)
        keysym = self._xk.string_to_keysym(name)
        # Columns 0 and 2 are the unshifted keys of the first and the second layout.
        codes = {code for code, index in self._display.keysym_to_keycodes(keysym) if index in (0, 2)} if keysym else {}
        if not codes:
            raise UnknownHotkey(str(hotkey), f"this keyboard has no key {hotkey.key!r}")
        return tuple(sorted(codes))

    def _mask(self, hotkey: Hotkey) -> int:
        masks = {
            "ctrl": self._x.ControlMask,
            "alt": self._modifier("Alt_L") or self._x.Mod1Mask,
            "shift": self._x.ShiftMask,
            "win": self._modifier("Super_L") or self._x.Mod4Mask,
        }
        return sum(masks[name] for name in hotkey.modifiers)

    def _modifier(self, keysym: str) -> int:
        """The modifier bit that a key has on this keyboard, 0 where it has none."""
        wanted = {code for code, _ in self._display.keysym_to_keycodes(self._xk.string_to_keysym(keysym))}
        for index, codes in enumerate(self._display.get_modifier_mapping()):
            if wanted & {code for code in codes if code}:
                return 1 << index
        return 0

    def _lock_masks(self) -> tuple[int, ...]:
        """Every state that the lock keys can be in: a grab holds for one state only."""
        bits = {self._x.LockMask, self._modifier("Num_Lock"), self._modifier("Scroll_Lock")} - {0}
        self._lock_bits = sum(bits)
        return lock_states(bits)


def lock_states(bits: Iterable[int]) -> tuple[int, ...]:
    """The sums of all subsets of these modifier bits."""
    sizes = sorted(bits)
    return tuple(sum(chosen) for count in range(len(sizes) + 1) for chosen in combinations(sizes, count))


def grab_all(hotkeys: Hotkeys, wanted: Mapping[Hotkey, Callable[[], None]]) -> list[str]:
    """Grab what is free.

    Returns:
        For each chord that could not be had, why not.
    """
    return [problem for hotkey, pressed in wanted.items() if (problem := _refused(hotkeys, hotkey, pressed))]


def grab_talk_key(hotkeys: Hotkeys, chord: str, held: Callable[[bool], None]) -> str | None:
    """Tell `held` when the key to talk goes down (True) and up (False).

    Returns:
        Why it could not be had, or None.
    """
    try:
        hotkey = Hotkey.parse(chord)
    except UnknownHotkey as unknown:
        return str(unknown)
    return _refused(hotkeys, hotkey, lambda: held(True), lambda: held(False))


def _refused(
    hotkeys: Hotkeys, hotkey: Hotkey, pressed: Callable[[], None], released: Callable[[], None] | None = None
) -> str | None:
    try:
        hotkeys.grab(hotkey, pressed, released)
    except (HotkeyTaken, UnknownHotkey) as refused:
        return str(refused)
    return None
