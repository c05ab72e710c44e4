"""The accessibility reader on a real bus with a real program: the player."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from demos.stage import Stage, end
from encore_recorder.events import Window
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Accessibility, Element
from encore_recorder.sources.window import open_window_system

PATIENCE_S = 20.0


@pytest.fixture
def access(stage: Stage) -> Iterator[Accessibility]:
    with Accessibility() as opened:
        opened.elements(0, Rect(0, 0, 1, 1), 3.0)  # starts the bus, which programs look for when they start
        yield opened


@pytest.fixture(params=["1", "1.5"])
def player(stage: Stage, access: Accessibility, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    env = {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "QT_SCALE_FACTOR": request.param}
    process = stage.spawn([sys.executable, "-m", "demos.player"], env=env)
    yield process
    end(process)


def window_of(process: subprocess.Popen[bytes]) -> Window:
    desktop = open_window_system()
    try:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for window in desktop.windows():
                if window.pid == process.pid:
                    return window
            time.sleep(0.1)
    finally:
        desktop.close()
    raise AssertionError("the player's window did not come")


def told(access: Accessibility, process: subprocess.Popen[bytes], window: Window) -> list[Element]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = access.elements(process.pid, window.rect, 3.0)
        if len(found) > 5:
            return found
        time.sleep(0.2)
    raise AssertionError("the player tells nothing")


def test_a_real_program_tells_its_controls_where_they_are(
    access: Accessibility, player: subprocess.Popen[bytes]
) -> None:
    window = window_of(player)
    found = told(access, player, window)
    buttons = [element for element in found if element.role in ("push button", "toggle button", "check box")]
    assert buttons
    assert all(window.rect.intersection(element.box) for element in found)
    named = next(element for element in buttons if element.name)
    assert access.at(player.pid, named.box.center, window.rect, 3.0) == named
    # The controls fill the window: under a scale factor, places without it would be in a corner.
    assert max(element.box.right for element in found) > window.rect.left + 0.8 * window.rect.width
    assert max(element.box.bottom for element in found) > window.rect.top + 0.8 * window.rect.height


def test_a_program_that_stands_still_takes_no_longer_than_allowed(
    access: Accessibility, player: subprocess.Popen[bytes]
) -> None:
    window = window_of(player)
    told(access, player, window)
    os.kill(player.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert access.elements(player.pid, window.rect, 0.15) == []
        assert access.at(player.pid, Point(0, 0), window.rect, 0.15) is None
        assert time.monotonic() - started < 1.0
    finally:
        os.kill(player.pid, signal.SIGCONT)
