"""Other towers than ours in the action model, all trained the same way on one small set of episodes made once more.

What our own towers compared beforehand is left out for all of them, and pictures, networks and runs are small: these
rows are to be compared with each other, not with those above.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from encore_models.bundle import open_session
from encore_models.perception.action import INPUTS, OUTPUTS, WHOLE_NUMBERS
from encore_models.perception.mel import RATE
from encore_models.training.action.align import Aligning, Way, align, recall
from encore_models.training.action.errors import TrainingDiverged
from encore_models.training.action.evaluate import AT_ONCE, GROUPED, Figures, figures_of
from encore_models.training.action.export import OPSET
from encore_models.training.action.inputs import frame_input, mel_input, mfcc
from encore_models.training.action.ledger import THREADS, fastest
from encore_models.training.action.losses import losses_of
from encore_models.training.action.model import ActionConfig, ActionModel, Heads
from encore_models.training.action.quantise import quantise_dynamic
from encore_models.training.action.raw import Raw, bare
from encore_models.training.action.samples import FRAME_RATE
from encore_models.training.action.stream import tensors_of
from encore_models.training.action.towers import TOWERS, Size, Towered, film_input, tower
from encore_models.training.action.trainer import WEIGHTS
from tests.benchmarks.action.rows import EPISODE, count_of, row_of
from tests.benchmarks.action.stored import Stored, apart

if TYPE_CHECKING:
    from tests.benchmarks.action.material import Senses

SMALL = Size(hidden=64, layers=2, heads=4, side=32, patch=8, frames=4)
OURS = "ui_clip+whisper (small)"
"""The row that the others are to be compared with."""
SMALL_SET = "the small set"
"""What such a row is measured on."""
FILM = 64
"""Length of the tokens of a film."""
LEAST_SOUND = 0.1
"""Seconds that a sound tower is given at least."""


@dataclass(frozen=True, slots=True)
class Small:
    """How each of them is trained."""

    steps: int = 150
    batch: int = 8
    learning_rate: float = 1e-3
    seed: int = 7
    size: Size = SMALL


def compared(
    senses: Senses, config: ActionConfig, how: Small, stored: Stored, made_with: Any, tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Each tower in the place of ours, ours first.

    Args:
        senses: What they are trained and measured on.
        config: Of the action model.
        how: How each is trained.
        stored: Keeps the rows.
        made_with: What they depend on besides.
        tell: Told what is done.

    Raises:
        TrainingDiverged: A loss is not finite.
    """
    rows = []
    for name in (OURS, *TOWERS):
        tell(name)
        rows.append(stored.part(f"towers/{name}", [made_with, how], partial(_row, name, senses, config, how)))
    return rows


def aligned(senses: Senses, steps: int, stored: Stored, made_with: Any) -> list[dict[str, Any]]:
    """Speech brought to texts by both ways: share of the utterances whose words are found among all of the test's."""
    ways: tuple[Way, ...] = ("clap", "sonar")
    return [stored.part(f"alignment/{way}", [made_with, steps], partial(_brought, senses, way, steps)) for way in ways]


def _brought(senses: Senses, way: Way, steps: int) -> dict[str, Any]:
    train, test = senses.said()
    texts, theirs = (senses.clip.words(some.words) for some in (train, test))
    head, cost = apart(align, train.frames, texts, Aligning(way=way, steps=steps))
    return {
        "way": way,
        "utterances": len(train.words),
        "among": len(test.words),
        **{f"recall_at_{of}": recall(head, test.frames, theirs, of) for of in (1, 5)},
        "parameters": sum(parameter.numel() for parameter in head.parameters()),
        "training_seconds": cost.seconds,
    }


def _row(name: str, senses: Senses, config: ActionConfig, how: Small) -> dict[str, Any]:
    train, test = senses.episodes()
    network = _network(name, config, how)
    begun = time.process_time()
    _learn(network, name, train, how)
    seconds = time.process_time() - begun
    sense = TOWERS[name].sense if name in TOWERS else ""
    screen = {"places": name, "film": f"ui_clip+{name}"}.get(sense, "ui_clip")
    return {
        **row_of(
            name, screen, name if sense == "sound" else "whisper", config.fusion, _figures(network, name, test, how)
        ),
        "set": SMALL_SET,
        "trained_tower": asdict(how.size) if sense else None,
        "steps": how.steps,
        "learned_samples": len(train),
        "learned_episodes": _episodes(train),
        "test_episodes": _episodes(test),
        "parameters": count_of(network),
        **_costs(network, name, test, how),
        "training_seconds": seconds,
    }


def _episodes(raws: Sequence[Raw]) -> int:
    return len({one.sample.meta.get("episode") for one in raws})


def _network(name: str, config: ActionConfig, how: Small) -> Towered:
    torch.manual_seed(how.seed)
    if name not in TOWERS:
        return Towered(ActionModel(config))
    sense = TOWERS[name].sense
    widths = {"places": config.look, "film": FILM, "sound": config.frame}
    sizes = replace(config, film=FILM) if sense == "film" else config
    return Towered(ActionModel(sizes), **{sense: tower(name, widths[sense], how.size)})


def _learn(network: Towered, name: str, train: Sequence[Raw], how: Small) -> None:
    rng = np.random.default_rng(how.seed)
    optimiser = torch.optim.AdamW(network.parameters(), lr=how.learning_rate)
    network.train()
    for step in range(how.steps):
        batch = fed([train[int(n)] for n in rng.integers(len(train), size=how.batch)], name, how.size)
        losses = losses_of(network(batch), batch)
        loss = (losses.sums * torch.tensor(WEIGHTS) / losses.counts.clamp(min=1)).sum()
        if not torch.isfinite(loss):
            raise TrainingDiverged(step, "the loss", None)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()


@torch.no_grad()
def _figures(network: Towered, name: str, test: Sequence[Raw], how: Small) -> Figures:
    network.eval()
    batches = []
    for first in range(0, len(test), AT_ONCE // 4):
        batch = fed(test[first : first + AT_ONCE // 4], name, how.size)
        outputs = dict(zip(OUTPUTS, (head.numpy() for head in network(batch)), strict=True))
        batches.append(({key: value.numpy() for key, value in batch.items()}, outputs))
    return figures_of(batches, [one.sample.meta for one in test], (*GROUPED, EPISODE))


class _Laid(nn.Module):
    """A network with its inputs one by one, as an ONNX graph takes them."""

    def __init__(self, network: Towered, names: Sequence[str]) -> None:
        super().__init__()
        self.network, self.names = network, tuple(names)

    def forward(self, *arrays: Tensor) -> Heads:
        """Arrays in the order of the names."""
        heads: Heads = self.network(dict(zip(self.names, arrays, strict=True)))
        return heads


def _costs(network: Towered, name: str, test: Sequence[Raw], how: Small) -> dict[str, float]:
    """Size, and time of one decision with its towers, in float32 and int8: of a situation of middling size."""
    one = sorted(test, key=lambda raw: len(raw.sample.candidates))[len(test) // 2]
    raw = ("_seen", "_heard")
    batch = {
        key: value if key in WHOLE_NUMBERS else value.float()
        for key, value in fed([one], name, how.size).items()
        if key in INPUTS or key.endswith(raw)
    }
    told = {}
    with tempfile.TemporaryDirectory(prefix="encore-bench-") as scratch:
        full, small = Path(scratch) / "fp32.onnx", Path(scratch) / "int8.onnx"
        torch.onnx.export(
            _Laid(network, list(batch)).eval(), tuple(batch.values()), full, input_names=list(batch),
            output_names=list(OUTPUTS), opset_version=OPSET, external_data=False, verbose=False,
        )  # fmt: skip
        graph = onnx.load(full)
        del graph.graph.value_info[:]  # noted before the exporter turned weights round
        onnx.save(graph, full)
        for kind, path in (("fp32", full), ("int8", quantise_dynamic(full, small))):
            session = open_session(path, THREADS)
            taken = {value.name for value in session.get_inputs()}
            feeds = {key: value.numpy() for key, value in batch.items() if key in taken}
            told |= {f"{kind}_mb": path.stat().st_size / 1e6, f"{kind}_ms": fastest(session, feeds)}
    return told


def fed(raws: Sequence[Raw], name: str, size: Size) -> dict[str, Tensor]:
    """A batch with what a tower takes; of ours, only the samples."""
    batch = tensors_of([bare(one.sample) for one in raws])
    if name not in TOWERS:
        return batch
    kind = TOWERS[name]
    if kind.feed == "picture":
        for part in Towered.PLACES:
            batch[f"{part}_seen"] = _seen([getattr(one, part) for one in raws], batch[part].shape[1], size.side)
    elif kind.feed == "film":
        films = [film_input(list(one.screens), size.frames, size.side) for one in raws]
        batch["film_seen"] = torch.from_numpy(np.stack(films))
    else:
        for part in Towered.SOUNDS:
            longest = batch[part].shape[1]
            batch[f"{part}_heard"] = _heard([getattr(one, part) for one in raws], longest, kind.feed)
    return batch


def _seen(pictures: Sequence[NDArray[np.uint8]], most: int, side: int) -> Tensor:
    """Pictures of places [n, most, 3, side, side]; zeros where there is none."""
    seen = np.zeros((len(pictures), most, 3, side, side), np.float32)
    for row, some in enumerate(pictures):
        for place, picture in enumerate(some):
            if picture.any():
                seen[row, place] = frame_input(picture, side)
    return torch.from_numpy(seen)


def _heard(sounds: Sequence[NDArray[np.float32]], frames: int, feed: str) -> Tensor:
    """Sounds of as many frames as those of Whisper, [n, samples] or [n, T, bands]."""
    seconds = max(frames / FRAME_RATE, LEAST_SOUND)
    length = round(seconds * RATE)
    padded = [np.pad(sound[:length], (0, max(0, length - len(sound)))).astype(np.float32) for sound in sounds]
    if feed == "waveform":
        return torch.from_numpy(np.stack(padded))
    made = [(mel_input if feed == "log-mel" else mfcc)(sound, seconds) for sound in padded]
    return torch.from_numpy(np.stack(made))
