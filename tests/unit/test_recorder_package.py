"""The package as a whole: importing touches nothing, missing devices are explained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import encore_recorder
from encore_recorder.errors import DiskFull, NoDisplay, NoMicrophone, NotRecording, RecorderError, WaylandSession
from encore_recorder.recorder import Recorder, RecorderOptions
from encore_recorder.sources.display import require_x11

_IMPORT_ALL = """
import importlib, pkgutil, sys

class Refuse:
    DEVICES = {"mss", "sounddevice", "pynput", "Xlib", "jeepney", "pyautogui", "PySide6", "torch"}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.DEVICES:
            raise AssertionError("importing touches " + name)

sys.meta_path.insert(0, Refuse())
import encore_recorder
names = [m.name for m in pkgutil.walk_packages(encore_recorder.__path__, "encore_recorder.")]
assert len(names) > 15, names
for name in names:
    importlib.import_module(name)
"""


def test_importing_everything_touches_no_device():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", _IMPORT_ALL],
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_package_says_that_it_has_types():
    assert (Path(encore_recorder.__file__).parent / "py.typed").exists()


@pytest.mark.parametrize(
    ("environment", "error"),
    [
        ({}, NoDisplay),
        ({"DISPLAY": ""}, NoDisplay),
        ({"XDG_SESSION_TYPE": "wayland"}, WaylandSession),
        ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, WaylandSession),
    ],
)
def test_sessions_that_cannot_be_seen_are_explained(environment: dict[str, str], error: type[RecorderError]):
    with pytest.raises(error, match="X11"):
        require_x11(environment)
    assert require_x11({"XDG_SESSION_TYPE": "x11", "DISPLAY": ":7"}) == ":7"


def test_without_a_display_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    recorder = Recorder(tmp_path / "one")
    with pytest.raises(NoDisplay):
        recorder.start()
    assert list(tmp_path.iterdir()) == []
    assert recorder.state == "new"
    with pytest.raises(NotRecording, match="cannot stop: the recorder is new"):
        recorder.stop()


def test_a_full_disk_is_told_before_anything_is_opened(tmp_path: Path):
    recorder = Recorder(tmp_path / "deep" / "one", RecorderOptions(keep_free_bytes=2**60))
    with pytest.raises(DiskFull, match="MB are free") as caught:
        recorder.start()
    assert caught.value.folder == tmp_path / "deep" / "one"


def test_options_are_checked():
    with pytest.raises(ValueError, match="1 to 60"):
        RecorderOptions(fps=0)


def test_a_missing_microphone_lists_what_was_seen():
    error = NoMicrophone("Blue Yeti", "no such device", ["0: Built-in", "3: Webcam"])
    assert error.seen == ("0: Built-in", "3: Webcam")
    assert "'Blue Yeti'" in str(error)
    assert "0: Built-in; 3: Webcam" in str(error)
    assert "seen: none" in str(NoMicrophone(None, "no default"))


def test_leaves_are_caught_by_what_python_calls_them():
    assert issubclass(DiskFull, OSError)
    assert issubclass(NoDisplay, RuntimeError)
