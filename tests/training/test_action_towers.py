"""Towers behind one interface: each gives vectors of the right shape, learns with the model, and is refused clearly."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

MISSING = [name for name in ("torch", "safetensors", "accelerate", "transformers") if find_spec(name) is None]
if MISSING:
    pytest.skip(f"{', '.join(MISSING)} missing: pip install -e '.[train]'", allow_module_level=True)

import torch

from encore_models.training.action.losses import losses_of
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.stream import tensors_of
from encore_models.training.action.towers import FLOW, TOWERS, Size, Towered, film_input, tower
from tests.training.action_task import FRAME, LOOK, TEXT, nudged, samples

TINY = Size(hidden=32, layers=2, heads=2, side=32, patch=8, frames=4)
CONFIG = ActionConfig(LOOK, TEXT, FRAME, width=32, heads=2, dropout=0.0)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),  # of transformers' own
]


def raw(batch: dict[str, torch.Tensor], feed: str) -> dict[str, torch.Tensor]:
    """What a tower takes, of noise."""
    rng = torch.Generator().manual_seed(3)
    n = len(batch["state"])

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=rng)

    if feed == "picture":
        return {f"{name}_seen": noise(n, batch[name].shape[1], 3, 32, 32) for name in Towered.PLACES}
    if feed == "film":
        return {"film_seen": noise(n, 4, 3 + FLOW, 32, 32)}
    lengths = {name: batch[name].shape[1] for name in Towered.SOUNDS}
    shapes = {"waveform": (640,), "log-mel": (4, 80), "mfcc": (4, 13)}[feed]
    return {f"{name}_heard": noise(n, many * shapes[0], *shapes[1:]) for name, many in lengths.items()}


def towered(name: str) -> Towered:
    torch.manual_seed(1)
    kind = TOWERS[name]
    width = {"places": LOOK, "film": 24, "sound": FRAME}[kind.sense]
    config = replace(CONFIG, film=24) if kind.sense == "film" else CONFIG
    return Towered(nudged(ActionModel(config)), **{kind.sense: tower(name, width, TINY)})


@pytest.mark.parametrize("name", TOWERS)
def test_a_tower_is_trained_with_the_model(name: str) -> None:
    torch.set_num_threads(1)
    batch = tensors_of(samples(4, seed=1))
    fed = batch | raw(batch, TOWERS[name].feed)
    network = towered(name)
    heads = network(fed)
    assert heads.candidate.shape == (4, batch["candidates"].shape[1] + 1)
    losses_of(heads, batch).sums.sum().backward()
    part = getattr(network, TOWERS[name].sense)
    moved = [p.grad is not None and bool(p.grad.abs().sum() > 0) for p in part.parameters()]
    assert sum(moved) > 0.7 * len(moved), f"{sum(moved)} of {len(moved)} of {name} are reached"
    # Another input, another decision.
    other = fed | {key: value.flip(0) for key, value in raw(batch, TOWERS[name].feed).items()}
    assert (network(other).state - heads.state).abs().max() > 1e-6


@pytest.mark.parametrize("name", [name for name in TOWERS if TOWERS[name].feed == "film"])
def test_what_watches_a_film_sees_how_it_moves(name: str) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(1)
    made, film = tower(name, 24, TINY).eval(), torch.zeros(1, 4, 3 + FLOW, 32, 32)
    still = made(film)
    for channel in range(3 + FLOW):
        moved = film.clone()
        moved[0, 2, channel, :, 16:] = 0.5
        assert (made(moved) - still).abs().max() > 1e-5, f"channel {channel}"


def test_what_is_nothing_stays_nothing_behind_a_tower() -> None:
    batch = tensors_of(samples(2, seed=2))
    fed = batch | raw(batch, "picture")
    fed["steps_seen"][:, 0] = 0
    seen: dict[str, torch.Tensor] = {}
    network = towered("cnn")
    network.model.register_forward_pre_hook(lambda module, args: seen.update(args[0]))
    network(fed)
    assert not seen["steps"][:, 0].any()
    assert seen["steps"][:, 1].any()


def test_towers_from_scratch_are_of_comparable_size() -> None:
    sizes = {name: sum(p.numel() for p in tower(name, 192).parameters()) for name in TOWERS}
    assert all(1e5 < size < 2e6 for size in sizes.values()), sizes


def test_a_checkpoint_is_read_where_one_is_named(tmp_path: Path) -> None:
    first = tower("vit", LOOK, TINY)
    first.body.save_pretrained(tmp_path)
    again = tower("vit", LOOK, TINY, source=str(tmp_path))
    weights = dict(again.body.named_parameters())
    assert all(torch.equal(value, weights[name]) for name, value in first.body.named_parameters())
    with pytest.raises(ValueError, match="trained from scratch"):
        tower("cnn", LOOK, TINY, source=str(tmp_path))
    with pytest.raises(ValueError, match="no tower 'eye'; there are ui_clip, whisper, clip"):
        tower("eye", LOOK)


def test_flow_tells_what_moved_and_where_to() -> None:
    rng = np.random.default_rng(1)
    texture = np.kron(rng.integers(0, 255, (16, 16, 1)), np.ones((8, 8, 3))).astype(np.uint8)
    moved = np.roll(texture, 8, axis=1)  # a sixteenth to the right
    film = film_input([texture, moved], 3, 64)
    assert film.shape == (3, 5, 64, 64)
    assert film.dtype == np.float32
    assert not film[0, 3:].any()
    assert np.abs(film[1, 3:]).max() < 0.01  # the first frame again
    assert np.median(film[2, 3, 8:-8, 16:-8]) == pytest.approx(1 / 16, abs=0.02)
    assert abs(float(np.median(film[2, 4, 8:-8, 16:-8]))) < 0.01
    with pytest.raises(ValueError, match="at least one frame"):
        film_input([], 3, 64)
