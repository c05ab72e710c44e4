"""The wake phrase: learned from the person's own voice, it says which speech is meant for Encore.

Two witnesses have to agree, as they do for a command: how like the beginning of an utterance is to the person's own
wake phrase, and how likely the decoder finds its words there. What follows it, or the next utterance, is the command.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from encore_agent.messages import NO_EVIDENCE, Evidence, Progress, Trouble
from encore_agent.messages import Listener as Tell
from encore_agent.values import Hearing
from encore_models.errors import BrokenPrint
from encore_models.learn import Printing
from encore_models.perception.mel import RATE
from encore_models.perception.prints import VoicePrint, likeness, read_print, write_print
from encore_models.perception.speech import Samples, Utterance
from encore_models.perception.voice import Encoded
from encore_models.phrases import words_of
from encore_models.store import write_atomically

log = logging.getLogger(__name__)

WANTED = 3
"""Utterances that it is learned from."""
_FILE = "wake.json"


@dataclass(frozen=True, slots=True)
class WakeOptions:
    """How sure Encore wants to be. Measured on four wake phrases of two synthetic voices, alone and before commands."""

    like: float = 0.4
    """Likeness to the person's own wake phrase from which it counts: the same voice comes to 0.6 to 1, 0.4 at 10 dB of
    noise; other speech stays below 0.3, but for what sounds alike ("commuter" 0.4, "harvest" for "Jarvis" 0.6)."""
    same: float = 0.3
    """Likeness that the utterances it is learned from have at least."""
    floor: float = -6.0
    """Mean log p a token of its words below which it was not said: other speech stays below -7."""
    floor_alone: float = -3.0
    """The same where there are no prints to agree."""
    shortest_s: float = 0.35
    """Shorter words are in too much other speech."""
    longest_s: float = 3.0
    """Longer ones are tiresome, and other speech is in them, too."""
    least_s: float = 0.35
    """What is left after it must be so long to be a command."""
    shorter: float = 0.75
    longer: float = 1.35
    """How much shorter and longer it may be said in front of a command."""
    follow_s: float = 8.0
    """How long after it the command may begin."""


@dataclass(frozen=True, slots=True, eq=False)
class WakePhrase:
    """What is kept of it; no sound can be made from that."""

    words: tuple[str, ...]
    """As Whisper writes them, the most frequent way first."""
    seconds: float
    """How long it takes to say, with the silence that an utterance has around it."""
    prints: tuple[VoicePrint, ...] = ()
    """Empty where there is no voice head; then the words decide."""

    def write(self, folder: Path) -> None:
        """Keep it in `folder`, in place of what was there."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        for number, one in enumerate(self.prints, start=1):
            write_print(folder / f"{number}.npz", one)
        told = {"words": self.words, "seconds": self.seconds}
        write_atomically(folder / _FILE, json.dumps(told, indent=1).encode() + b"\n")

    @classmethod
    def read(cls, folder: Path) -> WakePhrase | None:
        """What is kept in `folder`; None where nothing is, or nothing readable."""
        try:
            told = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            prints = tuple(read_print(path) for path in sorted(folder.glob("[0-9].npz")))
            return cls(tuple(map(str, told["words"])), float(told["seconds"]), prints)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError, BrokenPrint) as problem:
            log.warning("the wake phrase in %s cannot be used; learn it again: %s", folder, problem)
            return None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The wake phrase was said alone: the command is what begins until then."""

    until_ns: int
    """On the clock of the utterances."""


@dataclass(frozen=True, slots=True)
class NotCalled:
    """The speech was not meant for Encore."""

    evidence: Evidence = NO_EVIDENCE
    """How near it came to the wake phrase."""


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """One utterance that the wake phrase is learned from."""

    words: str
    seconds: float
    printed: VoicePrint | None


class Waker:
    """Learns the wake phrase and hears whether it was said. Utterances come from one thread at a time."""

    def __init__(self, folder: Path, tell: Tell, options: WakeOptions | None = None) -> None:
        """Read what was learned before.

        Args:
            folder: Where the wake phrase is kept; need not exist.
            tell: Told how the learning goes.
            options: How sure to be.
        """
        self._folder = folder
        self._tell = tell
        self._options = options or WakeOptions()
        self._lock = threading.Lock()
        self._phrase = WakePhrase.read(folder)
        self._taken: list[_Taken] | None = None
        self._until_ns = 0
        self._hearing: Hearing | None = None
        self._printer: Printing | None = None

    def use(self, hearing: Hearing, printer: Printing | None) -> None:
        """Hear with these from now on; without a printer the words alone decide."""
        self._hearing, self._printer = hearing, printer

    @property
    def phrase(self) -> str | None:
        """Its words in small letters; None where none was learned."""
        return None if self._phrase is None else " ".join(words_of(self._phrase.words[0]))

    # Learning

    @property
    def enrolling(self) -> bool:
        """Whether utterances are to be given to `take`."""
        return self._taken is not None

    def enrol(self) -> None:
        """Learn from the next utterances; told as `Progress`."""
        with self._lock:
            self._taken = []
        self._tell(Progress(f"say your wake phrase (1 of {WANTED})", 0.0))

    def stop_enrolling(self) -> None:
        """Learn it no longer; what was known before stays."""
        with self._lock:
            self._taken = None

    def take(self, utterance: Utterance) -> None:
        """Learn from this utterance."""
        assert self._hearing is not None
        encoded, transcript = self._hearing.hear(utterance.samples)
        printed = None if self._printer is None else self._printer.printed(encoded)
        taken = _Taken(transcript.text.strip(" .,!?"), encoded.seconds, printed)
        with self._lock:
            if self._taken is None:
                return
            problem = self._unfit(utterance, taken, self._taken)
            if problem is None:
                self._taken.append(taken)
            done = len(self._taken)
            if done == WANTED:
                self._learn(self._taken)
                self._taken = None
        if problem is not None:
            self._tell(Trouble(problem))
        if done == WANTED:
            self._tell(Progress(f"the wake phrase is “{self.phrase}”", 1.0))
        else:
            self._tell(Progress(f"say your wake phrase ({done + 1} of {WANTED})", done / WANTED))

    def forget(self) -> None:
        """Forget it, and what was being learned."""
        with self._lock:
            self._phrase = self._taken = None
            shutil.rmtree(self._folder, ignore_errors=True)

    def _unfit(self, utterance: Utterance, taken: _Taken, before: Sequence[_Taken]) -> str | None:
        options = self._options
        if not words_of(taken.words):
            return "no words were heard; say your wake phrase again"
        if utterance.seconds < options.shortest_s:
            return f"“{taken.words}” is so short that other speech would sound like it; take two or three words"
        if utterance.seconds > options.longest_s:
            return f"“{taken.words}” is too long; take two or three words"
        others = [one.printed for one in before if one.printed is not None]
        if taken.printed is not None and others and likeness(taken.printed, others).max() < options.same:
            return f"“{taken.words}” sounded different from before; say the same words each time"
        return None

    def _learn(self, taken: Sequence[_Taken]) -> None:
        words = tuple(text for text, _ in Counter(one.words for one in taken).most_common())
        seconds = float(np.median([one.seconds for one in taken]))
        phrase = WakePhrase(words, seconds, tuple(one.printed for one in taken if one.printed is not None))
        phrase.write(self._folder)
        self._phrase = phrase

    # Hearing

    def called(self, utterance: Utterance) -> Utterance | FollowUp | NotCalled:
        """The command that is meant for Encore, or that one follows, or that the speech is not meant for it."""
        phrase = self._phrase
        if phrase is None or self._hearing is None:
            return NotCalled()
        end_s = self._said_until(phrase, utterance)
        if isinstance(end_s, NotCalled):
            return utterance if utterance.start_ns < self._until_ns else end_s
        rest = utterance.samples[_quietest(utterance.samples, end_s) :]
        if len(rest) < self._options.least_s * RATE:
            return FollowUp(utterance.end_ns + round(self._options.follow_s * 1e9))
        start_ns = max(utterance.start_ns, utterance.end_ns - len(rest) * 1_000_000_000 // RATE)
        return replace(utterance, samples=rest, start_ns=start_ns)

    def awoken(self, follow_up: FollowUp) -> None:
        """It was said alone; the next utterance is meant."""
        self._until_ns = follow_up.until_ns

    def done(self) -> None:
        """The command has come; the next one needs the wake phrase again."""
        self._until_ns = 0

    def _said_until(self, phrase: WakePhrase, utterance: Utterance) -> float | NotCalled:
        """Second of the samples at which the wake phrase ends, where they begin with it."""
        assert self._hearing is not None
        encoded = self._hearing.encode(utterance.samples)
        like, end_s = self._likest(phrase, encoded)
        if like < self._options.like:
            return NotCalled(Evidence(likeness=like if np.isfinite(like) else None))
        # What follows is not known here, so the end of the text says nothing.
        told = self._hearing.token_logprobs(encoded, phrase.words)
        floor = self._options.floor_alone if self._printer is None or not phrase.prints else self._options.floor
        log_p = max(float(row[:-1].mean()) for row in told)
        return end_s if log_p >= floor else NotCalled(Evidence(likeness=like, log_p=log_p))

    def _likest(self, phrase: WakePhrase, encoded: Encoded) -> tuple[float, float]:
        """How like the beginning is to the wake phrase, and how much of it, in seconds, is likest."""
        shortest, longest = self._options.shorter * phrase.seconds, self._options.longer * phrase.seconds
        ends = [float(end_s) for end_s in np.arange(shortest, min(longest, encoded.seconds), 0.08)]
        if encoded.seconds <= longest:
            ends.append(encoded.seconds)
        if self._printer is None or not phrase.prints:
            return self._options.like, min(ends, key=lambda end_s: abs(end_s - phrase.seconds), default=0.0)
        printed = [(self._printer.printed(replace(encoded, seconds=end_s)), end_s) for end_s in ends]
        alike = [(float(likeness(one, phrase.prints).max()), end_s) for one, end_s in printed]
        return max(alike, default=(-np.inf, 0.0))


def _quietest(samples: Samples, around_s: float) -> int:
    """The place, within 0.12 s, where a cut hurts least: in the middle of the quietest 32 ms."""
    first, last, width = round((around_s - 0.12) * RATE), round((around_s + 0.12) * RATE), round(0.032 * RATE)
    starts = range(max(0, first), max(1, min(last, len(samples)) - width), width // 4)
    loudness = [float(np.square(samples[start : start + width]).sum()) for start in starts]
    return starts[int(np.argmin(loudness))] + width // 2 if loudness else len(samples)
