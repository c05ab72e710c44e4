"""Finding what stands for itself: a drawing, a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, utils

from encore_agent.context import Pair, anchored, beside, company, ramp, surroundings
from encore_agent.evidence import Place, Search, lead, nearest, rival_of, size_fits
from encore_agent.findings import LOST, Absent, Found
from encore_agent.titles import Match, match
from encore_agent.wordings import same_wording
from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene

SHORTLIST = 24
"""Drawings whose surroundings are compared."""
ANCHORED = 0.6
"""What the distance to the window's edges counts against a full agreement of neighbours."""
BESIDE = 0.8
"""What the next things in all directions count."""
UNIQUE = 0.3
"""What the distance to a single edge counts, for a drawing without its like."""
TOGETHER = 0.4
"""What it counts for such a drawing that those around it have come along, in whatever order."""
CORNER = 0.8
"""How well the distances to two edges must be kept to speak for a drawing among strangers."""
STRANGE = 0.14
"""Agreement of neighbours below which nothing of what stood around it is there."""
LIKE = 0.5
"""Likeness below which a drawing is another sign, however well it stands: pause where play was."""
OTHERS = 0.8
"""Likeness up to which another drawing is not like it."""
AHEAD = 4.0
"""What a lead over the next best counts; a quarter is as good as more."""
RENAMED = 0.5
"""How well another wording of the same reads, where the same words read 1."""
READ_FIRST = 8
"""Labels that are read before all are."""
ALL_THERE = 0.5
"""What it counts that as many labels read so as when it was shown, where one alone counts 1."""
PERHAPS, DRAWN_OUT = 0.3, 1.6
"""Likeness from which a label may read the same, in whatever size, and times that it may be drawn wider or narrower."""


def find_icon(search: Search) -> Found | Absent:
    """A drawing by its looks and its neighbours; unique, and found back from there."""
    cell = search.cell
    if cell is None:
        return LOST
    pool = _alike(search.pair, cell)
    if not pool:
        return Absent("nothing on the screen looks like it, or it shows another sign now")
    alone = search.target.look_alikes == 0
    looks, around, stands, scores = _icon_scores(search.pair, cell, pool, alone)
    best, near = int(np.argmax(scores)), nearest(pool, scores)
    ahead = lead(pool, scores, best)
    if search.target.kind == "row_icon" and _changed_hands(search, cell, pool[best]):
        return Absent("what looks like it belongs to something else now", near)
    if ahead < search.options.margin:
        return Absent("two places look like it, and their neighbours do not tell which one it is", near)
    back = _lead_back(search.pair.back, pool[best], cell)
    if back <= 0:
        return Absent("what looks like it fits another part of the recorded window better", near)
    evidence = {
        "looks": float(looks[best]),
        "neighbours": float(around[best]),
        "stands": float(stands[best]),
        "ahead": AHEAD * ahead,
        "back": back,
    }
    why = f"looks {looks[best]:.2f}, neighbours {around[best]:.2f}, ahead by {ahead:.2f}"
    return search.judged(
        Place(pool[best].box, why, float(scores[best]), near[1:]), "icon", evidence, "nothing is enough like it"
    )


def _changed_hands(search: Search, cell: Candidate, found: Candidate) -> bool:
    """Whether what the shown drawing belonged to reads otherwise than what the found one belongs to."""
    before, after = search.shown.name_of(cell), search.now.name_of(found)
    if before is None or after is None:
        return False
    said, says = search.shown.texts([before])[0], search.now.texts([after])[0]
    return match(said, says) < Match.READ_ALIKE and not same_wording(said, says)


def _lead_back(pair: Pair, found: Candidate, cell: Candidate) -> float:
    """By how much the shown drawing is ahead of all others on the way back from the found one, -1 to 1."""
    pool = _alike(pair, found)
    if cell not in pool:
        return -1.0
    return lead(pool, _icon_scores(pair, found, pool)[-1], pool.index(cell))


def find_label(search: Search) -> Found | Absent:
    """A label by its text; where that is there more than once, by its neighbours."""
    cell, wanted = search.cell, search.target.text
    if cell is None:
        return LOST
    pool = [
        c
        for c in search.now.candidates
        if c.kind == "text" and 0.45 <= c.box.height / cell.box.height / search.scale <= 2.2
    ]
    if not pool:
        return Absent(f"no label on the screen reads {wanted!r}")
    looks = search.pair.looks_of(cell, pool)
    pool = [pool[int(index)] for index in np.argsort(-looks, kind="stable")]
    same = _reading(wanted, search.now, pool[:READ_FIRST])
    if not same:
        pool = pool[:READ_FIRST] + _in_place(search, cell, pool[READ_FIRST:])
        same = _reading(wanted, search.now, pool)
    if not same:
        return _renamed(search, cell, pool if search.target.kind == "text" else [])
    boxes = [c.box for c in same]
    across, down = anchored(search.pair, cell.box, boxes)
    around = np.maximum(surroundings(search.pair, cell.box, boxes), ANCHORED * across * down)
    around = np.maximum(around, BESIDE * beside(search.pair, cell.box, boxes))
    looks = ramp(search.pair.looks_of(cell, same), 0.55, 0.95)
    then, today = (
        _reading_so(wanted, search.shown, search.shown, cell),
        _reading_so(wanted, search.now, search.shown, cell),
    )
    today |= set(same)
    alone = len(then) == len(today) == 1
    if alone and search.target.kind == "text":  # in a list everything is near its like
        around = np.maximum(around, TOGETHER * ramp(company(search.pair, cell.box, boxes, ("icon", "text")), 0.7, 0.95))
    scores = np.asarray(0.3 * looks + 0.7 * around, np.float32)
    best, near = int(np.argmax(scores)), nearest(same, scores)
    ahead = lead(same, scores, best) if len(same) > 1 else 1.0
    if ahead < search.options.margin:
        return Absent(f"{wanted!r} is there more than once, and nothing tells which one it is", near)
    evidence = {
        "reads": match(wanted, search.now.texts([same[best]])[0]) / Match.EXACT,
        "looks": float(looks[best]),
        "neighbours": float(around[best]),
        "ahead": AHEAD * ahead,
        "alone": 1.0 if alone else ALL_THERE * (len(then) == len(today)),
    }
    why = f"reads {wanted!r}, neighbours {around[best]:.2f}, ahead by {ahead:.2f}"
    doubt = f"{wanted!r} is there, but stands among other things than when it was shown"
    return search.judged(Place(same[best].box, why, float(scores[best]), near[1:]), "text", evidence, doubt)


def is_alone(search: Search) -> bool:
    """Whether the label is the only one that reads so on either picture."""
    cell, wanted = search.cell, search.target.text
    scenes = (search.shown, search.now)
    return cell is not None and all(len(_reading_so(wanted, scene, search.shown, cell)) == 1 for scene in scenes)


def _reading_so(wanted: str, scene: Scene, shown: Scene, cell: Candidate) -> set[Candidate]:
    """All labels of a picture that read so, in whatever size: what is left of a label and its heading may be either."""
    looks = scene.likeness(scene.descriptors @ shown.descriptors[shown.index(cell)])
    aspect = cell.box.width / max(1, cell.box.height)
    pool = [
        c
        for c, look in zip(scene.candidates, looks.tolist(), strict=True)
        if c.kind == "text"
        and look >= PERHAPS
        and 1 / DRAWN_OUT <= c.box.width / max(1, c.box.height) / aspect <= DRAWN_OUT
    ]
    return set(_reading(wanted, scene, pool)) | ({cell} if scene is shown else set())


def _in_place(search: Search, cell: Candidate, pool: Sequence[Candidate]) -> list[Candidate]:
    """Of labels that look different those that stand where the shown one stood; a program may have renamed it."""
    if not pool:
        return []
    boxes = [c.box for c in pool]
    across, down = anchored(search.pair, cell.box, boxes)
    stands = np.maximum(surroundings(search.pair, cell.box, boxes), across * down)
    return [pool[int(index)] for index in np.argsort(-stands, kind="stable")[:READ_FIRST]]


def _renamed(search: Search, cell: Candidate, pool: Sequence[Candidate]) -> Found | Absent:
    """A label that means the same at the same place, where none reads the same."""
    wanted, texts = search.target.text, search.now.texts(pool)
    likeness = [fuzz.ratio(wanted, text, processor=utils.default_process) / 100 for text in texts]
    near = nearest(pool, np.asarray(likeness, np.float32), texts)
    named = [(c, text) for c, text in zip(pool, texts, strict=True) if same_wording(wanted, text)]
    if len(named) == 1:
        label, text = named[0]
        places = [label.box]
        around = float(surroundings(search.pair, cell.box, places)[0])
        around = max(around, BESIDE * float(beside(search.pair, cell.box, places)[0]))
        evidence = {
            "reads": RENAMED,
            "looks": float(ramp(search.pair.looks_of(cell, [label]), 0.55, 0.95)[0]),
            "neighbours": around,
            "ahead": 1.0,
            "alone": 1.0,
        }
        why = f"reads {text!r}, once {wanted!r}, neighbours {around:.2f}"
        doubt = f"{text!r} may be called {wanted!r} elsewhere, but stands among other things"
        return search.judged(Place(label.box, why, around, near), "text", evidence, doubt)
    return Absent(f"no label on the screen reads {wanted!r}", near)


def _alike(pair: Pair, cell: Candidate) -> list[Candidate]:
    """The drawings of another picture that could be the cell, the likest first."""
    pool = [c for c in pair.there.candidates if not c.frame and size_fits(cell.box, c.box, pair.scale)]
    if not pool:
        return []
    looks = pair.looks_of(cell, pool)
    order = [int(index) for index in np.argsort(-looks, kind="stable")[:SHORTLIST]]
    return [pool[index] for index in order if looks[index] >= LIKE]


def _icon_scores(
    pair: Pair, cell: Candidate, pool: Sequence[Candidate], alone: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Looks, neighbours, the place by whatever tells it best, and all evidence together, each [len(pool)].

    Where a page brings new neighbours, the distance to the window's edges speaks for a control, but less; for
    a drawing that has no like on either picture (`alone`: on the first one) one edge is enough.
    """
    boxes = [c.box for c in pool]
    looks = pair.looks_of(cell, pool)
    around = surroundings(pair, cell.box, boxes)
    across, down = anchored(pair, cell.box, boxes)
    corner = across * down
    corner = np.where((corner >= CORNER) | (around >= STRANGE), corner, 0)
    stands = np.maximum(np.maximum(around, BESIDE * beside(pair, cell.box, boxes)), ANCHORED * corner)
    if alone and rival_of(pool, looks) <= OTHERS:
        stands = np.maximum(stands, UNIQUE * np.maximum(across, down) * (around >= STRANGE))
        stands = np.maximum(stands, TOGETHER * ramp(company(pair, cell.box, boxes), 0.5, 0.9))
    stands = np.asarray(stands, np.float32)
    return looks, around, stands, np.asarray(0.5 * ramp(looks, 0.35, 0.95) + 0.5 * stands, np.float32)


def _reading(wanted: str, scene: Scene, pool: Sequence[Candidate]) -> list[Candidate]:
    texts = scene.texts(pool)
    return [c for c, text in zip(pool, texts, strict=True) if match(wanted, text) >= Match.READ_ALIKE]
