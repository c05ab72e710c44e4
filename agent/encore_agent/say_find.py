"""Find a control by what it is called, without having been shown it.

Labels are found by their text, drawings by what they show: a drawing is meant where the name is near it and no other
thing that could be meant is nearer. One that is clearly best is enough to click; everything else is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from rapidfuzz import fuzz

from encore_agent.guard import destructive_word
from encore_agent.say import bare_name
from encore_agent.say_names import CONCEPTS
from encore_agent.say_sights import NOUNS, RankOptions, Sights, concept_of
from encore_agent.titles import Match, match, plain
from encore_models.perception.candidates import Candidate, CandidateKind
from encore_models.perception.screen import Scene
from encore_models.phrases import words_of
from encore_recorder.geometry import Rect

FRAME_NOUNS: dict[str, CandidateKind] = {
    "field": "field",
    "box": "field",
    "bar": "field",
    "input": "field",
    "slider": "slider",
}
"""What takes its name from the label beside it."""
IN_ROW = re.compile(r"^(.+?) (?:of|in|on|for|at|beside|next to|in the row of) (.+)$")
SHORT_NAME = 3
"""Letters up to which a name may be written in ink that is as square as an icon."""
WRITTEN = 2.0
"""Score of what reads so word by word; no drawing comes near."""


@dataclass(frozen=True, slots=True)
class Option:
    """A control that may be meant."""

    box: Rect
    """Pixels of the window picture."""
    name: str
    """What it reads, or what it looks like."""
    score: float
    """Comparable within one ranking."""
    evidence: str
    clear: bool
    """Whether it would do, were it alone."""

    @property
    def destructive(self) -> bool:
        """Whether its name says that something is lost, sent or paid by it."""
        return destructive_word(self.name) is not None


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a name came to."""

    decision: Literal["clear", "several", "nothing"]
    options: tuple[Option, ...]
    """clear: the one. several: all that are plausible, as one reads them. nothing: none."""
    nearest: tuple[str, ...] = ()
    """What was nearest, for a person."""


def rank(sights: Sights, name: str) -> Ranking:
    """Which control is called that.

    Args:
        sights: The focused window.
        name: As it was said, without article.
    """
    row = _row_named(sights, name)
    if row is not None:
        return _decide(sights, row[0], [o for o in _options(sights, row[0]) if o.box in row[1]])
    return _decide(sights, name, _options(sights, name))


def everything(sights: Sights) -> tuple[Option, ...]:
    """Every control of the picture, as one reads them, for numbering."""
    labels = dict(sights.labels)
    found = []
    for candidate in sights.scene.candidates:
        text = sights.scene.text_at(candidate.box) if candidate.kind == "field" else labels.get(candidate, "")
        found.append(Option(candidate.box, text or candidate.kind, 1.0, "you chose its number", True))
    return _as_read(found)


# Options


def _options(sights: Sights, name: str) -> list[Option]:
    words = name.split()
    if words[-1] in FRAME_NOUNS:
        noun_free = " ".join(words[:-1])
        found = _framed(sights, FRAME_NOUNS[words[-1]], noun_free)
        if found or not noun_free:
            return found
        # The frame is not seen everywhere. What is called so may be in it, or may be something else.
        return [replace(option, clear=False) for option in _options(sights, noun_free)]
    if len(words) > 1 and words[-1] in NOUNS and not _labels(sights, name, exact=True):
        name = " ".join(words[:-1])
    return [*_labels(sights, name), *_placeholders(sights, name), *_drawings(sights, name)]


def _labels(sights: Sights, name: str, exact: bool = False) -> list[Option]:
    """Labels that read so: exactly, or nearly enough to ask about."""
    found = []
    pool = list(sights.labels)
    if len(plain(name)) <= SHORT_NAME:
        squares = [c for c in sights.drawings if c.kind == "icon"]
        pool += zip(squares, sights.scene.texts(squares), strict=True)
    for candidate, text in pool:
        if sights.scene.field_of(candidate) is not None:
            continue
        bare = _without_ellipsis(text)
        same = match(name, bare_name(bare) if words_of(bare) else text)
        # "Open ..." is a menu's entry, but in a list "Yesterday ..." may go on.
        whole = bare == text or sights.scene.kind_of(candidate) not in ("row", "row_icon")
        if same >= Match.READ_ALIKE and whole:
            found.append(Option(candidate.box, text, WRITTEN, f"it reads {text!r}", True))
        elif not exact and (same or _holds(name, text) or _spelt_alike(sights.names.options, name, text)):
            found.append(Option(candidate.box, text, 0.9, f"it reads {text!r}, which is near", False))
    return found


def _placeholders(sights: Sights, name: str) -> list[Option]:
    """Fields in which the name stands."""
    texts = [(field, sights.scene.text_at(field.box)) for field in sights.fields]
    return [
        Option(field.box, text, WRITTEN, f"it is the field that reads {text!r}", True)
        for field, text in texts
        if match(name, _without_ellipsis(text)) >= Match.READ_ALIKE
    ]


def _framed(sights: Sights, kind: CandidateKind, name: str) -> list[Option]:
    """Fields or sliders that are called so: by the label beside them, the drawing in them, or as the only one."""
    pool = [c.box for c in sights.scene.candidates if c.kind == kind]
    if not name or name in ("text", "entry"):
        return [Option(box, kind, WRITTEN, f"it is a {kind}", True) for box in pool]
    beside = [option.box for option in _labels(sights, name) if option.clear]
    within = [option.box for option in _drawings(sights, name)]
    found = _placeholders(sights, name) if kind == "field" else []
    for box in pool:
        if any(box == drawn or box.contains(drawn.center) for drawn in within):
            found.append(Option(box, f"{name} {kind}", WRITTEN, f"it is the {kind} with the {name} icon", True))
        elif any(_labels_frame(label, box) for label in beside):
            found.append(Option(box, f"{name} {kind}", WRITTEN, f"it is the {kind} beside {name!r}", True))
    return found


def _drawings(sights: Sights, name: str) -> list[Option]:
    """Drawings that show what is called so."""
    if not sights.drawings:
        return []
    options = sights.names.options
    vector, rivals = sights.names.query(name)
    near = sights.meanings @ vector
    lead = near - sights.likeness[:, rivals].max(axis=1)
    score = near + lead
    known = concept_of(name)
    called = name if known is None else CONCEPTS[known][0]
    found = []
    for index in np.flatnonzero(score >= (options.plausible if known is not None else options.clear)):
        # A word that is not known to name a drawing is near to all sorts of them.
        clear = known is not None and score[index] >= options.clear and lead[index] >= options.clear_lead
        evidence = f"it looks like {called} ({near[index]:.2f}, {lead[index]:+.2f} before anything else)"
        candidate = sights.drawings[index]
        meant = (called == "search" and _field_behind(sights.scene, candidate)) or candidate
        option = Option(meant.box, sights.looks_like(int(index)), float(score[index]), evidence, bool(clear))
        # A bin is destructive by whatever name it was asked for.
        found.append(replace(option, name=called) if clear else option)
    return found


def _decide(sights: Sights, name: str, found: list[Option]) -> Ranking:
    options = sights.names.options
    found = _one_a_control(sights.scene, found)
    found.sort(key=lambda option: -option.score)
    nearest = _nearest(sights, name)
    if not found:
        return Ranking("nothing", (), nearest)
    best = found[0]
    if best.clear:
        # What only resembles the best does not make it doubtful; what would do by itself does.
        rivals = [o for o in found[1:] if o.clear or (best.score < WRITTEN and o.score > best.score - options.margin)]
        if not rivals:
            return Ranking("clear", (best,), nearest)
        found = [best, *rivals]
    return Ranking("several", _as_read(found[: options.most]), nearest)


def _as_read(options: Iterable[Option]) -> tuple[Option, ...]:
    """Line by line, and each line from left to right."""
    lines: list[list[Option]] = []
    for option in sorted(options, key=lambda option: option.box.center.y):
        box, first = option.box, lines[-1][0].box if lines else None
        # By the lower of both: a tall thing, such as a whole list, would take many lines for its own.
        if first is None or box.center.y - first.center.y > max(4, min(box.height, first.height) // 2):
            lines.append([])
        lines[-1].append(option)
    return tuple(option for line in lines for option in sorted(line, key=lambda option: option.box.left))


def _nearest(sights: Sights, name: str) -> tuple[str, ...]:
    """The label and the drawing that come nearest to the name."""
    texts = sorted((text for _, text in sights.labels), key=lambda text: -fuzz.ratio(plain(name), plain(text)))
    drawn = []
    if sights.drawings:
        drawn = [sights.looks_like(int((sights.meanings @ sights.names.query(name)[0]).argmax()))]
    return tuple(dict.fromkeys([*texts[:1], *drawn]))


def _row_named(sights: Sights, name: str) -> tuple[str, set[Rect]] | None:
    """For "the heart of Yesterday": what is meant, and the boxes of the rows that are called so."""
    parts = IN_ROW.match(name)
    if parts is None or any(match(name, text) for _, text in sights.labels):
        return None
    rows = [c for c, text in sights.labels if match(bare_name(parts[2]), bare_name(text)) >= Match.READ_ALIKE]
    boxes = {cell.box for label in rows for cell in sights.scene.row_of(label)}
    return (bare_name(parts[1]), boxes) if boxes else None


def _one_a_control(scene: Scene, found: Iterable[Option]) -> list[Option]:
    """Without the drawing beside or above a label, and without what is found twice: they are one control."""
    kept: list[Option] = []
    for option in sorted(found, key=lambda option: -option.score):
        if not any(_same_control(option.box, other.box) for other in kept):
            kept.append(option)
    return kept


def _same_control(a: Rect, b: Rect) -> bool:
    """Whether a drawing and its label, or one in the other; two of a size side by side are two controls."""
    if a == b or a.intersection(b) is not None:
        return True
    (small, large) = sorted((a, b), key=lambda box: box.width)
    if large.width < 1.5 * small.width:
        return False
    height = max(a.height, b.height)
    across = max(a.left, b.left) - min(a.right, b.right)
    down = max(a.top, b.top) - min(a.bottom, b.bottom)
    beside = across <= 1.5 * height and abs(a.center.y - b.center.y) <= 0.5 * height
    above = 0 <= down <= height and abs(a.center.x - b.center.x) <= 0.25 * large.width
    return beside or above


def _field_behind(scene: Scene, drawing: Candidate) -> Candidate | None:
    """The field that a drawing at its left end stands for; what is at its right end is a button of its own."""
    field = scene.field_of(drawing)
    if field is None or drawing.box.center.x > field.box.left + field.box.width // 4:
        return None
    return field


def _labels_frame(label: Rect, field: Rect) -> bool:
    """Whether the label stands right before or above the field or slider."""
    before = 0 <= field.left - label.right <= 2 * field.height and abs(label.center.y - field.center.y) <= field.height
    above = 0 <= field.top - label.bottom <= field.height and abs(label.left - field.left) <= field.height
    return before or above


def _without_ellipsis(text: str) -> str:
    return text.rstrip(" .…:")


def _holds(name: str, text: str) -> bool:
    """Whether the label says the name as whole words, and not much more."""
    wanted, words = name.split(), words_of(text)
    runs = (words[start : start + len(wanted)] for start in range(len(words) - len(wanted) + 1))
    return len(words) <= len(wanted) + 3 and wanted in runs


def _spelt_alike(options: RankOptions, name: str, text: str) -> bool:
    return len(plain(name)) > SHORT_NAME and fuzz.ratio(plain(name), plain(text)) >= options.fuzzy
