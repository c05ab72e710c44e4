"""The ears: listen, understand, and set off what was asked for."""

from __future__ import annotations

import threading
from functools import partial
from typing import Protocol

from encore_agent.library import Library
from encore_agent.listen import Listener as MicrophoneListener
from encore_agent.messages import Accepted, ListeningChanged, Rejected
from encore_agent.messages import Listener as Tell
from encore_agent.replay import Choose
from encore_agent.say_hearing import HeardOnce, SayUnderstander
from encore_agent.say_session import Request as SayRequest
from encore_agent.understand import Hearing, Understander
from encore_models.perception.speech import Utterance

STOP_WORDS = frozenset({"stop", "stop it", "stop that", "halt", "cancel"})
"""Said while a macro runs, they end it."""


class Deeds(Protocol):
    """What the ears can set off; each returns at once."""

    @property
    def running(self) -> bool:
        """Whether a macro runs."""

    @property
    def choosing(self) -> bool:
        """Whether numbered controls wait to be chosen."""

    def start_episode(self, macro_id: str, slots: dict[str, str], choose: Choose | None, asked_ns: int | None) -> None:
        """Run a macro that was asked for."""

    def start_saying(self, request: SayRequest) -> None:
        """Act on a control that was called by its name."""

    def stop_episode(self) -> None:
        """End the running macro before its next action."""


class Ears:
    """Listens for commands. Safe to use from several threads."""

    def __init__(self, library: Library, deeds: Deeds, tell: Tell, saying: bool) -> None:
        """Ears that hear nothing yet.

        Args:
            library: Its macros can be asked for; what was heard is noted there.
            deeds: What can be set off.
            tell: Told what was heard and what came of it.
            saying: Whether controls can be called by their names, without any macro.
        """
        self.saying = saying
        self._library = library
        self._deeds = deeds
        self._tell = tell
        self._lock = threading.Lock()
        self._microphone: MicrophoneListener | None = None
        self._understander: Understander | None = None
        self._say_understander: SayUnderstander | None = None

    @property
    def open(self) -> bool:
        """Whether commands are listened for."""
        return self._microphone is not None

    @property
    def level(self) -> float:
        """Loudness of the microphone, 0 to 1."""
        microphone = self._microphone
        return microphone.level if microphone else 0.0

    def start(self, voice: Hearing, device: str | None) -> None:
        """Listen from now on.

        Raises:
            NoMicrophone: There is none.
        """
        with self._lock:
            if self._microphone is not None:
                return
            hearing = HeardOnce(voice)
            self._understander = Understander(hearing, self._library.macros())
            self._say_understander = SayUnderstander(hearing)
            microphone = MicrophoneListener(self._on_utterance, self._tell, device=device)
            microphone.start()
            self._microphone = microphone
        self._tell(ListeningChanged(True))

    def close(self) -> None:
        """Listen no longer. Idempotent."""
        with self._lock:
            microphone, self._microphone = self._microphone, None
        if microphone is not None:
            microphone.close()
            self._tell(ListeningChanged(False))

    def macros_changed(self) -> None:
        """Take the library's macros as they are now."""
        with self._lock:
            if self._understander is not None:
                self._understander.set_macros(self._library.macros())

    def _on_utterance(self, utterance: Utterance) -> None:
        understander = self._understander
        if understander is None:
            return
        if self._deeds.running:
            heard = understander.hear(utterance)
            if heard.transcript.text.lower().strip(" .!,") in STOP_WORDS:
                self._deeds.stop_episode()
            return
        outcome, heard = understander.understand(utterance)
        # The user's own macros come first.
        if isinstance(outcome, Rejected) and self._says(utterance):
            return
        self._library.note_heard(outcome)
        self._tell(outcome)
        if isinstance(outcome, Accepted):
            choose: Choose = partial(understander.choose_value, heard)
            self._deeds.start_episode(outcome.command.macro_id, outcome.command.slots, choose, utterance.end_ns)

    def _says(self, utterance: Utterance) -> bool:
        """Whether the utterance says what is seen; then it is being carried out."""
        if not self.saying or self._say_understander is None:
            return False
        request = self._say_understander.request(utterance, self._deeds.choosing)
        if request is not None:
            self._deeds.start_saying(request)
        return request is not None
