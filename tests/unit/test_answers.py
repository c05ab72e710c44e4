"""Answers to "did you mean ...?" that are typed: only to a question that waits, and only such as can be meant."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from encore_agent.answers import Answers, typed_lines
from encore_agent.messages import Accepted, Asked, Command

# Of one macro: only their values tell them apart.
PLAY, OTHER = Command("play", {"song": "Blue Moon"}, 0.5), Command("play", {"song": "Blue Mood"}, 0.4)
NEXT = Command("next", {}, 0.4)
ASKED = Asked("play blue moot", "it could be one or the other", (PLAY, OTHER), heard_id=7)


class Told(list[tuple[int | None, Command | None]]):
    """Notes what was answered."""

    def answer(self, heard_id: int | None, chosen: Command | None) -> None:
        self.append((heard_id, chosen))


@pytest.mark.parametrize(
    ("line", "told"),
    [("y", PLAY), ("YES ", PLAY), ("2", OTHER), ("1", PLAY), ("n", None), ("no", None)],
)
def test_a_line_answers_the_question_once(line: str, told: Command | None) -> None:
    heard = Told()
    answers = Answers(heard.answer)
    answers.note(ASKED)
    assert answers.take(line) == ""
    assert heard == [(7, told)]
    assert answers.take(line) == "nothing is asked now"
    assert len(heard) == 1


@pytest.mark.parametrize("line", ["3", "0", "maybe", "-1", "٣"])
def test_what_is_no_answer_leaves_it_open(line: str) -> None:
    heard = Told()
    answers = Answers(heard.answer)
    answers.note(ASKED)
    assert "a number from 1 to 2" in answers.take(line)
    assert heard == []
    answers.take("y")
    assert heard == [(7, PLAY)]


def test_nothing_typed_means_nothing() -> None:
    heard = Told()
    answers = Answers(heard.answer)
    answers.note(ASKED)
    assert answers.take("  ") == ""
    assert heard == []


def test_what_was_understood_since_closes_it() -> None:
    heard = Told()
    answers = Answers(heard.answer)
    answers.note(ASKED)
    answers.note(Accepted("next", NEXT, 1.0))
    assert answers.take("y") == "nothing is asked now"
    assert heard == []


def test_lines_come_as_they_are_typed_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    done = threading.Event()
    with os.fdopen(reading) as source, os.fdopen(writing, "wb", buffering=0) as person:
        monkeypatch.setattr(sys, "stdin", source)
        lines = typed_lines(done)
        person.write(b"y\nno")
        assert next(lines) == "y"
        person.write(b"pe\n")
        assert next(lines) == "nope"
        done.set()
        assert list(lines) == []


def test_where_nobody_can_type_it_waits_for_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    done.set()
    monkeypatch.setattr(sys, "stdin", None)
    assert list(typed_lines(done)) == []
