"""`encore doctor`: is everything here that Encore needs, and if not, what to install or allow."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

from encore_agent.data_folder import ANOTHER, LET_WRITE
from encore_agent.errors import AgentError, UnusableLibrary
from encore_agent.library import Library
from encore_agent.settings import Settings
from encore_models.bundle import Bundle
from encore_models.errors import BundleMissing, ModelsError
from encore_models.perception.clip import OURS, open_clip
from encore_models.whisper.checkpoint import hearing_folder
from encore_recorder.errors import NoDisplay, RecorderError

ENOUGH_SPACE = 500 * 1024 * 1024
"""Bytes: the hearing model and an hour of recording fit."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    state: Literal["ok", "warning", "problem"]
    detail: str
    advice: str = ""
    """What to do about it; empty where nothing needs doing."""


Check = Callable[[Settings, Mapping[str, str]], Finding]


def examine(settings: Settings, environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Carry out all checks, one finding each, in the order in which to mend them."""
    for check in CHECKS:
        yield check(settings, environment)


def _display(settings: Settings, environment: Mapping[str, str]) -> Finding:
    if environment.get("XDG_SESSION_TYPE") == "wayland":
        return Finding(
            "display",
            "problem",
            "this is a Wayland session, which lets no program see or move other windows",
            'choose "on Xorg" or "X11" at the login screen',
        )
    from encore_recorder.sources.screen import Screen

    try:
        with Screen() as screen:
            bounds = screen.bounds
    except RecorderError as error:
        return Finding(
            "display", "problem", str(error), "start Encore inside of a desktop session (DISPLAY must be set)"
        )
    return Finding("display", "ok", f"{bounds.width} x {bounds.height} pixels on {environment.get('DISPLAY', '?')}")


def _windows(settings: Settings, environment: Mapping[str, str]) -> Finding:
    from encore_recorder.sources.window import open_window_system

    try:
        with closing(open_window_system()) as system:
            windows = system.windows()
    except NoDisplay:
        return Finding("window manager", "problem", "cannot be asked for without a display", "see above")
    except RecorderError as error:
        return Finding("window manager", "problem", str(error), "start a window manager, for example openbox")
    return Finding("window manager", "ok", f"{len(windows)} windows open")


def _acting(settings: Settings, environment: Mapping[str, str]) -> Finding:
    from encore_agent.act import PyAutoGuiActuator

    try:
        PyAutoGuiActuator().pointer()
    except AgentError as error:
        return Finding("mouse and keyboard", "problem", str(error), "Encore acts on X11 through the XTEST extension")
    if sys.platform == "linux" and not shutil.which("xdotool"):
        return Finding(
            "mouse and keyboard",
            "warning",
            "xdotool is missing, so text is entered through the clipboard",
            "sudo apt install xdotool",
        )
    return Finding("mouse and keyboard", "ok", "pyautogui can act, xdotool can type")


def _xlib(settings: Settings, environment: Mapping[str, str]) -> Finding:
    import Xlib

    if Xlib.__version__ < (0, 33):
        # pyautogui brings python3-xlib, pynput python-xlib; both write the folder Xlib/ and the last one wins.
        return Finding(
            "Xlib",
            "problem",
            f"the outdated package python3-xlib {Xlib.__version_string__} lies over python-xlib",
            f"{sys.executable} -m pip install --force-reinstall --no-deps python-xlib",
        )
    return Finding("Xlib", "ok", f"python-xlib {Xlib.__version_string__}")


def _opencv(settings: Settings, environment: Mapping[str, str]) -> Finding:
    installed = [dist.name for dist in metadata.distributions() if dist.name and dist.name.lower().startswith("opencv")]
    if len(set(installed)) > 1:
        return Finding(
            "OpenCV",
            "warning",
            f"{' and '.join(sorted(set(installed)))} write the same folder cv2/",
            "keep opencv-python-headless only: uninstall all of them and install it again",
        )
    return Finding("OpenCV", "ok", ", ".join(installed))


def _microphone(settings: Settings, environment: Mapping[str, str]) -> Finding:
    from encore_recorder.sources.microphone import Microphone

    try:
        with Microphone(device=settings.microphone) as microphone:
            name = microphone.name
    except RecorderError as error:
        return Finding("microphone", "problem", str(error), "see which there are: encore microphones")
    return Finding("microphone", "ok", name)


def _hearing(settings: Settings, environment: Mapping[str, str]) -> Finding:
    folder = hearing_folder(settings.whisper, settings.models)
    try:
        Bundle.open(folder)
    except BundleMissing:
        return Finding("hearing model", "warning", "not prepared yet; the first use does it", "encore setup")
    except ModelsError as error:
        return Finding("hearing model", "problem", str(error), f"delete {folder} and run: encore setup")
    return Finding("hearing model", "ok", f"verified in {folder}")


def _clip(settings: Settings, environment: Mapping[str, str]) -> Finding:
    advice = "" if settings.clip == OURS else "leave --clip and ENCORE_CLIP out to use Encore's own"
    try:
        open_clip(settings.clip, settings.models)
    except ModelsError as error:
        return Finding("seeing model", "problem", str(error), advice or "install Encore again")
    return Finding("seeing model", "ok", settings.clip)


def _players(settings: Settings, environment: Mapping[str, str]) -> Finding:
    from encore_recorder.sources.playback import players

    if not environment.get("DBUS_SESSION_BUS_ADDRESS"):
        return Finding(
            "media players",
            "warning",
            "there is no session bus, so what plays cannot be verified",
            "start Encore inside of a desktop session",
        )
    found = [state.player for state in players()]
    return Finding("media players", "ok", ", ".join(found) or "none is running now")


def _space(settings: Settings, environment: Mapping[str, str]) -> Finding:
    folder = next(path for path in (settings.root, *settings.root.parents) if path.exists())
    if not folder.is_dir():
        return Finding("data folder", "problem", f"{folder} is no folder", ANOTHER)
    if not os.access(folder, os.W_OK):
        return Finding("data folder", "problem", f"{folder} cannot be written to", LET_WRITE)
    free = shutil.disk_usage(folder).free
    if free < ENOUGH_SPACE:
        return Finding("data folder", "problem", f"{free // 2**20} MB are free in {folder}", "make 500 MB free")
    return Finding("data folder", "ok", f"{settings.root}, {free // 2**30} GB free")


def _library(settings: Settings, environment: Mapping[str, str]) -> Finding:
    if not settings.root.exists():
        return Finding("library", "ok", "nothing recorded yet")
    try:
        library = Library(settings.root)
    except UnusableLibrary as error:
        return Finding("library", "problem", str(error))
    try:
        broken = library.broken_macros()
        count = len(library.macros())
    finally:
        library.close()
    if broken:
        return Finding("library", "warning", "; ".join(problem for _, problem in broken), "learn them again or delete")
    return Finding("library", "ok", f"{count} macros")


CHECKS: tuple[Check, ...] = (
    _space,
    _display,
    _windows,
    _xlib,
    _opencv,
    _acting,
    _microphone,
    _hearing,
    _clip,
    _players,
    _library,
)
