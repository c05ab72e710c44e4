"""What the demonstrations need from the operating system."""

from __future__ import annotations

import shutil

PROGRAMS = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xprop": "x11-utils",
    "xdotool": "xdotool",
    "dbus-daemon": "dbus",
    "pulseaudio": "pulseaudio",
    "pactl": "pulseaudio-utils",
    "paplay": "pulseaudio-utils",
    "parec": "pulseaudio-utils",
    "tint2": "tint2",
    "playerctl": "playerctl",
    "flite": "flite",
    "espeak-ng": "espeak-ng",
}
"""Programs that the stage and its scripted person start, and the Debian package of each."""

LIBRARIES = (
    # PortAudio, and its way to PulseAudio
    "libportaudio2 libasound2-plugins "
    # PySide6's X11 platform plugin
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 "
    "libxcb-sync1 libxcb-xfixes0 libxcb-xkb1 libxkbcommon-x11-0 libegl1 libgl1 libdbus-1-3 libfontconfig1 "
    # what pynput needs is built from source (evdev)
    "gcc libc6-dev linux-libc-dev python3-dev "
    # accessible names, letters
    "at-spi2-core fonts-dejavu-core fonts-noto-core"
).split()

DEBIAN_PACKAGES = tuple(sorted({*PROGRAMS.values(), *LIBRARIES}))
"""Everything from Debian that the demonstrations and the desktop tests need."""


def missing_programs() -> list[str]:
    """Programs of the stage that are not on PATH."""
    return [program for program in PROGRAMS if shutil.which(program) is None]
