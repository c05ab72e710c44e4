"""A demonstration on disk: a folder with `demonstration.json`, `events.jsonl` and `recording.mkv`.

It is written so that an interruption at any time leaves something to recover: events are appended and flushed, the
video is cut into short clusters, and `demonstration.json` is written beside and renamed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from encore_recorder.actions import RecordedAction
from encore_recorder.clock import SECOND
from encore_recorder.errors import BrokenDemonstration, NoSuchMoment, StillRecording
from encore_recorder.events import EVENTS, Event
from encore_recorder.frame import Frame
from encore_recorder.geometry import Point, Rect
from encore_recorder.media import SOUND_RATE, RecordingReader, RecordingWriter, repair
from encore_recorder.segment import actions_of

INFO_FILE, EVENTS_FILE, VIDEO_FILE = "demonstration.json", "events.jsonl", "recording.mkv"
FORMAT_VERSION = 1

_AGAIN = "Copy the demonstration again from where it came, or record it again."
_RECOVER = "The recording was interrupted: recover it."


@dataclass(frozen=True, slots=True)
class DemonstrationInfo:
    """Who, when and on what screen: the content of `demonstration.json`."""

    id: str
    """The folder's name."""
    name: str
    """For people; empty where nobody named it."""
    started_utc: str
    """ISO 8601."""
    state: Literal["recording", "complete", "recovered"]
    screen: Rect
    """What the pictures show, physical pixels of the virtual desktop."""
    monitors: tuple[Rect, ...]
    """The first one is the main one."""
    clock_origin_ns: int
    """`time.monotonic_ns()` at time 0."""
    fps: int
    """Pictures a second at most."""
    scale: float = 1.0
    """How much larger than at 96 dpi the desktop draws."""
    microphone: str | None = None
    """Name of the microphone, or None where there was none."""
    own_pids: tuple[int, ...] = ()
    """Processes of Encore's own; what was done in their windows is not part of the demonstration."""
    own_chords: tuple[tuple[str, ...], ...] = ()
    """Encore's own hotkeys, as `PressKeys` holds them; pressing one is not part of it either."""
    duration_ns: int | None = None
    """None as long as the recording has not ended."""
    notes: tuple[str, ...] = ()
    """What a person should know about this recording: lost sound, hidden windows."""
    version: int = FORMAT_VERSION


_INFO: TypeAdapter[DemonstrationInfo] = TypeAdapter(DemonstrationInfo)


class DemonstrationWriter:
    """Writes a demonstration; for one thread. The folder is locked until `close`."""

    def __init__(self, folder: Path, info: DemonstrationInfo) -> None:
        """Create the folder (mode 0700) and its files.

        Raises:
            FileExistsError: The folder holds something already.
            OSError: It cannot be written.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FileExistsError(f"{folder} is not empty; record into a new folder")
        self.folder = folder
        self.info = info
        self._lines = _locked(folder / EVENTS_FILE, "xb")
        self._last_ns = 0
        self._video = RecordingWriter(
            folder / VIDEO_FILE, info.screen.width, info.screen.height, info.fps, info.microphone is not None
        )
        _write_info(folder, info)

    def event(self, event: Event) -> None:
        """Append an event; it is with the operating system when this returns."""
        self._lines.write(EVENTS.dump_json(event) + b"\n")
        self._last_ns = max(self._last_ns, event.time_ns)

    def picture(self, bgra: NDArray[np.uint8], time_ns: int) -> None:
        """Write a picture [height, width, 4], if it differs from the last one."""
        self._video.picture(bgra, time_ns)
        self._last_ns = max(self._last_ns, time_ns)

    def sound(self, samples: NDArray[np.float32], time_ns: int) -> None:
        """Write a block of sound [n] at 16 kHz."""
        self._video.sound(samples, time_ns)
        self._last_ns = max(self._last_ns, time_ns + len(samples) * SECOND // SOUND_RATE)

    def forget(self, start_ns: int) -> list[Event]:
        """Take everything from `start_ns` on out of all files; returns the events that are left."""
        path, part = self.folder / EVENTS_FILE, self.folder / (EVENTS_FILE + ".part")
        kept = [event for event in _read_events(path) if event.time_ns < start_ns]
        lines = _locked(part, "xb")
        lines.write(b"".join(EVENTS.dump_json(event) + b"\n" for event in kept))
        part.replace(path)
        self._lines.close()
        self._lines = lines
        self._video.cut(start_ns)
        return kept

    def close(self, duration_ns: int | None = None, notes: Iterable[str] = ()) -> None:
        """Finish all files. Idempotent.

        Args:
            duration_ns: How long the recording is; None means up to what was written last.
            notes: Added to the info's notes.
        """
        if self._lines.closed:
            return
        duration_ns = self._last_ns if duration_ns is None else duration_ns
        try:
            duration_ns = self._video.close(duration_ns)
            os.fsync(self._lines.fileno())
            self.info = replace(self.info, state="complete", duration_ns=duration_ns, notes=(*self.info.notes, *notes))
            _write_info(self.folder, self.info)
        finally:
            self._lines.close()


class Demonstration:
    """A finished demonstration to read. A context manager; also works without."""

    def __init__(self, path: Path, info: DemonstrationInfo) -> None:
        """Use `Demonstration.open`."""
        self.path = path
        self.info = info
        self._events: tuple[Event, ...] | None = None
        self._video = RecordingReader(path / VIDEO_FILE)
        self._sound: NDArray[np.float32] | None = None

    @classmethod
    def open(cls, path: Path) -> Demonstration:
        """Open and check a demonstration.

        Raises:
            BrokenDemonstration: A file is missing or damaged, or the recording was interrupted (see `recover`).
            StillRecording: It is being recorded now.
        """
        info = _read_info(path)
        if info.state == "recording":
            _locked(path / EVENTS_FILE, "rb").close()
            raise BrokenDemonstration(path, "the recording was not finished", _RECOVER)
        demonstration = cls(path, info)
        try:
            demonstration._check()
        except BaseException:
            demonstration.close()
            raise
        return demonstration

    def __enter__(self) -> Demonstration:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files. Idempotent."""
        self._video.close()

    @property
    def duration_ns(self) -> int:
        """How long the recording is."""
        assert self.info.duration_ns is not None
        return self.info.duration_ns

    def events(self) -> Iterator[Event]:
        """All events in the order of their times."""
        if self._events is None:
            self._events = tuple(_read_events(self.path / EVENTS_FILE))
        return iter(self._events)

    def actions(self) -> list[RecordedAction]:
        """What the person did, without Encore's own hotkeys and what happened in its windows."""
        return actions_of(self.events(), frozenset(self.info.own_pids), self.info.own_chords)

    @property
    def picture_times_ns(self) -> list[int]:
        """When the pictures that were written came to the screen; in between nothing was seen to change."""
        return self._video.times_ns

    def frame_at(self, time_ns: int) -> Frame:
        """The last picture at or before `time_ns`; of a press, what the person saw who made it.

        Raises:
            NoSuchMoment: The recording begins later or ends earlier.
            BrokenDemonstration: The video is damaged there.
        """
        if time_ns > self.duration_ns:
            raise NoSuchMoment(time_ns, self._video.times_ns[0], self.duration_ns)
        image, since_ns = self._video.picture(time_ns)
        screen = self.info.screen
        return Frame(image[: screen.height, : screen.width], since_ns, Point(screen.left, screen.top))

    def sound(self, start_ns: int = 0, end_ns: int | None = None) -> NDArray[np.float32]:
        """The sound of a span, float32 [n] at 16 kHz, -1 to 1; silence where none was captured.

        Args:
            start_ns: First moment.
            end_ns: First moment no longer wanted; None means the end of the recording.
        """
        if self._sound is None:
            self._sound = self._video.sound().astype(np.float32) / 32768.0
        end_ns = self.duration_ns if end_ns is None else min(end_ns, self.duration_ns)
        first, last = (round(max(0, moment) * SOUND_RATE / SECOND) for moment in (start_ns, end_ns))
        if self.info.microphone is None or last <= first:
            return np.zeros(max(0, last - first) if self.info.microphone else 0, np.float32)
        part = self._sound[first:last]
        return np.pad(part, (0, last - first - len(part)))

    def _check(self) -> None:
        screen, (width, height) = self.info.screen, self._video.size
        if (width, height) != (screen.width + screen.width % 2, screen.height + screen.height % 2):
            raise BrokenDemonstration(
                self.path / VIDEO_FILE,
                f"shows {width} x {height} pixels, but {INFO_FILE} says {screen.width} x {screen.height}",
                _AGAIN,
            )
        self.events()


def recover(path: Path) -> Demonstration:
    """Make an interrupted or truncated recording readable: all that is whole is kept.

    Raises:
        StillRecording: It is being recorded now.
        BrokenDemonstration: There is nothing to recover.
    """
    info = _read_info(path)
    with _locked(path / EVENTS_FILE, "r+b") as lines:
        data = lines.read()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            lines.truncate(len(whole))
        events = _read_events(path / EVENTS_FILE)
        repair(path / VIDEO_FILE)
        reader = RecordingReader(path / VIDEO_FILE)
        ends = [reader.times_ns[-1], len(reader.sound()) * SECOND // SOUND_RATE, *(e.time_ns for e in events[-1:])]
        reader.close()
        for leftover in path.glob("*.part*"):
            leftover.unlink()
        _write_info(path, replace(info, state="recovered", duration_ns=max(ends)))
    return Demonstration.open(path)


def _locked(path: Path, mode: Literal["xb", "rb", "r+b"]) -> FileIO:
    """Open a file, unbuffered, and hold its lock, which ends with the process at the latest."""
    try:
        file = path.open(mode, buffering=0)
    except FileNotFoundError as error:
        raise BrokenDemonstration(path, "the file is missing", _AGAIN) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise StillRecording(path.parent) from error
    return file


def _read_events(path: Path) -> list[Event]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise BrokenDemonstration(path, f"cannot be read ({error})", _AGAIN) from error
    if lines.pop():
        raise BrokenDemonstration(path, f"line {len(lines) + 1} is cut off", _RECOVER)
    events = []
    for number, line in enumerate(lines, 1):
        try:
            events.append(EVENTS.validate_json(line))
        except ValidationError as error:
            problem = error.errors()[0]["msg"]
            raise BrokenDemonstration(path, f"line {number} is not an event ({problem})", _AGAIN) from error
    # Sources run side by side, so neighbours may have been written the other way round.
    return sorted(events, key=lambda event: event.time_ns)


def _read_info(folder: Path) -> DemonstrationInfo:
    path = folder / INFO_FILE
    try:
        info = _INFO.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        problem = "the file is missing" if folder.is_dir() else "there is no such demonstration"
        raise BrokenDemonstration(path, problem, _AGAIN) from error
    except (OSError, ValidationError) as error:
        detail = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise BrokenDemonstration(path, f"cannot be read ({detail})", _AGAIN) from error
    if info.version != FORMAT_VERSION:
        raise BrokenDemonstration(
            path, f"has format version {info.version}, this Encore knows {FORMAT_VERSION}", "Use a newer Encore."
        )
    if info.state != "recording" and info.duration_ns is None:
        raise BrokenDemonstration(path, "says that the recording ended, but not how long it is", _RECOVER)
    return info


def _write_info(folder: Path, info: DemonstrationInfo) -> None:
    path, part = folder / INFO_FILE, folder / (INFO_FILE + ".part")
    with part.open("wb") as file:
        file.write(_INFO.dump_json(info, indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
