"""Crops of step pictures, marks, icons, colours and small texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPalette
from pytestqt.qtbot import QtBot

from encore_gui.icons import glyph, mark
from encore_gui.level_meter import BARS, bars_lit
from encore_gui.pictures import MARK, NARROWEST, WIDEST, crop_of, draw_marks, focus_of, place_of
from encore_gui.record_panel import clock_text
from encore_gui.state import Activity
from encore_gui.theme import Colours, contrast, readable, style_sheet
from encore_gui.words import slot_title
from encore_recorder.geometry import Point, Rect
from tests.gui_sample import FIRST_ROW, SEARCH_BOX, pause_macro, play_macro, tidy_macro

SIZE = (1080, 640)
ASPECT = 232 / 132


@given(
    st.integers(0, 1079), st.integers(0, 639), st.integers(1, 1080), st.integers(1, 640), st.integers(1, 2000),
    st.integers(1, 2000),
)  # fmt: skip
def test_a_crop_lies_inside_the_picture_and_shows_the_click(x, y, width, height, picture_w, picture_h) -> None:
    place = Point(min(x, picture_w - 1), min(y, picture_h - 1))
    box = Rect(max(0, place.x - width // 2), max(0, place.y - height // 2), width, height)
    crop = crop_of(box, place, (picture_w, picture_h), ASPECT)
    assert crop.left >= 0
    assert crop.top >= 0
    assert crop.right <= picture_w
    assert crop.bottom <= picture_h
    assert crop.area > 0
    if box.right <= picture_w and box.bottom <= picture_h:
        assert crop.contains(place)


def test_a_small_icon_keeps_its_surroundings_and_a_long_row_stays_legible() -> None:
    icon = crop_of(Rect(522, 586, 37, 37), Point(540, 604), SIZE, ASPECT)
    row = crop_of(FIRST_ROW, Point(340, 172), SIZE, ASPECT)
    assert icon.width == NARROWEST
    assert row.width == WIDEST
    assert icon.width / icon.height == pytest.approx(ASPECT, rel=0.02)


def test_nothing_known_shows_everything() -> None:
    assert crop_of(None, None, SIZE, ASPECT) == Rect(0, 0, *SIZE)


def test_typing_is_about_the_field_clicked_before() -> None:
    steps = play_macro().steps
    assert [focus_of(steps, index) for index in range(3)] == [SEARCH_BOX, SEARCH_BOX, FIRST_ROW]
    assert place_of(steps[1]) is None


def test_keys_and_typing_after_something_else_are_about_nothing_known() -> None:
    steps = tidy_macro().steps
    assert focus_of(steps, 3) is None
    assert focus_of(steps, 4) is None


def _pixels(image: QImage, colour: QColor) -> list[tuple[int, int]]:
    return [(x, y) for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y) == colour]


def test_the_marks_stand_around_the_target_and_at_the_click(qtbot: QtBot) -> None:
    step = pause_macro().steps[0]
    assert step.target is not None
    image = QImage(300, 170, QImage.Format.Format_RGB32)
    image.fill(QColor("gray"))
    crop = Rect(400, 520, 300, 170)
    painter = QPainter(image)
    draw_marks(painter, step, step.target.box, crop, QRectF(0, 0, 300, 170))
    painter.end()
    # The box is 37 pixels wide at (522, 586), drawn with 3 pixels of air.
    assert image.pixelColor(540 - 400, 604 - 520) == MARK
    marked = _pixels(image, MARK)
    assert min(x for x, _ in marked) == pytest.approx(522 - 3 - 400, abs=2)
    assert max(x for x, _ in marked) == pytest.approx(559 + 3 - 400, abs=2)


def test_icons_differ_in_more_than_colour(qtbot: QtBot) -> None:
    """Who sees no colours must tell the states apart: compare where each icon is white."""
    shapes = set()
    for activity in Activity:
        image = mark(activity).pixmap(QSize(32, 32)).toImage()
        shapes.add(tuple(image.pixelColor(x, y).rgb() == QColor("white").rgb() for x in range(32) for y in range(32)))
    assert len(shapes) == len(Activity)


def test_a_glyph_follows_the_palette(qtbot: QtBot, qapp) -> None:
    icon = glyph("play")

    def darkest() -> int:
        image = icon.pixmap(QSize(32, 32)).toImage()
        colours = [image.pixelColor(x, y) for x in range(32) for y in range(32)]
        return min((colour.lightness() for colour in colours if colour.alpha() == 255), default=-1)

    before = qapp.palette()
    assert 0 <= darkest() < 100
    qapp.setPalette(dark_palette())
    try:
        assert darkest() > 180
    finally:
        qapp.setPalette(before)


def dark_palette() -> QPalette:
    palette = QPalette(QColor("#323232"))
    palette.setColor(QPalette.ColorRole.WindowText, QColor("#f0f0f0"))
    palette.setColor(QPalette.ColorRole.Accent, QColor("#308cc6"))
    return palette


@pytest.mark.parametrize("dark", [False, True])
def test_all_texts_can_be_read(qtbot: QtBot, qapp, dark: bool) -> None:
    colours = Colours.of(dark_palette() if dark else qapp.palette())
    for ground in (colours.window, colours.card, colours.chip):
        for name in ("text", "muted", "accent", "good", "warning", "danger"):
            assert contrast(getattr(colours, name), ground) >= 4.5, (name, ground.name())
    assert contrast(colours.on_accent, colours.primary) >= 4.5
    assert "None" not in style_sheet(colours)


def test_an_accent_too_pale_is_moved_until_it_can_be_read() -> None:
    assert contrast(readable(QColor("yellow"), QColor("white")), QColor("white")) >= 4.5
    assert readable(QColor("navy"), QColor("white")) == QColor("navy")


def test_the_meter_is_logarithmic() -> None:
    assert bars_lit(0.0) == 0
    assert bars_lit(1.0) == bars_lit(7.0) == BARS
    assert 0 < bars_lit(0.01) < bars_lit(0.1) < BARS


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "0:00"), (59.99, "0:59"), (754, "12:34"), (3723, "1:02:03")])
def test_elapsed_time(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


def test_a_slot_reads_as_a_label() -> None:
    assert slot_title("song_title") == "Song title"
