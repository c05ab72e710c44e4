"""Demonstrations made ready for training: words, actions and pictures on the one clock of the recording."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encore_models.errors import ModelsError
from encore_models.learn import Learning, leading_utterance, learn
from encore_models.macro import Macro
from encore_models.perception.screen import Scene
from encore_models.perception.situation import MOST_STEPS
from encore_models.perception.speech import utterances_of
from encore_models.perception.voice import Voice
from encore_models.training.action.augment import Picture
from encore_models.training.action.samples import Split
from encore_models.training.voice_sounds import Samples
from encore_recorder.actions import RecordedAction
from encore_recorder.demonstration import Demonstration
from encore_recorder.geometry import Rect

LEAST_STEPS = 2
SETTLED_NS = 400_000_000
"""After the last action its effect is to be seen no later than this."""


class NothingToTrainOn(ModelsError, ValueError):
    """A demonstration gives no samples; one-shot replay may still work."""

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        super().__init__(f"the action model cannot be trained on {path}: {problem}. {advice}")


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was said."""

    text: str
    start_ns: int
    """On the recording's clock, by its share of the utterance's letters: Whisper tells no times of words."""
    end_ns: int


@dataclass(frozen=True, slots=True)
class Happened:
    """An action, and the pictures around it."""

    action: RecordedAction
    before_ns: int
    """Time of the picture that was seen when it began."""
    after_ns: int
    """Time of the last picture before the next action."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What was said, done and seen, in order, on the recording's clock."""

    words: tuple[Word, ...]
    actions: tuple[Happened, ...]


def timeline(demonstration: Demonstration, voice: Voice) -> Timeline:
    """Words, actions and pictures of a demonstration, synchronised."""
    words: list[Word] = []
    for utterance in utterances_of(demonstration.sound()):
        _, heard = voice.hear(utterance.samples)
        words += spread(heard.text, utterance.start_ns, utterance.end_ns)
    times = np.array(demonstration.picture_times_ns, np.int64)
    actions = demonstration.actions()
    ends = [*(action.start_ns for action in actions[1:]), demonstration.duration_ns]
    happened = [
        Happened(action, _picture_at(times, action.start_ns), _picture_at(times, end))
        for action, end in zip(actions, ends, strict=True)
    ]
    return Timeline(tuple(words), tuple(happened))


def spread(text: str, start_ns: int, end_ns: int) -> list[Word]:
    """The words of an utterance, each with its share of the time by its letters."""
    words = text.split()
    edges = np.cumsum([0, *(len(word) + 1 for word in words)]) / max(1, sum(len(word) + 1 for word in words))
    moments = [start_ns + round(float(edge) * (end_ns - start_ns)) for edge in edges]
    return [Word(word, *span) for word, span in zip(words, pairwise(moments), strict=True)]


def _picture_at(times: NDArray[np.int64], moment_ns: int) -> int:
    return int(times[max(0, int(np.searchsorted(times, moment_ns, side="right")) - 1)])


def split_of_application(app_class: str) -> Split:
    """The split of a real application: always the same one, so that no application is in two."""
    place = hashlib.blake2b(app_class.lower().encode(), digest_size=2).digest()[0]
    return "test" if place < 26 else "validation" if place < 52 else "train"


@dataclass(frozen=True, slots=True)
class Shown:
    """A demonstration as it was learned."""

    path: Path
    learning: Learning
    sound: Samples
    """Of the command, float32 at 16 kHz; empty where nothing was said."""
    last: Picture
    """The last window at the end of the recording, BGR."""
    split: Split
    texts: Mapping[str, Mapping[Rect, str]] = field(default_factory=dict)
    """What was read before on the pictures before the steps, by their names and boxes."""

    @property
    def macro(self) -> Macro:
        """What was learned."""
        return self.learning.macro


def shown_in(
    demonstration: Demonstration,
    voice: Voice,
    look: Callable[..., Scene],
    phrase: str | None = None,
    least_steps: int = LEAST_STEPS,
    silent: bool = False,
) -> Shown:
    """Learn a demonstration for training.

    Args:
        demonstration: A complete or recovered one.
        voice: Hears the command.
        look: Analyses a window's picture.
        phrase: The command; None takes it from what was said.
        least_steps: Fewer teach nothing about what comes next.
        silent: Whether one without speech will do; it needs a phrase.

    Raises:
        NothingToTrainOn: It is empty, too short, too long, or without speech.
        NothingToLearn: It cannot be learned for another reason.
    """
    path = demonstration.path
    actions = demonstration.actions()
    if not actions:
        raise NothingToTrainOn(path, "there is no click and no key in it", "Record it again.")
    if len(actions) < least_steps:
        advice = "It can be replayed as it is, without training."
        raise NothingToTrainOn(path, f"it has {len(actions)} step, and teaches nothing about what comes next", advice)
    if len(actions) > MOST_STEPS:
        raise NothingToTrainOn(path, f"it has {len(actions)} steps, more than {MOST_STEPS}", "Record it in two parts.")
    utterance = leading_utterance(utterances_of(demonstration.sound()), actions[0].start_ns)
    if utterance is None and not (silent and phrase):
        raise NothingToTrainOn(path, "nothing was said in it", "Say the command while you record it again.")
    learning = learn(demonstration, voice, look, lambda name: "trained", phrase)
    sound = np.zeros(0, np.float32) if utterance is None else utterance.samples
    split = split_of_application(actions[0].window.app_class)
    return Shown(path, learning, sound, last_picture(demonstration), split)


def last_picture(demonstration: Demonstration) -> Picture:
    """The last window at the end of a demonstration that was learned."""
    last = demonstration.actions()[-1]
    seen = last.window.rect.intersection(demonstration.info.screen)
    assert seen is not None  # learning would have raised
    frame = demonstration.frame_at(min(demonstration.duration_ns, last.end_ns + SETTLED_NS))
    inside = seen.moved(-frame.origin.x, -frame.origin.y)
    return frame.image[inside.top : inside.bottom, inside.left : inside.right].copy()
