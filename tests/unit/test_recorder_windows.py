"""Windows that change or close while they are asked about, on a display by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from Xlib import X, error

from encore_recorder.geometry import Rect
from encore_recorder.sources import window as module
from encore_recorder.sources.window import X11Windows


def x_error(kind: type[error.XError]) -> error.XError:
    made = kind.__new__(kind)
    made._data = {"type": "Error", "code": 2}
    return made


class FakeWindow:
    """A window of the fake display; `troubles` are raised by the next questions for its title."""

    def __init__(self, number: int, title: str, *troubles: error.XError) -> None:
        self.id = number
        self._title = title
        self._troubles = list(troubles)
        self.asked = 0

    def get_attributes(self) -> Any:
        return SimpleNamespace(map_state=X.IsViewable)

    def get_wm_class(self) -> tuple[str, str]:
        return "player", "Player"

    def get_geometry(self) -> Any:
        return SimpleNamespace(width=300, height=200)

    def translate_coords(self, root: Any, x: int, y: int) -> Any:
        return SimpleNamespace(x=1700, y=-40)

    def get_full_property(self, atom: str, kind: int, sizehint: int = 10) -> Any:
        if atom == "_NET_WM_PID":
            return SimpleNamespace(value=[77])
        self.asked += 1
        if self._troubles:
            raise self._troubles.pop(0)
        return SimpleNamespace(value=self._title.encode())


class FakeDisplay:
    """As much of `Xlib.display.Display` as windows need."""

    def __init__(self, *windows: FakeWindow) -> None:
        self._windows = {window.id: window for window in windows}
        self._properties = {"_NET_SUPPORTING_WM_CHECK": [1], "_NET_CLIENT_LIST_STACKING": list(self._windows)}

    def screen(self) -> Any:
        return SimpleNamespace(root=self)

    def intern_atom(self, name: str) -> str:
        return name

    def get_full_property(self, atom: str, kind: int, sizehint: int = 10) -> Any:
        value = self._properties.get(atom)
        return None if value is None else SimpleNamespace(value=value)

    def create_resource_object(self, kind: str, number: int) -> FakeWindow:
        return self._windows[number]

    def close(self) -> None:
        pass


def windows_of(monkeypatch: pytest.MonkeyPatch, *windows: FakeWindow) -> X11Windows:
    monkeypatch.setattr(module, "open_display", lambda: FakeDisplay(*windows))
    return X11Windows()


def test_windows_lie_where_the_root_says_left_of_the_origin_too(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = windows_of(monkeypatch, FakeWindow(5, "Yesterday")).windows()
    assert (found.title, found.app_class, found.pid, found.handle) == ("Yesterday", "Player", 77, 5)
    assert found.rect == Rect(-1700, 40, 300, 200)


def test_a_title_that_changed_while_it_was_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    changing = FakeWindow(5, "Kingdom", x_error(error.BadValue))
    (found,) = windows_of(monkeypatch, changing).windows()
    assert (found.title, changing.asked) == ("Kingdom", 2)


@pytest.mark.parametrize("kind", [error.BadValue, error.BadWindow])
def test_a_window_that_cannot_be_read_is_left_out_and_the_others_stay(
    monkeypatch: pytest.MonkeyPatch, kind: type[error.XError]
) -> None:
    broken = FakeWindow(5, "x", *(x_error(kind) for _ in range(4)))
    found = windows_of(monkeypatch, broken, FakeWindow(6, "Editor")).windows()
    assert [window.handle for window in found] == [6]
