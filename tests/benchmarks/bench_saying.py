"""`make bench-saying`: how often a control is found by what it is called, and what is clicked by mistake.

Three sources of windows: the player in looks that no threshold was chosen on; tool bars of icon sets that UI-CLIP was
never trained on, drawn by Qt in two themes and three scales; the same with sets it was trained on, on which the
thresholds were chosen (`--tune` shows what others would give). With `--rendered FOLDER` also a dataset of the finder's
benchmark. On each, names of what is there and of what is not are asked for, as words: what is misheard is not measured.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from encore_agent.say_find import rank
from encore_agent.say_names import CONCEPTS, SHARED
from encore_agent.say_sights import Names, RankOptions, Sights, concept_of
from encore_models.perception.screen import Scene
from encore_models.perception.text import RapidOcrReader
from encore_models.perception.ui_clip import UiClip
from encore_recorder.geometry import Rect
from tests.benchmarks.finder.dataset import SHOWN, read_image, read_screens
from tests.golden.make_player_pictures import Shot, draw

RESULTS = Path(__file__).parent / "results" / "saying.json"

SHOTS = {
    "mirrored": Shot(query="love", bar="mirrored", size=(1000, 620)),
    "grouped_light": Shot(query="night", theme="light", bar="grouped", size=(1100, 640)),
    "playing_125": Shot(query="river", percent=125, playing=True, sidebar="right"),
    "light_175": Shot(query="sun", theme="light", percent=175, size=(820, 520)),
    "playing_light_150": Shot(query="home", theme="light", percent=150, bar="grouped", playing=True),
}
"""Looks of the player that are not among the golden pictures, with other rows."""
PLAYER_NAMES = {
    "play": "Play", "pause": "Pause", "shuffle": "Shuffle", "next": "Next", "previous": "Previous", "repeat": "Repeat",
    "loop": "Repeat", "skip": "Next", "queue": "Queue", "mute": "Mute", "volume": "Mute", "speaker": "Mute",
    "home": "Home", "library": "Your Library", "your library": "Your Library", "liked songs": "Liked Songs",
    "back": "Go back", "go back": "Go back", "forward": "Go forward", "go forward": "Go forward",
    "search field": "Search field", "search": "Search", "heart": "heart:", "like": "heart:", "favourite": "heart:",
    "more": "more:", "three dots": "more:", "deep focus": "Deep Focus", "morning coffee": "Morning Coffee",
}  # fmt: skip
"""What is said, and what it means by the player's own names; with a colon, any of a list's."""
ALSO_RIGHT = {"search": {"Search field"}, "volume": {"Volume"}, "heart:": {"Save to Liked Songs"}}
ABSENT = (
    "settings", "camera", "printer", "delete", "trash", "download", "upload", "share", "calendar", "lock", "help",
    "bookmark", "folder", "save", "copy", "paste", "cut", "edit", "user", "mail", "send", "phone", "map", "cart",
    "bold", "undo", "refresh", "microphone", "record", "eye", "filter", "battery", "sign out", "new document",
    "checkout", "rename", "table of contents", "weather", "banana", "open file",
)  # fmt: skip
"""Names of nothing in the player."""
ICONS: Mapping[str, Mapping[str, str]] = {
    "fa6s": {
        name: name
        for name in "play pause stop shuffle repeat heart star house gear plus check trash pencil copy print folder "
        "file download upload share envelope comment camera image calendar clock bell user lock eye question filter "
        "link bookmark tag flag cloud moon globe microphone bug gift rocket".split()
    }
    | {"volume": "volume-high", "search": "magnifying-glass", "back": "arrow-left", "forward": "arrow-right",
       "close": "xmark", "menu": "bars", "more": "ellipsis", "refresh": "rotate", "next": "forward-step",
       "previous": "backward-step", "save": "floppy-disk", "undo": "rotate-left"},
    "ph": {
        name: name
        for name in "play pause stop shuffle repeat heart star house gear plus check trash pencil copy printer folder "
        "file download upload share envelope chat camera image calendar clock bell user lock eye question link "
        "bookmark tag flag cloud moon globe microphone bug gift rocket".split()
    }
    | {"volume": "speaker-high", "search": "magnifying-glass", "back": "arrow-left", "forward": "arrow-right",
       "close": "x", "menu": "list", "more": "dots-three", "refresh": "arrows-clockwise", "next": "skip-forward",
       "previous": "skip-back", "save": "floppy-disk", "filter": "funnel"},
    "ri": {
        name: f"{name}-line"
        for name in "play pause stop shuffle repeat heart star search home settings menu more close add check pencil "
        "save printer folder file download upload share mail camera image map calendar time bell user lock eye "
        "question filter bookmark flag cloud moon globe mic bug gift rocket refresh".split()
    }
    | {"volume": "volume-up-line", "back": "arrow-left-line", "forward": "arrow-right-line",
       "next": "skip-forward-line", "previous": "skip-back-line", "trash": "delete-bin-line",
       "copy": "file-copy-line", "chat": "chat-1-line",
       "link": "link", "cart": "shopping-cart-line"},
    "ei": {
        name: name
        for name in "play pause stop repeat heart star search home cog plus trash pencil print folder file download "
        "upload share envelope comment camera calendar time bell user lock question filter link bookmark tag flag "
        "cloud globe mic gift refresh".split()
    }
    | {"volume": "volume-up", "back": "arrow-left", "forward": "arrow-right", "next": "step-forward",
       "previous": "step-backward", "close": "remove", "check": "ok", "shuffle": "random", "cart": "shopping-cart",
       "menu": "lines", "eye": "eye-open"},
}  # fmt: skip
"""Said name to the icon of a set that qtawesome brings along. The first two sets were trained on, the others not."""
PRESENT_OUTCOMES = ("hit", "ambiguous", "astray", "wrong", "nothing")
TRAINED_ON = ("fa6s", "ph")
ON_A_BAR = 14
"""Icons of a tool bar; as many other names are asked for that are not there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A name, and the places that are right; none where nothing is called so."""

    name: str
    right: tuple[Rect, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A window and what is asked of it."""

    name: str
    image: NDArray[np.uint8]
    asked: tuple[Asked, ...]


@dataclass(slots=True)
class Tally:
    """What came of the names of one source."""

    present: Counter[str] = field(default_factory=Counter)
    """hit: the right one was clicked; ambiguous: asked, the right one among the numbers; astray: asked without it;
    wrong: another one clicked; nothing: said not to be there."""
    absent: Counter[str] = field(default_factory=Counter)
    """nothing, asked, clicked."""
    mistakes: list[str] = field(default_factory=list)
    read: int = 0
    """Of the mistakes: what was clicked reads word for word what was said, but is no control, or not that one."""
    seconds: list[float] = field(default_factory=list)
    """A name on a picture that was looked at before."""

    def note(self, picture: Picture, asked: Asked, sights: Sights) -> None:
        """Rank one name and judge it."""
        began = time.perf_counter()
        ranking = rank(sights, asked.name)
        self.seconds.append(time.perf_counter() - began)
        points = [option.box.center for option in ranking.options]
        right = [any(box.contains(point) for box in asked.right) for point in points]
        if not asked.right:
            outcome = {"clear": "clicked", "several": "asked", "nothing": "nothing"}[ranking.decision]
            self.absent[outcome] += 1
        elif ranking.decision == "nothing":
            outcome = "nothing"
        elif ranking.decision == "clear":
            outcome = "hit" if right[0] else "wrong"
        else:
            outcome = "ambiguous" if any(right) else "astray"
        if outcome in ("wrong", "clicked") and ranking.options[0].evidence.startswith("it reads"):
            self.read += 1
        if asked.right:
            self.present[outcome] += 1
        if outcome in ("wrong", "clicked"):
            self.mistakes.append(f"{picture.name}: {asked.name!r} -> {ranking.options[0].name!r} at {points[0]}")

    def figures(self) -> dict[str, object]:
        """Rates, percent."""
        present, absent = sum(self.present.values()), sum(self.absent.values())
        return {
            "present_queries": present,
            **{kind: _percent(self.present[kind], present) for kind in PRESENT_OUTCOMES},
            "absent_queries": absent,
            "absent_nothing": _percent(self.absent["nothing"], absent),
            "absent_asked": _percent(self.absent["asked"], absent),
            "absent_clicked": _percent(self.absent["clicked"], absent),
            "mistakes_that_read_so": self.read,
            "rank_ms": round(1e3 * statistics.median(self.seconds), 1) if self.seconds else None,
            "mistakes": self.mistakes,
        }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


# Pictures


def player_pictures(folder: Path) -> Iterator[Picture]:
    """The player in the looks of `SHOTS`."""
    for name, shot in SHOTS.items():
        _draw_apart(folder, "player", name, shot.percent)
        boxes = {key: Rect(*box) for key, box in json.loads((folder / f"{name}.json").read_text()).items()}
        image = cv2.imread(str(folder / f"{name}.png"))
        assert image is not None
        asked = [Asked(said, tuple(_meant(meant, said, boxes))) for said, meant in PLAYER_NAMES.items()]
        asked += [Asked(said, ()) for said in ABSENT]
        yield Picture(f"player {name}", np.asarray(image, np.uint8), tuple(asked))


def _meant(meant: str, said: str, boxes: Mapping[str, Rect]) -> Iterator[Rect]:
    also = ALSO_RIGHT.get(said, set()) | ALSO_RIGHT.get(meant, set())
    for name, box in boxes.items():
        if name == meant or name in also or (meant.endswith(":") and name.startswith(meant)):
            yield box


def bar_pictures(folder: Path, sets: Sequence[str]) -> Iterator[Picture]:
    """Tool bars of these icon sets, in two themes and three scales."""
    for icons, theme, percent in itertools.product(sets, ("light", "dark"), (100, 125, 150)):
        name = f"{icons}_{theme}_{percent}"
        _draw_apart(folder, "bar", name, percent)
        truth = {said: Rect(*box) for said, box in json.loads((folder / f"{name}.json").read_text()).items()}
        image = cv2.imread(str(folder / f"{name}.png"))
        assert image is not None
        asked = [Asked(said, (box,)) for said, box in truth.items()]
        gone = [said for said in ICONS[icons] if not any(_share_a_drawing(said, other) for other in truth)]
        asked += [Asked(said, ()) for said in gone]
        yield Picture(name, np.asarray(image, np.uint8), tuple(asked))


def _share_a_drawing(one: str, other: str) -> bool:
    a, b = concept_of(one), concept_of(other)
    if a is None or b is None:
        return one == other
    heads = {CONCEPTS[a][0], CONCEPTS[b][0]}
    return a == b or any(heads <= group for group in SHARED)


def rendered_pictures(folder: Path, most: int) -> Iterator[Picture]:
    """Screens of the finder's dataset: everything that has a name or a text, and what others have and they have not."""
    screens = read_screens(folder)[:most]
    everywhere = sorted(
        {name for screen in screens for thing in screen.pictures[SHOWN] if (name := _said(thing.name or thing.text))}
    )
    chance = random.Random(0)
    for screen in screens:
        there: dict[str, list[Rect]] = {}
        for thing in screen.pictures[SHOWN]:
            for name in {_said(thing.name), _said(thing.text), _said(thing.row)} - {""}:
                if not thing.covered and (
                    name == _said(thing.name) or name == _said(thing.text) or thing.kind == "row"
                ):
                    there.setdefault(name, []).append(thing.box)
        words = {word for name in there for word in name.split()}
        gone = [n for n in everywhere if not words & set(n.split()) and not any(_share_a_drawing(n, t) for t in there)]
        asked = [Asked(name, tuple(boxes)) for name, boxes in there.items()]
        asked += [Asked(name, ()) for name in chance.sample(gone, min(len(gone), len(asked)))]
        yield Picture(screen.id, read_image(folder, screen, SHOWN), tuple(asked))


def _said(name: str) -> str:
    words = "".join(letter if letter.isalnum() or letter == "'" else " " for letter in name.lower()).split()
    return " ".join(words) if 1 <= len(words) <= 4 else ""


# Drawing, each picture in a process of its own: Qt takes its scale when it starts


def _draw_apart(folder: Path, kind: str, name: str, percent: int) -> None:
    scale = {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(percent / 100)}
    command = [sys.executable, "-m", "tests.benchmarks.bench_saying", "--draw", kind, name, str(folder)]
    subprocess.run(command, env=os.environ | scale, check=True)


def draw_bar(name: str, folder: Path) -> None:
    """Draw a tool bar and write its truth; ends the process."""
    import qtawesome
    from PySide6.QtCore import QPoint, QSize
    from PySide6.QtWidgets import QApplication, QGridLayout, QToolButton, QWidget

    icons, theme, _ = name.split("_")
    ink, ground = ("#e8e8ec", "#1d1f24") if theme == "dark" else ("#30343c", "#f4f5f7")
    chance = random.Random(name)
    chosen: list[str] = []
    for said in chance.sample(list(ICONS[icons]), len(ICONS[icons])):
        if len(chosen) < ON_A_BAR and not any(_share_a_drawing(said, other) for other in chosen):
            chosen.append(said)
    application = QApplication(["bars"])
    window = QWidget()
    window.setStyleSheet(f"QWidget {{ background: {ground}; }} QToolButton {{ border: none; }}")
    grid = QGridLayout(window)
    buttons = {}
    for place, said in enumerate(chosen):
        button = buttons[said] = QToolButton()
        side = chance.choice((16, 18, 20, 24, 28))
        button.setIcon(qtawesome.icon(f"{icons}.{ICONS[icons][said]}", color=ink))
        button.setIconSize(QSize(side, side))
        button.setFixedSize(44, 40)
        grid.addWidget(button, place // 7, place % 7)
    window.show()
    application.processEvents()
    window.grab().save(str(folder / f"{name}.png"))
    ratio = window.devicePixelRatioF()
    truth = {}
    for said, button in buttons.items():
        corner = button.mapTo(window, QPoint(0, 0))
        sides = (corner.x(), corner.y(), button.width(), button.height())
        truth[said] = [round(side * ratio) for side in sides]
    (folder / f"{name}.json").write_text(json.dumps(truth))
    os._exit(0)  # Qt's own tear-down is of no interest here


# Measuring


def measure(pictures: Sequence[Picture], names: Names, reader: RapidOcrReader, clip: UiClip) -> Tally:
    """Ask everything of every picture."""
    tally = Tally()
    for picture in pictures:
        sights = Sights(Scene(picture.image, reader, clip), names)
        rank(sights, "warm up")  # reads and looks at everything once
        for asked in picture.asked:
            tally.note(picture, asked, sights)
    return tally


def first_look_ms(picture: Picture, names: Names, clip: UiClip) -> float:
    """A name on a picture whose text was never read."""
    began = time.perf_counter()
    rank(Sights(Scene(picture.image, RapidOcrReader(threads=2), clip), names), "shuffle")
    return 1e3 * (time.perf_counter() - began)


def tune(pictures: Sequence[Picture], clip: UiClip, reader: RapidOcrReader, out: Console) -> None:
    """Print what other thresholds would give on pictures made for it."""
    base = RankOptions()
    for clear, lead, margin in itertools.product((0.56, 0.6, 0.64, 0.68, 0.72), (0.0, 0.03, 0.06), (0.06, 0.12)):
        names = Names(clip, replace(base, clear=clear, clear_lead=lead, margin=margin))
        tally = measure(pictures, names, reader, clip)
        out.print(f"{clear:.2f} {lead:.2f} {margin:.2f}", dict(tally.present), dict(tally.absent))


def show(results: Mapping[str, object], out: Console) -> None:
    """Print what was measured, the time of the first look beside that of a name."""
    for source, found in results.items():
        if source != "thresholds":
            out.print(source, found)


def main() -> int:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(prog="make bench-saying", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the figures go; by default the README's")
    parser.add_argument("--rendered", type=Path, help="a dataset of the finder's benchmark")
    parser.add_argument("--most", type=int, default=40, help="with --rendered: so many screens of it")
    parser.add_argument("--tune", action="store_true", help="try other thresholds on the sets they were chosen on")
    parser.add_argument("--draw", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.draw:
        kind, name, folder = arguments.draw
        if kind == "player":
            draw(name, SHOTS[name], Path(folder))
        draw_bar(name, Path(folder))
    out, clip, reader = Console(), UiClip.load(threads=2), RapidOcrReader(threads=2)
    with tempfile.TemporaryDirectory(prefix="encore-saying-") as place:
        folder = Path(place)
        if arguments.tune:
            tune(list(bar_pictures(folder, TRAINED_ON)), clip, reader, out)
            return 0
        sources = {
            "player": list(player_pictures(folder)),
            "icons_trained_on": list(bar_pictures(folder, TRAINED_ON)),
            "icons_never_trained_on": list(bar_pictures(folder, [s for s in ICONS if s not in TRAINED_ON])),
        }
    if arguments.rendered:
        sources["rendered"] = list(rendered_pictures(arguments.rendered, arguments.most))
    names = Names(clip)
    results: dict[str, object] = {"thresholds": asdict(names.options)}
    results["first_look_ms"] = round(first_look_ms(sources["player"][0], names, clip))
    for source, pictures in sources.items():
        results[source] = measure(pictures, names, reader, clip).figures()
    show(results, out)
    arguments.out.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
