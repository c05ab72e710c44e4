"""`python -m tests.benchmarks.bench_understanding`: what Encore hears of spoken commands, and what it costs.

Titles are asked for by synthetic voices ("Play ..."), sentences that ask for nothing are said by the same voices. For
every title: the words as heard, the value among known ones, and the value among eight that stand on the screen, seven
of which are written most like it. The last two also without the title itself: then any of the others is wrong. A folder
of recorded speech that holds no command can be added.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from rapidfuzz import fuzz, process
from rich.console import Console
from rich.progress import track

from demos.voices import speak
from encore_agent.messages import Accepted, Rejected
from encore_agent.understand import Understander
from encore_models.bundle import Bundle
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.mel import RATE
from encore_models.perception.speech import DetectorOptions, Samples, Utterance, utterances_of
from encore_models.perception.voice import Voice
from encore_models.phrases import words_of
from encore_models.whisper.prepare import prepare_hearing
from encore_recorder.actions import PressKeys
from encore_recorder.geometry import Rect

VOICES = ("pico-us", "pico-gb", "flite-slt", "flite-rms")
RESULTS = Path(__file__).parent / "results" / "understanding.json"
SHOWN = 8
"""Titles on the screen."""

TITLES = tuple(
    "Yesterday|Yesterday Once More|Hey Jude|Let It Be|Bohemian Rhapsody|Hotel California|Imagine|Dancing Queen|"
    "Billie Jean|Thriller|Like a Rolling Stone|Smells Like Teen Spirit|Wonderwall|Creep|Karma Police|Paranoid Android|"
    "Rolling in the Deep|Someone Like You|Hello|Skyfall|Shape of You|Perfect|Blinding Lights|Levitating|Bad Guy|"
    "Ocean Eyes|Take On Me|Africa|Rosanna|Every Breath You Take|Roxanne|Purple Rain|When Doves Cry|"
    "Sweet Child O' Mine|November Rain|Nothing Else Matters|Enter Sandman|Stairway to Heaven|Kashmir|Black Dog|"
    "Comfortably Numb|Wish You Were Here|Time|Money|Heroes|Space Oddity|Life on Mars|Clair de Lune|Moonlight Sonata|"
    "Take Five".split("|")
)
UNRELATED = (
    "What time does the train leave tomorrow",
    "I think we should order pizza tonight",
    "The weather is nice today",
    "Can you pass me the salt please",
    "She went to the store to buy milk",
    "My laptop battery is almost dead",
    "He said that the meeting was moved to Friday",
    "I really like this picture",
    "Where did you put the car keys",
    "They are painting the house next week",
    "It is raining again",
    "Let us talk about the budget",
    "Have you seen my glasses",
    "This coffee is too strong",
    "Turn left at the next corner",
    "Please close the window",
    "We need more paper for the printer",
    "I will call you back later",
    "How much does it cost",
    "Good morning everybody",
    "He plays the guitar very well",
    "The players were tired after the game",
    "I was just saying that yesterday was fun",
    "It depends on what they decide",
    "Clay is used for making pots",
    "Please lay the table for six",
    "The next stop is the museum",
    "Don't pause now, keep going",
)


def macro(macro_id: str, phrase: str, values: tuple[str, ...] = ()) -> Macro:
    """A command that does next to nothing."""
    window = WindowIdentity("player", "Player", Rect(0, 0, 1, 1))
    slots = tuple(Slot(name, values) for name in Phrase(phrase).slots)
    steps = (Step(PressKeys(("enter",)), window, "steps/01-before.png"),)
    return Macro(macro_id, macro_id, (Phrase(phrase),), slots, steps, "2026-01-01T00:00:00+00:00", "none")


def macros(known: tuple[str, ...] = ()) -> list[Macro]:
    """Those that one player's user may have."""
    return [
        macro("play", "play {song}", known),
        macro("next", "next track"),
        macro("pause", "pause the music"),
        macro("playlist", "open playlist {name}"),
    ]


@dataclass(slots=True)
class Tally:
    """Answers of one kind: right, wrong, undecided or not understood."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, wanted: str, answer: str | None, otherwise: str, where: str) -> None:
        """Count an answer; None counts as `otherwise`, and words that are no other title as misheard."""
        if answer is None:
            self.answers[otherwise] += 1
        elif words_of(answer) == words_of(wanted):
            self.answers["right"] += 1
        elif answer not in TITLES:
            self.answers["misheard"] += 1
        else:
            self.answers["wrong"] += 1
            self.wrong.append(f"{where}: {wanted} -> {answer}")

    def shares(self) -> dict[str, float]:
        """Of all, rounded."""
        return {name: round(count / self.answers.total(), 3) for name, count in sorted(self.answers.items())}


def utterance_of(sound: Samples) -> Utterance:
    """The one command in a recording with silence around it."""
    silence = np.random.default_rng(0).normal(0, 3e-4, RATE // 2).astype(np.float32)
    found = utterances_of(np.concatenate([silence, sound, silence]))
    return max(found, key=lambda utterance: utterance.seconds)


def alike(title: str) -> list[str]:
    """The titles that are written most like another one."""
    others = [other for other in TITLES if other != title]
    return [text for text, _, _ in process.extract(title, others, scorer=fuzz.ratio, limit=SHOWN - 1)]


@dataclass(slots=True)
class TitleFigures:
    """What came of asking for titles."""

    heard: Tally = field(default_factory=Tally)
    known: Tally = field(default_factory=Tally)
    unknown: Tally = field(default_factory=Tally)
    shown: Tally = field(default_factory=Tally)
    hidden: Tally = field(default_factory=Tally)
    understand_ms: list[float] = field(default_factory=list)
    choose_ms: list[float] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """For the file of results."""
        tallies = {
            "verbatim": self.heard,
            "among_50_known": self.known,
            "not_among_49_known": self.unknown,
            "among_8_shown": self.shown,
            "not_among_7_shown": self.hidden,
        }
        return {
            "asked": self.heard.answers.total(),
            **{name: tally.shares() for name, tally in tallies.items()},
            "understand_ms": spread(self.understand_ms),
            "choose_ms": spread(self.choose_ms),
            "pause_ms": DetectorOptions().pause_ms,
            "wrong": {name: tally.wrong for name, tally in tallies.items() if tally.wrong},
            "rejected": self.rejected,
        }


def measure_titles(voice: Voice, voices: Sequence[str]) -> TitleFigures:
    """Ask for every title in every voice."""
    figures = TitleFigures()
    for name, title in track([(name, title) for name in voices for title in TITLES], "titles"):
        utterance = utterance_of(speak(f"Play {title}", name, rate=RATE))
        understander = Understander(voice, macros())
        outcome, heard = understander.understand(utterance)
        figures.heard.note(title, song_of(outcome), "rejected", name)
        if isinstance(outcome, Rejected):
            figures.rejected.append(f"{name}: {title}: {outcome.text} ({outcome.reason})")
        else:
            figures.understand_ms.append(outcome.understand_ms)
        others = alike(title)
        began = time.perf_counter()
        chosen = understander.choose_value(heard, "song", [*others[:3], title, *others[3:]])
        figures.choose_ms.append(1e3 * (time.perf_counter() - began))
        otherwise = "rejected" if isinstance(outcome, Rejected) else "undecided"
        figures.shown.note(title, chosen, otherwise, name)
        figures.hidden.note(title, understander.choose_value(heard, "song", others), otherwise, name)
        for tally, known in ((figures.known, TITLES), (figures.unknown, tuple(t for t in TITLES if t != title))):
            understander.set_macros(macros(known))
            tally.note(title, song_of(understander.understand(utterance)[0]), "rejected", name)
    return figures


def song_of(outcome: Accepted | Rejected) -> str | None:
    """The value of the slot, or None where another command or none was understood."""
    return outcome.command.slots.get("song") if isinstance(outcome, Accepted) else None


def measure_unrelated(voice: Voice, sounds: Iterator[tuple[str, Samples]]) -> dict[str, object]:
    """Say what asks for nothing; whatever fires is a false accept."""
    understander = Understander(voice, macros(TITLES))
    fired: list[str] = []
    reasons: Counter[str] = Counter()
    seconds = 0.0
    utterances = 0
    for name, sound in sounds:
        seconds += len(sound) / RATE
        for utterance in utterances_of(sound):
            utterances += 1
            outcome, _ = understander.understand(utterance)
            if isinstance(outcome, Accepted):
                fired.append(f"{name}: {outcome.text} -> {outcome.command.macro_id} {outcome.command.slots}")
            else:
                reasons[outcome.reason] += 1
    return {
        "minutes": round(seconds / 60, 1),
        "utterances": utterances,
        "false_accepts": len(fired),
        "fired": fired,
        "reasons": dict(reasons.most_common()),
    }


def spoken_sentences(voices: Sequence[str]) -> Iterator[tuple[str, Samples]]:
    """Every unrelated sentence in every voice, with silence around it."""
    silence = np.zeros(RATE // 2, np.float32)
    for name in voices:
        for text in UNRELATED:
            yield f"{name}: {text}", np.concatenate([silence, speak(text, name, rate=RATE), silence])


def recorded_sounds(folder: Path) -> Iterator[tuple[str, Samples]]:
    """Every sound file below a folder that FFmpeg can read."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        container_format = "g722" if path.suffix == ".g722" else None
        try:
            with av.open(str(path), format=container_format) as container:
                resampler = av.AudioResampler("flt", "mono", RATE)
                blocks = [
                    block.to_ndarray().ravel()
                    for frame in container.decode(audio=0)
                    for block in resampler.resample(frame)
                ]
        except (av.FFmpegError, IndexError):
            continue
        yield path.name, np.concatenate(blocks) if blocks else np.zeros(RATE, np.float32)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and worst."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "worst": round(ordered[-1], 1),
    }


def prepare(folder: Path) -> tuple[Bundle, dict[str, float]]:
    """Make the bundle anew and say what it cost."""
    began = time.perf_counter()
    bundle = prepare_hearing(folder)
    seconds = time.perf_counter() - began
    megabytes = sum(file.bytes for file in bundle.manifest.files.values()) / 1e6
    return bundle, {"prepare_s": round(seconds, 1), "bundle_mb": round(megabytes, 1), **bundle.contents.metrics}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", nargs="+", default=VOICES)
    parser.add_argument("--recorded", type=Path, help="a folder of recorded speech without commands")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        bundle, figures = prepare(Path(folder) / "hearing")
        voice = Voice(Bundle.open(bundle.folder))
        results: dict[str, object] = {
            "hearing": figures,
            "titles": measure_titles(voice, options.voices).as_json(),
            "unrelated": measure_unrelated(voice, spoken_sentences(options.voices)),
        }
        if options.recorded:
            results["recorded"] = measure_unrelated(voice, recorded_sounds(options.recorded))
    results["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    Console().print_json(json.dumps(results))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
