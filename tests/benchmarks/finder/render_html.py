"""Sheets drawn by a headless Chromium; the page itself says where its parts came to stand.

The browser is spoken to over its own pipe (the DevTools protocol, messages of JSON that end in a zero byte), so no
port is opened and no package is needed.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np

from tests.benchmarks.finder.render_html_page import page
from tests.benchmarks.finder.render_qt import Picture
from tests.benchmarks.finder.sheet import Drawn, Shot

_PLACES = """
(() => {
  const found = {}, ratio = window.devicePixelRatio;
  for (const part of document.querySelectorAll('[data-id]')) {
    const whole = part.getBoundingClientRect();
    let left = whole.left, top = whole.top, right = whole.right, bottom = whole.bottom;
    for (let around = part.parentElement; around; around = around.parentElement) {
      if (around !== document.documentElement && getComputedStyle(around).overflow === 'visible') continue;
      const edge = around === document.documentElement
        ? {left: 0, top: 0, right: innerWidth, bottom: innerHeight} : around.getBoundingClientRect();
      left = Math.max(left, edge.left); top = Math.max(top, edge.top);
      right = Math.min(right, edge.right); bottom = Math.min(bottom, edge.bottom);
    }
    const width = Math.max(0, right - left), height = Math.max(0, bottom - top);
    const share = width * height / Math.max(1, whole.width * whole.height);
    found[part.dataset.id] = [left * ratio, top * ratio, (left + width) * ratio, (top + height) * ratio, share];
  }
  return JSON.stringify(found);
})()
"""
_LOADED = """
(async () => {
  if (document.readyState !== 'complete') await new Promise(done => onload = done);
  await document.fonts.ready;
  await Promise.all([...document.images].map(image => image.decode().catch(() => 0)));
  return 1;
})()
"""


class ChromiumMissing(RuntimeError):
    """There is no browser to draw with."""

    def __init__(self) -> None:
        super().__init__("HTML is drawn by Chromium, which was not found: install Debian's package chromium")


class ChromiumLost(RuntimeError):
    """The browser went away or refused."""

    def __init__(self, method: str, said: str) -> None:
        super().__init__(f"Chromium did not do {method}: {said}; run it again, with fewer screens if memory is short")


def draw_all(shots: Sequence[Shot], photos: Sequence[Path]) -> Iterator[tuple[int, Picture]]:
    """Draw shots in one browser, each with its number among them.

    Raises:
        ChromiumMissing: Chromium is not installed.
        ChromiumLost: It ended early or refused.
    """
    with Browser() as browser:
        for number, shot in enumerate(shots):
            yield number, browser.draw(shot, photos)


class Browser:
    """A headless Chromium with one page."""

    def __init__(self) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            raise ChromiumMissing
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        flags += ["--disable-extensions", "--disable-background-networking", "--allow-file-access-from-files"]
        flags += ["--force-color-profile=srgb", "--disable-lcd-text", f"--user-data-dir={self._home.name}/profile"]
        self._process, self._to, self._from = _start([program, *flags, "--remote-debugging-pipe", "about:blank"])
        self._number, self._session, self._rest = 0, "", b""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._to)
        self._process.terminate()
        self._process.wait(10)
        os.close(self._from)
        self._home.cleanup()

    def draw(self, shot: Shot, photos: Sequence[Path]) -> Picture:
        """Draw one shot."""
        width, height = shot.size
        file = Path(self._home.name) / "page.html"
        file.write_text(page(shot, photos), encoding="utf-8")
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=shot.percent / 100,
            mobile=False,
        )  # fmt: skip
        self._call("Page.navigate", url=file.as_uri())
        self._call("Runtime.evaluate", expression=_LOADED, awaitPromise=True, returnByValue=True)
        told = self._call("Runtime.evaluate", expression=_PLACES, returnByValue=True)["result"]["value"]
        shown = self._call("Page.captureScreenshot", format="png", optimizeForSpeed=True)["data"]
        image = cv2.imdecode(np.frombuffer(base64.b64decode(shown), np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise ChromiumLost("Page.captureScreenshot", "the picture could not be read")
        return np.asarray(image, np.uint8), {name: _drawn(box) for name, box in json.loads(told).items()}

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            answer = self._next(method)
            if answer.get("id") == self._number:
                break
        if "error" in answer:
            raise ChromiumLost(method, str(answer["error"]))
        result: dict[str, Any] = answer["result"]
        return result

    def _next(self, method: str) -> dict[str, Any]:
        parts = [self._rest]
        while b"\0" not in parts[-1]:
            parts.append(os.read(self._from, 1 << 20))
            if not parts[-1]:
                raise ChromiumLost(method, f"it ended with {self._process.poll()}")
        text, _, self._rest = b"".join(parts).partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


def _start(command: list[str]) -> tuple[subprocess.Popen[bytes], int, int]:
    """Start the browser with its pipe as descriptors 3 and 4; returns our ends, to write and to read."""
    their_in, to_it = os.pipe()
    from_it, their_out = os.pipe()
    # High numbers, so that putting them at 3 and 4 in the child overwrites neither.
    high_in, high_out = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (their_in, their_out))

    def place() -> None:
        os.dup2(high_in, 3)
        os.dup2(high_out, 4)

    process = subprocess.Popen(
        command, pass_fds=(3, 4), preexec_fn=place, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for end in (their_in, their_out, high_in, high_out):
        os.close(end)
    return process, to_it, from_it


def _drawn(box: Sequence[float]) -> Drawn:
    left, top, right, bottom = (round(side) for side in box[:4])
    return Drawn(left, top, right - left, bottom - top, box[4])
