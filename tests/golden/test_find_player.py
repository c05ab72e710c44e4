"""Finding again on kept pictures of the player: what must be found, and what must be absent.

The pictures and the true boxes beside them come from `make_player_pictures.py`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from encore_agent.find import Absent, Finder, Found, draw_trace
from encore_models.macro import Target
from encore_models.perception.candidates import layout
from encore_models.perception.screen import Scene
from encore_models.perception.target import describe_target
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_recorder.geometry import Point, Rect

FOLDER = Path(__file__).parent / "player_pictures"
READER = RapidOcrReader()
CLIP = UiClip.load(threads=2)
FINDER = Finder(READER)
SAME_ROWS = ["light", "light_150", "wide_right", "moved_125", "playing"]
TITLES = ["Yesterday", "Yesterday's Rain", "Only Yesterday", "Yesterday Once More"]


@cache
def scene(name: str) -> Scene:
    picture = cv2.imread(str(FOLDER / f"{name}.png"))
    assert picture is not None
    return Scene(np.asarray(picture, np.uint8), READER, CLIP)


@cache
def truth(name: str) -> dict[str, Rect]:
    return {key: Rect(*box) for key, box in json.loads((FOLDER / f"{name}.json").read_text("utf-8")).items()}


@cache
def shown(key: str) -> Target:
    """The target of a click in the middle of a control, at the start of a title, or in the empty part of a field."""
    box = truth("dark")[key]
    across = 20 if key.startswith("title") else box.width // 2
    return describe_target(scene("dark"), Point(box.left + across, box.top + box.height // (3 if across == 20 else 2)))


def find(key: str, name: str, text: str | None = None) -> Found | Absent:
    return FINDER.find(shown(key), scene("dark"), scene(name), text)


@pytest.mark.parametrize("name", ["dark", *SAME_ROWS, "other_rows"])
def test_every_title_heart_and_control_has_a_candidate(name: str) -> None:
    boxes = [candidate.box for candidate in layout(scene(name).image).candidates]
    names = [key for key in truth(name) if key.split(":")[0] in ("title", "heart", "more")]
    for key in [*names, "Search field", "Play", "Pause", "Queue", "Mute", "Go back"]:
        place = truth(name).get(key)
        assert place is None or any(place.contains(box.center) for box in boxes), key


def test_kinds_of_what_was_clicked() -> None:
    kinds = {key: shown(key).kind for key in ("Search field", "title: Yesterday", "heart: Yesterday", "Queue")}
    assert kinds == {
        "Search field": "field",
        "title: Yesterday": "row",
        "heart: Yesterday": "row_icon",
        "Queue": "icon",
    }
    assert shown("title: Yesterday").text == "Yesterday"
    assert shown("title: Yesterday").row_text.startswith("Yesterday  Quiet Cloud")


@pytest.mark.parametrize("name", SAME_ROWS)
@pytest.mark.parametrize("key", ["Search field", "Shuffle", "title: Only Yesterday", "heart: Only Yesterday"])
def test_found_again_in_another_look(key: str, name: str) -> None:
    found = find(key, name)
    assert isinstance(found, Found), found
    assert truth(name)[key].contains(found.point)
    assert FINDER.still_there(found, scene(name).image)


@pytest.mark.parametrize("name", ["dark", *SAME_ROWS])
@pytest.mark.parametrize("title", TITLES)
def test_a_row_is_found_by_its_title(name: str, title: str) -> None:
    found = find("title: Yesterday", name, title)
    assert isinstance(found, Found), found
    assert truth(name)[f"row: {title}"].contains(found.point)
    heart = find("heart: Yesterday", name, title)
    assert isinstance(heart, Found), heart
    assert truth(name)[f"heart: {title}"].contains(heart.point)


@pytest.mark.parametrize("name", ["dark", *SAME_ROWS, "other_rows"])
@pytest.mark.parametrize(
    "title", ["Once More", "Yesterday Once", "Yesterdays", "Home", "Songs", "Quiet Cloud", "Hey Jude"]
)
def test_what_no_row_is_called_is_absent(name: str, title: str) -> None:
    assert isinstance(find("title: Yesterday", name, title), Absent)


def test_a_longer_title_is_another_song() -> None:
    assert isinstance(find("title: Yesterday", "other_rows", "Yesterday"), Absent)
    assert isinstance(find("title: Yesterday", "other_rows", "Blue"), Absent)
    found = find("title: Yesterday", "other_rows", "Blue Moon")
    assert isinstance(found, Found)
    assert truth("other_rows")["row: Blue Moon"].contains(found.point)


def test_a_row_that_is_gone_is_absent() -> None:
    for key in ("title: Only Yesterday", "heart: Only Yesterday"):
        assert isinstance(find(key, "other_rows"), Absent)


def test_play_is_absent_while_it_is_pause() -> None:
    assert "Pause" in truth("playing")
    assert isinstance(find("Play", "playing"), Absent)


def test_rows_to_choose_from_are_the_results_and_nothing_else() -> None:
    for name in ("dark", *SAME_ROWS, "other_rows"):
        choices = FINDER.rows_like(shown("title: Yesterday"), scene("dark"), scene(name))
        titles = [key.removeprefix("title: ") for key in truth(name) if key.startswith("title: ")]
        assert sorted(choice.text for choice in choices) == sorted(titles)


def test_a_row_that_went_away_is_no_longer_there() -> None:
    found = find("title: Yesterday", "dark", "Yesterday Once More")
    assert isinstance(found, Found)
    assert not FINDER.still_there(found, scene("other_rows").image)


def test_the_trace_shows_the_picture_and_a_caption() -> None:
    for text in ("Yesterday", "Hey Jude"):
        result = find("title: Yesterday", "light", text)
        image = scene("light").image
        before = image.copy()
        trace = draw_trace(image, result)
        assert trace.shape[0] > image.shape[0]
        assert trace.shape[1] == image.shape[1]
        assert np.array_equal(image, before)
