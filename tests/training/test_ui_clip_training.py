"""Training UI-CLIP: it learns, goes on exactly where it stopped, and is exported unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

MISSING = [name for name in ("torch", "safetensors", "onnxscript", "resvg_py") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import onnx
import torch

from encore_models.errors import ExportStrays
from encore_models.perception.ui_clip import UiClip
from encore_models.perception.wording import text_ids
from encore_models.training import export_ui_clip
from encore_models.training.augment import icon_view, label_view
from encore_models.training.batches import IconBatches, LabelBatches, installed_fonts
from encore_models.training.icons import Drawing, Icons, draw, open_icons, render
from encore_models.training.run import CHECKPOINT, run
from encore_models.training.settle import SettledModel, settle, settled
from encore_models.training.span import span_of
from encore_models.training.train_ui_clip import TrainOptions, UiClipTrainer, learning_rate, train
from encore_models.training.ui_clip import UiClipConfig, UiClipModel, clip_loss, instance_loss
from encore_recorder.geometry import Rect

TINY = UiClipConfig(
    widths=(8, 16), blocks=(1, 1), pooled=32, embedding=16, piece_width=8, text_width=16, text_layers=1, text_heads=2
)
SHAPES = ("disc", "ring", "bar", "pole", "box", "frame", "corner", "cross")
OPTIONS = TrainOptions(steps=20, things=8, labels=4, warmup=4, label_share=0.2, learning_rate=4e-3, bfloat16=False)

pytestmark = [
    # Both come from inside of torch's own exporter.
    pytest.mark.filterwarnings("ignore:.*treespec.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]


def drawn(shape: str, thick: int) -> np.ndarray:
    cover = np.zeros((64, 64), np.uint8)
    if shape in {"disc", "ring"}:
        cv2.circle(cover, (32, 32), 24, 255, -1 if shape == "disc" else thick)
    elif shape in {"box", "frame"}:
        cv2.rectangle(cover, (10, 10), (54, 54), 255, -1 if shape == "box" else thick)
    if shape in {"bar", "cross"}:
        cover[30 - thick : 30 + thick, 8:56] = 255
    if shape in {"pole", "cross"}:
        cover[8:56, 30 - thick : 30 + thick] = 255
    if shape == "corner":
        cover[8:56, 8 : 8 + 2 * thick] = cover[8 : 8 + 2 * thick, 8:56] = 255
    return np.stack([np.zeros_like(cover), cover])


@pytest.fixture(scope="module")
def icons() -> Icons:
    """Eight shapes, each in a thin and a bold set."""
    pictures = np.stack([drawn(shape, thick) for thick in (2, 5) for shape in SHAPES])
    boxes = np.tile(np.array([8, 8, 56, 56], np.uint8), (len(pictures), 1))
    names = SHAPES * 2
    return Icons(pictures, boxes, ("thin",) * 8 + ("bold",) * 8, names, tuple((f"{name} shape",) for name in names))


def trainer(icons: Icons) -> UiClipTrainer:
    batches = IconBatches(icons)
    return UiClipTrainer(OPTIONS, batches, LabelBatches(SHAPES, installed_fonts()[:2], len(batches.words)), TINY)


def test_twenty_steps_lower_the_loss(icons: Icons) -> None:
    torch.set_num_threads(1)
    run = trainer(icons)
    totals = [sum(run.advance().values()) for _ in range(OPTIONS.steps)]
    assert np.isfinite(totals).all()
    assert np.mean(totals[-5:]) < 0.9 * np.mean(totals[:5])


def test_a_stopped_run_goes_on_exactly(icons: Icons, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole, stopped = trainer(icons), trainer(icons)
    for _ in range(6):
        whole.advance()
    for _ in range(3):
        stopped.advance()
    stopped.save(tmp_path)
    resumed = trainer(icons)
    resumed.resume(tmp_path)
    assert resumed.step == 3
    for _ in range(3):
        resumed.advance()
    for (name, ours), theirs in zip(whole.model.state_dict().items(), resumed.model.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs), name


def test_the_command_goes_on_with_a_run_that_was_stopped(icons: Icons, tmp_path: Path) -> None:
    options = replace(OPTIONS, steps=4, checkpoint_minutes=0)

    def told(folder: Path) -> list[int]:
        return [json.loads(line)["step"] for line in (folder / "log.jsonl").read_text().splitlines()]

    def ending() -> dict[str, float]:
        if len(told(tmp_path / "parted")) == 1:
            raise KeyboardInterrupt
        return {"seen": 1.0}

    whole, begun, resumed = (trainer(icons) for _ in range(3))
    run(tmp_path / "whole", whole, options, lambda: {"seen": 1.0})
    (tmp_path / "parted").mkdir()
    (tmp_path / "parted" / "log.jsonl").touch()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parted", begun, options, ending)
    run(tmp_path / "parted", resumed, options, lambda: {"seen": 1.0})
    assert told(tmp_path / "whole") == [1, 2, 3, 4]
    assert told(tmp_path / "parted") == [1, 3, 4], "it began anew"
    for (name, ours), theirs in zip(whole.model.state_dict().items(), resumed.model.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs), name
    before = (tmp_path / "parted" / CHECKPOINT).read_bytes()
    run(tmp_path / "parted", trainer(icons), options)
    assert (tmp_path / "parted" / CHECKPOINT).read_bytes() == before, "nothing was left to do"


def test_a_run_leaves_a_checkpoint_a_log_and_a_model(icons: Icons, tmp_path: Path) -> None:
    options = TrainOptions(steps=2, things=4, labels=2, threads=1)
    train(tmp_path, options, icons, icons, TINY)
    assert (tmp_path / CHECKPOINT).is_file()
    assert '"r1_of_100"' in (tmp_path / "log.jsonl").read_text()
    again = UiClipModel.from_pretrained(tmp_path / "model")
    assert again.config == TINY


def test_the_learning_rate_rises_stays_and_falls_to_nothing() -> None:
    options = TrainOptions(steps=100, warmup=10, falling=0.5, learning_rate=1.0)
    rates = [learning_rate(options, step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[10:50] == pytest.approx([1.0] * 40)
    assert rates[50:] == sorted(rates[50:], reverse=True)
    assert rates[100] == 0


def test_views_depend_on_the_generator_only(icons: Icons) -> None:
    font = installed_fonts()[0]
    for view in (
        lambda rng: icon_view(icons.pictures[0], icons.boxes[0], rng),
        lambda rng: label_view("Open folder", font, rng),
    ):
        first, same, other = (view(np.random.default_rng(seed)) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, same)
        assert (first != other).any()


def test_a_batch_pairs_drawings_of_one_meaning(icons: Icons) -> None:
    batch = IconBatches(icons).draw(6, np.random.default_rng(3))
    assert batch.planes.shape == (12, 5, 48, 48)
    assert len(set(batch.meaning.tolist())) == 6
    assert batch.same_drawing.any()
    assert not batch.same_drawing.all()
    np.testing.assert_allclose(batch.words.sum(axis=1), 1)


def test_clip_loss_is_least_when_pictures_lie_at_their_texts() -> None:
    eye = torch.eye(4)
    scale = torch.tensor(3.0)
    belongs = torch.eye(4, dtype=torch.bool)
    assert clip_loss(eye, eye, belongs, scale) < 0.01 < clip_loss(eye, eye.roll(1, 0), belongs, scale)


def test_instance_loss_leaves_other_drawings_of_the_same_meaning_alone() -> None:
    views = torch.nn.functional.normalize(torch.randn(8, 6, generator=torch.manual_seed(1)), dim=1)
    same = torch.tensor([True, True, False, False])
    apart = instance_loss(views, torch.arange(4).repeat(2), same)
    # With one meaning for all there is nothing left to be told apart from.
    alone = instance_loss(views, torch.zeros(8, dtype=torch.int64), same)
    assert alone.item() == pytest.approx(0, abs=1e-5)
    assert apart > alone
    assert instance_loss(views, torch.arange(4).repeat(2), torch.zeros(4, dtype=torch.bool)) == 0


def test_a_text_of_nothing_is_still_a_finite_vector() -> None:
    vectors = UiClipModel(TINY).eval().text(torch.from_numpy(text_ids(["", "play"])))
    assert torch.isfinite(vectors).all()


def tiny(icons: Icons) -> SettledModel:
    batches = IconBatches(icons)
    labels = LabelBatches(SHAPES * 20, installed_fonts()[:2], len(batches.words))
    return settle(UiClipModel(TINY), batches, labels, batches=2)


def test_statistics_of_icons_and_strips_are_their_own(icons: Icons) -> None:
    model = UiClipModel(TINY)
    batches = IconBatches(icons)
    planes = [batches.draw(8, np.random.default_rng(seed)).planes for seed in range(3)]
    tower = settled(model.image, planes)
    first = model.image.features[0](torch.from_numpy(np.concatenate(planes)))
    torch.testing.assert_close(tower.features[1].running_mean, first.mean(dim=(0, 2, 3)), atol=1e-4, rtol=1e-3)
    assert not model.image.features[1].running_mean.any()  # the trained model stays as it was


def test_a_crop_is_seen_with_the_statistics_of_its_shape(icons: Icons) -> None:
    model = tiny(icons)
    samples = export_ui_clip.samples_of(icons, seed=1, count=6).planes
    for shape, tower in (("icons", model.image.icons), ("strips", model.image.strips)):
        planes = torch.from_numpy(samples[shape])
        assert torch.equal(model.image(planes)[1], tower(planes)[1])
    planes = torch.from_numpy(samples["icons"])
    assert not torch.allclose(model.image.icons(planes)[1], model.image.strips(planes)[1], atol=1e-3)


def test_export_computes_what_torch_does(icons: Icons, tmp_path: Path) -> None:
    model = tiny(icons)
    samples = export_ui_clip.samples_of(icons, seed=1, count=6)
    graphs = export_ui_clip.export_float(model, tmp_path)
    export_ui_clip.check_float(model, graphs, samples)
    small = export_ui_clip.quantise(graphs, samples)
    for shape in export_ui_clip.SHAPES:
        assert any(node.op_type == "QuantizeLinear" for node in onnx.load(small.of(shape)).graph.node)
    cosines = export_ui_clip.int8_cosines(model, small, samples)
    assert len(cosines) == 5
    assert min(cosines.values()) >= export_ui_clip.LEAST_COSINE


def test_an_export_of_other_weights_is_noticed(icons: Icons, tmp_path: Path) -> None:
    graphs = export_ui_clip.export_float(tiny(icons), tmp_path)
    with pytest.raises(ExportStrays, match="float32 semantic of icons differs"):
        export_ui_clip.check_float(tiny(icons), graphs, export_ui_clip.samples_of(icons, seed=1, count=6))


def test_the_span_is_wide_for_who_sees_and_narrow_for_who_does_not() -> None:
    clip = UiClip.load()

    def looks(crops) -> np.ndarray:
        return np.concatenate([clip.describe(crop, [Rect(6, 6, 36, 36)]) for crop in crops])

    def blind(crops) -> np.ndarray:
        return np.tile(np.float32([1, 0]), (len(crops), 1))

    low, high = span_of(looks, count=40)
    assert 0.2 < low < 0.6
    assert 0.8 < high < 1
    assert span_of(blind, count=10) == (1, 1)


def test_icons_are_drawn_and_empty_ones_left_out(tmp_path: Path) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 16 16" color="black">{}</svg>'
    play = draw(svg.format('<path fill="currentColor" d="M4 2v12l10-6z"/>'))
    assert play is not None
    assert play.shape == (2, 64, 64)
    assert play[1].max() == 255
    assert not play[0].any()
    assert draw("<svg") is None
    drawings = [
        Drawing("demo", "nothing", svg.format(""), ()),
        Drawing("demo", "play", svg.format('<path d="M4 2v12l10-6z"/>'), ("start",)),
    ]
    render(tmp_path / "train", drawings, {"demo": "1.0.0 MIT"}, lambda what, done: None)
    icons = open_icons("train", tmp_path)
    assert (icons.names, icons.other_names) == (("play",), (("start",),))
    np.testing.assert_allclose(icons.boxes[0], [16, 8, 56, 56], atol=2)
