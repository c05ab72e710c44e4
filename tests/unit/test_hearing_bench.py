"""The hearing benchmark is run rarely, some of it in processes of its own: each part must find what it names."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks" / "hearing"
PARTS = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("__"))


@pytest.mark.parametrize("part", [*(f"hearing.{part}" for part in PARTS), "bench_hearing", "bench_main"])
def test_it_can_be_started(part: str) -> None:
    importlib.import_module(f"tests.benchmarks.{part}")
