"""The action model: a one-shot imitation transformer. The whole network is in this file and `fusion.py`.

Tokens are the utterance's frames, the candidates on the screen and the demonstrated steps with their progress; a
learned token reads from all of them what to do. The model was never shown the controls it is asked about, so what
compares today with the demonstration is given to it (`compare.py`) instead of left to be learned.
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
from encore_models.training.action.compare import (
    COSINES,
    EVIDENCE,
    RELATIONS,
    Batch,
    Comparison,
    Heard,
    alike_of,
    novelty,
    unit,
)
from encore_models.training.action.fusion import FUSIONS, Fusion, Tokens, joined, mask_bias
from encore_models.training.action.samples import ACTIONS, ARGUMENTS, STATES

PLACES, MOST_STEPS, MOST_FRAMES, OUTCOMES = 8, 12, 100, 3
WAVES = (1, 2, 4)
"""How often a sine goes round over the window, for places."""
FIRST_GUESS = 3.0
"""Weight of the sharpened cosines in choosing the candidate that stands for a step, before anything is learned."""


@dataclass(frozen=True, slots=True)
class ActionConfig:
    """Sizes of the model, and the names of its parts."""

    look: int = 192
    """Length of a candidate's descriptor."""
    text: int = 192
    """Length of the vector of what a candidate reads."""
    frame: int = 384
    """Length of a frame of the utterance."""
    width: int = 256
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


class ActionModel(nn.Module):
    """Embeds, fuses and decides."""

    def __init__(self, config: ActionConfig | None = None) -> None:
        super().__init__()
        self.config = config or ActionConfig()
        width = self.config.width
        # A few columns of Whisper's frames are many times as large as all others.
        self.film = nn.Linear(self.config.film, width) if self.config.film else None
        self.frame = nn.Sequential(nn.LayerNorm(self.config.frame), nn.Linear(self.config.frame, width))
        self.look = nn.Linear(self.config.look, width, bias=False)
        self.text = nn.Linear(self.config.text, width, bias=False)
        self.place = nn.Linear(PLACES + 4 * len(WAVES), width)
        self.alike = nn.Linear(1, width)
        self.action = nn.Embedding(len(ACTIONS), width)
        self.kind = nn.Embedding(len(ARGUMENTS), width)
        self.outcome = nn.Embedding(OUTCOMES, width)
        self.order = nn.Parameter(torch.randn(MOST_STEPS, width) * 0.02)
        self.question = nn.Parameter(torch.randn(1, width) * 0.02)
        self.comparison, self.heard = Comparison(), Heard(self.config.frame)
        self.counterpart = first_guess(nn.Linear(RELATIONS, 1), FIRST_GUESS)
        self.seen = nn.Linear(2 * RELATIONS, width)
        self.shown = nn.Linear(RELATIONS, width)
        self.known = nn.Linear(2, width)
        self.said_alike = nn.Linear(2, width)
        self.evidence = nn.Linear(EVIDENCE, width)
        self.fusion: Fusion = FUSIONS[self.config.fusion](width, self.config.heads, self.config.dropout)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.ask_steps, self.offer_step = nn.Linear(width, width), nn.Linear(width, width)
        self.ask_candidates, self.offer_candidate = nn.Linear(2 * width, width), nn.Linear(width, width)
        self.match = first_guess(nn.Linear(RELATIONS, 1), 1.0)
        self.absent = nn.Linear(2 * width + RELATIONS, 1)
        self.state = _head(3 * width + RELATIONS + EVIDENCE, width, len(STATES))
        self.argument = _head(2 * width, width, len(ARGUMENTS))
        self.register_buffer("_time", waves(MOST_FRAMES, width), persistent=False)

    def forward(self, batch: Batch) -> Heads:
        """Decide.

        Args:
            batch: The arrays of `INPUTS`, of n situations; whole numbers are int64, the others float32. A model with
                a film takes `film` too: tokens of the last frames [n, tokens, film].
        """
        relations = self.comparison(batch)
        frames, heard = self.heard(batch)
        evidence = torch.cat([heard, novelty(batch)], dim=1)
        voice, screen, demonstration = self._embed(batch, relations, frames, evidence)
        read, candidates = self.fusion(voice, screen, demonstration)
        decision, steps = self.norms[0](read[:, 0]), self.norms[1](read[:, 1:])
        return self._decide(batch, decision, steps, self.norms[2](candidates), relations, evidence)

    def _embed(self, batch: Batch, relations: Tensor, alike: Tensor, evidence: Tensor) -> tuple[Tokens, Tokens, Tokens]:
        """Tokens of the voice, of the screen, and of the question with the demonstration."""
        frames = self.frame(batch["utterance"]) + self.said_alike(alike)
        frames = frames + self._time[: frames.shape[1]]
        hidden = (1 - batch["candidate_mask"])[:, None, :, None] * 1e4
        best = (relations - hidden).amax(dim=2).clamp(min=-10)  # [n, steps, RELATIONS]
        unused = (1 - batch["step_mask"])[:, :, None, None] * 1e4
        nearest = (relations - unused).amax(dim=1).clamp(min=-10)  # [n, candidates, RELATIONS]
        screen = self._target(batch["candidates"], batch["candidate_texts"], batch["candidate_places"])
        screen = screen + self.alike(alike_of(batch)[..., None]) + self.shown(nearest)
        screen = screen + self.known(batch["candidate_known"] * 2)
        steps = self._target(batch["steps"], batch["step_texts"], batch["step_places"])
        steps = steps + self.action(batch["step_actions"]) + self.kind(batch["step_arguments"])
        steps = steps + self.outcome(batch["progress"]) + self.order[: steps.shape[1]]
        steps = steps + self.seen(torch.cat([best, self._counterparts(relations, hidden)], dim=-1))
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

    def _counterparts(self, relations: Tensor, hidden: Tensor) -> Tensor:
        """How each step's target is related to what stands for it on this screen [n, steps, RELATIONS]."""
        weights = (self.counterpart(relations) - hidden).softmax(dim=2)
        return (weights * relations).sum(dim=2)

    def _target(self, looks: Tensor, texts: Tensor, places: Tensor) -> Tensor:
        """Demonstrated targets and candidates are embedded by the same layers, so that like comes out like."""
        angles = torch.cat([places[..., :2] * wave for wave in WAVES], dim=-1) * torch.pi
        embedded = self.place(torch.cat([places, angles.sin(), angles.cos()], dim=-1))
        # Unit vectors have small numbers; the scale brings them to the size of the other parts.
        scale = self.config.look**0.5
        summed: Tensor = embedded + self.look(unit(looks) * scale) + self.text(unit(texts) * scale)
        return summed

    def _decide(
        self, batch: Batch, decision: Tensor, steps: Tensor, candidates: Tensor, relations: Tensor, evidence: Tensor
    ) -> Heads:
        size = self.config.width**-0.5
        step = (self.offer_step(steps) @ self.ask_steps(decision)[..., None])[..., 0] * size
        step = step - (1 - batch["step_mask"]) * 1e4
        attention = step.softmax(dim=-1)
        read = torch.cat([decision, (attention[..., None] * steps).sum(dim=1)], dim=-1)
        related = (attention[:, :, None, None] * relations).sum(dim=1)  # [n, candidates, RELATIONS]
        hidden = (1 - batch["candidate_mask"]) * 1e4
        best = (related - hidden[..., None]).amax(dim=1).clamp(min=-10)
        pointed = (self.offer_candidate(candidates) @ self.ask_candidates(read)[..., None])[..., 0] * size
        pointed = pointed + self.match(related)[..., 0] - hidden
        informed = torch.cat([read, best], dim=-1)
        candidate = torch.cat([pointed, self.absent(informed)], dim=1)
        # Done is where no step is left, so what is most so of any step is told too.
        most = (steps - (1 - batch["step_mask"])[..., None] * 1e4).amax(dim=1).clamp(min=-10)
        state = self.state(torch.cat([informed, most, evidence], dim=-1))
        return Heads(state, step, candidate, self.argument(read), attention)

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


class Losses(NamedTuple):
    """Sums over situations, by head, and of how many situations each is the sum."""

    sums: Tensor
    """[4]: state, step, candidate, argument."""
    counts: Tensor
    """[4]."""
    right: Tensor
    """How many of them are right [4]."""


def losses_of(heads: Heads, batch: Batch) -> Losses:
    """Cross-entropy of each head, summed so that parts of a batch add up.

    A step and its argument are asked for where one is due. A candidate is asked for there too, and "absent" where the
    right thing is to wait: that its target is not there is what waiting is read from.
    """
    due, waiting = batch["state"] == STATES.index("step"), batch["state"] == STATES.index("wait")
    absent = heads.candidate.shape[1] - 1
    wanted = (
        (heads.state, batch["state"], torch.ones_like(due)),
        (heads.step, batch["step"], due),
        (heads.candidate, torch.where(batch["candidate"] < 0, absent, batch["candidate"]), due | waiting),
        (heads.argument, batch["argument"], due),
    )
    sums = [
        functional.cross_entropy(logits.float(), torch.where(asked, label, -100), ignore_index=-100, reduction="sum")
        for logits, label, asked in wanted
    ]
    right = [((logits.argmax(dim=1) == label) & asked).sum() for logits, label, asked in wanted]
    counts = [asked.sum() for _, _, asked in wanted]
    return Losses(torch.stack(sums), torch.stack(counts).float(), torch.stack(right).float())


def waves(length: int, width: int) -> Tensor:
    """Sinusoids that tell the time of frames (Vaswani et al. 2017): [length, width]."""
    rates = torch.exp(torch.arange(0, width, 2) * (-torch.log(torch.tensor(1e4)) / width))
    angles = torch.arange(length)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def first_guess(layer: nn.Linear, weight: float) -> nn.Linear:
    """A layer over relations that begins with their sharpened cosines, and with little else."""
    with torch.no_grad():
        layer.weight *= 0.1
        layer.weight[:, -COSINES:] = weight
    return layer


def _head(inside: int, width: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inside, width), nn.GELU(), nn.Linear(width, outside))
