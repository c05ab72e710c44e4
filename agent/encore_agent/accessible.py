"""What the program itself says about a place that was found: a witness that may object, and never points anywhere.

It objects only where both times it named something of the same sort that is called by what it does, a button or an
entry of a menu: what rows, fields and labels are called is their content, and changes.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from encore_agent.findings import Absent, Found
from encore_models.macro import SLOT_PATTERN, Target
from encore_recorder.events import Window
from encore_recorder.geometry import Point
from encore_recorder.sources.accessibility import Element

log = logging.getLogger(__name__)

ReadElements = Callable[[Window], Sequence[Element]]
"""What a window's program tells of its controls now, in pixels of the desktop; nothing where it tells nothing."""

SORTS = {
    "push button": "button", "toggle button": "button", "push button menu": "button", "check box": "button",
    "radio button": "button", "icon": "button", "link": "button",
    "menu": "menu", "menu item": "menu", "check menu item": "menu", "radio menu item": "menu",
    "page tab": "tab",
    "column header": "header", "table column header": "header",
}  # fmt: skip
"""Roles whose names say what they do; a program may change a control's role within its sort."""

_COUNT = re.compile(r"\(\s*\d+\s*\)")
"""How many there are, which is no part of the name: "Inbox (3)"."""


def heeded(result: Found | Absent, target: Target, elements: Sequence[Element]) -> Found | Absent:
    """The result as it stands after the program was heard.

    Args:
        result: Where the target was found.
        target: With its role and name as they were when it was shown.
        elements: What the program tells now, in pixels of the picture that was searched; may be only a part of it.

    Returns:
        The same place, with the program's word in the evidence where it agrees; absent where it objects. What was
        nearly found is held to the same.
    """
    if isinstance(result, Absent):
        held = (heeded(one, target, elements) for one in result.nearly)
        return replace(result, nearly=tuple(one for one in held if isinstance(one, Found)))
    here = element_at(result.point, elements)
    if here is None or not _comparable(target, here):
        return result
    if _plain(here.name) == _plain(target.name):
        return replace(result, evidence=f"{result.evidence}; the program calls it {here.name!r} as well")
    return Absent(f"the program calls it {here.name!r}, not {target.name!r}", result.look_alikes)


def told_elements(read: ReadElements, window: Window, origin: Point) -> list[Element]:
    """What the window's program tells, in pixels of a picture that begins at `origin`; raises nothing."""
    try:
        return [replace(element, box=element.box.moved(-origin.x, -origin.y)) for element in read(window)]
    except (OSError, ValueError, TypeError, AttributeError):
        # Whatever a program answers: a hint that cannot be read is none.
        log.warning("what %s tells of its controls cannot be read", window.app_class, exc_info=True)
        return []


def element_at(point: Point, elements: Sequence[Element]) -> Element | None:
    """The smallest element that shows at a place; None where there is none."""
    holding = [element for element in elements if element.showing and element.box.contains(point)]
    return min(holding, key=lambda element: element.box.area, default=None)


def _comparable(target: Target, element: Element) -> bool:
    """Whether both names are those of the same sort of control, and none follows what was said."""
    varies = target.template is not None or SLOT_PATTERN.search(target.name) is not None
    same_sort = SORTS.get(target.role) is not None and SORTS.get(target.role) == SORTS.get(element.role)
    return same_sort and not varies and bool(_plain(target.name)) and bool(_plain(element.name))


def _plain(name: str) -> str:
    """The name without counts, signs for short cuts, dots and capitals."""
    words = re.findall(r"\w+", _COUNT.sub(" ", name).replace("&", "").replace("_", "").casefold())
    return " ".join(words)
