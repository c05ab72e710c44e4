"""Controls that a program tells of, as candidates where the picture shows none.

A program's word only adds places: what the pixels show stays as it is, so a program that tells nothing, or tells it
wrongly, takes nothing away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from encore_models.perception.candidates import SMALLEST, Candidate, CandidateKind, Layout
from encore_recorder.geometry import Rect
from encore_recorder.sources.accessibility import Element

KINDS: dict[str, CandidateKind] = {
    "push button": "icon", "toggle button": "icon", "push button menu": "icon", "check box": "icon",
    "radio button": "icon", "icon": "icon", "image": "picture",
    "label": "text", "static": "text", "heading": "text", "link": "text", "menu": "text", "menu item": "text",
    "check menu item": "text", "radio menu item": "text", "page tab": "text",
    "entry": "field", "password text": "field", "combo box": "field", "spin button": "field", "slider": "slider",
}  # fmt: skip
"""What controls are by their roles. Rows, cells and whole texts are not here: one acts on what is in them."""
LARGEST = (900, 320)
"""Pixels of width and height of the largest control that is a place to act on, and no panel."""
STANDS_FOR = 4
"""Ink in a control stands for it, unless it has so many times the control's pixels."""


def with_told(layout: Layout, elements: Iterable[Element], picture: Rect) -> Layout:
    """The layout with those controls of the program that no candidate stands for.

    Args:
        layout: What the pixels show.
        elements: What the program tells, in pixels of the picture.
        picture: The whole picture.
    """
    added: list[Candidate] = []
    for element in elements:
        kind, box = KINDS.get(element.role), element.box.intersection(picture)
        if kind is None or box is None or not element.showing or not _is_place(box):
            continue
        if not _stood_for(box, layout.candidates) and not _stood_for(box, added):
            added.append(Candidate(box, kind))
    if not added:
        return layout
    found = sorted([*layout.candidates, *added], key=lambda candidate: (candidate.box.top, candidate.box.left))
    return replace(layout, candidates=tuple(found))


def _is_place(box: Rect) -> bool:
    return 2 * SMALLEST <= box.width <= LARGEST[0] and 2 * SMALLEST <= box.height <= LARGEST[1]


def _stood_for(box: Rect, candidates: Sequence[Candidate]) -> bool:
    return any(box.contains(c.box.center) and c.box.area <= STANDS_FOR * box.area for c in candidates)
