"""Encore beside its peers: the same utterances, one after the other, so that the machine is as busy for each.

All are resident programs that have been listening for a while: each has its model loaded and has heard the first
questions once, which are not counted. Encore has also gone through the titles that it knows, as it does by itself
within seconds of their becoming known. Each works on two threads.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from encore_models.perception.voice import Voice
from encore_models.phrases import words_of
from tests.benchmarks.hearing.commands import commands, requests, spoken, titles
from tests.benchmarks.hearing.ours import PLAY, Ears, Question, Taught, command_macros, id_of, play_macro
from tests.benchmarks.hearing.peers import Peer, nearest_phrase, nearest_title
from tests.benchmarks.hearing.prints_alone import FAR
from tests.benchmarks.hearing.score import by_group, missed_at, share_of, spread, threshold_at
from tests.benchmarks.hearing.sounds import CLEAN, CONDITIONS, TO_5_DB

ENCORE = "encore"
WARM_UP = 4
"""Questions of each kind that everyone is asked before anything is timed."""
SPEED_SECONDS = (1.5, 2.5)
"""How long a command of about 2 s is."""
_FUZZY_LEAST = 70.0
"""Percent below which a peer's transcript is none of the commands."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one of them made of an utterance."""

    kind: str
    condition: str
    wanted: str
    first: str
    score: float
    ms: float
    seconds: float

    @property
    def right(self) -> bool:
        """The first choice is what was meant."""
        return words_of(self.first) == words_of(self.wanted)


@dataclass(slots=True)
class Versus:
    """All that was heard, by whom."""

    heard: dict[str, list[Heard]] = field(default_factory=dict)


def questions(ears: Ears, voices: Sequence[str], of_each: int) -> list[tuple[Question, str]]:
    """A part of what the other figures ask, with its condition in turn: commands, siblings, titles."""
    split, booth = ears.booth.split, ears.booth
    asked: list[tuple[Question, str]] = []
    texts = [("command", one.text) for one in spoken(split)] + [("sibling", one.sibling) for one in spoken(split)]
    for place in range(of_each):
        kind, text = texts[place % len(texts)]
        turn = place // len(texts)
        condition = TO_5_DB[(place + turn) % len(TO_5_DB)]
        speaker = voices[(place + turn) % len(voices)]
        wanted = id_of(text) if kind == "command" else None
        asked.append(
            (Question(kind, speaker, condition.name, text, booth.said(text, speaker, condition), wanted), "commands")
        )
    for known in (50, 500):
        for place, request in enumerate(requests(split, known)[: of_each // 2]):
            condition = (CLEAN, CONDITIONS[2])[place % 2]
            speaker = voices[(place // 2) % len(voices)]
            utterance = booth.said(request.text, speaker, condition)
            question = Question("title", speaker, condition.name, request.text, utterance, PLAY, request.title.text)
            asked.append((question, f"slot{known}"))
    return [(question, group) for question, group in asked if question.utterance is not None]


def compare(
    ears: Ears,
    fresh: Voice,
    voices: Sequence[str],
    names: Sequence[str],
    python: Path,
    weights: Callable[[str], Path],
    of_each: int,
    advance: Callable[[], None],
) -> Versus:
    """Ask Encore and the peers the same.

    Args:
        ears: Made with a voice that remembers nothing, or the times are worth nothing.
        fresh: That voice.
        voices: Who speaks; the first one enrolled.
        names: Peers.
        python: Of their environment.
        weights: Where each finds them.
        of_each: How many commands, and how many titles.
        advance: Told of each question.
    """
    split = ears.booth.split
    enrolled = command_macros(one.text for one in spoken(split))
    timed = Ears(fresh, ears.printer, ears.booth)
    known = {
        "commands": timed.taught(voices[0], enrolled),
        **{
            f"slot{count}": timed.taught(
                voices[0],
                [*command_macros(commands(split)), play_macro([title.text for title in titles(split)[:count]])],
            )
            for count in (50, 500)
        },
    }
    versus = Versus({name: [] for name in (ENCORE, *names)})
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(name, python, weights(name))) for name in names]
        asked = questions(ears, voices, of_each)
        for taught in known.values():
            taught.understander.prepare()
        for group in known:
            for question, _ in [one for one in asked if one[1] == group][:WARM_UP]:
                known[group].answer(question)
                for peer in peers:
                    _theirs(peer, question, group, split)
        for question, group in asked:
            versus.heard[ENCORE].append(_ours(known[group], question, group))
            for peer in peers:
                versus.heard[peer.name].append(_theirs(peer, question, group, split))
            advance()
    return versus


def _ours(taught: Taught, question: Question, group: str) -> Heard:
    assert question.utterance is not None
    trial = taught.answer(question)
    first = (trial.first_value if group != "commands" else trial.first) or ""
    return Heard(
        _kind(question, group),
        question.condition,
        question.value or question.wanted or "",
        first,
        trial.sure,
        trial.ms,
        question.utterance.seconds,
    )


def _theirs(peer: Peer, question: Question, group: str, split: Any) -> Heard:
    assert question.utterance is not None
    done = peer.transcribe(question.utterance.samples)
    began = time.perf_counter()
    if group == "commands":
        first, score = nearest_phrase(done.text, {one.text: id_of(one.text) for one in spoken(split)})
    else:
        first, score = nearest_title(done.text, [title.text for title in titles(split)[: int(group[4:])]]), 100.0
    ms = done.ms + 1e3 * (time.perf_counter() - began)
    return Heard(
        _kind(question, group),
        question.condition,
        question.value or question.wanted or "",
        first,
        score,
        ms,
        question.utterance.seconds,
    )


def _kind(question: Question, group: str) -> str:
    return question.kind if group == "commands" else group


def figures(versus: Versus) -> dict[str, Any]:
    """Of each: right first choices, misses with siblings as impostors, and times."""
    return {name: _one(heard) for name, heard in versus.heard.items()}


def _one(heard: Sequence[Heard]) -> dict[str, Any]:
    commands_said = [one for one in heard if one.kind == "command"]
    siblings = [one.score for one in heard if one.kind == "sibling"]
    found: dict[str, Any] = {"top1_of_15": share_of(one.right for one in commands_said).as_json()}
    if siblings:
        threshold = threshold_at(siblings, FAR)
        own = [one.score if one.right else -float("inf") for one in commands_said]
        found["miss_at_1pct_far_siblings"] = missed_at(own, threshold).as_json()
    for kind in ("slot50", "slot500"):
        rows = [one for one in heard if one.kind == kind]
        found[kind] = by_group(rows, lambda one: one.condition, lambda one: one.right)
    slots = [one.ms for one in two_seconds(heard)]
    found["slot_2s_ms"] = spread(slots)
    found["commands_ms"] = spread([one.ms for one in heard if one.kind in ("command", "sibling")])
    return found


def two_seconds(heard: Sequence[Heard]) -> list[Heard]:
    """Requests for one of 50 titles that last about 2 s."""
    low, high = SPEED_SECONDS
    return [one for one in heard if one.kind == "slot50" and low <= one.seconds <= high]


def speedup(versus: Versus, peer: str) -> float | None:
    """How many times faster Encore understands a command of 2 s with a slot: median of the ratios of the same one."""
    pairs = zip(two_seconds(versus.heard[ENCORE]), two_seconds(versus.heard.get(peer, [])), strict=False)
    ratios = [theirs.ms / ours.ms for ours, theirs in pairs]
    return round(statistics.median(ratios), 2) if ratios else None
