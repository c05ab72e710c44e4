"""What the voice prints tell by themselves: which of 30 commands, and commands against their siblings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from encore_models.perception.prints import VoicePrint, likeness
from tests.benchmarks.hearing.commands import commands
from tests.benchmarks.hearing.ours import Ears
from tests.benchmarks.hearing.score import auroc, by_group, missed_at, share_of, threshold_at
from tests.benchmarks.hearing.sounds import CONDITIONS, GROUPS, TO_5_DB, Condition

FAR = 0.01


@dataclass(frozen=True, slots=True)
class Compared:
    """One utterance against one enrolment of each of 30 commands."""

    enroller: str
    speaker: str
    condition: str
    said: int
    """Place of the command."""
    likenesses: tuple[float, ...]
    """To the enrolment of each command; empty where nothing was heard."""

    @property
    def right(self) -> bool:
        """Whether its own command is the likest of 30."""
        return bool(self.likenesses) and int(np.argmax(self.likenesses)) == self.said


def compare_all(ears: Ears, voices: Sequence[str], advance: Callable[[], None]) -> list[Compared]:
    """Every command by every voice in every condition, against the enrolments of every voice."""
    said = commands(ears.booth.split)
    templates = {voice: [_enrolled(ears, text, voice) for text in said] for voice in voices}
    found = []
    for speaker in voices:
        for condition in CONDITIONS:
            for place, text in enumerate(said):
                heard = _heard(ears, text, speaker, condition)
                for enroller in voices:
                    like = () if heard is None else tuple(map(float, likeness(heard, templates[enroller])))
                    found.append(Compared(enroller, speaker, condition.name, place, like))
                advance()
    return found


def _enrolled(ears: Ears, text: str, voice: str) -> VoicePrint:
    utterance = ears.booth.enrolled(text, voice)
    if utterance is None:
        raise LookupError(f"voice activity found nothing where {voice} said “{text}” in clean air")
    return ears.print_of(utterance)


def _heard(ears: Ears, text: str, voice: str, condition: Condition) -> VoicePrint | None:
    utterance = ears.booth.said(text, voice, condition)
    return None if utterance is None else ears.print_of(utterance)


def top1_figures(found: Sequence[Compared]) -> dict[str, Any]:
    """How often the likest of 30 is right, other voices than the enrolled one; clean to 5 dB, and each group."""
    others = [one for one in found if one.speaker != one.enroller]
    plain = {condition.name for condition in TO_5_DB}
    counted = [one for one in others if one.condition in plain]
    same = [one for one in found if one.speaker == one.enroller and one.condition in plain]
    return {
        "all": share_of(one.right for one in counted).as_json(),
        "same_voice": share_of(one.right for one in same).as_json(),
        "conditions": by_group(others, lambda one: one.condition, lambda one: one.right),
        **voice_groups(counted, lambda one: one.right),
    }


def voice_groups(rows: Sequence[Any], right: Callable[[Any], bool]) -> dict[str, Any]:
    """A table for each grouping of the speakers."""
    tables = {"speakers": by_group(rows, lambda row: row.speaker, right)}
    for place, name in enumerate(("programs", "timbres", "accents")):
        tables[name] = by_group(rows, lambda row, place=place: GROUPS[row.speaker][place], right)  # type: ignore[misc]
    return tables


def sibling_figures(found: Sequence[Compared], split_enrolled: int) -> dict[str, Any]:
    """15 commands are enrolled, the other 15 are said as well: misses where 1 % of those would fire.

    Args:
        found: From `compare_all`.
        split_enrolled: How many commands, the first ones, are enrolled.
    """
    plain = {condition.name for condition in TO_5_DB}
    others = [one for one in found if one.speaker != one.enroller and one.condition in plain]
    genuine = [(one, _own_score(one, split_enrolled)) for one in others if one.said < split_enrolled]
    impostors = [
        (one, max(one.likenesses[:split_enrolled], default=-math.inf)) for one in others if one.said >= split_enrolled
    ]
    threshold = threshold_at([score for _, score in impostors], FAR)
    return {
        "miss": missed_at([score for _, score in genuine], threshold).as_json(),
        "auroc": round(auroc([score for _, score in genuine], [score for _, score in impostors]), 4),
        "threshold": round(threshold, 4),
        "impostors": len(impostors),
        "conditions": by_group(genuine, lambda pair: pair[0].condition, lambda pair: pair[1] < threshold),
    }


def _own_score(one: Compared, enrolled: int) -> float:
    """Likeness to its own command, if no other enrolled one is liker; else nothing finds it."""
    like = one.likenesses[:enrolled]
    return like[one.said] if like and int(np.argmax(like)) == one.said else -math.inf
