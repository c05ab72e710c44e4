"""Finding a label by its text, its neighbours, and how many read so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, utils

from encore_agent.context import (
    BESIDE,
    LEAST_NEXT,
    LEFT_ALONE,
    OTHER_SIZE,
    PART_OF_IT,
    Pair,
    anchored,
    beside,
    company,
    nexts,
    ramp,
    seen,
    settled,
    standing,
    surroundings,
)
from encore_agent.evidence import AHEAD, Place, Search, lead, nearest
from encore_agent.findings import LOST, Absent, Found
from encore_agent.titles import ELISION, LEAST_LEFT, Match, begins_alike, match, plain
from encore_agent.wordings import same_wording
from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import WORD, Scene
from encore_recorder.geometry import Point, Rect

TOGETHER = 0.4
"""What it counts for a lone label that those around it have come along, in whatever order."""
AROUND = 16
"""How many of the nearest are asked."""
CAME_ALONG = (0.7, 0.95)
"""Share of them from which it begins to count, and that is as good as all."""
ALL_THERE = 0.5
"""What it counts that as many labels read so as when it was shown, where one alone counts 1."""
RENAMED = 0.5
"""How well another wording of the same reads, where the same words read 1."""
OTHER_SIGN = Absent("what was clicked was made out as one with a label, beside which something else stands now")
READ_FIRST, READ_THEN = 4, 8
"""Labels that are read where the likest does not read exactly so, and in all where none of them does either, before all
are that stand where it stood."""
BLANK = 0.5
"""Times its height from a label within which what follows it, after a blank, may say that it was cut off."""
WITH_SIGN, SIGN, SAME_SIGN = 1.3, 1.3, 0.6
"""Times its letters' width that a label has which was made out as one with a sign; times its height that is looked at
of the sign, and likeness from which it is the same: .63 to .74 where it was, below .15 where it was not."""
PERHAPS, DRAWN_OUT = 0.3, 1.6
"""Likeness from which a label may read the same, in whatever size, and times that it may be drawn wider or narrower."""


def find_label(search: Search) -> Found | Absent:
    """A label by its text; where that is there more than once, by its neighbours."""
    cell, wanted = search.cell, search.target.text
    if cell is None:
        return LOST
    pool = _in_order(search, cell)
    if not pool:
        return Absent(f"no label on the screen reads {wanted!r}")
    same = _likest_reading(wanted, search.now, pool)
    if not same:
        likely = pool[:READ_THEN] + _in_place(search, cell, pool[READ_THEN:])
        likely += [c for c in pool if c in search.told and c not in likely]
        same = _reading(wanted, search.now, likely)
        if not same:
            # What is all that its row says, such as an entry of a side bar, is a label; a song is never renamed.
            named = search.target.kind == "text" or search.target.row_text == wanted
            return _renamed(search, cell, likely if named else [])
    then, today = _reading_so(search, search.shown, cell), _reading_so(search, search.now, cell)
    same = [c for c in pool if c in same or c in today]
    today |= set(same)
    boxes = [c.box for c in same]
    # What it says speaks for a label, so its place among strangers need not.
    around = standing(search.pair, cell.box, boxes, surroundings(search.pair, cell.box, boxes), corner_counts=0)
    looks = ramp(search.pair.looks_of(cell, same), 0.55, 0.95)
    alone = len(then) == len(today) == 1
    if alone and search.target.kind == "text":  # in a list everything is near its like
        around = np.maximum(around, TOGETHER * ramp(_company(search.pair, cell, boxes), *CAME_ALONG))
    if max(around, default=1.0) < LEFT_ALONE and len(same) <= READ_FIRST:
        around = np.maximum(around, BESIDE * _read_beside(search.pair, cell.box, boxes))
    scores = np.asarray(0.3 * looks + 0.7 * around, np.float32)
    best, near = int(np.argmax(scores)), nearest(same, scores)
    ahead = lead(same, scores, best) if len(same) > 1 else 1.0
    if ahead < search.options.margin:
        return Absent(f"{wanted!r} is there more than once, and nothing tells which one it is", near)
    if is_cut_off(search.now, same[best]) and not is_cut_off(search.shown, cell):
        return Absent(f"a label reads {wanted!r}, and goes on", near)
    evidence = {
        "reads": match(wanted, search.now.texts([same[best]])[0]) / Match.EXACT,
        "looks": float(looks[best]),
        "neighbours": float(around[best]),
        "ahead": AHEAD * ahead,
        "alone": 1.0 if alone else ALL_THERE * (len(then) == len(today)),
        "settled": settled(search.pair, cell.box, float(around[best])),
        "together": float(ramp(_company(search.pair, cell, boxes[best : best + 1])[0], *PART_OF_IT)),
        "seen": seen(search.pair, cell.box),
    }
    point = on_label(search, cell, same[best])
    if isinstance(point, Absent):
        return replace(point, look_alikes=near)
    why = f"reads {wanted!r}, neighbours {around[best]:.2f}, ahead by {ahead:.2f}"
    doubt = f"{wanted!r} is there, but stands among other things than when it was shown"
    place = Place(same[best].box, why, float(scores[best]), near[1:], point)
    return search.judged(place, "text", evidence, doubt)


def _read_beside(pair: Pair, place: Rect, pool: Sequence[Rect]) -> NDArray[np.float32]:
    """How many of the next things around each place of `pool` read as those around `place`, 0 to 1, [len(pool)].

    Letters that are drawn larger grow together with what stands beside them, and no longer look the same.
    """
    shown, now = pair.here, pair.there
    then = nexts(shown, place)
    asked = [index for index in then if index is not None]
    scores = np.zeros(len(pool), np.float32)
    if len(asked) < LEAST_NEXT or abs(log(pair.letters)) < OTHER_SIZE:
        return scores  # a dialog may list the same: in the same size it is to look the same as well
    for number, box in enumerate(pool):
        both = zip(then, nexts(now, box), strict=True)
        found = [(shown.candidates[a], now.candidates[b]) for a, b in both if a is not None and b is not None]
        words = [(one, other) for one, other in found if one.kind == other.kind == "text"]
        read = zip(shown.texts([one for one, _ in words]), now.texts([other for _, other in words]), strict=True)
        scores[number] = sum(_reads_on(one, other) for one, other in read) / len(asked)
    return scores


def _reads_on(one: str, other: str) -> bool:
    """Whether they read the same, but for what one was cut off by or has grown together with."""
    short, long = sorted((plain(one), plain(other)), key=len)
    together = len(short) >= LEAST_LEFT and long.startswith(short)
    return together or match(one, other) >= Match.READ_ALIKE or begins_alike(one, other)


def is_cut_off(scene: Scene, label: Candidate) -> bool:
    """Whether what stands right behind a label says that it goes on: "Copper Orchard (…" may be a live recording."""
    box = label.box
    for other in scene.candidates:
        close = 0 <= other.box.left - box.right <= BLANK * box.height and box.top <= other.box.center.y < box.bottom
        if close and other.kind in ("icon", "text") and other.box.height <= 2 * box.height:
            top, bottom = min(box.top, other.box.top), max(box.bottom, other.box.bottom)
            both = Rect(box.left, top, other.box.right - box.left, bottom - top)
            return bool(ELISION.search(scene.texts([Candidate(both, "text")])[0]))
    return False


def _in_order(search: Search, cell: Candidate) -> list[Candidate]:
    """What may be the label today, the likest first; short words may be no wider than drawings, and are read last."""
    pool = [
        c
        for c in search.now.candidates
        if _may_be_word(c) and 0.45 <= c.box.height / cell.box.height / search.scale <= 2.2
    ]
    looks = search.pair.looks_of(cell, pool)
    return sorted((pool[int(index)] for index in np.argsort(-looks, kind="stable")), key=lambda c: c.kind != "text")


def _company(pair: Pair, cell: Candidate, boxes: Sequence[Rect]) -> NDArray[np.float32]:
    """How many of those around the shown label are around each place, in whatever order, 0 to 1, [len(boxes)]."""
    return company(pair, cell.box, boxes, ("icon", "text"), AROUND)


def on_label(search: Search, cell: Candidate, label: Candidate) -> Point | Absent | None:
    """Where to act on a label that reads as the shown one; None where the click was on the letters.

    Beside the ink the label itself was meant, for what is around it may be narrower now. Where a sign was made out as
    one with the letters and was clicked, it is where it was to them, or the label tells nothing of it.
    """
    clicked = search.target.box.center.moved(search.target.offset.x, search.target.offset.y)
    if not cell.box.grown(2).contains(clicked):
        return label.box.center
    letters = _letters(search, cell, label)
    if letters == cell.box or abs(clicked.x - letters.center.x) <= letters.width / 2 + 2:
        return None
    scale = search.pair.letters
    away = clicked.x - letters.center.x, clicked.y - letters.center.y
    point = label.box.center.moved(round(away[0] * scale), round(away[1] * scale))
    sides = round(SIGN * cell.box.height), round(SIGN * cell.box.height * scale)
    boxes = [
        Rect(spot.x - side // 2, spot.y - side // 2, side, side)
        for spot, side in zip((clicked, point), sides, strict=True)
    ]
    if boxes[1].intersection(search.now.rect) != boxes[1]:
        return OTHER_SIGN
    looks = search.shown.looks_in(boxes[:1]) @ search.now.looks_in(boxes[1:])[0]
    return point if float(search.now.likeness(looks)[0]) >= SAME_SIGN else OTHER_SIGN


def _letters(search: Search, cell: Candidate, label: Candidate) -> Rect:
    """The letters of the shown label, which may have been made out as one with a sign before or behind them."""
    box, scale = cell.box, search.pair.letters
    wide, high = (max(1, round(side / scale)) for side in (label.box.width, label.box.height))
    if box.width < WITH_SIGN * wide:
        return box
    ends = [Rect(left, box.center.y - high // 2, wide, high) for left in (box.left, box.right - wide)]
    (says,), said = search.now.texts([label]), search.shown.texts([Candidate(end.grown(2), "text") for end in ends])
    alike = [fuzz.ratio(says, text) for text in said]
    best = int(np.argmax(alike))
    return ends[best] if alike[best] > min(alike) and match(said[best], says) >= Match.READ_ALIKE else box


def on_other_words(search: Search, label: Candidate) -> Point | None:
    """The label itself where the shown one was clicked beside its ink: what is around it may be narrower now."""
    box = search.target.box
    clicked = box.center.moved(search.target.offset.x, search.target.offset.y)
    return None if box.grown(2).contains(clicked) else label.box.center


def _may_be_word(candidate: Candidate) -> bool:
    return candidate.kind == "text" or (candidate.kind == "icon" and candidate.box.width >= WORD * candidate.box.height)


def only_label(search: Search) -> Candidate | None:
    """The label that reads so, where it is the only one on either picture."""
    cell = search.cell
    if cell is None or len(_reading_so(search, search.shown, cell)) != 1:
        return None
    now = _reading_so(search, search.now, cell)
    return next(iter(now)) if len(now) == 1 else None


def only_left(search: Search) -> bool:
    """Whether the label is the only one that reads so in the recording, and nothing does today: it may be cut off."""
    cell = search.cell
    if cell is None or len(_reading_so(search, search.shown, cell)) != 1:
        return False
    return not _reading_so(search, search.now, cell)


def _reading_so(search: Search, scene: Scene, cell: Candidate) -> set[Candidate]:
    """All labels of a picture that read so, in whatever size: what is left of a label and its heading may be either."""
    shown = search.shown
    looks = scene.likeness(scene.descriptors @ shown.descriptors[shown.index(cell)])
    aspect = cell.box.width / max(1, cell.box.height)
    pool = [
        c
        for c, look in zip(scene.candidates, looks.tolist(), strict=True)
        if c.kind == "text"
        and look >= PERHAPS
        and 1 / DRAWN_OUT <= c.box.width / max(1, c.box.height) / aspect <= DRAWN_OUT
    ]
    if scene is search.now:
        pool += [c for c in scene.candidates if c in search.told and c.kind == "text" and c not in pool]
    return set(_reading(search.target.text, scene, pool)) | ({cell} if scene is shown else set())


def _in_place(search: Search, cell: Candidate, pool: Sequence[Candidate]) -> list[Candidate]:
    """Of labels that look different those that stand where the shown one stood; a program may have renamed it."""
    if not pool:
        return []
    boxes = [c.box for c in pool]
    across, down = anchored(search.pair, cell.box, boxes)
    stands = np.maximum(surroundings(search.pair, cell.box, boxes), across * down)
    return [pool[int(index)] for index in np.argsort(-stands, kind="stable")[:READ_THEN]]


def _renamed(search: Search, cell: Candidate, pool: Sequence[Candidate]) -> Found | Absent:
    """A label that means the same at the same place, where none reads the same."""
    wanted, texts = search.target.text, search.now.texts(pool)
    likeness = [fuzz.ratio(wanted, text, processor=utils.default_process) / 100 for text in texts]
    near = nearest(pool, np.asarray(likeness, np.float32), texts)
    told = list(zip(pool, texts, strict=True))
    named = [(c, text) for c, text in told if same_wording(wanted, text)]
    named = named or [(c, text) for c, text in told if begins_alike(wanted, text)]
    if len(named) == 1:
        label, text = named[0]
        places = [label.box]
        around = float(surroundings(search.pair, cell.box, places)[0])
        next_to = max(float(f(search.pair, cell.box, places)[0]) for f in (beside, _read_beside))
        around = max(around, BESIDE * next_to)
        evidence = {
            "reads": RENAMED,
            "looks": float(ramp(search.pair.looks_of(cell, [label]), 0.55, 0.95)[0]),
            "neighbours": around,
            "ahead": 1.0,
            "alone": 1.0,
            "settled": settled(search.pair, cell.box, around),
            "together": float(ramp(_company(search.pair, cell, places)[0], *PART_OF_IT)),
            "seen": seen(search.pair, cell.box),
        }
        why = f"reads {text!r}, once {wanted!r}, neighbours {around:.2f}"
        doubt = f"{text!r} may be called {wanted!r} elsewhere, but stands among other things"
        place = Place(label.box, why, around, near, on_other_words(search, label))
        return search.judged(place, "text", evidence, doubt)
    return Absent(f"no label on the screen reads {wanted!r}", near)


def _likest_reading(wanted: str, scene: Scene, pool: Sequence[Candidate]) -> list[Candidate]:
    """Those of the first labels of a pool that read so; the very first alone where it reads exactly so."""
    return (
        _reading(wanted, scene, pool[:1], Match.EXACT)
        or _reading(wanted, scene, pool[:READ_FIRST])
        or _reading(wanted, scene, pool[:READ_THEN])
    )


def _reading(wanted: str, scene: Scene, pool: Sequence[Candidate], least: Match = Match.READ_ALIKE) -> list[Candidate]:
    return [c for c, text in zip(pool, scene.texts(pool), strict=True) if match(wanted, text) >= least]
