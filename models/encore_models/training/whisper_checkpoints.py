"""Read a Whisper of openai-whisper or of transformers: its weights under Encore's names, its vocabulary, and itself.

The model as its own library runs it is kept beside the weights, so that what is exported can be compared with it.
"""

from __future__ import annotations

import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.error import URLError

import numpy as np
import torch
import whisper  # type: ignore[import-not-found,import-untyped,unused-ignore]
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoFeatureExtractor, AutoTokenizer, WhisperForConditionalGeneration
from transformers.convert_slow_tokenizer import TikTokenConverter
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from encore_models.perception.mel import RATE
from encore_models.perception.voice import ENGLISH
from encore_models.whisper.errors import WhisperMissing
from encore_models.whisper.layout import OPENAI, TRANSFORMERS, translated
from encore_models.whisper.weights import Array, Vocabulary, WhisperFiles

MULTILINGUAL_FROM = 51865
"""Tokens; the English-only vocabulary has one less."""
POSITIONS = {"encoder": 1500, "decoder": 448}
_UNSTATED = "not stated by the checkpoint; see where it came from"
_BROKEN = (
    OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, RuntimeError, ImportError,
    pickle.UnpicklingError, zipfile.BadZipFile, SafetensorError,
)  # fmt: skip
"""What the libraries raise at files that are none, that end early, or that cannot be fetched."""


class Original(Protocol):
    """A Whisper in float32 as its own library runs it."""

    def mel(self, samples: Array) -> Array:
        """[1, M, 3000]."""

    def frames(self, mel: Array) -> Array:
        """[1, 1500, D]."""

    def logits(self, frames: Array, tokens: list[int]) -> Array:
        """[N, V], one row after each token."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A Whisper with the original to compare it with."""

    files: WhisperFiles
    original: Original


class _OpenAi:
    """See `Original`."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def mel(self, samples: Array) -> Array:
        spectrogram = whisper.log_mel_spectrogram(whisper.pad_or_trim(samples), self._model.dims.n_mels)
        return np.asarray(spectrogram[None].numpy(), np.float32)

    @torch.no_grad()
    def frames(self, mel: Array) -> Array:
        return np.asarray(self._model.embed_audio(torch.from_numpy(mel)).numpy())

    @torch.no_grad()
    def logits(self, frames: Array, tokens: list[int]) -> Array:
        return np.asarray(self._model.logits(torch.tensor([tokens]), torch.from_numpy(frames))[0].numpy())


class _Transformers:
    """See `Original`."""

    def __init__(self, model: Any, extractor: Any) -> None:
        self._model, self._extractor = model, extractor

    def mel(self, samples: Array) -> Array:
        found = self._extractor(samples, sampling_rate=RATE, return_tensors="np")
        return np.asarray(found["input_features"], np.float32)

    @torch.no_grad()
    def frames(self, mel: Array) -> Array:
        return np.asarray(self._model.get_encoder()(torch.from_numpy(mel)).last_hidden_state.numpy())

    @torch.no_grad()
    def logits(self, frames: Array, tokens: list[int]) -> Array:
        found = self._model(encoder_outputs=(torch.from_numpy(frames),), decoder_input_ids=torch.tensor([tokens]))
        return np.asarray(found.logits[0].numpy())


def load(name: str) -> Checkpoint:
    """Read a checkpoint: a .pt file or a name of openai-whisper, else a folder or a name of transformers.

    Raises:
        WhisperMissing: There is no such checkpoint, or it is no Whisper.
    """
    if (name.startswith((".", "/", "~")) or name.endswith(".pt")) and not Path(name).exists():
        raise WhisperMissing(name, "there is no such folder or file")
    of_openai = Path(name).is_file() or (name in whisper.available_models() and not Path(name).is_dir())
    try:
        checkpoint = _load_openai(name) if of_openai else _load_transformers(name)
    except WhisperMissing:
        raise
    except _BROKEN as error:
        raise WhisperMissing(name, _problem(error)) from error
    for part, positions in POSITIONS.items():
        found = len(checkpoint.files.weights[f"{part}/position_encodings/encodings"])
        if found != positions:
            raise WhisperMissing(name, f"its {part} has {found} positions, not {positions}")
    return checkpoint


def _problem(error: Exception) -> str:
    """What is wrong, in one line."""
    if isinstance(error, KeyError):
        return f"its part {error} is missing"
    if isinstance(error, URLError):
        return f"it could not be downloaded ({error.reason}); a network is needed"
    if isinstance(error, pickle.UnpicklingError):
        return "the file is damaged, or no checkpoint of openai-whisper"
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _load_openai(name: str) -> Checkpoint:
    model = whisper.load_model(name, device="cpu")
    dims = model.dims
    tokenizer = whisper.tokenizer.get_tokenizer(model.is_multilingual, num_languages=model.num_languages)
    special = tokenizer.special_tokens
    hushed = ("translate", "transcribe", "startoftranscript", "startofprev", "startoflm", "nospeech")
    vocabulary = Vocabulary(
        tokenizer=_tokenizer_of(tokenizer),
        start=tokenizer.sot_sequence_including_notimestamps,
        end=tokenizer.eot,
        suppressed=tuple(sorted({*tokenizer.non_speech_tokens, *(special[f"<|{word}|>"] for word in hushed)})),
        suppressed_first=(*tokenizer.encode(" "), tokenizer.eot),
        languages=dict(zip(tokenizer.all_language_codes, tokenizer.all_language_tokens, strict=True))
        if model.is_multilingual
        else {},
    )
    state = {key: value.numpy() for key, value in model.state_dict().items()}
    weights = translated(state, OPENAI, (dims.n_audio_head, dims.n_text_head))
    published = not Path(name).is_file()
    files = WhisperFiles(
        name=f"whisper-{name if published else Path(name).stem}",
        source=f"openai-whisper {name}" if published else Path(name).name,
        licence="MIT (OpenAI Whisper)" if published else _UNSTATED,
        weights=weights,
        vocabulary=vocabulary,
    )
    return Checkpoint(files, _OpenAi(model.eval()))


def _tokenizer_of(tokenizer: Any) -> bytes:
    """openai-whisper's tokenizer as tokenizer.json."""
    encoding = tokenizer.encoding.name
    ranks = Path(whisper.__file__).parent / "assets" / f"{encoding.removesuffix('.tiktoken')}.tiktoken"
    special = sorted(tokenizer.special_tokens, key=tokenizer.special_tokens.__getitem__)
    made = TikTokenConverter(str(ranks), tokenizer.encoding._pat_str, extra_special_tokens=special).converted()
    return str(made.to_str()).encode()


def _load_transformers(name: str) -> Checkpoint:
    # Nothing is built before the kind is known: some checkpoints are very large, and no Whisper.
    config = AutoConfig.from_pretrained(name)
    if config.model_type != "whisper":
        raise WhisperMissing(name, f"it is a checkpoint of the kind {config.model_type}")
    if config.activation_function != "gelu" or config.scale_embedding:
        raise WhisperMissing(name, "its activation or its embedding is not Whisper's")
    model, loading = WhisperForConditionalGeneration.from_pretrained(
        name, dtype=torch.float32, output_loading_info=True
    )
    lost = sorted(set(loading["missing_keys"]) - {"proj_out.weight"})
    if lost:
        raise WhisperMissing(name, f"{len(lost)} of its weights are missing, {lost[0]} is the first")
    model = model.eval()
    state = {key: value.numpy() for key, value in model.state_dict().items()}
    weights = translated(state, TRANSFORMERS, (config.encoder_attention_heads, config.decoder_attention_heads))
    local = Path(name).is_dir()
    files = WhisperFiles(
        name=f"whisper-{Path(name).resolve().name if local else name.split('/')[-1]}".replace(
            "whisper-whisper", "whisper"
        ),
        source=Path(name).resolve().name if local else name,
        licence=str(getattr(config, "license", None) or _UNSTATED),
        weights=weights,
        vocabulary=_vocabulary(name, model),
    )
    return Checkpoint(files, _Transformers(model, AutoFeatureExtractor.from_pretrained(name)))


def _vocabulary(name: str, model: Any) -> Vocabulary:
    """The tokens of a checkpoint of transformers."""
    tokenizer = AutoTokenizer.from_pretrained(name)
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise WhisperMissing(name, "its tokenizer is none of the package tokenizers")
    backend: Tokenizer = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()

    def token(word: str) -> int:
        found = backend.token_to_id(f"<|{word}|>")
        if found is None:
            raise WhisperMissing(name, f"its tokenizer has no <|{word}|>")
        return int(found)

    generation, config = model.generation_config, model.config
    multilingual = getattr(generation, "is_multilingual", None)
    if multilingual is None:
        multilingual = config.vocab_size >= MULTILINGUAL_FROM
    codes = {code: backend.token_to_id(f"<|{code}|>") for code in LANGUAGES} if multilingual else {}
    languages = {code: int(found) for code, found in codes.items() if found is not None}
    told = (_likely(languages), token("transcribe")) if languages else ()
    suppressed = getattr(generation, "suppress_tokens", None) or getattr(config, "suppress_tokens", None) or ()
    first = getattr(generation, "begin_suppress_tokens", None) or (*backend.encode(" ", add_special_tokens=False).ids,)
    return Vocabulary(
        tokenizer=backend.to_str().encode(),
        start=(token("startoftranscript"), *told, token("notimestamps")),
        end=token("endoftext"),
        suppressed=tuple(each for each in suppressed if 0 <= each < config.vocab_size),
        suppressed_first=tuple(sorted({*first, token("endoftext")})),
        languages=languages,
    )


def _likely(languages: dict[str, int]) -> int:
    return languages.get(ENGLISH, next(iter(languages.values())))
