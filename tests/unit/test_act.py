"""Acting without a display: what is noted, and what is told when nothing can be done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from encore_agent.act import DryRunActuator, XdotoolText
from encore_agent.errors import CannotAct
from encore_recorder.actions import Click, Drag, PressKeys, TypeText
from encore_recorder.geometry import Point


def test_a_dry_run_notes_everything_and_knows_where_the_pointer_would_be() -> None:
    actuator = DryRunActuator()
    actions = [Click(Point(5, 6)), TypeText("hello"), Drag(Point(1, 1), Point(9, 9)), PressKeys(("enter",))]
    for action in actions:
        actuator.perform(action)
    assert actuator.performed == actions
    assert actuator.pointer() == Point(9, 9)


def test_text_reaches_xdotool_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = tmp_path / "noted"
    program = tmp_path / "xdotool"
    program.write_text(f'#!/bin/sh\ncat > "{noted}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    XdotoolText().enter("<é – 漢字>\n--help")
    assert noted.read_text(encoding="utf-8") == "<é – 漢字>\n--help"


def test_a_missing_or_failing_xdotool_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotAct, match=r"typing 'a' through xdotool failed.*encore doctor"):
        XdotoolText().enter("a")


def test_without_a_display_acting_is_refused_with_advice(tmp_path: Path) -> None:
    code = (
        "from encore_agent.act import PyAutoGuiActuator\n"
        "from encore_agent.errors import CannotAct\n"
        "try:\n    PyAutoGuiActuator()\nexcept CannotAct as error:\n    print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "/bin:/usr/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert "DISPLAY" in result.stdout
    assert "encore doctor" in result.stdout
