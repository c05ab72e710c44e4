"""Each kind of target by its own evidence, on small drawn windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_agent.certainty import Certainty
from encore_agent.context import Pair, company, seen, settled
from encore_agent.evidence import Search, correlation, cut
from encore_agent.find import Absent, Finder, FindOptions, Found, _letters
from encore_agent.frames import _scores
from encore_agent.single import _another_stands
from encore_agent.verdict import VerdictOptions
from encore_models.macro import Target
from encore_models.perception.candidates import Candidate
from encore_models.perception.screen import Scene
from encore_models.perception.target import _is_next_row, describe_target
from encore_models.perception.text import TextLine
from encore_models.perception.ui_clip import UiClip
from encore_recorder.geometry import Point, Rect

Image = NDArray[np.uint8]
CLIP = UiClip.load()


@dataclass
class Window:
    """A picture that remembers what was written on it."""

    image: Image = field(default_factory=lambda: np.full((480, 760, 3), 245, np.uint8))
    labels: list[tuple[Rect, str]] = field(default_factory=list)

    def write(self, text: str, left: int, top: int, size: float = 0.5, ink: int = 40) -> Window:
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        at = (left, top + height)
        cv2.putText(self.image, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, (ink, ink, ink), 1, cv2.LINE_AA)
        self.labels.append((Rect(left, top, width, height), text))
        return self

    def frame(self, box: Rect) -> Window:
        cv2.rectangle(self.image, (box.left, box.top), (box.right, box.bottom), (150, 150, 150), 1)
        return self

    def slider(self, left: int, middle: int, length: int = 160, part: float = 0.4) -> Window:
        cv2.rectangle(self.image, (left, middle - 2), (left + length, middle + 2), (170, 170, 170), cv2.FILLED)
        cv2.circle(self.image, (left + round(part * length), middle), 7, (172, 148, 42), cv2.FILLED, cv2.LINE_AA)
        return self

    def sign(self, left: int, top: int, kind: int) -> Window:
        points = [(left + 10, top), (left + 20, top + 18), (left, top + 18)]
        if kind == 0:
            cv2.circle(self.image, (left + 10, top + 10), 9, (30, 30, 30), 2, cv2.LINE_AA)
        elif kind == 1:
            cv2.polylines(self.image, [np.array(points)], True, (30, 30, 30), 2, cv2.LINE_AA)
        elif kind == 3:
            cv2.rectangle(self.image, (left + 2, top + 2), (left + 18, top + 18), (30, 30, 30), 2)
        elif kind == 4:
            for row in (3, 10, 17):
                cv2.line(self.image, (left, top + row), (left + 20, top + row), (30, 30, 30), 2)
        else:
            cv2.line(self.image, (left, top), (left + 18, top + 18), (30, 30, 30), 3, cv2.LINE_AA)
            cv2.line(self.image, (left + 18, top), (left, top + 18), (30, 30, 30), 3, cv2.LINE_AA)
        return self

    def read(self, image: Image, boxes: Sequence[Rect]) -> list[str]:
        return [" ".join(t for place, t in self.labels if box.grown(3).contains(place.center)) for box in boxes]

    def read_page(self, image: Image) -> list[TextLine]:
        return []

    def recall(self, image: Image, texts: Mapping[Rect, str]) -> None:
        pass

    @property
    def scene(self) -> Scene:
        return Scene(self.image, self, CLIP)


def form(first: str = "Volume", second: str = "Opacity", down: int = 0) -> Window:
    """Two captioned fields among signs and labels."""
    window = Window()
    for number, text in enumerate(("File", "Edit", "View")):
        window.write(text, 20 + 90 * number, 12)
    for number in range(3):
        window.sign(520 + 60 * number, 10, number)
    window.write(first, 40, 96 + down).frame(Rect(160, 88 + down, 240, 30))
    window.write(second, 40, 156 + down).frame(Rect(160, 148 + down, 240, 30))
    return window.write("Apply", 620, 420)


def find(shown: Window, now: Window, point: Point) -> Found | Absent:
    scene = shown.scene
    return Finder(shown).find(describe_target(scene, point), scene, now.scene)


def test_a_field_is_found_by_its_caption() -> None:
    found = find(form(), form(down=70), Point(300, 103))
    assert isinstance(found, Found), found
    assert Rect(160, 158, 240, 30).contains(found.point)


def test_fields_that_changed_places_are_told_by_their_captions() -> None:
    found = find(form(), form("Opacity", "Volume"), Point(300, 103))
    assert isinstance(found, Found), found
    assert Rect(160, 148, 240, 30).contains(found.point)


def test_a_field_with_another_caption_is_another_field() -> None:
    assert isinstance(find(form(), form("Value"), Point(300, 103)), Absent)


def test_another_wording_of_the_caption_is_the_same_field() -> None:
    assert isinstance(find(form(), form("Loudness"), Point(300, 103)), Found)


def test_a_label_with_another_meaning_is_absent_and_one_with_the_same_is_found() -> None:
    assert isinstance(find(form(), form("Volumes"), Point(60, 101)), Absent)
    renamed = find(form(), form("Loudness"), Point(60, 101))
    assert isinstance(renamed, Found), renamed
    assert "once 'Volume'" in renamed.evidence


def test_a_drawing_whose_place_another_one_took_is_absent() -> None:
    now = form()
    now.image[0:40, 500:720] = 245
    for number, kind in enumerate((2, 2, 1)):
        now.sign(520 + 60 * number, 10, kind)
    assert isinstance(find(form(), now, Point(530, 11)), Absent)


def test_the_arrow_of_a_dialog_is_not_that_of_the_window_below() -> None:
    now = form()
    cv2.rectangle(now.image, (60, 0), (759, 440), (232, 232, 232), cv2.FILLED)
    now.labels.clear()
    now.write("File", 20, 12).sign(560, 14, 1)
    for row, text in enumerate(("Open file", "Places", "Harbour", "Desktop", "Cancel")):
        now.write(text, 90 + 70 * (row % 2), 40 + 60 * row)
    gone = find(form(), now, Point(590, 20))
    assert isinstance(gone, Absent)
    assert "as the arrows of a dialog do" in gone.reason


def tools(order: Sequence[int]) -> Window:
    """A window with drawings side by side in some order."""
    window = Window().write("File", 20, 12).write("Edit", 110, 12).write("Apply", 620, 420)
    for place, kind in enumerate(order):
        window.sign(60 + 44 * place, 250, kind)
    for row, text in enumerate(("Boats", "Pilots", "Quays", "Ropes")):
        window.write(text, 420, 230 + 40 * row)
    return window


@pytest.mark.parametrize("order", [(1, 3, 4, 2, 0), (4, 2, 0, 1, 3), (3, 4, 1, 0, 2)])
def test_a_drawing_that_was_sorted_anew_with_all_around_it_is_found(order: tuple[int, ...]) -> None:
    found = find(tools((0, 1, 2, 3, 4)), tools(order), Point(70, 251))
    assert isinstance(found, Found), found
    assert Rect(60 + 44 * order.index(0), 250, 22, 22).contains(found.point)


def test_a_lying_bar_is_no_standing_one() -> None:
    def window(*bars: Rect) -> Window:
        one = form()
        for bar in bars:
            cv2.rectangle(one.image, (bar.left, bar.top), (bar.right, bar.bottom), (200, 200, 200), cv2.FILLED)
            middle = bar.grown(-2)
            half = Rect(middle.left, middle.top, middle.width, middle.height // 2)
            if bar.width > bar.height:
                half = Rect(middle.left, middle.top, middle.width // 2, middle.height)
            cv2.rectangle(one.image, (half.left, half.top), (half.right, half.bottom), (120, 120, 120), cv2.FILLED)
        return one

    upright, lying = Rect(744, 60, 14, 340), Rect(10, 462, 700, 14)
    point = Point(751, 120)
    assert describe_target(window(upright).scene, point).kind == "slider"
    found = find(window(upright), window(upright, lying), point)
    assert isinstance(found, Found), found
    assert upright.contains(found.point)
    assert isinstance(find(window(upright), window(lying), point), Absent)


def test_an_empty_place_moves_with_what_stands_around_it() -> None:
    def canvas(across: int = 0, down: int = 0) -> Window:
        window = form()
        for text, x, y in (("North", 500, 200), ("East", 630, 250), ("South", 510, 350), ("Far west", 380, 240)):
            window.write(text, x, y)
        moved = np.roll(window.image, (down, across), axis=(0, 1))
        return Window(moved, [(place.moved(across, down), text) for place, text in window.labels])

    found = find(canvas(), canvas(40, 25), Point(540, 290))
    assert isinstance(found, Found), found
    assert abs(found.point.x - 580) <= 4
    assert abs(found.point.y - 315) <= 4
    taken = canvas(40, 25)
    cv2.rectangle(taken.image, (560, 300), (605, 340), (60, 160, 60), cv2.FILLED)
    assert isinstance(find(canvas(), taken, Point(540, 290)), Absent)


def bar(right: int, words: str = "Search", left: int = 190) -> Window:
    """A field without a frame between its words and a sign, above a line."""
    window = Window().write("Streamly", 20, 18).write(words, left, 18).sign(right, 14, 0).sign(right + 40, 14, 2)
    cv2.line(window.image, (0, 50), (760, 50), (120, 120, 120), 1)
    for number, text in enumerate(("Home", "Library", "Radio")):
        window.write(text, 30, 120 + 60 * number).sign(600, 115 + 60 * number, number)
    return window


def test_the_empty_part_of_a_field_without_a_frame_is_known_by_its_words() -> None:
    found = find(bar(700), bar(600, left=330), Point(470, 24))
    assert isinstance(found, Found), found
    assert 390 <= found.point.x <= 580
    assert abs(found.point.y - 24) <= 3
    assert isinstance(find(bar(700), bar(600, "Delete", 330), Point(470, 24)), Absent)
    blocked = bar(600, left=330)
    cv2.rectangle(blocked.image, (400, 4), (590, 44), (60, 160, 60), cv2.FILLED)
    assert isinstance(find(bar(700), blocked, Point(470, 24)), Absent)


def test_a_heading_is_not_the_entry_that_reads_the_same_and_is_gone() -> None:
    def page(entry: str) -> Window:
        window = form()
        for number, text in enumerate(("Storage", entry, "Network")):
            window.write(text, 500, 150 + 40 * number)
        return window.write("General", 620, 150, 0.8)

    assert isinstance(find(page("General"), page("General"), Point(520, 195)), Found)
    assert isinstance(find(page("General"), page("Updates"), Point(520, 195)), Absent)


def test_the_only_slider_without_a_caption_is_the_one_that_is_left() -> None:
    def mixer(own: Point, other: Point) -> Window:
        window = form().write("Balance", other.x - 90, other.y - 6)
        return window.slider(other.x, other.y).slider(own.x, own.y, 240)

    shown, now = mixer(Point(60, 260), Point(520, 330)), mixer(Point(110, 268), Point(470, 338))
    found = find(shown, now, Point(130, 260))
    assert isinstance(found, Found), found
    assert Rect(110, 258, 240, 20).contains(found.point)
    assert isinstance(find(shown, form().write("Balance", 60, 254).slider(150, 260), Point(130, 260)), Absent)


def test_a_caption_with_a_word_more_is_the_same_where_it_stood() -> None:
    def panel(caption: str, down: int = 0) -> Window:
        return form().write(caption, 40, 254 + down).slider(190, 260 + down)

    assert isinstance(find(panel("Brightness"), panel("Screen brightness"), Point(300, 260)), Found)
    assert isinstance(find(panel("Brightness"), panel("Screen lightness"), Point(300, 260)), Absent)


def test_a_field_whose_frame_cannot_be_made_out_is_known_by_its_words() -> None:
    def page(frame: bool, words: str = "Type a note") -> Window:
        window = form().write(words, 480, 156)
        return window.frame(Rect(470, 148, 240, 30)) if frame else window

    found = find(page(True), page(False), Point(530, 163))
    assert isinstance(found, Found), found
    assert Rect(470, 148, 240, 30).contains(found.point)
    assert isinstance(find(page(True), page(False, "Type a name"), Point(530, 163)), Absent)
    twice = page(False).write("Type a note", 500, 360)
    assert isinstance(find(page(True), twice, Point(530, 163)), Absent)


def test_a_drawing_that_looks_otherwise_is_known_by_its_name_below_it() -> None:
    def folder(kinds: Sequence[int], names: Sequence[str]) -> Window:
        window = form()
        for number, (kind, name) in enumerate(zip(kinds, names, strict=True)):
            (width, _), _ = cv2.getTextSize(name, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
            window.sign(470 + 90 * number, 240, kind).write(name, 480 + 90 * number - width // 2, 268)
        return window

    names = ("pilots", "budget", "cranes")
    found = find(folder((1, 0, 1), names), folder((2, 2, 1), ("cranes", "pilots", "budget")), Point(570, 250))
    assert isinstance(found, Found), found
    assert Rect(648, 236, 26, 26).contains(found.point)
    assert isinstance(
        find(folder((1, 0, 1), names), folder((2, 2, 1), ("cranes", "pilots", "ledger")), Point(570, 250)), Absent
    )


def test_what_moved_in_a_window_that_stands_still_is_less_sure_than_where_everything_moved() -> None:
    def page(order: Sequence[int]) -> Scene:
        window = Window()
        words = ("Anchor", "Bridge", "Candle", "Dragon", "Engine", "Falcon", "Garden", "Harbor")
        for place, number in enumerate(order):
            window.write(words[number], 30 + 170 * (place % 4), 60 + 220 * (place // 4) + 20 * (place % 3))
        return window.scene

    shown = page(range(8))
    place = shown.candidates[0].box
    assert settled(Pair(shown, page(range(8))), place, 1.0) == 1.0
    assert settled(Pair(shown, page(range(8))), place, 0.1) < 0.2
    assert settled(Pair(shown, page((5, 2, 7, 0, 3, 6, 1, 4))), place, 0.1) > 0.8


def test_a_click_beside_a_label_goes_on_the_label_where_there_is_less_room_around_it() -> None:
    def tabs(step: int) -> Window:
        window = form()
        for number, text in enumerate(("Trash", "Archive", "Drafts")):
            window.write(text, 460 + step * number, 300)
        return window

    found = find(tabs(100), tabs(64), Point(508, 305))
    assert isinstance(found, Found), found
    assert found.box.contains(found.point)


def address(width: int, words: str) -> Window:
    """A long field without a caption among others."""
    return form().frame(Rect(60, 300, width, 34)).write(words, 80, 310, 0.45).sign(80 + width, 308, 1)


def test_a_field_whose_words_are_cut_off_is_the_same_and_one_with_other_words_is_not() -> None:
    shown = address(420, "harbour/papers/letters/spring")
    found = find(shown, address(300, "harbour/papers/lett..."), Point(300, 317))
    assert isinstance(found, Found), found
    assert Rect(60, 300, 300, 34).contains(found.point)
    assert isinstance(find(shown, address(300, "harbour/papers/list..."), Point(300, 317)), Absent)


@pytest.mark.parametrize(("asks", "there"), [("Find", True), ("Reply", False)])
def test_an_empty_field_that_asks_in_another_wording_is_the_same(asks: str, there: bool) -> None:
    def asking(words: str, left: int) -> Window:
        return form().frame(Rect(left, 300, 260, 34)).sign(left + 8, 306, 0).write(words, left + 44, 310)

    found = find(asking("Search", 60), asking(asks, 300), Point(280, 317))
    assert isinstance(found, Found) == there, found
    assert not isinstance(found, Found) or Rect(300, 300, 260, 34).contains(found.point)


@pytest.mark.parametrize(("left", "sign", "there"), [(60, 0, True), (420, 1, False)])
def test_a_field_that_holds_what_was_typed_last_is_known_by_its_place(left: int, sign: int, there: bool) -> None:
    def holding(words: str, left: int, sign: int, ink: int) -> Window:
        window = form().frame(Rect(left, 300, 260, 34)).sign(left + 8, 306, sign)
        return window.write(words, left + 44, 310, ink=ink)

    found = find(holding("Search", 60, 0, 160), holding("Yesterday", left, sign, 30), Point(280, 317))
    assert isinstance(found, Found) == there, found
    # Surely enough that nobody has to agree.
    assert not isinstance(found, Found) or (found.probability or 0) > VerdictOptions().certain


@pytest.mark.parametrize(
    ("box", "ink", "others", "there"),
    [
        (Rect(360, 20, 260, 32), 30, 0, True),
        (Rect(360, 20, 260, 32), 30, 1, False),  # it may be the other one
        (Rect(360, 260, 260, 32), 30, 0, False),  # the only one of another page
        (Rect(360, 20, 260, 32), 160, 0, False),  # what an empty field asks for, and it is not the same
    ],
)
def test_the_only_field_is_the_one_that_was_shown_whatever_was_typed_in_it(
    box: Rect, ink: int, others: int, there: bool
) -> None:
    def page(box: Rect, words: str, ink: int, left: int, others: int = 0) -> Window:
        window = Window()
        for number, text in enumerate(("Boats", "Pilots", "Quays", "Ropes")):
            window.write(text, left, 150 + 44 * number)
        for _ in range(others):
            window.frame(Rect(200, 400, 260, 32))
        return window.frame(box).write(words, box.left + 12, box.top + 10, ink=ink)

    shown = page(Rect(160, 20, 260, 32), "Search", 160, 40)
    found = find(shown, page(box, "Yesterday", ink, 660, others), Point(300, 36))
    assert isinstance(found, Found) == there, found
    assert not isinstance(found, Found) or box.contains(found.point)


@pytest.mark.parametrize(("across", "right"), [(-104, 316), (-70, 350), (104, 584), (40, 500), (0, 450)])
def test_what_stands_at_an_end_of_a_field_keeps_its_distance_to_that_end(across: int, right: int) -> None:
    scene = form().scene
    target = Target("field", Rect(160, 88, 240, 30), Point(across, 0))
    search = Search(target, scene, scene, FindOptions(), Certainty.shipped())
    assert search.place(Rect(300, 300, 300, 30)) == Point(right, 315)


def test_what_is_written_in_a_field_is_where_its_left_end_is_unless_there_is_no_room() -> None:
    scene = form().scene
    search = Search(
        Target("field", Rect(160, 88, 240, 30), Point(-20, 0)), scene, scene, FindOptions(), Certainty.shipped()
    )
    assert search.place(Rect(300, 300, 150, 30)) == Point(400, 315)
    assert search.place(Rect(300, 300, 120, 30)) == Point(350, 315)


@pytest.mark.parametrize(
    ("kinds", "least", "most"), [((2, 0), 0.0, 0.01), ((2, 0, 1, 3), 0.5, 1.0), ((0, 0, 0, 0), 0.0, 0.01)]
)
def test_one_that_came_along_tells_nothing_and_most_of_them_do(
    kinds: tuple[int, ...], least: float, most: float
) -> None:
    now = Window()
    for place, kind in enumerate(kinds):
        now.sign(200 + 44 * place, 60, kind)
    pair = Pair(tools((0, 1, 2, 3, 4)).scene, now.scene)
    (much,) = company(pair, Rect(148, 250, 19, 19), [Rect(200, 60, 19, 19)])
    assert least <= much <= most


def test_a_drawing_that_grew_together_with_a_line_is_looked_at_where_those_around_it_tell() -> None:
    def bar(kind: int, line: int) -> Window:
        window = tools((0, 1, 2, 3, 4))
        window.image[240:280, 140:180] = 245
        cv2.line(window.image, (168, 268), (168 + line, 268), (30, 30, 30), 2)
        return window.sign(148, 250, kind)

    assert not any(c.box.overlap(Rect(148, 250, 19, 19)) > 0.5 for c in bar(2, 28).scene.candidates)
    found = find(bar(2, 0), bar(2, 28), Point(157, 259))
    assert isinstance(found, Found), found
    assert Rect(148, 250, 19, 19).contains(found.point)
    assert isinstance(find(bar(2, 0), bar(0, 28), Point(157, 259)), Absent)


def drawing(shapes: Sequence[tuple[int, int]], page: int = 140, ground: int = 255) -> Window:
    """A page on a darker ground beside a list, with equal shapes on it."""
    window = Window(np.full((480, 760, 3), 225, np.uint8))
    cv2.rectangle(window.image, (page, 60), (page + 420, 440), (ground, ground, ground), cv2.FILLED)
    cv2.rectangle(window.image, (page, 60), (page + 420, 440), (150, 150, 150), 1)
    for number, kind in enumerate((0, 1, 2, 3, 4)):
        window.sign(60 + 44 * number, 12, kind)
    for left, top in shapes:
        cv2.ellipse(window.image, (page + left, top), (26, 18), 0, 0, 360, (90, 60, 160), 2, cv2.LINE_AA)
    return window


SHAPES = ((60, 110), (200, 120), (320, 150), (90, 330), (260, 360), (370, 300))


def test_an_empty_place_moves_with_the_shapes_on_its_page_though_each_looks_like_the_others() -> None:
    found = find(drawing(SHAPES), drawing(SHAPES, page=300), Point(140 + 170, 220))
    assert isinstance(found, Found), found
    assert abs(found.point.x - 470) <= 4
    assert abs(found.point.y - 220) <= 4


def test_an_empty_place_under_a_dialog_of_the_colour_of_its_page_is_gone() -> None:
    covered = drawing(SHAPES)
    cv2.rectangle(covered.image, (230, 170), (420, 290), (255, 255, 255), cv2.FILLED)
    assert isinstance(find(drawing(SHAPES), covered, Point(310, 220)), Found)  # nothing tells that it is one
    cv2.rectangle(covered.image, (230, 170), (420, 290), (190, 190, 190), 1)
    absent = find(drawing(SHAPES), covered, Point(310, 220))
    assert isinstance(absent, Absent)
    assert "covered" in absent.reason


def test_a_dot_of_the_grid_under_the_pointer_is_not_the_page() -> None:
    shown, covered = drawing(SHAPES), drawing(SHAPES)
    cv2.rectangle(covered.image, (120, 56), (600, 460), (255, 255, 255), cv2.FILLED)
    cv2.rectangle(covered.image, (120, 56), (600, 460), (190, 190, 190), 1)
    for window in (shown, covered):
        window.image[240:242, 310:312] = 247
    absent = find(shown, covered, Point(310, 240))
    assert isinstance(absent, Absent), absent
    assert "covered" in absent.reason


def test_a_shape_before_an_empty_place_that_cannot_be_read_does_not_name_it() -> None:
    def page(words: str) -> Window:
        window = drawing(SHAPES)
        window.write("mmmmmm", 170, 213)
        window.labels[-1] = window.labels[-1][0], words
        return window

    assert isinstance(find(page(""), page(""), Point(350, 220)), Found)
    assert isinstance(find(page("Title"), page("Tags"), Point(350, 220)), Absent)


def test_a_caption_without_descenders_may_stand_as_far_above_its_slider() -> None:
    def panel(first: str, second: str) -> Window:
        window = Window()
        for number, text in enumerate((first, second)):
            window.write(text, 40, 100 + 90 * number).slider(40, 100 + 90 * number + 31, 160, 0.3)
        return window.write("Apply", 620, 420).sign(520, 10, 0).sign(580, 10, 1)

    assert isinstance(find(panel("Price", "Rating"), panel("Price", "Rating"), Point(160, 131)), Found)
    assert isinstance(find(panel("Price", "Rating"), panel("Prices", "Rating"), Point(160, 131)), Absent)


def test_drawings_that_changed_places_are_found_and_one_that_took_anothers_place_is_another() -> None:
    swapped = find(tools((0, 1, 2, 3)), tools((1, 0, 2, 3)), Point(70, 251))
    assert isinstance(swapped, Found), swapped
    assert Rect(104, 250, 22, 22).contains(swapped.point)
    # What stood there is nowhere: it was replaced by a drawing like the one that is looked for.
    assert isinstance(find(tools((0, 1, 2, 3)), tools((4, 0, 2, 3)), Point(70, 251)), Absent)


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_a_sign_that_grew_together_with_a_picture_is_told_by_what_is_under_the_pointer(kind: int) -> None:
    def page(kind: int) -> Window:
        window = tools((0, 1, 3, 4)).sign(320, 330, kind)
        zigzag = np.array([(336 + 8 * n, 325 + n % 2 * 50 + n * 7 % 11) for n in range(9)])
        cv2.polylines(window.image, [zigzag], False, (30, 30, 30), 2, cv2.LINE_AA)
        return window

    assert describe_target(page(0).scene, Point(329, 339)).box.width > 60
    moved = page(0)
    moved.image = np.roll(moved.image, 40, axis=1)
    found = find(page(0), moved, Point(329, 339))
    assert isinstance(found, Found), found
    assert abs(found.point.x - 369) <= 3
    absent = find(page(0), page(kind), Point(329, 339))
    assert isinstance(absent, Absent)
    assert "under the pointer" in absent.reason


def test_part_of_another_drawing_is_not_the_shown_one() -> None:
    def player(forward: bool) -> Window:
        window = tools((0, 1, 3, 4))
        for left in (320, 330) if forward else (320,):
            triangle = np.array([(left, 330), (left + 9, 337), (left, 344)])
            cv2.fillPoly(window.image, [triangle], (30, 30, 30), cv2.LINE_AA)
        if not forward:
            cv2.rectangle(window.image, (331, 330), (333, 344), (30, 30, 30), cv2.FILLED)
        return window

    skip, forward = player(False).scene, player(True).scene
    target = describe_target(skip, Point(325, 337))
    search = Search(target, skip, forward, FindOptions(), Certainty.shipped())
    assert search.cell is not None
    assert _another_stands(search, search.cell, target.box)
    same = Search(target, skip, player(False).scene, FindOptions(), Certainty.shipped())
    assert not _another_stands(same, search.cell, target.box)


def test_a_picture_with_its_title_is_not_unchanged_where_the_title_goes_on() -> None:
    def entry(title: str) -> Window:
        return tools((0, 1, 3, 4)).sign(420, 330, 3).write(title, 448, 334)

    scene, box = entry("Shadow").scene, Rect(420, 330, 90, 21)
    target = Target("icon", box, Point(10, 0))
    unchanged = Finder(Window()).find(target, scene, entry("Shadow").scene)
    assert isinstance(unchanged, Found)
    assert "nothing changed" in unchanged.evidence
    longer = Finder(Window()).find(target, scene, entry("Shadow (Live)").scene)
    assert isinstance(longer, Absent) or "nothing changed" not in longer.evidence


def test_less_of_what_stood_around_a_label_is_seen_under_a_dialog_than_where_all_was_sorted_anew() -> None:
    place = Rect(420, 270, 60, 11)
    shown = tools((0, 1, 2, 3, 4)).scene
    sorted_anew, covered = tools((4, 2, 0, 1, 3)), tools((0, 1, 2, 3, 4))
    cv2.rectangle(covered.image, (30, 220), (500, 380), (250, 250, 250), cv2.FILLED)
    parts = [seen(Pair(shown, now), place) for now in (shown, sorted_anew.scene, covered.scene)]
    assert parts[0] == pytest.approx(1)
    assert parts[1] > 0.9
    assert parts[2] < 0.4


@pytest.mark.parametrize(("title", "same"), [("Lonely Compass", True), ("Lonaly Compass", False)])
def test_one_letter_tells_that_a_label_is_not_unchanged(title: str, same: bool) -> None:
    before, now = (Window().write(words, 420, 430).image for words in ("Lonely Compass", title))
    pieces = _letters(Rect(418, 428, 130, 18))
    least = min(correlation(cut(before, piece), cut(now, piece)) for piece in pieces)
    assert (least >= FindOptions().same_ink) == same


def test_a_slider_gets_no_shorter_than_its_window() -> None:
    def player(left: int) -> Window:
        window = form()
        for number in range(4):
            window.sign(left + 44 * number, 400, number)
        return window

    shown = player(60).slider(240, 410, 260).sign(560, 400, 4).slider(600, 410, 100, 0.6).scene
    # In the second window it is gone together with the sign of the next one.
    for now, right in ((player(60).slider(240, 410, 260, 0.7), True), (player(428).slider(600, 410, 100, 0.6), False)):
        bars = [[c for c in scene.candidates if c.kind == "slider"] for scene in (shown, now.scene)]
        (score,) = _scores(Pair(shown, now.scene), bars[0][0], bars[1])[1]
        assert (score >= FindOptions().frame_score) == right


def test_what_is_on_a_dialog_does_not_tell_that_the_page_below_is_there() -> None:
    covered = drawing(SHAPES)
    cv2.rectangle(covered.image, (120, 56), (600, 460), (255, 255, 255), cv2.FILLED)
    cv2.rectangle(covered.image, (120, 56), (600, 460), (190, 190, 190), 1)
    # It looks like those on the page, and is half as large.
    cv2.ellipse(covered.image, (420, 330), (13, 9), 0, 0, 360, (90, 60, 160), 2, cv2.LINE_AA)
    absent = find(drawing(SHAPES), covered, Point(310, 240))
    assert isinstance(absent, Absent), absent
    assert "covered" in absent.reason


@pytest.mark.parametrize(("rest", "there"), [("", True), ("(...", False)])
def test_a_label_that_goes_on_behind_a_blank_is_a_longer_one(rest: str, there: bool) -> None:
    shown, now = (tools((0, 1, 3, 4)).write("Copper Orchard", 420, 430) for _ in range(2))
    now.sign(526, 430, 3).labels.append((Rect(526, 430, 20, 20), rest))
    scene = shown.scene
    found = Finder(now).find(describe_target(scene, Point(480, 435)), scene, now.scene)
    assert isinstance(found, Found) == there, found


def test_two_labels_with_room_for_a_line_between_them_are_two_rows_and_a_title_and_its_artist_are_one() -> None:
    title, artist = Candidate(Rect(350, 177, 86, 13), "text"), Candidate(Rect(350, 199, 80, 12), "text")
    assert not _is_next_row(artist, title)
    entry, another = Candidate(Rect(49, 198, 41, 10), "text"), Candidate(Rect(49, 165, 40, 14), "text")
    assert _is_next_row(entry, another)


TITLES = ("Harbour Park", "Maple Gallery", "Station Square", "Choir Vocal", "Room Intro", "Acoustic Night")


def table() -> Window:
    window = Window()
    for row, title in enumerate(TITLES):
        window.sign(30, 56 + 40 * row, 0).write(title, 80, 60 + 40 * row)
        window.write(f"{3 + row}:0{row}", 400, 60 + 40 * row).write("Anna Berg", 520, 60 + 40 * row)
    return window


def beside(left: Sequence[str], right: Sequence[str], marked: int | None = None) -> Window:
    """A list in two columns, a drawing behind each title; one on the right may be on."""
    window = Window()
    for row, (one, other) in enumerate(zip(left, right, strict=True)):
        window.write(one, 40, 60 + 40 * row).sign(240, 56 + 40 * row, 0)
        window.write(other, 320, 60 + 40 * row).sign(520, 56 + 40 * row, 3 if row == marked else 0)
    return window


@pytest.mark.parametrize("marked", [None, 1], ids=["all alike", "its drawing is on"])
def test_of_items_side_by_side_each_is_a_row_of_its_own(marked: int | None) -> None:
    left, right = ("Wine Basics", "Idea Board", "Daily Dive", "Money Talk"), ("Packing Board", *TITLES[1:4])
    shown, now = beside(left, right, marked).scene, beside(TITLES[2:], (*left[:3], "Maple Gallery"))
    target = describe_target(shown, Point(350, 106))
    assert (target.kind, target.text, target.row_text) == ("row", "Maple Gallery", "Maple Gallery")
    beside_it = describe_target(shown, Point(460, 106))
    assert (beside_it.kind, beside_it.text) == ("row", "Maple Gallery")
    result = Finder(now).find(target, shown, now.scene)
    assert isinstance(result, Found), result
    assert result.box.grown(8).contains(Point(350, 185))
    other = beside(TITLES[2:], ("Maple Gallery", *left[1:]))
    other.labels = [(box, "Choir Concert" if text == "Maple Gallery" else text) for box, text in other.labels]
    assert isinstance(Finder(other).find(target, shown, other.scene), Absent)


@pytest.mark.parametrize(
    ("more", "rest", "weighed"),
    [((), "", 1), (("Maple Gallery",), "", 0), ((), "(...", 0)],
    ids=["once", "twice", "cut off"],
)
def test_a_said_title_in_another_list_is_for_another_witness_to_confirm(
    more: tuple[str, ...], rest: str, weighed: int
) -> None:
    shown, now = table(), Window()
    for row, title in enumerate((*TITLES[::-1], *more)):
        now.write(title, 300, 40 + 55 * row)
    if rest:
        label = now.labels[TITLES[::-1].index("Maple Gallery")][0]
        now.sign(label.right + 4, label.top - 4, 3).labels.append((Rect(label.right + 4, label.top - 4, 20, 20), rest))
    scene = shown.scene
    result = Finder(now).find(describe_target(scene, Point(110, 66)), scene, now.scene, "Maple Gallery")
    assert isinstance(result, Absent)
    assert len(result.nearly) == weighed
    for place in result.nearly:
        assert place.box.grown(8).contains(Point(330, 40 + 55 * 4 + 5))
        assert 0.5 <= (place.probability or 0.0) < 0.9


def locks(keyhole: tuple[int, int], right: int = 0, zoom: float = 1.0) -> Window:
    """A tool bar that ends with a lock: a box, whose straight sides are a button's too, with a keyhole."""
    window = Window().write("File", 20, 12).write("Edit", 110, 12).write("Mode", 60, 120).write("Apply", 200, 120)
    for number in range(3):
        window.sign(60 + 44 * number, 60, number)
    left, (wide, high) = 210 + right, keyhole
    cv2.rectangle(window.image, (left, 60), (left + 24, 80), (30, 30, 30), 2)
    hole = (left + 12 - wide, 70 - high), (left + 12 + wide, 70 + high)
    cv2.rectangle(window.image, *hole, (30, 30, 30), cv2.FILLED)
    scaled = [
        (Rect(*(round(zoom * side) for side in (box.left, box.top, box.width, box.height))), text)
        for box, text in window.labels
    ]
    image = cv2.resize(window.image, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
    return Window(np.asarray(image, np.uint8), scaled)


@pytest.mark.parametrize("right", [0, 24])
def test_a_drawing_that_falls_into_other_parts_at_another_scale_is_found_as_a_whole(right: int) -> None:
    found = find(locks((2, 2)), locks((2, 2), right, zoom=1.75), Point(222, 70))
    assert isinstance(found, Found), found
    assert abs(found.point.x - 1.75 * (222 + right)) <= 5
    assert abs(found.point.y - 1.75 * 70) <= 5


def test_another_sign_in_the_same_outline_is_another_one() -> None:
    for keyhole in ((5, 1), (1, 4)):
        assert isinstance(find(locks((2, 2)), locks(keyhole, zoom=1.75), Point(222, 70)), Absent)


@pytest.mark.parametrize("typed", ["Yesterday", "Harbours"])
@pytest.mark.parametrize(("ink", "there"), [(30, True), (160, False)])
def test_the_only_field_is_the_same_though_something_else_was_typed_in_it(ink: int, there: bool, typed: str) -> None:
    def page(words: str, box: Rect, left: int) -> Window:
        window = Window().frame(box).write(words, box.left + 12, box.top + 10, ink=ink)
        for number, text in enumerate(("Boats", "Pilots", "Quays", "Ropes")):
            window.write(text, left, 150 + 44 * number)
        return window

    box = Rect(360, 20, 260, 32)
    found = find(page("Harbour", Rect(160, 20, 260, 32), 40), page(typed, box, 660), Point(300, 36))
    # Grey words are what an empty field asks for, and another one asks for something else.
    assert isinstance(found, Found) == there, found
    assert not isinstance(found, Found) or box.contains(found.point)


def test_a_tool_bar_beside_a_list_does_not_belong_to_its_rows() -> None:
    def page(*texts: str) -> Window:
        window = Window()
        for row, text in enumerate(texts):
            window.write(text, 40, 64 + 36 * row).sign(600, 58 + 50 * row, row)
        return window.sign(60, 420, 2)

    shown = page("Boats", "Pilots", "Quays", "Ropes", "Masts")
    found = find(shown, page("Apples", "Cherries", "Plums", "Pears", "Figs"), Point(610, 168))
    assert isinstance(found, Found), found
    assert Rect(590, 148, 40, 40).contains(found.point)
