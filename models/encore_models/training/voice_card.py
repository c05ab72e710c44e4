"""The model card of the voice head."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from encore_models.training.evaluate_voice_head import Figures
from encore_models.training.voice_sentences import DEVELOPMENT_PAIRS
from encore_models.training.voice_sounds import DEVELOPMENT, TRAINING

_INTRODUCTION = """\
# Voice head

Knows a command again when another voice says it in noise, without words. It takes the frames of Whisper tiny.en's
frozen int8 encoder, with the changes of `whisper_adapter` (25 a second, only the speech, their mean taken off), and
gives a vector for every frame, which are compared by dynamic time warping, and one of unit length for the whole
utterance, compared by the cosine. A second, smaller graph finds the speech among the frames.
`encore_models.perception.prints` runs both.

The two comparisons make one likeness: typically 0.55 to the right command by another voice, and -0.14 to the nearest
wrong one of thirty. The numbers that do so lie in `manifest.json` and were settled on the development voices below.

## What it is not for

It does not say who speaks, and must not be used to keep others out. Commands that differ in one short word ("turn on",
"turn off") are close to each other in noise: Encore then asks or reads the words. It has learned from programs that
speak, in English; people were never heard, so expect real voices to do worse than the table.
"""
_TRAINING = """\
## Training

{command}

Families of sentences that share words are said by several speakers each, some with pitch and formants moved, in rooms
and through microphones that are made up, with noise, babble or music down to 3 dB. A step shows 48 sentences, four of a
family, each said twice. The head learns to find the sentence among all others by its embedding (InfoNCE), among its
siblings by warping in time (InfoNCE over hard DTW, with gradients along the best path), and to put both on one scale.
"""


def model_card(head: nn.Module, gate: nn.Module, found: Mapping[str, Figures], command: str) -> str:
    """The text of `README.md`.

    Args:
        head: As trained.
        gate: The same.
        found: Figures of the development trials, by who enrolled.
        command: How these weights came about.
    """
    sizes = [sum(parameter.numel() for parameter in part.parameters()) for part in (head, gate)]
    lines = [
        _INTRODUCTION,
        f"Parameters: {sizes[0]:,} and {sizes[1]:,}, kept in half precision. Licence: MIT.",
        "",
        "## Figures on development voices",
        "",
        f"{len(DEVELOPMENT_PAIRS)} pairs of commands that share words, never trained on; one clean enrolment; queries "
        "at other speeds, clean and with noise, babble or music at 20, 10 and 5 dB. Missed are queries where another "
        "command was nearer, or the right one below the threshold that lets in 1 % of the impostors.",
        "",
        "| enrolled by | top-1 of 30, % | equal error, % | misses, far sentences, % | misses, siblings, % |",
        "|---|---|---|---|---|",
    ]
    for name, figures in found.items():
        values = (figures.top1, figures.equal_error, figures.miss_far, figures.miss_siblings)
        lines.append(f"| {name} | " + " | ".join(_percent(value) for value in values) + " |")
    others = next(iter(found.values()))
    lines += ["", "| queries by other voices | top-1 of 30, % | misses, siblings, % |", "|---|---|---|"]
    for name, top1 in others.top1_by.items():
        lines.append(f"| {name} | {_percent(top1)} | {_percent(others.miss_siblings_by[name])} |")
    lines += ["", _TRAINING.format(command=command), "## Data and licences", "", *_voices(), ""]
    return "\n".join(lines)


def _voices() -> list[str]:
    espeak = sum(speaker.engine == "espeak" for speaker in TRAINING)
    development = ", ".join(speaker.name for speaker in DEVELOPMENT)
    return [
        f"- espeak-ng (GPL-3 program; its speech is free), {espeak} combinations of variant and accent",
        "- flite kal16 and awb (MIT-like; CMU)",
        "- Hibari 0.2 `heart` (Apache-2.0, distilled from Kokoro-82M, Apache-2.0)",
        f"- development, never trained on: {development}",
        "- Whisper tiny.en (MIT), with the changes of `whisper_adapter`, made the frames and was not changed further",
        "",
        "The sentences are made from word lists in `voice_sentences`. What the benchmark says, its voices and its "
        "sentences, is not among them.",
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
