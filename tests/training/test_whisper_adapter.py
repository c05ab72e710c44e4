"""The adapter's network, data and training, with small Whispers of random weights."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

MISSING = [name for name in ("torch", "whisper") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch
import whisper
from whisper.model import ModelDimensions

from encore_models.bundle import open_session, write_bundle
from encore_models.perception.mel import RATE, log_mel
from encore_models.training.evaluate_whisper_adapter import Heard
from encore_models.training.export_whisper_adapter import ADAPTED, ORIGINAL, model_card, write_adapter
from encore_models.training.run import CHECKPOINT
from encore_models.training.train_whisper_adapter import (
    WEIGHTS,
    AdapterTrainer,
    Batches,
    TrainOptions,
    heard_twice,
    train,
)
from encore_models.training.voice_sentences import HELD_OUT
from encore_models.training.whisper_adapter import Adapter, Whisper
from encore_models.training.whisper_talk import MEASURED, Said, draw_text, held_out, words_of_vocabulary
from encore_models.whisper import graphs
from encore_models.whisper.adapter import adapted
from encore_models.whisper.layout import OPENAI, translated
from encore_models.whisper.weights import Vocabulary, WhisperFiles, encoder_identity, installed_folder

OPTIONS = TrainOptions(steps=4, batch=3, rank=2, warmup=1, silence=0.3, threads=1)


@pytest.fixture(scope="module")
def files() -> WhisperFiles:
    """A Whisper of random weights with the vocabulary of the real one."""
    torch.manual_seed(3)
    model = whisper.model.Whisper(ModelDimensions(80, 1500, 32, 2, 2, 51864, 448, 32, 2, 2))
    torch.nn.init.normal_(model.decoder.positional_embedding)  # left as the memory was
    weights = translated({name: value.numpy() for name, value in model.state_dict().items()}, OPENAI, (2, 2))
    tokenizer = (installed_folder() / "tokenizer.json").read_bytes()
    return WhisperFiles("small", "made up", "none", weights, Vocabulary(tokenizer, (50257, 50362), 50256, (), ()))


@pytest.fixture(scope="module")
def said() -> list[Said]:
    rng = np.random.default_rng(4)
    lengths = rng.uniform(0.5, 3.5, 12)
    sounds = [np.asarray(rng.normal(size=int(s * RATE)) * 0.2, np.float32) for s in lengths]
    return [Said(f"Play number {place}.", sound) for place, sound in enumerate(sounds)]


def shaken(adapter: Adapter) -> Adapter:
    """One that changes something, as half precision holds it."""
    for values in (adapter.up, adapter.down):
        for parameter in values.values():
            parameter.data = (0.2 * torch.randn_like(parameter)).half().float()
    return adapter


# the network


@torch.no_grad()
def test_torch_encodes_and_reads_as_the_graphs_do(files: WhisperFiles, said: list[Said]):
    torch.manual_seed(0)
    network, mel = Whisper(files.weights), log_mel(said[0].speech, 4.0)
    encoder, cross, decoder = (
        open_session(build(files.weights, "float32").SerializeToString())
        for build in (graphs.encoder, graphs.cross, graphs.decoder)
    )
    (expected,) = encoder.run(["frames"], {"mel": mel})
    frames = network.encode(torch.from_numpy(mel))
    np.testing.assert_allclose(frames.numpy(), expected, atol=2e-5)
    keys, values = cross.run(["keys", "values"], {"frames": expected})
    tokens = np.array([[50257, 50362, 711, 1271]], np.int64)
    past = np.zeros((4, 1, 2, 0, 16), np.float32)
    feed = {"tokens": tokens, "targets": tokens, "past": past}
    feed |= {f"keys_{layer}": one for layer, one in enumerate(keys)}
    feed |= {f"values_{layer}": one for layer, one in enumerate(values)}
    following, logprobs = decoder.run(["following", "logprobs"], feed)
    read = network.read(frames, torch.from_numpy(tokens))
    np.testing.assert_allclose(read[0].numpy(), following[0], atol=1e-4)
    np.testing.assert_allclose(read[0, range(4), tokens[0]].numpy(), logprobs[0], atol=1e-4)


@torch.no_grad()
def test_an_exported_adapter_is_the_one_that_was_trained(files: WhisperFiles, said: list[Said], tmp_path: Path):
    network = Whisper(files.weights)
    adapter, mel = shaken(Adapter(network, 3)), log_mel(said[0].speech, 4.0)
    trained = {"adapter": adapter.state_dict(), "options": {"rank": 3}}
    bundle = write_bundle(
        tmp_path / "adapter", lambda folder: write_adapter(folder, trained, encoder_identity(files.weights))
    )
    changed = adapted(files, bundle)
    encoder = open_session(graphs.encoder(changed.weights, "float32").SerializeToString())
    (found,) = encoder.run(["frames"], {"mel": mel})
    expected = network.encode(torch.from_numpy(mel), adapter).numpy()
    np.testing.assert_allclose(found, expected, atol=5e-5)
    assert np.abs(expected - network.encode(torch.from_numpy(mel)).numpy()).max() > 0.1
    different = {name for name, value in changed.weights.items() if value is not files.weights[name]}
    assert different == set(adapter.shapes)
    assert all(name.startswith("encoder/") for name in different)


def test_a_new_adapter_changes_nothing(files: WhisperFiles):
    adapter = Adapter(Whisper(files.weights), 2)
    assert not any(adapter.change(name).any() for name in adapter.shapes)
    # Two convolutions, and four matrices in each of two layers.
    assert len(adapter.shapes) == 10


# the data


def test_both_hear_the_same_at_the_same_time():
    rng = np.random.default_rng(2)
    speech = np.sin(np.arange(RATE) * 0.3).astype(np.float32)
    for _ in range(20):
        clean, spoiled = heard_twice(speech, [speech], OPTIONS, rng)
        assert clean.shape == spoiled.shape
        assert len(clean) <= 4 * RATE
        assert np.abs(spoiled).max() <= 1.5
        assert np.corrcoef(clean, spoiled)[0, 1] > 0.1


def test_a_batch_weighs_speech_and_marks_what_is_read(files: WhisperFiles, said: list[Said]):
    rng = np.random.default_rng(0)
    batches = Batches(said, files, OPTIONS)
    for batch in (batches.draw(rng) for _ in range(8)):
        assert batch.clean.shape == batch.spoiled.shape
        assert batch.weight.shape == (3, batch.clean.shape[-1] // 2)
        assert batch.tokens.shape == batch.read.shape
        for tokens, read in zip(batch.tokens, batch.read, strict=True):
            assert tuple(tokens[:2].tolist()) in {(50257, 50362), (50256, 50256)}
            # From the second token on, which is the first that tells a word, up to the end after the text.
            ends = int((tokens[2:] != 50256).sum())
            assert read.tolist() == [0.0, *[float(ends > 0)] * (ends + 1), *[0.0] * (len(tokens) - ends - 2)]


def test_nothing_held_out_is_said():
    words = words_of_vocabulary((installed_folder() / "tokenizer.json").read_bytes())
    assert len(words) > 4000
    assert all(word.isalpha() and word.islower() for word in words)
    assert all(held_out(f"Please {text}, now.") for text in (*HELD_OUT, *MEASURED))
    rng = np.random.default_rng(1)
    commands = ["zoom in", "close the lid"]
    assert {draw_text("command", commands, words, rng) for _ in range(20)} == {"close the lid"}
    for kind in ("title", "talk"):
        texts = {draw_text(kind, commands, words, rng) for _ in range(200)}
        assert len(texts) > 150
        assert not any(held_out(text) or "{" in text for text in texts)


# learning


def test_a_stopped_run_goes_on_exactly(files: WhisperFiles, said: list[Said], tmp_path: Path):
    torch.set_num_threads(1)
    whole, stopped = AdapterTrainer(OPTIONS, said, files), AdapterTrainer(OPTIONS, said, files)
    for _ in range(3):
        whole.advance()
    stopped.advance()
    stopped.save(tmp_path)
    resumed = AdapterTrainer(OPTIONS, said, files)
    resumed.resume(tmp_path)
    for _ in range(2):
        resumed.advance()
    theirs = resumed.adapter.state_dict()
    for name, ours in whole.adapter.state_dict().items():
        assert torch.equal(ours, theirs[name]), name


def test_a_run_brings_the_student_nearer_and_leaves_weights(files: WhisperFiles, said: list[Said], tmp_path: Path):
    options = TrainOptions(steps=40, batch=4, rank=8, warmup=4, learning_rate=5e-3)
    before = AdapterTrainer(options, said, files)
    adapter = train(tmp_path, options, said, files)
    assert (tmp_path / CHECKPOINT).is_file()
    stored = torch.load(tmp_path / WEIGHTS, weights_only=True)
    assert stored["options"]["rank"] == 8
    batches = [before.batches.draw(np.random.default_rng([99, number])) for number in range(6)]
    with torch.no_grad():
        away, closer = (
            sum(before.objective(one, batch)["away"].item() for batch in batches) for one in (before.adapter, adapter)
        )
    assert closer < 0.9 * away


def test_the_card_names_what_was_measured():
    options = {"rank": 16, "steps": 5, "batch": 8, "quietest_db": 0.0, "loudest_db": 25.0, "utterances": 2000}
    trained = {"options": options, "adapter": {"up.a": torch.zeros(3, 2)}}
    found = {ORIGINAL: {"clean": Heard(0.1, -0.5, 0.99)}, ADAPTED: {"clean": Heard(0.05, -0.4, 0.98)}}
    card = model_card(trained, found, "A note.", "    how")
    assert "| clean | 10.0 | 5.0 | -0.50 | -0.40 | 0.990 | 0.980 |" in card
    assert "A note." in card
    assert "6 parameters" in card
    assert "pico-gb" in card
