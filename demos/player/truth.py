"""Where everything in the window really is, for tests that judge what was found on the screen."""

from __future__ import annotations

import itertools

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from demos.player.mpris import Boxes
from demos.player.popup import Popup
from demos.player.rows import TrackList


def boxes_of(window: QWidget) -> Boxes:
    """Every control that can be clicked now, by its accessible name, in pixels of the screen.

    Rows come as "row: TITLE", their parts as "title: TITLE", "heart: TITLE", "more: TITLE", the entries of an
    open menu as "menu: ENTRY". An open menu or pop-up hides the rest, because a click elsewhere would not reach it.
    """
    menu = QApplication.activePopupWidget()
    if isinstance(menu, QMenu):
        return _menu_boxes(menu)
    popup = window.findChild(Popup)
    found: Boxes = {}
    for widget in (popup or window).findChildren(QWidget):
        seen = widget.visibleRegion().boundingRect()
        name = widget.accessibleName()
        if name and widget.isVisible() and not seen.isEmpty():
            found[_unused(name, found)] = _on_screen(widget, seen)
        if isinstance(widget, TrackList) and widget.isVisible():
            found |= {row: _on_screen(widget.viewport(), box) for row, box in widget.boxes().items()}
    if popup is None:
        found["window"] = _on_screen(window, window.rect())
    return found


def _unused(name: str, found: Boxes) -> str:
    """The name itself, or "NAME (2)" for a second control that is called the same."""
    names = itertools.chain([name], (f"{name} ({number})" for number in itertools.count(2)))
    return next(candidate for candidate in names if candidate not in found)


def _menu_boxes(menu: QMenu) -> Boxes:
    found: Boxes = {}
    for action in menu.actions():
        if action.isSeparator():
            continue
        found[f"menu: {action.text()}"] = _on_screen(menu, menu.actionGeometry(action))
        submenu = action.menu()
        if isinstance(submenu, QMenu) and submenu.isVisible():
            found |= _menu_boxes(submenu)
    return found


def _on_screen(widget: QWidget, box: QRect) -> tuple[int, int, int, int]:
    corner, ratio = widget.mapToGlobal(QPoint(box.left(), box.top())), widget.devicePixelRatioF()
    left, top = round(corner.x() * ratio), round(corner.y() * ratio)
    return left, top, round(box.width() * ratio), round(box.height() * ratio)
