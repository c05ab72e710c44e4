"""The private desktop: comes up, is private, carries sound, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demos import keeper
from demos.errors import MissingPrograms
from demos.stage import Stage, StageOptions, end

pytestmark = pytest.mark.usefixtures("stage_programs")


def _eventually(condition, seconds: float = 8.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _output(stage: Stage, *argv: str) -> str:
    return subprocess.run(argv, env=stage.env, capture_output=True, text=True, timeout=10, check=True).stdout.strip()


def test_comes_up_private_and_goes_without_trace():
    with Stage(StageOptions(size=(900, 700), tray=True)) as stage:
        folder, display = stage.folder, stage.display
        assert _output(stage, "xdotool", "getdisplaygeometry") == "900 700"
        assert _output(stage, "pactl", "get-default-source") == "microphone"
        assert _output(stage, "pactl", "get-default-sink") == "speakers"
        assert (folder / "run").stat().st_mode & 0o777 == 0o700
        assert stage.env["HOME"] == str(stage.home) != os.environ.get("HOME")
        programs = keeper.marked(str(folder))
        assert len(programs) >= 5
    assert not folder.exists()
    assert keeper.marked(str(folder)) == []
    assert not any(Path(f"/proc/{pid}").exists() for pid in programs)
    assert not Path(f"/tmp/.X{display[1:]}-lock").exists()
    assert not Path(f"/tmp/.X11-unix/X{display[1:]}").exists()


def test_two_side_by_side_do_not_meet(stage: Stage):
    with Stage() as other:
        assert other.display != stage.display
        _output(other, "pactl", "set-sink-volume", "speakers", "40%")
        assert "40%" in _output(other, "pactl", "get-sink-volume", "speakers")
        assert "100%" in _output(stage, "pactl", "get-sink-volume", "speakers")
    assert _output(stage, "xdotool", "getdisplaygeometry") == "1280 800"


def _commands(folder: str) -> list[bytes]:
    names = []
    for pid in keeper.marked(folder):
        with contextlib.suppress(FileNotFoundError):
            names.append(Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0])
    return names


_OWNER = """
import os, sys, subprocess, time
from demos.stage import Stage
with Stage() as stage:
    # A grandchild in a session of its own, which no list of children knows.
    stage.spawn(["sh", "-c", "setsid sleep 1000 & sleep 1000"])
    if os.fork() == 0:  # a forked child holds copies of every pipe
        time.sleep(30)
        os._exit(0)
    print(stage.folder, flush=True)
    time.sleep(30)
"""


def test_kill_9_of_the_owner_takes_everything_down():
    owner = subprocess.Popen([sys.executable, "-c", _OWNER], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert owner.stdout is not None
    with owner.stdout:
        folder = owner.stdout.readline().strip()
        assert _eventually(lambda: _commands(folder).count(b"sleep") == 2)
        assert b"Xvfb" in _commands(folder)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        try:
            assert _eventually(lambda: not Path(folder).exists()), "the folder stayed"
            assert keeper.marked(folder) == []
        finally:
            os.killpg(owner.pid, signal.SIGKILL)  # the forked child


def test_program_that_ignores_the_polite_request_is_killed(stage: Stage):
    stubborn = stage.spawn(["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"])
    time.sleep(0.1)
    end(stubborn, patience_s=0.2)
    assert stubborn.returncode == -signal.SIGKILL


def test_applied_environment_is_given_back(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DISPLAY", ":77")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    # Not PULSE_SERVER: PortAudio begins anew as the block ends, and would find no devices for the tests that follow.
    monkeypatch.delenv("PULSE_SOURCE", raising=False)
    with stage.applied():
        assert os.environ["DISPLAY"] == stage.display
        assert os.environ["PULSE_SOURCE"] == stage.env["PULSE_SOURCE"]
        assert "WAYLAND_DISPLAY" not in os.environ
        os.environ["SET_MEANWHILE"] = "stays"
    assert os.environ["DISPLAY"] == ":77"
    assert os.environ["WAYLAND_DISPLAY"] == "wayland-0"
    assert "PULSE_SOURCE" not in os.environ
    assert os.environ.pop("SET_MEANWHILE") == "stays"


def test_missing_programs_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPrograms, match=r"Xvfb.*apt-get install .*pulseaudio-utils.*xvfb"):
        Stage().__enter__()


def test_packages_are_listed_by_a_bare_python():
    done = subprocess.run(
        [sys.executable, "-S", "-m", "demos.stage", "--packages"], capture_output=True, text=True, check=True
    )
    assert {"xvfb", "pulseaudio", "libportaudio2"} <= set(done.stdout.split())


def test_screenshot_shows_the_whole_screen(stage: Stage, tmp_path: Path):
    picture = stage.screenshot(tmp_path / "screen.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert (int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])) == (1280, 800)


def test_programs_connect_without_a_warning(stage: Stage):
    code = "from Xlib.display import Display; Display().close()"
    done = subprocess.run([sys.executable, "-c", code], env=stage.env, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
