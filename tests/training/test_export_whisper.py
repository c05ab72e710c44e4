"""Other Whispers are exported as they are, seen here with small ones of random weights in every form."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

MISSING = [name for name in ("torch", "transformers", "whisper") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch
import whisper
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import (
    BertConfig,
    BertModel,
    GenerationConfig,
    PreTrainedTokenizerFast,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)
from whisper.model import ModelDimensions

from encore_models.bundle import Bundle
from encore_models.errors import BundleNotWritten
from encore_models.perception.voice import Voice
from encore_models.training import export_whisper
from encore_models.training.export_whisper import FRAME_COSINE, LEAST_COSINE, LOG_P_TOLERANCE, PARITY, export
from encore_models.training.whisper_checkpoints import load
from encore_models.whisper.checkpoint import hearing_folder, open_whisper
from encore_models.whisper.errors import LanguageMissing, WhisperMissing, WhisperStrays
from encore_models.whisper.speech import spoken

# openai-whisper leaves its vocabulary's file open.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file.*tiktoken:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*tiktoken:pytest.PytestUnraisableExceptionWarning"),
]

SAID = next(iter(spoken().values()))
ENGLISH_ONLY, MULTILINGUAL = 51864, 51865
SPECIAL = (
    "endoftext startoftranscript en de fr translate transcribe startoflm startofprev nospeech notimestamps".split()
)


def openai(path: Path, vocabulary: int) -> Path:
    """A .pt file as OpenAI publishes them, with two layers."""
    torch.manual_seed(2)
    model = whisper.model.Whisper(ModelDimensions(80, 1500, 32, 2, 2, vocabulary, 448, 32, 2, 2))
    torch.nn.init.normal_(model.decoder.positional_embedding)  # left as the memory was
    shaken(model)
    torch.save({"dims": vars(model.dims), "model_state_dict": model.state_dict()}, path)
    return path


def shaken(model: torch.nn.Module) -> None:
    """Random weights that matter: biases and norms too, none of them zero or one."""
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)


def tokenizer() -> PreTrainedTokenizerFast:
    """One that reads letters."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(BPE({letter: number for number, letter in enumerate(letters)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = [f"<|{word}|>" for word in SPECIAL]
    made.add_special_tokens(special)
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token=special[0])


def transformers(folder: Path, multilingual: bool, mels: int = 80, tied: bool = True) -> Path:
    """The folder of a checkpoint whose encoder is deeper than its decoder, as distilled ones are."""
    torch.manual_seed(3)
    reads = tokenizer()
    config = WhisperConfig(
        vocab_size=len(reads),
        num_mel_bins=mels,
        d_model=48,
        encoder_layers=3,
        decoder_layers=2,
        encoder_attention_heads=3,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=80,
        decoder_start_token_id=reads.convert_tokens_to_ids("<|startoftranscript|>"),
        eos_token_id=reads.eos_token_id,
        pad_token_id=reads.eos_token_id,
        bos_token_id=reads.eos_token_id,
        tie_word_embeddings=tied,
    )
    model = WhisperForConditionalGeneration(config)
    shaken(model)
    model.generation_config = GenerationConfig(
        is_multilingual=multilingual, suppress_tokens=[2, 3], begin_suppress_tokens=[4], eos_token_id=reads.eos_token_id
    )
    model.save_pretrained(folder)
    reads.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=mels).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return transformers(tmp_path_factory.mktemp("checkpoint") / "many", multilingual=True)


@pytest.fixture(scope="module")
def exported(german: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return export(str(german), tmp_path_factory.mktemp("models") / "small")


def check(bundle: Bundle) -> None:
    metrics = bundle.contents.metrics
    assert metrics["spectrogram_difference"] < 1e-3
    assert metrics["float32_cosine_frames_least"] > FRAME_COSINE
    assert metrics["float32_difference_log_p"] < LOG_P_TOLERANCE
    assert metrics["int8_cosine_frames"] > LEAST_COSINE
    assert metrics["int8_difference_mean_log_p"] < 0.2


def test_the_export_computes_what_transformers_does(exported: Bundle) -> None:
    check(exported)
    assert exported.contents.metrics["float32_difference_log_p"] < 1e-3
    graphs = exported.contents.graphs
    assert graphs["encoder"].outputs["frames"] == (1, "T", 48)
    assert graphs["cross"].outputs["keys"] == (2, 1, 2, 24, "S")
    clips = json.loads(exported.path(PARITY).read_text())
    assert [clip["said"] for clip in clips] == list(spoken())
    assert all(clip["original_log_p"] < 0 for clip in clips)
    assert exported.contents.licence.startswith("not stated")


def test_what_is_written_hears_without_torch(exported: Bundle) -> None:
    bundle = Bundle.open(exported.folder)
    voice = Voice(bundle, language="de")
    encoded, transcript = voice.hear(SAID)
    assert transcript.tokens >= 1
    reads = tokenizer()
    start = ["<|startoftranscript|>", "<|de|>", "<|transcribe|>", "<|notimestamps|>"]
    (alone,) = voice.token_logprobs(encoded, ["Spiel Musik"])
    assert len(alone) == len(" Spiel Musik") + 1
    assert list(bundle.contents.settings["start"]) == reads.convert_tokens_to_ids([start[0], "<|en|>", *start[2:]])
    (english,) = Voice(bundle, language="en").token_logprobs(encoded, ["Spiel Musik"])
    assert np.abs(alone - english).max() > 1e-3, "the language made no difference"


def test_without_a_language_the_likeliest_is_taken(exported: Bundle, german: Path) -> None:
    encoded = Voice(exported).encode(SAID, full=True)
    checkpoint = load(str(german))
    frames = checkpoint.original.frames(checkpoint.original.mel(SAID))
    start = checkpoint.files.vocabulary.start
    row = checkpoint.original.logits(frames, [start[0]])[-1]
    ranked = sorted(checkpoint.files.vocabulary.languages.values(), key=lambda token: -row[token])
    assert encoded.start == (start[0], ranked[0], *start[2:])


def test_a_language_it_does_not_know_is_named_with_those_it_knows(exported: Bundle) -> None:
    with pytest.raises(LanguageMissing, match=r"'xx'. It knows: de, en, fr"):
        Voice(exported, language="xx")


def test_large_ones_have_128_bands_and_their_own_output_matrix(tmp_path: Path) -> None:
    folder = transformers(tmp_path / "large", multilingual=False, mels=128, tied=False)
    made = export(str(folder), tmp_path / "made")
    check(made)
    assert made.contents.graphs["encoder"].inputs["mel"] == (1, 128, "2T")
    assert Voice(made, language="en").hear(SAID)[0].start == ()
    with pytest.raises(LanguageMissing, match="English only; leave out --language"):
        Voice(made, language="de")


@pytest.mark.parametrize(("vocabulary", "start", "end"), [
    (ENGLISH_ONLY, (50257, 50362), 50256),
    (MULTILINGUAL, (50258, 50259, 50359, 50363), 50257),
])  # fmt: skip
def test_files_of_openai_whisper(tmp_path: Path, vocabulary: int, start: tuple[int, ...], end: int) -> None:
    made = export(str(openai(tmp_path / "mine.pt", vocabulary)), tmp_path / "made")
    check(made)
    settings = made.contents.settings
    assert tuple(settings["start"]) == start
    assert settings["end"] == end
    assert len(str(settings["languages"]).split()) == (99 if vocabulary == MULTILINGUAL else 0)
    theirs = whisper.tokenizer.get_tokenizer(vocabulary == MULTILINGUAL)
    voice = Voice(made, language="en")
    for text in ("Play yesterday once more.", "It's 3 o'clock, Zoë!", "Öffne das Fenster", "再生して", "a  b"):
        assert voice.tokens(text) == theirs.encode(" " + text), text


def test_float32_is_kept_on_demand_and_exact(german: Path, tmp_path: Path) -> None:
    made = export(str(german), tmp_path / "large", small=False)
    assert made.contents.name == "whisper-many-float32"
    assert made.contents.metrics["float32_difference_mean_log_p"] < 1e-3
    assert "int8_cosine_frames" not in made.contents.metrics


def test_a_checkpoint_is_exported_by_its_name_once(german: Path, tmp_path: Path) -> None:
    told: list[str] = []
    voice = open_whisper(str(german), tmp_path, "fr", lambda what, done: told.append(what))
    assert voice.hear(SAID)[1].tokens >= 1
    assert "once" in told[0]
    manifest = hearing_folder(str(german), tmp_path) / "manifest.json"
    written = manifest.stat().st_mtime_ns
    again = open_whisper(str(german), tmp_path, "en", lambda what, done: told.append(what))
    assert again.encoder == voice.encoder
    assert len(told) == 2
    assert manifest.stat().st_mtime_ns == written


def test_int8_that_strays_is_not_written(german: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_whisper, "LEAST_COSINE", 1.1)
    with pytest.raises(WhisperStrays, match="Try --float32"):
        export(str(german), tmp_path / "small")
    assert not list(tmp_path.iterdir())


def test_a_disk_that_does_not_take_it_is_told(german: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleNotWritten, match="could not write"):
        export(str(german), tmp_path / "file" / "small")


def test_what_is_no_whisper_is_refused(german: Path, tmp_path: Path) -> None:
    def refused(name: object, match: str) -> None:
        with pytest.raises(WhisperMissing, match=match):
            export(str(name), tmp_path / "made")

    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=9, **sizes)).save_pretrained(tmp_path / "bert")
    refused(tmp_path / "bert", "of the kind bert")
    with pytest.raises(WhisperMissing, match="of the kind bert"):
        open_whisper(str(tmp_path / "bert"), tmp_path / "models")
    (tmp_path / "noise.pt").write_bytes(b"noise" * 99)
    refused(tmp_path / "noise.pt", "the file is damaged, or no checkpoint")
    refused(tmp_path / "nothing", "no such folder or file")
    refused("nothing.pt", "no such folder or file")
    torch.save({"other": torch.ones(2)}, tmp_path / "other.pt")
    refused(tmp_path / "other.pt", "'dims' is missing")
    cut = openai(tmp_path / "cut.pt", ENGLISH_ONLY)
    cut.write_bytes(cut.read_bytes()[:-5000])
    refused(cut, "cannot be used as a Whisper: .+")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "cannot be used as a Whisper: .+")
    assert not (tmp_path / "made").exists()


def test_a_folder_that_lacks_something_is_refused(german: Path, tmp_path: Path) -> None:
    def without(file: str, match: str) -> None:
        folder = tmp_path / Path(file).stem
        folder.mkdir()
        for path in german.iterdir():
            if path.name != file:
                (folder / path.name).symlink_to(path)
        with pytest.raises(WhisperMissing, match=match):
            export(str(folder), tmp_path / "made")

    without("model.safetensors", "cannot be used as a Whisper: .*model.safetensors")
    without("tokenizer.json", "cannot be used as a Whisper: .+")
    without("preprocessor_config.json", "cannot be used as a Whisper: .+")


def test_without_a_network_a_name_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def unreachable(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    with pytest.raises(WhisperMissing, match=r"tiny cannot .* could not be downloaded .*; a network is needed"):
        export("tiny", tmp_path / "made")


def test_weights_that_are_missing_are_not_made_up(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = transformers(tmp_path / "lacking", multilingual=True)
    state = load_file(folder / "model.safetensors")
    del state["model.encoder.layers.1.fc1.weight"]
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WhisperMissing, match=r"1 of its weights are missing, model.encoder.layers.1.fc1.weight"):
        export(str(folder), tmp_path / "made")


def test_another_tiny_en_does_not_pass_for_encores_own(tmp_path: Path) -> None:
    made = export(str(transformers(tmp_path / "whisper-tiny.en", multilingual=False)), tmp_path / "made")
    assert made.contents.name == f"whisper-tiny.en-{made.contents.settings['encoder']}-int8"
