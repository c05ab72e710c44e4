"""What all models of the table are trained and measured on: the same samples, the same episodes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby, islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encore_models.perception.clip import Clip
from encore_models.perception.situation import ACTIONS
from encore_models.perception.ui_clip import UiClip
from encore_models.training.action.closed_loop import numbers_of
from encore_models.training.action.episodes import Episodes
from encore_models.training.action.glyphs import Glyphs, glyphs
from encore_models.training.action.model import ActionConfig, ActionModel
from encore_models.training.action.plans import plan
from encore_models.training.action.prior import beginning
from encore_models.training.action.raw import Hearing, Raw, Says, Seeing, raw_samples
from encore_models.training.action.samples import Sample, Split
from encore_models.training.action.stream import Corpus, Listed, Shards
from encore_models.training.action.tasks import IntentKind
from encore_models.training.action.voices import Spoken, draw_speaker
from encore_models.whisper.prepare import prepare_hearing
from tests.benchmarks.action.frozen import frozen_towers
from tests.benchmarks.action.towers import SMALL
from tests.training.action_task import samples as task_samples

log = logging.getLogger(__name__)

PLAYED_SEED = 1_000_003
"""Of the episodes that are played; no shard is made with it."""
VALIDATED = 30
"""Episodes that a checkpoint is chosen by."""
RAW_SEED = 1_000_033
"""Of the episodes that other towers learn from, and of what is said to bring speech to texts."""


class Validated(Shards):
    """Shards of which some episodes do for validation: it chooses a checkpoint, and takes as long as training."""

    def __init__(self, folder: Path, episodes: int) -> None:
        super().__init__(folder)
        self.episodes = episodes

    def stream(self, split: str, rng: np.random.Generator | None) -> Iterator[Sample]:
        """See `Corpus`."""
        whole = super().stream(split, rng)
        if split != "validation":
            return whole
        return (one for _, some in islice(episodes_of(whole), self.episodes) for one in some)


@dataclass(frozen=True, slots=True)
class Said:
    """Utterances with their words."""

    frames: tuple[NDArray[np.float16], ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Senses:
    """What towers other than ours see and hear, in training and in testing; made when it is asked for."""

    episodes: Callable[[], tuple[tuple[Raw, ...], tuple[Raw, ...]]]
    said: Callable[[], tuple[Said, Said]]
    clip: Clip
    """Gives the vectors of words."""
    what: str = ""
    """In words, so that what was measured on others is not taken."""


@dataclass(frozen=True, slots=True)
class Material:
    """See the module."""

    corpus: Corpus
    validation: tuple[Sample, ...]
    test: tuple[Sample, ...]
    world: Episodes | None
    """Plays in closed loop; None where nothing is played."""
    senses: Senses | None = None
    """None where other towers are left out."""
    begun: Callable[[ActionConfig, int, Corpus | None], dict[str, Tensor]] | None = None
    """Gives weights to begin with, which know some words, and what a corpus tells of notes; None begins without."""
    old: tuple[Sample, ...] = ()
    """Of training: what a model learned before it is tuned."""
    toggled: tuple[Sample, ...] = ()
    """Those for testing that pass over a toggle which is on already; see `passed_over`."""
    frozen: Callable[[], dict[str, dict[str, float]]] = dict
    """Costs of the towers that are not trained, by their names; none where they are not known."""

    def start(self, config: ActionConfig, seed: int, corpus: Corpus | None = None) -> dict[str, Tensor]:
        """Weights to begin training with, on a corpus where there is one."""
        if self.begun is not None:
            return self.begun(config, seed, corpus)
        torch.manual_seed(seed)
        return ActionModel(config).state_dict()


def quick_material() -> Material:
    """A task that is learned in a minute, without pictures or sound."""
    train, validation, test = (task_samples(count, seed) for count, seed in ((32, 1), (16, 2), (80, 3)))
    for some, a_piece in ((train, 2), (validation, 2), (test, 4)):
        for number, one in enumerate(some):
            one.meta["episode"] = str(number // a_piece)
    corpus = Listed(train=train, validation=validation)
    return Material(corpus, tuple(validation), tuple(test), None, old=tuple(train))


def whole_material(data: Path, hearing: Path, towers: int, utterances: int, old: int) -> Material:
    """Shards, and episodes of the test split that no shard holds.

    Args:
        data: Folder of the shards.
        hearing: Folder of the hearing models.
        towers: Episodes that other towers are trained on, and half as many that they are measured on; 0 leaves them
            out.
        utterances: That speech is brought to texts by, and a quarter as many that it is measured on.
        old: Episodes of training that a model is tuned beside.

    Raises:
        NoSamples: There are no shards of a split.
        BundleMissing: The encoder was not prepared.
    """
    corpus, clip, ears = Validated(data, VALIDATED), UiClip.load(), prepare_hearing(hearing)
    spoken, test = Spoken.with_whisper(ears), tuple(corpus.stream("test", None))
    senses = Senses(
        cache(lambda: raw_material(clip, spoken, towers)),
        cache(lambda: (sayings(spoken, "train", utterances), sayings(spoken, "test", utterances // 4))),
        clip,
        f"{towers} episodes, {utterances} utterances of seed {RAW_SEED}",
    )
    first = (one for _, some in islice(episodes_of(corpus.stream("train", None)), old) for one in some)
    return Material(
        corpus,
        tuple(corpus.stream("validation", None)),
        test,
        Episodes(clip, spoken, PLAYED_SEED),
        senses if towers else None,
        lambda config, seed, corpus: beginning(config, clip, seed, corpus),
        tuple(first),
        _toggled(test),
        partial(frozen_towers, ears, test),
    )


def played_world(clip: Clip, hearing: Path) -> Episodes:
    """The episodes that are played; see `whole_material`."""
    return Episodes(clip, Spoken.with_whisper(prepare_hearing(hearing)), PLAYED_SEED)


def _toggled(test: Sequence[Sample]) -> tuple[Sample, ...]:
    try:
        return tuple(one for one in test if "toggle" in passed_over(one))
    except ValueError as error:
        log.warning("%s; until then those that pass over a toggle are not told apart", error)
        return ()


def passed_over(sample: Sample, drawn_from: Callable[[Split], Glyphs] = glyphs) -> set[IntentKind]:
    """What kinds of steps a moment passes over because their effect was there already; empty for all but `already`.

    A sample does not tell what its steps do, but its episode can be planned once more.

    Args:
        sample: Made by this version.
        drawn_from: Icon sets and fonts of a split.

    Raises:
        ValueError: Its episode is another one by now.
    """
    if sample.meta.get("hard") != "already":
        return set()
    seed, number = (int(part) for part in sample.meta["episode"].split("-"))
    intents = plan(number, seed, drawn_from).run.intents
    if [ACTIONS.index(one.action) for one in intents] != sample.step_actions.tolist():
        raise ValueError(f"episode {sample.meta['episode']} is planned otherwise by now: make the samples again")
    until = sample.step if sample.step >= 0 else len(intents)
    return {intents[place].kind for place in range(until) if sample.progress[place] == 0}


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


def sayings(spoken: Says, split: Split, count: int, drawn_from: Callable[[Split], Glyphs] = glyphs) -> Said:
    """Commands of episodes, said by the voices of a split."""
    rng = np.random.default_rng([RAW_SEED, count])
    tasks = (plan(number, RAW_SEED, drawn_from).run for number in numbers_of(split, count))
    words = tuple(task.said(task.value) for task in tasks)
    frames = tuple(spoken.frames(text, draw_speaker(split, rng), RAW_SEED + place) for place, text in enumerate(words))
    return Said(frames, words)


def episodes_of(samples: Iterator[Sample] | Sequence[Sample]) -> Iterator[tuple[str, Iterator[Sample]]]:
    """Samples of the same episode together, in their order, as they come."""
    return groupby(samples, key=lambda one: one.meta.get("episode", ""))


def by_episode(samples: Sequence[Sample]) -> list[list[Sample]]:
    """`episodes_of`, all at once."""
    return [list(some) for _, some in episodes_of(samples)]
