"""The user's own demonstrations as training data: out of the library, once, kept as a shard beside it.

What is trained on is the macro as it stands: its pictures, the targets and phrases that the person may have changed,
and the sound of its recording. The labels of a varied picture are carried over from the one that was read, so that a
demonstration takes seconds instead of a minute.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path

from encore_models.demonstrated import spoken_command
from encore_models.errors import BrokenMacro
from encore_models.learn import Learning
from encore_models.macro import Macro
from encore_models.perception.situation import MOST_STEPS
from encore_models.store import MACRO_FILE, read_macro, read_picture, read_texts
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
from encore_models.ways import Way
from encore_recorder.demonstration import Demonstration
from encore_recorder.errors import RecorderError

VARIED = 6
"""Variations of each demonstration."""
RECIPE = 2
"""Counted up when the same macro gives other samples."""
OTHERS = 2
"""Commands of other macros that are said on a macro's first screen, and must not start it."""

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


class Recorded:
    """A macro of the library that can be trained on; its sound and pictures are read when they are asked for.

    Of most macros they never are: the samples that were made of them lie on the disk.
    """

    def __init__(self, library: Library, path: Path) -> None:
        """Read the macro, and see that its recording is there.

        Args:
            library: The user's.
            path: Folder of the macro.

        Raises:
            NothingToTrainOn: It has too few or too many steps, or its recording is gone.
            BrokenMacro: It cannot be read.
        """
        self.path, self.macro = path, read_macro(path)
        self._library = library
        steps = len(self.macro.steps)
        if steps < LEAST_STEPS:
            problem = f"it has {steps} step, and teaches nothing about what comes next"
            raise NothingToTrainOn(path, problem, "It can be replayed as it is, without training.")
        if steps > MOST_STEPS:
            problem = f"it has {steps} steps, more than {MOST_STEPS}"
            raise NothingToTrainOn(path, problem, "It can be replayed as it is; record it in two parts to train on it.")
        with self._recording():
            pass

    @property
    def way(self) -> Way:
        """What it does, by the name of its folder."""
        return Way(self.path.name, self.macro, partial(read_picture, self.path))

    @cached_property
    def sound(self) -> Samples:
        """Of the command, float32 at 16 kHz; empty where nothing was said.

        Raises:
            NothingToTrainOn: The recording cannot be read.
        """
        with self._recording() as recorded:
            return spoken_command(recorded)

    def shown(self) -> Shown:
        """The macro as training takes it.

        Raises:
            NothingToTrainOn: The recording cannot be read.
            BrokenMacro: A picture cannot be read.
        """
        with self._recording() as recorded:
            last = last_picture(recorded)
        pictures = {step.before: read_picture(self.path, step.before) for step in self.macro.steps}
        split = split_of_application(self.macro.steps[0].window.app_class)
        learning = Learning(self.macro, pictures, "", ())
        return Shown(self.path, learning, self.sound, last, split, read_texts(self.path))

    @contextmanager
    def _recording(self) -> Iterator[Demonstration]:
        try:
            with self._library.demonstration(self.macro) as recorded:
                yield recorded
        except (RecorderError, OSError) as error:
            advice = "It can be replayed as it is, without training."
            raise NothingToTrainOn(self.path, f"its recording cannot be read ({error})", advice) from error


def all_recorded(library: Library, leave_out: Sequence[str], note: Note) -> list[Recorded]:
    """All macros that can be trained on; of the others it is said why not.

    Args:
        library: The user's.
        leave_out: Ids of macros that are not to be learned.
        note: Told what cannot be used.
    """
    found = []
    for folder in library.macros():
        if folder.name in leave_out:
            continue
        try:
            found.append(Recorded(library, folder))
        except (NothingToTrainOn, BrokenMacro) as error:
            note(str(error))
    return found


def samples_of(
    library: Library, macro: Recorded, others: Iterable[Samples], making: Callable[[], Demonstrations], note: Note
) -> list[Sample]:
    """The samples of a macro; those that were made before are read.

    Args:
        library: Keeps them.
        macro: What they are of.
        others: Sounds of other commands, taken only as far as they are needed.
        making: Gives what makes samples; asked only where some have to be made.
        note: Told what is missing in the recording.

    Raises:
        NothingToTrainOn: The recording cannot be read.
        BrokenMacro: A picture cannot be read.
        OSError: The disk did not take them.
    """
    path = shard_of(library, macro)
    if path.is_file():
        return read_shard(path)
    if not len(macro.sound):
        note(f"nothing was said in the recording of {macro.path.name}: it is learned from its screens alone")
    made = list(making().samples(macro.shown(), VARIED, seed=1, others=list(islice(others, OTHERS))))
    for old in library.samples.glob(f"{macro.path.name}@*.npz"):
        old.unlink()
    write_shard(path, made)
    return made


def shard_of(library: Library, macro: Recorded) -> Path:
    """The file of a macro's samples; its name tells what it was made from."""
    # As it lies on the disk: a later Encore may know more of a macro, and that gives no other samples.
    content = hashlib.blake2b(f"{RECIPE}|{FORMAT_VERSION}|{VARIED}|".encode(), digest_size=6)
    content.update((macro.path / MACRO_FILE).read_bytes())
    return library.samples / f"{macro.path.name}@{content.hexdigest()}.npz"


def variation_of(sample: Sample) -> int:
    """Which variation of its demonstration a sample belongs to; 0 is what was shown."""
    return int(sample.meta["episode"].rsplit("-", 1)[1])
