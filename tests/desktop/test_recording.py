"""Recording on a real desktop: screen, sound, input, windows and players."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from demos.hands import Hands
from demos.stage import Stage
from encore_recorder.actions import Click, DoubleClick, PressKeys, Scroll, TypeText
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration, recover
from encore_recorder.errors import BrokenDemonstration, DiskFull, NoMicrophone, NotRecording, WindowGone
from encore_recorder.events import KeyChanged, PlaybackChanged, PointerButton, Window, WindowChanged
from encore_recorder.geometry import Point, Rect
from encore_recorder.recorder import Recorder, RecorderOptions
from encore_recorder.sources.focus import FocusSource
from encore_recorder.sources.microphone import Microphone
from encore_recorder.sources.microphones import microphones
from encore_recorder.sources.playback import players
from encore_recorder.sources.screen import Screen
from encore_recorder.sources.window import OpenWindowSystem, open_window_system

PROGRAM = """
import sys
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

name, title, x, y = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
app = QApplication([name])
app.setApplicationName(name)
window = QWidget()
window.setWindowTitle(title)
window.setStyleSheet(
    "QWidget { background: #dddddd } QPushButton { background: blue } QPushButton:pressed { background: red }"
)
field, button = QLineEdit(), QPushButton()
button.setFixedHeight(100)
button.setFocusPolicy(Qt.NoFocus)
layout = QVBoxLayout(window)
layout.addWidget(field)
layout.addWidget(button)
field.textChanged.connect(lambda text: window.setWindowTitle(title + " " + text if text else title))
menu = QMenu(window)
menu.addAction("an entry of the menu")
window.contextMenuEvent = lambda event: menu.popup(event.globalPos())
field.setContextMenuPolicy(Qt.NoContextMenu)
window.setGeometry(x, y, 300, 200)
window.show()
app.exec()
"""

QUIET = RecorderOptions(microphone=False)


def eventually(condition: Callable[[], object], seconds: float = 8.0) -> object:
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)
    return result


@pytest.fixture
def windows(stage: Stage) -> Iterator[OpenWindowSystem]:
    system = open_window_system()
    yield system
    system.close()


class Program(NamedTuple):
    window: Window
    process: subprocess.Popen[bytes]
    field: Point
    button: Point


@contextmanager
def program(
    stage: Stage,
    windows: OpenWindowSystem,
    name: str = "victim",
    title: str = "Victim",
    x: int = 100,
    y: int = 100,
) -> Iterator[Program]:
    process = stage.spawn([sys.executable, "-c", PROGRAM, name, title, str(x), str(y)])
    found = eventually(lambda: [w for w in windows.windows() if w.app_class == name and w.rect.width == 300])
    window = found[0]
    eventually(lambda: (windows.focused() or window).handle == window.handle)
    time.sleep(0.2)  # painted
    left, top = window.rect.left, window.rect.top
    try:
        yield Program(window, process, Point(left + 150, top + 30), Point(left + 150, top + 120))
    finally:
        process.terminate()
        process.wait()
        eventually(lambda: window.handle not in [w.handle for w in windows.windows()])


def test_a_demonstration_holds_what_was_done_said_and_seen(stage: Stage, windows: OpenWindowSystem, tmp_path: Path):
    hands = Hands(stage)
    with program(stage, windows) as victim:
        recorder = Recorder(tmp_path / "one", RecorderOptions(name="first"))
        recorder.start()
        assert recorder.state == "recording"
        spoken = hands.say("play yesterday", wait=False)
        levels = [recorder.level for _ in range(40) if not time.sleep(0.03)]
        hands.click(*_xy(victim.field))
        hands.type("Yesterdax")
        hands.press("BackSpace")
        hands.type("y")
        hands.press("Return")
        hands.click(*_xy(victim.button))
        hands.double_click(*_xy(victim.field))
        hands.scroll(*_xy(victim.button), -3)
        hands.press("ctrl", "a")
        spoken.wait()
        demonstration = recorder.stop()
    assert [recorded.action for recorded in demonstration.actions()] == [
        Click(victim.field),
        TypeText("Yesterday"),
        PressKeys(("enter",)),
        Click(victim.button),
        DoubleClick(victim.field),
        Scroll(victim.button, 0, -3),
        PressKeys(("ctrl", "a")),
    ]
    assert {recorded.window.app_class for recorded in demonstration.actions()} == {"victim"}
    assert {recorded.window.rect for recorded in demonstration.actions()} == {victim.window.rect}
    assert demonstration.actions()[0].window.pid == victim.process.pid

    info = demonstration.info
    assert (info.state, info.name, info.screen) == ("complete", "first", Rect(0, 0, 1280, 800))
    assert info.notes == ()
    events = list(demonstration.events())
    assert isinstance(events[0], WindowChanged)
    assert events[0].window.handle == victim.window.handle
    assert any(isinstance(e, WindowChanged) and e.window.title == "Victim Yesterday" for e in events)

    # A press keeps the picture from before it; the pressed button is red, the one that waits is blue.
    press = next(e for e in events if isinstance(e, PointerButton) and e.position == victim.button and e.pressed)
    release = next(e for e in events if isinstance(e, PointerButton) and e.position == victim.button and not e.pressed)
    before = demonstration.frame_at(press.time_ns)
    assert before.time_ns <= press.time_ns
    assert _colour(before.image, victim.button) == "blue"
    shown = [_colour(demonstration.frame_at(t).image, victim.button) for t in demonstration.picture_times_ns]
    assert "red" in shown, (press.time_ns, release.time_ns)

    # The words are where they were said.
    started_ns = round(spoken.began_s * SECOND) - info.clock_origin_ns
    ended_ns = round(spoken.ended_s * SECOND) - info.clock_origin_ns
    loudness = np.abs(demonstration.sound(started_ns - SECOND // 5, ended_ns + SECOND // 5)) > 0.02
    first, last = np.flatnonzero(loudness)[[0, -1]] / 16_000 - 0.2
    assert first == pytest.approx(0.0, abs=0.12)
    assert last == pytest.approx((ended_ns - started_ns) / SECOND, abs=0.2)
    assert max(levels) > 0.4 > min(levels)
    demonstration.close()


def _xy(point: Point) -> tuple[int, int]:
    return point.x, point.y


def _colour(image: np.ndarray, point: Point) -> str:
    blue, _, red = (int(value) for value in image[point.y, point.x - 60])
    return "red" if red > blue + 100 else "blue" if blue > red + 100 else "other"


def test_pauses_and_forgotten_seconds_are_in_no_file(stage: Stage, windows: OpenWindowSystem, tmp_path: Path):
    hands = Hands(stage)
    with program(stage, windows) as victim, Recorder(tmp_path / "one") as recorder:
        hands.click(*_xy(victim.field))
        hands.type("ab")
        recorder.pause()
        assert recorder.state == "paused"
        hands.type("cd")
        recorder.resume()
        hands.type("ef")
        forgotten_from = recorder.elapsed_ns
        hands.say("my secret")
        hands.type("gh")
        recorder.forget((recorder.elapsed_ns - forgotten_from) / SECOND)
        hands.type("ij")
        with pytest.raises(NotRecording, match="cannot resume: the recorder is recording"):
            recorder.resume()
        demonstration = recorder.stop()
    texts = [r.action.text for r in demonstration.actions() if isinstance(r.action, TypeText)]
    assert texts == ["ab", "ef", "ij"]
    events = list(demonstration.events())
    paused = [event.time_ns for event in events if event.kind == "recording_paused"]
    resumed = [event.time_ns for event in events if event.kind == "recording_resumed"]
    assert len(paused) == len(resumed) == 2
    for start_ns, end_ns in zip(paused, resumed, strict=True):
        assert not [e for e in events if start_ns < e.time_ns < end_ns]
        assert not [t for t in demonstration.picture_times_ns if start_ns + SECOND // 1000 < t < end_ns]
        assert not demonstration.sound(start_ns + SECOND // 10, end_ns - SECOND // 10).any()
    # All that was typed stands in the field at the end, so the picture after the gap is a fresh one.
    assert any(isinstance(e, WindowChanged) and e.window.title == "Victim abcdefgh" for e in events)


def _focused(folder: Path) -> str:
    """Class of the window that had the focus last, as a running recording has it."""
    *whole, _ = (folder / "events.jsonl").read_text().split("\n")
    events = map(json.loads, whole)
    return [event["window"]["app_class"] for event in events if event["kind"] == "window_changed"][-1]


def test_what_a_password_manager_shows_and_hears_is_not_kept(stage: Stage, windows: OpenWindowSystem, tmp_path: Path):
    hands = Hands(stage)
    with program(stage, windows) as victim, Recorder(tmp_path / "one", QUIET) as recorder:
        with program(stage, windows, "keepassxc", "My vault", 600, 200) as vault:
            with Screen() as screen:
                assert _colour(screen.grab().image, vault.button) == "blue"
            hands.click(*_xy(vault.field))
            hands.type("hunter2")
            hands.click(*_xy(victim.field))
            eventually(lambda: _focused(tmp_path / "one") == "victim")
            time.sleep(FocusSource.LEAVING_NS / SECOND)
            hands.type("ok")
        demonstration = recorder.stop()
    written = b"".join(path.read_bytes() for path in (tmp_path / "one").glob("*.json*"))
    assert b"My vault" not in written
    assert [r.action for r in demonstration.actions()] == [Click(victim.field), TypeText("ok")]
    keys = [e.key for e in demonstration.events() if isinstance(e, KeyChanged)]
    assert keys == ["o", "o", "k", "k"]
    inside = vault.window.rect
    for time_ns in demonstration.picture_times_ns:
        picture = demonstration.frame_at(time_ns).image
        # The empty desktop, before and after, is black too.
        assert picture[inside.top : inside.bottom, inside.left : inside.right].max() <= 24
        assert _colour(picture, victim.button) == "blue"
    assert demonstration.info.notes == ("8 presses in private windows were not kept",)


_RECORD = """
import sys, time
from pathlib import Path
from encore_recorder.recorder import Recorder, RecorderOptions
recorder = Recorder(Path(sys.argv[1]), RecorderOptions(microphone=sys.argv[2] == "sound"))
recorder.start()
print("recording", flush=True)
while True:
    time.sleep(0.05)
    try:
        recorder.check()
    except Exception as error:
        print("ended by", type(error).__name__, flush=True)
        break
try:
    recorder.stop()
except Exception as error:
    print("stopped with", type(error).__name__, flush=True)
"""


def _recording(stage: Stage, folder: Path, sound: str) -> subprocess.Popen[bytes]:
    child = stage.spawn([sys.executable, "-c", _RECORD, str(folder), sound], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert b"recording\n" in iter(child.stdout.readline, b"")
    return child


def test_kill_9_costs_less_than_a_second(stage: Stage, windows: OpenWindowSystem, tmp_path: Path):
    hands = Hands(stage)
    with program(stage, windows) as victim:
        child = _recording(stage, tmp_path / "one", "sound")
        hands.click(*_xy(victim.field))
        hands.type("a text that goes on and on")
        os.kill(child.pid, signal.SIGKILL)
        died_ns = time.monotonic_ns()
        child.wait()
        child.stdout.close()
    with pytest.raises(BrokenDemonstration, match="recover"):
        Demonstration.open(tmp_path / "one")
    with recover(tmp_path / "one") as demonstration:
        died_ns -= demonstration.info.clock_origin_ns
        assert demonstration.info.state == "recovered"
        assert demonstration.actions()[-1].action == TypeText("a text that goes on and on")
        assert died_ns - demonstration.picture_times_ns[-1] < SECOND
        assert died_ns - len(demonstration._video.sound()) * SECOND // 16_000 < SECOND


def test_when_the_screen_goes_away_its_owner_hears_of_it_and_keeps_the_rest(tmp_path: Path):
    with Stage() as stage:
        child = _recording(stage, tmp_path / "one", "none")
        time.sleep(0.5)
        # The lock file of the X server holds its process id.
        os.kill(int(Path(f"/tmp/.X{stage.display.removeprefix(':')}-lock").read_text()), signal.SIGKILL)
        assert child.stdout is not None
        said = child.stdout.read()
        child.wait(10)
        child.stdout.close()
    assert b"ended by" in said
    assert b"stopped with" in said
    with Demonstration.open(tmp_path / "one") as demonstration:
        assert demonstration.info.state == "complete"
        assert demonstration.duration_ns > SECOND // 2


def test_a_full_disk_stops_the_recording_and_keeps_it(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Usage(NamedTuple):
        free: int

    free = [2**40]
    monkeypatch.setattr("encore_recorder.recorder.shutil.disk_usage", lambda path: Usage(free[0]))
    recorder = Recorder(tmp_path / "one", QUIET)
    recorder.start()
    time.sleep(0.4)
    free[0] = 10 * 2**20
    eventually(lambda: recorder.state == "stopped")
    for ask in (recorder.check, recorder.pause, lambda: recorder.forget(1), recorder.stop):
        with pytest.raises(DiskFull, match="only 10 MB are free"):
            ask()
    with Demonstration.open(tmp_path / "one") as demonstration:
        assert demonstration.info.state == "complete"


def test_windows_are_told_with_their_places_and_come_to_the_front(stage: Stage, windows: OpenWindowSystem):
    with program(stage, windows, "first", "First") as first:
        with program(stage, windows, "second", "Zwei Fenster – größer", 250, 150) as second:
            listed = windows.windows()
            assert [w.app_class for w in listed[:2]] == ["second", "first"]
            assert listed[0] == windows.focused()
            assert (listed[0].title, listed[0].pid) == ("Zwei Fenster – größer", second.process.pid)
            assert listed[0].rect == Rect(250, 150, 300, 200)
            assert windows.at(Point(260, 160)).app_class == "second"
            assert windows.at(Point(110, 110)).app_class == "first"
            assert windows.at(Point(1270, 10)) is None

            windows.activate(first.window)
            assert windows.focused().app_class == "first"
            assert windows.at(Point(260, 160)).app_class == "first"
            remembered = Window("First", "first", first.process.pid, Rect(0, 0, 1, 1))
            windows.activate(second.window)
            windows.activate(remembered)
            assert windows.focused().app_class == "first"
        with pytest.raises(WindowGone, match="Zwei Fenster"):
            windows.activate(second.window)


def test_a_menu_counts_as_its_window(stage: Stage, windows: OpenWindowSystem):
    hands = Hands(stage)
    with program(stage, windows) as victim:
        hands.right_click(victim.window.rect.right - 4, victim.window.rect.bottom - 4)
        inside_menu = Point(victim.window.rect.right + 20, victim.window.rect.bottom + 8)
        found = eventually(lambda: windows.at(inside_menu))
        assert found.handle == victim.window.handle
        hands.press("Escape")


def test_the_screen_is_grabbed_fast_and_in_place(stage: Stage, windows: OpenWindowSystem):
    with program(stage, windows) as victim, Screen() as screen:
        assert screen.bounds == screen.monitors[0] == Rect(0, 0, 1280, 800)
        frame = screen.grab(victim.window.rect.grown(2000))
        assert frame.rect == screen.bounds
        part = screen.grab(victim.window.rect)
        assert part.origin == Point(100, 100)
        assert _colour(part.image, victim.button.moved(-100, -100)) == "blue"
        spent = []
        for _ in range(20):
            began = time.perf_counter()
            screen.grab()
            spent.append(time.perf_counter() - began)
        assert min(spent) < 0.004, "the median of an idle machine is below 1 ms"
        with pytest.raises(ValueError, match="nothing of"):
            screen.grab(Rect(2000, 0, 10, 10))


def test_layouts_and_locks_type_what_the_person_saw(stage: Stage, windows: OpenWindowSystem, tmp_path: Path):
    def keyboard(*codes: str) -> None:
        subprocess.run(["xdotool", *codes], check=True, timeout=10)

    subprocess.run(["setxkbmap", "fr"], check=True, timeout=10)
    try:
        with program(stage, windows) as victim, Recorder(tmp_path / "one", QUIET) as recorder:
            Hands(stage).click(*_xy(victim.field))
            # Key codes: AltGr 108, à 19, caps lock 66, a (q on us) 24, dead circumflex 34, e 26
            keyboard("keydown", "108", "key", "19", "keyup", "108")
            keyboard("key", "66", "key", "24", "key", "66", "key", "24")
            keyboard("key", "34", "key", "26", "key", "11")
            shown = eventually(lambda: windows.focused().title.removeprefix("Victim "))
            demonstration = recorder.stop()
    finally:
        subprocess.run(["setxkbmap", "us"], check=True, timeout=10)
    assert shown == "@Aaêé"
    assert [r.action for r in demonstration.actions()] == [Click(victim.field), TypeText(shown)]


class FakePlayer(threading.Thread):
    """A media player on the session bus."""

    def __init__(self) -> None:
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import open_dbus_connection

        super().__init__(daemon=True)
        self.bus = open_dbus_connection("SESSION")
        self.bus.send_and_get_reply(message_bus.RequestName("org.mpris.MediaPlayer2.fake"), timeout=5)
        self.now = ("Paused", "Yesterday")
        self.done = threading.Event()

    @property
    def properties(self) -> dict[str, tuple[str, object]]:
        status, title = self.now
        return {
            "PlaybackStatus": ("s", status),
            "Metadata": ("a{sv}", {"xesam:title": ("s", title), "xesam:artist": ("as", ["The Singers"])}),
        }

    def run(self) -> None:
        from jeepney import MessageType, new_error, new_method_return

        while not self.done.is_set():
            try:
                message = self.bus.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type is MessageType.method_call:
                known = message.header.fields.get(3) == "GetAll"
                self.bus.send(
                    new_method_return(message, "a{sv}", (self.properties,)) if known else new_error(message, "no.such")
                )
        self.bus.close()

    def play(self, title: str) -> None:
        from jeepney import DBusAddress, new_signal

        self.now = ("Playing", title)
        place = DBusAddress("/org/mpris/MediaPlayer2", interface="org.freedesktop.DBus.Properties")
        body = ("org.mpris.MediaPlayer2.Player", self.properties, [])
        self.bus.send(new_signal(place, "PropertiesChanged", "sa{sv}as", body))


def test_what_players_play_is_noted_at_once(stage: Stage, tmp_path: Path):
    player = FakePlayer()
    player.start()
    try:
        (state,) = players()
        assert (state.player, state.status, state.title, state.artist) == ("fake", "Paused", "Yesterday", "The Singers")
        with Recorder(tmp_path / "one", QUIET) as recorder:
            time.sleep(0.3)
            played_ns = recorder.elapsed_ns
            player.play("Help!")
            time.sleep(0.3)
            player.done.set()
            player.join()
            time.sleep(0.3)
            demonstration = recorder.stop()
    finally:
        player.done.set()
    changes = [event for event in demonstration.events() if isinstance(event, PlaybackChanged)]
    assert [(c.status, c.title) for c in changes] == [("Paused", "Yesterday"), ("Playing", "Help!"), ("Stopped", "")]
    assert changes[0].time_ns < SECOND // 5
    assert 0 <= changes[1].time_ns - played_ns < SECOND // 5


def test_a_microphone_that_is_not_there_is_told_with_those_that_are(stage: Stage):
    with pytest.raises(NoMicrophone, match="'Blue Yeti' cannot be opened") as caught, Microphone("Blue Yeti"):
        pass
    assert caught.value.seen == ("Microphone",)


def test_a_sound_server_that_came_late_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    import sounddevice

    def begin_without_server() -> None:
        with monkeypatch.context() as patched:
            patched.setenv("PULSE_SERVER", "unix:/nowhere")
            sounddevice._terminate()
            sounddevice._initialize()
            assert microphones() == []
            with pytest.raises(NoMicrophone, match="seen: none"), Microphone():
                pass

    begin_without_server()
    with Microphone() as microphone:
        assert eventually(lambda: microphone.read(0.1), 3.0)
    begin_without_server()
    assert microphones() == ["Microphone"]
    sounddevice._terminate()  # and it could not begin again, as may happen after a suspend
    assert microphones() == ["Microphone"]


def test_an_unplugged_microphone_comes_back(stage_programs: None):
    with Stage() as stage, stage.applied(), Microphone() as microphone:
        assert eventually(lambda: microphone.read(0.1), 3.0).samples.dtype == np.float32
        first = microphone.read(1.0)
        listing = subprocess.run(["pactl", "list", "short", "modules"], capture_output=True, text=True, check=True)
        modules = [line.split("\t") for line in listing.stdout.splitlines()]
        pulled = [(m[0], m[1], m[2]) for m in modules if m[1] in ("module-null-sink", "module-remap-source")]
        for number, _, _ in reversed(pulled):
            subprocess.run(["pactl", "unload-module", number], check=True, timeout=10)
        deadline = time.monotonic() + 6
        while microphone.connected and time.monotonic() < deadline:
            microphone.read(0.05)
        assert not microphone.connected
        for _, name, arguments in pulled:
            subprocess.run(["pactl", "load-module", name, *arguments.split()], check=True, timeout=10, stdout=-3)
        subprocess.run(["pactl", "set-default-source", "microphone"], check=True, timeout=10)
        block = eventually(lambda: microphone.read(0.1), 12.0)
        assert microphone.connected
        assert block.time_ns - first.time_ns > SECOND
        assert abs(time.monotonic_ns() - block.time_ns) < SECOND
        assert microphone.lost_ns == pytest.approx(block.time_ns - first.time_ns, abs=SECOND)
