"""Fixtures of the unit drawer: Qt without a display, over a library of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gui_sample import FakeAgent, sample_library


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["encore", "-platform", "offscreen"]


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[FakeAgent]:
    """An agent that only notes what it is asked, over a library of three macros."""
    agent = FakeAgent(sample_library(tmp_path / "encore"))
    yield agent
    agent.close()
