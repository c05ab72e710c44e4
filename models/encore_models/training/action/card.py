"""The model card of the action model, written with the weights it describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from encore_models.training.action.ledger import Entry
from encore_models.training.action.model import ActionModel
from encore_models.training.action.samples import SPLITS, WINDOWS, read_shards

HEAD = """# The action model

A one-shot imitation transformer (width {width}, fusion `{fusion}`, {parameters:,} parameters), made by Encore. From
the frames of an utterance, the candidates on a screen and the steps of one demonstration with their progress it says
which step is due now, on which candidate, with which argument; or to wait, that all is done, or to stop. It chooses
among candidates that are there and never gives a place of its own.

How a decision follows from its parts is fixed: the next step is the first one after what was done whose effect is not
there, a target is what looks and reads like the one that was shown, another command is one that does not sound alike.
What training changes is how sure to be of each part.

It has seen {seen}, no screen and no voice of any user. Its
probabilities are not calibrated for anything else, and what is synthetic is easier than what is real: expect the
figures below, which are of synthetic episodes, to be lower on real screens.
Its frames, looks and texts come from the Whisper, the voice head and the UI-CLIP that Encore comes with; with others it
must be trained again.

Licence: MIT. `action.onnx` decides; `config.json`, `model.safetensors` (large matrices in 8 bits, a scale a row) and
`kept.npz` (some samples of training, rounded) are what `encore learn --tune` begins from.

## Ledger

Measured on the test split: {tested}.
One decision takes so long on two threads where no other program comes between.

"""

TAIL = """
`int8_dynamic`: matrices in 8 bits, what is multiplied with them too, as it comes; `int8_static`: the same with ranges
that were seen on samples of validation; `int8_weights`: matrices alone; `pruned`: a quarter of the heads and units
taken out, without training after it.

## Data and licences

{data}

Samples hold vectors, no picture and no sound. They are made by `encore_models.training.action.make`: windows of made-up
applications, drawn with

- the icon packages that UI-CLIP is trained from (each with its licence in `ui_clip/README.md`), none of which is part
  of Encore; sets for validation and testing are never trained on,
- fonts of Debian's packages (OFL, Bitstream Vera and such), which are not part of it either,

and commands said by espeak-ng (GPL-3 program; its speech is free), flite (MIT-like; CMU), pico (Apache-2.0) and
Hibari `heart` (Apache-2.0).{windows} Looks and texts are UI-CLIP's, frames those of Whisper tiny.en (MIT) with
`whisper_adapter`, both as they are.

## Made with

    pip install -e '.[train]'
{made}
    python -m encore_models.training.action.train --data DATA --folder runs/action{run}
    python -m encore_models.training.action.export --model runs/action/model --data DATA

`accelerate launch -m encore_models.training.action.train ...` trains on many devices.
"""


OF_WINDOWS = """ Windows are those that the finder is developed on: drawn with Qt and Chromium
from the same packages, and of Debian's programs (the applications above that are called as one), looked at before and
after something changed."""
FEW = 12
"""Names up to which they are told one by one."""
TOLD = {"episode": "episodes", "application": "applications", "voice": "voices", "icons": "icon sets", "font": "fonts"}
"""Keys of a sample's meta that tell what was seen, and what they are called."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a model has seen."""

    samples: Mapping[str, int] = field(default_factory=dict)
    """By split."""
    names: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Of episodes, applications and so on (`TOLD`), by split."""
    run: str = ""
    """Options of the training, as its command takes them."""

    def made(self) -> str:
        """The commands that make such samples: a line for each seed, and for each set of windows.

        An episode's name is its seed and number, or says which window it is of (`WINDOWS`).
        """
        most: dict[str, int] = {}
        sets: dict[str, str] = {}
        for split, name in ((split, name) for split, names in self.names.get("episode", {}).items() for name in names):
            if name.startswith(WINDOWS):
                folder = name.split(":")[1]
                # Some programs are for validation whatever the set is for.
                sets[folder] = "train" if split == "train" else sets.get(folder, split)
                continue
            seed, _, number = name.partition("-")
            most[seed] = max(most.get(seed, 0), int(number or 0) + 1)
        lines = [f"encore_models.training.action.make --out DATA --episodes {n} --seed {s}" for s, n in most.items()]
        windows = "tests.benchmarks.action.windows make --folder runs/finder/{} --out DATA --split {} --voices DATA"
        lines += [windows.format(folder, split) for folder, split in sets.items()]
        return "\n".join(f"    python -m {line}" for line in sorted(lines))

    @property
    def windows(self) -> bool:
        """Whether it learned from windows that are not synthetic."""
        return any(name.startswith(WINDOWS) for name in self.names.get("episode", {}).get("train", ()))

    @property
    def seen(self) -> str:
        """What it learned from, in words."""
        both = "synthetic episodes and windows of the finder's development screens"
        return both if self.windows else "synthetic episodes alone"

    def told(self) -> str:
        """As a Markdown table."""
        lines = ["| split | samples | " + " | ".join(TOLD.values()) + " |", "|---" * (2 + len(TOLD)) + "|"]
        for split, count in self.samples.items():
            told = [str(count), *(_named(self.names.get(key, {}).get(split, ())) for key in TOLD)]
            lines.append(f"| {split} | " + " | ".join(told) + " |")
        return "\n".join(lines)


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= FEW else str(len(names))


def origin_of(data: Path, run: str = "") -> Origin:
    """What is in a folder of shards.

    Args:
        data: The folder.
        run: Options of the training.

    Raises:
        NoSamples: There are no shards of a split.
    """
    metas = {split: [one.meta for one in read_shards(data, split)] for split in SPLITS}
    return Origin(
        {split: len(told) for split, told in metas.items()},
        {
            key: {split: tuple(sorted({one.get(key, "") for one in told} - {""})) for split, told in metas.items()}
            for key in TOLD
        },
        run,
    )


def model_card(model: ActionModel, ledger: Mapping[str, Entry], shipped: str, origin: Origin) -> str:
    """Markdown: what the model is, what it learned from, what each variant costs and loses."""
    metrics = {name: entry.as_metrics() for name, entry in ledger.items()}
    columns = list(dict.fromkeys(column for row in metrics.values() for column in row))
    lines = ["| variant | " + " | ".join(column.replace("_", " ") for column in columns) + " |"]
    lines.append("|---" * (len(columns) + 1) + "|")
    for name, row in metrics.items():
        values = [f"{row[column]:g}" if column in row else "-" for column in columns]
        lines.append(f"| {name}{' (this one)' if name == shipped else ''} | " + " | ".join(values) + " |")
    head = HEAD.format(
        width=model.config.width,
        fusion=model.config.fusion,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        tested=f"{ledger['fp32'].figures.samples:,} decisions, with applications, icons, fonts and voices of its own",
        seen=origin.seen,
    )
    windows = OF_WINDOWS if origin.windows else ""
    tail = TAIL.format(
        windows=windows, data=origin.told(), made=origin.made(), run=f" {origin.run}" if origin.run else ""
    )
    return head + "\n".join(lines) + "\n" + tail
