"""Sentences for steps, as the review window and the replay tell them."""

from __future__ import annotations

import pytest

from encore_agent.describe import LONGEST_QUOTE, describe_keys, describe_step
from encore_models.macro import Step, Target, TargetKind, WindowIdentity
from encore_recorder.actions import Action, Click, DoubleClick, Drag, PressKeys, Scroll, TypeText
from encore_recorder.geometry import Point, Rect

HERE = Point(10, 10)


def step(action: Action, target: Target | None = None) -> Step:
    window = WindowIdentity("Spotify", "Yesterday", Rect(0, 0, 800, 600))
    return Step(action, window, "steps/00-before.png", target)


def target(kind: TargetKind, text: str = "", row_text: str = "", template: str | None = None) -> Target:
    return Target(kind, Rect(5, 5, 10, 10), Point(0, 0), text, row_text, template)


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (step(Click(HERE), target("text", "Search")), "Click “Search”"),
        (step(Click(HERE, "right"), target("icon")), "Right-click the icon in the window of Spotify"),
        (step(Click(HERE, modifiers=("ctrl", "shift")), target("field")), "Ctrl+Shift+click the text field"),
        (
            step(Click(HERE), target("row_icon", row_text="Yesterday The Beatles")),
            "Click the icon in the row “Yesterday The Beatles”",
        ),
        (step(Click(HERE), target("blank")), "Click an empty place in the window of Spotify"),
        (
            step(DoubleClick(HERE), target("row", "Yesterday", template="{song}")),
            "Double-click the row {song}",
        ),
        (step(Scroll(HERE, 0, 1, ("ctrl",)), target("text", "Songs")), "Ctrl+scroll up 1 notch over “Songs”"),
        (step(Scroll(HERE, 0, -3), target("text", "Songs")), "Scroll down 3 notches over “Songs”"),
        (
            step(Scroll(HERE, 1, 1), target("text", "Songs")),
            "Scroll up 1 notch and right 1 notch over “Songs”",
        ),
        (
            step(Drag(HERE, Point(110, 5)), target("icon", "Volume")),
            "Drag the icon “Volume” 100 px right and 5 px up",
        ),
        (step(TypeText("{song}")), "Type {song}"),
        (step(TypeText("hello\n")), "Type “hello ⏎”"),
        (step(PressKeys(("ctrl", "f"))), "Press Ctrl+F"),
    ],
)
def test_sentences(shown: Step, sentence: str) -> None:
    assert describe_step(shown) == sentence


def test_values_take_the_place_of_slots() -> None:
    values = {"song": "Help!"}
    assert describe_step(step(TypeText("{song}")), values) == "Type “Help!”"
    row = step(DoubleClick(HERE), target("row", "Yesterday", template="{song}"))
    assert describe_step(row, values) == "Double-click the row “Help!”"
    assert describe_step(step(TypeText("{song} by {artist}")), values) == "Type “Help! by {artist}”"


def test_a_value_with_braces_is_not_filled_again() -> None:
    assert describe_step(step(TypeText("{song}")), {"song": "{song}"}) == "Type “{song}”"


def test_long_text_is_cut() -> None:
    sentence = describe_step(step(TypeText("word " * 100)))
    assert len(sentence) <= LONGEST_QUOTE + len("Type “”")
    assert sentence.endswith("…”")


def test_keys_read_as_menus_write_them() -> None:
    assert describe_keys(("ctrlleft", "alt", "escape")) == "Ctrl+Alt+Esc"
    assert describe_keys(("f5",)) == "F5"
