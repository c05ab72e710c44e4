"""What comes of what was heard: it is noted, told, asked about, and sets something off.

Thoughts come from the listener's understanding thread; a click may answer a question from another one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from encore_agent.asking import SAYABLE, Question, Reply
from encore_agent.corrections import confirmed
from encore_agent.deeds import Deeds, Order
from encore_agent.library import Library
from encore_agent.messages import Accepted, Asked, Command, HeardChanged, Rejected
from encore_agent.messages import Listener as Tell
from encore_agent.replay import Choose
from encore_agent.understand import Understander
from encore_agent.values import Heard
from encore_models.macro import Macro, fill
from encore_models.perception.action_evidence import Fit, words_alike
from encore_models.perception.situation import NOTHING_SAID, Spoken, spoken_of
from encore_models.perception.speech import Utterance

REPLY_FLOOR = -2.5
"""Mean log p a token below which a "yes" was not said."""
LONGEST_REPLY_S = 1.2
"""Speech beyond which no reply of one word is looked for."""


class Dialogue:
    """Acts on what was understood, and holds the question that waits. Safe to use from several threads."""

    def __init__(self, library: Library, deeds: Deeds, tell: Tell, keep_rejected_audio: bool) -> None:
        """Nothing was said yet.

        Args:
            library: What was heard is noted there.
            deeds: What can be set off.
            tell: Told what came of it.
            keep_rejected_audio: Whether the sound of what started nothing is kept.
        """
        self._library = library
        self._deeds = deeds
        self._tell = tell
        self._keep_rejected_audio = keep_rejected_audio
        self._lock = threading.Lock()
        """For the question, which a click and a word may answer at once."""
        self._question: Question | None = None

    def come_to(self, understander: Understander, outcome: Accepted | Asked | Rejected, heard: Heard) -> None:
        """Note and tell what was understood; start it, or ask."""
        keeps_sound = self._keep_rejected_audio and isinstance(outcome, Rejected)
        heard_id = self._library.note_heard(outcome, heard.print, heard.utterance.samples if keeps_sound else None)
        outcome = replace(outcome, heard_id=heard_id)
        choose: Choose = partial(understander.choose_value, heard)
        if isinstance(outcome, Asked):
            until_ns = time.monotonic_ns() + round(outcome.seconds * 1e9)
            self._question = Question(outcome, choose, until_ns)
        elif isinstance(outcome, Accepted):
            self._question = None
        self._tell(outcome)
        self._tell(HeardChanged())
        if isinstance(outcome, Accepted):
            spoken = spoken_of(heard.encoded, heard.print, fit_of(outcome, understander.macros))
            self._order(outcome.command, choose, heard.utterance.end_ns, heard_id, spoken)

    def pass_over(self, rejected: Rejected) -> None:
        """Note speech that was not for Encore, without a word: the person is not to be told of it each time."""
        self._library.note_heard(rejected)
        self._tell(HeardChanged())

    def _order(
        self, command: Command, choose: Choose, asked_ns: int | None, heard_id: int | None, spoken: Spoken
    ) -> None:
        order = Order(command.macro_id, command.slots, choose, asked_ns, asked_ns is None, heard_id, spoken)
        self._deeds.start_episode(order)

    # The question

    def reply_to(self, understander: Understander, utterance: Utterance) -> Callable[[], None] | None:
        """What the utterance does as an answer to the question that waits; None where it is none."""
        question = self._question
        if question is None or not question.open_at(utterance.start_ns):
            return None
        reply = _reply(understander, question, utterance)
        return None if reply is None else partial(self._replied, question, reply)

    def answer(self, heard_id: int | None, chosen: Command | None) -> None:
        """Answer the question that waits.

        Args:
            heard_id: Of the question; None for whichever waits.
            chosen: One of the commands that were asked about; None, or any other one, means no.
        """
        with self._lock:
            question = self._question
            if question is None or heard_id not in (None, question.asked.heard_id):
                return
            self._question = None
        self._carry_out(question, chosen if chosen in question.asked.commands else None)

    def forget(self) -> None:
        """Drop the question."""
        self._question = None

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
            self._order(command, question.choose, None, heard_id, NOTHING_SAID)
        self._tell(HeardChanged())


def _reply(understander: Understander, question: Question, utterance: Utterance) -> Reply | None:
    """What was said to the question, by its words or by its sound; None where it was about something else."""
    heard = understander.hear(utterance)
    reply = question.reply_in(heard.transcript.text)
    if reply is not None and heard.transcript.mean_logprob >= REPLY_FLOOR:
        return reply
    if utterance.seconds > LONGEST_REPLY_S:
        return None
    return question.reply_by_sound(understander.fit(heard, SAYABLE))


def fit_of(accepted: Accepted, macros: Sequence[Macro]) -> Fit | None:
    """How well the command fits the words it was understood from; None where its sound alone told it."""
    command, evidence = accepted.command, accepted.evidence
    macro = next((macro for macro in macros if macro.id == command.macro_id), None)
    if macro is None or evidence.log_p is None or evidence.path == "voice":
        return None
    spoken = [fill(phrase.text, command.slots) for phrase in macro.phrases if set(phrase.slots) <= set(command.slots)]
    return Fit(max((words_alike(accepted.text, phrase) for phrase in spoken), default=0.0), evidence.log_p)
