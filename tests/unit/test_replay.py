"""The closed loop on a desktop by hand: acts at the right place of the right monitor, or halts and acts on nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from encore_agent.act import DryRunActuator
from encore_agent.find import Finder
from encore_agent.messages import AgentEvent, EpisodeReport, Finished, Halted
from encore_agent.replay import Replayer, ReplayOptions, Request
from encore_models.errors import ReaderBroken
from encore_models.macro import Macro, Phrase, Step, WindowIdentity
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from encore_models.perception.text import TextLine
from encore_models.perception.ui_clip import UiClip
from encore_models.store import create_macro
from encore_recorder.actions import Action, Click
from encore_recorder.errors import ScreenLost
from encore_recorder.events import Window
from encore_recorder.frame import Frame
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element
from tests.mute import Mute

Image = NDArray[np.uint8]
DESKTOP = Rect(-1280, -200, 2560, 1200)
"""Two monitors: one to the left of the main one, and higher."""
SIZE = (640, 400)
CROSS = Rect(200, 90, 23, 23)
"""The button that is clicked, in the window."""
CLICKED = Point(209, 103)
"""Not its middle."""
CIRCLE = Point(100, 100)
NEIGHBOURS = (
    [(402, 112), (414, 88), (426, 112)],
    [(150, 40), (174, 52), (150, 64)],
    [(252, 40), (276, 40), (264, 64), (252, 64)],
    [(500, 90), (524, 90), (524, 98), (508, 98), (508, 112), (500, 112)],
    [(350, 40), (362, 52), (350, 64), (338, 52)],
)
"""What else is drawn in the window: corners."""
PATIENCE_S = 0.3

READER = Mute()
CLIP = UiClip.load()


def drawn(cross: Point | None = CROSS.center, scale: float = 1.0) -> Image:
    """A window with a ring, perhaps a cross, a stroke, a field and other drawings."""

    def px(*numbers: float) -> tuple[int, ...]:
        return tuple(round(number * scale) for number in numbers)

    width, height = px(*SIZE)
    image = np.full((height, width, 3), 250, np.uint8)
    cv2.circle(image, px(CIRCLE.x, CIRCLE.y), *px(12), (30, 30, 30), *px(2))
    if cross is not None:
        for side in (-11, 11):
            ends = px(cross.x - 11, cross.y - side), px(cross.x + 11, cross.y + side)
            cv2.line(image, *ends, (30, 30, 30), *px(3), cv2.LINE_AA)
    cv2.line(image, px(300, 90), px(322, 112), (30, 30, 30), *px(3))
    cv2.rectangle(image, px(100, 200), px(400, 230), (120, 120, 120), 1)
    for points in NEIGHBOURS:
        corners = np.array([px(*point) for point in points], np.int32)
        cv2.polylines(image, [corners], True, (30, 30, 30), *px(2), cv2.LINE_AA)
    return image


def shifted(right: int, down: int) -> Image:
    """The same window, with everything in it moved."""
    return np.roll(drawn(), (down, right), axis=(0, 1))


@dataclass
class Shown:
    """A window and what is painted in it."""

    window: Window
    image: Image


@dataclass
class Desktop:
    """Screen and windows, as the replay asks for them; windows from the topmost down."""

    shown: list[Shown]
    bounds: Rect = DESKTOP
    lost: bool = False
    grabs: int = 0
    before_grab: Callable[[int], None] = lambda number: None

    def grab(self, rect: Rect | None = None) -> Frame:
        self.grabs += 1
        self.before_grab(self.grabs)
        if self.lost:
            raise ScreenLost("XGetImage() failed")
        wanted = (rect or self.bounds).intersection(self.bounds)
        assert wanted is not None, "nothing of it is on the desktop"
        image = np.full((wanted.height, wanted.width, 3), 60, np.uint8)
        for one in reversed(self.shown):
            seen = one.window.rect.intersection(wanted)
            if seen is not None:
                here, there = seen.moved(-wanted.left, -wanted.top), one.window.rect
                part = seen.moved(-there.left, -there.top)
                image[here.top : here.bottom, here.left : here.right] = one.image[
                    part.top : part.bottom, part.left : part.right
                ]
        return Frame(image, time.monotonic_ns(), Point(wanted.left, wanted.top))

    def focused(self) -> Window | None:
        return self.shown[0].window if self.shown else None

    def windows(self) -> list[Window]:
        return [one.window for one in self.shown]

    def at(self, point: Point) -> Window | None:
        return next((w for w in self.windows() if w.rect.contains(point)), None)

    def activate(self, window: Window) -> None:
        self.shown.sort(key=lambda one: one.window != window)

    def move(self, dx: int, dy: int) -> None:
        """Move the topmost window."""
        window = self.shown[0].window
        self.shown[0].window = replace(window, rect=window.rect.moved(dx, dy))


class RestlessHand(DryRunActuator):
    """The person pushes the mouse after the first action."""

    def perform(self, action: Action) -> None:
        super().perform(action)
        self._pointer = self._pointer.moved(40, 0)


def window_at(left: int, top: int, image: Image | None = None, title: str = "Player") -> Shown:
    image = drawn() if image is None else image
    height, width = image.shape[:2]
    return Shown(Window(title, "player", 7, Rect(left, top, width, height), 1), image)


def look(image: Image, elements: Sequence[Element] = (), reader: Mute = READER) -> Scene:
    return Scene(image, reader, CLIP, elements)


@dataclass
class Bench:
    """Encore over a fake desktop, with a macro of clicks."""

    folder: Path
    desktop: Desktop
    shown: Image = field(default_factory=drawn)
    """The window when it was shown."""
    after: Image | None = None
    """The window when the first step was done, where that switched something."""
    told_then: Sequence[Element] = ()
    """What the program told of it."""
    reader: Mute = READER
    actuator: DryRunActuator = field(default_factory=DryRunActuator)
    told: Callable[[Window], Sequence[Element]] = lambda window: ()
    after_look: Callable[[], None] = lambda: None
    """After each analysis of today's picture."""
    looks: int = 0
    patience_s: float = PATIENCE_S
    stop: threading.Event = field(default_factory=threading.Event)
    events: list[AgentEvent] = field(default_factory=list)

    def macro(self, places: Sequence[Point], role: str = "", name: str = "") -> Macro:
        window = WindowIdentity("player", "Player", Rect(20, 30, *SIZE))
        steps = tuple(
            Step(
                Click(place),
                window,
                f"steps/{number:02d}-before.png",
                replace(describe_target(look(self.shown, self.told_then, self.reader), place), role=role, name=name),
            )
            for number, place in enumerate(places, 1)
        )
        created = "2026-01-01T00:00:00+00:00"
        return Macro("click", "Click", (Phrase("click the cross"),), (), steps, created, "demo-1")

    def run(self, *places: Point, role: str = "", name: str = "") -> EpisodeReport:
        macro = self.macro(places or (CLICKED,), role, name)
        pictures = {step.before: self.shown for step in macro.steps}
        if self.after is not None:
            switch = replace(macro.steps[0], after="steps/01-after.png", on=CROSS.grown(6))
            macro = replace(macro, steps=(switch, *macro.steps[1:]))
            pictures[switch.after] = self.after
        create_macro(macro, pictures, self.folder / "macro")
        episode = self.folder / "episode"
        episode.mkdir()
        options = ReplayOptions(patience_s=self.patience_s, retry_s=0.02)
        replayer = Replayer(
            self.desktop, self.desktop, self._look, Finder(self.reader), self.actuator, list, options, self.told
        )
        return replayer.run(Request(macro, self.folder / "macro", {}, episode), self.events.append, self.stop)

    def _look(self, image: Image, elements: Sequence[Element] = ()) -> Scene:
        self.looks += 1
        scene = look(image, elements, self.reader)
        if self.looks > 1:  # the first one is at the picture of the macro
            self.after_look()
        return scene


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, Desktop([window_at(-1200, -140)]))


def halted(report: EpisodeReport) -> Halted:
    assert isinstance(report.outcome, Halted), report.outcome
    return report.outcome


def clicked(bench: Bench, report: EpisodeReport) -> Point:
    """Where the one click of a finished run went."""
    assert isinstance(report.outcome, Finished), report.outcome
    (action,) = bench.actuator.performed
    assert isinstance(action, Click)
    return action.position


# The right place


@pytest.mark.parametrize(("left", "top"), [(20, 30), (-1200, -140), (-300, 10), (1000, 100)])
def test_the_click_goes_to_the_place_on_the_desktop(bench: Bench, left: int, top: int) -> None:
    bench.desktop.shown = [window_at(left, top)]
    report = bench.run()
    assert clicked(bench, report) == CLICKED.moved(left, top)
    (step,) = report.steps
    assert step.place is not None
    assert step.place.overlap(CROSS.moved(left, top)) > 0.6
    assert step.picture is not None
    assert step.picture.is_file()


def test_where_the_window_hangs_over_the_left_edge_and_the_top(bench: Bench) -> None:
    bench.desktop.shown = [window_at(-1340, -230)]
    assert clicked(bench, bench.run()) == CLICKED.moved(-1340, -230)


@pytest.mark.parametrize("factor", [1.25, 1.5, 1.75])
def test_under_a_fractional_scale_on_the_left_monitor(bench: Bench, factor: float) -> None:
    bench.desktop.shown = [window_at(-1270, -180, drawn(scale=factor))]
    place = clicked(bench, bench.run())
    assert abs(place.x - (-1270 + CLICKED.x * factor)) <= 3
    assert abs(place.y - (-180 + CLICKED.y * factor)) <= 3


def test_the_window_is_brought_to_the_front_first(bench: Bench) -> None:
    player = bench.desktop.shown[0]
    other = replace(player.window, title="Other", app_class="other", pid=8, handle=2)
    bench.desktop.shown.insert(0, Shown(other, np.full_like(player.image, 10)))
    assert clicked(bench, bench.run()) == CLICKED.moved(-1200, -140)


def test_a_place_that_something_else_covers_is_not_clicked(bench: Bench) -> None:
    player = bench.desktop.shown[0]
    cover = CROSS.grown(4).moved(player.window.rect.left, player.window.rect.top)
    over = replace(player.window, title="Other", app_class="other", pid=8, handle=2, rect=cover)
    # It is seen through: only the window system knows.
    bench.desktop.at = lambda point: over if cover.contains(point) else player.window  # type: ignore[method-assign]
    assert "covered by 'Other'" in halted(bench.run()).reason
    assert bench.actuator.performed == []


# Halts


def test_what_is_not_there_halts_with_a_picture(bench: Bench) -> None:
    bench.desktop.shown = [window_at(-1200, -140, drawn(cross=None))]
    outcome = halted(bench.run())
    assert outcome.picture is not None
    assert outcome.picture.is_file()
    assert bench.actuator.performed == []
    assert bench.events[-1] == outcome


def test_no_window_halts(bench: Bench) -> None:
    bench.desktop.shown = []
    assert "no window of player is open" in halted(bench.run()).reason


def test_a_window_that_is_closed_meanwhile_halts(bench: Bench) -> None:
    bench.desktop.shown = [window_at(-1200, -140, drawn(cross=None))]
    bench.after_look = bench.desktop.shown.clear
    bench.patience_s = 60.0  # a look may take longer than the usual one, and then it would not look again
    assert "was closed" in halted(bench.run()).reason
    assert bench.actuator.performed == []


def test_a_window_outside_of_the_screen_halts(bench: Bench) -> None:
    bench.desktop.shown = [window_at(5000, 0)]
    assert "outside of the screen" in halted(bench.run()).reason
    assert bench.actuator.performed == []


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_screen_that_is_lost_in_the_middle_halts_and_says_so(bench: Bench, number: int) -> None:
    def unplug(grab: int) -> None:
        bench.desktop.lost = bench.desktop.lost or grab >= number

    bench.desktop.before_grab = unplug
    outcome = halted(bench.run())
    assert "the screen can no longer be seen (XGetImage() failed): was a monitor unplugged" in outcome.reason
    assert bench.desktop.grabs == number
    assert outcome.picture is None
    assert bench.actuator.performed == []


def test_a_damaged_model_halts_and_says_what_to_do(bench: Bench) -> None:
    def broken() -> None:
        raise ReaderBroken("Protobuf parsing failed")

    bench.after_look = broken
    assert "Install it again" in halted(bench.run()).reason
    assert bench.actuator.performed == []


def test_a_screen_that_is_lost_just_before_the_click_halts(bench: Bench) -> None:
    def unplug() -> None:
        bench.desktop.lost = True

    bench.after_look = unplug
    assert "can no longer be seen" in halted(bench.run()).reason
    assert bench.actuator.performed == []


def test_a_window_gone_and_a_screen_lost_halts_for_the_window(bench: Bench) -> None:
    bench.desktop.shown, bench.desktop.lost = [], True
    assert "no window of player is open" in halted(bench.run()).reason


# The person


def test_a_person_who_moves_the_mouse_stops_it(bench: Bench) -> None:
    bench.actuator = RestlessHand()
    outcome = halted(bench.run(CLICKED, CIRCLE))
    assert outcome.reason == "you took over: the mouse moved"
    assert outcome.index == 1
    assert len(bench.actuator.performed) == 1


def test_a_stop_before_the_click_stops_it(bench: Bench) -> None:
    bench.after_look = bench.stop.set
    assert halted(bench.run()).reason == "you took over: you stopped it"
    assert bench.actuator.performed == []


# Changes just before the click


def once(change: Callable[[], None]) -> Callable[[], None]:
    """The change, after the first look only."""
    changes = iter([change])
    return lambda: next(changes, lambda: None)()


def test_a_control_that_moves_just_before_the_click_is_looked_for_again(bench: Bench) -> None:
    def relaid() -> None:
        bench.desktop.shown[0].image = shifted(60, 40)

    bench.after_look = once(relaid)
    assert clicked(bench, bench.run()) == CLICKED.moved(-1200 + 60, -140 + 40)


def test_a_window_that_moves_just_before_the_click_is_looked_at_again(bench: Bench) -> None:
    bench.after_look = once(lambda: bench.desktop.move(77, 33))
    assert clicked(bench, bench.run()) == CLICKED.moved(-1200 + 77, -140 + 33)


def test_a_control_that_is_gone_just_before_the_click_halts(bench: Bench) -> None:
    def gone() -> None:
        bench.desktop.shown[0].image = drawn(cross=None)

    bench.after_look = once(gone)
    halted(bench.run())
    assert bench.actuator.performed == []


def test_a_control_that_never_holds_still_halts(bench: Bench) -> None:
    def jump() -> None:
        # Wherever it is seen, a moment later it is elsewhere.
        bench.desktop.shown[0].image = shifted(0, 60 * (bench.looks % 2))

    bench.desktop.shown[0].image = shifted(0, 60)
    bench.after_look = jump
    assert "does not hold still" in halted(bench.run()).reason
    assert bench.actuator.performed == []


# What is on already


def switched(*, on: bool, image: Image | None = None) -> Image:
    """The window with the cross on a ground of its own, under a dot, while it is on."""
    image = drawn() if image is None else image
    if on:
        box = CROSS.grown(6)
        cv2.rectangle(image, (box.left, box.top), (box.right, box.bottom), (60, 120, 40), cv2.FILLED)
        cv2.circle(image, (CROSS.center.x, CROSS.center.y), 6, (250, 250, 250), cv2.FILLED, cv2.LINE_AA)
        cv2.line(image, (box.left + 4, box.bottom - 4), (box.right - 4, box.top + 4), (250, 250, 250), 2, cv2.LINE_AA)
    return image


def test_a_switch_that_is_on_already_is_left_as_it_is(bench: Bench) -> None:
    bench.after = switched(on=True)
    bench.desktop.shown = [window_at(-1200, -140, switched(on=True))]
    report = bench.run()
    assert isinstance(report.outcome, Finished), report.outcome
    assert bench.actuator.performed == []
    (step,) = report.steps
    assert step.description.endswith(": left out")
    assert "it looks as it did after this step" in step.evidence


def test_a_switch_that_is_off_is_clicked(bench: Bench) -> None:
    bench.after = switched(on=True)
    assert clicked(bench, bench.run()) == CLICKED.moved(-1200, -140)


def test_after_a_switch_that_is_on_already_it_goes_on(bench: Bench) -> None:
    bench.after = switched(on=True)
    bench.desktop.shown = [window_at(-1200, -140, switched(on=True))]
    report = bench.run(CLICKED, CIRCLE)
    assert isinstance(report.outcome, Finished), report.outcome
    assert [step.description.endswith(": left out") for step in report.steps] == [True, False]
    (action,) = bench.actuator.performed
    assert isinstance(action, Click)
    assert CIRCLE.moved(-1200, -140) == action.position


# The page, at last

LABEL = Rect(440, 300, 66, 14)


def lettered(spaced: bool) -> Image:
    """The window with a label more, perhaps one whose letters are far apart."""
    image = drawn()
    for number, letter in enumerate("TREBLE"):
        at = LABEL.left + (26 if spaced else 11) * number, LABEL.bottom
        cv2.putText(image, letter, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (30, 30, 30), 1, cv2.LINE_AA)
    return image


@dataclass
class Reads(Mute):
    """Reads the label in one piece, and spaced out only on the page."""

    line: str
    pages: int = 0

    def read(self, image: Image, boxes: Sequence[Rect]) -> list[str]:
        return ["TREBLE" if box.overlap(LABEL) > 0.5 else "" for box in boxes]

    def read_page(self, image: Image) -> list[TextLine]:
        self.pages += 1
        return [TextLine(self.line, Rect(LABEL.left - 5, LABEL.top - 5, 154, 24), 0.9)]


@pytest.mark.parametrize(("line", "there"), [("T R E B L E", True), ("T R E M O L O", False)])
def test_the_page_is_read_in_the_last_look_and_in_no_other(bench: Bench, line: str, there: bool) -> None:
    bench.reader = reader = Reads(line)
    bench.shown = lettered(spaced=False)
    bench.desktop.shown = [window_at(-1200, -140, lettered(spaced=True))]
    report = bench.run(LABEL.center)
    assert bench.looks >= 3  # at the picture of the macro, while it waits, and the last one
    assert reader.pages == 1
    if there:
        around = Rect(LABEL.left, LABEL.top, 144, LABEL.height).moved(-1200, -140)
        assert around.contains(clicked(bench, report))
    else:
        assert "no label on the screen reads 'TREBLE'" in halted(report).reason


# What the program says


def telling(name: str, role: str = "push button", box: Rect = CROSS) -> Callable[[Window], Sequence[Element]]:
    """A program that names one control; places are of the desktop."""
    return lambda window: [Element(role, name, box.moved(window.rect.left, window.rect.top))]


def test_a_program_that_calls_it_otherwise_halts_it(bench: Bench) -> None:
    bench.told = telling("Repeat")
    outcome = halted(bench.run(role="push button", name="Shuffle"))
    assert "the program calls it 'Repeat', not 'Shuffle'" in outcome.reason
    assert outcome.picture is not None
    assert bench.actuator.performed == []


def test_a_program_that_calls_it_the_same_is_evidence(bench: Bench) -> None:
    bench.told = telling("Shuffle")
    report = bench.run(role="push button", name="Shuffle")
    assert clicked(bench, report) == CLICKED.moved(-1200, -140)
    assert "the program calls it 'Shuffle' as well" in report.steps[0].evidence


def test_a_program_that_corrects_itself_is_believed(bench: Bench) -> None:
    names = iter(["Repeat", "Shuffle"])
    bench.told = lambda window: telling(next(names))(window)
    assert clicked(bench, bench.run(role="push button", name="Shuffle")) == CLICKED.moved(-1200, -140)


@pytest.mark.parametrize("error", [ConnectionResetError("the bus went away"), ValueError("not a box")])
def test_trouble_with_the_program_s_word_does_not_reach_the_replay(bench: Bench, error: Exception) -> None:
    def broken(window: Window) -> Sequence[Element]:
        raise error

    bench.told = broken
    assert clicked(bench, bench.run(role="push button", name="Shuffle")) == CLICKED.moved(-1200, -140)


def test_a_control_that_only_the_program_tells_of_is_clicked(bench: Bench) -> None:
    dim = Rect(430, 280, 60, 60)
    left, top = np.meshgrid(np.arange(SIZE[0]) - dim.center.x, np.arange(SIZE[1]) - dim.center.y)
    shade = 40 * np.exp(-((left / 16) ** 2 + (top / 14) ** 2))[..., None]
    bench.shown = (drawn() - shade).astype(np.uint8)
    assert not any(c.box.intersection(dim) for c in look(bench.shown).candidates)
    bench.told_then = [Element("push button", "Mute", dim)]
    moved = np.roll(bench.shown, (30, 70), axis=(0, 1))
    bench.desktop.shown = [window_at(-1200, -140, moved)]
    bench.told = telling("Mute", box=dim.moved(70, 30))
    report = bench.run(dim.center, role="push button", name="Mute")
    assert clicked(bench, report) == dim.center.moved(70 - 1200, 30 - 140)
    assert report.steps[0].place == dim.moved(70 - 1200, 30 - 140)


def test_a_macro_without_names_listens_to_nobody(bench: Bench) -> None:
    bench.told = telling("Repeat")
    assert clicked(bench, bench.run()) == CLICKED.moved(-1200, -140)
