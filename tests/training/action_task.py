"""A small task that has all that a decision is made of: a model that learns it reads every one of its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from encore_models.perception.action_evidence import MATCH_WIDTH
from encore_models.perception.effects import EFFECT_WIDTH
from encore_models.perception.situation import ACTIONS, ARGUMENTS, STATES
from encore_models.training.action.samples import Sample

LOOK, TEXT, FRAME = 16, 8, 12
STOP = np.eye(FRAME)[0] * 2


def unit(rng: np.random.Generator, count: int, width: int) -> np.ndarray:
    vectors = rng.normal(size=(count, width))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def places(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.concatenate([rng.random((count, 4)), np.eye(4)[rng.integers(4, size=count)]], axis=1).astype(np.float32)


def sample(rng: np.random.Generator, **meta: str) -> Sample:
    """The next step is the first that is not done, on the candidate that looks like its target; wait where there is
    none, done where all are done, stop where the voice says so."""
    shown, count = int(rng.integers(2, 5)), int(rng.integers(6, 12))
    looks, candidates = unit(rng, shown, LOOK), unit(rng, count, LOOK)
    where = rng.permutation(count)[:shown]
    candidates[where] = looks + rng.normal(size=looks.shape) * 0.05
    arguments = rng.integers(len(ARGUMENTS), size=shown)
    state = STATES[rng.choice(4, p=[0.55, 0.15, 0.15, 0.15])]
    done = shown if state == "done" else int(rng.integers(shown))
    if state == "wait":
        candidates[where[done]] = unit(rng, 1, LOOK)[0]
    frames = np.abs(rng.normal(size=(int(rng.integers(3, 9)), FRAME))) * -0.3 + (STOP if state == "stop" else 0)
    effects = looks + rng.normal(size=looks.shape) * 0.05  # nothing is seen to change
    step_places, candidate_places = places(rng, shown), places(rng, count)
    candidate_places[where] = step_places
    due = state == "step"
    return Sample(
        utterance=frames.astype(np.float16),
        shown_utterance=rng.normal(size=(int(rng.integers(3, 9)), FRAME)).astype(np.float16),
        spoken_alike=np.zeros(9, np.float32),
        candidates=candidates.astype(np.float16),
        candidate_texts=np.zeros((count, TEXT), np.float16),
        candidate_places=candidate_places,
        candidate_alike=np.ones(count, np.int16),
        candidate_known=rng.random((count, 2)).astype(np.float16),
        candidate_out=np.zeros(count, np.float32),
        steps=looks.astype(np.float16),
        step_texts=np.zeros((shown, TEXT), np.float16),
        step_effects=effects.astype(np.float16),
        step_matches=np.zeros((shown, count, MATCH_WIDTH), np.float16),
        step_seen=np.zeros((shown, EFFECT_WIDTH), np.float16),
        step_places=step_places,
        step_actions=rng.integers(len(ACTIONS), size=shown).astype(np.int8),
        step_arguments=arguments.astype(np.int8),
        progress=(np.arange(shown) < done).astype(np.int8),
        state=STATES.index(state),
        step=done if due else -1,
        candidate=int(where[done]) if due else -1,
        argument=int(arguments[done]) if due else 0,
        meta={"toolkit": str(rng.choice(["gtk", "qt"])), "voice": str(rng.choice(["a", "b"])), **meta},
    )


def samples(count: int, seed: int) -> list[Sample]:
    rng = np.random.default_rng(seed)
    return [sample(rng) for _ in range(count)]


def nudged(network: Any) -> Any:
    """A model as if it had learned a little: before training it is the rule alone, and reads no frame."""
    import torch

    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return network
