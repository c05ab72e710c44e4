"""Finding a drawing that stands for itself, by its looks and its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from encore_agent.colours import find_coloured
from encore_agent.context import PART_OF_IT, STRANGE, Pair, anchored, came_alone, company, ramp, standing, surroundings
from encore_agent.evidence import AHEAD, Place, Search, lead, nearest, rival_of, size_fits
from encore_agent.findings import LOST, Absent, Found
from encore_agent.signs import find_sign
from encore_agent.titles import Match, match, plain
from encore_agent.witnesses import agreed, middles, new_order, undisputed
from encore_agent.wordings import same_wording
from encore_models.perception.candidates import Candidate
from encore_models.perception.lists import ALIGNED
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Rect

SHORTLIST = 24
"""Drawings whose surroundings are compared."""
UNIQUE = 0.3
"""What the distance to a single edge counts, for a drawing without its like."""
TOGETHER = 0.4
"""What it counts for such a drawing that those around it have come along, in whatever order."""
CAME_ALONG, ALL_ALONG = (0.5, 0.9), 0.88
"""Share of them from which it begins to count and that is as good as all, and the share that is enough on its own."""
AGREED = 0.5
"""Share of those around a drawing that must tell the same place, where it was not made out."""
LARGEST_SIGN = 48
"""Pixels of the largest drawing that is looked at where it was not made out."""
NUDGES = (-4, -2, 0, 2, 4)
"""Pixels by which the place may be off."""
SURELY = 0.8
"""Likeness of what is seen there from which it is the shown drawing; others come to half of it."""
FOREIGN = 0.2
"""Agreement of neighbours below which a drawing is another one, where everything else stands as it did."""
LIKE = 0.5
"""Likeness below which a drawing is another sign, however well it stands: pause where play was."""
COMPANY, OFF = 8, 6
"""Nearest drawings that are asked whether they are as they were, and pixels by which they may be off their places."""
EXACTLY, OTHERWISE = 1.0, 0.8
"""Likeness from which they are, and below which the drawing itself is not."""
LEAST_EXACT, MOST_EXACT = 3, 0.5
"""How many of them must be, and which part of those that stand at their places."""
SAME_SCALE = 0.03
"""By how much the scale may differ for drawings to be drawn as they were."""
PART, GROWN = 32, 1.5
"""Pixels of the largest part that is looked at on its own, and times as large as it a candidate has to be."""
HALF, CUT = 0.5, 2
"""Share of two boxes that overlap from which one drawing stands in both, and pixels that say nothing."""
LEAST_WORD = 3
"""Letters that are read of a word; of a drawing that is none a reader makes fewer, or others than letters."""
OTHERS = 0.8
"""Likeness up to which another drawing is not like it."""
ALL_THERE = 0.5
"""What it counts that as many labels read so as when it was shown, where one alone counts 1."""


def find_icon(search: Search) -> Found | Absent:
    """A drawing by its looks and its neighbours; unique, and found back from there. Else by its place or meaning."""
    result = _drawn_alike(search)
    if isinstance(result, Found) and _reads_otherwise(search, result.box):
        return Absent("what looks like it reads otherwise", result.look_alikes)
    return result


def _drawn_alike(search: Search) -> Found | Absent:
    result = _by_looks(search)
    if isinstance(result, Found) or search.cell is None or search.target.kind != "icon":
        return result
    for finder in (_where_it_stood, find_coloured, find_sign):
        if isinstance(found := finder(search, search.cell), Found):
            return found
    return result


def _reads_otherwise(search: Search, found: Rect) -> bool:
    """Whether what was taken for a drawing is a short word, and another one now: "Run", and "Rum" or "Run (Live)"."""
    if search.is_sign:
        return False
    said, says = (
        plain(scene.texts([Candidate(Rect(box.left, box.top, box.width + 3 * box.height, box.height), "text")])[0])
        for scene, box in ((search.shown, search.target.box), (search.now, found))
    )
    words = min(len(said), len(says)) >= LEAST_WORD and (said + says).replace(" ", "").isalpha()
    return words and match(said, says) < Match.READ_ALIKE


def _where_it_stood(search: Search, cell: Candidate) -> Found | Absent | None:
    """The drawing at the very place that those around it tell, though it was made out there otherwise or not at all.

    Pale drawings fall apart on one theme or scale and not on another; looked at as a whole they are the same.

    Returns:
        None where it does not stand there, or nothing tells where that is.
    """
    if cell.kind != "icon" or max(cell.box.width, cell.box.height) > LARGEST_SIGN:
        return None  # part of a photograph looks the same without what lay on it
    spot, evidence = agreed(search, cell.box.center, cell.box)
    if spot is None or evidence["agreed"] < AGREED:
        return None
    width, height = round(cell.box.width * search.scale), round(cell.box.height * search.scale)
    corner = spot.x - width // 2, spot.y - height // 2
    boxes = [Rect(corner[0] + x, corner[1] + y, width, height) for x in NUDGES for y in NUDGES]
    boxes = [box for box in boxes if box.intersection(search.now.rect) == box]
    if not boxes:
        return None
    seen = search.now.looks_in(boxes)
    shown, number = search.shown, search.shown.index(cell)
    looks = search.now.likeness(seen @ shown.descriptors[number])
    best = int(np.argmax(looks))
    back = lead(shown.candidates, shown.likeness(shown.descriptors @ seen[best]), number)
    if looks[best] < SURELY or back <= 0:
        return None
    if _another_stands(search, cell, boxes[best]):
        return None
    around = float(surroundings(search.pair, cell.box, boxes[best : best + 1])[0])
    stands = max(around, evidence["agreed"])
    measures = {
        "looks": float(looks[best]),
        "neighbours": around,
        "stands": stands,
        "ahead": 1.0,
        "back": back,
        "alone": 0.0,
        "settled": undisputed(search, cell.box, boxes[best], around),
        "together": float(ramp(company(search.pair, cell.box, boxes[best : best + 1])[0], *PART_OF_IT)),
    }
    why = f"where those around it tell, looks {looks[best]:.2f}, neighbours {around:.2f}"
    place = Place(boxes[best], why, float(looks[best]))
    return search.judged(place, "icon", measures, "what looks like it stands where it stood, but not surely")


def _another_stands(search: Search, cell: Candidate, place: Rect) -> bool:
    """Whether another drawing reaches beyond the place, so that only a part of it looks like the shown one.

    What lies within may be a piece of it, and what is much larger may have grown together with it.
    """
    there = [c for c in search.now.candidates if not c.frame and c.box.overlap(place) >= HALF]
    beyond = [c for c in there if place.grown(CUT).intersection(c.box) != c.box]
    return bool(beyond) and float(search.pair.looks_of(cell, beyond).max()) < LIKE


def _by_looks(search: Search) -> Found | Absent:
    cell = search.cell
    if cell is None:
        return LOST
    pool = _alike(search.pair, cell)
    if not pool:
        return Absent("nothing on the screen looks like it, or it shows another sign now")
    alone = search.target.look_alikes == 0
    looks, around, stands, scores = _icon_scores(search.pair, cell, pool, alone)
    free = lead(pool, scores, int(np.argmax(scores))) < search.options.margin and _is_free(search, cell)
    if free:
        pool = [c for c in pool if search.now.name_of(c) is None] or pool  # one in a row of a list is another one
        looks, around, stands, scores = _icon_scores(search.pair, cell, pool, alone)
    best, near = int(np.argmax(scores)), nearest(pool, scores)
    ahead = lead(pool, scores, best)
    another = (
        _changed_hands(search, cell, pool[best])
        if search.target.kind == "row_icon"
        else _on_another_line(search, cell, pool[best], float(around[best]))
    )
    if another:
        return Absent("what looks like it belongs to something else now", near)
    if ahead < search.options.margin:
        return Absent("two places look like it, and their neighbours do not tell which one it is", near)
    if float(looks[best]) < OTHERWISE and _changed_alone(search.pair, cell, pool[best]):
        return Absent("what stands there is another sign, for all around it is drawn as it was", near)
    back = _lead_back(search.pair.back, pool[best], cell, free)
    if back <= 0:
        return Absent("what looks like it fits another part of the recorded window better", near)
    if not _same_under_pointer(search, cell, pool[best]):
        return Absent("what is right under the pointer is another sign there", near)
    order = new_order(search, cell, pool[best])
    along = company(search.pair, cell.box, [pool[best].box])[0]
    evidence = {
        "looks": float(looks[best]),
        "neighbours": float(around[best]),
        "stands": float(stands[best]),
        "ahead": AHEAD * ahead,
        "back": back,
        "alone": _alone(search, cell, pool, looks, free),
        "settled": 1.0 if order == "sorted" else undisputed(search, cell.box, pool[best].box, float(around[best])),
        "together": float(ramp(along, *PART_OF_IT)),
    }
    # What was put in another order together with all that is around it is no other one.
    foreign = evidence["neighbours"] < FOREIGN and along < ALL_ALONG
    if not evidence["settled"] and (foreign or order == "replaced"):
        return Absent("what looks like it stands among other things, where all else stands as it did", near)
    if came_alone(evidence["neighbours"], evidence["together"]):
        return Absent("what looks like it stands among other things, as the arrows of a dialog do", near)
    why = f"looks {looks[best]:.2f}, neighbours {around[best]:.2f}, ahead by {ahead:.2f}"
    return search.judged(
        Place(pool[best].box, why, float(scores[best]), near[1:]), "icon", evidence, "nothing is enough like it"
    )


def _same_under_pointer(search: Search, cell: Candidate, found: Candidate) -> bool:
    """Whether what was clicked looks the same, where that is only part of a candidate: signs that grew together."""
    box, offset = cell.box, search.target.offset
    side = min(box.width, box.height, PART)
    if max(box.width, box.height) < GROWN * side:
        return True
    spots = box.center.moved(offset.x, offset.y), search.place(found.box)
    sides = side, round(side * search.scale)
    parts = [
        scene.looks_in([Rect(spot.x - size // 2, spot.y - size // 2, size, size)])[0]
        for scene, spot, size in zip((search.shown, search.now), spots, sides, strict=True)
    ]
    exact = _same_scale(search.pair) and float(search.pair.looks_of(cell, [found])[0]) >= EXACTLY
    return float(search.now.likeness(parts[0] @ parts[1])) >= (OTHERWISE if exact else LIKE)


def _changed_alone(pair: Pair, cell: Candidate, found: Candidate) -> bool:
    """Whether the drawings around both places are the same ones, drawn exactly as they were.

    At another scale a drawing comes out a little otherwise, and how much is chance; at the same one only what shows
    another sign does.
    """
    if not _same_scale(pair):
        return False
    here, there = middles(pair.here.boxes), middles(pair.there.boxes)
    places = here + np.array([found.box.center.x - cell.box.center.x, found.box.center.y - cell.box.center.y])
    own = np.array([cell.box.center.x, cell.box.center.y])
    looks = []
    for number in np.argsort(np.hypot(*(here - own).T), kind="stable"):
        other = pair.here.candidates[int(number)]
        if other.kind != "icon" or other.box.overlap(cell.box) > 0:
            continue
        standing = (np.abs(there - places[number]) <= OFF).all(axis=1)
        looks.append(float(pair.looks[number, standing].max(initial=0.0)))
        if len(looks) == COMPANY:
            break
    stand = [look for look in looks if look > 0]
    exact = sum(look >= EXACTLY for look in stand)
    return exact >= max(LEAST_EXACT, MOST_EXACT * len(stand))


def _same_scale(pair: Pair) -> bool:
    return abs(pair.scale - 1) <= SAME_SCALE


def _is_free(search: Search, cell: Candidate) -> bool:
    """Whether the shown drawing belongs to no row or card."""
    return search.target.kind == "icon" and search.shown.name_of(cell) is None


def _alone(search: Search, cell: Candidate, pool: Sequence[Candidate], looks: NDArray[np.float32], free: bool) -> float:
    """1 where nothing else looked like it nor does, less where as many do as did, 0 where some are new or gone."""
    shown = search.shown
    own = shown.likeness(shown.descriptors @ shown.descriptors[shown.index(cell)])
    then = [c for c, look in zip(shown.candidates, own.tolist(), strict=True) if look >= OTHERS and not c.frame]
    then = [c for c in then if size_fits(cell.box, c.box, 1.0) and not (free and shown.name_of(c) is not None)]
    now = [c for c, look in zip(pool, looks.tolist(), strict=True) if look >= OTHERS]
    before, after = _places(then), _places(now)
    return ALL_THERE * (before == after) * (2 if max(before, after) <= 1 else 1)


def _places(cells: Sequence[Candidate]) -> int:
    """How many there are; what lies on one another is one."""
    return sum(all(c.box.overlap(other.box) < 0.3 for other in cells[:number]) for number, c in enumerate(cells))


def _changed_hands(search: Search, cell: Candidate, found: Candidate) -> bool:
    """Whether what the shown drawing belonged to reads otherwise than what the found one belongs to."""
    before, after = search.shown.name_of(cell), search.now.name_of(found)
    if before is None or after is None:
        return False
    said, says = search.shown.texts([before])[0], search.now.texts([after])[0]
    return match(said, says) < Match.READ_ALIKE and not same_wording(said, says)


def _on_another_line(search: Search, cell: Candidate, found: Candidate, around: float) -> bool:
    """Whether a drawing in a list below or above its like, which nothing names, stands beside something else now.

    Where nothing could be read beside it, only that the list has not changed tells: `around` is how well its neighbours
    agree.
    """
    if not search.target.look_alikes or not search.shown.is_listed(cell) or search.shown.name_of(cell) is not None:
        return False
    if not search.shown.in_column(cell):
        return False  # the column of a tool bar, one of whose drawings is elsewhere as well
    here = _said_beside(search.shown, cell)
    if not here:
        return around < SURELY
    there = _said_beside(search.now, found)
    return bool(there) and not any(match(one, other) >= Match.READ_ALIKE for one in here for other in there)


def _said_beside(scene: Scene, cell: Candidate) -> list[str]:
    """What the labels next to a drawing in a list say, on its left and right, those that begin together."""
    pitch = scene.pitch_of(cell)
    half = pitch.step / 2 if pitch is not None else cell.box.height
    level = [
        c
        for c in scene.candidates
        if c.kind == "text" and abs(c.box.center.y - cell.box.center.y) < half and not scene.walled(c.box, cell.box)
    ]
    said = [(c.box, text) for c, text in zip(level, scene.texts(level), strict=True) if plain(text)]
    left = max((box.left for box, _ in said if box.right <= cell.box.left), default=None)
    right = min((box.left for box, _ in said if box.left >= cell.box.right), default=None)
    ends = [end for end in (left, right) if end is not None]
    return [text for box, text in said if any(abs(box.left - end) <= ALIGNED for end in ends)]


def _lead_back(pair: Pair, found: Candidate, cell: Candidate, free: bool) -> float:
    """By how much the shown drawing is ahead of all others on the way back from the found one, -1 to 1.

    Free, those that belong to a row or card are no others.
    """
    pool = [c for c in _alike(pair, found) if not free or c == cell or pair.there.name_of(c) is None]
    if cell not in pool:
        return -1.0
    return lead(pool, _icon_scores(pair, found, pool)[-1], pool.index(cell))


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

    For a drawing that has no like on either picture (`alone`: on the first one) the distance to one edge is enough.
    """
    boxes = [c.box for c in pool]
    looks = pair.looks_of(cell, pool)
    around = surroundings(pair, cell.box, boxes)
    stands = standing(pair, cell.box, boxes, around)
    if alone and rival_of(pool, looks) <= OTHERS:
        edge = np.maximum(*anchored(pair, cell.box, boxes))
        stands = np.maximum(stands, UNIQUE * edge * (around >= STRANGE))
        stands = np.maximum(stands, TOGETHER * ramp(company(pair, cell.box, boxes), *CAME_ALONG))
    stands = np.asarray(stands, np.float32)
    return looks, around, stands, np.asarray(0.5 * ramp(looks, 0.35, 0.95) + 0.5 * stands, np.float32)
