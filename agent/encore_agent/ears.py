"""The ears: listen, understand, ask where it is not clear, and set off what was asked for.

What an utterance means is thought out on the listener's understanding thread, without any effect, already while the
pause goes by that ends it; only when it has ended, the thought is acted on. Everything else comes from other threads
and only swaps what the thoughts look at.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from encore_agent.ahead import Ahead
from encore_agent.deeds import Deeds
from encore_agent.dialogue import Dialogue
from encore_agent.library import Library
from encore_agent.listen import Listener as MicrophoneListener
from encore_agent.memory import give_back
from encore_agent.messages import (
    NO_EVIDENCE,
    Accepted,
    Asked,
    Command,
    Evidence,
    ListeningChanged,
    MicrophoneChanged,
    Mode,
    ModeChanged,
    Muted,
    Rejected,
    Trouble,
)
from encore_agent.messages import Listener as Tell
from encore_agent.pauses import AT_ONCE_MS, pause_after
from encore_agent.say import begins_with_verb
from encore_agent.say_hearing import HeardOnce, SayUnderstander
from encore_agent.settings import Settings
from encore_agent.understand import Understander
from encore_agent.values import Heard, Hearing
from encore_agent.wake import FollowUp, NotCalled, Waker
from encore_models.learn import Printing
from encore_models.macro import Macro
from encore_models.perception.mel import RATE
from encore_models.perception.speech import Utterance
from encore_recorder.errors import NoMicrophone

log = logging.getLogger(__name__)

STOP_WORDS = frozenset({"stop", "stop it", "stop that", "halt", "cancel"})
"""Said while a macro runs, they end it."""
WARM_UP = Utterance(np.zeros(RATE, np.float32), 0, 0)
"""Heard once before anybody speaks: what is done for the first time takes three times as long."""
TOO_LONG = "the talk went on without a pause, so it was not listened to"
MEANWHILE = "something ran; meanwhile only “stop” counts"
DEFAULT_MICROPHONE = "the system's default"


@dataclass(frozen=True, slots=True, eq=False)
class _Thought:
    """What an utterance was taken for; `act` carries it out."""

    act: Callable[[], None]
    pause_ms: int | None = None
    """The silence that is to end the utterance; None for the usual one."""
    running: bool = False
    """Whether a macro ran when it was thought; then only stop words count."""


def _may_name_a_control(outcome: Accepted | Asked | Rejected, macros: Sequence[Macro]) -> bool:
    """The user's own macros come first, but not a doubtful one where the words say what to do with a control."""
    if not isinstance(outcome, Asked):
        return isinstance(outcome, Rejected)
    asked = {command.macro_id for command in outcome.commands}
    phrases = (phrase.text for macro in macros if macro.id in asked for phrase in macro.phrases)
    return begins_with_verb(outcome.text) and not any(map(begins_with_verb, phrases))


def _nothing() -> None:
    """What comes of speech that is not meant for Encore."""


class Ears:
    """Listens for commands. Safe to use from several threads."""

    def __init__(self, library: Library, deeds: Deeds, tell: Tell, settings: Settings) -> None:
        """Ears that hear nothing yet.

        Args:
            library: Its macros can be asked for; what was heard is noted there.
            deeds: What can be set off.
            tell: Told what was heard and what came of it.
            settings: How to listen; what the person chooses from now on is kept in the library.
        """
        self.saying = settings.say_what_you_see
        self._library = library
        self._deeds = deeds
        self._tell = tell
        self._choices = settings.choices
        self._switching = threading.Lock()
        """Held while the listener is opened or closed; never taken on its own threads, which that waits for."""
        self._listener: MicrophoneListener | None = None
        self._understander: Understander | None = None
        self._say_understander: SayUnderstander | None = None
        self._stamp = library.stamp()
        """Of the macros that are known."""
        self._waker = Waker(library.root / "wake", tell)
        self._dialogue = Dialogue(library, deeds, tell, settings.keep_rejected_audio)
        self._ahead: tuple[Utterance, _Thought] | None = None
        self._preparing = Ahead(tell)

    # The microphone

    @property
    def open(self) -> bool:
        """Whether commands are listened for."""
        return self._listener is not None

    @property
    def level(self) -> float:
        """Loudness of the microphone, 0 to 1."""
        listener = self._listener
        return listener.level if listener else 0.0

    def start(self, voice: Hearing, printer: Printing | None) -> None:
        """Listen from now on.

        Args:
            voice: The hearing model.
            printer: Makes voice prints; None understands by words alone.

        Raises:
            NoMicrophone: There is none.
        """
        with self._switching:
            if self._listener is not None:
                return
            hearing = HeardOnce(voice)
            self._stamp = self._library.stamp()
            macros, enrolled = self._library.macros(), self._library.enrolments.enrolled
            self._understander = Understander(hearing, macros, enrolled=enrolled, printer=printer)
            self._say_understander = SayUnderstander(hearing)
            self._understander.hear(WARM_UP)
            self._waker.use(hearing, printer)
            self._listener = self._started(self._choices.microphone)
            self._preparing.begin(self._understander.prepare)
        give_back()
        self._tell(ListeningChanged(True))

    def close(self) -> None:
        """Listen no longer. Idempotent."""
        with self._switching:
            listener, self._listener = self._listener, None
            if listener is not None:
                listener.close()
            self._preparing.stop()
        self._dialogue.forget()
        if listener is not None:
            self._tell(ListeningChanged(False))

    def _started_or_none(self, microphone: str | None) -> MicrophoneListener | None:
        try:
            return self._started(microphone)
        except NoMicrophone:
            self._tell(ListeningChanged(False))
            return None

    def _started(self, microphone: str | None) -> MicrophoneListener:
        listener = MicrophoneListener(self._on_utterance, self._tell, microphone, foresee=self._foresee)
        listener.mute(self._choices.muted)
        listener.hold_to_talk(self._choices.mode == "push_to_talk")
        listener.start()
        return listener

    # What the person chooses

    @property
    def mode(self) -> Mode:
        """When speech is taken for a command."""
        return self._choices.mode

    def set_mode(self, mode: Mode) -> None:
        """Take speech for a command at other times."""
        if mode == "wake" and self._waker.phrase is None:
            self._tell(Trouble("there is no wake phrase yet; let Encore learn one first"))
            return
        self._keep(mode=mode)
        listener = self._listener
        if listener is not None:
            listener.hold_to_talk(mode == "push_to_talk")
        self._tell(ModeChanged(mode))

    @property
    def muted(self) -> bool:
        """Whether what the microphone hears is thrown away."""
        return self._choices.muted

    def mute(self, on: bool) -> None:
        """Throw away what the microphone hears, or no longer."""
        self._keep(muted=on)
        listener = self._listener
        if listener is not None:
            listener.mute(on)
        self._tell(Muted(on))

    @property
    def microphone(self) -> str | None:
        """Name of the chosen microphone; None follows the system's default."""
        return self._choices.microphone

    def set_microphone(self, name: str | None) -> None:
        """Listen to another microphone; where it cannot be opened, to the one before.

        Raises:
            NoMicrophone: It cannot be opened.
        """
        with self._switching:
            listener, self._listener = self._listener, None
            if listener is not None:
                listener.close()
                try:
                    self._listener = self._started(name)
                except NoMicrophone:
                    self._listener = self._started_or_none(self._choices.microphone)
                    raise
        self._keep(microphone=name)
        self._tell(MicrophoneChanged(name or DEFAULT_MICROPHONE))

    def push_to_talk(self, pressed: bool) -> None:
        """The key to talk went down or up."""
        listener = self._listener
        if listener is not None:
            listener.push_to_talk(pressed)

    def _keep(self, **chosen: Any) -> None:
        self._choices = replace(self._choices, **chosen)
        self._choices.write(self._library.root)

    # The wake phrase

    @property
    def wake_phrase(self) -> str | None:
        """Its words; None where none was learned."""
        return self._waker.phrase

    def enrol_wake(self) -> None:
        """Learn the wake phrase from the next utterances."""
        self._waker.enrol()

    def stop_enrolling_wake(self) -> None:
        """Learn it no longer; a wake phrase that there was stays."""
        self._waker.stop_enrolling()

    def forget_wake(self) -> None:
        """Forget the wake phrase; whoever waited for it listens to everything again."""
        self._waker.forget()
        if self.mode == "wake":
            self.set_mode("hands_free")

    # What is known

    def macros_changed(self) -> None:
        """Take the library's macros as they are now."""
        understander = self._understander
        if understander is not None:
            self._stamp = self._library.stamp()
            understander.set_macros(self._library.macros())
            if self.open:
                self._preparing.begin(understander.prepare)

    def answer(self, heard_id: int | None, chosen: Command | None) -> None:
        """Answer the question that waits, see `Dialogue.answer`."""
        self._dialogue.answer(heard_id, chosen)

    # On the understanding thread

    def _foresee(self, utterance: Utterance) -> int | None:
        thought = self._think(utterance)
        self._ahead = utterance, thought
        return thought.pause_ms

    def _on_utterance(self, utterance: Utterance) -> None:
        ahead, self._ahead = self._ahead, None
        thought = ahead[1] if ahead is not None and ahead[0] is utterance else None
        if thought is None or thought.running != self._deeds.running:
            thought = self._think(utterance)
        thought.act()
        give_back()

    def _think(self, utterance: Utterance) -> _Thought:
        understander = self._understander
        if understander is None:
            return _Thought(_nothing)
        if self._library.stamp() != self._stamp:
            self.macros_changed()  # by another process: `encore values`, say
        if not utterance.whole:
            return self._passed_over("", TOO_LONG)
        if self._waker.enrolling:
            return _Thought(partial(self._waker.take, utterance))
        if self._deeds.running:
            return self._said_meanwhile(understander, utterance)
        answered = self._dialogue.reply_to(understander, utterance)
        if answered is not None:
            return _Thought(answered)
        if self.mode == "wake":
            called = self._waker.called(utterance)
            if isinstance(called, NotCalled):
                return self._passed_over("", f"it did not begin with “{self._waker.phrase}”", called.evidence)
            if isinstance(called, FollowUp):
                return _Thought(partial(self._awoken, called))
            utterance = called
        return self._understood(understander, utterance)

    def _passed_over(self, text: str, reason: str, evidence: Evidence = NO_EVIDENCE) -> _Thought:
        return _Thought(partial(self._dialogue.pass_over, Rejected(text, reason, evidence=evidence)))

    def _said_meanwhile(self, understander: Understander, utterance: Utterance) -> _Thought:
        """While a macro runs, only stop words count."""
        text = understander.hear(utterance).transcript.text
        if text.lower().strip(" .!,") not in STOP_WORDS:
            return replace(self._passed_over(text, MEANWHILE), running=True)
        return _Thought(partial(self._stop, text), AT_ONCE_MS, running=True)

    def _stop(self, text: str) -> None:
        self._deeds.stop_episode()
        self._dialogue.pass_over(Rejected(text, "it stopped what ran"))

    def _understood(self, understander: Understander, utterance: Utterance) -> _Thought:
        outcome, heard = understander.understand(
            utterance,
            hands_free=self.mode != "push_to_talk",
            plausible=self._deeds.plausible,
        )
        if self.saying and self._say_understander is not None and _may_name_a_control(outcome, understander.macros):
            request = self._say_understander.request(utterance, self._deeds.choosing)
            if request is not None:
                return _Thought(partial(self._deeds.start_saying, request))
        pause_ms = pause_after(outcome, understander.macros)
        return _Thought(partial(self._come_to, understander, outcome, heard), pause_ms)

    def _awoken(self, follow_up: FollowUp) -> None:
        self._waker.awoken(follow_up)
        self._tell(Rejected(self._waker.phrase or "", "that was the wake phrase; what shall be done?"))

    def _come_to(self, understander: Understander, outcome: Accepted | Asked | Rejected, heard: Heard) -> None:
        if isinstance(outcome, Accepted):
            self._waker.done()
        self._dialogue.come_to(understander, outcome, heard)
