"""Samples of drawn and real windows, of the finder's development screens: what synthetic episodes are not like.

    python -m tests.benchmarks.action.windows make --folder runs/finder/rendered_dev --out DATA --voices DATA
    python -m tests.benchmarks.action.windows check --data DATA

A window is shown, and looked at again after something changed. One to three of its things are the steps of a
demonstration, said by a synthetic voice where there are some; the first of them may be done. Where the one that is due
is gone, or something lies over it, it is to stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from encore_agent.find import Finder
from encore_agent.policy import objection_of
from encore_models.demonstrated import argument_of, steps_shown, steps_today
from encore_models.macro import Macro, Phrase, Slot, Step, WindowIdentity
from encore_models.perception.action import ActionModel
from encore_models.perception.labels import Labels
from encore_models.perception.situation import (
    ARGUMENTS,
    NOTHING_SAID,
    STATES,
    Half,
    Single,
    StepsShown,
    Words,
    candidate_in,
    lying_in,
    observe,
)
from encore_models.training.action.samples import (
    GONE,
    OTHER,
    SPLITS,
    WINDOWS,
    Sample,
    read_shard,
    read_shards,
    shards,
    write_shard,
)
from encore_recorder.actions import Click
from tests.benchmarks.finder import make_screens
from tests.benchmarks.finder.calibrate import DRAWN as DRAWN_SETS
from tests.benchmarks.finder.dataset import (
    FEW,
    REFILLED,
    SHOWN,
    Query,
    Screen,
    Thing,
    queries,
    read_screens,
    without_unchanged,
)
from tests.benchmarks.finder.dataset import GONE as GONE_PICTURES
from tests.benchmarks.finder.ours import Eyes, Looker
from tests.benchmarks.finder.sampling import balanced

SETS: Mapping[str, tuple[int, int]] = {**DRAWN_SETS, "fresh": (41, 20), "fresh_23": (23, 20)}
"""Folders of drawn screens, with the seed and the number of each; they are drawn where they are missing."""
SLOT = "song"
HELD_BACK = ("gnumeric", "kwrite", "nemo", "pcmanfm", "qbittorrent", "scite")
"""Real programs that nothing is learned from: their samples are of validation always."""
PICTURES, A_PICTURE, A_FILLING, MOST = 6, 10, 24, 3
"""Changes of a drawn window that are looked at, beside lists that are filled anew and what is gone; samples of each,
and of what lists are filled with: rows chosen by what is said are there, and much that the demonstration did not show;
steps at most."""
READ = 0.5
"""Share of the pictures of which everything was read before, as of those that a replay has looked at for a while: what
they say that is new is seen then, in lists as well."""
A_REAL_PICTURE = 24
"""Samples of each picture of a real program, of which there are few; all changes of these are looked at."""
DRAWN = ("qt", "html", "player")
LISTED = ("row", "row_icon")
SPOKEN = 2 / 3
"""Share of the samples with a voice."""
Voice = tuple[Half, Half, Single]
"""What is said, what was said when it was shown, and how alike these are, as in `Sample`."""
_NAME = WINDOWS.replace(":", "-")
OBJECTIONS = (0.5, 0.7, 0.9)

app = typer.Typer(help=__doc__, add_completion=False)


class Windows:
    """Makes the samples of one screen."""

    def __init__(self, folder: Path, screen: Screen, sight: Eyes, words: Words, shown: str = SHOWN) -> None:
        """Look at nothing yet; `shown` is the picture that was seen when it was demonstrated."""
        self._screen, self._sight, self._words = screen, sight, words
        self._looker, self._finder = Looker(folder, screen, sight, shown), Finder(sight.reader)
        self._labels = Labels()
        self._rng = np.random.default_rng(list(_called(screen, shown).encode()))
        self._steps: dict[tuple[str, bool], tuple[Step, StepsShown]] = {}
        self._name = f"{WINDOWS}{folder.name}:{screen.id}"

    def samples(self, split: str) -> Iterator[Sample]:
        """Those of the pictures that are chosen."""
        asked: dict[str, list[Query]] = {}
        for query in queries(self._screen):
            # Nothing that is given tells what an empty field asks for from what was typed in it last.
            other_field = query.shown.kind == "field" and query.picture == "lookalike"
            if query.shown.kind != "blank" and not other_field:
                asked.setdefault(query.picture, []).append(query)
        always = [name for name in (REFILLED, *GONE_PICTURES) if name in asked]
        there = [name for name in asked if name not in (*always, FEW)]
        drawn = self._screen.toolkit in DRAWN
        chosen = [str(name) for name in self._rng.permutation(there)[: PICTURES if drawn else len(there)]]
        count = A_PICTURE if drawn else A_REAL_PICTURE
        self._labels_of_shown()
        for picture in (*chosen, *always):
            if self._rng.random() < READ:
                now = self._looker.scene(picture)
                now.texts([candidate for candidate in now.candidates if candidate.kind == "text"])
            most = A_FILLING if picture == REFILLED else count
            for query in balanced(asked[picture], most, _kind_of, int(self._rng.integers(1 << 30))):
                if (sample := self._sample(query, asked[picture], split)) is not None:
                    yield sample

    def _labels_of_shown(self) -> None:
        shown = self._looker.scene(SHOWN)
        observe(shown, self._words)  # reads all of it, as it is done once for a macro
        self._labels.learn(shown)

    def _sample(self, due: Query, asked: Sequence[Query], split: str) -> Sample | None:
        others = [one for one in asked if one.shown.id != due.shown.id and one.said in (None, due.said)]
        count = int(self._rng.integers(MOST))
        beside = [others[number] for number in self._rng.permutation(len(others))[:count]]
        steps = [*beside, due]
        at = int(self._rng.integers(len(steps)))
        steps[at], steps[-1] = steps[-1], steps[at]
        now = self._looker.scene(due.picture)
        # What the finder read is known to the model in a replay, too.
        self._finder.find(self._looker.target(due.shown), self._looker.scene(SHOWN), now, due.said)
        seen = observe(now, self._words, self._labels.reading(now))
        candidate = -1
        if due.answer is not None:
            found = candidate_in(now, due.answer.box, due.answer.point)
            candidate = seen.place_of(found) if found is not None else -1
            if candidate < 0:
                return None
        values = {SLOT: due.said} if due.said is not None else {}
        macro, shown = self._shown([(one.shown, one.said is not None) for one in steps])
        asks = steps_today(shown, macro, values, NOTHING_SAID, self._words)
        state = "step" if due.answer is not None else "stop"
        hard = "" if state == "step" else "covered" if due.picture == "covered" else GONE
        return Sample(
            **asks.asked(seen, [int(number < at) for number in range(len(steps))]).arrays(),
            state=STATES.index(state),
            step=at if state == "step" else -1,
            candidate=candidate,
            argument=ARGUMENTS.index(argument_of(macro.steps[at])) if state == "step" else 0,
            meta={
                "episode": self._name,
                "application": self._screen.toolkit,
                "toolkit": self._screen.toolkit,
                "layout": due.picture,
                "hard": hard,
                "split": split,
            },
        )

    def _shown(self, things: Sequence[tuple[Thing, bool]]) -> tuple[Macro, StepsShown]:
        """A demonstration of clicks on some things, each with whether it follows what is said."""
        each = [self._step(thing, follows) for thing, follows in things]
        steps, parts = tuple(step for step, _ in each), [shown for _, shown in each]
        joined = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("looks", "effects", "meanings", "places", "actions", "arguments")
        }
        joined["effects"][:-1] = joined["looks"][:-1]  # the next step begins on the same screen
        screens = tuple(screen for part in parts for screen in part.screens)
        return _macro(steps), StepsShown(spoken=NOTHING_SAID, screens=screens, **joined)

    def _step(self, thing: Thing, follows: bool) -> tuple[Step, StepsShown]:
        key = thing.id, follows
        if key not in self._steps:
            scene, target = self._looker.scene(SHOWN), self._looker.target(thing)
            if follows:
                target = replace(target, template="{" + SLOT + "}")
            step = Step(Click(thing.point), WindowIdentity("", "", scene.rect), "shown.png", target)
            shown = steps_shown(_macro((step,)), [scene], None, self._sight.clip, self._words, NOTHING_SAID)
            self._steps[key] = step, shown
        return self._steps[key]


def _macro(steps: tuple[Step, ...]) -> Macro:
    """What is learned from these steps, with a slot where one of them follows what is said."""
    follows = any(step.slots for step in steps)
    phrase, slots = ("do {" + SLOT + "}", (Slot(SLOT),)) if follows else ("do it", ())
    return Macro("window", "Do it", (Phrase(phrase),), slots, steps, "", "")


def voices_in(data: Path, split: str) -> list[Voice]:
    """What is said in the synthetic episodes of a split, where it is the command that was shown."""
    found: dict[int, Voice] = {}
    for sample in read_shards(data, split):
        if len(sample.utterance) and len(sample.shown_utterance) and sample.meta["hard"] != OTHER:
            voice = sample.utterance, sample.shown_utterance, sample.spoken_alike
            found.setdefault(hash(sample.utterance.tobytes()), voice)
    return list(found.values())


def said(samples: Iterable[Sample], voices: Sequence[Voice], name: str) -> Iterator[Sample]:
    """The samples, most of them with a voice: a replay is asked for, and a window alone is never all that is known."""
    rng = np.random.default_rng(list(f"{name} said".encode()))
    for sample in samples:
        if rng.random() >= SPOKEN or not voices:
            yield sample
            continue
        utterance, shown, alike = voices[int(rng.integers(len(voices)))]
        yield replace(sample, utterance=utterance, shown_utterance=shown, spoken_alike=alike)


def searched(screen: Screen) -> Screen | None:
    """The screen as one on which a search had found a few rows, then all of them, or what another search finds.

    Returns:
        None where it has no lists that are drawn so.
    """
    if FEW not in screen.pictures:
        return None
    rng = np.random.default_rng(list(screen.id.encode()))
    titles = [thing.row for thing in screen.pictures[REFILLED] if thing.kind == "row"]
    shown = [replace(thing, query=thing.query or thing.kind in LISTED) for thing in screen.pictures[FEW]]
    listed = [thing for thing in shown if thing.kind in LISTED]
    if not titles or not listed:
        return None
    slots = {thing.id: titles[int(rng.integers(len(titles)))] for thing in listed}
    others = {name: things for name, things in screen.pictures.items() if name in ("same", REFILLED, *GONE_PICTURES)}
    return replace(screen, pictures={SHOWN: tuple(shown), **others}, slots=slots)


def _called(screen: Screen, shown: str) -> str:
    return screen.id if shown == SHOWN else f"{screen.id}-{shown}"


def _kind_of(query: Query) -> str:
    return query.shown.kind


@app.command()
def make(
    folder: Annotated[Path, typer.Option(help="A data set of the finder's, see make_screens and capture_programs.")],
    out: Annotated[Path, typer.Option(help="Folder of the shards; one is added for each screen.")],
    split: Annotated[str, typer.Option(help="train or validation.")] = "train",
    voices: Annotated[Path | None, typer.Option(help="Synthetic samples whose commands are said.")] = None,
    threads: int = 1,
) -> None:
    """Make the samples of a data set's development screens; shards that are there are kept."""
    if split not in SPLITS[:2]:
        raise typer.BadParameter(f"{split!r} is neither train nor validation", param_hint="--split")
    if folder.name in SETS and not read_screens(folder):
        seed, count = SETS[folder.name]
        make_screens.main(["--folder", str(folder), "--seed", str(seed), "--screens", str(count)])
    screens = [screen for screen in read_screens(folder) if screen.split == "dev"]
    if not screens:
        raise typer.BadParameter(f"there are no development screens in {folder}", param_hint="--folder")
    sight = Eyes(threads)
    words = Words(sight.clip)
    spoken = {part: voices_in(voices, part) if voices else [] for part in SPLITS[:2]}
    for screen in track(screens, f"looking at {folder.name}"):
        part = "validation" if screen.toolkit in HELD_BACK else split
        for shown, asked in ((SHOWN, screen), (FEW, searched(screen))):
            path = out / f"{part}-{_NAME}{folder.name}-{_called(screen, shown)}.npz"
            if asked is None or path.is_file():
                continue
            windows = Windows(folder, without_unchanged(folder, asked), sight, words, shown)
            if samples := list(said(windows.samples(part), spoken[part], path.stem)):
                write_shard(path, samples)


@dataclass(frozen=True, slots=True)
class Looked:
    """What the model said of one sample."""

    real: bool
    hard: str
    right: bool
    """Whether step and place are right, or it stops where that is right."""
    pointed: bool
    """Whether it would act."""
    objection: float
    """See `objection_of`."""


def looked(model: ActionModel, sample: Sample) -> Looked:
    """What the model says of a sample."""
    said = model.decide(sample)
    state, step = STATES[int(said.states.argmax())], int(said.steps.argmax())
    place = int(said.candidates.argmax())
    pointed = state == "step" and place < len(sample.candidates)
    if sample.candidate >= 0:
        hit = pointed and lying_in(sample.candidate_places, sample.candidate)[place]
        right = bool(hit) and step == sample.step
    else:
        right = state == STATES[sample.state]
    real = sample.meta["toolkit"] not in DRAWN
    return Looked(real, sample.meta["hard"] or "there", right, pointed, objection_of(said))


@app.command()
def check(
    data: Annotated[Path, typer.Option(help="Folder of the shards.")],
    split: Annotated[str, typer.Option(help="Whose windows.")] = "validation",
    weights: Annotated[Path | None, typer.Option(help="A bundle; without it the one that Encore comes with.")] = None,
) -> None:
    """Tell how often the model is right on windows, would act where nothing is, and objects where it should act."""
    model = ActionModel.load(weights, threads=1) if weights else ActionModel.load(threads=1)
    all_said: list[Looked] = []
    for path in shards(data, split):
        if path.name.startswith(f"{split}-{_NAME}"):
            all_said += [looked(model, sample) for sample in read_shard(path)]
    counts = Counter((one.real, one.hard) for one in all_said)
    for (real, hard), count in sorted(counts.items()):
        those = [one for one in all_said if (one.real, one.hard) == (real, hard)]
        objected = ", ".join(f"{sum(one.objection >= at for one in those) / count:.1%} at {at}" for at in OBJECTIONS)
        typer.echo(
            f"{'real' if real else 'drawn'} {hard}: {count} samples, right {sum(o.right for o in those) / count:.1%}, "
            f"would act on {sum(o.pointed for o in those) / count:.1%}, objects to {objected}"
        )


if __name__ == "__main__":
    app()
