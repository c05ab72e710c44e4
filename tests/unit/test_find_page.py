"""Strips first, the page last: lines that no label was cut out for are read before a target is called absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import pytest

from encore_agent.find import Absent, Finder, Found
from encore_models.perception.page import unread, with_lines
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from encore_models.perception.text import RapidOcrReader, TextLine
from encore_recorder.geometry import Point, Rect
from tests.unit.test_find_kinds import CLIP, Image, Window, form

STEP = 26
"""Pixels from one spaced letter to the next: each is a drawing of its own."""


@dataclass
class Spaced(Window):
    """A window of which some lines are found on the page alone."""

    lines: list[TextLine] = field(default_factory=list)
    pages: int = 0
    """How often the page was read."""
    strips: list[Rect] = field(default_factory=list)
    """All that was read besides."""

    def space(self, text: str, left: int, top: int, says: str | None = None) -> Spaced:
        for number, letter in enumerate(text):
            at = (left + STEP * number, top + 14)
            cv2.putText(self.image, letter, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (40, 40, 40), 1, cv2.LINE_AA)
        box = Rect(left - 5, top - 4, STEP * len(text) - 2, 23)
        self.lines.append(TextLine(" ".join(text) if says is None else says, box, 0.9))
        return self

    def read(self, image: Image, boxes: Sequence[Rect]) -> list[str]:
        self.strips += boxes
        return super().read(image, boxes)

    def read_page(self, image: Image) -> list[TextLine]:
        self.pages += 1
        return self.lines


def spaced(window: Window) -> Spaced:
    return Spaced(window.image, window.labels)


def search(shown: Window, now: Window, point: Point, text: str | None = None, thorough: bool = True) -> Found | Absent:
    scene = shown.scene
    return Finder(now).find(describe_target(scene, point), scene, now.scene, text, thorough)


def menu(*words: str) -> Window:
    """Labels one below the other beside those of a form."""
    window = form()
    for number, word in enumerate(words):
        window.write(word, 500, 150 + 60 * number, 0.6)
    return window


def test_a_label_that_only_the_page_has_is_found_in_a_thorough_look_alone() -> None:
    now = spaced(menu("BASS", "")).space("TREBLE", 500, 210)
    absent = search(menu("BASS", "TREBLE"), now, Point(520, 216), thorough=False)
    assert isinstance(absent, Absent)
    assert now.pages == 0
    found = search(menu("BASS", "TREBLE"), now, Point(520, 216))
    assert isinstance(found, Found), found
    assert now.pages == 1
    assert Rect(500, 208, 6 * STEP, 20).contains(found.point)
    assert Rect(500, 208, 6 * STEP, 20).grown(4).intersection(found.box) == found.box


def test_the_page_is_not_read_for_what_the_strips_say_or_what_has_no_words() -> None:
    now = spaced(menu("BASS", "TREBLE"))
    assert isinstance(search(form(), now, Point(60, 101)), Found)
    gone = spaced(form())
    gone.image[:40, 500:720] = 245
    assert isinstance(search(form(), gone, Point(530, 11)), Absent)
    assert now.pages == gone.pages == 0


def test_a_page_without_more_lines_changes_nothing() -> None:
    shown, now = menu("BASS", "TREBLE"), spaced(menu("BASS", "TENOR"))
    now.lines += [TextLine("TENOR", Rect(495, 206, 70, 22), 0.9), TextLine("O", Rect(515, 5, 30, 28), 0.9)]
    assert search(shown, now, Point(520, 216)) == search(shown, now, Point(520, 216), thorough=False)
    assert now.pages == 1
    assert not any(box.intersection(Rect(520, 10, 20, 20)) for box in now.strips)  # nobody asks for an O


@pytest.mark.parametrize("says", ["T R E M O L O", "TREBLES", ""])
def test_other_lines_are_no_nearer_than_other_labels(says: str) -> None:
    now = spaced(menu("BASS", "")).space("TREBLE", 500, 210, says)
    assert isinstance(search(menu("BASS", "TREBLE"), now, Point(520, 216)), Absent)


def test_two_lines_that_read_so_are_a_tie() -> None:
    shown = Window().write("TREBLE", 300, 200, 0.6)
    now = Spaced().space("TREBLE", 60, 90).space("TREBLE", 420, 330)
    absent = search(shown, now, Point(320, 206))
    assert isinstance(absent, Absent)
    assert now.pages == 1


def test_part_of_a_longer_label_is_not_the_label() -> None:
    shown, now = menu("Orchard"), spaced(menu("Orchard (Live)"))
    now.lines.append(TextLine("Orchard", Rect(495, 146, 84, 24), 0.9))
    assert isinstance(search(shown, now, Point(520, 156)), Absent)
    assert now.pages == 1


def test_what_a_label_says_the_page_does_not_say_better() -> None:
    shown, now = menu("Copper"), spaced(menu("Copter"))
    now.lines.append(TextLine("Copper", Rect(495, 146, 76, 24), 0.9))
    assert isinstance(search(shown, now, Point(520, 156)), Absent)


def test_a_field_is_known_by_a_caption_that_only_the_page_has() -> None:
    def page(window: Window, left: int) -> Window:
        window.image[80:190, 20:420] = 245
        window.labels = [one for one in window.labels if one[1] not in ("Volume", "Opacity")]
        return window.frame(Rect(left, 208, 160, 30)).write("Opacity", 40, 276).frame(Rect(220, 268, 160, 30))

    shown = page(form(), 220).write("VOLUME", 40, 216, 0.6)
    now = spaced(page(form(), 340)).space("VOLUME", 100, 214)
    point = Point(300, 223)
    found = search(shown, now, point)
    assert isinstance(found, Found), found
    assert Rect(340, 208, 160, 30).contains(found.point)


def songs(titles: Sequence[str], spaced_row: int | None = None) -> Spaced:
    """A list with a drawing before each title, one of which may be spaced out."""
    window = Spaced()
    for row, title in enumerate(titles):
        top = 56 + 48 * row
        window.sign(30, top - 4, 0).write(f"{3 + row}:0{row}", 400, top).write(f"Band {row}", 520, top)
        window = window.space(title, 80, top) if row == spaced_row else window.write(title, 80, top, 0.6)
    return window


@pytest.mark.parametrize("text", [None, "MAPLE"], ids=["as shown", "as said"])
@pytest.mark.parametrize("left", [40, 90], ids=["its drawing", "its title"])
def test_of_a_row_whose_title_only_the_page_has(left: int, text: str | None) -> None:
    titles = ("Harbour", "Station", "Choir", "Room", "MAPLE", "Acoustic")
    shown, now = songs(titles), songs(titles, spaced_row=4)
    assert describe_target(shown.scene, Point(left, 254)).kind == ("row_icon" if left == 40 else "row")
    found = search(shown, now, Point(left, 254), text)
    assert isinstance(found, Found), found
    assert abs(found.point.y - 254) <= 10
    assert now.pages == 1
    gone = songs((*titles[:4], "Copper", titles[5]))
    assert isinstance(search(shown, gone, Point(left, 254), text), Absent)


def test_of_a_real_page_only_what_no_label_says_is_more() -> None:
    window = Window().write("Volume", 40, 96).write("Shadow Puppet (Live)", 460, 200, 0.6)
    Spaced(window.image).space("TREBLE", 460, 300)
    reader = RapidOcrReader()
    scene = Scene(window.image, reader, CLIP)
    more, told = unread(scene, reader.read_page(window.image))
    assert scene.texts(sorted(told, key=lambda c: c.box.top)) == ["Volume", "Shadow Puppet (Live)"]
    assert [text.replace(" ", "") for text in more.values()] == ["TREBLE"]
    page = with_lines(scene, more)
    (label,) = [c for c in page.candidates if c.box in more]
    assert page.texts([label]) == list(more.values())
    assert set(page.candidates) == {*scene.candidates, label}
    assert Rect(460, 300, 6 * STEP, 16).grown(3).intersection(label.box) == label.box


def test_words_that_stand_far_apart_are_one_label_where_the_page_says_so() -> None:
    shown, now = menu("Choir Vocal"), spaced(menu("Choir").write("Vocal", 590, 150, 0.6))
    assert isinstance(search(shown, now, Point(520, 156)), Absent)
    now.lines.append(TextLine("Choir Vocal", Rect(495, 146, 152, 24), 0.9))
    assert isinstance(search(shown, now, Point(520, 156)), Found)
