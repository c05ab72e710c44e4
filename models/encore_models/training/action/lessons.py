"""What is learned and what is only checked when the action model is tuned to the user's own demonstrations.

A whole demonstration is kept back for the check wherever several are new; it is learned the next time. Of a single new
one it is two of its variations, other runs on the screens that it was shown on: they tell that it was learned, not that
it would help with others. Whether anything is forgotten is told by older demonstrations that are left out of this
tuning, and by applications that the model never was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from encore_models.training.action.finetune import Lesson
from encore_models.training.action.own import Recorded, variation_of
from encore_models.training.action.samples import Sample
from encore_models.ways import same_command

BACK = (2, 5)
"""Variations that are kept back for the check where a whole demonstration cannot be."""


def kept_back(fresh: Sequence[Recorded]) -> str:
    """Id of the new demonstration that is only checked; empty where there is one alone.

    Best it is of a command that another one shows, too; else it is the oldest.
    """

    def alone(one: Recorded) -> bool:
        return not any(same_command(one.macro, other.macro) for other in fresh if other is not one)

    return min(fresh, key=lambda one: (alone(one), one.macro.created_utc)).path.name if len(fresh) > 1 else ""


def split(own: Mapping[str, Sequence[Sample]], back: str) -> Lesson:
    """New demonstrations, but for the one that is kept back; of one alone, some of its variations are."""
    if not back:
        return _by_variation([sample for samples in own.values() for sample in samples])
    return Lesson([one for name, samples in own.items() if name != back for one in samples], own[back])


def _by_variation(samples: Sequence[Sample]) -> Lesson:
    back = [sample for sample in samples if variation_of(sample) in BACK]
    return Lesson([sample for sample in samples if variation_of(sample) not in BACK], back)


def rehearsed(old: Sequence[Sequence[Sample]]) -> Lesson:
    """Every other old demonstration is only checked: what was not rehearsed tells whether anything is forgotten."""
    if len(old) == 1:
        return _by_variation(old[0])
    checked = [one for samples in old[1::2] for one in _by_variation(samples).checked]
    return Lesson([one for samples in old[::2] for one in samples], checked)


def with_kept(old: Lesson, kept: Sequence[Sample]) -> Lesson:
    """Old demonstrations with samples of the first training, and for the check some of applications it never saw.

    Those of training are drawn as often as the old demonstrations: they alone show waiting.
    """
    learned, checked = (
        [one for one in kept if (one.meta.get("split") == "train") == trained] for trained in (True, False)
    )
    times = max(1, len(old.learned) // max(1, len(learned)))
    return Lesson([*old.learned, *learned * times], [*old.checked, *checked])
