"""Carrying out what was asked for: replaying macros, and acting on controls that are called by their names."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack, closing
from functools import cached_property
from typing import Any

from encore_agent.act import Actuator
from encore_agent.background import Background
from encore_agent.corrections import confirmed
from encore_agent.deeds import Order
from encore_agent.find import Finder
from encore_agent.guard import check_slots
from encore_agent.library import Library
from encore_agent.messages import Accepted, Command, EpisodeReport, Finished, HeardChanged, Rejected, Trouble
from encore_agent.messages import Listener as Tell
from encore_agent.policy import Policy, open_policy
from encore_agent.replay import Replayer, Request
from encore_agent.say import BUILT_IN
from encore_agent.say_session import Request as SayRequest
from encore_agent.say_session import SaySession
from encore_agent.say_sights import Names
from encore_agent.senses import Senses
from encore_models.demonstrated import spoken_command
from encore_models.macro import Macro
from encore_models.perception.action import WEIGHTS
from encore_models.perception.screen import Scene
from encore_models.perception.situation import NOTHING_SAID, Spoken, spoken_of
from encore_models.store import read_picture
from encore_recorder.errors import RecorderError
from encore_recorder.events import Window
from encore_recorder.sources.accessibility import Accessibility, Element
from encore_recorder.sources.playback import players
from encore_recorder.sources.screen import Screen
from encore_recorder.sources.window import OpenWindowSystem, open_window_system

TELLING_S = 0.15
"""How long a program may take to tell what controls it shows."""


class Episodes:
    """Does one thing at a time. Safe to use from several threads."""

    def __init__(
        self,
        library: Library,
        senses: Senses,
        actuator: Callable[[], Actuator],
        tell: Tell,
        macros_changed: Callable[[], None],
    ) -> None:
        """No device is opened yet.

        Args:
            library: Its macros are run; what came of them is noted there.
            senses: What sees.
            actuator: Opens what moves the mouse and types.
            tell: Told how it goes.
            macros_changed: Told when a run taught a macro another value.
        """
        self._library = library
        self._macros_changed = macros_changed
        self._senses = senses
        self._make_actuator = actuator
        self._tell = tell
        self._background = Background("encore-replay", tell)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._current: Future[Any] | None = None
        self._devices = ExitStack()
        self._say_session: SaySession | None = None

    @property
    def running(self) -> bool:
        """Whether a macro runs."""
        return self._current is not None and not self._current.done()

    def plausible(self, macro: Macro) -> float | None:
        """0 where no window of the macro's first step is open, so that it could not even begin; else None.

        An open window says little: it is open all day. For one thread, that of the ears.
        """
        wanted = macro.steps[0].window.app_class
        try:
            return None if any(window.app_class == wanted for window in self._ears_windows.windows()) else 0.0
        except RecorderError:  # without a display nothing is known of it
            return None

    def start_episode(self, order: Order) -> None:
        """Run a macro in the background."""
        with self._lock:
            free = not self.running
            if free:
                self._stop.clear()
                self.forget_choices()
                self._current = self._background.do(self.run, order)
        if not free:
            self._tell(Trouble("a macro is running; say stop first, or wait until it is done"))

    def run(self, order: Order) -> EpisodeReport:
        """Run a macro on the caller's thread, note it in the history, and learn from speech that proved right.

        Raises:
            UnknownMacro: There is no such macro.
            UnknownSlot: It has no slot of that name.
            MissingSlot: A slot has no value.
            NoDisplay: There is no screen.
        """
        macro = self._library.macro(order.macro_id)
        check_slots(macro, order.slots)  # before anything is kept of a run that does not begin
        self._screen.reopen()
        request = Request(
            macro=macro,
            folder=self._library.folder(order.macro_id),
            slots=order.slots,
            episode_folder=self._library.new_episode_folder(),
            choose=order.choose,
            confirmed=order.confirmed,
            asked_ns=order.asked_ns,
            spoken=order.spoken,
        )
        report = self._replayer.run(request, self._tell, self._stop)
        self._library.note_episode(report)
        if isinstance(report.outcome, Finished):
            self._learn_from(order, report, report.outcome.verified_by is not None)
        return report

    def _learn_from(self, order: Order, report: EpisodeReport, verified: bool) -> None:
        """Remember what was said where it proved right, and the values that were typed or proved right."""
        if verified and order.heard_id is not None and confirmed(self._library, order.heard_id):
            self._tell(HeardChanged())
        typed = order.choose is None
        if (verified or typed or order.confirmed) and self._library.note_used(order.macro_id, report.slots):
            self._macros_changed()

    def prepare(self, macro: Macro) -> None:
        """Let the action model look at a new macro's demonstration, in the background, before it is asked for."""
        folder = self._library.folder(macro.id)

        def shown() -> list[Scene]:
            return [self._senses.look(read_picture(folder, step.before)) for step in macro.steps]

        self._background.do(lambda: self._policy.begin(macro, folder, shown, NOTHING_SAID))

    def stop_episode(self) -> None:
        """End the running macro before its next action."""
        self._stop.set()

    # Saying what is seen

    @property
    def choosing(self) -> bool:
        """Whether numbered controls wait to be chosen."""
        return self._say_session is not None and self._say_session.choosing

    def forget_choices(self) -> None:
        """Let no control wait to be chosen any more."""
        if self._say_session is not None:
            self._say_session.forget(self._tell)

    def start_saying(self, request: SayRequest) -> None:
        """Act on a control that was called by its name, in the background."""
        with self._lock:
            if not self.running:
                self._stop.clear()
                self._current = self._background.do(self._say, request)

    def _say(self, request: SayRequest) -> None:
        if self._say_session is None:
            names = Names(self._senses.clip)
            self._say_session = SaySession(
                self._screen,
                self._windows,
                self._senses.look,
                names,
                self._actuator,
                read_elements=self._elements_of,
            )
        began = time.perf_counter()
        self._screen.reopen()
        outcome = self._say_session.carry_out(request, self._tell, self._stop)
        if isinstance(outcome, Rejected):
            self._library.note_heard(outcome)
        else:
            command = Command(BUILT_IN.id, request.saying.words(), 1.0)
            self._library.note_heard(Accepted(request.text, command, 1e3 * (time.perf_counter() - began)))

    def close(self) -> None:
        """Stop what runs and close every device. Idempotent."""
        self.stop_episode()
        self._background.shutdown()
        self._devices.close()

    # Devices, opened when first used

    @cached_property
    def _screen(self) -> Screen:
        return self._devices.enter_context(Screen())

    @cached_property
    def _windows(self) -> OpenWindowSystem:
        return self._devices.enter_context(closing(open_window_system()))

    @cached_property
    def _ears_windows(self) -> OpenWindowSystem:
        """A connection of their own, since they ask while a macro runs."""
        return self._devices.enter_context(closing(open_window_system()))

    @cached_property
    def _actuator(self) -> Actuator:
        return self._make_actuator()

    @cached_property
    def _replayer(self) -> Replayer:
        return Replayer(
            self._screen,
            self._windows,
            self._senses.look,
            Finder(self._senses.reader),
            self._actuator,
            players,
            read_elements=self._elements_of,
            policy=self._policy,
        )

    @cached_property
    def _policy(self) -> Policy:
        """The action model, the user's own first; without one that can be used the evidence decides alone."""
        folders = (self._library.action_model_folder, WEIGHTS)
        return open_policy(
            folders, lambda: self._senses.clip, self._spoken_when_shown, lambda what: self._tell(Trouble(what))
        )

    def _spoken_when_shown(self, macro: Macro) -> Spoken:
        """What was said in a macro's demonstration; nothing, where that is no longer there."""
        try:
            with self._library.demonstration(macro.demonstration) as shown:
                sound = spoken_command(shown)
        except (RecorderError, OSError):
            return NOTHING_SAID
        if not len(sound):
            return NOTHING_SAID
        encoded, printer = self._senses.voice().encode(sound), self._senses.printer()
        return spoken_of(encoded, printer.printed(encoded) if printer is not None else None)

    @cached_property
    def _programs(self) -> Accessibility:
        return self._devices.enter_context(Accessibility())

    def _elements_of(self, window: Window) -> list[Element]:
        """What the window's program tells of its controls; asked in the background, one thing at a time."""
        return [] if window.pid is None else self._programs.elements(window.pid, window.rect, TELLING_S)
