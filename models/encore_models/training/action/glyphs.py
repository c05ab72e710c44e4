"""Drawings and fonts for rendered screens, kept apart by split: no test set is ever drawn for training.

Icons come from the cache that UI-CLIP is trained from (`encore_models.training.icons`), fonts from the machine and from
a folder of unpacked font packages. The sets that UI-CLIP keeps for testing are the only ones that test screens show.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from encore_models.training.action.applications import APPLICATIONS
from encore_models.training.action.samples import Split
from encore_models.training.icon_sets import TEST_SETS, TRAIN_SETS
from encore_models.training.icons import Icons, open_icons

VALIDATION_SETS = frozenset("lucide heroicons iconoir solar akar-icons".split())
"""Of UI-CLIP's training sets; nothing of the action model is trained on them."""
OTHERWISE = {
    "settings": ("cog", "gear", "setting"),
    "trash": ("delete", "bin", "trash can"),
    "music": ("musical note", "note", "music note"),
    "users": ("people", "user group", "group", "team"),
    "user": ("person", "account", "profile"),
    "mail": ("email", "envelope"),
    "refresh": ("reload", "sync", "rotate"),
    "edit": ("pencil", "pen"),
    "pencil": ("edit", "pen"),
    "history": ("clock", "time"),
    "chat": ("message", "comment", "chat bubble"),
    "message": ("chat", "comment"),
    "columns": ("layout", "view columns", "layout sidebar"),
    "volume": ("volume up", "speaker", "volume high", "sound"),
    "power": ("shutdown", "power off"),
    "cart": ("shopping cart", "bag"),
    "help": ("question", "question mark", "help circle", "question circle"),
    "database": ("server", "data"),
    "chart": ("bar chart", "analytics", "graph"),
    "microphone": ("mic",),
    "map": ("location", "map pin"),
    "send": ("paper plane", "send plane"),
    "scissors": ("cut",),
    "save": ("floppy disk", "floppy", "diskette"),
    "print": ("printer",),
    "sort": ("filter", "sort down"),
    "radio": ("broadcast",),
    "reply": ("undo",),
    "clipboard": ("paste",),
    "close": ("x", "cross", "xmark"),
    "key": ("lock",),
    "archive": ("box",),
    "headphones": ("headphone", "headset"),
    "flag": ("bookmark",),
    "camera": ("photo",),
}
"""Other names under which sets draw the same."""
LEAST_SHARE = 0.75
"""Of the needed drawings that a set must have."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Icon sets and fonts of one split."""

    icons: Icons
    sets: dict[str, dict[str, int]]
    """Of each set, the number of each needed drawing."""
    fonts: tuple[Path, ...]

    def cover(self, icon_set: str, icon: str, side: int) -> NDArray[np.uint8]:
        """The coverage of a drawing, uint8 [side, side].

        Raises:
            KeyError: No set of the split draws it.
        """
        number = self.sets[icon_set].get(icon)
        if number is None:
            number = next(numbers[icon] for _, numbers in sorted(self.sets.items()) if icon in numbers)
        how = cv2.INTER_AREA if side < 64 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(np.asarray(self.icons.pictures[number][1]), (side, side), interpolation=how))


def needed_icons() -> tuple[str, ...]:
    """What the applications and the screens draw."""
    tools = [tool.icon for app in APPLICATIONS for tool in (*app.pages, *app.commands, *app.toggles, app.mark)]
    return tuple(sorted({*tools, "search", "close", "menu", "play", "image", "user"}))


@lru_cache(maxsize=4)
def glyphs(split: Split, icons_folder: Path | None = None, fonts_folder: Path | None = None) -> Glyphs:
    """The icon sets and fonts of a split.

    Raises:
        IconsMissing: The icons were not rendered yet.
        FileNotFoundError: There are no fonts.
    """
    icons = open_icons("test" if split == "test" else "train", icons_folder)
    allowed = {s.name for s in (TEST_SETS if split == "test" else TRAIN_SETS)}
    if split != "test":
        allowed = allowed & VALIDATION_SETS if split == "validation" else allowed - VALIDATION_SETS
    called: dict[str, list[str]] = defaultdict(list)
    for icon in needed_icons():
        for name in (icon, *OTHERWISE.get(icon, ())):
            called[name].append(icon)
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for number, (name, owner) in enumerate(zip(icons.names, icons.sets, strict=True)):
        for icon in called.get(name, ()) if owner in allowed else ():
            rank = (icon, *OTHERWISE.get(icon, ())).index(name)
            if icon not in found[owner] or found[owner][icon][0] > rank:
                found[owner][icon] = rank, number
    enough = LEAST_SHARE * len(needed_icons())
    sets = {
        owner: {icon: number for icon, (_, number) in drawn.items()}
        for owner, drawn in sorted(found.items())
        if len(drawn) >= enough
    }
    return Glyphs(icons, sets, fonts(split, fonts_folder))


FAMILIES: dict[Split, frozenset[str]] = {
    "train": frozenset(
        "DejaVuSans DejaVuSansCondensed NotoSans Cantarell Lato OpenSans NimbusSans URWGothic Caladea C059".split()
    ),
    "validation": frozenset("LiberationSans RobotoCondensed NimbusSansNarrow".split()),
    "test": frozenset("Inter InterDisplay Roboto NotoSerif P052 DejaVuSerif".split()),
}
"""Families by the beginning of their files' names."""
FONT_PACKAGES = (
    "fonts-cantarell fonts-crosextra-caladea fonts-dejavu-core fonts-dejavu-extra fonts-inter fonts-lato "
    "fonts-liberation2 fonts-noto-core fonts-open-sans fonts-roboto-unhinted fonts-urw-base35"
).split()
"""The Debian packages that hold them."""
PLAIN = frozenset({"Regular", "Roman", "Book", ""})
"""Styles that interfaces are written in, by the end of the file's name."""


def fonts(split: Split, folder: Path | None = None) -> tuple[Path, ...]:
    """The upright fonts of normal weight of a split.

    Raises:
        FileNotFoundError: There are none; install fonts-dejavu-core, fonts-noto-core or the like.
    """
    places = (folder or user_cache_path("encore") / "fonts", Path("/usr/share/fonts"))
    paths = {path.name: path for place in places for path in sorted(place.rglob("*.[ot]tf"))}
    chosen = [path for _, path in sorted(paths.items()) if _is_of(path.stem, split)]
    if not chosen:
        raise FileNotFoundError(f"no font of the {split} families {FAMILIES[split]} is installed in {places}")
    return tuple(chosen)


def _is_of(stem: str, split: Split) -> bool:
    family, _, style = stem.partition("-")
    return family in FAMILIES[split] and style in PLAIN
