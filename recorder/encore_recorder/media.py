"""Picture and sound of a demonstration in one MKV: H.264 with true timestamps, FLAC.

Only changed pictures are encoded, each with its own time, so a still screen costs nothing. Matroska counts
milliseconds; a picture's time is rounded up, so that it never seems older than it is. The sound track runs without a
gap from time 0: sample `n` belongs to second `n / 16000`, and what was not captured is silence.

A file that is cut off anywhere (kill -9, power) can be read up to the last cluster, at most about half a second back.
"""

from __future__ import annotations

import bisect
import threading
from collections import OrderedDict
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer
from numpy.typing import NDArray

from encore_recorder.clock import SECOND
from encore_recorder.errors import BrokenDemonstration, NoSuchMoment
from encore_recorder.frame import Frame as Frame

SOUND_RATE = 16_000
"""Samples a second of every sound track."""

MILLISECOND = 1_000_000
"""Nanoseconds: the unit of Matroska's timestamps."""

_MS = Fraction(1, 1000)
_SAMPLE = Fraction(1, SOUND_RATE)
_REPEAT_NS = SECOND // 2
"""A picture that does not change is written again so often: it pushes what came before it to the disk."""
_SOUND_SLACK = SOUND_RATE * 12 // 1000
"""Samples that a block may lie beside its place before silence is put in or samples are left out."""
_CONTAINER = {"flush_packets": "1", "cluster_time_limit": "200", "max_interleave_delta": "200000"}
_H264 = {"preset": "ultrafast", "tune": "zerolatency", "crf": "18", "g": "60", "bf": "0"}


class RecordingWriter:
    """Writes the MKV; not for several threads at once."""

    def __init__(self, path: Path, width: int, height: int, fps: int, with_sound: bool) -> None:
        """Create the file.

        Args:
            path: The file to make.
            width: Of the pictures, in pixels.
            height: Of the pictures, in pixels.
            fps: Pictures a second at most; a hint for players.
            with_sound: Whether there is a sound track.
        """
        self.path = path
        self._size = (width, height)
        self._fps = fps
        self._with_sound = with_sound
        self._shown: NDArray[np.uint8] | None = None
        self._picture_ms = -1
        self._samples = 0
        self._sound_ends: list[int] = []
        self._open(path)

    def picture(self, bgra: NDArray[np.uint8], time_ns: int) -> bool:
        """Write a picture if it differs from the last one.

        Args:
            bgra: [height, width, 4], kept until the next picture: do not write to it afterwards.
            time_ns: When it was on the screen, not before the last one.

        Returns:
            Whether it was encoded.
        """
        time_ms = max(-(-time_ns // MILLISECOND), self._picture_ms + 1)
        recent = (time_ms - self._picture_ms) * MILLISECOND < _REPEAT_NS
        if recent and self._shown is not None and np.array_equal(bgra, self._shown):
            return False
        frame = av.VideoFrame.from_ndarray(_to_i420(bgra), format="yuv420p")
        frame.pts, frame.time_base = time_ms, _MS
        for packet in self._video.encode(frame):
            self._file.mux(packet)
        self._shown, self._picture_ms = bgra, time_ms
        return True

    def sound(self, samples: NDArray[np.float32], time_ns: int) -> None:
        """Write a block of sound at its place; gaps become silence, overlaps are left out.

        Args:
            samples: [n] at 16 kHz, -1 to 1.
            time_ns: When the first one was captured.
        """
        place = round(time_ns * SOUND_RATE / SECOND)
        missing = place - self._samples
        if missing > _SOUND_SLACK:
            self._silence(missing)
        elif missing < -_SOUND_SLACK:
            samples = samples[-missing:]
        if len(samples):
            self._encode_sound((np.clip(samples, -1.0, 1.0) * 32767.0).astype(np.int16))

    def cut(self, time_ns: int) -> None:
        """Take picture and sound from `time_ns` on out of the file; what comes later can be written as usual."""
        self._finish()
        limit_ms = time_ns // MILLISECOND
        kept = bisect.bisect_right(self._sound_ends, time_ns * SOUND_RATE // SECOND)
        self._sound_ends = self._sound_ends[:kept]
        self._samples = self._sound_ends[-1] if kept else 0
        whole, part = self.path, self.path.with_suffix(".part.mkv")
        self._open(part)
        try:
            self._picture_ms = self._carry_over(whole, limit_ms, kept)
        except BaseException:
            self._finish()
            part.unlink()
            raise
        part.replace(whole)
        self._shown = None

    def close(self, end_ns: int) -> int:
        """Finish the file; the last picture is shown until `end_ns`.

        Returns:
            Where the picture ends: `end_ns` or a little later, since times are rounded up.
        """
        if self._shown is not None and -(-end_ns // MILLISECOND) > self._picture_ms:
            shown, self._shown = self._shown, None
            self.picture(shown, end_ns)
        self._finish()
        return max(end_ns, self._picture_ms * MILLISECOND)

    def _open(self, path: Path) -> None:
        self._file: OutputContainer = av.open(str(path), "w", format="matroska", options=_CONTAINER)
        self._video: Any = self._file.add_stream("libx264", rate=self._fps, options=_H264)
        # H.264 with 4:2:0 colour needs even sizes; readers cut the added column and row off.
        self._video.width, self._video.height = (side + side % 2 for side in self._size)
        self._video.pix_fmt = "yuv420p"
        self._video.time_base = self._video.codec_context.time_base = _MS
        # OpenCV converts with the BT.601 matrix in limited range; players must hear of it to show true colours.
        self._video.codec_context.colorspace = av.video.reformatter.Colorspace.ITU601
        self._video.codec_context.color_range = av.video.reformatter.ColorRange.MPEG
        self._audio: Any = None
        if self._with_sound:
            self._audio = self._file.add_stream("flac", rate=SOUND_RATE)
            self._audio.layout, self._audio.format = "mono", "s16"
        self._file.start_encoding()  # makes the file

    def _finish(self) -> None:
        try:
            for packet in self._video.encode(None):
                self._file.mux(packet)
            if self._audio is not None:
                self._mux_sound(self._audio.encode(None))
        finally:
            self._file.close()

    def _carry_over(self, source: Path, limit_ms: int, sound_packets: int) -> int:
        """Copy what came before the limit into the open file; returns the last picture's time, or -1."""
        last_ms, sounds = -1, 0
        with av.open(str(source)) as old:
            video = old.streams.video[0]
            # The new file's encoder speaks Annex B, what lies in a Matroska file does not.
            annex_b = BitStreamFilterContext("h264_mp4toannexb", video)
            for packet in old.demux():
                if packet.pts is None:
                    continue
                if packet.stream.type == "audio":
                    if sounds < sound_packets:
                        packet.stream = self._audio
                        self._file.mux(packet)
                    sounds += 1
                elif packet.pts < limit_ms:
                    last_ms = packet.pts
                    for piece in annex_b.filter(packet):
                        piece.stream = self._video
                        self._file.mux(piece)
        return last_ms

    def _silence(self, count: int) -> None:
        while count > 0:
            length = min(count, SOUND_RATE)
            self._encode_sound(np.zeros(length, np.int16))
            count -= length

    def _encode_sound(self, samples: NDArray[np.int16]) -> None:
        if self._audio is None:
            return
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, self._samples, _SAMPLE
        self._samples += len(samples)
        self._mux_sound(self._audio.encode(frame))

    def _mux_sound(self, packets: list[Any]) -> None:
        for packet in packets:
            if packet.size == 0:  # FLAC's checksum of all it saw, which is not all that the file holds after a cut
                continue
            self._sound_ends.append(packet.pts + packet.duration)
            self._file.mux(packet)


class RecordingReader:
    """Reads the MKV: the picture of an exact time, the sound of an exact span. Safe to share between threads."""

    CACHED = 8

    def __init__(self, path: Path) -> None:
        """Open the file and list its pictures.

        Raises:
            BrokenDemonstration: It cannot be read, or holds no picture.
        """
        self.path = path
        self._lock = threading.Lock()
        self._sound: NDArray[np.int16] | None = None
        self._cache: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        try:
            self._file = av.open(str(path))
            self._times_ms, keys = self._index()
        except (av.FFmpegError, OSError) as error:
            raise _broken(path, f"cannot be read as a video ({error})") from error
        if not self._times_ms:
            self._file.close()
            raise _broken(path, "holds no picture")
        self._keys = keys
        self._decoded: Iterator[Any] = iter(())
        self._next = -1
        """Index of the picture that `_decoded` gives next; -1 where it must seek first."""

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._file.close()

    @property
    def times_ns(self) -> list[int]:
        """When each picture that was written came to the screen, ascending."""
        return [time_ms * MILLISECOND for time_ms in self._times_ms]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as encoded: even numbers."""
        context = self._file.streams.video[0].codec_context
        return context.width, context.height

    def picture(self, time_ns: int) -> tuple[NDArray[np.uint8], int]:
        """The picture that was on the screen at `time_ns`: BGR [height, width, 3], and since when.

        Raises:
            NoSuchMoment: The recording begins later.
            BrokenDemonstration: The file is damaged there.
        """
        index = bisect.bisect_right(self._times_ms, time_ns // MILLISECOND) - 1
        if index < 0:
            raise NoSuchMoment(time_ns, self._times_ms[0] * MILLISECOND, self._times_ms[-1] * MILLISECOND)
        with self._lock:
            image = self._cache.get(index)
            if image is None:
                image = self._decode(index)
                self._cache[index] = image
                if len(self._cache) > self.CACHED:
                    self._cache.popitem(last=False)
            else:
                self._cache.move_to_end(index)
        return image, self._times_ms[index] * MILLISECOND

    def sound(self) -> NDArray[np.int16]:
        """All sound, [n] at 16 kHz from time 0 on; empty where there is no sound track."""
        with self._lock:
            if self._sound is None:
                self._sound = self._read_sound()
        return self._sound

    def _index(self) -> tuple[list[int], list[int]]:
        """Times of all pictures, and the indices of those that can be decoded on their own."""
        times: list[int] = []
        keys: list[int] = []
        for packet in self._file.demux(video=0):
            if packet.pts is not None:
                if packet.is_keyframe:
                    keys.append(len(times))
                times.append(packet.pts)
        self._file.streams.video[0].thread_type = "SLICE"  # frame threads would hold pictures back
        return times, keys

    def _decode(self, index: int) -> NDArray[np.uint8]:
        key = self._keys[bisect.bisect_right(self._keys, index) - 1]
        wanted = self._times_ms[index]
        try:
            if not key <= self._next <= index:
                self._file.seek(self._times_ms[key], stream=self._file.streams.video[0])
                self._decoded = self._file.decode(video=0)
            for frame in self._decoded:
                if frame.pts is not None and frame.pts >= wanted:
                    break
            else:
                frame = None
        except av.FFmpegError as error:
            self._next = -1
            raise _broken(self.path, f"is damaged near {wanted / 1000:.3f} s ({error})") from error
        if frame is None or frame.pts != wanted:
            self._next = -1
            raise _broken(self.path, f"lacks its picture of {wanted / 1000:.3f} s")
        self._next = index + 1
        return np.asarray(cv2.cvtColor(frame.to_ndarray(format="yuv420p"), cv2.COLOR_YUV2BGR_I420), np.uint8)

    def _read_sound(self) -> NDArray[np.int16]:
        # Its own handle: decoding sound must not move the place where pictures are read.
        blocks: list[NDArray[np.int16]] = []
        try:
            with av.open(str(self.path)) as file:
                if file.streams.audio:
                    blocks = [frame.to_ndarray()[0] for frame in file.decode(audio=0)]
        except av.FFmpegError as error:
            raise _broken(self.path, f"has a damaged sound track ({error})") from error
        return np.concatenate(blocks) if blocks else np.empty(0, np.int16)


def repair(path: Path) -> None:
    """Rewrite a file that was cut off, with all that can still be read and an index.

    Raises:
        BrokenDemonstration: Nothing of it can be read.
    """
    part = path.with_suffix(".part.mkv")
    try:
        with av.open(str(path)) as old, av.open(str(part), "w", format="matroska") as new:
            streams = {stream.index: new.add_stream_from_template(stream) for stream in old.streams}
            for packet in _readable(old):
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    except (av.FFmpegError, OSError) as error:
        part.unlink(missing_ok=True)
        raise _broken(path, f"cannot be read as a video ({error})") from error
    part.replace(path)


def _readable(file: Any) -> Iterator[Any]:
    """Packets that are whole, up to the first one that is not."""
    try:
        for packet in file.demux():
            if packet.pts is None:
                continue
            if packet.is_corrupt:
                return
            packet.decode()
            yield packet
    except av.FFmpegError:
        return


def _broken(path: Path, problem: str) -> BrokenDemonstration:
    return BrokenDemonstration(
        path, problem, "If the recording was interrupted, recover it; else record the demonstration again."
    )


def _to_i420(bgra: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = bgra.shape[:2]
    if height % 2 or width % 2:
        bgra = np.pad(bgra, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2YUV_I420), np.uint8)
