"""What a step makes come and go, and what of that is on another screen (pure).

What is done already needs no doing again, and is told so: by what came with the step, what went, and how often its
texts stand on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from encore_models.perception.likeness import (
    SAME,
    Floats,
    Places,
    Things,
    apart,
    cosines,
    nearness,
    saying,
    spelt_alike,
    things_of,
    worded,
)

EFFECT_WIDTH = 12
"""Numbers that say what of a step's effect is on the screen."""
LEADING = 3
"""Places that tell a screen from another best, over which is averaged."""
NEAR = 0.02
"""Share of the window that what stays in its place may move between two pictures of it."""
MOVED_COUNTS = 4.0
"""The same where two screens are told apart: what lies elsewhere is something else. Of 597 steps of synthetic episodes
3.0 % were misjudged with it, 4.9 % with 1, 6.4 % by the likeness of what came and went alone; of 1,326 others hardly
fewer (5.9 and 6.0 %), but better ranked (ROC-AUC .92 and .88)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a text stood on the screen before a step and after it, wherever it did."""

    text: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What a step made come and go, as it was shown."""

    came: Things
    went: Things
    stayed: Things
    tally: tuple[Tally, ...] = ()
    """Of the texts that stood on the screen more often, or less, after it."""


def effect_of(before: Places, after: Places, today: Callable[[str], str] = str) -> Effect:
    """What came and what went from one picture of a window to the next.

    Args:
        before: Before a step.
        after: After it.
        today: Puts today's values into a text, in the place of those that were shown.
    """
    one, other = spelt_alike(before.said, after.said), cosines(before.candidates, after.candidates)
    apart = np.abs(np.asarray(before.places)[:, None, :2] - np.asarray(after.places)[None, :, :2]).max(axis=-1)
    speaking = saying(before.said)[:, None] | saying(after.said)[None]
    drawn = ~(worded(before.places)[:, None] | worded(after.places)[None])
    stayed = (apart < NEAR) & (~speaking | (one >= SAME)) & (~drawn | (other >= SAME))
    came, went = ~stayed.any(axis=0), ~stayed.any(axis=1)
    then, now = [today(text) for text in before.said], [today(text) for text in after.said]
    return Effect(
        things_of(after, now, came),
        things_of(before, before.said, went),
        things_of(before, before.said, ~went),
        _tallied(then, now),
    )


def _tallied(before: Sequence[str], after: Sequence[str]) -> tuple[Tally, ...]:
    """Of each text that is not there as often after a step as it was before it."""
    texts = [text for text in dict.fromkeys((*before, *after)) if text]
    counts = zip(texts, _counted(texts, before), _counted(texts, after), strict=True)
    return tuple(Tally(text, one, other) for text, one, other in counts if one != other)


def _counted(texts: Sequence[str], said: Sequence[str]) -> list[int]:
    """How many of what is said is each of the texts, letters that were misread aside."""
    return [int(count) for count in (spelt_alike(texts, said) >= SAME).sum(axis=1)]


def effects_on(screen: Places, effects: Sequence[Effect]) -> Floats:
    """What of the effects of steps is on a screen.

    Returns:
        float32 [steps, 12]: for what came, then for what went: 1 where anything did, the mean over its parts of the
        best likeness to anything that is there now, less for what is elsewhere or of another size, and the same
        wherever it is. Then for both, by how much a place of the screen is more like something of it than like
        anything else before or after the step: the most, and the mean of the three that are most so. Today's lists
        hold other things than those that came, but the title of the page is the same. Last, for texts that became
        more and for those that became less, whether they stand on the screen as often as before (-1) or as after (1):
        in another layout the title of a page is elsewhere, but is there twice as it was.
    """
    rows = [
        [*_found(effect.came, screen), *_found(effect.went, screen), *_led(effect, screen), *_told(effect, screen)]
        for effect in effects
    ]
    return np.array(rows, np.float32).reshape(-1, EFFECT_WIDTH)


def _found(things: Things, screen: Places) -> tuple[float, float, float]:
    if not len(things.places) or not len(screen.places):
        return float(len(things.places) > 0), 0.0, 0.0
    texts, looks = spelt_alike(things.said, screen.said), cosines(things.looks, screen.candidates)
    by_words = worded(things.places)[:, None]
    said = saying(things.said)[:, None]
    alike = np.where(said, texts, 1.0) * np.where(by_words & said, 1.0, looks)
    alike = np.where(by_words == worded(screen.places)[None], alike, 0.0)
    near = alike - apart(things.places, screen.places)
    return 1.0, float(near.max(axis=1).clip(-1).mean()), float(alike.max(axis=1).mean())


def _led(effect: Effect, screen: Places) -> tuple[float, float, float, float]:
    came, went, stayed = (
        nearness(things, screen, MOVED_COUNTS).max(axis=0, initial=-1.0)
        for things in (effect.came, effect.went, effect.stayed)
    )
    return *_most(effect.came, came - np.maximum(went, stayed)), *_most(effect.went, went - np.maximum(came, stayed))


def _told(effect: Effect, screen: Places) -> tuple[float, float]:
    """How far the texts that became more, and those that became less, are on their way: -1 as before to 1 as after."""
    now = _counted([one.text for one in effect.tally], screen.said)
    ways = [
        2 * min(1.0, max(0.0, (count - one.before) / (one.after - one.before))) - 1
        for one, count in zip(effect.tally, now, strict=True)
    ]
    more = [way for one, way in zip(effect.tally, ways, strict=True) if one.after > one.before]
    less = [way for one, way in zip(effect.tally, ways, strict=True) if one.after < one.before]
    return sum(more) / max(1, len(more)), sum(less) / max(1, len(less))


def _most(things: Things, leads: Floats) -> tuple[float, float]:
    if not len(things.places) or not len(leads):
        return 0.0, 0.0
    best = np.sort(np.clip(leads, -1, 1))[-LEADING:]
    return float(best[-1]), float(best.mean())
