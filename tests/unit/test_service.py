"""The service without a device: what is chosen, corrected and recorded in the background."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from encore_agent import recordings as recordings_module
from encore_agent.background import Background
from encore_agent.errors import UnknownMacro
from encore_agent.library import Library
from encore_agent.messages import (
    AgentEvent,
    HeardChanged,
    ModeChanged,
    Muted,
    RecordingPaused,
    RecordingStarted,
    RecordingStopped,
    Rejected,
    Trouble,
)
from encore_agent.recordings import Recordings
from encore_agent.service import Service, open_service
from encore_agent.settings import CHOICES_FILE, Choices, Settings
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.store import create_macro
from encore_recorder.actions import PressKeys
from encore_recorder.errors import NoMicrophone
from encore_recorder.geometry import Rect
from encore_recorder.recorder import RecorderOptions


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = open_service(Settings.default(tmp_path / "encore"))
    yield service
    service.close()
    service.close()


@pytest.fixture
def told(service: Service) -> queue.SimpleQueue[AgentEvent]:
    events: queue.SimpleQueue[AgentEvent] = queue.SimpleQueue()
    service.subscribe(events.put)
    return events


def test_nothing_listens_or_records_to_begin_with(service: Service) -> None:
    assert (service.listening, service.recording, service.running) == (False, False, False)
    assert (service.mode, service.muted, service.microphone, service.wake_phrase) == ("hands_free", False, None, None)
    assert (service.listening_level, service.recording_level, service.recording_seconds) == (0.0, 0.0, 0.0)
    service.push_to_talk(True)
    service.push_to_talk(False)
    service.answer(None, None)


def test_mode_and_mute_are_told_and_kept(service: Service, told: queue.SimpleQueue[AgentEvent], tmp_path: Path) -> None:
    service.set_mode("push_to_talk")
    service.mute(True)
    assert [told.get(timeout=5), told.get(timeout=5)] == [ModeChanged("push_to_talk"), Muted(True)]
    again = open_service(Settings.default(tmp_path / "encore"))
    assert (again.mode, again.muted) == ("push_to_talk", True)
    again.close()


def test_a_correction_is_told_and_one_that_cannot_be_made_is_trouble(
    service: Service, told: queue.SimpleQueue[AgentEvent]
) -> None:
    heard_id = service.library.note_heard(Rejected("lovely weather", "no command sounds like it"))
    service.false_fire(heard_id)
    trouble = told.get(timeout=5)
    assert isinstance(trouble, Trouble)
    assert str(heard_id) in trouble.message
    service._quick.do(service._correct, lambda library, number: None, heard_id)
    assert told.get(timeout=5) == HeardChanged()


def test_wordings_are_proposed_that_are_neither_known_nor_another_macros(service: Service) -> None:
    for one in (macro("play", "play {song}", "put on {song}"), macro("stop", "stop the music")):
        folder = service.library.macros_folder / one.id
        create_macro(one, {"before.png": np.zeros((4, 4, 3), np.uint8)}, folder)
    proposed = service.proposals("play")
    assert proposed
    assert all("{song}" in text for text in proposed)
    assert not {"play {song}", "put on {song}"} & set(proposed)
    with pytest.raises(UnknownMacro):
        service.proposals("nosuchthing")


def macro(macro_id: str, *phrases: str) -> Macro:
    step = Step(PressKeys(("enter",)), WindowIdentity("player", "Player", Rect(0, 0, 1, 1)), "before.png")
    slots = tuple(map(Slot, Phrase(phrases[0]).slots))
    return Macro(macro_id, macro_id, tuple(map(Phrase, phrases)), slots, (step,), "2026-01-01T00:00:00+00:00", "d")


# Choices on disk


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "7",
        '{"mode": "shouting"}',
        '{"muted": "yes"}',
        '{"microphone": 7}',
        '{"talk_key": null}',
        '{"talk_key": "a"}',
    ],
)
def test_a_settings_file_that_cannot_be_used_gives_the_defaults(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / CHOICES_FILE).write_text(content)
    assert Choices.read(tmp_path) == Choices()
    assert CHOICES_FILE in caplog.text


def test_choices_are_written_whole_and_unknown_ones_are_left_out(tmp_path: Path) -> None:
    chosen = Choices("wake", "Headset", True, "f9")
    chosen.write(tmp_path / "new")
    assert Choices.read(tmp_path / "new") == chosen
    kept = json.loads((tmp_path / "new" / CHOICES_FILE).read_text())
    (tmp_path / CHOICES_FILE).write_text(json.dumps({**kept, "of_a_later_version": 1}))
    assert Choices.read(tmp_path) == chosen
    assert [path.name for path in (tmp_path / "new").iterdir()] == [CHOICES_FILE]
    assert Choices.read(tmp_path / "nowhere") == Choices()


# Recording in the background


class FakeDemonstration:
    def __init__(self, path: Path) -> None:
        self.path, self.info, self.closed = path, self, False
        self.id = path.name

    def close(self) -> None:
        self.closed = True


class FakeRecorder:
    """Starts when the test lets it."""

    go_on = threading.Event()
    broken = False

    def __init__(self, folder: Path, options: object) -> None:
        self.folder, self.level = folder, 0.25

    def start(self) -> None:
        assert self.go_on.wait(10)
        if self.broken:
            raise NoMicrophone(None, "there is none")

    def pause(self) -> None:
        pass

    resume = pause

    def stop(self) -> FakeDemonstration:
        return FakeDemonstration(self.folder)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Recordings, queue.SimpleQueue]]:
    monkeypatch.setattr(recordings_module, "Recorder", FakeRecorder)
    monkeypatch.setattr(FakeRecorder, "go_on", threading.Event())
    library = Library(tmp_path / "encore")
    events: queue.SimpleQueue[object] = queue.SimpleQueue()
    recordings = Recordings(library, RecorderOptions, events.put)
    yield recordings, events
    FakeRecorder.go_on.set()
    recordings.close()
    library.close()


def nothing() -> None:
    pass


def test_a_recording_that_is_only_about_to_begin_can_be_paused_and_stopped(
    recorded: tuple[Recordings, queue.SimpleQueue],
) -> None:
    recordings, events = recorded
    recordings.start(lambda: events.put("ready"), nothing)
    recordings.start(lambda: events.put("again"), nothing)  # one is enough
    assert recordings.active
    assert recordings.seconds == 0.0
    recordings.pause(True)
    recordings.stop(events.put)
    assert not recordings.active
    FakeRecorder.go_on.set()
    first = [events.get(timeout=5) for _ in range(5)]
    kinds = [type(event) for event in first]
    assert kinds == [str, RecordingStarted, RecordingPaused, RecordingStopped, FakeDemonstration]


def test_a_recording_that_cannot_begin_is_told_and_can_be_tried_again(
    recorded: tuple[Recordings, queue.SimpleQueue], monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings, events = recorded
    FakeRecorder.go_on.set()
    monkeypatch.setattr(FakeRecorder, "broken", True)
    recordings.start(nothing, lambda: events.put("failed"))
    assert events.get(timeout=5) == "failed"
    assert isinstance(events.get(timeout=5), Trouble)
    assert not recordings.active
    recordings.stop(events.put)
    monkeypatch.setattr(FakeRecorder, "broken", False)
    recordings.start(nothing, nothing)
    assert isinstance(events.get(timeout=5), RecordingStarted)
    assert recordings.level == 0.25


def test_closing_keeps_what_is_being_recorded(recorded: tuple[Recordings, queue.SimpleQueue]) -> None:
    recordings, events = recorded
    FakeRecorder.go_on.set()
    recordings.start(nothing, nothing)
    recordings.close()
    recordings.close()
    assert [type(events.get(timeout=5)) for _ in range(2)] == [RecordingStarted, RecordingStopped]


def test_work_in_the_background_goes_on_after_an_error(caplog: pytest.LogCaptureFixture) -> None:
    told: list[object] = []
    background = Background("work", told.append)
    done: list[int] = []

    def fail() -> None:
        raise ZeroDivisionError("nobody expects it")

    background.do(fail)
    background.do(done.append, 1)
    background.finish()
    assert done == [1]
    assert told == [Trouble("nobody expects it")]
    assert "unexpected error" in caplog.text
