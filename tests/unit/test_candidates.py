"""What is found on small drawn pictures: signs without their outlines, sliders whole, fields at every scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_models.demonstrated import steps_shown
from encore_models.macro import Macro, Phrase, Step, WindowIdentity
from encore_models.perception.candidates import Candidate, _fields, candidates, layout
from encore_models.perception.labels import Labels
from encore_models.perception.screen import WORD, Scene
from encore_models.perception.situation import NOTHING_SAID, Words, candidate_in, observe, place
from encore_models.perception.target import describe_target
from encore_models.perception.ui_clip import UiClip
from encore_recorder.actions import Click
from encore_recorder.geometry import Point, Rect

Picture = NDArray[np.uint8]

PANEL, DARK, LIGHT, SHADOW, BLUE = (240, 238, 236), (40, 36, 32), (255, 255, 255), (120, 120, 120), (172, 148, 42)


class NoReader:
    """Nothing is written anywhere."""

    def read(self, image: Picture, boxes: Sequence[Rect]) -> list[str]:
        return [""] * len(boxes)


def panel(width: int = 400, height: int = 120) -> Picture:
    return np.full((height, width, 3), PANEL, np.uint8)


def cross(picture: Picture, x: int, y: int, size: int = 14) -> Rect:
    """A drawing of two strokes, like the sign that closes a window."""
    cv2.line(picture, (x, y), (x + size, y + size), DARK, 2)
    cv2.line(picture, (x + size, y), (x, y + size), DARK, 2)
    return Rect(x, y, size + 1, size + 1)


def bevel(picture: Picture, x: int, y: int, side: int = 26) -> None:
    """Light at the left and above, shadow at the right and below."""
    end = side - 1
    cv2.rectangle(picture, (x, y), (x + end, y + end), LIGHT, 1)
    for inset, grey in ((0, SHADOW), (1, (170, 170, 170))):
        cv2.line(picture, (x + end - inset, y + inset), (x + end - inset, y + end - inset), grey, 1)
        cv2.line(picture, (x + inset, y + end - inset), (x + end - inset, y + end - inset), grey, 1)


def around(found: list[Candidate], box: Rect) -> list[Candidate]:
    """Candidates that are this box, give or take the width of an edge."""
    sides = (box.left, box.top, box.right, box.bottom)
    return [
        c
        for c in found
        if all(abs(a - b) <= 4 for a, b in zip((c.box.left, c.box.top, c.box.right, c.box.bottom), sides, strict=True))
    ]


def write(picture: Picture, text: str, x: int, y: int, scale: float = 0.45) -> None:
    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, DARK, 1, cv2.LINE_AA)


@pytest.mark.parametrize("buttons", [1, 2, 5])
def test_bevelled_buttons_side_by_side_show_their_signs_apart(buttons: int) -> None:
    picture = panel()
    signs = []
    for number in range(buttons):
        bevel(picture, 40 + 26 * number, 40)
        signs.append(cross(picture, 46 + 26 * number, 46, 12))
    found = candidates(picture)
    assert [len(around(found, sign)) for sign in signs] == [1] * buttons
    assert len(found) == buttons


def test_the_label_of_an_outlined_button_is_found_without_the_outline() -> None:
    picture = panel()
    for left in (30, 134):
        cv2.rectangle(picture, (left, 30), (left + 100, 64), SHADOW, 1)
        write(picture, "Apply", left + 26, 52)
    found = [c for c in candidates(picture) if c.kind == "text"]
    assert len(found) == 2
    assert all(c.box.height < 24 and 30 < c.box.width < 60 for c in found)


def test_a_solid_drawing_is_no_button() -> None:
    picture = panel()
    cv2.rectangle(picture, (50, 40), (75, 72), DARK, cv2.FILLED)
    cv2.rectangle(picture, (56, 40), (69, 48), LIGHT, cv2.FILLED)
    assert len(around(candidates(picture), Rect(50, 40, 26, 33))) == 1


def test_icons_in_translucent_buttons_over_a_photograph_are_found() -> None:
    noise = np.random.default_rng(1).integers(30, 200, (9, 17, 3)).astype(np.uint8)
    picture = np.asarray(cv2.resize(noise, (510, 270), interpolation=cv2.INTER_CUBIC), np.uint8)
    centres = [Point(x, 230) for x in (60, 240, 420)]
    for centre in centres:
        part = picture[centre.y - 18 : centre.y + 18, centre.x - 18 : centre.x + 18]
        part[:] = (part * 0.3).astype(np.uint8)
        cv2.line(picture, (centre.x - 7, centre.y - 7), (centre.x + 7, centre.y + 7), LIGHT, 2)
        cv2.line(picture, (centre.x + 7, centre.y - 7), (centre.x - 7, centre.y + 7), LIGHT, 2)
    found = candidates(picture)
    for centre in centres:
        near = [c for c in found if abs(c.box.center.x - centre.x) <= 4 and abs(c.box.center.y - centre.y) <= 4]
        assert any(c.box.area <= 40 * 40 for c in near), centre


def test_a_sign_that_grew_together_with_the_button_of_another_one_is_found() -> None:
    picture = np.full((120, 400, 3), 60, np.uint8)
    cv2.circle(picture, (100, 60), 20, (100, 100, 100), 2)
    cv2.line(picture, (118, 58), (154, 58), (100, 100, 100), 2)
    signs = [cross(picture, x - 7, 53) for x in (100, 160)]
    picture[(picture == DARK).all(axis=2)] = LIGHT
    assert [max(c.box.overlap(sign) for c in candidates(picture)) >= 0.5 for sign in signs] == [True, True]


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("value", [0.0, 0.08, 0.5, 0.93, 1.0])
def test_a_slider_is_one_whole_wherever_its_handle_is(value: float, scale: float) -> None:
    picture = panel(500, 140)
    width, thick, radius = round(120 * scale), round(4 * scale), round(7 * scale)
    left, middle = 60, 70
    at = left + round(value * width)
    top = middle - thick // 2
    cv2.rectangle(picture, (left, top), (left + width, top + thick), (190, 190, 190), cv2.FILLED)
    cv2.rectangle(picture, (left, top), (at, top + thick), BLUE, cv2.FILLED)
    cv2.circle(picture, (at, middle), radius, BLUE, cv2.FILLED, cv2.LINE_AA)
    write(picture, "Volume", 300, 76)
    found = candidates(picture)
    begin, end = min(left, at - radius), max(left + width, at + radius)
    assert [c.kind for c in found] == ["slider", "text"]
    assert len(around(found, Rect(begin, middle - radius, end - begin + 1, 2 * radius + 1))) == 1


def test_the_gap_between_two_panels_is_no_slider() -> None:
    picture = panel(700, 160)
    picture[70:78] = (200, 200, 200)
    assert candidates(picture) == []


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 1.75])
def test_a_field_is_found_at_every_scale(scale: float) -> None:
    picture = panel(600, 160)
    box = Rect(40, 40, round(220 * scale), round(30 * scale))
    cv2.rectangle(picture, (box.left, box.top), (box.right - 1, box.bottom - 1), LIGHT, cv2.FILLED)
    cv2.rectangle(picture, (box.left, box.top), (box.right - 1, box.bottom - 1), (190, 190, 190), round(scale))
    write(picture, "Phone", box.left + 10, box.top + round(20 * scale), 0.45 * scale)
    found = candidates(picture)
    assert [c.kind for c in around(found, box)] == ["field"]


def test_letters_make_words_and_icons_keep_apart_from_labels() -> None:
    picture = panel()
    icons = [cross(picture, x, 46, 18) for x in (30, 60)]
    write(picture, "Crew lists", 100, 60)
    found = candidates(picture)
    assert [len(around(found, icon)) for icon in icons] == [1, 1]
    assert [c.kind for c in found if c.box.left > 90] == ["text"]


@pytest.mark.parametrize("gap", [5, 7])
@pytest.mark.parametrize("size", [0.5, 0.6])
def test_a_box_to_tick_stays_apart_from_its_label(gap: int, size: float) -> None:
    picture, box = panel(), Rect(40, 40, 13, 13)
    cv2.rectangle(picture, (box.left, box.top), (box.right - 1, box.bottom - 1), DARK, 1)
    write(picture, "Only today", box.right + gap, 52, size)
    found = candidates(picture)
    assert around(found, box), found
    (label,) = (c for c in found if c.kind == "text")
    assert label.box.left >= box.right


@pytest.mark.parametrize("height", [11, 13])
def test_two_small_buttons_whose_outlines_nearly_touch_are_two_drawings(height: int) -> None:
    picture, boxes = panel(), [Rect(left, 40, 13, height) for left in (40, 56)]
    for number, box in enumerate(boxes):
        cv2.rectangle(picture, (box.left, box.top), (box.right - 1, box.bottom - 1), DARK, 1)
        cv2.line(picture, (box.left + 4, box.center.y - number), (box.right - 5, box.center.y), DARK, 2)
    found = candidates(picture)
    assert all(around(found, box) for box in boxes), found
    assert not [c for c in found if c.box.width > 20]


def test_the_arrow_before_the_name_of_a_folder_is_a_drawing() -> None:
    picture = panel()
    cv2.polylines(picture, [np.array([(40, 42), (45, 47), (40, 52)])], False, DARK, 1, cv2.LINE_AA)
    write(picture, "Home", 54, 52, 0.5)
    found = sorted(candidates(picture), key=lambda c: c.box.left)
    assert [c.kind for c in found] == ["icon", "text"]
    assert found[0].box.contains(Point(43, 47))


@pytest.mark.parametrize(
    "text", ["DO", "OO", "BD", "c over", "k itchen", "I am", "1 of 3", "08", "LIMIT [3]", "Errored (0)"]
)
def test_letters_and_short_words_are_no_buttons_or_arrows(text: str) -> None:
    picture = panel()
    write(picture, text, 40, 52, 0.6)
    (label,) = candidates(picture)
    assert label.box.width > 14


def test_what_is_greyed_out_is_still_a_drawing() -> None:
    picture = panel()
    cv2.line(picture, (50, 50), (64, 64), (224, 222, 220), 2)
    cv2.line(picture, (64, 50), (50, 64), (224, 222, 220), 2)
    assert [c.kind for c in around(candidates(picture), Rect(50, 50, 15, 15))] == ["icon"]


def test_dots_of_a_canvas_are_no_candidates_but_a_decimal_point_is() -> None:
    picture = panel(600, 400)
    for y in range(20, 400, 24):
        for x in range(20, 600, 24):
            picture[y : y + 3, x : x + 3] = SHADOW
    assert candidates(picture) == []

    picture = panel()
    cv2.rectangle(picture, (40, 30), (110, 80), SHADOW, 1)
    picture[55:57, 74:76] = DARK
    assert any(abs(c.box.center.x - 75) <= 2 and abs(c.box.center.y - 56) <= 2 for c in candidates(picture))


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 1.75, 2.5])
def test_three_dots_are_a_drawing_at_every_scale(scale: float) -> None:
    picture = panel()
    for number in range(3):
        centre = (60 + round(number * 6 * scale), 50)
        cv2.circle(picture, centre, round(1.5 * scale), DARK, cv2.FILLED, cv2.LINE_AA)
    assert [c.kind for c in candidates(picture)] == ["icon"]


def test_lines_of_text_that_touch_are_two_labels() -> None:
    picture = panel()
    write(picture, "Grey pony", 40, 50, 0.6)
    write(picture, "held still", 40, 66, 0.6)
    found = [c.box for c in candidates(picture)]
    assert len(found) == 2
    assert found[0].bottom <= found[1].top + 1
    assert all(14 <= box.height <= 24 for box in found)


def test_a_drawing_keeps_the_line_below_it() -> None:
    picture = panel()
    cv2.line(picture, (40, 60), (58, 42), DARK, 3)
    cv2.line(picture, (48, 66), (62, 66), DARK, 2)
    assert len(candidates(picture)) == 1


def test_an_underscore_is_part_of_its_word_and_dots_after_a_blank_say_that_it_was_cut_off() -> None:
    picture = panel()
    write(picture, "pour", 40, 40, 0.6)
    cv2.line(picture, (77, 46), (86, 46), DARK, 1)
    write(picture, "water", 88, 40, 0.6)
    write(picture, "pour hot", 40, 90, 0.6)
    (width, _), _ = cv2.getTextSize("pour hot", cv2.FONT_HERSHEY_SIMPLEX, 0.6, 1)
    for number in range(3):
        left = 40 + width + 4 + 4 * number
        picture[88:90, left : left + 2] = DARK
    found = candidates(picture)
    assert [c.kind for c in found] == ["text", "text"]
    assert found[0].box.right > 130
    assert found[1].box.right > 40 + width + 12


def test_a_label_does_not_grow_together_with_the_slider_beside_it() -> None:
    picture = panel()
    write(picture, "Price", 20, 64)
    (width, _), _ = cv2.getTextSize("Price", cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    left = 20 + width + 4
    cv2.rectangle(picture, (left, 58), (left + 140, 62), (170, 170, 170), cv2.FILLED)
    cv2.circle(picture, (left + 60, 60), 7, BLUE, cv2.FILLED, cv2.LINE_AA)
    found = {c.kind: c.box for c in candidates(picture)}
    assert set(found) == {"text", "slider"}
    assert found["text"].right <= left


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 400), (3, 3), (400, 1)])
def test_pictures_too_small_for_anything_hold_nothing(height: int, width: int) -> None:
    assert layout(np.zeros((height, width, 3), np.uint8)).candidates == ()


def test_a_huge_screen_of_dots_holds_nothing_and_does_not_take_forever() -> None:
    picture = np.zeros((1440, 2560, 3), np.uint8)
    picture[::8, ::8] = 255
    assert candidates(picture) == []


def test_a_short_word_at_the_foot_of_a_photograph_stays_apart_from_it() -> None:
    picture = panel()
    noise = np.random.default_rng(0).integers(0, 255, (9, 9, 3), np.uint8)
    picture[40:76, 20:56] = cv2.resize(noise, (36, 36), interpolation=cv2.INTER_CUBIC)
    write(picture, "Midnight Ribbon", 66, 54)
    write(picture, "poem", 66, 72)
    texts = [candidate for candidate in candidates(picture) if candidate.kind == "text"]
    assert [candidate.box.left >= 64 for candidate in texts] == [True, True]


def test_a_short_word_of_three_parts_is_no_row_of_dots() -> None:
    picture = panel()
    shapes = (((0, 0, 2, 8), (0, 6, 8, 8)), ((0, 0, 8, 2), (3, 0, 5, 8)), ((0, 0, 2, 8), (6, 0, 8, 8), (0, 3, 8, 5)))
    for number, strokes in enumerate(shapes):
        for left, top, right, bottom in strokes:
            picture[40 + top : 40 + bottom, 60 + 9 * number + left : 60 + 9 * number + right] = DARK
    assert [c.kind for c in candidates(picture)] == ["text"]


# Wholes


def lock(picture: Picture, x: int, y: int) -> Rect:
    """A box with a keyhole: its straight sides are a button's too."""
    cv2.rectangle(picture, (x, y), (x + 33, y + 29), DARK, 2)
    cv2.circle(picture, (x + 17, y + 15), 4, DARK, cv2.FILLED)
    return Rect(x - 1, y - 1, 36, 32)


def tray(picture: Picture, x: int, y: int) -> Rect:
    """An arrow in the mouth of a tray."""
    cv2.arrowedLine(picture, (x + 14, y + 16), (x + 14, y), DARK, 2, tipLength=0.4)
    cv2.polylines(picture, [np.array([(x, y + 14), (x, y + 26), (x + 28, y + 26), (x + 28, y + 14)])], False, DARK, 2)
    return Rect(x - 1, y - 1, 31, 29)


@pytest.mark.parametrize("draw", [lock, tray])
def test_a_drawing_that_is_found_in_parts_is_known_as_a_whole(draw: Callable[[Picture, int, int], Rect]) -> None:
    picture = panel()
    drawn = draw(picture, 60, 40)
    write(picture, "Locked", 140, 62)
    found = layout(picture)
    assert not around(list(found.candidates), drawn), "it is found whole, so there is nothing to show"
    assert [whole.kind for whole in around(list(found.wholes), drawn)] == ["icon"]
    assert len(found.wholes) == 1


def test_words_below_each_other_and_what_is_whole_are_not_wholes() -> None:
    picture = panel()
    cross(picture, 20, 30)
    for line in range(3):
        write(picture, f"line {line}", 100, 40 + 18 * line)
    assert not layout(picture).wholes


def test_a_part_and_its_whole_know_each_other() -> None:
    picture = panel()
    drawn = lock(picture, 60, 40)
    alone = cross(picture, 200, 40)
    scene = Scene(picture, NoReader(), UiClip.load())
    (whole,) = scene.layout.wholes
    assert scene.with_wholes == (*scene.candidates, whole)
    part = scene.part_of(whole)
    assert part in scene.candidates
    assert part.box.area < whole.box.area
    assert scene.whole_of(part.box) == whole.box
    (other,) = around(list(scene.candidates), alone)
    assert (scene.part_of(other), scene.whole_of(other.box)) == (other, other.box)
    looks = scene.looks_of([whole, other])
    assert np.allclose(looks, scene.looks_in([whole.box, other.box]), atol=1e-5)
    assert candidate_in(scene, drawn, drawn.center) == whole


def test_what_a_wide_whole_says_is_for_its_part_to_say() -> None:
    picture = panel()
    cv2.rectangle(picture, (60, 40), (104, 70), DARK, 2)
    cv2.circle(picture, (82, 55), 5, DARK, cv2.FILLED)
    scene = Scene(picture, NoReader(), UiClip.load())
    (whole,) = scene.layout.wholes
    assert whole.box.width > WORD * whole.box.height
    seen = observe(scene, Words(UiClip.load()), Labels().reading(scene))
    assert seen.found[seen.place_of(whole)] == whole
    assert seen.said[seen.place_of(whole)] == ""


def test_a_step_on_a_part_is_shown_to_the_action_model_as_its_whole() -> None:
    picture = panel()
    drawn = lock(picture, 60, 40)
    clip = UiClip.load()
    scene = Scene(picture, NoReader(), clip)
    target = describe_target(scene, drawn.center)
    assert target.box.area < drawn.area
    step = Step(Click(drawn.center), WindowIdentity("", "", scene.rect), "shown.png", target)
    macro = Macro("lock", "Lock", (Phrase("lock it"),), (), (step,), "", "")
    (whole,) = scene.layout.wholes
    shown = steps_shown(macro, [scene], None, clip, Words(clip), NOTHING_SAID)
    assert shown.places[0].tolist() == pytest.approx(place(whole.box, "icon", scene.rect))
    assert np.allclose(shown.looks[0], scene.looks_of([whole])[0], atol=2e-3)


def entries(apart: int, marked: int, gap: int) -> Picture:
    """Signs with their names beside them, side by side, one of them with a frame; there its name is so far from it."""
    picture = panel(900, 80)
    for number, name in enumerate(("Home", "Songs", "Files", "Shared", "Trash")):
        left = 24 + apart * number
        if number == marked:
            cv2.rectangle(picture, (left - 10, 24), (left + apart - 24, 60), DARK, 1)
        cross(picture, left, 35)
        cv2.putText(picture, name, (left + (gap if number == marked else 26), 48), 0, 0.5, DARK, 1, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize(("gap", "fields"), [(26, 0), (40, 1)])
def test_a_tab_that_is_marked_is_no_field_and_one_beside_a_tool_bar_is(gap: int, fields: int) -> None:
    assert sum(c.kind == "field" for c in candidates(entries(170, 2, gap))) == fields


@pytest.mark.parametrize(("before", "fields"), [(Rect(340, 10, 18, 18), 0), (Rect(330, 12, 40, 12), 5)])
def test_frames_above_each_other_are_fields_with_a_caption_before_each_and_rows_behind_a_list(
    before: Rect, fields: int
) -> None:
    frames = [Rect(400, 40 + 38 * row, 360, 36) for row in range(5)]
    texts = [frame.moved(12, 12) for frame in frames]
    found = [Rect(text.left, text.top, 44, 12) for text in texts] + [before.moved(0, 38 * row + 40) for row in range(5)]
    assert len(_fields(frames, found)) == fields


def test_colours_of_a_picture_are_no_empty_field() -> None:
    picture = panel(400, 300)
    picture[40:240, 60:260] = 60
    cv2.rectangle(picture, (90, 120), (230, 160), (90, 90, 90), 1)
    assert [c.kind for c in candidates(picture)] == ["picture"]
