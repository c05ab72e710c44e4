"""openadapt-flow's visual resolver, in its own virtual environment, as a peer of the finder."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_recorder.geometry import Point
from tests.benchmarks.finder.dataset import Thing
from tests.benchmarks.finder.peers import Answer

Image = NDArray[np.uint8]
PACKAGE = "openadapt-flow==2.4.0"
WORKER = Path(__file__).with_name("openadapt_worker.py")


class WorkerStopped(RuntimeError):
    """The process with openadapt-flow ended before it answered."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"openadapt-flow's process ended with {code}; what it said last stands above")


def install(venv: Path) -> Path:
    """The interpreter of a virtual environment with openadapt-flow, made where it is missing.

    Raises:
        subprocess.CalledProcessError: It could not be installed.
    """
    python, ready = venv / "bin" / "python", venv / f".{PACKAGE}"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", PACKAGE], check=True)
        ready.touch()
    return python


class OpenAdapt:
    """Clicks recorded and compiled by openadapt-flow, and resolved by the rungs that need only pixels."""

    def __init__(self, python: Path) -> None:
        """Start its process.

        Args:
            python: The interpreter that has openadapt-flow.
        """
        self._folder = tempfile.TemporaryDirectory()
        # In a session of its own an interrupt stops the benchmark and not the answer it waits for.
        self._process = subprocess.Popen(
            [python, WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout

    def close(self) -> None:
        """End the process."""
        self._requests.close()
        self._process.wait()
        self._answers.close()
        self._folder.cleanup()

    def show(self, shown: Image, things: Sequence[Thing]) -> None:
        """Record a click on each thing and compile."""
        points = {thing.id: [thing.point.x, thing.point.y] for thing in things}
        self._request({"show": self._picture("shown", shown), "points": points})

    def find(self, thing: Thing, now: Image) -> Answer:
        """Where its resolver would click; timed there, without reading the picture from disk."""
        found = self._request({"find": thing.id, "now": self._picture("now", now)})
        point = None if found["point"] is None else Point(*found["point"])
        return Answer(point, found["ms"])

    def _picture(self, name: str, image: Image) -> str:
        path = Path(self._folder.name, f"{name}.png")
        cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        return str(path)

    def _request(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
        except BrokenPipeError:
            raise WorkerStopped(self._process.wait()) from None
        if not (line := self._answers.readline()):
            raise WorkerStopped(self._process.wait())
        answer: dict[str, Any] = json.loads(line)
        return answer
