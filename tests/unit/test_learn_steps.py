"""From a recording to steps: right places on any monitor, and what programs called what was clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_models.errors import NothingToLearn
from encore_models.learn import Learning, learn
from encore_models.macro import Macro, Step, Target, WindowIdentity
from encore_models.perception.screen import Scene
from encore_models.perception.ui_clip import UiClip
from encore_models.slots import bind_step
from encore_recorder.actions import Click, Drag
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration, DemonstrationInfo, DemonstrationWriter
from encore_recorder.events import ElementSeen, Event, PointerButton, PointerMoved, Window
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element
from tests.mute import Mute

MS = 1_000_000
SCREEN = Rect(-640, -100, 1280, 600)
"""A monitor to the left of the main one, and higher."""
SIGN = Rect(150, 60, 30, 24)
"""A drawing in the window."""
PLACE = Point(163, 74)
CLIP = UiClip.load()


def look(image: NDArray[np.uint8], elements: Sequence[Element] = ()) -> Scene:
    return Scene(image, Mute(), CLIP, elements)


def window_at(left: int, top: int) -> Window:
    return Window("Player", "player", 7, Rect(left, top, 400, 240), 1)


def screen_with(window: Window) -> NDArray[np.uint8]:
    """The desktop with the window and its sign, BGRA."""
    image = np.full((SCREEN.height, SCREEN.width, 4), 90, np.uint8)
    x, y = window.rect.left - SCREEN.left, window.rect.top - SCREEN.top
    cv2.rectangle(image, (x, y), (x + 399, y + 239), (250, 250, 250, 255), cv2.FILLED)
    corners = [(SIGN.left, SIGN.top), (SIGN.right - 1, SIGN.center.y), (SIGN.left, SIGN.bottom - 1)]
    cv2.fillPoly(image, [np.array([(x + a, y + b) for a, b in corners], np.int32)], (30, 30, 30, 255))
    return image


def click(window: Window, at_ns: int, place: Point = PLACE, end: Point | None = None) -> list[Event]:
    """A click (or drag) in a window, without a word of the program."""
    here = place.moved(window.rect.left, window.rect.top)
    there = here if end is None else end.moved(window.rect.left, window.rect.top)
    return [
        PointerButton(at_ns, here, "left", True, window),
        PointerButton(at_ns + 80 * MS, there, "left", False),
    ]


def told(window: Window, at_ns: int, role: str, name: str, box: Rect = SIGN) -> ElementSeen:
    return ElementSeen(at_ns, role, name, box.moved(window.rect.left, window.rect.top), 20 * MS)


def learned(folder: Path, window: Window, events: Sequence[Event], **options: Any) -> Macro:
    return learning(folder, [(0, screen_with(window))], events, **options).macro


def learning(
    folder: Path, pictures: Sequence[tuple[int, NDArray[np.uint8]]], events: Sequence[Event], **options: Any
) -> Learning:
    """What is learned from events and pictures of the screen with their times in ns."""
    info = DemonstrationInfo(
        id="demo-1",
        name="",
        started_utc="2026-01-01T00:00:00+00:00",
        state="recording",
        screen=SCREEN,
        monitors=(Rect(0, 0, 640, 500), Rect(-640, -100, 640, 600)),
        clock_origin_ns=1,
        fps=15,
    )
    writer = DemonstrationWriter(folder / "demo-1", info)
    for time_ns, picture in pictures:
        writer.picture(picture, time_ns)
    for event in events:
        writer.event(event)
    writer.close(3 * SECOND)
    with Demonstration.open(folder / "demo-1") as demonstration:
        return learn(demonstration, None, look, lambda name: "m", "click the sign", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "top", "hidden"),
    [
        (20, 30, Point(0, 0)),
        (-600, -80, Point(0, 0)),
        (-200, 20, Point(0, 0)),
        (-700, -130, Point(60, 30)),
        (400, 300, Point(0, 0)),
    ],
    ids=["main monitor", "left monitor", "across both", "over the left edge and the top", "over the right edge"],
)
def test_places_are_those_of_the_window_s_picture(tmp_path: Path, left: int, top: int, hidden: Point) -> None:
    window = window_at(left, top)
    (step,) = learned(tmp_path, window, click(window, SECOND)).steps
    assert step.action == Click(PLACE.moved(-hidden.x, -hidden.y))
    assert step.target is not None
    assert step.target.kind == "icon"
    assert step.target.box.overlap(SIGN.moved(-hidden.x, -hidden.y)) > 0.7
    assert (step.target.role, step.target.name) == ("", "")


def lit(window: Window, shade: int = 0, elsewhere: bool = False) -> NDArray[np.uint8]:
    """The desktop with the sign on a ground of that shade, under a dot; with another page, if elsewhere."""
    image = screen_with(window)
    left, top = window.rect.left - SCREEN.left, window.rect.top - SCREEN.top
    if shade:
        box = SIGN.grown(6).moved(left, top)
        cv2.rectangle(image, (box.left, box.top), (box.right, box.bottom), (shade, 120, 40, 255), cv2.FILLED)
        cv2.circle(image, (box.center.x, box.center.y), 6, (250, 250, 250, 255), cv2.FILLED, cv2.LINE_AA)
        cv2.line(image, (box.left, box.bottom), (box.right, box.top), (250, 250, 250, 255), 2, cv2.LINE_AA)
    if elsewhere:
        cv2.rectangle(image, (left + 20, top + 120), (left + 380, top + 220), (90, 90, 90, 255), cv2.FILLED)
    return image


def switching(window: Window, rest: bool = True, leaves: bool = True) -> list[Event]:
    """A click on the sign by a pointer that comes from elsewhere, if at rest before, and leaves it then."""
    far = Point(20, 20).moved(window.rect.left, window.rect.top)
    place = PLACE.moved(window.rect.left, window.rect.top)
    before = [PointerMoved(SECOND // 2, far)] if rest else []
    after = [PointerMoved(2 * SECOND, far)] if leaves else []
    return [*before, PointerMoved(SECOND - 50 * MS, place), *click(window, SECOND), *after]


def switch_learned(folder: Path, pictures: Sequence[tuple[int, NDArray[np.uint8]]], events: Sequence[Event]) -> bool:
    found = learning(folder, pictures, events)
    (step,) = found.macro.steps
    assert (step.on is None) == (step.after == "")
    if step.on is not None:
        assert step.on.overlap(SIGN) > 0.3
        assert found.pictures[step.after].shape == found.pictures[step.before].shape == (240, 400, 3)
        assert int(found.pictures[step.after][PLACE.y, PLACE.x].min()) > 200  # the dot
    return step.on is not None


def test_a_click_that_only_changes_its_target_is_learned_as_a_switch(tmp_path: Path) -> None:
    window = window_at(20, 30)
    pictures = [(0, lit(window)), (SECOND + 100 * MS, lit(window, 60))]
    assert switch_learned(tmp_path, pictures, switching(window))


@pytest.mark.parametrize(
    "way", ["another page", "no change", "under the pointer only", "nobody saw it at rest", "stays"]
)
def test_other_clicks_are_no_switches(tmp_path: Path, way: str) -> None:
    window = window_at(20, 30)
    pressed, later = SECOND + 100 * MS, [(SECOND + 100 * MS, lit(window, 60))]
    if way == "another page":
        later = [(pressed, lit(window, 60, elsewhere=True))]
    elif way == "no change":
        later = []
    elif way == "under the pointer only":
        later = [(SECOND - 20 * MS, lit(window, 60)), (2 * SECOND - 20 * MS, lit(window))]
    rest, leaves = way != "nobody saw it at rest", way != "stays"
    assert not switch_learned(tmp_path, [(0, lit(window)), *later], switching(window, rest, leaves))


def test_both_ends_of_a_drag_are_on_the_window_s_picture(tmp_path: Path) -> None:
    window = window_at(-600, -80)
    (step,) = learned(tmp_path, window, click(window, SECOND, PLACE, Point(300, 90))).steps
    assert step.action == Drag(PLACE, Point(300, 90))


def test_a_window_outside_of_what_was_recorded_teaches_nothing(tmp_path: Path) -> None:
    window = window_at(5000, 0)
    with pytest.raises(NothingToLearn, match="outside of the recorded screen"):
        learned(tmp_path, window, click(window, SECOND))


def test_a_target_is_called_as_its_program_called_it(tmp_path: Path) -> None:
    window = window_at(-600, -80)
    press, release = click(window, SECOND)
    events = [press, told(window, SECOND, "push button", "Play"), release]
    (step,) = learned(tmp_path, window, events).steps
    assert step.target is not None
    assert (step.target.role, step.target.name) == ("push button", "Play")
    # The drawing itself stays the target's box, and not what the program drew it in.
    assert step.target.box.overlap(SIGN) > 0.7


def test_what_only_the_program_knows_of_is_a_target_too(tmp_path: Path) -> None:
    window = window_at(-600, -80)
    empty = Rect(300, 150, 32, 32)
    press, release = click(window, SECOND, empty.center)
    events = [press, told(window, SECOND, "push button", "Shuffle", empty), release]
    (step,) = learned(tmp_path, window, events).steps
    assert step.target is not None
    assert (step.target.kind, step.target.box, step.target.name) == ("icon", empty, "Shuffle")


def test_a_name_that_holds_a_slot_s_value_follows_the_slot() -> None:
    target = Target("icon", SIGN, Point(0, 0), role="push button", name="Play Yesterday by The Singers")
    step = Step(Click(PLACE), WindowIdentity("player", "Player", SCREEN), "steps/01-before.png", target)

    def named(**values: str) -> str:
        bound = bind_step(step, values).target
        assert bound is not None
        return bound.name

    assert named(song="Yesterday") == "Play {song} by The Singers"
    assert named(song="yesterday", artist="The Singers") == "Play {song} by {artist}"
    assert named(song="Yes") == target.name
    assert bind_step(replace(step, target=None), {"song": "Yesterday"}).target is None


def test_a_row_whose_title_was_misread_follows_the_slot_too() -> None:
    def template(row: str, value: str) -> str | None:
        target = Target("row_icon", SIGN, Point(0, 0), row_text=row)
        step = Step(Click(PLACE), WindowIdentity("player", "Player", SCREEN), "steps/01-before.png", target)
        bound = bind_step(step, {"show": value}).target
        assert bound is not None
        return bound.template

    assert template("Moming Stories  58 min", "Morning Stories") == "{show}"
    assert template("Evening Stories  58 min", "Morning Stories") is None
    assert template("", "Morning Stories") is None
