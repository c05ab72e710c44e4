"""The action model: a one-shot imitation transformer. The whole network is in this file, `outcome.py` and `fusion.py`.

Tokens are the utterance's frames, the candidates on the screen and the demonstrated steps with their progress; a
learned token reads from all of them what to do. The model was never shown the controls it is asked about, so what
compares today with the demonstration is given to it (`compare.py`) instead of left to be learned, and how a decision
follows from its parts is fixed (`outcome.py`). Before training it is that rule alone; what it learns corrects the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from pydantic import TypeAdapter
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from encore_models.perception.action import INPUTS, OUTPUTS, Feeds
from encore_models.perception.action_evidence import SPOKEN_WIDTH
from encore_models.perception.effects import EFFECT_WIDTH
from encore_models.perception.situation import ACTIONS, ARGUMENTS, STATES
from encore_models.training.action.compare import (
    HEARD,
    RELATIONS,
    TAKEN,
    Batch,
    Comparison,
    Heard,
    alike_of,
    newly,
    novelty,
    taken,
    there,
    unit,
    written,
)
from encore_models.training.action.fusion import FUSIONS, Fusion, Tokens, joined, mask_bias
from encore_models.training.action.notes import SEEN, Notes, figures_of, pooled
from encore_models.training.action.outcome import NEVER, TINY, next_step, states

PLACES, MOST_STEPS, MOST_FRAMES, OUTCOMES = 8, 12, 100, 3
WAVES = (1, 2, 4)
"""How often a sine goes round over the window, for places."""
CUES, GLANCED, NOVEL = 12, 16, 4
"""Words that the model looks out for on a screen; features of a whole screen; figures of how new it is."""
DONE_BY = EFFECT_WIDTH + 1
"""Figures that say whether a step is done already: its effects, and whether what it types is written in a field."""
EVIDENCE = HEARD + SPOKEN_WIDTH + NOVEL + CUES + 2 * GLANCED
TURNED, LIT, ABSENT_BELOW = 3, 4, 19.3
"""Columns of a relation: how much more a candidate looks like the target after its step, and stands out as it did then;
logit of the best candidate under which there is none, before anything is learned."""
CUE_SHARP, UNCUED = 12.0, 0.3
"""Words are told apart by small differences of their cosines, for short ones are all alike; share of the situations of
training whose words are not looked at, for other programs say it otherwise."""
MOST_POINT, MOST_ASKED, MOST_MISS = 4.0, 3.0, 1.5
"""Logits by which what is learned may move a candidate, by what it is to the target and by all else, and its absence.
Without a bound a place where nothing of the target is left was taken for it, since others had been there in training.
"""
RARELY, CUE_COUNTS, NOTE_COUNTS = 4.0, 8.0, 4.0
"""Logit against somebody else asking for an answer first, and against what is missing being on its way; for it where a
word tells of it, and where a note lies over the target, before anything is learned."""


@dataclass(frozen=True, slots=True)
class ActionConfig:
    """Sizes of the model, and the names of its parts."""

    look: int = 192
    """Length of a candidate's descriptor."""
    text: int = 192
    """Length of the vector of what a candidate reads."""
    frame: int = 384
    """Length of a frame of the utterance."""
    width: int = 128
    heads: int = 4
    fusion: str = "cross"
    """How voice and screen come together: a name in `FUSIONS`."""
    dropout: float = 0.1
    film: int = 0
    """Length of the tokens of the last frames, where a tower looks at these; 0 where none does."""

    def __post_init__(self) -> None:
        if self.fusion not in FUSIONS:
            raise ValueError(f"there is no fusion {self.fusion!r}; there are {', '.join(FUSIONS)}")
        if self.width % self.heads:
            raise ValueError(f"a width of {self.width} cannot be split among {self.heads} heads")


CONFIGS: TypeAdapter[ActionConfig] = TypeAdapter(ActionConfig)
"""The one codec of `config.json`."""


class Heads(NamedTuple):
    """What the model says about n situations: logits, and the attention over the steps for the explanation."""

    state: Tensor
    """[n, 4]."""
    step: Tensor
    """[n, steps]."""
    candidate: Tensor
    """[n, candidates + 1]; the last is "absent"."""
    argument: Tensor
    """[n, 3]."""
    attention: Tensor
    """Shares of the steps that candidate, argument and state are read from [n, steps]; softmax of `step`."""


class Likely(NamedTuple):
    """What stands for each step on the screen."""

    candidates: Tensor
    """Shares [n, steps, candidates]."""
    absent: Tensor
    """Share of nothing on the screen being it [n, steps]."""


class ActionModel(nn.Module):
    """Compares, fuses and decides."""

    def __init__(self, config: ActionConfig | None = None) -> None:
        super().__init__()
        self.config = config or ActionConfig()
        width = self.config.width
        self.film = nn.Linear(self.config.film, width) if self.config.film else None
        # A few columns of Whisper's frames are many times as large as all others.
        self.frame = nn.Sequential(nn.LayerNorm(self.config.frame), nn.Linear(self.config.frame, width))
        self.comparison, self.heard = Comparison(), Heard(self.config.frame)
        self.point = _correction(RELATIONS, 32, 1)
        self.miss = _correction(RELATIONS, 32, 1)
        self.cues = nn.Parameter(torch.randn(CUES, self.config.text))
        self.glance = nn.Sequential(nn.Linear(SEEN, 32), nn.GELU(), nn.Linear(32, GLANCED))
        # Among all else such moments are too rare to learn from: what was fitted to them would be lost again.
        self.notes = Notes().requires_grad_(False)
        self.place = nn.Linear(PLACES + 4 * len(WAVES), width)
        self.action = nn.Embedding(len(ACTIONS), width)
        self.kind = nn.Embedding(len(ARGUMENTS), width)
        self.outcome = nn.Embedding(OUTCOMES, width)
        self.order = nn.Parameter(torch.randn(MOST_STEPS, width) * 0.02)
        self.question = nn.Parameter(torch.randn(1, width) * 0.02)
        self.seen = nn.Linear(2 * RELATIONS + DONE_BY + TAKEN, width)
        self.shown = nn.Linear(RELATIONS + 4 + CUES, width)
        self.said_alike = nn.Linear(2, width)
        self.evidence = nn.Linear(EVIDENCE, width)
        self.fusion: Fusion = FUSIONS[self.config.fusion](width, self.config.heads, self.config.dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.ask, self.offer = _nothing(nn.Linear(width, width)), nn.Linear(width, width)
        self.no_place = _nothing(nn.Linear(width, 1))
        self.there = _effect_rule()
        self.holds = _correction(width + 2 * RELATIONS + 2 * DONE_BY + TAKEN, width, 1)
        self.other = _correction(width + EVIDENCE, width, 2)
        self.cued = _nothing(nn.Linear(CUES, 2))
        self.noted = _noted_rule()
        self.judged = _nothing(nn.Linear(width, len(STATES)))
        self.spoken = _spoken_rule()
        self.register_buffer("_time", waves(MOST_FRAMES, width), persistent=False)
        self.register_buffer("_before", torch.ones(MOST_STEPS, MOST_STEPS).triu(1), persistent=False)

    def look_out_for(self, passing: Tensor, asking: Tensor) -> None:
        """Begin with vectors of words that tell of waiting, and of others' questions; at most `CUES` together.

        Args:
            passing: What a screen says that is still to come [words, text].
            asking: What a box says that is to be answered first [words, text].
        """
        first, count = len(passing), len(passing) + len(asking)
        with torch.no_grad():
            self.cues[:count] = torch.cat([passing, asking])
            self.cued.weight[1, :first] = CUE_COUNTS
            self.cued.weight[0, first:count] = CUE_COUNTS

    def forward(self, batch: Batch) -> Heads:
        """Decide.

        Args:
            batch: The arrays of `INPUTS`, of n situations; whole numbers are int64, the others float32. A model with
                a film takes `film` too: tokens of the last frames [n, tokens, film].
        """
        relations, first = self.comparison(batch)
        frames, heard = self.heard(batch)
        hidden = (1 - batch["candidate_mask"]) * -NEVER
        scores = first + _bounded(self.point(relations)[..., 0], MOST_POINT) - hidden[:, None]
        best = (relations - hidden[:, None, :, None]).amax(dim=2).clamp(min=-10)  # [n, steps, RELATIONS]
        missing = ABSENT_BELOW + _bounded(self.miss(best)[..., 0], MOST_MISS)
        likely = _shares(batch, scores, missing)
        stands = (likely.candidates[..., None] * relations).sum(dim=2)  # [n, steps, RELATIONS]
        cues, figures = self._cued(batch), figures_of(batch)
        glanced = self._glanced(batch, figures, cues)
        evidence = torch.cat([heard, batch["spoken_alike"], novelty(batch), glanced], dim=1)
        first = self._first(batch, evidence, figures)
        about = torch.cat([best, stands, batch["step_seen"], written(batch)[..., None], taken(batch)], dim=-1)
        voice, screen, demonstration = self._embed(batch, relations, frames, evidence, about, cues)
        read, candidates = self.fusion(voice, screen, demonstration)
        decision, steps = self.norms[0](read[:, 0]), self.norms[1](read[:, 1:])
        offered = self.offer(self.norms[2](candidates)).transpose(1, 2)
        scores = scores + _bounded((self.ask(steps) @ offered) * self.config.width**-0.5, MOST_ASKED)
        likely = _shares(batch, scores, missing + _bounded(self.no_place(steps)[..., 0], MOST_MISS))
        return self._decide(batch, decision, steps, likely, about, evidence, first)

    def _cued(self, batch: Batch) -> Tensor:
        """How near what each candidate says is to the words that the model looks out for [n, candidates, CUES].

        What the demonstration showed too tells nothing.
        """
        near = unit(batch["candidate_texts"]) @ unit(self.cues).T
        new = (newly(batch) * batch["candidate_mask"])[..., None]
        cued: Tensor = (1 - (1 - near) * CUE_SHARP).clamp(min=0) * new
        if self.training and self.config.dropout:
            cued = cued * (torch.rand(len(cued), 1, 1, device=cued.device) >= UNCUED)
        return cued

    def _glanced(self, batch: Batch, figures: Tensor, cues: Tensor) -> Tensor:
        """The screen as a whole [n, CUES + 2 * GLANCED]."""
        return torch.cat([cues.amax(dim=1), pooled(self.glance(figures), batch["candidate_mask"])], dim=1)

    def _embed(
        self, batch: Batch, relations: Tensor, alike: Tensor, evidence: Tensor, about: Tensor, cues: Tensor
    ) -> tuple[Tokens, Tokens, Tokens]:
        """Tokens of the voice, of the screen, and of the question with the demonstration.

        Looks and texts come in as what they are to each other alone: which controls there are is another day's matter.
        """
        frames = self.frame(batch["utterance"]) + self.said_alike(alike)
        frames = frames + self._time[: frames.shape[1]]
        unused = (1 - batch["step_mask"])[:, :, None, None] * -NEVER
        nearest = (relations - unused).amax(dim=1).clamp(min=-10)  # [n, candidates, RELATIONS]
        figures = torch.stack([alike_of(batch), batch["candidate_out"]], dim=-1)
        own = torch.cat([nearest, batch["candidate_known"], figures, cues], dim=-1)
        screen = self._placed(batch["candidate_places"]) + self.shown(own)
        steps = self._placed(batch["step_places"]) + self.seen(about)
        steps = steps + self.action(batch["step_actions"]) + self.kind(batch["step_arguments"])
        steps = steps + self.outcome(batch["progress"]) + self.order[: steps.shape[1]]
        question = self.question + self.evidence(evidence)[:, None]
        asked = torch.cat([torch.ones_like(batch["step_mask"][:, :1]), batch["step_mask"]], dim=1)
        voice = Tokens(frames, mask_bias(batch["utterance_mask"]))
        if self.film is not None:  # what just moved is read beside what is said
            film = self.film(batch["film"])
            voice = joined(voice, Tokens(film, mask_bias(torch.ones_like(film[..., 0]))))
        return (
            voice,
            Tokens(screen, mask_bias(batch["candidate_mask"])),
            Tokens(torch.cat([question, steps], dim=1), mask_bias(asked)),
        )

    def _placed(self, places: Tensor) -> Tensor:
        """Demonstrated targets and candidates are placed by the same layer, so that like comes out like."""
        angles = torch.cat([places[..., :2] * wave for wave in WAVES], dim=-1) * torch.pi
        placed: Tensor = self.place(torch.cat([places, angles.sin(), angles.cos()], dim=-1))
        return placed

    def _decide(
        self,
        batch: Batch,
        decision: Tensor,
        steps: Tensor,
        likely: Likely,
        about: Tensor,
        evidence: Tensor,
        first: Tensor,
    ) -> Heads:
        seen = about[..., 2 * RELATIONS : 2 * RELATIONS + DONE_BY]
        following = functional.pad(seen[:, 1:], (0, 0, 0, 1))  # a field need not be gone to where its text is there
        turned = about[..., RELATIONS + TURNED : RELATIONS + LIT + 1]
        holds = self.there(torch.cat([seen, turned], dim=-1))
        holds = holds + self.holds(torch.cat([steps, about, following], dim=-1))
        count = seen.shape[1]
        after = next_step(holds[..., 0], batch["progress"], batch["step_mask"], self._before[:count, :count])
        attention = after.steps.softmax(dim=-1)
        shares = (attention[..., None] * likely.candidates).sum(dim=1)
        absent = (attention * likely.absent).sum(dim=1)
        pointed = (shares + TINY).log() + NEVER * (1 - batch["candidate_mask"])
        candidate = torch.cat([pointed, (absent + TINY).log()[:, None]], dim=1)
        placed = there(batch["step_places"])
        missing = (attention * likely.absent * placed).sum(dim=1)
        found = (attention * (likely.candidates.sum(dim=2) * placed + 1 - placed)).sum(dim=1)
        said, shown = (self.other(torch.cat([decision, evidence], dim=-1)) + first[:, :2]).unbind(dim=1)
        notes = about[..., 2 * RELATIONS + DONE_BY :]
        passing = first[:, 2] + (attention * self.noted(notes)[..., 0]).sum(dim=1)
        state = states(after, missing, found, said, shown, passing) + self.judged(decision)
        kinds = functional.one_hot(batch["step_arguments"], len(ARGUMENTS)).float()
        argument = ((attention[..., None] * kinds).sum(dim=1) + 1e-4).log()
        return Heads(state, after.steps, candidate, argument, attention)

    def _first(self, batch: Batch, evidence: Tensor, figures: Tensor) -> Tensor:
        """Logits of something else being said or shown, and of what is missing being on its way [n, 3].

        By rule, and by what was fitted to such moments alone, before all is weighed together.
        """
        cues = evidence[:, -CUES - 2 * GLANCED : -2 * GLANCED]
        told = self.cued(cues) + self.notes(figures, batch["candidate_mask"]) - RARELY
        return torch.cat([self.spoken(batch["spoken_alike"]), told], dim=1)

    def save_pretrained(self, folder: Path) -> None:
        """Write `config.json` and `model.safetensors`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_bytes(CONFIGS.dump_json(self.config, indent=2) + b"\n")
        save_file({name: value.contiguous() for name, value in self.state_dict().items()}, folder / "model.safetensors")

    @classmethod
    def from_pretrained(cls, folder: Path) -> ActionModel:
        """Read what `save_pretrained` wrote."""
        model = cls(CONFIGS.validate_json((folder / "config.json").read_bytes()))
        model.load_state_dict(load_file(folder / "model.safetensors"))
        return model.eval()


class Flat(nn.Module):
    """The model with its inputs one by one, as an ONNX graph takes them."""

    def __init__(self, model: ActionModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, *arrays: Tensor) -> Heads:
        """Arrays in the order of `INPUTS`."""
        heads: Heads = self.model(dict(zip(INPUTS, arrays, strict=True)))
        return heads


@torch.no_grad()
def torch_outputs(model: ActionModel, feeds: Feeds) -> Feeds:
    """A model's outputs by their names, from arrays to arrays."""
    heads = model.eval()({name: torch.from_numpy(array) for name, array in feeds.items()})
    return {name: tensor.numpy() for name, tensor in zip(OUTPUTS, heads, strict=True)}


def waves(length: int, width: int) -> Tensor:
    """Sinusoids that tell the time of frames (Vaswani et al. 2017): [length, width]."""
    rates = torch.exp(torch.arange(0, width, 2) * (-torch.log(torch.tensor(1e4)) / width))
    angles = torch.arange(length)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def _shares(batch: Batch, scores: Tensor, missing: Tensor) -> Likely:
    """What stands for each step: nothing at all for what has no place, as typing."""
    placed = there(batch["step_places"])
    logits = torch.cat([scores + NEVER * (1 - placed)[..., None], missing[..., None]], dim=-1)
    shares = logits.softmax(dim=-1)
    return Likely(shares[..., :-1], shares[..., -1])


def _nothing(layer: nn.Linear) -> nn.Linear:
    """A layer that says nothing before training."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _bounded(correction: Tensor, most: float) -> Tensor:
    """A correction that moves a rule by no more than so much, either way."""
    bounded: Tensor = most * (correction / most).tanh()
    return bounded


def _correction(inside: int, width: int, outside: int) -> nn.Sequential:
    """A small network that corrects a rule, and leaves it as it is before training."""
    return nn.Sequential(nn.Linear(inside, width), nn.GELU(), _nothing(nn.Linear(width, outside)))


def _rule(weights: list[float], bias: float) -> nn.Linear:
    layer = nn.Linear(len(weights), 1)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([weights])
        layer.bias[:] = bias
    return layer


def _effect_rule() -> nn.Linear:
    """The effect of a step is there where what came is there, what went is not, and its target turned or stands out.

    A logistic regression on 7,592 steps of training episodes.
    """
    return _rule([2.0, 2.8, -3.3, 0.6, -1.2, -0.3, 1.8, -0.7, -2.1, -0.3, 1.7, 0.3, 2.1, 4.1, 1.6], -2.3)


def _noted_rule() -> nn.Linear:
    """What is missing is on its way where a note stands out over it; such notes differ from their ground by a half."""
    layer = nn.Linear(TAKEN, 1, bias=False)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([[0.0, 2 * NOTE_COUNTS]])
    return layer


def _spoken_rule() -> nn.Linear:
    """Something else is said where utterances are not alike, and hardly where one was not said.

    A logistic regression on 2,319 pairs of utterances of training episodes.
    """
    return _rule([2.0, -5.4, 0.4, -0.2, 0.0, -0.1, 3.0, -1.4, -9.0], -3.8)
