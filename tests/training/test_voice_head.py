"""Training the voice head: it learns, goes on exactly where it stopped, and is exported unchanged."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from dtaidistance import dtw_ndim

MISSING = [name for name in ("torch", "onnxscript") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.errors import ExportStrays
from encore_models.perception.mel import RATE
from encore_models.perception.prints import Printer, Scale, VoicePrint
from encore_models.training import export_voice_head, voice_data
from encore_models.training.evaluate_voice_head import Development, Query, equal_error, measure, texts, trials
from encore_models.training.run import CHECKPOINT
from encore_models.training.train_voice_head import WEIGHTS, Batches, HeadTrainer, TrainOptions, train
from encore_models.training.voice_data import Heard, Spoken, render, spoiled
from encore_models.training.voice_head import OneUtterance, SpeechGate, VoiceHead, VoiceHeadConfig, warped
from encore_models.training.voice_sentences import DEVELOPMENT_PAIRS, HELD_OUT, plain, sentences
from encore_models.training.voice_sounds import (
    DEVELOPMENT,
    DISTURBANCES,
    TRAINING,
    another_throat,
    disturbed,
    no_speech,
    say,
)

TINY = VoiceHeadConfig(width=16, layers=1, heads=2, inner=16, feature=8, embedding=8, gate=4, dropout=0.0)
OPTIONS = TrainOptions(steps=20, groups=4, siblings=3, strangers=2, warmup=4, learning_rate=4e-3)

pytestmark = [
    # Both come from inside of torch's own exporter.
    pytest.mark.filterwarnings("ignore:.*treespec.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]


def heard(words: np.ndarray, rng: np.random.Generator) -> Heard:
    """Words, each a few frames long, by somebody, with silence around."""
    speech = np.repeat(words, rng.integers(2, 5, len(words)), axis=0)
    speech = speech + 0.3 * rng.standard_normal(speech.shape) + 0.5 * rng.standard_normal(speech.shape[1])
    frames = np.pad(speech, ((3, 4), (0, 0)))
    return Heard(frames.astype(np.float16), 3, 3 + len(speech))


@pytest.fixture(scope="module")
def spoken() -> Spoken:
    """Eight families of four sentences of three words; two words are the same in a family."""
    rng = np.random.default_rng(0)
    words = rng.standard_normal((40, TINY.frame))
    families, ways = [], []
    for family in range(8):
        start = words[rng.choice(40, 2, replace=False)]
        families.append(list(range(4 * family, 4 * family + 4)))
        for last in rng.choice(40, 4, replace=False):
            ways.append([heard(np.vstack([start, words[last]]), rng) for _ in range(3)])
    silence = [Heard(rng.standard_normal((9, TINY.frame)).astype(np.float16), 0, 0) for _ in range(5)]
    return Spoken(families, ways, silence)


# learning


def test_twenty_steps_lower_the_losses(spoken: Spoken) -> None:
    torch.set_num_threads(1)
    run = HeadTrainer(OPTIONS, spoken, TINY)
    totals = [sum(run.advance().values()) for _ in range(OPTIONS.steps)]
    assert np.isfinite(totals).all()
    assert np.mean(totals[-5:]) < 0.9 * np.mean(totals[:5])


def test_a_stopped_run_goes_on_exactly(spoken: Spoken, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole, stopped = HeadTrainer(OPTIONS, spoken, TINY), HeadTrainer(OPTIONS, spoken, TINY)
    for _ in range(4):
        whole.advance()
    for _ in range(2):
        stopped.advance()
    stopped.save(tmp_path)
    resumed = HeadTrainer(OPTIONS, spoken, TINY)
    resumed.resume(tmp_path)
    assert resumed.step == 2
    for _ in range(2):
        resumed.advance()
    for (name, ours), theirs in zip(whole.parts.state_dict().items(), resumed.parts.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs), name


def test_a_run_leaves_a_checkpoint_and_weights(spoken: Spoken, tmp_path: Path) -> None:
    train(tmp_path, TrainOptions(steps=2, groups=3, siblings=2, strangers=1), spoken, TINY)
    assert (tmp_path / CHECKPOINT).is_file()
    head, gate = export_voice_head.load_trained(tmp_path / WEIGHTS)
    assert head.config == TINY
    assert not gate.training


def test_a_batch_says_each_sentence_twice(spoken: Spoken) -> None:
    batch = Batches(spoken, OPTIONS).draw(np.random.default_rng(1))
    assert len(batch.frames) == len(batch.lengths) == 2 * len(batch.group) == 24
    assert torch.bincount(batch.group).max() == 3
    for row, length in enumerate(batch.lengths):
        torch.testing.assert_close(batch.frames[row, :length].mean(0), torch.zeros(TINY.frame), atol=1e-4, rtol=0)
        assert not batch.frames[row, length:].any()


# the network


def test_torch_warps_as_the_library_does() -> None:
    rng = torch.manual_seed(0)
    a, b = (torch.randn(5, size, 6, generator=rng, dtype=torch.float64) for size in (9, 12))
    a_lengths, b_lengths = torch.tensor([9, 1, 5, 9, 3]), torch.tensor([12, 12, 2, 1, 7])
    for row, distance in enumerate(warped(a, a_lengths, b, b_lengths)):
        one, other = a[row, : a_lengths[row]].numpy().copy(), b[row, : b_lengths[row]].numpy().copy()
        expected = dtw_ndim.distance(one, other, use_c=True) ** 2 / (len(one) + len(other))
        assert distance.item() == pytest.approx(expected)


def test_padding_changes_nothing() -> None:
    head = VoiceHead(TINY).eval()
    frames = torch.randn(1, 11, TINY.frame, generator=torch.manual_seed(2))
    alone = OneUtterance(head)(frames[0])
    padded = torch.nn.functional.pad(frames, (0, 0, 0, 9), value=3.0)
    features, embedding = head(padded, torch.arange(20)[None] < 11)
    torch.testing.assert_close(features[0, :11], alone[0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(embedding[0], alone[1], atol=1e-5, rtol=1e-4)


# the export


def spoken_development() -> Development:
    """Commands as words that two speakers say, the second one worse."""
    rng = np.random.default_rng(3)
    commands = rng.standard_normal((30, 3, TINY.frame))
    enrolments = {name: [heard(words, rng) for words in commands] for name in ("one", "other")}
    queries = [
        Query(heard(words, rng), "one", number, level, "noise" if level else "clean")
        for number, words in enumerate(commands)
        for level in (None, 5.0)
    ]
    strangers = [Query(heard(rng.standard_normal((3, TINY.frame)), rng), "one", -1, None, "clean") for _ in range(30)]
    return Development(enrolments, queries + strangers)


def test_the_bundle_computes_what_torch_does_and_is_measured(
    spoken: Spoken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A head of a few steps tells nothing yet, so there is no scale to settle.
    monkeypatch.setattr(export_voice_head, "settled", lambda development, printed, name: Scale(name, 1.0, 1.0, 0.0))
    parts = train(tmp_path / "run", TrainOptions(steps=30, groups=4, siblings=3, strangers=2), spoken, TINY)
    head, gate = parts["head"].eval(), parts["gate"].eval()
    bundle, found = export_voice_head.bundled(tmp_path / "head", head, gate, spoken_development(), "    make it so")
    assert set(found) == {"other voices", "the same voice"}
    assert all(0 <= figures.top1 <= 1 and figures.top1_by for figures in found.values())
    assert "make it so" in bundle.path("README.md").read_text()
    printer = Printer.load(tmp_path / "head")
    assert printer.scale.head == bundle.contents.name
    frames = np.random.default_rng(4).standard_normal((17, TINY.frame)).astype(np.float32)
    print_ = printer.described(frames)
    with torch.inference_mode():
        features, embedding = OneUtterance(head)(torch.from_numpy(frames - frames.mean(0)))
    np.testing.assert_allclose(print_.features, features, atol=export_voice_head.TOLERANCE)
    np.testing.assert_allclose(print_.embedding, embedding, atol=export_voice_head.TOLERANCE)


def test_a_head_that_tells_nothing_is_not_written() -> None:
    with pytest.raises(ExportStrays, match="as much as the right one"):
        export_voice_head.settled(
            spoken_development(),
            lambda heard: VoicePrint(np.ones((4, 2), np.float32), np.ones(2, np.float32), 1.0),
            "x",
        )


def test_graphs_of_other_weights_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head, gate = VoiceHead(TINY).eval(), SpeechGate(TINY).eval()
    monkeypatch.setattr(export_voice_head, "halve", lambda model: _spoil(model))
    with pytest.raises(ExportStrays, match="head in ONNX differs"):
        export_voice_head.export(head, gate, tmp_path)


def _spoil(model: object) -> None:
    from onnx import numpy_helper

    for tensor in model.graph.initializer:  # type: ignore[attr-defined]
        if len(tensor.dims) == 2:
            tensor.CopyFrom(numpy_helper.from_array(1.5 * numpy_helper.to_array(tensor), tensor.name))


# the figures


def test_figures_of_a_perfect_and_of_a_blind_comparison() -> None:
    development = spoken_development()
    numbers = {id(heard): number for said in development.enrolments.values() for number, heard in enumerate(said)}
    numbers |= {id(query.heard): query.text for query in development.queries}

    def printed(heard: Heard) -> VoicePrint:
        return VoicePrint(np.zeros((1, 1), np.float32), np.float32([numbers[id(heard)]]), 1.0)

    def perfect(said: VoicePrint, prints: list[VoicePrint]) -> np.ndarray:
        return np.float32([said.embedding[0] == print_.embedding[0] for print_ in prints])

    best = measure(trials(development, printed, perfect))
    assert (best.top1, best.equal_error, best.miss_far, best.miss_siblings) == (1, 0, 0, 0)
    assert set(best.top1_by) == {"clean", "5 dB", "one"}
    assert len(trials(development, printed, perfect, same_voice=True).queries) == len(development.queries)
    rng = np.random.default_rng(5)
    blind = measure(trials(development, printed, lambda said, prints: rng.random(len(prints)).astype(np.float32)))
    assert blind.top1 < 0.3
    assert blind.miss_siblings > 0.8


def test_equal_error() -> None:
    assert equal_error(np.float32([2, 3]), np.float32([0, 1])) == pytest.approx(0, abs=0.01)
    assert equal_error(np.float32([0, 1]), np.float32([0, 1])) == pytest.approx(0.5, abs=0.01)


# the speech


def test_what_is_measured_is_never_trained_on() -> None:
    commands = pytest.importorskip("tests.benchmarks.hearing.commands")
    options = TrainOptions()
    trained = {plain(t) for family in sentences(options.families, options.near, options.seed) for t in family}
    measured = {plain(text) for split in ("dev", "final") for text in commands.everything_said(split)}
    assert len(trained) > 3000
    assert not trained & measured
    assert not trained & {plain(text) for text in HELD_OUT}
    assert len(texts()) == len(set(texts())) == 2 * len(DEVELOPMENT_PAIRS)


def test_voices_of_tests_and_of_development_are_never_trained_on() -> None:
    trained = {(speaker.engine, speaker.model.split("+")[-1]) for speaker in TRAINING}
    kept = {("espeak", variant) for variant in ("m3", "m7", "f4")} | {("flite", "slt"), ("flite", "rms")}
    assert not trained & (kept | {(speaker.engine, speaker.model) for speaker in DEVELOPMENT})
    assert not any(speaker.engine == "pico" for speaker in TRAINING)


def test_families_share_all_but_one_word() -> None:
    families = sentences(20, 5, 1)
    assert families == sentences(20, 5, 1)
    assert len(families) == 25
    for family in families:
        assert len({len(text.split()) for text in family}) == 1
        different = [len(set(column)) > 1 for column in zip(*(text.split() for text in family), strict=True)]
        assert sum(different) == 1, family


def tone(seconds: float = 0.5) -> np.ndarray:
    return np.sin(np.arange(int(seconds * RATE)) / 5).astype(np.float32)


@pytest.mark.parametrize("kind", DISTURBANCES)
def test_a_disturbance_is_as_loud_as_told(kind: str) -> None:
    rng = np.random.default_rng(6)
    speech = 0.1 * tone()
    loud = disturbed(speech, kind, 10.0, [tone(), tone(0.2)], rng)
    assert loud.dtype == np.float32
    power = float(((loud - speech) ** 2).mean() / (speech**2).mean())
    assert power == pytest.approx(0 if kind == "clean" else 0.1, rel=0.1)


def test_another_throat_is_higher_and_faster() -> None:
    assert len(another_throat(tone(), 1.25)) == pytest.approx(len(tone()) / 1.25, rel=0.01)


def test_spoiled_speech_stays_in_the_window_and_says_where_it_is() -> None:
    rng = np.random.default_rng(7)
    for seconds in (0.1, 1.0, 7.0):
        samples, begin, end = spoiled(tone(seconds), [tone()], rng)
        assert samples.dtype == np.float32
        assert 0 < begin < end < len(samples) <= 4 * RATE
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() < 3


def test_sounds_without_speech_are_sound() -> None:
    rng = np.random.default_rng(8)
    for _ in range(40):
        samples = no_speech(rng)
        assert samples.dtype == np.float32
        assert 0.2 * RATE - 1 <= len(samples) <= 3 * RATE
        assert np.abs(samples).max() <= 1


def test_rendering_goes_on_with_the_next_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def spoken_by(text: str, speaker: object, speed: float) -> np.ndarray:
        said.append(text)
        return tone(0.3)

    monkeypatch.setattr(voice_data, "say", spoken_by)
    families = [["open it", "close it"], ["find it", "rename this picture", "hide it"]]

    def encode(samples: np.ndarray) -> np.ndarray:
        return np.ones((len(samples) * 25 // RATE, 384), np.float32)

    render(tmp_path, families, 2, encode, 1, lambda what, done: None, part=4)
    assert sorted(said) == sorted(2 * [text for family in families for text in family])
    before = len(said)
    (tmp_path / "part-0001.npz").unlink()
    render(tmp_path, families, 2, encode, 1, lambda what, done: None, part=4)
    assert said[before:] == said[4:8]
    spoken = voice_data.read(tmp_path)
    assert len(spoken.silence) == voice_data.SILENCES
    assert all(one.begin == one.end for one in spoken.silence)
    assert spoken.families == [[0, 1], [2, 4]], "what was held out since is left out"
    assert all(len(ways) == 2 for ways in spoken.heard)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_training_speaker_speaks() -> None:
    formant = next(speaker for speaker in TRAINING if speaker.engine == "espeak")
    slow, fast = (say("open the window", formant, speed) for speed in (0.8, 1.3))
    assert np.abs(slow).max() == pytest.approx(1)
    assert len(fast) < 0.8 * len(slow)
