"""Search the demonstrations: a text finds the moments that show it, by what is written and by what is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from encore_agent.errors import EmptyQuery
from encore_agent.messages import Moment
from encore_agent.say import bare_name
from encore_agent.say_sights import Names, concept_of
from encore_agent.sights import Index, Sight, Watch, index_of
from encore_models.perception.clip import Clip
from encore_models.perception.text import TextReader
from encore_models.phrases import words_of
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration
from encore_recorder.errors import RecorderError

EXACT, CONTAINED, ALIKE, DRAWN = 1.0, 0.9, 0.8, 0.6
"""The best scores of: a label that is the text, that contains it, that is like it, and a drawing of it."""
LEAST_ALIKE = 80.0
"""Percent of letters; a reader mistakes one of five at worst."""
SHORTEST_ALIKE = 4
"""Letters from which a label may be merely alike: "no" is like too much."""
CLEAR_LEAD = 0.3
"""Of a drawing's cosine before all other names, from which nothing else could be meant."""
UNKNOWN_LEAD = 0.12
"""The lead that a name needs which is not one of the usual: words never learned lie anywhere."""
TALLER = 8
"""Pixels by which a label is larger than another one."""
APART_NS = 2 * SECOND
"""What appears within this time is one moment."""


def search(
    folders: Iterable[Path], text: str, clip: Clip, reader: TextReader, limit: int = 20, watch: Watch | None = None
) -> list[Moment]:
    """The moments that show `text`, the best first; at equal scores the newest demonstration first.

    Demonstrations that were not searched before are looked through now, which takes some seconds a minute of
    recording; when it is stopped, what was found so far is returned and what was seen is kept.

    Args:
        folders: Of demonstrations.
        text: What is written there or drawn there: "blue moon", "heart".
        clip: Sees and names drawings.
        reader: Reads labels.
        limit: Most moments.
        watch: Is told of progress and of demonstrations that cannot be read.

    Raises:
        EmptyQuery: The text holds no letter or digit.
    """
    if not words_of(text):
        raise EmptyQuery(text)
    watch = watch or Watch()
    names = Names(clip)
    found: list[Moment] = []
    for folder in folders:
        if watch.stop.is_set():
            break
        try:
            with Demonstration.open(folder) as demonstration:
                index = index_of(demonstration, clip, reader, watch)
        except (RecorderError, OSError) as error:
            watch.skipped(folder.name, str(error))
            continue
        found += moments_of(folder.name, index, text, names)
    # Of equals a headline says more than an entry of a list; else the newest demonstration counts.
    newest_first = sorted(found, key=lambda moment: moment.demonstration, reverse=True)
    return sorted(newest_first, key=lambda moment: (moment.score, moment.box.height // TALLER), reverse=True)[:limit]


def moments_of(demonstration: str, index: Index, text: str, names: Names) -> list[Moment]:
    """The moments of one demonstration in which what shows `text` appears, neighbouring ones merged, in order."""
    hits = [*_written(index.sights.labels, text), *_drawn(index, text, names)]
    return _merged(
        Moment(demonstration, sight.first_ns, sight.last_ns, round(score, 3), why, sight.box)
        for sight, score, why in hits
    )


def _written(labels: Sequence[Sight], text: str) -> Iterator[tuple[Sight, float, str]]:
    wanted = words_of(text)
    for label in labels:
        score, how = _likeness(wanted, words_of(label.text))
        if score:
            yield label, score, f"{how} “{label.text}”"


def _likeness(wanted: Sequence[str], read: Sequence[str]) -> tuple[float, str]:
    """0 to 1, and how a label fits, for a person."""
    if not read:
        return 0.0, ""
    if wanted == read:
        return EXACT, "reads"
    want, have = " ".join(wanted), " ".join(read)
    if f" {want} " in f" {have} ":
        # The larger its part of the label, the more the label is about it.
        return ALIKE + (CONTAINED - ALIKE) * (0.5 + 0.5 * len(want) / len(have)), "is part of"
    alike = _alike(want, read, len(wanted)) if len(want) >= SHORTEST_ALIKE else 0.0
    if alike < LEAST_ALIKE:
        return 0.0, ""
    return DRAWN + (ALIKE - DRAWN) * (alike - LEAST_ALIKE) / (100 - LEAST_ALIKE), "is like"


def _alike(want: str, read: Sequence[str], count: int) -> float:
    """Percent of letters that `count` words in a row of a label share with what is wanted; its begin counts as well."""
    windows = [" ".join(read[start : start + count]) for start in range(max(1, len(read) - count + 1))]
    begun = 90.0 if any(window.startswith(want) for window in windows) else 0.0
    return max(begun, *(fuzz.ratio(want, window) for window in windows))


def _drawn(index: Index, text: str, names: Names) -> Iterator[tuple[Sight, float, str]]:
    if not len(index.meanings):
        return
    name = bare_name(text)
    vector, against = names.query(name)
    near = index.meanings @ vector
    lead: NDArray[np.float32] = near - (index.meanings @ names.concepts[against].T).max(axis=1, initial=-1.0)
    least = 0.0 if concept_of(name) is not None else UNKNOWN_LEAD
    for number in np.flatnonzero((lead > least) & (near > 0)):
        part = min(1.0, float(lead[number]) / CLEAR_LEAD)
        yield index.sights.drawings[number], DRAWN * (0.5 + 0.5 * part), f"looks like “{name}”"


def _merged(moments: Iterable[Moment]) -> list[Moment]:
    """One moment for all that appear together, told by the best of them."""
    merged: list[Moment] = []
    for moment in sorted(moments, key=lambda moment: moment.time_ns):
        if not merged or moment.time_ns > merged[-1].time_ns + APART_NS:
            merged.append(moment)
        elif (moment.score, moment.box.height) > (merged[-1].score, merged[-1].box.height):
            merged[-1] = moment
    return merged
