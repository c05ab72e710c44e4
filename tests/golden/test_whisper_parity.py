"""Encore's Whisper against OpenAI's own code on the same weights and sound (see make_whisper_reference.py).

Tolerances are about five times what was measured.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from encore_models.bundle import Bundle, open_session
from encore_models.perception.mel import log_mel
from encore_models.perception.voice import Voice
from encore_models.whisper import graphs
from encore_models.whisper.prepare import prepare_hearing
from encore_models.whisper.weights import END, NO_TIMESTAMPS, Weights, installed_folder, read_variables
from encore_models.whisper.weights import START as BEGIN

START = (BEGIN, NO_TIMESTAMPS)
FRAMES = slice(0, 300, 7)
"""Encoder frames that are kept in the reference."""
REFERENCE = np.load(Path(__file__).with_name("whisper_reference.npz"), allow_pickle=False)
SOUND = REFERENCE["samples"].astype(np.float32) / 32768
TEXTS = [str(text) for text in REFERENCE["texts"]]
EXPECTED = [REFERENCE[f"logprobs_{index}"] for index in range(len(TEXTS))]

MEL_TOLERANCE = 2e-4
FRAME_TOLERANCE = 1e-4
LOGPROB_TOLERANCE = 2e-3
INT8_COSINE = 0.985
"""Of each frame to the original's."""
INT8_MEAN_LOGPROB_TOLERANCE = 0.4


@pytest.fixture(scope="module")
def hearing_bundle(pytestconfig: pytest.Config) -> Bundle:
    """Without the adapter, since OpenAI's code runs without it."""
    cache = pytestconfig.cache
    assert cache is not None
    return prepare_hearing(cache.mkdir("hearing") / "whisper-tiny.en-original", adapter=None)


@pytest.fixture(scope="module")
def voice(hearing_bundle: Bundle) -> Voice:
    return Voice(hearing_bundle)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read_variables(installed_folder() / "model.bin")


@pytest.fixture(scope="module")
def frames(weights: Weights) -> np.ndarray:
    """Our float32 frames over the window of 30 s, [1, 1500, 384]."""
    encoder = open_session(graphs.encoder(weights, "float32").SerializeToString())
    return encoder.run(["frames"], {"mel": log_mel(SOUND, 30)})[0]


def logprobs(text_ids: list[int], frames: np.ndarray, cross: object, decoder: object) -> np.ndarray:
    keys, values = cross.run(["keys", "values"], {"frames": frames})
    tokens = np.array([[*START, *text_ids]], np.int64)
    targets = np.array([[*START[1:], *text_ids, END]], np.int64)
    past = np.zeros((8, 1, 6, 0, 64), np.float32)
    feed = {"tokens": tokens, "targets": targets, "past": past}
    feed |= {f"keys_{layer}": one for layer, one in enumerate(keys)}
    feed |= {f"values_{layer}": one for layer, one in enumerate(values)}
    return decoder.run(["logprobs"], feed)[0][0, len(START) - 1 :]


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))


def test_the_spectrogram_is_openais():
    np.testing.assert_allclose(log_mel(SOUND, 4)[0][:, ::4], REFERENCE["mel"], atol=MEL_TOLERANCE)


def test_the_encoder_is_openais(frames: np.ndarray):
    np.testing.assert_allclose(frames[0, FRAMES], REFERENCE["frames"], atol=FRAME_TOLERANCE)


def test_the_decoder_is_openais(weights: Weights, frames: np.ndarray, voice: Voice):
    cross, decoder = (open_session(f(weights, "float32").SerializeToString()) for f in (graphs.cross, graphs.decoder))
    for text, expected in zip(TEXTS, EXPECTED, strict=True):
        found = logprobs(voice.tokens(text), frames, cross, decoder)
        np.testing.assert_allclose(found, expected, atol=LOGPROB_TOLERANCE, err_msg=text)


def test_int8_is_close_to_openais(hearing_bundle: Bundle, voice: Voice):
    found = hearing_bundle.session("encoder").run(["frames"], {"mel": log_mel(SOUND, 30)})[0]
    assert cosines(found[0, FRAMES], REFERENCE["frames"]).min() > INT8_COSINE
    cross, decoder = hearing_bundle.session("cross"), hearing_bundle.session("decoder")
    for text, expected in zip(TEXTS, EXPECTED, strict=True):
        mean = logprobs(voice.tokens(text), found, cross, decoder).mean()
        assert mean == pytest.approx(expected.mean(), abs=INT8_MEAN_LOGPROB_TOLERANCE), text


def test_the_short_window_hears_what_openais_long_one_hears(voice: Voice):
    encoded = voice.encode(SOUND)
    assert len(encoded.frames) == 200
    heard = voice.transcribe(encoded)
    assert heard.text.lower() == str(REFERENCE["greedy"]).lower()
    assert heard.mean_logprob == pytest.approx(float(REFERENCE["greedy_logprob"]), abs=0.3)
    said, other, unrelated = voice.score(encoded, TEXTS)
    assert said == pytest.approx(EXPECTED[0].mean(), abs=INT8_MEAN_LOGPROB_TOLERANCE)
    assert said - 2 > other > unrelated


def test_texts_score_the_same_alone_and_together(voice: Voice):
    encoded = voice.encode(SOUND)
    together = voice.score(encoded, TEXTS)
    alone = [voice.score(encoded, [text])[0] for text in TEXTS]
    # Padding changes how int8 rounds: the scale of a quantised input is that of the whole batch.
    np.testing.assert_allclose(together, alone, atol=0.25)
    assert voice.score(encoded, []) == []


def test_long_speech_gets_the_long_window(voice: Voice):
    pause = np.zeros(24_000, np.float32)
    encoded = voice.encode(np.concatenate([SOUND, pause, SOUND]))
    assert len(encoded.frames) == 1500
    assert voice.transcribe(encoded).text.lower().count("play yesterday once more") == 2


def test_silence_ends_and_a_cap_holds(voice: Voice):
    silence = voice.encode(np.zeros(16_000, np.float32))
    assert len(voice.transcribe(silence, most_tokens=3).text.split()) <= 3
    with pytest.raises(ValueError, match="float32 mono"):
        voice.encode(np.zeros((2, 100), np.float32))
    with pytest.raises(ValueError, match="finite"):
        voice.encode(np.full(100, np.nan, np.float32))
    with pytest.raises(ValueError, match="at least one sample"):
        voice.encode(np.zeros(0, np.float32))


def test_where_the_short_window_finds_no_end_the_long_one_is_asked(voice: Voice, monkeypatch: pytest.MonkeyPatch):
    assert len(voice.hear(SOUND)[0].frames) == 200
    # With speech in the place of its tail, the short window runs away.
    monkeypatch.setattr(voice, "_tail", voice.encode(SOUND).frames[:100])
    assert not voice.transcribe(voice.encode(SOUND)).ended
    encoded, heard = voice.hear(SOUND)
    assert len(encoded.frames) == 1500
    assert heard.ended
    assert heard.text.lower() == str(REFERENCE["greedy"]).lower()
