"""openadapt-flow's compiler and visual resolver behind lines of JSON; runs in its own virtual environment.

Each line of the standard input is a request, each line of the standard output its answer:
    {"show": PNG, "points": {id: [x, y]}}   records a click on each point, compiles the recording   -> {}
    {"find": id, "now": PNG}                resolves the compiled anchor on a picture    -> {"point": ..., "ms": ...}

Called are `openadapt_flow.recorder.Recorder.click` and `.finish` on a backend that shows one picture,
`openadapt_flow.compiler.compile.compile_recording`, and `openadapt_flow.runtime.resolver.resolve` with
`openadapt_flow.vision`, the way its replayer calls it for a surface that has pixels only.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from openadapt_flow import vision
from openadapt_flow.compiler.compile import compile_recording
from openadapt_flow.recorder import Recorder
from openadapt_flow.runtime.resolver import png_size, resolve
from openadapt_flow.vision.ocr import OcrResolutionRefused, clear_ocr_memo


class StillPicture:
    """A backend whose screen never changes."""

    def __init__(self, png: bytes) -> None:
        self._png = png
        self.viewport = png_size(png)

    def screenshot(self) -> bytes:
        return self._png

    def click(self, x: int, y: int, *, double: bool = False) -> None:
        """Change nothing."""

    def type_text(self, text: str) -> None:
        """Change nothing."""

    def press(self, key: str) -> None:
        """Change nothing."""

    def scroll(self, dx: int, dy: int) -> None:
        """Change nothing."""


class Resolver:
    """The anchors of one recording."""

    def __init__(self) -> None:
        self._steps: dict[str, tuple[Any, bytes | None]] = {}

    def show(self, picture: str, points: dict[str, list[int]]) -> dict[str, Any]:
        """Record and compile clicks."""
        with tempfile.TemporaryDirectory() as folder:
            recorder = Recorder(
                StillPicture(Path(picture).read_bytes()), Path(folder, "recording"), settle_interval_s=0
            )
            for x, y in points.values():
                recorder.click(x, y)
            bundle = Path(folder, "bundle")
            workflow = compile_recording(recorder.finish(), bundle, name="benchmark")
            if len(workflow.steps) != len(points):
                raise ValueError(f"{len(points)} clicks were compiled to {len(workflow.steps)} steps")
            self._steps = {
                name: (step, _template(bundle, step)) for name, step in zip(points, workflow.steps, strict=True)
            }
        return {}

    def find(self, name: str, picture: str) -> dict[str, Any]:
        """Resolve an anchor; a refusal is no click."""
        step, template = self._steps[name]
        png = Path(picture).read_bytes()
        # A replay meets each screen once, so nothing is known of it.
        clear_ocr_memo()
        began = time.perf_counter()
        try:
            found = resolve(step.anchor, png, vision, None, step.intent, template_png=template, viewport=png_size(png))
        except OcrResolutionRefused:
            found = None
        ms = 1e3 * (time.perf_counter() - began)
        point = None if found is None else [int(value) for value in found[0].point]
        return {"point": point, "ms": ms, "rung": None if found is None else found[0].rung}


def _template(bundle: Path, step: Any) -> bytes | None:
    path = bundle / step.anchor.template
    return path.read_bytes() if path.is_file() else None


def main() -> None:
    """Answer until the input ends."""
    # The compiler explains each anchor at length.
    logging.disable(logging.WARNING)
    resolver = Resolver()
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        if "show" in request:
            answer = resolver.show(request["show"], request["points"])
        else:
            answer = resolver.find(request["find"], request["now"])
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
