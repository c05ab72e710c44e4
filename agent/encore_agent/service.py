"""The running agent: record and learn, listen and understand, replay; it speaks in `AgentEvent`s.

Every method returns at once and may be called from any thread. Learning, listening and replaying have a
thread each; what comes of them is told to the subscribers, from those threads.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import cached_property
from typing import Any

from encore_agent.act import Actuator, PyAutoGuiActuator
from encore_agent.ears import Ears
from encore_agent.errors import AgentError
from encore_agent.find import Finder
from encore_agent.hotkey import LISTEN, RECORD, STOP
from encore_agent.library import Library
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Command,
    EpisodeReport,
    Found,
    Learned,
    LibraryChanged,
    Listener,
    Moment,
    Progress,
    RecordingPaused,
    RecordingStarted,
    RecordingStopped,
    Rejected,
    Trouble,
)
from encore_agent.replay import Choose, Replayer, Request
from encore_agent.say import BUILT_IN
from encore_agent.say_session import Request as SayRequest
from encore_agent.say_session import SaySession
from encore_agent.say_sights import Names
from encore_agent.search import search
from encore_agent.senses import Senses
from encore_agent.settings import Settings
from encore_agent.sights import Watch
from encore_models.learn import learn
from encore_models.macro import Macro
from encore_recorder.demonstration import Demonstration
from encore_recorder.events import Window
from encore_recorder.recorder import Recorder, RecorderOptions
from encore_recorder.sources.accessibility import Accessibility, Element
from encore_recorder.sources.playback import players
from encore_recorder.sources.screen import Screen
from encore_recorder.sources.window import OpenWindowSystem, open_window_system

log = logging.getLogger(__name__)

TELLING_S = 0.15
"""How long a program may take to tell what controls it shows."""


class Service:
    """One running Encore."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        senses: Senses,
        actuator: Callable[[], Actuator] = PyAutoGuiActuator,
    ) -> None:
        """Put the parts together; no device is opened yet."""
        self.settings = settings
        self.library = library
        self.senses = senses
        self._make_actuator = actuator
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()
        self._learning = ThreadPoolExecutor(1, "encore-learn")
        self._episodes = ThreadPoolExecutor(1, "encore-replay")
        self._stop_episode = threading.Event()
        self._stop_search = threading.Event()
        self._episode: Future[EpisodeReport | None] | None = None
        self._devices = ExitStack()
        self._recorder: Recorder | None = None
        self._recording_since = 0.0
        self._listening_before = False
        self._ears = Ears(library, self, self.tell, settings.say_what_you_see)
        self._say_session: SaySession | None = None

    # Telling

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` every event from now on; returns what ends that."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def tell(self, event: AgentEvent) -> None:
        """Hand an event to every subscriber."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(event)

    def _progress(self, what: str, done: float) -> None:
        self.tell(Progress(what, done))

    def _in_background(self, pool: ThreadPoolExecutor, work: Callable[..., Any], *args: Any) -> Future[Any]:
        def guarded() -> Any:
            try:
                return work(*args)
            except Exception as error:  # the thread's outermost loop: nobody above would see it
                if not isinstance(error, AgentError | ValueError | OSError | RuntimeError):
                    log.exception("unexpected error in the background")
                self.tell(Trouble(str(error)))
                return None

        return pool.submit(guarded)

    # Recording and learning

    @property
    def recording(self) -> bool:
        """Whether a demonstration is being recorded."""
        return self._recorder is not None

    @property
    def recording_seconds(self) -> float:
        """Seconds since the recording began; 0 where none runs."""
        return time.monotonic() - self._recording_since if self.recording else 0.0

    @property
    def recording_level(self) -> float:
        """Loudness of the recording's microphone, 0 to 1."""
        recorder = self._recorder
        return recorder.level if recorder else 0.0

    def start_recording(self) -> None:
        """Begin a demonstration; Encore stops listening for commands meanwhile."""
        with self._lock:
            if self._recorder is not None:
                return
            self._listening_before = self.listening
            self.set_listening(False)
            recorder = self._new_recorder()
            try:
                recorder.start()
            except (OSError, RuntimeError) as error:
                self.tell(Trouble(str(error)))
                return
            self._recorder, self._recording_since = recorder, time.monotonic()
        self.tell(RecordingStarted(recorder.folder.name))

    def _new_recorder(self) -> Recorder:
        options = RecorderOptions(
            fps=self.settings.fps, device=self.settings.microphone, own_pids=frozenset({os.getpid()})
        )
        return Recorder(self.library.new_demonstration_folder(), options)

    def record_now(self, done: threading.Event, seconds: float | None, started: Callable[[], None]) -> Demonstration:
        """Record on the caller's thread until `done` is set or the time is over.

        Raises:
            RecorderError: It cannot be recorded; what was recorded before the error is kept.
        """
        recorder = self._new_recorder()
        recorder.start()
        started()
        done.wait(seconds)
        return recorder.stop()

    def pause_recording(self, on: bool) -> None:
        """Keep nothing from now on, or go on."""
        recorder = self._recorder
        if recorder is not None:
            (recorder.pause if on else recorder.resume)()
            self.tell(RecordingPaused(on))

    def stop_recording(self, learn_it: bool = True) -> None:
        """End the demonstration and learn from it in the background."""
        with self._lock:
            recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._in_background(self._learning, self._finish_recording, recorder, learn_it)

    def _finish_recording(self, recorder: Recorder, learn_it: bool) -> None:
        try:
            with recorder.stop() as demonstration:
                self.tell(RecordingStopped(demonstration.info.id, demonstration.path))
                if learn_it:
                    self.learn(demonstration)
        finally:
            if self._listening_before:
                self.set_listening(True)

    def learn(self, demonstration: Demonstration, phrase: str | None = None) -> Macro:
        """Learn a macro now, on the caller's thread, and put it in the library.

        Raises:
            NothingToLearn: The demonstration holds no macro.
        """
        learning = learn(
            demonstration,
            self.senses.voice(self._progress),
            self.senses.look,
            self.library.new_macro_id,
            phrase,
            [frozenset(hotkey.keys) for hotkey in (RECORD, LISTEN, STOP)],
            self._progress,
        )
        macro = learning.macro
        notes = self.library.add(learning)
        self._macros_changed()
        self.tell(Learned(macro.id, macro.name, tuple(p.text for p in macro.phrases), len(macro.steps), notes))
        return macro

    # The library

    def rename(self, macro_id: str, name: str) -> None:
        """Give a macro another name."""
        self.library.rename(macro_id, name)
        self._macros_changed()

    def add_slot_values(self, macro_id: str, slot: str, values: list[str]) -> Macro:
        """Tell Encore values that a slot may take."""
        macro = self.library.add_slot_values(macro_id, slot, values)
        self._macros_changed()
        return macro

    def add_phrase(self, macro_id: str, text: str) -> None:
        """Add another wording of a macro's command."""
        self.library.add_phrase(macro_id, text)
        self._macros_changed()

    def delete(self, macro_id: str) -> None:
        """Move a macro to the trash."""
        self.library.delete(macro_id)
        self._macros_changed()

    def _macros_changed(self) -> None:
        self._ears.macros_changed()
        self.tell(LibraryChanged())

    # Listening

    @property
    def listening(self) -> bool:
        """Whether commands are listened for."""
        return self._ears.open

    @property
    def listening_level(self) -> float:
        """Loudness of the microphone that is listened to, 0 to 1."""
        return self._ears.level

    def set_listening(self, on: bool) -> None:
        """Listen for commands, or no longer."""
        if on:
            self._in_background(self._learning, self.listen_now)
        else:
            self._ears.close()

    def prepare(self) -> None:
        """Get the hearing model ready now, on the caller's thread.

        Raises:
            ModelsError: It cannot be prepared.
        """
        self.senses.voice(self._progress)

    def listen_now(self) -> None:
        """Start to listen on the caller's thread, so that an error reaches it.

        Raises:
            NoMicrophone: There is none.
            ModelsError: The hearing model cannot be prepared.
        """
        voice = self.senses.voice(self._progress)
        with self._lock:
            if not self.recording:
                self._ears.start(voice, self.settings.microphone)

    # Saying what is seen

    @property
    def saying(self) -> bool:
        """Whether controls can be called by their names, without any macro."""
        return self._ears.saying

    def set_saying(self, on: bool) -> None:
        """Let controls be called by their names, or no longer."""
        self._ears.saying = on
        if not on and self._say_session is not None:
            self._say_session.forget(self.tell)

    @property
    def choosing(self) -> bool:
        """Whether numbered controls wait to be chosen."""
        return self._say_session is not None and self._say_session.choosing

    def start_saying(self, request: SayRequest) -> None:
        """Act on a control that was called by its name, in the background."""
        with self._lock:
            if not self.running:
                self._stop_episode.clear()
                self._episode = self._in_background(self._episodes, self._say_now, request)

    def _say_now(self, request: SayRequest) -> None:
        if self._say_session is None:
            names = Names(self.senses.clip)
            self._say_session = SaySession(self._screen, self._windows, self.senses.look, names, self._actuator)
        began = time.perf_counter()
        self._screen.reopen()
        outcome = self._say_session.carry_out(request, self.tell, self._stop_episode)
        if isinstance(outcome, Rejected):
            self.library.note_heard(outcome)
        else:
            command = Command(BUILT_IN.id, request.saying.words(), 1.0)
            self.library.note_heard(Accepted(request.text, command, 1e3 * (time.perf_counter() - began)))

    # Replaying

    @property
    def running(self) -> bool:
        """Whether a macro runs."""
        return self._episode is not None and not self._episode.done()

    def run(self, macro_id: str, slots: dict[str, str]) -> None:
        """Run a macro with typed slot values; the person who types them has confirmed it."""
        self.start_episode(macro_id, slots, None, None)

    def start_episode(self, macro_id: str, slots: dict[str, str], choose: Choose | None, asked_ns: int | None) -> None:
        """Run a macro in the background; `choose` and `asked_ns` belong to one that was spoken."""
        with self._lock:
            if self.running:
                self.tell(Trouble("a macro is running; say stop first, or wait until it is done"))
                return
            self._stop_episode.clear()
            if self._say_session is not None:
                self._say_session.forget(self.tell)
            self._episode = self._in_background(
                self._episodes, self.run_now, macro_id, slots, choose, asked_ns, choose is None
            )

    def run_now(
        self,
        macro_id: str,
        slots: dict[str, str],
        choose: Choose | None = None,
        asked_ns: int | None = None,
        confirmed: bool = False,
    ) -> EpisodeReport:
        """Run a macro on the caller's thread and note it in the history.

        Raises:
            UnknownMacro: There is no such macro.
            MissingSlot: A slot has no value.
            NoDisplay: There is no screen.
        """
        self._screen.reopen()
        request = Request(
            macro=self.library.macro(macro_id),
            folder=self.library.folder(macro_id),
            slots=slots,
            episode_folder=self.library.new_episode_folder(),
            choose=choose,
            confirmed=confirmed,
            asked_ns=asked_ns,
        )
        report = self._replayer.run(request, self.tell, self._stop_episode)
        self.library.note_episode(report)
        return report

    @cached_property
    def _screen(self) -> Screen:
        return self._devices.enter_context(Screen())

    @cached_property
    def _windows(self) -> OpenWindowSystem:
        return self._devices.enter_context(closing(open_window_system()))

    @cached_property
    def _actuator(self) -> Actuator:
        return self._make_actuator()

    @cached_property
    def _replayer(self) -> Replayer:
        return Replayer(
            self._screen,
            self._windows,
            self.senses.look,
            Finder(self.senses.reader),
            self._actuator,
            players,
            read_elements=self._elements_of,
        )

    @cached_property
    def _programs(self) -> Accessibility:
        return self._devices.enter_context(Accessibility())

    def _elements_of(self, window: Window) -> list[Element]:
        """What the window's program tells of its controls; asked by the replay only, which runs once at a time."""
        return [] if window.pid is None else self._programs.elements(window.pid, window.rect, TELLING_S)

    def stop_episode(self) -> None:
        """End the running macro before its next action."""
        self._stop_episode.set()

    # Searching

    def search(self, text: str) -> None:
        """Find the moments of the demonstrations that show `text`; told as `Found`."""

        def find() -> None:
            watch = Watch(self._progress, self._tell_skipped, self._stop_search)
            self.tell(Found(text, tuple(self.search_now(text, watch=watch))))

        self._in_background(self._learning, find)

    def _tell_skipped(self, name: str, reason: str) -> None:
        self.tell(Trouble(f"the demonstration {name} was not searched: {reason}"))

    def search_now(self, text: str, limit: int = 20, watch: Watch | None = None) -> list[Moment]:
        """Find the moments on the caller's thread.

        Raises:
            EmptyQuery: The text holds no letter or digit.
            ModelsError: The weights or the reader are missing or damaged.
        """
        return search(self.library.demonstrations(), text, self.senses.clip, self.senses.reader, limit, watch)

    def close(self) -> None:
        """Stop everything; a recording that runs is ended and kept. May be called twice."""
        self.stop_episode()
        self._stop_search.set()
        self.set_listening(False)
        with self._lock:
            recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop()
        self._learning.shutdown(wait=True, cancel_futures=True)
        self._episodes.shutdown(wait=True, cancel_futures=True)
        self._devices.close()
        self.library.close()


def open_service(settings: Settings, actuator: Callable[[], Actuator] = PyAutoGuiActuator) -> Service:
    """The service over the user's library; no device is opened yet."""
    return Service(settings, Library(settings.root), Senses(settings), actuator)
