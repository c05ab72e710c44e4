"""What the agent tells: the events that the tray, the review window and the command line show.

Frozen dataclasses, safe to hand from thread to thread. Times are milliseconds unless the name says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from encore_recorder.geometry import Rect

Mode = Literal["hands_free", "push_to_talk", "wake"]
"""When speech is taken for a command: always, while a key is held, or after the wake phrase."""


@dataclass(frozen=True, slots=True)
class ListeningChanged:
    """The microphone is listened to, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A macro to run and the values of its slots."""

    macro_id: str
    slots: dict[str, str]
    confidence: float
    """0 to 1; calibrated per macro where enough is known."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an utterance fired or did not: every score that was computed, None where it was not."""

    likeness: float | None = None
    """Of the voice print to the nearest enrolment of the macro: 0 a typical impostor, 1 a typical repetition."""
    rival_likeness: float | None = None
    """Of the voice print to the nearest enrolment of any other macro, or to an impostor."""
    words: float | None = None
    """Percent to which the words match the phrase."""
    log_p: float | None = None
    """Mean log p a token of the filled phrase when the decoder is told it; natural logarithm."""
    transcript_log_p: float | None = None
    """The same of the words the decoder found by itself."""
    losses: float | None = None
    """Nats that tokens of the phrase lose by the sound, together: log p less half of what they have in silence, where
    that is below 0."""
    regret: float | None = None
    """Nats by which the decoder found other tokens likelier than those of the phrase, together; see `guided.Spelt`."""
    another_word: bool = False
    """Just one word of the phrase was clearly heard as another one: a sibling was said, no noise."""
    value: float | None = None
    """How much likelier the sound makes a known value of the slot, nats a token; with it counts how far ahead of the
    next value it is."""
    path: Literal["voice", "words", "values", "none"] = "none"
    """What decided: the voice print alone, the words, the values known for a slot, or nothing."""

    @property
    def otherwise(self) -> float:
        """How surely other words than the phrase's were heard, 0 to 1; 0 where nothing was transcribed.

        In noise the decoder writes something else, too, but does not believe in it.
        """
        if self.words is None or self.transcript_log_p is None:
            return 0.0
        believed = math.exp(2.0 * min(0.0, self.transcript_log_p))
        return believed * math.sqrt(1.0 - min(self.words, 100.0) / 100.0)


NO_EVIDENCE = Evidence()
"""Of an utterance in which nothing was scored."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An utterance was understood and its macro starts."""

    text: str
    """The words as heard."""
    command: Command
    understand_ms: float
    """From the end of the utterance's audio to the decision."""
    evidence: Evidence = NO_EVIDENCE
    heard_id: int | None = None
    """Its entry in the heard log; None while it is not in it."""
    reason: str = ""
    """Why it fired, for a person."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An utterance that starts nothing."""

    text: str
    reason: str
    """For a person: what was missing."""
    nearest: Command | None = None
    """What it came nearest to, for "did you mean ...?"."""
    evidence: Evidence = NO_EVIDENCE
    heard_id: int | None = None
    """Its entry in the heard log; None while it is not in it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An utterance that may mean a command: "did you mean ...?". Nothing starts until it is answered."""

    text: str
    """The words as heard."""
    reason: str
    """Why it is asked, for a person."""
    commands: tuple[Command, ...]
    """What it may mean, best first; one to three."""
    seconds: float = 10.0
    """How long an answer is waited for; after that it means no."""
    evidence: Evidence = NO_EVIDENCE
    """Of the first command."""
    heard_id: int | None = None
    """Its entry in the heard log; None while it is not in it."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.commands) <= 3:
            raise ValueError(f"one to three commands can be asked about, not {len(self.commands)}")


@dataclass(frozen=True, slots=True)
class HeardChanged:
    """An entry was added to the heard log, corrected or deleted."""


@dataclass(frozen=True, slots=True)
class MicrophoneChanged:
    """Another microphone is listened to."""

    name: str


@dataclass(frozen=True, slots=True)
class Muted:
    """What the microphone hears is thrown away, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """Speech is taken for a command at other times from now on."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class EpisodeStarted:
    """A macro starts to run."""

    episode_id: str
    macro_id: str
    slots: dict[str, str]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """The step is next; its target is being looked for."""

    episode_id: str
    index: int
    description: str


@dataclass(frozen=True, slots=True)
class StepDone:
    """The step was carried out."""

    episode_id: str
    index: int
    description: str
    place: Rect | None
    """Where, physical pixels of the virtual desktop; None for keys and text."""
    evidence: str
    """Why this place, in words."""
    find_ms: float
    act_ms: float
    picture: Path | None = None
    """The screen with the chosen place marked."""


@dataclass(frozen=True, slots=True)
class Halted:
    """Encore stopped by itself, or the person stopped it."""

    episode_id: str
    index: int
    """The step that was not carried out."""
    reason: str
    picture: Path | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """All steps were carried out."""

    episode_id: str
    verified_by: str | None
    """What confirmed the effect, for example `MPRIS: Yesterday is Playing`; None means done, not verified."""
    total_ms: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something outside an episode went wrong; the agent goes on."""

    message: str
    """What happened, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Long work moves on."""

    what: str
    done: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """A demonstration is being recorded."""

    demonstration_id: str


@dataclass(frozen=True, slots=True)
class RecordingPaused:
    """Nothing is kept until it is resumed, or `on` is False and it is kept again."""

    on: bool


@dataclass(frozen=True, slots=True)
class RecordingStopped:
    """The demonstration lies complete on disk."""

    demonstration_id: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Learned:
    """A macro was learned from a demonstration and is in the library."""

    macro_id: str
    name: str
    phrases: tuple[str, ...]
    steps: int
    notes: tuple[str, ...] = ()
    """What a person should know or check, in words."""


@dataclass(frozen=True, slots=True)
class LibraryChanged:
    """A macro was added, renamed or deleted."""


@dataclass(frozen=True, slots=True)
class Clicked:
    """A control was acted on that was called by its name or its number."""

    text: str
    """The words as heard."""
    description: str
    """What was done, in words."""
    place: Rect
    """Where, physical pixels of the virtual desktop."""
    evidence: str
    total_ms: float
    """From the end of the speech to the click."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A numbered control."""

    number: int
    """From 1."""
    name: str
    rect: Rect
    """Physical pixels of the virtual desktop."""


@dataclass(frozen=True, slots=True)
class ChoicesShown:
    """Controls wait to be chosen by saying their number."""

    text: str
    """The words as heard."""
    reason: str
    """Why it is asked, for a person."""
    choices: tuple[Choice, ...]
    seconds: float
    """How long they can be chosen; after that they are gone without another word."""


@dataclass(frozen=True, slots=True)
class ChoicesGone:
    """Nothing can be chosen by its number any more."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a demonstration that shows what was searched for."""

    demonstration: str
    """Its id: the folder's name."""
    time_ns: int
    """When it comes to the screen; `Demonstration.frame_at` gives the picture."""
    end_ns: int
    """When it was seen last."""
    score: float
    """0 to 1."""
    why: str
    """For a person."""
    box: Rect
    """Where it stands on that picture, in its pixels."""


@dataclass(frozen=True, slots=True)
class Found:
    """A search of the demonstrations is done."""

    text: str
    moments: tuple[Moment, ...]
    """Best first; empty where nothing shows it."""


AgentEvent = (
    ListeningChanged
    | Accepted
    | Rejected
    | EpisodeStarted
    | StepStarted
    | StepDone
    | Halted
    | Finished
    | Trouble
    | Progress
    | RecordingStarted
    | RecordingPaused
    | RecordingStopped
    | Learned
    | LibraryChanged
    | Clicked
    | ChoicesShown
    | ChoicesGone
    | Found
    | Asked
    | HeardChanged
    | MicrophoneChanged
    | Muted
    | ModeChanged
)
Listener = Callable[[AgentEvent], None]


@dataclass(frozen=True, slots=True)
class EpisodeReport:
    """One run of a macro, start to end."""

    episode_id: str
    macro_id: str
    slots: dict[str, str]
    steps: tuple[StepDone, ...]
    outcome: Finished | Halted
    timings_ms: dict[str, float] = field(default_factory=dict)
