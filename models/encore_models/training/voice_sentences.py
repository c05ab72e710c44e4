"""Sentences to train the voice head with: families of short commands and titles whose members share words.

A family is one pattern with one word that changes, so that its members are hard to tell apart: that is what the head
has to learn. The commands that Encore is measured with are left out.
"""

from __future__ import annotations

import numpy as np
from rapidfuzz import fuzz, process

VERBS = (
    "open close show hide find move send read start finish check clear create choose pick drop count rename "
    "export import print draw fill join split lock unlock pin archive sort filter expand collapse call answer "
    "record publish upload download install remove add edit share load measure compare translate restore"
).split()
NOUNS = (
    "window folder file letter message picture table page line column row chapter report budget calendar meeting "
    "contact number address market garden kitchen bridge river mountain station ticket camera battery printer "
    "keyboard browser editor terminal project branch invoice customer order package weather forecast recipe lesson "
    "question answer drawing layer brush colour shadow border corner button menu tab panel sidebar channel story "
    "signal radio movie episode album artist concert ballad waltz anthem hammer candle lantern mirror pocket basket "
    "sailor doctor teacher farmer pilot soldier king queen stranger neighbour daughter brother winter summer morning "
    "evening midnight monday friday january october island desert forest thunder lightning silver golden diamond "
    "dragon tiger sparrow falcon pony spider honey pepper butter orange cherry lemon engine rocket wagon bicycle"
).split()
ADJECTIVES = (
    "new old last first second third left right upper lower big small long short empty hidden shared private public "
    "broken quiet lonely happy little crazy wild frozen burning distant yellow purple crimson secret perfect strange "
    "simple gentle heavy hollow ancient modern northern southern foreign daily weekly local recent favourite"
).split()
PLACES = "inbox desktop library archive gallery dashboard timeline workspace homepage drafts trash outbox".split()
NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty "
    "seventy eighty ninety hundred"
).split()
PEOPLE = (
    "Anna Peter Susan Robert Maria Thomas Helen Victor Laura Daniel Emma Oscar Julia Martin Sophie Henry Clara Walter"
).split()
ENDS = "up down back forward left right on off in out away again now here today tomorrow".split()
STATES = "first last previous next other same current final".split()

WORDS = {
    "verb": VERBS,
    "noun": NOUNS,
    "thing": NOUNS,
    "adjective": ADJECTIVES,
    "place": PLACES,
    "number": NUMBERS,
    "person": PEOPLE,
    "end": ENDS,
    "state": STATES,
}
PATTERNS = (
    "{verb} the {noun}",
    "{verb} {noun}",
    "{verb} {end}",
    "{noun} {end}",
    "{state} {noun}",
    "{adjective} {noun}",
    "{verb} the {state} {noun}",
    "{verb} the {adjective} {noun}",
    "{verb} my {noun} {end}",
    "go to the {place}",
    "go to {noun} {number}",
    "turn the {noun} {end}",
    "{verb} {noun} and {thing}",
    "{verb} {number} {noun}s",
    "set the {noun} to {number}",
    "play {adjective} {noun}",
    "play the {noun} of {thing}",
    "play {noun} by {person}",
    "look for {adjective} {noun}",
    "add {adjective} {noun} to the {place}",
    "write to {person}",
    "call {person} {end}",
    "show me the {noun}",
    "what is the {noun}",
    "{verb} this {noun}",
    "{verb} everything in the {place}",
    "zoom {end}",
    "scroll {end}",
    "{verb} it",
    "{verb} that {noun}",
    "{noun}",
    "{verb}",
)

DEVELOPMENT_PAIRS = (
    ("raise the brightness", "lower the brightness"),
    ("previous song", "previous video"),
    ("resume the film", "resume the game"),
    ("hide the sidebar", "show the sidebar"),
    ("empty the trash", "open the trash"),
    ("insert a table", "insert a picture"),
    ("join the meeting", "leave the meeting"),
    ("turn on the lights", "turn off the lights"),
    ("next slide", "last slide"),
    ("new tab", "close tab"),
    ("reload the page", "translate the page"),
    ("rewind", "remind me"),
    ("set an alarm for seven", "set an alarm for eleven"),
    ("rotate left", "rotate right"),
    ("check my email", "check my messages"),
)
"""What the head is developed with: commands, each with one like it that means something else."""
FAR = tuple(
    """We met them at the station
The soup needs more salt
She never learned to swim
His bicycle was stolen last week
It will rain before noon
Nobody told me about the party
The dog sleeps under the stairs
They painted the house in spring
I have to buy some bread
The train to the coast was late
My grandmother grew up on a farm
He plays chess with his uncle
That joke was not very funny
There is a hole in my shoe
We could go for a walk
The cat jumped off the roof
Her shoes did not fit any more
Most people like strawberries
The lake was covered with ice
You look tired this morning""".splitlines()
)
"""Talk that asks for nothing, to develop with."""
MEASURED = ("zoom in", "zoom out", "rename this picture", "show me the calendar", "daughter")
"""What the patterns above would make, and the benchmark speaks."""
HELD_OUT = (*(text for pair in DEVELOPMENT_PAIRS for text in pair), *FAR, *MEASURED)
"""Never trained on."""


def sentences(families: int, near: int, seed: int) -> list[list[str]]:
    """Families of two to six different sentences, none of them held out.

    Args:
        families: How many whose changing word is any of its kind.
        near: How many more whose changing words are spelt alike, such as "seven" and "eleven".
        seed: Of chance.
    """
    rng = np.random.default_rng(seed)
    taken = {plain(text) for text in HELD_OUT}
    made: list[list[str]] = []
    while len(made) < families + near:
        pattern = PATTERNS[int(rng.integers(len(PATTERNS)))]
        kinds = [kind for kind in WORDS if f"{{{kind}}}" in pattern]
        fixed = {kind: str(rng.choice(WORDS[kind])) for kind in kinds}
        changing = str(rng.choice(kinds))
        words = WORDS[changing]
        if len(made) >= families:
            words = [word for word, _, _ in process.extract(fixed[changing], words, scorer=fuzz.ratio, limit=9)]
        family = []
        for word in rng.choice(words, min(6, len(words)), replace=False):
            text = pattern.format(**{**fixed, changing: str(word)})
            if plain(text) not in taken:
                taken.add(plain(text))
                family.append(text)
        if len(family) >= 2:
            made.append(family)
    return made


def plain(text: str) -> str:
    """A sentence without capitals and signs, to compare it with others."""
    return " ".join("".join(c for c in text.lower() if c.isalnum() or c.isspace()).split())
