"""Letters drawn larger: columns of a list grow together, drawings part from their labels, labels are cut off."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from encore_agent.find import Absent, Finder, Found
from encore_models.perception.target import describe_target
from encore_models.perception.text import TextLine
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import Image, Window

FOLDERS = ("Boats", "Drawings", "Invoices", "Letters", "Maps", "Old charts", "Songs")
SIZES = ("4 items", "0 items", "7 items", "3 items", "9 items", "5 items", "2 items")
TOP, PITCH = 90, 44


def listed(by: float = 1.0, folders: tuple[str, ...] = FOLDERS, sizes: tuple[str, ...] = SIZES) -> Window:
    """A list; where its letters are larger two columns of it grow together, and the drawings stand by themselves."""
    window = Window(np.full((480, 760, 3), 245, np.uint8))
    for number, text in enumerate(("File", "Edit", "View", "Places", "Help")):
        window.write(text, 20 + 110 * number, 12, 0.5 * by)
    for row, (folder, size) in enumerate(zip(folders, sizes, strict=True)):
        top = TOP + PITCH * row
        gap = 2 if by == 1 else 14
        cv2.rectangle(window.image, (40, top - 2), (58, top + 12), (60, 140, 200), cv2.FILLED)
        window.write(folder, 58 + gap, top, 0.5 * by).write(size, 360, top, 0.5 * by)
        (width, _), _ = cv2.getTextSize(size, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * by, 1)
        window.write("folder", 480 if by == 1 else 360 + width + 7, top, 0.5 * by)
    return window


def find(shown: Window, now: Window, point: Point, thorough: bool = False) -> Found | Absent:
    scene = shown.scene
    return Finder(now).find(describe_target(scene, point), scene, now.scene, None, thorough)


def in_row(number: int) -> Point:
    return Point(385, TOP + PITCH * number + 6)


@pytest.mark.parametrize("row", [1, 2])
def test_a_cell_whose_column_has_grown_together_with_the_next_is_found_by_the_title_of_its_row(row: int) -> None:
    shown = listed()
    assert describe_target(shown.scene, in_row(row)).text == SIZES[row]
    found = find(shown, listed(1.5), in_row(row))
    assert isinstance(found, Found), found
    assert f"in the row of {FOLDERS[row]!r}" in found.evidence
    assert abs(found.point.y - in_row(row).y) <= PITCH / 3
    assert 360 <= found.point.x <= 440, "that is where the size stands, not the kind"


@dataclass
class Paged(Window):
    """A window whose lines are found on the page as well."""

    def read_page(self, image: Image) -> list[TextLine]:
        return [TextLine(text, box.grown(3), 0.9) for box, text in self.labels]


def test_a_label_that_looks_otherwise_is_read_where_the_page_tells_of_it() -> None:
    shown, drawn = listed(), listed(1.5)
    now = Paged(drawn.image, drawn.labels)
    assert isinstance(find(shown, now, in_row(0)), Absent)
    found = find(shown, now, in_row(0), thorough=True)
    assert isinstance(found, Found), found
    assert abs(found.point.y - in_row(0).y) <= PITCH / 3


def test_a_row_of_another_title_or_another_size_is_not_the_row() -> None:
    others = (*FOLDERS[:1], "Photographs", *FOLDERS[2:])
    assert isinstance(find(listed(), listed(1.5, folders=others), in_row(1)), Absent)
    sizes = (*SIZES[:1], "6 items", *SIZES[2:])
    assert isinstance(find(listed(), listed(1.5, sizes=sizes), in_row(1)), Absent)
    longer = (*SIZES[:1], "0 itemsets", *SIZES[2:])
    assert isinstance(find(listed(), listed(1.5, sizes=longer), in_row(1)), Absent)


def test_a_title_that_is_there_twice_tells_no_row() -> None:
    twice = (*FOLDERS[:5], "Drawings", FOLDERS[6])
    assert isinstance(find(listed(), listed(1.5, folders=twice), in_row(1)), Absent)


def heads(texts: tuple[str, ...]) -> Window:
    window = Window()
    for number, text in enumerate(texts):
        window.write(text, 30 + 140 * number, 60).sign(150 + 140 * number, 56, number % 3)
        window.write(text.upper().rstrip("."), 30 + 140 * number, 400)
    return window


def test_a_label_that_is_cut_off_today_is_known_by_its_beginning_and_its_place() -> None:
    shown = heads(("Title", "Artist", "Bit depth", "Source", "Length"))
    now = heads(("Title", "Artist", "Bit de...", "Source", "Length"))
    found = find(shown, now, Point(340, 66))
    assert isinstance(found, Found), found
    assert Rect(305, 50, 90, 30).contains(found.point)
    two = heads(("Title", "Bit d...", "Bit de...", "Source", "Length"))
    assert isinstance(find(shown, two, Point(340, 66)), Absent)
    other = heads(("Title", "Artist", "Bit rat...", "Source", "Length"))
    assert isinstance(find(shown, other, Point(340, 66)), Absent)
