"""The accessibility reader on a real bus with a real program: the player."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from demos.hands import Hands
from demos.stage import Stage, end
from encore_models.learn import learn
from encore_models.perception.screen import Scene
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_recorder.events import ElementSeen, Window
from encore_recorder.geometry import Point, Rect
from encore_recorder.recorder import Recorder, RecorderOptions
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


def test_a_recorded_click_knows_what_the_program_calls_its_target(
    access: Accessibility, player: subprocess.Popen[bytes], stage: Stage, tmp_path: Path
) -> None:
    window = window_of(player)
    shuffle = next(element for element in told(access, player, window) if element.name.startswith("Shuffle"))
    reader, clip = RapidOcrReader(), UiClip.load()

    def look(image: NDArray[np.uint8], elements: Sequence[Element] = ()) -> Scene:
        return Scene(image, reader, clip, elements)

    with Recorder(tmp_path / "one", RecorderOptions(microphone=False)) as recorder:
        time.sleep(1.0)  # the recorder finds the bus
        Hands(stage).click(shuffle.box.center.x, shuffle.box.center.y)
        time.sleep(0.5)
        demonstration = recorder.stop()
    with demonstration:
        (seen,) = [event for event in demonstration.events() if isinstance(event, ElementSeen)]
        assert (seen.role, seen.name, seen.box) == (shuffle.role, shuffle.name, shuffle.box)
        (action,) = demonstration.actions()
        assert action.element == seen
        macro = learn(demonstration, None, look, lambda name: "m", "shuffle").macro  # type: ignore[arg-type]
    target = macro.steps[0].target
    assert target is not None
    assert (target.role, target.name) == (shuffle.role, shuffle.name)
    assert shuffle.box.moved(-window.rect.left, -window.rect.top).grown(4).contains(target.box.center)
