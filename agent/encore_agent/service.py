"""The running agent: record and learn, listen and understand, replay; it speaks in `AgentEvent`s.

Every method returns at once and may be called from any thread; those whose names end in `now` work on the caller's
thread instead. Recording, learning, listening and replaying have threads of their own; what comes of them is told to
the subscribers, from those threads.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from encore_agent import corrections
from encore_agent.act import Actuator, PyAutoGuiActuator
from encore_agent.background import Background
from encore_agent.contradictions import contradiction
from encore_agent.deeds import Order
from encore_agent.ears import Ears
from encore_agent.episodes import Episodes
from encore_agent.hotkey import LISTEN, RECORD, STOP, Hotkey
from encore_agent.library import Library
from encore_agent.messages import (
    AgentEvent,
    Command,
    EpisodeReport,
    Found,
    HeardChanged,
    Learned,
    LibraryChanged,
    Listener,
    Mode,
    Moment,
    Progress,
    Trouble,
)
from encore_agent.recordings import Recordings
from encore_agent.replay import Choose
from encore_agent.search import search
from encore_agent.senses import Senses
from encore_agent.settings import Settings
from encore_agent.sights import Watch
from encore_models.learn import learn
from encore_models.macro import Macro
from encore_models.paraphrases import propose
from encore_recorder.demonstration import Demonstration
from encore_recorder.recorder import RecorderOptions
from encore_recorder.sources.microphones import microphones


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
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._stop_search = threading.Event()
        self._quick = Background("encore-quick", self.tell)
        """For what takes a moment, and must not wait until something is learned."""
        self._learning = Background("encore-learn", self.tell)
        self._episodes = Episodes(library, senses, actuator, self.tell, self._macros_changed)
        self._ears = Ears(library, self._episodes, self.tell, settings)
        self._recordings = Recordings(library, self._recorder_options, self.tell)
        self._listening_before = False

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

    # Recording and learning

    @property
    def recording(self) -> bool:
        """Whether a demonstration is being recorded."""
        return self._recordings.active

    @property
    def recording_seconds(self) -> float:
        """Seconds since the recording began; 0 where none runs."""
        return self._recordings.seconds

    @property
    def recording_level(self) -> float:
        """Loudness of the recording's microphone, 0 to 1."""
        return self._recordings.level

    def start_recording(self) -> None:
        """Begin a demonstration; Encore stops listening for commands meanwhile."""
        self._recordings.start(self._close_ears, self._listen_again)

    def pause_recording(self, on: bool) -> None:
        """Keep nothing from now on, or go on."""
        self._recordings.pause(on)

    def stop_recording(self, learn_it: bool = True) -> None:
        """End the demonstration and learn from it in the background."""

        def after(demonstration: Demonstration | None) -> None:
            self._learning.do(self._finish_recording, demonstration, learn_it)

        self._recordings.stop(after)

    def record_now(self, done: threading.Event, seconds: float | None, started: Callable[[], None]) -> Demonstration:
        """Record on the caller's thread until `done` is set or the time is over.

        Raises:
            RecorderError: It cannot be recorded; what was recorded before the error is kept.
        """
        return self._recordings.now(done, seconds, started)

    def _recorder_options(self) -> RecorderOptions:
        hotkeys = (RECORD, LISTEN, STOP, Hotkey.parse(self.settings.choices.talk_key))
        return RecorderOptions(
            fps=self.settings.fps,
            device=self._ears.microphone,
            own_pids=frozenset({os.getpid()}),
            own_chords=frozenset(hotkey.keys for hotkey in hotkeys),
        )

    def _close_ears(self) -> None:
        self._listening_before = self._ears.open
        self._ears.close()

    def _listen_again(self) -> None:
        if self._listening_before:
            self.set_listening(True)

    def _finish_recording(self, demonstration: Demonstration | None, learn_it: bool) -> None:
        try:
            if demonstration is not None:
                with demonstration:
                    if learn_it:
                        self.learn(demonstration)
        finally:
            self._listen_again()

    def learn(self, demonstration: Demonstration, phrase: str | None = None) -> Macro:
        """Learn a macro now, on the caller's thread, and put it in the library.

        Where its command was shown in another way before, the notes of what is told name both.

        Raises:
            NothingToLearn: The demonstration holds no macro.
        """
        learning = learn(
            demonstration,
            self.senses.voice(self._progress),
            self.senses.look,
            self.library.new_macro_id,
            phrase,
            self._progress,
            self.senses.printer(self._progress),
        )
        macro = learning.macro
        notes = self.library.add(learning)
        self._macros_changed()
        self._episodes.prepare(macro)
        if differ := contradiction(self.library, macro.id, lambda: self.senses.clip):
            notes = (*notes, f"{differ}.")
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

    def proposals(self, macro_id: str) -> tuple[str, ...]:
        """Other wordings of a macro's command that it does not have yet, best first, for the person to confirm.

        Raises:
            UnknownMacro: There is no such macro.
        """
        phrases = self.library.macro(macro_id).phrases
        known = {phrase.text for phrase in phrases}
        others = [phrase for macro in self.library.macros() if macro.id != macro_id for phrase in macro.phrases]
        return tuple(text for text in propose(phrases[0], others) if text not in known)

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
            self._learning.do(self.listen_now)
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
        voice, printer = self.senses.voice(self._progress), self.senses.printer(self._progress)
        if printer is not None:
            self.library.enrolments.renew(printer.described)
        if not self.recording:
            self._ears.start(voice, printer)
        if self.recording:  # it began just now; it wants the microphone, and commands are part of what is shown
            self._ears.close()

    @property
    def mode(self) -> Mode:
        """When speech is taken for a command."""
        return self._ears.mode

    def set_mode(self, mode: Mode) -> None:
        """Take speech for a command at other times; told as `ModeChanged`."""
        self._ears.set_mode(mode)

    def push_to_talk(self, pressed: bool) -> None:
        """The key to talk went down or up; what is said between is one utterance."""
        self._ears.push_to_talk(pressed)

    @property
    def muted(self) -> bool:
        """Whether what the microphone hears is thrown away."""
        return self._ears.muted

    def mute(self, on: bool) -> None:
        """Throw away what the microphone hears, or no longer; told as `Muted`."""
        self._ears.mute(on)

    def microphones(self) -> list[str]:
        """Names of the microphones that are there now."""
        return microphones()

    @property
    def microphone(self) -> str | None:
        """Name of the chosen microphone; None follows the system's default."""
        return self._ears.microphone

    def set_microphone(self, name: str | None) -> None:
        """Listen to another microphone; told as `MicrophoneChanged`, or as `Trouble` where it cannot be opened."""
        self._quick.do(self._ears.set_microphone, name)

    @property
    def wake_phrase(self) -> str | None:
        """The words of the wake phrase; None where none was learned."""
        return self._ears.wake_phrase

    def enrol_wake(self) -> None:
        """Learn the wake phrase from the next three utterances; told as `Progress`."""
        if not self.listening:
            self.set_listening(True)
        self._ears.enrol_wake()

    def stop_enrolling_wake(self) -> None:
        """Learn it no longer; a wake phrase that there was stays."""
        self._ears.stop_enrolling_wake()

    def forget_wake(self) -> None:
        """Forget the wake phrase."""
        self._ears.forget_wake()

    @property
    def saying(self) -> bool:
        """Whether controls can be called by their names, without any macro."""
        return self._ears.saying

    def set_saying(self, on: bool) -> None:
        """Let controls be called by their names, or no longer."""
        self._ears.saying = on
        if not on:
            self._episodes.forget_choices()

    # What was heard

    def answer(self, heard_id: int | None, chosen: Command | None) -> None:
        """Answer an `Asked`: carry out this one of its commands, or none of them."""
        self._quick.do(self._ears.answer, heard_id, chosen)

    def missed(self, heard_id: int, macro_id: str) -> None:
        """What was heard did mean this macro: learn from it; told as `HeardChanged`."""
        self._quick.do(self._correct, corrections.missed, heard_id, macro_id)

    def false_fire(self, heard_id: int) -> None:
        """What was heard was not meant: be wary of the like; told as `HeardChanged`."""
        self._quick.do(self._correct, corrections.false_fire, heard_id)

    def undo_correction(self, heard_id: int) -> None:
        """Forget what was learned from what was heard; told as `HeardChanged`."""
        self._quick.do(self._correct, corrections.undo, heard_id)

    def _correct(self, correct: Callable[..., None], *told: int | str) -> None:
        correct(self.library, *told)
        self.tell(HeardChanged())

    # Replaying

    @property
    def running(self) -> bool:
        """Whether a macro runs."""
        return self._episodes.running

    def run(self, macro_id: str, slots: dict[str, str]) -> None:
        """Run a macro with typed slot values; the person who types them has confirmed it."""
        self._episodes.start_episode(Order(macro_id, slots, confirmed=True))

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
        return self._episodes.run(Order(macro_id, slots, choose, asked_ns, confirmed))

    def stop_episode(self) -> None:
        """End the running macro before its next action."""
        self._episodes.stop_episode()

    # Searching

    def search(self, text: str) -> None:
        """Find the moments of the demonstrations that show `text`; told as `Found`."""

        def find() -> None:
            watch = Watch(self._progress, self._tell_skipped, self._stop_search)
            self.tell(Found(text, tuple(self.search_now(text, watch=watch))))

        self._learning.do(find)

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
        self._ears.close()
        self._recordings.close()
        self._quick.shutdown()
        self._learning.shutdown()
        self._ears.close()  # a job may have opened them
        self._episodes.close()
        self.library.close()


def open_service(settings: Settings, actuator: Callable[[], Actuator] = PyAutoGuiActuator) -> Service:
    """The service over the user's library; no device is opened yet."""
    return Service(settings, Library(settings.root), Senses(settings), actuator)
