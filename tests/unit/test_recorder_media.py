"""The MKV: exact times, exact samples, nothing left of what was cut out."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from encore_recorder.clock import SECOND
from encore_recorder.errors import BrokenDemonstration, NoSuchMoment
from encore_recorder.media import SOUND_RATE, RecordingReader, RecordingWriter, repair

MS = 1_000_000
WIDTH, HEIGHT = 161, 121


def picture(number: int) -> np.ndarray:
    """A grey of its own for every number up to 75, with a square that stays."""
    bgra = np.full((HEIGHT, WIDTH, 4), 20 + 3 * number, np.uint8)
    bgra[40:80, 60:100] = (250, 10, 10, 255)
    return bgra


def number_of(bgr: np.ndarray) -> int:
    return round((float(bgr[:30, :50].mean()) - 20) / 3)


def ramp(first: int, count: int) -> np.ndarray:
    return ((np.arange(first, first + count) % 1999) / 2000).astype(np.float32)


def write(path: Path, seconds: float, sound: bool = True) -> RecordingWriter:
    """15 pictures a second, each shown twice; a block of sound with each."""
    writer = RecordingWriter(path, WIDTH, HEIGHT, 15, sound)
    go_on(writer, 0.0, seconds)
    return writer


def go_on(writer: RecordingWriter, first_s: float, last_s: float) -> None:
    for number in range(round(first_s * 15), round(last_s * 15)):
        time_ns = number * SECOND // 15 + 300_001
        writer.picture(picture(number // 2), time_ns)
        first = number * SOUND_RATE // 15
        count = (number + 1) * SOUND_RATE // 15 - first
        writer.sound(ramp(first, count), first * SECOND // SOUND_RATE)


def test_pictures_come_back_at_their_times_in_any_order(tmp_path: Path):
    path = tmp_path / "recording.mkv"
    write(path, 8.0).close(8 * SECOND)
    reader = RecordingReader(path)
    assert reader.size == (WIDTH + 1, HEIGHT + 1)
    for number in np.random.default_rng(0).permutation(120):
        time_ns = int(number) * SECOND // 15 + 300_001
        bgr, since_ns = reader.picture(time_ns + 2 * MS)
        assert number_of(bgr) == number // 2
        assert since_ns <= time_ns + 2 * MS
        written_ns = (number - number % 2) * SECOND // 15 + 300_001
        assert 0 <= since_ns - written_ns < MS, "rounded up, by less than a millisecond"
    reader.close()


def test_the_picture_before_a_press_never_shows_what_came_after(tmp_path: Path):
    writer = RecordingWriter(tmp_path / "recording.mkv", WIDTH, HEIGHT, 15, False)
    writer.picture(picture(1), 5 * MS + 200_000)
    writer.picture(picture(2), 100 * MS + 200_000)
    writer.close(200 * MS)
    reader = RecordingReader(tmp_path / "recording.mkv")
    assert number_of(reader.picture(100 * MS + 100_000)[0]) == 1
    assert number_of(reader.picture(101 * MS)[0]) == 2
    with pytest.raises(NoSuchMoment, match=r"0\.006 s"):
        reader.picture(4 * MS)


def test_equal_pictures_are_written_twice_a_second_only(tmp_path: Path):
    writer = RecordingWriter(tmp_path / "recording.mkv", WIDTH, HEIGHT, 15, False)
    written = [writer.picture(picture(1), number * SECOND // 15) for number in range(45)]
    writer.close(3 * SECOND)
    assert sum(written) == 6
    assert RecordingReader(tmp_path / "recording.mkv").times_ns[-1] == 3 * SECOND


def test_colours_survive(tmp_path: Path):
    write(tmp_path / "recording.mkv", 0.2).close(SECOND)
    bgr, _ = RecordingReader(tmp_path / "recording.mkv").picture(0 + MS)
    assert np.abs(bgr[50:70, 70:90].astype(int) - (250, 10, 10)).max() <= 6


def test_sound_comes_back_sample_by_sample(tmp_path: Path):
    write(tmp_path / "recording.mkv", 3.0).close(3 * SECOND)
    sound = RecordingReader(tmp_path / "recording.mkv").sound()
    assert np.abs(sound / 32767 - ramp(0, 3 * SOUND_RATE)).max() < 1e-4


def test_gaps_are_silent_and_overlaps_left_out(tmp_path: Path):
    writer = RecordingWriter(tmp_path / "recording.mkv", WIDTH, HEIGHT, 15, True)
    writer.picture(picture(0), 0)
    tone = np.full(1600, 0.5, np.float32)
    writer.sound(tone, 250 * MS)
    writer.sound(tone, 350 * MS + 3 * MS)  # jitter: follows without a gap
    writer.sound(tone, 1000 * MS)
    writer.sound(tone, 1050 * MS)  # half of it is there already
    writer.close(2 * SECOND)
    loud = RecordingReader(tmp_path / "recording.mkv").sound() > 0
    edges = np.flatnonzero(np.diff(loud.astype(int))) + 1
    assert list(edges) == [4000, 7200, 16000]
    assert len(loud) == 16000 + 2400


def test_what_is_cut_out_is_gone_and_the_rest_exact(tmp_path: Path):
    path = tmp_path / "recording.mkv"
    writer = write(path, 6.0)
    writer.cut(3 * SECOND)
    go_on(writer, 8.0, 10.0)
    writer.close(10 * SECOND)
    reader = RecordingReader(path)
    assert number_of(reader.picture(3 * SECOND - MS)[0]) == 44 // 2
    assert number_of(reader.picture(8 * SECOND - MS)[0]) == 44 // 2, "the gap shows what was there before"
    assert number_of(reader.picture(8 * SECOND + 2 * MS)[0]) == 120 // 2
    assert not [t for t in reader.times_ns if 3 * SECOND <= t < 8 * SECOND]
    sound = reader.sound() / 32767
    kept = 3 * SOUND_RATE - 2000  # the cut falls on a FLAC packet
    assert np.abs(sound[:kept] - ramp(0, kept)).max() < 1e-4
    assert not sound[3 * SOUND_RATE : 8 * SOUND_RATE].any()
    assert np.abs(sound[8 * SOUND_RATE :] - ramp(8 * SOUND_RATE, 2 * SOUND_RATE)).max() < 1e-4
    assert [p.name for p in tmp_path.iterdir()] == ["recording.mkv"]


def test_a_cut_at_the_very_beginning_leaves_nothing(tmp_path: Path):
    path = tmp_path / "recording.mkv"
    writer = write(path, 2.0)
    writer.cut(0)
    go_on(writer, 2.0, 3.0)
    writer.close(3 * SECOND)
    reader = RecordingReader(path)
    assert reader.times_ns[0] > 2 * SECOND
    assert not reader.sound()[: 2 * SOUND_RATE].any()


@pytest.mark.parametrize("share", [0.3, 0.62, 0.97])
def test_a_truncated_file_is_repaired(tmp_path: Path, share: float):
    path = tmp_path / "recording.mkv"
    write(path, 6.0).close(6 * SECOND)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    repair(path)
    reader = RecordingReader(path)
    assert len(reader.times_ns) > 5
    for time_ns in reader.times_ns[::5]:
        assert number_of(reader.picture(time_ns)[0]) == round((time_ns - 300_001) * 15 / SECOND) // 2
    sound = reader.sound() / 32767
    assert np.abs(sound - ramp(0, len(sound))).max() < 1e-4
    assert abs(len(sound) / SOUND_RATE - reader.times_ns[-1] / SECOND) < 0.5


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100])
def test_what_is_no_video_is_told(tmp_path: Path, content: bytes):
    path = tmp_path / "recording.mkv"
    path.write_bytes(content)
    with pytest.raises(BrokenDemonstration, match=r"recording\.mkv"):
        RecordingReader(path)
    with pytest.raises(BrokenDemonstration, match=r"recording\.mkv"):
        repair(path)
    assert path.read_bytes() == content


def test_every_player_is_told_size_rate_and_colours(tmp_path: Path):
    write(tmp_path / "recording.mkv", 1.0).close(SECOND)
    with av.open(str(tmp_path / "recording.mkv")) as file:
        video, sound = file.streams.video[0], file.streams.audio[0]
        assert (video.codec_context.name, sound.codec_context.name) == ("h264", "flac")
        assert (video.codec_context.pix_fmt, sound.codec_context.sample_rate) == ("yuv420p", SOUND_RATE)
        frame = next(file.decode(video=0))
        assert int(frame.colorspace) == av.video.reformatter.Colorspace.ITU601
