"""What to do now: the action model with numpy and onnxruntime.

One decision is made from the utterance's frames, the candidates on the screen, the demonstrated steps and how far they
are done. The model chooses among what is there; evidence around it may veto what it says, but adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from encore_models.bundle import Bundle, Shape
from encore_models.errors import BundleBroken, BundleNewer
from encore_models.perception.action_evidence import MATCH_WIDTH, SPELT, SPOKEN_WIDTH
from encore_models.perception.effects import EFFECT_WIDTH

WEIGHTS = Path(__file__).parents[1] / "weights" / "action_model"
"""The trained weights that Encore comes with."""
VERSION = 8
"""Of what the graph takes and gives, and of the parts that tuning goes on from; a bundle says its own in the setting
`version`."""
GRAPH = "decide"

INPUTS: dict[str, Shape] = {
    "utterance": ("n", "frames", "frame_width"),
    "utterance_mask": ("n", "frames"),
    "shown_utterance": ("n", "shown_frames", "frame_width"),
    "shown_utterance_mask": ("n", "shown_frames"),
    "spoken_alike": ("n", SPOKEN_WIDTH),
    "candidates": ("n", "candidates", "look_width"),
    "candidate_texts": ("n", "candidates", "text_width"),
    "candidate_places": ("n", "candidates", 8),
    "candidate_alike": ("n", "candidates"),
    "candidate_known": ("n", "candidates", 2),
    "candidate_out": ("n", "candidates"),
    "candidate_mask": ("n", "candidates"),
    "steps": ("n", "steps", "look_width"),
    "step_texts": ("n", "steps", "text_width"),
    "step_effects": ("n", "steps", "look_width"),
    "step_matches": ("n", "steps", "candidates", MATCH_WIDTH),
    "step_seen": ("n", "steps", EFFECT_WIDTH),
    "step_places": ("n", "steps", 8),
    "step_actions": ("n", "steps"),
    "step_arguments": ("n", "steps"),
    "progress": ("n", "steps"),
    "step_mask": ("n", "steps"),
}
"""What the graph takes, in this order; a mask is 1 where there is something."""
WHOLE_NUMBERS = ("candidate_alike", "step_actions", "step_arguments", "progress")
"""Inputs that are int64; the others are float32."""
OUTPUTS: dict[str, Shape] = {
    "state": ("n", 4),
    "step": ("n", "steps"),
    "candidate": ("n", "candidates_or_absent"),
    "argument": ("n", 3),
    "attention": ("n", "steps"),
}
"""Logits of the heads, and how much of each step the decision was read from (sums to 1)."""
GROUPS = {"utterance": "utterance", "shown_utterance": "shown_utterance", "candidate": "candidates", "step": "steps"}
"""Masks by what they are the mask of, and an input of that length."""

FIELD = 6
"""Column of a place that says it is a field; the one before says it is a text."""
SPELT_FLOOR = 0.8
"""Share of the letters below which a name is another one; 99 % of the labels that were read and are right have .85."""
CLEARLY = 0.3
"""By so much of a cosine another candidate must look more alike to speak against one."""

EFFECT_SHOWN, EFFECT_GONE, EFFECT_TOLD = 0.85, 0.65, 0.99
"""Likenesses from which what a step made come is there, and up to which what it made go is gone; share of its texts
that are there as often as after it.

32 of 8,153 synthetic steps that were due are taken for done by either, and 40 % of 1,054 that need not be taken any
more; by the likenesses alone 1 and 31 %.
"""

Floats = NDArray[np.float32]
Feeds = dict[str, NDArray[Any]]


class Situation(Protocol):
    """What one decision is made of, as `training.action.samples.Sample` holds it; no row where there is nothing."""

    @property
    def utterance(self) -> NDArray[Any]:
        """Whisper frames [frames, width]."""

    @property
    def shown_utterance(self) -> NDArray[Any]:
        """Whisper frames of what was said when it was shown [frames, width]."""

    @property
    def spoken_alike(self) -> NDArray[Any]:
        """How alike the two utterances are, and how well the words fit [9], as `action_evidence.spoken_alike`."""

    @property
    def candidates(self) -> NDArray[Any]:
        """Looks [candidates, width]."""

    @property
    def candidate_texts(self) -> NDArray[Any]:
        """Vectors of what they read [candidates, width]."""

    @property
    def candidate_places(self) -> NDArray[Any]:
        """Centre, size and kind [candidates, 8]."""

    @property
    def candidate_alike(self) -> NDArray[Any]:
        """How many look the same [candidates]."""

    @property
    def candidate_known(self) -> NDArray[Any]:
        """Cosines of looks and texts with what is most alike on the screens that were shown [candidates, 2]."""

    @property
    def candidate_out(self) -> NDArray[Any]:
        """How much each stands out among its like [candidates], as `standing_out.standing_out`."""

    @property
    def steps(self) -> NDArray[Any]:
        """Looks of the demonstrated targets [steps, width]."""

    @property
    def step_texts(self) -> NDArray[Any]:
        """Vectors of what they read [steps, width]."""

    @property
    def step_effects(self) -> NDArray[Any]:
        """What the targets' places looked like after the steps [steps, width]."""

    @property
    def step_matches(self) -> NDArray[Any]:
        """How well each candidate matches each step's target [steps, candidates, 5]."""

    @property
    def step_seen(self) -> NDArray[Any]:
        """What of the steps' effects is on the screen [steps, 12], as `effects.effects_on`."""

    @property
    def step_places(self) -> NDArray[Any]:
        """Centre, size and kind [steps, 8]."""

    @property
    def step_actions(self) -> NDArray[Any]:
        """Kinds of action [steps]."""

    @property
    def step_arguments(self) -> NDArray[Any]:
        """Kinds of argument [steps]."""

    @property
    def progress(self) -> NDArray[Any]:
        """What came of each step so far [steps]."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Probabilities of one decision; each array sums to 1."""

    states: Floats
    """Of step, wait, done and stop [4]."""
    steps: Floats
    """Of each demonstrated step being the next [steps]; empty without steps."""
    candidates: Floats
    """Of each candidate being the target, and last of none being it [candidates + 1]."""
    arguments: Floats
    """Of no argument, a literal and a slot [3]."""
    attention: Floats
    """How much of each demonstrated step the decision was read from [steps]."""


class ActionModel:
    """The action model, ready to decide."""

    def __init__(self, bundle: Bundle, threads: int = 2) -> None:
        """Open the graph.

        Args:
            bundle: With the graph `decide`.
            threads: CPU threads of one decision.

        Raises:
            BundleNewer: It was made for a newer Encore.
            BundleBroken: It is no action model, or its graph takes or gives something else than it should.
        """
        version = bundle.contents.settings.get("version")
        if not isinstance(version, int):
            raise BundleBroken(bundle.folder, "it does not say which version of the action model it holds")
        if version > VERSION:
            raise BundleNewer(bundle.folder, "the action model", version, VERSION)
        if version < VERSION:
            raise BundleBroken(bundle.folder, f"its action model has version {version}; this Encore reads {VERSION}")
        # Packing gains 3 % of the time at most here, and costs each process its own copy of all matrices.
        self._session = bundle.session(GRAPH, threads, packed=False)
        self._widths = _widths(bundle, {value.name: value.shape for value in self._session.get_inputs()})
        if (given := [value.name for value in self._session.get_outputs()]) != list(OUTPUTS):
            raise BundleBroken(bundle.folder, f"its graph gives {', '.join(given)} instead of {', '.join(OUTPUTS)}")

    @classmethod
    def load(cls, folder: Path = WEIGHTS, threads: int = 2) -> ActionModel:
        """Open and verify the weights in `folder`; they stay mapped from its files, none of them is copied.

        Raises:
            BundleMissing: There are none.
            BundleNewer: They were made for a newer Encore.
            BundleBroken: A file is missing or changed, or they are no action model.
        """
        return cls(Bundle.open(folder), threads)

    def fits(self, look: int, text: int) -> bool:
        """Whether it was trained on candidates and texts whose vectors are so long."""
        return (self._widths["candidates"], self._widths["candidate_texts"]) == (look, text)

    def decide(self, situation: Situation) -> Decision:
        """What to do now.

        Raises:
            ValueError: An array is not as wide as the model was trained on, or its length does not fit the others'.
        """
        arrays = feeds(situation)
        for name, width in self._widths.items():
            if (given := arrays[name].shape[-1]) != width:
                raise ValueError(f"{name} has {given} numbers a row; this action model was trained on {width}")
        state, step, candidate, argument, attention = self._session.run(list(OUTPUTS), arrays)
        steps, candidates = len(situation.steps), len(situation.candidates)
        # Nothing at all is fed as one row that is masked; it is taken out again here.
        chosen = np.append(candidate[0, :candidates], candidate[0, -1])
        return Decision(
            softmax(state[0]), softmax(step[0, :steps]), softmax(chosen), softmax(argument[0]), attention[0, :steps]
        )


def feeds(situation: Situation) -> Feeds:
    """A batch of one, with masks; where there is nothing, one masked row.

    Raises:
        ValueError: Arrays that belong together differ in length.
    """
    made: Feeds = {"spoken_alike": np.asarray(situation.spoken_alike, np.float32)[None]}
    for mask, whole in GROUPS.items():
        length = len(getattr(situation, whole))
        made[f"{mask}_mask"] = np.full((1, max(1, length)), length > 0, np.float32)
        for name, shape in INPUTS.items():
            if shape[1] != INPUTS[whole][1] or name.endswith("_mask"):
                continue
            array = np.asarray(getattr(situation, name))
            if len(array) != length:
                raise ValueError(f"{name} has {len(array)} rows and {whole} {length}; they must be the same")
            kind = np.int64 if name in WHOLE_NUMBERS else np.float32
            padded = array if length and array.size else np.zeros([max(1, side) for side in array.shape], kind)
            made[name] = padded.astype(kind)[None]
    return {name: made[name] for name in INPUTS}


def contradicted(situation: Situation, step: int) -> NDArray[np.bool_]:
    """Candidates that deterministic evidence speaks against as the target of a step [candidates].

    What says, or is named, something else is not it, unless it is a field, whose text comes and goes; nor is a drawing
    without a name, if another one looks clearly more like the target before or after its step. Where nothing can be
    compared, nothing is said.
    """
    read = np.any(situation.candidate_texts, axis=1) & bool(np.any(situation.step_texts[step]))
    shown = [_cosines(situation.candidates, looks[step]) for looks in (situation.steps, situation.step_effects)]
    alike = np.maximum(*shown)
    drawing = ~read & bool(np.any(situation.steps[step]))
    most = alike[drawing].max(initial=-1.0)
    named = not situation.step_places[step][FIELD]
    other = read & named & (situation.step_matches[step][:, SPELT] < SPELT_FLOOR)
    against: NDArray[np.bool_] = other | (drawing & (alike < most - CLEARLY))
    return against


def already(situation: Situation, step: int) -> bool:
    """Whether the screen shows what a step made come, and nothing of what it made go; or its texts, as often as then.

    Said only where something came and something went, for what is always there tells nothing.
    """
    came, near, _, went, left, _, *_, more, less = (float(value) for value in situation.step_seen[step])
    shown = bool(came and went) and near >= EFFECT_SHOWN and left <= EFFECT_GONE
    return shown or (more >= EFFECT_TOLD and less >= EFFECT_TOLD)


def _cosines(rows: NDArray[Any], one: NDArray[Any]) -> Floats:
    """Of each row with one vector; 0 where either is nothing."""
    wide, single = rows.astype(np.float32), one.astype(np.float32)
    lengths = np.linalg.norm(wide, axis=1) * np.linalg.norm(single)
    cosines: Floats = (wide @ single / np.maximum(lengths, 1e-6)).astype(np.float32)
    return cosines


def softmax(logits: NDArray[Any]) -> Floats:
    """Probabilities along the last axis, float32; nothing stays nothing."""
    if not logits.size:
        return np.zeros(logits.shape, np.float32)
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = (raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


def _widths(bundle: Bundle, shapes: dict[str, list[int | str]]) -> dict[str, int]:
    """How wide the rows of the graph's inputs are, where that is settled."""
    if missing := [name for name in INPUTS if name not in shapes]:
        raise BundleBroken(bundle.folder, f"its graph does not take {', '.join(missing)}")
    declared = bundle.contents.graphs[GRAPH].inputs
    widths: dict[str, int] = {}
    for name, shape in shapes.items():
        if name not in INPUTS or len(shape) != len(INPUTS[name]):
            raise BundleBroken(bundle.folder, f"its graph takes {name} {shape}, which is not known here")
        if isinstance(width := shape[-1], int) and len(shape) == 3:
            if width != declared[name][-1]:
                raise BundleBroken(bundle.folder, f"its graph takes {name} {shape}, its manifest says {declared[name]}")
            widths[name] = width
    return widths
