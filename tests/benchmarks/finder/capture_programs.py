"""Take the pictures of real programs that the finder is measured on, each on a private desktop.

    python -m tests.benchmarks.finder.capture_programs --folder runs/finder/programs [--only NAME ...] [--list]

A program is started anew for every look. `--boxes FOLDER` draws what stands where, to be checked by eye. `--mend` takes
no pictures: it corrects what was kept of scroll bars.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import mss
import numpy as np

from demos.stage import Stage, StageOptions, end
from encore_recorder.events import Window
from encore_recorder.geometry import Rect
from encore_recorder.sources.accessibility import Accessibility
from encore_recorder.sources.window import X11Windows
from tests.benchmarks.finder import program_bars, program_documents, program_looks, program_truth
from tests.benchmarks.finder.dataset import SHOWN, Screen, Thing, read_image, read_screens, write_screen
from tests.benchmarks.finder.program_truth import Picture
from tests.benchmarks.finder.programs import PROGRAM_PACKAGES, PROGRAMS, Program, require

log = logging.getLogger(__name__)

STAGE = StageOptions(size=(1500, 1000))
SCREEN = Rect(0, 0, *STAGE.size)
CORNER = ("1499", "999")
"""Where the mouse rests."""
MOST = 40
"""Things of a program that are looked for; the others count for the recall of candidates only."""
PLACE = (40, 50)
MOVED = (210, 130)
AROUND = (90, 60, 40, 30)
"""What of the desktop is around a moved window on its picture: left, top, right, bottom."""
START_S, QUIET_S, TREE_S = 40.0, 0.9, 6.0


class NothingShown(RuntimeError):
    """A program did not come up as expected."""

    def __init__(self, program: str, what: str, log_end: str) -> None:
        super().__init__(f"{program}: {what}. Start it by hand to see why. It wrote: {log_end or 'nothing'}")


class Run:
    """A running program with its main window."""

    def __init__(self, stage: Stage, program: Program, look: program_looks.Look, argv: Sequence[str]) -> None:
        _fresh_home(stage.home)
        documents = stage.home / "Harbour"
        program_documents.write(documents)
        for path, text in program.settings.items():
            place = stage.home / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text.replace("{home}", str(stage.home)))
        env, more = program_looks.apply(program.toolkit, look, stage.home, program.font, program.icons)
        self.program = program
        self._stage = stage
        self.desktop = X11Windows()
        self.access = Accessibility()
        self.access.nodes(0, Rect(0, 0, 1, 1), 2.0)  # starts the bus before the program looks for it
        filled = [part.replace("{docs}", str(documents)) for part in argv]
        self.process = stage.spawn([filled[0], *more, *filled[1:]], env=env)
        self._xdotool("mousemove", *CORNER)  # no tooltip, nothing looks hovered
        self.window = self._main()
        self.place(PLACE, program.size)
        self.act(program.prepare)

    def close(self) -> None:
        """End the program."""
        end(self.process)
        self.access.close()
        self.desktop.close()

    def place(self, corner: tuple[int, int], size: tuple[int, int] | None = None) -> None:
        """Put the window's frame somewhere, and give the window a size."""
        handle = str(self.window.handle)
        if size is not None:
            self._xdotool("windowsize", handle, *map(str, size))
        self._xdotool("windowmove", handle, *map(str, corner))
        self._xdotool("windowactivate", handle)
        self.quiet()

    def act(self, actions: Sequence[str]) -> None:
        """Do what a state needs."""
        for action in actions:
            verb, *rest = action.split(" ")
            if verb == "sleep":
                time.sleep(float(rest[0]))
            elif verb == "click":
                rect = self.rect
                x, y = (str(int(a) + b) for a, b in zip(rest, (rect.left, rect.top), strict=True))
                self._xdotool("mousemove", x, y, "click", "1", "mousemove", *CORNER)
            else:
                self._xdotool(verb, *rest)
            self.quiet()

    @property
    def rect(self) -> Rect:
        """What of the main window's client area is on the screen now."""
        for window in self._windows():
            if window.handle == self.window.handle:
                return window.rect.intersection(SCREEN) or window.rect
        raise self._nothing("its window is gone")

    def _whole(self) -> Rect:
        return next(window.rect for window in self._windows() if window.handle == self.window.handle)

    def above(self) -> list[Rect]:
        """Where other windows lie over the main one, frames included."""
        over = []
        for window in self._windows():
            if window.handle == self.window.handle:
                break
            over.append(self._framed(window))
        return over

    def lay_over(self, found: Sequence[Thing]) -> list[Rect]:
        """Put the topmost window over as much of the main one as can be; where all windows then lie over it."""
        over = self._windows()[0]
        if over.handle != self.window.handle:
            corner = program_truth.best_cover([thing.box for thing in found], self._framed(over), self.rect, STAGE.size)
            self._xdotool("windowmove", str(over.handle), str(corner.x), str(corner.y))
            self.quiet()
        return [rect.moved(-self.rect.left, -self.rect.top) for rect in self.above()]

    def things(self, picture: Picture, area: Rect) -> list[Thing]:
        """What stands on a picture of a part of the screen."""
        nodes = self.access.nodes(self.process.pid, self._whole(), TREE_S)
        main = [node.path[0] for node in nodes if node.parent < 0 and _lies_on(node.box, self._whole())]
        kept = _subtree(nodes, main[0]) if main else []
        window = self.rect.intersection(area) or self.rect
        dx, dy = window.left - area.left, window.top - area.top
        found = program_truth.things(kept, window, _crop(picture, window.moved(-area.left, -area.top)))
        return [_shifted(thing, dx, dy) for thing in program_truth.without(found, self.program.wrong)]

    def grab(self, area: Rect | None = None) -> Picture:
        """The screen where the window is, with whatever lies over it, BGR."""
        rect = area or self.rect
        with mss.MSS(display=self._stage.display) as screen:
            shot = screen.grab({"left": rect.left, "top": rect.top, "width": rect.width, "height": rect.height})
        return np.ascontiguousarray(np.asarray(shot)[:, :, :3])

    def quiet(self) -> None:
        """Wait until the picture no longer changes."""
        deadline, since, before = time.monotonic() + 8.0, time.monotonic(), None
        while time.monotonic() < deadline and time.monotonic() - since < QUIET_S:
            time.sleep(0.15)
            now = self.grab(SCREEN)[::4, ::4].astype(np.int16)
            if before is None or (np.abs(now - before).max(axis=2) > 12).sum() > 40:
                since = time.monotonic()
            before = now

    def _windows(self) -> list[Window]:
        for _ in range(5):
            try:
                return self.desktop.windows()
            except AttributeError:  # python-xlib 0.33 breaks where a title changes while it is read
                time.sleep(0.1)
        raise self._nothing("its windows cannot be listed")

    def _main(self) -> Window:
        deadline = time.monotonic() + START_S
        count, known = 0, 0.0
        while time.monotonic() < deadline:
            mine = [w for w in self._windows() if w.pid == self.process.pid and min(w.rect.width, w.rect.height) > 90]
            if mine:
                largest = max(mine, key=lambda w: w.rect.area)
                now = len(self.access.nodes(self.process.pid, largest.rect, 2.0))
                if now != count or now < 8:
                    count, known = now, time.monotonic()
                elif time.monotonic() - known > QUIET_S:
                    return largest
            time.sleep(0.3)
        raise self._nothing(f"no window with controls within {START_S:g} s")

    def _framed(self, window: Window) -> Rect:
        told = subprocess.run(
            ["xprop", "-id", str(window.handle), "_NET_FRAME_EXTENTS"],
            env=self._stage.env, capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip
        numbers = [int(part) for part in told.partition("=")[2].split(",") if part.strip().isdigit()]
        left, right, top, bottom = numbers if len(numbers) == 4 else (0, 0, 0, 0)
        rect = window.rect
        return Rect(rect.left - left, rect.top - top, rect.width + left + right, rect.height + top + bottom)

    def _xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=self._stage.env, check=False, timeout=20, capture_output=True)

    def _nothing(self, what: str) -> NothingShown:
        return NothingShown(self.program.name, what, self._stage.log_of(self.process)[-400:])


def capture(stage: Stage, program: Program) -> tuple[Screen, dict[str, Picture]]:
    """All pictures of a program, and what stands on them."""
    images: dict[str, Picture] = {}
    pictures: dict[str, list[Thing]] = {}
    for name, look in program_looks.LOOKS.items():
        run = Run(stage, program, look, program.argv)
        try:
            _take(run, name, images, pictures)
            if name == SHOWN:
                _take_states(run, images, pictures)
        finally:
            run.close()
    if program.absent_argv:
        run = Run(stage, program, program_looks.Look(), program.absent_argv)
        try:
            _take(run, "absent", images, pictures)
        finally:
            run.close()
    if "absent" in pictures:
        pictures["absent"] += program_truth.still_there(
            pictures[SHOWN], images[SHOWN], pictures["absent"], images["absent"]
        )
    return _screen(program, pictures), images


def _take(run: Run, name: str, images: dict[str, Picture], pictures: dict[str, list[Thing]]) -> None:
    run.quiet()
    images[name] = run.grab()
    pictures[name] = run.things(images[name], run.rect)


def _take_states(run: Run, images: dict[str, Picture], pictures: dict[str, list[Thing]]) -> None:
    """What one start gives beside: moved, resized, covered, and with something gone."""
    program = run.program
    run.place(MOVED)
    left, top, right, bottom = AROUND
    rect = run.rect
    area = Rect(rect.left - left, rect.top - top, rect.width + left + right, rect.height + top + bottom)
    area = area.intersection(SCREEN) or rect
    images["moved"] = run.grab(area)
    pictures["moved"] = run.things(images["moved"], area)
    if program.resized:
        run.place(PLACE, program.resized)
        _take(run, "resized", images, pictures)
    run.place(PLACE, program.size)
    if program.cover:
        below = run.things(run.grab(), run.rect)
        run.act(program.cover)
        if over := run.lay_over(below):
            images["covered"] = run.grab()
            pictures["covered"] = program_truth.covered(below, over)
        else:
            log.warning("%s: nothing came over it", program.name)
        run.act(("key Escape",))
    if program.absent:
        run.act(program.absent)
        _take(run, "absent", images, pictures)


def _screen(program: Program, pictures: dict[str, list[Thing]]) -> Screen:
    elsewhere = Counter(thing.id for name, found in pictures.items() if name != SHOWN for thing in found)
    fair = program_truth.without(pictures[SHOWN], program.unfair)
    chosen = program_truth.asked(fair, elsewhere, MOST)
    told = {
        name: tuple(replace(thing, query=thing.id in chosen) for thing in found) for name, found in pictures.items()
    }
    return Screen(program.name, program.name, program.split, told)


def _fresh_home(home: Path) -> None:
    for place in home.iterdir():
        if place.name != ".Xauthority":
            shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink()
    for name in (".config", ".local/share", ".cache", ".local/state"):
        (home / name).mkdir(parents=True, mode=0o700)


def _subtree(nodes: Sequence[program_truth.Node], window: int) -> list[program_truth.Node]:
    """The nodes of one of a program's windows, with their parents' new places."""
    places = [place for place, node in enumerate(nodes) if node.path[0] == window]
    moved = {old: new for new, old in enumerate(places)}
    return [replace(nodes[old], parent=moved.get(nodes[old].parent, -1)) for old in places]


def _lies_on(box: Rect, rect: Rect) -> bool:
    return box.overlap(rect) > 0.8


def _crop(picture: Picture, rect: Rect) -> Picture:
    return picture[rect.top : rect.bottom, rect.left : rect.right]


def _shifted(thing: Thing, dx: int, dy: int) -> Thing:
    return replace(thing, box=thing.box.moved(dx, dy), click=thing.click.moved(dx, dy) if thing.click else None)


def mend(folder: Path, names: Sequence[str]) -> None:
    """Leave scroll bars that are not drawn out of what was captured before, and name the others by what scrolls."""
    for screen in read_screens(folder):
        if screen.id not in names:
            continue
        kept = {
            picture: program_bars.named(program_bars.drawn(things, read_image(folder, screen, picture)))
            for picture, things in screen.pictures.items()
        }
        count = sum(len(things) - len(kept[picture]) for picture, things in screen.pictures.items())
        write_screen(folder, replace(screen, pictures=kept), {})
        log.info("%s: %d scroll bars are not drawn", screen.id, count)


COLOURS = {
    "icon": (0, 0, 255), "text": (0, 160, 0), "row": (255, 0, 0), "row_icon": (255, 0, 255),
    "field": (0, 160, 255), "slider": (200, 200, 0), "blank": (128, 128, 128),
}  # fmt: skip


def draw(folder: Path, screen: Screen, images: dict[str, Picture]) -> None:
    """Write each picture with what stands on it: thick what is looked for, crossed what is covered."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in images.items():
        canvas = image.copy()
        for thing in screen.pictures[name]:
            box, colour = thing.box, COLOURS[thing.kind]
            corners = (box.left, box.top), (box.right - 1, box.bottom - 1)
            cv2.rectangle(canvas, *corners, colour, 2 if thing.query else 1)
            if thing.covered:
                cv2.line(canvas, *corners, colour, 1)
        cv2.imwrite(str(folder / f"{screen.id}-{name}.png"), canvas)


def main(argv: Sequence[str] | None = None) -> int:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.finder.capture_programs", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/finder/programs"))
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[p.name for p in PROGRAMS])
    parser.add_argument("--boxes", type=Path, metavar="FOLDER", help="also write the pictures with boxes drawn")
    parser.add_argument("--mend", action="store_true", help="only correct what was kept, and exit")
    parser.add_argument("--list", action="store_true", help="print the programs, and exit")
    parser.add_argument("--packages", action="store_true", help="print the Debian packages that are needed, and exit")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    chosen = tuple(program for program in PROGRAMS if program.name in arguments.only)
    if arguments.packages:
        print(*PROGRAM_PACKAGES)  # noqa: T201
        return 0
    if arguments.list:
        print("\n".join(f"{p.name:16} {p.toolkit:9} {p.split}" for p in PROGRAMS))  # noqa: T201
        return 0
    if arguments.mend:
        mend(arguments.folder, arguments.only)
        return 0
    require(chosen)
    failed = []
    for program in chosen:
        started = time.monotonic()
        try:
            # A stage each: what a program leaves running is not there for the next.
            with Stage(STAGE) as stage, stage.applied():
                screen, images = capture(stage, program)
        except NothingShown as error:
            log.error("%s", error)
            failed.append(program.name)
            continue
        write_screen(arguments.folder, screen, images)
        if arguments.boxes:
            draw(arguments.boxes, screen, images)
        counts = {name: len(found) for name, found in screen.pictures.items()}
        log.info("%s: %.0f s, things %s", program.name, time.monotonic() - started, counts)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
