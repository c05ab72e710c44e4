"""Saying what one sees, on a real desktop: spoken, found, clicked; asked by numbers where it is not clear."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from demos.player.remote import RemotePlayer
from demos.stage import Stage
from encore_agent.messages import ChoicesGone, ChoicesShown, Clicked, Rejected, Trouble
from encore_agent.say import BUILT_IN
from encore_models.bundle import Bundle
from encore_recorder.geometry import Point
from tests.desktop.person import Person, person_at

OUTCOMES = (Clicked, ChoicesShown, Rejected, Trouble)


@pytest.fixture(scope="module")
def person(stage: Stage, hearing_bundle: Bundle) -> Iterator[Person]:
    with person_at(stage, hearing_bundle.folder.parent, "flite-slt") as person:
        person.service.set_saying(True)
        person.listened_to()
        yield person


StartPlayer = Callable[..., RemotePlayer]


@pytest.fixture
def player(start_player: StartPlayer, person: Person) -> RemotePlayer:
    player = start_player("--position", "60,40")
    # Away from every control, so that nothing is hovered.
    person.hands.move(30, 780)
    return player


def is_in(event: Clicked, player: RemotePlayer, name: str) -> bool:
    box = player.box(name)
    middle: Point = event.place.center
    return box.left <= middle.x < box.left + box.width and box.top <= middle.y < box.top + box.height


def test_a_button_without_a_label_is_clicked(person: Person, player: RemotePlayer) -> None:
    assert not player.shuffle
    event = person.say("Click shuffle.", *OUTCOMES)
    assert isinstance(event, Clicked), event
    assert is_in(event, player, "Shuffle")
    player.wait_until(lambda: player.shuffle, 5.0, "shuffling")


def test_several_are_numbered_and_a_number_picks_one(person: Person, player: RemotePlayer) -> None:
    shown = person.say("Click search.", *OUTCOMES)
    assert isinstance(shown, ChoicesShown), shown
    assert [choice.number for choice in shown.choices] == list(range(1, len(shown.choices) + 1))
    assert len(shown.choices) == 2
    wanted = shown.choices[1].rect
    event = person.say("Number two.", *OUTCOMES)
    assert isinstance(event, Clicked), event
    assert event.place == wanted


def test_what_is_not_there_is_not_clicked(person: Person, player: RemotePlayer) -> None:
    event = person.say("Click the calendar.", *OUTCOMES)
    assert isinstance(event, Rejected), event
    assert event.reason.startswith("nothing here is called")


def test_every_control_is_numbered_and_cancelled(person: Person, player: RemotePlayer) -> None:
    shown = person.say("Show numbers.", *OUTCOMES)
    assert isinstance(shown, ChoicesShown), shown
    assert len(shown.choices) > 30
    person.hands.say("Never mind.")
    assert isinstance(person.await_event(ChoicesGone, *OUTCOMES), ChoicesGone)


def test_switched_off_nothing_is_clicked(person: Person, player: RemotePlayer) -> None:
    person.service.set_saying(False)
    try:
        event = person.say("Click shuffle.", *OUTCOMES)
    finally:
        person.service.set_saying(True)
    assert isinstance(event, Rejected), event
    assert not player.shuffle


def test_all_that_was_said_is_in_the_history(person: Person) -> None:
    heard = person.service.library.heard()
    assert any(entry.accepted and entry.macro_id == BUILT_IN.id for entry in heard)
    assert any(not entry.accepted and "nothing here is called" in entry.reason for entry in heard)
