"""Sheets drawn by Qt without a display: its own widgets, in its own styles or under a style sheet."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.finder.sheet import Drawn, Shot

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

Picture = tuple[NDArray[np.uint8], dict[str, Drawn]]
"""BGR [height, width, 3], and where every part with an id came to stand."""


def draw_all(shots: Sequence[Shot], photos: Sequence[Path]) -> Iterator[tuple[int, Picture]]:
    """Draw shots, each with its number among them; those of one scale in a process of their own.

    Qt takes its scale factor when it starts.
    """
    for percent in sorted({shot.percent for shot in shots}):
        of_scale = [(number, shot) for number, shot in enumerate(shots) if shot.percent == percent]
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), start_qt, (percent,)) as pool:
            pictures = pool.map(draw, [shot for _, shot in of_scale], [photos] * len(of_scale))
            for (number, _), picture in zip(of_scale, pictures, strict=True):
                yield number, picture


def start_qt(percent: int) -> None:
    """Make this process one that draws at a scale."""
    os.environ |= {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(percent / 100)}
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    qInstallMessageHandler(_say)
    QApplication(["sheet"])


def _say(kind: object, where: object, message: str) -> None:
    """Pass on what Qt says, but for what the offscreen platform says of every window."""
    if "propagateSizeHints" not in message:
        sys.stderr.write(f"{message}\n")


def draw(shot: Shot, photos: Sequence[Path]) -> Picture:
    """Draw one shot at the scale of this process."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from tests.benchmarks.finder.render_qt_touch import touch
    from tests.benchmarks.finder.render_qt_widgets import Builder, dress

    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("start_qt was not called in this process")
    dress(application, shot.look)
    builder = Builder(shot.look, photos)
    window = builder.build(shot.root)
    window.resize(*shot.size)
    window.show()
    window.activateWindow()
    for _ in range(3):
        application.processEvents()
    for widget, state in builder.touched:
        touch(widget, state)
    if builder.focused is not None:
        builder.focused.setFocus()
    application.processEvents()
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    picture = np.ascontiguousarray(pixels[:, : image.width(), :3])
    places = {name: _drawn(widget, box, window) for name, (widget, box) in builder.places().items()}
    window.close()
    window.deleteLater()
    # Windows that live on would be dressed again with every look.
    application.sendPostedEvents(window, QEvent.Type.DeferredDelete)
    return picture, places


def _drawn(widget: QWidget, box: tuple[int, int, int, int], window: QWidget) -> Drawn:
    """Where a part of a widget is, in pixels of the picture."""
    from PySide6.QtCore import QPoint, QRect

    ratio = window.devicePixelRatioF()
    whole = QRect(widget.mapTo(window, QPoint(box[0], box[1])), QRect(*box).size())
    seen, around = whole, widget
    while True:
        seen = seen.intersected(QRect(around.mapTo(window, QPoint(0, 0)), around.size()))
        if around is window:
            break
        outer = around.parentWidget()
        if outer is None:
            raise ValueError("the widget is not in the window")
        around = outer
    share = seen.width() * seen.height() / max(1, whole.width() * whole.height()) if not seen.isEmpty() else 0.0
    left, top = round(seen.left() * ratio), round(seen.top() * ratio)
    right, bottom = round((seen.left() + seen.width()) * ratio), round((seen.top() + seen.height()) * ratio)
    return Drawn(left, top, max(0, right - left), max(0, bottom - top), share)
