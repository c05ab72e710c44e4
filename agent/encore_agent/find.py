"""Find a recorded target on today's picture of its window, or say that it is not there.

The choice is always among candidates, never a guess between pixels, and each kind of target has the evidence
that identifies it: a drawing its looks and its neighbours, a label its text, a row its title, a field its
frame and what surrounds it. Anything that could as well be something else is absent: a wrong click costs more
than a question.
"""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
from numpy.typing import NDArray

from encore_agent.blank import find_blank
from encore_agent.certainty import Certainty
from encore_agent.context import OTHER_SIZE, Pair
from encore_agent.evidence import FLAT, PATCH, Place, Search, contrast, correlation, cut
from encore_agent.findings import LOST, Absent, FindOptions, Found, LookAlike, RowChoice, Weighed, draw_trace
from encore_agent.frames import find_frame
from encore_agent.labels import find_label
from encore_agent.row_icons import find_row_icon
from encore_agent.rows import (
    find_by_name,
    find_by_title,
    find_in_list,
    find_titled,
    own_title,
    row_choices,
    weigh_elsewhere,
)
from encore_agent.signs import find_named
from encore_agent.single import find_icon
from encore_agent.titles import Match, is_written, match
from encore_agent.wordings import same_wording
from encore_models.macro import Target, TargetKind
from encore_models.perception.candidates import FRAMES, Candidate
from encore_models.perception.captions import caption_of
from encore_models.perception.names import title_of
from encore_models.perception.page import unread, with_lines
from encore_models.perception.screen import CELL_GAP, WORD, Scene
from encore_models.perception.text import TextReader
from encore_recorder.geometry import Point, Rect

__all__ = ["Absent", "FindOptions", "Finder", "Found", "LookAlike", "RowChoice", "Weighed", "draw_trace"]


SPARSE = 16
"""Pixels between those that are looked at first to tell whether a picture shows anything."""
DRAWN: frozenset[TargetKind] = frozenset({"icon", "row_icon"})
"""Targets that are known by what they look like."""
LARGEST = 12_000_000
"""Pixels of a picture in that size: 4K has 8.3 million, and what is enlarged beyond takes seconds."""
NUDGES, SAME_PART = (-2, 0, 2), 0.8
"""Pixels by which a part may be off its place in a drawing, and likeness from which it is the same."""
SIGNS, READ_NEAR = 2.6, 5
"""Times their height that two signs take side by side, and labels around them that tell in what letters words are."""
WORDED: frozenset[TargetKind] = frozenset({"text", "row", "row_icon", "field", "slider"})
"""Targets that are known by what is written on them, before them or in their row."""


class Finder:
    """Finds targets; keeps nothing between two searches but what the reader remembers."""

    def __init__(
        self, reader: TextReader, options: FindOptions | None = None, certainty: Certainty | None = None
    ) -> None:
        """Remember how to read and what is enough; without `certainty`, what comes with the package is."""
        self.reader = reader
        self._options = options or FindOptions()
        self._certainty = certainty or Certainty.shipped()

    def find(
        self, target: Target, shown: Scene, now: Scene, text: str | None = None, thorough: bool = False
    ) -> Found | Absent:
        """The place of the target on the current picture.

        Args:
            target: What was acted on, in pixels of `shown`.
            shown: The window as it was recorded.
            now: The window as it is.
            text: The title that is wanted, for targets that follow what was said; None for all others.
            thorough: Read the whole page, which takes a second, before what is known by its words is called absent.
        """
        if contrast(now.image[::SPARSE, ::SPARSE]) < FLAT and contrast(now.image) < FLAT:
            return Absent("the picture is all of one colour: is the screen locked, or hidden from Encore?")
        search = Search(target, shown, now, self._options, self._certainty)
        result = self._looked(search, text)
        if isinstance(result, Found):
            return result
        if (again := self._in_shown_size(search, text)) is not None:
            return again
        if thorough and target.kind in WORDED and isinstance(found := self._on_page(search, text), Found):
            return found
        title = text if text is not None and target.kind in ("row", "text") else own_title(search)
        elsewhere = weigh_elsewhere(search, title) if title else None
        # Of an empty place there is nothing to look like.
        near = result.look_alikes or (search.likest if target.kind != "blank" else ())
        nearly = tuple(one.place for one in search.weighed)
        return replace(result, look_alikes=near, nearly=nearly, titled=elsewhere)

    def _looked(self, search: Search, text: str | None) -> Found | Absent:
        """What comes of one look: at what was made out, and where that is not the target, at drawings put together."""
        result = self._found(search, text)
        if isinstance(result, Found) or search.target.kind not in DRAWN:
            return result
        whole = self._joined(search, text)
        return whole if isinstance(whole, Found) else result

    def _in_shown_size(self, search: Search, text: str | None) -> Found | None:
        """The same search on the picture in the size that was shown; None where it is drawn so, or has no more.

        Larger things grow together or fall apart in other ways, so less of what stood around is made out. Where only
        the letters were drawn larger, these are what is to be made out again.
        """
        for larger in _other_sizes(search.pair):
            if search.now.rect.area / larger**2 > LARGEST:
                continue
            again = replace(search, now=search.now.resized(1 / larger), weighed=[])
            found = self._looked(again, text)
            if isinstance(found, Found):
                return _brought_back(search, found, larger)
            # Another witness may be surer of what this look was not sure enough of.
            search.weighed.extend(replace(one, place=_brought_back(search, one.place, larger)) for one in again.weighed)
        return None

    def _joined(self, search: Search, text: str | None) -> Found | Absent | None:
        """The same search among whole drawings, where some were found in parts; None where none were.

        The outline of a button is as much like that of another one, so what was pointed at must be the same as well.
        """
        shown, now, target = search.shown.joined, search.now.joined, search.target
        if (shown, now) == (search.shown, search.now):
            return None
        box = search.shown.whole_of(target.box)
        clicked = target.box.center.moved(target.offset.x, target.offset.y)
        offset = Point(clicked.x - box.center.x, clicked.y - box.center.y)
        whole = replace(search, target=replace(target, box=box, offset=offset), shown=shown, now=now)
        found = self._found(whole, text)
        return found if isinstance(found, Found) and _holds(search, box, found.box) else None

    def _on_page(self, search: Search, text: str | None) -> Found | Absent | None:
        """The same search among the lines of the whole page that may be the target's; None where it has no more."""
        wanted = [text] if text is not None else _words_of(search)
        lines = [line for line in self.reader.read_page(search.now.image) if any(_says(w, line.text) for w in wanted)]
        more, told = unread(search.now, lines)
        if not more and not told:
            return None
        now = with_lines(search.now, more) if more else search.now
        return self._found(replace(search, now=now, told=told, weighed=[]), text)

    def weigh(self, target: Target, shown: Scene, now: Scene, text: str | None = None) -> list[Weighed]:
        """All places that would be judged until one is sure enough, if none ever were; see `find`."""
        search = Search(target, shown, now, self._options, self._certainty.never())
        self._found(search, text)
        return search.weighed

    def _found(self, search: Search, text: str | None) -> Found | Absent:
        result = self._by_kind(search, text)
        return result if isinstance(result, Found) or text is not None else find_named(search) or result

    def _by_kind(self, search: Search, text: str | None) -> Found | Absent:
        target = search.target
        if target.kind == "row" and search.beside_ink:
            return LOST
        if target.kind == "row_icon":
            return _alone_or_in_row(search) if text is None and not target.look_alikes else find_row_icon(search, text)
        if text is not None:
            return find_row_icon(search, text) if search.is_sign else find_titled(search, text)
        if target.kind == "row":
            return _in_list_or_alone(search)
        if target.kind == "blank":
            return find_blank(search)
        if (found := _same_place(search)) is not None:
            return found
        if target.kind in FRAMES:
            return find_frame(search)
        if target.kind == "text" and target.text:
            return _label_or_drawings(search)
        return find_icon(search)

    def rows_like(self, target: Target, shown: Scene, now: Scene) -> list[RowChoice]:
        """The rows of the current picture that stand where the shown row stood, with what they are called."""
        return row_choices(Search(target, shown, now, self._options, self._certainty))

    def still_there(self, found: Found, image: NDArray[np.uint8]) -> bool:
        """Whether the window still shows at the found place what was found there.

        Args:
            found: A result of `find`.
            image: The window's picture now, BGR [height, width, 3].
        """
        return correlation(found.patch, cut(image, found.patch_at)) >= self._options.still


def _other_sizes(pair: Pair) -> list[float]:
    """Of all things and of the letters, where these are drawn larger or smaller than they were shown."""
    sizes = [pair.scale] if abs(log(pair.scale)) >= OTHER_SIZE else []
    if abs(log(pair.letters)) >= OTHER_SIZE and abs(log(pair.letters / pair.scale)) >= OTHER_SIZE:
        sizes.append(pair.letters)
    return sizes


def _brought_back(search: Search, found: Found, by: float) -> Found:
    """What was found on the picture in another size, on the picture as it is."""
    point = Point(round(found.point.x * by), round(found.point.y * by))
    last = Point(search.now.rect.right - 1, search.now.rect.bottom - 1)
    placed = search.moved(found, Point(min(point.x, last.x), min(point.y, last.y)), found.evidence)
    near = tuple(replace(one, box=one.box.scaled(by)) for one in found.look_alikes)
    return replace(placed, box=found.box.scaled(by), look_alikes=near)


def _alone_or_in_row(search: Search) -> Found | Absent:
    """A drawing that is the only one of its kind may be known by its looks; else by the row that it stands in.

    Not where it belongs to another row now: who pressed the heart of one song does not mean that of another.
    """
    result = find_icon(search)
    return result if isinstance(result, Found) else find_row_icon(search, None)


def _in_list_or_alone(search: Search) -> Found | Absent:
    """The row in its list; where its title is the only label that reads so, it may be found as one.

    So may a label that only looked as if it stood in a list, such as those of a menu above a tool bar.
    """
    result = find_in_list(search)
    target, cell, shown = search.target, search.cell, search.shown
    names = cell is not None and (title_of(shown.item_of(cell)) == cell or not shown.is_listed(cell))
    alone = bool(target.text) and (target.text == target.row_text or (names and not target.look_alikes))
    if isinstance(result, Found):
        return result
    label = find_label(search) if alone else LOST
    ways = (label, find_by_name(search), find_by_title(search))
    return next((found for found in ways if isinstance(found, Found)), result)


def _label_or_drawings(search: Search) -> Found | Absent:
    """A label by what it says; signs side by side that were made out as one, as a label is, by what they look like.

    A reader makes letters of them that nothing else in the window has, on one day or the other.
    """
    result = find_label(search)
    cell, target = search.cell, search.target
    if isinstance(result, Found) or cell is None or not _as_short(cell):
        return result
    found = find_icon(replace(search, target=replace(target, kind="icon", text="")))
    if not isinstance(found, Found):
        return result
    says = search.now.texts([Candidate(found.box, "text")])[0]
    middle = cell.box.center
    labels = [c for c in search.shown.candidates if c.kind == "text" and not _as_short(c)]
    labels.sort(key=lambda c: abs(c.box.center.x - middle.x) + abs(c.box.center.y - middle.y))
    near = labels[:READ_NEAR]
    drawn = not is_written(target.text) or bool(says and not is_written(says))
    return found if drawn and all(is_written(text) for text in search.shown.texts(near)) else result


def _as_short(label: Candidate) -> bool:
    """Whether a label is no wider than two signs side by side."""
    return label.box.width <= SIGNS * label.box.height


def _holds(search: Search, whole: Rect, found: Rect) -> bool:
    """Whether the target itself is in the found drawing where it was in the shown one.

    Args:
        search: For the target.
        whole: The shown drawing that it is, or is a part of.
        found: What was found for that.
    """
    box, scale = search.target.box, search.scale
    width, height = round(box.width * scale), round(box.height * scale)
    left = found.center.x + round((box.center.x - whole.center.x) * scale) - width // 2
    top = found.center.y + round((box.center.y - whole.center.y) * scale) - height // 2
    near = [Rect(left + x, top + y, width, height) for x in NUDGES for y in NUDGES]
    looks = search.now.looks_in(near) @ search.shown.looks_in([box])[0]
    return float(search.now.likeness(looks).max()) >= SAME_PART


def _words_of(search: Search) -> list[str]:
    """What is written on the target, in its row, or before it."""
    target, cell = search.target, search.cell
    caption = caption_of(search.shown, cell) if cell is not None and cell.frame else None
    captions = search.shown.texts([caption] if caption is not None else [])
    return [words for words in (target.text, *target.row_text.split(CELL_GAP), *captions) if words]


def _says(wanted: str, line: str) -> bool:
    return match(wanted, line) > Match.NONE or same_wording(wanted, line)


def _letters(ink: Rect) -> list[Rect]:
    """Pieces of a label and of what is beside it: "Save" and "Saved", or "Lonely" and "Lonaly", differ in one.

    Each is hardly wider than a letter, and begins in the middle of the one before: in a longer piece the letters that
    are the same outweigh the one that is not.
    """
    beside, wide = 2 * ink.height, max(2, 3 * ink.height // 4)
    return [
        Rect(left, ink.top, wide, ink.height) for left in range(ink.left - beside, ink.right + beside - wide, wide // 2)
    ]


def _same_place(search: Search) -> Found | None:
    """The fast path: nothing around the target has changed since it was shown."""
    target, shown, now, options = search.target, search.shown, search.now, search.options
    point = Point(target.box.center.x + target.offset.x, target.box.center.y + target.offset.y)
    around = Rect(point.x - PATCH[0] // 2, point.y - PATCH[1] // 2, *PATCH).intersection(shown.rect)
    if around is None or around.intersection(now.rect) != around or not now.rect.contains(point):
        return None
    if target.look_alikes and target.kind not in FRAMES:
        return None  # another one like it may stand there now
    patch = correlation(cut(shown.image, around), cut(now.image, around))
    if patch < options.same_patch:
        return None
    framed = search.cell if target.kind in FRAMES else None
    caption = caption_of(shown, framed) if framed is not None else None
    if target.look_alikes and caption is None:
        return None  # only its caption tells it from its like
    # A round button's outline drowns the sign in it, so its middle is compared on its own.
    ink, middle = target.box.grown(2), target.box.grown(-min(target.box.width, target.box.height) // 5)
    # What is as wide as a word may hold some: a cover with its title.
    worded = target.kind == "text" or (target.kind not in FRAMES and ink.width >= WORD * ink.height)
    parts = [ink, middle, *(_letters(ink) if worded else ())]
    if framed is not None:
        inside = [c for c in shown.candidates if c.kind == "text" and target.box.contains(c.box.center)]
        parts += [piece for c in (caption, *inside) if c is not None for piece in _letters(c.box.grown(2))]
    least = 1.0
    for part in parts:
        least = min(least, correlation(cut(shown.image, part), cut(now.image, part)))
        if least < options.same_ink:
            return None
    if contrast(cut(now.image, ink)) < FLAT:
        return None
    place = Place(target.box, f"nothing changed at its place (patch {patch:.3f})", patch, point=point)
    evidence = {
        "patch": (patch - options.same_patch) / (1 - options.same_patch),
        "ink": (least - options.same_ink) / (1 - options.same_ink),
    }
    found = search.judged(place, "unchanged", evidence, "its place hardly changed, but that is not sure enough")
    return found if isinstance(found, Found) else None
