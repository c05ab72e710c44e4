"""The ears: listen, understand, ask where it is not clear, and set off what was asked for.

What an utterance means is thought out on the listener's understanding thread, without any effect, already while the
pause goes by that ends it; only when it has ended, the thought is acted on. Everything else comes from other threads
and only swaps what the thoughts look at.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from encore_agent.ahead import Ahead
from encore_agent.asking import SAYABLE, Question, Reply
from encore_agent.corrections import confirmed
from encore_agent.deeds import Deeds, Order
from encore_agent.library import Library
from encore_agent.listen import Listener as MicrophoneListener
from encore_agent.memory import give_back
from encore_agent.messages import (
    Accepted,
    Asked,
    Command,
    HeardChanged,
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
from encore_agent.replay import Choose
from encore_agent.say_hearing import HeardOnce, SayUnderstander
from encore_agent.settings import Settings
from encore_agent.understand import Understander
from encore_agent.values import Heard, Hearing
from encore_agent.wake import FollowUp, Waker
from encore_models.learn import Printing
from encore_models.macro import Macro, fill
from encore_models.perception.action_evidence import Fit, words_alike
from encore_models.perception.mel import RATE
from encore_models.perception.situation import NOTHING_SAID, Spoken, spoken_of
from encore_models.perception.speech import Utterance
from encore_recorder.errors import NoMicrophone

log = logging.getLogger(__name__)

STOP_WORDS = frozenset({"stop", "stop it", "stop that", "halt", "cancel"})
"""Said while a macro runs, they end it."""
REPLY_FLOOR = -2.5
"""Mean log p a token below which a "yes" was not said."""
LONGEST_REPLY_S = 1.2
"""Speech beyond which no reply of one word is looked for."""
WARM_UP = Utterance(np.zeros(RATE, np.float32), 0, 0)
"""Heard once before anybody speaks: what is done for the first time takes three times as long."""
DEFAULT_MICROPHONE = "the system's default"


@dataclass(frozen=True, slots=True, eq=False)
class _Thought:
    """What an utterance was taken for; `act` carries it out."""

    act: Callable[[], None]
    pause_ms: int | None = None
    """The silence that is to end the utterance; None for the usual one."""
    running: bool = False
    """Whether a macro ran when it was thought; then only stop words count."""


def _reply(understander: Understander, question: Question, utterance: Utterance) -> Reply | None:
    """What was said to the question, by its words or by its sound; None where it was about something else."""
    heard = understander.hear(utterance)
    reply = question.reply_in(heard.transcript.text)
    if reply is not None and heard.transcript.mean_logprob >= REPLY_FLOOR:
        return reply
    if utterance.seconds > LONGEST_REPLY_S:
        return None
    return question.reply_by_sound(understander.fit(heard, SAYABLE))


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
        self._keep_rejected_audio = settings.keep_rejected_audio
        self._choices = settings.choices
        self._switching = threading.Lock()
        """Held while the listener is opened or closed; never taken on its own threads, which that waits for."""
        self._lock = threading.Lock()
        """For the question, which a click and a word may answer at once."""
        self._macros: list[Macro] = []
        self._listener: MicrophoneListener | None = None
        self._understander: Understander | None = None
        self._say_understander: SayUnderstander | None = None
        self._waker = Waker(library.root / "wake", tell)
        self._question: Question | None = None
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
            self._macros = self._library.macros()
            enrolled = self._library.enrolments.enrolled
            self._understander = Understander(hearing, self._macros, enrolled=enrolled, printer=printer)
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
        self._question = None
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
            self._macros = self._library.macros()
            understander.set_macros(self._macros)
            if self.open:
                self._preparing.begin(understander.prepare)

    def answer(self, heard_id: int | None, macro_id: str | None) -> None:
        """Answer the question that waits: run this macro, or none.

        Args:
            heard_id: Of the question; None for whichever waits.
            macro_id: One that was asked about; None means no.
        """
        with self._lock:
            question = self._question
            if question is None or heard_id not in (None, question.asked.heard_id):
                return
            self._question = None
        self._carry_out(question, question.command_of(macro_id))

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
        if understander is None or not utterance.whole:
            return _Thought(_nothing)
        if self._waker.enrolling:
            return _Thought(partial(self._waker.take, utterance))
        if self._deeds.running:
            text = understander.hear(utterance).transcript.text
            stops = text.lower().strip(" .!,") in STOP_WORDS
            return _Thought(self._deeds.stop_episode if stops else _nothing, AT_ONCE_MS if stops else None, True)
        question = self._question
        if question is not None and question.open_at(utterance.start_ns):
            reply = _reply(understander, question, utterance)
            if reply is not None:
                return _Thought(partial(self._replied, question, reply))
        if self.mode == "wake":
            called = self._waker.called(utterance)
            if called is None:
                return _Thought(_nothing)
            if not isinstance(called, Utterance):
                return _Thought(partial(self._awoken, called))
            utterance = called
        return self._understood(understander, utterance)

    def _understood(self, understander: Understander, utterance: Utterance) -> _Thought:
        outcome, heard = understander.understand(
            utterance,
            hands_free=self.mode != "push_to_talk",
            plausible=self._deeds.plausible,
        )
        # The user's own macros come first.
        if isinstance(outcome, Rejected) and self.saying and self._say_understander is not None:
            request = self._say_understander.request(utterance, self._deeds.choosing)
            if request is not None:
                return _Thought(partial(self._deeds.start_saying, request))
        pause_ms = pause_after(outcome, self._macros)
        return _Thought(partial(self._come_to, outcome, heard), pause_ms)

    def _awoken(self, follow_up: FollowUp) -> None:
        self._waker.awoken(follow_up)
        self._tell(Rejected(self._waker.phrase or "", "that was the wake phrase; what shall be done?"))

    def _come_to(self, outcome: Accepted | Asked | Rejected, heard: Heard) -> None:
        keeps_sound = self._keep_rejected_audio and isinstance(outcome, Rejected)
        heard_id = self._library.note_heard(outcome, heard.print, heard.utterance.samples if keeps_sound else None)
        outcome = replace(outcome, heard_id=heard_id)
        if isinstance(outcome, Asked):
            self._question = Question(outcome, heard, time.monotonic_ns() + round(outcome.seconds * 1e9))
        elif isinstance(outcome, Accepted):
            self._question = None
        self._tell(outcome)
        self._tell(HeardChanged())
        if isinstance(outcome, Accepted):
            self._waker.done()
            spoken = spoken_of(heard.encoded, heard.print, fit_of(outcome, self._macros))
            self._order(outcome.command, heard, heard_id, spoken, was_confirmed=False)

    def _order(self, command: Command, heard: Heard, heard_id: int | None, spoken: Spoken, was_confirmed: bool) -> None:
        assert self._understander is not None
        choose: Choose = partial(self._understander.choose_value, heard)
        asked_ns = None if was_confirmed else heard.utterance.end_ns
        order = Order(command.macro_id, command.slots, choose, asked_ns, was_confirmed, heard_id, spoken)
        self._deeds.start_episode(order)

    def _replied(self, question: Question, reply: Reply) -> None:
        with self._lock:
            if self._question is not question:
                return  # answered by a click meanwhile
            self._question = None
        self._carry_out(question, reply.command)

    def _carry_out(self, question: Question, command: Command | None) -> None:
        heard_id = question.asked.heard_id
        if heard_id is not None:
            self._library.heard_log.answered(heard_id, command)
        if command is None:
            self._tell(Rejected(question.asked.text, "you said no", heard_id=heard_id))
        else:
            if heard_id is not None:
                confirmed(self._library, heard_id)
            # A person said that this was meant; how it sounded says nothing against it any more.
            self._order(command, question.heard, heard_id, NOTHING_SAID, was_confirmed=True)
        self._tell(HeardChanged())


def fit_of(accepted: Accepted, macros: Sequence[Macro]) -> Fit | None:
    """How well the command fits the words it was understood from; None where its sound alone told it."""
    command, evidence = accepted.command, accepted.evidence
    macro = next((macro for macro in macros if macro.id == command.macro_id), None)
    if macro is None or evidence.log_p is None or evidence.path == "voice":
        return None
    spoken = [fill(phrase.text, command.slots) for phrase in macro.phrases if set(phrase.slots) <= set(command.slots)]
    return Fit(max((words_alike(accepted.text, phrase) for phrase in spoken), default=0.0), evidence.log_p)
