"""How long `encore learn` takes for one new demonstration beside old ones, all of it, on a library made for it.

The new demonstration is a recording like any other: pictures of a rendered window, clicks, and the command said. The
old ones were learned before, so what was made of them is there: samples of training stand for it.
"""

from __future__ import annotations

import resource
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from encore_agent.tuning import TuningPlaces, tune
from encore_models.bundle import MANIFEST
from encore_models.macro import Phrase
from encore_models.perception.mel import RATE
from encore_models.perception.screen import Scene
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_models.perception.voice import Voice
from encore_models.store import create_macro
from encore_models.training.action.aligned import Shown, shown_in
from encore_models.training.action.export import export_float, write_action
from encore_models.training.action.glyphs import glyphs
from encore_models.training.action.own import VARIED, Library, Recorded, shard_of
from encore_models.training.action.plans import Plan, plan
from encore_models.training.action.quantise import quantise_dynamic
from encore_models.training.action.samples import Sample, write_shard
from encore_models.training.action.screens import Screen, render
from encore_models.training.action.shipped import read_weights
from encore_models.training.action.tasks import after
from encore_models.training.voice_sounds import DEVELOPMENT, say
from encore_models.whisper.prepare import prepare_hearing
from encore_recorder.clock import SECOND
from encore_recorder.demonstration import Demonstration, DemonstrationInfo, DemonstrationWriter
from encore_recorder.events import PointerButton, Window
from encore_recorder.geometry import Rect

if TYPE_CHECKING:
    from tests.benchmarks.action.material import Material

SEED = 1_000_037
"""Of what is demonstrated."""
CLICKS = 4
"""At least so many steps has the new demonstration, clicks all of them."""
A_STEP, PRESSED = SECOND, 80_000_000
"""Between clicks, and how long a button is down, in nanoseconds."""
OF_EACH = 5
"""Decisions of an old demonstration that a variation of it has."""
NEW, OTHER_COMMAND = "new", "turn the volume down a little"
"""The new macro; what is said in the recordings of the old ones."""


def learned_beside(model: Path, material: Material, hearing: Path) -> dict[str, Any]:
    """Learn one demonstration beside the old ones of the material, in a process of its own, as the program does.

    Args:
        model: Folder of what is tuned.
        material: Its old samples stand for the old demonstrations.
        hearing: Folder of the hearing models.
    """
    from tests.benchmarks.action.material import by_episode

    old = by_episode(material.old)
    with TemporaryDirectory(prefix="encore-bench-") as scratch:
        library = Library(Path(scratch) / "library")
        (library.root / "macros").mkdir(parents=True)
        shown = demonstrated(library.root / "demonstrations", hearing)
        _add(library, shown, shown.path, NEW, shown.learning.macro.phrases[0].text)
        # What asks for something else must sound otherwise: the new one is not to begin by it.
        with _recorded(library.root / "demonstrations" / "other", _episode(), OTHER_COMMAND) as other:
            recording = other.path
        for number, samples in enumerate(old):
            name = f"old-{number}"
            _add(library, shown, recording, name, f"do the thing of old number {number}")
            write_shard(shard_of(library, Recorded(library, library.root / "macros" / name)), _varied(name, samples))
        target = _bundle(model, library.root / "action_model")
        places, before = TuningPlaces(library.root, target, hearing), _spent()
        told = tune(places, lambda *_: None, lambda _: None, threading.Event(), (NEW,))
        return {
            "old_demonstrations": len(old),
            "seconds": told.seconds,
            "processor_seconds": _spent() - before,
            "steps": told.steps,
            "taken": told.taken,
            "why": told.why,
            "own": told.own,
            "old": told.old,
            "loss": told.loss,
        }


def demonstrated(folder: Path, hearing: Path) -> Shown:
    """A demonstration of a few clicks in a rendered window, learned."""
    episode = _episode()
    reader, clip = RapidOcrReader(), UiClip.load()
    command = episode.shown.said(episode.shown.value)
    with _recorded(folder / "demo", episode, command) as recorded:
        voice = Voice(prepare_hearing(hearing))
        return shown_in(recorded, voice, lambda image, elements=(): Scene(image, reader, clip, elements))


def _episode() -> Plan:
    return next(one for one in (plan(number, SEED) for number in range(10_000)) if _clicked(one))


def _clicked(episode: Plan) -> bool:
    intents = episode.shown.intents
    clicks = all(intent.key and intent.action == "click" for intent in intents)
    return episode.split == "test" and len(intents) >= CLICKS and clicks


def _recorded(folder: Path, episode: Plan, command: str) -> Demonstration:
    """The command is said in the first seconds; then one click follows the other."""
    view, screens = episode.shown_view, list[Screen]()
    for intent in (None, *episode.shown.intents):
        view = after(intent, view) if intent else view
        screens.append(render(episode.app, view, episode.shown_look, glyphs(episode.split)))
    # Codecs take even sides.
    height, width = (side // 2 * 2 for side in screens[0].image.shape[:2])
    whole = Rect(0, 0, width, height)
    window = Window(episode.app.name, episode.app.name, 7, whole, 1)
    info = DemonstrationInfo(
        folder.name, "", "2026-01-01T00:00:00+00:00", "recording", whole, (whole,), 1, 15, microphone="a voice"
    )
    writer = DemonstrationWriter(folder, info)
    speech = say(command, DEVELOPMENT[0], 1.0)
    writer.picture(_with_alpha(screens[0], whole), 0)
    writer.sound(np.concatenate([np.zeros(RATE // 2, np.float32), speech, np.zeros(RATE // 2, np.float32)]), 0)
    begin = (len(speech) * SECOND) // RATE + 2 * SECOND
    for place, intent in enumerate(episode.shown.intents):
        control, now = screens[place].control(intent.key, intent.part), begin + place * A_STEP
        assert control is not None
        for down, later in ((True, 0), (False, PRESSED)):
            writer.event(PointerButton(now + later, control.area.center, "left", down, window if down else None))
        writer.picture(_with_alpha(screens[place + 1], whole), now + A_STEP // 2)
    writer.close(begin + (len(screens) + 1) * A_STEP)
    return Demonstration.open(folder)


def _with_alpha(screen: Screen, whole: Rect) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(cv2.cvtColor(screen.image[: whole.height, : whole.width], cv2.COLOR_BGR2BGRA), np.uint8)


def _add(library: Library, shown: Shown, source: Path, name: str, phrase: str) -> None:
    """A macro with a recording: the same ones under another name."""
    recording = library.root / "demonstrations" / f"demo-{name}"
    shutil.copytree(source, recording)
    learning = shown.learning
    macro = replace(learning.macro, id=name, phrases=(Phrase(phrase),), demonstration=recording.name)
    create_macro(macro, learning.pictures, library.root / "macros" / name)


def _varied(name: str, samples: Sequence[Sample]) -> list[Sample]:
    """Some samples, as those of a demonstration and of its variations."""
    return [
        replace(one, meta={**one.meta, "episode": f"{name}-{number}"})
        for number in range(VARIED + 1)
        for one in samples[:OF_EACH]
    ]


def _bundle(model: Path, target: Path) -> Path:
    """A copy of a bundle; one is made of what is none."""
    if (model / MANIFEST).is_file():
        return Path(shutil.copytree(model, target))
    network = read_weights(model)
    with TemporaryDirectory(prefix="encore-bench-") as scratch:
        small = quantise_dynamic(export_float(network, Path(scratch) / "fp32.onnx"), Path(scratch) / "int8.onnx")
        write_action(network, small, "int8_dynamic", target)
    return target


def _spent() -> float:
    """Processor seconds of the processes that were started and have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
