"""Captions: what tells what a field or slider is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from encore_models.perception.candidates import Candidate
from encore_recorder.geometry import Rect

if TYPE_CHECKING:
    from encore_models.perception.screen import Scene

CAPTION = (18.0, 1.5)
"""Times its height that a caption may stand before, and above, its field or slider; some words are low."""
CENTRED, UPRIGHT = 8, 1.6
"""Pixels by which the middle of a caption may differ from that of its upright slider, and times its height between."""


def caption_of(scene: Scene, frame: Candidate) -> Candidate | None:
    """What stands before a field or slider, or right above it, and tells what it is for; a scroll bar has none."""
    box = frame.box
    if frame.kind == "scroll bar":
        return None
    if box.height > 2 * box.width:
        return _of_upright(scene, box)
    best: tuple[float, Candidate] | None = None
    for other in scene.candidates:
        if other.frame or other.kind == "picture":
            continue
        level = _level(box, other.box)
        before, above = box.left - other.box.right, box.top - other.box.bottom
        if level and -4 <= before <= CAPTION[0] * other.box.height and not scene.walled(other.box, box):
            away = before / 4.0
        elif (
            -2 <= above <= CAPTION[1] * other.box.height
            and other.kind == "text"
            and abs(other.box.left - box.left) <= 16
        ):
            away = float(above)
            if any(f.frame and f is not frame and _level(f.box, other.box) for f in scene.candidates):
                continue  # the caption of another one
        else:
            continue
        # Read last, and only what stands there; the time beside a progress bar has no letters.
        nearer = (best is None or away < best[0]) and scene.field_of(other) is None
        if nearer and (other.kind != "text" or any(letter.isalpha() for letter in scene.texts([other])[0])):
            best = away, other
    return best[1] if best is not None else None


def _of_upright(scene: Scene, box: Rect) -> Candidate | None:
    """What stands in the middle right below an upright slider, or above it."""
    near = []
    for other in scene.candidates:
        gap = max(other.box.top - box.bottom, box.top - other.box.bottom)
        if not other.frame and other.kind != "picture" and abs(other.box.center.x - box.center.x) <= CENTRED:
            near.append((gap, other.box.top < box.top, other))
    near = [(gap, above, other) for gap, above, other in near if -2 <= gap <= UPRIGHT * other.box.height]
    return min(near, key=lambda one: one[:2])[2] if near else None


def _level(frame: Rect, label: Rect) -> bool:
    """Whether a label stands on the same level as a field or slider, before it."""
    shared = min(frame.bottom, label.bottom) - max(frame.top, label.top)
    return shared >= 0.4 * min(label.height, frame.height) and label.left < frame.left
