"""The closed loop: find each step's target on today's screen, act, check, and halt rather than guess."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, utils

from encore_agent.accessible import ReadElements, heeded, told_elements
from encore_agent.act import Actuator
from encore_agent.describe import describe_step
from encore_agent.effects import PlaybackState, ReadPlayers, await_playback
from encore_agent.errors import AgentError, MissingSlot, PersonTookOver
from encore_agent.find import Absent, Finder, Found, draw_trace
from encore_agent.guard import destructive_macro, hand_moved, refuse_place
from encore_agent.messages import (
    EpisodeReport,
    EpisodeStarted,
    Finished,
    Halted,
    Listener,
    StepDone,
    StepStarted,
)
from encore_models.learn import Look as Look
from encore_models.macro import SLOT_PATTERN, Macro, PlaybackEffect, Step, fill
from encore_models.perception.screen import Scene
from encore_models.perception.settle import settled
from encore_models.store import read_picture
from encore_recorder.actions import Action, DoubleClick, Drag, PressKeys, TypeText
from encore_recorder.errors import RecorderError, ScreenLost
from encore_recorder.events import Window
from encore_recorder.frame import Frame
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element
from encore_recorder.sources.window import WindowSystem

Choose = Callable[[str, Sequence[str]], str | None]
"""(slot name, texts on the screen) -> the one that was said, or None where that is not clear."""


class Eyes(Protocol):
    """What the replay needs of the screen (see `encore_recorder.sources.screen.Screen`)."""

    @property
    def bounds(self) -> Rect:
        """All monitors together."""

    def grab(self, rect: Rect | None = None) -> Frame:
        """The screen as it is now, or a part of it.

        Raises:
            ScreenLost: It cannot be read any more.
        """


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How patient a replay is."""

    patience_s: float = 6.0
    """How long a target may take to appear before the replay halts."""
    retry_s: float = 0.2
    """Pause between two looks."""
    steady_s: float = 0.15
    """How long a target that follows what was said must stay before it is acted on."""
    effect_s: float = 3.0
    """How long the effect may take to show."""
    read_back: float = 70.0
    """Percent of likeness from which typed text counts as arrived."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to run, and on whose behalf."""

    macro: Macro
    folder: Path
    """The macro's folder."""
    slots: dict[str, str]
    episode_folder: Path
    """Exists; pictures of the steps go there. Its name is the episode's id."""
    choose: Choose | None = None
    """Picks among texts on the screen by what was heard; None where the values were typed."""
    confirmed: bool = False
    """The person said yes to what the macro does."""
    asked_ns: int | None = None
    """`time.monotonic_ns` when the speech ended; None counts from the start of the run."""


class _Halt(AgentError):
    """Ends the episode; carries what the report shows."""

    def __init__(self, reason: str, picture: NDArray[np.uint8] | None = None) -> None:
        super().__init__(reason)
        self.picture = picture


class Replayer:
    """Runs macros, one at a time."""

    def __init__(
        self,
        eyes: Eyes,
        windows: WindowSystem,
        look: Look,
        finder: Finder,
        actuator: Actuator,
        read_players: ReadPlayers,
        options: ReplayOptions | None = None,
        read_elements: ReadElements = lambda window: (),
    ) -> None:
        """Put the parts together; nothing is touched yet."""
        self._eyes = eyes
        self._windows = windows
        self._look = look
        self._finder = finder
        self._actuator = actuator
        self._read_players = read_players
        self._options = options or ReplayOptions()
        self._read_elements = read_elements
        self._shown: dict[tuple[Path, str], Scene] = {}

    def run(self, request: Request, tell: Listener, stop: threading.Event) -> EpisodeReport:
        """Carry out all steps, or halt where one is not possible.

        Args:
            request: The macro and its slot values.
            tell: Told of every step as it happens.
            stop: Set it to end the run before its next action.

        Raises:
            MissingSlot: A slot of the macro has no value.
            BrokenMacro: A picture of the macro cannot be read.
        """
        missing = [slot.name for slot in request.macro.slots if not request.slots.get(slot.name, "").strip()]
        if missing:
            raise MissingSlot(request.macro.id, missing)
        episode = _Episode(self, request, tell, stop)
        return episode.run()

    def shown_scene(self, folder: Path, step: Step) -> Scene:
        """The picture of a step as it was shown, analysed once."""
        key = (folder, step.before)
        if key not in self._shown:
            target = step.target
            # Where only the program told that something is there, it has to be told again.
            told = [Element(target.role, target.name, target.box)] if target is not None and target.role else []
            self._shown[key] = self._look(read_picture(folder, step.before), told)
        return self._shown[key]


@dataclass
class _Episode:
    """One run: its values, its trace and where the pointer was left."""

    parts: Replayer
    request: Request
    tell: Listener
    stop: threading.Event
    values: dict[str, str] = field(default_factory=dict)
    done: list[StepDone] = field(default_factory=list)
    timings_ms: dict[str, float] = field(default_factory=dict)
    left_at: Point | None = None
    players_before: list[PlaybackState] = field(default_factory=list)
    field_box: Rect | None = None
    """Where typed text will appear, pixels of the window picture: the box of the last pointer target."""

    def __post_init__(self) -> None:
        self.values = dict(self.request.slots)
        self.started_ns = time.monotonic_ns() if self.request.asked_ns is None else self.request.asked_ns

    @property
    def id(self) -> str:
        return self.request.episode_folder.name

    def run(self) -> EpisodeReport:
        macro = self.request.macro
        self.tell(EpisodeStarted(self.id, macro.id, dict(self.values)))
        if macro.effect is not None:
            self.players_before = list(self.parts._read_players())
        outcome: Finished | Halted
        try:
            if not self.request.confirmed and (why := destructive_macro(macro)):
                raise _Halt(f"this macro asks for a yes first, because {why}; run it from the review window")
            for index, step in enumerate(macro.steps):
                self._step(index, step)
            outcome = self._finish()
        except (AgentError, RecorderError) as error:
            picture = error.picture if isinstance(error, _Halt) else None
            outcome = Halted(
                self.id, min(len(self.done), len(macro.steps) - 1), str(error), self._keep("halted", picture)
            )
        self.tell(outcome)
        return EpisodeReport(self.id, macro.id, dict(self.values), tuple(self.done), outcome, dict(self.timings_ms))

    def _step(self, index: int, step: Step) -> None:
        description = describe_step(step, self.values)
        self.tell(StepStarted(self.id, index, description))
        began = time.perf_counter()
        window = self._window(step)
        found = self._find(step, window) if step.target else None
        if found is None:
            self._settle(window)
        action, place = self._aim(step, window, found)
        self._check_hands()
        looked = time.perf_counter()
        if step.replaces:
            self.parts._actuator.perform(PressKeys(("ctrl", "a")))
        self.parts._actuator.perform(action)
        self.timings_ms.setdefault("first_action", (time.monotonic_ns() - self.started_ns) / 1e6)
        if not isinstance(action, TypeText | PressKeys):
            self.left_at = action.end if isinstance(action, Drag) else action.position
        acted = time.perf_counter()
        picture = self._keep(f"{index + 1:02d}", draw_trace(found.frame.image, found.result)) if found else None
        evidence = found.result.evidence if found else "keyboard"
        if isinstance(action, TypeText):
            evidence = self._read_back(action.text, window)
        done = StepDone(
            self.id,
            index,
            description,
            place,
            evidence,
            1e3 * (looked - began),
            1e3 * (acted - looked),
            picture,
        )
        self.done.append(done)
        self.tell(done)

    # Looking

    def _window(self, step: Step) -> Window:
        """The step's window, in front."""
        candidates = [w for w in self.parts._windows.windows() if w.app_class == step.window.app_class]
        if not candidates:
            raise _Halt(
                f"no window of {step.window.app_class} is open; start the program and say it again",
                self._all(),
            )
        focused = self.parts._windows.focused()
        window = next((w for w in candidates if w == focused), candidates[0])
        if window != focused:
            self.parts._windows.activate(window)
        return window

    def _all(self) -> NDArray[np.uint8] | None:
        """The whole screen for the report; None where it cannot be seen."""
        try:
            return self.parts._eyes.grab().image
        except ScreenLost:
            return None

    def _grab(self, window: Window) -> Frame:
        """What of the window is on the screen: it may hang over an edge, so the picture may begin inside of it."""
        if window.rect.intersection(self.parts._eyes.bounds) is None:
            raise _Halt(f"the window of {window.app_class} lies outside of the screen; bring it back and say it again")
        try:
            return self.parts._eyes.grab(window.rect)
        except ScreenLost as error:
            raise _Halt(
                f"the screen can no longer be seen ({error.reason}): was a monitor unplugged or switched? "
                "Look where the window is now, and say it again"
            ) from error

    def _settle(self, window: Window) -> Frame:
        return settled(lambda: self._grab(window), wait=self._wait)

    def _wait(self, seconds: float) -> None:
        self._check_hands()
        self.stop.wait(seconds)

    def _check_hands(self) -> None:
        if self.stop.is_set():
            raise PersonTookOver("you said stop")
        if hand_moved(self.left_at, self.parts._actuator.pointer()):
            raise PersonTookOver("the mouse moved")

    def _find(self, step: Step, window: Window) -> _Sighting:
        """Look until the target is there, still there at a second look, or patience ends."""
        options = self.parts._options
        deadline = time.monotonic() + max(options.patience_s, 2 * step.pause_ms / 1e3)
        while True:
            window = self._same_window(window)
            frame = self._settle(window)
            result = self._look_once(step, window, frame)
            if isinstance(result, Found) and step.target and step.target.template is not None:
                # What follows the words is often a list that still fills: a second look, a moment later.
                self._wait(options.steady_s)
            if isinstance(result, Found) and self.parts._finder.still_there(result, self._grab(window).image):
                return _Sighting(result, frame, window)
            if time.monotonic() > deadline:
                reason = result.reason if isinstance(result, Absent) else "the target does not hold still"
                raise _Halt(f"{describe_step(step, self.values)}: {reason}", draw_trace(frame.image, result))
            self._wait(options.retry_s)

    def _same_window(self, window: Window) -> Window:
        """The window as it lies now; its title and place may have changed."""
        same = [w for w in self.parts._windows.windows() if (w.app_class, w.pid) == (window.app_class, window.pid)]
        if not same:
            raise _Halt(f"the window of {window.app_class} was closed", self._all())
        return same[0]

    def _look_once(self, step: Step, window: Window, frame: Frame) -> Found | Absent:
        assert step.target is not None
        shown = self.parts.shown_scene(self.request.folder, step)
        told = told_elements(self.parts._read_elements, window, frame.origin)
        now = self.parts._look(frame.image, told)
        if step.target.template is None:
            return heeded(self.parts._finder.find(step.target, shown, now, None), step.target, told)
        text = fill(step.target.template, self.values)
        if self.request.choose is not None:
            slot = SLOT_PATTERN.findall(step.target.template)[0]
            titles = [row.text for row in self.parts._finder.rows_like(step.target, shown, now)]
            chosen = self.request.choose(slot, titles)
            if chosen is not None:
                # What stands on the screen is how it is spelt: from here on that is the value.
                text = self.values[slot] = chosen
        return self.parts._finder.find(step.target, shown, now, text)

    # Acting

    def _aim(self, step: Step, window: Window, found: _Sighting | None) -> tuple[Action, Rect | None]:
        """The action with today's place, and the box that was chosen; physical pixels of the desktop."""
        action = step.action
        if isinstance(action, TypeText):
            return replace(action, text=fill(action.text, self.values)), None
        if isinstance(action, PressKeys) or found is None:
            return action, None
        window = found.window
        origin = found.frame.origin
        place = found.result.point.moved(origin.x, origin.y)
        seen_there = self.parts._windows.at(place)
        if refused := refuse_place(place, window, self.parts._eyes.bounds, seen_there):
            raise _Halt(f"{describe_step(step, self.values)}: {refused}", draw_trace(found.frame.image, found.result))
        box = found.result.box.moved(origin.x, origin.y)
        self.field_box = found.result.box
        if isinstance(action, Drag):
            shift = (place.x - action.position.x, place.y - action.position.y)
            return replace(action, position=place, end=action.end.moved(*shift)), box
        return replace(action, position=place), box

    def _read_back(self, text: str, window: Window) -> str:
        """Check that typed text arrived where the last click went.

        Returns:
            What was read, for the trace.
        """
        if self.field_box is None:
            return "typed; no field known to read back"
        frame = self._settle(window)
        read = self.parts._look(frame.image).text_at(self.field_box)
        likeness = fuzz.partial_ratio(text, read, processor=utils.default_process)
        if likeness < self.parts._options.read_back:
            raise _Halt(f"typed {text!r}, but the field reads {read!r}", frame.image)
        return f"the field reads {read!r}"

    # The end

    def _finish(self) -> Finished | Halted:
        macro = self.request.macro
        verified = None
        if macro.effect is not None:
            problem = self._await_effect(macro.effect)
            if problem is not None and self._nothing_happened():
                # Programs lose a double click while they redraw; opening the same thing again is what a person does.
                self._step(len(macro.steps) - 1, macro.steps[-1])
                problem = self._await_effect(macro.effect)
            players = {state.player: state for state in self.parts._read_players()}
            if problem is None:
                verified = f"MPRIS: {players[macro.effect.player].title} is {macro.effect.status}"
            elif macro.effect.player in players:
                raise _Halt(f"all steps were carried out, but {problem}", self._all())
        total_ms = (time.monotonic_ns() - self.started_ns) / 1e6
        self.timings_ms["total"] = total_ms
        return Finished(self.id, verified, total_ms)

    def _await_effect(self, effect: PlaybackEffect) -> str | None:
        return await_playback(effect, self.values, self.parts._read_players, self.parts._options.effect_s, self.stop)

    def _nothing_happened(self) -> bool:
        """Whether the macro ended with a double click, and no player has noticed anything since the run began."""
        last = self.request.macro.steps[-1].action
        return isinstance(last, DoubleClick) and list(self.parts._read_players()) == self.players_before

    def _keep(self, name: str, picture: NDArray[np.uint8] | None) -> Path | None:
        """Write a picture of the trace; a full disk costs the picture, not the run."""
        if picture is None:
            return None
        path = self.request.episode_folder / f"{name}.png"
        return path if cv2.imwrite(str(path), picture) else None


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A target found on a picture of its window."""

    result: Found
    frame: Frame
    window: Window
