"""The demonstration player as screens of the benchmark: other looks, other lists, other controls."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from encore_recorder.geometry import Rect
from tests.benchmarks.finder.dataset import FEW, GONE, PRESENT, REFILLED, SHOWN, TOGETHER, Kind, Screen, State, Thing
from tests.benchmarks.finder.icon_source import Split, Typeface
from tests.benchmarks.finder.render_qt import start_qt
from tests.benchmarks.finder.sheet import Drawn
from tests.benchmarks.finder.sheet_changes import PERCENTS
from tests.benchmarks.finder.sheet_truth import Image, as_drawn, hides, moved, without
from tests.benchmarks.finder.sheet_words import almost, mistaken, reworded

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from demos.player.rows import TrackList
    from demos.player.window import PlayerWindow

BarOrder = Literal["standard", "mirrored", "grouped"]
SidebarPlace = Literal["left", "right", "collapsed"]
Picture = tuple[Image, tuple[Thing, ...]]

_NAMES = {"Home": "Home", "Search": "Search", "Your Library": "Your Library"}
_SIGNS = {
    "Go back": "arrow-up", "Go forward": "arrow-down", "Shuffle": "sync", "Previous": "rewind", "Play": "pause",
    "Next": "fast-forward", "Repeat": "refresh", "Queue": "playlist-edit", "Mute": "bell",
    "Save to Liked Songs": "star-outline", "Play this list": "pause",
}  # fmt: skip
"""Icon buttons, and what takes their place where only look-alikes are left."""
_SLIDERS = ("Progress", "Volume")
_LISTS = ("Liked Songs", "Morning Coffee", "Deep Focus", "Sunday Drive", "Rainy Day", "Kitchen Dance", "Road Trip")


@dataclass(frozen=True, slots=True)
class PlayerShot:
    """How the player looks and what was done to it."""

    picture: str
    playlist: str
    seed: int
    theme: Literal["dark", "light"]
    size: tuple[int, int]
    """Logical pixels."""
    sidebar: SidebarPlace = "left"
    bar: BarOrder = "standard"
    percent: int = 100
    face: Typeface | None = None
    order: int = 0
    """Seed of the rows' order; 0 leaves them."""
    few: bool = False
    """Whether two rows alone are there."""
    filling: int = 0
    """Seed of a catalogue that two thirds of the rows come from; 0 leaves them."""
    renamed: bool = False
    hovered: tuple[str, ...] = ()
    """Names of buttons the pointer is on."""
    pressed: tuple[str, ...] = ()
    """Those of them that are held down."""
    progress: float = 0.3
    lost: tuple[str, ...] = ()
    """Names of controls and `row: TITLE` of rows that are gone."""
    replaced: bool = False
    """Whether look-alikes stand where they were."""
    covered: bool = False


def screens(
    split: Split, count: int, seed: int, faces: Sequence[Typeface]
) -> Iterator[tuple[Screen, Mapping[str, Image]]]:
    """The player's screens, those of one scale drawn in one process."""
    plans = [_plan(split, number, seed, faces) for number in range(count)]
    shots = [shot for plan in plans for shot in plan]
    drawn: dict[int, Picture] = {}
    for percent in sorted({shot.percent for shot in shots}):
        of_scale = [number for number, shot in enumerate(shots) if shot.percent == percent]
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _start, (percent,)) as pool:
            drawn |= zip(of_scale, pool.map(draw, [shots[number] for number in of_scale]), strict=True)
    for number, plan in enumerate(plans):
        chance = random.Random(f"player {split} {number} {seed}")
        pictures = {shot.picture: drawn[number * len(plan) + index] for index, shot in enumerate(plan)}
        pictures["moved"] = moved(*pictures["moved"], (120 + 40 * number, 90, 60, 120), number)
        image, listed = pictures["hover"]
        pictures["hover"] = image, as_drawn(listed, image, pictures[SHOWN][0])
        targets = _targets(pictures[SHOWN][1], chance)
        things = {
            name: tuple(replace(thing, query=thing.id in targets) for thing in listed)
            for name, (_, listed) in pictures.items()
        }
        titles = [thing.row for thing in things[SHOWN] if thing.kind == "row"]
        slots = {t: chance.choice([title for title in titles if title not in t]) for t in targets[::2] if ":" in t}
        yield (
            Screen(f"player_{split}_{number:02}", "player", split, things, slots),
            {name: image for name, (image, _) in pictures.items()},
        )


def _targets(shown: Sequence[Thing], chance: random.Random) -> list[str]:
    most: dict[Kind, int] = {"icon": 7, "text": 5, "row": 4, "row_icon": 5, "field": 1, "slider": 2}
    chosen: list[str] = []
    for kind, count in most.items():
        of_kind = [thing.id for thing in shown if thing.kind == kind]
        chosen += chance.sample(of_kind, min(count, len(of_kind)))
    return chosen


def _plan(split: Split, number: int, seed: int, faces: Sequence[Typeface]) -> list[PlayerShot]:
    """All pictures of one screen."""
    chance = random.Random(f"{split} player {number} {seed}")
    base = PlayerShot(
        SHOWN, chance.choice(_LISTS), (1000 if split == "dev" else 2000) + 10 * seed + number,
        chance.choice(("dark", "light")), (chance.randrange(940, 1120), chance.randrange(620, 720)),
    )  # fmt: skip
    other_theme: Literal["dark", "light"] = "light" if base.theme == "dark" else "dark"
    width, height = base.size
    fonts = chance.sample(list(faces), 3)
    hovered = tuple(chance.sample([*_SIGNS, *_NAMES], 4))
    hard = replace(base, percent=chance.choice((125, 150, 175)), theme=other_theme, face=fonts[1], renamed=True)
    changes: dict[str, PlayerShot] = {
        "same": replace(base, progress=0.6),
        "moved": replace(base, progress=0.45),
        "resized": replace(base, size=(round(width * chance.choice((0.88, 1.2))), round(height * 1.1))),
        "reflow": replace(
            base, sidebar=chance.choice(("right", "collapsed")), bar=chance.choice(("mirrored", "grouped"))
        ),
        "theme": replace(base, theme=other_theme),
        "font": replace(base, face=fonts[0]),
        "renamed": replace(base, renamed=True),
        "reordered": replace(base, order=number + 1),
        "hover": replace(base, hovered=hovered, pressed=hovered[2:]),
        "hard": hard,
        "all": replace(
            hard, face=fonts[2], order=number + 9, sidebar="right", bar="mirrored", hovered=hovered[:2], progress=0.7,
            size=(round(width * 1.12), height),
        ),
    }  # fmt: skip
    changes |= {name: replace(base, percent=percent) for name, percent in PERCENTS.items()}
    controls = chance.sample([*_SIGNS, *_NAMES, *_SLIDERS, "Search field"], 10)
    lost = (*(f"row: {place}" for place in (0, 2, 4)), *controls[:5])
    changes["absent"] = replace(base, lost=lost)
    changes["lookalike"] = replace(base, lost=("row: 1", "row: 3", *controls[5:]), replaced=True)
    changes["covered"] = replace(base, covered=True)
    changes[FEW] = replace(base, few=True)
    changes[REFILLED] = replace(base, filling=base.seed + 500, order=number + 20)
    return [base, *(replace(changes[name], picture=name) for name in (*PRESENT, *TOGETHER, *GONE, REFILLED, FEW))]


def _start(percent: int) -> None:
    start_qt(percent)
    from PySide6.QtWidgets import QApplication

    QApplication.setStyle("Fusion")


def draw(shot: PlayerShot) -> Picture:
    """Draw one picture at the scale of this process, with everything that can be clicked on it."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QFont, QImage
    from PySide6.QtWidgets import QApplication

    from demos.player import theme
    from demos.player.catalogue import generate
    from demos.player.playback import Playback
    from demos.player.window import Look, Place, PlayerWindow
    from tests.benchmarks.finder.render_qt_widgets import load

    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("start_qt was not called in this process")
    # The player has no flag for its letters; the list is this process's own.
    theme.FAMILIES[:] = [load(shot.face.regular)] if shot.face else ["Noto Sans", "DejaVu Sans", "sans-serif"]
    letters = QFont(theme.FAMILIES)
    letters.setPixelSize(13)
    application.setFont(letters)
    playback = Playback(generate(shot.seed), volume=0.7, seed=0)
    playback.start(playback.catalogue.tracks[40:60])
    playback.pause()
    if (track := playback.track) is not None:
        playback.seek(shot.progress * track.duration_s)
    window = PlayerWindow(playback, Look(theme.THEMES[shot.theme], shot.sidebar, shot.bar))
    window.resize(*shot.size)
    window.go(Place("Playlist", shot.playlist))
    window.show()
    until = time.monotonic() + 0.25  # the progress follows with the next tick
    while time.monotonic() < until:
        application.processEvents()
    _touch(window, shot)
    application.processEvents()
    things = tuple(replace(t, state=_state(t.name, shot)) for t in _things(window, shot.sidebar == "collapsed"))
    if shot.covered:
        window.interrupt()
        application.processEvents()
        things = _under_popup(window, things)
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    picture = np.ascontiguousarray(pixels[:, : image.width(), :3])
    window.close()
    window.deleteLater()
    application.sendPostedEvents(window, QEvent.Type.DeferredDelete)
    return picture, things


def _rows(window: PlayerWindow) -> TrackList:
    """The list that is to be seen."""
    from demos.player.rows import TrackList

    return next(rows for rows in window.findChildren(TrackList) if rows.isVisible())


def _touch(window: PlayerWindow, shot: PlayerShot) -> None:
    """Do to the window what the picture asks for."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QAbstractButton, QToolButton, QWidget

    from demos.player.catalogue import generate

    rows = _rows(window)
    tracks = list(rows.tracks.tracks)
    lost = {int(name[5:]) for name in shot.lost if name.startswith("row: ")}
    if shot.replaced:
        tracks = [replace(t, title=almost(t.title)) if i in lost else t for i, t in enumerate(tracks)]
    else:
        tracks = [track for i, track in enumerate(tracks) if i not in lost]
    if shot.filling:
        others = generate(shot.filling).tracks
        tracks = [track if i % 3 == 0 else other for i, (track, other) in enumerate(zip(tracks, others, strict=False))]
    if shot.order:
        head = tracks[:10]
        random.Random(shot.order).shuffle(head)
        tracks[:10] = head
    rows.tracks.show(tracks[1:3] if shot.few else tracks)
    for widget in window.findChildren(QWidget):
        name = widget.accessibleName()
        if name in shot.hovered:
            widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
        if name in shot.pressed and isinstance(widget, QAbstractButton):
            widget.setDown(True)
        if shot.renamed and name in _NAMES and isinstance(widget, QToolButton):
            widget.setText(f"  {reworded(name)}")
        if name and name in shot.lost:
            _lose(widget, name, replaced=shot.replaced)


def _lose(widget: QWidget, name: str, *, replaced: bool) -> None:
    """Take a control away, or make another one of it."""
    from PySide6.QtWidgets import QLineEdit, QToolButton

    from demos.player.widgets import IconButton

    if replaced and isinstance(widget, IconButton):
        widget.reshape(_SIGNS[name])
    elif replaced and isinstance(widget, QToolButton):
        widget.setText(f"  {mistaken(name)}")
    elif replaced and isinstance(widget, QLineEdit):
        widget.setPlaceholderText("Name of the new playlist")
    else:
        policy = widget.sizePolicy()
        policy.setRetainSizeWhenHidden(name in _SLIDERS)
        widget.setSizePolicy(policy)
        widget.hide()
        return
    widget.setAccessibleName(f"not {name}")


def _state(name: str, shot: PlayerShot) -> State:
    return "pressed" if name in shot.pressed else "hover" if name in shot.hovered else ""


def _things(window: PlayerWindow, collapsed: bool) -> tuple[Thing, ...]:
    """Everything that can be clicked; labels that are not shown count as not there."""
    from demos.player.truth import boxes_of

    boxes = boxes_of(window)
    left, top, _, _ = boxes.pop("window")
    places = {name: Rect(box[0] - left, box[1] - top, box[2], box[3]) for name, box in boxes.items()}
    ratio = window.devicePixelRatioF()
    found = []
    for name, box in places.items():
        part, colon, title = name.partition(": ")
        if colon and part == "row":
            if f"more: {title}" not in places or box.height < 50 * ratio:
                continue  # cut off below
            controls = [places[f"{c}: {title}"] for c in ("heart", "more") if f"{c}: {title}" in places]
            free = without(box, [Drawn(c.left, c.top, c.width, c.height, 1.0) for c in controls])
            written = places[f"title: {title}"]
            upper = Rect(written.left, written.top, round(6.6 * ratio * len(title)), written.height // 2)
            found.append(Thing(f"row:{title}", "row", free, text=title, row=title, click=upper.center))
        elif colon and part in ("heart", "more"):
            if places[f"row: {title}"].height >= 50 * ratio:
                found.append(Thing(f"{part}:{title}", "row_icon", box, row=title, name=part))
        elif (kind := _kind(name)) is not None and not (collapsed and kind == "text"):
            words = name if kind == "text" else ""
            found.append(Thing(name, kind, box, text=words, name=name))
    return tuple(found)


def _kind(name: str) -> Kind | None:
    """What a control is, by its accessible name; None for what is not clicked."""
    if name in _SIGNS:
        return "icon"
    if name in _SLIDERS:
        return "slider"
    if name == "Search field":
        return "field"
    lists = {"Tracks", "Search results", "Cover", "Loading"}
    return None if name in lists or ":" in name or name.startswith("not ") else "text"


def _under_popup(window: PlayerWindow, things: Sequence[Thing]) -> tuple[Thing, ...]:
    """The same things, those under the card covered."""
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QFrame

    card = next(frame for frame in window.findChildren(QFrame) if frame.objectName() == "card")
    corner, ratio = card.mapTo(window, QPoint(0, 0)), window.devicePixelRatioF()
    cover = Rect(*(round(side * ratio) for side in (corner.x(), corner.y(), card.width(), card.height())))
    marked = []
    for thing in things:
        title = None
        if thing.click is not None:
            half = thing.click.x - thing.box.left
            title = Rect(thing.click.x - half // 2, thing.click.y - 8, half, 16)
        marked.append(replace(thing, covered=hides(cover, thing.box, title)))
    return tuple(marked)
