"""Speech in the virtual microphone is understood, or refused with a reason."""

from __future__ import annotations

import queue
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demos.hands import Hands
from demos.stage import Stage
from encore_agent.hotkey import grab_talk_key, open_hotkeys
from encore_agent.listen import Listener
from encore_agent.messages import (
    Accepted,
    AgentEvent,
    Asked,
    ListeningChanged,
    MicrophoneChanged,
    Muted,
    Rejected,
    Trouble,
)
from encore_agent.service import Service, open_service
from encore_agent.settings import Choices, Settings
from encore_agent.understand import Heard, Understander
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.speech import Utterance
from encore_models.perception.voice import Voice
from encore_recorder.actions import PressKeys
from encore_recorder.geometry import Rect

PATIENCE_S = 30


def macro(macro_id: str, phrase: str) -> Macro:
    step = Step(PressKeys(("enter",)), WindowIdentity("player", "Player", Rect(0, 0, 1, 1)), "before.png")
    slots = tuple(map(Slot, Phrase(phrase).slots))
    return Macro(macro_id, macro_id, (Phrase(phrase),), slots, (step,), "2026-01-01T00:00:00+00:00", "d")


class Ears:
    """A listener and an understander at the stage's microphone."""

    def __init__(self, voice: Voice) -> None:
        self.understander = Understander(voice, [macro("play", "play {song}"), macro("next", "next track")])
        self.outcomes: queue.SimpleQueue[tuple[Accepted | Asked | Rejected, Heard]] = queue.SimpleQueue()
        self.told: list[AgentEvent] = []
        self.listener = Listener(self._understand, self.told.append)

    def _understand(self, utterance: Utterance) -> None:
        self.outcomes.put(self.understander.understand(utterance))

    def outcome(self) -> tuple[Accepted | Asked | Rejected, Heard]:
        return self.outcomes.get(timeout=PATIENCE_S)


@pytest.fixture
def ears(stage: Stage, voice: Voice) -> Iterator[Ears]:
    ears = Ears(voice)
    ears.listener.start()
    yield ears
    ears.listener.close()


@pytest.mark.parametrize("name", ["pico-us", "flite-slt"])
def test_a_spoken_command_is_accepted_with_its_slot(stage: Stage, ears: Ears, name: str) -> None:
    spoken = Hands(stage).say("Play Yesterday Once More", name)
    outcome, heard = ears.outcome()
    assert isinstance(outcome, Accepted), outcome
    assert outcome.command.macro_id == "play"
    assert outcome.command.slots == {"song": "yesterday once more"}
    assert outcome.understand_ms > 0
    # The times are those of `time.monotonic`, so that a replay knows when it was asked for.
    assert heard.utterance.start_ns / 1e9 == pytest.approx(spoken.began_s, abs=0.25)
    assert heard.utterance.end_ns / 1e9 == pytest.approx(spoken.ended_s, abs=0.25)
    screen = ["Yesterday", "Yesterday Once More", "Tomorrow"]
    assert ears.understander.choose_value(heard, "song", screen) == "Yesterday Once More"
    assert ears.understander.choose_value(heard, "song", ["Yesterday", "Tomorrow"]) is None


def test_speech_that_asks_for_nothing_is_refused_with_a_reason(stage: Stage, ears: Ears) -> None:
    Hands(stage).say("The weather is nice today", "flite-slt")
    outcome, _ = ears.outcome()
    assert isinstance(outcome, Rejected), outcome
    assert outcome.reason == "no command sounds like it"
    assert "weather" in outcome.text.lower()


def test_two_commands_one_after_the_other(stage: Stage, ears: Ears) -> None:
    hands = Hands(stage)
    hands.say("Play Yesterday", "pico-us")
    hands.say("Next track", "pico-us")
    commands = [ears.outcome()[0] for _ in range(2)]
    assert all(isinstance(outcome, Accepted) for outcome in commands), commands
    assert [outcome.command.macro_id for outcome in commands if isinstance(outcome, Accepted)] == ["play", "next"]


def test_while_muted_nothing_is_heard(stage: Stage, ears: Ears) -> None:
    hands = Hands(stage)
    ears.listener.mute(True)
    hands.say("Play Yesterday", "pico-us")
    ears.listener.mute(False)
    hands.say("Next track", "pico-us")
    outcome, _ = ears.outcome()
    assert isinstance(outcome, Accepted), outcome
    assert outcome.command.macro_id == "next"
    assert ears.outcomes.empty()
    assert ears.told == []


# The real microphones of a sound server


def pactl(stage: Stage, *arguments: str) -> str:
    done = subprocess.run(["pactl", *arguments], env=stage.env, check=True, timeout=10, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def headset(stage: Stage) -> Iterator[str]:
    """A second microphone, called Headset; yields the sink that feeds it."""
    sink = pactl(
        stage, "load-module", "module-null-sink", "norewinds=1", "sink_name=ear", "rate=48000", "channels=1",
        "sink_properties=device.description=Ear",
    )  # fmt: skip
    source = pactl(
        stage, "load-module", "module-remap-source", "source_name=headset", "master=ear.monitor",
        "source_properties=device.description=Headset",
    )  # fmt: skip
    try:
        yield "ear"
    finally:
        for module in (source, sink):
            pactl(stage, "unload-module", module)


class Room:
    """A listener, its utterances and what it tells."""

    def __init__(self, device: str | None = None) -> None:
        self.utterances: queue.SimpleQueue[Utterance] = queue.SimpleQueue()
        self.told: queue.SimpleQueue[AgentEvent] = queue.SimpleQueue()
        self.listener = Listener(self.utterances.put, self.told.put, device)
        self.listener.start()


@contextmanager
def listening(device: str | None = None) -> Iterator[Room]:
    heard = Room(device)
    yield heard
    heard.listener.close()


def test_a_microphone_is_chosen_by_the_name_the_system_shows(stage: Stage, tmp_path: Path) -> None:
    from demos.voices import speak, write_wav
    from encore_recorder.sources.microphones import microphones

    with headset(stage) as sink:
        assert microphones() == ["Microphone", "Headset"]
        with listening("headset") as chosen, listening() as default:
            assert (chosen.listener.name, default.listener.name) == ("Headset", "Microphone")
            wav = write_wav(tmp_path / "said.wav", speak("Next track", "pico-us"), 48_000)
            subprocess.run(["paplay", f"--device={sink}", wav], env=stage.env, check=True, timeout=30)
            assert chosen.utterances.get(timeout=PATIENCE_S).seconds > 0.4
            Hands(stage).say("Next track", "pico-us")
            assert default.utterances.get(timeout=PATIENCE_S).seconds > 0.4
            # Each heard only its own.
            assert chosen.utterances.empty()
            assert default.utterances.empty()
    assert microphones() == ["Microphone"]


def test_a_device_that_slept_is_heard_again(stage: Stage) -> None:
    with listening() as ears:
        pactl(stage, "suspend-source", "microphone", "1")
        try:
            assert "gives no sound any more" in gone(ears).message
        finally:
            pactl(stage, "suspend-source", "microphone", "0")
        assert "is back" in gone(ears).message
        Hands(stage).say("Next track", "pico-us")
        assert ears.utterances.get(timeout=PATIENCE_S).seconds > 0.4


def gone(ears: Room) -> Trouble:
    event = ears.told.get(timeout=PATIENCE_S)
    assert isinstance(event, Trouble)
    return event


def test_what_is_said_while_the_key_is_held_is_one_utterance(stage: Stage) -> None:
    hands = Hands(stage)
    edges: queue.SimpleQueue[bool] = queue.SimpleQueue()
    with listening() as ears, open_hotkeys() as hotkeys:

        def held(pressed: bool) -> None:
            ears.listener.push_to_talk(pressed)
            edges.put(pressed)

        assert grab_talk_key(hotkeys, "ctrl+alt+space", held) is None
        ears.listener.hold_to_talk(True)
        hands.say("The weather is nice today", "flite-slt")
        xdotool(stage, "keydown", "ctrl", "keydown", "alt", "keydown", "space")
        assert edges.get(timeout=5)
        first = hands.say("Play yesterday", "pico-us", trail_s=0.5)
        last = hands.say("Once more", "pico-us", trail_s=0.3)
        xdotool(stage, "keyup", "space", "keyup", "alt", "keyup", "ctrl")
        assert not edges.get(timeout=5)
        utterance = ears.utterances.get(timeout=PATIENCE_S)
        assert utterance.start_ns / 1e9 == pytest.approx(first.began_s, abs=0.25)
        assert utterance.end_ns / 1e9 == pytest.approx(last.ended_s, abs=0.25)
        hands.say("The weather is nice today", "flite-slt")
        assert ears.utterances.empty()


def xdotool(stage: Stage, *arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], env=stage.env, check=True, timeout=10)


# The whole service


class Running:
    """A service over a library of its own, and what it tells."""

    def __init__(self, root: Path) -> None:
        settings = Settings.default(root)
        self.service: Service = open_service(settings)
        self.events: queue.SimpleQueue[AgentEvent] = queue.SimpleQueue()
        self.service.subscribe(self.events.put)

    def await_event(self, kind: type[AgentEvent]) -> AgentEvent:
        deadline = time.monotonic() + PATIENCE_S
        while (left := deadline - time.monotonic()) > 0:
            event = self.events.get(timeout=left)
            if isinstance(event, kind):
                return event
        raise AssertionError(f"no {kind.__name__}")


def test_a_recording_begins_without_keeping_its_caller_waiting(stage: Stage, tmp_path: Path) -> None:
    running = Running(tmp_path / "encore")
    try:
        running.service.listen_now()
        began = time.monotonic()
        running.service.start_recording()
        assert running.service.recording
        running.service.pause_recording(True)
        running.service.stop_recording(learn_it=False)
        assert not running.service.recording
        assert time.monotonic() - began < 0.1
        names = []
        while "RecordingStopped" not in names:
            names.append(type(running.events.get(timeout=PATIENCE_S)).__name__)
        recording = [name for name in names if name.startswith("Recording")]
        assert recording == ["RecordingStarted", "RecordingPaused", "RecordingStopped"]
        running.await_event(ListeningChanged)
        assert running.service.listening
    finally:
        running.service.close()


def test_another_microphone_is_chosen_while_it_listens_and_kept(stage: Stage, tmp_path: Path) -> None:
    root = tmp_path / "encore"
    running = Running(root)
    try:
        with headset(stage):
            running.service.listen_now()
            running.service.set_microphone("Headset")
            assert running.await_event(MicrophoneChanged) == MicrophoneChanged("Headset")
            running.service.set_microphone("nosuchthing")
            trouble = running.await_event(Trouble)
            assert isinstance(trouble, Trouble)
            assert "nosuchthing" in trouble.message
            assert running.service.listening
            assert running.service.microphone == "Headset"
            running.service.set_microphone(None)
            running.await_event(MicrophoneChanged)
            running.service.mute(True)
            running.await_event(Muted)
        assert Choices.read(root) == Choices(muted=True)
    finally:
        running.service.close()
