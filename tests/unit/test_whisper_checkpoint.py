"""Whispers of other sizes and languages: small ones of random weights, written and opened without torch."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

from encore_agent.senses import Senses
from encore_agent.settings import Settings
from encore_models.bundle import Bundle, Contents, write_bundle
from encore_models.errors import BundleBroken
from encore_models.perception.voice import Voice
from encore_models.whisper import checkpoint
from encore_models.whisper.checkpoint import TINY_EN, hearing_folder, open_whisper
from encore_models.whisper.errors import LanguageMissing, WhisperMissing
from encore_models.whisper.layout import OPENAI, translated
from encore_models.whisper.prepare import write_whisper
from encore_models.whisper.weights import Array, Vocabulary, WhisperFiles, encoder_identity

SPECIAL = ["<|end|>", "<|start|>", "<|en|>", "<|de|>", "<|transcribe|>", "<|notimestamps|>"]
END, START, ENGLISH, GERMAN, TRANSCRIBE, PLAIN = range(256, 262)
HEARD = np.random.default_rng(5).normal(size=16_000).astype(np.float32) * 0.1


def state(width: int = 32, layers: tuple[int, int] = (2, 1), mels: int = 80, seed: int = 0) -> dict[str, Array]:
    """A Whisper under OpenAI's names."""
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> Array:
        return np.asarray(rng.normal(size=shape) * 0.3, np.float32)

    def linear(name: str, out: int, into: int, bias: bool = True) -> dict[str, Array]:
        return {f"{name}.weight": some(out, into)} | ({f"{name}.bias": some(out)} if bias else {})

    def norm(name: str) -> dict[str, Array]:
        return {f"{name}.weight": 1 + some(width), f"{name}.bias": some(width)}

    made = {
        "encoder.conv1.weight": some(width, mels, 3),
        "encoder.conv1.bias": some(width),
        "encoder.conv2.weight": some(width, width, 3),
        "encoder.conv2.bias": some(width),
        "encoder.positional_embedding": some(1500, width),
        "decoder.positional_embedding": some(448, width),
        "decoder.token_embedding.weight": some(256 + len(SPECIAL), width),
    }
    made |= norm("encoder.ln_post") | norm("decoder.ln")
    for part, count in zip(("encoder", "decoder"), layers, strict=True):
        for block in (f"{part}.blocks.{number}" for number in range(count)):
            for attention in ("attn", "cross_attn")[: 1 + (part == "decoder")]:
                made |= norm(f"{block}.{attention}_ln")
                for kind in ("query", "key", "value", "out"):
                    made |= linear(f"{block}.{attention}.{kind}", width, width, bias=kind != "key")
            made |= norm(f"{block}.mlp_ln")
            made |= linear(f"{block}.mlp.0", 2 * width, width) | linear(f"{block}.mlp.2", width, 2 * width)
    return made


def tokenizer() -> bytes:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(BPE({letter: number for number, letter in enumerate(letters)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(SPECIAL)
    return made.to_str().encode()


def small(folder: Path, languages: bool = True, mels: int = 80) -> Bundle:
    """The bundle of one, in float32 so that results are exact."""
    told = (ENGLISH, TRANSCRIBE) if languages else ()
    known = {"en": ENGLISH, "de": GERMAN} if languages else {}
    vocabulary = Vocabulary(tokenizer(), (START, *told, PLAIN), END, (), (END,), known)
    files = WhisperFiles("whisper-small", "made up", "none", translated(state(mels=mels), OPENAI, (2, 4)), vocabulary)

    def fill(made: Path) -> Contents:
        return write_whisper(made, files, "float32", made.parent)

    return write_bundle(folder, fill)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return small(tmp_path_factory.mktemp("whisper") / "many")


def test_the_language_begins_the_transcript(bundle: Bundle):
    """Scoring a text after the language's token is what the decoder gives when it is asked by hand."""
    voice = Voice(bundle, language="de")
    encoded = voice.encode(HEARD)
    (found,) = voice.token_logprobs(encoded, ["a"])
    tokens = np.array([[START, GERMAN, TRANSCRIBE, PLAIN, *voice.tokens("a")]])
    targets = np.append(tokens[:, 1:], [[END]], axis=1)
    feed = {"tokens": tokens, "targets": targets, "keys_0": encoded.keys[0], "values_0": encoded.values[0]}
    feed["past"] = np.zeros((2, 1, 4, 0, 8), np.float32)
    (expected,) = bundle.session("decoder").run(["logprobs"], feed)
    np.testing.assert_allclose(found, expected[0, 3:], atol=1e-5)
    assert not np.allclose(found, Voice(bundle, language="en").token_logprobs(encoded, ["a"])[0])


def test_without_a_language_it_finds_out_and_stays_with_it(bundle: Bundle):
    voice = Voice(bundle)
    encoded = voice.encode(HEARD)
    assert encoded.start in {(START, token, TRANSCRIBE, PLAIN) for token in (ENGLISH, GERMAN)}
    found = "en" if encoded.start[1] == ENGLISH else "de"
    told = Voice(bundle, language=found)
    assert voice.transcribe(encoded) == told.transcribe(told.encode(HEARD))
    np.testing.assert_array_equal(voice.token_logprobs(encoded, ["b"]), told.token_logprobs(encoded, ["b"]))


def test_a_language_it_does_not_know(bundle: Bundle, tmp_path: Path):
    with pytest.raises(
        LanguageMissing, match=r"whisper-small-float32 does not know the language 'nl'. It knows: de, en$"
    ):
        Voice(bundle, language="nl")
    only = small(tmp_path / "only", languages=False)
    assert Voice(only, language="en").encode(HEARD).start == ()
    with pytest.raises(LanguageMissing, match="English only; leave out --language"):
        Voice(only, language="de")


def test_128_bands_and_a_shallower_decoder(tmp_path: Path):
    made = small(tmp_path / "bands", mels=128)
    assert made.contents.graphs["encoder"].inputs["mel"] == (1, 128, "2T")
    encoded = Voice(made).encode(HEARD)
    assert encoded.frames.shape == (200, 32)
    assert encoded.keys.shape == (1, 1, 4, 8, 300)


def test_layout_stacks_what_the_graphs_read_together():
    theirs = state()
    made = translated(theirs, OPENAI, (2, 4))
    stacked = made["decoder/layer_0/attention/linear_1/weight"]
    np.testing.assert_array_equal(stacked[:32], theirs["decoder.blocks.0.cross_attn.key.weight"])
    np.testing.assert_array_equal(stacked[32:], theirs["decoder.blocks.0.cross_attn.value.weight"])
    assert not made["decoder/layer_0/attention/linear_1/bias"][:32].any(), "a key has no bias"
    assert made["decoder/projection/weight"] is made["decoder/embeddings/weight"]
    for name in ("encoder.blocks.1.attn.query.bias", "decoder.ln.weight"):
        lacking = {key: value for key, value in theirs.items() if key != name}
        with pytest.raises(KeyError, match=name):
            translated(lacking, OPENAI, (2, 4))


def test_an_encoder_is_known_again_in_another_precision_only():
    weights = translated(state(), OPENAI, (2, 4))
    half = {name: value.astype(np.float16).astype(np.float32) for name, value in weights.items()}
    assert encoder_identity(half) == encoder_identity(weights)
    assert encoder_identity(translated(state(seed=1), OPENAI, (2, 4))) != encoder_identity(weights)


def test_where_bundles_belong(bundle: Bundle, tmp_path: Path):
    models = tmp_path / "models"
    assert hearing_folder(TINY_EN, models) == models / "whisper-tiny.en"
    assert hearing_folder("openai/whisper-small", models) == models / "whisper" / "openai--whisper-small"
    assert hearing_folder(str(bundle.folder), models) == bundle.folder
    mine = tmp_path / "mine.pt"
    mine.write_bytes(b"weights")
    before = hearing_folder(str(mine), models)
    assert before.parent == models / "whisper"
    assert before.name.startswith("mine.pt-")
    mine.write_bytes(b"other weights")
    assert hearing_folder(str(mine), models) != before


def test_a_bundle_is_opened_by_its_folder(bundle: Bundle, tmp_path: Path):
    senses = Senses(Settings(tmp_path, tmp_path, whisper=str(bundle.folder), language="de"))
    assert senses.printer() is None, "voice prints of an encoder that the head was not trained on"
    voice = senses.voice()
    assert voice.encoder == bundle.contents.settings["encoder"]
    assert voice.token_logprobs(voice.encode(HEARD), ["a"])[0].shape == (3,)


def test_what_is_missing_for_the_export_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoint, "NEEDED", ("no_such_module",))
    with pytest.raises(WhisperMissing, match=r"base\.en cannot .* exported once.*pip install -e '.\[train\]'"):
        open_whisper("base.en", tmp_path)
    with pytest.raises(WhisperMissing, match="it has no name"):
        open_whisper(" ", tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_export_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    failing = tmp_path / "python"
    failing.write_text("#!/bin/sh\necho some log >&2\necho the disk caught fire >&2\nexit 3\n")
    failing.chmod(0o755)
    monkeypatch.setattr(checkpoint, "NEEDED", ())
    monkeypatch.setattr(sys, "executable", str(failing))
    with pytest.raises(WhisperMissing, match="base cannot be used as a Whisper: the disk caught fire"):
        open_whisper("base", tmp_path / "models")


def test_another_bundle_is_no_whisper(tmp_path: Path):
    made = write_bundle(tmp_path / "other", lambda folder: Contents("other", "nowhere", "none", {}))
    with pytest.raises(BundleBroken, match="other is no Whisper, or was made by another Encore"):
        Voice(made)


@pytest.mark.parametrize("beginning", ["", "play "])
def test_many_texts_score_exactly_as_each_alone(bundle: Bundle, beginning: str):
    """Beginnings are shared and texts of one length go together; float32 does not mind."""
    voice = Voice(bundle, language="en")
    encoded = voice.encode(HEARD)
    endings = ["a", "ab", "abcd", "x" * 70, "ab", *(f"song {number}" for number in range(30)), "yes" * 9]
    texts = [beginning + ending for ending in endings]
    together = voice.token_logprobs(encoded, texts)
    for text, found in zip(texts, together, strict=True):
        assert len(found) == len(voice.tokens(text)) + 1
        np.testing.assert_allclose(found, voice.token_logprobs(encoded, [text])[0], atol=1e-4, err_msg=text)
