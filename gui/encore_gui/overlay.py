"""Numbers over the controls of another program's window, to choose one by saying its number.

One sheet lies over each screen that has something to choose. It lets clicks through, never takes the focus, and
is cut to the shape of its badges, so that it needs no compositor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, QPointF, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QPainter, QPaintEvent, QPen, QRegion, QScreen
from PySide6.QtWidgets import QWidget

from encore_agent.messages import AgentEvent, Choice, ChoicesGone, ChoicesShown
from encore_gui.bridge import Bridge
from encore_gui.screen_room import Ground, ground_of
from encore_gui.theme import SPACE, Colours

FRAMED = 24
"""Choices up to which their controls are framed; more would hide the window."""
FRAME = 3
NUMBER_PX = 13
CAPTION_PX = 15
_FLAGS = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.WindowTransparentForInput
    | Qt.WindowType.WindowDoesNotAcceptFocus
    # No window manager may move it, list it or give it the focus.
    | Qt.WindowType.X11BypassWindowManagerHint
    | Qt.WindowType.NoDropShadowWindowHint
)


def badge_places(
    controls: Sequence[QRectF], sizes: Sequence[QSizeF], inside: QRectF, taken: Sequence[QRectF] = ()
) -> list[QRectF]:
    """Where each badge goes: at a corner of its control, in the screen, and on no other badge where that is possible.

    Args:
        controls: The controls, logical pixels of the sheet.
        sizes: The badges' sizes.
        inside: The sheet.
        taken: Where none may go.
    """
    placed: list[QRectF] = []
    for control, size in zip(controls, sizes, strict=True):
        width, height = size.width(), size.height()
        # Mostly outside of the control, so that it can still be seen.
        left, right = control.left() - 0.7 * width, control.right() - 0.3 * width
        top, bottom = control.top() - 0.7 * height, control.bottom() - 0.3 * height
        middle = control.center().y() - height / 2
        ways = [(left, top), (right, top), (left, bottom), (right, bottom), (control.left() - width, middle)]
        spots = [_kept_inside(QRectF(QPointF(x, y), size), inside) for x, y in ways]
        free = (spot for spot in spots if not any(spot.intersects(other) for other in (*taken, *placed)))
        placed.append(next(free, spots[0]))
    return placed


class Sheet(QWidget):
    """The numbers of one screen."""

    def __init__(self, ground: Ground, choices: Sequence[Choice], caption: str, framed: bool) -> None:
        """Lay them out; `show` brings them up.

        Args:
            ground: The screen.
            choices: Those whose controls are on it.
            caption: The question, or nothing.
            framed: Whether the controls get a frame.
        """
        super().__init__(None, _FLAGS)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setGeometry(ground.geometry)
        self._colours = Colours.now()
        self._choices = tuple(choices)
        self._caption = caption
        self._number_font, self._caption_font = _font(self.font(), NUMBER_PX), _font(self.font(), CAPTION_PX)
        inside = QRectF(0, 0, ground.geometry.width(), ground.geometry.height())
        controls = [ground.local(choice.rect) for choice in choices]
        self.frames = [control.adjusted(-4, -4, 4, 4) for control in controls] if framed else []
        self.caption_place = self._caption_place(controls, inside)
        sizes = [self._badge_size(choice) for choice in choices]
        self.badges = badge_places(controls, sizes, inside, [self.caption_place])
        self.setMask(self._shape())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw frames, badges and the question; the mask has cut everything else away."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._colours.primary)
        painter.setPen(QPen(self._colours.on_accent, 1))
        for place, text, font in self._writing():
            # A light rim, for the badge to stand out on any ground.
            painter.fillRect(place.toAlignedRect(), self._colours.on_accent)
            painter.fillRect(place.toAlignedRect().adjusted(1, 1, -1, -1), self._colours.primary)
            painter.setFont(font)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _writing(self) -> Iterable[tuple[QRectF, str, QFont]]:
        if self._caption:
            yield self.caption_place, self._caption, self._caption_font
        for place, choice in zip(self.badges, self._choices, strict=True):
            yield place, str(choice.number), self._number_font

    def _badge_size(self, choice: Choice) -> QSizeF:
        metrics = QFontMetricsF(self._number_font)
        width = metrics.horizontalAdvance(str(choice.number)) + SPACE
        return QSizeF(max(width, metrics.height()), metrics.height() + 2)

    def _caption_place(self, controls: Sequence[QRectF], inside: QRectF) -> QRectF:
        """At the upper edge, or at the lower one where that hides less."""
        if not self._caption:
            return QRectF()
        metrics = QFontMetricsF(self._caption_font)
        width = min(metrics.horizontalAdvance(self._caption) + 4 * SPACE, inside.width())
        upper = QRectF((inside.width() - width) / 2, SPACE, width, metrics.height() + 2 * SPACE)
        lower = upper.translated(0, inside.height() - upper.height() - 2 * SPACE)
        around = [control.adjusted(-3 * SPACE, -3 * SPACE, 3 * SPACE, 3 * SPACE) for control in controls]
        return min(upper, lower, key=lambda place: sum(place.intersects(control) for control in around))

    def _shape(self) -> QRegion:
        shape = QRegion(self.caption_place.toAlignedRect())
        for frame in self.frames:
            inner = frame.adjusted(FRAME, FRAME, -FRAME, -FRAME).toAlignedRect()
            shape += QRegion(frame.toAlignedRect()) - QRegion(inner)
        for badge in self.badges:
            shape += QRegion(badge.toAlignedRect())
        return shape


class Overlay(QObject):
    """Shows what can be chosen, as long as it can be."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        """Follow the events that come over `bridge`."""
        super().__init__(parent)
        self.sheets: list[Sheet] = []
        self._timeout = QTimer(self, singleShot=True)
        self._timeout.timeout.connect(self.clear)
        bridge.told.connect(self._on_event)

    def show(self, shown: ChoicesShown, screens: Sequence[QScreen]) -> None:
        """Put the numbers up in place of those there are."""
        self.clear()
        grounds = [Ground.of(screen) for screen in screens]
        owners = [ground_of(choice.rect, grounds) for choice in shown.choices]
        framed = len(shown.choices) <= FRAMED
        caption = f"{shown.reason} — say the number, or “cancel”"
        first = owners[0] if owners else None
        for ground in grounds:
            choices = [c for c, owner in zip(shown.choices, owners, strict=True) if owner is ground]
            if choices:
                self.sheets.append(Sheet(ground, choices, caption if ground is first else "", framed))
        for sheet in self.sheets:
            sheet.show()
        self._timeout.start(round(1000 * shown.seconds))

    def clear(self) -> None:
        """Take them away. Idempotent."""
        self._timeout.stop()
        for sheet in self.sheets:
            sheet.hide()
            sheet.deleteLater()
        self.sheets = []

    def _on_event(self, event: AgentEvent) -> None:
        if isinstance(event, ChoicesShown):
            self.show(event, QGuiApplication.screens())
        elif isinstance(event, ChoicesGone):
            self.clear()


def _font(base: QFont, size_px: int) -> QFont:
    font = QFont(base)
    font.setPixelSize(size_px)
    font.setBold(True)
    return font


def _kept_inside(box: QRectF, inside: QRectF) -> QRectF:
    left = min(max(box.left(), inside.left()), inside.right() - box.width())
    top = min(max(box.top(), inside.top()), inside.bottom() - box.height())
    return QRectF(QPointF(left, top), box.size())
