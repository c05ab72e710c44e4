"""What a pointer step acts on, as it is kept in a macro."""

from __future__ import annotations

from encore_models.macro import Target
from encore_models.perception.candidates import Candidate
from encore_models.perception.lists import ALIGNED
from encore_models.perception.names import title_of
from encore_models.perception.screen import NEAR, Scene, distance
from encore_recorder.geometry import Point, Rect

BLANK = 48
"""Side of the box around a place where nothing is."""


def describe_target(scene: Scene, point: Point) -> Target:
    """What a pointer step at `point` acts on, as it is kept in a macro.

    Args:
        scene: The window just before the step.
        point: Pixels of the scene's picture.

    Raises:
        ValueError: The point lies outside of the picture.
    """
    if not scene.rect.contains(point):
        raise ValueError(f"{point} lies outside of a picture of {scene.rect.width} x {scene.rect.height} pixels")
    candidate = scene.at(point)
    # Blank space is a row's own, and nothing else's: shapes on a canvas may stand as far apart as rows.
    beside = candidate is not None and distance(candidate.box, point) > NEAR
    if beside and candidate is not None and scene.kind_of(candidate) == "icon":
        candidate = None
    if candidate is None:
        around = Rect(point.x - BLANK // 2, point.y - BLANK // 2, BLANK, BLANK).intersection(scene.rect)
        assert around is not None  # the point is inside
        return Target("blank", around, _from_center(around, point))
    kind = scene.kind_of(candidate)
    if kind == "row" and (candidate.kind != "text" or not candidate.box.grown(2).contains(point)):
        # Beside the ink it is the row that was meant, and that is called by its title.
        # In a grid the row has as many titles as cards.
        row = scene.item_of(candidate)
        title = title_of(row) or candidate
        if not any(scene.in_grid(cell) for cell in row) and not _is_next_row(candidate, title):
            candidate = title
    return Target(
        kind=kind,
        box=candidate.box,
        offset=_from_center(candidate.box, point),
        text=_own_text(scene, candidate),
        row_text=scene.row_text(candidate) if kind in ("row", "row_icon") else "",
        look_alikes=len(scene.alike(candidate)) - 1,
    )


def _is_next_row(label: Candidate, other: Candidate) -> bool:
    """Whether two labels begin together with room for a line between them, as entries of a list do."""
    gap = max(other.box.top - label.box.bottom, label.box.top - other.box.bottom)
    begin = abs(label.box.left - other.box.left) <= ALIGNED
    return label.kind == "text" and begin and gap >= max(label.box.height, other.box.height)


def _own_text(scene: Scene, candidate: Candidate) -> str:
    if candidate.kind == "field":
        return scene.text_at(candidate.box)
    return scene.texts([candidate])[0] if candidate.kind == "text" else ""


def _from_center(box: Rect, point: Point) -> Point:
    return Point(point.x - box.center.x, point.y - box.center.y)
