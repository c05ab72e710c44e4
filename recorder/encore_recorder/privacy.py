"""What must never be written: passwords, and whatever the user excludes.

A window is hidden by the class of its program or by its title. While it has the focus no key is kept; clicks into it
are not kept; in the pictures it is black where it can be seen; its title is not kept either.

A password field inside of an ordinary window (a web page's login form) is not known to be one; the title rules catch
the usual ones, pausing the recording is the sure way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from encore_recorder.events import Window
from encore_recorder.geometry import Point, Rect

PASSWORD_PROGRAMS = frozenset(
    # password managers
    "1password bitwarden buttercup enpass keepass2 keepassx keepassxc keeweb lastpass nordpass org.gnome.seahorse "
    "org.keepassxc.keepassxc proton-pass seahorse secrets "
    # programs that ask for one
    "gcr-prompter gcr-viewer gksu kdesu kdesudo ksshaskpass kwalletd5 kwalletd6 lxpolkit lxqt-openssh-askpass "
    "lxqt-policykit-agent mate-polkit pinentry pinentry-gnome3 pinentry-gtk pinentry-gtk-2 pinentry-qt pinentry-qt5 "
    "polkit-gnome-authentication-agent-1 polkit-kde-authentication-agent-1 polkit-mate-authentication-agent-1 "
    "ssh-askpass ssh-askpass-fullscreen x11-ssh-askpass xfce-polkit "
    # screen lockers
    "i3lock light-locker xscreensaver xsecurelock".split()
)
"""Classes of programs, lower case."""

PASSWORD_TITLES = (
    r"\b(password|passphrase|passwort|kennwort|mot de passe|contraseña|senha|wachtwoord)s?\b",
    r"\b(authentication required|authenticate|unlock (keyring|login keyring|database))\b",
    r"\b(sign ?in|log ?in|login|anmelden|connexion)\b",
)
"""Regular expressions for titles; letters in any case."""


@dataclass(frozen=True, slots=True)
class PrivacyRules:
    """Which windows are hidden."""

    programs: frozenset[str] = PASSWORD_PROGRAMS
    """Classes of programs; letters in any case."""
    titles: tuple[str, ...] = PASSWORD_TITLES
    """Regular expressions that are searched in titles; letters in any case."""

    def __post_init__(self) -> None:
        for pattern in self.titles:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"the title rule {pattern!r} is not a regular expression: {error}") from error
        object.__setattr__(self, "programs", frozenset(name.lower() for name in self.programs))

    def hides(self, window: Window | None) -> bool:
        """Whether nothing of this window may be kept."""
        if window is None:
            return False
        if window.app_class.lower() in self.programs:
            return True
        return any(re.search(pattern, window.title, re.IGNORECASE) for pattern in self.titles)

    def censored(self, window: Window) -> Window:
        """The window as it may be written: a hidden one without its title."""
        return replace(window, title="") if self.hides(window) else window


@dataclass(frozen=True, slots=True)
class Curtain:
    """Where hidden windows were to be seen at one time."""

    time_ns: int
    layers: tuple[tuple[Rect, bool], ...] = ()
    """Windows from the lowest to the topmost, and whether each is hidden; empty where none is."""

    @classmethod
    def over(cls, time_ns: int, stack: Sequence[Window], rules: PrivacyRules) -> Curtain:
        """The curtain for these windows, topmost first."""
        layers = tuple((window.rect, rules.hides(window)) for window in reversed(stack))
        return cls(time_ns, layers if any(hidden for _, hidden in layers) else ())

    def covers(self, point: Point) -> bool:
        """Whether the window at this place of the desktop is hidden."""
        for rect, hidden in reversed(self.layers):
            if rect.contains(point):
                return hidden
        return False


def draw_curtains(bgra: NDArray[np.uint8], origin: Point, curtains: Iterable[Curtain]) -> NDArray[np.uint8]:
    """The picture, black where one of the curtains covers it; the same array where none does.

    Args:
        bgra: [height, width, 4].
        origin: The picture's top left pixel on the virtual desktop.
        curtains: From just before the picture was taken to just after.
    """
    layered = {curtain.layers for curtain in curtains if curtain.layers}
    if not layered:
        return bgra
    height, width = bgra.shape[:2]
    black = np.zeros((height, width), np.bool_)
    for layers in layered:
        covered = np.zeros_like(black)
        for rect, hidden in layers:
            seen = rect.moved(-origin.x, -origin.y).intersection(Rect(0, 0, width, height))
            if seen is not None:
                covered[seen.top : seen.bottom, seen.left : seen.right] = hidden
        black |= covered
    picture = bgra.copy()
    picture[black] = 0
    return picture
