"""What all combinations of the action model are trained and measured on: the same samples, the same episodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from platformdirs import user_cache_path
from torch import Tensor

from encore_models.perception.clip import Clip
from encore_models.training.action.closed_loop import numbers_of
from encore_models.training.action.episodes import Episodes
from encore_models.training.action.glyphs import Glyphs, glyphs
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.prior import beginning
from encore_models.training.action.raw import Hearing, Raw, Says, Seeing, raw_samples
from encore_models.training.action.samples import Sample, Split
from encore_models.training.action.stream import Corpus, Listed, Shards
from tests.benchmarks.action.towers import SMALL
from tests.training.action_task import samples as task_samples

PLAYED_SEED = 1_000_003
"""Of the episodes that are played; no shard is made with it."""
RAW_SEED = 1_000_033
"""Of the episodes that other towers learn from."""


@dataclass(frozen=True, slots=True)
class Material:
    """See the module."""

    corpus: Corpus
    validation: tuple[Sample, ...]
    test: tuple[Sample, ...]
    world: Episodes | None
    """Plays in closed loop; None where nothing is played."""
    numbers: tuple[int, ...]
    """Of the episodes that are played."""
    raw: tuple[tuple[Raw, ...], tuple[Raw, ...]] | None = None
    """What other towers are trained and measured on; None where they are left out."""
    clip: Clip | None = None
    """Gives the vectors of words; None where there are none."""
    begun: dict[str, Tensor] | None = None
    """What is known of words before training; of the default's sizes."""

    def start(self, config: ActionConfig, seed: int) -> dict[str, Tensor]:
        """Weights to begin with, whatever the fusion is."""
        from torch import manual_seed

        manual_seed(seed)
        weights = ActionModel(config).state_dict()
        if self.begun is not None:
            weights |= {name: self.begun[name] for name in ("cues", "cued.weight")}
        return weights


def quick_material() -> Material:
    """A task that is learned in a minute, without pictures or sound."""
    train, validation, test = (task_samples(count, seed) for count, seed in ((32, 1), (16, 2), (80, 3)))
    for number, one in enumerate(validation):
        one.meta["episode"] = str(number // 2)
    return Material(Listed(train=train, validation=validation), tuple(validation), tuple(test), None, ())


def whole_material(data: Path, episodes: int, towers: int, config: ActionConfig, seed: int) -> Material:
    """Shards, and episodes of the test split that no shard holds.

    Args:
        data: Folder of the shards.
        episodes: How many are played; 0 plays none.
        towers: How many other towers are trained on, and half as many measured on; 0 leaves them out.
        config: Of the model.
        seed: Of its weights.

    Raises:
        NoSamples: There are no shards of a split.
        BundleMissing: The encoder was not prepared.
    """
    from encore_models.perception.ui_clip import UiClip
    from encore_models.training.action.voices import Spoken
    from encore_models.whisper.prepare import prepare_hearing

    corpus, clip = Shards(data), UiClip.load()
    spoken = Spoken.with_whisper(prepare_hearing(user_cache_path("encore") / "models" / "whisper-tiny.en"))
    return Material(
        corpus,
        tuple(corpus.stream("validation", None)),
        tuple(corpus.stream("test", None)),
        Episodes(clip, spoken, PLAYED_SEED) if episodes else None,
        tuple(numbers_of("test", episodes)),
        raw_material(clip, spoken, towers) if towers else None,
        clip,
        beginning(config, clip, seed),
    )


def raw_material(
    clip: Clip, spoken: Says, count: int, drawn_from: Callable[[Split], Glyphs] = glyphs
) -> tuple[tuple[Raw, ...], tuple[Raw, ...]]:
    """Episodes to train towers on, and half as many of the test split, with what their vectors were made from."""
    seeing, hearing = Seeing(clip, SMALL.side), Hearing(spoken)
    episodes = Episodes(seeing, hearing, RAW_SEED, drawn_from)
    train, test = (
        tuple(raw_samples(episodes, seeing, hearing, numbers_of(split, many)))
        for split, many in (("train", count), ("test", max(1, count // 2)))
    )
    return train, test


def by_episode(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Samples of the same episode together, in their order."""
    return [list(some) for _, some in groupby(samples, key=lambda one: one.meta.get("episode", ""))]
