"""The `encore` command: no display is one clear line, and Qt comes only with the window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest


def run(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "XDG_SESSION_TYPE")}
    return subprocess.run(
        [sys.executable, *argv], env=kept | environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({}, "there is no display (DISPLAY is not set)"),
        ({"DISPLAY": ":9876"}, "the display ':9876' cannot be used"),
        ({"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}, "this is a Wayland session"),
    ],
)
def test_without_a_display_it_says_so_in_one_line(environment: dict[str, str], problem: str) -> None:
    result = run("-m", "encore_gui", **environment)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"encore: {problem}")
    assert result.stderr.count("\n") == 1


def test_the_other_commands_need_no_qt() -> None:
    code = (
        "import sys; from encore_gui.__main__ import main\n"
        "sys.argv = ['encore', '--help']\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "assert not [name for name in sys.modules if name.startswith('PySide6')]"
    )
    result = run("-c", code)
    assert result.returncode == 0, result.stderr
    assert "tray" in result.stdout


@pytest.mark.parametrize(
    ("argv", "environment"),
    [(["--data", "DATA"], {}), ([], {"ENCORE_DATA": "DATA"})],
)
def test_the_window_opens_the_library_that_is_named(
    argv: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import sys; from encore_gui import start\n"
        "start._run_window = lambda data, *_, **__: print(data)\n"
        "sys.argv = ['encore', *sys.argv[1:]]; start.app()"
    )
    place = str(tmp_path)
    result = run("-c", code, *(place if word == "DATA" else word for word in argv), **dict.fromkeys(environment, place))
    assert result.stdout.strip() == place, result.stderr


def test_an_option_before_the_command_is_not_lost() -> None:
    result = run("-m", "encore_gui", "--data", "/tmp/x", "macros")
    assert result.returncode == 2
    assert result.stderr == "encore: write --data after the command: encore macros --data ...\n"


def test_it_says_which_version_it_is() -> None:
    assert run("-m", "encore_gui", "--version").stdout == f"encore {version('encore')}\n"


def test_an_interrupt_while_it_loads_ends_it_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'encore_agent.cli':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
    )
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH", ""))))
    result = run("-m", "encore_gui", "macros", PYTHONPATH=path)
    assert (result.returncode, result.stderr) == (-signal.SIGINT, "")
