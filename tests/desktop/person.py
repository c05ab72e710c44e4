"""Somebody who speaks to Encore on the stage and sees what comes of it."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demos.hands import Hands
from demos.rehearsal import encore_on
from demos.stage import Stage
from encore_agent.messages import AgentEvent, ListeningChanged, Trouble
from encore_agent.service import Service


@dataclass
class Person:
    """One voice, and everything that Encore told since it spoke last."""

    service: Service
    hands: Hands
    events: queue.SimpleQueue[AgentEvent] = field(default_factory=queue.SimpleQueue)

    def listened_to(self) -> None:
        """Turn Encore's ears on."""
        self.service.set_listening(True)
        event = self.await_event(ListeningChanged, Trouble)
        assert isinstance(event, ListeningChanged), event

    def await_event(self, *kinds: type[AgentEvent], patience_s: float = 45.0) -> AgentEvent:
        """The next event of these kinds; `queue.Empty` where none comes."""
        deadline = time.monotonic() + patience_s
        while True:
            event = self.events.get(timeout=max(0.0, deadline - time.monotonic()))
            if isinstance(event, kinds):
                return event

    def say(self, text: str, *kinds: type[AgentEvent]) -> AgentEvent:
        """Speak, and wait for what comes of it."""
        self.forget()
        self.hands.say(text)
        return self.await_event(*kinds)

    def forget(self) -> None:
        """Leave what was told until now."""
        while not self.events.empty():
            self.events.get()

    def heard_within(self, seconds: float, *kinds: type[AgentEvent]) -> bool:
        """Whether an event of these kinds comes in time."""
        try:
            self.await_event(*kinds, patience_s=seconds)
        except queue.Empty:
            return False
        return True


@contextmanager
def person_at(stage: Stage, models: Path, voice: str) -> Iterator[Person]:
    """Somebody at an Encore that does not listen yet."""
    with encore_on(stage, models) as service:
        person = Person(service, Hands(stage, voice=voice))
        service.subscribe(person.events.put)
        yield person
