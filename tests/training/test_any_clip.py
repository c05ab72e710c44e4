"""Other CLIPs through the interface of UI-CLIP, with a small one made here."""

from __future__ import annotations

import json
import string
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

MISSING = [name for name in ("torch", "transformers") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPProcessor, CLIPTokenizer

from encore_models.errors import ClipMissing
from encore_models.perception.ui_clip import UiClip
from encore_models.training.any_clip import TransformersClip, clip_of
from encore_recorder.geometry import Rect
from tests.golden.drawn_controls import DARK, DRAWN, toolbar


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of a few thousand random weights that reads single letters."""
    folder = tmp_path_factory.mktemp("clip")
    layers = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**layers, "vocab_size": 64, "max_position_embeddings": 16, "bos_token_id": 0, "eos_token_id": 1}
    vision = {**layers, "image_size": 32, "patch_size": 8}
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=12)).save_pretrained(folder)
    letters = string.ascii_lowercase
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(letter + "</w>" for letter in letters)]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    images = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    CLIPProcessor(images, CLIPTokenizer.from_pretrained(folder)).save_pretrained(folder)
    return folder


def test_another_clip_sees_and_reads_through_the_same_methods(checkpoint: Path) -> None:
    clip = clip_of(str(checkpoint))
    picture, boxes = toolbar(DARK)
    vectors = clip.describe(picture, [*boxes, Rect(5000, 5, 9, 9), Rect(1, 1, 10, 10)])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [*[1] * len(boxes), 0, 0], atol=1e-5)
    assert clip.name(picture, boxes, list(DRAWN)).shape == (len(boxes), len(DRAWN))
    assert clip.describe(picture, []).shape == clip.words([]).shape == (0, 12)


def test_our_own_has_a_name() -> None:
    assert isinstance(clip_of("ui-clip"), UiClip)


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClipMissing, match="cannot be used as a CLIP"):
        TransformersClip(tmp_path / "nothing")
