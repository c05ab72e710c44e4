"""Fixtures for every drawer."""

from __future__ import annotations

from pathlib import Path

import pytest

from encore_models.bundle import Bundle
from encore_models.perception.voice import Voice
from encore_models.whisper.prepare import prepare_hearing


@pytest.fixture(scope="session")
def hearing_bundle(pytestconfig: pytest.Config) -> Bundle:
    """The real hearing models, prepared once and kept in pytest's cache folder between runs."""
    cache = pytestconfig.cache
    assert cache is not None
    folder: Path = cache.mkdir("hearing") / "whisper-tiny.en"
    return prepare_hearing(folder)


@pytest.fixture(scope="session")
def voice(hearing_bundle: Bundle) -> Voice:
    """Whisper, ready to hear."""
    return Voice(hearing_bundle)
