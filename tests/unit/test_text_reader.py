"""Reading text: once what looks the same, and what is told where the models are not there or damaged."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rapidocr
from numpy.typing import NDArray

from encore_models.errors import ReaderBroken, ReaderMissing
from encore_models.perception.text import PAGES, RapidOcrReader
from encore_recorder.geometry import Rect

PICTURE = np.full((60, 200, 3), 200, np.uint8)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the models in the place of those that are installed."""
    folder = shutil.copytree(Path(rapidocr.__file__).parent / "models", tmp_path / "models")
    monkeypatch.setattr(rapidocr, "__file__", str(tmp_path / "__init__.py"))
    return folder


def test_a_damaged_model_is_a_clear_error(models: Path) -> None:
    path = next(models.glob("*_rec_*.onnx"))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ReaderBroken, match="force-reinstall rapidocr"):
        RapidOcrReader().read(PICTURE, [Rect(10, 10, 100, 20)])


def test_so_is_one_that_is_not_there(models: Path) -> None:
    next(models.glob("*_det_*.onnx")).unlink()
    with pytest.raises(ReaderMissing, match="_det_"):
        RapidOcrReader().read_page(PICTURE)


def test_places_off_the_picture_read_nothing() -> None:
    assert RapidOcrReader().read(PICTURE, [Rect(400, 10, 100, 20)]) == [""]


class Counting:
    """Stands for the models, and counts what they are shown; a strip says how light it is."""

    def __init__(self) -> None:
        self.strips = 0
        self.pages = 0

    def recognize_txt(self, strips: Sequence[NDArray[np.uint8]]) -> SimpleNamespace:
        self.strips += len(strips)
        return SimpleNamespace(txts=[str(strip.max()) for strip in strips], scores=[0.9] * len(strips))

    def __call__(self, image: NDArray[np.uint8], **steps: bool) -> SimpleNamespace:
        self.pages += 1
        corners = np.array([[[1, 2], [31, 2], [31, 12], [1, 12]]], np.float32)
        return SimpleNamespace(boxes=corners, txts=[str(image.max())], scores=[0.9])


def counted(remembered: int) -> tuple[RapidOcrReader, Counting]:
    reader, engine = RapidOcrReader(remembered=remembered), Counting()
    reader.__dict__["_engine"] = engine
    return reader, engine


def strips(*shades: int) -> tuple[NDArray[np.uint8], list[Rect]]:
    """A picture with a strip of each shade, and where they are."""
    image = np.concatenate([np.full((60, 200, 3), shade, np.uint8) for shade in shades])
    return image, [Rect(20, 60 * row + 20, 100, 20) for row in range(len(shades))]


def test_a_strip_is_read_once_wherever_it_stands_and_again_when_its_pixels_change() -> None:
    reader, engine = counted(remembered=100)
    assert reader.read(*strips(10, 20, 10)) == ["10", "20", "10"]
    assert engine.strips == 2
    assert reader.read(*strips(20, 10)) == ["20", "10"]
    assert engine.strips == 2
    assert reader.read(*strips(20, 11)) == ["20", "11"]
    assert engine.strips == 3


def test_what_was_read_in_another_process_is_known_wherever_it_stands() -> None:
    reader, engine = counted(remembered=100)
    image, boxes = strips(10, 20)
    reader.recall(image, dict(zip(boxes, ("Open", "Save"), strict=True)))
    assert reader.read(*strips(30, 20, 10)) == ["30", "Save", "Open"]
    assert engine.strips == 1
    reader.forget()
    assert reader.read(image, boxes) == ["10", "20"]
    assert engine.strips == 3


def test_what_was_not_asked_for_the_longest_is_forgotten() -> None:
    reader, engine = counted(remembered=2)
    for shades in ((1, 2), (1,), (3,), (1,)):
        reader.read(*strips(*shades))
    assert engine.strips == 3
    assert reader.read(*strips(2)) == ["2"]
    assert engine.strips == 4


def test_a_page_is_read_once_and_again_when_a_pixel_changes() -> None:
    reader, engine = counted(remembered=100)
    page = PICTURE.copy()
    lines = reader.read_page(page)
    assert [(line.text, line.box) for line in lines] == [("200", Rect(1, 2, 30, 10))]
    lines.clear()
    assert [line.text for line in reader.read_page(page.copy())] == ["200"]
    assert engine.pages == 1
    page[30, 100] = 201
    assert [line.text for line in reader.read_page(page)] == ["201"]
    assert engine.pages == 2
    for shade in range(PAGES):
        reader.read_page(np.full_like(page, shade))
    reader.read_page(page)
    assert engine.pages == 2 + PAGES + 1


def test_a_reader_that_remembers_nothing_reads_everything_anew() -> None:
    reader, engine = counted(remembered=0)
    for _ in range(2):
        assert reader.read(*strips(10)) == ["10"]
        reader.read_page(PICTURE)
    assert (engine.strips, engine.pages) == (2, 2)
