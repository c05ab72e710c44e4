"""Screens and their pixels, and where small windows of Encore's own go that come up by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QScreen

from encore_gui.theme import SPACE
from encore_recorder.geometry import Rect

ABOVE_ALL = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    # The program in front keeps the keyboard.
    | Qt.WindowType.WindowDoesNotAcceptFocus
    # No window manager may give it the focus, and no task bar lists it.
    | Qt.WindowType.X11BypassWindowManagerHint
)
"""Of small windows that come up by themselves; to be shown with `WA_ShowWithoutActivating`."""
EDGE = 2 * SPACE
FRAME = QSize(2 * SPACE, 5 * SPACE)
"""What window managers put around a window, at most."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A screen: Qt's place for it, and physical pixels a logical one.

    Qt keeps the physical top left corner of a screen and scales only what lies within it.
    """

    geometry: QRect
    ratio: float

    @classmethod
    def of(cls, screen: QScreen) -> Ground:
        """Of one of Qt's screens."""
        return cls(screen.geometry(), screen.devicePixelRatio())

    @property
    def physical(self) -> Rect:
        """Physical pixels of the virtual desktop."""
        size = self.geometry.size()
        return Rect(
            self.geometry.left(),
            self.geometry.top(),
            round(size.width() * self.ratio),
            round(size.height() * self.ratio),
        )

    def local(self, rect: Rect) -> QRectF:
        """A place of the virtual desktop in logical pixels from the screen's corner."""
        left, top = rect.left - self.geometry.left(), rect.top - self.geometry.top()
        return QRectF(left / self.ratio, top / self.ratio, rect.width / self.ratio, rect.height / self.ratio)


def ground_of(rect: Rect, grounds: Sequence[Ground]) -> Ground:
    """The screen that holds the middle of a place; else the one that is nearest."""

    def away(ground: Ground) -> int:
        middle, box = rect.center, ground.physical
        return max(box.left - middle.x, middle.x - box.right + 1, 0) + max(
            box.top - middle.y, middle.y - box.bottom + 1, 0
        )

    return min(grounds, key=away)


def lower_right(size: QSize) -> QPoint:
    """Where something small of this size, logical pixels, hides the least: programs put the least there."""
    free = QGuiApplication.primaryScreen().availableGeometry()
    return QPoint(free.right() + 1 - size.width() - EDGE, free.bottom() + 1 - size.height() - EDGE)


def room_for_window() -> QSize:
    """The largest window, logical pixels without its frame, of which the person sees all."""
    return QGuiApplication.primaryScreen().availableGeometry().size() - FRAME
