"""Search of the recordings: what is asked, the pictures of the moments, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from encore_agent.messages import Found, Moment, Trouble
from encore_gui.bridge import Bridge
from encore_gui.moment_pictures import MomentPictures, Shown
from encore_gui.picture_dialog import PictureDialog
from encore_gui.search_view import SearchView
from tests.gui_sample import FakeAgent, add_demonstration


@pytest.fixture
def moments(agent: FakeAgent) -> tuple[Moment, ...]:
    return add_demonstration(agent.library)


@pytest.fixture
def view(agent: FakeAgent, qtbot: QtBot) -> Iterator[SearchView]:
    bridge = Bridge(agent.subscribe)
    view = SearchView(agent, bridge)
    qtbot.addWidget(view)
    view.show()
    yield view
    view.close_pictures()
    bridge.close()


def search(view: SearchView, qtbot: QtBot, text: str) -> None:
    view.field.setText(text)
    qtbot.keyClick(view.field, Qt.Key.Key_Return)


def test_a_moment_is_shown_with_picture_place_and_time(
    view: SearchView, agent: FakeAgent, moments: tuple[Moment, ...], qtbot: QtBot
) -> None:
    search(view, qtbot, "  yesterday ")
    assert agent.asked == [("search", "yesterday")]
    assert view.status.text() == "Searching for “yesterday” …"
    agent.tell(Found("yesterday", moments))
    qtbot.waitUntil(lambda: len(view.cards) == 2)
    assert view.status.text() == "2 moments of your recordings show “yesterday”."
    card = view.cards[0]
    qtbot.waitUntil(lambda: card.picture._image is not None and not card.picture._image.isNull())
    assert card._why.text() == "Reads “yesterday”"
    assert card._when.text().endswith("from 0:02 to 0:03")
    assert moments[0].demonstration not in card._when.text()
    card.picture.click()
    dialog = view.findChild(PictureDialog)
    assert dialog is not None
    assert dialog._exhibits[0].focus == moments[0].box
    assert not dialog._canvas._image.isNull()
    dialog.close()


def test_the_same_search_is_not_asked_twice_while_it_runs(view: SearchView, agent: FakeAgent, qtbot: QtBot) -> None:
    search(view, qtbot, "heart")
    search(view, qtbot, "heart")
    assert agent.asked == [("search", "heart")]
    agent.tell(Found("heart", ()))
    qtbot.waitUntil(lambda: view.status.text() == "Nothing in your recordings shows “heart”.")
    search(view, qtbot, "heart")
    assert len(agent.asked) == 2


def test_what_an_older_search_finds_is_not_shown(
    view: SearchView, agent: FakeAgent, moments: tuple[Moment, ...], qtbot: QtBot
) -> None:
    search(view, qtbot, "yesterday")
    search(view, qtbot, "heart")
    agent.tell(Found("yesterday", moments), Found("heart", ()))
    qtbot.waitUntil(lambda: view.status.text().startswith("Nothing"))
    assert view.cards == []


def test_trouble_is_told_and_the_search_can_be_asked_again(view: SearchView, agent: FakeAgent, qtbot: QtBot) -> None:
    search(view, qtbot, "!!")
    assert not view.button.isEnabled()
    agent.tell(Trouble("there is nothing to search for in '!!'"))
    qtbot.waitUntil(view.button.isEnabled)
    assert view.status.text() == "There is nothing to search for in '!!'"


def test_nothing_is_searched_without_a_text(view: SearchView, agent: FakeAgent, qtbot: QtBot) -> None:
    search(view, qtbot, "   ")
    assert agent.asked == []
    assert not view.button.isEnabled()


def test_a_recording_that_is_gone_leaves_the_moment_without_a_picture(
    view: SearchView, agent: FakeAgent, moments: tuple[Moment, ...], qtbot: QtBot
) -> None:
    search(view, qtbot, "yesterday")
    agent.tell(Found("yesterday", (replace(moments[0], demonstration="gone"),)))
    qtbot.waitUntil(lambda: bool(view.cards) and view.cards[0].picture._image is not None)
    image = view.cards[0].picture._image
    assert image is not None
    assert image.isNull()
    view.enlarge(0)
    dialog = view.findChild(PictureDialog)
    assert dialog is not None
    dialog.close()


def test_pictures_of_an_older_list_are_dropped(agent: FakeAgent, moments: tuple[Moment, ...]) -> None:
    jobs = []
    told: list[tuple[int, Shown]] = []
    pictures = MomentPictures(agent.library, jobs.append, lambda index, shown: told.append((index, shown)))
    pictures.read(moments)
    assert pictures._pool is not None
    pictures._pool.submit(lambda: None).result()
    pictures.read(())
    for job in jobs:
        job()
    pictures.close()
    assert len(jobs) == 2
    assert told == []
