"""Draw the pictures of `player_pictures/`: `python -m tests.golden.make_player_pictures`.

Each is the player's window, drawn without a display, and the truth beside it: the boxes of what can be clicked, by
accessible name, in pixels of the picture. Covers and letters come from this machine's fonts and Qt, so the
pictures are kept and only drawn anew when the player changes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2

FOLDER = Path(__file__).parent / "player_pictures"


@dataclass(frozen=True, slots=True)
class Shot:
    """How the player looks and what it shows."""

    query: str = "yesterday"
    theme: str = "dark"
    percent: int = 100
    size: tuple[int, int] = (900, 560)
    """Logical pixels."""
    sidebar: str = "left"
    bar: str = "standard"
    playing: bool = False


SHOTS = {
    "dark": Shot(),
    "light": Shot(theme="light"),
    "light_150": Shot(theme="light", percent=150),
    "wide_right": Shot(size=(1200, 600), sidebar="right"),
    "moved_125": Shot(theme="light", percent=125, sidebar="right", bar="mirrored"),
    "playing": Shot(playing=True),
    "other_rows": Shot(query="blue moon"),
}


def main() -> int:
    """Draw all pictures, each in a process of its own, since Qt takes its scale when it starts."""
    if len(sys.argv) == 2:
        draw(sys.argv[1], SHOTS[sys.argv[1]])
        return 0
    FOLDER.mkdir(exist_ok=True)
    for name, shot in SHOTS.items():
        scale = {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": str(shot.percent / 100)}
        subprocess.run([sys.executable, "-m", __spec__.name, name], env=os.environ | scale, check=True)
    return 0


def draw(name: str, shot: Shot, folder: Path = FOLDER) -> None:
    """Draw one picture and write its truth into `folder`; ends the process."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication, QLineEdit

    from demos.player.catalogue import generate
    from demos.player.playback import Playback
    from demos.player.theme import FAMILIES, THEMES
    from demos.player.truth import boxes_of
    from demos.player.window import Look, PlayerWindow

    application = QApplication(["encore-player"])
    application.setStyle("Fusion")
    letters = application.font()
    letters.setFamilies(FAMILIES)
    letters.setPixelSize(13)
    application.setFont(letters)
    playback = Playback(generate(0), volume=0.8, seed=0)
    window = PlayerWindow(playback, Look(THEMES[shot.theme], shot.sidebar, shot.bar))
    window.resize(*shot.size)
    window.show()

    def wait(milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    field = next(widget for widget in window.findChildren(QLineEdit) if widget.accessibleName() == "Search field")
    field.setText(shot.query)
    wait(1500)
    if shot.playing:
        playback.start([playback.catalogue.titled("Yesterday Once More")])
        wait(300)
    window.grab().save(str(folder / f"{name}.png"))
    boxes = boxes_of(window)
    left, top, _, _ = boxes.pop("window")
    truth = {key: [box[0] - left, box[1] - top, box[2], box[3]] for key, box in boxes.items()}
    (folder / f"{name}.json").write_text(json.dumps(truth, indent=0) + "\n", encoding="utf-8")
    picture = cv2.imread(str(folder / f"{name}.png"))
    cv2.imwrite(str(folder / f"{name}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    playback.close()
    os._exit(0)  # Qt's own tear-down is of no interest here


if __name__ == "__main__":
    sys.exit(main())
