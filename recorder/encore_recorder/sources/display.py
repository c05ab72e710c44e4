"""Connections to the X server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from encore_recorder.errors import NoDisplay, WaylandSession


def require_x11(environment: Mapping[str, str] = os.environ) -> str:
    """The name of the X display that this session offers.

    Raises:
        WaylandSession: It is a Wayland session. The X server inside of it (XWayland) shows neither other programs'
            windows nor their input, so it does not count.
        NoDisplay: There is none.
    """
    if environment.get("XDG_SESSION_TYPE") == "wayland":
        raise WaylandSession
    display = environment.get("DISPLAY")
    if not display:
        raise NoDisplay(None, "nothing to look at")
    return display


def open_display() -> Any:
    """A connection of one's own: an `Xlib.display.Display`.

    Raises:
        WaylandSession: See `require_x11`; also where the server itself says that it is XWayland.
        NoDisplay: There is none, or it lets nobody in.
    """
    name = require_x11()
    try:
        from Xlib import display, error
    except OSError as failure:  # python3-xlib 0.15 reads XAUTHORITY's file at import
        raise NoDisplay(name, f"its key file cannot be read ({failure})") from failure
    try:
        connection = display.Display(name)
    except (error.DisplayError, error.ConnectionClosedError, error.XauthError, OSError) as failure:
        raise NoDisplay(name, str(failure)) from failure
    # python-xlib 0.33 takes RandR's error codes for the protocol's own, and classes that are no X errors for BadValue:
    # the first BadValue would leave the connection stuck.
    connection.display.error_classes.update(error.xerror_class)
    if "XWAYLAND" in connection.list_extensions():
        connection.close()
        raise WaylandSession
    return connection
