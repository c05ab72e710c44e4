"""What the action model is asked in a replay of a synthetic episode: it reads the pictures itself, as finders do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from encore_models.perception.action import ActionModel, Decision
from encore_models.perception.situation import Asked
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.episodes import Episodes
from tests.benchmarks.action.replayed import Replaying
from tests.unit.action_drawings import Tones, drawings_in
from tests.unit.test_action_replayed import Blind

CLIP = UiClip.load()


class Overheard:
    """The model, and what it was asked."""

    def __init__(self) -> None:
        self.model, self.asked = ActionModel.load(), list[Asked]()

    def decide(self, asked: Asked) -> Decision:
        self.asked.append(asked)
        return self.model.decide(asked)


@pytest.fixture(scope="module")
def asked_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[object], list[Asked]]:
    drawn_from = drawings_in(Path(tmp_path_factory.mktemp("icons")))

    def play(reader: object) -> list[Asked]:
        model = Overheard()
        Replaying(Episodes(CLIP, Tones(), 11, drawn_from), CLIP, reader, model).play_all([2])  # type: ignore[arg-type]
        return model.asked

    return play


def test_a_model_whose_reader_is_blind_reads_nothing(asked_of: Callable[[object], list[Asked]]) -> None:
    asked = asked_of(Blind())
    assert asked
    assert not any(one.candidate_texts.any() for one in asked)
    assert all(len(one.utterance) for one in asked)


def test_a_model_is_asked_about_what_is_read(asked_of: Callable[[object], list[Asked]]) -> None:
    asked = asked_of(RapidOcrReader(1, 512))
    assert all(one.candidate_texts.any() and one.step_texts.any() for one in asked)
    assert [int(np.count_nonzero(one.progress)) for one in asked[:2]] == [0, 1]
