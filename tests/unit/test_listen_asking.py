"""Answers to "did you mean ...?", and how long to wait for more."""

from __future__ import annotations

import pytest

from encore_agent.asking import Question, Reply
from encore_agent.messages import Accepted, Asked, Command, Rejected
from encore_agent.pauses import AT_ONCE_MS, OPEN_MS, pause_after
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_recorder.actions import PressKeys
from encore_recorder.geometry import Rect

PLAY = Command("play", {"song": "yesterday"}, 0.5)
NEXT = Command("next", {}, 0.4)


@pytest.fixture
def question() -> Question:
    asked = Asked("play yesterday", "it sounded only a little like it", (PLAY, NEXT), heard_id=3)
    return Question(asked, choose=None, until_ns=5_000)  # what was heard plays no part here


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Yes.", PLAY),
        ("Yeah", PLAY),
        ("okay!", PLAY),
        ("one", PLAY),
        ("Number two.", NEXT),
        ("2", NEXT),
        ("No.", None),
        ("never mind", None),
        ("Cancel!", None),
    ],
)
def test_an_answer_chooses(question: Question, text: str, command: Command | None) -> None:
    assert question.reply_in(text) == Reply(command)


@pytest.mark.parametrize("text", ["", "three", "yesterday", "play the next one", "no one knows", "yes but no"])
def test_what_is_no_answer_is_none(question: Question, text: str) -> None:
    assert question.reply_in(text) is None


@pytest.mark.parametrize(
    ("log_ps", "reply"),
    [
        ({"Yes.": -0.5, "No.": -3.0}, Reply(PLAY)),
        ({"Yes.": -3.0, "No.": -1.2, "Cancel.": -1.3}, Reply(None)),  # both mean the same
        ({"Yes.": -4.0, "Two.": -1.0}, Reply(NEXT)),
        ({"Yes.": -1.0, "No.": -1.5}, None),  # either
        ({"Yes.": -2.5, "No.": -6.0}, None),  # something else was said
        ({"Three.": -0.1, "Yes.": -5.0}, None),  # nothing has that number
    ],
)
def test_an_answer_is_known_by_its_sound(question: Question, log_ps: dict[str, float], reply: Reply | None) -> None:
    assert question.reply_by_sound(log_ps) == reply


def test_a_question_is_open_for_a_while(question: Question) -> None:
    assert question.open_at(4_999)
    assert not question.open_at(5_000)


def macro(macro_id: str, *phrases: str, values: tuple[str, ...] = ()) -> Macro:
    step = Step(PressKeys(("enter",)), WindowIdentity("player", "Player", Rect(0, 0, 1, 1)), "before.png")
    names = dict.fromkeys(name for text in phrases for name in Phrase(text).slots)
    slots = tuple(Slot(name, values) for name in names)
    return Macro(macro_id, macro_id, tuple(map(Phrase, phrases)), slots, (step,), "2026-01-01T00:00:00+00:00", "d")


MACROS = [
    macro("next", "next track"),
    macro("pause", "pause"),
    macro("pause-all", "pause everything"),
    macro("play", "play {song}", "put on {song}", values=("Yesterday", "Fast Car", "Fast Car Live")),
    macro("dim", "dim the light", "dim"),
]


def accepted(macro_id: str, **slots: str) -> Accepted:
    return Accepted("", Command(macro_id, slots, 1.0), 10.0)


def rejected(text: str) -> Rejected:
    return Rejected(text, "no command sounds like it")


@pytest.mark.parametrize(
    ("outcome", "pause"),
    [
        (accepted("next"), AT_ONCE_MS),
        (accepted("play", song="yesterday"), AT_ONCE_MS),
        (accepted("dim"), AT_ONCE_MS),  # more words would make the same command of it
        (accepted("pause"), None),  # it could become "pause everything"
        (accepted("play", song="fast car"), None),  # or "fast car live"
        (accepted("play", song="something new"), None),  # any word may follow
        (rejected("play"), OPEN_MS),
        (rejected("put on"), OPEN_MS),
        (rejected("Next."), OPEN_MS),
        (rejected("the weather is nice"), None),
        (rejected(""), None),
        (Asked("next", "which one?", (NEXT,)), OPEN_MS),
        (Asked("nest track", "did you mean it?", (NEXT,)), None),
        (accepted("gone"), None),  # deleted meanwhile
    ],
)
def test_the_pause_follows_from_what_was_said(outcome: Accepted | Asked | Rejected, pause: int | None) -> None:
    assert pause_after(outcome, MACROS) == pause


def test_a_title_may_hold_a_command() -> None:
    macros = [macro("music", "play music"), macro("play", "play {song}", values=("Yesterday",))]
    assert pause_after(accepted("music"), macros) is None  # "play music of the night"
    assert pause_after(accepted("play", song="yesterday"), macros) == AT_ONCE_MS
