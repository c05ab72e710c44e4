"""Raw events -> actions."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encore_recorder.actions import Click, DoubleClick, Drag, PressKeys, RecordedAction, Scroll, TypeText
from encore_recorder.events import (
    Event,
    KeyChanged,
    PointerButton,
    PointerMoved,
    PointerScrolled,
    RecordingPaused,
    RecordingResumed,
    Window,
    WindowChanged,
)
from encore_recorder.geometry import Point, Rect
from encore_recorder.segment import NOWHERE, actions_of

MS = 1_000_000
PLAYER = Window("Player", "player", 10, Rect(0, 0, 400, 300), 1)
EDITOR = Window("Editor", "editor", 20, Rect(400, 0, 400, 300), 2)
PANEL = Window("Encore", "encore", 30, Rect(0, 300, 400, 100), 3)


class Script:
    """Events with a running clock."""

    def __init__(self, window: Window | None = PLAYER) -> None:
        self.now = 0
        self.events: list[Event] = []
        if window is not None:
            self.focus(window)

    def wait(self, ms: int) -> Script:
        self.now += ms * MS
        return self

    def focus(self, window: Window) -> Script:
        self.events.append(WindowChanged(self.now, window))
        return self

    def down(self, key: str, text: str | None = None) -> Script:
        self.wait(10).events.append(KeyChanged(self.now, key, True, text))
        return self

    def up(self, key: str) -> Script:
        self.wait(10).events.append(KeyChanged(self.now, key, False))
        return self

    def key(self, key: str, text: str | None = None) -> Script:
        return self.down(key, text).up(key)

    def type(self, text: str) -> Script:
        for character in text:
            self.key("space" if character == " " else character.lower(), character)
        return self

    def button(self, x: int, y: int, pressed: bool, button="left", window: Window | None = None) -> Script:
        self.wait(20).events.append(PointerButton(self.now, Point(x, y), button, pressed, window))
        return self

    def click(self, x: int = 50, y: int = 60, button="left", window: Window | None = None) -> Script:
        return self.button(x, y, True, button, window).button(x, y, False, button)

    def scroll(self, dy: int, x: int = 50, dx: int = 0) -> Script:
        self.wait(50).events.append(PointerScrolled(self.now, Point(x, 60), dx, dy))
        return self

    def actions(self, own_pids: frozenset[int] = frozenset()) -> list[RecordedAction]:
        return actions_of(self.events, own_pids)

    def does(self) -> list[object]:
        return [recorded.action for recorded in self.actions()]


def test_a_click_has_the_place_and_the_time_of_its_press():
    script = Script().wait(100).button(50, 60, True).wait(70).button(53, 62, False)
    (recorded,) = script.actions()
    assert recorded == RecordedAction(Click(Point(50, 60)), 120 * MS, 210 * MS, PLAYER)


@pytest.mark.parametrize(
    ("gap_ms", "apart_px", "expected"),
    [(100, 0, 1), (100, 4, 1), (450, 0, 1), (520, 0, 2), (100, 7, 2)],
)
def test_two_clicks_double_when_near_in_time_and_place(gap_ms: int, apart_px: int, expected: int):
    script = Script().click(50, 60).wait(gap_ms - 40).click(50 + apart_px, 60)
    does = script.does()
    assert len(does) == expected
    assert (does == [DoubleClick(Point(50 + apart_px, 60))]) == (expected == 1)


def test_three_clicks_are_a_double_click_and_a_click():
    does = Script().click().wait(50).click().wait(50).click().does()
    assert [type(action) for action in does] == [DoubleClick, Click]


def test_clicks_of_other_buttons_or_with_something_in_between_do_not_double():
    assert len(Script().click(button="right").click(button="right").does()) == 2
    assert Script().click().type("a").click().does() == [Click(Point(50, 60)), TypeText("a"), Click(Point(50, 60))]


def test_a_far_release_is_a_drag():
    script = Script().down("shift").button(50, 60, True).wait(300).button(150, 90, False).up("shift")
    assert script.does() == [Drag(Point(50, 60), Point(150, 90), "left", ("shift",))]


def test_a_press_goes_to_the_window_under_the_pointer_not_to_the_focused_one():
    script = Script(PLAYER).button(450, 60, True, window=EDITOR).focus(EDITOR).button(450, 60, False)
    assert script.actions()[0].window == EDITOR


def test_modifiers_that_are_held_belong_to_the_click():
    assert Script().down("ctrlright").down("shift").click().up("shift").up("ctrlright").does() == [
        Click(Point(50, 60), "left", ("ctrl", "shift"))
    ]


def test_turns_of_the_wheel_merge_while_they_go_the_same_way_in_the_same_place():
    assert Script().scroll(-1).scroll(-1).scroll(-2).does() == [Scroll(Point(50, 60), 0, -4)]
    assert len(Script().scroll(-1).scroll(1).does()) == 2
    assert len(Script().scroll(-1).wait(1500).scroll(-1).does()) == 2
    assert len(Script().scroll(-1).scroll(-1, x=300).does()) == 2
    assert len(Script().scroll(-1).scroll(0, dx=-1).does()) == 2


def test_shifted_letters_are_text_not_chords():
    script = Script().down("shift").down("h", "H").up("h").up("shift").type("i ").down("shiftright").key("1", "!")
    assert script.does() == [TypeText("Hi !")]


@pytest.mark.parametrize(
    ("corrections", "expected"),
    [
        (["backspace"], "helo worl"),
        (["backspace"] * 5 + list("there"), "helo there"),
        (["ctrl+backspace", *"earth"], "helo earth"),
        (["home", "right", "right", "l"], "hello world"),
        (["left"] * 8 + ["l"], "hello world"),
        (["home", "delete", "J"], "Jelo world"),
        (["backspace"] * 10, ""),
    ],
)
def test_corrections_are_applied(corrections: list[str], expected: str):
    script = Script().type("helo world")
    for key in corrections:
        if key == "ctrl+backspace":
            script.down("ctrl").key("backspace").up("ctrl")
        elif len(key) == 1:
            script.type(key)
        else:
            script.key(key)
    assert script.does() == ([TypeText(expected)] if expected else [])


def test_editing_keys_beyond_the_text_are_key_presses():
    assert Script().type("a").key("backspace").key("backspace").does() == [PressKeys(("backspace",))]
    assert Script().type("a").key("right").does() == [TypeText("a"), PressKeys(("right",))]
    assert Script().key("left").does() == [PressKeys(("left",))]


def test_caret_keys_that_correct_nothing_stay_what_they_were():
    does = Script().type("be").key("left").key("left").key("enter").does()
    assert does == [TypeText("be"), PressKeys(("left",)), PressKeys(("left",)), PressKeys(("enter",))]


def test_special_keys_end_the_text():
    does = Script().type("yesterday").key("enter").key("tab").down("shift").key("tab").up("shift").key("esc").does()
    assert does == [
        TypeText("yesterday"),
        PressKeys(("enter",)),
        PressKeys(("tab",)),
        PressKeys(("shift", "tab")),
        PressKeys(("esc",)),
    ]


def test_chords_name_their_modifiers_in_a_fixed_order():
    script = Script().down("shift").down("ctrl").down("t", "T").up("t").up("ctrl").up("shift")
    assert script.does() == [PressKeys(("ctrl", "shift", "t"))]
    assert Script().type("a").down("ctrl").key("f", "f").up("ctrl").type("b").does() == [
        TypeText("a"),
        PressKeys(("ctrl", "f")),
        TypeText("b"),
    ]


def test_altgr_types_and_is_no_chord():
    assert Script().down("altgr").key("q", "@").up("altgr").does() == [TypeText("@")]


def test_a_held_chord_repeats():
    script = Script().down("ctrl").down("z", "z").up("z").down("z", "z").up("z").up("ctrl")
    assert script.does() == [PressKeys(("ctrl", "z"))] * 2


def test_the_win_key_alone_is_a_press_and_with_others_a_modifier():
    assert Script().key("win").does() == [PressKeys(("win",))]
    assert Script().down("win").key("e", "e").up("win").does() == [PressKeys(("win", "e"))]
    assert Script().key("shift").key("ctrl").key("alt").does() == []


def test_a_space_alone_is_a_button():
    assert Script().key("space", " ").does() == [PressKeys(("space",))]


def test_a_character_that_nobody_knows_stays_visible():
    script = Script().type("caf").key("<0>", "\N{REPLACEMENT CHARACTER}")
    assert script.does() == [TypeText("caf\N{REPLACEMENT CHARACTER}")]


def test_text_stays_one_while_the_title_follows_it_and_ends_with_another_window():
    searching = Window("a - Player", "player", 10, PLAYER.rect, 1)
    script = Script().type("a").focus(searching).type("b").focus(EDITOR).type("c")
    assert [(r.action, r.window) for r in script.actions()] == [(TypeText("ab"), PLAYER), (TypeText("c"), EDITOR)]


def test_what_happens_in_encores_own_windows_is_left_out():
    script = Script().click().focus(PANEL).type("name").key("enter").down("ctrl").key("s", "s").up("ctrl")
    script.click(window=PANEL).key("win").focus(PLAYER).type("a")
    assert [r.action for r in script.actions(frozenset({30}))] == [Click(Point(50, 60)), TypeText("a")]


def test_encores_own_hotkeys_are_left_out():
    script = Script().down("ctrl").down("alt").key("r", "r").key("l", "l").up("alt").up("ctrl").type("r")
    own = [("ctrl", "alt", "r"), ("win", "r")]
    does = [recorded.action for recorded in actions_of(script.events, own_chords=own)]
    assert does == [PressKeys(("ctrl", "alt", "l")), TypeText("r")]


def test_nothing_reaches_over_a_pause():
    script = Script().down("ctrl").button(50, 60, True).type("")
    script.events.append(RecordingPaused(script.now))
    script.wait(5000).events.append(RecordingResumed(script.now))
    script.button(90, 60, False).type("a")
    assert script.does() == [TypeText("a")]


def test_a_press_without_release_and_a_release_without_press_are_nothing():
    assert Script().button(50, 60, True).does() == []
    assert Script().button(50, 60, False).up("enter").up("ctrl").does() == []


def test_actions_without_a_known_window_say_so():
    assert Script(window=None).click().actions()[0].window == NOWHERE


def test_the_end_is_the_last_release():
    chord, text = Script().down("ctrl").key("f", "f").up("ctrl").type("ab").actions()
    assert (chord.start_ns, chord.end_ns) == (20 * MS, 30 * MS)
    assert (text.start_ns, text.end_ns) == (50 * MS, 80 * MS)


TYPED = {"a": "a", "b": "b", "space": " ", "<0>": "\N{REPLACEMENT CHARACTER}"}
KEYS = (
    *TYPED, "enter", "backspace", "delete", "left", "right", "home", "end", "tab", "ctrl", "shift", "alt", "win",
    "altgr",
)  # fmt: skip
points = st.sampled_from([Point(0, 0), Point(4, 0), Point(7, 7), Point(60, 30), Point(90, 0)])
windows = st.sampled_from([PLAYER, EDITOR, PANEL])
happenings = st.one_of(
    st.builds(lambda key, down: KeyChanged(0, key, down, TYPED.get(key)), st.sampled_from(KEYS), st.booleans()),
    st.builds(
        PointerButton, st.just(0), points, st.sampled_from(["left", "right"]), st.booleans(), st.none() | windows
    ),
    st.builds(PointerScrolled, st.just(0), points, st.just(0), st.sampled_from([-1, 1])),
    st.builds(PointerMoved, st.just(0), points),
    st.builds(WindowChanged, st.just(0), windows),
    st.sampled_from([RecordingPaused(0), RecordingResumed(0)]),
)
gaps_ms = st.sampled_from([0, 5, 80, 600, 2000])


def _in_time(happened: list[tuple[int, Event]]) -> list[Event]:
    times = accumulate(gap_ms * MS for gap_ms, _ in happened)
    return [replace(event, time_ns=time_ns) for time_ns, (_, event) in zip(times, happened, strict=True)]


recordings = st.lists(st.tuples(gaps_ms, happenings), max_size=25).map(_in_time)


@given(recordings)
def test_whatever_happens_actions_lie_in_order_inside_the_recording(events: list[Event]):
    actions = actions_of(events)
    starts = [action.start_ns for action in actions]
    assert starts == sorted(starts)
    if actions:
        assert events[0].time_ns <= starts[0]
        assert max(action.end_ns for action in actions) <= events[-1].time_ns
    presses = {e.time_ns for e in events if isinstance(e, KeyChanged | PointerButton | PointerScrolled)}
    assert set(starts) <= presses


@given(recordings)
def test_every_notch_is_counted_once(events: list[Event]):
    turned = sum(e.dy for e in events if isinstance(e, PointerScrolled))
    assert sum(r.action.dy for r in actions_of(events) if isinstance(r.action, Scroll)) == turned


@given(recordings)
def test_encores_own_windows_never_show_up(events: list[Event]):
    assert all(recorded.window.pid != PANEL.pid for recorded in actions_of(events, frozenset({30})))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_plain_typing_is_the_text(text: str):
    assert Script().type(text).does() == [TypeText(text)]


@given(st.lists(st.sampled_from([*"abc", "backspace", "delete", "left", "right", "home", "end"]), max_size=30))
def test_corrections_do_what_a_field_does(strokes: list[str]):
    field, caret, typed = "", 0, False
    script = Script()
    for stroke in strokes:
        if len(stroke) == 1:
            field, caret, typed = field[:caret] + stroke + field[caret:], caret + 1, True
        elif stroke in ("left", "right", "home", "end"):
            place = {"left": caret - 1, "right": caret + 1, "home": 0, "end": len(field)}[stroke]
            if not typed or not 0 <= place <= len(field):
                return  # leaves the text: other tests
            caret = place
        elif stroke == "backspace":
            if not typed or caret == 0:
                return
            field, caret = field[: caret - 1] + field[caret:], caret - 1
        else:
            if not typed or caret == len(field):
                return
            field = field[:caret] + field[caret + 1 :]
        script.type(stroke) if len(stroke) == 1 else script.key(stroke)
    texts = [action.text for action in script.does() if isinstance(action, TypeText)]
    assert texts == ([field] if field else [])
