"""What is written and what is not: pauses, forgetting, curtains."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from encore_recorder.clock import SECOND, Clock
from encore_recorder.events import (
    Event,
    KeyChanged,
    PlaybackChanged,
    RecordingPaused,
    RecordingResumed,
    Window,
    WindowChanged,
)
from encore_recorder.geometry import Point, Rect
from encore_recorder.privacy import Curtain, PrivacyRules
from encore_recorder.scribe import Forget, Pause, Resume, Scribe
from encore_recorder.sources.microphone import SoundBlock
from encore_recorder.sources.screen import Picture

ORIGIN = 1_000 * SECOND
PLAYER = Window("Player", "player", 10, Rect(0, 0, 8, 6), 1)
VAULT = Window("Vault", "KeePassXC", 20, Rect(4, 2, 4, 4), 2)


class FakeWriter:
    """Keeps in memory what a demonstration would hold; times in seconds."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.pictures: dict[float, np.ndarray] = {}
        self.sounds: list[float] = []

    def event(self, event: Event) -> None:
        self.events.append(event)

    def picture(self, bgra: np.ndarray, time_ns: int) -> None:
        self.pictures[time_ns / SECOND] = bgra

    def sound(self, samples: np.ndarray, time_ns: int) -> None:
        self.sounds.append(time_ns / SECOND)

    def forget(self, start_ns: int) -> list[Event]:
        self.events = [event for event in self.events if event.time_ns < start_ns]
        self.pictures = {t: p for t, p in self.pictures.items() if t * SECOND < start_ns}
        self.sounds = [t for t in self.sounds if t * SECOND < start_ns]
        return list(self.events)

    def told(self) -> list[tuple[str, float]]:
        events = sorted(self.events, key=lambda event: event.time_ns)
        return [(getattr(e, "key", None) or e.kind, e.time_ns / SECOND) for e in events]


class Bench:
    """A scribe, and a way to hand it things at seconds of the recording."""

    def __init__(self) -> None:
        self.writer = FakeWriter()
        self.scribe = Scribe(self.writer, Clock(ORIGIN), Point(0, 0))

    def at(self, seconds: float) -> int:
        return ORIGIN + round(seconds * SECOND)

    def key(self, seconds: float, name: str = "a") -> None:
        self.scribe.take(KeyChanged(self.at(seconds), name, True))

    def picture(self, seconds: float) -> None:
        self.scribe.take(Picture(self.at(seconds), np.full((6, 8, 4), 9, np.uint8)))

    def curtain(self, seconds: float, *stack: Window) -> None:
        self.scribe.take(Curtain.over(self.at(seconds), stack, PrivacyRules()))

    def sound(self, seconds: float) -> None:
        self.scribe.take(SoundBlock(np.zeros(1600, np.float32), self.at(seconds)))

    def second(self, seconds: int) -> None:
        self.key(seconds, str(seconds))
        self.sound(seconds)
        self.picture(seconds)
        self.curtain(seconds + 0.1)


def test_times_become_those_of_the_recording():
    bench = Bench()
    bench.second(3)
    assert bench.writer.told() == [("3", 3.0)]
    assert (list(bench.writer.pictures), bench.writer.sounds) == ([3.0], [3.0])


def test_what_was_so_before_the_beginning_is_told_at_zero():
    bench = Bench()
    bench.scribe.take(WindowChanged(ORIGIN - 5, PLAYER))
    assert bench.writer.events == [WindowChanged(0, PLAYER)]


def test_nothing_of_a_pause_is_written():
    bench = Bench()
    bench.second(1)
    bench.scribe.take(Pause(bench.at(2)))
    bench.key(1.9, "late")  # from before the pause, handed on after it
    bench.second(3)
    bench.sound(3.95)  # reaches over the end of the pause
    bench.scribe.take(Resume(bench.at(4)))
    bench.second(5)
    assert bench.writer.told() == [
        ("1", 1.0), ("late", 1.9), ("recording_paused", 2.0), ("recording_resumed", 4.0), ("5", 5.0),
    ]  # fmt: skip
    assert list(bench.writer.pictures) == [1.0, 5.0]
    assert bench.writer.sounds == [1.0, 5.0]


def test_pausing_twice_and_resuming_twice_is_once():
    bench = Bench()
    for order in (Pause(bench.at(1)), Pause(bench.at(2)), Resume(bench.at(3)), Resume(bench.at(4))):
        bench.scribe.take(order)
    assert bench.writer.told() == [("recording_paused", 1.0), ("recording_resumed", 3.0)]


def test_after_a_pause_only_what_changed_is_told_again():
    bench = Bench()
    other = replace(PLAYER, title="Other")
    playing = PlaybackChanged(bench.at(0.5), "p", "Playing", "One", "")
    bench.scribe.take(WindowChanged(bench.at(0), PLAYER))
    bench.scribe.take(playing)
    bench.scribe.take(Pause(bench.at(1)))
    bench.scribe.take(WindowChanged(bench.at(2), other))
    bench.scribe.take(Resume(bench.at(3)))
    assert bench.writer.events[-2:] == [RecordingResumed(3 * SECOND), WindowChanged(3 * SECOND, other)]


def test_forgetting_removes_the_last_seconds_of_everything():
    bench = Bench()
    bench.scribe.take(WindowChanged(bench.at(0), PLAYER))
    for seconds in range(1, 8):
        bench.second(seconds)
    bench.scribe.take(WindowChanged(bench.at(7.5), VAULT))
    bench.picture(7.9)  # still waits for its curtain
    order = Forget(bench.at(8), 3.5)
    bench.scribe.take(order)
    assert order.done.is_set()
    bench.sound(7.7)  # was on its way
    bench.curtain(8.1)
    bench.second(9)
    assert bench.writer.told() == [
        ("window_changed", 0.0), ("1", 1.0), ("2", 2.0), ("3", 3.0), ("4", 4.0), ("recording_paused", 4.5),
        ("recording_resumed", 8.0), ("window_changed", 8.0), ("9", 9.0),
    ]  # fmt: skip
    assert list(bench.writer.pictures) == [1.0, 2.0, 3.0, 4.0, 9.0]
    assert bench.writer.sounds == [1.0, 2.0, 3.0, 4.0, 9.0]


def test_forgetting_in_a_pause_counts_from_its_beginning():
    bench = Bench()
    for seconds in range(1, 6):
        bench.second(seconds)
    bench.scribe.take(Pause(bench.at(6)))
    bench.scribe.take(Forget(bench.at(60), 2.5))
    assert bench.scribe.paused
    bench.key(61)
    bench.scribe.take(Resume(bench.at(70)))
    bench.second(71)
    assert bench.writer.told() == [
        ("1", 1.0), ("2", 2.0), ("3", 3.0), ("recording_paused", 3.5), ("recording_resumed", 70.0), ("71", 71.0),
    ]  # fmt: skip


def test_forgetting_more_than_there_is_forgets_everything():
    bench = Bench()
    bench.second(1)
    bench.scribe.take(Forget(bench.at(2), 100))
    assert bench.writer.events == [RecordingPaused(0), RecordingResumed(2 * SECOND)]
    assert not bench.writer.pictures


def test_pictures_wait_for_the_curtain_that_is_younger():
    bench = Bench()
    bench.picture(1.0)
    bench.picture(1.2)
    assert not bench.writer.pictures
    bench.curtain(1.1)
    assert list(bench.writer.pictures) == [1.0]


def test_a_hidden_window_is_black_from_the_last_picture_before_it_was_seen_until_it_has_surely_gone():
    bench = Bench()
    bench.curtain(0.7, PLAYER)
    bench.picture(0.8)
    bench.curtain(0.9, PLAYER)
    bench.picture(1.0)
    bench.curtain(1.1, VAULT, PLAYER)
    bench.picture(1.15)
    bench.curtain(1.2, PLAYER)
    bench.picture(1.25)  # taken while the windows were asked for: the vault, which went meanwhile, may be in it
    for tenth in range(13, 19):
        bench.curtain(tenth / 10, PLAYER)
    bench.picture(1.85)
    bench.curtain(1.9, PLAYER)
    for seconds, hidden in ((0.8, False), (1.0, True), (1.15, True), (1.25, True), (1.85, False)):
        picture = bench.writer.pictures[seconds]
        assert (picture[3, 5, 0] == 0) == hidden
        assert picture[1, 1, 0] == 9


def test_what_lies_over_a_hidden_window_is_kept():
    bench = Bench()
    over = replace(PLAYER, rect=Rect(6, 0, 2, 6))
    bench.picture(1.0)
    bench.curtain(1.1, over, VAULT)
    bench.curtain(1.2, over, VAULT)
    picture = bench.writer.pictures[1.0]
    assert picture[3, 5, 0] == 0
    assert picture[3, 7, 0] == 9
