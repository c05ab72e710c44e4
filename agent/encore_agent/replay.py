"""The closed loop: find each step's target on today's screen, act, check, and halt rather than guess."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, utils

from encore_agent.accessible import ReadElements, heeded, told_elements
from encore_agent.act import Actuator
from encore_agent.describe import describe_step
from encore_agent.effects import PlaybackState, ReadPlayers, await_playback
from encore_agent.errors import AgentError, PersonTookOver
from encore_agent.explain import draw_advice
from encore_agent.find import Absent, Finder, Found, draw_trace
from encore_agent.guard import check_slots, destructive_macro, hand_moved, refuse_place
from encore_agent.messages import (
    EpisodeReport,
    EpisodeStarted,
    Finished,
    Halted,
    Listener,
    StepDone,
    StepStarted,
)
from encore_agent.policy import Advice, Course, OneShot, Policy
from encore_agent.switches import Switch, on_already
from encore_agent.verdict import Verdict, VerdictOptions, judged
from encore_agent.viewing import Eyes as Eyes
from encore_agent.viewing import Halt, Viewer
from encore_models.errors import ModelsError
from encore_models.learn import Look as Look
from encore_models.macro import SLOT_PATTERN, Macro, PlaybackEffect, Step, Target, fill
from encore_models.perception.screen import Scene
from encore_models.perception.settle import settled
from encore_models.perception.situation import NOTHING_SAID, Spoken
from encore_models.store import read_picture
from encore_recorder.actions import Action, DoubleClick, Drag, PressKeys, TypeText
from encore_recorder.errors import RecorderError
from encore_recorder.events import Window
from encore_recorder.frame import Frame
from encore_recorder.geometry import Point, Rect
from encore_recorder.sources.accessibility import Element
from encore_recorder.sources.window import WindowSystem

Times = tuple[float, float]
"""Milliseconds until it was clear what to do, and until that was done."""
Choose = Callable[[str, Sequence[str]], str | None]
"""(slot name, texts on the screen) -> the one that was said, or None where that is not clear."""


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
    verdict: VerdictOptions = field(default_factory=VerdictOptions)
    """How sure the action model and the evidence have to be."""


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
    spoken: Spoken = NOTHING_SAID
    """What was said, for the action model."""


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
        policy: Policy | None = None,
    ) -> None:
        """Put the parts together; nothing is touched yet. Without a policy the evidence decides alone."""
        self._eyes = eyes
        self._windows = windows
        self._viewer = Viewer(eyes, windows)
        self._look = look
        self._finder = finder
        self._actuator = actuator
        self._read_players = read_players
        self._options = options or ReplayOptions()
        self._read_elements = read_elements
        self._policy: Policy = policy or OneShot()
        self._shown: dict[tuple[Path, str], Scene] = {}
        self._switches: dict[tuple[Path, str], Switch] = {}

    def run(self, request: Request, tell: Listener, stop: threading.Event) -> EpisodeReport:
        """Carry out all steps, or halt where one is not possible.

        Args:
            request: The macro and its slot values.
            tell: Told of every step as it happens.
            stop: Set it to end the run before its next action.

        Raises:
            UnknownSlot: The macro has no slot of that name.
            MissingSlot: A slot of the macro has no value.
            BrokenMacro: A picture of the macro cannot be read.
        """
        check_slots(request.macro, request.slots)
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

    def switch_at(self, folder: Path, step: Step) -> Switch | None:
        """What a step switches; None where it does anything else."""
        if step.on is None or step.target is None or not step.after:
            return None
        key = (folder, step.after)
        if key not in self._switches:
            before, after = self.shown_scene(folder, step), self._look(read_picture(folder, step.after), ())
            self._switches[key] = Switch(step.target, before, step.on, after)
        return self._switches[key]


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
    progress: list[int] = field(default_factory=list)
    """What came of each step: 0 not done, 1 done, 2 without effect."""
    course: Course = field(default_factory=OneShot)

    def __post_init__(self) -> None:
        self.values = dict(self.request.slots)
        self.progress = [0] * len(self.request.macro.steps)
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
                raise Halt(f"this macro asks for a yes first, because {why}; run it from the review window")
            self.course = self._begin(macro)
            for index, step in enumerate(macro.steps):
                self._step(index, step)
            outcome = self._finish()
        except (AgentError, ModelsError, RecorderError) as error:
            picture = error.picture if isinstance(error, Halt) else None
            outcome = Halted(
                self.id, min(len(self.done), len(macro.steps) - 1), str(error), self._keep("halted", picture)
            )
        self.tell(outcome)
        return EpisodeReport(self.id, macro.id, dict(self.values), tuple(self.done), outcome, dict(self.timings_ms))

    def _begin(self, macro: Macro) -> Course:
        folder = self.request.folder

        def shown() -> list[Scene]:
            return [self.parts.shown_scene(folder, step) for step in macro.steps]

        return self.parts._policy.begin(macro, folder, shown, self.request.spoken)

    def _step(self, index: int, step: Step) -> None:
        description = describe_step(step, self.values)
        self.tell(StepStarted(self.id, index, description))
        began = time.perf_counter()
        found = self._find(index, step, self.parts._viewer.front(step))
        if found.verdict.do == "skip":
            self._report(index, f"{description}: left out", None, found, (1e3 * (time.perf_counter() - began), 0.0))
            return
        action, place = self._aim(step, found)
        self._check_hands()
        looked = time.perf_counter()
        if step.replaces:
            self.parts._actuator.perform(PressKeys(("ctrl", "a")))
        self.parts._actuator.perform(action)
        self.timings_ms.setdefault("first_action", (time.monotonic_ns() - self.started_ns) / 1e6)
        if not isinstance(action, TypeText | PressKeys):
            self.left_at = action.end if isinstance(action, Drag) else action.position
        acted = time.perf_counter()
        if isinstance(action, TypeText):
            found = replace(found, verdict=replace(found.verdict, why=self._read_back(action.text, found.window)))
        self.progress[index] = 1
        self._report(index, description, place, found, (1e3 * (looked - began), 1e3 * (acted - looked)))

    def _report(self, index: int, description: str, place: Rect | None, found: _Sighting, times: Times) -> None:
        """Tell that a step is done, or was left out."""
        picture = None
        if found.result is not None or found.advice is not None:
            picture = self._keep(f"{index + 1:02d}", self._explained(found.frame, found.result, found.advice))
        done = StepDone(self.id, index, description, place, found.verdict.why, *times, picture)
        self.done.append(done)
        self.tell(done)

    def _explained(self, frame: Frame, result: Found | Absent | None, advice: Advice | None) -> NDArray[np.uint8]:
        """A look as the report shows it: what the finder found, and what the action model said."""
        picture = frame.image if result is None else draw_trace(frame.image, result)
        if advice is None:
            return picture
        return draw_advice(picture, advice, [describe_step(step, self.values) for step in self.request.macro.steps])

    # Looking

    def _settle(self, window: Window) -> Frame:
        return settled(lambda: self.parts._viewer.grab(window), wait=self._wait)

    def _wait(self, seconds: float) -> None:
        self._check_hands()
        self.stop.wait(seconds)

    def _check_hands(self) -> None:
        if self.stop.is_set():
            raise PersonTookOver("you stopped it")
        if hand_moved(self.left_at, self.parts._actuator.pointer()):
            raise PersonTookOver("the mouse moved")

    def _find(self, index: int, step: Step, window: Window) -> _Sighting:
        """Look until it is clear what to do and the target is still there at a second look, or patience ends.

        The last look begins after that, and is a thorough one.
        """
        options = self.parts._options
        deadline = time.monotonic() + max(options.patience_s, 2 * step.pause_ms / 1e3)
        while True:
            last = time.monotonic() > deadline
            window = self.parts._viewer.again(window)
            seen = self._look_once(index, step, window, last)
            verdict, result = seen.verdict, seen.result
            if verdict.do != "look":
                if step.target and step.target.template is not None:
                    # What follows the words is often a list that still fills: a second look, a moment later.
                    self._wait(options.steady_s)
                if not isinstance(result, Found) or verdict.do == "skip":
                    return seen
                if self.parts._finder.still_there(result, self.parts._viewer.grab(window).image):
                    return seen
            if last:
                why = verdict.why if verdict.do == "look" else "the target does not hold still"
                explained = self._explained(seen.frame, result, seen.advice)
                raise Halt(f"{describe_step(step, self.values)}: {why}", explained)
            self._wait(options.retry_s)

    def _look_once(self, index: int, step: Step, window: Window, last: bool) -> _Sighting:
        """What is on the screen, what the finder and the action model make of it, and what follows."""
        frame = self._settle(window)
        told = told_elements(self.parts._read_elements, window, frame.origin) if step.target else []
        now = self.parts._look(frame.image, told)
        result = self._found(step, step.target, now, told, last) if step.target else None
        advice = self.course.advise(now, self.progress, self.values)
        on = self._on_already(step, now, result)
        verdict = judged(step, index, result, advice, self.parts._options.verdict, on)
        return _Sighting(verdict.place or result, frame, window, advice, verdict)

    def _found(self, step: Step, target: Target, now: Scene, told: Sequence[Element], last: bool) -> Found | Absent:
        finder, shown = self.parts._finder, self.parts.shown_scene(self.request.folder, step)
        if target.template is None:
            return heeded(finder.find(target, shown, now, None, thorough=last), target, told)
        text = fill(target.template, self.values)
        if self.request.choose is not None:
            slot = SLOT_PATTERN.findall(target.template)[0]
            titles = [row.text for row in finder.rows_like(target, shown, now)]
            chosen = self.request.choose(slot, titles)
            if chosen is not None:
                # What stands on the screen is how it is spelt: from here on that is the value.
                text = self.values[slot] = chosen
        return finder.find(target, shown, now, text, thorough=last)

    def _on_already(self, step: Step, now: Scene, result: Found | Absent | None) -> Found | None:
        """The step's target, where today's screen shows it as it was after the step."""
        switch = self.parts.switch_at(self.request.folder, step)
        if switch is None or step.target is None:
            return None
        text = None if step.target.template is None else fill(step.target.template, self.values)
        return on_already(self.parts._finder, switch, now, text, result)

    # Acting

    def _aim(self, step: Step, found: _Sighting) -> tuple[Action, Rect | None]:
        """The action with today's place, and the box that was chosen; physical pixels of the desktop."""
        action, result, origin = step.action, found.result, found.frame.origin
        if isinstance(action, TypeText):
            return replace(action, text=fill(action.text, self.values)), None
        if isinstance(action, PressKeys) or not isinstance(result, Found):
            return action, None
        place = result.point.moved(origin.x, origin.y)
        seen_there = self.parts._windows.at(place)
        if refused := refuse_place(place, found.window, self.parts._eyes.bounds, seen_there):
            raise Halt(
                f"{describe_step(step, self.values)}: {refused}", self._explained(found.frame, result, found.advice)
            )
        box = result.box.moved(origin.x, origin.y)
        self.field_box = result.box
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
            raise Halt(f"typed {text!r}, but the field reads {read!r}", frame.image)
        return f"the field reads {read!r}"

    # The end

    def _finish(self) -> Finished | Halted:
        macro = self.request.macro
        verified = None
        if macro.effect is not None:
            problem = self._await_effect(macro.effect)
            if problem is not None and self._nothing_happened():
                # Programs that are busy may lose a double click; opening the same thing again is what a person does.
                self.progress[-1] = 2
                self._step(len(macro.steps) - 1, macro.steps[-1])
                problem = self._await_effect(macro.effect)
            players = {state.player: state for state in self.parts._read_players()}
            if problem is None:
                verified = f"MPRIS: {players[macro.effect.player].title} is {macro.effect.status}"
            elif macro.effect.player in players:
                raise Halt(f"all steps were carried out, but {problem}", self.parts._viewer.everything())
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
    """A look at a window, and what to do."""

    result: Found | Absent | None
    """None where nothing is to be found: typing and keys."""
    frame: Frame
    window: Window
    advice: Advice | None
    verdict: Verdict
