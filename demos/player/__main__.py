"""`python -m demos.player`: start the player.

Sizes and positions are pixels of the screen, whatever the scale.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import get_args

from demos.player.bar import BarOrder
from demos.player.catalogue import Catalogue, generate
from demos.player.sidebar import SidebarPlace
from demos.player.theme import THEMES

PROGRAM = "encore-player"
"""Both parts of WM_CLASS."""


def _pair(text: str) -> tuple[int, int]:
    first, _, second = text.replace("x", ",").partition(",")
    return int(first), int(second)


def parser() -> argparse.ArgumentParser:
    """The flags."""
    flags = argparse.ArgumentParser(prog="python -m demos.player", description="A stand-in music player.")
    add = flags.add_argument
    add("--theme", choices=sorted(THEMES), default="dark")
    add("--scale", type=int, default=100, metavar="PERCENT", help="size of everything, 100 to 175")
    add("--size", type=_pair, default=(1120, 700), metavar="WxH", help="of the window without its frame, pixels")
    add("--position", type=_pair, metavar="X,Y", help="of the window's frame, pixels; left to the desktop otherwise")
    add("--sidebar", choices=get_args(SidebarPlace), default="left")
    add("--bar", choices=get_args(BarOrder), default="standard", help="order of the controls in the now-playing bar")
    add("--slow-ms", type=int, default=0, metavar="MS", help="load everything this much more slowly")
    add("--popup", type=float, metavar="SECONDS", help="let a pop-up come in between after this time; 0: at once")
    add("--seed", type=int, default=0, help="another seed, other music")
    add("--tracks", type=int, default=320, help="how many tracks there are")
    add("--without", action="append", default=[], metavar="TITLE", help="leave a title out; may be repeated")
    add("--volume", type=int, default=80, metavar="PERCENT")
    return flags


def main(argv: Sequence[str] | None = None) -> int:
    """Run the player until its window is closed."""
    flags = parser()
    chosen = flags.parse_args(argv)
    if not 100 <= chosen.scale <= 175:
        flags.error(f"--scale goes from 100 to 175 percent, not {chosen.scale}")
    try:
        catalogue = generate(chosen.seed, chosen.tracks, chosen.without)
    except ValueError as error:
        flags.error(str(error))
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    os.environ["QT_SCALE_FACTOR"] = str(chosen.scale / 100)
    return _run(chosen, catalogue)


def _run(chosen: argparse.Namespace, catalogue: Catalogue) -> int:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from demos.player.mpris import Bus, Wishes
    from demos.player.playback import Playback
    from demos.player.theme import FAMILIES
    from demos.player.truth import boxes_of
    from demos.player.window import Look, PlayerWindow

    application = QApplication([PROGRAM])
    application.setApplicationName(PROGRAM)
    application.setDesktopFileName(PROGRAM)
    application.setStyle("Fusion")
    letters = application.font()
    letters.setFamilies(FAMILIES)
    letters.setPixelSize(13)
    application.setFont(letters)

    playback = Playback(catalogue, volume=chosen.volume / 100, seed=chosen.seed)
    look = Look(THEMES[chosen.theme], chosen.sidebar, chosen.bar, chosen.slow_ms)
    window = PlayerWindow(playback, look)
    ratio = chosen.scale / 100
    window.resize(round(chosen.size[0] / ratio), round(chosen.size[1] / ratio))
    if chosen.position:
        window.move(round(chosen.position[0] / ratio), round(chosen.position[1] / ratio))

    def to_front() -> None:
        window.show()
        window.raise_()
        window.activateWindow()

    wishes = Wishes()
    bus = Bus(playback, wishes, raise_window=to_front, quit_player=window.close, boxes=lambda: boxes_of(window))
    window.show()
    playback.announce()
    bus.start()
    if chosen.popup is not None:
        QTimer.singleShot(round(chosen.popup * 1000), window.interrupt)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: window.close())  # runs with the playback's next tick
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
