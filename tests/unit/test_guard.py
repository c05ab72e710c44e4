"""The safety rules."""

from __future__ import annotations

import pytest

from encore_agent.errors import MissingSlot, UnknownSlot
from encore_agent.guard import check_slots, destructive_macro, destructive_step, hand_moved, refuse_place
from encore_models.macro import Macro, Phrase, Slot, Step, Target, WindowIdentity
from encore_recorder.actions import Click, PressKeys, TypeText
from encore_recorder.events import Window
from encore_recorder.geometry import Point, Rect

WINDOW = WindowIdentity("shop", "Shop", Rect(0, 0, 800, 600))
DESKTOP = Rect(-1280, 0, 2560, 800)


def click(text: str, kind="text", template=None) -> Step:
    target = Target(kind=kind, box=Rect(0, 0, 30, 10), offset=Point(0, 0), text=text, template=template)
    return Step(action=Click(Point(5, 5)), window=WINDOW, before="a.png", target=target)


def macro(phrase: str, step: Step) -> Macro:
    return Macro("m", "m", (Phrase(phrase),), (), (step,), "2026-01-01", "d")


@pytest.mark.parametrize("text", ["Delete", "Buy now", "SEND"])
def test_a_destructive_button_needs_a_yes(text: str) -> None:
    assert destructive_step(click(text)) is not None


@pytest.mark.parametrize("text", ["Play", "Sender", "Deleted scenes are fun"])
def test_other_labels_do_not(text: str) -> None:
    assert destructive_step(click(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "order a pizza",
        "Order now",
        "Place order",
        "log in and order milk",
        "in order to delete it",
        "sign in, order tea",
    ],
)
def test_to_order_something_needs_a_yes(text: str) -> None:
    assert destructive_macro(macro(text, click("More"))) is not None
    assert destructive_step(click(text)) is not None


@pytest.mark.parametrize("text", ["play the album in random order", "in order", "sort in reverse order please"])
def test_an_order_that_things_are_in_does_not(text: str) -> None:
    assert destructive_macro(macro(text, click("More"))) is None
    assert destructive_step(click(text)) is None


def test_content_is_no_button() -> None:
    assert destructive_step(click("Delete Me", kind="row")) is None


def test_keys_and_phrases_count_too() -> None:
    keys = Step(action=PressKeys(("shift", "delete")), window=WINDOW, before="a.png")
    assert destructive_macro(macro("tidy up", keys)) == "it presses shift+delete"
    assert destructive_macro(macro("delete the song", click("More"))) == "it says 'delete'"
    assert destructive_macro(macro("play the song", click("More"))) is None


STEPS_WINDOW = Window("Shop", "shop", 7, Rect(-200, 0, 900, 600))
OTHER = Window("Chat", "chat", 8, Rect(0, 0, 300, 300))


@pytest.mark.parametrize(
    ("place", "seen_there", "told"),
    [
        (Point(100, 100), STEPS_WINDOW, None),
        (Point(-100, 100), STEPS_WINDOW, None),
        (Point(1500, 100), STEPS_WINDOW, "outside of the screen"),
        (Point(700, 700), STEPS_WINDOW, "outside of the step's window"),
        (Point(50, 50), OTHER, "covered by 'Chat'"),
        (Point(50, 50), None, "covered by"),
    ],
)
def test_places_outside_or_covered_are_refused(place: Point, seen_there: Window | None, told: str | None) -> None:
    refused = refuse_place(place, STEPS_WINDOW, DESKTOP, seen_there)
    assert refused is None if told is None else told in str(refused)


def test_a_hand_on_the_mouse_is_noticed() -> None:
    assert not hand_moved(None, Point(500, 500))
    assert not hand_moved(Point(10, 10), Point(12, 10))
    assert hand_moved(Point(10, 10), Point(10, 40))


def test_a_run_begins_only_with_the_values_that_it_needs() -> None:
    step = Step(TypeText("{song} {artist}"), WINDOW, "a.png")
    play = Macro("m", "m", (Phrase("play {song} by {artist}"),), (Slot("song"), Slot("artist")), (step,), "2026", "d")
    check_slots(play, {"song": "Yesterday", "artist": "The Beatles"})
    with pytest.raises(MissingSlot, match="needs a value for: artist"):
        check_slots(play, {"song": "Yesterday", "artist": " "})
    with pytest.raises(UnknownSlot, match="macro 'm' has no slot 'sing'; it has: song, artist"):
        check_slots(play, {"sing": "Yesterday"})
