"""The numbers over another program's window: right on every screen, out of the way of mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QRectF, QSizeF, Qt
from PySide6.QtWidgets import QSystemTrayIcon
from pytestqt.qtbot import QtBot

from encore_agent.messages import Choice, ChoicesGone, ChoicesShown
from encore_gui.app import Desk
from encore_gui.bridge import Bridge
from encore_gui.overlay import FRAMED, Overlay, Sheet, badge_places
from encore_gui.preferences import SAY_WHAT_YOU_SEE, Preferences
from encore_gui.screen_room import Ground, ground_of
from encore_recorder.geometry import Rect
from tests.gui_sample import FakeAgent

LEFT = Ground(QRect(-1280, 0, 1280, 800), 1.0)
MAIN = Ground(QRect(0, 0, 1280, 720), 1.5)
RIGHT = Ground(QRect(1920, -200, 960, 540), 2.0)
GROUNDS = (LEFT, MAIN, RIGHT)


def choices(*rects: Rect) -> tuple[Choice, ...]:
    return tuple(Choice(number, f"control {number}", rect) for number, rect in enumerate(rects, start=1))


class TestGround:
    def test_a_screen_in_physical_pixels(self) -> None:
        assert LEFT.physical == Rect(-1280, 0, 1280, 800)
        assert MAIN.physical == Rect(0, 0, 1920, 1080)
        assert RIGHT.physical == Rect(1920, -200, 1920, 1080)

    @pytest.mark.parametrize(
        ("rect", "ground", "local"),
        [
            (Rect(-1000, 50, 30, 20), LEFT, QRectF(280, 50, 30, 20)),
            (Rect(300, 150, 30, 60), MAIN, QRectF(200, 100, 20, 40)),
            (Rect(2020, -100, 20, 20), RIGHT, QRectF(50, 50, 10, 10)),
        ],
    )
    def test_a_place_on_its_screen(self, rect: Rect, ground: Ground, local: QRectF) -> None:
        assert ground_of(rect, GROUNDS) is ground
        assert ground.local(rect) == local

    def test_a_place_beside_all_screens_belongs_to_the_nearest(self) -> None:
        assert ground_of(Rect(-1400, 100, 10, 10), GROUNDS) is LEFT
        assert ground_of(Rect(4000, 100, 10, 10), GROUNDS) is RIGHT


class TestBadges:
    inside = QRectF(0, 0, 400, 300)
    size = QSizeF(20, 18)

    def test_they_stay_on_the_screen(self) -> None:
        corners = [QRectF(0, 0, 20, 20), QRectF(390, 290, 10, 10), QRectF(-30, 100, 20, 20)]
        for place in badge_places(corners, [self.size] * 3, self.inside):
            assert self.inside.contains(place)

    def test_none_hides_another(self) -> None:
        row = [QRectF(100 + 14 * number, 100, 12, 12) for number in range(4)]
        places = badge_places(row, [self.size] * 4, self.inside)
        assert not any(a.intersects(b) for i, a in enumerate(places) for b in places[:i])

    def test_none_lies_under_the_question(self) -> None:
        taken = QRectF(80, 80, 60, 30)
        (place,) = badge_places([QRectF(100, 105, 50, 30)], [self.size], self.inside, [taken])
        assert not place.intersects(taken)


class TestSheet:
    def sheet(self, qtbot: QtBot, framed: bool = True, *rects: Rect) -> Sheet:
        sheet = Sheet(MAIN, choices(*(rects or (Rect(300, 300, 60, 30), Rect(900, 600, 60, 30)))), "which?", framed)
        qtbot.addWidget(sheet)
        return sheet

    def test_it_is_out_of_the_way_of_mouse_and_keyboard(self, qtbot: QtBot) -> None:
        flags = self.sheet(qtbot).windowFlags()
        for flag in (
            Qt.WindowType.WindowTransparentForInput,
            Qt.WindowType.WindowDoesNotAcceptFocus,
            Qt.WindowType.WindowStaysOnTopHint,
        ):
            assert flags & flag

    def test_only_badges_frames_and_question_are_drawn(self, qtbot: QtBot) -> None:
        sheet = self.sheet(qtbot)
        mask = sheet.mask()
        assert all(mask.contains(badge.center().toPoint()) for badge in sheet.badges)
        assert all(mask.contains(frame.topLeft().toPoint()) for frame in sheet.frames)
        assert mask.contains(sheet.caption_place.center().toPoint())
        control = MAIN.local(Rect(300, 300, 60, 30))
        assert not mask.contains(control.center().toPoint())

    def test_a_full_window_is_numbered_without_frames(self, qtbot: QtBot) -> None:
        assert self.sheet(qtbot, False).frames == []

    def test_the_question_leaves_the_numbers_free(self, qtbot: QtBot) -> None:
        sheet = self.sheet(qtbot, True, Rect(900, 10, 100, 40))
        assert not any(sheet.caption_place.intersects(badge) for badge in sheet.badges)
        assert sheet.caption_place.top() > sheet.height() / 2

    def test_numbers_are_legible(self, qtbot: QtBot) -> None:
        sheet = self.sheet(qtbot)
        picture = sheet.grab().toImage()
        badge = sheet.badges[0].toAlignedRect()
        colours = {
            picture.pixelColor(x, y).lightness()
            for x in range(badge.left(), badge.right())
            for y in range(badge.top(), badge.bottom())
        }
        assert max(colours) - min(colours) > 90


@pytest.fixture
def overlay(agent: FakeAgent, qtbot: QtBot) -> Iterator[Overlay]:
    bridge = Bridge(agent.subscribe)
    overlay = Overlay(bridge)
    yield overlay
    overlay.clear()
    bridge.close()


def shown(seconds: float = 10.0, count: int = 2) -> ChoicesShown:
    places = [Rect(40 + 30 * (n % 20), 60 + 40 * (n // 20), 20, 20) for n in range(count)]
    return ChoicesShown("press the heart", "which “heart”?", choices(*places), seconds)


def test_numbers_come_and_go_with_the_events(overlay: Overlay, agent: FakeAgent, qtbot: QtBot) -> None:
    agent.tell(shown())
    qtbot.waitUntil(lambda: len(overlay.sheets) == 1)
    (sheet,) = overlay.sheets
    assert sheet.isVisible()
    assert len(sheet.badges) == len(sheet.frames) == 2
    agent.tell(ChoicesGone())
    qtbot.waitUntil(lambda: overlay.sheets == [])


def test_numbers_go_by_themselves(overlay: Overlay, agent: FakeAgent, qtbot: QtBot) -> None:
    agent.tell(shown(seconds=0.5))
    qtbot.waitUntil(lambda: len(overlay.sheets) == 1)
    qtbot.waitUntil(lambda: overlay.sheets == [])


def test_new_numbers_take_the_place_of_old_ones(overlay: Overlay, agent: FakeAgent, qtbot: QtBot) -> None:
    agent.tell(shown(), shown(count=FRAMED + 1))
    qtbot.waitUntil(lambda: bool(overlay.sheets) and len(overlay.sheets[0].badges) == FRAMED + 1)
    assert len(overlay.sheets) == 1
    assert overlay.sheets[0].frames == []


def test_the_switch_is_off_until_switched_on_and_kept(
    agent: FakeAgent, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))
    preferences = Preferences(tmp_path / "window.ini")
    assert not preferences[SAY_WHAT_YOU_SEE]
    desk = Desk(agent, preferences)
    qtbot.addWidget(desk.window)
    qtbot.addWidget(desk.panel)
    desk.start(show_window=False)
    assert ("set_saying", True) not in agent.asked
    preferences.set(SAY_WHAT_YOU_SEE, True)
    assert agent.asked[-1] == ("set_saying", True)
    desk.close()
    assert Preferences(tmp_path / "window.ini")[SAY_WHAT_YOU_SEE]
