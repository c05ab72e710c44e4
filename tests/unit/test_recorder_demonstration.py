"""A demonstration's folder: written, read, recovered, refused."""

from __future__ import annotations

import json
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration, DemonstrationInfo, DemonstrationWriter, recover
from encore_recorder.errors import BrokenDemonstration, NoSuchMoment, StillRecording
from encore_recorder.events import KeyChanged, PointerButton, Window, WindowChanged
from encore_recorder.geometry import Point, Rect

MS = 1_000_000
WINDOW = Window("Player", "player", 10, Rect(0, 0, 99, 80), 5)


def info(**changes) -> DemonstrationInfo:
    usual = DemonstrationInfo(
        id="one",
        name="",
        started_utc="2026-01-01T00:00:00+00:00",
        state="recording",
        screen=Rect(-20, 5, 99, 81),
        monitors=(Rect(-20, 5, 99, 81),),
        clock_origin_ns=1,
        fps=15,
        microphone="default",
        own_pids=(77,),
        own_chords=(("ctrl", "alt", "r"),),
    )
    return replace(usual, **changes)


def picture(value: int) -> np.ndarray:
    return np.full((81, 99, 4), value, np.uint8)


def write(folder: Path, **changes) -> DemonstrationWriter:
    writer = DemonstrationWriter(folder, info(**changes))
    writer.event(WindowChanged(0, WINDOW))
    for number in range(30):
        writer.picture(picture(100 + number), number * 100 * MS)
        writer.sound(np.full(1600, 0.25, np.float32), number * 100 * MS)
        writer.event(KeyChanged(number * 100 * MS, "a", True, "a"))
    return writer


def test_what_was_written_is_read(tmp_path: Path):
    write(tmp_path / "one").close(3 * SECOND, ["a note"])
    with Demonstration.open(tmp_path / "one") as demonstration:
        assert demonstration.info == info(state="complete", duration_ns=3 * SECOND, notes=("a note",))
        assert demonstration.duration_ns == 3 * SECOND
        assert len(list(demonstration.events())) == 31
        frame = demonstration.frame_at(1250 * MS)
        assert (frame.time_ns, frame.origin, frame.rect) == (1200 * MS, Point(-20, 5), Rect(-20, 5, 99, 81))
        assert abs(int(frame.image[40, 40, 0]) - 112) <= 2
        assert demonstration.actions()[0].action.text == "a" * 30


def test_sound_of_a_span_has_its_exact_length(tmp_path: Path):
    write(tmp_path / "one").close(4 * SECOND)
    demonstration = Demonstration.open(tmp_path / "one")
    assert demonstration.sound().shape == (64_000,)
    part = demonstration.sound(2900 * MS, 3100 * MS)
    assert part.dtype == np.float32
    assert np.allclose(part[:1600], 0.25, atol=1e-3)
    assert not part[1600:].any()
    assert len(demonstration.sound(-SECOND, SECOND)) == 16_000
    assert len(demonstration.sound(2 * SECOND, SECOND)) == 0


def test_without_a_microphone_there_is_no_sound(tmp_path: Path):
    write(tmp_path / "one", microphone=None).close(SECOND)
    assert Demonstration.open(tmp_path / "one").sound().shape == (0,)


def test_frames_beyond_the_end_are_refused(tmp_path: Path):
    write(tmp_path / "one").close(3 * SECOND)
    demonstration = Demonstration.open(tmp_path / "one")
    assert demonstration.frame_at(3 * SECOND).time_ns <= 3 * SECOND
    with pytest.raises(NoSuchMoment, match=r"3\.000 s"):
        demonstration.frame_at(3 * SECOND + 1)
    with pytest.raises(NoSuchMoment):
        demonstration.frame_at(-1)


def test_every_picture_lies_inside_the_recording(tmp_path: Path):
    write(tmp_path / "one").close(2950 * MS + 1)
    demonstration = Demonstration.open(tmp_path / "one")
    assert demonstration.duration_ns == demonstration.picture_times_ns[-1] == 2951 * MS
    assert demonstration.frame_at(demonstration.picture_times_ns[-1]).time_ns == 2951 * MS


def test_events_are_told_in_the_order_of_their_times(tmp_path: Path):
    writer = DemonstrationWriter(tmp_path / "one", info())
    writer.picture(picture(0), 0)
    for time_ns in (30, 10, 20):
        writer.event(KeyChanged(time_ns, "a", True))
    writer.close(SECOND)
    assert [event.time_ns for event in Demonstration.open(tmp_path / "one").events()] == [10, 20, 30]


def test_only_the_owner_may_look_into_the_folder(tmp_path: Path):
    write(tmp_path / "one").close()
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_holds_something_is_not_recorded_into(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        DemonstrationWriter(tmp_path, info())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_every_event_is_on_the_disk_when_it_was_written(tmp_path: Path):
    writer = write(tmp_path / "one")
    assert (tmp_path / "one/events.jsonl").read_bytes().count(b"\n") == 31
    assert json.loads((tmp_path / "one/demonstration.json").read_text())["state"] == "recording"
    writer.close()


def test_forgotten_events_are_in_no_file(tmp_path: Path):
    writer = write(tmp_path / "one")
    writer.event(KeyChanged(2950 * MS, "s", True, "secret"))
    left = writer.forget(2 * SECOND)
    assert max(event.time_ns for event in left) < 2 * SECOND
    writer.event(PointerButton(5 * SECOND, Point(1, 2), "left", True))
    writer.picture(picture(50), 5 * SECOND)
    writer.close(6 * SECOND)
    demonstration = Demonstration.open(tmp_path / "one")
    assert [event.time_ns for event in demonstration.events()][-2:] == [1900 * MS, 5 * SECOND]
    assert not any(b"secret" in path.read_bytes() for path in (tmp_path / "one").iterdir())
    assert demonstration.frame_at(4 * SECOND).time_ns == 1900 * MS
    assert not demonstration.sound(2 * SECOND, 5 * SECOND).any()


def _record_and_die(folder: Path) -> None:
    write(folder)
    os.kill(os.getpid(), 9)


def test_a_killed_recording_is_recovered(tmp_path: Path):
    process = multiprocessing.get_context("spawn").Process(target=_record_and_die, args=(tmp_path / "one",))
    process.start()
    process.join()
    assert process.exitcode == -9
    with pytest.raises(BrokenDemonstration, match="recover it"):
        Demonstration.open(tmp_path / "one")
    with (tmp_path / "one/events.jsonl").open("ab") as file:
        file.write(b'{"time_ns": 29')
    demonstration = recover(tmp_path / "one")
    assert demonstration.info.state == "recovered"
    assert len(list(demonstration.events())) == 31
    assert demonstration.duration_ns == 2900 * MS
    assert demonstration.picture_times_ns[-1] >= 2400 * MS
    assert Demonstration.open(tmp_path / "one").info == demonstration.info


def test_a_running_recording_is_left_alone(tmp_path: Path):
    writer = write(tmp_path / "one")
    with pytest.raises(StillRecording):
        Demonstration.open(tmp_path / "one")
    with pytest.raises(StillRecording):
        recover(tmp_path / "one")
    writer.forget(2 * SECOND)
    with pytest.raises(StillRecording):
        recover(tmp_path / "one")
    writer.close()
    assert Demonstration.open(tmp_path / "one").info.state == "complete"


def _break(name: str, change):
    def apply(folder: Path) -> None:
        change(folder / name)

    return apply


BREAKAGES = {
    "no folder": (lambda folder: [path.unlink() for path in folder.iterdir()] and folder.rmdir(), "no such demonstr"),
    "no info": (_break("demonstration.json", Path.unlink), r"demonstration\.json: the file is missing"),
    "no events": (_break("events.jsonl", Path.unlink), r"events\.jsonl: cannot be read"),
    "no video": (_break("recording.mkv", Path.unlink), r"recording\.mkv: cannot be read"),
    "info is no JSON": (_break("demonstration.json", lambda p: p.write_text("{")), r"demonstration\.json"),
    "info lacks a field": (_break("demonstration.json", lambda p: p.write_text('{"id": "one"}')), "Field required"),
    "a bad line": (
        _break("events.jsonl", lambda p: p.write_bytes(p.read_bytes().replace(b'"a"', b'"a', 1))),
        r"events\.jsonl: line 2 is not an event",
    ),
    "an unknown event": (
        _break("events.jsonl", lambda p: p.write_bytes(b'{"kind": "yawned"}\n')),
        r"line 1 is not an event",
    ),
    "a line cut off": (
        _break("events.jsonl", lambda p: p.write_bytes(p.read_bytes()[:-5])),
        r"line 31 is cut off\. .*recover",
    ),
    "another screen": (
        _break("demonstration.json", lambda p: p.write_text(p.read_text().replace("99", "98"))),
        "shows 100 x 82 pixels, but .* says 98 x 81",
    ),
    "from the future": (
        _break("demonstration.json", lambda p: p.write_text(p.read_text().replace('"version": 1', '"version": 2'))),
        "format version 2",
    ),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_what_is_broken_is_named(tmp_path: Path, name: str):
    write(tmp_path / "one").close(3 * SECOND)
    damage, message = BREAKAGES[name]
    damage(tmp_path / "one")
    with pytest.raises(BrokenDemonstration, match=message) as caught:
        Demonstration.open(tmp_path / "one")
    assert str(caught.value.path) in str(caught.value)
