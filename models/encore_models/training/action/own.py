"""The user's own demonstrations as training data: out of the library, once, kept as a shard beside it.

What is trained on is the macro as it stands: its pictures, the targets and phrases that the person may have changed,
and the sound of its recording. The labels of a varied picture are carried over from the one that was read, so that a
demonstration takes seconds instead of a minute.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from encore_models.demonstrated import spoken_command
from encore_models.errors import BrokenMacro
from encore_models.learn import Learning
from encore_models.macro import Macro
from encore_models.perception.situation import MOST_STEPS
from encore_models.store import read_macro, read_picture, read_texts
from encore_models.training.action.aligned import (
    LEAST_STEPS,
    NothingToTrainOn,
    Shown,
    last_picture,
    split_of_application,
)
from encore_models.training.action.demonstrations import Demonstrations
from encore_models.training.action.samples import FORMAT_VERSION, Sample, read_shard, write_shard
from encore_models.training.voice_sounds import Samples
from encore_recorder.demonstration import Demonstration
from encore_recorder.errors import RecorderError

VARIED = 6
"""Variations of each demonstration."""
RECIPE = 1
"""Counted up when the same macro gives other samples."""
OTHERS = 2
"""Commands of other macros that are said on a macro's first screen, and must not start it."""

Tell = Callable[[str, float], None]
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Library:
    """Where the user's data lies, as the agent keeps it."""

    root: Path

    def macros(self) -> list[Path]:
        """Folders of the macros."""
        return sorted(path.parent for path in (self.root / "macros").glob("[!.]*/macro.json"))

    def demonstration(self, macro: Macro) -> Demonstration:
        """What a macro was learned from.

        Raises:
            RecorderError: It is not there or cannot be read.
        """
        return Demonstration.open(self.root / "demonstrations" / macro.demonstration)

    @property
    def samples(self) -> Path:
        """Folder of the shards."""
        return self.root / "samples"


def shown_again(library: Library, folder: Path) -> Shown:
    """A macro of the library as training takes it.

    Raises:
        NothingToTrainOn: It has too few or too many steps, or its recording is gone.
        BrokenMacro: It cannot be read.
    """
    macro = read_macro(folder)
    if len(macro.steps) < LEAST_STEPS:
        problem = f"it has {len(macro.steps)} step, and teaches nothing about what comes next"
        raise NothingToTrainOn(folder, problem, "It can be replayed as it is, without training.")
    if len(macro.steps) > MOST_STEPS:
        problem = f"it has {len(macro.steps)} steps, more than {MOST_STEPS}"
        raise NothingToTrainOn(folder, problem, "It can be replayed as it is; record it in two parts to train on it.")
    try:
        with library.demonstration(macro) as recorded:
            sound, last = spoken_command(recorded), last_picture(recorded)
    except (RecorderError, OSError) as error:
        advice = "It can be replayed as it is, without training."
        raise NothingToTrainOn(folder, f"its recording cannot be read ({error})", advice) from error
    pictures = {step.before: read_picture(folder, step.before) for step in macro.steps}
    split = split_of_application(macro.steps[0].window.app_class)
    return Shown(folder, Learning(macro, pictures, "", ()), sound, last, split, read_texts(folder))


def all_shown(library: Library, leave_out: Sequence[str], note: Note) -> list[Shown]:
    """All macros that can be trained on; of the others it is said why not.

    Args:
        library: The user's.
        leave_out: Ids of macros that are not to be learned.
        note: Told what cannot be used, and what is missing in what can.
    """
    found = []
    for folder in library.macros():
        if folder.name in leave_out:
            continue
        try:
            shown = shown_again(library, folder)
        except (NothingToTrainOn, BrokenMacro) as error:
            note(str(error))
            continue
        if not len(shown.sound):
            note(f"nothing was said in the recording of {folder.name}: it is learned from its screens alone")
        found.append(shown)
    return found


def samples_of(
    library: Library, shown: Shown, others: Sequence[Samples], making: Callable[[], Demonstrations]
) -> list[Sample]:
    """The samples of a macro; those that were made before are read.

    Args:
        library: Keeps them.
        shown: The macro.
        others: Sounds of other commands.
        making: Gives what makes samples; asked only where some have to be made.

    Raises:
        OSError: The disk did not take them.
    """
    path = shard_of(library, shown)
    if path.is_file():
        return read_shard(path)
    made = list(making().samples(shown, VARIED, seed=1, others=others[:OTHERS]))
    for old in library.samples.glob(f"{shown.path.name}@*.npz"):
        old.unlink()
    write_shard(path, made)
    return made


def shard_of(library: Library, shown: Shown) -> Path:
    """The file of a macro's samples; its name tells what it was made from."""
    content = hashlib.blake2b(f"{RECIPE}|{FORMAT_VERSION}|{VARIED}|{shown.learning.macro}".encode(), digest_size=6)
    return library.samples / f"{shown.path.name}@{content.hexdigest()}.npz"


def variation_of(sample: Sample) -> int:
    """Which variation of its demonstration a sample belongs to; 0 is what was shown."""
    return int(sample.meta["episode"].rsplit("-", 1)[1])
