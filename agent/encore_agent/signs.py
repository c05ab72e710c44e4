"""Finding a drawing that looks otherwise now: by its name below it, or where it stood by what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from encore_agent.context import anchored
from encore_agent.evidence import Place, Search, lead, nearest
from encore_agent.findings import Absent, Found
from encore_agent.labels import only_label
from encore_agent.titles import Match, match
from encore_models.macro import Target
from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Point, Rect

LARGEST = 64
"""Pixels at 100 % of the largest drawing of an icon set."""
SIZES = (0.5, 2.0)
"""Times its size that the drawing of another set may have."""
ELSEWHERE = 0.8
"""Likeness from which the shown drawing itself is still there."""
STANDS = 0.8
"""How well the distances to the window's edges must be kept."""
COMPANY, LEAST_COMPANY = 8, 3
"""Drawings near the shown one that are asked whether they have changed too, and how many there must be."""
NEAR = 400
"""Pixels within which they stand."""
CHANGED = 0.62
"""Share of them that must have: one sign alone that is another one means something else, such as pause for play."""
LABELS_LEFT = 0.5
"""Share of the labels near it that must be there still: what covers a window changes these as well."""
LEAST_NAMED, LEAST_NAME = 20, 2
"""Pixels of height of a drawing, and letters, from which a label below it is its name."""
CENTRED, OFF, BELOW = 6, 0.12, 0.5
"""Pixels, or part of its width, by which its name may be off its middle, and part of its height down to it."""
CLOSE = 14
"""Pixels down to it that are never too far: of a pale drawing only the middle may be made out."""
MEANS = 0.5
"""Cosine of meanings from which two drawings may mean the same."""


def find_sign(search: Search, cell: Candidate) -> Found | Absent | None:
    """The drawing at the same place that means the same, where all drawings around it look otherwise now.

    Another icon set changes every drawing and no place. Of all drawings on the screen it must be the one that means
    most what the shown one meant, and the other way round.

    Returns:
        None where nothing can be weighed.
    """
    shown, now, scale = search.shown, search.now, search.scale
    pool, before = _drawings(now.candidates, cell.box, scale), _drawings(shown.candidates, cell.box, 1.0)
    if cell not in before or not pool or float(search.pair.looks_of(cell, pool).max()) >= ELSEWHERE:
        return None
    across, down = anchored(search.pair, cell.box, [c.box for c in pool])
    stands = np.asarray(across * down, np.float32)
    changed = _changed(search, cell)
    if stands.max() < STANDS or changed < CHANGED or _labels_left(search, cell) < LABELS_LEFT:
        return None
    means = now.meanings(pool) @ shown.meanings([cell])[0]
    # Where two lie on one another, the one that means it.
    best = int(np.argmax(np.where(stands >= STANDS, means, -1)))
    ahead = lead(pool, means, best)
    if means[best] < MEANS or ahead <= 0:
        return None
    meant = shown.meanings(before) @ now.meanings([pool[best]])[0]
    back = lead(before, meant, before.index(cell))
    if back <= 0:
        return None
    evidence = {
        "meaning": float(means[best]),
        "ahead": 4 * ahead,
        "back": 4 * back,
        "stands": float(stands[best]),
        "changed": changed,
    }
    near = nearest(pool, np.asarray(means, np.float32))
    why = f"where it stood, and means the same ({means[best]:.2f}) among drawings that all look otherwise"
    place = Place(pool[best].box, why, float(means[best]), near[1:])
    return search.judged(place, "sign", evidence, "what stands where it stood may mean something else")


def find_named(search: Search) -> Found | None:
    """The drawing above its own name, such as a file's, where nothing else is called so; looks play no part."""
    cell = search.cell
    if search.target.kind not in ("icon", "row_icon") or cell is None or cell.kind == "text":
        return None
    name = _name_below(search.shown, cell)
    text = search.shown.texts([name])[0] if name is not None else ""
    if name is None or sum(letter.isalnum() for letter in text) < LEAST_NAME:
        return None
    asked = replace(search, target=Target("text", name.box, Point(0, 0), text))
    label = only_label(asked)
    if label is None:
        return None
    pool = [c for c in _drawings(search.now.candidates, cell.box, search.scale) if _name_below(search.now, c) == label]
    if not pool:
        return None
    drawing = max(pool, key=lambda c: c.box.area)
    kind = match(text, search.now.texts([label])[0])
    gaps = [below.box.top - above.box.bottom for above, below in ((cell, name), (drawing, label))]
    evidence = {
        "reads": kind / Match.EXACT,
        "columns": 1 - min(1.0, abs(search.scale * gaps[0] - gaps[1]) / (label.box.height + 1)),
        "ahead": 1.0,
    }
    place = Place(drawing.box, f"stands above its name {text!r} ({kind.words})", evidence["columns"])
    found = search.judged(place, "titled", evidence, "its name is there, but not below a drawing as it was")
    return found if isinstance(found, Found) else None


def _name_below(scene: Scene, drawing: Candidate) -> Candidate | None:
    """The label in the middle right below a drawing."""
    box = drawing.box
    if box.height < LEAST_NAMED:
        return None
    below = [
        c
        for c in scene.candidates
        if c.kind == "text"
        and abs(c.box.center.x - box.center.x) <= max(CENTRED, OFF * box.width)
        and -2 <= c.box.top - box.bottom <= max(CLOSE, BELOW * box.height)
    ]
    return min(below, key=lambda c: c.box.top, default=None)


def _drawings(candidates: Sequence[Candidate], like: Rect, scale: float) -> list[Candidate]:
    """What could be a drawing of an icon set, of about the size of another one."""
    return [
        c
        for c in candidates
        if not c.frame
        and c.kind != "text"
        and max(c.box.width, c.box.height) <= LARGEST * max(1.0, scale)
        and all(
            SIZES[0] <= ratio <= SIZES[1]
            for ratio in (c.box.width / max(1, like.width) / scale, c.box.height / max(1, like.height) / scale)
        )
    ]


def _changed(search: Search, cell: Candidate) -> float:
    """Which share of the drawings near the shown one is nowhere on the current picture, 0 to 1; 0 for too few.

    One that stands on every row of a list is one drawing: a single change there changes all of them.
    """
    near: list[Candidate] = []
    for drawing in _near(_drawings(search.shown.candidates, cell.box, 1.0), cell):
        if len(near) == COMPANY:
            break
        if not search.shown.alike(drawing).intersection(near):
            near.append(drawing)
    looks: NDArray[np.float32] = search.pair.looks[[search.shown.index(c) for c in near]]
    if len(near) < LEAST_COMPANY or not looks.shape[1]:
        return 0.0
    return float((looks.max(axis=1) < ELSEWHERE).mean())


def _labels_left(search: Search, cell: Candidate) -> float:
    """Which share of the labels near the shown drawing is anywhere on the current picture, 0 to 1; 1 for too few."""
    labels = _near([c for c in search.shown.candidates if c.kind == "text"], cell)[:COMPANY]
    if len(labels) < LEAST_COMPANY or not search.now.candidates:
        return 1.0
    looks: NDArray[np.float32] = search.pair.looks[[search.shown.index(c) for c in labels]]
    return float((looks.max(axis=1) >= ELSEWHERE).mean())


def _near(pool: Sequence[Candidate], cell: Candidate) -> list[Candidate]:
    """Those of a pool that stand near a drawing, the nearest first."""
    middle = cell.box.center
    away = {c: float(np.hypot(c.box.center.x - middle.x, c.box.center.y - middle.y)) for c in pool}
    return sorted((c for c in pool if c.box.overlap(cell.box) < 0.3 and away[c] <= NEAR), key=away.__getitem__)
