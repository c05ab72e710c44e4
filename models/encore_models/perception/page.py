"""Lines of a whole page that no label was cut out for, as labels among the candidates.

Letters that are spaced out, or words on stripes, are no ink of one piece; a page's reader finds them as a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene
from encore_models.perception.text import TextLine
from encore_recorder.geometry import Rect

MARGIN = 0.2
"""Part of its height that a line found on a page has around its ink."""
PART = 0.7
"""Share of a line's width and height from which a label in it stands for it."""


def with_lines(scene: Scene, lines: Mapping[Rect, str]) -> Scene:
    """The scene with further labels.

    Args:
        scene: As it was seen.
        lines: What they say, by their place in its pixels.
    """
    found = [*scene.candidates, *(Candidate(box, "text") for box in lines)]
    found.sort(key=lambda candidate: (candidate.box.top, candidate.box.left))
    return scene.relaid(replace(scene.layout, candidates=tuple(found)), lines)


def unread(scene: Scene, lines: Sequence[TextLine]) -> tuple[dict[Rect, str], frozenset[Candidate]]:
    """The ink and text of those lines that no label of the scene stands for, and the labels that stand for others.

    What a label says that fills a line, or reaches out of it, is what is written there: of "Orchard (Live)" the page
    may have the first word alone.
    """
    found, told = {}, set()
    for line in lines:
        ink = line.box.grown(-round(MARGIN * line.box.height)).intersection(scene.rect)
        if ink is None:
            continue
        labels = [c for c in scene.candidates if c.kind in ("text", "icon") and _stands_for(c.box, ink)]
        says = [c for c, text in zip(labels, scene.texts(labels), strict=True) if sum(map(str.isalnum, text)) > 1]
        told.update(says)
        if not says and not any(c.box == ink for c in scene.candidates):
            found[ink] = line.text
    return found, frozenset(told)


def _stands_for(label: Rect, line: Rect) -> bool:
    """Whether what is written in a line is for a label to say, if it says anything."""
    as_large = label.width >= PART * line.width and label.height >= PART * line.height
    return as_large and label.intersection(line) is not None
