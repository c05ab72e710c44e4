"""A window picture as Encore sees it: candidates, what they look like, what they say, and their rows.

Everything is worked out when first asked for and kept, so a scene that is only compared by its pixels costs
nothing, and one whose candidates are compared is not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_models.macro import TargetKind
from encore_models.perception.candidates import Candidate, Layout, layout
from encore_models.perception.clip import Clip
from encore_models.perception.lists import ALIGNED, Lists, Pitch
from encore_models.perception.names import GRID, Names
from encore_models.perception.sides import held
from encore_models.perception.text import TextReader
from encore_models.perception.told import with_told
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element

CELL_GAP = "  "
"""Between the cells of a row's text; a cell's own words have one blank."""
NEAR = 12
"""Pixels around an icon's ink that are most likely its button."""
FAR = 480
"""Pixels along a band from which a blank place belongs to nothing."""
UNDER, CROWDED = 14, 60
"""Side in pixels of what is right under the pointer, and grey levels in it from which it is no blank space."""
BEYOND = 160
"""Pixels beyond the last cell of a row that still are its own."""
REPEAT = 160
"""Pixels within which a list repeats its row."""
LINE_GAP = 0.6
"""Of a line's ink, to the next line of the same cell; entries of a list stand further apart."""
BAND = 16
"""Pixels within which the middles of a row's cells lie, bar a second line."""
LIST_ROWS = 4
"""Rows from which even a single column of labels is a list."""
ALIKE = 0.9
"""Likeness from which two candidates look the same."""
SAME_SIZE = 0.1
"""By how much they differ."""
WORD = 1.3
"""Width over height of the shortest word: "City"."""


class Scene:
    """A picture of a window, BGR [height, width, 3], with all that is known about it.

    Not safe for threads; a picture belongs to whoever looks at it.
    """

    def __init__(
        self, image: NDArray[np.uint8], reader: TextReader, clip: Clip, elements: Sequence[Element] = ()
    ) -> None:
        """Nothing is looked at yet.

        Args:
            image: BGR [height, width, 3]; not copied, so it must not change.
            reader: Reads text when it is asked for.
            clip: Knows what candidates look like and what they show.
            elements: What the program tells of its controls, in pixels of the picture; mostly it tells nothing.
        """
        if image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(f"a scene is BGR [height, width, 3], not {image.shape}")
        self.image = image
        self._reader = reader
        self._clip = clip
        self._elements = elements
        self._texts: dict[Rect, str] = {}
        self._rows: dict[Candidate, tuple[Candidate, ...]] = {}
        self._pitches: dict[Candidate, Pitch | None] = {}
        self._like: dict[Candidate, frozenset[Candidate]] = {}
        self._resized: dict[tuple[int, int], Scene] = {}

    @property
    def rect(self) -> Rect:
        """The whole picture, its top left at 0, 0."""
        return Rect(0, 0, self.image.shape[1], self.image.shape[0])

    @cached_property
    def layout(self) -> Layout:
        """Candidates and walls."""
        return with_told(layout(self.image), self._elements, self.rect)

    def relaid(self, layout: Layout, texts: Mapping[Rect, str] | None = None) -> Scene:
        """The same picture with other candidates; what was read of it is known, and `texts` besides."""
        scene = Scene(self.image, self._reader, self._clip)
        scene.layout = layout
        scene._texts.update({**self._texts, **(texts or {})})
        return scene

    def resized(self, by: float) -> Scene:
        """The same picture drawn so many times as large, of which nothing is known yet; kept once it was asked for.

        What is made out of a picture depends on how many pixels it has: signs and labels grow together or fall apart.
        """
        size = (max(1, round(self.rect.width * by)), max(1, round(self.rect.height * by)))
        if size not in self._resized:
            image = cv2.resize(self.image, size, interpolation=cv2.INTER_AREA if by < 1 else cv2.INTER_CUBIC)
            told = [replace(element, box=element.box.scaled(by)) for element in self._elements]
            self._resized[size] = Scene(np.asarray(image, np.uint8), self._reader, self._clip, told)
        return self._resized[size]

    @cached_property
    def joined(self) -> Scene:
        """The same picture where drawings that were found in parts are candidates instead of their parts."""
        whole = self.layout.wholes
        if not whole:
            return self
        parts = np.any(held([c.box for c in self.candidates], [c.box for c in whole]), axis=1).tolist()
        kept = [c for c, part in zip(self.candidates, parts, strict=True) if c.frame or not part]
        found = sorted([*kept, *whole], key=lambda c: (c.box.top, c.box.left))
        return self.relaid(replace(self.layout, candidates=tuple(found), drawn=None))

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """From top to bottom, then left to right."""
        return self.layout.candidates

    @property
    def with_wholes(self) -> tuple[Candidate, ...]:
        """The candidates, and after them the drawings of which only parts are candidates."""
        return self.layout.candidates + self.layout.wholes

    def part_of(self, candidate: Candidate) -> Candidate:
        """Of a drawing that was found in parts the largest one; any other candidate itself."""
        if candidate in self._indexes:
            return candidate
        return max((c for c in self.candidates if candidate.box.contains(c.box.center)), key=lambda c: c.box.area)

    def whole_of(self, box: Rect) -> Rect:
        """The drawing that a box is a part of, if it was found in parts; else the box."""
        around = [c.box for c in self.layout.wholes if c.box.contains(box.center) and c.box.area >= box.area]
        return min(around, key=lambda whole: whole.area, default=box)

    @cached_property
    def descriptors(self) -> NDArray[np.float32]:
        """What each candidate looks like: unit vectors [n, d] in the order of `candidates`."""
        return self._clip.describe(self.image, [candidate.box for candidate in self.candidates])

    def looks_of(self, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        """What each of some of `with_wholes` looks like: unit vectors [n, d], as `descriptors`."""
        looks = self.descriptors
        if self.layout.wholes:
            looks = np.concatenate([looks, self.looks_in([whole.box for whole in self.layout.wholes])])
        numbers = {candidate: number for number, candidate in enumerate(self.with_wholes)}
        return looks[[numbers[candidate] for candidate in candidates]]

    def looks_in(self, boxes: Sequence[Rect]) -> NDArray[np.float32]:
        """What is in some boxes looks like, whether candidates or not: unit vectors [n, d], as `descriptors`."""
        return np.asarray(self._clip.describe(self.image, list(boxes)), np.float32)

    def meanings(self, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        """What each candidate shows, however it is drawn: unit vectors [n, d]."""
        return np.asarray(self._clip.meanings(self.image, [c.box for c in candidates]), np.float32)

    def named(self, candidates: Sequence[Candidate], texts: Sequence[str]) -> NDArray[np.float32]:
        """How well each text names each candidate, from its looks alone: cosines [candidates, texts]."""
        return np.asarray(self._clip.name(self.image, [c.box for c in candidates], texts), np.float32)

    def likeness(self, cosines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosines between descriptors on a scale that every CLIP shares: 0 as different drawings are, 1 as the same."""
        different, same = self._clip.span
        return np.asarray((cosines - different) / (same - different), np.float32)

    @cached_property
    def boxes(self) -> NDArray[np.float32]:
        """Left, top, width and height of each candidate, [n, 4], in the order of `candidates`."""
        rows = [(c.box.left, c.box.top, c.box.width, c.box.height) for c in self.candidates]
        return np.asarray(rows, np.float32).reshape(-1, 4)

    @cached_property
    def _indexes(self) -> dict[Candidate, int]:
        return {candidate: index for index, candidate in enumerate(self.candidates)}

    def index(self, candidate: Candidate) -> int:
        """Its place in `candidates`.

        Raises:
            KeyError: The candidate is of another scene.
        """
        return self._indexes[candidate]

    # Text

    def texts(self, candidates: Sequence[Candidate]) -> list[str]:
        """What the candidates say, read in one go; empty where nothing is legible."""
        unread = list(dict.fromkeys(c.box for c in candidates if c.box not in self._texts))
        if unread:
            self._texts.update(zip(unread, self._reader.read(self.image, unread), strict=True))
        return [self._texts[candidate.box] for candidate in candidates]

    @property
    def known_texts(self) -> Mapping[Rect, str]:
        """What has been read so far, by its box."""
        return self._texts

    def recall(self, texts: Mapping[Rect, str]) -> None:
        """Take what was read on this very picture before; the same strips are then known on other pictures, too."""
        self._texts.update(texts)
        self._reader.recall(self.image, texts)

    def text_at(self, box: Rect) -> str:
        """What is written inside a box, left to right; of a field, what stands in it."""
        return " ".join(text for text in self.texts(self.held(box)) if text)

    def held(self, box: Rect) -> list[Candidate]:
        """The words inside a box, left to right."""
        held = [c for c in self.candidates if c.kind in ("text", "icon") and box.contains(c.box.center)]
        # A short word may be no wider than a drawing.
        inside = [c for c in held if c.kind == "text"] or [c for c in held if c.box.width >= WORD * c.box.height]
        return sorted(inside, key=lambda c: c.box.left)

    def row_text(self, candidate: Candidate) -> str:
        """All text of the candidate's row, or of its item where several stand side by side, cells apart by two blanks.

        Without the row's number, which says where the row is and not what it is.
        """
        cells = [c for c in self.item_of(candidate) if c.kind == "text"]
        return CELL_GAP.join(text for text in self.texts(cells) if text)

    # Places

    def at(self, point: Point) -> Candidate | None:
        """What a click at `point` acts on.

        The smallest candidate that holds the point; the field, for text in a field; else ink close by; else
        the nearest ink of the same row of a list, since its blank space belongs to it. None where nothing is.
        """
        holding = [c for c in self.candidates if c.box.grown(2).contains(point)]
        if holding:
            smallest = min(holding, key=lambda c: c.box.area)
            return (smallest.kind == "text" and self.field_of(smallest)) or self._slider_of(smallest) or smallest
        near = [(away, c) for c in self.candidates if (away := distance(c.box, point)) <= NEAR]
        if near:
            return min(near, key=lambda pair: pair[0])[1]
        if _is_crowded(self.image, point):
            return None  # something stands there that was not made out
        here = Rect(point.x, point.y, 1, 1)
        band = [c for c in self.candidates if _in_band(c, point) and not self.walled(c.box, here)]
        nearest = min(band, key=lambda c: distance(c.box, point), default=None)
        if nearest is None or distance(nearest.box, point) > FAR or self.pitch_of(nearest) is None:
            return None  # blank space belongs to a row only where rows are
        row = self.row_of(nearest)
        beyond = max(min(c.box.left for c in row) - point.x, point.x - max(c.box.right for c in row))
        return nearest if beyond <= BEYOND else None

    def field_of(self, candidate: Candidate) -> Candidate | None:
        """The field that holds the candidate, or None."""
        middle = candidate.box.center
        return next((c for c in self._fields if c is not candidate and c.box.contains(middle)), None)

    @cached_property
    def _fields(self) -> tuple[Candidate, ...]:
        return tuple(c for c in self.candidates if c.kind == "field")

    def _slider_of(self, candidate: Candidate) -> Candidate | None:
        """The slider whose handle the candidate is, or None."""
        sliders = (c for c in self.candidates if c.frame == "slider" and c.box.contains(candidate.box.center))
        return next((s for s in sliders if candidate.box.height <= s.box.height), None)

    def row_of(self, candidate: Candidate) -> tuple[Candidate, ...]:
        """The candidate and what stands beside it in its row, left to right.

        In a list of equal rows it is what repeats from row to row. Elsewhere a row is as high as its tallest cell: a
        cover holds the title and the artist below it together; without one, two lines that stand close below each other
        are one cell. A row ends at walls; fields and what is in them are never part of one.
        """
        if candidate not in self._rows:
            self._rows[candidate] = self._find_row(candidate)
        return self._rows[candidate]

    def _find_row(self, candidate: Candidate) -> tuple[Candidate, ...]:
        pitch = self.pitch_of(candidate)
        if pitch is not None:
            cells = [self.candidates[i] for i in self.lists.row(self.index(candidate), pitch)]
            there = [
                c for c in cells if (c.kind == "text" or self.in_column(c)) and not self.walled(c.box, candidate.box)
            ]
            row = {candidate, *there}
        else:
            box = candidate.box
            band = self._beside(box, box)
            fitting = [cell.box for cell in band if cell.box.height <= 5 * box.height]
            span = max(fitting, key=lambda cell: cell.height, default=box)
            if span.height <= 1.6 * box.height and candidate.kind == "text":
                span = self._two_lines(box)
            if span.height > 1.6 * box.height:
                band = self._beside(span, box)
            row = {candidate, *band}
        return tuple(sorted(row, key=lambda c: (c.box.left, c.box.top)))

    def item_of(self, candidate: Candidate) -> tuple[Candidate, ...]:
        """What of its row belongs to the candidate: items that stand side by side have a title and drawings each.

        Elsewhere it is the whole row.
        """
        return self._names.item_of(candidate)

    def in_column(self, drawing: Candidate) -> bool:
        """Whether the same drawing stands above or below; parts of covers repeat by accident, and differ."""
        return any(abs(c.box.center.x - drawing.box.center.x) <= ALIGNED for c in self.alike(drawing) - {drawing})

    @cached_property
    def lists(self) -> Lists:
        """What repeats."""
        ink = [not c.frame and self.field_of(c) is None for c in self.candidates]
        text = [c.kind == "text" for c in self.candidates]
        return Lists(self.boxes, np.array(text, bool), np.array(ink, bool))

    def pitch_of(self, candidate: Candidate) -> Pitch | None:
        """The pitch of the list that it stands in; None where it stands in none."""
        if candidate not in self._pitches:
            self._pitches[candidate] = None if candidate.frame else self.lists.pitch(self.index(candidate))
        return self._pitches[candidate]

    def is_listed(self, candidate: Candidate) -> bool:
        """Whether it stands in a list of rows at equal distances."""
        return self.pitch_of(candidate) is not None

    @cached_property
    def _names(self) -> Names:
        return Names(self)

    def name_of(self, cell: Candidate) -> Candidate | None:
        """The label that names what a drawing belongs to: the title of its row or card; None where there is none."""
        return self._names.of(cell)

    @property
    def cards(self) -> dict[Candidate, Candidate]:
        """The cards of one size that hold a label at the same place, and that label, from top to bottom."""
        return self._names.cards

    @cached_property
    def _alike(self) -> NDArray[np.bool_]:
        return np.asarray(self.likeness(self.descriptors @ self.descriptors.T) >= ALIKE, np.bool_)

    def alike(self, cell: Candidate) -> frozenset[Candidate]:
        """All candidates that look like this one, itself included."""
        if cell not in self._like:
            index = self.index(cell)
            looks = self._alike[index]
            size = (np.abs(self.boxes[:, 2:] / np.maximum(1, self.boxes[index, 2:]) - 1) <= 0.25).all(axis=1)
            self._like[cell] = frozenset(self.candidates[i] for i in np.flatnonzero(looks & size)) | {cell}
        return self._like[cell]

    def _two_lines(self, box: Rect) -> Rect:
        """The box with the label right above or below it, if it begins where the box begins."""
        for other in self.candidates:
            gap = max(other.box.top - box.bottom, box.top - other.box.bottom)
            aligned = other.kind == "text" and abs(other.box.left - box.left) <= ALIGNED
            if aligned and other.box != box and -1 <= gap <= LINE_GAP * max(box.height, other.box.height):
                top = min(box.top, other.box.top)
                return Rect(box.left, top, box.width, max(box.bottom, other.box.bottom) - top)
        return box

    def _beside(self, span: Rect, origin: Rect) -> list[Candidate]:
        """Ink that shares at least half of its height, or of the span's, with the span."""
        shared = np.minimum(self.boxes[:, 1] + self.boxes[:, 3], span.bottom) - np.maximum(self.boxes[:, 1], span.top)
        enough = shared >= 0.5 * np.minimum(self.boxes[:, 3], span.height)
        return [
            candidate
            for candidate in (self.candidates[index] for index in np.flatnonzero(enough))
            if not candidate.frame and self.field_of(candidate) is None and not self.walled(candidate.box, origin)
        ]

    def walled(self, a: Rect, b: Rect) -> bool:
        """Whether a wall stands between the two."""
        left, right = (a.center, b.center) if a.left <= b.left else (b.center, a.center)
        above, below = min(left.y, right.y), max(left.y, right.y)
        return any(
            left.x < wall.center.x < right.x and wall.top <= above and below < wall.bottom for wall in self.layout.walls
        )

    # Kinds

    def kind_of(self, candidate: Candidate) -> TargetKind:
        """What the candidate is as a target."""
        if candidate.kind == "field":
            return "field"
        if candidate.frame == "slider":
            return "slider"
        says = candidate.kind == "text" and self._legible(candidate)
        if self.field_of(candidate) is None and self._in_list(candidate):
            # A cover stands for its row, but one of several in a row for its card.
            drawn = candidate.kind == "icon" or (candidate.kind == "text" and not says) or self.in_grid(candidate)
            if not drawn:
                return "row"
        if not says and self.name_of(candidate) is not None:
            return "row_icon"  # in a row, or on a card
        return "text" if says else "icon"

    def in_grid(self, candidate: Candidate) -> bool:
        """Whether it is a picture beside others of its size: covers of cards, files in a folder."""
        return candidate.kind == "picture" and len(self.of_its_size(candidate) & set(self.row_of(candidate))) >= GRID

    def of_its_size(self, picture: Candidate) -> frozenset[Candidate]:
        """All candidates of its kind and size, itself included."""
        alike = np.abs(self.boxes[:, 2:] / self.boxes[self.index(picture), 2:] - 1).max(axis=1) <= SAME_SIZE
        return frozenset(c for c in (self.candidates[i] for i in np.flatnonzero(alike)) if c.kind == picture.kind)

    def _in_list(self, candidate: Candidate) -> bool:
        """Whether the row repeats above or below: at least half of its cells have their like in one other row."""
        row = self.row_of(candidate)
        texts = sum(cell.kind == "text" for cell in row)
        if len(row) < 2 or not texts:
            return False
        least = 1 if texts >= 2 else LIST_ROWS - 1
        pitch = self.pitch_of(candidate)
        return (self._repeats(row) if pitch is None else len(pitch.rows)) >= least

    def _repeats(self, row: Sequence[Candidate]) -> int:
        """How many other bands hold the like of half of the row's cells, each aligned with its cell."""
        middle = float(np.mean([cell.box.center.y for cell in row]))
        step = max(cell.box.height for cell in row)
        aligned: dict[int, set[Candidate]] = {}
        for cell in row:
            for index in np.flatnonzero(_aligned(self.boxes, cell.box)):
                other = self.candidates[index]
                away = abs(other.box.center.y - middle)
                like = (other.kind == "text") == (cell.kind == "text") and other not in row
                if like and 0.8 * step < away <= REPEAT * LIST_ROWS and not self.walled(other.box, cell.box):
                    aligned.setdefault(other.box.center.y // BAND, set()).add(cell)
        bands = sorted(aligned)
        # The middles of a row differ by some pixels and fall into neighbouring bins.
        full = [b for b in bands if len(aligned[b] | aligned.get(b + 1, set())) >= max(2, len(row) / 2)]
        apart = [b for place, b in enumerate(full) if place == 0 or b - full[place - 1] > 1]
        near = any(abs(BAND * b - middle) <= REPEAT for b in apart)
        return len(apart) if near else 0

    def _legible(self, candidate: Candidate) -> bool:
        """Whether it says anything: three dots are as wide as a word, and one letter is not."""
        return sum(letter.isalnum() for letter in self.texts([candidate])[0]) > 1


def _is_crowded(image: NDArray[np.uint8], point: Point) -> bool:
    """Whether there is ink right around a place."""
    half = UNDER // 2
    piece = image[max(0, point.y - half) : point.y + half, max(0, point.x - half) : point.x + half]
    return bool(piece.size) and int(np.ptp(piece, axis=(0, 1)).max()) > CROWDED


def distance(box: Rect, point: Point) -> float:
    """Pixels from the point to the box; 0 inside."""
    across = max(box.left - point.x, 0, point.x - box.right + 1)
    down = max(box.top - point.y, 0, point.y - box.bottom + 1)
    return float(np.hypot(across, down))


def _in_band(candidate: Candidate, point: Point) -> bool:
    """Whether the point is level with the candidate; a label's line is about twice as high as its ink."""
    margin = candidate.box.height * 3 // 4 if candidate.kind == "text" else 2
    return not candidate.frame and candidate.box.top - margin <= point.y < candidate.box.bottom + margin


def _aligned(boxes: NDArray[np.float32], box: Rect) -> NDArray[np.bool_]:
    """Which boxes share their left edge, right edge or middle with the box; columns are one of the three."""
    left, right = boxes[:, 0], boxes[:, 0] + boxes[:, 2]
    return np.asarray(
        (np.abs(left - box.left) <= ALIGNED)
        | (np.abs(right - box.right) <= ALIGNED)
        | (np.abs((left + right) / 2 - (box.left + box.right) / 2) <= ALIGNED),
        bool,
    )
