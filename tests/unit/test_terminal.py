"""Events as lines in the terminal: every one that matters, and brackets that were heard are no markup."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Asked,
    Command,
    HeardChanged,
    Learned,
    MicrophoneChanged,
    ModeChanged,
    Muted,
    Rejected,
    Trouble,
)
from encore_agent.terminal import counted, local_time, print_event

PLAY = Command("play-song", {"song": "[b]Yesterday"}, 0.9)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (Accepted("play [b]yesterday", PLAY, 81.4), ["“play [b]yesterday”", "play-song song = [b]Yesterday", "81 ms"]),
        (Rejected("[/]", "no command sounds like it"), ["“[/]”: no command sounds like it"]),
        (
            Asked("lay yesterday", "it sounded only a little like it", (PLAY, Command("next", {}, 0.2))),
            ["did you mean", "1. play-song song = [b]Yesterday", "2. next", "yes, no or a number"],
        ),
        (Learned("next", "Next", ("next track",), 2, ("“next track” is short",)), ["(2 steps)", "is short"]),
        (MicrophoneChanged("USB [mic]"), ["the microphone is USB [mic]"]),
        (Muted(True), ["muted"]),
        (ModeChanged("push_to_talk"), ["push to talk"]),
    ],
)
def test_what_matters_is_told(event: AgentEvent, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    print_event(event)
    shown = " ".join(capsys.readouterr().out.split())
    assert all(" ".join(words.split()) in shown for words in told), shown


def test_trouble_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    print_event(Trouble("the microphone [1] is gone"))
    told = capsys.readouterr()
    assert (told.out, " ".join(told.err.split())) == ("", "encore: the microphone [1] is gone")


def test_what_only_windows_need_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    print_event(HeardChanged())
    assert capsys.readouterr().out == ""


def test_times_are_told_as_the_clock_on_the_wall_shows_them() -> None:
    kept = datetime(2026, 11, 22, 1, 35, 29, tzinfo=UTC)
    assert local_time(kept.isoformat()) == kept.astimezone().strftime("%d %b %Y %H:%M:%S")
    assert local_time("some day") == "some day"


def test_one_thing_is_no_plural() -> None:
    assert [counted(number, "step") for number in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]
