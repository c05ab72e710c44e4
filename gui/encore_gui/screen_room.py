"""Where on the screen there is room for something small that must not hide what a macro looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QScreen

from encore_gui.theme import SPACE
from encore_models.macro import Macro
from encore_recorder.geometry import Rect

ABOVE_ALL = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    # The program in front keeps the keyboard.
    | Qt.WindowType.WindowDoesNotAcceptFocus
)
"""Of small windows that come up by themselves; to be shown with `WA_ShowWithoutActivating`."""
EDGE = 2 * SPACE


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


def windows_of(macro: Macro) -> frozenset[Rect]:
    """Where the macro's windows were when it was shown, physical pixels of the virtual desktop."""
    return frozenset(step.window.rect for step in macro.steps)


def corner(size: QSize, free: QRect, ground: Ground, taken: Iterable[Rect] = ()) -> QPoint | None:
    """A corner of the screen that lies over none of these windows: the lower ones first, the right ones first.

    Args:
        size: What is to be placed, logical pixels.
        free: The part of the screen that no panel takes, Qt's `availableGeometry`.
        ground: The screen.
        taken: Windows, physical pixels of the virtual desktop.

    Returns:
        Its top left, in Qt's coordinates; None where every corner is taken.
    """
    inner = free.adjusted(EDGE, EDGE, -EDGE, -EDGE)
    places = [
        QPoint(x, y)
        for y in (inner.bottom() + 1 - size.height(), inner.top())
        for x in (inner.right() + 1 - size.width(), inner.left())
    ]
    covered = [ground.local(rect).translated(ground.geometry.topLeft()).toAlignedRect() for rect in taken]
    return next((p for p in places if not any(QRect(p, size).intersects(there) for there in covered)), None)
