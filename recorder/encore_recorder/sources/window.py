"""Windows of the desktop: which there are, which has the focus, where they lie (X11 with EWMH).

Source: https://specifications.freedesktop.org/wm-spec/latest/
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from encore_recorder.errors import NotActivated, NoWindowManager, WindowGone
from encore_recorder.events import Window
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.display import open_display

_FROM_PAGER = 2
"""EWMH source indication: the user asked for it, so focus stealing prevention does not apply."""

_ONE_PIECE = 2**14
"""Words of 4 bytes that are read of a property at once: no title and no list of windows is longer."""


class WindowSystem(Protocol):
    """What Encore asks of a desktop's windows."""

    def focused(self) -> Window | None:
        """The window with the focus, or None where none has it."""

    def windows(self) -> list[Window]:
        """All windows that are not minimised, topmost first."""

    def at(self, point: Point) -> Window | None:
        """The window to be seen at this place, or None where the desktop is. A menu counts as its window."""

    def activate(self, window: Window) -> None:
        """Bring a window to the front and wait until it has the focus.

        Raises:
            WindowGone: It was closed.
            NotActivated: It did not come to the front.
        """


class OpenWindowSystem(WindowSystem, Protocol):
    """A window system that its owner closes."""

    def close(self) -> None:
        """Let go of the desktop. Idempotent."""

    def scale(self) -> float:
        """How much larger than at 96 dpi programs are to draw; 1.0 where nobody says."""


def open_window_system() -> OpenWindowSystem:
    """The windows of this session's desktop.

    Raises:
        NoDisplay: There is none.
        WaylandSession: It tells nobody.
        NoWindowManager: Nobody manages windows.
    """
    return X11Windows()


class X11Windows:
    """Windows as an EWMH window manager tells them. Safe to share between threads."""

    ACTIVATE_TIMEOUT_S = 2.0

    def __init__(self) -> None:
        """Connect to the X server.

        Raises:
            NoDisplay: There is none.
            WaylandSession: It tells nobody.
            NoWindowManager: Nobody manages windows.
        """
        display = open_display()
        from Xlib import X, error

        # Windows may close between two questions about them.
        self._gone = (error.BadWindow, error.BadDrawable, error.BadMatch)
        # A long property is read in two pieces; if it became shorter in between, the second begins beyond its end.
        self._changing = error.BadValue
        self._any = X.AnyPropertyType
        self._viewable = X.IsViewable
        self._mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
        self._display = display
        self._root = display.screen().root
        self._lock = threading.RLock()
        self._atoms: dict[str, int] = {}
        self._known: dict[int, tuple[str, int | None]] = {}
        """Class and process of each window; both stay as long as it is open."""
        if self._property(self._root, "_NET_SUPPORTING_WM_CHECK") is None:
            name = display.get_display_name()
            display.close()
            raise NoWindowManager(name)

    def close(self) -> None:
        """Close the connection. Idempotent."""
        with self._lock:
            if self._display is not None:
                self._display.close()
                self._display = None

    def focused(self) -> Window | None:
        """The window with the focus, or None where none has it."""
        with self._lock:
            handle = self._active()
            return self._describe(handle) if handle else None

    def windows(self) -> list[Window]:
        """All windows that are not minimised, topmost first."""
        with self._lock:
            handles = self._stack()
            for closed in self._known.keys() - set(handles):
                del self._known[closed]
            found = [self._describe(handle) for handle in handles if self._shown(handle)]
            return [window for window in found if window is not None]

    def at(self, point: Point) -> Window | None:
        """The window to be seen at this place, or None where the desktop is. A menu counts as its window."""
        with self._lock:
            managed = self._stack()
            handle, way = self._way_down(point)
            for step in way:
                if step in managed:
                    return self._describe(step)
            return self._owner_of(handle, managed) if handle else None

    def activate(self, window: Window) -> None:
        """Bring a window to the front and wait until it has the focus.

        Raises:
            WindowGone: It was closed.
            NotActivated: It did not come to the front.
        """
        from Xlib.protocol import event

        with self._lock:
            handle = self._find(window)
            message = event.ClientMessage(
                window=self._display.create_resource_object("window", handle),
                client_type=self._atom("_NET_ACTIVE_WINDOW"),
                data=(32, [_FROM_PAGER, 0, 0, 0, 0]),
            )
            self._root.send_event(message, event_mask=self._mask)
            self._display.flush()
        deadline = time.monotonic() + self.ACTIVATE_TIMEOUT_S
        while True:
            with self._lock:
                if self._active() == handle and self._shown(handle):
                    return
                if handle not in self._stack():
                    raise WindowGone(window.title, window.app_class)
            if time.monotonic() > deadline:
                raise NotActivated(window.title, window.app_class, self.ACTIVATE_TIMEOUT_S)
            time.sleep(0.01)

    def scale(self) -> float:
        """How much larger than at 96 dpi programs are to draw (Xft.dpi), 1.0 where nobody says."""
        with self._lock:
            database = self._display.screen().root.get_full_text_property(self._atom("RESOURCE_MANAGER")) or ""
        for line in str(database).splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "Xft.dpi" and value.strip().isdecimal():
                return int(value) / 96.0
        return 1.0

    def _atom(self, name: str) -> int:
        if name not in self._atoms:
            self._atoms[name] = self._display.intern_atom(name)
        return self._atoms[name]

    def _property(self, window: Any, name: str) -> Sequence[int] | bytes | None:
        found = window.get_full_property(self._atom(name), self._any, sizehint=_ONE_PIECE)
        return None if found is None else found.value

    def _active(self) -> int:
        value = self._property(self._root, "_NET_ACTIVE_WINDOW")
        return int(value[0]) if value else 0

    def _stack(self) -> list[int]:
        value = self._property(self._root, "_NET_CLIENT_LIST_STACKING")
        if value is None:
            value = self._property(self._root, "_NET_CLIENT_LIST")
        return [int(handle) for handle in reversed(value)] if value else []

    def _shown(self, handle: int) -> bool:
        return bool(self._ask(handle, lambda w: w.get_attributes().map_state == self._viewable))

    def _ask(self, handle: int, question: Callable[[Any], Any]) -> Any:
        """The answer, or None where the window is gone, or changes too fast to be asked."""
        for _ in range(2):
            try:
                return question(self._display.create_resource_object("window", handle))
            except self._gone:
                return None
            except self._changing:
                continue
        return None

    def _describe(self, handle: int) -> Window | None:
        def describe(window: Any) -> Window:
            app_class, pid = self._known.get(handle) or self._identify(handle, window)
            size, place = window.get_geometry(), window.translate_coords(self._root, 0, 0)
            # translate_coords tells the root's origin as seen from the window.
            rect = Rect(-place.x, -place.y, size.width, size.height)
            return Window(self._title(window), app_class, pid, rect, handle)

        window: Window | None = self._ask(handle, describe)
        return window

    def _identify(self, handle: int, window: Any) -> tuple[str, int | None]:
        names, pids = window.get_wm_class(), self._property(window, "_NET_WM_PID")
        identity = (names[1] if names else "", int(pids[0]) if pids else None)
        if names:  # else it is just being made
            self._known[handle] = identity
        return identity

    def _title(self, window: Any) -> str:
        title = self._property(window, "_NET_WM_NAME")
        if isinstance(title, bytes) and title:
            return title.decode("utf-8", errors="replace")
        old = window.get_wm_name()
        return old.decode("latin-1") if isinstance(old, bytes) else old or ""

    def _way_down(self, point: Point) -> tuple[int, list[int]]:
        """The window right below the desktop at this place, or 0; and all windows below it down to the last."""
        way: list[int] = []
        parent = self._root
        while True:
            child = self._ask(parent.id, lambda w: w.translate_coords(self._root, point.x, point.y).child)
            if not child:
                return (way[0] if way else 0), way
            way.append(child.id)
            parent = child

    def _owner_of(self, handle: int, managed: list[int]) -> Window | None:
        """The window that a menu or tooltip belongs to; itself where nobody says."""
        leader = self._ask(handle, lambda w: w.get_wm_transient_for())
        if leader and leader.id in managed:
            return self._describe(leader.id)
        popup = self._describe(handle)
        self._known.pop(handle, None)
        if popup is None or popup.pid is None:
            return popup
        active = self._active()
        for candidate in ([active] if active in managed else []) + managed:
            owner = self._describe(candidate)
            if owner is not None and owner.pid == popup.pid:
                return owner
        return popup

    def _find(self, window: Window) -> int:
        """The handle of a window that was described earlier, perhaps by another program's run."""
        managed = self._stack()
        if window.handle in managed:
            return window.handle
        for handle in managed:
            now = self._describe(handle)
            if now is not None and (now.pid, now.app_class, now.title) == (window.pid, window.app_class, window.title):
                return handle
        for handle in managed:
            now = self._describe(handle)
            if now is not None and (now.pid, now.app_class) == (window.pid, window.app_class):
                return handle
        raise WindowGone(window.title, window.app_class)
