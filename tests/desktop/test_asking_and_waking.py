"""Speech for Encore alone: after the wake phrase, and answers to what Encore asks, all through the microphone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from demos.stage import Stage
from encore_agent.messages import (
    Accepted,
    Asked,
    EpisodeStarted,
    Halted,
    Progress,
    Rejected,
    Trouble,
)
from encore_models.bundle import Bundle
from encore_models.macro import Phrase
from tests.desktop.person import Person, person_at
from tests.gui_sample import add, pause_macro

WAKE = "Hey computer"
SEND = "send-the-report"


@pytest.fixture(scope="module")
def person(stage: Stage, hearing_bundle: Bundle) -> Iterator[Person]:
    with person_at(stage, hearing_bundle.folder.parent, "flite-rms") as person:
        # The library is the desktop's; other tests keep macros of their own in it.
        add(
            person.service.library,
            replace(pause_macro(), id=SEND, name="Send the report", phrases=(Phrase("send the report"),)),
        )
        person.listened_to()
        yield person
        person.service.delete(SEND)


OUTCOMES = (Accepted, Asked, Rejected)


def test_what_is_asked_is_answered_by_voice(person: Person) -> None:
    # What is sent cannot be taken back, so it is always asked.
    asked = person.say("Send the report.", *OUTCOMES)
    assert isinstance(asked, Asked), asked
    assert asked.commands[0].macro_id == SEND
    no = person.say("No.", Rejected, EpisodeStarted)
    assert isinstance(no, Rejected), no
    assert no.reason == "you said no"

    person.say("Send the report.", Asked)
    started = person.say("Yes.", EpisodeStarted, Rejected)
    assert isinstance(started, EpisodeStarted), started
    assert started.macro_id == SEND
    # Its program is not there: it halts and clicks nothing.
    assert isinstance(person.await_event(Halted), Halted)


def test_after_the_wake_phrase_alone_speech_is_for_encore(person: Person) -> None:
    person.service.enrol_wake()
    for number in (2, 3):
        progress = person.say(WAKE, Progress, Trouble)
        assert isinstance(progress, Progress), progress
        assert f"({number} of 3)" in progress.what
    learned = person.say(WAKE, Progress, Trouble)
    assert isinstance(learned, Progress), learned
    assert learned.done == 1.0

    person.service.set_mode("wake")
    try:
        person.forget()
        person.hands.say("Send the report.")
        assert not person.heard_within(3.0, *OUTCOMES)

        together = person.say(f"{WAKE}, send the report.", *OUTCOMES)
        assert isinstance(together, Asked), together

        person.hands.say("No.")
        person.await_event(Rejected)
        alone = person.say(WAKE, *OUTCOMES)
        assert isinstance(alone, Rejected), alone
        assert alone.reason.startswith("that was the wake phrase")
        then = person.say("Send the report.", *OUTCOMES)
        assert isinstance(then, Asked), then
    finally:
        person.service.forget_wake()
        person.service.set_mode("hands_free")
