"""Real programs of Debian on which the finder is measured: which, in which state, and what of their truth is wrong."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.benchmarks.finder.program_looks import Toolkit

PROGRAM_PACKAGES = (
    "at-spi2-core", "libatk-adaptor", "gnome-themes-extra", "elementary-xfce-icon-theme", "tango-icon-theme", "breeze-icon-theme",
    "kde-style-breeze", "qt5ct",
    "geany", "galculator", "gnumeric", "pcmanfm", "featherpad", "kcalc", "chromium",
    "gedit", "evince", "thunar", "mousepad", "qalculate-gtk", "transmission-gtk", "qpdfview", "vlc-plugin-qt", "vlc-bin", "kate",
    "okular", "dolphin",
)  # fmt: skip
"""Debian packages of the programs and of the themes they are shown in; install with --no-install-recommends."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, what it has open, and how it comes into other states. `{docs}` in arguments is its folder of documents.

    Actions are xdotool's commands with the mouse in pixels of the window, for example `key F9` or `click 40 12`.
    """

    name: str
    toolkit: Toolkit
    split: Literal["dev", "final"]
    argv: tuple[str, ...]
    size: tuple[int, int] = (900, 620)
    resized: tuple[int, int] | None = (1080, 700)
    """None where the window has one size only."""
    prepare: tuple[str, ...] = ()
    """Brings it into the state that is shown."""
    cover: tuple[str, ...] = ()
    """Opens a dialog."""
    absent: tuple[str, ...] = ()
    """Brings it into a state in which something is gone; what `cover` opened is closed before."""
    absent_argv: tuple[str, ...] = ()
    """Arguments of a start in which something is gone, instead of `absent`."""
    font: str = "Noto Sans"
    icons: str = "elementary-xfce"
    settings: Mapping[str, str] = field(default_factory=dict)
    """Files below the home that it reads, by path."""
    wrong: Mapping[str, str] = field(default_factory=dict)
    """Patterns of ids whose truth is wrong, and why; they are left out."""
    unfair: Mapping[str, str] = field(default_factory=dict)
    """Patterns of ids that are there but cannot be asked for, and why."""


PROGRAMS = (
    Program(
        "geany", "gtk3", "dev", ("geany", "-i", "-t", "{docs}/scale.py"),
        prepare=("sleep 1",), cover=("key ctrl+o",), absent=("key F9",),
    ),
    Program(
        "galculator", "gtk3", "dev", ("galculator",),
        size=(420, 420), resized=(560, 500), cover=("key ctrl+p",), font="DejaVu Serif",
    ),
    Program(
        "pcmanfm", "gtk2", "dev", ("pcmanfm", "-n", "{docs}"),
        prepare=("key ctrl+2",), cover=("key alt+Return",), absent_argv=("pcmanfm", "-n", "{docs}/Old charts"),
    ),
    Program(
        "featherpad", "qt", "dev", ("featherpad", "{docs}/arrivals.txt"), cover=("key ctrl+o",), icons="Tango",
    ),
    Program(
        "kcalc", "kde", "dev", ("kcalc",), size=(420, 380), resized=(520, 460), cover=("key ctrl+shift+comma",),
        icons="Tango",
    ),
    Program(
        "chromium-files", "chromium", "dev", ("chromium", "file://{docs}/"), cover=("key ctrl+p",),
        absent_argv=("chromium", "file://{docs}/Old%20charts/"),
    ),
)  # fmt: skip


class MissingProgram(FileNotFoundError):
    """A program of the benchmark is not installed."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"{', '.join(names)} cannot be found. Install the programs of the benchmark: "
            f"sudo apt-get install --no-install-recommends {' '.join(PROGRAM_PACKAGES)}"
        )


def require(programs: tuple[Program, ...]) -> None:
    """Check that programs are installed.

    Raises:
        MissingProgram: with the line that installs them.
    """
    if missing := sorted({p.argv[0] for p in programs if shutil.which(p.argv[0]) is None}):
        raise MissingProgram(missing)
