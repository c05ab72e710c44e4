"""A text finds the moments that show it: by label, by drawing, in any demonstration that can be read."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from encore_agent import search as searching
from encore_agent.cli import app
from encore_agent.errors import EmptyQuery
from encore_agent.messages import Found, Trouble
from encore_agent.say_sights import Names
from encore_agent.search import ALIKE, CONTAINED, EXACT, moments_of, search
from encore_agent.service import open_service
from encore_agent.settings import Settings
from encore_agent.sights import INDEX_FILE, Index, Sight, Sights, Watch, settled_times
from encore_models.perception import clip as clips
from encore_models.perception.text import TextLine
from encore_models.perception.ui_clip import UiClip
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration, DemonstrationInfo, DemonstrationWriter
from encore_recorder.geometry import Rect
from tests.golden.drawn_controls import DARK, DRAWN, toolbar

SCREEN = Rect(0, 0, 680, 300)
LABELS = {"Blue Moon": (70, 70, 255), "Open folder": (70, 255, 70)}
"""Every label has an ink of its own, which is what the reader below goes by."""
LABEL_AT, TOOLS_AT = (40, 220), 4 * SECOND


class InkReader:
    """Reads a label by its colour and counts what it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, image: np.ndarray, boxes: Sequence[Rect]) -> list[str]:
        self.asked += len(boxes)
        return [self._read(image[box.top : box.bottom, box.left : box.right].astype(int)) for box in boxes]

    def _read(self, strip: np.ndarray) -> str:
        # The video keeps half of the colour's pixels, so only the strongest tint counts.
        pixels = strip.reshape(-1, 3)
        strongest = pixels[np.ptp(pixels, axis=1).argmax()]
        tint = {2: "Blue Moon", 1: "Open folder"}.get(int(strongest.argmax()), "")
        return tint if np.ptp(strongest) > 60 else ""

    def read_page(self, image: np.ndarray) -> list[TextLine]:
        raise AssertionError("nobody searches by pages")


def desktop(*labels: str, tools: bool = False) -> np.ndarray:
    picture = np.full((SCREEN.height, SCREEN.width, 4), 30, np.uint8)
    if tools:
        bar, _ = toolbar(DARK)
        picture[: bar.shape[0], :, :3] = bar
    for number, label in enumerate(labels):
        place = (LABEL_AT[0] + 300 * number, LABEL_AT[1])
        cv2.putText(picture, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (*LABELS[label], 255), 2, cv2.LINE_AA)
    return picture


def record(folder: Path, pictures: Sequence[tuple[int, np.ndarray]], finish: bool = True) -> DemonstrationWriter:
    info = DemonstrationInfo(folder.name, "", "2026-01-01", "recording", SCREEN, (SCREEN,), 1, 15)
    writer = DemonstrationWriter(folder, info)
    for time_ns, picture in pictures:
        writer.picture(picture, time_ns)
    if finish:
        writer.close(pictures[-1][0] + SECOND)
    return writer


def usual(folder: Path) -> Path:
    """Two seconds of one label, then tools beside it, then the other label too."""
    pictures = [(number * SECOND // 4, desktop("Blue Moon")) for number in range(10)]
    pictures += [(TOOLS_AT + number * SECOND // 4, desktop("Blue Moon", tools=True)) for number in range(6)]
    pictures += [
        (8 * SECOND + number * SECOND // 4, desktop("Blue Moon", "Open folder", tools=True)) for number in (0, 4)
    ]
    record(folder, pictures)
    return folder


@pytest.fixture(scope="module")
def clip() -> UiClip:
    return UiClip.load()


@pytest.fixture
def demonstration(tmp_path: Path) -> Path:
    return usual(tmp_path / "one")


def test_a_label_finds_the_moment_that_shows_it(demonstration: Path, clip: UiClip) -> None:
    (moment,) = search([demonstration], "open FOLDER!", clip, InkReader())
    assert (moment.demonstration, moment.score, moment.why) == ("one", EXACT, "reads “Open folder”")
    assert abs(moment.time_ns - 8 * SECOND) <= SECOND // 2
    assert moment.box.left > 330
    with Demonstration.open(demonstration) as opened:
        image = opened.frame_at(moment.time_ns).image
    assert InkReader().read(image, [moment.box]) == ["Open folder"]


def test_a_drawing_finds_the_moment_that_shows_it(demonstration: Path, clip: UiClip) -> None:
    _, boxes = toolbar(DARK)
    for name in ("heart", "the search icon"):
        (moment,) = search([demonstration], name, clip, InkReader())
        assert "looks like" in moment.why
        assert TOOLS_AT - SECOND // 2 <= moment.time_ns <= TOOLS_AT + SECOND
        number = list(DRAWN).index("heart" if name == "heart" else "search")
        assert moment.box.contains(boxes[number].center)
        assert moment.score <= searching.DRAWN


def test_what_nothing_shows_is_not_found(demonstration: Path, clip: UiClip) -> None:
    assert search([demonstration], "invoice", clip, InkReader()) == []
    assert search([], "heart", clip, InkReader()) == []


@pytest.mark.parametrize("text", ["", "  ", "?!"])
def test_a_search_for_nothing_is_refused(demonstration: Path, clip: UiClip, text: str) -> None:
    with pytest.raises(EmptyQuery, match="no letter or digit"):
        search([demonstration], text, clip, InkReader())


def test_what_stands_still_is_read_once_and_never_again(demonstration: Path, clip: UiClip) -> None:
    reader = InkReader()
    search([demonstration], "blue moon", clip, reader)
    assert 2 <= reader.asked <= 8  # of 18 pictures with up to two labels; the tools make some ink look like text
    before = reader.asked
    (moment,) = search([demonstration], "blue moon", clip, reader)
    assert reader.asked == before
    assert moment.time_ns < SECOND
    assert moment.end_ns >= 9 * SECOND


def test_another_recording_or_another_eye_looks_again(demonstration: Path, clip: UiClip) -> None:
    reader = InkReader()
    search([demonstration], "blue moon", clip, reader)
    before = reader.asked

    class Other:
        span = (0.0, 1.0)
        meanings, describe, name = clip.meanings, clip.describe, clip.name

        def words(self, texts: Sequence[str]) -> np.ndarray:
            return clip.words(texts)[:, ::-1]

    search([demonstration], "blue moon", Other(), reader)
    assert reader.asked == 2 * before
    (demonstration / "recording.mkv").touch()
    search([demonstration], "blue moon", clip, reader)
    assert reader.asked == 3 * before


def test_what_was_seen_before_a_stop_is_kept(demonstration: Path, clip: UiClip, tmp_path: Path) -> None:
    whole = usual(tmp_path / "whole")
    wanted = search([whole], "open folder", clip, InkReader())
    stopped = Watch()
    stopped = Watch(lambda name, done: stopped.stop.set() if done > 0.4 else None, stop=stopped.stop)
    assert search([demonstration, whole], "open folder", clip, InkReader(), watch=stopped) == []
    assert (demonstration / INDEX_FILE).exists()
    seen: list[float] = []
    again = search([demonstration], "open folder", clip, InkReader(), watch=Watch(lambda name, done: seen.append(done)))
    assert seen[0] > 0.4
    assert [moment.time_ns for moment in again] == [moment.time_ns for moment in wanted]


@pytest.mark.parametrize("damage", [b"", b"nothing of the kind", b"PK\x03\x04 cut off"])
def test_a_damaged_index_is_made_again(
    demonstration: Path, clip: UiClip, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    found = search([demonstration], "heart", clip, InkReader())
    (demonstration / INDEX_FILE).write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        assert search([demonstration], "heart", clip, InkReader()) == found
    assert "made again" in caplog.text


def test_unreadable_and_unfinished_demonstrations_are_left_out_and_named(
    demonstration: Path, clip: UiClip, tmp_path: Path
) -> None:
    shutil.copytree(demonstration, tmp_path / "cut")
    (tmp_path / "cut" / "recording.mkv").write_bytes(b"cut off")
    (tmp_path / "empty").mkdir()
    writer = record(tmp_path / "running", [(0, desktop("Open folder"))], finish=False)
    skipped: dict[str, str] = {}
    folders = [tmp_path / name for name in ("cut", "empty", "running", "one")]
    found = search(folders, "open folder", clip, InkReader(), watch=Watch(skipped=skipped.__setitem__))
    writer.close()
    assert [moment.demonstration for moment in found] == ["one"]
    assert set(skipped) == {"cut", "empty", "running"}
    assert all(skipped.values())


def test_the_best_come_first_and_of_equals_the_newest(clip: UiClip, tmp_path: Path) -> None:
    folders = [tmp_path / "1", tmp_path / "2", tmp_path / "3"]
    record(folders[0], [(0, desktop("Blue Moon"))])
    record(folders[1], [(0, desktop("Open folder"))])
    record(folders[2], [(0, desktop("Blue Moon"))])
    found = search(folders, "blue moon", clip, InkReader())
    assert [moment.demonstration for moment in found] == ["3", "1"]
    assert search(folders, "blue moon", clip, InkReader(), limit=1) == found[:1]


def moments(clip: UiClip, text: str, *labels: tuple[str, float, float]) -> list[tuple[float, float, str]]:
    """Begin and end in seconds, and why, of what is found among labels."""
    sights = [Sight(Rect(0, 0, 9, 9), round(a * SECOND), round(b * SECOND), label) for label, a, b in labels]
    index = Index(Sights("", 0, True, tuple(sights)), np.zeros((0, 192), np.float32))
    found = moments_of("one", index, text, Names(clip))
    return [(moment.time_ns / SECOND, moment.end_ns / SECOND, moment.why) for moment in found]


def test_what_appears_together_is_one_moment_told_by_its_best(clip: UiClip) -> None:
    shown = [("Yesterday Once More", 1, 3), ("Yesterday", 2, 9), ("Yesterday", 20, 21), ("Stray", 0, 30)]
    assert moments(clip, "yesterday", *shown) == [(2, 9, "reads “Yesterday”"), (20, 21, "reads “Yesterday”")]


def test_of_equals_the_headline_comes_first(clip: UiClip, tmp_path: Path) -> None:
    large = desktop(tools=True)
    cv2.putText(large, "Blue Moon", LABEL_AT, cv2.FONT_HERSHEY_SIMPLEX, 1.6, (*LABELS["Blue Moon"], 255), 3)
    record(tmp_path / "1", [(0, desktop("Blue Moon")), (5 * SECOND, large)])
    first, second = search([tmp_path / "1"], "blue moon", clip, InkReader())
    assert (first.score, second.score) == (EXACT, EXACT)
    assert first.time_ns > second.time_ns


def test_a_label_under_the_pointer_goes_on(clip: UiClip, tmp_path: Path) -> None:
    hovered = desktop("Blue Moon")
    hovered[:, :, :3] += (hovered[:, :, :3] == 30).astype(np.uint8) * 40
    record(tmp_path / "1", [(0, desktop("Blue Moon")), (5 * SECOND, hovered)])
    (moment,) = search([tmp_path / "1"], "blue moon", clip, InkReader())
    assert moment.time_ns == 0
    assert moment.end_ns >= 5 * SECOND


def test_better_matches_score_higher(clip: UiClip) -> None:
    labels = ("Blue Moon", "Blue Moon live", "The very best of Blue Moon and others", "Blue Moan", "Blueberry pie", "")
    sights = tuple(Sight(Rect(0, 0, 9, 9), n * 10 * SECOND, n * 10 * SECOND, text) for n, text in enumerate(labels))
    found = moments_of(
        "one", Index(Sights("", 0, True, sights), np.zeros((0, 192), np.float32)), "blue moon", Names(clip)
    )
    scores = [moment.score for moment in found]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == EXACT > CONTAINED > scores[1] > scores[2] > ALIKE > scores[3] > searching.DRAWN


def test_a_short_word_is_found_as_a_word_only(clip: UiClip) -> None:
    assert (
        moments(clip, "no", ("North", 0, 1), ("Nothing", 0, 1), ("Say no more", 5, 6))[0][2]
        == "is part of “Say no more”"
    )


def test_times_are_the_last_of_each_half_second() -> None:
    tenth = SECOND // 10
    assert settled_times([n * tenth for n in range(12)]) == [4 * tenth, 9 * tenth, 11 * tenth]
    assert settled_times([]) == []
    assert settled_times([7]) == [7]
    hours = settled_times([n * SECOND for n in range(5 * 3600)], most=100)
    assert len(hours) <= 101
    assert hours[-1] == (5 * 3600 - 1) * SECOND


@pytest.fixture
def encore(tmp_path: Path):
    """Runs `encore search ARGUMENTS` on a library with one demonstration."""
    (tmp_path / "demonstrations").mkdir()
    usual(tmp_path / "demonstrations" / "one")
    (tmp_path / "demonstrations" / "broken").mkdir()

    def run(*arguments: str):
        return CliRunner().invoke(app, ["search", *arguments, "--data", str(tmp_path)])

    return run


def test_the_command_prints_what_it_found(encore) -> None:
    result = encore("blue moon")
    assert result.exit_code == 0, result.output
    assert "00:00" in result.stdout
    assert "reads “Blue Moon”" in result.stdout
    assert "broken is left out" in result.stderr
    told = json.loads(encore("heart", "--json", "--limit", "1").stdout)
    assert [moment["demonstration"] for moment in told] == ["one"]
    assert set(told[0]) == {"demonstration", "time_ns", "end_ns", "score", "why", "box"}
    assert "nothing shows “invoice”" in encore("invoice").stdout


def test_the_command_says_what_is_wrong(encore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "find_spec", lambda name: None)
    for arguments, told in (
        (["?"], "no letter or digit"),
        (["heart", "--clip", "someone/theirs"], "someone/theirs cannot be used as a CLIP"),
    ):
        result = encore(*arguments)
        assert result.exit_code == 1
        assert told in " ".join(result.stderr.split())
        assert "Traceback" not in result.output


def test_the_service_tells_what_it_found(tmp_path: Path) -> None:
    (tmp_path / "demonstrations").mkdir()
    usual(tmp_path / "demonstrations" / "one")
    service = open_service(Settings(tmp_path, tmp_path / "models"))
    told: list[object] = []
    service.subscribe(told.append)
    service.senses.__dict__["reader"] = InkReader()
    service.search("open folder")
    service.search("?")
    service._learning.finish()
    service.close()
    (found,) = (event for event in told if isinstance(event, Found))
    assert (found.text, [moment.demonstration for moment in found.moments]) == ("open folder", ["one"])
    assert any(isinstance(event, Trouble) and "no letter" in event.message for event in told)
