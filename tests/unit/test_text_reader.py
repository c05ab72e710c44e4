"""Reading text: what is told where the models are not there or damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import rapidocr

from encore_models.errors import ReaderBroken, ReaderMissing
from encore_models.perception.text import RapidOcrReader
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
