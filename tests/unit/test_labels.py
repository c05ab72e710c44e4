"""Labels known again by their pixels: what was shown is not read again, and one letter more is another label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from encore_models.perception.labels import Labels
from encore_models.perception.screen import Scene
from encore_models.perception.text import TextLine
from encore_models.perception.ui_clip import UiClip
from encore_models.store import read_texts, write_texts
from encore_recorder.geometry import Rect

Image = NDArray[np.uint8]
CLIP = UiClip.load()
PLACES = {"Contrast": (40, 60), "Volume": (300, 60), "Balance": (40, 220)}


def drawn(labels: dict[str, tuple[int, int]], scale: float = 0.7) -> Image:
    image = np.full((320, 520, 3), 245, np.uint8)
    for text, place in labels.items():
        cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (30, 30, 30), 1, cv2.LINE_AA)
    return image


def compressed(image: Image) -> Image:
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


class Truth:
    """Reads what was drawn where, and counts."""

    def __init__(self, labels: dict[str, tuple[int, int]]) -> None:
        self._labels = labels
        self.asked: list[str] = []

    def read(self, image: Image, boxes: Sequence[Rect]) -> list[str]:
        return [self._one(box) for box in boxes]

    def _one(self, box: Rect) -> str:
        for text, (left, baseline) in self._labels.items():
            if abs(box.left - left) < 8 and box.top < baseline <= box.bottom + 8:
                self.asked.append(text)
                return text
        return ""

    def read_page(self, image: Image) -> list[TextLine]:
        return []


def shown() -> Labels:
    scene = Scene(compressed(drawn(PLACES)), Truth(PLACES), CLIP)
    scene.texts(scene.candidates)
    labels = Labels()
    labels.learn(scene)
    return labels


def said(labels: Labels, image: Image, truth: Truth) -> set[str]:
    scene = Scene(image, truth, CLIP)
    return set(labels.reading(scene)(scene.candidates)) - {""}


def test_what_was_shown_is_not_read_again() -> None:
    moved = {text: (x + 31, y + 17) for text, (x, y) in PLACES.items()}
    truth = Truth(moved)
    assert said(shown(), drawn(moved), truth) == set(PLACES)
    assert truth.asked == []


def test_one_letter_makes_another_label() -> None:
    today = {"Contract": (40, 60), "Volume": (300, 60), "Balances": (40, 220)}
    truth = Truth(today)
    assert said(shown(), drawn(today), truth) == set(today)
    assert set(truth.asked) == {"Contract", "Balances"}


def test_what_has_another_size_is_read() -> None:
    truth = Truth(PLACES)
    assert said(shown(), drawn(PLACES, 1.0), truth) == set(PLACES)
    assert set(truth.asked) == set(PLACES)


def test_new_rows_of_a_list_are_not_read_unless_the_finder_did() -> None:
    rows = {f"Song {name}": (60, 60 + 32 * number) for number, name in enumerate(("one", "two", "six", "ten", "nine"))}
    truth = Truth(rows)
    scene = Scene(drawn(rows), truth, CLIP)
    first = next(c for c in scene.candidates if abs(c.box.top - 46) < 8)
    assert scene.is_listed(first)
    scene.texts([first])
    assert set(Labels().reading(scene)(scene.candidates)) - {""} == {"Song one"}
    assert truth.asked == ["Song one"]


def test_what_was_read_on_pictures_is_kept(tmp_path: Path) -> None:
    assert read_texts(tmp_path) == {}
    texts = {"steps/01-before.png": {Rect(1, 2, 30, 4): "Volume", Rect(5, 6, 7, 8): ""}}
    write_texts(tmp_path, texts)
    assert read_texts(tmp_path) == texts
    (tmp_path / "texts.json").write_text("{")
    assert read_texts(tmp_path) == {}  # it is read again
