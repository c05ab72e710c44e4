"""The decision: fire, ask, or let it pass, from what three witnesses say (pure).

The sound is one of them: how like its voice print is to the person's own enrolments, together with what the decoder
makes of the phrase when it is led along it: how likely it is, what its tokens lose by the sound, and how surely other
words were heard. Where there is no print, the decoder alone tells. The words are the second witness: the transcript
is a phrase word by word. A known value of a slot is the third, and says how clearly it was named. Each gives a
sureness: from 1 a command fires, from 0 it is asked about. The surest witness decides.

The weights of the sound lie in `fitted`, which the hearing benchmark writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from encore_agent.fitted import ALONE, BASE, PER_LOG_P, PER_LOSS, PER_OTHERWISE, SHORT
from encore_agent.messages import Evidence
from encore_models.macro import SLOT_PATTERN, Macro, Phrase
from encore_models.perception.prints import VoicePrint, likeness
from encore_models.phrases import best_match, words_of

Verdict = Literal["accept", "ask", "reject"]
Likeness = Callable[[VoicePrint, Sequence[VoicePrint]], NDArray[np.float32]]

ACCEPT = 0.0
"""Likeness from which a command fires where nothing is known of the macro's impostors."""
WIDTH = 0.4
"""How far below that it is still asked about."""
SHORT_S, SHORTEST_S = 1.0, 0.7
"""Seconds of speech below which a command asks for more, and at which it asks for `SHORT` more: "Quebec" is like "go
back", nothing is like a longer one."""
HIGHEST = 1.3
"""No macro asks for more likeness: the same voice in the same room reaches it, hardly anything else does."""
SIBLING = 0.6
"""Likeness from which another command sounds alike; the most that a macro asks for because of others."""
APART = 0.1
"""How far above its likest impostor a macro fires."""
SIDEWAYS = 3.5
"""Robust standard deviations above what other speech in the room is like."""
FEW = 20
"""Prints of other speech below which nothing is concluded from them."""
BEHIND_RIVAL = 0.2
"""How much liker the print may be to another macro, or to an impostor, than to the one whose words were said."""
RIVAL = 0.3
"""Likeness from which another macro or an impostor counts as a rival: below that a print is like nothing."""
IN_DOUBT = 0.5
"""The most sureness of what has to be asked about."""
UNSCORED = 0.9
"""The most sureness that a print can give hands-free before its phrase was scored."""
NEAR_WORDS = 70.0
"""Percent from which words count as near the phrase."""
FLOOR = -1.7
"""Mean log p a token of the filled phrase below which words alone fire nothing: in what it does not understand the
decoder may write any phrase, and does not believe in it."""
VALUE_FLOOR = -2.5
"""The same where a known value was found in the sound, which needs no good transcript."""
BEHIND = 0.7
"""How much less likely, mean log p a token, than the transcript itself a phrase with near words may be."""
ASKED_NATS = 0.7
"""How far below that words are still asked about."""
VALUE_ACCEPT = 0.85
"""Sureness of a known value, nats a token, from which the command with it was said whatever the transcript made of it.
Titles that were not said: 1 % clean and 2 % at 10 dB come as far, and those ask with words that are heard besides."""
VALUE_ASK = 0.3
"""Sureness of a value from which it is asked about."""
EXACT = 2.0
"""Sureness that words add which are the phrase's, word by word."""
LENIENT = 0.3
"""Sureness that the held key adds: nobody holds it by chance."""
IMPLAUSIBLE = 0.4
"""Sureness that a screen takes which surely does not show the first step; one that surely does gives as much."""
SHORT_LETTERS = 9
"""A phrase with no more letters is short: those were the offenders in 30 hours of real speech."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a macro asks for."""

    accept: float = ACCEPT
    """Likeness from which its print may fire."""
    ask: float = ACCEPT - WIDTH
    """Likeness from which it may be asked about."""
    floor: float = FLOOR
    """Mean log p a token from which its words may fire."""
    notes: tuple[str, ...] = ()
    """What makes it easy to mistake, for a person."""


UNCALIBRATED = Calibration()
"""Of a macro of which no speech is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """What is known of how a macro's command sounds."""

    prints: tuple[VoicePrint, ...] = ()
    impostors: tuple[VoicePrint, ...] = ()
    """Speech that was taken for it and was not meant."""
    calibration: Calibration = UNCALIBRATED
    wordings: tuple[str, ...] = ()
    """The enrolments' words as they were heard, newest first: other wordings, and what Whisper makes of this voice.
    They are no phrases, but the decoder may know the command by them where the print is like."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes of an utterance, and why."""

    verdict: Verdict
    reason: str
    """For a person."""


def calibrate(
    own: Sequence[VoicePrint],
    others: Sequence[VoicePrint] = (),
    impostors: Sequence[VoicePrint] = (),
    background: Sequence[VoicePrint] = (),
    compare: Likeness = likeness,
) -> Calibration:
    """What a macro asks for, above everything that is known not to be meant.

    Args:
        own: Its enrolments; without one, words decide.
        others: Enrolments of the user's other macros.
        impostors: Speech that fired it and was not meant.
        background: Other speech; may hold a few misses, so only its middle and spread count.
        compare: Likeness of one print to many, `prints.likeness`.
    """
    if not own:
        return UNCALIBRATED
    seconds = float(np.median([one.seconds for one in own]))
    lacking = (SHORT_S - seconds) / (SHORT_S - SHORTEST_S)
    short = SHORT * min(1.0, max(0.0, lacking))
    accept, notes = ACCEPT + short, []
    if others:
        nearest = _nearest(others, own, compare).max()
        # That asks for no more: it is nearer still to its own enrolments, and the decoder hears the other word.
        if nearest >= SIBLING:
            notes.append("it sounds like another of your commands")
    if len(background) >= FEW:
        found = _nearest(background, own, compare)
        middle = float(np.median(found))
        spread = 1.4826 * float(np.median(np.abs(found - middle)))
        accept = max(accept, min(middle + SIDEWAYS * spread, SIBLING))
    if impostors:
        accept = max(accept, float(_nearest(impostors, own, compare).max()) + APART)
    accept = min(accept, HIGHEST)
    # What would fire a longer command is at least asked about.
    return Calibration(accept, accept - max(WIDTH, short), notes=tuple(notes))


def _nearest(said: Sequence[VoicePrint], own: Sequence[VoicePrint], compare: Likeness) -> NDArray[np.float32]:
    """Likeness of each print to the nearest of the macro's own: float32 [n]."""
    found: NDArray[np.float32] = np.stack([compare(one, said) for one in own]).max(0)
    return found


def decide(
    macro: Macro,
    evidence: Evidence,
    calibration: Calibration,
    destructive: bool,
    plausible: float | None = None,
    hands_free: bool = True,
) -> Decision:
    """Fire the macro, ask, or let the utterance pass.

    Args:
        macro: What may be meant.
        evidence: What the witnesses say; without `log_p` nothing fires hands-free.
        calibration: Of the macro.
        destructive: Whether it deletes, sends or buys something (`guard.destructive_macro`): always asked.
        plausible: 0 to 1, how likely the screen shows the macro's first step; None where unknown.
        hands_free: Whether nobody held a key to speak.
    """
    said = f"“{macro.phrases[0].text}”"
    sure = sureness(evidence, calibration, hands_free)
    if sure < 0.0:
        return Decision("reject", _missing(evidence, said))
    _, why = max(
        (_sound(evidence, calibration, hands_free), f"it sounds like your {said}"),
        (_value(evidence), f"it names what {said} knows"),
        (_words(evidence, calibration), f"the words are {said}"),
    )
    if destructive:
        return Decision("ask", f"{said} cannot be undone, so it is always asked")
    gate = 0.0 if plausible is None else IMPLAUSIBLE * (2.0 * plausible - 1.0)
    if sure + gate >= 1.0:
        return Decision("accept", why)
    if evidence.another_word:
        return Decision("ask", f"one word of {said} was heard as another one")
    if sure >= 1.0:
        return Decision("ask", f"{why}, but the screen does not show where it begins")
    return Decision("ask", f"it sounded only a little like {said}")


def sureness(evidence: Evidence, calibration: Calibration, hands_free: bool = True) -> float:
    """How sure the surer witness is that the macro was meant: from 1 it fires, from 0 it is asked about."""
    sure = max(_sound(evidence, calibration, hands_free), _words(evidence, calibration), _value(evidence))
    return sure if hands_free else sure + LENIENT


def _sound(evidence: Evidence, calibration: Calibration, hands_free: bool) -> float:
    """Sureness by the print, and by how well the phrase fits what is heard; below -1 where neither is known."""
    like, rival = evidence.likeness, evidence.rival_likeness
    if evidence.losses is None or evidence.log_p is None:
        if like is None:
            return -np.inf
        sure = _scaled(like, calibration)
        sure = min(sure, UNSCORED) if hands_free else sure
    else:
        fits = PER_LOSS * evidence.losses + PER_OTHERWISE * evidence.otherwise + PER_LOG_P * evidence.log_p
        sure = 1.0 + (fits + ALONE) / WIDTH if like is None else _scaled(like + fits + BASE, calibration)
    if evidence.another_word:
        sure = min(sure, IN_DOUBT)
    if like is not None and rival is not None and rival >= RIVAL:
        sure = min(sure, 1.0 + (like - rival + BEHIND_RIVAL) / WIDTH)
    return sure


def _scaled(like: float, calibration: Calibration) -> float:
    return (like - calibration.ask) / (calibration.accept - calibration.ask)


def _words(evidence: Evidence, calibration: Calibration) -> float:
    """Sureness by the words; below -1 where they are not near."""
    if evidence.words is None or evidence.log_p is None or evidence.words < NEAR_WORDS or evidence.path == "voice":
        return -np.inf
    above = evidence.log_p - calibration.floor
    if evidence.words >= 100.0:
        return 1.0 + min(0.0, above / ASKED_NATS) + (EXACT if above >= 0.0 else 0.0)
    if evidence.losses is not None:
        return -np.inf  # `_sound` knows better: a sibling is near, too.
    if evidence.transcript_log_p is not None:
        above = min(above, evidence.log_p - evidence.transcript_log_p + BEHIND)
    return 1.0 + min(0.0, above / ASKED_NATS)


def _value(evidence: Evidence) -> float:
    """Sureness by a known value; below -1 where none was looked for."""
    if evidence.value is None:
        return -np.inf
    sure = 1.0 + (evidence.value - VALUE_ACCEPT) / (VALUE_ACCEPT - VALUE_ASK)
    return sure if evidence.log_p is None else min(sure, 1.0 + (evidence.log_p - VALUE_FLOOR) / ASKED_NATS)


def _missing(evidence: Evidence, said: str) -> str:
    near = evidence.words is not None and evidence.words >= NEAR_WORDS
    if near and evidence.log_p is not None:
        return f"it did not sound like {said}"
    like, rival = evidence.likeness, evidence.rival_likeness
    if like is not None and rival is not None and rival > like >= ACCEPT - WIDTH:
        return f"it sounds more like something else than like {said}"
    return "no command sounds like it"


def phrase_notes(macro: Macro, macros: Sequence[Macro]) -> tuple[str, ...]:
    """What makes the macro's phrases easy to mistake, for a person.

    Args:
        macro: What was learned.
        macros: All there are; the macro itself may be among them.
    """
    notes = [
        f"“{phrase.text}” is short, so other speech may sound like it; a word or two more make it safer."
        for phrase in macro.phrases
        if _is_short(phrase)
    ]
    for other in macros:
        if other.id == macro.id:
            continue
        near = next(((a, b) for a in macro.phrases for b in other.phrases if _alike(a, b)), None)
        if near is not None:
            notes.append(f"“{near[0].text}” is easily mistaken for “{near[1].text}” ({other.name}).")
    return tuple(notes)


def _is_short(phrase: Phrase) -> bool:
    own_words = words_of(SLOT_PATTERN.sub(" ", phrase.text))
    return not phrase.slots and (len(own_words) == 1 or len("".join(own_words)) <= SHORT_LETTERS)


def _alike(one: Phrase, other: Phrase) -> bool:
    """Whether one could be heard for the other: most words in common, or one fits the other's slot."""
    if bool(one.slots) != bool(other.slots):
        slotted, plain = (one, other) if one.slots else (other, one)
        match = best_match(slotted, plain.text)
        return match is not None and match.likeness >= 100.0
    a, b = (set(words_of(SLOT_PATTERN.sub(" ", phrase.text))) for phrase in (one, other))
    return len(a & b) * 2 >= max(len(a), len(b))
