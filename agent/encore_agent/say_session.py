"""Say what you see, carried out: look at the focused window, find what was called, click it or ask by numbers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encore_agent.accessible import ReadElements, told_elements
from encore_agent.act import Actuator
from encore_agent.errors import AgentError, PersonTookOver
from encore_agent.evidence import PATCH, correlation, cut
from encore_agent.guard import destructive_word, hand_moved, refuse_place
from encore_agent.messages import Choice, ChoicesGone, ChoicesShown, Clicked, Listener, Rejected
from encore_agent.replay import Eyes, Look
from encore_agent.say import Cancel, Number, Say, SayAction, Saying, ShowNumbers, bare_name
from encore_agent.say_find import Option, Ranking, everything, rank
from encore_agent.say_sights import Names, Sights
from encore_models.errors import ModelsError
from encore_models.perception.settle import settled
from encore_recorder.actions import Click, DoubleClick
from encore_recorder.errors import RecorderError
from encore_recorder.events import Window
from encore_recorder.frame import Frame
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.window import WindowSystem

Outcome = Clicked | ChoicesShown | ChoicesGone | Rejected
ChooseName = Callable[[Sequence[str]], str | None]
"""Texts on the screen -> the one that was said, or None where that is not clear."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How patient it is."""

    choices_s: float = 10.0
    """How long numbers stay."""
    clear_away_s: float = 1.0
    """How long the numbers may take to leave the screen."""
    retry_s: float = 0.05
    """Pause between two looks."""
    still: float = 0.95
    """Correlation from which a place still shows what was found there."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was said."""

    saying: Saying
    text: str
    """The words as heard."""
    asked_ns: int
    """`time.monotonic_ns` when the speech ended."""
    choose: ChooseName | None = None
    """Picks among texts on the screen by what was heard, where the words as written fit none."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A control on a picture of its window."""

    option: Option
    window: Window
    frame: Frame
    action: SayAction

    @property
    def rect(self) -> Rect:
        """Physical pixels of the virtual desktop."""
        return self.option.box.moved(self.frame.origin.x, self.frame.origin.y)

    @property
    def point(self) -> Point:
        """Where to act, physical pixels of the virtual desktop."""
        return self.rect.center

    def still_there(self, image: NDArray[np.uint8], least: float) -> bool:
        """Whether the window, as it is now, still shows there what it showed."""
        middle = self.option.box.center
        around = Rect(middle.x - PATCH[0] // 2, middle.y - PATCH[1] // 2, *PATCH)
        return correlation(cut(self.frame.image, around), cut(image, around)) >= least


class _Refused(AgentError):
    """Ends what was begun; the message says why."""


class SaySession:
    """Carries out what is said, one thing at a time, and remembers what is numbered."""

    def __init__(
        self,
        eyes: Eyes,
        windows: WindowSystem,
        look: Look,
        names: Names,
        actuator: Actuator,
        options: SessionOptions | None = None,
        read_elements: ReadElements = lambda window: (),
    ) -> None:
        """Put the parts together; nothing is looked at yet."""
        self._eyes = eyes
        self._windows = windows
        self._look = look
        self._names = names
        self._actuator = actuator
        self._options = options or SessionOptions()
        self._read_elements = read_elements
        self._shown: tuple[_Seen, ...] = ()
        self._until = 0.0

    @property
    def choosing(self) -> bool:
        """Whether numbers are shown."""
        return bool(self._shown) and time.monotonic() < self._until

    def forget(self, tell: Listener) -> None:
        """Take the numbers away, if there are any."""
        if self.choosing:
            tell(ChoicesGone())
        self._shown = ()

    def carry_out(self, request: Request, tell: Listener, stop: threading.Event) -> Outcome:
        """Do what was said, ask which one is meant, or say why not.

        Args:
            request: What was said.
            tell: Told when numbers go, and what came of it.
            stop: Set it to stop before the click.

        Returns:
            What was told last, or would have been.
        """
        pointer = self._actuator.pointer()
        chosen, were_shown = self._shown if self.choosing else (), self.choosing
        self.forget(tell)
        outcome: Outcome
        try:
            match request.saying:
                case Number(number):
                    outcome = self._act(self._numbered(chosen, number), request, pointer, stop)
                case Cancel():
                    return ChoicesGone()
                case ShowNumbers():
                    window, frame = self._see(were_shown, stop)
                    options = everything(self._sights(window, frame))
                    outcome = self._ask("everything that can be clicked", options, window, frame, "click", request)
                case Say():
                    outcome = self._say(request, request.saying, pointer, were_shown, stop)
        except (AgentError, ModelsError, RecorderError) as error:
            outcome = Rejected(request.text, str(error))
        tell(outcome)
        return outcome

    def _say(
        self, request: Request, say: Say, pointer: Point, were_shown: bool, stop: threading.Event
    ) -> Clicked | ChoicesShown:
        window, frame = self._see(were_shown, stop)
        sights = self._sights(window, frame)
        name, ranking = say.name, rank(sights, say.name)
        if ranking.decision != "clear" and request.choose is not None and not sights.knows(name):
            # It may have been misheard: "Sheffield" for "shuffle".
            name = bare_name(request.choose(sights.sayable()) or name)
            ranking = rank(sights, name)
        if ranking.decision == "nothing":
            raise _Refused(_not_there(name, ranking))
        reason = _which(name, ranking)
        if ranking.decision == "clear":
            option = ranking.options[0]
            if not (option.destructive or destructive_word(name)):
                return self._act(_Seen(option, window, frame, say.action), request, pointer, stop)
            reason = f"really “{option.name}”?"
        return self._ask(reason, ranking.options, window, frame, say.action, request)

    # Looking

    def _see(self, were_shown: bool, stop: threading.Event) -> tuple[Window, Frame]:
        """The focused window and its picture."""
        if were_shown:
            # The numbers lie over the window until the window system has drawn what is below them.
            stop.wait(self._options.clear_away_s / 4)
        window = self._windows.focused()
        if window is None:
            raise _Refused("no window has the focus; click into one and say it again")
        return window, settled(lambda: self._grab(window), wait=lambda seconds: self._wait(seconds, stop))

    def _grab(self, window: Window) -> Frame:
        if window.rect.intersection(self._eyes.bounds) is None:
            raise _Refused(f"the window {window.title!r} lies outside of the screen")
        return self._eyes.grab(window.rect)

    def _wait(self, seconds: float, stop: threading.Event) -> None:
        if stop.wait(seconds):
            raise PersonTookOver("you stopped it")

    def _sights(self, window: Window, frame: Frame) -> Sights:
        told = told_elements(self._read_elements, window, frame.origin)
        return Sights(self._look(frame.image, told), self._names)

    # Asking

    def _ask(
        self,
        reason: str,
        options: Sequence[Option],
        window: Window,
        frame: Frame,
        action: SayAction,
        request: Request,
    ) -> ChoicesShown:
        if not options:
            raise _Refused(f"nothing to click was seen in {window.title!r}")
        self._shown = tuple(_Seen(option, window, frame, action) for option in options)
        self._until = time.monotonic() + self._options.choices_s
        choices = tuple(Choice(n, seen.option.name, seen.rect) for n, seen in enumerate(self._shown, start=1))
        return ChoicesShown(request.text, reason, choices, self._options.choices_s)

    def _numbered(self, chosen: Sequence[_Seen], number: int) -> _Seen:
        if not 1 <= number <= len(chosen):
            raise _Refused(f"there is no number {number}; the numbers went up to {len(chosen)}")
        return chosen[number - 1]

    # Acting

    def _act(self, seen: _Seen, request: Request, pointer: Point, stop: threading.Event) -> Clicked:
        window, place = seen.window, seen.point
        description = f"{seen.action} “{seen.option.name}”"
        focused = self._windows.focused()
        if focused is None or (focused.app_class, focused.pid, focused.rect) != (
            window.app_class,
            window.pid,
            window.rect,
        ):
            raise _Refused(f"{description}: the window is no longer where it was; say it again")
        if refused := refuse_place(place, window, self._eyes.bounds, self._windows.at(place)):
            raise _Refused(f"{description}: {refused}")
        self._verify(seen, description, stop)
        if stop.is_set():
            raise PersonTookOver("you stopped it")
        if hand_moved(pointer, self._actuator.pointer()):
            raise PersonTookOver("the mouse moved")
        self._actuator.perform(_action(seen.action, place))
        total_ms = (time.monotonic_ns() - request.asked_ns) / 1e6
        return Clicked(request.text, description, seen.rect, seen.option.evidence, total_ms)

    def _verify(self, seen: _Seen, description: str, stop: threading.Event) -> None:
        """Wait until the place shows again what it showed; the numbers may still lie over it."""
        deadline = time.monotonic() + self._options.clear_away_s
        while not seen.still_there(self._grab(seen.window).image, self._options.still):
            if time.monotonic() > deadline:
                raise _Refused(f"{description}: it changed meanwhile; say it again")
            self._wait(self._options.retry_s, stop)


def _action(action: SayAction, place: Point) -> Click | DoubleClick:
    match action:
        case "double click":
            return DoubleClick(place)
        case "right click":
            return Click(place, "right")
    return Click(place)


def _not_there(name: str, ranking: Ranking) -> str:
    nearest = " and ".join(f"“{text}”" for text in ranking.nearest)
    return f"nothing here is called “{name}”" + (f"; nearest are {nearest}" if nearest else "")


def _which(name: str, ranking: Ranking) -> str:
    return f"which “{name}”?" if len(ranking.options) > 1 else f"is this “{name}”?"
