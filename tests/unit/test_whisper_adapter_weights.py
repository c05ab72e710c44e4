"""Adding the adapter to Whisper's weights: what changes, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from encore_models.bundle import Bundle, Contents, write_bundle
from encore_models.errors import BundleBroken, BundleMissing
from encore_models.whisper.adapter import FILE, adapted
from encore_models.whisper.prepare import prepare_hearing
from encore_models.whisper.weights import Vocabulary, WhisperFiles, encoder_identity

KERNEL, MATRIX, EMBEDDING = "encoder/conv1/weight", "encoder/layer_0/ffn/linear_0/weight", "decoder/embeddings/weight"


@pytest.fixture
def files() -> WhisperFiles:
    rng = np.random.default_rng(0)
    weights = {KERNEL: (4, 3, 2), MATRIX: (5, 4), EMBEDDING: (6, 4)}
    made = {name: rng.normal(size=shape).astype(np.float32) for name, shape in weights.items()}
    return WhisperFiles("small", "made up", "none", made, Vocabulary(b"", (0, 1), 2, (), ()))


def adapter(folder: Path, encoder: str, **matrices: np.ndarray) -> Bundle:
    def fill(made: Path) -> Contents:
        np.savez(made / FILE, **matrices)
        return Contents("whisper-adapter-test", "made up", "none", {}, {"encoder": encoder})

    return write_bundle(folder, fill)


def changes(outputs: int = 5) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    shapes = {f"{KERNEL}/up": (4, 2), f"{KERNEL}/down": (2, 6), f"{MATRIX}/up": (outputs, 2), f"{MATRIX}/down": (2, 4)}
    return {name: rng.normal(size=shape).astype(np.float16) for name, shape in shapes.items()}


def test_the_products_are_added(files: WhisperFiles, tmp_path: Path):
    given = changes()
    made = adapted(files, adapter(tmp_path / "a", encoder_identity(files.weights), **given))
    wide = {name: value.astype(np.float32) for name, value in given.items()}
    change = wide[f"{MATRIX}/up"] @ wide[f"{MATRIX}/down"]
    np.testing.assert_allclose(made.weights[MATRIX] - files.weights[MATRIX], change, atol=1e-5)
    change = (wide[f"{KERNEL}/up"] @ wide[f"{KERNEL}/down"]).reshape(4, 3, 2)
    np.testing.assert_allclose(made.weights[KERNEL] - files.weights[KERNEL], change, atol=1e-5)
    assert made.weights[EMBEDDING] is files.weights[EMBEDDING]
    assert encoder_identity(made.weights) != encoder_identity(files.weights)
    assert made.source == "made up, with whisper-adapter-test"


def test_another_encoder_is_left_alone(files: WhisperFiles, tmp_path: Path):
    with pytest.raises(BundleBroken, match="changes the encoder another, not"):
        adapted(files, adapter(tmp_path / "a", "another", **changes()))


def test_what_does_not_fit_is_refused(files: WhisperFiles, tmp_path: Path):
    encoder = encoder_identity(files.weights)
    lacking = {name: value for name, value in changes().items() if name != f"{MATRIX}/up"}
    unknown = {name.replace("layer_0", "layer_7"): value for name, value in changes().items()}
    for number, given in enumerate((changes(outputs=3), lacking, unknown)):
        with pytest.raises(BundleBroken, match="does not fit the encoder"):
            adapted(files, adapter(tmp_path / str(number), encoder, **given))


def test_a_missing_adapter_is_named(tmp_path: Path):
    with pytest.raises(BundleMissing, match="nowhere"):
        prepare_hearing(tmp_path / "hearing", adapter=tmp_path / "nowhere")
