"""What looking for a target comes to, and a picture of it that a person can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_agent.certainty import Kind
from encore_agent.lettering import width_of, write
from encore_recorder.geometry import Point, Rect

GREEN = (80, 175, 30)
AMBER = (0, 150, 240)
RED = (60, 60, 220)
WHITE = (255, 255, 255)
INK = (40, 40, 40)
SMALL, USUAL = 11, 13
"""Pixels of letters in the picture and below it."""


@dataclass(frozen=True, slots=True)
class FindOptions:
    """When pixels are the same, and what rules a place out whatever else speaks for it.

    What is enough to act on is not here but in `certainty`.
    """

    same_patch: float = 0.97
    """Correlation from which the same place still shows the same."""
    same_ink: float = 0.95
    """The same for the target's own box, so that play does not pass for pause."""
    still: float = 0.95
    """Correlation just before the click."""
    same_row: float = 0.7
    """Share of the whole row's words that must be there, for a row that does not follow what was said."""
    same_row_margin: float = 0.05
    """By how much it must be ahead of the next row that is called so."""
    same_words: float = 0.5
    """Likeness of the whole row's text, with what is new in it."""
    same_twin: float = 0.9
    """The same where two rows were called so, and only one of them is made out."""
    margin: float = 0.08
    """By how much a drawing, label or frame must be ahead of the next place; less is a tie."""
    frame_score: float = 0.55
    """What speaks for a field or slider, together; wrong ones are too rare to leave this to a fit."""
    row_icon_looks: float = 0.8
    """Likeness from which a drawing in the right row is surely one of those that were shown."""
    row_icon_least: float = 0.4
    """Likeness from which it may be."""
    row_icon_margin: float = 0.2
    """By how much such a one must be ahead of the next in its row."""


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A candidate that came near, and was not chosen."""

    box: Rect
    """Pixels of the window picture."""
    score: float
    """0 to 1, on the scale of what was chosen."""
    text: str = ""
    """What it says, where that was read."""


@dataclass(frozen=True, slots=True)
class Found:
    """The target's place on the current picture."""

    box: Rect
    """The ink of the chosen candidate, pixels of the window picture."""
    point: Point
    """Where to act: the offset kept from the demonstration, scaled."""
    evidence: str
    """Why this place, in words."""
    score: float
    """0 to 1."""
    patch: NDArray[np.uint8] = field(repr=False, compare=False)
    """BGR pixels of `patch_at`, to tell just before the click whether it is still there."""
    patch_at: Rect
    look_alikes: tuple[LookAlike, ...] = ()
    probability: float | None = None
    """That the click is right, 0 to 1; None where nothing was weighed."""
    unchanged: bool = False
    """Its place looks to the pixel as it was shown, so what is done there was not done yet."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A place that was judged, whether it was acted on or not."""

    kind: Kind
    evidence: Mapping[str, float]
    """The measures of its kind, each 0 to 1."""
    place: Found
    """Where the click would go, whether it is sure enough or not."""
    probability: float
    """That it is right, 0 to 1."""

    @property
    def point(self) -> Point:
        """Where the click would go."""
        return self.place.point


@dataclass(frozen=True, slots=True)
class Absent:
    """The target is not there, or it is not clear enough which of several it is."""

    reason: str
    """For a person."""
    look_alikes: tuple[LookAlike, ...] = ()
    """What came nearest, best first."""
    probability: float | None = None
    """That a click on what came nearest would have been right, 0 to 1; None where nothing could be weighed."""
    nearly: tuple[Found, ...] = field(default=(), repr=False)
    """Places that were weighed, and are not sure enough: never to be acted on without another witness."""
    titled: Found | None = field(default=None, repr=False)
    """Of these the only label of any list or card that is called as the row that was shown, or as what was said."""


LOST = Absent("what was clicked when it was shown cannot be made out in the recording")


@dataclass(frozen=True, slots=True)
class RowChoice:
    """A row that stands where the shown row stood, among its like."""

    text: str
    """What the row is called."""
    box: Rect
    """The ink of that text, pixels of the window picture."""
    point: Point
    """Where a click on the row would go."""


def draw_trace(image: NDArray[np.uint8], result: Found | Absent) -> NDArray[np.uint8]:
    """A picture of the decision: the chosen place, what came near with its score, and the reason.

    Args:
        image: The window picture that was searched, BGR [height, width, 3]; it is not changed.
        result: What came of it.
    """
    picture = cv2.addWeighted(image, 0.75, np.full_like(image, 127), 0.25, 0)
    for rank, near in enumerate(result.look_alikes, start=1):
        color = AMBER if isinstance(result, Found) else RED
        _frame(picture, near.box, color, 1)
        _label(picture, Point(near.box.left, near.box.top), f"{rank}: {near.score:.2f}", color)
    if isinstance(result, Found):
        around = result.box.grown(4)
        inside = around.intersection(Rect(0, 0, image.shape[1], image.shape[0]))
        if inside is not None:
            area = (slice(inside.top, inside.bottom), slice(inside.left, inside.right))
            picture[area] = image[area]
        _frame(picture, around, GREEN, 2)
        spot = (result.point.x, result.point.y)
        cv2.circle(picture, spot, 9, WHITE, 4, cv2.LINE_AA)
        cv2.circle(picture, spot, 9, GREEN, 2, cv2.LINE_AA)
        cv2.drawMarker(picture, spot, GREEN, cv2.MARKER_CROSS, 7, 1)
    sure = "" if result.probability is None else f" ({percent(result.probability)} sure)"
    caption = f"found{sure}: {result.evidence}" if isinstance(result, Found) else f"not found{sure}: {result.reason}"
    return _with_caption(np.asarray(picture, np.uint8), caption, GREEN if isinstance(result, Found) else RED)


def percent(probability: float) -> str:
    """For a person; what is nearly sure is told from what is sure."""
    return f"{100 * probability:.{1 if 0.95 < probability < 0.9995 else 0}f} %"


def _frame(picture: cv2.typing.MatLike, box: Rect, color: tuple[int, int, int], width: int) -> None:
    cv2.rectangle(picture, (box.left, box.top), (box.right, box.bottom), WHITE, width + 2)
    cv2.rectangle(picture, (box.left, box.top), (box.right, box.bottom), color, width)


def _label(picture: cv2.typing.MatLike, corner: Point, text: str, color: tuple[int, int, int]) -> None:
    width, height = width_of(text, SMALL), SMALL - 2
    left = max(0, min(corner.x, picture.shape[1] - width - 4))
    bottom = corner.y - 3 if corner.y > height + 6 else corner.y + height + 6
    cv2.rectangle(picture, (left, bottom - height - 2), (left + width + 4, bottom + 3), color, cv2.FILLED)
    write(picture, text, (left + 2, bottom), SMALL, WHITE)


def wrapped(text: str, width: int, size: int = USUAL) -> list[str]:
    """The words in as many lines as they need.

    Args:
        text: What is to be written.
        width: Pixels of a line.
        size: Of the letters, pixels.
    """
    lines: list[str] = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _with_caption(picture: NDArray[np.uint8], caption: str, color: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The picture with the words in a strip below it, so that they hide nothing."""
    lines = wrapped(caption, picture.shape[1] - 20)
    strip = np.full((12 + 20 * len(lines), picture.shape[1], 3), 255, np.uint8)
    strip[:3] = color
    for number, line in enumerate(lines):
        write(strip, line, (10, 22 + 20 * number), USUAL, INK)
    return np.vstack([picture, strip])
