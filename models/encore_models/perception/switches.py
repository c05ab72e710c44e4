"""Switches: drawings that a click changes, and nothing else on the screen."""

from __future__ import annotations

import numpy as np

from encore_models.macro import Target
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Rect

CHANGED = 24
"""Levels of 255 by which a pixel has to differ."""
GROUND = 0.6
"""Of its longer side: how far the ground may reach that a switch stands on while it is on."""
ELSEWHERE = 0.005
"""Share of the window's pixels that may change beside it: a page that comes changes more."""
OTHER_LOOK = 0.8
"""Cosine of what its box shows before and after, above which it is the same drawing."""


def switched(target: Target, before: Scene, after: Scene) -> Rect | None:
    """The ink of a drawing after it was clicked, where that changed it and nothing else.

    Args:
        target: In pixels of `before`.
        before: The window while the pointer was elsewhere: under the pointer many buttons look otherwise.
        after: The window when the click had taken effect, and the pointer was elsewhere.

    Returns:
        Pixels of `after`; None where it is no drawing, does something else as well, or nothing that can be seen.
    """
    if target.kind not in ("icon", "row_icon") or before.image.shape != after.image.shape:
        return None
    if not _alone(target.box, before, after):
        return None
    drawing = after.at(target.box.center)
    if drawing is None or drawing.frame:
        return None
    # Of both boxes: what is cut out otherwise does not look the same, though nothing has changed.
    likeness = max(cosine(before, box, after, box) for box in (target.box, drawing.box))
    return drawing.box if likeness <= OTHER_LOOK else None


def cosine(one: Scene, box: Rect, other: Scene, its: Rect) -> float:
    """Of what two boxes show."""
    return float(one.looks_in([box])[0] @ other.looks_in([its])[0])


def _alone(box: Rect, before: Scene, after: Scene) -> bool:
    """Whether nothing has changed but what is in the box, and the ground that it stands on."""
    changed = np.abs(before.image.astype(np.int16) - after.image).max(axis=2) > CHANGED
    ground = box.grown(round(GROUND * max(box.width, box.height))).intersection(before.rect) or box
    inside = changed[ground.top : ground.bottom, ground.left : ground.right]
    total, own = int(changed.sum()), int(inside.sum())
    return own > 0 and total - own <= ELSEWHERE * changed.size
