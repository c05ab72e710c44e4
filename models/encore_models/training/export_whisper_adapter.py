"""Export Whisper's adapter: `python -m encore_models.training.export_whisper_adapter --folder runs/whisper_adapter`.

The small matrices are written in half precision. Then development speakers are heard without and with them, and what
they change goes into the bundle with the model card.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import torch
import typer

from encore_models.bundle import Contents, file_sha256, write_bundle
from encore_models.perception.voice import Voice
from encore_models.training.evaluate_whisper_adapter import Heard, measure, spoken
from encore_models.training.train_whisper_adapter import WEIGHTS as TRAINED
from encore_models.training.voice_sounds import DEVELOPMENT, TRAINING
from encore_models.whisper.adapter import DOWN, FILE, UP, WEIGHTS
from encore_models.whisper.prepare import prepare_hearing
from encore_models.whisper.weights import encoder_identity, read_whisper

ORIGINAL, ADAPTED = "as it came", "adapted"
COMMANDS = """\
    python -m encore_models.training.train_whisper_adapter --folder runs/whisper_adapter
    python -m encore_models.training.export_whisper_adapter --folder runs/whisper_adapter"""
_CARD = """\
# Whisper adapter

Low-rank changes to the encoder of Whisper tiny.en, so that it hears short speech in noise as it hears it in clean air.
They are added to the weights when Encore prepares its hearing, unless that is `--whisper tiny.en-original`
(`encore_models.whisper.prepare`); the encoder is as large and as fast as before, and the decoder stays as OpenAI
trained it.

Rank {rank}, {parameters:,} parameters in half precision. Licence: MIT.

## Figures on development voices

Sentences that were never trained on, by voices that were never trained on, in int8 over the window of 4 s, clean and
with noise, babble or music. Log p is that of a token of the right words; the cosine is that of the frames to those
which Whisper as it came makes of the clean sound.

| heard | word errors, % | adapted | log p | adapted | cosine | adapted |
|---|---|---|---|---|---|---|
{figures}{notes}
## Training

{commands}

{steps} steps of {batch} utterances. A teacher, Whisper as it came, hears an utterance in clean air; the student hears
it at {quietest_db:.0f} to {loudest_db:.0f} dB over noise, babble or music, some across a room, some through another
microphone, and some clean. The loss is how far the student's frames are turned and away from the teacher's, and the
divergence of what the frozen decoder reads from both when it is told the text. In some sounds nobody speaks: there the
student learns to hear what the teacher hears.

## Data and licences

- espeak-ng (GPL-3 program; its speech is free), {espeak} combinations of variant and accent
- flite kal16 and awb (MIT-like; CMU)
- Hibari 0.2 `heart` (Apache-2.0, distilled from Kokoro-82M, Apache-2.0)
- development, never trained on: {development}
- Whisper tiny.en (MIT): the weights that are changed, and the words of its vocabulary that the sentences are made of

The {utterances:,} sentences are commands of `voice_sentences`, requests for made-up titles, and talk (`whisper_talk`).
What the benchmark says, its voices and its sentences, is not among them. People were never heard in training.
"""


def write_adapter(folder: Path, trained: Mapping[str, Any], encoder: str) -> Contents:
    """Write the matrices, and say what they are.

    Args:
        folder: Gets `adapter.npz`.
        trained: What `train_whisper_adapter` left.
        encoder: Identity of the encoder that they change.
    """
    matrices = {}
    for key, value in trained["adapter"].items():
        side, name = key.split(".", 1)
        matrices[f"{name}/{({'down': DOWN, 'up': UP})[side]}"] = value.numpy().astype(np.float16)
    np.savez(folder / FILE, **matrices)
    name = f"whisper-adapter-{file_sha256(folder / FILE)[:12]}"
    settings: dict[str, list[int] | list[float] | int | str] = {"encoder": encoder, "rank": trained["options"]["rank"]}
    return Contents(name, "trained by the Encore maintainers; see README.md", "MIT", {}, settings)


def bundled(target: Path, trained: Mapping[str, Any], notes: str, commands: str) -> dict[str, dict[str, Heard]]:
    """Write the adapter and its card, measured on development voices.

    Returns:
        The figures by Whisper and level.

    Raises:
        BundleNotWritten: The disk is full, or the folder cannot be written.
    """
    files = read_whisper()
    encoder = encoder_identity(files.weights)
    said = spoken()
    with TemporaryDirectory() as work:
        bare = write_bundle(Path(work) / "adapter", lambda folder: write_adapter(folder, trained, encoder))
        original, adapted = (
            Voice(prepare_hearing(Path(work) / name, adapter=adapter))
            for name, adapter in ((ORIGINAL, None), (ADAPTED, bare.folder))
        )
        found = {name: measure(voice, original, said) for name, voice in ((ORIGINAL, original), (ADAPTED, adapted))}

    def fill(folder: Path) -> Contents:
        contents = write_adapter(folder, trained, encoder)
        (folder / "README.md").write_text(model_card(trained, found, notes, commands))
        metrics = {
            f"word_errors_{level.replace(' dB', 'db')}_{kind}": round(found[name][level].word_errors, 4)
            for name, kind in ((ORIGINAL, "before"), (ADAPTED, "after"))
            for level in found[name]
        }
        return replace(contents, metrics=metrics)

    write_bundle(target, fill)
    return found


def model_card(trained: Mapping[str, Any], found: Mapping[str, Mapping[str, Heard]], notes: str, commands: str) -> str:
    """The text of `README.md`.

    Args:
        trained: What `train_whisper_adapter` left.
        found: Figures by Whisper and level.
        notes: Lines to go below the table.
        commands: How these weights came about.
    """
    rows = []
    for level, before in found[ORIGINAL].items():
        after = found[ADAPTED][level]
        errors = f"{100 * before.word_errors:.1f} | {100 * after.word_errors:.1f}"
        rest = f"{before.log_p:.2f} | {after.log_p:.2f} | {before.likeness:.3f} | {after.likeness:.3f}"
        rows.append(f"| {level} | {errors} | {rest} |\n")
    return _CARD.format(
        **trained["options"],
        parameters=sum(value.numel() for value in trained["adapter"].values()),
        figures="".join(rows),
        notes=f"\n{notes}\n" if notes else "",
        commands=commands,
        espeak=sum(speaker.engine == "espeak" for speaker in TRAINING),
        development=", ".join(speaker.name for speaker in DEVELOPMENT),
    )


def main(
    folder: Annotated[Path, typer.Option(help="Where `train_whisper_adapter` left its weights.")],
    target: Annotated[Path, typer.Option(help="Where the bundle belongs.")] = WEIGHTS,
    notes: Annotated[str, typer.Option(help="Lines for the card, below the figures.")] = "",
    commands: Annotated[str, typer.Option(help="How the weights came about, for the card.")] = COMMANDS,
) -> None:
    """Export the trained adapter and measure it on development voices."""
    trained = torch.load(folder / TRAINED, weights_only=True)
    for name, figures in bundled(target, trained, notes, commands).items():
        for level, heard in figures.items():
            typer.echo(f"{name}, {level}: {heard}")


if __name__ == "__main__":
    typer.run(main)
