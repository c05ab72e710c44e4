"""Finding fields and sliders: by their frame, their caption and their place, whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, utils

from encore_agent.certainty import Kind
from encore_agent.context import Pair, anchored, beside, ramp, spanning, surroundings
from encore_agent.evidence import Place, Search, cut, lead, nearest
from encore_agent.findings import LOST, Absent, Found
from encore_agent.labels import find_label, only_label, only_left
from encore_agent.titles import ELISION, Match, begins_alike, match, plain
from encore_agent.wordings import same_wording
from encore_models.macro import Target
from encore_models.perception.candidates import Candidate
from encore_models.perception.captions import caption_of
from encore_models.perception.screen import Scene
from encore_recorder.geometry import Point, Rect

ANCHORED = 0.6
"""What the height in the window counts against a full agreement of neighbours; fields stretch with their window."""
SPANNING = 0.8
"""What the distances to three edges count."""
SPANS = 0.8
"""How well these must be kept for a scroll bar to be known by them alone."""
ELSEWHERE = 0.3
"""Agreement of its place below which a field without a caption is another one."""
ALONE = (0.15, 0.5)
"""The same of the only slider, and of the only field: another page may have another one, but hardly as high up."""
NO_SIGN = 0.6
"""What it counts that no drawing stands in either."""
SAME_SIGN = 0.75
"""Likeness from which two drawings before a field are the same."""
NEARLY = 55.0
"""Percent of likeness from which two words in a field are no accident."""
SURE_PLACE = 0.6
"""Agreement of its place from which a caption with a word more or less is the same."""
PARTLY, REST = 0.7, 0.6
"""What such a caption counts, and that all others with a caption are accounted for, where the same caption counts 1."""
HIGHER = {"field": (0.7, 1.4), "slider": (0.6, 1.7), "scroll bar": (0.5, 2.1)}
"""How much lower or higher each may be; of a thin bar the handle alone may be made out, or the track beside it too."""
SHORTER, LONGER = 0.6, 3.2
"""Times as long as it was that a slider may be: it grows with its window, and where something beside it is gone, but it
hardly gets shorter than that makes it."""
CROWDED = 0.5
"""The same where a label names both: among larger letters the slider is what gives way."""
NAMELESS, TYPED_IN = 0.68, 0.75
"""What all else must come to where no caption tells, of a slider, and of a field, whose words are hidden by what was
typed in it."""
LEAST_WORD = 3
"""Letters of words in a field that are no accident."""
LEFT = 12
"""Letters that must be left of words that were cut off, such as of a long address."""
TYPED = 1.3
"""How much more contrast a typed text has than the grey words that an empty field shows."""
AS_STRONG, STRONGER = 0.9, 0.75
"""Contrast of a typed text over that of other labels, and the share of them that have less."""

NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
PARTS = ("frame", "sign", "caption", "place")
"""Measures of a field or slider on its own."""


def find_frame(search: Search) -> Found | Absent:
    """A field or slider by its frame, its caption, the sign in it and its neighbours; else a field by its words."""
    result = _by_frame(search)
    return result if isinstance(result, Found) else _by_words(search) or result


def _by_words(search: Search) -> Found | None:
    """What is written in the field, where it is written nowhere else: its frame may not be made out on every theme.

    What looked like a field may as well have been an entry of a list that was marked.
    """
    if search.cell is None or search.cell.kind != "field":
        return None
    held = search.shown.held(search.cell.box)
    text = search.shown.texts(held)[0] if len(held) == 1 else ""
    if len(text) < LEAST_WORD or held[0].kind != "text":
        return None
    words = Target("text", held[0].box, Point(0, 0), text)
    asked = replace(search, target=words)
    left = only_left(asked)
    found = find_label(asked) if left or only_label(asked) is not None else None
    if not isinstance(found, Found):
        return None
    (says,) = search.now.texts([Candidate(found.box, "text")])
    return found if not left or begins_alike(text, says) else None


def _by_frame(search: Search) -> Found | Absent:
    cell = search.cell
    if cell is None:
        return LOST
    pool = [c for c in search.now.candidates if c.kind == cell.kind]
    if not pool:
        return Absent(f"there is no {cell.kind} on the screen")
    parts, scores = _scores(search.pair, cell, pool)
    best, near = int(np.argmax(scores)), nearest(pool, scores)
    if scores[best] < search.options.frame_score:
        return Absent(f"no {cell.kind} on the screen is called so and stands where it stood", near)
    back = [c for c in search.shown.candidates if c.kind == cell.kind]
    ahead = lead(pool, scores, best)
    if ahead < search.options.margin:
        return Absent(f"two {cell.kind}s are alike, and their neighbours do not tell which one it is", near)
    ahead_back = lead(back, _scores(search.pair.back, pool[best], back, back=True)[1], back.index(cell))
    if ahead_back <= 0:
        return Absent(f"the {cell.kind} fits another {cell.kind} of the recorded window better", near)
    evidence = {"ahead": 4 * ahead, "back": ahead_back}
    evidence |= {name: float(value) for name, value in zip(PARTS, parts[best], strict=True)}
    doubt = f"no {cell.kind} on the screen is enough like it and stands where it stood"
    why = f"frame, caption and neighbours {scores[best]:.2f}, ahead by {ahead:.2f}"
    kind: Kind = "slider" if search.target.kind == "slider" else "field"
    return search.judged(Place(pool[best].box, why, float(scores[best]), near[1:]), kind, evidence, doubt)


def _scores(
    pair: Pair, cell: Candidate, pool: Sequence[Candidate], back: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What speaks for each of the pool: `PARTS`, [len(pool), 4], and all together, [len(pool)].

    All are 0 to 1; 0 together for what is called otherwise. On the way back the pool is what was recorded.
    """
    boxes = [c.box for c in pool]
    kept = anchored(pair, cell.box, boxes)[0 if cell.kind == "scroll bar" and not _lies(cell) else 1]
    stands = np.maximum(surroundings(pair, cell.box, boxes), ANCHORED * kept)
    stands = np.maximum(stands, 0.8 * beside(pair, cell.box, boxes))
    stands = np.maximum(stands, SPANNING * spanning(pair, cell.box, boxes))
    caption = caption_of(pair.here, cell)
    others = _captions(pair.here, [c for c in pair.here.candidates if c.kind == cell.kind and c != cell])
    rest = _left_over(pair, cell, pool) if caption is None or cell.kind == "field" else None
    scores, parts = [], []
    for candidate, place in zip(pool, stands, strict=True):
        frame = _as_high(pair, cell, candidate)
        its = caption_of(pair.there, candidate)
        called = _called_alike(pair, caption, its, cell.kind == "slider")
        if called is None and cell.kind == "field":
            called = _same_inside(pair, cell, candidate)
        sign = _signs(pair, cell, candidate)
        known = float(bool(called))
        if called is False and place >= SURE_PLACE and _partly_alike(pair, caption, its):
            called, known = True, PARTLY
        elif called is None and candidate == rest and place >= ALONE[cell.kind == "field"]:
            called, known = True, REST
        elif not called and any(_called_alike(pair, other, its, cell.kind == "slider") for other in others):
            called = False  # it is another one that was there
        turned = cell.frame == "slider" and _lies(cell) != _lies(candidate)
        # What has grown a lot is a lot shorter on the way back.
        lengths = (pair.back, candidate, cell) if back else (pair, cell, candidate)
        turned |= not _as_long(*lengths, known < 1, caption is not None and caption.kind == "text")
        # One that has a name is none that has not, unless all around it is the same.
        turned |= called is None and cell.frame == "slider" and place <= ANCHORED and (caption is None) != (its is None)
        # What was chosen asks for nothing; but another page may have one field, too.
        chosen = called is None and _opens(pair.here, cell) and _opens(pair.there, candidate)
        # In the only field other words were typed, however alike they are.
        typed = candidate == rest and _is_typed(pair.here, cell) and _is_typed(pair.there, candidate)
        strictly = (called is None or known == REST) and not chosen
        differ = not (called and typed) and _placeholders_differ(pair, cell, candidate, strictly)
        if turned or differ or called is False:
            score = 0.0
        elif called is None:
            score = 0.2 * frame + 0.3 * sign + 0.5 * place if place >= ELSEWHERE else 0.0
            if cell.kind == "field":
                score = score if score >= TYPED_IN else 0.0
            elif score < NAMELESS:
                score *= 0.8
        else:
            score = 0.3 + 0.2 * frame + 0.1 * sign + 0.4 * place
        scores.append(score)
        parts.append((frame, sign, known, place))
    return np.asarray(parts, np.float32), np.asarray(scores, np.float32)


def _as_high(pair: Pair, cell: Candidate, other: Candidate) -> bool:
    """Whether one may be the other drawn larger; the handle of a slider grows under the pointer, and so do bars.

    How long it is depends on the window: what counts is how thick it is, and that it lies or stands as it did.
    """
    low, high = HIGHER[cell.kind]
    if cell.frame == "slider" and _lies(cell) != _lies(other):
        return False
    own, its = (min(c.box.width, c.box.height) for c in (cell, other))
    return low <= its / max(1, own) / pair.scale <= high


def _as_long(pair: Pair, cell: Candidate, other: Candidate, strictly: bool, worded: bool) -> bool:
    """Whether a slider may have grown into the other one with its window.

    Args:
        pair: Both pictures.
        cell: On the first one.
        other: On the second one.
        strictly: Nothing names them both.
        worded: What names them is a label. A drawing before it names it badly: where it is gone together with its own
            one, it stands before the next.
    """
    if cell.frame != "slider":
        return True
    own, its = (max(c.box.width, c.box.height) for c in (cell, other))
    before, now = ((r.width if _lies(cell) else r.height) for r in (pair.here.rect, pair.there.rect))
    grown, window = its / max(1, own) / pair.scale, now / max(1, before) / pair.scale
    shorter = SHORTER if strictly or not worded else CROWDED * SHORTER
    return grown >= shorter * min(1.0, window) and (grown <= LONGER or not strictly)


def _lies(bar: Candidate) -> bool:
    return bar.box.width >= bar.box.height


def _captions(scene: Scene, frames: Sequence[Candidate]) -> list[Candidate]:
    return [caption for frame in frames if (caption := caption_of(scene, frame)) is not None]


def _left_over(pair: Pair, cell: Candidate, pool: Sequence[Candidate]) -> Candidate | None:
    """The only slider without a caption, or the only field, where the shown one was the only one as well.

    What is written beside a field may be its caption or any other label, which sliders seldom stand beside. Of scroll
    bars it is the one that is left over where all others stand in the window as they stood.
    """
    if cell.kind == "scroll bar":
        return _other_bar(pair, cell, pool)
    low, high = HIGHER[cell.kind]
    back = [c for c in pair.here.candidates if c.kind == cell.kind and low <= c.box.height / cell.box.height <= high]
    now = [c for c in pool if _as_high(pair, cell, c)]
    if cell.kind == "slider":
        back = [c for c in back if caption_of(pair.here, c) is None]
        now = [c for c in now if caption_of(pair.there, c) is None]
    return now[0] if len(back) == len(now) == 1 else None


def _other_bar(pair: Pair, cell: Candidate, pool: Sequence[Candidate]) -> Candidate | None:
    """The scroll bar that lies as the shown one, and is none of the others that were there; None where it was alone."""
    others = [c for c in pair.here.candidates if c.kind == cell.kind and _lies(c) == _lies(cell) and c != cell]
    left = [c for c in pool if _lies(c) == _lies(cell)]
    for other in others:
        stands = spanning(pair, other.box, [c.box for c in left])
        if not len(stands) or stands.max() < SPANS:
            return None
        left.pop(int(np.argmax(stands)))
    return left[0] if others and len(left) == 1 else None


def _partly_alike(pair: Pair, one: Candidate | None, other: Candidate | None) -> bool:
    """Whether all words of one caption are in the other: "Brightness" and "Screen brightness"."""
    if one is None or other is None or one.kind != "text" or other.kind != "text":
        return False
    said, says = (
        set(utils.default_process(text).split()) for text in (pair.here.texts([one])[0], pair.there.texts([other])[0])
    )
    return bool(said) and bool(says) and (said <= says or says <= said)


def _called_alike(pair: Pair, one: Candidate | None, other: Candidate | None, slider: bool) -> bool | None:
    """Whether two captions say the same; None where there are none to compare."""
    if one is None or other is None or (one.kind == "text") != (other.kind == "text"):
        return None
    if one.kind != "text" and not slider:
        return None
    if one.kind != "text":
        return True if float(pair.looks_of(one, [other])[0]) >= SAME_SIGN else None
    # "Contrast" looks like "Contract": words are read.
    said, says = pair.here.texts([one])[0], pair.there.texts([other])[0]
    if match(said, says) >= Match.READ_ALIKE or same_wording(said, says):
        return True
    return _but_for_numbers(pair, said, says)


def _but_for_numbers(pair: Pair, said: str, says: str) -> bool:
    """Whether two captions differ in what they count, such as "Volume 40 %", and no other label does from them."""
    words = NUMBER.sub("", said)
    if len(plain(words)) < LEAST_WORD or plain(words) != plain(NUMBER.sub("", says)) or words == said:
        return False
    every = [scene.texts([c for c in scene.candidates if c.kind == "text"]) for scene in (pair.here, pair.there)]
    return all(sum(plain(NUMBER.sub("", text)) == plain(words) for text in texts) == 1 for texts in every)


def _same_inside(pair: Pair, cell: Candidate, other: Candidate) -> bool | None:
    """True where both fields hold the same words, such as what an empty one asks for; None where that says nothing."""
    said, says = _inside(pair, cell, other)
    return True if len(said) >= LEAST_WORD and _say_the_same(said, says) else None


def _say_the_same(said: str, says: str) -> bool:
    """Whether the words in two fields are the same, also in another wording, or cut off where there was no room."""
    if match(said, says) >= Match.READ_ALIKE or same_wording(said, says):
        return True
    for whole, part in ((said, says), (says, said)):
        left = plain(ELISION.sub("", part)) if ELISION.search(part) else ""
        if len(left) >= LEFT and left in plain(whole):
            return True
    return False


def _placeholders_differ(pair: Pair, cell: Candidate, other: Candidate, strictly: bool) -> bool:
    """Whether both fields show the grey words of an empty field, and not the same ones.

    Not strictly, only words that are nearly the same tell; where a caption agrees, others may have been typed.
    """
    if cell.kind != "field":
        return False
    said, says = _inside(pair, cell, other)
    if not said or not says or _say_the_same(said, says):
        return False
    if fuzz.ratio(said, says) >= NEARLY:
        return True  # nobody types what differs by a letter from what was there
    if not strictly:
        return False
    strengths = [_strength(scene, field.box) for scene, field in ((pair.here, cell), (pair.there, other))]
    return max(strengths) < TYPED * min(strengths)


def _opens(scene: Scene, field: Candidate) -> bool:
    """Whether an arrow stands at the right end of a field: what it shows was chosen from a list."""
    end = field.box.right - 1.5 * field.box.height
    return any(c.kind == "icon" and c.box.left >= end and field.box.contains(c.box.center) for c in scene.candidates)


def _inside(pair: Pair, cell: Candidate, other: Candidate) -> tuple[str, str]:
    """What stands in both fields; a magnifier before it is at times read as a letter."""
    said, says = pair.here.text_at(cell.box), pair.there.text_at(other.box)
    if says[1:2] == " " and says[2:] and match(said, says[2:]) >= Match.READ_ALIKE:
        return said, says[2:]
    if said[1:2] == " " and said[2:] and match(said[2:], says) >= Match.READ_ALIKE:
        return said[2:], says
    return said, says


def _strength(scene: Scene, box: Rect) -> float:
    """Grey levels between the words in a field and what is behind them."""
    return max((_contrast(scene, word.box) for word in scene.held(box)), default=1.0) or 1.0


def _contrast(scene: Scene, label: Rect) -> float:
    """Grey levels between a label and what is behind it."""
    piece = cut(scene.image, label).astype(np.int16)
    return float(np.ptp(piece, axis=(0, 1)).max()) if piece.size else 0.0


def _is_typed(scene: Scene, field: Candidate) -> bool:
    """Whether the words in a field are as strong as most labels that are not grey themselves."""
    labels = [c.box for c in scene.candidates if c.kind == "text"]
    usual = [_contrast(scene, label) for label in labels] or [0.0]
    return _strength(scene, field.box) >= AS_STRONG * float(np.quantile(usual, STRONGER))


def _signs(pair: Pair, cell: Candidate, other: Candidate) -> float:
    """Whether the same drawing stands at the left end of both, such as a magnifier, 0 to 1.

    Of a slider it is the handle, which looks as the theme wants.
    """
    if cell.frame == "slider":
        return NO_SIGN
    one, another = _sign(pair.here, cell), _sign(pair.there, other)
    if one is not None and another is not None:
        return float(ramp(pair.looks_of(one, [another]), 0.6, 0.95)[0])
    return NO_SIGN if one is another else 0.0


def _sign(scene: Scene, field: Candidate) -> Candidate | None:
    """The drawing at the left end of a field."""
    left = Rect(field.box.left, field.box.top, round(1.5 * field.box.height), field.box.height)
    signs = [c for c in scene.candidates if c.kind == "icon" and left.contains(c.box.center)]
    return min(signs, key=lambda c: c.box.left, default=None)
