"""Any CLIP that was exported, opened without torch: a small one is made here, of two graphs that average."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from encore_agent.senses import Senses
from encore_agent.settings import Settings
from encore_models.bundle import Bundle, Contents, Graph, write_bundle
from encore_models.errors import BundleBroken, ClipMissing, WrongPicture
from encore_models.perception import clip as clips
from encore_models.perception.clip import TOKENIZER, Clip, ExportedClip, exported_folder, open_clip, squared
from encore_models.perception.ui_clip import UiClip
from encore_recorder.geometry import Rect
from tests.benchmarks.finder.ours import Eyes

COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
SETTINGS = {"size": 8, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0], "resample": "bilinear"}


def graph(path: Path, name: str, kind: int, shape: list, nodes: list, weights: list) -> None:
    given = helper.make_tensor_value_info(name, kind, shape)
    out = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", 3])
    normal = helper.make_node("LpNormalization", ["mean"], ["vectors"], axis=1, p=2)
    made = helper.make_graph([*nodes, normal], "g", [given], [out], weights)
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def fill(folder: Path) -> Contents:
    mean = helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[2, 3], keepdims=0)
    graph(folder / "image.onnx", "pixels", TensorProto.FLOAT, ["n", 3, 8, 8], [mean], [])
    table = numpy_helper.from_array(np.float32([(0, 0, 0), (1, 1, 1), *COLOURS.values()]), "table")
    rows = helper.make_node("Gather", ["table", "ids"], ["rows"])
    total = helper.make_node("ReduceMean", ["rows"], ["mean"], axes=[1], keepdims=0)
    graph(folder / "text.onnx", "ids", TensorProto.INT64, ["n", "tokens"], [rows, total], [table])
    words = {word: number for number, word in enumerate(["<pad>", "<unk>", *COLOURS])}
    tokenizer = Tokenizer(WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.enable_padding()
    tokenizer.enable_truncation(4)
    tokenizer.save(str(folder / TOKENIZER))
    return Contents(
        "colours",
        "made here",
        "MIT",
        {
            "image": Graph("image.onnx", {"pixels": ("n", 3, 8, 8)}, {"vectors": ("n", 3)}),
            "text": Graph("text.onnx", {"ids": ("n", "tokens")}, {"vectors": ("n", 3)}),
        },
        SETTINGS,
        {"different_drawings_p95": 0.5, "same_drawing_median": 0.9},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "colours", fill).folder


def blocks() -> tuple[np.ndarray, list[Rect]]:
    """Red, green and blue squares on black."""
    picture = np.zeros((40, 140, 3), np.uint8)
    boxes = [Rect(10 + 40 * number, 10, 20, 20) for number in range(3)]
    for box, colour in zip(boxes, COLOURS.values(), strict=True):
        picture[box.top : box.bottom, box.left : box.right] = np.array(colour[::-1]) * 200
    return picture, boxes


def test_an_exported_clip_sees_reads_and_names(folder: Path, tmp_path: Path) -> None:
    clip: Clip = open_clip(str(folder), tmp_path)
    picture, boxes = blocks()
    scores = clip.name(picture, boxes, [*COLOURS, "red red"])
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]
    assert scores[0, 3] == pytest.approx(1, abs=1e-5)
    assert clip.span == (0.5, 0.9)
    np.testing.assert_array_equal(clip.meanings(picture, boxes), clip.describe(picture, boxes))


def test_places_and_texts_of_nothing_are_zeros(folder: Path) -> None:
    clip = ExportedClip(Bundle.open(folder))
    picture, _ = blocks()
    off = [Rect(500, 5, 9, 9), Rect(0, 0, 5, 5), Rect(-50, -50, 5, 5)]
    assert not clip.describe(picture, off).any()
    assert not clip.words(["?", ""]).any()
    assert clip.describe(picture, []).shape == clip.words([]).shape == (0, 3)
    assert np.isfinite(clip.describe(picture, [Rect(10, 10, 1, 1), Rect(0, 0, 140, 40)])).all()
    with pytest.raises(WrongPicture):
        clip.describe(picture[..., 0], off)


def test_many_crops_come_out_in_their_order(folder: Path) -> None:
    clip = ExportedClip(Bundle.open(folder))
    picture, boxes = blocks()
    assert clip.name(picture, boxes * 9, list(COLOURS)).argmax(axis=1).tolist() == [0, 1, 2] * 9


def test_a_wide_crop_is_filled_up_not_cut() -> None:
    crop = np.full((4, 10, 3), 7, np.uint8)
    crop[1:3, 2:8] = 200
    square = squared(crop)
    assert square.shape == (10, 10, 3)
    assert (square[4:6, 2:8] == 200).all()
    assert (square[0] == 7).all()


def test_the_agent_sees_with_the_clip_of_its_settings(folder: Path, tmp_path: Path) -> None:
    assert isinstance(Senses(Settings(tmp_path, tmp_path, clip=str(folder))).clip, ExportedClip)
    assert isinstance(Senses(Settings(tmp_path, tmp_path)).clip, UiClip)


def test_the_finders_benchmark_sees_with_it(folder: Path) -> None:
    picture = np.full((60, 120, 3), 250, np.uint8)
    picture[20:36, 30:46] = 40
    own, other = Eyes(1).look(picture), Eyes(1, clip=str(folder)).look(picture)
    assert (own.descriptors.shape[1], other.descriptors.shape[1]) == (192, 3)


def test_our_own_has_a_name(tmp_path: Path) -> None:
    clip: Clip = open_clip("ui-clip", tmp_path)
    assert isinstance(clip, UiClip)
    assert 0 < clip.span[0] < clip.span[1] < 1


def test_what_was_exported_before_is_opened_by_its_name(tmp_path: Path) -> None:
    write_bundle(exported_folder("someone/colours", tmp_path), fill)
    assert isinstance(open_clip("someone/colours", tmp_path), ExportedClip)


def test_a_changed_checkpoint_has_another_place(tmp_path: Path) -> None:
    checkpoint = tmp_path / "mine"
    checkpoint.mkdir()
    (checkpoint / "config.json").write_text("{}")
    before = exported_folder(str(checkpoint), tmp_path)
    (checkpoint / "config.json").write_text("{ }")
    assert exported_folder(str(checkpoint), tmp_path) != before
    assert before.parent == tmp_path / "clip"


def test_without_torch_it_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "find_spec", lambda name: None)
    with pytest.raises(ClipMissing, match=r"export_clip someone/theirs$"):
        open_clip("someone/theirs", tmp_path)


def test_why_an_export_failed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "find_spec", lambda name: object())
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho loading >&2\necho it holds no weights >&2\nexit 3\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ClipMissing, match="someone/theirs cannot be used as a CLIP: it holds no weights"):
        open_clip("someone/theirs", tmp_path)
    with pytest.raises(ClipMissing, match="no name"):
        open_clip(" ", tmp_path)


def test_damaged_and_other_bundles_are_refused(folder: Path, tmp_path: Path) -> None:
    def other(into: Path) -> Contents:
        (into / "weights").write_bytes(b"1")
        return Contents("whisper", "here", "MIT", {})

    with pytest.raises(BundleBroken, match="whisper, which is no exported CLIP"):
        open_clip(str(write_bundle(tmp_path / "other", other).folder), tmp_path)
    with pytest.raises(BundleBroken, match="no graph"):
        UiClip.load(folder.parent / "other")
    data = bytearray((folder / "image.onnx").read_bytes())
    data[len(data) // 2] ^= 255
    (folder / "image.onnx").write_bytes(data)
    with pytest.raises(BundleBroken, match="has changed"):
        open_clip(str(folder), tmp_path)
