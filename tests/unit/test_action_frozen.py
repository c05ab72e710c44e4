"""What the towers cost that no benchmark trains: of the files that are shipped, in one decision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from encore_models.bundle import Bundle
from encore_models.perception.ui_clip import WEIGHTS
from tests.benchmarks.action.frozen import LOOKS, TEXTS, VOICE, frozen_towers
from tests.training.action_task import samples


def test_frozen_towers_are_counted_by_their_files(hearing_bundle: Bundle) -> None:
    few = [replace(one, candidate_texts=np.ones_like(one.candidate_texts)) for one in samples(3, 1)]
    told = frozen_towers(hearing_bundle, few)
    assert list(told) == [LOOKS, TEXTS, VOICE]
    for one in told.values():
        assert one["milliseconds"] > 0
        # In 8 bits a parameter is a byte, but for biases, scales and embeddings.
        assert 0.5 < one["parameters"] / (1e6 * one["megabytes"]) <= 1
    assert (
        told[LOOKS]["megabytes"]
        == sum((WEIGHTS / f"{name}.int8.onnx").stat().st_size for name in ("icons", "strips")) / 1e6
    )
    assert 7e6 < told[VOICE]["parameters"] < 9e6  # of Whisper tiny's 39 million, the encoder's
