"""Carrying out what was said: one clear control is clicked, everything else is asked about or refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_agent.act import DryRunActuator
from encore_agent.episodes import Episodes
from encore_agent.messages import AgentEvent, ChoicesGone, ChoicesShown, Clicked, Rejected
from encore_agent.say import Cancel, Number, Say, SayAction, Saying, ShowNumbers
from encore_agent.say_names import CONCEPTS
from encore_agent.say_session import ChooseName, Outcome, Request, SaySession, SessionOptions
from encore_agent.say_sights import Names, concept_of
from encore_models.errors import ReaderBroken
from encore_models.perception.screen import Scene
from encore_models.perception.text import TextLine
from encore_recorder.actions import Action, Click, DoubleClick
from encore_recorder.events import Window
from encore_recorder.frame import Frame
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element

Vectors = NDArray[np.float32]
DESKTOP = Rect(-800, 0, 1600, 600)
WINDOW = Window("Player", "player", 7, Rect(-700, 100, 400, 200), 1)
HEARTS = (Rect(40, 40, 20, 20), Rect(140, 40, 20, 20))
SHUFFLE, BIN = Rect(240, 40, 20, 20), Rect(340, 40, 20, 20)
SHOWS = {HEARTS[0]: "heart", HEARTS[1]: "heart", SHUFFLE: "shuffle", BIN: "delete"}


class Scripted:
    """Namer, reader and looks of a window on which `SHOWS` is drawn."""

    def meanings(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
        rows = np.zeros((len(boxes), len(CONCEPTS)), np.float32)
        for row, box in zip(rows, boxes, strict=True):
            for place, name in SHOWS.items():
                if place.grown(4).contains(box.center):
                    row[concept_of(name)] = 0.8
        return rows

    def words(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), len(CONCEPTS)), np.float32)
        for row, text in zip(rows, texts, strict=True):
            if (concept := concept_of(text)) is not None:
                row[concept] = 1
        return rows

    def describe(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
        return np.zeros((len(boxes), 1), np.float32)

    def read(self, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> list[str]:
        return [""] * len(boxes)

    def read_page(self, image: NDArray[np.uint8]) -> list[TextLine]:
        return []


def drawn() -> NDArray[np.uint8]:
    image = np.full((WINDOW.rect.height, WINDOW.rect.width, 3), 245, np.uint8)
    for number, box in enumerate(SHOWS):
        cv2.circle(image, (box.center.x, box.center.y), 6 + number, (30, 30, 30), 3)
    return image


@dataclass
class Desktop:
    """Screen and windows of one window; it may change between two looks."""

    focus: Window | None = WINDOW
    over: Window | None = WINDOW
    image: NDArray[np.uint8] = field(default_factory=drawn)
    then: Callable[[], None] = lambda: None
    """Called after every look."""

    bounds = DESKTOP

    def grab(self, rect: Rect | None = None) -> Frame:
        frame = Frame(self.image.copy(), time.monotonic_ns(), Point(WINDOW.rect.left, WINDOW.rect.top))
        self.then()
        return frame

    def focused(self) -> Window | None:
        return self.focus

    def windows(self) -> list[Window]:
        return [WINDOW]

    def at(self, point: Point) -> Window | None:
        return self.over

    def activate(self, window: Window) -> None:
        raise AssertionError("nothing is brought to the front")


@dataclass
class Bench:
    desktop: Desktop = field(default_factory=Desktop)
    actuator: DryRunActuator = field(default_factory=DryRunActuator)
    told: list[AgentEvent] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    options: SessionOptions = field(default_factory=lambda: SessionOptions(clear_away_s=0.2, retry_s=0.01))
    elements: Callable[[Window], Sequence[Element]] = lambda window: ()

    def __post_init__(self) -> None:
        eyes = Scripted()
        self.session = SaySession(
            self.desktop,
            self.desktop,
            lambda image, elements=(): Scene(image, eyes, eyes, elements),
            Names(eyes),
            self.actuator,
            self.options,
            lambda window: self.elements(window),
        )

    def say(self, saying: Saying | str, action: SayAction = "click", choose: ChooseName | None = None) -> Outcome:
        saying = Say(action, saying) if isinstance(saying, str) else saying
        request = Request(saying, "as heard", time.monotonic_ns(), choose)
        return self.session.carry_out(request, self.told.append, self.stop)

    @property
    def performed(self) -> list[Action]:
        return self.actuator.performed


@pytest.fixture
def bench() -> Bench:
    return Bench()


def on_desktop(box: Rect) -> Rect:
    return box.moved(WINDOW.rect.left, WINDOW.rect.top).grown(4)


def refused(outcome: Outcome) -> str:
    assert isinstance(outcome, Rejected), outcome
    return outcome.reason


def test_one_clear_control_is_clicked_left_of_the_origin_too(bench: Bench) -> None:
    outcome = bench.say("shuffle")
    assert isinstance(outcome, Clicked)
    (click,) = bench.performed
    assert isinstance(click, Click)
    assert on_desktop(SHUFFLE).contains(click.position)
    assert click.position.x < 0
    assert bench.told == [outcome]
    assert outcome.total_ms > 0


def test_double_and_right_clicks(bench: Bench) -> None:
    bench.say("shuffle", "double click")
    bench.actuator._pointer = Point(0, 0)
    bench.say("shuffle", "right click")
    double, right = bench.performed
    assert isinstance(double, DoubleClick)
    assert isinstance(right, Click)
    assert right.button == "right"


def test_several_are_numbered_and_a_number_clicks_that_one(bench: Bench) -> None:
    shown = bench.say("heart")
    assert isinstance(shown, ChoicesShown)
    assert [choice.number for choice in shown.choices] == [1, 2]
    assert bench.performed == []
    assert bench.session.choosing
    outcome = bench.say(Number(2))
    assert isinstance(outcome, Clicked)
    (click,) = bench.performed
    assert isinstance(click, Click)
    assert on_desktop(HEARTS[1]).contains(click.position)
    assert bench.told == [shown, ChoicesGone(), outcome]
    assert not bench.session.choosing


def test_the_action_of_the_question_is_the_action_of_the_answer(bench: Bench) -> None:
    bench.say("heart", "double click")
    bench.say(Number(1))
    assert isinstance(bench.performed[0], DoubleClick)


def test_a_number_that_is_not_there_clicks_nothing(bench: Bench) -> None:
    bench.say("heart")
    assert "no number 3" in refused(bench.say(Number(3)))
    assert bench.performed == []


def test_numbers_are_forgotten_after_a_while() -> None:
    bench = Bench(options=SessionOptions(choices_s=0.02))
    bench.say("heart")
    time.sleep(0.03)
    assert not bench.session.choosing
    assert isinstance(bench.say(Number(1)), Rejected)
    assert bench.performed == []


def test_cancel_takes_the_numbers_away(bench: Bench) -> None:
    bench.say("heart")
    assert bench.say(Cancel()) == ChoicesGone()
    assert bench.told[-1] == ChoicesGone()
    assert not bench.session.choosing


def test_every_control_is_numbered(bench: Bench) -> None:
    shown = bench.say(ShowNumbers())
    assert isinstance(shown, ChoicesShown)
    assert len(shown.choices) == len(SHOWS)
    assert all(WINDOW.rect.contains(choice.rect.center) for choice in shown.choices)


def test_a_control_that_only_the_program_tells_of_is_numbered_and_clicked(bench: Bench) -> None:
    unseen = Rect(100, 120, 60, 24)
    bench.elements = lambda window: [Element("push button", "", unseen.moved(window.rect.left, window.rect.top))]
    shown = bench.say(ShowNumbers())
    assert isinstance(shown, ChoicesShown)
    assert len(shown.choices) == len(SHOWS) + 1
    assert isinstance(bench.say(Number(shown.choices[-1].number)), Clicked)
    (click,) = bench.performed
    assert isinstance(click, Click)
    assert on_desktop(unseen).contains(click.position)


def test_the_agent_asks_the_program_of_the_window() -> None:
    eyes, desktop, told = Scripted(), Desktop(), list[AgentEvent]()
    unseen = Element("push button", "", Rect(100, 120, 60, 24).moved(WINDOW.rect.left, WINDOW.rect.top))
    parts = {
        "library": SimpleNamespace(note_heard=lambda heard: None),
        "senses": SimpleNamespace(clip=eyes, look=lambda image, elements=(): Scene(image, eyes, eyes, elements)),
    }
    episodes = Episodes(**parts, actuator=DryRunActuator, tell=told.append, macros_changed=lambda: None)
    desktop.reopen = lambda: None  # type: ignore[attr-defined]
    programs = SimpleNamespace(elements=lambda pid, rect, seconds: [unseen] if pid == WINDOW.pid else [])
    episodes.__dict__.update(_screen=desktop, _windows=desktop, _programs=programs)
    episodes.start_saying(Request(ShowNumbers(), "numbers", time.monotonic_ns()))
    episodes._background.finish()
    (shown,) = told
    assert isinstance(shown, ChoicesShown), shown
    assert len(shown.choices) == len(SHOWS) + 1


def test_a_program_that_cannot_be_asked_takes_nothing_away(bench: Bench) -> None:
    def broken(window: Window) -> Sequence[Element]:
        raise ConnectionResetError("the bus went away")

    bench.elements = broken
    assert isinstance(bench.say("shuffle"), Clicked)


def test_what_is_not_there_is_told_and_not_clicked(bench: Bench) -> None:
    assert "nothing here is called “printer”" in refused(bench.say("printer"))
    assert bench.performed == []


def test_what_cannot_be_undone_is_asked_about_first(bench: Bench) -> None:
    for name in ("bin", "delete"):
        shown = bench.say(name)
        assert isinstance(shown, ChoicesShown), shown
        assert len(shown.choices) == 1
    assert bench.performed == []
    assert isinstance(bench.say(Number(1)), Clicked)


def test_a_misheard_name_is_chosen_among_what_can_be_said(bench: Bench) -> None:
    offered: list[str] = []

    def choose(texts: Sequence[str]) -> str | None:
        offered.extend(texts)
        return "shuffle"

    assert isinstance(bench.say("sheffield", choose=choose), Clicked)
    assert {"shuffle", "camera"} <= set(offered)
    assert "camera" in refused(bench.say("cameo", choose=lambda texts: "camera"))
    assert isinstance(bench.say("sheffield", choose=lambda texts: None), Rejected)
    assert len(bench.performed) == 1


def test_a_known_name_is_not_chosen_anew(bench: Bench) -> None:
    def choose(texts: Sequence[str]) -> str | None:
        raise AssertionError("the name is known")

    assert isinstance(bench.say("printer", choose=choose), Rejected)


class TestNeverClicks:
    @pytest.fixture(autouse=True)
    def nothing_performed(self, bench: Bench) -> object:
        yield
        assert bench.performed == []

    def test_without_a_focused_window(self, bench: Bench) -> None:
        bench.desktop.focus = None
        assert "no window" in refused(bench.say("shuffle"))

    def test_where_another_window_lies_over_the_place(self, bench: Bench) -> None:
        bench.desktop.over = Window("Pop-up", "popup", 8, WINDOW.rect, 2)
        assert "covered" in refused(bench.say("shuffle"))

    def test_when_the_mouse_moved(self, bench: Bench) -> None:
        def move() -> None:
            bench.actuator._pointer = Point(50, 0)

        bench.desktop.then = move
        assert "mouse" in refused(bench.say("shuffle"))

    def test_when_stopped(self, bench: Bench) -> None:
        bench.desktop.then = bench.stop.set
        assert "stop" in refused(bench.say("shuffle"))

    def test_when_the_place_changed_since_it_was_numbered(self, bench: Bench) -> None:
        bench.say("heart")
        bench.desktop.image = bench.desktop.image[:, ::-1].copy()
        assert "changed" in refused(bench.say(Number(1)))

    def test_when_the_window_moved_since_it_was_numbered(self, bench: Bench) -> None:
        bench.say("heart")
        bench.desktop.focus = replace(WINDOW, rect=WINDOW.rect.moved(30, 0))
        assert "no longer where it was" in refused(bench.say(Number(1)))

    def test_on_a_black_screen(self, bench: Bench) -> None:
        bench.desktop.image[:] = 0
        assert isinstance(bench.say("shuffle"), Rejected)
        assert isinstance(bench.say(ShowNumbers()), Rejected)

    def test_with_a_damaged_model(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(self: Scripted, image: NDArray[np.uint8], boxes: Sequence[Rect]) -> Vectors:
            raise ReaderBroken("Protobuf parsing failed")

        monkeypatch.setattr(Scripted, "meanings", broken)
        assert "Install it again" in refused(bench.say("shuffle"))

    def test_outside_of_the_screen(self, bench: Bench) -> None:
        bench.desktop.focus = replace(WINDOW, rect=WINDOW.rect.moved(5000, 0))
        assert "outside of the screen" in refused(bench.say("shuffle"))


def test_numbers_may_take_a_moment_to_leave_the_screen(bench: Bench) -> None:
    bench.say("heart")
    clean = bench.desktop.image
    bench.desktop.image = clean[:, ::-1].copy()
    looks: list[int] = []

    def clear() -> None:
        looks.append(1)
        if len(looks) == 3:
            bench.desktop.image = clean

    bench.desktop.then = clear
    assert isinstance(bench.say(Number(1)), Clicked)
