"""What the Makefile says of itself: `make help` names every command, and the README names no other."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = set(re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_help_names_every_command() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^make (\S+)", told, re.MULTILINE)) == TARGETS - {"help"}


def test_the_readme_names_only_commands_that_there_are() -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)\b", "\n".join(_code((ROOT / "README.md").read_text()))))
    assert named
    assert named <= TARGETS


def _code(text: str) -> list[str]:
    """What stands between backticks, in lines or in blocks."""
    return re.findall(r"```.*?```|`[^`]+`", text, re.DOTALL)
