"""Voice prints: the same words are near each other whoever says them; bad input is refused or unlike."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from encore_models.bundle import MANIFEST, Bundle
from encore_models.errors import BrokenPrint, BundleBroken, BundleMissing, OtherHead, WrongFrames
from encore_models.perception.prints import (
    UNLIKE,
    WEIGHTS,
    Printer,
    Scale,
    VoicePrint,
    compared,
    likeness,
    pooled_frames,
    read_print,
    shipped_scale,
    spoken_part,
    write_print,
)
from encore_models.perception.voice import Encoded, Voice

RATE = 16_000
FLAT = Scale("flat", warped=1.0, whole=1.0, offset=0.0)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def made(features: np.ndarray, embedding: np.ndarray, head: str = "flat") -> VoicePrint:
    frames = np.zeros((len(features), 4), np.float32)
    return VoicePrint(frames, embedding.astype(np.float32), len(features) / 25, features.astype(np.float32), head)


@pytest.fixture(scope="module")
def printer() -> Printer:
    return Printer.load()


def noise(length: int, seed: int = 0) -> Encoded:
    """Frames without any meaning."""
    frames = np.random.default_rng(seed).standard_normal((200, 384)).astype(np.float32)
    nothing = np.zeros(0, np.float32)
    return Encoded(frames, nothing, nothing, length / 50)


# comparing


def test_a_print_is_most_like_itself_however_slowly_it_is_said() -> None:
    rng = np.random.default_rng(1)
    words, others = unit(rng.standard_normal((20, 8))), unit(rng.standard_normal((20, 8)))
    meaning, other = unit(rng.standard_normal((2, 6)))
    slowly = made(np.repeat(words, 2, axis=0), meaning)
    same, different = likeness(slowly, [made(words, meaning), made(others, other)], FLAT)
    assert same == pytest.approx(1, abs=1e-4), "no distance in time, and a cosine of 1"
    assert different < 0.5


def test_the_distance_is_the_sum_along_the_path_over_both_lengths() -> None:
    a, b = made(np.array([[1.0, 0], [0, 1]]), np.ones(1)), made(np.array([[1.0, 0], [0, -1]]), np.ones(1))
    assert compared(a, b) == pytest.approx((1.0, 1.0)), "the ends are 4 apart, and both are two frames long"


def test_order_matters() -> None:
    words = unit(np.random.default_rng(2).standard_normal((12, 8)))
    same = np.ones(3) / np.sqrt(3)
    forward, backward = made(words, same), made(words[::-1], same)
    assert likeness(forward, [forward], FLAT) > likeness(forward, [backward], FLAT) + 0.2


def test_lengths_that_cannot_be_the_same_words_are_unlike() -> None:
    words = unit(np.ones((10, 4)))
    short, long = made(words, np.ones(1)), made(np.repeat(words, 4, axis=0), np.ones(1))
    assert likeness(short, [long, short], FLAT).tolist() == [UNLIKE, 1.0]


def test_nothing_is_below_unlike() -> None:
    far = Scale("flat", warped=100.0, whole=0.0, offset=0.0)
    one, other = (made(unit(np.random.default_rng(seed).standard_normal((9, 4))), np.ones(1)) for seed in (1, 2))
    assert likeness(one, [other], far).tolist() == [UNLIKE]


def test_silence_is_unlike_everything_and_itself() -> None:
    silent = made(np.zeros((0, 4)), np.zeros(3))
    spoken = made(unit(np.ones((5, 4))), np.ones(3))
    assert likeness(silent, [silent, spoken], FLAT).tolist() == [UNLIKE, UNLIKE]
    assert likeness(spoken, [silent], FLAT).tolist() == [UNLIKE]


def test_no_enrolments_give_no_likeness() -> None:
    found = likeness(made(unit(np.ones((5, 4))), np.ones(3)), [], FLAT)
    assert found.shape == (0,)
    assert found.dtype == np.float32


def test_prints_of_two_heads_are_not_compared() -> None:
    one = made(unit(np.ones((5, 4))), np.ones(3))
    with pytest.raises(OtherHead, match=r"older.*flat"):
        likeness(one, [one, replace(one, head="older")], FLAT)


# making


@pytest.mark.parametrize(
    ("speech", "part"),
    [
        ([0, 0.9, 0.9, 0.9, 0], (1, 4)),
        ([0.9, 0.9, 0.1, 0.1, 0.9, 0.9], (0, 6)),
        ([0.9, 0, 0, 0.9, 0.9, 0, 0.9], (3, 5)),
        ([0, 0.9, 0], (0, 0)),
        ([0.9], (0, 0)),
        ([], (0, 0)),
    ],
)
def test_speech_goes_from_the_first_lasting_sound_to_the_last(speech: list[float], part: tuple[int, int]) -> None:
    assert spoken_part(np.array(speech, np.float32)) == part


def test_frames_are_pooled_by_two_and_cut_to_what_was_heard() -> None:
    frames = np.arange(400, dtype=np.float32).reshape(200, 2)
    pooled = pooled_frames(frames, 1.0)
    assert pooled.shape == (25, 2)
    np.testing.assert_allclose(pooled[0], frames[:2].mean(0))
    assert pooled_frames(frames, 0.001).shape == (1, 2)
    assert pooled_frames(frames, 60.0).shape == (100, 2)


def test_a_print_is_centred_and_of_unit_length(printer: Printer) -> None:
    speech = np.random.default_rng(3).standard_normal((30, 384)).astype(np.float32) + 5
    made_ = printer.described(speech)
    np.testing.assert_allclose(made_.frames.mean(0), 0, atol=1e-5)
    assert np.linalg.norm(made_.embedding) == pytest.approx(1, abs=1e-5)
    assert made_.seconds == pytest.approx(30 / 25)
    assert made_.features.shape[0] == 30
    assert made_.head == printer.scale.head == shipped_scale().head


def test_frames_without_speech_make_a_silent_print(printer: Printer) -> None:
    silent = printer.described(np.zeros((0, 384), np.float32))
    assert silent.seconds == 0
    assert not silent.embedding.any()
    assert likeness(silent, [silent]).tolist() == [UNLIKE]


def test_frames_that_are_not_finite_or_of_another_whisper_are_refused(printer: Printer) -> None:
    encoded = noise(50)
    broken = encoded.frames.copy()
    broken[3, 3] = np.nan
    with pytest.raises(WrongFrames, match="not finite"):
        printer.printed(replace(encoded, frames=broken))
    with pytest.raises(WrongFrames, match=r"\[200, 512\].*384"):
        printer.printed(replace(encoded, frames=np.zeros((200, 512), np.float32)))


def test_meaningless_frames_make_some_print(printer: Printer) -> None:
    for length in (1, 2, 50, 200):
        print_ = printer.printed(noise(length))
        assert np.isfinite(print_.embedding).all()
        assert np.isfinite(likeness(print_, [print_])).all()


# on disk


def test_a_print_is_read_as_it_was_written(tmp_path: Path, printer: Printer) -> None:
    speech = np.random.default_rng(4).standard_normal((50, 384)).astype(np.float32)
    print_ = printer.described(speech)
    path = tmp_path / "enrolment.npz"
    write_print(path, print_)
    again = read_print(path)
    assert path.stat().st_size < 60_000
    assert [file.name for file in tmp_path.iterdir()] == ["enrolment.npz"]
    np.testing.assert_allclose(again.frames, print_.frames, atol=4e-3)
    np.testing.assert_array_equal(again.embedding, print_.embedding)
    assert (again.seconds, again.head) == (print_.seconds, print_.head)
    assert likeness(print_, [again])[0] == pytest.approx(likeness(print_, [print_])[0], abs=0.01)


def test_what_an_older_head_made_is_made_anew(tmp_path: Path, printer: Printer) -> None:
    now = printer.described(np.random.default_rng(5).standard_normal((40, 384)).astype(np.float32))
    older = replace(now, head="voice-head-0", embedding=now.embedding[:7], features=now.features[:, :5])
    write_print(tmp_path / "old.npz", older)
    for again in (read_print(tmp_path / "old.npz"), read_print(tmp_path / "old.npz", printer)):
        assert again.head == now.head
        assert again.embedding @ now.embedding == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text", "array", "flipped", "format", "nan", "pickle"])
def test_a_damaged_print_says_so(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "enrolment.npz"
    write_print(path, made(unit(np.ones((50, 40))), np.ones(3)))
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "flipped":
        path.write_bytes(whole[:200] + bytes(255 - byte for byte in whole[200:400]) + whole[400:])
    elif damage == "array":
        with path.open("wb") as file:
            np.save(file, np.ones(3))
    elif damage in {"format", "nan", "pickle"}:
        with np.load(path) as stored:
            arrays = dict(stored)
        if damage == "format":
            arrays["format"] = np.int64(99)
        elif damage == "nan":
            arrays["embedding"] = np.full(3, np.nan, np.float32)
        else:
            arrays["frames"] = np.array([{"a": 1}], dtype=object)
        np.savez(path, **arrays)
    else:
        path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "text": b"not a print"}[damage])
    with pytest.raises(BrokenPrint, match=r"enrolment\.npz"):
        read_print(path)


# the head that Encore comes with


def test_the_shipped_head_is_whole_and_small() -> None:
    bundle = Bundle.open(WEIGHTS)
    assert sum(file.bytes for file in bundle.manifest.files.values()) < 1_500_000
    assert "README.md" in bundle.manifest.files
    for graph in bundle.contents.graphs.values():
        assert b"/" + b"work" not in bundle.path(graph.file).read_bytes()


def test_it_knows_which_whisper_it_was_trained_on(printer: Printer, hearing_bundle: Bundle) -> None:
    assert printer.fits(hearing_bundle)
    assert not printer.fits(Bundle.open(WEIGHTS))


def test_a_folder_that_is_no_voice_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing):
        Printer.load(tmp_path)
    shutil.copytree(WEIGHTS, tmp_path / "head")
    manifest = json.loads((tmp_path / "head" / MANIFEST).read_text())
    manifest["contents"]["settings"]["scale"] = [1.0]
    (tmp_path / "head" / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleBroken, match="no voice head"):
        Printer.load(tmp_path / "head")


# with Whisper and a synthetic voice


def test_a_command_is_known_again_in_another_voice(voice: Voice, printer: Printer) -> None:
    speak = pytest.importorskip("demos.voices").speak
    pytest.importorskip("py_nanotts")
    texts = ("water the plants", "water the garden", "feed the cat", "feed the plants", "where is my umbrella")
    enrolled = [printer.printed(voice.encode(speak(text, "pico-gb", rate=RATE))) for text in texts]
    for number, text in enumerate(texts):
        said = np.pad(speak(text, "pico-us", rate=RATE, speed=1.15), (4000, 6000))
        scores = likeness(printer.printed(voice.encode(said)), enrolled)
        assert scores.argmax() == number, (text, scores)
        assert scores[number] > 0.3


def test_silence_noise_a_tone_and_a_click_are_no_speech(voice: Voice, printer: Printer) -> None:
    rng = np.random.default_rng(6)
    click = np.zeros(RATE, np.float32)
    click[8000:8020] = 0.9
    for samples in (
        np.zeros(1600, np.float32),
        np.zeros(2 * RATE, np.float32),
        (1e-3 * rng.standard_normal(RATE)).astype(np.float32),
        (0.3 * rng.standard_normal(2 * RATE)).astype(np.float32),
        (0.3 * np.sin(np.arange(2 * RATE) / 10)).astype(np.float32),
        click,
    ):
        print_ = printer.printed(voice.encode(samples))
        assert print_.seconds == 0
        assert likeness(print_, [print_]).tolist() == [UNLIKE]


def test_half_a_minute_of_talk_is_unlike_a_command(voice: Voice, printer: Printer) -> None:
    speak = pytest.importorskip("demos.voices").speak
    pytest.importorskip("py_nanotts")
    command = speak("water the plants", "pico-gb", rate=RATE)
    talk = np.resize(speak("and then we went home because it was late", "pico-us", rate=RATE), 29 * RATE)
    print_ = printer.printed(voice.encode(talk))
    assert print_.seconds > 15
    assert likeness(print_, [printer.printed(voice.encode(command))]).tolist() == [UNLIKE]
