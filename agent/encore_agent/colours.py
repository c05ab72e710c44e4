"""Finding a drawing of several colours by these alone: on another ground its pixels are what they were.

A theme that changes the ground changes the outline of what is drawn on it, and a larger font moves it apart from what
stood around it; a picture out of a file stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_agent.context import PART_OF_IT, came_alone, company, ramp, standing, surroundings
from encore_agent.evidence import AHEAD, Place, Search, cut
from encore_agent.findings import Absent, Found
from encore_agent.witnesses import undisputed
from encore_models.perception.candidates import Candidate
from encore_recorder.geometry import Rect

SMALLEST, LARGEST = 12, 48
"""Pixels of the sides of a drawing that is looked for so."""
EDGE = 2
"""Pixels around it that show its ground."""
OWN = 40
"""Levels from which a pixel is not the ground's."""
SEVERAL = 25.0
"""Standard deviation of its own pixels in levels from which they are of several colours."""
LEAST_OWN = 50
"""Pixels that a drawing needs for them to tell it."""
SAME = 12
"""Levels by which a pixel may differ."""
ENOUGH, MORE = 0.7, 0.05
"""Share of its own pixels that must be the same: what is seen through in part, such as a lens, shows the new ground
there. And how many more there must be than of whatever else was like it when it was shown."""
LIKE = 0.5
"""Share from which another place is like it."""
TRIED = 4
"""Places that are looked at, those that differ least in all."""


def find_coloured(search: Search, cell: Candidate) -> Found | Absent | None:
    """The drawing whose own pixels are the same, on whatever ground.

    Returns:
        None where its pixels tell nothing, are nowhere, or stand among strangers.
    """
    box = cell.box
    if cell.kind != "icon" or not SMALLEST <= min(box.width, box.height) <= max(box.width, box.height) <= LARGEST:
        return None
    piece = cut(search.shown.image, box)
    own = own_pixels(search.shown.image, box)
    if own.sum() < LEAST_OWN or float(piece[own].std(axis=0).max()) < SEVERAL:
        return None
    ranked = sorted(_alike(piece, own, search.now.image), key=lambda one: one[1], reverse=True)
    if not ranked or ranked[0][1] < ENOUGH:
        return None
    (place, share), next_best = ranked[0], max((share for _, share in ranked[1:]), default=0.0)
    others = (share for place, share in _alike(piece, own, search.shown.image) if not place.overlap(box))
    before = max(others, default=0.0)
    if share < before + MORE:
        return None
    pair = search.pair
    agreed = surroundings(pair, box, [place])
    around = float(agreed[0])
    together = float(ramp(company(pair, box, [place])[0], *PART_OF_IT))
    if came_alone(around, together):
        return None
    evidence = {
        "looks": 1.0,
        "neighbours": around,
        "stands": float(standing(pair, box, [place], agreed)[0]),
        "ahead": AHEAD * (share - next_best),
        "back": share - before,
        "alone": float(max(before, next_best) < LIKE),
        "settled": undisputed(search, box, place, around),
        "together": together,
    }
    why = f"{share:.0%} of its own pixels on another ground, neighbours {around:.2f}"
    return search.judged(Place(place, why, share), "icon", evidence, "its own pixels are there, but among other things")


def own_pixels(image: NDArray[np.uint8], box: Rect) -> NDArray[np.bool_]:
    """Which pixels of a box are the drawing's, and not of the ground that is seen around it [height, width]."""
    around = cut(image, box.grown(EDGE)).astype(np.int16)
    ring = np.ones(around.shape[:2], np.bool_)
    ring[EDGE:-EDGE, EDGE:-EDGE] = False
    ground = np.median(around[ring], axis=0)
    strange = np.abs(cut(image, box).astype(np.int16) - ground).max(axis=2) >= OWN
    # Those at its outline are mixed with the ground.
    inside = cv2.erode(strange.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), borderValue=0)
    return inside.astype(np.bool_)


def _alike(piece: NDArray[np.uint8], own: NDArray[np.bool_], image: NDArray[np.uint8]) -> Iterator[tuple[Rect, float]]:
    """The places of a picture that differ least from a piece, and the share of its own pixels that are the same."""
    height, width = piece.shape[:2]
    if image.shape[0] < height or image.shape[1] < width:
        return
    mask = np.repeat(own[..., None], 3, axis=2).astype(np.uint8)
    apart = cv2.matchTemplate(image, piece, cv2.TM_SQDIFF, mask=mask)
    for _ in range(TRIED):
        _, _, (left, top), _ = cv2.minMaxLoc(apart)
        there = image[top : top + height, left : left + width].astype(np.int16)
        differing = np.abs(there - piece.astype(np.int16)).max(axis=2)
        yield Rect(left, top, width, height), float((differing[own] <= SAME).mean())
        apart[max(0, top - height // 2) : top + height // 2 + 1, max(0, left - width // 2) : left + width // 2 + 1] = (
            np.inf
        )
