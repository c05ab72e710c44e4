"""From words and texts to phrases and slots."""

from __future__ import annotations

import numpy as np
import pytest

from encore_models.learn import given_phrase, leading_utterance
from encore_models.macro import Step, Target, WindowIdentity
from encore_models.perception.speech import Utterance
from encore_models.slots import bind_step, heard_phrase, spoken_span
from encore_recorder.actions import Click, DoubleClick, TypeText
from encore_recorder.geometry import Point, Rect

WINDOW = WindowIdentity("player", "Player", Rect(0, 0, 800, 600))


def step(action, target=None) -> Step:
    return Step(action=action, window=WINDOW, before="steps/01-before.png", target=target)


def target(kind, text="", row_text="") -> Target:
    return Target(kind=kind, box=Rect(10, 10, 40, 12), offset=Point(0, 0), text=text, row_text=row_text)


@pytest.mark.parametrize(
    ("heard", "shown", "phrase", "values"),
    [
        ("Play Yesterday.", ["yesterday"], "play {song}", {"song": "yesterday"}),
        ("Play yes to day, please", ["Yesterday"], "play {song} please", {"song": "Yesterday"}),
        ("Play Yesterday Once More", ["Yesterday Once More"], "play {song}", {"song": "Yesterday Once More"}),
        ("Search for blue moon", ["Blue Moon"], "search for {query}", {"query": "Blue Moon"}),
        ("Next track", ["yesterday"], "next track", {}),
        (
            "Write hello to Anna",
            ["hello", "Anna"],
            "write {text} to {text_2}",
            {"text": "hello", "text_2": "Anna"},
        ),
        ("Yesterday", ["Yesterday"], "yesterday", {}),
    ],
)
def test_a_typed_text_that_was_spoken_becomes_a_slot(heard, shown, phrase, values) -> None:
    assert heard_phrase(heard, shown) == (phrase, values)


def test_a_text_shown_twice_is_one_slot() -> None:
    assert heard_phrase("play hey jude", ["Hey Jude", "Hey Jude"]) == ("play {song}", {"song": "Hey Jude"})


def test_a_given_phrase_takes_the_typed_texts_in_order() -> None:
    steps = [step(TypeText("Yesterday")), step(DoubleClick(Point(1, 1)), target("row", "Yesterday"))]
    assert given_phrase(" put on {title} ", steps) == ("put on {title}", {"title": "Yesterday"})


def test_a_slot_that_was_found_is_not_searched_again() -> None:
    assert spoken_span(["play", "{song}"], "song") is None


def test_typing_and_rows_follow_the_slot_but_buttons_do_not() -> None:
    values = {"song": "Yesterday"}
    assert bind_step(step(TypeText("Yesterday ")), values).action == TypeText("{song}")
    row = bind_step(step(DoubleClick(Point(1, 1)), target("row", "Yesterday")), values)
    assert row.target is not None
    assert row.target.template == "{song}"
    button = bind_step(step(Click(Point(1, 1)), target("icon", "Yesterday")), values)
    assert button.target is not None
    assert button.target.template is None


def test_a_row_whose_title_only_begins_like_the_slot_stays_fixed() -> None:
    bound = bind_step(step(Click(Point(1, 1)), target("row", "Yesterday Once More")), {"song": "Yesterday"})
    assert bound.target is not None
    assert bound.target.template is None


def test_the_command_is_the_utterance_that_leads_into_the_first_action() -> None:
    chatter, command, late = (
        Utterance(np.zeros(16_000, np.float32), int(start * 1e9), int((start + 1) * 1e9)) for start in (0, 4, 9)
    )
    assert leading_utterance([chatter, command, late], 6_000_000_000) is command
    assert leading_utterance([late], 1_000_000_000) is late
    assert leading_utterance([], 0) is None
