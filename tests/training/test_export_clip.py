"""Other CLIPs are exported as they are, seen here with a small one of random weights."""

from __future__ import annotations

import json
import string
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

MISSING = [name for name in ("torch", "transformers", "onnxscript") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import (
    BertConfig,
    BertModel,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPProcessor,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipImageProcessorPil,
    SiglipModel,
    SiglipProcessor,
)

from encore_models.bundle import Bundle
from encore_models.errors import ClipMissing, ExportStrays
from encore_models.perception.clip import ExportedClip, exported_folder, open_clip
from encore_models.training import export_clip
from tests.golden.drawn_controls import DARK, DRAWN, toolbar

pytestmark = [
    # All of them come from inside of torch's own exporter.
    pytest.mark.filterwarnings("ignore:.*treespec.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:copyreg"),
    pytest.mark.filterwarnings("ignore::UserWarning:torch"),
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP of a few thousand random weights that reads single letters."""
    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(4)
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


@pytest.fixture(scope="module")
def exported(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return export_clip.export(str(checkpoint), tmp_path_factory.mktemp("models") / "small")


def test_the_export_computes_what_torch_does(exported: Bundle) -> None:
    metrics = exported.contents.metrics
    assert metrics["float32_cosine_picture"] > 0.999
    assert metrics["float32_difference_text"] < 1e-4
    assert min(metrics["int8_cosine_image"], metrics["int8_cosine_text"]) > export_clip.LEAST_COSINE
    assert exported.contents.settings["size"] == 32
    assert exported.contents.licence.startswith("not stated")
    assert sum(file.bytes for file in exported.manifest.files.values()) < 200_000


def test_it_sees_and_reads_without_torch(exported: Bundle) -> None:
    clip = ExportedClip(Bundle.open(exported.folder))
    picture, boxes = toolbar(DARK)
    np.testing.assert_allclose(np.linalg.norm(clip.describe(picture, boxes), axis=1), 1, atol=1e-4)
    assert clip.name(picture, boxes, list(DRAWN)).shape == (len(boxes), len(DRAWN))
    long = "a very long label with more letters than the tower reads"
    alone, beside = clip.words(["play"]), clip.words([long, "play"])
    np.testing.assert_allclose(alone[0], beside[1], atol=0.05)  # int8 ranges are those of the batch
    assert clip.span[0] < clip.span[1]


def test_float32_is_kept_on_demand_and_exact(checkpoint: Path, tmp_path: Path) -> None:
    made = export_clip.export(str(checkpoint), tmp_path / "large", small=False)
    clip = ExportedClip(made)
    assert made.contents.name == "clip-float32"
    long = "a very long label with more letters than the tower reads"
    np.testing.assert_allclose(clip.words(["play"])[0], clip.words([long, "play"])[1], atol=1e-5)


def test_a_checkpoint_is_exported_by_its_name_once(checkpoint: Path, tmp_path: Path) -> None:
    clip = open_clip(str(checkpoint), tmp_path)
    assert isinstance(clip, ExportedClip)
    manifest = exported_folder(str(checkpoint), tmp_path) / "manifest.json"
    written = manifest.stat().st_mtime_ns
    open_clip(str(checkpoint), tmp_path)
    assert manifest.stat().st_mtime_ns == written


def test_an_int8_graph_that_strays_is_not_written(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_clip, "LEAST_COSINE", 1.1)
    with pytest.raises(ExportStrays, match="try --float32"):
        export_clip.export(str(checkpoint), tmp_path / "small")
    assert not (tmp_path / "small").exists()


def test_siglip_reads_texts_of_one_length(tmp_path: Path) -> None:
    words = {word: number for number, word in enumerate(["<pad>", "</s>", "<unk>", "play", "pause", "heart"])}
    tokenizer = Tokenizer(WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    reads = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>")
    layers = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**layers, "vocab_size": 16, "max_position_embeddings": 8, "projection_size": 16}
    vision = {**layers, "image_size": 32, "patch_size": 8}
    SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).save_pretrained(tmp_path / "siglip")
    images = SiglipImageProcessorPil(size={"height": 32, "width": 32})
    SiglipProcessor(images, reads).save_pretrained(tmp_path / "siglip")
    made = export_clip.export(str(tmp_path / "siglip"), tmp_path / "made", small=False)
    assert made.contents.metrics["float32_difference_text"] < 1e-4
    assert ExportedClip(made).words(["play", "pause the heart"]).shape == (2, 16)


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClipMissing, match="cannot be used as a CLIP"):
        export_clip.export(str(tmp_path / "nothing"), tmp_path / "made")
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=9, **sizes)).save_pretrained(tmp_path / "bert")
    with pytest.raises(ClipMissing, match="kind bert has no two towers"):
        export_clip.export(str(tmp_path / "bert"), tmp_path / "made")
    with pytest.raises(ClipMissing, match="kind bert has no two towers"):
        open_clip(str(tmp_path / "bert"), tmp_path / "models")
