"""The committed weights: they are whole, small, compute what torch computed, and see."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from encore_models.bundle import Bundle, _calm_blas
from encore_models.errors import BundleBroken, BundleMissing, WrongPicture
from encore_models.perception.clip import Clip
from encore_models.perception.ui_clip import WEIGHTS, UiClip
from encore_models.training.icon_sets import TEST_SETS, TRAIN_SETS
from encore_recorder.geometry import Rect
from tests.golden.drawn_controls import DARK, DRAWN, GREEN, LIGHT, toolbar

GOLDEN = Path(__file__).parent / "ui_clip_reference.npz"
INT8_COSINE = 0.98
"""Least cosine of any single vector between int8 here and float32 in torch."""
NAMES = list(DRAWN)


@pytest.fixture(scope="module")
def clip() -> UiClip:
    return UiClip.load()


def test_it_is_a_clip_like_any_other(clip: UiClip) -> None:
    any_clip: Clip = clip
    picture, boxes = toolbar()
    vectors = any_clip.describe(picture, boxes)
    assert vectors.shape == (len(boxes), 192)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_it_knows_where_the_same_drawing_begins(clip: UiClip) -> None:
    low, high = clip.span
    shown, now = clip.describe(*toolbar()), clip.describe(*toolbar(DARK, 36))
    cosines = shown @ now.T
    assert np.diag(cosines).min() > high - 0.1
    assert np.median(cosines[~np.eye(len(NAMES), dtype=bool)]) < low + 0.1
    assert 0 < low < high - 0.3


def test_int8_sees_and_reads_what_torch_did(clip: UiClip) -> None:
    golden = np.load(GOLDEN)
    picture, boxes = toolbar()
    found = {
        "instance": clip.describe(picture, boxes),
        "semantic": clip.meanings(picture, boxes),
        "words": clip.words(NAMES),
    }
    for head, vectors in found.items():
        cosines = (vectors * golden[head]).sum(axis=1)
        assert cosines.min() >= INT8_COSINE, head


@pytest.mark.parametrize(("theme", "side"), [(DARK, 24), (GREEN, 24), (LIGHT, 16), (DARK, 36)])
def test_a_control_is_found_again_in_another_theme_and_size(clip: UiClip, theme, side: int) -> None:
    shown, now = clip.describe(*toolbar()), clip.describe(*toolbar(theme, side))
    cosines = shown @ now.T
    assert cosines.argmax(axis=1).tolist() == list(range(len(NAMES)))
    assert np.diag(cosines).min() > 0.9


@pytest.mark.parametrize("theme", [LIGHT, DARK, GREEN])
def test_controls_are_found_by_their_names(clip: UiClip, theme) -> None:
    scores = clip.name(*toolbar(theme), NAMES)
    right = scores.argmax(axis=0) == np.arange(len(NAMES))
    assert right.mean() >= 0.8, [name for name, hit in zip(NAMES, right, strict=True) if not hit]


def test_places_without_ink_or_off_the_picture_have_no_appearance(clip: UiClip) -> None:
    blank = np.full((60, 60, 3), 200, np.uint8)
    vectors = clip.describe(blank, [Rect(5, 5, 20, 20), Rect(400, 5, 20, 20), Rect(0, 0, 50, 6)])
    assert not vectors.any()
    assert clip.describe(blank, []).shape == (0, 192)
    assert clip.name(blank, [], ["play"]).shape == (0, 1)
    assert clip.name(blank, [Rect(5, 5, 20, 20)], []).shape == (1, 0)
    assert not clip.words(["?"]).any()


def test_many_boxes_come_out_in_their_order(clip: UiClip) -> None:
    picture, boxes = toolbar()
    label = Rect(boxes[0].left - 5, boxes[0].top - 5, 150, 30)
    mixed = [label, *boxes, label, *boxes * 8]
    together = clip.describe(picture, mixed)
    for number in (0, 1, 11, 12, 70):
        alone = clip.describe(picture, [mixed[number]])[0]
        np.testing.assert_allclose(together[number], alone, atol=1e-4)


def test_what_was_seen_once_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clip, (picture, boxes) = UiClip.load(remembered=64), toolbar()
    looks, meanings = clip.describe(picture, boxes), clip.meanings(picture, boxes)
    looked: list[int] = []
    run = clip._run
    monkeypatch.setattr(clip, "_run", lambda tower, crops, head: looked.append(len(crops)) or run(tower, crops, head))
    moved = np.roll(picture, 3, axis=1)
    moved[:, :3] = picture[:, :3]
    for image, away in ((picture, 0), (moved, 3)):
        places = [box.moved(away, 0) for box in boxes]
        np.testing.assert_array_equal(clip.describe(image, places)[:-1], looks[:-1])
        np.testing.assert_array_equal(clip.meanings(image, places)[:-1], meanings[:-1])
    assert sum(looked) <= 2  # the last one may have come to the edge
    clip.describe(255 - picture, boxes)
    assert sum(looked) >= len(boxes)
    before = sum(looked)
    clip.forget()
    np.testing.assert_allclose(clip.describe(picture, boxes), looks, atol=1e-5)
    assert sum(looked) == before + len(boxes)


def test_no_more_is_remembered_than_was_asked_for() -> None:
    picture, boxes = toolbar()
    for most in (0, 3):
        clip = UiClip.load(remembered=most)
        first = clip.describe(picture, boxes)
        assert len(clip._seen) == most
        np.testing.assert_array_equal(clip.describe(picture, boxes), first)


def test_extreme_pictures_are_seen_without_a_crash(clip: UiClip) -> None:
    huge = np.zeros((2880, 5120, 3), np.uint8)
    huge[100:140, 100:140] = 255
    vectors = clip.describe(huge, [Rect(100, 100, 40, 40), Rect(0, 0, 5120, 2880), Rect(100, 100, 1, 1)])
    assert np.isfinite(vectors).all()
    with pytest.raises(WrongPicture):
        clip.describe(huge[..., 0], [Rect(0, 0, 5, 5)])


def test_the_weights_are_small_and_say_what_they_are() -> None:
    sizes = {path.name: path.stat().st_size for path in WEIGHTS.iterdir()}
    assert all(size <= 4e6 for size in sizes.values())
    assert sum(sizes.values()) <= 10e6
    contents = Bundle.open(WEIGHTS).contents
    assert contents.metrics["icon_r1_of_100_int8"] > 0.3
    assert contents.metrics["images_seen"] > 100_000
    card = (WEIGHTS / "README.md").read_text()
    assert all(f"{s.name} {s.version}" in card for s in TRAIN_SETS + TEST_SETS)


def test_no_folder_of_the_machine_they_were_made_on_is_in_them() -> None:
    for path in WEIGHTS.iterdir():
        data = path.read_bytes()
        assert not any(trace in data for trace in (b"/home/", b"/root/", b"/tmp/", b"site-packages", b".py\n")), path


def test_broken_and_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing):
        UiClip.load(tmp_path)
    shutil.copytree(WEIGHTS, tmp_path / "broken")
    data = bytearray((tmp_path / "broken" / "text.int8.onnx").read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "broken" / "text.int8.onnx").write_bytes(data)
    with pytest.raises(BundleBroken, match="has changed"):
        UiClip.load(tmp_path / "broken")


def test_products_of_small_matrices_leave_the_cores_to_the_sessions() -> None:
    with threadpool_limits(2, user_api="blas"):
        _calm_blas.cache_clear()
        UiClip.load()
        assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}
