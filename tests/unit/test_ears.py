"""The ears, with an understanding and a listener made by hand: what is heard, asked, answered and set off."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import encore_agent.ears as ears_module
from encore_agent.deeds import Order
from encore_agent.dialogue import fit_of
from encore_agent.ears import TOO_LONG, Ears
from encore_agent.library import Library
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Asked,
    Command,
    Evidence,
    HeardChanged,
    ListeningChanged,
    MicrophoneChanged,
    ModeChanged,
    Muted,
    Progress,
    Rejected,
    Trouble,
)
from encore_agent.settings import Choices, Settings
from encore_agent.values import Heard
from encore_agent.wake import NotCalled, WakePhrase
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.action_evidence import Fit
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Encoded, Transcript
from encore_models.store import create_macro
from encore_recorder.actions import PressKeys
from encore_recorder.errors import NoMicrophone
from encore_recorder.geometry import Rect

NEXT = Command("next", {}, 0.9)
PLAY = Command("play", {"song": "yesterday"}, 0.6)


class FakeListener:
    """Hands out what the test says."""

    missing: ClassVar[set[str | None]] = set()
    opened: ClassVar[list[FakeListener]] = []

    def __init__(self, on_utterance, tell, device=None, foresee=None) -> None:
        self.on_utterance, self.foresee, self.device = on_utterance, foresee, device
        self.level, self.muted, self.holding, self.closed = 0.5, False, False, False
        self.pressed: list[bool] = []

    def start(self) -> None:
        if self.device in self.missing:
            raise NoMicrophone(self.device, "it is not there")
        self.opened.append(self)

    def mute(self, on: bool) -> None:
        self.muted = on

    def hold_to_talk(self, on: bool) -> None:
        self.holding = on

    def push_to_talk(self, pressed: bool) -> None:
        self.pressed.append(pressed)

    def close(self) -> None:
        self.closed = True


class FakeUnderstander:
    """Understands by a table of words; the "samples" of an utterance are an index into what was said."""

    said: ClassVar[list[str]] = []
    meanings: ClassVar[dict[str, Accepted | Asked | Rejected]] = {}
    understood: ClassVar[list[str]] = []
    prepared: ClassVar[queue.SimpleQueue[list[Macro]]] = queue.SimpleQueue()

    def __init__(self, hearing, macros, options=None, enrolled=None, printer=None) -> None:
        self.macros = macros

    def prepare(self, cancelled) -> None:
        self.prepared.put(list(self.macros))
        for _ in range(2000):
            if cancelled():
                return

    def set_macros(self, macros) -> None:
        self.macros = macros

    def hear(self, utterance: Utterance) -> Heard:
        nothing = np.zeros((0, 0), np.float32)
        text = self.said[int(utterance.samples[0])]
        return Heard(utterance, Encoded(nothing, nothing, nothing, 1.0), Transcript(text, -0.2))

    def understand(self, utterance: Utterance, **_: object):
        heard = self.hear(utterance)
        text = heard.transcript.text
        self.understood.append(text)
        return self.meanings.get(text.lower().strip("."), Rejected(text, "no command sounds like it")), heard

    def choose_value(self, heard, slot, texts):
        return None

    def fit(self, heard: Heard, texts) -> dict[str, float]:
        told = {"nail": "No."}.get(heard.transcript.text)
        return {text: -0.9 if text == told else -6.0 for text in texts}


class FakeDeeds:
    """Notes what is set off."""

    def __init__(self) -> None:
        self.running = False
        self.choosing = False
        self.orders: list[Order] = []
        self.stopped = 0

    def plausible(self, macro: Macro) -> float | None:
        return None

    def start_episode(self, order: Order) -> None:
        self.orders.append(order)

    def start_saying(self, request) -> None:
        raise AssertionError("nobody called a control by its name")

    def stop_episode(self) -> None:
        self.stopped += 1


class Person:
    """Ears, and somebody who talks to them."""

    def __init__(self, root: Path, **settings: object) -> None:
        self.library = Library(root)
        self.deeds = FakeDeeds()
        self.events: queue.SimpleQueue[AgentEvent] = queue.SimpleQueue()
        settings = {"choices": Choices.read(root), **settings}
        self.ears = Ears(self.library, self.deeds, self.events.put, Settings(root, root / "models", **settings))

    def listen(self) -> FakeListener:
        self.ears.start(voice=None, printer=None)
        return FakeListener.opened[-1]

    def utterance(self, text: str, whole: bool = True) -> Utterance:
        FakeUnderstander.said.append(text)
        number = np.full(16_000, len(FakeUnderstander.said) - 1, np.float32)
        return Utterance(number, 1_000_000_000, 2_000_000_000, whole)

    def say(self, text: str, whole: bool = True) -> int | None:
        """Speak; returns the pause that was foreseen."""
        listener, utterance = FakeListener.opened[-1], self.utterance(text, whole)
        pause_ms = listener.foresee(utterance)
        listener.on_utterance(utterance)
        return pause_ms

    def told(self) -> list[AgentEvent]:
        events = []
        while not self.events.empty():
            events.append(self.events.get())
        return events


def macro(macro_id: str, phrase: str) -> Macro:
    step = Step(PressKeys(("enter",)), WindowIdentity("player", "Player", Rect(0, 0, 1, 1)), "before.png")
    slots = tuple(map(Slot, Phrase(phrase).slots))
    return Macro(macro_id, macro_id, (Phrase(phrase),), slots, (step,), "2026-01-01T00:00:00+00:00", "d")


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    monkeypatch.setattr(ears_module, "MicrophoneListener", FakeListener)
    monkeypatch.setattr(ears_module, "Understander", FakeUnderstander)
    FakeListener.opened, FakeListener.missing = [], set()
    FakeUnderstander.said, FakeUnderstander.understood = ["(silence, to warm up)"], []
    FakeUnderstander.prepared = queue.SimpleQueue()
    FakeUnderstander.meanings = {
        "next track": Accepted("next track", NEXT, 20.0),
        "play yesterday": Asked("play yesterday", "it sounded only a little like it", (PLAY, NEXT), seconds=1e6),
    }
    person = Person(tmp_path / "encore")
    for one in (macro("next", "next track"), macro("play", "play {song}")):
        create_macro(one, {"before.png": np.zeros((4, 4, 3), np.uint8)}, person.library.macros_folder / one.id)
    yield person
    person.ears.close()
    person.library.close()


def test_a_command_is_thought_out_once_noted_told_and_set_off(person: Person) -> None:
    person.listen()
    assert person.say("next track") == 0
    assert FakeUnderstander.understood == ["next track"]
    opened, accepted, changed = person.told()
    assert (opened, changed) == (ListeningChanged(True), HeardChanged())
    assert isinstance(accepted, Accepted)
    [order] = person.deeds.orders
    assert (order.macro_id, order.confirmed, order.asked_ns) == ("next", False, 2_000_000_000)
    assert order.heard_id == accepted.heard_id
    assert person.library.heard_log.entry(accepted.heard_id).accepted


def test_titles_are_gone_through_ahead_and_again_when_the_macros_change(person: Person) -> None:
    before = set(threading.enumerate())
    person.listen()
    assert [macro.id for macro in FakeUnderstander.prepared.get(timeout=30)] == ["next", "play"]
    person.library.delete("next")
    person.ears.macros_changed()
    assert [macro.id for macro in FakeUnderstander.prepared.get(timeout=30)] == ["play"], "the first work was dropped"
    person.ears.close()
    assert set(threading.enumerate()) <= before


def test_what_another_process_taught_is_known_at_the_next_utterance(person: Person) -> None:
    person.listen()
    other = Library(person.library.root)
    other.add_slot_values("play", "song", ["Blue Moon"])
    other.close()
    person.say("next track")
    known = person.ears._understander.macros
    assert [macro.slot("song").values for macro in known if macro.slots] == [("Blue Moon",)]


def test_what_is_foreseen_does_nothing_until_it_has_ended(person: Person) -> None:
    listener = person.listen()
    person.told()
    assert listener.foresee(person.utterance("next track")) == 0
    assert person.told() == []
    assert person.deeds.orders == []
    assert person.library.heard() == []


def test_a_piece_of_endless_talk_is_not_even_listened_to(person: Person) -> None:
    person.listen()
    person.told()
    person.say("next track", whole=False)
    assert person.told() == [HeardChanged()]
    assert FakeUnderstander.understood == []
    assert [(entry.text, entry.reason) for entry in person.library.heard()] == [("", TOO_LONG)]


def test_while_a_macro_runs_only_a_stop_word_counts_and_at_once(person: Person) -> None:
    person.listen()
    person.told()
    person.deeds.running = True
    assert person.say("next track") is None
    assert person.deeds.stopped == 0
    assert person.say("Stop.") == 0
    assert person.deeds.stopped == 1
    assert person.told() == [HeardChanged()] * 2  # only the log tells of it
    assert [(entry.text, entry.verdict) for entry in person.library.heard()] == [
        ("Stop.", "rejected"),
        ("next track", "rejected"),
    ]


def test_a_macro_that_started_meanwhile_makes_it_think_again(person: Person) -> None:
    listener = person.listen()
    utterance = person.utterance("next track")
    listener.foresee(utterance)
    person.deeds.running = True
    listener.on_utterance(utterance)
    assert person.deeds.orders == []


@pytest.mark.parametrize(("answer", "macro_id"), [("Yes.", "play"), ("two", "next")])
def test_a_question_is_answered_by_voice(person: Person, answer: str, macro_id: str) -> None:
    person.listen()
    person.say("play yesterday")
    asked = next(event for event in person.told() if isinstance(event, Asked))
    assert person.deeds.orders == []
    person.say(answer)
    [order] = person.deeds.orders
    assert (order.macro_id, order.confirmed, order.heard_id) == (macro_id, True, asked.heard_id)
    assert person.library.heard_log.entry(asked.heard_id).answer == "yes"
    person.say(answer)  # the question is gone
    assert len(person.deeds.orders) == 1


def test_no_is_told_under_the_number_of_the_question(person: Person) -> None:
    person.listen()
    person.say("play yesterday")
    asked = next(event for event in person.told() if isinstance(event, Asked))
    person.say("No!")
    refused = next(event for event in person.told() if isinstance(event, Rejected))
    assert refused.heard_id == asked.heard_id
    assert person.deeds.orders == []
    assert person.library.heard_log.entry(asked.heard_id).answer == "no"


def test_a_question_is_answered_by_a_click_once(person: Person) -> None:
    person.listen()
    person.say("play yesterday")
    asked = next(event for event in person.told() if isinstance(event, Asked))
    person.ears.answer(asked.heard_id + 1, NEXT)  # of another question
    assert person.deeds.orders == []
    person.ears.answer(asked.heard_id, NEXT)
    person.ears.answer(asked.heard_id, NEXT)
    assert [order.macro_id for order in person.deeds.orders] == ["next"]


def test_of_two_values_of_one_macro_the_chosen_one_is_taken(person: Person) -> None:
    moon, mood = (Command("play", {"song": song}, 0.5) for song in ("Blue Moon", "Blue Mood"))
    FakeUnderstander.meanings["play blue moot"] = Asked("play blue moot", "it could be either", (moon, mood))
    person.listen()
    person.say("play blue moot")
    person.ears.answer(None, mood)
    assert [order.slots for order in person.deeds.orders] == [{"song": "Blue Mood"}]


def test_what_was_not_asked_about_means_no(person: Person) -> None:
    person.listen()
    person.say("play yesterday")
    person.ears.answer(None, Command("delete", {}, 1.0))
    assert person.deeds.orders == []
    assert "you said no" in [event.reason for event in person.told() if isinstance(event, Rejected)]


def test_speech_without_the_wake_phrase_is_in_the_log_with_its_scores(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    WakePhrase(("Computer",), 0.9).write(person.library.root / "wake")
    again = Person(person.library.root)
    again.listen()
    again.ears.set_mode("wake")
    near = Evidence(likeness=0.2)
    monkeypatch.setattr(again.ears._waker, "called", lambda utterance: NotCalled(near))
    again.told()
    again.say("next track")
    assert again.told() == [HeardChanged()]
    [entry] = again.library.heard()
    assert (entry.text, entry.evidence, entry.accepted) == ("", near, False)
    assert "computer" in entry.reason


@pytest.mark.parametrize(
    ("text", "phrase", "named"),
    [
        ("click heart", "play {song}", True),  # a song that sounds so is doubtful; the words are not
        ("click heart", "click art", False),  # a macro of the user's own
        ("lick the heart", "play {song}", False),
    ],
)
def test_words_that_name_a_control_go_before_a_doubtful_macro(
    person: Person, monkeypatch: pytest.MonkeyPatch, text: str, phrase: str, named: bool
) -> None:
    create_macro(
        macro("own", phrase), {"before.png": np.zeros((4, 4, 3), np.uint8)}, person.library.macros_folder / "own"
    )
    FakeUnderstander.meanings[text] = Asked(text, "it could be", (Command("own", {}, 0.5),), seconds=1e6)
    called: list[object] = []
    monkeypatch.setattr(ears_module.SayUnderstander, "request", lambda self, utterance, choosing: "the heart")
    monkeypatch.setattr(person.deeds, "start_saying", called.append)
    person.ears.saying = True
    person.listen()
    person.say(text)
    assert (called == ["the heart"]) == named
    assert any(isinstance(event, Asked) for event in person.told()) != named


def test_a_full_disk_keeps_nobody_from_their_command(person: Person, caplog: pytest.LogCaptureFixture) -> None:
    with person.library._transaction() as database:
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
    person.listen()
    for _ in range(200):
        person.say("next track")
    assert len(person.deeds.orders) == 200
    assert person.deeds.orders[-1].heard_id is None
    assert "could not be kept" in caplog.text


def test_an_answer_that_was_misheard_is_known_by_its_sound(person: Person) -> None:
    person.listen()
    person.say("play yesterday")
    person.say("nail")
    person.say("yes")  # the question is gone
    assert not person.deeds.orders


def test_another_command_drops_the_question(person: Person) -> None:
    person.listen()
    person.say("play yesterday")
    person.say("next track")
    person.say("yes")
    assert [order.macro_id for order in person.deeds.orders] == ["next"]


def test_a_question_is_not_answered_by_what_was_said_too_late(person: Person) -> None:
    person.listen()
    asked = FakeUnderstander.meanings["play yesterday"]
    assert isinstance(asked, Asked)
    FakeUnderstander.meanings["play yesterday"] = replace(asked, seconds=-1e6)
    person.say("play yesterday")
    person.say("yes")
    assert person.deeds.orders == []


def test_sound_of_rejected_speech_is_kept_only_where_that_was_turned_on(person: Person, tmp_path: Path) -> None:
    person.listen()
    person.say("lovely weather")
    [entry] = person.library.heard()
    assert person.library.heard_log.sound_of(entry.id) is None
    person.ears.close()
    keeping = Person(person.library.root, keep_rejected_audio=True)
    keeping.listen()
    keeping.say("lovely weather")
    keeping.say("next track")
    newest, rejected, _ = keeping.library.heard()
    assert keeping.library.heard_log.sound_of(rejected.id) is not None
    assert keeping.library.heard_log.sound_of(newest.id) is None


# Modes


def test_what_was_chosen_survives_a_restart(person: Person) -> None:
    listener = person.listen()
    person.told()
    person.ears.set_mode("push_to_talk")
    person.ears.mute(True)
    person.ears.set_microphone("headset")
    assert (listener.holding, listener.muted, listener.closed) == (True, True, True)
    assert person.told() == [ModeChanged("push_to_talk"), Muted(True), MicrophoneChanged("headset")]
    again = Person(person.library.root)
    assert (again.ears.mode, again.ears.muted, again.ears.microphone) == ("push_to_talk", True, "headset")
    started = again.listen()
    assert (started.holding, started.muted, started.device) == (True, True, "headset")


def test_a_microphone_that_cannot_be_opened_leaves_the_one_before(person: Person) -> None:
    person.listen()
    person.told()
    FakeListener.missing = {"headset"}
    with pytest.raises(NoMicrophone):
        person.ears.set_microphone("headset")
    assert person.ears.open
    assert (FakeListener.opened[-1].device, FakeListener.opened[-1].closed) == (None, False)
    assert person.ears.microphone is None
    assert person.told() == []


def test_where_no_microphone_can_be_opened_it_does_not_listen_and_says_so(person: Person) -> None:
    person.listen()
    person.told()
    FakeListener.missing = {"headset", None}
    with pytest.raises(NoMicrophone):
        person.ears.set_microphone("headset")
    assert not person.ears.open
    assert person.told() == [ListeningChanged(False)]


def test_the_key_to_talk_reaches_the_listener(person: Person) -> None:
    person.ears.push_to_talk(True)  # nobody listens yet
    listener = person.listen()
    person.ears.push_to_talk(True)
    person.ears.push_to_talk(False)
    assert listener.pressed == [True, False]


def test_there_is_no_waiting_for_a_wake_phrase_that_was_never_learned(person: Person) -> None:
    person.ears.set_mode("wake")
    assert person.ears.mode == "hands_free"
    [trouble] = person.told()
    assert isinstance(trouble, Trouble)


def test_forgetting_the_wake_phrase_ends_its_mode(person: Person) -> None:
    WakePhrase(("Computer",), 0.9).write(person.library.root / "wake")
    again = Person(person.library.root)
    assert again.ears.wake_phrase == "computer"
    again.ears.set_mode("wake")
    assert Person(person.library.root).ears.mode == "wake"
    again.ears.forget_wake()
    assert (again.ears.mode, again.ears.wake_phrase) == ("hands_free", None)
    assert Person(person.library.root).ears.wake_phrase is None


def test_learning_the_wake_phrase_takes_what_is_said(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    person.listen()
    taken: list[Utterance] = []
    monkeypatch.setattr(person.ears._waker, "take", taken.append)
    person.ears.enrol_wake()
    person.say("next track")
    assert len(taken) == 1
    assert person.deeds.orders == []
    person.ears.stop_enrolling_wake()
    person.say("next track")
    assert len(person.deeds.orders) == 1
    assert isinstance(person.told()[1], Progress)


def test_how_well_the_words_fit_is_known_where_words_were_compared() -> None:
    def fit(text: str, evidence: Evidence, macro_id: str = "play") -> Fit | None:
        command = Command(macro_id, {"song": "Yesterday"}, 0.9)
        return fit_of(Accepted(text, command, 1.0, evidence), [macro("play", "play {song}")])

    by_words = Evidence(words=90.0, log_p=-0.4, path="words")
    assert fit("Play yesterday.", by_words) == Fit(1.0, -0.4)
    other = fit("Close the door.", by_words)
    assert other is not None
    assert other.words < 0.5
    assert fit("play yesterday", replace(by_words, path="voice")) is None
    assert fit("play yesterday", replace(by_words, log_p=None)) is None
    assert fit("play yesterday", by_words, macro_id="gone") is None
