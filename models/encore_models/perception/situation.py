"""What one decision of the action model is made of, out of the screen as `Scene` sees it.

Training and the running program look through the same functions, so what the model learns on is what it will meet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encore_models.perception.action_evidence import Fit, matches_on, spoken_alike
from encore_models.perception.candidates import Candidate
from encore_models.perception.clip import Clip
from encore_models.perception.effects import Effect, effect_of, effects_on
from encore_models.perception.labels import Read
from encore_models.perception.likeness import Things
from encore_models.perception.prints import VoicePrint, pooled_frames
from encore_models.perception.screen import WORD, Scene
from encore_models.perception.standing_out import standing_out
from encore_models.perception.voice import Encoded
from encore_recorder.geometry import Point, Rect

STATES = ("step", "wait", "done", "stop")
"""What to do now: take a step, wait for the screen, or end, well or not."""
ACTIONS = ("click", "double_click", "drag", "scroll", "type", "press")
ARGUMENTS = ("none", "literal", "slot")
"""What a step needs besides its place: nothing, the text that was shown, or what was said in its place today."""
KINDS = ("icon", "text", "field", "other")
"""What a candidate is by its shape; the last four columns of a place."""
PROGRESS = ("not done", "done", "without effect")
FRAME_WIDTH = 384
MOST_FRAMES, MOST_CANDIDATES, MOST_STEPS = 100, 192, 12
PLACE_WIDTH = 4 + len(KINDS)

REPEATED = 3
"""Drawings that look the same from which each is told by the name of its row or card."""
WORDS_KEPT = 20_000
"""Embeddings of texts that are kept."""

Half = NDArray[np.float16]
Single = NDArray[np.float32]

SILENT: Half = np.zeros((0, FRAME_WIDTH), np.float16)
"""The frames of an utterance that was not said."""


class Words:
    """Embeddings of texts; screens say the same words again and again."""

    def __init__(self, clip: Clip) -> None:
        """Nothing is embedded yet."""
        self._clip = clip
        self._known: dict[str, Half] = {}
        self.width = int(clip.words(["a"]).shape[1])

    def of(self, texts: Sequence[str]) -> Half:
        """Float16 [n, E]; zeros for an empty text."""
        new = [text for text in dict.fromkeys(texts) if text and text not in self._known]
        if len(self._known) + len(new) > WORDS_KEPT:
            self._known.clear()
            new = [text for text in dict.fromkeys(texts) if text]
        if new:
            self._known.update(zip(new, self._clip.words(new).astype(np.float16), strict=True))
        nothing = np.zeros(self.width, np.float16)
        return np.array([self._known.get(text, nothing) for text in texts], np.float16).reshape(-1, self.width)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The candidates of a screen, in the order of `found`; see `Asked` for what the arrays hold."""

    found: tuple[Candidate, ...]
    said: tuple[str, ...]
    """What each says; empty where nothing is read."""
    candidates: Half
    meanings: Half
    """[n, width] what the drawings show, however they are drawn; zeros for all else."""
    texts: Half
    places: Single
    alike: NDArray[np.int16]
    out: Single
    """[n] how much each stands out among its like."""

    def place_of(self, candidate: Candidate) -> int:
        """Its number, or -1 where it is not among these."""
        return self.found.index(candidate) if candidate in self.found else -1


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One decision, without its answer; `perception.action.Situation` says what the arrays hold."""

    utterance: Half
    shown_utterance: Half
    spoken_alike: Single
    candidates: Half
    candidate_texts: Half
    candidate_places: Single
    candidate_alike: NDArray[np.int16]
    candidate_known: Half
    candidate_out: Single
    steps: Half
    step_texts: Half
    step_effects: Half
    step_matches: Half
    step_seen: Half
    step_places: Single
    step_actions: NDArray[np.int8]
    step_arguments: NDArray[np.int8]
    progress: NDArray[np.int8]

    def arrays(self) -> dict[str, Any]:
        """The arrays by their names."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """An utterance as the model hears it."""

    frames: Half = field(default_factory=lambda: SILENT)
    """See `frames_of`; no rows where nothing was said."""
    printed: VoicePrint | None = None
    """None where nothing was said, or there is no print of it."""
    fit: Fit | None = None
    """Of the command's phrase; None where the words were not transcribed."""


NOTHING_SAID = Spoken()
"""Of a command that was not spoken."""


@dataclass(frozen=True, slots=True, eq=False)
class StepsShown:
    """What one demonstration holds for the model, whatever its slots are filled with."""

    spoken: Spoken
    """What was said when it was shown."""
    looks: Half
    """[steps, width] of the targets; zeros for typing and keys."""
    effects: Half
    """[steps, width] of the targets' places after the steps; zeros where that is not known."""
    meanings: Half
    """[steps, width] what the targets that are drawings show; zeros for all else."""
    places: Single
    actions: NDArray[np.int8]
    arguments: NDArray[np.int8]
    screens: tuple[Seen, ...]
    """Before each step, and after the last one where that is known."""

    def today(self, texts: Sequence[str], spelt: Mapping[str, str], spoken: Spoken, words: Words) -> StepsToday:
        """The demonstration for a run.

        Args:
            texts: What the targets say, and what is typed, with today's values.
            spelt: Today's value for each value that was shown, in lower case.
            spoken: What is said today.
            words: Embeds the texts.
        """
        after = [*self.screens, self.screens[-1]][: len(self.looks) + 1]
        alike = spoken_alike(spoken.printed, self.spoken.printed, spoken.fit)
        return StepsToday(self, tuple(texts), words.of(texts), spoken.frames, alike, changed(after, spelt))


@dataclass(frozen=True, slots=True, eq=False)
class StepsToday:
    """A demonstration with today's values and utterance."""

    shown: StepsShown
    said: tuple[str, ...]
    """What the targets say, and what is typed."""
    texts: Half
    utterance: Half
    spoken_alike: Single
    came: tuple[Effect, ...]
    """What each step made come and go."""

    def asked(self, seen: Seen, progress: Sequence[int]) -> Asked:
        """The decision on a screen.

        Args:
            seen: The screen.
            progress: What came of each step so far, into `PROGRESS`.
        """
        return Asked(
            utterance=self.utterance,
            shown_utterance=self.shown.spoken.frames,
            spoken_alike=self.spoken_alike,
            candidates=seen.candidates,
            candidate_texts=seen.texts,
            candidate_places=seen.places,
            candidate_alike=seen.alike,
            candidate_known=known(seen, self.shown.screens),
            candidate_out=seen.out,
            steps=self.shown.looks,
            step_texts=self.texts,
            step_effects=self.shown.effects,
            step_matches=matches_on(
                seen,
                Things(self.shown.looks.astype(np.float32), self.said, self.shown.places),
                self.shown.meanings,
                self.shown.screens,
            ),
            step_seen=effects_on(seen, self.came).astype(np.float16),
            step_places=self.shown.places,
            step_actions=self.shown.actions,
            step_arguments=self.shown.arguments,
            progress=np.array(progress, np.int8),
        )


def changed(screens: Sequence[Seen], spelt: Mapping[str, str]) -> tuple[Effect, ...]:
    """What each step made come and go.

    Args:
        screens: Before each step and after the last one, as they were shown.
        spelt: Today's value for each value that was shown, in lower case.
    """
    return tuple(effect_of(before, after, lambda text: _respelt(text, spelt)) for before, after in pairwise(screens))


def _respelt(text: str, spelt: Mapping[str, str]) -> str:
    """A text with today's values, as in "Results for {title}"."""
    for shown, today in spelt.items():
        # A backslash in a title is no group of the pattern.
        text = re.sub(rf"(?<!\w){re.escape(shown)}(?!\w)", today.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    return text


def frames_of(encoded: Encoded) -> Half:
    """An utterance as the model hears it: frames at 25 Hz, of its first seconds."""
    return pooled_frames(encoded.frames, encoded.seconds)[:MOST_FRAMES].astype(np.float16)


def spoken_of(encoded: Encoded, printed: VoicePrint | None, fit: Fit | None = None) -> Spoken:
    """An utterance for the model; without its frames where another Whisper than the model's heard it."""
    return Spoken(frames_of(encoded) if encoded.frames.shape[1] == FRAME_WIDTH else SILENT, printed, fit)


def observe(scene: Scene, words: Words, read: Read | None = None) -> Seen:
    """Look at a screen.

    Where there are more candidates than the model takes, those of the least area are left out.

    Args:
        scene: Its text is read, of labels and fields, and of what names drawings that repeat.
        words: Embeds what is read.
        read: Reads its labels; None reads all of them anew.
    """
    read = read or scene.texts
    every = scene.with_wholes
    order = sorted(range(len(every)), key=lambda n: -every[n].box.area)[:MOST_CANDIDATES]
    numbers = sorted(order)
    found = tuple(every[number] for number in numbers)
    parts = [scene.part_of(candidate) for candidate in found]
    alike = [len(scene.alike(part)) for part in parts]
    read([candidate for candidate in found if candidate.kind == "text"])  # in one go
    texts = [said(scene, *one, read) for one in zip(found, parts, alike, strict=True)]
    return Seen(
        found,
        tuple(texts),
        scene.looks_of(found).astype(np.float16),
        _shown_by(scene, found, words.width),
        words.of(texts),
        np.array([place(candidate.box, candidate.kind, scene.rect) for candidate in found], np.float32).reshape(
            -1, PLACE_WIDTH
        ),
        np.array(alike, np.int16),
        standing_out(scene.image, found),
    )


def _shown_by(scene: Scene, candidates: Sequence[Candidate], width: int) -> Half:
    """What the drawings among candidates show, however they are drawn: float16 [n, width]; zeros for all else."""
    drawn = [number for number, candidate in enumerate(candidates) if candidate.kind == "icon"]
    meanings = np.zeros((len(candidates), width), np.float16)
    if drawn:
        meanings[drawn] = scene.meanings([candidates[number] for number in drawn])
    return meanings


def known(seen: Seen, shown: Sequence[Seen]) -> Half:
    """How alike the most alike place of the screens that were shown looks, and reads: cosines [n, 2].

    0 where there is none to compare with.
    """
    if not shown or not len(seen.found):
        return np.zeros((len(seen.found), 2), np.float16)
    looks = seen.candidates.astype(np.float32) @ np.concatenate([one.candidates for one in shown]).astype(np.float32).T
    texts = seen.texts.astype(np.float32) @ np.concatenate([one.texts for one in shown]).astype(np.float32).T
    return np.stack([cosines.max(axis=1, initial=0.0) for cosines in (looks, texts)], axis=1).astype(np.float16)


def said(scene: Scene, candidate: Candidate, part: Candidate, alike: int, read: Read) -> str:
    """What a candidate says; of a drawing that repeats, what names its row or card, for nothing else tells it.

    Args:
        scene: Where it is.
        candidate: Of `Scene.with_wholes`.
        part: Its `Scene.part_of`.
        alike: Candidates that look like that.
        read: Reads labels.
    """
    if candidate.kind == "text":
        return read([candidate])[0]
    if candidate.kind == "field":
        return scene.text_at(candidate.box)
    # A short word is no wider than many a drawing.
    if candidate.kind == "icon" and candidate.box.width >= WORD * candidate.box.height and alike < REPEATED:
        return read([part])[0]
    # One that was acted on no longer looks like the others of its column, but its row has its name still.
    if candidate.kind in ("icon", "picture"):
        title = scene.name_of(part)
        return read([title])[0] if title is not None else ""
    return ""


def place(box: Rect, kind: str, window: Rect) -> list[float]:
    """A box as shares of its window, and its kind one-hot: 8 numbers."""
    kinds = [float(kind == name) for name in KINDS[:-1]]
    return [
        box.center.x / window.width,
        box.center.y / window.height,
        box.width / window.width,
        box.height / window.height,
        *kinds,
        float(not any(kinds)),
    ]


def lying_in(places: NDArray[Any], number: int) -> NDArray[np.bool_]:
    """Which places have their middle in the box of one of them, itself among them: a click there is a click on it.

    A drawing on a plate, or a part of it, is often proposed besides the whole.

    Args:
        places: Centre, size and kind [n, 8].
        number: Of the one.
    """
    boxes = np.asarray(places, np.float32)
    apart = np.abs(boxes[:, :2] - boxes[number, :2])
    inside: NDArray[np.bool_] = (apart <= boxes[number, 2:4] / 2).all(axis=1)
    return inside


def candidate_in(scene: Scene, ink: Rect, point: Point) -> Candidate | None:
    """The candidate for something known to be at `ink`: the most overlapping one, else what a click there acts on."""
    best = max(scene.with_wholes, key=lambda c: c.box.overlap(ink), default=None)
    if best is not None and best.box.overlap(ink) >= 0.3:
        return best
    at = scene.at(point)
    return at if at is not None and at.box.grown(4).intersection(ink) is not None else None
