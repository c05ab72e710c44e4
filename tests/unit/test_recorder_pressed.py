"""What was pressed, as programs tell it: asked on the side, kept only where it may be, bound to its press."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from encore_recorder.clock import SECOND, Clock
from encore_recorder.events import EVENTS, ElementSeen, Event, PointerButton, Window
from encore_recorder.geometry import Point, Rect
from encore_recorder.privacy import PrivacyRules
from encore_recorder.scribe import Forget, Pause, Scribe
from encore_recorder.segment import actions_of
from encore_recorder.sources.accessibility import Element
from encore_recorder.sources.pressed import PressedSource
from tests.unit.test_recorder_scribe import FakeWriter

MS = 1_000_000
PLAYER = Window("Player", "player", 10, Rect(-500, 0, 400, 300), 1)
LOGIN = Window("Sign in", "player", 10, Rect(-500, 0, 400, 300), 2)
SHUFFLE = Element("push button", "Shuffle", Rect(-460, 50, 30, 30))
SECRET = Element("password text", "Password of Ann", Rect(-460, 50, 200, 30), password=True)
PLACE = Point(-450, 60)


class Programs:
    """Programs that tell of one element, after a while."""

    def __init__(self, element: Element | None = SHUFFLE, takes_s: float = 0.0) -> None:
        self.element = element
        self.takes_s = takes_s
        self.asked: list[tuple[int, Point, Rect]] = []
        self.closed = False

    def at(self, pid: int, point: Point, within: Rect, limit_s: float = 0.15) -> Element | None:
        if pid == 0:
            return None
        self.asked.append((pid, point, within))
        time.sleep(self.takes_s)
        return self.element

    def close(self) -> None:
        self.closed = True


class OneWindow:
    """A desktop of which a test says what is to be seen."""

    def __init__(self, window: Window | None = PLAYER) -> None:
        self.window = window

    def focused(self) -> Window | None:
        return self.window

    def windows(self) -> list[Window]:
        return [self.window] if self.window else []

    def at(self, point: Point) -> Window | None:
        return self.window

    def activate(self, window: Window) -> None:
        raise AssertionError("a recording activates nothing")


def press(time_ns: int | None = None, window: Window | None = PLAYER, pressed: bool = True) -> PointerButton:
    return PointerButton(time_ns or time.monotonic_ns(), PLACE, "left", pressed, window)


def seen(programs: Programs, *presses: PointerButton, windows: OneWindow | None = None) -> list[ElementSeen]:
    found: list[ElementSeen] = []
    source = PressedSource(programs, windows or OneWindow(), PrivacyRules(), frozenset({99}), found.append)
    with source:
        for one in presses:
            source.take(one)
    source.check()
    assert programs.closed
    return found


def test_a_press_is_asked_about_and_what_was_said_has_its_time() -> None:
    programs, pressed = Programs(), press()
    (event,) = seen(programs, pressed)
    assert programs.asked == [(10, PLACE, PLAYER.rect)]
    assert replace(event, took_ns=0) == ElementSeen(pressed.time_ns, "push button", "Shuffle", SHUFFLE.box)
    assert 0 < event.took_ns < SECOND


def test_password_fields_are_not_named() -> None:
    (event,) = seen(Programs(SECRET), press())
    assert (event.role, event.name) == ("password text", "")


def test_names_have_an_end() -> None:
    (event,) = seen(Programs(replace(SHUFFLE, name="x" * 5000)), press())
    assert len(event.name) == PressedSource.MOST_NAME


@pytest.mark.parametrize(
    "changes",
    [
        {"pressed": False},
        {"window": None},
        {"window": replace(PLAYER, pid=None)},
        {"window": replace(PLAYER, pid=99)},
        {"time_ns": 1},
    ],
    ids=["release", "no window", "no process", "Encore's own", "long ago"],
)
def test_what_is_not_asked_about(changes: dict[str, Any]) -> None:
    programs = Programs()
    assert seen(programs, replace(press(), **changes)) == []
    assert programs.asked == []


@pytest.mark.parametrize("window", [LOGIN, replace(PLAYER, handle=7), replace(PLAYER, title="Login"), None])
def test_nothing_is_kept_where_another_or_a_private_window_has_come_meanwhile(window: Window | None) -> None:
    assert seen(Programs(), press(), windows=OneWindow(window)) == []


def test_nothing_is_kept_of_what_lies_elsewhere_or_is_not_told() -> None:
    assert seen(Programs(replace(SHUFFLE, box=Rect(0, 0, 5, 5))), press()) == []
    assert seen(Programs(None), press()) == []


def test_a_slow_program_holds_up_nobody_and_the_presses_behind_it_are_let_go() -> None:
    programs = Programs(takes_s=0.15)
    source = PressedSource(programs, OneWindow(), PrivacyRules(), frozenset(), lambda event: None)
    with source:
        began = time.monotonic()
        for _ in range(50):
            source.take(press())
        assert time.monotonic() - began < 0.1
    assert len(programs.asked) < 10


def test_it_is_asked_on_a_thread_of_its_own() -> None:
    threads: list[int] = []
    source = PressedSource(
        Programs(), OneWindow(), PrivacyRules(), frozenset(), lambda event: threads.append(threading.get_ident())
    )
    with source:
        source.take(press())
    assert len(threads) == 1
    assert threads[0] != threading.get_ident()


# What becomes of it


def clicked(took_ms: int, held_ms: int = 80, gap_ms: int = 0) -> list[Event]:
    """One click, or two with a gap between them, and what the program said of each."""
    events: list[Event] = []
    for start in [0, gap_ms * MS] if gap_ms else [0]:
        events += [
            replace(press(), time_ns=start),
            ElementSeen(start, "push button", "Shuffle" if start == 0 else "Shuffled", SHUFFLE.box, took_ms * MS),
            replace(press(pressed=False), time_ns=start + held_ms * MS),
        ]
    return events


def test_an_action_has_the_element_of_its_press() -> None:
    (action,) = actions_of(clicked(took_ms=30))
    assert action.element == clicked(took_ms=30)[1]


def test_an_answer_after_the_release_may_tell_what_the_click_did_and_counts_for_nothing() -> None:
    (action,) = actions_of(clicked(took_ms=90))
    assert action.element is None


def test_a_double_click_has_the_element_of_its_first_press() -> None:
    (action,) = actions_of(clicked(took_ms=30, gap_ms=200))
    assert action.action.kind == "double_click"
    assert action.element is not None
    assert action.element.name == "Shuffle"


def test_an_element_of_no_press_belongs_to_nothing() -> None:
    events = clicked(took_ms=30)
    strange = replace(events[1], time_ns=5)
    (action,) = actions_of([events[0], strange, events[2]])
    assert action.element is None


def test_it_is_a_line_of_the_recording_and_shares_its_presss_fate() -> None:
    event = ElementSeen(1 * SECOND, "link", "Kingdom", Rect(-3, 4, 5, 6), 7)
    assert EVENTS.validate_json(EVENTS.dump_json(event)) == event
    writer = FakeWriter()
    scribe = Scribe(writer, Clock(0), Point(0, 0))
    scribe.take(event)
    scribe.take(Pause(3 * SECOND))
    scribe.take(replace(event, time_ns=4 * SECOND))
    assert [e.time_ns for e in writer.events if isinstance(e, ElementSeen)] == [1 * SECOND]
    scribe.take(Forget(5 * SECOND, 2.5))
    scribe.take(event)  # was on its way
    assert not [e for e in writer.events if isinstance(e, ElementSeen)]
