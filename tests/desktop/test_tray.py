"""The real `encore` on a private desktop with a panel: icon, hotkey, record panel, window, second start, end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import mss
import numpy as np
import pytest

from demos.hands import Hands
from demos.stage import Stage, StageOptions, end
from encore_agent.library import Library
from encore_agent.settings import Choices
from encore_models.bundle import Bundle
from encore_models.macro import Phrase
from encore_recorder.actions import PointerAction
from encore_recorder.demonstration import Demonstration
from encore_recorder.geometry import Point
from tests.gui_sample import add, pause_macro

IDLE, LISTENING, RECORDING, PAUSED = (91, 100, 114), (37, 99, 201), (211, 36, 47), (180, 95, 6)
"""Ground colours of the tray icon, RGB."""
TRAY = 40
"""Side of the lower right corner that the tray is in; the task bar left of it shows icons of windows."""


@dataclass
class Tray:
    """A running `encore tray`."""

    stage: Stage
    process: subprocess.Popen[bytes]
    data: Path
    log: Path

    def icon(self, colour: tuple[int, int, int]) -> Point | None:
        """The middle of the tray icon, if it has this ground colour."""
        with mss.MSS(display=self.stage.display) as screen:
            picture = np.asarray(screen.grab(screen.monitors[0]))[-TRAY:, -TRAY:, 2::-1].astype(int)
        rows, columns = np.nonzero(np.abs(picture - colour).max(axis=2) <= 3)
        if len(columns) < 40:
            return None
        width, height = self.stage.options.size
        return Point(width - TRAY + int(np.median(columns)), height - TRAY + int(np.median(rows)))

    @property
    def demonstration(self) -> Demonstration:
        """The only one it recorded."""
        (folder,) = (self.data / "demonstrations").iterdir()
        return Demonstration.open(folder)

    def windows(self, name: str) -> list[str]:
        found = self.xdotool("search", "--onlyvisible", "--name", name)
        return found.stdout.split()

    @property
    def focused(self) -> list[str]:
        """The window that has the keyboard."""
        return self.xdotool("getactivewindow").stdout.split()

    def xdotool(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["xdotool", *arguments], env=self.stage.env, capture_output=True, text=True, timeout=10, check=False
        )

    def click(self, place: Point) -> None:
        self.xdotool("mousemove", str(place.x), str(place.y), "click", "1")


def wait(condition: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def command(data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "encore_gui", "tray", "--data", str(data), *arguments]


@pytest.fixture(scope="module")
def tray_stage(stage_programs: None) -> Iterator[Stage]:
    with Stage(StageOptions(tray=True)) as stage:
        yield stage


@pytest.fixture
def tray(tray_stage: Stage, hearing_bundle: Bundle, tmp_path: Path) -> Iterator[Tray]:
    # Its cache holds the hearing models already, so that learning begins at once.
    cache = tmp_path / "cache"
    (cache / "encore").mkdir(parents=True)
    (cache / "encore" / "models").symlink_to(hearing_bundle.folder.parent)
    log = tmp_path / "encore.log"
    with log.open("wb") as sink:
        process = tray_stage.spawn(
            command(tmp_path / "data"), env={"XDG_CACHE_HOME": str(cache)}, stdout=sink.fileno(), stderr=sink.fileno()
        )
    running = Tray(tray_stage, process, tmp_path / "data", log)
    wait(lambda: running.icon(IDLE), 30)
    yield running
    end(process)
    assert "Traceback" not in log.read_text()


def test_the_hotkey_records_and_the_panel_pauses_without_being_recorded(tray: Tray) -> None:
    tray.xdotool("key", "ctrl+alt+r")
    wait(lambda: tray.icon(RECORDING))
    wait(lambda: tray.windows("^Encore is recording$"))
    panel = tray.xdotool("getwindowgeometry", *tray.windows("^Encore is recording$")).stdout
    left, top = map(int, re.findall(r"Position: (\d+),(\d+)", panel)[0])
    width, height = map(int, re.findall(r"Geometry: (\d+)x(\d+)", panel)[0])
    # The pause button stands left of Stop, which ends at the right margin.
    tray.click(Point(left + round(width * 0.63), top + round(height * 0.35)))
    wait(lambda: tray.icon(PAUSED))
    tray.click(Point(left + round(width * 0.63), top + round(height * 0.35)))
    wait(lambda: tray.icon(RECORDING))
    tray.xdotool("key", "ctrl+alt+r")
    wait(lambda: tray.icon(IDLE), 30)
    assert tray.windows("^Encore is recording$") == []
    assert tray.demonstration.info.state == "complete"
    assert [r for r in tray.demonstration.actions() if isinstance(r.action, PointerAction)] == []


def test_the_hotkey_that_ends_a_recording_is_not_a_step_of_it(tray: Tray) -> None:
    tray.xdotool("key", "ctrl+alt+r")
    wait(lambda: tray.icon(RECORDING))
    tray.xdotool("key", "ctrl+alt+r")
    wait(lambda: tray.icon(IDLE), 30)
    assert tray.demonstration.actions() == []


def test_a_click_on_the_icon_opens_the_window(tray: Tray) -> None:
    assert tray.windows("^Encore$") == []
    place = tray.icon(IDLE)
    assert place is not None
    tray.click(place)
    wait(lambda: tray.windows("^Encore$"))


def test_a_second_start_raises_the_window_of_the_first(tray: Tray) -> None:
    assert tray.windows("^Encore$") == []
    second = subprocess.run(
        command(tray.data), env=tray.stage.env, capture_output=True, text=True, timeout=60, check=False
    )
    assert (second.returncode, second.stderr) == (0, "")
    assert "runs already" in second.stdout
    wait(lambda: tray.windows("^Encore$"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tray: Tray, number: signal.Signals) -> None:
    tray.process.send_signal(number)
    assert tray.process.wait(15) == 0
    wait(lambda: tray.icon(IDLE) is None)


@pytest.fixture
def notes(tray_stage: Stage) -> Iterator[None]:
    """Another program, which has the keyboard."""
    code = (
        "from PySide6.QtWidgets import QApplication, QPlainTextEdit; app = QApplication([])\n"
        "notes = QPlainTextEdit(); notes.setWindowTitle('Notes'); notes.show(); app.exec()"
    )
    process = tray_stage.spawn([sys.executable, "-c", code])
    yield
    end(process)


@pytest.mark.usefixtures("notes")
def test_what_was_heard_shows_and_the_keyboard_stays_where_it_is(tray: Tray) -> None:
    wait(lambda: tray.focused and tray.focused == tray.windows("^Notes$"))
    tray.xdotool("key", "ctrl+alt+l")
    wait(lambda: tray.icon(LISTENING), 30)
    Hands(tray.stage).say("The weather is nice today", "pico-us")
    wait(lambda: tray.windows("^Encore heard$"))
    assert tray.focused == tray.windows("^Notes$")
    wait(lambda: not tray.windows("^Encore heard$"))


@pytest.fixture
def library_to_delete_from(tmp_path: Path) -> None:
    """A library with a macro that is always asked about."""
    library = Library(tmp_path / "data")
    add(library, replace(pause_macro(), id="delete", name="Delete it", phrases=(Phrase("delete the playlist"),)))
    library.close()


@pytest.mark.usefixtures("notes")
def test_a_question_is_answered_by_key_while_another_program_has_the_keyboard(
    library_to_delete_from: None, tray: Tray
) -> None:
    wait(lambda: tray.focused and tray.focused == tray.windows("^Notes$"))
    tray.xdotool("key", "ctrl+alt+l")
    wait(lambda: tray.icon(LISTENING), 30)
    Hands(tray.stage).say("Delete the playlist", "pico-us")
    wait(lambda: tray.windows("^Encore asks$"))
    assert tray.focused == tray.windows("^Notes$")
    tray.xdotool("key", "ctrl+alt+0")
    wait(lambda: not tray.windows("^Encore asks$"), 5)
    library = Library(tray.data)
    wait(lambda: [entry.answer for entry in library.heard()] == ["no"])
    assert library.episodes() == []
    library.close()


@pytest.fixture
def held_to_talk(tmp_path: Path) -> None:
    """A library whose person wants to hold a key to talk."""
    Choices(mode="push_to_talk").write(tmp_path / "data")


def test_only_what_is_said_while_the_key_is_held_is_heard(held_to_talk: None, tray: Tray) -> None:
    tray.xdotool("key", "ctrl+alt+l")
    wait(lambda: tray.icon(LISTENING), 30)
    hands = Hands(tray.stage)
    hands.say("The weather is nice today", "pico-us")
    time.sleep(1.5)
    assert not tray.windows("^Encore heard$")
    tray.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "space")
    hands.say("The weather is nice today", "pico-us")
    tray.xdotool("keyup", "space", "keyup", "alt", "keyup", "ctrl")
    wait(lambda: tray.windows("^Encore heard$"))


def test_without_a_tray_the_window_opens(stage: Stage, tmp_path: Path) -> None:
    process = stage.spawn(command(tmp_path / "data"))

    def shown() -> bool:
        argv = ["xdotool", "search", "--onlyvisible", "--name", "^Encore$"]
        return bool(subprocess.run(argv, env=stage.env, capture_output=True, timeout=10, check=False).stdout)

    try:
        wait(shown, 30)
    finally:
        end(process)
