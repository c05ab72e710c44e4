"""Nothing leaves the machine: what Encore is built on neither notes nor sends what it does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEEING = "from encore_models.perception.ui_clip import UiClip; UiClip.load(threads=1)"


@pytest.mark.parametrize("first", ["", "import encore_recorder, encore_agent.doctor; ", "import rapidfuzz; "])
def test_onnxruntime_notes_nothing_and_has_no_id_of_the_device(first: str, tmp_path: Path) -> None:
    unset = ("ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "XDG_CACHE_HOME", "XDG_DATA_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    subprocess.run(
        [sys.executable, "-c", first + SEEING], env=environment | {"HOME": str(tmp_path)}, check=True, timeout=120
    )
    assert list(tmp_path.rglob("*")) == []
