"""`make bench-recording`: how good recordings are; about two minutes on a private desktop.

Measures the error between picture and sound, the processor's share, what a kill -9 costs, and how long it takes to
look a picture up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np

from demos.stage import Stage
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration, recover
from encore_recorder.recorder import Recorder, RecorderOptions

FLASH_BOX = (1000, 500, 200, 200)

SCENE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QWidget

class Scene(QWidget):
    turn = 0
    def paintEvent(self, event):
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(245, 245, 245))
        for row in range(38):
            painter.drawText(10, 20 + 20 * row, f"row {row + self.turn * wide} " + "words and more words " * 6)
        painter.fillRect(20 + 7 * self.turn % 500, 300, 60, 60, QColor("teal"))
    def step(self):
        self.turn += 1
        self.update()

hertz, wide = float(sys.argv[1]), int(sys.argv[2])
app = QApplication([])
scene = Scene()
scene.setGeometry(20, 30, 900, 760)
scene.show()
timer = QTimer()
timer.timeout.connect(scene.step)
if hertz:
    timer.start(int(1000 / hertz))
app.exec()
"""

SCENES = {"still": (0, 0), "a small part at 25 Hz": (25, 0), "a full window scrolling at 25 Hz": (25, 1)}


def beeps(path: Path, at_s: list[float]) -> None:
    """A WAV of short beeps."""
    rate = 48_000
    samples = np.zeros(round((at_s[-1] + 0.5) * rate), np.int16)
    tone = (np.sin(2 * np.pi * 1500 * np.arange(rate // 20) / rate) * 20_000).astype(np.int16)
    for second in at_s:
        first = round(second * rate)
        samples[first : first + len(tone)] = tone
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


class Flash:
    """A square that changes its colour within a millisecond."""

    def __init__(self) -> None:
        from Xlib import display

        self._display = display.Display()
        screen = self._display.screen()
        self._window = screen.root.create_window(
            *FLASH_BOX, 0, screen.root_depth, override_redirect=True, background_pixel=0
        )
        self._window.map()
        self._display.sync()

    def show(self, white: bool) -> int:
        """Change the colour; returns when it had changed, `time.monotonic_ns()`."""
        self._window.change_attributes(background_pixel=0xFFFFFF if white else 0)
        self._window.clear_area(0, 0, 0, 0)
        self._display.sync()
        return time.monotonic_ns()


def sync(stage: Stage, folder: Path, fps: int, events: int = 22) -> dict[str, float]:
    """Flashes and beeps at the same moments: how far apart are they in the recording?"""
    chance = random.Random(fps)
    at_s = list(np.cumsum([0.6 + chance.uniform(0, 0.2) for _ in range(events)]))
    beeps(folder / "beeps.wav", at_s)
    flash = Flash()
    with Recorder(folder / f"sync-{fps}", RecorderOptions(fps=fps)) as recorder:
        time.sleep(0.5)
        playing = stage.play_into_microphone(folder / "beeps.wav")
        shown = []
        for number, second in enumerate(at_s):
            time.sleep(max(0.0, playing.started_s + second - time.monotonic()))
            shown.append(flash.show(number % 2 == 0))
        playing.wait()
    demonstration = recorder.stop()
    left, top, width, height = FLASH_BOX
    pictures = [
        (time_ns, float(demonstration.frame_at(time_ns).image[top : top + height, left : left + width].mean()))
        for time_ns in demonstration.picture_times_ns
    ]
    seen = [now_ns for (_, before), (now_ns, now) in pairwise(pictures) if (before > 127) != (now > 127)]
    loud = np.abs(demonstration.sound()) > 0.1
    samples = [0, *np.flatnonzero(loud)]
    heard = [int(now) * SECOND // 16_000 for before, now in pairwise(samples) if now - before > 4000]
    if not len(seen) == len(heard) == events:
        sys.exit(
            f"of {events} flashes with a beep {len(seen)} flashes and {len(heard)} beeps were recorded at {fps} fps: "
            "this machine is too busy to be measured"
        )
    origin = demonstration.info.clock_origin_ns
    apart = [(v - a) / 1e6 for v, a in zip(seen, heard, strict=True)]
    late = [(v - (s - origin)) / 1e6 for v, s in zip(seen, shown, strict=True)]
    sound = [(a - (s - origin)) / 1e6 for a, s in zip(heard, shown, strict=True)]
    return {
        "picture against sound, median of the amount, ms": statistics.median(map(abs, apart)),
        "picture against sound, worst, ms": max(map(abs, apart)),
        "picture against sound, bias, ms": statistics.mean(apart),
        "picture after flash, median, ms": statistics.median(late),
        "sound after beep, median, ms": statistics.median(sound),
        "sound after beep, spread (std), ms": statistics.stdev(sound),
    }


def _record_in_child(folder: str, fps: str, seconds: str) -> None:
    """Record for a while and print the processor's share; runs in a process of its own."""
    recorder = Recorder(Path(folder), RecorderOptions(fps=int(fps)))
    recorder.start()
    _say("recording")
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    time.sleep(float(seconds))
    now = resource.getrusage(resource.RUSAGE_SELF)
    share = (now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime) / (time.monotonic() - began)
    recorder.stop()
    _say(json.dumps({"share": share}))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _child(stage: Stage, folder: Path, fps: int, seconds: float) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-m", "tests.benchmarks.recording", "--child", str(folder), str(fps), str(seconds)]
    child = stage.spawn(argv, env={"PYTHONPATH": str(Path(__file__).parents[2])}, stdout=subprocess.PIPE)
    assert child.stdout is not None
    # Device libraries may print something of their own first.
    assert b"recording\n" in iter(child.stdout.readline, b"")
    return child


def processor(stage: Stage, folder: Path, fps: int, seconds: float = 10.0) -> dict[str, float]:
    """Percent of one core that recording takes, by what moves on the screen."""
    shares = {}
    for name, (hertz, wide) in SCENES.items():
        scene = stage.spawn([sys.executable, "-c", SCENE, str(hertz), str(wide)])
        time.sleep(1.5)
        target = folder / f"load-{fps}-{hertz}-{wide}"
        child = _child(stage, target, fps, seconds)
        assert child.stdout is not None
        shares[f"{name}, %"] = 100 * json.loads(child.stdout.readline())["share"]
        shares[f"{name}, MB a minute"] = (target / "recording.mkv").stat().st_size / 2**20 * 60 / seconds
        child.wait()
        scene.terminate()
        scene.wait()
    return shares


def killed(stage: Stage, folder: Path, times: int = 3) -> dict[str, float]:
    """Seconds that are missing after kill -9 while the picture moves."""
    scene = stage.spawn([sys.executable, "-c", SCENE, "15", "1"])
    time.sleep(1.5)
    lost: dict[str, list[float]] = {"picture": [], "sound": []}
    for number in range(times):
        target = folder / f"killed-{number}"
        child = _child(stage, target, 15, 60)
        time.sleep(4 + 0.37 * number)
        os.kill(child.pid, signal.SIGKILL)
        died_ns = time.monotonic_ns()
        child.wait()
        demonstration = recover(target)
        died_ns -= demonstration.info.clock_origin_ns
        lost["picture"].append((died_ns - demonstration.picture_times_ns[-1]) / SECOND)
        lost["sound"].append(died_ns / SECOND - len(demonstration._video.sound()) / 16_000)
    scene.terminate()
    scene.wait()
    return {f"{name} lost, worst, s": max(values) for name, values in lost.items()}


def lookup(folder: Path, times: int = 100) -> dict[str, float]:
    """Milliseconds to get the picture of a random time, and of the next one."""
    demonstration = Demonstration.open(folder)
    chance = random.Random(0)
    shown = demonstration.picture_times_ns
    began = time.perf_counter()
    first = Demonstration.open(folder)
    first.frame_at(shown[len(shown) // 2])
    opened = time.perf_counter() - began

    def measure(wanted: list[int]) -> list[float]:
        spent = []
        for time_ns in wanted:
            start = time.perf_counter()
            demonstration.frame_at(time_ns)
            spent.append(1e3 * (time.perf_counter() - start))
        return spent

    anywhere, onwards = measure(chance.choices(shown, k=times)), measure(shown[:times])
    return {
        "open and first picture, ms": 1e3 * opened,
        "random, median, ms": statistics.median(anywhere),
        "random, worst, ms": max(anywhere),
        "one after the other, median, ms": statistics.median(onwards),
    }


def main() -> None:
    """Measure everything and print it as JSON."""
    parser = argparse.ArgumentParser(prog="make bench-recording", description=__doc__)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _record_in_child(*options.child)
        return
    with tempfile.TemporaryDirectory() as scratch, Stage() as stage, stage.applied():
        folder = Path(scratch)
        results = {f"sync at {fps} fps": sync(stage, folder, fps) for fps in (15, 20, 30)}
        results |= {f"processor at {fps} fps, 1280 x 800": processor(stage, folder, fps) for fps in (15, 20)}
        results["kill -9"] = killed(stage, folder)
        results["frame_at"] = lookup(folder / "load-15-25-1")
    sys.stdout.write(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
