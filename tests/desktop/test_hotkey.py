"""Global hotkeys on a real X server: they fire whatever has the focus, and nobody else sees them."""

from __future__ import annotations

import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from demos.stage import Stage
from encore_agent.hotkey import (
    RECORD,
    STOP,
    Hotkey,
    Hotkeys,
    HotkeyTaken,
    UnknownHotkey,
    grab_all,
    grab_talk_key,
    open_hotkeys,
)

WAIT_S = 5.0
END = Hotkey.parse("ctrl+alt+e")


@pytest.fixture
def hotkeys(stage: Stage) -> Iterator[Hotkeys]:
    with open_hotkeys() as opened:
        yield opened


def press(stage: Stage, *arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], env=stage.env, check=True, timeout=10)


def drained(presses: queue.Queue[str], stage: Stage, hotkeys: Hotkeys) -> list[str]:
    """All presses so far: a further chord, pressed last, marks the end."""
    seen = []
    hotkeys.grab(END, lambda: presses.put("end"))
    press(stage, "key", "ctrl+alt+e")
    while (name := presses.get(timeout=WAIT_S)) != "end":
        seen.append(name)
    return seen


def test_a_press_is_told_once_and_holding_does_not_repeat(stage: Stage, hotkeys: Hotkeys) -> None:
    presses: queue.Queue[str] = queue.Queue()
    hotkeys.grab(RECORD, lambda: presses.put("record"))
    hotkeys.grab(STOP, lambda: presses.put("stop"))
    press(
        stage,
        "keydown",
        "ctrl",
        "keydown",
        "alt",
        "keydown",
        "r",
        "sleep",
        "1.0",
        "keyup",
        "r",
        "keyup",
        "alt",
        "keyup",
        "ctrl",
    )
    press(stage, "key", "ctrl+alt+Escape")
    press(stage, "key", "alt+r", "key", "ctrl+r", "key", "ctrl+alt+shift+r")
    assert drained(presses, stage, hotkeys) == ["record", "stop"]


def test_a_held_key_has_two_edges_whatever_it_repeats(stage: Stage, hotkeys: Hotkeys) -> None:
    edges: queue.Queue[tuple[bool, float]] = queue.Queue()
    assert grab_talk_key(hotkeys, "ctrl+alt+space", lambda on: edges.put((on, time.monotonic()))) is None
    for _ in range(2):
        # The modifiers are let go first, as fingers do.
        down = ["keydown", "ctrl", "keydown", "alt", "keydown", "space"]
        press(stage, *down, "sleep", "1.0", "keyup", "ctrl", "keyup", "alt", "sleep", "0.3", "keyup", "space")
        (on, began), (off, ended) = edges.get(timeout=WAIT_S), edges.get(timeout=WAIT_S)
        assert (on, off) == (True, False)
        assert ended - began > 1.2
    assert edges.empty()


def test_a_key_that_types_nothing_may_be_held_alone(stage: Stage, hotkeys: Hotkeys) -> None:
    edges: queue.Queue[bool] = queue.Queue()
    assert grab_talk_key(hotkeys, "f9", edges.put) is None
    press(stage, "key", "F9")
    assert [edges.get(timeout=WAIT_S), edges.get(timeout=WAIT_S)] == [True, False]
    assert "needs ctrl, alt" in str(grab_talk_key(hotkeys, "a", edges.put))
    assert "another program" in str(grab_talk_key(hotkeys, "f9", edges.put))


@pytest.mark.parametrize("lock", ["Num_Lock", "Caps_Lock"])
def test_lock_keys_do_not_matter(stage: Stage, hotkeys: Hotkeys, lock: str) -> None:
    presses: queue.Queue[str] = queue.Queue()
    hotkeys.grab(RECORD, lambda: presses.put("record"))
    press(stage, "key", lock)
    try:
        press(stage, "key", "ctrl+alt+r")
        assert presses.get(timeout=WAIT_S) == "record"
    finally:
        press(stage, "key", lock)


def test_the_focused_window_does_not_see_it(stage: Stage, hotkeys: Hotkeys) -> None:
    from Xlib import X, display

    connection = display.Display(stage.display)
    screen = connection.screen()
    window = screen.root.create_window(
        0, 0, 50, 50, 0, screen.root_depth, override_redirect=True, event_mask=X.KeyPressMask | X.StructureNotifyMask
    )
    window.map()
    while connection.next_event().type != X.MapNotify:
        pass
    window.set_input_focus(X.RevertToParent, X.CurrentTime)
    connection.sync()
    presses: queue.Queue[str] = queue.Queue()
    hotkeys.grab(RECORD, lambda: presses.put("record"))
    try:
        press(stage, "key", "ctrl+alt+r", "key", "x")
        assert presses.get(timeout=WAIT_S) == "record"
        codes = []
        last = connection.keysym_to_keycode(ord("x"))
        while last not in codes:
            event = connection.next_event()
            if event.type == X.KeyPress:
                codes.append(event.detail)
        assert connection.keysym_to_keycode(ord("r")) not in codes
    finally:
        window.destroy()
        connection.close()


def test_a_chord_that_another_program_holds_is_told_and_the_others_work(stage: Stage, hotkeys: Hotkeys) -> None:
    presses: queue.Queue[str] = queue.Queue()
    with open_hotkeys() as other:
        other.grab(RECORD, lambda: None)
        with pytest.raises(HotkeyTaken, match=r"another program holds Ctrl\+Alt\+R"):
            hotkeys.grab(RECORD, lambda: None)
        wanted: dict[Hotkey, Callable[[], None]] = {RECORD: lambda: None, STOP: lambda: presses.put("stop")}
        assert len(grab_all(hotkeys, wanted)) == 1
        press(stage, "key", "ctrl+alt+Escape")
        assert presses.get(timeout=WAIT_S) == "stop"
    # The other one is gone, so the chord is free.
    hotkeys.grab(RECORD, lambda: presses.put("record"))
    press(stage, "key", "ctrl+alt+r")
    assert presses.get(timeout=WAIT_S) == "record"


def test_a_key_that_the_keyboard_lacks_is_refused(hotkeys: Hotkeys) -> None:
    with pytest.raises(UnknownHotkey, match="no key"):
        hotkeys.grab(Hotkey(("ctrl",), "nosuchkey"), lambda: None)


def test_close_may_come_twice_and_from_a_callback(stage: Stage) -> None:
    closed = threading.Event()
    hotkeys = open_hotkeys()

    def end() -> None:
        hotkeys.close()
        closed.set()

    hotkeys.grab(RECORD, end)
    press(stage, "key", "ctrl+alt+r")
    assert closed.wait(WAIT_S)
    hotkeys.close()
    with pytest.raises(RuntimeError, match="closed"):
        hotkeys.grab(RECORD, end)


def test_a_failing_callback_leaves_the_others_working(
    stage: Stage, hotkeys: Hotkeys, caplog: pytest.LogCaptureFixture
) -> None:
    presses: queue.Queue[str] = queue.Queue()
    hotkeys.grab(RECORD, lambda: 1 / 0)
    hotkeys.grab(STOP, lambda: presses.put("stop"))
    press(stage, "key", "ctrl+alt+r", "key", "ctrl+alt+Escape")
    assert presses.get(timeout=WAIT_S) == "stop"
    assert "callback failed" in caplog.text


def test_it_follows_the_keyboard_layout(stage: Stage, hotkeys: Hotkeys) -> None:
    presses: queue.Queue[str] = queue.Queue()
    hotkeys.grab(Hotkey.parse("ctrl+alt+z"), lambda: presses.put("z"))
    subprocess.run(["setxkbmap", "de"], env=stage.env, check=True, timeout=10)
    try:
        press(stage, "key", "ctrl+alt+y", "key", "ctrl+alt+z")
        assert drained(presses, stage, hotkeys) == ["z"]
    finally:
        subprocess.run(["setxkbmap", "us"], env=stage.env, check=True, timeout=10)
