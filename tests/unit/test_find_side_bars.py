"""What real programs taught: side bars with headings, lists in a larger font, captions that count, buttons in a row."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from encore_agent.certainty import Certainty
from encore_agent.evidence import Search
from encore_agent.find import Absent, Found
from encore_agent.findings import FindOptions
from encore_agent.rows import _names, find_by_name
from encore_models.perception.candidates import Candidate, candidates
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point
from tests.unit.test_find_kinds import TITLES, Window, find, form, table

ENTRIES = ((26, "Home"), (45, "Desktop"), (67, "Games"))
"""Pixels below the first heading, as close as a file manager draws them; too few to be seen as a list."""


def side_bar(down: int = 0, entry: str = "Network") -> Window:
    """Two headings with entries below them, further in; one heading and its entry read the same."""
    window = form().write("My Computer", 27, 200 + down, 0.55)
    for top, text in ENTRIES:
        window.write(text, 51, 200 + top + down)
    return window.write("Network", 27, 294 + down, 0.55).write(entry, 57, 312 + down)


@pytest.mark.parametrize("down", [0, 14])
def test_an_entry_below_a_heading_that_reads_the_same_is_never_the_heading(down: int) -> None:
    found = find(side_bar(), side_bar(down), Point(75, 317))
    if isinstance(found, Found):
        assert found.box.top > 305 + down
    gone = find(side_bar(), side_bar(down, "Servers"), Point(75, 317))
    assert isinstance(gone, Absent), gone


def test_a_row_whose_list_is_drawn_otherwise_is_known_by_its_name_alone() -> None:
    now = Window()
    for row, title in enumerate(TITLES):
        now.write(title, 60, 60 + 44 * row, 0.55)
    found = find(table(), now, Point(120, 65 + 40 * 3))
    assert isinstance(found, Found), found
    assert abs(found.point.y - (65 + 44 * 3)) < 12


def mixer(*captions: str) -> Window:
    window = form()
    for row, caption in enumerate(captions):
        window.write(caption, 40, 250 + 50 * row).slider(260, 256 + 50 * row, 160, 0.3)
    return window


def test_a_caption_that_counts_names_its_slider_whatever_it_counts() -> None:
    found = find(mixer("Brightness 40 %", "Balance"), mixer("Brightness 75 %", "Balance"), Point(300, 256))
    assert isinstance(found, Found), found
    assert abs(found.point.y - 256) < 12


def test_a_number_that_tells_sliders_apart_is_part_of_the_name() -> None:
    shown = mixer("Channel 1", "Channel 2")
    assert isinstance(find(shown, mixer("Channel 2", "Channel 3"), Point(300, 256)), Absent)


def test_a_sign_in_the_button_before_it_is_no_side_of_a_field() -> None:
    picture = np.full((120, 400, 3), 240, np.uint8)
    for left, right in ((20, 52), (55, 220)):
        cv2.rectangle(picture, (left, 40), (right, 73), (150, 150, 150), 1)
    cv2.rectangle(picture, (32, 50), (36, 63), (40, 40, 40), cv2.FILLED)
    cv2.putText(picture, "Add Filter", (66, 62), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (40, 40, 40), 1, cv2.LINE_AA)
    (field,) = (c.box for c in candidates(picture) if c.kind == "field")
    assert 50 <= field.left <= 56


def details(names: tuple[str, ...], pitch: int = 40) -> Window:
    """A list of files whose sizes are all alike but one."""
    window = form()
    for row, name in enumerate(names):
        size = "315 bytes" if name == names[-1] else "4 KiB"
        window.sign(30, 216 + pitch * row, 0).write(name, 80, 220 + pitch * row).write(size, 400, 220 + pitch * row)
    return window


def test_a_size_that_stands_in_another_row_now_does_not_name_the_row() -> None:
    shown = details(("Maps", "Letters", "Invoices", "Crane manual"))
    now = details(("Ropes", "Autumn", "Gulls", "Regatta"))
    gone = find(shown, now, Point(430, 225 + 3 * 40))
    assert isinstance(gone, Absent), gone


def test_a_heading_or_the_title_of_the_row_above_names_no_row() -> None:
    scene = side_bar().write("Ana Reyes", 400, 320).write("Paper Moon", 400, 300).scene

    def label(x: int, y: int) -> Candidate:
        found = scene.at(Point(x, y))
        assert found is not None
        return found

    artist, entry = label(410, 325), label(75, 317)
    assert _names(scene, label(410, 305), artist)
    assert not _names(scene, label(40, 299), entry)  # it reads the same
    assert not _names(scene, label(40, 206), entry)  # it stands further up


def test_a_menu_seen_as_a_row_is_known_by_its_own_name_alone() -> None:
    shown = form().scene
    target = replace(describe_target(shown, Point(118, 17)), kind="row", row_text="File  Edit  View")
    assert target.text == "Edit"

    def named(now: Scene) -> Found | Absent:
        return find_by_name(Search(target, shown, now, FindOptions(), Certainty.shipped()))

    found = named(form(down=20).scene)
    assert isinstance(found, Found)
    assert found.box.overlap(target.box) > 0.5
    twice = form().write("Edit", 600, 300).scene
    assert isinstance(named(twice), Absent)


def editor(width: int, strip: int = 60) -> Window:
    """Lines of text, and at the right edge a framed strip, such as a scroll bar with a map of the text."""
    window = Window(np.full((480, width, 3), 250, np.uint8))
    for number, text in enumerate(("File", "Edit", "Selection", "View")):
        window.write(text, 20 + 100 * number, 12)
    for number, text in enumerate(("class Scale", "side of it", "total", "weigh", "report")):
        window.write(text, 40, 60 + 26 * number).write(f"# {text}", 340, 60 + 26 * number)
    cv2.rectangle(window.image, (width - strip, 44), (width, 500), (190, 120, 40), 1)
    return window


def test_an_empty_place_in_a_strip_is_never_one_beside_it() -> None:
    shown, now = editor(600), editor(820)
    found = find(shown, now, Point(570, 300))
    assert isinstance(found, Absent) or found.point.x > 762, found
    same = find(shown, editor(600), Point(570, 300))
    assert isinstance(same, Found), same
