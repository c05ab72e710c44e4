"""Finding what stands for itself: a drawing, a label, a field."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, utils

from encore_agent.context import Pair, anchored, ramp, surroundings
from encore_agent.evidence import Search, nearest, rival_of, size_fits
from encore_agent.findings import LOST, Absent, Found
from encore_agent.titles import Match, match
from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Rect

SHORTLIST = 24
"""Drawings whose surroundings are compared."""
SAME_CORE = 0.8
"""Likeness of the drawings of two filled buttons from which they are the same."""
ANCHORED = 0.6
"""What the distance to the window's edges counts against a full agreement of neighbours."""
UNIQUE = 0.3
"""What the distance to a single edge counts, for a drawing without its like."""
OTHERS = 0.8
"""Likeness up to which another drawing is not like it."""
ELSEWHERE = 0.3
"""Agreement of its place below which a field is another one, whatever is in it."""
READ_FIRST = 16
"""Labels that are read before all are."""


def find_icon(search: Search) -> Found | Absent:
    """A drawing by its looks and its neighbours; unique, and found back from there."""
    cell, options = search.cell, search.options
    if cell is None:
        return LOST
    pool = _alike(search.pair, cell)
    if not pool:
        return Absent("nothing on the screen looks like it, or it shows another sign now")
    alone = search.target.look_alikes == 0
    looks, around, scores = _icon_scores(search.pair, cell, pool, alone)
    best, near, rival = int(np.argmax(scores)), nearest(pool, scores), rival_of(pool, scores)
    evidence = f"looks {looks[best]:.2f}, neighbours {around[best]:.2f}"
    if looks[best] < options.icon_looks or scores[best] < options.icon_score:
        return Absent(f"nothing is enough like it: the nearest has {evidence}", near)
    if scores[best] - rival < options.margin:
        return Absent("two places look like it, and their neighbours do not tell which one it is", near)
    back = _alike(search.pair.back, pool[best])
    if not back or not _is(cell, back, _icon_scores(search.pair.back, pool[best], back)[2]):
        return Absent("what looks like it fits another part of the recorded window better", near)
    return search.found(pool[best].box, f"{evidence}, next best {rival:.2f}", float(scores[best]), near[1:])


def find_label(search: Search) -> Found | Absent:
    """A label by its text; where that is there more than once, by its neighbours."""
    cell, wanted, options = search.cell, search.target.text, search.options
    if cell is None:
        return LOST
    pool = [
        c
        for c in search.now.candidates
        if c.kind == "text" and 0.45 <= c.box.height / cell.box.height / search.scale <= 2.2
    ]
    looks = search.pair.looks_of(cell, pool) if pool else np.zeros(0, np.float32)
    pool = [pool[int(index)] for index in np.argsort(-looks, kind="stable")]
    same = _reading(wanted, search.now, pool[:READ_FIRST]) or _reading(wanted, search.now, pool[READ_FIRST:])
    if not same:
        texts = search.now.texts(pool)
        likeness = [fuzz.ratio(wanted, text, processor=utils.default_process) / 100 for text in texts]
        near = nearest(pool, np.asarray(likeness, np.float32), texts)
        return Absent(f"no label on the screen reads {wanted!r}", near)
    around = surroundings(search.pair, cell.box, [c.box for c in same])
    looks = ramp(search.pair.looks_of(cell, same), 0.55, 0.95)
    scores = np.asarray(0.3 * looks + 0.7 * around, np.float32)
    best, near, rival = int(np.argmax(scores)), nearest(same, scores), rival_of(same, scores)
    if scores[best] < options.label_score:
        return Absent(f"{wanted!r} is there, but stands among other things than when it was shown", near)
    if scores[best] - rival < options.margin:
        return Absent(f"{wanted!r} is there more than once, and nothing tells which one it is", near)
    evidence = f"reads {wanted!r}, neighbours {around[best]:.2f}, next best {rival:.2f}"
    return search.found(same[best].box, evidence, float(scores[best]), near[1:])


def find_field(search: Search) -> Found | Absent:
    """A field by its frame, the sign in it and its neighbours; what was typed in it does not matter."""
    cell, options = search.cell, search.options
    if cell is None:
        return LOST
    pool = [c for c in search.now.candidates if c.kind == cell.kind]
    if not pool:
        return Absent(f"there is no {cell.kind} on the screen")
    scores = _field_scores(search.pair, cell, pool)
    best, near, rival = int(np.argmax(scores)), nearest(pool, scores), rival_of(pool, scores)
    if scores[best] < options.field_score:
        return Absent(f"no {cell.kind} stands among what stood around the one that was shown", near)
    if scores[best] - rival < options.margin:
        return Absent(f"two {cell.kind}s are alike, and their neighbours do not tell which one it is", near)
    back = [c for c in search.shown.candidates if c.kind == cell.kind]
    if not _is(cell, back, _field_scores(search.pair.back, pool[best], back)):
        return Absent(f"the {cell.kind} fits another {cell.kind} of the recorded window better", near)
    evidence = f"frame, sign and neighbours {scores[best]:.2f}, next best {rival:.2f}"
    return search.found(pool[best].box, evidence, float(scores[best]), near[1:])


def _is(cell: Candidate, pool: Sequence[Candidate], scores: NDArray[np.float32]) -> bool:
    """Whether the best of the pool is the cell: the way back leads to where it started."""
    return pool[int(np.argmax(scores))].box.overlap(cell.box) > 0.5


def _alike(pair: Pair, cell: Candidate) -> list[Candidate]:
    """The drawings of another picture that could be the cell, the likest first."""
    pool = [c for c in pair.there.candidates if not c.frame and size_fits(cell.box, c.box, pair.scale)]
    if not pool:
        return []
    looks = pair.looks_of(cell, pool)
    order = [int(index) for index in np.argsort(-looks, kind="stable")[:SHORTLIST]]
    fitting = [pool[index] for index in order if looks[index] >= 0.6]
    core = pair.here.core_of(cell)
    return fitting if core is None else [c for c in fitting if _same_core(pair.here, core, pair.there.core_of(c))]


def _same_core(scene: Scene, a: NDArray[np.float32], b: NDArray[np.float32] | None) -> bool:
    """Whether two filled buttons carry the same drawing."""
    return b is not None and float(scene.likeness(a @ b)) >= SAME_CORE


def _icon_scores(
    pair: Pair, cell: Candidate, pool: Sequence[Candidate], alone: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Looks, neighbours, and all evidence together, each [len(pool)].

    Where a page brings new neighbours, the distance to the window's edges speaks for a control, but less; for
    a drawing that has no like on either picture (`alone`: on the first one) one edge is enough.
    """
    boxes = [c.box for c in pool]
    looks = pair.looks_of(cell, pool)
    around = surroundings(pair, cell.box, boxes)
    across, down = anchored(pair, cell.box, boxes)
    stands = np.maximum(around, ANCHORED * across * down)
    if alone and rival_of(pool, looks) <= OTHERS:
        stands = np.maximum(stands, UNIQUE * np.maximum(across, down))
    return looks, around, np.asarray(0.5 * ramp(looks, 0.7, 1.0) + 0.5 * stands, np.float32)


def _reading(wanted: str, scene: Scene, pool: Sequence[Candidate]) -> list[Candidate]:
    texts = scene.texts(pool)
    return [c for c, text in zip(pool, texts, strict=True) if match(wanted, text) >= Match.READ_ALIKE]


def _field_scores(pair: Pair, cell: Candidate, pool: Sequence[Candidate]) -> NDArray[np.float32]:
    """Frame, sign and where it stands, 0 to 1, [len(pool)]; 0 for a field that stands elsewhere."""
    boxes = [c.box for c in pool]
    around = surroundings(pair, cell.box, boxes)
    # Fields stretch with their window, so only the height in it is a place.
    stands = np.maximum(around, ANCHORED * anchored(pair, cell.box, boxes)[1])
    sign = _sign(pair.here, cell)
    scores = []
    for candidate, place in zip(pool, stands, strict=True):
        other = _sign(pair.there, candidate)
        if sign is not None and other is not None:
            same = float(ramp(pair.looks_of(sign, [other]), 0.6, 0.95)[0])
        else:
            same = 0.6 if sign is other else 0.0
        frame = 0.75 <= candidate.box.height / max(1, cell.box.height) / pair.scale <= 1.33
        scores.append(0.2 * frame + 0.3 * same + 0.5 * place if place >= ELSEWHERE else 0.0)
    return np.asarray(scores, np.float32)


def _sign(scene: Scene, field: Candidate) -> Candidate | None:
    """The drawing at the left end of a field, such as a magnifier."""
    left = Rect(field.box.left, field.box.top, round(1.5 * field.box.height), field.box.height)
    signs = [c for c in scene.candidates if c.kind == "icon" and left.contains(c.box.center)]
    return min(signs, key=lambda c: c.box.left, default=None)
