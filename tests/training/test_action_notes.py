"""Notes and questions are told by how what is new stands on a screen; what tells them is fitted before all else."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

MISSING = [name for name in ("torch", "safetensors", "accelerate") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.perception.situation import STATES
from encore_models.training.action.compare import alone
from encore_models.training.action.notes import Notes, figures_of, fit_notes
from encore_models.training.action.samples import COVERED, GONE, OTHER, Sample
from encore_models.training.action.stream import tensors_of
from tests.training.action_task import TEXT, samples

LOW = 0.02
"""Height of a line of text, as a share of the window."""


def test_a_note_stands_alone_a_row_has_its_like_and_a_box_its_answers() -> None:
    texts = [(0.5, 0.5), (0.2, 0.20), (0.2, 0.23), (0.2, 0.26), (0.8, 0.80), (0.78, 0.86), (0.86, 0.86)]
    batch = standing_at([*texts, (0.5, 0.5)], sizes=[(0.1, LOW)] * len(texts) + [(0.2, 0.06)])
    new = torch.zeros(1, len(texts) + 1, 2)
    new[0, [1, 2, 3, 7], 1] = 1.0  # rows were shown, and the ground of the note says nothing
    found = alone({**batch, "candidate_known": new})[0]
    note, row, title, ground = found[0], found[2], found[4], found[7]
    assert note[0] == 1, "what a note is drawn on, and what is far away, is not beside it"
    assert note[2] == 0, "a note is in line with nothing"
    assert row[0] < 0.2, "a row has its like right above and below"
    assert row[2] == pytest.approx(np.log1p(2)), "and in line"
    assert title[1] < 0.2 < 0.7 < note[1], "a box that asks says more that is new"
    assert ground[0] == note[0], "a ground is no neighbour of what lies on it"


def test_what_fills_a_batch_is_nobodys_neighbour() -> None:
    batch = standing_at([(0.5, 0.5), (0.5, 0.52)], sizes=[(0.1, LOW)] * 2)
    batch["candidate_known"] = torch.zeros(1, 2, 2)
    beside = alone(batch)[0, 0]
    batch["candidate_mask"][0, 1] = 0
    assert beside[0] < 0.2
    assert alone(batch)[0, 0].tolist() == [1, 1, 0]


def test_what_is_fitted_tells_notes_and_questions_of_other_screens() -> None:
    notes, bias = Notes(), -4.0
    assert not notes(*seen(screens(3, "wait", count=2))).any(), "it says something before it is fitted"
    kinds = {"toast": "wait", COVERED: "stop", GONE: "stop", OTHER: "stop", "": "step"}
    taught = [one for number, (hard, state) in enumerate(kinds.items()) for one in screens(number, state, hard, 24)]
    torch.manual_seed(3)
    loss = fit_notes(notes.train(), taught, bias, seed=3, steps=400)
    assert loss < 0.1
    for number, (hard, state) in enumerate(kinds.items()):
        shown, passing = (torch.sigmoid(notes(*seen(screens(50 + number, state, hard, 12))) + bias) > 0.5).unbind(dim=1)
        assert (shown == (hard == COVERED)).float().mean() >= 0.9, hard
        if hard not in (OTHER, ""):  # where the target is there nothing is waited for, whatever is on its way
            assert (passing == (state == "wait")).float().mean() >= 0.9, hard


def screens(seed: int, state: str, hard: str = "toast", count: int = 8) -> list[Sample]:
    """Rows that were shown; over them a lone note, or a box of three texts that were not."""
    rng = np.random.default_rng(seed)
    found = []
    for one in samples(count, seed=seed):
        middles = np.array([(0.2, 0.1 + 0.03 * row) for row in range(8)])
        if state == "wait":
            middles = np.concatenate([middles, rng.uniform((0.4, 0.2), (0.8, 0.8), (1, 2))])
        elif hard == COVERED:
            box = np.array([(0, 0), (-0.05, 0.06), (0.05, 0.06)]) + rng.uniform((0.4, 0.2), (0.7, 0.8))
            middles = np.concatenate([middles, box])
        places = np.zeros((len(middles), 8), np.float32)
        places[:, :2], places[:, 2:4], places[:, 5] = middles, (0.1, LOW), 1
        shown = np.arange(len(middles)) < 8
        texts = np.ones((len(middles), TEXT), np.float16)
        found.append(
            replace(
                one,
                candidates=np.zeros((len(middles), one.candidates.shape[1]), np.float16),
                candidate_texts=texts,
                candidate_places=places,
                candidate_alike=np.ones(len(middles), np.int16),
                candidate_known=np.stack([shown, shown], axis=1).astype(np.float16),
                candidate_out=np.where(shown, 0, 0.7).astype(np.float32),
                step_matches=np.zeros((len(one.steps), len(middles), one.step_matches.shape[2]), np.float16),
                state=STATES.index(state),
                step=0 if state == "step" else -1,
                candidate=-1,
                meta={**one.meta, "hard": hard},
            )
        )
    return found


def seen(some: list[Sample]) -> tuple[torch.Tensor, torch.Tensor]:
    batch = tensors_of(some)
    return figures_of(batch), batch["candidate_mask"]


def standing_at(middles: list[tuple[float, float]], sizes: list[tuple[float, float]]) -> dict[str, torch.Tensor]:
    """Candidates at these places, shares of the window; all but what is larger than a text say something."""
    places = torch.zeros(1, len(middles), 8)
    places[0, :, :2], places[0, :, 2:4] = torch.tensor(middles), torch.tensor(sizes)
    texts = torch.ones(1, len(middles), TEXT) * (places[..., 3:4] < 0.05)
    return {"candidate_places": places, "candidate_texts": texts, "candidate_mask": torch.ones(1, len(middles))}
