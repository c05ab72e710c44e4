"""What must never be written, and what stands between the input and the recording."""

from __future__ import annotations

from dataclasses import replace

import pytest

from encore_recorder.clock import SECOND
from encore_recorder.events import KeyChanged, PointerButton, PointerMoved, PointerScrolled, Window, WindowChanged
from encore_recorder.geometry import Point, Rect
from encore_recorder.privacy import Curtain, PrivacyRules
from encore_recorder.sources.focus import FocusSource

PLAYER = Window("Player", "player", 10, Rect(0, 0, 100, 100), 1)
VAULT = Window("Passwords.kdbx", "KeePassXC", 20, Rect(200, 0, 100, 100), 2)
DESKTOP = Rect(0, 0, 400, 300)


@pytest.mark.parametrize(
    ("title", "app_class"),
    [
        ("anything", "KeePassXC"),
        ("", "Gcr-prompter"),
        ("Authentication Required", "polkit"),
        ("Enter your passphrase", "zenity"),
        ("Sign in - Bank - Browser", "firefox"),
        ("PASSWORD", "x"),
    ],
)
def test_windows_that_ask_for_passwords_are_hidden(title: str, app_class: str):
    assert PrivacyRules().hides(replace(PLAYER, title=title, app_class=app_class))


@pytest.mark.parametrize("title", ["Player", "Yesterday - The Singers", "Signing day", "Blogging", "Designing in"])
def test_other_windows_are_not(title: str):
    assert not PrivacyRules().hides(replace(PLAYER, title=title))
    assert not PrivacyRules().hides(None)


def test_users_rules_are_read_in_any_case_and_checked():
    rules = PrivacyRules(programs=frozenset({"MyBank"}), titles=("salary",))
    assert rules.hides(replace(PLAYER, app_class="mybank"))
    assert rules.hides(replace(PLAYER, title="SALARY 2026"))
    assert not rules.hides(VAULT)
    with pytest.raises(ValueError, match="not a regular expression"):
        PrivacyRules(titles=("(",))


def test_a_curtain_covers_only_what_can_be_seen():
    over = replace(PLAYER, rect=Rect(250, 0, 100, 100))
    curtain = Curtain.over(0, [over, VAULT, PLAYER], PrivacyRules())
    assert curtain.covers(Point(210, 10))
    assert not curtain.covers(Point(260, 10))
    assert not curtain.covers(Point(10, 10))
    assert Curtain.over(0, [PLAYER], PrivacyRules()).layers == ()


class FakeWindows:
    """A desktop whose focus and windows a test sets."""

    def __init__(self, focus: Window | None, *stack: Window) -> None:
        self.focus = focus
        self.stack = list(stack)

    def focused(self) -> Window | None:
        return self.focus

    def windows(self) -> list[Window]:
        return self.stack

    def at(self, point: Point) -> Window | None:
        return next((window for window in self.stack if window.rect.contains(point)), None)

    def activate(self, window: Window) -> None:
        raise AssertionError("a recording activates nothing")


class Bench:
    def __init__(self, focus: Window | None = PLAYER) -> None:
        self.windows = FakeWindows(focus, PLAYER, VAULT)
        self.told: list[object] = []
        self.source = FocusSource(self.windows, PrivacyRules(), DESKTOP, self.told.append)

    def take(self, *events) -> list[object]:
        self.told.clear()
        for event in events:
            self.source.take(event)
        return self.told

    def stroke(self, key: str, time_ns: int = 0) -> tuple[KeyChanged, KeyChanged]:
        return KeyChanged(time_ns, key, True, key), KeyChanged(time_ns + 1, key, False)


def test_the_focus_is_told_at_the_beginning_and_with_every_key():
    bench = Bench()
    with bench.source:
        assert bench.told[0].window == PLAYER
        other = replace(PLAYER, title="other")
        bench.windows.focus = other
        stroke = bench.stroke("a", 7)
        told = [event for event in bench.take(*stroke) if not isinstance(event, Curtain)]
    assert told == [WindowChanged(7, other), *stroke]


def test_keys_for_a_hidden_window_are_not_kept_from_the_very_first():
    bench = Bench()
    assert len(bench.take(*bench.stroke("a"))) == 3
    bench.windows.focus = VAULT
    (told,) = bench.take(*bench.stroke("p"), *bench.stroke("w"))
    assert told == WindowChanged(0, replace(VAULT, title=""))
    assert bench.source.hidden_presses == 2
    bench.windows.focus = PLAYER
    # The key that closed the prompt went to the prompt.
    assert [type(event) for event in bench.take(*bench.stroke("enter"))] == [WindowChanged]
    stroke = bench.stroke("a", FocusSource.LEAVING_NS)
    assert bench.take(*stroke) == list(stroke)


def test_keys_that_come_late_for_a_window_that_was_left_are_not_kept():
    bench = Bench(VAULT)
    with bench.source:
        bench.windows.focus = PLAYER
        bench.source._poll()  # the change is seen before the key that was pressed before it
        left_ns = bench.source._left_ns
        assert left_ns is not None
        assert bench.take(*bench.stroke("x", left_ns + FocusSource.LEAVING_NS - 1)) == []
        stroke = bench.stroke("a", left_ns + FocusSource.LEAVING_NS)
        assert [event for event in bench.take(*stroke) if not isinstance(event, Curtain)] == list(stroke)


def test_a_private_window_that_gets_another_title_is_not_left():
    bench = Bench(VAULT)
    bench.take(*bench.stroke("a"))
    bench.windows.focus = replace(VAULT, title="Locked")
    assert not any(isinstance(event, KeyChanged) for event in bench.take(*bench.stroke("b", SECOND)))
    assert bench.source._left_ns is None


def test_a_key_that_was_kept_is_released_everywhere():
    bench = Bench()
    down, up = bench.stroke("shift")
    bench.take(down)
    bench.windows.focus = VAULT
    assert bench.take(up) == [up]


def test_a_press_knows_the_window_under_it():
    bench = Bench()
    press = PointerButton(0, Point(10, 10), "left", True)
    scroll = PointerScrolled(0, Point(10, 10), 0, 1)
    nowhere = PointerButton(0, Point(390, 290), "left", True)
    assert bench.take(press, scroll, nowhere) == [
        replace(press, window=PLAYER),
        replace(scroll, window=PLAYER),
        replace(nowhere, window=Window("", "", None, DESKTOP)),
    ]


def test_the_pointer_in_a_hidden_window_is_not_kept():
    bench = Bench()
    inside = Point(210, 10)
    with bench.source:
        told = bench.take(
            PointerMoved(0, inside),
            PointerButton(0, inside, "left", True),
            PointerScrolled(0, inside, 0, 1),
            PointerButton(0, Point(10, 10), "left", False),
        )
        assert [event for event in told if not isinstance(event, Curtain)] == []
        moved = PointerMoved(0, Point(10, 10))
        assert moved in bench.take(moved)


def test_the_left_key_is_not_the_left_button():
    bench = Bench()
    bench.take(PointerButton(0, Point(210, 10), "left", True))
    stroke = bench.stroke("left")
    assert bench.take(*stroke)[-2:] == list(stroke)


def test_an_error_of_the_window_system_reaches_the_owner():
    bench = Bench()
    with bench.source:
        bench.windows.stack = None
        bench.source._worker._thread.join(5)
        with pytest.raises(TypeError):
            bench.source.check()
