"""What compares today with the demonstration: targets with candidates, screens with screens, speech with speech.

The running program has all of it without training: cosines of looks and texts with the target before and after its
step, how far places are apart, what the demonstration's screens did not hold, and how alike two utterances are. A
one-shot model begins from these and learns what to make of them.
"""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional

from encore_models.perception.action import FIELD, SPELT_FLOOR
from encore_models.perception.action_evidence import SPELT
from encore_models.perception.situation import ARGUMENTS

Batch = dict[str, Tensor]

COMPARED, LEARNED = 28, 16
"""Figures that compare a step's target with a candidate; features that are made of them."""
RELATIONS = COMPARED + LEARNED
SHARP = 20.0
"""Times a cosine is the logit of a candidate before anything is learned."""
KIND_COUNTS, FIELD_ALIKE = 2.0, 0.95
"""Logit that a candidate of the target's kind has more than another one; cosine that a field is at least taken for
another one with, whatever is typed in it, for there are few."""
FAR_COUNTS = 2.0
"""Logit that a candidate has less that lies at the other end of the window."""
TYPED_COUNTS = 6.0
"""Logit that what is written in a field has less for a target that is a label: it is what was typed."""
HEARD = 6
"""Figures that compare the frames of two utterances."""
PROJECTED = 96
"""Length of the frames in which utterances are compared the learned way."""
FRAMES_BESIDE = (-1, 0, 1)
"""Frames before and after that are compared together with one: an eighth of a second. Twice as long told less."""
OTHER_COUNTS = 3.0
"""How often each share of letters counts that a name has less than one that is the same."""
REDRAWN = 0.08
"""Added to the cosine of what two drawings mean it counts as one of looks: of 384 icons to be acted on 14 % looked
otherwise than when they were shown, and 58 % of these meant the same by .8, as 2 % of all wrong ones did."""
TWIN, TWIN_COUNTS = 0.4, 4.0
"""By so much a place has to be more like something else that was shown to lose by it; logit it loses for each more."""
BESIDE_COUNTS, USUALLY_BESIDE = 4.0, 0.3
"""Logit that a drawing without a name has more where all that stood beside it is beside it, and how much of that is
beside most."""
SLOT = ARGUMENTS.index("slot")
NOTE = (1.0, 2.0)
"""Widths and heights of a text around its middle that a note with it covers."""
KNOWN, NEW_SHARP = 0.97, 12.0
"""From which cosine the demonstration's screens held a text; words are told apart by small differences."""
TAKEN = 2
"""Figures that say whether a note lies over a target."""
ROOM, MOST_ROOMS, MOST_APART = (0.031, 0.0175), 5.0, 20.0
"""Width and height, as shares of the window, that a thing which stands alone has around it; so many of them count, to
the nearest thing and to the nearest new text."""
IN_LINE, INSIDE = 0.0025, 0.002
"""Shares of the window by which edges in line, and those of a thing in another one, are off at most."""
ALONE = 3
"""Figures that say how a candidate stands among the others."""


class Comparison(nn.Module):
    """How alike each demonstrated target and each candidate are."""

    def __init__(self) -> None:
        super().__init__()
        self.relate = nn.Sequential(nn.Linear(COMPARED, 48), nn.GELU(), nn.Linear(48, LEARNED))

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """A batch -> features [n, steps, candidates, RELATIONS], and the logits that follow from them without learning.

        A target that its step has changed is to be found by what it looks like afterwards too. A label is known by
        what it says, a drawing that repeats by that and by its look, any other drawing by its look alone.
        """
        hidden = (1 - batch["candidate_mask"])[:, None]
        before = _cosines(batch["steps"], batch["candidates"])
        after = _cosines(batch["step_effects"], batch["candidates"])
        texts = _cosines(batch["step_texts"], batch["candidate_texts"])
        spelt, meant, leads, beside, lit = batch["step_matches"].unbind(dim=-1)
        looks = torch.maximum(torch.maximum(before, after), (meant + REDRAWN).clamp(max=1) * (meant > 0).float())
        places, others = batch["step_places"][:, :, None], batch["candidate_places"][:, None]
        apart = places[..., :4] - others[..., :4]
        kinds = places[..., 4:] * others[..., 4:]
        known = there(batch["step_effects"])[:, :, None]
        says = there(batch["step_texts"])[:, :, None]
        told = says * there(batch["candidate_texts"])[:, None, :]
        worded = batch["step_places"][..., FIELD - 1 : FIELD + 1].sum(dim=-1)[:, :, None] * says
        turned = (after - before) * known
        by_look = looks - (looks - 4 * hidden).amax(dim=2, keepdim=True)
        by_text = spelt - (spelt - 4 * hidden).amax(dim=2, keepdim=True)
        wide = torch.ones_like(before)
        figures = [before, after, texts, turned, lit, beside, lit * beside, by_look, by_text, told, worded * wide]
        figures += [says * wide, known * wide, kinds.sum(dim=-1), alike_of(batch)[:, None, :] * wide]
        figures += [there(batch["steps"])[:, :, None] * wide]
        typed = in_field(batch["candidate_places"])[:, None] * wide
        slotted = (batch["step_arguments"] == SLOT).float()[:, :, None]
        figures += [spelt, meant, leads, there(batch["candidate_texts"])[:, None] * wide, typed, slotted * wide]
        compared = torch.stack(figures, dim=-1)
        own = batch["candidate_known"][:, None].expand(*before.shape, 2)
        compared = torch.cat([compared, apart.abs(), own], dim=-1)
        marked = says * (1 - worded)
        named = (spelt - OTHER_COUNTS * (SPELT_FLOOR - spelt).clamp(min=0)).clamp(min=0)
        alike = worded * named + marked * torch.minimum(named, looks) + (1 - says) * looks
        alike = torch.maximum(alike, FIELD_ALIKE * kinds[..., FIELD - 4])
        far = (apart[..., :2].square().sum(dim=-1) + 1e-6).sqrt()
        first = SHARP * alike + KIND_COUNTS * kinds.sum(dim=-1) - FAR_COUNTS * far
        first = first - TYPED_COUNTS * typed * batch["step_places"][..., FIELD - 1, None]
        first = first - TWIN_COUNTS * (-leads - TWIN).clamp(min=0) * (1 - slotted)
        first = first + BESIDE_COUNTS * (beside - USUALLY_BESIDE) * (1 - says)
        return torch.cat([compared, self.relate(compared)], dim=-1), first


class Heard(nn.Module):
    """How alike what is said today and what was said when it was shown are, frame by frame and as a whole."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.project = nn.Linear(width, PROJECTED, bias=False)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """A batch -> [n, frames, 2] how well each frame of today has its like, and [n, HEARD] over all frames.

        In each pair the first is of Whisper's frames as they are, the second of learned ones.
        """
        today, shown = batch["utterance_mask"], batch["shown_utterance_mask"]
        ours, theirs = self.norm(batch["utterance"]), self.norm(batch["shown_utterance"])
        middle = (_sum(ours, today) + _sum(theirs, shown)) / (_count(today) + _count(shown)).clamp(min=1)[..., None]
        ours, theirs = ours - middle[:, None], theirs - middle[:, None]
        both = today[:, :, None] * shown[:, None, :]
        pairs = ((ours, theirs), (self.project(ours), self.project(theirs)))
        found = torch.stack([_beside(_cosines(*pair) * both) for pair in pairs], dim=-1)
        nothing = (1 - both)[..., None] * 1e4
        forth = (found - nothing).amax(dim=2).clamp(min=-1) * today[..., None]
        back = (found - nothing).amax(dim=1).clamp(min=-1) * shown[..., None]
        any_said = (_count(today) * _count(shown)).clamp(max=1)
        length = (_count(today).clamp(min=1) / _count(shown).clamp(min=1)).log() * any_said
        means = [
            _sum(part, mask) / _count(mask).clamp(min=1)[:, None] for part, mask in ((forth, today), (back, shown))
        ]
        whole = torch.cat([mean * any_said[:, None] for mean in means], dim=1)
        return forth * any_said[:, None, None], torch.cat([whole, any_said[:, None], length[:, None]], dim=1)


def novelty(batch: Batch) -> Tensor:
    """How much of the screen the demonstration's screens held: [n, 4], mean and least of looks and of texts."""
    known, mask = batch["candidate_known"], batch["candidate_mask"]
    mean = _sum(known, mask) / _count(mask).clamp(min=1)[:, None]
    least = (known + (1 - mask)[..., None] * 1e4).amin(dim=1).clamp(max=1)
    return torch.cat([mean, least], dim=1)


def written(batch: Batch) -> Tensor:
    """How alike what is to be typed and what stands in the field that is most like it are [n, steps]; else 0."""
    fields = batch["candidate_places"][..., FIELD] * batch["candidate_mask"]
    typed = there(batch["step_texts"]) * (1 - there(batch["step_places"])) * batch["step_mask"]
    found: Tensor = (batch["step_matches"][..., SPELT] * fields[:, None]).amax(dim=2) * typed
    return found


def in_field(places: Tensor) -> Tensor:
    """1 for what lies in a field and is none: places [n, candidates, 8] -> [n, candidates]."""
    field = places[..., FIELD]
    apart = (places[:, :, None, :2] - places[:, None, :, :2]).abs()
    inside = (apart < places[:, None, :, 2:4] / 2).float().prod(dim=-1) * field[:, None]
    return inside.amax(dim=2) * (1 - field)


def taken(batch: Batch) -> Tensor:
    """How new a text is that stands right where each step's target did, as a note over it does [n, steps, TAKEN].

    From 0 to 1; the second one counts it only as far as its ground is not that of other texts, as rows come and go too.
    """
    places, others = batch["step_places"][:, :, None], batch["candidate_places"][:, None]
    apart = (places[..., :2] - others[..., :2]).abs()
    over = (apart <= others[..., 2:4] * torch.tensor(NOTE, device=apart.device)).float().prod(dim=-1)
    says = there(batch["candidate_texts"]) * batch["candidate_mask"]
    new = over * (newly(batch) * says)[:, None]
    both = torch.stack([new, new * batch["candidate_out"][:, None]], dim=-1).amax(dim=2)
    return both * (there(batch["step_places"]) * batch["step_mask"])[..., None]


def newly(batch: Batch) -> Tensor:
    """How new what each candidate says is, from 0 where the demonstration's screens held it to 1 [n, candidates]."""
    return ((KNOWN - batch["candidate_known"][..., 1]) * NEW_SHARP).clamp(0, 1)


def alone(batch: Batch) -> Tensor:
    """How each candidate stands among the others [n, candidates, ALONE].

    How much room it has to the nearest one and to the nearest new text, each 0 to 1, and how many have a side in line
    with its own, as a logarithm. A note that passes by has room, is in line with nothing and is all that is new there;
    a row has its like above and below, and a box that asks has a reason and answers. What lies in a thing or around
    it, as the ground it is drawn on, is not another one.
    """
    places, mask = batch["candidate_places"], batch["candidate_mask"]
    low, high = places[..., :2] - places[..., 2:4] / 2, places[..., :2] + places[..., 2:4] / 2
    inside = ((low[:, None] <= low[:, :, None] + INSIDE) & (high[:, None] >= high[:, :, None] - INSIDE)).float()
    inside = inside.prod(dim=-1)
    others = mask[:, None] * (1 - torch.maximum(inside, inside.transpose(1, 2)))
    gaps = torch.maximum(low[:, None] - high[:, :, None], low[:, :, None] - high[:, None]).clamp(min=0)
    rooms = (gaps / torch.tensor(ROOM, device=gaps.device)).amax(dim=-1)
    new = (newly(batch) * there(batch["candidate_texts"]))[:, None]
    nearest = (rooms + (1 - others) * MOST_ROOMS).amin(dim=2).clamp(max=MOST_ROOMS) / MOST_ROOMS
    newest = (rooms + (1 - others * new) * MOST_APART).amin(dim=2).clamp(max=MOST_APART) / MOST_APART
    sides = torch.minimum((low[:, :, None] - low[:, None]).abs(), (high[:, :, None] - high[:, None]).abs())[..., 0]
    itself = torch.eye(mask.shape[1], device=mask.device)
    in_line = ((sides < IN_LINE).float() * (1 - itself) * mask[:, None]).sum(dim=2)
    return torch.stack([nearest, newest, in_line.log1p()], dim=-1)


def unit(vectors: Tensor) -> Tensor:
    """Of length one; nothing (all zeros) stays nothing."""
    return vectors / vectors.square().sum(dim=-1, keepdim=True).clamp(min=1e-8).sqrt()


def alike_of(batch: Batch) -> Tensor:
    """How many candidates look the same, on a scale of numbers that are not large [n, candidates]."""
    return batch["candidate_alike"].float().clamp(min=0).log1p()


def _cosines(ones: Tensor, others: Tensor) -> Tensor:
    """[n, ones, others], in all digits of float32: the same drawing and a similar one differ in the second."""
    device = ones.device.type
    precise = torch.autocast(device, enabled=False) if torch.is_autocast_enabled(device) else nullcontext()
    with precise:
        return unit(ones.float()) @ unit(others.float()).transpose(1, 2)


def _beside(found: Tensor) -> Tensor:
    """Each likeness with those of the frames before and after it, as both go on: [n, today, shown]."""
    most = max(FRAMES_BESIDE)
    padded = functional.pad(found, (most, most, most, most))
    rows, columns = found.shape[1], found.shape[2]
    parts = [padded[:, most + by : most + by + rows, most + by : most + by + columns] for by in FRAMES_BESIDE]
    return torch.stack(parts).mean(dim=0)


def there(vectors: Tensor) -> Tensor:
    """1 where a row has any number, else 0."""
    return (vectors.square().sum(dim=-1) > 1e-6).float()


def _sum(values: Tensor, mask: Tensor) -> Tensor:
    """Over what there is: [n, rows, width], [n, rows] -> [n, width]."""
    return (values * mask[..., None]).sum(dim=1)


def _count(mask: Tensor) -> Tensor:
    """[n, rows] -> [n]."""
    return mask.sum(dim=1)
