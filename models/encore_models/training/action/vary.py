"""Variations of samples that need no new picture: mirrored windows, less on the screen, and targets that are gone.

Where a target is missing is the dearest thing to learn, and rare among the samples; taken out of the arrays, it can be
missing as often as is needed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.action import SPELT_FLOOR
from encore_models.perception.action_evidence import SPELT
from encore_models.perception.situation import STATES
from encore_models.training.action.samples import GONE, Sample

MIRRORED = 0.5
"""Share of the samples whose windows, of both days, are seen in a mirror."""
MISSING = 0.15
"""Share of the steps that are due whose target is taken away."""
THINNED, LEFT_OUT = 0.3, 0.15
"""Share of the samples with less on the screen, and most of it that is left out."""
ROW = 0.02
"""Share of the window's height within which places of the target's name belong to its row."""


def varied(sample: Sample, rng: np.random.Generator) -> Sample:
    """A sample as it might have been otherwise, with the label that is right then."""
    if rng.random() < MIRRORED:
        sample = mirrored(sample)
    pointed = STATES[sample.state] == "step" and sample.candidate >= 0
    if pointed and rng.random() < MISSING:
        sample = without_target(sample)
    if rng.random() < THINNED:
        kept = rng.random(len(sample.candidates)) >= rng.random() * LEFT_OUT
        sample = thinned(sample, kept)
    return sample


def mirrored(sample: Sample) -> Sample:
    """Left and right changed in both windows; what is drawn or written stays as it is."""
    candidates, steps = sample.candidate_places.copy(), sample.step_places.copy()
    placed = steps.any(axis=1)
    candidates[:, 0] = 1 - candidates[:, 0]
    steps[placed, 0] = 1 - steps[placed, 0]
    return replace(sample, candidate_places=candidates, step_places=steps)


def without_target(sample: Sample) -> Sample:
    """The target of the step that is due is gone, and what stands in its row under its name; so it is to stop."""
    there = sample.candidate_places[:, 1]
    same_row = np.abs(there - there[sample.candidate]) < ROW
    gone = same_row & (sample.step_matches[sample.step, :, SPELT] >= SPELT_FLOOR)
    gone[sample.candidate] = True
    meta = {**sample.meta, "hard": GONE}
    return _only(replace(sample, state=STATES.index("stop"), step=-1, candidate=-1, argument=0, meta=meta), ~gone)


def thinned(sample: Sample, kept: NDArray[np.bool_]) -> Sample:
    """With some candidates only; a target stays."""
    kept = kept.copy()
    if sample.candidate >= 0:
        kept[sample.candidate] = True
    return _only(sample, kept)


def _only(sample: Sample, kept: NDArray[np.bool_]) -> Sample:
    return replace(
        sample,
        candidates=sample.candidates[kept],
        candidate_texts=sample.candidate_texts[kept],
        candidate_places=sample.candidate_places[kept],
        candidate_alike=sample.candidate_alike[kept],
        candidate_known=sample.candidate_known[kept],
        candidate_out=sample.candidate_out[kept],
        step_matches=sample.step_matches[:, kept],
        candidate=int(kept[: sample.candidate].sum()) if sample.candidate >= 0 else -1,
    )
