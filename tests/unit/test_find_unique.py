"""What could as well be another one is absent: of two that are alike none is clicked, nor what was another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from encore_agent.find import Absent, Finder, Found
from encore_models.perception.target import describe_target
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import TITLES, Window, find, form

INK = (30, 30, 30)
Draw = Callable[[Window, int, int], Window]


def ring(gap: int, width: int = 2) -> Draw:
    """A ring that is open at its top, by so many degrees."""

    def draw(window: Window, left: int, top: int) -> Window:
        cv2.ellipse(window.image, (left + 10, top + 10), (9, 9), -90, 0, 360 - gap, INK, width, cv2.LINE_AA)
        return window

    return draw


def triangle(half: int, dot: int = 0) -> Draw:
    """A triangle, perhaps with a dot in it."""

    def draw(window: Window, left: int, top: int) -> Window:
        corners = np.array([(left + 10, top), (left + 10 + half, top + 18), (left + 10 - half, top + 18)])
        cv2.polylines(window.image, [corners], True, INK, 2, cv2.LINE_AA)
        if dot:
            cv2.circle(window.image, (left + 10, top + 12), dot, INK, cv2.FILLED)
        return window

    return draw


def strips(*signs: Draw | None, left: int = 60, top: int = 60) -> Window:
    """A mixer: strips with the same drawings and words, but for one drawing; of some only the place is there."""
    window = Window().write("Mixer", 20, 12)
    for number, sign in enumerate(signs):
        if sign is not None:
            row = top + 130 * number
            sign(window.sign(left, row, 1), left + 44, row).sign(left + 88, row, 3).sign(left + 132, row, 2)
            window.write("Mode", left, row + 36).write("Solo", left + 90, row + 36)
    return window


@pytest.mark.parametrize("there", ["where it was", "elsewhere"])
@pytest.mark.parametrize(
    ("wanted", "other"),
    [(ring(30), ring(60)), (triangle(9), triangle(10, 2)), (triangle(10, 2), triangle(8))],
    ids=["rings", "a triangle", "one with a dot"],
)
def test_what_was_another_one_when_it_was_shown_is_not_the_one_that_is_gone(
    wanted: Draw, other: Draw, there: str
) -> None:
    shown = strips(wanted, other)
    now = strips(None, other) if there == "where it was" else strips(other, left=140, top=110)
    absent = find(shown, now, Point(114, 70))
    assert isinstance(absent, Absent), absent
    assert "fits another part of the recorded window better" in absent.reason
    its_own = find(shown, strips(wanted, left=140, top=110), Point(114, 70))
    assert isinstance(its_own, Found), its_own
    assert abs(its_own.point.x - 194) <= 3


def panels(*corners: Point) -> Window:
    window = Window().write("File", 20, 12).write("Edit", 110, 12)
    for left, top in ((corner.x, corner.y) for corner in corners):
        window.sign(left, top, 0).sign(left + 44, top, 1).sign(left + 88, top, 3)
        window.write("Mode", left, top + 40).write("Apply", left + 90, top + 40)
    return window


@pytest.mark.parametrize("place", [Point(70, 151), Point(170, 196)], ids=["a drawing", "a label"])
@pytest.mark.parametrize("second", [Point(400, 250), Point(60, 380)], ids=["beside", "below"])
def test_of_two_equal_panels_with_all_that_is_in_them_neither_is_clicked(place: Point, second: Point) -> None:
    shown, first = panels(Point(60, 150)), Point(60, 250)
    absent = find(shown, panels(first, second), place)
    assert isinstance(absent, Absent), absent
    assert "which one it is" in absent.reason
    assert len(absent.look_alikes) >= 2
    assert isinstance(find(shown, panels(first), place), Found)


def songs(titles: Sequence[str], *signs: Draw) -> Window:
    """A list; the time of a song is the same wherever it stands."""
    window = Window()
    for row, title in enumerate(titles):
        top = 60 + 40 * row
        window.write(title, 80, top).write(f"3:0{titles.index(title)}", 300, top).write("Anna Berg", 600, top)
        for number, sign in enumerate(signs):
            sign(window, 400 + 60 * number, top - 4)
    return window


def test_of_two_rows_that_are_equal_neither_is_clicked() -> None:
    def today(*titles: str) -> Found | Absent:
        return find(songs(TITLES), songs(("Choir Vocal", *titles, "Room Intro")), Point(620, 106))

    assert TITLES[1] == "Maple Gallery"
    assert isinstance(today("Harbour Park", "Maple Gallery", "Station Square"), Found)
    absent = today("Maple Gallery", "Harbour Park", "Maple Gallery")
    assert isinstance(absent, Absent), absent
    assert "nothing tells which one it is" in absent.reason


@pytest.mark.parametrize(
    ("wanted", "signs"),
    [(ring(0), (ring(0, 1), ring(30))), (triangle(10), (triangle(10, 2), triangle(7)))],
    ids=["rings", "triangles"],
)
def test_of_two_drawings_of_a_row_that_look_a_little_like_it_neither_is_clicked(
    wanted: Draw, signs: tuple[Draw, Draw]
) -> None:
    shown, place = songs(TITLES, wanted), Point(410, 106)
    assert describe_target(shown.scene, place).kind == "row_icon"
    absent = find(shown, songs(TITLES, *signs), place)
    assert isinstance(absent, Absent), absent
    assert "two drawings that look a little like it" in absent.reason
    assert isinstance(find(shown, songs(TITLES[::-1], wanted), place), Found)


def channels(*corners: Point) -> Window:
    """Panels with a field and a slider each, all called the same."""
    window = Window().write("File", 20, 12).write("Edit", 110, 12)
    for left, top in ((corner.x, corner.y) for corner in corners):
        window.write("Delay", left, top + 8).frame(Rect(left + 70, top, 130, 30)).sign(left + 220, top + 4, 1)
        window.write("Level", left, top + 58).slider(left + 70, top + 64, 130).sign(left + 220, top + 54, 3)
    return window


@pytest.mark.parametrize("place", [Point(160, 165), Point(170, 214)], ids=["a field", "a slider"])
def test_of_two_fields_or_sliders_that_are_called_so_neither_is_acted_on(place: Point) -> None:
    shown, first = channels(Point(60, 150)), Point(90, 90)
    absent = find(shown, channels(first, Point(90, 300)), place)
    assert isinstance(absent, Absent), absent
    assert "which one it is" in absent.reason
    assert isinstance(find(shown, channels(first), place), Found)


def test_one_of_two_like_sliders_is_known_at_its_place_by_its_caption_alone() -> None:
    shown = mixer("Bass", "Treble")
    target = describe_target(shown.scene, Point(224, 162))
    assert target.look_alikes
    same = Finder(shown).find(target, shown.scene, mixer("Bass", "Treble").scene)
    assert isinstance(same, Found)
    assert same.evidence.startswith("nothing changed")
    swapped = mixer("Treble", "Bass")
    assert isinstance(Finder(swapped).find(target, shown.scene, swapped.scene), Absent)
    bare = mixer("", "")
    alone = Finder(bare).find(describe_target(bare.scene, Point(224, 162)), bare.scene, mixer("", "").scene)
    assert not getattr(alone, "evidence", "").startswith("nothing changed")


def mixer(*captions: str) -> Window:
    """Sliders that look the same, one below the other."""
    window = form()
    window.image[60:200] = 245
    for number, caption in enumerate(captions):
        window.write(caption, 40, 96 + 60 * number).slider(160, 102 + 60 * number)
    return window
