"""The rehearsed person: what ends a request, and what is said of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from demos.errors import RehearsalFailed
from demos.rehearsal import Rehearsal
from demos.report import table
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Asked,
    Command,
    Finished,
    Learned,
    Listener,
    ListeningChanged,
    Rejected,
    Trouble,
)
from encore_models.macro import Macro, Phrase, Step, WindowIdentity
from encore_recorder.actions import TypeText
from encore_recorder.geometry import Rect
from tests.benchmarks.bench_main import summarise

MEANT = Command("play-song", {"song": "Yesterday Once More"}, 0.4)
QUESTION = Asked("play yesterday once more", "it could be “Yesterday”", (MEANT,))


@dataclass
class Sound:
    """Silence from the speakers."""

    samples: np.ndarray
    rate: int = 16_000


class FakeStage:
    """Speakers that are silent."""

    env: dict[str, str]

    def record_speakers(self, seconds: float) -> Sound:
        return Sound(np.zeros(16_000, np.float32))


class FakeService:
    """Tells what it is given."""

    def __init__(self) -> None:
        self.tell: Listener = lambda _: None
        self.answers: list[tuple[int | None, Command | None]] = []

    @property
    def library(self) -> FakeService:
        return self

    def macro(self, macro_id: str) -> Macro:
        """One that was learned without a word."""
        step = Step(TypeText("Yesterday"), WindowIdentity("player", "Player", Rect(0, 0, 8, 8)), "a.png")
        return Macro(macro_id, "Typed", (Phrase("my macro"),), (), (step,), "2026", "d")

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self.tell = listener
        return lambda: None

    def answer(self, heard_id: int | None, chosen: Command | None) -> None:
        self.answers.append((heard_id, chosen))


class FakePlayer:
    """Plays nothing."""

    status = "Paused"
    title = ""


@dataclass
class Speech:
    """Speech that has just ended."""

    ended_s: float


class FakeHands:
    """Speaks, whereupon these events are told."""

    def __init__(self, service: FakeService, *events: AgentEvent) -> None:
        self._service, self._events = service, events

    def say(self, text: str, voice: str, *, speed: float) -> Speech:
        for event in self._events:
            self._service.tell(event)
        return Speech(time.monotonic())


@pytest.mark.parametrize(
    ("last", "answers"),
    [(QUESTION, [(None, None)]), (Rejected("lay it down", "no command sounds like it"), [])],
)
def test_a_question_ends_a_request_at_once_and_gets_a_no(last: AgentEvent, answers: list[object]) -> None:
    service = FakeService()
    hands = FakeHands(service, ListeningChanged(True), last)
    rehearsal = Rehearsal(FakeStage(), service, FakePlayer(), hands)  # type: ignore[arg-type]
    began = time.monotonic()
    asked = rehearsal.ask("Yesterday Once More", "pico-us")
    assert time.monotonic() - began < 5.0
    assert asked.outcome is last
    assert service.answers == answers
    assert not asked.right
    assert not asked.wrong


def test_a_question_is_written_down_as_asked() -> None:
    service = FakeService()
    rehearsal = Rehearsal(FakeStage(), service, FakePlayer(), FakeHands(service, QUESTION))  # type: ignore[arg-type]
    figures = summarise([rehearsal.ask("Yesterday Once More", "pico-us")])
    assert figures["asked"] == 1
    assert [run["outcome"] for run in figures["runs"]] == ["asked: it could be “Yesterday”"]  # type: ignore[attr-defined]


def test_the_first_end_counts() -> None:
    service = FakeService()
    done = Finished("e", "Yesterday plays", 2800.0)
    hands = FakeHands(service, done, Rejected("", "no words were heard"))
    rehearsal = Rehearsal(FakeStage(), service, FakePlayer(), hands)  # type: ignore[arg-type]
    assert rehearsal.ask("Yesterday", "pico-us").outcome is done


def test_a_demonstration_that_was_not_heard_is_told_in_words() -> None:
    service = FakeService()
    rehearsal = Rehearsal(FakeStage(), service, FakePlayer(), FakeHands(service))  # type: ignore[arg-type]
    with pytest.raises(RehearsalFailed, match="learned “my macro”, in which no song varies"):
        rehearsal.tell_titles(Learned("typed", "Typed", ("my macro",), 1))


def test_a_trouble_with_something_else_does_not_end_what_runs() -> None:
    service = FakeService()
    heard, silent = Accepted("play yesterday", MEANT, 80.0), Trouble("the microphone has given nothing but silence")
    done = Finished("e", "Yesterday plays", 2800.0)
    rehearsal = Rehearsal(FakeStage(), service, FakePlayer(), FakeHands(service, heard, silent, done))  # type: ignore[arg-type]
    assert rehearsal.ask("Yesterday", "pico-us").outcome is done
    rehearsal.hands = FakeHands(service, silent, done)  # type: ignore[assignment]
    assert rehearsal.ask("Yesterday", "pico-us").outcome is silent
    rehearsal.hands = FakeHands(service, heard, silent)  # type: ignore[assignment]
    assert rehearsal.ask("Yesterday", "pico-us", patience_s=0.2).outcome is silent


def test_what_was_heard_but_not_done_in_time_is_told_so() -> None:
    service = FakeService()
    heard = Accepted("play yesterday", MEANT, 80.0)
    rehearsal = Rehearsal(FakeStage(), service, FakePlayer(), FakeHands(service, heard))  # type: ignore[arg-type]
    assert ("outcome", "not done in time") in table(rehearsal.ask("Yesterday", "pico-us", patience_s=0.2))
